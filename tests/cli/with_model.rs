//! `replay --source`, `verify` and `detect` with the shipped model on the rendered street.
//!
//! The clips before and after are cut here, by the product's own reader and clip writer.

use crate::support::{Ended, has_onnxruntime, line, root, run};
use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        frame::{Frame, PlanesMut},
        seams::{FrameSource, SourceError},
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        footage::clip::write_clip,
    },
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const PIPELINE: &str = "pipelines/demo_street.toml";

fn street() -> PathBuf {
    root().join("tests/scenes/street.mp4")
}

fn truth() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("tests/scenes/street.json")).unwrap())
        .unwrap()
}

/// Seconds from the beginning to the end of one state of the scene, and where it was.
fn event(truth: &Value, begins: &str, ends: &str) -> (f64, f64, (f64, f64)) {
    let named = |name| {
        truth["events"].as_array().unwrap().iter().find(|event| event["event"] == name).unwrap()
    };
    let (first, last) = (named(begins), named(ends));
    let number = |value: &Value| value.as_f64().unwrap();
    (
        number(&first["t_secs"]),
        number(&last["complete_secs"]),
        (number(&first["lon_deg"]), number(&first["lat_deg"])),
    )
}

/// Part of the street from one second to another.
fn part(from_secs: f64, to_secs: f64) -> FileSource {
    let starts_at = WallTime::from_unix_millis(0);
    let at = |secs: f64| starts_at.plus(Duration::from_secs_f64(secs));
    let parts = vec![FilePart { path: street(), starts_at }];
    let between = Some((at(from_secs), at(to_secs)));
    FileSource::open(FileSourceConfig {
        parts,
        analysed_fps: 0.0,
        between,
        clock: ClockQuality::Assigned,
    })
    .unwrap()
}

fn write(
    folder: &Path,
    name: &str,
    source: &mut dyn FrameSource,
    paint: impl Fn(&mut PlanesMut<'_>),
) -> String {
    let path = folder.join(name);
    write_clip(source, &mut |_, planes| paint(planes), &path).unwrap();
    path.to_str().unwrap().to_owned()
}

fn cut(folder: &Path, name: &str, from_secs: f64, to_secs: f64) -> String {
    write(folder, name, &mut part(from_secs, to_secs), |_| {})
}

/// The first picture again and again.
struct Frozen {
    source: FileSource,
    first: Option<Frame>,
}

impl FrameSource for Frozen {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        let next = self.source.next_frame()?;
        let first = self.first.get_or_insert_with(|| next.clone().unwrap()).clone();
        Ok(next.map(|frame| Frame { image: first.image, ..frame }))
    }
}

/// Each sample the mean of those around it.
fn out_of_focus(planes: &mut PlanesMut<'_>) {
    const AROUND: usize = 4;
    let (stride, height) = (planes.y_stride_bytes, planes.size.height_px as usize);
    for (step, length) in [(1, planes.size.width_px as usize), (stride, height)] {
        let before = planes.y.to_vec();
        for y in 0..height {
            for x in 0..planes.size.width_px as usize {
                let (line, at) = if step == 1 { (y * stride, x) } else { (x, y) };
                let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(length);
                let count = around.len();
                let sum: usize = around.map(|at| usize::from(before[line + at * step])).sum();
                planes.y[y * stride + x] = (sum / count) as u8;
            }
        }
    }
}

/// A camera that points 80 px further to the left.
fn turned(planes: &mut PlanesMut<'_>) {
    let PlanesMut { y, y_stride_bytes, u, v, uv_stride_bytes, .. } = planes;
    for (plane, stride, px) in
        [(y, *y_stride_bytes, 80), (u, *uv_stride_bytes, 40), (v, *uv_stride_bytes, 40)]
    {
        for row in plane.chunks_mut(stride).filter(|row| row.len() > px) {
            row.copy_within(..row.len() - px, px);
        }
    }
}

fn verdict(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "the exit code is 0 whatever the verdict: {}", ended.shown());
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.shown());
    serde_json::from_str(&ended.stdout).unwrap()
}

