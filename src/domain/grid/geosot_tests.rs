//! GeoSOT texts, numbers and counterparts, there and back.

use proptest::prelude::*;

use super::super::{
    GeosotCell3, GridCell3, HeightPacking, HeightScheme, HeightSign, layer_floor_metres,
};
use super::*;

fn level() -> impl Strategy<Value = GeosotLevel> {
    (0u8..=32).prop_map(|number| number.try_into().unwrap())
}

fn shared() -> impl Strategy<Value = Level> {
    prop::sample::select(&Level::ALL[3..])
}

proptest! {
    #[test]
    fn texts_and_numbers_name_one_cell(
        (lon, lat) in (-180.0..=180.0, -90.0..=90.0),
        height in -5000.0..60_000.0,
        level in level(),
    ) {
        let cell = GeosotCell::from_lonlat(lon, lat, level).unwrap();
        let code = cell.code();
        prop_assert_eq!(code.len(), 1 + usize::from(level.number()));
        prop_assert_eq!(code.parse::<GeosotCell>(), Ok(cell));
        prop_assert_eq!(GeosotCell::from_number(cell.number(), level), Ok(cell));
        let cube = GeosotCell3::from_point(lon, lat, height, level).unwrap();
        prop_assert_eq!(cube.code(), cell.code_at_height(height).unwrap());
        prop_assert_eq!(cube.code().parse::<GeosotCell3>(), Ok(cube));
        prop_assert!(cube.layer_numbers().contains(&layer_number(height).unwrap()));
    }

    #[test]
    fn counterparts_hold_the_same_points(
        (lon, lat) in (-180.0..=180.0, -87.999..87.999),
        level in shared(),
    ) {
        let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
        let same = GeosotCell::try_from(cell).unwrap();
        prop_assert_eq!(same.level().grid_level(), Some(level));
        if lon.abs() < 180.0 {
            prop_assert_eq!(GeosotCell::from_lonlat(lon, lat, same.level()), Ok(same));
        }
        prop_assert_eq!(GridCell::try_from(same), Ok(cell));
    }

    #[test]
    fn boxes_have_counterparts(
        (lon, lat) in (-179.0..=179.0, -87.0..87.0),
        height in -5000.0..100_000.0,
        level in shared(),
    ) {
        for packing in [HeightPacking::Radix15, HeightPacking::Geosot64] {
            let scheme = HeightScheme { packing, sign: HeightSign::Mirror };
            let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
            let cube = GridCell3::at_height(cell, height, scheme).unwrap();
            let same = GeosotCell3::try_from(cube).unwrap();
            prop_assert_eq!(GeosotCell3::from_point(lon, lat, height, same.level()), Ok(same));
            prop_assert_eq!(same.to_grid(scheme), Ok(cube));
        }
    }

    #[test]
    fn any_text_and_number_is_read_or_refused(
        text in "G?Z?[0-8]{0,34}",
        other in "\\PC{0,12}",
        number in any::<u64>(),
        level in level(),
    ) {
        for text in [text, other] {
            if let Ok(cell) = text.parse::<GeosotCell>() {
                prop_assert_eq!(cell.code(), text.as_str());
                prop_assert_eq!(GeosotCell::from_number(cell.number(), cell.level()), Ok(cell));
                let _ = GridCell::try_from(cell);
            }
            if let Ok(cube) = text.parse::<GeosotCell3>() {
                prop_assert_eq!(cube.code(), text);
                prop_assert!(!cube.layer_numbers().is_empty());
            }
        }
        if let Ok(cell) = GeosotCell::from_number(number, level) {
            prop_assert_eq!(cell.number(), number);
        }
    }

    #[test]
    fn gathering_reverses_spreading(word in any::<u32>(), noise in any::<u32>()) {
        prop_assert_eq!(gather(spread(word) | spread(noise) << 1), word);
    }
}

#[test]
fn what_has_no_counterpart_is_refused() {
    let cell = |code: &str| code.parse::<GridCell>().unwrap();
    for code in ["N50F", "N50F05", "N50F053", "N000", "N00010"] {
        let refused = GeosotCell::try_from(cell(code));
        assert!(matches!(refused, Err(GridError::Geosot { .. })), "{code}");
    }
    let at = |lon, lat, level: u8| {
        GridCell::try_from(GeosotCell::from_lonlat(lon, lat, level.try_into().unwrap()).unwrap())
    };
    assert_eq!(at(114.34, 22.69, 19), Ok(cell("N50F0535166")));
    assert_eq!(at(-114.34, -22.69, 19), Ok(cell("S11F0535166")));
    for (lon, lat, level) in
        [(114.34, 22.69, 16), (114.34, 22.69, 0), (10.0, 88.5, 15), (180.0, 0.0, 15)]
    {
        assert!(
            matches!(at(lon, lat, level), Err(GridError::Geosot { .. })),
            "{lon} {lat} {level}"
        );
    }
    // Linear layers of level 4 are 64" thick: above the first they are no minutes.
    let linear = HeightScheme { packing: HeightPacking::Linear32, ..HeightScheme::default() };
    let high = GridCell3::at_height(cell("N50F05351"), 2000.0, linear).unwrap();
    assert!(matches!(GeosotCell3::try_from(high), Err(GridError::Geosot { .. })));
    let same = GeosotCell3::from_point(114.34, 22.69, 2000.0, 15.try_into().unwrap()).unwrap();
    assert!(matches!(same.to_grid(linear), Err(GridError::Geosot { .. })));
    assert!(same.to_grid(HeightScheme::default()).is_ok());
    assert_eq!(same.height_word(), 1 << 17);
    assert_eq!(same.cell().level(), same.level());
    assert!(layer_floor_metres(same.layer_numbers().start) < 2000.0);
}

#[test]
fn places_off_the_globe_are_refused_with_what_is_allowed() {
    for text in [
        "",
        "g0",
        "G4",
        "GZ8",
        "N0",
        "GZ",
        "G 0",
        // 60 minutes and more; 181 degrees east; 33 digits.
        "G0000000001111",
        "G011010111",
        "G000000000000000000000000000000000",
    ] {
        match text.parse::<GeosotCell>() {
            Err(GridError::Geosot { value, reason }) => {
                assert!(value.contains(text) && !reason.is_empty(), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!("G".parse::<GeosotCell>().is_ok(), "the globe");
    let level: GeosotLevel = 15.try_into().unwrap();
    let number = GeosotCell::from_lonlat(114.34, 22.69, level).unwrap().number();
    assert!(matches!(GeosotCell::from_number(number + 1, level), Err(GridError::Geosot { .. })));
    assert!(GeosotLevel::try_from(33).is_err());
    assert_eq!(GeosotLevel::of_grid_level(Level::Three), None);
    assert_eq!(GeosotLevel::of_grid_level(Level::Eight), Some(GeosotLevel(26)));
}
