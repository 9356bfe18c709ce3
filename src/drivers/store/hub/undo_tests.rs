use super::{tests::open, *};
use crate::domain::{
    case::{
        audit,
        clock::{Clock, ClockKind},
        lifecycle::{Event, EventKind, NoUndo, Refused, State},
        limits::{ClockRules, EventLimits, Limit},
        notice::Hears,
    },
    dataset::Review,
    geo::{EastNorth, GeoPoint, LocalFrame},
    ids::CaseId,
    people::AssignedWhy,
    place::place_at,
    samples,
    verdict::Outcome,
    wire::{CaseFactData, EventData},
};
use std::time::Duration;
use tempfile::TempDir;

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const DESK: &str = "desk";

fn secs(secs: u64) -> WallTime {
    AT.plus(Duration::from_secs(secs))
}

fn event(code: &str) -> EventData {
    EventData { code: code.to_owned(), ..samples::event() }
}

/// Two urgent hours for one event, one for the other; half a minute to take a decision back.
async fn register() -> (TempDir, HubStore) {
    let mut clocks = ClockRules::default();
    for (code, hours) in [("a", 2), ("b", 1)] {
        let disposal = Some(Limit::UrgentHours(hours));
        clocks
            .limits
            .by_code
            .insert(code.to_owned(), EventLimits { disposal, ..EventLimits::default() });
    }
    let undo_within = Duration::from_secs(30);
    let policy = CasePolicy { clocks, undo_within, ..CasePolicy::default() };
    let dir = tempfile::tempdir().unwrap();
    let desk = Listener { name: DESK.to_owned(), hears: Hears::Steps };
    let store = open(dir.path()).await.with_policy(Arc::new(policy)).with_listeners([desk]);
    (dir, store)
}

/// An edge opens a case.
async fn opened(
    store: &HubStore,
    node: &str,
    number: u128,
    code: &str,
    east_metres: f64,
) -> CaseId {
    let frame = LocalFrame::about(GeoPoint { lon_deg: 114.34, lat_deg: 22.69 });
    let point = frame.geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
    let fact = CaseFactData {
        case_id: CaseId(Uuid::from_u128(number)),
        event: event(code),
        place: place_at(point, 42.0, 1.0),
        ..samples::case_fact(node, AT)
    };
    let writer = node.parse().unwrap();
    let text = &serde_json::to_string(&fact).unwrap();
    store.ingest(&[Told { writer: &writer, fact: &fact, text }], AT).await.unwrap();
    fact.case_id
}

async fn go(store: &HubStore, case_id: CaseId, event: Event, at: WallTime) {
    store.decide(case_id, None, &Decision::new(event, "li", at)).await.unwrap();
}

/// With a person, after the crew said that it was done.
async fn manual(store: &HubStore) -> CaseId {
    let case_id = opened(store, "edge-1", 1, "a", 0.0).await;
    go(store, case_id, Event::Confirm, AT).await;
    let done = Decision::new(Event::Feedback, "crew", AT);
    store.feedback(case_id, "crew", AT, &[], &done).await.unwrap();
    go(store, case_id, Event::PostcheckStarted, AT).await;
    go(store, case_id, Event::VerdictPostcheck(Outcome::Undeterminable), AT).await;
    case_id
}

async fn undo(
    store: &HubStore,
    case_id: CaseId,
    who: &str,
    at: WallTime,
) -> Result<Vec<CaseChange>, DecideError> {
    store.undo(case_id, None, &Decision::new(Event::Undo, who, at)).await
}

fn why(refused: Result<Vec<CaseChange>, DecideError>) -> NoUndo {
    match refused {
        Err(DecideError::Refused(Refused::NoUndo(why))) => why,
        other => panic!("{other:?}"),
    }
}

/// The case as it stands, but for its version.
async fn standing(store: &HubStore, case_id: CaseId) -> (CaseRow, Vec<Clock>) {
    let case = store.case(case_id).await.unwrap().unwrap();
    let case = CaseRow { version: 0, undo: None, ..case };
    (case, store.clocks(case_id).await.unwrap())
}

async fn messages(store: &HubStore, at: WallTime) -> (usize, usize) {
    let due = store.deliveries_due(DESK, at, 99).await.unwrap();
    (due.len(), store.outbound(at, 99).await.unwrap().len())
}

const CENTURY: u64 = 3_000_000_000;

