//! Whether a place has had this before: reopen, come back, again and again (屡治屡返), a stubborn spot (顽疾点).
//!
//! Enters: a new case and the earlier ones of its event code around it. Leaves: which closed case it may
//! mean is not done after all, or has come back, and how often the place has had it in 30 days.
//!
//! - Seen again within the reopen window after closing, at one place: proposed as the same case (结案回退).
//! - Later: a case of its own that names the last one closed there.
//! - Counted: cases within [`NEAR_METRES`], the new one among them, opened in the last [`SPAN`]; false alarms
//!   and merged cases are not, what vanished by itself is. A complaint with a place counts.

use super::{named::named, same_place::search_cell};
use crate::{
    base::time::{LocalDate, WallTime},
    domain::{
        geo::GeoPoint,
        grid::{GridCell, LonLat},
        ids::CaseId,
        schedule::CHINA_OFFSET_SECS,
        wire::PlaceData,
    },
};
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

/// The circle and the span in which the monthly report of a city counts one spot.
pub const NEAR_METRES: f64 = 50.0;
pub const SPAN: Duration = Duration::from_secs(30 * 24 * 3_600);
const REPEATED_MIN: usize = 3;
const STUBBORN_CASES_MIN: usize = 10;
const STUBBORN_DAYS_MIN: usize = 5;

named! {
    /// How often is often.
    Recurring {
        /// 屡治屡返
        Repeated = "repeated",
        /// 顽疾点
        Stubborn = "stubborn",
    }
}

/// A case of the same event code, opened before.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub case_id: CaseId,
    pub place: PlaceData,
    pub opened_at: WallTime,
    pub closed_at: Option<WallTime>,
    /// It is of the same pattern at one place with the new one, or of one asset with it.
    pub same_thing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recurrence {
    /// Closed so lately that it may not have been done: a person decides.
    pub reopens: Option<CaseId>,
    /// The last one closed there.
    pub recurrence_of: Option<CaseId>,
    /// Cases of the place in 30 days, this one among them.
    pub cases: u32,
    /// Local days on which they were opened.
    pub days: u32,
}

impl Recurrence {
    pub fn recurring(cases: i64, days: i64) -> Option<Recurring> {
        let at_least =
            |count: i64, min: usize| usize::try_from(count).is_ok_and(|count| count >= min);
        let stubborn = at_least(cases, STUBBORN_CASES_MIN) && at_least(days, STUBBORN_DAYS_MIN);
        match () {
            () if stubborn => Some(Recurring::Stubborn),
            () if at_least(cases, REPEATED_MIN) => Some(Recurring::Repeated),
            () => None,
        }
    }

    /// `first_seen_at`: of the new case, which the hub got at `now`.
    pub fn of(
        place: &PlaceData,
        first_seen_at: WallTime,
        now: WallTime,
        reopen_within: Duration,
        earlier: &[Earlier],
    ) -> Self {
        let near = |one: &&Earlier| one.opened_at >= now.minus(SPAN) && is_near(place, &one.place);
        let near: Vec<&Earlier> = earlier.iter().filter(near).collect();
        let closed = near
            .iter()
            .filter(|one| one.same_thing)
            .filter_map(|one| Some((one.closed_at?, one.case_id)));
        let last = closed.max();
        let lately =
            |(closed_at, _): &(WallTime, CaseId)| first_seen_at.since(*closed_at) <= reopen_within;
        let day = |at: WallTime| at.local(CHINA_OFFSET_SECS).date;
        let days: BTreeSet<LocalDate> =
            near.iter().map(|one| day(one.opened_at)).chain([day(now)]).collect();
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Self {
            reopens: last.filter(lately).map(|(_, case_id)| case_id),
            recurrence_of: last.filter(|last| !lately(last)).map(|(_, case_id)| case_id),
            cases: count(near.len() + 1),
            days: count(days.len()),
        }
    }
}

fn point(at: &PlaceData) -> GeoPoint {
    GeoPoint { lon_deg: at.lon_deg, lat_deg: at.lat_deg }
}

/// Whether another place is counted as the same spot.
pub fn is_near(one: &PlaceData, other: &PlaceData) -> bool {
    point(one).distance_metres(&point(other)) <= NEAR_METRES
}

