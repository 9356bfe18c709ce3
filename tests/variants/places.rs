//! Where things stand in the committed clips, and when: with the thing, and after it.

use crate::canvas::{clip, frames, truth};
use gridwarden::domain::{frame::Frame, pixel::PixelBox};
use serde_json::Value;

pub const FPS: f64 = 5.0;

/// A thing that comes and goes. Times are seconds of the clip.
pub struct Place {
    pub clip: &'static str,
    pub pattern: &'static str,
    /// As the truth names it.
    pub thing: &'static str,
    /// It is filed ...
    pub filed: (f64, f64),
    /// ... still there ...
    pub still: (f64, f64),
    /// ... and gone, for good, with nobody at the place: who is there keeps the verdict waiting.
    pub gone: (f64, f64),
    pub px_per_metre: f32,
    /// How far the zone reaches beyond the thing, by its longer side.
    pub zone_about: f32,
}

const fn place(
    clip: &'static str,
    pattern: &'static str,
    thing: &'static str,
    [filed, still, gone]: [(f64, f64); 3],
    px_per_metre: f32,
    zone_about: f32,
) -> Place {
    Place { clip, pattern, thing, filed, still, gone, px_per_metre, zone_about }
}

pub const PLACES: [Place; 8] = [
    place(
        "stall_day",
        "roadside_stall",
        "stall",
        [(15.0, 20.0), (22.0, 44.0), (53.0, 60.0)],
        40.0,
        1.2,
    ),
    place(
        "stall_dusk",
        "roadside_stall",
        "stall",
        [(15.0, 20.0), (22.0, 44.0), (53.0, 60.0)],
        40.0,
        1.2,
    ),
    place(
        "stall_junction",
        "roadside_stall",
        "stall",
        [(15.0, 20.0), (22.0, 44.0), (53.0, 60.0)],
        42.0,
        1.2,
    ),
    place(
        "bin_day",
        "bin_overflowing",
        "bin_green",
        [(13.0, 18.0), (20.0, 44.0), (49.0, 60.0)],
        46.0,
        1.2,
    ),
    place(
        "bin_overcast",
        "bin_overflowing",
        "bin_green",
        [(13.0, 18.0), (19.0, 34.0), (39.0, 50.0)],
        46.0,
        1.2,
    ),
    place(
        "garbage_day",
        "exposed_waste",
        "dumped",
        [(10.0, 15.0), (20.0, 27.0), (41.6, 47.0)],
        48.0,
        1.2,
    ),
    place(
        "bin_day",
        "exposed_waste",
        "garbage",
        [(13.4, 18.0), (20.0, 44.0), (50.6, 60.0)],
        46.0,
        1.2,
    ),
    place(
        "parking_day",
        "illegal_parking",
        "offender",
        [(13.0, 18.0), (19.0, 40.0), (44.0, 49.0)],
        33.0,
        0.35,
    ),
];

/// A clip in memory.
pub struct Clip {
    pub frames: Vec<Frame>,
    pub truth: Value,
}

impl Clip {
    pub fn open(name: &str) -> Self {
        Self { frames: frames(&clip(name), FPS, 60), truth: truth(name) }
    }

    pub fn between(&self, (from, to): (f64, f64)) -> &[Frame] {
        let index = |secs: f64| ((secs * FPS) as usize).min(self.frames.len());
        &self.frames[index(from)..index(to)]
    }

    /// The largest share of a box that another thing covers at a moment.
    pub fn overlapping(&self, place: &PixelBox, secs: f64) -> f32 {
        let things = self.truth["things"].as_object().into_iter().flat_map(|all| all.values());
        let seen = things.filter_map(|thing| self.seen(thing.as_str()?, secs));
        seen.map(|thing| thing.intersection(place) / place.area()).fold(0.0, f32::max)
    }

    /// Where a thing shows at a moment.
    pub fn seen(&self, thing: &str, secs: f64) -> Option<PixelBox> {
        let things = self.truth["things"].as_object()?;
        let id: u64 = things.iter().find(|(_, name)| *name == thing)?.0.parse().ok()?;
        let objects = self.truth["frames"][(secs * FPS) as usize]["objects"].as_array()?;
        let object = objects.iter().find(|object| object["id"] == id)?;
        let edges: Vec<f32> = object["visible"]
            .as_array()?
            .iter()
            .map(|edge| edge.as_f64().unwrap() as f32)
            .collect();
        Some(PixelBox::new(edges[0], edges[1], edges[2], edges[3]))
    }
}
