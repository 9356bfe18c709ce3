//! From a complaint to ranked cameras among 10,000, and what a card costs: `cargo bench --bench coverage`.
//!
//! The city is 10 km by 10 km; each camera sees 12 by 12 level-7 cells (85 m by 92 m), a fifth of them
//! partly; one crossing is seen by 200 cameras. After criterion's means the run prints the spread of
//! single questions, each timed by itself, from degrees and a pattern to the ranked list.

#[path = "support/city.rs"]
mod city;
#[path = "support/figures.rs"]
mod figures;

use city::{CENTRE, City, SIDE_CELLS};
use criterion::Criterion;
use figures::Spread;
use gridwarden::{
    base::clock::{Clock, SystemClock},
    domain::{
        coverage::{CARD_CELLS_MAX, CoverageIndex, Spot},
        geo::GeoPoint,
        grid::{GridCell, Level},
        ids::{NodeId, PatternId},
        wire::{CameraCardData, Presence},
    },
};
use serde_json::json;
use std::hint::black_box;

const CAMERAS: usize = 10_000;
const AT_THE_CROSSING: usize = 200;
const CAMERAS_OF_A_NODE: usize = 50;
const QUESTIONS: usize = 200_000;

fn cards(city: &mut City) -> Vec<(NodeId, CameraCardData)> {
    (0..CAMERAS)
        .map(|number| {
            let at = if number < AT_THE_CROSSING { CENTRE } else { city.spot() };
            let node = format!("edge-{}", number / CAMERAS_OF_A_NODE);
            (node.parse().expect("a name"), city.card(number, at, SIDE_CELLS))
        })
        .collect()
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
    let cards = cards(&mut city);
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
