//! What a recorder's thread does with the units it is given: segments, and holes between them.
//!
//! Three things last from unit to unit: the open segment, the open hole, and when writing is tried again
//! after it failed.

use super::{
    keeper::Notes,
    name::{Entry, SegmentName, day_of, gap_name, lasting_gap_name},
    recorder::{Arrived, Order, RecorderConfig, RecorderEvent, SYNC_EVERY},
    ring::{SEGMENT_SPAN_MAX, days, entries_if},
    segment::{self, Adopted, SegmentWriter, WriteFault},
};
use crate::{
    base::{
        clock::Clock,
        time::{Monotonic, WallTime},
    },
    domain::footage::{HOLE_MIN, Hole, HoleReason},
};
use gstreamer as gst;
use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

const RETRY_AFTER: Duration = Duration::from_secs(5);
/// A break in the stream: the wall time and the stream's own time disagree by more.
const STEP_MAX: Duration = Duration::from_millis(200);
/// Frames that refer to later ones come out of order, by less.
const REORDERED_MAX: Duration = Duration::from_secs(1);
/// A hole that is longer than the time that passed, by more than frames are late, is one in the clock.
const CLOCK_STEP_MIN: Duration = Duration::from_secs(5);
const SILENCE_MAX: Duration = Duration::from_secs(2);
pub(super) struct Worker {
    config: RecorderConfig,
    dir: PathBuf,
    notes: Notes,
    clock: Arc<dyn Clock>,
    on_event: Box<dyn Fn(RecorderEvent) + Send>,
    open: Option<OpenSegment>,
    /// Set while recording fails.
    retry_at: Option<Monotonic>,
    /// End of the newest footage of this take.
    newest: Option<WallTime>,
    take: u32,
    hole: Option<OpenHole>,
    /// When the last unit came.
    arrived: Monotonic,
}

struct OpenSegment {
    writer: SegmentWriter,
    caps: gst::Caps,
    starts_at: WallTime,
    /// The stream's time of the first unit: becomes zero in the file.
    first_pts: gst::ClockTime,
    ends_at: WallTime,
    last_at: WallTime,
    last_pts: gst::ClockTime,
    synced_at: WallTime,
}

/// One that has not ended.
#[derive(Clone, Copy)]
struct OpenHole {
    from: WallTime,
    reason: HoleReason,
    /// When it began, unless that was before this run.
    since: Option<Monotonic>,
}

impl Worker {
    pub fn new(
        config: RecorderConfig,
        notes: Notes,
        clock: Arc<dyn Clock>,
        on_event: Box<dyn Fn(RecorderEvent) + Send>,
    ) -> Self {
        Self {
            dir: config.dir.join(config.camera.as_str()),
            config,
            notes,
            clock,
            on_event,
            open: None,
            retry_at: None,
            newest: None,
            take: 0,
            hole: None,
            arrived: Monotonic::ZERO,
        }
    }

