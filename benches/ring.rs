//! The footage ring: what recording costs, and how fast something is found and cut out.
//!
//! `cargo bench --bench ring`, about 4 minutes; `-- SECONDS` for another length of recording.
//!
//! ```text
//! budget: 16 streams, CPU above receive-and-parse <= 10 % of one core, no frame lost
//!         30 s out of 24 h <= 300 ms; first byte <= 200 ms; any ring opens within 5 s
//! ```
//! Streams are access units of 25 fps and 4 Mbit/s handed to the recorders' taps at their pace, as a camera's
//! pipeline does behind its parser; the same loop without recorders is the baseline. Nothing here looks into
//! pictures, so they are noise. The 24 h ring is one recorded minute under 1,440 names (hard links): cold
//! figures drop that minute from the page cache before each cut. The month is 16 cameras of empty files.
//! What it costs to blank privacy zones in the recording itself is read on one stream of real footage at 1080p.

mod support;

use anyhow::Context;
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        time::{MediaTime, WallTime},
    },
    domain::{
        footage::Span,
        ids::CameraId,
        pixel::{PixelPoint, PixelPolygon, PixelSize},
        privacy::PrivacyMask,
        seams::FootageSource,
    },
    drivers::{
        camera::{Blanker, RecordTap},
        footage::{
            Footage, Recorder, RecorderConfig, RecorderEvent,
            cut::{Ring, write_mp4},
            keeper::{Keeper, Limits},
            name::{SegmentName, day_of},
        },
    },
};
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use support::{
    figures::{Spread, finish, round},
    process,
};

const CAMERAS: usize = 16;
const FPS: u64 = 25;
const KBITS: u64 = 4_000;
const SEGMENT: Duration = Duration::from_secs(60);
const DAYS: i64 = 30;
const CUTS: u32 = 20;
const CLIP: Duration = Duration::from_secs(30);
const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

fn main() -> anyhow::Result<()> {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let units = noise()?;
    let clock = SystemClock::new();
    let recording = record(&units, seconds, &clock)?;
    let day = cut_from_a_day(&units, &clock)?;
    let month = open_a_month(&clock)?;
    let blanking = blank(&clock)?;
    finish(json!({
        "bench": "ring", "recording": recording, "day": day, "month": month, "blanking": blanking
    }))
}

/// Ten seconds of a stream: a key frame every two.
fn noise() -> anyhow::Result<Vec<gst::Sample>> {
    gst::init()?;
    let units = units(&format!(
        "videotestsrc num-buffers={} pattern=snow ! video/x-raw,format=I420,width=640,height=360,framerate={FPS}/1 ! \
         x264enc speed-preset=ultrafast tune=zerolatency key-int-max=50 bitrate={KBITS}",
        10 * FPS
    ))?;
    println!("stream: {:.2} Mbit/s at {FPS} fps", bytes_of(&units) as f64 * 8.0 / 10e6);
    Ok(units)
}

fn units(source: &str) -> anyhow::Result<Vec<gst::Sample>> {
    let pipeline = gst::parse::launch(&format!(
        "{source} ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! \
         appsink name=units sync=false max-buffers=0"
    ))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().ok().context("no pipeline")?;
    let sink = pipeline.by_name("units").and_then(|it| it.downcast::<gst_app::AppSink>().ok());
    let sink = sink.context("no sink")?;
    pipeline.set_state(gst::State::Playing)?;
    let units: Vec<_> = std::iter::from_fn(|| sink.pull_sample().ok()).collect();
    pipeline.set_state(gst::State::Null)?;
    Ok(units)
}

fn bytes_of(units: &[gst::Sample]) -> usize {
    units.iter().filter_map(|unit| Some(unit.buffer()?.size())).sum()
}

