//! Nesting, keys and neighbours of boxes, under every scheme and across every seam.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::height::LAYERS;
use super::super::{
    Direction, Direction3, GridCell, GridCell3, GridError, HeightLayer, HeightPacking,
    HeightScheme, HeightSign, Level, Vertical, layer_floor_metres,
};

const PACKINGS: [HeightPacking; 3] =
    [HeightPacking::Radix15, HeightPacking::Linear32, HeightPacking::Geosot64];
const SIGNS: [HeightSign; 3] = [HeightSign::Mirror, HeightSign::FloorAbs, HeightSign::Twos];

fn schemes() -> impl Iterator<Item = HeightScheme> {
    PACKINGS
        .into_iter()
        .flat_map(|packing| SIGNS.into_iter().map(move |sign| HeightScheme { packing, sign }))
}

/// Boxes everywhere, with those at sheet edges, meridians, the ellipsoid and the ends of the
/// range among them.
fn cube() -> impl Strategy<Value = GridCell3> {
    let lon = prop_oneof![
        -180.0..180.0,
        prop::sample::select(vec![-180.0, 180.0, 0.0, -1e-9, 6.0, 5.999_999_999, -6.0]),
    ];
    let lat = prop_oneof![
        -87.99..87.99,
        prop::sample::select(vec![0.0, -1e-9, 4.0, 3.999_999_999, 87.999_999_999, -87.999_999_999]),
    ];
    let number = prop_oneof![
        4 => -20_000i64..20_000,
        2 => -LAYERS + 1..LAYERS,
        1 => prop::sample::select(vec![-1, 0, LAYERS - 1, 1 - LAYERS, 122_880, 7_372_800, 7_864_320]),
    ];
    let scheme = prop::sample::select(schemes().collect::<Vec<_>>());
    let level = prop::sample::select(&Level::ALL[..]);
    (lon, lat, number, level, scheme).prop_map(|(lon, lat, number, level, scheme)| {
        let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
        GridCell3::new(cell, HeightLayer::from_number(number, level, scheme).unwrap()).unwrap()
    })
}

fn reversed(direction: Direction3) -> Direction3 {
    let flat = direction.flat.map(|flat| {
        let at = Direction::ALL.iter().position(|each| *each == flat).unwrap();
        Direction::ALL[(at + 4) % 8]
    });
    let vertical = match direction.vertical {
        Vertical::Level => Vertical::Level,
        Vertical::Up => Vertical::Down,
        Vertical::Down => Vertical::Up,
    };
    Direction3 { flat, vertical }
}

proptest! {
    #[test]
    fn neighbours_are_mutual_and_touch(cube in cube()) {
        let mut seen = HashSet::from([cube]);
        for direction in Direction3::all() {
            let numbers = cube.layer().layer_numbers();
            let Some(beside) = cube.neighbour(direction) else {
                let bounds = cube.cell().bounds();
                let flat_end = bounds.north_deg == 88.0 || bounds.south_deg == -88.0;
                let floorabs = i64::from(cube.scheme().sign == HeightSign::FloorAbs);
                let tall_end = numbers.end == LAYERS || numbers.start == floorabs - LAYERS;
                prop_assert!(flat_end || tall_end, "{cube} {}", direction.name());
                continue;
            };
            prop_assert!(seen.insert(beside), "{cube} {} twice", direction.name());
            prop_assert_eq!(beside.neighbour(reversed(direction)), Some(cube));
            prop_assert_eq!((beside.level(), beside.scheme()), (cube.level(), cube.scheme()));
            let other = beside.layer().layer_numbers();
            match direction.vertical {
                Vertical::Level => prop_assert_eq!(other, numbers),
                Vertical::Up => prop_assert_eq!(other.start, numbers.end),
                Vertical::Down => prop_assert_eq!(other.end, numbers.start),
            }
            let flat = direction.flat.map_or(Some(cube.cell()), |flat| cube.cell().neighbour(flat));
            prop_assert_eq!(Some(beside.cell()), flat);
        }
        let six: Vec<_> = cube.neighbours6().collect();
        let all: Vec<_> = cube.neighbours26().collect();
        prop_assert!(six.len() <= 6 && all.len() <= 26 && six.iter().all(|one| all.contains(one)));
    }

    #[test]
    fn keys_name_one_box_in_text_order(a in cube(), b in cube()) {
        prop_assert_eq!(GridCell3::from_key(a.key(), a.scheme()), Ok(a));
        prop_assert!(a.key_range().contains(&a.key()) && a.key_range().end < 1 << 95);
        let b = GridCell3::new(
            b.cell(),
            HeightLayer::from_number(b.layer().layer_numbers().start, b.level(), a.scheme())
                .unwrap_or(HeightLayer::from_number(0, b.level(), a.scheme()).unwrap()),
        ).unwrap();
        prop_assert_eq!(a.cmp(&b), a.code().as_str().cmp(b.code().as_str()));
        prop_assert_eq!(a.contains(b), a.key_range().contains(&b.key()));
        prop_assert_eq!(a.contains(b), b.code().as_str().starts_with(a.code().as_str()));
        for level in Level::ALL {
            let Some(wide) = a.ancestor(level) else {
                prop_assert!(level > a.level());
                continue;
            };
            prop_assert!(wide.contains(a) && wide.key_range().contains(&a.key()));
            prop_assert!(wide.key_range().end >= a.key_range().end);
        }
    }

    #[test]
    fn keys_are_checked(key in any::<u128>(), scheme in prop::sample::select(schemes().collect::<Vec<_>>())) {
        for key in [key, key >> 33, key >> 34, key >> 40] {
            match GridCell3::from_key(key, scheme) {
                Ok(cube) => prop_assert_eq!(cube.key(), key),
                Err(error) => prop_assert_eq!(error, GridError::Key3(key)),
            }
        }
    }

    #[test]
    fn children_fill_their_parent(cube in cube()) {
        let Ok(children) = cube.children() else {
            prop_assert_eq!(cube.level(), Level::Ten);
            return Ok(());
        };
        let children: Vec<_> = children.collect();
        let layers: HashSet<_> = children.iter().map(|child| child.layer()).collect();
        let numbers: i64 = layers.iter().map(|layer| layer.layer_numbers().count() as i64).sum();
        let own = cube.layer().layer_numbers();
        prop_assert_eq!(numbers, own.end - own.start);
        let flat = cube.cell().children().unwrap().count();
        prop_assert_eq!(children.len(), flat * layers.len());
        prop_assert_eq!(children.len() as u64, cube.descendant_count(children[0].level()));
        for child in &children {
            prop_assert_eq!(child.parent(), Some(cube));
        }
        let last: Vec<_> = children.iter().filter(|child| child.is_last_child()).collect();
        prop_assert_eq!(last, [children.iter().max().unwrap()]);
    }
}

