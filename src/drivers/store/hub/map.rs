//! Cases by cell, for the map: how many are open where, and where they come back.

use super::{HubStore, list::push_cells, statement::Statement};
use crate::{
    base::time::WallTime,
    domain::{case::lifecycle::State, grid::Level, people::Area},
    drivers::store::StoreError,
};
use sqlx::Row;

/// Which cases a map counts.
#[derive(Debug, Clone, PartialEq)]
pub struct MapFilter {
    pub level: Level,
    pub states: Vec<State>,
    pub event_code: Option<String>,
    /// Only cases whose place lies here, and in the area of whoever asks.
    pub within: Area,
    pub area: Area,
}

/// How many cases a cell has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellCount {
    /// Of the level that was asked for; shorter where a place is known less well than that.
    pub code: String,
    pub cases: i64,
    pub urgent: i64,
    pub overdue: i64,
    pub suspected: i64,
}

/// A spot that has had one event again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HotSpot {
    pub code: String,
    pub event_code: String,
    /// As many as it had within 30 days, at its worst, and on how many of them.
    pub cases_30d: i64,
    pub days_30d: i64,
    pub last_at: WallTime,
}

/// The code of the cell that a case lies in. A place is stored as it begins: with its code.
fn code_at(level: Level) -> &'static str {
    match level {
        Level::One => "substr(spot, 1, 4)",
        Level::Two => "substr(spot, 1, 6)",
        Level::Three => "substr(spot, 1, 7)",
        Level::Four => "substr(spot, 1, 9)",
        Level::Five => "substr(spot, 1, 11)",
        Level::Six => "spot",
        Level::Seven => "substr(place, 13, 14)",
        Level::Eight => "substr(place, 13, 16)",
        Level::Nine => "substr(place, 13, 18)",
        Level::Ten => "substr(place, 13, 20)",
    }
}

const IN_AREA: &str = " AND EXISTS (SELECT 1 FROM area WHERE spot >= low AND spot <= high) \
     AND EXISTS (SELECT 1 FROM area WHERE place LIKE begins)";

pub(super) fn counted(filter: &MapFilter, limit: u32) -> Statement {
    let mut query = Statement::new("");
    push_cells(&mut query, &[("area", &filter.area), ("wanted", &filter.within)]);
    query.push(
        "SELECT code, COUNT(*) AS cases, COUNT(CASE WHEN urgency = 0 THEN 1 END) AS urgent, \
         COUNT(CASE WHEN overdue = 1 THEN 1 END) AS overdue, \
         COUNT(CASE WHEN suspected = 1 THEN 1 END) AS suspected FROM (",
    );
    for (number, state) in filter.states.iter().enumerate() {
        query.push(if number > 0 { " UNION ALL SELECT " } else { "SELECT " });
        query.push(code_at(filter.level)).push(" AS code, urgency, overdue, suspected FROM ");
        query.push(match filter.within.is_everywhere() {
            true => "cases WHERE spot IS NOT NULL AND state = ",
            // CROSS: cell by cell; SQLite might go through all cases of a state.
            false => "wanted CROSS JOIN cases WHERE spot >= low AND spot <= high AND state = ",
        });
        query.bind(state.as_str());
        if let Some(code) = &filter.event_code {
            query.push(" AND event_code = ").bind(code.as_str());
        }
        if !filter.area.is_everywhere() {
            query.push(IN_AREA);
        }
    }
    query.push(") AS placed GROUP BY code ORDER BY COUNT(*) DESC, code LIMIT ");
    query.bind(i64::from(limit));
    query
}

impl HubStore {
    /// Cells with cases, those with most first. No state: nothing.
    pub async fn cells(
        &self,
        filter: &MapFilter,
        limit: u32,
    ) -> Result<Vec<CellCount>, StoreError> {
        if filter.states.is_empty() {
            return Ok(Vec::new());
        }
        let read = async {
            let mut reader = self.database.reader().await?;
            let rows = counted(filter, limit).fetch_all(&mut reader).await?;
            rows.iter()
                .map(|row| {
                    let code: String = row.try_get("code")?;
                    // What follows a code that ends early.
                    let code = code.split('"').next().unwrap_or_default().to_owned();
                    Ok(CellCount {
                        code,
                        cases: row.try_get("cases")?,
                        urgent: row.try_get("urgent")?,
                        overdue: row.try_get("overdue")?,
                        suspected: row.try_get("suspected")?,
                    })
                })
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// Spots that had an event three times or more within 30 days, by a case that came since; the worst first.
    pub async fn hot_spots(
        &self,
        area: &Area,
        since: WallTime,
        limit: u32,
    ) -> Result<Vec<HotSpot>, StoreError> {
        let read = async {
            let mut reader = self.database.reader().await?;
            let rows = recurring(area, since, limit).fetch_all(&mut reader).await?;
            rows.iter()
                .map(|row| {
                    Ok(HotSpot {
                        code: row.try_get("hot_spot")?,
                        event_code: row.try_get("hot_event")?,
                        cases_30d: row.try_get("most")?,
                        days_30d: row.try_get("days")?,
                        last_at: WallTime::from_unix_millis(row.try_get("last_at")?),
                    })
                })
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }
}

/// The condition on how often is that of its index, word for word.
pub(super) fn recurring(area: &Area, since: WallTime, limit: u32) -> Statement {
    let mut query = Statement::new("");
    push_cells(&mut query, &[("area", area)]);
    query.push(
        "SELECT MAX(spot) AS hot_spot, MAX(event_code) AS hot_event, MAX(cases_30d) AS most, \
         MAX(days_30d) AS days, MAX(received_at_millis) AS last_at \
         FROM cases WHERE cases_30d >= 3 AND received_at_millis >= ",
    );
    query.bind(since.unix_millis());
    query.push(" AND state NOT IN ('REJECTED', 'MERGED')");
    if !area.is_everywhere() {
        query.push(IN_AREA);
    }
    // By both as one: in their order as two there is an index, of all that ever was.
    query.push(
        " GROUP BY spot || ' ' || event_code HAVING MAX(spot) IS NOT NULL \
         ORDER BY MAX(cases_30d) DESC, MAX(spot), MAX(event_code) LIMIT ",
    );
    query.bind(i64::from(limit));
    query
}
