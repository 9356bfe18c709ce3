//! Reference-grid codes: `C0-MN` moves the cell C0, each further `-MN` picks a child by counting
//! from the child at the locating corner.

use super::plane::{self, Cell};

/// Offsets from west (or south) to east (or north).
const EASTWARD: [(char, i64); 15] = [
    ('G', -7),
    ('F', -6),
    ('E', -5),
    ('D', -4),
    ('C', -3),
    ('B', -2),
    ('A', -1),
    ('0', 0),
    ('1', 1),
    ('2', 2),
    ('3', 3),
    ('4', 4),
    ('5', 5),
    ('6', 6),
    ('7', 7),
];

/// The cell that a reference-grid code names.
pub fn resolve(text: &str) -> Option<Cell> {
    let mut segments = text.split('-');
    let known = plane::decode(segments.next()?)?;
    if known.level() < 5 {
        return None;
    }
    let (east, north) = offset(segments.next()?)?;
    let mut cell = plane::moved(&known, east, north)?;
    for segment in segments {
        let (east, north) = offset(segment)?;
        // The child at the locating corner has only zeros.
        let zeros = plane::LENGTHS.get(cell.level())? - cell.text.len();
        let corner = plane::decode(&format!("{}{}", cell.text, "0".repeat(zeros)))?;
        let child = plane::moved(&corner, east, north)?;
        if !child.text.starts_with(&cell.text) {
            return None;
        }
        cell = child;
    }
    Some(cell)
}

fn offset(segment: &str) -> Option<(i64, i64)> {
    let mut letters = segment.chars();
    let mut next = || {
        let letter = letters.next()?;
        EASTWARD.iter().find(|(known, _)| *known == letter).map(|(_, steps)| *steps)
    };
    let pair = (next()?, next()?);
    letters.next().is_none().then_some(pair)
}
