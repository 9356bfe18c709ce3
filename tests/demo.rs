//! The demo as a newcomer sees it: real footage and a rendered street become cases, a person reviews
//! them in a real browser, an emptied bin is verified from footage and closed.
//!
//! Needs the page (`--features console`) and what `make test` sets up: ONNX Runtime, the sample
//! footage, Mosquitto, Chromium, Node.js.
#![cfg(all(feature = "demo", feature = "console"))]

use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
};

/// An upper limit; the test ends the demo once it has seen what it waits for.
const FOR_SECS: &str = "300";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the demo lacks on this machine, in words.
fn missing() -> Option<&'static str> {
    let there = |path: &str| root().join(path).exists();
    if !there(".build/footage/vtest.mp4") {
        return Some("sample footage");
    }
    if !there(".build/onnxruntime/libonnxruntime.so")
        && std::env::var_os("ORT_DYLIB_PATH").is_none()
    {
        return Some("ONNX Runtime");
    }
    if !Path::new("/usr/sbin/mosquitto").exists() {
        return Some("mosquitto");
    }
    (!Path::new("/usr/bin/chromium").exists()).then_some("chromium")
}

/// Lines of the demo, read on a thread of their own so that it never waits for a full pipe.
fn lines_of(demo: &mut Child) -> Receiver<String> {
    let (sender, lines) = sync_channel(1_000);
    let output = BufReader::new(demo.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            println!("{line}");
            // The test may have seen enough.
            let _ = sender.try_send(line);
        }
    });
    lines
}

/// The next line that has all the words; the end of the demo is the end of the wait.
fn wait_for(lines: &Receiver<String>, words: &[&str]) -> String {
    let found = lines.iter().find(|line| words.iter().all(|word| line.contains(word)));
    found.unwrap_or_else(|| panic!("the demo ended without saying {words:?}"))
}

#[test]
fn footage_becomes_reviewed_and_verified_cases() {
    if let Some(what) = missing() {
        println!("skipped: no {what}; `make test` sets it up");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let summary = dir.path().join("summary.json");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_gridwarden"))
        .args(["demo", "--for-secs", FOR_SECS, "--port", "0", "--summary"])
        .arg(&summary)
        .current_dir(root())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = lines_of(&mut demo);
    let told = wait_for(&lines, &["/signin?ticket="]);
    let address = told.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    let (base, ticket) = address.split_once("/signin?ticket=").unwrap();

    let page = Command::new("node")
        .arg("console/e2e/review.mjs")
        .args(["--base", base, "--ticket", ticket, "--decide", "confirm"])
        .args(["--wait-secs", "120", "--out"])
        .arg(dir.path())
        .current_dir(root())
        .output()
        .unwrap();
    wait_for(&lines, &["Overflowing bin", "CLOSED"]);
    let interrupted = Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let ended = demo.wait().unwrap();
    let told =
        String::from_utf8_lossy(&page.stdout).into_owned() + &String::from_utf8_lossy(&page.stderr);
    assert!(page.status.success(), "the page: {told}");
    assert!(ended.success(), "the demo ended with {ended}");

    let report: Value = serde_json::from_slice(&std::fs::read(&summary).unwrap()).unwrap();
    let number = |key: &str| report[key].as_u64().unwrap_or_else(|| panic!("{key} in {report}"));
    let by_pattern = &report["cases_by_pattern"];
    assert!(by_pattern["crowd"].as_u64() >= Some(1), "a crowd on the real footage: {report}");
    assert!(
        by_pattern["bin_overflowing"].as_u64() >= Some(1),
        "a bin on the rendered street: {report}"
    );
    // The clip loops: each pass sets up one stall and fills one bin, and may be cut between the two.
    let of = |pattern: &str| by_pattern[pattern].as_i64().unwrap_or(0);
    let (stalls, bins) = (of("roadside_stall"), of("bin_overflowing"));
    assert!(stalls >= 1 && (stalls - bins).abs() <= 1, "one stall is one case: {report}");
    assert_eq!((number("lost"), number("cases")), (0, number("published")));
    assert!(number("closed_with_both_pictures") >= 1, "{report}");
    let verdicts: Vec<&str> =
        report["verdicts"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let at = |wanted: &str| verdicts.iter().position(|verdict| *verdict == wanted);
    let (full, emptied) =
        (at("postcheck bin_overflowing PRESENT"), at("postcheck bin_overflowing CLEARED"));
    assert!(
        full.is_some() && full < emptied,
        "PRESENT before the emptying, CLEARED after: {verdicts:?}"
    );
    assert!(at("precheck crowd PRESENT").is_some(), "{verdicts:?}");
    let photographs = report["photographs"].as_array().unwrap();
    assert_eq!(photographs[0], "PRESENT", "a photograph of the full bin: {photographs:?}");
    assert!(photographs.contains(&"CLEARED".into()), "one of the emptied bin: {photographs:?}");
}
