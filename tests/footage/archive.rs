//! Footage that others keep and give over HTTP: lists of files, and the gateway of a GB/T 28181 platform.

use crate::{
    http_server::{Asked, HttpServer, Reply},
    support::{START, camera, secs},
};
use gridwarden::{
    base::{
        clock::SystemClock,
        secret::Secret,
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{Fetched, FootageError, Hole, HoleReason, Span},
        seams::FootageSource,
    },
    drivers::archive::{
        files::{FilesConfig, HttpFiles},
        gb28181::{Gateway, GatewayConfig},
    },
};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::runtime::Runtime;

const FILE: &[u8] = b"a recording of ten seconds";

fn at(seconds: f64) -> WallTime {
    START.plus(secs(seconds))
}

fn span(from: f64, to: f64) -> Span {
    Span::new(at(from), at(to))
}

/// Fetches with a runtime of its own, and reads what was fetched.
fn fetch(
    source: impl FnOnce(tokio::runtime::Handle) -> Box<dyn FootageSource>,
    asked: Span,
) -> Result<(Fetched, Vec<Vec<u8>>), FootageError> {
    gridwarden::drivers::mqtt::install_crypto_provider();
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fetched = source(runtime.handle().clone()).fetch(&camera(), asked, folder.path())?;
    let contents = fetched.parts.iter().map(|part| fs::read(&part.path).unwrap()).collect();
    Ok((fetched, contents))
}

fn files(
    server: &HttpServer,
    user: Option<&str>,
    asked: Span,
) -> Result<(Fetched, Vec<Vec<u8>>), FootageError> {
    let config = FilesConfig {
        uri: format!("http://{}/street/list.csv", server.address),
        username: user.map(str::to_owned),
        password: user.map(|_| Secret::new("pass")),
    };
    fetch(
        |runtime| Box::new(HttpFiles::new(config, Arc::new(SystemClock::new()), runtime).unwrap()),
        asked,
    )
}

fn list() -> String {
    let row = |from: f64, to: f64, file: &str| format!("{},{},{file}\n", at(from), at(to));
    "from,to,file\n".to_owned()
        + &row(600.0, 700.0, "a.mp4")
        + &row(0.0, 10.0, "day/b.mp4")
        + &row(20.0, 30.0, "day/c.mp4")
}

#[test]
fn files_of_an_interval_are_fetched_and_what_lies_between_is_a_hole() {
    let server = HttpServer::start(|asked| match asked.path.as_str() {
        "/street/list.csv" => Reply::of(list()),
        "/street/day/b.mp4" | "/street/day/c.mp4" => Reply::of(FILE),
        _ => Reply::status(404),
    });
    let (fetched, contents) = files(&server, Some("li"), span(5.0, 25.0)).unwrap();
    assert_eq!(contents, [FILE, FILE]);
    assert_eq!(fetched.clock, ClockQuality::Assigned);
    assert_eq!((fetched.parts[0].starts_at, fetched.parts[1].starts_at), (at(0.0), at(20.0)));
    let hole = Hole { from: at(10.0), to: at(20.0), reason: HoleReason::Unknown };
    assert_eq!(fetched.holes, [hole]);
    let asked = server.asked();
    assert!(asked.iter().all(|one| one.header("authorization").is_some()), "{asked:?}");
    let (nothing, _) = files(&server, None, span(100.0, 110.0)).unwrap();
    assert!(nothing.parts.is_empty() && nothing.holes.len() == 1);
}

