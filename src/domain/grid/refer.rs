//! Reference-grid codes (clause 7): a cell told by its offset from a known cell.
//!
//! ```text
//!   N50J475491E-20        two cells east of N50J475491E
//!   N50J4753400000-74-65  seven east, four north; then child 6,5 of that cell
//! ```
//! Directions are geographic in every quarter: east and north 0-7, west and south A (1) to
//! G (7). Every further segment counts from the child at the locating corner of the cell
//! reached so far and stays inside that cell. The known cell has level 5 or finer.

use alloc::string::String;

use super::cell::GridCell;
use super::error::CodeFault;
use super::level::Level;
use super::{GridError, decode};

/// The reference-grid code of `target` as seen from `reference`.
pub fn refer(target: GridCell, reference: GridCell) -> Result<String, GridError> {
    let refused = |reason| GridError::Reference {
        target: target.code().into(),
        reference: reference.code().into(),
        reason,
    };
    if reference.level() < Level::Five {
        return Err(refused("the reference has level 5 or finer"));
    }
    let reached = target
        .ancestor(reference.level())
        .ok_or_else(|| refused("the target is coarser than the reference"))?;
    let mut text = String::from(reference.code());
    push_offset(&mut text, offset_between(reference, reached))
        .ok_or_else(|| refused("the two are more than 7 cells apart"))?;
    for &level in &target.level().chain()[usize::from(reference.level().number())..] {
        let offset = target.ancestor(level).and_then(|child| {
            let corner = locating_child(child.parent()?)?;
            offset_between(corner, child)
        });
        push_offset(&mut text, offset).ok_or_else(|| refused("a child is out of reach"))?;
    }
    Ok(text)
}

/// The cell that a reference-grid code names.
pub fn resolve(text: &str) -> Result<GridCell, GridError> {
    let refused = || GridError::code(text, CodeFault::Offset);
    let mut segments = text.split('-');
    let reference: GridCell = segments.next().unwrap_or_default().parse()?;
    let first = segments.next().ok_or_else(refused)?;
    if reference.level() < Level::Five {
        return Err(refused());
    }
    let step = |from: GridCell, segment: &str| {
        let &[east, north] = segment.as_bytes() else { return None };
        from.offset(offset_of(east)?, offset_of(north)?)
    };
    let mut reached = step(reference, first).ok_or_else(refused)?;
    for segment in segments {
        let child = locating_child(reached).and_then(|corner| step(corner, segment));
        reached = child.filter(|&child| reached.contains(child)).ok_or_else(refused)?;
    }
    Ok(reached)
}

/// The child nearest to the equator and the prime meridian.
fn locating_child(cell: GridCell) -> Option<GridCell> {
    cell.children().ok()?.next()
}

/// Cells east and north from one cell to another of its level, the short way round.
fn offset_between(from: GridCell, to: GridCell) -> Option<(i64, i64)> {
    let ((from_column, from_row), (column, row)) = (from.signed_indices()?, to.signed_indices()?);
    let half = from.level().row().half_columns;
    let east = (column - from_column + half).rem_euclid(2 * half) - half;
    Some((east, row - from_row))
}

fn push_offset(text: &mut String, offset: Option<(i64, i64)>) -> Option<()> {
    let letter = |cells: i64| match cells {
        0..=7 => Some((b'0' + cells as u8) as char),
        -7..=-1 => Some((b'A' + (-cells - 1) as u8) as char),
        _ => None,
    };
    let (east, north) = offset?;
    text.push('-');
    text.push(letter(east)?);
    text.push(letter(north)?);
    Some(())
}

fn offset_of(byte: u8) -> Option<i32> {
    match byte {
        b'A'..=b'G' => Some(-i32::from(byte - b'A') - 1),
        _ => decode::digit_below(byte, 8, 0).ok().map(|digit| digit as i32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_the_round_trip_in_every_quarter() {
        for (lon, lat) in [(114.3, 22.7), (-114.3, 22.7), (114.3, -22.7), (-0.0005, -0.0005)] {
            let reference = GridCell::from_lonlat(lon, lat, Level::Five).unwrap();
            for (east, north) in [(0, 0), (7, -7), (-7, 7), (3, 1)] {
                let near = reference.offset(east, north).unwrap();
                for target in near.descendants(Level::Seven).unwrap() {
                    let text = refer(target, reference).unwrap();
                    assert_eq!(resolve(&text), Ok(target), "{text}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let cell = |code: &str| code.parse::<GridCell>().unwrap();
        for (target, reference) in [
            ("N50J4754988", "N50J47549"),
            ("N50J47549", "N50J475493E"),
            ("N50J47549DE", "N50J4754900"),
            ("N00011", "N50J475493E"),
            ("N50J475493E", "N00011"),
        ] {
            assert!(refer(cell(target), cell(reference)).is_err(), "{target}");
        }
        for text in
            ["", "-", "N50J475493E", "N50J475493E-", "N50J475493E-8", "N50J475493E-80", "N50J-00"]
        {
            assert!(resolve(text).is_err(), "{text}");
        }
        for text in ["N50J475493E-00-20", "N50J475493E-H0", "N50J475493E-00-A0", "N50J475493E-é"] {
            assert!(resolve(text).is_err(), "{text}");
        }
    }
}