#[tokio::test]
async fn a_case_whose_decision_is_taken_back_stands_as_before_and_nobody_outside_heard() {
    let reject = || Event::Reject { reason: "wrong_object".to_owned() };
    let close = || Event::Close { reason: "seen_cleared_on_site".to_owned() };
    let rework = || Event::Rework { reason: "not_cleared".to_owned() };
    let assign =
        || Event::Assign { to: "wang".to_owned(), why: AssignedWhy::ByPerson, metres: Some(7) };
    let reclassify = || Event::Reclassify { to: Box::new(event("b")) };
    let decisions = [Event::Confirm, reject(), close(), rework(), assign(), reclassify()]
        .map(|event| (event, true));
    let reviews = [Event::Confirm, reject(), assign(), reclassify()].map(|event| (event, false));
    for (decision, with_person) in decisions.into_iter().chain(reviews) {
        let (_dir, store) = register().await;
        let case_id = match with_person {
            true => manual(&store).await,
            false => opened(&store, "edge-1", 1, "a", 0.0).await,
        };
        let kind = decision.kind();
        let before = standing(&store, case_id).await;
        let told = messages(&store, secs(CENTURY)).await;
        match kind {
            EventKind::Reclassify => {
                let decision = Decision::new(decision, "li", secs(10));
                store.reclassify(case_id, None, &decision).await.unwrap();
            }
            _ => go(&store, case_id, decision, secs(10)).await,
        }
        assert_ne!(standing(&store, case_id).await, before, "{kind}");
        assert_eq!(why(undo(&store, case_id, "wang", secs(12)).await), NoUndo::NotYours);
        assert_eq!(why(undo(&store, case_id, "li", secs(40)).await), NoUndo::TooLate);
        let changes = undo(&store, case_id, "li", secs(39)).await.unwrap();
        assert_eq!(changes[0].state, before.0.state, "{kind}");
        assert_eq!(standing(&store, case_id).await, before, "{kind}");
        assert_eq!(messages(&store, secs(CENTURY)).await, told, "{kind}");
        // Once: what came before was not decided a moment ago, nor is an undo a decision.
        assert_eq!(why(undo(&store, case_id, "li", secs(39)).await), NoUndo::NotYours);
        let file = store.case_files(case_id).await.unwrap().remove(0);
        audit::check(case_id, file.case.version, &file.chain).unwrap();
        let last = &file.chain.last().unwrap().entry;
        assert_eq!((last.kind.as_str(), last.reason.as_deref()), ("undo", Some(kind.as_str())));
    }
}

#[tokio::test]
async fn platforms_and_edges_hear_of_a_decision_when_it_cannot_be_taken_back_any_more() {
    let (_dir, store) = register().await;
    let case_id = opened(&store, "edge-1", 1, "a", 0.0).await;
    go(&store, case_id, Event::Confirm, AT).await;
    assert_eq!(messages(&store, secs(34)).await, (0, 0));
    assert_eq!(messages(&store, secs(35)).await, (1, 1));
    let case = store.case(case_id).await.unwrap().unwrap();
    assert!(case.undo.as_ref().unwrap().is_for("li", secs(29)));
    assert!(!case.undo.as_ref().unwrap().is_for("li", secs(30)));
    assert!(!case.undo.as_ref().unwrap().is_for("wang", secs(1)));
}

#[tokio::test]
async fn any_further_step_lets_what_waits_go_at_once_and_in_order() {
    let (_dir, store) = register().await;
    let case_id = opened(&store, "edge-1", 1, "a", 0.0).await;
    go(&store, case_id, Event::Confirm, AT).await;
    go(&store, case_id, Event::Dispatch { unit: "环卫所".to_owned() }, secs(3)).await;
    let due = store.deliveries_due(DESK, secs(3), 9).await.unwrap();
    assert_eq!(due.len(), 1, "one of a case at a time");
    assert!(due[0].payload.contains("\"confirm\""), "{}", due[0].payload);
    store.delivered(&due[0], secs(3)).await.unwrap();
    let next = store.deliveries_due(DESK, secs(3), 9).await.unwrap();
    assert!(next[0].payload.contains("\"dispatch\""), "{}", next[0].payload);
    assert_eq!(store.outbound(secs(3), 9).await.unwrap().len(), 1);
    assert_eq!(why(undo(&store, case_id, "li", secs(4)).await), NoUndo::NotYours);
}

