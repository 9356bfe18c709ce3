//! A camera's live still: asked for, looked up, shown. Each look is logged before the first byte leaves.

use super::{
    AppState,
    auth::Person,
    cameras::sees_into,
    evidence::shown_whole,
    footage::{FootageStatus, code},
    problem::{Answer, Problem},
};
use crate::{
    base::time::WallTime,
    domain::wire::EvidenceData,
    drivers::{
        evidence::files::Digest256,
        store::hub::{Access, AccessKind, CameraRow, FootageRow},
    },
    roles::hub::stills,
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
pub struct StillView {
    pub request_id: String,
    pub camera: String,
    pub node: String,
    #[schema(value_type = String)]
    pub asked_at: WallTime,
    #[schema(value_type = String)]
    pub deadline: WallTime,
    pub status: FootageStatus,
    /// `unknown_camera`, `no_frame`, `blind`, `not_made` or `no_answer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Of `blind`: the camera's condition; else words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<CameraPictureView>,
}

/// A picture of a camera that is no case's, at `/cameras/{node}/{camera}/pictures/{sha256}`.
#[derive(Serialize, ToSchema)]
pub struct CameraPictureView {
    pub sha256: String,
    pub width_px: u32,
    pub height_px: u32,
    #[schema(value_type = String)]
    pub captured_at: WallTime,
    /// The whole file is here.
    pub available: bool,
}

/// The named camera, where it sees into the area of whoever asks.
pub async fn camera_of(
    state: &AppState,
    person: &Person,
    (node, camera): &(String, String),
) -> Answer<CameraRow> {
    let cameras = state.register.store.cameras().await?;
    cameras
        .into_iter()
        .find(|row| row.node.as_str() == node && row.camera.as_str() == camera)
        .filter(|row| sees_into(&person.area, row))
        .ok_or_else(|| Problem::not_found("camera"))
}

pub async fn picture_of(state: &AppState, named: &EvidenceData) -> Answer<CameraPictureView> {
    let held = state.register.store.evidence_file(&named.sha256).await?;
    Ok(CameraPictureView {
        sha256: named.sha256.clone(),
        width_px: named.width_px,
        height_px: named.height_px,
        captured_at: named.captured_at,
        available: held.is_some_and(|file| file.complete),
    })
}

async fn view(state: &AppState, row: FootageRow) -> Answer<StillView> {
    let FootageRow { node, request, asked_at, result, .. } = row;
    let named = result.as_ref().and_then(|result| result.evidence.first());
    let picture = match named {
        Some(named) => Some(picture_of(state, named).await?),
        None => None,
    };
    let status = match (&result, &picture) {
        (None, _) if state.register.now() < request.deadline => FootageStatus::Waiting,
        (_, None) => FootageStatus::Refused,
        (_, Some(picture)) if picture.available => FootageStatus::Ready,
        (_, Some(_)) => FootageStatus::Uploading,
    };
    let stated = result.as_ref().and_then(|result| result.refusal).map(code);
    let refusal = (status == FootageStatus::Refused)
        .then(|| stated.unwrap_or_else(|| "no_answer".to_owned()));
    Ok(StillView {
        request_id: request.request_id.to_string(),
        camera: request.camera.to_string(),
        node: node.to_string(),
        asked_at,
        deadline: request.deadline,
        status,
        refusal,
        detail: result.and_then(|result| result.detail),
        picture,
    })
}

/// Asks the camera's edge for one masked frame of now.
#[utoipa::path(post, path = "/api/v1/cameras/{node}/{camera}/still",
    params(("node" = String, Path), ("camera" = String, Path)),
    responses((status = 202, description = "asked; look it up until it is ready or refused", body = StillView),
    (status = 404, body = Problem), (status = 409, description = "its node is away", body = Problem),
    (status = 429, body = Problem)))]
pub async fn ask(
    State(state): State<AppState>,
    person: Person,
    Path(of): Path<(String, String)>,
) -> Answer<Response> {
    let camera = camera_of(&state, &person, &of).await?;
    let register = &state.register;
    let row = stills::ask(register, &camera, &person.name).await?;
    let entry = Access {
        detail: format!("{}/{} still", camera.node, camera.camera),
        ..register.access(AccessKind::FootageRequest, &person.name, person.unit.as_deref())
    };
    register.store.log_access(&entry).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&state, row).await?)).into_response())
}

/// What became of a still.
#[utoipa::path(get, path = "/api/v1/cameras/{node}/{camera}/stills/{request_id}",
    params(("node" = String, Path), ("camera" = String, Path), ("request_id" = String, Path)),
    responses((status = 200, body = StillView), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    person: Person,
    Path((node, camera, request_id)): Path<(String, String, Uuid)>,
) -> Answer<Json<StillView>> {
    let camera = camera_of(&state, &person, &(node, camera)).await?;
    let row = state.register.store.still(&camera.node, &camera.camera, request_id).await?;
    let row = row.ok_or_else(|| Problem::not_found("still"))?;
    Ok(Json(view(&state, row).await?))
}

/// A picture that this camera was asked for. Kept for a day.
#[utoipa::path(get, path = "/api/v1/cameras/{node}/{camera}/pictures/{sha256}",
    params(("node" = String, Path), ("camera" = String, Path), ("sha256" = String, Path)),
    responses((status = 200, description = "the file"), (status = 404, body = Problem)))]
pub async fn picture(
    State(state): State<AppState>,
    person: Person,
    Path((node, camera, digest)): Path<(String, String, String)>,
) -> Answer<Response> {
    let missing = || Problem::not_found("picture");
    let camera = camera_of(&state, &person, &(node, camera)).await?;
    let digest: Digest256 = digest.parse().map_err(|_| missing())?;
    let register = &state.register;
    let known = register.store.camera_picture(&camera.node, &camera.camera, digest.as_str());
    let known = known.await?.ok_or_else(missing)?;
    let entry = Access {
        sha256: Some(digest.to_string()),
        why: "camera".to_owned(),
        detail: format!("{}/{} {}", camera.node, camera.camera, known.captured_at),
        ..register.access(AccessKind::View, &person.name, person.unit.as_deref())
    };
    register.store.log_access(&entry).await?;
    let bytes = u64::try_from(known.bytes).unwrap_or(0);
    shown_whole(&state, &digest, bytes, &known.media_type).await
}
