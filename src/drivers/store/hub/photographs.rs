//! A crew's photographs: named by a case, held unmasked, shown to nobody, lent to the edge that compares them.

use super::{HubStore, Tx, evidence::link_evidence, records::parsed};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CaseId, NodeId},
        wire::EvidenceData,
    },
    drivers::store::StoreError,
};

const ROLE: &str = "photo";

impl HubStore {
    /// Names a photograph, of the round that ends with what was done at `taken_at`. A file that is known
    /// as something else, a masked picture above all, stays what it is.
    pub(super) async fn link_photograph(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        sha256: &str,
        taken_at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let otherwise: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM case_evidence WHERE sha256 = $1 AND role <> $2",
        )
        .bind(sha256)
        .bind(ROLE)
        .fetch_one(&mut **tx)
        .await
        .map_err(failed)?;
        if otherwise > 0 {
            return Ok(());
        }
        let file = EvidenceData {
            role: ROLE.to_owned(),
            url: format!("/api/v1/evidence/{sha256}"),
            sha256: sha256.to_owned(),
            media_type: "application/octet-stream".to_owned(),
            width_px: 0,
            height_px: 0,
            captured_at: taken_at,
        };
        // Nobody has masked it.
        link_evidence(tx, case_id, &[file], false, None).await.map_err(failed)?;
        sqlx::query(
            "UPDATE case_evidence SET captured_at_millis = $1 \
             WHERE case_id = $2 AND sha256 = $3 AND role = $4",
        )
        .bind(taken_at.unix_millis())
        .bind(case_id.to_string())
        .bind(sha256)
        .bind(ROLE)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// A photograph that was just handed in for a case; the feedback that names it may follow.
    pub async fn add_photograph(
        &self,
        case_id: CaseId,
        sha256: &str,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        self.link_photograph(&mut tx, case_id, sha256, at).await?;
        self.commit(tx).await
    }

    pub async fn photograph_count(&self, case_id: CaseId) -> Result<i64, StoreError> {
        sqlx::query_scalar("SELECT COUNT(*) FROM case_evidence WHERE case_id = $1 AND role = $2")
            .bind(case_id.to_string())
            .bind(ROLE)
            .fetch_one(self.database.readers())
            .await
            .map_err(|error| self.failed(error))
    }

    /// Photographs of one round that are held whole.
    pub async fn photographs(
        &self,
        case_id: CaseId,
        taken_at: WallTime,
    ) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT c.sha256 FROM case_evidence c JOIN evidence e ON e.sha256 = c.sha256 \
             WHERE c.case_id = $1 AND c.role = $2 AND c.captured_at_millis = $3 AND e.complete = 1 \
             ORDER BY c.sha256",
        )
        .bind(case_id.to_string())
        .bind(ROLE)
        .bind(taken_at.unix_millis())
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))
    }

    /// The case for which an edge is to compare this photograph now, if it is.
    pub async fn photograph_asked_for(
        &self,
        sha256: &str,
        node: Option<&NodeId>,
    ) -> Result<Option<CaseId>, StoreError> {
        let failed = |error| self.failed(error);
        let row = sqlx::query(
            "SELECT c.case_id FROM case_evidence c JOIN evidence e ON e.sha256 = c.sha256 \
             JOIN verifications v ON v.case_id = c.case_id \
             WHERE c.sha256 = $1 AND c.role = $2 AND e.complete = 1 \
             AND v.settled = 0 AND v.result IS NULL AND v.node = COALESCE($3, v.node) LIMIT 1",
        )
        .bind(sha256)
        .bind(ROLE)
        .bind(node.map(NodeId::as_str))
        .fetch_optional(self.database.readers())
        .await
        .map_err(failed)?;
        row.map(|row| parsed(&row, "case_id").map_err(failed)).transpose()
    }

    /// Other cases that were handed the same photographs as this one.
    pub async fn photographs_elsewhere(
        &self,
        case_id: CaseId,
    ) -> Result<Vec<(String, CaseId)>, StoreError> {
        let failed = |error| self.failed(error);
        let rows = sqlx::query(
            "SELECT o.sha256, o.case_id FROM case_evidence c JOIN case_evidence o \
             ON o.sha256 = c.sha256 AND o.case_id <> c.case_id AND o.role = c.role \
             WHERE c.case_id = $1 AND c.role = $2 ORDER BY o.sha256, o.case_id",
        )
        .bind(case_id.to_string())
        .bind(ROLE)
        .fetch_all(self.database.readers())
        .await
        .map_err(failed)?;
        let elsewhere =
            rows.iter().map(|row| Ok((parsed(row, "sha256")?, parsed(row, "case_id")?)));
        elsewhere.collect::<Result<_, _>>().map_err(failed)
    }
}
