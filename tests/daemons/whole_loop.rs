//! One case through the whole loop, every part a process or a port of its own: a camera's stream, an edge, a
//! broker, a hub, the grid's staff at the page and the district's platform.
//!
//! ```text
//! bin full --> case --> review, filed --> dispatched, returned, dispatched, accepted
//!   "done", and it is still full:  PRESENT --> rework
//!   emptied, "done":               CLEARED --> closed, with pictures of before and after
//! ```
//! The camera shows the full bin for as long as the test likes, and the emptied one from then on: what a
//! look finds depends on what was waited for, not on how fast this machine is.

use crate::{
    arrived::{assert_all_arrived, wait_until_all_is_sent},
    daemons::{Site, gridwarden, ready, root, street, until},
    person::Person,
    platform::{Caller, Platform, SECRET},
};
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        time::{ClockQuality, WallTime},
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig, rtsp_server::RtspServer},
        footage::clip::write_clip,
        store::hub::{HubStore, Place},
    },
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::runtime::Runtime;

/// Seconds of the rendered street in which the bin overflows, and in which it has been emptied; nobody
/// walks before it in either.
const FULL: (u64, u64) = (24, 34);
const EMPTIED: (u64, u64) = (46, 54);
/// The hub's midnight is Beijing's.
const BEIJING_SECS: i32 = 8 * 3_600;
const PLATFORM_TOKEN: &str = "platform-token-of-the-loop";

/// A part of the rendered street as a file of its own.
fn part(folder: &Path, (from, to): (u64, u64)) -> PathBuf {
    let file = folder.join(format!("street-{from}.mp4"));
    let starts_at = WallTime::from_unix_millis(0);
    let at = |secs| starts_at.plus(Duration::from_secs(secs));
    let mut whole = FileSource::open(FileSourceConfig {
        parts: vec![FilePart { path: street(), starts_at }],
        analysed_fps: 0.0,
        between: Some((at(from), at(to))),
        clock: ClockQuality::Assigned,
    })
    .unwrap();
    write_clip(&mut whole, &mut |_, _| {}, &file).unwrap();
    file
}

fn serve(file: PathBuf, port: u16) -> RtspServer {
    RtspServer::start(&[("street", file)], port).unwrap()
}

/// The shipped camera, which watches the bins and nothing else.
fn write_camera(site: &Site, port: u16) {
    let shipped = fs::read_to_string(root().join("pipelines/demo_street.toml")).unwrap();
    let (stall, bins) = shipped.split_once("[[pattern]]").unwrap();
    let bins = bins.split_once("[[pattern]]").unwrap().1;
    assert!(bins.contains("bin_overflowing") && !bins.contains("roadside_stall"), "{bins}");
    assert!(stall.contains("analysed_fps = 5.0"));
    let camera = format!("{stall}[[pattern]]{bins}")
        // A look gives way to live analysis.
        .replace("analysed_fps = 5.0", "analysed_fps = 2.0")
        .replace("../tests/scenes/street.mp4", &format!("rtsp://127.0.0.1:{port}/street"))
        .replace("\"../", &format!("\"{}/", root().display()));
    fs::write(site.path("street.toml"), camera).unwrap();
    site.write_edge(&["street"]);
}

/// The shipped hub with short looks, a platform and somebody of the grid's staff.
fn write_hub(site: &Site, hook: &str) {
    fs::write(site.path("webhook-secret"), SECRET).unwrap();
    fs::write(site.path("platform-token"), PLATFORM_TOKEN).unwrap();
    let shipped = site.shipped("hub.toml");
    let token = "# platform_token_file = \"platform-token\"";
    assert!(shipped.contains(token));
    let hub = shipped
        .replace(token, "platform_token_file = \"platform-token\"")
        // Nobody of this town thinks better of it.
        .replace("undo_secs = 30", "undo_secs = 1")
        + &format!(
            "\n[[auth.user]]\nname = \"wang\"\npassword_file = \"{}\"\nroles = [\"grid_staff\"]\n\
             [[webhook]]\nname = \"district\"\nurl = \"{hook}\"\nsecret_file = \"webhook-secret\"\n\
             [verify]\nsettle_secs = 0\nlook_secs = 6\nagain_after_secs = 0\nretry_after_secs = 2\n\
             tries_max = 10\nspan_secs_max = 600\nanswer_within_secs = 120\n",
            site.path("gridwarden-hub/wang-password").display()
        );
    fs::write(site.path("hub.toml"), hub).unwrap();
}

