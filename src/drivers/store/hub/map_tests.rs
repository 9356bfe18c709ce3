use super::{case_rows::insert_cases, map::MapFilter, tests::open, *};
use crate::domain::{
    case::lifecycle::{Effect, EventKind, Phase, State, Transition},
    geo::{EastNorth, GeoPoint, LocalFrame},
    grid::Level,
    ids::CaseId,
    people::Area,
    place::place_at,
    samples,
    wire::Priority,
};
use std::{collections::BTreeMap, time::Duration};

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const OPEN: [State; 3] = [State::PendingReview, State::Filed, State::Closed];

/// Cases on a line to the east, 40 m apart, in turn of each state; every fourth of them without a place.
async fn on_a_line(store: &HubStore, count: u32) -> Vec<CaseRow> {
    let frame = LocalFrame::about(GeoPoint { lon_deg: 114.34, lat_deg: 22.69 });
    let mut rows = Vec::new();
    for number in 0..count {
        let transition = Transition {
            from: None,
            to: OPEN[number as usize % 3],
            on: EventKind::OpenedByEdge,
            effect: Effect::None,
            phase: Phase::BeforeFiling,
        };
        let case_id = CaseId(Uuid::from_u128(u128::from(number) + 1));
        let at = AT.plus(Duration::from_secs(60 * u64::from(number)));
        let mut row = CaseRow::new(case_id, &transition, samples::event(), at, at);
        row.source = "video".to_owned();
        row.priority = if number % 5 == 0 { Priority::Urgent } else { Priority::Normal };
        row.overdue = number % 7 == 0;
        row.suspected = number % 2 == 0;
        let east_metres = 40.0 * f64::from(number);
        let point = frame.geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
        // Some are known to a few metres, some to a hundred.
        let error_metres = if number % 3 == 0 { 100.0 } else { 1.0 };
        row.place = (number % 4 != 3).then(|| place_at(point, 42.0, error_metres)).flatten();
        (row.cases_30d, row.days_30d) = (i64::from(number % 6), i64::from(number % 4));
        rows.push(row);
    }
    let mut tx = store.begin().await.unwrap();
    insert_cases(&mut tx, &rows.iter().collect::<Vec<_>>()).await.unwrap();
    store.commit(tx).await.unwrap();
    rows
}

fn filter(level: Level, states: &[State]) -> MapFilter {
    MapFilter {
        level,
        states: states.to_vec(),
        event_code: None,
        within: Area::EVERYWHERE,
        area: Area::EVERYWHERE,
    }
}

#[tokio::test]
async fn each_level_counts_each_case_once_in_the_cell_that_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let rows = on_a_line(&store, 60).await;
    let placed = |states: &[State]| -> Vec<&CaseRow> {
        let held = |row: &&CaseRow| row.place.is_some() && states.contains(&row.state);
        rows.iter().filter(held).collect()
    };
    for level in Level::ALL {
        for states in [&OPEN[..2], &OPEN[1..2]] {
            let cells = store.cells(&filter(level, states), 999).await.unwrap();
            let mut found: BTreeMap<String, [i64; 4]> = BTreeMap::new();
            for cell in cells {
                let counts = [cell.cases, cell.urgent, cell.overdue, cell.suspected];
                assert!(found.insert(cell.code, counts).is_none(), "a cell twice");
            }
            let mut expected: BTreeMap<String, [i64; 4]> = BTreeMap::new();
            for row in placed(states) {
                let place = row.place.as_ref().unwrap();
                let code = match level <= Level::Six {
                    true => {
                        let cell = crate::domain::grid::GridCell::from_lonlat(
                            place.lon_deg,
                            place.lat_deg,
                            level,
                        );
                        cell.unwrap().code().to_string()
                    }
                    false => {
                        let own: crate::domain::grid::GridCell = place.code_2d.parse().unwrap();
                        own.ancestor(level).unwrap_or(own).code().to_string()
                    }
                };
                let counts = expected.entry(code).or_default();
                counts[0] += 1;
                counts[1] += i64::from(row.priority == Priority::Urgent);
                counts[2] += i64::from(row.overdue);
                counts[3] += i64::from(row.suspected);
            }
            assert_eq!(found, expected, "{level:?} {states:?}");
        }
    }
    assert!(store.cells(&filter(Level::Six, &[]), 9).await.unwrap().is_empty());
    let few = store.cells(&filter(Level::Six, &OPEN), 2).await.unwrap();
    assert_eq!(few.len(), 2);
}

