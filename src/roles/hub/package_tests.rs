//! A package of a closed case: what stands in it, and that nothing of it can be changed unseen.
//!
//! `GOLDEN_WRITE=1 cargo test --lib package_tests` writes `tests/golden/package/` anew.

use super::{
    package::{Package, PackageError, assemble},
    samples::{Bench, DISTRICT, START, case_id, fact, picture},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{audit::BrokenChain, lifecycle::Event},
        package::{
            KEY, MANIFEST, SIGNATURE, SUMS,
            check::{FaultKind, Report},
            sums, zip,
        },
        wire::{VerifyRequestData, VerifyResultData},
    },
    drivers::{
        package::read_zip,
        signature::{PublicKey, SigningKey},
        store::hub::{Decision, NewVerification},
    },
    roles::tools::verify_package::{judge, verify_package},
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};
use uuid::Uuid;

/// The secret key of RFC 8032, 7.1, test 2.
const KEY_PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n\
    -----END PRIVATE KEY-----\n";

fn key() -> SigningKey {
    SigningKey::from_pem(KEY_PEM).unwrap()
}

fn after(secs: u64) -> WallTime {
    START.plus(Duration::from_secs(secs))
}

/// A case from its opening to its closing by video, with another node's case merged into it.
async fn closed_case(bench: &Bench) {
    closed_case_with(bench, &json!({})).await;
}

/// `told`: what the result of the look says beyond its verdict.
async fn closed_case_with(bench: &Bench, told: &Value) {
    let store = &bench.register.store;
    let before = bench.hold(b"the bin is full").await;
    let clip = bench.hold(b"clip of a full bin").await;
    let emptied = bench.hold(b"the bin is empty").await;
    let elsewhere = bench.hold(b"the bin from the other side").await;
    let mut film = picture("clip", &clip, START);
    film["media_type"] = json!("video/mp4");
    let evidence = vec![picture("snapshot", &before, START), film];
    bench.send_fact("edge-1", &fact(1, 1, "opened", evidence)).await;
    let mut other = fact(2, 1, "opened", vec![picture("annotated", &elsewhere, START)]);
    other.camera.node = "edge-2".parse().unwrap();
    bench.send_fact("edge-2", &other).await;
    let decide = async |event, actor: &str, at| {
        store.decide(case_id(1), None, &Decision::new(event, actor, at)).await.unwrap();
    };
    decide(Event::Confirm, "li", after(10)).await;
    let mut said = Decision::new(Event::Feedback, "platform", after(60));
    said.note = Some("已清运 <b>&\"".to_owned());
    store.feedback(case_id(1), "crew", after(50), &[], &said).await.unwrap();
    let mut gone = fact(2, 2, "gone", vec![]);
    gone.camera.node = "edge-2".parse().unwrap();
    bench.send_fact("edge-2", &gone).await;
    let request = VerifyRequestData {
        request_id: Uuid::from_u128(9),
        kind: crate::domain::wire::VerifyKind::Postcheck,
        camera: "gate".parse().unwrap(),
        cell: None,
        pattern: "bin_overflowing".parse().unwrap(),
        zone: Some("pavement".parse().unwrap()),
        from: after(50),
        to: after(60),
        not_before: Some(after(50)),
        deadline: after(90),
        case_id: Some(case_id(1)),
        priority: None,
        photographs: Vec::new(),
    };
    let new = NewVerification {
        case_id: case_id(1),
        round: 1,
        try_number: 1,
        node: "edge-1".parse().unwrap(),
        request,
        send_at: after(60),
    };
    let begins = Decision::new(Event::PostcheckStarted, "auto:postcheck", after(60));
    store.request_verification(&new, Some(&begins), after(60)).await.unwrap();
    let mut result = json!({
        "request_id": Uuid::from_u128(9), "case_id": case_id(1),
        "verdict": {
            "verdict": "CLEARED", "reasons": ["not_found"], "advisory": false,
            "looks": [{"from": after(50), "to": after(60), "frames": 20, "valid_frames": 19, "found": 0}],
            "positive_control": {"ran": true, "found": true},
            "health": {"frames": 20, "valid": 19, "black": 0, "covered": 0, "blurred": 1, "frozen": 0},
            "fov_match": 0.97, "model": {"id": "m", "sha256": "0".repeat(64)},
            "pattern": {"id": "bin_overflowing", "version": "3"},
        },
        "evidence": [picture("after", &emptied, after(55))],
    });
    for (key, value) in told.as_object().unwrap() {
        result[key] = value.clone();
    }
    let result: VerifyResultData = serde_json::from_value(result).unwrap();
    store.keep_result(&new.node, &result, after(70)).await.unwrap();
    let cleared = Event::VerdictPostcheck(crate::domain::verdict::Outcome::Cleared);
    let mut cleared = Decision::new(cleared, "auto:postcheck", after(71));
    cleared.reason = Some("not_found".to_owned());
    store.settle(Uuid::from_u128(9), case_id(1), &cleared).await.unwrap();
}

