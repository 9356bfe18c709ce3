//! One frame of a verification: does the thing show, and if it does not, may that be believed?
//!
//! Enters: what a detector found, down to scores that it would not report, in reference pixels of the
//! view before; light and likeness of the frame where they were measured. Leaves: a [`Weighed`].
//!
//! Absence is believed on a frame only if nothing hinders it: nothing new covers the place, the place
//! does not look as it did with the thing in it, its surroundings do, the light is that in which the
//! model found the thing, what must be seen there is seen, and nobody is at work.

use super::{
    Hindrance,
    known::{Known, Light},
};
use crate::domain::{
    detection::Detection,
    grid::GridCell,
    ground::GroundView,
    pixel::{PixelBox, PixelPoint, PixelPolygon},
    rule::{OCCLUDERS, area::Lattice, frame_check, is_with},
    scene::{Scene, Zone},
    taxonomy::{Pattern, PersonConstraint},
};

use serde::{Deserialize, Serialize};

/// Of the clearing threshold: what a model half suspects is not found, but it is not absent either.
const SUSPECTED_SHARE: f32 = 0.5;
/// Share of a place that must not be covered.
const HIDDEN_SHARE_MAX: f32 = 0.2;
/// A model this unsure of a lorry before the place is taken at its word.
const COVER_SCORE_MIN: f32 = 0.25;
/// A person beside the place is at work there if this surely seen.
const HANDLED_SCORE_MIN: f32 = 0.4;
/// What stands this far above a place's foot, as a share of its height, stands behind it.
const BEHIND_SHARE: f32 = 0.1;
/// Overlap with where the case has its thing at which it is that thing.
const IT_IOU_MIN: f32 = 0.2;
/// What bars a clearance is about the place if this close to it, by the place's longer side.
const ABOUT_SHARE: f32 = 0.3;
/// A thing of the same kind this close, by its box's longer side, is the thing.
const NEAR_SHARE: f32 = 0.5;
/// ... and so is one within this, moved or in its stead.
const MOVED_METRES_MAX: f64 = 3.0;
const MOVED_SHARE_MAX: f32 = 1.5;
/// Of the means of the footage before, below which it is another light.
const LIGHT_SHARE_MIN: f32 = 0.5;
/// Correlation with the picture before at which a place has not changed, and below which something
/// stands before its surroundings; measured in tests/variants.
const UNCHANGED_MIN: f32 = 0.5;
/// ... with the same bin in it, emptied or not.
const UNCHANGED_ASSET_MIN: f32 = 0.85;
/// ... and below which it is not that bin, or something is before it.
const ASSET_MIN: f32 = 0.4;
const AROUND_MIN: f32 = 0.5;
/// Correlation of what stood there with what lies a step aside at which it was pushed there, though the
/// model does not find it.
const ASIDE_MAX: f32 = 0.6;

/// What is looked for, and where.
pub struct Target<'a> {
    pub pattern: &'a Pattern,
    pub scene: &'a Scene,
    pub zones: Vec<&'a Zone>,
    /// Where the case's thing stood, in reference pixels.
    pub place: Option<PixelBox>,
    /// Only there or beside it, for who knows no more than a cell.
    pub cell: Option<GridCell>,
    pub ground: Option<&'a GroundView>,
    pub memory: Memory,
}

/// Of the footage of the filing.
#[derive(Debug, Clone, PartialEq)]
pub enum Memory {
    /// There is none.
    None,
    /// It is being looked at.
    Learning,
    Known(Known),
}

/// One frame as it was measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    pub detections: &'a [Detection],
    pub light: Option<Light>,
    pub likeness: Option<Likeness>,
}

/// How much of the picture before is found again, -1 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// How far the view has moved since, right and down, in frame widths.
    pub shift: [f32; 2],
    /// At the places of things, the most of any.
    pub places: f32,
    /// About them, the least of any; none where there is nothing to recognise.
    pub around: Option<f32>,
    /// Of what stood there, a step aside, where it was not before; the most of any.
    pub aside: f32,
}

