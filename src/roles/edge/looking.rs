//! One verification: which footage, what it shows, and the verdict with its pictures.
//!
//! ```text
//! footage of the filing (positive control) -> what is known of the place
//! each look -> bursts of frames, as many as the verdict needs -> Sight -> findings
//!   -> judge -> pictures; then the crew's photographs, as advice
//! ```
//! Before each frame the cameras' frames go first. A look ends where the deadline or the shutdown does.

use super::{
    camera::Shared,
    evidence::{About, Stored},
    findings::{Looked, Memory, Study, Target, look_at, split},
    footage::{NoFootage, Reader},
    photographs::Photographs,
    sight::Sight,
};
use crate::{
    base::time::ClockQuality,
    domain::{
        case::CaseState,
        detection::{Detection, ModelRef},
        footage::{Hole, Span},
        grid::GridCell,
        ids::CameraId,
        pixel::{PixelBox, PixelSize},
        scene::Zone,
        verdict::{
            Outcome, Reason, Verdict,
            bursts::{FPS_MIN, bursts, frames_wanted, rate},
            judge::{Footage as Seen, FrameFinding, Question, judge},
            measured::{FRAMES_MAX, FrameRecord, Measured, Thresholds, ZoneOutline, corners},
        },
        wire::{PatternData, PhotographAdvice, VerifyKind, VerifyRequestData},
    },
    drivers::{
        detector::pool::Spare,
        evidence::upload::Uploader,
        store::edge::EdgeStore,
        vision::snapshot::{Annotations, take},
    },
    roles::config::pipeline::Pipeline,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::runtime::Handle;

/// Footage of the filing that the model is tried on.
const CONTROL_BEFORE: Duration = Duration::from_secs(4);
const CONTROL_AFTER: Duration = Duration::from_secs(1);
/// How long one inference waits for the cameras': at 16 ms each, this costs them a sixtieth.
const GIVE_WAY_MAX: Duration = Duration::from_secs(1);

pub struct Looker {
    pub shared: Shared,
    pub store: EdgeStore,
    pub footage: Reader,
    pub pipelines: BTreeMap<CameraId, Pipeline>,
    pub sight: Sight,
    pub spare: Spare,
    /// Has the crews' photographs.
    pub hub: Uploader,
    pub runtime: Handle,
}

/// What the hub is told.
pub struct Answer {
    pub verdict: Verdict,
    pub pictures: Vec<Stored>,
    pub measured: Option<Measured>,
    pub photographs: Vec<PhotographAdvice>,
}

impl From<Verdict> for Answer {
    /// Nothing was looked at.
    fn from(verdict: Verdict) -> Self {
        Self { verdict, pictures: Vec::new(), measured: None, photographs: Vec::new() }
    }
}

/// What was met on the way, of all intervals together.
#[derive(Default)]
struct Met {
    holes: Vec<Hole>,
    frames: Vec<FrameRecord>,
    frames_left_out: u32,
    clock: Option<ClockQuality>,
}

impl Met {
    fn add(&mut self, look: u32, looked: &Looked) {
        self.clock = Some(looked.frame.stamp.clock);
        if self.frames.len() < FRAMES_MAX {
            self.frames.push(FrameRecord::of(look, &looked.finding, &looked.members));
        } else {
            self.frames_left_out += 1;
        }
    }
}

/// What an interval showed.
struct Shown {
    frames: Vec<FrameFinding>,
    /// Its last valid frame: the one worth showing.
    last: Option<Looked>,
}

impl Looker {
    pub fn look(&mut self, request: &VerifyRequestData) -> Answer {
        let pattern_only = PatternData { id: request.pattern.clone(), version: String::new() };
        let model = self.model();
        let cannot =
            |reason| Verdict::undeterminable(pattern_only.clone(), model.clone(), reason).into();
        let Some(pipeline) = self.pipelines.get(&request.camera).cloned() else {
            return cannot(Reason::NoCameraCoversCell);
        };
        let Some((pattern, zones)) = pipeline.pattern(&request.pattern).cloned() else {
            return cannot(Reason::UnknownPattern);
        };
        let zones: Vec<&Zone> = match &request.zone {
            Some(zone) => pipeline.scene.zone(zone).into_iter().collect(),
            None => zones.iter().filter_map(|id| pipeline.scene.zone(id)).collect(),
        };
        if zones.is_empty() {
            return cannot(Reason::UnknownZone);
        }
        let case = self.case(request);
        let size = pipeline.scene.reference_size;
        let view = pipeline.calibration.as_ref().map(|calibration| &calibration.view);
        let asked = request.cell.as_ref().and_then(|code| code.parse::<GridCell>().ok());
        let mut target = Target {
            pattern: &pattern,
            scene: &pipeline.scene,
            zones,
            place: case
                .as_ref()
                .map(|c| c.subject.bbox().scaled(size.width_px as f32, size.height_px as f32)),
            // A case knows its thing's place in the pictures of its witnesses; a complaint, like a camera
            // that was none, only knows the cell.
            cell: if case.is_some() { None } else { asked },
            ground: view,
            memory: Memory::None,
        };

        // The footage of the filing first: later looks must show the view that it shows.
        self.sight.restart();
        let (mut before, mut filed) = (None, None);
        let (mut pictures, mut met) = (Vec::new(), Met::default());
        if let (VerifyKind::Postcheck, Some(case)) = (request.kind, &case) {
            let (from, to) =
                (case.confirmed_at.minus(CONTROL_BEFORE), case.confirmed_at.plus(CONTROL_AFTER));
            let mut study = Study::default();
            target.memory = Memory::Learning;
            let span = Span::new(from, to);
            if let Some(shown) =
                self.findings(request, (0, span, FPS_MIN), &target, &mut met, Some(&mut study))
            {
                before = Some(Seen { from, to, frames: shown.frames });
                let kept = shown.last.as_ref();
                pictures.extend(kept.and_then(|kept| self.picture("before", kept, &target)));
                filed = shown.last.map(|kept| kept.frame);
            }
            target.memory = match &before {
                Some(_) => Memory::Known(study.known(&target)),
                None => Memory::None,
            };
        }
        let from = request.not_before.map_or(request.from, |limit| request.from.max(limit));
        let looks = split(from, request.to, pattern.closure.looks_min);
        let (mut after, mut shown) = (Vec::new(), None);
        for (number, (from, to)) in (1..).zip(looks) {
            let look = (number, Span::new(from, to));
            after.extend(self.one_look(request, look, &target, &mut met, &mut shown));
        }
        let role = if request.kind == VerifyKind::Postcheck { "after" } else { "snapshot" };
        pictures.extend(shown.and_then(|kept| self.picture(role, &kept, &target)));
        let question = Question {
            kind: request.kind,
            pattern: &pattern,
            model,
            filed_by: case.map(|case| (case.model, case.pattern)),
            after: &after,
            before: before.as_ref(),
        };
        let mut verdict = judge(&question);
        let spoilt = if self.shared.clock.wall() >= request.deadline {
            Some(Reason::DeadlinePassed)
        } else {
            after.is_empty().then_some(Reason::NoRecording)
        };
        if let Some(reason) = spoilt {
            verdict.verdict = Outcome::Undeterminable;
            verdict.reasons = vec![reason];
        }
        verdict.unrecorded = met.holes;
        if let Some(case) = request.case_id {
            let span = Span::new(from, request.to);
            self.footage.hold(&request.camera, span, case, self.shared.clock.wall());
        }
        let PixelSize { width_px, height_px } = size;
        let measured = Measured {
            answered_at: self.shared.clock.wall(),
            clock: met.clock,
            frame_px: [width_px, height_px],
            zones: target.zones.iter().map(|zone| ZoneOutline::of(zone)).collect(),
            place_px: target.place.as_ref().map(corners),
            thresholds: Thresholds::of(&pattern),
            frames: met.frames,
            frames_left_out: met.frames_left_out,
        };
        // Last: what they seem to show has no part in the verdict.
        let taken_at = request.not_before.unwrap_or(request.to);
        let (hub, runtime, sight) = (&self.hub, &self.runtime, &mut self.sight);
        let photographs = Photographs { hub, runtime, sight }.advise(
            &request.photographs,
            taken_at,
            &pattern,
            filed.as_ref(),
        );
        Answer { verdict, pictures, measured: Some(measured), photographs }
    }

    pub fn model(&self) -> ModelRef {
        self.sight.detector().manifest().model_ref()
    }

    /// The case as the camera that is asked saw it.
    fn case(&self, request: &VerifyRequestData) -> Option<CaseState> {
        let case_id = request.case_id?;
        self.runtime
            .block_on(self.store.case(case_id))
            .map_err(|error| tracing::warn!(%error, case = %case_id, "the case cannot be read"))
            .ok()
            .flatten()
            .and_then(|case| case.seen_from(&request.camera))
    }

    /// Bursts of one look until they tell enough; the last valid frame of all looks is `shown`.
    fn one_look(
        &mut self,
        request: &VerifyRequestData,
        (number, look): (u32, Span),
        target: &Target<'_>,
        met: &mut Met,
        shown: &mut Option<Looked>,
    ) -> Option<Seen> {
        let wanted = frames_wanted(&target.pattern.closure);
        let fps = rate(look, wanted);
        let mut parts = bursts(look, wanted);
        if number > 1 {
            // The first look from its beginning, later ones from their end: as far apart as can be.
            parts.reverse();
        }
        let mut seen: Option<Seen> = None;
        for part in parts {
            self.sight.another_footage();
            let found = self.findings(request, (number, part, fps), target, met, None);
            let Some(burst) = found else { continue };
            let at = |looked: &Looked| looked.frame.stamp.captured_at;
            *shown = shown.take().into_iter().chain(burst.last).max_by_key(at);
            let so_far = seen.get_or_insert(Seen { from: part.from, to: part.to, frames: vec![] });
            (so_far.from, so_far.to) = (so_far.from.min(part.from), so_far.to.max(part.to));
            so_far.frames.extend(burst.frames);
            so_far.frames.sort_by_key(|frame| frame.at);
            if so_far.telling() >= wanted as usize {
                break;
            }
        }
        seen
    }

    fn findings(
        &mut self,
        request: &VerifyRequestData,
        (look, span, fps): (u32, Span, f64),
        target: &Target<'_>,
        met: &mut Met,
        mut study: Option<&mut Study>,
    ) -> Option<Shown> {
        let camera = &request.camera;
        let mask = self.pipelines.get(camera)?.privacy.clone();
        let mut source = match self.footage.open(camera, mask, span, fps) {
            Ok(source) => source,
            Err(error) => {
                tracing::info!(%camera, %span, %error, "no footage");
                if let NoFootage::Holes(found) = error {
                    met.holes.extend(found);
                }
                return None;
            }
        };
        met.holes.extend_from_slice(&source.holes);
        let mut shown = Shown { frames: Vec::new(), last: None };
        let mut looking = look_at(&mut self.sight, &mut source, target);
        loop {
            self.spare.wait(GIVE_WAY_MAX);
            let must_end =
                self.shared.shutdown.has_begun() || self.shared.clock.wall() >= request.deadline;
            let Some(looked) = (if must_end { None } else { looking.next() }) else { break };
            met.add(look, &looked);
            shown.frames.push(looked.finding);
            if let Some(study) = &mut study {
                looked.teach(study);
            }
            if looked.could_see() {
                shown.last = Some(looked);
            }
        }
        Some(shown)
    }

    fn picture(&self, role: &str, kept: &Looked, target: &Target<'_>) -> Option<Stored> {
        let size = kept.frame.stamp.size;
        let (sx, sy) = target.scene.reference_from_stream(size);
        let back = |b: &PixelBox| b.scaled(1.0 / sx, 1.0 / sy);
        let others: Vec<Detection> =
            kept.members.iter().map(|d| Detection { bbox: back(&d.bbox), ..d.clone() }).collect();
        let place = target.place.as_ref().map(back);
        let label = format!("{} {role}", target.pattern.id);
        let annotations =
            Annotations { subject: place, others: &others, zone: None, label: &label };
        let at = kept.frame.stamp.captured_at;
        let masks = (self.shared.faces.masks(&kept.frame, &kept.for_masking))
            .map_err(|error| {
                tracing::warn!(error = format!("{error:#}"), "no picture of a verification")
            })
            .ok()?;
        let snapshot = take(&kept.frame, &masks, &annotations)
            .map_err(|fault| tracing::warn!(%fault, "no picture of a verification"))
            .ok()?;
        let about = About { role, media_type: "image/jpeg", size: snapshot.size, captured_at: at };
        self.shared
            .evidence
            .put(&snapshot.annotated_jpeg, about, self.shared.clock.wall())
            .map_err(|error| tracing::warn!(%error, "no picture of a verification"))
            .ok()
    }
}
