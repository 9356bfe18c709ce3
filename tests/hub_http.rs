//! The hub as its clients meet it: a real server on a free port, a real database, a real disk.
#![cfg(feature = "hub")]

#[path = "support/hub.rs"]
mod base;
#[path = "hub_http/figures.rs"]
mod figures;
#[path = "hub_http/places.rs"]
mod places;
#[path = "hub_http/shifts.rs"]
mod shifts;
#[path = "hub_http/taken_back.rs"]
mod taken_back;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use base::{NODE_TOKEN, PLATFORM_TOKEN, csrf_of};
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        secret::Secret,
        shutdown::Shutdown,
        time::WallTime,
    },
    domain::{
        case::{
            clock::ClockKind,
            day_root::Inclusion,
            lifecycle::Event,
            limits::{EventLimits, Limit},
            policy::{CasePolicy, ChecklistItem},
        },
        datum::Datum,
        geo::GeoPoint,
        ids::CaseId,
        people::{Area, Role},
        wire::{EventData, PHOTOGRAPH_BYTES_MAX, PatternData, Priority},
    },
    drivers::{evidence::files::Digest256, signature::PublicKey, store::hub::Decision},
    roles::hub::{self, HubConfig, KnownEvent, Running, User, register::Change},
    roles::tools::verify_package::verify_package,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use uuid::Uuid;

const TICKET: &str = "ticket-of-the-tests";
const CELL: &str = "N50F0535166000";
const SEEN_AT: &str = "2026-01-01T00:00:00.000Z";

struct Hub {
    running: Option<Running>,
    shutdown: Shutdown,
    client: Client,
    base: String,
    cookie: String,
}

fn config(dir: &Path) -> HubConfig {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(b"correct horse").unwrap().to_string();
    HubConfig {
        users: ["li", "wang"]
            .map(|name| User {
                name: name.to_owned(),
                password_hash: Secret::new(hash.clone()),
                unit: Some("城管中队".to_owned()),
                roles: Role::ALL.into_iter().collect(),
                area: Area::EVERYWHERE,
            })
            .into(),
        demo_ticket: Some(Secret::new(TICKET)),
        events: vec![KnownEvent {
            event: EventData {
                std: "GB/T 47678.5".to_owned(),
                version: "2026".to_owned(),
                code: "06042".to_owned(),
                name_zh: "垃圾站（箱）满溢".to_owned(),
                name_en: "overflowing bin".to_owned(),
                local: false,
            },
            pattern: PatternData {
                id: "bin_overflowing".parse().unwrap(),
                version: "3".to_owned(),
            },
            priority: Priority::Normal,
        }],
        ..base::quiet(dir)
    }
}

impl Hub {
    async fn start(dir: &Path) -> Self {
        Self::start_as(config(dir)).await
    }

    async fn start_as(config: HubConfig) -> Self {
        gridwarden::drivers::mqtt::install_crypto_provider();
        let shutdown = Shutdown::new();
        let running =
            hub::start(config, Arc::new(SystemClock::new()), shutdown.clone()).await.unwrap();
        let base = format!("http://{}", running.address);
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { running: Some(running), shutdown, client, base, cookie: String::new() }
    }

    async fn signed_in(dir: &Path) -> Self {
        let mut hub = Self::start(dir).await;
        hub.cookie = hub.sign_in("li").await;
        hub
    }

    async fn sign_in(&self, name: &str) -> String {
        let body = json!({"name": name, "password": "correct horse"});
        let url = format!("{}/api/v1/session", self.base);
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        cookie_of(&answer)
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// As the page calls: with the cookie and the token that no foreign page can know.
    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .header(header::COOKIE, &self.cookie)
            .header("X-CSRF-Token", csrf_of(&self.cookie))
    }

    async fn get(&self, path: &str) -> Response {
        self.call(Method::GET, path).send().await.unwrap()
    }

    fn act(&self, case: &str, version: &str, body: &Value) -> RequestBuilder {
        self.call(Method::POST, &format!("/api/v1/cases/{case}/act"))
            .header(header::IF_MATCH, version)
            .json(body)
    }

    fn patch(&self, digest: &Digest256, offset: u64, length: u64, bytes: &[u8]) -> RequestBuilder {
        self.client
            .patch(format!("{}/api/v1/evidence/{digest}", self.base))
            .bearer_auth(NODE_TOKEN)
            .header("Upload-Offset", offset)
            .header("Upload-Length", length)
            .body(bytes.to_vec())
    }

    async fn upload(&self, bytes: &[u8]) -> Digest256 {
        let digest = Digest256::of(bytes);
        let answer = self.patch(&digest, 0, bytes.len() as u64, bytes).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()["Upload-Complete"], "true");
        digest
    }

    /// Opens a case as an edge does; its id.
    async fn open_case(&self, number: u128, evidence: Vec<Value>) -> String {
        self.open_case_with(number, evidence, json!({})).await
    }

    /// A case with further keys in its picture; its `camera` may name another node than `edge-1`.
    async fn open_case_with(&self, number: u128, evidence: Vec<Value>, more: Value) -> String {
        let case = Uuid::from_u128(number).to_string();
        let mut message = json!({
            "specversion": "1.0", "id": "1", "source": "/gridwarden/440310/edge-1",
            "type": "cn.gridwarden.case.opened", "time": SEEN_AT, "subject": case,
            "datacontenttype": "application/json",
            "data": {
                "case_id": case, "revision": 1, "kind": "opened",
                "event": {"std": "GB/T 47678.5", "version": "2026", "code": "06042",
                          "name_zh": "垃圾站（箱）满溢", "name_en": "overflowing bin", "local": false},
                "pattern": {"id": "bin_overflowing", "version": "3"},
                "place": {"code_2d": CELL, "code_3d": "N050F000503051066000005", "level": 7,
                          "lon_deg": 114.34, "lat_deg": 22.69, "height_metres": 42.0,
                          "error_metres": 2.0, "datum": "CGCS2000"},
                "camera": {"id": "gate", "node": "edge-1"}, "zone": "pavement",
                "subject": {"class": "bin_overflowing", "boxes_fraction": [[0.25, 0.5, 0.5, 1.0]]},
                "first_seen_at": SEEN_AT, "confirmed_at": SEEN_AT, "last_seen_at": SEEN_AT,
                "dwell_secs": 5.0, "count": 1, "score": 0.8,
                "model": {"id": "m", "sha256": "00"}, "clock": "arrival", "evidence": evidence,
                "source": "video", "priority": "normal", "privacy": {"masked": true},
            },
        });
        let data = message["data"].as_object_mut().unwrap();
        data.extend(more.as_object().unwrap().clone());
        let node = data["camera"]["node"].as_str().unwrap();
        let topic = format!("gridwarden/v1/440310/{node}/case/{case}");
        let payload = serde_json::to_vec(&message).unwrap();
        let reply = self.running().ingest.message(&topic, &payload).await.unwrap();
        assert!(reply.is_some(), "acknowledged");
        case
    }

    async fn stop(mut self) {
        self.shutdown.begin();
        self.running.take().unwrap().wait().await.unwrap();
    }
}

fn cookie_of(answer: &Response) -> String {
    let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

async fn problem(answer: Response, status: StatusCode) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16());
    problem
}

fn snapshot(digest: &Digest256) -> Value {
    json!({"role": "snapshot", "url": format!("/api/v1/evidence/{digest}"), "sha256": digest.as_str(),
           "media_type": "image/jpeg", "width_px": 64, "height_px": 48, "captured_at": SEEN_AT})
}

