//! What holds for every cell of the grid, whatever the input: points have one cell, cells nest and
//! tile, neighbours are mutual across all seams, texts and keys are one to one and in one order.

use std::collections::BTreeSet;

use gridwarden::domain::grid::{
    GeoJson, GridCell, GridCell3, GridCode, HeightLayer, HeightPacking, HeightScheme, HeightSign,
    Level, LonLat, Region, compact, cover_bbox, cover_geojson, refer, resolve, set_contains,
    uncompact,
};
use proptest::prelude::*;

const UNITS_PER_DEG: f64 = 3600.0 * 2048.0;

/// Anywhere, and often on or beside a line of some level or a seam.
fn axis(end_deg: f64) -> impl Strategy<Value = f64> {
    let sides = vec![
        44_236_800_i64,
        29_491_200,
        3_686_400,
        1_843_200,
        1_228_800,
        122_880,
        8192,
        4096,
        512,
        64,
        8,
    ];
    let lines = (proptest::sample::select(sides), -1.0..=1.0, -2_i32..=2);
    let on_a_line = lines.prop_map(move |(side, place, beside)| {
        let line = (end_deg * UNITS_PER_DEG * place) as i64 / side * side;
        let degrees = (line as f64 + f64::from(beside) / 4.0) / UNITS_PER_DEG;
        degrees.clamp(-end_deg, end_deg)
    });
    prop_oneof![
        2 => -end_deg..=end_deg,
        3 => on_a_line,
        1 => proptest::sample::select(vec![0.0, -0.0, end_deg, -end_deg, 1e-300, -1e-300]),
    ]
}

fn point() -> impl Strategy<Value = (f64, f64)> {
    (axis(180.0), axis(87.999_999_9))
}

fn level() -> impl Strategy<Value = Level> {
    proptest::sample::select(Level::ALL.to_vec())
}

fn cell() -> impl Strategy<Value = GridCell> {
    (point(), level()).prop_map(|((lon, lat), level)| {
        GridCell::from_lonlat(lon, lat, level).expect("the point is outside the caps")
    })
}

fn cap_cell() -> impl Strategy<Value = GridCell> {
    let place = (axis(180.0), 88.0..=90.0_f64, any::<bool>(), 0_usize..2);
    place.prop_map(|(lon, lat, south, level)| {
        let lat = if south { -lat } else { lat };
        GridCell::from_lonlat(lon, lat, Level::ALL[level]).expect("the caps have levels 1 and 2")
    })
}

fn any_cell() -> impl Strategy<Value = GridCell> {
    prop_oneof![6 => cell(), 1 => cap_cell()]
}

fn scheme() -> impl Strategy<Value = HeightScheme> {
    let packings = [HeightPacking::Radix15, HeightPacking::Linear32, HeightPacking::Geosot64];
    let signs = [HeightSign::Mirror, HeightSign::FloorAbs, HeightSign::Twos];
    (proptest::sample::select(packings.to_vec()), proptest::sample::select(signs.to_vec()))
        .prop_map(|(packing, sign)| HeightScheme { packing, sign })
}

fn height() -> impl Strategy<Value = f64> {
    prop_oneof![-50.0..200.0, -12_000.0..30_000.0, -6.3e6..5.28e8]
}

fn solid() -> impl Strategy<Value = GridCell3> {
    let low = prop_oneof![2 => height(), 1 => -20.0..20.0];
    (cell(), low, scheme()).prop_map(|(cell, metres, scheme)| {
        GridCell3::at_height(cell, metres, scheme).expect("the height is within the grid")
    })
}

/// East and north metres from one point to another nearby, through the middle of the Earth.
fn metres(from: LonLat, to: LonLat) -> (f64, f64) {
    let centred = |at: LonLat| {
        let e2 = 0.006_694_380_022_9;
        let (sin, cos) = at.lat_deg.to_radians().sin_cos();
        let (sin_lon, cos_lon) = at.lon_deg.to_radians().sin_cos();
        let normal = 6_378_137.0 / f64::sqrt(1.0 - e2 * sin * sin);
        [normal * cos * cos_lon, normal * cos * sin_lon, normal * (1.0 - e2) * sin]
    };
    let (a, b) = (centred(from), centred(to));
    let [x, y, z] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    let (sin, cos) = from.lat_deg.to_radians().sin_cos();
    let (sin_lon, cos_lon) = from.lon_deg.to_radians().sin_cos();
    (cos_lon * y - sin_lon * x, cos * z - sin * (cos_lon * x + sin_lon * y))
}

