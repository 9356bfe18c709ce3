use super::*;

fn at(secs: f64) -> MediaTime {
    MediaTime::from_secs_f64(secs)
}

fn person(x: f32, y: f32, score: f32) -> Detection {
    Detection {
        class: "person".parse().unwrap(),
        score,
        bbox: PixelBox::new(x, y, x + 30.0, y + 80.0),
    }
}

fn tracker() -> Tracker {
    Tracker::new(TrackerConfig::default(), 1)
}

#[test]
fn a_walker_keeps_one_id_through_a_short_gap() {
    let mut tracker = tracker();
    let mut ids = std::collections::BTreeSet::new();
    for frame in 0..40 {
        let detections = if (20..26).contains(&frame) {
            vec![]
        } else {
            vec![person(frame as f32 * 5.0, 100.0, 0.8)]
        };
        ids.extend(tracker.step(at(f64::from(frame) / 10.0), &detections).iter().map(|t| t.id));
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(tracker.counters().started, 1);
}

#[test]
fn a_dip_in_score_does_not_break_a_track_but_starts_none() {
    let mut tracker = tracker();
    tracker.step(at(0.0), &[person(0.0, 0.0, 0.9)]);
    tracker.step(at(0.1), &[person(0.0, 0.0, 0.9)]);
    let seen = tracker.step(at(0.2), &[person(0.0, 0.0, 0.2), person(300.0, 0.0, 0.2)]);
    assert_eq!(seen.len(), 1);
    assert_eq!(tracker.counters().started, 1);
}

#[test]
fn two_crossing_walkers_keep_their_ids() {
    let mut tracker = tracker();
    let mut last = Vec::new();
    for frame in 0..60 {
        let shift = frame as f32 * 4.0;
        let detections = [person(shift, 100.0, 0.9), person(240.0 - shift, 110.0, 0.9)];
        last = tracker.step(at(f64::from(frame) / 10.0), &detections);
    }
    assert_eq!(tracker.counters().started, 2);
    assert_eq!(last[0].bbox.x1, 236.0);
    assert_eq!(last[1].bbox.x1, 4.0);
}

#[test]
fn standing_still_is_timed_and_moving_resets_it() {
    let mut tracker = tracker();
    for frame in 0..20 {
        tracker.step(at(f64::from(frame)), &[person(50.0 + (frame % 2) as f32, 50.0, 0.9)]);
    }
    let still = tracker.step(at(20.0), &[person(50.0, 50.0, 0.9)]);
    assert_eq!(still[0].still_since, at(0.0));
    let moved = tracker.step(at(20.1), &[person(64.0, 50.0, 0.9)]);
    assert_eq!(moved[0].still_since, at(20.1));
}

/// A person of which only the upper `share` shows.
fn cut_off(share: f32) -> Detection {
    let whole = person(50.0, 50.0, 0.9);
    let PixelBox { x1, y1, x2, y2 } = whole.bbox;
    Detection { bbox: PixelBox::new(x1, y1, x2, y1 + share * (y2 - y1)), ..whole }
}

#[test]
fn who_stands_half_hidden_behind_a_passer_by_stands_still_and_who_walks_off_does_not() {
    let seen_by_frame = |second: fn(u32) -> Detection| {
        let mut tracker = tracker();
        (0..30).map(|frame| tracker.step(at(f64::from(frame) / 5.0), &[second(frame)])).last()
    };
    let hidden = |frame| cut_off(if (10..20).contains(&frame) { 0.5 } else { 1.0 });
    assert_eq!(seen_by_frame(hidden).unwrap()[0].still_since, at(0.0));
    // Straight away from the camera: smaller and smaller within the box there was.
    let off = |frame| {
        let PixelBox { x1, y1, x2, y2 } = cut_off(1.0).bbox;
        let smaller = 0.02 * frame as f32;
        let (dx, dy) = ((x2 - x1) * smaller / 2.0, (y2 - y1) * smaller);
        Detection { bbox: PixelBox::new(x1 + dx, y1, x2 - dx, y2 - dy), ..cut_off(1.0) }
    };
    assert!(seen_by_frame(off).unwrap()[0].still_since > at(1.0));
}

#[test]
fn ids_are_not_reused_after_a_thing_is_forgotten() {
    let mut tracker = tracker();
    for secs in [0.0, 0.1] {
        tracker.step(at(secs), &[person(0.0, 0.0, 0.9)]);
    }
    tracker.step(at(10.0), &[]);
    tracker.step(at(10.1), &[person(0.0, 0.0, 0.9)]);
    let again = tracker.step(at(10.2), &[person(0.0, 0.0, 0.9)]);
    assert_eq!(again[0].id.number, 2);
    assert_eq!(tracker.counters().forgotten, 1);
}

#[test]
fn a_flood_of_detections_is_bounded() {
    let mut tracker = Tracker::new(TrackerConfig { tracks_max: 10, ..TrackerConfig::default() }, 1);
    let flood: Vec<Detection> = (0..100).map(|i| person(i as f32 * 100.0, 0.0, 0.9)).collect();
    tracker.step(at(0.0), &flood);
    assert_eq!(tracker.step(at(0.1), &flood).len(), 10);
}

#[test]
fn a_sure_thing_is_reported_from_its_second_look_and_a_doubtful_one_later() {
    let looks_needed = |score: f32| {
        let mut tracker = tracker();
        (1..20).find(|&look| {
            !tracker.step(at(f64::from(look) / 5.0), &[person(0.0, 0.0, score)]).is_empty()
        })
    };
    assert_eq!(looks_needed(0.9), Some(2));
    assert_eq!(looks_needed(0.8), Some(2));
    assert_eq!(looks_needed(0.75), Some(3));
    assert_eq!(looks_needed(0.5), Some(4));
}

#[test]
fn what_flickers_has_to_earn_its_place() {
    // Seen in every third look.
    let reported = |score: f32| {
        let mut tracker = tracker();
        (0..30)
            .filter(|look| {
                let detections = (look % 3 == 0).then(|| person(0.0, 0.0, score));
                !tracker.step(at(f64::from(*look) / 5.0), detections.as_slice()).is_empty()
            })
            .count()
    };
    assert_eq!(reported(0.48), 0, "two misses cost more than a weak look brings");
    assert_eq!(reported(0.9), 8, "a sure one from its third look on");
}

#[test]
fn a_thing_seen_often_outlives_the_misses_of_an_occlusion() {
    let mut tracker = tracker();
    for look in 0..10 {
        tracker.step(at(f64::from(look) / 5.0), &[person(0.0, 0.0, 0.9)]);
    }
    for look in 10..23 {
        assert!(tracker.step(at(f64::from(look) / 5.0), &[]).is_empty());
    }
    // 2.8 s later it is the same thing, after two looks that earn it anew.
    assert!(tracker.step(at(4.6), &[person(0.0, 0.0, 0.9)]).is_empty());
    let again = tracker.step(at(4.8), &[person(0.0, 0.0, 0.9)]);
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].id.number, again[0].first_seen), (1, at(0.0)));
    assert_eq!(tracker.counters().started, 1);
}

