//! The page in a real browser against a real hub with real cases: every way through queue, case and map by
//! keyboard, two people on one case, a hub that is restarted in the middle.
//!
//! Where node or Chromium is missing the tests say so and pass. Screenshots stay in `target/console`.

#![cfg(all(feature = "console", feature = "edge"))]

#[path = "people/hub.rs"]
#[allow(dead_code, reason = "shared with the tests of people")]
mod people;

use gridwarden::{
    domain::{
        case::policy::CasePolicy,
        geo::GeoPoint,
        grid::{GridCell, Level},
        people::Role,
        place::place_at,
        wire::{EventData, PatternData, Priority},
    },
    roles::hub::{HubConfig, KnownEvent},
};
use image::{ImageFormat, Rgb, RgbImage};
use people::{Hub, PASSWORD, SEEN_AT, file, user};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Cursor, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};
use uuid::Uuid;

const CASES: u32 = 40;
const EVENTS: [(&str, &str, &str, &str); 3] = [
    ("06042", "垃圾站（箱）满溢", "Overflowing bin", "bin_overflowing"),
    ("09006", "占道经营", "Roadside stall", "roadside_stall"),
    ("09009", "机动车乱停放", "Illegal parking", "illegal_parking"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn missing() -> Option<&'static str> {
    if Command::new("node").arg("--version").output().is_err() {
        return Some("node");
    }
    if !root().join("console/node_modules/playwright-core").exists() {
        return Some("console/node_modules");
    }
    (!Path::new("/usr/bin/chromium").exists()).then_some("chromium")
}

fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("console")
}

fn event(of: (&str, &str, &str, &str)) -> EventData {
    let (code, name_zh, name_en, _) = of;
    EventData {
        std: "GB/T 47678.5".to_owned(),
        version: "2026".to_owned(),
        code: code.to_owned(),
        name_zh: name_zh.to_owned(),
        name_en: name_en.to_owned(),
        local: false,
    }
}

fn config(dir: &Path) -> HubConfig {
    let users = vec![
        user("li", &Role::ALL, ""),
        user("wang", &Role::ALL, ""),
        user("zhou", &[Role::GridStaff], "N50F05"),
    ];
    let known = EVENTS.map(|of| KnownEvent {
        event: event(of),
        pattern: PatternData { id: of.3.parse().unwrap(), version: "1".to_owned() },
        priority: Priority::Normal,
    });
    let policy = CasePolicy { undo_within: Duration::from_secs(30), ..CasePolicy::default() };
    HubConfig { events: known.into(), policy: policy.into(), ..people::config(dir, users) }
}

