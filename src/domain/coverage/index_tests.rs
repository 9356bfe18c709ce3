use super::*;
use crate::domain::{
    geo::GeoPoint,
    grid::GridCell,
    ids::{CameraId, NodeId, PatternId},
    wire::{CameraCardData, CameraCondition, CardPattern, Presence},
};
use proptest::prelude::*;

const SPOT: GeoPoint = GeoPoint { lon_deg: 114.340_02, lat_deg: 22.690_02 };

fn node() -> NodeId {
    "edge-1".parse().unwrap()
}

fn camera(name: &str) -> CameraId {
    name.parse().unwrap()
}

fn seven() -> GridCell {
    GridCell::from_lonlat(SPOT.lon_deg, SPOT.lat_deg, Level::Seven).unwrap()
}

fn stated(cell: GridCell, height: f64, error: f64, px: f64, parts: Option<Parts>) -> SeenCellData {
    let solid = GridCell3::at_height(cell, height, HeightScheme::default()).unwrap();
    SeenCellData {
        code_3d: solid.code().to_string(),
        height_metres: height,
        error_metres: error,
        px_per_metre: px,
        parts: parts.map(|parts| parts.to_string()),
    }
}

fn card(name: &str, cells: Vec<SeenCellData>, footprint: Vec<String>) -> CameraCardData {
    let pattern = CardPattern {
        id: "bin_overflowing".parse().unwrap(),
        version: "1".to_owned(),
        name_zh: String::new(),
        name_en: String::new(),
        dwell_secs: 5.0,
    };
    CameraCardData {
        camera: camera(name),
        place: None,
        calibration_id: None,
        footprint,
        cells,
        patterns: vec![pattern],
        recording: None,
        masks: None,
        width_px: 1920,
        height_px: 1080,
        scene: None,
        note_zh: None,
        note_en: None,
    }
}

fn index(cards: &[CameraCardData]) -> CoverageIndex {
    let mut index = CoverageIndex::default();
    index.set_presence(&node(), Presence::Online);
    for card in cards {
        index.set_card(&node(), card);
    }
    index
}

