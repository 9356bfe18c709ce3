//! Footage of a case: asked for, looked up, taken along.

use super::{
    AppState,
    auth::Person,
    package::download_of,
    problem::{Answer, Body, Pairs, Problem, Segment},
    view::{self, EvidenceView},
};
use crate::{
    base::time::{ClockQuality, WallTime},
    domain::{
        footage::{Hole, HoleReason, main_reason},
        ids::{CameraId, CaseId, NodeId},
        wire::{FootageRefusal, RecordingSpan},
    },
    drivers::store::hub::{Access, AccessKind, EvidenceRow, FootageRow},
    roles::hub::{
        footage::{AskError, Wanted, ask, of_case},
        package::footage::export,
        register::Register,
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const WHY_DEFAULT: &str = "export";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FootageWanted {
    /// With `node`: one of the cameras that have seen the case. Both left out: its own.
    #[schema(value_type = Option<String>)]
    pub camera: Option<CameraId>,
    #[schema(value_type = Option<String>)]
    pub node: Option<NodeId>,
    #[schema(value_type = String)]
    pub from: WallTime,
    #[schema(value_type = String)]
    pub to: WallTime,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FootageStatus {
    /// The edge has not answered yet.
    Waiting,
    /// There is a clip, and it is on its way.
    Uploading,
    Ready,
    /// There will be no clip; `refusal` says why.
    Refused,
}

#[derive(Serialize, ToSchema)]
pub struct FootageView {
    pub request_id: String,
    pub camera: String,
    pub node: String,
    #[schema(value_type = String)]
    pub from: WallTime,
    #[schema(value_type = String)]
    pub to: WallTime,
    #[schema(value_type = String)]
    pub asked_at: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub answered_at: Option<WallTime>,
    pub status: FootageStatus,
    /// `unknown_camera`, `interval`, `nothing_recorded`, `source_failed`, `not_made` or `no_answer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Of most of what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub hole: Option<HoleReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub holes: Vec<Hole>,
    /// First to last frame of the clip.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub shown: Option<RecordingSpan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub clock: Option<ClockQuality>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<EvidenceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filmstrip: Option<EvidenceView>,
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let said = error.to_string();
        let fault =
            |field: &str, value: String, allowed: String| Self::invalid(field, value, allowed);
        match error {
            AskError::Interval { to, .. } => fault("to", to.to_string(), said),
            AskError::Future { to, .. } => fault("to", to.to_string(), said),
            AskError::OtherCamera { camera, allowed, .. } => {
                fault("camera", camera.to_string(), allowed)
            }
            AskError::NoCamera => Self::new(StatusCode::CONFLICT, "no-camera", said),
            AskError::NodeAway(_) => Self::new(StatusCode::CONFLICT, "node-away", said),
            AskError::TooMany(_) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-much-footage", said)
            }
            AskError::Store(error) => error.into(),
        }
    }
}

pub fn footage(row: FootageRow, files: &[EvidenceRow], now: WallTime) -> FootageView {
    let FootageRow { node, request, asked_at, result, result_at, .. } = row;
    let named = |role: &str| {
        let sha256 = &result.as_ref()?.evidence.iter().find(|file| file.role == role)?.sha256;
        let held = files.iter().find(|file| file.evidence.sha256 == *sha256);
        held.map(view::evidence)
    };
    let (clip, filmstrip) = (named("playback"), named("filmstrip"));
    let status = match &result {
        None if now < request.deadline => FootageStatus::Waiting,
        None => FootageStatus::Refused,
        Some(result) if result.shown.is_none() => FootageStatus::Refused,
        Some(_) if clip.as_ref().is_some_and(|clip| clip.available) => FootageStatus::Ready,
        Some(_) => FootageStatus::Uploading,
    };
    let stated = result.as_ref().and_then(|result| result.refusal).map(code);
    let refusal = (status == FootageStatus::Refused)
        .then(|| stated.unwrap_or_else(|| "no_answer".to_owned()));
    let holes = result.as_ref().map(|result| result.holes.clone()).unwrap_or_default();
    FootageView {
        request_id: request.request_id.to_string(),
        camera: request.camera.to_string(),
        node: node.to_string(),
        from: request.from,
        to: request.to,
        asked_at,
        answered_at: result_at,
        status,
        refusal,
        hole: main_reason(&holes),
        detail: result.as_ref().and_then(|result| result.detail.clone()),
        holes,
        shown: result.as_ref().and_then(|result| result.shown),
        clock: result.as_ref().map(|result| result.clock),
        clip,
        filmstrip,
    }
}

pub fn code(refusal: FootageRefusal) -> String {
    match serde_json::to_value(refusal) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

/// All that was asked for a case, oldest first.
pub async fn of(
    register: &Register,
    case_id: CaseId,
    files: &[EvidenceRow],
) -> Answer<Vec<FootageView>> {
    let (rows, now) = (register.store.footage_of(case_id).await?, register.now());
    Ok(rows.into_iter().map(|row| footage(row, files, now)).collect())
}

/// Asks the edge for masked footage of a case. The same camera and interval again is the same clip.
#[utoipa::path(post, path = "/api/v1/cases/{id}/footage", params(("id" = String, Path)),
    request_body = FootageWanted, responses((status = 200, description = "asked before", body = FootageView),
    (status = 202, description = "asked; it is in the case's `footage`", body = FootageView),
    (status = 404, body = Problem), (status = 409, description = "no camera, or its node is away", body = Problem),
    (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn request(
    State(state): State<AppState>,
    person: Person,
    Segment(case_id): Segment<CaseId>,
    Body(wanted): Body<FootageWanted>,
) -> Answer<Response> {
    let register = &state.register;
    let case = register.store.case(case_id).await?.ok_or_else(|| Problem::not_found("case"))?;
    let camera = match (wanted.node, wanted.camera) {
        (None, None) => None,
        (Some(node), Some(camera)) => Some((node, camera)),
        (node, _) => {
            let missing = if node.is_none() { "node" } else { "camera" };
            return Err(Problem::invalid(missing, "", "camera and node, or neither"));
        }
    };
    let wanted = Wanted { camera, from: wanted.from, to: wanted.to };
    let row = ask(register, &case, &wanted, &person.name).await?;
    let (camera, from, to) = (&row.request.camera, row.request.from, row.request.to);
    let entry = Access {
        case_id: Some(case_id),
        detail: format!("{}/{camera} {from} {to}", row.node),
        ..register.access(AccessKind::FootageRequest, &person.name, person.unit.as_deref())
    };
    register.store.log_access(&entry).await?;
    let files = register.store.case_evidence(case_id).await?;
    let view = footage(row, &files, register.now());
    let done = matches!(view.status, FootageStatus::Ready | FootageStatus::Uploading);
    let status = if done { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(view)).into_response())
}

/// The clip with what is known of it, sealed: a zip. `why` is kept in the access log.
#[utoipa::path(get, path = "/api/v1/cases/{id}/footage/{request_id}/export",
    params(("id" = String, Path), ("request_id" = String, Path), ("why" = Option<String>, Query)),
    responses((status = 200, description = "application/zip"), (status = 404, body = Problem)))]
pub async fn take_along(
    State(state): State<AppState>,
    person: Person,
    Path((case_id, request_id)): Path<(CaseId, Uuid)>,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    let why = super::package::why(pairs, WHY_DEFAULT)?;
    let register = &state.register;
    let missing = || Problem::not_found("clip of footage");
    let row = of_case(register, case_id, request_id).await?.ok_or_else(missing)?;
    let package = {
        let _permit = state.packages.acquire().await;
        export(register, &state.config.district, &state.signer, case_id, &row).await?
    };
    let name = format!("{}_{}", row.request.camera, row.request.from.unix_millis());
    download_of(&state, package.ok_or_else(missing)?, &name, &person, &why).await
}
