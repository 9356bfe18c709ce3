//! A city of cameras for benches: 10 km by 10 km, each camera sees a square of level-7 cells, a fifth of
//! them partly.

use gridwarden::domain::{
    coverage::Parts,
    geo::{EastNorth, GeoPoint, LocalFrame},
    grid::{GridCell, GridCell3, HeightScheme, Level},
    wire::{CameraCardData, CardPattern, SeenCellData},
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

pub const CENTRE: GeoPoint = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };
const CITY_METRES: f64 = 10_000.0;
pub const SIDE_CELLS: usize = 12;

pub struct City {
    random: ChaCha8Rng,
    frame: LocalFrame,
}

impl City {
    pub fn new() -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(7), frame: LocalFrame::about(CENTRE) }
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / f64::from(u32::MAX)
    }

    pub fn spot(&mut self) -> GeoPoint {
        let mut metres = || (self.share() - 0.5) * CITY_METRES;
        let (east_metres, north_metres) = (metres(), metres());
        self.frame.geo_from_local(EastNorth { east_metres, north_metres })
    }

    pub fn card(&mut self, number: usize, at: GeoPoint, side_cells: usize) -> CameraCardData {
        let size = Level::Seven.cell_size_metres(CENTRE.lat_deg);
        let local = self.frame.local_from_geo(at);
        let cells = (0..side_cells * side_cells).map(|place| {
            let step = |index: usize| index as f64 - side_cells as f64 / 2.0;
            let to = EastNorth {
                east_metres: local.east_metres + step(place % side_cells) * size.east_west_metres,
                north_metres: local.north_metres
                    + step(place / side_cells) * size.north_south_metres,
            };
            let point = self.frame.geo_from_local(to);
            let solid = GridCell::from_lonlat(point.lon_deg, point.lat_deg, Level::Seven)
                .and_then(|cell| GridCell3::at_height(cell, 42.0, HeightScheme::default()))
                .expect("a point of the city");
            let partly = self.share() < 0.2;
            SeenCellData {
                code_3d: solid.code().to_string(),
                height_metres: 42.0,
                error_metres: 0.1 + 3.0 * self.share(),
                px_per_metre: 10.0 + 90.0 * self.share(),
                parts: partly.then(|| Parts(self.random.next_u64() | 1).to_string()),
            }
        });
        let cells = cells.collect();
        CameraCardData {
            camera: format!("camera-{number}").parse().expect("a name"),
            place: None,
            calibration_id: None,
            footprint: Vec::new(),
            cells,
            patterns: ["illegal_parking", "bin_overflowing", "roadside_stall"].map(pattern).into(),
            recording: None,
            masks: None,
            width_px: 1920,
            height_px: 1080,
            scene: None,
            note_zh: None,
            note_en: None,
        }
    }
}

fn pattern(id: &str) -> CardPattern {
    CardPattern {
        id: id.parse().expect("a pattern"),
        version: "1".to_owned(),
        name_zh: String::new(),
        name_en: String::new(),
        dwell_secs: 60.0,
    }
}
