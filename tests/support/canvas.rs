//! Frames of the committed clips in memory, their truth, and planes that a test may paint on.

use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        frame::{Frame, OwnedImage},
        seams::FrameSource,
    },
    drivers::camera::{FilePart, FileSource, FileSourceConfig},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn clip(name: &str) -> PathBuf {
    root().join("tests/scenes/clips").join(format!("{name}.mp4"))
}

pub fn truth(name: &str) -> Value {
    let path = root().join("tests/scenes/clips").join(format!("{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every frame of a clip, `fps` of them a second, `secs_max` at most; none decoded twice.
pub fn frames(path: &Path, fps: f64, secs_max: u64) -> Vec<Frame> {
    let starts_at = WallTime::from_unix_millis(0);
    let config = FileSourceConfig {
        parts: vec![FilePart { path: path.to_owned(), starts_at }],
        analysed_fps: fps,
        between: Some((starts_at, starts_at.plus(Duration::from_secs(secs_max)))),
        clock: ClockQuality::Assigned,
    };
    let mut source = FileSource::open(config).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        frames.push(Frame { image: Arc::new(owned(&frame, |_| {})), ..frame });
    }
    frames
}

/// Planes that a test may paint on, tightly packed.
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub y: Vec<u8>,
    pub u: Vec<u8>,
    pub v: Vec<u8>,
}

/// A copy of a frame's picture, painted over.
pub fn owned(frame: &Frame, paint: impl FnOnce(&mut Canvas)) -> OwnedImage {
    let planes = frame.image.planes();
    let (width, height) = (planes.size.width_px as usize, planes.size.height_px as usize);
    let packed = |plane: &[u8], stride: usize, width: usize, height: usize| -> Vec<u8> {
        let mut tight = Vec::with_capacity(width * height);
        plane.chunks(stride).take(height).for_each(|row| tight.extend_from_slice(&row[..width]));
        tight
    };
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut canvas = Canvas {
        width,
        height,
        y: packed(planes.y, planes.y_stride_bytes, width, height),
        u: packed(planes.u, planes.uv_stride_bytes, half_width, half_height),
        v: packed(planes.v, planes.uv_stride_bytes, half_width, half_height),
    };
    paint(&mut canvas);
    let Canvas { y, u, v, .. } = canvas;
    OwnedImage::new(planes.size, [y, u, v], planes.matrix, planes.full_range).unwrap()
}
