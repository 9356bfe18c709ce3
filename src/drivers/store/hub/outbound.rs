//! Messages to edges that must not be lost: written with the decision, deleted once the broker has them.

use super::HubStore;
use crate::{base::time::WallTime, drivers::store::StoreError};
use sqlx::SqliteConnection;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboundRow {
    pub message_id: String,
    pub topic: String,
    pub payload: String,
}

pub(super) async fn insert_outbound(
    tx: &mut SqliteConnection,
    message_id: &str,
    topic: &str,
    payload: &str,
    at: WallTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO outbound (message_id, topic, payload, created_at_millis) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (message_id) DO NOTHING",
    )
    .bind(message_id)
    .bind(topic)
    .bind(payload)
    .bind(at.unix_millis())
    .execute(tx)
    .await?;
    Ok(())
}

impl HubStore {
    /// Oldest first.
    pub async fn outbound(&self, limit: u32) -> Result<Vec<OutboundRow>, StoreError> {
        sqlx::query_as(
            "SELECT message_id, topic, payload FROM outbound \
             ORDER BY created_at_millis, message_id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(|error| self.failed(error))
    }

    pub async fn delete_outbound(&self, message_id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM outbound WHERE message_id = $1")
            .bind(message_id)
            .execute(&self.writer)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }
}
