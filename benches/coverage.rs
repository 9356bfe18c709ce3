//! From a complaint to ranked cameras among 10,000, and what a card costs: `cargo bench --bench coverage`.
//!
//! The city is 10 km by 10 km; each camera sees 12 by 12 level-7 cells (85 m by 92 m), a fifth of them
//! partly; one crossing is seen by 200 cameras. After criterion's means the run prints the spread of
//! single questions, each timed by itself, from degrees and a pattern to the ranked list.

#[path = "support/figures.rs"]
mod figures;

use criterion::Criterion;
use figures::Spread;
use gridwarden::{
    base::clock::{Clock, SystemClock},
    domain::{
        coverage::{CARD_CELLS_MAX, CoverageIndex, Parts, Spot},
        geo::{EastNorth, GeoPoint, LocalFrame},
        grid::{GridCell, GridCell3, HeightScheme, Level},
        ids::{NodeId, PatternId},
        wire::{CameraCardData, CardPattern, Presence, SeenCellData},
    },
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use serde_json::json;
use std::hint::black_box;

const CENTRE: GeoPoint = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };
const CITY_METRES: f64 = 10_000.0;
const CAMERAS: usize = 10_000;
const AT_THE_CROSSING: usize = 200;
const SIDE_CELLS: usize = 12;
const CAMERAS_OF_A_NODE: usize = 50;
const QUESTIONS: usize = 200_000;

struct City {
    random: ChaCha8Rng,
    frame: LocalFrame,
}

impl City {
    fn new() -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(7), frame: LocalFrame::about(CENTRE) }
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / f64::from(u32::MAX)
    }

    fn spot(&mut self) -> GeoPoint {
        let mut metres = || (self.share() - 0.5) * CITY_METRES;
        let (east_metres, north_metres) = (metres(), metres());
        self.frame.geo_from_local(EastNorth { east_metres, north_metres })
    }

    fn card(&mut self, number: usize, at: GeoPoint, side_cells: usize) -> CameraCardData {
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
            note_zh: None,
            note_en: None,
        }
    }

    fn cards(&mut self) -> Vec<(NodeId, CameraCardData)> {
        (0..CAMERAS)
            .map(|number| {
                let at = if number < AT_THE_CROSSING { CENTRE } else { self.spot() };
                let node = format!("edge-{}", number / CAMERAS_OF_A_NODE);
                (node.parse().expect("a name"), self.card(number, at, SIDE_CELLS))
            })
            .collect()
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

fn indexed(cards: &[(NodeId, CameraCardData)]) -> CoverageIndex {
    let mut index = CoverageIndex::default();
    for (node, card) in cards {
        index.set_presence(node, Presence::Online);
        index.set_card(node, card);
    }
    index
}

/// A complaint's degrees to the number of cameras that could answer it.
fn answer(index: &CoverageIndex, at: GeoPoint, pattern: &PatternId) -> usize {
    let spot = Spot::at(at, None).expect("a point of the city");
    black_box(index.cameras_of(&spot, Some(pattern))).len()
}

fn main() {
    let mut city = City::new();
    let cards = city.cards();
    let clock = SystemClock::default();
    let begun = clock.monotonic();
    let mut index = indexed(&cards);
    let built_millis = clock.monotonic().since(begun).as_secs_f64() * 1_000.0;
    let asked: PatternId = "bin_overflowing".parse().expect("a pattern");

    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("complaint_anywhere", |b| {
        b.iter_batched(
            || city.spot(),
            |at| answer(&index, at, &asked),
            criterion::BatchSize::SmallInput,
        )
    });
    criterion.bench_function("complaint_at_the_crossing_of_200", |b| {
        b.iter(|| answer(&index, black_box(CENTRE), &asked))
    });
    let wide = GridCell::from_lonlat(CENTRE.lon_deg, CENTRE.lat_deg, Level::Four).map(Spot::from);
    let wide = wide.expect("a point of the city");
    criterion.bench_function("a_square_of_1.8_km", |b| {
        b.iter(|| index.cameras_of(black_box(&wide), None).len())
    });
    let side = (CARD_CELLS_MAX as f64).sqrt() as usize;
    let places = [city.spot(), city.spot()];
    let [here, there] = places.map(|at| city.card(1, at, side));
    let (node, mut turn) = (cards[1].0.clone(), false);
    criterion.bench_function("a_full_card_with_other_cells", |b| {
        b.iter(|| {
            turn = !turn;
            index.set_card(&node, if turn { &here } else { &there });
        })
    });
    criterion.bench_function("a_full_card_once_more", |b| {
        b.iter(|| index.set_card(&node, black_box(&here)))
    });
    criterion.final_summary();

    let mut found = 0;
    let micros = |at: GeoPoint, found: &mut usize| {
        let begun = clock.monotonic();
        *found += answer(&index, at, &asked);
        clock.monotonic().since(begun).as_secs_f64() * 1e6
    };
    let anywhere = Spread::of((0..QUESTIONS).map(|_| micros(city.spot(), &mut found)));
    let mut at_the_crossing = 0;
    let crossing = Spread::of((0..QUESTIONS / 20).map(|_| micros(CENTRE, &mut at_the_crossing)));
    let spread = |spread: &Spread| {
        let mut value = spread.json();
        value["p99"] = json!(figures::round(spread.at(0.99)));
        value
    };
    figures::finish(json!({
        "cameras": CAMERAS, "cells": CAMERAS * SIDE_CELLS * SIDE_CELLS,
        "built_millis": figures::round(built_millis),
        "cameras_found_mean": figures::round(found as f64 / QUESTIONS as f64),
        "anywhere_micros": spread(&anywhere), "crossing_micros": spread(&crossing),
    }))
    .expect("figures are printed");
}
