//! Figures out of histories: what happened in a span of time, by day, event, camera or hour.
//!
//! Counted are entries of the history in the span, each as its case stands now: an event is the one that the case
//! is now. A decision that was taken back is not counted, nor is its undo.

use super::{
    HubStore,
    list::push_cells,
    records::{parsed, parsed_option},
    statement::Statement,
};
use crate::{
    base::time::{LocalDate, WallTime},
    domain::{
        people::Area,
        statistics::{Entries, Figures},
    },
    drivers::store::StoreError,
};
use sqlx::{Row, any::AnyRow};
use std::collections::BTreeMap;

/// What figures are kept apart by. Days and hours are China's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Days since 1970.
    Day,
    /// 0 to 23.
    Hour,
    /// Hours since Monday's midnight, 0 to 167.
    WeekHour,
    Event,
    /// `<node>/<camera>`; empty for what no camera saw.
    Camera,
    /// The same, a space, the event.
    CameraEvent,
}

impl By {
    fn key(self) -> &'static str {
        match self {
            Self::Day => "CAST((h.at_millis + 28800000) / 86400000 AS TEXT)",
            Self::Hour => "CAST(((h.at_millis + 28800000) / 3600000) % 24 AS TEXT)",
            Self::WeekHour => "CAST(((h.at_millis + 28800000) / 3600000 + 72) % 168 AS TEXT)",
            Self::Event => "c.event_code",
            Self::Camera => "COALESCE(c.node || '/' || c.camera_id, '')",
            Self::CameraEvent => {
                "COALESCE(c.node || '/' || c.camera_id, '') || ' ' || c.event_code"
            }
        }
    }
}

/// `from` is in it, `to` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: WallTime,
    pub to: WallTime,
}

/// What is counted of the entries in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Entries,
    Disposals,
    Overruled,
}

/// How it is asked for.
struct Counting {
    columns: &'static str,
    join: &'static str,
    only: &'static str,
    also_by: &'static str,
}

impl What {
    fn counting(self) -> &'static Counting {
        match self {
            Self::Entries => &ENTRIES,
            Self::Disposals => &DISPOSALS,
            Self::Overruled => &OVERRULED,
        }
    }
}

static ENTRIES: Counting = Counting {
    columns: "h.kind AS kind, h.from_state AS from_state, h.to_state AS to_state, h.reason AS reason, \
        COUNT(*) AS times",
    join: "",
    only: " AND h.kind <> 'undo'",
    also_by: ", h.kind, h.from_state, h.to_state, h.reason",
};
/// Feedback stops the clock of the disposal at its own time.
static DISPOSALS: Counting = Counting {
    columns: "COUNT(*) AS times, COUNT(CASE WHEN k.overdue_millis IS NULL THEN 1 END) AS on_time",
    join: " JOIN clocks k ON k.case_id = h.case_id AND k.kind = 'disposal' \
        AND k.stopped_millis = h.at_millis AND k.amount_millis IS NOT NULL",
    only: " AND h.kind = 'feedback'",
    also_by: "",
};
/// What was taken up again had been closed by the last entry that closed it.
static OVERRULED: Counting = Counting {
    columns: "COUNT(*) AS times",
    join: " JOIN history p ON p.case_id = h.case_id AND p.kind = 'postcheck_verdict' AND p.number = ( \
        SELECT MAX(q.number) FROM history q WHERE q.case_id = h.case_id AND q.number < h.number \
        AND q.to_state = 'CLOSED' AND q.from_state <> 'CLOSED')",
    only: " AND h.kind = 'reopen'",
    also_by: "",
};

fn counted(what: What, by: By, span: Span, area: &Area) -> Statement {
    let counting = what.counting();
    let mut query = Statement::new("");
    push_cells(&mut query, &[("area", area)]);
    query.push("SELECT ").push(by.key()).push(" AS bucket, ").push(counting.columns);
    query.push(" FROM history h JOIN cases c ON c.case_id = h.case_id").push(counting.join);
    query.push(" WHERE h.at_millis >= ").bind(span.from.unix_millis());
    query.push(" AND h.at_millis < ").bind(span.to.unix_millis()).push(counting.only);
    query.push(
        " AND NOT EXISTS (SELECT 1 FROM history u WHERE u.case_id = h.case_id \
         AND u.number = h.number + 1 AND u.kind = 'undo')",
    );
    if !area.is_everywhere() {
        query.push(
            " AND EXISTS (SELECT 1 FROM area WHERE c.spot >= low AND c.spot <= high) \
             AND EXISTS (SELECT 1 FROM area WHERE c.place LIKE begins)",
        );
    }
    query.push(" GROUP BY ").push(by.key()).push(counting.also_by);
    query
}

#[cfg(test)]
pub(super) fn queries(by: By, span: Span, area: &Area) -> [Statement; 3] {
    [What::Entries, What::Disposals, What::Overruled].map(|what| counted(what, by, span, area))
}

impl HubStore {
    /// What happened in a span, in some area; a key of which nothing happened is not there.
    pub async fn figures(
        &self,
        by: By,
        span: Span,
        area: &Area,
    ) -> Result<BTreeMap<String, Figures>, StoreError> {
        let read = async {
            let mut tx = self.database.snapshot().await?;
            let mut found: BTreeMap<String, Figures> = BTreeMap::new();
            for what in [What::Entries, What::Disposals, What::Overruled] {
                for row in &counted(what, by, span, area).fetch_all(&mut tx).await? {
                    let figures = found.entry(row.try_get("bucket")?).or_default();
                    take(figures, what, row)?;
                }
            }
            found.retain(|_, figures| *figures != Figures::default());
            Ok(found)
        };
        read.await.map_err(|error| self.failed(error))
    }
}

impl HubStore {
    /// The figures of a day as they were first told.
    pub async fn digest(&self, day: LocalDate) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT body FROM digests WHERE day = $1")
            .bind(day.to_string())
            .fetch_optional(self.database.readers())
            .await
            .map_err(|error| self.failed(error))
    }

    /// Keeps them, unless somebody was faster; what is kept.
    pub async fn keep_digest(
        &self,
        day: LocalDate,
        body: &str,
        at: WallTime,
    ) -> Result<String, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO digests (day, body, made_millis) VALUES ($1, $2, $3) \
             ON CONFLICT (day) DO NOTHING",
        )
        .bind(day.to_string())
        .bind(body)
        .bind(at.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let kept = sqlx::query_scalar("SELECT body FROM digests WHERE day = $1")
            .bind(day.to_string())
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        self.commit(tx).await?;
        Ok(kept)
    }
}

fn take(figures: &mut Figures, what: What, row: &AnyRow) -> Result<(), sqlx::Error> {
    let times: i64 = row.try_get("times")?;
    match what {
        What::Entries => {
            let reason: Option<String> = row.try_get("reason")?;
            figures.count(Entries {
                kind: parsed(row, "kind")?,
                from: parsed_option(row, "from_state")?,
                to: parsed(row, "to_state")?,
                reason: reason.as_deref(),
                count: times,
            });
        }
        What::Disposals => {
            figures.disposed += times;
            figures.on_time += row.try_get::<i64, _>("on_time")?;
        }
        What::Overruled => figures.overruled += times,
    }
    Ok(())
}
