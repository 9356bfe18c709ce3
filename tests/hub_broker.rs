//! The hub behind a real Mosquitto: a fact is acknowledged, a decision and a look reach the edge,
//! and what was decided while the broker was away is published once it is back. Two nodes that see
//! one thing have one open case, and both hear that it was a false alarm. A database that goes away
//! is waited for.
#![cfg(feature = "hub")]

#[path = "support/hub.rs"]
mod base;
#[path = "support/postgres.rs"]
mod postgres;

use gridwarden::{
    base::{clock::SystemClock, shutdown::Shutdown},
    domain::{
        case::lifecycle::{Event, State},
        ids::CaseId,
        wire::{Leaf, NodeAddress, Presence, Topic},
    },
    drivers::{
        mqtt::{self, LinkEvent, MqttConfig, Publisher},
        store::hub::{Decision, Place},
    },
    roles::hub::{self, BrokerConfig, HubConfig, verify::LookTimes},
};
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;
use uuid::Uuid;

const SEEN_AT: &str = "2026-01-01T00:00:00.000Z";
const PATIENCE: Duration = Duration::from_secs(60);

/// Killed when dropped.
struct Broker(Child);

impl Broker {
    fn start(dir: &Path, port: u16) -> Option<Self> {
        let file = dir.join("mosquitto.conf");
        let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\n");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new("mosquitto");
        command.arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        // Debian puts it where only root looks.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"));
        command.spawn().ok().map(Self)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn config(dir: &Path, port: u16) -> HubConfig {
    let quiet = base::quiet(dir);
    HubConfig {
        mqtt: BrokerConfig { url: format!("mqtt://127.0.0.1:{port}"), ..quiet.mqtt },
        looks: LookTimes {
            settle: Duration::ZERO,
            look: Duration::from_millis(200),
            again_after: Duration::ZERO,
            ..LookTimes::default()
        },
        ..quiet
    }
}

/// Waits for a message of this leaf; its `data`.
async fn next(events: &mut mpsc::Receiver<LinkEvent>, wanted: &Leaf) -> Value {
    let wait = async {
        loop {
            let event = events.recv().await.expect("the link stands");
            let LinkEvent::Message { topic, payload, ack } = event else { continue };
            ack.ack();
            if topic.parse::<Topic>().unwrap().leaf == *wanted {
                let message: Value = serde_json::from_slice(&payload).unwrap();
                return message["data"].clone();
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {wanted:?}"))
}

async fn connected(events: &mut mpsc::Receiver<LinkEvent>) {
    let wait = async {
        while !matches!(events.recv().await.expect("the link stands"), LinkEvent::Connected) {}
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("no connection");
}

fn message(address: &NodeAddress, kind: &str, data: Value) -> Vec<u8> {
    let message = json!({
        "specversion": "1.0", "id": Uuid::now_v7(), "source": format!("/gridwarden/440310/{}", address.node),
        "type": format!("cn.gridwarden.{kind}"), "time": SEEN_AT, "subject": "",
        "datacontenttype": "application/json", "data": data,
    });
    serde_json::to_vec(&message).unwrap()
}

/// A node's side of the broker.
struct Edge {
    address: NodeAddress,
    link: Publisher,
    events: mpsc::Receiver<LinkEvent>,
}

impl Edge {
    async fn connect(node: &str, port: u16, clock: &Arc<SystemClock>) -> Self {
        let address =
            NodeAddress { district: "440310".parse().unwrap(), node: node.parse().unwrap() };
        let own = address.clone();
        let status = move |state: Presence| {
            let data = json!({"state": state, "version": "0", "boot_id": Uuid::nil()});
            message(&own, "status", data)
        };
        let (link, mut events) = mqtt::connect(
            MqttConfig {
                url: format!("mqtt://127.0.0.1:{port}"),
                client_id: node.to_owned(),
                credentials: None,
                ca: None,
                cert: None,
                key: None,
                status: Some((Topic::new(&address, Leaf::Status).to_string(), Arc::new(status))),
                subscriptions: ["ack/+", "decision/+", "verify/request"]
                    .map(|leaf| format!("gridwarden/v1/440310/{node}/{leaf}"))
                    .into(),
                session_expiry_secs: 600,
            },
            clock.clone(),
        )
        .unwrap();
        connected(&mut events).await;
        Self { address, link, events }
    }

    /// As an outbox does: sent again until the hub's own acknowledgement is there.
    async fn tell(&mut self, case_id: CaseId, kind: &str, data: Value) -> Value {
        let topic = Topic::new(&self.address, Leaf::Case(case_id));
        let payload = message(&self.address, kind, data);
        let leaf = Leaf::Ack(case_id);
        let acked = tokio::time::timeout(PATIENCE, async {
            loop {
                let _ = self.link.try_publish(&topic, payload.clone());
                let ack = next(&mut self.events, &leaf);
                let ack = tokio::time::timeout(Duration::from_secs(2), ack);
                if let Ok(ack) = ack.await {
                    return ack;
                }
            }
        });
        acked.await.expect("no ack")
    }

    fn opened(&self, case_id: CaseId) -> Value {
        json!({
            "case_id": case_id, "revision": 1, "kind": "opened",
            "event": {"std": "local", "version": "1", "code": "x", "name_zh": "", "name_en": "", "local": true},
            "pattern": {"id": "bin_overflowing", "version": "3"},
            "place": {"code_2d": "N50F0535166000", "level": 7, "lon_deg": 114.34, "lat_deg": 22.69,
                      "error_metres": 2.0, "datum": "CGCS2000"},
            "camera": {"id": "gate", "node": self.address.node},
            "first_seen_at": SEEN_AT, "confirmed_at": SEEN_AT, "last_seen_at": SEEN_AT,
            "dwell_secs": 5.0, "count": 1, "score": 0.8,
            "model": {"id": "m", "sha256": "00"}, "clock": "arrival",
            "source": "video", "priority": "normal", "privacy": {"masked": true},
        })
    }
}

#[tokio::test]
async fn facts_decisions_and_looks_travel_through_a_broker_that_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let Some(broker) = Broker::start(dir.path(), port) else {
        eprintln!("skipped: mosquitto is not installed");
        return;
    };
    let clock = Arc::new(SystemClock::new());
    let mut edge = Edge::connect("edge-1", port, &clock).await;
    let shutdown = Shutdown::new();
    let running =
        hub::start(config(dir.path(), port), clock.clone(), shutdown.clone()).await.unwrap();

    let case_id = CaseId(Uuid::from_u128(1));
    let opened = edge.opened(case_id);
    assert_eq!(edge.tell(case_id, "case.opened", opened).await["upto_revision"], 1);

    // Decided while there is no broker; the row outlives its absence.
    drop(broker);
    let store = &running.register.store;
    let confirm = Decision::new(Event::Confirm, "li", running.register.now());
    let change = store.decide(case_id, Some(1), &confirm).await.unwrap();
    running.register.announce(&change);
    assert_eq!(store.outbound(running.register.now(), 9).await.unwrap().len(), 1);
    let _broker = Broker::start(dir.path(), port).unwrap();
    connected(&mut edge.events).await;
    let decision = next(&mut edge.events, &Leaf::Decision(case_id)).await;
    assert_eq!(decision["decision"], "filed");

    let now = running.register.now();
    let done = Decision::new(Event::Feedback, "platform", now);
    let change = store.feedback(case_id, "crew", now, &[], &done).await.unwrap();
    running.register.announce(&change);
    let request = next(&mut edge.events, &Leaf::VerifyRequest).await;
    assert_eq!((&request["kind"], &request["camera"]), (&json!("postcheck"), &json!("gate")));
    assert_eq!(request["case_id"], case_id.to_string());

    shutdown.begin();
    running.wait().await.unwrap();
    edge.link.stop().await;
}

#[tokio::test]
async fn one_thing_before_two_nodes_is_one_open_case_and_a_false_alarm_for_both() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let Some(_broker) = Broker::start(dir.path(), port) else {
        eprintln!("skipped: mosquitto is not installed");
        return;
    };
    let clock = Arc::new(SystemClock::new());
    let mut one = Edge::connect("edge-1", port, &clock).await;
    let mut other = Edge::connect("edge-2", port, &clock).await;
    let shutdown = Shutdown::new();
    let running =
        hub::start(config(dir.path(), port), clock.clone(), shutdown.clone()).await.unwrap();
    let store = &running.register.store;
    let (master, merged) = (CaseId(Uuid::from_u128(1)), CaseId(Uuid::from_u128(2)));
    let opened = one.opened(master);
    one.tell(master, "case.opened", opened).await;
    let opened = other.opened(merged);
    other.tell(merged, "case.opened", opened.clone()).await;
    let told = next(&mut other.events, &Leaf::Decision(merged)).await;
    assert_eq!(told["decision"], "merged");

    // The node follows the thing as its own case; the hub keeps what it says.
    let mut seen = opened;
    (seen["revision"], seen["kind"], seen["count"]) = (json!(2), json!("seen"), json!(3));
    assert_eq!(other.tell(merged, "case.seen", seen).await["upto_revision"], 2);
    let row = store.case(merged).await.unwrap().unwrap();
    assert_eq!((row.state, row.merged_into, row.count), (State::Merged, Some(master), 3));
    let row = store.case(master).await.unwrap().unwrap();
    assert_eq!((row.state, row.version), (State::PendingReview, 2));

    let reject = Event::Reject { reason: "wrong_object".to_owned() };
    let reject = Decision::new(reject, "li", running.register.now());
    let change = store.decide(master, Some(2), &reject).await.unwrap();
    running.register.announce(&change);
    for (edge, case_id) in [(&mut one, master), (&mut other, merged)] {
        let told = next(&mut edge.events, &Leaf::Decision(case_id)).await;
        assert_eq!(
            (&told["decision"], &told["reason"]),
            (&json!("rejected"), &json!("wrong_object"))
        );
        assert_eq!(told["case_id"], case_id.to_string());
    }
    shutdown.begin();
    running.wait().await.unwrap();
    one.link.stop().await;
    other.link.stop().await;
}

/// Answers of `/readyz` until one has this status.
async fn until_readyz_says(running: &hub::Running, status: u16) {
    mqtt::install_crypto_provider();
    let url = format!("http://{}/readyz", running.address);
    let wait = async {
        loop {
            let answer = reqwest::get(&url).await.unwrap();
            if answer.status() == status {
                return answer.text().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let said = tokio::time::timeout(PATIENCE, wait).await.expect("readyz changes");
    assert!(status == 200 || said.contains("register"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_waited_for_and_nothing_is_lost_or_taken_twice() {
    const MEANWHILE: u128 = 40;
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let Some(_broker) = Broker::start(dir.path(), port) else {
        eprintln!("skipped: mosquitto is not installed");
        return;
    };
    let Some(mut postgres) = postgres::Postgres::start() else {
        eprintln!("skipped: postgresql is not installed");
        return;
    };
    let clock = Arc::new(SystemClock::new());
    let mut edge = Edge::connect("edge-1", port, &clock).await;
    let shutdown = Shutdown::new();
    let database = Place::Postgres { url: postgres.url(), password: None };
    let config = HubConfig { database, ..config(dir.path(), port) };
    let running = hub::start(config, clock.clone(), shutdown.clone()).await.unwrap();
    let first = CaseId(Uuid::from_u128(1));
    edge.tell(first, "case.opened", edge.opened(first)).await;

    postgres.stop();
    until_readyz_says(&running, 503).await;
    for number in 2..2 + MEANWHILE {
        let case_id = CaseId(Uuid::from_u128(number));
        let mut opened = edge.opened(case_id);
        // A thing of its own each.
        opened["place"] = Value::Null;
        let topic = Topic::new(&edge.address, Leaf::Case(case_id));
        edge.link.try_publish(&topic, message(&edge.address, "case.opened", opened)).unwrap();
    }
    postgres.restart();
    until_readyz_says(&running, 200).await;
    for number in 2..2 + MEANWHILE {
        let case_id = CaseId(Uuid::from_u128(number));
        let mut opened = edge.opened(case_id);
        opened["place"] = Value::Null;
        assert_eq!(edge.tell(case_id, "case.opened", opened).await["upto_revision"], 1);
    }
    assert_eq!(running.register.store.fact_count().await.unwrap(), 1 + MEANWHILE as i64);
    shutdown.begin();
    running.wait().await.unwrap();
}
