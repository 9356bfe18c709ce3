//! A cell with a height layer, and its interleaved code.
//!
//! ```text
//!   N 0 50F 00 05 0 3 0 51 0 66 0 ...     hemisphere, height sign, then for each level
//!   | |  |   |  | | |                     the 2D characters and the height character(s)
//! ```
//! Invariant: cell and layer have the same level, and the cell is not polar (the standard
//! gives no 3D form that two programs agree on there).

use std::fmt;
use std::str::FromStr;

use super::cell::{GridCell, Place};
use super::code::{GridCode3, InlineText};
use super::encode::{level_digits, push_level};
use super::error::CodeFault;
use super::height::{self, HeightLayer, HeightScheme, push_height_digit};
use super::level::Level;
use super::{GridError, decode};

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

    /// The next coarser box around this one; none above level 1.
    pub fn parent(self) -> Option<Self> {
        Some(Self { cell: self.cell.parent()?, layer: self.layer.parent()? })
    }

    /// The interleaved code.
    pub fn code(self) -> GridCode3 {
        let mut text = InlineText::EMPTY;
        if let Place::Sheet { west, i, j } = self.cell.place {
            text.push(self.cell.hemisphere());
            text.push(self.layer.sign_char());
            let levels = level_digits(self.level(), i, j).zip(self.layer.digits());
            for (flat, height) in levels {
                push_level(&mut text, west, flat);
                push_height_digit(&mut text, flat.level, height);
            }
        }
        GridCode3(text)
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
    // Buffers of the longest parts; each byte of the text goes to one of them.
    let (mut flat, mut flat_len) = ([0; 20], 0);
    let (mut height, mut height_len) = ([0; 12], 0);
    for (position, &byte) in bytes.iter().enumerate() {
        if is_height_position(position) {
            height[height_len] = byte;
            height_len += 1;
        } else {
            flat[flat_len] = byte;
            flat_len += 1;
        }
    }
    debug_assert_eq!(height_len, index + 3);
    if flat[1..4] == *b"000" {
        return Err(CodeFault::PolarLevel);
    }
    let cell = decode::parse(&flat[..flat_len]).map_err(|fault| in_3d(fault, false))?;
    let layer = height::parse(&height[..height_len], scheme).map_err(|fault| in_3d(fault, true))?;
    Ok(GridCell3 { cell, layer })
}

/// Positions of the height characters within a 3D code, counted from 0.
const HEIGHT_POSITIONS: [usize; 12] = [1, 5, 6, 9, 11, 14, 17, 19, 22, 25, 28, 31];

fn is_height_position(position: usize) -> bool {
    HEIGHT_POSITIONS.contains(&position)
}

/// A fault of one part, its position counted in the whole text.
fn in_3d(fault: CodeFault, of_height: bool) -> CodeFault {
    let CodeFault::Digit { position, max } = fault else { return fault };
    let nth = usize::from(position).saturating_sub(1);
    let whole = (0..32).filter(|&at| is_height_position(at) == of_height).nth(nth);
    CodeFault::Digit { position: whole.map_or(position, |at| at as u8 + 1), max }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_follow_the_level_tables() {
        // hemisphere, sign, then per level the 2D characters and the height characters
        let flat = [3, 2, 1, 2, 2, 1, 2, 2, 2, 2];
        let mut at = 2;
        let mut height = vec![1];
        for (index, chars) in flat.into_iter().enumerate() {
            at += chars;
            for _ in 0..if index == 0 { 2 } else { 1 } {
                height.push(at);
                at += 1;
            }
            assert_eq!(CODE_CHARS[index], at);
        }
        assert_eq!(height, HEIGHT_POSITIONS);
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
