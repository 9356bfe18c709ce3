//! Messages for a city's platform: written with the step that they tell of, kept until they arrived.
//!
//! ```text
//! waiting --2xx--> delivered          (dropped a month later)
//!    |-- what it tells of is taken back --> gone (`undo`)
//!    |  '--otherwise--> waiting, later
//!    '--tried for too long--> dead --a person--> waiting
//! ```
//!
//! Messages about one case are sent in the order of its steps: one that waits holds back those after it.
//! A dead one does not, or a platform that refuses one message would hear no more of that case.

use super::{
    HubStore, Tx,
    records::{CaseRow, case_by_id, parsed, time, time_option, to_json},
    statement::Statement,
    steps::Step,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            lifecycle::Transition,
            notice::{Heard, Listener, Notice},
        },
        ids::CaseId,
    },
    drivers::store::StoreError,
};
use sqlx::{Row, any::AnyRow};

const WAITING: i64 = 1;
const DELIVERED: i64 = 0;
const DEAD: i64 = 2;

/// A message to one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `<case>:hub:<version>`: the same for every try and every platform.
    pub message_id: String,
    /// The name of the platform: of a webhook or a view library.
    pub hook: String,
    pub case_id: CaseId,
    pub payload: String,
    pub created_at: WallTime,
    pub tries: u32,
    pub send_at: WallTime,
    pub last_error: Option<String>,
    pub dead_at: Option<WallTime>,
}

fn delivery(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
    Ok(Delivery {
        message_id: row.try_get("message_id")?,
        hook: row.try_get("hook")?,
        case_id: parsed(row, "case_id")?,
        payload: row.try_get("payload")?,
        created_at: time(row, "created_at_millis")?,
        tries: row.try_get::<i64, _>("tries")? as u32,
        send_at: time(row, "send_at_millis")?,
        last_error: row.try_get("last_error")?,
        dead_at: time_option(row, "dead_at_millis")?,
    })
}

/// What the choice of those who hear of a case asks.
fn heard(case: &CaseRow) -> Heard<'_> {
    Heard {
        event_code: &case.event.code,
        complaint: case.external_no.is_some(),
        seen: case.camera.is_some(),
    }
}

impl HubStore {
    /// Whether anybody outside hears of a step of a case.
    pub(super) fn is_told(&self, case: &CaseRow, transition: &Transition) -> bool {
        self.listeners.iter().any(|listener| listener.is_told(transition, heard(case)))
    }

    /// Of a step that was just written, for every platform that is to hear of it.
    pub(super) async fn tell_platforms(
        &self,
        tx: &mut Tx,
        step: &Step<'_>,
    ) -> Result<(), StoreError> {
        if !step.is_told {
            return Ok(());
        }
        let failed = |error| self.failed(error);
        let (case_id, version, told) = (step.case_id, step.version, step.decision);
        let Some(case) = case_by_id(&mut **tx, case_id).await.map_err(failed)? else {
            return Ok(());
        };
        let told_of = |listener: &&Listener| listener.is_told(&step.transition, heard(&case));
        let hearing: Vec<&Listener> = self.listeners.iter().filter(told_of).collect();
        let message_id = format!("{case_id}:{}:{version}", super::HUB_NAME);
        let notice = notice(&case, version, &step.transition, told);
        let subject = case_id.to_string();
        let event = self.cloud_event("case.changed", message_id.clone(), told.at, subject, notice);
        let payload = to_json("payload", &event).map_err(failed)?;
        let waits = step.undoable.as_ref().and_then(|undoable| undoable.told_at);
        let send_at = waits.unwrap_or(told.at);
        let mut query = Statement::new(
            "INSERT INTO deliveries (hook, message_id, case_id, number, payload, state, tries, \
             created_at_millis, send_at_millis) ",
        );
        query.bind_rows(hearing, |row, listener| {
            row.add(listener.name.as_str()).add(message_id.as_str());
            row.add(case_id.to_string()).add(version).add(payload.as_str());
            row.add(WAITING).add(0_i64).add(told.at.unix_millis()).add(send_at.unix_millis());
        });
        query.execute(tx).await.map(drop).map_err(failed)
    }

