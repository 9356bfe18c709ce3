//! Against a small real server that cuts connections and loses answers.

use super::*;
use axum::{
    Router,
    body::Body,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, Request},
    response::{IntoResponse, Response},
    routing::head,
};
use std::{collections::HashMap, sync::Mutex};
use tempfile::TempDir;

/// What the server does with the next requests.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    /// As documented.
    Kind,
    /// Keeps the chunk, answers nothing useful, once.
    LosesTheAnswer,
    /// Keeps half of the chunk and fails, once.
    CutsTheChunk,
    Forbids,
    /// Says 204 with an offset that does not move.
    StandsStill,
}

#[derive(Default)]
struct Files {
    files: HashMap<String, Vec<u8>>,
    patches: usize,
    largest_chunk_bytes: usize,
    mood: Option<Mood>,
    /// HEAD says it too, as the hub does.
    says_complete: bool,
}

type Shared = Arc<Mutex<Files>>;

fn number(headers: &HeaderMap, name: &str) -> usize {
    headers[name].to_str().unwrap().parse().unwrap()
}

async fn offset(State(files): State<Shared>, UrlPath(sha256): UrlPath<String>) -> Response {
    let files = files.lock().unwrap();
    match files.files.get(&sha256) {
        Some(held) if files.says_complete => {
            [(OFFSET, held.len().to_string()), (COMPLETE, "true".to_owned())].into_response()
        }
        Some(held) => [(OFFSET, held.len().to_string())].into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn append(
    State(files): State<Shared>,
    UrlPath(sha256): UrlPath<String>,
    request: Request<Body>,
) -> Response {
    let headers = request.headers().clone();
    assert_eq!(headers["authorization"], "Bearer token-1");
    let chunk = axum::body::to_bytes(request.into_body(), 2 * CHUNK_BYTES_MAX).await.unwrap();
    let mut files = files.lock().unwrap();
    files.patches += 1;
    files.largest_chunk_bytes = files.largest_chunk_bytes.max(chunk.len());
    let mood = files.mood.unwrap_or(Mood::Kind);
    if mood == Mood::Forbids {
        return StatusCode::FORBIDDEN.into_response();
    }
    let held = files.files.entry(sha256.clone()).or_default();
    if number(&headers, OFFSET) != held.len() {
        return StatusCode::CONFLICT.into_response();
    }
    match mood {
        Mood::StandsStill => {
            let still = [(OFFSET, held.len().to_string())];
            return (StatusCode::NO_CONTENT, still).into_response();
        }
        Mood::CutsTheChunk => {
            held.extend_from_slice(&chunk[..chunk.len() / 2]);
            files.mood = None;
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        _ => held.extend_from_slice(&chunk),
    }
    let (length, complete) = (held.len(), held.len() == number(&headers, LENGTH));
    if complete && hex(&Sha256::digest(&*held)) != sha256 {
        files.files.remove(&sha256);
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    if mood == Mood::LosesTheAnswer {
        files.mood = None;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let answer = [(OFFSET, length.to_string()), (COMPLETE, complete.to_string())];
    (StatusCode::NO_CONTENT, answer).into_response()
}

async fn server(mood: Mood) -> (Shared, Uploader) {
    let files = Shared::default();
    files.lock().unwrap().mood = Some(mood);
    let routes = Router::new()
        .route("/api/v1/evidence/{sha256}", head(offset).patch(append))
        .route("/api/v1/photographs/{sha256}", axum::routing::get(photograph))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(Arc::clone(&files));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (
        files,
        Uploader::new(
            &url,
            Some(SecretSource::Given(Secret::new("token-1"))),
            &UploadTls::default(),
        )
        .unwrap(),
    )
}

async fn photograph(State(files): State<Shared>, UrlPath(sha256): UrlPath<String>) -> Response {
    match files.lock().unwrap().files.get(&sha256) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test]
async fn a_photograph_is_fetched_whole_and_only_as_what_it_is_named() {
    let (files, uploader) = server(Mood::Kind).await;
    let (small, large) = (vec![7; 70_000], vec![7; PHOTOGRAPH_BYTES_MAX + 1]);
    let names = [&small, &large].map(|bytes| hex(&Sha256::digest(bytes)));
    let other = hex(&Sha256::digest(b"other"));
    for (name, bytes) in [(&names[0], &small), (&names[1], &large), (&other, &small)] {
        files.lock().unwrap().files.insert(name.clone(), bytes.clone());
    }
    assert!(uploader.photograph(&names[0]).await.unwrap() == small);
    for (name, said) in [
        (names[1].as_str(), "more than 8388608 bytes"),
        (&other, "its digest is another"),
        ("0000", "is no SHA-256"),
        ("../../evidence/x", "is no SHA-256"),
        (&"0".repeat(64), "hub answered 404"),
    ] {
        let error = uploader.photograph(name).await.unwrap_err().to_string();
        assert!(error.contains(said), "{name}: {error}");
    }
}

fn file(folder: &TempDir, bytes: usize) -> (PathBuf, String, Vec<u8>) {
    let content: Vec<u8> = (0..bytes).map(|index| (index * 31 % 251) as u8).collect();
    let path = folder.path().join("clip.mp4");
    std::fs::write(&path, &content).unwrap();
    let sha256 = hex(&Sha256::digest(&content));
    (path, sha256, content)
}

const THREE_CHUNKS: usize = 2 * CHUNK_BYTES_MAX + 4321;

#[tokio::test]
async fn a_file_arrives_whole_in_bounded_chunks() {
    let folder = TempDir::new().unwrap();
    let (path, sha256, content) = file(&folder, THREE_CHUNKS);
    let (files, uploader) = server(Mood::Kind).await;
    uploader.upload(&sha256, &path, "video/mp4").await.unwrap();
    let files = files.lock().unwrap();
    assert!(files.files[&sha256] == content);
    assert_eq!((files.patches, files.largest_chunk_bytes), (3, CHUNK_BYTES_MAX));
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_cut() {
    for mood in [Mood::CutsTheChunk, Mood::LosesTheAnswer] {
        let folder = TempDir::new().unwrap();
        let (path, sha256, content) = file(&folder, THREE_CHUNKS);
        let (files, uploader) = server(mood).await;
        let cut = uploader.upload(&sha256, &path, "video/mp4").await.unwrap_err();
        assert!(!cut.is_final(), "{cut}");
        let held = files.lock().unwrap().files[&sha256].len();
        assert!(held > 0 && held < THREE_CHUNKS);
        uploader.upload(&sha256, &path, "video/mp4").await.unwrap();
        assert!(files.lock().unwrap().files[&sha256] == content);
    }
}

#[tokio::test]
async fn a_file_that_the_hub_holds_whole_is_only_confirmed() {
    let folder = TempDir::new().unwrap();
    let (path, sha256, content) = file(&folder, 1000);
    let (files, uploader) = server(Mood::Kind).await;
    files.lock().unwrap().files.insert(sha256.clone(), content.clone());
    uploader.upload(&sha256, &path, "image/jpeg").await.unwrap();
    assert_eq!(files.lock().unwrap().largest_chunk_bytes, 0);
}

#[tokio::test]
async fn a_file_that_changed_on_disk_is_given_up() {
    let folder = TempDir::new().unwrap();
    let (path, sha256, mut content) = file(&folder, 5000);
    content[77] ^= 1;
    std::fs::write(&path, content).unwrap();
    let (files, uploader) = server(Mood::Kind).await;
    let error = uploader.upload(&sha256, &path, "image/jpeg").await.unwrap_err();
    assert!(matches!(error, UploadError::Spoiled { .. }) && error.is_final(), "{error}");
    assert!(error.to_string().contains("clip.mp4"), "{error}");
    assert!(files.lock().unwrap().files.is_empty());
}

#[tokio::test]
async fn a_missing_file_and_a_silent_hub_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let (path, sha256, content) = file(&folder, 10);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let uploader = Uploader::new(
        &format!("http://{free}"),
        Some(SecretSource::Given(Secret::new("t"))),
        &UploadTls::default(),
    )
    .unwrap();
    let error = uploader.upload(&sha256, &path, "image/jpeg").await.unwrap_err();
    assert!(matches!(error, UploadError::Unreachable { .. }) && !error.is_final(), "{error}");
    std::fs::remove_file(&path).unwrap();
    let (files, uploader) = server(Mood::Kind).await;
    let error = uploader.upload(&sha256, &path, "image/jpeg").await.unwrap_err();
    assert!(error.is_final() && error.to_string().contains("clip.mp4"), "{error}");
    // Gone because it was uploaded for another case before: nothing is missing.
    files.lock().unwrap().files.insert(sha256.clone(), content);
    files.lock().unwrap().says_complete = true;
    uploader.upload(&sha256, &path, "image/jpeg").await.unwrap();
}

#[tokio::test]
async fn a_token_file_may_come_later_than_the_node() {
    let folder = TempDir::new().unwrap();
    let (path, sha256, _) = file(&folder, 10);
    let (_, uploader) = server(Mood::Kind).await;
    let token = folder.path().join("node-token");
    let uploader = Uploader { token: Some(SecretSource::File(token.clone())), ..uploader };
    let error = uploader.upload(&sha256, &path, "image/jpeg").await.unwrap_err();
    assert!(matches!(error, UploadError::Token { .. }) && !error.is_final(), "{error}");
    assert!(error.to_string().contains("node-token"), "{error}");
    std::fs::write(&token, "token-1\n").unwrap();
    uploader.upload(&sha256, &path, "image/jpeg").await.unwrap();
}

#[tokio::test]
async fn a_refusal_names_the_cure_and_hides_the_token() {
    let folder = TempDir::new().unwrap();
    let (path, sha256, _) = file(&folder, 10);
    let (_, uploader) = server(Mood::Forbids).await;
    let error = uploader.upload(&sha256, &path, "image/jpeg").await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("403") && text.contains("token that the hub lists"), "{text}");
    assert!(!text.contains("token-1"), "{text}");
}

#[tokio::test]
async fn a_server_that_stands_still_ends_the_call() {
    let folder = TempDir::new().unwrap();
    let (path, sha256, _) = file(&folder, 10);
    let (_, uploader) = server(Mood::StandsStill).await;
    let error = uploader.upload(&sha256, &path, "image/jpeg").await.unwrap_err();
    assert!(matches!(error, UploadError::Protocol { .. }), "{error}");
}

#[test]
fn an_address_without_a_scheme_is_refused() {
    let error = Uploader::new(
        "hub:8080",
        Some(SecretSource::Given(Secret::new("t"))),
        &UploadTls::default(),
    )
    .err()
    .unwrap();
    assert!(error.to_string().contains("http://hub:8080"), "{error}");
}
