//! Absence family: what belongs into the zone is not there for the dwell time.
//!
//! The zone is the slot of a known asset, such as a bin. While somebody or something stands in the slot,
//! nothing can be said of it.

use super::{RuleEvent, RuleFrame, Sighting, ZoneRule, each::OCCLUDERS};

impl ZoneRule {
    pub(super) fn step_absence(&mut self, frame: &RuleFrame<'_>) -> Vec<RuleEvent> {
        let slot = self.zone.polygon.bounds();
        let hidden = frame
            .tracks
            .iter()
            .any(|t| OCCLUDERS.contains(&t.class.as_str()) && t.bbox.intersection(&slot) > 0.0);
        let frame = &RuleFrame { valid: frame.valid && frame.clear && !hidden, ..*frame };
        let missing = frame.valid && self.candidates(frame, false).is_empty();
        let sighting = self.pattern.classes.first().filter(|_| missing).map(|class| Sighting {
            track: None,
            class: class.clone(),
            bbox: slot,
            members: vec![slot],
            score: 1.0,
            since: frame.pts,
        });
        self.step_whole(frame, sighting)
    }
}