/// The search cells that hold everything within [`NEAR_METRES`] of a place: of its own and two rings, since
/// one ring of 2" cells is narrower than 50 m from 36 degrees of latitude on, those that the circle meets.
pub fn cells_around(place: &PlaceData) -> HashSet<GridCell> {
    let Some(centre) = search_cell(place) else { return HashSet::new() };
    let inner: Vec<GridCell> = centre.neighbours8().collect();
    let outer = inner.iter().flat_map(|cell| cell.neighbours8());
    let meets = |cell: &GridCell| {
        let LonLat { lon_deg, lat_deg } = cell.bounds().nearest_to(place.lon_deg, place.lat_deg);
        point(place).distance_metres(&GeoPoint { lon_deg, lat_deg }) <= NEAR_METRES
    };
    outer.chain(inner.iter().copied()).filter(meets).chain([centre]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        case::same_place::search_cell,
        geo::{EastNorth, LocalFrame},
        place::place_at,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    const NOW: WallTime = WallTime::from_unix_millis(1_800_000_000_000);
    const WINDOW: Duration = Duration::from_secs(7_200);

    fn place(east_metres: f64) -> PlaceData {
        let frame = LocalFrame::about(GeoPoint { lon_deg: 114.34, lat_deg: 22.69 });
        let point = frame.geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
        place_at(point, 42.0, 1.0).unwrap()
    }

    fn ago(hours: u64) -> WallTime {
        NOW.minus(Duration::from_secs(3_600 * hours))
    }

    fn earlier(number: u128, east: f64, opened: u64, closed: Option<u64>) -> Earlier {
        Earlier {
            case_id: CaseId(Uuid::from_u128(number)),
            place: place(east),
            opened_at: ago(opened),
            closed_at: closed.map(ago),
            same_thing: true,
        }
    }

    fn of(earlier: &[Earlier]) -> Recurrence {
        Recurrence::of(&place(0.0), NOW, NOW, WINDOW, earlier)
    }

    #[test]
    fn soon_after_closing_it_may_be_the_same_case_and_later_it_is_another() {
        let soon = earlier(1, 1.0, 5, Some(2));
        assert_eq!(of(std::slice::from_ref(&soon)).reopens, Some(soon.case_id));
        let late = earlier(2, 1.0, 9, Some(3));
        let found = of(std::slice::from_ref(&late));
        assert_eq!((found.reopens, found.recurrence_of), (None, Some(late.case_id)));
        // The last one counts, and one still open is no recurrence.
        assert_eq!(of(&[late, soon.clone()]).reopens, Some(soon.case_id));
        assert_eq!(of(&[earlier(3, 1.0, 5, None)]).recurrence_of, None);
        let other = Earlier { same_thing: false, ..soon };
        let found = of(&[other]);
        assert_eq!((found.reopens, found.recurrence_of, found.cases), (None, None, 2));
    }

    #[test]
    fn three_within_fifty_metres_and_thirty_days_are_repeated() {
        let month = 30 * 24;
        for (what, others, recurring) in [
            ("three", [(0.0, 100), (49.0, 200)], Some(Recurring::Repeated)),
            ("one is 51 m away", [(0.0, 100), (51.0, 200)], None),
            ("one is a month old", [(0.0, 100), (0.0, month)], Some(Recurring::Repeated)),
            ("one is older", [(0.0, 100), (0.0, month + 1)], None),
        ] {
            let earlier = others.map(|(east, opened)| earlier(1, east, opened, Some(opened - 1)));
            let found = of(&earlier);
            let (cases, days) = (i64::from(found.cases), i64::from(found.days));
            assert_eq!(Recurrence::recurring(cases, days), recurring, "{what}");
        }
    }

    #[test]
    fn ten_on_five_days_are_a_stubborn_spot_and_ten_on_four_are_not() {
        let spread = |days: u64| {
            let cases: Vec<Earlier> = (0..9)
                .map(|n| earlier(n, 1.0, 24 * (u64::try_from(n).unwrap() % days), None))
                .collect();
            let found = of(&cases);
            (found.cases, found.days, Recurrence::recurring(found.cases.into(), found.days.into()))
        };
        assert_eq!(spread(5), (10, 5, Some(Recurring::Stubborn)));
        assert_eq!(spread(4), (10, 4, Some(Recurring::Repeated)));
        assert_eq!(Recurrence::recurring(9, 9), Some(Recurring::Repeated));
    }

    proptest! {
        #[test]
        fn whatever_is_near_is_found_in_the_cells_around(
            east in -50.0f64..50.0, north in -50.0f64..50.0, lat_deg in -60.0f64..60.0, lon_deg in -179.0f64..179.0
        ) {
            let frame = LocalFrame::about(GeoPoint { lon_deg, lat_deg });
            let at = |east_metres, north_metres| {
                let point = frame.geo_from_local(EastNorth { east_metres, north_metres });
                place_at(point, 40.0, 1.0).unwrap()
            };
            let (one, other) = (at(0.0, 0.0), at(east, north));
            if point(&one).distance_metres(&point(&other)) <= NEAR_METRES {
                let cells = cells_around(&one);
                prop_assert!(cells.len() <= 15, "{}", cells.len());
                prop_assert!(cells.contains(&search_cell(&other).unwrap()));
            }
        }
    }
}
