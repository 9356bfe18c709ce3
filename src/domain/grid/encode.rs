//! Cell to code text. No allocation; integer arithmetic only.

use std::fmt;

use super::cell::{GridCell, Place};
use super::code::{GridCode, InlineText};
use super::level::{Digits, Level};

/// Digits of one level, x along longitude and y along latitude.
#[derive(Debug, Clone, Copy)]
pub(super) struct LevelDigits {
    pub level: Level,
    pub x: u32,
    pub y: u32,
}

impl GridCell {
    /// The code, the same text for the same cell always.
    pub fn code(self) -> GridCode {
        let mut text = InlineText::EMPTY;
        text.push(self.hemisphere());
        match self.place {
            Place::Sheet { west, i, j } => {
                for digits in level_digits(self.level, i, j) {
                    push_level(&mut text, west, digits);
                }
            }
            Place::PolarCap => push_polar(&mut text, None),
            Place::PolarPart(part) => push_polar(&mut text, Some(part)),
        }
        GridCode(text)
    }

    pub(super) fn hemisphere(self) -> u8 {
        if self.south { b'S' } else { b'N' }
    }
}

/// The digits of each level from 1 down to `level`.
pub(super) fn level_digits(level: Level, i: u32, j: u32) -> impl Iterator<Item = LevelDigits> {
    let own = level.row();
    let (mut lon_rest, mut lat_rest) = (i * own.lon_units, j * own.lat_units);
    level.from_one().iter().map(move |&level| {
        let row = level.row();
        let (x, y) = (lon_rest / row.lon_units, lat_rest / row.lat_units);
        lon_rest %= row.lon_units;
        lat_rest %= row.lat_units;
        LevelDigits { level, x, y }
    })
}

/// Appends the characters of one level of a cell outside the polar caps.
pub(super) fn push_level<const N: usize>(
    text: &mut InlineText<N>,
    west: bool,
    LevelDigits { level, x, y }: LevelDigits,
) {
    let row = level.row();
    match row.digits {
        Digits::Sheet => {
            let column = if west { 30 - x } else { 31 + x };
            text.push_digit(column / 10);
            text.push_digit(column % 10);
            text.push(b'A' + y as u8);
        }
        Digits::Pair => {
            text.push_digit(x);
            text.push_digit(y);
        }
        Digits::Single => text.push_digit(row.split_lon * y + x),
    }
}

fn push_polar<const N: usize>(text: &mut InlineText<N>, part: Option<u8>) {
    for _ in 0..3 {
        text.push(b'0');
    }
    if let Some(part) = part {
        text.push_digit(u32::from(part / 4));
        text.push_digit(u32::from(part % 4));
    }
}

impl fmt::Display for GridCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code().as_str())
    }
}

impl fmt::Debug for GridCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GridCell({})", self.code().as_str())
    }
}

impl serde::Serialize for GridCell {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.code().serialize(serializer)
    }
}
