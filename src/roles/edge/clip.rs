//! Clips around a confirmation: cut from the recording, heads and plates hidden, boxes drawn.
//!
//! A clip is ordered when a case opens and made once its last second is on disk. One at a time, on a
//! thread of low priority, so that analysis never waits. Masks come from the detections of the frames
//! themselves, at the analysed rate, and hold for a moment before and after; faces, where the node has a
//! network for them, are looked for in the footage before it is cut.

use super::{
    camera::{Message, Shared},
    evidence::{About, Stored},
    footage::{Reader, Taken},
    masking::{MASK_FPS, MASK_HOLD, face_regions, find_masks, hide},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::CaseState,
        footage::{FOOTAGE_DELAY, Span},
        ids::{CameraId, CaseId},
        pixel::PixelBox,
        privacy::PrivacyMask,
    },
    drivers::footage::{
        box_track::BoxTrack,
        clip::{in_background, write_clip},
        mask::outline,
    },
};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    time::Duration,
};

const BEFORE: Duration = Duration::from_secs(8);
const AFTER: Duration = Duration::from_secs(4);
/// Longer than a clip waits for others, which take seconds each.
const BOXES_KEPT: Duration = Duration::from_secs(180);
const JOBS_MAX: usize = 32;
/// Y, U, V of the drawn boxes: amber, told from any street by eye.
const BOX_COLOUR: [u8; 3] = [170, 60, 170];

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipJob {
    case_id: CaseId,
    from: WallTime,
    to: WallTime,
}

impl ClipJob {
    pub fn around(state: &CaseState) -> Self {
        let at = state.confirmed_at;
        Self { case_id: state.case_id, from: at.minus(BEFORE), to: at.plus(AFTER) }
    }
}

struct Seen {
    at: WallTime,
    masks: Vec<PixelBox>,
    subjects: Vec<PixelBox>,
}

pub struct Clips {
    camera: CameraId,
    privacy: PrivacyMask,
    footage: Option<Reader>,
    shared: Shared,
    ready: SyncSender<Message>,
    seen: VecDeque<Seen>,
    jobs: VecDeque<ClipJob>,
    busy: Arc<AtomicBool>,
}

impl Clips {
    /// Without footage nothing is cut; cases then carry pictures only.
    pub fn new(
        camera: CameraId,
        privacy: PrivacyMask,
        footage: Option<Reader>,
        shared: Shared,
        ready: SyncSender<Message>,
    ) -> Self {
        Self {
            camera,
            privacy,
            footage,
            shared,
            ready,
            seen: VecDeque::new(),
            jobs: VecDeque::new(),
            busy: Arc::default(),
        }
    }

    pub fn remember(&mut self, at: WallTime, masks: Vec<PixelBox>, subjects: Vec<PixelBox>) {
        self.seen.push_back(Seen { at, masks, subjects });
        while self.seen.front().is_some_and(|seen| at.since(seen.at) > BOXES_KEPT) {
            self.seen.pop_front();
        }
    }

    pub fn order(&mut self, job: ClipJob) {
        if self.footage.is_none() {
            return;
        }
        if self.jobs.len() == JOBS_MAX {
            tracing::warn!(camera = %self.camera, "too many clips wait: the oldest case gets none");
            self.jobs.pop_front();
        }
        self.jobs.push_back(job);
    }

    /// Starts the next clip whose footage is complete by `now`, unless one is being made.
    pub fn make_due(&mut self, now: WallTime) {
        let due = self.jobs.front().is_some_and(|job| now >= job.to.plus(FOOTAGE_DELAY));
        if !due || self.busy.load(Ordering::Acquire) {
            return;
        }
        let (Some(job), Some(footage)) = (self.jobs.pop_front(), self.footage.clone()) else {
            return;
        };
        let reach = |seen: &&Seen| {
            seen.at >= job.from.minus(MASK_HOLD) && seen.at <= job.to.plus(MASK_HOLD)
        };
        let masks = BoxTrack::new(
            self.seen.iter().filter(reach).map(|s| (s.at, s.masks.clone())),
            MASK_HOLD,
        );
        let boxes = BoxTrack::new(
            self.seen.iter().filter(reach).map(|s| (s.at, s.subjects.clone())),
            MASK_HOLD,
        );
        let (camera, privacy, shared, ready, busy) = (
            self.camera.clone(),
            self.privacy.clone(),
            self.shared.clone(),
            self.ready.clone(),
            Arc::clone(&self.busy),
        );
        self.busy.store(true, Ordering::Release);
        let made = in_background("clip", move || {
            let scratch = shared.evidence.scratch(&format!("clip-{}", job.case_id));
            let span = Span::new(job.from, job.to);
            footage.hold(&camera, span, job.case_id, shared.clock.wall());
            let made = footage
                .take(&camera, span)
                .map_err(anyhow::Error::from)
                .and_then(|taken| make(&taken, privacy, masks, &boxes, &scratch, &shared));
            match made {
                Ok(stored) => {
                    let message = Message::Clip { case_id: job.case_id, stored: Box::new(stored) };
                    // The analyst is gone only at shutdown; the case has its pictures.
                    let _ = ready.send(message);
                }
                Err(error) => {
                    // Half a clip is of no use to anybody.
                    let _ = std::fs::remove_file(&scratch);
                    tracing::warn!(%camera, case = %job.case_id, error = format!("{error:#}"), "no clip was made")
                }
            }
            busy.store(false, Ordering::Release);
        });
        if let Err(error) = made {
            self.busy.store(false, Ordering::Release);
            tracing::warn!(camera = %self.camera, %error, "no thread for a clip");
        }
    }
}

fn make(
    taken: &Taken,
    privacy: PrivacyMask,
    masks: BoxTrack,
    boxes: &BoxTrack,
    scratch: &Path,
    shared: &Shared,
) -> anyhow::Result<Stored> {
    let mut masks = vec![masks];
    if let Some(mut finder) = shared.faces.finder()? {
        let mut few = taken.frames(privacy.clone(), MASK_FPS)?;
        masks.push(find_masks(&mut few, &mut |frame| face_regions(&mut finder, frame))?);
    }
    let summary = write_clip(
        &mut taken.frames(privacy, 0.0)?,
        &mut |stamp, planes| {
            if !hide(&masks, stamp, planes) {
                return;
            }
            boxes
                .nearest(stamp.captured_at)
                .iter()
                .for_each(|area| outline(planes, area, BOX_COLOUR));
        },
        scratch,
    )?;
    let about = About {
        role: "clip",
        media_type: "video/mp4",
        size: summary.size,
        captured_at: summary.from,
    };
    Ok(shared.evidence.take(scratch, about, shared.clock.wall())?)
}
