//! A person looks through a camera now: one frame, masked by its edge, shown by the hub.

use crate::{
    daemons::{Site, ready, street, until},
    person::Person,
};
use gridwarden::{base::time::WallTime, drivers::camera::rtsp_server::RtspServer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

impl Person {
    /// Asks once; what became of it.
    async fn still(&self, camera: &str) -> (StatusCode, Value) {
        let path = format!("/cameras/edge-1/{camera}");
        let asked = self.call(Method::POST, &format!("{path}/still")).send().await.unwrap();
        let (status, mut still) = (asked.status(), asked.json::<Value>().await.unwrap());
        if status != StatusCode::ACCEPTED {
            return (status, still);
        }
        let id = still["request_id"].as_str().unwrap().to_owned();
        while still["status"] == "waiting" || still["status"] == "uploading" {
            tokio::time::sleep(Duration::from_millis(100)).await;
            still = self.get(&format!("{path}/stills/{id}")).await;
        }
        (status, still)
    }
}

#[test]
fn one_frame_of_now_is_shown_to_who_asks_and_a_camera_that_is_away_says_so() {
    if !ready() {
        return;
    }
    gridwarden::drivers::mqtt::install_crypto_provider();
    let server = RtspServer::start(&[("street", street())], 0).unwrap();
    let site = Site::new("allow_anonymous true");
    let uri = format!("rtsp://127.0.0.1:{}/street", server.port());
    site.write_camera("street", &uri, 1, "");
    // Nobody answers there.
    site.write_camera("away", "rtsp://127.0.0.1:9/away", 1, "");
    site.write_edge(&["street", "away"]);
    let (hub, mut edge) = (site.hub(), site.edge());
    hub.until_logged(&["hub serves"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let li = runtime.block_on(Person::sign_in(&site, "duty"));
    let cameras = || runtime.block_on(li.get("/cameras"))["items"].clone();
    let named = |cameras: &Value, id: &str| {
        cameras.as_array().unwrap().iter().find(|camera| camera["id"] == id).cloned()
    };
    until("the cameras", || {
        let known = cameras();
        let health = |id| named(&known, id).map(|camera| camera["condition"].clone());
        health("street") == Some("ok".into()) && health("away").is_some()
    });
    let street = named(&cameras(), "street").unwrap();
    assert_eq!(street["scene"]["frame"]["width_px"], street["width_px"], "{street}");
    assert!(!street["scene"]["zones"].as_array().unwrap().is_empty(), "{street}");

    let (_, still) = runtime.block_on(li.still("street"));
    assert_eq!(still["status"], "ready", "{still}");
    let at = |value: &Value| serde_json::from_value::<WallTime>(value.clone()).unwrap();
    // A busy node may be at frames of a while ago.
    let lately = at(&still["asked_at"]).minus(Duration::from_secs(30));
    assert!(at(&still["picture"]["captured_at"]) >= lately, "of now: {still}");
    let sha256 = still["picture"]["sha256"].as_str().unwrap();
    let jpeg = runtime.block_on(async {
        let path = format!("/cameras/edge-1/street/pictures/{sha256}");
        let answer = li.call(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        answer.bytes().await.unwrap()
    });
    assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.len() > 10_000, "{} bytes", jpeg.len());
    let path = format!("/cameras/edge-1/away/pictures/{sha256}");
    let other = runtime.block_on(li.call(Method::GET, &path).send()).unwrap().status();
    assert_eq!(other, StatusCode::NOT_FOUND, "another camera's picture");
    let logged = "SELECT count(*) FROM access_log WHERE detail LIKE 'edge-1/street%' \
                  AND kind IN ('view', 'footage_request')";
    assert_eq!(site.hub_database().count(logged), 2, "the request and the look");

    let (_, refused) = runtime.block_on(li.still("away"));
    assert_eq!((&refused["status"], &refused["refusal"]), (&json!("refused"), &json!("no_frame")));
    let (status, _) = runtime.block_on(li.still("nowhere"));
    assert_eq!(status, StatusCode::NOT_FOUND);
    edge.kill();
    until("the node to be away", || cameras()[0]["online"] == false);
    let (status, problem) = runtime.block_on(li.still("street"));
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:gridwarden:problem:node-away");
    drop(hub);
}
