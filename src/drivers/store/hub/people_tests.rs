//! Accounts, their log, and what areas and nodes bound, in either database.

use super::*;
use crate::{
    base::secret::Secret,
    domain::{
        geo::GeoPoint,
        ids::{CaseId, NodeId},
        people::{Area, Role},
        place::place_at,
        wire::{EventData, Priority},
    },
};
use std::{path::Path, time::Duration};

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

async fn open(dir: &Path) -> HubStore {
    HubStore::open(Place::of_test(dir).await, "440310".parse().unwrap()).await.unwrap()
}

fn entry(number: u128, kind: AccessKind, who: &str, secs: u64) -> Access {
    Access {
        entry_id: Uuid::from_u128(number),
        at: AT.plus(Duration::from_secs(secs)),
        who: who.to_owned(),
        unit: Some("街道办".to_owned()),
        kind,
        case_id: None,
        sha256: None,
        why: "x'; DROP TABLE users; --".to_owned(),
        detail: String::new(),
    }
}

fn li(subject: Option<&str>) -> NewUser {
    NewUser {
        name: "li".to_owned(),
        subject: subject.map(str::to_owned),
        password_hash: Some(Secret::new("$argon2id$1")),
        roles: [Role::Reviewer, Role::Auditor].into_iter().collect(),
        unit: None,
        area: "N50F0535166".parse().unwrap(),
        at: AT,
    }
}

#[tokio::test]
async fn an_account_is_added_once_changed_in_part_and_logged_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let log = |number| entry(number, AccessKind::Account, "admin", number as u64);
    assert!(store.add_user(&li(Some("https://id s-1")), &log(1)).await.unwrap());
    assert!(!store.add_user(&li(None), &log(2)).await.unwrap(), "the name");
    let other = NewUser { name: "wang".to_owned(), ..li(Some("https://id s-1")) };
    assert!(!store.add_user(&other, &log(3)).await.unwrap(), "the subject");
    let other = NewUser { name: "wang".to_owned(), ..li(None) };
    assert!(store.add_user(&other, &log(4)).await.unwrap());
    let other = NewUser { name: "zhao".to_owned(), ..li(None) };
    assert!(store.add_user(&other, &log(5)).await.unwrap(), "any number have no subject");

    let user = store.user_of_subject("https://id s-1").await.unwrap().unwrap();
    assert_eq!(user, store.user("li").await.unwrap().unwrap());
    assert_eq!((&user.roles, &user.area), (&li(None).roles, &li(None).area));
    let until = AT.plus(Duration::from_secs(3_600));
    store.open_session("t", "li", AT, until).await.unwrap();
    let change = UserChange {
        unit: Some(Some("城管中队".to_owned())),
        area: Some(Area::EVERYWHERE),
        ..UserChange::default()
    };
    assert!(store.change_user("li", &change, &log(6)).await.unwrap());
    let changed = store.user("li").await.unwrap().unwrap();
    assert_eq!(changed.unit.as_deref(), Some("城管中队"));
    assert!(changed.area.is_everywhere() && changed.password_hash == user.password_hash);
    assert!(store.session("t", AT).await.unwrap().is_some(), "that ends no session");
    let change = UserChange { unit: Some(None), disabled: Some(true), ..UserChange::default() };
    assert!(store.change_user("li", &change, &log(7)).await.unwrap());
    let changed = store.user("li").await.unwrap().unwrap();
    assert!(changed.disabled && changed.unit.is_none());
    assert!(store.session("t", AT).await.unwrap().is_none());
    assert!(!store.change_user("nobody", &change, &log(8)).await.unwrap());

    let names: Vec<String> =
        store.users().await.unwrap().into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["li", "wang", "zhao"]);
    // What came to nothing is not in the log.
    let logged = store.accesses(&AccessFilter::default(), None, 99).await.unwrap();
    let numbers: Vec<u128> = logged.iter().map(|entry| entry.entry_id.as_u128()).collect();
    assert_eq!(numbers, [7, 6, 5, 4, 1]);
    assert_eq!(logged[0], log(7));
}

