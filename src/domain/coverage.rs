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
    let corners = view.hull_on_ground();
    let ring: LineString<f64> =
        corners.iter().map(|p| Coord { x: p.lon_deg, y: p.lat_deg }).collect();
    let area = MultiPolygon::new(vec![Polygon::new(ring, vec![])]);
    Ok(Footprint { cells: cover_area(&area, level)?, corners })
}

/// Codes of the footprint, full sets of children replaced by their parent.
pub fn compacted_codes(cells: &[GridCell]) -> Vec<String> {
    compact(cells.iter().copied()).into_iter().map(|cell| cell.code().to_string()).collect()
}

/// Share of `asked` that the footprint covers: 1 where it is inside a covered cell, the covered part
/// of its area where it is coarser, 0 where they do not meet. Codes are prefixes of their descendants.
pub fn covered_share(footprint: &[String], asked: GridCell) -> f64 {
    let code = asked.code().to_string();
    let mut share = 0.0;
    for seen in footprint {
        if code.starts_with(seen.as_str()) {
            return 1.0;
        }
        if seen.starts_with(code.as_str())
            && let Ok(cell) = seen.parse::<GridCell>()
        {
            let (inner, outer) = (cell.bounds(), asked.bounds());
            let area = |b: super::grid::CellBounds| {
                (b.east_deg - b.west_deg) * (b.north_deg - b.south_deg)
            };
            share += area(inner) / area(outer);
        }
    }
    share.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_covered_by_itself_its_parent_and_in_part_by_its_child() {
        let cell = |level| GridCell::from_lonlat(114.34, 22.69, level).unwrap();
        let (seven, eight) = (cell(Level::Seven), cell(Level::Eight));
        let codes = |cell: GridCell| vec![cell.code().to_string()];
        assert_eq!(covered_share(&codes(seven), seven), 1.0);
        assert_eq!(covered_share(&codes(seven), eight), 1.0);
        assert!((covered_share(&codes(eight), seven) - 1.0 / 64.0).abs() < 1e-9);
        let elsewhere = GridCell::from_lonlat(114.4, 22.69, Level::Seven).unwrap();
        assert_eq!(covered_share(&codes(seven), elsewhere), 0.0);
    }
}