#[test]
fn a_thing_seen_once_survives_two_misses_and_not_four() {
    let started = |misses: u32| {
        let mut tracker = tracker();
        tracker.step(at(0.0), &[person(0.0, 0.0, 0.9)]);
        for look in 1..=misses {
            tracker.step(at(f64::from(look) / 5.0), &[]);
        }
        tracker.step(at(f64::from(misses + 1) / 5.0), &[person(0.0, 0.0, 0.9)]);
        tracker.counters().started
    };
    assert_eq!(started(2), 1);
    assert_eq!(started(4), 2);
}

#[test]
fn of_two_boxes_that_overlap_alike_the_one_as_high_is_the_thing() {
    let mut tracker = tracker();
    for look in 0..5 {
        tracker.step(at(f64::from(look) / 10.0), &[person(100.0, 100.0, 0.9)]);
    }
    let wide = |x1: f32, y1: f32, x2: f32, y2: f32| Detection {
        bbox: PixelBox::new(x1, y1, x2, y2),
        ..person(0.0, 0.0, 0.9)
    };
    // Both overlap by two thirds: a gait's width, and a third of the height cut off.
    let (stride, cut) = (wide(92.5, 100.0, 137.5, 180.0), wide(100.0, 100.0, 130.0, 153.4));
    let seen = tracker.step(at(0.5), &[cut, stride.clone()]);
    let first = seen.iter().find(|track| track.id.number == 1);
    assert_eq!(first.map(|track| track.bbox), Some(stride.bbox));
}

#[test]
fn a_smoothed_box_jitters_less_than_what_is_detected() {
    let mut tracker = tracker();
    let (mut detected, mut smoothed) = (Vec::new(), Vec::new());
    for look in 0..40 {
        let jitter = if look % 2 == 0 { 3.0 } else { -3.0 };
        for track in tracker.step(at(f64::from(look) / 10.0), &[person(100.0 + jitter, 50.0, 0.9)])
        {
            detected.push(track.bbox.x1);
            smoothed.push(tracker.smoothed(track.id).unwrap().x1);
        }
    }
    let spread = |values: &[f32]| {
        let late = &values[10..];
        late.iter().copied().fold(f32::MIN, f32::max)
            - late.iter().copied().fold(f32::MAX, f32::min)
    };
    assert_eq!(spread(&detected), 6.0);
    assert!(spread(&smoothed) < 3.0, "{}", spread(&smoothed));
    let unknown = TrackId { run: 1, number: 99 };
    assert_eq!(tracker.smoothed(unknown), None);
}

#[test]
fn three_hundred_things_in_a_crowd_keep_their_ids() {
    let mut tracker = tracker();
    let crowd = |look: usize| -> Vec<Detection> {
        let of = |i: usize| {
            let way = if i.is_multiple_of(2) { 3.0 } else { -3.0 };
            let (x, y) = ((i % 20) as f32 * 90.0, (i / 20) as f32 * 70.0);
            person(x + way * look as f32, y, 0.9)
        };
        (0..300).map(of).collect()
    };
    let mut seen = Vec::new();
    for look in 0..10 {
        seen = tracker.step(at(look as f64 / 10.0), &crowd(look));
    }
    assert_eq!((seen.len(), tracker.counters().started), (300, 300));
}
