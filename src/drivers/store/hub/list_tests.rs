//! Pages of the queue against what sorting all cases gives.

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

/// A store with cases of every kind, some at one instant, some without a place.
async fn filled(seeds: &[(usize, usize, u64, usize, usize)]) -> (TempDir, HubStore, Vec<CaseRow>) {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::of_test(dir.path()).await;
    let store = HubStore::open(place, "440310".parse().unwrap()).await.unwrap();
    let mut rows = Vec::new();
    for (number, (state, priority, minutes, camera, spot)) in seeds.iter().enumerate() {
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
        row.source = "video".to_owned();
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
            (0..4_usize, 0..3_usize, 0..6_u64, 0..3_usize, 0..5_usize), 1..60),
        limit in 1..9_u32,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (_dir, store, mut rows) = filled(&seeds).await;
            rows.sort_by_key(|case| {
                let late = std::cmp::Reverse((case.received_at, case.case_id.to_string()));
                (records::urgency(case.priority), late)
            });
            let code = |length: usize| {
                let place = rows.iter().find_map(|case| case.place.as_ref());
                place.map_or("N50F".to_owned(), |place| place.code_2d[..length].to_owned())
            };
            let areas = [String::new(), "N50F".to_owned(), code(9), code(12), code(14)];
            for area in &areas {
                for states in [vec![], vec![State::Filed], vec![State::Closed, State::PendingReview]] {
                    for camera in [None, Some("camera-1".parse().unwrap())] {
                        let area: Area = area.parse().unwrap();
                        let (states, viewer) = (states.clone(), Some("li".to_owned()));
                        let filter = CaseFilter { states, camera, area, viewer, ..CaseFilter::default() };
                        let shown = rows.iter().filter(|case| is_shown(&filter, case));
                        let shown: Vec<CaseId> = shown.map(|case| case.case_id).collect();
                        assert_eq!(paged(&store, &filter, limit).await, shown, "{filter:?}");
                    }
                }
            }
        });
    }
}
