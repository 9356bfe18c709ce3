//! Detections of one thing over time, in one camera.
//!
//! Enters: the detections of one frame and its media time. Leaves: the tracks that were *seen* in
//! that frame. ByteTrack-class association: confident detections are matched to predicted boxes
//! first, then weak detections to what is left, so that a thing does not lose its identity when its
//! score dips. New tracks come from confident detections only. Ids are `(run, number)`: local to
//! one camera, never reused. Memory is bounded by [`TrackerConfig::tracks_max`].
//!
//! ```text
//! detection -> tentative --2 hits--> confirmed <--match-- lost --lost_for_max--> forgotten
//!                  \--1 miss--> forgotten   \--miss--^
//! ```

mod assign;
mod motion;

use super::{
    detection::Detection,
    ids::{ClassName, TrackId},
    pixel::PixelBox,
};
use crate::base::time::MediaTime;
use motion::Motion;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackerConfig {
    /// Detections at or above this are matched first and may start a track.
    pub score_high_min: f32,
    /// Overlap below which a detection and a predicted box are never the same thing.
    pub iou_min: f32,
    /// The same for weak detections, which must fit better.
    pub iou_weak_min: f32,
    /// A track unseen for longer is forgotten.
    pub lost_for_max: Duration,
    /// A thing whose box overlaps its anchor less than this has moved.
    pub still_iou_min: f32,
    pub tracks_max: usize,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            score_high_min: 0.45,
            iou_min: 0.2,
            iou_weak_min: 0.5,
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
    pub bbox: PixelBox,
    pub score: f32,
    pub first_seen: MediaTime,
    pub last_seen: MediaTime,
    /// Since when the box has stayed about where it is.
    pub still_since: MediaTime,
}

#[derive(Debug)]
struct Tracked {
    track: Track,
    motion: Motion,
    anchor: PixelBox,
    hits: u32,
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
    tracked: Vec<Tracked>,
    counters: TrackerCounters,
}

/// A track is reported from its second hit on.
const HITS_CONFIRM: u32 = 2;

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

    /// Tracks seen in this frame, in the order of their ids.
    pub fn step(&mut self, pts: MediaTime, detections: &[Detection]) -> Vec<Track> {
        for tracked in &mut self.tracked {
            tracked.motion.predict(pts);
        }
        let (strong, weak): (Vec<&Detection>, Vec<&Detection>) =
            detections.iter().partition(|d| d.score >= self.config.score_high_min);

        let everything: Vec<usize> = (0..self.tracked.len()).collect();
        let (unmatched_tracks, unmatched_strong) =
            self.associate(pts, &everything, &strong, self.config.iou_min);
        // Weak detections only continue tracks that were seen a moment ago: they are poor evidence.
        let (_, _) = self.associate(pts, &unmatched_tracks, &weak, self.config.iou_weak_min);

        for index in unmatched_strong {
            self.start(pts, strong[index]);
        }
        self.forget(pts);

        let mut seen: Vec<Track> = self
            .tracked
            .iter()
            .filter(|t| t.hits >= HITS_CONFIRM && t.track.last_seen == pts)
            .map(|t| t.track.clone())
            .collect();
        seen.sort_by_key(|track| track.id);
        seen
    }

    /// Matches detections to the given tracks; returns what found no partner on either side.
    fn associate(
        &mut self,
        pts: MediaTime,
        candidates: &[usize],
        detections: &[&Detection],
        iou_min: f32,
    ) -> (Vec<usize>, Vec<usize>) {
        let affinity = |row: usize, column: usize| {
            let (tracked, detection) = (&self.tracked[candidates[row]], detections[column]);
            if tracked.track.class != detection.class {
                return None;
            }
            let iou = tracked.motion.bbox().iou(&detection.bbox);
            // Confidence breaks ties between boxes that overlap alike.
            (iou >= iou_min).then_some(iou * (0.5 + 0.5 * detection.score))
        };
        let pairs = assign::best_pairs(candidates.len(), detections.len(), affinity);

        let mut track_free = vec![true; candidates.len()];
        let mut detection_free = vec![true; detections.len()];
        for (row, column) in pairs {
            track_free[row] = false;
            detection_free[column] = false;
            self.tracked[candidates[row]].hit(
                pts,
                detections[column],
                &self.config,
                &mut self.counters,
            );
        }
        let free = |flags: Vec<bool>| {
            flags.into_iter().enumerate().filter_map(|(i, free)| free.then_some(i))
        };
        (free(track_free).map(|row| candidates[row]).collect(), free(detection_free).collect())
    }

    fn start(&mut self, pts: MediaTime, detection: &Detection) {
        if self.tracked.len() >= self.config.tracks_max {
            return;
        }
        let id = TrackId { run: self.run, number: self.next_number };
        self.next_number += 1;
        self.counters.started += 1;
        self.tracked.push(Tracked {
            track: Track {
                id,
                class: detection.class.clone(),
                bbox: detection.bbox,
                score: detection.score,
                first_seen: pts,
                last_seen: pts,
                still_since: pts,
            },
            motion: Motion::new(pts, detection.bbox),
            anchor: detection.bbox,
            hits: 1,
        });
    }

    fn forget(&mut self, pts: MediaTime) {
        let before = self.tracked.len();
        let lost_for_max = self.config.lost_for_max;
        self.tracked.retain(|t| {
            let unseen_for = pts.since(t.track.last_seen);
            if t.hits < HITS_CONFIRM { unseen_for.is_zero() } else { unseen_for <= lost_for_max }
        });
        self.counters.forgotten += (before - self.tracked.len()) as u64;
    }
}

