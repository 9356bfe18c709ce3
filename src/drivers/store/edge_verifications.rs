//! Looks asked of an edge, in its database: those that wait, and the answers given.
//!
//! Invariants: a request waits until its answer is stored, and goes in the same transaction; the first
//! answer to a request stays.

use super::{
    StoreError,
    edge::{EdgeStore, UploadRow, insert_uploads, json},
};
use crate::{base::time::WallTime, domain::wire::VerifyRequestData};
use uuid::Uuid;

/// What became of a request that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    New,
    /// It waits already.
    Waiting,
    Answered,
    /// As many wait as may.
    NoRoom,
}

impl EdgeStore {
    pub async fn put_verify_request(
        &self,
        request: &VerifyRequestData,
        waiting_max: usize,
    ) -> Result<Asked, StoreError> {
        let put = async {
            let id = request.request_id.to_string();
            let mut transaction = self.pool.begin().await?;
            let has = async |connection: &mut sqlx::SqliteConnection, query: &'static str| {
                let count: i64 = sqlx::query_scalar(query).bind(&id).fetch_one(connection).await?;
                Ok::<_, sqlx::Error>(count > 0)
            };
            let answered = "SELECT count(*) FROM verify_results WHERE request_id = ?";
            if has(&mut transaction, answered).await? {
                return Ok(Asked::Answered);
            }
            let waits = "SELECT count(*) FROM verify_requests WHERE request_id = ?";
            if has(&mut transaction, waits).await? {
                return Ok(Asked::Waiting);
            }
            let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM verify_requests")
                .fetch_one(&mut *transaction)
                .await?;
            if waiting >= waiting_max as i64 {
                return Ok(Asked::NoRoom);
            }
            sqlx::query("INSERT INTO verify_requests (request_id, request) VALUES (?, ?)")
                .bind(&id)
                .bind(json(request)?)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Asked::New)
        };
        put.await.map_err(self.failed())
    }

    /// In the order in which they came.
    pub async fn verify_requests(&self) -> Result<Vec<VerifyRequestData>, StoreError> {
        let query = "SELECT request_id AS case_id, request FROM verify_requests ORDER BY seq";
        let rows = sqlx::query(query).fetch_all(&self.pool).await.map_err(self.failed())?;
        self.read_all("verify_requests", "request", &rows)
    }

    /// The answer already given to this request, as it was sent.
    pub async fn verify_result(&self, request_id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("SELECT payload FROM verify_results WHERE request_id = ?")
            .bind(request_id.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(self.failed())
    }

    /// Keeps the answer and the files that it names; its request waits no more.
    pub async fn put_verify_result(
        &self,
        request_id: Uuid,
        payload: &[u8],
        at: WallTime,
        uploads: &[UploadRow],
    ) -> Result<(), StoreError> {
        let put = async {
            let mut transaction = self.pool.begin().await?;
            sqlx::query(
                "INSERT INTO verify_results (request_id, payload, at_millis) VALUES (?, ?, ?)
                 ON CONFLICT (request_id) DO NOTHING",
            )
            .bind(request_id.to_string())
            .bind(payload)
            .bind(at.unix_millis())
            .execute(&mut *transaction)
            .await?;
            sqlx::query("DELETE FROM verify_requests WHERE request_id = ?")
                .bind(request_id.to_string())
                .execute(&mut *transaction)
                .await?;
            insert_uploads(&mut transaction, uploads).await?;
            transaction.commit().await
        };
        put.await.map_err(self.failed())?;
        self.told_of_uploads();
        Ok(())
    }
}
