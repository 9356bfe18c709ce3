//! A camera that shows frames of clips.

pub use crate::canvas::{Canvas, clip, frames, owned, root, truth};
use gridwarden::{
    base::time::{MediaTime, WallTime},
    domain::{
        frame::{Frame, FrameStamp},
        health::{Picture, Settings},
        wire::CameraCondition,
    },
    roles::edge::watch::HealthWatch,
};
use std::sync::Arc;

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