    /// What may be sent to a platform now, oldest first; no two of one case.
    pub async fn deliveries_due(
        &self,
        hook: &str,
        now: WallTime,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM deliveries d WHERE hook = $1 AND state = $2 AND send_at_millis <= $3 \
               AND NOT EXISTS (SELECT 1 FROM deliveries b WHERE b.hook = d.hook \
                 AND b.case_id = d.case_id AND b.state = $2 AND b.number < d.number) \
             ORDER BY send_at_millis, case_id LIMIT $4",
        )
        .bind(hook)
        .bind(WAITING)
        .bind(now.unix_millis())
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| delivery(row).map_err(|error| self.failed(error))).collect()
    }

    pub async fn delivered(&self, done: &Delivery, at: WallTime) -> Result<(), StoreError> {
        self.note_try(done, DELIVERED, done.send_at, None, Some(at)).await
    }

    /// It failed; again at `again`, or never by itself (`None`).
    pub async fn not_delivered(
        &self,
        failed: &Delivery,
        error: &str,
        again: Option<WallTime>,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let state = if again.is_some() { WAITING } else { DEAD };
        let error = Some(error);
        match again {
            Some(again) => self.note_try(failed, state, again, error, None).await,
            None => self.note_try(failed, state, failed.send_at, error, Some(at)).await,
        }
    }

    async fn note_try(
        &self,
        delivery: &Delivery,
        state: i64,
        send_at: WallTime,
        error: Option<&str>,
        settled_at: Option<WallTime>,
    ) -> Result<(), StoreError> {
        let settled = settled_at.map(WallTime::unix_millis);
        sqlx::query(
            "UPDATE deliveries SET state = $1, tries = tries + 1, send_at_millis = $2, \
             last_error = COALESCE($3, last_error), delivered_at_millis = $4, dead_at_millis = $5 \
             WHERE hook = $6 AND message_id = $7",
        )
        .bind(state)
        .bind(send_at.unix_millis())
        .bind(error)
        .bind(settled.filter(|_| state == DELIVERED))
        .bind(settled.filter(|_| state == DEAD))
        .bind(&delivery.hook)
        .bind(&delivery.message_id)
        .execute(self.database.writer())
        .await
        .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Dead letters, the newest first.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM deliveries WHERE state = $1 ORDER BY dead_at_millis DESC, message_id LIMIT $2",
        )
        .bind(DEAD)
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| delivery(row).map_err(|error| self.failed(error))).collect()
    }

    /// A dead letter is tried again from now on; false if there is no such one.
    pub async fn revive(
        &self,
        hook: &str,
        message_id: &str,
        now: WallTime,
    ) -> Result<bool, StoreError> {
        // Its time begins anew, or one more failure would lay it aside again.
        let revived = sqlx::query(
            "UPDATE deliveries SET state = $1, tries = 0, send_at_millis = $2, \
             created_at_millis = $2, dead_at_millis = NULL \
             WHERE hook = $3 AND message_id = $4 AND state = $5",
        )
        .bind(WAITING)
        .bind(now.unix_millis())
        .bind(hook)
        .bind(message_id)
        .bind(DEAD)
        .execute(self.database.writer())
        .await
        .map_err(|error| self.failed(error))?;
        Ok(revived.rows_affected() == 1)
    }

    /// Forgets what arrived before `before`.
    pub async fn drop_delivered(&self, before: WallTime) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM deliveries WHERE state = $1 AND delivered_at_millis < $2")
            .bind(DELIVERED)
            .bind(before.unix_millis())
            .execute(self.database.writer())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }
}

fn notice(case: &CaseRow, version: i64, transition: &Transition, told: &super::Decision) -> Notice {
    let stage = transition.to.stage(transition.phase);
    Notice {
        case_id: case.case_id,
        version,
        act: transition.on,
        from: transition.from,
        to: transition.to,
        state_zh: transition.to.name_zh(),
        stage,
        stage_zh: stage.name_zh(),
        at: told.at,
        reason: told.event.reason().or(told.reason.as_deref()).map(str::to_owned),
        note: told.note.clone(),
        external_no: case.external_no.clone(),
        source: case.source.clone(),
        event: case.event.clone(),
        place: case.place.clone(),
        priority: case.priority,
        unit: case.unit.clone(),
        deadline: case.deadline,
        overdue: case.overdue,
        rework_count: case.rework_count,
        return_count: case.return_count,
        merged_into: case.merged_into,
    }
}
