//! Covers of polygons and boxes, and compact sets.

use std::collections::BTreeSet;

use gridwarden::domain::grid::{
    CellBounds, GridCell, LonLat, Region, compact, cover_bbox, set_contains, uncompact,
};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    Differences,
    cells::level,
    second::{
        area::{self, Corner},
        coordinate::DEGREE,
        plane,
    },
    seeded,
};

/// Where covers are tried: a city, and every seam.
const PLACES: [(f64, f64); 8] = [
    (114.34, 22.69),
    (0.0, 0.0),
    (0.0, 51.5),
    (-60.0, 0.0),
    (-46.63, -23.55),
    (179.99, 4.0),
    (-179.99, -4.0),
    (151.2, 87.99),
];

struct Ground {
    level: usize,
    /// South-west corner and extent, in half units.
    origin: Corner,
    size: (i128, i128),
}

impl Ground {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        let level = random.random_range(3..=10);
        let (lon, lat) = PLACES.choose(random).unwrap_or(&PLACES[0]);
        let corner = crate::second::coordinate::Coordinate::of_halves(0);
        let first = plane::encode(&corner, &corner, level).unwrap();
        let cells = (random.random_range(1..=12), random.random_range(1..=12));
        let size = (2 * first.lon.width * cells.0, 2 * first.lat.width * cells.1);
        let halves = |degrees: f64| (degrees * 2.0 * DEGREE as f64) as i128;
        let within = |start: i128, size: i128, end: i128| {
            start.clamp(-2 * end * DEGREE, 2 * end * DEGREE - size)
        };
        let origin = (
            within(halves(*lon) - size.0 / 2, size.0, 180),
            within(halves(*lat) - size.1 / 2, size.1, 88),
        );
        // On the lines of the grid every second time.
        let origin = if random.random() {
            let down = |at: i128, width: i128| at.div_euclid(width) * width;
            (down(origin.0, 2 * first.lon.width), down(origin.1, 2 * first.lat.width))
        } else {
            origin
        };
        Self { level, origin, size }
    }

    /// A corner: anywhere, or on the lines of an eighth of the extent.
    fn corner(&self, random: &mut ChaCha8Rng) -> Corner {
        let place = |origin: i128, size: i128, random: &mut ChaCha8Rng| {
            if random.random() {
                origin + random.random_range(0..=size)
            } else {
                origin + size * random.random_range(0..=8) / 8
            }
        };
        (place(self.origin.0, self.size.0, random), place(self.origin.1, self.size.1, random))
    }
}

fn degrees((x, y): Corner) -> LonLat {
    let degrees = |halves: i128| halves as f64 / (2 * DEGREE) as f64;
    LonLat { lon_deg: degrees(x), lat_deg: degrees(y) }
}

fn polygon(rings: &[Vec<Corner>]) -> Region {
    let rings: Vec<Vec<LonLat>> =
        rings.iter().map(|ring| ring.iter().copied().map(degrees).collect()).collect();
    Region::polygon(&rings).unwrap()
}

fn texts<'a>(cells: impl IntoIterator<Item = &'a GridCell>) -> BTreeSet<String> {
    cells.into_iter().map(|cell| cell.code().as_str().to_owned()).collect()
}

/// What only one of two sets has, for messages.
fn only_in(left: &BTreeSet<String>, right: &BTreeSet<String>) -> Vec<String> {
    left.difference(right).take(4).cloned().collect()
}

#[test]
fn polygons_have_the_same_covers() {
    let mut random = seeded(21);
    let mut differences = Differences::default();
    let mut cells = 0;
    for _ in 0..crate::probes(100) {
        let ground = Ground::draw(&mut random);
        // Rings of any shape, crossing themselves and one another: the even-odd rule decides.
        let rings: Vec<Vec<Corner>> = (0..random.random_range(1..=3))
            .map(|_| {
                let corners = random.random_range(3..=9);
                (0..corners).map(|_| ground.corner(&mut random)).collect()
            })
            .collect();
        let second = area::cover(&rings, ground.level);
        let region = polygon(&rings);
        let product = region.cells(level(ground.level)).unwrap();
        cells += product.len();
        let product_texts = texts(&product);
        if product_texts.len() != product.len() || product_texts != second {
            differences.note(|| {
                format!(
                    "level {} rings {rings:?}: {} cells, wanted {}; too many {:?}, missing {:?}",
                    ground.level,
                    product.len(),
                    second.len(),
                    only_in(&product_texts, &second),
                    only_in(&second, &product_texts),
                )
            });
        }
    }
    assert!(cells as u64 > crate::probes(20), "only {cells} cells were compared");
    differences.none();
}

