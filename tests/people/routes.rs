//! Every route of the hub, called by everybody.

use crate::hub::{Hub, NODE_TOKEN, PLATFORM_TOKEN, Page, one_of_each};
use gridwarden::{domain::people::Role, roles::hub::http::access::Access};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A path with something in each of its places. Nothing is there, so whoever is let in gets 404 or is
/// told what is wrong with the call.
fn filled(path: &str) -> String {
    path.replace("{id}", &Uuid::nil().to_string())
        .replace("{request_id}", &Uuid::nil().to_string())
        .replace("{sha256}", &"ab".repeat(32))
        .replace("{code}", "N50F0535166")
        .replace("{node}", "edge-1")
        .replace("{camera}", "nobody-at-all")
        .replace("{name}", "nobody-at-all")
}

/// Status and kind of problem.
async fn called(page: &Page, token: Option<&str>, method: &Method, path: &str) -> (u16, String) {
    let path = filled(path);
    let url = format!("{}{path}", page.base);
    let mut call = page.client.request(method.clone(), url);
    call = match token {
        Some(token) => call.bearer_auth(token),
        None => call.header("Cookie", &page.cookie).header("X-CSRF-Token", &page.csrf_token),
    };
    let mut answer = call.send().await.unwrap();
    let status = answer.status().as_u16();
    if method == Method::HEAD {
        return (status, String::new());
    }
    if answer.headers()["content-type"] != "application/problem+json" {
        // A stream of events has no end.
        let _ = answer.chunk().await;
        return (status, String::new());
    }
    let problem: Value = answer.json().await.unwrap();
    (status, problem["type"].as_str().unwrap().replace("urn:gridwarden:problem:", ""))
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_names_and_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), one_of_each()).await;
    let table = hub.running.http.table();
    assert!(table.len() > 30, "{}", table.len());
    for (method, path, access) in &table {
        // Signing out would end the sessions of this test.
        let signs_out = (method, path.as_str()) == (&Method::DELETE, "/api/v1/session");
        let (stranger, _) = called(&hub.nobody(), None, method, path).await;
        let is_open = *access == Access::Anyone;
        // An empty password is a bad one, and a demo's ticket is not asked for here.
        let closed = stranger == 401 && !path.ends_with("/session");
        assert_eq!(closed, !is_open && !path.ends_with("/session"), "{method} {path}: {stranger}");
        for (token, kind) in [(PLATFORM_TOKEN, "platform"), (NODE_TOKEN, "edge")] {
            let (status, _) = called(&hub.nobody(), Some(token), method, path).await;
            let may = match access {
                Access::Anyone => true,
                Access::Report(_) => kind == "platform",
                Access::Edge => kind == "edge",
                Access::SignedIn | Access::May(_) => false,
            };
            assert_eq!(status != 401, may, "{method} {path} by the {kind}'s token: {status}");
        }
        if signs_out {
            continue;
        }
        for role in Role::ALL {
            let page = page_of(&hub, role).await;
            let (status, kind) = called(&page, None, method, path).await;
            let may = match access {
                Access::Anyone | Access::SignedIn => true,
                Access::May(acts) | Access::Report(acts) => acts.iter().any(|act| role.may(*act)),
                Access::Edge => false,
            };
            let let_in = status != 401 && kind != "role";
            assert_eq!(let_in, may, "{method} {path} by a {role}: {status} {kind}");
            if !may && *access != Access::Edge {
                assert_eq!(status, 403, "{method} {path} by a {role}");
            }
        }
    }
    hub.stop().await;
}

/// Each signs in once for the whole test.
async fn page_of(hub: &Hub, role: Role) -> Page {
    static PAGES: tokio::sync::OnceCell<Vec<Page>> = tokio::sync::OnceCell::const_new();
    let pages = PAGES.get_or_init(|| async {
        let mut pages = Vec::new();
        for role in Role::ALL {
            pages.push(hub.signed_in(role.as_str()).await);
        }
        pages
    });
    let at = Role::ALL.iter().position(|known| *known == role).unwrap();
    pages.await[at].clone()
}

#[tokio::test]
async fn what_is_described_is_what_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), Vec::new()).await;
    let url = format!("{}/api/openapi.json", hub.base);
    let document: Value = hub.nobody().client.get(url).send().await.unwrap().json().await.unwrap();
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    // The document itself, and addresses that a browser is sent to.
    let unnamed = ["GET /api/openapi.json", "GET /signin"];
    let served: BTreeSet<String> = (hub.running.http.table().into_iter())
        .map(|(method, path, _)| format!("{method} {path}"))
        .filter(|route| !unnamed.contains(&route.as_str()))
        .collect();
    assert_eq!(described, served);
    hub.stop().await;
}

#[tokio::test]
async fn decisions_of_one_route_are_told_apart_by_role() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), one_of_each()).await;
    let case = hub.open_case(1, crate::hub::HERE, Vec::new()).await;
    let staff = hub.signed_in("grid_staff").await;
    let path = format!("/cases/{case}/act");
    let act = async |page: &Page, body: Value| {
        let call = page.call(Method::POST, &path).header("If-Match", "\"1\"").json(&body);
        let answer = call.send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let other = Uuid::from_u128(2).to_string();
    let (status, refused) =
        act(&staff, serde_json::json!({"action": "merge", "into": other})).await;
    assert_eq!(
        (status, &refused["type"]),
        (StatusCode::FORBIDDEN, &"urn:gridwarden:problem:role".into())
    );
    let (status, _) = act(&staff, serde_json::json!({"action": "confirm"})).await;
    assert_eq!(status, StatusCode::OK);
    hub.stop().await;
}
