//! `gridwarden pki` and a real Mosquitto under what it wrote: who gets in, and who may say what.
#![cfg(feature = "hub")]

#[path = "support/ended.rs"]
mod ended;
#[path = "support/mosquitto.rs"]
#[allow(dead_code, reason = "it is called by its other listener")]
mod mosquitto;

use ended::Ended;
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        time::WallTime,
    },
    domain::{
        ids::CaseId,
        wire::{EDGE_SAYS, Leaf, NodeAddress, Topic},
    },
    drivers::{
        mqtt::{self, LinkEvent, LinkFault, MqttConfig, Publisher, install_crypto_provider},
        pki::{Authority, Holder, Kind, read_certificate},
    },
};
use mosquitto::Mosquitto;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn pki(folder: &Path, args: &str) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwarden"));
    command.current_dir(folder).env("RUST_LOG", "warn").arg("pki").args(args.split_whitespace());
    command.output().unwrap().into()
}

fn done(folder: &Path, args: &str) -> Ended {
    let ended = pki(folder, args);
    assert_eq!(ended.code, 0, "pki {args}: {}", ended.shown());
    ended
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A broker under the listener and access list in `folder/pki/broker`, and its TLS port.
fn broker(folder: &Path) -> (Mosquitto, u16) {
    let port = free_port();
    done(folder, &format!("acl --port {port}"));
    let listener = fs::read_to_string(folder.join("pki/broker/gridwarden.conf")).unwrap();
    let broker = Mosquitto::start(&listener);
    answers(port);
    (broker, port)
}

/// It opens its listeners one after the other.
fn answers(port: u16) {
    let tries = (0..2_000).find(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(tries.is_some(), "mosquitto does not answer on port {port}");
}

fn address(node: &str) -> NodeAddress {
    NodeAddress { district: "440310".parse().unwrap(), node: node.parse().unwrap() }
}

struct Client {
    link: Publisher,
    events: mpsc::Receiver<LinkEvent>,
}

/// One with the certificate of `name` in `pki`, or with none.
fn client(pki: &Path, name: Option<&str>, id: &str, port: u16, hears: &[String]) -> Client {
    install_crypto_provider();
    let own = |file: &str| name.map(|name| pki.join(name).join(file));
    let config = MqttConfig {
        url: format!("mqtts://127.0.0.1:{port}"),
        client_id: id.to_owned(),
        credentials: None,
        ca: Some(pki.join("ca/cert.pem")),
        cert: own("cert.pem"),
        key: own("key.pem"),
        status: None,
        subscriptions: hears.to_vec(),
        session_expiry_secs: 600,
    };
    let (link, events) = mqtt::connect(config, Arc::new(SystemClock::new())).unwrap();
    Client { link, events }
}

impl Client {
    async fn next(&mut self) -> LinkEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("nothing happens").expect("the link stands")
    }

    async fn connected(mut self) -> Self {
        match self.next().await {
            LinkEvent::Connected => self,
            other => panic!("{other:?}"),
        }
    }

    async fn refused(mut self) -> LinkFault {
        match self.next().await {
            LinkEvent::Disconnected { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    fn say(&self, node: &str, leaf: Leaf, text: &str) {
        self.link.try_publish(&Topic::new(&address(node), leaf), text.into()).unwrap();
    }

    async fn hears(&mut self) -> (String, String) {
        match self.next().await {
            LinkEvent::Message { topic, payload, ack } => {
                ack.ack();
                (topic, String::from_utf8(payload).unwrap())
            }
            other => panic!("{other:?}"),
        }
    }
}

fn case(number: u128) -> CaseId {
    CaseId(Uuid::from_u128(number))
}

fn all_edges() -> Vec<String> {
    EDGE_SAYS.iter().map(|leaf| format!("gridwarden/v1/440310/+/{leaf}")).collect()
}

#[tokio::test]
async fn an_edge_speaks_below_its_own_prefix_alone_and_hears_only_what_is_for_it() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), "init --district 440310");
    done(folder.path(), "issue broker --host 127.0.0.1");
    done(folder.path(), "issue hub --host 127.0.0.1");
    done(folder.path(), "issue edge edge-1 edge-2");
    let pki = folder.path().join("pki");
    let (_broker, port) = broker(folder.path());

    let mut hub = client(&pki, Some("hub"), "hub", port, &all_edges()).connected().await;
    let acks = |node: &str| vec![format!("gridwarden/v1/440310/{node}/ack/+")];
    let mut one = client(&pki, Some("edge-1"), "edge-1", port, &acks("edge-1")).connected().await;
    // It asks for everything.
    let all = ["gridwarden/#".to_owned()];
    let mut two = client(&pki, Some("edge-2"), "edge-2", port, &all).connected().await;

    // In another's name, and as if it were a hub: none of it arrives.
    one.say("edge-2", Leaf::Case(case(1)), "forged");
    one.say("edge-2", Leaf::Status, "forged");
    one.say("edge-1", Leaf::Ack(case(1)), "forged");
    one.say("edge-2", Leaf::Decision(case(1)), "forged");
    // The broker takes the messages of one connection in their order, so the first that arrives shows
    // what became of those before it.
    one.say("edge-1", Leaf::Case(case(2)), "own");
    let own = format!("gridwarden/v1/440310/edge-1/case/{}", case(2));
    assert_eq!(hub.hears().await, (own, "own".to_owned()));

    hub.say("edge-1", Leaf::Ack(case(2)), "for one");
    hub.say("edge-2", Leaf::Ack(case(3)), "for two");
    let ack = |node: &str, number| format!("gridwarden/v1/440310/{node}/ack/{}", case(number));
    assert_eq!(one.hears().await, (ack("edge-1", 2), "for one".to_owned()));
    assert_eq!(two.hears().await, (ack("edge-2", 3), "for two".to_owned()));

    // Calling itself by another's id throws nobody out: the broker goes by the certificate.
    drop(one);
    let _liar = client(&pki, Some("edge-1"), "edge-2", port, &[]).connected().await;
    hub.say("edge-2", Leaf::Ack(case(4)), "still there");
    assert_eq!(two.hears().await, (ack("edge-2", 4), "still there".to_owned()));
}

#[tokio::test]
async fn without_a_certificate_of_this_authority_nobody_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), "init --district 440310");
    done(folder.path(), "issue broker --host 127.0.0.1");
    done(folder.path(), "issue hub --host 127.0.0.1");
    let pki = folder.path().join("pki");
    // The same names, signed by another: and this broker's authority for them to trust.
    let other = tempfile::tempdir().unwrap();
    done(other.path(), "init --district 440310");
    done(other.path(), "issue edge edge-1");
    fs::copy(pki.join("ca/cert.pem"), other.path().join("pki/ca/cert.pem")).unwrap();
    // One that was good a year ago.
    let now = SystemClock::new().wall();
    let authority = Authority::open(&pki).unwrap();
    let edge = Holder { kind: Kind::Edge, name: "edge-2".parse().unwrap() };
    authority.issue(&edge, &[], now.minus(DAY * 400), 365).unwrap();
    let (_broker, port) = broker(folder.path());

    let _hub = client(&pki, Some("hub"), "hub", port, &[]).connected().await;
    let foreign = client(&other.path().join("pki"), Some("edge-1"), "edge-1", port, &[]);
    let reason = foreign.refused().await.to_string();
    assert!(reason.to_lowercase().contains("ca") || reason.contains("decrypt"), "{reason}");
    client(&pki, None, "edge-1", port, &[]).refused().await;
    let expired = client(&pki, Some("edge-2"), "edge-2", port, &[]).refused().await.to_string();
    assert!(expired.to_lowercase().contains("expired"), "{expired}");

    done(folder.path(), "renew");
    client(&pki, Some("edge-2"), "edge-2", port, &[]).connected().await;
}