async fn packed(bench: &Bench, case: u128) -> Result<Package, PackageError> {
    assemble(&bench.register, &DISTRICT.parse().unwrap(), &key(), case_id(case)).await
}

async fn zipped(bench: &Bench) -> Vec<u8> {
    let package = packed(bench, 1).await.unwrap();
    let length = package.zip_bytes();
    let mut bytes = Vec::new();
    let mut chunks = pin!(package.into_zip(bench.register.files.clone()));
    while let Some(chunk) = chunks.try_next().await.unwrap() {
        bytes.extend(&chunk);
    }
    assert_eq!(bytes.len() as u64, length);
    bytes
}

/// The files of a package in memory.
#[derive(Clone)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    async fn of(bench: &Bench) -> Self {
        Self::of_case(bench, 1).await
    }

    async fn of_case(bench: &Bench, case: u128) -> Self {
        let mut files = BTreeMap::new();
        let package = packed(bench, case).await.unwrap();
        for (name, content) in package.into_files(bench.register.files.clone()) {
            let content = pin!(content);
            let bytes = content.try_fold(Vec::new(), async |mut bytes, chunk| {
                bytes.extend(&chunk);
                Ok(bytes)
            });
            files.insert(name, bytes.await.unwrap());
        }
        Self(files)
    }

    fn write(&self, folder: &Path) {
        for (name, bytes) in &self.0 {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    fn entries(&self) -> Vec<zip::ZipEntry> {
        let entry = |(name, bytes): (&String, &Vec<u8>)| zip::ZipEntry {
            name: name.clone(),
            bytes: bytes.len() as u32,
            crc32: crc32fast::hash(bytes),
        };
        self.0.iter().map(entry).collect()
    }

    fn zip(&self) -> Vec<u8> {
        zip_of(&self.entries(), self.0.values())
    }

    /// As whoever holds `key` would, after changing something.
    fn sign(&mut self, key: &SigningKey) {
        self.0.remove(SIGNATURE);
        self.0.remove(SUMS);
        self.0.insert(KEY.to_owned(), key.public().to_pem().into_bytes());
        let digest = |bytes: &Vec<u8>| crate::drivers::evidence::files::Digest256::of(bytes);
        let list = self.0.iter().map(|(name, bytes)| (name.clone(), digest(bytes).to_string()));
        let list = sums::write(&list.collect());
        self.0.insert(SIGNATURE.to_owned(), key.sign(list.as_bytes()).to_vec());
        self.0.insert(SUMS.to_owned(), list.into_bytes());
    }

    fn manifest(&self) -> Value {
        serde_json::from_slice(&self.0[MANIFEST]).unwrap()
    }
}

fn zip_of<'a>(entries: &[zip::ZipEntry], contents: impl Iterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (entry, content) in entries.iter().zip(contents) {
        bytes.extend(zip::header(entry));
        bytes.extend(content);
    }
    bytes.extend(zip::trailer(entries));
    bytes
}

fn judged(zip: &[u8], keys: &[PublicKey]) -> Report {
    judge(&read_zip(Cursor::new(zip)).unwrap(), keys)
}

fn holds(zip: &[u8]) -> bool {
    judged(zip, &[key().public()]).holds
}

/// `(file, kind)` of each fault.
fn faults(report: &Report) -> Vec<(&str, FaultKind)> {
    report.faults.iter().map(|fault| (fault.file.as_str(), fault.kind)).collect()
}

async fn bench() -> (tempfile::TempDir, Bench) {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    closed_case(&bench).await;
    (dir, bench)
}

/// As few bytes as a package has: a case just opened, with one picture.
async fn small() -> (tempfile::TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    let picture = picture("snapshot", &bench.hold(b"the bin is full").await, START);
    bench.send_fact("edge-1", &fact(1, 1, "opened", vec![picture])).await;
    let files = Files::of(&bench).await;
    (dir, files)
}

