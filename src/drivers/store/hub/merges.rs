//! One thing that cameras of several nodes see: cases merged into one, their master.
//!
//! ```text
//! edge-1 opens a --> PENDING_REVIEW
//! edge-2 opens b --> near, same pattern, same time: MERGED into a (auto:same_place)
//! edge-1: a gone --> a note: edge-2 still sees it
//! edge-2: b gone --> a VANISHED: nobody sees it any more
//! ```
//!
//! Invariants
//! - `merged_into` is set exactly while a case is MERGED. It names the master, which may have been
//!   merged itself since: a tree. A merged case takes in nothing, so there is no cycle.
//! - Both cases keep it in their history, each naming the other in its note.
//! - Nothing merges with a case that is done with: what comes back later is a case of its own.
//!
//! A merged case stays its edge's own: its facts are kept under its id, its pictures stay with it.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    records::{CaseRow, case_row, parsed, parsed_option},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            across_nodes::{Candidate, Thing, apart_in_space, known_as},
            clearance::Sight,
            lifecycle::{Event, State},
            same_place::search_cell,
        },
        grid::GridCell,
        ids::CaseId,
        wire::{CaseFactData, PlaceData},
    },
    drivers::store::StoreError,
};
use sqlx::AnyConnection;
use std::collections::HashMap;

/// Cases of one cell that a look-up reads, the last seen first, whatever nodes have told of one place.
const ABOUT_MAX: i64 = 256;
/// Who merges by itself.
const SAME_PLACE: &str = "auto:same_place";

/// Why a case cannot be merged into the one that was named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMaster {
    #[error("there is no case {0}")]
    Unknown(CaseId),
    #[error("a case cannot be merged into itself")]
    Itself,
    #[error("case {into} is merged into this one: unmerge it first")]
    Cycle { into: CaseId },
    #[error("case {into} is merged itself: name {master}, which goes on for it")]
    Merged { into: CaseId, master: CaseId },
    #[error("case {into} is {state}: only a case that is not done with goes on for another")]
    Done { into: CaseId, state: State },
}

/// All that is merged into a case, also by way of another, oldest first.
pub(super) async fn merged_cases(
    connection: &mut AnyConnection,
    case_id: CaseId,
) -> Result<Vec<CaseRow>, sqlx::Error> {
    Ok(trees(connection, &[case_id]).await?.remove(&case_id).unwrap_or_default())
}

