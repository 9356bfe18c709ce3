//! Accounts are made, changed and closed, by the interface and by the command.

use crate::hub::{HERE, Hub, PASSWORD, config, one_of_each, user};
use gridwarden::domain::people::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
};

#[tokio::test]
async fn an_account_is_made_changed_and_closed() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), one_of_each()).await;
    let admin = hub.signed_in("administrator").await;
    let new = json!({"name": "王五", "password": "eight letters", "roles": ["viewer"],
                     "unit": " 街道办 ", "area": [HERE]});
    let (status, made) = admin.send(Method::POST, "/users", &new).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!((&made["unit"], &made["kept_in"]), (&json!("街道办"), &json!("register")));
    assert!(made.get("password_hash").is_none() && !made.to_string().contains("argon2"), "{made}");
    for taken in ["王五", "viewer"] {
        let mut again = new.clone();
        again["name"] = json!(taken);
        let (status, problem) = admin.send(Method::POST, "/users", &again).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::CONFLICT, &json!("urn:gridwarden:problem:name-taken"))
        );
    }
    let bad = [
        ("name", json!("edge:1")),
        ("name", json!("<b>")),
        ("password", json!("short")),
        ("roles", json!([])),
        ("roles", json!(["chief"])),
        ("area", json!(["here"])),
        ("unit", json!("x".repeat(101))),
    ];
    for (field, value) in bad {
        let mut wrong = new.clone();
        wrong["name"] = json!("zhao");
        wrong[field] = value.clone();
        let (status, problem) = admin.send(Method::POST, "/users", &wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field} = {value}");
        assert_eq!(problem["field"], field, "{problem}");
        assert!(!problem.to_string().contains("short"), "a password is not repeated: {problem}");
    }

    let page = hub.nobody().sign_in("王五", "eight letters").await.unwrap();
    assert_eq!(page.read("/session").await["roles"], json!(["viewer"]));
    assert_eq!(page.get("/users").await.status(), StatusCode::FORBIDDEN);
    // What an administrator changes holds at the next call.
    let path = "/users/%E7%8E%8B%E4%BA%94";
    let (status, _) = admin
        .send(Method::PATCH, path, &json!({"roles": ["viewer", "administrator"], "area": []}))
        .await;
    assert_eq!(status, StatusCode::OK);
    let listed = page.read("/users").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 7);
    // Nobody locks the door from inside.
    for own in [json!({"disabled": true}), json!({"roles": ["viewer"]})] {
        let (status, problem) = page.send(Method::PATCH, path, &own).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::CONFLICT, &json!("urn:gridwarden:problem:own-account"))
        );
    }
    let (status, _) = admin.send(Method::PATCH, path, &json!({"disabled": true})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page.get("/session").await.status(), StatusCode::UNAUTHORIZED);
    assert!(hub.nobody().sign_in("王五", "eight letters").await.is_none());
    admin.send(Method::PATCH, path, &json!({"disabled": false})).await;
    assert_eq!(
        page.get("/session").await.status(),
        StatusCode::UNAUTHORIZED,
        "that session is over"
    );
    assert!(hub.nobody().sign_in("王五", "eight letters").await.is_some());
    // What stands in hub.toml is changed there.
    let (status, _) = admin.send(Method::PATCH, "/users/viewer", &json!({"disabled": true})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = admin.send(Method::PATCH, "/users/nobody", &json!({"disabled": true})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    hub.stop().await;
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), one_of_each()).await;
    let admin = hub.signed_in("administrator").await;
    let new = json!({"name": "li", "password": "the first one", "roles": ["reviewer"]});
    assert_eq!(admin.send(Method::POST, "/users", &new).await.0, StatusCode::CREATED);
    let (one, other) = (
        hub.nobody().sign_in("li", "the first one").await.unwrap(),
        hub.nobody().sign_in("li", "the first one").await.unwrap(),
    );
    let wrong = json!({"old": "a guess", "new": "the second one"});
    assert_eq!(
        one.send(Method::POST, "/session/password", &wrong).await.0,
        StatusCode::UNAUTHORIZED
    );
    let short = json!({"old": "the first one", "new": "short"});
    let (status, problem) = one.send(Method::POST, "/session/password", &short).await;
    assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("new")));
    let right = json!({"old": "the first one", "new": "the second one"});
    assert_eq!(one.send(Method::POST, "/session/password", &right).await.0, StatusCode::OK);
    for ended in [one, other] {
        assert_eq!(ended.get("/session").await.status(), StatusCode::UNAUTHORIZED);
    }
    assert!(hub.nobody().sign_in("li", "the first one").await.is_none());
    assert!(hub.nobody().sign_in("li", "the second one").await.is_some());
    hub.stop().await;
}

