//! A located thing as the wire states it: CGCS2000 position, error, and BeiDou codes no finer than the error.

use super::{
    geo::GeoPoint,
    grid::{GridCell, GridCell3, Level},
    ground::{GroundView, Located},
    pixel::{PixelBox, PixelSize},
    wire::PlaceData,
};

/// Place of one thing or a group, from the feet of its boxes (reference pixels of `drawn`).
///
/// A group lies at the centre of its members and is as uncertain as its farthest member. `None`
/// without a calibration, outside its hull, or where the grid has no code (polar caps).
pub fn place_of(
    view: Option<&GroundView>,
    members: &[PixelBox],
    drawn: PixelSize,
) -> Option<PlaceData> {
    let view = view?;
    let (sx, sy) = (
        view.frame.width_px as f32 / drawn.width_px as f32,
        view.frame.height_px as f32 / drawn.height_px as f32,
    );
    let located: Vec<Located> =
        members.iter().filter_map(|b| view.locate_foot(&b.scaled(sx, sy)).ok()).collect();
    let n = located.len() as f64;
    let first = located.first()?;
    let mean = |value: fn(&Located) -> f64| located.iter().map(value).sum::<f64>() / n;
    let centre =
        GeoPoint { lon_deg: mean(|l| l.point.lon_deg), lat_deg: mean(|l| l.point.lat_deg) };
    let error_metres = located
        .iter()
        .map(|l| l.error_metres.max(l.point.distance_metres(&centre)))
        .fold(0.0, f64::max);
    place_at(centre, first.height_metres, error_metres)
}

/// Codes and rounded coordinates of one position; `None` where the grid has no code.
pub fn place_at(point: GeoPoint, height_metres: f64, error_metres: f64) -> Option<PlaceData> {
    let level = Level::for_accuracy(error_metres, point.lat_deg);
    let cell = GridCell::from_lonlat(point.lon_deg, point.lat_deg, level).ok()?;
    let solid = GridCell3::from_point(point.lon_deg, point.lat_deg, height_metres, level).ok()?;
    let round = |value: f64, digits: i32| (value * 10f64.powi(digits)).round() / 10f64.powi(digits);
    Some(PlaceData {
        code_2d: cell.code().to_string(),
        code_3d: Some(solid.code().to_string()),
        level: level.number(),
        lon_deg: round(point.lon_deg, 8),
        lat_deg: round(point.lat_deg, 8),
        height_metres: Some(round(height_metres, 2)),
        error_metres: round(error_metres, 2),
        datum: "CGCS2000".to_owned(),
    })
}
