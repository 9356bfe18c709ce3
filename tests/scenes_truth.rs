//! Holds every committed clip of the rendered street against its truth file and the manifest
//! `tests/scenes/clips.json`: digest, size, frame count and rate read from the MP4 itself, boxes
//! inside the frame, ids unique, times in order, events within the clip.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sha2::{Digest, Sha256};

const CLIP_BYTES_MAX: usize = 1 << 20;
const SET_BYTES_MAX: usize = 14 << 20;
/// What the set must show, by list of the manifest.
const SHOWN: [(&str, &[&str]); 3] = [
    (
        "events",
        &[
            "stall_set_up",
            "stall_leaves",
            "bin_overflows",
            "bin_emptied",
            "garbage_left",
            "garbage_collected",
            "car_parks",
            "car_leaves",
            "crowd_gathers",
            "crowd_disperses",
        ],
    ),
    (
        "near_misses",
        &["person_under_umbrella", "unloading", "delivery_tricycle", "closed_parasol", "bin_full"],
    ),
    ("faults", &["covered", "moved", "blurred", "frozen", "black", "dropped", "clock"]),
];

fn scenes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes")
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn manifest() -> Vec<Value> {
    json(&scenes().join("clips.json"))["clips"].as_array().unwrap().clone()
}

fn be32(bytes: &[u8], at: usize) -> usize {
    bytes[at..at + 4].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// The body of the box that `path` leads to, e.g. `["moov", "trak"]`.
fn mp4_box<'a>(mut bytes: &'a [u8], path: &[&str]) -> &'a [u8] {
    for name in path {
        let mut at = 0;
        bytes = loop {
            assert!(at + 8 <= bytes.len(), "no box {name}");
            let length = be32(bytes, at);
            assert!(length >= 8 && at + length <= bytes.len(), "box of {length} bytes");
            if &bytes[at + 4..at + 8] == name.as_bytes() {
                break &bytes[at + 8..at + length];
            }
            at += length;
        };
    }
    bytes
}

struct Mp4 {
    size_px: (usize, usize),
    times_secs: Vec<f64>,
}

fn read_mp4(bytes: &[u8]) -> Mp4 {
    let media = mp4_box(bytes, &["moov", "trak", "mdia"]);
    let timescale = be32(mp4_box(media, &["mdhd"]), 12) as f64;
    let table = mp4_box(media, &["minf", "stbl"]);
    let entry = mp4_box(table, &["stsd"]);
    // Version and count, then the sample entry: header 8, reserved 8, predefined 16, then width and height.
    let size_px = (be32(entry, 40) >> 16, be32(entry, 40) & 0xffff);
    let (stts, mut ticks, mut times_secs) = (mp4_box(table, &["stts"]), 0, Vec::new());
    for run in 0..be32(stts, 4) {
        for _ in 0..be32(stts, 8 + run * 8) {
            times_secs.push(ticks as f64 / timescale);
            ticks += be32(stts, 12 + run * 8);
        }
    }
    Mp4 { size_px, times_secs }
}

#[test]
fn the_set_covers_what_it_promises() {
    let clips = manifest();
    let names: Vec<&str> = clips.iter().filter_map(|clip| clip["file"].as_str()).collect();
    let on_disk: BTreeSet<String> = fs::read_dir(scenes().join("clips"))
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".mp4"))
        .map(|name| format!("clips/{name}"))
        .collect();
    assert_eq!(
        on_disk,
        names.iter().map(|name| (*name).to_owned()).collect(),
        "manifest and folder differ"
    );
    for (list, wanted) in SHOWN {
        for name in wanted {
            let shown = clips.iter().flat_map(|clip| clip[list].as_array().unwrap());
            assert!(shown.into_iter().any(|entry| entry == name), "no clip shows {name}");
        }
    }
    let total: usize = clips.iter().map(|clip| clip["bytes"].as_u64().unwrap() as usize).sum();
    assert!(total <= SET_BYTES_MAX, "the set has {total} bytes");
}