/// Distance of the origin from a segment.
fn from_origin((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let way = dx * dx + dy * dy;
    let share = if way > 0.0 { (-(ax * dx + ay * dy) / way).clamp(0.0, 1.0) } else { 0.0 };
    (ax + share * dx).hypot(ay + share * dy)
}

/// Edges west, south, east, north in whole units.
fn units(cell: GridCell) -> [i64; 4] {
    let bounds = cell.bounds();
    [bounds.west_deg, bounds.south_deg, bounds.east_deg, bounds.north_deg]
        .map(|edge| (edge * UNITS_PER_DEG).round() as i64)
}

fn area([west, south, east, north]: [i64; 4]) -> i128 {
    i128::from(east - west) * i128::from(north - south)
}

fn text(cell: GridCell) -> String {
    cell.code().as_str().to_owned()
}

/// Turns of the globe put two cells beside each other at the 180th meridian.
fn touches(a: [i64; 4], b: [i64; 4], corners: bool) -> bool {
    let turn = (360.0 * UNITS_PER_DEG) as i64;
    [-turn, 0, turn].iter().any(|by| {
        let b = [b[0] + by, b[1], b[2] + by, b[3]];
        let wide = a[2].min(b[2]) - a[0].max(b[0]);
        let high = a[3].min(b[3]) - a[1].max(b[1]);
        (wide == 0 && high > 0) || (high == 0 && wide > 0) || (corners && wide == 0 && high == 0)
    })
}

proptest! {
    #[test]
    fn a_point_lies_in_its_cell_at_every_level((lon, lat) in point()) {
        let finest = GridCell::from_lonlat(lon, lat, Level::Ten).unwrap();
        for level in Level::ALL {
            let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
            prop_assert_eq!(finest.ancestor(level), Some(cell));
            prop_assert!(text(finest).starts_with(cell.code().as_str()));
            prop_assert!(cell.contains_point(lon, lat));
            prop_assert!(cell.contains(finest) && (level == Level::Ten || !finest.contains(cell)));
            let bounds = cell.bounds();
            // A point within a millionth of a unit of a line counts as on it.
            let slack = 1.1e-6 / UNITS_PER_DEG;
            prop_assert!(lon >= bounds.west_deg - slack && lon <= bounds.east_deg + slack);
            prop_assert!(lat >= bounds.south_deg - slack && lat <= bounds.north_deg + slack);
        }
    }

    #[test]
    fn children_tile_their_parent_without_gap_or_overlap(parent in any_cell()) {
        let Ok(children) = parent.children() else { return Ok(()) };
        let children: Vec<GridCell> = children.collect();
        let whole = units(parent);
        let parts: Vec<[i64; 4]> = children.iter().map(|child| units(*child)).collect();
        prop_assert_eq!(parts.iter().map(|part| area(*part)).sum::<i128>(), area(whole));
        for (at, (child, part)) in children.iter().zip(&parts).enumerate() {
            prop_assert_eq!(child.parent(), Some(parent));
            prop_assert!(parent.contains(*child));
            prop_assert!(part[0] >= whole[0] && part[1] >= whole[1] || parent.is_polar());
            prop_assert!(part[2] <= whole[2] && part[3] <= whole[3] || parent.is_polar());
            for other in &parts[at + 1..] {
                let apart = part[2] <= other[0] || other[2] <= part[0]
                    || part[3] <= other[1] || other[3] <= part[1];
                prop_assert!(apart, "{child} overlaps a brother");
            }
        }
    }

    #[test]
    fn a_point_belongs_to_exactly_one_of_the_cells_around((lon, lat) in point(), level in level()) {
        let centre = GridCell::from_lonlat(lon, lat, level).unwrap();
        let around: BTreeSet<GridCell> = centre.neighbours8().chain([centre]).collect();
        let [west, south, east, north] = units(centre);
        let middle = |low: i64, high: i64| (low as f64 + high as f64) / 2.0;
        for x in [west as f64, middle(west, east), east as f64] {
            for y in [south as f64, middle(south, north), north as f64] {
                let (x, y) = (x / UNITS_PER_DEG, y / UNITS_PER_DEG);
                if y.abs() >= 88.0 {
                    continue;
                }
                let owners = around.iter().filter(|cell| cell.contains_point(x, y)).count();
                prop_assert_eq!(owners, 1, "{} {} around {}", x, y, centre);
                // It is the one that encoding names; at the 180th its twin is a neighbour.
                let named = GridCell::from_lonlat(x, y, level).unwrap();
                prop_assert!(around.contains(&named) && named.contains_point(x, y));
            }
        }
    }

    #[test]
    fn neighbours_touch_and_are_mutual(cell in any_cell()) {
        let beside: Vec<GridCell> = cell.neighbours4().collect();
        let around: Vec<GridCell> = cell.neighbours8().collect();
        prop_assert!(cell.is_polar() == around.is_empty());
        let distinct: BTreeSet<GridCell> = around.iter().copied().collect();
        prop_assert_eq!(distinct.len(), around.len());
        prop_assert!(!distinct.contains(&cell));
        for other in &around {
            prop_assert_eq!(other.level(), cell.level());
            prop_assert!(touches(units(cell), units(*other), true), "{cell} {other}");
            prop_assert!(other.neighbours8().any(|back| back == cell), "{cell} {other}");
            let edge = beside.contains(other);
            prop_assert_eq!(edge, touches(units(cell), units(*other), false));
            prop_assert_eq!(edge, other.neighbours4().any(|back| back == cell));
        }
    }

    #[test]
    fn two_cells_are_neighbours_from_both_sides_or_from_none(
        a in cell(), east in -2_i32..=2, north in -2_i32..=2,
    ) {
        let Some(b) = a.offset(east, north) else { return Ok(()) };
        let forth = (a.neighbours4().any(|c| c == b), a.neighbours8().any(|c| c == b));
        let back = (b.neighbours4().any(|c| c == a), b.neighbours8().any(|c| c == a));
        prop_assert_eq!(forth, back);
        prop_assert_eq!(forth.0, east.abs() + north.abs() == 1);
        prop_assert_eq!(forth.1, a != b && east.abs().max(north.abs()) == 1);
        prop_assert_eq!(b.offset(-east, -north), Some(a));
    }

    #[test]
    fn codes_and_keys_are_one_to_one_and_in_one_order(a in any_cell(), b in any_cell()) {
        prop_assert_eq!(a.code().as_str().parse(), Ok(a));
        prop_assert_eq!(GridCell::from_key(a.key()), Ok(a));
        let by_text = text(a).cmp(&text(b));
        prop_assert_eq!(a.key().cmp(&b.key()), by_text);
        prop_assert_eq!(a.cmp(&b), by_text);
        let inside = text(b).starts_with(&text(a));
        prop_assert_eq!(a.contains(b), inside);
        prop_assert_eq!(a.key_range().contains(&b.key()), inside);
    }

    #[test]
    fn a_key_range_is_exactly_the_family(cell in any_cell(), steps in 1_u64..50) {
        let range = cell.key_range();
        prop_assert!(range.contains(&cell.key()) && range.start == cell.key());
        for key in [range.start, range.start + steps, range.end.saturating_sub(steps)] {
            if let (true, Ok(member)) = (range.contains(&key), GridCell::from_key(key)) {
                prop_assert!(cell.contains(member), "{} in {}", member, cell);
            }
        }
        for key in [range.start.saturating_sub(steps), range.end.saturating_add(steps - 1)] {
            if let (false, Ok(other)) = (range.contains(&key), GridCell::from_key(key)) {
                prop_assert!(!cell.contains(other), "{} outside {}", other, cell);
            }
        }
    }

    #[test]
    fn boxes_around_touch_and_are_mutual(solid in solid()) {
        let six: Vec<GridCell3> = solid.neighbours6().collect();
        let around: Vec<GridCell3> = solid.neighbours26().collect();
        let distinct: BTreeSet<GridCell3> = around.iter().copied().collect();
        prop_assert_eq!(distinct.len(), around.len());
        prop_assert!(!distinct.contains(&solid) && six.iter().all(|other| distinct.contains(other)));
        let span = solid.layer().layer_numbers();
        for other in &around {
            prop_assert_eq!((other.level(), other.scheme()), (solid.level(), solid.scheme()));
            prop_assert!(other.neighbours26().any(|back| back == solid), "{solid} {other}");
            prop_assert_eq!(six.contains(other), other.neighbours6().any(|back| back == solid));
            let (flat, beside) = (units(solid.cell()), units(other.cell()));
            let layers = other.layer().layer_numbers();
            let same_layer = layers == span;
            prop_assert!(same_layer || layers.start == span.end || layers.end == span.start);
            prop_assert!(other.cell() == solid.cell() || touches(flat, beside, true));
            let face = (same_layer && touches(flat, beside, false))
                || (!same_layer && other.cell() == solid.cell());
            prop_assert_eq!(six.contains(other), face, "{} {}", solid, other);
        }
        // None is missing but beyond the ends of the grid.
        let flat = solid.cell().neighbours8().count() + 1;
        let layers = 1 + [solid.layer().up(), solid.layer().down()].iter().flatten().count();
        prop_assert_eq!(around.len(), flat * layers - 1);
    }

    #[test]
    fn keys_of_boxes_are_one_to_one_and_ordered_like_texts(a in solid(), b in solid()) {
        prop_assert_eq!(GridCell3::from_key(a.key(), a.scheme()), Ok(a));
        prop_assert!(a.key() < 1 << 95);
        let digits = |solid: GridCell3| solid.code().as_str().to_owned();
        // The same place under the other's scheme, so that the texts can be compared.
        let Ok(b) = GridCell3::at_height(b.cell(), b.layer().lower_metres() + 1e-3, a.scheme()) else {
            return Ok(());
        };
        prop_assert_eq!(a.key().cmp(&b.key()), digits(a).cmp(&digits(b)), "{} {}", a, b);
        let inside = digits(b).starts_with(&digits(a));
        prop_assert_eq!(a.contains(b), inside);
        prop_assert_eq!(a.key_range().contains(&b.key()), inside);
        if let Some(parent) = a.parent() {
            prop_assert!(parent.key_range().contains(&a.key()) && parent.key() < a.key());
        }
    }

    #[test]
    fn any_number_is_a_key_or_refused(key in prop_oneof![any::<u128>(), 0..1_u128 << 95], scheme in scheme()) {
        if let Ok(solid) = GridCell3::from_key(key, scheme) {
            prop_assert_eq!(solid.key(), key);
        }
    }

    #[test]
    fn a_buffer_holds_what_is_near_and_nothing_else(
        lon in -179.0..179.0_f64, lat in -59.0..59.0_f64,
        steps in proptest::collection::vec((-60.0..60.0_f64, -60.0..60.0_f64), 0..4),
        reach in 0.5..40.0_f64,
        tries in proptest::collection::vec((any::<prop::sample::Index>(), 0.0..1.0_f64, 0.0..6.3_f64, 0.0..0.998_f64), 20),
    ) {
        let (per_lon, per_lat) = (111_320.0 * lat.to_radians().cos(), 110_900.0);
        let moved = |at: LonLat, (east, north): (f64, f64)| LonLat {
            lon_deg: at.lon_deg + east / per_lon,
            lat_deg: at.lat_deg + north / per_lat,
        };
        let mut points = vec![LonLat { lon_deg: lon, lat_deg: lat }];
        for step in &steps {
            let last = points[points.len() - 1];
            points.push(moved(last, *step));
        }
        let pieces: Vec<(LonLat, LonLat)> = match points.len() {
            1 => vec![(points[0], points[0])],
            _ => points.windows(2).map(|ends| (ends[0], ends[1])).collect(),
        };
        let far = |from: LonLat| {
            let apart = pieces.iter().map(|(a, b)| from_origin(metres(from, *a), metres(from, *b)));
            apart.fold(f64::INFINITY, f64::min)
        };
        let region = Region::line(&points).unwrap().buffered(reach).unwrap();
        let cells: BTreeSet<GridCell> = region.cells(Level::Seven).unwrap().into_iter().collect();
        for (piece, along, bearing, share) in tries {
            let (a, b) = *piece.get(&pieces);
            let on_it = LonLat {
                lon_deg: a.lon_deg + along * (b.lon_deg - a.lon_deg),
                lat_deg: a.lat_deg + along * (b.lat_deg - a.lat_deg),
            };
            let near = moved(on_it, (share * reach * bearing.sin(), share * reach * bearing.cos()));
            let apart = far(near);
            if apart < reach - 1e-3 {
                let cell = GridCell::from_lonlat(near.lon_deg, near.lat_deg, Level::Seven).unwrap();
                prop_assert!(cells.contains(&cell), "{cell} is {apart} m off, of {reach}");
            }
        }
        for cell in &cells {
            // The nearest spot of a cell lies on its border, or the line runs through it.
            let b = cell.bounds();
            let through = points.iter().any(|p| b.contains(p.lon_deg, p.lat_deg));
            let spots = (0..=400).map(|at| f64::from(at) / 100.0).map(|at| {
                let (side, share) = (at as usize % 4, at.fract());
                let (x, y) = [(share, 0.0), (1.0, share), (share, 1.0), (0.0, share)][side];
                LonLat {
                    lon_deg: b.west_deg + x * (b.east_deg - b.west_deg),
                    lat_deg: b.south_deg + y * (b.north_deg - b.south_deg),
                }
            });
            let nearest = spots.map(far).fold(f64::INFINITY, f64::min);
            // Spots are 8 cm apart: a line that crosses between them is not missed by more.
            prop_assert!(through || nearest <= 1.001 * reach + 0.05, "{cell} is {nearest} m off, of {reach}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![
        "\\PC{0,40}",
        "[NS][0-6][0-9][A-W][0-9A-F]{0,30}",
        "[NS][01][0-6][0-9][A-V][0-9A-F]{0,30}",
        "[NS][0-6][0-9][A-V][0-9A-E]{2,16}(-[0-8A-H]{1,3}){1,4}",
    ], scheme in scheme()) {
        if let Ok(cell) = text.parse::<GridCell>() {
            prop_assert_eq!(cell.code(), text.as_str());
        }
        if let Ok(code) = text.parse::<GridCode>() {
            prop_assert_eq!(code.as_str(), text.as_str());
        }
        if let Ok(solid) = GridCell3::parse(&text, scheme) {
            prop_assert_eq!(solid.code(), text.as_str());
        }
        if let Ok(layer) = HeightLayer::parse(&text, scheme) {
            prop_assert_eq!(layer.code(), text.as_str());
        }
        if let Ok(cell) = resolve(&text) {
            prop_assert_eq!(cell.code().as_str().parse(), Ok(cell));
        }
    }

    #[test]
    fn any_bytes_as_an_area_are_covered_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        corners in proptest::collection::vec((axis(200.0), axis(100.0)), 0..8),
        level in level(),
    ) {
        let _ = serde_json::from_slice::<GeoJson>(&bytes).map(|area| cover_geojson(&area, level));
        let ring: Vec<[f64; 2]> = corners.iter().map(|(x, y)| [*x, *y]).collect();
        let area = serde_json::json!({ "type": "Polygon", "coordinates": [ring] });
        if let Ok(area) = serde_json::from_value::<GeoJson>(area) {
            let _ = cover_geojson(&area, Level::One.min(level));
        }
    }

    #[test]
    fn a_box_of_whole_cells_is_covered_by_these(cell in cell(), wide in 0_i32..6, high in 0_i32..6) {
        let Some(far) = cell.offset(wide, high) else { return Ok(()) };
        let (mut bbox, end) = (cell.bounds(), far.bounds());
        if end.east_deg < bbox.west_deg {
            return Ok(()); // around the 180th meridian
        }
        (bbox.east_deg, bbox.north_deg) = (end.east_deg, end.north_deg);
        let found: BTreeSet<GridCell> = cover_bbox(bbox, cell.level()).unwrap().into_iter().collect();
        let wanted: BTreeSet<GridCell> = (0..=wide)
            .flat_map(|east| (0..=high).filter_map(move |north| cell.offset(east, north)))
            .collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn compact_sets_hold_the_same_cells(root in cell(), kept in proptest::collection::vec(any::<bool>(), 225)) {
        let Ok(children) = root.children() else { return Ok(()) };
        let all: Vec<GridCell> = children.collect();
        let some: Vec<GridCell> =
            all.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(child, _)| *child).collect();
        let small = compact(some.iter().copied());
        for child in &all {
            prop_assert_eq!(set_contains(&small, *child), some.contains(child));
        }
        prop_assert_eq!(compact(all.iter().copied()), vec![root]);
        if let Some(child) = all.first() {
            let mut sorted = some.clone();
            sorted.sort();
            prop_assert_eq!(uncompact(small, child.level()).unwrap(), sorted);
        }
    }

    #[test]
    fn layers_nest_and_meet(metres in height(), scheme in scheme()) {
        let mut within: Option<HeightLayer> = None;
        for level in Level::ALL {
            let layer = HeightLayer::from_height(metres, level, scheme).unwrap();
            let (low, high) = (layer.lower_metres(), layer.upper_metres());
            let slack = 1e-9 * metres.abs().max(1.0);
            prop_assert!(low <= metres + slack && metres < high + slack, "{low} {metres} {high}");
            prop_assert_eq!(layer.parent(), within);
            if let Some(parent) = within {
                let (outer, inner) = (parent.layer_numbers(), layer.layer_numbers());
                prop_assert!(outer.start <= inner.start && inner.end <= outer.end);
                prop_assert!(layer.code().as_str().starts_with(parent.code().as_str()));
            }
            within = Some(layer);
        }
    }

    #[test]
    fn boxes_are_read_back_and_nest((lon, lat) in point(), metres in height(), scheme in scheme()) {
        let mut within: Option<GridCell3> = None;
        for level in Level::ALL {
            let cell = GridCell::from_lonlat(lon, lat, level).unwrap();
            let solid = GridCell3::at_height(cell, metres, scheme).unwrap();
            prop_assert_eq!(GridCell3::parse(solid.code().as_str(), scheme), Ok(solid));
            prop_assert_eq!(solid.parent(), within);
            if let Some(parent) = within {
                prop_assert!(solid.code().as_str().starts_with(parent.code().as_str()));
            }
            within = Some(solid);
        }
    }

    #[test]
    fn what_refer_tells_resolve_understands(
        reference in cell(), east in -9_i32..=9, north in -9_i32..=9, deeper in 0_usize..3,
        pick in any::<u64>(),
    ) {
        let Some(mut target) = reference.offset(east, north) else { return Ok(()) };
        for _ in 0..deeper {
            let Ok(children) = target.children() else { break };
            let children: Vec<GridCell> = children.collect();
            target = children[(pick % children.len() as u64) as usize];
        }
        if let Ok(told) = refer(target, reference) {
            prop_assert_eq!(resolve(&told), Ok(target), "{}", told);
        } else {
            // Only a cell too far, a level too coarse, or a child that the digits 0-7 do not reach.
            let near = east.abs() <= 7 && north.abs() <= 7;
            let deep = deeper > 0 && target.level() != reference.level();
            prop_assert!(!near || deep || reference.level() < Level::Five, "{target} {reference}");
        }
    }

    #[test]
    fn accuracy_gives_the_finest_level_that_it_may_claim(error in 1e-4..1e6_f64, lat in -87.0..87.0_f64) {
        let side = |level: Level| {
            let size = level.cell_size_metres(lat);
            size.east_west_metres.min(size.north_south_metres)
        };
        let level = Level::for_accuracy(error, lat);
        prop_assert!(side(level) >= 2.0 * error || level == Level::One);
        if let Some(finer) = level.finer() {
            prop_assert!(side(finer) < 2.0 * error, "{level} {error} {lat}");
        }
    }
}
