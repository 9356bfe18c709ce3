//! Segments cut off and overwritten at random bytes: the ring opens, says what is left, and nothing else
//! is touched.

use crate::support::{Encoding, START, Site, all, camera, from_env, roomy, secs};
use gridwarden::{
    base::clock::{Clock, SystemClock},
    domain::footage::{HoleReason, Span},
    drivers::footage::{
        Footage,
        fsck::{Check, Problem, check},
    },
};
use rand::{RngExt, SeedableRng};
use std::{fs, path::PathBuf, time::Duration};

const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// A segment of the ring, and where each of its frames ends: found by its bytes, not by the reader that
/// is being tested.
struct Original {
    path: PathBuf,
    bytes: Vec<u8>,
    span: Span,
    frames_end: Vec<usize>,
}

struct Ring {
    folder: tempfile::TempDir,
    originals: Vec<Original>,
    frame: Duration,
}

/// Four finished segments and one that a crash left open.
fn ring() -> Ring {
    let folder = tempfile::tempdir().unwrap();
    let stream = Encoding::default().stream();
    let mut site = Site::new(folder.path(), roomy(), secs(5.0));
    site.feed(&stream, 0..115);
    site.stop();
    let mut segments = all(folder.path());
    let last = segments.last().unwrap();
    let part = last.path.with_file_name(format!("{}.part.mkv", last.span.from));
    fs::rename(&last.path, part).unwrap();
    segments = all(folder.path());
    assert_eq!(segments.len(), 5);
    assert!(segments.last().unwrap().is_open());
    let frame = secs(1.0) / stream.fps;
    let mut nth = 0;
    let originals = segments.into_iter().map(|segment| {
        let bytes = fs::read(&segment.path).unwrap();
        let frames = (segment.span.length().as_millis() / frame.as_millis()) as u64;
        let mut frames_end = Vec::new();
        let mut from = 0;
        for unit in nth..nth + frames {
            let (sample, _) = stream.unit(unit);
            let map = sample.buffer().unwrap().map_readable().unwrap();
            let wanted: &[u8] = &map;
            let at = bytes[from..].windows(wanted.len()).position(|it| it == wanted).unwrap();
            from += at + wanted.len();
            frames_end.push(from);
        }
        nth += frames;
        Original { path: segment.path, bytes, span: segment.span, frames_end }
    });
    let originals = originals.collect();
    Ring { folder, originals, frame }
}

