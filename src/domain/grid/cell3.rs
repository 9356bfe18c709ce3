//! A cell with a height layer, and its interleaved code.
//!
//! ```text
//!   N 0 50F 00 05 0 3 0 51 0 66 0 ...     hemisphere, height sign, then for each level
//!   | |  |   |  | | |                     the 2D characters and the height character(s)
//! ```
//! Invariant: cell and layer have the same level, and the cell is not polar (the standard
//! gives no 3D form that two programs agree on there).

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::cell::{GridCell, Place};
use super::code::{GridCode3, InlineText, glyphs, packed};
use super::encode::{CellDigits, sheet_column, sheet_row};
use super::error::CodeFault;
use super::height_layer::{self, HeightLayer};
use super::height_scheme::HeightScheme;
use super::level::Level;
use super::{CELLS_MAX, GridError, decode};

/// Characters of a 3D code, level 1 to 10.
const CODE_CHARS: [usize; 10] = [7, 10, 12, 15, 18, 20, 23, 26, 29, 32];

/// A box of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GridCell3 {
    cell: GridCell,
    layer: HeightLayer,
}

impl GridCell3 {
    /// The box of a level that holds a point, under the default scheme.
    #[inline]
    pub fn from_point(
        lon_deg: f64,
        lat_deg: f64,
        height_metres: f64,
        level: Level,
    ) -> Result<Self, GridError> {
        let cell = GridCell::from_lonlat(lon_deg, lat_deg, level)?;
        Self::at_height(cell, height_metres, HeightScheme::default())
    }

    /// The box over a cell at a geodetic height.
    #[inline]
    pub fn at_height(
        cell: GridCell,
        height_metres: f64,
        scheme: HeightScheme,
    ) -> Result<Self, GridError> {
        if cell.is_polar() {
            return Err(GridError::PolarUnsupported("a 3D code".into()));
        }
        let layer = HeightLayer::from_height(height_metres, cell.level(), scheme)?;
        Ok(Self { cell, layer })
    }

    pub fn cell(self) -> GridCell {
        self.cell
    }

    pub fn layer(self) -> HeightLayer {
        self.layer
    }

    pub fn level(self) -> Level {
        self.cell.level()
    }

    pub fn scheme(self) -> HeightScheme {
        self.layer.scheme()
    }

    /// The box of a cell and a layer; none if their levels differ or the cell is polar.
    pub fn new(cell: GridCell, layer: HeightLayer) -> Option<Self> {
        (cell.level() == layer.level() && !cell.is_polar()).then_some(Self { cell, layer })
    }

    /// The next coarser box around this one; none above level 1.
    pub fn parent(self) -> Option<Self> {
        self.ancestor(self.level().coarser()?)
    }

    /// The box of `level` that contains this one (itself at its own level); none if
    /// `level` is finer.
    pub fn ancestor(self, level: Level) -> Option<Self> {
        Some(Self { cell: self.cell.ancestor(level)?, layer: self.layer.ancestor(level)? })
    }

    /// The boxes one level finer that make up this one, layer by layer in code order.
    pub fn children(self) -> Result<impl Iterator<Item = Self> + use<>, GridError> {
        let finer = self.level().finer().ok_or_else(|| self.no_such("finer level"))?;
        self.descendants(finer)
    }

    /// The boxes of `level` that make up this one (itself at its own level).
    pub fn descendants(
        self,
        level: Level,
    ) -> Result<impl Iterator<Item = Self> + use<>, GridError> {
        if level < self.level() {
            return Err(self.no_such("descendant at a coarser level"));
        }
        let cell = self.cell;
        let layers = self.layer.descendants(level);
        Ok(layers.flat_map(move |layer| {
            // Cannot fail: the level was looked at, and no box is polar.
            let cells = cell.descendants(level).into_iter().flatten();
            cells.map(move |cell| Self { cell, layer })
        }))
    }

    /// How many boxes of `level`, not coarser than its own, make up this one; layers beyond
    /// [`CELLS_MAX`] are not counted.
    pub(super) fn descendant_count(self, level: Level) -> u64 {
        let layers = self.layer.descendants(level).take(CELLS_MAX + 1).count();
        self.cell.descendant_count(level).saturating_mul(layers as u64)
    }

    /// Whether no child of the same parent comes after this one in code order.
    pub(super) fn is_last_child(self) -> bool {
        self.cell.is_last_child() && self.layer.is_last_child()
    }

    fn no_such(self, wanted: &'static str) -> GridError {
        GridError::NoSuchLevel { code: self.code().into(), level: self.level(), wanted }
    }

    /// Whether `other` is this box or lies in it; the code of this one is then a prefix of
    /// the other's. Boxes of different schemes do not contain each other.
    pub fn contains(self, other: Self) -> bool {
        other.ancestor(self.level()) == Some(self)
    }

    /// Whether the point falls into this box, with the faces assigned as in encoding.
    pub fn contains_point(self, lon_deg: f64, lat_deg: f64, height_metres: f64) -> bool {
        let layer = HeightLayer::from_height(height_metres, self.level(), self.scheme());
        self.cell.contains_point(lon_deg, lat_deg) && layer == Ok(self.layer)
    }