/// One stream of 1080p at 25 fps, decoded, blanked and encoded again.
fn blank(clock: &SystemClock) -> anyhow::Result<Value> {
    let clip = support::clips::pets_1080p()?;
    let units = units(&format!("filesrc location={} ! qtdemux", clip.display()))?;
    let size = PixelSize { width_px: 1920, height_px: 1080 };
    let corners = [(0.0, 0.0), (600.0, 0.0), (600.0, 400.0), (0.0, 400.0)];
    let corners = corners.map(|(x, y)| PixelPoint { x, y }).to_vec();
    let zone = PixelPolygon::new(corners).context("a zone without area")?;
    let (frames, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counted, summed) = (Arc::clone(&frames), Arc::clone(&bytes));
    let record: RecordTap = Arc::new(move |sample, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        let size = sample.buffer().map_or(0, |buffer| buffer.size());
        summed.fetch_add(size as u64, Ordering::Relaxed);
    });
    let blanker = Blanker::start(PrivacyMask::new(vec![zone], size), record, |fault| {
        println!("blanking: {fault}");
    })?;
    let tap = blanker.tap();
    let (begins, before) = (clock.monotonic(), process::cpu_time("self")?);
    for nth in 0..units.len() as u64 {
        let due = begins.plus(Duration::from_secs(nth) / FPS as u32);
        std::thread::sleep(due.since(clock.monotonic()));
        tap(unit(&units, nth)?, START.plus(Duration::from_millis(nth * 1_000 / FPS)));
    }
    drop((tap, blanker));
    let cpu = process::cpu_time("self")? - before;
    let given = units.len() as f64;
    let a_frame = cpu.as_secs_f64() * 1e3 / given;
    let (frames, bytes) = (frames.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed));
    println!(
        "blanked in the recording, 1080p: {a_frame:.1} ms a frame, {:.0} % of a core at {FPS} fps; \
         {frames} of {given} frames, {:.2} of the bytes",
        a_frame * FPS as f64 / 10.0,
        bytes as f64 / bytes_of(&units) as f64
    );
    Ok(json!({
        "cpu_millis_a_frame": round(a_frame), "frames_lost": units.len() as u64 - frames,
        "bytes_share": round(bytes as f64 / bytes_of(&units) as f64),
    }))
}

fn unit(units: &[gst::Sample], nth: u64) -> anyhow::Result<gst::Sample> {
    let sample = &units[(nth % units.len() as u64) as usize];
    let mut buffer = sample.buffer().context("an empty unit")?.copy();
    let timed = buffer.make_mut();
    timed.set_pts(gst::ClockTime::from_nseconds(nth * 1_000_000_000 / FPS));
    timed.set_dts(gst::ClockTime::NONE);
    let caps = sample.caps_owned().context("a unit without caps")?;
    Ok(gst::Sample::builder().buffer(&buffer).caps(&caps).build())
}

fn camera(nth: usize) -> anyhow::Result<CameraId> {
    Ok(format!("camera-{nth}").parse()?)
}

fn keeper(dir: &Path) -> anyhow::Result<Keeper> {
    let limits = Limits {
        cameras: BTreeMap::new(),
        keep: Duration::from_secs(3_650 * 86_400),
        keep_min: Duration::ZERO,
        bytes_max: None,
        free_bytes_min: 0,
    };
    Ok(Keeper::start(dir.to_owned(), limits, Arc::new(SystemClock::new()), |_| ())?)
}

/// Units at their pace to every tap; the process's CPU time that it took.
fn play(
    units: &[gst::Sample],
    seconds: u64,
    clock: &SystemClock,
    take: impl Fn(gst::Sample, WallTime),
) -> anyhow::Result<Duration> {
    let begins = clock.monotonic();
    let before = process::cpu_time("self")?;
    for nth in 0..seconds * FPS {
        let due = begins.plus(Duration::from_secs(nth) / FPS as u32);
        std::thread::sleep(due.since(clock.monotonic()));
        let at = START.plus(Duration::from_millis(nth * 1_000 / FPS));
        for _ in 0..CAMERAS {
            take(unit(units, nth)?, at);
        }
    }
    Ok(process::cpu_time("self")? - before)
}

