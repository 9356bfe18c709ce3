//! A grid cell as a value: level, quarter of the globe, and two indices.
//!
//! In: longitude and latitude in degrees (CGCS2000), once converted to whole units of
//! 1/2048"; everything after that is integer. Out: bounds, parents, children, and through
//! the sibling files codes, keys and neighbours.
//!
//! ```text
//!        NW | NE        index (0,0) is the corner nearest to equator and prime meridian
//!       ----+----       in all four quarters; i grows away from the meridian, j away
//!        SW | SE        from the equator. A shared edge belongs to the farther cell.
//! ```
//!
//! Invariants: `i` and `j` are within the quarter (180 by 88 degrees); polar cells have
//! level 1 or 2 only. No method panics.

use alloc::format;

use super::level::{CAP_LAT_UNITS, Level, UNITS_PER_DEG};
use super::{GridError, polar};

/// Nearest whole unit is taken within this distance, else the unit below: decimal input
/// that lies on a grid line (22.69 does) must not depend on the last bit of a float.
const SNAP_UNITS: f64 = 1e-6;

/// A point in degrees, CGCS2000.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LonLat {
    pub lon_deg: f64,
    pub lat_deg: f64,
}

/// Edges of a cell in degrees. `west_deg < east_deg` always; the one polar part that
/// crosses the 180th meridian ends at 240.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CellBounds {
    pub west_deg: f64,
    pub south_deg: f64,
    pub east_deg: f64,
    pub north_deg: f64,
}

impl CellBounds {
    /// Whether the point lies inside or on an edge.
    #[inline]
    pub fn contains(&self, lon_deg: f64, lat_deg: f64) -> bool {
        let spans = |lon: f64| self.west_deg <= lon && lon <= self.east_deg;
        (spans(lon_deg) || spans(lon_deg + 360.0))
            && self.south_deg <= lat_deg
            && lat_deg <= self.north_deg
    }

    /// The point inside or on an edge that is nearest to another, along parallel and meridian.
    pub fn nearest_to(&self, lon_deg: f64, lat_deg: f64) -> LonLat {
        LonLat {
            lon_deg: lon_deg.clamp(self.west_deg, self.east_deg),
            lat_deg: lat_deg.clamp(self.south_deg, self.north_deg),
        }
    }
}

/// A cell of the BeiDou grid. Ordered like the text of its code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GridCell {
    pub(super) level: Level,
    pub(super) south: bool,
    pub(super) place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// Anything within 88 degrees of the equator.
    Sheet { west: bool, i: u32, j: u32 },
    /// Level 1 of a polar cap.
    PolarCap,
    /// Level 2 of a polar cap, part 0-15 of [`polar`].
    PolarPart(u8),
}

/// Magnitude of an angle in whole units.
#[inline]
pub(super) fn units_of(degrees: f64) -> u32 {
    let scaled = scaled_units(degrees);
    let below = scaled as u32;
    below + u32::from(1.0 - (scaled - f64::from(below)) <= SNAP_UNITS)
}

/// Magnitude of an angle in units, whole where it lies within [`SNAP_UNITS`] of one.
pub(super) fn snapped_units(degrees: f64) -> f64 {
    let (scaled, whole) = (scaled_units(degrees), f64::from(units_of(degrees)));
    if scaled - whole <= SNAP_UNITS { whole } else { scaled }
}

#[inline]
fn scaled_units(degrees: f64) -> f64 {
    degrees.abs() * f64::from(UNITS_PER_DEG)
}

#[inline]
pub(super) fn check_lon(lon_deg: f64) -> Result<(), GridError> {
    if (-180.0..=180.0).contains(&lon_deg) { Ok(()) } else { Err(GridError::Longitude(lon_deg)) }
}

#[inline]
pub(super) fn check_lat(lat_deg: f64) -> Result<(), GridError> {
    if (-90.0..=90.0).contains(&lat_deg) { Ok(()) } else { Err(GridError::Latitude(lat_deg)) }
}

