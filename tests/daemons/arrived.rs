//! What the two databases say against each other.

use crate::daemons::{Daemon, Site, until};
use sqlx::Row;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Things that stand still: two cases of one zone at one time are one stay told twice.
const STANDING: [&str; 2] = ["roadside_stall", "bin_overflowing"];

/// A case as the edge holds it, in the order of opening.
pub struct EdgeCase {
    pub id: String,
    pub camera: String,
    pub zone: String,
    pub pattern: String,
    pub revision: i64,
    pub first_seen_at: String,
    pub gone_at: Option<String>,
}

pub fn edge_cases(site: &Site) -> Vec<EdgeCase> {
    let rows = site.edge_database().rows(
        "SELECT case_id, camera, json_extract(state, '$.zone') AS zone,
                json_extract(state, '$.pattern.id') AS pattern,
                json_extract(state, '$.revision') AS revision,
                json_extract(state, '$.first_seen_at') AS first_seen_at,
                json_extract(state, '$.gone_at') AS gone_at
         FROM cases ORDER BY rowid",
    );
    rows.iter()
        .map(|row| EdgeCase {
            id: row.get("case_id"),
            camera: row.get("camera"),
            zone: row.get("zone"),
            pattern: row.get("pattern"),
            revision: row.get("revision"),
            first_seen_at: row.get("first_seen_at"),
            gone_at: row.get("gone_at"),
        })
        .collect()
}

/// Waits until nothing is on its way any more. The cameras must have ended; the edge is stopped and
/// started again, so that no frame that it had still to analyse makes a case while we look.
#[track_caller]
pub fn wait_until_all_is_sent(site: &Site, edge: &mut Daemon) {
    edge.signal("TERM");
    assert!(edge.ended().success(), "the edge stops in order");
    edge.restart();
    let edge = site.edge_database();
    until("the outbox empties", || edge.count("SELECT count(*) FROM outbox") == 0);
    until("the uploads end", || edge.count("SELECT count(*) FROM uploads") == 0);
    let evidence = site.edge_data().join("evidence");
    until("no picture is left on the edge's disk", || {
        fs::read_dir(&evidence).unwrap().next().is_none()
    });
}

/// Every case of the edge is at the hub once, whole, in order, with its pictures; returns how many.
#[track_caller]
pub fn assert_all_arrived(site: &Site) -> usize {
    let (cases, hub) = (edge_cases(site), site.hub_database());
    let at_hub: Vec<String> =
        hub.rows("SELECT case_id FROM cases").iter().map(|row| row.get(0)).collect();
    let ids: BTreeSet<&String> = cases.iter().map(|case| &case.id).collect();
    assert_eq!(at_hub.iter().collect::<BTreeSet<_>>(), ids, "cases at the hub and at the edge");
    assert_eq!((at_hub.len(), cases.len()), (ids.len(), ids.len()), "each once");

    let facts = hub.rows("SELECT case_id, revision, kind FROM facts ORDER BY rowid");
    let mut revisions: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for fact in &facts {
        revisions.entry(fact.get("case_id")).or_default().push(fact.get("revision"));
    }
    for case in &cases {
        let expected: Vec<i64> = (1..=case.revision).collect();
        assert_eq!(revisions[&case.id], expected, "facts of {} in order of arrival", case.id);
    }
    for camera in cases.iter().map(|case| &case.camera).collect::<BTreeSet<_>>() {
        let made: Vec<&str> =
            cases.iter().filter(|case| &case.camera == camera).map(|case| &*case.id).collect();
        let opened: Vec<String> = facts
            .iter()
            .filter(|fact| fact.get::<String, _>("kind") == "opened")
            .map(|fact| fact.get("case_id"))
            .filter(|id: &String| made.contains(&id.as_str()))
            .collect();
        assert_eq!(opened, made, "the order in which {camera} opened its cases");
    }
    assert_one_case_a_stay(&cases);

    let open = "SELECT count(*) FROM case_evidence LEFT JOIN evidence USING (sha256)
                WHERE evidence.complete IS NOT 1";
    assert_eq!(hub.count(open), 0, "pictures that facts name and the hub does not hold");
    cases.len()
}

fn assert_one_case_a_stay(cases: &[EdgeCase]) {
    let mut ended: BTreeMap<(&str, &str, &str), Option<&str>> = BTreeMap::new();
    for case in cases.iter().filter(|case| STANDING.contains(&case.pattern.as_str())) {
        let place = (case.camera.as_str(), case.zone.as_str(), case.pattern.as_str());
        if let Some(before) = ended.insert(place, case.gone_at.as_deref()) {
            let gone = before.unwrap_or_else(|| panic!("{place:?} has two open cases"));
            assert!(gone <= case.first_seen_at.as_str(), "{place:?} was opened twice at one time");
        }
    }
}
