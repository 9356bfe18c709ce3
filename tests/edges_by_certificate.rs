//! Edges at the hub's door of mutual TLS: the upload client of an edge, with certificates of `pki`.
#![cfg(all(feature = "hub", feature = "edge"))]

#[path = "people/hub.rs"]
#[allow(dead_code, reason = "half of it is for people")]
mod hub;

use gridwarden::{
    base::clock::{Clock, SystemClock},
    base::secret::{Secret, SecretSource},
    drivers::{
        evidence::{
            files::Digest256,
            upload::{UploadError, UploadTls, Uploader},
        },
        pki::{Authority, Holder, Kind, MutualTls},
    },
    roles::hub::EdgesListener,
};
use hub::{HERE, Hub, file};
use std::path::{Path, PathBuf};
use tokio::{io::AsyncReadExt, net::TcpStream};

/// An authority with a hub and some edges, one of them of another authority.
fn certificates(dir: &Path, district: &str, edges: &[&str]) -> PathBuf {
    let now = SystemClock::new().wall();
    let authority = Authority::make(dir, &district.parse().unwrap(), now, 1_000).unwrap();
    let issue = |kind, name: &str, hosts: &[String]| {
        let holder = Holder { kind, name: name.parse().unwrap() };
        authority.issue(&holder, hosts, now, 30).unwrap()
    };
    issue(Kind::Hub, "hub", &["127.0.0.1".to_owned()]);
    for edge in edges {
        issue(Kind::Edge, edge, &[]);
    }
    dir.to_owned()
}

async fn start(dir: &Path, pki: &Path) -> Hub {
    let mut config = hub::config(dir, Vec::new());
    let own = |name: &str| pki.join("hub").join(name);
    let (cert, key, client_ca) = (own("cert.pem"), own("key.pem"), own("ca.pem"));
    let tls = MutualTls { cert, key, client_ca, crl: Some(own("crl.pem")) };
    config.edges = Some(EdgesListener { listen: "127.0.0.1:0".parse().unwrap(), tls });
    Hub::with(config).await
}

/// The client of the edge `name`, whose certificate is in `pki`; `trusted` is whom it believes.
fn uploader(hub: &Hub, pki: &Path, name: Option<&str>, trusted: &Path) -> Uploader {
    let url = format!("https://{}", hub.running.edges_address.unwrap());
    let own = |name: &str| (pki.join(name).join("cert.pem"), pki.join(name).join("key.pem"));
    let tls = UploadTls { ca: Some(trusted.join("ca/cert.pem")), identity: name.map(own) };
    Uploader::new(&url, None, &tls).unwrap()
}

/// A file on the edge's disk.
fn on_disk(dir: &Path, content: &[u8]) -> (String, PathBuf) {
    let sha256 = Digest256::of(content).to_string();
    let path = dir.join(&sha256);
    std::fs::write(&path, content).unwrap();
    (sha256, path)
}

#[tokio::test]
async fn an_edge_uploads_by_its_certificate_what_is_its_own() {
    let (dir, made) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pki = certificates(made.path(), "440310", &["edge-1", "edge-2"]);
    let hub = start(dir.path(), &pki).await;
    let (one, two) =
        (uploader(&hub, &pki, Some("edge-1"), &pki), uploader(&hub, &pki, Some("edge-2"), &pki));

    // Before its fact, and after it.
    let (early, early_path) = on_disk(dir.path(), b"before the fact");
    one.upload(&early, &early_path, "image/jpeg").await.unwrap();
    let (late, late_path) = on_disk(dir.path(), b"after the fact");
    let evidence = [&early, &late].map(|sha| file(&sha.parse().unwrap(), "snapshot", "image/jpeg"));
    hub.open_case(1, HERE, evidence.into()).await;
    // Named by a case of edge-1 alone.
    let refused = two.upload(&late, &late_path, "image/jpeg").await.unwrap_err();
    assert!(matches!(refused, UploadError::Refused { status: 403, .. }), "{refused}");
    one.upload(&late, &late_path, "image/jpeg").await.unwrap();
    // Not named, and begun by the other.
    let (begun, begun_path) = on_disk(dir.path(), b"nobody names it");
    two.upload(&begun, &begun_path, "image/jpeg").await.unwrap();
    let refused = one.upload(&begun, &begun_path, "image/jpeg").await.unwrap_err();
    assert!(matches!(refused, UploadError::Refused { status: 403, .. }), "{refused}");
    hub.stop().await;
}

