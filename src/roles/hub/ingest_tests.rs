use super::super::samples::*;
use crate::{
    base::time::WallTime,
    domain::{
        case::{audit::AuditEntry, lifecycle::State},
        geo::GeoPoint,
        place::place_at,
        wire::CaseFactData,
    },
    drivers::{
        evidence::files::Digest256,
        store::hub::{CaseFilter, CaseRow},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[tokio::test]
async fn facts_in_any_order_and_number_make_one_case_and_contiguous_acks() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    let facts: Vec<_> = [(1, "opened"), (2, "seen"), (3, "gone")]
        .map(|(revision, kind)| fact(1, revision, kind, Vec::new()))
        .into();
    assert_eq!(bench.send_fact("edge-1", &facts[2]).await, None, "behind a gap: no ack");
    assert!(bench.register.store.cases(&CaseFilter::default(), None, 9).await.unwrap().is_empty());
    assert_eq!(bench.send_fact("edge-1", &facts[0]).await, Some(1));
    assert_eq!(bench.send_fact("edge-1", &facts[0]).await, Some(1), "a repeat is acked again");
    assert_eq!(bench.send_fact("edge-1", &facts[1]).await, Some(3), "the gap is filled");
    assert_eq!(bench.send_fact("edge-1", &facts[2]).await, Some(3));
    let cases = bench.register.store.cases(&CaseFilter::default(), None, 9).await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].state, State::Vanished);
    assert_eq!(bench.register.store.fact_count().await.unwrap(), 3);
    let history = bench.register.store.history(case_id(1)).await.unwrap();
    let kinds: Vec<_> = history.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["opened", "gone"]);
}

#[tokio::test]
async fn seen_again_after_gone_brings_the_case_back_to_review() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    for (revision, kind) in [(1, "opened"), (2, "gone"), (3, "seen")] {
        bench.send_fact("edge-1", &fact(1, revision, kind, Vec::new())).await;
    }
    let case = bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!((case.state, case.gone_at), (State::PendingReview, None));
}

#[tokio::test]
async fn sightings_leave_the_version_alone_so_a_review_meets_no_false_conflict() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.send_fact("edge-1", &fact(1, 1, "opened", Vec::new())).await;
    bench.send_fact("edge-1", &fact(1, 2, "seen", Vec::new())).await;
    let case = bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(case.version, 1);
}

#[tokio::test]
async fn facts_of_two_writers_fold_into_one_case() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.send_fact("edge-1", &fact(1, 1, "opened", Vec::new())).await;
    let mut other = fact(1, 1, "seen", Vec::new());
    other.camera.node = "edge-2".parse().unwrap();
    other.last_seen_at = WallTime::from_unix_millis(START.unix_millis() + 9_000);
    other.count = 7;
    assert_eq!(bench.send_fact("edge-2", &other).await, Some(1));
    // One of two writers calls it gone: it is not.
    bench.send_fact("edge-1", &fact(1, 2, "gone", Vec::new())).await;
    let case = bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(case.state, State::PendingReview);
    assert_eq!((case.last_seen_at, case.count), (other.last_seen_at, 7));
    assert_eq!(case.camera.unwrap().node.as_str(), "edge-1");
}

#[tokio::test]
async fn garbage_is_dropped_and_never_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    let good = fact(1, 1, "opened", Vec::new());
    let own = format!("gridwarden/v1/{DISTRICT}/edge-1/case/{}", case_id(1));
    let with = |change: fn(&mut crate::domain::wire::CaseFactData)| {
        let mut bad = good.clone();
        change(&mut bad);
        event(bad)
    };
    let bad_digest = json!({"role": "snapshot", "url": "", "sha256": "../../etc/passwd",
        "media_type": "image/jpeg", "width_px": 1, "height_px": 1, "captured_at": START});
    let messages: Vec<(String, Vec<u8>)> = vec![
        (own.clone(), b"{".to_vec()),
        (own.clone(), vec![0xff; 300]),
        (own.clone(), vec![b' '; 300 * 1024]),
        (own.clone(), br#"{"specversion":"0.3"}"#.to_vec()),
        (own.clone(), with(|fact| fact.revision = 0)),
        (own.clone(), with(|fact| fact.case_id = case_id(2))),
        (own.clone(), with(|fact| fact.camera.node = "edge-2".parse().unwrap())),
        (own.clone(), with(|fact| fact.event.code = "x".repeat(41))),
        (own.clone(), with(|fact| fact.source = "a\nb".to_owned())),
        (own.clone(), with(|fact| fact.score = 7.0)),
        (own.clone(), event(fact(1, 1, "opened", vec![bad_digest]))),
        (own.replace(DISTRICT, "999999"), event(&good)),
        ("gridwarden/v1".to_owned(), event(&good)),
        (format!("gridwarden/v1/{DISTRICT}/edge-1/ack/{}", case_id(1)), event(&good)),
        (format!("gridwarden/v1/{DISTRICT}/edge-1/status"), event(&good)),
    ];
    for (topic, payload) in messages {
        let reply = bench.ingest.message(&topic, &payload).await.unwrap();
        assert!(reply.is_none(), "{topic} {}", String::from_utf8_lossy(&payload));
    }
    assert_eq!(bench.register.store.fact_count().await.unwrap(), 0);
    // And the same fact, well formed, is taken.
    assert_eq!(bench.send_fact("edge-1", &good).await, Some(1));
}