fn record(units: &[gst::Sample], seconds: u64, clock: &SystemClock) -> anyhow::Result<Value> {
    let bare = play(units, seconds, clock, |sample, _| drop(sample))?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let keeper = keeper(folder.path())?;
    let holes = Arc::new(AtomicU64::new(0));
    let mut recorders = Vec::new();
    for nth in 0..CAMERAS {
        let config = RecorderConfig {
            dir: folder.path().to_owned(),
            camera: camera(nth)?,
            segment_min: Duration::from_secs(20),
        };
        let counted = Arc::clone(&holes);
        let recorder =
            Recorder::start(config, keeper.notes(), Arc::new(SystemClock::new()), move |event| {
                if matches!(event, RecorderEvent::Hole(_) | RecorderEvent::Failed { .. }) {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            })?;
        recorders.push(recorder);
    }
    let taps: Vec<_> = recorders.iter().map(Recorder::tap).collect();
    let next = AtomicU64::new(0);
    let whole = play(units, seconds, clock, |sample, at| {
        let nth = next.fetch_add(1, Ordering::Relaxed) as usize % CAMERAS;
        taps[nth](sample, at);
    })?;
    drop((taps, recorders));
    // Every frame that was handed over is in an MP4 of the whole.
    let footage = Footage::new(folder.path());
    let (mut kept, mut bytes) = (0, 0);
    for nth in 0..CAMERAS {
        let all = Span::new(START, START.plus(Duration::from_secs(seconds + 10)));
        let segments = footage.segments(&camera(nth)?, all)?;
        bytes += segments.iter().map(|segment| segment.bytes).sum::<u64>();
        kept += u64::from(write_mp4(&segments, &folder.path().join("all.mp4"))?.frames);
    }
    let lost = seconds * FPS * CAMERAS as u64 - kept;
    let share = |cpu: Duration| 100.0 * cpu.as_secs_f64() / seconds as f64;
    let (above, holes) = (share(whole.saturating_sub(bare)), holes.load(Ordering::Relaxed));
    println!(
        "{CAMERAS} streams for {seconds} s: {:.1} % of a core - {:.1} % of handing over = {above:.1} % above; \
         {lost} of {} frames lost, {holes} holes, {:.1} MB/s",
        share(whole),
        share(bare),
        seconds * FPS * CAMERAS as u64,
        bytes as f64 / 1e6 / seconds as f64
    );
    Ok(
        json!({ "core_percent_above": round(above), "core_percent": round(share(whole)), "frames_lost": lost, "holes": holes }),
    )
}

fn cut_from_a_day(units: &[gst::Sample], clock: &SystemClock) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let footage = Footage::new(folder.path());
    let id = camera(0)?;
    let original = one_minute(&footage, &id, units)?;
    let bytes = fs::metadata(&original)?.len();
    for minute in 1..1_440u32 {
        let starts_at = START.plus(SEGMENT * minute);
        let name =
            SegmentName { starts_at, closed: Some((starts_at.plus(SEGMENT), bytes)), take: 0 };
        let day = footage.camera_dir(&id).join(day_of(starts_at));
        fs::create_dir_all(&day)?;
        fs::hard_link(&original, day.join(name.to_string()))?;
    }
    let ring = Ring { footage: footage.clone(), clock: Arc::new(clock.clone()) };
    let into = folder.path().join("into");
    fs::create_dir(&into)?;
    let mut report = BTreeMap::new();
    for cold in [false, true] {
        let (mut listed, mut parts, mut mp4) = (Vec::new(), Vec::new(), Vec::new());
        for nth in 0..CUTS {
            // Spread over the day, never at the beginning of a segment; half of them over a border.
            let from = START.plus(Duration::from_millis(u64::from(nth) * 4_217_000 + 21_300));
            let span = Span::new(from, from.plus(CLIP));
            let timed = |work: &mut dyn FnMut() -> anyhow::Result<()>| -> anyhow::Result<f64> {
                if cold {
                    forget(&original)?;
                }
                let begins = clock.monotonic();
                work()?;
                Ok(clock.monotonic().since(begins).as_secs_f64() * 1e3)
            };
            listed.push(timed(&mut || {
                let segments = footage.segments(&id, span)?;
                anyhow::ensure!(
                    !segments.is_empty()
                        && footage.holes(&id, span, &segments, span.to)?.is_empty()
                );
                Ok(())
            })?);
            parts.push(timed(&mut || Ok(ring.fetch(&id, span, &into).map(drop)?))?);
            mp4.push(timed(&mut || {
                let made = write_mp4(&footage.segments(&id, span)?, &into.join("clip.mp4"))?;
                anyhow::ensure!(made.frames >= 750);
                Ok(())
            })?);
        }
        let heat = if cold { "cold" } else { "warm" };
        for (what, millis) in [("found", listed), ("parts", parts), ("mp4", mp4)] {
            let spread = Spread::of(millis);
            println!(
                "30 s of 24 h, {heat}, {what}: {:.1} ms, at most {:.1}",
                spread.at(0.5),
                spread.at(1.0)
            );
            report.insert(format!("{what}_{heat}_millis"), spread.json());
        }
    }
    Ok(json!(report))
}

