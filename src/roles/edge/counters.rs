//! What an edge has done since it started; read by `stats`, the demo's summary and `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

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
}

impl EdgeCounters {
    pub fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    pub fn read(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
