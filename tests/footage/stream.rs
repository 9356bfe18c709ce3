//! What a stream does: it is lost, its clock jumps, its times go back, its format changes.

use crate::support::{Encoding, START, Site, camera, roomy, secs, until};
use gridwarden::{
    domain::footage::{Hole, HoleReason, Span},
    drivers::footage::RecorderEvent,
};

fn site(folder: &tempfile::TempDir) -> Site {
    Site::new(folder.path(), roomy(), secs(5.0))
}

fn reasons(holes: &[Hole]) -> Vec<HoleReason> {
    holes.iter().map(|hole| hole.reason).collect()
}

#[test]
fn a_calm_stream_is_recorded_without_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = site(&folder);
    let stream = Encoding::default().stream();
    site.feed(&stream, 0..100);
    site.stop();
    let asked = Span::new(START, START.plus(secs(20.0)));
    assert_eq!(site.holes(asked), []);
    let segments = site.segments();
    assert_eq!(segments.len(), 4, "one a five seconds: {segments:?}");
    assert!(segments.iter().all(|it| !it.is_open() && !it.is_torn));
    let last = segments.last().unwrap().span;
    assert_eq!(last.to, asked.to, "to the end of the last frame");
    let synced = RecorderEvent::Synced(asked.to);
    assert_eq!(site.told(|event| *event == synced), 1);
}

#[test]
fn a_lost_stream_is_a_hole_with_its_reason_while_it_lasts_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = site(&folder);
    let stream = Encoding::default().stream();
    site.feed(&stream, 0..20);
    site.pause();
    site.clock.advance(secs(6.0));
    let lost = Span::new(START.plus(secs(4.0)), START.plus(secs(10.0)));
    until("the hole", || reasons(&site.holes(lost)) == [HoleReason::StreamLost]);
    assert_eq!(site.holes(lost)[0].span(), lost);
    // The camera comes back and counts its frames anew.
    site.feed(&stream, 0..20);
    site.stop();
    let hole = Hole { from: lost.from, to: lost.to, reason: HoleReason::StreamLost };
    assert_eq!(site.holes(Span::new(START, START.plus(secs(14.0)))), [hole]);
    assert_eq!(site.told(|event| *event == RecorderEvent::Hole(hole)), 1);
}

#[test]
fn a_short_break_is_no_hole() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = site(&folder);
    let stream = Encoding::default().stream();
    site.feed(&stream, 0..20);
    site.clock.advance(secs(0.7));
    site.feed(&stream, 0..20);
    site.stop();
    assert_eq!(site.holes(Span::new(START, START.plus(secs(8.0)))), []);
    assert_eq!(site.segments().len(), 2, "the stream's own time began anew");
    assert_eq!(site.told(|event| matches!(event, RecorderEvent::Hole(_))), 0);
}

#[test]
fn time_between_two_runs_is_a_hole_of_its_own_kind() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Encoding::default().stream();
    let mut first = site(&folder);
    first.feed(&stream, 0..20);
    first.stop();
    let mut second = site(&folder);
    second.clock.step_wall(START.plus(secs(60.0)));
    second.feed(&stream, 0..20);
    second.stop();
    let holes = second.holes(Span::new(START, START.plus(secs(64.0))));
    let stopped = Hole {
        from: START.plus(secs(4.0)),
        to: START.plus(secs(60.0)),
        reason: HoleReason::Stopped,
    };
    assert_eq!(holes, [stopped]);
}

#[test]
fn a_clock_that_jumps_forward_leaves_a_hole_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = site(&folder);
    let stream = Encoding::default().stream();
    site.feed(&stream, 0..20);
    site.clock.step_wall(START.plus(secs(3_600.0)));
    site.feed(&stream, 20..40);
    site.stop();
    let holes = site.holes(Span::new(START, START.plus(secs(3_604.0))));
    assert_eq!(reasons(&holes), [HoleReason::ClockJump]);
}

#[test]
fn a_clock_that_goes_back_begins_a_take_that_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = site(&folder);
    let stream = Encoding::default().stream();
    site.feed(&stream, 0..100);
    let back = START.plus(secs(8.0));
    site.clock.step_wall(back);
    site.feed(&stream, 100..140);
    site.stop();
    assert_eq!(site.told(|event| matches!(event, RecorderEvent::ClockBack { .. })), 1);
    let segments = site.segments();
    for pair in segments.windows(2) {
        assert!(
            pair[0].counts.to <= pair[1].counts.from,
            "two footages of one moment: {segments:?}"
        );
    }
    let takes: Vec<_> = segments.iter().map(|it| it.name.take).collect();
    assert!(takes.contains(&0) && takes.contains(&1), "{takes:?}");
    let at_nine =
        site.footage().segments(&camera(), Span::new(back, back.plus(secs(1.0)))).unwrap();
    assert!(at_nine.iter().all(|it| it.name.take == 1), "{at_nine:?}");
    // A new start goes on with the take that counts.
    let mut next = self::site(&folder);
    next.clock.step_wall(START.plus(secs(30.0)));
    next.feed(&stream, 0..20);
    next.stop();
    assert_eq!(next.segments().last().unwrap().name.take, 1);
}

#[test]
fn timestamps_that_go_back_begin_a_new_segment() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = site(&folder);
    let stream = Encoding::default().stream();
    site.feed(&stream, 0..10);
    let mut at = START.plus(secs(2.0));
    // The camera plays two seconds again, with the times of then.
    for nth in 0..20 {
        site.give(stream.unit(nth).0, START.plus(stream.unit(nth).1));
        at = START.plus(stream.unit(nth).1);
    }
    site.stop();
    let segments = site.segments();
    let spans: Vec<_> = segments.iter().map(|it| (it.counts, it.name.take)).collect();
    assert_eq!(spans, [(Span::new(START, at.plus(secs(0.2))), 1)], "the later one counts");
}

#[test]
fn another_size_begins_a_new_segment() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = site(&folder);
    let small = Encoding::default().stream();
    let large = Encoding { size: (320, 240), ..Encoding::default() }.stream();
    site.feed(&small, 0..20);
    site.feed(&large, 20..40);
    site.stop();
    assert_eq!(site.segments().len(), 2);
    assert_eq!(site.holes(Span::new(START, START.plus(secs(8.0)))), []);
}
