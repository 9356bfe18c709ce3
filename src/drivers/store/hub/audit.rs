//! The history of a case: written as a chain, read as it stands.

use super::{HubStore, Tx, records::time};
use crate::{
    domain::{
        case::audit::{self, AuditEntry, ChainedEntry},
        ids::CaseId,
    },
    drivers::store::StoreError,
};
use sqlx::{AnyExecutor, Row};

impl HubStore {
    /// What was done, oldest first.
    pub async fn history(&self, case_id: CaseId) -> Result<Vec<AuditEntry>, StoreError> {
        let chain =
            chain(self.database.readers(), case_id).await.map_err(|error| self.failed(error))?;
        Ok(chain.into_iter().map(|chained| chained.entry).collect())
    }
}

/// The entries of a case, each with the hash that is held for it; unchecked.
pub(super) async fn chain<'e>(
    executor: impl AnyExecutor<'e>,
    case_id: CaseId,
) -> Result<Vec<ChainedEntry>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM history WHERE case_id = $1 ORDER BY number")
        .bind(case_id.to_string())
        .fetch_all(executor)
        .await?;
    rows.iter()
        .map(|row| {
            let entry = AuditEntry {
                case_id,
                number: row.try_get("number")?,
                at: time(row, "at_millis")?,
                actor: row.try_get("actor")?,
                kind: row.try_get("kind")?,
                from: row.try_get("from_state")?,
                to: row.try_get("to_state")?,
                reason: row.try_get("reason")?,
                note: row.try_get("note")?,
            };
            Ok(ChainedEntry { entry, hash: row.try_get("hash")? })
        })
        .collect()
}

/// At the end of the chain of its case.
pub(super) async fn insert_history(tx: &mut Tx, entry: &AuditEntry) -> Result<(), sqlx::Error> {
    let hash = audit::link(&head_before(tx, entry).await?, entry);
    sqlx::query(
        "INSERT INTO history (case_id, number, at_millis, actor, kind, from_state, to_state, \
         reason, note, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(entry.case_id.to_string())
    .bind(entry.number)
    .bind(entry.at.unix_millis())
    .bind(&entry.actor)
    .bind(&entry.kind)
    .bind(&entry.from)
    .bind(&entry.to)
    .bind(&entry.reason)
    .bind(&entry.note)
    .bind(hash)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The hash that a new entry continues.
async fn head_before(tx: &mut Tx, entry: &AuditEntry) -> Result<String, sqlx::Error> {
    if entry.number == 1 {
        return Ok(audit::GENESIS.to_owned());
    }
    let before: Option<Option<String>> =
        sqlx::query_scalar("SELECT hash FROM history WHERE case_id = $1 AND number = $2")
            .bind(entry.case_id.to_string())
            .bind(entry.number - 1)
            .fetch_optional(&mut **tx)
            .await?;
    if let Some(hash) = before.flatten() {
        return Ok(hash);
    }
    // The first entry, or the first since there is a chain: those before it are as they stand.
    let before = chain(&mut **tx, entry.case_id).await?;
    Ok(before.iter().fold(audit::GENESIS.to_owned(), |head, old| audit::link(&head, &old.entry)))
}
