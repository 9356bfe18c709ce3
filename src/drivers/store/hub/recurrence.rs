//! What places have had before: looked up once, when cases are opened there.

use super::{
    HubStore, Tx,
    records::{CaseRow, json, parsed, parsed_option, time, time_option},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            across_nodes::{Thing, apart_in_space},
            lifecycle::State,
            recurrence::{Earlier, Recurrence, SPAN, cells_around, is_near},
            same_place::{one_place, search_cell},
        },
        grid::GridCell,
        ids::{CaseId, PatternId},
        wire::{CaseFactData, PlaceData},
    },
};
use sqlx::Row;
use std::collections::{HashMap, HashSet};

/// Cases of one cell that a look-up reads; a spot with more is stubborn anyway.
const EARLIER_MAX: i64 = 512;

/// A case that was there before.
#[derive(Debug, Clone)]
pub(super) struct Past {
    case_id: CaseId,
    state: State,
    pattern: Option<PatternId>,
    place: PlaceData,
    component_id: Option<String>,
    received_at: WallTime,
    closed_at: Option<WallTime>,
}

/// What places have had before, by event code and cell.
#[derive(Default)]
pub(super) struct Pasts(HashMap<(String, GridCell), Vec<Past>>);

impl Pasts {
    /// Of the places and events of some new cases, the latest first.
    pub async fn of(
        tx: &mut Tx,
        new: &[(&PlaceData, &str)],
        at: WallTime,
    ) -> Result<Self, sqlx::Error> {
        // The grid has no cell of a place that is none.
        let placed: Vec<_> =
            new.iter().copied().filter(|new| search_cell(new.0).is_some()).collect();
        if placed.is_empty() {
            return Ok(Self::default());
        }
        let query = before(placed, at);
        let mut pasts = Self::default();
        for row in query.fetch_all(tx).await? {
            let past = Past {
                case_id: parsed(&row, "case_id")?,
                state: parsed(&row, "state")?,
                pattern: parsed_option(&row, "pattern_id")?,
                place: json(&row, "place")?,
                component_id: row.try_get("component_id")?,
                received_at: time(&row, "received_at_millis")?,
                closed_at: time_option(&row, "closed_at_millis")?,
            };
            pasts.push(row.try_get("event_code")?, past);
        }
        Ok(pasts)
    }

    /// A case that was just opened is of the past of the next.
    pub fn add(&mut self, case: &CaseRow) {
        let Some(place) = case.place.clone() else { return };
        let past = Past {
            case_id: case.case_id,
            state: case.state,
            pattern: case.pattern.as_ref().map(|pattern| pattern.id.clone()),
            place,
            component_id: case.component_id.clone(),
            received_at: case.received_at,
            closed_at: None,
        };
        self.push(case.event.code.clone(), past);
    }

    fn push(&mut self, event_code: String, past: Past) {
        let Some(cell) = search_cell(&past.place) else { return };
        self.0.entry((event_code, cell)).or_default().push(past);
    }
}

/// Cases of an event about a place in the last 30 days, for each of some.
pub(super) fn before<'p>(
    new: impl IntoIterator<Item = (&'p PlaceData, &'p str)>,
    at: WallTime,
) -> Statement {
    let pairs: HashSet<(GridCell, &str)> = new
        .into_iter()
        .flat_map(|(place, code)| cells_around(place).into_iter().map(move |cell| (cell, code)))
        .collect();
    let mut query = Statement::new(
        "SELECT * FROM (SELECT c.case_id, c.state, c.event_code, c.pattern_id, c.place, \
           c.component_id, c.received_at_millis, c.closed_at_millis, ROW_NUMBER() OVER ( \
             PARTITION BY c.spot, c.event_code ORDER BY c.received_at_millis DESC) AS lately \
         FROM (",
    );
    query.bind_rows(pairs, |row, (cell, code)| {
        row.add(cell.code().to_string()).add(code);
    });
    query.push(
        ") AS v JOIN cases c ON c.spot = v.column1 AND c.event_code = v.column2 \
         WHERE c.received_at_millis >= ",
    );
    query.bind(at.minus(SPAN).unix_millis());
    query.push(" AND c.state NOT IN (").bind(State::Rejected.as_str());
    query.push(", ").bind(State::Merged.as_str());
    query.push(")) AS past WHERE lately <= ").bind(EARLIER_MAX);
    query
}

impl HubStore {
    /// Writes down on a new case what its place has had before. `picture`: of one that an edge opens. The
    /// closed case that it may show to be not done.
    pub(super) fn recall(
        &self,
        case: &mut CaseRow,
        picture: Option<&CaseFactData>,
        pasts: &Pasts,
    ) -> Option<CaseId> {
        let place = case.place.as_ref()?;
        let pattern = case.pattern.as_ref().map(|pattern| &pattern.id);
        let around = cells_around(place).into_iter();
        let earlier: Vec<Earlier> = around
            .filter_map(|cell| pasts.0.get(&(case.event.code.clone(), cell)))
            .flatten()
            .filter(|past| past.case_id != case.case_id && past.received_at <= case.received_at)
            .filter(|past| is_near(place, &past.place))
            .map(|past| past.earlier(place, pattern, picture))
            .collect();
        let window = self.policy.clocks.reopen_within(&case.event.code);
        let (seen_at, now) = (case.first_seen_at, case.received_at);
        let found = Recurrence::of(place, seen_at, now, window, &earlier);
        case.reopens = found.reopens;
        case.recurrence_of = found.recurrence_of;
        case.cases_30d = i64::from(found.cases);
        case.days_30d = i64::from(found.days);
        found.reopens
    }
}

impl Past {
    fn earlier(
        &self,
        place: &PlaceData,
        pattern: Option<&PatternId>,
        picture: Option<&CaseFactData>,
    ) -> Earlier {
        let same_thing = match (picture, &self.pattern) {
            (Some(picture), Some(pattern)) => {
                let component_id = self.component_id.as_deref();
                let known = Thing { pattern, place: Some(&self.place), component_id };
                apart_in_space(picture, &known).is_some()
            }
            // A complaint knows its place to some metres at best.
            (None, known) => {
                known.as_ref() == pattern && one_place(place, &self.place, true).is_some()
            }
            (Some(_), None) => false,
        };
        Earlier {
            case_id: self.case_id,
            opened_at: self.received_at,
            closed_at: self.closed_at.filter(|_| self.state == State::Closed),
            place: self.place.clone(),
            same_thing,
        }
    }
}
