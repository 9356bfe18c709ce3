//! Verification at the edge: a request of the hub, answered from recorded footage.
//!
//! ```text
//! verify/request -> (answered before? say it again) -> footage after -> frames -> Sight -> findings
//!                                                   -> footage before (positive control)
//!   -> judge -> pictures -> answer stored -> verify/result
//! ```
//! One thread, one detector session of its own: live cameras keep theirs. The answer is stored before
//! it is sent, so that a repeated request gets the same answer. Whatever goes wrong becomes
//! UNDETERMINABLE with a reason; nothing here can close a case by failing.

use super::{
    camera::Shared,
    counters::EdgeCounters,
    evidence::{About, Stored},
    findings::{Looked, Memory, Study, Target, VERIFY_FPS, look_at, split},
    footage::{NoFootage, Reader},
    report::Teller,
    sight::Sight,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::CaseState,
        detection::{Detection, ModelRef},
        footage::{Hole, Span},
        grid::GridCell,
        ids::CameraId,
        pixel::PixelBox,
        scene::Zone,
        verdict::{
            Outcome, Reason, Verdict,
            judge::{Footage as Seen, Question, judge},
        },
        wire::{EvidenceData, Leaf, PatternData, VerifyKind, VerifyRequestData, VerifyResultData},
    },
    drivers::{
        store::edge::{EdgeStore, UploadRow},
        vision::snapshot::{Annotations, take},
    },
    roles::config::pipeline::Pipeline,
};
use std::{collections::BTreeMap, sync::mpsc::Receiver, time::Duration};
use tokio::runtime::Handle;

/// Requests that may wait; the hub repeats what is dropped.
pub const REQUESTS_MAX: usize = 64;
/// Footage of the filing that the model is tried on.
const CONTROL_BEFORE: Duration = Duration::from_secs(6);
const CONTROL_AFTER: Duration = Duration::from_secs(1);
/// Footage becomes readable this long after it was taken.
const SEGMENT_DELAY: Duration = Duration::from_secs(5);
const LOOK_FOR_SHUTDOWN: Duration = Duration::from_millis(500);

pub struct Verifier {
    pub shared: Shared,
    pub store: EdgeStore,
    pub teller: Teller,
    pub footage: Reader,
    pub pipelines: BTreeMap<CameraId, Pipeline>,
    pub sight: Sight,
    pub runtime: Handle,
}

impl Verifier {
    /// Runs until shutdown; a request whose footage is not complete yet waits for it.
    pub fn run(mut self, requests: &Receiver<VerifyRequestData>) {
        loop {
            match requests.recv_timeout(LOOK_FOR_SHUTDOWN) {
                Ok(request) => self.answer(&request),
                Err(_) if self.shared.shutdown.has_begun() => return,
                Err(_) => {}
            }
        }
    }

