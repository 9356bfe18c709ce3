//! `gridwarden footage` as a person runs it.

use crate::support::{Encoding, START, Site, all, roomy, secs};
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gridwarden")).arg("footage").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_ring_is_listed_cut_checked_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("footage");
    std::fs::create_dir(&dir).unwrap();
    let stream = Encoding::default().stream();
    let mut site = Site::new(&dir, roomy(), secs(5.0));
    site.feed(&stream, 0..50);
    site.clock.advance(secs(5.0));
    site.feed(&stream, 0..50);
    site.stop();
    let shown = dir.to_str().unwrap();

    let listed = run(&["list", "--dir", shown]);
    let lines = text(&listed.stdout);
    assert!(listed.status.success());
    assert!(lines.starts_with(&format!("street: {START} to ")), "{lines}");
    assert!(lines.contains("missing") && lines.contains("stream_lost"), "{lines}");
    let json: serde_json::Value =
        serde_json::from_slice(&run(&["list", "--dir", shown, "--json"]).stdout).unwrap();
    assert_eq!(json["segments"].as_array().unwrap().len(), 4);
    assert_eq!(json["holes"][0]["reason"], "stream_lost");

    let (from, to) = (START.plus(secs(2.5)), START.plus(secs(4.5)));
    let out = folder.path().join("clip.mp4");
    let (from, to) = (from.to_string(), to.to_string());
    let cut = ["cut", "--dir", shown, "--camera", "street", "--from", &from, "--to", &to, "--out"];
    let made = run(&[&cut[..], &[out.to_str().unwrap()]].concat());
    assert!(made.status.success(), "{}", text(&made.stderr));
    let begins = START.plus(secs(2.0));
    assert!(text(&made.stdout).contains(&format!("{begins} to ")), "{}", text(&made.stdout));
    let exact = folder.path().join("exact.mp4");
    let made = run(&[&cut[..], &[exact.to_str().unwrap(), "--exact"]].concat());
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("2026-01-01T00:00:02.600Z to "), "{}", text(&made.stdout));
    assert!(!folder.path().join("exact.parts").exists());

    assert!(run(&["fsck", "--dir", shown]).status.success());
    let torn = all(&dir)[1].path.clone();
    let bytes = std::fs::read(&torn).unwrap();
    std::fs::write(&torn, &bytes[..bytes.len() / 2]).unwrap();
    let found = run(&["fsck", "--dir", shown]);
    assert_eq!(found.status.code(), Some(1));
    let name = torn.file_name().unwrap().to_str().unwrap();
    let lines = text(&found.stdout);
    assert!(lines.contains(name) && lines.contains("torn: readable"), "{lines}");
    assert!(run(&["fsck", "--dir", shown, "--repair"]).status.success());
    let json: serde_json::Value =
        serde_json::from_slice(&run(&["fsck", "--dir", shown, "--deep", "--json"]).stdout).unwrap();
    assert_eq!(json["findings"], serde_json::json!([]));
}

#[test]
fn bad_usage_names_the_value_and_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::new(folder.path(), roomy(), secs(5.0));
    site.feed(&Encoding::default().stream(), 0..50);
    site.stop();
    let dir = folder.path().to_str().unwrap();
    let (a, b) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z");
    let cut = |camera, from, to, out| {
        run(&["cut", "--dir", dir, "--camera", camera, "--from", from, "--to", to, "--out", out])
    };
    for (ended, parts) in [
        (run(&["list", "--dir", "/no/such/ring"]), vec!["--dir", "/no/such/ring"]),
        (run(&["fsck", "--dir", "/no/such/ring"]), vec!["--dir", "/no/such/ring"]),
        (run(&["list", "--dir", dir, "--camera", "roof"]), vec!["--camera", "roof", "street"]),
        (cut("street", b, a, "x.mp4"), vec!["--to", "--from"]),
        (cut("street", a, b, "x.avi"), vec!["--out", "x.avi", ".mp4"]),
        (
            cut("street", "2025-01-01T00:00:00Z", "2025-01-01T00:01:00Z", "x.mp4"),
            vec!["before_retention"],
        ),
    ] {
        let told = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{told}");
        assert!(parts.iter().all(|part| told.contains(part)), "{parts:?}: {told}");
    }
}
