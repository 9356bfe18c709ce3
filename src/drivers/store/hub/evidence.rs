//! What the register knows of evidence files: which are whole, whose they are, who may see them.

use super::{HubStore, Tx, records::parsed, statement::Statement};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CaseId, NodeId},
        wire::EvidenceData,
    },
    drivers::store::StoreError,
};
use sqlx::Row;
use std::collections::BTreeMap;

/// One file as the upload sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceFile {
    pub bytes: i64,
    pub complete: bool,
}

/// A complete file as a viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    pub bytes: i64,
    pub media_type: String,
    pub case_id: CaseId,
    /// False if any case that names it says that heads or plates may be seen.
    pub masked: bool,
}

impl HubStore {
    pub async fn evidence_file(&self, sha256: &str) -> Result<Option<EvidenceFile>, StoreError> {
        let row: Option<(i64, i64)> =
            sqlx::query_as("SELECT bytes, complete FROM evidence WHERE sha256 = $1")
                .bind(sha256)
                .fetch_optional(self.database.readers())
                .await
                .map_err(|error| self.failed(error))?;
        Ok(row.map(|(bytes, complete)| EvidenceFile { bytes, complete: complete == 1 }))
    }

    /// Does any case name it?
    pub async fn is_named(&self, sha256: &str) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM case_evidence WHERE sha256 = $1")
            .bind(sha256)
            .fetch_one(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(count > 0)
    }

    /// Whether the file is this node's to upload: one that a case names is of the nodes that told of the
    /// case or were asked about it; another is of whoever has begun it, or anybody's.
    pub async fn is_upload_of(&self, sha256: &str, node: &NodeId) -> Result<bool, StoreError> {
        let failed = |error| self.failed(error);
        let named: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM case_evidence c WHERE c.sha256 = $1 AND ( \
               EXISTS (SELECT 1 FROM facts f WHERE f.case_id = c.case_id AND f.writer = $2) \
               OR EXISTS (SELECT 1 FROM verifications v WHERE v.request_id = c.request_id AND v.node = $2) \
               OR EXISTS (SELECT 1 FROM footage o WHERE o.request_id = c.request_id AND o.node = $2))",
        )
        .bind(sha256)
        .bind(node.as_str())
        .fetch_one(self.database.readers())
        .await
        .map_err(failed)?;
        if named > 0 {
            return Ok(true);
        }
        let others: i64 = sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM case_evidence WHERE sha256 = $1) \
             + (SELECT COUNT(*) FROM evidence WHERE sha256 = $1 AND COALESCE(node, '') <> $2)",
        )
        .bind(sha256)
        .bind(node.as_str())
        .fetch_one(self.database.readers())
        .await
        .map_err(failed)?;
        Ok(others == 0)
    }

    /// Declared bytes of files that no case names (yet).
    pub async fn unnamed_bytes(&self) -> Result<i64, StoreError> {
        sqlx::query_scalar(
            "SELECT COALESCE(SUM(bytes), 0) FROM evidence e \
             WHERE NOT EXISTS (SELECT 1 FROM case_evidence c WHERE c.sha256 = e.sha256)",
        )
        .fetch_one(self.database.readers())
        .await
        .map_err(|error| self.failed(error))
    }

    pub async fn begin_evidence(
        &self,
        sha256: &str,
        bytes: i64,
        at: WallTime,
        node: Option<&NodeId>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO evidence (sha256, bytes, complete, first_at_millis, node) \
             VALUES ($1, $2, 0, $3, $4) ON CONFLICT (sha256) DO NOTHING",
        )
        .bind(sha256)
        .bind(bytes)
        .bind(at.unix_millis())
        .bind(node.map(NodeId::as_str))
        .execute(self.database.writer())
        .await
        .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// The cases that may now show it.
    pub async fn complete_evidence(
        &self,
        sha256: &str,
        bytes: i64,
        at: WallTime,
    ) -> Result<Vec<CaseId>, StoreError> {
        let failed = |error| self.failed(error);
        sqlx::query(
            "INSERT INTO evidence (sha256, bytes, complete, first_at_millis, completed_at_millis) \
             VALUES ($1, $2, 1, $3, $3) ON CONFLICT (sha256) DO UPDATE \
             SET complete = 1, bytes = excluded.bytes, completed_at_millis = excluded.completed_at_millis",
        )
        .bind(sha256)
        .bind(bytes)
        .bind(at.unix_millis())
        .execute(self.database.writer())
        .await
        .map_err(failed)?;
        // A master shows the pictures of what is merged into it as well.
        let rows = sqlx::query(
            "WITH RECURSIVE up(case_id) AS (SELECT case_id FROM case_evidence WHERE sha256 = $1 \
               UNION SELECT c.merged_into FROM cases c JOIN up ON c.case_id = up.case_id \
               WHERE c.merged_into IS NOT NULL) \
             SELECT case_id FROM up",
        )
        .bind(sha256)
        .fetch_all(self.database.readers())
        .await
        .map_err(failed)?;
        rows.iter().map(|row| parsed(row, "case_id").map_err(failed)).collect()
    }

    /// The upload proved false; nothing of it is kept.
    pub async fn discard_evidence(&self, sha256: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM evidence WHERE sha256 = $1 AND complete = 0")
            .bind(sha256)
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// A complete file that a case names; `case_id` picks which case it is looked at for.
    pub async fn known_file(
        &self,
        sha256: &str,
        case_id: Option<CaseId>,
    ) -> Result<Option<KnownFile>, StoreError> {
        let failed = |error| self.failed(error);
        let row = sqlx::query(
            "SELECT e.bytes, c.media_type, c.case_id, \
               (SELECT MIN(m.masked) FROM case_evidence m WHERE m.sha256 = e.sha256) AS masked \
             FROM evidence e JOIN case_evidence c ON c.sha256 = e.sha256 \
             WHERE e.sha256 = $1 AND e.complete = 1 AND ($2 IS NULL OR c.case_id = $2) \
             ORDER BY c.case_id LIMIT 1",
        )
        .bind(sha256)
        .bind(case_id.map(|id| id.to_string()))
        .fetch_optional(self.database.readers())
        .await
        .map_err(failed)?;
        row.map(|row| {
            Ok(KnownFile {
                bytes: row.try_get("bytes")?,
                media_type: row.try_get("media_type")?,
                case_id: parsed(&row, "case_id")?,
                masked: row.try_get::<i64, _>("masked")? == 1,
            })
        })
        .transpose()
        .map_err(failed)
    }
}

