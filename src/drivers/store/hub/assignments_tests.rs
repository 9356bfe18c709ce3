//! With whom a case is, in either database: given on the way into MANUAL, kept by the history, taken off.

use super::{tests::open, *};
use crate::{
    base::secret::Secret,
    domain::{
        case::{
            audit,
            lifecycle::{Event, EventKind, Refused, State},
        },
        geo::GeoPoint,
        ids::CaseId,
        people::{Area, AssignedWhy, Role},
        place::place_at,
        verdict::Outcome,
    },
};

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
/// What lies at the place of these cases, from coarse to fine.
const BLOCK: usize = 11;
const SPOT: usize = 12;

fn code(beyond_metres: f64) -> String {
    let at = GeoPoint { lon_deg: 114.34 + beyond_metres / 102_700.0, lat_deg: 22.69 };
    place_at(at, 40.0, 2.0).unwrap().code_2d
}

async fn add(store: &HubStore, number: u128, name: &str, role: Role, area: &str) {
    let new = NewUser {
        name: name.to_owned(),
        subject: None,
        password_hash: Some(Secret::new("$argon2id$1")),
        roles: [role].into_iter().collect(),
        unit: None,
        area: area.parse().unwrap(),
        at: AT,
    };
    assert!(store.add_user(&new, &entry(number)).await.unwrap());
}

fn entry(number: u128) -> Access {
    Access {
        entry_id: Uuid::from_u128(number),
        at: AT,
        who: "admin".to_owned(),
        unit: None,
        kind: AccessKind::Account,
        case_id: None,
        sha256: None,
        why: String::new(),
        detail: String::new(),
    }
}

/// A complaint that no video decides, at the place or at none.
async fn undecided(store: &HubStore, number: u128, has_place: bool) -> CaseRow {
    let at = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };
    let place = has_place.then(|| place_at(at, 40.0, 2.0).unwrap());
    let new = NewComplaint { place, ..super::tests::complaint(number, &number.to_string()) };
    store.open_complaint(&new, "platform", None, AT).await.unwrap();
    let event = Event::VerdictPrecheck(Outcome::Undeterminable);
    let mut verdict = Decision::new(event, "auto:verify", AT);
    verdict.reason = Some("no_recording".to_owned());
    let change = store.decide(new.case_id, None, &verdict).await.unwrap();
    let case = store.case(new.case_id).await.unwrap().unwrap();
    assert_eq!((change.state, change.version), (State::Manual, case.version));
    case
}

fn to(case: &CaseRow) -> Option<&str> {
    case.assigned.as_ref().unwrap().to.as_deref()
}

async fn chain_is_whole(store: &HubStore, case: &CaseRow) {
    let file = store.case_files(case.case_id).await.unwrap().remove(0);
    audit::check(case.case_id, case.version, &file.chain).unwrap();
}

#[tokio::test]
async fn what_no_video_decides_is_with_the_nearest_until_it_moves_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let (block, spot) = (code(0.0)[..BLOCK].to_owned(), code(0.0)[..SPOT].to_owned());
    add(&store, 1, "an", Role::GridStaff, &block).await;
    add(&store, 2, "bo", Role::GridStaff, &spot).await;
    add(&store, 3, "ce", Role::GridStaff, &spot).await;
    add(&store, 4, "aa", Role::Reviewer, &spot).await;
    add(&store, 5, "ab", Role::GridStaff, &spot).await;
    let off = UserChange { disabled: Some(true), ..UserChange::default() };
    assert!(store.change_user("ab", &off, &entry(6)).await.unwrap());

    let first = undecided(&store, 1, true).await;
    assert_eq!(to(&first), Some("bo"), "neither coarser, nor a reviewer, nor a closed account");
    assert_eq!(first.assigned.as_ref().unwrap().why, AssignedWhy::InArea);
    assert_eq!(first.manual_reason.as_deref(), Some("no_recording"));
    let history = store.history(first.case_id).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((&*last.kind, &*last.actor, &*last.to), ("assign", "auto:nearest", "MANUAL"));
    assert_eq!((last.reason.as_deref(), last.note.as_deref()), (Some("in_area"), Some("bo")));
    assert_eq!(history.len(), 3, "complaint, verdict, and to whom");
    chain_is_whole(&store, &first).await;

    assert_eq!(to(&undecided(&store, 2, true).await), Some("ce"), "bo has one");
    let third = undecided(&store, 3, true).await;
    assert_eq!(to(&third), Some("bo"), "both have one");
    let of = async |assignee: &str| -> usize {
        let assignee = Some(assignee.to_owned());
        let filter = CaseFilter { assignee, ..CaseFilter::default() };
        store.cases(&filter, None, 9).await.unwrap().len()
    };
    assert_eq!((of("bo").await, of("ce").await, of("an").await), (2, 1, 0));

    // What moves on is nobody's to look at, and nobody's work.
    store.decide(first.case_id, None, &Decision::new(Event::Confirm, "li", AT)).await.unwrap();
    let filed = store.case(first.case_id).await.unwrap().unwrap();
    assert_eq!((filed.assigned, filed.manual_reason), (None, None));
    let reject = Event::Reject { reason: "already_gone".to_owned() };
    store.decide(third.case_id, None, &Decision::new(reject, "li", AT)).await.unwrap();
    assert_eq!(of("bo").await, 0);
    store.close().await;
}

