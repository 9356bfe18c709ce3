//! Decisions for edges: written with the decision, sent until it may be believed that they arrived.
//!
//! The broker's acknowledgement of a publish is not seen, and a broker may forget a subscriber. So a
//! row is sent again when the hub's own connection was lost soon after it, and when its node
//! connects anew; a day later it is dropped. The message id never changes: a repeat is harmless.

use super::HubStore;
use crate::{
    base::time::WallTime,
    domain::{ids::NodeId, wire::NodeAddress},
    drivers::store::StoreError,
};
use sqlx::AnyConnection;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboundRow {
    pub message_id: String,
    pub topic: String,
    pub payload: String,
}

/// A message is not sent before, unless it is let go by what it is held by.
pub(super) struct Waits {
    pub held: String,
    pub until: WallTime,
}

pub(super) async fn insert_outbound(
    tx: &mut AnyConnection,
    row: &OutboundRow,
    address: &NodeAddress,
    at: WallTime,
    waits: Option<&Waits>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO outbound (message_id, node, topic, payload, created_at_millis, send_at_millis, \
         held) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_id) DO NOTHING",
    )
    .bind(&row.message_id)
    .bind(address.node.as_str())
    .bind(&row.topic)
    .bind(&row.payload)
    .bind(at.unix_millis())
    .bind(waits.map_or(at, |waits| waits.until).unix_millis())
    .bind(waits.map(|waits| waits.held.as_str()))
    .execute(tx)
    .await?;
    Ok(())
}

impl HubStore {
    /// What is to be sent now, oldest first.
    pub async fn outbound(
        &self,
        now: WallTime,
        limit: u32,
    ) -> Result<Vec<OutboundRow>, StoreError> {
        sqlx::query_as(
            "SELECT message_id, topic, payload FROM outbound WHERE sent_at_millis IS NULL \
             AND send_at_millis <= $2 ORDER BY created_at_millis, message_id LIMIT $1",
        )
        .bind(i64::from(limit))
        .bind(now.unix_millis())
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))
    }

    pub async fn mark_sent(&self, message_id: &str, at: WallTime) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbound SET sent_at_millis = $1 WHERE message_id = $2")
            .bind(at.unix_millis())
            .bind(message_id)
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// The connection was lost: what was sent after `since` may not have arrived.
    pub async fn send_again_since(&self, since: WallTime) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbound SET sent_at_millis = NULL WHERE sent_at_millis >= $1")
            .bind(since.unix_millis())
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// A node connected anew: it may have missed anything.
    pub async fn send_again_to(&self, node: &NodeId) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbound SET sent_at_millis = NULL WHERE node = $1")
            .bind(node.as_str())
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// What was sent and is older than `before`.
    pub async fn drop_sent(&self, before: WallTime) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM outbound WHERE sent_at_millis IS NOT NULL AND created_at_millis < $1",
        )
        .bind(before.unix_millis())
        .execute(self.database.writer())
        .await
        .map_err(|error| self.failed(error))?;
        Ok(())
    }
}