#[tokio::test]
async fn signing_in_and_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(dir.path()).await;
    problem(hub.get("/api/v1/session").await, StatusCode::UNAUTHORIZED).await;
    for (name, password) in [("li", "wrong"), ("nobody", "correct horse")] {
        let body = json!({"name": name, "password": password});
        let answer = hub.call(Method::POST, "/api/v1/session").json(&body).send().await.unwrap();
        problem(answer, StatusCode::UNAUTHORIZED).await;
    }
    hub.cookie = hub.sign_in("li").await;
    let who: Value = hub.get("/api/v1/session").await.json().await.unwrap();
    assert_eq!(
        (&who["name"], &who["unit"], &who["demo"], &who["csrf_token"]),
        (&json!("li"), &json!("城管中队"), &json!(true), &json!(csrf_of(&hub.cookie)))
    );
    // A foreign page can make a browser send the cookie, but not know the token; nor is another's good.
    for other in [None, Some(String::new()), Some(csrf_of(&hub.sign_in("wang").await))] {
        let bare = hub.client.delete(format!("{}/api/v1/session", hub.base));
        let bare = bare.header(header::COOKIE, &hub.cookie);
        let call = match other {
            Some(token) => bare.header("X-CSRF-Token", token),
            None => bare,
        };
        let refused = problem(call.send().await.unwrap(), StatusCode::FORBIDDEN).await;
        assert_eq!(refused["type"], "urn:gridwarden:problem:csrf");
    }
    let answer = hub.call(Method::DELETE, "/api/v1/session").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    problem(hub.get("/api/v1/session").await, StatusCode::UNAUTHORIZED).await;
    // The demo's address signs in; another ticket does not.
    problem(hub.get("/signin?ticket=guess").await, StatusCode::UNAUTHORIZED).await;
    let answer = hub.get(&format!("/signin?ticket={TICKET}")).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    hub.cookie = cookie_of(&answer);
    assert_eq!(hub.get("/api/v1/cases").await.status(), StatusCode::OK);
    hub.stop().await;
}

#[tokio::test]
async fn a_reviewer_sees_the_witnesses_the_asset_and_what_a_case_may_be_taken_for() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let plain = hub.open_case(1, vec![]).await;
    let witness = |camera: &str| {
        json!({"camera": camera, "zone": "pavement", "first_seen_at": SEEN_AT, "last_seen_at": SEEN_AT,
               "subject": {"class": "bin_overflowing", "boxes_fraction": [[0.1, 0.2, 0.3, 0.4]]}})
    };
    let more = json!({
        "witnesses": [witness("gate"), witness("corner")],
        "possibly_same_as": [plain, "019b76da-a800-7000-8000-00000000ffff"],
        "component_id": "4403100102-17", "owner": "街道环卫所",
    });
    let case = hub.open_case_with(2, vec![], more).await;
    let shown: Value = hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
    let cameras: Vec<&Value> =
        shown["witnesses"].as_array().unwrap().iter().map(|one| &one["camera"]).collect();
    assert_eq!(cameras, ["gate", "corner"]);
    assert_eq!(shown["possibly_same_as"].as_array().unwrap().len(), 1, "one has not arrived");
    assert_eq!(shown["possibly_same_as"][0]["case_id"], plain);
    assert_eq!(shown["possibly_same_as"][0]["state"], "PENDING_REVIEW");
    assert_eq!(
        (&shown["component_id"], &shown["owner"]),
        (&json!("4403100102-17"), &json!("街道环卫所"))
    );
    let shown: Value = hub.get(&format!("/api/v1/cases/{plain}")).await.json().await.unwrap();
    assert_eq!((&shown["witnesses"], &shown["possibly_same_as"]), (&json!([]), &json!([])));
    assert!(shown.get("component_id").is_none());
    hub.stop().await;
}

#[tokio::test]
async fn a_merged_case_is_shown_with_its_master_taken_out_and_put_back() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let (front, back) = (hub.upload(b"from the front").await, hub.upload(b"from the back").await);
    let master = hub.open_case_with(1, vec![snapshot(&front)], json!({"suspected": true})).await;
    let witness = json!({"camera": {"id": "corner", "node": "edge-2"}});
    let merged = hub.open_case_with(2, vec![snapshot(&back)], witness).await;
    let read = async |case: &str| -> Value {
        hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap()
    };
    let shown = read(&master).await;
    assert_eq!(shown["suspected"], true);
    assert_eq!(shown["merged"].as_array().unwrap().len(), 1);
    let other = &shown["merged"][0];
    assert_eq!((&other["case_id"], &other["merged_into"]), (&json!(merged), &json!(master)));
    assert_eq!(other["camera"], json!({"id": "corner", "node": "edge-2"}));
    assert_eq!(other["evidence"][0]["sha256"], back.as_str());
    assert_eq!(other["evidence"][0]["available"], true);
    let picture = hub.get(&format!("/api/v1/evidence/{back}?case={merged}")).await;
    assert_eq!(picture.text().await.unwrap(), "from the back");
    let shown = read(&merged).await;
    assert_eq!((&shown["state"], &shown["merged_into"]), (&json!("MERGED"), &json!(master)));
    assert_eq!((&shown["suspected"], &shown["merged"]), (&json!(false), &json!([])));
    assert_eq!(shown["actions"], json!([{"action": "unmerge", "reasons": []}]));

    let act = async |version: i64, body: Value| {
        hub.act(&merged, &format!("\"{version}\""), &body).send().await.unwrap()
    };
    let unmerge = json!({"action": "unmerge", "note": "another bin"});
    let answer = act(1, unmerge.clone()).await;
    problem(answer, StatusCode::PRECONDITION_FAILED).await;
    let answer = act(2, unmerge.clone()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let shown: Value = answer.json().await.unwrap();
    assert_eq!(shown["state"], "PENDING_REVIEW");
    assert!(shown.get("merged_into").is_none());
    let last = shown["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["actor"], &last["kind"]), (&json!("li"), &json!("unmerge")));
    assert_eq!(last["note"], format!("{master}: another bin"));
    problem(act(3, unmerge).await, StatusCode::CONFLICT).await;

    let answer = act(3, json!({"action": "merge", "into": master})).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json::<Value>().await.unwrap()["merged_into"], master);
    assert_eq!(read(&master).await["merged"][0]["case_id"], merged);
    hub.stop().await;
}

#[tokio::test]
async fn a_case_is_handed_out_as_a_package_that_proves_itself_and_each_picture_is_logged() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let picture = hub.upload(b"the bin is full").await;
    let case = hub.open_case(1, vec![snapshot(&picture)]).await;
    let path = format!("/api/v1/cases/{case}/package");

    let answer = hub.get(&format!("{path}?why=court%2013800000000")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/zip");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let name = format!("attachment; filename=\"{case}.zip\"");
    assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], name.as_str());
    let length: u64 = answer.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
    let zip = answer.bytes().await.unwrap();
    assert_eq!(zip.len() as u64, length);
    let again = hub.get(&path).await.bytes().await.unwrap();
    assert_eq!(zip, again, "the same case, the same bytes");

    // Whoever checks it asks the hub for its key once, without an account.
    let key = hub.client.get(format!("{}/api/v1/package-key", hub.base)).send().await.unwrap();
    let key = PublicKey::from_pem(&key.text().await.unwrap()).unwrap();
    let file = dir.path().join("case.zip");
    std::fs::write(&file, &zip).unwrap();
    let report = verify_package(&file, &[key]).unwrap();
    assert!(report.holds && report.key_known == Some(true), "{report:?}");
    assert_eq!(report.case_id.unwrap().to_string(), case);

    let views = hub.running().register.store.views_of(picture.as_str()).await.unwrap();
    let row = |why: &str| ("li".to_owned(), why.to_owned(), "package".to_owned());
    assert_eq!(views, [row("court ***"), row("package")]);

    let bare = || hub.client.get(format!("{}{path}", hub.base));
    problem(bare().send().await.unwrap(), StatusCode::UNAUTHORIZED).await;
    let token = bare().bearer_auth(NODE_TOKEN).send().await.unwrap();
    problem(token, StatusCode::UNAUTHORIZED).await;
    let unknown = format!("/api/v1/cases/{}/package", Uuid::from_u128(99));
    problem(hub.get(&unknown).await, StatusCode::NOT_FOUND).await;
    let answer = hub.get(&format!("{path}?mask=no")).await;
    assert_eq!(problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await["allowed"], "why");
    hub.stop().await;
}

#[tokio::test]
async fn a_history_that_was_altered_behind_the_hubs_back_is_not_packed() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let case = hub.open_case(1, vec![]).await;
    let path = format!("/api/v1/cases/{case}/package");
    assert_eq!(hub.get(&path).await.status(), StatusCode::OK);
    let database = format!("sqlite://{}", dir.path().join("hub.db").display());
    let database = sqlx::SqlitePool::connect(&database).await.unwrap();
    sqlx::query("UPDATE history SET actor = 'edge:edge-9'").execute(&database).await.unwrap();
    let refused = problem(hub.get(&path).await, StatusCode::CONFLICT).await;
    assert_eq!(refused["type"], "urn:gridwarden:problem:chain-broken");
    assert!(refused["detail"].as_str().unwrap().contains("entry 1"), "{refused}");
    hub.stop().await;
}

