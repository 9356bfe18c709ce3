//! Does a pattern's condition hold in one frame? For verification, which looks at frames, not at time.

use super::{area::Lattice, count::HOLD_SHARE};
use crate::domain::{
    detection::Detection,
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

/// Whether the condition holds. Of things that stand, only those that are `of_place` count: another stall
/// further along the street does not keep a case open.
pub fn holds(
    pattern: &Pattern,
    zone: &Zone,
    detections: &[Detection],
    score_factor: f32,
    of_place: impl Fn(&Detection) -> bool,
) -> bool {
    let members = members(pattern, zone, detections, score_factor);
    match pattern.subjects {
        Subjects::Count { count_min, .. } => {
            let hold_share = if score_factor < 1.0 { HOLD_SHARE } else { 1.0 };
            members.len() as f64 >= f64::from(count_min) * hold_share
        }
        Subjects::Absence => members.is_empty(),
        Subjects::Area { share_min } => {
            Lattice::of(&zone.polygon).covered(members.iter().map(|d| &d.bbox)) >= share_min
        }
        // A crossing is over when it has happened; no frame shows it.
        Subjects::Line { .. } => false,
        Subjects::Each { .. } if zone.asset.is_some() => !members.is_empty(),
        Subjects::Each { stationary: true } => members.into_iter().any(of_place),
        Subjects::Each { stationary: false } => !members.is_empty(),
    }
}
