//! Whether two things that two cameras see are one thing, by where they stand on the ground.
//!
//! Enters: two places with their 95 % radii. Leaves: their distance if they may be one place. A camera
//! without calibration has no place and is never one with another.
//!
//! The radii are of independent errors, so they add as squares. A box's bottom edge is the near edge of
//! the thing, and two cameras look at two edges of it. Beyond [`THING_REACH_METRES`] two things of one
//! kind fit side by side, however little the cameras know of where they stand: then two cases are the
//! smaller fault, since a person can merge them. All of it lies within a grid cell of level 7 and its
//! neighbours; a group within one of [`SEARCH_LEVEL`] and its neighbours.

use crate::domain::{
    geo::GeoPoint,
    grid::{GridCell, Level},
    pixel::PixelBox,
    wire::PlaceData,
};

/// How far the edges of one thing that two cameras see may lie apart.
const DEPTH_METRES: f64 = 2.0;
const THING_REACH_METRES: f64 = 4.5;
/// A group has no edge of its own; cameras see other members of it.
const GROUP_REACH_METRES: f64 = 15.0;
/// A bridge deck and the road under it.
const STOREY_METRES: f64 = 3.0;

/// Cells of 2" (61 m from north to south) by which places are looked up; wide enough for a group up to 75
/// degrees of latitude.
pub const SEARCH_LEVEL: Level = Level::Six;

/// The cell to look a place up by, whatever its own error; `None` where the grid has none.
pub fn search_cell(at: &PlaceData) -> Option<GridCell> {
    GridCell::from_lonlat(at.lon_deg, at.lat_deg, SEARCH_LEVEL).ok()
}

/// Metres between two places that may be one; `None`: they are two.
pub fn one_place(one: &PlaceData, other: &PlaceData, group: bool) -> Option<f64> {
    let storeys = |a: f64, b: f64| (a - b).abs() > STOREY_METRES;
    if one.height_metres.zip(other.height_metres).is_some_and(|(a, b)| storeys(a, b)) {
        return None;
    }
    let point = |at: &PlaceData| GeoPoint { lon_deg: at.lon_deg, lat_deg: at.lat_deg };
    let apart = point(one).distance_metres(&point(other));
    let reach = if group { GROUP_REACH_METRES } else { THING_REACH_METRES };
    let doubt = one.error_metres.hypot(other.error_metres) + DEPTH_METRES;
    (apart <= doubt.min(reach)).then_some(apart)
}

/// Whether two boxes of one view overlap, or lie closer than half the size of the first: waste beside a bin.
pub fn side_by_side(one: &PixelBox, other: &PixelBox) -> bool {
    let (x, y) = (one.width() / 2.0, one.height() / 2.0);
    PixelBox::new(one.x1 - x, one.y1 - y, one.x2 + x, one.y2 + y).intersection(other) > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        geo::{EastNorth, LocalFrame},
        place::place_at,
    };
    use proptest::prelude::*;

    const HERE: GeoPoint = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };

    fn place(east: f64, north: f64, height_metres: f64, error_metres: f64) -> PlaceData {
        let local = EastNorth { east_metres: east, north_metres: north };
        let point = LocalFrame::about(HERE).geo_from_local(local);
        place_at(point, height_metres, error_metres).unwrap()
    }

    #[test]
    fn errors_widen_what_is_one_place_up_to_where_two_stalls_fit() {
        let one = |metres: f64, error: f64| {
            one_place(&place(0.0, 0.0, 40.0, error), &place(metres, 0.0, 40.0, error), false)
        };
        assert!(one(2.6, 0.5).is_some_and(|apart| (apart - 2.6).abs() < 0.05));
        assert_eq!(one(2.8, 0.5), None, "beyond the depth of a thing and both errors");
        assert!(one(4.4, 3.0).is_some());
        assert_eq!(one(6.0, 10.0), None, "two stalls six metres apart");
        let crowd =
            |metres| one_place(&place(0.0, 0.0, 40.0, 6.0), &place(metres, 0.0, 40.0, 6.0), true);
        assert!(crowd(10.0).is_some() && crowd(16.0).is_none());
    }

    #[test]
    fn what_stands_on_a_bridge_is_not_what_stands_under_it() {
        let (deck, road) = (place(0.0, 0.0, 48.0, 1.0), place(0.0, 0.0, 42.0, 1.0));
        assert_eq!(one_place(&deck, &road, false), None);
        let unknown = PlaceData { height_metres: None, ..road };
        assert!(one_place(&deck, &unknown, false).is_some());
    }

    proptest! {
        #[test]
        fn it_is_the_same_from_both_sides_and_within_the_cell_and_its_neighbours(
            east in -20.0f64..20.0, north in -20.0f64..20.0, a in 0.1f64..9.0, b in 0.1f64..9.0
        ) {
            let (one, other) = (place(0.0, 0.0, 40.0, a), place(east, north, 40.0, b));
            let apart = one_place(&one, &other, false);
            prop_assert_eq!(apart.is_some(), one_place(&other, &one, false).is_some());
            if apart.is_some() {
                use crate::domain::grid::{GridCell, Level};
                let cell = |at: &PlaceData| {
                    GridCell::from_lonlat(at.lon_deg, at.lat_deg, Level::Seven).unwrap()
                };
                let (one, other) = (cell(&one), cell(&other));
                prop_assert!(one == other || one.neighbours8().any(|near| near == other));
            }
        }

        #[test]
        fn even_a_group_is_found_in_its_search_cell_and_the_neighbours(
            east in -20.0f64..20.0, north in -20.0f64..20.0, lat_deg in -74.0f64..74.0,
            lon_deg in -179.9f64..179.9
        ) {
            let frame = LocalFrame::about(GeoPoint { lon_deg, lat_deg });
            let at = |east_metres, north_metres| {
                let point = frame.geo_from_local(EastNorth { east_metres, north_metres });
                place_at(point, 40.0, 9.0).unwrap()
            };
            let (one, other) = (at(0.0, 0.0), at(east, north));
            if one_place(&one, &other, true).is_some() {
                let (one, other) = (search_cell(&one).unwrap(), search_cell(&other).unwrap());
                prop_assert!(one == other || one.neighbours8().any(|near| near == other));
            }
        }
    }
}