#[test]
fn a_file_that_breaks_off_goes_on_where_it_broke() {
    let tries = AtomicUsize::new(0);
    let server = HttpServer::start(move |asked| {
        if asked.path.ends_with("list.csv") {
            return Reply::of(list());
        }
        let tag = ("ETag", "\"one\"".to_owned());
        match (tries.fetch_add(1, Ordering::Relaxed), asked.header("range")) {
            (0, None) => Reply { bytes_max: Some(7), headers: vec![tag], ..Reply::of(FILE) },
            (1, Some("bytes=7-")) => {
                assert_eq!(asked.header("if-range"), Some("\"one\""));
                let range = ("Content-Range", format!("bytes 7-{}/{}", FILE.len() - 1, FILE.len()));
                Reply { status: 206, headers: vec![tag, range], ..Reply::of(&FILE[7..]) }
            }
            other => panic!("{other:?}"),
        }
    });
    let (_, contents) = files(&server, None, span(1.0, 9.0)).unwrap();
    assert_eq!(contents, [FILE]);
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let tries = AtomicUsize::new(0);
    let server = HttpServer::start(move |asked| {
        if asked.path.ends_with("list.csv") {
            return Reply::of(list());
        }
        let tag = |tag: &str| ("ETag", format!("\"{tag}\""));
        match tries.fetch_add(1, Ordering::Relaxed) {
            0 => Reply {
                bytes_max: Some(7),
                headers: vec![tag("one")],
                ..Reply::of("another recording")
            },
            _ => Reply { headers: vec![tag("two")], ..Reply::of(FILE) },
        }
    });
    let (_, contents) = files(&server, None, span(1.0, 9.0)).unwrap();
    assert_eq!(contents, [FILE]);
}

#[test]
fn servers_that_refuse_or_send_something_else_are_told() {
    let told = |script: fn(&Asked) -> Reply| {
        let server = HttpServer::start(script);
        files(&server, Some("li"), span(1.0, 9.0)).unwrap_err()
    };
    let refused = told(|_| Reply::status(401));
    assert!(
        matches!(&refused, FootageError::Refused { reason, .. } if reason.contains("password_file")),
        "{refused}"
    );
    assert!(!refused.to_string().contains("pass\""), "{refused}");
    assert!(matches!(told(|_| Reply::status(500)), FootageError::Refused { .. }));
    assert!(matches!(told(|_| Reply::of("<html>")), FootageError::Unusable { .. }));
    assert!(matches!(told(|_| Reply::of([0xff, 0xfe])), FootageError::Unusable { .. }));
    let elsewhere =
        told(|_| Reply::of(format!("from,to,file\n{},{},http://other/x.mp4\n", at(0.0), at(9.0))));
    assert!(elsewhere.to_string().contains("another server"), "{elsewhere}");
    let gone = HttpServer::start(|_| Reply::of("")).address.clone();
    let config = FilesConfig { uri: format!("http://{gone}/"), username: None, password: None };
    let down = fetch(
        |runtime| Box::new(HttpFiles::new(config, Arc::new(SystemClock::new()), runtime).unwrap()),
        span(1.0, 9.0),
    );
    assert!(matches!(down, Err(FootageError::Unreachable { .. })), "{down:?}");
}

/// The recorded exchange, answer by name.
fn recorded(name: &str, media: &str) -> Reply {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/footage/gb28181/exchange.json");
    let all: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let answer = all[name]["answer"].to_string();
    assert_ne!(answer, "null", "{name}");
    Reply::of(answer.replace("MEDIA", media))
}

/// A gateway and its media server in one; `choose` picks the answer, by the first words of the path.
fn gateway(choose: impl Fn(&str, usize) -> &'static str + Send + Sync + 'static) -> HttpServer {
    let looks = AtomicUsize::new(0);
    HttpServer::start(move |asked| {
        let media = asked.header("host").unwrap().to_owned();
        let path = asked.path.split('?').next().unwrap();
        if path.starts_with("/index/api/downloadFile") || path.starts_with("/rtp/") {
            return Reply::of(FILE);
        }
        let api = path.strip_prefix("/api/").unwrap();
        if !api.starts_with("user/login") {
            assert_eq!(asked.header("access-token"), Some("token-of-the-tests"));
            assert!(api.contains("/34020000001110000001/34020000001320000001"), "{api}");
        }
        let words: Vec<&str> = api.split("/3402").next().unwrap().split('/').collect();
        let looks = match words[..] {
            ["gb_record", "download", "progress"] => looks.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        recorded(choose(&words.join("/"), looks), &media)
    })
}

fn usual(path: &str, looks: usize) -> &'static str {
    match (path, looks) {
        ("user/login", _) => "login",
        ("gb_record/query", _) => "query",
        ("gb_record/download/start", _) => "download_start",
        ("gb_record/download/progress", 0) => "download_running",
        ("gb_record/download/progress", _) => "download_done",
        ("playback/start", _) => "playback_start",
        ("gb_record/download/stop" | "playback/stop", _) => "stop",
        other => panic!("{other:?}"),
    }
}

