use super::{tests::open, *};
use crate::domain::{
    case::lifecycle::Event,
    ids::CaseId,
    people::{Area, AssignedWhy, Role},
    verdict::Outcome,
};
use std::time::Duration;

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

fn colleague(name: &str, role: Role) -> Colleague {
    Colleague { name: name.to_owned(), roles: [role].into_iter().collect(), area: Area::EVERYWHERE }
}

async fn store(dir: &tempfile::TempDir) -> HubStore {
    open(dir.path()).await.with_colleagues([
        colleague("an", Role::GridStaff),
        colleague("bo", Role::GridStaff),
        colleague("ce", Role::Reviewer),
    ])
}

fn handover(number: u128, from: &str, to: &str) -> Handover {
    Handover {
        handover_id: Uuid::from_u128(number),
        from: from.to_owned(),
        to: to.to_owned(),
        note: "路口积水待复查".to_owned(),
        at: AT.plus(Duration::from_secs(60 * number as u64)),
        cases: 0,
        read_at: None,
    }
}

fn log(number: u128) -> Access {
    Access {
        entry_id: Uuid::from_u128(number),
        at: AT,
        who: "an".to_owned(),
        unit: None,
        kind: AccessKind::Handover,
        case_id: None,
        sha256: None,
        why: String::new(),
        detail: String::new(),
    }
}

/// A case that no video decided, with somebody.
async fn with(store: &HubStore, number: u128, name: &str) -> CaseId {
    let complaint = super::tests::complaint(number, &number.to_string());
    store.open_complaint(&complaint, "platform", None, AT).await.unwrap();
    let case_id = complaint.case_id;
    let verdict = Event::VerdictPrecheck(Outcome::Undeterminable);
    store.decide(case_id, None, &Decision::new(verdict, "auto:verify", AT)).await.unwrap();
    let why = AssignedWhy::ByPerson;
    let assign = Event::Assign { to: name.to_owned(), why, metres: None };
    store.decide(case_id, None, &Decision::new(assign, "dispatcher", AT)).await.unwrap();
    case_id
}

async fn whose(store: &HubStore, case_id: CaseId) -> String {
    let case = store.case(case_id).await.unwrap().unwrap();
    case.assigned.unwrap().to.unwrap()
}

#[tokio::test]
async fn what_one_had_is_with_the_other_and_both_names_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let (one, two) = (with(&store, 1, "an").await, with(&store, 2, "an").await);
    let other = with(&store, 3, "bo").await;
    // Whoever said that it was done does not look whether it is.
    let handled = with(&store, 4, "an").await;
    sqlx::query(
        "INSERT INTO history (case_id, number, at_millis, actor, kind, to_state) \
         VALUES ($1, 99, 0, 'bo', 'feedback', 'DISPOSED')",
    )
    .bind(handled.to_string())
    .execute(store.database.writer())
    .await
    .unwrap();
    let done = store.hand_over(&handover(1, "an", "bo"), None, &log(1)).await.unwrap();
    assert_eq!(done.kept, [handled]);
    assert_eq!(done.changes.len(), 2);
    for case_id in [one, two, other] {
        assert_eq!(whose(&store, case_id).await, "bo");
    }
    assert_eq!(whose(&store, handled).await, "an");
    let last = store.history(one).await.unwrap().pop().unwrap();
    assert_eq!((last.actor.as_str(), last.note.as_deref()), ("an", Some("bo: 交接班")));
    let told = store.handovers("bo", 9).await.unwrap();
    assert_eq!((told.len(), told[0].cases, told[0].read_at), (1, 2, None));
    assert_eq!(store.handovers("an", 9).await.unwrap(), told);
    let entries = store.accesses(&AccessFilter::default(), None, 9).await.unwrap();
    assert!(entries.iter().any(|entry| entry.kind == AccessKind::Handover));
    // Read once, by whom it is for.
    let id = told[0].handover_id;
    assert!(!store.read_handover(id, "an", AT).await.unwrap());
    assert!(store.read_handover(id, "bo", AT).await.unwrap());
    assert!(store.read_handover(id, "bo", AT.plus(Duration::from_secs(9))).await.unwrap());
    assert_eq!(store.handovers("bo", 9).await.unwrap()[0].read_at, Some(AT));
}

#[tokio::test]
async fn cases_go_to_the_grids_staff_and_nothing_goes_to_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let case_id = with(&store, 1, "an").await;
    let nobody = store.hand_over(&handover(1, "an", "zz"), None, &log(1)).await;
    assert!(matches!(nobody, Err(HandoverError::Nobody)));
    let reviewer = store.hand_over(&handover(2, "an", "ce"), None, &log(2)).await;
    assert!(matches!(reviewer, Err(HandoverError::NotStaff)));
    assert_eq!(whose(&store, case_id).await, "an");
    assert!(store.handovers("an", 9).await.unwrap().is_empty());
    // A note alone goes to anybody.
    let note = store.hand_over(&handover(3, "an", "ce"), Some(&[]), &log(3)).await.unwrap();
    assert_eq!(note, HandedOver::default());
    // Nor does one hand over what is with another.
    let theirs = with(&store, 2, "bo").await;
    let done = store.hand_over(&handover(4, "an", "bo"), Some(&[theirs]), &log(4)).await.unwrap();
    assert_eq!(done.kept, [theirs]);
}

#[tokio::test]
async fn what_somebody_decided_is_counted_since_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let case_id = with(&store, 1, "an").await;
    let later = AT.plus(Duration::from_secs(60));
    store.decide(case_id, None, &Decision::new(Event::Confirm, "an", later)).await.unwrap();
    let done = store.decided_since("an", later).await.unwrap();
    assert_eq!(done.into_iter().collect::<Vec<_>>(), [("confirm".to_owned(), 1)]);
    assert!(
        store.decided_since("an", later.plus(Duration::from_secs(1))).await.unwrap().is_empty()
    );
}