/// Each step once, as the platform heard of it.
fn steps(platform: &Platform) -> Vec<String> {
    let heard = platform.heard();
    let versions: Vec<_> = heard.iter().map(|notice| notice["version"].as_i64()).collect();
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    let steps = heard.iter().filter(|notice| notice["from"] != notice["to"]);
    steps.map(|n| format!("{} {}", n["act"].as_str().unwrap(), n["to"].as_str().unwrap())).collect()
}

/// What the looks said, oldest first, but for those that could not say.
fn verdicts(case: &Value) -> Vec<&Value> {
    let looks = case["verifications"].as_array().unwrap().iter();
    looks
        .filter(|look| look["verdict"]["verdict"].is_string())
        .filter(|look| look["verdict"]["verdict"] != "UNDETERMINABLE")
        .collect()
}

/// The files of its looks; one that two looks have in common stands with the first.
fn pictures(case: &Value) -> Vec<&Value> {
    let looks = case["verifications"].as_array().unwrap().iter();
    looks.flat_map(|look| look["evidence"].as_array().unwrap()).collect()
}

/// The whole picture behind an entry of `evidence`.
async fn picture(person: &Person, case: &str, file: &Value) -> Vec<u8> {
    assert_eq!(file["available"], true, "{file}");
    let path = format!("/evidence/{}?case={case}", file["sha256"].as_str().unwrap());
    let answer = person.call(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.bytes().await.unwrap().to_vec()
}

#[test]
fn a_full_bin_is_seen_filed_sent_back_once_emptied_and_closed() {
    if !ready() {
        return;
    }
    gridwarden::drivers::mqtt::install_crypto_provider();
    let (runtime, clock) = (Runtime::new().unwrap(), SystemClock::new());
    let site = Site::new("allow_anonymous true");
    let [full, emptied] = [FULL, EMPTIED].map(|secs| part(&site.path(""), secs));
    let camera = serve(full, 0);
    let port = camera.port();
    write_camera(&site, port);
    let (platform, hook) = runtime.block_on(Platform::open());
    write_hub(&site, &hook);
    let (hub, mut edge) = (site.hub(), site.edge());
    hub.until_logged(&["hub serves"]);
    let wang = runtime.block_on(Person::sign_in(&site, "wang"));
    let get = |path: &str| runtime.block_on(wang.get(path));
    let sees_since = || {
        let camera = get("/cameras")["items"][0].take();
        let since = serde_json::from_value::<WallTime>(camera["since"].clone()).ok();
        since.filter(|_| camera["condition"] == "ok")
    };

    // A camera sees it, and the grid's staff files it.
    until("a case and its picture", || get("/cases")["items"][0]["thumbnail"].is_string());
    let seen = get("/cases")["items"][0].clone();
    let case = seen["case_id"].as_str().unwrap();
    assert_eq!(
        (&seen["state"], &seen["event"]["code"]),
        (&json!("PENDING_REVIEW"), &json!("06042"))
    );
    assert!(seen["place"]["code_2d"].is_string(), "{seen}");
    assert_eq!(platform.heard(), Vec::<Value>::new(), "nobody has filed it yet");
    let filed = runtime.block_on(wang.act(&seen, json!({"action": "confirm"})));
    assert_eq!(filed, StatusCode::OK);
    runtime.block_on(platform.hears("confirm", "FILED"));

    // The platform gives it to a unit, which is the wrong one, and then to the right one.
    let line = Caller {
        client: Client::builder().no_proxy().build().unwrap(),
        hub: format!("http://{}", site.hub_address),
        token: PLATFORM_TOKEN.to_owned(),
    };
    let unit = |act: Value| runtime.block_on(line.unit(case, act));
    unit(json!({"action": "dispatch", "unit": "市政所"}));
    unit(json!({"action": "return", "reason": "not_our_duty"}));
    unit(json!({"action": "dispatch", "unit": "环卫所"}));
    unit(json!({"action": "accept"}));

    // "Done", and it is not.
    runtime.block_on(line.feedback(case, clock.wall()));
    let rework = runtime.block_on(platform.hears("postcheck_verdict", "REWORK"));
    assert_eq!((&rework["rework_count"], &rework["return_count"]), (&json!(1), &json!(1)));

    // Now it is.
    drop(camera);
    until("the camera is away", || sees_since().is_none());
    let (shows_it_from, camera) = (clock.wall(), serve(emptied, port));
    until("the camera is back", || sees_since().is_some_and(|since| since >= shows_it_from));
    unit(json!({"action": "accept"}));
    let done_at = clock.wall();
    runtime.block_on(line.feedback(case, done_at));
    let closed = runtime.block_on(platform.hears("postcheck_verdict", "CLOSED"));
    assert_eq!(closed["stage_zh"], "核实结案");
    assert_eq!(
        steps(&platform),
        [
            "confirm FILED",
            "dispatch DISPATCHED",
            "return FILED",
            "dispatch DISPATCHED",
            "accept HANDLING",
            "feedback DISPOSED",
            "postcheck_started POSTCHECKING",
            "postcheck_verdict REWORK",
            "accept HANDLING",
            "feedback DISPOSED",
            "postcheck_started POSTCHECKING",
            "postcheck_verdict CLOSED",
        ]
    );

    // What it was closed on: footage from after the crew's word, beside a picture from before.
    let shown = get(&format!("/cases/{case}"));
    assert_eq!((&shown["state"], &shown["first_handler"]), (&json!("CLOSED"), &json!("市政所")));
    let [present, cleared] = verdicts(&shown)[..] else { panic!("{shown}") };
    assert_eq!(
        (&present["verdict"]["verdict"], &cleared["verdict"]["verdict"]),
        (&json!("PRESENT"), &json!("CLEARED"))
    );
    assert_eq!(cleared["verdict"]["positive_control"]["found"], true);
    for (role, is_after) in [("before", false), ("after", true)] {
        let fits = |file: &&Value| {
            let taken: WallTime = serde_json::from_value(file["captured_at"].clone()).unwrap();
            file["role"] == role && (taken >= done_at) == is_after
        };
        let file = pictures(&shown).into_iter().find(fits).expect(role);
        let jpeg = runtime.block_on(picture(&wang, case, file));
        assert!(jpeg.starts_with(&[0xff, 0xd8]), "{role} is a JPEG");
    }

    // It can be taken along and checked by anybody, and nobody rewrote its history.
    let path_of = |name: &str| site.path(name).display().to_string();
    let (config, zip) = (path_of("hub.toml"), path_of("case.zip"));
    gridwarden(&["package", "--config", &config, "--case", case, "--out", &zip, "--by", "duty"]);
    let key = runtime.block_on(line.client.get(format!("{}/api/v1/package-key", line.hub)).send());
    let key = runtime.block_on(key.unwrap().text()).unwrap();
    fs::write(site.path("hub.pem"), key).unwrap();
    gridwarden(&["verify-package", "--key", &path_of("hub.pem"), &zip]);
    let root = runtime.block_on(seal_the_day(&site, clock.wall()));
    let told = gridwarden(&["audit", "--config", &config, "--root", &root]);
    assert!(String::from_utf8_lossy(&told.stdout).contains(" 1 histories"), "{told:?}");

    // One thing was one case, and nothing of it was lost on the way.
    drop(camera);
    wait_until_all_is_sent(&site, &mut edge);
    assert_eq!(assert_all_arrived(&site), 1);
    assert_eq!(get("/cases")["items"].as_array().map(Vec::len), Some(1));
}

/// As the hub does at midnight; `DAY=ROOT`.
async fn seal_the_day(site: &Site, now: WallTime) -> String {
    let file = Place::File(site.path("gridwarden-hub/hub.sqlite"));
    let store = HubStore::open(file, "440310".parse().unwrap()).await.unwrap();
    let day = now.local(BEIJING_SECS).date;
    let sealed = store.seal_day(day, now).await.unwrap().expect("a history has grown");
    store.close().await;
    format!("{day}={}", sealed.root)
}
