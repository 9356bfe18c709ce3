use super::*;
use crate::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{frame::FrameStamp, pixel::PixelSize},
};
use CameraCondition::{
    Black, Blurred, Covered, Frozen, Moved, Offline, Ok, Overexposed, RainOnLens,
};

const FPS: f64 = 5.0;

const VIEW: View = View {
    structured_share: 0.8,
    lost_share: 0.02,
    flat_share: 0.0,
    softness: 1.0,
    blobs: Blobs { share: 0.0, groups: 0, largest_share: 0.0 },
    shift: [0.0, 0.0],
    coloured_share: 0.4,
};

const GOOD: Picture = Picture {
    luma_mean: 110.0,
    luma_deviation: 40.0,
    white_share: 0.01,
    coloured_share: 0.4,
    sharpness: 300.0,
    change: Some(0.8),
    view: Some(VIEW),
};

const fn with(view: View) -> Picture {
    Picture { view: Some(view), ..GOOD }
}

const BLACK: Picture = Picture {
    luma_mean: 16.0,
    luma_deviation: 1.0,
    coloured_share: 0.0,
    view: Some(View { lost_share: 1.0, flat_share: 1.0, ..VIEW }),
    ..GOOD
};
const WHITE: Picture = Picture {
    luma_mean: 225.0,
    luma_deviation: 30.0,
    white_share: 0.7,
    view: Some(View { lost_share: 0.8, flat_share: 0.7, ..VIEW }),
    ..GOOD
};
const CLOTH: Picture = Picture {
    luma_mean: 40.0,
    luma_deviation: 12.0,
    view: Some(View { lost_share: 0.9, flat_share: 0.8, softness: 0.2, ..VIEW }),
    ..GOOD
};
const TURNED: Picture = with(View { lost_share: 0.95, flat_share: 0.13, softness: 0.85, ..VIEW });
const SOFT: Picture = with(View { lost_share: 0.05, softness: 0.07, ..VIEW });
const STILL: Picture = Picture { change: Some(0.002), ..GOOD };
const DROPS: Picture =
    with(View { blobs: Blobs { share: 0.12, groups: 8, largest_share: 0.3 }, ..VIEW });
/// Most of the view behind a lorry's side, which has letters and wheels.
const LORRY: Picture = with(View { lost_share: 0.85, flat_share: 0.4, ..VIEW });
const WHITE_LORRY: Picture = with(View { lost_share: 0.85, flat_share: 0.7, ..VIEW });

fn stamp(secs: f64) -> FrameStamp {
    FrameStamp {
        // Whole milliseconds: the engine adds up exactly.
        pts: MediaTime::from_nanos((secs * 1000.0).round() as u64 * 1_000_000),
        captured_at: wall(secs),
        clock: ClockQuality::Assigned,
        size: PixelSize { width_px: 640, height_px: 360 },
    }
}

fn wall(secs: f64) -> WallTime {
    WallTime::from_unix_millis((secs * 1000.0).round() as i64)
}

/// An engine and the second it is at.
struct Camera {
    engine: HealthEngine,
    secs: f64,
    fps: f64,
}

impl Camera {
    /// A minute and a half of good picture: the reference is established.
    fn settled() -> Self {
        let mut camera = Self::new(Settings::default());
        camera.shows(90.0, GOOD);
        assert_eq!(camera.public(), Ok);
        camera
    }

    fn new(settings: Settings) -> Self {
        Self { engine: HealthEngine::new(settings), secs: 0.0, fps: FPS }
    }

    fn frame(&mut self, picture: &Picture) -> Assessment {
        self.secs += 1.0 / self.fps;
        self.engine.step(&stamp(self.secs), picture)
    }

    /// Conditions of the frames of so many seconds.
    fn shows(&mut self, secs: f64, picture: Picture) -> Vec<CameraCondition> {
        let frames = (secs * self.fps).round() as usize;
        (0..frames).map(|_| self.frame(&picture).condition).collect()
    }

    fn learns(&mut self, secs: f64, picture: Picture) -> Vec<Learn> {
        let frames = (secs * self.fps).round() as usize;
        (0..frames).map(|_| self.frame(&picture).learn).collect()
    }

