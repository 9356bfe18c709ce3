//! A 128-bit key per box, built like the 64-bit one of a cell ([`super::key`]).
//!
//! It is the box's place in a walk through all boxes that visits a parent before its
//! children, in the order of the code characters: key order is text order, a box and all its
//! descendants are one range of keys, and all keys lie below 2^95. Where packings write the
//! same text they give the same key; like the text, a key is read under a
//! [`HeightScheme`], and some keys of a scheme stand for no layer.

use core::cmp::Ordering;
use core::ops::Range;

use super::GridError;
use super::cell::{GridCell, Place};
use super::cell3::GridCell3;
use super::encode::CellDigits;
use super::height_layer::HeightLayer;
use super::height_scheme::HeightScheme;
use super::key::{flat_rank, flat_unrank};
use super::level::{Level, ROWS};

/// Height digits that the code has room for at each level, whatever the packing.
const HEIGHT_RANKS: [u64; 10] = [64, 8, 2, 16, 16, 2, 8, 8, 8, 8];

/// Boxes of each level in one of the level above; at level 1, of one sign and hemisphere.
const CHILDREN: [u64; 10] = {
    let mut children = [0; 10];
    let mut index = 0;
    while index < 10 {
        let row = &ROWS[index];
        children[index] = (row.split_lon * row.split_lat) as u64 * HEIGHT_RANKS[index];
        index += 1;
    }
    // Sheets lie on both sides of the prime meridian.
    children[0] *= 2;
    children
};

/// Keys taken by a box of each level and all its descendants.
const SUBTREE: [u128; 10] = {
    let mut sizes = [1_u128; 10];
    let mut index = 9;
    while index > 0 {
        index -= 1;
        sizes[index] = 1 + CHILDREN[index + 1] as u128 * sizes[index + 1];
    }
    sizes
};

/// Keys of one hemisphere above or below the ellipsoid.
const QUARTER: u128 = CHILDREN[0] as u128 * SUBTREE[0];

impl GridCell3 {
    /// The box's key.
    #[inline]
    pub fn key(self) -> u128 {
        let Place::Sheet { west, i, j } = self.cell().place else { return 0 };
        let flat = CellDigits::of(self.level(), i, j);
        let height = self.layer().digits();
        let rank =
            |index| flat_rank(&flat, west, index) * HEIGHT_RANKS[index] + u64::from(height[index]);
        // Digits below the box's own level are 0 and add nothing.
        let place: u128 = (0..10).map(|index| u128::from(rank(index)) * SUBTREE[index]).sum();
        let quarter = 2 * u128::from(self.cell().south) + u128::from(self.layer().is_below());
        quarter * QUARTER + place + self.level().index() as u128
    }

    /// The keys of this box and of every box in it.
    pub fn key_range(self) -> Range<u128> {
        let key = self.key();
        key..key + SUBTREE[self.level().index()]
    }

    /// The box of a key, read under the scheme that it was written under.
    pub fn from_key(key: u128, scheme: HeightScheme) -> Result<Self, GridError> {
        let quarter = key / QUARTER;
        if quarter >= 4 {
            return Err(GridError::Key3(key));
        }
        let (south, below) = (quarter >= 2, quarter % 2 == 1);
        let (mut west, mut i, mut j) = (false, 0, 0);
        let mut height = [0; 10];
        let mut level = Level::One;
        let mut rest = key % QUARTER;
        for each in Level::ALL {
            level = each;
            let (index, row) = (level.index(), level.row());
            let rank = (rest / SUBTREE[index]) as u64;
            let (is_west, x, y) = flat_unrank(level, rank / HEIGHT_RANKS[index]);
            height[index] = (rank % HEIGHT_RANKS[index]) as u32;
            west |= is_west;
            i = i * row.split_lon + x;
            j = j * row.split_lat + y;
            rest %= SUBTREE[index];
            if rest == 0 {
                break;
            }
            rest -= 1;
        }
        let cell = GridCell { level, south, place: Place::Sheet { west, i, j } };
        HeightLayer::from_digits(level, scheme, below, &height)
            .and_then(|layer| Self::new(cell, layer))
            .ok_or(GridError::Key3(key))
    }
}

/// Boxes of one scheme are ordered like the text of their codes.
impl Ord for GridCell3 {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.scheme(), self.key()).cmp(&(other.scheme(), other.key()))
    }
}

impl PartialOrd for GridCell3 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