fn verify(pattern: &str, before: &str, after: &str) -> Value {
    let args = [
        "verify",
        "--pipeline",
        PIPELINE,
        "--pattern",
        pattern,
        "--before",
        before,
        "--after",
        after,
    ];
    verdict(&run(args))
}

fn reasons(verdict: &Value) -> Vec<&str> {
    verdict["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect()
}

/// The same street with the stall's pavement as a privacy zone: the bin's case is all that is left.
#[test]
fn nothing_is_seen_in_a_privacy_zone() {
    if !has_onnxruntime("replay --source") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let zone = "[[privacy]]\npolygon_px = [[223, 60], [440, 60], [440, 240], [223, 240]]\n";
    let shipped = fs::read_to_string(root().join(PIPELINE)).unwrap();
    let text = format!("{shipped}\n{zone}").replace("\"../", &format!("\"{}/", root().display()));
    let (pipeline, out) = (folder.path().join("p.toml"), folder.path().join("cases.jsonl"));
    fs::write(&pipeline, text).unwrap();
    let [pipeline, out, source] =
        [&pipeline, &out, &street()].map(|path| path.display().to_string());
    let ended = run(["replay", "--pipeline", &pipeline, "--source", &source, "--out", &out]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let facts = fs::read_to_string(&out).unwrap();
    assert!(facts.contains("bin_overflowing") && !facts.contains("roadside_stall"), "{facts}");
}

#[test]
fn the_street_gives_the_cases_of_its_truth_bit_for_bit() {
    if !has_onnxruntime("replay --source") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let replay = |name: &str| {
        let out = folder.path().join(name);
        let source = street();
        let args = [
            "replay",
            "--pipeline",
            PIPELINE,
            "--source",
            source.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        let ended = run(args);
        assert_eq!(ended.code, 0, "{}", ended.shown());
        (fs::read_to_string(out).unwrap(), serde_json::from_str::<Value>(&ended.stdout).unwrap())
    };
    let ((first, summary), (second, _)) = (replay("first.jsonl"), replay("second.jsonl"));
    assert_eq!(first, second, "two runs differ");
    assert_eq!(
        (&summary["cases"], &summary["frames"]),
        (&Value::from(2), &Value::from(390)),
        "{summary}"
    );

    let facts: Vec<Value> = first.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let truth = truth();
    for (pattern, begins, ends) in [
        ("roadside_stall", "stall_set_up", "stall_leaves"),
        ("bin_overflowing", "bin_overflows", "bin_emptied"),
    ] {
        let (begins_secs, ends_secs, (lon_deg, lat_deg)) = event(&truth, begins, ends);
        let of_pattern: Vec<&Value> = facts
            .iter()
            .map(|fact| &fact["data"])
            .filter(|data| data["pattern"]["id"] == pattern)
            .collect();
        let of_kind =
            |kind: &str| of_pattern.iter().filter(|data| data["kind"] == kind).collect::<Vec<_>>();
        assert_eq!((of_kind("opened").len(), of_kind("gone").len()), (1, 1), "{pattern}: {first}");
        let gone = of_kind("gone")[0];
        let secs = |key: &str| {
            let at: WallTime = gone[key].as_str().unwrap().parse().unwrap();
            at.since("2026-01-01T00:00:00Z".parse().unwrap()).as_secs_f64()
        };
        let (seen_from, seen_to) = (secs("first_seen_at"), secs("last_seen_at"));
        assert!(
            (begins_secs - 1.0..begins_secs + 3.0).contains(&seen_from),
            "{pattern}: first seen at {seen_from}"
        );
        assert!(
            (ends_secs - 4.0..ends_secs + 1.0).contains(&seen_to),
            "{pattern}: last seen at {seen_to}"
        );
        let place = &gone["place"];
        let east = (place["lon_deg"].as_f64().unwrap() - lon_deg) * 102_740.0;
        let north = (place["lat_deg"].as_f64().unwrap() - lat_deg) * 110_740.0;
        assert!(
            east.hypot(north) < 2.0,
            "{pattern}: {east:.2} m east, {north:.2} m north of the truth"
        );
        let code = place["code_2d"].as_str().unwrap();
        assert_eq!(line(&format!("grid decode {code}")).code, 0, "{code}");
    }
}

/// Rubbish that the model has no name for is dumped at 8 s. The model knows the people and vehicles about it.
#[test]
fn what_the_model_has_no_name_for_is_left_there_bit_for_bit() {
    if !has_onnxruntime("what_the_model_has_no_name_for_is_left_there_bit_for_bit") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let shipped = fs::read_to_string(root().join("models/street-nano.toml")).unwrap();
    let network = root().join("models/street-nano.onnx").display().to_string();
    let (head, classes) = shipped.split_at(shipped.find("[[class]]").unwrap());
    let head = head.replace("street-nano.onnx", &network);
    // A model that is never sure of rubbish, bins and stalls, under the name of another.
    let classes: String = classes
        .split_inclusive("[[class]]")
        .map(|class| {
            let nameless = ["garbage_pile", "bin", "bin_overflowing", "stall"];
            let named = |name: &&str| class.contains(&format!("name = \"{name}\""));
            match nameless.iter().any(named) {
                true => class
                    .lines()
                    .map(
                        |line| {
                            if line.starts_with("score_min") { "score_min = 0.999" } else { line }
                        },
                    )
                    .flat_map(|line| [line, "\n"])
                    .collect(),
                false => class.to_owned(),
            }
        })
        .collect();
    let manifest = folder.path().join("blunt.toml");
    fs::write(&manifest, format!("{head}{classes}")).unwrap();
    let pipeline = folder.path().join("street.toml");
    let text = "[camera]\nid = \"cam\"\n[source]\nuri = \"clip.mp4\"\nanalysed_fps = 5.0\n[frame]\n\
        width_px = 640\nheight_px = 360\n[model]\nmanifest = \"blunt.toml\"\n[[pattern]]\n\
        id = \"left_object\"\ndwell_secs = 20\nclear_secs = 5\n";
    fs::write(&pipeline, text).unwrap();
    let replay = |name: &str| {
        let out = folder.path().join(name);
        let clip = root().join("tests/scenes/clips/garbage_day.mp4");
        let args =
            [Path::new("replay"), Path::new("--pipeline"), &pipeline, Path::new("--source"), &clip];
        let ended = run(args.into_iter().chain([Path::new("--out"), &out]));
        assert_eq!(ended.code, 0, "{}", ended.shown());
        fs::read_to_string(out).unwrap()
    };
    let facts = replay("first.jsonl");
    let all: Vec<Value> = facts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let opened: Vec<&Value> = all.iter().filter(|fact| fact["data"]["kind"] == "opened").collect();
    assert_eq!(opened.len(), 1, "{facts}");
    let data = &opened[0]["data"];
    assert_eq!((&data["suspected"], &data["event"]["code"]), (&true.into(), &"L0038".into()));
    assert_eq!(data["subject"]["class"], "static_object");
    let at: WallTime = data["confirmed_at"].as_str().unwrap().parse().unwrap();
    let start: WallTime = "2026-01-01T00:00:00Z".parse().unwrap();
    assert!((28.0..40.0).contains(&at.since(start).as_secs_f64()), "{data}");
    assert_eq!(facts, replay("second.jsonl"));
}

#[test]
fn a_full_bin_is_present_until_it_is_emptied() {
    if !has_onnxruntime("verify on clips") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, emptied_secs, _) = event(&truth(), "bin_overflows", "bin_emptied");
    let before = cut(folder.path(), "before.mp4", 20.0, 27.0);
    let still_full = cut(folder.path(), "still_full.mp4", 28.0, 36.0);
    let emptied = cut(folder.path(), "emptied.mp4", emptied_secs + 2.0, emptied_secs + 12.0);

    let present = verify("bin_overflowing", &before, &still_full);
    assert_eq!(present["verdict"], "PRESENT", "{present}");
    let cleared = verify("bin_overflowing", &before, &emptied);
    assert_eq!(
        (&cleared["verdict"], reasons(&cleared)),
        (&Value::from("CLEARED"), vec!["not_found"]),
        "{cleared}"
    );
    assert_eq!(cleared["advisory"], false);
    assert!(cleared["fov_match"].as_f64().unwrap() > 0.8, "{cleared}");
    assert_eq!(cleared["positive_control"], serde_json::json!({ "ran": true, "found": true }));
    assert_eq!(
        cleared["looks"].as_array().unwrap().len(),
        2,
        "looks_min of the pipeline: {cleared}"
    );
    assert_eq!(cleared["model"]["id"], "street-nano");
    // The bin is emptied, the stall stands on.
    let stall = verify("roadside_stall", &before, &emptied);
    assert_eq!(stall["verdict"], "PRESENT", "{stall}");
    // What the model does not find in the footage before, it cannot call gone.
    let unproven = verify("bin_overflowing", &emptied, &emptied);
    let expected = (&Value::from("UNDETERMINABLE"), vec!["positive_control_failed"]);
    assert_eq!((&unproven["verdict"], reasons(&unproven)), expected, "{unproven}");
}

#[test]
fn times_are_those_given_and_the_answer_repeats() {
    if !has_onnxruntime("verify with times") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let before = cut(folder.path(), "before.mp4", 50.0, 56.0);
    let after = cut(folder.path(), "after.mp4", 65.0, 73.0);
    let args = format!(
        "verify --pipeline {PIPELINE} --pattern roadside_stall --zone stall_pavement --before {before} --after {after} \
         --before-start 2026-03-01T08:00:00Z --after-start 2026-03-01T11:00:00Z"
    );
    let (first, second) = (line(&args), line(&args));
    assert_eq!(first.stdout, second.stdout);
    let verdict = verdict(&first);
    assert_eq!(verdict["verdict"], "CLEARED", "{verdict}");
    let times = |index: usize| (&verdict["looks"][index]["from"], &verdict["looks"][index]["to"]);
    assert_eq!(times(0).0, "2026-03-01T11:00:00.000Z");
    assert_eq!(times(0).1, times(1).0);
    assert_eq!(times(1).1, "2026-03-01T11:00:08.000Z");
}

#[test]
fn a_camera_that_cannot_see_clears_nothing() {
    if !has_onnxruntime("verify on blind clips") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let before = cut(folder.path(), "before.mp4", 20.0, 27.0);
    let flat = |luma: u8| {
        move |planes: &mut PlanesMut<'_>| {
            planes.y.fill(luma);
            planes.u.fill(128);
            planes.v.fill(128);
        }
    };
    let emptied = || part(42.0, 52.0);
    let blind = [
        ("blurred", write(folder.path(), "blurred.mp4", &mut emptied(), out_of_focus)),
        ("moved", write(folder.path(), "moved.mp4", &mut emptied(), turned)),
        ("black", write(folder.path(), "black.mp4", &mut emptied(), flat(16))),
        ("covered", write(folder.path(), "covered.mp4", &mut emptied(), flat(120))),
        (
            "frozen",
            write(
                folder.path(),
                "frozen.mp4",
                &mut Frozen { source: emptied(), first: None },
                |_| {},
            ),
        ),
    ];
    for (reason, after) in blind {
        let verdict = verify("bin_overflowing", &before, &after);
        assert_eq!(verdict["verdict"], "UNDETERMINABLE", "{reason}: {verdict}");
        assert_eq!(reasons(&verdict)[0], reason, "{verdict}");
        assert!(verdict["health"][reason].as_u64().unwrap() > 30, "{verdict}");
        if reason == "moved" {
            assert!(verdict["fov_match"].as_f64().unwrap() < 0.3, "{verdict}");
        }
    }
    // Half of it seen: one look is no proof.
    let half = folder.path().join("half.mp4");
    let mut halves = 0;
    let mut hide_the_rest = |_: &_, planes: &mut PlanesMut<'_>| {
        halves += 1;
        if halves > 25 {
            flat(16)(planes);
        }
    };
    write_clip(&mut emptied(), &mut hide_the_rest, &half).unwrap();
    let verdict = verify("bin_overflowing", &before, half.to_str().unwrap());
    assert_eq!(verdict["verdict"], "UNDETERMINABLE", "{verdict}");
    // And too short a clip is none either.
    let short = cut(folder.path(), "short.mp4", 42.0, 43.0);
    assert_eq!(verify("bin_overflowing", &before, &short)["verdict"], "UNDETERMINABLE");
}

