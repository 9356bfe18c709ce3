//! Streams made at test time, a recorder that is fed by hand under a clock moved by hand, small disks.

use gridwarden::{
    base::{
        clock::{Clock, SimClock},
        time::WallTime,
    },
    domain::{
        footage::{Hole, Span},
        ids::CameraId,
    },
    drivers::footage::{
        Footage, Recorder, RecorderConfig, RecorderEvent, Segment,
        keeper::{Keeper, KeeperEvent, Limits},
    },
};
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Long enough for a busy machine; no test waits so long when things work.
const PATIENCE: Duration = Duration::from_secs(60);
pub const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

pub fn camera() -> CameraId {
    "street".parse().unwrap()
}

pub fn secs(secs: f64) -> Duration {
    Duration::from_secs_f64(secs)
}

/// Access units as a camera's tap gives them, to be played in a loop.
pub struct Stream {
    pub units: Vec<gst::Sample>,
    pub fps: u32,
}

pub struct Encoding {
    pub seconds: u32,
    pub fps: u32,
    pub size: (u32, u32),
    pub b_frames: u32,
    pub kbits: u32,
    /// Of videotestsrc: `ball` is small, `snow` as large as it may be.
    pub pattern: &'static str,
}

impl Default for Encoding {
    /// A key frame a second, and small.
    fn default() -> Self {
        Self { seconds: 4, fps: 5, size: (160, 120), b_frames: 0, kbits: 60, pattern: "ball" }
    }
}

impl Encoding {
    pub fn stream(&self) -> Stream {
        gst::init().unwrap();
        let Self { seconds, fps, size: (width, height), b_frames, kbits, pattern } = self;
        let pipeline = gst::parse::launch(&format!(
            "videotestsrc num-buffers={} pattern={pattern} ! video/x-raw,format=I420,width={width},height={height},framerate={fps}/1 ! \
             x264enc speed-preset=ultrafast key-int-max={fps} bframes={b_frames} b-adapt=false bitrate={kbits} ! h264parse ! \
             video/x-h264,stream-format=avc,alignment=au ! appsink name=units sync=false max-buffers=0",
            seconds * fps
        ))
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
        let sink = pipeline.by_name("units").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let units: Vec<_> = std::iter::from_fn(|| sink.pull_sample().ok()).collect();
        pipeline.set_state(gst::State::Null).unwrap();
        assert_eq!(units.len() as u32, seconds * fps);
        Stream { units, fps: *fps }
    }
}

impl Stream {
    /// The nth unit of the loop, and when it is shown.
    pub fn unit(&self, nth: u64) -> (gst::Sample, Duration) {
        let len = self.units.len() as u64;
        let sample = &self.units[(nth % len) as usize];
        let first = self.units[0].buffer().unwrap().pts().unwrap();
        let round = Duration::from_secs(len / u64::from(self.fps)) * (nth / len) as u32;
        let mut buffer = sample.buffer().unwrap().copy();
        let shown =
            round + Duration::from_nanos(buffer.pts().unwrap().saturating_sub(first).nseconds());
        let timed = buffer.make_mut();
        timed.set_pts(gst::ClockTime::from_nseconds(shown.as_nanos() as u64));
        timed.set_dts(gst::ClockTime::NONE);
        let caps = sample.caps_owned().unwrap();
        (gst::Sample::builder().buffer(&buffer).caps(&caps).build(), shown)
    }
}

/// A recorder, its keeper, and what they said.
pub struct Site {
    pub dir: PathBuf,
    pub clock: SimClock,
    pub recorder: Option<Recorder>,
    pub events: Arc<Mutex<Vec<RecorderEvent>>>,
    pub kept: Arc<Mutex<Vec<KeeperEvent>>>,
    _keeper: Keeper,
}

pub fn roomy() -> Limits {
    Limits {
        cameras: BTreeMap::new(),
        keep: Duration::from_secs(30 * 86_400),
        keep_min: Duration::ZERO,
        bytes_max: None,
        free_bytes_min: 0,
    }
}

impl Site {
    pub fn new(dir: &Path, limits: Limits, segment: Duration) -> Self {
        let clock = SimClock::starting_at(START);
        let (events, kept) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let told = Arc::clone(&kept);
        let keeper = Keeper::start(dir.to_owned(), limits, Arc::new(clock.clone()), move |event| {
            told.lock().unwrap().push(event);
        })
        .unwrap();
        let config = RecorderConfig { dir: dir.to_owned(), camera: camera(), segment_min: segment };
        let told = Arc::clone(&events);
        let recorder =
            Recorder::start(config, keeper.notes(), Arc::new(clock.clone()), move |event| {
                told.lock().unwrap().push(event);
            });
        let recorder = Some(recorder.unwrap());
        Self { dir: dir.to_owned(), clock, recorder, events, kept, _keeper: keeper }
    }