/// A street that nobody has seen: another for each number.
fn picture(number: u32, boxed: bool) -> Vec<u8> {
    let mut picture = RgbImage::from_fn(640, 360, |x, y| {
        let shade = (x / 4 + y / 3 + number * 5) % 160;
        Rgb([shade as u8 + 40, (y / 2) as u8, (number * 6) as u8])
    });
    if boxed {
        for x in 200..320 {
            for y in [120, 121, 240, 241] {
                picture.put_pixel(x, y, Rgb([255, 210, 0]));
            }
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// Open cases of several events over some streets, and the camera that has seen them.
async fn fill(hub: &Hub) {
    hub.say("status", json!({"state": "online", "version": "0", "boot_id": Uuid::nil()})).await;
    for number in 0..CASES {
        let of = EVENTS[number as usize % EVENTS.len()];
        let spot = GeoPoint {
            lon_deg: 114.34 + f64::from(number % 8) * 1e-3,
            lat_deg: 22.69 + f64::from(number / 8) * 1e-3,
        };
        let (plain, boxed) = (picture(number, false), picture(number, true));
        let (plain, boxed) = (hub.upload(&plain).await, hub.upload(&boxed).await);
        let id = Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + u128::from(number));
        let data = json!({
            "case_id": id, "revision": 1, "kind": "opened", "event": event(of),
            "pattern": {"id": of.3, "version": "1"}, "place": place_at(spot, 42.0, 2.0),
            "camera": {"id": "gate", "node": "edge-1"}, "zone": "pavement",
            "first_seen_at": SEEN_AT, "confirmed_at": SEEN_AT, "last_seen_at": SEEN_AT,
            "dwell_secs": 60.0 + f64::from(number), "count": 1, "score": 0.8,
            "model": {"id": "street-nano", "sha256": "0".repeat(64)}, "clock": "arrival",
            "evidence": [file(&plain, "snapshot", "image/jpeg"), file(&boxed, "annotated", "image/jpeg")],
            "source": "video", "priority": if number % 10 == 0 { "urgent" } else { "normal" },
            "privacy": {"masked": true},
        });
        hub.say(&format!("case/{id}"), data).await;
    }
    let seen = GridCell::from_lonlat(114.34, 22.69, Level::Six).unwrap();
    let card = json!({"camera": "gate", "footprint": [seen.code().as_str()], "width_px": 1920, "height_px": 1080,
                      "patterns": [{"id": "bin_overflowing", "version": "1", "name_zh": "垃圾满溢",
                                    "name_en": "Overflowing bin", "dwell_secs": 5.0}]});
    hub.say("camera/gate/card", card).await;
    let health = json!({"camera": "gate", "condition": "ok", "since": SEEN_AT});
    hub.say("camera/gate/health", health).await;
}

struct Script {
    running: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Script {
    fn start(name: &str, hub: &Hub, more: &[&str]) -> Self {
        let mut running = Command::new("node")
            .arg(format!("console/e2e/{name}.mjs"))
            .args(["--base", &hub.base, "--name", "li", "--password", PASSWORD, "--out"])
            .arg(screenshots())
            .args(more)
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(running.stdout.take().unwrap()).lines();
        Self { running, lines }
    }

    fn next(&mut self) -> String {
        self.lines.next().expect("the script has ended without a summary").unwrap()
    }

    /// The last line says what held.
    fn passed(mut self, summary: &str) {
        let ended = self.running.wait().unwrap();
        let told: Value = serde_json::from_str(summary).unwrap();
        assert!(ended.success(), "{told:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_and_case_are_gone_through_by_keyboard_and_outlive_a_restart() {
    if let Some(what) = missing() {
        println!("skipped: no {what}; `make test` sets it up");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::with(config(dir.path())).await;
    let address = hub.running.address;
    fill(&hub).await;
    let flows = "undo,assign,reclassify,draft,bulk,filters,span,twice,gone,pages,boxes,restart";
    let second = ["--second-name", "wang", "--second-password", PASSWORD];
    let mut script =
        Script::start("queue", &hub, &[&["--flows", flows], second.as_slice()].concat());
    let (asked, mut script) =
        tokio::task::spawn_blocking(move || (script.next(), script)).await.unwrap();
    assert_eq!(asked, "restart the hub");
    hub.stop().await;
    let hub = Hub::with(HubConfig { listen: address, ..config(dir.path()) }).await;
    script.running.stdin.take().unwrap().write_all(b"it is back\n").unwrap();
    tokio::task::spawn_blocking(move || {
        let summary = script.next();
        script.passed(&summary);
    })
    .await
    .unwrap();
    hub.stop().await;
}

/// A script that needs nothing but cases.
async fn goes_through(name: &'static str, more: &'static [&'static str]) {
    if let Some(what) = missing() {
        println!("skipped: no {what}; `make test` sets it up");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::with(config(dir.path())).await;
    fill(&hub).await;
    let mut script = Script::start(name, &hub, more);
    tokio::task::spawn_blocking(move || {
        let summary = script.next();
        script.passed(&summary);
    })
    .await
    .unwrap();
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_map_shows_what_is_open_and_asks_for_a_look() {
    goes_through("map", &["--drawing", "svg"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handover_statistics_audit_people_and_fleet_are_gone_through_by_keyboard() {
    goes_through("office", &["--to", "wang"]).await;
}