#[test]
fn a_segment_cut_off_anywhere_is_read_to_its_last_whole_frame() {
    let cuts = from_env("GRIDWARDEN_CUTS", 300);
    let Ring { folder, originals, frame } = ring();
    let footage = Footage::new(folder.path());
    let clock = SystemClock::new();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let (mut opened_within, mut repaired, mut emptied) = (Duration::ZERO, 0, 0);
    let whole = Span::new(START, originals.last().unwrap().span.to);
    for cut in 0..cuts {
        let hit = random.random_range(0..originals.len());
        let Original { path, bytes, span, frames_end } = &originals[hit];
        let left = random.random_range(0..bytes.len());
        fs::write(path, &bytes[..left]).unwrap();
        let frames = frames_end.iter().filter(|end| **end <= left).count() as u32;
        // A frame alone is taken to last 40 ms.
        let length = if frames == 1 { Duration::from_millis(40) } else { frame * frames };
        let readable = Span::new(span.from, span.from.plus(length));

        let begins = clock.monotonic();
        let segments = all(folder.path());
        opened_within = opened_within.max(clock.monotonic().since(begins));
        let others = originals.iter().filter(|other| other.path != *path);
        let spans: Vec<Span> = segments.iter().map(|segment| segment.span).collect();
        assert!(others.clone().all(|other| spans.contains(&other.span)), "cut {cut}: {segments:?}");
        let own = segments.iter().find(|segment| segment.path == *path);
        assert_eq!(own.map(|segment| segment.span), (frames > 0).then_some(readable), "cut {cut}");
        let lost = Span::new(readable.to, span.to);
        let is_closed = *path != originals.last().unwrap().path;
        if frames > 0 && is_closed && lost.length() >= secs(1.0) {
            let missing = footage.holes(&camera(), *span, &segments, whole.to).unwrap();
            let missing: Vec<_> = missing.iter().map(|hole| (hole.span(), hole.reason)).collect();
            assert_eq!(missing, [(lost, HoleReason::Damaged)], "cut {cut}");
        }
        let report =
            check(folder.path(), Check { now: whole.to, repair: false, deep: false }).unwrap();
        let open = originals.last().unwrap();
        let mut named: Vec<_> = report.findings.iter().map(|it| (&it.path, it.problem)).collect();
        named.retain(|(found, problem)| {
            let is_the_open_one = **found == open.path && *problem == Problem::Unfinished;
            !(is_the_open_one && open.path != *path)
        });
        let problem = if *path == open.path { Problem::Unfinished } else { Problem::Torn };
        assert_eq!(named, [(path, problem)], "cut {cut}");

        if cut % 10 == 0 {
            let report =
                check(folder.path(), Check { now: whole.to, repair: true, deep: true }).unwrap();
            assert!(report.is_sound(), "cut {cut}: {report:?}");
            let after =
                check(folder.path(), Check { now: whole.to, repair: false, deep: true }).unwrap();
            assert_eq!(after.findings, [], "cut {cut}");
            let of = footage.segments(&camera(), *span).unwrap();
            let missing = footage.holes(&camera(), *span, &of, whole.to).unwrap();
            if is_closed && lost.length() >= secs(1.0) {
                let hole =
                    missing.iter().map(|hole| (hole.span(), hole.reason)).collect::<Vec<_>>();
                assert_eq!(hole, [(lost, HoleReason::Damaged)], "cut {cut}");
            }
            repaired += 1;
            let camera_dir = footage.camera_dir(&camera());
            fs::remove_dir_all(&camera_dir).unwrap();
            for original in &originals {
                fs::create_dir_all(original.path.parent().unwrap()).unwrap();
                fs::write(&original.path, &original.bytes).unwrap();
            }
        }
        emptied += u32::from(frames == 0);
        fs::write(path, bytes).unwrap();
    }
    assert!(opened_within < OPENS_WITHIN, "{opened_within:?}");
    println!(
        "{cuts} cuts: each named, each read to its last whole frame ({emptied} had none), the others untouched; \
         {repaired} repaired; opened in {opened_within:?} at most"
    );
}

#[test]
fn a_segment_overwritten_anywhere_is_read_without_harm() {
    let rounds = from_env("GRIDWARDEN_CUTS", 300);
    let Ring { folder, originals, .. } = ring();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(13);
    for round in 0..rounds {
        let Original { path, bytes, .. } = &originals[random.random_range(0..originals.len())];
        let mut spoilt = bytes.clone();
        for _ in 0..random.random_range(1..40) {
            let at = random.random_range(0..spoilt.len());
            spoilt[at] = random.random();
        }
        fs::write(path, &spoilt).unwrap();
        let now = originals.last().unwrap().span.to;
        let report = check(folder.path(), Check { now, repair: false, deep: true }).unwrap();
        let harmless = |problem| matches!(problem, Problem::Corrupt | Problem::Unfinished);
        assert!(report.findings.iter().all(|it| harmless(it.problem)), "{round}: {report:?}");
        let _ = all(folder.path());
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn strange_and_misplaced_files_are_named_and_left() {
    let Ring { folder, originals, .. } = ring();
    let first = &originals[0].path;
    let day = first.parent().unwrap();
    let elsewhere = day.with_file_name("2025-12-31");
    fs::create_dir(&elsewhere).unwrap();
    let moved = elsewhere.join(first.file_name().unwrap());
    fs::rename(first, &moved).unwrap();
    let notes = day.join("notes.txt");
    fs::write(&notes, "mine").unwrap();
    let options = Check { now: originals[4].span.to, repair: true, deep: false };
    let report = check(folder.path(), options).unwrap();
    let named: Vec<_> = report.findings.iter().map(|it| (it.path.clone(), it.problem)).collect();
    let unfinished = (originals[4].path.clone(), Problem::Unfinished);
    assert_eq!(named, [(moved, Problem::Misplaced), unfinished, (notes.clone(), Problem::Strange)]);
    assert!(!report.is_sound() && notes.exists() && first.exists());
    let early = Check { now: START.minus(secs(7_200.0)), repair: false, deep: false };
    let report = check(folder.path(), early).unwrap();
    let future = report.findings.iter().filter(|it| it.problem == Problem::Future).count();
    assert_eq!(future, 5, "all of it is recorded after now");
}
