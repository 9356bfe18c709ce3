//! `gridwarden check`: sound files pass, each spoiled one is told with file, line, key, value and what
//! is allowed.

use crate::support::{file, line, root, run};
use std::{fs, path::Path};

const PIPELINE: &str = r#"[camera]
id = "cam-1"
calibration = "site.toml"

[source]
uri = "rtsp://10.0.0.14/main"
analysed_fps = 5.0

[recording]
keep_secs = 3600

[frame]
width_px = 640
height_px = 360

[model]
manifest = "tiny.toml"

[[zone]]
id = "pavement"
polygon_px = [[0, 0], [640, 0], [640, 360], [0, 360]]

[[zone]]
id = "road"
polygon_px = [[0, 0], [640, 0], [640, 100]]

[[pattern]]
id = "roadside_stall"
zones = ["pavement"]
dwell_secs = 60
"#;

const CALIBRATION: &str = r#"datum = "CGCS2000"
surveyed_on = "2026-11-21"

[frame]
width_px = 640
height_px = 360

[homography]
ground_from_image = [[0.1, 0, -32], [0, -0.1, 36], [0, 0, 1]]
origin = { lon_deg = 114.34, lat_deg = 22.69, height_metres = 42.0 }
rms_error_metres = 0.1
hull_px = [[0, 0], [639, 0], [639, 359], [0, 359]]
"#;

const EDGE: &str = r#"pipelines = ["cam.toml"]

[node]
id = "edge-1"
district = "440310"

[mqtt]
url = "mqtt://127.0.0.1:1883"

[data]
dir = "data"

[evidence]
url = "http://127.0.0.1:8080"
"#;

#[cfg(feature = "hub")]
const HUB: &str = r#"district = "440310"

[mqtt]
url = "mqtt://127.0.0.1:1883"

[store]
url = "sqlite://data/hub.sqlite"

[evidence]
url = "file://data/evidence"

[http]
listen = "127.0.0.1:8080"

[auth]
node_token_file = "token"
"#;

fn pattern() -> String {
    fs::read_to_string(root().join("pipelines/patterns/roadside_stall.toml")).unwrap()
}

#[cfg(feature = "edge")]
fn manifest() -> String {
    fs::read_to_string(root().join("tests/golden/tiny_yolox.toml")).unwrap()
}

/// A folder with one sound file of each kind.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("cam.toml", PIPELINE), ("site.toml", CALIBRATION), ("edge.toml", EDGE)] {
        file(folder.path(), name, text);
    }
    file(folder.path(), "stall.toml", &pattern());
    for (from, to) in [("tiny_yolox.toml", "tiny.toml"), ("tiny_yolox.onnx", "tiny_yolox.onnx")] {
        fs::copy(root().join("tests/golden").join(from), folder.path().join(to)).unwrap();
    }
    #[cfg(feature = "hub")]
    file(folder.path(), "hub.toml", HUB);
    file(folder.path(), "token", "abc\n");
    folder
}

/// One file with one place changed, and what must be said of it.
struct Spoiled {
    name: &'static str,
    text: String,
    line: usize,
    /// Key, value, what is allowed: parts of one line of the report.
    parts: &'static [&'static str],
}

fn spoiled(
    name: &'static str,
    text: &str,
    from: &str,
    to: &str,
    parts: &'static [&'static str],
) -> Spoiled {
    let at = text.find(from).unwrap_or_else(|| panic!("{from:?} is not in {name}"));
    let line = text[..at].matches('\n').count() + 1;
    Spoiled { name, text: text.replacen(from, to, 1), line, parts }
}

