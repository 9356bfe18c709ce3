//! Whom of the grid's staff (网格员) a case is given to that no video can decide: the nearest.
//!
//! ```text
//! of all whose area holds the place:  the finest of the cells that hold it, then who has least to do, then the name
//! nobody's area holds it:             whose nearest cell is nearest, then the same
//! nobody has an area, or no place:    nobody
//! ```
//! Whoever said that it was done, or took it on, does not look whether it is (four eyes). Who has no bounds
//! is near to nothing: a case goes to whoever answers for a piece of ground.

use super::Area;
use crate::domain::{
    case::named::named,
    geo::GeoPoint,
    grid::{GridCell, Level, LonLat},
    wire::PlaceData,
};

named! {
    /// Why a case is with somebody, or with nobody.
    AssignedWhy {
        /// The place lies in the person's area.
        InArea = "in_area",
        /// It lies in nobody's, and this one is nearest.
        NearestArea = "nearest_area",
        /// A dispatcher said so.
        ByPerson = "by_person",
        /// Nobody of the grid's staff has an area, or all who have one handled it.
        NoStaff = "no_staff",
        /// The case has no place.
        NoPlace = "no_place",
    }
}

/// Somebody of the grid's staff, as far as a choice asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Staff {
    pub name: String,
    pub area: Area,
    /// Cases that wait for this one now.
    pub waiting: i64,
    /// Took this case on before, or said that it was done.
    pub handled_it: bool,
}

/// With whom a case is, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Assigned {
    /// `None`: with nobody, and therefore with everybody.
    pub to: Option<String>,
    pub why: AssignedWhy,
    /// From the place to the person's area, where it lies outside.
    pub metres: Option<i64>,
}

/// One of those whom a case may be given to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked<'s> {
    pub staff: &'s Staff,
    /// `None`: no bounds, so neither near nor far.
    pub why: Option<AssignedWhy>,
    pub metres: Option<f64>,
    level: Option<Level>,
}

/// All who may be given the case, the nearest first, whoever has no bounds last.
pub fn ranked<'s>(place: Option<&PlaceData>, staff: &'s [Staff]) -> Vec<Ranked<'s>> {
    let spot = place.and_then(|place| {
        let at = GeoPoint { lon_deg: place.lon_deg, lat_deg: place.lat_deg };
        Some((place.code_2d.parse::<GridCell>().ok()?, at))
    });
    let rank = |one: &'s Staff| {
        let level = spot.and_then(|(cell, _)| finest(&one.area, cell));
        let metres = spot.filter(|_| level.is_none()).and_then(|(_, at)| metres_to(&one.area, at));
        let why = match (level, metres) {
            (Some(_), _) => Some(AssignedWhy::InArea),
            (None, Some(_)) => Some(AssignedWhy::NearestArea),
            (None, None) => None,
        };
        Ranked { staff: one, why, metres, level }
    };
    let mut all: Vec<_> = staff.iter().filter(|one| !one.handled_it).map(rank).collect();
    all.sort_by(|a, b| {
        // None is less than any level, and stands after all of them.
        let by_cell = b.level.cmp(&a.level).then(a.why.is_none().cmp(&b.why.is_none()));
        let metres = |one: &Ranked<'_>| one.metres.unwrap_or_default();
        by_cell
            .then(metres(a).total_cmp(&metres(b)))
            .then(a.staff.waiting.cmp(&b.staff.waiting))
            .then_with(|| a.staff.name.cmp(&b.staff.name))
    });
    all
}

/// Whom the hub gives the case to by itself.
pub fn nearest(place: Option<&PlaceData>, staff: &[Staff]) -> Assigned {
    let has_place = place.is_some_and(|place| place.code_2d.parse::<GridCell>().is_ok());
    let first = ranked(place, staff).into_iter().next();
    match first.and_then(|first| Some((first, first.why?))) {
        Some((first, why)) => Assigned {
            to: Some(first.staff.name.clone()),
            why,
            metres: first.metres.map(|metres| metres.round() as i64),
        },
        None if has_place => Assigned { to: None, why: AssignedWhy::NoStaff, metres: None },
        None => Assigned { to: None, why: AssignedWhy::NoPlace, metres: None },
    }
}

