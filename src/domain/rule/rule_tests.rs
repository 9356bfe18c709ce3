use super::*;
use crate::domain::{
    pixel::{PixelPolygon, PixelSize},
    samples,
    schedule::Schedule,
    taxonomy::{Closure, Direction},
};
use std::time::Duration;

pub(super) fn pattern(subjects: Subjects, classes: &[&str], dwell_secs: u64) -> Arc<Pattern> {
    Arc::new(Pattern {
        classes: classes.iter().map(|c| c.parse().unwrap()).collect(),
        subjects,
        dwell: Duration::from_secs(dwell_secs),
        clear: Duration::from_secs(20),
        closure: Closure { valid_frames_min: 10, looks_min: 1, ..Closure::default() },
        ..samples::pattern("test")
    })
}

pub(super) fn rule(pattern: Arc<Pattern>) -> ZoneRule {
    let polygon = PixelPolygon::whole(PixelSize { width_px: 640, height_px: 360 });
    ZoneRule::new(
        pattern,
        Zone {
            id: "pavement".parse().unwrap(),
            polygon,
            tiles: None,
            asset: None,
            line: None,
            tags: Vec::new(),
        },
    )
}

fn stalls() -> ZoneRule {
    rule(pattern(Subjects::Each { stationary: true }, &["stall"], 60))
}

/// A track that has stood since `since`.
pub(super) fn standing(number: u64, class: &str, x: f32, since: f64, now: f64) -> Track {
    Track {
        id: TrackId { run: 1, number },
        class: class.parse().unwrap(),
        bbox: PixelBox::new(x, 100.0, x + 60.0, 160.0),
        score: 0.8,
        first_seen: MediaTime::from_secs_f64(since),
        last_seen: MediaTime::from_secs_f64(now),
        still_since: MediaTime::from_secs_f64(since),
    }
}

/// Runs a rule at one frame a second and collects `(second, event name)`; `Holds` is left out.
pub(super) fn run(
    rule: &mut ZoneRule,
    secs: std::ops::Range<u32>,
    valid: impl Fn(u32) -> bool,
    tracks: impl Fn(u32) -> Vec<Track>,
) -> Vec<(u32, &'static str)> {
    let mut seen = Vec::new();
    for sec in secs {
        let tracks = tracks(sec);
        let pts = MediaTime::from_secs_f64(f64::from(sec));
        for event in rule.step(&RuleFrame {
            pts,
            at: WallTime::from_unix_millis(0),
            valid: valid(sec),
            clear: true,
            tracks: &tracks,
        }) {
            match event {
                RuleEvent::Confirmed(_) => seen.push((sec, "confirmed")),
                RuleEvent::Ended(_) => seen.push((sec, "ended")),
                RuleEvent::Holds(_) => {}
            }
        }
    }
    seen
}

#[test]
fn a_stall_that_stays_is_confirmed_once_and_ends_once() {
    let events = run(
        &mut stalls(),
        0..200,
        |_| true,
        |s| {
            if s < 120 { vec![standing(1, "stall", 100.0, 0.0, s.into())] } else { vec![] }
        },
    );
    assert_eq!(events, [(60, "confirmed"), (139, "ended")]);
}

#[test]
fn a_stall_that_leaves_just_before_the_dwell_is_nothing() {
    let events = run(
        &mut stalls(),
        0..200,
        |_| true,
        |s| {
            if s < 58 { vec![standing(1, "stall", 100.0, 0.0, s.into())] } else { vec![] }
        },
    );
    assert_eq!(events, []);
}

