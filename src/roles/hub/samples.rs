//! Payloads as an edge sends them, for this folder's tests.

use super::{ingest::Ingest, register::Register};
use crate::{
    base::{clock::SimClock, time::WallTime},
    domain::{
        ids::CaseId,
        wire::{CaseFactData, CloudEvent},
    },
    drivers::{
        evidence::files::{Digest256, EvidenceFiles},
        store::hub::{HubStore, Place},
    },
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};
use uuid::Uuid;

pub const DISTRICT: &str = "440310";
pub const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
pub const CELL: &str = "N50F0535166000";

/// A register in a folder, under a clock moved by hand.
pub struct Bench {
    pub clock: SimClock,
    pub register: Arc<Register>,
    pub ingest: Ingest,
}

impl Bench {
    pub async fn open(dir: &Path) -> Self {
        let clock = SimClock::starting_at(START);
        let store =
            HubStore::open(Place::of_test(dir).await, DISTRICT.parse().unwrap()).await.unwrap();
        let files = EvidenceFiles::open(&dir.join("evidence"), None).await.unwrap();
        let register = Register::over(store, files, Arc::new(clock.clone())).await.unwrap();
        let register = Arc::new(register);
        let ingest = Ingest::new(Arc::clone(&register), DISTRICT.parse().unwrap());
        Self { clock, register, ingest }
    }

    /// Sends as node `node` would; the revision acknowledged, if any.
    pub async fn send(&self, node: &str, leaf: &str, data: impl Serialize) -> Option<u64> {
        let topic = format!("gridwarden/v1/{DISTRICT}/{node}/{leaf}");
        let reply = self.ingest.message(&topic, &event(data)).await.unwrap();
        reply.map(|(_, payload)| {
            let ack: Value = serde_json::from_slice(&payload).unwrap();
            ack["data"]["upto_revision"].as_u64().unwrap()
        })
    }

    pub async fn send_fact(&self, node: &str, fact: &CaseFactData) -> Option<u64> {
        self.send(node, &format!("case/{}", fact.case_id), fact).await
    }

    pub async fn announce_camera(&self, node: &str) {
        self.announce(node, "gate", card()).await;
    }

    pub async fn announce(&self, node: &str, camera: &str, card: Value) {
        self.send(
            node,
            "status",
            json!({"state": "online", "version": "0", "boot_id": Uuid::nil()}),
        )
        .await;
        self.send(node, &format!("camera/{camera}/card"), card).await;
        self.say_health(node, camera, "ok").await;
    }

    pub async fn say_health(&self, node: &str, camera: &str, condition: &str) {
        let health = json!({"camera": camera, "condition": condition, "since": START});
        self.send(node, &format!("camera/{camera}/health"), health).await;
    }

    /// An evidence file, held whole.
    pub async fn hold(&self, content: &[u8]) -> Digest256 {
        let digest = Digest256::of(content);
        let (files, length) = (&self.register.files, content.len() as u64);
        files.append(&digest, 0, length, content).await.unwrap();
        files.finish(&digest).await.unwrap();
        let store = &self.register.store;
        store.complete_evidence(digest.as_str(), length as i64, START).await.unwrap();
        digest
    }
}

pub fn event(data: impl Serialize) -> Vec<u8> {
    let event = CloudEvent {
        specversion: "1.0".to_owned(),
        id: Uuid::nil().to_string(),
        source: "/gridwarden/440310/edge-1".to_owned(),
        kind: "cn.gridwarden.test".to_owned(),
        time: START,
        subject: String::new(),
        datacontenttype: "application/json".to_owned(),
        data,
    };
    serde_json::to_vec(&event).unwrap()
}

pub fn card() -> Value {
    json!({
        "camera": "gate", "footprint": [&CELL[..12]], "width_px": 1920, "height_px": 1080,
        "patterns": [{"id": "bin_overflowing", "version": "3", "name_zh": "垃圾满溢",
                      "name_en": "overflowing bin", "dwell_secs": 5.0}],
    })
}

pub fn case_id(number: u128) -> CaseId {
    CaseId(Uuid::from_u128(number))
}

pub fn picture(role: &str, digest: &Digest256, at: WallTime) -> Value {
    json!({
        "role": role, "url": format!("/api/v1/evidence/{digest}"), "sha256": digest.as_str(),
        "media_type": "image/jpeg", "width_px": 640, "height_px": 480, "captured_at": at,
    })
}

/// `kind`: `opened`, `seen` or `gone`.
pub fn fact(number: u128, revision: u32, kind: &str, evidence: Vec<Value>) -> CaseFactData {
    let gone_at = (kind == "gone").then_some(START);
    serde_json::from_value(json!({
        "case_id": case_id(number), "revision": revision, "kind": kind,
        "event": {"std": "GB/T 47678.5", "version": "2026", "code": "06042",
                  "name_zh": "垃圾站（箱）满溢", "name_en": "overflowing bin", "local": false},
        "pattern": {"id": "bin_overflowing", "version": "3"},
        "place": {"code_2d": CELL, "code_3d": "N050F000503051066000005", "level": 7,
                  "lon_deg": 114.34, "lat_deg": 22.69, "height_metres": 42.0,
                  "error_metres": 2.0, "datum": "CGCS2000"},
        "camera": {"id": "gate", "node": "edge-1"}, "zone": "pavement",
        "first_seen_at": START, "confirmed_at": START, "last_seen_at": START,
        "gone_at": gone_at, "dwell_secs": 5.0, "count": 1, "score": 0.8,
        "model": {"id": "m", "sha256": "0".repeat(64)}, "clock": "arrival",
        "evidence": evidence, "source": "video", "priority": "normal",
        "privacy": {"masked": true},
    }))
    .unwrap()
}
