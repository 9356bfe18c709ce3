//! One camera at the edge: source, pool, analyser, evidence.
//!
//! ```text
//! source thread -> queue -> feeder thread -> pool slot -> (inference) -> analyst thread
//!   analyst: health -> analyser -> snapshot -> commit queue;  later: clip -> commit queue
//! ```
//! The analyst owns the analyser; nothing else touches it. A failed snapshot or clip never holds a
//! fact back: the case goes out without the picture, and the log says so.

use super::{
    book::Book,
    changes::SceneWatch,
    clip::{ClipJob, Clips},
    counters::EdgeCounters,
    evidence::{About, EvidenceFolder, Stored},
    masking::Faces,
    report::CameraReporter,
    stills::Stills,
    waiting::Waiting,
    watch::HealthWatch,
};
use crate::{
    base::{
        clock::Clock,
        shutdown::Shutdown,
        time::{MediaTime, WallTime},
    },
    domain::{
        analyser::Analyser,
        case::{CaseFact, mute::Mute},
        ids::CaseId,
        pixel::PixelBox,
        privacy::PrivacyMask,
        scene::Scene,
        seams::FrameSource,
        wire::FactKind,
    },
    drivers::{
        camera::{CameraSource, SourceEvent},
        detector::{
            onnx::Found,
            pool::{Analysed, CameraSlot},
        },
        store::{commit_queue::CommitQueue, edge::UploadRow},
        vision::{
            mask::mask_regions,
            snapshot::{Annotations, Snapshot, take},
        },
    },
};
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Results and clips that may wait for the analyst.
const MESSAGES_MAX: usize = 16;
/// How often long candidates are left for the store.
const LEAVE_EVERY: Duration = Duration::from_secs(30);
const LOOK_FOR_SHUTDOWN: Duration = Duration::from_millis(250);

/// What reaches the analyst.
pub enum Message {
    Analysed(Box<Analysed>),
    Source(SourceEvent),
    Clip { case_id: CaseId, stored: Box<Stored> },
    Mute(Box<Mute>),
}

/// What every camera of a node shares.
#[derive(Clone)]
pub struct Shared {
    pub clock: Arc<dyn Clock>,
    pub shutdown: Shutdown,
    pub commits: CommitQueue,
    pub evidence: EvidenceFolder,
    pub counters: Arc<EdgeCounters>,
    pub book: Book,
    pub waiting: Waiting,
    pub faces: Faces,
    pub stills: Stills,
}

pub fn channel() -> (SyncSender<Message>, Receiver<Message>) {
    sync_channel(MESSAGES_MAX)
}

/// Frames from the source into the pool; ends when the source does.
pub fn feed(
    mut source: CameraSource,
    privacy: &PrivacyMask,
    slot: CameraSlot,
    counters: Arc<EdgeCounters>,
) {
    let mut before = source.stats();
    while let Ok(Some(frame)) = source.next_frame() {
        slot.submit(privacy.over(frame));
        let now = source.stats();
        EdgeCounters::add(&counters.decoded, now.decoded - before.decoded);
        EdgeCounters::add(&counters.dropped, now.dropped - before.dropped);
        before = now;
    }
}

/// Hands a result over without ever holding up the inference thread.
pub fn hand_over(sender: &SyncSender<Message>, message: Message, counters: &EdgeCounters) {
    if let Err(TrySendError::Full(_)) = sender.try_send(message) {
        EdgeCounters::add(&counters.dropped, 1);
    }
}

pub struct Analyst {
    pub shared: Shared,
    pub analyser: Analyser,
    pub reporter: CameraReporter,
    pub clips: Clips,
    /// Only where a pattern needs it.
    pub changes: Option<SceneWatch>,
    pub watch: HealthWatch,
    /// When the long candidates were last left for the store.
    pub left_at: Option<MediaTime>,
}

impl Analyst {
    pub fn spawn(self, messages: Receiver<Message>) -> std::io::Result<JoinHandle<()>> {
        let name = format!("analyst-{}", self.analyser.scene().camera);
        std::thread::Builder::new().name(name).spawn(move || self.run(messages))
    }

    /// Ends with the shutdown, after what already waits. (It holds a sender itself, for clips, so the
    /// channel never closes.)
    fn run(mut self, messages: Receiver<Message>) {
        loop {
            match messages.recv_timeout(LOOK_FOR_SHUTDOWN) {
                Ok(Message::Analysed(analysed)) => self.frame(*analysed),
                Ok(Message::Source(event)) => self.source_event(&event),
                Ok(Message::Clip { case_id, stored }) => self.clip_ready(case_id, *stored),
                Ok(Message::Mute(mute)) => self.analyser.mute(*mute),
                Err(_) if self.shared.shutdown.has_begun() => return self.leave_candidates(),
                Err(_) => {}
            }
        }
    }

    fn source_event(&mut self, event: &SourceEvent) {
        self.reporter.source_event(event);
        if let SourceEvent::Lost { error, .. } = event {
            self.watch.offline(self.shared.clock.wall());
            self.reporter.told(self.watch.public(), Some(error.to_string()));
        }
    }