#[tokio::test]
async fn a_revoked_edge_is_refused_and_its_neighbour_goes_on() {
    let (folder, stolen) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    done(folder.path(), "init --district 440310");
    done(folder.path(), "issue broker --host 127.0.0.1");
    done(folder.path(), "issue hub --host 127.0.0.1");
    done(folder.path(), "issue edge edge-1 edge-2");
    let (pki, stolen) = (folder.path().join("pki"), stolen.path());
    for file in ["ca/cert.pem", "edge-1/cert.pem", "edge-1/key.pem"] {
        fs::create_dir_all(stolen.join(file).parent().unwrap()).unwrap();
        fs::copy(pki.join(file), stolen.join(file)).unwrap();
    }
    let thief = |port| client(stolen, Some("edge-1"), "edge-1", port, &[]);
    let (mut broker, port) = broker(folder.path());
    drop(thief(port).connected().await);

    let told = done(folder.path(), "revoke --node edge-1").stdout;
    for part in
        ["pki/ca/crl.pem: edge-1 is revoked, 1 in all", "pki/broker/crl.pem", "pki/hub/crl.pem"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!pki.join("edge-1").exists());
    broker.restart();
    answers(port);
    let refused = thief(port).refused().await.to_string().to_lowercase();
    assert!(refused.contains("revoked"), "{refused}");
    client(&pki, Some("edge-2"), "edge-2", port, &[]).connected().await;
    client(&pki, Some("hub"), "hub", port, &[]).connected().await;

    // The next box may have the name; a list that is renewed forgets nobody.
    done(folder.path(), "issue edge edge-1");
    let told = done(folder.path(), "renew").stdout;
    let list = told.lines().find(|line| line.starts_with("crl.pem")).unwrap();
    assert!(list.ends_with("1 revoked, renewed"), "{list}");
    broker.restart();
    answers(port);
    client(&pki, Some("edge-1"), "edge-1", port, &[]).connected().await;
    thief(port).refused().await;
}

