use super::{super::samples::*, *};
use crate::{
    domain::wire::{DryRunResultData, DryRunState},
    drivers::evidence::files::Digest256,
};
use serde_json::{Value, json};

struct Site {
    bench: Bench,
    _dir: tempfile::TempDir,
}

impl Site {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::open(dir.path()).await;
        bench.announce_camera("edge-1").await;
        bench.clock.advance(Duration::from_secs(7_200));
        Self { bench, _dir: dir }
    }

    async fn ask(&self) -> Result<DryRunRow, AskError> {
        let register = &self.bench.register;
        let camera = register.store.cameras().await.unwrap().remove(0);
        ask(register, &camera, "[[pattern]]".to_owned(), (None, None), "li").await
    }

    async fn sent(&self) -> Vec<DryRunRequestData> {
        let due = due(&self.bench.register, &DISTRICT.parse().unwrap()).await.unwrap();
        let read = |(topic, payload): (Topic, Vec<u8>)| {
            assert_eq!(topic.to_string(), "gridwarden/v1/440310/edge-1/dryrun/request");
            let event: Value = serde_json::from_slice(&payload).unwrap();
            serde_json::from_value(event["data"].clone()).unwrap()
        };
        due.into_iter().map(read).collect()
    }

    async fn say(&self, node: &str, row: &DryRunRow, state: &str, cases: Vec<Value>) {
        let result = json!({"request_id": row.request.request_id, "state": state, "share": 0.5,
                            "frames": 10, "cases": cases});
        self.bench.send(node, "dryrun/result", result).await;
    }

    async fn result(&self, row: &DryRunRow) -> Option<DryRunResultData> {
        let store = &self.bench.register.store;
        let row = store.dry_run(&row.node, &row.request.camera, row.request.request_id).await;
        row.unwrap().unwrap().result
    }
}

fn case(evidence: Value) -> Value {
    json!({"zone": "kerb", "first_seen_at": START, "confirmed_at": START, "last_seen_at": START,
           "dwell_secs": 30.0, "count": 1, "score": 0.7, "picture": evidence})
}

#[tokio::test]
async fn it_is_sent_again_while_the_edge_says_nothing_and_until_its_last_word() {
    let site = Site::new().await;
    let row = site.ask().await.unwrap();
    assert_eq!(row.request.span().length(), LENGTH_DEFAULT);
    assert_eq!(site.sent().await, std::slice::from_ref(&row.request));
    assert_eq!(site.sent().await, []);
    site.bench.clock.advance(RESEND_AFTER);
    assert_eq!(site.sent().await.len(), 1, "nothing was heard");
    site.bench.clock.advance(RESEND_AFTER - Duration::from_secs(1));
    site.say("edge-1", &row, "running", vec![]).await;
    site.bench.clock.advance(Duration::from_secs(2));
    assert_eq!(site.sent().await, [], "it is at it");
    site.say("edge-2", &row, "done", vec![]).await;
    assert_eq!(site.result(&row).await.unwrap().state, DryRunState::Running, "not its word");
    site.say("edge-1", &row, "done", vec![]).await;
    site.say("edge-1", &row, "running", vec![]).await;
    assert_eq!(site.result(&row).await.unwrap().state, DryRunState::Done, "the last word stands");
    site.bench.clock.advance(RESEND_AFTER);
    assert_eq!(site.sent().await, []);
}

#[tokio::test]
async fn its_pictures_are_shown_of_its_camera_and_no_case_comes_of_it() {
    let site = Site::new().await;
    let row = site.ask().await.unwrap();
    let digest = site.bench.hold(b"a stall").await;
    let found = vec![case(picture("dry_run", &digest, START))];
    site.say("edge-1", &row, "done", found).await;
    let store = &site.bench.register.store;
    let shown = store.camera_picture(&row.node, &row.request.camera, digest.as_str());
    assert!(shown.await.unwrap().is_some());
    assert_eq!(digest, Digest256::of(b"a stall"));
    let counts = store.state_counts(crate::domain::case::lifecycle::State::ALL).await.unwrap();
    assert!(counts.into_iter().all(|(_, count)| count == 0));
}

#[tokio::test]
async fn it_can_be_cancelled_and_no_node_gets_too_many() {
    let site = Site::new().await;
    let row = site.ask().await.unwrap();
    assert!(!site.sent().await[0].cancel);
    let store = &site.bench.register.store;
    store.cancel_dry_run(&row.request, site.bench.register.now()).await.unwrap();
    assert!(site.sent().await[0].cancel, "told at once");
    for _ in 1..DRY_RUNS_OPEN_MAX {
        site.ask().await.unwrap();
    }
    assert!(matches!(site.ask().await, Err(AskError::TooMany(_))));
    site.say("edge-1", &row, "cancelled", vec![]).await;
    assert!(site.ask().await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let site = Site::new().await;
    let register = &site.bench.register;
    let camera = register.store.cameras().await.unwrap().remove(0);
    let now = register.now();
    let asked = async |from: WallTime, to: WallTime, draft: &str| {
        ask(register, &camera, draft.to_owned(), (Some(from), Some(to)), "li").await
    };
    let hour = Duration::from_secs(3_600);
    assert!(matches!(asked(now, now.minus(hour), "").await, Err(AskError::Interval { .. })));
    let long = asked(now.minus(hour * 3), now, "").await;
    assert!(matches!(long, Err(AskError::Interval { .. })));
    let future = asked(now, now.plus(hour), "").await;
    assert!(matches!(future, Err(AskError::Future { .. })));
    let much = asked(now.minus(hour), now, &"#".repeat(DRAFT_BYTES_MAX + 1)).await;
    assert!(matches!(much, Err(AskError::TooLong(_))));
    let away = json!({"state": "offline", "version": "0", "boot_id": uuid::Uuid::nil()});
    site.bench.send("edge-1", "status", away).await;
    assert!(matches!(site.ask().await, Err(AskError::NodeAway(_))));
}