impl GridCell {
    /// The cell of a level that holds a point.
    ///
    /// Zero is east and north. +180 falls into the last cell of the east and -180 into the
    /// last of the west. From 88 degrees on only levels 1 and 2 exist.
    ///
    /// ```
    /// use gridwarden::domain::grid::{GridCell, Level};
    /// let cell = GridCell::from_lonlat(114.34, 22.69, Level::Five)?;
    /// assert_eq!(cell.code(), "N50F0535166");
    /// # Ok::<(), gridwarden::domain::grid::GridError>(())
    /// ```
    #[inline]
    pub fn from_lonlat(lon_deg: f64, lat_deg: f64, level: Level) -> Result<Self, GridError> {
        check_lon(lon_deg)?;
        check_lat(lat_deg)?;
        let (west, south) = (lon_deg < 0.0, lat_deg < 0.0);
        let (lon_units, lat_units) = (units_of(lon_deg), units_of(lat_deg));
        let place = if lat_units < CAP_LAT_UNITS {
            let lon_units = lon_units.min(180 * UNITS_PER_DEG - 1);
            let row = level.row();
            Place::Sheet { west, i: lon_units / row.lon_units, j: lat_units / row.lat_units }
        } else {
            match level {
                Level::One => Place::PolarCap,
                Level::Two => Place::PolarPart(polar::part_at(west, lon_units, lat_units)),
                _ => return Err(GridError::PolarUnsupported(format!("level {level}"))),
            }
        };
        Ok(Self { level, south, place })
    }

    #[inline]
    pub fn level(self) -> Level {
        self.level
    }

    /// Whether this is one of the polar cells of level 1 or 2.
    #[inline]
    pub fn is_polar(self) -> bool {
        !matches!(self.place, Place::Sheet { .. })
    }

    /// Edges in degrees.
    #[inline]
    pub fn bounds(self) -> CellBounds {
        let (west_deg, east_deg, near, far) = match self.place {
            Place::Sheet { west, i, j } => {
                let row = self.level.row();
                let (near_lon, far_lon) = edges(i, row.lon_units);
                let (near_lat, far_lat) = edges(j, row.lat_units);
                if west {
                    (mirror(far_lon), mirror(near_lon), near_lat, far_lat)
                } else {
                    (near_lon, far_lon, near_lat, far_lat)
                }
            }
            Place::PolarCap => (-180.0, 180.0, 88.0, 90.0),
            Place::PolarPart(part) => polar::part_extent(part),
        };
        let (south_deg, north_deg) =
            if self.south { (mirror(far), mirror(near)) } else { (near, far) };
        CellBounds { west_deg, south_deg, east_deg, north_deg }
    }

    /// Middle of the cell; of a whole polar cap, the pole.
    pub fn centre(self) -> LonLat {
        let bounds = self.bounds();
        let lat_deg = match self.place {
            Place::PolarCap | Place::PolarPart(0) => 90.0_f64.copysign(bounds.north_deg),
            _ => (bounds.south_deg + bounds.north_deg) / 2.0,
        };
        LonLat { lon_deg: (bounds.west_deg + bounds.east_deg) / 2.0, lat_deg }
    }

    /// The corner nearest to the equator and the prime meridian, which the code counts
    /// from: the south-west corner only in the north-east quarter.
    pub fn locating_corner(self) -> LonLat {
        let bounds = self.bounds();
        let lon_deg = if bounds.west_deg >= 0.0 {
            bounds.west_deg
        } else if bounds.east_deg <= 0.0 {
            bounds.east_deg
        } else {
            0.0
        };
        LonLat { lon_deg, lat_deg: if self.south { bounds.north_deg } else { bounds.south_deg } }
    }

    /// The next coarser cell around this one; none above level 1.
    pub fn parent(self) -> Option<Self> {
        self.ancestor(self.level.coarser()?)
    }

    /// The cell of `level` that contains this one (itself at its own level); none if
    /// `level` is finer.
    #[inline]
    pub fn ancestor(self, level: Level) -> Option<Self> {
        if level > self.level {
            return None;
        }
        let place = match self.place {
            Place::Sheet { west, i, j } => {
                let (own, wanted) = (self.level.row(), level.row());
                let lon_ratio = wanted.lon_units / own.lon_units;
                let lat_ratio = wanted.lat_units / own.lat_units;
                Place::Sheet { west, i: i / lon_ratio, j: j / lat_ratio }
            }
            _ if level == Level::One => Place::PolarCap,
            polar => polar,
        };
        Some(Self { level, south: self.south, place })
    }

