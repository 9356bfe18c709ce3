//! Recording, reading back, and clips.

use crate::support::{Video, Watched, digest, run, until};
use gridwarden::{
    base::{
        clock::SystemClock,
        time::{ClockQuality, WallTime},
    },
    domain::{footage::Span, ids::CameraId, pixel::PixelBox, seams::FrameSource},
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig, Transport, rtsp_server::RtspServer},
        footage::{
            Footage, Recorder, RecorderConfig, RecorderEvent, Segment,
            box_track::BoxTrack,
            clip::{ClipError, write_clip},
            keeper::{Keeper, Limits},
            mask,
        },
    },
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

fn camera_id() -> CameraId {
    "street".parse().unwrap()
}

fn config(dir: &Path) -> RecorderConfig {
    RecorderConfig { dir: dir.to_owned(), camera: camera_id(), segment_min: Duration::from_secs(1) }
}

/// Of a ring with room, unless bytes are limited.
fn keeper(dir: &Path, bytes_max: Option<u64>) -> Keeper {
    let limits = Limits {
        cameras: BTreeMap::new(),
        keep: Duration::from_secs(3600),
        keep_min: Duration::ZERO,
        bytes_max,
        free_bytes_min: 0,
    };
    Keeper::start(dir.to_owned(), limits, Arc::new(SystemClock::new()), |_| ()).unwrap()
}

type Events = Arc<Mutex<Vec<RecorderEvent>>>;

/// What it says, but for what it says all the time.
fn recorder(config: RecorderConfig, keeper: &Keeper) -> (Recorder, Events) {
    let events = Events::default();
    let kept = Arc::clone(&events);
    let clock = Arc::new(SystemClock::new());
    let recorder = Recorder::start(config, keeper.notes(), clock, move |event| {
        if !matches!(event, RecorderEvent::Synced(_)) {
            kept.lock().unwrap().push(event);
        }
    });
    (recorder.unwrap(), events)
}

fn all(dir: &Path) -> Vec<Segment> {
    Footage::new(dir).segments(&camera_id(), ages()).unwrap()
}

fn ages() -> Span {
    Span::new(WallTime::from_unix_millis(0), WallTime::from_unix_millis(4_000_000_000_000))
}

fn frames_of(segments: &[Segment], between: Option<(WallTime, WallTime)>) -> FileSource {
    let parts = segments
        .iter()
        .map(|segment| FilePart { path: segment.path.clone(), starts_at: segment.span.from })
        .collect();
    let clock = ClockQuality::Arrival;
    FileSource::open(FileSourceConfig { parts, analysed_fps: 0.0, between, clock }).unwrap()
}

fn frames_at(
    path: PathBuf,
    starts_at: WallTime,
    between: Option<(WallTime, WallTime)>,
) -> FileSource {
    let (parts, clock) = (vec![FilePart { path, starts_at }], ClockQuality::Arrival);
    FileSource::open(FileSourceConfig { parts, analysed_fps: 0.0, between, clock }).unwrap()
}

fn read(mut source: FileSource) -> Vec<(WallTime, u64)> {
    let mut frames = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        frames.push((frame.stamp.captured_at, digest(&frame.image.planes())));
    }
    frames
}

struct Site {
    folder: tempfile::TempDir,
    server: RtspServer,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file =
            Video { frames: 100, ..Video::default() }.write(&folder.path().join("street.mp4"));
        let server = RtspServer::start(&[("street", file)], 0).unwrap();
        Self { folder, server }
    }

    fn watch(&self, recorder: &Recorder) -> Watched {
        let uri = format!("rtsp://127.0.0.1:{}/street", self.server.port());
        Watched::with(&uri, 0.0, Transport::Tcp, Some(recorder.tap()))
    }
}

