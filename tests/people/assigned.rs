//! What no video can decide, and who of the grid's staff is to look at it.

use crate::hub::{AROUND_HERE, HERE, Hub, Page, THERE, user};
use gridwarden::domain::people::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// A complaint at a place that no camera sees, once the hub has given up.
async fn undecided(page: &Page, number: &str, code: &str) -> Value {
    let complaint = json!({"external_no": number, "source": "12345", "text": "乱摆卖",
        "place": {"code": code}, "reported_at": "2026-01-01T00:00:00Z"});
    let (status, case) = page.send(Method::POST, "/complaints", &complaint).await;
    assert_eq!(status, StatusCode::CREATED, "{case}");
    let path = format!("/cases/{}", case["case_id"].as_str().unwrap());
    let manual = async {
        loop {
            let case = page.read(&path).await;
            if case["state"] == "MANUAL" {
                return case;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), manual).await.expect("nobody can look")
}

async fn act(page: &Page, case: &Value, body: &Value) -> (StatusCode, Value) {
    let path = format!("/cases/{}/act", case["case_id"].as_str().unwrap());
    let call =
        page.call(Method::POST, &path).header("If-Match", format!("\"{}\"", case["version"]));
    let answer = call.json(body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn listed(page: &Page, assignee: &str) -> usize {
    page.read(&format!("/cases?assignee={assignee}")).await["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn it_is_with_the_nearest_and_a_dispatcher_may_give_it_to_another() {
    let dir = tempfile::tempdir().unwrap();
    let users = vec![
        user("chief", &[Role::Dispatcher], ""),
        user("li", &[Role::GridStaff], AROUND_HERE),
        user("wang", &[Role::GridStaff], THERE),
        user("zhao", &[Role::GridStaff], ""),
    ];
    let hub = Hub::start(dir.path(), users).await;
    let (chief, li, wang) =
        (hub.signed_in("chief").await, hub.signed_in("li").await, hub.signed_in("wang").await);
    let case = undecided(&chief, "1", HERE).await;
    assert_eq!(
        (&case["assigned"]["to"], &case["assigned"]["why"]),
        (&json!("li"), &json!("in_area")),
        "{case}"
    );
    assert!(case["manual_reason"].is_string(), "{case}");
    let row = li.read("/cases?assignee=li").await["items"][0].take();
    for field in ["assigned", "manual_reason", "case_id"] {
        assert_eq!(row[field], case[field], "the list says the same of {field}");
    }
    let path = format!("/cases/{}", case["case_id"].as_str().unwrap());
    assert_eq!(wang.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(listed(&wang, "wang").await, 0);

    // Who may be given it: the nearest first, and those without bounds.
    let staff = chief.read(&format!("{path}/staff")).await;
    let names: Vec<&str> = (staff["items"].as_array().unwrap().iter())
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["li", "wang", "zhao"]);
    assert_eq!(li.get(&format!("{path}/staff")).await.status(), StatusCode::FORBIDDEN);
    let to_wang = json!({"action": "assign", "assignee": "wang", "note": "就近"});
    assert_eq!(act(&li, &case, &to_wang).await.0, StatusCode::FORBIDDEN);
    for (body, field) in [
        (json!({"action": "assign", "assignee": "chief"}), "assignee"),
        (json!({"action": "confirm", "assignee": "wang"}), "action"),
    ] {
        let (status, problem) = act(&chief, &case, &body).await;
        match field {
            "assignee" => assert_eq!(
                (status, &problem["field"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!(field))
            ),
            _ => assert_eq!(status, StatusCode::FORBIDDEN, "a dispatcher does not confirm"),
        }
    }
    let mut stream = wang.get("/stream").await;
    let mut heard = String::new();
    while !heard.contains("hello") {
        heard += &String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap());
    }
    let (status, given) = act(&chief, &case, &to_wang).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    assert_eq!(
        (&given["assigned"]["to"], &given["assigned"]["why"]),
        (&json!("wang"), &json!("by_person"))
    );
    let last = given["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["kind"], &last["actor"], &last["note"]),
        (&json!("assign"), &json!("chief"), &json!("wang: 就近"))
    );
    // Outside of wang's area, and wang's to look at: an open page hears of it, too.
    let told = tokio::time::timeout(Duration::from_secs(60), async {
        while !heard.contains(case["case_id"].as_str().unwrap()) {
            heard += &String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap());
        }
    });
    told.await.expect("wang's page is told");
    drop(stream);
    assert_eq!(wang.get(&path).await.status(), StatusCode::OK);
    assert_eq!((listed(&wang, "wang").await, listed(&li, "li").await), (1, 0));
    let closes = json!({"action": "reject", "reason": "already_gone"});
    let (status, closed) = act(&wang, &given, &closes).await;
    assert_eq!((status, &closed["state"]), (StatusCode::OK, &json!("REJECTED")), "{closed}");
    assert!(closed["assigned"].is_null() && closed["manual_reason"].is_null(), "{closed}");
    hub.stop().await;
}

#[tokio::test]
async fn without_staff_it_is_with_nobody_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), vec![user("chief", &[Role::Dispatcher], "")]).await;
    let chief = hub.signed_in("chief").await;
    let case = undecided(&chief, "1", HERE).await;
    assert_eq!(case["assigned"]["why"], "no_staff", "{case}");
    assert!(case["assigned"]["to"].is_null());
    let (status, problem) = act(&chief, &case, &json!({"action": "assign"})).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::CONFLICT, &json!("urn:gridwarden:problem:nobody-near"))
    );
    hub.stop().await;
}
