//! `dataset export` over a register that a hub wrote, while that hub still has it open.
//!
//! `GOLDEN_WRITE=1 cargo test --test cli dataset` writes `tests/golden/dataset/` anew.

use crate::support::{Ended, file, root, run};
use gridwarden::{
    base::{
        clock::{Clock, SimClock},
        time::WallTime,
    },
    domain::{case::lifecycle::Event, ids::CaseId},
    drivers::{
        evidence::files::{Digest256, EvidenceFiles},
        store::hub::{Decision, HubStore, Place},
    },
    roles::hub::{ingest::Ingest, register::Register},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

const DISTRICT: &str = "440310";
const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const HUB: &str = r#"district = "440310"
[mqtt]
url = "mqtt://127.0.0.1:1883"
[store]
url = "sqlite://hub.sqlite"
[evidence]
url = "file://evidence"
[http]
listen = "127.0.0.1:8080"
[auth]
node_token_file = "token"
"#;
/// Cells of level 7 in six different cells of level 6.
const CELLS: [&str; 6] = [
    "N50F0535166000",
    "N50F0535167000",
    "N50F0535176000",
    "N50F0535177000",
    "N50F0535186000",
    "N50F0535187000",
];

pub struct Town {
    pub folder: tempfile::TempDir,
    clock: SimClock,
    pub register: Arc<Register>,
    ingest: Ingest,
}

/// A JPEG header of 640x480 with something behind it; `what` makes it a file of its own.
fn jpeg(what: &str) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 1, 0xe0, 2, 0x80, 3, 0xff, 0xd9];
    bytes.extend(what.as_bytes());
    bytes
}

