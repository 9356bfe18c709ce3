//! Figures against the histories themselves, counted one by one.

use super::{tests::open, *};
use crate::domain::{
    case::{
        lifecycle::Event,
        limits::{ClockRules, EventLimits, Limit},
        reason_codes::FALSE_ALARM,
    },
    geo::{EastNorth, GeoPoint, LocalFrame},
    ids::CaseId,
    people::Area,
    place::place_at,
    samples,
    statistics::Figures,
    verdict::Outcome,
    wire::{CaseFactData, EventData},
};
use std::time::Duration;

/// Thursday 1 January 2026, 8:00 in China.
const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const ALL: [By; 6] = [By::Day, By::Hour, By::WeekHour, By::Event, By::Camera, By::CameraEvent];

fn hours(hours: u64) -> WallTime {
    AT.plus(Duration::from_secs(3_600 * hours))
}

/// Cases of two cameras and two events, on several days, each with another life; one complaint.
async fn town() -> (tempfile::TempDir, HubStore, Vec<CaseId>) {
    let dir = tempfile::tempdir().unwrap();
    let mut clocks = ClockRules::default();
    let limits = EventLimits { disposal: Some(Limit::UrgentHours(2)), ..EventLimits::default() };
    clocks.limits.by_code.insert("a".to_owned(), limits);
    let undo_within = Duration::from_secs(30);
    let policy = CasePolicy { clocks, undo_within, ..CasePolicy::default() };
    let store = open(dir.path()).await.with_policy(Arc::new(policy));
    let mut cases = Vec::new();
    for number in 0..24 {
        let at = hours(number * 5);
        let case_id = seen(&store, number, at).await;
        live(&store, case_id, number, at).await;
        cases.push(case_id);
    }
    let complaint = super::tests::complaint(99, "99");
    store.open_complaint(&complaint, "platform", None, hours(3)).await.unwrap();
    cases.push(complaint.case_id);
    (dir, store, cases)
}

async fn seen(store: &HubStore, number: u64, at: WallTime) -> CaseId {
    let frame = LocalFrame::about(GeoPoint { lon_deg: 114.34, lat_deg: 22.69 });
    let east_metres = 300.0 * number as f64;
    let point = frame.geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
    let code = if number.is_multiple_of(3) { "b" } else { "a" };
    let mut fact = CaseFactData {
        case_id: CaseId(Uuid::from_u128(u128::from(number) + 1)),
        event: EventData { code: code.to_owned(), ..samples::event() },
        place: place_at(point, 42.0, 1.0),
        ..samples::case_fact("edge-1", at)
    };
    fact.camera.id = if number.is_multiple_of(2) { "gate" } else { "yard" }.parse().unwrap();
    let writer = "edge-1".parse().unwrap();
    let text = &serde_json::to_string(&fact).unwrap();
    store.ingest(&[Told { writer: &writer, fact: &fact, text }], at).await.unwrap();
    fact.case_id
}

async fn live(store: &HubStore, case_id: CaseId, number: u64, at: WallTime) {
    let reject = |reason: &str| Event::Reject { reason: reason.to_owned() };
    let close = || Event::Close { reason: "seen_cleared_on_site".to_owned() };
    let go = async |event: Event, minutes: u64| {
        let at = at.plus(Duration::from_secs(60 * minutes));
        let decision = Decision::new(event, "li", at);
        store.decide(case_id, None, &decision).await.unwrap();
    };
    let crew = async |minutes: u64| {
        let at = at.plus(Duration::from_secs(60 * minutes));
        let done = Decision::new(Event::Feedback, "crew", at);
        store.feedback(case_id, "crew", at, &[], &done).await.unwrap();
        go(Event::PostcheckStarted, minutes).await;
    };
    match number % 8 {
        0 => {}
        1 => go(reject("wrong_object"), 1).await,
        2 => go(reject("licensed"), 1).await,
        3 => {
            go(reject("wrong_object"), 1).await;
            let undo = Decision::new(Event::Undo, "li", at.plus(Duration::from_secs(70)));
            store.undo(case_id, None, &undo).await.unwrap();
        }
        4 => go(Event::GoneAtEdge, 2).await,
        5 => {
            go(Event::Confirm, 1).await;
            go(Event::Dispatch { unit: "环卫所".to_owned() }, 2).await;
            // In time.
            crew(60).await;
            go(Event::VerdictPostcheck(Outcome::Undeterminable), 62).await;
            go(close(), 70).await;
        }
        6 => {
            go(Event::Confirm, 1).await;
            go(Event::Dispatch { unit: "环卫所".to_owned() }, 2).await;
            // Late.
            crew(600).await;
            go(Event::VerdictPostcheck(Outcome::Present), 602).await;
            crew(610).await;
            go(Event::VerdictPostcheck(Outcome::Undeterminable), 612).await;
        }
        _ => {
            go(Event::Confirm, 1).await;
            crew(60).await;
            closed_by_video(store, case_id, at.plus(Duration::from_secs(3_700))).await;
            go(Event::ReopenProposed { seen_at: at.plus(Duration::from_secs(4_000)) }, 68).await;
            let reopen = Decision::new(Event::Reopen, "li", at.plus(Duration::from_secs(4_200)));
            store.reopen(case_id, None, &reopen).await.unwrap();
        }
    }
}

