//! Sets of cells or boxes of mixed levels, and the operations on them.
//!
//! A set is kept compacted: sorted by key, disjoint, and as small as its area allows. So
//! equal areas are equal sets, and every operation is a walk along two sorted lists that
//! asks only "is this one's code a prefix of that one's". Boxes of different height schemes
//! count as apart.

use alloc::vec::Vec;

use super::GridError;
use super::compact::{compact, set_contains, uncompact};
use super::level::Level;
use super::nested::Nested;

/// An area of cells, or a space of boxes, of any levels.
///
/// ```
/// use gridwarden::domain::grid::{GridCell, GridSet};
/// let block: GridSet<GridCell> = ["N50F05351".parse()?].into_iter().collect();
/// let yard: GridSet<GridCell> = ["N50F0535166".parse()?].into_iter().collect();
///
/// let rest = block.difference(&yard);
/// assert_eq!(rest.cells().len(), 224);
/// assert_eq!(rest.union(&yard), block);
/// # Ok::<(), gridwarden::domain::grid::GridError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridSet<C> {
    /// As [`compact`] leaves them.
    cells: Vec<C>,
}

impl<C: Nested> FromIterator<C> for GridSet<C> {
    fn from_iter<I: IntoIterator<Item = C>>(cells: I) -> Self {
        Self { cells: compact(cells) }
    }
}

impl<C> IntoIterator for GridSet<C> {
    type Item = C;
    type IntoIter = alloc::vec::IntoIter<C>;

    fn into_iter(self) -> Self::IntoIter {
        self.cells.into_iter()
    }
}

impl<C: Nested> GridSet<C> {
    /// Takes what is sorted by key, disjoint and the smallest set already.
    pub(super) fn from_compacted(cells: Vec<C>) -> Self {
        debug_assert!(cells.windows(2).all(|pair| pair[0].sort_key() < pair[1].sort_key()));
        Self { cells }
    }

    /// The fewest cells that make up the area, sorted by key.
    pub fn cells(&self) -> &[C] {
        &self.cells
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The area as cells of one level, sorted by key; refused where the set has finer ones.
    pub fn at_level(&self, level: Level) -> Result<Vec<C>, GridError> {
        uncompact(self.cells.iter().copied(), level)
    }

    /// Whether the whole of a cell lies in this area.
    pub fn contains(&self, cell: C) -> bool {
        set_contains(&self.cells, cell)
    }

    /// Whether a cell and this area share ground.
    pub fn intersects(&self, cell: C) -> bool {
        self.contains(cell) || !self.within(cell).is_empty()
    }

    /// Whether the other area lies in this one.
    pub fn contains_set(&self, other: &Self) -> bool {
        // Both are compacted, so a cell lies in one cell or is not all there.
        other.cells.iter().all(|&cell| self.contains(cell))
    }

    /// Whether the two areas share ground.
    pub fn intersects_set(&self, other: &Self) -> bool {
        self.shared_with(other).next().is_some()
    }

    /// What lies in either area.
    pub fn union(&self, other: &Self) -> Self {
        self.cells.iter().chain(&other.cells).copied().collect()
    }

    /// What lies in both areas.
    pub fn intersection(&self, other: &Self) -> Self {
        // A full set of children in it would have been one cell of both sets.
        Self { cells: self.shared_with(other).collect() }
    }

    /// What lies in this area and not in the other.
    pub fn difference(&self, other: &Self) -> Self {
        let mut cells = Vec::new();
        let mut away = other.cells.as_slice();
        for &cell in &self.cells {
            let key = cell.sort_key();
            while let [first, after @ ..] = away
                && first.sort_key() < key
                && !first.contains(cell)
            {
                away = after;
            }
            if away.first().is_some_and(|first| first.contains(cell)) {
                continue;
            }
            let inside = away.iter().take_while(|each| cell.contains(**each)).count();
            let (inside, after) = away.split_at(inside);
            away = after;
            carve(cell, inside, &mut cells);
        }
        cells.sort_by_cached_key(|cell| cell.sort_key());
        Self { cells }
    }

    /// The cells of this set that lie in `cell`, if none contains it: one run of the list.
    fn within(&self, cell: C) -> &[C] {
        let key = cell.sort_key();
        let start = self.cells.partition_point(|each| each.sort_key() < key);
        let count = self.cells[start..].partition_point(|&each| cell.contains(each));
        &self.cells[start..start + count]
    }

    /// The cells of either set that lie in the other, in key order.
    fn shared_with<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = C> + 'a {
        let (mut left, mut right) = (self.cells.as_slice(), other.cells.as_slice());
        core::iter::from_fn(move || {
            while let (&[a, ref after_a @ ..], &[b, ref after_b @ ..]) = (left, right) {
                if a.contains(b) {
                    right = after_b;
                    return Some(b);
                }
                if b.contains(a) {
                    left = after_a;
                    return Some(a);
                }
                if a.sort_key() < b.sort_key() {
                    left = after_a;
                } else {
                    right = after_b;
                }
            }
            None
        })
    }
}

/// Appends what is left of a cell when some cells in it are taken away, which are sorted
/// and apart.
fn carve<C: Nested>(cell: C, mut away: &[C], rest: &mut Vec<C>) {
    match (away.first(), cell.level().finer()) {
        (None, _) => rest.push(cell),
        (Some(first), Some(finer)) if *first != cell => {
            let mut touched = Vec::new();
            while let Some(child) = away.first().and_then(|first| first.ancestor(finer)) {
                let inside = away.partition_point(|&each| child.contains(each));
                carve(child, &away[..inside], rest);
                touched.push(child);
                away = &away[inside..];
            }
            let children = cell.descendants(finer).into_iter().flatten();
            rest.extend(children.filter(|child| !touched.contains(child)));
        }
        // The cell itself is taken away.
        (Some(_), _) => {}
    }
}

#[cfg(test)]
#[path = "set_tests.rs"]
mod tests;
