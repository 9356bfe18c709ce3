//! Each family: every thing that stays in the zone is a subject of its own.

use super::{Evidence, RuleEvent, RuleFrame, Sighting, Stay, ZoneRule};
use crate::domain::{pixel::PixelBox, track::Track};

/// Overlap at which a track is the thing that stood here before.
pub(super) const SAME_PLACE_IOU_MIN: f32 = 0.3;
/// Overlap with where a thing stood on average at which it is back, unmoved, after it was out of sight.
const UNMOVED_IOU_MIN: f32 = 0.7;
/// Share of a place that another thing must cover to hide it.
pub(super) const HIDDEN_SHARE_MIN: f32 = 0.5;
/// Classes that pass in front of things. Static ones are left out: an emptied bin does not hide the full one.
pub(in crate::domain) const OCCLUDERS: [&str; 7] =
    ["person", "bicycle", "motorcycle", "car", "bus", "truck", "tricycle"];

impl ZoneRule {
    pub(super) fn step_each(&mut self, frame: &RuleFrame<'_>, stationary: bool) -> Vec<RuleEvent> {
        let candidates = self.candidates(frame, stationary);
        let (mut of_stay, mut free) = self.match_to_stays(&candidates);

        let mut events = Vec::new();
        let mut index = 0;
        let pattern = self.pattern.clone();
        if frame.valid {
            self.look_at_people(frame);
        }
        self.stays.retain_mut(|stay| {
            let track = of_stay[index].take().filter(|_| frame.valid);
            index += 1;
            // Before a case is opened, time counts only as the pattern says of people.
            let counts = |t: &&Track| stay.timer.is_confirmed() || self.people.let_count(t.id);
            let absent = match frame.valid {
                false => Evidence::Blind,
                true if !frame.clear => Evidence::Hidden,
                true if track.is_some_and(|t| !counts(&t)) => Evidence::Hidden,
                true if track.is_none() && stationary && is_hidden(stay, frame.tracks) => {
                    Evidence::Hidden
                }
                true => Evidence::Absent,
            };
            let sighting = track.filter(counts).map(|track| sighting(track, stationary));
            let (event, keep) = Self::advance(stay, frame.pts, sighting, absent, &pattern);
            events.extend(event);
            keep
        });
        if frame.valid {
            free.retain(|t| self.people.let_count(t.id));
            for track in free {
                let seen = sighting(track, stationary);
                let counts_since = self.people.let_count_since(track.id);
                let since = counts_since.map_or(seen.since, |at| seen.since.max(at));
                self.begin(frame.pts, Sighting { since, ..seen });
            }
        }
        events
    }

    /// The track of each stay, and the tracks that stand where nothing stood.
    fn match_to_stays<'a>(
        &self,
        candidates: &[&'a Track],
    ) -> (Vec<Option<&'a Track>>, Vec<&'a Track>) {
        let mut of_stay: Vec<Option<&Track>> = vec![None; self.stays.len()];
        let mut free: Vec<&Track> = candidates.to_vec();
        for (slot, stay) in of_stay.iter_mut().zip(&self.stays) {
            if let Some(at) = free.iter().position(|t| stay.track == Some(t.id)) {
                *slot = Some(free.swap_remove(at));
            }
        }
        let mut overlaps: Vec<(f32, usize, &Track)> = Vec::new();
        for (index, stay) in
            self.stays.iter().enumerate().filter(|(index, _)| of_stay[*index].is_none())
        {
            let asleep = stay.timer.is_asleep(&self.pattern);
            let (place, iou_min) = match asleep {
                true => (stay.mean_box, UNMOVED_IOU_MIN),
                false => (stay.bbox, SAME_PLACE_IOU_MIN),
            };
            let near = free.iter().map(|t| (place.iou(&t.bbox), index, *t));
            overlaps.extend(near.filter(|(iou, ..)| *iou >= iou_min));
        }
        overlaps.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.id.cmp(&b.2.id)));
        for (_, index, track) in overlaps {
            if of_stay[index].is_none() && free.iter().any(|t| t.id == track.id) {
                of_stay[index] = Some(track);
                free.retain(|t| t.id != track.id);
            }
        }
        // One thing reported under two classes stands on one place: it is not a second subject.
        let awake = |stay: &&Stay| !stay.timer.is_asleep(&self.pattern);
        free.retain(|t| {
            let mut places = self.stays.iter().filter(awake).map(|stay| stay.bbox);
            !places.any(|place| place.iou(&t.bbox) >= SAME_PLACE_IOU_MIN)
        });
        let mut places: Vec<PixelBox> = Vec::new();
        free.sort_by_key(|t| t.id);
        free.retain(|t| {
            let new = places.iter().all(|place| place.iou(&t.bbox) < SAME_PLACE_IOU_MIN);
            if new {
                places.push(t.bbox);
            }
            new
        });
        (of_stay, free)
    }
}

fn sighting(track: &Track, stationary: bool) -> Sighting {
    Sighting {
        track: Some(track.id),
        class: track.class.clone(),
        bbox: track.bbox,
        members: vec![track.bbox],
        score: track.score,
        since: if stationary { track.still_since } else { track.first_seen },
    }
}

fn is_hidden(stay: &Stay, tracks: &[Track]) -> bool {
    let area = stay.bbox.area().max(f32::EPSILON);
    tracks.iter().any(|t| {
        t.bbox.intersection(&stay.bbox) / area >= HIDDEN_SHARE_MIN
            && OCCLUDERS.contains(&t.class.as_str())
    })
}