/// With a picture from before and one from after.
async fn closed_by_video(store: &HubStore, case_id: CaseId, at: WallTime) {
    for (role, millis) in [("snapshot", 0), ("after", i64::MAX / 2)] {
        let sha256 = format!("{case_id}-{role}");
        sqlx::query(
            "INSERT INTO evidence (sha256, bytes, complete, first_at_millis) VALUES ($1, 1, 1, 0)",
        )
        .bind(&sha256)
        .execute(store.database.writer())
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO case_evidence (case_id, sha256, role, url, media_type, width_px, \
             height_px, captured_at_millis, masked) VALUES ($1, $2, $3, '', 'image/jpeg', 1, 1, $4, 1)",
        )
        .bind(case_id.to_string())
        .bind(&sha256)
        .bind(role)
        .bind(millis)
        .execute(store.database.writer())
        .await
        .unwrap();
    }
    let verdict = Decision::new(Event::VerdictPostcheck(Outcome::Cleared), "auto:verify", at);
    store.decide(case_id, None, &verdict).await.unwrap();
}

/// What the histories say, read entry by entry.
async fn by_hand(store: &HubStore, cases: &[CaseId], from: WallTime, to: WallTime) -> Figures {
    let mut sum = Figures::default();
    for case_id in cases {
        let history = store.history(*case_id).await.unwrap();
        let mut closed_by = "";
        for (at, entry) in history.iter().enumerate() {
            let undone = history.get(at + 1).is_some_and(|next| next.kind == "undo");
            if undone || entry.kind == "undo" {
                continue;
            }
            let moved = entry.from.as_deref() != Some(&entry.to);
            if moved && entry.to == "CLOSED" {
                closed_by = &entry.kind;
            }
            if entry.at < from || entry.at >= to {
                continue;
            }
            let verdict = entry.kind.ends_with("_verdict") && moved;
            let one = |is: bool| i64::from(is);
            let reason = entry.reason.as_deref().unwrap_or_default();
            sum.add(&Figures {
                found: one(entry.from.is_none()),
                filed: one(moved && entry.to == "FILED"),
                confirmed: one(entry.kind == "confirm"),
                rejected: one(entry.to == "REJECTED" && moved),
                false_alarms: one(entry.to == "REJECTED" && moved && FALSE_ALARM.contains(&reason)),
                vanished: one(entry.to == "VANISHED" && moved),
                closed_by_video: one(verdict && entry.to == "CLOSED"),
                closed_by_person: one(entry.kind == "close"),
                manual: one(entry.to == "MANUAL" && moved),
                rework: one(entry.to == "REWORK" && moved),
                reopened: one(entry.kind == "reopen"),
                overdue: one(entry.kind == "overdue"),
                verdicts: one(verdict),
                undeterminable: one(verdict && entry.to == "MANUAL"),
                overruled: one(entry.kind == "reopen" && closed_by == "postcheck_verdict"),
                ..Figures::default()
            });
        }
    }
    sum
}

