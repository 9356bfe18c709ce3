//! What following 30, 100 and 300 things costs a frame: `cargo bench --no-default-features --bench track`.
//!
//! Walkers and standing things in the proportions of a street, with jitter, one look in seven missed and one
//! false box in fifty. The picture grows with the number of things in the first group (equal crowding) and
//! stays 1920x1080 in the second (a denser and denser crowd).

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use gridwarden::{
    base::time::MediaTime,
    domain::{
        detection::Detection,
        ids::ClassName,
        pixel::PixelBox,
        track::{Tracker, TrackerConfig},
    },
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use std::hint::black_box;

const LOOKS_A_SECOND: f64 = 10.0;
/// So many looks before the measured ones: the tracks are there, and some of them lost.
const WARM_LOOKS: usize = 50;
const MEASURED_LOOKS: usize = 100;

struct Street {
    random: ChaCha8Rng,
    class: ClassName,
    width: f64,
    /// Place, and pixels a second to the right.
    things: Vec<(f64, f64, f64)>,
}

impl Street {
    fn new(count: usize, width: f64) -> Self {
        let mut street = Self {
            random: ChaCha8Rng::seed_from_u64(count as u64),
            class: "person".parse().unwrap(),
            width,
            things: Vec::new(),
        };
        for number in 0..count {
            let speed = if number % 3 == 0 { 0.0 } else { 120.0 * (street.share() - 0.5) };
            let place = (street.share() * width, street.share() * 980.0, speed);
            street.things.push(place);
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
            let (x, y, speed) = self.things[index];
            self.things[index].0 = (x + speed / LOOKS_A_SECOND).rem_euclid(self.width);
            if self.share() < 1.0 / 7.0 {
                continue;
            }
            let astray = if self.share() < 0.02 { 300.0 } else { 0.0 };
            let (x, y) = (x + 3.0 * self.share() + astray, y + 3.0 * self.share());
            seen.push(Detection {
                class: self.class.clone(),
                score: (0.3 + 0.7 * self.share()) as f32,
                bbox: PixelBox::new(x as f32, y as f32, x as f32 + 40.0, y as f32 + 100.0),
            });
        }
        seen
    }
}

fn follow(tracker: &mut Tracker, looks: &[Vec<Detection>], from: usize) {
    for (index, detections) in looks.iter().enumerate() {
        let pts = MediaTime::from_secs_f64((from + index) as f64 / LOOKS_A_SECOND);
        black_box(tracker.step(pts, detections));
    }
}

fn bench(criterion: &mut Criterion) {
    for (name, crowding) in [("equal crowding", true), ("one picture", false)] {
        let mut group = criterion.benchmark_group(format!("track 100 frames, {name}"));
        group.sample_size(10);
        for count in [30, 100, 300] {
            let width = if crowding { 1920.0 * count as f64 / 30.0 } else { 1920.0 };
            let mut street = Street::new(count, width);
            let warm: Vec<_> = (0..WARM_LOOKS).map(|_| street.look()).collect();
            let looks: Vec<_> = (0..MEASURED_LOOKS).map(|_| street.look()).collect();
            let begun = || {
                let mut tracker = Tracker::new(TrackerConfig::default(), 1);
                follow(&mut tracker, &warm, 0);
                tracker
            };
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter_batched(
                    begun,
                    |mut tracker| follow(&mut tracker, &looks, WARM_LOOKS),
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