#[test]
fn what_was_recorded_is_what_was_analysed_at_the_same_times() {
    let site = Site::new();
    let dir = site.folder.path().join("footage");
    let (recorder, events) = recorder(config(&dir), &keeper(&dir, None));
    let camera = site.watch(&recorder);
    let live: Vec<_> = camera
        .frames(110)
        .into_iter()
        .map(|frame| (frame.stamp.captured_at, digest(&frame.image.planes())))
        .collect();
    drop(camera);
    drop(recorder);
    let segments = all(&dir);
    assert!(
        segments.len() >= 3 && segments.iter().all(|segment| !segment.is_open()),
        "{segments:?}"
    );

    // From the middle on, away from the squeezed frames of joining.
    let (from, to) = (live[50].0, live[100].0);
    let footage = Footage::new(&dir);
    let span = footage.recording_span(&camera_id()).unwrap().unwrap();
    assert!(span.from <= live[0].0 && span.to >= live[109].0);
    let asked = Span::new(from, to);
    assert_eq!(footage.holes(&camera_id(), asked, &segments, to).unwrap(), []);
    let recorded = read(frames_of(&segments, Some((from, to))));
    assert!((48..=52).contains(&recorded.len()), "{}", recorded.len());
    for (at, picture) in &recorded {
        let same = live.iter().filter(|(_, seen)| seen == picture);
        let nearest =
            same.map(|(seen_at, _)| seen_at.unix_millis().abs_diff(at.unix_millis())).min();
        assert!(nearest.is_some_and(|millis| millis <= 3), "{at}: {nearest:?}");
    }
    assert_eq!(*events.lock().unwrap(), []);
}

#[test]
fn a_segment_cut_off_by_a_crash_can_be_read_and_is_adopted() {
    let site = Site::new();
    let dir = site.folder.path().join("footage");
    let (running, _) = recorder(config(&dir), &keeper(&dir, None));
    let _camera = site.watch(&running);
    // What a kill would leave behind at this moment, copied from under the recorder.
    let crashed = site.folder.path().join("crashed");
    until("an open segment with something in it", || {
        let Some(open) = all(&dir).into_iter().find(|it| it.is_open() && it.bytes > 4_000) else {
            return false;
        };
        let copied = crashed.join(open.path.strip_prefix(&dir).unwrap());
        std::fs::create_dir_all(copied.parent().unwrap()).unwrap();
        std::fs::copy(&open.path, copied).is_ok()
    });
    let left = all(&crashed);
    assert!(left.len() == 1 && left[0].is_open());
    assert!(!read(frames_of(&left, None)).is_empty());
    let (adopting, events) = recorder(config(&crashed), &keeper(&crashed, None));
    drop(adopting);
    let adopted = all(&crashed);
    assert!(adopted.len() == 1 && !adopted[0].is_open() && adopted[0].span == left[0].span);
    let events = events.lock().unwrap();
    assert!(matches!(events[..], [RecorderEvent::Adopted { segments: 1, .. }]), "{events:?}");
}

#[test]
fn a_byte_limit_holds() {
    let site = Site::new();
    let dir = site.folder.path().join("footage");
    let keeper = keeper(&dir, Some(1));
    let (recorder, _) = recorder(config(&dir), &keeper);
    let camera = site.watch(&recorder);
    camera.frames(60);
    drop(camera);
    drop(recorder);
    until("nothing to be left", || all(&dir).is_empty());
}

#[test]
fn a_disk_that_cannot_be_written_is_told_once_and_analysis_goes_on() {
    let site = Site::new();
    // A file where the folder should be stops even root.
    let dir = site.folder.path().join("footage");
    std::fs::write(&dir, "in the way").unwrap();
    let (recorder, events) = recorder(config(&dir), &keeper(&dir, None));
    let camera = site.watch(&recorder);
    until("the failure", || !events.lock().unwrap().is_empty());
    camera.frames(50);
    assert!(camera.losses().is_empty());
    assert!(matches!(events.lock().unwrap()[..], [RecorderEvent::Failed { .. }]));
    std::fs::remove_file(&dir).unwrap();
    until("the recovery", || events.lock().unwrap().len() >= 2);
    assert_eq!(events.lock().unwrap()[1], RecorderEvent::Resumed);
    drop((camera, recorder));
    assert!(all(&dir).iter().any(|segment| !segment.is_open()));
}