    fn frame(&mut self, analysed: Analysed) {
        let frame = analysed.frame;
        let stamp = frame.stamp;
        let condition = self.watch.look(&frame).condition;
        self.reporter.told(self.watch.public(), None);
        let mut found = match analysed.result {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(camera = %self.analyser.scene().camera, %error, "a frame was not analysed");
                return;
            }
        };
        let camera = &self.analyser.scene().camera;
        self.shared.stills.offer(camera, &frame, &found.for_masking, condition);
        if let Some(changes) = &mut self.changes {
            let seen = changes.look(&frame, condition, &found.detections, &self.analyser);
            found.detections.extend(seen);
        }
        EdgeCounters::add(&self.shared.counters.analysed, 1);
        EdgeCounters::add(&self.shared.counters.inferences, analysed.inferences.into());
        EdgeCounters::add(&self.shared.counters.detections, found.detections.len() as u64);
        let masks = mask_regions(&found.for_masking);
        let subjects = found.detections.iter().map(|d| d.bbox).collect();
        self.clips.remember(stamp.captured_at, masks, subjects);

        for own_id in self.shared.book.take_over(&self.analyser.scene().camera) {
            self.analyser.forget(own_id);
        }
        let step = self.analyser.step(&stamp, condition, &found.detections);
        for mut fact in step.facts {
            let uploads = match fact.kind {
                FactKind::Opened => self.opened(&mut fact, &frame, &found),
                _ => Vec::new(),
            };
            self.tell(fact, uploads);
        }
        if self.left_at.is_none_or(|left| stamp.pts.since(left) >= LEAVE_EVERY) {
            self.left_at = Some(stamp.pts);
            self.leave_candidates();
        }
        self.shared.book.tick(stamp.captured_at, &self.shared.commits);
        if condition.shows_things() {
            self.clips.make_due(stamp.captured_at);
        }
    }

    fn leave_candidates(&self) {
        self.shared.waiting.leave(&self.analyser.scene().camera, self.analyser.candidates());
    }

    /// Pictures of the confirming frame, and a clip ordered for when its footage is complete.
    fn opened(
        &mut self,
        fact: &mut CaseFact,
        frame: &crate::domain::frame::Frame,
        found: &Found,
    ) -> Vec<UploadRow> {
        let state = &fact.state;
        self.clips.order(ClipJob::around(state));
        let stored = match pictures(self.analyser.scene(), fact, frame, found, &self.shared.faces)
            .and_then(|snapshot| self.store_pictures(&snapshot, frame.stamp.captured_at))
        {
            Ok(stored) => stored,
            Err(reason) => {
                tracing::error!(case = %fact.state.case_id, %reason, "the case goes out without its picture");
                return Vec::new();
            }
        };
        let (data, uploads) = stored.into_iter().map(|stored| (stored.data, stored.upload)).unzip();
        self.analyser.attach(fact, data);
        uploads
    }

    fn store_pictures(
        &self,
        snapshot: &Snapshot,
        captured_at: WallTime,
    ) -> Result<Vec<Stored>, String> {
        let now = self.shared.clock.wall();
        let put = |role, bytes: &[u8]| {
            let about = About { role, media_type: "image/jpeg", size: snapshot.size, captured_at };
            self.shared
                .evidence
                .put(bytes, about, now)
                .map_err(|error| format!("evidence folder: {error}"))
        };
        Ok(vec![
            put("annotated", &snapshot.annotated_jpeg)?,
            put("snapshot", &snapshot.clean_jpeg)?,
        ])
    }

    fn clip_ready(&mut self, case_id: CaseId, stored: Stored) {
        let at = self.shared.clock.wall();
        match self.analyser.add_evidence(case_id, vec![stored.data], at) {
            Some(fact) => self.tell(fact, vec![stored.upload]),
            None => tracing::warn!(case = %case_id, "a clip came for a case that is long gone"),
        }
    }

    /// The camera's word becomes the node's, and is stored.
    fn tell(&self, own: CaseFact, uploads: Vec<UploadRow>) {
        let (own_id, camera) = (own.state.case_id, own.state.camera.clone());
        let Some(told) = self.shared.book.admit(own, uploads, &self.shared.commits) else { return };
        let pattern = &told.pattern;
        match told.revision {
            1 => {
                EdgeCounters::add(&self.shared.counters.cases, 1);
                tracing::info!(case = %told.case_id, %camera, %pattern, "case opened");
            }
            _ if told.joined => {
                tracing::info!(case = %told.case_id, %camera, %own_id, %pattern, "a further camera sees the case");
            }
            _ => {}
        }
    }
}

/// Clean and annotated picture of the moment a case was confirmed.
pub(super) fn pictures(
    scene: &Scene,
    fact: &CaseFact,
    frame: &crate::domain::frame::Frame,
    found: &Found,
    faces: &Faces,
) -> Result<Snapshot, String> {
    let state = &fact.state;
    let size = frame.stamp.size;
    let subject: PixelBox =
        state.subject.bbox().scaled(size.width_px as f32, size.height_px as f32);
    let (sx, sy) = scene.reference_from_stream(size);
    let zone = scene
        .zone(&state.zone)
        .map(|zone| zone.polygon.scaled(1.0 / f64::from(sx), 1.0 / f64::from(sy)));
    let label = format!("{} {:.2}", state.pattern.id, state.score);
    let annotations = Annotations {
        subject: Some(subject),
        others: &found.detections,
        zone: zone.as_ref(),
        label: &label,
    };
    let masks = faces.masks(frame, &found.for_masking).map_err(|error| format!("{error:#}"))?;
    take(frame, &masks, &annotations).map_err(|fault| fault.to_string())
}