#[tokio::test]
async fn behind_a_proxy_each_caller_is_counted_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), vec![user("li", &[Role::Viewer], "")]);
    config.https_in_front = true;
    let hub = Hub::with(config).await;
    let page = hub.nobody();
    let guess = async |from: &str, password: &str| {
        let body = json!({"name": "li", "password": password});
        let call = page.call(Method::POST, "/session").header("X-Forwarded-For", from);
        call.json(&body).send().await.unwrap()
    };
    // The first part is what the caller pretends; the proxy adds the last.
    for number in 0..5 {
        let answer = guess(&format!("10.0.0.{number}, 10.9.9.9"), "guess").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(guess("10.9.9.9", PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let answer = guess("10.9.9.8", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::OK, "nobody else is shut out");
    assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("Secure"));
    hub.stop().await;
}

/// The command beside a running hub.
#[tokio::test]
async fn accounts_are_kept_from_the_command_line_too() {
    let dir = tempfile::tempdir().unwrap();
    let hub_toml = dir.path().join("hub.toml");
    let text = "district = \"440310\"\n[mqtt]\nurl = \"mqtt://127.0.0.1:9\"\n\
        [store]\nurl = \"sqlite://hub.db\"\n[evidence]\nurl = \"file://evidence\"\n\
        [http]\nlisten = \"127.0.0.1:0\"\n[auth]\nnode_token_file = \"node-token\"\n\
        [[auth.user]]\nname = \"duty\"\npassword_file = \"duty\"\n";
    std::fs::write(&hub_toml, text).unwrap();
    let command = |args: &str, input: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gridwarden"))
            .arg("user")
            .args(args.split_whitespace())
            .arg("--config")
            .arg(&hub_toml)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("RUST_LOG", "warn")
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let shown = format!(
            "{}{}",
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr)
        );
        (ended.status.code().unwrap(), shown)
    };
    let (code, said) = command("list", "");
    assert!(code == 2 && said.contains("hub.db"), "{said}");
    let hub = Hub::start(dir.path(), one_of_each()).await;
    let add = format!("add li --role reviewer --role auditor --unit 城管 --cell {HERE}");
    assert_eq!(command(&add, "eight letters\n"), (0, String::new()));
    for (args, input, part) in [
        (&*add, "eight letters\n", "already"),
        ("add duty --role viewer", "eight letters\n", "already"),
        ("add zhao --role chief", "eight letters\n", "chief"),
        ("add zhao --role viewer --cell here", "eight letters\n", "here"),
        ("add zhao --role viewer", "short\n", "5 characters"),
        ("add edge:1 --role viewer", "eight letters\n", "edge:1"),
        ("disable nobody", "", "no such account"),
        ("passwd duty", "eight letters\n", "hub.toml"),
    ] {
        let (code, said) = command(args, input);
        assert!(code == 2 && said.contains(part), "{args}: {code} {said}");
    }
    let page = hub.nobody().sign_in("li", "eight letters").await.unwrap();
    assert_eq!(page.read("/session").await["area"], json!([HERE]));
    assert_eq!(command("passwd li", "another one\n").0, 0);
    assert_eq!(page.get("/session").await.status(), StatusCode::UNAUTHORIZED);
    assert!(hub.nobody().sign_in("li", "another one").await.is_some());
    assert_eq!(command("disable li", "").0, 0);
    assert!(hub.nobody().sign_in("li", "another one").await.is_none());
    let (code, said) = command("list --json", "");
    let line: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!((code, &line["name"], &line["disabled"]), (0, &json!("li"), &json!(true)));
    assert_eq!(command("enable li", "").0, 0);
    let auditor = hub.signed_in("auditor").await;
    let log = auditor.read("/audit?kind=account").await;
    let said: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|e| e["detail"].as_str().unwrap()).collect();
    assert_eq!(
        said,
        ["li: enabled", "li: disabled", "li: password", "li: added: reviewer auditor"]
    );
    hub.stop().await;
}