#[tokio::test]
async fn a_package_tells_the_whole_story_and_always_in_the_same_bytes() {
    let (_dir, bench) = bench().await;
    let files = Files::of(&bench).await;
    assert_eq!(files.zip(), zipped(&bench).await);
    assert_eq!(zipped(&bench).await, zipped(&bench).await);
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/package");
    if std::env::var_os("GOLDEN_WRITE").is_some() {
        let _ = fs::remove_dir_all(&golden);
        files.write(&golden);
    }
    for (name, bytes) in &files.0 {
        assert!(fs::read(golden.join(name)).unwrap() == *bytes, "{name} is not the golden one");
    }
    let report = verify_package(&golden, &[key().public()]).unwrap();
    assert!(report.holds, "{report:?}");
    let page = String::from_utf8(files.0["index.html"].clone()).unwrap();
    assert!(!page.contains("<script") && !page.contains("http"), "it needs no network");
    assert!(page.contains("已清运 &lt;b&gt;&amp;&quot;") && page.contains("已结案"));
    let manifest = files.manifest();
    for picture in manifest["cases"][0]["evidence"].as_array().unwrap() {
        let file = picture["file"].as_str().unwrap();
        assert!(page.contains(&format!("src=\"{file}\"")), "{file} is shown");
    }
    let report = judged(&files.zip(), &[key().public()]);
    assert!(report.holds && report.key_known == Some(true), "{report:?}");
    assert_eq!(report.chains.len(), 2, "its own and that of the merged case");
    assert_eq!(judged(&files.zip(), &[]).key_known, None);
}

#[tokio::test]
async fn what_a_look_measured_is_in_the_package_frame_by_frame() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    let measured = json!({
        "answered_at": after(69), "clock": "arrival", "frame_px": [640, 360],
        "zones": [{"id": "pavement", "polygon_px": [[0.0, 0.0], [640.0, 0.0], [640.0, 360.0]]}],
        "place_px": [10, 20, 30, 40],
        "thresholds": {"filing_score_min": 0.4, "clearing_score_min": 0.24,
                       "valid_frames_min": 30, "looks_min": 2},
        "frames": [{"look": 0, "at": START, "condition": "ok", "showing": "surely", "score": 0.9,
                    "box_px": [1, 2, 3, 4]},
                   {"look": 1, "at": after(51), "condition": "blurred", "showing": "nothing"}],
    });
    closed_case_with(&bench, &json!({ "measured": measured })).await;
    let files = Files::of(&bench).await;
    assert!(holds(&files.zip()));
    let manifest = files.manifest();
    let case = &manifest["cases"][0];
    let told = &case["looks"][0]["measured"];
    assert_eq!((&told["zones"], &told["place_px"][3]), (&measured["zones"], &json!(40.0)));
    assert_eq!(told["thresholds"]["valid_frames_min"], 30);
    assert_eq!(told.get("frames"), None, "they are a file of their own");
    let table = case["evidence"].as_array().unwrap().iter().find(|one| one["role"] == "frames");
    let table = table.expect("it is named")["file"].as_str().unwrap();
    let csv = String::from_utf8(files.0[table].clone()).unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.contains("0.9,1,2,3,4"), "{csv}");
    let page = String::from_utf8(files.0["index.html"].clone()).unwrap();
    assert!(page.contains(&format!("href=\"{table}\"")));
    let mut altered = files.clone();
    altered.0.get_mut(table).unwrap()[9] ^= 1;
    assert!(!holds(&altered.zip()));
}

#[tokio::test]
async fn a_zip_with_any_one_byte_changed_does_not_hold() {
    let (_dir, whole) = small().await;
    let whole = whole.zip();
    assert!(holds(&whole));
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 1 << (at % 8);
        assert!(!holds(&altered), "byte {at} of {}", whole.len());
    }
}

#[tokio::test]
async fn a_folder_with_any_one_byte_changed_does_not_hold() {
    let (_dir, files) = small().await;
    let folder = tempfile::tempdir().unwrap();
    files.write(folder.path());
    let check = || verify_package(folder.path(), &[key().public()]).unwrap();
    assert!(check().holds);
    for (name, bytes) in &files.0 {
        let path = folder.path().join(name);
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << (at % 8);
            fs::write(&path, altered).unwrap();
            assert!(!check().holds, "byte {at} of {name}");
        }
        fs::write(&path, bytes).unwrap();
    }
    assert!(check().holds);
}