impl Tracked {
    fn hit(
        &mut self,
        pts: MediaTime,
        detection: &Detection,
        config: &TrackerConfig,
        counters: &mut TrackerCounters,
    ) {
        self.motion.correct(detection.bbox);
        self.hits += 1;
        if self.hits == HITS_CONFIRM {
            counters.confirmed += 1;
        }
        if self.anchor.iou(&detection.bbox) < config.still_iou_min {
            self.anchor = detection.bbox;
            self.track.still_since = pts;
        }
        self.track.bbox = detection.bbox;
        self.track.score = detection.score;
        self.track.last_seen = pts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> MediaTime {
        MediaTime::from_secs_f64(secs)
    }

    fn person(x: f32, y: f32, score: f32) -> Detection {
        Detection {
            class: "person".parse().unwrap(),
            score,
            bbox: PixelBox::new(x, y, x + 30.0, y + 80.0),
        }
    }

    fn tracker() -> Tracker {
        Tracker::new(TrackerConfig::default(), 1)
    }

    #[test]
    fn a_walker_keeps_one_id_through_a_short_gap() {
        let mut tracker = tracker();
        let mut ids = std::collections::BTreeSet::new();
        for frame in 0..40 {
            let detections = if (20..26).contains(&frame) {
                vec![]
            } else {
                vec![person(frame as f32 * 5.0, 100.0, 0.8)]
            };
            ids.extend(tracker.step(at(f64::from(frame) / 10.0), &detections).iter().map(|t| t.id));
        }
        assert_eq!(ids.len(), 1);
        assert_eq!(tracker.counters().started, 1);
    }

    #[test]
    fn a_dip_in_score_does_not_break_a_track_but_starts_none() {
        let mut tracker = tracker();
        tracker.step(at(0.0), &[person(0.0, 0.0, 0.9)]);
        tracker.step(at(0.1), &[person(0.0, 0.0, 0.9)]);
        let seen = tracker.step(at(0.2), &[person(0.0, 0.0, 0.2), person(300.0, 0.0, 0.2)]);
        assert_eq!(seen.len(), 1);
        assert_eq!(tracker.counters().started, 1);
    }

    #[test]
    fn two_crossing_walkers_keep_their_ids() {
        let mut tracker = tracker();
        let mut last = Vec::new();
        for frame in 0..60 {
            let shift = frame as f32 * 4.0;
            let detections = [person(shift, 100.0, 0.9), person(240.0 - shift, 110.0, 0.9)];
            last = tracker.step(at(f64::from(frame) / 10.0), &detections);
        }
        assert_eq!(tracker.counters().started, 2);
        assert_eq!(last[0].bbox.x1, 236.0);
        assert_eq!(last[1].bbox.x1, 4.0);
    }

    #[test]
    fn standing_still_is_timed_and_moving_resets_it() {
        let mut tracker = tracker();
        for frame in 0..20 {
            tracker.step(at(f64::from(frame)), &[person(50.0 + (frame % 2) as f32, 50.0, 0.9)]);
        }
        let still = tracker.step(at(20.0), &[person(50.0, 50.0, 0.9)]);
        assert_eq!(still[0].still_since, at(0.0));
        let moved = tracker.step(at(20.1), &[person(64.0, 50.0, 0.9)]);
        assert_eq!(moved[0].still_since, at(20.1));
    }

    #[test]
    fn ids_are_not_reused_after_a_thing_is_forgotten() {
        let mut tracker = tracker();
        for secs in [0.0, 0.1] {
            tracker.step(at(secs), &[person(0.0, 0.0, 0.9)]);
        }
        tracker.step(at(10.0), &[]);
        tracker.step(at(10.1), &[person(0.0, 0.0, 0.9)]);
        let again = tracker.step(at(10.2), &[person(0.0, 0.0, 0.9)]);
        assert_eq!(again[0].id.number, 2);
        assert_eq!(tracker.counters().forgotten, 1);
    }

    #[test]
    fn a_flood_of_detections_is_bounded() {
        let mut tracker =
            Tracker::new(TrackerConfig { tracks_max: 10, ..TrackerConfig::default() }, 1);
        let flood: Vec<Detection> = (0..100).map(|i| person(i as f32 * 100.0, 0.0, 0.9)).collect();
        tracker.step(at(0.0), &flood);
        assert_eq!(tracker.step(at(0.1), &flood).len(), 10);
    }
}