    pub fn run(&mut self, orders: &Receiver<Order>) {
        if let Err(error) = self.take_up() {
            tracing::warn!(dir = %self.dir.display(), %error, "what was recorded before is left as it is");
        }
        loop {
            match orders.recv_timeout(SILENCE_MAX) {
                Ok(Order::Write(unit)) => {
                    if let Err(fault) = self.write(&unit) {
                        self.fail(fault);
                    }
                    self.arrived = unit.arrived;
                }
                // The camera is away: what there is should be readable as a finished segment.
                Err(RecvTimeoutError::Timeout) => self.close(Some(HoleReason::StreamLost)),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.close(Some(HoleReason::Stopped));
    }

    /// Learns where the recording ended, and finishes what a crash left open.
    fn take_up(&mut self) -> io::Result<()> {
        let mut newest = self.finish_leftovers()?;
        let days = days(&self.dir)?;
        for (nth, day) in days.iter().enumerate() {
            // Without later takes the newest footage is in the newest folders.
            let is_recent = nth + 2 >= days.len();
            let wanted = |name: &str| is_recent || name.ends_with(".gap") || name.contains("_t");
            for (_, entry) in entries_if(&self.dir.join(day), wanted)? {
                match entry {
                    Entry::Segment(SegmentName { take, closed: Some((ends_at, _)), .. }) => {
                        newest = newest.max(Some((take, ends_at)));
                    }
                    Entry::Gap { from, to: None, reason } => {
                        self.hole = Some(OpenHole { from, reason, since: None });
                    }
                    Entry::Segment(_) | Entry::Gap { .. } => {}
                }
            }
        }
        if let Some((take, ends_at)) = newest {
            (self.take, self.newest) = (take, Some(ends_at));
            self.begin_hole(HoleReason::Stopped);
        }
        Ok(())
    }

    /// Gives segments that nobody writes any more their final names; the newest take and its end.
    fn finish_leftovers(&self) -> io::Result<Option<(u32, WallTime)>> {
        let (mut segments, mut cut, mut newest) = (0, 0, None);
        for day in days(&self.dir)? {
            let unfinished = |name: &str| name.ends_with(".part.mkv");
            for (path, entry) in entries_if(&self.dir.join(day), unfinished)? {
                let Entry::Segment(name @ SegmentName { closed: None, .. }) = entry else {
                    continue;
                };
                if let Adopted::Closed { span, bytes, cut_bytes } = segment::adopt(&path, &name)? {
                    (segments, cut) = (segments + 1, cut + cut_bytes);
                    newest = newest.max(Some((name.take, span.to)));
                    self.notes.closed(&self.config.camera, span.from, bytes);
                }
            }
        }
        if segments > 0 {
            (self.on_event)(RecorderEvent::Adopted { segments, cut_bytes: cut });
        }
        Ok(newest)
    }

    fn write(&mut self, unit: &Arrived) -> Result<(), WriteFault> {
        let Arrived { sample, at, arrived, lost_some } = unit;
        let (at, lost_some) = (*at, *lost_some);
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return Ok(()) };
        let Some(pts) = buffer.pts() else { return Ok(()) };
        let is_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let ends = self.open.as_ref().and_then(|open| match open.broken_by(at, pts, caps) {
            _ if lost_some => Some(Some(HoleReason::DiskSlow)),
            None => {
                let is_due = is_key && at.since(open.starts_at) >= self.config.segment_min;
                is_due.then_some(None)
            }
            broken => Some(broken),
        });
        if let Some(why) = ends {
            self.close(why);
        }
        if self.open.is_none() {
            if !is_key || self.retry_at.is_some_and(|retry_at| self.clock.monotonic() < retry_at) {
                return Ok(());
            }
            self.begin(at, pts, caps)?;
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
        (open.last_at, open.last_pts) = (at, pts);
        if at.since(open.synced_at) >= SYNC_EVERY {
            open.synced_at = at;
            open.writer.sync()?;
            (self.on_event)(RecorderEvent::Synced(at));
        }
        self.recorded(*arrived);
        Ok(())
    }

    /// A segment that begins with this unit.
    fn begin(
        &mut self,
        at: WallTime,
        pts: gst::ClockTime,
        caps: &gst::CapsRef,
    ) -> Result<(), WriteFault> {
        if let Some(newest) = self.newest.filter(|newest| newest.since(at) >= HOLE_MIN) {
            self.take += 1;
            self.newest = None;
            (self.on_event)(RecorderEvent::ClockBack { from: newest, to: at });
        }
        self.open = Some(OpenSegment {
            writer: SegmentWriter::open(&self.dir, at, self.take, caps)?,
            caps: caps.to_owned(),
            starts_at: at,
            first_pts: pts,
            ends_at: at,
            last_at: at,
            last_pts: pts,
            synced_at: at,
        });
        Ok(())
    }

    /// Footage is being kept: whatever failed before is over.
    fn recorded(&mut self, arrived: Monotonic) {
        if self.retry_at.take().is_some() {
            (self.on_event)(RecorderEvent::Resumed);
            // A disk that refused may have kept a segment from its name.
            if let Err(error) = self.finish_leftovers() {
                tracing::warn!(dir = %self.dir.display(), %error, "unfinished segments stay");
            }
        }
        let (Some(hole), Some(open)) = (self.hole.take(), &self.open) else { return };
        let mut whole = Hole { from: hole.from, to: open.starts_at, reason: hole.reason };
        let passed = hole.since.map(|since| arrived.since(since));
        if passed.is_some_and(|passed| whole.span().length() > passed + CLOCK_STEP_MIN) {
            whole.reason = HoleReason::ClockJump;
        }
        let lasting =
            self.dir.join(day_of(hole.from)).join(lasting_gap_name(hole.from, hole.reason));
        let written = if whole.span().length() < HOLE_MIN {
            fs::remove_file(&lasting)
        } else {
            let told = lasting.with_file_name(gap_name(&whole));
            (self.on_event)(RecorderEvent::Hole(whole));
            fs::rename(&lasting, &told).or_else(|_| {
                fs::create_dir_all(told.parent().unwrap_or(&self.dir))?;
                fs::File::create(&told).map(drop)
            })
        };
        if let Err(error) = written.or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }) {
            tracing::warn!(dir = %self.dir.display(), %error, "a hole is not written down");
        }
    }

