//! `calibrate`, `locate`, `footprint` and `track`: what a survey and a tracker run need.

use crate::support::{file, gridwarden, line, with_input};
use gridwarden::domain::grid::GridCell3;
use std::{collections::BTreeSet, fmt::Write as _, fs, process::Stdio};

/// About 0.1 m a pixel, north up, origin at (114.34, 22.69): rows of a survey of this view.
fn survey(pixels: &[(f64, f64)]) -> String {
    let metres_per_deg_lat = 110_740.0;
    let metres_per_deg_lon = 102_740.0;
    let mut text = "u,v,lon,lat,height_metres\n".to_owned();
    for (u, v) in pixels {
        let (east, north) = (0.1 * (u - 320.0), -0.1 * (v - 180.0));
        let (lon, lat) = (114.34 + east / metres_per_deg_lon, 22.69 + north / metres_per_deg_lat);
        let _ = writeln!(text, "{u},{v},{lon:.9},{lat:.9},42.0");
    }
    text
}

const SPREAD: [(f64, f64); 6] =
    [(20.0, 20.0), (620.0, 30.0), (610.0, 340.0), (30.0, 330.0), (320.0, 180.0), (150.0, 250.0)];

#[test]
fn a_good_survey_gives_a_calibration_that_check_accepts_and_locate_uses() {
    let folder = tempfile::tempdir().unwrap();
    let points = file(folder.path(), "survey.csv", &survey(&SPREAD));
    let out = folder.path().join("site_cam.toml").display().to_string();
    let ended = line(&format!("calibrate --points {points} --width 640 --height 360 --out {out}"));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("leave-one-out"), "{}", ended.stdout);
    let checked = line(&format!("check {out}"));
    assert_eq!(checked.code, 0, "{}", checked.shown());
    let located = with_input(&format!("locate --calibration {out}"), "320,180\n420,80\n-500,180\n");
    let lines: Vec<Vec<&str>> =
        located.stdout.lines().map(|line| line.split(',').collect()).collect();
    let lonlat = |line: &[&str]| (line[0].parse::<f64>().unwrap(), line[1].parse::<f64>().unwrap());
    let (lon, lat) = lonlat(&lines[0]);
    assert!((lon - 114.34).abs() < 2e-6 && (lat - 22.69).abs() < 2e-6, "{}", located.stdout);
    let (lon, lat) = lonlat(&lines[1]);
    assert!(
        (lon - 114.34 - 10.0 / 102_740.0).abs() < 2e-6
            && (lat - 22.69 - 10.0 / 110_740.0).abs() < 2e-6
    );
    assert_eq!(lines[2][0], "refused", "outside the surveyed hull");
}

#[test]
fn surveys_that_cannot_give_a_calibration_are_refused() {
    let collinear: Vec<(f64, f64)> =
        (0..6).map(|i| (f64::from(i) * 100.0, f64::from(i) * 50.0)).collect();
    let wild = survey(&SPREAD).replacen("\n20,20,114.3", "\n20,20,114.4", 1);
    let cases = [
        ("collinear points", survey(&collinear), "survey.csv: "),
        ("three points", survey(&SPREAD[..3]), "4"),
        ("no point", survey(&[]), "survey.csv: "),
        (
            "one wrong longitude",
            wild,
            "survey.csv: line 2: the control point at u,v 20,20 disagrees",
        ),
        ("no number", survey(&SPREAD).replacen("42.0", "high", 1), "survey.csv:2: "),
        ("another header", survey(&SPREAD).replacen("lon", "x", 1), "lon"),
        (
            "a latitude beyond the pole",
            survey(&SPREAD).replacen(",22.", ",122.", 1),
            "survey.csv:2: ",
        ),
    ];
    for (what, text, named) in cases {
        let folder = tempfile::tempdir().unwrap();
        let points = file(folder.path(), "survey.csv", &text);
        let out = folder.path().join("out.toml");
        let ended = line(&format!(
            "calibrate --points {points} --width 640 --height 360 --out {}",
            out.display()
        ));
        assert_eq!(ended.code, 2, "{what}: {}", ended.shown());
        assert!(ended.stderr.contains(named), "{what}: {named:?} is not in\n{}", ended.stderr);
        assert!(!out.exists(), "{what}: a refused fit leaves no file");
    }
}

