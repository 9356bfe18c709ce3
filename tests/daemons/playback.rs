//! A person asks for footage of a case: cut by the edge that recorded it, masked, played from the hub.

use crate::{
    daemons::{Site, ready, root, street, until},
    person::Person,
};
use gridwarden::{base::time::WallTime, drivers::camera::rtsp_server::RtspServer};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::{fs, time::Duration};

/// The four letters of an MP4's outermost boxes.
fn boxes(mut mp4: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(head) = mp4.first_chunk::<8>() {
        let bytes = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        found.push(String::from_utf8_lossy(&head[4..]).into_owned());
        mp4 = mp4.get(bytes.max(8)..).unwrap_or_default();
    }
    found
}

impl Person {
    async fn footage(&self, case: &str) -> Value {
        let detail = self.get(&format!("/cases/{case}")).await;
        detail["footage"].as_array().unwrap().last().cloned().unwrap_or_default()
    }

    async fn ask(&self, case: &str, from: WallTime, to: WallTime) -> StatusCode {
        let ask = self.call(Method::POST, &format!("/cases/{case}/footage"));
        ask.json(&json!({"from": from, "to": to})).send().await.unwrap().status()
    }
}

#[test]
fn footage_around_a_case_is_played_in_parts_and_what_there_is_none_of_says_why() {
    if !ready() {
        return;
    }
    gridwarden::drivers::mqtt::install_crypto_provider();
    let server = RtspServer::start(&[("street", street())], 0).unwrap();
    let site = Site::new("allow_anonymous true");
    let uri = format!("rtsp://127.0.0.1:{}/street", server.port());
    site.write_camera("street", &uri, 1, "[recording]\n");
    site.write_edge(&["street"]);
    let faces = root().join(".build/face/centerface.onnx");
    if faces.exists() {
        let edge = fs::read_to_string(site.path("edge.toml")).unwrap();
        let edge = format!("{edge}\n[masks]\nfaces = \"{}\"\n", faces.display());
        fs::write(site.path("edge.toml"), edge).unwrap();
    } else {
        println!("without faces: no {}; `make test` sets it up", faces.display());
    }
    let (hub, edge) = (site.hub(), site.edge());
    hub.until_logged(&["hub serves"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let li = runtime.block_on(Person::sign_in(&site, "duty"));
    let cases = || runtime.block_on(li.get("/cases"));
    until("a case", || cases()["items"].as_array().is_some_and(|items| !items.is_empty()));
    let case = cases()["items"][0].clone();
    let confirmed: WallTime = serde_json::from_value(case["confirmed_at"].clone()).unwrap();
    let id = case["case_id"].as_str().unwrap().to_owned();
    let secs = Duration::from_secs;

    let (from, to) = (confirmed.minus(secs(1)), confirmed.plus(secs(3)));
    // Until that second has passed the hub says that it lies in the future.
    until("the request to be taken", || {
        runtime.block_on(li.ask(&id, from, to)) == StatusCode::ACCEPTED
    });
    until("the clip", || runtime.block_on(li.footage(&id))["status"] == "ready");
    let shown = runtime.block_on(li.footage(&id));
    assert_eq!(
        shown["shown"]["from"].as_str().map(|at| at >= from.to_string().as_str()),
        Some(true)
    );
    assert_eq!((&shown["clock"], &shown["holes"]), (&json!("arrival"), &json!([])), "{shown}");
    assert_eq!(runtime.block_on(li.ask(&id, from, to)), StatusCode::OK, "from what is here");
    let get = |file: &Value, range: &str| {
        let path = format!("/evidence/{}?case={id}", file["sha256"].as_str().unwrap());
        let call = li.call(Method::GET, &path).header(header::RANGE, range);
        runtime.block_on(async {
            let answer = call.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
            answer.bytes().await.unwrap()
        })
    };
    let clip = get(&shown["clip"], "bytes=0-");
    assert_eq!(get(&shown["clip"], "bytes=4-11"), clip[4..12]);
    let hidden = "SELECT count(*) FROM footage WHERE masks LIKE '%+faces-%'";
    assert_eq!(site.hub_database().count(hidden) > 0, faces.exists(), "what hid people has a name");
    let of_cases = "SELECT count(*) FROM case_evidence WHERE role = 'clip'";
    until("a case's own clip", || site.hub_database().count(of_cases) > 0);
    let order = boxes(&clip);
    let place = |name: &str| order.iter().position(|found| found == name).unwrap();
    assert!(place("moov") < place("mdat"), "its index in front: {order:?}");
    let at = clip.windows(4).position(|letters| letters == b"avcC").expect("H.264");
    assert_eq!(clip[at + 5], 77, "main profile");
    assert!(get(&shown["filmstrip"], "bytes=0-").starts_with(&[0xff, 0xd8]), "a JPEG");

    let before = confirmed.minus(secs(3_600));
    assert_eq!(runtime.block_on(li.ask(&id, before, before.plus(secs(10)))), StatusCode::ACCEPTED);
    until("the refusal", || runtime.block_on(li.footage(&id))["status"] == "refused");
    let refused = runtime.block_on(li.footage(&id));
    assert_eq!(
        (&refused["refusal"], &refused["hole"]),
        (&json!("nothing_recorded"), &json!("before_retention"))
    );
    drop((edge, hub, server));
}