#[tokio::test]
async fn a_bad_master_is_refused_by_its_own_problem() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let master = hub.open_case(1, vec![]).await;
    let merged =
        hub.open_case_with(2, vec![], json!({"camera": {"id": "corner", "node": "edge-2"}})).await;
    let asset = json!({"component_id": "bin-9", "camera": {"id": "hall", "node": "edge-3"},
        "pattern": {"id": "exposed_waste", "version": "1"}});
    let other = hub.open_case_with(3, vec![], asset).await;
    let done = hub.open_case_with(4, vec![], json!({"pattern": {"id": "crowd", "version": "1"}}));
    let done = done.await;
    let reject = json!({"action": "reject", "reason": "licensed"});
    hub.act(&done, "\"1\"", &reject).send().await.unwrap();
    let unknown = Uuid::from_u128(99).to_string();
    let (invalid, not_now) = (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT);
    for (case, version, into, status, kind) in [
        (&other, 1, json!(null), invalid, "invalid"),
        (&other, 1, json!("not an id"), invalid, "invalid"),
        (&other, 1, json!(other), invalid, "into-itself"),
        (&other, 1, json!(unknown), invalid, "into-unknown"),
        (&other, 1, json!(merged), not_now, "into-merged"),
        (&other, 1, json!(done), not_now, "into-done"),
        (&master, 2, json!(merged), not_now, "into-cycle"),
    ] {
        let body = json!({"action": "merge", "into": into});
        let answer = hub.act(case, &format!("\"{version}\""), &body).send().await.unwrap();
        let found = problem(answer, status).await;
        assert_eq!(found["type"], format!("urn:gridwarden:problem:{kind}"), "{into}");
        assert_eq!(found["field"], "into", "{into}");
    }
    // `into` has a meaning with a merge alone.
    let body = json!({"action": "confirm", "into": master});
    let found = problem(hub.act(&other, "\"1\"", &body).send().await.unwrap(), invalid).await;
    assert_eq!(found["field"], "into");
    // A person may know better than the patterns.
    let body = json!({"action": "merge", "into": master});
    let answer = hub.act(&other, "\"1\"", &body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    hub.stop().await;
}

#[tokio::test]
async fn what_a_case_may_be_merged_into_is_offered_proposals_first_then_the_nearest() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let at = |lon_deg: f64| {
        json!({"code_2d": CELL, "level": 7, "lon_deg": lon_deg, "lat_deg": 22.69,
               "error_metres": 2.0, "datum": "CGCS2000"})
    };
    // Ten metres a case along a street; the last one is far away.
    let case = hub.open_case_with(1, vec![], json!({"place": at(114.34)})).await;
    let far = hub.open_case_with(2, vec![], json!({"place": at(114.340_2)})).await;
    let near = hub.open_case_with(3, vec![], json!({"place": at(114.340_1)})).await;
    hub.open_case_with(4, vec![], json!({"place": at(114.35)})).await;
    let done = hub.open_case_with(5, vec![], json!({"place": at(114.340_1)})).await;
    let reject = json!({"action": "reject", "reason": "licensed"});
    hub.act(&done, "\"1\"", &reject).send().await.unwrap();
    let names = async |case: &str| -> Vec<(Value, Value, Value)> {
        let answer = hub.get(&format!("/api/v1/cases/{case}/near")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let found: Value = answer.json().await.unwrap();
        let name =
            |one: &Value| (one["case_id"].clone(), one["metres"].clone(), one["proposed"].clone());
        found["items"].as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(
        names(&case).await,
        [(json!(near), json!(10.3), json!(false)), (json!(far), json!(20.6), json!(false))]
    );
    let more = json!({"place": null, "possibly_same_as": [far, done, Uuid::from_u128(99)]});
    let unplaced = hub.open_case_with(6, vec![], more).await;
    assert_eq!(names(&unplaced).await, [(json!(far), json!(null), json!(true))]);
    let missing = format!("/api/v1/cases/{}/near", Uuid::from_u128(99));
    problem(hub.get(&missing).await, StatusCode::NOT_FOUND).await;
    hub.stop().await;
}

#[tokio::test]
async fn guessing_a_password_is_slowed() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path()).await;
    let guess = || async {
        let body = json!({"name": "li", "password": "guess"});
        hub.call(Method::POST, "/api/v1/session").json(&body).send().await.unwrap()
    };
    for _ in 0..5 {
        problem(guess().await, StatusCode::UNAUTHORIZED).await;
    }
    let closed = guess().await;
    let secs: u64 = closed.headers()["Retry-After"].to_str().unwrap().parse().unwrap();
    assert!((1..=300).contains(&secs), "{secs}");
    problem(closed, StatusCode::TOO_MANY_REQUESTS).await;
    // Not behind a proxy: whoever guesses cannot pretend to call from elsewhere.
    let body = json!({"name": "li", "password": "guess"});
    let call = hub.call(Method::POST, "/api/v1/session").header("X-Forwarded-For", "10.0.0.9");
    problem(call.json(&body).send().await.unwrap(), StatusCode::TOO_MANY_REQUESTS).await;
    hub.sign_in("wang").await;
    hub.stop().await;
}

