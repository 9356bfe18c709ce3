//! A calibrated view as lines to draw: hulls, occluders, and the borders of grid cells on the ground.

use crate::{
    domain::{
        geo::GeoPoint,
        grid::{GridCell, Level},
        ground::{GroundView, Plane},
        pixel::PixelPoint,
    },
    drivers::vision::overlay::{Colour, Mark},
};
use std::collections::BTreeSet;

/// Cells of about 7 m: what a camera's places are coded in.
const LEVEL: Level = Level::Seven;
/// A border is followed in so many steps, for lenses bend it.
const STEPS: u32 = 8;
/// How far apart, in pixels, the ground is asked for its cell.
const ASK_EVERY_PX: usize = 8;

pub fn view_marks(view: &GroundView) -> Vec<Mark> {
    let mut marks = Vec::new();
    for plane in view.planes() {
        for cell in cells(view, plane) {
            marks.extend(cell_border(view, plane, cell));
        }
    }
    let outlines = view.planes().iter().map(|plane| (&plane.hull, Colour::HULL));
    let occluders = view.occluders().iter().map(|occluder| (occluder, Colour::OCCLUDER));
    marks.extend(outlines.chain(occluders).map(|(polygon, colour)| Mark::Line {
        points: polygon.corners().to_vec(),
        closed: true,
        colour,
        width_px: 2,
    }));
    marks
}

/// Cells in view, by their keys so that each is drawn once.
fn cells(view: &GroundView, plane: &Plane) -> Vec<GridCell> {
    let mut seen = BTreeSet::new();
    let mut cells = Vec::new();
    for y in (0..view.frame.height_px).step_by(ASK_EVERY_PX) {
        for x in (0..view.frame.width_px).step_by(ASK_EVERY_PX) {
            let pixel = PixelPoint { x: f64::from(x), y: f64::from(y) };
            let Ok(at) = view.locate(pixel) else { continue };
            if !std::ptr::eq(&view.planes()[at.plane], plane) {
                continue;
            }
            let cell = GridCell::from_lonlat(at.point.lon_deg, at.point.lat_deg, LEVEL);
            cells.extend(cell.ok().filter(|cell| seen.insert(cell.key())));
        }
    }
    cells
}

/// The parts of a cell's border that lie in the plane's hull.
fn cell_border(view: &GroundView, plane: &Plane, cell: GridCell) -> Vec<Mark> {
    let b = cell.bounds();
    let corners = [
        (b.west_deg, b.south_deg),
        (b.east_deg, b.south_deg),
        (b.east_deg, b.north_deg),
        (b.west_deg, b.north_deg),
    ];
    let mut lines = Vec::new();
    for (from, to) in corners.into_iter().zip(corners.into_iter().cycle().skip(1)) {
        let mut line: Vec<PixelPoint> = Vec::new();
        for step in 0..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let point = GeoPoint {
                lon_deg: from.0 + share * (to.0 - from.0),
                lat_deg: from.1 + share * (to.1 - from.1),
            };
            match view.image_on_plane(plane, point) {
                Some(pixel) if plane.hull.contains(pixel) => line.push(pixel),
                _ => lines.push(std::mem::take(&mut line)),
            }
        }
        lines.push(line);
    }
    lines
        .into_iter()
        .filter(|line| line.len() >= 2)
        .map(|points| Mark::Line { points, closed: false, colour: Colour::GRID, width_px: 1 })
        .collect()
}