    /// How many cells of `level`, not coarser than its own, make up this one.
    pub(super) fn descendant_count(self, level: Level) -> u64 {
        match self.place {
            Place::Sheet { .. } => {
                let (own, finer) = (self.level.row(), level.row());
                u64::from(own.lon_units / finer.lon_units)
                    * u64::from(own.lat_units / finer.lat_units)
            }
            Place::PolarCap if level > Level::One => u64::from(polar::PARTS),
            _ => 1,
        }
    }

    /// Whether no child of the same parent comes after this one in code order.
    pub(super) fn is_last_child(self) -> bool {
        match self.place {
            Place::Sheet { i, j, .. } => {
                let row = self.level.row();
                self.level > Level::One
                    && (i + 1).is_multiple_of(row.split_lon)
                    && (j + 1).is_multiple_of(row.split_lat)
            }
            Place::PolarCap => false,
            Place::PolarPart(part) => part + 1 == polar::PARTS,
        }
    }

    /// The cells one level finer that make up this one, latitude digit by latitude digit.
    pub fn children(self) -> Result<impl Iterator<Item = Self> + use<>, GridError> {
        let finer = self.level.finer().ok_or_else(|| GridError::NoSuchLevel {
            code: self.code().into(),
            level: self.level,
            wanted: "finer level",
        })?;
        self.descendants(finer)
    }

    /// The cells of `level` that make up this one (itself at its own level).
    pub fn descendants(
        self,
        level: Level,
    ) -> Result<impl Iterator<Item = Self> + use<>, GridError> {
        if level < self.level {
            let code = self.code().into();
            return Err(GridError::NoSuchLevel {
                code,
                level: self.level,
                wanted: "descendant at a coarser level",
            });
        }
        let south = self.south;
        // The two kinds of place are two ranges, one of which is empty.
        let (sheets, polars) = match self.place {
            Place::Sheet { west, i, j } => {
                let lon_ratio = self.level.row().lon_units / level.row().lon_units;
                let lat_ratio = self.level.row().lat_units / level.row().lat_units;
                let columns = i * lon_ratio..(i + 1) * lon_ratio;
                (Some((west, columns, j * lat_ratio..(j + 1) * lat_ratio)), 0..0)
            }
            Place::PolarCap if level == Level::One => (None, 0..1),
            Place::PolarCap if level == Level::Two => (None, 0..polar::PARTS),
            Place::PolarPart(part) if level == Level::Two => (None, part..part + 1),
            _ => return Err(GridError::PolarUnsupported(format!("level {level}"))),
        };
        let sheets = sheets.into_iter().flat_map(move |(west, columns, rows)| {
            rows.flat_map(move |j| columns.clone().map(move |i| Place::Sheet { west, i, j }))
        });
        let polars = polars.map(move |part| match level {
            Level::One => Place::PolarCap,
            _ => Place::PolarPart(part),
        });
        Ok(sheets.chain(polars).map(move |place| Self { level, south, place }))
    }

    /// Whether `other` is this cell or lies in it; the code of this one is then a prefix of
    /// the other's.
    pub fn contains(self, other: Self) -> bool {
        other.ancestor(self.level) == Some(self)
    }

    /// Whether the point falls into this cell, with the edges assigned as in encoding.
    pub fn contains_point(self, lon_deg: f64, lat_deg: f64) -> bool {
        Self::from_lonlat(lon_deg, lat_deg, self.level) == Ok(self)
    }
}

/// Near and far edge in degrees of cell number `index`.
fn edges(index: u32, cell_units: u32) -> (f64, f64) {
    let near = index * cell_units;
    let deg = |units: u32| f64::from(units) / f64::from(UNITS_PER_DEG);
    (deg(near), deg(near + cell_units))
}

/// The mirrored angle, never minus zero.
fn mirror(degrees: f64) -> f64 {
    0.0 - degrees
}

#[cfg(test)]
#[path = "cell_tests.rs"]
mod tests;
