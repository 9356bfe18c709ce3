//! What tracking, rules and case identity cost a frame: `cargo bench --no-default-features --bench analyse`.
//!
//! A street of 30, 100 and 300 things before ten patterns of the catalogue, as a crossing has them: parked
//! and driving vehicles, bicycles, people, stalls, bins; jitter, one look in seven missed, one false box in
//! fifty. Dwell times are short, so that cases are open, reported and ended within the run. The picture
//! grows with the number of things.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use gridwarden::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        analyser::Analyser,
        case::node_book::NodeBook,
        detection::{Detection, ModelRef},
        frame::FrameStamp,
        ids::{ClassName, DerivedIds, ZoneId},
        pixel::{PixelBox, PixelPoint, PixelPolygon, PixelSize},
        scene::{Scene, Zone},
        taxonomy::Pattern,
        wire::CameraCondition,
    },
    roles::config::pattern::Catalogue,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use std::{hint::black_box, sync::Arc, time::Duration};

const LOOKS_A_SECOND: f64 = 5.0;
/// So many looks before the measured ones: what stands has been confirmed by then.
const WARM_LOOKS: usize = 300;
const MEASURED_LOOKS: usize = 100;
const PATTERNS: [&str; 10] = [
    "illegal_parking",
    "bicycle_parking",
    "fire_lane_blocked",
    "roadside_stall",
    "out_of_shop_trading",
    "illegal_umbrella",
    "bin_overflowing",
    "exposed_waste",
    "crowd",
    "loitering",
];
/// In the proportions of a street.
const CLASSES: [&str; 10] = [
    "person",
    "person",
    "person",
    "car",
    "car",
    "bicycle",
    "stall",
    "umbrella",
    "bin_overflowing",
    "truck",
];

struct Street {
    random: ChaCha8Rng,
    size: PixelSize,
    /// Class, place, and pixels a second to the right.
    things: Vec<(ClassName, f64, f64, f64)>,
}

impl Street {
    fn new(count: usize) -> Self {
        let size = PixelSize { width_px: (1920 * count / 30) as u32, height_px: 1080 };
        let random = ChaCha8Rng::seed_from_u64(count as u64);
        let mut street = Self { random, size, things: Vec::new() };
        for number in 0..count {
            let class = CLASSES[number % CLASSES.len()];
            let moves = class == "person" || number % 3 == 0;
            let speed = if moves { 120.0 * (street.share() - 0.5) } else { 0.0 };
            let (x, y) = (street.share() * f64::from(size.width_px), street.share() * 980.0);
            street.things.push((class.parse().unwrap(), x, y, speed));
        }
        street
    }

    /// 0 to 1.
    fn share(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / f64::from(u32::MAX)
    }

    fn look(&mut self) -> Vec<Detection> {
        let mut seen = Vec::new();
        for index in 0..self.things.len() {
            let (class, x, y, speed) = self.things[index].clone();
            self.things[index].1 =
                (x + speed / LOOKS_A_SECOND).rem_euclid(f64::from(self.size.width_px));
            if self.share() < 1.0 / 7.0 {
                continue;
            }
            let astray = if self.share() < 0.02 { 300.0 } else { 0.0 };
            let (x, y) = (x + 3.0 * self.share() + astray, y + 3.0 * self.share());
            seen.push(Detection {
                class,
                score: (0.3 + 0.7 * self.share()) as f32,
                bbox: PixelBox::new(x as f32, y as f32, x as f32 + 60.0, y as f32 + 100.0),
            });
        }
        seen
    }

    /// Two zones that overlap; each pattern watches both.
    fn analyser(&self) -> Analyser {
        let (width, height) = (f64::from(self.size.width_px), f64::from(self.size.height_px));
        let zone = |id: &str, top: f64, bottom: f64| {
            let corners = [(0.0, top), (width, top), (width, bottom), (0.0, bottom)];
            let corners = corners.map(|(x, y)| PixelPoint { x, y }).to_vec();
            let polygon = PixelPolygon::new(corners).unwrap();
            Zone {
                id: id.parse().unwrap(),
                polygon,
                tiles: None,
                asset: None,
                line: None,
                tags: Vec::new(),
            }
        };
        let zones = vec![zone("pavement", 0.0, height * 0.6), zone("road", height * 0.5, height)];
        let names: Vec<ZoneId> = zones.iter().map(|zone| zone.id.clone()).collect();
        let scene = Scene {
            camera: "bench".parse().unwrap(),
            reference_size: self.size,
            zones,
            exceptions: Vec::new(),
        };
        let catalogue = Catalogue::built_in().unwrap();
        let pattern = |id: &&str| {
            let shipped = catalogue.get(&id.parse().unwrap()).unwrap().as_ref().clone();
            Arc::new(Pattern { dwell: Duration::from_secs(20), ..shipped })
        };
        let patterns: Vec<_> = PATTERNS.iter().map(|id| (pattern(id), names.clone())).collect();
        let model = ModelRef { id: "bench".into(), sha256: "0".into() };
        Analyser::new(scene, None, model, &patterns, 1, Box::new(DerivedIds::new([0; 32])))
    }
}

fn follow(
    (analyser, book): &mut (Analyser, NodeBook),
    size: PixelSize,
    looks: &[Vec<Detection>],
    from: usize,
) {
    for (index, detections) in looks.iter().enumerate() {
        let secs = (from + index) as f64 / LOOKS_A_SECOND;
        let stamp = FrameStamp {
            pts: MediaTime::from_secs_f64(secs),
            captured_at: WallTime::from_unix_millis(1_767_225_600_000 + (secs * 1000.0) as i64),
            clock: ClockQuality::Assigned,
            size,
        };
        for fact in analyser.step(&stamp, CameraCondition::Ok, detections).facts {
            black_box(book.admit(fact));
        }
        black_box(book.tick(stamp.captured_at));
    }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("analyse 100 frames, 10 patterns in 2 zones");
    group.sample_size(10);
    for count in [30, 100, 300] {
        let mut street = Street::new(count);
        let size = street.size;
        let warm: Vec<_> = (0..WARM_LOOKS).map(|_| street.look()).collect();
        let looks: Vec<_> = (0..MEASURED_LOOKS).map(|_| street.look()).collect();
        let begun = || {
            let mut node = (street.analyser(), NodeBook::default());
            follow(&mut node, size, &warm, 0);
            node
        };
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_batched(
                begun,
                |mut node| {
                    follow(&mut node, size, &looks, WARM_LOOKS);
                    node
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
