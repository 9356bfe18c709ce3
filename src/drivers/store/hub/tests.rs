use super::*;
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            audit::{self, BrokenChain},
            lifecycle::{Event, State},
        },
        geo::GeoPoint,
        ids::CaseId,
        place::place_at,
        wire::{EventData, Priority},
    },
};
use sqlx::Row;
use std::path::Path;
use uuid::Uuid;

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

pub(super) async fn open(dir: &Path) -> HubStore {
    HubStore::open(Place::of_test(dir).await, "440310".parse().unwrap()).await.unwrap()
}

pub(super) fn complaint(number: u128, external_no: &str) -> NewComplaint {
    NewComplaint {
        case_id: CaseId(Uuid::from_u128(number)),
        external_no: external_no.to_owned(),
        source: "12345".to_owned(),
        event: EventData {
            std: "local".to_owned(),
            version: String::new(),
            code: "x".to_owned(),
            name_zh: String::new(),
            name_en: String::new(),
            local: true,
        },
        pattern: None,
        priority: if number.is_multiple_of(2) { Priority::Urgent } else { Priority::Normal },
        place: None,
        reported_at: AT,
    }
}

#[tokio::test]
async fn no_column_could_hold_a_citizens_contact() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let of_file = "SELECT m.name, i.name FROM sqlite_master m, pragma_table_info(m.name) i \
         WHERE m.type = 'table'";
    let of_server = "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = 'public'";
    let columns: Vec<(String, String)> = sqlx::query_as(match store.database.is_file() {
        true => of_file,
        false => of_server,
    })
    .fetch_all(store.database.readers())
    .await
    .unwrap();
    assert!(columns.len() > 50);
    for (table, column) in columns {
        let suspicious =
            ["phone", "mobile", "tel", "citizen", "contact", "email", "id_card", "wechat"]
                .iter()
                .any(|word| column.contains(word));
        assert!(!suspicious, "{table}.{column}");
        // People are named where they sign in, nowhere else.
        let of_people = ["sessions", "users"].contains(&table.as_str());
        assert!(column != "name" || of_people, "{table}.{column}");
    }
}

#[tokio::test]
async fn a_look_up_of_what_is_near_searches_indexes_by_all_their_columns_and_scans_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    if !store.database.is_file() {
        return; // PostgreSQL plans by what the tables hold, and these are empty.
    }
    let at = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };
    let place = place_at(at, 42.0, 2.0).unwrap();
    let about = merges::open_about(merges::cells_about(Some(&place)), ["bin-7".to_owned()]);
    let before = recurrence::before([(&place, "06042")], AT);
    let plans = [
        (about, "cases_open_by_cell (cell=?)"),
        (merges::open_about([], ["bin-7".to_owned()]), "cases_open_by_component (component_id=?)"),
        (before, "cases_by_spot (spot=? AND event_code=? AND received_at_millis>?)"),
    ];
    for (query, index) in plans {
        let (text, arguments) = query.for_sqlite().unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {text}");
        let rows = sqlx::query_with(sqlx::AssertSqlSafe(explain), arguments)
            .fetch_all(store.database.readers())
            .await
            .unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(
            plan.iter().any(|step| step.ends_with(&format!("USING INDEX {index}"))),
            "{plan:?}"
        );
        let scans = |step: &&String| step.starts_with("SCAN c") && !step.contains("CONSTANT");
        assert_eq!(plan.iter().find(scans), None, "{plan:?}");
    }
}

#[test]
fn nothing_changes_or_deletes_what_only_grows() {
    let sources = [
        include_str!("access_log.rs"),
        include_str!("audit.rs"),
        include_str!("cameras.rs"),
        include_str!("case_file.rs"),
        include_str!("case_rows.rs"),
        include_str!("cases.rs"),
        include_str!("clocks.rs"),
        include_str!("complaints.rs"),
        include_str!("day_roots.rs"),
        include_str!("decide.rs"),
        include_str!("evidence.rs"),
        include_str!("facts.rs"),
        include_str!("handling.rs"),
        include_str!("ingest.rs"),
        include_str!("list.rs"),
        include_str!("map.rs"),
        include_str!("merges.rs"),
        include_str!("opening.rs"),
        include_str!("outbound.rs"),
        include_str!("recurrence.rs"),
        include_str!("sessions.rs"),
        include_str!("shifts.rs"),
        include_str!("statistics.rs"),
        include_str!("steps.rs"),
        include_str!("undo.rs"),
        include_str!("users.rs"),
        include_str!("verifications.rs"),
    ];
    for table in ["facts", "history", "access_log", "day_roots", "day_leaves"] {
        for verb in ["UPDATE", "DELETE FROM"] {
            let statement = format!("{verb} {table}");
            assert!(sources.iter().all(|source| !source.contains(&statement)), "{statement}");
        }
    }
}

