//! GeoSOT codes (GB/T 40087-2021), for exchange with platforms that key their tables by
//! them: from points, from text, from integers, and to and from the cells of this grid.
//!
//! ```text
//!   word   = sign 1 | degrees 8 | minutes 6 | seconds 6 | 1/2048" 11     of a coordinate
//!   G...   = 2 lat + lon a level          GZ... = 4 lat + 2 lon + height a level
//!   number = the words of latitude and longitude interleaved, left-aligned in 64 bits
//! ```
//! A level keeps that many leading bits of each word. Levels 15, 19, 20, 23, 26, 29 and 32
//! have the same cells as levels 4 to 10 here; all others have no counterpart, and of the
//! counterparts those poleward of 88 degrees.
//!
//! Invariants: bits below the level are 0; a cell lies on the globe, so 60 to 63 minutes or
//! seconds, which the words have room for, are refused.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use super::GridError;
use super::cell::{GridCell, Place, check_lat, check_lon, units_of};
use super::error::shown;
use super::height::layer_number;
use super::height_scheme::{sexagesimal_rank, sexagesimal_word};
use super::level::{CAP_LAT_UNITS, Level, UNITS_PER_DEG};

/// The GeoSOT levels whose cells are those of levels 4 to 10.
const SHARED_LEVELS: [(u8, Level); 7] = [
    (15, Level::Four),
    (19, Level::Five),
    (20, Level::Six),
    (23, Level::Seven),
    (26, Level::Eight),
    (29, Level::Nine),
    (32, Level::Ten),
];

/// Top bit of a word: west, south, below.
pub(super) const SIGN: u32 = 1 << 31;

/// A GeoSOT level, 0 (the globe) to 32 (1/2048").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GeosotLevel(u8);

impl GeosotLevel {
    pub fn number(self) -> u8 {
        self.0
    }

    /// The level of this grid with the same cells.
    pub fn grid_level(self) -> Option<Level> {
        SHARED_LEVELS.into_iter().find(|(number, _)| *number == self.0).map(|(_, level)| level)
    }

    /// The GeoSOT level with the same cells as a level of this grid, 4 to 10.
    pub fn of_grid_level(level: Level) -> Option<Self> {
        SHARED_LEVELS
            .into_iter()
            .find(|(_, shared)| *shared == level)
            .map(|(number, _)| Self(number))
    }
}

impl fmt::Display for GeosotLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u8> for GeosotLevel {
    type Error = GridError;

    fn try_from(number: u8) -> Result<Self, GridError> {
        let refused =
            || GridError::Name { what: "GeoSOT level", value: number.to_string(), allowed: "0-32" };
        if number <= 32 { Ok(Self(number)) } else { Err(refused()) }
    }
}

/// A GeoSOT cell in the plane: both words cut to the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GeosotCell {
    level: GeosotLevel,
    lon_word: u32,
    lat_word: u32,
}

impl GeosotCell {
    /// The cell of a level that holds a point.
    pub fn from_lonlat(lon_deg: f64, lat_deg: f64, level: GeosotLevel) -> Result<Self, GridError> {
        check_lon(lon_deg)?;
        check_lat(lat_deg)?;
        let word = |degrees: f64| cut(signed_word(degrees < 0.0, units_of(degrees)), level);
        Ok(Self { level, lon_word: word(lon_deg), lat_word: word(lat_deg) })
    }

    /// The cell of a number as [`Self::number`] gives it. A number does not tell its level:
    /// a cell and the first of its children have the same.
    pub fn from_number(number: u64, level: GeosotLevel) -> Result<Self, GridError> {
        let (lat_word, lon_word) = (gather(number >> 1), gather(number));
        let value = || format!("number {number} of level {level}");
        Self::from_words(level, lon_word, lat_word)
            .map_err(|reason| GridError::Geosot { value: value(), reason })
    }

    pub(super) fn from_words(
        level: GeosotLevel,
        lon_word: u32,
        lat_word: u32,
    ) -> Result<Self, &'static str> {
        if cut(lon_word, level) != lon_word || cut(lat_word, level) != lat_word {
            return Err("it has bits below its level");
        }
        let on_globe = |word: u32, limit_deg: u32| {
            let word = word & !SIGN;
            // A cell is there if its first point is: of the words that a cell holds, some
            // stand for a point exactly if the least does.
            sexagesimal_word(sexagesimal_rank(word)) == word
                && sexagesimal_rank(word) <= limit_deg * UNITS_PER_DEG
        };
        if on_globe(lon_word, 180) && on_globe(lat_word, 90) {
            Ok(Self { level, lon_word, lat_word })
        } else {
            Err("a place on the globe: up to 180 and 90 degrees, 59 minutes, 59 seconds")
        }
    }

    pub fn level(self) -> GeosotLevel {
        self.level
    }

    /// The cell as a number: the interleaved bits, left-aligned in 64.
    pub fn number(self) -> u64 {
        spread(self.lat_word) << 1 | spread(self.lon_word)
    }

    /// The code: `G` and one digit 0-3 a level.
    pub fn code(self) -> String {
        let digit = |bit: u8| 2 * bit_of(self.lat_word, bit) + bit_of(self.lon_word, bit);
        digits("G", self.level, digit)
    }

    /// The code with a geodetic height: `GZ` and one digit 0-7 a level.
    pub fn code_at_height(self, height_metres: f64) -> Result<String, GridError> {
        Ok(self.code_with(geosot_height_word(height_metres, self.level)?))
    }

    pub(super) fn code_with(self, height: u32) -> String {
        let digit = |bit: u8| {
            4 * bit_of(self.lat_word, bit) + 2 * bit_of(self.lon_word, bit) + bit_of(height, bit)
        };
        digits("GZ", self.level, digit)
    }
}

