//! Covers against slower ways to say the same: areas against clipping in floating point,
//! lines against points along them, buffers against distances, the fewest cells against
//! compacting all cells.

use proptest::prelude::*;

use super::super::{CellBounds, GridCell, GridSet, Level, LonLat, Region, cover_bbox};

pub(super) fn lonlat((lon_deg, lat_deg): (f64, f64)) -> LonLat {
    LonLat { lon_deg, lat_deg }
}

pub(super) fn ring(points: &[(f64, f64)]) -> Region {
    Region::polygon(&[points.iter().copied().map(lonlat).collect()]).unwrap()
}

pub(super) fn line(points: &[(f64, f64)]) -> Region {
    Region::line(&points.iter().copied().map(lonlat).collect::<Vec<_>>()).unwrap()
}

pub(super) fn box_of(
    CellBounds { west_deg, south_deg, east_deg, north_deg }: CellBounds,
) -> [(f64, f64); 4] {
    [(west_deg, south_deg), (east_deg, south_deg), (east_deg, north_deg), (west_deg, north_deg)]
}

fn grown(bounds: CellBounds, by: f64) -> CellBounds {
    CellBounds {
        west_deg: bounds.west_deg - by,
        south_deg: bounds.south_deg - by,
        east_deg: bounds.east_deg + by,
        north_deg: bounds.north_deg + by,
    }
}

fn around(points: &[(f64, f64)], by: f64) -> CellBounds {
    let start = CellBounds { west_deg: 180.0, south_deg: 90.0, east_deg: -180.0, north_deg: -90.0 };
    let all = points.iter().fold(start, |b, &(lon, lat)| CellBounds {
        west_deg: b.west_deg.min(lon),
        south_deg: b.south_deg.min(lat),
        east_deg: b.east_deg.max(lon),
        north_deg: b.north_deg.max(lat),
    });
    grown(all, by)
}

/// Square degrees that a ring and a box share: the ring clipped by one side after another.
fn shared_area(points: &[(f64, f64)], bounds: CellBounds) -> f64 {
    let sides = [
        (true, bounds.west_deg, 1.0),
        (true, bounds.east_deg, -1.0),
        (false, bounds.south_deg, 1.0),
        (false, bounds.north_deg, -1.0),
    ];
    let mut points = points.to_vec();
    for (along_lon, limit, sign) in sides {
        let depth = |(x, y): (f64, f64)| sign * (if along_lon { x } else { y } - limit);
        let mut clipped = Vec::new();
        for (at, &end) in points.iter().enumerate() {
            let start = points[(at + points.len() - 1) % points.len()];
            if (depth(start) >= 0.0) != (depth(end) >= 0.0) {
                let part = depth(start) / (depth(start) - depth(end));
                clipped
                    .push((start.0 + part * (end.0 - start.0), start.1 + part * (end.1 - start.1)));
            }
            if depth(end) >= 0.0 {
                clipped.push(end);
            }
        }
        points = clipped;
    }
    let Some(&(x0, y0)) = points.first() else { return 0.0 };
    let ends = points.iter().cycle().skip(1);
    let cross = |((ax, ay), (bx, by)): (&(f64, f64), &(f64, f64))| {
        (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
    };
    (points.iter().zip(ends).map(cross).sum::<f64>() / 2.0).abs()
}

/// A star around a point: valid, and concave as often as not.
fn star() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let centre = prop::sample::select(vec![(114.34, 22.69), (0.0, 0.0), (-6.0, 4.0), (0.0, -30.0)]);
    (centre, prop::collection::vec(0.1..1.0f64, 3..12)).prop_map(|((lon, lat), radii)| {
        let turn = std::f64::consts::TAU / radii.len() as f64;
        let point = |(nth, radius): (usize, &f64)| {
            let (sin, cos) = (nth as f64 * turn).sin_cos();
            (lon + 0.003 * radius * cos, lat + 0.003 * radius * sin)
        };
        radii.iter().enumerate().map(point).collect()
    })
}

/// A few points near each other, some on grid lines, near every kind of seam.
fn path() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let centre = prop::sample::select(vec![
        (114.34, 22.69),
        (0.0, 0.0),
        (-6.0, 4.0),
        (179.995, -30.0),
        (-179.995, 60.0),
        (7.0, 87.99),
    ]);
    let offset = prop_oneof![-0.004..0.004, (-4i32..5).prop_map(|n| f64::from(n) / 900.0)];
    let point = (offset.clone(), offset);
    (centre, prop::collection::vec(point, 1..6)).prop_map(|((lon, lat), offsets)| {
        offsets.into_iter().map(|(east, north)| (lon + east, lat + north)).collect()
    })
}