#[tokio::test]
async fn nothing_is_shown_or_done_without_signing_in() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path()).await;
    let digest = Digest256::of(b"x");
    for (method, path) in [
        (Method::GET, "/api/v1/cases".to_owned()),
        (Method::GET, format!("/api/v1/cases/{}/near", Uuid::nil())),
        (Method::GET, "/api/v1/cameras".to_owned()),
        (Method::GET, format!("/api/v1/grid/{CELL}/cameras")),
        (Method::GET, "/api/v1/stream".to_owned()),
        (Method::GET, "/api/v1/dataset".to_owned()),
        (Method::GET, format!("/api/v1/evidence/{digest}")),
        (Method::PATCH, format!("/api/v1/evidence/{digest}")),
        (Method::POST, "/api/v1/complaints".to_owned()),
        (Method::POST, format!("/api/v1/cases/{}/act", Uuid::nil())),
        (Method::POST, format!("/api/v1/cases/{}/feedback", Uuid::nil())),
        (Method::POST, format!("/api/v1/cases/{}/handling", Uuid::nil())),
        (Method::GET, format!("/api/v1/cases/{}/days", Uuid::nil())),
        (Method::GET, "/api/v1/audit/days".to_owned()),
    ] {
        let request = hub.client.request(method.clone(), format!("{}{path}", hub.base));
        let answer = request.bearer_auth("guess").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn of_two_reviewers_the_slower_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let case = hub.open_case(1, Vec::new()).await;
    let shown = hub.get(&format!("/api/v1/cases/{case}")).await;
    let tag = shown.headers()[header::ETAG].to_str().unwrap().to_owned();
    let detail: Value = shown.json().await.unwrap();
    assert_eq!(
        (&detail["state"], &detail["stage"]),
        (&json!("PENDING_REVIEW"), &json!("collection"))
    );
    assert_eq!(detail["place"]["cell"].as_array().unwrap().len(), 4);
    assert_eq!(detail["actions"][0]["action"], "confirm");
    let reasons = detail["actions"][1]["reasons"].as_array().unwrap();
    assert!(reasons.contains(&json!("duplicate")));

    let blind = hub.call(Method::POST, &format!("/api/v1/cases/{case}/act"));
    let answer = blind.json(&json!({"action": "confirm"})).send().await.unwrap();
    problem(answer, StatusCode::PRECONDITION_REQUIRED).await;
    for body in [json!({"action": "reject"}), json!({"action": "reject", "reason": "because"})] {
        let found = problem(
            hub.act(&case, &tag, &body).send().await.unwrap(),
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
        assert_eq!(found["field"], "reason");
        assert!(found["allowed"].as_str().unwrap().contains("duplicate"));
    }
    let confirmed = hub.act(&case, &tag, &json!({"action": "confirm", "note": "call 13800138000"}));
    let confirmed = confirmed.send().await.unwrap();
    assert_eq!(confirmed.status(), StatusCode::OK);
    let new_tag = confirmed.headers()[header::ETAG].to_str().unwrap().to_owned();
    let detail: Value = confirmed.json().await.unwrap();
    assert_eq!(detail["state"], "FILED");
    let last = detail["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["actor"], &last["from"], &last["to"]),
        (&json!("li"), &json!("PENDING_REVIEW"), &json!("FILED"))
    );
    assert_eq!(last["note"], "call ***");

    let slower = Hub {
        cookie: hub.sign_in("wang").await,
        running: None,
        shutdown: Shutdown::new(),
        client: hub.client.clone(),
        base: hub.base.clone(),
    };
    let body = json!({"action": "reject", "reason": "duplicate"});
    problem(slower.act(&case, &tag, &body).send().await.unwrap(), StatusCode::PRECONDITION_FAILED)
        .await;
    // And with the right version the jump is illegal: it is filed already.
    let illegal =
        problem(slower.act(&case, &new_tag, &body).send().await.unwrap(), StatusCode::CONFLICT)
            .await;
    assert!(illegal["detail"].as_str().unwrap().contains("FILED"));
    hub.stop().await;
}

#[tokio::test]
async fn a_change_reaches_an_open_page() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let mut stream = hub.get("/api/v1/stream").await;
    assert_eq!(stream.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut text = String::new();
    let read = async {
        let mut opened = None;
        while !text.contains("event: case") || !text.ends_with("\n\n") {
            text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
            // The stream stands: now something happens.
            if opened.is_none() && text.contains("event: hello") {
                opened = Some(hub.open_case(1, Vec::new()).await);
            }
        }
        opened.unwrap()
    };
    let case = tokio::time::timeout(Duration::from_secs(60), read).await.unwrap();
    let data = text.lines().skip_while(|line| *line != "event: case").nth(1).unwrap();
    let change: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(change, json!({"case_id": case, "version": 1, "state": "PENDING_REVIEW"}));
    drop(stream);
    hub.stop().await;
}

#[tokio::test]
async fn an_upload_goes_on_after_a_cut_and_a_wrong_one_is_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let (content, digest) = (b"a picture of a street", Digest256::of(b"a picture of a street"));
    let length = content.len() as u64;
    let url = format!("{}/api/v1/evidence/{digest}", hub.base);
    let head = || hub.client.head(&url).bearer_auth(NODE_TOKEN).send();
    assert_eq!(head().await.unwrap().status(), StatusCode::NOT_FOUND);
    let answer = hub.patch(&digest, 0, length, &content[..5]).send().await.unwrap();
    assert_eq!(answer.headers()["Upload-Offset"], "5");
    assert!(!answer.headers().contains_key("Upload-Complete"));
    // The edge starts anew and asks where to go on; sending the start again is refused.
    assert_eq!(head().await.unwrap().headers()["Upload-Offset"], "5");
    let again = hub.patch(&digest, 0, length, content).send().await.unwrap();
    problem(again, StatusCode::CONFLICT).await;
    let answer = hub.patch(&digest, 5, length, &content[5..]).send().await.unwrap();
    assert_eq!(answer.headers()["Upload-Complete"], "true");
    assert_eq!(head().await.unwrap().headers()["Upload-Complete"], "true");

    let other = Digest256::of(b"something else");
    let wrong = hub.patch(&other, 0, length, content).send().await.unwrap();
    problem(wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
    let url = format!("{}/api/v1/evidence/{other}", hub.base);
    let held = hub.client.head(url).bearer_auth(NODE_TOKEN).send().await.unwrap();
    assert_eq!(held.status(), StatusCode::NOT_FOUND);

    let huge = hub.patch(&other, 0, 1 << 40, b"x").send().await.unwrap();
    problem(huge, StatusCode::PAYLOAD_TOO_LARGE).await;
    let chunk = vec![0; 5 * 1024 * 1024];
    let large = hub.patch(&other, 0, chunk.len() as u64, &chunk).send().await;
    assert!(large.is_err() || large.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    let path = format!("{}/api/v1/evidence/..%2f..%2fhub.db", hub.base);
    let escape = hub.client.patch(path).bearer_auth(NODE_TOKEN).send().await.unwrap();
    problem(escape, StatusCode::UNPROCESSABLE_ENTITY).await;
    hub.stop().await;
}

#[tokio::test]
async fn evidence_is_shown_in_parts_and_every_view_is_logged() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let digest = hub.upload(b"0123456789").await;
    let path = format!("/api/v1/evidence/{digest}");
    // No case names it: it is nobody's to see.
    problem(hub.get(&path).await, StatusCode::NOT_FOUND).await;
    let case = hub.open_case(1, vec![snapshot(&digest)]).await;
    let detail: Value = hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
    assert_eq!(detail["evidence"][0]["available"], true);
    assert_eq!(detail["thumbnail"], digest.as_str());

    let whole = hub.get(&format!("{path}?case={case}&why=complaint")).await;
    assert_eq!(whole.headers()[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(whole.headers()["X-Content-Type-Options"], "nosniff");
    let tag = whole.headers()[header::ETAG].clone();
    assert_eq!(whole.bytes().await.unwrap(), "0123456789");
    let part =
        hub.call(Method::GET, &path).header(header::RANGE, "bytes=2-4").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 2-4/10");
    assert_eq!(part.bytes().await.unwrap(), "234");
    let behind =
        hub.call(Method::GET, &path).header(header::RANGE, "bytes=10-").send().await.unwrap();
    assert_eq!(behind.headers()[header::CONTENT_RANGE], "bytes */10");
    problem(behind, StatusCode::RANGE_NOT_SATISFIABLE).await;
    let same =
        hub.call(Method::GET, &path).header(header::IF_NONE_MATCH, tag).send().await.unwrap();
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);

    let views = hub.running().register.store.views_of(digest.as_str()).await.unwrap();
    let view = |why: &str, part: &str| ("li".to_owned(), why.to_owned(), part.to_owned());
    let mut expected = vec![
        view("complaint", "whole"),
        view("review", "bytes 2-4"),
        view("review", "whole"),
        view("review", "unchanged"),
    ];
    let mut views = views;
    views.sort();
    expected.sort();
    assert_eq!(views, expected);
    hub.stop().await;
}

#[tokio::test]
async fn a_download_goes_on_only_in_the_file_that_it_began_in() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let digest = hub.upload(b"0123456789").await;
    hub.open_case(1, vec![snapshot(&digest)]).await;
    let path = format!("/api/v1/evidence/{digest}");
    let rest = async |held: &str| {
        let call = hub.call(Method::GET, &path).header(header::RANGE, "bytes=4-");
        let answer = call.header(header::IF_RANGE, held).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap())
    };
    assert_eq!(
        rest(&format!("\"{digest}\"")).await,
        (StatusCode::PARTIAL_CONTENT, "456789".into())
    );
    for other in ["\"another\"".to_owned(), format!("W/\"{digest}\""), SEEN_AT.to_owned()] {
        assert_eq!(rest(&other).await, (StatusCode::OK, "0123456789".into()), "{other}");
    }
    hub.stop().await;
}

/// Of a zip that packs nothing: contents by name.
fn members(mut zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    while zip.starts_with(b"PK\x03\x04") {
        let short = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
        let bytes = short(18) | short(20) << 16;
        let name = String::from_utf8(zip[30..30 + short(26)].to_vec()).unwrap();
        let begin = 30 + short(26) + short(28);
        found.insert(name, zip[begin..begin + bytes].to_vec());
        zip = &zip[begin + bytes..];
    }
    found
}

impl Hub {
    /// As a node says it.
    async fn say(&self, leaf: &str, data: Value) {
        let message = json!({
            "specversion": "1.0", "id": Uuid::now_v7(), "source": "/gridwarden/440310/edge-1",
            "type": "cn.gridwarden.test", "time": SEEN_AT, "subject": "",
            "datacontenttype": "application/json", "data": data,
        });
        let topic = format!("gridwarden/v1/440310/edge-1/{leaf}");
        let payload = serde_json::to_vec(&message).unwrap();
        assert!(self.running().ingest.message(&topic, &payload).await.unwrap().is_none());
    }

    async fn footage(&self, case: &str, body: &Value) -> Response {
        let path = format!("/api/v1/cases/{case}/footage");
        self.call(Method::POST, &path).json(body).send().await.unwrap()
    }

    async fn footage_shown(&self, case: &str) -> Value {
        let detail: Value = self.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
        detail["footage"].as_array().unwrap().last().unwrap().clone()
    }
}

