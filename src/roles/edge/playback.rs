//! Footage for people: cut from the recording, heads and plates hidden, with a strip of thumbnails.
//!
//! ```text
//! footage/request -> (answered before? say it again) -> footage -> frames at 5 a second -> model, faces -> masks
//!                                                          \-> all frames -> masks over them -> clip, strip
//!   -> files -> answer stored -> footage/result
//! ```
//! One at a time, on a thread of low priority with a model session that lives as long as the work: live
//! cameras and verification go first. Whatever goes wrong is an answer with its reason.

use super::{
    camera::Shared,
    evidence::{About, Stored},
    footage::{NoFootage, Reader, Taken},
    masking::{MASK_FPS, find_masks, hide, regions},
    report::Teller,
};
use crate::{
    base::time::ClockQuality,
    domain::{
        footage::{FOOTAGE_DELAY, Hole},
        frame::{Frame, FrameStamp, PlanesMut},
        ids::CameraId,
        privacy::PrivacyMask,
        seams::{FrameSource, SourceError},
        wire::{
            FootageRefusal, FootageRequestData, FootageResultData, Leaf, PLAYBACK_MAX,
            RecordingSpan,
        },
    },
    drivers::{
        detector::{
            manifest::ModelManifest, onnx::OnnxDetector, provider::ProviderOptions,
            session::NetworkFile,
        },
        footage::{
            box_track::BoxTrack,
            clip::{ClipError, ClipSummary, write_clip},
        },
        store::edge::{EdgeStore, UploadRow},
        vision::{filmstrip::Filmstrip, tensor::PlaneTensorMaker},
    },
    roles::config::pipeline::Pipeline,
};
use anyhow::Context;
use std::{collections::BTreeMap, path::Path, sync::mpsc::Receiver, time::Duration};
use tokio::runtime::Handle;

/// Requests that may wait; the hub repeats what is dropped.
pub const REQUESTS_MAX: usize = 16;
const LOOK_FOR_SHUTDOWN: Duration = Duration::from_millis(500);

/// Frames while the work is wanted; then none.
struct While<'a> {
    frames: &'a mut dyn FrameSource,
    going: &'a (dyn Fn() -> bool + Sync),
}

impl FrameSource for While<'_> {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        if (self.going)() { self.frames.next_frame() } else { Ok(None) }
    }
}

/// All frames with the masks over them, and the strip of what was so shown.
pub fn write_masked(
    frames: &mut dyn FrameSource,
    masks: &BoxTrack,
    strip: &mut Filmstrip,
    path: &Path,
) -> Result<ClipSummary, ClipError> {
    let mut paint = |stamp: &FrameStamp, planes: &mut PlanesMut<'_>| {
        hide(std::slice::from_ref(masks), stamp, planes);
        if let Err(fault) = strip.show(stamp.captured_at, &planes.as_they_are()) {
            tracing::warn!(%fault, "no thumbnail");
        }
    };
    write_clip(frames, &mut paint, path)
}

pub struct Playback {
    pub shared: Shared,
    pub store: EdgeStore,
    pub teller: Teller,
    pub footage: Reader,
    pub pipelines: BTreeMap<CameraId, Pipeline>,
    pub providers: ProviderOptions,
    pub runtime: Handle,
}

/// A clip and its strip.
struct Made {
    shown: RecordingSpan,
    clock: ClockQuality,
    masks: String,
    files: Vec<Stored>,
}

