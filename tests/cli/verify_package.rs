//! `verify-package` over the package in `tests/golden/package/`, which holds in every later version.

use crate::support::{line, root, run};
use serde_json::Value;
use std::{fs, path::Path};

const PACKAGE: &str = "tests/golden/package";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_package_holds_and_it_is_told_what_was_checked() {
    let ended = line(&format!("verify-package --key {PACKAGE}/key.pem {PACKAGE}"));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    for said in ["signed by key deb2ded3", "one of those given", "6 entries", "\nHOLDS\n"] {
        assert!(ended.stdout.contains(said), "{said}: {}", ended.shown());
    }
    assert_eq!(ended.stderr, "");
    // Without a key to compare with: whole, and no more than that.
    let ended = line(&format!("verify-package {PACKAGE} --json"));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&report["holds"], &report["key_known"]), (&true.into(), &Value::Null));
    assert!(ended.stderr.contains("no --key given"), "{}", ended.shown());
}

#[test]
fn what_does_not_hold_is_named_and_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    copy(&root().join(PACKAGE), &package);
    let page = package.join("index.html");
    let text = fs::read_to_string(&page).unwrap().replacen("已清运", "未清运", 1);
    fs::write(&page, text).unwrap();
    fs::write(package.join("more\u{1b}[2J.html"), "").unwrap();
    let ended = run(["verify-package".as_ref(), package.as_os_str()]);
    assert_eq!(ended.code, 1, "{}", ended.shown());
    assert!(ended.stdout.contains("  index.html: its digest is "), "{}", ended.shown());
    assert!(ended.stdout.contains("more\u{fffd}[2J.html: allowed"), "{}", ended.shown());
    assert!(ended.stdout.ends_with("DOES NOT HOLD\n"), "{}", ended.shown());
    // Of another hub.
    let stranger = folder.path().join("stranger.pem");
    let key = fs::read_to_string(root().join(PACKAGE).join("key.pem")).unwrap();
    fs::write(&stranger, key.replace("PUAXw+hD", "PUAXw+hA")).unwrap();
    assert_ne!(fs::read_to_string(&stranger).unwrap(), key);
    let stranger = stranger.display();
    let ended = line(&format!("verify-package --json --key {stranger} {PACKAGE}"));
    assert_eq!(ended.code, 1, "{}", ended.shown());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["faults"][0]["kind"], "unknown_key");
    // No zip at all.
    let notes = folder.path().join("notes.zip");
    fs::write(&notes, "these are notes, not a package").unwrap();
    let ended = run(["verify-package".as_ref(), notes.as_os_str()]);
    assert_eq!(ended.code, 1, "{}", ended.shown());
    assert!(ended.stdout.contains("the package: it does not end with"), "{}", ended.shown());
}

#[test]
fn a_path_or_a_key_that_cannot_be_read_ends_with_2() {
    for (args, said) in [
        ("verify-package no/such/package".to_owned(), "no/such/package: "),
        (format!("verify-package --key no.pem {PACKAGE}"), "--key no.pem: "),
        (
            format!("verify-package --key {PACKAGE}/manifest.json {PACKAGE}"),
            "expected: a public key",
        ),
    ] {
        let ended = line(&args);
        assert_eq!(ended.code, 2, "{args}: {}", ended.shown());
        assert!(ended.stderr.contains(said), "{args}: {}", ended.shown());
    }
}
