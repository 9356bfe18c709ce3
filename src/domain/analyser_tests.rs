use super::*;
use crate::{
    base::time::ClockQuality,
    domain::{
        ids::DerivedIds,
        pixel::{PixelPolygon, PixelSize},
        samples,
        scene::Zone,
    },
};

const SIZE: PixelSize = PixelSize { width_px: 640, height_px: 360 };

fn stall_pattern() -> Arc<Pattern> {
    Arc::new(Pattern {
        id: "roadside_stall".parse().unwrap(),
        dwell: Duration::from_secs(60),
        gap_max: Duration::from_secs(10),
        clear: Duration::from_secs(60),
        ..samples::pattern("stall")
    })
}

fn analyser(run: u32) -> Analyser {
    let zone = Zone {
        id: "pavement".parse().unwrap(),
        polygon: PixelPolygon::whole(SIZE),
        tiles: None,
        asset: None,
        line: None,
        tags: Vec::new(),
    };
    let scene = Scene {
        camera: "cam-1".parse().unwrap(),
        reference_size: SIZE,
        zones: vec![zone],
        exceptions: Vec::new(),
    };
    let model = ModelRef { id: "script".into(), sha256: "0".into() };
    let patterns = [(stall_pattern(), vec!["pavement".parse().unwrap()])];
    Analyser::new(scene, None, model, &patterns, run, Box::new(DerivedIds::new([run as u8; 32])))
}

fn stall(x: f32) -> Detection {
    Detection {
        class: "stall".parse().unwrap(),
        score: 0.7,
        bbox: PixelBox::new(x, 100.0, x + 80.0, 180.0),
    }
}

fn stamp(sec: u32) -> FrameStamp {
    FrameStamp {
        pts: MediaTime::from_secs_f64(sec.into()),
        captured_at: WallTime::from_unix_millis(1_767_225_600_000 + i64::from(sec) * 1000),
        clock: ClockQuality::Assigned,
        size: SIZE,
    }
}

/// Steps a second at a time; returns the facts.
fn run(
    analyser: &mut Analyser,
    secs: std::ops::Range<u32>,
    detections: impl Fn(u32) -> Vec<Detection>,
) -> Vec<CaseFact> {
    secs.flat_map(|sec| analyser.step(&stamp(sec), CameraCondition::Ok, &detections(sec)).facts)
        .collect()
}

#[test]
fn one_stall_is_one_case_from_opened_to_gone() {
    let facts =
        run(&mut analyser(1), 0..400, |s| if s < 200 { vec![stall(100.0)] } else { vec![] });
    let kinds: Vec<FactKind> = facts.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FactKind::Opened, FactKind::Seen, FactKind::Seen, FactKind::Gone]);
    let revisions: Vec<u32> = facts.iter().map(|f| f.state.revision).collect();
    assert_eq!(revisions, [1, 2, 3, 4]);
    assert!(facts.iter().all(|f| f.state.case_id == facts[0].state.case_id));
    assert_eq!(facts[0].state.first_seen_at, stamp(0).captured_at);
    assert_eq!(facts[0].state.dwell_secs, 60.0);
    assert_eq!(facts[3].state.last_seen_at, stamp(199).captured_at);
}

#[test]
fn the_same_input_gives_the_same_facts() {
    let once = || {
        run(&mut analyser(1), 0..300, |s| {
            if s % 7 == 3 { vec![] } else { vec![stall(90.0), stall(300.0)] }
        })
    };
    assert_eq!(once(), once());
}

#[test]
fn a_restart_takes_up_the_open_case_instead_of_opening_another() {
    let before = run(&mut analyser(1), 0..90, |_| vec![stall(100.0)]);
    assert_eq!(before.len(), 1);
    let mut restarted = analyser(2);
    assert!(restarted.restore(vec![before[0].state.clone()]).is_empty());
    let after = run(&mut restarted, 0..300, |s| if s < 100 { vec![stall(103.0)] } else { vec![] });
    let kinds: Vec<FactKind> = after.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FactKind::Seen, FactKind::Gone]);
    assert_eq!(after[0].state.case_id, before[0].state.case_id);
    assert_eq!(after[0].state.revision, 2);
    assert!(after[0].state.dwell_secs > before[0].state.dwell_secs);
}