#[test]
fn every_clip_is_the_one_its_truth_describes() {
    for clip in manifest() {
        let file = scenes().join(clip["file"].as_str().unwrap());
        let truth = json(&scenes().join(clip["truth"].as_str().unwrap()));
        let name = file.display();
        let bytes = fs::read(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(bytes.len() <= CLIP_BYTES_MAX, "{name} has {} bytes", bytes.len());
        assert_eq!(clip["bytes"].as_u64(), Some(bytes.len() as u64), "{name}");
        let digest: String =
            Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(truth["sha256"].as_str(), Some(digest.as_str()), "{name}");
        assert_eq!(clip["sha256"], truth["sha256"], "{name}");
        assert_eq!(clip["seed"], truth["seed"], "{name}");

        let mp4 = read_mp4(&bytes);
        let (width, height) = mp4.size_px;
        assert_eq!(truth["size_px"], serde_json::json!([width, height]), "{name}");
        let frames = truth["frames"].as_array().unwrap();
        assert_eq!(mp4.times_secs.len(), frames.len(), "{name}: frames in clip and truth");
        for (frame, time_secs) in frames.iter().zip(&mp4.times_secs) {
            let expected = frame["t_secs"].as_f64().unwrap();
            assert!(
                (expected - time_secs).abs() < 0.011,
                "{name}: {expected} s stands at {time_secs} s"
            );
        }
    }
}

#[test]
fn every_truth_is_sound() {
    for clip in manifest() {
        let path = scenes().join(clip["truth"].as_str().unwrap());
        let truth = json(&path);
        let (name, fps, secs) =
            (path.display(), truth["fps"].as_f64().unwrap(), truth["secs"].as_f64().unwrap());
        let size = [truth["size_px"][0].as_f64().unwrap(), truth["size_px"][1].as_f64().unwrap()];
        let dropped =
            truth["faults"].as_array().unwrap().iter().any(|fault| fault["fault"] == "dropped");
        let frames = truth["frames"].as_array().unwrap();
        assert!(
            dropped || frames.len() as f64 == secs * fps,
            "{name}: {} frames in {secs} s",
            frames.len()
        );
        let mut last = -1.0;
        for frame in frames {
            let (number, t_secs) =
                (frame["frame"].as_f64().unwrap(), frame["t_secs"].as_f64().unwrap());
            assert!(
                number > last && (t_secs - number / fps).abs() < 0.011,
                "{name}: frame {number} at {t_secs} s"
            );
            last = number;
            check_objects(&format!("{name}, frame {number}"), &truth, frame, size);
        }
        for event in truth["events"].as_array().unwrap() {
            let (from, complete) =
                (event["t_secs"].as_f64().unwrap(), event["complete_secs"].as_f64().unwrap());
            assert!(0.0 <= from && from <= complete && complete <= secs, "{name}: {event}");
        }
        for span in ["near_misses", "faults"].iter().flat_map(|key| truth[*key].as_array().unwrap())
        {
            let (from, until) =
                (span["t_secs"].as_f64().unwrap(), span["until_secs"].as_f64().unwrap());
            assert!(0.0 <= from && from < until && until <= secs, "{name}: {span}");
        }
    }
}

fn check_objects(at: &str, truth: &Value, frame: &Value, size: [f64; 2]) {
    let mut seen = HashSet::new();
    for object in frame["objects"].as_array().unwrap() {
        let id = object["id"].as_u64().unwrap();
        assert!(seen.insert(id), "{at}: id {id} twice");
        assert!(truth["things"][id.to_string()].is_string(), "{at}: id {id} has no name");
        let edges = |key: &str| -> Option<Vec<f64>> {
            Some(object[key].as_array()?.iter().filter_map(Value::as_f64).collect())
        };
        let full = edges("full").unwrap();
        assert!(
            full.len() == 4 && full[0] < full[2] && full[1] < full[3],
            "{at}: full {full:?} of {id}"
        );
        assert_eq!(
            edges("visible").is_some(),
            object["visible_px"].as_u64().unwrap() > 0,
            "{at}: id {id}"
        );
        if let Some(v) = edges("visible") {
            let inside =
                v.len() == 4 && v[0] >= 0.0 && v[1] >= 0.0 && v[2] <= size[0] && v[3] <= size[1];
            assert!(inside && v[0] < v[2] && v[1] < v[3], "{at}: visible {v:?} of {id}");
        }
    }
}
