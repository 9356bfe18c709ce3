//! The cells that a camera is said to see, against the tests' own camera.

use crate::{
    chance::Chance,
    earth::{Metres, Place, STREET},
    lens::{Camera, HEIGHT, WIDTH},
    program::{Bench, gridwarden},
    survey::{control_points, csv, measured},
};
use std::{collections::BTreeSet, fs, path::Path};

#[derive(Debug, Clone, serde::Deserialize)]
pub struct Cell {
    pub code: String,
    pub code_3d: String,
    pub level: u8,
    pub plane: String,
    pub height_metres: f64,
    pub error_metres: f64,
    pub px_per_metre: f64,
    pub share: f64,
    /// South-west and north-east corner, degrees.
    #[serde(skip)]
    pub corners: [[f64; 2]; 2],
}

impl Cell {
    /// A spot of it, each share 0 to 1 from the south-west, in metres about the street.
    fn spot(&self, east: f64, north: f64) -> Metres {
        let [[west, south], [right, top]] = self.corners;
        let (lon, lat) = (west + east * (right - west), south + north * (top - south));
        STREET.metres_to(&Place { lon, lat, height: self.height_metres })
    }

    fn spots(&self) -> impl Iterator<Item = Metres> {
        let middles = (0..8).map(|at| (f64::from(at) + 0.5) / 8.0);
        middles
            .clone()
            .flat_map(move |x| middles.clone().map(move |y| (x, y)))
            .map(|(x, y)| self.spot(x, y))
    }
}

/// What `footprint` says.
pub fn cells(calibration: &Path, options: &[&str]) -> Vec<Cell> {
    let mut args = vec!["footprint", "--calibration", calibration.to_str().unwrap()];
    args.extend(options);
    let collection = gridwarden(&args, "").json();
    assert_eq!(collection["type"], "FeatureCollection");
    let features = collection["features"].as_array().unwrap().iter();
    features
        .map(|feature| {
            let mut cell: Cell = serde_json::from_value(feature["properties"].clone()).unwrap();
            let ring = feature["geometry"]["coordinates"][0].as_array().unwrap();
            let corner = |at: usize| [0, 1].map(|axis| ring[at][axis].as_f64().unwrap());
            assert_eq!(ring.len(), 5, "a closed ring of four corners");
            cell.corners = [corner(0), corner(2)];
            cell
        })
        .collect()
}

/// A pixel in the frame, give or take what the survey's noise moves it.
const SLACK_PX: f64 = 12.0;

fn in_view(camera: &Camera, at: Metres) -> bool {
    camera.seen(at, -SLACK_PX).is_some()
}

fn surveyed(seed: u64) -> (Camera, Bench) {
    let mut chance = Chance::seeded(seed);
    let camera = Camera::on_pole(6.5, 66.0, 26.0, 310.0, 1.0, [-0.1, 0.01]);
    let points = control_points(&camera, 6, 4, &mut chance);
    let bench = Bench::new();
    bench.calibrated(&csv(&measured(&camera, &points, 0.3, 0.01, &mut chance)), &[]);
    (camera, bench)
}

#[test]
fn every_cell_is_in_view_and_all_that_is_in_view_is_in_a_cell() {
    let (camera, bench) = surveyed(31);
    for options in [&["--level", "7"][..], &["--level", "8"], &[]] {
        let seen = cells(&bench.calibration(), options);
        let mut codes = BTreeSet::new();
        for cell in &seen {
            assert!(codes.insert(cell.code.clone()), "twice: {cell:?}");
            assert!(cell.share > 0.0 && cell.share <= 1.0, "{cell:?}");
            assert!((cell.height_metres - 42.0).abs() < 0.05, "{cell:?}");
            let parts = cell.spots().filter(|at| in_view(&camera, *at)).count();
            assert!(parts > 0, "nothing of it is in view: {cell:?}");
            // Whole cells, and cells seen for the most part, have their middle in view.
            let middle = cell.spot(0.5, 0.5);
            assert!(cell.share < 0.75 || in_view(&camera, middle), "{middle:?}: {cell:?}");
            if cell.share == 1.0 {
                assert_eq!(parts, 64, "{cell:?}");
            }
        }
        // Ground on a raster, as far as an error of a metre or so; a cell owns its south-west edges here.
        for row in 0..40 {
            for column in 0..40 {
                let pixel = [
                    SLACK_PX + (WIDTH - 2.0 * SLACK_PX) * f64::from(column) / 39.0,
                    SLACK_PX + (HEIGHT - 2.0 * SLACK_PX) * f64::from(row) / 39.0,
                ];
                let Some(at) = camera.ground(pixel, 0.0).filter(|at| at[0].hypot(at[1]) < 25.0)
                else {
                    continue;
                };
                let place = STREET.at(at);
                let holds = |cell: &Cell| {
                    let [[west, south], [east, north]] = cell.corners;
                    (west..=east).contains(&place.lon) && (south..=north).contains(&place.lat)
                };
                assert!(seen.iter().any(holds), "{options:?}: no cell holds {pixel:?}, {at:?}");
            }
        }
        // Near is sharp and sure.
        let far = |cell: &Cell| {
            let [east, north, _] = cell.spot(0.5, 0.5);
            east.hypot(north)
        };
        let near = seen.iter().min_by(|a, b| far(a).total_cmp(&far(b))).unwrap();
        let last = seen.iter().max_by(|a, b| far(a).total_cmp(&far(b))).unwrap();
        assert!(near.error_metres < last.error_metres && near.px_per_metre > last.px_per_metre);
    }
    let levels: BTreeSet<u8> =
        cells(&bench.calibration(), &[]).iter().map(|cell| cell.level).collect();
    assert!(levels.is_subset(&[7, 8].into()), "{levels:?}");
}

