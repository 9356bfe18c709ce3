//! Footage that people asked edges for: asked once a camera, interval and masking, whoever asks. A still is
//! footage of no length and of no case.

use super::{
    HubStore, Tx,
    camera_pictures::name_pictures,
    evidence::link_evidence,
    records::{json, json_option, parsed, time, time_option, to_json},
};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CameraId, CaseId, NodeId},
        wire::{FootageRequestData, FootageResultData},
    },
    drivers::store::StoreError,
};
use sqlx::any::AnyRow;
use std::str::FromStr;
use uuid::Uuid;

/// Unanswered requests of one node; the edge takes them one by one.
pub const FOOTAGE_OPEN_MAX: i64 = 16;

/// Footage to be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFootage {
    pub node: NodeId,
    /// As the camera's card names it.
    pub masks: String,
    pub who: String,
    pub request: FootageRequestData,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FootageRow {
    pub node: NodeId,
    pub request: FootageRequestData,
    pub asked_at: WallTime,
    pub send_at: WallTime,
    pub result: Option<FootageResultData>,
    pub result_at: Option<WallTime>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum FootageAsked {
    New(FootageRow),
    /// Asked before, by whomever: answered with a clip, or still to be answered.
    Known(FootageRow),
    /// Nobody would answer now.
    NodeAway,
    /// [`FOOTAGE_OPEN_MAX`] wait for this node.
    TooMany,
}

fn footage(row: &AnyRow) -> Result<FootageRow, sqlx::Error> {
    Ok(FootageRow {
        node: parsed(row, "node")?,
        request: json(row, "request")?,
        asked_at: time(row, "asked_at_millis")?,
        send_at: time(row, "send_at_millis")?,
        result: json_option(row, "result")?,
        result_at: time_option(row, "result_at_millis")?,
    })
}

impl FootageRow {
    /// Whether asking again would bring nothing better.
    fn stands(&self, now: WallTime) -> bool {
        match &self.result {
            Some(result) => result.shown.is_some(),
            None => now < self.request.deadline,
        }
    }
}

impl HubStore {
    /// Asks, unless the same is being asked or has a clip. `online`: whether the node is connected.
    pub async fn ask_footage(
        &self,
        new: &NewFootage,
        online: bool,
        at: WallTime,
    ) -> Result<FootageAsked, StoreError> {
        let mut tx = self.begin().await?;
        let asked = ask(&mut tx, new, online, at).await.map_err(|error| self.failed(error))?;
        self.commit(tx).await?;
        Ok(asked)
    }

    /// Keeps the first answer; the cases that it is for, none for a still. `None`: not asked of this node, or answered.
    pub async fn keep_footage(
        &self,
        node: &NodeId,
        result: &FootageResultData,
        at: WallTime,
    ) -> Result<Option<Vec<CaseId>>, StoreError> {
        let failed = |error| self.failed(error);
        let request_id = result.request_id.to_string();
        let mut tx = self.begin().await?;
        let kept = sqlx::query(
            "UPDATE footage SET result = $1, result_at_millis = $2 \
             WHERE request_id = $3 AND node = $4 AND result_at_millis IS NULL",
        )
        .bind(to_json("result", result).map_err(failed)?)
        .bind(at.unix_millis())
        .bind(&request_id)
        .bind(node.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if kept.rows_affected() == 0 {
            return Ok(None);
        }
        let asked = sqlx::query("SELECT request FROM footage WHERE request_id = $1")
            .bind(&request_id)
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        let asked: FootageRequestData = json(&asked, "request").map_err(failed)?;
        if asked.still {
            let of = (node, &asked.camera);
            let named = name_pictures(&mut tx, of, result.request_id, &result.evidence, at);
            named.await.map_err(failed)?;
        }
        let named: Vec<String> =
            sqlx::query_scalar("SELECT case_id FROM footage_cases WHERE request_id = $1")
                .bind(&request_id)
                .fetch_all(&mut *tx)
                .await
                .map_err(failed)?;
        let cases: Vec<CaseId> =
            named.iter().filter_map(|text| CaseId::from_str(text).ok()).collect();
        for case_id in &cases {
            link_evidence(&mut tx, *case_id, &result.evidence, true, None).await.map_err(failed)?;
        }
        self.commit(tx).await?;
        Ok(Some(cases))
    }

    /// What is to be sent now, oldest first.
    pub async fn footage_due(
        &self,
        now: WallTime,
        limit: u32,
    ) -> Result<Vec<FootageRow>, StoreError> {
        let due = "SELECT * FROM footage WHERE result_at_millis IS NULL AND deadline_millis > $1 \
             AND send_at_millis <= $1 ORDER BY asked_at_millis, request_id LIMIT $2";
        let rows = self.asked_due(due, now, limit).await?;
        rows.iter().map(|row| footage(row).map_err(|error| self.failed(error))).collect()
    }

    pub async fn send_footage_again(
        &self,
        request_id: Uuid,
        send_at: WallTime,
    ) -> Result<(), StoreError> {
        let update = "UPDATE footage SET send_at_millis = $1 WHERE request_id = $2";
        self.set_send_at(update, request_id, send_at).await
    }

    /// A still that was asked of this camera.
    pub async fn still(
        &self,
        node: &NodeId,
        camera: &CameraId,
        request_id: Uuid,
    ) -> Result<Option<FootageRow>, StoreError> {
        let select = "SELECT * FROM footage WHERE request_id = $1 AND node = $2 AND camera_id = $3";
        let row = self.asked_of(select, request_id, node, camera).await?;
        let row = row.as_ref().map(footage).transpose().map_err(|error| self.failed(error))?;
        Ok(row.filter(|row| row.request.still))
    }

    /// Stills that nobody waits for any more, as far as their deadline was before this.
    pub async fn drop_stills(&self, before: WallTime) -> Result<u64, StoreError> {
        let delete = "DELETE FROM footage WHERE from_millis = to_millis AND deadline_millis < $1";
        self.drop_asked(delete, before).await
    }

    /// All that was asked for a case, oldest first.
    pub async fn footage_of(&self, case_id: CaseId) -> Result<Vec<FootageRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT f.* FROM footage f JOIN footage_cases c ON c.request_id = f.request_id \
             WHERE c.case_id = $1 ORDER BY c.at_millis, f.request_id",
        )
        .bind(case_id.to_string())
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| footage(row).map_err(|error| self.failed(error))).collect()
    }
}

