//! The clocks of a case: kept with each transition, watched for those that run out.
//!
//! Invariants: a clock changes only in the transaction of the transition that changes it, or of the note
//! that it has run out; `cases.deadline_millis` and `cases.overdue` are those of the clocks that run.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    records::{CaseRow, parsed, parsed_option, time, time_option},
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
use sqlx::{Row, any::AnyRow};
use std::time::Duration;

/// Who lets a clock run out, and ends a suspension.
const CLOCK: &str = "auto:clock";
const SELECT: &str = "SELECT * FROM clocks WHERE case_id = $1 ORDER BY started_millis, kind, run";

/// A clock with the number of its run, which is its place in the register.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    run: i64,
    clock: Clock,
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

pub(super) fn timed(case: &CaseRow) -> Timed<'_> {
    Timed { code: &case.event.code, priority: case.priority }
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
        let rows = sqlx::query(SELECT)
            .bind(case_id.to_string())
            .fetch_all(&mut **tx)
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter().map(run_of).collect::<Result<_, _>>().map_err(|error| self.failed(error))
    }

    pub(super) async fn may_extend(&self, tx: &mut Tx, case: CaseId) -> Result<bool, StoreError> {
        let runs = self.runs(tx, case).await?;
        let running = |run: &&Run| run.clock.stopped_at.is_none();
        let mut disposal =
            runs.iter().filter(running).filter(|run| run.clock.kind == ClockKind::Disposal);
        Ok(disposal.any(|run| run.clock.may_extend()))
    }

    /// What a transition does to the clocks.
    pub(super) async fn move_clocks(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        timed: Timed<'_>,
        transition: &Transition,
        event: &Event,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let notes = matches!(event, Event::Extend { .. } | Event::Overdue(_));
        if !transition.changes_state() && !notes {
            return Ok(());
        }
        let rules = &self.policy.clocks;
        // A case that was not there yet has none.
        let before = match transition.from {
            Some(_) => self.runs(tx, case_id).await?,
            None => Vec::new(),
        };
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
            _ => clock::follow(&mut clocks, transition.from, transition.to, timed, at, rules),
        }
        for (index, clock) in clocks.iter().enumerate() {
            match before.get(index) {
                Some(run) if run.clock == *clock => {}
                Some(run) => self.put_clock(tx, case_id, run.run, clock).await?,
                None => {
                    let same = clocks[..index].iter().filter(|other| other.kind == clock.kind);
                    let run = i64::try_from(same.count()).unwrap_or(i64::MAX) + 1;
                    self.put_clock(tx, case_id, run, clock).await?;
                }
            }
        }
        self.sum_up(tx, case_id, &clocks).await
    }

    async fn sum_up(&self, tx: &mut Tx, case: CaseId, clocks: &[Clock]) -> Result<(), StoreError> {
        let running = || clocks.iter().filter(|clock| clock.stopped_at.is_none());
        let deadline = running().filter_map(|clock| clock.deadline).min();
        let overdue = running().any(|clock| clock.overdue_at.is_some());
        sqlx::query("UPDATE cases SET deadline_millis = $1, overdue = $2 WHERE case_id = $3")
            .bind(deadline.map(WallTime::unix_millis))
            .bind(i64::from(overdue))
            .bind(case.to_string())
            .execute(&mut **tx)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    async fn put_clock(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        run: i64,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let watched = match clock.no_deadline {
            Some(_) if clock.stopped_at.is_none() => 2,
            _ => i64::from(clock.is_watched()),
        };
        sqlx::query(
            "INSERT INTO clocks (case_id, kind, run, started_millis, pace, amount_millis, extensions, \
             counted_from_millis, left_millis, paused_since_millis, paused_millis, deadline_millis, \
             no_deadline, overdue_millis, stopped_millis, watched) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
             ON CONFLICT (case_id, kind, run) DO UPDATE SET extensions = excluded.extensions, \
             counted_from_millis = excluded.counted_from_millis, left_millis = excluded.left_millis, \
             paused_since_millis = excluded.paused_since_millis, paused_millis = excluded.paused_millis, \
             deadline_millis = excluded.deadline_millis, no_deadline = excluded.no_deadline, \
             overdue_millis = excluded.overdue_millis, stopped_millis = excluded.stopped_millis, \
             watched = excluded.watched",
        )
        .bind(case_id.to_string())
        .bind(clock.kind.as_str())
        .bind(run)
        .bind(clock.started_at.unix_millis())
        .bind(clock.allowance.map(|allowance| allowance.pace.as_str()))
        .bind(clock.allowance.map(|allowance| millis(allowance.amount)))
        .bind(i64::from(clock.extensions))
        .bind(clock.counted_from.unix_millis())
        .bind(millis(clock.left))
        .bind(clock.paused_since.map(WallTime::unix_millis))
        .bind(millis(clock.paused))
        .bind(clock.deadline.map(WallTime::unix_millis))
        .bind(clock.no_deadline.as_deref())
        .bind(clock.overdue_at.map(WallTime::unix_millis))
        .bind(clock.stopped_at.map(WallTime::unix_millis))
        .bind(watched)
        .execute(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(())
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
            for Run { run, clock } in &mut runs {
                if clock.no_deadline.is_none() || clock.stopped_at.is_some() {
                    continue;
                }
                clock.set_deadline(&self.policy.clocks);
                named += usize::from(clock.deadline.is_some());
                self.put_clock(&mut tx, case_id, *run, clock).await?;
            }
            let clocks: Vec<Clock> = runs.into_iter().map(|run| run.clock).collect();
            self.sum_up(&mut tx, case_id, &clocks).await?;
            self.commit(tx).await?;
        }
        Ok(named)
    }
}
