//! Containment, nesting, tiling, neighbours, keys and compaction of plane cells.

use proptest::prelude::*;

use super::super::{
    CellBounds, Direction, GridCell, GridCode, GridError, Level, compact, set_contains, uncompact,
};

fn level() -> impl Strategy<Value = Level> {
    prop::sample::select(&Level::ALL[..])
}

/// Points of the whole globe, with exact seams and grid lines among them.
fn point() -> impl Strategy<Value = (f64, f64)> {
    let lon = prop_oneof![
        -180.0..=180.0,
        prop::sample::select(vec![-180.0, 180.0, 0.0, -0.0, 6.0, -6.0, 114.34, -114.34, 1e-12]),
        (-648_000i32..=648_000).prop_map(|seconds| f64::from(seconds) / 3600.0),
    ];
    let lat = prop_oneof![
        -87.9999..87.9999,
        prop::sample::select(vec![0.0, -0.0, 4.0, -4.0, 22.69, -22.69, 87.999_999_9]),
        (-316_799i32..=316_799).prop_map(|seconds| f64::from(seconds) / 3600.0),
    ];
    (lon, lat)
}

fn cell() -> impl Strategy<Value = GridCell> {
    (point(), level())
        .prop_map(|((lon, lat), level)| GridCell::from_lonlat(lon, lat, level).unwrap())
}

/// Coarse enough for all descendants one level down to be spelled out.
fn polar_cell() -> impl Strategy<Value = GridCell> {
    (-180.0..=180.0, 88.0..=90.0f64, any::<bool>(), prop::sample::select(&Level::ALL[..2]))
        .prop_map(|(lon, lat, south, level)| {
            GridCell::from_lonlat(lon, if south { -lat } else { lat }, level).unwrap()
        })
}

