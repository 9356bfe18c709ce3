//! Reading cases: one case, its evidence, how many there are.

use super::{
    HubStore,
    list::THUMBNAIL,
    records::{CaseRow, EvidenceRow, case_row, evidence_data, json_option, parsed},
    statement::Statement,
};
use crate::{
    domain::{case::lifecycle::State, ids::CaseId, wire::PlaceData},
    drivers::store::StoreError,
};
use sqlx::Row;
use std::collections::{BTreeMap, HashMap};

/// By what it follows who sees a case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    pub place: Option<PlaceData>,
    pub assignee: Option<String>,
}

impl HubStore {
    pub async fn case(&self, case_id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        let mut query = Statement::new("SELECT cases.*, ");
        query.push(THUMBNAIL).push(" FROM cases WHERE case_id = ").bind(case_id.to_string());
        let read = async {
            let rows = query.fetch_all(&mut *self.database.reader().await?).await?;
            rows.first().map(case_row).transpose()
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// Where cases are, and with whom.
    pub async fn standings(
        &self,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, Standing>, StoreError> {
        let read = async {
            let mut query =
                Statement::new("SELECT case_id, place, assignee FROM cases WHERE case_id IN ");
            query.bind_list(cases.iter().map(CaseId::to_string));
            let rows = query.fetch_all(&mut *self.database.reader().await?).await?;
            rows.iter()
                .map(|row| {
                    let place = json_option(row, "place")?;
                    let standing = Standing { place, assignee: row.try_get("assignee")? };
                    Ok((parsed(row, "case_id")?, standing))
                })
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// Cases in a state, oldest first: the verify loop's work list.
    pub async fn cases_in_state(
        &self,
        state: State,
        limit: u32,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM cases WHERE state = $1 ORDER BY received_at_millis LIMIT $2",
        )
        .bind(state.as_str())
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| case_row(row).map_err(|error| self.failed(error))).collect()
    }

    /// How many cases stand in each of some states; one that has none is not there.
    pub async fn state_counts(
        &self,
        states: &[State],
    ) -> Result<BTreeMap<String, i64>, StoreError> {
        let read = async {
            let mut query =
                Statement::new("SELECT state, COUNT(*) AS cases FROM cases WHERE state IN ");
            query.bind_list(states.iter().map(|state| state.as_str()));
            query.push(" GROUP BY state");
            let rows = query.fetch_all(&mut *self.database.reader().await?).await?;
            rows.iter()
                .map(|row| Ok((row.try_get("state")?, row.try_get("cases")?)))
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }

    pub async fn case_evidence(&self, case_id: CaseId) -> Result<Vec<EvidenceRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT c.*, COALESCE(e.complete, 0) AS complete FROM case_evidence c \
             LEFT JOIN evidence e ON e.sha256 = c.sha256 \
             WHERE c.case_id = $1 ORDER BY c.captured_at_millis, c.role, c.sha256",
        )
        .bind(case_id.to_string())
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        rows.iter()
            .map(|row| {
                let (complete, masked): (i64, i64) =
                    (row.try_get("complete")?, row.try_get("masked")?);
                Ok(EvidenceRow {
                    evidence: evidence_data(row)?,
                    request_id: row.try_get("request_id")?,
                    available: complete == 1 && masked == 1,
                })
            })
            .collect::<Result<_, _>>()
            .map_err(|error| self.failed(error))
    }
}
