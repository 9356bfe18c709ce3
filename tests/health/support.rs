//! Frames of clips in memory, and a camera that shows them.

use gridwarden::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        frame::{Frame, FrameStamp, OwnedImage},
        health::{Picture, Settings},
        seams::FrameSource,
        wire::CameraCondition,
    },
    drivers::camera::{FilePart, FileSource, FileSourceConfig},
    roles::edge::watch::HealthWatch,
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
        plane.chunks(stride).take(height).flat_map(|row| row[..width].to_vec()).collect()
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

/// A camera that shows whatever a test holds before it, on one time line.
pub struct Camera {
    pub watch: HealthWatch,
    pub secs: f64,
    pub fps: f64,
    shown: usize,
}

impl Camera {
    pub fn new(fps: f64) -> Self {
        Self { watch: HealthWatch::new(Settings::default()), secs: 0.0, fps, shown: 0 }
    }

    pub fn show(&mut self, frame: &Frame) -> (CameraCondition, Picture) {
        self.secs += 1.0 / self.fps;
        let pts = MediaTime::from_nanos((self.secs * 1000.0).round() as u64 * 1_000_000);
        let captured_at = WallTime::from_unix_millis((self.secs * 1000.0).round() as i64);
        let stamp = FrameStamp { pts, captured_at, ..frame.stamp };
        let watched = self.watch.look(&Frame { stamp, ..frame.clone() });
        (watched.condition, watched.picture.unwrap())
    }

    /// The frames in turn, over and over, painted, for so many seconds; conditions of each.
    pub fn plays(
        &mut self,
        frames: &[Frame],
        secs: f64,
        paint: impl Fn(&mut Canvas),
    ) -> Vec<CameraCondition> {
        let count = (secs * self.fps).round() as usize;
        (0..count)
            .map(|_| {
                let frame = &frames[self.shown % frames.len()];
                self.shown += 1;
                let image = Arc::new(owned(frame, &paint));
                self.show(&Frame { image, ..frame.clone() }).0
            })
            .collect()
    }

    /// Seconds of it until something else is told.
    pub fn told_after(
        &mut self,
        frames: &[Frame],
        secs_max: f64,
        paint: impl Fn(&mut Canvas),
    ) -> Option<(f64, CameraCondition)> {
        let (from, before) = (self.secs, self.told());
        while self.secs < from + secs_max {
            self.plays(frames, 1.0 / self.fps, &paint);
            if self.told() != before {
                return Some((self.secs - from, self.told()?));
            }
        }
        None
    }

    pub fn told(&self) -> Option<CameraCondition> {
        self.watch.public().map(|public| public.condition)
    }
}
