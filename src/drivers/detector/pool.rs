//! Many cameras, few networks.
//!
//! ```text
//! camera 1 -> slot (newest frame) -+                +- worker: network -> deliver(camera's callback)
//! camera 2 -> slot (newest frame) -+- round robin  -+- worker: network -> deliver
//! camera 3 -> slot (newest frame) -+                +- ...
//! ```
//!
//! CPU: as many workers as cores, each with a session of one thread. GPU: one worker that takes the
//! frames of several cameras as one batch. Invariants: a slot holds one frame, a newer one replaces
//! it (counted); cameras are served in turn, so none waits behind a faster one; a camera has at most
//! one frame in a network, so its results arrive in the order of its frames. A failed inference is
//! delivered as that frame's result and the worker goes on. `close` lets running frames finish.
//! Work that can wait asks [`Spare`] before each of its own inferences: a live frame that waits for a
//! network goes first.
//!
//! Lock: `Shared::turns`, held only to choose frames, never during inference or delivery.

use super::{
    LoadError,
    onnx::{Found, OnnxDetector},
    provider::{ProviderOptions, ProviderReport},
    session::NetworkFile,
};
use crate::{
    base::clock::Clock,
    domain::{
        detection::ModelRef,
        frame::Frame,
        seams::{DetectError, TensorMaker},
        tiles::Tiling,
    },
};
use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// A frame that went through a network.
pub struct Analysed {
    pub frame: Frame,
    pub result: Result<Found, DetectError>,
    /// Pictures that went through the network for it: its own and its tiles.
    pub inferences: u32,
    /// Time in the network with its tensor; shared evenly within a batch.
    pub spent: Duration,
}

/// Called on a worker's thread, so it must only hand over, never wait.
type Deliver = Arc<dyn Fn(Analysed) + Send + Sync>;

/// What a camera asked for when it attached.
#[derive(Clone)]
struct Owner {
    tiling: Arc<Tiling>,
    deliver: Deliver,
}

/// How many workers; `None`: one where the provider wants batches, else as many as cores.
#[derive(Debug, Clone, Default)]
pub struct PoolOptions {
    pub providers: ProviderOptions,
    pub workers: Option<NonZeroUsize>,
    /// How many will attach, where that is known: each has one frame in a network at a time, so more
    /// workers than cameras would only hold memory (19 MB each with the default model).
    pub cameras: Option<NonZeroUsize>,
}

pub struct DetectorPool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    model: ModelRef,
    report: ProviderReport,
}

impl DetectorPool {
    /// Loads every session before it returns; nothing runs if one cannot be loaded.
    pub fn start(
        file: &NetworkFile,
        options: &PoolOptions,
        tensor_maker: impl Fn() -> Box<dyn TensorMaker>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LoadError> {
        let load = || OnnxDetector::load(file, &options.providers, tensor_maker());
        let first = load()?;
        let (report, model) = (first.report().clone(), file.manifest().model_ref());
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let count = match options.workers {
            Some(workers) => workers.get(),
            None if report.used.wants_batches() => 1,
            None => cores().min(options.cameras.map_or(usize::MAX, NonZeroUsize::get)),
        };
        let mut detectors = vec![first];
        while detectors.len() < count {
            detectors.push(load()?);
        }
        let shared = Arc::new(Shared::default());
        let mut pool = Self { shared, workers: Vec::with_capacity(count), model, report };
        for (index, detector) in detectors.into_iter().enumerate() {
            let (shared, clock) = (Arc::clone(&pool.shared), Arc::clone(&clock));
            let worker = thread::Builder::new()
                .name(format!("detect-{index}"))
                .spawn(move || work(&shared, detector, &*clock))
                .map_err(|error| LoadError::Network {
                    file: file.manifest().file.display().to_string(),
                    reason: format!("no thread for a worker: {error}"),
                })?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    pub fn model(&self) -> &ModelRef {
        &self.model
    }

    pub fn report(&self) -> &ProviderReport {
        &self.report
    }

    /// Give a camera its slot. It is served until the slot is dropped; a frame that is in a network
    /// then is still delivered.
    pub fn attach(&self, deliver: impl Fn(Analysed) + Send + Sync + 'static) -> CameraSlot {
        self.attach_tiled(Tiling::none(), deliver)
    }

    /// A camera whose frames are looked at in parts as well: each tile costs another inference.
    pub fn attach_tiled(
        &self,
        tiling: Tiling,
        deliver: impl Fn(Analysed) + Send + Sync + 'static,
    ) -> CameraSlot {
        let owner = Owner { tiling: Arc::new(tiling), deliver: Arc::new(deliver) };
        let id = self.shared.lock().attach(owner);
        CameraSlot { shared: Arc::clone(&self.shared), id }
    }

    /// For work that gives way to the cameras.
    pub fn spare(&self) -> Spare {
        Spare(Arc::clone(&self.shared))
    }

    /// Finish the frames that are in a network, drop the waiting ones, end the workers.
    pub fn close(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        self.shared.taken.notify_all();
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                tracing::error!("a detector worker had panicked");
            }
        }
    }
}

impl Drop for DetectorPool {
    fn drop(&mut self) {
        self.close();
    }
}

/// One camera's place in a pool.
pub struct CameraSlot {
    shared: Arc<Shared>,
    id: u64,
}

impl CameraSlot {
    /// Never blocks; replaces a frame that still waits.
    pub fn submit(&self, frame: Frame) {
        self.shared.lock().submit(self.id, frame);
        self.shared.changed.notify_one();
    }