#[tokio::test]
async fn a_zip_that_is_cut_off_or_longer_does_not_hold() {
    let (_dir, bench) = bench().await;
    let whole = zipped(&bench).await;
    for length in 0..whole.len() {
        assert!(!holds(&whole[..length]), "{length} of {} bytes", whole.len());
    }
    assert!(!holds(&[&whole[..], b"\0"].concat()));
    assert!(!holds(&[b"\0", &whole[..]].concat()));
}

#[tokio::test]
async fn files_that_are_missing_added_or_renamed_are_named() {
    let (_dir, bench) = bench().await;
    let whole = Files::of(&bench).await;
    let picture = whole.0.keys().find(|name| name.ends_with(".mp4")).unwrap().clone();
    for name in whole.0.keys() {
        let mut without = whole.clone();
        without.0.remove(name);
        let report = judged(&without.zip(), &[key().public()]);
        assert!(faults(&report).contains(&(name, FaultKind::Missing)), "{name}: {report:?}");
    }
    let mut more = whole.clone();
    more.0.insert("files/more.jpg".to_owned(), b"more".to_vec());
    let report = judged(&more.zip(), &[]);
    assert!(faults(&report).contains(&("files/more.jpg", FaultKind::Extra)), "{report:?}");
    let mut renamed = whole.clone();
    let content = renamed.0.remove(&picture).unwrap();
    renamed.0.insert("files/other.mp4".to_owned(), content);
    let report = judged(&renamed.zip(), &[]);
    let named = faults(&report);
    assert!(named.contains(&(&picture, FaultKind::Missing)), "{report:?}");
    assert!(named.contains(&("files/other.mp4", FaultKind::Extra)), "{report:?}");
}

