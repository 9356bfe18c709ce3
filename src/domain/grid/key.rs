//! A 64-bit key per cell: sortable, indexable, reversible.
//!
//! The key is the cell's place in a walk through all cells of all levels that visits a
//! parent, then its children in the order of their code characters. So
//! - key order is the order of the code texts,
//! - a cell and all its descendants are one range of keys ([`GridCell::key_range`]),
//! - all keys lie below 2^62 and fit a signed 64-bit database column.
//!
//! Key order is not a space-filling order: in the west and south, and within levels 3 and
//! 6, near keys need not be near places. It is meant for prefix queries.

use core::cmp::Ordering;
use core::ops::Range;

use super::GridError;
use super::cell::{GridCell, Place};
use super::encode::CellDigits;
use super::level::{Digits, Level, ROWS};
use super::polar;

/// Keys taken by a cell of each level and all its descendants.
const SUBTREE: [u64; 10] = {
    // Children of a cell of level 1 to 9.
    let children = [96, 6, 150, 225, 4, 64, 64, 64, 64];
    let mut sizes = [1_u64; 10];
    let mut level = 9;
    while level > 0 {
        level -= 1;
        sizes[level] = 1 + children[level] * sizes[level + 1];
    }
    sizes
};
const CAP_SUBTREE: u64 = 1 + polar::PARTS as u64;
const HEMISPHERE: u64 = CAP_SUBTREE + 60 * 22 * SUBTREE[0];

impl GridCell {
    /// The cell's key.
    #[inline]
    pub fn key(self) -> u64 {
        let base = if self.south { HEMISPHERE } else { 0 };
        base + match self.place {
            Place::PolarCap => 0,
            Place::PolarPart(part) => 1 + u64::from(part),
            Place::Sheet { west, i, j } => {
                // Digits below the cell's own level are 0 and add nothing.
                let digits = CellDigits::of(self.level, i, j);
                let place: u64 =
                    (0..10).map(|index| flat_rank(&digits, west, index) * SUBTREE[index]).sum();
                CAP_SUBTREE + place + self.level.index() as u64
            }
        }
    }

    /// The keys of this cell and of every cell in it.
    pub fn key_range(self) -> Range<u64> {
        let size = match self.place {
            Place::Sheet { .. } => SUBTREE[self.level.index()],
            Place::PolarCap => CAP_SUBTREE,
            Place::PolarPart(_) => 1,
        };
        let key = self.key();
        key..key + size
    }

    /// The cell of a key.
    pub fn from_key(key: u64) -> Result<Self, GridError> {
        if key >= 2 * HEMISPHERE {
            return Err(GridError::Key(key));
        }
        let south = key >= HEMISPHERE;
        let mut rest = key % HEMISPHERE;
        if rest < CAP_SUBTREE {
            let (level, place) = match rest {
                0 => (Level::One, Place::PolarCap),
                part => (Level::Two, Place::PolarPart(part as u8 - 1)),
            };
            return Ok(Self { level, south, place });
        }
        rest -= CAP_SUBTREE;
        let (mut west, mut i, mut j) = (false, 0, 0);
        let mut level = Level::One;
        for each in Level::ALL {
            level = each;
            let size = SUBTREE[level.index()];
            let (is_west, x, y) = flat_unrank(level, rest / size);
            west |= is_west;
            i = i * level.row().split_lon + x;
            j = j * level.row().split_lat + y;
            rest %= size;
            if rest == 0 {
                break;
            }
            rest -= 1;
        }
        Ok(Self { level, south, place: Place::Sheet { west, i, j } })
    }
}

/// Place of the characters of one level, given by its index, among all that it allows.
#[inline]
pub(super) fn flat_rank(digits: &CellDigits, west: bool, index: usize) -> u64 {
    let (x, y) = (digits.x[index], digits.y[index]);
    let row = &ROWS[index];
    u64::from(match row.digits {
        Digits::Sheet => (if west { 29 - x } else { 30 + x }) * row.split_lat + y,
        Digits::Pair => x * row.split_lat + y,
        Digits::Single => digits.single(index),
    })
}

/// Reverses [`flat_rank`]: west (level 1 only), x, y.
pub(super) fn flat_unrank(level: Level, rank: u64) -> (bool, u32, u32) {
    let (row, rank) = (level.row(), rank as u32);
    match row.digits {
        Digits::Sheet => {
            let (column, y) = (rank / row.split_lat, rank % row.split_lat);
            if column < 30 { (true, 29 - column, y) } else { (false, column - 30, y) }
        }
        Digits::Pair => (false, rank / row.split_lat, rank % row.split_lat),
        Digits::Single => (false, rank % row.split_lon, rank / row.split_lon),
    }
}

impl Ord for GridCell {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for GridCell {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