    pub fn footage(&self) -> Footage {
        Footage::new(&self.dir)
    }

    /// Hands units to the recorder, and lets as much time pass as they last.
    pub fn feed(&self, stream: &Stream, units: std::ops::Range<u64>) {
        let tap = self.recorder.as_ref().unwrap().tap();
        for nth in units {
            let (sample, _) = stream.unit(nth);
            tap(sample, self.clock.wall());
            self.clock.advance(Duration::from_secs(1) / stream.fps);
        }
    }

    /// The same with times of the caller's, for streams that are out of order.
    pub fn give(&self, sample: gst::Sample, at: WallTime) {
        (self.recorder.as_ref().unwrap().tap())(sample, at);
    }

    /// The recorder takes the camera for gone after two seconds without a frame.
    #[track_caller]
    pub fn pause(&self) {
        until("the open segment to be finished", || {
            let segments = self.segments();
            !segments.is_empty() && segments.iter().all(|segment| !segment.is_open())
        });
    }

    pub fn stop(&mut self) {
        self.recorder = None;
    }

    pub fn segments(&self) -> Vec<Segment> {
        all(&self.dir)
    }

    pub fn holes(&self, asked: Span) -> Vec<Hole> {
        let segments = self.footage().segments(&camera(), asked).unwrap();
        self.footage().holes(&camera(), asked, &segments, self.clock.wall()).unwrap()
    }

    pub fn told(&self, wanted: impl Fn(&RecorderEvent) -> bool) -> usize {
        self.events.lock().unwrap().iter().filter(|event| wanted(event)).count()
    }
}

pub fn all(dir: &Path) -> Vec<Segment> {
    let ages =
        Span::new(WallTime::from_unix_millis(0), WallTime::from_unix_millis(4_000_000_000_000));
    Footage::new(dir).segments(&camera(), ages).unwrap()
}

/// Waits until `done`; the panic names what was waited for.
#[track_caller]
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let mut waited = Duration::ZERO;
    let step = Duration::from_millis(20);
    while !done() {
        assert!(waited < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(step);
        waited += step;
    }
}

/// A number from the environment, for longer runs.
pub fn from_env(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A file system of its own, gone with the test.
pub struct SmallDisk {
    pub at: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Of so many bytes, in memory. `None`, and says so, where that is not allowed.
    pub fn in_memory(bytes: u64) -> Option<Self> {
        let size = format!("size={bytes}");
        Self::mount(&["-t", "tmpfs", "-o", &size, "tmpfs"])
    }

    /// An ext4 in a file: one that can be frozen.
    pub fn ext4(bytes: u64) -> Option<Self> {
        let image = tempfile::NamedTempFile::new().unwrap();
        image.as_file().set_len(bytes).unwrap();
        let made = Command::new("mkfs.ext4").arg("-q").arg("-F").arg(image.path()).output();
        if !made.is_ok_and(|made| made.status.success()) {
            println!("skipped: no mkfs.ext4 here");
            return None;
        }
        // The mounted loop device keeps the file.
        Self::mount(&["-o", "loop", image.path().to_str().unwrap()])
    }

    fn mount(arguments: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("disk");
        std::fs::create_dir(&at).unwrap();
        let mounted = Command::new("mount").args(arguments).arg(&at).output();
        if mounted.is_ok_and(|done| done.status.success()) {
            return Some(Self { at, _folder: folder });
        }
        println!("skipped: mounting a small disk needs root");
        None
    }

    pub fn remount(&self, how: &str) -> bool {
        let done =
            Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.at).output();
        done.is_ok_and(|done| done.status.success())
    }

    pub fn freeze(&self, frozen: bool) -> bool {
        let done =
            Command::new("fsfreeze").arg(if frozen { "-f" } else { "-u" }).arg(&self.at).output();
        done.is_ok_and(|done| done.status.success())
    }

    pub fn ballast(&self) -> PathBuf {
        self.at.join("ballast")
    }

    /// To the last byte; again after something was deleted.
    pub fn fill(&self) {
        use std::io::Write;
        let mut file =
            std::fs::File::options().create(true).append(true).open(self.ballast()).unwrap();
        let mut block = vec![0_u8; 65_536];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A disk that stays frozen would hold up everything after it.
        let _ = Command::new("fsfreeze").arg("-u").arg(&self.at).output();
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}