#[tokio::test]
async fn in_a_folder_links_hidden_files_and_other_folders_are_named() {
    let (_dir, bench) = bench().await;
    let files = Files::of(&bench).await;
    for (name, make) in [
        (".hidden", (|path| fs::write(path, "x").unwrap()) as fn(&Path)),
        ("more", |path| fs::create_dir(path).unwrap()),
        ("files/more", |path| fs::create_dir(path).unwrap()),
        ("link.html", |path| std::os::unix::fs::symlink("/etc/hostname", path).unwrap()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        files.write(folder.path());
        make(&folder.path().join(name));
        let report = verify_package(folder.path(), &[]).unwrap();
        assert_eq!(faults(&report), [(name, FaultKind::Extra)], "{name}");
    }
    // A listed file that has become a link to the same bytes elsewhere.
    let folder = tempfile::tempdir().unwrap();
    files.write(folder.path());
    let page = folder.path().join("index.html");
    fs::rename(&page, folder.path().with_extension("elsewhere")).unwrap();
    std::os::unix::fs::symlink(folder.path().with_extension("elsewhere"), &page).unwrap();
    assert!(!verify_package(folder.path(), &[]).unwrap().holds);
    fs::remove_file(folder.path().with_extension("elsewhere")).unwrap();
}

#[tokio::test]
async fn a_signature_of_nobody_or_of_a_key_that_is_not_trusted_does_not_hold() {
    let (_dir, bench) = bench().await;
    let whole = Files::of(&bench).await;
    for forged in [vec![0; 64], vec![], vec![0; 65]] {
        let mut files = whole.clone();
        files.0.insert(SIGNATURE.to_owned(), forged);
        let report = judged(&files.zip(), &[key().public()]);
        assert_eq!(faults(&report), [(SIGNATURE, FaultKind::Signature)]);
    }
    let stranger = SigningKey::from_pem(&SigningKey::make().unwrap()).unwrap();
    // Only the signature is the stranger's.
    let mut files = whole.clone();
    files.0.insert(SIGNATURE.to_owned(), stranger.sign(&whole.0[SUMS]).to_vec());
    let report = judged(&files.zip(), &[key().public(), stranger.public()]);
    assert_eq!(faults(&report), [(SIGNATURE, FaultKind::Signature)]);
    // All of it is, and the manifest says so too.
    let mut files = whole.clone();
    let own = key().public().fingerprint();
    let text = String::from_utf8(files.0[MANIFEST].clone()).unwrap();
    let text = text.replace(&own, &stranger.public().fingerprint());
    files.0.insert(MANIFEST.to_owned(), text.into_bytes());
    files.sign(&stranger);
    let report = judged(&files.zip(), &[key().public()]);
    assert_eq!(faults(&report), [(KEY, FaultKind::UnknownKey)]);
    assert!(judged(&files.zip(), &[key().public(), stranger.public()]).holds);
}

#[tokio::test]
async fn even_well_signed_a_story_that_contradicts_itself_does_not_hold() {
    let (_dir, bench) = bench().await;
    let whole = Files::of(&bench).await;
    let changed = |change: fn(&mut Value)| {
        let mut files = whole.clone();
        let mut manifest = files.manifest();
        change(&mut manifest);
        files.0.insert(MANIFEST.to_owned(), serde_json::to_vec(&manifest).unwrap());
        files.sign(&key());
        let report = judged(&files.zip(), &[key().public()]);
        report.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>()
    };
    assert_eq!(changed(|_| {}), []);
    type Change = fn(&mut Value);
    let chain: [Change; 4] = [
        |m| m["cases"][0]["history"][1]["entry"]["actor"] = json!("wang"),
        |m| drop(m["cases"][0]["history"].as_array_mut().unwrap().pop()),
        |m| m["cases"][1]["chain_head"] = json!("0".repeat(64)),
        |m| m["cases"][0]["case"]["version"] = json!(99),
    ];
    for change in chain {
        assert_eq!(changed(change), [FaultKind::Chain]);
    }
    let others: [Change; 5] = [
        |m| m["format"] = json!(2),
        |m| m["case_id"] = json!(case_id(7)),
        |m| m["cases"][0]["evidence"][0]["sha256"] = json!("0".repeat(64)),
        |m| m["cases"][0]["evidence"][0]["file"] = json!("files/none.jpg"),
        |m| drop(m.as_object_mut().unwrap().remove("cases")),
    ];
    for change in others {
        let kinds = changed(change);
        assert!(
            !kinds.is_empty() && kinds.iter().all(|kind| *kind == FaultKind::Manifest),
            "{kinds:?}"
        );
    }
}

#[tokio::test]
async fn the_roots_of_the_days_are_in_the_package_and_its_history_is_under_them() {
    let (_dir, bench) = bench().await;
    bench.register.store.seal_day("2026-01-01".parse().unwrap(), START).await.unwrap();
    let whole = Files::of(&bench).await;
    assert!(judged(&whole.zip(), &[key().public()]).holds);
    assert_eq!(whole.manifest()["cases"][1]["days"][0]["day"], "2026-01-01");
    let changes: [fn(&mut Value); 3] = [
        |day| day["root"] = json!("0".repeat(64)),
        |day| day["inclusion"]["chain"]["number"] = json!(1),
        |day| day["inclusion"]["beside"] = json!([]),
    ];
    for change in changes {
        let (mut files, mut manifest) = (whole.clone(), whole.manifest());
        change(&mut manifest["cases"][0]["days"][0]);
        files.0.insert(MANIFEST.to_owned(), serde_json::to_vec(&manifest).unwrap());
        files.sign(&key());
        let report = judged(&files.zip(), &[key().public()]);
        assert_eq!(faults(&report), [(MANIFEST, FaultKind::Chain)]);
    }
}

#[tokio::test]
async fn a_hostile_zip_is_refused_by_its_directory() {
    let (_dir, bench) = bench().await;
    let whole = Files::of(&bench).await;
    let refused = |zip: &[u8], why: &str| {
        let report = judged(zip, &[key().public()]);
        let reasons: Vec<&str> = report.faults.iter().map(|fault| fault.reason.as_str()).collect();
        assert!(reasons.iter().any(|reason| reason.contains(why)), "{why}: {reasons:?}");
    };
    for name in ["../../etc/passwd", "/etc/passwd", "files\\..\\..\\x"] {
        let mut files = whole.clone();
        files.0.insert(name.to_owned(), b"root".to_vec());
        refused(&files.zip(), "leads out of the package");
    }
    let mut twice = whole.entries();
    twice.insert(1, twice[0].clone());
    let contents = std::iter::once(&whole.0[SUMS]).chain(whole.0.values());
    refused(&zip_of(&twice, contents), "is there twice");
    // Of 4 GiB each, in a file of a few bytes.
    let huge =
        ["a", "b"].map(|name| zip::ZipEntry { name: name.to_owned(), bytes: u32::MAX, crc32: 0 });
    refused(&zip::trailer(&huge), "do not fill it");
    let many: Vec<zip::ZipEntry> = (0..5_000)
        .map(|number| zip::ZipEntry { name: format!("{number:05}"), bytes: 0, crc32: 0 })
        .collect();
    refused(&zip_of(&many, std::iter::repeat(&Vec::new())), "5000 entries");
    // As other programs write it: the method field of the first row of the directory says deflate.
    let mut deflated = whole.zip();
    let directory = deflated.len() - zip::trailer(&whole.entries()).len();
    deflated[directory + 10] = 8;
    refused(&deflated, "compressed or encrypted");
    refused(b"PK\x05\x06", "allowed: 22");
    refused(&vec![0; 4_096], "cut off, or is no zip");
}

#[tokio::test]
async fn a_crews_photograph_is_named_with_what_was_done_and_what_was_said_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::open(dir.path()).await;
    let sha256 = bench.hold(b"of the crew").await.to_string();
    let advice = json!({"verdict": "PRESENT", "reasons": ["found"], "advisory": true, "looks": [],
        "positive_control": {"ran": true, "found": true}, "model": {"id": "m", "sha256": "0"},
        "health": {"frames": 1, "valid": 1, "black": 0, "covered": 0, "blurred": 0, "frozen": 0},
        "fov_match": null, "pattern": {"id": "bin_overflowing", "version": "3"}});
    let told = json!({"photographs": [{"sha256": sha256, "verdict": advice}]});
    closed_case_with(&bench, &told).await;
    bench.register.store.add_photograph(case_id(1), &sha256, after(50)).await.unwrap();
    let files = Files::of(&bench).await;
    let look = &files.manifest()["cases"][0]["looks"][0];
    assert_eq!(look["photographs"][0]["verdict"]["verdict"], "PRESENT");
    let page = String::from_utf8(files.0["index.html"].clone()).unwrap();
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words} in {page}"));
    assert!(at("处置后") < at("处置单位照片"), "after what was done");
    assert!(!files.0.keys().any(|name| name.contains(&sha256)), "nobody has masked it");
}

