//! Facts wait here while the disk refuses them: in order, bounded, tried again until stored.
//!
//! Enters: [`CommitBatch`]es from the analysers. Leaves: a receipt each, once it is stored.
//!
//! ```text
//! submit --(bounded channel)--> committer task --commit--> database
//!                                   `-- refused: wait, then the same batch again
//! ```
//!
//! Invariants: batches are stored in the order of submission; none is given up while the process
//! lives; a full queue makes the submitter wait, so its camera drops frames and never a fact.
//!
//! Failure: each refusal is logged once per change of its reason and shows in [`CommitQueue::fault`].
//! After the last handle is dropped the task stores what is queued and ends.

use super::edge::{CommitBatch, EdgeStore};
use crate::domain::{
    case::CaseFact,
    seams::{CaseSink, SinkError},
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// Batches in memory, about 3 KiB each.
pub const COMMIT_QUEUE_BATCHES_MAX: usize = 4096;

const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(5);

/// The committer has ended: its runtime is shutting down.
#[derive(Debug, thiserror::Error)]
#[error("the commit queue is closed")]
pub struct Closed;

/// Resolves once the batch is stored, to the time that its transaction took.
pub type Receipt = oneshot::Receiver<Duration>;

struct Waiting {
    batch: CommitBatch,
    stored: oneshot::Sender<Duration>,
}

#[derive(Default)]
struct State {
    depth: AtomicUsize,
    fault: Mutex<Option<String>>,
}

/// Clones feed the same committer.
#[derive(Clone)]
pub struct CommitQueue {
    sender: mpsc::Sender<Waiting>,
    state: Arc<State>,
}

impl CommitQueue {
    /// Starts the committer on the current runtime; its handle ends after the last queue handle.
    pub fn start(store: EdgeStore) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(COMMIT_QUEUE_BATCHES_MAX);
        let state = Arc::new(State::default());
        let task = tokio::spawn(store_in_order(store, receiver, Arc::clone(&state)));
        (Self { sender, state }, task)
    }

    /// Queues the batch; waits only while the queue is full.
    pub async fn submit(&self, batch: CommitBatch) -> Result<Receipt, Closed> {
        let (stored, receipt) = oneshot::channel();
        let slot = self.sender.reserve().await.map_err(|_| Closed)?;
        self.state.depth.fetch_add(1, Ordering::Relaxed);
        slot.send(Waiting { batch, stored });
        Ok(receipt)
    }

    /// The same from a thread outside the runtime.
    pub fn blocking_submit(&self, batch: CommitBatch) -> Result<Receipt, Closed> {
        let (stored, receipt) = oneshot::channel();
        self.state.depth.fetch_add(1, Ordering::Relaxed);
        self.sender.blocking_send(Waiting { batch, stored }).map_err(|_| {
            self.state.depth.fetch_sub(1, Ordering::Relaxed);
            Closed
        })?;
        Ok(receipt)
    }

    /// Batches submitted and not stored.
    pub fn depth(&self) -> usize {
        self.state.depth.load(Ordering::Relaxed)
    }

    /// Why the oldest batch is not stored; `None` while all goes well.
    pub fn fault(&self) -> Option<String> {
        self.state.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Blocks until the facts are stored. Call it outside the runtime.
impl CaseSink for CommitQueue {
    fn commit(&mut self, facts: &[CaseFact]) -> Result<(), SinkError> {
        let batch = CommitBatch { facts: facts.to_vec(), uploads: Vec::new() };
        let closed = |_| SinkError::Store { reason: Closed.to_string() };
        let receipt = self.blocking_submit(batch).map_err(|_| closed(()))?;
        receipt.blocking_recv().map(drop).map_err(|_| closed(()))
    }
}

async fn store_in_order(
    store: EdgeStore,
    mut receiver: mpsc::Receiver<Waiting>,
    state: Arc<State>,
) {
    while let Some(waiting) = receiver.recv().await {
        let took = store_one(&store, &waiting.batch, &state).await;
        state.depth.fetch_sub(1, Ordering::Relaxed);
        // The submitter may not care when.
        let _ = waiting.stored.send(took);
    }
}

async fn store_one(store: &EdgeStore, batch: &CommitBatch, state: &State) -> Duration {
    let set_fault = |fault: Option<String>| {
        let mut current = state.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *current != fault;
        *current = fault;
        changed
    };
    let mut pause = RETRY_FIRST;
    loop {
        match store.commit(batch).await {
            Ok(took) => {
                if set_fault(None) {
                    tracing::info!("case facts are stored again");
                }
                return took;
            }
            Err(error) => {
                metrics::counter!("gridwarden_edge_commit_failures").increment(1);
                if set_fault(Some(error.to_string())) {
                    tracing::error!(%error, "case facts wait in memory");
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY_LONGEST);
            }
        }
    }
}
