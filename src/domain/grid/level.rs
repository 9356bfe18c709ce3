//! The ten levels of the grid and the sizes of their cells.
//!
//! In: a level number, or a position error in metres. Out: a checked [`Level`].
//! Everything is counted in the side of the smallest cell, 1/2048 of an arc second,
//! called a *unit* here: [`UNITS_PER_DEG`] of them make a degree, so all cells of all
//! levels have whole-number corners.

use alloc::string::ToString;
use core::fmt;
use core::str::FromStr;

use super::GridError;

/// Units (1/2048") in one degree.
pub(super) const UNITS_PER_DEG: u32 = 3600 * 2048;

/// Latitude in units at which the sheets end and the polar caps begin.
pub(super) const CAP_LAT_UNITS: u32 = 88 * UNITS_PER_DEG;

/// Semi-major axis of CGCS2000, also the `r0` of the height layers.
pub(super) const EARTH_RADIUS_METRES: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;

/// One of the ten levels, 1 (6 by 4 degrees) to 10 (1/2048", about 1.5 cm).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "u8", into = "u8")]
#[repr(u8)]
pub enum Level {
    One = 1,
    Two,
    Three,
    Four,
    Five,
    Six,
    Seven,
    Eight,
    Nine,
    Ten,
}

/// Extent of a cell on the ground.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CellSize {
    pub east_west_metres: f64,
    pub north_south_metres: f64,
}

/// How the characters of one level are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// Column number and row letter.
    Sheet,
    /// Longitude digit, then latitude digit.
    Pair,
    /// One digit, `2 * y + x`.
    Single,
}

/// One row of the standard's level table.
pub(super) struct LevelRow {
    /// Cell size in units.
    pub lon_units: u32,
    pub lat_units: u32,
    /// Children of a parent along each axis (level 1: of a quarter of the globe).
    pub split_lon: u32,
    pub split_lat: u32,
    pub digits: Digits,
    /// Characters of a 2D code that ends at this level.
    pub chars: u8,
    /// Columns from the prime meridian to the 180th, rows from the equator to the cap.
    pub half_columns: i64,
    pub half_rows: i64,
}

#[inline]
const fn row(lon: u32, lat: u32, split: (u32, u32), digits: Digits, chars: u8) -> LevelRow {
    LevelRow {
        lon_units: lon,
        lat_units: lat,
        split_lon: split.0,
        split_lat: split.1,
        digits,
        chars,
        half_columns: (180 * UNITS_PER_DEG / lon) as i64,
        half_rows: (CAP_LAT_UNITS / lat) as i64,
    }
}

#[rustfmt::skip]
pub(super) const ROWS: [LevelRow; 10] = [
    row(44_236_800, 29_491_200, (30, 22), Digits::Sheet,  4),
    row( 3_686_400,  3_686_400, (12,  8), Digits::Pair,   6),
    row( 1_843_200,  1_228_800, ( 2,  3), Digits::Single, 7),
    row(   122_880,    122_880, (15, 10), Digits::Pair,   9),
    row(     8_192,      8_192, (15, 15), Digits::Pair,  11),
    row(     4_096,      4_096, ( 2,  2), Digits::Single, 12),
    row(       512,        512, ( 8,  8), Digits::Pair,  14),
    row(        64,         64, ( 8,  8), Digits::Pair,  16),
    row(         8,          8, ( 8,  8), Digits::Pair,  18),
    row(         1,          1, ( 8,  8), Digits::Pair,  20),
];

/// Radii of curvature at a latitude, on the CGCS2000 ellipsoid: what one radian of
/// longitude and one of latitude are long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Radii {
    pub parallel_metres: f64,
    pub meridian_metres: f64,
}

impl Radii {
    /// Latitudes beyond a pole count as the pole.
    pub(super) fn at(lat_deg: f64) -> Self {
        let lat = lat_deg.clamp(-90.0, 90.0).to_radians();
        let eccentricity_squared = FLATTENING * (2.0 - FLATTENING);
        let sin = libm::sin(lat);
        let w_squared = 1.0 - eccentricity_squared * sin * sin;
        let prime_vertical = EARTH_RADIUS_METRES / libm::sqrt(w_squared);
        Self {
            parallel_metres: prime_vertical * libm::cos(lat),
            meridian_metres: prime_vertical * (1.0 - eccentricity_squared) / w_squared,
        }
    }
}

impl Level {
    /// All levels, coarse to fine.
    pub const ALL: [Self; 10] = [
        Self::One,
        Self::Two,
        Self::Three,
        Self::Four,
        Self::Five,
        Self::Six,
        Self::Seven,
        Self::Eight,
        Self::Nine,
        Self::Ten,
    ];

    /// The level's number, 1 to 10.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Position in tables that start with level 1.
    #[inline]
    pub(super) const fn index(self) -> usize {
        self as usize - 1
    }