#[test]
fn keys_are_private_names_are_taken_once_and_renewal_keeps_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let bad = |args: &str, parts: &[&str]| {
        let ended = pki(folder.path(), args);
        assert_eq!(ended.code, 2, "pki {args}: {}", ended.shown());
        for part in parts {
            assert!(
                ended.stderr.contains(part),
                "pki {args}: {part:?} missing in {}",
                ended.stderr
            );
        }
    };
    bad("issue edge edge-1", &["pki", "no authority here", "pki init"]);
    done(folder.path(), "init --district 440310");
    bad("init --district 440310", &["pki/ca is there already"]);
    bad("issue edge a/b", &["a/b", "letters, digits"]);
    bad("issue edge ca", &["pki/ca is there already"]);
    bad("issue broker --host under_score", &["under_score", "host name"]);
    bad("acl", &["pki/broker", "issue broker"]);
    bad("revoke --node edge-1", &["pki/edge-1", "nobody of that name", "pki renew"]);
    bad("revoke --node ca", &["pki/ca", "nobody of that name"]);
    done(folder.path(), "issue broker --host 127.0.0.1");
    bad("revoke --node broker", &["pki/broker", "issue broker"]);
    done(folder.path(), "issue hub --host hub.example.cn --host 10.0.0.3");
    bad("issue edge hub", &["pki/hub is there already"]);
    done(folder.path(), "issue edge edge-1 --days 20");
    bad("issue edge edge-1", &["pki/edge-1 is there already", "pki renew"]);
    bad("issue edge edge-9 --days 3651", &["3651", "3650"]);
    assert!(!folder.path().join("pki/edge-9").exists());

    for key in ["pki/ca/key.pem", "pki/hub/key.pem", "pki/edge-1/key.pem"] {
        let mode = fs::metadata(folder.path().join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    let edge = folder.path().join("pki/edge-1");
    let read = |name: &str| fs::read_to_string(edge.join(name)).unwrap();
    let (key, before) = (read("key.pem"), read("cert.pem"));
    let hub = fs::read_to_string(folder.path().join("pki/hub/cert.pem")).unwrap();
    let told = done(folder.path(), "renew --within-days 30").stdout;
    assert!(
        told.lines().any(|line| line.starts_with("edge-1") && line.ends_with("renewed")),
        "{told}"
    );
    assert!(
        told.lines().any(|line| line.starts_with("hub") && !line.ends_with("renewed")),
        "{told}"
    );
    assert_eq!(read("key.pem"), key);
    assert_ne!(read("cert.pem"), before);
    assert_eq!(fs::read_to_string(folder.path().join("pki/hub/cert.pem")).unwrap(), hub);
    let told = done(folder.path(), "renew --within-days 400 --json").stdout;
    let told: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 5);
    assert_eq!((&told[3]["name"], &told[3]["renewed"]), (&"hub".into(), &true.into()));
    assert_eq!((&told[4]["kind"], &told[4]["revoked"]), (&"list".into(), &0.into()));
    let hub = read_certificate(&folder.path().join("pki/hub/cert.pem")).unwrap();
    assert_eq!(hub.hosts, ["hub.example.cn", "10.0.0.3"], "renewal keeps the hosts");
    assert_eq!(hub.holder, Holder { kind: Kind::Hub, name: "hub".parse().unwrap() });
}

