//! The queue: pages of cases by state, camera, event, source and place, urgent first, then what is due first.
//!
//! ```text
//! some cells? -- their cases of each state, if few --> their ids
//! somebody's? -- by the index of whom cases are with --> their ids
//! each state, each urgency -- the index in the order of the page --> its first few
//! all of these --> sorted --> the first few of all
//! ```
//!
//! So a page costs the same whatever number of cases there is: each piece is read in the order of an
//! index and stops at the length of a page. Where cells hold many cases of a state, the next of them
//! in that order is not far.
//!
//! A case without a deadline comes after those that have one, and of two that are equal in all this the one
//! that was opened later comes first: its id says so.

use super::{
    HubStore,
    records::{CaseRow, case_row, urgency},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{lifecycle::State, same_place::SEARCH_LEVEL},
        ids::{CameraId, CaseId},
        people::Area,
        wire::Priority,
    },
    drivers::store::StoreError,
};
use sqlx::{Row, any::AnyRow};
use std::{collections::HashMap, fmt, str::FromStr};

/// What a queue shows. Empty `states`: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    pub states: Vec<State>,
    pub camera: Option<CameraId>,
    pub event_code: Option<String>,
    pub source: Option<String>,
    /// Only cases whose place lies here.
    pub within: Area,
    /// Only cases whose place lies in it, and those that `viewer` is to look at wherever they lie.
    pub area: Area,
    pub viewer: Option<String>,
    /// Only cases that are with this one of the grid's staff.
    pub assignee: Option<String>,
}

/// The last case of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub urgency: i64,
    pub deadline: Option<WallTime>,
    pub case_id: CaseId,
}

impl Cursor {
    pub fn after(case: &CaseRow) -> Self {
        Self { urgency: urgency(case.priority), deadline: case.deadline, case_id: case.case_id }
    }

