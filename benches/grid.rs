//! One measurement a function of the grid: `cargo bench --bench grid`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gridwarden::domain::grid::{
    CellBounds, GridCell, GridCell3, Level, compact, cover_area, cover_bbox,
};

const LON_DEG: f64 = 114.346_321_7;
const LAT_DEG: f64 = 22.690_884_1;
/// About a square kilometre.
const BLOCK: CellBounds =
    CellBounds { west_deg: 114.33, south_deg: 22.68, east_deg: 114.34, north_deg: 22.69 };

fn codes(c: &mut Criterion) {
    let cell = GridCell::from_lonlat(LON_DEG, LAT_DEG, Level::Ten).expect("a fixed point");
    let cube = GridCell3::from_point(LON_DEG, LAT_DEG, 42.0, Level::Ten).expect("a fixed point");
    let (flat, tall) = (cell.code(), cube.code());
    let from_lonlat = |level| GridCell::from_lonlat(black_box(LON_DEG), black_box(LAT_DEG), level);
    c.bench_function("from_lonlat", |b| b.iter(|| from_lonlat(Level::Ten)));
    c.bench_function("code", |b| b.iter(|| black_box(cell).code()));
    c.bench_function("encode_level_7", |b| {
        b.iter(|| from_lonlat(Level::Seven).map(GridCell::code))
    });
    c.bench_function("encode_level_10", |b| b.iter(|| from_lonlat(Level::Ten).map(GridCell::code)));
    c.bench_function("encode_3d", |b| {
        b.iter(|| {
            GridCell3::from_point(black_box(LON_DEG), LAT_DEG, black_box(42.0), Level::Ten)
                .map(GridCell3::code)
        })
    });
    c.bench_function("parse", |b| b.iter(|| black_box(flat.as_str()).parse::<GridCell>()));
    c.bench_function("parse_3d", |b| b.iter(|| black_box(tall.as_str()).parse::<GridCell3>()));
}

fn cells(c: &mut Criterion) {
    let cell = GridCell::from_lonlat(LON_DEG, LAT_DEG, Level::Seven).expect("a fixed point");
    let key = cell.key();
    c.bench_function("bounds", |b| b.iter(|| black_box(cell).bounds()));
    c.bench_function("key", |b| b.iter(|| black_box(cell).key()));
    c.bench_function("from_key", |b| b.iter(|| GridCell::from_key(black_box(key))));
    c.bench_function("neighbours8", |b| b.iter(|| black_box(cell).neighbours8().count()));
    c.bench_function("for_accuracy", |b| b.iter(|| Level::for_accuracy(black_box(2.5), 22.7)));
}

fn sets(c: &mut Criterion) {
    let corner = |x: f64, y: f64| geo::Coord { x, y };
    let triangle = geo::LineString::from(vec![
        corner(BLOCK.west_deg, BLOCK.south_deg),
        corner(BLOCK.east_deg, BLOCK.south_deg),
        corner(BLOCK.west_deg, BLOCK.north_deg),
    ]);
    let area = geo::MultiPolygon(vec![geo::Polygon::new(triangle, vec![])]);
    let fine = cover_bbox(BLOCK, Level::Seven).expect("a small box");
    c.bench_function("cover_bbox_1km2_level_7", |b| b.iter(|| cover_bbox(BLOCK, Level::Seven)));
    c.bench_function("cover_triangle_level_7", |b| b.iter(|| cover_area(&area, Level::Seven)));
    c.bench_function("compact_1km2_level_7", |b| b.iter(|| compact(fine.iter().copied())));
}

criterion_group!(benches, codes, cells, sets);
criterion_main!(benches);
