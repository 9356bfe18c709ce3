//! With whom of the grid's staff a case is: chosen in the transaction in which it comes to need a person, told
//! in its history, taken off as it moves on.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    records::CaseRow,
    users::{USERS_MAX, user},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{Event, EventKind, State, Transition},
        ids::CaseId,
        people::{Area, Assigned, AssignedWhy, Role, Roles, Staff, nearest},
    },
    drivers::store::StoreError,
};
use sqlx::Row;
use std::collections::{HashMap, HashSet};

/// Who gives cases to the nearest.
const NEAREST: &str = "auto:nearest";

/// Somebody whose account is kept outside of the register; of two with one name this one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    pub name: String,
    pub roles: Roles,
    pub area: Area,
}

impl HubStore {
    /// With the accounts that are kept outside of the register.
    pub fn with_colleagues(mut self, colleagues: impl IntoIterator<Item = Colleague>) -> Self {
        self.colleagues = colleagues.into_iter().collect();
        self
    }

    /// Whom of the grid's staff a case may be with, by name, as far as a choice asks.
    pub async fn staff(&self, case_id: CaseId) -> Result<Vec<Staff>, StoreError> {
        let mut tx = self.database.snapshot().await.map_err(|error| self.failed(error))?;
        self.staff_in(&mut tx, case_id).await
    }

    async fn staff_in(&self, tx: &mut Tx, case_id: CaseId) -> Result<Vec<Staff>, StoreError> {
        let failed = |error| self.failed(error);
        let rows = sqlx::query("SELECT * FROM users WHERE disabled = 0 ORDER BY name LIMIT $1")
            .bind(USERS_MAX)
            .fetch_all(&mut **tx)
            .await
            .map_err(failed)?;
        let mut people = self.colleagues.to_vec();
        for row in &rows {
            let user = user(row).map_err(failed)?;
            if !self.colleagues.iter().any(|known| known.name == user.name) {
                people.push(Colleague { name: user.name, roles: user.roles, area: user.area });
            }
        }
        people.retain(|one| one.roles.has(Role::GridStaff));
        people.sort_by(|a, b| a.name.cmp(&b.name));
        let waiting: Vec<(String, i64)> = sqlx::query_as(
            "SELECT assignee, COUNT(*) FROM cases WHERE assignee IS NOT NULL AND case_id <> $1 \
             GROUP BY assignee",
        )
        .bind(case_id.to_string())
        .fetch_all(&mut **tx)
        .await
        .map_err(failed)?;
        let waiting: HashMap<String, i64> = waiting.into_iter().collect();
        let handled: HashSet<String> = sqlx::query_scalar(
            "SELECT DISTINCT actor FROM history WHERE case_id = $1 AND kind IN ($2, $3)",
        )
        .bind(case_id.to_string())
        .bind(EventKind::Feedback.as_str())
        .bind(EventKind::Accept.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(failed)?
        .into_iter()
        .collect();
        let staff = people.into_iter().map(|Colleague { name, area, .. }| Staff {
            waiting: waiting.get(&name).copied().unwrap_or_default(),
            handled_it: handled.contains(&name),
            name,
            area,
        });
        Ok(staff.collect())
    }

    /// Off whoever had it.
    pub(super) async fn release(&self, tx: &mut Tx, case_id: CaseId) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE cases SET assignee = NULL, assigned_why = NULL, assigned_metres = NULL, \
             assigned_at_millis = NULL, manual_reason = NULL WHERE case_id = $1",
        )
        .bind(case_id.to_string())
        .execute(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// After a step: gives the case to the nearest where it has just come to need a person. The last change of
    /// the two.
    pub(super) async fn hand_on(
        &self,
        tx: &mut Tx,
        before: &CaseRow,
        change: CaseChange,
        decision: &Decision,
    ) -> Result<CaseChange, DecideError> {
        let taken_back = decision.event == Event::Undo;
        if change.state == before.state || change.state != State::Manual || taken_back {
            return Ok(change);
        }
        let staff = self.staff_in(tx, before.case_id).await?;
        let found = nearest(before.place.as_ref(), &staff);
        let reason = decision.event.reason().or(decision.reason.as_deref());
        // With nobody, until the step below says otherwise.
        sqlx::query(
            "UPDATE cases SET assignee = NULL, assigned_why = $2, assigned_metres = NULL, \
             assigned_at_millis = $3, manual_reason = $4 WHERE case_id = $1",
        )
        .bind(before.case_id.to_string())
        .bind(found.why.as_str())
        .bind(decision.at.unix_millis())
        .bind(reason)
        .execute(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        let Assigned { to: Some(to), why, metres } = found else { return Ok(change) };
        let handed = handed(to, why, metres, NEAREST, None, decision.at);
        let case = self.case_for_update(tx, before.case_id).await?;
        self.step_alone(tx, &case, &handed).await
    }

    /// A person gives a case to one of the grid's staff, or, naming nobody, to the nearest.
    pub async fn assign(
        &self,
        case_id: CaseId,
        expected_version: Option<i64>,
        to: Option<&str>,
        by: &Decision,
    ) -> Result<CaseChange, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_expected(&mut tx, case_id, expected_version).await?;
        let staff = self.staff_in(&mut tx, case_id).await?;
        let Assigned { to, why, metres } = match to {
            None => nearest(case.place.as_ref(), &staff),
            Some(name) if staff.iter().any(|one| one.name == name) => {
                let to = Some(name.to_owned());
                Assigned { to, why: AssignedWhy::ByPerson, metres: None }
            }
            Some(name) => {
                return Err(DecideError::NoSuchStaff { name: name.chars().take(64).collect() });
            }
        };
        let Some(to) = to else { return Err(DecideError::NobodyNear { why }) };
        let handed = handed(to, why, metres, &by.actor, by.note.as_deref(), by.at);
        let change = self.step(&mut tx, &case, &handed).await?;
        self.commit(tx).await?;
        Ok(change)
    }

    /// Of an assignment: whether whoever is to look took the case on, or said that it was done.
    pub(super) async fn took_it_on(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        name: &str,
    ) -> Result<bool, StoreError> {
        let said = sqlx::query(
            "SELECT COUNT(*) AS said FROM history WHERE case_id = $1 AND actor = $2 AND kind IN ($3, $4)",
        )
        .bind(case_id.to_string())
        .bind(name)
        .bind(EventKind::Feedback.as_str())
        .bind(EventKind::Accept.as_str())
        .fetch_one(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(said.try_get::<i64, _>("said").map_err(|error| self.failed(error))? > 0)
    }
}

/// Whether a step takes a case off whoever is to look at it: where nobody has to any more.
pub(super) fn releases(case: &CaseRow, transition: &Transition) -> bool {
    let waits = matches!(transition.to, State::Manual | State::PendingReview);
    !waits && (case.assigned.is_some() || case.manual_reason.is_some())
}

/// The history has no columns of its own for whom and how far.
fn handed(
    to: String,
    why: AssignedWhy,
    metres: Option<i64>,
    actor: &str,
    said: Option<&str>,
    at: WallTime,
) -> Decision {
    let far = metres.map(|metres| format!(" ({metres} m)")).unwrap_or_default();
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    let note = Some(format!("{to}{far}{said}"));
    Decision { note, ..Decision::new(Event::Assign { to, why, metres }, actor, at) }
}
