//! Videos made at test time, a patient wait, and cameras with sensible test settings.

use gridwarden::{
    base::{bounded::Popped, clock::SystemClock, shutdown::Shutdown},
    domain::frame::{Frame, Planes},
    drivers::camera::{
        Address, CameraSource, CameraSourceConfig, RecordTap, SourceEvent, Transport,
    },
};
use gstreamer::{self as gst, prelude::*};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Long enough for a busy machine; no test waits so long when things work.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Video {
    pub frames: u32,
    pub fps: u32,
    pub key_every: u32,
    pub width: u32,
    pub height: u32,
    pub b_frames: u32,
}

impl Default for Video {
    fn default() -> Self {
        Self { frames: 50, fps: 25, key_every: 25, width: 320, height: 240, b_frames: 0 }
    }
}

impl Video {
    pub fn write(&self, path: &Path) -> PathBuf {
        let Self { frames, fps, key_every, width, height, b_frames } = self;
        let muxer =
            if path.extension().is_some_and(|it| it == "mkv") { "matroskamux" } else { "mp4mux" };
        run(&format!(
            "videotestsrc num-buffers={frames} pattern=ball ! \
             video/x-raw,format=I420,width={width},height={height},framerate={fps}/1 ! \
             x264enc speed-preset=ultrafast key-int-max={key_every} bframes={b_frames} b-adapt=false ! \
             h264parse ! {muxer} ! filesink location={}",
            path.display()
        ));
        path.to_owned()
    }
}

/// Runs a pipeline to its end.
pub fn run(launch: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(launch).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let bus = pipeline.bus().unwrap();
    let ended = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(ended.type_(), gst::MessageType::Eos, "{ended:?}");
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

/// A camera with its events kept.
pub struct Watched {
    pub camera: CameraSource,
    pub events: Arc<Mutex<Vec<SourceEvent>>>,
}

impl Watched {
    pub fn open(uri: &str) -> Self {
        Self::with(uri, 0.0, Transport::Tcp, None)
    }

    pub fn with(uri: &str, fps: f64, transport: Transport, record: Option<RecordTap>) -> Self {
        Self::queued(uri, fps, transport, record, 1_000)
    }

    /// With a queue of so many frames.
    pub fn narrow(uri: &str, queue_frames_max: usize) -> Self {
        Self::queued(uri, 0.0, Transport::Tcp, None, queue_frames_max)
    }

    fn queued(
        uri: &str,
        fps: f64,
        transport: Transport,
        record: Option<RecordTap>,
        queue_frames_max: usize,
    ) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&events);
        let config = CameraSourceConfig {
            address: Address::parse(uri).unwrap(),
            transport,
            analysed_fps: fps,
            queue_frames_max,
            silent_after: Duration::from_secs(2),
            record,
        };
        let clock = Arc::new(SystemClock::new());
        let camera = CameraSource::open(config, clock, Shutdown::new(), move |event| {
            kept.lock().unwrap().push(event);
        });
        Self { camera: camera.unwrap(), events }
    }

    #[track_caller]
    pub fn frames(&self, count: usize) -> Vec<Frame> {
        let queue = self.camera.frames();
        (0..count)
            .map(|nth| match queue.pop(PATIENCE) {
                Popped::Item(frame) => frame,
                _ => panic!("no frame {nth}; events: {:?}", self.events.lock().unwrap()),
            })
            .collect()
    }

    pub fn losses(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let lost = events.iter().filter_map(|event| match event {
            SourceEvent::Lost { error, .. } => Some(error.to_string()),
            SourceEvent::Connected { .. } => None,
        });
        lost.collect()
    }

    pub fn connections(&self) -> usize {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| matches!(event, SourceEvent::Connected { .. })).count()
    }
}

/// A number for the visible luma, to tell pictures apart.
pub fn digest(planes: &Planes<'_>) -> u64 {
    let rows = planes.y.chunks(planes.y_stride_bytes).take(planes.size.height_px as usize);
    rows.flat_map(|row| &row[..planes.size.width_px as usize])
        .fold(14_695_981_039_346_656_037, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
        })
}
