//! A view library as its lower partners meet it: it asks for a digest, forgets who says nothing, and takes scenes. What is
//! said and answered stands in tests/golden/view_library, one exchange a file: a request, `---`, the answer.
#![cfg(feature = "hub")]

#[path = "support/hub.rs"]
mod base;
#[path = "support/platform.rs"]
mod platform;
#[path = "support/town.rs"]
mod town;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use base::csrf_of;
use base64::{Engine, prelude::BASE64_STANDARD};
use gridwarden::{
    base::{
        challenge::Login,
        clock::SimClock,
        secret::Secret,
        time::{Monotonic, WallTime},
    },
    drivers::{
        evidence::files::Digest256,
        view_library::{ViewLibrary, ViewLibrarySettings},
    },
    roles::hub::{HubConfig, view_library::ViewLibraryConfig},
};
use md5::{Digest, Md5};
use platform::until;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;
use town::{SEEN_AT, Town, named};

const PASSWORD: &str = "of the library";
const START: &str = "2026-01-05T02:00:00Z";
const SCENES: &str = "/VIID/Scenes";
const KEEPALIVE: &str = "/VIID/System/Keepalive";
const REGISTER: &str = "/VIID/System/Register";
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A request as it stands in a golden file; what a digest makes new each time is `*`.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    head: String,
    body: Value,
}

impl Said {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap();
        let body = body.trim();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        Self { head: head.to_owned(), body }
    }
}

struct Exchange {
    said: Said,
    answer: (u16, Vec<(String, String)>, String),
}

fn golden(name: &str) -> Exchange {
    let file = Path::new("tests/golden/view_library").join(name).with_extension("http");
    let text = fs::read_to_string(file).unwrap();
    let (said, answer) = text.split_once("---\n").unwrap();
    let (head, body) = answer.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    };
    Exchange {
        said: Said::read(said),
        answer: (status, lines.map(header).collect(), body.to_owned()),
    }
}

#[derive(Default)]
struct Shelf {
    heard: Vec<Said>,
    /// Exchanges, by name, in the order in which they were answered.
    answered: Vec<String>,
    /// How scenes are answered before any is taken again: an exchange, or a bare status.
    moods: VecDeque<&'static str>,
    /// Answers everybody with 503.
    away: bool,
    knows: bool,
    scenes: Vec<Value>,
}

#[derive(Clone, Default)]
struct Library(Arc<Mutex<Shelf>>);

