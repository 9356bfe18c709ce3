//! Short codes (clause 8): a reference-grid code whose reference is a place that the reader
//! knows by name, as in `market hall-20`: two cells east of the market hall.
//!
//! Which cell a name stands for is told by a gazetteer, here any function from name to cell;
//! a map's `get` will do. The name ends at the first hyphen, so it has none itself.

use alloc::string::String;

use super::GridError;
use super::cell::GridCell;
use super::error::{CodeFault, shown};
use super::level::Level;
use super::refer::{refer, resolve};

/// The short code of `target` as seen from a named place.
///
/// ```
/// use gridwarden::domain::grid::{GridCell, refer_to_place, resolve_place};
/// let hall: GridCell = "N50J475491E".parse()?;
/// let gazetteer = |name: &str| (name == "market hall").then_some(hall);
///
/// let short = refer_to_place("N50J475493E".parse()?, "market hall", gazetteer)?;
/// assert_eq!(short, "market hall-20");
/// assert_eq!(resolve_place(&short, gazetteer)?.code(), "N50J475493E");
/// # Ok::<(), gridwarden::domain::grid::GridError>(())
/// ```
pub fn refer_to_place(
    target: GridCell,
    place: &str,
    gazetteer: impl FnOnce(&str) -> Option<GridCell>,
) -> Result<String, GridError> {
    let reference = cell_of(place, gazetteer)?;
    let told = refer(target, reference)?;
    let offsets = told.split_once('-').map_or("", |(_, offsets)| offsets);
    Ok([place, offsets].join("-"))
}

/// The cell that a short code names.
pub fn resolve_place(
    text: &str,
    gazetteer: impl FnOnce(&str) -> Option<GridCell>,
) -> Result<GridCell, GridError> {
    let (place, offsets) =
        text.split_once('-').ok_or_else(|| GridError::code(text, CodeFault::ShortCode))?;
    let reference = cell_of(place, gazetteer)?;
    resolve(&[reference.code().as_str(), offsets].join("-"))
}

fn cell_of(
    place: &str,
    gazetteer: impl FnOnce(&str) -> Option<GridCell>,
) -> Result<GridCell, GridError> {
    let refused = |reason| GridError::Place { name: shown(place), reason };
    if place.is_empty() || place.contains('-') {
        return Err(refused("a name without a hyphen"));
    }
    let cell = gazetteer(place).ok_or_else(|| refused("a name that the gazetteer has"))?;
    if cell.level() < Level::Five {
        return Err(refused("a place whose cell has level 5 or finer"));
    }
    Ok(cell)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_stand_for_cells() {
        let cell = |code: &str| code.parse::<GridCell>().unwrap();
        let table = BTreeMap::from([
            ("坪山站", cell("N50F0535166")),
            ("field", cell("N50F0535166000")),
            ("county", cell("N50F05351")),
        ]);
        let gazetteer = |name: &str| table.get(name).copied();
        for (place, east, north) in [("坪山站", 7, -7), ("坪山站", 0, 0), ("field", -3, 2)] {
            let near = table[place].offset(east, north).unwrap();
            for target in near.descendants(near.level().finer().unwrap()).unwrap() {
                let short = refer_to_place(target, place, gazetteer).unwrap();
                assert!(short.starts_with(place), "{short}");
                assert_eq!(resolve_place(&short, gazetteer), Ok(target), "{short}");
            }
        }
        assert_eq!(refer_to_place(cell("N50F0535176"), "坪山站", gazetteer).unwrap(), "坪山站-10");
        for (text, named) in [
            ("", "hyphen"),
            ("坪山站", "hyphen"),
            ("-20", "\"\""),
            ("elsewhere-20", "elsewhere"),
            ("county-20", "level 5"),
            ("坪山站-80", "0-7"),
        ] {
            let error = resolve_place(text, gazetteer).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
        for place in ["", "a-b", "elsewhere", "county"] {
            let refused = refer_to_place(cell("N50F0535176"), place, gazetteer);
            assert!(matches!(refused, Err(GridError::Place { .. })), "{place}");
        }
        assert!(refer_to_place(cell("N50J475493E"), "坪山站", gazetteer).is_err());
    }
}
