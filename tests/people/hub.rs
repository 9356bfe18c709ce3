//! A hub with people in it, on a free port, and each of them at a page of their own.

#[path = "../support/hub.rs"]
mod base;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use gridwarden::{
    base::{clock::SystemClock, secret::Secret, shutdown::Shutdown},
    domain::people::{Area, Role},
    drivers::evidence::files::Digest256,
    roles::hub::{self, HubConfig, Running, User},
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};
use uuid::Uuid;

pub const NODE_TOKEN: &str = base::NODE_TOKEN;
pub const PLATFORM_TOKEN: &str = base::PLATFORM_TOKEN;
pub const PASSWORD: &str = "correct horse";
pub const SEEN_AT: &str = "2026-01-01T00:00:00.000Z";
/// Two cells of level 7 that lie a few kilometres apart, and a cell around the first alone.
pub const HERE: &str = "N50F0535166000";
pub const AROUND_HERE: &str = "N50F0535166";
pub const THERE: &str = "N50F0536266000";

pub struct Hub {
    pub running: Running,
    pub base: String,
    shutdown: Shutdown,
}

/// Someone at a page: nobody, while the cookie is empty.
#[derive(Clone)]
pub struct Page {
    pub client: Client,
    pub base: String,
    pub cookie: String,
    pub csrf_token: String,
}

pub fn user(name: &str, roles: &[Role], area: &str) -> User {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    User {
        name: name.to_owned(),
        password_hash: Secret::new(argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string()),
        unit: Some("城管中队".to_owned()),
        roles: roles.iter().copied().collect(),
        area: area.parse::<Area>().unwrap(),
    }
}

pub fn config(dir: &Path, users: Vec<User>) -> HubConfig {
    HubConfig { users, ..base::quiet(dir) }
}

/// One person of each role, called by it.
pub fn one_of_each() -> Vec<User> {
    Role::ALL.map(|role| user(role.as_str(), &[role], "")).into()
}

impl Hub {
    pub async fn start(dir: &Path, users: Vec<User>) -> Self {
        Self::with(config(dir, users)).await
    }

    pub async fn with(config: HubConfig) -> Self {
        gridwarden::drivers::mqtt::install_crypto_provider();
        let shutdown = Shutdown::new();
        let clock = Arc::new(SystemClock::new());
        let running = hub::start(config, clock, shutdown.clone()).await.unwrap();
        let base = format!("http://{}", running.address);
        Self { running, base, shutdown }
    }

    pub fn nobody(&self) -> Page {
        let client =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let (cookie, csrf_token) = (String::new(), String::new());
        Page { client: client.unwrap(), base: self.base.clone(), cookie, csrf_token }
    }

    pub async fn signed_in(&self, name: &str) -> Page {
        self.nobody().sign_in(name, PASSWORD).await.expect("the password is right")
    }

    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.wait().await.unwrap();
    }

    /// Opens a case at a place, as an edge does; its id.
    pub async fn open_case(&self, number: u128, code: &str, evidence: Vec<Value>) -> String {
        let id = Uuid::from_u128(number);
        let data = json!({
            "case_id": id, "revision": 1, "kind": "opened",
            "event": {"std": "local", "version": "1", "code": "x", "name_zh": "", "name_en": "", "local": true},
            "pattern": {"id": "bin_overflowing", "version": "3"},
            "place": {"code_2d": code, "level": 7, "lon_deg": 114.34, "lat_deg": 22.69,
                      "error_metres": 2.0, "datum": "CGCS2000"},
            "camera": {"id": "gate", "node": "edge-1"},
            "first_seen_at": SEEN_AT, "confirmed_at": SEEN_AT, "last_seen_at": SEEN_AT,
            "dwell_secs": 5.0, "count": 1, "score": 0.8,
            "model": {"id": "m", "sha256": "00"}, "clock": "arrival", "evidence": evidence,
            "source": "video", "priority": "normal", "privacy": {"masked": true},
        });
        self.say(&format!("case/{id}"), data).await;
        id.to_string()
    }

    /// As `edge-1` says it.
    pub async fn say(&self, leaf: &str, data: Value) {
        let message = json!({
            "specversion": "1.0", "id": Uuid::now_v7(), "source": "/gridwarden/440310/edge-1",
            "type": "cn.gridwarden.test", "time": SEEN_AT, "subject": "",
            "datacontenttype": "application/json", "data": data,
        });
        let topic = format!("gridwarden/v1/440310/edge-1/{leaf}");
        let payload = serde_json::to_vec(&message).unwrap();
        self.running.ingest.message(&topic, &payload).await.unwrap();
    }

    /// A file of an edge, whole.
    pub async fn upload(&self, bytes: &[u8]) -> Digest256 {
        let digest = Digest256::of(bytes);
        let call = self.nobody().client.patch(format!("{}/api/v1/evidence/{digest}", self.base));
        let call = call.bearer_auth(NODE_TOKEN).header("Upload-Offset", 0);
        let call = call.header("Upload-Length", bytes.len()).body(bytes.to_vec());
        assert_eq!(call.send().await.unwrap().status(), StatusCode::NO_CONTENT);
        digest
    }
}

pub fn file(digest: &Digest256, role: &str, media_type: &str) -> Value {
    json!({"role": role, "url": format!("/api/v1/evidence/{digest}"), "sha256": digest.as_str(),
           "media_type": media_type, "width_px": 64, "height_px": 48, "captured_at": SEEN_AT})
}

impl Page {
    /// `None`: not let in.
    pub async fn sign_in(&self, name: &str, password: &str) -> Option<Self> {
        let body = json!({"name": name, "password": password});
        let answer = self.call(Method::POST, "/session").json(&body).send().await.unwrap();
        if answer.status() != StatusCode::OK {
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            return None;
        }
        let set = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(set.contains(part), "{part} is missing in {set}");
        }
        let cookie = set.split(';').next().unwrap().to_owned();
        let session: Value = answer.json().await.unwrap();
        let csrf_token = session["csrf_token"].as_str().unwrap().to_owned();
        Some(Self { cookie, csrf_token, ..self.clone() })
    }

    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}/api/v1{path}", self.base))
            .header(header::COOKIE, &self.cookie)
            .header("X-CSRF-Token", &self.csrf_token)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.call(Method::GET, path).send().await.unwrap()
    }

    /// What is there, which must be.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self.call(method, path).json(body).send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap_or_default())
    }
}