impl Town {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        file(folder.path(), "hub.toml", HUB);
        let clock = SimClock::starting_at(START);
        let store = folder.path().join("hub.sqlite");
        let store = HubStore::open(Place::File(store), DISTRICT.parse().unwrap()).await.unwrap();
        let files = EvidenceFiles::open(&folder.path().join("evidence"), None).await.unwrap();
        let register = Register::over(store, files, Arc::new(clock.clone())).await.unwrap();
        let register = Arc::new(register);
        let ingest = Ingest::new(Arc::clone(&register), DISTRICT.parse().unwrap());
        Self { folder, clock, register, ingest }
    }

    async fn hold(&self, bytes: &[u8]) -> Digest256 {
        let (digest, length) = (Digest256::of(bytes), bytes.len() as u64);
        let files = &self.register.files;
        files.append(&digest, 0, length, bytes).await.unwrap();
        files.finish(&digest).await.unwrap();
        let store = &self.register.store;
        store.complete_evidence(digest.as_str(), length as i64, START).await.unwrap();
        digest
    }

    /// A case of camera `number`, with its clean and its drawn picture; `changed` spoils the fact.
    pub async fn case(
        &self,
        number: u128,
        changed: impl FnOnce(&mut Value),
    ) -> (CaseId, Digest256) {
        let clean = self.hold(&jpeg(&format!("clean {number}"))).await;
        let drawn = self.hold(&jpeg(&format!("drawn {number}"))).await;
        let case_id = CaseId(Uuid::from_u128(number));
        let picture = |role: &str, digest: &Digest256| {
            json!({"role": role, "url": format!("/api/v1/evidence/{digest}"), "sha256": digest.as_str(),
                   "media_type": "image/jpeg", "width_px": 640, "height_px": 480, "captured_at": START})
        };
        let mut fact = json!({
            "case_id": case_id, "revision": 1, "kind": "opened",
            "event": {"std": "local", "version": "1", "code": "x", "name_zh": "", "name_en": "", "local": true},
            "pattern": {"id": "bin_overflowing", "version": "3"},
            "place": {"code_2d": CELLS[number as usize % CELLS.len()], "level": 7, "lon_deg": 114.34,
                      "lat_deg": 22.69, "error_metres": 2.0, "datum": "CGCS2000"},
            "camera": {"id": format!("cam-{number}"), "node": "edge-1"}, "zone": "pavement",
            "subject": {"class": "bin_overflowing", "boxes_fraction": [[0.25, 0.5, 0.5, 0.75]]},
            "first_seen_at": START, "confirmed_at": START, "last_seen_at": START,
            "dwell_secs": 5.0, "count": 1, "score": 0.8,
            "model": {"id": "street-nano", "sha256": "ab".repeat(32)}, "clock": "arrival",
            "evidence": [picture("annotated", &drawn), picture("snapshot", &clean)],
            "source": "video", "priority": "normal", "privacy": {"masked": true},
        });
        changed(&mut fact);
        let message = json!({
            "specversion": "1.0", "id": "1", "source": "/gridwarden/440310/edge-1",
            "type": "cn.gridwarden.case.opened", "time": START, "subject": case_id,
            "datacontenttype": "application/json", "data": fact,
        });
        let topic = format!("gridwarden/v1/{DISTRICT}/edge-1/case/{case_id}");
        let payload = serde_json::to_vec(&message).unwrap();
        assert!(self.ingest.message(&topic, &payload).await.unwrap().is_some());
        (case_id, clean)
    }

    async fn decide(&self, case_id: CaseId, event: Event) {
        self.clock.advance(Duration::from_secs(60));
        let mut decision = Decision::new(event.clone(), "li", self.clock.wall());
        decision.reason = event.reason().map(str::to_owned);
        self.register.store.decide(case_id, None, &decision).await.unwrap();
    }

    async fn reviewed(&self, number: u128, event: Event) -> Digest256 {
        let (case_id, clean) = self.case(number, |_| {}).await;
        self.decide(case_id, event).await;
        clean
    }

    fn export(&self, to: &str, more: &[&str]) -> (PathBuf, Ended) {
        let (config, out) = (self.folder.path().join("hub.toml"), self.folder.path().join(to));
        let args = ["dataset", "export", "--config"].map(str::to_owned).into_iter();
        let args =
            args.chain([config.display().to_string(), "--out".into(), out.display().to_string()]);
        let args =
            args.chain(["--by".into(), "li".into()]).chain(more.iter().map(ToString::to_string));
        let ended = run(args);
        (out, ended)
    }

    /// A confirmed case, a negative, one of each kind that teaches nothing, in some town.
    async fn fill(&self) -> Digest256 {
        let confirmed = self.reviewed(1, Event::Confirm).await;
        for (number, reason) in [
            (2, "wrong_object"),
            (3, "duplicate"),
            (4, "within_permit"),
            (5, "light_or_reflection"),
        ] {
            self.reviewed(number, Event::Reject { reason: reason.to_owned() }).await;
        }
        self.reviewed(6, Event::Confirm).await;
        self.case(7, |_| {}).await;
        let unmasked = self.case(8, |fact| fact["privacy"]["masked"] = json!(false)).await.0;
        let without_box = self.case(9, |fact| fact["subject"] = Value::Null).await.0;
        for case_id in [unmasked, without_box] {
            self.decide(case_id, Event::Confirm).await;
        }
        confirmed
    }
}

/// Every file with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