impl Library {
    async fn open() -> (Self, String) {
        let library = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(library.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (library, url)
    }

    fn shelf<T>(&self, with: impl FnOnce(&mut Shelf) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    fn answered(&self) -> Vec<String> {
        self.shelf(|shelf| shelf.answered.clone())
    }

    fn asked(&self, path: &str) -> usize {
        let line = format!("POST {path}\n");
        self.shelf(|shelf| shelf.heard.iter().filter(|said| said.head.starts_with(&line)).count())
    }

    async fn has_answered(&self, name: &str, times: usize) {
        let count = || self.answered().iter().filter(|answered| *answered == name).count();
        until(&format!("{name}, {times} times"), async || (count() == times).then_some(())).await;
    }

    async fn has_scenes(&self, count: usize) -> Vec<Value> {
        let scenes = || self.shelf(|shelf| shelf.scenes.clone());
        until("scenes", async || Some(scenes()).filter(|scenes| scenes.len() == count)).await
    }
}

async fn answer(
    State(library): State<Library>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let mut head = format!("{method} {}", uri.path());
    for name in ["user-identify", "content-type", "authorization"] {
        if let Some(value) = text(name) {
            head += &format!("\n{name}: {}", ["response", "cnonce"].iter().fold(value, star));
        }
    }
    let sent = serde_json::from_slice(&body).unwrap_or_default();
    let right = text("authorization").map(|value| is_right(&value, method.as_str()));
    assert!(uri.path() == REGISTER || right != Some(false), "{head}");
    library.shelf(|shelf| {
        shelf.heard.push(Said { head, body: sent });
        let sent = &shelf.heard.last().unwrap().body;
        let closed = sent.to_string().contains("已结案");
        let name = match uri.path() {
            _ if shelf.away => "503",
            REGISTER => match right {
                None => "register_challenged",
                Some(true) => "registered",
                Some(false) => "register_refused",
            },
            "/VIID/System/Time" => "time",
            "/VIID/System/UnRegister" => "unregister",
            KEEPALIVE if shelf.knows => "keepalive",
            KEEPALIVE => "keepalive_unknown",
            SCENES => match shelf.moods.pop_front() {
                Some(mood) => mood,
                None if closed => "scene_closed",
                None => "scene_filed",
            },
            _ => "404",
        };
        match name {
            "registered" => shelf.knows = true,
            "unregister" => shelf.knows = false,
            "scene_filed" | "scene_closed" => {
                assert!(shelf.knows, "a scene of somebody who is not registered");
                shelf.scenes.push(sent["SceneListObject"]["SceneObject"][0].clone());
            }
            _ => {}
        }
        shelf.answered.push(name.to_owned());
        if let Ok(status) = name.parse::<u16>() {
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        let (status, headers, body) = golden(name).answer;
        let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
        for (name, value) in headers {
            let name: axum::http::HeaderName = name.parse().unwrap();
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    })
}

fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

fn star(header: String, name: &&str) -> String {
    match parameter(&header, name) {
        Some(value) => header.replace(&format!("\"{value}\""), "\"*\""),
        None => header,
    }
}

/// RFC 2617 from the other side.
fn is_right(header: &str, method: &str) -> bool {
    let hash = |text: String| -> String {
        Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let of = |name: &str| parameter(header, name).unwrap();
    let challenge = golden("register_challenged").answer.1[0].1.clone();
    assert_eq!(Some(of("nonce")), parameter(&challenge, "nonce"));
    assert!(header.contains("qop=auth, nc=00000001") && of("cnonce").len() == 16, "{header}");
    let who = hash(format!("gridwarden:view-library:{PASSWORD}"));
    let what = hash(format!("{method}:{}", of("uri")));
    let (nonce, cnonce) = (of("nonce"), of("cnonce"));
    of("response") == hash(format!("{who}:{nonce}:00000001:{cnonce}:auth:{what}"))
}

fn config(dir: &Path, url: &str, password: &str) -> HubConfig {
    HubConfig {
        view_libraries: vec![ViewLibraryConfig {
            name: "library".to_owned(),
            link: link(url, password),
            event_sorts: [("06042".to_owned(), 680)].into(),
            devices: [("edge-1/gate".to_owned(), "44031000001320000014".parse().unwrap())].into(),
        }],
        ..town::config(dir)
    }
}

fn link(url: &str, password: &str) -> ViewLibrarySettings {
    ViewLibrarySettings {
        url: url.parse().unwrap(),
        device_id: "44031000005030000001".parse().unwrap(),
        login: Login { username: "gridwarden".to_owned(), password: Secret::new(password) },
        keepalive: Duration::from_secs(60),
    }
}

async fn town(url: &str, password: &str) -> (Town, Arc<SimClock>) {
    let clock = Arc::new(SimClock::starting_at(START.parse().unwrap()));
    let open = |dir: &Path| config(dir, url, password);
    (Town::open(open, clock.clone()).await, clock)
}

fn seen_at() -> WallTime {
    SEEN_AT.parse().unwrap()
}

async fn confirm(town: &Town, case: &str) {
    town.staff(case, json!({"action": "confirm"})).await;
}

async fn dead_letters(town: &Town) -> Vec<Value> {
    let letters = town.staff_get("/api/v1/deliveries/dead").await["items"].take();
    letters.as_array().unwrap().clone()
}

async fn dead_letter(town: &Town) -> Value {
    until("a dead letter", async || dead_letters(town).await.into_iter().next()).await
}

/// Waits until the message about a case has been tried so often in vain, and what came of it.
async fn tried(town: &Town, case: &str, times: u32) -> String {
    let (store, ever) = (&town.running.register.store, WallTime::from_unix_millis(i64::MAX));
    let found = async || {
        let waiting = store.deliveries_due("library", ever, 100).await.unwrap();
        waiting.into_iter().find(|one| one.case_id.to_string() == case && one.tries >= times)
    };
    until("a try", found).await.last_error.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_a_scene_when_it_is_filed_and_when_it_is_closed_word_for_word() {
    let (library, url) = Library::open().await;
    let (town, clock) = town(&url, PASSWORD).await;
    library.has_answered("time", 1).await;
    town.camera_is_there().await;
    let case = town.bin_overflows(1).await;
    // Nothing that the library has no name for.
    let litter = vec![town.picture("snapshot", b"litter", seen_at()).await];
    let unmapped = town.opens(2, "06010", litter, true).await;
    confirm(&town, &unmapped).await;
    confirm(&town, &case).await;
    library.has_answered("scene_filed", 1).await;

    town.unit(&case, json!({"action": "dispatch", "unit": "环卫所"})).await;
    town.unit(&case, json!({"action": "accept"})).await;
    town.feedback(&case).await;
    clock.advance(Duration::from_secs(1));
    town.look_says(&case, "CLEARED", 1).await;
    library.has_answered("scene_closed", 1).await;
    clock.advance(Duration::from_secs(60));
    library.has_answered("keepalive", 1).await;

    // Each picture that left is in the log, by the platform that got it.
    for (bytes, times) in [(&b"before"[..], 2), (b"after 1 CLEARED", 1), (b"litter", 0)] {
        let digest = Digest256::of(bytes);
        let views = town.running.register.store.views_of(digest.as_str()).await.unwrap();
        let exports: Vec<_> = views.iter().filter(|(who, ..)| who == "platform:library").collect();
        assert_eq!(exports.len(), times, "{views:?}");
        assert!(exports.iter().all(|(_, why, what)| why == "view library" && what.len() == 54));
    }
    town.close().await;
    let expected = [
        "register_challenged",
        "registered",
        "time",
        "scene_filed",
        "scene_closed",
        "keepalive",
        "unregister",
    ];
    assert_eq!(library.answered(), expected);
    let heard = library.shelf(|shelf| shelf.heard.clone());
    for (name, said) in expected.iter().zip(heard) {
        assert_eq!(said, golden(name).said, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_is_told_and_not_tried_again_at_once() {
    let (library, url) = Library::open().await;
    let (mut town, clock) = town(&url, "guessed").await;
    library.has_answered("register_refused", 1).await;
    let case = town.bin_overflows(1).await;
    confirm(&town, &case).await;
    tried(&town, &case, 1).await;
    clock.advance(Duration::from_secs(299));
    let said = tried(&town, &case, 2).await;
    assert!(said.contains("not registered there") && said.contains("401"), "{said}");
    assert_eq!(library.answered(), ["register_challenged", "register_refused"]);
    clock.advance(Duration::from_secs(2));
    library.has_answered("register_refused", 2).await;

    clock.advance(3 * DAY);
    town.sign_in().await;
    let letter = dead_letter(&town).await;
    let said = letter["last_error"].as_str().unwrap();
    for part in ["401", "password", "username", "password_file", "device_id"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("guessed"), "{said}");
    assert_eq!(library.asked(SCENES), 0);
    let views = town.running.register.store.views_of(Digest256::of(b"before").as_str()).await;
    assert_eq!(views.unwrap(), [], "what did not leave is not in the log");
    town.close().await;
    assert_eq!(library.asked("/VIID/System/UnRegister"), 0, "it never was registered");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_or_cut_off_registers_again() {
    let (library, url) = Library::open().await;
    let (town, clock) = town(&url, PASSWORD).await;
    library.has_answered("time", 1).await;
    library.shelf(|shelf| shelf.knows = false);
    clock.advance(Duration::from_secs(60));
    library.has_answered("keepalive_unknown", 1).await;
    library.has_answered("registered", 2).await;
    library.has_answered("time", 2).await;

    // Three keepalives in vain, then the door itself, which is not run against.
    library.shelf(|shelf| shelf.away = true);
    for lost in 2..=4 {
        clock.advance(Duration::from_secs(60));
        until("a keepalive", async || (library.asked(KEEPALIVE) == lost).then_some(())).await;
    }
    until("the door", async || (library.asked(REGISTER) == 5).then_some(())).await;
    let case = town.bin_overflows(1).await;
    confirm(&town, &case).await;
    let said = tried(&town, &case, 1).await;
    assert!(said.contains("not registered there") && said.contains("503"), "{said}");
    assert_eq!((library.asked(REGISTER), library.asked(SCENES)), (5, 0));
    // Some ask for the digest at every turn.
    library.shelf(|shelf| {
        shelf.away = false;
        shelf.moods.push_back("register_challenged");
    });
    clock.advance(Duration::from_secs(10));
    library.has_answered("registered", 3).await;
    library.has_scenes(1).await;
    let heads: Vec<String> = library.shelf(|shelf| {
        let scenes = shelf.heard.iter().filter(|said| said.head.contains(SCENES));
        scenes.map(|said| said.head.clone()).collect()
    });
    let digests: Vec<_> =
        heads.iter().map(|head| head.contains("authorization: Digest ")).collect();
    assert_eq!(digests, [false, true]);
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_three_days_is_laid_aside_and_sent_once_a_person_says_so() {
    let (library, url) = Library::open().await;
    let (mut town, clock) = town(&url, PASSWORD).await;
    library.shelf(|shelf| shelf.moods.extend(["scene_refused", "scene_refused"]));
    let case = town.bin_overflows(1).await;
    confirm(&town, &case).await;
    library.has_answered("scene_refused", 1).await;
    assert!(dead_letters(&town).await.is_empty(), "it may still be taken");
    clock.advance(3 * DAY);
    town.sign_in().await;
    let letter = dead_letter(&town).await;
    assert_eq!((&letter["hook"], &letter["tries"]), (&json!("library"), &json!(2)));
    let said = letter["last_error"].as_str().unwrap();
    assert!(said.contains("StatusCode 8 JSON content invalid"), "{said}");
    assert!(library.has_scenes(0).await.is_empty());

    let id = letter["message_id"].as_str().unwrap();
    let retry = format!("/api/v1/deliveries/library/{id}/retry");
    let asked = town.client.post(format!("http://{}{retry}", town.running.address));
    let asked = asked.header("cookie", &town.cookie);
    let taken = asked.header("x-csrf-token", csrf_of(&town.cookie)).send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    library.has_scenes(1).await;
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_starts_again_goes_on_where_it_was() {
    let (library, url) = Library::open().await;
    let (town, clock) = town(&url, PASSWORD).await;
    library.shelf(|shelf| shelf.moods.push_back("503"));
    let case = town.bin_overflows(1).await;
    confirm(&town, &case).await;
    library.has_answered("503", 1).await;
    let town = town.reopened(clock.clone()).await;
    library.has_answered("unregister", 1).await;
    library.has_answered("registered", 2).await;
    assert_eq!(library.asked(SCENES), 1, "its time has not come");
    clock.advance(Duration::from_secs(30));
    library.has_scenes(1).await;
    let sent: Vec<Said> = library.shelf(|shelf| shelf.heard.clone());
    let scenes: Vec<_> = sent.iter().filter(|said| said.head.contains(SCENES)).collect();
    assert_eq!(scenes.len(), 2);
    assert_eq!(scenes[0], scenes[1], "the same scene, or it would be two over there");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_that_is_not_masked_or_not_here() {
    let (library, url) = Library::open().await;
    let (town, clock) = town(&url, PASSWORD).await;
    let masked = town.picture("snapshot", b"masked", seen_at()).await;
    let doubtful = town.picture("snapshot", b"doubtful", seen_at()).await;
    let late = named("snapshot", b"late", seen_at());
    let case = town.opens(1, "06042", vec![masked, doubtful.clone(), late], true).await;
    // Another case calls the same file unmasked; it has no other.
    let bare = town.opens(2, "06042", vec![doubtful], false).await;
    confirm(&town, &bare).await;
    confirm(&town, &case).await;
    let said = tried(&town, &case, 1).await;
    assert!(said.contains("pictures that are not here yet: 1"), "{said}");
    let said = tried(&town, &bare, 1).await;
    assert!(said.contains("no masked picture"), "{said}");
    assert_eq!(library.asked(SCENES), 0);
    town.upload(b"late").await;
    clock.advance(Duration::from_secs(30));
    let scenes = library.has_scenes(1).await;
    let shown: Vec<Vec<u8>> = (scenes[0]["SubImageList"]["SubImageInfoObject"].as_array().unwrap())
        .iter()
        .map(|picture| BASE64_STANDARD.decode(picture["Data"].as_str().unwrap()).unwrap())
        .collect();
    let mut shown: Vec<&[u8]> = shown.iter().map(Vec::as_slice).collect();
    shown.sort_unstable();
    assert_eq!(shown, [&b"late"[..], b"masked"]);
    tried(&town, &bare, 2).await;
    assert_eq!(library.asked(SCENES), 1);
    town.close().await;
}

#[tokio::test]
async fn what_is_no_answer_of_a_library_is_no_success() {
    let long = "x".repeat(70_000);
    for (status, header, body, parts) in [
        (200, None, "", &["cannot be read"][..]),
        (200, None, "{}", &["no ResponseStatusObject"]),
        (200, None, "<html>", &["cannot be read"]),
        (200, None, &long, &["longer than 65536"]),
        (302, Some(("location", "http://127.0.0.1:9/elsewhere")), "", &["302"]),
        (500, None, "broken\r\nhere", &["500: brokenhere"]),
        // In the clear the password does not go.
        (401, Some(("www-authenticate", "Basic realm=\"library\"")), "", &["401", "username"]),
    ] {
        let calls = Arc::new(Mutex::new(0));
        let (counted, body) = (calls.clone(), body.to_owned());
        let answer = move || async move {
            *counted.lock().unwrap() += 1;
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            if let Some((name, value)) = header {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let library = ViewLibrary::new(link(&url, PASSWORD)).unwrap();
        let said = library.ready(Monotonic::ZERO).await.unwrap_err().to_string();
        assert!(parts.iter().all(|part| said.contains(part)) && said.contains(&url), "{said}");
        let again = library.ready(Monotonic::ZERO).await.unwrap_err().to_string();
        assert!(again.contains("not registered there"), "{again}");
        assert_eq!(*calls.lock().unwrap(), 1, "{said}");
    }
}
