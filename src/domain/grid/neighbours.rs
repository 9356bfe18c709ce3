//! Cells beside a cell, in geographic directions, across all seams: sheet edges, the
//! equator, the prime meridian and the 180th. The grid ends at 88 degrees north and south.
//!
//! Indices become signed for this: column -1 is the first cell west of the prime meridian,
//! row -1 the first south of the equator, so a step is an addition.

use super::cell::{GridCell, Place};
use super::level::{Level, LevelRow};

/// A step to one of the eight cells around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    North,
    NorthEast,
    East,
    SouthEast,
    South,
    SouthWest,
    West,
    NorthWest,
}

impl Direction {
    /// Clockwise from north.
    pub const ALL: [Self; 8] = [
        Self::North,
        Self::NorthEast,
        Self::East,
        Self::SouthEast,
        Self::South,
        Self::SouthWest,
        Self::West,
        Self::NorthWest,
    ];
    /// The four that share an edge.
    pub const EDGES: [Self; 4] = [Self::North, Self::East, Self::South, Self::West];

    /// Cells to go east and north.
    pub const fn step(self) -> (i32, i32) {
        match self {
            Self::North => (0, 1),
            Self::NorthEast => (1, 1),
            Self::East => (1, 0),
            Self::SouthEast => (1, -1),
            Self::South => (0, -1),
            Self::SouthWest => (-1, -1),
            Self::West => (-1, 0),
            Self::NorthWest => (-1, 1),
        }
    }

    /// Short name, `N` to `NW`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::North => "N",
            Self::NorthEast => "NE",
            Self::East => "E",
            Self::SouthEast => "SE",
            Self::South => "S",
            Self::SouthWest => "SW",
            Self::West => "W",
            Self::NorthWest => "NW",
        }
    }
}

impl GridCell {
    /// The cell so many steps east and north, around the globe if need be; none beyond 88
    /// degrees and none from a polar cell.
    #[inline]
    pub fn offset(self, east: i32, north: i32) -> Option<Self> {
        let (column, row) = self.signed_indices()?;
        Self::from_signed(self.level, column + i64::from(east), row + i64::from(north))
    }

    #[inline]
    pub fn neighbour(self, direction: Direction) -> Option<Self> {
        let (east, north) = direction.step();
        self.offset(east, north)
    }

    /// The up to four cells that share an edge, clockwise from north.
    #[inline]
    pub fn neighbours4(self) -> impl Iterator<Item = Self> + use<> {
        self.neighbours(&Direction::EDGES)
    }

    /// The up to eight cells that share an edge or a corner, clockwise from north.
    #[inline]
    pub fn neighbours8(self) -> impl Iterator<Item = Self> + use<> {
        self.neighbours(&Direction::ALL)
    }

    #[inline]
    fn neighbours(self, ways: &'static [Direction]) -> impl Iterator<Item = Self> + use<> {
        let here = self.signed_indices();
        ways.iter().filter_map(move |direction| {
            let ((column, row), (east, north)) = (here?, direction.step());
            Self::from_signed(self.level, column + i64::from(east), row + i64::from(north))
        })
    }

    /// Column counted eastwards from the prime meridian, row northwards from the equator.
    #[inline]
    pub(super) fn signed_indices(self) -> Option<(i64, i64)> {
        let Place::Sheet { west, i, j } = self.place else { return None };
        Some((signed(west, i), signed(self.south, j)))
    }

    /// The cell at signed indices; columns wrap around, rows do not.
    #[inline]
    pub(super) fn from_signed(level: Level, column: i64, row: i64) -> Option<Self> {
        let LevelRow { half_columns: half, half_rows, .. } = *level.row();
        if row < -half_rows || half_rows <= row {
            return None;
        }
        let column = if -half <= column && column < half {
            column
        } else {
            (column + half).rem_euclid(2 * half) - half
        };
        let place = Place::Sheet { west: column < 0, i: magnitude(column), j: magnitude(row) };
        Some(Self { level, south: row < 0, place })
    }
}

/// Indices count from 0 on both sides of a line, so -1 is the first on the far side.
#[inline]
fn signed(negative: bool, index: u32) -> i64 {
    let index = i64::from(index);
    if negative { !index } else { index }
}

#[inline]
fn magnitude(signed: i64) -> u32 {
    (if signed < 0 { !signed } else { signed }) as u32
}
