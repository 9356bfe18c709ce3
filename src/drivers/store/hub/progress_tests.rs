use super::{
    tests::{complaint, open},
    *,
};
use crate::domain::{
    calendar::Calendar,
    case::{
        clock::{Clock, ClockKind},
        lifecycle::{Event, State},
        limits::{ClockRules, EventLimits, Limit},
        policy::CasePolicy,
        recurrence::{Recurrence, Recurring},
    },
    geo::{EastNorth, GeoPoint, LocalFrame},
    ids::CaseId,
    place::place_at,
    samples,
    verdict::Outcome,
    wire::{CaseFactData, FactKind},
    working_time::{DutyHours, WorkingTime},
};
use std::time::Duration;

/// Thursday 1 January 2026, 8:00 in China.
const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const CODE: &str = "09001";

fn later(minutes: u64) -> WallTime {
    AT.plus(Duration::from_secs(60 * minutes))
}

/// Two urgent hours to dispose of, a day to come back in; duty from 8 to 18 every day of the years named.
fn policy(years: &[i16]) -> CasePolicy {
    let duty = DutyHours::new(&["08:00-18:00".parse().unwrap()]).unwrap();
    let calendar = Calendar { years: years.iter().copied().collect(), ..Calendar::default() };
    let mut clocks = ClockRules {
        working: Some(WorkingTime {
            calendar,
            workday: duty.clone(),
            weekly: std::array::from_fn(|_| duty.clone()),
        }),
        ..ClockRules::default()
    };
    let limits = EventLimits {
        disposal: Some(Limit::UrgentHours(2)),
        reopen_within: Some(Duration::from_secs(24 * 3_600)),
        class: None,
    };
    clocks.limits.by_code.insert(CODE.to_owned(), limits);
    CasePolicy { clocks, ..CasePolicy::default() }
}

async fn register(dir: &tempfile::TempDir) -> HubStore {
    open(dir.path()).await.with_policy(Arc::new(policy(&[2026])))
}

fn seen(number: u128, east_metres: f64, at: WallTime) -> CaseFactData {
    let frame = LocalFrame::about(GeoPoint { lon_deg: 114.34, lat_deg: 22.69 });
    let point = frame.geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
    let mut event = samples::event();
    event.code = CODE.to_owned();
    CaseFactData {
        case_id: CaseId(Uuid::from_u128(number)),
        event,
        place: place_at(point, 42.0, 1.0),
        ..samples::case_fact("edge-1", at)
    }
}

async fn ingest(store: &HubStore, fact: &CaseFactData, at: WallTime) -> Ingested {
    let writer = "edge-1".parse().unwrap();
    let text = &serde_json::to_string(fact).unwrap();
    let told = store.ingest(&[Told { writer: &writer, fact, text }], at).await.unwrap();
    told.into_iter().next().unwrap()
}

/// The case of a thing that an edge sees; its other changes too.
async fn opened(
    store: &HubStore,
    number: u128,
    east: f64,
    at: WallTime,
) -> (CaseId, Vec<CaseChange>) {
    let fact = seen(number, east, at);
    let told = ingest(store, &fact, at).await;
    let Ingested::Applied { others, .. } = told else { panic!("{told:?}") };
    (fact.case_id, others)
}

async fn go(store: &HubStore, case_id: CaseId, event: Event, at: WallTime) -> CaseChange {
    store.decide(case_id, None, &Decision::new(event, "li", at)).await.unwrap()
}

async fn closed(store: &HubStore, case_id: CaseId, at: WallTime) {
    go(store, case_id, Event::Confirm, at).await;
    let done = Decision::new(Event::Feedback, "crew", at);
    store.feedback(case_id, "crew", at, &[], &done).await.unwrap();
    go(store, case_id, Event::PostcheckStarted, at).await;
    go(store, case_id, Event::VerdictPostcheck(Outcome::Undeterminable), at).await;
    go(store, case_id, Event::Close { reason: "seen_cleared_on_site".to_owned() }, at).await;
}

