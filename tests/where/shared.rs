//! Real cameras, from the folder of shared data; skipped where it is absent.

use crate::{
    earth::{Place, from_utm_north},
    program::{Bench, Located, locate},
    survey::{Row, csv},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the shared data, or a line that says what is skipped.
fn shared(test: &str, file: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        std::env::var_os("GRIDWARDEN_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let path = folder.join("data").join(file);
    let found = path.exists();
    if !found {
        eprintln!("skipped: {test}: {} is not there (GRIDWARDEN_SHARED)", path.display());
    }
    found.then_some(path)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Where `calibration/demo_pets.toml` lays the axes of PETS 2009: X to the east, Y to the north.
const PETS: Place = Place { lon: 114.3425, lat: 22.6915, height: 42.0 };
const PETS_FRAME: [&str; 4] = ["--width", "768", "--height", "576"];

/// Every 7th box: its foot (bottom centre) and the published X, Y of it.
fn pets_feet(path: &Path) -> (Vec<[f64; 2]>, Vec<[f64; 2]>) {
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().step_by(7).map(|line| {
        let field: Vec<f64> = line.split(',').map(|f| f.trim().parse().unwrap()).collect();
        ([field[2] + field[4] / 2.0, field[3] + field[5]], [field[7], field[8]].map(|at| at - 0.0))
    });
    rows.filter(|(_, [x, y])| (*x, *y) != (-1.0, -1.0)).unzip()
}

fn pets_errors(found: &[Located], published: &[[f64; 2]]) -> Vec<f64> {
    let pairs = found.iter().zip(published).filter(|(found, _)| found.refused.is_none());
    let off = pairs.map(|(found, [x, y])| {
        let place = Place { lon: found.lon_deg, lat: found.lat_deg, height: 42.0 };
        let [east, north, _] = PETS.metres_to(&place);
        (east - x).hypot(north - y)
    });
    off.collect()
}

fn hold_pets(what: &str, found: &[Located], published: &[[f64; 2]]) {
    let mut errors = pets_errors(found, published);
    errors.sort_by(f64::total_cmp);
    let (n, refused) = (errors.len(), found.len() - errors.len());
    let (middle, p95) = (errors[n / 2], errors[n * 95 / 100]);
    let told =
        format!("{what}: {n} feet, median {middle:.3} m, p95 {p95:.3} m, {refused} more refused");
    eprintln!("{told}");
    assert!(middle <= 0.15 && refused * 20 < n, "{told}");
}

#[test]
fn pets_positions_with_the_shipped_calibration() {
    let name = "mot/PETS09-S2L1_first400/gt/gt.txt";
    let Some(truth) = shared("PETS, shipped calibration", name) else { return };
    let (feet, published) = pets_feet(&truth);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("calibration/demo_pets.toml");
    hold_pets("PETS, shipped calibration", &locate(&shipped, &feet, &[]), &published);
}

/// The published camera after Tsai: millimetres, one coefficient from distorted to straight.
struct Tsai {
    rotation: [[f64; 3]; 3],
    shift: [f64; 3],
    focal: f64,
    kappa: f64,
    centre: [f64; 2],
    /// Millimetres of the sensor a pixel, across (with the scale factor in it) and down.
    pitch: [f64; 2],
}

impl Tsai {
    fn read(xml: &str) -> Self {
        let value = |name: &str| -> f64 {
            let at = xml.find(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name}"));
            xml[at + name.len() + 3..].split('"').next().unwrap().parse().unwrap()
        };
        let (sx, cx) = value("rx").sin_cos();
        let (sy, cy) = value("ry").sin_cos();
        let (sz, cz) = value("rz").sin_cos();
        Self {
            rotation: [
                [cy * cz, cz * sx * sy - cx * sz, sx * sz + cx * cz * sy],
                [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - cz * sx],
                [-sy, cy * sx, cx * cy],
            ],
            shift: [value("tx"), value("ty"), value("tz")],
            focal: value("focal"),
            kappa: value("kappa1"),
            centre: [value("cx"), value("cy")],
            pitch: [value("dpx") / value("sx"), value("dpy")],
        }
    }

    /// The pixel of a point in metres, if it is well in the frame.
    fn pixel(&self, at: [f64; 3]) -> Option<[f64; 2]> {
        let seen = [0, 1, 2].map(|row| {
            let turned: f64 = (0..3).map(|column| self.rotation[row][column] * at[column]).sum();
            1000.0 * turned + self.shift[row]
        });
        if seen[2] <= 0.0 {
            return None;
        }
        let straight = [0, 1].map(|axis| self.focal * seen[axis] / seen[2]);
        let wanted = straight[0].hypot(straight[1]);
        let mut bent = wanted;
        for _ in 0..50 {
            bent = wanted / (1.0 + self.kappa * bent * bent);
        }
        let [u, v] = [0, 1].map(|axis| {
            straight[axis] * bent / wanted.max(1e-12) / self.pitch[axis] + self.centre[axis]
        });
        ((15.0..752.0).contains(&u) && (15.0..560.0).contains(&v)).then_some([u, v])
    }
}

#[test]
fn pets_positions_with_a_calibration_of_our_own() {
    let test = "PETS, calibrated from points";
    let Some(truth) = shared(test, "mot/PETS09-S2L1_first400/gt/gt.txt") else { return };
    let Some(xml) = shared(test, "geometry/pets09_view001_tsai.xml") else { return };
    let tsai = Tsai::read(&fs::read_to_string(xml).unwrap());
    let (feet, published) = pets_feet(&truth);
    // Candidates on the ground and 2.5 m above it, where people walk; each next point is the one
    // farthest in the picture from those taken.
    let mut candidates = Vec::new();
    for x in -5..4 {
        for y in -5..4 {
            for up in [0.0, 0.0, 2.5] {
                let at = [f64::from(4 * x), f64::from(4 * y), up];
                candidates.extend(tsai.pixel(at).map(|pixel| (at, pixel)));
            }
        }
    }
    for count in [8, 12] {
        let mut taken = vec![candidates[0]];
        while taken.len() < count {
            let room = |(_, [u, v]): &&([f64; 3], [f64; 2])| {
                let near = taken.iter().map(|(_, [x, y])| (x - u).hypot(y - v));
                near.fold(f64::INFINITY, f64::min)
            };
            taken.push(*candidates.iter().max_by(|a, b| room(a).total_cmp(&room(b))).unwrap());
        }
        let row = |(at, pixel): &([f64; 3], [f64; 2])| Row {
            pixel: *pixel,
            at: PETS.at(*at),
            plane: None,
        };
        let bench = Bench::new();
        let report =
            bench.calibrated(&csv(&taken.iter().map(row).collect::<Vec<_>>()), &PETS_FRAME);
        assert_eq!(report["model"], "camera");
        hold_pets(&format!("{test}, {count}"), &bench.locate(&feet, &[]), &published);
    }
}

#[derive(serde::Deserialize)]
struct Reference {
    x_px: f64,
    y_px: f64,
    zone_utm: i32,
    lon_utm: f64,
    lat_utm: f64,
}

#[test]
fn a_real_junction_states_its_leave_one_out_error() {
    let test = "junction";
    let name = "geometry/otvision_junction/Testvideo_FR20.otrfpts";
    let Some(points) = shared(test, name) else { return };
    let text = fs::read_to_string(points).unwrap();
    let points: std::collections::BTreeMap<u32, Reference> = serde_json::from_str(&text).unwrap();
    let rows: Vec<Row> = points
        .values()
        .map(|point| {
            let (lon, lat) = from_utm_north(point.zone_utm, point.lon_utm, point.lat_utm);
            let at = Place { lon, lat, height: 0.0 };
            Row { pixel: [point.x_px, point.y_px], at, plane: None }
        })
        .collect();
    let bench = Bench::new();
    let report = bench.calibrated(&csv(&rows), &["--width", "800", "--height", "600"]);
    let each = report["points"].as_array().unwrap().iter();
    let each: Vec<f64> = each.map(|point| point["left_out_metres"].as_f64().unwrap()).collect();
    let stated = report["leave_one_out_median_metres"].as_f64().unwrap();
    eprintln!(
        "junction: {}, left out {each:.3?} m, median {stated:.3} m, rms {}",
        report["model"], report["leave_one_out_rms_metres"]
    );
    assert!((stated - median(each)).abs() < 1e-9);
    assert!(stated <= 0.5, "{report}");
}