    /// Frames that were submitted and will never be analysed.
    pub fn dropped(&self) -> u64 {
        self.shared.lock().seat(self.id).map_or(0, |seat| seat.dropped)
    }
}

impl Drop for CameraSlot {
    fn drop(&mut self) {
        self.shared.lock().seats.retain(|seat| seat.id != self.id);
    }
}

/// What a pool's cameras leave over.
#[derive(Clone)]
pub struct Spare(Arc<Shared>);

impl Spare {
    /// Until no camera's frame waits for a network, or for so long: who can wait is not starved for ever.
    pub fn wait(&self, at_most: Duration) {
        let turns = self.0.lock();
        let (turns, _) = (self.0.taken)
            .wait_timeout_while(turns, at_most, |turns| turns.is_pressed())
            .unwrap_or_else(PoisonError::into_inner);
        drop(turns);
    }
}

#[derive(Default)]
struct Shared {
    turns: Mutex<Turns<Frame, Owner>>,
    changed: Condvar,
    /// Frames left their slots.
    taken: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Turns<Frame, Owner>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until frames are ready; `None` once the pool is closed.
    fn take(&self, batch_max: usize) -> Option<Vec<Taken<Frame, Owner>>> {
        let mut turns = self.lock();
        loop {
            if turns.closed {
                return None;
            }
            let taken = turns.take(batch_max);
            if !taken.is_empty() {
                self.taken.notify_all();
                return Some(taken);
            }
            turns = self.changed.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(shared: &Shared, mut detector: OnnxDetector, clock: &dyn Clock) {
    while let Some(taken) = shared.take(detector.pictures_at_once()) {
        let frames: Vec<(Frame, &Tiling)> =
            taken.iter().map(|taken| (taken.item.clone(), &*taken.owner.tiling)).collect();
        let began = clock.monotonic();
        let results = detector.detect_tiled(&frames);
        let spent = clock.monotonic().since(began) / frames.len().max(1) as u32;
        for (taken, result) in taken.into_iter().zip(results) {
            let inferences = 1 + taken.owner.tiling.len() as u32;
            (taken.owner.deliver)(Analysed { frame: taken.item, result, inferences, spent });
            shared.lock().done(taken.id);
            // The camera's next frame may have come meanwhile, and other workers may sleep.
            shared.changed.notify_one();
        }
    }
}

/// Whose turn it is. Pure, so that fairness can be tested without threads.
struct Turns<T, O> {
    /// The front is served first; who is served goes to the back.
    seats: VecDeque<Seat<T, O>>,
    attached: u64,
    closed: bool,
}

struct Seat<T, O> {
    id: u64,
    owner: O,
    waiting: Option<T>,
    busy: bool,
    dropped: u64,
}

struct Taken<T, O> {
    id: u64,
    item: T,
    owner: O,
}

impl<T, O> Default for Turns<T, O> {
    fn default() -> Self {
        Self { seats: VecDeque::new(), attached: 0, closed: false }
    }
}

impl<T, O: Clone> Turns<T, O> {
    fn attach(&mut self, owner: O) -> u64 {
        self.attached += 1;
        let id = self.attached;
        self.seats.push_back(Seat { id, owner, waiting: None, busy: false, dropped: 0 });
        id
    }

    fn seat(&mut self, id: u64) -> Option<&mut Seat<T, O>> {
        self.seats.iter_mut().find(|seat| seat.id == id)
    }

    fn submit(&mut self, id: u64, item: T) {
        let closed = self.closed;
        if let Some(seat) = self.seat(id) {
            let lost = if closed { Some(item) } else { seat.waiting.replace(item) };
            seat.dropped += u64::from(lost.is_some());
        }
    }

    /// The waiting frames of up to `max` cameras whose turn it is.
    fn take(&mut self, max: usize) -> Vec<Taken<T, O>> {
        let mut taken = Vec::new();
        let mut index = 0;
        // Seats that were served stand at the back now; stop before meeting them again.
        while index + taken.len() < self.seats.len() && taken.len() < max {
            let seat = &mut self.seats[index];
            let Some(item) = (if seat.busy { None } else { seat.waiting.take() }) else {
                index += 1;
                continue;
            };
            seat.busy = true;
            taken.push(Taken { id: seat.id, item, owner: seat.owner.clone() });
            if let Some(seat) = self.seats.remove(index) {
                self.seats.push_back(seat);
            }
        }
        taken
    }

    /// A frame waits for a network, not for its camera's frame before.
    fn is_pressed(&self) -> bool {
        !self.closed && self.seats.iter().any(|seat| seat.waiting.is_some() && !seat.busy)
    }

    fn done(&mut self, id: u64) {
        if let Some(seat) = self.seat(id) {
            seat.busy = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(taken: &[Taken<u32, ()>]) -> Vec<u64> {
        taken.iter().map(|taken| taken.id).collect()
    }

    #[test]
    fn a_slow_camera_never_waits_behind_a_fast_one() {
        let mut turns = Turns::<u32, ()>::default();
        let (fast, slow) = (turns.attach(()), turns.attach(()));
        turns.submit(fast, 0);
        turns.submit(slow, 0);
        let mut served = Vec::new();
        for frame in 1..6 {
            let taken = turns.take(1);
            served.extend(ids(&taken));
            turns.submit(fast, frame);
            turns.done(taken[0].id);
        }
        assert_eq!(served, [fast, slow, fast, fast, fast]);
    }

    #[test]
    fn all_cameras_are_served_in_turn_under_load() {
        let mut turns = Turns::<u32, ()>::default();
        let cameras: Vec<_> = (0..3).map(|_| turns.attach(())).collect();
        let mut served = Vec::new();
        for frame in 0..6 {
            cameras.iter().for_each(|&camera| turns.submit(camera, frame));
            let taken = turns.take(1);
            served.extend(ids(&taken));
            turns.done(taken[0].id);
        }
        assert_eq!(served, [&cameras[..], &cameras[..]].concat());
    }

    #[test]
    fn one_frame_of_a_camera_is_out_at_a_time_and_the_newest_waits() {
        let mut turns = Turns::<u32, ()>::default();
        let camera = turns.attach(());
        turns.submit(camera, 1);
        assert_eq!(turns.take(8).len(), 1);
        turns.submit(camera, 2);
        turns.submit(camera, 3);
        assert!(turns.take(8).is_empty());
        turns.done(camera);
        let taken = turns.take(8);
        assert_eq!((taken[0].item, turns.seat(camera).unwrap().dropped), (3, 1));
    }

    #[test]
    fn what_can_wait_goes_after_a_live_frame_that_waits_for_a_network() {
        let mut turns = Turns::<u32, ()>::default();
        let (one, other) = (turns.attach(()), turns.attach(()));
        assert!(!turns.is_pressed());
        turns.submit(one, 1);
        turns.submit(other, 1);
        assert!(turns.is_pressed());
        turns.take(1);
        assert!(turns.is_pressed(), "the other camera's");
        turns.take(1);
        assert!(!turns.is_pressed());
        turns.submit(one, 2);
        assert!(!turns.is_pressed(), "it waits for the frame before, which is in a network");
        turns.done(one);
        assert!(turns.is_pressed());
        turns.closed = true;
        assert!(!turns.is_pressed(), "nobody takes it any more");
    }

    #[test]
    fn a_batch_takes_each_waiting_camera_once() {
        let mut turns = Turns::<u32, ()>::default();
        let cameras: Vec<_> = (0..5).map(|_| turns.attach(())).collect();
        for &camera in [&cameras[0], &cameras[2], &cameras[3]] {
            turns.submit(camera, 0);
        }
        assert_eq!(ids(&turns.take(2)), [cameras[0], cameras[2]]);
        turns.submit(cameras[1], 0);
        assert_eq!(ids(&turns.take(8)), [cameras[1], cameras[3]]);
    }
}