#[tokio::test]
async fn totals_are_what_the_histories_say_however_they_are_kept_apart() {
    let (_dir, store, cases) = town().await;
    store.run_out(hours(400), 99).await.unwrap();
    for (from, to) in [(0, 500), (10, 60), (61, 62), (300, 401), (500, 600)] {
        let span = Span { from: hours(from), to: hours(to) };
        let expected = by_hand(&store, &cases, span.from, span.to).await;
        for by in ALL {
            let figures = store.figures(by, span, &Area::EVERYWHERE).await.unwrap();
            let mut sum = Figures::default();
            figures.values().for_each(|part| sum.add(part));
            let without = Figures { disposed: 0, on_time: 0, ..sum };
            assert_eq!(without, expected, "{by:?} {from} {to}");
        }
    }
    let span = Span { from: AT, to: hours(500) };
    let events = store.figures(By::Event, span, &Area::EVERYWHERE).await.unwrap();
    // Of event "b" there is no limit. Of the others, number 5 and 13 came in time and 14 and 22 late at first.
    let found: Vec<_> = events.iter().map(|(code, part)| (code.as_str(), part.found)).collect();
    assert_eq!(found, [("a", 16), ("b", 8), ("x", 1)]);
    assert_eq!((events["b"].disposed, events["b"].on_time), (0, 0));
    assert!(events["a"].disposed > events["a"].on_time && events["a"].on_time > 0);
    let alarms = store.figures(By::CameraEvent, span, &Area::EVERYWHERE).await.unwrap();
    assert!(alarms.contains_key("edge-1/yard a") && alarms.contains_key(" x"), "{alarms:?}");
}

#[tokio::test]
async fn days_and_hours_are_those_of_china_and_the_area_bounds_what_is_counted() {
    let (_dir, store, cases) = town().await;
    let span = Span { from: AT, to: hours(48) };
    let days = store.figures(By::Day, span, &Area::EVERYWHERE).await.unwrap();
    // 2026-01-01 is day 20454; it has 16 hours of the first span, from 8 in the morning on.
    let keys: Vec<&str> = days.keys().map(String::as_str).collect();
    assert_eq!(keys, ["20454", "20455", "20456"]);
    assert_eq!(days["20454"].found, 5, "at 0, 5, 10 and 15 hours, and the complaint at 3");
    let week = store.figures(By::WeekHour, span, &Area::EVERYWHERE).await.unwrap();
    let thursday_eight = (3 * 24 + 8).to_string();
    assert_eq!(week[&thursday_eight].found, 1);
    let case = store.case(cases[4]).await.unwrap().unwrap();
    let area: Area = case.place.as_ref().unwrap().code_2d[..12].parse().unwrap();
    let all = Span { from: AT, to: hours(500) };
    let found: i64 =
        store.figures(By::Day, all, &area).await.unwrap().values().map(|day| day.found).sum();
    let mut within = 0;
    for case_id in &cases {
        let case = store.case(*case_id).await.unwrap().unwrap();
        within += i64::from(area.holds_place(case.place.as_ref()));
    }
    assert_eq!(found, within);
}

#[tokio::test]
async fn a_digest_is_kept_as_it_was_first_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let day = "2026-01-01".parse().unwrap();
    assert_eq!(store.digest(day).await.unwrap(), None);
    assert_eq!(store.keep_digest(day, "one", AT).await.unwrap(), "one");
    assert_eq!(store.keep_digest(day, "other", AT).await.unwrap(), "one");
    assert_eq!(store.digest(day).await.unwrap().as_deref(), Some("one"));
}

#[tokio::test]
async fn figures_ask_the_index_of_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    if !store.database.is_file() {
        return; // PostgreSQL plans by what the tables hold, and these are empty.
    }
    let area: Area = "N50F05351".parse().unwrap();
    for query in statistics::queries(By::Event, Span { from: AT, to: hours(1) }, &area) {
        let (text, arguments) = query.for_sqlite().unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {text}");
        let rows = sqlx::query_with(sqlx::AssertSqlSafe(explain), arguments)
            .fetch_all(store.database.readers())
            .await
            .unwrap();
        let plan: Vec<String> =
            rows.iter().map(|row| sqlx::Row::get::<String, _>(row, "detail")).collect();
        let by_time = "SEARCH h USING INDEX history_by_time (at_millis>? AND at_millis<?)";
        assert!(plan.iter().any(|step| step == by_time), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN c")), "{plan:#?}");
    }
}