    fn due_millis(&self) -> i64 {
        self.deadline.map_or(NEVER, WallTime::unix_millis)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.deadline {
            Some(deadline) => write!(f, "{}.{}.", self.urgency, deadline.unix_millis())?,
            None => write!(f, "{}.-.", self.urgency)?,
        }
        write!(f, "{}", self.case_id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use next_cursor of the page before, unchanged")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(BadCursor);
        Ok(Self {
            urgency: part()?.parse().map_err(|_| BadCursor)?,
            deadline: match part()? {
                "-" => None,
                millis => Some(WallTime::from_unix_millis(millis.parse().map_err(|_| BadCursor)?)),
            },
            case_id: part()?.parse().map_err(|_| BadCursor)?,
        })
    }
}

/// Of a case without a deadline.
const NEVER: i64 = i64::MAX;
/// When a case is due, word for word as the indexes of the queue have it.
const DUE: &str = "COALESCE(deadline_millis, 9223372036854775807)";
/// Most cases; the index by source is of all others.
const VIDEO: &str = "video";

/// A complete, masked picture; the annotated one if there is.
pub(super) const THUMBNAIL: &str = "(SELECT c.sha256 FROM case_evidence c JOIN evidence e ON e.sha256 = c.sha256 \
     WHERE c.case_id = cases.case_id AND e.complete = 1 AND c.masked = 1 AND c.media_type LIKE 'image/%' \
     ORDER BY CASE c.role WHEN 'annotated' THEN 0 WHEN 'snapshot' THEN 1 WHEN 'before' THEN 2 ELSE 3 END \
     LIMIT 1) AS thumbnail";

/// What a place is stored as begins with its code, and an area holds what its own codes begin.
const PLACE_BEGINS: &str = "{\"code_2d\":\"";
/// Cases of an area and a state that are sorted by themselves; more are met soon enough on the way.
const FEW: usize = 2_000;
/// Follows whatever a cell's code goes on with, in the order of any collation.
const LAST_SIGNS: &str = "ZZZZZZZZZZZZZZZZ";

impl HubStore {
    /// At most `limit` cases after `cursor`.
    pub async fn cases(
        &self,
        filter: &CaseFilter,
        cursor: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let read = async {
            let few = match (&filter.assignee, filter.within.is_everywhere()) {
                (Some(assignee), _) => self.few_with(assignee, filter).await?,
                (None, false) => self.few_in(&filter.within, filter).await?,
                (None, true) if filter.area.is_everywhere() => HashMap::new(),
                (None, true) => self.few_in_area(filter).await?,
            };
            let query = page(filter, cursor, limit, &few);
            let rows = query.fetch_all(&mut *self.database.reader().await?).await?;
            rows.iter().map(case_row).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// The cases of some cells in each state that has few of them there.
    async fn few_in(
        &self,
        cells: &Area,
        filter: &CaseFilter,
    ) -> Result<HashMap<String, Vec<String>>, sqlx::Error> {
        let mut query = Statement::new("");
        push_cells(&mut query, &[("area", cells)]);
        for (number, state) in states(filter).iter().enumerate() {
            query.push(if number > 0 { " UNION ALL " } else { "" });
            // CROSS: cell by cell. SQLite would go through all cases of a state for each but the first.
            query.push("SELECT * FROM (SELECT state, case_id FROM area CROSS JOIN cases ");
            query.push("WHERE spot >= low AND spot <= high AND state = ").bind(state.as_str());
            query.push(" LIMIT ").bind(FEW as i64 + 1).push(") AS of_state");
        }
        let rows = query.fetch_all(&mut *self.database.reader().await?).await?;
        let mut found = by_state(filter, &rows)?;
        found.retain(|_, cases| cases.len() <= FEW);
        Ok(found)
    }

    /// The same of whoever asks, with what they are to look at elsewhere.
    async fn few_in_area(
        &self,
        filter: &CaseFilter,
    ) -> Result<HashMap<String, Vec<String>>, sqlx::Error> {
        let mut found = self.few_in(&filter.area, filter).await?;
        if let Some(viewer) = &filter.viewer {
            for (state, own) in self.few_with(viewer, filter).await? {
                // Where there are many, they are met on the way.
                if let Some(cases) = found.get_mut(&state) {
                    cases.extend(own);
                }
            }
        }
        Ok(found)
    }

    /// The cases that one of the grid's staff is to look at, by state; none where they are too many.
    async fn few_with(
        &self,
        assignee: &str,
        filter: &CaseFilter,
    ) -> Result<HashMap<String, Vec<String>>, sqlx::Error> {
        let rows = sqlx::query("SELECT state, case_id FROM cases WHERE assignee = $1 LIMIT $2")
            .bind(assignee)
            .bind(FEW as i64 + 1)
            .fetch_all(self.database.readers())
            .await?;
        if rows.len() > FEW {
            return Ok(HashMap::new());
        }
        by_state(filter, &rows)
    }
}

/// `few`: of each state that has not many such cases, all that may be shown.
pub(super) fn page(
    filter: &CaseFilter,
    cursor: Option<Cursor>,
    limit: u32,
    few: &HashMap<String, Vec<String>>,
) -> Statement {
    let mut query = Statement::new("");
    push_cells(&mut query, &[("area", &filter.area), ("wanted", &filter.within)]);
    query
        .push("SELECT cases.*, ")
        .push(THUMBNAIL)
        .push(" FROM cases WHERE case_id IN (SELECT case_id FROM (SELECT case_id, urgency, ")
        .push(DUE)
        .push(" AS due FROM cases WHERE case_id IN ");
    query.bind_list(few.values().flatten());
    push_filter(&mut query, filter);
    for state in states(filter).iter().filter(|state| !few.contains_key(state.as_str())) {
        for urgency in [Priority::Urgent, Priority::Normal, Priority::Low].map(urgency) {
            push_piece(&mut query, filter, cursor, *state, urgency, limit);
        }
    }
    query.push(") AS pieces WHERE 1 = 1");
    push_after(&mut query, cursor);
    push_order(&mut query, "due", limit);
    query.push(")");
    push_order(&mut query, DUE, limit);
    query
}

/// Ids of cases by state: each state that is asked for, and no other.
fn by_state(
    filter: &CaseFilter,
    rows: &[AnyRow],
) -> Result<HashMap<String, Vec<String>>, sqlx::Error> {
    let mut found: HashMap<String, Vec<String>> =
        states(filter).iter().map(|state| (state.as_str().to_owned(), vec![])).collect();
    for row in rows {
        if let Some(cases) = found.get_mut(row.try_get::<&str, _>("state")?) {
            cases.push(row.try_get("case_id")?);
        }
    }
    Ok(found)
}

fn states(filter: &CaseFilter) -> &[State] {
    if filter.states.is_empty() { State::ALL } else { &filter.states }
}

/// The first cases of one state and urgency, in the order of an index.
fn push_piece(
    query: &mut Statement,
    filter: &CaseFilter,
    cursor: Option<Cursor>,
    state: State,
    urgency: i64,
    limit: u32,
) {
    if cursor.is_some_and(|cursor| urgency < cursor.urgency) {
        return;
    }
    query.push(" UNION ALL SELECT * FROM (SELECT case_id, urgency, ").push(DUE);
    query.push(" AS due FROM cases WHERE state = ");
    query.bind(state.as_str()).push(" AND urgency = ").bind(urgency);
    push_filter(query, filter);
    if let Some(cursor) = cursor.filter(|cursor| cursor.urgency == urgency) {
        let (due, id) = (cursor.due_millis(), cursor.case_id.to_string());
        query.push(" AND ").push(DUE).push(" >= ").bind(due);
        query.push(" AND (").push(DUE).push(" > ").bind(due);
        query.push(" OR case_id < ").bind(id).push(")");
    }
    query.push(" ORDER BY ").push(DUE).push(", case_id DESC LIMIT ").bind(i64::from(limit));
    query.push(") AS piece");
}

fn push_filter(query: &mut Statement, filter: &CaseFilter) {
    if let Some(camera) = &filter.camera {
        query.push(" AND camera_id = ").bind(camera.as_str());
    }
    if let Some(code) = &filter.event_code {
        query.push(" AND event_code = ").bind(code.as_str());
    }
    if let Some(source) = &filter.source {
        query.push(" AND source = ").bind(source.as_str());
        if source != VIDEO {
            query.push(" AND source <> 'video'");
        }
    }
    if let Some(assignee) = &filter.assignee {
        query.push(" AND assignee = ").bind(assignee.as_str());
    }
    if !filter.within.is_everywhere() {
        query.push(
            " AND EXISTS (SELECT 1 FROM wanted WHERE spot >= low AND spot <= high) \
              AND EXISTS (SELECT 1 FROM wanted WHERE place LIKE begins)",
        );
    }
    if !filter.area.is_everywhere() {
        query.push(
            " AND (EXISTS (SELECT 1 FROM area WHERE spot >= low AND spot <= high) \
              AND EXISTS (SELECT 1 FROM area WHERE place LIKE begins)",
        );
        if let Some(viewer) = &filter.viewer {
            query.push(" OR assignee = ").bind(viewer.as_str());
        }
        query.push(")");
    }
}

/// Tables of cells, by which the rest of the query asks: from where to where the spot of a case in them lies,
/// and how its place begins.
pub(super) fn push_cells(query: &mut Statement, tables: &[(&'static str, &Area)]) {
    let bounded = tables.iter().filter(|(_, cells)| !cells.is_everywhere());
    for (number, (name, cells)) in bounded.enumerate() {
        query.push(if number > 0 { ", " } else { "WITH " }).push(name);
        query.push("(low, high, begins) AS (");
        query.bind_rows(cells.cells(), |row, cell| {
            let code = cell.code().to_string();
            // No code has a sign that LIKE reads otherwise.
            let begins = format!("{PLACE_BEGINS}{code}%");
            // A cell finer than a spot lies in one.
            let spot = cell.ancestor(SEARCH_LEVEL).map(|spot| spot.code().to_string());
            let high = spot.clone().unwrap_or_else(|| format!("{code}{LAST_SIGNS}"));
            row.add(spot.unwrap_or(code)).add(high).add(begins);
        });
        query.push(") ");
    }
}

fn push_after(query: &mut Statement, cursor: Option<Cursor>) {
    let Some(cursor) = cursor else { return };
    let (due, id) = (cursor.due_millis(), cursor.case_id.to_string());
    query.push(" AND (urgency > ").bind(cursor.urgency);
    query.push(" OR (urgency = ").bind(cursor.urgency);
    query.push(" AND (due > ").bind(due);
    query.push(" OR (due = ").bind(due);
    query.push(" AND case_id < ").bind(id).push("))))");
}

fn push_order(query: &mut Statement, due: &'static str, limit: u32) {
    query.push(" ORDER BY urgency, ").push(due).push(", case_id DESC LIMIT ");
    query.bind(i64::from(limit));
}
