//! The hub's register: facts, cases, decisions, evidence, cameras, sessions. One SQLite file or
//! PostgreSQL database ([`Place`]), the same SQL for both.
//!
//! Enters: facts of edges, decisions of people, results of verifications. Leaves: cases as they
//! stand, and messages for edges that survive a crash.
//!
//! Invariants
//! - `facts`, `history`, `access_log`, `day_roots` and `day_leaves` only grow.
//! - A fact, its place in its stream, the case's fold and the transition are one transaction.
//! - A state changes only through `domain::case::lifecycle::next`, in the transaction that writes
//!   its `history` row and the decision to be published.
//! - Each `history` row has the hash of itself and of the row before it (`domain::case::audit`).
//! - `cases.version` grows with each `history` row; sightings that decide nothing leave it, so a
//!   reviewer is not told of a conflict because a camera saw the thing once more.
//!
//! Failure: see [`StoreError`]; after an error the database is as before the call. One connection
//! writes, a few read; a reader sees each commit whole.

mod access_log;
mod assignments;
mod audit;
mod camera_pictures;
mod cameras;
mod case_file;
mod case_rows;
mod cases;
mod clocks;
mod complaints;
mod database;
mod day_roots;
mod decide;
mod deliveries;
mod dry_runs;
mod evidence;
mod facts;
mod footage;
mod handling;
mod ingest;
mod list;
mod map;
mod merges;
mod opening;
mod outbound;
mod photographs;
mod pictures;
mod records;
mod recurrence;
mod reviewed;
mod sessions;
mod shifts;
mod statement;
mod statistics;
mod steps;
mod undo;
mod users;
mod verifications;

pub use access_log::{Access, AccessFilter, AccessKind};
pub use assignments::Colleague;
pub use camera_pictures::CameraPicture;
pub use cameras::{CameraRow, NodeRow};
pub use case_file::{CaseFile, FactRow, NamedFile};
pub use cases::Standing;
pub use complaints::NewComplaint;
pub use database::Place;
pub use day_roots::{BadRoot, DayRoot, SealedDay};
pub use decide::{CaseChange, DecideError, Decision};
pub use deliveries::Delivery;
pub use dry_runs::{DRY_RUNS_OPEN_MAX, DryRunRow};
pub use evidence::{EvidenceFile, KnownFile};
pub use footage::{FOOTAGE_OPEN_MAX, FootageAsked, FootageRow, NewFootage};
pub use ingest::{Ingested, Told};
pub use list::{CaseFilter, Cursor};
pub use map::{CellCount, HotSpot, MapFilter};
pub use merges::BadMaster;
pub use outbound::OutboundRow;
pub use records::{CameraRef, CaseRow, EvidenceRow};
pub use sessions::SessionRow;
pub use shifts::{HANDED_MAX, HandedOver, Handover, HandoverError};
pub use statistics::{By, Span};
pub use undo::MayUndo;
pub use users::{NewUser, UserChange, UserRow};
pub use verifications::{NewVerification, VerificationRow};

use super::StoreError;
use crate::{
    base::time::WallTime,
    domain::{
        case::{notice::Listener, policy::CasePolicy},
        ids::{CameraId, DistrictId, NodeId},
        wire::NodeAddress,
    },
};
use database::Database;
use sqlx::{Any, Transaction, any::AnyRow};
use std::sync::Arc;
use uuid::Uuid;

/// Who the hub is in `source` of its messages; it is no node id of an edge.
pub const HUB_NAME: &str = "hub";

/// Clones share the connections.
#[derive(Clone)]
pub struct HubStore {
    database: Database,
    /// For messages.
    place: Arc<str>,
    district: DistrictId,
    policy: Arc<CasePolicy>,
    /// The platforms that are told of cases.
    listeners: Arc<[Listener]>,
    /// Accounts that are kept outside of the register.
    colleagues: Arc<[Colleague]>,
}

type Tx = Transaction<'static, Any>;

impl HubStore {
    pub async fn open(place: Place, district: DistrictId) -> Result<Self, StoreError> {
        let (shown, policy) = (place.to_string().into(), Arc::default());
        let database = Database::open(place).await?;
        let (listeners, colleagues) = (Arc::default(), Arc::default());
        Ok(Self { database, place: shown, district, policy, listeners, colleagues })
    }

    /// With what the city decides about its cases; without it no limits and no checklist.
    pub fn with_policy(mut self, policy: Arc<CasePolicy>) -> Self {
        self.policy = policy;
        self
    }

    /// With platforms that are told of cases.
    pub fn with_listeners(mut self, listeners: impl IntoIterator<Item = Listener>) -> Self {
        self.listeners = listeners.into_iter().collect();
        self
    }

    pub fn policy(&self) -> &CasePolicy {
        &self.policy
    }

    /// Ends the connections; waits for what is under way.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Can it be written now?
    pub async fn probe(&self) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        tx.rollback().await.map_err(|error| self.failed(error))
    }

    async fn begin(&self) -> Result<Tx, StoreError> {
        self.database.write().await.map_err(|error| self.failed(error))
    }

    async fn commit(&self, tx: Tx) -> Result<(), StoreError> {
        tx.commit().await.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: sqlx::Error) -> StoreError {
        match error {
            // A column that does not hold what this program wrote.
            sqlx::Error::ColumnDecode { index, source } => StoreError::Content {
                place: self.place.to_string(),
                table: "register",
                row: index,
                reason: source.to_string(),
            },
            error => StoreError::from_sqlx(&self.place, error),
        }
    }

    /// `update` sets when the request $2 is sent again, $1.
    async fn set_send_at(
        &self,
        update: &'static str,
        request_id: Uuid,
        send_at: WallTime,
    ) -> Result<(), StoreError> {
        sqlx::query(update)
            .bind(send_at.unix_millis())
            .bind(request_id.to_string())
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// What an edge was asked and `select` finds: $1 now, $2 how many at most.
    async fn asked_due(
        &self,
        select: &'static str,
        now: WallTime,
        limit: u32,
    ) -> Result<Vec<AnyRow>, StoreError> {
        sqlx::query(select)
            .bind(now.unix_millis())
            .bind(i64::from(limit))
            .fetch_all(self.database.readers())
            .await
            .map_err(|error| self.failed(error))
    }

    /// What a camera was asked under an id and `select` finds: $1 the id, $2 its node, $3 the camera.
    async fn asked_of(
        &self,
        select: &'static str,
        request_id: Uuid,
        node: &NodeId,
        camera: &CameraId,
    ) -> Result<Option<AnyRow>, StoreError> {
        sqlx::query(select)
            .bind(request_id.to_string())
            .bind(node.as_str())
            .bind(camera.as_str())
            .fetch_optional(self.database.readers())
            .await
            .map_err(|error| self.failed(error))
    }

    /// How many rows `delete` has dropped, whose time was over before $1.
    async fn drop_asked(&self, delete: &'static str, before: WallTime) -> Result<u64, StoreError> {
        sqlx::query(delete)
            .bind(before.unix_millis())
            .execute(self.database.writer())
            .await
            .map(|deleted| deleted.rows_affected())
            .map_err(|error| self.failed(error))
    }

    fn address_of(&self, node: &str) -> Option<NodeAddress> {
        Some(NodeAddress { district: self.district.clone(), node: node.parse().ok()? })
    }
}

#[cfg(test)]
mod assignments_tests;
#[cfg(test)]
mod list_tests;
#[cfg(test)]
mod map_tests;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod progress_tests;
#[cfg(test)]
mod shifts_tests;
#[cfg(test)]
mod statistics_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod undo_tests;
#[cfg(test)]
mod walk_tests;
