//! `package` over a register that a hub wrote, while that hub still has it open.

use crate::{
    dataset::Town,
    support::{Ended, run},
};
use gridwarden::roles::hub::first_start::{package_key, public_key_file};
use std::{ffi::OsStr, fs, os::unix::fs::PermissionsExt};

impl Town {
    fn package(&self, case: &str, out: &str) -> Ended {
        let (config, out) = (self.folder.path().join("hub.toml"), self.folder.path().join(out));
        let args: [&OsStr; 9] = [
            "package".as_ref(),
            "--config".as_ref(),
            config.as_os_str(),
            "--case".as_ref(),
            case.as_ref(),
            "--out".as_ref(),
            out.as_os_str(),
            "--by".as_ref(),
            "li".as_ref(),
        ];
        run(args)
    }
}

#[tokio::test]
async fn an_audit_computes_the_roots_anew_and_tells_one_that_was_another() {
    let town = Town::new().await;
    town.case(1, |_| {}).await;
    let config = town.folder.path().join("hub.toml");
    let audit = |more: &[&str]| {
        let args = ["audit", "--config", config.to_str().unwrap()];
        run(args.iter().chain(more))
    };
    let (store, now) = (&town.register.store, town.register.now());
    let root = store.seal_day("2026-11-27".parse().unwrap(), now).await.unwrap().unwrap().root;
    let same = audit(&["--root", &format!("2026-11-27={root}")]);
    assert_eq!(same.code, 0, "{}", same.shown());
    assert!(same.stdout.starts_with(&format!("2026-11-27 {root} ")), "{}", same.shown());
    let other = audit(&["--json", "--root", &format!("2026-11-27={}", "0".repeat(64))]);
    assert_eq!(other.code, 1, "{}", other.shown());
    assert!(other.stdout.contains(&format!("its root is {root} now")), "{}", other.shown());
    let missing = audit(&["--root", &format!("2026-11-26={root}")]);
    assert_eq!(missing.code, 1, "{}", missing.shown());
    let short = audit(&["--root", "2026-11-27=12"]);
    assert_eq!(short.code, 2, "{}", short.shown());
}

#[tokio::test]
async fn a_zip_and_a_folder_of_one_case_both_hold_against_the_hubs_public_key() {
    let town = Town::new().await;
    let (case_id, clean) = town.case(1, |_| {}).await;
    let case_id = case_id.to_string();
    let key = town.folder.path().join("package-key.pem");
    let early = town.package(&case_id, "case.zip");
    assert_eq!(early.code, 2, "{}", early.shown());
    assert!(early.stderr.contains("evidence.key_file = "), "{}", early.shown());
    assert!(!key.exists(), "a key is the hub's to make");
    package_key(&key).unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let public = public_key_file(&key);
    for out in ["case.zip", "case"] {
        let made = town.package(&case_id, out);
        assert_eq!(made.code, 0, "{}", made.shown());
        let out = town.folder.path().join(out);
        let args: [&OsStr; 4] =
            ["verify-package".as_ref(), "--key".as_ref(), public.as_os_str(), out.as_os_str()];
        let ended = run(args);
        assert_eq!(ended.code, 0, "{}", ended.shown());
        assert!(ended.stdout.contains(&case_id), "{}", ended.shown());
    }
    let views = town.register.store.views_of(clean.as_str()).await.unwrap();
    let row = ("li".to_owned(), "package".to_owned(), "package".to_owned());
    assert_eq!(views, [row.clone(), row]);
    let again = town.package(&case_id, "case.zip");
    assert_eq!(again.code, 2, "what is there is not written over: {}", again.shown());
    let unknown = town.package("019b76da-a800-7000-8000-00000000ffff", "other.zip");
    assert_eq!(unknown.code, 2, "{}", unknown.shown());
    assert!(unknown.stderr.contains("the hub has no such case"), "{}", unknown.shown());
    assert!(!town.folder.path().join("other.zip").exists());
}