fn all_spoiled() -> Vec<Spoiled> {
    let mut cases = Vec::new();
    let mut pipeline =
        |from: &str, to: &str, parts| cases.push(spoiled("cam.toml", PIPELINE, from, to, parts));
    pipeline(
        "rtsp://10.0.0.14/main",
        "rtp://10.0.0.14/main",
        &["source.uri", "rtp://10.0.0.14/main", "rtsp://, http://"],
    );
    pipeline("rtsp://10.0.0.14/main", "rtsp://", &["source.uri", "rtsp://, http://"]);
    pipeline(
        "rtsp://10.0.0.14/main",
        "rtsp://admin:hunter2@10.0.0.14/",
        &["source.uri", "password_file"],
    );
    pipeline("analysed_fps = 5.0", "analysed_fps = 0", &["source.analysed_fps = 0", "0.1", "60"]);
    pipeline(
        "analysed_fps = 5.0",
        "analysed_fps = \"five\"",
        &["source.analysed_fps", "five", "number"],
    );
    pipeline(
        "analysed_fps = 5.0",
        "analyzed_fps = 5.0",
        &["source.analyzed_fps", "did you mean `analysed_fps`"],
    );
    pipeline("id = \"cam-1\"", "id = \"cam 1/x\"", &["camera.id", "cam 1/x", "letters"]);
    pipeline("[camera]\nid = \"cam-1\"\n", "[camera]\n", &["camera.id is missing"]);
    pipeline("keep_secs = 3600", "keep_secs = 1", &["recording.keep_secs = 1", "30"]);
    pipeline("width_px = 640", "width_px = 0", &["frame.width_px = 0", "16"]);
    pipeline("tiny.toml", "absent.toml", &["model.manifest", "absent.toml", "exists"]);
    pipeline(
        "[[0, 0], [640, 0], [640, 100]]",
        "[[0, 0], [640, 0]]",
        &["polygon_px", "[640, 0]", "three corners"],
    );
    pipeline(
        "[[0, 0], [640, 0], [640, 100]]",
        "[[0, 0], [1, 1], [2, 2]]",
        &["polygon_px", "not on one line"],
    );
    pipeline(
        "polygon_px = [[0, 0], [640, 0], [640, 100]]",
        "tiles = { width_px = 64, height_px = 64 }\npolygon_px = [[0, 0], [640, 0], [640, 100]]",
        &["zone[1].tiles", "at most 16 tiles a camera"],
    );
    pipeline("id = \"road\"", "id = \"pavement\"", &["id", "pavement", "a name of its own"]);
    pipeline(
        "id = \"roadside_stall\"",
        "id = \"stall_roadside\"",
        &["id", "stall_roadside", "one of abandoned_vehicle"],
    );
    pipeline("zones = [\"pavement\"]", "zones = [\"roof\"]", &["zones", "roof", "pavement, road"]);
    pipeline("dwell_secs = 60", "dwell_secs = -60", &["dwell_secs = -60", "1"]);
    pipeline("dwell_secs = 60", "dwell_sec = 60", &["dwell_sec", "did you mean `dwell_secs`"]);
    pipeline("dwell_secs = 60", "dwell_secs = ", &[""]);

    let mut calibration = |from: &str, to: &str, parts| {
        cases.push(spoiled("site.toml", CALIBRATION, from, to, parts))
    };
    calibration("CGCS2000", "GCJ-02", &["datum", "GCJ-02", "CGCS2000"]);
    calibration("2026-11-21", "21.11.2026", &["surveyed_on", "21.11.2026", "2026-11-21"]);
    calibration(
        "[639, 0], [639, 359], [0, 359]",
        "[1, 1], [2, 2], [3, 3]",
        &["homography.hull_px"],
    );
    calibration("[639, 0], [639, 359], [0, 359]", "[639, 0]", &["homography.hull_px"]);
    calibration("[0, -0.1, 36]", "[0.2, 0, -64]", &["homography.ground_from_image"]);
    calibration("lat_deg = 22.69", "lat_deg = 122.69", &["lat_deg = 122.69", "88"]);
    calibration(
        "rms_error_metres",
        "rms_metres",
        &["rms_metres", "known here", "rms_error_metres"],
    );

    let text = pattern();
    let mut pattern =
        |from: &str, to: &str, parts| cases.push(spoiled("stall.toml", &text, from, to, parts));
    pattern("subjects = \"each\"", "subjects = \"some\"", &["subjects", "some", "each", "count"]);
    pattern("score_min = 0.4", "score_min = 4", &["score_min = 4", "0.01"]);
    pattern("classes = [\"stall\"]", "classes = []", &["classes = []", "at least one"]);
    pattern("stationary", "stationery", &["stationery", "did you mean `stationary`"]);
    pattern("score_factor = 0.7", "score_factor = 7", &["closure.score_factor = 7", "0.1"]);

    let mut edge =
        |from: &str, to: &str, parts| cases.push(spoiled("edge.toml", EDGE, from, to, parts));
    edge(
        "mqtt://127.0.0.1:1883",
        "tcp://127.0.0.1:1883",
        &["mqtt.url", "tcp://", "mqtt://host:port"],
    );
    edge("http://127.0.0.1:8080", "127.0.0.1:8080", &["evidence.url", "http://host:port"]);
    let url = "url = \"http://127.0.0.1:8080\"";
    edge(url, &format!("cert = \"c.pem\"\n{url}"), &["evidence.cert", "go together"]);
    edge("[\"cam.toml\"]", "[]", &["pipelines = []", "at least one"]);
    edge("dir = ", "folder = ", &["data.folder", "unknown key"]);
    edge(
        "pipelines = ",
        "masks = { face = \"centerface.onnx\" }\npipelines = ",
        &["masks.face", "did you mean `faces`"],
    );
    #[cfg(feature = "edge")]
    edge(
        "pipelines = ",
        "masks = { faces = \"centerface.onnx\" }\npipelines = ",
        &["masks.faces", "centerface.onnx: cannot be read", "make face-model"],
    );

    #[cfg(feature = "hub")]
    {
        let mut hub =
            |from: &str, to: &str, parts| cases.push(spoiled("hub.toml", HUB, from, to, parts));
        hub("127.0.0.1:8080", "localhost", &["http.listen", "localhost"]);
        hub("sqlite://", "mysql://", &["store.url", "mysql://", "sqlite://"]);
        let url = "sqlite://data/hub.sqlite";
        hub(url, "postgres://grid:s3cret@db/grid", &["store.url", "password_file"]);
        let (own, with) = (format!("url = \"{url}\""), "password_file = \"token\"\n");
        hub(&own, &format!("{with}{own}"), &["store.password_file", "SQLite"]);
        hub("listen", "listens", &["http.listens", "did you mean `listen`"]);
        let edges = r#"edges = { listen = "127.0.0.1:0", cert = "absent.pem", key = "token", client_ca = "token" }"#;
        hub(
            "listen",
            &format!("{edges}\nlisten"),
            &["http.edges.cert", "absent.pem", "No such file"],
        );
        let token = "node_token_file = \"token\"";
        let user = |more: &str| {
            format!("user = [{{ name = \"li\", password_file = \"p\", {more} }}]\n{token}")
        };
        hub(token, &user("roles = [\"chief\"]"), &["roles", "chief", "grid_staff"]);
        hub(token, &user("area = [\"here\"]"), &["area", "here", "N or S"]);
        let oidc = |issuer: &str, role: &str| {
            format!(
                "oidc = {{ issuer = \"{issuer}\", hub_url = \"https://hub\", client_id = \"x\"{role} }}\n{token}"
            )
        };
        hub(
            token,
            &oidc("http://id.example.cn", ""),
            &["auth.oidc.issuer", "http://id", "https://"],
        );
        hub(token, &oidc("https://id", ""), &["auth.oidc", "role"]);
        let role = ", role = [{ claim = \"a\", roles = [\"chief\"] }]";
        hub(token, &oidc("https://id", role), &["roles", "chief", "grid_staff"]);
    }
    #[cfg(feature = "edge")]
    {
        let text = manifest();
        let mut model =
            |from: &str, to: &str, parts| cases.push(spoiled("tiny.toml", &text, from, to, parts));
        model("tiny_yolox.onnx", "absent.onnx", &["file", "absent.onnx", "No such file"]);
        model("sha256 = \"d3", "sha256 = \"e3", &["sha256", "e3189d", "the file's digest is \"d3"]);
        model("kind = \"yolox\"", "kind = \"yolo12\"", &["head.kind", "yolo12", "yolox"]);
        model("licence", "license", &["license", "did you mean `licence`"]);
    }
    cases
}