#[tokio::test]
async fn only_what_lies_in_the_view_and_in_the_area_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let rows = on_a_line(&store, 60).await;
    let code = |number: usize, length: usize| {
        rows[number].place.as_ref().unwrap().code_2d[..length].to_owned()
    };
    for (within, area) in [
        (code(1, 11), String::new()),
        (String::new(), code(1, 12)),
        (code(1, 11), code(1, 12)),
        (code(20, 11), code(1, 12)),
        (code(1, 14), code(1, 9)),
    ] {
        let (within, area): (Area, Area) = (within.parse().unwrap(), area.parse().unwrap());
        let wanted = MapFilter {
            within: within.clone(),
            area: area.clone(),
            ..filter(Level::Two, &OPEN[..2])
        };
        let counted: i64 =
            store.cells(&wanted, 999).await.unwrap().iter().map(|cell| cell.cases).sum();
        let in_view = |row: &&CaseRow| {
            let at = row.place.as_ref();
            // The view is asked by the spot of a case.
            let spot = at.and_then(crate::domain::case::same_place::search_cell);
            OPEN[..2].contains(&row.state)
                && area.holds_place(at)
                && at.is_some()
                && (within.is_everywhere() || spot.is_some_and(|spot| within.touches(spot)))
        };
        assert_eq!(counted, rows.iter().filter(in_view).count() as i64, "{within} {area}");
    }
    let other = MapFilter { event_code: Some("other".to_owned()), ..filter(Level::One, &OPEN) };
    assert!(store.cells(&other, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hot_spot_is_one_that_had_an_event_three_times() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let rows = on_a_line(&store, 60).await;
    let since = AT.plus(Duration::from_secs(60 * 20));
    let spots = store.hot_spots(&Area::EVERYWHERE, since, 999).await.unwrap();
    let mut expected: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.received_at >= since && row.cases_30d >= 3) {
        let Some(spot) = row.place.as_ref().and_then(crate::domain::case::same_place::search_cell)
        else {
            continue;
        };
        let most = expected.entry(spot.code().to_string()).or_default();
        *most = (most.0.max(row.cases_30d), most.1.max(row.days_30d));
    }
    let found: BTreeMap<String, (i64, i64)> =
        spots.iter().map(|spot| (spot.code.clone(), (spot.cases_30d, spot.days_30d))).collect();
    assert_eq!((found.len(), &found), (spots.len(), &expected));
    assert!(spots.is_sorted_by_key(|spot| -spot.cases_30d));
    let area: Area = spots[0].code.parse().unwrap();
    let near = store.hot_spots(&area, since, 999).await.unwrap();
    assert_eq!(near.len(), 1);
}

#[tokio::test]
async fn the_map_asks_indexes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    if !store.database.is_file() {
        return; // PostgreSQL plans by what the tables hold, and these are empty.
    }
    let view = MapFilter { within: "N50F05351".parse().unwrap(), ..filter(Level::Six, &OPEN[..2]) };
    for (query, index) in [
        (map::counted(&view, 9), "cases_by_area (state=? AND spot>? AND spot<?)"),
        (map::counted(&filter(Level::Six, &OPEN[..2]), 9), "(state=?"),
        (map::recurring(&Area::EVERYWHERE, AT, 9), "cases_recurring (received_at_millis>?)"),
    ] {
        let (text, arguments) = query.for_sqlite().unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {text}");
        let rows = sqlx::query_with(sqlx::AssertSqlSafe(explain), arguments)
            .fetch_all(store.database.readers())
            .await
            .unwrap();
        let plan: Vec<String> =
            rows.iter().map(|row| sqlx::Row::get::<String, _>(row, "detail")).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN cases")), "{plan:#?}");
    }
}