#[test]
fn a_file_that_is_no_video_is_bad_input() {
    if !has_onnxruntime("verify on a text file") {
        return;
    }
    let text = root().join("Cargo.toml").display().to_string();
    let args = format!(
        "verify --pipeline {PIPELINE} --pattern bin_overflowing --before {text} --after {text}"
    );
    let ended = line(&args);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(ended.stderr.contains("Cargo.toml"), "{}", ended.stderr);
    let ended = line(&format!("verify --images {text} {text} --pattern bin_overflowing"));
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(
        ended.stderr.contains("Cargo.toml") && ended.stderr.contains("JPEG"),
        "{}",
        ended.stderr
    );
}

/// A still of the street as a PNG file.
fn photograph(folder: &Path, name: &str, at_secs: f64) -> String {
    let frame = part(at_secs, at_secs + 1.0).next_frame().unwrap().unwrap();
    let planes = frame.image.planes();
    let limited = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    let rgb = |x: u32, y: u32| {
        let (x, y) = (x as usize, y as usize);
        let luma = (f32::from(planes.y[y * planes.y_stride_bytes + x]) - 16.0) * 255.0 / 219.0;
        let chroma = y / 2 * planes.uv_stride_bytes + x / 2;
        let (u, v) = (f32::from(planes.u[chroma]) - 128.0, f32::from(planes.v[chroma]) - 128.0);
        image::Rgb([luma + 1.596 * v, luma - 0.391 * u - 0.813 * v, luma + 2.018 * u].map(limited))
    };
    let path = folder.join(name).display().to_string();
    image::RgbImage::from_fn(planes.size.width_px, planes.size.height_px, rgb).save(&path).unwrap();
    path
}