#[tokio::test]
async fn what_has_left_against_all_expectation_is_not_taken_back() {
    let (_dir, store) = register().await;
    let case_id = opened(&store, "edge-1", 1, "a", 0.0).await;
    go(&store, case_id, Event::Confirm, AT).await;
    let row = store.outbound(secs(60), 9).await.unwrap().remove(0);
    store.mark_sent(&row.message_id, secs(60)).await.unwrap();
    // By a clock that was put back.
    assert_eq!(why(undo(&store, case_id, "li", secs(5)).await), NoUndo::TooLate);
}

#[tokio::test]
async fn witnesses_of_a_rejection_that_is_taken_back_hear_nothing_of_it() {
    let (_dir, store) = register().await;
    let master = opened(&store, "edge-1", 1, "a", 0.0).await;
    let witness = opened(&store, "edge-2", 2, "a", 0.5).await;
    let merged = store.case(witness).await.unwrap().unwrap();
    assert_eq!(merged.merged_into, Some(master));
    assert_eq!(merged.undo, None, "nobody's decision");
    let told = messages(&store, secs(CENTURY)).await;
    go(&store, master, Event::Reject { reason: "wrong_object".to_owned() }, AT).await;
    assert_eq!(messages(&store, secs(CENTURY)).await.1, told.1 + 2);
    undo(&store, master, "li", secs(1)).await.unwrap();
    assert_eq!(messages(&store, secs(CENTURY)).await, told);
    let cases = store.reviewed_cases().await.unwrap();
    let review = cases.iter().find(|case| case.case_id == master).map(|case| &case.review);
    assert_eq!(review, Some(&Review::Open));
}

#[tokio::test]
async fn a_merge_is_taken_back_by_an_unmerge() {
    let (_dir, store) = register().await;
    let one = opened(&store, "edge-1", 1, "a", 0.0).await;
    let other = opened(&store, "edge-1", 2, "a", 400.0).await;
    let merge = Decision::new(Event::Merge, "li", AT);
    store.merge(other, None, one, &merge).await.unwrap();
    assert_eq!(why(undo(&store, other, "wang", secs(1)).await), NoUndo::NotYours);
    assert_eq!(why(undo(&store, other, "li", secs(31)).await), NoUndo::TooLate);
    let changes = undo(&store, other, "li", secs(1)).await.unwrap();
    let moved: Vec<_> = changes.iter().map(|change| (change.case_id, change.state)).collect();
    assert_eq!(moved, [(other, State::PendingReview), (one, State::PendingReview)]);
    let kinds = |history: Vec<audit::AuditEntry>| {
        history.into_iter().map(|entry| entry.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(store.history(other).await.unwrap()), ["opened", "merge", "unmerge"]);
    assert_eq!(kinds(store.history(one).await.unwrap()), ["opened", "took_in", "let_go"]);
}

#[tokio::test]
async fn a_case_of_another_event_is_counted_and_timed_as_that_one() {
    let (_dir, store) = register().await;
    for (number, code) in [(1, "b"), (2, "b"), (3, "a")] {
        // Of several things at one spot.
        opened(&store, "edge-1", number, code, 10.0 * number as f64).await;
    }
    let case_id = opened(&store, "edge-1", 4, "a", 15.0).await;
    let before = store.case(case_id).await.unwrap().unwrap();
    assert_eq!(before.cases_30d, 2);
    // One that came later is nothing that the place had before.
    opened(&store, "edge-1", 5, "b", 16.0).await;
    let to = |code| {
        let event = Event::Reclassify { to: Box::new(event(code)) };
        Decision { note: Some("看错了".to_owned()), ..Decision::new(event, "li", secs(1)) }
    };
    let same = store.reclassify(case_id, None, &to("a")).await;
    assert!(matches!(same, Err(DecideError::SameEvent { .. })), "{same:?}");
    store.reclassify(case_id, None, &to("b")).await.unwrap();
    let case = store.case(case_id).await.unwrap().unwrap();
    assert_eq!((case.event, case.pattern), (event("b"), before.pattern));
    assert!(case.cases_30d >= 3, "{}", case.cases_30d);
    let entry = store.history(case_id).await.unwrap().pop().unwrap();
    assert_eq!(entry.reason.as_deref(), Some("b"));
    assert_eq!(entry.note.as_deref(), Some("a → b: 看错了"));
    go(&store, case_id, Event::Confirm, secs(2)).await;
    go(&store, case_id, Event::Dispatch { unit: "环卫所".to_owned() }, secs(3)).await;
    let clocks = store.clocks(case_id).await.unwrap();
    let disposal = clocks.iter().find(|clock| clock.kind == ClockKind::Disposal).unwrap();
    assert_eq!(disposal.deadline, Some(secs(3 + 3_600)));
}