async fn ask(
    tx: &mut Tx,
    new: &NewFootage,
    online: bool,
    at: WallTime,
) -> Result<FootageAsked, sqlx::Error> {
    let request = &new.request;
    let same = sqlx::query(
        "SELECT * FROM footage WHERE node = $1 AND camera_id = $2 AND from_millis = $3 \
         AND to_millis = $4 AND masks = $5 ORDER BY asked_at_millis DESC, request_id DESC LIMIT 1",
    )
    .bind(new.node.as_str())
    .bind(request.camera.as_str())
    .bind(request.from.unix_millis())
    .bind(request.to.unix_millis())
    .bind(&new.masks)
    .fetch_optional(&mut **tx)
    .await?;
    let same = same.as_ref().map(footage).transpose()?;
    if let Some(known) = same.filter(|known| known.stands(at)) {
        link_case(tx, known.request.request_id, new, at).await?;
        if let (Some(result), Some(case_id)) = (&known.result, request.case_id) {
            link_evidence(tx, case_id, &result.evidence, true, None).await?;
        }
        return Ok(FootageAsked::Known(known));
    }
    if !online {
        return Ok(FootageAsked::NodeAway);
    }
    let open: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM footage \
         WHERE node = $1 AND result_at_millis IS NULL AND deadline_millis > $2",
    )
    .bind(new.node.as_str())
    .bind(at.unix_millis())
    .fetch_one(&mut **tx)
    .await?;
    if open >= FOOTAGE_OPEN_MAX {
        return Ok(FootageAsked::TooMany);
    }
    sqlx::query(
        "INSERT INTO footage (request_id, node, camera_id, from_millis, to_millis, masks, \
         request, asked_at_millis, send_at_millis, deadline_millis) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
    )
    .bind(request.request_id.to_string())
    .bind(new.node.as_str())
    .bind(request.camera.as_str())
    .bind(request.from.unix_millis())
    .bind(request.to.unix_millis())
    .bind(&new.masks)
    .bind(to_json("request", request)?)
    .bind(at.unix_millis())
    .bind(request.deadline.unix_millis())
    .execute(&mut **tx)
    .await?;
    link_case(tx, request.request_id, new, at).await?;
    Ok(FootageAsked::New(FootageRow {
        node: new.node.clone(),
        request: request.clone(),
        asked_at: at,
        send_at: at,
        result: None,
        result_at: None,
    }))
}

async fn link_case(
    tx: &mut Tx,
    request_id: Uuid,
    new: &NewFootage,
    at: WallTime,
) -> Result<(), sqlx::Error> {
    let Some(case_id) = new.request.case_id else { return Ok(()) };
    sqlx::query(
        "INSERT INTO footage_cases (request_id, case_id, who, at_millis) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (request_id, case_id) DO NOTHING",
    )
    .bind(request_id.to_string())
    .bind(case_id.to_string())
    .bind(&new.who)
    .bind(at.unix_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