/// A case with three entries in its history.
async fn decided(store: &HubStore) -> CaseId {
    let (case_id, _) = store.open_complaint(&complaint(1, "A"), "p", None, AT).await.unwrap();
    let outcome = crate::domain::verdict::Outcome::Undeterminable;
    let steps = [Event::VerdictPrecheck(outcome), Event::Confirm];
    for event in steps {
        store.decide(case_id, None, &Decision::new(event, "li", AT)).await.unwrap();
    }
    case_id
}

async fn checked(store: &HubStore, case_id: CaseId) -> Result<String, BrokenChain> {
    let file = store.case_files(case_id).await.unwrap().remove(0);
    audit::check(case_id, file.case.version, &file.chain)
}

#[tokio::test]
async fn a_history_altered_in_the_database_is_found_by_its_chain() {
    for (statement, found) in [
        ("UPDATE history SET actor = 'wang' WHERE number = 2", BrokenChain::Altered { number: 2 }),
        ("UPDATE history SET note = '' WHERE number = 1", BrokenChain::Altered { number: 1 }),
        ("UPDATE history SET at_millis = 0 WHERE number = 3", BrokenChain::Altered { number: 3 }),
        ("UPDATE history SET hash = NULL WHERE number = 3", BrokenChain::HashMissing { number: 3 }),
        ("DELETE FROM history WHERE number = 2", BrokenChain::Gap { expected: 2, found: 3 }),
        ("DELETE FROM history WHERE number = 3", BrokenChain::Length { version: 3, entries: 2 }),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).await;
        let case_id = decided(&store).await;
        assert!(checked(&store, case_id).await.is_ok());
        sqlx::query(statement).execute(store.database.writer()).await.unwrap();
        assert_eq!(checked(&store, case_id).await, Err(found), "{statement}");
    }
}

#[tokio::test]
async fn a_history_from_before_the_chain_is_covered_by_the_next_entry() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let case_id = decided(&store).await;
    sqlx::query("UPDATE history SET hash = NULL").execute(store.database.writer()).await.unwrap();
    let unchained = checked(&store, case_id).await.unwrap();
    let feedback = Decision::new(Event::Feedback, "platform", AT);
    store.decide(case_id, None, &feedback).await.unwrap();
    assert_ne!(checked(&store, case_id).await.unwrap(), unchained);
    sqlx::query("UPDATE history SET actor = 'wang' WHERE number = 1")
        .execute(store.database.writer())
        .await
        .unwrap();
    assert_eq!(checked(&store, case_id).await, Err(BrokenChain::Altered { number: 4 }));
}

#[tokio::test]
async fn the_same_complaint_twice_is_one_case() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let first = store.open_complaint(&complaint(1, "A-1"), "p", None, AT).await.unwrap();
    let again = store.open_complaint(&complaint(2, "A-1"), "p", None, AT).await.unwrap();
    assert_eq!(first.0, again.0);
    assert!(first.1.is_some() && again.1.is_none());
    let elsewhere = NewComplaint { source: "app".to_owned(), ..complaint(3, "A-1") };
    let other = store.open_complaint(&elsewhere, "p", None, AT).await.unwrap();
    assert_ne!(other.0, first.0, "numbers are unique within their source only");
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for number in 1..=7 {
        let at = WallTime::from_unix_millis(AT.unix_millis() + number as i64 / 3);
        store.open_complaint(&complaint(number, &number.to_string()), "p", None, at).await.unwrap();
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.cases(&CaseFilter::default(), cursor, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = Some(Cursor::after(last).to_string().parse().unwrap());
        seen.extend(page);
    }
    assert_eq!(seen.len(), 7);
    let order: Vec<_> =
        seen.iter().map(|case| (case.priority, -case.received_at.unix_millis())).collect();
    assert!(order.is_sorted(), "{order:?}");
    let urgent = seen.iter().filter(|case| case.priority == Priority::Urgent).count();
    assert_eq!(urgent, 3);
}

#[tokio::test]
async fn of_two_deciders_with_one_version_the_second_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let (case_id, _) = store.open_complaint(&complaint(1, "A"), "p", None, AT).await.unwrap();
    let outcome = crate::domain::verdict::Outcome::Undeterminable;
    let manual = Decision::new(Event::VerdictPrecheck(outcome), "auto", AT);
    store.decide(case_id, Some(1), &manual).await.unwrap();
    let confirm = Decision::new(Event::Confirm, "li", AT);
    let reject = Decision::new(Event::Reject { reason: "duplicate".to_owned() }, "wang", AT);
    let (one, two) = tokio::join!(
        store.decide(case_id, Some(2), &confirm),
        store.decide(case_id, Some(2), &reject)
    );
    assert!(one.is_ok() != two.is_ok());
    let late = one.err().or(two.err()).unwrap();
    assert!(matches!(late, DecideError::Stale { expected: 2, current: 3 }), "{late}");
    assert_eq!(store.history(case_id).await.unwrap().len(), 3);
    let states = [State::Filed, State::Rejected];
    assert!(states.contains(&store.case(case_id).await.unwrap().unwrap().state));
}