#[test]
fn nothing_behind_an_occluder_is_seen() {
    let (camera, bench) = surveyed(32);
    let open = cells(&bench.calibration(), &["--level", "8"]);
    let mut text = fs::read_to_string(bench.calibration()).unwrap();
    text.push_str(
        "\n[[occluder]]\npolygon_px = [[700, 300], [1300, 300], [1300, 900], [700, 900]]\n",
    );
    fs::write(bench.calibration(), text).unwrap();
    let seen = cells(&bench.calibration(), &["--level", "8"]);
    let behind = |at: Metres, slack: f64| {
        camera.pixel(at).is_some_and(|[u, v]| {
            (700.0 - slack..=1300.0 + slack).contains(&u)
                && (300.0 - slack..=900.0 + slack).contains(&v)
        })
    };
    for cell in &seen {
        assert!(cell.spots().any(|at| !behind(at, -SLACK_PX)), "wholly behind it: {cell:?}");
        assert!(cell.share < 0.95 || !behind(cell.spot(0.5, 0.5), -SLACK_PX), "{cell:?}");
    }
    let codes: BTreeSet<&str> = seen.iter().map(|cell| cell.code.as_str()).collect();
    let gone: Vec<&Cell> = open.iter().filter(|cell| !codes.contains(cell.code.as_str())).collect();
    assert!(gone.len() > 20, "only {} cells are behind it", gone.len());
    for cell in gone {
        assert!(
            cell.spots().filter(|at| in_view(&camera, *at)).all(|at| behind(at, SLACK_PX)),
            "{cell:?}"
        );
    }
}

#[test]
fn pictures_have_the_size_of_the_frame() {
    // A third of the frame: drawing is slow in an unoptimised program.
    let mut chance = Chance::seeded(34);
    let camera = Camera::on_pole(6.5, 66.0, 26.0, 310.0, 1.0, [0.0; 2]);
    let points = control_points(&camera, 6, 4, &mut chance);
    let mut rows = measured(&camera, &points, 0.3, 0.01, &mut chance);
    rows.iter_mut().for_each(|row| row.pixel = row.pixel.map(|at| (at + 0.5) / 3.0 - 0.5));
    let bench = Bench::new();
    let report = bench.path("report.png");
    let frame = ["--width", "640", "--height", "360", "--draw", report.to_str().unwrap()];
    bench.calibrated(&csv(&rows), &frame);
    assert_eq!(png_size(&report), (640, 360));
    let picture = bench.path("footprint.png");
    cells(&bench.calibration(), &["--level", "8", "--draw", picture.to_str().unwrap()]);
    assert_eq!(png_size(&picture), (640, 360));
    // A frame that is a picture of this size is drawn on; what is no picture is refused by name.
    let (calibration, again) = (bench.calibration(), bench.path("again.png"));
    let draw_on = |frame: &str| {
        let files = [calibration.to_str().unwrap(), frame, again.to_str().unwrap()];
        let [calibration, frame, out] = files;
        gridwarden(
            &[
                "footprint",
                "--calibration",
                calibration,
                "--level",
                "7",
                "--frame",
                frame,
                "--draw",
                out,
            ],
            "",
        )
    };
    let ended = draw_on(picture.to_str().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert_eq!(png_size(&again), (640, 360));
    let ended = draw_on(&bench.file("text.png", "no picture"));
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(ended.stderr.contains("text.png"), "{}", ended.shown());
}

fn png_size(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{}", path.display());
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}