#[tokio::test]
async fn a_repeat_that_differs_does_not_change_what_was_said_first() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.send_fact("edge-1", &fact(1, 1, "opened", Vec::new())).await;
    let mut other = fact(1, 1, "opened", Vec::new());
    other.count = 99;
    assert_eq!(bench.send_fact("edge-1", &other).await, Some(1));
    let case = bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(case.count, 1);
}

#[tokio::test]
async fn killing_the_hub_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    {
        let bench = Bench::open(dir.path()).await;
        bench.send_fact("edge-1", &fact(1, 1, "opened", Vec::new())).await;
        bench.send_fact("edge-1", &fact(1, 3, "gone", Vec::new())).await;
        // Dropped without closing, as a kill would.
    }
    let bench = Bench::open(dir.path()).await;
    let case = bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(case.state, State::PendingReview);
    assert_eq!(bench.send_fact("edge-1", &fact(1, 2, "seen", Vec::new())).await, Some(3));
    let case = bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(case.state, State::Vanished);
}

#[tokio::test]
async fn an_unmasked_picture_is_never_available() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    let face = bench.hold(b"a face").await;
    let mut open = fact(1, 1, "opened", vec![picture("snapshot", &face, START)]);
    open.privacy.masked = false;
    bench.send_fact("edge-1", &open).await;
    // A later fact that calls the same picture masked does not unlock it.
    bench.send_fact("edge-1", &fact(1, 2, "seen", vec![picture("snapshot", &face, START)])).await;
    let files = bench.register.store.case_evidence(case_id(1)).await.unwrap();
    assert!(files.iter().all(|file| !file.available));
    let known = bench.register.store.known_file(Digest256::of(b"a face").as_str(), None).await;
    assert!(!known.unwrap().unwrap().masked);
    let case = bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(case.thumbnail, None);
}

/// What is left of messages taken in: every case, every history, and the last word to each stream.
#[derive(Debug, PartialEq)]
struct Left {
    cases: Vec<CaseRow>,
    histories: Vec<Vec<AuditEntry>>,
    acked: BTreeMap<String, u64>,
}

/// Takes the facts in, so many at a time.
async fn taken_in(facts: &[(usize, CaseFactData)], together: &[usize]) -> Left {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    let messages: Vec<(String, Vec<u8>)> = facts
        .iter()
        .map(|(node, fact)| {
            let topic = format!("gridwarden/v1/{DISTRICT}/edge-{node}/case/{}", fact.case_id);
            (topic, event(fact))
        })
        .collect();
    let (mut rest, mut sizes) = (messages.into_iter().peekable(), together.iter().cycle());
    let mut acked = BTreeMap::new();
    while rest.peek().is_some() {
        let some = rest.by_ref().take(*sizes.next().unwrap());
        let some: Vec<_> = some.map(|(topic, text)| bench.ingest.read(topic, text)).collect();
        for (topic, ack) in bench.ingest.take_in(&some).await.unwrap().into_iter().flatten() {
            let ack: Value = serde_json::from_slice(&ack).unwrap();
            acked.insert(topic.to_string(), ack["data"]["upto_revision"].as_u64().unwrap());
        }
    }
    let store = &bench.register.store;
    let mut cases = store.cases(&CaseFilter::default(), None, 99).await.unwrap();
    cases.sort_by_key(|case| case.case_id);
    let mut histories = Vec::new();
    for case in &cases {
        histories.push(store.history(case.case_id).await.unwrap());
    }
    Left { cases, histories, acked }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Repeats, gaps, two nodes at one place and several facts of a case in one transaction included.
    #[test]
    fn facts_taken_in_together_leave_what_they_leave_one_by_one(
        said in prop::collection::vec((1..=4_u128, 1..=5_u32, 1..=2_usize), 1..40),
        together in prop::collection::vec(1..=9_usize, 1..5),
    ) {
        let facts: Vec<(usize, CaseFactData)> = said
            .into_iter()
            .map(|(case, revision, node)| {
                // Each node has cases of its own; there is no other way to a topic of its own.
                let kind = ["opened", "seen", "gone", "seen", "gone"][revision as usize - 1];
                let mut fact = fact(10 * case + node as u128, revision, kind, Vec::new());
                fact.camera.node = format!("edge-{node}").parse().unwrap();
                // The first two stand at one place, the third next to it, the last far off.
                let east_deg = [0.0, 0.0, 3e-4, 1e-2][case as usize - 1];
                let at = GeoPoint { lon_deg: 114.34 + east_deg, lat_deg: 22.69 };
                fact.place = place_at(at, 42.0, 1.0);
                (node, fact)
            })
            .collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let one_by_one = runtime.block_on(taken_in(&facts, &[1]));
        prop_assert_eq!(runtime.block_on(taken_in(&facts, &together)), one_by_one);
    }
}
