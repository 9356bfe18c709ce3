//! What a pixel's ground is: slopes, decks over roads, and heights from other zeros.

use crate::{
    chance::Chance,
    earth::{Metres, Place, STREET},
    lens::Camera,
    program::Bench,
    survey::{Row, csv, measured},
};

/// 7 m over the street, 60 degrees across, 22 down, to the north.
fn northward() -> Camera {
    Camera::on_pole(7.0, 60.0, 22.0, 0.0, 0.5, [-0.08, 0.01])
}

/// How far `found` is from a place, in the plane and in height.
fn off(found: &crate::program::Located, truth: Place) -> (f64, f64) {
    assert!(found.refused.is_none(), "{found:?}");
    let place = Place { lon: found.lon_deg, lat: found.lat_deg, height: truth.height };
    let [east, north, _] = truth.metres_to(&place);
    (east.hypot(north), found.height_metres - truth.height)
}

fn rows(camera: &Camera, points: &[Metres], seed: u64) -> Vec<Row> {
    measured(camera, points, 0.5, 0.01, &mut Chance::seeded(seed))
}

/// On a road that rises 5 % to the north and falls 1 % to the east.
fn slope(east: f64, north: f64) -> Metres {
    [east, north, 0.05 * north - 0.01 * east]
}

const SPREAD: [(f64, f64); 8] = [
    (-2.0, 9.5),
    (2.5, 10.0),
    (-4.5, 12.0),
    (4.5, 13.0),
    (0.5, 16.0),
    (-8.0, 22.0),
    (8.0, 24.0),
    (0.0, 28.0),
];
const RAISED: [Metres; 3] = [[-3.0, 12.0, 3.0], [5.0, 15.0, 2.5], [-6.0, 20.0, 4.0]];
const FEET: [(f64, f64); 5] = [(0.0, 9.5), (-2.0, 11.0), (3.0, 14.0), (-5.0, 19.0), (6.0, 26.0)];

fn survey_of_the_slope(camera: &Camera) -> Vec<Row> {
    let mut points: Vec<Metres> = SPREAD.iter().map(|(east, north)| slope(*east, *north)).collect();
    points.extend(RAISED);
    rows(camera, &points, 1)
}

fn hold_the_slope(bench: &Bench, camera: &Camera) {
    let feet = FEET.map(|(east, north)| slope(east, north));
    let pixels = feet.map(|at| camera.seen(at, 0.0).unwrap());
    for (at, found) in feet.iter().zip(bench.locate(&pixels, &[])) {
        let (flat, high) = off(&found, STREET.at(*at));
        assert!(
            flat < 0.3 && high.abs() < 0.05,
            "{at:?}: {flat:.3} m off, {high:.3} m high: {found:?}"
        );
    }
}

#[test]
fn a_sloping_road_named_in_the_survey() {
    let (camera, bench) = (northward(), Bench::new());
    let mut rows = survey_of_the_slope(&camera);
    rows[..SPREAD.len()].iter_mut().for_each(|row| row.plane = Some("road"));
    bench.calibrated(&csv(&rows), &["--terrain"]);
    hold_the_slope(&bench, &camera);
}

#[test]
fn a_sloping_road_found_by_itself() {
    let (camera, bench) = (northward(), Bench::new());
    bench.calibrated(&csv(&survey_of_the_slope(&camera)), &["--terrain"]);
    hold_the_slope(&bench, &camera);
}

