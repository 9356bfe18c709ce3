//! Does a pattern's condition hold in one frame? For verification, which looks at frames, not at time.

use super::area::Lattice;
use crate::domain::{
    detection::Detection,
    pixel::PixelBox,
    scene::Zone,
    taxonomy::{Pattern, Subjects},
};

/// Detections (reference pixels) of the pattern's classes in the zone, at `score_factor` of the filing threshold.
pub fn members<'a>(
    pattern: &Pattern,
    zone: &Zone,
    detections: &'a [Detection],
    score_factor: f32,
) -> Vec<&'a Detection> {
    let score_min = pattern.score_min * score_factor;
    detections
        .iter()
        .filter(|d| {
            d.score >= score_min
                && pattern.classes.contains(&d.class)
                && match pattern.subjects {
                    Subjects::Area { .. } => d.bbox.intersection(&zone.polygon.bounds()) > 0.0,
                    _ => zone.polygon.contains(d.bbox.foot()),
                }
        })
        .collect()
}

/// Whether the condition holds. With `place`, only things near that box count: another stall further
/// along the street does not keep this case open.
pub fn holds(
    pattern: &Pattern,
    zone: &Zone,
    detections: &[Detection],
    place: Option<PixelBox>,
    score_factor: f32,
) -> bool {
    let members = members(pattern, zone, detections, score_factor);
    match pattern.subjects {
        Subjects::Count { count_min, .. } => members.len() >= count_min as usize,
        Subjects::Absence => members.is_empty(),
        Subjects::Area { share_min } => {
            Lattice::of(&zone.polygon).covered(members.iter().map(|d| &d.bbox)) >= share_min
        }
        // A crossing is over when it has happened; no frame shows it.
        Subjects::Line { .. } => false,
        Subjects::Each { .. } if zone.asset.is_some() => !members.is_empty(),
        Subjects::Each { stationary } => members.iter().any(|d| match place {
            Some(place) if stationary => near(&d.bbox, &place),
            _ => true,
        }),
    }
}

/// Overlapping at all, or closer than half the place's size: wide on purpose, because calling a moved
/// thing "gone" is the worse error.
fn near(found: &PixelBox, place: &PixelBox) -> bool {
    let margin = place.width().max(place.height()) / 2.0;
    let wide =
        PixelBox::new(place.x1 - margin, place.y1 - margin, place.x2 + margin, place.y2 + margin);
    wide.intersection(found) > 0.0
}
