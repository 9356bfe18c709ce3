//! What the review page reads, as `docs/http.md` describes it.

use super::{
    assigned::{AssignedView, assigned},
    footage::{self, FootageView},
    merges::{MergedView, merged},
    problem::Answer,
    progress::{ProgressView, Viewer, progress},
    sightings::{SightingsView, sightings},
};
use crate::{
    base::time::WallTime,
    domain::{
        grid::GridCell,
        ids::CaseId,
        wire::{EventData, EvidenceData, PatternData, PlaceData, Presence, Priority},
    },
    drivers::store::hub::{CameraRow, CaseRow, EvidenceRow, VerificationRow},
    roles::hub::register::Register,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct CameraIdView {
    pub id: String,
    pub node: String,
}

#[derive(Serialize, ToSchema)]
pub struct PlaceView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub place: PlaceData,
    /// West, south, east, north in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<[f64; 4]>,
}

#[derive(Serialize, ToSchema)]
pub struct CaseSummary {
    pub case_id: String,
    pub version: i64,
    pub state: String,
    pub stage: String,
    #[schema(value_type = Object)]
    pub event: EventData,
    /// Absent for a complaint about what video cannot decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub pattern: Option<PatternData>,
    /// Absent for a complaint until a camera is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraIdView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceView>,
    #[schema(value_type = String)]
    pub first_seen_at: WallTime,
    #[schema(value_type = String)]
    pub confirmed_at: WallTime,
    #[schema(value_type = String)]
    pub last_seen_at: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub gone_at: Option<WallTime>,
    pub dwell_secs: f64,
    pub count: i64,
    pub score: f64,
    pub source: String,
    #[schema(value_type = String)]
    pub priority: Priority,
    #[schema(value_type = String)]
    pub received_at: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
    /// A suspicion (疑似): a person decides what it is.
    pub suspected: bool,
    /// The case that goes on for this one, while it is `MERGED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The next deadline of the clocks that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub deadline: Option<WallTime>,
    /// One of them has run out: a flag, the state does not change by it.
    pub overdue: bool,
    /// With whom of the grid's staff it is, while somebody is to look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned: Option<AssignedView>,
    /// Why no video could decide, while it is with people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual_reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct EvidenceView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub evidence: EvidenceData,
    /// Held whole, digest right, heads and plates masked.
    pub available: bool,
}

