//! Code text to cell. Strict: upper case, exact length, every digit within its level's
//! range; nothing is trimmed or guessed. Refusals name the position.

use std::str::FromStr;

use super::cell::{GridCell, Place};
use super::error::CodeFault;
use super::level::{Digits, Level};
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
    let value = match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'F' => u32::from(byte - b'A') + 10,
        _ => u32::MAX,
    };
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

pub(super) fn parse(bytes: &[u8]) -> Result<GridCell, CodeFault> {
    let level = Level::of_code_chars(bytes.len()).ok_or(CodeFault::Length2d(bytes.len()))?;
    let mut reader = Reader { bytes, at: 0 };
    let south = south_of(reader.next())?;
    if bytes[1..].starts_with(b"000") {
        let place = parse_polar(&bytes[4..])?;
        return Ok(GridCell { level, south, place });
    }
    let (mut west, mut i, mut j) = (false, 0, 0);
    for &level in level.from_one() {
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
