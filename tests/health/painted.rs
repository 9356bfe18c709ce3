//! What no clip shows, painted onto a quiet street: drops, glare, infrared, a bump, a lorry.

use crate::support::{Camera, Canvas, clip, frames};
use gridwarden::domain::{
    frame::Frame,
    health::View,
    wire::CameraCondition::{self, Blurred, Covered, Moved, Ok, Overexposed, RainOnLens},
};

/// Slow, for the sake of the test's time: the engine must not care.
const FPS: f64 = 1.0;

fn street() -> Vec<Frame> {
    frames(&clip("quiet_day"), FPS, 40)
}

/// A camera that has seen the street for a minute and more.
fn settled(street: &[Frame]) -> Camera {
    let mut camera = Camera::new(FPS);
    assert!(camera.plays(street, 65.0, |_| {}).iter().all(|condition| *condition == Ok));
    assert_eq!(camera.told(), Some(Ok));
    camera
}

/// Blurred by moving means, `radius` px, twice: near enough a lens out of focus.
fn blur(canvas: &mut Canvas, radius: usize, share: impl Fn(usize, usize) -> f32) {
    let (width, height) = (canvas.width, canvas.height);
    let mut soft: Vec<f32> = canvas.y.iter().map(|luma| f32::from(*luma)).collect();
    for _ in 0..2 {
        for (step, lines, length) in [(1, height, width), (width, width, height)] {
            let lead = if step == 1 { width } else { 1 };
            for line in 0..lines {
                let at = |index: usize| line * lead + index.min(length - 1) * step;
                let row: Vec<f32> = (0..length).map(|index| soft[at(index)]).collect();
                let mut sum: f32 = (0..2 * radius + 1).map(|i| row[i.saturating_sub(radius)]).sum();
                for index in 0..length {
                    soft[at(index)] = sum / (2 * radius + 1) as f32;
                    let out = row[index.saturating_sub(radius)];
                    sum += row[(index + radius + 1).min(length - 1)] - out;
                }
            }
        }
    }
    for (index, luma) in canvas.y.iter_mut().enumerate() {
        let share = share(index % width, index / width);
        *luma = (f32::from(*luma) * (1.0 - share) + soft[index] * share).round() as u8;
    }
}

fn drops(canvas: &mut Canvas) {
    // From the left and the top, and the radius, as shares of the width and the height.
    const DROPS: [(f32, f32, f32); 9] = [
        (0.1, 0.3, 0.06),
        (0.27, 0.72, 0.08),
        (0.36, 0.25, 0.06),
        (0.5, 0.52, 0.08),
        (0.62, 0.82, 0.07),
        (0.7, 0.35, 0.08),
        (0.84, 0.62, 0.07),
        (0.92, 0.2, 0.06),
        (0.12, 0.9, 0.06),
    ];
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    blur(canvas, 12, |x, y| {
        let inside = |(left, top, radius): &(f32, f32, f32)| {
            let away = (x as f32 - left * width).hypot(y as f32 - top * height);
            ((radius * width - away) / 4.0).clamp(0.0, 1.0)
        };
        DROPS.iter().map(inside).fold(0.0, f32::max)
    });
}

fn glare(canvas: &mut Canvas) {
    for luma in &mut canvas.y {
        *luma = (f32::from(*luma) * 2.4 + 90.0).min(255.0) as u8;
    }
}

/// A scarf of a coarse weave, out of focus, close to the lens.
fn scarf(canvas: &mut Canvas) {
    let width = canvas.width;
    for (index, luma) in canvas.y.iter_mut().enumerate() {
        let (x, y) = (index % width, index / width);
        *luma = (90.0 + 35.0 * (x as f32 / 30.0).sin() * (y as f32 / 22.0).cos()) as u8;
    }
}

/// The side of a lorry before most of the view: panels, a stripe, letters.
fn lorry(canvas: &mut Canvas) {
    let (width, height) = (canvas.width, canvas.height);
    for y in height / 16..height * 15 / 16 {
        for x in width / 40..width * 39 / 40 {
            let panel = if x % 120 < 2 { 60 } else { 190 };
            let letters = y > height / 3 && y < height / 2 && (x / 14 + y / 20) % 3 == 0;
            canvas.y[y * width + x] = if letters { 40 } else { panel };
        }
    }
}

fn shifted(canvas: &mut Canvas, right: usize, down: usize) {
    for (plane, step) in [(&mut canvas.y, 1), (&mut canvas.u, 2), (&mut canvas.v, 2)] {
        let (width, height) = (canvas.width / step, canvas.height / step);
        let before = plane.clone();
        for y in 0..height {
            for x in 0..width {
                let from = y.saturating_sub(down / step) * width + x.saturating_sub(right / step);
                plane[y * width + x] = before[from];
            }
        }
    }
}

/// Without colour, lit by the camera's own lamp: bright in the middle, dark at the edges.
fn infrared(canvas: &mut Canvas) {
    canvas.u.fill(128);
    canvas.v.fill(128);
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    for (index, luma) in canvas.y.iter_mut().enumerate() {
        let (x, y) = ((index % canvas.width) as f32, (index / canvas.width) as f32);
        let away = (x / width - 0.5).hypot(y / height - 0.6);
        *luma = (30.0 + (f32::from(*luma) - 30.0).max(0.0) * (1.1 - 1.3 * away)).max(16.0) as u8;
    }
}