proptest! {
    #[test]
    fn a_cell_contains_its_point((lon, lat) in point(), level in level()) {
        let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
        let CellBounds { west_deg, south_deg, east_deg, north_deg } = cell.bounds();
        // Snapping may move a point by a millionth of a unit.
        let slack = 2e-13;
        prop_assert!(west_deg - slack <= lon && lon <= east_deg + slack);
        prop_assert!(south_deg - slack <= lat && lat <= north_deg + slack);
        prop_assert!(cell.contains_point(lon, lat));
        let centre = cell.centre();
        prop_assert!(cell.contains_point(centre.lon_deg, centre.lat_deg));
    }

    #[test]
    fn parents_are_prefixes_and_contain((lon, lat) in point(), level in level()) {
        let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
        let code = cell.code();
        for coarse in Level::ALL {
            let direct = GridCell::from_lonlat(lon, lat, coarse).unwrap();
            if coarse <= level {
                prop_assert_eq!(cell.ancestor(coarse), Some(direct));
                prop_assert!(code.as_str().starts_with(direct.code().as_str()));
                prop_assert!(direct.contains(cell));
                prop_assert!(direct.key_range().contains(&cell.key()));
            } else {
                prop_assert_eq!(cell.ancestor(coarse), None);
                prop_assert!(!direct.contains(cell));
            }
        }
    }

    #[test]
    fn children_tile_their_parent(cell in prop_oneof![4 => cell(), 1 => polar_cell()]) {
        let Ok(children) = cell.children() else {
            prop_assert!(cell.level() == Level::Ten || cell.is_polar());
            return Ok(());
        };
        let children: Vec<_> = children.collect();
        let area = |cell: &GridCell| {
            let b = cell.bounds();
            (b.east_deg - b.west_deg) * (b.north_deg - b.south_deg)
        };
        let whole: f64 = children.iter().map(area).sum();
        prop_assert!((whole / area(&cell) - 1.0).abs() < 1e-6);
        for child in &children {
            prop_assert_eq!(child.parent(), Some(cell));
            let (inner, outer) = (child.bounds(), cell.bounds());
            prop_assert!(outer.south_deg <= inner.south_deg && inner.north_deg <= outer.north_deg);
            prop_assert!(
                cell.is_polar()
                    || outer.west_deg <= inner.west_deg && inner.east_deg <= outer.east_deg
            );
            let centre = child.centre();
            let lon = (centre.lon_deg + 180.0).rem_euclid(360.0) - 180.0;
            let owners = children.iter().filter(|each| each.contains_point(lon, centre.lat_deg));
            prop_assert_eq!(owners.count(), 1);
        }
    }

    #[test]
    fn codes_and_keys_name_one_cell(cell in prop_oneof![4 => cell(), 1 => polar_cell()]) {
        let code = cell.code();
        prop_assert_eq!(code.as_str().len(), cell.level().code_chars());
        prop_assert_eq!(code.as_str().parse::<GridCell>(), Ok(cell));
        prop_assert_eq!(code.as_str().parse::<GridCode>(), Ok(code));
        prop_assert_eq!(GridCell::from_key(cell.key()), Ok(cell));
        prop_assert!(cell.key_range().end < 1 << 62);
    }

    #[test]
    fn key_order_is_text_order(
        a in prop_oneof![4 => cell(), 1 => polar_cell()],
        b in prop_oneof![4 => cell(), 1 => polar_cell()],
    ) {
        prop_assert_eq!(a.cmp(&b), a.code().as_str().cmp(b.code().as_str()));
        prop_assert_eq!(a.contains(b), a.key_range().contains(&b.key()));
        prop_assert_eq!(a.contains(b), b.code().as_str().starts_with(a.code().as_str()));
    }

    #[test]
    fn keys_are_checked(key in any::<u64>()) {
        match GridCell::from_key(key) {
            Ok(cell) => prop_assert_eq!(cell.key(), key),
            Err(error) => prop_assert_eq!(error, GridError::Key(key)),
        }
    }

    #[test]
    fn small_keys_all_name_a_cell(key in 0u64..3_400_000_000_000_000_000) {
        prop_assert_eq!(GridCell::from_key(key).map(GridCell::key), Ok(key));
    }

    #[test]
    fn neighbours_are_mutual_and_touch(cell in cell()) {
        for direction in Direction::ALL {
            let Some(beside) = cell.neighbour(direction) else {
                let edge = if direction.step().1 > 0 { 88.0 } else { -88.0 };
                let bounds = cell.bounds();
                prop_assert!(bounds.north_deg == edge || bounds.south_deg == edge);
                continue;
            };
            let (east, north) = direction.step();
            prop_assert_eq!(beside.offset(-east, -north), Some(cell));
            prop_assert_eq!(beside.level(), cell.level());
            let (own, other) = (cell.bounds(), beside.bounds());
            let eastward = |deg: f64| (deg + 540.0).rem_euclid(360.0);
            match east {
                1 => prop_assert_eq!(eastward(own.east_deg), eastward(other.west_deg)),
                -1 => prop_assert_eq!(eastward(own.west_deg), eastward(other.east_deg)),
                _ => prop_assert_eq!(own.west_deg, other.west_deg),
            }
            match north {
                1 => prop_assert_eq!(own.north_deg, other.south_deg),
                -1 => prop_assert_eq!(own.south_deg, other.north_deg),
                _ => prop_assert_eq!(own.south_deg, other.south_deg),
            }
        }
        prop_assert!(cell.neighbours4().all(|beside| cell.neighbours8().any(|n| n == beside)));
    }

    #[test]
    fn parsing_any_text_never_panics(text in "\\PC{0,40}") {
        if let Ok(cell) = text.parse::<GridCell>() {
            prop_assert_eq!(String::from(cell.code()), text);
        }
    }

    #[test]
    fn parsing_near_codes_never_panics(
        text in "[NSX]([0-6][0-9]|0)[A-X0][0-9A-G]{0,17}",
    ) {
        if let Ok(cell) = text.parse::<GridCell>() {
            prop_assert_eq!(String::from(cell.code()), text);
        }
    }

    #[test]
    fn compacting_keeps_the_area(
        start in cell().prop_filter("not the finest", |cell| cell.level() < Level::Ten),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        // All children but a few, plus the whole of a neighbour, in any order.
        let children: Vec<_> = start.children().unwrap().collect();
        let fine = start.level().finer().unwrap();
        let dropped: Vec<_> = picks.iter().map(|pick| *pick.get(&children)).collect();
        let mut set: Vec<_> =
            children.iter().copied().filter(|cell| !dropped.contains(cell)).collect();
        set.extend(start.neighbour(Direction::East).unwrap().children().unwrap());
        let small = compact(set.iter().rev().copied());
        let mut spelled = uncompact(small.iter().copied(), fine).unwrap();
        set.sort_unstable();
        spelled.sort_unstable();
        prop_assert_eq!(spelled, set);
        prop_assert!(small.is_sorted());
        prop_assert_eq!(compact(small.iter().copied()), small.clone());
        for child in &children {
            prop_assert_eq!(set_contains(&small, *child), !dropped.contains(child));
        }
    }
}

