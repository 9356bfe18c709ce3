//! The state of a known asset: the zone is its slot, and whatever boxes a detector draws there, they are of
//! the one thing that belongs there.
//!
//! A lid that opens, a bag beside the bin and a box that jumps between them do not make a second case. While
//! somebody or something covers half of the slot and nothing is seen of the asset, nothing can be said.

use super::{
    RuleEvent, RuleFrame, Sighting, ZoneRule,
    each::{HIDDEN_SHARE_MIN, OCCLUDERS},
};
use crate::domain::track::Track;

impl ZoneRule {
    pub(super) fn step_slot(&mut self, frame: &RuleFrame<'_>) -> Vec<RuleEvent> {
        let open = self.stays.first().is_some_and(|stay| stay.timer.is_confirmed());
        if frame.valid {
            self.look_at_people(frame);
        }
        let counts = |t: &&Track| open || self.people.let_count(t.id);
        let seen = self.candidates(frame, false);
        let best = seen.iter().copied().filter(counts).max_by(|a, b| a.score.total_cmp(&b.score));
        let slot = self.zone.polygon.bounds();
        let covers = |t: &Track| {
            OCCLUDERS.contains(&t.class.as_str())
                && t.bbox.intersection(&slot) >= HIDDEN_SHARE_MIN * slot.area()
        };
        // Seen, and not to be counted, is not absent either.
        let hidden = best.is_none() && (!seen.is_empty() || frame.tracks.iter().any(covers));
        let sighting = best.filter(|_| frame.valid).map(|track| Sighting {
            track: Some(track.id),
            class: track.class.clone(),
            bbox: track.bbox,
            members: vec![track.bbox],
            score: track.score,
            since: frame.pts,
        });
        self.step_whole(&RuleFrame { valid: frame.valid && !hidden, ..*frame }, sighting)
    }
}