    /// From the newest footage on, until something is recorded again. The first reason holds.
    fn begin_hole(&mut self, reason: HoleReason) {
        let (None, Some(from)) = (self.hole, self.newest) else { return };
        let since = (reason != HoleReason::Stopped).then_some(self.arrived);
        self.hole = Some(OpenHole { from, reason, since });
        let dir = self.dir.join(day_of(from));
        // A disk that refuses is told of when the hole ends.
        let made = fs::create_dir_all(&dir)
            .and_then(|()| fs::File::create(dir.join(lasting_gap_name(from, reason))));
        if let Err(error) = made {
            tracing::debug!(dir = %dir.display(), %error, "a hole is not written down yet");
        }
    }

    /// Ends the segment; what follows it until the next begins is missing for that reason.
    fn close(&mut self, why: Option<HoleReason>) {
        let Some(OpenSegment { writer, starts_at, ends_at, .. }) = self.open.take() else { return };
        self.newest = self.newest.max(Some(ends_at));
        match writer.close(ends_at) {
            Ok(bytes) => {
                self.notes.closed(&self.config.camera, starts_at, bytes);
                (self.on_event)(RecorderEvent::Synced(ends_at));
                if let Some(why) = why {
                    self.begin_hole(why);
                }
            }
            Err(fault) => self.fail(fault),
        }
    }

    /// Told once; silent until recording works again.
    fn fail(&mut self, fault: WriteFault) {
        if let Some(OpenSegment { writer, starts_at, ends_at, .. }) = self.open.take() {
            self.newest = self.newest.max(Some(ends_at));
            match writer.close(ends_at) {
                Ok(bytes) if bytes > 0 => {
                    self.notes.closed(&self.config.camera, starts_at, bytes);
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "a broken segment keeps its open name"),
            }
        }
        self.begin_hole(fault.reason);
        if fault.reason == HoleReason::DiskFull {
            self.notes.short_of_space();
        }
        let told_before = self.retry_at.is_some();
        self.retry_at = Some(self.clock.monotonic().plus(RETRY_AFTER));
        if !told_before {
            let WriteFault { reason, words } = fault;
            (self.on_event)(RecorderEvent::Failed { dir: self.dir.clone(), reason, words });
        }
    }
}

impl OpenSegment {
    fn broken_by(
        &self,
        at: WallTime,
        pts: gst::ClockTime,
        caps: &gst::CapsRef,
    ) -> Option<HoleReason> {
        let by_wall = at.since(self.starts_at);
        let by_stream = Duration::from_nanos(pts.saturating_sub(self.first_pts).nseconds());
        let went_back = Duration::from_nanos(self.last_pts.saturating_sub(pts).nseconds());
        if at.since(self.last_at) > SILENCE_MAX || went_back > REORDERED_MAX {
            return Some(HoleReason::StreamLost);
        }
        if by_wall.abs_diff(by_stream) > STEP_MAX || self.last_at.since(at) > REORDERED_MAX {
            return Some(HoleReason::ClockJump);
        }
        let is_too_long = by_wall >= SEGMENT_SPAN_MAX;
        (self.caps.as_ref() != caps || is_too_long).then_some(HoleReason::Unknown)
    }
}
