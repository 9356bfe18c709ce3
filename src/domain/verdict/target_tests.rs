use super::*;
use crate::domain::{pixel::PixelSize, samples, taxonomy::Closure, verdict::known::Study};

const SIZE: PixelSize = PixelSize { width_px: 640, height_px: 360 };
/// 100 px high and wide, on the ground at 250.
const PLACE: PixelBox = PixelBox { x1: 200.0, y1: 150.0, x2: 300.0, y2: 250.0 };
const LIGHT: Light = Light { mean: 100.0, deviation: 50.0 };

fn pattern(class: &str, closure: Closure) -> Pattern {
    Pattern { closure, ..samples::pattern(class) }
}

fn stall() -> Pattern {
    pattern("stall", Closure { score_factor: 0.5, ..Closure::default() })
}

fn bin() -> Pattern {
    let class = |name: &str| vec![name.parse().unwrap()];
    let closure =
        Closure { needs: class("bin"), bars: class("garbage_pile"), ..Closure::default() };
    pattern("bin_overflowing", closure)
}

fn seen(class: &str, score: f32, bbox: PixelBox) -> Detection {
    Detection { class: class.parse().unwrap(), score, bbox }
}

fn scene() -> Scene {
    let zone = Zone {
        id: "all".parse().unwrap(),
        polygon: PixelPolygon::whole(SIZE),
        tiles: None,
        asset: None,
        line: None,
        tags: Vec::new(),
    };
    Scene {
        camera: "c".parse().unwrap(),
        reference_size: SIZE,
        zones: vec![zone],
        exceptions: Vec::new(),
    }
}

fn target<'a>(pattern: &'a Pattern, scene: &'a Scene, memory: Memory) -> Target<'a> {
    let zones = scene.zones.iter().collect();
    Target { pattern, scene, zones, place: Some(PLACE), cell: None, ground: None, memory }
}

/// What one frame says after a filing on whose frames `filed` stood.
fn weigh(
    pattern: &Pattern,
    filed: &[Detection],
    now: &[Detection],
    (light, likeness): (Light, Option<Likeness>),
) -> (Showing, Option<Hindrance>) {
    let scene = scene();
    let mut target = target(pattern, &scene, Memory::Learning);
    let mut study = Study::default();
    for _ in 0..10 {
        study.add(filed, Some(LIGHT));
    }
    target.memory = Memory::Known(study.known(&target));
    let weighed = target.weigh(&Measured { detections: now, light: Some(light), likeness });
    (weighed.showing, weighed.hindrance)
}

fn by_stall(now: &[Detection]) -> (Showing, Option<Hindrance>) {
    weigh(&stall(), &[seen("stall", 0.8, PLACE)], now, (LIGHT, None))
}

#[test]
fn an_empty_place_is_nothing_and_nothing_hinders_it() {
    assert_eq!(by_stall(&[]), (Showing::Nothing, None));
}

#[test]
fn between_the_thresholds_a_thing_shows_faintly() {
    for (score, showing) in
        [(0.4, Showing::Surely), (0.39, Showing::Faintly), (0.19, Showing::Nothing)]
    {
        assert_eq!(by_stall(&[seen("stall", score, PLACE)]).0, showing, "{score}");
    }
}

#[test]
fn what_is_half_suspected_is_not_absent() {
    // Half of the clearing threshold, which is half of the filing one.
    assert_eq!(by_stall(&[seen("stall", 0.1, PLACE)]).1, Some(Hindrance::Suspected));
    assert_eq!(by_stall(&[seen("stall", 0.09, PLACE)]).1, None);
    assert_eq!(by_stall(&[seen("stall", 0.1, PLACE.moved(300.0, 0.0))]).1, None, "elsewhere");
}

#[test]
fn what_was_moved_a_step_is_still_there_and_a_neighbour_is_not_it() {
    // Two and a half widths away, and four.
    let step = PLACE.moved(220.0, 0.0);
    assert_eq!(by_stall(&[seen("stall", 0.8, step)]).0, Showing::Surely);
    assert_eq!(by_stall(&[seen("stall", 0.8, PLACE.moved(300.0, 0.0))]).0, Showing::Nothing);
    let filed = [seen("stall", 0.8, PLACE), seen("stall", 0.7, step)];
    let after = weigh(&stall(), &filed, &[seen("stall", 0.7, step)], (LIGHT, None));
    assert_eq!(after, (Showing::Nothing, None), "it stood there all the time");
}

