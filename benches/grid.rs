//! One measurement a function of the grid, beside H3 where H3 has the same: `cargo bench
//! --bench grid`. Figures and machine are in docs/grid.md.
//!
//! # Budgets
//! A camera that sees 200 things at 25 frames a second asks for 5,000 codes a second; 10,000
//! cameras ask for 5e7, so that a core which encodes in 20 ns does nothing else. Hence
//!
//! | function | at most | why |
//! |---|---|---|
//! | point to 2D code, level 8 | 30 ns, and less than H3 at resolution 12 | two multiplications, 18 quotients by constants, 20 characters: about 90 cycles of 3 GHz |
//! | point to 3D code | 60 ns | the same again for height, and one logarithm (20 ns) |
//! | all eight neighbours | 50 ns | 6 ns each: an addition and a comparison an axis, 16 bytes written |
//! | code to cell, level 8 and 10 | 40 ns | 20 table look-ups, 18 multiplications, two divisions |
//! | cover of 1 km2 at level 8 | 60 ms | 1.2 million cells at 50 ns, of which 16 bytes of fresh memory cost 5 |
//!
//! Inputs are spread over a thousand points, so that no branch is learnt by heart.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gridwarden::domain::grid::{
    CellBounds, GridCell, GridCell3, GridSet, HeightSpan, Level, LonLat, Region, compact,
    cover_bbox,
};

/// Points over a city, none on a grid line, with heights from a cellar to a tower.
fn points() -> Vec<(f64, f64, f64)> {
    let spread = |n: u32, by: f64| (f64::from(n) * by).fract();
    (0..1000)
        .map(|n| {
            let (lon, lat) =
                (114.0 + spread(n, 0.618_033_988_7), 22.4 + spread(n, 0.754_877_666_2));
            (lon, lat, -10.0 + 300.0 * spread(n, 0.569_840_290_9))
        })
        .collect()
}

/// About a square kilometre: 0.00972 by 0.00904 degrees at 22.7 N.
fn block() -> CellBounds {
    CellBounds {
        west_deg: 114.330_013,
        south_deg: 22.680_017,
        east_deg: 114.339_733,
        north_deg: 22.689_057,
    }
}

/// Calls a function on one input after another; the time is that of one call. Results are
/// looked at where they lie, since moving them would be timed, too.
fn each<T: Copy, R>(c: &mut Criterion, name: &str, inputs: &[T], run: impl Fn(T) -> R) {
    let mut at = 0;
    c.bench_function(name, |b| {
        b.iter(|| {
            at = if at + 1 < inputs.len() { at + 1 } else { 0 };
            let result = run(black_box(inputs[at]));
            black_box(&result);
        });
    });
}

