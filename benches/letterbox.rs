//! What one analysed frame costs before and beside the network: tensor, health, changes of the scene (at
//! five frames a second, of which two thirds are not looked at), one thread.
//!
//! `cargo bench --bench letterbox`

use criterion::{Criterion, criterion_group, criterion_main};
use gridwarden::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        frame::{ColourMatrix, Frame, FrameStamp, OwnedImage},
        health::Settings,
        letterbox::{ChannelOrder, TensorSpec},
        pixel::{PixelBox, PixelSize},
        scene_change::{ChangeKind, Watch},
        seams::TensorMaker,
        wire::CameraCondition,
    },
    drivers::vision::{
        change::{ChangeMeter, Known},
        snapshot::{self, Annotations},
        tensor::PlaneTensorMaker,
    },
    roles::edge::watch::HealthWatch,
};
use std::{hint::black_box, sync::Arc, time::Duration};

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

/// A street with a thing in it and two people who are known; `all` looks for smoke as well.
fn changes(c: &mut Criterion) {
    const EVERY: Duration = Duration::from_millis(200);
    for (width_px, height_px) in SIZES {
        for (name, kinds) in [("things", &ChangeKind::ALL[..3]), ("all", &ChangeKind::ALL[..])] {
            let classes: Vec<_> =
                kinds.iter().map(|kind| kind.class_name().parse().expect("a class")).collect();
            let mut meter = ChangeMeter::new(Watch::for_classes(&classes, 100 * EVERY));
            let (mut before, mut after) = (frame(width_px, height_px), frame(width_px, height_px));
            let people = [100.0, 400.0].map(|x| PixelBox::new(x, 200.0, x + 60.0, 380.0));
            let known = Known { things: &people, held: &[] };
            for number in 0..100 {
                before.stamp.pts = MediaTime::ZERO.plus(EVERY * number);
                meter.look(&before, &known).expect("planes that fit");
            }
            after.image = Arc::new(with_thing(&before));
            let mut number = 100;
            c.bench_function(&format!("changes_{name}/{width_px}x{height_px}_a_frame"), |b| {
                b.iter(|| {
                    after.stamp.pts = MediaTime::ZERO.plus(EVERY * number);
                    number += 1;
                    meter.look(black_box(&after), &known).map(<[_]>::len)
                });
            });
        }
    }
}

fn with_thing(frame: &Frame) -> OwnedImage {
    let planes = frame.image.planes();
    let (width, height) = (planes.size.width_px as usize, planes.size.height_px as usize);
    let mut luma = planes.y.to_vec();
    for row in height / 2..height / 2 + height / 8 {
        luma[row * width + width / 2..][..width / 10].fill(if row % 16 < 8 { 40 } else { 200 });
    }
    let planes_of = [luma, planes.u.to_vec(), planes.v.to_vec()];
    OwnedImage::new(planes.size, planes_of, planes.matrix, false).expect("planes that fit")
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
    targets = tensor, health, changes, snapshots
}
criterion_main!(benches);
