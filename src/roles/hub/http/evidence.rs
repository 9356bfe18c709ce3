//! Evidence: uploads of edges, views of people. Each view is logged before the first byte leaves.
//!
//! An edge may upload what a case names; and, because a file may be faster than its fact, a bounded
//! amount that no case names yet. What is not masked, or not named by a case, is shown to nobody.

use super::{
    AppState,
    auth::{Node, Person},
    problem::{Answer, Pairs, Problem, Segment},
    ranges::{Wanted, set},
};
use crate::{
    domain::ids::CaseId,
    drivers::{
        evidence::files::{Digest256, FilesError},
        store::hub::{Access, AccessKind},
    },
    roles::hub::{EVIDENCE_BYTES_MAX, checks},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

pub const CHUNK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Uploads held in memory at once, each at most one chunk.
const UPLOADS_MAX: usize = 8;
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes that no case names (yet).
const UNNAMED_BYTES_MAX: i64 = 4 * 1024 * 1024 * 1024;
const WHY_DEFAULT: &str = "review";

const OFFSET: &str = "upload-offset";
const LENGTH: &str = "upload-length";
const COMPLETE: &str = "upload-complete";

/// Bounds uploads and keeps two of one file apart.
pub struct Uploads {
    pub permits: Semaphore,
    under_way: Mutex<BTreeSet<Digest256>>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { permits: Semaphore::new(UPLOADS_MAX), under_way: Mutex::default() }
    }
}

/// Frees the file when the request ends, however it ends.
pub struct Claim {
    uploads: Arc<Uploads>,
    digest: Digest256,
}

impl Uploads {
    pub fn claim(self: &Arc<Self>, digest: &Digest256) -> Answer<Claim> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if !under_way.insert(digest.clone()) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "upload-under-way",
                "another request uploads this file; ask for its offset and go on",
            ));
        }
        Ok(Claim { uploads: Arc::clone(self), digest: digest.clone() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut under_way = self.uploads.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.digest);
    }
}

fn number(headers: &HeaderMap, name: &'static str) -> Answer<u64> {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "upload-header",
            format!("{name} is {text:?}; allowed: a number of bytes"),
        )
    })
}

fn held_response(status: StatusCode, bytes: u64, complete: bool) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(OFFSET, HeaderValue::from(bytes));
    if complete {
        headers.insert(COMPLETE, HeaderValue::from_static("true"));
    }
    response
}

/// How much of a file is held.
#[utoipa::path(head, path = "/api/v1/evidence/{sha256}", params(("sha256" = String, Path)),
    responses((status = 200, description = "Upload-Offset, and Upload-Complete once whole"),
    (status = 404, description = "nothing is held")))]
pub async fn held(
    State(state): State<AppState>,
    node: Node,
    Segment(digest): Segment<Digest256>,
) -> Answer<Response> {
    own(&state, &node, &digest).await?;
    match state.register.files.held(&digest).await? {
        Some(held) if held.complete => {
            mark_complete(&state, &digest, held.bytes).await?;
            Ok(held_response(StatusCode::OK, held.bytes, true))
        }
        Some(held) => Ok(held_response(StatusCode::OK, held.bytes, false)),
        None => Err(Problem::not_found("file")),
    }
}

