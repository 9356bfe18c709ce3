//! A district's platform: it hears the hub's signed messages on a port of its own, and calls the hub with its
//! token.
#![allow(dead_code, reason = "not every test needs all that a platform does")]

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use gridwarden::{
    base::time::WallTime,
    drivers::webhook::{DELIVERY_HEADER, SIGNATURE_HEADER},
};
use reqwest::{Client, Method};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

pub const SECRET: &str = "shared-with-the-platform";
/// Long enough for a loaded machine; a passing run takes a fraction.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the platform has taken in, and how it is minded.
#[derive(Default)]
struct Desk {
    heard: Vec<Value>,
    ids: HashSet<String>,
    calls: Vec<Call>,
    /// Answers that it gives before it takes anything again.
    moods: VecDeque<StatusCode>,
}

/// Message id and the answer given.
type Call = (String, u16);

#[derive(Clone, Default)]
pub struct Platform(Arc<Mutex<Desk>>);

impl Platform {
    /// With the address of its webhook.
    pub async fn open() -> (Self, String) {
        let platform = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cases", listener.local_addr().unwrap());
        let routes = Router::new().route("/cases", post(take)).with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (platform, url)
    }

    pub fn minded(&self, moods: &[StatusCode]) {
        self.0.lock().unwrap().moods.extend(moods);
    }

    /// All calls, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().calls.clone()
    }

    /// All that it has heard, in order, each message once.
    pub fn heard(&self) -> Vec<Value> {
        self.0.lock().unwrap().heard.clone()
    }

    /// Acts that it has heard of, in order.
    pub fn acts(&self) -> Vec<String> {
        self.heard().iter().map(|notice| notice["act"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until it has heard of an act with this outcome; the newest such notice.
    pub async fn hears(&self, act: &str, to: &str) -> Value {
        let found =
            || self.heard().into_iter().rfind(|notice| notice["act"] == act && notice["to"] == to);
        until(&format!("{act} -> {to}"), async || found()).await
    }
}

/// As a receiver has to: checks the signature over what came, and its age, and drops repeats.
async fn take(
    State(platform): State<Platform>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let text = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    let (id, signature) = (text(DELIVERY_HEADER), text(SIGNATURE_HEADER));
    let (time, tag) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signed = [time.as_bytes(), b".", &body].concat();
    let tag: Vec<u8> = (0..tag.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&tag[at..at + 2], 16).unwrap())
        .collect();
    hmac::verify(&key, &signed, &tag).expect("signed with the shared secret");
    let message: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&message["id"], &message["specversion"]), (&json!(id), &json!("1.0")));
    let mut desk = platform.0.lock().unwrap();
    if let Some(mood) = desk.moods.pop_front() {
        desk.calls.push((id, mood.as_u16()));
        return (mood, "come again\nlater");
    }
    desk.calls.push((id.clone(), 204));
    if desk.ids.insert(id) {
        desk.heard.push(message["data"].clone());
    }
    (StatusCode::NO_CONTENT, "")
}

pub async fn until<T>(what: &str, mut seen: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(seen) = seen().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// The platform's calls to the hub.
pub struct Caller {
    pub client: Client,
    /// `http://host:port`
    pub hub: String,
    pub token: String,
}

impl Caller {
    /// `body` must be taken.
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.hub);
        let asked = self.client.request(method, url).bearer_auth(&self.token).json(&body);
        let answer = asked.send().await.unwrap();
        let status = answer.status();
        let said = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {said}");
        serde_json::from_str(&said).unwrap_or_default()
    }

    /// What a unit makes of a case.
    pub async fn unit(&self, case: &str, act: Value) {
        self.call(Method::POST, &format!("/api/v1/cases/{case}/handling"), act).await;
    }

    /// The crew says that it is done.
    pub async fn feedback(&self, case: &str, disposed_at: WallTime) {
        let done = json!({"unit": "环卫所", "disposed_at": disposed_at, "note": "已清运"});
        self.call(Method::POST, &format!("/api/v1/cases/{case}/feedback"), done).await;
    }
}