#[test]
fn a_case_of_a_pattern_no_longer_configured_is_handed_back() {
    let mut state = run(&mut analyser(1), 0..90, |_| vec![stall(100.0)])[0].state.clone();
    state.zone = "elsewhere".parse().unwrap();
    assert_eq!(analyser(2).restore(vec![state]).len(), 1);
}

#[test]
fn a_change_of_resolution_keeps_the_case() {
    let mut analyser = analyser(1);
    let opened = run(&mut analyser, 0..90, |_| vec![stall(100.0)]);
    let double = PixelSize { width_px: 1280, height_px: 720 };
    let mut facts = Vec::new();
    for sec in 90..200 {
        let bbox = stall(100.0).bbox.scaled(2.0, 2.0);
        let stamp = FrameStamp { size: double, ..stamp(sec) };
        facts.extend(
            analyser.step(&stamp, CameraCondition::Ok, &[Detection { bbox, ..stall(0.0) }]).facts,
        );
    }
    assert!(
        facts
            .iter()
            .all(|f| f.state.case_id == opened[0].state.case_id && f.kind == FactKind::Seen)
    );
}

#[test]
fn a_blind_camera_ends_no_case() {
    let mut analyser = analyser(1);
    assert_eq!(run(&mut analyser, 0..90, |_| vec![stall(100.0)]).len(), 1);
    let blind: Vec<CaseFact> = (90..900)
        .flat_map(|sec| analyser.step(&stamp(sec), CameraCondition::Covered, &[]).facts)
        .collect();
    assert!(blind.is_empty());
}

#[test]
fn through_drops_on_the_lens_things_are_seen_but_none_is_seen_to_be_gone() {
    let step = |analyser: &mut Analyser, sec, found: &[Detection]| {
        analyser.step(&stamp(sec), CameraCondition::RainOnLens, found).facts
    };
    let mut analyser = analyser(1);
    let facts: Vec<CaseFact> =
        (0..90).flat_map(|sec| step(&mut analyser, sec, &[stall(100.0)])).collect();
    assert_eq!(facts.iter().map(|fact| fact.kind).collect::<Vec<_>>(), [FactKind::Opened]);
    let unseen = (90..900).flat_map(|sec| step(&mut analyser, sec, &[])).count();
    assert_eq!(unseen, 0);
    let dry: Vec<CaseFact> = run(&mut analyser, 900..1500, |_| Vec::new());
    assert_eq!(dry.iter().map(|fact| fact.kind).collect::<Vec<_>>(), [FactKind::Gone]);
}

#[test]
fn a_clip_that_is_ready_after_the_end_still_joins_its_case() {
    let mut analyser = analyser(1);
    let facts = run(&mut analyser, 0..300, |s| if s < 100 { vec![stall(100.0)] } else { vec![] });
    let gone = facts.last().unwrap();
    let clip = EvidenceData {
        role: "clip".into(),
        url: String::new(),
        sha256: "0".repeat(64),
        media_type: "video/mp4".into(),
        width_px: 640,
        height_px: 360,
        captured_at: stamp(60).captured_at,
    };
    let fact =
        analyser.add_evidence(gone.state.case_id, vec![clip], stamp(300).captured_at).unwrap();
    assert_eq!((fact.kind, fact.state.revision), (FactKind::Gone, gone.state.revision + 1));
}

#[test]
fn a_spot_called_a_false_alarm_is_quiet_until_its_mute_ends() {
    use crate::domain::{
        case::mute::Mute,
        wire::{DecisionData, DecisionKind},
    };
    let mut analyser = analyser(1);
    // The same false stall comes and goes, from the fourth minute on without an end.
    let flicker = |s: u32| if !(90..=240).contains(&s) { vec![stall(100.0)] } else { vec![] };
    let first = run(&mut analyser, 0..180, flicker);
    assert_eq!(first.iter().filter(|fact| fact.kind == FactKind::Opened).count(), 1);
    let decision = DecisionData {
        case_id: first[0].state.case_id,
        decision: DecisionKind::Rejected,
        reason: Some("wrong_object".into()),
        at: stamp(180).captured_at,
    };
    let mut mute = Mute::of(&decision, &first[0].state, &[]).unwrap();
    mute.until = stamp(600).captured_at;
    analyser.mute(mute);
    assert_eq!(run(&mut analyser, 180..600, flicker), [], "quiet");
    let after = run(&mut analyser, 600..602, flicker);
    assert_eq!(after.iter().map(|fact| fact.kind).collect::<Vec<_>>(), [FactKind::Opened]);
    assert!(after[0].state.dwell_secs > 300.0, "it has stood there since the fourth minute");
}