impl Playback {
    /// Runs until shutdown.
    pub fn run(self, requests: &Receiver<FootageRequestData>) {
        loop {
            match requests.recv_timeout(LOOK_FOR_SHUTDOWN) {
                Ok(request) => self.answer(&request),
                Err(_) if self.has_ended() => return,
                Err(_) => {}
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.shared.shutdown.has_begun()
    }

    fn answer(&self, request: &FootageRequestData) {
        match self.runtime.block_on(self.store.verify_result(request.request_id)) {
            Ok(Some(payload)) => return self.send(&payload),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "whether this was answered before cannot be read"),
        }
        self.wait_for_footage(request);
        // The hub has given up on a late one.
        if self.has_ended() || self.shared.clock.wall() >= request.deadline {
            return;
        }
        let (result, uploads) = self.result(request);
        if self.has_ended() {
            // Asked again after the restart.
            return;
        }
        tracing::info!(request = %request.request_id, camera = %request.camera, from = %request.from, to = %request.to, refusal = ?result.refusal, "footage for people");
        let Ok(payload) = serde_json::to_vec(&result) else { return };
        let now = self.shared.clock.wall();
        let kept = self.store.put_verify_result(request.request_id, &payload, now, &uploads);
        match self.runtime.block_on(kept) {
            Ok(()) => self.send(&payload),
            // Without its row a file is not uploaded: better asked again.
            Err(error) => tracing::warn!(%error, "footage for people cannot be kept"),
        }
    }

    fn send(&self, payload: &[u8]) {
        match serde_json::from_slice::<FootageResultData>(payload) {
            Ok(result) => {
                let subject = result.request_id.to_string();
                self.teller.tell(Leaf::FootageResult, "footage.result", subject, result);
            }
            Err(error) => tracing::error!(%error, "a stored answer cannot be read"),
        }
    }

    fn wait_for_footage(&self, request: &FootageRequestData) {
        let complete = request.to.plus(FOOTAGE_DELAY);
        loop {
            let now = self.shared.clock.wall();
            if now >= complete || now >= request.deadline || self.has_ended() {
                return;
            }
            std::thread::sleep(complete.since(now).min(LOOK_FOR_SHUTDOWN));
        }
    }

    fn result(&self, request: &FootageRequestData) -> (FootageResultData, Vec<UploadRow>) {
        let mut result = FootageResultData {
            request_id: request.request_id,
            masks: String::new(),
            clock: ClockQuality::Arrival,
            shown: None,
            refusal: None,
            detail: None,
            holes: Vec::new(),
            evidence: Vec::new(),
        };
        match self.give(request, &mut result.holes) {
            Ok(made) => {
                let Made { shown, clock, masks, files } = made;
                (result.shown, result.clock, result.masks) = (Some(shown), clock, masks);
                let (evidence, uploads) =
                    files.into_iter().map(|stored| (stored.data, stored.upload)).unzip();
                result.evidence = evidence;
                (result, uploads)
            }
            Err((refusal, detail)) => {
                (result.refusal, result.detail) = (Some(refusal), Some(detail));
                (result, Vec::new())
            }
        }
    }

    fn give(
        &self,
        request: &FootageRequestData,
        holes: &mut Vec<Hole>,
    ) -> Result<Made, (FootageRefusal, String)> {
        let span = request.span();
        let Some(pipeline) = self.pipelines.get(&request.camera) else {
            let known: Vec<_> = self.pipelines.keys().map(CameraId::as_str).collect();
            return Err((FootageRefusal::UnknownCamera, format!("known: {}", known.join(" "))));
        };
        if span.is_empty() || span.length() > PLAYBACK_MAX {
            let allowed = format!("{span}; allowed: up to {} s", PLAYBACK_MAX.as_secs());
            return Err((FootageRefusal::Interval, allowed));
        }
        let taken = self.footage.take(&request.camera, span).map_err(|error| {
            let said = error.to_string();
            match error {
                NoFootage::Holes(found) => {
                    *holes = found;
                    (FootageRefusal::NothingRecorded, said)
                }
                NoFootage::Source(_) => (FootageRefusal::SourceFailed, said),
                NoFootage::Frames(_) => (FootageRefusal::NotMade, said),
            }
        })?;
        *holes = taken.holes.clone();
        if let Some(case_id) = request.case_id {
            self.footage.hold(&request.camera, span, case_id, self.shared.clock.wall());
        }
        self.make(request, pipeline, &taken)
            .map_err(|error| (FootageRefusal::NotMade, format!("{error:#}")))
    }

    fn make(
        &self,
        request: &FootageRequestData,
        pipeline: &Pipeline,
        taken: &Taken,
    ) -> anyhow::Result<Made> {
        let going = || !self.has_ended();
        let network = NetworkFile::open(ModelManifest::open(&pipeline.manifest)?)?;
        let mut detector =
            OnnxDetector::load(&network, &self.providers, Box::new(PlaneTensorMaker::new()))?;
        let privacy: &PrivacyMask = &pipeline.privacy;
        let mut few = taken.frames(privacy.clone(), MASK_FPS)?;
        let mut few = While { frames: &mut few, going: &going };
        let (tiling, mut faces) = (pipeline.scene.tiling(), self.shared.faces.finder()?);
        let masks = find_masks(&mut few, &mut |frame| {
            regions(frame, &mut detector, &tiling, faces.as_mut())
        })?;
        drop((detector, faces));
        let mut strip = Filmstrip::over(taken.covers());
        let mut all = taken.frames(privacy.clone(), 0.0)?;
        let mut all = While { frames: &mut all, going: &going };
        let evidence = &self.shared.evidence;
        let scratch = evidence.scratch(&format!("playback-{}", request.request_id));
        let written = write_masked(&mut all, &masks, &mut strip, &scratch);
        let stored = written.context("no clip").and_then(|summary| {
            let now = self.shared.clock.wall();
            let about = About {
                role: "playback",
                media_type: "video/mp4",
                size: summary.size,
                captured_at: summary.from,
            };
            Ok((evidence.take(&scratch, about, now)?, summary))
        });
        let (clip, summary) = stored.inspect_err(|_| {
            // Half a clip is of no use to anybody.
            let _ = std::fs::remove_file(&scratch);
        })?;
        let mut files = vec![clip];
        if let Some((jpeg, size)) = strip.jpeg()? {
            let (media_type, captured_at) = ("image/jpeg", summary.from);
            let about = About { role: "filmstrip", media_type, size, captured_at };
            files.push(evidence.put(&jpeg, about, self.shared.clock.wall())?);
        }
        Ok(Made {
            shown: RecordingSpan { from: summary.from, to: summary.to },
            clock: taken.clock,
            masks: self.shared.faces.masks_name(pipeline, &network.manifest().model_ref()),
            files,
        })
    }
}