fn darker(share: f32) -> impl Fn(&mut Canvas) {
    move |canvas| {
        for luma in &mut canvas.y {
            *luma = (16.0 + (f32::from(*luma) - 16.0) * share).max(0.0) as u8;
        }
        for chroma in canvas.u.iter_mut().chain(&mut canvas.v) {
            *chroma = (128.0 + (f32::from(*chroma) - 128.0) * share) as u8;
        }
    }
}

/// What happens to each picture.
type Paint<'a> = &'a dyn Fn(&mut Canvas);

#[test]
fn faults_that_no_clip_shows_are_told_within_a_minute_and_withdrawn() {
    let street = street();
    let out_of_focus = |canvas: &mut Canvas| blur(canvas, 3, |_, _| 1.0);
    let turned = |canvas: &mut Canvas| shifted(canvas, 60, 24);
    let faults: [(Paint<'_>, CameraCondition); 5] = [
        (&drops, RainOnLens),
        (&glare, Overexposed),
        (&scarf, Covered),
        (&out_of_focus, Blurred),
        (&turned, Moved),
    ];
    for (paint, expected) in faults {
        let mut camera = settled(&street);
        let told = camera.told_after(&street, 70.0, paint);
        let (secs, condition) = told.unwrap_or_else(|| panic!("{expected:?} is not told"));
        println!("{expected:?} told after {secs:.1} s");
        assert_eq!(condition, expected);
        assert!(secs <= 60.0, "{expected:?}: {secs}");
        let (secs, condition) = camera.told_after(&street, 60.0, |_| {}).unwrap();
        assert_eq!(condition, Ok);
        assert!(secs < 30.0, "{expected:?}: withdrawn after {secs}");
    }
}

#[test]
fn a_lorry_before_the_lens_for_twenty_seconds_is_doubted_but_not_told() {
    let street = street();
    let mut camera = settled(&street);
    let seen = camera.plays(&street, 20.0, lorry);
    assert!(seen.iter().all(|condition| *condition != Ok), "{seen:?}");
    assert_eq!(camera.told(), Some(Ok));
    let after = camera.plays(&street, 30.0, |_| {});
    assert!(after[1..].iter().all(|condition| *condition == Ok), "{after:?}");
    assert_eq!(camera.told(), Some(Ok));
}

#[test]
fn a_bump_of_eight_pixels_is_found_and_tolerated() {
    let street = street();
    let mut camera = settled(&street);
    let seen = camera.plays(&street, 60.0, |canvas| shifted(canvas, 8, 4));
    assert!(seen.iter().all(|condition| *condition == Ok), "{seen:?}");
    let (_, picture) = camera.show(&Frame {
        image: std::sync::Arc::new(crate::support::owned(&street[0], |canvas| {
            shifted(canvas, 8, 4);
        })),
        ..street[0].clone()
    });
    let View { shift, lost_share, .. } = picture.view.unwrap();
    let px = shift.map(|share| share * 640.0);
    assert!((px[0] - 8.0).abs() <= 2.0 && (px[1] - 4.0).abs() <= 2.0, "{px:?}");
    assert!(lost_share < 0.2, "{lost_share}");
}

#[test]
fn the_switch_to_infrared_is_no_fault_and_a_turn_by_night_is_one() {
    let street = street();
    let mut camera = settled(&street);
    let seen = camera.plays(&street, 90.0, infrared);
    let doubted = seen.iter().filter(|condition| **condition != Ok).count();
    println!("{doubted} frames doubted at the switch");
    assert!(doubted as f64 <= 5.0 * FPS, "{seen:?}");
    assert_eq!(camera.told(), Some(Ok));
    let turned = |canvas: &mut Canvas| {
        infrared(canvas);
        shifted(canvas, 60, 24);
    };
    let (secs, condition) = camera.told_after(&street, 70.0, turned).unwrap();
    assert_eq!(condition, Moved);
    assert!(secs <= 60.0, "{secs}");
    camera.plays(&street, 20.0, infrared);
    assert_eq!(camera.told(), Some(Ok));
    let morning = camera.plays(&street, 60.0, |_| {});
    assert!(morning[10..].iter().all(|condition| *condition == Ok), "{morning:?}");
    assert_eq!(camera.told(), Some(Ok));
}

#[test]
fn dusk_and_clouds_are_no_fault() {
    let street = street();
    let mut camera = settled(&street);
    // Clouds: darker by half from one second to the next, and back.
    for _ in 0..4 {
        for share in [0.5, 0.8, 1.0] {
            let seen = camera.plays(&street, 6.0, darker(share));
            assert!(seen.iter().all(|condition| *condition == Ok), "at {share}: {seen:?}");
        }
    }
    // Dusk, in three minutes.
    for step in 0..60 {
        let share = 1.0 - 0.85 * step as f32 / 60.0;
        let seen = camera.plays(&street, 3.0, darker(share));
        assert!(seen.iter().all(|condition| *condition == Ok), "at {share}: {seen:?}");
    }
}