#[test]
fn what_is_shipped_is_sound() {
    // Without it `check` warns that it could not load a network.
    #[cfg(feature = "edge")]
    if !crate::support::has_onnxruntime("check of the shipped model") {
        return;
    }
    if cfg!(all(feature = "edge", feature = "hub")) {
        let ended = line("check packaging");
        assert_eq!(ended.code, 0, "{}", ended.shown());
        assert!(ended.stdout.contains("\n2 files checked, 0 faults"), "{}", ended.stdout);
        // It is for trying out: no month fits in it, and it says so.
        let mut warnings = ended.stdout.lines().filter(|line| line.contains("warning: "));
        let known = |line: &str| {
            line.contains("keep_days_min") || line.contains("the calendar does not have")
        };
        assert!(warnings.all(known), "{}", ended.stdout);
    }
    let folders = if cfg!(feature = "edge") {
        "pipelines calibration models"
    } else {
        "pipelines calibration"
    };
    let ended = line(&format!("check {folders}"));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains(" 0 faults, 0 warnings"), "{}", ended.stdout);
}

#[test]
fn a_sound_site_passes_and_is_told_as_json_too() {
    let site = site();
    let mut names = vec!["cam.toml", "site.toml", "stall.toml", "edge.toml"];
    if cfg!(feature = "edge") {
        names.push("tiny.toml");
    }
    if cfg!(feature = "hub") {
        names.push("hub.toml");
    }
    let paths = names.iter().map(|name| site.path().join(name).display().to_string());
    let ended = run(["check".to_owned(), "--json".to_owned()].into_iter().chain(paths));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["checked"].as_array().unwrap().len(), names.len(), "{report}");
    assert_eq!(report["faults"], serde_json::json!([]));
}

