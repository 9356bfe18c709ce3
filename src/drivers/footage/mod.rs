//! Short recordings of each camera on disk: a pre-roll for clips, and footage to verify against.
//!
//! Enters: compressed access units with their wall time. Leaves: segments of 2 to 4 s under
//! `<dir>/<camera>/`, each beginning with a key frame; clips with heads and plates hidden.
//!
//! ```text
//! 2026-01-01T08:00:00.000Z.part.mkv                          being written, readable up to its last cluster
//! 2026-01-01T08:00:00.000Z_2026-01-01T08:00:03.200Z.mkv      finished: first frame, end of last frame
//! ```
//! The names are the index: nothing else has to be kept in step with the files, and a crash leaves at
//! worst one `.part` file, which the next start closes.
//!
//! # Failure
//! A recorder that cannot write tells it once, tries again, and never holds up analysis.

pub mod clip;
pub mod mask;
mod recorder;
mod segment;

pub use recorder::{Recorder, RecorderConfig, RecorderEvent};
pub use segment::Segment;

use crate::{base::time::WallTime, domain::ids::CameraId};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Reads what recorders wrote.
#[derive(Debug, Clone)]
pub struct Footage {
    dir: PathBuf,
}

impl Footage {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Segments with frames from `from` to before `to`, oldest first.
    pub fn segments(
        &self,
        camera: &CameraId,
        from: WallTime,
        to: WallTime,
    ) -> io::Result<Vec<Segment>> {
        let mut segments = segment::list(&self.dir.join(camera.as_str()))?;
        segments.retain(|segment| segment.starts_at < to && segment.ends_at > from);
        Ok(segments)
    }

    /// First to last recorded moment; `None` without a recording. There may be gaps within.
    pub fn recording_span(&self, camera: &CameraId) -> io::Result<Option<(WallTime, WallTime)>> {
        let segments = segment::list(&self.dir.join(camera.as_str()))?;
        let ends_at = segments.iter().map(|segment| segment.ends_at).max();
        Ok(segments.first().map(|segment| segment.starts_at).zip(ends_at))
    }
}

/// Stretches of `from..to` that no segment covers. Breaks shorter than a second do not count.
pub fn gaps(segments: &[Segment], from: WallTime, to: WallTime) -> Vec<(WallTime, WallTime)> {
    const GAP_MILLIS_MIN: u128 = 1_000;
    let mut covered_to = from;
    let mut gaps = Vec::new();
    for segment in segments {
        gaps.push((covered_to, segment.starts_at.min(to)));
        covered_to = covered_to.max(segment.ends_at);
    }
    gaps.push((covered_to, to));
    gaps.retain(|(begins, ends)| ends.since(*begins).as_millis() >= GAP_MILLIS_MIN);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> WallTime {
        WallTime::from_unix_millis(secs * 1_000)
    }

    fn segment(from: i64, to: i64) -> Segment {
        Segment {
            path: PathBuf::new(),
            starts_at: at(from),
            ends_at: at(to),
            bytes: 1,
            open: false,
        }
    }

    #[test]
    fn gaps_are_what_no_segment_covers() {
        let segments = [segment(8, 12), segment(12, 15), segment(20, 24)];
        assert_eq!(gaps(&segments, at(10), at(22)), [(at(15), at(20))]);
        assert_eq!(
            gaps(&segments, at(0), at(30)),
            [(at(0), at(8)), (at(15), at(20)), (at(24), at(30))]
        );
        assert_eq!(gaps(&[], at(0), at(5)), [(at(0), at(5))]);
    }
}
