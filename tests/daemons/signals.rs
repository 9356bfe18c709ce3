//! SIGTERM, SIGKILL and SIGHUP.

use crate::daemons::{Site, ready, street, until};
use gridwarden::{
    base::clock::SystemClock,
    drivers::mqtt::{self, LinkEvent, MqttConfig, Publisher},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    sync::{Arc, Mutex},
};
use tokio::runtime::Runtime;

/// Knows the last message of each topic.
struct Observer {
    last: Arc<Mutex<BTreeMap<String, Value>>>,
    _link: (Runtime, Publisher),
}

impl Observer {
    fn of(site: &Site) -> Self {
        mqtt::install_crypto_provider();
        let runtime = Runtime::new().unwrap();
        let config = MqttConfig {
            url: site.broker.url(),
            client_id: "observer".to_owned(),
            credentials: None,
            ca: None,
            cert: None,
            key: None,
            status: None,
            subscriptions: vec!["gridwarden/v1/#".to_owned()],
            session_expiry_secs: 60,
        };
        let last: Arc<Mutex<BTreeMap<String, Value>>> = Arc::default();
        let seen = Arc::clone(&last);
        let context = runtime.enter();
        let (publisher, mut events) = mqtt::connect(config, Arc::new(SystemClock::new())).unwrap();
        runtime.spawn(async move {
            while let Some(event) = events.recv().await {
                let LinkEvent::Message { topic, payload, ack } = event else { continue };
                let message: Value = serde_json::from_slice(&payload).unwrap();
                seen.lock().unwrap().insert(topic, message["data"].clone());
                ack.ack();
            }
        });
        drop(context);
        Self { last, _link: (runtime, publisher) }
    }

    #[track_caller]
    fn until_told(&self, leaf: &str, key: &str, value: &str) {
        let topic = format!("gridwarden/v1/440310/edge-1/{leaf}");
        until(&format!("{leaf} says {value}"), || {
            self.last.lock().unwrap().get(&topic).is_some_and(|data| data[key] == value)
        });
    }
}

fn site() -> Site {
    let site = Site::new("allow_anonymous true");
    let clip = street().display().to_string();
    site.write_camera("street", &clip, 1, "");
    site.write_camera("corner", &clip, 1, "");
    site.write_edge(&["street"]);
    site
}

#[test]
fn the_retained_status_tells_how_an_edge_ended() {
    if !ready() {
        return;
    }
    let site = site();
    let mut edge = site.edge();
    let observer = Observer::of(&site);
    observer.until_told("status", "state", "online");
    edge.kill();
    observer.until_told("status", "state", "offline");
    edge.restart();
    observer.until_told("status", "state", "online");
    edge.signal("TERM");
    assert_eq!(edge.ended().code(), Some(0), "{}", edge.log());
    observer.until_told("status", "state", "stopping");
    // Retained: whoever comes later learns it too.
    Observer::of(&site).until_told("status", "state", "stopping");
}

#[test]
fn an_edge_takes_up_a_changed_file_only_if_it_is_sound() {
    if !ready() {
        return;
    }
    let site = site();
    let mut edge = site.edge();
    let observer = Observer::of(&site);
    observer.until_told("camera/street/card", "camera", "street");
    let sound = fs::read_to_string(site.path("edge.toml")).unwrap();
    fs::write(site.path("edge.toml"), format!("colour = \"red\"\n{sound}")).unwrap();
    edge.signal("HUP");
    edge.until_logged(&["edge.toml:1", "colour"]);
    assert!(edge.is_running() && edge.log().contains("the old configuration stays"));
    assert!(!edge.log().contains("reloading"), "{}", edge.log());
    observer.until_told("status", "state", "online");

    site.write_edge(&["street", "corner"]);
    edge.signal("HUP");
    observer.until_told("camera/corner/card", "camera", "corner");
    edge.until_logged(&["camera connected", "corner"]);
    edge.signal("TERM");
    assert_eq!(edge.ended().code(), Some(0), "{}", edge.log());
}

#[test]
fn an_edge_takes_up_a_promoted_model_only_if_it_loads() {
    if !ready() {
        return;
    }
    let site = site();
    let shipped = crate::daemons::root().join("models");
    let model = site.path("street-nano.toml");
    for name in ["street-nano.toml", "street-nano.onnx"] {
        fs::copy(shipped.join(name), site.path(name)).unwrap();
    }
    site.write_camera_with_model("street", &street().display().to_string(), 1, "", &model);
    let mut edge = site.edge();
    edge.until_logged(&["network loaded", "street-nano"]);
    // As `models promote` leaves it, under another id; first with a digest that is not the network's.
    let sound = fs::read_to_string(&model).unwrap().replace("\"street-nano\"", "\"street-new\"");
    let at = sound.find("sha256 = \"").unwrap() + 10;
    let spoiled = format!("{}{}{}", &sound[..at], "0".repeat(64), &sound[at + 64..]);
    fs::write(&model, spoiled).unwrap();
    edge.signal("HUP");
    edge.until_logged(&["street-nano.toml:", "sha256", "the file's digest is"]);
    assert!(edge.is_running() && !edge.log().contains("reloading"), "{}", edge.log());
    fs::write(&model, sound).unwrap();
    edge.signal("HUP");
    edge.until_logged(&["reloading"]);
    let observer = Observer::of(&site);
    observer.until_told("status", "state", "online");
    until("the edge runs the new model", || {
        edge.log().split("reloading").nth(1).is_some_and(|log| log.contains("street-new"))
    });
    edge.signal("TERM");
    assert_eq!(edge.ended().code(), Some(0), "{}", edge.log());
}

#[test]
fn a_hub_stops_in_order_and_reloads_all_or_nothing() {
    if !ready() {
        return;
    }
    let site = site();
    let mut hub = site.hub();
    hub.until_logged(&["hub serves", &site.hub_address]);
    let sound = fs::read_to_string(site.path("hub.toml")).unwrap();
    fs::write(site.path("hub.toml"), format!("colour = \"red\"\n{sound}")).unwrap();
    hub.signal("HUP");
    hub.until_logged(&["hub.toml:1", "colour"]);
    assert!(hub.is_running() && !hub.log().contains("reloading"), "{}", hub.log());

    let other = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    fs::write(site.path("hub.toml"), sound.replace(&site.hub_address, &other)).unwrap();
    hub.signal("HUP");
    hub.until_logged(&["hub serves", &other]);
    hub.signal("TERM");
    assert_eq!(hub.ended().code(), Some(0), "{}", hub.log());
}

#[test]
fn the_first_start_makes_secrets_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    if !ready() {
        return;
    }
    let site = site();
    let mut hub = site.hub();
    hub.until_logged(&["hub serves"]);
    for name in ["node-token", "duty-password"] {
        let path = site.path("gridwarden-hub").join(name);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let secret = fs::read_to_string(&path).unwrap();
        assert!(
            hub.log().contains(&path.display().to_string()) && !hub.log().contains(secret.trim())
        );
    }
    let password = fs::read_to_string(site.path("gridwarden-hub/duty-password")).unwrap();
    let signed_in = |password: String| {
        let url = format!("http://{}/api/v1/session", site.hub_address);
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let body = serde_json::json!({ "name": "duty", "password": password });
            client.post(url).json(&body).send().await.unwrap().status().as_u16()
        })
    };
    gridwarden::drivers::mqtt::install_crypto_provider();
    assert_eq!(signed_in(password.trim().to_owned()), 200);
    assert_eq!(signed_in("another password".to_owned()), 401);
    hub.kill();
}