#[tokio::test]
async fn nearest_in_metres_where_nobodys_area_holds_it_and_nobody_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let nobody = undecided(&store, 1, true).await;
    assert_eq!((to(&nobody), nobody.version), (None, 2));
    assert_eq!(nobody.assigned.unwrap().why, AssignedWhy::NoStaff);
    add(&store, 1, "an", Role::GridStaff, &code(-900.0)).await;
    add(&store, 2, "bo", Role::GridStaff, &code(300.0)).await;
    add(&store, 3, "ce", Role::GridStaff, "").await;
    let near = undecided(&store, 2, true).await;
    let assigned = near.assigned.clone().unwrap();
    assert_eq!((to(&near), assigned.why), (Some("bo"), AssignedWhy::NearestArea));
    let metres = assigned.metres.unwrap();
    assert!((285..=300).contains(&metres), "{metres}");
    let history = store.history(near.case_id).await.unwrap();
    assert_eq!(history[2].note, Some(format!("bo ({metres} m)")));
    let nowhere = undecided(&store, 3, false).await;
    let assigned = nowhere.assigned.unwrap();
    assert_eq!((assigned.to, assigned.why), (None, AssignedWhy::NoPlace));

    // It lies outside of bo's area, and is there for bo all the same.
    let seen = async |viewer: Option<&str>| -> Vec<CaseId> {
        let (area, viewer) = (code(300.0).parse::<Area>().unwrap(), viewer.map(str::to_owned));
        let filter = CaseFilter { area, viewer, ..CaseFilter::default() };
        let cases = store.cases(&filter, None, 9).await.unwrap();
        cases.iter().map(|case| case.case_id).collect()
    };
    assert_eq!(seen(Some("bo")).await, [near.case_id]);
    assert!(seen(None).await.is_empty() && seen(Some("an")).await.is_empty());
    store.close().await;
}

#[tokio::test]
async fn a_dispatcher_gives_it_to_another_and_never_to_one_who_handled_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for (number, name) in ["an", "bo"].into_iter().enumerate() {
        add(&store, number as u128, name, Role::GridStaff, &code(0.0)).await;
    }
    add(&store, 9, "ce", Role::GridStaff, "").await;
    let case = undecided(&store, 1, true).await;
    assert_eq!(to(&case), Some("an"));
    let by = Decision {
        note: Some("去看看".to_owned()),
        ..Decision::new(Event::Confirm, "chief", AT)
    };
    let give = async |to: Option<&str>| store.assign(case.case_id, None, to, &by).await;
    for bad in ["chief", "nobody"] {
        let refused = give(Some(bad)).await.unwrap_err();
        assert!(matches!(&refused, DecideError::NoSuchStaff { name } if name == bad), "{refused}");
    }
    let stale = store.assign(case.case_id, Some(1), Some("ce"), &by).await.unwrap_err();
    assert!(matches!(stale, DecideError::Stale { .. }), "{stale}");
    give(Some("ce")).await.unwrap();
    let given = store.case(case.case_id).await.unwrap().unwrap();
    assert_eq!((to(&given), given.state), (Some("ce"), State::Manual));
    assert_eq!(given.assigned.unwrap().why, AssignedWhy::ByPerson);
    assert_eq!(given.manual_reason.as_deref(), Some("no_recording"));
    let last = store.history(case.case_id).await.unwrap().pop().unwrap();
    assert_eq!((&*last.actor, last.note.as_deref()), ("chief", Some("ce: 去看看")));

    // an takes it on and says that it was done: somebody else looks whether it is.
    store.decide(case.case_id, None, &Decision::new(Event::Confirm, "li", AT)).await.unwrap();
    let illegal = give(Some("bo")).await.unwrap_err();
    assert!(matches!(illegal, DecideError::Refused(Refused::Illegal { .. })), "{illegal}");
    let done = Decision::new(Event::Feedback, "an", AT);
    store.feedback(case.case_id, "环卫所", AT, &[], &done).await.unwrap();
    let look = Decision::new(Event::PostcheckStarted, "auto:postcheck", AT);
    store.decide(case.case_id, None, &look).await.unwrap();
    let verdict = Event::VerdictPostcheck(Outcome::Undeterminable);
    let verdict = Decision::new(verdict, "auto:verify", AT);
    let change = store.decide(case.case_id, None, &verdict).await.unwrap();
    let again = store.case(case.case_id).await.unwrap().unwrap();
    assert_eq!((to(&again), change.version), (Some("bo"), again.version));
    let refused = give(Some("an")).await.unwrap_err();
    let event = EventKind::Assign;
    assert!(matches!(refused, DecideError::Refused(Refused::FourEyes { event: e }) if e == event));
    give(None).await.unwrap();
    let nearest = store.case(case.case_id).await.unwrap().unwrap();
    assert_eq!(nearest.assigned.as_ref().unwrap().why, AssignedWhy::InArea);
    chain_is_whole(&store, &nearest).await;
    store.close().await;
}

#[tokio::test]
async fn an_account_of_the_configuration_goes_before_one_of_the_register() {
    let dir = tempfile::tempdir().unwrap();
    let colleague = |name: &str, role| Colleague {
        name: name.to_owned(),
        roles: [role].into_iter().collect(),
        area: code(0.0).parse().unwrap(),
    };
    let configured = [colleague("an", Role::Viewer), colleague("ce", Role::GridStaff)];
    let store = open(dir.path()).await.with_colleagues(configured);
    add(&store, 1, "an", Role::GridStaff, &code(0.0)).await;
    add(&store, 2, "bo", Role::GridStaff, &code(30.0)).await;
    let case = undecided(&store, 1, true).await;
    assert_eq!(to(&case), Some("ce"));
    let names: Vec<String> =
        store.staff(case.case_id).await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["bo", "ce"]);
    store.close().await;
}