#[test]
fn each_spoiled_file_is_told_with_line_key_value_and_what_is_allowed() {
    let mut untold = Vec::new();
    for Spoiled { name, text, line, parts } in all_spoiled() {
        let site = site();
        let path = file(site.path(), name, &text);
        let ended = run(["check", &path]);
        let place = format!("{path}:{line}: ");
        let told = ended.stdout.lines().any(|told| {
            told.strip_prefix(&place)
                .is_some_and(|rest| parts.iter().all(|part| rest.contains(part)))
        });
        if !told || ended.code != 2 {
            untold
                .push(format!("{name}:{line}: {parts:?} is not in one line of\n{}", ended.shown()));
        }
    }
    assert!(untold.is_empty(), "{}", untold.join("\n"));
}

#[test]
fn a_password_in_an_address_is_refused_and_not_repeated() {
    for (name, text, scheme) in [("cam.toml", PIPELINE, "rtsp://"), ("edge.toml", EDGE, "mqtt://")]
    {
        for password in ["hunter2", "hunter2/x", "hunter2?x"] {
            let site = site();
            let path = file(
                site.path(),
                name,
                &text.replace(scheme, &format!("{scheme}admin:{password}@")),
            );
            let ended = run(["check", &path]);
            assert_eq!(ended.code, 2, "{}", ended.shown());
            assert!(ended.stdout.contains("password_file"), "{}", ended.shown());
            assert!(!ended.shown().contains("hunter2"), "{}", ended.shown());
        }
    }
}

