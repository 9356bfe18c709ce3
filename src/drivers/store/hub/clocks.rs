//! The clocks of a case: kept with each transition, watched for those that run out.
//!
//! Invariants: a clock changes only in the transaction of the transition that changes it, or of the note
//! that it has run out; `cases.deadline_millis` and `cases.overdue` are those of the clocks that run.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    records::{CaseRow, parsed, parsed_option, time, time_option},
    statement::Statement,
    undo::Before,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            clock::{self, Clock, ClockKind, Timed},
            lifecycle::{Event, State, Transition},
            limits::Allowance,
        },
        ids::CaseId,
    },
    drivers::store::StoreError,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row, any::AnyRow};
use std::{collections::HashMap, time::Duration};

/// Who lets a clock run out, and ends a suspension.
const CLOCK: &str = "auto:clock";
const SELECT: &str = "SELECT * FROM clocks WHERE case_id = $1 ORDER BY started_millis, kind, run";

/// A clock with the number of its run, which is its place in the register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    run: i64,
    clock: Clock,
}

/// The clocks that a step has changed, and what follows for the case.
#[derive(Default)]
pub(super) struct ClockMoves {
    pub put: Vec<Run>,
    /// Runs that began with what is taken back.
    pub dropped: Vec<(ClockKind, i64)>,
    pub deadline: Option<WallTime>,
    pub overdue: bool,
}

/// Whether the time of a case's disposal may be extended.
pub(super) fn may_extend(runs: &[Run]) -> bool {
    let running = runs.iter().filter(|run| run.clock.stopped_at.is_none());
    running.filter(|run| run.clock.kind == ClockKind::Disposal).any(|run| run.clock.may_extend())
}

/// The clocks as they were before a decision that is taken back: they run again with what was left.
pub(super) fn clocks_of(before: &Before, now: &[Run]) -> ClockMoves {
    let was = |run: &&Run| before.runs.iter().any(|old| old.is_of(run));
    let begun = now.iter().filter(|run| !was(run));
    let clocks: Vec<Clock> = before.runs.iter().map(|run| run.clock.clone()).collect();
    let (deadline, overdue) = sum(&clocks);
    let changed = before.runs.iter().filter(|run| !now.contains(run));
    ClockMoves {
        put: changed.cloned().collect(),
        dropped: begun.map(|run| (run.clock.kind, run.run)).collect(),
        deadline,
        overdue,
    }
}

impl Run {
    fn is_of(&self, other: &Self) -> bool {
        (self.clock.kind, self.run) == (other.clock.kind, other.run)
    }
}

/// The next deadline of the clocks that run, and whether one of them has run out.
fn sum(clocks: &[Clock]) -> (Option<WallTime>, bool) {
    let running = || clocks.iter().filter(|clock| clock.stopped_at.is_none());
    let deadline = running().filter_map(|clock| clock.deadline).min();
    (deadline, running().any(|clock| clock.overdue_at.is_some()))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn span(row: &AnyRow, column: &str) -> Result<Duration, sqlx::Error> {
    Ok(Duration::from_millis(row.try_get::<i64, _>(column)?.max(0).unsigned_abs()))
}

fn run_of(row: &AnyRow) -> Result<Run, sqlx::Error> {
    let pace = parsed_option(row, "pace")?;
    let amount: Option<i64> = row.try_get("amount_millis")?;
    let allowance = pace.zip(amount).map(|(pace, amount)| Allowance {
        pace,
        amount: Duration::from_millis(amount.max(0).unsigned_abs()),
    });
    let extensions: i64 = row.try_get("extensions")?;
    let clock = Clock {
        kind: parsed(row, "kind")?,
        started_at: time(row, "started_millis")?,
        allowance,
        extensions: u32::try_from(extensions).unwrap_or(u32::MAX),
        counted_from: time(row, "counted_from_millis")?,
        left: span(row, "left_millis")?,
        paused_since: time_option(row, "paused_since_millis")?,
        paused: span(row, "paused_millis")?,
        deadline: time_option(row, "deadline_millis")?,
        no_deadline: row.try_get("no_deadline")?,
        overdue_at: time_option(row, "overdue_millis")?,
        stopped_at: time_option(row, "stopped_millis")?,
    };
    Ok(Run { run: row.try_get("run")?, clock })
}

fn timed(case: &CaseRow) -> Timed<'_> {
    Timed { code: &case.event.code, priority: case.priority }
}

