//! Shift handover (交接班): what one person had goes to another, with a note that the other is to read.
//!
//! Invariant: a handover, the steps of its cases and its entry of the access log are one transaction. A handover is
//! never changed but once: when the receiver has read it.

use super::{
    Access, CaseChange, DecideError, Decision, HubStore, Tx,
    access_log::insert_access,
    records::{CaseRow, case_row, parsed, time, time_option},
    users::user,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::Event,
        ids::CaseId,
        people::{AssignedWhy, Role, Roles},
    },
    drivers::store::StoreError,
};
use sqlx::{Row, any::AnyRow};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Cases of one handover.
pub const HANDED_MAX: usize = 500;

/// One shift that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    pub handover_id: Uuid,
    pub from: String,
    pub to: String,
    pub note: String,
    pub at: WallTime,
    /// How many cases went with it.
    pub cases: i64,
    pub read_at: Option<WallTime>,
}

/// What a handover did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HandedOver {
    pub changes: Vec<CaseChange>,
    /// Cases that stay, since the receiver handled them (four eyes) or they are not with whoever hands over.
    pub kept: Vec<CaseId>,
}

#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    #[error("there is nobody of that name with an open account")]
    Nobody,
    #[error("cases go to the grid's staff alone")]
    NotStaff,
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn handover(row: &AnyRow) -> Result<Handover, sqlx::Error> {
    Ok(Handover {
        handover_id: parsed(row, "handover_id")?,
        from: row.try_get("giver")?,
        to: row.try_get("receiver")?,
        note: row.try_get("note")?,
        at: time(row, "at_millis")?,
        cases: row.try_get("cases")?,
        read_at: time_option(row, "read_at_millis")?,
    })
}

impl HubStore {
    /// Cases that are with somebody, what is due first first.
    pub async fn cases_with(&self, name: &str, limit: usize) -> Result<Vec<CaseRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM cases WHERE assignee = $1")
            .bind(name)
            .fetch_all(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        let cases = rows.iter().map(case_row).collect::<Result<Vec<_>, _>>();
        let mut cases = cases.map_err(|error| self.failed(error))?;
        cases.sort_by_key(|case| (case.deadline.is_none(), case.deadline, case.case_id));
        cases.truncate(limit);
        Ok(cases)
    }

    /// Ends a shift. `wanted`: the cases to hand over; none named: all that are with whoever ends it.
    pub async fn hand_over(
        &self,
        new: &Handover,
        wanted: Option<&[CaseId]>,
        log: &Access,
    ) -> Result<HandedOver, HandoverError> {
        let mut tx = self.begin().await?;
        let roles = self.roles_of(&mut tx, &new.to).await?.ok_or(HandoverError::Nobody)?;
        let own = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => self.ids_with(&mut tx, &new.from).await?,
        };
        if !own.is_empty() && !roles.has(Role::GridStaff) {
            return Err(HandoverError::NotStaff);
        }
        let mut done = HandedOver::default();
        for case_id in own.into_iter().take(HANDED_MAX) {
            match self.give_over(&mut tx, case_id, new).await {
                Ok(Some(change)) => done.changes.push(change),
                Ok(None) | Err(DecideError::Refused(_) | DecideError::NotFound(_)) => {
                    done.kept.push(case_id);
                }
                Err(DecideError::Store(error)) => return Err(error.into()),
                // Neither a checklist nor a master is asked of an assignment.
                Err(_) => done.kept.push(case_id),
            }
        }
        let failed = |error| self.failed(error);
        sqlx::query(
            "INSERT INTO handovers (handover_id, giver, receiver, note, at_millis, cases) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(new.handover_id.to_string())
        .bind(&new.from)
        .bind(&new.to)
        .bind(&new.note)
        .bind(new.at.unix_millis())
        .bind(i64::try_from(done.changes.len()).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        insert_access(log).execute(&mut *tx).await.map_err(failed)?;
        self.commit(tx).await?;
        Ok(done)
    }

    async fn give_over(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        new: &Handover,
    ) -> Result<Option<CaseChange>, DecideError> {
        let case = self.case_for_update(tx, case_id).await?;
        if !case.is_with(&new.from) {
            return Ok(None);
        }
        let event = Event::Assign { to: new.to.clone(), why: AssignedWhy::ByPerson, metres: None };
        let note = Some(format!("{}: 交接班", new.to));
        let decision = Decision { note, ..Decision::new(event, new.from.as_str(), new.at) };
        self.step(tx, &case, &decision).await.map(Some)
    }

    async fn ids_with(&self, tx: &mut Tx, name: &str) -> Result<Vec<CaseId>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT case_id FROM cases WHERE assignee = $1 ORDER BY case_id")
                .bind(name)
                .fetch_all(&mut **tx)
                .await
                .map_err(|error| self.failed(error))?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// Of an open account, wherever it is kept.
    async fn roles_of(&self, tx: &mut Tx, name: &str) -> Result<Option<Roles>, StoreError> {
        if let Some(known) = self.colleagues.iter().find(|known| known.name == name) {
            return Ok(Some(known.roles.clone()));
        }
        let row = sqlx::query("SELECT * FROM users WHERE name = $1 AND disabled = 0")
            .bind(name)
            .fetch_optional(&mut **tx)
            .await
            .map_err(|error| self.failed(error))?;
        let known = row.map(|row| user(&row)).transpose().map_err(|error| self.failed(error))?;
        Ok(known.map(|known| known.roles))
    }

    /// The last handovers to or by somebody, newest first.
    pub async fn handovers(&self, name: &str, limit: u32) -> Result<Vec<Handover>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM handovers WHERE receiver = $1 OR giver = $1 \
             ORDER BY at_millis DESC, handover_id LIMIT $2",
        )
        .bind(name)
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| handover(row).map_err(|error| self.failed(error))).collect()
    }

    /// The receiver has read it; false if there is no such handover to this one.
    pub async fn read_handover(
        &self,
        handover_id: Uuid,
        receiver: &str,
        at: WallTime,
    ) -> Result<bool, StoreError> {
        let read = sqlx::query(
            "UPDATE handovers SET read_at_millis = COALESCE(read_at_millis, $1) \
             WHERE handover_id = $2 AND receiver = $3",
        )
        .bind(at.unix_millis())
        .bind(handover_id.to_string())
        .bind(receiver)
        .execute(self.database.writer())
        .await
        .map_err(|error| self.failed(error))?;
        Ok(read.rows_affected() == 1)
    }

    /// How often somebody decided what since a time, by the name of the act.
    pub async fn decided_since(
        &self,
        name: &str,
        since: WallTime,
    ) -> Result<BTreeMap<String, i64>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT kind, COUNT(*) FROM history WHERE at_millis >= $1 AND actor = $2 GROUP BY kind",
        )
        .bind(since.unix_millis())
        .bind(name)
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        Ok(rows.into_iter().collect())
    }
}