#[test]
fn a_new_track_id_on_the_same_place_is_the_same_stall() {
    let events = run(
        &mut stalls(),
        0..300,
        |_| true,
        |s| {
            // The tracker loses the stall for 3 s every 30 s and finds it under a new id.
            let number = u64::from(s / 30);
            let since = f64::from(s / 30 * 30);
            if s % 30 < 3 && s > 30 {
                vec![]
            } else {
                vec![standing(number, "stall", 100.0, since, s.into())]
            }
        },
    );
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn blind_time_neither_confirms_nor_clears() {
    let present =
        |s: u32| if s < 70 { vec![standing(1, "stall", 100.0, 0.0, s.into())] } else { vec![] };
    let blind_after = run(&mut stalls(), 0..500, |s| s < 70, present);
    assert_eq!(blind_after, [(60, "confirmed")], "gone only when seen to be gone");
    let blind_within = run(&mut stalls(), 0..70, |s| !(10..30).contains(&s), present);
    assert_eq!(blind_within, [], "20 blind seconds are no dwell");
}

#[test]
fn a_bus_in_front_of_a_stall_does_not_end_its_case() {
    let events = run(
        &mut stalls(),
        0..400,
        |_| true,
        |s| {
            let mut tracks = vec![];
            if (100..200).contains(&s) {
                tracks.push(standing(9, "bus", 90.0, f64::from(s) - 1.0, s.into()));
            } else {
                tracks.push(standing(1, "stall", 100.0, 0.0, s.into()));
            }
            tracks
        },
    );
    assert_eq!(events, [(60, "confirmed")]);
}

/// Stalls that may be out of sight for 40 s, while a gap may last 5.
fn stalls_out_of_sight() -> ZoneRule {
    let pattern = pattern(Subjects::Each { stationary: true }, &["stall"], 60);
    let unseen_max = Duration::from_secs(40);
    rule(Arc::new(Pattern { unseen_max, ..Arc::unwrap_or_clone(pattern) }))
}

/// Seen for 20 s, out of sight for `away`, then at `x`.
fn back_at(x: f32, away: u32) -> impl Fn(u32) -> Vec<Track> {
    move |s| match s {
        0..20 => vec![standing(1, "stall", 100.0, 0.0, s.into())],
        s if s < 20 + away => vec![],
        s => vec![standing(2, "stall", x, f64::from(20 + away), s.into())],
    }
}

#[test]
fn a_stall_back_unmoved_has_stood_there_all_the_time() {
    let events = |x, away| run(&mut stalls_out_of_sight(), 0..120, |_| true, back_at(x, away));
    assert_eq!(events(102.0, 35), [(60, "confirmed")]);
    assert_eq!(events(102.0, 45), [], "out of sight for too long: it begins anew");
    assert_eq!(events(115.0, 35), [(55 + 60, "confirmed")], "another one stands there now");
}

#[test]
fn a_moment_behind_something_counts_as_what_was_seen_around_it() {
    let events = run(
        &mut stalls(),
        0..120,
        |_| true,
        |s| match s {
            0..70 => vec![standing(1, "stall", 100.0, 0.0, s.into())],
            // A car passes every five seconds and hides the place for one.
            s if s % 5 == 0 => vec![standing(s.into(), "car", 90.0, s.into(), s.into())],
            _ => vec![],
        },
    );
    assert_eq!(events, [(60, "confirmed"), (89, "ended")], "clear for 20 s");
}

#[test]
fn passing_cars_are_no_parked_car() {
    let mut rule = rule(pattern(Subjects::Each { stationary: true }, &["car"], 10));
    // Each second another car is at the same spot, none of them standing.
    let events = run(
        &mut rule,
        0..60,
        |_| true,
        |s| vec![standing(s.into(), "car", 100.0, s.into(), s.into())],
    );
    assert_eq!(events, []);
}

#[test]
fn one_vehicle_under_two_classes_is_one_subject() {
    let mut rule = rule(pattern(Subjects::Each { stationary: true }, &["car", "truck"], 10));
    let events = run(
        &mut rule,
        0..40,
        |_| true,
        |s| {
            vec![
                standing(1, "car", 100.0, 0.0, s.into()),
                standing(2, "truck", 104.0, 0.0, s.into()),
            ]
        },
    );
    assert_eq!(events, [(10, "confirmed")]);
}

#[test]
fn a_crowd_needs_its_number_for_its_time() {
    let crowd = |n: u32| {
        move |s: u32| {
            (0..n).map(|i| standing(i.into(), "person", i as f32 * 70.0, 0.0, s.into())).collect()
        }
    };
    let make =
        || rule(pattern(Subjects::Count { count_min: 5, stationary: false }, &["person"], 30));
    assert_eq!(run(&mut make(), 0..60, |_| true, crowd(4)), []);
    assert_eq!(run(&mut make(), 0..60, |_| true, crowd(5)), [(30, "confirmed")]);
}

#[test]
fn a_standing_crowd_counts_from_when_the_last_of_its_number_stood() {
    let pattern = pattern(Subjects::Count { count_min: 5, stationary: true }, &["person"], 30);
    let stood = |i: u8| if i == 4 { 10.0 } else { 0.0 };
    let there = |s: u32| {
        let all = (0..5).filter(|i| f64::from(s) >= stood(*i));
        all.map(|i| standing(i.into(), "person", f32::from(i) * 70.0, stood(i), s.into())).collect()
    };
    assert_eq!(run(&mut rule(pattern), 0..60, |_| true, there), [(40, "confirmed")]);
}

#[test]
fn an_open_crowd_holds_while_a_fifth_of_it_is_hidden_and_ends_below() {
    let falls_to = |n: u32| {
        let mut rule =
            rule(pattern(Subjects::Count { count_min: 5, stationary: false }, &["person"], 30));
        let people = |s: u32| {
            let seen = if s < 40 { 5 } else { n };
            (0..seen)
                .map(|i| standing(i.into(), "person", i as f32 * 70.0, 0.0, s.into()))
                .collect()
        };
        run(&mut rule, 0..300, |_| true, people)
    };
    assert_eq!(falls_to(4), [(30, "confirmed")]);
    assert_eq!(falls_to(3).last().map(|event| event.1), Some("ended"));
}

#[test]
fn a_restored_stay_is_not_confirmed_again_but_can_end() {
    let mut rule = stalls();
    rule.restore(
        "stall".parse().unwrap(),
        PixelBox::new(100.0, 100.0, 160.0, 160.0),
        MediaTime::ZERO,
    )
    .unwrap();
    let events = run(
        &mut rule,
        0..200,
        |_| true,
        |s| {
            if s < 100 { vec![standing(1, "stall", 102.0, 0.0, s.into())] } else { vec![] }
        },
    );
    assert_eq!(events, [(119, "ended")]);
}

#[test]
fn a_thing_outside_the_zone_is_not_a_subject() {
    let pattern = pattern(Subjects::Each { stationary: true }, &["stall"], 5);
    let polygon = PixelPolygon::whole(PixelSize { width_px: 100, height_px: 100 });
    let mut rule = ZoneRule::new(
        pattern,
        Zone {
            id: "corner".parse().unwrap(),
            polygon,
            tiles: None,
            asset: None,
            line: None,
            tags: Vec::new(),
        },
    );
    let events =
        run(&mut rule, 0..30, |_| true, |s| vec![standing(1, "stall", 200.0, 0.0, s.into())]);
    assert_eq!(events, []);
}

/// A bin in its slot, which is a known component.
fn slot() -> ZoneRule {
    let corners = [(90.0, 90.0), (190.0, 90.0), (190.0, 190.0), (90.0, 190.0)];
    let corner = |(x, y)| crate::domain::pixel::PixelPoint { x, y };
    let asset = crate::domain::scene::Asset { component_id: "bin-7".into(), owner: None };
    let zone = Zone {
        id: "slot".parse().unwrap(),
        polygon: PixelPolygon::new(corners.map(corner).to_vec()).unwrap(),
        tiles: None,
        asset: Some(asset),
        line: None,
        tags: Vec::new(),
    };
    ZoneRule::new(pattern(Subjects::Each { stationary: true }, &["bin_overflowing"], 60), zone)
}

#[test]
fn whatever_the_boxes_do_a_slot_has_one_case() {
    let events = run(
        &mut slot(),
        0..300,
        |_| true,
        |s| match s {
            // Now the lid, now the bags beside it, now both, under ever new tracks.
            0..200 if s % 3 == 0 => {
                vec![standing(s.into(), "bin_overflowing", 65.0, s.into(), s.into())]
            }
            0..200 if s % 3 == 1 => {
                vec![standing(s.into(), "bin_overflowing", 150.0, s.into(), s.into())]
            }
            0..200 => vec![
                standing(1_000, "bin_overflowing", 65.0, 0.0, s.into()),
                standing(1_001, "bin_overflowing", 150.0, 0.0, s.into()),
            ],
            _ => vec![],
        },
    );
    assert_eq!(events, [(60, "confirmed"), (219, "ended")]);
}

#[test]
fn a_slot_emptied_in_time_or_full_elsewhere_is_nothing() {
    let full = |x: f32, until: u32| {
        move |s: u32| match s < until {
            true => vec![standing(1, "bin_overflowing", x, 0.0, s.into())],
            false => vec![],
        }
    };
    assert_eq!(run(&mut slot(), 0..200, |_| true, full(100.0, 58)), []);
    assert_eq!(run(&mut slot(), 0..200, |_| true, full(200.0, 200)), [], "its foot is outside");
}

#[test]
fn a_lorry_before_a_slot_neither_fills_nor_empties_it() {
    let events = run(
        &mut slot(),
        0..400,
        |_| true,
        |s| match s {
            100..300 => vec![Track {
                bbox: PixelBox::new(80.0, 60.0, 300.0, 200.0),
                ..standing(9, "truck", 80.0, 100.0, s.into())
            }],
            _ => vec![standing(1, "bin_overflowing", 100.0, 0.0, s.into())],
        },
    );
    assert_eq!(events, [(60, "confirmed")]);
}

/// A permit for stalls, by hours; `run` looks at midnight UTC, eight in the morning in China.
fn permitted(hours: &str) -> ZoneRule {
    let exception = Exception {
        patterns: vec![],
        area: PixelPolygon::whole(PixelSize { width_px: 300, height_px: 360 }),
        valid_from: "1970-01-01".parse().unwrap(),
        valid_until: "1970-01-01".parse().unwrap(),
        schedule: Schedule { hours: vec![hours.parse().unwrap()], ..Schedule::default() },
        note: "night market".to_owned(),
    };
    stalls().with_exceptions(vec![Arc::new(exception)])
}

#[test]
fn a_permitted_stall_is_no_case_and_one_beside_the_permit_is() {
    let at = |x: f32| move |s: u32| vec![standing(1, "stall", x, 0.0, s.into())];
    assert_eq!(run(&mut permitted("00:00-24:00"), 0..200, |_| true, at(100.0)), []);
    assert_eq!(run(&mut permitted("00:00-24:00"), 0..200, |_| true, at(400.0)).len(), 1);
    assert_eq!(run(&mut permitted("18:00-24:00"), 0..200, |_| true, at(100.0)).len(), 1);
}

#[test]
fn what_stood_by_permission_begins_when_the_permission_ends() {
    let mut rule = permitted("08:00-08:01");
    let mut confirmed = Vec::new();
    for sec in 0..200u32 {
        let frame = RuleFrame {
            pts: MediaTime::from_secs_f64(sec.into()),
            at: WallTime::from_unix_millis(i64::from(sec) * 1_000),
            valid: true,
            clear: true,
            tracks: &[standing(1, "stall", 100.0, 0.0, sec.into())],
        };
        let events = rule.step(&frame);
        let new = events.iter().filter(|event| matches!(event, RuleEvent::Confirmed(_)));
        confirmed.extend(new.map(|_| sec));
    }
    assert_eq!(confirmed, [120]);
}

#[test]
fn a_permitted_group_is_not_counted() {
    let people =
        |s: u32| (0..6).map(|i| standing(i, "person", i as f32 * 90.0, 0.0, s.into())).collect();
    let exception = permitted("00:00-24:00").exceptions[0].clone();
    let crowd = |count_min| {
        rule(pattern(Subjects::Count { count_min, stationary: false }, &["person"], 30))
            .with_exceptions(vec![exception.clone()])
    };
    assert_eq!(run(&mut crowd(3), 0..60, |_| true, people).len(), 1, "three stand outside");
    assert_eq!(run(&mut crowd(4), 0..60, |_| true, people), []);
}

/// A gate across the picture at x = 300, from y = 300 up to y = 50; its right hand is the right of the picture.
fn gate(direction: Direction) -> ZoneRule {
    let pattern = Pattern {
        clear: Duration::from_secs(20),
        ..Arc::unwrap_or_clone(pattern(Subjects::Line { direction }, &["person"], 1))
    };
    let point = |x, y| crate::domain::pixel::PixelPoint { x, y };
    let line = crate::domain::scene::Line { from: point(300.0, 300.0), to: point(300.0, 50.0) };
    let polygon = PixelPolygon::whole(PixelSize { width_px: 640, height_px: 360 });
    let zone = Zone {
        id: "gate".parse().unwrap(),
        polygon,
        tiles: None,
        asset: None,
        line: Some(line),
        tags: Vec::new(),
    };
    ZoneRule::new(Arc::new(pattern), zone)
}

/// Somebody who walks from `x` on, so many pixels a second, with feet at `y`.
fn walks(x: f32, speed: f32, y: f32) -> impl Fn(u32) -> Vec<Track> {
    move |s| {
        let x = x + speed * s as f32;
        let mut track = standing(1, "person", x, s.into(), s.into());
        track.bbox = PixelBox::new(x - 15.0, y - 60.0, x + 15.0, y);
        vec![track]
    }
}

#[test]
fn who_crosses_a_line_in_its_direction_is_a_case_at_once() {
    let crossing =
        |direction, x, speed, y| run(&mut gate(direction), 0..60, |_| true, walks(x, speed, y));
    assert_eq!(
        crossing(Direction::Rightwards, 200.0, 20.0, 200.0),
        [(6, "confirmed"), (27, "ended")]
    );
    assert_eq!(crossing(Direction::Either, 400.0, -20.0, 200.0)[0], (6, "confirmed"));
    assert_eq!(crossing(Direction::Rightwards, 400.0, -20.0, 200.0), [], "the other way");
    assert_eq!(crossing(Direction::Leftwards, 200.0, 20.0, 200.0), [], "the other way");
    assert_eq!(crossing(Direction::Either, 200.0, 20.0, 340.0), [], "past its end");
    assert_eq!(crossing(Direction::Either, 200.0, 1.5, 200.0), [], "up to it and no further");
}

#[test]
fn who_stands_on_a_line_crosses_nothing_and_a_second_one_is_of_the_same_case() {
    let sways = |s: u32| walks(if s.is_multiple_of(2) { 297.0 } else { 303.0 }, 0.0, 200.0)(0);
    assert_eq!(run(&mut gate(Direction::Either), 0..60, |_| true, sways), []);
    let mut rule = gate(Direction::Either);
    let second = |track: Track| Track { id: TrackId { run: 1, number: 2 }, ..track };
    let two = |s: u32| match s {
        0..12 => walks(200.0, 20.0, 200.0)(s),
        _ => walks(-40.0, 20.0, 200.0)(s).into_iter().map(second).collect(),
    };
    assert_eq!(run(&mut rule, 0..30, |_| true, two), [(6, "confirmed")]);
    assert_eq!(rule.stays[0].count, 2);
}

#[test]
fn what_covers_enough_of_its_zone_for_long_enough_is_a_case() {
    // Of the picture's 640 x 360: each pile of 60 x 60 covers 1.6 %.
    let piles = |count: u64| {
        move |s: u32| match s < 100 {
            true => {
                (0..count).map(|i| standing(i, "pile", i as f32 * 70.0, 0.0, s.into())).collect()
            }
            false => vec![],
        }
    };
    let area = || rule(pattern(Subjects::Area { share_min: 0.06 }, &["pile"], 60));
    assert_eq!(run(&mut area(), 0..200, |_| true, piles(5)), [(60, "confirmed"), (119, "ended")]);
    assert_eq!(run(&mut area(), 0..200, |_| true, piles(3)), [], "5 %");
    let heaped = |s: u32| (0..5).map(|i| standing(i, "pile", i as f32, 0.0, s.into())).collect();
    assert_eq!(run(&mut area(), 0..100, |_| true, heaped), [], "five boxes on one spot");
}
