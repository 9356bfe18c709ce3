//! Surveys of cameras that we made: what noise does, and what a wrong digit does.

use super::*;
use crate::domain::pixel::{PixelPoint, PixelSize};
use nalgebra::Vector3;
use rand::{RngExt, SeedableRng, rngs::StdRng};

const FRAME: PixelSize = PixelSize { width_px: 1920, height_px: 1080 };

/// 6 m up, looking north and 25 degrees down.
fn truth() -> CameraModel {
    let (sin, cos) = 25f64.to_radians().sin_cos();
    let rotation = [[1.0, 0.0, 0.0], [0.0, -sin, -cos], [0.0, cos, -sin]];
    CameraModel {
        lens: Lens {
            fx: 1500.0,
            fy: 1500.0,
            cx: 970.0,
            cy: 533.0,
            distortion: [-0.12, 0.02, 0.0, 0.0, 0.0],
        },
        pose: Pose::new(rotation, [0.0, 0.0, 6.0]).unwrap(),
    }
}

/// A rough guess, as a solver without the lens would give.
fn rough(_: &[SurveyPoint], lens: &Lens) -> Option<Pose> {
    (lens.fx < 3000.0).then(|| {
        let by = [0.03, -0.02, 0.02, 0.5, -0.4, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        truth().moved(&by).pose
    })
}

fn normal(rng: &mut StdRng) -> f64 {
    // Twelve uniform numbers: as normal as a test needs.
    (0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0
}

fn survey(rng: &mut StdRng, pixel_noise_px: f64, survey_noise_metres: f64) -> Survey {
    let world = [
        [-4.0, 8.0, 0.0],
        [4.5, 9.0, 0.15],
        [-7.0, 15.0, 0.0],
        [8.0, 17.0, 0.15],
        [1.0, 12.0, 0.0],
        [-3.0, 26.0, 3.0],
        [6.0, 24.0, 2.2],
        [0.0, 21.0, 0.0],
    ];
    let points = world.map(|at| {
        let world = Vector3::from(at);
        let pixel = truth().pixel(&world).unwrap();
        let mut noisy = |value: f64, sigma: f64| value + sigma * normal(rng);
        SurveyPoint {
            image: PixelPoint {
                x: noisy(pixel.x, pixel_noise_px),
                y: noisy(pixel.y, pixel_noise_px),
            },
            world: world.map(|metres| noisy(metres, survey_noise_metres)),
        }
    });
    let (pixel_noise_px, survey_noise_metres) =
        (pixel_noise_px.max(0.1), survey_noise_metres.max(0.003));
    Survey { frame: FRAME, points: points.to_vec(), pixel_noise_px, survey_noise_metres }
}

#[test]
fn a_survey_without_noise_gives_the_camera_back() {
    let solved = solve(&survey(&mut StdRng::seed_from_u64(1), 0.0, 0.0), &rough).unwrap();
    let (found, true_camera) = (solved.fit.model, truth());
    assert!((found.pose.position - true_camera.pose.position).norm() < 0.05, "{found:?}");
    assert!(solved.fit.rms_px() < 0.1, "{}", solved.fit.rms_px());
    assert!(solved.fit.plausibility() > 0.5);
}

/// Errors of the parameters, in units of what the covariance says, have the size that they should.
#[test]
fn the_covariance_is_as_large_as_the_errors() {
    let (mut squares, mut surveys) = (0.0, 0.0);
    for seed in 0..24 {
        let survey = survey(&mut StdRng::seed_from_u64(seed), 1.0, 0.03);
        let fit = fit_camera(&survey, truth()).unwrap();
        for axis in 0..3 {
            let off = fit.model.pose.position[axis] - truth().pose.position[axis];
            squares += off * off / fit.covariance[(3 + axis, 3 + axis)];
        }
        surveys += 1.0;
    }
    let ratio = squares / (3.0 * surveys);
    assert!((0.4..1.8).contains(&ratio), "{ratio}");
}

#[test]
fn a_mistyped_digit_is_named_and_a_little_noise_is_not() {
    let sound = survey(&mut StdRng::seed_from_u64(7), 1.0, 0.03);
    assert!(solve(&sound, &rough).is_ok());
    for (index, off) in [(1, Vector3::new(2.0, 0.0, 0.0)), (6, Vector3::new(0.0, 0.0, 1.0))] {
        let mut spoiled = sound.clone();
        spoiled.points[index].world += off;
        match solve(&spoiled, &rough) {
            Err(Refused::Outlier(suspect)) => assert_eq!(suspect.index, index),
            other => panic!("point {index}: {other:?}"),
        }
    }
}

#[test]
fn four_points_are_too_few() {
    let mut few = survey(&mut StdRng::seed_from_u64(1), 0.0, 0.0);
    few.points.truncate(4);
    assert_eq!(solve(&few, &rough), Err(Refused::TooFewPoints { given: 4 }));
}

#[test]
fn one_entry_stands_out_only_if_no_other_does() {
    assert_eq!(find_suspect(100.0, &[99.0, 2.0, 95.0]), Some(1));
    assert_eq!(find_suspect(100.0, &[99.0, 20.0, 22.0]), None);
    assert_eq!(find_suspect(10.0, &[9.0, 8.0, 9.5]), None);
    assert_eq!(find_suspect(f64::INFINITY, &[f64::INFINITY, 3.0]), Some(1));
    assert_eq!(find_suspect(1.0, &[]), None);
}
