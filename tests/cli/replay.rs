//! `gridwarden replay --detections`: scripted frames in, case facts out, the same bytes every time.

use crate::support::{Ended, file, run};
use serde_json::{Value, json};
use std::{fs, path::Path};

const PIPELINE: &str = r#"[camera]
id = "scripted"
[source]
uri = "rtsp://10.0.0.14/main"
analysed_fps = 2.0
[frame]
width_px = 640
height_px = 360
[model]
manifest = "is/not/opened.toml"
[[zone]]
id = "pavement"
polygon_px = [[0, 180], [640, 180], [640, 360], [0, 360]]
[[pattern]]
id = "roadside_stall"
zones = ["pavement"]
dwell_secs = 20
gap_secs_max = 5
clear_secs = 10
"#;

/// In the zone, outside it, and half as high a score as the pattern asks for.
const STALL: (f64, [f64; 4]) = (0.8, [100.0, 150.0, 200.0, 250.0]);
const ELSEWHERE: (f64, [f64; 4]) = (0.8, [100.0, 50.0, 200.0, 150.0]);
const FAINT: (f64, [f64; 4]) = (0.2, [100.0, 150.0, 200.0, 250.0]);

/// One frame each half second: what is seen at a time, or nothing, or blindness.
#[derive(Clone, Copy)]
enum Seen {
    Thing((f64, [f64; 4])),
    Nothing,
    Blind,
}

type Script = fn(f64) -> Seen;

fn script(secs: u32, seen: impl Fn(f64) -> Seen) -> String {
    let frame = |half_secs: u32| {
        let pts_secs = f64::from(half_secs) / 2.0;
        let mut line =
            json!({ "pts_secs": pts_secs, "width": 640, "height": 360, "detections": [] });
        match seen(pts_secs) {
            Seen::Thing((score, edges)) => {
                line["detections"] = json!([{ "class": "stall", "score": score, "box": edges }]);
            }
            Seen::Nothing => {}
            Seen::Blind => line["valid"] = json!(false),
        }
        format!("{line}\n")
    };
    (0..=2 * secs).map(frame).collect()
}