#[test]
fn an_authority_is_renewed_in_time_and_what_it_signed_holds_under_both() {
    let folder = tempfile::tempdir().unwrap();
    let at = |days: u32| WallTime::from_unix_millis(1_767_225_600_000).plus(DAY * days);
    let district = "440310".parse().unwrap();
    let mut authority = Authority::make(folder.path(), &district, at(0), 1_000).unwrap();
    let edge = |name: &str| Holder { kind: Kind::Edge, name: name.parse().unwrap() };
    authority.issue(&edge("edge-1"), &[], at(0), 365).unwrap();
    let error = authority.issue(&edge("edge-2"), &[], at(800), 365).unwrap_err().to_string();
    assert!(error.contains("2028-09-27") && error.contains("pki renew"), "{error}");

    // 730 days left: it stays; one less: it is renewed, and the edges' copies of it too.
    let old = fs::read_to_string(folder.path().join("edge-1/ca.pem")).unwrap();
    assert!(!authority.renew(at(269), DAY, 365, 1_000).unwrap()[0].renewed);
    let told = authority.renew(at(271), DAY, 365, 1_000).unwrap();
    assert!(told[0].renewed && !told[1].renewed, "{told:?}");
    let new = fs::read_to_string(folder.path().join("edge-1/ca.pem")).unwrap();
    assert_ne!(new, old);
    assert_eq!(new, fs::read_to_string(folder.path().join("ca/cert.pem")).unwrap());

    // An old copy and the new one both vouch for what the renewed authority signs.
    authority.issue(&edge("edge-2"), &[], at(800), 365).unwrap();
    for (trusted, name) in [(&old, "edge-2"), (&new, "edge-1"), (&new, "edge-2")] {
        let days = if name == "edge-1" { 300 } else { 801 };
        assert!(vouches(trusted, &folder.path().join(name), at(days)), "{name}");
    }
    let other = tempfile::tempdir().unwrap();
    Authority::make(other.path(), &district, at(0), 1_000).unwrap();
    let other = fs::read_to_string(other.path().join("ca/cert.pem")).unwrap();
    assert!(!vouches(&other, &folder.path().join("edge-1"), at(300)));
}

/// As rustls asks, at a time of our choice.
fn vouches(trusted: &str, holder: &Path, at: WallTime) -> bool {
    use rustls::{
        RootCertStore,
        pki_types::{CertificateDer, UnixTime, pem::PemObject},
        server::WebPkiClientVerifier,
    };
    install_crypto_provider();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder(roots.into()).build().unwrap();
    let certificate = CertificateDer::from_pem_file(holder.join("cert.pem")).unwrap();
    let secs = u64::try_from(at.unix_millis() / 1_000).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(secs));
    verifier.verify_client_cert(&certificate, &[], now).is_ok()
}
