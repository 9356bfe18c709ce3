//! A pattern tried on what a camera has recorded: cases with pictures, and none in the register.

use crate::{
    daemons::{Site, ready, street, until},
    person::Person,
};
use gridwarden::{base::time::WallTime, drivers::camera::rtsp_server::RtspServer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{fs, time::Duration};

const CAMERA: &str = "/cameras/edge-1/street";

impl Person {
    async fn try_out(&self, wanted: Value) -> (StatusCode, Value) {
        let call = self.call(Method::POST, &format!("{CAMERA}/dry-run")).json(&wanted);
        let answer = call.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

fn path_of(asked: &Value) -> String {
    format!("{CAMERA}/dry-runs/{}", asked["request_id"].as_str().unwrap())
}

#[test]
fn what_a_pattern_would_have_found_is_told_and_opens_no_case() {
    if !ready() {
        return;
    }
    gridwarden::drivers::mqtt::install_crypto_provider();
    let server = RtspServer::start(&[("street", street())], 0).unwrap();
    let site = Site::new("allow_anonymous true");
    let uri = format!("rtsp://127.0.0.1:{}/street", server.port());
    site.write_camera("street", &uri, 1, "");
    // Watched for so long that nothing comes of it while the test runs.
    let file = site.path("street.toml");
    let quiet =
        fs::read_to_string(&file).unwrap().replace("dwell_secs = 1\n", "dwell_secs = 3000\n");
    fs::write(&file, format!("{quiet}[recording]\n")).unwrap();
    site.write_edge(&["street"]);
    let (hub, edge) = (site.hub(), site.edge());
    hub.until_logged(&["hub serves"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let li = runtime.block_on(Person::sign_in(&site, "duty"));
    let get = |path: &str| runtime.block_on(li.get(path));
    until("some footage", || {
        let cameras = get("/cameras");
        let span = &cameras["items"][0]["recording"];
        let at = |end: &str| serde_json::from_value::<WallTime>(span[end].clone()).ok();
        at("from").zip(at("to")).is_some_and(|(from, to)| to.since(from) >= Duration::from_secs(20))
    });

    let draft = json!({"pattern": "loitering", "overrides": {"dwell_secs": 1, "gap_secs_max": 1}});
    let (status, asked) = runtime.block_on(li.try_out(draft));
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let path = path_of(&asked);
    let goes_on = |state: &Value| ["asked", "queued", "running"].iter().any(|name| state == name);
    until("the dry run to end", || !goes_on(&get(&path)["state"]));
    let shown = get(&path);
    assert_eq!((&shown["state"], &shown["share"]), (&json!("done"), &json!(1.0)), "{shown}");
    assert!(shown["frames"].as_u64().unwrap() > 30, "{shown}");
    let first = &shown["cases"][0];
    assert!(first["dwell_secs"].as_f64().unwrap() >= 1.0 && first["zone"] == "zone-0", "{shown}");
    let sha256 = first["picture"]["sha256"].as_str().unwrap().to_owned();
    until("its picture", || get(&path)["cases"][0]["picture"]["available"] == true);
    let jpeg = runtime.block_on(async {
        let call = li.call(Method::GET, &format!("{CAMERA}/pictures/{sha256}"));
        call.send().await.unwrap().bytes().await.unwrap()
    });
    assert!(jpeg.starts_with(&[0xff, 0xd8]), "a JPEG");
    assert_eq!(site.hub_database().count("SELECT count(*) FROM cases"), 0);

    // Zones of one's own: where nothing happens, nothing is found.
    let sky = "[frame]\nwidth_px = 640\nheight_px = 360\n[[zone]]\nid = \"sky\"\n\
               polygon_px = [[0, 0], [20, 0], [20, 8], [0, 8]]\n";
    let elsewhere = json!({"pattern": "loitering", "overrides": {"dwell_secs": 1}, "zones": sky});
    let (_, asked) = runtime.block_on(li.try_out(elsewhere));
    let path = path_of(&asked);
    until("nothing to be found", || get(&path)["state"] == "done");
    assert_eq!(get(&path)["cases"], json!([]));

    let wrong = json!({"pattern": "loitering", "overrides": {"zones": ["moon"]}});
    let (status, problem) = runtime.block_on(li.try_out(wrong));
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("zone-0"), "{problem}");
    let (_, asked) = runtime.block_on(li.try_out(json!({"pattern": "loitering"})));
    let path = path_of(&asked);
    let cancelled = runtime.block_on(li.call(Method::DELETE, &path).send()).unwrap().status();
    assert_eq!(cancelled, StatusCode::ACCEPTED);
    until("it to be cancelled", || {
        let state = get(&path)["state"].clone();
        state == "cancelled" || state == "done"
    });
    drop((edge, hub, server));
}
