use super::*;
use crate::{
    base::time::WallTime,
    domain::{
        camera::{CameraModel, Lens, Pose},
        geo::{EastNorth, LocalFrame},
    },
    roles::tools::calibrate::{self, CalibrateArgs},
};
use clap::Parser;
use nalgebra::Vector3;
use serde_json::{Value, json};

const ORIGIN: GeoPoint = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };

/// Eight metres up, looking north and down.
fn camera() -> CameraModel {
    let (sin, cos) = 25f64.to_radians().sin_cos();
    let rows = [[1.0, 0.0, 0.0], [0.0, -sin, -cos], [0.0, cos, -sin]];
    let lens = Lens { fx: 520.0, fy: 520.0, cx: 319.5, cy: 179.5, distortion: [0.0; 5] };
    CameraModel { lens, pose: Pose::new(rows, [0.0, 0.0, 8.0]).unwrap() }
}

/// A surveyed point, marked to half a pixel.
fn marked(east: f64, north: f64, up: f64) -> Value {
    let at = camera().pixel(&Vector3::new(east, north, up)).unwrap();
    let local = EastNorth { east_metres: east, north_metres: north };
    let geo = LocalFrame::about(ORIGIN).geo_from_local(local);
    let half = |px: f64| (px * 2.0).round() / 2.0;
    json!({"u": half(at.x), "v": half(at.y), "lon": geo.lon_deg, "lat": geo.lat_deg,
           "height_metres": 42.0 + up})
}

fn survey() -> Vec<Value> {
    let ground = [(-4.0, 9.0), (4.0, 9.0), (-7.0, 20.0), (7.0, 21.0), (0.5, 14.0), (-2.0, 27.0)];
    let high = [(-3.0, 12.0, 2.0), (3.5, 17.0, 3.0), (0.0, 22.0, 2.5)];
    let on_ground = ground.into_iter().map(|(east, north)| marked(east, north, 0.0));
    on_ground.chain(high.into_iter().map(|(e, n, u)| marked(e, n, u))).collect()
}

fn asked(points: &[Value], further: Value) -> Answer<SolvedView> {
    let mut wanted = json!({"width_px": 640, "height_px": 360, "points": points,
                            "surveyed_on": "2026-11-21"});
    wanted.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    let wanted: SurveyWanted = serde_json::from_value(wanted).unwrap();
    Ok(solved(Checked::of(&wanted, WallTime::from_unix_millis(0))?))
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: CalibrateArgs,
}

/// What the command writes for these points.
fn written(csv: &str, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("points.csv"), csv).unwrap();
    let (points, out) = (path("points.csv"), path("out.toml"));
    let mut line = vec!["calibrate", "--points", &points, "--out", &out, "--surveyed-on"];
    line.extend(["2026-11-21", "--width", "640", "--height", "360"]);
    line.extend(options);
    calibrate::run(&Line::try_parse_from(line).unwrap().args).unwrap();
    std::fs::read_to_string(out).unwrap()
}

#[cfg(feature = "edge")]
#[test]
fn a_camera_is_told_with_residuals_a_grid_and_the_file_that_the_command_writes() {
    let answer = asked(&survey(), json!({})).unwrap();
    assert!(answer.refusal.is_none(), "{:?}", answer.refusal);
    assert_eq!(answer.model.as_deref(), Some("camera"));
    assert!(answer.facts["rms_px"] < 1.0, "{:?}", answer.facts);
    for point in &answer.points {
        assert!(point.residual_px.is_some_and(|px| px < 2.0) && point.left_out_px.is_some());
        assert!(point.expected_px.is_some());
    }
    let at = answer.camera.unwrap();
    assert!((at.height_metres - 50.0).abs() < 1.0, "{at:?}");
    assert_eq!(answer.toml.unwrap(), written(&answer.points_csv, &[]));
    let grid = answer.grid.unwrap();
    assert!(grid.level == 7 && grid.lines_px.len() > 20, "{}", grid.lines_px.len());
    for [x, y] in grid.lines_px.iter().flatten() {
        assert!((-1.0..=640.0).contains(x) && (-1.0..=360.0).contains(y), "{x} {y}");
    }
}

