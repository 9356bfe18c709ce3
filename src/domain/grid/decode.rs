//! Code text to cell. Strict: upper case, exact length, every digit within its level's
//! range; nothing is trimmed or guessed. Refusals name the position.
//!
//! A code is read in one go, all ten levels at once and without a branch a digit; what that
//! refuses is read again from the left, to say what is wrong or to find a polar cell.

use alloc::string::String;
use core::str::FromStr;

use super::cell::{GridCell, Place};
use super::error::CodeFault;
use super::level::{Digits, Level, LevelRow, ROWS};
use super::{GridError, polar};

impl FromStr for GridCell {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Self, GridError> {
        parse(text.as_bytes()).map_err(|fault| GridError::code(text, fault))
    }
}

impl<'de> serde::Deserialize<'de> for GridCell {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Values of the digits 0-9 and A-F; every other byte has one that no level allows.
pub(super) const DIGIT_VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[inline]
pub(super) fn parse(bytes: &[u8]) -> Result<GridCell, CodeFault> {
    let level = Level::of_code_chars(bytes.len()).ok_or(CodeFault::Length2d(bytes.len()))?;
    let mut padded = [b'0'; 20];
    padded[..bytes.len()].copy_from_slice(bytes);
    match parse_sheet(level, &padded) {
        Some(cell) => Ok(cell),
        None => parse_slowly(level, bytes),
    }
}

/// A cell outside the polar caps from its code, filled up with zeros; none if anything is
/// wrong or polar.
#[inline]
fn parse_sheet(level: Level, text: &[u8; 20]) -> Option<GridCell> {
    let digit = |at: usize| u32::from(DIGIT_VALUES[usize::from(text[at])]);
    let column = digit(1) * 10 + digit(2);
    let letter = u32::from(text[3].wrapping_sub(b'A'));
    let mut sound = (1..=60).contains(&column)
        & (digit(1) < 10)
        & (digit(2) < 10)
        & (letter < ROWS[0].split_lat)
        & matches!(text[0], b'N' | b'S');
    let west = column <= 30;
    let mut i = if west { 30_u32.wrapping_sub(column) } else { column.wrapping_sub(31) };
    let mut j = letter;
    let mut at = 4;
    for LevelRow { split_lon, split_lat, digits, .. } in &ROWS[1..] {
        let (x, y) = match digits {
            Digits::Single => {
                let single = digit(at);
                at += 1;
                (single % split_lon, single / split_lon)
            }
            _ => {
                at += 2;
                (digit(at - 2), digit(at - 1))
            }
        };
        sound &= (x < *split_lon) & (y < *split_lat);
        i = i.wrapping_mul(*split_lon).wrapping_add(x);
        j = j.wrapping_mul(*split_lat).wrapping_add(y);
    }
    if !sound {
        return None;
    }
    let row = level.row();
    let place = Place::Sheet { west, i: i / row.lon_units, j: j / row.lat_units };
    Some(GridCell { level, south: text[0] == b'S', place })
}

/// Reads a text from the left and remembers where it is.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    /// A digit 0-9A-E below `limit`.
    fn digit(&mut self, limit: u32) -> Result<u32, CodeFault> {
        let position = self.at as u8 + 1;
        digit_below(self.next(), limit, position)
    }
}

/// The value of a digit 0-9A-F if it is below `limit`.
pub(super) fn digit_below(byte: u8, limit: u32, position: u8) -> Result<u32, CodeFault> {
    let value = u32::from(DIGIT_VALUES[usize::from(byte)]);
    if value < limit {
        return Ok(value);
    }
    let max = char::from_digit(limit - 1, 16).unwrap_or('F').to_ascii_uppercase();
    Err(CodeFault::Digit { position, max })
}

/// Whether a code starts with N or S, as "south".
pub(super) fn south_of(byte: u8) -> Result<bool, CodeFault> {
    match byte {
        b'N' => Ok(false),
        b'S' => Ok(true),
        _ => Err(CodeFault::Hemisphere),
    }
}

fn parse_slowly(level: Level, bytes: &[u8]) -> Result<GridCell, CodeFault> {
    let mut reader = Reader { bytes, at: 0 };
    let south = south_of(reader.next())?;
    if bytes[1..].starts_with(b"000") {
        let place = parse_polar(&bytes[4..])?;
        return Ok(GridCell { level, south, place });
    }
    let (mut west, mut i, mut j) = (false, 0, 0);
    for &level in level.chain() {
        let row = level.row();
        match row.digits {
            Digits::Sheet => {
                let (tens, ones) = (reader.next(), reader.next());
                let column = column_of(tens, ones)?;
                west = column <= 30;
                i = if west { 30 - column } else { column - 31 };
                j = row_of(reader.next())?;
            }
            Digits::Pair => {
                i = i * row.split_lon + reader.digit(row.split_lon)?;
                j = j * row.split_lat + reader.digit(row.split_lat)?;
            }
            Digits::Single => {
                let digit = reader.digit(row.split_lon * row.split_lat)?;
                i = i * row.split_lon + digit % row.split_lon;
                j = j * row.split_lat + digit / row.split_lon;
            }
        }
    }
    Ok(GridCell { level, south, place: Place::Sheet { west, i, j } })
}

fn column_of(tens: u8, ones: u8) -> Result<u32, CodeFault> {
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return Err(CodeFault::Column);
    }
    let column = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    if (1..=60).contains(&column) { Ok(column) } else { Err(CodeFault::Column) }
}

fn row_of(letter: u8) -> Result<u32, CodeFault> {
    match letter {
        b'A'..=b'V' => Ok(u32::from(letter - b'A')),
        _ => Err(CodeFault::Row),
    }
}

/// The characters after `N000`: none, or two digits 0-3.
fn parse_polar(rest: &[u8]) -> Result<Place, CodeFault> {
    match *rest {
        [] => Ok(Place::PolarCap),
        [high, low] => {
            let part = digit_below(high, 4, 5)? * 4 + digit_below(low, 4, 6)?;
            debug_assert!(part < u32::from(polar::PARTS));
            Ok(Place::PolarPart(part as u8))
        }
        // Longer polar codes exist in the standard but have no agreed digit order.
        _ => Err(CodeFault::PolarLevel),
    }
}
