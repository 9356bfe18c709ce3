//! What travels over MQTT: CloudEvents 1.0 in structured mode around plain payload types.
//!
//! Separate from the domain types so that these can change without breaking a consumer. Golden
//! files in `tests/golden/wire/` and the JSON Schema in `docs/schema/` hold the format still.
//! Every text that arrives from the network is bounded by [`PAYLOAD_BYTES_MAX`] before it is parsed.

mod drawn;
mod dry_run;
mod footage;
mod rights;
mod sighting;
mod topic;

use super::ids::{CameraId, CaseId, DistrictId, NodeId, PatternId, ZoneId};
use crate::base::time::{ClockQuality, WallTime};
pub use drawn::{FrameData, OutlineData, SceneData, TilesData, ZoneData};
pub use dry_run::{
    DRAFT_BYTES_MAX, DRY_CASES_MAX, DRY_RUN_MAX, DryCaseData, DryRunRefusal, DryRunRequestData,
    DryRunResultData, DryRunState,
};
pub use footage::{FootageRefusal, FootageRequestData, FootageResultData, PLAYBACK_MAX};
pub use rights::{EDGE_HEARS, EDGE_SAYS, mosquitto_acl};
use serde::{Deserialize, Serialize};
pub use sighting::{SubjectData, WitnessData};
use std::collections::BTreeMap;
pub use topic::{BadTopic, Leaf, TOPIC_ROOT, Topic};
use uuid::Uuid;

/// Larger messages are refused unread.
pub const PAYLOAD_BYTES_MAX: usize = 256 * 1024;

/// A CloudEvents 1.0 envelope. `id` is unique for ever, so a consumer may drop repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent<T> {
    pub specversion: String,
    pub id: String,
    /// `/gridwarden/<district>/<node>`
    pub source: String,
    /// `cn.gridwarden.case.opened` and the like.
    #[serde(rename = "type")]
    pub kind: String,
    pub time: WallTime,
    pub subject: String,
    pub datacontenttype: String,
    pub data: T,
}

impl<T> CloudEvent<T> {
    pub fn new(
        node: &NodeAddress,
        kind: &str,
        id: String,
        time: WallTime,
        subject: String,
        data: T,
    ) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id,
            source: format!("/gridwarden/{}/{}", node.district, node.node),
            kind: format!("cn.gridwarden.{kind}"),
            time,
            subject,
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }
}

/// District and node: the part of every topic between root and leaf.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeAddress {
    pub district: DistrictId,
    pub node: NodeId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    Opened,
    Seen,
    Gone,
    Verdict,
}

/// `data` of a case fact: the edge's whole current picture of the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseFactData {
    pub case_id: CaseId,
    pub revision: u32,
    pub kind: FactKind,
    pub event: EventData,
    pub pattern: PatternData,
    /// Absent for a camera without calibration, or outside its hull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceData>,
    pub camera: CameraData,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_id: Option<String>,
    /// Who the component belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What was seen and where in the picture; of the `opened` fact, in the picture of that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectData>,
    pub first_seen_at: WallTime,
    pub confirmed_at: WallTime,
    pub last_seen_at: WallTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<WallTime>,
    pub dwell_secs: f64,
    pub count: u32,
    pub score: f32,
    pub model: super::detection::ModelRef,
    pub clock: ClockQuality,
    #[serde(default)]
    pub evidence: Vec<EvidenceData>,
    /// `video`, `complaint`, `manual`
    pub source: String,
    pub priority: Priority,
    /// A suspicion (疑似): a person decides what it is.
    #[serde(default, skip_serializing_if = "super::case::is_false")]
    pub suspected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch_hint: Option<String>,
    pub privacy: PrivacyData,
    /// What each camera says of it, the opener first; absent while one camera alone has seen it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<WitnessData>,
    /// Open cases of the node that may mean the same thing under another name; a person decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub possibly_same_as: Vec<CaseId>,
}