    fn public(&self) -> CameraCondition {
        self.engine.public().unwrap().condition
    }

    /// Seconds of `picture` until something else is told.
    fn told_after(&mut self, picture: Picture, secs_max: f64) -> Option<f64> {
        let (from, before) = (self.secs, self.public());
        while self.secs < from + secs_max {
            self.frame(&picture);
            if self.public() != before {
                return Some(((self.secs - from) * 1000.0).round() / 1000.0);
            }
        }
        None
    }
}

#[test]
fn every_fault_is_suspected_at_once_and_told_within_a_minute_then_withdrawn() {
    for (picture, condition) in [
        (BLACK, Black),
        (WHITE, Overexposed),
        (CLOTH, Covered),
        (TURNED, Moved),
        (SOFT, Blurred),
        (DROPS, RainOnLens),
    ] {
        for fps in [0.5, 1.0, 5.0, 25.0] {
            let mut camera = Camera { fps, ..Camera::settled() };
            assert_eq!(camera.frame(&picture).condition, condition, "the first frame at {fps}");
            assert_eq!(camera.public(), Ok, "one frame is no fault");
            let raise = FAULTS.iter().find(|f| f.condition == condition).unwrap().raise;
            let told = camera.told_after(picture, 60.0).unwrap();
            assert!((told - raise.as_secs_f64()).abs() <= 1.0 / fps + 0.3, "{condition:?} {told}");
            assert_eq!(camera.public(), condition);
            let cleared = camera.told_after(GOOD, 60.0).unwrap();
            assert!(cleared >= 5.0 && cleared <= 5.0 + 2.0 / fps, "{condition:?} {cleared}");
            assert_eq!(camera.public(), Ok);
        }
    }
}

#[test]
fn a_told_condition_says_since_when() {
    let mut camera = Camera::settled();
    let began = camera.secs;
    camera.shows(30.0, SOFT);
    let public = camera.engine.public().unwrap();
    assert_eq!((public.condition, public.since), (Blurred, wall(began + 0.2)));
    let cleared = camera.secs;
    camera.shows(30.0, GOOD);
    let public = camera.engine.public().unwrap();
    assert_eq!((public.condition, public.since), (Ok, wall(cleared + 0.2)));
}

#[test]
fn until_a_fault_is_withdrawn_no_frame_proves_anything() {
    let mut camera = Camera::settled();
    camera.shows(40.0, CLOTH);
    let after = camera.shows(6.0, GOOD);
    let blind = after.iter().take_while(|condition| **condition == Covered).count();
    assert_eq!(blind, 24, "4.8 s; the fifth second ends it: {after:?}");
    assert!(after[blind..].iter().all(|condition| *condition == Ok));
}

#[test]
fn one_lost_second_is_not_told_and_spoils_the_next() {
    for picture in [BLACK, WHITE, CLOTH, TURNED, SOFT] {
        let mut camera = Camera::settled();
        for _ in 0..40 {
            assert!(camera.shows(1.0, picture).iter().all(|condition| *condition != Ok));
            let after = camera.shows(9.0, GOOD);
            assert!(after[..4].iter().all(|condition| *condition != Ok), "{after:?}");
            assert!(after[4..].iter().all(|condition| *condition == Ok), "{after:?}");
            assert_eq!(camera.public(), Ok);
        }
    }
}

#[test]
fn a_lorry_before_the_lens_is_suspected_but_not_told() {
    for lorry in [LORRY, WHITE_LORRY] {
        let mut camera = Camera::settled();
        for _ in 0..20 {
            let seen = camera.shows(20.0, lorry);
            assert!(seen.iter().all(|condition| matches!(condition, Covered | Moved)));
            camera.shows(25.0, GOOD);
            assert_eq!(camera.public(), Ok);
        }
        assert!(camera.told_after(lorry, 60.0).is_some(), "one that stays hides the view");
    }
}

#[test]
fn traffic_that_fills_half_the_view_is_not_even_suspected() {
    let jam = with(View { lost_share: 0.55, flat_share: 0.3, softness: 0.7, ..VIEW });
    let parked = with(View { blobs: Blobs { share: 0.2, groups: 2, largest_share: 0.8 }, ..VIEW });
    for picture in [jam, parked] {
        assert!(Camera::settled().shows(600.0, picture).iter().all(|c| *c == Ok));
    }
}