#[tokio::test]
async fn the_log_is_read_by_each_of_its_columns_and_page_by_page() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let case_id = CaseId(Uuid::from_u128(7));
    let of_case = |entry| Access { case_id: Some(case_id), sha256: Some("ab".into()), ..entry };
    let entries = [
        of_case(entry(1, AccessKind::View, "li", 0)),
        of_case(entry(2, AccessKind::Playback, "li", 10)),
        entry(3, AccessKind::SignIn, "wang", 10),
        of_case(entry(4, AccessKind::Export, "wang", 20)),
    ];
    store.log_accesses(&entries).await.unwrap();
    let found = async |filter: AccessFilter| -> Vec<u128> {
        let found = store.accesses(&filter, None, 99).await.unwrap();
        found.iter().map(|entry| entry.entry_id.as_u128()).collect()
    };
    let all = AccessFilter::default;
    assert_eq!(found(AccessFilter { who: Some("li".into()), ..all() }).await, [2, 1]);
    let kind = Some(AccessKind::SignIn);
    assert_eq!(found(AccessFilter { kind, ..all() }).await, [3]);
    assert_eq!(found(AccessFilter { case_id: Some(case_id), ..all() }).await, [4, 2, 1]);
    assert_eq!(found(AccessFilter { sha256: Some("cd".into()), ..all() }).await, [0; 0]);
    let (from, to) =
        (Some(AT.plus(Duration::from_secs(10))), Some(AT.plus(Duration::from_secs(20))));
    assert_eq!(found(AccessFilter { from, to, ..all() }).await, [3, 2]);
    let first = store.accesses(&all(), None, 2).await.unwrap();
    let last = first.last().map(|entry| (entry.at, entry.entry_id));
    let second = store.accesses(&all(), last, 99).await.unwrap();
    assert_eq!([first, second].concat().iter().rev().cloned().collect::<Vec<_>>(), entries);
    assert_eq!(store.views_of("ab").await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_list_ends_at_the_border_of_an_area() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let points = [Some((114.34, 22.69)), Some((114.44, 22.69)), None];
    for (number, point) in (1..).zip(points) {
        let place = point
            .map(|(lon_deg, lat_deg)| place_at(GeoPoint { lon_deg, lat_deg }, 42.0, 2.0).unwrap());
        let event = EventData {
            std: "local".to_owned(),
            version: String::new(),
            code: "x".to_owned(),
            name_zh: String::new(),
            name_en: String::new(),
            local: true,
        };
        let new = NewComplaint {
            case_id: CaseId(Uuid::from_u128(number)),
            external_no: number.to_string(),
            source: "12345".to_owned(),
            event,
            pattern: None,
            priority: Priority::Normal,
            place,
            reported_at: AT,
        };
        store.open_complaint(&new, "platform", None, AT).await.unwrap();
    }
    let within = async |area: &str| -> Vec<u128> {
        let area: Area = area.parse().unwrap();
        let filter = CaseFilter { area: area.clone(), ..CaseFilter::default() };
        let cases = store.cases(&filter, None, 9).await.unwrap();
        // The database and the domain say the same.
        assert!(cases.iter().all(|case| area.holds_place(case.place.as_ref())));
        cases.iter().map(|case| case.case_id.0.as_u128()).collect()
    };
    assert_eq!(within("").await, [3, 2, 1]);
    assert_eq!(within("N50F").await, [2, 1]);
    assert_eq!(within("N50F0535166").await, [1]);
    assert_eq!(within("N50F0535166 N51H").await, [1]);
    assert_eq!(within("N51H").await, [0; 0]);
}

#[tokio::test]
async fn a_file_is_of_the_node_that_began_it_until_a_case_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let nodes: [NodeId; 2] = ["edge-1", "edge-2"].map(|node| node.parse().unwrap());
    let whose = async |sha256: &str| {
        let of = |at: usize| store.is_upload_of(sha256, &nodes[at]);
        (of(0).await.unwrap(), of(1).await.unwrap())
    };
    assert_eq!(whose("aa").await, (true, true), "nobody has begun it");
    store.begin_evidence("aa", 9, AT, Some(&nodes[0])).await.unwrap();
    assert_eq!(whose("aa").await, (true, false));
    store.begin_evidence("bb", 9, AT, None).await.unwrap();
    assert_eq!(whose("bb").await, (false, false), "by the shared token");
}
