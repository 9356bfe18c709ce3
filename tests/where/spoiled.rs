//! Surveys as people spoil them: each is refused by line and value, and leaves no file.

use crate::{
    chance::Chance,
    earth::{Metres, Place, STREET},
    lens::Camera,
    program::{Bench, Ended, gridwarden},
    survey::{Row, control_points, csv, measured, street_camera},
};
use std::fs;

fn sound(seed: u64) -> (Camera, Vec<Row>) {
    let mut chance = Chance::seeded(seed);
    let camera = street_camera(&mut chance);
    let points = control_points(&camera, 5, 3, &mut chance);
    let rows = measured(&camera, &points, 1.0, 0.03, &mut chance);
    (camera, rows)
}

/// Refused, with all these texts in the message, and without a file.
fn refused(what: &str, text: &str, options: &[&str], named: &[&str]) {
    let bench = Bench::new();
    fs::write(bench.calibration(), "kept").unwrap();
    let ended = bench.calibrate(text, options);
    check_refused(what, &ended, named, text);
    let left = fs::read_to_string(bench.calibration()).unwrap();
    assert_eq!(left, "kept", "{what}: a refused fit leaves what was there");
    fs::remove_file(bench.calibration()).unwrap();
    let again = bench.calibrate(text, options);
    assert_eq!(again.code, 2, "{what}");
    assert!(!bench.calibration().exists(), "{what}: a refused fit leaves no file");
}

fn check_refused(what: &str, ended: &Ended, named: &[&str], text: &str) {
    assert_eq!(ended.code, 2, "{what}: {}\n{text}", ended.shown());
    for named in named {
        assert!(
            ended.stderr.contains(named),
            "{what}: {named:?} is not named in {}\n{text}",
            ended.shown()
        );
    }
}

/// The file with one field of one data row exchanged; rows count from 0, the header is line 1.
fn with_field(rows: &[Row], row: usize, field: usize, value: &str) -> String {
    let text = csv(rows);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut fields: Vec<&str> = lines[row + 1].split(',').collect();
    fields[field] = value;
    let line = fields.join(",");
    lines[row + 1] = line;
    lines.join("\n") + "\n"
}

fn field(rows: &[Row], row: usize, field: usize) -> String {
    csv(rows).lines().nth(row + 1).unwrap().split(',').nth(field).unwrap().to_owned()
}

#[test]
fn a_sound_survey_is_accepted() {
    for seed in 0..3 {
        Bench::new().calibrated(&csv(&sound(seed).1), &[]);
    }
}

