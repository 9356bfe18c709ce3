//! The history of a case: written as a chain, read as it stands.

use super::{
    HubStore, Tx,
    records::{parsed, time},
    statement::Statement,
};
use crate::{
    domain::{
        case::audit::{self, AuditEntry, ChainedEntry},
        ids::CaseId,
    },
    drivers::store::StoreError,
};
use sqlx::{AnyExecutor, Row};
use std::collections::HashMap;

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

/// Each at the end of the chain of its case.
pub(super) async fn insert_history(
    tx: &mut Tx,
    chained: &[&ChainedEntry],
) -> Result<(), sqlx::Error> {
    if chained.is_empty() {
        return Ok(());
    }
    let mut query = Statement::new(
        "INSERT INTO history (case_id, number, at_millis, actor, kind, from_state, to_state, \
         reason, note, hash) ",
    );
    query.bind_rows(chained, |row, ChainedEntry { entry, hash }| {
        row.add(entry.case_id.to_string()).add(entry.number).add(entry.at.unix_millis());
        row.add(entry.actor.as_str()).add(entry.kind.as_str());
        row.add(entry.from.as_deref()).add(entry.to.as_str());
        row.add(entry.reason.as_deref()).add(entry.note.as_deref()).add(hash.as_deref());
    });
    query.execute(tx).await.map(drop)
}

/// The hash that the next entry of each case continues.
pub(super) async fn heads(
    tx: &mut Tx,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, String>, sqlx::Error> {
    let mut query = Statement::new(
        "SELECT c.case_id, h.hash FROM cases c JOIN history h \
           ON h.case_id = c.case_id AND h.number = c.version WHERE c.case_id IN ",
    );
    query.bind_list(cases.iter().map(CaseId::to_string));
    let mut heads = HashMap::new();
    for row in query.fetch_all(tx).await? {
        let hash: Option<String> = row.try_get("hash")?;
        heads.extend(parsed(&row, "case_id").ok().zip(hash));
    }
    for case_id in cases {
        if !heads.contains_key(case_id) {
            // From before there was a chain: the entries are taken as they stand.
            let before = chain(&mut **tx, *case_id).await?;
            let link = |head: String, old: &ChainedEntry| audit::link(&head, &old.entry);
            heads.insert(*case_id, before.iter().fold(audit::GENESIS.to_owned(), link));
        }
    }
    Ok(heads)
}
