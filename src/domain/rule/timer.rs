//! How long a condition has held, in media time, with blind time counted for neither side.
//!
//! ```text
//!            holds long enough            absent long enough, seen to be absent
//! candidate ------------------> confirmed -----------------------------------> ended
//!     \--absent for `gap_max`--> asleep --at the same place again--> candidate
//!                                  \--absent for `unseen_max`--> dropped
//! ```
//!
//! Time passes only between two frames that could see. A stretch without frames, or with a blind
//! camera, proves neither presence nor absence. Where another thing hides the place for a moment, what
//! was seen before and after it counts for the moment, too.
//!
//! A detector loses a standing thing behind whatever it has no name for. The time a candidate was asleep
//! counts as dwell if it is found unmoved afterwards; the frames of that time say nothing about how
//! surely the detector sees it. It must have been seen for [`SEEN_SHARE_MIN`] of the dwell.

use crate::{base::time::MediaTime, domain::taxonomy::Pattern};
use std::time::Duration;

/// What one frame says about one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    Holds,
    Absent,
    /// Something stands in front of the place.
    Hidden,
    /// The camera could not see.
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
/// Share of the dwell for which a thing must really have been seen.
const SEEN_SHARE_MIN: f64 = 0.25;
/// Frames that must have shown a place empty before a thing is gone, however far apart they are.
const CLEAR_FRAMES_MIN: u32 = 5;

#[derive(Debug, Clone)]
pub struct DwellTimer {
    pub first_held: MediaTime,
    pub last_held: MediaTime,
    confirmed: bool,
    /// Held so far, bridged gaps included.
    held: Duration,
    /// Of that, with gaps of `gap_max` at most.
    seen: Duration,
    absent: Duration,
    absent_frames: u32,
    hits: u32,
    /// Frames that could have shown it, but for those while it was asleep.
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
            seen: now.since(first),
            absent: Duration::ZERO,
            absent_frames: 0,
            hits: 1,
            frames: 1,
            last_clear_sight: Some(now),
        }
    }

    /// A condition that was confirmed before a restart.
    pub fn restored(now: MediaTime, dwell: Duration) -> Self {
        Self { confirmed: true, held: dwell, last_clear_sight: None, ..Self::started(now, now) }
    }

    /// A candidate from before a restart, after which nobody has looked for `away`.
    pub fn resumed(
        (first_held, last_held): (MediaTime, MediaTime),
        held: Duration,
        seen: Duration,
        (hits, frames): (u32, u32),
        away: Duration,
    ) -> Self {
        Self {
            first_held,
            last_held,
            confirmed: false,
            held,
            seen,
            absent: away,
            absent_frames: 0,
            hits,
            frames,
            last_clear_sight: None,
        }
    }

    pub fn seen(&self) -> Duration {
        self.seen
    }

    pub fn hits(&self) -> u32 {
        self.hits
    }

    pub fn frames(&self) -> u32 {
        self.frames
    }

    pub fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    pub fn held(&self) -> Duration {
        self.held
    }

    /// A candidate that has been absent for too long to go on as if nothing had been.
    pub fn is_asleep(&self, pattern: &Pattern) -> bool {
        !self.confirmed && self.absent > pattern.gap_max
    }

    pub fn step(
        &mut self,
        pts: MediaTime,
        evidence: Evidence,
        pattern: &Pattern,
    ) -> Option<Change> {
        match evidence {
            Evidence::Holds => self.holds(pts, pattern),
            Evidence::Absent => self.absent(pts, pattern),
            Evidence::Hidden => self.drop_if_stale(pts, pattern),
            Evidence::Blind => {
                self.last_clear_sight = None;
                self.drop_if_stale(pts, pattern)
            }
        }
    }

    fn holds(&mut self, pts: MediaTime, pattern: &Pattern) -> Option<Change> {
        let step = self.time_since_last_sight(pts);
        let span = self.absent + step;
        self.held += span;
        self.hits = self.hits.saturating_add(1);
        self.frames = self.frames.saturating_add(1);
        if self.absent <= pattern.gap_max {
            self.seen += span;
            self.frames = self.frames.saturating_add(self.absent_frames);
        }
        (self.absent, self.absent_frames) = (Duration::ZERO, 0);
        self.last_held = pts;
        let dense =
            f64::from(self.hits) >= f64::from(self.frames) * f64::from(pattern.hit_ratio_min);
        let seen = self.seen >= pattern.dwell.mul_f64(SEEN_SHARE_MIN);
        if self.confirmed || self.held < pattern.dwell || !dense || !seen {
            return None;
        }
        self.confirmed = true;
        Some(Change::Confirmed)
    }

    fn absent(&mut self, pts: MediaTime, pattern: &Pattern) -> Option<Change> {
        let step = self.time_since_last_sight(pts);
        self.absent += step;
        self.absent_frames = self.absent_frames.saturating_add(1);
        if self.confirmed {
            let clear = self.absent >= pattern.clear && self.absent_frames >= CLEAR_FRAMES_MIN;
            clear.then_some(Change::Ended)
        } else if self.absent > pattern.gap_max.max(pattern.unseen_max) {
            Some(Change::Dropped)
        } else {
            self.drop_if_stale(pts, pattern)
        }
    }

    fn time_since_last_sight(&mut self, pts: MediaTime) -> Duration {
        let last = self.last_clear_sight.replace(pts);
        let step = last.map_or(Duration::ZERO, |last| pts.since(last));
        if step > FRAME_GAP_MAX { Duration::ZERO } else { step }
    }

    fn drop_if_stale(&self, pts: MediaTime, pattern: &Pattern) -> Option<Change> {
        let longest = pattern.gap_max.max(pattern.unseen_max) + CANDIDATE_BLIND_MAX;
        let stale = pts.since(self.last_held) > longest;
        (!self.confirmed && stale).then_some(Change::Dropped)
    }
}
