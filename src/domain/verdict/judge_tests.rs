use super::*;
use crate::domain::{pixel::PixelBox, samples};

fn pattern() -> Pattern {
    Pattern { id: "bin_overflowing".parse().unwrap(), ..samples::pattern("bin_overflowing") }
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
                cover: None,
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

/// Frames of a gone thing, some of them hindered.
fn hindered(start: i64, frames: usize, by: impl Fn(usize) -> Option<Hindrance>) -> Footage {
    let mut footage = ok(start, frames, |_| false);
    for (number, frame) in footage.frames.iter_mut().enumerate() {
        frame.hindrance = by(number);
    }
    footage
}

#[test]
fn a_hindered_frame_is_no_evidence_of_absence_and_says_why() {
    let before = ok(0, 40, |_| true);
    for hindrance in [
        Hindrance::ZoneOccluded,
        Hindrance::OtherThingThere,
        Hindrance::BeingHandled,
        Hindrance::BinMissing,
        Hindrance::PlaceUnchanged,
        Hindrance::LowLight,
        Hindrance::Suspected,
        Hindrance::OutsideSchedule,
    ] {
        let looks = [60_000, 200_000].map(|start| hindered(start, 40, |_| Some(hindrance)));
        let verdict = postcheck(&looks, Some(&before));
        assert_eq!(verdict.verdict, Outcome::Undeterminable);
        assert_eq!(verdict.reasons, [hindrance.reason(), Reason::TooFewValidFrames]);
        assert_eq!((verdict.looks[0].hindered, verdict.looks[0].valid_frames), (40, 0));
        // A few such frames do not spoil the rest.
        let looks = [60_000, 200_000]
            .map(|start| hindered(start, 40, |number| (number < 3).then_some(hindrance)));
        assert_eq!(postcheck(&looks, Some(&before)).verdict, Outcome::Cleared);
    }
}

#[test]
fn a_lorry_that_the_detector_misses_now_and_then_is_still_there() {
    let before = ok(0, 40, |_| true);
    let some = |hindrance: Hindrance| {
        [60_000, 200_000]
            .map(|start| hindered(start, 60, |number| (number % 5 == 0).then_some(hindrance)))
    };
    let verdict = postcheck(&some(Hindrance::ZoneOccluded), Some(&before));
    assert_eq!(verdict.reasons, [Reason::ZoneOccluded, Reason::TooFewValidFrames]);
    // The other way round: a bin that is seen on most frames is there on all of them.
    let verdict = postcheck(&some(Hindrance::BinMissing), Some(&before));
    assert_eq!((verdict.verdict, verdict.looks[0].valid_frames), (Outcome::Cleared, 60));
}

#[test]
fn what_shows_faintly_is_neither_there_nor_gone() {
    let before = ok(0, 40, |_| true);
    let mut looks = [ok(60_000, 40, |_| true), ok(200_000, 40, |_| true)];
    let faint = |looks: &mut [Footage; 2], every: usize| {
        for frame in looks.iter_mut().flat_map(|look| &mut look.frames) {
            frame.showing = Showing::Faintly;
        }
        for frame in looks.iter_mut().flat_map(|look| &mut look.frames).step_by(every) {
            frame.showing = Showing::Surely;
        }
    };
    faint(&mut looks, 6);
    let verdict = postcheck(&looks, Some(&before));
    assert_eq!(
        (verdict.verdict, verdict.reasons),
        (Outcome::Undeterminable, vec![Reason::FoundFaintly])
    );
    faint(&mut looks, 4);
    assert_eq!(postcheck(&looks, Some(&before)).verdict, Outcome::Present);
    // A model that is as unsure of it before proves nothing.
    let clear = [ok(60_000, 40, |_| false), ok(200_000, 40, |_| false)];
    faint(&mut looks, 6);
    assert_eq!(postcheck(&clear, Some(&looks[0])).reasons, [Reason::PositiveControlFailed]);
}

#[test]
fn a_thing_that_somebody_is_clearing_is_not_reported_as_left() {
    let before = ok(0, 40, |_| true);
    let mut looks = [ok(60_000, 40, |_| true), ok(200_000, 40, |_| true)];
    for frame in looks.iter_mut().flat_map(|look| &mut look.frames) {
        frame.hindrance = Some(Hindrance::BeingHandled);
    }
    let verdict = postcheck(&looks, Some(&before));
    assert_eq!(verdict.reasons, [Reason::BeingHandled, Reason::TooFewValidFrames]);
    looks[0].frames.iter_mut().for_each(|frame| frame.hindrance = None);
    assert_eq!(postcheck(&looks, Some(&before)).verdict, Outcome::Present);
}

#[test]
fn absence_counts_in_the_hours_of_the_event_and_in_the_day_part_of_the_filing() {
    const HOUR: i64 = 3_600_000;
    // Midnight in UTC is eight in the morning.
    let judged = |pattern: &Pattern, filed: i64, looked: i64| {
        let before = ok(filed, 40, |_| true);
        let after = [ok(looked, 40, |_| false), ok(looked + 60_000, 40, |_| false)];
        let model = ModelRef { id: "m".into(), sha256: "0".into() };
        let (kind, before) = (VerifyKind::Postcheck, Some(&before));
        let question = Question { kind, pattern, model, filed_by: None, after: &after, before };
        judge(&question).reasons[0]
    };
    let mut evening = pattern();
    evening.schedule.hours = vec!["18:00-02:00".parse().unwrap()];
    assert_eq!(judged(&evening, 11 * HOUR, 12 * HOUR), Reason::NotFound);
    assert_eq!(judged(&evening, 11 * HOUR, 24 * HOUR), Reason::OutsideSchedule);
    let mut stall = pattern();
    stall.closure.daypart = Some(Duration::from_secs(4 * 3_600));
    assert_eq!(judged(&stall, 0, 3 * HOUR), Reason::NotFound);
    assert_eq!(judged(&stall, 0, 5 * HOUR), Reason::OutsideSchedule);
    assert_eq!(judged(&stall, 0, 23 * HOUR), Reason::NotFound, "the next morning, an hour earlier");
    assert_eq!(judged(&stall, 15 * HOUR, 18 * HOUR), Reason::NotFound, "over midnight");
}

#[test]
fn another_model_or_rule_needs_the_control_and_is_told_where_it_failed() {
    let after = [ok(60_000, 40, |_| false), ok(200_000, 40, |_| false)];
    let judged = |before: Option<&Footage>, model: &str, version: &str| {
        let filed_by = ModelRef { id: "m".into(), sha256: "0".into() };
        let rule = PatternData { version: version.into(), ..pattern().data() };
        judge(&Question {
            kind: VerifyKind::Postcheck,
            pattern: &pattern(),
            model: ModelRef { id: "m".into(), sha256: model.into() },
            filed_by: Some((filed_by, rule)),
            after: &after,
            before,
        })
        .reasons
    };
    let found = ok(0, 40, |_| true);
    assert_eq!(judged(Some(&found), "1", "2"), [Reason::NotFound], "both were run again");
    assert_eq!(judged(None, "0", "1"), [Reason::PositiveControlMissing]);
    assert_eq!(judged(None, "1", "1"), [Reason::PositiveControlMissing, Reason::ModelChanged]);
    let lost = ok(0, 40, |_| false);
    let reasons = [Reason::PositiveControlFailed, Reason::RuleChanged];
    assert_eq!(judged(Some(&lost), "0", "2"), reasons);
}

#[test]
fn what_is_seen_at_one_spot_now_and_then_stands_there_and_what_passes_does_not() {
    let before = ok(0, 40, |_| true);
    // The model finds the tricycle on the place on every so many frames only.
    let look = |start, every, is_sure, moves: f32| {
        let mut look = ok(start, 61, |_| false);
        for (number, frame) in look.frames.iter_mut().step_by(every).enumerate() {
            let left = 100.0 + moves * number as f32;
            let bbox = PixelBox::new(left, 50.0, left + 40.0, 90.0);
            frame.cover = Some(Cover { bbox, is_sure, passes: false });
            frame.hindrance = is_sure.then_some(Hindrance::OtherThingThere);
        }
        look
    };
    let said = |every, is_sure, moves| {
        let looks = [look(100_000, every, is_sure, moves), look(200_000, every, is_sure, moves)];
        postcheck(&looks, Some(&before))
    };
    for (every, is_sure) in [(20, true), (12, false)] {
        let stands = said(every, is_sure, 1.0);
        assert_eq!(stands.verdict, Outcome::Undeterminable, "{every} {is_sure}");
        assert_eq!(stands.reasons[0], Reason::OtherThingThere);
        assert!(stands.looks[0].valid_frames < 8, "{:?}", stands.looks);
        let passes = said(every, is_sure, 60.0);
        assert_eq!(passes.verdict, Outcome::Cleared, "{:?}", passes.hindrances);
    }
    assert_eq!(said(40, false, 0.0).verdict, Outcome::Cleared, "too seldom to be anything");
}