    /// The interleaved code.
    #[inline]
    pub fn code(self) -> GridCode3 {
        // A box is never polar.
        let Place::Sheet { west, i, j } = self.cell.place else {
            return GridCode3(InlineText::new([0; 4], 0));
        };
        let flat = CellDigits::of(self.level(), i, j);
        let (x, y, h) = (&flat.x, &flat.y, &self.layer.digits());
        let column = sheet_column(west, x[0]);
        let (column_tens, column_ones, letter) = (column / 10, column % 10, sheet_row(y[0]));
        let (hemisphere, sign) = (self.cell.hemisphere(), self.layer.sign_digit());
        let (third, sixth) = (flat.single(2), flat.single(5));
        let fine = flat.fine_triples(self.layer.fine_digits());
        let words = [
            packed([
                hemisphere,
                sign,
                column_tens,
                column_ones,
                letter,
                h[0] / 10,
                h[0] % 10,
                x[1],
            ]),
            packed([y[1], h[1], third, h[2], x[3], y[3], h[3], x[4]]),
            packed([y[4], h[4], sixth, h[5], 0, 0, 0, 0]) | (fine << 32) as u64,
            (fine >> 32) as u64,
        ];
        GridCode3(InlineText::new(words.map(glyphs), CODE_CHARS[self.level().index()]))
    }

    /// Reads a 3D code written under `scheme`, strictly.
    pub fn parse(text: &str, scheme: HeightScheme) -> Result<Self, GridError> {
        parse(text.as_bytes(), scheme).map_err(|fault| GridError::code(text, fault))
    }
}

fn parse(bytes: &[u8], scheme: HeightScheme) -> Result<GridCell3, CodeFault> {
    let index = CODE_CHARS
        .iter()
        .position(|&chars| chars == bytes.len())
        .ok_or(CodeFault::Length3d(bytes.len()))?;
    let (mut flat, mut height) = ([0; 20], [0; 12]);
    let (flat_chars, height_chars) = (Level::ALL[index].code_chars(), index + 3);
    for (to, &from) in flat[..flat_chars].iter_mut().zip(&FLAT_POSITIONS) {
        *to = bytes[from];
    }
    for (to, &from) in height[..height_chars].iter_mut().zip(&HEIGHT_POSITIONS) {
        *to = bytes[from];
    }
    if flat[1..4] == *b"000" {
        return Err(CodeFault::PolarLevel);
    }
    let cell = decode::parse(&flat[..flat_chars]).map_err(|fault| in_3d(fault, &FLAT_POSITIONS))?;
    let layer = height_layer::parse(&height[..height_chars], scheme)
        .map_err(|fault| in_3d(fault, &HEIGHT_POSITIONS))?;
    Ok(GridCell3 { cell, layer })
}

/// Positions of the 2D and of the height characters within a 3D code, counted from 0.
const FLAT_POSITIONS: [usize; 20] =
    [0, 2, 3, 4, 7, 8, 10, 12, 13, 15, 16, 18, 20, 21, 23, 24, 26, 27, 29, 30];
const HEIGHT_POSITIONS: [usize; 12] = [1, 5, 6, 9, 11, 14, 17, 19, 22, 25, 28, 31];

/// A fault of one part, its position counted in the whole text.
fn in_3d(fault: CodeFault, positions: &[usize]) -> CodeFault {
    let CodeFault::Digit { position, max } = fault else { return fault };
    let whole = positions.get(usize::from(position).saturating_sub(1));
    CodeFault::Digit { position: whole.map_or(position, |&at| at as u8 + 1), max }
}

impl FromStr for GridCell3 {
    type Err = GridError;

    /// Reads a code of the default scheme.
    fn from_str(text: &str) -> Result<Self, GridError> {
        Self::parse(text, HeightScheme::default())
    }
}

impl fmt::Display for GridCell3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code().as_str())
    }
}

impl serde::Serialize for GridCell3 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.code().serialize(serializer)
    }
}

/// Reads a code of the default scheme.
impl<'de> serde::Deserialize<'de> for GridCell3 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_follow_the_level_tables() {
        // hemisphere, sign, then per level the 2D characters and the height characters
        let mut at = 2;
        let (mut flat, mut height) = (vec![0], vec![1]);
        for (index, chars) in [3, 2, 1, 2, 2, 1, 2, 2, 2, 2].into_iter().enumerate() {
            flat.extend(at..at + chars);
            at += chars;
            for _ in 0..if index == 0 { 2 } else { 1 } {
                height.push(at);
                at += 1;
            }
            assert_eq!(CODE_CHARS[index], at);
        }
        assert_eq!(
            (flat.as_slice(), height.as_slice()),
            (&FLAT_POSITIONS[..], &HEIGHT_POSITIONS[..])
        );
    }

    #[test]
    fn faults_name_the_position_in_the_whole_text() {
        let fault = |text: &str| match text.parse::<GridCell3>() {
            Err(GridError::Code { fault: CodeFault::Digit { position, max }, .. }) => {
                (position, max)
            }
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(fault("N050F00C50"), (8, 'B'));
        assert_eq!(fault("N050F00058"), (10, '7'));
        assert_eq!(fault("N050F000503051066000000000000008"), (32, '7'));
    }

    #[test]
    fn polar_boxes_are_refused() {
        let cap = GridCell::from_lonlat(10.0, 89.0, Level::Two).unwrap();
        for result in [
            GridCell3::at_height(cap, 0.0, HeightScheme::default()),
            "N000000".parse(),
            "N000000100".parse(),
        ] {
            assert!(matches!(result, Err(GridError::PolarUnsupported(_))), "{result:?}");
        }
    }
}

#[cfg(test)]
#[path = "cell3_tests.rs"]
mod more_tests;
