//! Two nodes whose cameras see one thing, from their facts to the register.

use super::samples::*;
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            lifecycle::{Event, State},
            node_book::SILENT_AFTER,
        },
        geo::{EastNorth, GeoPoint, LocalFrame},
        wire::{CaseFactData, SubjectData},
    },
    drivers::store::hub::{BadMaster, CaseRow, DecideError, Decision},
};
use proptest::prelude::*;
use serde_json::Value;
use std::time::Duration;

/// What a node's camera says of a thing so many metres east of one spot, known to one metre.
fn sight(node: &str, number: u128, revision: u32, kind: &str, east_metres: f64) -> CaseFactData {
    let mut fact = fact(number, revision, kind, Vec::new());
    fact.camera.node = node.parse().unwrap();
    fact.camera.id = format!("{node}-cam").parse().unwrap();
    let place = fact.place.as_mut().unwrap();
    let spot = GeoPoint { lon_deg: place.lon_deg, lat_deg: place.lat_deg };
    let point =
        LocalFrame::about(spot).geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
    (place.lon_deg, place.lat_deg, place.error_metres) = (point.lon_deg, point.lat_deg, 1.0);
    fact
}

fn first_seen_after(secs: u64, mut fact: CaseFactData) -> CaseFactData {
    let at = START.plus(Duration::from_secs(secs));
    (fact.first_seen_at, fact.confirmed_at, fact.last_seen_at) = (at, at, at);
    fact
}

impl Bench {
    async fn say(&self, fact: &CaseFactData) {
        let acked = self.send_fact(fact.camera.node.as_str(), fact).await;
        assert!(acked.is_some(), "acknowledged");
    }

    /// `edge-1` opens case 1 and `edge-2` case 2, of one stall.
    async fn two_of_one_stall(&self) {
        self.say(&sight("edge-1", 1, 1, "opened", 0.0)).await;
        self.say(&sight("edge-2", 2, 1, "opened", 1.5)).await;
    }

    async fn row(&self, number: u128) -> CaseRow {
        self.register.store.case(case_id(number)).await.unwrap().unwrap()
    }

    async fn states<const N: usize>(&self, numbers: [u128; N]) -> Vec<State> {
        let mut states = Vec::new();
        for number in numbers {
            states.push(self.row(number).await.state);
        }
        states
    }

    async fn kinds(&self, number: u128) -> Vec<String> {
        let history = self.register.store.history(case_id(number)).await.unwrap();
        history.into_iter().map(|row| row.kind).collect()
    }

    /// `(node, case, decision)` of all that waits for edges.
    async fn told(&self) -> Vec<(String, String, String)> {
        let rows = self.register.store.outbound(self.register.now(), 99).await.unwrap();
        let told = |row: &crate::drivers::store::hub::OutboundRow| {
            let message: Value = serde_json::from_str(&row.payload).unwrap();
            let node = row.topic.split('/').nth(3).unwrap().to_owned();
            let text = |key: &str| message["data"][key].as_str().unwrap().to_owned();
            assert!(row.topic.ends_with(&text("case_id")), "{}", row.topic);
            (node, text("case_id"), text("decision"))
        };
        let mut told: Vec<_> = rows.iter().map(told).collect();
        told.sort();
        told
    }

    fn decision(&self, event: Event) -> Decision {
        Decision::new(event, "li", self.register.now())
    }

    async fn merge(&self, case: u128, into: u128) -> Result<(), DecideError> {
        let (case, into) = (case_id(case), case_id(into));
        let merge = self.decision(Event::Merge);
        self.register.store.merge(case, None, into, &merge).await.map(|_| ())
    }

    async fn unmerge(&self, case: u128) {
        let unmerge = self.decision(Event::Unmerge);
        self.register.store.unmerge(case_id(case), None, &unmerge).await.unwrap();
    }

    async fn decide(&self, case: u128, event: Event) {
        let decision = self.decision(event);
        self.register.store.decide(case_id(case), None, &decision).await.unwrap();
    }
}

fn entry(node: &str, case: u128, decision: &str) -> (String, String, String) {
    (node.to_owned(), case_id(case).to_string(), decision.to_owned())
}