/// Every run of every clock of each case, in the order in which they began; none: the case is not there.
pub(super) async fn runs_of(
    tx: &mut Tx,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Vec<Run>>, sqlx::Error> {
    let mut query = Statement::new("SELECT * FROM clocks WHERE case_id IN ");
    query.bind_list(cases.iter().map(CaseId::to_string));
    query.push(" ORDER BY started_millis, kind, run");
    let mut runs: HashMap<CaseId, Vec<Run>> = HashMap::new();
    for row in query.fetch_all(tx).await? {
        runs.entry(parsed(&row, "case_id")?).or_default().push(run_of(&row)?);
    }
    Ok(runs)
}

pub(super) async fn put_clocks(tx: &mut Tx, clocks: &[(CaseId, &Run)]) -> Result<(), sqlx::Error> {
    if clocks.is_empty() {
        return Ok(());
    }
    let mut query = Statement::new(
        "INSERT INTO clocks (case_id, kind, run, started_millis, pace, amount_millis, extensions, \
         counted_from_millis, left_millis, paused_since_millis, paused_millis, deadline_millis, \
         no_deadline, overdue_millis, stopped_millis, watched) ",
    );
    query.bind_rows(clocks, |row, (case_id, Run { run, clock })| {
        let allowance = clock.allowance.as_ref();
        let watched = match clock.no_deadline {
            Some(_) if clock.stopped_at.is_none() => 2,
            _ => i64::from(clock.is_watched()),
        };
        row.add(case_id.to_string()).add(clock.kind.as_str()).add(*run);
        row.add(clock.started_at.unix_millis());
        row.add(allowance.map(|allowance| allowance.pace.as_str()));
        row.add(allowance.map(|allowance| millis(allowance.amount)));
        row.add(i64::from(clock.extensions)).add(clock.counted_from.unix_millis());
        row.add(millis(clock.left)).add(clock.paused_since.map(WallTime::unix_millis));
        row.add(millis(clock.paused)).add(clock.deadline.map(WallTime::unix_millis));
        row.add(clock.no_deadline.as_deref());
        row.add(clock.overdue_at.map(WallTime::unix_millis));
        row.add(clock.stopped_at.map(WallTime::unix_millis)).add(watched);
    });
    query.push(
        " ON CONFLICT (case_id, kind, run) DO UPDATE SET extensions = excluded.extensions, \
         counted_from_millis = excluded.counted_from_millis, left_millis = excluded.left_millis, \
         paused_since_millis = excluded.paused_since_millis, paused_millis = excluded.paused_millis, \
         deadline_millis = excluded.deadline_millis, no_deadline = excluded.no_deadline, \
         overdue_millis = excluded.overdue_millis, stopped_millis = excluded.stopped_millis, \
         watched = excluded.watched",
    );
    query.execute(tx).await.map(drop)
}

impl HubStore {
    /// Every run of every clock of a case, in the order in which they began.
    pub async fn clocks(&self, case_id: CaseId) -> Result<Vec<Clock>, StoreError> {
        let rows = sqlx::query(SELECT)
            .bind(case_id.to_string())
            .fetch_all(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        let runs = rows.iter().map(|row| run_of(row).map(|run| run.clock));
        runs.collect::<Result<_, _>>().map_err(|error| self.failed(error))
    }

    async fn runs(&self, tx: &mut Tx, case_id: CaseId) -> Result<Vec<Run>, StoreError> {
        let runs = runs_of(tx, &[case_id]).await.map_err(|error| self.failed(error))?;
        Ok(runs.into_values().next().unwrap_or_default())
    }

    /// What a step does to the clocks of its case. `before`: every run of every one of them.
    pub(super) fn moved_clocks(
        &self,
        case: &CaseRow,
        before: &[Run],
        transition: &Transition,
        event: &Event,
        at: WallTime,
    ) -> ClockMoves {
        let notes = matches!(event, Event::Extend { .. } | Event::Overdue(_));
        if !transition.changes_state() && !notes {
            let (deadline, overdue) = (case.deadline, case.overdue);
            return ClockMoves { deadline, overdue, ..ClockMoves::default() };
        }
        let rules = &self.policy.clocks;
        let mut clocks: Vec<Clock> = before.iter().map(|run| run.clock.clone()).collect();
        let mut running = clocks.iter_mut().filter(|clock| clock.stopped_at.is_none());
        match event {
            Event::Extend { .. } => {
                let disposal = running.find(|clock| clock.kind == ClockKind::Disposal);
                disposal.into_iter().for_each(|clock| clock.extend(at, rules));
            }
            Event::Overdue(kind) => {
                let late = running.find(|clock| clock.kind == *kind);
                late.into_iter().for_each(|clock| clock.overdue_at = clock.deadline);
            }
            _ => {
                let (from, to) = (transition.from, transition.to);
                clock::follow(&mut clocks, from, to, timed(case), at, rules);
            }
        }
        let (deadline, overdue) = sum(&clocks);
        let mut put = Vec::new();
        for (index, clock) in clocks.iter().enumerate() {
            match before.get(index) {
                Some(run) if run.clock == *clock => {}
                Some(run) => put.push(Run { run: run.run, clock: clock.clone() }),
                None => {
                    let same = clocks[..index].iter().filter(|other| other.kind == clock.kind);
                    let run = i64::try_from(same.count()).unwrap_or(i64::MAX) + 1;
                    put.push(Run { run, clock: clock.clone() });
                }
            }
        }
        ClockMoves { put, dropped: Vec::new(), deadline, overdue }
    }

    /// Notes each clock that has run out, once: what changed, and which clock it was.
    pub async fn run_out(
        &self,
        now: WallTime,
        limit: u32,
    ) -> Result<Vec<(CaseChange, ClockKind)>, StoreError> {
        let failed = |error| self.failed(error);
        let due = sqlx::query(
            "SELECT case_id, kind FROM clocks WHERE watched = 1 AND deadline_millis <= $1 \
             ORDER BY deadline_millis LIMIT $2",
        )
        .bind(now.unix_millis())
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(failed)?;
        let mut told = Vec::new();
        for row in &due {
            let case_id: CaseId = parsed(row, "case_id").map_err(failed)?;
            let kind: ClockKind = parsed(row, "kind").map_err(failed)?;
            let mut tx = self.begin().await?;
            let runs = self.runs(&mut tx, case_id).await?;
            // It may have stopped since.
            if !runs.iter().any(|run| run.clock.kind == kind && run.clock.runs_out(now)) {
                continue;
            }
            let Some(case) = self.case_in(&mut tx, case_id).await? else { continue };
            let overdue = Decision::new(Event::Overdue(kind), CLOCK, now);
            match self.step(&mut tx, &case, &overdue).await {
                Ok(change) => {
                    self.commit(tx).await?;
                    told.push((change, kind));
                }
                Err(DecideError::Store(error)) => return Err(error),
                Err(error) => tracing::warn!(%case_id, %kind, %error, "a clock ran out unheard"),
            }
        }
        Ok(told)
    }

    /// Suspensions whose time is over end.
    pub async fn end_suspensions(
        &self,
        now: WallTime,
        limit: u32,
    ) -> Result<Vec<CaseChange>, StoreError> {
        let failed = |error| self.failed(error);
        let over: Vec<String> = sqlx::query_scalar(
            "SELECT case_id FROM cases WHERE state = $1 AND suspended_until_millis <= $2 LIMIT $3",
        )
        .bind(State::Suspended.as_str())
        .bind(now.unix_millis())
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(failed)?;
        let mut changes = Vec::new();
        for case_id in over.iter().filter_map(|text| text.parse().ok()) {
            match self.decide(case_id, None, &Decision::new(Event::Resume, CLOCK, now)).await {
                Ok(change) => changes.push(change),
                Err(DecideError::Store(error)) => return Err(error),
                // Somebody was faster.
                Err(error) => tracing::info!(%case_id, %error, "the suspension is over already"),
            }
        }
        Ok(changes)
    }

    /// Names the deadlines that the calendar now reaches; how many.
    pub async fn name_deadlines(&self) -> Result<usize, StoreError> {
        let failed = |error| self.failed(error);
        let waiting: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT case_id FROM clocks WHERE watched = 2")
                .fetch_all(self.database.readers())
                .await
                .map_err(failed)?;
        let mut named = 0;
        for case_id in waiting.iter().filter_map(|text| text.parse::<CaseId>().ok()) {
            let mut tx = self.begin().await?;
            let mut runs = self.runs(&mut tx, case_id).await?;
            let mut put = Vec::new();
            for run in &mut runs {
                if run.clock.no_deadline.is_some() && run.clock.stopped_at.is_none() {
                    run.clock.set_deadline(&self.policy.clocks);
                    named += usize::from(run.clock.deadline.is_some());
                    put.push((case_id, &*run));
                }
            }
            put_clocks(&mut tx, &put).await.map_err(failed)?;
            let clocks: Vec<Clock> = runs.into_iter().map(|run| run.clock).collect();
            let (deadline, overdue) = sum(&clocks);
            sqlx::query("UPDATE cases SET deadline_millis = $1, overdue = $2 WHERE case_id = $3")
                .bind(deadline.map(WallTime::unix_millis))
                .bind(i64::from(overdue))
                .bind(case_id.to_string())
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
            self.commit(tx).await?;
        }
        Ok(named)
    }
}
