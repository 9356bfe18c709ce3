//! The plane in which covers are worked out: whole numbers, so every question has an answer
//! without rounding.
//!
//! ```text
//!   step  = 1/2^22 of a unit (1/2048"), about 4 nanometres
//!   x     = steps east of the prime meridian, y = steps north of the equator
//! ```
//! A corner is snapped like a point that is encoded and then cut to a step, so it lies in
//! the same cell here and there. Columns and rows of cells are signed as in
//! neighbours: -1 is the first west of the meridian or south of the equator.

use alloc::format;

use super::super::GridError;
use super::super::cell::{LonLat, check_lat, check_lon, snapped_units};
use super::super::level::{CAP_LAT_UNITS, Level, UNITS_PER_DEG};

const STEPS_PER_UNIT: i64 = 1 << 22;

/// The 180th meridian and the edge of the polar caps.
pub(super) const X_MAX: i64 = 180 * UNITS_PER_DEG as i64 * STEPS_PER_UNIT;
pub(super) const Y_MAX: i64 = CAP_LAT_UNITS as i64 * STEPS_PER_UNIT;
pub(super) const STEPS_PER_DEG: f64 = (UNITS_PER_DEG as i64 * STEPS_PER_UNIT) as f64;

/// A point in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Corner {
    pub x: i64,
    pub y: i64,
}

impl Corner {
    /// Refuses what is off the globe or in a polar cap.
    pub(super) fn of(LonLat { lon_deg, lat_deg }: LonLat) -> Result<Self, GridError> {
        check_lon(lon_deg)?;
        check_lat(lat_deg)?;
        let corner = Self { x: steps(lon_deg), y: steps(lat_deg) };
        if corner.y.abs() > Y_MAX {
            return Err(GridError::PolarUnsupported(format!("an area up to latitude {lat_deg}")));
        }
        Ok(corner)
    }

    pub(super) fn lon_deg(self) -> f64 {
        self.x as f64 / STEPS_PER_DEG
    }

    pub(super) fn lat_deg(self) -> f64 {
        self.y as f64 / STEPS_PER_DEG
    }
}

fn steps(degrees: f64) -> i64 {
    let magnitude = (snapped_units(degrees) * STEPS_PER_UNIT as f64) as i64;
    // What is west or south by however little is encoded as west or south.
    if degrees < 0.0 { -magnitude.max(1) } else { magnitude }
}

/// One row of cells of a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub level: Level,
    pub row: i64,
    /// South and north edge, and the width of a cell.
    pub bottom: i64,
    pub top: i64,
    pub width: i64,
}

impl Band {
    pub(super) fn new(level: Level, row: i64) -> Self {
        let height = cell_height(level);
        let width = i64::from(level.row().lon_units) * STEPS_PER_UNIT;
        Self { level, row, bottom: row * height, top: (row + 1) * height, width }
    }

    /// The row of a level that a point belongs to.
    pub(super) fn owner_row(level: Level, y: i64) -> i64 {
        owner(Ratio::whole(y, cell_height(level)))
    }
}

fn cell_height(level: Level) -> i64 {
    i64::from(level.row().lat_units) * STEPS_PER_UNIT
}

/// A whole number over a positive one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    pub(super) fn whole(value: i64, by: i64) -> Self {
        Self { numerator: value.into(), denominator: by.into() }
    }

    /// Whether this is below another of the same denominator.
    pub(super) fn is_below(self, other: Self) -> bool {
        debug_assert_eq!(self.denominator, other.denominator);
        self.numerator < other.numerator
    }

    pub(super) fn floor(self) -> i64 {
        self.numerator.div_euclid(self.denominator) as i64
    }

    pub(super) fn ceil(self) -> i64 {
        -((-self.numerator).div_euclid(self.denominator)) as i64
    }

    fn is_negative(self) -> bool {
        self.numerator < 0
    }
}

/// The column or row that a place belongs to, given in cell sizes: on both sides of zero a
/// shared edge belongs to the farther cell.
pub(super) fn owner(at: Ratio) -> i64 {
    if at.is_negative() { at.ceil() - 1 } else { at.floor() }
}

/// A straight piece with `low.y <= high.y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub low: Corner,
    pub high: Corner,
}

impl Edge {
    pub(super) fn new(start: Corner, end: Corner) -> Self {
        let (low, high) = if start.y <= end.y { (start, end) } else { (end, start) };
        Self { low, high }
    }

    pub(super) fn is_flat(self) -> bool {
        self.low.y == self.high.y
    }

    /// Where an edge that is not flat meets height `y`, in widths.
    pub(super) fn x_at(self, y: i64, width: i64) -> Ratio {
        let rise = i128::from(self.high.y - self.low.y);
        let run = i128::from(self.high.x - self.low.x);
        Ratio {
            numerator: i128::from(self.low.x) * rise + i128::from(y - self.low.y) * run,
            denominator: rise * i128::from(width),
        }
    }

    /// Whether any of the edge lies between the edges of a band or on them.
    pub(super) fn meets(self, band: Band) -> bool {
        self.low.y <= band.top && self.high.y >= band.bottom
    }

    /// The west and east end, in widths, of what runs through the inside of a band.
    pub(super) fn within(self, band: Band) -> Option<(Ratio, Ratio)> {
        let (from, to) = if self.is_flat() {
            if self.low.y <= band.bottom || self.low.y >= band.top {
                return None;
            }
            (Ratio::whole(self.low.x, band.width), Ratio::whole(self.high.x, band.width))
        } else {
            let (enters, leaves) = (self.low.y.max(band.bottom), self.high.y.min(band.top));
            if enters >= leaves {
                return None;
            }
            (self.x_at(enters, band.width), self.x_at(leaves, band.width))
        };
        Some(if to.is_below(from) { (to, from) } else { (from, to) })
    }
}
