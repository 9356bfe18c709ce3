//! One frame of now for people: the camera's next analysed frame, masked, as a JPEG.
//!
//! ```text
//! footage/request {still} -> wanted -> the analyst's next frame of that camera -> masks -> JPEG
//!                              \-> no frame until the deadline     -> stored -> footage/result
//! ```
//! The analyst only hands the frame over; faces are searched and the picture is encoded on a thread of low
//! priority. All who asked for a camera meanwhile get the same picture. A frozen, dark or covered picture
//! says nothing about now, and what hides people cannot be trusted on a blurred one: those are refused with
//! the camera's condition. A camera that was turned shows its new view, which is what it is calibrated on.

use super::{
    camera::Shared,
    evidence::{About, Stored},
    report::Teller,
};
use crate::{
    base::time::ClockQuality,
    domain::{
        detection::Detection,
        frame::Frame,
        ids::CameraId,
        wire::{
            CameraCondition, FootageRefusal, FootageRequestData, FootageResultData, Leaf,
            RecordingSpan,
        },
    },
    drivers::{store::edge::EdgeStore, vision::snapshot::clean},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};
use tokio::runtime::Handle;

/// Requests and frames that may wait for their turn.
const WORK_MAX: usize = 32;
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// An answer needs so long to be made and sent.
const ANSWER_TAKES: Duration = Duration::from_secs(2);

type Waiting = BTreeMap<CameraId, Vec<FootageRequestData>>;

/// Where requests and frames meet.
#[derive(Clone)]
pub struct Stills {
    waiting: Arc<Mutex<Waiting>>,
    work: SyncSender<Work>,
}

/// What the thread gets.
pub enum Work {
    Asked(FootageRequestData),
    Seen(Box<Seen>),
}

/// A frame, and who waits for it.
pub struct Seen {
    requests: Vec<FootageRequestData>,
    frame: Frame,
    for_masking: Vec<Detection>,
    condition: CameraCondition,
}

impl Stills {
    pub fn channel() -> (Self, Receiver<Work>) {
        let (work, works) = sync_channel(WORK_MAX);
        (Self { waiting: Arc::default(), work }, works)
    }

    /// `false`: too much is asked for.
    pub fn ask(&self, request: FootageRequestData) -> bool {
        !matches!(self.work.try_send(Work::Asked(request)), Err(TrySendError::Full(_)))
    }

