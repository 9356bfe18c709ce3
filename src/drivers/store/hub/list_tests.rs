//! Pages of the queue against what sorting all cases gives, and how they are read.

use super::{case_rows::insert_cases, *};
use crate::domain::{
    case::lifecycle::{Phase, State},
    geo::GeoPoint,
    ids::CaseId,
    people::{Area, Assigned, AssignedWhy},
    place::place_at,
    samples,
    wire::Priority,
};
use proptest::prelude::*;
use std::time::Duration;
use tempfile::TempDir;

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const STATES: [State; 4] = [State::PendingReview, State::Filed, State::Closed, State::Rejected];
const PRIORITIES: [Priority; 3] = [Priority::Urgent, Priority::Normal, Priority::Low];

const SOURCES: [&str; 3] = ["video", "12345", "video"];

/// State, priority, when it came, camera, where it is, when it is due.
type Seed = (usize, usize, u64, usize, usize, Option<u64>);

/// A store with cases of every kind, some at one instant, some without a place.
async fn filled(seeds: &[Seed]) -> (TempDir, HubStore, Vec<CaseRow>) {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::of_test(dir.path()).await;
    let store = HubStore::open(place, "440310".parse().unwrap()).await.unwrap();
    let mut rows = Vec::new();
    for (number, (state, priority, minutes, camera, spot, due)) in seeds.iter().enumerate() {
        let at = AT.plus(Duration::from_secs(60 * minutes));
        let fact = samples::case_fact("edge-1", at);
        let transition = crate::domain::case::lifecycle::Transition {
            from: None,
            to: STATES[*state],
            on: crate::domain::case::lifecycle::EventKind::OpenedByEdge,
            effect: crate::domain::case::lifecycle::Effect::None,
            phase: Phase::BeforeFiling,
        };
        let case_id = CaseId(Uuid::from_u128(1 + number as u128 * 7919 % 1_000));
        let mut row = CaseRow::new(case_id, &transition, fact.event.clone(), at, at);
        row.source = SOURCES[number % 3].to_owned();
        row.deadline = due.map(|minutes| AT.plus(Duration::from_secs(60 * minutes)));
        row.priority = PRIORITIES[*priority];
        row.camera = Some(CameraRef {
            id: format!("camera-{camera}").parse().unwrap(),
            node: "edge-1".parse().unwrap(),
        });
        // Two spots of one cell, one next to it, one far off, none.
        let east_deg = [Some(0.0), Some(1e-5), Some(1e-3), Some(0.1), None][*spot];
        row.place = east_deg.and_then(|east_deg| {
            place_at(GeoPoint { lon_deg: 114.34 + east_deg, lat_deg: 22.69 }, 42.0, 2.0)
        });
        rows.push(row);
    }
    let mut tx = store.begin().await.unwrap();
    insert_cases(&mut tx, &rows.iter().collect::<Vec<_>>()).await.unwrap();
    for row in rows.iter_mut().step_by(5) {
        let (to, why) = (Some("li".to_owned()), AssignedWhy::ByPerson);
        row.assigned = Some(Assigned { to, why, metres: None });
        sqlx::query("UPDATE cases SET assignee = 'li', assigned_why = $1 WHERE case_id = $2")
            .bind(why.as_str())
            .bind(row.case_id.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    store.commit(tx).await.unwrap();
    (dir, store, rows)
}

fn is_shown(filter: &CaseFilter, case: &CaseRow) -> bool {
    (filter.states.is_empty() || filter.states.contains(&case.state))
        && filter.camera.as_ref().is_none_or(|id| case.camera.as_ref().unwrap().id == *id)
        && filter.assignee.as_ref().is_none_or(|name| case.is_with(name))
        && filter.source.as_ref().is_none_or(|source| case.source == *source)
        && filter.within.holds_place(case.place.as_ref())
        && (filter.area.holds_place(case.place.as_ref())
            || filter.viewer.as_ref().is_some_and(|name| case.is_with(name)))
}

async fn paged(store: &HubStore, filter: &CaseFilter, limit: u32) -> Vec<CaseId> {
    let (mut cases, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.cases(filter, cursor, limit).await.unwrap();
        assert!(page.len() <= limit as usize);
        cases.extend(page.iter().map(|case| case.case_id));
        match page.last() {
            Some(last) => cursor = Some(Cursor::after(last)),
            None => return cases,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn page_after_page_shows_each_case_once_in_order(
        seeds in prop::collection::vec(
            (0..4_usize, 0..3_usize, 0..6_u64, 0..3_usize, 0..5_usize, prop::option::of(0..4_u64)), 1..60),
        limit in 1..9_u32,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (_dir, store, mut rows) = filled(&seeds).await;
            rows.sort_by_key(|case| {
                let late = std::cmp::Reverse(case.case_id.to_string());
                (records::urgency(case.priority), case.deadline.is_none(), case.deadline, late)
            });
            let code = |length: usize| {
                let place = rows.iter().find_map(|case| case.place.as_ref());
                place.map_or("N50F".to_owned(), |place| place.code_2d[..length].to_owned())
            };
            let areas = [String::new(), "N50F".to_owned(), code(9), code(12), code(14)];
            for area in &areas {
                for states in [vec![], vec![State::Filed], vec![State::Closed, State::PendingReview]] {
                    let area: Area = area.parse().unwrap();
                    let (camera, source) = (Some("camera-1".parse().unwrap()), Some("12345".to_owned()));
                    let viewer = Some("li".to_owned());
                    let all = CaseFilter { states, viewer, ..CaseFilter::default() };
                    let filters = [
                        CaseFilter { area: area.clone(), ..all.clone() },
                        CaseFilter { area: area.clone(), camera, ..all.clone() },
                        CaseFilter { area: area.clone(), within: code(12).parse().unwrap(), ..all.clone() },
                        CaseFilter { within: area, source, ..all },
                    ];
                    for filter in filters {
                        let shown = rows.iter().filter(|case| is_shown(&filter, case));
                        let shown: Vec<CaseId> = shown.map(|case| case.case_id).collect();
                        assert_eq!(paged(&store, &filter, limit).await, shown, "{filter:?}");
                    }
                }
            }
        });
    }
}

#[tokio::test]
async fn every_piece_of_a_page_is_read_in_the_order_of_its_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = super::tests::open(dir.path()).await;
    if !store.database.is_file() {
        return; // PostgreSQL plans by what the tables hold, and these are empty.
    }
    let all =
        CaseFilter { states: vec![State::PendingReview, State::Filed], ..CaseFilter::default() };
    let within: Area = "N50F".parse().unwrap();
    let filters = [
        (all.clone(), "cases_by_state (state=? AND urgency=?"),
        (CaseFilter { within, ..all.clone() }, "cases_by_state (state=? AND urgency=?"),
        (
            CaseFilter { camera: Some("camera-1".parse().unwrap()), ..all.clone() },
            "cases_by_camera (camera_id=? AND state=? AND urgency=?",
        ),
        (
            CaseFilter { event_code: Some("06042".to_owned()), ..all.clone() },
            "cases_by_event (event_code=? AND state=? AND urgency=?",
        ),
        (
            CaseFilter { source: Some("12345".to_owned()), ..all.clone() },
            "cases_by_source (source=? AND state=? AND urgency=?",
        ),
        (
            CaseFilter { source: Some("video".to_owned()), ..all },
            "cases_by_state (state=? AND urgency=?",
        ),
    ];
    let last = "0.5.00000000-0000-0000-0000-000000000001".parse().unwrap();
    for (filter, index) in filters {
        for cursor in [None, Some(last)] {
            let query = list::page(&filter, cursor, 50, &std::collections::HashMap::new());
            let (text, arguments) = query.for_sqlite().unwrap();
            let explain = format!("EXPLAIN QUERY PLAN {text}");
            let rows = sqlx::query_with(sqlx::AssertSqlSafe(explain), arguments)
                .fetch_all(store.database.readers())
                .await
                .unwrap();
            let plan: Vec<String> =
                rows.iter().map(|row| sqlx::Row::get::<String, _>(row, "detail")).collect();
            let pieces = plan.iter().filter(|step| step.contains(index));
            assert_eq!(pieces.count(), 6, "{plan:#?}");
            // What is sorted is the pieces together, the page, and the few pictures of a case.
            let sorts = plan.iter().filter(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
            assert!(sorts.count() <= 3, "{plan:#?}");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN cases")), "{plan:#?}");
        }
    }
}