#[test]
fn terrain_of_points_on_a_line_is_refused() {
    let (camera, bench) = (northward(), Bench::new());
    let mut points: Vec<Metres> = [8.0, 12.0, 18.0, 25.0].map(|north| slope(0.5, north)).to_vec();
    points.extend(RAISED);
    points.extend([[2.0, 9.0, 2.0], [-1.0, 14.0, 3.5], [4.0, 22.0, 3.0]]);
    let mut rows = rows(&camera, &points, 2);
    rows[..4].iter_mut().for_each(|row| row.plane = Some("road"));
    // Told as exact as the survey is.
    rows.iter_mut().zip(&points).for_each(|(row, at)| row.at = STREET.at(*at));
    let ended = bench.calibrate(&csv(&rows), &["--terrain"]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(
        ended.stderr.contains("--terrain") && ended.stderr.contains("road"),
        "{}",
        ended.shown()
    );
    assert!(!bench.calibration().exists());
}

/// 8 m over the road; a deck crosses 5 m over it from 12 m on and hides what lies behind.
#[test]
fn a_deck_and_the_road_under_it() {
    let camera = Camera::on_pole(8.0, 60.0, 18.0, 0.0, 0.0, [-0.05, 0.0]);
    let deck: [Metres; 4] =
        [[-5.0, 13.0, 5.0], [5.5, 13.5, 5.0], [7.0, 24.0, 5.0], [-7.5, 23.0, 5.0]];
    let road: [Metres; 5] = [
        [-3.0, 12.0, 0.0],
        [3.5, 12.5, 0.0],
        [-6.0, 17.0, 0.0],
        [6.5, 19.0, 0.0],
        [0.5, 25.0, 0.0],
    ];
    let points: Vec<Metres> = deck.iter().chain(&road).copied().collect();
    let mut rows = rows(&camera, &points, 3);
    for (index, row) in rows.iter_mut().enumerate() {
        row.plane = Some(if index < deck.len() { "deck" } else { "road" });
    }
    let bench = Bench::new();
    bench.calibrated(&csv(&rows), &[]);
    let on_deck: [Metres; 3] = [[0.0, 14.5, 5.0], [3.0, 18.0, 5.0], [-4.0, 21.0, 5.0]];
    let on_road: [Metres; 3] = [[1.0, 12.2, 0.0], [-3.0, 15.0, 0.0], [2.0, 20.0, 0.0]];
    for (feet, plane) in [(on_deck, "deck"), (on_road, "road")] {
        let pixels = feet.map(|at| camera.seen(at, 0.0).unwrap());
        for (at, found) in feet.iter().zip(bench.locate(&pixels, &[])) {
            let (flat, high) = off(&found, STREET.at(*at));
            assert_eq!(found.plane, plane, "{at:?}: {found:?}");
            assert!(flat < 0.4 && high.abs() < 0.05, "{at:?}: {flat:.3} m off, {high:.3} m high");
        }
    }
    // The same ground below and above: seven metres apart on the earth, 5 m in height.
    let seen = crate::footprint::cells(&bench.calibration(), &["--level", "8"]);
    for plane in ["deck", "road"] {
        let heights: Vec<f64> =
            seen.iter().filter(|c| c.plane == plane).map(|c| c.height_metres).collect();
        let wanted = if plane == "deck" { 47.0 } else { 42.0 };
        assert!(!heights.is_empty(), "no cell of the {plane}");
        assert!(heights.iter().all(|height| (height - wanted).abs() < 0.05), "{plane} {heights:?}");
    }
    let codes = |plane: &str| -> std::collections::BTreeSet<String> {
        seen.iter().filter(|c| c.plane == plane).map(|c| c.code_3d.clone()).collect()
    };
    assert!(codes("deck").is_disjoint(&codes("road")), "a box is on the deck and on the road");
}

/// Rows of a level road and of raised points, and feet, all of them at another place on earth.
fn level_road_at(place: Place, camera: &Camera) -> Vec<Row> {
    let mut points: Vec<Metres> = SPREAD.iter().map(|(east, north)| [*east, *north, 0.0]).collect();
    points.extend(RAISED);
    let mut rows = rows(camera, &points, 4);
    rows.iter_mut().for_each(|row| row.at = place.at(STREET.metres_to(&row.at)));
    rows
}

fn hold_the_road(place: Place, camera: &Camera, bench: &Bench, tolerance: f64) {
    let feet = FEET.map(|(east, north)| [east, north, 0.0]);
    let pixels = feet.map(|at| camera.seen(at, 0.0).unwrap());
    for (at, found) in feet.iter().zip(bench.locate(&pixels, &[])) {
        let (flat, high) = off(&found, place.at(*at));
        assert!(flat < 0.3 && high.abs() < tolerance, "{at:?}: {flat:.3} m off, {high:.3} m high");
    }
}

#[test]
fn heights_over_a_constant_geoid() {
    let (camera, bench) = (northward(), Bench::new());
    let mut rows = level_road_at(STREET, &camera);
    // The geoid lies 3.7 m under the ellipsoid, so heights above the sea are larger.
    rows.iter_mut().for_each(|row| row.at.height += 3.7);
    bench.calibrated(&csv(&rows), &["--height-datum", "const:-3.7"]);
    hold_the_road(STREET, &camera, &bench, 0.05);
    // A stated height of the ground is in the same datum; here the road's is 45.7.
    bench.calibrated(
        &csv(&rows),
        &["--height-datum", "const:-3.7", "--ground-height-metres", "45.7"],
    );
    hold_the_road(STREET, &camera, &bench, 0.005);
}

#[test]
fn heights_over_egm96() {
    // One of the points that NGA publishes with its program: undulation -43.575 m.
    let place = Place { lon: 102.448_729_0, lat: 46.874_319_0, height: 1_500.0 };
    let (camera, bench) = (northward(), Bench::new());
    let mut rows = level_road_at(place, &camera);
    rows.iter_mut().for_each(|row| row.at.height += 43.575);
    bench.calibrated(&csv(&rows), &["--height-datum", "egm96"]);
    hold_the_road(place, &camera, &bench, 0.08);
}

#[test]
fn a_stated_ground_under_points_that_are_all_above_it() {
    let (camera, bench) = (northward(), Bench::new());
    // Marks a metre and more up walls and poles; none on the road.
    let mut points: Vec<Metres> = SPREAD.iter().map(|(east, north)| [*east, *north, 1.0]).collect();
    points.extend(RAISED);
    let rows = rows(&camera, &points, 5);
    bench.calibrated(&csv(&rows), &["--ground-height-metres", "42"]);
    hold_the_road(STREET, &camera, &bench, 0.005);
    let negative = bench.calibrate(&csv(&rows), &["--ground-height-metres", "-3"]);
    assert_eq!(negative.code, 0, "a negative number is a value: {}", negative.shown());
}

#[test]
fn height_datums_that_are_none_are_refused() {
    let (camera, bench) = (northward(), Bench::new());
    let text = csv(&level_road_at(STREET, &camera));
    for bad in ["const:", "const:high", "const:nan", "const:900", "sea", "EGM2008"] {
        let ended = bench.calibrate(&text, &["--height-datum", bad]);
        assert_eq!(ended.code, 2, "{bad}: {}", ended.shown());
        assert!(ended.stderr.contains(bad), "{bad}: {}", ended.stderr);
        assert!(!bench.calibration().exists(), "{bad}");
    }
    // Outside the model's area it says so.
    let london = Place { lon: -0.12, lat: 51.5, height: 60.0 };
    let ended =
        bench.calibrate(&csv(&level_road_at(london, &camera)), &["--height-datum", "egm96"]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(
        ended.stderr.contains("survey.csv:2") && ended.stderr.contains("const:"),
        "{}",
        ended.shown()
    );
}
