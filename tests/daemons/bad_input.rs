//! What is wrong outside is named with its place and its cure, and the rest goes on.

use crate::daemons::{Daemon, Site, ready, root, street, until};
use std::{fs, net::TcpListener, process::Command};

fn street_uri() -> String {
    street().display().to_string()
}

#[test]
fn the_shipped_configuration_is_sound() {
    let checked = Command::new(env!("CARGO_BIN_EXE_gridwarden"))
        .args(["check", "packaging"])
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.contains("2 files checked, 0 faults"), "{said}");
}

#[test]
fn a_faulty_camera_is_named_and_the_others_go_on() {
    if !ready() {
        return;
    }
    let site = Site::new("allow_anonymous true");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fs::write(site.path("notes.mp4"), "these are notes, not a video\n".repeat(500)).unwrap();
    site.write_camera("good", &street_uri(), 1, "");
    site.write_camera("absent", &format!("rtsp://{free}/main"), 1, "");
    site.write_camera("notes", "notes.mp4", 1, "");
    site.write_edge(&["absent", "notes", "good"]);
    let (_hub, mut edge) = (site.hub(), site.edge());
    edge.until_logged(&["camera lost", "absent", &free.to_string()]);
    edge.until_logged(&["camera lost", "notes.mp4", "not a video file"]);
    let good = "SELECT count(*) FROM cases WHERE camera_id = 'good'";
    until("a case of the good camera", || site.hub_database().count(good) > 0);
    assert!(edge.is_running());
}

#[test]
fn a_broker_that_refuses_holds_up_nothing_but_the_sending() {
    if !ready() {
        return;
    }
    let site = Site::new("allow_anonymous false");
    site.write_camera("street", &street_uri(), 1, "");
    site.write_edge(&["street"]);
    let edge = site.edge();
    edge.until_logged(&[&site.broker.url(), "NotAuthorized", "check user and password"]);
    let database = site.edge_database();
    until("cases wait", || database.count("SELECT count(*) FROM outbox WHERE revision = 1") > 2);
}

/// An edge that ends at once with code 2; returns what it said.
fn refused(mut edge: Daemon) -> String {
    assert_eq!(edge.ended().code(), Some(2), "{}", edge.log());
    edge.log()
}

#[test]
fn a_model_that_is_not_what_its_manifest_says_ends_the_start() {
    if !ready() {
        return;
    }
    let site = Site::new("allow_anonymous true");
    let shipped = fs::read_to_string(root().join("models/street-nano.toml")).unwrap();
    let network = root().join("models/street-nano.onnx").display().to_string();
    let shipped = shipped.replace("\"street-nano.onnx\"", &format!("\"{network}\""));
    let said_with = |manifest: &str| {
        fs::write(site.path("model.toml"), manifest).unwrap();
        let model = site.path("model.toml");
        site.write_camera_with_model("street", &street_uri(), 1, "", &model);
        site.write_edge(&["street"]);
        let _ = fs::remove_file(site.path("edge.log"));
        refused(site.edge())
    };
    let said = said_with(&shipped.replace("width_px = 640", "width_px = 320"));
    for part in ["model.toml:", "input.width_px", "320", "640"] {
        assert!(said.contains(part), "{part:?} is missing in {said}");
    }
    let said = said_with(&shipped.replace("street-nano.onnx", "gone.onnx"));
    assert!(said.contains("gone.onnx") && said.contains("cannot be read"), "{said}");
    assert_eq!(said.matches("model.toml:").count(), 1, "told once: {said}");
    let mut other_digest = shipped.clone();
    let first = shipped.find("sha256 = \"").unwrap() + "sha256 = \"".len();
    let digit = if shipped[first..].starts_with('0') { "1" } else { "0" };
    other_digest.replace_range(first..=first, digit);
    let said = said_with(&other_digest);
    assert!(said.contains("sha256") && said.contains("the file's digest is"), "{said}");
    let said = said_with(&format!("colour = 1\n{shipped}"));
    assert!(said.contains("model.toml:1") && said.contains("colour"), "{said}");
}
