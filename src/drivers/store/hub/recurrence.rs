//! What a place has had before: looked up once, when a case is opened.

use super::{
    CaseChange, HubStore, Tx,
    merges::candidate,
    records::{CaseRow, case_row},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            across_nodes::apart_in_space,
            lifecycle::State,
            recurrence::{Earlier, Recurrence, SPAN, cells_around},
            same_place::{one_place, search_cell},
        },
        ids::{CaseId, PatternId},
        wire::{CaseFactData, PlaceData},
    },
    drivers::store::StoreError,
};

/// Cases that one look-up reads; a spot with more is stubborn anyway.
const EARLIER_MAX: u32 = 512;

/// A case that was just opened.
pub(super) struct Opened<'c> {
    pub case_id: CaseId,
    pub event_code: &'c str,
    pub pattern: Option<&'c PatternId>,
    pub place: Option<&'c PlaceData>,
    pub first_seen_at: WallTime,
    /// Of one that an edge opened.
    pub picture: Option<&'c CaseFactData>,
}

impl HubStore {
    /// Writes down on it what its place has had before. The change of a closed case that it may show to be
    /// not done.
    pub(super) async fn recall(
        &self,
        tx: &mut Tx,
        new: &Opened<'_>,
        at: WallTime,
    ) -> Result<Option<CaseChange>, StoreError> {
        let failed = |error| self.failed(error);
        let Some(place) = new.place else { return Ok(None) };
        let Some(centre) = search_cell(place) else { return Ok(None) };
        let mut query = Statement::new("SELECT * FROM cases WHERE spot IN ");
        query.bind_list(cells_around(centre).into_iter().map(|cell| cell.code().to_string()));
        query.push(" AND event_code = ").bind(new.event_code.to_owned());
        query.push(" AND received_at_millis >= ").bind(at.minus(SPAN).unix_millis());
        query.push(" AND case_id <> ").bind(new.case_id.to_string());
        query.push(" AND state NOT IN (").bind(State::Rejected.as_str());
        query.push(", ").bind(State::Merged.as_str());
        query.push(") ORDER BY received_at_millis DESC LIMIT ").bind(i64::from(EARLIER_MAX));
        let rows = query.query().map_err(failed)?.fetch_all(&mut **tx).await.map_err(failed)?;
        let mut earlier = Vec::new();
        for row in &rows {
            earlier.extend(earlier_of(case_row(row).map_err(failed)?, new, place));
        }
        let window = self.policy.clocks.reopen_within(new.event_code);
        let found = Recurrence::of(place, new.first_seen_at, at, window, &earlier);
        sqlx::query(
            "UPDATE cases SET spot = $1, reopens = $2, recurrence_of = $3, cases_30d = $4, \
             days_30d = $5 WHERE case_id = $6",
        )
        .bind(centre.code().to_string())
        .bind(found.reopens.map(|case_id| case_id.to_string()))
        .bind(found.recurrence_of.map(|case_id| case_id.to_string()))
        .bind(i64::from(found.cases))
        .bind(i64::from(found.days))
        .bind(new.case_id.to_string())
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        let Some(closed) = found.reopens else { return Ok(None) };
        let why = Some(new.case_id.to_string());
        self.propose_reopening(tx, closed, new.first_seen_at, why, at).await
    }
}

fn earlier_of(other: CaseRow, new: &Opened<'_>, place: &PlaceData) -> Option<Earlier> {
    let same_thing = match (new.picture, candidate(&other, &[])) {
        (Some(picture), Some(known)) => apart_in_space(picture, &known).is_some(),
        // A complaint knows its place to some metres at best.
        (None, _) => {
            let pattern = other.pattern.as_ref().map(|pattern| &pattern.id);
            pattern == new.pattern && one_place(place, other.place.as_ref()?, true).is_some()
        }
        _ => false,
    };
    Some(Earlier {
        case_id: other.case_id,
        opened_at: other.received_at,
        closed_at: other.closed_at.filter(|_| other.state == State::Closed),
        place: other.place?,
        same_thing,
    })
}
