//! Two edge boxes that look at one street: one case at the hub, with two witnesses.

use crate::daemons::{Daemon, Site, ready, root, until};
use std::fs;

/// An edge whose only camera is the rendered street with its calibration.
fn edge(site: &Site, node: &str) -> Daemon {
    let shipped = root().join("pipelines/demo_street.toml");
    let camera = fs::read_to_string(shipped).unwrap();
    let camera = camera
        .replace("id = \"demo-street\"", &format!("id = \"street-of-{node}\""))
        .replace("\"../", &format!("\"{}/", root().display()));
    fs::write(site.path(&format!("{node}-street.toml")), camera).unwrap();
    let text = site
        .shipped("edge.toml")
        .replace("../pipelines/demo_street.toml", &format!("{node}-street.toml"))
        .replace("id = \"edge-1\"", &format!("id = \"{node}\""))
        .replace("/gridwarden-edge\"", &format!("/data-of-{node}\""));
    let config = site.path(&format!("{node}.toml"));
    fs::write(&config, text).unwrap();
    Daemon::start("edge", &config)
}

#[test]
fn one_stall_before_two_nodes_is_one_case() {
    if !ready() {
        return;
    }
    let site = Site::new("allow_anonymous true");
    let hub = site.hub();
    until("the hub has made a token", || site.path("gridwarden-hub/node-token").exists());
    let _edges = [edge(&site, "east"), edge(&site, "west")];
    hub.until_logged(&["hub serves"]);
    let database = site.hub_database();
    let merged = "SELECT count(*) FROM cases WHERE state = 'MERGED' \
                  AND pattern_id = 'roadside_stall'";
    until("the second node's stall is merged", || database.count(merged) > 0);
    let waiting = "SELECT count(*) FROM cases WHERE state = 'PENDING_REVIEW' \
                   AND pattern_id = 'roadside_stall'";
    assert_eq!((database.count(merged), database.count(waiting)), (1, 1));
    let other_node = "SELECT count(*) FROM cases AS merged \
                      JOIN cases AS master ON master.case_id = merged.merged_into \
                      WHERE merged.state = 'MERGED' AND master.node <> merged.node";
    assert_eq!(database.count(other_node), 1);
}
