//! The edge's outbox, the MQTT driver and the hub's inbox over a real Mosquitto without persistence.
//!
//! `OUTBOX_CASES=500 OUTBOX_DOWN_SECS=60` widens the kill test to the release check.

#![cfg(feature = "edge")]

#[path = "support/facts.rs"]
mod facts;
#[path = "support/mosquitto.rs"]
mod mosquitto;

use facts::{START, address, fact};
use gridwarden::{
    base::{clock::SystemClock, shutdown::Shutdown},
    domain::{
        ids::CaseId,
        inbox::{Admission, Stream},
        wire::{AckData, CaseFactData, CloudEvent, FactKind, Leaf, Presence, StatusData, Topic},
    },
    drivers::{
        mqtt::{
            self, LinkEvent, LinkFault, MqttConfig, Publisher, RECEIVED_UNACKED_MAX,
            install_crypto_provider,
        },
        store::edge::{CommitBatch, EdgeStore},
    },
    roles::edge::publish::{self, PUBLISH_INPUTS_MAX, PublishInput},
};
use mosquitto::Mosquitto;
use std::{
    collections::HashMap,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle};
use uuid::Uuid;

/// Long enough for a loaded machine; a passing run takes a fraction.
const PATIENCE: Duration = Duration::from_secs(90);
const CAMERAS: [&str; 3] = ["cam-a", "cam-b", "cam-c"];

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn config(url: &str, client_id: &str, subscriptions: &[&str]) -> MqttConfig {
    MqttConfig {
        url: url.to_owned(),
        client_id: client_id.to_owned(),
        credentials: None,
        ca: None,
        cert: None,
        key: None,
        status: None,
        subscriptions: subscriptions.iter().map(|&filter| filter.to_owned()).collect(),
        session_expiry_secs: 3600,
    }
}

fn connect(config: MqttConfig) -> (Publisher, mpsc::Receiver<LinkEvent>) {
    install_crypto_provider();
    mqtt::connect(config, Arc::new(SystemClock::new())).expect("the settings are sound")
}

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: nothing within {PATIENCE:?}"),
    }
}

/// The publishing half of an edge on one database.
struct Edge {
    store: EdgeStore,
    tasks: Vec<JoinHandle<()>>,
}

impl Edge {
    async fn start(folder: &Path, url: &str) -> Self {
        let clock = Arc::new(SystemClock::new());
        let path = folder.join("edge.db");
        let store = EdgeStore::open(&path, address(), clock.clone()).await.unwrap();
        let (publisher, mut events) =
            connect(config(url, "edge-1", &["gridwarden/v1/440310/edge-1/ack/+"]));
        let (inputs, receiver) = mpsc::channel(PUBLISH_INPUTS_MAX);
        let publishing = publish::run(store.clone(), publisher, clock, receiver, Shutdown::new());
        let reading = async move {
            while let Some(event) = events.recv().await {
                let input = match event {
                    LinkEvent::Connected => PublishInput::LinkUp,
                    LinkEvent::Disconnected { .. } => PublishInput::LinkDown,
                    LinkEvent::Message { topic, payload, ack: token } => {
                        let topic: Topic = topic.parse().unwrap();
                        let ack = publish::read_ack(&topic, &payload, &address()).unwrap();
                        PublishInput::Ack { ack, token }
                    }
                };
                if inputs.send(input).await.is_err() {
                    return;
                }
            }
        };
        Self { store, tasks: vec![tokio::spawn(publishing), tokio::spawn(reading)] }
    }

    async fn commit(&self, numbers: std::ops::Range<u64>) {
        for case in numbers {
            let camera = CAMERAS[case as usize % CAMERAS.len()];
            for (revision, kind) in [(1, FactKind::Opened), (2, FactKind::Gone)] {
                let facts = vec![fact(case, camera, revision, kind)];
                self.store.commit(&CommitBatch { facts, uploads: Vec::new() }).await.unwrap();
            }
        }
    }