#[test]
fn locate_answers_or_refuses_each_pixel() {
    let ended =
        with_input("locate --calibration calibration/demo_pets.toml", "384,420\n\n0,0\n384, 421\n");
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ended.stdout);
    for at in [0, 2] {
        let fields: Vec<&str> = lines[at].split(',').collect();
        assert_eq!(fields.len(), 5, "{}", lines[at]);
        assert!(fields[..4].iter().all(|field| field.parse::<f64>().is_ok()), "{}", lines[at]);
        let level = line(&format!("grid decode {} --json", fields[4]));
        assert_eq!(level.code, 0, "{}", level.shown());
    }
    assert!(lines[1].starts_with("refused,"), "the sky is not on the ground: {}", lines[1]);
    for bad in ["384", "a,b", "1,2,3", "nan,1"] {
        let ended = with_input(
            "locate --calibration calibration/demo_pets.toml",
            &format!("384,420\n{bad}\n"),
        );
        assert_eq!(ended.code, 2, "{bad}: {}", ended.shown());
        assert!(ended.stderr.contains("stdin:2: "), "{bad}: {}", ended.stderr);
    }
}

#[test]
fn a_footprint_is_geojson_of_the_asked_level() {
    let ended = line("footprint --calibration calibration/demo_street.toml --level 7");
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let collection: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(collection["type"], "FeatureCollection");
    let cells = collection["features"].as_array().unwrap();
    assert!(!cells.is_empty());
    for cell in cells {
        let properties = &cell["properties"];
        assert_eq!(properties["level"], 7);
        let code_3d = properties["code_3d"].as_str().unwrap();
        let code = code_3d.parse::<GridCell3>().unwrap().cell().code();
        assert_eq!(properties["code"], code.as_str());
        let number = |key: &str| properties[key].as_f64().unwrap();
        assert!(number("error_metres") > 0.0 && number("px_per_metre") > 0.0, "{cell}");
        assert!(number("share") > 0.0 && number("share") <= 1.0, "{cell}");
        assert_eq!(cell["geometry"]["coordinates"][0].as_array().unwrap().len(), 5);
    }
    let refused = line("footprint --calibration calibration/demo_street.toml --level 11");
    assert_eq!(refused.code, 2, "{}", refused.shown());
    assert!(refused.stderr.contains("--level 11"), "{}", refused.stderr);
}

#[test]
fn two_things_that_cross_keep_their_numbers_through_a_gap() {
    let mut text = String::new();
    for frame in 1..=40 {
        let at = f64::from(frame) * 5.0;
        let _ = writeln!(text, "{frame},-1,{at},100,40,80,0.9,-1,-1,-1");
        // Missed for three frames.
        if !(20..23).contains(&frame) {
            let _ = writeln!(text, "{frame},-1,{},300,40,80,0.9,-1,-1,-1", 400.0 - at);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let detections = file(folder.path(), "det.txt", &text);
    let out = folder.path().join("tracks.txt");
    let ended = line(&format!("track --fps 7 {detections} --out {}", out.display()));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let tracks = fs::read_to_string(out).unwrap();
    let rows: Vec<Vec<f64>> = tracks
        .lines()
        .map(|row| row.split(',').map(|field| field.parse().unwrap()).collect())
        .collect();
    assert!(rows.iter().all(|row| row.len() == 10), "{tracks}");
    let numbers = |upper: bool| -> BTreeSet<i64> {
        rows.iter().filter(|row| (row[3] < 200.0) == upper).map(|row| row[1] as i64).collect()
    };
    assert_eq!((numbers(true).len(), numbers(false).len()), (1, 1), "{tracks}");
    assert_ne!(numbers(true), numbers(false));
    assert!(rows.len() >= 70, "{} of 77 boxes are in a track", rows.len());
}

#[test]
fn bad_rows_of_a_track_file_are_named() {
    for (bad, named) in [
        ("x,1,2,3", "x"),
        ("1,-1,10,10", "4 columns"),
        ("0,-1,1,1,5,5,1", "frame 1"),
        ("1,-1,1,1,0,5,1", "above 0"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let detections = file(folder.path(), "det.txt", &format!("1,-1,1,1,5,5,1\n{bad}\n"));
        let ended =
            line(&format!("track --fps 7 {detections} --out {}/t.txt", folder.path().display()));
        assert_eq!(ended.code, 2, "{bad}: {}", ended.shown());
        assert!(ended.stderr.contains(&format!("{detections}:2: ")), "{bad}: {}", ended.stderr);
        assert!(ended.stderr.contains(named), "{bad}: {}", ended.stderr);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let mut child = gridwarden()
        .args(["footprint", "--calibration", "calibration/demo_pets.toml", "--level", "8"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}
