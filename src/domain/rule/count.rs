//! Count family: at least so many things in the zone, together, for the dwell time.
//!
//! Members of a group hide one another, so an open case holds while [`HOLD_SHARE`] of the number is seen.

use super::{RuleEvent, RuleFrame, Sighting, ZoneRule};
use crate::{
    base::time::MediaTime,
    domain::{pixel::PixelBox, track::Track},
};

pub(super) const HOLD_SHARE: f64 = 0.8;

impl ZoneRule {
    pub(super) fn step_count(
        &mut self,
        frame: &RuleFrame<'_>,
        count_min: u32,
        stationary: bool,
    ) -> Vec<RuleEvent> {
        let open = self.stays.first().is_some_and(|stay| stay.timer.is_confirmed());
        let mut members = self.candidates(frame, false);
        members.retain(|t| open || !self.is_permitted(&t.bbox, frame.at));
        let members = match stationary {
            true => self.standing.step(frame.pts, members),
            // Of those who may walk, nobody knows but from now on.
            false => members.into_iter().map(|track| (track, frame.pts)).collect(),
        };
        let least = f64::from(count_min) * if open { HOLD_SHARE } else { 1.0 };
        let enough = frame.valid && members.len() as f64 >= least;
        let sighting = members.first().filter(|_| enough).map(|(first, _)| Sighting {
            track: None,
            class: first.class.clone(),
            bbox: hull(members.iter().map(|(t, _)| t.bbox)).unwrap_or(first.bbox),
            members: members.iter().map(|(t, _)| t.bbox).collect(),
            score: members.iter().map(|(t, _)| t.score).sum::<f32>() / members.len() as f32,
            // What stood there by permission does not count.
            since: match self.exceptions.is_empty() {
                true => together_since(&members, count_min, frame.pts),
                false => frame.pts,
            },
        });
        self.step_whole(frame, sighting)
    }
}

/// Since when so many have been there.
fn together_since(members: &[(&Track, MediaTime)], count_min: u32, now: MediaTime) -> MediaTime {
    let mut since: Vec<MediaTime> = members.iter().map(|(_, since)| *since).collect();
    since.sort_unstable();
    since.get((count_min as usize).saturating_sub(1)).copied().unwrap_or(now)
}

pub(super) fn hull(boxes: impl Iterator<Item = PixelBox>) -> Option<PixelBox> {
    boxes.reduce(|a, b| {
        PixelBox::new(a.x1.min(b.x1), a.y1.min(b.y1), a.x2.max(b.x2), a.y2.max(b.y2))
    })
}
