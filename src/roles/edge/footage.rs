//! The footage ring at an edge: its recorders, its keeper, and footage back out of it as frames.
//!
//! ```text
//! camera's tap -> [blanker] -> recorder -> ring -> fetch into a scratch folder -> frames, privacy zones blanked
//!                    \-> keeper: limits      cases -> holds
//! ```
//! Deletions and holes are counted by their reason and told; none of it can stop analysis.

use super::{
    counters::EdgeCounters,
    recorders::{RingFirst, recorders},
};
use crate::{
    base::{
        clock::Clock,
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{Fetched, FootageError, FootagePart, Hole, Span},
        frame::Frame,
        ids::{CameraId, CaseId},
        privacy::{Masked, PrivacyMask},
        seams::{FootageSource, FrameSource, SourceError},
    },
    drivers::{
        camera::{Blanker, FilePart, FileSource, FileSourceConfig, RecordTap},
        footage::{
            Footage, Hold, Recorder, RecorderConfig, RecorderEvent,
            cut::Ring,
            keeper::{CameraLimits, DeletedFor, Keeper, KeeperEvent, Limits, Notes},
            space::total_bytes,
        },
    },
    roles::config::{
        edge::EdgeConfig,
        footage::FootageSettings,
        pipeline::{Pipeline, RecordingSettings},
    },
};
use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Handle;

/// Long enough that a month has few files, short enough that little is read for an interval.
const SEGMENT_MIN: Duration = Duration::from_secs(60);

/// What a node's cameras share of its ring.
pub struct Archive {
    pub reader: Reader,
    notes: Notes,
    counters: Arc<EdgeCounters>,
    clock: Arc<dyn Clock>,
    _keeper: Keeper,
}

impl Archive {
    /// Counts what there is before any recorder starts. Within the runtime that other recorders are asked by.
    pub fn open(
        config: &EdgeConfig,
        clock: &Arc<dyn Clock>,
        counters: &Arc<EdgeCounters>,
    ) -> io::Result<Self> {
        let footage = Footage::new(config.data_dir.join("footage"));
        fs::create_dir_all(footage.dir())?;
        let told = Arc::clone(counters);
        let keeper = Keeper::start(
            footage.dir().to_owned(),
            limits(config, total_bytes(footage.dir())?),
            Arc::clone(clock),
            move |event| tell(&event, &told),
        )?;
        let scratch = config.data_dir.join("scratch");
        if let Err(error) = fs::remove_dir_all(&scratch)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(scratch = %scratch.display(), %error, "left from before");
        }
        let ring = Ring { footage: footage.clone(), clock: Arc::clone(clock) };
        let recorders = recorders(&config.pipelines, clock, &Handle::current());
        let source = RingFirst { ring, recorders: recorders.map_err(io::Error::other)? };
        let source = Arc::new(source);
        let hold = config.footage.hold;
        let reader = Reader { footage, source, scratch, fetched: Arc::default(), hold };
        let (counters, clock) = (Arc::clone(counters), Arc::clone(clock));
        Ok(Self { reader, notes: keeper.notes(), counters, clock, _keeper: keeper })
    }

    pub fn record(&self, pipeline: &Pipeline, own: RecordingSettings) -> io::Result<Recording> {
        let camera = &pipeline.camera;
        let recorder = self.recorder(camera)?;
        let blanker = own.blank_privacy.then(|| {
            let camera = camera.clone();
            Blanker::start(pipeline.privacy.clone(), recorder.tap(), move |reason| {
                tracing::error!(%camera, reason, "frames that cannot be blanked are not recorded; analysis goes on");
            })
        });
        Ok(Recording { blanker: blanker.transpose()?, recorder })
    }

    fn recorder(&self, camera: &CameraId) -> io::Result<Recorder> {
        let config = RecorderConfig {
            dir: self.reader.footage.dir().to_owned(),
            camera: camera.clone(),
            segment_min: SEGMENT_MIN,
        };
        let (camera, counters) = (camera.clone(), Arc::clone(&self.counters));
        Recorder::start(config, self.notes.clone(), Arc::clone(&self.clock), move |event| {
            match event {
                RecorderEvent::Failed { dir, reason, words } => {
                    tracing::error!(%camera, dir = %dir.display(), %reason, words, "nothing is recorded; analysis goes on");
                }
                RecorderEvent::Resumed => tracing::info!(%camera, "recording again"),
                RecorderEvent::Hole(hole) => {
                    counters.hole(hole.reason);
                    tracing::warn!(%camera, from = %hole.from, to = %hole.to, reason = %hole.reason, "a hole in the recording");
                }
                RecorderEvent::ClockBack { from, to } => {
                    tracing::warn!(%camera, %from, %to, "the wall time went back: what is recorded from now on counts");
                }
                RecorderEvent::Adopted { segments, cut_bytes } => {
                    tracing::info!(%camera, segments, cut_bytes, "unfinished segments of an earlier run are finished");
                }
                RecorderEvent::Synced(_) => {}
            }
        })
    }
}

/// A camera's way to its footage.
pub struct Recording {
    /// Before the recorder, which gets its last frames as it ends.
    blanker: Option<Blanker>,
    recorder: Recorder,
}

impl Recording {
    pub fn tap(&self) -> RecordTap {
        self.blanker.as_ref().map_or_else(|| self.recorder.tap(), Blanker::tap)
    }
}

fn limits(config: &EdgeConfig, disk_bytes: u64) -> Limits {
    let FootageSettings { keep, keep_min, bytes_max, .. } = config.footage;
    let free_bytes_min = config.footage.free_bytes_min(disk_bytes);
    let recorded = config.pipelines.iter().filter_map(|pipeline| {
        let own = pipeline.recording?;
        let limits = CameraLimits { keep: own.keep.unwrap_or(keep), bytes_max: own.bytes_max };
        Some((pipeline.camera.clone(), limits))
    });
    Limits { cameras: recorded.collect(), keep, keep_min, bytes_max, free_bytes_min }
}

