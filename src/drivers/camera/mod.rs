//! Live cameras and video files through GStreamer.
//!
//! Enters: an address. Leaves: [`Frame`]s, the newest first to survive, and [`SourceEvent`]s.
//! One supervisor thread a camera owns its pipeline, because changing a pipeline's state can take
//! 100 ms; nothing here runs on an async worker.
//!
//! ```text
//! connecting --first frame--> delivering --end, error, silence--> waiting --backoff--> connecting
//!     \------- error, no frame in time -------------------------/
//! ```
//!
//! # Times
//! `pts` counts from the first frame this source ever gave and never steps back: an outage is a gap
//! in it, as long as the outage was on this node's monotonic clock. `captured_at` is anchored to the
//! node's wall clock once a connection and then follows the stream's own timestamps.
//!
//! # Failure
//! Nothing ends a source but its handle or the shutdown. Every outage is told once through the event
//! callback, in words with a cure and without credentials.

mod address;
mod backoff;
mod blanker;
mod chain;
mod connection;
mod decimate;
mod file;
mod image;
#[cfg(feature = "demo")]
mod looped;
mod reason;
#[cfg(feature = "demo")]
pub mod rtsp_server;
mod supervisor;

pub use address::{Address, BadAddress};
pub use blanker::Blanker;
pub use file::{FilePart, FileSource, FileSourceConfig};

use crate::{
    base::{
        bounded::{NewestQueue, Popped},
        clock::Clock,
        shutdown::Shutdown,
        time::{MediaTime, Monotonic, WallTime},
    },
    domain::{
        frame::Frame,
        pixel::PixelSize,
        seams::{FrameSource, SourceError},
    },
};
use gstreamer as gst;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How RTP travels. `Auto` begins with UDP and falls back to TCP, as cameras on a LAN like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    #[default]
    Tcp,
    Udp,
    Auto,
}

/// Takes compressed frames (parsed H.264 as avc, H.265 as hvc1, one access unit each) with their
/// wall time. Runs on a streaming thread: it must return at once.
pub type RecordTap = Arc<dyn Fn(gst::Sample, WallTime) + Send + Sync>;

pub struct CameraSourceConfig {
    pub address: Address,
    /// RTSP only.
    pub transport: Transport,
    /// Zero keeps every frame.
    pub analysed_fps: f64,
    pub queue_frames_max: usize,
    /// A stream that delivers nothing for so long is taken down and opened again.
    pub silent_after: Duration,
    pub record: Option<RecordTap>,
}

/// What the health of a camera is told from. Sent from the supervisor thread.
#[derive(Debug)]
pub enum SourceEvent {
    /// The first frame of a connection has been decoded.
    Connected { connection: u32, codec: String, decoder: String, size: PixelSize },
    /// The stream is gone; the next attempt follows after `retry_in`.
    Lost { error: SourceError, retry_in: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CameraStats {
    pub connections: u32,
    pub decoded: u64,
    /// Frames put in the queue, after decimation.
    pub offered: u64,
    /// Frames that a newer one pushed out of the queue.
    pub dropped: u64,
}

/// State that outlives a connection.
struct Shared {
    config: CameraSourceConfig,
    address: Address,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    stopped: AtomicBool,
    frames: NewestQueue<Frame>,
    opened: OnceLock<Monotonic>,
    last_pts_nanos: AtomicU64,
    connections: AtomicU32,
    decoded: AtomicU64,
    offered: AtomicU64,
}

impl Shared {
    fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.shutdown.has_begun()
    }

    /// Where a new connection's media time begins: behind every frame given so far.
    fn media_now(&self) -> MediaTime {
        let now = self.clock.monotonic();
        let since_opened = now.since(*self.opened.get_or_init(|| now));
        let last = self.last_pts_nanos.load(Ordering::Relaxed);
        let after_last = if last > 0 { last + 1_000_000 } else { 0 };
        MediaTime::from_nanos((since_opened.as_nanos() as u64).max(after_last))
    }

    /// Keeps media time strictly rising. A camera that begins with a burst makes rtspsrc give the
    /// frames that came early one and the same time; only the first of them is worth a look.
    fn push(&self, frame: Frame) {
        let pts = frame.stamp.pts.as_nanos();
        let last = self.last_pts_nanos.fetch_max(pts, Ordering::Relaxed);
        if pts <= last && self.offered.load(Ordering::Relaxed) > 0 {
            return;
        }
        self.offered.fetch_add(1, Ordering::Relaxed);
        self.frames.push(frame);
    }
}

/// A running camera. Dropping it stops the camera and waits for its thread.
pub struct CameraSource {
    shared: Arc<Shared>,
    supervisor: Option<JoinHandle<()>>,
}

impl CameraSource {
    /// Returns at once; connecting goes on behind. `on_event` is called on the supervisor thread
    /// and should only hand the event on.
    pub fn open(
        config: CameraSourceConfig,
        clock: Arc<dyn Clock>,
        shutdown: Shutdown,
        on_event: impl Fn(SourceEvent) + Send + 'static,
    ) -> Result<Self, SourceError> {
        let address = config.address.clone();
        let cannot = |reason: String| SourceError::Open { uri: address.to_string(), reason };
        gst::init().map_err(|error| cannot(format!("GStreamer does not start: {error}")))?;
        let shared = Arc::new(Shared {
            frames: NewestQueue::new(config.queue_frames_max),
            address: address.clone(),
            config,
            clock,
            shutdown,
            stopped: AtomicBool::new(false),
            opened: OnceLock::new(),
            last_pts_nanos: AtomicU64::new(0),
            connections: AtomicU32::new(0),
            decoded: AtomicU64::new(0),
            offered: AtomicU64::new(0),
        });
        let supervised = Arc::clone(&shared);
        let supervisor = std::thread::Builder::new()
            .name("camera".to_owned())
            .spawn(move || supervisor::supervise(&supervised, &on_event))
            .map_err(|error| cannot(format!("no thread for it: {error}")))?;
        Ok(Self { shared, supervisor: Some(supervisor) })
    }

    /// Closed when the camera stops.
    pub fn frames(&self) -> NewestQueue<Frame> {
        self.shared.frames.clone()
    }

    pub fn stats(&self) -> CameraStats {
        CameraStats {
            connections: self.shared.connections.load(Ordering::Relaxed),
            decoded: self.shared.decoded.load(Ordering::Relaxed),
            offered: self.shared.offered.load(Ordering::Relaxed),
            dropped: self.shared.frames.dropped(),
        }
    }
}

impl Drop for CameraSource {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.thread().unpark();
            // A panic there has already been printed; the camera is gone either way.
            let _ = supervisor.join();
        }
    }
}

/// Waits through outages; ends only when the camera is stopped.
impl FrameSource for CameraSource {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        loop {
            match self.shared.frames.pop(Duration::from_secs(3600)) {
                Popped::Item(frame) => return Ok(Some(frame)),
                Popped::TimedOut => continue,
                Popped::Closed => return Ok(None),
            }
        }
    }
}