#[test]
fn photographs_give_advice_only() {
    if !has_onnxruntime("verify --images") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let full = photograph(folder.path(), "full.png", 24.0);
    let later = photograph(folder.path(), "later.png", 30.0);
    let empty = photograph(folder.path(), "empty.png", 48.0);
    let verify = |before: &str, after: &str| {
        let verdict =
            verdict(&run(["verify", "--images", before, after, "--pattern", "bin_overflowing"]));
        assert_eq!(verdict["advisory"], true, "{verdict}");
        assert!(reasons(&verdict).contains(&"photographs_only"), "{verdict}");
        verdict["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verify(&full, &later), "PRESENT");
    assert_eq!(verify(&full, &empty), "CLEARED");
    assert_eq!(
        verify(&empty, &empty),
        "UNDETERMINABLE",
        "nothing proves that the model would find it"
    );
    let black = folder.path().join("black.png").display().to_string();
    image::RgbImage::new(64, 64).save(&black).unwrap();
    assert_eq!(verify(&full, &black), "UNDETERMINABLE");

    let out = folder.path().join("found.json");
    let ended = line(&format!(
        "detect --model models/street-nano.toml {full} {empty} --out {}",
        out.display()
    ));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let found: Vec<Value> = serde_json::from_str(&fs::read_to_string(out).unwrap()).unwrap();
    let in_which: Vec<&Value> = found
        .iter()
        .filter(|box_| box_["category_name"] == "bin_overflowing")
        .map(|box_| &box_["file_name"])
        .collect();
    assert_eq!(in_which, [&Value::from(full)]);
}