fn golden(name: &str, content: &[u8]) {
    let content = std::str::from_utf8(content).unwrap();
    let content =
        content.replace(concat!("gridwarden ", env!("CARGO_PKG_VERSION")), "gridwarden VERSION");
    let path = root().join("tests/golden/dataset").join(name);
    if std::env::var_os("GOLDEN_WRITE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &content).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert_eq!(content, expected, "{name} has changed its form");
}

#[tokio::test]
async fn reviewed_cases_become_the_same_data_set_each_time() {
    let town = Town::new().await;
    let confirmed = town.fill().await;
    let (out, ended) = town.export("first", &["--json", "--why", "spring training"]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let found = files(&out);
    assert_eq!(found, files(&town.export("second", &[]).0), "two exports differ");

    let manifest: Value = serde_json::from_slice(&found["manifest.json"]).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap(), manifest);
    let left_out = json!({"rejected_duplicate": 1, "rejected_within_permit": 1, "not_reviewed": 1,
                          "picture_unmasked": 1, "no_box": 1});
    assert_eq!((&manifest["cases"], &manifest["left_out"]), (&json!(9), &left_out));
    for name in ["manifest.json", "coco/train.json", "coco/val.json", "data.yaml"] {
        golden(&name.replace('/', "_"), &found[name]);
    }
    let pictures: Vec<&String> = found.keys().filter(|name| name.ends_with(".jpg")).collect();
    let labels: Vec<&String> = found.keys().filter(|name| name.ends_with(".txt")).collect();
    assert_eq!((pictures.len(), labels.len()), (4, 4), "{found:?}");
    let drawn = found.values().any(|bytes| bytes.ends_with(b"drawn 1"));
    assert!(!drawn, "a picture with a box drawn into it would teach the drawing");
    let confirmed_label = labels.iter().find(|name| name.contains(confirmed.as_str())).unwrap();
    assert_eq!(found[*confirmed_label], b"12 0.375000 0.625000 0.250000 0.250000\n");

    let views = town.register.store.views_of(confirmed.as_str()).await.unwrap();
    let logged = |why: &str| ("li".to_owned(), why.to_owned(), "whole".to_owned());
    assert_eq!(views, [logged("spring training"), logged("dataset export")]);
}

#[tokio::test]
async fn one_format_alone_and_a_folder_that_is_taken() {
    let town = Town::new().await;
    town.fill().await;
    let names = |out: &Path| files(out).into_keys().collect::<Vec<_>>().join(" ");
    let (out, ended) = town.export("coco", &["--format", "coco"]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("9 cases, 5 left out"), "{}", ended.stdout);
    assert!(!names(&out).contains("labels/") && names(&out).contains("coco/train.json"));
    let (out, _) = town.export("yolo", &["--format", "yolo"]);
    assert!(names(&out).contains("data.yaml") && !names(&out).contains("coco/"));
    let (out, ended) = town.export("yolo", &[]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(ended.stderr.contains("is there already"), "{}", ended.stderr);
    assert!(!names(&out).contains("coco/"), "what was there is left alone");
    // Half of an export that was killed is in nobody's way.
    file(town.folder.path(), ".again.partial/images/train/half.jpg", "");
    let (out, ended) = town.export("again", &[]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(!names(&out).contains("half.jpg"));
}

#[tokio::test]
async fn pictures_that_are_not_what_the_register_says_stay_behind() {
    let town = Town::new().await;
    let sound = town.reviewed(1, Event::Confirm).await;
    let damaged = town.reviewed(2, Event::Confirm).await;
    let whole = town.folder.path().join("evidence/whole").join(&damaged.as_str()[..2]);
    fs::write(whole.join(damaged.as_str()), b"bit rot").unwrap();
    let other_size = |fact: &mut Value| fact["evidence"][1]["width_px"] = json!(1920);
    let (case_id, _) = town.case(3, other_size).await;
    town.decide(case_id, Event::Confirm).await;
    let (out, ended) = town.export("out", &[]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("2 picture_damaged"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains(damaged.as_str()) && ended.stderr.contains("640x480"),
        "{}",
        ended.stderr
    );
    let found = files(&out);
    let pictures: Vec<&String> = found.keys().filter(|name| name.ends_with(".jpg")).collect();
    assert!(pictures.len() == 1 && pictures[0].contains(sound.as_str()), "{pictures:?}");
}

#[test]
fn a_hub_that_never_ran_has_nothing_to_export() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "hub.toml", HUB);
    let out = folder.path().join("out").display().to_string();
    let ended = run(["dataset", "export", "--config", &config, "--out", &out]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(
        ended.stderr.contains("store.url") && ended.stderr.contains("hub.sqlite"),
        "{}",
        ended.stderr
    );
    assert!(!folder.path().join("hub.sqlite").exists(), "a wrong path must not make a register");
    let ended = run(["dataset", "export", "--config", &config, "--out", &out, "--val-share", "2"]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
}
