//! A hub with an edge, people and a platform's units around it: what happens in a town, for tests of both directions.
#![allow(dead_code, reason = "not every test needs everything that can happen")]

use crate::{
    base::{self, NODE_TOKEN, PLATFORM_TOKEN, csrf_of},
    platform::{Caller, until},
};
use gridwarden::{
    base::{clock::Clock, secret::Secret, shutdown::Shutdown, time::WallTime},
    drivers::evidence::files::Digest256,
    roles::hub::{self, HubConfig, Running, verify::LookTimes},
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use uuid::Uuid;

const TICKET: &str = "ticket";
pub const SEEN_AT: &str = "2026-01-01T00:00:00.000Z";

/// As evidence of a fact.
pub fn named(role: &str, bytes: &[u8], at: WallTime) -> Value {
    let digest = Digest256::of(bytes);
    json!({"role": role, "url": format!("/api/v1/evidence/{digest}"), "sha256": digest.as_str(),
           "media_type": "image/jpeg", "width_px": 64, "height_px": 48, "captured_at": at})
}

/// A hub with one edge, its people and its platform's units.
pub struct Town {
    pub running: Running,
    shutdown: Shutdown,
    pub client: Client,
    pub cookie: String,
    config: HubConfig,
    dir: TempDir,
}

/// Looks come at once and are short.
pub fn config(dir: &Path) -> HubConfig {
    HubConfig {
        demo_ticket: Some(Secret::new(TICKET)),
        looks: LookTimes {
            settle: Duration::ZERO,
            look: Duration::from_millis(100),
            again_after: Duration::ZERO,
            ..LookTimes::default()
        },
        ..base::quiet(dir)
    }
}

impl Town {
    pub async fn open(config: impl FnOnce(&Path) -> HubConfig, clock: Arc<dyn Clock>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::open_in(config(dir.path()), dir, clock).await
    }

    async fn open_in(config: HubConfig, dir: TempDir, clock: Arc<dyn Clock>) -> Self {
        gridwarden::drivers::mqtt::install_crypto_provider();
        let shutdown = Shutdown::new();
        let running = hub::start(config.clone(), clock, shutdown.clone()).await.unwrap();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut town = Self { running, shutdown, client, cookie: String::new(), config, dir };
        town.sign_in().await;
        town
    }

    /// The same hub after a restart.
    pub async fn reopened(self, clock: Arc<dyn Clock>) -> Self {
        self.shutdown.begin();
        self.running.wait().await.unwrap();
        Self::open_in(self.config, self.dir, clock).await
    }

    pub async fn sign_in(&mut self) {
        let url = format!("http://{}/signin?ticket={TICKET}", self.running.address);
        let signed_in = self.client.get(url).send().await.unwrap();
        let set = signed_in.headers()["set-cookie"].to_str().unwrap();
        self.cookie = set.split(';').next().unwrap().to_owned();
    }

    async fn edge_says(&self, leaf: &str, data: Value) {
        let topic = format!("gridwarden/v1/440310/edge-1/{leaf}");
        let message = json!({
            "specversion": "1.0", "id": Uuid::now_v7(), "source": "/gridwarden/440310/edge-1",
            "type": "cn.gridwarden.test", "time": SEEN_AT, "subject": "",
            "datacontenttype": "application/json", "data": data,
        });
        self.running.ingest.message(&topic, message.to_string().as_bytes()).await.unwrap();
    }

    /// A picture, uploaded as an edge does.
    pub async fn picture(&self, role: &str, bytes: &[u8], at: WallTime) -> Value {
        self.upload(bytes).await;
        named(role, bytes, at)
    }

    pub async fn upload(&self, bytes: &[u8]) {
        let digest = Digest256::of(bytes);
        let url = format!("http://{}/api/v1/evidence/{digest}", self.running.address);
        let sent = self
            .client
            .patch(url)
            .bearer_auth(NODE_TOKEN)
            .header("Upload-Offset", 0)
            .header("Upload-Length", bytes.len())
            .body(bytes.to_vec())
            .send();
        assert_eq!(sent.await.unwrap().status(), StatusCode::NO_CONTENT);
    }

    pub async fn camera_is_there(&self) {
        self.edge_says(
            "status",
            json!({"state": "online", "version": "0", "boot_id": Uuid::nil()}),
        )
        .await;
        let card = json!({
            "camera": "gate", "footprint": ["N50F05351660"], "width_px": 1920, "height_px": 1080,
            "patterns": [{"id": "bin_overflowing", "version": "3", "name_zh": "垃圾满溢",
                          "name_en": "overflowing bin", "dwell_secs": 5.0}],
        });
        self.edge_says("camera/gate/card", card).await;
        let health = json!({"camera": "gate", "condition": "ok", "since": SEEN_AT});
        self.edge_says("camera/gate/health", health).await;
    }

    pub async fn bin_overflows(&self, number: u128) -> String {
        let before = self.picture("snapshot", b"before", SEEN_AT.parse().unwrap()).await;
        self.opens(number, "06042", vec![before], true).await
    }

    /// A case that the camera opens.
    pub async fn opens(
        &self,
        number: u128,
        code: &str,
        evidence: Vec<Value>,
        masked: bool,
    ) -> String {
        let case = Uuid::from_u128(number).to_string();
        let opened = json!({
            "case_id": case, "revision": 1, "kind": "opened",
            "event": {"std": "GB/T 47678.5", "version": "2026", "code": code,
                      "name_zh": "垃圾站（箱）满溢", "name_en": "overflowing bin", "local": false},
            "pattern": {"id": "bin_overflowing", "version": "3"},
            "place": {"code_2d": "N50F0535166000", "level": 7, "lon_deg": 114.34, "lat_deg": 22.69,
                      "error_metres": 2.0, "datum": "CGCS2000"},
            "camera": {"id": "gate", "node": "edge-1"}, "zone": "pavement",
            "first_seen_at": SEEN_AT, "confirmed_at": SEEN_AT, "last_seen_at": SEEN_AT,
            "dwell_secs": 5.0, "count": 1, "score": 0.8, "model": {"id": "m", "sha256": "00"},
            "clock": "arrival", "evidence": evidence, "source": "video", "priority": "normal",
            "privacy": {"masked": masked},
        });
        self.edge_says(&format!("case/{case}"), opened).await;
        case
    }

    /// Answers the next look as the edge would, with a picture of now.
    pub async fn look_says(&self, case: &str, verdict: &str, answered: usize) {
        let (store, case_id) = (&self.running.register.store, case.parse().unwrap());
        let look = until("a look", async || {
            let looks = store.verifications(case_id).await.unwrap();
            looks.into_iter().rfind(|look| look.result.is_none())
        })
        .await;
        let bytes = format!("after {answered} {verdict}");
        let after = self.picture("after", bytes.as_bytes(), self.running.register.now()).await;
        let found = u32::from(verdict == "PRESENT") * 40;
        self.edge_says(
            "verify/result",
            json!({"request_id": look.request.request_id, "evidence": [after], "verdict": {
                "verdict": verdict, "reasons": ["not_found"], "advisory": false,
                "looks": [{"from": look.request.from, "to": look.request.to, "frames": 40,
                           "valid_frames": 40, "found": found}],
                "positive_control": {"ran": true, "found": true},
                "health": {"frames": 40, "valid": 40, "black": 0, "covered": 0, "blurred": 0, "frozen": 0},
                "fov_match": 0.97,
                "model": {"id": "m", "sha256": "00"},
                "pattern": {"id": "bin_overflowing", "version": "3"},
            }}),
        )
        .await;
    }

    pub async fn staff(&self, case: &str, act: Value) {
        let shown: Value = self.staff_get(&format!("/api/v1/cases/{case}")).await;
        let url = format!("http://{}/api/v1/cases/{case}/act", self.running.address);
        let answer = self
            .client
            .post(url)
            .header("cookie", &self.cookie)
            .header("x-csrf-token", csrf_of(&self.cookie))
            .header("if-match", format!("\"{}\"", shown["version"]))
            .json(&act)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
    }

    pub async fn staff_get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.running.address);
        let asked = self.client.get(url).header("cookie", &self.cookie);
        asked.send().await.unwrap().json().await.unwrap()
    }

    /// As the platform calls.
    pub async fn platform(&self, method: Method, path: &str, body: Value) -> Value {
        self.caller().call(method, path, body).await
    }

    fn caller(&self) -> Caller {
        Caller {
            client: self.client.clone(),
            hub: format!("http://{}", self.running.address),
            token: PLATFORM_TOKEN.to_owned(),
        }
    }

    pub async fn unit(&self, case: &str, act: Value) {
        self.caller().unit(case, act).await;
    }

    pub async fn feedback(&self, case: &str) {
        self.caller().feedback(case, self.running.register.now()).await;
    }

    pub async fn close(self) {
        self.shutdown.begin();
        self.running.wait().await.unwrap();
    }
}