async fn clock(store: &HubStore, case_id: CaseId, kind: ClockKind) -> Clock {
    let clocks = store.clocks(case_id).await.unwrap();
    clocks.into_iter().rfind(|clock| clock.kind == kind).unwrap()
}

fn dispatch() -> Event {
    Event::Dispatch { unit: "城管一中队".to_owned() }
}

#[tokio::test]
async fn a_clock_that_runs_out_is_told_once_and_moves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let (case_id, _) = opened(&store, 1, 0.0, AT).await;
    go(&store, case_id, Event::Confirm, later(5)).await;
    go(&store, case_id, dispatch(), later(10)).await;
    let before = store.case(case_id).await.unwrap().unwrap();
    assert_eq!((before.deadline, before.overdue), (Some(later(130)), false));
    assert!(store.run_out(later(129), 10).await.unwrap().is_empty());
    let told = store.run_out(later(130), 10).await.unwrap();
    assert_eq!(told.iter().map(|(_, clock)| *clock).collect::<Vec<_>>(), [ClockKind::Disposal]);
    assert!(store.run_out(later(500), 10).await.unwrap().is_empty(), "told once");
    let after = store.case(case_id).await.unwrap().unwrap();
    assert_eq!((after.state, after.version), (State::Dispatched, before.version + 1));
    assert!(after.overdue);
    let last = store.history(case_id).await.unwrap().pop().unwrap();
    assert_eq!((last.kind.as_str(), last.reason.as_deref()), ("overdue", Some("disposal")));
    assert_eq!(last.from.as_deref(), Some(last.to.as_str()));
    // More time lifts the flag; the history keeps what was.
    let extend = Event::Extend { reason: "weather".to_owned() };
    go(&store, case_id, extend, later(131)).await;
    let extended = store.case(case_id).await.unwrap().unwrap();
    assert_eq!((extended.deadline, extended.overdue), (Some(later(250)), false));
}

#[tokio::test]
async fn a_suspension_stops_the_clocks_and_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let (case_id, _) = opened(&store, 1, 0.0, AT).await;
    go(&store, case_id, Event::Confirm, AT).await;
    go(&store, case_id, dispatch(), AT).await;
    go(&store, case_id, Event::Accept, AT).await;
    let reason = "needs_works".to_owned();
    go(&store, case_id, Event::Suspend { reason, until: later(1_000) }, later(30)).await;
    let case = store.case(case_id).await.unwrap().unwrap();
    assert_eq!((case.deadline, case.suspended_until), (None, Some(later(1_000))));
    assert!(store.run_out(later(900), 10).await.unwrap().is_empty());
    assert!(store.end_suspensions(later(999), 10).await.unwrap().is_empty());
    let resumed = store.end_suspensions(later(1_000), 10).await.unwrap();
    assert_eq!(resumed[0].state, State::Handling);
    let disposal = clock(&store, case_id, ClockKind::Disposal).await;
    assert_eq!(disposal.paused, Duration::from_secs(60 * 970));
    assert_eq!(disposal.deadline, Some(later(1_090)));
    let again = Event::Suspend { reason: "weather".to_owned(), until: later(2_000) };
    let again = store.decide(case_id, None, &Decision::new(again, "li", later(1_001))).await;
    assert!(again.unwrap_err().to_string().contains("once"));
}

#[tokio::test]
async fn a_returned_case_keeps_its_first_handler_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let (case_id, _) = opened(&store, 1, 0.0, AT).await;
    go(&store, case_id, Event::Confirm, AT).await;
    for (unit, returns) in [("城管一中队", 1), ("市政所", 2)] {
        go(&store, case_id, Event::Dispatch { unit: unit.to_owned() }, AT).await;
        go(&store, case_id, Event::Return { reason: "not_our_duty".to_owned() }, AT).await;
        let case = store.case(case_id).await.unwrap().unwrap();
        assert_eq!((case.state, case.unit, case.return_count), (State::Filed, None, returns));
        assert_eq!(case.first_handler.as_deref(), Some("城管一中队"));
    }
    // Edges were told that it was filed, and are not told so again.
    let told = store.outbound(later(100_000), 100).await.unwrap();
    let filed = told.iter().filter(|row| row.payload.contains("\"filed\"")).count();
    assert_eq!(filed, 1);
}

