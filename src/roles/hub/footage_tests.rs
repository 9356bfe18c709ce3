use super::{super::samples::*, *};
use crate::domain::{
    footage::{Hole, HoleReason},
    wire::{FootageRefusal, FootageResultData},
};
use serde_json::{Value, json};

struct Site {
    bench: Bench,
    _dir: tempfile::TempDir,
}

/// Seconds after the start.
fn at(secs: u64) -> WallTime {
    START.plus(Duration::from_secs(secs))
}

fn wanted(from: u64, to: u64) -> Wanted {
    Wanted { camera: None, from: at(from), to: at(to) }
}

fn masked_by(masks: &str) -> Value {
    let mut card = card();
    card["masks"] = json!(masks);
    card
}

impl Site {
    /// Two cases of the camera `gate`, ten minutes ago.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::open(dir.path()).await;
        bench.announce("edge-1", "gate", masked_by("1-m")).await;
        for number in [1, 2] {
            bench.send_fact("edge-1", &fact(number, 1, "opened", vec![])).await;
        }
        bench.clock.advance(Duration::from_secs(600));
        Self { bench, _dir: dir }
    }

    async fn ask(&self, case: u128, wanted: &Wanted) -> Result<FootageRow, AskError> {
        let register = &self.bench.register;
        let case = register.store.case(case_id(case)).await.unwrap().unwrap();
        ask(register, &case, wanted, "li").await
    }

    /// What is published now.
    async fn sent(&self) -> Vec<FootageRequestData> {
        let due = due(&self.bench.register, &DISTRICT.parse().unwrap()).await.unwrap();
        let read = |(topic, payload): (Topic, Vec<u8>)| {
            assert_eq!(topic.to_string(), "gridwarden/v1/440310/edge-1/footage/request");
            let event: Value = serde_json::from_slice(&payload).unwrap();
            serde_json::from_value(event["data"].clone()).unwrap()
        };
        due.into_iter().map(read).collect()
    }

    async fn answer(&self, result: &FootageResultData) {
        self.bench.send("edge-1", "footage/result", result).await;
    }

    async fn clips(&self, case: u128) -> usize {
        let files = self.bench.register.store.case_evidence(case_id(case)).await.unwrap();
        files.iter().filter(|file| file.evidence.role == "playback").count()
    }
}

fn clip(row: &FootageRow, masks: &str) -> FootageResultData {
    serde_json::from_value(json!({
        "request_id": row.request.request_id, "masks": masks, "clock": "arrival",
        "shown": {"from": row.request.from, "to": row.request.to},
        "evidence": [{
            "role": "playback", "url": "/x", "sha256": "0a".repeat(32), "media_type": "video/mp4",
            "width_px": 640, "height_px": 360, "captured_at": row.request.from,
        }],
    }))
    .unwrap()
}

fn refused(row: &FootageRow) -> FootageResultData {
    let hole =
        Hole { from: row.request.from, to: row.request.to, reason: HoleReason::BeforeRetention };
    FootageResultData {
        shown: None,
        refusal: Some(FootageRefusal::NothingRecorded),
        holes: vec![hole],
        evidence: vec![],
        ..clip(row, "")
    }
}

#[tokio::test]
async fn the_same_interval_is_cut_once_and_shown_for_every_case_that_asks() {
    let site = Site::new().await;
    let row = site.ask(1, &wanted(10, 40)).await.unwrap();
    assert_eq!(site.sent().await, std::slice::from_ref(&row.request));
    assert_eq!(site.sent().await, [], "not again before its time");
    assert_eq!(site.ask(1, &wanted(10, 40)).await.unwrap().request, row.request);
    site.bench.clock.advance(RESEND_AFTER);
    assert_eq!(site.sent().await, std::slice::from_ref(&row.request));
    site.answer(&clip(&row, "1-m")).await;
    site.answer(&FootageResultData { detail: Some("late".into()), ..clip(&row, "1-m") }).await;
    site.bench.clock.advance(RESEND_AFTER);
    assert_eq!(site.sent().await, []);
    assert_eq!((site.clips(1).await, site.clips(2).await), (1, 0));
    let other = site.ask(2, &wanted(10, 40)).await.unwrap();
    assert_eq!(other.request, row.request);
    assert_eq!(other.result.unwrap().detail, None, "the first answer stands");
    assert_eq!((site.clips(1).await, site.clips(2).await), (1, 1));
    assert_ne!(site.ask(2, &wanted(10, 41)).await.unwrap().request, row.request);
}

