//! Where a person sees and acts: everywhere, or within BeiDou cells.

use crate::domain::{
    grid::{GridCell, GridError},
    wire::PlaceData,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Cells of one person; more are written as a larger one.
const CELLS_MAX: usize = 64;

/// No cells: the whole district. Text form: codes with spaces between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Area(Vec<GridCell>);

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadArea {
    #[error("{code:?} is no cell: {reason}")]
    Cell { code: String, reason: GridError },
    #[error(
        "{count} cells are too many; {CELLS_MAX} are allowed, a larger cell takes in its parts"
    )]
    TooMany { count: usize },
}

impl Area {
    pub const EVERYWHERE: Self = Self(Vec::new());

    /// A code twice, or within another of the list, is dropped.
    pub fn of_codes<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<Self, BadArea> {
        let mut cells: Vec<GridCell> = Vec::new();
        for code in codes {
            let cell: GridCell = code.parse().map_err(|reason| BadArea::Cell {
                code: code.chars().take(40).collect(),
                reason,
            })?;
            if !cells.iter().any(|kept| kept.contains(cell)) {
                cells.retain(|kept| !cell.contains(*kept));
                cells.push(cell);
            }
        }
        if cells.len() > CELLS_MAX {
            return Err(BadArea::TooMany { count: cells.len() });
        }
        cells.sort_by_key(|cell| cell.code().to_string());
        Ok(Self(cells))
    }

    pub fn is_everywhere(&self) -> bool {
        self.0.is_empty()
    }

    pub fn cells(&self) -> &[GridCell] {
        &self.0
    }

    /// Codes of the cells; a place is within one if its own code begins with it.
    pub fn codes(&self) -> Vec<String> {
        self.0.iter().map(|cell| cell.code().to_string()).collect()
    }

    /// A cell that reaches beyond the area is not in it.
    pub fn holds(&self, cell: GridCell) -> bool {
        self.is_everywhere() || self.0.iter().any(|own| own.contains(cell))
    }

    /// What lies in both; `None`: nothing does.
    pub fn common(&self, other: &Self) -> Option<Self> {
        match (self.is_everywhere(), other.is_everywhere()) {
            (true, _) => return Some(other.clone()),
            (_, true) => return Some(self.clone()),
            _ => {}
        }
        // Of two cells one holds the other, or they have nothing in common.
        let finer = |one: &Self, in_other: &Self| {
            let cells = one.0.iter().filter(|cell| in_other.holds(**cell));
            cells.map(|cell| cell.code().to_string()).collect::<Vec<_>>()
        };
        let codes = [finer(self, other), finer(other, self)].concat();
        let common = Self::of_codes(codes.iter().map(String::as_str)).ok()?;
        (!common.is_everywhere()).then_some(common)
    }

    /// Whether a part of the cell lies within.
    pub fn touches(&self, cell: GridCell) -> bool {
        self.holds(cell) || self.0.iter().any(|own| cell.contains(*own))
    }

    /// Nowhere is not within bounds.
    pub fn holds_place(&self, place: Option<&PlaceData>) -> bool {
        self.is_everywhere()
            || place
                .and_then(|place| place.code_2d.parse().ok())
                .is_some_and(|cell| self.holds(cell))
    }
}

impl TryFrom<Vec<String>> for Area {
    type Error = BadArea;
    fn try_from(codes: Vec<String>) -> Result<Self, BadArea> {
        Self::of_codes(codes.iter().map(String::as_str))
    }
}

impl From<Area> for Vec<String> {
    fn from(area: Area) -> Self {
        area.codes()
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.codes().join(" "))
    }
}