fn codes(c: &mut Criterion) {
    let points = points();
    for level in [Level::Five, Level::Seven, Level::Eight, Level::Ten] {
        each(c, &format!("encode_2d_level_{level}"), &points, |(lon, lat, _)| {
            GridCell::from_lonlat(lon, lat, level).map(GridCell::code)
        });
    }
    each(c, "point_to_cell_level_8", &points, |(lon, lat, _)| {
        GridCell::from_lonlat(lon, lat, Level::Eight)
    });
    each(c, "h3_lat_lng_to_cell_resolution_12", &points, |(lon, lat, _)| {
        h3o::LatLng::new(lat, lon).map(|point| point.to_cell(h3o::Resolution::Twelve))
    });
    for level in [Level::Eight, Level::Ten] {
        each(c, &format!("encode_3d_level_{level}"), &points, |(lon, lat, height)| {
            GridCell3::from_point(lon, lat, height, level).map(GridCell3::code)
        });
        let cells: Vec<GridCell> = cells(&points, level);
        let codes: Vec<_> = cells.iter().map(|cell| cell.code()).collect();
        let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        each(c, &format!("cell_to_code_level_{level}"), &cells, GridCell::code);
        each(c, &format!("parse_2d_level_{level}"), &codes, |code| code.parse::<GridCell>());
        let tall: Vec<_> = boxes(&points, level).iter().map(|cube| cube.code()).collect();
        let tall: Vec<&str> = tall.iter().map(|code| code.as_str()).collect();
        each(c, &format!("parse_3d_level_{level}"), &tall, |code| code.parse::<GridCell3>());
    }
    let hexagons = hexagons(&points);
    let texts: Vec<String> = hexagons.iter().map(ToString::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    each(c, "h3_parse", &texts, |text| text.parse::<h3o::CellIndex>());
}

fn cells(points: &[(f64, f64, f64)], level: Level) -> Vec<GridCell> {
    let cell = |&(lon, lat, _): &_| GridCell::from_lonlat(lon, lat, level);
    points.iter().map(cell).collect::<Result<_, _>>().expect("points of a city")
}

fn boxes(points: &[(f64, f64, f64)], level: Level) -> Vec<GridCell3> {
    let cube = |&(lon, lat, height): &_| GridCell3::from_point(lon, lat, height, level);
    points.iter().map(cube).collect::<Result<_, _>>().expect("points of a city")
}

fn hexagons(points: &[(f64, f64, f64)]) -> Vec<h3o::CellIndex> {
    let cell = |&(lon, lat, _): &(f64, f64, f64)| {
        h3o::LatLng::new(lat, lon).expect("points of a city").to_cell(h3o::Resolution::Twelve)
    };
    points.iter().map(cell).collect()
}

fn relatives(c: &mut Criterion) {
    let points = points();
    let (flat, tall) = (cells(&points, Level::Eight), boxes(&points, Level::Eight));
    let keys: Vec<u64> = flat.iter().map(|cell| cell.key()).collect();
    each(c, "neighbours8", &flat, |cell| {
        cell.neighbours8().for_each(|beside| {
            black_box(beside);
        });
    });
    each(c, "h3_neighbours6", &hexagons(&points), |cell| {
        cell.grid_disk_fast(1).flatten().for_each(|beside| {
            black_box(beside);
        });
    });
    each(c, "neighbours26", &tall, |cube| {
        cube.neighbours26().for_each(|beside| {
            black_box(beside);
        });
    });
    each(c, "parent", &flat, GridCell::parent);
    each(c, "bounds", &flat, GridCell::bounds);
    each(c, "key", &flat, GridCell::key);
    each(c, "from_key", &keys, GridCell::from_key);
    each(c, "key_3d", &tall, GridCell3::key);
    each(c, "level_for_accuracy", &points, |(_, lat, _)| Level::for_accuracy(2.5, lat));
}

fn sets(c: &mut Criterion) {
    let CellBounds { west_deg, south_deg, east_deg, north_deg } = block();
    let corner = |lon_deg, lat_deg| LonLat { lon_deg, lat_deg };
    // Twice the area of a square kilometre's box in a diamond about it, halved by its edges.
    let (lon, lat) = ((west_deg + east_deg) / 2.0, (south_deg + north_deg) / 2.0);
    let (half_lon, half_lat) = ((lon - west_deg) * 2_f64.sqrt(), (lat - south_deg) * 2_f64.sqrt());
    let diamond = Region::polygon(&[vec![
        corner(lon + half_lon, lat),
        corner(lon, lat + half_lat),
        corner(lon - half_lon, lat),
        corner(lon, lat - half_lat),
    ]])
    .expect("a diamond");
    let street = Region::line(&[corner(west_deg, south_deg), corner(east_deg, north_deg)])
        .and_then(|line| line.buffered(20.0))
        .expect("a street");
    let fine = diamond.cells(Level::Eight).expect("a square kilometre");
    println!("{} cells of level 8, {} of mixed levels", fine.len(), compact(fine.clone()).len());
    let heights = HeightSpan { from_metres: 0.0, to_metres: 60.0, scheme: Default::default() };
    let (a, b): (GridSet<GridCell>, GridSet<GridCell>) = (
        diamond.compacted(Level::Eight).expect("a set"),
        street.compacted(Level::Eight).expect("a set"),
    );
    let mut group = c.benchmark_group("1km2");
    group.sample_size(20);
    group.bench_function("polygon_level_7", |b| b.iter(|| diamond.cells(Level::Seven)));
    group.bench_function("polygon_level_8", |b| b.iter(|| diamond.cells(Level::Eight)));
    group.bench_function("box_level_8", |b| b.iter(|| cover_bbox(block(), Level::Eight)));
    group.bench_function("polygon_compacted_level_8", |b| {
        b.iter(|| diamond.compacted(Level::Eight))
    });
    group
        .bench_function("polygon_compacted_level_10", |b| b.iter(|| diamond.compacted(Level::Ten)));
    group.bench_function("street_of_40m_level_8", |b| b.iter(|| street.cells(Level::Eight)));
    group.bench_function("polygon_boxes_60m_level_7", |b| {
        b.iter(|| diamond.compacted_boxes(Level::Seven, heights))
    });
    group.bench_function("compact_level_8", |b| b.iter(|| compact(fine.iter().copied())));
    group.bench_function("union", |bench| bench.iter(|| a.union(&b)));
    group.bench_function("intersection", |bench| bench.iter(|| a.intersection(&b)));
    group.bench_function("difference", |bench| bench.iter(|| a.difference(&b)));
    group.finish();
}

criterion_group!(benches, codes, relatives, sets);
criterion_main!(benches);