#[tokio::test]
async fn what_waits_for_a_case_comes_to_all_that_asked_meanwhile() {
    let site = Site::new().await;
    let row = site.ask(1, &wanted(10, 40)).await.unwrap();
    site.ask(2, &wanted(10, 40)).await.unwrap();
    site.answer(&clip(&row, "1-m")).await;
    assert_eq!((site.clips(1).await, site.clips(2).await), (1, 1));
}

#[tokio::test]
async fn another_masking_is_another_clip() {
    let site = Site::new().await;
    let row = site.ask(1, &wanted(10, 40)).await.unwrap();
    site.answer(&clip(&row, "1-m")).await;
    site.bench.announce("edge-1", "gate", masked_by("1-better")).await;
    assert_ne!(site.ask(1, &wanted(10, 40)).await.unwrap().request, row.request);
}

#[tokio::test]
async fn a_refusal_or_silence_may_be_asked_again_and_a_node_that_is_away_still_shows_what_is_here()
{
    let site = Site::new().await;
    let row = site.ask(1, &wanted(10, 40)).await.unwrap();
    site.answer(&refused(&row)).await;
    let again = site.ask(1, &wanted(10, 40)).await.unwrap();
    assert_ne!(again.request.request_id, row.request.request_id);
    site.bench.clock.advance(again.request.deadline.since(site.bench.register.now()));
    assert_eq!(site.sent().await, [], "nobody waits for it any more");
    let third = site.ask(1, &wanted(10, 40)).await.unwrap();
    assert_ne!(third.request.request_id, again.request.request_id);
    site.answer(&clip(&third, "1-m")).await;
    let away = json!({"state": "offline", "version": "0", "boot_id": uuid::Uuid::nil()});
    site.bench.send("edge-1", "status", away).await;
    assert!(matches!(site.ask(1, &wanted(10, 50)).await, Err(AskError::NodeAway(_))));
    assert_eq!(site.ask(1, &wanted(10, 40)).await.unwrap().request, third.request);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_reason() {
    let site = Site::new().await;
    for (from, to) in [(40, 10), (10, 10), (10, 131)] {
        let refused = site.ask(1, &wanted(from, to)).await;
        assert!(matches!(refused, Err(AskError::Interval { .. })), "{from} to {to}");
    }
    assert!(site.ask(1, &wanted(10, 130)).await.is_ok());
    assert!(site.ask(1, &wanted(590, 600)).await.is_ok(), "up to now");
    assert!(matches!(site.ask(1, &wanted(590, 601)).await, Err(AskError::Future { .. })));
    let other = Some(("edge-1".parse().unwrap(), "school".parse().unwrap()));
    let refused = site.ask(1, &Wanted { camera: other, ..wanted(10, 20) }).await.unwrap_err();
    assert!(refused.to_string().contains("allowed: edge-1/gate"), "{refused}");
    let own = Some(("edge-1".parse().unwrap(), "gate".parse().unwrap()));
    assert!(site.ask(1, &Wanted { camera: own, ..wanted(10, 20) }).await.is_ok());
    for nth in 3..FOOTAGE_OPEN_MAX as u64 {
        site.ask(1, &wanted(nth, 100)).await.unwrap();
    }
    assert!(matches!(site.ask(1, &wanted(20, 100)).await, Err(AskError::TooMany(_))));
}

#[tokio::test]
async fn an_answer_of_another_node_or_beyond_bounds_is_dropped() {
    let site = Site::new().await;
    let row = site.ask(1, &wanted(10, 40)).await.unwrap();
    site.bench.send("edge-2", "footage/result", clip(&row, "1-m")).await;
    let long = FootageResultData { masks: "m".repeat(1_000), ..clip(&row, "") };
    site.answer(&long).await;
    assert_eq!(site.clips(1).await, 0);
    site.answer(&clip(&row, "1-m")).await;
    assert_eq!(site.clips(1).await, 1);
}
