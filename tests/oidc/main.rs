//! Signing in through a real OpenID Connect provider (npm `oidc-provider`, in `tests/oidc`), as a browser
//! does it. `packaging/setup.sh test` installs the provider.
#![cfg(feature = "hub")]

#[path = "../people/hub.rs"]
#[allow(dead_code, reason = "its cases are for other tests")]
mod hub;

use gridwarden::{
    base::secret::Secret,
    domain::people::Role,
    drivers::oidc::OidcConfig,
    roles::hub::{HubConfig, OidcSignIn},
};
use hub::{Hub, config, user};
use reqwest::{Client, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const SECRET: &str = "a secret & more: 100%";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Killed when dropped.
struct Provider {
    process: Child,
    people: PathBuf,
}

impl Provider {
    /// `None`, said once, where it is not installed.
    fn start(dir: &Path, port: u16, redirect_url: &str) -> Option<Self> {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        if !home.join("node_modules/oidc-provider").is_dir() {
            eprintln!("skipped: no tests/oidc/node_modules; `packaging/setup.sh test` installs it");
            return None;
        }
        let people = dir.join("people.json");
        let mut process = Command::new("node")
            .arg(home.join("provider.mjs"))
            .args([&port.to_string(), redirect_url])
            .arg(&people)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut lines =
            BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "listening"), "the provider does not start");
        // It goes on writing, and ends if nobody reads.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, people })
    }

    fn knows(&self, people: &Value) {
        std::fs::write(&self.people, people.to_string()).unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A hub that trusts the provider on `port`.
fn trusting(dir: &Path, hub_port: u16, port: u16) -> HubConfig {
    let mut config = config(dir, vec![user("administrator", &[Role::Administrator], "")]);
    config.listen = format!("127.0.0.1:{hub_port}").parse().unwrap();
    config.oidc = Some(OidcSignIn {
        provider: OidcConfig {
            issuer: format!("http://127.0.0.1:{port}"),
            client_id: "gridwarden".to_owned(),
            client_secret: Some(Secret::new(SECRET)),
            redirect_url: callback(hub_port),
            scopes: vec!["profile".to_owned()],
            ca: None,
        },
        roles_claim: "realm_access.roles".to_owned(),
        name_claim: "preferred_username".to_owned(),
        unit_claim: Some("unit".to_owned()),
        roles: vec![
            ("gw-review".to_owned(), [Role::Reviewer].into_iter().collect()),
            ("gw-audit".to_owned(), [Role::Auditor].into_iter().collect()),
        ],
    });
    config
}

fn callback(hub_port: u16) -> String {
    format!("http://127.0.0.1:{hub_port}/api/v1/session/oidc/callback")
}

/// Cookies by host and port, and redirects followed by hand.
struct Browser {
    client: Client,
    cookies: BTreeMap<(String, String), String>,
}

impl Browser {
    fn new() -> Self {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { client: client.build().unwrap(), cookies: BTreeMap::new() }
    }

    async fn open(&mut self, method: Method, url: &str, form: Option<&str>) -> Response {
        let site = site(url);
        let sent: Vec<String> = (self.cookies.iter())
            .filter(|((of, _), _)| *of == site)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let mut call = self.client.request(method, url).header(header::COOKIE, sent.join("; "));
        if let Some(form) = form {
            call = call.header("Content-Type", "application/x-www-form-urlencoded");
            call = call.body(form.to_owned());
        }
        let answer = call.send().await.unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert((site.clone(), name.to_owned()), value.to_owned());
        }
        answer
    }

    /// Follows redirects up to one to `stop`, which is not opened, or to a page.
    async fn follow(&mut self, mut answer: Response, stop: &str) -> Result<String, Response> {
        loop {
            let from = answer.url().clone();
            let Some(to) = answer.headers().get(header::LOCATION) else { return Err(answer) };
            let to = from.join(to.to_str().unwrap()).unwrap().to_string();
            if to.starts_with(stop) {
                return Ok(to);
            }
            answer = self.open(Method::GET, &to, None).await;
        }
    }

    /// Types a name into the provider's forms until it sends the browser back to the hub; where to.
    async fn pass_the_provider(&mut self, begin: &str, stop: &str, login: &str) -> String {
        let mut answer = self.open(Method::GET, begin, None).await;
        for form in [format!("prompt=login&login={login}&password=x"), "prompt=consent".to_owned()]
        {
            match self.follow(answer, stop).await {
                Ok(back) => return back,
                Err(page) => {
                    assert_eq!(page.status(), StatusCode::OK, "{}", page.url());
                    let url = page.url().to_string();
                    answer = self.open(Method::POST, &url, Some(&form)).await;
                }
            }
        }
        self.follow(answer, stop).await.expect("the provider sends the browser back")
    }
}

