//! Intervals out of a ring: as parts, as an MP4, and what they say about what is not there.

use crate::support::{Encoding, START, Site, Stream, camera, roomy, secs};
use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        footage::{FootageError, HoleReason, Span, main_reason},
        seams::{FootageSource, FrameSource},
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        footage::{
            Segment,
            cut::{Mp4Error, Ring, write_mp4},
        },
    },
};
use std::{path::Path, sync::Arc};

fn recorded(folder: &tempfile::TempDir, stream: &Stream, units: u64) -> Site {
    let mut site = Site::new(folder.path(), roomy(), secs(5.0));
    site.feed(stream, 0..units);
    site.stop();
    site
}

fn span(from: f64, to: f64) -> Span {
    let at =
        |secs: f64| WallTime::from_unix_millis(START.unix_millis() + (secs * 1e3).round() as i64);
    Span::new(at(from), at(to))
}

fn times(parts: Vec<FilePart>, between: Option<Span>) -> Vec<WallTime> {
    let config = FileSourceConfig {
        parts,
        analysed_fps: 0.0,
        between: between.map(|span| (span.from, span.to)),
        clock: ClockQuality::Arrival,
    };
    let mut source = FileSource::open(config).unwrap();
    std::iter::from_fn(|| source.next_frame().unwrap())
        .map(|frame| frame.stamp.captured_at)
        .collect()
}

fn ring(site: &Site) -> Ring {
    Ring { footage: site.footage(), clock: Arc::new(site.clock.clone()) }
}

fn segments(site: &Site, span: Span) -> Vec<Segment> {
    site.footage().segments(&camera(), span).unwrap()
}

#[test]
fn parts_hold_every_frame_of_an_interval_at_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let site = recorded(&folder, &Encoding::default().stream(), 100);
    let into = tempfile::tempdir().unwrap();
    // Over the border of two segments, beginning between two key frames.
    let asked = span(8.4, 11.2);
    let fetched = ring(&site).fetch(&camera(), asked, into.path()).unwrap();
    assert_eq!(fetched.holes, []);
    assert_eq!(fetched.parts.len(), 2);
    assert_eq!(fetched.parts[0].starts_at, START.plus(secs(8.0)), "the key frame before");
    let parts = fetched.parts.into_iter();
    let parts = parts.map(|part| FilePart { path: part.path, starts_at: part.starts_at }).collect();
    let expected: Vec<_> =
        (0..14).map(|nth| START.plus(secs(8.4 + 0.2 * f64::from(nth)))).collect();
    let seen = times(parts, Some(asked));
    let apart = |(a, b): (&WallTime, &WallTime)| a.unix_millis().abs_diff(b.unix_millis());
    assert_eq!(seen.len(), expected.len(), "{seen:?}");
    assert!(seen.iter().zip(&expected).all(|pair| apart(pair) <= 1), "{seen:?}");
}

#[test]
fn a_segment_still_being_written_is_read_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path(), roomy(), secs(60.0));
    let stream = Encoding::default().stream();
    site.feed(&stream, 0..50);
    crate::support::until("footage", || {
        site.segments().last().is_some_and(|it| it.is_open() && it.span.length() >= secs(9.0))
    });
    let into = tempfile::tempdir().unwrap();
    let fetched = ring(&site).fetch(&camera(), span(2.0, 4.0), into.path()).unwrap();
    assert_eq!(fetched.parts.len(), 1);
    let part = &fetched.parts[0];
    let parts = vec![FilePart { path: part.path.clone(), starts_at: part.starts_at }];
    assert_eq!(times(parts, Some(span(2.0, 4.0))).len(), 10);
}