impl FromStr for Area {
    type Err = BadArea;
    fn from_str(text: &str) -> Result<Self, BadArea> {
        Self::of_codes(text.split_whitespace())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::grid::Level;
    use proptest::prelude::*;

    fn level() -> impl Strategy<Value = Level> {
        (2u8..=10).prop_map(|number| Level::try_from(number).unwrap())
    }

    /// Pingshan and what lies around it.
    fn point() -> impl Strategy<Value = (f64, f64)> {
        (114.0..115.0, 22.4..23.0)
    }

    proptest! {
        /// What the area says of a cell is what the ground says: its centre lies within, or not. And
        /// the database, which knows codes alone, says the same by their beginning.
        #[test]
        fn area_geometry_and_prefix_agree(
            own in prop::collection::vec((point(), level()), 1..4),
            at in point(), fine in level(), near: bool, which: prop::sample::Index,
        ) {
            let cells: Vec<GridCell> = own
                .iter()
                .map(|((lon, lat), level)| GridCell::from_lonlat(*lon, *lat, *level).unwrap())
                .collect();
            // Half of the places are right inside of one of the cells.
            let at = match near {
                true => { let c = which.get(&cells).centre(); (c.lon_deg, c.lat_deg) }
                false => at,
            };
            let place = GridCell::from_lonlat(at.0, at.1, fine).unwrap();
            let codes: Vec<String> = cells.iter().map(|cell| cell.code().to_string()).collect();
            let area = Area::of_codes(codes.iter().map(String::as_str)).unwrap();
            let held = area.holds(place);
            let centre = place.centre();
            let on_the_ground = cells.iter().any(|cell| {
                cell.level() <= place.level() && cell.contains_point(centre.lon_deg, centre.lat_deg)
            });
            prop_assert_eq!(held, on_the_ground);
            let code = place.code().to_string();
            prop_assert_eq!(held, area.codes().iter().any(|own| code.starts_with(own.as_str())));
            prop_assert!(!held || area.touches(place));
        }

        /// A place lies in what two areas have in common if it lies in both.
        #[test]
        fn common_ground_is_what_both_hold(
            one in prop::collection::vec((point(), level()), 0..5),
            other in prop::collection::vec((point(), level()), 0..5),
            fine in level(), which: prop::sample::Index,
        ) {
            let area = |own: &[((f64, f64), Level)]| {
                let cell = |((lon, lat), level): &((f64, f64), Level)| {
                    GridCell::from_lonlat(*lon, *lat, *level).unwrap().code().to_string()
                };
                let codes: Vec<String> = own.iter().map(cell).collect();
                Area::of_codes(codes.iter().map(String::as_str)).unwrap()
            };
            let all = [one.clone(), other.clone()].concat();
            let at = if all.is_empty() { (114.5, 22.7) } else { which.get(&all).0 };
            let place = GridCell::from_lonlat(at.0, at.1, fine).unwrap();
            let (one, other) = (area(&one), area(&other));
            let common = one.common(&other);
            let held = common.as_ref().is_some_and(|common| common.holds(place));
            prop_assert_eq!(held, one.holds(place) && other.holds(place));
            prop_assert_eq!(common, other.common(&one));
        }

        #[test]
        fn text_round_trips(own in prop::collection::vec((point(), level()), 0..6)) {
            let codes: Vec<String> = own
                .iter()
                .map(|((lon, lat), level)| GridCell::from_lonlat(*lon, *lat, *level).unwrap())
                .map(|cell| cell.code().to_string())
                .collect();
            let area = Area::of_codes(codes.iter().map(String::as_str)).unwrap();
            prop_assert_eq!(area.to_string().parse::<Area>().unwrap(), area);
        }
    }

    #[test]
    fn no_cells_are_everywhere_and_no_place_is_nowhere() {
        assert!(Area::EVERYWHERE.holds_place(None));
        let area: Area = "N50F".parse().unwrap();
        assert!(!area.holds_place(None));
        let error = "N50F here".parse::<Area>().unwrap_err().to_string();
        assert!(error.contains("here"), "{error}");
    }

    #[test]
    fn parts_of_a_cell_that_is_listed_are_dropped() {
        let area: Area = "N50F05351 N50F0535166 N50F05351".parse().unwrap();
        assert_eq!(area.codes(), ["N50F05351"]);
        let many: Vec<String> = (0..66)
            .map(|step| GridCell::from_lonlat(114.0 + f64::from(step) * 0.01, 22.5, Level::Seven))
            .map(|cell| cell.unwrap().code().to_string())
            .collect();
        assert_eq!(Area::try_from(many).unwrap_err(), BadArea::TooMany { count: 66 });
    }
}
