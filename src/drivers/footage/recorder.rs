//! One camera's recorder: a thread that cuts compressed frames into segments and writes down its holes.
//!
//! ```text
//! streaming thread --tap, never waits--> bounded queue --> recorder thread --> segment writer --> disk
//! ```
//! A new segment begins at the first key frame after `segment_min`, and wherever the stream breaks:
//! frames lost in the queue, a step in its times, another format. When writing fails the recorder
//! says so once, lets frames pass for a while, and tries again at a key frame. From the first frame
//! that is not on the disk to the first that is again there is a hole, and a name for its reason: an
//! empty file, made as the hole begins where the disk allows it, at the latest when it ends.
//!
//! # What a power cut takes
//! At most the last [`SYNC_EVERY`] of frames, and what the disk itself had not written though it said so.
//! A kill of the process takes nothing that was written: at most the frames in the queue.

use super::{keeper::Notes, recording::Worker};
use crate::{
    base::{
        clock::Clock,
        time::{Monotonic, WallTime},
    },
    domain::{
        footage::{Hole, HoleReason},
        ids::CameraId,
    },
};
use gstreamer as gst;
use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// About ten seconds at 25 fps: a disk may hiccup so long without a gap.
const QUEUE_UNITS_MAX: usize = 256;
/// How much footage a power cut may take.
pub const SYNC_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct RecorderConfig {
    /// Segments go to `<dir>/<camera>/<day>/`.
    pub dir: PathBuf,
    pub camera: CameraId,
    /// A segment ends at the first key frame after so long.
    pub segment_min: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderEvent {
    /// Nothing is being recorded since; analysis goes on.
    Failed {
        dir: PathBuf,
        reason: HoleReason,
        words: String,
    },
    Resumed,
    /// A hole has ended.
    Hole(Hole),
    /// The camera's wall time went back over footage that there is: what follows counts.
    ClockBack {
        from: WallTime,
        to: WallTime,
    },
    /// A power cut takes nothing before.
    Synced(WallTime),
    /// What an earlier run left unfinished is finished.
    Adopted {
        segments: u32,
        cut_bytes: u64,
    },
}

/// Same shape as the camera's tap: an access unit with caps, and its wall time.
pub type Tap = Arc<dyn Fn(gst::Sample, WallTime) + Send + Sync>;

pub(super) enum Order {
    Write(Arrived),
    Stop,
}

/// An access unit on its way to the disk.
pub(super) struct Arrived {
    pub sample: gst::Sample,
    pub at: WallTime,
    /// When it came, whatever the wall says.
    pub arrived: Monotonic,
    /// The queue was full before it: some are missing.
    pub lost_some: bool,
}

/// Dropping it finishes the open segment and waits for that.
pub struct Recorder {
    orders: SyncSender<Order>,
    tap: Tap,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// `on_event` is called on the recorder's thread.
    pub fn start(
        config: RecorderConfig,
        notes: Notes,
        clock: Arc<dyn Clock>,
        on_event: impl Fn(RecorderEvent) + Send + 'static,
    ) -> io::Result<Self> {
        gst::init().map_err(io::Error::other)?;
        let (orders, received) = sync_channel(QUEUE_UNITS_MAX);
        let arrivals = Arc::clone(&clock);
        let mut worker = Worker::new(config, notes, clock, Box::new(on_event));
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || worker.run(&received))?;
        let (sender, overrun) = (orders.clone(), AtomicBool::new(false));
        let tap: Tap = Arc::new(move |sample, at| {
            let (arrived, lost_some) = (arrivals.monotonic(), overrun.load(Ordering::Relaxed));
            let unit = Arrived { sample, at, arrived, lost_some };
            let sent = sender.try_send(Order::Write(unit));
            overrun.store(matches!(sent, Err(TrySendError::Full(_))), Ordering::Relaxed);
        });
        Ok(Self { orders, tap, thread: Some(thread) })
    }

    /// To be called with every access unit; never waits.
    pub fn tap(&self) -> Tap {
        Arc::clone(&self.tap)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Waits for room behind frames that are still to be written; fails if the thread is gone.
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic there has already been printed.
            let _ = thread.join();
        }
    }
}