#[tokio::test]
async fn one_stall_before_two_nodes_is_one_open_case_and_both_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    let merged = bench.row(2).await;
    assert_eq!((merged.state, merged.merged_into), (State::Merged, Some(case_id(1))));
    assert_eq!(bench.row(1).await.state, State::PendingReview);
    assert_eq!(bench.kinds(1).await, ["opened", "took_in"]);
    assert_eq!(bench.kinds(2).await, ["opened", "merge"]);
    let store = &bench.register.store;
    for (case, other) in [(1, 2), (2, 1)] {
        let last = store.history(case_id(case)).await.unwrap().pop().unwrap();
        assert_eq!(last.actor, "auto:same_place");
        assert_eq!(last.note, Some(case_id(other).to_string()));
    }
    assert_eq!(bench.told().await, [entry("edge-2", 2, "merged")]);
    let below = store.merged_cases(case_id(1)).await.unwrap();
    assert_eq!(below.iter().map(|case| case.case_id).collect::<Vec<_>>(), [case_id(2)]);
}

#[tokio::test]
async fn what_is_another_thing_stays_a_case_of_its_own() {
    let with = |change: fn(&mut CaseFactData)| {
        let mut other = sight("edge-2", 2, 1, "opened", 1.5);
        change(&mut other);
        other
    };
    let long = SILENT_AFTER.as_secs();
    for (why, other) in [
        ("six metres apart", sight("edge-2", 2, 1, "opened", 6.0)),
        ("another pattern", with(|fact| fact.pattern.id = "exposed_waste".parse().unwrap())),
        ("no place", with(|fact| fact.place = None)),
        ("another storey", with(|fact| fact.place.as_mut().unwrap().height_metres = Some(49.0))),
        ("another asset", with(|fact| fact.component_id = Some("bin-8".to_owned()))),
        ("later", first_seen_after(long + 1, sight("edge-2", 2, 1, "opened", 1.5))),
        ("its own node", sight("edge-1", 2, 1, "opened", 1.5)),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::open(dir.path()).await;
        let mut first = sight("edge-1", 1, 1, "opened", 0.0);
        first.component_id = Some("bin-7".to_owned());
        bench.say(&first).await;
        bench.say(&other).await;
        let both = bench.states([1, 2]).await;
        assert_eq!(both, [State::PendingReview, State::PendingReview], "{why}");
    }
}

#[tokio::test]
async fn nearly_another_thing_is_the_same_one() {
    let long = SILENT_AFTER.as_secs();
    for (why, other) in [
        ("as far as errors and depth reach", sight("edge-2", 2, 1, "opened", 3.3)),
        ("as late as may be", first_seen_after(long, sight("edge-2", 2, 1, "opened", 1.5))),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::open(dir.path()).await;
        bench.say(&sight("edge-1", 1, 1, "opened", 0.0)).await;
        bench.say(&other).await;
        assert_eq!(bench.row(2).await.state, State::Merged, "{why}");
    }
}

#[tokio::test]
async fn one_asset_and_a_wide_crowd_are_found_beyond_a_things_reach() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    for (node, number, east) in [("edge-1", 1, 0.0), ("edge-2", 2, 400.0)] {
        let mut bin = sight(node, number, 1, "opened", east);
        bin.component_id = Some("bin-7".to_owned());
        bench.say(&bin).await;
    }
    assert_eq!(bench.row(2).await.merged_into, Some(case_id(1)));
    // Fourteen metres: beyond the neighbours of a level 7 cell.
    for (node, number, east) in [("edge-1", 3, 0.0), ("edge-2", 4, 14.0)] {
        let mut crowd = sight(node, number, 1, "opened", east);
        crowd.pattern.id = "crowd".parse().unwrap();
        crowd.place.as_mut().unwrap().error_metres = 9.0;
        crowd.subject = Some(SubjectData {
            class: "person".parse().unwrap(),
            boxes_fraction: vec![[0.1, 0.1, 0.2, 0.2], [0.3, 0.1, 0.4, 0.2]],
        });
        bench.say(&crowd).await;
    }
    assert_eq!(bench.row(4).await.merged_into, Some(case_id(3)));
}

#[tokio::test]
async fn the_nearest_is_the_master_and_a_node_is_a_witness_of_a_thing_once() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.say(&sight("edge-1", 1, 1, "opened", -2.0)).await;
    bench.say(&sight("edge-1", 2, 1, "opened", 1.0)).await;
    bench.say(&sight("edge-2", 3, 1, "opened", 0.0)).await;
    assert_eq!(bench.row(3).await.merged_into, Some(case_id(2)));
    // Its own case at the nearest is open: this one is another thing, the one further off.
    bench.say(&sight("edge-2", 4, 1, "opened", 0.2)).await;
    assert_eq!(bench.row(4).await.merged_into, Some(case_id(1)));
    // A third node joins them; what it had called gone it may see anew.
    bench.say(&sight("edge-3", 5, 1, "opened", 1.2)).await;
    bench.say(&sight("edge-3", 5, 2, "gone", 1.2)).await;
    bench.say(&sight("edge-3", 6, 1, "opened", 1.2)).await;
    assert_eq!(bench.row(5).await.merged_into, Some(case_id(2)));
    assert_eq!(bench.row(6).await.merged_into, Some(case_id(2)));
}

