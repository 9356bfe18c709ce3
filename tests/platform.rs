//! A district's platform as this product means it: it takes the hub's signed messages, dispatches what was
//! filed, hands in complaints and its units' feedback, and is away at times. Whole cases go through it.
#![cfg(feature = "hub")]

#[path = "support/hub.rs"]
mod base;
#[path = "support/platform.rs"]
mod platform;

use base::{NODE_TOKEN, PLATFORM_TOKEN, csrf_of};
use gridwarden::{
    base::{
        clock::{Clock, SimClock, SystemClock},
        secret::Secret,
        shutdown::Shutdown,
        time::WallTime,
    },
    drivers::evidence::files::Digest256,
    roles::hub::{self, HubConfig, Running, deliver::HookConfig, verify::LookTimes},
};
use platform::{Caller, Platform, SECRET, until};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use uuid::Uuid;

const TICKET: &str = "ticket";
const SEEN_AT: &str = "2026-01-01T00:00:00.000Z";

struct Town {
    running: Running,
    shutdown: Shutdown,
    client: Client,
    cookie: String,
    _dir: TempDir,
}

fn config(dir: &Path, hook: &str) -> HubConfig {
    HubConfig {
        demo_ticket: Some(Secret::new(TICKET)),
        looks: LookTimes {
            settle: Duration::ZERO,
            look: Duration::from_millis(100),
            again_after: Duration::ZERO,
            ..LookTimes::default()
        },
        hooks: vec![HookConfig {
            name: "district".to_owned(),
            url: hook.parse().unwrap(),
            secret: Secret::new(SECRET),
        }],
        ..base::quiet(dir)
    }
}

impl Town {
    async fn open(hook: &str, clock: Arc<dyn Clock>) -> Self {
        gridwarden::drivers::mqtt::install_crypto_provider();
        let dir = tempfile::tempdir().unwrap();
        let shutdown = Shutdown::new();
        let running = hub::start(config(dir.path(), hook), clock, shutdown.clone()).await.unwrap();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut town = Self { running, shutdown, client, cookie: String::new(), _dir: dir };
        town.sign_in().await;
        town
    }

    async fn sign_in(&mut self) {
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
    async fn picture(&self, role: &str, bytes: &[u8], at: WallTime) -> Value {
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
        json!({"role": role, "url": format!("/api/v1/evidence/{digest}"), "sha256": digest.as_str(),
               "media_type": "image/jpeg", "width_px": 64, "height_px": 48, "captured_at": at})
    }

    async fn camera_is_there(&self) {
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

    async fn bin_overflows(&self, number: u128) -> String {
        let case = Uuid::from_u128(number).to_string();
        let before = self.picture("snapshot", b"before", SEEN_AT.parse().unwrap()).await;
        let opened = json!({
            "case_id": case, "revision": 1, "kind": "opened",
            "event": {"std": "GB/T 47678.5", "version": "2026", "code": "06042",
                      "name_zh": "垃圾站（箱）满溢", "name_en": "overflowing bin", "local": false},
            "pattern": {"id": "bin_overflowing", "version": "3"},
            "place": {"code_2d": "N50F0535166000", "level": 7, "lon_deg": 114.34, "lat_deg": 22.69,
                      "error_metres": 2.0, "datum": "CGCS2000"},
            "camera": {"id": "gate", "node": "edge-1"}, "zone": "pavement",
            "first_seen_at": SEEN_AT, "confirmed_at": SEEN_AT, "last_seen_at": SEEN_AT,
            "dwell_secs": 5.0, "count": 1, "score": 0.8, "model": {"id": "m", "sha256": "00"},
            "clock": "arrival", "evidence": [before], "source": "video", "priority": "normal",
            "privacy": {"masked": true},
        });
        self.edge_says(&format!("case/{case}"), opened).await;
        case
    }

    /// Answers the next look as the edge would, with a picture of now.
    async fn look_says(&self, case: &str, verdict: &str, answered: usize) {
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

    async fn staff(&self, case: &str, act: Value) {
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

    async fn staff_get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.running.address);
        let asked = self.client.get(url).header("cookie", &self.cookie);
        asked.send().await.unwrap().json().await.unwrap()
    }

    fn platform(&self) -> Caller {
        Caller {
            client: self.client.clone(),
            hub: format!("http://{}", self.running.address),
            token: PLATFORM_TOKEN.to_owned(),
        }
    }

    async fn unit(&self, case: &str, act: Value) {
        self.platform().unit(case, act).await;
    }

    async fn feedback(&self, case: &str) {
        self.platform().feedback(case, self.running.register.now()).await;
    }

    async fn close(self) {
        self.shutdown.begin();
        self.running.wait().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_to_the_platform_and_back_is_sent_back_once_and_closed() {
    let (platform, url) = Platform::open().await;
    let town = Town::open(&url, Arc::new(SystemClock::new())).await;
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
        platform.heard().iter().map(|notice| notice["version"].as_i64().unwrap()).collect();
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_away_hears_everything_once_and_in_order_when_it_is_back() {
    let (platform, url) = Platform::open().await;
    let clock = Arc::new(SimClock::starting_at("2026-01-05T02:00:00Z".parse().unwrap()));
    let town = Town::open(&url, clock.clone()).await;
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
    let mut town = Town::open(&url, clock.clone()).await;
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
    let town = Town::open("http://127.0.0.1:9/nobody", Arc::new(SystemClock::new())).await;
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
