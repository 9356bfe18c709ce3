//! What an edge has done since it started; read by `stats`, the demo's summary and `/metrics`.

use crate::{
    domain::{footage::HoleReason, wire::FootageStats},
    drivers::footage::keeper::DeletedFor,
};
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

#[derive(Debug, Default)]
pub struct EdgeCounters {
    pub decoded: AtomicU64,
    pub analysed: AtomicU64,
    /// Runs of a network: as many as frames analysed, and one more for each tile.
    pub inferences: AtomicU64,
    pub dropped: AtomicU64,
    pub detections: AtomicU64,
    pub cases: AtomicU64,
    pub verified: AtomicU64,
    footage: Mutex<FootageStats>,
}

impl EdgeCounters {
    pub fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    /// A segment of the ring is gone.
    pub fn deleted(&self, reason: DeletedFor, bytes: u64) {
        let mut footage = self.lock();
        *footage.segments_deleted.entry(reason.name().to_owned()).or_default() += 1;
        footage.bytes_deleted += bytes;
    }

    /// A hole in a recording has ended.
    pub fn hole(&self, reason: HoleReason) {
        *self.lock().holes.entry(reason.name().to_owned()).or_default() += 1;
    }

    pub fn footage(&self) -> FootageStats {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, FootageStats> {
        self.footage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn read(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
