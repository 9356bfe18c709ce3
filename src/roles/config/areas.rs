//! Areas of a view: drawn on the picture, on the ground, or in a GeoJSON file.

use super::{beside, geojson::polygon_of};
use crate::{
    base::toml_reader::Table,
    domain::{
        datum::{Datum, checked_position},
        ground::GroundView,
        pixel::{PixelPoint, PixelPolygon, PixelSize},
    },
};
use std::path::Path;

const ON_GROUND: &str = "corners on the ground that the calibrated camera sees";
pub const SHAPE: &str = "at least three corners that are not on one line";

pub fn corners(corners: Vec<[f64; 2]>) -> Result<PixelPolygon, String> {
    let points = corners.into_iter().map(|[x, y]| PixelPoint { x, y }).collect();
    PixelPolygon::new(points).ok_or_else(String::new)
}

/// A polygon as a person draws one: its sides do not cross, its corners lie in the picture.
pub fn in_picture(polygon: PixelPolygon, size: Option<PixelSize>) -> Result<PixelPolygon, String> {
    if polygon.crosses_itself() {
        return Err("its sides cross: give the corners in order around the zone".to_owned());
    }
    let Some(size) = size else { return Ok(polygon) };
    let (width, height) = (f64::from(size.width_px), f64::from(size.height_px));
    // Editors snap to the border or a pixel beyond it.
    let inside = |at: f64, length: f64| (-1.0..=length + 1.0).contains(&at);
    match polygon.corners().iter().find(|at| !inside(at.x, width) || !inside(at.y, height)) {
        Some(PixelPoint { x, y }) => Err(format!(
            "the corner [{x}, {y}] lies outside the picture of {width} by {height}: was the zone \
             drawn in another [frame]?"
        )),
        None => Ok(polygon),
    }
}

/// What polygons are drawn on.
pub struct Ground<'a> {
    /// The pipeline's file, beside which other files lie; `None`: a text from elsewhere, which names none.
    pub path: Option<&'a Path>,
    /// The size that pixels are of.
    pub drawn: Option<PixelSize>,
    pub view: Option<&'a GroundView>,
}

/// `polygon_px`, `polygon_lonlat` or `geojson` of a table, whichever it has; one at most.
pub fn polygon(table: &mut Table<'_>, ground: &Ground<'_>) -> Option<PixelPolygon> {
    let drawn = table.value::<Vec<[f64; 2]>>("polygon_px").check(SHAPE, corners);
    let drawn = drawn.check("", |polygon| in_picture(polygon, ground.drawn)).optional();
    let names = Datum::ALL.map(|datum| (datum.name(), datum));
    let datum = table.value::<String>("datum").one_of(&names).or(Datum::Cgcs2000);
    let surveyed = table
        .value::<Vec<[f64; 2]>>("polygon_lonlat")
        .check(ON_GROUND, |corners| projected(&corners, datum, ground))
        .optional();
    let feature = table.value::<String>("feature").not_empty().optional();
    let from_file = table
        .value::<String>("geojson")
        .check(ON_GROUND, |file| {
            let path = ground.path.ok_or("a file is named in the camera's own pipeline alone")?;
            let corners = polygon_of(&beside(path, &file), feature.as_deref())?;
            projected(&corners, datum, ground)
        })
        .optional();
    if [&drawn, &surveyed, &from_file].into_iter().flatten().count() > 1 {
        table.fault("polygon_px", "one of polygon_px, polygon_lonlat and geojson");
    }
    drawn.or(surveyed).or(from_file)
}

/// Corners on the ground as the camera shows them.
fn projected(
    corners: &[[f64; 2]],
    datum: Datum,
    ground: &Ground<'_>,
) -> Result<PixelPolygon, String> {
    let view = ground.view.ok_or("a polygon on the ground needs a calibrated camera")?;
    let Some(size) = ground.drawn else { return Err(String::new()) };
    let scale = f64::from(size.width_px) / f64::from(view.frame.width_px);
    let mut points = Vec::new();
    for [lon_deg, lat_deg] in corners {
        let given = checked_position(*lon_deg, *lat_deg).map_err(|error| error.to_string())?;
        let seen = view.image_from_ground(datum.to_cgcs2000(given));
        let inside = |at: &PixelPoint| view.planes().iter().any(|plane| plane.hull.contains(*at));
        let PixelPoint { x, y } = seen.filter(inside).ok_or_else(|| {
            format!("[{lon_deg}, {lat_deg}] lies outside the part of the ground that is calibrated")
        })?;
        points.push(PixelPoint { x: x * scale, y: y * scale });
    }
    PixelPolygon::new(points).ok_or_else(|| SHAPE.to_owned())
}