/// Urgency of an event class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Urgent,
    Normal,
    Low,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventData {
    /// `GB/T 47678.5` or `local`
    pub std: String,
    pub version: String,
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    /// True where the code is a local extension of the standard.
    pub local: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatternData {
    pub id: PatternId,
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceData {
    pub code_2d: String,
    /// Absent, like the height, where only a complaint's place on the map is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_3d: Option<String>,
    pub level: u8,
    pub lon_deg: f64,
    pub lat_deg: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_metres: Option<f64>,
    pub error_metres: f64,
    pub datum: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraData {
    pub id: CameraId,
    pub node: NodeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gb28181_id: Option<String>,
}

/// One evidence file, named by its digest and held at the hub or in object storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceData {
    /// `snapshot`, `annotated`, `clip`, `before`, `after`, `playback`, `filmstrip`, `still`, `dry_run`
    pub role: String,
    pub url: String,
    pub sha256: String,
    pub media_type: String,
    pub width_px: u32,
    pub height_px: u32,
    pub captured_at: WallTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivacyData {
    /// Heads and plates are covered in every picture and clip of this fact.
    pub masked: bool,
}

/// `ack/<case_id>`: the hub holds every revision of this writer up to this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckData {
    pub case_id: CaseId,
    pub upto_revision: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Online,
    Offline,
    Stopping,
}

/// `status`, retained; the `offline` one is the last will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusData {
    pub state: Presence,
    pub version: String,
    pub boot_id: Uuid,
}

/// `camera/<camera>/card`, retained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraCardData {
    pub camera: CameraId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<CameraPlaceData>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_id: Option<String>,
    /// BeiDou 2D codes of the cells that the camera sees, compacted.
    pub footprint: Vec<String>,
    /// The same cells one by one, with how well they are seen; absent from a camera without calibration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<SeenCellData>,
    pub patterns: Vec<CardPattern>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingSpan>,
    /// Names what hides heads and plates, and where nothing is shown; another name, other clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masks: Option<String>,
    pub width_px: u32,
    pub height_px: u32,
    /// What is drawn on the view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<SceneData>,
    /// Words for people, for example that a demo shortens dwell times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_zh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_en: Option<String>,
}

/// What a camera sees of one level-7 cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenCellData {
    pub code_3d: String,
    /// Ellipsoidal height of the ground there.
    pub height_metres: f64,
    /// 95 % radius of the place of a thing that stands there.
    pub error_metres: f64,
    pub px_per_metre: f64,
    /// Which of its 8 by 8 parts are seen (`domain::coverage::Parts`); absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraPlaceData {
    pub lon_deg: f64,
    pub lat_deg: f64,
    pub height_metres: f64,
    pub datum: String,
    /// Corners of the ground that the camera sees, lon/lat, first not repeated.
    pub footprint_lonlat: Vec<[f64; 2]>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardPattern {
    pub id: PatternId,
    pub version: String,
    pub name_zh: String,
    pub name_en: String,
    pub dwell_secs: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingSpan {
    pub from: WallTime,
    pub to: WallTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraCondition {
    Ok,
    Offline,
    Frozen,
    Black,
    Blurred,
    Covered,
    Moved,
    Overexposed,
    /// It sees, but not everywhere.
    RainOnLens,
}

/// `camera/<camera>/health`, retained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraHealthData {
    pub camera: CameraId,
    pub condition: CameraCondition,
    pub since: WallTime,
    /// Words for the log and the page: what was seen and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyKind {
    Precheck,
    Postcheck,
}

/// `verify/request`, hub to edge. Sent again until its result arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyRequestData {
    pub request_id: Uuid,
    pub kind: VerifyKind,
    pub camera: CameraId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    pub pattern: PatternId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    pub from: WallTime,
    pub to: WallTime,
    /// Footage before this must not be used (the crew's feedback time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<WallTime>,
    pub deadline: WallTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// Of those that wait, urgent ones are answered first; absent: normal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// SHA-256 of the crew's photographs that the hub holds, to be fetched from it and compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photographs: Vec<String>,
}

/// `verify/result`, edge to hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerifyResultData {
    pub request_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    pub verdict: super::verdict::Verdict,
    #[serde(default)]
    pub evidence: Vec<EvidenceData>,
    /// What each look measured; absent where nothing was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Box<super::verdict::measured::Measured>>,
    /// Of each photograph that was asked about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photographs: Vec<PhotographAdvice>,
}