#[test]
fn values_that_are_none() {
    let rows = sound(1).1;
    let cases: [(usize, &str, &str); 15] = [
        (0, "NaN", "NaN"),
        (1, "inf", "inf"),
        (0, "2500.5", "2500.5"),
        (1, "-200", "-200"),
        (1, "1e9", "1000000000"),
        (2, "NaN", "NaN"),
        (2, "114°20'24\"", "114°20'24"),
        (2, "114 20.4", "114 20.4"),
        (3, "22:41:24", "22:41:24"),
        (3, "N22.69", "N22.69"),
        (3, "122.69", "122.69"),
        (2, "214.34", "214.34"),
        (4, "NaN", "NaN"),
        (4, "9500", "9500"),
        (4, "-600", "-600"),
    ];
    for (column, value, named) in cases {
        // A quote in a field of CSV is doubled within quotes.
        let value = if value.contains('"') {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else {
            value.into()
        };
        let text = with_field(&rows, 2, column, &value);
        refused(&format!("column {column} {value:?}"), &text, &[], &["survey.csv:4", named]);
    }
}

#[test]
fn text_where_a_number_belongs() {
    let rows = sound(1).1;
    for (column, value) in [(0, "left"), (1, "6O0"), (4, "42 m")] {
        let text = with_field(&rows, 2, column, value);
        refused(value, &text, &[], &["survey.csv:4", value]);
    }
    refused("nothing", &with_field(&rows, 2, 1, ""), &[], &["survey.csv:4"]);
}

#[test]
fn files_that_are_no_survey() {
    let rows = sound(1).1;
    let text = csv(&rows);
    let cases = [
        ("empty", String::new(), "survey.csv:1"),
        ("header only", text.lines().next().unwrap().to_owned() + "\n", "4"),
        ("no header", text.lines().skip(1).collect::<Vec<_>>().join("\n"), "survey.csv:1"),
        ("header misspelt", text.replacen("lon", "long", 1), "\"lon\""),
        ("column missing", text.replacen(",height_metres", "", 1), "height_metres"),
        ("short row", with_field(&rows, 3, 4, "").replace(",\n", "\n"), "survey.csv"),
        ("long row", with_field(&rows, 3, 4, "42,1"), "survey.csv"),
        ("three points", csv(&rows[..3]), "3"),
        ("no points", csv(&[]), "4"),
    ];
    for (what, text, named) in cases {
        refused(what, &text, &[], &["survey.csv", named]);
    }
    refused("a camera of 4 points", &csv(&rows[..4]), &["--model", "camera"], &["survey.csv", "4"]);
    let bench = Bench::new();
    let out = bench.calibration();
    let args = ["calibrate", "--points", "nowhere.csv", "--out", out.to_str().unwrap()];
    check_refused("no file", &gridwarden(&args, ""), &["nowhere.csv"], "");
}

#[test]
fn longitude_and_latitude_swapped() {
    let mut rows = sound(2).1;
    let text = csv(&rows);
    for row in &mut rows {
        (row.at.lon, row.at.lat) = (row.at.lat, row.at.lon);
    }
    refused("all swapped", &csv(&rows), &[], &["survey.csv:2", "swapped"]);
    let (lon, lat) = (field(&rows, 3, 3), field(&rows, 3, 2));
    let one = text.replacen(&format!("{lon},{lat}"), &format!("{lat},{lon}"), 1);
    assert_ne!(one, text);
    refused("one swapped", &one, &[], &["survey.csv:5", "swapped"]);
}

#[test]
fn points_that_leave_it_open() {
    let camera = Camera::on_pole(6.5, 66.0, 24.0, 0.0, 0.0, [-0.05, 0.0]);
    let mut chance = Chance::seeded(9);
    // Along a kerb with the noise of a survey; then up and down one wall's edge as well.
    let kerb: Vec<Metres> = (0..8).map(|at| [1.5, 7.0 + 2.5 * f64::from(at), 0.0]).collect();
    let text = csv(&measured(&camera, &kerb, 1.0, 0.03, &mut chance));
    refused("along a kerb", &text, &[], &["survey.csv", "line"]);
    // In one line of the picture though not on the ground: all at one row of pixels.
    let rows: Vec<Row> = (0..8)
        .map(|at| {
            let pixel = [200.0 + 200.0 * f64::from(at), 600.0];
            let up = f64::from(at % 3);
            Row { pixel, at: STREET.at(camera.ground(pixel, up).unwrap()), plane: None }
        })
        .collect();
    refused("one line of the picture", &csv(&rows), &[], &["survey.csv", "line"]);
}

#[test]
fn rows_given_twice() {
    let rows = sound(3).1;
    let mut twice = rows.clone();
    twice.insert(5, rows[2].clone());
    refused("a row twice", &csv(&twice), &[], &["survey.csv:7", "line 4"]);
    let mut pixel = rows.clone();
    pixel[5].pixel = rows[2].pixel;
    refused("one pixel, two places", &csv(&pixel), &[], &["survey.csv:7", "line 4"]);
    let mut place = rows.clone();
    place[5].at = rows[2].at;
    refused("one place, two pixels", &csv(&place), &[], &["survey.csv:7", "line 4"]);
}

/// One digit of a number exchanged for another, so that it changes by `step` times 3 or more.
fn mistyped(value: &str, step: f64, chance: &mut Chance) -> String {
    let digit_at = (0..value.len()).find(|at| {
        let mut unit: String =
            value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        unit.replace_range(at..&(at + 1), "1");
        value.as_bytes()[*at].is_ascii_digit()
            && unit.parse::<f64>().is_ok_and(|unit| (unit.abs() / step - 1.0).abs() < 0.1)
    });
    let at = digit_at.unwrap_or_else(|| panic!("no digit of {step} in {value}"));
    let old = value.as_bytes()[at] - b'0';
    let new = loop {
        let new = chance.between(0.0, 10.0) as u8;
        if new.abs_diff(old) >= 3 {
            break new;
        }
    };
    format!("{}{new}{}", &value[..at], &value[at + 1..])
}

/// A digit whose place is `step` is mistyped in each column of some rows.
fn mistyped_digits_are_named(
    seeds: std::ops::Range<u64>,
    rows_tried: usize,
) -> (usize, Vec<String>) {
    let (mut tried, mut faults) = (0, Vec::new());
    // Three of these or more: 300 px, 30 m, 3 m. Of near points 3 cm of survey noise are 15 px.
    let columns = [
        (0, 100.0, "u"),
        (1, 100.0, "v"),
        (2, 1e-4, "lon"),
        (3, 1e-4, "lat"),
        (4, 1.0, "height_metres"),
    ];
    for seed in seeds {
        let rows = sound(seed).1;
        let mut chance = Chance::seeded(seed + 77);
        for (column, step, name) in columns {
            for _ in 0..rows_tried {
                let row = chance.between(0.0, rows.len() as f64) as usize;
                let value = field(&rows, row, column);
                // A number below the step has no such digit to mistype.
                if value.parse::<f64>().unwrap() < step {
                    continue;
                }
                let wrong = mistyped(&value, step, &mut chance);
                if column < 2 && !(0.0..1080.0).contains(&wrong.parse::<f64>().unwrap()) {
                    continue;
                }
                let text = with_field(&rows, row, column, &wrong);
                let bench = Bench::new();
                let ended = bench.calibrate(&text, &[]);
                tried += 1;
                let line = row + 2;
                let named = ended.stderr.contains(&format!("line {line}:"))
                    || ended.stderr.contains(&format!("survey.csv:{line}:"));
                if ended.code != 2 || !named || bench.calibration().exists() {
                    faults.push(format!(
                        "seed {seed}: {name} of line {line} {value} typed as {wrong}: exit {} {} {}",
                        ended.code,
                        ended.stderr.trim(),
                        ended.stdout.lines().last().unwrap_or_default()
                    ));
                }
            }
        }
    }
    (tried, faults)
}

#[test]
fn one_mistyped_digit_is_named() {
    // `WHERE_SEEDS=20` looks further.
    let seeds = std::env::var("WHERE_SEEDS").map_or(1, |text| text.parse().unwrap());
    let (tried, faults) = mistyped_digits_are_named(100..100 + seeds, 1);
    eprintln!("mistyped digits: {} of {tried} named", tried - faults.len());
    assert!(
        tried as u64 >= seeds && faults.is_empty(),
        "{} of {tried}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn a_mistyped_raised_point_is_named_too() {
    // Without it the points on the road alone still make a homography, which must not pass over it.
    let rows = sound(105).1;
    let mut text = rows.clone();
    text[7].at.lat += 7e-4;
    refused("a raised point 78 m off", &csv(&text), &[], &["line 9"]);
}

/// The formula that public converters share for the coordinates of Chinese maps.
fn on_a_map(Place { lon, lat, height }: Place) -> Place {
    use std::f64::consts::PI;
    let (x, y) = (lon - 105.0, lat - 35.0);
    let waves = |t: f64, parts: [(f64, f64); 2]| {
        parts.iter().map(|(size, by)| size * (t * by * PI).sin()).sum::<f64>() * 2.0 / 3.0
    };
    let common = waves(x, [(20.0, 6.0), (20.0, 2.0)]);
    let d_lat = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + waves(y, [(20.0, 1.0), (40.0, 1.0 / 3.0)])
        + waves(y, [(160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0)]);
    let d_lon = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + waves(x, [(20.0, 1.0), (40.0, 1.0 / 3.0)])
        + waves(x, [(150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0)]);
    let (major, e2) = (6_378_245.0, 0.006_693_421_622_965_943);
    let (sin, cos) = lat.to_radians().sin_cos();
    let w = 1.0 - e2 * sin * sin;
    Place {
        lon: lon + (d_lon / (major / w.sqrt() * cos)).to_degrees(),
        lat: lat + (d_lat / (major * (1.0 - e2) / w.powf(1.5))).to_degrees(),
        height,
    }
}

#[test]
fn points_pasted_from_a_map_are_warned_of() {
    let rows = sound(4).1;
    let stands = format!("{},{}", STREET.lon, STREET.lat);
    let said = ["--camera-position", stands.as_str()];
    let bench = Bench::new();
    let honest = bench.calibrated(&csv(&rows), &said);
    assert_eq!(honest["warnings"], serde_json::json!([]));
    let checked = gridwarden(&["check", bench.calibration().to_str().unwrap()], "");
    assert_eq!(checked.code, 0, "{}", checked.shown());
    assert!(!(checked.stdout + &checked.stderr).contains("GCJ"));

    let pasted: Vec<Row> =
        rows.iter().map(|row| Row { at: on_a_map(row.at), ..row.clone() }).collect();
    let warned = bench.calibrated(&csv(&pasted), &said);
    let warning = warned["warnings"][0].as_str().unwrap_or_else(|| panic!("{warned}")).to_owned();
    assert!(warning.contains("GCJ") && warning.contains("control points"), "{warning}");
    let people = bench.calibrate(&csv(&pasted), &said);
    assert!((people.stdout.clone() + &people.stderr).contains("warning"), "{}", people.shown());
    // The file says where the camera stands, so `check` can tell as well.
    let checked = gridwarden(&["check", bench.calibration().to_str().unwrap()], "");
    assert_eq!(checked.code, 0, "a warning is no fault: {}", checked.shown());
    let told = checked.stdout + &checked.stderr;
    assert!(
        told.contains("warning") && told.contains("GCJ") && told.contains("site_cam.toml"),
        "{told}"
    );

    // The other way round: the camera was pasted.
    let map = on_a_map(STREET);
    let pasted_camera = format!("{},{}", map.lon, map.lat);
    let warned = bench.calibrated(&csv(&rows), &["--camera-position", &pasted_camera]);
    let warning = warned["warnings"][0].as_str().unwrap_or_else(|| panic!("{warned}")).to_owned();
    assert!(warning.contains("GCJ") && warning.contains("camera"), "{warning}");

    // Labelled, they are converted and nobody is warned.
    let labelled =
        bench.calibrated(&csv(&pasted), &["--datum", "GCJ02", "--camera-position", &pasted_camera]);
    assert_eq!(labelled["warnings"], serde_json::json!([]));
    let camera = &labelled["camera"];
    let (lon, lat) = (camera["lon_deg"].as_f64().unwrap(), camera["lat_deg"].as_f64().unwrap());
    assert!(STREET.apart(lon, lat) < 2.0, "{labelled}");
    let unknown = bench.calibrate(&csv(&pasted), &["--datum", "Xian80"]);
    assert_eq!(unknown.code, 2, "{}", unknown.shown());
    assert!(
        unknown.stderr.contains("Xian80") && unknown.stderr.contains("GCJ02"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn pixels_that_are_none_stop_locate() {
    let calibration = ["locate", "--calibration", "calibration/demo_pets.toml"];
    for bad in ["nan,1", "1", "1;2", "1,2,3", "inf,5", "left,7"] {
        let ended = gridwarden(&calibration, &format!("384,420\n{bad}\n"));
        check_refused(bad, &ended, &["stdin:2", bad], "");
    }
    let far = gridwarden(&calibration, "384,5\n-50,300\n900,300\n384,700\n");
    assert_eq!(far.code, 0, "{}", far.shown());
    let lines: Vec<&str> = far.stdout.lines().collect();
    assert!(
        lines.len() == 4 && lines.iter().all(|line| line.starts_with("refused,")),
        "{}",
        far.shown()
    );
    let absent = gridwarden(&["locate", "--calibration", "nowhere.toml"], "1,1\n");
    check_refused("no calibration", &absent, &["nowhere.toml"], "");
}