fn platform(server: &HttpServer, asked: Span) -> Result<(Fetched, Vec<Vec<u8>>), FootageError> {
    let config = GatewayConfig {
        uri: format!("http://{}", server.address),
        username: "gridwarden".to_owned(),
        password: Secret::new("admin"),
        device: "34020000001110000001".to_owned(),
        channel: "34020000001320000001".to_owned(),
    };
    fetch(
        |runtime| Box::new(Gateway::new(config, Arc::new(SystemClock::new()), runtime).unwrap()),
        asked,
    )
}

fn paths(server: &HttpServer) -> Vec<String> {
    server.asked().into_iter().map(|asked| asked.path).collect()
}

#[test]
fn a_platform_is_asked_what_it_has_and_sends_that() {
    let server = gateway(usual);
    let (fetched, contents) = platform(&server, span(5.0, 40.0)).unwrap();
    assert_eq!(contents, [FILE], "two files that follow each other are one stretch");
    assert_eq!((fetched.parts[0].starts_at, fetched.parts[0].ends_at), (at(5.0), at(20.0)));
    let hole = Hole { from: at(20.0), to: at(40.0), reason: HoleReason::Unknown };
    assert_eq!((&fetched.holes[..], fetched.clock), (&[hole][..], ClockQuality::Assigned));
    let asked = paths(&server);
    // MD5 of "admin".
    assert!(asked[0].contains("password=21232f297a57a5a743894a0e4a801fc3"), "{asked:?}");
    assert!(asked[1].contains("startTime=2026-01-01+08%3A00%3A05"), "{asked:?}");
    assert!(asked[2].contains("endTime=2026-01-01+08%3A00%3A20&downloadSpeed=4"), "{asked:?}");
    let ends = asked.last().unwrap();
    assert!(ends.contains("download/stop") && ends.ends_with("/download_0001"), "{asked:?}");
}

#[test]
fn a_device_that_downloads_nothing_is_played() {
    let server = gateway(|path, looks| match path {
        "gb_record/download/start" => "download_refused",
        _ => usual(path, looks),
    });
    let (_, contents) = platform(&server, span(5.0, 15.0)).unwrap();
    assert_eq!(contents, [FILE]);
    let asked = paths(&server);
    assert!(asked.iter().any(|path| path.starts_with("/rtp/playback_0001.live.mp4")), "{asked:?}");
    assert!(asked.last().unwrap().contains("playback/stop"), "{asked:?}");
}

#[test]
fn a_platform_without_the_footage_says_so_and_one_that_refuses_too() {
    let server = gateway(|path, looks| match path {
        "gb_record/query" => "query_empty",
        _ => usual(path, looks),
    });
    let (fetched, _) = platform(&server, span(5.0, 15.0)).unwrap();
    assert!(fetched.parts.is_empty());
    assert_eq!(fetched.holes, [Hole { from: at(5.0), to: at(15.0), reason: HoleReason::Unknown }]);
    for (at_path, answer, part) in [
        ("user/login", "login_refused", "用户名或密码错误"),
        ("gb_record/query", "query_timeout", "timeout"),
    ] {
        let server =
            gateway(move |path, looks| if path == at_path { answer } else { usual(path, looks) });
        let error = platform(&server, span(5.0, 15.0)).unwrap_err();
        assert!(
            matches!(&error, FootageError::Refused { reason, .. } if reason.contains(part)),
            "{error}"
        );
        assert!(!error.to_string().contains("21232f"), "{error}");
    }
    let other = HttpServer::start(|_| Reply::of("{\"status\": 404}"));
    assert!(matches!(platform(&other, span(5.0, 15.0)), Err(FootageError::Unusable { .. })));
}
