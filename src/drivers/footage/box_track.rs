//! Boxes over time, for a painter: what a mask hides between two frames that were looked at.
//!
//! Enters: boxes of the frames that the detector saw. Leaves: boxes for any moment near them. A box holds
//! for a while before and after its frame, and goes on as it moved: whoever walks into the picture is
//! hidden before the detector knows him.

use crate::{base::time::WallTime, domain::pixel::PixelBox};
use std::{collections::BTreeMap, time::Duration};

/// Between two frames a thing moves by less than so many of its own sides.
const STEP_SIDES_MAX: f32 = 1.5;
/// And becomes at most so much wider.
const GROWTH_MAX: f32 = 2.0;

#[derive(Debug, Clone)]
pub struct BoxTrack {
    boxes: BTreeMap<WallTime, Vec<PixelBox>>,
    hold: Duration,
}

impl BoxTrack {
    pub fn new(boxes: impl IntoIterator<Item = (WallTime, Vec<PixelBox>)>, hold: Duration) -> Self {
        let mut sorted = BTreeMap::<_, Vec<_>>::new();
        for (at, some) in boxes {
            sorted.entry(at).or_default().extend(some);
        }
        Self { boxes: sorted, hold }
    }

    fn near(&self, at: WallTime) -> impl Iterator<Item = (WallTime, &Vec<PixelBox>)> {
        let span = at.minus(self.hold)..=at.plus(self.hold);
        self.boxes.range(span).map(|(at, boxes)| (*at, boxes))
    }

    /// Whether any frame near this moment was looked at. Where none was, nobody knows what to hide.
    pub fn knows(&self, at: WallTime) -> bool {
        self.near(at).next().is_some()
    }

    /// All boxes that hold at a moment: where they were found, and where they are by then.
    pub fn around(&self, at: WallTime) -> Vec<PixelBox> {
        let mut all: Vec<PixelBox> = self.near(at).flat_map(|(_, boxes)| boxes).copied().collect();
        let mut frames = self.near(at);
        let Some((mut earlier, mut before)) = frames.next() else { return all };
        for (later, after) in frames {
            for b in after {
                let Some(a) = before.iter().filter(|a| same(a, b)).min_by(by_way_to(b)) else {
                    continue;
                };
                let millis =
                    |from: WallTime, to: WallTime| (to.unix_millis() - from.unix_millis()) as f32;
                let part = |from| millis(from, at) / millis(earlier, later).max(1.0);
                let [dx, dy] = way(a, b);
                all.push(a.moved(dx * part(earlier), dy * part(earlier)));
                all.push(b.moved(dx * part(later), dy * part(later)));
            }
            (earlier, before) = (later, after);
        }
        all
    }

    /// The boxes of the nearest moment within `hold`: for marking, where a trail would confuse.
    pub fn nearest(&self, at: WallTime) -> &[PixelBox] {
        self.near(at)
            .min_by_key(|(when, _)| when.since(at).max(at.since(*when)))
            .map_or(&[], |(_, boxes)| boxes)
    }
}

/// By the middle of the upper edge: whoever walks into the picture has his head in it first.
fn way(a: &PixelBox, b: &PixelBox) -> [f32; 2] {
    [(b.x1 + b.x2 - a.x1 - a.x2) / 2.0, b.y1 - a.y1]
}

fn by_way_to(b: &PixelBox) -> impl Fn(&&PixelBox, &&PixelBox) -> std::cmp::Ordering {
    let square = |a: &PixelBox| way(a, b).map(|side| side * side).iter().sum::<f32>();
    move |one, other| square(one).total_cmp(&square(other))
}

fn same(a: &PixelBox, b: &PixelBox) -> bool {
    let [dx, dy] = way(a, b).map(f32::abs);
    let (width, height) = (a.width().max(b.width()), a.height().max(b.height()));
    let growth = width / a.width().min(b.width()).max(1.0);
    dx <= STEP_SIDES_MAX * width && dy <= STEP_SIDES_MAX * height && growth <= GROWTH_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_hold_on_both_sides_of_their_frame() {
        let at = WallTime::from_unix_millis;
        let area = |x: f32| PixelBox::new(x, 0.0, x + 10.0, 10.0);
        let track = BoxTrack::new(
            [
                (at(1_000), vec![area(0.0)]),
                (at(1_200), vec![area(20.0)]),
                (at(1_200), vec![area(40.0)]),
            ],
            Duration::from_millis(150),
        );
        assert_eq!(track.around(at(800)).len(), 0);
        assert_eq!(track.around(at(900)).len(), 1);
        assert!(track.around(at(1_100)).len() >= 3);
        assert_eq!(track.nearest(at(1_090)), [area(0.0)]);
        assert_eq!(track.nearest(at(1_300)).len(), 2);
        assert!(track.nearest(at(1_400)).is_empty());
    }

    #[test]
    fn a_box_goes_on_as_it_moved_and_another_does_not_draw_it_away() {
        let at = WallTime::from_unix_millis;
        let area = |x: f32, y: f32| PixelBox::new(x, y, x + 20.0, y + 20.0);
        let walker = [(at(1_000), vec![area(100.0, 100.0)]), (at(1_200), vec![area(110.0, 90.0)])];
        let covers = |track: &BoxTrack, millis: i64, x: f32, y: f32| {
            track.around(at(millis)).iter().any(|mask| *mask == area(x, y))
        };
        let track = BoxTrack::new(walker.clone(), Duration::from_millis(600));
        assert!(covers(&track, 1_100, 105.0, 95.0), "between");
        assert!(covers(&track, 600, 80.0, 120.0), "before it was seen");
        assert!(covers(&track, 1_600, 130.0, 70.0), "after");
        assert!(track.around(at(1_801)).is_empty());
        let far = [(at(1_000), vec![area(100.0, 100.0)]), (at(1_200), vec![area(140.0, 100.0)])];
        let track = BoxTrack::new(far, Duration::from_millis(600));
        assert_eq!(track.around(at(1_100)), [area(100.0, 100.0), area(140.0, 100.0)]);
    }

    #[test]
    fn a_moment_that_was_looked_at_and_empty_is_not_an_unknown_one() {
        let at = WallTime::from_unix_millis;
        let track = BoxTrack::new([(at(1_000), vec![])], Duration::from_millis(600));
        assert!(track.knows(at(1_500)) && track.around(at(1_500)).is_empty());
        assert!(!track.knows(at(1_700)));
    }
}
