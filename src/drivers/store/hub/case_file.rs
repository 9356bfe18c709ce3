//! All that is held of one case and of what is merged into it, as of one moment.

use super::{
    HubStore, audit,
    day_roots::{SealedDay, sealed_days},
    merges::merged_cases,
    records::{CaseRow, case_by_id, evidence_data, json, json_option, parsed, time},
    verifications::{VerificationRow, verifications},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::audit::ChainedEntry,
        ids::{CaseId, NodeId},
        wire::{CameraCardData, CaseFactData, EvidenceData},
    },
    drivers::store::StoreError,
};
use sqlx::{AnyConnection, Row};

/// One case with everything that was said and decided about it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFile {
    pub case: CaseRow,
    /// Applied ones, each writer's in order.
    pub facts: Vec<FactRow>,
    /// Unchecked.
    pub chain: Vec<ChainedEntry>,
    /// The days whose roots cover the chain.
    pub days: Vec<SealedDay>,
    pub looks: Vec<VerificationRow>,
    pub evidence: Vec<NamedFile>,
    /// As the card of the case's camera says now.
    pub calibration_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FactRow {
    pub writer: NodeId,
    pub received_at: WallTime,
    pub data: CaseFactData,
}

/// A file that a case names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedFile {
    pub evidence: EvidenceData,
    pub request_id: Option<String>,
    pub complete: bool,
    /// False if any case that names it says that heads or plates may be seen.
    pub masked: bool,
}

impl HubStore {
    /// The case itself first, then what is merged into it, oldest first; nothing if there is no such case.
    pub async fn case_files(&self, case_id: CaseId) -> Result<Vec<CaseFile>, StoreError> {
        let read = async {
            // One transaction, so that a decision of this moment is in all of it or in none.
            let mut tx = self.database.snapshot().await?;
            let Some(case) = case_by_id(&mut *tx, case_id).await? else { return Ok(Vec::new()) };
            let mut cases = vec![case];
            cases.extend(merged_cases(&mut tx, case_id).await?);
            let mut files = Vec::new();
            for case in cases {
                files.push(case_file(&mut tx, case).await?);
            }
            Ok(files)
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// Of one case, in order of time.
    pub async fn named_files(&self, case_id: CaseId) -> Result<Vec<NamedFile>, StoreError> {
        let read = async { evidence(&mut *self.database.snapshot().await?, case_id).await };
        read.await.map_err(|error| self.failed(error))
    }
}

async fn case_file(tx: &mut AnyConnection, case: CaseRow) -> Result<CaseFile, sqlx::Error> {
    Ok(CaseFile {
        facts: facts(tx, case.case_id).await?,
        chain: audit::chain(&mut *tx, case.case_id).await?,
        days: sealed_days(tx, case.case_id).await?,
        looks: verifications(&mut *tx, case.case_id).await?,
        evidence: evidence(tx, case.case_id).await?,
        calibration_id: calibration_id(tx, &case).await?,
        case,
    })
}

async fn facts(tx: &mut AnyConnection, case_id: CaseId) -> Result<Vec<FactRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT f.writer, f.received_at_millis, f.payload FROM facts f JOIN fact_streams s \
           ON s.case_id = f.case_id AND s.writer = f.writer \
         WHERE f.case_id = $1 AND f.revision <= s.applied_upto ORDER BY f.writer, f.revision",
    )
    .bind(case_id.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(FactRow {
                writer: parsed(row, "writer")?,
                received_at: time(row, "received_at_millis")?,
                data: json(row, "payload")?,
            })
        })
        .collect()
}

async fn evidence(tx: &mut AnyConnection, case_id: CaseId) -> Result<Vec<NamedFile>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT c.*, COALESCE(e.complete, 0) AS complete, \
           (SELECT MIN(m.masked) FROM case_evidence m WHERE m.sha256 = c.sha256) AS masked_by_all \
         FROM case_evidence c LEFT JOIN evidence e ON e.sha256 = c.sha256 \
         WHERE c.case_id = $1 ORDER BY c.captured_at_millis, c.role, c.sha256",
    )
    .bind(case_id.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(NamedFile {
                evidence: evidence_data(row)?,
                request_id: row.try_get("request_id")?,
                complete: row.try_get::<i64, _>("complete")? == 1,
                masked: row.try_get::<i64, _>("masked_by_all")? == 1,
            })
        })
        .collect()
}

async fn calibration_id(
    tx: &mut AnyConnection,
    case: &CaseRow,
) -> Result<Option<String>, sqlx::Error> {
    let Some(camera) = &case.camera else { return Ok(None) };
    let row = sqlx::query("SELECT card FROM cameras WHERE node = $1 AND camera_id = $2")
        .bind(camera.node.as_str())
        .bind(camera.id.as_str())
        .fetch_optional(tx)
        .await?;
    let card = row.map(|row| json_option::<CameraCardData>(&row, "card")).transpose()?.flatten();
    Ok(card.and_then(|card| card.calibration_id))
}