#[tokio::test]
async fn a_thing_is_gone_once_the_last_node_calls_it_gone() {
    for last in [1, 2] {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::open(dir.path()).await;
        bench.two_of_one_stall().await;
        let node = |number: u128| if number == 1 { "edge-1" } else { "edge-2" };
        let early = 3 - last;
        bench.say(&sight(node(early), early, 2, "gone", 0.0)).await;
        let both = [State::PendingReview, State::Merged];
        assert_eq!(bench.states([1, 2]).await, both, "the other one still sees it");
        bench.say(&sight(node(last), last, 2, "gone", 0.0)).await;
        assert_eq!(bench.states([1, 2]).await, [State::Vanished, State::Merged], "{last} last");
    }
}

#[tokio::test]
async fn what_a_merged_case_sees_again_brings_the_master_back() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    bench.say(&sight("edge-1", 1, 2, "gone", 0.0)).await;
    bench.say(&sight("edge-2", 2, 2, "gone", 1.5)).await;
    bench.say(&sight("edge-2", 2, 3, "seen", 1.5)).await;
    assert_eq!(bench.states([1, 2]).await, [State::PendingReview, State::Merged]);
}

#[tokio::test]
async fn a_false_alarm_reaches_every_witness_under_its_own_case() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    bench.say(&sight("edge-3", 3, 1, "opened", 0.5)).await;
    bench.decide(1, Event::Reject { reason: "wrong_object".to_owned() }).await;
    assert_eq!(
        bench.told().await,
        [
            entry("edge-1", 1, "rejected"),
            entry("edge-2", 2, "merged"),
            entry("edge-2", 2, "rejected"),
            entry("edge-3", 3, "merged"),
            entry("edge-3", 3, "rejected"),
        ]
    );
    // Nothing joins what is done with: it came back.
    bench.say(&sight("edge-4", 4, 1, "opened", 0.5)).await;
    assert_eq!(bench.row(4).await.state, State::PendingReview);
}

#[tokio::test]
async fn a_confirmed_master_is_told_to_its_own_node_alone() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    bench.decide(1, Event::Confirm).await;
    let told = [entry("edge-1", 1, "filed"), entry("edge-2", 2, "merged")];
    assert_eq!(bench.told().await, told);
    bench.say(&sight("edge-3", 3, 1, "opened", 0.5)).await;
    assert_eq!(bench.row(3).await.merged_into, Some(case_id(1)), "a filed case is a master too");
}

#[tokio::test]
async fn a_closed_master_takes_nothing_in() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.say(&sight("edge-1", 1, 1, "opened", 0.0)).await;
    bench.say(&sight("edge-1", 1, 2, "gone", 0.0)).await;
    bench.say(&sight("edge-2", 2, 1, "opened", 1.5)).await;
    assert_eq!(bench.states([1, 2]).await, [State::Vanished, State::PendingReview]);
}

#[tokio::test]
async fn unmerged_is_where_it_was_and_the_master_lets_it_go() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    bench.unmerge(2).await;
    let case = bench.row(2).await;
    assert_eq!(
        (case.state, case.merged_into, case.merged_from),
        (State::PendingReview, None, None)
    );
    assert_eq!(bench.kinds(2).await, ["opened", "merge", "unmerge"]);
    assert_eq!(bench.kinds(1).await, ["opened", "took_in", "let_go"]);
    let told = [entry("edge-2", 2, "merged"), entry("edge-2", 2, "reopened")];
    assert_eq!(bench.told().await, told);
    // A further word of the edge does not merge it again, and each ends by itself.
    bench.say(&sight("edge-2", 2, 2, "seen", 1.5)).await;
    bench.say(&sight("edge-1", 1, 2, "gone", 0.0)).await;
    assert_eq!(bench.states([1, 2]).await, [State::Vanished, State::PendingReview]);
}

#[tokio::test]
async fn a_master_that_only_the_unmerged_case_held_open_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    bench.say(&sight("edge-1", 1, 2, "gone", 0.0)).await;
    bench.unmerge(2).await;
    assert_eq!(bench.states([1, 2]).await, [State::Vanished, State::PendingReview]);
}