#[tokio::test]
async fn footage_is_asked_for_played_and_taken_along_and_each_is_logged() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let case = hub.open_case(1, vec![]).await;
    let span = json!({"from": SEEN_AT, "to": "2026-01-01T00:00:30.000Z"});
    let away = problem(hub.footage(&case, &span).await, StatusCode::CONFLICT).await;
    assert_eq!(away["type"], "urn:gridwarden:problem:node-away");
    hub.say("status", json!({"state": "online", "version": "0", "boot_id": Uuid::nil()})).await;
    hub.say(
        "camera/gate/card",
        json!({"camera": "gate", "footprint": [], "patterns": [],
        "width_px": 64, "height_px": 48, "masks": "1-m"}),
    )
    .await;
    let asked = hub.footage(&case, &span).await;
    assert_eq!(asked.status(), StatusCode::ACCEPTED);
    let asked: Value = asked.json().await.unwrap();
    assert_eq!((&asked["status"], &asked["camera"]), (&json!("waiting"), &json!("gate")));
    let export =
        format!("/api/v1/cases/{case}/footage/{}/export", asked["request_id"].as_str().unwrap());
    problem(hub.get(&export).await, StatusCode::NOT_FOUND).await;

    let (clip, strip) = (Digest256::of(b"masked clip"), Digest256::of(b"strip"));
    let file = |role: &str, digest: &Digest256, media_type: &str| {
        json!({"role": role, "url": "/x", "sha256": digest.as_str(), "media_type": media_type,
               "width_px": 64, "height_px": 48, "captured_at": SEEN_AT})
    };
    hub.say("footage/result", json!({
        "request_id": asked["request_id"], "masks": "1-m", "clock": "arrival", "shown": span,
        "holes": [{"from": "2026-01-01T00:00:10.000Z", "to": "2026-01-01T00:00:12.000Z", "reason": "stream_lost"}],
        "evidence": [file("playback", &clip, "video/mp4"), file("filmstrip", &strip, "image/jpeg")],
    })).await;
    assert_eq!(hub.footage_shown(&case).await["status"], "uploading");
    hub.upload(b"masked clip").await;
    hub.upload(b"strip").await;
    let shown = hub.footage_shown(&case).await;
    assert_eq!((&shown["status"], &shown["hole"]), (&json!("ready"), &json!("stream_lost")));
    assert_eq!(shown["filmstrip"]["sha256"], strip.as_str());
    let again = hub.footage(&case, &span).await;
    assert_eq!(again.status(), StatusCode::OK, "from what is here");
    let again: Value = again.json().await.unwrap();
    assert_eq!(again["request_id"], asked["request_id"]);

    let path = format!("/api/v1/evidence/{clip}?case={case}");
    let part =
        hub.call(Method::GET, &path).header(header::RANGE, "bytes=0-5").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_TYPE], "video/mp4");
    let answer = hub.get(&export).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/zip");
    let file = dir.path().join("export.zip");
    let zip = answer.bytes().await.unwrap();
    std::fs::write(&file, &zip).unwrap();
    let package = members(&zip);
    assert_eq!(package["clip.mp4"], b"masked clip");
    assert_eq!(package["filmstrip.jpg"], b"strip");
    let data: Value = serde_json::from_slice(&package["footage.json"]).unwrap();
    assert_eq!(
        (&data["camera"], &data["clock"], &data["asked"]),
        (&json!("gate"), &json!("arrival"), &span)
    );
    assert_eq!(data["files"][0]["sha256"], clip.as_str());
    let sums = String::from_utf8(package["SHA256SUMS"].clone()).unwrap();
    assert!(sums.contains(&format!("{clip}  clip.mp4\n")), "{sums}");
    let key = hub.client.get(format!("{}/api/v1/package-key", hub.base)).send().await.unwrap();
    let key = PublicKey::from_pem(&key.text().await.unwrap()).unwrap();
    let report = verify_package(&file, &[key]).unwrap();
    assert!(report.holds && report.key_known == Some(true), "{report:?}");
    let mut altered = std::fs::read(&file).unwrap();
    let at = altered.windows(11).position(|bytes| bytes == b"masked clip").unwrap();
    altered[at] ^= 1;
    std::fs::write(&file, altered).unwrap();
    assert!(!verify_package(&file, &[key]).unwrap().holds);

    let views = hub.running().register.store.views_of(clip.as_str()).await.unwrap();
    let row = |why: &str, part: &str| ("li".to_owned(), why.to_owned(), part.to_owned());
    assert_eq!(views, [row("review", "bytes 0-5"), row("export", "package")]);
    hub.stop().await;
}

#[tokio::test]
async fn footage_that_cannot_be_asked_for_is_refused_by_field() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let case = hub.open_case(1, vec![]).await;
    let (from, to) = (SEEN_AT, "2026-01-01T00:00:30.000Z");
    for (body, field) in [
        (json!({"from": to, "to": from}), "to"),
        (json!({"from": from, "to": "2026-01-01T00:10:00.000Z"}), "to"),
        (json!({"from": "2999-01-01T00:00:00.000Z", "to": "2999-01-01T00:00:30.000Z"}), "to"),
        (json!({"from": from, "to": to, "camera": "gate"}), "node"),
        (json!({"from": from, "to": to, "camera": "school", "node": "edge-1"}), "camera"),
    ] {
        let refused =
            problem(hub.footage(&case, &body).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field, "{refused}");
    }
    let unknown = json!({"from": from, "to": to, "unmasked": true});
    problem(hub.footage(&case, &unknown).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    let nobody = Uuid::from_u128(99).to_string();
    problem(hub.footage(&nobody, &json!({"from": from, "to": to})).await, StatusCode::NOT_FOUND)
        .await;
    hub.stop().await;
}

#[tokio::test]
async fn a_complaint_sent_twice_is_one_case() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let send = |body: Value| {
        let url = format!("{}/api/v1/complaints", hub.base);
        hub.client.post(url).bearer_auth(PLATFORM_TOKEN).json(&body).send()
    };
    let complaint = json!({"external_no": "A-1", "source": "12345", "event": "06042",
        "place": {"lon_deg": 114.34, "lat_deg": 22.69, "datum": "CGCS2000"}, "reported_at": SEEN_AT});
    let first = send(complaint.clone()).await.unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    let first: Value = first.json().await.unwrap();
    assert_eq!(first["place"]["code_2d"], CELL);
    assert_eq!(first["pattern"]["id"], "bin_overflowing");
    let again = send(complaint.clone()).await.unwrap();
    assert_eq!(again.status(), StatusCode::OK);
    let again: Value = again.json().await.unwrap();
    assert_eq!(again["case_id"], first["case_id"]);

    for (change, field) in [
        (json!({"external_no": ""}), "external_no"),
        (json!({"place": {"lon_deg": 114.34}}), "place"),
        (json!({"place": {"lon_deg": 514.34, "lat_deg": 22.69, "datum": "WGS84"}}), "place"),
        (json!({"place": {"lon_deg": 22.69, "lat_deg": 114.34, "datum": "WGS84"}}), "place"),
        (json!({"place": {"lon_deg": 114.34, "lat_deg": 22.69}}), "place.datum"),
        (json!({"place": {"lon_deg": 114.34, "lat_deg": 22.69, "datum": "XIAN80"}}), "place.datum"),
        (json!({"place": {"code": CELL, "height_metres": 12.0}}), "place.height_datum"),
        (json!({"place": {"code_3d": CELL}}), "place.code_3d"),
        (json!({"place": {"code": "N99"}}), "place.code"),
        (json!({"reported_at": "2999-01-01T00:00:00Z"}), "reported_at"),
    ] {
        let mut bad = complaint.clone();
        for (key, value) in change.as_object().unwrap() {
            bad[key] = value.clone();
        }
        let found = problem(send(bad).await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(found["field"], field);
    }
    // A missing datum is asked for by name, and the answer lists what is allowed.
    let mut unlabelled = complaint.clone();
    unlabelled["place"] = json!({"lon_deg": 114.34, "lat_deg": 22.69});
    let asked = problem(send(unlabelled).await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(asked["allowed"].as_str().unwrap().contains("GCJ02 or BD09"), "{asked}");
    // There is no place for contact data to go.
    let mut personal = complaint;
    personal["phone"] = json!("13800138000");
    problem(send(personal).await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY).await;
    hub.stop().await;
}

#[tokio::test]
async fn map_coordinates_and_sea_levels_are_converted_and_the_original_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let send = async |number: &str, place: Value| {
        let url = format!("{}/api/v1/complaints", hub.base);
        let body = json!({"external_no": number, "source": "12345", "event": "06042",
            "place": place, "reported_at": SEEN_AT});
        let answer =
            hub.client.post(url).bearer_auth(PLATFORM_TOKEN).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json::<Value>().await.unwrap()
    };
    // The same spot of Pingshan, from the product's own map and from two public ones.
    let spot = GeoPoint { lon_deg: 114.340_02, lat_deg: 22.690_02 };
    for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
        let shown = datum.from_cgcs2000(spot);
        let place = json!({"lon_deg": shown.lon_deg, "lat_deg": shown.lat_deg,
            "datum": datum.name()});
        let case = send(&format!("D-{datum}"), place).await;
        assert_eq!(
            (&case["place"]["code_2d"], &case["place"]["datum"]),
            (&json!(CELL), &json!("CGCS2000"))
        );
        assert_eq!(case["place"].get("code_3d"), None, "no height was given");
        let note = case["history"][0]["note"].as_str().unwrap_or_default();
        let kept = note.contains(&format!("{datum} {},{}", shown.lon_deg, shown.lat_deg));
        assert_eq!(kept, datum != Datum::Wgs84, "{note}");
    }
    let place = json!({"lon_deg": 114.34, "lat_deg": 22.69, "datum": "CGCS2000",
        "height_metres": 44.15, "height_datum": "const:-2.15"});
    let case = send("H-1", place).await;
    assert_eq!(case["place"]["code_3d"], "N050F000503051066000005");
    let case = send("H-2", json!({"code_3d": "N050F000503051066000005"})).await;
    assert_eq!(case["place"]["code_2d"], CELL);
    assert_eq!(case["place"]["code_3d"], "N050F000503051066000005");
    assert_eq!(case["place"].get("height_metres"), None, "a layer of 7.7 m is no height");
    hub.stop().await;
}

