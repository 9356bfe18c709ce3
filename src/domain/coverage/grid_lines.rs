//! The grid as a camera shows it: borders of the cells that a view sees, in pixels.

use super::{Detail, footprint};
use crate::domain::{
    geo::GeoPoint,
    grid::{GridCell, GridError, Level},
    ground::{GroundView, Plane},
    pixel::PixelPoint,
};
use std::collections::BTreeSet;

/// A border is followed in so many steps, for lenses bend it.
const STEPS: u32 = 8;

/// A side of a cell, from one corner to the next; the same for both cells that share it.
type Side = [(f64, f64); 2];

/// Borders of the cells of one level, each side once, cut where a plane's hull ends.
pub fn grid_lines(view: &GroundView, level: Level) -> Result<Vec<Vec<PixelPoint>>, GridError> {
    let mut lines = Vec::new();
    let mut drawn = BTreeSet::new();
    for seen in footprint(view, Detail::Level(level))?.cells {
        for side in sides(seen.cell) {
            if drawn.insert((seen.plane, key(side))) {
                follow(view, &view.planes()[seen.plane], side, &mut lines);
            }
        }
    }
    Ok(lines)
}

fn sides(cell: GridCell) -> [Side; 4] {
    let b = cell.bounds();
    let (sw, se) = ((b.west_deg, b.south_deg), (b.east_deg, b.south_deg));
    let (nw, ne) = ((b.west_deg, b.north_deg), (b.east_deg, b.north_deg));
    [[sw, se], [se, ne], [nw, ne], [sw, nw]]
}

/// Corners are multiples of 1/2048 of an arc second, far coarser than this.
fn key(side: Side) -> [i64; 4] {
    let [(a, b), (c, d)] = side;
    [a, b, c, d].map(|deg| (deg * 1e9).round() as i64)
}

/// The parts of a side that lie in the plane's hull.
fn follow(view: &GroundView, plane: &Plane, [from, to]: Side, lines: &mut Vec<Vec<PixelPoint>>) {
    let mut line: Vec<PixelPoint> = Vec::new();
    for step in 0..=STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        let point = GeoPoint {
            lon_deg: from.0 + share * (to.0 - from.0),
            lat_deg: from.1 + share * (to.1 - from.1),
        };
        match view.image_on_plane(plane, point) {
            Some(pixel) if plane.hull.contains(pixel) => line.push(pixel),
            _ => end(&mut line, lines),
        }
    }
    end(&mut line, lines);
}

fn end(line: &mut Vec<PixelPoint>, lines: &mut Vec<Vec<PixelPoint>>) {
    let line = std::mem::take(line);
    if line.len() >= 2 {
        lines.push(line);
    }
}