/// Appends to a file. Complete and right: `Upload-Complete: true`.
#[utoipa::path(patch, path = "/api/v1/evidence/{sha256}", params(("sha256" = String, Path),
    ("Upload-Offset" = u64, Header), ("Upload-Length" = u64, Header)), responses(
    (status = 204, description = "Upload-Offset is the new offset"), (status = 409, body = Problem),
    (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn append(
    State(state): State<AppState>,
    node: Node,
    Segment(digest): Segment<Digest256>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    own(&state, &node, &digest).await?;
    let (offset, length) = (number(&headers, OFFSET)?, number(&headers, LENGTH)?);
    if length > EVIDENCE_BYTES_MAX {
        return Err(too_large(&format!("files up to {EVIDENCE_BYTES_MAX} bytes are taken")));
    }
    let claim = state.uploads.claim(&digest)?;
    let files = &state.register.files;
    if let Some(held) = files.held(&digest).await?.filter(|held| held.complete) {
        mark_complete(&state, &digest, held.bytes).await?;
        return Ok(held_response(StatusCode::NO_CONTENT, held.bytes, true));
    }
    admit(&state, &digest, length).await?;
    let _permit = state.uploads.permits.acquire().await;
    let too_many = format!("send at most {CHUNK_BYTES_MAX} bytes at once");
    let too_slow = "the body took too long; go on at the offset held";
    let chunk = received(body, CHUNK_BYTES_MAX, &too_many, too_slow).await?;
    let store = &state.register.store;
    let at = state.register.now();
    store
        .begin_evidence(
            digest.as_str(),
            i64::try_from(length).unwrap_or(i64::MAX),
            at,
            node.id.as_ref(),
        )
        .await?;
    let bytes = files.append(&digest, offset, length, &chunk).await?;
    if bytes < length {
        return Ok(held_response(StatusCode::NO_CONTENT, bytes, false));
    }
    if let Err(error) = files.finish(&digest).await {
        if let FilesError::WrongDigest { .. } = &error {
            metrics::counter!("gridwarden_hub_uploads_total", "outcome" => "wrong_digest")
                .increment(1);
            store.discard_evidence(digest.as_str()).await?;
        }
        return Err(error.into());
    }
    metrics::counter!("gridwarden_hub_uploads_total", "outcome" => "complete").increment(1);
    mark_complete(&state, &digest, bytes).await?;
    drop(claim);
    Ok(held_response(StatusCode::NO_CONTENT, bytes, true))
}

/// A node that shows a certificate uploads what is its own.
async fn own(state: &AppState, node: &Node, digest: &Digest256) -> Answer<()> {
    let Some(id) = &node.id else { return Ok(()) };
    match state.register.store.is_upload_of(digest.as_str(), id).await? {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "other-node",
            format!("this file is another node's, not {id}'s"),
        )),
    }
}

/// A body within its bounds of bytes and time.
pub async fn received(
    body: Body,
    bytes_max: usize,
    too_many: &str,
    too_slow: &str,
) -> Answer<Bytes> {
    let read = tokio::time::timeout(UPLOAD_TIMEOUT, to_bytes(body, bytes_max)).await;
    let slow = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "upload-slow", too_slow);
    read.map_err(slow)?.map_err(|_| too_large(too_many))
}

/// Also mends what a crash between file and register left behind.
pub async fn mark_complete(state: &AppState, digest: &Digest256, bytes: u64) -> Answer<()> {
    let store = &state.register.store;
    if store.evidence_file(digest.as_str()).await?.is_some_and(|file| file.complete) {
        return Ok(());
    }
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let cases = store.complete_evidence(digest.as_str(), bytes, state.register.now()).await?;
    state.register.announce_evidence(cases).await?;
    Ok(())
}

/// A file that a case names is always taken; others only up to a bound.
async fn admit(state: &AppState, digest: &Digest256, length: u64) -> Answer<()> {
    let store = &state.register.store;
    let begun = store.evidence_file(digest.as_str()).await?.is_some();
    if begun || store.is_named(digest.as_str()).await? {
        return Ok(());
    }
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if store.unnamed_bytes().await?.saturating_add(length) > UNNAMED_BYTES_MAX {
        return Err(Problem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "too-much-unnamed",
            "too much is held that no case names; send the case facts first",
        ));
    }
    Ok(())
}

fn too_large(detail: &str) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
}

/// Types that a browser may show in the page; all others are a download.
fn shown_as(media_type: &str) -> &'static str {
    match media_type {
        "image/jpeg" => "image/jpeg",
        "image/png" => "image/png",
        "image/webp" => "image/webp",
        "video/mp4" => "video/mp4",
        "video/webm" => "video/webm",
        _ => "application/octet-stream",
    }
}