fn site(url: &str) -> String {
    url.split('/').nth(2).unwrap().to_owned()
}

async fn problem(answer: Response) -> (StatusCode, String) {
    let status = answer.status();
    let problem: Value = answer.json().await.unwrap();
    (status, problem["type"].as_str().unwrap().replace("urn:gridwarden:problem:", ""))
}

#[tokio::test]
async fn whoever_the_provider_vouches_for_is_signed_in_with_the_roles_that_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let (hub_port, port) = (free_port(), free_port());
    let Some(provider) = Provider::start(dir.path(), port, &callback(hub_port)) else { return };
    let person = |roles: &[&str], name: &str| json!({"preferred_username": name, "unit": "城管中队", "realm_access": {"roles": roles}});
    provider.knows(&json!({
        "li": person(&["offline_access", "gw-review"], "li.si"),
        "wang": person(&["offline_access"], "wang"),
        "thief": person(&["gw-review"], "administrator"),
        "bad": person(&["gw-review"], "<b>"),
    }));
    let hub = Hub::with(trusting(dir.path(), hub_port, port)).await;
    let (begin, stop) = (format!("{}/api/v1/session/oidc", hub.base), callback(hub_port));
    let ways = hub.nobody().read("/session/ways").await;
    assert_eq!(ways, json!({"password": true, "oidc": true}));

    let mut browser = Browser::new();
    let back = browser.pass_the_provider(&begin, &stop, "li").await;
    // The code in another browser signs nobody in there.
    let stolen = Browser::new().open(Method::GET, &back, None).await;
    assert_eq!(problem(stolen).await, (StatusCode::UNAUTHORIZED, "other-sign-in".to_owned()));
    let answer = browser.open(Method::GET, &back, None).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/");
    let session = browser.open(Method::GET, &format!("{}/api/v1/session", hub.base), None).await;
    let session: Value = session.json().await.unwrap();
    assert_eq!(
        (&session["name"], &session["unit"], &session["roles"]),
        (&json!("li.si"), &json!("城管中队"), &json!(["reviewer"]))
    );
    // Each sign-in is good once.
    let again = browser.open(Method::GET, &back, None).await;
    assert_eq!(problem(again).await, (StatusCode::UNAUTHORIZED, "other-sign-in".to_owned()));

    // Without a role that counts here, with another's name, with none.
    for (login, kind) in [("wang", "no-role"), ("thief", "name-taken"), ("bad", "no-name")] {
        let mut browser = Browser::new();
        let back = browser.pass_the_provider(&begin, &stop, login).await;
        assert_eq!(problem(browser.open(Method::GET, &back, None).await).await.1, kind, "{login}");
    }

    // What the provider says later holds from the next sign-in on; what is set here stays.
    let admin = hub.signed_in("administrator").await;
    let area = json!({"area": [hub::HERE]});
    assert_eq!(admin.send(Method::PATCH, "/users/li.si", &area).await.0, StatusCode::OK);
    let password = json!({"password": "eight letters"});
    let (status, _) = admin.send(Method::PATCH, "/users/li.si", &password).await;
    assert_eq!(status, StatusCode::CONFLICT, "the provider keeps it");
    provider.knows(&json!({"li": person(&["gw-audit"], "renamed")}));
    let mut browser = Browser::new();
    let back = browser.pass_the_provider(&begin, &stop, "li").await;
    assert_eq!(browser.open(Method::GET, &back, None).await.status(), StatusCode::SEE_OTHER);
    let session = browser.open(Method::GET, &format!("{}/api/v1/session", hub.base), None).await;
    let session: Value = session.json().await.unwrap();
    assert_eq!(
        (&session["name"], &session["roles"], &session["area"]),
        (&json!("li.si"), &json!(["auditor"]), &json!([hub::HERE]))
    );
    admin.send(Method::PATCH, "/users/li.si", &json!({"disabled": true})).await;
    let mut browser = Browser::new();
    let back = browser.pass_the_provider(&begin, &stop, "li").await;
    let refused = problem(browser.open(Method::GET, &back, None).await).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, "disabled".to_owned()));
    hub.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_away_keeps_nobody_else_out() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::with(trusting(dir.path(), free_port(), free_port())).await;
    let answer = hub.nobody().get("/session/oidc").await;
    assert_eq!(problem(answer).await, (StatusCode::BAD_GATEWAY, "provider-away".to_owned()));
    assert!(hub.nobody().sign_in("administrator", hub::PASSWORD).await.is_some());
    hub.stop().await;
    let hub = Hub::start(dir.path(), Vec::new()).await;
    assert_eq!(hub.nobody().get("/session/oidc").await.status(), StatusCode::NOT_FOUND);
    hub.stop().await;
}