#[test]
fn every_level_one_cell_compacts_from_its_children() {
    let globe: Vec<_> = [1, -1]
        .into_iter()
        .flat_map(|sign| (0..22).map(move |row| f64::from(sign * (4 * row + 2))))
        .flat_map(|lat| {
            (0..60).map(move |column| {
                GridCell::from_lonlat(f64::from(6 * column) - 177.0, lat, Level::One).unwrap()
            })
        })
        .collect();
    let fine = globe.iter().flat_map(|cell| cell.children().unwrap());
    let mut sorted = globe.clone();
    sorted.sort_unstable();
    assert_eq!(sorted.len(), 2 * 60 * 22);
    assert_eq!(compact(fine), sorted);
    let cap: GridCell = "S000".parse().unwrap();
    assert_eq!(compact(cap.children().unwrap()), [cap]);
    assert_eq!(
        compact([cap, sorted[0], cap, sorted[0].children().unwrap().next().unwrap()]).len(),
        2
    );
}

#[test]
fn uncompacting_is_bounded() {
    let wide: GridCell = "N50F".parse().unwrap();
    assert!(matches!(uncompact([wide], Level::Ten), Err(GridError::TooManyCells { .. })));
    let fine: GridCell = "N50F05".parse().unwrap();
    assert!(matches!(uncompact([fine], Level::One), Err(GridError::NoSuchLevel { .. })));
}

#[test]
fn positions_off_the_globe_are_refused_with_their_value() {
    for bad in [180.000_001, -181.0, f64::NAN, f64::INFINITY] {
        let error = GridCell::from_lonlat(bad, 0.0, Level::One).unwrap_err();
        assert!(matches!(error, GridError::Longitude(_)), "{bad}");
    }
    for bad in [90.000_001, -91.0, f64::NAN, f64::NEG_INFINITY] {
        let error = GridCell::from_lonlat(0.0, bad, Level::One).unwrap_err();
        assert!(matches!(error, GridError::Latitude(_)), "{bad}");
    }
    assert_eq!(
        GridCell::from_lonlat(200.5, 0.0, Level::One).unwrap_err().to_string(),
        "longitude 200.5 is not allowed: a number from -180 to 180 degrees"
    );
}

#[test]
fn the_caps_have_two_levels() {
    for lat in [88.0, 89.9, 90.0, -88.0, 87.999_999_999_999_9] {
        let at = |level| GridCell::from_lonlat(12.0, lat, level);
        assert!(at(Level::One).unwrap().is_polar());
        assert!(matches!(at(Level::Three), Err(GridError::PolarUnsupported(_))));
        let part = at(Level::Two).unwrap();
        assert!(matches!(part.children().err(), Some(GridError::PolarUnsupported(_))));
        assert_eq!(part.neighbours8().count(), 0);
        assert!(at(Level::One).unwrap().contains(part));
    }
    let parsed = "N0000000".parse::<GridCell>();
    assert!(matches!(parsed, Err(GridError::Code { .. })), "no code is 8 long");
    assert!(matches!("N000000".parse::<GridCell>(), Err(GridError::PolarUnsupported(_))));
}

#[test]
fn corners_lie_towards_equator_and_meridian() {
    for (lon, lat) in [(114.34, 22.69), (-114.34, 22.69), (114.34, -22.69), (-114.34, -22.69)] {
        let cell = GridCell::from_lonlat(lon, lat, Level::Five).unwrap();
        let corner = cell.locating_corner();
        assert_eq!((corner.lon_deg, corner.lat_deg), (lon, lat));
    }
}