#[tokio::test]
async fn a_deadline_that_the_calendar_does_not_reach_is_named_once_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let night: WallTime = "2026-12-31T17:50:00+08:00".parse().unwrap();
    let (case_id, _) = opened(&store, 1, 0.0, night).await;
    let review = clock(&store, case_id, ClockKind::Review).await;
    assert_eq!(review.no_deadline.as_deref(), Some("no_calendar_2027"));
    assert_eq!(store.case(case_id).await.unwrap().unwrap().deadline, None);
    assert_eq!(store.name_deadlines().await.unwrap(), 0);
    let store = store.with_policy(Arc::new(policy(&[2026, 2027])));
    assert_eq!(store.name_deadlines().await.unwrap(), 1);
    let deadline = "2027-01-01T08:05:00+08:00".parse().unwrap();
    assert_eq!(store.case(case_id).await.unwrap().unwrap().deadline, Some(deadline));
}

#[tokio::test]
async fn what_is_seen_soon_after_closing_is_proposed_and_a_person_reopens() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let (first, _) = opened(&store, 1, 0.0, AT).await;
    closed(&store, first, later(60)).await;
    // The table gives this event a day.
    let (second, others) = opened(&store, 2, 1.0, later(60 + 24 * 60)).await;
    assert_eq!(others.iter().map(|change| change.case_id).collect::<Vec<_>>(), [first]);
    let new = store.case(second).await.unwrap().unwrap();
    assert_eq!(
        (new.state, new.reopens, new.recurrence_of),
        (State::PendingReview, Some(first), None)
    );
    let done = store.case(first).await.unwrap().unwrap();
    assert!(done.reopen_proposed && done.state == State::Closed, "a proposal moves nothing");
    let at = later(61 + 24 * 60);
    let reopened =
        store.reopen(first, None, &Decision::new(Event::Reopen, "li", at)).await.unwrap();
    assert_eq!(reopened[0].state, State::Rework);
    let merged = store.case(second).await.unwrap().unwrap();
    assert_eq!((merged.state, merged.merged_into), (State::Merged, Some(first)));
    let case = store.case(first).await.unwrap().unwrap();
    assert_eq!((case.rework_count, case.reopen_proposed, case.closed_at), (1, false, None));
}

#[tokio::test]
async fn what_is_seen_later_or_elsewhere_is_a_case_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let (first, _) = opened(&store, 1, 0.0, AT).await;
    closed(&store, first, later(60)).await;
    let (beside, others) = opened(&store, 2, 20.0, later(120)).await;
    assert!(others.is_empty());
    let case = store.case(beside).await.unwrap().unwrap();
    assert_eq!((case.reopens, case.recurrence_of, case.cases_30d), (None, None, 2));
    let (late, others) = opened(&store, 3, 0.5, later(61 + 24 * 60)).await;
    assert!(others.is_empty());
    let case = store.case(late).await.unwrap().unwrap();
    assert_eq!((case.reopens, case.recurrence_of), (None, Some(first)));
    assert_eq!((case.cases_30d, case.days_30d), (3, 2));
    let recurring = Recurrence::recurring(case.cases_30d, case.days_30d);
    assert_eq!(recurring, Some(Recurring::Repeated));
    let reopen = Decision::new(Event::Reopen, "li", later(62 + 24 * 60));
    let refused = store.reopen(first, None, &reopen).await.unwrap_err();
    assert!(refused.to_string().contains("too long ago"), "{refused}");
}