#[tokio::test]
async fn what_cannot_be_shown_is_named_with_its_reason_and_not_packed() {
    let (dir, bench) = bench().await;
    let mut unmasked = fact(3, 1, "opened", vec![]);
    let (masked, seen) = (bench.hold(b"masked here").await, bench.hold(b"a face").await);
    let pictures = vec![picture("snapshot", &masked, START), picture("annotated", &seen, START)];
    unmasked.evidence = serde_json::from_value(json!(pictures)).unwrap();
    unmasked.pattern.id = "crowd".parse().unwrap();
    bench.send_fact("edge-1", &unmasked).await;
    // Another case says of one of them that heads may be seen.
    let mut says = fact(4, 1, "opened", vec![picture("snapshot", &seen, START)]);
    says.pattern.id = "animals".parse().unwrap();
    says.privacy.masked = false;
    bench.send_fact("edge-1", &says).await;
    let late = crate::drivers::evidence::files::Digest256::of(b"not arrived");
    let mut again = fact(3, 2, "seen", vec![picture("clip", &late, after(1))]);
    again.pattern = unmasked.pattern.clone();
    bench.send_fact("edge-1", &again).await;
    let path = dir.path().join("evidence/whole").join(&masked.as_str()[..2]).join(masked.as_str());
    fs::write(path, b"rotten disk").unwrap();
    let package = packed(&bench, 3).await.unwrap();
    assert!(package.accesses(&bench.register, "li", None, "court").is_empty(), "nothing is shown");
    let files = Files::of_case(&bench, 3).await;
    assert!(!files.0.keys().any(|name| name.starts_with("files/")), "{:?}", files.0.keys());
    let manifest = files.manifest();
    let left_out: Vec<&str> = (manifest["cases"][0]["evidence"].as_array().unwrap().iter())
        .map(|picture| picture["left_out"].as_str().unwrap())
        .collect();
    assert_eq!(left_out, ["not_masked", "damaged", "not_held"]);
}

#[tokio::test]
async fn a_broken_chain_is_not_signed() {
    let (_dir, bench) = bench().await;
    let change = "UPDATE history SET actor = 'wang' WHERE kind = 'confirm'";
    bench.register.store.written_by_another(change).await;
    let error = packed(&bench, 1).await.err().unwrap();
    let PackageError::Chain { broken, .. } = &error else { panic!("{error}") };
    assert!(matches!(broken, BrokenChain::Altered { .. }), "{error}");
}
