//! Taking back one's own last decision (撤销) while nothing has followed and nobody outside has been told.
//!
//! ```text
//! a decision --> its step, how the case was before (`undos`), messages that wait
//!    |-- undo, in time --> the case as it was, the messages withdrawn, both steps in the history
//!    |-- any other step --> the messages go at once, before those of that step
//!    '-- time is over --> the messages go
//! ```
//!
//! Invariants
//! - `cases.undo_by` and `undo_until_millis` are set exactly while the last step is such a decision; `undos`
//!   holds how the case was before it.
//! - A message about it has `held`, or `number` of a delivery, of that step, and waits until [`GRACE`] after
//!   the time for taking back: whoever is let in at its last moment still finds it unsent.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    clocks::Run,
    records::{CaseRow, from_json, to_json},
    steps::Step,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{EventKind, NoUndo, Phase, Refused, State},
        ids::CaseId,
        people::Assigned,
        wire::EventData,
    },
    drivers::store::StoreError,
};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use std::time::Duration;

/// Longer than a transaction waits for its turn.
const GRACE: Duration = Duration::from_secs(5);

/// Who may take the last step of a case back, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MayUndo {
    pub by: String,
    pub until: WallTime,
}

impl MayUndo {
    pub fn is_for(&self, name: &str, now: WallTime) -> bool {
        self.by == name && now < self.until
    }
}

/// What a decision changes of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Before {
    pub what: EventKind,
    pub state: State,
    pub phase: Phase,
    event: EventData,
    rework_count: i64,
    closed_at: Option<WallTime>,
    assigned: Option<Assigned>,
    assigned_at: Option<WallTime>,
    manual_reason: Option<String>,
    reopens: Option<CaseId>,
    recurrence_of: Option<CaseId>,
    cases_30d: i64,
    days_30d: i64,
    pub runs: Vec<Run>,
}

/// A decision that may be taken back, with all that is needed for it.
pub(super) struct Undoable {
    pub may: MayUndo,
    before: Before,
    /// Its messages wait until then.
    pub told_at: Option<WallTime>,
}

/// By whom a step was decided, if by a person.
fn person(decision: &Decision) -> Option<&str> {
    // No name of a person has a colon: those of nodes and of the hub's own doings have.
    Some(decision.actor.as_str()).filter(|actor| !actor.contains(':'))
}

/// How messages of a step are found that wait for its time to be over.
pub(super) fn held(case_id: CaseId, number: i64) -> String {
    format!("{case_id}:{number}")
}

impl HubStore {
    /// Of a step that is being decided: whether it may be taken back.
    pub(super) fn undoable(
        &self,
        case: &CaseRow,
        runs: &[Run],
        decision: &Decision,
    ) -> Option<Undoable> {
        let (within, what) = (self.policy.undo_within, decision.event.kind());
        if within.is_zero() || !what.may_be_undone() {
            return None;
        }
        let by = person(decision)?.to_owned();
        let until = decision.at.plus(within);
        let before = Before {
            what,
            state: case.state,
            phase: case.phase,
            event: case.event.clone(),
            rework_count: case.rework_count,
            closed_at: case.closed_at,
            assigned: case.assigned.clone(),
            assigned_at: case.assigned_at,
            manual_reason: case.manual_reason.clone(),
            reopens: case.reopens,
            recurrence_of: case.recurrence_of,
            cases_30d: case.cases_30d,
            days_30d: case.days_30d,
            runs: runs.to_vec(),
        };
        let told_at = what.waits_to_be_told().then(|| until.plus(GRACE));
        Some(Undoable { may: MayUndo { by, until }, before, told_at })
    }

