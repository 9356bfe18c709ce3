//! The upload loop over a real database and a real HTTP server that fails every other request.

#![cfg(all(feature = "edge", feature = "hub"))]

#[path = "support/facts.rs"]
mod facts;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::head,
};
use facts::{START, address, fact};
use gridwarden::{
    base::{
        clock::SystemClock,
        secret::{Secret, SecretSource},
        shutdown::Shutdown,
    },
    domain::wire::FactKind,
    drivers::{
        evidence::upload::{UploadTls, Uploader},
        store::edge::{CommitBatch, EdgeStore, UploadRow},
    },
    roles::edge::uploads,
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Default)]
struct Evidence {
    files: BTreeMap<String, Vec<u8>>,
    requests: u32,
}

type Shared = Arc<Mutex<Evidence>>;

async fn offset(State(evidence): State<Shared>, Path(sha256): Path<String>) -> Response {
    match evidence.lock().unwrap().files.get(&sha256) {
        Some(held) => [("Upload-Offset", held.len().to_string())].into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Keeps half of every other chunk and fails.
async fn append(
    State(evidence): State<Shared>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    chunk: Bytes,
) -> Response {
    let number = |name: &str| headers[name].to_str().unwrap().parse::<usize>().unwrap();
    let mut evidence = evidence.lock().unwrap();
    evidence.requests += 1;
    let fails = evidence.requests % 2 == 1;
    let held = evidence.files.entry(sha256).or_default();
    assert_eq!(number("Upload-Offset"), held.len(), "the edge did not ask where to go on");
    if fails {
        held.extend_from_slice(&chunk[..chunk.len() / 2]);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    held.extend_from_slice(&chunk);
    let complete = held.len() == number("Upload-Length");
    let answer =
        [("Upload-Offset", held.len().to_string()), ("Upload-Complete", complete.to_string())];
    (StatusCode::NO_CONTENT, answer).into_response()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_leaves_when_the_hub_holds_its_file_or_the_file_is_gone_for_good() {
    let evidence = Shared::default();
    let routes = Router::new()
        .route("/api/v1/evidence/{sha256}", head(offset).patch(append))
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&evidence));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });

    let folder = TempDir::new().unwrap();
    let clock = Arc::new(SystemClock::new());
    let path = folder.path().join("edge.db");
    let store = EdgeStore::open(&path, address(), clock.clone()).await.unwrap();
    let mut contents = BTreeMap::new();
    let row = |sha256: &str, bytes: usize| UploadRow {
        sha256: sha256.to_owned(),
        path: folder.path().join(sha256),
        bytes: bytes as u64,
        media_type: "image/jpeg".to_owned(),
        added_at: START,
    };
    let mut uploads = vec![row(&"0".repeat(64), 1)];
    for seed in 1..=5_u8 {
        let content: Vec<u8> = (0..700_000_u32).map(|index| (index % 251) as u8 ^ seed).collect();
        let sha256 = hex(&Sha256::digest(&content));
        std::fs::write(folder.path().join(&sha256), &content).unwrap();
        uploads.push(row(&sha256, content.len()));
        contents.insert(sha256, content);
    }

    let shutdown = Shutdown::new();
    let uploader = Uploader::new(
        &url,
        Some(SecretSource::Given(Secret::new("token-1"))),
        &UploadTls::default(),
    )
    .unwrap();
    let looping = tokio::spawn(uploads::run(store.clone(), uploader, clock, shutdown.clone()));
    // After the start: the commit itself must wake the loop.
    let facts = vec![fact(1, "cam-a", 1, FactKind::Opened)];
    store.commit(&CommitBatch { facts, uploads }).await.unwrap();
    let emptied = async {
        while store.uploads_depth().await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, emptied).await.expect("the upload list does not empty");
    assert!(evidence.lock().unwrap().files == contents);
    for sha256 in contents.keys() {
        assert!(!folder.path().join(sha256).exists(), "an uploaded file stays on the edge's disk");
    }
    shutdown.begin();
    looping.await.unwrap();
}