#[test]
fn what_cannot_be_there_is_an_answer_and_not_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let site = recorded(&folder, &Encoding::default().stream(), 50);
    let into = tempfile::tempdir().unwrap();
    let fetch = |asked| ring(&site).fetch(&camera(), asked, into.path());
    for (asked, reason) in [
        (span(-100.0, -50.0), HoleReason::BeforeRetention),
        (span(100.0, 130.0), HoleReason::Future),
    ] {
        let fetched = fetch(asked).unwrap();
        assert!(fetched.parts.is_empty());
        assert_eq!(main_reason(&fetched.holes), Some(reason));
        assert_eq!(fetched.holes[0].span(), asked);
    }
    let other = "elsewhere".parse().unwrap();
    let fetched = ring(&site).fetch(&other, span(0.0, 5.0), into.path()).unwrap();
    assert_eq!(main_reason(&fetched.holes), Some(HoleReason::NeverRecorded));
    assert!(matches!(fetch(span(5.0, 5.0)), Err(FootageError::Backwards { .. })));
    let nowhere = ring(&site).fetch(&camera(), span(0.0, 5.0), Path::new("/nowhere/at/all"));
    assert!(matches!(nowhere, Err(FootageError::Disk { .. })), "{nowhere:?}");
}

#[test]
fn an_mp4_has_its_index_in_front_and_every_frame() {
    for b_frames in [0, 2] {
        let folder = tempfile::tempdir().unwrap();
        let stream = Encoding { b_frames, ..Encoding::default() }.stream();
        let mut site = Site::new(folder.path(), roomy(), secs(5.0));
        for nth in 0..100 {
            let (sample, shown) = stream.unit(nth);
            site.give(sample, START.plus(shown));
        }
        site.clock.advance(secs(20.0));
        site.stop();
        let out = folder.path().join("clip.mp4");
        let asked = span(3.4, 12.0);
        let made = write_mp4(&segments(&site, asked), &out).unwrap();
        assert_eq!(made.starts_at, START.plus(secs(3.0)), "the key frame before");
        let bytes = std::fs::read(&out).unwrap();
        assert_eq!(made.bytes, bytes.len() as u64);
        let place = |tag: &[u8]| bytes.windows(4).position(|it| it == tag).unwrap();
        assert!(place(b"moov") < place(b"mdat"));
        let seen = times(vec![FilePart { path: out, starts_at: made.starts_at }], None);
        assert_eq!(seen.len() as u32, made.frames, "b_frames {b_frames}");
        assert!((45..=47).contains(&made.frames), "{made:?}");
        let steps = seen.windows(2).map(|pair| pair[1].since(pair[0]).as_millis());
        assert!(steps.clone().all(|step| (199..=201).contains(&step)), "{b_frames}: {seen:?}");
    }
}

#[test]
fn a_hole_in_an_mp4_keeps_the_times_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Encoding::default().stream();
    let mut site = Site::new(folder.path(), roomy(), secs(5.0));
    site.feed(&stream, 0..20);
    site.clock.advance(secs(6.0));
    site.feed(&stream, 0..20);
    site.stop();
    let out = folder.path().join("clip.mp4");
    let made = write_mp4(&segments(&site, span(0.0, 14.0)), &out).unwrap();
    assert_eq!((made.starts_at, made.ends_at), (START, START.plus(secs(14.0))));
    let seen = times(vec![FilePart { path: out, starts_at: START }], None);
    assert_eq!(seen.len(), 40);
    assert_eq!(seen[20], START.plus(secs(10.0)));
}

#[test]
fn a_stream_of_two_sizes_is_cut_to_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::new(folder.path(), roomy(), secs(5.0));
    site.feed(&Encoding::default().stream(), 0..20);
    site.feed(&Encoding { size: (320, 240), ..Encoding::default() }.stream(), 20..40);
    site.stop();
    let out = folder.path().join("clip.mp4");
    let made = write_mp4(&segments(&site, span(0.0, 8.0)), &out).unwrap();
    assert_eq!((made.frames, made.other_format), (20, 1));
    assert!(matches!(write_mp4(&[], &out), Err(Mp4Error::NoFrames)));
}
