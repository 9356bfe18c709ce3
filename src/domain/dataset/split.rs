//! Which side of a data set a place stands on: training, or the judging of what was trained.
//!
//! Enters: decided cases in the order of their decisions, each with its camera and the ground cell of
//! its thing, where that is known. Leaves: a side for each. A network that has seen a corner once
//! finds everything there again, so figures from that corner say nothing.
//!
//! Invariants: all of one camera, and all of one level-6 cell (about 60 m), stand on one side. A side
//! once given stays: decisions that follow never move a place, so an export of next month holds this
//! month's sides. Failure: a case whose camera stands on one side and whose cell on the other, because
//! two cameras met there later, belongs to neither ([`Straddles`]).

use crate::domain::{
    grid::{GridCell, Level},
    ids::{CameraId, NodeId},
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// One cell of this level is one place.
pub const PLACE_LEVEL: Level = Level::Six;
/// A fifth of the places.
pub const VAL_PERMILLE_DEFAULT: u16 = 200;
/// Changes every side if it changes.
const SALT: &str = "gridwarden data set 1";
const PERMILLE: u64 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Train,
    Val,
}

impl Side {
    pub const ALL: [Self; 2] = [Self::Train, Self::Val];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
        }
    }
}

/// The camera and the cell of a case stand on different sides already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its camera stands on one side and its place on the other")]
pub struct Straddles;

/// The sides given so far.
#[derive(Debug, Clone)]
pub struct Sides {
    val_permille: u16,
    cameras: BTreeMap<(NodeId, CameraId), Side>,
    cells: BTreeMap<GridCell, Side>,
}

impl Sides {
    /// `val_permille` of the places, by their hash, are kept for judging.
    pub fn new(val_permille: u16) -> Self {
        Self { val_permille, cameras: BTreeMap::new(), cells: BTreeMap::new() }
    }

    /// The side of one case. A cell coarser than [`PLACE_LEVEL`] says too little and is not looked at.
    pub fn assign(
        &mut self,
        node: &NodeId,
        camera: &CameraId,
        cell: Option<GridCell>,
    ) -> Result<Side, Straddles> {
        let cell = cell.and_then(|cell| match cell.level() == PLACE_LEVEL {
            true => Some(cell),
            false => cell.ancestor(PLACE_LEVEL),
        });
        let own = (node.clone(), camera.clone());
        let of_camera = self.cameras.get(&own).copied();
        let of_cell = cell.and_then(|cell| self.cells.get(&cell).copied());
        let side = match (of_camera, of_cell) {
            (Some(camera), Some(cell)) if camera != cell => return Err(Straddles),
            (Some(side), _) | (None, Some(side)) => side,
            (None, None) => self.by_hash(
                &cell.map_or_else(|| format!("camera {node}/{camera}"), |c| format!("cell {c}")),
            ),
        };
        self.cameras.insert(own, side);
        if let Some(cell) = cell {
            self.cells.insert(cell, side);
        }
        Ok(side)
    }

    fn by_hash(&self, place: &str) -> Side {
        let digest = Sha256::new().chain_update(SALT).chain_update(place).finalize();
        let number = digest[..8].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        // The bias of the remainder is below 1e-16.
        if number % PERMILLE < u64::from(self.val_permille) { Side::Val } else { Side::Train }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Case `n` of a small town: one of six cameras, one of eight neighbouring cells or none.
    fn case((camera, cell): (u8, Option<u8>)) -> (NodeId, CameraId, Option<GridCell>) {
        let at = |step: u8| {
            let lon_deg = 114.34 + f64::from(step) * 2.0 / 3600.0;
            GridCell::from_lonlat(lon_deg, 22.69, Level::Seven).unwrap()
        };
        ("edge-1".parse().unwrap(), format!("cam-{camera}").parse().unwrap(), cell.map(at))
    }

    #[test]
    fn sides_are_those_of_earlier_releases() {
        let mut sides = Sides::new(200);
        let given: String = (0..40)
            .map(|number: u8| {
                let (node, camera, _) = case((number, None));
                match sides.assign(&node, &camera, None).unwrap() {
                    Side::Train => 't',
                    Side::Val => 'v',
                }
            })
            .collect();
        assert_eq!(given, "tttttttvtvttttttvtvttvtttvtttvtttttttttv");
    }

    #[test]
    fn all_or_nothing_is_kept_back_at_the_ends() {
        for (permille, side) in [(0, Side::Train), (1000, Side::Val)] {
            for number in 0..20 {
                let (node, camera, cell) = case((number % 6, Some(number % 8)));
                assert_eq!(Sides::new(permille).assign(&node, &camera, cell), Ok(side));
            }
        }
    }

    #[test]
    fn a_coarse_place_counts_as_none() {
        let (node, camera, cell) = case((0, Some(0)));
        let coarse = cell.unwrap().ancestor(Level::Four);
        let mut sides = Sides::new(500);
        sides.assign(&node, &camera, coarse).unwrap();
        assert!(sides.cells.is_empty());
    }

    proptest! {
        #[test]
        fn no_camera_and_no_cell_stands_on_both_sides_and_none_ever_moves(
            cases in prop::collection::vec((0u8..6, prop::option::of(0u8..8)), 1..60)
        ) {
            let mut sides = Sides::new(500);
            let mut of_camera = BTreeMap::new();
            let mut of_cell = BTreeMap::new();
            for &given in &cases {
                let (node, camera, cell) = case(given);
                let before = (sides.cameras.clone(), sides.cells.clone());
                match sides.assign(&node, &camera, cell) {
                    Ok(side) => {
                        prop_assert_eq!(*of_camera.entry(given.0).or_insert(side), side);
                        if let Some(cell) = given.1 {
                            prop_assert_eq!(*of_cell.entry(cell).or_insert(side), side);
                        }
                    }
                    Err(Straddles) => prop_assert_eq!(&before, &(sides.cameras.clone(), sides.cells.clone())),
                }
                prop_assert!(before.0.iter().all(|(key, side)| sides.cameras.get(key) == Some(side)));
                prop_assert!(before.1.iter().all(|(key, side)| sides.cells.get(key) == Some(side)));
            }
        }
    }
}
