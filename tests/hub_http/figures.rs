//! Statistics, the digest of a day, and the fleet.

use super::{Hub, config, problem};
use gridwarden::{
    domain::{case::lifecycle::Event, ids::CaseId, people::Area},
    drivers::store::hub::Decision,
    roles::hub::User,
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

/// Cases that are found, confirmed and rejected now; and somebody with an area elsewhere.
async fn busy(dir: &std::path::Path) -> Hub {
    let mut config = config(dir);
    let away = User {
        name: "zhao".to_owned(),
        area: "N50F0535177".parse::<Area>().unwrap(),
        ..config.users[0].clone()
    };
    config.users.push(away);
    let mut hub = Hub::start_as(config).await;
    hub.cookie = hub.sign_in("li").await;
    for number in 1..=4 {
        hub.open_case(number, vec![]).await;
    }
    let acts = [
        json!({"action": "confirm"}),
        json!({"action": "reject", "reason": "wrong_object"}),
        json!({"action": "reject", "reason": "licensed"}),
    ];
    for (number, body) in (1_u128..).zip(acts) {
        let case = uuid::Uuid::from_u128(number).to_string();
        let done = hub.act(&case, "\"1\"", &body).send().await.unwrap();
        assert_eq!(done.status(), StatusCode::OK);
    }
    hub
}

#[tokio::test]
async fn what_happened_is_told_by_day_event_camera_and_hour_and_as_a_sheet() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = busy(dir.path()).await;
    for (by, key) in
        [("day", None), ("event", Some("06042")), ("camera", Some("edge-1/gate")), ("hour", None)]
    {
        let path = format!("/api/v1/statistics?by={by}");
        let shown: Value = hub.get(&path).await.json().await.unwrap();
        let totals = &shown["totals"];
        let told = ["found", "filed", "rejected", "false_alarms"].map(|name| totals[name].clone());
        assert_eq!(told, [4, 1, 2, 1].map(Value::from), "{by}");
        assert_eq!(totals["false_alarm_rate"], 0.3333);
        assert!(totals.get("on_time_rate").is_none());
        let found: i64 = shown["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["found"].as_i64().unwrap())
            .sum();
        assert_eq!(found, 4, "{by}");
        if let Some(key) = key {
            assert_eq!(shown["items"][0]["key"], key);
        }
        let alarm = json!({"camera": "gate", "node": "edge-1", "event_code": "06042", "reviewed": 3,
            "false_alarms": 1, "rate": 0.3333});
        assert_eq!(shown["false_alarms"], json!([alarm]));
        let heat = shown["heat"].as_array().unwrap();
        let sum: i64 = heat
            .iter()
            .flat_map(|day| day.as_array().unwrap())
            .map(|count| count.as_i64().unwrap())
            .sum();
        assert_eq!((heat.len(), sum), (7, 4));
        assert_eq!(shown["recurrence"][0]["cases_30d"], 4);
    }
    let path = "/api/v1/statistics?by=event";
    let csv = hub.get("/api/v1/statistics.csv?by=event").await.text().await.unwrap();
    let accepted = hub.call(reqwest::Method::GET, path).header(header::ACCEPT, "text/csv");
    assert_eq!(accepted.send().await.unwrap().text().await.unwrap(), csv);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].trim_start_matches('\u{feff}').starts_with("event,found,filed,confirmed,"));
    assert!(lines[1].starts_with("06042,4,1,1,2,1,"), "{csv}");
    for (query, field) in [
        ("by=week", "by"),
        ("from=yesterday", "from"),
        ("from=2026-01-01&to=2025-12-31", "from"),
        ("from=2020-01-01&to=2026-01-01", "from"),
        ("since=1", "since"),
    ] {
        let answer = hub.get(&format!("/api/v1/statistics?{query}")).await;
        let refused = problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field, "{query}");
    }
    let past: Value =
        hub.get("/api/v1/statistics?from=2026-01-01&to=2026-01-01").await.json().await.unwrap();
    assert_eq!((&past["totals"]["found"], &past["items"]), (&json!(0), &json!([])));
    // Of another area nothing is told.
    hub.cookie = hub.sign_in("zhao").await;
    let shown: Value = hub.get("/api/v1/statistics").await.json().await.unwrap();
    assert_eq!(shown["totals"]["found"], 0);
    problem(hub.get("/api/v1/digest?day=2026-01-01").await, StatusCode::FORBIDDEN).await;
    hub.stop().await;
}

#[tokio::test]
async fn the_digest_of_a_day_that_is_over_is_the_same_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let path = "/api/v1/digest?day=2026-01-01";
    let first = hub.get(path).await;
    assert_eq!(first.headers()[header::CONTENT_TYPE], "application/json");
    let first = first.bytes().await.unwrap();
    let told: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((&told["day"], &told["district"]), (&json!("2026-01-01"), &json!("440310")));
    // Whatever is written into that day later.
    let case: CaseId = hub.open_case(1, vec![]).await.parse().unwrap();
    let noon = "2026-01-01T04:00:00Z".parse().unwrap();
    let confirm = Decision::new(Event::Confirm, "li", noon);
    hub.running().register.store.decide(case, None, &confirm).await.unwrap();
    let day = "/api/v1/statistics?from=2026-01-01&to=2026-01-01";
    let counted: Value = hub.get(day).await.json().await.unwrap();
    assert_eq!(counted["totals"]["confirmed"], 1);
    assert_eq!(hub.get(path).await.bytes().await.unwrap(), first);
    let today = hub.running().register.now().local(8 * 3_600).date;
    let open = hub.get(&format!("/api/v1/digest?day={today}")).await;
    assert_eq!(
        problem(open, StatusCode::CONFLICT).await["type"],
        "urn:gridwarden:problem:day-not-over"
    );
    for query in ["", "?day=today", "?night=2026-01-01"] {
        let answer = hub.get(&format!("/api/v1/digest{query}")).await;
        problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    hub.stop().await;
}

#[tokio::test]
async fn the_fleet_is_what_nodes_say_of_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let tell = async |leaf: &str, golden: &str, more: Value| {
        let file = format!("{}/tests/golden/wire/{golden}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).unwrap();
        let mut message: Value = serde_json::from_str(&text).unwrap();
        message["data"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let topic = format!("gridwarden/v1/440310/edge-1/{leaf}");
        hub.running().ingest.message(&topic, message.to_string().as_bytes()).await.unwrap();
    };
    // Figures of a node that has not said that it is there are of nobody.
    tell("stats", "stats", json!({})).await;
    let fleet: Value = hub.get("/api/v1/fleet").await.json().await.unwrap();
    assert_eq!(fleet, json!({"items": []}));
    tell("status", "status", json!({"version": "1.2.3"})).await;
    tell("stats", "stats", json!({"outbox_depth": 5})).await;
    let health = json!({"camera": "gate", "condition": "blurred", "since": super::SEEN_AT});
    tell("camera/gate/health", "camera_health", health).await;
    let fleet: Value = hub.get("/api/v1/fleet").await.json().await.unwrap();
    let node = &fleet["items"][0];
    assert_eq!(
        (&node["node"], &node["state"], &node["version"]),
        (&json!("edge-1"), &json!("online"), &json!("1.2.3"))
    );
    let camera = json!({"id": "gate", "condition": "blurred", "since": super::SEEN_AT});
    assert_eq!(node["cameras"], json!([camera]));
    assert_eq!(node["stats"]["outbox_depth"], 5);
    assert!(node["heard_at"].as_str().unwrap() > super::SEEN_AT);
    hub.stop().await;
}
