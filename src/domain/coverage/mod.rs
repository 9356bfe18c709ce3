//! Which cells a camera sees and how well, and which camera sees a cell best.
//!
//! ```text
//!  calibration --footprint--> [SeenCell] --card_cells--> camera card ~~MQTT~~> CoverageIndex --> ranked cameras
//! ```
//! A cell is seen where a camera's picture shows its ground: inside the hull of its plane, not behind a
//! plane that lies before it (a bridge deck over a road), not behind an occluder drawn by hand. Each cell
//! is looked at in 8 by 8 places, for a level-7 cell the middles of its level-8 cells.

mod footprint;
mod index;
mod parts;

pub use footprint::{Detail, Footprint, SeenCell, TARGET_HEIGHT_METRES, footprint};
pub use index::{Blind, CoverageIndex, HeightSpan, Seeing, Spot};
pub use parts::Parts;

use super::{
    grid::{GridCell, GridCell3, GridError, HeightScheme, Level, compact},
    ground::GroundView,
    wire::SeenCellData,
};

/// Level of the cells on cards and in the index: about 7 m, honest for a pole camera.
pub const CARD_LEVEL: Level = Level::Seven;
/// Most cells on one card, 73,000 square metres: the card must fit into one message.
pub const CARD_CELLS_MAX: usize = 1_500;

/// A view's footprint as its camera's card states it: level-7 cells and which parts of each are seen,
/// best first where there are more than a card holds.
pub fn card_cells(view: &GroundView) -> Result<Vec<SeenCellData>, GridError> {
    let mut seen = footprint::sampled(view, CARD_LEVEL)?;
    seen.sort_by(|(a, _), (b, _)| {
        a.error_metres.total_cmp(&b.error_metres).then_with(|| a.cell.cmp(&b.cell))
    });
    seen.truncate(CARD_CELLS_MAX);
    let round = |value: f64, digits: i32| (value * 10f64.powi(digits)).round() / 10f64.powi(digits);
    seen.into_iter()
        .map(|(seen, parts)| {
            let solid =
                GridCell3::at_height(seen.cell, seen.height_metres, HeightScheme::default())?;
            Ok(SeenCellData {
                code_3d: solid.code().to_string(),
                height_metres: round(seen.height_metres, 2),
                error_metres: round(seen.error_metres, 2),
                px_per_metre: round(seen.px_per_metre, 1),
                parts: (parts != Parts::ALL).then(|| parts.to_string()),
            })
        })
        .collect()
}

/// 2D codes of cells, full sets of children replaced by their parent.
pub fn compacted_codes(cells: impl IntoIterator<Item = GridCell>) -> Vec<String> {
    compact(cells).into_iter().map(|cell| cell.code().to_string()).collect()
}

#[cfg(test)]
mod index_tests;
#[cfg(test)]
mod tests;
