//! Area family: things cover at least so much of the zone, together, for the dwell time.
//!
//! Share of the picture of the zone, not square metres: a detector's box says how wide and high a thing
//! appears, not how deep it is. Boxes that overlap count once. The zone is sampled on a lattice, so that any
//! polygon and any number of boxes cost the same.

use super::{RuleEvent, RuleFrame, Sighting, ZoneRule, count::hull};
use crate::domain::{
    pixel::{PixelBox, PixelPoint, PixelPolygon},
    track::Track,
};

/// Points a side: a share is known to about a fiftieth of the zone's edge.
const SIDE: u32 = 32;

/// Points of a zone.
#[derive(Debug, Clone)]
pub struct Lattice(Vec<PixelPoint>);

impl Lattice {
    pub fn of(zone: &PixelPolygon) -> Self {
        let bounds = zone.bounds();
        let at = |index: u32, from: f32, length: f32| {
            f64::from(from + length * (index as f32 + 0.5) / SIDE as f32)
        };
        let points = (0..SIDE * SIDE).map(|index| PixelPoint {
            x: at(index % SIDE, bounds.x1, bounds.width()),
            y: at(index / SIDE, bounds.y1, bounds.height()),
        });
        Self(points.filter(|point| zone.contains(*point)).collect())
    }

    /// Share of the zone that boxes cover, 0 to 1.
    pub fn covered<'a>(&self, boxes: impl Iterator<Item = &'a PixelBox> + Clone) -> f32 {
        let is_covered = |point: &&PixelPoint| boxes.clone().any(|b| b.contains(**point));
        let covered = self.0.iter().filter(is_covered).count();
        covered as f32 / self.0.len().max(1) as f32
    }
}

impl ZoneRule {
    pub(super) fn step_area(&mut self, frame: &RuleFrame<'_>, share_min: f32) -> Vec<RuleEvent> {
        let bounds = self.zone.polygon.bounds();
        let open = self.stays.first().is_some_and(|stay| stay.timer.is_confirmed());
        let counts = |t: &&Track| {
            self.pattern.admits(&t.class, t.score)
                && t.bbox.intersection(&bounds) > 0.0
                && (open || !self.is_permitted(&t.bbox, frame.at))
        };
        let members: Vec<&Track> = frame.tracks.iter().filter(counts).collect();
        let boxes = members.iter().map(|t| &t.bbox);
        let enough = frame.valid
            && !members.is_empty()
            && self.lattice.as_ref().is_some_and(|lattice| lattice.covered(boxes) >= share_min);
        let sighting = members.first().filter(|_| enough).map(|first| Sighting {
            track: None,
            class: first.class.clone(),
            bbox: hull(members.iter().map(|t| t.bbox)).unwrap_or(first.bbox),
            members: members.iter().map(|t| t.bbox).collect(),
            score: members.iter().map(|t| t.score).fold(0.0, f32::max),
            since: frame.pts,
        });
        self.step_whole(frame, sighting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn square() -> PixelPolygon {
        let corners = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)];
        PixelPolygon::new(corners.map(|(x, y)| PixelPoint { x, y }).to_vec()).unwrap()
    }

    #[test]
    fn half_of_a_triangle_is_half_of_it() {
        let corners = [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0)];
        let triangle = PixelPolygon::new(corners.map(|(x, y)| PixelPoint { x, y }).to_vec());
        let lattice = Lattice::of(&triangle.unwrap());
        // The corner square of side 50 is half of the triangle of 5,000.
        let covered = lattice.covered([PixelBox::new(0.0, 0.0, 50.0, 50.0)].iter());
        assert!((covered - 0.5).abs() < 0.04, "{covered}");
    }

    proptest! {
        #[test]
        fn what_overlaps_counts_once(x in 0.0f32..50.0, y in 0.0f32..50.0, w in 5.0f32..50.0, h in 5.0f32..50.0) {
            let one = PixelBox::new(x, y, x + w, y + h);
            let lattice = Lattice::of(&square());
            let alone = lattice.covered([one].iter());
            prop_assert!((alone - one.area() / 10_000.0).abs() < 0.04);
            prop_assert_eq!(lattice.covered([one, one].iter()), alone);
            let whole = PixelBox::new(0.0, 0.0, 100.0, 100.0);
            prop_assert_eq!(lattice.covered([one, whole].iter()), 1.0);
        }
    }
}
