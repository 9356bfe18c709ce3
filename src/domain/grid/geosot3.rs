//! GeoSOT cells with height (`GZ...`), and their exchange with the boxes of this grid.
//!
//! The height word has the form of a coordinate's and mirrors at the ellipsoid. A box has a
//! counterpart if its layer holds exactly the same finest layers, which the packings
//! `radix15` and `geosot64` with sign `mirror` give at levels 4 to 10, and other schemes
//! here and there.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use super::GridError;
use super::cell::GridCell;
use super::cell3::GridCell3;
use super::error::shown;
use super::geosot::{GeosotCell, GeosotLevel, SIGN, cut, height_word, read_words};
use super::height::{LAYERS, layer_number};
use super::height_layer::HeightLayer;
use super::height_scheme::{HeightScheme, sexagesimal_rank};

/// A GeoSOT cell and a height word cut to the same level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GeosotCell3 {
    cell: GeosotCell,
    height_word: u32,
}

impl GeosotCell3 {
    /// The cell of a level that holds a point at a geodetic height.
    pub fn from_point(
        lon_deg: f64,
        lat_deg: f64,
        height_metres: f64,
        level: GeosotLevel,
    ) -> Result<Self, GridError> {
        let cell = GeosotCell::from_lonlat(lon_deg, lat_deg, level)?;
        let height_word = cut(height_word(layer_number(height_metres)?), level);
        Ok(Self { cell, height_word })
    }

    pub fn cell(self) -> GeosotCell {
        self.cell
    }

    pub fn level(self) -> GeosotLevel {
        self.cell.level()
    }

    /// The height word: sign, degrees, minutes, seconds and 1/2048" in 32 bits.
    pub fn height_word(self) -> u32 {
        self.height_word
    }

    /// The code: `GZ` and one digit 0-7 a level.
    pub fn code(self) -> String {
        self.cell.code_with(self.height_word)
    }

    /// The finest layers of this cell, by number.
    pub fn layer_numbers(self) -> Range<i64> {
        layer_numbers(self.height_word, self.level())
    }

    /// The box of this grid with the same extent.
    pub fn to_grid(self, scheme: HeightScheme) -> Result<GridCell3, GridError> {
        let cell = GridCell::try_from(self.cell)?;
        let numbers = self.layer_numbers();
        HeightLayer::from_number(numbers.start, cell.level(), scheme)
            .filter(|layer| layer.layer_numbers() == numbers)
            .and_then(|layer| GridCell3::new(cell, layer))
            .ok_or_else(|| GridError::Geosot {
                value: format!("cell {self}"),
                reason: "a cell whose heights are those of one layer of the scheme",
            })
    }
}

fn layer_numbers(height_word: u32, level: GeosotLevel) -> Range<i64> {
    let (below, word) = (height_word & SIGN != 0, height_word & !SIGN);
    let words = 1_u64 << (32 - level.number());
    // Level 0 spans both signs, and holds words beyond those of the layers.
    let end = (u64::from(word) + words).min(1 << 31) as u32;
    let (start, end) = (i64::from(sexagesimal_rank(word)), i64::from(sexagesimal_rank(end)));
    match (level.number(), below) {
        (0, _) => -LAYERS..LAYERS,
        (_, false) => start..end,
        (_, true) => -end..-start,
    }
}

/// A box of level 4 to 10 as GeoSOT has it.
impl TryFrom<GridCell3> for GeosotCell3 {
    type Error = GridError;

    fn try_from(cube: GridCell3) -> Result<Self, GridError> {
        let cell = GeosotCell::try_from(cube.cell())?;
        let numbers = cube.layer().layer_numbers();
        // Every layer holds at least one; of those below, the highest has the least word.
        let first = if numbers.start < 0 { numbers.end - 1 } else { numbers.start };
        let same = Self { cell, height_word: cut(height_word(first), cell.level()) };
        if same.layer_numbers() == numbers {
            return Ok(same);
        }
        Err(GridError::Geosot {
            value: format!("counterpart of {cube}"),
            reason: "a box whose heights are those of one GeoSOT cell has one",
        })
    }
}

impl fmt::Display for GeosotCell3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.code())
    }
}

impl FromStr for GeosotCell3 {
    type Err = GridError;

    /// Reads `GZ` and digits 0-7, strictly.
    fn from_str(text: &str) -> Result<Self, GridError> {
        let refused =
            |reason| GridError::Geosot { value: format!("code {:?}", shown(text)), reason };
        let (level, [lon, lat, height_word]) = text
            .strip_prefix("GZ")
            .and_then(|digits| read_words(digits, [1, 2], 8))
            .ok_or_else(|| refused("GZ and up to 32 digits 0-7"))?;
        let cell = GeosotCell::from_words(level, lon, lat).map_err(refused)?;
        if layer_numbers(height_word, level).is_empty() {
            return Err(refused("heights of up to 59 minutes and 59 seconds"));
        }
        Ok(Self { cell, height_word })
    }
}