#[tokio::test]
async fn a_person_merges_trees_and_no_circle() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    bench.say(&sight("edge-1", 3, 1, "opened", 50.0)).await;
    bench.decide(1, Event::Confirm).await;
    bench.merge(1, 3).await.unwrap();
    let below = bench.register.store.merged_cases(case_id(3)).await.unwrap();
    assert_eq!(below.iter().map(|case| case.case_id).collect::<Vec<_>>(), [case_id(1), case_id(2)]);
    // All that is below sees the thing of the one on top.
    bench.say(&sight("edge-1", 3, 2, "gone", 50.0)).await;
    bench.say(&sight("edge-1", 1, 2, "gone", 0.0)).await;
    assert_eq!(bench.row(3).await.state, State::PendingReview);
    bench.say(&sight("edge-2", 2, 2, "gone", 1.5)).await;
    assert_eq!(bench.states([3, 1, 2]).await, [State::Vanished, State::Merged, State::Merged]);
    bench.unmerge(1).await;
    assert_eq!(bench.states([3, 1, 2]).await, [State::Vanished, State::Filed, State::Merged]);
    assert_eq!(bench.row(2).await.merged_into, Some(case_id(1)), "what was below it is still");
}

#[tokio::test]
async fn bad_masters_are_refused_by_name_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    bench.two_of_one_stall().await;
    bench.say(&sight("edge-1", 3, 1, "opened", 50.0)).await;
    bench.say(&sight("edge-1", 4, 1, "opened", 90.0)).await;
    bench.decide(4, Event::Reject { reason: "licensed".to_owned() }).await;
    let (one, two, four) = (case_id(1), case_id(2), case_id(4));
    for (case, into, why) in [
        (1, 1, BadMaster::Itself),
        (1, 9, BadMaster::Unknown(case_id(9))),
        (1, 2, BadMaster::Cycle { into: two }),
        (3, 2, BadMaster::Merged { into: two, master: one }),
        (1, 4, BadMaster::Done { into: four, state: State::Rejected }),
    ] {
        let before = bench.states([1, 2, 3, 4]).await;
        match bench.merge(case, into).await {
            Err(DecideError::Master(bad)) => assert_eq!(bad, why),
            other => panic!("{case} into {into}: {other:?}"),
        }
        assert_eq!(bench.states([1, 2, 3, 4]).await, before);
    }
    // And what cannot be merged now.
    for case in [2, 4] {
        assert!(matches!(bench.merge(case, 3).await, Err(DecideError::Refused(_))), "{case}");
    }
}

#[tokio::test]
async fn a_merged_case_follows_nothing_that_is_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    for _ in 0..2 {
        bench.two_of_one_stall().await;
        bench.say(&sight("edge-1", 1, 2, "gone", 0.0)).await;
        bench.say(&sight("edge-2", 2, 2, "gone", 1.5)).await;
    }
    assert_eq!(bench.kinds(1).await, ["opened", "took_in", "gone", "gone"]);
    assert_eq!(bench.kinds(2).await, ["opened", "merge", "gone"]);
    assert_eq!(bench.told().await.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Four facts in any order, each any number of times: one thing is one case that is open.
    #[test]
    fn order_and_repeats_of_facts_leave_one_open_case(
        order in prop::collection::vec(0usize..4, 0..12), goes in any::<bool>()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let bench = Bench::open(dir.path()).await;
            let end = if goes { "gone" } else { "seen" };
            let facts = [
                sight("edge-1", 1, 1, "opened", 0.0),
                sight("edge-1", 1, 2, "seen", 0.0),
                sight("edge-2", 2, 1, "opened", 1.5),
                sight("edge-2", 2, 2, end, 1.5),
            ];
            let chain = order.into_iter().chain(0..4);
            for fact in chain.map(|index| &facts[index]) {
                bench.send_fact(fact.camera.node.as_str(), fact).await;
            }
            let mut states = bench.states([1, 2]).await;
            states.sort_by_key(|state| state.as_str());
            // What was over before the other node had spoken is merged with nothing.
            let apart = goes && states[1] == State::Vanished;
            let other = if apart { State::Vanished } else { State::Merged };
            assert!(states.contains(&State::PendingReview) && states.contains(&other), "{states:?}");
            bench.say(&sight("edge-1", 1, 3, "gone", 0.0)).await;
            bench.say(&sight("edge-2", 2, 3, "gone", 1.5)).await;
            assert!(!bench.states([1, 2]).await.contains(&State::PendingReview));
        });
    }
}

#[tokio::test]
async fn what_was_merged_outlives_the_hub() {
    let dir = tempfile::tempdir().unwrap();
    {
        let bench = Bench::open(dir.path()).await;
        bench.two_of_one_stall().await;
    }
    let bench = Bench::open(dir.path()).await;
    bench.say(&sight("edge-1", 1, 2, "gone", 0.0)).await;
    assert_eq!(bench.states([1, 2]).await, [State::PendingReview, State::Merged]);
    let at: WallTime = bench.row(1).await.gone_at.unwrap();
    assert_eq!(at, START);
}
