//! Cell to code text. No allocation; integer arithmetic only.

use core::fmt;

use super::cell::{GridCell, Place};
use super::code::{GridCode, InlineText, glyphs, packed};
use super::level::{Level, ROWS};

/// The digits of a cell at each of the ten levels, x along longitude and y along latitude;
/// those of level 1 count sheets, those below the cell's own level are 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellDigits {
    pub x: [u32; 10],
    pub y: [u32; 10],
    /// Corner in units; the lowest twelve bits are the digits of levels 7 to 10.
    lon_units: u32,
    lat_units: u32,
}

impl CellDigits {
    #[inline]
    pub(super) fn of(level: Level, i: u32, j: u32) -> Self {
        let row = level.row();
        let (lon_units, lat_units) = (i * row.lon_units, j * row.lat_units);
        let (mut x, mut y) = ([0; 10], [0; 10]);
        let (mut columns, mut rows) = (0, 0);
        // Each quotient is taken from the whole, so that no division waits for another.
        for (index, row) in ROWS.iter().enumerate() {
            let (finer_columns, finer_rows) =
                (lon_units / row.lon_units, lat_units / row.lat_units);
            x[index] = finer_columns - columns * row.split_lon;
            y[index] = finer_rows - rows * row.split_lat;
            (columns, rows) = (finer_columns, finer_rows);
        }
        Self { x, y, lon_units, lat_units }
    }

    /// The digits of levels 7 to 10, one a byte: x, y, x, y ...
    #[inline]
    pub(super) fn fine_pairs(&self) -> u64 {
        // Four copies, each three bits further than the lane of two bytes that it is for.
        let lanes = |digits: u32| {
            let copies = u64::from(digits & 0xFFF).wrapping_mul(1 | 1 << 19 | 1 << 38 | 1 << 57);
            copies >> 9 & 0x0007_0007_0007_0007
        };
        lanes(self.lon_units) | lanes(self.lat_units) << 8
    }

    /// The same with a height's digits of three bits each: x, y, h, x, y, h ...
    #[inline]
    pub(super) fn fine_triples(&self, height: u32) -> u128 {
        let lanes = |digits: u32| {
            let lane = |shift: u32| u128::from(digits >> shift & 7);
            lane(9) | lane(6) << 24 | lane(3) << 48 | lane(0) << 72
        };
        lanes(self.lon_units) | lanes(self.lat_units) << 8 | lanes(height) << 16
    }

    /// The single digit of levels 3 and 6, given as index of the level.
    #[inline]
    pub(super) fn single(&self, index: usize) -> u32 {
        2 * self.y[index] + self.x[index]
    }
}

/// Number of a sheet's column, 1 to 60, given its distance from the prime meridian.
#[inline]
pub(super) fn sheet_column(west: bool, x: u32) -> u32 {
    if west { 30 - x } else { 31 + x }
}

/// What [`glyphs`] writes as a row letter.
#[inline]
pub(super) fn sheet_row(y: u32) -> u32 {
    y + 10
}

impl GridCell {
    /// The code, the same text for the same cell always.
    #[inline]
    pub fn code(self) -> GridCode {
        let hemisphere = self.hemisphere();
        let chars = self.level.code_chars();
        let words = match self.place {
            Place::Sheet { west, i, j } => {
                let digits = CellDigits::of(self.level, i, j);
                let (x, y) = (&digits.x, &digits.y);
                let column = sheet_column(west, x[0]);
                let letter = sheet_row(y[0]);
                let (third, sixth) = (digits.single(2), digits.single(5));
                let fine = digits.fine_pairs();
                [
                    packed([hemisphere, column / 10, column % 10, letter, x[1], y[1], third, x[3]]),
                    packed([y[3], x[4], y[4], sixth, 0, 0, 0, 0]) | fine << 32,
                    fine >> 32,
                ]
            }
            Place::PolarCap => [packed([hemisphere, 0, 0, 0, 0, 0, 0, 0]), 0, 0],
            Place::PolarPart(part) => {
                let part = u32::from(part);
                [packed([hemisphere, 0, 0, 0, part / 4, part % 4, 0, 0]), 0, 0]
            }
        };
        GridCode(InlineText::new(words.map(glyphs), chars))
    }

    /// What [`glyphs`] writes as N or S.
    #[inline]
    pub(super) fn hemisphere(self) -> u32 {
        if self.south { 28 } else { 23 }
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