#[derive(Serialize, ToSchema)]
pub struct HistoryView {
    #[schema(value_type = String)]
    pub at: WallTime,
    pub actor: String,
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct VerificationView {
    pub request_id: String,
    #[schema(value_type = String)]
    pub kind: crate::domain::wire::VerifyKind,
    pub camera: String,
    pub try_number: i64,
    #[schema(value_type = String)]
    pub from: WallTime,
    #[schema(value_type = String)]
    pub to: WallTime,
    #[schema(value_type = String)]
    pub requested_at: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub result_at: Option<WallTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub verdict: Option<crate::domain::verdict::Verdict>,
    pub evidence: Vec<EvidenceView>,
    /// The crew's photographs that were compared, or are to be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photographs: Vec<PhotographView>,
}

/// A photograph is never shown; what it seems to show is.
#[derive(Serialize, ToSchema)]
pub struct PhotographView {
    pub sha256: String,
    /// Marked advisory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub verdict: Option<crate::domain::verdict::Verdict>,
    /// Cases that were handed the very same photograph.
    #[schema(value_type = Vec<String>)]
    pub also_in: Vec<CaseId>,
}

#[derive(Serialize, ToSchema)]
pub struct CaseDetail {
    #[serde(flatten)]
    pub summary: CaseSummary,
    pub evidence: Vec<EvidenceView>,
    pub history: Vec<HistoryView>,
    pub verifications: Vec<VerificationView>,
    /// What people asked to see, oldest first.
    pub footage: Vec<FootageView>,
    #[serde(flatten)]
    pub progress: ProgressView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_zh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_en: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub disposed_at: Option<WallTime>,
    pub rework_count: i64,
    #[serde(flatten)]
    pub sightings: SightingsView,
    /// Cases that are one thing with this one, with the pictures of their cameras.
    pub merged: Vec<MergedView>,
}

pub fn summary(case: &CaseRow) -> CaseSummary {
    CaseSummary {
        case_id: case.case_id.to_string(),
        version: case.version,
        state: case.state.to_string(),
        stage: case.stage().to_string(),
        event: case.event.clone(),
        pattern: case.pattern.clone(),
        camera: case.camera.as_ref().map(|camera| CameraIdView {
            id: camera.id.to_string(),
            node: camera.node.to_string(),
        }),
        zone: case.zone.as_ref().map(ToString::to_string),
        place: case.place.clone().map(PlaceView::of),
        first_seen_at: case.first_seen_at,
        confirmed_at: case.confirmed_at,
        last_seen_at: case.last_seen_at,
        gone_at: case.gone_at,
        dwell_secs: case.dwell_secs,
        count: case.count,
        score: case.score,
        source: case.source.clone(),
        priority: case.priority,
        received_at: case.received_at,
        thumbnail: case.thumbnail.clone(),
        suspected: case.suspected,
        merged_into: case.merged_into.map(|master| master.to_string()),
        deadline: case.deadline,
        overdue: case.overdue,
        assigned: assigned(case),
        manual_reason: case.manual_reason.clone(),
    }
}

impl PlaceView {
    pub fn of(place: PlaceData) -> Self {
        Self { cell: bounds(&place.code_2d), place }
    }
}

fn bounds(code: &str) -> Option<[f64; 4]> {
    let bounds = code.parse::<GridCell>().ok()?.bounds();
    Some([bounds.west_deg, bounds.south_deg, bounds.east_deg, bounds.north_deg])
}

pub fn evidence(row: &EvidenceRow) -> EvidenceView {
    EvidenceView { evidence: row.evidence.clone(), available: row.available }
}

fn verification(
    look: VerificationRow,
    files: &[EvidenceRow],
    elsewhere: &[(String, CaseId)],
) -> VerificationView {
    let request_id = look.request.request_id.to_string();
    let of_look = |file: &&EvidenceRow| file.request_id.as_deref() == Some(request_id.as_str());
    let (verdict, advice) = match look.result {
        Some(result) => (Some(result.verdict), result.photographs),
        None => (None, Vec::new()),
    };
    let photographs = look.request.photographs.into_iter().map(|sha256| PhotographView {
        verdict: advice.iter().find(|one| one.sha256 == sha256).map(|one| one.verdict.clone()),
        also_in: elsewhere.iter().filter(|(same, _)| *same == sha256).map(|(_, id)| *id).collect(),
        sha256,
    });
    VerificationView {
        photographs: photographs.collect(),
        kind: look.request.kind,
        camera: look.request.camera.to_string(),
        try_number: look.try_number,
        from: look.request.from,
        to: look.request.to,
        requested_at: look.requested_at,
        result_at: look.result_at,
        verdict,
        evidence: files.iter().filter(of_look).map(evidence).collect(),
        request_id,
    }
}

/// Everything of one case.
pub async fn detail(register: &Register, case: &CaseRow, viewer: Viewer<'_>) -> Answer<CaseDetail> {
    let store = &register.store;
    let files = store.case_evidence(case.case_id).await?;
    let history = store.history(case.case_id).await?;
    let looks = store.verifications(case.case_id).await?;
    let elsewhere = store.photographs_elsewhere(case.case_id).await?;
    let cameras = store.cameras().await?;
    let card = case.camera.as_ref().and_then(|own| {
        let row = cameras.iter().find(|row| row.camera == own.id && row.node == own.node);
        row.and_then(|row| row.card.as_ref())
    });
    Ok(CaseDetail {
        summary: summary(case),
        evidence: files.iter().map(evidence).collect(),
        history: history
            .into_iter()
            .map(|row| HistoryView {
                at: row.at,
                actor: row.actor,
                kind: row.kind,
                from: row.from,
                to: row.to,
                reason: row.reason,
                note: row.note,
            })
            .collect(),
        verifications: looks
            .into_iter()
            .map(|look| verification(look, &files, &elsewhere))
            .collect(),
        footage: footage::of(register, case.case_id, &files).await?,
        progress: progress(register, case, viewer).await?,
        note_zh: card.and_then(|card| card.note_zh.clone()),
        note_en: card.and_then(|card| card.note_en.clone()),
        external_no: case.external_no.clone(),
        disposed_at: case.disposed_at,
        rework_count: case.rework_count,
        sightings: sightings(register, case.case_id).await?,
        merged: merged(register, case.case_id).await?,
    })
}

#[derive(Serialize, ToSchema)]
pub struct CameraView {
    pub id: String,
    pub node: String,
    /// `ok`, `offline`, `frozen`, `black`, `blurred`, `covered`, `moved`, `overexposed`, `rain_on_lens`; `offline` before the first word.
    #[schema(value_type = String)]
    pub condition: crate::domain::wire::CameraCondition,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub since: Option<WallTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The camera's node is connected.
    pub online: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub place: Option<crate::domain::wire::CameraPlaceData>,
    pub footprint: Vec<String>,
    #[schema(value_type = Vec<Object>)]
    pub patterns: Vec<crate::domain::wire::CardPattern>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub recording: Option<crate::domain::wire::RecordingSpan>,
    /// The size that pixels of the camera are of: its pipeline's `[frame]`. Absent before its card came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width_px: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height_px: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration_id: Option<String>,
    /// Zones and privacy zones as they are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub scene: Option<crate::domain::wire::SceneData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_zh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_en: Option<String>,
}

pub fn camera(row: &CameraRow) -> CameraView {
    let (card, health) = (row.card.as_ref(), row.health.as_ref());
    CameraView {
        id: row.camera.to_string(),
        node: row.node.to_string(),
        condition: health
            .map_or(crate::domain::wire::CameraCondition::Offline, |health| health.condition),
        since: health.map(|health| health.since),
        detail: health.and_then(|health| health.detail.clone()),
        online: row.status.as_ref().is_some_and(|status| status.state == Presence::Online),
        place: card.and_then(|card| card.place.clone()),
        footprint: card.map(|card| card.footprint.clone()).unwrap_or_default(),
        patterns: card.map(|card| card.patterns.clone()).unwrap_or_default(),
        recording: card.and_then(|card| card.recording),
        width_px: card.map(|card| card.width_px),
        height_px: card.map(|card| card.height_px),
        calibration_id: card.and_then(|card| card.calibration_id.clone()),
        scene: card.and_then(|card| card.scene.clone()),
        note_zh: card.and_then(|card| card.note_zh.clone()),
        note_en: card.and_then(|card| card.note_en.clone()),
    }
}

#[derive(Serialize, ToSchema)]
pub struct CasePage {
    pub items: Vec<CaseSummary>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CameraList {
    pub items: Vec<CameraView>,
}

#[derive(Serialize, ToSchema)]
pub struct SeeingCamera {
    pub camera: String,
    pub node: String,
    /// Share of the cell that the camera sees, 0 to 1.
    pub share: f64,
    /// It is connected and delivers a picture.
    pub can_see: bool,
    /// Why not: `node_away` or the camera's condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// 95 % radius of what it locates there; absent where its card does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_metres: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub px_per_metre: Option<f64>,
    /// Ellipsoidal height of the ground that it sees there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height_metres: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub struct SeeingCameras {
    pub items: Vec<SeeingCamera>,
}