/// Whether a line runs through a cell or within 1e-9 degrees of it.
fn runs_past(points: &[(f64, f64)], bounds: CellBounds) -> bool {
    let bounds = grown(bounds, 1e-9);
    points.windows(2).any(|ends| {
        let (start, end) = (ends[0], ends[1]);
        let middle = ((start.0 + end.0) / 2.0, (start.1 + end.1) / 2.0);
        // Across the line, whatever its direction: a diagonal one may run through corners.
        let length = (end.0 - start.0).hypot(end.1 - start.1).max(1e-9);
        let across = (1e-9 * (start.1 - end.1) / length, 1e-9 * (end.0 - start.0) / length);
        let thin = [
            start,
            (middle.0 + across.0, middle.1 + across.1),
            end,
            (middle.0 - across.0, middle.1 - across.1),
        ];
        shared_area(&thin, bounds) > 0.0
            || bounds.contains(start.0, start.1)
            || bounds.contains(end.0, end.1)
    })
}

#[test]
fn a_diagonal_through_corners_covers_what_it_runs_past() {
    let points = [(-6.0 - 2.0 / 900.0, 4.0), (-6.0 + 1.0 / 900.0, 4.0 + 3.0 / 900.0)];
    let cover = line(&points).cells(Level::Five).unwrap();
    assert!(cover.len() >= 3);
    for cell in cover {
        assert!(runs_past(&points, cell.bounds()), "{cell} is apart");
    }
}

fn sorted(mut cells: Vec<GridCell>) -> Vec<GridCell> {
    cells.sort_unstable();
    cells
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cover_is_the_cells_that_share_ground(points in star()) {
        let cover = ring(&points).cells(Level::Five).unwrap();
        let cell_area = (1.0f64 / 900.0).powi(2);
        let (mut covered, whole) = (0.0, around(&points, 0.002));
        for cell in cover_bbox(whole, Level::Five).unwrap() {
            let share = shared_area(&points, cell.bounds()) / cell_area;
            // The reference rounds; slivers it may lose are not judged.
            if share > 1e-6 {
                prop_assert!(cover.contains(&cell), "{cell} shares {share}");
            } else if share == 0.0 && cover.contains(&cell) {
                let near = shared_area(&points, grown(cell.bounds(), 1e-9));
                prop_assert!(near > 0.0, "{cell} is apart");
            }
            covered += share;
        }
        let own = shared_area(&points, whole);
        prop_assert!((covered * cell_area / own - 1.0).abs() < 1e-3);
    }

    #[test]
    fn the_cover_of_a_cell_is_the_cell(
        (lon, lat) in (-180.0..180.0, -88.0..88.0),
        level in prop::sample::select(&Level::ALL[..]),
    ) {
        let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
        prop_assert_eq!(cover_bbox(cell.bounds(), level).unwrap(), [cell]);
        let area = ring(&box_of(cell.bounds()));
        prop_assert_eq!(area.cells(level).unwrap(), [cell]);
        for finest in [level, Level::Ten] {
            let fewest = area.compacted(finest).unwrap();
            prop_assert_eq!(fewest.cells(), [cell]);
        }
        if let Some(finer) = level.finer() {
            let cover = area.cells(finer).unwrap();
            prop_assert_eq!(&cover, &cover_bbox(cell.bounds(), finer).unwrap());
            prop_assert_eq!(sorted(cover), sorted(cell.children().unwrap().collect()));
        }
    }

    #[test]
    fn points_of_a_line_lie_in_its_cover(points in path()) {
        let cover = line(&points).cells(Level::Five).unwrap();
        let cover_set: std::collections::HashSet<GridCell> = cover.iter().copied().collect();
        prop_assert_eq!(cover_set.len(), cover.len());
        for &(lon, lat) in &points {
            prop_assert!(cover_set.contains(&GridCell::from_lonlat(lon, lat, Level::Five).unwrap()));
        }
        let mut passed = std::collections::HashSet::new();
        for ends in points.windows(2) {
            for nth in 0..=2000 {
                let part = f64::from(nth) / 2000.0;
                let at = |from: f64, to: f64| from + part * (to - from);
                let (lon, lat) = (at(ends[0].0, ends[1].0), at(ends[0].1, ends[1].1));
                let cell = GridCell::from_lonlat(lon, lat, Level::Five).unwrap();
                passed.insert(cell);
                // Interpolation rounds; on a grid line it may land on the wrong side.
                let b = cell.bounds();
                let inside = [lon - b.west_deg, b.east_deg - lon, lat - b.south_deg, b.north_deg - lat];
                if inside.iter().all(|&margin| margin > 1e-12) {
                    prop_assert!(cover_set.contains(&cell), "{cell} at {lon}, {lat}");
                }
            }
        }
        // What no point was found in is at least run past closely.
        for cell in cover.iter().filter(|cell| points.len() > 1 && !passed.contains(cell)) {
            let near = runs_past(&points, cell.bounds());
            prop_assert!(near, "{cell} is apart");
        }
    }

    #[test]
    fn a_buffer_is_what_lies_within_its_distance(points in path(), metres in 1.0..60.0f64) {
        let level = Level::Six;
        // Distances below are taken in the plane about the first point.
        let scale = Level::Ten.cell_size_metres(points[0].1);
        let units = 3600.0 * 2048.0;
        let per_deg = (scale.east_west_metres * units, scale.north_south_metres * units);
        let cover = line(&points).buffered(metres).unwrap().cells(level).unwrap();
        let reach = metres / per_deg.0 + 0.001;
        let (lon, lat) = points[0];
        let flat = |(x, y): (f64, f64)| ((x - lon) * per_deg.0, (y - lat) * per_deg.1);
        let pieces: Vec<_> = if points.len() == 1 {
            vec![(flat(points[0]), flat(points[0]))]
        } else {
            points.windows(2).map(|ends| (flat(ends[0]), flat(ends[1]))).collect()
        };
        let bounds = around(&points, reach);
        prop_assume!(bounds.north_deg < 88.0);
        let wrapped = |lon: f64| (lon + 540.0).rem_euclid(360.0) - 180.0;
        let bounds = CellBounds {
            west_deg: wrapped(bounds.west_deg), east_deg: wrapped(bounds.east_deg), ..bounds
        };
        // A degree of longitude shortens by the tangent of the latitude: the plane is off by that
        // over the latitudes it spans.
        let rise = (bounds.north_deg - lat).max(lat - bounds.south_deg).to_radians();
        let bend = rise * bounds.north_deg.max(-bounds.south_deg).to_radians().tan() + 0.000_5;
        for cell in cover_bbox(bounds, level).unwrap() {
            let mut b = cell.bounds();
            let turn = ((lon - b.west_deg) / 360.0).round() * 360.0;
            b = CellBounds { west_deg: b.west_deg + turn, east_deg: b.east_deg + turn, ..b };
            let corners = box_of(b).map(flat);
            let away = pieces.iter().map(|&piece| distance(piece, corners)).fold(f64::MAX, f64::min);
            if away < metres * (1.0 - bend) - 0.01 {
                prop_assert!(cover.contains(&cell), "{cell} at {away}");
            } else if away > metres * (1.0 + bend) + 0.01 {
                prop_assert!(!cover.contains(&cell), "{cell} at {away}");
            }
        }
    }

    #[test]
    fn the_fewest_cells_are_the_compacted_cover(
        points in path(),
        star in star(),
        metres in prop_oneof![Just(0.0), 0.3..40.0],
        kind in 0..4,
        level in prop::sample::select(&Level::ALL[3..7]),
    ) {
        let region = match kind {
            0 => line(&points),
            1 => ring(&star),
            2 => {
                let around = |lon: f64| (lon + 540.0).rem_euclid(360.0) - 180.0;
                let b = around_box(&points);
                Region::bbox(CellBounds {
                    west_deg: around(b.west_deg), east_deg: around(b.east_deg), ..b
                }).unwrap()
            }
            _ => ring(&star).and(line(&points)).and(ring(&star[..3])),
        };
        let Ok(region) = region.buffered(metres) else {
            prop_assert!(points[0].1 > 87.9);
            return Ok(());
        };
        let cells = region.cells(level).unwrap();
        let fewest = region.compacted(level).unwrap();
        prop_assert_eq!(fewest, cells.iter().copied().collect::<GridSet<GridCell>>());
        let mut rows: Vec<_> = cells.iter().map(|cell| cell.signed_indices().unwrap()).collect();
        prop_assert!(rows.is_sorted_by_key(|(column, row)| (*row, *column)));
        rows.dedup();
        prop_assert_eq!(rows.len(), cells.len());
    }
}

