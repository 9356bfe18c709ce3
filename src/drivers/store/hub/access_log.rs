//! The log of what people do that changes no case: looks, playback, what is taken along, signing in,
//! changes of accounts. It only grows.

use super::{
    HubStore,
    records::{parsed, parsed_option, time},
    statement::Statement,
};
use crate::{base::time::WallTime, domain::ids::CaseId, drivers::store::StoreError};
use sqlx::{
    Any, Row,
    any::{AnyArguments, AnyRow},
    query::Query,
};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// A picture, looked at.
    View,
    /// A clip, played.
    Playback,
    /// Footage, asked of an edge.
    FootageRequest,
    /// A file that left in a package or a zip.
    Export,
    /// The list of pictures to train on.
    Dataset,
    /// A crew's photograph, lent to an edge.
    Comparison,
    SignIn,
    /// An account, made or changed.
    Account,
    /// A shift that ended (交接班).
    Handover,
}

impl AccessKind {
    pub const ALL: [Self; 9] = [
        Self::View,
        Self::Playback,
        Self::FootageRequest,
        Self::Export,
        Self::Dataset,
        Self::Comparison,
        Self::SignIn,
        Self::Account,
        Self::Handover,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Playback => "playback",
            Self::FootageRequest => "footage_request",
            Self::Export => "export",
            Self::Dataset => "dataset",
            Self::Comparison => "comparison",
            Self::SignIn => "sign_in",
            Self::Account => "account",
            Self::Handover => "handover",
        }
    }

    /// All of them, for messages.
    pub fn allowed() -> String {
        Self::ALL.map(Self::as_str).join(" ")
    }
}

impl fmt::Display for AccessKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is none of: {allowed}", allowed = AccessKind::allowed())]
pub struct BadAccessKind {
    value: String,
}

impl FromStr for AccessKind {
    type Err = BadAccessKind;
    fn from_str(text: &str) -> Result<Self, BadAccessKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| BadAccessKind { value: text.chars().take(40).collect() })
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub entry_id: Uuid,
    pub at: WallTime,
    pub who: String,
    /// 单位
    pub unit: Option<String>,
    pub kind: AccessKind,
    pub case_id: Option<CaseId>,
    pub sha256: Option<String>,
    pub why: String,
    /// Of a file: `whole`, `bytes 0-99` or `unchanged` (the browser showed its own copy). Of an account:
    /// what changed. Of footage: camera and interval.
    pub detail: String,
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessFilter {
    pub who: Option<String>,
    pub kind: Option<AccessKind>,
    pub case_id: Option<CaseId>,
    pub sha256: Option<String>,
    pub from: Option<WallTime>,
    pub to: Option<WallTime>,
}

fn access(row: &AnyRow) -> Result<Access, sqlx::Error> {
    Ok(Access {
        entry_id: parsed(row, "entry_id")?,
        at: time(row, "at_millis")?,
        who: row.try_get("who")?,
        unit: row.try_get("unit")?,
        kind: parsed(row, "kind")?,
        case_id: parsed_option(row, "case_id")?,
        sha256: row.try_get("sha256")?,
        why: row.try_get("why")?,
        detail: row.try_get("detail")?,
    })
}

impl HubStore {
    pub async fn log_access(&self, entry: &Access) -> Result<(), StoreError> {
        let done = insert_access(entry).execute(self.database.writer()).await;
        done.map(drop).map_err(|error| self.failed(error))
    }

    /// All or none.
    pub async fn log_accesses(&self, entries: &[Access]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for entry in entries {
            let done = insert_access(entry).execute(&mut *tx).await;
            done.map_err(|error| self.failed(error))?;
        }
        self.commit(tx).await
    }

    /// Who looked at a file: `(who, why, detail)` in order of time.
    pub async fn views_of(
        &self,
        sha256: &str,
    ) -> Result<Vec<(String, String, String)>, StoreError> {
        sqlx::query_as(
            "SELECT who, why, detail FROM access_log WHERE sha256 = $1 ORDER BY at_millis, entry_id",
        )
        .bind(sha256)
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))
    }

    /// At most `limit` entries before `(time, id)`, the newest first.
    pub async fn accesses(
        &self,
        filter: &AccessFilter,
        before: Option<(WallTime, Uuid)>,
        limit: u32,
    ) -> Result<Vec<Access>, StoreError> {
        let mut query = Statement::new("SELECT * FROM access_log WHERE 1 = 1");
        if let Some(who) = &filter.who {
            query.push(" AND who = ").bind(who.clone());
        }
        if let Some(kind) = filter.kind {
            query.push(" AND kind = ").bind(kind.as_str());
        }
        if let Some(case_id) = filter.case_id {
            query.push(" AND case_id = ").bind(case_id.to_string());
        }
        if let Some(sha256) = &filter.sha256 {
            query.push(" AND sha256 = ").bind(sha256.clone());
        }
        if let Some(from) = filter.from {
            query.push(" AND at_millis >= ").bind(from.unix_millis());
        }
        if let Some(to) = filter.to {
            query.push(" AND at_millis < ").bind(to.unix_millis());
        }
        if let Some((at, id)) = before {
            query.push(" AND (at_millis < ").bind(at.unix_millis());
            query.push(" OR (at_millis = ").bind(at.unix_millis());
            query.push(" AND entry_id < ").bind(id.to_string()).push("))");
        }
        query.push(" ORDER BY at_millis DESC, entry_id DESC LIMIT ").bind(i64::from(limit));
        let read = async {
            let rows = query.fetch_all(&mut *self.database.reader().await?).await?;
            rows.iter().map(access).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }
}

pub(super) fn insert_access(entry: &Access) -> Query<'_, Any, AnyArguments> {
    sqlx::query(
        "INSERT INTO access_log (entry_id, at_millis, who, unit, kind, case_id, sha256, why, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(entry.entry_id.to_string())
    .bind(entry.at.unix_millis())
    .bind(&entry.who)
    .bind(entry.unit.as_ref())
    .bind(entry.kind.as_str())
    .bind(entry.case_id.map(|id| id.to_string()))
    .bind(entry.sha256.as_ref())
    .bind(&entry.why)
    .bind(&entry.detail)
}
