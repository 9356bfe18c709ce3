use super::{config::MqttConfigError, *};
use crate::{
    base::{clock::SystemClock, secret::Secret},
    domain::{
        ids::CaseId,
        wire::{Leaf, NodeAddress, Topic},
    },
};
use uuid::Uuid;

fn config(url: &str) -> MqttConfig {
    MqttConfig {
        url: url.to_owned(),
        client_id: "edge-1".to_owned(),
        credentials: Some(Credentials {
            user: "edge-1".to_owned(),
            password: Secret::new("hunter2"),
        }),
        ca: None,
        cert: None,
        key: None,
        status: None,
        subscriptions: Vec::new(),
        session_expiry_secs: 60,
    }
}

fn topic(leaf: Leaf) -> Topic {
    let address =
        NodeAddress { district: "440310".parse().unwrap(), node: "edge-1".parse().unwrap() };
    Topic::new(&address, leaf)
}

async fn start(config: MqttConfig) -> Result<(Publisher, mpsc::Receiver<LinkEvent>), String> {
    connect(config, Arc::new(SystemClock::new())).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_bad_address_is_refused_with_what_is_allowed() {
    for url in [
        "http://broker:1883",
        "broker:1883",
        "mqtt://broker:70000",
        "mqtt://:1883",
        "mqtt://broker/path",
        "mqtt://broker:0",
    ] {
        let text = start(config(url)).await.err().expect(url);
        assert!(text.contains(url) && text.contains("mqtt://host:1883"), "{text}");
    }
}

#[tokio::test]
async fn a_password_in_the_address_is_refused_and_not_shown() {
    let text = start(config("mqtt://edge:hunter2@broker:1883")).await.err().unwrap();
    assert!(text.contains("file or the environment") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn certificate_faults_name_the_file() {
    let with = |ca: Option<&str>, cert: Option<&str>| MqttConfig {
        ca: ca.map(Into::into),
        cert: cert.map(Into::into),
        ..config("mqtts://broker")
    };
    let text = start(with(Some("/no/such/ca.pem"), None)).await.err().unwrap();
    assert!(text.contains("MQTT ca /no/such/ca.pem"), "{text}");
    let folder = tempfile::TempDir::new().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing here").unwrap();
    let text = start(with(empty.to_str(), None)).await.err().unwrap();
    assert!(text.contains("empty.pem: holds no PEM certificate"), "{text}");
    let half = MqttConfigError::HalfIdentity { missing: "key" }.to_string();
    assert!(half.contains("key is missing"));
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_named_and_tried_again() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("mqtt://{free}");
    let (publisher, mut events) = start(config(&url)).await.unwrap();
    for _ in 0..2 {
        let event = events.recv().await.unwrap();
        let LinkEvent::Disconnected { reason } = event else { panic!("{event:?}") };
        assert!(matches!(reason, LinkFault::Unreachable { .. }), "{reason}");
        assert!(reason.to_string().starts_with(&url), "{reason}");
    }
    publisher.stop().await;
    assert!(events.recv().await.is_none());
}

#[tokio::test]
async fn without_a_connection_each_message_is_kept_as_its_leaf_says() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (publisher, _events) = start(config(&format!("mqtt://{free}"))).await.unwrap();
    let case = CaseId(Uuid::from_u128(1));
    let publish = |leaf| publisher.try_publish(&topic(leaf), b"{}".to_vec());
    assert!(matches!(publish(Leaf::Case(case)), Err(PublishError::LinkDown)));
    assert!(publish(Leaf::Stats).is_ok());
    for _ in 0..1024 {
        publish(Leaf::Ack(case)).unwrap();
    }
    assert!(matches!(publish(Leaf::Ack(case)), Err(PublishError::Busy)));
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (publisher, _events) = start(config(&format!("mqtt://{free}"))).await.unwrap();
    let refused = publisher.try_publish(&topic(Leaf::Stats), vec![b' '; 256 * 1024 + 1]);
    assert!(matches!(refused, Err(PublishError::TooLarge { bytes: 262_145, .. })));
}

#[test]
fn the_password_never_shows() {
    let shown = format!("{:?}", config("mqtt://broker").credentials);
    assert!(!shown.contains("hunter2"), "{shown}");
}