fn replay(folder: &Path, detections: &str, more: &[&str]) -> (Ended, Vec<Value>) {
    let pipeline = file(folder, "cam.toml", PIPELINE);
    let detections = file(folder, "detections.jsonl", detections);
    let out = folder.join("cases.jsonl");
    let args = [
        "replay",
        "--pipeline",
        &pipeline,
        "--detections",
        &detections,
        "--out",
        out.to_str().unwrap(),
    ];
    let ended = run(args.into_iter().chain(more.iter().copied()));
    let facts = fs::read_to_string(out).unwrap_or_default();
    (ended, facts.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Kinds of the facts, and the seconds at which each was told.
fn told(facts: &[Value]) -> Vec<(String, f64)> {
    let secs = |fact: &Value| {
        let text = fact["time"].as_str().unwrap().strip_prefix("2026-01-01T00:").unwrap();
        let (minutes, secs) = text.trim_end_matches('Z').split_once(':').unwrap();
        60.0 * minutes.parse::<f64>().unwrap() + secs.parse::<f64>().unwrap()
    };
    facts
        .iter()
        .map(|fact| (fact["data"]["kind"].as_str().unwrap().to_owned(), secs(fact)))
        .collect()
}

fn facts_of(secs: u32, seen: impl Fn(f64) -> Seen) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let (ended, facts) = replay(folder.path(), &script(secs, seen), &[]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    facts
}

fn stall_from_to(from: f64, to: f64) -> impl Fn(f64) -> Seen {
    move |at| if (from..to).contains(&at) { Seen::Thing(STALL) } else { Seen::Nothing }
}

#[test]
fn a_stall_that_stays_is_one_case_opened_and_gone() {
    let facts = facts_of(120, stall_from_to(10.0, 60.0));
    let told = told(&facts);
    assert_eq!(told.first().unwrap().0, "opened", "{told:?}");
    assert_eq!(told.last().unwrap().0, "gone", "{told:?}");
    assert!(told[1..told.len() - 1].iter().all(|(kind, _)| kind == "seen"), "{told:?}");
    let (opened, gone) = (told[0].1, told[told.len() - 1].1);
    assert!((30.0..=31.0).contains(&opened), "dwell of 20 s from 10 s: {opened}");
    assert!((69.0..=71.0).contains(&gone), "clear for 10 s from 60 s: {gone}");
    let ids: Vec<&Value> = facts.iter().map(|fact| &fact["data"]["case_id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    for (index, fact) in facts.iter().enumerate() {
        assert_eq!(fact["data"]["revision"], index + 1);
        assert_eq!(fact["data"]["pattern"]["id"], "roadside_stall");
        assert_eq!(fact["data"]["zone"], "pavement");
        assert_eq!(fact["data"]["first_seen_at"], "2026-01-01T00:00:10.000Z");
    }
}

#[test]
fn a_summary_is_on_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let (ended, _) = replay(folder.path(), &script(60, stall_from_to(10.0, 60.0)), &[]);
    let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(summary["frames"], 121, "{summary}");
    assert_eq!((&summary["detections"], &summary["cases"]), (&json!(100), &json!(1)), "{summary}");
    assert_eq!(summary["media_secs"], 60.0, "{summary}");
}

#[test]
fn near_misses_are_no_case() {
    let near_misses: [(&str, Script); 5] = [
        ("a stall that leaves a second early", |at| stall_from_to(10.0, 29.0)(at)),
        ("a stall outside the zone", |at| {
            if at > 10.0 { Seen::Thing(ELSEWHERE) } else { Seen::Nothing }
        }),
        ("a faint stall", |at| if at > 10.0 { Seen::Thing(FAINT) } else { Seen::Nothing }),
        ("a stall that comes and goes", |at| stall_from_to(0.0, 12.0)(at % 24.0)),
        ("nothing at all", |_| Seen::Nothing),
    ];
    for (what, seen) in near_misses {
        assert_eq!(facts_of(120, seen), Vec::<Value>::new(), "{what}");
    }
}

#[test]
fn a_short_gap_does_not_begin_anew() {
    let facts = facts_of(60, |at| {
        if (20.0..23.0).contains(&at) { Seen::Nothing } else { stall_from_to(10.0, 60.0)(at) }
    });
    assert_eq!(told(&facts)[0].0, "opened");
    assert!((30.0..=34.0).contains(&told(&facts)[0].1), "{:?}", told(&facts));
}

#[test]
fn blind_frames_neither_open_nor_close() {
    let never_opened =
        facts_of(
            120,
            |at| if (10.0..18.0).contains(&at) { Seen::Thing(STALL) } else { Seen::Blind },
        );
    assert_eq!(never_opened, Vec::<Value>::new(), "8 s of sight are no dwell of 20 s");
    let never_closed = facts_of(300, |at| if at < 60.0 { Seen::Thing(STALL) } else { Seen::Blind });
    assert!(
        told(&never_closed).iter().all(|(kind, _)| kind != "gone"),
        "{:?}",
        told(&never_closed)
    );
    assert_eq!(told(&never_closed)[0].0, "opened");
    // Sight returns: still there, and nothing was told in between.
    let blind_between =
        |at| if (60.0..200.0).contains(&at) { Seen::Blind } else { Seen::Thing(STALL) };
    let still_there = told(&facts_of(300, blind_between));
    assert_eq!(
        still_there.iter().filter(|(kind, _)| kind == "opened").count(),
        1,
        "{still_there:?}"
    );
    assert!(still_there.iter().all(|(kind, _)| kind != "gone"), "{still_there:?}");
}

#[test]
fn what_the_picture_cuts_off_stands_in_a_zone_drawn_to_the_border() {
    for bottom in [360.0, 380.0] {
        let cut_off = Seen::Thing((0.8, [100.0, 300.0, 200.0, bottom]));
        let facts = facts_of(60, |_| cut_off);
        assert_eq!(told(&facts).first().map(|(kind, _)| kind.as_str()), Some("opened"), "{bottom}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_another_start_shifts_the_times_only() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let detections = script(120, stall_from_to(10.0, 60.0));
    let [first, second] = folders.each_ref().map(|folder| {
        let (ended, _) = replay(folder.path(), &detections, &[]);
        assert_eq!(ended.code, 0, "{}", ended.shown());
        fs::read(folder.path().join("cases.jsonl")).unwrap()
    });
    assert!(!first.is_empty());
    assert_eq!(first, second);
    let (_, shifted) =
        replay(folders[0].path(), &detections, &["--start-at", "2026-01-01T00:10:00Z"]);
    assert_eq!(shifted[0]["data"]["first_seen_at"], "2026-01-01T00:10:10.000Z");
    let other = script(120, stall_from_to(10.5, 60.0));
    let (_, moved) = replay(folders[1].path(), &other, &[]);
    let first: Value =
        serde_json::from_slice(first.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_ne!(moved[0]["data"]["case_id"], first["data"]["case_id"], "ids derive from the source");
}

#[test]
fn a_directory_of_patterns_replaces_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let stall = include_str!("../../pipelines/patterns/roadside_stall.toml");
    file(
        folder.path(),
        "patterns/stall.toml",
        &stall.replace("classes = [\"stall\"]", "classes = [\"tricycle\"]"),
    );
    let patterns = folder.path().join("patterns");
    let detections = script(60, stall_from_to(10.0, 60.0));
    let (ended, facts) =
        replay(folder.path(), &detections, &["--patterns", patterns.to_str().unwrap()]);
    assert_eq!((ended.code, facts.len()), (0, 0), "{}", ended.shown());
}

#[test]
fn bad_lines_are_named_by_file_and_line() {
    let sound = r#"{"pts_secs":1.0,"width":640,"height":360,"detections":[]}"#;
    let cases = [
        ("not json", "expected"),
        (r#"{"pts_secs":2.0,"width":640}"#, "height"),
        (r#"{"pts_secs":2.0,"width":640,"height":360,"boxes":[]}"#, "boxes"),
        (r#"{"pts_secs":1.0,"width":640,"height":360,"detections":[]}"#, "pts_secs = 1"),
        (r#"{"pts_secs":-2.0,"width":640,"height":360,"detections":[]}"#, "pts_secs = -2"),
        (r#"{"pts_secs":2.0,"width":0,"height":360,"detections":[]}"#, "0x360"),
        (
            r#"{"pts_secs":2.0,"width":640,"height":360,"detections":[{"class":"stall","score":7,"box":[0,0,1,1]}]}"#,
            "score 0 to 1",
        ),
        (
            r#"{"pts_secs":2.0,"width":640,"height":360,"detections":[{"class":"a/b","score":0.7,"box":[0,0,1,1]}]}"#,
            "a/b",
        ),
        (
            r#"{"pts_secs":2.0,"width":640,"height":360,"detections":[{"class":"stall","score":0.7,"box":[0,0,1]}]}"#,
            "length 3",
        ),
    ];
    for (bad, named) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (ended, _) = replay(folder.path(), &format!("{sound}\n\n{bad}\n"), &[]);
        assert_eq!(ended.code, 2, "{bad}: {}", ended.shown());
        let place = format!("{}:3: ", folder.path().join("detections.jsonl").display());
        assert!(
            ended.stderr.contains(&place) && ended.stderr.contains(named),
            "{bad}: {}",
            ended.stderr
        );
    }
}
