//! What the parts of the hub share: store, files, clock, which camera sees what, and the announcement of changes.
//!
//! Every change is announced after its commit, never before. The channel is bounded; a listener
//! that falls behind is told so and reads the state anew.

use super::{feed::Feed, sight::Sight};
use crate::{
    base::{clock::Clock, time::WallTime},
    domain::{
        case::{clock::ClockKind, lifecycle::State},
        ids::{CameraId, CaseId, IdSource, RandomIds},
    },
    drivers::{
        evidence::files::EvidenceFiles,
        store::{
            StoreError,
            hub::{Access, AccessKind, CaseChange, HubStore},
        },
    },
};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

/// Changes that a slow listener may be behind.
const CHANGES_MAX: usize = 1_024;

/// Told to whoever listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Change {
    Case {
        case_id: CaseId,
        version: i64,
        state: State,
    },
    /// A clock of the case has run out.
    Overdue {
        case_id: CaseId,
        version: i64,
        clock: ClockKind,
    },
    Camera {
        camera: CameraId,
    },
}

impl Change {
    /// As pages know it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Case { .. } => "case",
            Self::Overdue { .. } => "overdue",
            Self::Camera { .. } => "camera",
        }
    }

    pub fn case_id(&self) -> Option<CaseId> {
        match self {
            Self::Case { case_id, .. } | Self::Overdue { case_id, .. } => Some(*case_id),
            Self::Camera { .. } => None,
        }
    }

    /// Whether whoever hears the other need not hear this one.
    pub fn is_of_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Camera { camera }, Self::Camera { camera: other }) => camera == other,
            _ => self.name() == other.name() && self.case_id() == other.case_id(),
        }
    }
}

pub struct Register {
    pub store: HubStore,
    pub sight: Sight,
    pub files: EvidenceFiles,
    pub clock: Arc<dyn Clock>,
    changes: broadcast::Sender<Change>,
    /// To open pages.
    pub feed: Feed,
    /// Wakes the verify loop: something may be due.
    pub due: Notify,
    /// Wakes the footage loop: somebody asked.
    pub asked: Notify,
    /// Wakes the publish loop: decisions may wait.
    pub outbound: Notify,
}

impl Register {
    /// Over an open store; learns from it which camera sees what.
    pub async fn over(
        store: HubStore,
        files: EvidenceFiles,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let (changes, _) = broadcast::channel(CHANGES_MAX);
        let sight = Sight::load(&store).await?;
        let (due, asked, outbound) = (Notify::new(), Notify::new(), Notify::new());
        let feed = Feed::default();
        Ok(Self { store, sight, files, clock, changes, feed, due, asked, outbound })
    }

    pub fn now(&self) -> WallTime {
        self.clock.wall()
    }

    pub fn new_id(&self) -> Uuid {
        RandomIds.next_uuid(self.now())
    }

    /// An entry of the access log, to be filled in and written.
    pub fn access(&self, kind: AccessKind, who: &str, unit: Option<&str>) -> Access {
        Access {
            entry_id: self.new_id(),
            at: self.now(),
            who: who.to_owned(),
            unit: unit.map(str::to_owned),
            kind,
            case_id: None,
            sha256: None,
            why: String::new(),
            detail: String::new(),
        }
    }

    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// After the commit of a change of a case.
    pub fn announce(&self, change: &CaseChange) {
        let CaseChange { case_id, version, state, .. } = *change;
        metrics::counter!("gridwarden_hub_case_changes_total", "state" => state.as_str())
            .increment(1);
        self.tell(Change::Case { case_id, version, state });
        self.due.notify_one();
        self.outbound.notify_one();
    }

    /// A clock has run out: what the case is told of, and that it is late.
    pub fn announce_overdue(&self, change: &CaseChange, clock: ClockKind) {
        metrics::counter!("gridwarden_hub_overdue_total", "clock" => clock.as_str()).increment(1);
        self.announce(change);
        let CaseChange { case_id, version, .. } = *change;
        self.tell(Change::Overdue { case_id, version, clock });
    }

    pub fn announce_camera(&self, camera: &CameraId) {
        self.tell(Change::Camera { camera: camera.clone() });
    }

    /// The case's files changed, its state did not.
    pub async fn announce_evidence(&self, case_ids: Vec<CaseId>) -> Result<(), StoreError> {
        for case_id in case_ids {
            if let Some(case) = self.store.case(case_id).await? {
                self.tell(Change::Case { case_id, version: case.version, state: case.state });
            }
        }
        self.due.notify_one();
        Ok(())
    }

    fn tell(&self, change: Change) {
        // An error only says that no page is open.
        let _ = self.changes.send(change);
    }
}
