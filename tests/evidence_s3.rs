//! Evidence in a bucket of a real S3 store, which each test starts for itself; says so where none is installed.
#![cfg(feature = "hub")]

#[path = "support/hub.rs"]
mod base;
#[path = "support/object_store.rs"]
mod object_store;

use base::NODE_TOKEN;
use gridwarden::{
    base::{clock::SystemClock, secret::Secret, shutdown::Shutdown},
    drivers::evidence::{
        bucket::BucketSettings,
        files::{Digest256, EvidenceFiles, FilesError, Held},
    },
    roles::hub::{self, HubConfig},
};
use object_store::{ACCESS_KEY, ObjectStore, SECRET_KEY};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::json;
use std::{path::Path, sync::Arc};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

const SEEN_AT: &str = "2026-01-01T00:00:00.000Z";
const TICKET: &str = "ticket";
/// As long as the edge route takes at once.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

fn settings(endpoint: &str) -> BucketSettings {
    BucketSettings {
        bucket: "evidence".to_owned(),
        prefix: "440310/hub".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        region: "us-east-1".to_owned(),
        access_key: ACCESS_KEY.to_owned(),
        secret_key: Secret::new(SECRET_KEY),
    }
}

fn started() -> Option<ObjectStore> {
    let store = ObjectStore::start();
    if store.is_none() {
        eprintln!(
            "skipped: there is no S3 store in .build/object-store; `make test` puts it there"
        );
    }
    store
}

/// Longer than what goes in one piece.
fn long_file(bytes: u32) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

async fn sent(files: &EvidenceFiles, bytes: &[u8]) -> Digest256 {
    let (digest, half) = (Digest256::of(bytes), bytes.len() / 2);
    let length = bytes.len() as u64;
    files.append(&digest, 0, length, &bytes[..half]).await.unwrap();
    let held = files.held(&digest).await.unwrap();
    assert_eq!(held, Some(Held { bytes: half as u64, complete: false }), "a part is no object");
    files.append(&digest, half as u64, length, &bytes[half..]).await.unwrap();
    files.finish(&digest).await.unwrap();
    digest
}