#[tokio::test]
async fn a_cell_names_its_cameras_best_first_and_a_height_chooses_the_level() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let say = async |node: &str, leaf: &str, data: Value| {
        let message = json!({
            "specversion": "1.0", "id": "1", "source": "/gridwarden/440310/edge-1",
            "type": "cn.gridwarden.test", "time": SEEN_AT, "subject": "",
            "datacontenttype": "application/json", "data": data,
        });
        let topic = format!("gridwarden/v1/440310/{node}/{leaf}");
        let payload = serde_json::to_vec(&message).unwrap();
        hub.running().ingest.message(&topic, &payload).await.unwrap();
    };
    // 42 m is the road, 49 m the deck over it; the deck's camera is not heard of any more.
    for (node, camera, code, height, error, state) in [
        ("edge-1", "road-near", "N050F000503051066000005", 42.0, 0.3, "online"),
        ("edge-1", "road-far", "N050F000503051066000005", 42.0, 1.9, "online"),
        ("edge-2", "deck", "N050F000503051066000006", 49.0, 0.2, "offline"),
    ] {
        say(node, "status", json!({"state": state, "version": "0", "boot_id": Uuid::nil()})).await;
        let card = json!({"camera": camera, "footprint": [CELL], "patterns": [], "width_px": 1920,
            "height_px": 1080, "cells": [{"code_3d": code, "height_metres": height,
            "error_metres": error, "px_per_metre": 40.0}]});
        say(node, &format!("camera/{camera}/card"), card).await;
    }
    let ask = async |path: &str| {
        let answer = hub.get(&format!("/api/v1/grid/{path}")).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json::<Value>().await.unwrap()["items"].as_array().unwrap().clone()
    };
    let names = |items: &[Value]| -> Vec<String> {
        items.iter().map(|item| item["camera"].as_str().unwrap().to_owned()).collect()
    };
    let all = ask(&format!("{CELL}/cameras")).await;
    assert_eq!(names(&all), ["road-near", "road-far", "deck"]);
    assert_eq!((&all[0]["can_see"], &all[0]["error_metres"]), (&json!(true), &json!(0.3)));
    assert_eq!((&all[2]["can_see"], &all[2]["reason"]), (&json!(false), &json!("node_away")));
    let deck = ask(&format!("{CELL}/cameras?height_metres=48&height_datum=ellipsoidal")).await;
    assert_eq!(names(&deck), ["deck"]);
    let over_sea = ask(&format!("{CELL}/cameras?height_metres=44&height_datum=egm96")).await;
    assert_eq!(names(&over_sea), ["road-near", "road-far"]);
    let road = ask("N050F000503051066000005/cameras?3d=true").await;
    assert_eq!(names(&road), ["road-near", "road-far"]);
    assert_eq!(names(&ask("N50F053/cameras").await).len(), 3);
    assert!(ask("N50J475/cameras").await.is_empty());
    for (query, field) in [
        ("height_metres=44", "height_datum"),
        ("height_metres=x", "height_metres"),
        ("height_datum=egm2008", "height_datum"),
        ("3d=perhaps", "3d"),
        ("level=7", "level"),
    ] {
        let answer = hub.get(&format!("/api/v1/grid/{CELL}/cameras?{query}")).await;
        let found = problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(found["field"], field);
    }
    hub.stop().await;
}

#[tokio::test]
async fn feedback_starts_the_postcheck_and_its_time_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let case = hub.open_case(1, Vec::new()).await;
    let path = format!("/api/v1/cases/{case}/feedback");
    let now = hub.running().register.now();
    let send = |at: WallTime| {
        let body = json!({"unit": "street crew 3", "disposed_at": at, "note": "emptied"});
        hub.call(Method::POST, &path).json(&body).send()
    };
    problem(send(now).await.unwrap(), StatusCode::CONFLICT).await;
    let confirmed = hub.act(&case, "\"1\"", &json!({"action": "confirm"})).send().await.unwrap();
    assert_eq!(confirmed.status(), StatusCode::OK);
    for bad in [WallTime::from_unix_millis(0), now.plus(Duration::from_secs(3_600))] {
        let found = problem(send(bad).await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(found["field"], "disposed_at");
    }
    let done = send(now).await.unwrap();
    assert_eq!(done.status(), StatusCode::OK);
    let done: Value = done.json().await.unwrap();
    let state = done["state"].as_str().unwrap();
    assert!(["DISPOSED", "POSTCHECKING"].contains(&state), "{state}");
    hub.stop().await;
}