#[test]
fn dusk_and_clouds_are_no_fault() {
    let mut camera = Camera::settled();
    for step in 0..3600 {
        let dark = step as f32 / 3600.0;
        let view = View { lost_share: 0.1 + 0.3 * dark, softness: 1.0 - 0.3 * dark, ..VIEW };
        let picture = Picture {
            luma_mean: 110.0 - 85.0 * dark,
            luma_deviation: 40.0 - 25.0 * dark,
            sharpness: 300.0 - 250.0 * dark,
            coloured_share: 0.4 - 0.3 * dark,
            view: Some(view),
            ..GOOD
        };
        assert_eq!(camera.frame(&picture).condition, Ok, "at {dark}");
    }
    let night = Picture { luma_mean: 17.0, luma_deviation: 25.0, ..GOOD };
    assert_eq!(camera.frame(&night).condition, Ok, "a dark street with lamps is not black");
    let sky = Picture { white_share: 0.55, ..GOOD };
    assert_eq!(camera.frame(&sky).condition, Ok, "a white sky over a street that is seen");
    let fog = Picture { luma_deviation: 6.0, ..GOOD };
    assert_eq!(camera.frame(&fog).condition, Ok, "pale, but all of it is there");
}

#[test]
fn the_switch_to_infrared_learns_the_view_anew_and_is_not_told() {
    let grey = Picture { coloured_share: 0.0, ..GOOD };
    let unlike = Picture { coloured_share: 0.0, ..TURNED };
    for picture in [grey, unlike] {
        let mut camera = Camera::settled();
        let learns = camera.learns(5.0, picture);
        let anew = learns.iter().position(|learn| *learn == Learn::Anew).unwrap();
        assert!((14..=15).contains(&anew), "after three seconds: {anew}");
        assert_eq!(camera.public(), Ok);
        // From then on the reference is grey, too.
        let night = Picture {
            coloured_share: 0.0,
            view: Some(View { coloured_share: 0.0, ..VIEW }),
            ..GOOD
        };
        let learns = camera.learns(600.0, night);
        assert!(learns.iter().all(|learn| *learn != Learn::Anew));
        assert_eq!(camera.public(), Ok);
        // And back in the morning.
        let day = Picture { view: night.view, ..GOOD };
        assert!(camera.learns(5.0, day).contains(&Learn::Anew));
        assert_eq!(camera.public(), Ok);
    }
}

#[test]
fn a_moment_without_colour_and_a_black_picture_are_no_infrared() {
    let mut camera = Camera::settled();
    for _ in 0..50 {
        let learns = camera.learns(2.0, Picture { coloured_share: 0.0, ..GOOD });
        assert!(learns.iter().all(|learn| *learn != Learn::Anew));
        camera.shows(1.0, GOOD);
    }
    for picture in [BLACK, Picture { coloured_share: 0.0, ..CLOTH }] {
        let learns = camera.learns(120.0, picture);
        assert!(learns.iter().all(|learn| *learn == Learn::Nothing));
    }
}

#[test]
fn a_bump_is_tolerated_and_a_shift_is_not() {
    let shifted = |px: f32| with(View { shift: [px / 640.0, 0.0], ..VIEW });
    assert!(Camera::settled().shows(120.0, shifted(8.0)).iter().all(|c| *c == Ok));
    let mut camera = Camera::settled();
    assert!(camera.shows(60.0, shifted(20.0)).iter().all(|c| *c == Moved));
    assert_eq!(camera.public(), Moved);
}

#[test]
fn a_turned_camera_stays_so_until_the_view_is_back() {
    let mut camera = Camera::settled();
    let learns = camera.learns(86_400.0, TURNED);
    assert!(learns.iter().all(|learn| *learn == Learn::Nothing));
    assert_eq!(camera.public(), Moved);
    camera.shows(6.0, GOOD);
    assert_eq!(camera.public(), Ok);
}