fn tell(event: &KeeperEvent, counters: &EdgeCounters) {
    match event {
        KeeperEvent::Deleted { camera, span, bytes, reason } => {
            counters.deleted(*reason, *bytes);
            if *reason == DeletedFor::DiskThoughHeld {
                tracing::error!(%camera, %span, "footage that a case holds was deleted: the disk was full of such");
            } else {
                tracing::debug!(%camera, %span, reason = reason.name(), "footage deleted");
            }
        }
        KeeperEvent::TooLittleRoom { kept, keep_min } => {
            let (days, days_min) =
                (kept.as_secs_f64() / 86_400.0, keep_min.as_secs_f64() / 86_400.0);
            tracing::warn!(
                days,
                days_min,
                "the disk, or [footage] bytes_max, holds less than keep_days_min"
            );
        }
        KeeperEvent::OnlyHeldLeft { bytes } => {
            tracing::warn!(bytes, "footage that cases hold exceeds [footage] bytes_max");
        }
        KeeperEvent::NothingToDelete { free_bytes } => {
            tracing::error!(
                free_bytes,
                "the disk is nearly full, and there is no footage left to delete"
            );
        }
        KeeperEvent::ClockDoubted => {
            tracing::warn!(
                "the clock jumped forward, or nothing was recorded for a day: nothing is deleted for its age for 24 h"
            );
        }
        KeeperEvent::Failed { path, reason } => {
            tracing::warn!(path = %path.display(), reason, "footage cannot be deleted");
        }
    }
}

/// Footage as frames.
#[derive(Clone)]
pub struct Reader {
    pub footage: Footage,
    source: Arc<dyn FootageSource>,
    scratch: PathBuf,
    fetched: Arc<AtomicU64>,
    hold: Duration,
}

/// There are no frames of an interval.
#[derive(Debug, thiserror::Error)]
pub enum NoFootage {
    #[error("nothing was recorded: {}", listed(.0))]
    Holes(Vec<Hole>),
    #[error(transparent)]
    Source(#[from] FootageError),
    #[error(transparent)]
    Frames(#[from] SourceError),
}

fn listed(holes: &[Hole]) -> String {
    holes.iter().map(Hole::to_string).collect::<Vec<_>>().join(", ")
}

impl Reader {
    /// Recorded frames of an interval at a rate (0: all of them).
    pub fn open(
        &self,
        camera: &CameraId,
        mask: PrivacyMask,
        span: Span,
        fps: f64,
    ) -> Result<ReadBack, NoFootage> {
        let taken = self.take(camera, span)?;
        let (frames, holes) = (taken.frames(mask, fps)?, taken.holes.clone());
        Ok(ReadBack { frames, holes, _taken: taken })
    }

    /// An interval, to be read once or more.
    pub fn take(&self, camera: &CameraId, span: Span) -> Result<Taken, NoFootage> {
        let number = self.fetched.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch::make(self.scratch.join(number.to_string()))?;
        let fetched = self.source.fetch(camera, span, &scratch.0)?;
        if fetched.parts.is_empty() {
            return Err(NoFootage::Holes(fetched.holes));
        }
        let Fetched { parts, holes, clock } = fetched;
        Ok(Taken { span, parts, holes, clock, _scratch: scratch })
    }

    /// A case needs this footage: it stays until the case's time is over.
    pub fn hold(&self, camera: &CameraId, span: Span, case: CaseId, now: WallTime) {
        let hold = Hold { span, until: now.plus(self.hold), case };
        if let Err(error) = self.footage.hold(camera, &hold) {
            tracing::warn!(%camera, %case, %error, "footage of a case is not held");
        }
    }
}

/// Footage of an interval on disk, as long as this lives.
pub struct Taken {
    span: Span,
    parts: Vec<FootagePart>,
    pub holes: Vec<Hole>,
    pub clock: ClockQuality,
    _scratch: Scratch,
}

impl Taken {
    /// From its first frame to its last, within the interval.
    pub fn covers(&self) -> Span {
        let (first, last) = (self.parts.first(), self.parts.last());
        let whole = first.zip(last).map(|(first, last)| Span::new(first.starts_at, last.ends_at));
        whole.map_or(self.span, |whole| whole.within(self.span))
    }

    /// At a rate (0: all of them).
    pub fn frames(&self, mask: PrivacyMask, fps: f64) -> Result<Masked<FileSource>, SourceError> {
        let part =
            |part: &FootagePart| FilePart { path: part.path.clone(), starts_at: part.starts_at };
        let config = FileSourceConfig {
            parts: self.parts.iter().map(part).collect(),
            analysed_fps: fps,
            between: Some((self.span.from, self.span.to)),
            clock: self.clock,
        };
        Ok(Masked { source: FileSource::open(config)?, mask })
    }
}

/// Frames of an interval, and what is missing between them.
pub struct ReadBack {
    frames: Masked<FileSource>,
    pub holes: Vec<Hole>,
    /// Dropped after the frames that are read from it.
    _taken: Taken,
}

impl FrameSource for ReadBack {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        self.frames.next_frame()
    }
}

/// A folder that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn make(dir: PathBuf) -> Result<Self, FootageError> {
        match fs::create_dir_all(&dir) {
            Ok(()) => Ok(Self(dir)),
            Err(error) => Err(FootageError::disk(&dir, error)),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(dir = %self.0.display(), %error, "fetched footage stays until the next start");
        }
    }
}
