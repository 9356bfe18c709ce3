//! Keeps a node's footage within its limits: one thread for all cameras.
//!
//! # What is deleted, in this order
//! 1. What is older than its camera's `keep`, or its camera's share of bytes is above its limit: the
//!    camera's oldest first.
//! 2. While the node holds more than `bytes_max`, or the file system has less than `free_bytes_min` left:
//!    the oldest of all cameras first, so that every camera reaches back as far as the others.
//! 3. What a case holds, oldest first: only for `free_bytes_min`, and only when nothing else is left.
//!
//! Segments being written are never deleted. Each deletion is told with its reason. Nothing is deleted for
//! its age for a day after the clock was seen to step forward, or to be a day after the newest
//! footage: a wrong clock must not empty the ring.

use super::house::House;
use crate::{
    base::{clock::Clock, time::WallTime},
    domain::{footage::Span, ids::CameraId},
};
use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

const NOTES_MAX: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraLimits {
    pub keep: Duration,
    pub bytes_max: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub cameras: BTreeMap<CameraId, CameraLimits>,
    /// Of cameras that are not named any more.
    pub keep: Duration,
    /// The law's; a warning when it is not reached.
    pub keep_min: Duration,
    pub bytes_max: Option<u64>,
    pub free_bytes_min: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeletedFor {
    Age,
    /// The camera's limit.
    CameraBytes,
    /// The node's limit.
    Bytes,
    /// The file system was running full.
    Disk,
    /// The same, and a case held it.
    DiskThoughHeld,
}

impl DeletedFor {
    /// As in statistics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::CameraBytes => "camera_bytes",
            Self::Bytes => "bytes",
            Self::Disk => "disk",
            Self::DiskThoughHeld => "disk_though_held",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeeperEvent {
    Deleted {
        camera: CameraId,
        span: Span,
        bytes: u64,
        reason: DeletedFor,
    },
    /// What had to go was younger than the law's minimum. Told once a day.
    TooLittleRoom {
        kept: Duration,
        keep_min: Duration,
    },
    /// Held footage alone fills the node's limit.
    OnlyHeldLeft {
        bytes: u64,
    },
    /// The file system is nearly full, and nothing is left to delete.
    NothingToDelete {
        free_bytes: u64,
    },
    ClockDoubted,
    Failed {
        path: PathBuf,
        reason: String,
    },
}

/// What the thread hears.
pub(super) enum Note {
    Closed { camera: CameraId, starts_at: WallTime, bytes: u64 },
    ShortOfSpace,
    Stop,
}

/// For recorders: what they finished.
#[derive(Clone)]
pub struct Notes(SyncSender<Note>);

impl Notes {
    /// Waits while the keeper deletes; a stopped one is told nothing.
    pub fn closed(&self, camera: &CameraId, starts_at: WallTime, bytes: u64) {
        let _ = self.0.send(Note::Closed { camera: camera.clone(), starts_at, bytes });
    }

    pub fn short_of_space(&self) {
        let _ = self.0.try_send(Note::ShortOfSpace);
    }
}

/// Dropping it stops the thread.
pub struct Keeper {
    notes: SyncSender<Note>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Counts what there is: recorders start after it. `on_event` is called on the keeper's thread.
    pub fn start(
        dir: PathBuf,
        limits: Limits,
        clock: Arc<dyn Clock>,
        on_event: impl FnMut(KeeperEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let (notes, received) = sync_channel(NOTES_MAX);
        let mut house = House::new(dir, limits, clock, Box::new(on_event));
        house.count();
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || house.run(&received))?;
        Ok(Self { notes, thread: Some(thread) })
    }

    pub fn notes(&self) -> Notes {
        Notes(self.notes.clone())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.notes.send(Note::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic there has already been printed.
            let _ = thread.join();
        }
    }
}
