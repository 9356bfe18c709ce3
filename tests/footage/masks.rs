//! Heads in clips for people: the rendered streets, whose truth is known, cut as playback cuts them, with
//! the model that is shipped.
//!
//! `GRIDWARDEN_MASK_CLIPS=all` takes every rendered clip; `GRIDWARDEN_FACES=FILE` hides the faces too that this
//! network finds; `GRIDWARDEN_MASK_OUT=DIR` keeps what was written,
//! to be looked at.

use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        footage::Span,
        pixel::{PixelBox, PixelSize},
        seams::FrameSource,
        tiles::Tiling,
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        detector::{
            faces::FaceNetwork, manifest::ModelManifest, onnx::OnnxDetector,
            provider::ProviderOptions, session::NetworkFile,
        },
        footage::box_track::BoxTrack,
        vision::{filmstrip::Filmstrip, tensor::PlaneTensorMaker},
    },
    roles::edge::{
        masking::{MASK_FPS, find_masks, regions},
        playback::write_masked,
    },
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::support::START;

/// Faces smaller than that tell nobody.
const HEAD_PX_MIN: f64 = 12.0;
/// A standing person is so many heads tall.
const HEADS_TALL: f64 = 7.5;
/// Most large heads, and people who walk into the picture head first.
const ONE: &str = "crowd_day";

fn scenes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes")
}

fn clips() -> Vec<PathBuf> {
    if std::env::var("GRIDWARDEN_MASK_CLIPS").is_ok_and(|which| which == "all") {
        let listed =
            fs::read_dir(scenes().join("clips")).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> =
            listed.filter(|path| path.extension().is_some_and(|end| end == "mp4")).collect();
        all.push(scenes().join("street.mp4"));
        all.sort();
        return all;
    }
    vec![scenes().join(format!("clips/{ONE}.mp4"))]
}

fn frames(path: &Path, fps: f64) -> FileSource {
    FileSource::open(FileSourceConfig {
        parts: vec![FilePart { path: path.to_owned(), starts_at: START }],
        analysed_fps: fps,
        between: None,
        clock: ClockQuality::Assigned,
    })
    .unwrap()
}

/// The head of an upright person whose top shows, where it is large enough to tell who that is.
fn head(object: &Value) -> Option<PixelBox> {
    let sides = |name: &str| {
        let list: Vec<f64> = object[name].as_array()?.iter().filter_map(Value::as_f64).collect();
        <[f64; 4]>::try_from(list).ok()
    };
    let ([x1, y1, x2, y2], visible) = (sides("full")?, sides("visible")?);
    let tall = (y2 - y1) / HEADS_TALL;
    let shows = object["class"] == "person" && visible[1] <= y1 + 2.0;
    let (middle, half) = ((x1 + x2) / 2.0, 0.45 * tall);
    let head = [middle - half, y1, middle + half, y1 + tall].map(|side| side as f32);
    let [left, top, right, bottom] = head;
    (shows && tall >= HEAD_PX_MIN).then(|| {
        // What of it the picture shows.
        PixelBox::new(left.max(visible[0] as f32), top, right.min(visible[2] as f32), bottom)
    })
}

/// Pixels of the head, and those of them that a mask hides.
fn hidden(head: &PixelBox, masks: &BoxTrack, at: WallTime, size: PixelSize) -> (usize, usize) {
    let head = head.clamped(size);
    let masks = masks.around(at);
    let (mut all, mut hidden) = (0, 0);
    for y in head.y1.ceil() as u32..head.y2.floor() as u32 {
        for x in head.x1.ceil() as u32..head.x2.floor() as u32 {
            let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
            all += 1;
            let over =
                |mask: &PixelBox| mask.x1 <= x && x <= mask.x2 && mask.y1 <= y && y <= mask.y2;
            hidden += usize::from(masks.iter().any(over));
        }
    }
    (all, hidden)
}

#[test]
fn of_a_hundred_heads_at_most_one_shows() {
    let library = std::env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| scenes().join("../../.build/onnxruntime/libonnxruntime.so"), PathBuf::from);
    if !library.exists() {
        println!("skipped: no ONNX Runtime; `make test` sets it up");
        return;
    }
    let manifest = ModelManifest::open(&scenes().join("../../models/street-nano.toml")).unwrap();
    let network = NetworkFile::open(manifest).unwrap();
    let maker = || Box::new(PlaneTensorMaker::new());
    let mut detector = OnnxDetector::load(&network, &ProviderOptions::default(), maker()).unwrap();
    let mut faces = std::env::var_os("GRIDWARDEN_FACES")
        .map(|file| FaceNetwork::open(Path::new(&file)).unwrap().finder(maker()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let out = std::env::var_os("GRIDWARDEN_MASK_OUT")
        .map_or_else(|| folder.path().to_owned(), PathBuf::from);
    let (mut heads, mut covered) = (0, 0);
    for path in clips() {
        let truth = fs::read(path.with_extension("json")).unwrap();
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        let tiling = Tiling::none();
        let masks = find_masks(&mut frames(&path, MASK_FPS), &mut |frame| {
            regions(frame, &mut detector, &tiling, faces.as_mut())
        });
        let masks = masks.unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let clip = out.join(format!("{name}.mp4"));
        let frames_known = truth["frames"].as_array().unwrap().len() as f64;
        let length = frames_known / truth["fps"].as_f64().unwrap();
        let to = START.plus(Duration::from_secs_f64(length));
        let mut strip = Filmstrip::over(Span::new(START, to));
        let summary = write_masked(&mut frames(&path, 0.0), &masks, &mut strip, &clip).unwrap();
        let (jpeg, _) = strip.jpeg().unwrap().unwrap();
        fs::write(out.join(format!("{name}.jpg")), jpeg).unwrap();
        let (mut of_clip, mut shown) = (0, Vec::new());
        let mut exported = frames(&clip, 0.0);
        let mut nth = 0;
        while let Some(frame) = exported.next_frame().unwrap() {
            // What was lost or frozen has no frame of its own in the clip.
            let truth = &truth["frames"][nth];
            nth += 1;
            let at = frame.stamp.captured_at;
            for head in truth["objects"].as_array().unwrap().iter().filter_map(head) {
                let (all, hidden) = hidden(&head, &masks, at, frame.stamp.size);
                of_clip += 1;
                // A pixel at the rim tells nothing.
                if hidden * 20 < all * 19 && masks.knows(at) {
                    shown.push((nth - 1, head, hidden as f32 / all as f32));
                }
            }
        }
        assert_eq!(nth as u32, summary.frames, "{name}: every frame is in the clip");
        println!("{name}: {of_clip} heads in {nth} frames, {} not covered: {shown:?}", shown.len());
        heads += of_clip;
        covered += of_clip - shown.len();
    }
    let share = covered as f64 / heads as f64;
    println!("{covered} of {heads} heads above {HEAD_PX_MIN} px are covered: {share:.4}");
    assert!(heads >= 50 && share >= 0.99);
}
