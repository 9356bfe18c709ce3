//! Reading cases: the queue, one case, its evidence.

use super::{
    HubStore,
    records::{CaseRow, EvidenceRow, case_row, evidence_data},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::State,
        ids::{CameraId, CaseId},
        people::Area,
    },
    drivers::store::StoreError,
};
use sqlx::Row;
use std::{fmt, str::FromStr};

/// What a queue shows. Empty `states`: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    pub states: Vec<State>,
    pub camera: Option<CameraId>,
    pub event_code: Option<String>,
    /// Only cases whose place lies in it.
    pub area: Area,
}

/// The last case of a page: urgent first, then newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub urgency: i64,
    pub received_at: WallTime,
    pub case_id: CaseId,
}

impl Cursor {
    pub fn after(case: &CaseRow) -> Self {
        Self {
            urgency: super::records::urgency(case.priority),
            received_at: case.received_at,
            case_id: case.case_id,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.urgency, self.received_at.unix_millis(), self.case_id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use next_cursor of the page before, unchanged")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(BadCursor);
        Ok(Self {
            urgency: part()?.parse().map_err(|_| BadCursor)?,
            received_at: WallTime::from_unix_millis(part()?.parse().map_err(|_| BadCursor)?),
            case_id: part()?.parse().map_err(|_| BadCursor)?,
        })
    }
}

/// A complete, masked picture; the annotated one if there is.
const THUMBNAIL: &str = "(SELECT c.sha256 FROM case_evidence c JOIN evidence e ON e.sha256 = c.sha256 \
     WHERE c.case_id = cases.case_id AND e.complete = 1 AND c.masked = 1 AND c.media_type LIKE 'image/%' \
     ORDER BY CASE c.role WHEN 'annotated' THEN 0 WHEN 'snapshot' THEN 1 WHEN 'before' THEN 2 ELSE 3 END \
     LIMIT 1) AS thumbnail";

/// What a place is stored as begins with its code, and an area holds what its own codes begin.
const PLACE_BEGINS: &str = "{\"code_2d\":\"";

fn push_area(query: &mut Statement, area: &Area) {
    if area.is_everywhere() {
        return;
    }
    query.push(" AND (1 = 0");
    for code in area.codes() {
        // No code has a sign that LIKE reads otherwise.
        query.push(" OR place LIKE ").bind(format!("{PLACE_BEGINS}{code}%"));
    }
    query.push(")");
}

impl HubStore {
    pub async fn case(&self, case_id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        let mut query = Statement::new("SELECT cases.*, ");
        query.push(THUMBNAIL).push(" FROM cases WHERE case_id = ").bind(case_id.to_string());
        let row = query
            .query()
            .map_err(|error| self.failed(error))?
            .fetch_optional(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        row.map(|row| case_row(&row)).transpose().map_err(|error| self.failed(error))
    }

    /// At most `limit` cases after `cursor`.
    pub async fn cases(
        &self,
        filter: &CaseFilter,
        cursor: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let mut query = Statement::new("SELECT cases.*, ");
        query.push(THUMBNAIL).push(" FROM cases WHERE 1 = 1");
        if !filter.states.is_empty() {
            query
                .push(" AND state IN ")
                .bind_list(filter.states.iter().map(|state| state.as_str()));
        }
        if let Some(camera) = &filter.camera {
            query.push(" AND camera_id = ").bind(camera.as_str());
        }
        if let Some(code) = &filter.event_code {
            query.push(" AND event_code = ").bind(code.as_str());
        }
        push_area(&mut query, &filter.area);
        if let Some(cursor) = cursor {
            let (millis, id) = (cursor.received_at.unix_millis(), cursor.case_id.to_string());
            query.push(" AND (urgency > ").bind(cursor.urgency);
            query.push(" OR (urgency = ").bind(cursor.urgency);
            query.push(" AND (received_at_millis < ").bind(millis);
            query.push(" OR (received_at_millis = ").bind(millis);
            query.push(" AND case_id < ").bind(id).push("))))");
        }
        query.push(" ORDER BY urgency, received_at_millis DESC, case_id DESC LIMIT ");
        query.bind(i64::from(limit));
        let rows = query
            .query()
            .map_err(|error| self.failed(error))?
            .fetch_all(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| case_row(row).map_err(|error| self.failed(error))).collect()
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

    /// How many cases stand in each state.
    pub async fn state_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        sqlx::query_as("SELECT state, COUNT(*) FROM cases GROUP BY state ORDER BY state")
            .fetch_all(self.database.readers())
            .await
            .map_err(|error| self.failed(error))
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
