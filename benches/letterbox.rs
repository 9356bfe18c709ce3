//! What one analysed frame costs before the network: tensor and health, one thread.
//!
//! `cargo bench --bench letterbox`

use criterion::{Criterion, criterion_group, criterion_main};
use gridwarden::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        frame::{ColourMatrix, Frame, FrameStamp, OwnedImage},
        letterbox::{ChannelOrder, TensorSpec},
        pixel::PixelSize,
        seams::TensorMaker,
    },
    drivers::vision::{
        health::HealthMeter,
        snapshot::{self, Annotations},
        tensor::PlaneTensorMaker,
    },
};
use std::{hint::black_box, sync::Arc};

const SIZES: [(u32, u32); 2] = [(1920, 1080), (768, 576)];

fn frame(width_px: u32, height_px: u32) -> Frame {
    let size = PixelSize { width_px, height_px };
    let plane = |samples: u32, step: u32| (0..samples).map(|i| (i * step / 7) as u8).collect();
    let chroma = width_px.div_ceil(2) * height_px.div_ceil(2);
    let planes = [plane(width_px * height_px, 3), plane(chroma, 5), plane(chroma, 2)];
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
        let (frame, mut meter) = (frame(width_px, height_px), HealthMeter::new());
        c.bench_function(&format!("health/{width_px}x{height_px}"), |b| {
            b.iter(|| meter.measure(black_box(&frame)));
        });
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