#[test]
fn a_van_before_a_fifth_of_the_place_hides_it() {
    let van = |share: f32, foot: f32| {
        seen("truck", 0.3, PixelBox::new(100.0, 100.0, 200.0 + share * 100.0, foot))
    };
    assert_eq!(by_stall(&[van(0.25, 260.0)]).1, Some(Hindrance::ZoneOccluded));
    assert_eq!(by_stall(&[van(0.15, 260.0)]).1, None);
    assert_eq!(by_stall(&[van(0.8, 235.0)]).1, None, "it passes behind");
    // Two that hide a fifth only together.
    let right = seen("person", 0.5, PixelBox::new(285.0, 100.0, 330.0, 270.0));
    assert_eq!(by_stall(&[van(0.12, 260.0), right]).1, Some(Hindrance::ZoneOccluded));
}

#[test]
fn what_stood_before_it_all_the_time_hides_nothing_new() {
    let cabinet = seen("chair", 0.8, PixelBox::new(190.0, 180.0, 240.0, 255.0));
    let filed = [seen("stall", 0.8, PLACE), cabinet.clone()];
    let after = |now: &[Detection]| weigh(&stall(), &filed, now, (LIGHT, None)).1;
    assert_eq!(after(std::slice::from_ref(&cabinet)), None);
    assert_eq!(by_stall(&[cabinet]).1, Some(Hindrance::OtherThingThere), "it is new");
}

#[test]
fn in_a_zone_without_a_place_only_what_passes_hides_and_only_what_is_sure_bars() {
    let (pattern, scene) = (bin(), scene());
    let target = Target { place: None, ..target(&pattern, &scene, Memory::None) };
    let emptied = seen("bin", 0.6, PLACE);
    let with = |other: Detection| {
        let detections = [emptied.clone(), other];
        target.weigh(&Measured { detections: &detections, light: None, likeness: None }).hindrance
    };
    let half = PixelBox::new(0.0, 0.0, 320.0, 360.0);
    assert_eq!(with(seen("bus", 0.6, half)), Some(Hindrance::ZoneOccluded));
    assert_eq!(with(seen("chair", 0.6, half)), None, "it is what stands there");
    assert_eq!(with(seen("garbage_pile", 0.4, PLACE)), Some(Hindrance::OtherThingThere));
    assert_eq!(with(seen("garbage_pile", 0.39, PLACE)), None);
}

#[test]
fn an_emptied_bin_must_be_seen_and_nothing_lie_beside_it() {
    let filed = [seen("bin_overflowing", 0.8, PLACE)];
    let after = |now: &[Detection]| weigh(&bin(), &filed, now, (LIGHT, None));
    let emptied = seen("bin", 0.6, PixelBox::new(210.0, 170.0, 290.0, 250.0));
    assert_eq!(after(std::slice::from_ref(&emptied)), (Showing::Nothing, None));
    assert_eq!(after(&[]).1, Some(Hindrance::BinMissing));
    let elsewhere = seen("bin", 0.6, PLACE.moved(120.0, 0.0));
    assert_eq!(after(&[elsewhere]).1, Some(Hindrance::BinMissing), "another bin");
    let bags = |x: f32| seen("garbage_pile", 0.5, PixelBox::new(x, 220.0, x + 40.0, 250.0));
    assert_eq!(after(&[emptied.clone(), bags(310.0)]).1, Some(Hindrance::OtherThingThere));
    assert_eq!(after(&[emptied, bags(420.0)]).1, None, "further along the street");
}

#[test]
fn while_somebody_is_at_it_there_is_no_verdict() {
    let pattern = Pattern { person: PersonConstraint::Absent, ..stall() };
    let filed = [seen("stall", 0.8, PLACE)];
    let after = |x: f32| {
        let person = seen("person", 0.6, PixelBox::new(x, 200.0, x + 10.0, 255.0));
        weigh(&pattern, &filed, &[person], (LIGHT, None)).1
    };
    assert_eq!(after(310.0), Some(Hindrance::BeingHandled));
    assert_eq!(after(360.0), None);
}