/// How clearly the event shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Showing {
    Nothing,
    /// At the clearing threshold, below the filing one.
    Faintly,
    /// As it must show to be filed.
    Surely,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// What speaks for the event.
    pub members: Vec<Detection>,
    pub showing: Showing,
    pub hindrance: Option<Hindrance>,
    pub cover: Option<Cover>,
}

/// Another thing on the place, which may stand there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cover {
    pub bbox: PixelBox,
    /// Seen clearly enough to be taken at its word on this frame.
    pub is_sure: bool,
    /// A vehicle.
    pub passes: bool,
}

impl Target<'_> {
    pub fn weigh(&self, measured: &Measured<'_>) -> Weighed {
        let members = self.members(measured.detections);
        let factor = self.pattern.closure.score_factor;
        let showing = match (self.holds(&members, 1.0), self.holds(&members, factor)) {
            (true, _) => Showing::Surely,
            (false, true) => Showing::Faintly,
            (false, false) => Showing::Nothing,
        };
        let places = self.places();
        let hindrance = self.hindrance(&places, measured);
        let cover = self.cover(&places, measured.detections);
        Weighed { hindrance, cover, showing, members }
    }

    /// What the pattern's things are, where they stood, for what is remembered of the footage before.
    pub fn is_member(&self, found: &Detection) -> bool {
        let found = std::slice::from_ref(found);
        self.zones
            .iter()
            .any(|zone| !frame_check::members(self.pattern, zone, found, 1.0).is_empty())
    }

    /// Whether a box is the case's thing, in the footage of its filing.
    pub fn is_it(&self, found: &PixelBox) -> bool {
        self.place.is_none_or(|place| {
            place.iou(found) >= IT_IOU_MIN
                || place.contains(found.centre())
                || found.contains(place.centre())
        })
    }

    fn known(&self) -> Option<&Known> {
        match &self.memory {
            Memory::Known(known) => Some(known),
            Memory::None | Memory::Learning => None,
        }
    }

    /// Whether a box is the thing, still there, a little aside or a step away: wide on purpose, since to
    /// call a moved thing gone is the worse error. Another that stood beside it before is not the thing.
    fn is_of_place(&self, found: &PixelBox) -> bool {
        let Some(place) = self.place else { return true };
        if self.memory == Memory::Learning {
            return self.is_it(found);
        }
        if self.known().is_some_and(|known| known.is_neighbour(found)) {
            return false;
        }
        let is_near = place.grown(NEAR_SHARE * place.extent()).intersection(found) > 0.0;
        // Without a memory of what stood about, a thing a step away may be any.
        is_near || self.known().is_some() && self.is_a_step_away(&place, found)
    }

    fn is_a_step_away(&self, place: &PixelBox, found: &PixelBox) -> bool {
        match (self.on_ground(place.foot()), self.on_ground(found.foot())) {
            (Some(from), Some(to)) => from.local.distance_metres(&to.local) <= MOVED_METRES_MAX,
            _ => place.grown(MOVED_SHARE_MAX * place.extent()).intersection(found) > 0.0,
        }
    }

    /// Where the thing stood: as the case says, or as the footage before showed.
    pub fn places(&self) -> Vec<PixelBox> {
        match (&self.place, self.known()) {
            (Some(place), _) => vec![*place],
            (None, Some(known)) => known.places.clone(),
            (None, None) => Vec::new(),
        }
    }

    /// At the clearing threshold.
    fn members(&self, detections: &[Detection]) -> Vec<Detection> {
        let factor = self.pattern.closure.score_factor;
        let mut members: Vec<Detection> = Vec::new();
        for zone in &self.zones {
            for found in frame_check::members(self.pattern, zone, detections, factor) {
                if !members.contains(found) {
                    members.push(found.clone());
                }
            }
        }
        members
    }

    fn holds(&self, members: &[Detection], factor: f32) -> bool {
        let of_place = |found: &Detection| self.is_of_place(&found.bbox);
        self.zones
            .iter()
            .any(|zone| frame_check::holds(self.pattern, zone, members, factor, of_place))
            && self.cell.is_none_or(|cell| members.iter().any(|found| self.is_of_cell(found, cell)))
    }

    /// In the cell or one of its neighbours: a foot point is only known to some metres.
    fn is_of_cell(&self, found: &Detection, cell: GridCell) -> bool {
        let Some(at) = self.on_ground(found.bbox.foot()) else { return false };
        let inside = |cell: GridCell| cell.contains_point(at.point.lon_deg, at.point.lat_deg);
        inside(cell) || cell.neighbours8().any(inside)
    }

    fn on_ground(&self, foot: PixelPoint) -> Option<crate::domain::ground::Located> {
        let (view, size) = (self.ground?, self.scene.reference_size);
        let scale = |of: u32, drawn: u32| f64::from(of) / f64::from(drawn.max(1));
        let point = PixelPoint {
            x: foot.x * scale(view.frame.width_px, size.width_px),
            y: foot.y * scale(view.frame.height_px, size.height_px),
        };
        view.locate(point).ok()
    }

    fn hindrance(&self, places: &[PixelBox], measured: &Measured<'_>) -> Option<Hindrance> {
        let found = measured.detections;
        if self.is_handled(places, found) {
            return Some(Hindrance::BeingHandled);
        }
        if self.is_darker(measured.light) {
            return Some(Hindrance::LowLight);
        }
        self.covered(places, found)
            .or_else(|| self.barred(places, found))
            .or_else(|| self.unlike(measured.likeness))
            .or_else(|| self.lacks_asset(places, found))
            .or_else(|| self.is_suspected(found).then_some(Hindrance::Suspected))
    }

    /// What stays behind and changes its state, a bin, is always a little suspect.
    fn is_suspected(&self, found: &[Detection]) -> bool {
        let factor = SUSPECTED_SHARE * self.pattern.closure.score_factor;
        self.pattern.closure.needs.is_empty() && self.holds(found, factor)
    }

    /// Somebody is with the thing, or where it was, and time does not count while they are.
    fn is_handled(&self, places: &[PixelBox], found: &[Detection]) -> bool {
        self.pattern.person == PersonConstraint::Absent
            && found.iter().any(|d| {
                let by = |place: &PixelBox| is_with(&d.bbox, place);
                d.class.as_str() == "person"
                    && d.score >= HANDLED_SCORE_MIN
                    && places.iter().any(by)
            })
    }

    /// Darker, or with less contrast, than where the model has shown that it finds the thing.
    fn is_darker(&self, light: Option<Light>) -> bool {
        let proved = self.known().and_then(|known| known.light);
        let (Some(now), Some(proved)) = (light, proved) else { return false };
        now.mean < LIGHT_SHARE_MIN * proved.mean
            || now.deviation < LIGHT_SHARE_MIN * proved.deviation
    }

    /// Something else is before the place, or in it, that was not there before.
    fn covered(&self, places: &[PixelBox], found: &[Detection]) -> Option<Hindrance> {
        let new: Vec<&Detection> =
            found.iter().filter(|d| d.score >= COVER_SCORE_MIN && self.is_new(d)).collect();
        let hidden = |lattice: &Lattice, foot: f32| {
            let before = |d: &&&Detection| d.bbox.y2 >= foot;
            let covers = |of: &dyn Fn(&Detection) -> bool| {
                let boxes = new.iter().filter(before).filter(|d| of(d)).map(|d| &d.bbox);
                lattice.covered(boxes) > HIDDEN_SHARE_MAX
            };
            if covers(&passes) {
                Some(Hindrance::ZoneOccluded)
            } else {
                covers(&|_| true).then_some(Hindrance::OtherThingThere)
            }
        };
        if places.is_empty() {
            // Things that stand about in a whole zone belong there.
            let occluded = |of: &Hindrance| *of == Hindrance::ZoneOccluded;
            return self.zones.iter().find_map(|zone| {
                hidden(&Lattice::of(&zone.polygon), zone.polygon.bounds().y1).filter(occluded)
            });
        }
        places.iter().find_map(|place| hidden(&Lattice::of(&corners(place)?), behind(place)))
    }

    /// The box that covers most of a place, however faintly it shows; people walk.
    fn cover(&self, places: &[PixelBox], found: &[Detection]) -> Option<Cover> {
        let mut most: Option<(f32, &Detection)> = None;
        for place in places {
            let lattice = Lattice::of(&corners(place)?);
            for d in found.iter().filter(|d| d.class.as_str() != "person" && self.is_new(d)) {
                let share = lattice.covered(std::iter::once(&d.bbox));
                let is_before = d.bbox.y2 >= behind(place);
                if is_before && share > most.map_or(HIDDEN_SHARE_MAX, |(share, _)| share) {
                    most = Some((share, d));
                }
            }
        }
        most.map(|(_, d)| Cover {
            bbox: d.bbox,
            is_sure: d.score >= COVER_SCORE_MIN,
            passes: passes(d),
        })
    }

    /// Neither the thing, nor what belongs there, nor what stood there before.
    fn is_new(&self, d: &Detection) -> bool {
        !self.pattern.classes.contains(&d.class)
            && !self.pattern.closure.needs.contains(&d.class)
            && !self.known().is_some_and(|known| known.stood(d))
    }

    fn barred(&self, places: &[PixelBox], found: &[Detection]) -> Option<Hindrance> {
        let closure = &self.pattern.closure;
        let bars =
            |d: &Detection, score_min: f32| d.score >= score_min && closure.bars.contains(&d.class);
        let about = |d: &Detection| {
            let near = |place: &PixelBox| {
                place.grown(ABOUT_SHARE * place.extent()).intersection(&d.bbox) > 0.0
            };
            places.iter().any(near)
        };
        let in_zones =
            |d: &Detection| self.zones.iter().any(|zone| zone.polygon.contains(d.bbox.foot()));
        let score_min = self.pattern.score_min;
        let barred = match places {
            // Where nobody knows the place, only what is sure to lie somewhere is held against it.
            [] => found.iter().any(|d| bars(d, score_min) && in_zones(d)),
            _ => found.iter().any(|d| bars(d, score_min * closure.score_factor) && about(d)),
        };
        barred.then_some(Hindrance::OtherThingThere)
    }

    /// What goes leaves another picture; so does, if less, what is emptied.
    fn unlike(&self, likeness: Option<Likeness>) -> Option<Hindrance> {
        let likeness = likeness?;
        if likeness.around.is_some_and(|around| around < AROUND_MIN) {
            return Some(Hindrance::ZoneOccluded);
        }
        match (self.pattern.closure.needs.is_empty(), likeness.places) {
            (true, UNCHANGED_MIN..) | (false, UNCHANGED_ASSET_MIN..) => {
                Some(Hindrance::PlaceUnchanged)
            }
            (false, ..ASSET_MIN) => Some(Hindrance::OtherThingThere),
            _ if likeness.aside > ASIDE_MAX => Some(Hindrance::MovedAside),
            _ => None,
        }
    }

    fn lacks_asset(&self, places: &[PixelBox], found: &[Detection]) -> Option<Hindrance> {
        let needs = &self.pattern.closure.needs;
        let assets = || {
            let seen = |d: &&Detection| d.score >= self.pattern.score_min;
            found.iter().filter(seen).filter(|d| needs.contains(&d.class))
        };
        let is_seen = match places {
            [] => {
                assets().any(|d| self.zones.iter().any(|zone| zone.polygon.contains(d.bbox.foot())))
            }
            places => places.iter().all(|place| assets().any(|d| place.contains(d.bbox.centre()))),
        };
        (!needs.is_empty() && !is_seen).then_some(Hindrance::BinMissing)
    }
}

fn passes(d: &Detection) -> bool {
    OCCLUDERS.contains(&d.class.as_str())
}

/// What stands on ground above this stands behind the place.
fn behind(place: &PixelBox) -> f32 {
    place.y2 - BEHIND_SHARE * place.height()
}

fn corners(place: &PixelBox) -> Option<PixelPolygon> {
    let PixelBox { x1, y1, x2, y2 } = *place;
    let corner = |(x, y): (f32, f32)| PixelPoint { x: f64::from(x), y: f64::from(y) };
    PixelPolygon::new([(x1, y1), (x2, y1), (x2, y2), (x1, y2)].map(corner).to_vec())
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