async fn read(files: &EvidenceFiles, digest: &Digest256, from: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    files.read(digest, from).await.unwrap().read_to_end(&mut bytes).await.unwrap();
    bytes
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_file_leaves_for_the_bucket_and_is_read_from_any_byte() {
    let Some(store) = started() else { return };
    let dir = tempfile::tempdir().unwrap();
    let right = settings(&store.endpoint());
    let files = EvidenceFiles::open(dir.path(), Some(&right)).await.unwrap();
    for bytes in [b"street".to_vec(), long_file(20 * 1024 * 1024)] {
        let digest = sent(&files, &bytes).await;
        let held = files.held(&digest).await.unwrap();
        assert_eq!(held, Some(Held { bytes: bytes.len() as u64, complete: true }));
        assert!(is_empty(&dir.path().join("parts")) && is_empty(&dir.path().join("whole")));
        assert!(read(&files, &digest, 0).await == bytes);
        assert!(read(&files, &digest, 3).await == bytes[3..]);
    }
    let other = Digest256::of(b"never sent");
    assert_eq!(files.held(&other).await.unwrap(), None);
    assert!(files.read(&other, 0).await.is_err());

    for wrong in [
        BucketSettings { secret_key: Secret::new("another secret"), ..right.clone() },
        BucketSettings { access_key: "stranger".to_owned(), ..right.clone() },
    ] {
        let stranger = EvidenceFiles::open(dir.path(), Some(&wrong)).await.unwrap();
        let known = Digest256::of(b"street");
        for refused in [stranger.held(&known).await.err(), stranger.read(&known, 0).await.err()] {
            let refused = refused.expect("neither is there anything to see for a stranger");
            assert!(matches!(refused, FilesError::Bucket { .. }), "{refused}");
            assert!(!refused.to_string().contains("another secret"), "{refused}");
        }
    }
}

#[tokio::test]
async fn a_file_stays_where_it_is_while_the_bucket_is_away() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens there.
    let away = settings("http://127.0.0.1:9");
    let files = EvidenceFiles::open(dir.path(), Some(&away)).await.unwrap();
    let error = files.held(&Digest256::of(b"street")).await.unwrap_err();
    assert!(matches!(error, FilesError::Bucket { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("s3://evidence/440310/hub") && !said.contains("secret"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_edge_uploads_is_shown_to_people_out_of_the_bucket() {
    let Some(store) = started() else { return };
    gridwarden::drivers::mqtt::install_crypto_provider();
    let dir = tempfile::tempdir().unwrap();
    let config = HubConfig {
        bucket: Some(settings(&store.endpoint())),
        demo_ticket: Some(Secret::new(TICKET)),
        ..base::quiet(dir.path())
    };
    let evidence_dir = config.evidence_dir.clone();
    let shutdown = Shutdown::new();
    let running = hub::start(config, Arc::new(SystemClock::new()), shutdown.clone()).await.unwrap();
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let hub = format!("http://{}", running.address);

    let clip = long_file(10 * 1024 * 1024);
    let digest = Digest256::of(&clip);
    let url = format!("{hub}/api/v1/evidence/{digest}");
    for (at, chunk) in clip.chunks(CHUNK_BYTES).enumerate() {
        let sent = client.patch(&url).bearer_auth(NODE_TOKEN).body(chunk.to_vec());
        let sent = sent.header("Upload-Offset", at * CHUNK_BYTES);
        let taken = sent.header("Upload-Length", clip.len()).send().await.unwrap();
        assert_eq!(taken.status(), StatusCode::NO_CONTENT, "{}", taken.text().await.unwrap());
    }
    assert!(is_empty(&evidence_dir.join("parts")) && is_empty(&evidence_dir.join("whole")));
    let held = client.head(&url).bearer_auth(NODE_TOKEN).send().await.unwrap();
    assert_eq!(held.headers()["upload-complete"], "true");

    let case = Uuid::from_u128(1);
    let opened = json!({
        "case_id": case, "revision": 1, "kind": "opened",
        "event": {"std": "GB/T 47678.5", "version": "2026", "code": "06042",
                  "name_zh": "垃圾站（箱）满溢", "name_en": "overflowing bin", "local": false},
        "pattern": {"id": "bin_overflowing", "version": "3"},
        "camera": {"id": "gate", "node": "edge-1"}, "zone": "pavement",
        "first_seen_at": SEEN_AT, "confirmed_at": SEEN_AT, "last_seen_at": SEEN_AT,
        "dwell_secs": 5.0, "count": 1, "score": 0.8, "model": {"id": "m", "sha256": "00"},
        "clock": "arrival", "source": "video", "priority": "normal", "privacy": {"masked": true},
        "evidence": [{"role": "clip", "url": format!("/api/v1/evidence/{digest}"),
                      "sha256": digest.as_str(), "media_type": "video/mp4", "width_px": 64,
                      "height_px": 48, "captured_at": SEEN_AT}],
    });
    let message = json!({
        "specversion": "1.0", "id": Uuid::now_v7(), "source": "/gridwarden/440310/edge-1",
        "type": "cn.gridwarden.test", "time": SEEN_AT, "subject": "",
        "datacontenttype": "application/json", "data": opened,
    });
    let topic = format!("gridwarden/v1/440310/edge-1/case/{case}");
    running.ingest.message(&topic, message.to_string().as_bytes()).await.unwrap();

    let signed_in = client.get(format!("{hub}/signin?ticket={TICKET}")).send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let ask = async |range: &str| -> Response {
        let asked = client.get(format!("{url}?case={case}")).header("cookie", cookie);
        asked.header("range", range).send().await.unwrap()
    };
    let part = ask("bytes=9000000-9000099").await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    let whole_bytes = format!("bytes 9000000-9000099/{}", clip.len());
    assert_eq!(part.headers()["content-range"], whole_bytes);
    assert!(part.bytes().await.unwrap() == clip[9_000_000..9_000_100]);
    let whole = ask("").await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert!(whole.bytes().await.unwrap() == clip);
    let looks: Vec<String> = (running.register.store.views_of(digest.as_str()).await.unwrap())
        .into_iter()
        .map(|(who, _, part)| format!("{who}: {part}"))
        .collect();
    assert_eq!(looks, ["demo: bytes 9000000-9000099", "demo: whole"]);
    shutdown.begin();
    running.wait().await.unwrap();
}