    /// As by kill -9: no goodbye, no flush.
    fn abort(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What a minimal hub applied, in order, with the cameras.
type Applied = Arc<Mutex<Vec<(CaseId, u32, String)>>>;

/// The inbox with a database in memory.
async fn hub(publisher: Publisher, mut events: mpsc::Receiver<LinkEvent>, applied: Applied) {
    let mut streams: HashMap<CaseId, Stream> = HashMap::new();
    while let Some(event) = events.recv().await {
        let LinkEvent::Message { topic, payload, ack: token } = event else { continue };
        let topic: Topic = topic.parse().unwrap();
        let data = serde_json::from_slice::<CloudEvent<CaseFactData>>(&payload).unwrap().data;
        let stream = streams.entry(data.case_id).or_default();
        match stream.admit(data.revision).unwrap() {
            Admission::Apply(range) => {
                let camera = data.camera.id.to_string();
                let mut applied = applied.lock().unwrap();
                applied.extend(range.map(|revision| (data.case_id, revision, camera.clone())));
            }
            Admission::Keep => panic!("an edge sends a camera's facts one at a time"),
            Admission::Duplicate => {}
        }
        if let Some(upto_revision) = stream.upto_revision() {
            let ack = AckData { case_id: data.case_id, upto_revision };
            let id = Uuid::now_v7().to_string();
            let subject = data.case_id.to_string();
            let event = CloudEvent::new(&topic.address, "ack", id, START, subject, ack);
            let topic = Topic::new(&topic.address, Leaf::Ack(data.case_id));
            publisher.try_publish(&topic, serde_json::to_vec(&event).unwrap()).unwrap();
        }
        token.ack();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_case_is_lost_over_a_dead_broker_and_two_killed_edges() {
    let cases = number("OUTBOX_CASES", 120);
    let down_for = Duration::from_secs(number("OUTBOX_DOWN_SECS", 5));
    let mut broker = Mosquitto::start("allow_anonymous true");
    let (url, folder) = (broker.url(), tempfile::TempDir::new().unwrap());
    let applied = Applied::default();
    let (publisher, events) = connect(config(&url, "hub-1", &["gridwarden/v1/+/+/case/+"]));
    let hub = tokio::spawn(hub(publisher, events, Arc::clone(&applied)));

    let edge = Edge::start(folder.path(), &url).await;
    edge.commit(0..cases / 6).await;
    broker.kill();
    let down = tokio::time::sleep(down_for);
    edge.commit(cases / 6..cases / 3).await;
    edge.abort();
    let edge = Edge::start(folder.path(), &url).await;
    edge.commit(cases / 3..cases / 2).await;
    down.await;
    broker.restart();
    edge.commit(cases / 2..cases * 2 / 3).await;
    edge.abort();
    let edge = Edge::start(folder.path(), &url).await;
    edge.commit(cases * 2 / 3..cases).await;

    soon("the outbox empties", async {
        while edge.store.outbox_depth().await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let applied = applied.lock().unwrap().clone();
    let opened: Vec<_> = applied.iter().filter(|(_, revision, _)| *revision == 1).collect();
    let distinct: std::collections::BTreeSet<_> = opened.iter().map(|(case, ..)| case).collect();
    assert_eq!((opened.len() as u64, distinct.len() as u64), (cases, cases));
    assert_eq!(applied.len() as u64, 2 * cases, "each case has two facts");
    for camera in CAMERAS {
        let facts: Vec<_> = applied.iter().filter(|(.., name)| name == camera).collect();
        assert!(facts.is_sorted(), "{camera} is out of order");
    }
    hub.abort();
}

#[tokio::test]
async fn a_broker_that_refuses_says_who_why_and_what_to_do() {
    let broker = Mosquitto::start("allow_anonymous false");
    let (publisher, mut events) = connect(config(&broker.url(), "edge-1", &[]));
    let event = soon("a refusal", events.recv()).await.unwrap();
    let LinkEvent::Disconnected { reason } = event else { panic!("{event:?}") };
    assert!(matches!(reason, LinkFault::Refused { number: 0x87, .. }), "{reason:?}");
    let text = reason.to_string();
    let (url, cure) = (broker.url(), "check user and password");
    for part in [url.as_str(), "edge-1", "NotAuthorized", cure] {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
    publisher.stop().await;
}

/// Reads status messages until one says `wanted`.
async fn wait_for(events: &mut mpsc::Receiver<LinkEvent>, wanted: Presence) {
    soon(&format!("{wanted:?}"), async {
        loop {
            let event = events.recv().await.expect("the observer goes on");
            if let LinkEvent::Message { payload, ack, .. } = event {
                ack.ack();
                let status: CloudEvent<StatusData> = serde_json::from_slice(&payload).unwrap();
                if status.data.state == wanted {
                    return;
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_is_online_then_offline_by_the_will_then_stopping_and_outlives_the_broker() {
    let mut broker = Mosquitto::start("allow_anonymous true");
    let url = broker.url();
    let status = Topic::new(&address(), Leaf::Status).to_string();
    let message = |presence| {
        let data =
            StatusData { state: presence, version: "0.1.0".to_owned(), boot_id: Uuid::nil() };
        let id = Uuid::now_v7().to_string();
        let subject = address().node.to_string();
        serde_json::to_vec(&CloudEvent::new(&address(), "status", id, START, subject, data))
            .unwrap()
    };
    let edge = |url: &str| MqttConfig {
        status: Some((status.clone(), Arc::new(message))),
        ..config(url, "edge-1", &[])
    };
    let (_observer, mut seen) = connect(config(&url, "observer", &[&status]));

    let (publisher, events) = connect(edge(&url));
    wait_for(&mut seen, Presence::Online).await;
    drop((publisher, events));
    wait_for(&mut seen, Presence::Offline).await;

    let (publisher, mut events) = connect(edge(&url));
    // Whoever does not read its events is not connected again.
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    wait_for(&mut seen, Presence::Online).await;
    broker.kill();
    broker.restart();
    wait_for(&mut seen, Presence::Online).await;
    publisher.stop().await;
    wait_for(&mut seen, Presence::Stopping).await;

    // Retained: a newcomer learns it too, and the will did not follow the goodbye.
    let (_newcomer, mut late) = connect(config(&url, "newcomer", &[&status]));
    wait_for(&mut late, Presence::Stopping).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_does_not_acknowledge_gets_no_more_than_its_share() {
    let broker = Mosquitto::start("allow_anonymous true\nmax_inflight_messages 0");
    let results = Topic::new(&address(), Leaf::VerifyResult);
    let (_reader, mut events) = connect(config(&broker.url(), "reader", &[&results.to_string()]));
    let event = soon("the reader connects", events.recv()).await;
    assert!(matches!(event, Some(LinkEvent::Connected)), "{event:?}");
    let (writer, mut written) = connect(config(&broker.url(), "writer", &[]));
    soon("the writer connects", written.recv()).await;
    let sent = usize::from(RECEIVED_UNACKED_MAX) + 100;
    for number in 0..sent {
        writer.try_publish(&results, number.to_string().into_bytes()).unwrap();
    }
    // Held back without an acknowledgement: the window fills and stays full.
    let mut held = Vec::new();
    while held.len() < usize::from(RECEIVED_UNACKED_MAX) {
        if let Some(LinkEvent::Message { payload, ack, .. }) = soon("a share", events.recv()).await
        {
            held.push((payload, ack));
        }
    }
    assert!(events.try_recv().is_err(), "the broker sent more than the share");
    let mut numbers: Vec<usize> = Vec::new();
    let number = |payload: Vec<u8>| String::from_utf8(payload).unwrap().parse().unwrap();
    for (payload, ack) in held {
        numbers.push(number(payload));
        ack.ack();
    }
    while numbers.len() < sent {
        if let Some(LinkEvent::Message { payload, ack, .. }) = soon("the rest", events.recv()).await
        {
            numbers.push(number(payload));
            ack.ack();
        }
    }
    assert_eq!(numbers, (0..sent).collect::<Vec<_>>());
}

/// A certificate authority and a server certificate for 127.0.0.1, by the openssl program.
fn certificates(folder: &Path) {
    let run = |arguments: &str| {
        let done = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(folder)
            .output()
            .expect("openssl is part of every Debian with CA certificates");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca");
    run("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=127.0.0.1");
    std::fs::write(folder.join("san.txt"), "subjectAltName=IP:127.0.0.1").unwrap();
    run("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem \
         -days 2 -extfile san.txt");
}

#[tokio::test]
async fn tls_accepts_the_named_authority_and_no_other() {
    let folder = tempfile::TempDir::new().unwrap();
    certificates(folder.path());
    let file = |name: &str| folder.path().join(name);
    let broker = Mosquitto::start(&format!(
        "allow_anonymous true\ncafile {}\ncertfile {}\nkeyfile {}",
        file("ca.pem").display(),
        file("server.pem").display(),
        file("server.key").display(),
    ));
    let url = format!("mqtts://127.0.0.1:{}", broker.port());
    let trusting = MqttConfig { ca: Some(file("ca.pem")), ..config(&url, "edge-1", &[]) };
    let (publisher, mut events) = connect(trusting);
    let event = soon("a connection", events.recv()).await;
    assert!(matches!(event, Some(LinkEvent::Connected)), "{event:?}");
    publisher.stop().await;

    let other = tempfile::TempDir::new().unwrap();
    certificates(other.path());
    let wary = MqttConfig { ca: Some(other.path().join("ca.pem")), ..config(&url, "edge-2", &[]) };
    let (_publisher, mut events) = connect(wary);
    let event = soon("a refusal", events.recv()).await;
    let Some(LinkEvent::Disconnected { reason: LinkFault::Tls { .. } }) = event else {
        panic!("{event:?}")
    };
}
