//! What cells and boxes have in common: both nest, and their keys tell how. Sets of either
//! are compacted and compared by the same code.

use alloc::vec::Vec;

use super::GridError;
use super::cell::GridCell;
use super::cell3::GridCell3;
use super::height_scheme::HeightScheme;
use super::level::Level;

/// A cell or a box of the grid: [`GridCell`] and [`GridCell3`]. Sorted by key, descendants follow their ancestor directly.
pub trait Nested: Copy + Eq {
    /// What it is sorted by.
    type Key: Copy + Ord;

    fn sort_key(self) -> Self::Key;

    fn level(self) -> Level;

    /// The one of `level` around this one; none if `level` is finer.
    fn ancestor(self, level: Level) -> Option<Self>;

    fn parent(self) -> Option<Self> {
        self.ancestor(self.level().coarser()?)
    }

    /// Whether the other is this one or lies in it.
    fn contains(self, other: Self) -> bool;

    /// Whether no child of the same parent follows in key order.
    fn is_last_child(self) -> bool;

    /// How many of `level`, not coarser than its own, make up this one.
    fn descendant_count(self, level: Level) -> u64;

    /// Those of `level` that make up this one, in any order.
    fn descendants(self, level: Level) -> Result<Vec<Self>, GridError>;
}

impl Nested for GridCell {
    type Key = u64;

    fn sort_key(self) -> u64 {
        self.key()
    }

    fn level(self) -> Level {
        self.level()
    }

    fn ancestor(self, level: Level) -> Option<Self> {
        self.ancestor(level)
    }

    fn contains(self, other: Self) -> bool {
        self.contains(other)
    }

    fn is_last_child(self) -> bool {
        self.is_last_child()
    }

    fn descendant_count(self, level: Level) -> u64 {
        self.descendant_count(level)
    }

    fn descendants(self, level: Level) -> Result<Vec<Self>, GridError> {
        Ok(self.descendants(level)?.collect())
    }
}

impl Nested for GridCell3 {
    type Key = (HeightScheme, u128);

    fn sort_key(self) -> Self::Key {
        (self.scheme(), self.key())
    }

    fn level(self) -> Level {
        self.level()
    }

    fn ancestor(self, level: Level) -> Option<Self> {
        self.ancestor(level)
    }

    fn contains(self, other: Self) -> bool {
        self.contains(other)
    }

    fn is_last_child(self) -> bool {
        self.is_last_child()
    }

    fn descendant_count(self, level: Level) -> u64 {
        self.descendant_count(level)
    }

    fn descendants(self, level: Level) -> Result<Vec<Self>, GridError> {
        Ok(self.descendants(level)?.collect())
    }
}
