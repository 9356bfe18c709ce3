//! Layers against their faces, and codes under every scheme.

use proptest::prelude::*;

use super::super::{
    GridCell, GridCell3, HeightLayer, HeightPacking, HeightScheme, HeightSign, Level,
    layer_floor_metres, layer_number,
};

const PACKINGS: [HeightPacking; 3] =
    [HeightPacking::Radix15, HeightPacking::Linear32, HeightPacking::Geosot64];
const SIGNS: [HeightSign; 3] = [HeightSign::Mirror, HeightSign::FloorAbs, HeightSign::Twos];

fn scheme() -> impl Strategy<Value = HeightScheme> {
    (prop::sample::select(&PACKINGS[..]), prop::sample::select(&SIGNS[..]))
        .prop_map(|(packing, sign)| HeightScheme { packing, sign })
}

fn level() -> impl Strategy<Value = Level> {
    prop::sample::select(&Level::ALL[..])
}

fn height() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -200.0..2_000.0,
        2 => -12_000.0..40_000.0,
        1 => -6.3e6..5.28e8,
        1 => (-2_000i64..200_000).prop_map(layer_floor_metres),
    ]
}

proptest! {
    #[test]
    fn a_layer_holds_its_height(height in height(), level in level(), scheme in scheme()) {
        let layer = HeightLayer::from_height(height, level, scheme).unwrap();
        prop_assert!(layer.lower_metres() <= height && height < layer.upper_metres());
        prop_assert_eq!(layer.is_below(), height < 0.0);
        let code = layer.code();
        prop_assert_eq!(HeightLayer::parse(code.as_str(), scheme), Ok(layer));
        if let Some(parent) = layer.parent() {
            let (inner, outer) = (layer.layer_numbers(), parent.layer_numbers());
            prop_assert!(outer.start <= inner.start && inner.end <= outer.end);
            let wide = parent.level();
            prop_assert_eq!(HeightLayer::from_height(height, wide, scheme), Ok(parent));
            prop_assert!(code.as_str().starts_with(parent.code().as_str()));
        }
    }

    #[test]
    fn layers_meet_without_gap(height in height(), level in level(), scheme in scheme()) {
        let layer = HeightLayer::from_height(height, level, scheme).unwrap();
        let next = layer.layer_numbers().end;
        let last = HeightLayer::from_height(layer_floor_metres(next - 1), level, scheme);
        prop_assert_eq!(last, Ok(layer));
        if let Ok(above) = HeightLayer::from_height(layer_floor_metres(next), level, scheme) {
            prop_assert_ne!(above, layer);
            prop_assert_eq!(above.layer_numbers().start, next);
        }
    }

    #[test]
    fn schemes_agree_near_the_ground(height in 0.0..1839.58, level in level(), scheme in scheme()) {
        let usual = HeightLayer::from_height(height, level, HeightScheme::default()).unwrap();
        let other = HeightLayer::from_height(height, level, scheme).unwrap();
        prop_assert_eq!(usual.code(), other.code());
    }

    #[test]
    fn numbers_and_faces_agree(n in -1_887_436_800i64..1_887_436_800) {
        prop_assert_eq!(layer_number(layer_floor_metres(n)), Ok(n));
    }

    #[test]
    fn boxes_survive_the_round_trip(
        (lon, lat) in (-180.0..180.0, -87.9..87.9),
        height in height(),
        level in level(),
        scheme in scheme(),
    ) {
        let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
        let cube = GridCell3::at_height(cell, height, scheme).unwrap();
        let code = cube.code();
        prop_assert_eq!(GridCell3::parse(code.as_str(), scheme), Ok(cube));
        if let Some(parent) = cube.parent() {
            prop_assert!(code.as_str().starts_with(parent.code().as_str()));
        }
    }

    #[test]
    fn parsing_any_text_never_panics(text in "\\PC{0,40}", scheme in scheme()) {
        let _ = GridCell3::parse(&text, scheme);
        let _ = HeightLayer::parse(&text, scheme);
    }

    #[test]
    fn parsed_digits_are_written_the_same(text in "[01][0-6][0-9][0-7][01][0-9A-F]{0,2}[01]?[0-7]{0,4}", scheme in scheme()) {
        if let Ok(layer) = HeightLayer::parse(&text, scheme) {
            let code = layer.code();
            prop_assert_eq!(code.as_str(), text);
            prop_assert!(layer.lower_metres() < layer.upper_metres());
        }
    }
}

#[test]
fn below_ground_each_convention_writes_its_own() {
    let code = |packing, sign| {
        let scheme = HeightScheme { packing, sign };
        HeightLayer::from_height(-2.15, Level::Ten, scheme).unwrap().code()
    };
    assert_eq!(code(HeightPacking::Radix15, HeightSign::Mirror), "100000000217");
    assert_eq!(code(HeightPacking::Radix15, HeightSign::FloorAbs), "100000000220");
    assert_eq!(code(HeightPacking::Linear32, HeightSign::Twos), "16371FF17560");
}

#[test]
fn no_convention_writes_a_layer_that_does_not_exist() {
    let parse = |text, packing, sign| HeightLayer::parse(text, HeightScheme { packing, sign });
    use {HeightPacking::*, HeightSign::*};
    assert!(parse("100000000000", Radix15, FloorAbs).is_err());
    assert!(parse("100000000000", Radix15, Mirror).is_ok());
    assert!(parse("00000F", Radix15, Mirror).is_err(), "digits end at E");
    assert!(parse("00000F", Linear32, Mirror).is_ok());
    assert!(parse("0000F", Linear32, Mirror).is_err());
    assert!(parse("05700", Linear32, Mirror).is_err(), "beyond 256 degrees");
    assert!(parse("00011C", Geosot64, Mirror).is_err(), "minute 60");
    assert!(parse("00011B", Geosot64, Mirror).is_ok());
    assert!(parse("064", Radix15, Mirror).is_err());
    assert!(parse("200", Radix15, Mirror).is_err());
}

#[test]
fn heights_off_the_range_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, -6_378_137.0, -6.31e6, 5.287e8, 1e300] {
        assert!(HeightLayer::from_height(bad, Level::One, HeightScheme::default()).is_err());
    }
}
