//! Dry runs that people asked edges for: sent again until their result is final, forgotten after a day.

use super::{
    HubStore,
    camera_pictures::name_pictures,
    records::{json, json_option, parsed, time, time_option, to_json},
};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CameraId, NodeId},
        wire::{DryRunRequestData, DryRunResultData, EvidenceData},
    },
    drivers::store::StoreError,
};
use sqlx::any::AnyRow;
use uuid::Uuid;

/// Unfinished ones of a node, which runs one after the other.
pub const DRY_RUNS_OPEN_MAX: i64 = 4;

#[derive(Debug, Clone, PartialEq)]
pub struct DryRunRow {
    pub node: NodeId,
    pub who: String,
    pub request: DryRunRequestData,
    pub asked_at: WallTime,
    /// The last word of the edge.
    pub result: Option<DryRunResultData>,
    pub result_at: Option<WallTime>,
}

impl DryRunRow {
    pub fn is_over(&self, now: WallTime) -> bool {
        let is_final = self.result.as_ref().is_some_and(|result| result.state.is_final());
        is_final || now >= self.request.deadline
    }
}

fn dry_run(row: &AnyRow) -> Result<DryRunRow, sqlx::Error> {
    Ok(DryRunRow {
        node: parsed(row, "node")?,
        who: parsed(row, "who")?,
        request: json(row, "request")?,
        asked_at: time(row, "asked_at_millis")?,
        result: json_option(row, "result")?,
        result_at: time_option(row, "result_at_millis")?,
    })
}

impl HubStore {
    /// `false`: [`DRY_RUNS_OPEN_MAX`] wait for this node.
    pub async fn ask_dry_run(
        &self,
        node: &NodeId,
        request: &DryRunRequestData,
        who: &str,
        at: WallTime,
    ) -> Result<bool, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let open: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM dry_runs WHERE node = $1 AND over = 0 AND deadline_millis > $2",
        )
        .bind(node.as_str())
        .bind(at.unix_millis())
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
        if open >= DRY_RUNS_OPEN_MAX {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO dry_runs (request_id, node, camera_id, who, request, asked_at_millis, \
             send_at_millis, deadline_millis, over) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 0)",
        )
        .bind(request.request_id.to_string())
        .bind(node.as_str())
        .bind(request.camera.as_str())
        .bind(who)
        .bind(to_json("request", request).map_err(failed)?)
        .bind(at.unix_millis())
        .bind(request.deadline.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        self.commit(tx).await?;
        Ok(true)
    }

    /// Keeps the edge's latest word, until a final one; it is asked again only after `send_at`. `false`: not asked
    /// of this node, or over.
    pub async fn keep_dry_run(
        &self,
        node: &NodeId,
        result: &DryRunResultData,
        at: WallTime,
        send_at: WallTime,
    ) -> Result<bool, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let kept = sqlx::query(
            "UPDATE dry_runs SET result = $1, result_at_millis = $2, send_at_millis = $3, over = $4 \
             WHERE request_id = $5 AND node = $6 AND over = 0",
        )
        .bind(to_json("result", result).map_err(failed)?)
        .bind(at.unix_millis())
        .bind(send_at.unix_millis())
        .bind(i64::from(result.state.is_final()))
        .bind(result.request_id.to_string())
        .bind(node.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if kept.rows_affected() == 0 {
            return Ok(false);
        }
        let asked = sqlx::query("SELECT request FROM dry_runs WHERE request_id = $1")
            .bind(result.request_id.to_string())
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        let asked: DryRunRequestData = json(&asked, "request").map_err(failed)?;
        let pictures: Vec<EvidenceData> =
            result.cases.iter().filter_map(|case| case.picture.clone()).collect();
        let of = (node, &asked.camera);
        name_pictures(&mut tx, of, result.request_id, &pictures, at).await.map_err(failed)?;
        self.commit(tx).await?;
        Ok(true)
    }

    /// It is not wanted any more; the edge is told at once, and again until it says so.
    pub async fn cancel_dry_run(
        &self,
        request: &DryRunRequestData,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let request = DryRunRequestData { cancel: true, ..request.clone() };
        sqlx::query(
            "UPDATE dry_runs SET request = $1, send_at_millis = $2 WHERE request_id = $3 AND over = 0",
        )
        .bind(to_json("request", &request).map_err(failed)?)
        .bind(at.unix_millis())
        .bind(request.request_id.to_string())
        .execute(self.database.writer())
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// What is to be sent now, oldest first.
    pub async fn dry_runs_due(
        &self,
        now: WallTime,
        limit: u32,
    ) -> Result<Vec<DryRunRow>, StoreError> {
        let due = "SELECT * FROM dry_runs WHERE over = 0 AND send_at_millis <= $1 \
             AND deadline_millis > $1 ORDER BY asked_at_millis, request_id LIMIT $2";
        let rows = self.asked_due(due, now, limit).await?;
        rows.iter().map(|row| dry_run(row).map_err(|error| self.failed(error))).collect()
    }

    pub async fn send_dry_run_again(
        &self,
        request_id: Uuid,
        send_at: WallTime,
    ) -> Result<(), StoreError> {
        let update = "UPDATE dry_runs SET send_at_millis = $1 WHERE request_id = $2";
        self.set_send_at(update, request_id, send_at).await
    }

    pub async fn dry_run(
        &self,
        node: &NodeId,
        camera: &CameraId,
        request_id: Uuid,
    ) -> Result<Option<DryRunRow>, StoreError> {
        let select =
            "SELECT * FROM dry_runs WHERE request_id = $1 AND node = $2 AND camera_id = $3";
        let row = self.asked_of(select, request_id, node, camera).await?;
        row.as_ref().map(dry_run).transpose().map_err(|error| self.failed(error))
    }

    pub async fn drop_dry_runs(&self, before: WallTime) -> Result<u64, StoreError> {
        self.drop_asked("DELETE FROM dry_runs WHERE deadline_millis < $1", before).await
    }
}
