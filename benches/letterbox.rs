//! What one analysed frame costs before the network: tensor and health, one thread.
//!
//! `cargo bench --bench letterbox`

use criterion::{Criterion, criterion_group, criterion_main};
use gridwarden::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        frame::{ColourMatrix, Frame, FrameStamp, OwnedImage},
        health::Settings,
        letterbox::{ChannelOrder, TensorSpec},
        pixel::PixelSize,
        seams::TensorMaker,
        wire::CameraCondition,
    },
    drivers::vision::{
        snapshot::{self, Annotations},
        tensor::PlaneTensorMaker,
    },
    roles::edge::watch::HealthWatch,
};
use std::{hint::black_box, sync::Arc};

const SIZES: [(u32, u32); 2] = [(1920, 1080), (768, 576)];

fn frame(width_px: u32, height_px: u32) -> Frame {
    let plane = |samples: u32, step: u32| (0..samples).map(|i| (i * step / 7) as u8).collect();
    of_planes(width_px, height_px, plane(width_px * height_px, 3))
}

/// Blocks of many greys, as houses and cars are; another view for another seed.
fn street(width_px: u32, height_px: u32, seed: u32) -> Frame {
    let grey = |i: u32| {
        let (x, y) = (i % width_px * 26 / width_px, i / width_px * 20 / height_px);
        (20 + (x * 37 * seed + y * 91 + x * y * seed) % 200) as u8
    };
    of_planes(width_px, height_px, (0..width_px * height_px).map(grey).collect())
}

fn of_planes(width_px: u32, height_px: u32, luma: Vec<u8>) -> Frame {
    let size = PixelSize { width_px, height_px };
    let plane = |samples: u32, step: u32| (0..samples).map(|i| (i * step / 7) as u8).collect();
    let chroma = width_px.div_ceil(2) * height_px.div_ceil(2);
    let planes = [luma, plane(chroma, 5), plane(chroma, 2)];
    let image = OwnedImage::new(size, planes, ColourMatrix::Bt709, false).expect("planes that fit");
    let stamp = FrameStamp {
        pts: MediaTime::ZERO,
        captured_at: WallTime::from_unix_millis(0),
        clock: ClockQuality::Arrival,
        size,
    };
    Frame { stamp, image: Arc::new(image) }
}

fn tensor(c: &mut Criterion) {
    let spec = TensorSpec {
        size: PixelSize { width_px: 640, height_px: 384 },
        channel_order: ChannelOrder::Bgr,
        scale: 1.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        letterbox_value: 114.0,
    };
    let mut tensor = vec![0.0; spec.len()];
    for (width_px, height_px) in SIZES {
        let (frame, mut maker) = (frame(width_px, height_px), PlaneTensorMaker::new());
        c.bench_function(&format!("tensor/{width_px}x{height_px}_to_640x384"), |b| {
            b.iter(|| maker.fill(black_box(&frame), &spec, black_box(&mut tensor)));
        });
    }
}

fn health(c: &mut Criterion) {
    for (width_px, height_px) in SIZES {
        // Of another view than the one that was learnt, the shift is looked for in each frame.
        for (name, seed) in [("health", 1), ("health_view_lost", 2)] {
            let mut watch = HealthWatch::new(Settings::default());
            let here = street(width_px, height_px, 1);
            let there = street(width_px, height_px, seed);
            let mut nanos = 0;
            let mut look = |frame: &Frame| {
                nanos += 200_000_000;
                let stamp = FrameStamp { pts: MediaTime::from_nanos(nanos), ..frame.stamp };
                watch.look(black_box(&Frame { stamp, ..frame.clone() })).condition
            };
            for _ in 0..6 {
                look(&here);
            }
            let condition = if seed == 1 { CameraCondition::Ok } else { CameraCondition::Moved };
            // Twice, and the picture does not stand still yet.
            assert_eq!((look(&there), look(&there)), (condition, condition), "{name}");
            c.bench_function(&format!("{name}/{width_px}x{height_px}"), |b| {
                b.iter(|| look(&there))
            });
        }
    }
}

fn snapshots(c: &mut Criterion) {
    for (width_px, height_px) in SIZES {
        let frame = frame(width_px, height_px);
        c.bench_function(&format!("snapshot/{width_px}x{height_px}_both_jpegs"), |b| {
            b.iter(|| snapshot::take(black_box(&frame), &[], &Annotations::default()));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = tensor, health, snapshots
}
criterion_main!(benches);