fn names(found: &[Seeing<'_>]) -> Vec<String> {
    found.iter().map(|seeing| seeing.camera.to_string()).collect()
}

fn one(name: &str, error: f64, px: f64, parts: Option<Parts>) -> CameraCardData {
    card(name, vec![stated(seven(), 42.0, error, px, parts)], Vec::new())
}

#[test]
fn nobody_is_an_answer() {
    let index = index(&[one("a", 0.5, 40.0, None)]);
    let far = Spot::at(GeoPoint { lon_deg: 116.4, lat_deg: 39.9 }, None).unwrap();
    assert_eq!(index.cameras_of(&far, None), []);
    assert_eq!(CoverageIndex::default().cameras_of(&Spot::from(seven()), None), []);
    let unknown: PatternId = "fire_lane_blocked".parse().unwrap();
    assert_eq!(index.cameras_of(&Spot::from(seven()), Some(&unknown)), []);
}

#[test]
fn the_better_sight_comes_first() {
    let half = Parts(0xFFFF_FFFF);
    let index = index(&[
        one("blurred", 0.1, 90.0, None),
        one("far", 1.8, 12.0, None),
        one("half", 0.1, 90.0, Some(half)),
        one("sharp", 0.45, 80.0, None),
        one("near", 0.4, 30.0, None),
    ]);
    let mut index = index;
    index.set_condition(&node(), &camera("blurred"), CameraCondition::Blurred);
    index.set_condition(&node(), &camera("near"), CameraCondition::Ok);
    let spot = Spot::from(seven());
    let found = index.cameras_of(&spot, None);
    // Errors of one octave: the sharper picture decides. Half a cell after all of it, blind last.
    assert_eq!(names(&found), ["sharp", "near", "far", "half", "blurred"]);
    assert_eq!(found[3].share, 0.5);
    assert_eq!(found[4].blind, Some(Blind::Condition(CameraCondition::Blurred)));
    assert_eq!((found[1].error_metres, found[1].px_per_metre), (Some(0.4), Some(30.0)));

    index.set_presence(&node(), Presence::Offline);
    let found = index.cameras_of(&spot, None);
    assert!(found.iter().all(|seeing| seeing.blind == Some(Blind::NodeAway)));
    index.set_presence(&node(), Presence::Online);
    assert_eq!(index.cameras_of(&spot, None)[0].blind, None);
}

#[test]
fn a_deck_and_the_road_under_it_are_told_apart_by_height_only() {
    let deck = card("deck", vec![stated(seven(), 49.0, 0.3, 50.0, None)], Vec::new());
    let road = card("road", vec![stated(seven(), 42.0, 0.5, 50.0, None)], Vec::new());
    let index = index(&[deck, road]);
    let at = |height| index.cameras_of(&Spot::at(SPOT, height).unwrap(), None);
    assert_eq!(names(&at(None)), ["deck", "road"]);
    assert_eq!(names(&at(Some(48.2))), ["deck"]);
    assert_eq!(names(&at(Some(43.0))), ["road"]);
    assert_eq!(names(&at(Some(60.0))), [""; 0]);
    let solid = |height| {
        let solid = GridCell3::at_height(seven(), height, HeightScheme::default()).unwrap();
        names(&index.cameras_of(&Spot::from(solid), None))
    };
    // Layers of 7.66 m: 42 m and 49 m lie in two of them.
    assert_eq!((solid(42.0), solid(49.0)), (vec!["road".to_owned()], vec!["deck".to_owned()]));
}

#[test]
fn one_camera_that_sees_both_levels_counts_once() {
    let both = vec![
        stated(seven(), 49.0, 0.3, 50.0, Some(Parts(0xFFFF))),
        stated(seven(), 42.0, 0.5, 50.0, None),
    ];
    let index = index(&[card("both", both, Vec::new())]);
    let found = index.cameras_of(&Spot::from(seven()), None);
    assert_eq!((found.len(), found[0].share, found[0].height_metres), (1, 1.0, Some(42.0)));
}

#[test]
fn finer_cells_ask_for_their_part() {
    let eight = GridCell::from_lonlat(SPOT.lon_deg, SPOT.lat_deg, Level::Eight).unwrap();
    let there = Parts::at(seven(), eight.centre());
    let index = index(&[
        one("sees-it", 0.2, 50.0, Some(there)),
        one("sees-the-rest", 0.1, 50.0, Some(Parts(!there.0))),
    ]);
    assert_eq!(names(&index.cameras_of(&Spot::from(eight), None)), ["sees-it"]);
    let ten = GridCell::from_lonlat(SPOT.lon_deg, SPOT.lat_deg, Level::Ten).unwrap();
    assert_eq!(names(&index.cameras_of(&Spot::from(ten), None)), ["sees-it"]);
    assert_eq!(index.cameras_of(&Spot::from(seven()), None).len(), 2);
}

#[test]
fn a_new_card_replaces_the_old_one() {
    let mut index = index(&[one("a", 0.5, 40.0, None)]);
    let elsewhere = seven().neighbours8().next().unwrap();
    index.set_card(&node(), &card("a", vec![stated(elsewhere, 42.0, 0.5, 40.0, None)], Vec::new()));
    assert_eq!(index.cameras_of(&Spot::from(seven()), None), []);
    assert_eq!(index.cameras_of(&Spot::from(elsewhere), None).len(), 1);
}

#[test]
fn a_card_with_codes_only_is_found_last_and_at_any_height() {
    let parent = seven().parent().unwrap();
    let child = seven().children().unwrap().next().unwrap();
    let plain = card("plain", Vec::new(), vec![parent.code().to_string(), "rubbish".to_owned()]);
    let fine = card("fine", Vec::new(), vec![child.code().to_string()]);
    let index = index(&[plain, fine, one("stated", 3.0, 5.0, None)]);
    let found = index.cameras_of(&Spot::from(seven()), None);
    assert_eq!(names(&found), ["stated", "plain", "fine"]);
    assert_eq!((found[1].error_metres, found[1].share), (None, 1.0));
    assert!((found[2].share - 1.0 / 64.0).abs() < 1e-9);
    let high = Spot::at(SPOT, Some(400.0)).unwrap();
    assert_eq!(names(&index.cameras_of(&high, None)), ["plain", "fine"]);
    let whole = index.cameras_of(&Spot::from(parent), None);
    let plain = whole.iter().find(|seeing| seeing.camera.as_str() == "plain").unwrap();
    assert_eq!(plain.share, 1.0);
}

proptest! {
    /// Against a plain search through every stated cell.
    #[test]
    fn every_level_finds_the_cameras_whose_cells_meet_it(
        cells in prop::collection::vec((0.0f64..0.004, 0.0f64..0.004, 0u8..4), 1..40),
        (east, north) in (0.0f64..0.004, 0.0f64..0.004),
        level in 1usize..=10,
    ) {
        let level = Level::ALL[level - 1];
        let place = |lon: f64, lat: f64, level| {
            GridCell::from_lonlat(114.34 + lon, 22.69 + lat, level).unwrap()
        };
        let mut cards: Vec<CameraCardData> =
            (0..4).map(|number| card(&format!("c{number}"), Vec::new(), Vec::new())).collect();
        for (lon, lat, owner) in &cells {
            let cell = stated(place(*lon, *lat, Level::Seven), 42.0, 0.5, 40.0, None);
            cards[usize::from(*owner)].cells.push(cell);
        }
        let asked = place(east, north, level);
        let mut expected: Vec<String> = cards
            .iter()
            .filter(|card| card.cells.iter().any(|stated| {
                let cell = stated.code_3d.parse::<GridCell3>().unwrap().cell();
                cell.contains(asked) || asked.contains(cell)
            }))
            .map(|card| card.camera.to_string())
            .collect();
        let index = index(&cards);
        let mut found = names(&index.cameras_of(&Spot::from(asked), None));
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
    }
}
