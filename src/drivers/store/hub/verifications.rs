//! Looks asked of edges: requested, sent again until answered, applied once.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    evidence::link_evidence,
    records::{json, json_option, parsed, time, time_option, to_json},
};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CaseId, NodeId},
        wire::{VerifyKind, VerifyRequestData, VerifyResultData},
    },
    drivers::store::StoreError,
};
use sqlx::{AnyExecutor, Row, any::AnyRow};
use uuid::Uuid;

/// A look to be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVerification {
    pub case_id: CaseId,
    pub round: i64,
    pub try_number: i64,
    pub node: NodeId,
    pub request: VerifyRequestData,
    /// Not before the footage can be there.
    pub send_at: WallTime,
}

#[derive(Debug, Clone, PartialEq)]
pub struct VerificationRow {
    pub case_id: CaseId,
    pub round: i64,
    pub try_number: i64,
    pub node: NodeId,
    pub request: VerifyRequestData,
    pub requested_at: WallTime,
    pub send_at: WallTime,
    pub result: Option<VerifyResultData>,
    pub result_at: Option<WallTime>,
    pub settled_at: Option<WallTime>,
}

fn kind_name(kind: VerifyKind) -> &'static str {
    match kind {
        VerifyKind::Precheck => "precheck",
        VerifyKind::Postcheck => "postcheck",
    }
}

fn verification(row: &AnyRow) -> Result<VerificationRow, sqlx::Error> {
    Ok(VerificationRow {
        case_id: parsed(row, "case_id")?,
        round: row.try_get("round")?,
        try_number: row.try_get("try_number")?,
        node: parsed(row, "node")?,
        request: json(row, "request")?,
        requested_at: time(row, "requested_at_millis")?,
        send_at: time(row, "send_at_millis")?,
        result: json_option(row, "result")?,
        result_at: time_option(row, "result_at_millis")?,
        settled_at: time_option(row, "settled_at_millis")?,
    })
}

/// All looks of a case, oldest first.
pub(super) async fn verifications<'e>(
    executor: impl AnyExecutor<'e>,
    case_id: CaseId,
) -> Result<Vec<VerificationRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM verifications WHERE case_id = $1 \
         ORDER BY requested_at_millis, try_number, request_id",
    )
    .bind(case_id.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(verification).collect()
}

impl HubStore {
    /// Writes the look down together with the transition that it begins, if any.
    pub async fn request_verification(
        &self,
        new: &NewVerification,
        begins: Option<&Decision>,
        at: WallTime,
    ) -> Result<Option<CaseChange>, DecideError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let case = self.case_for_update(&mut tx, new.case_id).await?;
        let change = match begins {
            Some(decision) => Some(self.step(&mut tx, &case, decision).await?),
            None => None,
        };
        self.insert_verification(&mut tx, new, at).await?;
        // A complaint learns here which camera sees its place.
        sqlx::query(
            "UPDATE cases SET camera_id = $1, node = $2 WHERE case_id = $3 AND camera_id IS NULL",
        )
        .bind(new.request.camera.as_str())
        .bind(new.node.as_str())
        .bind(new.case_id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        self.commit(tx).await?;
        Ok(change)
    }