#[test]
fn all_faults_of_all_files_are_told_at_once() {
    let site = site();
    let spoil = |name: &str, text: String| file(site.path(), name, &text);
    let cam =
        spoil("cam.toml", PIPELINE.replace("5.0", "500").replace("[\"pavement\"]", "[\"roof\"]"));
    let calibration = spoil("site.toml", CALIBRATION.replace("CGCS2000", "BD-09"));
    let ended = run(["check", site.path().to_str().unwrap()]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    for part in [format!("{cam}:7: "), format!("{cam}:29: "), format!("{calibration}:1: ")] {
        assert!(ended.stdout.contains(&part), "{part} is not in\n{}", ended.stdout);
    }
    let lines: Vec<&str> = ended.stdout.lines().filter(|line| line.contains("BD-09")).collect();
    assert_eq!(lines.len(), 1, "told once, though three files lead to it: {lines:?}");
}

#[test]
fn what_cannot_be_cleared_or_placed_later_is_a_warning() {
    let site = site();
    let text = PIPELINE
        .replace("calibration = \"site.toml\"\n", "")
        .replace("[recording]\nkeep_secs = 3600\n", "");
    let path = file(site.path(), "cam.toml", &text);
    let ended = run(["check", &path]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    for warning in ["no calibration", "no [recording]"] {
        assert!(ended.stdout.contains(warning), "{warning} is not in\n{}", ended.stdout);
    }
}

// Without the detector no manifest's classes are read.
#[cfg(feature = "edge")]
#[test]
fn a_class_that_neither_the_model_nor_the_scene_shows_is_a_warning() {
    let site = site();
    for (pattern, warned) in [("left_object", false), ("dust", false), ("banner", true)] {
        let text = PIPELINE.replace("roadside_stall", pattern);
        let ended = run(["check", &file(site.path(), "cam.toml", &text)]);
        assert_eq!(ended.code, 0, "{}", ended.shown());
        let told = ended.stdout.contains(&format!("{pattern} needs one of"));
        assert_eq!(told, warned, "{pattern}: {}", ended.stdout);
    }
}

#[test]
fn what_tiles_cost_is_noted() {
    let site = site();
    let text = PIPELINE.replacen(
        "id = \"pavement\"",
        "id = \"pavement\"\ntiles = { width_px = 320, height_px = 192 }",
        1,
    );
    let path = file(site.path(), "cam.toml", &text);
    let ended = run(["check", &path]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let note = format!("{path}: note: 9 tiles: 10 inferences a frame instead of 1");
    assert!(ended.stdout.lines().any(|line| line == note), "{note} is not in\n{}", ended.stdout);
    let plain = file(site.path(), "cam.toml", PIPELINE);
    assert!(!run(["check", &plain]).stdout.contains("tiles"));
}

#[test]
fn files_of_no_kind_and_broken_texts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| file(folder.path(), name, text);
    for (name, text) in
        [("empty.toml", ""), ("other.toml", "[package]\nname = \"x\"\n"), ("bad.toml", "a = \n")]
    {
        let ended = run(["check", &path(name, text)]);
        assert_eq!(ended.code, 2, "{name}: {}", ended.shown());
        assert!(ended.stdout.contains(&format!("{name}:1: ")), "{name}: {}", ended.shown());
    }
    let binary = folder.path().join("binary.toml");
    fs::write(&binary, [0xff, 0xfe, 0x00, 0x80]).unwrap();
    let ended = run(["check".as_ref(), Path::new(&binary)]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
}

#[test]
#[cfg(feature = "hub")]
fn a_hub_whose_calendar_lacks_this_year_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let clocks = "[clocks]\ncalendar = \"days.toml\"\nlimits = \"limits.toml\"\n";
    let hub = file(folder.path(), "hub.toml", &format!("{HUB}\n{clocks}"));
    let days = "years = [2020]\n[duty]\nworkday = [\"08:00-12:00\"]\n";
    file(folder.path(), "days.toml", days);
    file(folder.path(), "limits.toml", "[[limit]]\ncode = \"06042\"\nworking_hours = 4\n");
    let told = run(["check", &hub]);
    assert_eq!(told.code, 0, "{}", told.shown());
    assert!(told.stdout.contains("no deadline in hours of duty"), "{}", told.shown());
    file(folder.path(), "limits.toml", "[[limit]]\ncode = \"06042\"\nworking_hours = \"4\"\n");
    let bad = run(["check", &hub]);
    assert_eq!(bad.code, 2, "{}", bad.shown());
    assert!(bad.stdout.contains("limits.toml:3: limit[0].working_hours"), "{}", bad.shown());
}

#[test]
fn an_exception_that_has_ended_and_a_calendar_of_another_year_are_told() {
    let folder = site();
    let more = "[[exception]]\nzone = \"road\"\nvalid_from = \"2020-01-01\"\n\
        valid_until = \"2020-02-01\"\nnote = \"night market\"\n\
        [[exception]]\nzone = \"road\"\nvalid_from = \"2020-01-01\"\n\
        valid_until = \"2999-01-01\"\nnote = \"licensed kiosk\"\n[calendar]\nfile = \"days.toml\"\n";
    file(folder.path(), "cam.toml", &format!("{PIPELINE}\n{more}"));
    file(
        folder.path(),
        "days.toml",
        "years = [2020]\n[[day_off]]\nfrom = \"2020-10-01\"\nto = \"2020-10-07\"\n",
    );
    let done = run(["check", folder.path().to_str().unwrap()]);
    let told = done.stdout;
    assert!(told.contains("\"night market\" ended on 2020-02-01"), "{told}");
    assert!(!told.contains("licensed kiosk"), "{told}");
    assert!(told.contains("only weekends are days off"), "{told}");
}
