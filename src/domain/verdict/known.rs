//! What the footage of the filing taught: in what light the model found the thing, where, and what else
//! stood about.
//!
//! Enters: every frame of it on which the camera could see, with all that was found. Leaves: [`Known`],
//! of what was found in half of the frames. Bounded by [`THINGS_MAX`].

use super::target::Target;
use crate::domain::{detection::Detection, pixel::PixelBox};

/// Overlap at which two boxes of one class are one thing that stands.
const SAME_IOU_MIN: f32 = 0.5;
/// Share of frames that must show a standing thing. A thing of the pattern counts from less: to forget
/// a place is worse than to remember one too many.
const STOOD_SHARE_MIN: f32 = 0.5;
const PLACE_SHARE_MIN: f32 = 0.3;
const THINGS_MAX: usize = 256;

/// Luma of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    pub mean: f32,
    pub deviation: f32,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    pub light: Option<Light>,
    /// Of the pattern's things that the question is about.
    pub places: Vec<PixelBox>,
    /// Of the pattern's things that it is not about.
    pub neighbours: Vec<PixelBox>,
    /// Other things that stood about.
    pub standing: Vec<Detection>,
}

impl Known {
    /// Whether it is a thing of the kind that stood there beside the one in question.
    pub fn is_neighbour(&self, found: &PixelBox) -> bool {
        self.neighbours.iter().any(|stood| stood.iou(found) >= SAME_IOU_MIN)
    }

    /// Whether it stood there already; nobody who stands there is known by that.
    pub fn stood(&self, found: &Detection) -> bool {
        found.class.as_str() != "person" && self.standing.iter().any(|stood| is_same(stood, found))
    }
}

fn is_same(one: &Detection, other: &Detection) -> bool {
    one.class == other.class && one.bbox.iou(&other.bbox) >= SAME_IOU_MIN
}

/// Gathers [`Known`] frame by frame.
#[derive(Debug, Default)]
pub struct Study {
    frames: u32,
    lights: Vec<Light>,
    things: Vec<Thing>,
}

#[derive(Debug)]
struct Thing {
    /// With the mean of its boxes.
    seen: Detection,
    frames: u32,
}

impl Study {
    /// One frame on which the camera could see; boxes in reference pixels.
    pub fn add(&mut self, detections: &[Detection], light: Option<Light>) {
        self.frames += 1;
        self.lights.extend(light);
        for found in detections {
            let has_room = self.things.len() < THINGS_MAX;
            match self.things.iter_mut().find(|thing| is_same(&thing.seen, found)) {
                Some(thing) => {
                    thing.frames += 1;
                    let share = 1.0 / thing.frames as f32;
                    thing.seen.bbox = thing.seen.bbox.moved_towards(&found.bbox, share);
                    thing.seen.score = thing.seen.score.max(found.score);
                }
                None if has_room => {
                    self.things.push(Thing { seen: found.clone(), frames: 1 });
                }
                None => {}
            }
        }
    }

    pub fn known(self, target: &Target<'_>) -> Known {
        let frames = self.frames.max(1) as f32;
        let mut known = Known { light: middle(self.lights), ..Known::default() };
        for thing in self.things {
            let share = thing.frames as f32 / frames;
            let bbox = thing.seen.bbox;
            if target.pattern.classes.contains(&thing.seen.class) {
                if share < PLACE_SHARE_MIN || !target.is_member(&thing.seen) {
                    continue;
                }
                match target.is_it(&bbox) {
                    true => known.places.push(bbox),
                    false => known.neighbours.push(bbox),
                }
            } else if share >= STOOD_SHARE_MIN {
                known.standing.push(thing.seen);
            }
        }
        known
    }
}

/// Median of the means, median of the deviations.
fn middle(lights: Vec<Light>) -> Option<Light> {
    let median = |of: fn(&Light) -> f32| {
        let mut all: Vec<f32> = lights.iter().map(of).collect();
        all.sort_by(f32::total_cmp);
        all.get(all.len() / 2).copied()
    };
    Some(Light { mean: median(|light| light.mean)?, deviation: median(|light| light.deviation)? })
}