#[tokio::test]
async fn a_revoked_edge_is_refused_and_its_neighbour_goes_on() {
    let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [dir, made, stolen] = dirs;
    let pki = certificates(made.path(), "440310", &["edge-1", "edge-2"]);
    let (sha256, path) = on_disk(dir.path(), b"a picture");
    let stolen_box = stolen.path().join("edge-1");
    std::fs::create_dir(&stolen_box).unwrap();
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(pki.join("edge-1").join(file), stolen_box.join(file)).unwrap();
    }
    let thief = |hub: &Hub| uploader(hub, stolen.path(), Some("edge-1"), &pki);
    let hub = start(dir.path(), &pki).await;
    thief(&hub).upload(&sha256, &path, "image/jpeg").await.unwrap();
    hub.stop().await;

    let now = SystemClock::new().wall();
    let authority = Authority::open(&pki).unwrap();
    let list = authority.revoke(&"edge-1".parse().unwrap(), now).unwrap();
    assert_eq!(list.revoked.len(), 1);
    let hub = start(dir.path(), &pki).await;
    let error = thief(&hub).upload(&sha256, &path, "image/jpeg").await.unwrap_err();
    assert!(matches!(error, UploadError::Unreachable { .. }), "{error}");
    let (other, other_path) = on_disk(dir.path(), b"the neighbour's");
    let neighbour = uploader(&hub, &pki, Some("edge-2"), &pki);
    neighbour.upload(&other, &other_path, "image/jpeg").await.unwrap();
    hub.stop().await;

    // The name is free for the next box, whose key is another.
    let edge = Holder { kind: Kind::Edge, name: "edge-1".parse().unwrap() };
    authority.issue(&edge, &[], now, 30).unwrap();
    assert_eq!(authority.renew_list(now).unwrap().revoked, list.revoked, "renewed, and no shorter");
    let hub = start(dir.path(), &pki).await;
    let next = uploader(&hub, &pki, Some("edge-1"), &pki);
    next.upload(&sha256, &path, "image/jpeg").await.unwrap();
    assert!(thief(&hub).upload(&sha256, &path, "image/jpeg").await.is_err());
    hub.stop().await;
}

#[tokio::test]
async fn nobody_else_comes_in_by_that_door() {
    let dirs = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let [dir, made, foreign, elsewhere] = dirs;
    let pki = certificates(made.path(), "440310", &["edge-1"]);
    let foreign = certificates(foreign.path(), "440310", &["edge-1"]);
    let hub = start(dir.path(), &pki).await;
    let (sha256, path) = on_disk(dir.path(), b"a picture");
    let attempt = async |pki: &Path, name: Option<&str>| {
        let uploader = uploader(&hub, pki, name, made.path());
        uploader.upload(&sha256, &path, "image/jpeg").await.unwrap_err()
    };
    // Another authority's, a hub's own, and none.
    for (pki, name) in [(&foreign, Some("edge-1")), (&pki, Some("hub")), (&pki, None)] {
        let error = attempt(pki, name).await;
        assert!(matches!(error, UploadError::Unreachable { .. }), "{name:?}: {error}");
    }
    // Of this authority, but of another district.
    let now = SystemClock::new().wall();
    let other = certificates(elsewhere.path(), "440311", &["edge-1"]);
    let signed = Authority::open(&other).unwrap();
    assert_eq!(signed.district().as_str(), "440311");
    assert!(signed.ends_at() > now);
    for file in ["cert.pem", "key.pem"] {
        let (from, to) = (pki.join("ca").join(file), other.join("ca").join(file));
        std::fs::copy(from, to).unwrap();
    }
    let edge = Holder { kind: Kind::Edge, name: "edge-9".parse().unwrap() };
    Authority::open(&other).unwrap().issue(&edge, &[], now, 30).unwrap();
    let error = attempt(&other, Some("edge-9")).await;
    assert!(matches!(error, UploadError::Unreachable { .. }), "{error}");
    // The page is not served there, and one that says nothing keeps nobody waiting.
    let mut silent = TcpStream::connect(hub.running.edges_address.unwrap()).await.unwrap();
    let good = uploader(&hub, &pki, Some("edge-1"), &pki);
    good.upload(&sha256, &path, "image/jpeg").await.unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only(
            reqwest::Certificate::from_pem_bundle(&std::fs::read(pki.join("ca/cert.pem")).unwrap())
                .unwrap(),
        )
        .identity(
            reqwest::Identity::from_pem(
                &["cert.pem", "key.pem"]
                    .map(|f| std::fs::read(pki.join("edge-1").join(f)).unwrap())
                    .concat(),
            )
            .unwrap(),
        )
        .build()
        .unwrap();
    let base = format!("https://{}", hub.running.edges_address.unwrap());
    for path in ["/", "/api/v1/cases", "/api/v1/session", "/metrics"] {
        let answer = client.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    hub.stop().await;
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest).await;
}

/// The address of an edge that has only a token is the other one.
#[tokio::test]
async fn the_shared_token_still_opens_the_other_door() {
    let (dir, made) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pki = certificates(made.path(), "440310", &[]);
    let hub = start(dir.path(), &pki).await;
    let token = SecretSource::Given(Secret::new(hub::NODE_TOKEN));
    let uploader = Uploader::new(&hub.base, Some(token), &UploadTls::default()).unwrap();
    let (sha256, path) = on_disk(dir.path(), b"a picture");
    uploader.upload(&sha256, &path, "image/jpeg").await.unwrap();
    hub.stop().await;
}
