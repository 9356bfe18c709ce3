//! Signed-in people, and the log of what they looked at. Tokens are stored as digests only.

use super::HubStore;
use crate::{
    base::time::WallTime,
    domain::ids::CaseId,
    drivers::store::{StoreError, hub::records::time},
};
use sqlx::{Any, Row, any::AnyArguments, query::Query};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub name: String,
    pub expires_at: WallTime,
}

/// One look at one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub view_id: Uuid,
    pub who: String,
    pub sha256: String,
    pub case_id: Option<CaseId>,
    pub why: String,
    /// `whole`, `bytes 0-99` or `unchanged` (the browser showed its own copy).
    pub part: String,
    pub at: WallTime,
}

impl HubStore {
    pub async fn open_session(
        &self,
        token_sha256: &str,
        name: &str,
        at: WallTime,
        expires_at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at_millis <= $1")
            .bind(at.unix_millis())
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query(
            "INSERT INTO sessions (token_sha256, name, created_at_millis, expires_at_millis) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(token_sha256)
        .bind(name)
        .bind(at.unix_millis())
        .bind(expires_at.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        self.commit(tx).await
    }

    pub async fn session(
        &self,
        token_sha256: &str,
        at: WallTime,
    ) -> Result<Option<SessionRow>, StoreError> {
        let failed = |error| self.failed(error);
        let row = sqlx::query(
            "SELECT name, expires_at_millis FROM sessions \
             WHERE token_sha256 = $1 AND expires_at_millis > $2",
        )
        .bind(token_sha256)
        .bind(at.unix_millis())
        .fetch_optional(self.database.readers())
        .await
        .map_err(failed)?;
        row.map(|row| {
            Ok(SessionRow {
                name: row.try_get("name")?,
                expires_at: time(&row, "expires_at_millis")?,
            })
        })
        .transpose()
        .map_err(failed)
    }

    pub async fn close_session(&self, token_sha256: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE token_sha256 = $1")
            .bind(token_sha256)
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    pub async fn log_view(&self, view: &View) -> Result<(), StoreError> {
        insert_view(view)
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Who looked at a file: `(who, why, part)` in order of time.
    pub async fn views_of(
        &self,
        sha256: &str,
    ) -> Result<Vec<(String, String, String)>, StoreError> {
        sqlx::query_as(
            "SELECT who, why, part FROM views WHERE sha256 = $1 ORDER BY at_millis, view_id",
        )
        .bind(sha256)
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))
    }
}

pub(super) fn insert_view(view: &View) -> Query<'_, Any, AnyArguments> {
    sqlx::query(
        "INSERT INTO views (view_id, who, sha256, case_id, why, part, at_millis) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(view.view_id.to_string())
    .bind(&view.who)
    .bind(&view.sha256)
    .bind(view.case_id.map(|id| id.to_string()))
    .bind(&view.why)
    .bind(&view.part)
    .bind(view.at.unix_millis())
}