#[test]
fn a_darker_picture_than_the_one_it_was_found_in_proves_nothing() {
    let filed = [seen("stall", 0.8, PLACE)];
    let after = |mean, deviation| weigh(&stall(), &filed, &[], (Light { mean, deviation }, None)).1;
    assert_eq!(after(45.0, 50.0), Some(Hindrance::LowLight));
    assert_eq!(after(100.0, 20.0), Some(Hindrance::LowLight), "fog");
    assert_eq!(after(60.0, 30.0), None);
}

#[test]
fn a_place_that_looks_as_before_is_not_empty_and_one_behind_something_is_not_seen() {
    let after = |pattern: &Pattern, class, places, around| {
        let likeness = Likeness { shift: [0.0; 2], places, around, aside: 0.0 };
        let filed = [seen(class, 0.8, PLACE)];
        let bin = [seen("bin", 0.6, PLACE)];
        let now: &[Detection] = if class == "stall" { &[] } else { &bin };
        weigh(pattern, &filed, now, (LIGHT, Some(likeness))).1
    };
    assert_eq!(after(&stall(), "stall", 0.9, Some(0.9)), Some(Hindrance::PlaceUnchanged));
    assert_eq!(after(&stall(), "stall", 0.2, Some(0.9)), None);
    assert_eq!(after(&stall(), "stall", 0.2, Some(0.2)), Some(Hindrance::ZoneOccluded));
    assert_eq!(after(&stall(), "stall", 0.2, None), None, "nothing about it to recognise");
    // The bin stays, whatever becomes of what was in it.
    assert_eq!(after(&bin(), "bin_overflowing", 0.7, Some(0.9)), None);
    assert_eq!(after(&bin(), "bin_overflowing", 0.3, Some(0.9)), Some(Hindrance::OtherThingThere));
    assert_eq!(after(&bin(), "bin_overflowing", 0.95, Some(0.9)), Some(Hindrance::PlaceUnchanged));
}

#[test]
fn what_is_seen_a_step_aside_by_its_picture_is_not_gone_though_the_model_misses_it() {
    let after = |aside| {
        let likeness = Likeness { shift: [0.0; 2], places: 0.1, around: Some(0.9), aside };
        let filed = [seen("stall", 0.8, PLACE)];
        weigh(&stall(), &filed, &[], (LIGHT, Some(likeness))).1
    };
    assert_eq!(after(0.7), Some(Hindrance::MovedAside));
    assert_eq!(after(0.5), None);
}

#[test]
fn in_the_footage_of_the_filing_another_thing_close_by_proves_nothing() {
    let (pattern, scene) = (stall(), scene());
    let target = target(&pattern, &scene, Memory::Learning);
    let shown = |bbox| {
        let detections = [seen("stall", 0.8, bbox)];
        target.weigh(&Measured { detections: &detections, light: None, likeness: None }).showing
    };
    assert_eq!(shown(PLACE.moved(30.0, 5.0)), Showing::Surely);
    assert_eq!(shown(PLACE.moved(110.0, 0.0)), Showing::Nothing);
}

#[test]
fn what_covers_the_place_is_named_unless_it_walks() {
    let (pattern, scene) = (stall(), scene());
    let target = target(&pattern, &scene, Memory::None);
    let cover = |class| {
        let detections = [seen(class, 0.8, PLACE.moved(5.0, 5.0))];
        let measured = Measured { detections: &detections, light: None, likeness: None };
        let weighed = target.weigh(&measured);
        assert!(weighed.hindrance.is_some(), "{class}");
        weighed.cover
    };
    let tricycle = Cover { bbox: PLACE.moved(5.0, 5.0), is_sure: true, passes: false };
    assert_eq!(cover("tricycle").map(|cover| Cover { passes: false, ..cover }), Some(tricycle));
    assert_eq!(cover("person"), None);
}
