use super::{super::samples::*, *};
use crate::{
    domain::{footage::Span, wire::FootageResultData},
    drivers::evidence::files::Digest256,
};
use serde_json::{Value, json};

const PICTURE: &[u8] = b"a street, now";

struct Site {
    bench: Bench,
    _dir: tempfile::TempDir,
}

impl Site {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::open(dir.path()).await;
        bench.announce_camera("edge-1").await;
        Self { bench, _dir: dir }
    }

    async fn camera(&self) -> CameraRow {
        self.bench.register.store.cameras().await.unwrap().remove(0)
    }

    async fn ask(&self) -> Result<FootageRow, AskError> {
        ask(&self.bench.register, &self.camera().await, "li").await
    }

    async fn answer(&self, node: &str, row: &FootageRow) {
        let at = row.request.from;
        let result: FootageResultData = serde_json::from_value(json!({
            "request_id": row.request.request_id, "masks": "1-m", "clock": "arrival",
            "shown": {"from": at, "to": at},
            "evidence": [picture("still", &Digest256::of(PICTURE), at)],
        }))
        .unwrap();
        self.bench.send(node, "footage/result", result).await;
    }

    async fn shown(&self, camera: &str) -> Option<i64> {
        let (node, camera) = ("edge-1".parse().unwrap(), camera.parse().unwrap());
        let digest = Digest256::of(PICTURE);
        let store = &self.bench.register.store;
        let found = store.camera_picture(&node, &camera, digest.as_str()).await.unwrap();
        found.map(|picture| picture.bytes)
    }
}

#[tokio::test]
async fn a_still_is_footage_of_no_length_and_of_no_case() {
    let site = Site::new().await;
    let row = site.ask().await.unwrap();
    assert!(row.request.still && Span::new(row.request.from, row.request.to).is_empty());
    assert_eq!(row.request.case_id, None);
    let district = DISTRICT.parse().unwrap();
    let sent = crate::roles::hub::footage::due(&site.bench.register, &district).await;
    let (topic, payload) = sent.unwrap().remove(0);
    assert_eq!(topic.to_string(), "gridwarden/v1/440310/edge-1/footage/request");
    let event: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(event["data"]["still"], true);
    assert_eq!(event["data"]["case_id"], Value::Null);
}

#[tokio::test]
async fn a_still_is_shown_of_its_own_camera_once_its_file_is_here() {
    let site = Site::new().await;
    let row = site.ask().await.unwrap();
    site.answer("edge-2", &row).await;
    site.bench.hold(PICTURE).await;
    assert_eq!(site.shown("gate").await, None, "another node's word");
    site.answer("edge-1", &row).await;
    assert_eq!(site.shown("gate").await, Some(PICTURE.len() as i64));
    assert_eq!(site.shown("school").await, None);
    let store = &site.bench.register.store;
    let found = store.still(&row.node, &row.request.camera, row.request.request_id);
    assert_eq!(found.await.unwrap().unwrap().result.unwrap().evidence.len(), 1);
}

#[tokio::test]
async fn after_a_day_the_picture_is_gone_unless_a_case_names_it() {
    let site = Site::new().await;
    let register = &site.bench.register;
    let (digest, held) = (Digest256::of(PICTURE), async || {
        register.files.held(&Digest256::of(PICTURE)).await.unwrap().is_some()
    });
    let row = site.ask().await.unwrap();
    site.answer("edge-1", &row).await;
    site.bench.hold(PICTURE).await;
    site.bench.clock.advance(KEPT_FOR);
    sweep(register).await.unwrap();
    assert!(site.shown("gate").await.is_some(), "not a moment before");
    site.bench.clock.advance(ANSWER_WITHIN + Duration::from_secs(1));
    sweep(register).await.unwrap();
    assert!(site.shown("gate").await.is_none() && !held().await);
    assert!(register.store.evidence_file(digest.as_str()).await.unwrap().is_none());

    let row = site.ask().await.unwrap();
    site.answer("edge-1", &row).await;
    site.bench.hold(PICTURE).await;
    let named = vec![picture("snapshot", &digest, START)];
    site.bench.send_fact("edge-1", &fact(1, 1, "opened", named)).await;
    site.bench.clock.advance(KEPT_FOR + ANSWER_WITHIN + Duration::from_secs(1));
    sweep(register).await.unwrap();
    assert!(held().await, "the case's evidence stays");
    assert!(site.shown("gate").await.is_none());
}

#[tokio::test]
async fn a_node_that_is_away_is_not_asked() {
    let site = Site::new().await;
    let away = json!({"state": "offline", "version": "0", "boot_id": uuid::Uuid::nil()});
    site.bench.send("edge-1", "status", away).await;
    assert!(matches!(site.ask().await, Err(AskError::NodeAway(_))));
}
