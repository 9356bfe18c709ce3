//! Nodes and cameras as their retained messages describe them.

use super::{
    HubStore,
    records::{json, json_option, parsed, time, to_json},
};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CameraId, NodeId},
        wire::{CameraCardData, CameraHealthData, StatsData, StatusData},
    },
    drivers::store::StoreError,
};

#[derive(Debug, Clone, PartialEq)]
pub struct CameraRow {
    pub node: NodeId,
    pub camera: CameraId,
    pub card: Option<CameraCardData>,
    pub health: Option<CameraHealthData>,
    pub status: Option<StatusData>,
}

/// A node as it last described itself.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRow {
    pub node: NodeId,
    pub status: StatusData,
    pub stats: Option<StatsData>,
    pub heard_at: WallTime,
}

impl HubStore {
    pub async fn nodes(&self) -> Result<Vec<NodeRow>, StoreError> {
        let failed = |error| self.failed(error);
        let rows = sqlx::query("SELECT * FROM nodes ORDER BY node")
            .fetch_all(self.database.readers())
            .await
            .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(NodeRow {
                    node: parsed(row, "node")?,
                    status: json(row, "status")?,
                    stats: json_option(row, "stats")?,
                    heard_at: time(row, "heard_at_millis")?,
                })
            })
            .collect::<Result<_, _>>()
            .map_err(failed)
    }

    /// Figures of a node that has told its status.
    pub async fn put_stats(
        &self,
        node: &NodeId,
        stats: &StatsData,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        sqlx::query("UPDATE nodes SET stats = $1, heard_at_millis = $2 WHERE node = $3")
            .bind(to_json("stats", stats).map_err(failed)?)
            .bind(at.unix_millis())
            .bind(node.as_str())
            .execute(self.database.writer())
            .await
            .map_err(failed)?;
        Ok(())
    }

    pub async fn put_status(
        &self,
        node: &NodeId,
        status: &StatusData,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        sqlx::query(
            "INSERT INTO nodes (node, status, heard_at_millis) VALUES ($1, $2, $3) \
             ON CONFLICT (node) DO UPDATE SET status = excluded.status, \
             heard_at_millis = excluded.heard_at_millis",
        )
        .bind(node.as_str())
        .bind(to_json("status", status).map_err(failed)?)
        .bind(at.unix_millis())
        .execute(self.database.writer())
        .await
        .map_err(failed)?;
        Ok(())
    }

    pub async fn put_card(&self, node: &NodeId, card: &CameraCardData) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        sqlx::query(
            "INSERT INTO cameras (node, camera_id, card) VALUES ($1, $2, $3) \
             ON CONFLICT (node, camera_id) DO UPDATE SET card = excluded.card",
        )
        .bind(node.as_str())
        .bind(card.camera.as_str())
        .bind(to_json("card", card).map_err(failed)?)
        .execute(self.database.writer())
        .await
        .map_err(failed)?;
        Ok(())
    }

    pub async fn put_health(
        &self,
        node: &NodeId,
        health: &CameraHealthData,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        sqlx::query(
            "INSERT INTO cameras (node, camera_id, health) VALUES ($1, $2, $3) \
             ON CONFLICT (node, camera_id) DO UPDATE SET health = excluded.health",
        )
        .bind(node.as_str())
        .bind(health.camera.as_str())
        .bind(to_json("health", health).map_err(failed)?)
        .execute(self.database.writer())
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// Cameras of a node, without their cards' contents; bounds what one node may announce.
    pub async fn camera_count(&self, node: &NodeId) -> Result<i64, StoreError> {
        sqlx::query_scalar("SELECT COUNT(*) FROM cameras WHERE node = $1")
            .bind(node.as_str())
            .fetch_one(self.database.readers())
            .await
            .map_err(|error| self.failed(error))
    }

    pub async fn cameras(&self) -> Result<Vec<CameraRow>, StoreError> {
        let failed = |error| self.failed(error);
        let rows = sqlx::query(
            "SELECT c.node, c.camera_id, c.card, c.health, n.status FROM cameras c \
             LEFT JOIN nodes n ON n.node = c.node ORDER BY c.camera_id, c.node",
        )
        .fetch_all(self.database.readers())
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(CameraRow {
                    node: parsed(row, "node")?,
                    camera: parsed(row, "camera_id")?,
                    card: json_option(row, "card")?,
                    health: json_option(row, "health")?,
                    status: json_option(row, "status")?,
                })
            })
            .collect::<Result<_, _>>()
            .map_err(failed)
    }
}
