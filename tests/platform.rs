//! A district's platform as this product means it: it takes the hub's signed messages, dispatches what was
//! filed, hands in complaints and its units' feedback, and is away at times. Whole cases go through it.
#![cfg(feature = "hub")]

#[path = "support/hub.rs"]
mod base;
#[path = "support/platform.rs"]
mod platform;
#[path = "support/town.rs"]
mod town;

use base::{PLATFORM_TOKEN, csrf_of};
use gridwarden::{
    base::{
        clock::{Clock, SimClock, SystemClock},
        secret::Secret,
    },
    domain::case::policy::CasePolicy,
    roles::hub::{HubConfig, deliver::HookConfig},
};
use platform::{Platform, SECRET, until};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};
use town::Town;
use uuid::Uuid;

fn config(dir: &Path, hook: &str) -> HubConfig {
    HubConfig {
        hooks: vec![HookConfig {
            name: "district".to_owned(),
            url: hook.parse().unwrap(),
            secret: Secret::new(SECRET),
        }],
        ..town::config(dir)
    }
}

async fn open(hook: &str, clock: Arc<dyn Clock>) -> Town {
    Town::open(|dir| config(dir, hook), clock).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_to_the_platform_and_back_is_sent_back_once_and_closed() {
    let (platform, url) = Platform::open().await;
    let town = open(&url, Arc::new(SystemClock::new())).await;
    town.camera_is_there().await;
    let case = town.bin_overflows(1).await;
    town.staff(&case, json!({"action": "confirm"})).await;
    let filed = platform.hears("confirm", "FILED").await;
    assert_eq!(
        (
            &filed["case_id"],
            &filed["event"]["code"],
            &filed["stage_zh"],
            &filed["place"]["code_2d"]
        ),
        (&json!(case), &json!("06042"), &json!("案卷建立"), &json!("N50F0535166000"))
    );
    assert_eq!(platform.acts(), ["confirm"], "what nobody has filed is nobody else's matter");

    town.unit(&case, json!({"action": "dispatch", "unit": "市政所"})).await;
    town.unit(&case, json!({"action": "return", "reason": "not_our_duty"})).await;
    town.unit(&case, json!({"action": "dispatch", "unit": "环卫所"})).await;
    town.unit(&case, json!({"action": "accept"})).await;
    let accepted = platform.hears("accept", "HANDLING").await;
    assert_eq!((&accepted["unit"], &accepted["return_count"]), (&json!("环卫所"), &json!(1)));
    town.feedback(&case).await;
    town.look_says(&case, "PRESENT", 1).await;
    let rework = platform.hears("postcheck_verdict", "REWORK").await;
    assert_eq!(rework["rework_count"], 1);

    town.unit(&case, json!({"action": "accept"})).await;
    town.feedback(&case).await;
    town.look_says(&case, "CLEARED", 2).await;
    let closed = platform.hears("postcheck_verdict", "CLOSED").await;
    assert_eq!(closed["stage_zh"], "核实结案");
    let shown = town.staff_get(&format!("/api/v1/cases/{case}")).await;
    assert_eq!((&shown["state"], &shown["first_handler"]), (&json!("CLOSED"), &json!("市政所")));
    // Each step once, in the order of the case.
    let versions: Vec<i64> =
        { platform.heard().iter().map(|notice| notice["version"].as_i64().unwrap()).collect() };
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_hears_of_a_decision_when_it_stands_and_never_of_one_that_was_taken_back() {
    let (platform, url) = Platform::open().await;
    let clock = Arc::new(SimClock::starting_at("2026-01-05T02:00:00Z".parse().unwrap()));
    let undo_within = Duration::from_secs(30);
    let policy = Arc::new(CasePolicy { undo_within, ..CasePolicy::default() });
    let config = |dir: &Path| HubConfig { policy, ..config(dir, &url) };
    let town = Town::open(config, clock.clone()).await;
    let (one, two) = (town.bin_overflows(1).await, town.bin_overflows(2).await);
    town.staff(&one, json!({"action": "confirm"})).await;
    clock.advance(Duration::from_secs(20));
    town.staff(&one, json!({"action": "undo"})).await;
    clock.advance(Duration::from_secs(3_600));
    // It waits for nothing but the next step.
    town.staff(&two, json!({"action": "confirm"})).await;
    town.unit(&two, json!({"action": "dispatch", "unit": "环卫所"})).await;
    platform.hears("dispatch", "DISPATCHED").await;
    assert_eq!(platform.acts(), ["confirm", "dispatch"]);
    town.staff(&one, json!({"action": "confirm"})).await;
    clock.advance(Duration::from_secs(36));
    until("the filing", async || (platform.acts().len() == 3).then_some(())).await;
    assert_eq!(platform.heard()[2]["case_id"], json!(one));
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_away_hears_everything_once_and_in_order_when_it_is_back() {
    let (platform, url) = Platform::open().await;
    let clock = Arc::new(SimClock::starting_at("2026-01-05T02:00:00Z".parse().unwrap()));
    let town = open(&url, clock.clone()).await;
    let case = town.bin_overflows(1).await;
    platform.minded(&[StatusCode::BAD_GATEWAY, StatusCode::FOUND]);
    town.staff(&case, json!({"action": "confirm"})).await;
    town.unit(&case, json!({"action": "dispatch", "unit": "环卫所"})).await;
    for failed in 1..=2 {
        until("a failure", async || (platform.calls().len() == failed).then_some(())).await;
        assert!(platform.acts().is_empty(), "the second waits for the first");
        clock.advance(Duration::from_secs(30));
    }
    platform.hears("dispatch", "DISPATCHED").await;
    assert_eq!(platform.acts(), ["confirm", "dispatch"]);
    let calls = platform.calls();
    let ids: HashSet<_> = calls[..3].iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 1, "one message, three tries: {calls:?}");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_three_days_is_laid_aside_and_sent_once_a_person_says_so() {
    let (platform, url) = Platform::open().await;
    let clock = Arc::new(SimClock::starting_at("2026-01-05T02:00:00Z".parse().unwrap()));
    let mut town = open(&url, clock.clone()).await;
    let case = town.bin_overflows(1).await;
    platform.minded(&[StatusCode::UNPROCESSABLE_ENTITY; 2]);
    town.staff(&case, json!({"action": "confirm"})).await;
    until("a failure", async || (platform.calls().len() == 1).then_some(())).await;
    let letters = town.staff_get("/api/v1/deliveries/dead").await;
    assert_eq!(letters, json!({"items": []}), "it may still arrive");
    clock.advance(Duration::from_secs(3 * 24 * 3_600));
    // Sessions do not last that long.
    town.sign_in().await;
    let dead = async || town.staff_get("/api/v1/deliveries/dead").await["items"].take();
    let letters = until("a dead letter", async || {
        Some(dead().await).filter(|letters| letters.as_array().is_some_and(|all| !all.is_empty()))
    })
    .await;
    let letter = &letters[0];
    assert_eq!((&letter["hook"], &letter["tries"]), (&json!("district"), &json!(2)));
    let said = letter["last_error"].as_str().unwrap();
    assert!(said.contains("422: come againlater"), "{said}");
    // It holds back nothing that comes after it.
    town.unit(&case, json!({"action": "dispatch", "unit": "环卫所"})).await;
    platform.hears("dispatch", "DISPATCHED").await;

    let id = letter["message_id"].as_str().unwrap();
    let again = |id: &str| {
        let path = format!("/api/v1/deliveries/district/{id}/retry");
        let url = format!("http://{}{path}", town.running.address);
        let asked = town.client.post(url).header("cookie", &town.cookie);
        asked.header("x-csrf-token", csrf_of(&town.cookie)).send()
    };
    assert_eq!(again("nothing").await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(again(id).await.unwrap().status(), StatusCode::ACCEPTED);
    platform.hears("confirm", "FILED").await;
    assert_eq!(dead().await, json!([]));
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_without_a_line_takes_cases_along_and_brings_feedback_back() {
    let town = open("http://127.0.0.1:9/nobody", Arc::new(SystemClock::new())).await;
    let (filed, waiting) = (town.bin_overflows(1).await, Uuid::from_u128(2).to_string());
    town.staff(&filed, json!({"action": "confirm"})).await;
    let ask = |method: Method, path: &str, body: String| {
        let url = format!("http://{}{path}", town.running.address);
        let asked = town.client.request(method, url).bearer_auth(PLATFORM_TOKEN);
        asked.header("content-type", "text/csv").body(body).send()
    };
    let answer = ask(Method::GET, "/api/v1/cases.csv?state=FILED", String::new()).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let sheet = answer.text().await.unwrap();
    let mut lines = sheet.strip_prefix('\u{feff}').expect("a byte-order mark").lines();
    assert!(
        lines.next().unwrap().starts_with("case_id,external_no,source,event_code,event_zh,state")
    );
    let line = lines.next().unwrap();
    assert!(
        line.starts_with(&format!("{filed},,video,06042,垃圾站（箱）满溢,FILED,已立案")),
        "{line}"
    );
    assert_eq!(lines.next(), None);
    let refused = ask(Method::GET, "/api/v1/cases.csv?colour=red", String::new()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);

    let at = town.running.register.now();
    let done = format!(
        "\u{feff}case_id,unit,disposed_at,note\n{filed},环卫所,{at},已清运\n{waiting},环卫所,{at},\n\
         nobody,环卫所,{at},\n{filed},环卫所,yesterday,\n{filed},环卫所\n"
    );
    let answer = ask(Method::POST, "/api/v1/feedback.csv", done.clone()).await.unwrap();
    let said = answer.text().await.unwrap();
    let taken: Vec<&str> = said.lines().skip(1).collect();
    assert_eq!(taken[0], format!("2,{filed},1,"));
    for (line, parts) in [
        (1, vec!["3,", ",0,", "no such case"]),
        (2, vec!["4,nobody,0,", "case_id"]),
        (3, vec!["5,", ",0,", "disposed_at", "yesterday"]),
        (4, vec!["6,", ",0,", "fields"]),
    ] {
        assert!(parts.iter().all(|part| taken[line].contains(part)), "{}", taken[line]);
    }
    let shown = town.staff_get(&format!("/api/v1/cases/{filed}")).await;
    assert_eq!((&shown["state"], &shown["unit"]), (&json!("DISPOSED"), &json!("环卫所")));
    let again =
        ask(Method::POST, "/api/v1/feedback.csv", done).await.unwrap().text().await.unwrap();
    assert!(again.lines().nth(1).unwrap().contains(",0,"), "the same file once more: {again}");
    for bad in ["id,unit\n", "\u{feff}"] {
        let answer = ask(Method::POST, "/api/v1/feedback.csv", bad.to_owned()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    town.close().await;
}