fn around_box(points: &[(f64, f64)]) -> CellBounds {
    let all = around(points, 0.0);
    CellBounds { north_deg: all.north_deg.min(88.0), ..all }
}

/// From a straight piece to a box with its four corners, 0 where they meet.
fn distance((start, end): ((f64, f64), (f64, f64)), corners: [(f64, f64); 4]) -> f64 {
    let to_point = |(ax, ay): (f64, f64), (bx, by): (f64, f64), (px, py): (f64, f64)| {
        let (dx, dy) = (bx - ax, by - ay);
        let square = dx * dx + dy * dy;
        let along = if square == 0.0 { 0.0 } else { ((px - ax) * dx + (py - ay) * dy) / square };
        let along = along.clamp(0.0, 1.0);
        (px - ax - along * dx).hypot(py - ay - along * dy)
    };
    let [(west, south), _, (east, north), _] = corners;
    // Does the piece enter the box?
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    for (from, to, low, high) in [(start.0, end.0, west, east), (start.1, end.1, south, north)] {
        if from == to {
            if from < low || from > high {
                enters = 2.0;
            }
            continue;
        }
        let (a, b) = ((low - from) / (to - from), (high - from) / (to - from));
        enters = enters.max(a.min(b));
        leaves = leaves.min(a.max(b));
    }
    if enters <= leaves {
        return 0.0;
    }
    let sides = (0..4).map(|at| (corners[at], corners[(at + 1) % 4]));
    let ends = sides.flat_map(|(a, b)| [to_point(a, b, start), to_point(a, b, end)]);
    let to_corners = corners.map(|corner| to_point(start, end, corner));
    ends.chain(to_corners).fold(f64::MAX, f64::min)
}
