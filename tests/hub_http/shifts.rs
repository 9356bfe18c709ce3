//! Shift handover between two people.

use super::{Hub, config, problem};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_shift_goes_to_another_who_reads_the_note() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::start_as(config(dir.path())).await;
    hub.cookie = hub.sign_in("li").await;
    let (one, two) = (hub.open_case(1, vec![]).await, hub.open_case(2, vec![]).await);
    let assign = json!({"action": "assign", "assignee": "li"});
    for case in [&one, &two] {
        let done = hub.act(case, "\"1\"", &assign).send().await.unwrap();
        assert_eq!(done.status(), StatusCode::OK);
    }
    let now =
        async |hub: &Hub| -> Value { hub.get("/api/v1/shifts/now").await.json().await.unwrap() };
    let shift = now(&hub).await;
    assert_eq!(shift["assigned"].as_array().unwrap().len(), 2);
    assert_eq!((&shift["left_over"], &shift["unread"]), (&json!(2), &json!([])));
    assert_eq!(shift["done"]["assign"], 2);
    let hand = async |hub: &Hub, body: Value| {
        hub.call(Method::POST, "/api/v1/shifts/handover").json(&body).send().await.unwrap()
    };
    for (body, field) in [
        (json!({"to": "li", "note": ""}), "to"),
        (json!({"to": "nobody", "note": ""}), "to"),
        (json!({"to": "wang", "note": "x".repeat(1_001)}), "note"),
    ] {
        let refused = problem(hand(&hub, body).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field);
    }
    let body = json!({"to": "wang", "note": "积水处 13800138000 待复查"});
    let handed = hand(&hub, body).await;
    assert_eq!(handed.status(), StatusCode::CREATED);
    let handed: Value = handed.json().await.unwrap();
    assert_eq!((&handed["cases"], &handed["kept"]), (&json!(2), &json!([])));
    assert_eq!(handed["note"], "积水处 *** 待复查");
    let shift = now(&hub).await;
    assert_eq!(shift["assigned"], json!([]));
    assert_eq!(shift["began_at"], handed["at"], "the next begins with it");

    let own = std::mem::take(&mut hub.cookie);
    hub.cookie = hub.sign_in("wang").await;
    let shift = now(&hub).await;
    assert_eq!(shift["assigned"].as_array().unwrap().len(), 2);
    assert_eq!(shift["unread"][0]["from"], "li");
    let path = format!("/api/v1/shifts/{}/read", handed["shift_id"].as_str().unwrap());
    let read = hub.call(Method::POST, &path).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::NO_CONTENT);
    let shift = now(&hub).await;
    assert_eq!(shift["unread"], json!([]));
    assert!(shift["handovers"][0]["read_at"].is_string());
    hub.cookie = own;
    // It was not for whoever gave it.
    problem(hub.call(Method::POST, &path).send().await.unwrap(), StatusCode::NOT_FOUND).await;
    let log: Value = hub.get("/api/v1/audit?kind=handover").await.json().await.unwrap();
    assert_eq!(
        (&log["items"][0]["who"], &log["items"][0]["detail"]),
        (&json!("li"), &json!("li -> wang"))
    );
    hub.stop().await;
}