/// The file, also in parts. `case` and `why` are kept in the access log.
#[utoipa::path(get, path = "/api/v1/evidence/{sha256}", params(("sha256" = String, Path),
    ("case" = Option<String>, Query), ("why" = Option<String>, Query), ("Range" = Option<String>, Header)),
    responses((status = 200, description = "the file"), (status = 206, description = "a part"),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 416, body = Problem)))]
pub async fn show(
    State(state): State<AppState>,
    person: Person,
    Segment(digest): Segment<Digest256>,
    Pairs(pairs): Pairs,
    headers: HeaderMap,
) -> Answer<Response> {
    let (mut case_id, mut why) = (None::<CaseId>, WHY_DEFAULT.to_owned());
    for (name, value) in pairs {
        match name.as_str() {
            "case" => {
                let parsed = value.parse();
                case_id = Some(parsed.map_err(|_| Problem::invalid("case", value, "a case id"))?);
            }
            "why" => {
                checks::note("why", &value)?;
                why = crate::roles::hub::text::without_contacts(&value);
            }
            _ => return Err(Problem::invalid(&name, value, "case why")),
        }
    }
    let file = state
        .register
        .store
        .known_file(digest.as_str(), case_id)
        .await?
        .ok_or_else(|| Problem::not_found("file"))?;
    person.sees(&state, file.case_id).await.map_err(|_| Problem::not_found("file"))?;
    if !file.masked {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "not-masked",
            "heads or plates are not covered in this file; it is not shown",
        ));
    }
    let bytes = u64::try_from(file.bytes).unwrap_or(0);
    let tag = format!("\"{digest}\"");
    let wanted = Wanted::of(&headers, &tag, bytes);
    let part = match wanted {
        Wanted::Nothing => "unchanged".to_owned(),
        Wanted::Part(span) => format!("bytes {}-{}", span.from, span.to),
        Wanted::Whole | Wanted::NoSuchPart => "whole".to_owned(),
    };
    let kind = match file.media_type.starts_with("video/") {
        true => AccessKind::Playback,
        false => AccessKind::View,
    };
    state
        .register
        .store
        .log_access(&Access {
            case_id: Some(file.case_id),
            sha256: Some(digest.to_string()),
            why,
            detail: part,
            ..state.register.access(kind, &person.name, person.unit.as_deref())
        })
        .await?;
    let mut response = match wanted.span(bytes) {
        Some(span) => {
            let source = state.register.files.read(&digest, span.from).await?;
            wanted.answer(span, bytes, source)
        }
        None if wanted == Wanted::Nothing => wanted.without_bytes(bytes),
        None => return Ok(wanted.without_bytes(bytes)),
    };
    let shown = shown_as(&file.media_type);
    set(&mut response, header::CONTENT_TYPE, shown);
    if shown == "application/octet-stream" {
        set(&mut response, header::CONTENT_DISPOSITION, "attachment");
    }
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::ETAG, &tag);
    // The browser may keep it, but must ask each time: so each view reaches the log.
    set(&mut response, header::CACHE_CONTROL, "private, no-cache");
    Ok(response)
}

/// A file that the browser keeps for as long as it is open, at most.
pub async fn shown_whole(
    state: &AppState,
    digest: &Digest256,
    bytes: u64,
    media_type: &str,
) -> Answer<Response> {
    let source = state.register.files.read(digest, 0).await?;
    let whole = Wanted::Whole;
    let Some(span) = whole.span(bytes) else { return Ok(whole.without_bytes(bytes)) };
    let mut response = whole.answer(span, bytes, source);
    set(&mut response, header::CONTENT_TYPE, shown_as(media_type));
    set(&mut response, header::CACHE_CONTROL, "private, no-store");
    Ok(response)
}