    pub(super) const fn row(self) -> &'static LevelRow {
        const TABLE: &[LevelRow; 10] = &ROWS;
        &TABLE[self.index()]
    }

    /// The next finer level; none below level 10.
    pub fn finer(self) -> Option<Self> {
        Self::ALL.get(self.index() + 1).copied()
    }

    /// The next coarser level; none above level 1.
    pub fn coarser(self) -> Option<Self> {
        Self::ALL[..self.index()].last().copied()
    }

    /// The levels from 1 down to this one.
    pub(super) fn chain(self) -> &'static [Self] {
        const ALL: &[Level] = &Level::ALL;
        &ALL[..=self.index()]
    }

    /// Characters of a 2D code of this level.
    pub fn code_chars(self) -> usize {
        usize::from(self.row().chars)
    }

    pub(super) fn of_code_chars(chars: usize) -> Option<Self> {
        const LEVELS: [Option<Level>; 21] = {
            let mut levels = [None; 21];
            let mut index = 0;
            while index < 10 {
                levels[ROWS[index].chars as usize] = Some(Level::ALL[index]);
                index += 1;
            }
            levels
        };
        LEVELS.get(chars).copied().flatten()
    }

    /// Size of a cell of this level around a latitude, on the CGCS2000 ellipsoid.
    ///
    /// The curvature radii are those at `lat_deg`, so for levels 1 and 2 the figures are
    /// those of a cell centred there. Latitudes beyond a pole count as the pole.
    pub fn cell_size_metres(self, lat_deg: f64) -> CellSize {
        let radii = Radii::at(lat_deg);
        let radians = |units: u32| (f64::from(units) / f64::from(UNITS_PER_DEG)).to_radians();
        CellSize {
            east_west_metres: radians(self.row().lon_units) * radii.parallel_metres,
            north_south_metres: radians(self.row().lat_units) * radii.meridian_metres,
        }
    }

    /// The finest level that a position with this error may claim.
    ///
    /// The circle of radius `error_metres` must fit into a cell: the shorter side is at
    /// least twice the error, so a wrong cell is at most a direct neighbour. Errors too
    /// large for level 1, and errors that are not a number or negative (nothing is known
    /// of the position), give level 1; zero gives level 10.
    ///
    /// ```
    /// use gridwarden::domain::grid::Level;
    /// assert_eq!(Level::for_accuracy(2.5, 22.7), Level::Seven);
    /// assert_eq!(Level::for_accuracy(0.3, 22.7), Level::Eight);
    /// ```
    pub fn for_accuracy(error_metres: f64, lat_deg: f64) -> Self {
        if error_metres.is_nan() || error_metres < 0.0 || lat_deg.is_nan() {
            return Self::One;
        }
        let allows = |level: &Self| {
            let size = level.cell_size_metres(lat_deg);
            size.east_west_metres.min(size.north_south_metres) >= 2.0 * error_metres
        };
        Self::ALL.into_iter().rev().find(allows).unwrap_or(Self::One)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.number()
    }
}

impl TryFrom<u8> for Level {
    type Error = GridError;

    fn try_from(number: u8) -> Result<Self, GridError> {
        let index = usize::from(number).wrapping_sub(1);
        let level = Self::ALL.get(index).copied();
        level.ok_or_else(|| GridError::Level(number.to_string()))
    }
}

impl FromStr for Level {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Self, GridError> {
        let refused = || GridError::Level(text.chars().take(16).collect());
        // u8's own parser would take "+7" and "007".
        if text.is_empty() || text.starts_with(['0', '+']) {
            return Err(refused());
        }
        text.parse::<u8>().map_err(|_| refused())?.try_into().map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_divide_and_code_lengths_grow() {
        for pair in Level::ALL.windows(2) {
            let (above, below) = (pair[0].row(), pair[1].row());
            assert_eq!(above.lon_units, below.lon_units * below.split_lon);
            assert_eq!(above.lat_units, below.lat_units * below.split_lat);
            let added = if below.digits == Digits::Single { 1 } else { 2 };
            assert_eq!(above.chars + added, below.chars);
        }
    }

    #[test]
    fn sizes_at_shenzhen_match_the_table() {
        // East-west and north-south metres at 22.7 N.
        let table = [
            (616_486.0, 442_959.0),
            (51_374.0, 55_370.0),
            (25_687.0, 18_457.0),
            (1_712.5, 1_845.7),
            (114.16, 123.04),
            (57.08, 61.52),
            (7.135, 7.690),
            (0.8919, 0.9613),
            (0.1115, 0.1202),
            (0.01394, 0.01502),
        ];
        for (level, (east_west, north_south)) in Level::ALL.into_iter().zip(table) {
            let size = level.cell_size_metres(22.7);
            assert!((size.east_west_metres / east_west - 1.0).abs() < 5e-4, "level {level}");
            assert!((size.north_south_metres / north_south - 1.0).abs() < 5e-4, "level {level}");
        }
    }

    #[test]
    fn accuracy_never_claims_a_cell_smaller_than_the_error() {
        for (error, level) in
            [(0.0, 10), (0.006, 10), (0.4, 8), (0.5, 7), (3.5, 7), (3.6, 6), (60.0, 4), (1e9, 1)]
        {
            assert_eq!(Level::for_accuracy(error, 22.7).number(), level, "error {error}");
        }
        for unknown in [f64::NAN, -1.0, f64::INFINITY] {
            assert_eq!(Level::for_accuracy(unknown, 22.7), Level::One);
        }
        // East-west shrinks towards the pole, so the same error allows less.
        assert_eq!(Level::for_accuracy(3.0, 0.0), Level::Seven);
        assert_eq!(Level::for_accuracy(3.0, 60.0), Level::Six);
        assert_eq!(Level::for_accuracy(0.0, 90.0), Level::Ten);
    }

    #[test]
    fn numbers_outside_one_to_ten_are_refused() {
        for text in ["", "0", "11", "-1", "+7", "07", "7.0", "256", "seven", "99999999999999999999"]
        {
            assert!(text.parse::<Level>().is_err(), "{text:?}");
        }
        assert_eq!("10".parse::<Level>(), Ok(Level::Ten));
        assert_eq!(Level::try_from(0), Err(GridError::Level("0".into())));
    }
}
