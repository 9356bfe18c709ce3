//! The 8 by 8 parts of a cell: which of them are seen, in 64 bits.
//!
//! Bit `8 * row + column`; rows count from the south, columns from the west. On the wire 16 hexadecimal
//! digits.

use crate::domain::grid::{GridCell, LonLat};
use std::{fmt, str::FromStr};

/// Parts along one side.
pub const SIDE: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parts(pub u64);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parts {0:?}: 16 hexadecimal digits")]
pub struct BadParts(String);

impl Parts {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(u64::MAX);

    /// The middles of the parts of a cell, with their bits.
    pub fn middles(cell: GridCell) -> impl Iterator<Item = (Self, LonLat)> {
        let bounds = cell.bounds();
        let at = |low: f64, high: f64, index: usize| {
            low + (high - low) * (index as f64 + 0.5) / SIDE as f64
        };
        (0..SIDE * SIDE).map(move |bit| {
            let (row, column) = (bit / SIDE, bit % SIDE);
            let middle = LonLat {
                lon_deg: at(bounds.west_deg, bounds.east_deg, column),
                lat_deg: at(bounds.south_deg, bounds.north_deg, row),
            };
            (Self(1 << bit), middle)
        })
    }

    /// The part of `cell` that holds a point of it.
    pub fn at(cell: GridCell, point: LonLat) -> Self {
        let bounds = cell.bounds();
        let index = |value: f64, low: f64, high: f64| {
            (((value - low) / (high - low) * SIDE as f64) as usize).min(SIDE - 1)
        };
        let row = index(point.lat_deg, bounds.south_deg, bounds.north_deg);
        let column = index(point.lon_deg, bounds.west_deg, bounds.east_deg);
        Self(1 << (SIDE * row + column))
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    pub fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Parts {
    type Err = BadParts;

    fn from_str(text: &str) -> Result<Self, BadParts> {
        let sound = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let read = sound.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        read.map(Self).ok_or_else(|| BadParts(text.chars().take(20).collect()))
    }
}
