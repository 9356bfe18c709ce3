//! Cells and boxes at the command line: the same commands for both, told apart by `--3d`,
//! for the text of a code alone does not always say which it is.

use std::fmt;

use crate::domain::grid::{
    Direction, Direction3, GridCell, GridCell3, GridError, HeightScheme, Level, Nested,
};

/// A cell or a box, as the commands use it.
pub(super) trait Coded: Nested + fmt::Display + 'static {
    /// Reads a code; the scheme matters for boxes.
    fn read(text: &str, scheme: HeightScheme) -> Result<Self, GridError>;

    /// Those of a finer level that make it up, one after another.
    fn inside(self, level: Level) -> Result<Box<dyn Iterator<Item = Self>>, GridError>;

    /// Those around it with their directions; only across edges or faces if asked.
    fn around(self, edges: bool) -> Result<Vec<(String, Self)>, GridError>;

    fn of_key(key: u128, scheme: HeightScheme) -> Result<Self, GridError>;
}

impl Coded for GridCell {
    fn read(text: &str, _: HeightScheme) -> Result<Self, GridError> {
        text.parse()
    }

    fn inside(self, level: Level) -> Result<Box<dyn Iterator<Item = Self>>, GridError> {
        Ok(Box::new(self.descendants(level)?))
    }

    fn around(self, edges: bool) -> Result<Vec<(String, Self)>, GridError> {
        if self.is_polar() {
            return Err(GridError::PolarUnsupported("a neighbour".into()));
        }
        let ways: &[Direction] = if edges { &Direction::EDGES } else { &Direction::ALL };
        let beside = ways.iter().filter_map(|&way| Some((way.name().into(), self.neighbour(way)?)));
        Ok(beside.collect())
    }

    fn of_key(key: u128, _: HeightScheme) -> Result<Self, GridError> {
        // No key of a cell is as large as the largest that fits.
        Self::from_key(u64::try_from(key).unwrap_or(u64::MAX))
    }
}

impl Coded for GridCell3 {
    fn read(text: &str, scheme: HeightScheme) -> Result<Self, GridError> {
        Self::parse(text, scheme)
    }

    fn inside(self, level: Level) -> Result<Box<dyn Iterator<Item = Self>>, GridError> {
        Ok(Box::new(self.descendants(level)?))
    }

    fn around(self, edges: bool) -> Result<Vec<(String, Self)>, GridError> {
        let named = |way: Direction3| Some((way.name(), self.neighbour(way)?));
        Ok(if edges {
            Direction3::faces().filter_map(named).collect()
        } else {
            Direction3::all().filter_map(named).collect()
        })
    }

    fn of_key(key: u128, scheme: HeightScheme) -> Result<Self, GridError> {
        Self::from_key(key, scheme)
    }
}

/// The ancestor at a level, or the parent.
pub(super) fn above<C: Coded>(code: C, level: Option<Level>) -> Result<C, GridError> {
    let found = match level {
        Some(level) => code.ancestor(level),
        None => code.parent(),
    };
    found.ok_or_else(|| GridError::NoSuchLevel {
        code: code.to_string(),
        level: code.level(),
        wanted: if level.is_some() { "parent at a finer level" } else { "parent" },
    })
}

/// The descendants at a level, or the children.
pub(super) fn below<C: Coded>(
    code: C,
    level: Option<Level>,
) -> Result<Box<dyn Iterator<Item = C>>, GridError> {
    let level = level.or(code.level().finer()).ok_or_else(|| GridError::NoSuchLevel {
        code: code.to_string(),
        level: code.level(),
        wanted: "finer level",
    })?;
    code.inside(level)
}
