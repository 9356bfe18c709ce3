//! Which cells a camera sees, and which camera sees a cell.

use super::{
    geo::GeoPoint,
    grid::{GridCell, GridError, Level, LonLat, Region, compact},
    ground::GroundView,
};

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
    let corners = view.hull_on_ground();
    let ring = corners.iter().map(|p| LonLat { lon_deg: p.lon_deg, lat_deg: p.lat_deg }).collect();
    Ok(Footprint { cells: Region::polygon(&[ring])?.cells(level)?, corners })
}

/// Codes of the footprint, full sets of children replaced by their parent.
pub fn compacted_codes(cells: &[GridCell]) -> Vec<String> {
    compact(cells.iter().copied()).into_iter().map(|cell| cell.code().to_string()).collect()
}
