//! People at a thing: loading, selling, sweeping it up. A pattern says whether time counts with them or without.

use super::{RuleFrame, ZoneRule, each::SAME_PLACE_IOU_MIN};
use crate::{
    base::time::MediaTime,
    domain::{ids::TrackId, pixel::PixelBox, taxonomy::PersonConstraint, track::Track},
};
use std::{collections::BTreeMap, time::Duration};

/// A person whose feet are this close to a thing, as a share of the person's height, is with it: an arm's
/// length, whether the thing is a bag or a lorry.
const REACH_SHARE: f32 = 0.4;
/// Who was last seen at a thing is believed to be at it for so long, and no longer than a gap of the pattern.
const OUT_OF_SIGHT_MAX: Duration = Duration::from_secs(10);

/// What a rule that asks for people, or has exceptions, remembers.
#[derive(Debug, Default)]
pub(super) struct People {
    /// Where somebody was last seen, and when.
    seen: BTreeMap<TrackId, (PixelBox, MediaTime)>,
    uncounted: BTreeMap<TrackId, Uncounted>,
}

/// A thing was handled, or there by permission: its dwell begins after that.
#[derive(Debug, Clone, Copy)]
struct Uncounted {
    until: MediaTime,
    over: bool,
}

impl People {
    /// Whether the time of a thing counts in the frame that was looked at last.
    pub fn let_count(&self, thing: TrackId) -> bool {
        self.uncounted.get(&thing).is_none_or(|noted| noted.over)
    }

    /// Since when it does, where it did not.
    pub fn let_count_since(&self, thing: TrackId) -> Option<MediaTime> {
        self.uncounted.get(&thing).map(|noted| noted.until)
    }

    /// Everybody in the picture, and who went out of sight a moment ago: behind a lorry, he unloads it.
    fn see(&mut self, frame: &RuleFrame<'_>, longest: Duration) {
        let seen: Vec<&Track> =
            frame.tracks.iter().filter(|t| t.class.as_str() == "person").collect();
        self.seen.extend(seen.iter().map(|t| (t.id, (t.bbox, frame.pts))));
        self.seen.retain(|id, (bbox, at)| {
            // One found again under another id is not there twice.
            let found = |t: &&Track| t.id != *id && t.bbox.iou(bbox) >= SAME_PLACE_IOU_MIN;
            *at == frame.pts || (frame.pts.since(*at) <= longest && !seen.iter().any(found))
        });
    }
}

impl ZoneRule {
    /// Looks at the people about the pattern's things in the zone, standing or not.
    pub(super) fn look_at_people(&mut self, frame: &RuleFrame<'_>) {
        let (person, longest) = (self.pattern.person, self.pattern.gap_max);
        if person == PersonConstraint::Any && self.exceptions.is_empty() {
            return;
        }
        self.people.see(frame, longest.min(OUT_OF_SIGHT_MAX));
        for thing in self.candidates(frame, false) {
            let people = self.people.seen.values().map(|(bbox, _)| bbox);
            let counts =
                allows(person, &thing.bbox, people) && !self.is_permitted(&thing.bbox, frame.at);
            if !counts || !self.people.let_count(thing.id) {
                let noted = Uncounted { until: frame.pts, over: counts };
                self.people.uncounted.insert(thing.id, noted);
            }
        }
        self.people.uncounted.retain(|_, noted| frame.pts.since(noted.until) <= longest);
    }
}

/// Whether a person is within an arm's length of a thing.
pub(in crate::domain) fn is_with(person: &PixelBox, thing: &PixelBox) -> bool {
    thing.grown(REACH_SHARE * person.height()).contains(person.foot())
}

/// Whether the people around a thing let its time count.
fn allows<'a>(
    constraint: PersonConstraint,
    thing: &PixelBox,
    mut people: impl Iterator<Item = &'a PixelBox>,
) -> bool {
    match constraint {
        PersonConstraint::Any => true,
        PersonConstraint::Absent => !people.any(|person| is_with(person, thing)),
        PersonConstraint::Present => people.any(|person| is_with(person, thing)),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{pattern, rule, run, standing},
        *,
    };
    use crate::domain::taxonomy::{Pattern, Subjects};
    use std::sync::Arc;

    #[test]
    fn whoever_is_within_an_arms_length_is_with_a_thing_however_large_it_is() {
        let lorry = PixelBox::new(100.0, 100.0, 500.0, 200.0);
        // 60 px tall, so 24 px reach; feet in the middle of the box.
        let with = |x| is_with(&standing(1, "person", x, 0.0, 1.0).bbox, &lorry);
        assert!(with(493.0), "23 px from its side");
        assert!(!with(495.0), "25 px from its side");
    }

    fn left_alone() -> ZoneRule {
        let waste = pattern(Subjects::Each { stationary: true }, &["garbage_pile"], 60);
        let person = PersonConstraint::Absent;
        rule(Arc::new(Pattern { person, ..Arc::unwrap_or_clone(waste) }))
    }

    /// Waste that stands from the beginning, and somebody who is at it from one second to another and then
    /// walks off to the right, or goes out of sight.
    fn handled(from: u32, to: u32, walks_off: bool) -> impl Fn(u32) -> Vec<Track> {
        move |s| {
            let waste = standing(1, "garbage_pile", 100.0, 0.0, s.into());
            let person = |x| standing(2, "person", x, s.into(), s.into());
            match s {
                _ if (from..to).contains(&s) => vec![waste, person(120.0)],
                _ if s >= to && walks_off => vec![waste, person(400.0)],
                _ => vec![waste],
            }
        }
    }

    #[test]
    fn the_dwell_begins_as_soon_as_nobody_is_at_the_thing() {
        let found = |s: u32| if s < 2 { vec![] } else { handled(0, 0, false)(s) };
        assert_eq!(run(&mut left_alone(), 0..100, |_| true, found), [(60, "confirmed")]);
        let handled = handled(0, 20, true);
        assert_eq!(run(&mut left_alone(), 0..100, |_| true, handled), [(80, "confirmed")]);
    }

    #[test]
    fn who_walks_past_a_thing_does_not_begin_its_dwell_anew_and_who_stays_at_it_does_not_let_it_count()
     {
        let passer_by = run(&mut left_alone(), 0..100, |_| true, handled(30, 34, true));
        assert_eq!(passer_by, [(60, "confirmed")]);
        assert_eq!(run(&mut left_alone(), 0..100, |_| true, handled(30, 100, true)), []);
    }

    #[test]
    fn who_went_out_of_sight_at_a_thing_is_at_it_for_a_while() {
        let unseen = run(&mut left_alone(), 0..100, |_| true, handled(0, 20, false));
        assert_eq!(unseen, [(85, "confirmed")]);
        // The tracker found him again under another id, and he walked off.
        let renamed = |s: u32| match s {
            20 => vec![
                standing(1, "garbage_pile", 100.0, 0.0, 20.0),
                standing(3, "person", 130.0, 20.0, 20.0),
            ],
            21.. => vec![
                standing(1, "garbage_pile", 100.0, 0.0, s.into()),
                standing(3, "person", 400.0, s.into(), s.into()),
            ],
            _ => handled(0, 20, false)(s),
        };
        assert_eq!(run(&mut left_alone(), 0..100, |_| true, renamed), [(81, "confirmed")]);
    }
}