/// The same of many cases, of which few have taken in another; the others are not there.
pub(super) async fn trees_of_many(
    tx: &mut Tx,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Vec<CaseRow>>, sqlx::Error> {
    let mut query = Statement::new("SELECT DISTINCT merged_into FROM cases WHERE merged_into IN ");
    query.bind_list(cases.iter().map(CaseId::to_string));
    let tops = query.fetch_all(tx).await?;
    if tops.is_empty() {
        return Ok(HashMap::new());
    }
    let tops = tops.iter().map(|row| parsed(row, "merged_into"));
    trees(tx, &tops.collect::<Result<Vec<_>, _>>()?).await
}

async fn trees(
    connection: &mut AnyConnection,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Vec<CaseRow>>, sqlx::Error> {
    let mut query = Statement::new(
        "WITH RECURSIVE tree(top, case_id) AS ( \
           SELECT merged_into, case_id FROM cases WHERE merged_into IN ",
    );
    query.bind_list(cases.iter().map(CaseId::to_string));
    query.push(
        " UNION SELECT t.top, c.case_id FROM cases c JOIN tree t ON c.merged_into = t.case_id) \
         SELECT tree.top, cases.* FROM cases JOIN tree ON tree.case_id = cases.case_id \
         ORDER BY cases.received_at_millis, cases.case_id",
    );
    let mut trees: HashMap<CaseId, Vec<CaseRow>> = HashMap::new();
    for row in query.fetch_all(connection).await? {
        trees.entry(parsed(&row, "top")?).or_default().push(case_row(&row)?);
    }
    Ok(trees)
}

/// Does an edge still see what one of these cases is about?
pub(super) fn still_seen(cases: &[CaseRow]) -> bool {
    // A complaint has no edge that could call it gone.
    cases.iter().any(|case| case.external_no.is_none() && case.gone_at.is_none())
}

/// The search cells of a place and its surroundings.
pub(super) fn cells_about(place: Option<&PlaceData>) -> Vec<GridCell> {
    let centre = place.and_then(search_cell);
    centre.iter().flat_map(|cell| std::iter::once(*cell).chain(cell.neighbours8())).collect()
}

/// Open cases in some cells, or about some assets, the last seen first; so many of each cell.
///
/// Each of the two sub-queries has an index of open cases alone, so that a look-up costs the same whatever
/// number of closed cases has gathered there in years.
pub(super) fn open_about(
    cells: impl IntoIterator<Item = GridCell>,
    assets: impl IntoIterator<Item = String>,
) -> Statement {
    let mut query = Statement::new(
        "SELECT * FROM (SELECT cases.*, ROW_NUMBER() OVER ( \
             PARTITION BY cell ORDER BY last_seen_millis DESC) AS lately \
           FROM cases WHERE case_id IN (SELECT case_id FROM cases WHERE ",
    );
    query.push(IS_OPEN).push(" AND cell IN ");
    query.bind_list(cells.into_iter().map(|cell| cell.code().to_string()));
    query.push(" UNION SELECT case_id FROM cases WHERE ");
    query.push(IS_OPEN).push(" AND component_id IN ").bind_list(assets);
    query.push(")) AS near WHERE lately <= ").bind(ABOUT_MAX);
    query.push(" ORDER BY last_seen_millis DESC");
    query
}

pub(super) async fn cases_of(
    query: Statement,
    connection: &mut AnyConnection,
) -> Result<Vec<CaseRow>, sqlx::Error> {
    query.fetch_all(connection).await?.iter().map(case_row).collect()
}

/// As the indexes of open cases have it: the states that are not final.
const IS_OPEN: &str = "state NOT IN ('CLOSED', 'REJECTED', 'VANISHED', 'MERGED')";

impl HubStore {
    /// All that is merged into a case, oldest first.
    pub async fn merged_cases(&self, case_id: CaseId) -> Result<Vec<CaseRow>, StoreError> {
        let read = async { merged_cases(&mut *self.database.reader().await?, case_id).await };
        read.await.map_err(|error| self.failed(error))
    }

    /// What edges say of the thing of a case, its own and those of cases merged into it.
    pub async fn sight(&self, case: &CaseRow) -> Result<Sight, StoreError> {
        let merged = self.merged_cases(case.case_id).await?;
        let last =
            merged.iter().filter(|one| one.external_no.is_none()).map(|one| one.last_seen_at);
        Ok(Sight {
            last_seen_at: last.fold(case.last_seen_at, WallTime::max),
            still_seen_elsewhere: still_seen(&merged),
        })
    }

    /// Other open cases around the place of a case or about its asset, of whatever pattern.
    pub async fn open_near(&self, case: &CaseRow) -> Result<Vec<CaseRow>, StoreError> {
        let cells = cells_about(case.place.as_ref());
        let about = open_about(cells, case.component_id.clone());
        let read = async { cases_of(about, &mut *self.database.reader().await?).await };
        let mut near = read.await.map_err(|error| self.failed(error))?;
        near.retain(|other| other.case_id != case.case_id);
        Ok(near)
    }

    /// A person says that a case is one thing with another; the changes of both.
    pub async fn merge(
        &self,
        case_id: CaseId,
        expected_version: Option<i64>,
        into: CaseId,
        decision: &Decision,
    ) -> Result<Vec<CaseChange>, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_expected(&mut tx, case_id, expected_version).await?;
        if into == case_id {
            return Err(BadMaster::Itself.into());
        }
        let master = self.case_in(&mut tx, into).await?.ok_or(BadMaster::Unknown(into))?;
        if let Some(above) = master.merged_into {
            let bad = match self.master_of(&mut tx, into).await? {
                top if top == case_id => BadMaster::Cycle { into },
                _ => BadMaster::Merged { into, master: above },
            };
            return Err(bad.into());
        }
        let changes = self.merge_in(&mut tx, &case, &master, decision).await?;
        self.commit(tx).await?;
        Ok(changes)
    }

    /// A merged case stands on its own again; the changes of both.
    pub async fn unmerge(
        &self,
        case_id: CaseId,
        expected_version: Option<i64>,
        decision: &Decision,
    ) -> Result<Vec<CaseChange>, DecideError> {
        let mut tx = self.begin().await?;
        let case = self.case_expected(&mut tx, case_id, expected_version).await?;
        let changes = self.unmerge_in(&mut tx, &case, decision).await?;
        self.commit(tx).await?;
        Ok(changes)
    }

    /// The case first, its master last.
    pub(super) async fn unmerge_in(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        decision: &Decision,
    ) -> Result<Vec<CaseChange>, DecideError> {
        let mut own = Decision { event: Event::Unmerge, ..decision.clone() };
        own.note = named(case.merged_into, decision);
        let mut changes = vec![self.step(tx, case, &own).await?];
        sqlx::query("UPDATE cases SET merged_into = NULL, merged_from = NULL WHERE case_id = $1")
            .bind(case.case_id.to_string())
            .execute(&mut **tx)
            .await
            .map_err(|error| self.failed(error))?;
        if let Some(master) = case.merged_into {
            let master = self.case_for_update(tx, master).await?;
            let mut note = Decision::new(Event::LetGo, &decision.actor, decision.at);
            note.note = named(Some(case.case_id), decision);
            changes.push(self.step(tx, &master, &note).await?);
            // It may have been the last that saw what the master had lost.
            let top = self.master_of(tx, master.case_id).await?;
            let (gone, actor) = (Event::GoneAtEdge, &decision.actor);
            changes.extend(self.follow(tx, top, gone, actor, decision.at).await?);
        }
        Ok(changes)
    }

    /// The open case of another node that means the thing of a case that an edge opens, if there is one
    /// among those near it.
    pub(super) async fn known_elsewhere(
        &self,
        tx: &mut Tx,
        picture: &CaseFactData,
        near: impl IntoIterator<Item = &CaseRow>,
    ) -> Result<Option<CaseId>, StoreError> {
        let mut candidates = Vec::new();
        for case in near {
            let thing = thing(case);
            if thing.is_none_or(|thing| apart_in_space(picture, &thing).is_none()) {
                continue;
            }
            let merged = merged_cases(tx, case.case_id).await;
            candidates.extend(candidate(case, &merged.map_err(|error| self.failed(error))?));
        }
        Ok(known_as(picture, &candidates))
    }

    /// Merges a case that an edge has just opened into the one that is known; the changes of both.
    pub(super) async fn join(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        master: CaseId,
        at: WallTime,
    ) -> Result<Vec<CaseChange>, StoreError> {
        let merged = async {
            let master = self.case_for_update(tx, master).await?;
            let case = self.case_for_update(tx, case_id).await?;
            let decision = Decision::new(Event::Merge, SAME_PLACE, at);
            self.merge_in(tx, &case, &master, &decision).await
        };
        merged.await.map_err(|error| match error {
            DecideError::Store(error) => error,
            // A case just opened and one that is not done with: the table has these rows.
            error => {
                StoreError::Failed { place: self.place.to_string(), reason: error.to_string() }
            }
        })
    }

    /// The case first, its master last.
    pub(super) async fn merge_in(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        master: &CaseRow,
        decision: &Decision,
    ) -> Result<Vec<CaseChange>, DecideError> {
        let mut own = decision.clone();
        own.note = named(Some(master.case_id), decision);
        let merged = self.step(tx, case, &own).await?;
        sqlx::query("UPDATE cases SET merged_into = $1, merged_from = $2 WHERE case_id = $3")
            .bind(master.case_id.to_string())
            .bind(case.state.as_str())
            .bind(case.case_id.to_string())
            .execute(&mut **tx)
            .await
            .map_err(|error| self.failed(error))?;
        let mut note = Decision::new(Event::TookIn, &decision.actor, decision.at);
        note.note = named(Some(case.case_id), decision);
        let took_in = self.step(tx, master, &note).await.map_err(|error| match error {
            DecideError::Refused(_) => {
                BadMaster::Done { into: master.case_id, state: master.state }.into()
            }
            other => other,
        })?;
        Ok(vec![merged, took_in])
    }

    /// What an edge says of a merged case, to the case that goes on for it: gone once nobody sees the
    /// thing, there again if somebody does.
    pub(super) async fn follow(
        &self,
        tx: &mut Tx,
        master: CaseId,
        event: Event,
        actor: &str,
        at: WallTime,
    ) -> Result<Option<CaseChange>, StoreError> {
        let Some(master) = self.case_in(tx, master).await? else { return Ok(None) };
        let merged = merged_cases(tx, master.case_id).await;
        let seen = still_seen(&merged.map_err(|error| self.failed(error))?);
        let follows = match (&event, master.state) {
            (Event::GoneAtEdge, State::PendingReview) => master.gone_at.is_some() && !seen,
            (Event::SeenAgain, State::Vanished) => seen,
            _ => false,
        };
        if !follows {
            return Ok(None);
        }
        match self.step(tx, &master, &Decision::new(event, actor, at)).await {
            Ok(change) => Ok(Some(change)),
            Err(DecideError::Store(error)) => Err(error),
            Err(refused) => {
                tracing::warn!(case = %master.case_id, %refused, "its merged case moves nothing");
                Ok(None)
            }
        }
    }

    /// What an edge says of a case, to the one that goes on for it, if it is merged.
    pub(super) async fn tell_master(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        said: &Decision,
    ) -> Result<Option<CaseChange>, StoreError> {
        if case.merged_into.is_none() {
            return Ok(None);
        }
        let master = self.master_of(tx, case.case_id).await?;
        self.follow(tx, master, said.event.clone(), &said.actor, said.at).await
    }

    /// The case at the top, which goes on for all below it; itself if it is not merged.
    pub(super) async fn master_of(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
    ) -> Result<CaseId, StoreError> {
        let failed = |error| self.failed(error);
        let row = sqlx::query(
            "WITH RECURSIVE up(case_id, merged_into) AS ( \
               SELECT case_id, merged_into FROM cases WHERE case_id = $1 \
               UNION SELECT c.case_id, c.merged_into FROM cases c JOIN up ON c.case_id = up.merged_into) \
             SELECT case_id FROM up WHERE merged_into IS NULL",
        )
        .bind(case_id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed)?;
        let top = row.map(|row| parsed_option(&row, "case_id")).transpose().map_err(failed)?;
        Ok(top.flatten().unwrap_or(case_id))
    }
}

/// What the other history says, and a person's own words.
fn named(other: Option<CaseId>, decision: &Decision) -> Option<String> {
    let other = other.map(|case_id| case_id.to_string());
    match (other, &decision.note) {
        (Some(other), Some(note)) => Some(format!("{other}: {note}")),
        (other, note) => other.or_else(|| note.clone()),
    }
}

fn thing(case: &CaseRow) -> Option<Thing<'_>> {
    Some(Thing {
        pattern: &case.pattern.as_ref()?.id,
        place: case.place.as_ref(),
        component_id: case.component_id.as_deref(),
    })
}

fn candidate(case: &CaseRow, merged: &[CaseRow]) -> Option<Candidate> {
    let seen = merged.iter().filter(|one| one.external_no.is_none());
    let times = |time: fn(&CaseRow) -> WallTime| {
        std::iter::once(case).chain(seen.clone()).map(time).collect::<Vec<_>>()
    };
    let holding = seen.clone().filter(|one| one.gone_at.is_none());
    Some(Candidate {
        case_id: case.case_id,
        pattern: case.pattern.as_ref()?.id.clone(),
        place: case.place.clone(),
        component_id: case.component_id.clone(),
        first_seen_at: times(|one| one.first_seen_at).into_iter().min()?,
        last_seen_at: times(|one| one.last_seen_at).into_iter().max()?,
        nodes: (std::iter::once(case).chain(holding))
            .filter_map(|one| Some(one.camera.as_ref()?.node.clone()))
            .collect(),
    })
}
