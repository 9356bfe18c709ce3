//! The edge's database: cases, outbox, uploads, answers given, run counter.
//!
//! Enters: batches of case facts with their evidence files; acknowledged rows to delete. Leaves:
//! open cases at start, outbox rows in `seq` order, files to upload.
//!
//! Invariants
//! - A fact's case row, outbox row and upload rows are committed together or not at all.
//! - Committing a batch twice (after an answer was lost) changes nothing.
//! - `seq` is never reused, so an old deletion cannot hit a new row.
//!
//! Failure: see [`StoreError`]; after an error the database is as before the call.

use super::{StoreError, sqlite};
use crate::{
    base::{clock::Clock, time::WallTime},
    domain::{
        case::{CaseFact, CaseState, mute},
        ids::{CameraId, CaseId},
        outbox::{OutboxRow, OutboxSeq, Want},
        wire::{Leaf, NodeAddress, Topic, case_event},
    },
};
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// A request's deadline is hours away at most; a broker keeps it for a week.
const ANSWERS_KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// A crew may report long after a thing has gone, and the check then asks where it stood.
const ENDED_CASES_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// One evidence file on disk, named by its digest (64 hexadecimal digits).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    pub sha256: String,
    pub path: PathBuf,
    pub bytes: u64,
    pub media_type: String,
    pub added_at: WallTime,
}

/// Facts of one camera in order, and the evidence files that they name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommitBatch {
    pub facts: Vec<CaseFact>,
    pub uploads: Vec<UploadRow>,
}

/// Clones share the connection.
#[derive(Clone)]
pub struct EdgeStore {
    pub(super) pool: SqlitePool,
    place: Arc<str>,
    address: NodeAddress,
    clock: Arc<dyn Clock>,
    stored: Arc<Stored>,
}

/// What the publish and upload loops have not been told of.
#[derive(Default)]
struct Stored {
    cameras: Mutex<BTreeSet<CameraId>>,
    cameras_added: Notify,
    uploads_added: Notify,
}

impl EdgeStore {
    pub async fn open(
        path: &Path,
        address: NodeAddress,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let pool = sqlite::open(path, &sqlx::migrate!("src/drivers/store/migrations/edge")).await?;
        Ok(Self {
            pool,
            place: path.to_string_lossy().into(),
            address,
            clock,
            stored: Arc::default(),
        })
    }

    /// Ends the connection; waits for what is under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Numbers the runs of this node from 1, so that track ids of two boots differ.
    pub async fn next_run(&self) -> Result<u32, StoreError> {
        let query = "UPDATE meta SET value = value + 1 WHERE name = 'run' RETURNING value";
        sqlx::query_scalar(query).fetch_one(&self.pool).await.map_err(self.failed())
    }

    /// Stores the batch in one transaction; returns how long that took.
    pub async fn commit(&self, batch: &CommitBatch) -> Result<Duration, StoreError> {
        let start = self.clock.monotonic();
        self.commit_all(batch).await.map_err(self.failed())?;
        let took = self.clock.monotonic().since(start);
        metrics::histogram!("gridwarden_edge_commit_secs").record(took.as_secs_f64());
        let cameras = batch.facts.iter().map(|fact| fact.state.camera.clone());
        self.stored.cameras.lock().unwrap_or_else(PoisonError::into_inner).extend(cameras);
        self.stored.cameras_added.notify_one();
        if !batch.uploads.is_empty() {
            self.stored.uploads_added.notify_one();
        }
        Ok(took)
    }