#[tokio::test]
async fn a_crews_photograph_is_taken_in_shown_to_nobody_and_lent_to_the_edge_that_compares_it() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let case = hub.open_case(1, Vec::new()).await;
    let confirmed = hub.act(&case, "\"1\"", &json!({"action": "confirm"})).send().await.unwrap();
    assert_eq!(confirmed.status(), StatusCode::OK);
    let path = format!("/api/v1/cases/{case}/photographs");
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 400]].concat();
    let send = |bytes: Vec<u8>| hub.call(Method::POST, &path).body(bytes).send();

    let text = problem(send(b"GIF89a".to_vec()).await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(text.await["field"], "body");
    let large = send([&jpeg[..], &vec![0; PHOTOGRAPH_BYTES_MAX]].concat()).await.unwrap();
    problem(large, StatusCode::PAYLOAD_TOO_LARGE).await;
    let stranger = hub.client.post(format!("{}{path}", hub.base)).body(jpeg.clone());
    assert_eq!(stranger.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let nowhere = format!("/api/v1/cases/{}/photographs", Uuid::from_u128(9));
    let nowhere = hub.call(Method::POST, &nowhere).body(jpeg.clone()).send().await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);

    // Twice is once; the platform may as well.
    for token in [None, Some(PLATFORM_TOKEN)] {
        let request = match token {
            None => hub.call(Method::POST, &path),
            Some(token) => hub.client.post(format!("{}{path}", hub.base)).bearer_auth(token),
        };
        let taken = request.body(jpeg.clone()).send().await.unwrap();
        assert_eq!(taken.status(), StatusCode::CREATED);
        let taken: Value = taken.json().await.unwrap();
        assert_eq!(taken["sha256"], Digest256::of(&jpeg).to_string());
    }
    let digest = Digest256::of(&jpeg);
    let shown = hub.get(&format!("/api/v1/evidence/{digest}?case={case}")).await;
    assert_eq!(shown.status(), StatusCode::FORBIDDEN, "nobody has masked it");
    let lent = |token| {
        let url = format!("{}/api/v1/photographs/{digest}", hub.base);
        hub.client.get(url).bearer_auth(token).send()
    };
    assert_eq!(lent(NODE_TOKEN).await.unwrap().status(), StatusCode::NOT_FOUND, "not asked yet");

    let now = hub.running().register.now();
    let body = json!({"unit": "crew", "disposed_at": now, "photos": [digest.to_string()]});
    let done = hub.call(Method::POST, &format!("/api/v1/cases/{case}/feedback")).json(&body);
    assert_eq!(done.send().await.unwrap().status(), StatusCode::OK);
    let detail = loop {
        let detail: Value = hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
        if detail["verifications"][0].is_object() {
            break detail;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let listed = &detail["verifications"][0]["photographs"];
    assert_eq!(*listed, json!([{"sha256": digest.to_string(), "also_in": []}]));
    let given = lent(NODE_TOKEN).await.unwrap();
    assert_eq!(given.status(), StatusCode::OK);
    assert!(given.bytes().await.unwrap() == jpeg);
    assert_eq!(lent(PLATFORM_TOKEN).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    hub.stop().await;
}

#[tokio::test]
async fn oversized_and_malformed_requests_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let case = hub.open_case(1, Vec::new()).await;
    let large = json!({"action": "confirm", "note": "x".repeat(100 * 1024)});
    problem(hub.act(&case, "\"1\"", &large).send().await.unwrap(), StatusCode::PAYLOAD_TOO_LARGE)
        .await;
    let long = json!({"action": "confirm", "note": "x".repeat(2_000)});
    let found = problem(
        hub.act(&case, "\"1\"", &long).send().await.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await;
    assert_eq!(found["field"], "note");
    let unknown = json!({"action": "confirm", "x": 1});
    problem(
        hub.act(&case, "\"1\"", &unknown).send().await.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await;
    let found = problem(
        hub.act(&case, "\"1\"", &json!({"action": "burn"})).send().await.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await;
    assert_eq!(
        found["allowed"],
        "confirm reject close rework reopen merge unmerge assign reclassify undo check uncheck dispatch return accept suspend resume extend"
    );
    for (path, status) in [
        ("/api/v1/cases?state=OPEN", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/cases?limit=100000", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/cases?cursor=%27%3B--", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/cases?colour=red", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/cases/not-an-id", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/grid/N99/cameras", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/nothing", StatusCode::NOT_FOUND),
    ] {
        problem(hub.get(path).await, status).await;
    }
    let missing = format!("/api/v1/cases/{}", Uuid::from_u128(99));
    problem(hub.get(&missing).await, StatusCode::NOT_FOUND).await;
    let long = format!("/api/v1/cases?event={}", "x".repeat(8_000));
    problem(hub.get(&long).await, StatusCode::URI_TOO_LONG).await;
    let mut many = hub.call(Method::GET, "/api/v1/cases");
    for number in 0..80 {
        many = many.header(format!("x-{number}"), "1");
    }
    problem(many.send().await.unwrap(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).await;
    hub.stop().await;
}

#[tokio::test]
async fn garbage_from_the_broker_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path()).await;
    let topic = format!("gridwarden/v1/440310/edge-1/case/{}", Uuid::nil());
    assert!(hub.running().ingest.message(&topic, b"\x00garbage").await.unwrap().is_none());
    let text = hub.get("/metrics").await.text().await.unwrap();
    assert!(text.contains("gridwarden_hub_messages_dropped_total{reason=\"json\"}"), "{text}");
    hub.stop().await;
}

#[tokio::test]
async fn stopping_and_starting_again_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    let digest = hub.upload(b"a picture").await;
    let case = hub.open_case(1, vec![snapshot(&digest)]).await;
    hub.act(&case, "\"1\"", &json!({"action": "confirm"})).send().await.unwrap();
    let path = format!("/api/v1/cases/{case}");
    let before: Value = hub.get(&path).await.json().await.unwrap();
    let cookie = hub.cookie.clone();
    hub.stop().await;
    let mut hub = Hub::start(dir.path()).await;
    hub.cookie = cookie;
    let after: Value = hub.get(&path).await.json().await.unwrap();
    assert_eq!(before, after);
    assert_eq!(hub.get(&format!("/api/v1/evidence/{digest}")).await.status(), StatusCode::OK);
    hub.stop().await;
}

#[tokio::test]
async fn the_page_its_policy_and_the_operators_addresses() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path()).await;
    for path in ["/", "/cases/some/view"] {
        let page = hub.get(path).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers()["X-Frame-Options"], "DENY");
    }
    assert_eq!(hub.get("/assets/missing.js").await.status(), StatusCode::NOT_FOUND);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(hub.get(path).await.status(), StatusCode::OK, "{path}");
    }
    let document: Value = hub.get("/api/openapi.json").await.json().await.unwrap();
    let contract =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/http.md")).unwrap();
    for (path, _) in document["paths"].as_object().unwrap() {
        let name = path.strip_prefix("/api/v1").unwrap_or(path);
        assert!(contract.contains(name), "docs/http.md does not mention {name}");
    }
    assert!(document["paths"]["/api/v1/cases/{id}/act"]["post"].is_object());
    is_committed(&document);
    hub.stop().await;
}

/// The console's types are made of the committed document.
fn is_committed(document: &Value) {
    // `Value` keeps keys sorted.
    let served = format!("{}\n", serde_json::to_string_pretty(document).unwrap());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/console/openapi.json");
    if std::env::var_os("GRIDWARDEN_WRITE_OPENAPI").is_some() {
        std::fs::write(file, &served).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(
        committed == served,
        "console/openapi.json is not what the hub serves. Run: GRIDWARDEN_WRITE_OPENAPI=1 cargo test \
         --features console --test hub_http the_page, then npm --prefix console run api"
    );
}

#[tokio::test]
async fn reviewed_cases_are_a_data_set_whose_pictures_are_fetched_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    for (number, act) in [
        (1, json!({"action": "confirm"})),
        (2, json!({"action": "reject", "reason": "wrong_object"})),
        (3, json!({"action": "reject", "reason": "duplicate"})),
    ] {
        let digest = hub.upload(format!("picture {number}").as_bytes()).await;
        let case = hub.open_case(number, vec![snapshot(&digest)]).await;
        let acted = hub.act(&case, "\"1\"", &act).send().await.unwrap();
        assert_eq!(acted.status(), StatusCode::OK);
    }
    let mut files = Vec::new();
    for split in ["train", "val"] {
        let answer = hub.get(&format!("/api/v1/dataset?split={split}")).await;
        files.push(answer.json::<Value>().await.unwrap());
    }
    // One place, so one side has both pictures and the other none.
    files.sort_by_key(|file| file["images"].as_array().unwrap().len());
    let [none, both] = &files[..] else { unreachable!() };
    assert_eq!((&none["images"], &none["annotations"]), (&json!([]), &json!([])));
    assert_eq!(both["images"].as_array().unwrap().len(), 2, "{both}");
    assert_eq!(both["annotations"].as_array().unwrap().len(), 1);
    assert_eq!(both["annotations"][0]["bbox"], json!([16.0, 24.0, 16.0, 24.0]));
    assert_eq!(both["images"][1]["neg_category_ids"], json!([13]));
    let url = both["images"][0]["coco_url"].as_str().unwrap();
    assert_eq!(hub.get(url).await.text().await.unwrap(), "picture 1");
    let digest = Digest256::of(b"picture 1");
    let views = hub.running().register.store.views_of(digest.as_str()).await.unwrap();
    assert_eq!(views, [("li".to_owned(), "dataset".to_owned(), "whole".to_owned())]);
    for (query, field) in [("split=test", "split"), ("side=train", "side")] {
        let answer = hub.get(&format!("/api/v1/dataset?{query}")).await;
        assert_eq!(problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await["field"], field);
    }
    hub.stop().await;
}

/// Two urgent hours to empty a bin, and one thing to be ticked before it is closed.
fn strict(dir: &Path) -> HubConfig {
    let mut policy = CasePolicy::default();
    let limits = EventLimits { disposal: Some(Limit::UrgentHours(2)), ..EventLimits::default() };
    policy.clocks.limits.by_code.insert("06042".to_owned(), limits);
    policy.checklist.push(ChecklistItem {
        id: "told".to_owned(),
        name_zh: "已告知反映人".to_owned(),
        name_en: "The complainant was told".to_owned(),
        required: true,
    });
    HubConfig { policy: Arc::new(policy), ..config(dir) }
}

