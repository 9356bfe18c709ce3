//! The node's case book, shared by its analysts.
//!
//! A fact is admitted and handed to the commit queue under one lock: revisions of a case that two cameras
//! see then leave in the order in which they were numbered. While the disk is behind the queue fills, and
//! every analyst waits: facts are never dropped, frames are.

use crate::{
    base::time::WallTime,
    domain::{
        case::{CaseFact, CaseState, node_book::NodeBook},
        ids::{CameraId, CaseId, PatternId},
        wire::FactKind,
    },
    drivers::store::{
        commit_queue::CommitQueue,
        edge::{CommitBatch, UploadRow},
    },
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What became of one camera's word, for the log.
pub struct Told {
    pub case_id: CaseId,
    pub revision: u32,
    pub pattern: PatternId,
    /// The first word of a further camera.
    pub joined: bool,
}

/// Clones share the book.
#[derive(Clone)]
pub struct Book(Arc<Mutex<NodeBook>>);

impl Book {
    /// With the cases that were open when the node stopped.
    pub fn restore(open: Vec<CaseState>) -> Self {
        Self(Arc::new(Mutex::new(NodeBook::restore(open))))
    }

    pub fn own_cases(&self, camera: &CameraId) -> Vec<CaseState> {
        self.lock().own_cases(camera)
    }

    pub fn take_over(&self, camera: &CameraId) -> Vec<CaseId> {
        self.lock().take_over(camera)
    }

    pub fn admit(
        &self,
        own: CaseFact,
        uploads: Vec<UploadRow>,
        commits: &CommitQueue,
    ) -> Option<Told> {
        let opened = own.kind == FactKind::Opened;
        let mut book = self.lock();
        let facts = book.admit(own);
        let fact = facts.first()?;
        let told = Told {
            case_id: fact.state.case_id,
            revision: fact.state.revision,
            pattern: fact.state.pattern.id.clone(),
            joined: opened && fact.kind == FactKind::Seen,
        };
        submit(commits, CommitBatch { facts, uploads });
        Some(told)
    }

    /// Ends what waited for a camera that has been silent for too long.
    pub fn tick(&self, now: WallTime, commits: &CommitQueue) {
        let mut book = self.lock();
        let facts = book.tick(now);
        if !facts.is_empty() {
            submit(commits, CommitBatch { facts, uploads: Vec::new() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, NodeBook> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn submit(commits: &CommitQueue, batch: CommitBatch) {
    if commits.blocking_submit(batch).is_err() {
        tracing::error!("case facts could not be handed to the store: it has stopped");
    }
}