/// Of one photograph of a crew's.
pub const PHOTOGRAPH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Compared for one request: what advice may cost.
pub const PHOTOGRAPHS_MAX: usize = 4;

/// What a crew's photograph seems to show, beside the footage of the filing: advice, never proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotographAdvice {
    pub sha256: String,
    pub verdict: super::verdict::Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    Rejected,
    Merged,
    Filed,
    Closed,
    Reopened,
}

/// `decision/<case_id>`, hub to edge: what the edge must know of a person's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionData {
    pub case_id: CaseId,
    pub decision: DecisionKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: WallTime,
}

/// `stats`, retained, each 60 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatsData {
    pub boot_id: Uuid,
    pub uptime_secs: u64,
    pub frames_decoded: u64,
    pub frames_analysed: u64,
    /// Runs of the model: one a frame, and one for each of its tiles.
    #[serde(default)]
    pub inferences: u64,
    pub frames_dropped: u64,
    pub detections: u64,
    pub cases_opened: u64,
    pub outbox_depth: u64,
    pub uploads_pending: u64,
    /// What runs the model, and why nothing better does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector: Option<DetectorData>,
    /// What happened to the footage ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footage: Option<FootageStats>,
}

/// Since the node started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FootageStats {
    /// By reason: `age camera_bytes bytes disk disk_though_held`.
    pub segments_deleted: BTreeMap<String, u64>,
    pub bytes_deleted: u64,
    /// Holes that have ended, by reason.
    pub holes: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectorData {
    pub model: super::detection::ModelRef,
    /// `tensorrt`, `cuda`, `openvino` or `cpu`
    pub provider: String,
    /// Providers that were tried first, in order.
    pub fallbacks: Vec<FallbackData>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallbackData {
    pub provider: String,
    pub reason: String,
}

impl CaseFactData {
    /// The wire form of an edge's fact.
    pub fn from_fact(fact: &super::case::CaseFact, node: &NodeId) -> Self {
        let state = &fact.state;
        Self {
            case_id: state.case_id,
            revision: state.revision,
            kind: fact.kind,
            event: state.event.clone(),
            pattern: state.pattern.clone(),
            place: state.place.clone(),
            camera: CameraData { id: state.camera.clone(), node: node.clone(), gb28181_id: None },
            zone: Some(state.zone.clone()),
            component_id: state.asset.as_ref().map(|asset| asset.component_id.clone()),
            owner: state.asset.as_ref().and_then(|asset| asset.owner.clone()),
            subject: Some(SubjectData::of(&state.subject)),
            first_seen_at: state.first_seen_at,
            confirmed_at: state.confirmed_at,
            last_seen_at: state.last_seen_at,
            gone_at: state.gone_at,
            dwell_secs: state.dwell_secs,
            count: state.count,
            score: state.score,
            model: state.model.clone(),
            clock: state.clock,
            evidence: state.evidence.clone(),
            source: "video".to_owned(),
            priority: state.priority,
            suspected: state.suspected,
            dispatch_hint: None,
            privacy: PrivacyData { masked: true },
            witnesses: state.witnesses.iter().map(WitnessData::of).collect(),
            possibly_same_as: state.possibly_same_as.clone(),
        }
    }
}

/// The whole MQTT message of a case fact. The CloudEvents id is `(case, writer, revision)`, so a resend repeats it.
pub fn case_event(fact: &super::case::CaseFact, address: &NodeAddress) -> CloudEvent<CaseFactData> {
    let data = CaseFactData::from_fact(fact, &address.node);
    let kind = match fact.kind {
        FactKind::Opened => "case.opened",
        FactKind::Seen => "case.seen",
        FactKind::Gone => "case.gone",
        FactKind::Verdict => "case.verdict",
    };
    let id = format!("{}:{}:{}", data.case_id, address.node, data.revision);
    CloudEvent::new(address, kind, id, fact.at, data.case_id.to_string(), data)
}