/// The level of the finest cell of the area that holds the place.
fn finest(area: &Area, place: GridCell) -> Option<Level> {
    area.cells().iter().filter(|own| own.contains(place)).map(|own| own.level()).max()
}

/// To the nearest edge of the nearest cell; zero within.
fn metres_to(area: &Area, at: GeoPoint) -> Option<f64> {
    let to_cell = |cell: &GridCell| {
        let LonLat { lon_deg, lat_deg } = cell.bounds().nearest_to(at.lon_deg, at.lat_deg);
        at.distance_metres(&GeoPoint { lon_deg, lat_deg })
    };
    area.cells().iter().map(to_cell).min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place::place_at;
    use proptest::prelude::*;

    const AT: GeoPoint = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };

    fn place(at: GeoPoint) -> PlaceData {
        place_at(at, 40.0, 2.0).unwrap()
    }

    fn cell(at: GeoPoint, level: Level) -> String {
        GridCell::from_lonlat(at.lon_deg, at.lat_deg, level).unwrap().code().to_string()
    }

    fn one(name: &str, area: &str) -> Staff {
        Staff { name: name.to_owned(), area: area.parse().unwrap(), waiting: 0, handled_it: false }
    }

    fn east(metres: f64) -> GeoPoint {
        GeoPoint { lon_deg: AT.lon_deg + metres / 102_700.0, ..AT }
    }

    fn given(staff: &[Staff]) -> (Option<String>, AssignedWhy) {
        let assigned = nearest(Some(&place(AT)), staff);
        (assigned.to, assigned.why)
    }

    #[test]
    fn the_finest_cell_goes_before_the_coarser_one_and_work_before_the_name() {
        let (street, block) = (cell(AT, Level::Five), cell(AT, Level::Seven));
        let all = [one("an", &street), one("bo", &block), one("ce", &block)];
        let to = |staff: &[Staff]| given(staff).0.unwrap();
        assert_eq!(to(&all), "bo", "finer than an's, and before ce by the name");
        let busy = Staff { waiting: 1, ..all[1].clone() };
        assert_eq!(to(&[all[0].clone(), busy.clone(), all[2].clone()]), "ce");
        let busier = Staff { waiting: 2, ..all[2].clone() };
        assert_eq!(to(&[all[0].clone(), busy, busier]), "bo", "an's cell is coarser still");
    }

    #[test]
    fn whoever_handled_it_has_no_bounds_or_lies_farther_is_passed_over() {
        let own = cell(AT, Level::Seven);
        let handled = Staff { handled_it: true, ..one("an", &own) };
        let everywhere = one("bo", "");
        assert_eq!(given(&[handled.clone(), everywhere.clone()]), (None, AssignedWhy::NoStaff));
        let near = one("ce", &cell(east(300.0), Level::Seven));
        let far = one("be", &cell(east(-900.0), Level::Seven));
        let found = nearest(Some(&place(AT)), &[handled, everywhere, far, near]);
        assert_eq!((found.to.as_deref(), found.why), (Some("ce"), AssignedWhy::NearestArea));
        let metres = found.metres.unwrap();
        assert!((290..=310).contains(&metres), "less than a cell of 7 m either way: {metres}");
    }

    #[test]
    fn without_a_place_or_staff_it_is_with_nobody_and_says_so() {
        let all = [one("an", &cell(AT, Level::Five))];
        assert_eq!(nearest(None, &all).why, AssignedWhy::NoPlace);
        let bad = PlaceData { code_2d: "here".to_owned(), ..place(AT) };
        assert_eq!(nearest(Some(&bad), &all).why, AssignedWhy::NoPlace);
        assert_eq!(given(&[]), (None, AssignedWhy::NoStaff));
        let everywhere = [one("bo", "")];
        assert_eq!(given(&everywhere), (None, AssignedWhy::NoStaff));
        assert_eq!(ranked(Some(&place(AT)), &everywhere).len(), 1, "a person may choose them");
    }

    fn staff() -> impl Strategy<Value = Vec<Staff>> {
        let level = (4u8..=8).prop_map(|number| Level::try_from(number).unwrap());
        let cells = prop::collection::vec(((114.30..114.38, 22.66..22.72), level), 0..4);
        let one =
            (cells, 0..3i64, prop::bool::weighted(0.2)).prop_map(|(cells, waiting, handled_it)| {
                let codes: Vec<String> = cells
                    .into_iter()
                    .map(|((lon_deg, lat_deg), level)| cell(GeoPoint { lon_deg, lat_deg }, level))
                    .collect();
                Staff {
                    name: String::new(),
                    area: Area::try_from(codes).unwrap(),
                    waiting,
                    handled_it,
                }
            });
        prop::collection::vec(one, 0..6).prop_map(|mut all| {
            for (number, one) in all.iter_mut().enumerate() {
                one.name = format!("staff-{number}");
            }
            all
        })
    }

    /// The distance as one would measure it, over many points of each cell's edge, and how far these lie apart.
    fn measured(one: &Staff, at: GeoPoint) -> (f64, f64) {
        let steps = 64;
        let (mut least, mut apart) = (f64::INFINITY, 0.0);
        for bounds in one.area.cells().iter().map(|cell| cell.bounds()) {
            if bounds.contains(at.lon_deg, at.lat_deg) {
                return (0.0, 0.0);
            }
            let corner = |lon_deg, lat_deg| GeoPoint { lon_deg, lat_deg };
            let across = corner(bounds.west_deg, bounds.south_deg)
                .distance_metres(&corner(bounds.east_deg, bounds.north_deg));
            apart = across.max(apart * f64::from(steps)) / f64::from(steps);
            for step in 0..=steps {
                let part = f64::from(step) / f64::from(steps);
                let lon = bounds.west_deg + part * (bounds.east_deg - bounds.west_deg);
                let lat = bounds.south_deg + part * (bounds.north_deg - bounds.south_deg);
                for (lon_deg, lat_deg) in [
                    (lon, bounds.south_deg),
                    (lon, bounds.north_deg),
                    (bounds.west_deg, lat),
                    (bounds.east_deg, lat),
                ] {
                    least = least.min(at.distance_metres(&GeoPoint { lon_deg, lat_deg }));
                }
            }
        }
        (least, apart)
    }

    proptest! {
        #[test]
        fn nobody_who_may_is_nearer_than_the_one_that_is_chosen(
            all in staff(), lon_deg in 114.30..114.38, lat_deg in 22.66..22.72,
        ) {
            let at = GeoPoint { lon_deg, lat_deg };
            let place = place(at);
            let own: GridCell = place.code_2d.parse().unwrap();
            let found = nearest(Some(&place), &all);
            let mut backwards = all.clone();
            backwards.reverse();
            prop_assert_eq!(&nearest(Some(&place), &backwards), &found, "whatever their order");
            let may: Vec<&Staff> =
                all.iter().filter(|one| !one.handled_it && !one.area.is_everywhere()).collect();
            let Some(name) = &found.to else {
                prop_assert!(may.is_empty());
                return Ok(());
            };
            let chosen = may.iter().find(|one| one.name == *name).expect("of those who may");
            let holds = |one: &Staff| one.area.holds(own);
            prop_assert_eq!(found.why == AssignedWhy::InArea, may.iter().any(|one| holds(one)));
            if found.why == AssignedWhy::InArea {
                prop_assert!(holds(chosen));
                for other in may.iter().filter(|one| holds(one)) {
                    let (own, others) = (finest(&chosen.area, own), finest(&other.area, own));
                    prop_assert!(own >= others);
                    prop_assert!(own > others || chosen.waiting <= other.waiting);
                }
            } else {
                let metres = found.metres.unwrap() as f64;
                let (least, apart) = measured(chosen, at);
                prop_assert!(least <= metres + apart + 1.0, "{metres} is too near: {least}");
                for other in &may {
                    prop_assert!(metres <= measured(other, at).0 + 1.0, "{} is nearer", other.name);
                }
            }
        }
    }
}
