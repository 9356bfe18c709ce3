//! Detections of one thing over time, in one camera.
//!
//! Enters: the detections of one frame and its media time. Leaves: the tracks that were *seen* in
//! that frame. Confident detections are matched to predicted boxes first, then weak detections to what
//! is left, so that a thing does not lose its identity when its score dips. New tracks come from
//! confident detections only. Ids are `(run, number)`: local to one camera, never reused. Memory is
//! bounded by [`TrackerConfig::tracks_max`], a few hundred bytes a track.
//!
//! ```text
//! detection -> seen once --match--> followed --miss--> lost --lost_for_max--> forgotten
//!                  \--once_for_max--> forgotten  \<--match--/
//! ```
//!
//! Evidence is the sum of scores, less a little for every look that missed the thing: a sure thing is
//! reported from its second look on, a doubtful or flickering one later, and not again before it has
//! earned it anew. What flickers is mostly half a thing or two at once.

mod assign;
mod motion;
mod tracked;

use super::{
    detection::Detection,
    ids::{ClassName, TrackId},
    pixel::PixelBox,
};
use crate::base::time::MediaTime;
use assign::Pair;
use std::time::Duration;
use tracked::Tracked;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackerConfig {
    /// Detections at or above this are matched first and may start a track.
    pub score_high_min: f32,
    /// Overlap below which a detection and a predicted box are never the same thing.
    pub iou_min: f32,
    /// The same for weak detections, which must fit better.
    pub iou_weak_min: f32,
    /// Scores, summed up, from which on a track is reported.
    pub evidence_min: f32,
    /// A thing seen once and then unseen for longer is forgotten: two misses at 5 frames a second.
    pub once_for_max: Duration,
    /// A thing seen more often and then unseen for longer is forgotten.
    pub lost_for_max: Duration,
    /// A thing whose box overlaps its anchor less than this has moved.
    pub still_iou_min: f32,
    pub tracks_max: usize,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            score_high_min: 0.45,
            iou_min: 0.15,
            iou_weak_min: 0.5,
            evidence_min: 1.6,
            once_for_max: Duration::from_millis(450),
            lost_for_max: Duration::from_secs(3),
            still_iou_min: 0.6,
            tracks_max: 512,
        }
    }
}

/// One thing as it was in the latest frame that showed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    pub id: TrackId,
    pub class: ClassName,
    /// As detected; [`Tracker::smoothed`] has the filter's.
    pub bbox: PixelBox,
    pub score: f32,
    pub first_seen: MediaTime,
    pub last_seen: MediaTime,
    /// Since when the box has stayed about where it is.
    pub still_since: MediaTime,
}

/// Counters for the log and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrackerCounters {
    pub started: u64,
    pub confirmed: u64,
    pub forgotten: u64,
}

#[derive(Debug)]
pub struct Tracker {
    config: TrackerConfig,
    run: u32,
    next_number: u64,
    /// In the order of their ids.
    tracked: Vec<Tracked>,
    counters: TrackerCounters,
}

impl Tracker {
    /// `run` distinguishes restarts of one camera, so that ids are never reused.
    pub fn new(config: TrackerConfig, run: u32) -> Self {
        Self {
            config,
            run,
            next_number: 1,
            tracked: Vec::new(),
            counters: TrackerCounters::default(),
        }
    }

    pub fn counters(&self) -> TrackerCounters {
        self.counters
    }

    /// The box of a track with the jitter of its detections filtered out, as of the latest step.
    pub fn smoothed(&self, id: TrackId) -> Option<PixelBox> {
        let at = self.tracked.binary_search_by_key(&id, |tracked| tracked.track.id).ok()?;
        Some(self.tracked[at].motion.bbox())
    }

    /// Tracks seen in this frame, in the order of their ids.
    pub fn step(&mut self, pts: MediaTime, detections: &[Detection]) -> Vec<Track> {
        for tracked in &mut self.tracked {
            tracked.predict(pts);
        }
        let (strong, weak): (Vec<&Detection>, Vec<&Detection>) =
            detections.iter().partition(|d| d.score >= self.config.score_high_min);

        let everything: Vec<usize> = (0..self.tracked.len()).collect();
        let (unmatched_tracks, unmatched_strong) =
            self.associate(pts, &everything, &strong, self.config.iou_min);
        let (missed, _) = self.associate(pts, &unmatched_tracks, &weak, self.config.iou_weak_min);

        for index in missed {
            self.tracked[index].miss();
        }
        for index in unmatched_strong {
            self.start(pts, strong[index]);
        }
        self.forget(pts);

        self.tracked
            .iter()
            .filter(|t| t.track.last_seen == pts && t.is_evident(&self.config))
            .map(|t| t.track.clone())
            .collect()
    }

    /// Matches detections to the given tracks; returns what found no partner on either side.
    fn associate(
        &mut self,
        pts: MediaTime,
        candidates: &[usize],
        detections: &[&Detection],
        iou_min: f32,
    ) -> (Vec<usize>, Vec<usize>) {
        let possible = self.possible(candidates, detections, iou_min);
        let mut track_free = vec![true; candidates.len()];
        let mut detection_free = vec![true; detections.len()];
        for Pair { row, column, .. } in
            assign::best_pairs(candidates.len(), detections.len(), &possible)
        {
            track_free[row] = false;
            detection_free[column] = false;
            let confirmed =
                self.tracked[candidates[row]].hit(pts, detections[column], &self.config);
            self.counters.confirmed += u64::from(confirmed);
        }
        let free = |flags: Vec<bool>| {
            flags.into_iter().enumerate().filter_map(|(i, free)| free.then_some(i))
        };
        (free(track_free).map(|row| candidates[row]).collect(), free(detection_free).collect())
    }

    /// Every pair that may be one thing. Only detections about a track are looked at, so that the time
    /// follows the crowd and not its square.
    fn possible(&self, candidates: &[usize], detections: &[&Detection], iou_min: f32) -> Vec<Pair> {
        let left = |column: usize| detections[column].bbox.x1;
        let widest = detections.iter().map(|d| d.bbox.width()).fold(0.0, f32::max);
        let mut by_left: Vec<usize> = (0..detections.len()).collect();
        by_left.sort_unstable_by(|&a, &b| left(a).total_cmp(&left(b)).then(a.cmp(&b)));

        let mut pairs = Vec::with_capacity(2 * candidates.len());
        for (row, &index) in candidates.iter().enumerate() {
            let tracked = &self.tracked[index];
            let PixelBox { x1, x2, .. } = tracked.predicted;
            let from = by_left.partition_point(|&column| left(column) < x1 - widest);
            for &column in by_left[from..].iter().take_while(|&&column| left(column) <= x2) {
                if let Some(gain) = tracked.likeness(detections[column], iou_min) {
                    pairs.push(Pair { row, column, gain });
                }
            }
        }
        pairs
    }

    fn start(&mut self, pts: MediaTime, detection: &Detection) {
        if self.tracked.len() >= self.config.tracks_max {
            return;
        }
        let id = TrackId { run: self.run, number: self.next_number };
        self.next_number += 1;
        self.counters.started += 1;
        self.tracked.push(Tracked::new(id, pts, detection));
    }

    fn forget(&mut self, pts: MediaTime) {
        let before = self.tracked.len();
        let config = self.config;
        self.tracked.retain(|t| pts.since(t.track.last_seen) <= t.kept_for_max(&config));
        self.counters.forgotten += (before - self.tracked.len()) as u64;
    }
}

#[cfg(test)]
#[path = "track_tests.rs"]
mod tests;
