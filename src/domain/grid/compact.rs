//! Sets of cells or boxes made small, and spelled out again.
//!
//! Compacting replaces every complete set of children (6, 225, 64 ... as the level has it,
//! times the layers in 3D) by the parent, over and over, and drops what another one
//! contains. It is exact: the area stays the same. The result is the smallest set there is:
//! each of its members is in every set of that area, or stands for several that are. It is
//! sorted by key, which makes it a table to search. Boxes of different height schemes are
//! never merged.

use alloc::vec::Vec;

use super::nested::Nested;
use super::{CELLS_MAX, GridError, Level};

/// The smallest set with the same area. Mixed levels and repeats are fine.
pub fn compact<C: Nested>(cells: impl IntoIterator<Item = C>) -> Vec<C> {
    let mut keyed: Vec<_> = cells.into_iter().map(|cell| (cell.sort_key(), cell)).collect();
    keyed.sort_unstable_by_key(|(key, _)| *key);
    let mut kept: Vec<C> = Vec::new();
    for (_, cell) in keyed {
        // Descendants follow their ancestor directly in key order.
        if kept.last().is_some_and(|last| last.contains(cell)) {
            continue;
        }
        kept.push(cell);
        while let Some((parent, children)) = completed_parent(&kept) {
            kept.truncate(kept.len() - children);
            kept.push(parent);
        }
    }
    kept
}

/// The parent whose children are exactly the last members of a sorted, disjoint list, and
/// how many they are.
fn completed_parent<C: Nested>(cells: &[C]) -> Option<(C, usize)> {
    let last = *cells.last()?;
    let level = last.level();
    if !last.is_last_child() {
        return None;
    }
    let parent = last.parent()?;
    let count = usize::try_from(parent.descendant_count(level)).ok()?;
    let run = &cells[cells.len().checked_sub(count)?..];
    // Between two children of a parent lie only its descendants.
    let complete = parent.contains(run[0]) && run.iter().all(|cell| cell.level() == level);
    complete.then_some((parent, count))
}

/// The same area as members of one level, sorted by key. Refuses members finer than `level`
/// and results of more than [`CELLS_MAX`].
pub fn uncompact<C: Nested>(
    cells: impl IntoIterator<Item = C>,
    level: Level,
) -> Result<Vec<C>, GridError> {
    let mut checked = Vec::new();
    for cell in cells {
        if cell.level() > level {
            // Says what is wrong, before its parent could hide it.
            cell.descendants(level)?;
        }
        checked.push(cell);
    }
    let coarse = compact(checked);
    let count = |cell: &C| cell.descendant_count(level.max(cell.level()));
    if coarse.iter().map(count).fold(0, u64::saturating_add) > CELLS_MAX as u64 {
        return Err(GridError::TooManyCells { level, cells_max: CELLS_MAX });
    }
    let mut all = Vec::new();
    for cell in coarse {
        all.extend(cell.descendants(level)?);
    }
    all.sort_by_cached_key(|cell| cell.sort_key());
    Ok(all)
}

/// Whether a compacted, sorted set contains the cell or box: one binary search.
pub fn set_contains<C: Nested>(compacted: &[C], cell: C) -> bool {
    let key = cell.sort_key();
    let after = compacted.partition_point(|each| each.sort_key() <= key);
    after.checked_sub(1).is_some_and(|at| compacted[at].contains(cell))
}