/// Names files of a case. A file once called unmasked stays so.
pub(super) async fn link_evidence(
    tx: &mut Tx,
    case_id: CaseId,
    evidence: &[EvidenceData],
    masked: bool,
    request_id: Option<&str>,
) -> Result<(), sqlx::Error> {
    let named: Vec<_> = evidence.iter().map(|file| (case_id, file, masked)).collect();
    link_all(tx, &named, request_id).await
}

/// The same of many cases: each file with its case and whether it is masked.
pub(super) async fn link_all(
    tx: &mut Tx,
    named: &[(CaseId, &EvidenceData, bool)],
    request_id: Option<&str>,
) -> Result<(), sqlx::Error> {
    // No row twice: PostgreSQL would not know which of two to keep.
    let mut links: BTreeMap<_, (&EvidenceData, bool)> = BTreeMap::new();
    for (case_id, file, masked) in named {
        let link = links.entry((*case_id, &file.sha256, &file.role)).or_insert((file, *masked));
        link.1 &= masked;
    }
    if links.is_empty() {
        return Ok(());
    }
    let mut query = Statement::new(
        "INSERT INTO case_evidence (case_id, sha256, role, url, media_type, width_px, \
         height_px, captured_at_millis, masked, request_id) ",
    );
    query.bind_rows(links, |row, ((case_id, sha256, role), (file, masked))| {
        row.add(case_id.to_string()).add(sha256.as_str()).add(role.as_str());
        row.add(file.url.as_str()).add(file.media_type.as_str());
        row.add(i64::from(file.width_px)).add(i64::from(file.height_px));
        row.add(file.captured_at.unix_millis()).add(i64::from(masked)).add(request_id);
    });
    query.push(
        " ON CONFLICT (case_id, sha256, role) DO UPDATE SET masked = \
         CASE WHEN excluded.masked < case_evidence.masked THEN excluded.masked ELSE case_evidence.masked END",
    );
    query.execute(tx).await.map(drop)
}
