//! One segment file while it is written, and its end.
//!
//! ```text
//! <start>.part.mkv, locked --push--> a write a frame --sync--> on the disk --close--> <start>_<end>_<bytes>.mkv
//! ```
//! The lock says that somebody writes, and goes with the process. Whoever finds an unlocked `.part`
//! file may close it: [`adopt`].

use super::{
    muxer::Muxer,
    name::{SegmentName, day_of},
    scan,
};
use crate::{
    base::time::WallTime,
    domain::footage::{HoleReason, Span},
};
use gstreamer as gst;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Why a segment could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct WriteFault {
    pub reason: HoleReason,
    pub words: String,
}

impl WriteFault {
    fn of(path: &Path, error: &io::Error) -> Self {
        let (reason, advice) = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                (HoleReason::DiskFull, ": the disk is full: free some space")
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                (HoleReason::DiskReadOnly, ": the disk is read-only")
            }
            io::ErrorKind::PermissionDenied => {
                (HoleReason::DiskFailed, ": check the folder's permissions")
            }
            _ => (HoleReason::DiskFailed, ""),
        };
        Self { reason, words: format!("{}: {error}{advice}", path.display()) }
    }

    fn of_muxer(words: String) -> Self {
        Self { reason: HoleReason::Unknown, words }
    }
}

pub struct SegmentWriter {
    muxer: Muxer,
    file: File,
    path: PathBuf,
    name: SegmentName,
    /// Bytes of whole frames in the file.
    written: u64,
    unsynced: bool,
    /// The folder's entry of it is on the disk.
    is_entered: bool,
    bytes: Vec<u8>,
}

impl SegmentWriter {
    pub fn open(
        camera_dir: &Path,
        starts_at: WallTime,
        take: u32,
        caps: &gst::CapsRef,
    ) -> Result<Self, WriteFault> {
        let name = SegmentName { starts_at, closed: None, take };
        let dir = camera_dir.join(day_of(starts_at));
        let path = dir.join(name.to_string());
        let muxer = Muxer::start(caps).map_err(WriteFault::of_muxer)?;
        let opened = fs::create_dir_all(&dir).and_then(|()| {
            let file = OpenOptions::new().write(true).read(true).create_new(true).open(&path)?;
            // A file system without locks loses only the check's knowledge of who writes.
            let _ = file.try_lock();
            Ok(file)
        });
        let file = opened.map_err(|error| WriteFault::of(&path, &error))?;
        let (written, unsynced, is_entered) = (0, false, false);
        Ok(Self { muxer, file, path, name, written, unsynced, is_entered, bytes: Vec::new() })
    }

    /// One write, whatever the muxer makes of the unit.
    pub fn push(&mut self, unit: gst::Buffer) -> Result<(), WriteFault> {
        self.bytes.clear();
        self.muxer.push(unit, &mut self.bytes).map_err(WriteFault::of_muxer)?;
        self.file.write_all(&self.bytes).map_err(|error| WriteFault::of(&self.path, &error))?;
        self.written += self.bytes.len() as u64;
        self.unsynced = true;
        Ok(())
    }

    /// Afterwards a power cut takes nothing that was pushed before.
    pub fn sync(&mut self) -> Result<(), WriteFault> {
        if !std::mem::take(&mut self.unsynced) {
            return Ok(());
        }
        let synced = self.file.sync_data().and_then(|()| {
            if std::mem::replace(&mut self.is_entered, true) {
                return Ok(());
            }
            let day = self.path.parent().unwrap_or(Path::new("."));
            sync_dir(day)?;
            sync_dir(day.parent().unwrap_or(day))
        });
        synced.map_err(|error| WriteFault::of(&self.path, &error))
    }

    /// The finished segment's length in bytes; a segment without a frame leaves no file.
    pub fn close(mut self, ends_at: WallTime) -> Result<u64, WriteFault> {
        let fault = |error: io::Error| WriteFault::of(&self.path, &error);
        if self.written == 0 {
            return fs::remove_file(&self.path).map(|()| 0).map_err(fault);
        }
        // Half a frame, where the disk was full in the middle of one.
        if self.file.metadata().map_err(fault)?.len() > self.written {
            self.file.set_len(self.written).map_err(fault)?;
        }
        self.sync()?;
        let closed = SegmentName { closed: Some((ends_at, self.written)), ..self.name };
        rename(&self.path, &closed).map_err(|error| WriteFault::of(&self.path, &error))?;
        Ok(self.written)
    }
}

/// Gives a finished segment its name, for good.
fn rename(path: &Path, to: &SegmentName) -> io::Result<PathBuf> {
    let day = path.parent().unwrap_or(Path::new("."));
    let target = day.join(to.to_string());
    fs::rename(path, &target)?;
    sync_dir(day)?;
    Ok(target)
}

pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// What a damaged or unfinished segment turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// Somebody is writing it.
    Busy,
    /// No frame of it could be read; it is gone.
    Nothing,
    Closed {
        span: Span,
        bytes: u64,
        /// After the last whole frame.
        cut_bytes: u64,
    },
}

/// Cuts a segment after its last whole frame and gives it the name that is true.
pub fn adopt(path: &Path, name: &SegmentName) -> io::Result<Adopted> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Ok(Adopted::Busy);
    }
    let scan = scan::scan(&file)?;
    if scan.units.is_empty() {
        fs::remove_file(path)?;
        return Ok(Adopted::Nothing);
    }
    let cut_bytes = scan.file_bytes - scan.whole_bytes;
    if cut_bytes > 0 {
        file.set_len(scan.whole_bytes)?;
    }
    file.sync_all()?;
    let span = Span::new(name.starts_at, name.starts_at.plus(scan.length()));
    rename(path, &SegmentName { closed: Some((span.to, scan.whole_bytes)), ..*name })?;
    Ok(Adopted::Closed { span, bytes: scan.whole_bytes, cut_bytes })
}