    /// Whoever made the last decision about a case takes it back; the changes of all cases that it concerned.
    pub async fn undo(
        &self,
        case_id: CaseId,
        expected_version: Option<i64>,
        decision: &Decision,
    ) -> Result<Vec<CaseChange>, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_expected(&mut tx, case_id, expected_version).await?;
        let changes = match self.taken_back(&mut tx, &case, decision).await? {
            Ok(before) if before.what == EventKind::Merge => {
                self.unmerge_in(&mut tx, &case, decision).await?
            }
            Ok(_) => vec![self.step(&mut tx, &case, decision).await?],
            Err(why) => return Err(Refused::NoUndo(why).into()),
        };
        self.commit(tx).await?;
        Ok(changes)
    }

    /// How the case was before its last step, if whoever decides now may take that back.
    pub(super) async fn taken_back(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        decision: &Decision,
    ) -> Result<Result<Before, NoUndo>, StoreError> {
        let failed = |error| self.failed(error);
        let mine = case.undo.as_ref().filter(|may| may.by == decision.actor);
        let Some(may) = mine else { return Ok(Err(NoUndo::NotYours)) };
        if !may.is_for(&decision.actor, decision.at) || self.is_told_of(tx, case).await? {
            return Ok(Err(NoUndo::TooLate));
        }
        let row = sqlx::query("SELECT was FROM undos WHERE case_id = $1")
            .bind(case.case_id.to_string())
            .fetch_optional(&mut **tx)
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok(Err(NoUndo::TooLate)) };
        let text: String = row.try_get("was").map_err(failed)?;
        Ok(Ok(from_json("was", &text).map_err(failed)?))
    }

    /// Whether a message of the last step has left, against all that is expected of clocks.
    async fn is_told_of(&self, tx: &mut Tx, case: &CaseRow) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM deliveries WHERE case_id = $1 AND number = $2 \
               AND (state <> 1 OR tries > 0)) + (SELECT COUNT(*) FROM outbound WHERE held = $3 \
               AND sent_at_millis IS NOT NULL) AS told",
        )
        .bind(case.case_id.to_string())
        .bind(case.version)
        .bind(held(case.case_id, case.version))
        .fetch_one(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(row.try_get::<i64, _>("told").map_err(|error| self.failed(error))? > 0)
    }

    /// Of a step that was just written: how the case was before it, or what ends with it.
    pub(super) async fn keep_before(&self, tx: &mut Tx, step: &Step<'_>) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        if let Some(undoable) = &step.undoable {
            // Those of others that nobody can use any more go with it.
            sqlx::query("DELETE FROM undos WHERE until_millis < $1 OR case_id = $2")
                .bind(step.decision.at.unix_millis())
                .bind(step.case_id.to_string())
                .execute(&mut **tx)
                .await
                .map_err(failed)?;
            let before = to_json("was", &undoable.before).map_err(failed)?;
            sqlx::query("INSERT INTO undos (case_id, until_millis, was) VALUES ($1, $2, $3)")
                .bind(step.case_id.to_string())
                .bind(undoable.may.until.unix_millis())
                .bind(before)
                .execute(&mut **tx)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Another step follows the one that might have been taken back: what waited goes now.
    pub(super) async fn send_held(&self, tx: &mut Tx, step: &Step<'_>) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let (at, before) = (step.decision.at.unix_millis(), step.version - 1);
        sqlx::query(
            "UPDATE deliveries SET send_at_millis = $1 WHERE case_id = $2 AND number = $3 \
             AND state = 1 AND tries = 0 AND send_at_millis > $1",
        )
        .bind(at)
        .bind(step.case_id.to_string())
        .bind(before)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        sqlx::query("UPDATE outbound SET held = NULL, send_at_millis = $1 WHERE held = $2")
            .bind(at)
            .bind(held(step.case_id, before))
            .execute(&mut **tx)
            .await
            .map_err(failed)?;
        self.forget_before(tx, step.case_id).await
    }

    async fn forget_before(&self, tx: &mut Tx, case_id: CaseId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM undos WHERE case_id = $1")
            .bind(case_id.to_string())
            .execute(&mut **tx)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// The case as it was before, and nobody hears of the step that is taken back.
    pub(super) async fn restore(
        &self,
        tx: &mut Tx,
        step: &Step<'_>,
        before: &Before,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let (case_id, undone) = (step.case_id.to_string(), step.version - 1);
        let assigned = before.assigned.as_ref();
        sqlx::query(
            "UPDATE cases SET event_code = $2, event = $3, rework_count = $4, closed_at_millis = $5, \
             assignee = $6, assigned_why = $7, assigned_metres = $8, assigned_at_millis = $9, \
             manual_reason = $10, reopens = $11, recurrence_of = $12, cases_30d = $13, days_30d = $14 \
             WHERE case_id = $1",
        )
        .bind(&case_id)
        .bind(&before.event.code)
        .bind(to_json("event", &before.event).map_err(failed)?)
        .bind(before.rework_count)
        .bind(before.closed_at.map(WallTime::unix_millis))
        .bind(assigned.and_then(|assigned| assigned.to.as_deref()))
        .bind(assigned.map(|assigned| assigned.why.as_str()))
        .bind(assigned.and_then(|assigned| assigned.metres))
        .bind(before.assigned_at.map(WallTime::unix_millis))
        .bind(before.manual_reason.as_deref())
        .bind(before.reopens.map(|case_id| case_id.to_string()))
        .bind(before.recurrence_of.map(|case_id| case_id.to_string()))
        .bind(before.cases_30d)
        .bind(before.days_30d)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        for (kind, run) in &step.clocks.dropped {
            sqlx::query("DELETE FROM clocks WHERE case_id = $1 AND kind = $2 AND run = $3")
                .bind(&case_id)
                .bind(kind.as_str())
                .bind(*run)
                .execute(&mut **tx)
                .await
                .map_err(failed)?;
        }
        sqlx::query("DELETE FROM deliveries WHERE case_id = $1 AND number = $2")
            .bind(&case_id)
            .bind(undone)
            .execute(&mut **tx)
            .await
            .map_err(failed)?;
        sqlx::query("DELETE FROM outbound WHERE held = $1")
            .bind(held(step.case_id, undone))
            .execute(&mut **tx)
            .await
            .map_err(failed)?;
        self.forget_before(tx, step.case_id).await
    }
}

/// What the table is told of an undo.
pub(super) fn to(taken_back: Option<&Result<Before, NoUndo>>) -> Result<State, NoUndo> {
    match taken_back {
        Some(Ok(before)) => Ok(before.state),
        Some(Err(why)) => Err(*why),
        None => Err(NoUndo::NotYours),
    }
}
