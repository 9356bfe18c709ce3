//! A pattern tried on recorded footage before it goes live: the cases it would have opened, and no case opened.
//!
//! ```text
//! dryrun/request -> desk -> footage, two minutes at a time -> model -> analyser with the drafted pattern and zones
//!                     \-> cancelled                              -> dryrun/result: how far, at last what was found
//! ```
//! One at a time on a thread of low priority, with a model session that lives as long as the work; before each frame
//! the cameras' frames go first. It ends with the footage, the deadline, or when nobody wants it any more. The
//! camera's privacy zones are blank whatever the draft says.

use super::{
    camera::{Shared, pictures},
    changes::SceneWatch,
    evidence::About,
    footage::{NoFootage, Reader},
    report::Teller,
    sight::{Glance, Sight},
};
use crate::{
    base::time::{MediaTime, Monotonic, WallTime},
    domain::{
        analyser::Analyser,
        case::CaseFact,
        footage::{Hole, Span},
        frame::Frame,
        ids::{CameraId, CaseId, RandomIds},
        privacy::PrivacyMask,
        scene::Scene,
        seams::FrameSource,
        wire::{
            DRY_CASES_MAX, DRY_RUN_MAX, DryCaseData, DryRunRefusal, DryRunRequestData,
            DryRunResultData, DryRunState, FactKind, Leaf, SubjectData,
        },
    },
    drivers::{
        detector::{
            manifest::ModelManifest, onnx::Found, pool::Spare, provider::ProviderOptions,
            session::NetworkFile,
        },
        store::edge::{EdgeStore, UploadRow},
    },
    roles::config::{
        draft::{Draft, read_draft},
        pattern::Catalogue,
        pipeline::Pipeline,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::runtime::Handle;
use uuid::Uuid;

/// Runs that wait; the hub repeats what is left out.
const WAITING_MAX: usize = 8;
/// Fetched at once: an hour of a stream need not fit beside its recording.
const CHUNK: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(500);
const TELL_EVERY: Duration = Duration::from_secs(2);
/// How long one inference waits for the cameras'.
const GIVE_WAY_MAX: Duration = Duration::from_secs(1);

/// Where requests are left.
#[derive(Clone, Default)]
pub struct Desk(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    requests: VecDeque<DryRunRequestData>,
    running: Option<Uuid>,
    cancelled: BTreeSet<Uuid>,
}

impl Desk {
    /// `false`: too many wait.
    pub fn leave(&self, request: DryRunRequestData) -> bool {
        let mut waiting = self.lock();
        let id = request.request_id;
        let queued = waiting.requests.iter().any(|known| known.request_id == id);
        if request.cancel {
            waiting.cancelled.insert(id);
        }
        if queued || waiting.running == Some(id) {
            return true;
        }
        if waiting.requests.len() >= WAITING_MAX {
            return false;
        }
        waiting.requests.push_back(request);
        true
    }

    fn next(&self) -> Option<DryRunRequestData> {
        let mut waiting = self.lock();
        let next = waiting.requests.pop_front();
        waiting.running = next.as_ref().map(|request| request.request_id);
        next
    }

    fn is_cancelled(&self, id: Uuid) -> bool {
        self.lock().cancelled.contains(&id)
    }

    fn end(&self, id: Uuid) {
        let mut waiting = self.lock();
        waiting.running = None;
        waiting.cancelled.remove(&id);
    }

    fn waiting(&self) -> Vec<Uuid> {
        self.lock().requests.iter().map(|request| request.request_id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct DryRuns {
    pub desk: Desk,
    pub shared: Shared,
    pub store: EdgeStore,
    pub teller: Teller,
    pub footage: Reader,
    pub pipelines: BTreeMap<CameraId, Pipeline>,
    pub catalogue: Catalogue,
    pub providers: ProviderOptions,
    pub spare: Spare,
    pub runtime: Handle,
}

/// What has been found so far.
struct Trial {
    result: DryRunResultData,
    cases: BTreeMap<CaseId, usize>,
    uploads: Vec<UploadRow>,
    told_at: Option<Monotonic>,
}

type Refused = (DryRunRefusal, String);

impl DryRuns {
    /// Runs until shutdown.
    pub fn run(self) {
        while !self.shared.shutdown.has_begun() {
            match self.desk.next() {
                Some(request) => {
                    self.answer(&request);
                    self.desk.end(request.request_id);
                }
                None => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    fn answer(&self, request: &DryRunRequestData) {
        match self.runtime.block_on(self.store.verify_result(request.request_id)) {
            Ok(Some(payload)) => return self.repeat(&payload),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "whether this was answered before cannot be read"),
        }
        let mut trial = Trial::of(request.request_id);
        match self.look(request, &mut trial) {
            Ok(state) => trial.result.state = state,
            Err((refusal, detail)) => {
                trial.result.state = DryRunState::Refused;
                (trial.result.refusal, trial.result.detail) = (Some(refusal), Some(detail));
            }
        }
        if self.shared.shutdown.has_begun() {
            // Asked again after the restart.
            return;
        }
        trial.result.detail = trial.result.detail.map(|words| brief(&words));
        let Trial { result, uploads, .. } = trial;
        tracing::info!(request = %request.request_id, camera = %request.camera, state = ?result.state, refusal = ?result.refusal, frames = result.frames, cases = result.cases.len(), "a dry run");
        let Ok(payload) = serde_json::to_vec(&result) else { return };
        let now = self.shared.clock.wall();
        let kept = self.store.put_verify_result(request.request_id, &payload, now, &uploads);
        match self.runtime.block_on(kept) {
            Ok(()) => self.tell(&result),
            // Without its row a picture is not uploaded: better asked again.
            Err(error) => tracing::warn!(%error, "a dry run cannot be kept"),
        }
    }

    fn repeat(&self, payload: &[u8]) {
        match serde_json::from_slice::<DryRunResultData>(payload) {
            Ok(result) => self.tell(&result),
            Err(error) => tracing::error!(%error, "a stored answer cannot be read"),
        }
    }

    fn tell(&self, result: &DryRunResultData) {
        let subject = result.request_id.to_string();
        self.teller.tell(Leaf::DryRunResult, "dryrun.result", subject, result);
    }

    /// How far this one is, and that others wait.
    fn progress(&self, trial: &mut Trial, share: f64) {
        let now = self.shared.clock.monotonic();
        if trial.told_at.is_some_and(|at| now.since(at) < TELL_EVERY) {
            return;
        }
        trial.told_at = Some(now);
        trial.result.share = share;
        let cases = std::mem::take(&mut trial.result.cases);
        let without_cases = DryRunResultData { holes: Vec::new(), ..trial.result.clone() };
        trial.result.cases = cases;
        self.tell(&without_cases);
        for id in self.desk.waiting() {
            let queued = Trial::of(id).result;
            self.tell(&DryRunResultData { state: DryRunState::Queued, ..queued });
        }
    }

    /// Whether it has to end, and how.
    fn must_end(&self, request: &DryRunRequestData) -> Option<DryRunState> {
        if request.cancel || self.desk.is_cancelled(request.request_id) {
            return Some(DryRunState::Cancelled);
        }
        let late = self.shared.clock.wall() >= request.deadline;
        (late || self.shared.shutdown.has_begun()).then_some(DryRunState::OutOfTime)
    }

    fn look(&self, request: &DryRunRequestData, trial: &mut Trial) -> Result<DryRunState, Refused> {
        let Some(pipeline) = self.pipelines.get(&request.camera) else {
            let known: Vec<_> = self.pipelines.keys().map(CameraId::as_str).collect();
            return Err((DryRunRefusal::UnknownCamera, format!("known: {}", known.join(" "))));
        };
        let span = request.span();
        if span.is_empty() || span.length() > DRY_RUN_MAX {
            let allowed = format!("{span}; allowed: up to {} s", DRY_RUN_MAX.as_secs());
            return Err((DryRunRefusal::Interval, allowed));
        }
        let draft = read_draft(&request.draft, &self.catalogue, &pipeline.scene.zones)
            .map_err(|faults| (DryRunRefusal::Draft, faults.to_string()))?;
        if let Some(state) = self.must_end(request) {
            return Ok(state);
        }
        let unusable = |error: anyhow::Error| (DryRunRefusal::SourceFailed, format!("{error:#}"));
        let mut eyes = Eyes::open(pipeline, draft, &self.providers).map_err(unusable)?;
        let (mut from, mut failed) = (span.from, None);
        while from < span.to {
            let chunk = Span::new(from, from.plus(CHUNK).min(span.to));
            from = chunk.to;
            let taken = match self.footage.take(&request.camera, chunk) {
                Ok(taken) => taken,
                Err(NoFootage::Holes(holes)) => {
                    trial.missing(&holes);
                    continue;
                }
                Err(error) => {
                    failed = Some(error.to_string());
                    continue;
                }
            };
            trial.missing(&taken.holes);
            let fps = pipeline.source.analysed_fps;
            let mut frames = match taken.frames(pipeline.privacy.clone(), fps) {
                Ok(frames) => frames,
                Err(error) => {
                    failed = Some(error.to_string());
                    continue;
                }
            };
            loop {
                self.spare.wait(GIVE_WAY_MAX);
                if let Some(state) = self.must_end(request) {
                    return Ok(state);
                }
                let frame = match frames.next_frame() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    Err(error) => {
                        failed = Some(error.to_string());
                        break;
                    }
                };
                let at = frame.stamp.captured_at;
                self.frame(&mut eyes, frame, span.from, trial);
                let share = at.since(span.from).as_secs_f64() / span.length().as_secs_f64();
                self.progress(trial, share.min(1.0));
            }
        }
        match (trial.result.frames, failed) {
            (0, Some(said)) => Err((DryRunRefusal::SourceFailed, said)),
            (0, None) => {
                let said = trial.result.holes.iter().map(Hole::to_string).collect::<Vec<_>>();
                Err((DryRunRefusal::NothingRecorded, said.join(", ")))
            }
            (_, failed) => {
                trial.result.detail = failed;
                trial.result.share = 1.0;
                Ok(DryRunState::Done)
            }
        }
    }

    fn frame(&self, eyes: &mut Eyes, mut frame: Frame, begin: WallTime, trial: &mut Trial) {
        // One run of media time over all pieces of the footage.
        frame.stamp.pts = MediaTime::ZERO.plus(frame.stamp.captured_at.since(begin));
        let Some((facts, found, frame)) = eyes.look(frame) else { return };
        trial.result.frames += 1;
        for fact in facts {
            if fact.kind != FactKind::Opened {
                trial.later(&fact);
            } else if trial.result.cases.len() >= DRY_CASES_MAX {
                trial.result.further_cases += 1;
            } else {
                self.opened(eyes, &fact, &frame, &found, trial);
            }
        }
    }

    fn opened(
        &self,
        eyes: &Eyes,
        fact: &CaseFact,
        frame: &Frame,
        found: &Found,
        trial: &mut Trial,
    ) {
        let scene = eyes.analyser.scene();
        let snapshot = pictures(scene, fact, frame, found, &self.shared.faces);
        let stored = snapshot.and_then(|snapshot| {
            let captured_at = frame.stamp.captured_at;
            let (size, media_type) = (snapshot.size, "image/jpeg");
            let about = About { role: "dry_run", media_type, size, captured_at };
            let now = self.shared.clock.wall();
            let put = self.shared.evidence.put(&snapshot.annotated_jpeg, about, now);
            put.map_err(|error| error.to_string())
        });
        let stored = stored.inspect_err(|reason| {
            tracing::warn!(reason, "a case of a dry run is told without its picture");
        });
        let (picture, upload) = stored.ok().map(|stored| (stored.data, stored.upload)).unzip();
        trial.uploads.extend(upload);
        let state = &fact.state;
        trial.cases.insert(state.case_id, trial.result.cases.len());
        trial.result.cases.push(DryCaseData {
            zone: state.zone.clone(),
            first_seen_at: state.first_seen_at,
            confirmed_at: state.confirmed_at,
            last_seen_at: state.last_seen_at,
            dwell_secs: state.dwell_secs,
            count: state.count,
            score: state.score,
            subject: Some(SubjectData::of(&state.subject)),
            picture,
        });
    }
}

/// Words as the hub takes them: one line, and not too many.
fn brief(words: &str) -> String {
    const CHARS_MAX: usize = 900;
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(CHARS_MAX).collect()
}

impl Trial {
    fn of(request_id: Uuid) -> Self {
        let result = DryRunResultData {
            request_id,
            state: DryRunState::Running,
            share: 0.0,
            frames: 0,
            refusal: None,
            detail: None,
            holes: Vec::new(),
            cases: Vec::new(),
            further_cases: 0,
        };
        Self { result, cases: BTreeMap::new(), uploads: Vec::new(), told_at: None }
    }

    fn missing(&mut self, holes: &[Hole]) {
        for hole in holes {
            match self.result.holes.last_mut() {
                Some(last) if last.to == hole.from && last.reason == hole.reason => {
                    last.to = hole.to;
                }
                _ => self.result.holes.push(*hole),
            }
        }
    }

    /// A case goes on, or has gone.
    fn later(&mut self, fact: &CaseFact) {
        let state = &fact.state;
        let Some(index) = self.cases.get(&state.case_id) else { return };
        let case = &mut self.result.cases[*index];
        (case.last_seen_at, case.dwell_secs) = (state.last_seen_at, state.dwell_secs);
        case.count = case.count.max(state.count);
    }
}

/// Model and analyser of one trial.
struct Eyes {
    sight: Sight,
    analyser: Analyser,
    changes: Option<SceneWatch>,
    /// Drawn in the draft, besides the camera's own.
    privacy: PrivacyMask,
    last: Option<WallTime>,
}

impl Eyes {
    fn open(
        pipeline: &Pipeline,
        draft: Draft,
        providers: &ProviderOptions,
    ) -> anyhow::Result<Self> {
        let network = NetworkFile::open(ModelManifest::open(&pipeline.manifest)?)?;
        let sight = Sight::of(&network, providers)?;
        let own = pipeline.scene.reference_size;
        let Draft { pattern, watched, drawing } = draft;
        let (scene, blank) = match drawing {
            None => (pipeline.scene.clone(), Vec::new()),
            Some(drawing) => {
                let scene = Scene {
                    reference_size: drawing.size,
                    zones: drawing.zones,
                    // They are drawn in the camera's own size.
                    exceptions: match drawing.size == own {
                        true => pipeline.scene.exceptions.clone(),
                        false => Vec::new(),
                    },
                    ..pipeline.scene.clone()
                };
                (scene, drawing.privacy)
            }
        };
        let privacy = PrivacyMask::new(blank, scene.reference_size);
        let view = pipeline.calibration.as_ref().map(|calibration| calibration.view.clone());
        let ground = view.filter(|_| scene.reference_size == own);
        let model = sight.detector().manifest().model_ref();
        let classes = &sight.detector().manifest().classes;
        let changes =
            SceneWatch::of([&pattern], |class| classes.iter().any(|known| &known.name == class));
        let patterns = [(pattern.clone(), watched)];
        let analyser = Analyser::new(scene, ground, model, &patterns, 1, Box::new(RandomIds));
        Ok(Self { sight, analyser, changes, privacy, last: None })
    }

    /// What the next frame leads to; `None`: it came before, or the model failed on it.
    fn look(&mut self, frame: Frame) -> Option<(Vec<CaseFact>, Found, Frame)> {
        let at = frame.stamp.captured_at;
        if self.last.is_some_and(|last| at <= last) {
            return None;
        }
        self.last = Some(at);
        let frame = self.privacy.over(frame);
        let tiling = self.analyser.scene().tiling();
        let Glance { condition, mut found, .. } = (self.sight.look(&frame, &tiling))
            .map_err(|error| tracing::warn!(%error, "a frame of a dry run was not analysed"))
            .ok()?;
        if let Some(changes) = &mut self.changes {
            let seen = changes.look(&frame, condition, &found.detections, &self.analyser);
            found.detections.extend(seen);
        }
        let step = self.analyser.step(&frame.stamp, condition, &found.detections);
        Some((step.facts, found, frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: u128, cancel: bool) -> DryRunRequestData {
        let at = WallTime::from_unix_millis(0);
        DryRunRequestData {
            request_id: Uuid::from_u128(number),
            camera: "gate".parse().unwrap(),
            draft: String::new(),
            from: at,
            to: at,
            deadline: at,
            cancel,
        }
    }

    #[test]
    fn a_request_is_taken_once_and_may_be_cancelled_before_and_while_it_runs() {
        let desk = Desk::default();
        let id = Uuid::from_u128;
        assert!(desk.leave(request(1, false)) && desk.leave(request(1, false)));
        assert!(desk.leave(request(2, false)) && desk.leave(request(2, true)));
        assert_eq!(desk.waiting(), [id(1), id(2)]);
        assert_eq!(desk.next().unwrap().request_id, id(1));
        assert!(desk.leave(request(1, false)) && desk.waiting() == [id(2)], "it runs already");
        assert!(!desk.is_cancelled(id(1)) && desk.is_cancelled(id(2)));
        desk.leave(request(1, true));
        assert!(desk.is_cancelled(id(1)));
        desk.end(id(1));
        assert!(!desk.is_cancelled(id(1)) && desk.next().unwrap().request_id == id(2));
        desk.end(id(2));
        for number in 0..WAITING_MAX as u128 {
            assert!(desk.leave(request(10 + number, false)));
        }
        assert!(!desk.leave(request(99, false)), "there is an end to patience");
        assert!(desk.leave(request(10, false)), "one that waits is no further one");
    }

    #[test]
    fn holes_of_neighbouring_pieces_are_one() {
        use crate::domain::footage::HoleReason::{Stopped, StreamLost};
        let at = WallTime::from_unix_millis;
        let hole = |from, to, reason| Hole { from: at(from), to: at(to), reason };
        let mut trial = Trial::of(Uuid::nil());
        trial.missing(&[hole(0, 120, StreamLost)]);
        trial.missing(&[hole(120, 200, StreamLost), hole(210, 240, Stopped)]);
        assert_eq!(trial.result.holes, [hole(0, 200, StreamLost), hole(210, 240, Stopped)]);
    }
}
