//! What steps leave on a case beside its state: its unit, returns, suspension, checklist, reopening, who is to look.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx, audit,
    records::{CaseRow, to_json},
    recurrence::Pasts,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            lifecycle::{Event, Phase, State, Transition},
            policy,
        },
        ids::CaseId,
        verdict::Outcome,
    },
    drivers::store::StoreError,
};
use sqlx::Row;

impl HubStore {
    /// Whether every required item of the closure checklist is ticked; asked only where it decides.
    pub(super) async fn checklist_done(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let closes =
            matches!(event, Event::Close { .. } | Event::VerdictPostcheck(Outcome::Cleared));
        // What was never filed has nothing that a crew had to do.
        if !closes || case.phase == Phase::BeforeFiling || !self.policy.asks_before_closing() {
            return Ok(true);
        }
        Ok(self.missing_items(tx, case.case_id).await?.is_empty())
    }

    pub(super) async fn missing_items(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
    ) -> Result<Vec<String>, StoreError> {
        let chain = audit::chain(&mut **tx, case_id).await.map_err(|error| self.failed(error))?;
        let entries: Vec<_> = chain.into_iter().map(|chained| chained.entry).collect();
        Ok(self.policy.missing(&entries))
    }

    /// Whether a closed case may be taken up again: proposed before, or seen again soon enough now.
    pub(super) fn may_reopen(&self, case: &CaseRow, event: &Event) -> bool {
        match (event, case.closed_at) {
            (Event::Reopen, Some(_)) => case.reopen_proposed,
            (Event::ReopenProposed { seen_at }, Some(closed_at)) => {
                seen_at.since(closed_at) <= self.policy.clocks.reopen_within(&case.event.code)
            }
            _ => false,
        }
    }

