//! One thing that is followed: what was seen of it, where it should be now, and how sure it is.

use super::{Track, TrackerConfig, motion::Motion};
use crate::{
    base::time::MediaTime,
    domain::{detection::Detection, ids::TrackId, pixel::PixelBox},
};
use std::time::Duration;

/// More than this cannot be saved up against misses: a thing gone for a while is doubted like a new one.
const EVIDENCE_MAX: f32 = 3.0;
/// What a look that misses the thing costs.
const MISS_COST: f32 = 0.25;

#[derive(Debug)]
pub(super) struct Tracked {
    pub track: Track,
    pub motion: Motion,
    /// Where it should be in the frame of this step.
    pub predicted: PixelBox,
    /// Where it has stood since `track.still_since`.
    anchor: PixelBox,
    evidence: f32,
    /// Looks that saw it.
    hits: u32,
    /// Has been evident once.
    confirmed: bool,
}

impl Tracked {
    pub fn new(id: TrackId, pts: MediaTime, detection: &Detection) -> Self {
        let track = Track {
            id,
            class: detection.class.clone(),
            bbox: detection.bbox,
            score: detection.score,
            first_seen: pts,
            last_seen: pts,
            still_since: pts,
        };
        Self {
            track,
            motion: Motion::new(pts, detection.bbox),
            predicted: detection.bbox,
            anchor: detection.bbox,
            evidence: detection.score,
            hits: 1,
            confirmed: false,
        }
    }

    pub fn predict(&mut self, pts: MediaTime) {
        self.motion.predict(pts);
        self.predicted = self.motion.bbox();
    }

    /// How well a detection fits, above 0; `None` if it is something else. Heights count most: of an
    /// upright thing the width changes with every step, and neighbours hide its sides.
    pub fn likeness(&self, detection: &Detection, iou_min: f32) -> Option<f32> {
        let (ours, theirs) = (&self.predicted, &detection.bbox);
        let iou = ours.iou(theirs);
        if iou < iou_min || iou <= 0.0 || self.track.class != detection.class {
            return None;
        }
        let shared = ours.y2.min(theirs.y2) - ours.y1.max(theirs.y1);
        let both = ours.y2.max(theirs.y2) - ours.y1.min(theirs.y1);
        Some(iou * (shared / both).powi(2))
    }

    /// Whether this hit made it evident for the first time.
    pub fn hit(&mut self, pts: MediaTime, detection: &Detection, config: &TrackerConfig) -> bool {
        self.motion.correct(detection.bbox, detection.score);
        self.hits = self.hits.saturating_add(1);
        self.evidence = (self.evidence + detection.score).min(EVIDENCE_MAX);
        if !detection.bbox.is_at(&self.anchor, config.still_iou_min) {
            self.anchor = detection.bbox;
            self.track.still_since = pts;
        }
        self.track.bbox = detection.bbox;
        self.track.score = detection.score;
        self.track.last_seen = pts;
        let first = !self.confirmed && self.is_evident(config);
        self.confirmed |= first;
        first
    }

    pub fn miss(&mut self) {
        self.evidence = (self.evidence - MISS_COST).max(0.0);
    }

    pub fn is_evident(&self, config: &TrackerConfig) -> bool {
        self.evidence >= config.evidence_min
    }

    pub fn kept_for_max(&self, config: &TrackerConfig) -> Duration {
        if self.hits > 1 { config.lost_for_max } else { config.once_for_max }
    }
}
