//! What applied facts change: their cases are opened or widened, and moved on by what follows.

use super::{
    CaseChange, DecideError, Decision, HubStore, Told, Tx,
    case_rows::{move_cases, widen_cases},
    records::{CaseRow, case_row},
    statement::Statement,
    steps::Background,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            fold::fold,
            lifecycle::{Event, State},
        },
        ids::CaseId,
        wire::CaseFactData,
    },
    drivers::store::StoreError,
};
use std::collections::HashMap;

/// What follows from a fact.
pub(super) struct Projected {
    pub change: CaseChange,
    pub others: Vec<CaseChange>,
    pub opened: bool,
}

/// A case that a fact is about, with all that its writers say of it now.
pub(super) struct Seen<'f> {
    told: Told<'f>,
    pub folded: CaseFactData,
    pub actor: String,
}

/// A known case, widened by a fact.
struct Widened {
    index: usize,
    case: CaseRow,
    moves: bool,
    was_gone: bool,
    decision: Option<Decision>,
}

impl Widened {
    /// What is gone or there again moves the case that goes on for it too, and so takes its turn.
    fn concerns_others(&self) -> bool {
        self.decision.is_some() && self.case.merged_into.is_some()
    }
}

impl HubStore {
    /// Folds every writer's newest applied picture, given with the fact, into its case and raises what follows from it. One fact
    /// of a case; known cases first, then those that are opened, each in its order.
    pub(super) async fn project(
        &self,
        tx: &mut Tx,
        told: &[(Told<'_>, Vec<CaseFactData>)],
        at: WallTime,
    ) -> Result<Vec<Projected>, StoreError> {
        let cases: Vec<CaseId> = told.iter().map(|(told, _)| told.fact.case_id).collect();
        let mut known = self.known_cases(tx, &cases).await?;
        let mut seen = Vec::with_capacity(told.len());
        for (told, pictures) in told {
            let case_id = told.fact.case_id;
            let folded = fold(pictures).ok_or_else(|| StoreError::Content {
                place: self.place.to_string(),
                table: "fact_streams",
                row: case_id.to_string(),
                reason: "no applied fact".to_owned(),
            })?;
            seen.push(Seen { told: *told, folded, actor: format!("edge:{}", told.writer) });
        }
        let mut projected: Vec<Option<Projected>> = seen.iter().map(|_| None).collect();
        let (mut together, mut opened) = (Vec::new(), Vec::new());
        for (index, seen) in seen.iter().enumerate() {
            let Some(case) = known.remove(&seen.told.fact.case_id) else {
                opened.push((index, seen));
                continue;
            };
            let widened = widen(index, seen, case, at);
            if !widened.concerns_others() {
                together.push(widened);
                continue;
            }
            self.widen(tx, &std::mem::take(&mut together), &mut projected, at).await?;
            self.widen(tx, &[widened], &mut projected, at).await?;
            for other in projected[index].iter().flat_map(|done| &done.others) {
                if let Some(known) = known.get_mut(&other.case_id)
                    && let Some(case) = self.case_in(tx, other.case_id).await?
                {
                    *known = case;
                }
            }
        }
        self.widen(tx, &together, &mut projected, at).await?;
        self.open_cases(tx, &opened, &mut projected, at).await?;
        Ok(projected.into_iter().flatten().collect())
    }

    async fn known_cases(
        &self,
        tx: &mut Tx,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, CaseRow>, StoreError> {
        let read = async {
            let mut query = Statement::new("SELECT * FROM cases WHERE case_id IN ");
            query.bind_list(cases.iter().map(CaseId::to_string));
            let rows = query.fetch_all(tx).await?;
            let cases = rows.iter().map(case_row);
            cases
                .map(|case| case.map(|case| (case.case_id, case)))
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// Writes known cases as they are seen now, and their steps.
    async fn widen(
        &self,
        tx: &mut Tx,
        widened: &[Widened],
        projected: &mut [Option<Projected>],
        at: WallTime,
    ) -> Result<(), StoreError> {
        if widened.is_empty() {
            return Ok(());
        }
        let failed = |error| self.failed(error);
        let rows: Vec<&CaseRow> = widened.iter().map(|widened| &widened.case).collect();
        widen_cases(tx, &rows).await.map_err(failed)?;
        let moved = widened.iter().filter(|widened| widened.moves).map(|widened| &widened.case);
        move_cases(tx, &moved.collect::<Vec<_>>()).await.map_err(failed)?;
        let moving: Vec<(&CaseRow, &Decision)> = widened
            .iter()
            .filter_map(|widened| Some((&widened.case, widened.decision.as_ref()?)))
            .collect();
        let mut changes = self.step_all(tx, &moving).await?;
        for Widened { index, case, was_gone, decision, .. } in widened {
            let (case_id, mut others) = (case.case_id, Vec::new());
            // Most facts: seen once more, and nothing follows.
            let mut change = changes.remove(&case_id).unwrap_or_else(|| CaseChange::none(case));
            if let Some(decision) = decision {
                let seen_again = *was_gone && case.gone_at.is_none();
                if seen_again && case.state == State::Closed {
                    let seen_at = case.last_seen_at;
                    let proposed = self.propose_reopening(tx, case_id, seen_at, None, at).await?;
                    change = proposed.unwrap_or(change);
                }
                others.extend(self.tell_master(tx, case, decision).await?);
            }
            projected[*index] = Some(Projected { change, others, opened: false });
        }
        Ok(())
    }

    /// Steps of several cases that edges cause. What the table does not allow moves nothing: what an edge
    /// saw is kept as a fact all the same.
    pub(super) async fn step_all(
        &self,
        tx: &mut Tx,
        moving: &[(&CaseRow, &Decision)],
    ) -> Result<HashMap<CaseId, CaseChange>, StoreError> {
        if moving.is_empty() {
            return Ok(HashMap::new());
        }
        let cases: Vec<CaseId> = moving.iter().map(|(case, _)| case.case_id).collect();
        let backgrounds = self.backgrounds(tx, &cases).await?;
        let (none, mut steps) = (Background::default(), Vec::new());
        for (case, decision) in moving {
            let background = backgrounds.get(&case.case_id).unwrap_or(&none);
            match self.transition(tx, case, decision, background).await {
                Ok(transition) => steps.push(self.stepped(case, background, transition, decision)),
                Err(DecideError::Store(error)) => return Err(error),
                Err(refused) => {
                    tracing::warn!(case_id = %case.case_id, %refused, "fact kept, no transition");
                }
            }
        }
        self.write(tx, &steps).await?;
        Ok(steps.iter().map(|step| (step.case_id, step.change())).collect())
    }
}

fn widen(index: usize, seen: &Seen<'_>, mut case: CaseRow, at: WallTime) -> Widened {
    let was_gone = case.gone_at.is_some();
    let moves = case.external_no.is_none() && case.widen(&seen.folded);
    if case.external_no.is_some() {
        // The hub opened it on a complaint: an edge adds what it saw, and changes nothing else.
        case.last_seen_at = case.last_seen_at.max(seen.folded.last_seen_at);
    }
    let event = match (was_gone, case.gone_at.is_some()) {
        (false, true) => Some(Event::GoneAtEdge),
        (true, false) => Some(Event::SeenAgain),
        _ => None,
    };
    let decision = event.map(|event| Decision::new(event, seen.actor.as_str(), at));
    Widened { index, case, moves, was_gone, decision }
}
