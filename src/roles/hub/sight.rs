//! Which cameras see a cell, by the footprints on their cards.
//!
//! A footprint is a set of disjoint cells of any level; a code is the prefix of its descendants, so
//! a cell is seen whole where a footprint code is its prefix, and in part where it is theirs.

use crate::{
    domain::{
        grid::{CellBounds, GridCell},
        ids::PatternId,
        wire::{CameraCondition, Presence},
    },
    drivers::store::hub::CameraRow,
};

/// Share of the cell that the footprint covers, 0 to 1. Codes that are no cells count nothing.
pub fn share(footprint: &[String], cell: GridCell) -> f64 {
    let area = |bounds: CellBounds| {
        (bounds.east_deg - bounds.west_deg) * (bounds.north_deg - bounds.south_deg)
    };
    let whole = area(cell.bounds());
    let mut covered = 0.0;
    for seen in footprint.iter().filter_map(|code| code.parse::<GridCell>().ok()) {
        if seen.contains(cell) {
            return 1.0;
        }
        if cell.contains(seen) {
            covered += area(seen.bounds()) / whole;
        }
    }
    covered.min(1.0)
}

/// Cameras that see some of the cell, best first.
pub fn cameras_of(cameras: &[CameraRow], cell: GridCell) -> Vec<(&CameraRow, f64)> {
    let mut seeing: Vec<_> = cameras
        .iter()
        .filter_map(|row| {
            let share = share(&row.card.as_ref()?.footprint, cell);
            (share > 0.0).then_some((row, share))
        })
        .collect();
    seeing.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.camera.cmp(&b.camera)));
    seeing
}

/// Its node is connected and it delivers a picture.
pub fn can_see(row: &CameraRow) -> bool {
    row.status.as_ref().is_some_and(|status| status.state == Presence::Online)
        && row.health.as_ref().is_none_or(|health| health.condition == CameraCondition::Ok)
}

/// The camera to ask about a pattern at a cell: one that can see now before one that cannot.
pub fn pick<'a>(
    cameras: &'a [CameraRow],
    cell: GridCell,
    pattern: &PatternId,
) -> Option<&'a CameraRow> {
    let seeing = cameras_of(cameras, cell);
    let knows = |row: &CameraRow| {
        row.card.as_ref().is_some_and(|card| card.patterns.iter().any(|one| one.id == *pattern))
    };
    let knowing: Vec<_> = seeing.into_iter().map(|(row, _)| row).filter(|row| knows(row)).collect();
    knowing.iter().find(|row| can_see(row)).or(knowing.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::grid::Level;

    #[test]
    fn a_prefix_covers_whole_and_children_cover_their_part() {
        let cell = GridCell::from_lonlat(114.34, 22.69, Level::Seven).unwrap();
        let parent = cell.parent().unwrap();
        assert_eq!(share(&[parent.code().to_string()], cell), 1.0);
        assert_eq!(share(&[cell.code().to_string()], cell), 1.0);
        let part = share(&[cell.code().to_string(), "rubbish".to_owned()], parent);
        assert!((part - 1.0 / 64.0).abs() < 1e-9, "{part}");
        let far = GridCell::from_lonlat(116.0, 39.9, Level::Seven).unwrap();
        assert_eq!(share(&[far.code().to_string()], cell), 0.0);
    }
}