#[tokio::test]
async fn false_alarms_merged_cases_and_the_old_do_not_count_and_complaints_do() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let (old, _) = opened(&store, 1, 0.0, AT).await;
    closed(&store, old, AT).await;
    let month = 31 * 24 * 60;
    let (alarm, _) = opened(&store, 2, 0.0, later(month)).await;
    go(&store, alarm, Event::Reject { reason: "wrong_object".to_owned() }, later(month)).await;
    let place = seen(9, 10.0, AT).place;
    let mut said = NewComplaint { place, ..complaint(3, "A") };
    said.event.code = CODE.to_owned();
    store.open_complaint(&said, "platform", None, later(month)).await.unwrap();
    let (last, _) = opened(&store, 4, 0.0, later(month + 1)).await;
    let case = store.case(last).await.unwrap().unwrap();
    assert_eq!((case.cases_30d, case.recurrence_of), (2, None), "itself and the complaint");
}

#[tokio::test]
async fn the_edge_that_sees_its_closed_case_again_proposes_it_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let (case_id, _) = opened(&store, 1, 0.0, AT).await;
    closed(&store, case_id, later(10)).await;
    let gone = CaseFactData {
        kind: FactKind::Gone,
        revision: 2,
        gone_at: Some(later(9)),
        ..seen(1, 0.0, AT)
    };
    ingest(&store, &gone, later(11)).await;
    let again = CaseFactData {
        kind: FactKind::Seen,
        revision: 3,
        last_seen_at: later(20),
        ..seen(1, 0.0, AT)
    };
    ingest(&store, &again, later(20)).await;
    let case = store.case(case_id).await.unwrap().unwrap();
    assert!(case.reopen_proposed && case.state == State::Closed);
    let kinds: Vec<String> = store
        .history(case_id)
        .await
        .unwrap()
        .into_iter()
        .rev()
        .take(3)
        .map(|row| row.kind)
        .collect();
    assert_eq!(kinds, ["reopen_proposed", "seen_again", "gone"]);
}

#[tokio::test]
async fn each_day_has_a_root_over_what_grew_and_an_altered_row_is_found_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = register(&dir).await;
    let day = |text: &str| text.parse().unwrap();
    let (one, _) = opened(&store, 1, 0.0, AT).await;
    let (two, _) = opened(&store, 2, 500.0, AT).await;
    let first = store.seal_day(day("2026-01-01"), later(1)).await.unwrap().unwrap();
    assert_eq!(first.chains, 2);
    assert_eq!(store.seal_day(day("2026-01-01"), later(2)).await.unwrap(), None, "made once");
    go(&store, one, Event::Confirm, later(3)).await;
    // The second of January was slept through.
    let third = store.seal_day(day("2026-01-03"), later(4)).await.unwrap().unwrap();
    assert_eq!(third.chains, 1);
    let fourth = store.seal_day(day("2026-01-04"), later(5)).await.unwrap().unwrap();
    assert_eq!(fourth.chains, 0);
    assert_ne!(fourth.root, third.root, "a day of which nothing is told covers the days before");
    let roots: Vec<String> =
        store.day_roots(9).await.unwrap().into_iter().map(|root| root.root).collect();
    assert_eq!(roots, [fourth.root.clone(), third.root.clone(), first.root.clone()]);
    for (case_id, days) in [(one, 2), (two, 1)] {
        let sealed = store.sealed_days(case_id).await.unwrap();
        assert_eq!(sealed.len(), days);
        for day in sealed {
            assert_eq!(day.inclusion.root(), Some(day.root.root));
        }
    }
    assert_eq!(store.check_day_roots().await.unwrap(), []);
    // Whoever can write the database forges the whole chain of a case: the root tells.
    sqlx::query("UPDATE history SET actor = 'wang', hash = NULL WHERE case_id = $1")
        .bind(two.to_string())
        .execute(store.database.writer())
        .await
        .unwrap();
    let bad = BadRoot::Chain { day: first.day, case_id: two, number: 1 };
    assert_eq!(store.check_day_roots().await.unwrap(), [bad]);
    sqlx::query("UPDATE day_leaves SET head = 'x' WHERE case_id = $1")
        .bind(two.to_string())
        .execute(store.database.writer())
        .await
        .unwrap();
    assert!(store.check_day_roots().await.unwrap().contains(&BadRoot::Root { day: first.day }));
}
