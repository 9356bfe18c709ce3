use super::*;
use crate::domain::{
    schedule::Schedule,
    taxonomy::{PersonConstraint, Subjects},
    wire::{EventData, Priority},
};
use std::time::Duration;

fn pattern() -> Pattern {
    Pattern {
        id: "bin_overflowing".parse().unwrap(),
        version: "1".into(),
        event: EventData {
            std: "GB/T 47678.5".into(),
            version: "2026".into(),
            code: "06042".into(),
            name_zh: "垃圾站（箱）满溢".into(),
            name_en: "overflowing bin".into(),
            local: false,
        },
        priority: Priority::Normal,
        suspected: false,
        families: Vec::new(),
        classes: vec!["bin_overflowing".parse().unwrap()],
        score_min: 0.4,
        subjects: Subjects::Each { stationary: true },
        person: PersonConstraint::Any,
        schedule: Schedule::default(),
        dwell: Duration::from_secs(30),
        gap_max: Duration::from_secs(5),
        unseen_max: Duration::ZERO,
        hit_ratio_min: 0.5,
        clear: Duration::from_secs(180),
        closure: Closure::default(),
        description_zh: String::new(),
        description_en: String::new(),
    }
}

fn footage(
    start: i64,
    frames: usize,
    condition: CameraCondition,
    holds: impl Fn(usize) -> bool,
) -> Footage {
    let at = |i: usize| WallTime::from_unix_millis(start + 200 * i as i64);
    Footage {
        from: at(0),
        to: at(frames),
        frames: (0..frames)
            .map(|i| FrameFinding {
                at: at(i),
                condition,
                showing: if holds(i) { Showing::Surely } else { Showing::Nothing },
                hindrance: None,
                view_share: None,
            })
            .collect(),
    }
}

fn ok(start: i64, frames: usize, holds: impl Fn(usize) -> bool) -> Footage {
    footage(start, frames, CameraCondition::Ok, holds)
}

fn postcheck(after: &[Footage], before: Option<&Footage>) -> Verdict {
    let model = ModelRef { id: "m".into(), sha256: "0".into() };
    let (kind, pattern) = (VerifyKind::Postcheck, &pattern());
    judge(&Question { kind, pattern, model, filed_by: None, after, before })
}

#[test]
fn an_emptied_bin_seen_twice_is_cleared() {
    let before = ok(0, 40, |_| true);
    let verdict =
        postcheck(&[ok(100_000, 20, |_| false), ok(200_000, 20, |_| false)], Some(&before));
    assert_eq!((verdict.verdict, verdict.reasons), (Outcome::Cleared, vec![Reason::NotFound]));
}

#[test]
fn a_full_bin_is_present() {
    let before = ok(0, 40, |_| true);
    let verdict = postcheck(&[ok(100_000, 20, |_| true), ok(200_000, 20, |_| true)], Some(&before));
    assert_eq!(verdict.verdict, Outcome::Present);
}

#[test]
fn found_in_one_frame_is_not_cleared() {
    let before = ok(0, 40, |_| true);
    let verdict =
        postcheck(&[ok(100_000, 20, |i| i == 3), ok(200_000, 20, |_| false)], Some(&before));
    assert_eq!(
        (verdict.verdict, verdict.reasons),
        (Outcome::Undeterminable, vec![Reason::FoundInFewFrames])
    );
}

#[test]
fn a_blind_camera_never_clears() {
    let before = ok(0, 40, |_| true);
    for (condition, reason) in [
        (CameraCondition::Black, Reason::Black),
        (CameraCondition::Covered, Reason::Covered),
        (CameraCondition::Blurred, Reason::Blurred),
        (CameraCondition::Frozen, Reason::Frozen),
        (CameraCondition::Moved, Reason::Moved),
        (CameraCondition::Overexposed, Reason::Overexposed),
        (CameraCondition::RainOnLens, Reason::RainOnLens),
    ] {
        let blind =
            [footage(1_000, 500, condition, |_| false), footage(9_000, 500, condition, |_| false)];
        let verdict = postcheck(&blind, Some(&before));
        assert_eq!(verdict.verdict, Outcome::Undeterminable);
        assert_eq!(verdict.reasons, [reason, Reason::TooFewValidFrames]);
    }
}

#[test]
fn one_sound_look_and_one_blind_look_are_not_two_looks() {
    let before = ok(0, 40, |_| true);
    let looks =
        [ok(100_000, 100, |_| false), footage(200_000, 100, CameraCondition::Black, |_| false)];
    assert_eq!(postcheck(&looks, Some(&before)).verdict, Outcome::Undeterminable);
}

#[test]
fn a_model_that_cannot_find_it_before_proves_nothing_after() {
    let clear = [ok(100_000, 20, |_| false), ok(200_000, 20, |_| false)];
    let failed = postcheck(&clear, Some(&ok(0, 40, |_| false)));
    assert_eq!(failed.reasons, [Reason::PositiveControlFailed]);
    assert_eq!(postcheck(&clear, None).reasons, [Reason::PositiveControlMissing]);
    let blind_before = footage(0, 40, CameraCondition::Black, |_| true);
    assert_eq!(postcheck(&clear, Some(&blind_before)).verdict, Outcome::Undeterminable);
}

#[test]
fn no_footage_is_no_verdict() {
    assert_eq!(postcheck(&[], None).reasons, [Reason::NoRecording]);
}

#[test]
fn an_event_that_video_cannot_clear_is_never_cleared() {
    let mut pattern = pattern();
    pattern.closure.by_video = false;
    let model = ModelRef { id: "m".into(), sha256: "0".into() };
    let after = [ok(100_000, 50, |_| false), ok(200_000, 50, |_| false)];
    let before = ok(0, 40, |_| true);
    let verdict = judge(&Question {
        kind: VerifyKind::Postcheck,
        pattern: &pattern,
        model,
        filed_by: None,
        after: &after,
        before: Some(&before),
    });
    assert_eq!(verdict.reasons, [Reason::NotDecidableByVideo]);
}

#[test]
fn footage_that_is_frozen_for_a_third_proves_nothing() {
    let mut after = [ok(60_000, 30, |_| false), ok(66_000, 30, |_| false)];
    for frame in after.iter_mut().flat_map(|footage| &mut footage.frames).step_by(3) {
        frame.condition = CameraCondition::Frozen;
    }
    let before = ok(0, 30, |_| true);
    let verdict = postcheck(&after, Some(&before));
    assert_eq!((verdict.verdict, verdict.reasons), (Outcome::Undeterminable, vec![Reason::Frozen]));
}

#[test]
fn the_match_of_the_views_is_the_median_and_needs_a_view_before() {
    let mut after = [ok(60_000, 30, |_| false), ok(66_000, 30, |_| false)];
    let before = ok(0, 30, |_| true);
    assert_eq!(postcheck(&after, Some(&before)).fov_match, None, "not measured");
    for (index, frame) in after.iter_mut().flat_map(|footage| &mut footage.frames).enumerate() {
        frame.view_share = Some(if index % 3 == 0 { 0.2 } else { 0.96 });
    }
    assert_eq!(postcheck(&after, Some(&before)).fov_match, Some(0.96));
    assert_eq!(postcheck(&after, None).fov_match, None);
}
