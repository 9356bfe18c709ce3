//! Line family: something crosses a line that is drawn across the picture, in the direction that counts.
//!
//! ```text
//!            to
//!   left     |     right      `rightwards`: from left to right of whoever walks from `from` to `to`
//!            from
//! ```
//!
//! A crossing is a moment: the case is open at once, and each further crossing within the clear time belongs
//! to it. A thing is on a side only when its foot is clear of the line by a share of its own height, so that
//! one who stands on the line crosses nothing. Frames that do not show a thing leave its side as it was.

use super::{RuleEvent, RuleFrame, Sighting, ZoneRule, timer::DwellTimer};
use crate::{
    base::time::MediaTime,
    domain::{
        ids::TrackId, observation::RuleEvent::Confirmed, pixel::PixelPoint, scene::Line,
        taxonomy::Direction, track::Track,
    },
};
use std::{collections::BTreeMap, time::Duration};

/// Share of a thing's height by which its foot must be clear of the line.
const CLEAR_OF_LINE: f64 = 0.1;
/// A thing unseen for longer may have gone round.
const REMEMBERED: Duration = Duration::from_secs(5);
/// As many as a tracker follows.
const KNOWN_MAX: usize = 512;

/// Where each thing was when it was last clear of the line.
#[derive(Debug, Default)]
pub struct Sides(BTreeMap<TrackId, (PixelPoint, MediaTime)>);

impl Sides {
    /// Whether this look at a thing completes a crossing.
    fn crosses(
        &mut self,
        line: &Line,
        direction: Direction,
        track: &Track,
        now: MediaTime,
    ) -> bool {
        let foot = track.bbox.foot();
        if line.rightwards_px(foot).abs() < CLEAR_OF_LINE * f64::from(track.bbox.height()) {
            return false;
        }
        if self.0.len() >= KNOWN_MAX && !self.0.contains_key(&track.id) {
            return false;
        }
        let Some((before, _)) = self.0.insert(track.id, (foot, now)) else { return false };
        let (from, to) = (line.rightwards_px(before), line.rightwards_px(foot));
        let wanted = match direction {
            Direction::Either => true,
            Direction::Rightwards => to > 0.0,
            Direction::Leftwards => to < 0.0,
        };
        (from > 0.0) != (to > 0.0) && wanted && line.is_between(before, foot)
    }

    fn forget(&mut self, now: MediaTime) {
        self.0.retain(|_, (_, seen)| now.since(*seen) <= REMEMBERED);
    }
}

impl ZoneRule {
    pub(super) fn step_line(
        &mut self,
        frame: &RuleFrame<'_>,
        direction: Direction,
    ) -> Vec<RuleEvent> {
        let (pattern, mut sides) = (self.pattern.clone(), std::mem::take(&mut self.sides));
        let mut crossing: Vec<&Track> = Vec::new();
        if let Some(line) = self.zone.line.as_ref().filter(|_| frame.valid) {
            sides.forget(frame.pts);
            let known = frame.tracks.iter().filter(|t| pattern.admits(&t.class, t.score));
            crossing = known.filter(|t| sides.crosses(line, direction, t, frame.pts)).collect();
            crossing.retain(|t| !self.is_permitted(&t.bbox, frame.at));
        }
        self.sides = sides;
        let sighting = crossing.first().map(|first| Sighting {
            track: Some(first.id),
            class: first.class.clone(),
            bbox: first.bbox,
            members: vec![first.bbox],
            score: first.score,
            since: frame.pts,
        });
        match (self.stays.is_empty(), sighting) {
            (true, Some(sighting)) => {
                self.add_stay(sighting, DwellTimer::restored(frame.pts, Duration::ZERO));
                self.stays.first().map(|stay| Confirmed(stay.observation())).into_iter().collect()
            }
            (true, None) => Vec::new(),
            (false, sighting) => {
                let further = u32::from(sighting.is_some());
                let events = self.step_whole(frame, sighting);
                self.stays.iter_mut().for_each(|stay| stay.count += further);
                events
            }
        }
    }
}
