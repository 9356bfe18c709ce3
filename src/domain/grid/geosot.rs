//! GeoSOT codes (GB/T 40087-2021) of a point, for exchange with platforms that key their
//! tables by them.
//!
//! Each coordinate becomes a 32-bit word: sign, degrees (8 bits), minutes (6), seconds (6),
//! 1/2048" (11). A level keeps that many leading bits; the code interleaves the words bit
//! by bit, latitude before longitude, and height last. Levels 15, 19, 20, 23, 26, 29 and 32
//! have the same cells as levels 4 to 10 of the BeiDou grid.

use super::GridError;
use super::cell::{check_lat, check_lon, units_of};
use super::height::{layer_number, sexagesimal_word};

/// A GeoSOT level, 0 (the globe) to 32 (1/2048").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GeosotLevel(u8);

impl TryFrom<u8> for GeosotLevel {
    type Error = GridError;

    fn try_from(number: u8) -> Result<Self, GridError> {
        let refused =
            || GridError::Name { what: "GeoSOT level", value: number.to_string(), allowed: "0-32" };
        if number <= 32 { Ok(Self(number)) } else { Err(refused()) }
    }
}

/// A GeoSOT cell in the plane: both words cut to the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        let word = |degrees: f64| {
            cut(u32::from(degrees < 0.0) << 31 | sexagesimal_word(units_of(degrees)), level)
        };
        Ok(Self { level, lon_word: word(lon_deg), lat_word: word(lat_deg) })
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
        let height = geosot_height_word(height_metres, self.level)?;
        let digit = |bit: u8| {
            4 * bit_of(self.lat_word, bit) + 2 * bit_of(self.lon_word, bit) + bit_of(height, bit)
        };
        Ok(digits("GZ", self.level, digit))
    }
}

/// The height word of a level; layers below the ellipsoid mirror those above.
pub fn geosot_height_word(height_metres: f64, level: GeosotLevel) -> Result<u32, GridError> {
    let n = layer_number(height_metres)?;
    let (below, magnitude) = if n < 0 { (1 << 31, -n - 1) } else { (0, n) };
    Ok(cut(below | sexagesimal_word(magnitude as u32), level))
}

fn cut(word: u32, GeosotLevel(bits): GeosotLevel) -> u32 {
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

/// The bits of a word at every second place.
fn spread(word: u32) -> u64 {
    let mut bits = u64::from(word);
    for (shift, mask) in [
        (16, 0x0000_FFFF_0000_FFFF),
        (8, 0x00FF_00FF_00FF_00FF),
        (4, 0x0F0F_0F0F_0F0F_0F0F),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}
