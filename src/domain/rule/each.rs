//! Each family: every thing that stays in the zone is a subject of its own.

use super::{Evidence, RuleEvent, RuleFrame, Sighting, Stay, Uncounted, ZoneRule};
use crate::domain::{ids::TrackId, pixel::PixelBox, taxonomy::PersonConstraint, track::Track};

/// Overlap at which a track is the thing that stood here before.
const SAME_PLACE_IOU_MIN: f32 = 0.3;
/// Overlap with where a thing stood on average at which it is back, unmoved, after it was out of sight.
const UNMOVED_IOU_MIN: f32 = 0.7;
/// A person whose feet are this close to a thing, as a share of the person's height, is with it: an arm's
/// length, whether the thing is a bag or a lorry.
const REACH_SHARE: f32 = 0.4;
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
            self.note_uncounted(frame);
        }
        let counted = |id: TrackId| self.uncounted.get(&id).is_none_or(|noted| noted.over);
        self.stays.retain_mut(|stay| {
            let track = of_stay[index].take().filter(|_| frame.valid);
            index += 1;
            // Before a case is opened, time counts only as the pattern says of people.
            let counts = |t: &&Track| stay.timer.is_confirmed() || counted(t.id);
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
            free.retain(|t| counted(t.id));
            for track in free {
                let seen = sighting(track, stationary);
                let counts_since = self.uncounted.get(&track.id).map(|noted| noted.until);
                let since = counts_since.map_or(seen.since, |at| seen.since.max(at));
                self.begin(frame.pts, Sighting { since, ..seen });
            }
        }
        events
    }

    /// Of the pattern's things in the zone, standing or not.
    fn note_uncounted(&mut self, frame: &RuleFrame<'_>) {
        if self.pattern.person == PersonConstraint::Any && self.exceptions.is_empty() {
            return;
        }
        for track in self.candidates(frame, false) {
            let counts = allows(self.pattern.person, &track.bbox, frame.tracks)
                && !self.is_permitted(&track.bbox, frame.at);
            let noted = self.uncounted.get(&track.id);
            if !counts || noted.is_some_and(|noted| !noted.over) {
                self.uncounted.insert(track.id, Uncounted { until: frame.pts, over: counts });
            }
        }
        let longest = self.pattern.gap_max;
        self.uncounted.retain(|_, noted| frame.pts.since(noted.until) <= longest);
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

/// Whether a person is within an arm's length of a thing.
pub(in crate::domain) fn is_with(person: &PixelBox, thing: &PixelBox) -> bool {
    thing.grown(REACH_SHARE * person.height()).contains(person.foot())
}

/// Whether the people around a thing let its time count.
pub(super) fn allows(constraint: PersonConstraint, thing: &PixelBox, tracks: &[Track]) -> bool {
    let somebody =
        || tracks.iter().any(|t| t.class.as_str() == "person" && is_with(&t.bbox, thing));
    match constraint {
        PersonConstraint::Any => true,
        PersonConstraint::Absent => !somebody(),
        PersonConstraint::Present => somebody(),
    }
}

fn is_hidden(stay: &Stay, tracks: &[Track]) -> bool {
    let area = stay.bbox.area().max(f32::EPSILON);
    tracks.iter().any(|t| {
        t.bbox.intersection(&stay.bbox) / area >= HIDDEN_SHARE_MIN
            && OCCLUDERS.contains(&t.class.as_str())
    })
}