#[test]
fn the_layer_under_the_ellipsoid_is_next_to_the_one_above_it() {
    for scheme in schemes() {
        for level in Level::ALL {
            let at = |n| HeightLayer::from_number(n, level, scheme).unwrap();
            let (over, under) = (at(0), at(-1));
            assert!(!over.is_below() && under.is_below());
            assert_eq!((over.down(), under.up()), (Some(under), Some(over)), "{scheme:?} {level}");
            assert_eq!((over.lower_metres(), under.upper_metres()), (0.0, 0.0));
            assert_eq!(at(LAYERS - 1).up(), None);
            assert_eq!(HeightLayer::from_number(LAYERS, level, scheme), None);
            let lowest = if scheme.sign == HeightSign::FloorAbs { 1 - LAYERS } else { -LAYERS };
            assert_eq!(at(lowest).down(), None);
            assert_eq!(HeightLayer::from_number(lowest - 1, level, scheme), None);
        }
    }
}

#[test]
fn every_layer_is_reached_by_climbing() {
    for scheme in schemes() {
        let mut layer = HeightLayer::from_number(1 - LAYERS, Level::Three, scheme).unwrap();
        let mut seen = HashSet::from([layer]);
        let mut next = layer.layer_numbers().end;
        while let Some(above) = layer.up() {
            assert_eq!(above.layer_numbers().start, next);
            assert_eq!(above.down(), Some(layer));
            next = above.layer_numbers().end;
            assert!(seen.insert(above));
            layer = above;
        }
        assert_eq!(next, LAYERS);
    }
}

#[test]
fn equal_texts_have_equal_keys_in_every_scheme() {
    let cell: GridCell = "N50F0535166000".parse().unwrap();
    let keys: HashSet<_> =
        schemes().map(|scheme| GridCell3::at_height(cell, 1500.0, scheme).unwrap().key()).collect();
    assert_eq!(keys.len(), 1);
}

#[test]
fn directions_have_names_and_points_have_boxes() {
    let names: HashSet<_> = Direction3::all().map(Direction3::name).collect();
    assert_eq!(names.len(), 26);
    let faces: Vec<_> = Direction3::faces().map(Direction3::name).collect();
    assert_eq!(faces, ["N", "E", "S", "W", "up", "down"]);
    let cube = GridCell3::from_point(114.34, 22.69, 42.0, Level::Seven).unwrap();
    assert!(cube.contains_point(114.34, 22.69, 42.0));
    assert!(!cube.contains_point(114.34, 22.69, 38.0));
    assert!(!cube.contains_point(114.34, 22.68, 42.0));
    assert!(!cube.contains_point(114.34, 22.69, f64::NAN));
    let layer = HeightLayer::from_height(42.0, Level::Six, HeightScheme::default()).unwrap();
    assert_eq!(GridCell3::new(cube.cell(), layer), None);
    assert!(layer_floor_metres(1) > 0.0);
}