    async fn commit_all(&self, batch: &CommitBatch) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        for fact in &batch.facts {
            let state = &fact.state;
            let case_id = state.case_id.to_string();
            sqlx::query(
                "INSERT INTO cases (case_id, camera, state, is_open) VALUES (?, ?, ?, ?)
                 ON CONFLICT (case_id) DO UPDATE SET state = excluded.state, is_open = excluded.is_open",
            )
            .bind(&case_id)
            .bind(state.camera.as_str())
            .bind(json(state)?)
            .bind(state.is_open())
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "INSERT INTO outbox (case_id, camera, revision, topic, payload) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT (case_id, revision) DO NOTHING",
            )
            .bind(&case_id)
            .bind(state.camera.as_str())
            .bind(state.revision)
            .bind(Topic::new(&self.address, Leaf::Case(state.case_id)).to_string())
            .bind(json(&case_event(fact, &self.address))?.into_bytes())
            .execute(&mut *transaction)
            .await?;
        }
        insert_uploads(&mut transaction, &batch.uploads).await?;
        transaction.commit().await
    }

    /// Cases that were open when the node stopped, oldest first.
    pub async fn open_cases(&self) -> Result<Vec<CaseState>, StoreError> {
        let query = "SELECT case_id, state FROM cases WHERE is_open = 1 ORDER BY case_id";
        let rows = sqlx::query(query).fetch_all(&self.pool).await.map_err(self.failed())?;
        self.read_all("cases", "state", &rows)
    }

    /// The JSON of one column of rows that have a `case_id`.
    pub(super) fn read_all<T: serde::de::DeserializeOwned>(
        &self,
        table: &'static str,
        column: &str,
        rows: &[SqliteRow],
    ) -> Result<Vec<T>, StoreError> {
        rows.iter()
            .map(|row| {
                serde_json::from_str(row.get(column))
                    .map_err(|error| self.content(table, row.get("case_id"), error))
            })
            .collect()
    }

    /// One case, open or ended.
    pub async fn case(&self, case_id: CaseId) -> Result<Option<CaseState>, StoreError> {
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM cases WHERE case_id = ?")
            .bind(case_id.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(self.failed())?;
        let read = |state: String| {
            serde_json::from_str(&state)
                .map_err(|error| self.content("cases", case_id.to_string(), error))
        };
        state.map(read).transpose()
    }

    /// Waits for commits since the last call and names their cameras; one waiter at a time.
    pub async fn stored_cameras(&self) -> BTreeSet<CameraId> {
        loop {
            let taken = std::mem::take(
                &mut *self.stored.cameras.lock().unwrap_or_else(PoisonError::into_inner),
            );
            if !taken.is_empty() {
                return taken;
            }
            self.stored.cameras_added.notified().await;
        }
    }

    /// Cameras with rows in the outbox; for the start.
    pub async fn outbox_cameras(&self) -> Result<Vec<CameraId>, StoreError> {
        let cameras: Vec<String> = sqlx::query_scalar("SELECT DISTINCT camera FROM outbox")
            .fetch_all(&self.pool)
            .await
            .map_err(self.failed())?;
        cameras
            .into_iter()
            .map(|camera| {
                camera.parse().map_err(|error| self.content("outbox", camera.clone(), error))
            })
            .collect()
    }

    pub async fn outbox_rows(&self, want: &Want) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, case_id, camera, revision, topic, payload FROM outbox
             WHERE camera = ? AND seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(want.camera.as_str())
        .bind(want.after.0)
        .bind(want.rows_max as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(self.failed())?;
        rows.iter()
            .map(|row| {
                let seq: i64 = row.get("seq");
                outbox_row(row)
                    .map_err(|reason| self.content("outbox", format!("seq {seq}"), reason))
            })
            .collect()
    }

    pub async fn outbox_depth(&self) -> Result<u64, StoreError> {
        self.count("SELECT count(*) FROM outbox").await
    }

    /// Rows that are gone already are no fault.
    pub async fn delete_outbox_rows(&self, rows: &[OutboxSeq]) -> Result<(), StoreError> {
        let delete = async {
            let mut transaction = self.pool.begin().await?;
            for seq in rows {
                sqlx::query("DELETE FROM outbox WHERE seq = ?")
                    .bind(seq.0)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        };
        delete.await.map_err(self.failed())
    }

    /// The oldest files first.
    pub async fn uploads(&self, rows_max: usize) -> Result<Vec<UploadRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT sha256, path, bytes, media_type, added_at_millis FROM uploads
             ORDER BY added_at_millis, sha256 LIMIT ?",
        )
        .bind(rows_max as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(self.failed())?;
        let upload = |row: &SqliteRow| UploadRow {
            sha256: row.get("sha256"),
            path: PathBuf::from(row.get::<String, _>("path")),
            bytes: row.get::<i64, _>("bytes").max(0) as u64,
            media_type: row.get("media_type"),
            added_at: WallTime::from_unix_millis(row.get("added_at_millis")),
        };
        Ok(rows.iter().map(upload).collect())
    }

    /// Names of all files that wait.
    pub async fn upload_names(&self) -> Result<BTreeSet<String>, StoreError> {
        let names: Vec<String> = sqlx::query_scalar("SELECT sha256 FROM uploads")
            .fetch_all(&self.pool)
            .await
            .map_err(self.failed())?;
        Ok(names.into_iter().collect())
    }

    /// Waits for a commit that may have added files; one waiter at a time.
    pub async fn uploads_added(&self) {
        self.stored.uploads_added.notified().await;
    }

    pub async fn uploads_depth(&self) -> Result<u64, StoreError> {
        self.count("SELECT count(*) FROM uploads").await
    }

    pub async fn delete_upload(&self, sha256: &str) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM uploads WHERE sha256 = ?").bind(sha256);
        query.execute(&self.pool).await.map(drop).map_err(self.failed())
    }

    pub(super) fn told_of_uploads(&self) {
        self.stored.uploads_added.notify_one();
    }

    /// Forgets answers, and ended cases that the hub holds whole, once nobody asks for them any more.
    /// Returns how many rows went.
    pub async fn prune(&self, now: WallTime) -> Result<u64, StoreError> {
        let prune = async {
            let answers = sqlx::query("DELETE FROM verify_results WHERE at_millis < ?")
                .bind(now.minus(ANSWERS_KEPT).unix_millis())
                .execute(&self.pool)
                .await?;
            // RFC 3339 in UTC sorts as text.
            let cases = sqlx::query(
                "DELETE FROM cases WHERE is_open = 0 AND json_extract(state, '$.gone_at') < ?
                 AND case_id NOT IN (SELECT case_id FROM outbox)",
            )
            .bind(now.minus(ENDED_CASES_KEPT).to_string())
            .execute(&self.pool)
            .await?;
            let mutes = sqlx::query("DELETE FROM mutes WHERE until_millis < ?")
                .bind(now.minus(mute::REMEMBERED).unix_millis())
                .execute(&self.pool)
                .await?;
            Ok(answers.rows_affected() + cases.rows_affected() + mutes.rows_affected())
        };
        prune.await.map_err(self.failed())
    }

    async fn count(&self, query: &'static str) -> Result<u64, StoreError> {
        let count: i64 =
            sqlx::query_scalar(query).fetch_one(&self.pool).await.map_err(self.failed())?;
        Ok(count.max(0) as u64)
    }

    pub(super) fn failed(&self) -> impl Fn(sqlx::Error) -> StoreError + '_ {
        |error| StoreError::from_sqlx(&self.place, error)
    }

    fn content(&self, table: &'static str, row: String, reason: impl ToString) -> StoreError {
        StoreError::Content {
            place: self.place.to_string(),
            table,
            row,
            reason: reason.to_string(),
        }
    }
}

pub(super) async fn insert_uploads(
    transaction: &mut sqlx::SqliteConnection,
    uploads: &[UploadRow],
) -> Result<(), sqlx::Error> {
    for upload in uploads {
        sqlx::query(
            "INSERT INTO uploads (sha256, path, bytes, media_type, added_at_millis)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
        )
        .bind(&upload.sha256)
        .bind(upload.path.to_string_lossy())
        .bind(upload.bytes as i64)
        .bind(&upload.media_type)
        .bind(upload.added_at.unix_millis())
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn outbox_row(row: &SqliteRow) -> Result<OutboxRow, String> {
    let text = |column: &str| row.get::<String, _>(column);
    let case_id: CaseId = text("case_id").parse().map_err(|error| format!("{error}"))?;
    Ok(OutboxRow {
        seq: OutboxSeq(row.get("seq")),
        case_id,
        camera: text("camera").parse().map_err(|error| format!("{error}"))?,
        revision: row.get("revision"),
        topic: text("topic").parse().map_err(|error| format!("{error}"))?,
        payload: row.get("payload"),
    })
}

#[cfg(test)]
#[path = "edge_tests.rs"]
mod tests;