/// A stall must stand for 40 minutes and may be out of sight for 15.
fn slow_analyser(run: u32) -> Analyser {
    let zone = Zone {
        id: "pavement".parse().unwrap(),
        polygon: PixelPolygon::whole(SIZE),
        tiles: None,
        asset: None,
        line: None,
        tags: Vec::new(),
    };
    let scene = Scene {
        camera: "cam-1".parse().unwrap(),
        reference_size: SIZE,
        zones: vec![zone],
        exceptions: Vec::new(),
    };
    let model = ModelRef { id: "script".into(), sha256: "0".into() };
    let pattern = Pattern {
        dwell: Duration::from_secs(2_400),
        unseen_max: Duration::from_secs(900),
        clear: Duration::from_secs(900),
        ..Arc::unwrap_or_clone(stall_pattern())
    };
    let patterns = [(Arc::new(pattern), vec!["pavement".parse().unwrap()])];
    Analyser::new(scene, None, model, &patterns, run, Box::new(DerivedIds::new([run as u8; 32])))
}

/// Seen for 20 minutes at 100, then from a restart `away` seconds later on at `x`: when a case is opened,
/// and since when its thing has stood there, in seconds of the first run.
fn over_a_restart(away: u32, x: f32) -> Option<(i64, i64)> {
    let mut first = slow_analyser(1);
    assert_eq!(run(&mut first, 0..1_200, |_| vec![stall(100.0)]), []);
    let kept: Vec<Candidate> =
        serde_json::from_str(&serde_json::to_string(&first.candidates()).unwrap()).unwrap();
    assert_eq!(kept.len(), 1);
    let mut second = slow_analyser(2);
    second.resume(kept);
    let facts: Vec<CaseFact> = (0..3_000)
        .flat_map(|sec| {
            let at = stamp(1_200 + away + sec);
            let stamp = FrameStamp { pts: stamp(sec).pts, ..at };
            second.step(&stamp, CameraCondition::Ok, &[stall(x)]).facts
        })
        .collect();
    let opened = facts.iter().find(|fact| fact.kind == FactKind::Opened)?;
    let second = |at: WallTime| (at.unix_millis() - stamp(0).captured_at.unix_millis()) / 1_000;
    Some((second(opened.state.confirmed_at), second(opened.state.first_seen_at)))
}

#[test]
fn a_node_that_comes_back_goes_on_with_its_long_candidates() {
    let (confirmed, first_seen) = over_a_restart(600, 101.0).unwrap();
    assert!((2_400..2_410).contains(&confirmed), "{confirmed}");
    assert_eq!(first_seen, 0, "by the wall clock, before the run began");
}

#[test]
fn away_for_too_long_or_moved_meanwhile_it_begins_anew() {
    for (away, x) in [(960, 101.0), (600, 130.0)] {
        let (confirmed, first_seen) = over_a_restart(away, x).unwrap();
        let began = i64::from(1_200 + away);
        assert!((began + 2_400..began + 2_410).contains(&confirmed), "{away}: {confirmed}");
        assert!(first_seen >= began, "{away}: {first_seen}");
    }
}

#[test]
fn a_candidate_that_became_a_case_before_the_crash_is_one_case() {
    let mut first = slow_analyser(1);
    run(&mut first, 0..2_300, |_| vec![stall(100.0)]);
    let stale = first.candidates();
    let opened = run(&mut first, 2_300..2_440, |_| vec![stall(100.0)]);
    assert_eq!(opened.len(), 1);
    let mut second = slow_analyser(2);
    second.restore(vec![opened[0].state.clone()]);
    second.resume(stale);
    let after = run(&mut second, 2_510..8_000, |_| vec![stall(100.0)]);
    assert!(after.iter().all(|fact| fact.state.case_id == opened[0].state.case_id));
}

#[test]
fn what_has_stood_for_a_moment_only_is_not_kept() {
    let mut analyser = slow_analyser(1);
    run(&mut analyser, 0..290, |_| vec![stall(100.0)]);
    assert_eq!(analyser.candidates(), []);
}