#[tokio::test]
async fn the_platform_dispatches_and_people_see_clocks_returns_and_who_was_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::start_as(strict(dir.path())).await;
    hub.cookie = hub.sign_in("li").await;
    let case = hub.open_case(1, Vec::new()).await;
    let handling = async |body: Value| {
        let url = format!("{}/api/v1/cases/{case}/handling", hub.base);
        hub.client.post(url).bearer_auth(PLATFORM_TOKEN).json(&body).send().await.unwrap()
    };
    let early = handling(json!({"action": "dispatch", "unit": "环卫所"})).await;
    problem(early, StatusCode::CONFLICT).await;
    let confirmed = hub.act(&case, "\"1\"", &json!({"action": "confirm"})).send().await.unwrap();
    assert_eq!(confirmed.status(), StatusCode::OK);
    for (body, field) in [
        (json!({"action": "confirm"}), "action"),
        (json!({"action": "dispatch"}), "unit"),
        (json!({"action": "dispatch", "unit": " "}), "unit"),
        (json!({"action": "accept", "unit": "环卫所"}), "unit"),
        (json!({"action": "dispatch", "unit": "环卫所", "until": SEEN_AT}), "until"),
    ] {
        let refused = problem(handling(body).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field);
    }
    let shown: Value = handling(json!({"action": "dispatch", "unit": "环卫所 13800138000"}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!((&shown["state"], &shown["stage"]), (&json!("DISPATCHED"), &json!("dispatch")));
    assert_eq!(
        (&shown["unit"], &shown["first_handler"]),
        (&json!("环卫所 ***"), &json!("环卫所 ***"))
    );
    let clocks = shown["clocks"].as_array().unwrap();
    let disposal = clocks.iter().find(|clock| clock["clock"] == "disposal").unwrap();
    assert_eq!((&disposal["limit_secs"], &disposal["pace"]), (&json!(7_200), &json!("continuous")));
    assert_eq!(shown["deadline"], disposal["deadline"]);
    assert_eq!((&shown["overdue"], &shown["priority_class"]), (&json!(false), &json!("B")));
    // Without a calendar what counts hours of duty says why it has no deadline.
    let review = clocks.iter().find(|clock| clock["clock"] == "review").unwrap();
    assert_eq!(
        (&review["no_deadline"], review["stopped_at"].is_string()),
        (&json!("no_calendar"), true)
    );

    let returned = json!({"action": "return", "reason": "not_our_duty", "note": "归市政"});
    let shown: Value = handling(returned).await.json().await.unwrap();
    assert_eq!((&shown["state"], &shown["return_count"]), (&json!("FILED"), &json!(1)));
    assert!(shown.get("unit").is_none());
    let last = shown["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["actor"], &last["note"]), (&json!("platform"), &json!("归市政")));
    handling(json!({"action": "dispatch", "unit": "市政所"})).await;
    let shown: Value = handling(json!({"action": "accept"})).await.json().await.unwrap();
    assert_eq!((&shown["unit"], &shown["first_handler"]), (&json!("市政所"), &json!("环卫所 ***")));
    let offered = |shown: &Value| -> Vec<String> {
        let actions = shown["actions"].as_array().unwrap().iter();
        actions.map(|one| one["action"].as_str().unwrap().to_owned()).collect()
    };
    assert!(offered(&shown).contains(&"suspend".to_owned()));
    let long =
        json!({"action": "suspend", "reason": "weather", "until": "2999-01-01T00:00:00.000Z"});
    let refused = problem(handling(long).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused["field"], "until");
    let until = WallTime::from_unix_millis(SystemClock::new().wall().unix_millis() + 86_400_000);
    let suspend = json!({"action": "suspend", "reason": "weather", "until": until.to_string()});
    let shown: Value = handling(suspend.clone()).await.json().await.unwrap();
    assert_eq!((&shown["state"], &shown["suspended_until"]), (&json!("SUSPENDED"), &json!(until)));
    assert!(shown.get("deadline").is_none());
    let shown: Value = handling(json!({"action": "resume"})).await.json().await.unwrap();
    assert!(!offered(&shown).contains(&"suspend".to_owned()), "once is all");
    let again = problem(handling(suspend).await, StatusCode::CONFLICT).await;
    assert_eq!(again["type"], "urn:gridwarden:problem:suspended-before");
    for extensions in 1..=2 {
        let extend = json!({"action": "extend", "reason": "needs_works"});
        let shown: Value = handling(extend).await.json().await.unwrap();
        let clocks = shown["clocks"].as_array().unwrap();
        assert_eq!(clocks.last().unwrap()["extensions"], extensions);
    }
    let third = handling(json!({"action": "extend", "reason": "needs_works"})).await;
    let third = problem(third, StatusCode::CONFLICT).await;
    assert_eq!(third["type"], "urn:gridwarden:problem:no-extension");
    hub.stop().await;
}

#[tokio::test]
async fn nothing_closes_before_its_checklist_is_ticked() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::start_as(strict(dir.path())).await;
    hub.cookie = hub.sign_in("li").await;
    // Nobody can look at what has no pattern: it goes to a person before filing, and again after feedback.
    let body = json!({"external_no": "T-1", "source": "12345", "text": "异味", "place": {"code": CELL},
        "reported_at": SEEN_AT});
    let case = hub.call(Method::POST, "/api/v1/complaints").json(&body).send().await.unwrap();
    let case: Value = case.json().await.unwrap();
    let case = case["case_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/cases/{case}");
    let waits = async || {
        for _ in 0..200 {
            let shown = hub.get(&path).await;
            let tag = shown.headers()[header::ETAG].to_str().unwrap().to_owned();
            if shown.json::<Value>().await.unwrap()["state"] == "MANUAL" {
                return tag;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it waits for nobody");
    };
    let act = async |body: Value| hub.act(&case, &waits().await, &body).send().await.unwrap();
    let confirmed = act(json!({"action": "confirm"})).await;
    assert_eq!(confirmed.status(), StatusCode::OK);
    let done = json!({"unit": "crew", "disposed_at": SystemClock::new().wall().to_string()});
    let url = format!("{}{path}/feedback", hub.base);
    let done = hub.client.post(url).bearer_auth(PLATFORM_TOKEN).json(&done).send().await.unwrap();
    assert_eq!(done.status(), StatusCode::OK);
    let close = json!({"action": "close", "reason": "seen_cleared_on_site"});
    let refused = problem(act(close.clone()).await, StatusCode::CONFLICT).await;
    assert_eq!(refused["type"], "urn:gridwarden:problem:checklist");
    assert!(refused["detail"].as_str().unwrap().ends_with("told"), "{refused}");
    let unknown = problem(
        act(json!({"action": "check", "item": "x"})).await,
        StatusCode::UNPROCESSABLE_ENTITY,
    );
    assert_eq!(unknown.await["allowed"], "an item of this hub's checklist: told");
    let shown: Value = act(json!({"action": "check", "item": "told"})).await.json().await.unwrap();
    assert_eq!((&shown["checklist"][0]["done"], &shown["state"]), (&json!(true), &json!("MANUAL")));
    let shown: Value = act(close).await.json().await.unwrap();
    assert_eq!(shown["state"], "CLOSED");
    assert!(shown["closed_at"].is_string() && shown["actions"] == json!([]));
    hub.stop().await;
}

#[tokio::test]
async fn an_overdue_clock_and_the_root_of_a_day_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::start_as(strict(dir.path())).await;
    hub.cookie = hub.sign_in("li").await;
    let case = hub.open_case(1, Vec::new()).await;
    let id: CaseId = case.parse().unwrap();
    let store = &hub.running().register.store;
    let mut changes = hub.running().register.listen();
    let past = WallTime::from_unix_millis(SystemClock::new().wall().unix_millis() - 3 * 3_600_000);
    let mut decide = Decision::new(Event::Confirm, "li", past);
    store.decide(id, None, &decide).await.unwrap();
    decide.event = Event::Dispatch { unit: "环卫所".to_owned() };
    store.decide(id, None, &decide).await.unwrap();
    // The hub's own watch finds it.
    let told = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Change::Overdue { case_id, clock, .. } = changes.recv().await.unwrap() {
                return (case_id, clock);
            }
        }
    });
    assert_eq!(told.await.unwrap(), (id, ClockKind::Disposal));
    let shown: Value = hub.get(&format!("/api/v1/cases/{case}")).await.json().await.unwrap();
    assert_eq!((&shown["state"], &shown["overdue"]), (&json!("DISPATCHED"), &json!(true)));

    store.seal_day("2999-01-01".parse().unwrap(), past).await.unwrap();
    let days: Value = hub.get("/api/v1/audit/days?limit=1").await.json().await.unwrap();
    let of_case: Value = hub.get(&format!("/api/v1/cases/{case}/days")).await.json().await.unwrap();
    assert_eq!(days["items"][0]["day"], "2999-01-01");
    let items = of_case["items"].as_array().unwrap();
    let sealed = items.last().unwrap();
    assert_eq!(sealed["root"], days["items"][0]["root"]);
    let way: Inclusion = serde_json::from_value(sealed["inclusion"].clone()).unwrap();
    assert_eq!(way.root().unwrap(), sealed["root"].as_str().unwrap());
    problem(hub.get("/api/v1/audit/days?limit=0").await, StatusCode::UNPROCESSABLE_ENTITY).await;
    hub.stop().await;
}