/// A real minute, and the name that it got.
fn one_minute(
    footage: &Footage,
    id: &CameraId,
    units: &[gst::Sample],
) -> anyhow::Result<std::path::PathBuf> {
    let keeper = keeper(footage.dir())?;
    let config =
        RecorderConfig { dir: footage.dir().to_owned(), camera: id.clone(), segment_min: SEGMENT };
    let recorder = Recorder::start(config, keeper.notes(), Arc::new(SystemClock::new()), |_| ())?;
    let tap = recorder.tap();
    for nth in 0..60 * FPS {
        tap(unit(units, nth)?, START.plus(Duration::from_millis(nth * 1_000 / FPS)));
        // A tenth of the queue at a time.
        if nth % FPS == 0 {
            std::thread::sleep(Duration::from_millis(40));
        }
    }
    drop((tap, recorder));
    let all = Span::new(START, START.plus(SEGMENT));
    let segments = footage.segments(id, all)?;
    anyhow::ensure!(
        segments.len() == 1 && segments[0].counts == all,
        "the minute has holes: {segments:?}"
    );
    Ok(segments[0].path.clone())
}

/// Out of the page cache.
fn forget(path: &Path) -> anyhow::Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

fn open_a_month(clock: &SystemClock) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let footage = Footage::new(folder.path());
    let minutes = DAYS as u32 * 1_440;
    for nth in 0..CAMERAS {
        let dir = footage.camera_dir(&camera(nth)?);
        for minute in 0..minutes {
            let starts_at = START.plus(SEGMENT * minute);
            let name =
                SegmentName { starts_at, closed: Some((starts_at.plus(SEGMENT), 0)), take: 0 };
            let day = dir.join(day_of(starts_at));
            if minute % 1_440 == 0 {
                fs::create_dir_all(&day)?;
            }
            File::create(day.join(name.to_string()))?;
        }
    }
    let begins = clock.monotonic();
    let keeper = keeper(folder.path())?;
    let counted = clock.monotonic().since(begins).as_secs_f64();
    drop(keeper);
    let (mut spans, mut found) = (Vec::new(), Vec::new());
    for nth in 0..CAMERAS {
        let id = camera(nth)?;
        let begins = clock.monotonic();
        let span = footage.recording_span(&id)?.context("nothing is recorded")?;
        spans.push(clock.monotonic().since(begins).as_secs_f64() * 1e3);
        let from = span.from.plus(MediaTime::from_secs_f64(1_000_000.0).since(MediaTime::ZERO));
        let begins = clock.monotonic();
        let segments = footage.segments(&id, Span::new(from, from.plus(CLIP)))?;
        anyhow::ensure!(!segments.is_empty(), "nothing is found");
        found.push(clock.monotonic().since(begins).as_secs_f64() * 1e3);
    }
    let (spans, found) = (Spread::of(spans), Spread::of(found));
    println!(
        "{CAMERAS} cameras for {DAYS} days, {} names: counted in {counted:.2} s; a camera's span in {:.1} ms, 30 s found in {:.1} ms",
        u64::from(minutes) * CAMERAS as u64,
        spans.at(0.5),
        found.at(0.5)
    );
    Ok(
        json!({ "counted_secs": round(counted), "span_millis": spans.json(), "found_millis": found.json() }),
    )
}