impl fmt::Display for GeosotCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.code())
    }
}

impl FromStr for GeosotCell {
    type Err = GridError;

    /// Reads `G` and digits 0-3, strictly.
    fn from_str(text: &str) -> Result<Self, GridError> {
        let refused =
            |reason| GridError::Geosot { value: format!("code {:?}", shown(text)), reason };
        let digits = text.strip_prefix('G').ok_or_else(|| refused("G and up to 32 digits 0-3"))?;
        let (level, [lon, lat, _]) =
            read_words(digits, [0, 1], 4).ok_or_else(|| refused("G and up to 32 digits 0-3"))?;
        Self::from_words(level, lon, lat).map_err(refused)
    }
}

/// The words that `digits` interleave; `places` are the bits of a digit that hold longitude
/// and latitude, of which the third word is the lowest.
pub(super) fn read_words(
    digits: &str,
    [lon, lat]: [u8; 2],
    limit: u8,
) -> Option<(GeosotLevel, [u32; 3])> {
    let level = GeosotLevel::try_from(u8::try_from(digits.len()).ok()?).ok()?;
    let mut words = [0; 3];
    for (index, byte) in digits.bytes().enumerate() {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < limit)?;
        for (word, bit) in words.iter_mut().zip([lon, lat, 0]) {
            *word |= u32::from(digit >> bit & 1) << (31 - index);
        }
    }
    Some((level, words))
}

/// A cell of level 4 to 10 as GeoSOT has it.
impl TryFrom<GridCell> for GeosotCell {
    type Error = GridError;

    fn try_from(cell: GridCell) -> Result<Self, GridError> {
        let refused = || GridError::Geosot {
            value: format!("counterpart of {cell}"),
            reason: "a cell of level 4 to 10 has one",
        };
        let level = GeosotLevel::of_grid_level(cell.level()).ok_or_else(refused)?;
        let Place::Sheet { west, i, j } = cell.place else { return Err(refused()) };
        let row = cell.level().row();
        Ok(Self {
            level,
            lon_word: signed_word(west, i * row.lon_units),
            lat_word: signed_word(cell.south, j * row.lat_units),
        })
    }
}

/// A GeoSOT cell as this grid has it.
impl TryFrom<GeosotCell> for GridCell {
    type Error = GridError;

    fn try_from(cell: GeosotCell) -> Result<Self, GridError> {
        let refused = |reason| GridError::Geosot { value: format!("cell {cell}"), reason };
        let level = cell.level.grid_level().ok_or_else(|| {
            refused("levels 15, 19, 20, 23, 26, 29 and 32 are those of levels 4 to 10")
        })?;
        let units = |word: u32| sexagesimal_rank(word & !SIGN);
        let (lon_units, lat_units) = (units(cell.lon_word), units(cell.lat_word));
        if lat_units >= CAP_LAT_UNITS || lon_units >= 180 * UNITS_PER_DEG {
            return Err(refused(
                "cells up to 88 degrees from the equator and 180 from the meridian",
            ));
        }
        let (row, west) = (level.row(), cell.lon_word & SIGN != 0);
        let place =
            Place::Sheet { west, i: lon_units / row.lon_units, j: lat_units / row.lat_units };
        Ok(Self { level, south: cell.lat_word & SIGN != 0, place })
    }
}

/// The height word of a level; layers below the ellipsoid mirror those above.
pub fn geosot_height_word(height_metres: f64, level: GeosotLevel) -> Result<u32, GridError> {
    let n = layer_number(height_metres)?;
    Ok(cut(height_word(n), level))
}

/// The height word of a finest layer.
pub(super) fn height_word(n: i64) -> u32 {
    signed_word(n < 0, if n < 0 { !n } else { n } as u32)
}

fn signed_word(negative: bool, units: u32) -> u32 {
    u32::from(negative) << 31 | sexagesimal_word(units)
}

pub(super) fn cut(word: u32, GeosotLevel(bits): GeosotLevel) -> u32 {
    word & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

fn digits(prefix: &str, GeosotLevel(count): GeosotLevel, digit: impl Fn(u8) -> u32) -> String {
    let digits = (0..count).filter_map(|bit| char::from_digit(digit(bit), 8));
    prefix.chars().chain(digits).collect()
}

/// Bit of a word, counted from the top.
fn bit_of(word: u32, bit: u8) -> u32 {
    word >> (31 - bit) & 1
}

/// Masks that keep runs of 16, 8, 4, 2 and 1 bits, with the shift that halves a run.
const RUNS: [(u32, u64); 5] = [
    (16, 0x0000_FFFF_0000_FFFF),
    (8, 0x00FF_00FF_00FF_00FF),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
];

/// The bits of a word at every second place.
fn spread(word: u32) -> u64 {
    RUNS.into_iter().fold(word.into(), |bits, (shift, mask)| (bits | bits << shift) & mask)
}

/// Reverses [`spread`]; the places between are ignored.
fn gather(bits: u64) -> u32 {
    let mut bits = bits & RUNS[4].1;
    for pair in RUNS.windows(2).rev() {
        bits = (bits | bits >> pair[1].0) & pair[0].1;
    }
    (bits | bits >> RUNS[0].0) as u32
}

#[cfg(test)]
#[path = "geosot_tests.rs"]
mod tests;