    async fn insert_verification(
        &self,
        tx: &mut Tx,
        new: &NewVerification,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        sqlx::query(
            "INSERT INTO verifications (request_id, case_id, kind, round, try_number, node, \
             request, requested_at_millis, send_at_millis, deadline_millis, settled) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)",
        )
        .bind(new.request.request_id.to_string())
        .bind(new.case_id.to_string())
        .bind(kind_name(new.request.kind))
        .bind(new.round)
        .bind(new.try_number)
        .bind(new.node.as_str())
        .bind(to_json("request", &new.request).map_err(failed)?)
        .bind(at.unix_millis())
        .bind(new.send_at.unix_millis())
        .bind(new.request.deadline.unix_millis())
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// Ends a look that could not tell, without a word to its case, and asks another camera, which
    /// the case then names.
    pub async fn pass_on(
        &self,
        request_id: Uuid,
        next: &NewVerification,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let ended = sqlx::query(
            "UPDATE verifications SET settled = 1, settled_at_millis = $1 \
             WHERE request_id = $2 AND settled = 0",
        )
        .bind(at.unix_millis())
        .bind(request_id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if ended.rows_affected() == 0 {
            return Ok(());
        }
        self.insert_verification(&mut tx, next, at).await?;
        sqlx::query("UPDATE cases SET camera_id = $1, node = $2 WHERE case_id = $3")
            .bind(next.request.camera.as_str())
            .bind(next.node.as_str())
            .bind(next.case_id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        self.commit(tx).await
    }

    /// Keeps the first result of a request. False: unknown, from another node, or answered before.
    pub async fn keep_result(
        &self,
        node: &NodeId,
        result: &VerifyResultData,
        at: WallTime,
    ) -> Result<bool, StoreError> {
        let failed = |error| self.failed(error);
        let request_id = result.request_id.to_string();
        let mut tx = self.begin().await?;
        let case_id: Option<String> = sqlx::query_scalar(
            "SELECT case_id FROM verifications \
             WHERE request_id = $1 AND node = $2 AND result IS NULL AND settled = 0",
        )
        .bind(&request_id)
        .bind(node.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        let Some(case_id) = case_id.and_then(|text| text.parse::<CaseId>().ok()) else {
            return Ok(false);
        };
        sqlx::query(
            "UPDATE verifications SET result = $1, result_at_millis = $2 WHERE request_id = $3",
        )
        .bind(to_json("result", result).map_err(failed)?)
        .bind(at.unix_millis())
        .bind(&request_id)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        link_evidence(&mut tx, case_id, &result.evidence, true, Some(&request_id))
            .await
            .map_err(failed)?;
        self.commit(tx).await?;
        Ok(true)
    }

    /// Applies the outcome of a look to its case, once.
    pub async fn settle(
        &self,
        request_id: Uuid,
        case_id: CaseId,
        decision: &Decision,
    ) -> Result<Option<CaseChange>, DecideError> {
        let mut tx = self.begin().await?;
        let settled = sqlx::query(
            "UPDATE verifications SET settled = 1, settled_at_millis = $1 \
             WHERE request_id = $2 AND settled = 0",
        )
        .bind(decision.at.unix_millis())
        .bind(request_id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(|error| self.failed(error))?;
        if settled.rows_affected() == 0 {
            return Ok(None);
        }
        let case = self.case_for_update(&mut tx, case_id).await?;
        let change = match self.step(&mut tx, &case, decision).await {
            Ok(change) => Some(change),
            // A person was faster: the result is kept and shown, and moves nothing.
            Err(DecideError::Refused(refused)) => {
                tracing::info!(%case_id, %refused, "result of a look came too late to matter");
                None
            }
            Err(error) => return Err(error),
        };
        self.commit(tx).await?;
        Ok(change)
    }

    pub async fn set_next_send(
        &self,
        request_id: Uuid,
        send_at: WallTime,
    ) -> Result<(), StoreError> {
        let update = "UPDATE verifications SET send_at_millis = $1 WHERE request_id = $2";
        self.set_send_at(update, request_id, send_at).await
    }

    /// Looks whose outcome is not applied yet, oldest first.
    pub async fn open_verifications(&self, limit: u32) -> Result<Vec<VerificationRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM verifications WHERE settled = 0 \
             ORDER BY requested_at_millis, request_id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| verification(row).map_err(|error| self.failed(error))).collect()
    }

    pub async fn verifications(&self, case_id: CaseId) -> Result<Vec<VerificationRow>, StoreError> {
        verifications(self.database.readers(), case_id).await.map_err(|error| self.failed(error))
    }
}
