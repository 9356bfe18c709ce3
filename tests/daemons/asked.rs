//! An edge that is asked for many looks at once, and killed in the middle of them.

use crate::daemons::{Site, ready, root, street, until};
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        time::WallTime,
    },
    domain::wire::{
        CloudEvent, Leaf, NodeAddress, Priority, Topic, VerifyKind, VerifyRequestData,
        VerifyResultData,
    },
    drivers::{
        camera::rtsp_server::RtspServer,
        mqtt::{self, LinkEvent, MqttConfig, Publisher},
    },
};
use serde_json::Value;
use sqlx::Row;
use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Asks as a hub does, and hears the answers.
struct Asking {
    clock: Arc<dyn Clock>,
    publisher: Publisher,
    events: mpsc::Receiver<LinkEvent>,
    edge: NodeAddress,
    answers: BTreeMap<Uuid, Value>,
}

impl Asking {
    fn new(site: &Site) -> Self {
        mqtt::install_crypto_provider();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let edge =
            NodeAddress { district: "440310".parse().unwrap(), node: "edge-1".parse().unwrap() };
        let results = Topic::new(&edge, Leaf::VerifyResult).to_string();
        let config = MqttConfig {
            url: site.broker.url(),
            client_id: "asking".to_owned(),
            credentials: None,
            ca: None,
            cert: None,
            key: None,
            status: None,
            subscriptions: vec![results],
            session_expiry_secs: 60,
        };
        let (publisher, events) = mqtt::connect(config, Arc::clone(&clock)).unwrap();
        Self { clock, publisher, events, edge, answers: BTreeMap::new() }
    }

    fn ask(&self, request: &VerifyRequestData) {
        let id = Uuid::from_u128(rand::random()).to_string();
        let (now, subject) = (self.clock.wall(), request.request_id.to_string());
        let event = CloudEvent::new(&self.edge, "verify.request", id, now, subject, request);
        let topic = Topic::new(&self.edge, Leaf::VerifyRequest);
        self.publisher.try_publish(&topic, serde_json::to_vec(&event).unwrap()).unwrap();
    }

    /// A repeated answer must be the one given before.
    fn hear(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            let LinkEvent::Message { payload, ack, .. } = event else { continue };
            ack.ack();
            let event: CloudEvent<Value> = serde_json::from_slice(&payload).unwrap();
            let result: VerifyResultData = serde_json::from_value(event.data.clone()).unwrap();
            let first = self.answers.entry(result.request_id).or_insert(event.data.clone());
            assert_eq!(*first, event.data, "another answer to {}", result.request_id);
        }
    }
}

fn request(
    number: u128,
    priority: Option<Priority>,
    from: WallTime,
    wait: u64,
) -> VerifyRequestData {
    let to = from.plus(Duration::from_secs(1));
    VerifyRequestData {
        request_id: Uuid::from_u128(number),
        kind: VerifyKind::Precheck,
        camera: "street".parse().unwrap(),
        cell: None,
        pattern: "roadside_stall".parse().unwrap(),
        zone: None,
        from,
        to,
        not_before: None,
        deadline: to.plus(Duration::from_secs(wait)),
        case_id: None,
        priority,
        photographs: Vec::new(),
    }
}

fn answered(site: &Site) -> Vec<Uuid> {
    let rows = site.edge_database().rows("SELECT request_id FROM verify_results ORDER BY rowid");
    rows.iter().map(|row| row.get::<String, _>(0).parse().unwrap()).collect()
}

#[test]
fn twenty_looks_asked_at_once_are_answered_once_each_in_their_order_over_a_kill() {
    if !ready() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let site = Site::new("allow_anonymous true");
    let server = RtspServer::start(&[("street", street())], 0).unwrap();
    let uri = format!("rtsp://127.0.0.1:{}/street", server.port());
    // Little to do for live analysis: looks give way to it.
    let model = root().join("models/street-nano.toml");
    let pipeline = format!(
        "[camera]\nid = \"street\"\n[source]\nuri = \"{uri}\"\nanalysed_fps = 1.0\n\
         [frame]\nwidth_px = 640\nheight_px = 360\n[model]\nmanifest = \"{}\"\n\
         [[zone]]\nid = \"all\"\n[[pattern]]\nid = \"roadside_stall\"\ndwell_secs = 600\n[recording]\n",
        model.display()
    );
    fs::write(site.path("street.toml"), pipeline).unwrap();
    site.write_edge(&["street"]);
    let mut edge = site.edge();
    let mut asking = Asking::new(&site);
    let footage = site.edge_data().join("footage/street");
    until("the camera is recorded", || footage.exists());

    // One interval for all, so that all can be looked at from the same moment on.
    let from = asking.clock.wall().plus(Duration::from_secs(2));
    let priorities = [None, Some(Priority::Low), Some(Priority::Urgent), Some(Priority::Normal)];
    let asked: Vec<VerifyRequestData> = (1..=20)
        .map(|number| {
            let priority = priorities[number as usize % priorities.len()];
            request(number, priority, from, 900 - 7 * (number as u64 * 11 % 20))
        })
        .collect();
    let late = VerifyRequestData {
        deadline: from.minus(Duration::from_secs(60)),
        ..request(99, None, from, 0)
    };
    asked.iter().chain([&late]).for_each(|request| asking.ask(request));
    until("all of them are written down", || {
        let waiting = site.edge_database().count("SELECT count(*) FROM verify_requests");
        waiting == 20 && answered(&site) == [late.request_id]
    });

    until("some are answered", || answered(&site).len() >= 6);
    edge.kill();
    let before = answered(&site);
    edge.restart();
    // A hub repeats what it has no answer to, and sometimes what it has.
    asked.iter().for_each(|request| asking.ask(request));
    for count in 1..=21 {
        until("one more answer is heard", || {
            asking.hear();
            asking.answers.len() >= count
        });
    }

    let mut order: Vec<&VerifyRequestData> = asked.iter().collect();
    order.sort_by_key(|request| (request.priority.unwrap_or(Priority::Normal), request.deadline));
    let order: Vec<Uuid> =
        [late.request_id].into_iter().chain(order.iter().map(|one| one.request_id)).collect();
    assert_eq!(answered(&site), order, "{} before the kill", before.len());
    assert_eq!(site.edge_database().count("SELECT count(*) FROM verify_requests"), 0);
    asking.hear();
    for request in &asked {
        let verdict = &asking.answers[&request.request_id]["verdict"];
        assert!(verdict["health"]["frames"].as_i64() > Some(2), "looked at: {verdict}");
    }
    let verdict = &asking.answers[&late.request_id]["verdict"];
    assert_eq!(verdict["reasons"], serde_json::json!(["deadline_passed"]));
    assert_eq!(verdict["verdict"], "UNDETERMINABLE");
}
