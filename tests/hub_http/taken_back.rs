//! Decisions that are taken back, and cases that are of another event.

use super::{Hub, config, problem};
use gridwarden::{
    domain::{case::policy::CasePolicy, wire::EventData},
    roles::hub::{HubConfig, KnownEvent},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};

fn with_half_a_minute(dir: &Path) -> HubConfig {
    let config = config(dir);
    let exposed = KnownEvent {
        event: EventData {
            code: "06010".to_owned(),
            name_zh: "暴露垃圾".to_owned(),
            name_en: "exposed waste".to_owned(),
            ..config.events[0].event.clone()
        },
        ..config.events[0].clone()
    };
    // Two patterns of the catalogue may look for one event.
    let events = [config.events.clone(), vec![exposed.clone(), exposed]].concat();
    let undo_within = Duration::from_secs(30);
    let policy = CasePolicy { undo_within, ..CasePolicy::default() };
    HubConfig { events, policy: Arc::new(policy), ..config }
}

async fn hub(dir: &Path) -> Hub {
    let mut hub = Hub::start_as(with_half_a_minute(dir)).await;
    hub.cookie = hub.sign_in("li").await;
    hub
}

fn offered<'a>(case: &'a Value, action: &str) -> Option<&'a Value> {
    case["actions"].as_array().unwrap().iter().find(|one| one["action"] == action)
}

#[tokio::test]
async fn whoever_decided_may_take_it_back_and_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = hub(dir.path()).await;
    let case = hub.open_case(1, vec![]).await;
    let act = async |hub: &Hub, version: i64, body: Value| {
        hub.act(&case, &format!("\"{version}\""), &body).send().await.unwrap()
    };
    let reject = json!({"action": "reject", "reason": "wrong_object"});
    let rejected: Value = act(&hub, 1, reject.clone()).await.json().await.unwrap();
    assert_eq!(rejected["state"], "REJECTED");
    let until = offered(&rejected, "undo").unwrap()["until"].as_str().unwrap();
    assert!(until.ends_with('Z'), "{until}");
    // Not by another, and another is not offered it.
    let own = std::mem::take(&mut hub.cookie);
    hub.cookie = hub.sign_in("wang").await;
    let shown: Value = hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
    assert_eq!(offered(&shown, "undo"), None);
    let refused =
        problem(act(&hub, 2, json!({"action": "undo"})).await, StatusCode::CONFLICT).await;
    assert_eq!(refused["type"], "urn:gridwarden:problem:no-undo");
    hub.cookie = own;
    let shown: Value = hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
    assert_eq!(offered(&shown, "undo").unwrap()["until"], until);
    let stale = act(&hub, 1, json!({"action": "undo"})).await;
    problem(stale, StatusCode::PRECONDITION_FAILED).await;
    let undone: Value = act(&hub, 2, json!({"action": "undo"})).await.json().await.unwrap();
    assert_eq!((&undone["state"], &undone["version"]), (&json!("PENDING_REVIEW"), &json!(3)));
    assert_eq!(offered(&undone, "undo"), None);
    let last = undone["history"].as_array().unwrap().last().unwrap();
    let told = [&last["actor"], &last["kind"], &last["reason"], &last["from"], &last["to"]];
    assert_eq!(told, ["li", "undo", "reject", "REJECTED", "PENDING_REVIEW"]);
    let store = &hub.running().register.store;
    assert!(store.outbound(hub.running().register.now(), 9).await.unwrap().is_empty());
    hub.stop().await;
}

#[tokio::test]
async fn a_merge_is_taken_back_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let hub = hub(dir.path()).await;
    let master = hub.open_case(1, vec![]).await;
    // Of the same node, which tells the two apart by itself.
    let case = hub.open_case(2, vec![]).await;
    let merge = json!({"action": "merge", "into": master});
    let merged = hub.act(&case, "\"1\"", &merge).send().await.unwrap();
    let merged: Value = merged.json().await.unwrap();
    assert!(offered(&merged, "undo").is_some() && offered(&merged, "unmerge").is_some());
    let undo = hub.act(&case, "\"2\"", &json!({"action": "undo"})).send().await.unwrap();
    let undone: Value = undo.json().await.unwrap();
    assert_eq!(
        (&undone["state"], &undone["merged_into"]),
        (&json!("PENDING_REVIEW"), &Value::Null)
    );
    hub.stop().await;
}

#[tokio::test]
async fn a_reviewer_says_which_event_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let hub = hub(dir.path()).await;
    let case = hub.open_case(1, vec![]).await;
    let shown: Value = hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
    let choices = &offered(&shown, "reclassify").unwrap()["choices"];
    let exposed = json!([{"code": "06010", "name_zh": "暴露垃圾", "name_en": "exposed waste"}]);
    assert_eq!(choices, &exposed);
    let act = async |version: i64, body: Value| {
        hub.act(&case, &format!("\"{version}\""), &body).send().await.unwrap()
    };
    for (body, allowed) in [
        (json!({"action": "reclassify"}), "06010 06042"),
        (json!({"action": "reclassify", "event_code": "99"}), "06010 06042"),
        (json!({"action": "reclassify", "event_code": "06042"}), "another event than the case is"),
        (
            json!({"action": "confirm", "event_code": "06010"}),
            "nothing: only with action reclassify",
        ),
    ] {
        let refused = problem(act(1, body).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(
            (&refused["field"], &refused["allowed"]),
            (&json!("event_code"), &json!(allowed))
        );
    }
    let to = json!({"action": "reclassify", "event_code": "06010", "note": "桶外"});
    let shown: Value = act(1, to).await.json().await.unwrap();
    assert_eq!(
        (&shown["event"]["code"], &shown["state"]),
        (&json!("06010"), &json!("PENDING_REVIEW"))
    );
    assert_eq!(shown["pattern"]["id"], "bin_overflowing");
    let last = shown["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["reason"], &last["note"]), (&json!("06010"), &json!("06042 → 06010: 桶外")));
    let listed: Value = hub.get("/api/v1/cases?event=06010").await.json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let shown: Value = act(2, json!({"action": "undo"})).await.json().await.unwrap();
    assert_eq!(shown["event"]["code"], "06042");
    let confirmed = act(3, json!({"action": "confirm"})).await;
    assert_eq!(confirmed.status(), StatusCode::OK);
    let shown: Value = confirmed.json().await.unwrap();
    assert_eq!(offered(&shown, "reclassify"), None);
    hub.stop().await;
}