    fn answer(&mut self, request: &VerifyRequestData) {
        match self.runtime.block_on(self.store.verify_result(request.request_id)) {
            Ok(Some(payload)) => return self.send(&payload),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "whether this was answered before cannot be read"),
        }
        self.wait_for_footage(request);
        if self.shared.shutdown.has_begun() {
            return;
        }
        let (verdict, stored) = self.look(request);
        tracing::info!(request = %request.request_id, camera = %request.camera, verdict = ?verdict.verdict, reasons = ?verdict.reasons, "verified");
        EdgeCounters::add(&self.shared.counters.verified, 1);
        let (evidence, uploads): (Vec<EvidenceData>, Vec<UploadRow>) =
            stored.into_iter().map(|stored| (stored.data, stored.upload)).unzip();
        let result = VerifyResultData {
            request_id: request.request_id,
            case_id: request.case_id,
            verdict,
            evidence,
        };
        let Ok(payload) = serde_json::to_vec(&result) else { return };
        let kept = self.store.put_verify_result(
            request.request_id,
            &payload,
            self.shared.clock.wall(),
            &uploads,
        );
        if let Err(error) = self.runtime.block_on(kept) {
            tracing::warn!(%error, "the answer is sent but could not be kept");
        }
        self.send(&payload);
    }

    fn send(&self, payload: &[u8]) {
        match serde_json::from_slice::<VerifyResultData>(payload) {
            Ok(result) => {
                let subject = result.request_id.to_string();
                self.teller.tell(Leaf::VerifyResult, "verify.result", subject, result);
            }
            Err(error) => tracing::error!(%error, "a stored answer cannot be read"),
        }
    }

    /// Until the interval's end is on disk, the deadline is near, or the node stops.
    fn wait_for_footage(&self, request: &VerifyRequestData) {
        let complete = request.to.plus(SEGMENT_DELAY);
        let give_up = request.deadline.minus(SEGMENT_DELAY);
        loop {
            let now = self.shared.clock.wall();
            if now >= complete || now >= give_up || self.shared.shutdown.has_begun() {
                return;
            }
            std::thread::sleep(complete.since(now).min(LOOK_FOR_SHUTDOWN));
        }
    }

    fn look(&mut self, request: &VerifyRequestData) -> (Verdict, Vec<Stored>) {
        let pattern_only = PatternData { id: request.pattern.clone(), version: String::new() };
        let model = self.model();
        let cannot = |reason| {
            (Verdict::undeterminable(pattern_only.clone(), model.clone(), reason), Vec::new())
        };
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
        let mut before = None;
        let (mut pictures, mut holes) = (Vec::new(), Vec::new());
        if let (VerifyKind::Postcheck, Some(case)) = (request.kind, &case) {
            let (from, to) =
                (case.confirmed_at.minus(CONTROL_BEFORE), case.confirmed_at.plus(CONTROL_AFTER));
            let mut study = Study::default();
            target.memory = Memory::Learning;
            let (seen, kept) = self.findings(
                request.camera.clone(),
                from,
                to,
                &target,
                &mut holes,
                Some(&mut study),
            );
            before = seen;
            pictures.extend(kept.and_then(|kept| self.picture("before", &kept, &target)));
            target.memory = match &before {
                Some(_) => Memory::Known(study.known(&target)),
                None => Memory::None,
            };
        }
        let from = request.not_before.map_or(request.from, |limit| request.from.max(limit));
        let looks = split(from, request.to, pattern.closure.looks_min);
        let (mut after, mut shown) = (Vec::new(), None);
        for (from, to) in looks {
            self.sight.another_footage();
            let (seen, kept) =
                self.findings(request.camera.clone(), from, to, &target, &mut holes, None);
            after.extend(seen);
            shown = kept.or(shown);
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
        if after.is_empty() {
            verdict.verdict = Outcome::Undeterminable;
            verdict.reasons = vec![Reason::NoRecording];
        }
        verdict.unrecorded = holes;
        if let Some(case) = request.case_id {
            let span = Span::new(from, request.to);
            self.footage.hold(&request.camera, span, case, self.shared.clock.wall());
        }
        (verdict, pictures)
    }

    fn model(&self) -> ModelRef {
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

    /// What an interval showed, and its last valid frame: the one worth showing.
    fn findings(
        &mut self,
        camera: CameraId,
        from: WallTime,
        to: WallTime,
        target: &Target<'_>,
        holes: &mut Vec<Hole>,
        mut study: Option<&mut Study>,
    ) -> (Option<Seen>, Option<Looked>) {
        let Some(mask) = self.pipelines.get(&camera).map(|pipeline| pipeline.privacy.clone())
        else {
            return (None, None);
        };
        let span = Span::new(from, to);
        let mut source = match self.footage.open(&camera, mask, span, VERIFY_FPS) {
            Ok(source) => source,
            Err(error) => {
                tracing::info!(%camera, %from, %to, %error, "no footage");
                if let NoFootage::Holes(found) = error {
                    holes.extend(found);
                }
                return (None, None);
            }
        };
        holes.extend_from_slice(&source.holes);
        let (mut frames, mut shown) = (Vec::new(), None);
        for looked in look_at(&mut self.sight, &mut source, target) {
            frames.push(looked.finding);
            if let Some(study) = &mut study {
                looked.teach(study);
            }
            if looked.could_see() {
                shown = Some(looked);
            }
        }
        (Some(Seen { from, to, frames }), shown)
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
        let snapshot = take(&kept.frame, &kept.for_masking, &annotations)
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