#[test]
fn a_turned_camera_is_taken_as_it_is_after_the_configured_time() {
    let relearn_after = Some(Duration::from_secs(3600));
    let mut camera = Camera::new(Settings { relearn_after });
    camera.shows(90.0, GOOD);
    let learns = camera.learns(3599.0, TURNED);
    assert!(learns.iter().all(|learn| *learn == Learn::Nothing));
    assert_eq!(camera.public(), Moved);
    assert!(camera.learns(2.0, TURNED).contains(&Learn::Anew));
    camera.shows(6.0, GOOD);
    assert_eq!(camera.public(), Ok);
}

#[test]
fn what_stood_before_the_lens_at_the_start_is_not_the_view_for_ever() {
    let mut camera = Camera::new(Settings::default());
    camera.shows(20.0, GOOD);
    // The lorry drives off.
    let learns = camera.learns(119.0, TURNED);
    assert!(learns.iter().all(|learn| *learn == Learn::Nothing));
    assert!(camera.learns(2.0, TURNED).contains(&Learn::Anew));
}

#[test]
fn the_reference_follows_good_pictures_only() {
    let mut camera = Camera::new(Settings::default());
    let first = camera.frame(&Picture { view: None, ..GOOD });
    assert_eq!(first.learn, Learn::Anew);
    let shares: Vec<f32> = camera
        .learns(600.0, GOOD)
        .into_iter()
        .filter_map(|learn| if let Learn::Blend(share) = learn { Some(share) } else { None })
        .collect();
    assert!((595..=600).contains(&shares.len()), "once a second: {}", shares.len());
    assert!(shares.windows(2).all(|pair| pair[1] <= pair[0]), "{shares:?}");
    assert!((shares.last().unwrap() - 1.0 / 121.0).abs() < 1e-3, "two minutes of memory");
    for picture in [BLACK, WHITE, CLOTH, TURNED] {
        let learns = camera.learns(3.0, picture);
        assert!(learns.iter().all(|learn| *learn == Learn::Nothing));
        camera.shows(10.0, GOOD);
    }
    // Soft for hours: light is followed, softness is not learnt.
    for picture in [SOFT, DROPS] {
        let learns = camera.learns(3600.0, picture);
        assert!(learns.iter().all(|learn| matches!(learn, Learn::Nothing | Learn::Light(_))));
        assert!(learns.iter().any(|learn| matches!(learn, Learn::Light(_))));
        camera.shows(10.0, GOOD);
    }
    // Nothing is learnt from a camera that starts blind.
    let mut blind = Camera::new(Settings::default());
    let learns = blind.learns(30.0, Picture { view: None, ..BLACK });
    assert!(learns.iter().all(|learn| *learn == Learn::Nothing));
    assert_eq!(blind.public(), Black);
}

#[test]
fn another_footage_must_meet_the_view_and_never_replaces_it() {
    let mut camera = Camera::settled();
    camera.engine.another_footage();
    assert_eq!(camera.engine.public(), None);
    assert_eq!(camera.shows(200.0, TURNED), [Moved; 1000]);
    let grey = Picture { coloured_share: 0.0, ..TURNED };
    for picture in [grey, GOOD] {
        assert!(camera.learns(60.0, picture).iter().all(|learn| *learn == Learn::Nothing));
    }
    let mut blind = Camera::new(Settings::default());
    blind.shows(10.0, Picture { view: None, ..BLACK });
    blind.engine.another_footage();
    let first = blind.frame(&Picture { view: None, ..GOOD });
    assert_eq!(first.learn, Learn::Anew, "there was nothing to see before");
}

#[test]
fn a_plain_reference_leaves_the_numbers_of_the_frame_alone() {
    let plain = View { structured_share: 0.06, lost_share: 1.0, flat_share: 1.0, ..VIEW };
    let shown_at = |picture: Picture| shown(&Picture { view: Some(plain), ..picture }, false);
    assert_eq!(shown_at(GOOD), None);
    assert_eq!(shown_at(Picture { luma_deviation: 4.0, ..GOOD }), Some(Covered));
    assert_eq!(shown_at(Picture { sharpness: 4.0, ..GOOD }), Some(Blurred));
    assert_eq!(shown_at(Picture { luma_mean: 8.0, luma_deviation: 2.0, ..GOOD }), Some(Black));
}

