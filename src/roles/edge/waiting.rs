//! Long candidates of all cameras, on their way from the analysts to the database.
//!
//! Analysts leave them here now and then; upkeep writes all of them in one transaction, and once more when
//! the cameras have stopped. What a crash loses is the last minute of a candidate's dwell.

use crate::{
    domain::{ids::CameraId, rule::candidate::Candidate},
    drivers::store::edge::EdgeStore,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<BTreeMap<CameraId, Vec<Candidate>>>>);

impl Waiting {
    pub fn leave(&self, camera: &CameraId, candidates: Vec<Candidate>) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.insert(camera.clone(), candidates);
    }

    /// Writes what was left since; what cannot be written is written the next time.
    pub async fn store(&self, store: &EdgeStore) {
        let left = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if left.is_empty() {
            return;
        }
        if let Err(error) = store.put_candidates(&left).await {
            tracing::warn!(%error, "long candidates are not kept: a restart now would begin them anew");
            let mut newer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (camera, candidates) in left {
                newer.entry(camera).or_insert(candidates);
            }
        }
    }
}