    /// What an event leaves on its case beside the state.
    pub(super) async fn leave(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        transition: &Transition,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let case_id = case_id.to_string();
        let query = match &decision.event {
            Event::Dispatch { unit } => sqlx::query(
                "UPDATE cases SET unit = $2, first_handler = COALESCE(first_handler, $2) \
                 WHERE case_id = $1",
            )
            .bind(&case_id)
            .bind(unit),
            Event::Return { .. } => sqlx::query(
                "UPDATE cases SET unit = NULL, return_count = return_count + 1 WHERE case_id = $1",
            )
            .bind(&case_id),
            Event::Suspend { until, .. } => sqlx::query(
                "UPDATE cases SET suspended_until_millis = $2, suspensions = suspensions + 1 \
                 WHERE case_id = $1",
            )
            .bind(&case_id)
            .bind(until.unix_millis()),
            Event::Resume => {
                sqlx::query("UPDATE cases SET suspended_until_millis = NULL WHERE case_id = $1")
                    .bind(&case_id)
            }
            Event::Assign { to, why, metres } => sqlx::query(
                "UPDATE cases SET assignee = $2, assigned_why = $3, assigned_metres = $4, \
                 assigned_at_millis = $5 WHERE case_id = $1",
            )
            .bind(&case_id)
            .bind(to)
            .bind(why.as_str())
            .bind(*metres)
            .bind(decision.at.unix_millis()),
            Event::Reclassify { to } => {
                let event = to_json("event", to).map_err(|error| self.failed(error))?;
                sqlx::query("UPDATE cases SET event_code = $2, event = $3 WHERE case_id = $1")
                    .bind(&case_id)
                    .bind(&to.code)
                    .bind(event)
            }
            Event::ReopenProposed { .. } => {
                sqlx::query("UPDATE cases SET reopen_proposed = 1 WHERE case_id = $1")
                    .bind(&case_id)
            }
            Event::Reopen => sqlx::query(
                "UPDATE cases SET reopen_proposed = 0, closed_at_millis = NULL WHERE case_id = $1",
            )
            .bind(&case_id),
            _ if transition.changes_state() && transition.to == State::Closed => {
                sqlx::query("UPDATE cases SET closed_at_millis = $2 WHERE case_id = $1")
                    .bind(&case_id)
                    .bind(decision.at.unix_millis())
            }
            _ => return Ok(()),
        };
        query.execute(&mut **tx).await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// A person says that a case is another event: what its place has had before is looked up for that one.
    /// The clocks of review do not ask for the event; those that begin later do.
    pub async fn reclassify(
        &self,
        case_id: CaseId,
        expected_version: Option<i64>,
        decision: &Decision,
    ) -> Result<CaseChange, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_expected(&mut tx, case_id, expected_version).await?;
        let code = case.event.code.clone();
        if matches!(&decision.event, Event::Reclassify { to } if to.code == code) {
            return Err(DecideError::SameEvent { code });
        }
        let mut own = decision.clone();
        let words = [decision.event.reason(), decision.note.as_deref()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        own.note = Some(format!("{code} → {}", words.join(": ")));
        let change = self.step(&mut tx, &case, &own).await?;
        self.recall_anew(&mut tx, case_id).await?;
        self.commit(tx).await?;
        Ok(change)
    }

    /// No proposal to reopen follows: that is of cases that come in.
    async fn recall_anew(&self, tx: &mut Tx, case_id: CaseId) -> Result<(), DecideError> {
        let mut case = self.case_for_update(tx, case_id).await?;
        let (code, received_at) = (case.event.code.as_str(), case.received_at);
        let place: Vec<_> = case.place.iter().map(|place| (place, code)).collect();
        let pasts = Pasts::of(tx, &place, received_at).await.map_err(|error| self.failed(error))?;
        (case.reopens, case.recurrence_of) = (None, None);
        (case.cases_30d, case.days_30d) = (1, 1);
        self.recall(&mut case, None, &pasts);
        sqlx::query(
            "UPDATE cases SET reopens = NULL, recurrence_of = $2, cases_30d = $3, days_30d = $4 \
             WHERE case_id = $1",
        )
        .bind(case_id.to_string())
        .bind(case.recurrence_of.map(|case_id| case_id.to_string()))
        .bind(case.cases_30d)
        .bind(case.days_30d)
        .execute(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// A person says that a closed case is not done: it goes on as rework, and what was opened there since
    /// is merged into it. The change of the reopened case first.
    pub async fn reopen(
        &self,
        case_id: CaseId,
        expected_version: Option<i64>,
        decision: &Decision,
    ) -> Result<Vec<CaseChange>, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_expected(&mut tx, case_id, expected_version).await?;
        let mut changes = vec![self.step(&mut tx, &case, decision).await?];
        let rows =
            sqlx::query("SELECT case_id, state FROM cases WHERE reopens = $1 ORDER BY case_id")
                .bind(case_id.to_string())
                .fetch_all(&mut *tx)
                .await
                .map_err(|error| self.failed(error))?;
        let mergeable = [State::PendingReview, State::Manual, State::Filed];
        for row in rows {
            let (id, state): (String, String) = (
                row.try_get("case_id").map_err(|error| self.failed(error))?,
                row.try_get("state").map_err(|error| self.failed(error))?,
            );
            let is_open = mergeable.iter().any(|open| open.as_str() == state);
            let Some(id) = id.parse().ok().filter(|_| is_open) else { continue };
            let new = self.case_for_update(&mut tx, id).await?;
            let master = self.case_for_update(&mut tx, case_id).await?;
            let merge = Decision { event: Event::Merge, ..decision.clone() };
            let merged = self.merge_in(&mut tx, &new, &master, &merge).await?;
            changes.extend(merged);
        }
        self.commit(tx).await?;
        Ok(changes)
    }

    /// What the closed case's place shows again, as a note to people. Nothing where the time is over.
    pub(super) async fn propose_reopening(
        &self,
        tx: &mut Tx,
        closed: CaseId,
        seen_at: WallTime,
        why: Option<String>,
        at: WallTime,
    ) -> Result<Option<CaseChange>, StoreError> {
        let Some(case) = self.case_in(tx, closed).await? else { return Ok(None) };
        if case.reopen_proposed {
            return Ok(None);
        }
        let mut propose = Decision::new(Event::ReopenProposed { seen_at }, "auto:seen_again", at);
        propose.note = why;
        match self.step(tx, &case, &propose).await {
            Ok(change) => Ok(Some(change)),
            Err(DecideError::Store(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The items of the closure checklist that are ticked now.
    pub async fn ticked(
        &self,
        case_id: CaseId,
    ) -> Result<std::collections::BTreeSet<String>, StoreError> {
        Ok(policy::ticked(&self.history(case_id).await?))
    }
}