#[test]
fn boxes_have_the_same_covers() {
    let mut random = seeded(22);
    let mut differences = Differences::default();
    for _ in 0..crate::probes(200) {
        let ground = Ground::draw(&mut random);
        let (a, b) = (ground.corner(&mut random), ground.corner(&mut random));
        let (west, east) = (a.0.min(b.0), a.0.max(b.0));
        let (south, north) = (a.1.min(b.1), a.1.max(b.1));
        if west == east || south == north {
            continue;
        }
        let ring = vec![(west, south), (east, south), (east, north), (west, north)];
        let (low, high) = (degrees((west, south)), degrees((east, north)));
        let bbox = CellBounds {
            west_deg: low.lon_deg,
            south_deg: low.lat_deg,
            east_deg: high.lon_deg,
            north_deg: high.lat_deg,
        };
        let product = cover_bbox(bbox, level(ground.level)).unwrap();
        differences.compare(texts(&product), area::cover(&[ring], ground.level), || {
            format!("level {} {bbox:?}", ground.level)
        });
    }
    differences.none();
}

#[test]
fn lines_have_the_same_covers() {
    let mut random = seeded(24);
    let mut differences = Differences::default();
    for _ in 0..crate::probes(100) {
        let ground = Ground::draw(&mut random);
        let corners = random.random_range(1..=6);
        // A half unit written in degrees comes back up to 4 nm off, and a line through the very corner
        // of a cell tells; whole units come back whole. At the ends of the grid lines are drawn in by
        // as much.
        let whole = |(x, y): Corner| {
            let drawn_in = |at: i128, end: i128| {
                let end = 2 * end * DEGREE - 2;
                (at - at.rem_euclid(2)).clamp(-end, end)
            };
            (drawn_in(x, 180), drawn_in(y, 88))
        };
        let points: Vec<Corner> = (0..corners).map(|_| whole(ground.corner(&mut random))).collect();
        let line = Region::line(&points.iter().copied().map(degrees).collect::<Vec<_>>()).unwrap();
        let product = line.cells(level(ground.level)).unwrap();
        let input = || format!("level {} line {points:?}", ground.level);
        let second = area::line_cover(&points, ground.level);
        differences.compare(product.len(), second.len(), input);
        differences.compare(texts(&product), second, input);
        // The fewest cells hold the same.
        let fewest = line.compacted(level(ground.level)).unwrap();
        differences.compare(texts(fewest.cells()), area::compact(&texts(&product)), || {
            format!("fewest, {}", input())
        });
    }
    differences.none();
}

#[test]
fn lines_on_the_grid_are_bounded_like_areas() {
    // No cell shares ground with these spikes, yet each runs past 74 million rows of level 10.
    let line = polygon(&[[(2, 2), (2, 20), (2, 11)].iter().map(whole_degrees).collect()]);
    let square = [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(x, y)| (1_000 * x, 1_000 * y));
    let mut spiked = square.to_vec();
    spiked.extend([(0, 20 * DEGREE), (0, 1_000)]);
    for area in [line, polygon(&[spiked])] {
        let refused = area.cells(level(10));
        assert!(refused.is_err(), "{:?} cells", refused.map(|cells| cells.len()));
    }
}

fn whole_degrees((x, y): &Corner) -> Corner {
    (x * DEGREE, y * DEGREE)
}

#[test]
fn sets_become_as_small() {
    let mut random = seeded(23);
    let mut differences = Differences::default();
    for _ in 0..crate::probes(4000) {
        // Some whole families, some with gaps, down to two levels below a cell.
        let root: GridCell = crate::cells::cell(&mut random).text.parse().unwrap();
        let Ok(children) = root.children() else { continue };
        let mut set = Vec::new();
        for child in children {
            match random.random_range(0..20) {
                0 => {}
                1 => set.extend(child.children().into_iter().flatten()),
                2 => set.extend(child.children().into_iter().flatten().skip(1)),
                _ => set.push(child),
            }
        }
        if random.random_range(0..2) == 0 {
            set.extend(root.children().into_iter().flatten());
        }
        let product = compact(set.iter().copied());
        differences.compare(texts(&product), area::compact(&texts(&set)), || {
            format!("{} cells under {}", set.len(), root.code())
        });
        let finest = set.iter().map(|cell| cell.level()).max().unwrap_or(root.level());
        assert!(set.iter().all(|cell| set_contains(&product, *cell)), "{}", root.code());
        let spelled = uncompact(set.iter().copied(), finest).unwrap();
        assert_eq!(uncompact(product, finest).unwrap(), spelled, "{}", root.code());
    }
    differences.none();
}