#[test]
fn faults_that_take_turns_are_told_within_a_minute() {
    let mut camera = Camera::settled();
    let from = camera.secs;
    let (mut told, mut turn) = (None, 0);
    while told.is_none() && camera.secs < from + 120.0 {
        camera.shows(1.0, [TURNED, SOFT, CLOTH][turn % 3]);
        turn += 1;
        told = (camera.public() != Ok).then_some(camera.secs - from);
    }
    assert!(told.is_some_and(|secs| secs <= 60.0), "{told:?}");
}

#[test]
fn a_worse_fault_takes_over_in_full_only() {
    let mut camera = Camera::settled();
    camera.shows(60.0, SOFT);
    assert_eq!(camera.public(), Blurred);
    camera.shows(5.0, BLACK);
    assert_eq!(camera.public(), Blurred);
    camera.shows(60.0, BLACK);
    assert_eq!(camera.public(), Black);
}

#[test]
fn lost_frames_are_evidence_for_nothing() {
    let mut camera = Camera::settled();
    for _ in 0..30 {
        camera.frame(&CLOTH);
        camera.secs += 15.0;
    }
    assert_eq!(camera.public(), Ok, "thirty frames, no time between them");
    // A gap of some seconds, as a bad line has them.
    let mut camera = Camera::settled();
    for _ in 0..30 {
        camera.secs += 4.0;
        assert!(camera.shows(2.0, GOOD).iter().all(|condition| *condition == Ok));
    }
    assert_eq!(camera.public(), Ok);
}

#[test]
fn a_lost_stream_is_offline_and_comes_back_as_it_was() {
    let mut camera = Camera::settled();
    camera.engine.offline(wall(95.0));
    camera.engine.offline(wall(105.0));
    let public = camera.engine.public().unwrap();
    assert_eq!((public.condition, public.since), (Offline, wall(95.0)));
    camera.secs = 200.0;
    assert_eq!(camera.frame(&GOOD).condition, Ok);
    assert_eq!(camera.public(), Ok);

    camera.shows(60.0, TURNED);
    camera.engine.offline(wall(300.0));
    camera.secs = 400.0;
    assert_eq!(camera.frame(&TURNED).condition, Moved);
    assert_eq!(camera.public(), Moved);
}

#[test]
fn a_frame_that_cannot_be_read_is_like_a_covered_one() {
    let mut camera = Camera::settled();
    for _ in 0..200 {
        camera.secs += 0.2;
        assert_eq!(camera.engine.unreadable(&stamp(camera.secs)).condition, Covered);
    }
    assert_eq!(camera.public(), Covered);
}

/// How many of so many frames at 5 a second count as frozen.
fn frozen(changes: impl Iterator<Item = f32>) -> usize {
    let mut camera = Camera::settled();
    let pictures = changes.map(|change| Picture { change: Some(change), ..GOOD });
    pictures.filter(|picture| camera.frame(picture).condition == Frozen).count()
}

#[test]
fn a_frozen_picture_is_told_also_when_it_is_encoded_again() {
    let mut camera = Camera::settled();
    assert_eq!(camera.told_after(STILL, 60.0).map(f64::round), Some(17.0));
    assert_eq!(camera.public(), Frozen);
    assert_eq!(frozen([0.001, 0.002, 0.0, 0.005, 0.001].into_iter().cycle().take(60)), 51);
    let key_frames = (0..60).map(|i| if i % 10 == 0 { 0.3 } else { 0.002 });
    assert!(frozen(key_frames) > 40, "a key frame every two seconds");
}

#[test]
fn slow_and_quiet_cameras_are_not_frozen() {
    let repeat = |changes: [f32; 5]| frozen(changes.into_iter().cycle().take(600));
    assert_eq!(repeat([0.0, 0.0, 0.0, 0.0, 0.3]), 0, "one frame a second, repeated");
    assert_eq!(repeat([0.1, 0.12, 0.1, 0.11, 0.1]), 0, "noise of a still scene");
    assert_eq!(repeat([0.0, 1.0, 1.0, 1.0, 0.9]), 0, "single repeated frames");
}
