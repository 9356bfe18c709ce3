//! How long a condition has held, in media time, with blind time counted for neither side.
//!
//! ```text
//!            holds long enough            absent long enough, seen to be absent
//! candidate ------------------> confirmed -----------------------------------> ended
//!     \--absent longer than the gap--> dropped
//! ```
//!
//! Time passes only between two frames that could see. A stretch without frames, or with a blind
//! camera, proves neither presence nor absence.

use crate::{base::time::MediaTime, domain::taxonomy::Pattern};
use std::time::Duration;

/// What one frame says about one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    Holds,
    Absent,
    /// The camera, or the place in the picture, could not be seen.
    Blind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Confirmed,
    Dropped,
    Ended,
}

/// Frames further apart than this leave a hole that counts as blind.
const FRAME_GAP_MAX: Duration = Duration::from_secs(10);
/// A candidate that nobody could see for longer than its gap and this is not the same candidate.
const CANDIDATE_BLIND_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub struct DwellTimer {
    pub first_held: MediaTime,
    pub last_held: MediaTime,
    confirmed: bool,
    /// Held so far, bridged gaps included.
    held: Duration,
    absent: Duration,
    hits: u32,
    frames: u32,
    last_clear_sight: Option<MediaTime>,
}

impl DwellTimer {
    /// A condition that has held since `first` and is seen to hold now.
    pub fn started(first: MediaTime, now: MediaTime) -> Self {
        Self {
            first_held: first,
            last_held: now,
            confirmed: false,
            held: now.since(first),
            absent: Duration::ZERO,
            hits: 1,
            frames: 1,
            last_clear_sight: Some(now),
        }
    }

    /// A condition that was confirmed before a restart.
    pub fn restored(now: MediaTime, dwell: Duration) -> Self {
        Self { confirmed: true, held: dwell, last_clear_sight: None, ..Self::started(now, now) }
    }

    pub fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    pub fn held(&self) -> Duration {
        self.held
    }

    pub fn step(
        &mut self,
        pts: MediaTime,
        evidence: Evidence,
        pattern: &Pattern,
    ) -> Option<Change> {
        if evidence == Evidence::Blind {
            self.last_clear_sight = None;
            return self.drop_if_stale(pts, pattern);
        }
        let step =
            self.last_clear_sight.replace(pts).map_or(Duration::ZERO, |last| pts.since(last));
        let step = if step > FRAME_GAP_MAX { Duration::ZERO } else { step };
        self.frames = self.frames.saturating_add(1);
        match evidence {
            Evidence::Holds => {
                self.hits = self.hits.saturating_add(1);
                self.held += self.absent + step;
                self.absent = Duration::ZERO;
                self.last_held = pts;
                let dense = f64::from(self.hits)
                    >= f64::from(self.frames) * f64::from(pattern.hit_ratio_min);
                if !self.confirmed && self.held >= pattern.dwell && dense {
                    self.confirmed = true;
                    return Some(Change::Confirmed);
                }
                None
            }
            Evidence::Absent | Evidence::Blind => {
                self.absent += step;
                if self.confirmed {
                    (self.absent >= pattern.clear).then_some(Change::Ended)
                } else if self.absent > pattern.gap_max {
                    Some(Change::Dropped)
                } else {
                    self.drop_if_stale(pts, pattern)
                }
            }
        }
    }

    fn drop_if_stale(&self, pts: MediaTime, pattern: &Pattern) -> Option<Change> {
        let stale = pts.since(self.last_held) > pattern.gap_max + CANDIDATE_BLIND_MAX;
        (!self.confirmed && stale).then_some(Change::Dropped)
    }
}
