//! Every rendered clip: faults are seen from their first seconds on, and nothing else is a fault.

use crate::support::{Camera, clip, frames, root, truth};
use gridwarden::domain::wire::CameraCondition::{self, Black, Blurred, Covered, Frozen, Moved, Ok};
use std::path::{Path, PathBuf};

const FPS: f64 = 5.0;
/// Of clean footage, for the sake of the test's time: media time counts, not frames.
const CLEAN_FPS: f64 = 2.5;

/// Frames of a clean footage that were doubted; none may be told.
fn doubted(path: &Path, secs_max: u64) -> (usize, usize) {
    let mut camera = Camera::new(CLEAN_FPS);
    let (mut doubted, mut all) = (0, 0);
    for frame in frames(path, CLEAN_FPS, secs_max) {
        // Gaps stay gaps.
        camera.secs = frame.stamp.pts.as_secs_f64();
        let (condition, picture) = camera.show(&frame);
        if condition != Ok {
            println!("{} at {:.1} s: {condition:?} {picture:?}", path.display(), camera.secs);
        }
        doubted += usize::from(condition != Ok);
        all += 1;
        assert!(
            matches!(camera.told(), None | Some(Ok)),
            "{}: {:?}",
            path.display(),
            camera.told()
        );
    }
    println!("{}: {doubted} of {all} frames doubted", path.display());
    (doubted, all)
}

#[test]
fn no_fault_is_seen_on_a_camera_without_one() {
    let names = [
        "quiet_day",
        "quiet_night",
        "umbrella_rain",
        "stall_dusk",
        "bin_day",
        "crowd_day",
        "parking_day",
        "unloading_day",
        "stall_junction",
        "fault_clock",
        "fault_dropped",
    ];
    for name in names {
        let (doubted, all) = doubted(&clip(name), 60);
        assert_eq!(doubted, 0, "{name}: of {all}");
    }
    let (doubted, all) = doubted(&root().join("tests/scenes/street.mp4"), 78);
    assert_eq!(doubted, 0, "the demonstration clip: of {all}");
}

/// Real cameras. A plain floor that cars fill, and streets full of traffic, among them.
#[test]
fn no_fault_is_told_of_real_cameras() {
    let shared =
        std::env::var_os("GRIDWARDEN_SHARED").map_or(root().join("../shared"), PathBuf::from);
    let footage = [
        root().join(".build/footage/vtest.mp4"),
        shared.join("data/videos/bgslib_video03_road.avi"),
        shared.join("data/videos/opendatacam_stuttgart_junction.mp4"),
        shared.join("data/videos/pets09_s2l1_f0-399.mp4"),
        shared.join("data/videos/otvision_cars-cyclist.mp4"),
        shared.join("data/videos/intel_car-detection.mp4"),
    ];
    for path in footage {
        if !path.exists() {
            println!("skipped: {} is absent", path.display());
            continue;
        }
        let (doubted, all) = doubted(&path, 40);
        assert!(doubted * 20 <= all, "{}: {doubted} of {all}", path.display());
    }
}

#[test]
fn each_fault_is_seen_at_once_told_within_a_minute_and_withdrawn() {
    for (name, expected) in [
        ("fault_covered", Covered),
        ("fault_moved", Moved),
        ("fault_blurred", Blurred),
        ("fault_frozen", Frozen),
        ("fault_black", Black),
    ] {
        let truth = truth(name);
        let (from, until) = (
            truth["faults"][0]["t_secs"].as_f64().unwrap(),
            truth["faults"][0]["until_secs"].as_f64().unwrap(),
        );
        let all = frames(&clip(name), FPS, 60);
        let at =
            |secs: f64| all.partition_point(|frame| frame.stamp.pts.as_secs_f64() < secs - 0.1);
        let mut camera = Camera::new(FPS);
        for frame in &all[..at(from)] {
            let (condition, picture) = camera.show(frame);
            assert_eq!(condition, Ok, "{name} at {:.1} s: {picture:?}", camera.secs);
        }
        // The faults set in slowly, and that a picture stands still takes some time to tell.
        let onset_secs = if expected == Frozen { 4.0 } else { 2.0 };
        let began = camera.secs;
        let mut told: Option<(f64, CameraCondition)> = None;
        let mut look = |camera: &mut Camera, frame| {
            let (condition, picture) = camera.show(frame);
            if camera.secs > began + onset_secs {
                assert_eq!(condition, expected, "{name} at {:.1} s: {picture:?}", camera.secs);
            }
            if camera.told() != Some(Ok) {
                told.get_or_insert((camera.secs - began, camera.told().unwrap()));
            }
            told.is_some()
        };
        let mut is_told = false;
        for frame in &all[at(from)..at(until)] {
            is_told = look(&mut camera, frame);
        }
        // The clip is over; the fault goes on with its last five seconds, a frozen one with its last.
        let last = if expected == Frozen { at(until) - 1 } else { at(until - 5.0) };
        for frame in all[last..at(until)].iter().cycle() {
            if is_told || camera.secs > began + 60.0 {
                break;
            }
            is_told = look(&mut camera, frame);
        }
        let (secs, condition) = told.expect(name);
        println!("{name}: told after {secs:.1} s");
        assert_eq!(condition, expected, "{name}");
        assert!(secs <= 60.0, "{name}: {secs}");
        // The cloth is taken off.
        let cleared = camera.told_after(&all[..at(from)], 60.0, |_| {});
        let (secs, condition) = cleared.expect(name);
        assert_eq!(condition, Ok, "{name}");
        assert!(secs < 15.0, "{name}: {secs}");
    }
}

/// What the numbers say of a view must not depend on the light it is seen in.
#[test]
fn another_time_of_day_is_the_same_view_and_another_street_is_not() {
    let share = |before: &str, after: &str| -> (f32, Vec<CameraCondition>) {
        let mut camera = Camera::new(FPS);
        camera.plays(&frames(&clip(before), FPS, 10), 10.0, |_| {});
        camera.watch.another_footage();
        let (mut lost, mut seen) = (Vec::new(), Vec::new());
        for frame in frames(&clip(after), FPS, 8) {
            let (condition, picture) = camera.show(&frame);
            seen.push(condition);
            lost.push(picture.view.unwrap().lost_share);
        }
        lost.sort_by(f32::total_cmp);
        (lost[lost.len() / 2], seen)
    };
    for (before, after) in [
        ("quiet_day", "quiet_night"),
        ("quiet_night", "umbrella_rain"),
        ("umbrella_rain", "stall_dusk"),
        ("stall_dusk", "quiet_day"),
    ] {
        let (lost, seen) = share(before, after);
        println!("{before} -> {after}: {lost:.2} lost");
        assert!(
            lost < 0.6 && seen.iter().all(|seen| *seen == Ok),
            "{before} {after} {lost} {seen:?}"
        );
    }
    for (before, after) in [("quiet_day", "fault_clock"), ("crowd_day", "quiet_day")] {
        let (lost, seen) = share(before, after);
        println!("{before} -> {after}: {lost:.2} lost");
        assert!(
            lost > 0.9 && seen.iter().all(|seen| *seen == Moved),
            "{before} {after} {lost} {seen:?}"
        );
    }
}
