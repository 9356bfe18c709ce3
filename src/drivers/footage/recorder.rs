//! One camera's recorder: a thread that cuts compressed frames into segments and prunes old ones.
//!
//! ```text
//! streaming thread --tap, never waits--> bounded queue --> recorder thread --> segment writer --> disk
//! ```
//! A new segment begins at the first key frame after `segment_min`, and wherever the stream breaks:
//! frames lost in the queue, a step in its times, another format. When writing fails the recorder
//! says so once, lets frames pass for a while, and tries again at a key frame.

use super::segment::{self, SegmentWriter};
use crate::{
    base::{
        clock::Clock,
        time::{Monotonic, WallTime},
    },
    domain::ids::CameraId,
};
use gstreamer as gst;
use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// About ten seconds at 25 fps: a disk may hiccup so long without a gap.
const QUEUE_UNITS_MAX: usize = 256;
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// A break in the stream: the wall time and the stream's own time disagree by more.
const STEP_MAX: Duration = Duration::from_millis(200);
const SILENCE_MAX: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub struct RecorderConfig {
    /// Segments go to `<dir>/<camera>/`.
    pub dir: PathBuf,
    pub camera: CameraId,
    /// A segment ends at the first key frame after so long.
    pub segment_min: Duration,
    /// Older segments are deleted.
    pub keep: Duration,
    /// The oldest segments are deleted while this camera holds more.
    pub bytes_max: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderEvent {
    /// Nothing is being recorded since; analysis goes on.
    Failed {
        dir: PathBuf,
        reason: String,
    },
    Resumed,
}

/// Same shape as the camera's tap: an access unit with caps, and its wall time.
pub type Tap = Arc<dyn Fn(gst::Sample, WallTime) + Send + Sync>;

enum Order {
    Write(gst::Sample, WallTime),
    Stop,
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
        clock: Arc<dyn Clock>,
        on_event: impl Fn(RecorderEvent) + Send + 'static,
    ) -> io::Result<Self> {
        gst::init().map_err(io::Error::other)?;
        let (orders, received) = sync_channel(QUEUE_UNITS_MAX);
        let overrun = Arc::new(AtomicBool::new(false));
        let mut worker = Worker {
            dir: config.dir.join(config.camera.as_str()),
            config,
            clock,
            overrun: Arc::clone(&overrun),
            on_event: Box::new(on_event),
            open: None,
            retry_at: None,
        };
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || worker.run(&received))?;
        let sender = orders.clone();
        let tap: Tap = Arc::new(move |sample, captured_at| {
            if let Err(TrySendError::Full(_)) = sender.try_send(Order::Write(sample, captured_at)) {
                overrun.store(true, Ordering::Relaxed);
            }
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

struct Worker {
    config: RecorderConfig,
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    overrun: Arc<AtomicBool>,
    on_event: Box<dyn Fn(RecorderEvent) + Send>,
    open: Option<OpenSegment>,
    /// Set while recording fails.
    retry_at: Option<Monotonic>,
}

struct OpenSegment {
    writer: SegmentWriter,
    caps: gst::Caps,
    starts_at: WallTime,
    /// The stream's time of the first unit: becomes zero in the file.
    first_pts: gst::ClockTime,
    ends_at: WallTime,
    last_at: WallTime,
}

impl Worker {
    fn run(&mut self, orders: &Receiver<Order>) {
        if let Err(error) = self.adopt_leftovers() {
            tracing::warn!(dir = %self.dir.display(), %error, "old segments are left as they are");
        }
        loop {
            match orders.recv_timeout(SILENCE_MAX) {
                Ok(Order::Write(sample, at)) => {
                    if let Err(reason) = self.write(&sample, at) {
                        self.fail(reason);
                    }
                }
                // The camera is away: what there is should be readable as a finished segment.
                Err(RecvTimeoutError::Timeout) => self.close(),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.close();
    }

    /// Segments that a crash left open get their end from the file's last write.
    fn adopt_leftovers(&self) -> io::Result<()> {
        for left in segment::list(&self.dir)?.into_iter().filter(|segment| segment.open) {
            segment::close(&self.dir, left.starts_at, left.ends_at)?;
        }
        Ok(())
    }

    fn write(&mut self, sample: &gst::Sample, at: WallTime) -> Result<(), String> {
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return Ok(()) };
        let Some(pts) = buffer.pts() else { return Ok(()) };
        let is_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let lost_some = self.overrun.swap(false, Ordering::Relaxed);
        let ends_here = |open: &OpenSegment| {
            lost_some
                || open.is_broken_by(at, pts, caps)
                || (is_key && at.since(open.starts_at) >= self.config.segment_min)
        };
        if self.open.as_ref().is_some_and(ends_here) {
            self.close();
        }
        if self.open.is_none() {
            if !is_key || self.retry_at.is_some_and(|retry_at| self.clock.monotonic() < retry_at) {
                return Ok(());
            }
            fs::create_dir_all(&self.dir).map_err(|error| error.to_string())?;
            self.open = Some(OpenSegment {
                writer: SegmentWriter::open(&self.dir, at, caps)?,
                caps: caps.to_owned(),
                starts_at: at,
                first_pts: pts,
                ends_at: at,
                last_at: at,
            });
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        // A shallow copy: the bytes stay shared with the decoder.
        let mut shifted = buffer.copy();
        let timed = shifted.make_mut();
        timed.set_pts(pts.saturating_sub(open.first_pts));
        timed.set_dts(buffer.dts().map(|dts| dts.saturating_sub(open.first_pts)));
        open.writer.push(shifted)?;
        // A frame lasts as long as the one before it did.
        open.ends_at = open.ends_at.max(at.plus(at.since(open.last_at)));
        open.last_at = at;
        Ok(())
    }

    fn close(&mut self) {
        let Some(OpenSegment { writer, starts_at, ends_at, .. }) = self.open.take() else { return };
        if let Err(reason) = writer.finish() {
            self.fail(reason);
        } else if self.retry_at.take().is_some() {
            (self.on_event)(RecorderEvent::Resumed);
        }
        let kept = segment::close(&self.dir, starts_at, ends_at).and_then(|()| self.prune(ends_at));
        if let Err(error) = kept {
            self.fail(error.to_string());
        }
    }

    fn prune(&self, now: WallTime) -> io::Result<()> {
        let segments = segment::list(&self.dir)?;
        let mut bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
        for segment in segments.iter().filter(|segment| !segment.open) {
            if bytes <= self.config.bytes_max && now.since(segment.ends_at) <= self.config.keep {
                break;
            }
            fs::remove_file(&segment.path)?;
            bytes -= segment.bytes;
        }
        Ok(())
    }

    /// Told once; silent until recording works again.
    fn fail(&mut self, reason: String) {
        let told_before = self.retry_at.is_some();
        self.retry_at = Some(self.clock.monotonic().plus(RETRY_AFTER));
        if let Some(OpenSegment { writer, starts_at, ends_at, .. }) = self.open.take() {
            drop(writer);
            if let Err(error) = segment::close(&self.dir, starts_at, ends_at) {
                tracing::debug!(%error, "a broken segment keeps its open name");
            }
        }
        if !told_before {
            (self.on_event)(RecorderEvent::Failed { dir: self.dir.clone(), reason });
        }
    }
}

impl OpenSegment {
    fn is_broken_by(&self, at: WallTime, pts: gst::ClockTime, caps: &gst::CapsRef) -> bool {
        let by_wall = at.since(self.starts_at);
        let by_stream = Duration::from_nanos(pts.saturating_sub(self.first_pts).nseconds());
        by_wall.abs_diff(by_stream) > STEP_MAX
            || at.since(self.last_at) > SILENCE_MAX
            || self.caps.as_ref() != caps
    }
}