    /// The analyst's frame, for those who wait for one; costs nothing where nobody does.
    pub fn offer(
        &self,
        camera: &CameraId,
        frame: &Frame,
        for_masking: &[Detection],
        condition: CameraCondition,
    ) {
        let Some(requests) = self.waiting().remove(camera) else { return };
        let (frame, for_masking) = (frame.clone(), for_masking.to_vec());
        let seen = Box::new(Seen { requests, frame, for_masking, condition });
        if let Err(TrySendError::Full(Work::Seen(seen))) = self.work.try_send(Work::Seen(seen)) {
            self.waiting().entry(camera.clone()).or_default().extend(seen.requests);
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a still of it would mislead.
fn is_blind(condition: CameraCondition) -> bool {
    !condition.shows_things() && condition != CameraCondition::Moved
}

pub struct StillMaker {
    pub shared: Shared,
    pub store: EdgeStore,
    pub teller: Teller,
    /// The node's cameras, with the names of what hides people in their pictures.
    pub masks: BTreeMap<CameraId, String>,
    pub runtime: Handle,
}

/// Why there is no still, in a code and in words.
type Refused = (FootageRefusal, String);

impl StillMaker {
    /// Runs until shutdown.
    pub fn run(self, works: &Receiver<Work>) {
        loop {
            match works.recv_timeout(LOOK_EVERY) {
                Ok(Work::Asked(request)) => self.take(request),
                Ok(Work::Seen(seen)) => self.make(*seen),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.shared.shutdown.has_begun() {
                return;
            }
            self.give_up();
        }
    }

    fn take(&self, request: FootageRequestData) {
        match self.runtime.block_on(self.store.verify_result(request.request_id)) {
            Ok(Some(payload)) => return self.send(&payload),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "whether this was answered before cannot be read"),
        }
        if !self.masks.contains_key(&request.camera) {
            let known: Vec<_> = self.masks.keys().map(CameraId::as_str).collect();
            let refused = (FootageRefusal::UnknownCamera, format!("known: {}", known.join(" ")));
            return self.answer(&request, Err(&refused));
        }
        let mut waiting = self.shared.stills.waiting();
        let wanted = waiting.entry(request.camera.clone()).or_default();
        if !wanted.iter().any(|known| known.request_id == request.request_id) {
            wanted.push(request);
        }
    }

    fn make(&self, seen: Seen) {
        let made = self.still(&seen).map_err(|error| match error {
            Ok(condition) => (FootageRefusal::Blind, condition),
            Err(error) => (FootageRefusal::NotMade, format!("{error:#}")),
        });
        for request in &seen.requests {
            self.answer(request, made.as_ref());
        }
    }

    /// `Err(Ok(_))`: the condition of a camera that shows nothing.
    fn still(&self, seen: &Seen) -> Result<Stored, Result<String, anyhow::Error>> {
        if is_blind(seen.condition) {
            let name = serde_json::to_value(seen.condition).unwrap_or_default();
            return Err(Ok(name.as_str().unwrap_or_default().to_owned()));
        }
        let masked = || -> anyhow::Result<Stored> {
            let masks = self.shared.faces.masks(&seen.frame, &seen.for_masking)?;
            let (jpeg, size) = clean(&seen.frame, &masks)?;
            let captured_at = seen.frame.stamp.captured_at;
            let about = About { role: "still", media_type: "image/jpeg", size, captured_at };
            Ok(self.shared.evidence.put(&jpeg, about, self.shared.clock.wall())?)
        };
        masked().map_err(Err)
    }

    /// Those whose time is up.
    fn give_up(&self) {
        let soon = self.shared.clock.wall().plus(ANSWER_TAKES);
        let mut late = Vec::new();
        self.shared.stills.waiting().retain(|_, requests| {
            late.extend(requests.extract_if(.., |request| soon >= request.deadline));
            !requests.is_empty()
        });
        let said = "no frame of it was analysed in time".to_owned();
        let refused = (FootageRefusal::NoFrame, said);
        late.iter().for_each(|request| self.answer(request, Err(&refused)));
    }

    fn answer(&self, request: &FootageRequestData, made: Result<&Stored, &Refused>) {
        let masks = self.masks.get(&request.camera).cloned().unwrap_or_default();
        let mut result = FootageResultData {
            request_id: request.request_id,
            masks,
            clock: ClockQuality::Arrival,
            shown: None,
            refusal: None,
            detail: None,
            holes: Vec::new(),
            evidence: Vec::new(),
        };
        let mut uploads = Vec::new();
        match made {
            Ok(stored) => {
                let at = stored.data.captured_at;
                result.shown = Some(RecordingSpan { from: at, to: at });
                result.evidence.push(stored.data.clone());
                uploads.push(stored.upload.clone());
            }
            Err((refusal, detail)) => {
                (result.refusal, result.detail) = (Some(*refusal), Some(detail.clone()));
            }
        }
        tracing::info!(request = %request.request_id, camera = %request.camera, refusal = ?result.refusal, "a still for people");
        let Ok(payload) = serde_json::to_vec(&result) else { return };
        let now = self.shared.clock.wall();
        let kept = self.store.put_verify_result(request.request_id, &payload, now, &uploads);
        match self.runtime.block_on(kept) {
            Ok(()) => self.send(&payload),
            // Without its row a file is not uploaded: better asked again.
            Err(error) => tracing::warn!(%error, "a still for people cannot be kept"),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_camera_may_be_looked_through_and_a_blind_one_not() {
        use CameraCondition::*;
        for condition in [Ok, RainOnLens, Moved] {
            assert!(!is_blind(condition), "{condition:?}");
        }
        for condition in [Frozen, Black, Blurred, Covered, Overexposed, Offline] {
            assert!(is_blind(condition), "{condition:?}");
        }
    }
}
