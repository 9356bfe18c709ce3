//! Which cells a camera sees, and which camera sees a cell.

use super::{
    geo::GeoPoint,
    grid::{GridCell, GridError, Level, compact, cover_area},
    ground::GroundView,
};
use geo::{Coord, LineString, MultiPolygon, Polygon};

/// The ground of one view.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    /// Every cell of the level that the hull touches.
    pub cells: Vec<GridCell>,
    /// Hull corners on the ground. A homography keeps lines straight, so corners are enough.
    pub corners: Vec<GeoPoint>,
}

/// The cells under the calibration's hull. Fails where the hull is too large for the level.
pub fn footprint(view: &GroundView, level: Level) -> Result<Footprint, GridError> {
    let corners: Vec<GeoPoint> =
        view.planes().iter().flat_map(|plane| view.plane_outline(plane)).collect();
    let ring: LineString<f64> =
        corners.iter().map(|p| Coord { x: p.lon_deg, y: p.lat_deg }).collect();
    let area = MultiPolygon::new(vec![Polygon::new(ring, vec![])]);
    Ok(Footprint { cells: cover_area(&area, level)?, corners })
}

/// Codes of the footprint, full sets of children replaced by their parent.
pub fn compacted_codes(cells: &[GridCell]) -> Vec<String> {
    compact(cells.iter().copied()).into_iter().map(|cell| cell.code().to_string()).collect()
}
