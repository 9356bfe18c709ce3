//! Which cells a camera sees and how well, and which camera sees a cell best.
//!
//! ```text
//!  calibration --footprint--> [SeenCell] --card_coverage--> camera card ~~MQTT~~> CoverageIndex --> ranked cameras
//! ```
//! A cell is seen where a camera's picture shows its ground: inside the hull of its plane, not behind a
//! plane that lies before it (a bridge deck over a road), not behind an occluder drawn by hand. Each cell
//! is looked at in 8 by 8 places, for a level-7 cell the middles of its level-8 cells.

mod footprint;
mod grid_lines;
mod index;
mod parts;

pub use footprint::{Detail, Footprint, SeenCell, TARGET_HEIGHT_METRES, footprint};
pub use grid_lines::grid_lines;
pub use index::{Blind, CoverageIndex, HeightSpan, Seeing, Spot};
pub use parts::Parts;

use super::{
    geo::GeoPoint,
    grid::{GridCell3, GridError, HeightScheme, Level, compact},
    ground::GroundView,
    wire::SeenCellData,
};

/// Level of the cells on cards and in the index: about 7 m, honest for a pole camera.
pub const CARD_LEVEL: Level = Level::Seven;
/// Most cells on one card, 73,000 square metres: the card must fit into one message.
pub const CARD_CELLS_MAX: usize = 1_500;

/// A view's footprint as its camera's card states it.
#[derive(Debug, Clone, PartialEq)]
pub struct CardCoverage {
    /// Level-7 cells and which parts of each are seen, best first.
    pub cells: Vec<SeenCellData>,
    /// Their 2D codes, full sets of children replaced by their parent.
    pub codes: Vec<String>,
    /// The hull on the ground of the plane that shows most.
    pub outline: Vec<GeoPoint>,
    /// Cells beyond [`CARD_CELLS_MAX`], those with the largest error.
    pub left_out: usize,
}

pub fn card_coverage(view: &GroundView) -> Result<CardCoverage, GridError> {
    let mut seen = footprint::sampled(view, CARD_LEVEL)?;
    seen.sort_by(|(a, _), (b, _)| {
        a.error_metres.total_cmp(&b.error_metres).then_with(|| a.cell.cmp(&b.cell))
    });
    let left_out = seen.len().saturating_sub(CARD_CELLS_MAX);
    seen.truncate(CARD_CELLS_MAX);
    let shown = |plane: usize| seen.iter().filter(|(cell, _)| cell.plane == plane).count();
    let most = (0..view.planes().len()).max_by_key(|plane| shown(*plane));
    let outline = most.map(|plane| view.plane_outline(&view.planes()[plane])).unwrap_or_default();
    let compacted = compact(seen.iter().map(|(seen, _)| seen.cell));
    let codes = compacted.into_iter().map(|cell| cell.code().to_string()).collect();
    let cells = seen.iter().map(stated).collect::<Result<_, _>>()?;
    Ok(CardCoverage { cells, codes, outline, left_out })
}

fn stated((seen, parts): &(SeenCell, Parts)) -> Result<SeenCellData, GridError> {
    let round = |value: f64, digits: i32| (value * 10f64.powi(digits)).round() / 10f64.powi(digits);
    let solid = GridCell3::at_height(seen.cell, seen.height_metres, HeightScheme::default())?;
    Ok(SeenCellData {
        code_3d: solid.code().to_string(),
        height_metres: round(seen.height_metres, 2),
        error_metres: round(seen.error_metres, 2),
        px_per_metre: round(seen.px_per_metre, 1),
        parts: (*parts != Parts::ALL).then(|| parts.to_string()),
    })
}

#[cfg(test)]
mod index_tests;
#[cfg(test)]
mod tests;
