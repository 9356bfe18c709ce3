//! Steps of cases: decided one by one, written together.
//!
//! ```text
//! backgrounds --> lifecycle::next --> stepped --> write
//! 3 queries       each case           each case   3 statements, and what few steps leave besides
//! ```
//!
//! However many cases make a step, what they read and write is one statement each: a statement costs
//! more than a row of it.

use super::{
    Decision, HubStore, Tx,
    assignments::releases,
    audit::{heads, insert_history},
    clocks::{ClockMoves, Run, clocks_of, put_clocks, runs_of},
    decide::CaseChange,
    merges::trees_of_many,
    records::CaseRow,
    statement::Statement,
    undo::{Before, Undoable},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            audit::{self, AuditEntry, ChainedEntry},
            lifecycle::{Effect, NoUndo, Transition},
        },
        ids::CaseId,
    },
    drivers::store::StoreError,
};
use std::collections::HashMap;

/// What a step has to know of its case beside the row.
#[derive(Default)]
pub(super) struct Background {
    /// All that is merged into it.
    pub merged: Vec<CaseRow>,
    pub runs: Vec<Run>,
    /// Of an undo: what it goes back to.
    pub taken_back: Option<Result<Before, NoUndo>>,
    /// The hash of its last entry; empty: it has none.
    head: String,
}

/// A step that the table allows and that is not written yet.
pub(super) struct Step<'d> {
    pub version: i64,
    pub transition: Transition,
    pub decision: &'d Decision,
    pub clocks: ClockMoves,
    pub case_id: CaseId,
    /// Somebody outside of the hub hears of it.
    pub is_told: bool,
    /// It may be taken back for a while.
    pub undoable: Option<Undoable>,
    /// It takes the step before it back, to this.
    restores: Option<Before>,
    /// It follows a step that might have been taken back.
    follows_undoable: bool,
    /// Somebody was to look at the case, and nobody is any more.
    releases: bool,
    chained: ChainedEntry,
}

impl Step<'_> {
    pub fn change(&self) -> CaseChange {
        CaseChange {
            case_id: self.case_id,
            version: self.version,
            state: self.transition.to,
            effect: self.transition.effect,
        }
    }
}

impl HubStore {
    pub(super) async fn backgrounds(
        &self,
        tx: &mut Tx,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, Background>, StoreError> {
        let read = async {
            let mut trees = trees_of_many(tx, cases).await?;
            let mut runs = runs_of(tx, cases).await?;
            let heads = heads(tx, cases).await?.into_iter();
            let of = |(case_id, head)| {
                let merged = trees.remove(&case_id).unwrap_or_default();
                let runs = runs.remove(&case_id).unwrap_or_default();
                (case_id, Background { merged, runs, head, taken_back: None })
            };
            Ok(heads.map(of).collect())
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// What a transition leaves of a case, which is as it was before; of one that it opens, new.
    pub(super) fn stepped<'d>(
        &self,
        case: &CaseRow,
        background: &Background,
        transition: Transition,
        decision: &'d Decision,
    ) -> Step<'d> {
        let version = if transition.from.is_none() { 1 } else { case.version + 1 };
        let restores = background.taken_back.as_ref().and_then(|back| back.as_ref().ok());
        let undone = restores.map(|before| before.what.as_str());
        let reason = decision.event.reason().or(undone).or(decision.reason.as_deref());
        let entry = AuditEntry {
            case_id: case.case_id,
            number: version,
            at: decision.at,
            actor: decision.actor.clone(),
            kind: transition.on.as_str().to_owned(),
            from: transition.from.map(|state| state.as_str().to_owned()),
            to: transition.to.as_str().to_owned(),
            reason: reason.map(str::to_owned),
            note: decision.note.clone(),
        };
        let head = if version == 1 { audit::GENESIS } else { &background.head };
        let hash = Some(audit::link(head, &entry));
        let (event, at) = (&decision.event, decision.at);
        Step {
            case_id: case.case_id,
            version,
            clocks: match restores {
                Some(before) => clocks_of(before, &background.runs),
                None => self.moved_clocks(case, &background.runs, &transition, event, at),
            },
            undoable: self.undoable(case, &background.runs, decision),
            restores: restores.cloned(),
            follows_undoable: case.undo.is_some(),
            transition,
            decision,
            is_told: self.is_told(case, &transition),
            releases: releases(case, &transition),
            chained: ChainedEntry { entry, hash },
        }
    }

    /// No two of one case. What a step opens is written before.
    pub(super) async fn write(&self, tx: &mut Tx, steps: &[Step<'_>]) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let moved: Vec<&Step<'_>> =
            steps.iter().filter(|step| step.transition.from.is_some()).collect();
        move_cases(tx, &moved).await.map_err(failed)?;
        for step in moved {
            if let Some(before) = &step.restores {
                self.restore(tx, step, before).await?;
                continue;
            }
            if step.follows_undoable {
                self.send_held(tx, step).await?;
            }
            if step.releases {
                self.release(tx, step.case_id).await?;
            }
            self.leave(tx, step.case_id, &step.transition, step.decision).await?;
            self.keep_before(tx, step).await?;
        }
        let clocks: Vec<(CaseId, &Run)> = steps
            .iter()
            .flat_map(|step| step.clocks.put.iter().map(|run| (step.case_id, run)))
            .collect();
        put_clocks(tx, &clocks).await.map_err(failed)?;
        let entries: Vec<&ChainedEntry> = steps.iter().map(|step| &step.chained).collect();
        insert_history(tx, &entries).await.map_err(failed)?;
        for step in steps {
            self.tell_platforms(tx, step).await?;
            self.tell_edges(tx, step).await?;
        }
        Ok(())
    }
}

async fn move_cases(tx: &mut Tx, steps: &[&Step<'_>]) -> Result<(), sqlx::Error> {
    if steps.is_empty() {
        return Ok(());
    }
    let mut query = Statement::new(
        "UPDATE cases SET state = v.column2, phase = v.column3, version = v.column4, \
         rework_count = rework_count + v.column5, deadline_millis = v.column6, overdue = v.column7, \
         undo_by = v.column8, undo_until_millis = v.column9 FROM (",
    );
    query.bind_rows(steps, |row, Step { case_id, version, transition, clocks, undoable, .. }| {
        let may = undoable.as_ref().map(|undoable| &undoable.may);
        row.add(case_id.to_string());
        row.add(transition.to.as_str()).add(transition.phase.as_str()).add(*version);
        row.add(i64::from(transition.effect == Effect::CountRework));
        row.add(clocks.deadline.map(WallTime::unix_millis)).add(i64::from(clocks.overdue));
        row.add(may.map(|may| may.by.as_str())).add(may.map(|may| may.until.unix_millis()));
    });
    query.push(") AS v WHERE cases.case_id = v.column1");
    query.execute(tx).await.map(drop)
}
