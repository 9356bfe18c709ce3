//! Sessions of people who have signed in. Tokens are stored as digests only.

use super::HubStore;
use crate::{
    base::time::WallTime,
    drivers::store::{StoreError, hub::records::time},
};
use sqlx::Row;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub name: String,
    pub expires_at: WallTime,
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
}
