//! Sets of cells made small, and spelled out again.
//!
//! Compacting replaces every complete set of children (6, 225, 64 ... as the level has it)
//! by the parent, over and over, and drops cells that another one contains. It is exact:
//! the area stays the same. The result is sorted by key, which makes it a table to search.

use super::{CELLS_MAX, GridCell, GridError, Level};

/// The smallest set of cells with the same area. Mixed levels and repeats are fine.
pub fn compact(cells: impl IntoIterator<Item = GridCell>) -> Vec<GridCell> {
    let mut sorted: Vec<GridCell> = cells.into_iter().collect();
    sorted.sort_by_cached_key(|cell| cell.key());
    let mut kept: Vec<GridCell> = Vec::new();
    for cell in sorted {
        // Descendants follow their ancestor directly in key order.
        if kept.last().is_some_and(|last| last.contains(cell)) {
            continue;
        }
        kept.push(cell);
        while let Some(parent) = completed_parent(&kept) {
            kept.truncate(kept.len() - child_count(parent));
            kept.push(parent);
        }
    }
    kept
}

/// The parent whose children are exactly the last cells of a sorted, disjoint list.
fn completed_parent(cells: &[GridCell]) -> Option<GridCell> {
    let last = *cells.last()?;
    let parent = last.parent()?;
    if last.key_range().end != parent.key_range().end {
        return None;
    }
    let first = cells.len().checked_sub(child_count(parent))?;
    let complete = cells[first..].iter().all(|cell| cell.parent() == Some(parent));
    complete.then_some(parent)
}

fn child_count(parent: GridCell) -> usize {
    parent.children().map_or(0, Iterator::count)
}

/// The same area as cells of one level, sorted by key. Refuses cells finer than `level`
/// and results of more than [`CELLS_MAX`] cells.
pub fn uncompact(
    cells: impl IntoIterator<Item = GridCell>,
    level: Level,
) -> Result<Vec<GridCell>, GridError> {
    let mut checked = Vec::new();
    for cell in cells {
        // Refuses what is finer than `level` before its parent could hide it.
        let _ = cell.descendants(level)?;
        checked.push(cell);
    }
    let mut all = Vec::new();
    for cell in compact(checked) {
        for descendant in cell.descendants(level)? {
            if all.len() == CELLS_MAX {
                return Err(GridError::TooManyCells { level, cells_max: CELLS_MAX });
            }
            all.push(descendant);
        }
    }
    all.sort_by_cached_key(|cell| cell.key());
    Ok(all)
}

/// Whether a compacted, sorted set contains the cell: one binary search.
pub fn set_contains(compacted: &[GridCell], cell: GridCell) -> bool {
    let after = compacted.partition_point(|each| *each <= cell);
    after.checked_sub(1).is_some_and(|at| compacted[at].contains(cell))
}