/// A small file system that goes away with the test.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|done| done.status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_once_and_analysis_goes_on() {
    let site = Site::new();
    let dir = site.folder.path().join("footage");
    let Some(_disk) = SmallDisk::mount(&dir) else {
        println!("skipped: mounting a small disk needs root");
        return;
    };
    let fill = dir.join("filler");
    std::fs::write(&fill, vec![0; 250 << 10]).unwrap();
    let (recorder, events) = recorder(config(&dir), &keeper(&dir, None));
    let camera = site.watch(&recorder);
    until("the failure", || !events.lock().unwrap().is_empty());
    let told = format!("{:?}", events.lock().unwrap());
    assert!(told.contains("full"), "{told}");
    camera.frames(50);
    assert!(camera.losses().is_empty());
    std::fs::remove_file(&fill).unwrap();
    until("the recovery", || events.lock().unwrap().contains(&RecorderEvent::Resumed));
}

/// Mean absolute difference between neighbours in a row: how much detail there is.
fn detail(frame: &gridwarden::domain::frame::Frame, area: [usize; 4]) -> f64 {
    let planes = frame.image.planes();
    let [left, top, right, bottom] = area;
    let mut sum = 0.0;
    for row in top..bottom {
        let row = &planes.y[row * planes.y_stride_bytes..][left..right];
        sum += row.windows(2).map(|it| f64::from(it[0].abs_diff(it[1]))).sum::<f64>();
    }
    sum / ((right - left) * (bottom - top)) as f64
}

#[test]
fn a_clip_is_as_long_as_its_frames_and_hides_what_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let noisy = folder.path().join("noisy.mkv");
    run(&format!(
        "videotestsrc num-buffers=60 pattern=snow ! video/x-raw,format=I420,width=321,height=241,framerate=20/1 ! \
         jpegenc ! matroskamux ! filesink location={}",
        noisy.display()
    ));
    let starts_at = WallTime::from_unix_millis(1_767_225_600_000);
    let second = (starts_at.plus(Duration::from_secs(1)), starts_at.plus(Duration::from_secs(2)));
    let mut source = frames_at(noisy, starts_at, Some(second));
    let head = PixelBox::new(100.0, 60.0, 164.0, 124.0);
    let heads = BoxTrack::new([(second.0, vec![head])], Duration::from_millis(400));
    let out = folder.path().join("clip.mp4");
    let summary = write_clip(
        &mut source,
        &mut |stamp, planes| {
            for head in heads.around(stamp.captured_at) {
                mask::pixelate(planes, &head);
            }
            mask::outline(planes, &PixelBox::new(10.0, 10.0, 60.0, 60.0), [235, 128, 128]);
        },
        &out,
    )
    .unwrap();
    assert_eq!(summary.frames, 20);
    assert_eq!((summary.from, summary.to), second);
    assert_eq!((summary.size.width_px, summary.size.height_px), (320, 240));
    assert_eq!(summary.bytes, std::fs::metadata(&out).unwrap().len());
    let bytes = std::fs::read(&out).unwrap();
    let place = |tag: &[u8]| bytes.windows(4).position(|it| it == tag).unwrap();
    assert!(place(b"moov") < place(b"mdat"), "the index comes first, for browsers");
    assert!(!folder.path().join("clip.part.mp4").exists());

    let mut frames = frames_at(out, starts_at, None);
    let mut decoded = Vec::new();
    while let Some(frame) = frames.next_frame().unwrap() {
        decoded.push(frame);
    }
    assert_eq!(decoded.len(), 20);
    assert_eq!(decoded[19].stamp.pts.as_nanos() / 1_000_000, 950);
    // The box holds for 0.4 s: frames 0 to 8; away from its edges, blocks of 16 px.
    let hidden = [102, 62, 162, 122];
    for (nth, frame) in decoded.iter().enumerate() {
        let (inside, outside) = (detail(frame, hidden), detail(frame, [200, 150, 300, 230]));
        assert!(outside > 15.0, "{nth}: {outside}");
        assert_eq!(inside < outside / 4.0, nth <= 8, "{nth}: {inside} against {outside}");
    }
}

#[test]
fn a_clip_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let parts = FileSourceConfig {
        parts: Vec::new(),
        analysed_fps: 0.0,
        between: None,
        clock: ClockQuality::Arrival,
    };
    let mut nothing = FileSource::open(parts).unwrap();
    let out = folder.path().join("clip.mp4");
    let error = write_clip(&mut nothing, &mut |_, _| (), &out).unwrap_err();
    assert!(matches!(error, ClipError::NoFrames));
    assert!(!out.exists());
}