#[test]
fn four_points_on_the_ground_give_a_plane_and_three_give_a_reason() {
    let points = survey();
    let answer = asked(&points[..4], json!({})).unwrap();
    assert_eq!(answer.model.as_deref(), Some("homography"));
    assert_eq!(answer.toml.unwrap(), written(&answer.points_csv, &[]));
    assert!(answer.grid.is_some() && answer.hulls_px[0].len() == 4);
    let answer = asked(&points[..3], json!({})).unwrap();
    let refusal = answer.refusal.unwrap();
    assert_eq!(refusal.kind, UnfitKind::TooFewPoints);
    assert!(answer.toml.is_none() && answer.grid.is_none() && answer.points.len() == 3);
    assert_eq!(asked(&[], json!({})).unwrap().refusal.unwrap().kind, UnfitKind::TooFewPoints);
}

#[cfg(feature = "edge")]
#[test]
fn a_wrong_point_is_named_and_a_bad_fit_gives_no_file() {
    let mut points = survey();
    points[2]["u"] = json!(points[2]["u"].as_f64().unwrap() + 60.0);
    let refusal = asked(&points, json!({})).unwrap().refusal.unwrap();
    assert_eq!((refusal.kind, refusal.point), (UnfitKind::Outlier, Some(2)), "{refusal:?}");

    let answer = asked(&survey(), json!({"error_max_metres": 0.01})).unwrap();
    assert_eq!(answer.refusal.unwrap().kind, UnfitKind::BadFit);
    assert!(answer.toml.is_none() && answer.grid.is_some(), "what is wrong can be looked at");
    let mut points = survey();
    points[1] = points[0].clone();
    let refusal = asked(&points, json!({})).unwrap().refusal.unwrap();
    assert_eq!((refusal.kind, refusal.point), (UnfitKind::Repeated, Some(1)));
}

#[test]
fn a_place_may_be_a_code_and_is_its_middle() {
    let mut points = survey()[..4].to_vec();
    let cell = GridCell::from_lonlat(
        points[0]["lon"].as_f64().unwrap(),
        points[0]["lat"].as_f64().unwrap(),
        Level::Nine,
    );
    let cell = cell.unwrap();
    points[0] = json!({"u": points[0]["u"], "v": points[0]["v"], "height_metres": 42.0,
                       "code": cell.code().to_string()});
    let answer = asked(&points, json!({})).unwrap();
    let line = answer.points_csv.lines().nth(1).unwrap().to_owned();
    let centre = cell.centre();
    assert!(line.contains(&format!(",{},{},42", centre.lon_deg, centre.lat_deg)), "{line}");
    assert!(answer.toml.is_some());

    let solid = GridCell3::at_height(cell, 42.0, Default::default()).unwrap();
    points[0] =
        json!({"u": points[0]["u"], "v": points[0]["v"], "code_3d": solid.code().to_string()});
    assert!(asked(&points, json!({})).unwrap().toml.is_some());
    for further in [json!({"datum": "GCJ02"}), json!({"height_datum": "egm96"})] {
        assert!(asked(&points, further.clone()).is_err(), "{further}");
    }
}

#[test]
fn what_is_no_point_is_refused_with_its_field() {
    let good = survey()[..4].to_vec();
    for (field, value, named) in [
        ("u", json!(2_000.0), "points[1].u"),
        ("lat", json!(95.0), "points[1].lon"),
        ("height_metres", json!(90_000.0), "points[1].lon"),
        ("code", json!("N50F"), "points[1].lon"),
        ("height_metres", Value::Null, "points[1].height_metres"),
        ("plane", json!("a\nb"), "points[1].plane"),
    ] {
        let mut points = good.clone();
        points[1][field] = value;
        let problem = asked(&points, json!({})).err().unwrap();
        let text = serde_json::to_string(&problem).unwrap();
        assert!(text.contains(named), "{field}: {text}");
    }
    assert!(asked(&good, json!({"grid_level": 9})).is_err());
    assert!(asked(&good, json!({"surveyed_on": "today"})).is_err());
    assert!(asked(&vec![good[0].clone(); 101], json!({})).is_err());
}
