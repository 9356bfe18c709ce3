//! A crew's photographs: in from whoever may give feedback, out only to an edge that is to compare them.

use super::{
    AppState,
    auth::Node,
    cases::{PHOTOS_MAX, found},
    evidence::{mark_complete, received},
    problem::{Answer, Problem, Segment},
};
use crate::{
    domain::{ids::CaseId, wire::PHOTOGRAPH_BYTES_MAX},
    drivers::{
        evidence::files::Digest256,
        store::hub::{Access, AccessKind},
    },
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::io::AsyncReadExt;
use utoipa::ToSchema;

/// Of one case, over all its rounds.
const HELD_MAX: i64 = 5 * PHOTOS_MAX as i64;

#[derive(Serialize, ToSchema)]
pub struct Photograph {
    /// To be named in `photos` of the feedback.
    pub sha256: String,
}

/// A photograph of the crew's, to be named by the feedback that follows.
#[utoipa::path(post, path = "/api/v1/cases/{id}/photographs", params(("id" = String, Path)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"), responses(
    (status = 201, body = Photograph), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn receive(
    State(state): State<AppState>,
    Segment(case_id): Segment<CaseId>,
    body: Body,
) -> Answer<Response> {
    found(&state, case_id).await?;
    let store = &state.register.store;
    if store.photograph_count(case_id).await? >= HELD_MAX {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "too-many-photographs",
            format!("this case has {HELD_MAX} photographs, more are not taken"),
        ));
    }
    let _permit = state.uploads.permits.acquire().await;
    let too_many = format!("photographs up to {PHOTOGRAPH_BYTES_MAX} bytes are taken");
    let too_slow = "the photograph took too long; send it again";
    let bytes = received(body, PHOTOGRAPH_BYTES_MAX, &too_many, too_slow).await?;
    if !is_picture(&bytes) {
        let begins = format!("{} bytes, {:02x?} first", bytes.len(), &bytes[..bytes.len().min(4)]);
        return Err(Problem::invalid("body", begins, "a JPEG, PNG or WebP file"));
    }
    let digest = Digest256::of(&bytes);
    let claim = state.uploads.claim(&digest)?;
    let files = &state.register.files;
    if !files.held(&digest).await?.is_some_and(|held| held.complete) {
        // What an earlier attempt left may be of any length.
        files.discard(&digest).await?;
        files.append(&digest, 0, bytes.len() as u64, &bytes).await?;
        files.finish(&digest).await?;
    }
    mark_complete(&state, &digest, bytes.len() as u64).await?;
    store.add_photograph(case_id, digest.as_str(), state.register.now()).await?;
    drop(claim);
    Ok((StatusCode::CREATED, Json(Photograph { sha256: digest.to_string() })).into_response())
}

/// By the first bytes; the edge that compares it decodes it.
fn is_picture(bytes: &[u8]) -> bool {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    webp || bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// A photograph for the edge that is asked to compare it, while it is asked.
#[utoipa::path(get, path = "/api/v1/photographs/{sha256}", params(("sha256" = String, Path)),
    responses((status = 200, description = "the file"), (status = 404, body = Problem)))]
pub async fn lend(
    State(state): State<AppState>,
    node: Node,
    Segment(digest): Segment<Digest256>,
) -> Answer<Response> {
    let store = &state.register.store;
    let asked_for = store.photograph_asked_for(digest.as_str(), node.id.as_ref()).await?;
    let case_id = asked_for.ok_or_else(|| Problem::not_found("photograph to be compared now"))?;
    let who = node.id.map_or_else(|| "edge".to_owned(), |id| format!("edge:{id}"));
    let entry = Access {
        case_id: Some(case_id),
        sha256: Some(digest.to_string()),
        why: "comparison".to_owned(),
        detail: "whole".to_owned(),
        ..state.register.access(AccessKind::Comparison, &who, None)
    };
    store.log_access(&entry).await?;
    let file = state.register.files.read(&digest, 0).await?;
    let mut bytes = Vec::new();
    let read = file.take(PHOTOGRAPH_BYTES_MAX as u64).read_to_end(&mut bytes).await;
    read.map_err(|error| Problem::internal(&error))?;
    Ok(bytes.into_response())
}
