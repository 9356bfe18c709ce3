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
    records::{CaseRow, case_row, parsed_option},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            across_nodes::{Candidate, apart_in_space, known_as},
            clearance::Sight,
            lifecycle::{Event, State},
            same_place::search_cell,
        },
        ids::{CaseId, PatternId},
        wire::{CaseFactData, PlaceData},
    },
    drivers::store::StoreError,
};
use sqlx::AnyExecutor;

/// Cases that one look-up reads, the last seen first, whatever nodes have told of one place.
const ABOUT_MAX: u32 = 256;
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
pub(super) async fn merged_cases<'e>(
    executor: impl AnyExecutor<'e>,
    case_id: CaseId,
) -> Result<Vec<CaseRow>, sqlx::Error> {
    let rows = sqlx::query(
        "WITH RECURSIVE tree(case_id) AS (SELECT case_id FROM cases WHERE merged_into = $1 \
           UNION SELECT c.case_id FROM cases c JOIN tree t ON c.merged_into = t.case_id) \
         SELECT cases.* FROM cases JOIN tree ON tree.case_id = cases.case_id \
         ORDER BY cases.received_at_millis, cases.case_id",
    )
    .bind(case_id.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(case_row).collect()
}

/// Does an edge still see what one of these cases is about?
pub(super) fn still_seen(cases: &[CaseRow]) -> bool {
    // A complaint has no edge that could call it gone.
    cases.iter().any(|case| case.external_no.is_none() && case.gone_at.is_none())
}

/// Open cases about a place and its surroundings, or about an asset; of one pattern or of all.
///
/// Every column is asked for by equality: 9 cells by 7 states are 63 short searches of one index, whatever
/// number of closed cases lies there. A quarter of a millisecond among two million cases.
pub(super) fn open_about(
    place: Option<&PlaceData>,
    component_id: Option<&str>,
    pattern: Option<&PatternId>,
) -> Statement {
    let centre = place.and_then(search_cell);
    let cells: Vec<String> = centre
        .iter()
        .flat_map(|cell| std::iter::once(*cell).chain(cell.neighbours8()))
        .map(|cell| cell.code().to_string())
        .collect();
    let mut query = Statement::new(
        "SELECT cases.* FROM cases WHERE case_id IN (SELECT case_id FROM cases WHERE cell IN ",
    );
    query.bind_list(cells);
    push_open(&mut query, pattern);
    // Two sub-queries, so that each has its index.
    query.push(" UNION SELECT case_id FROM cases WHERE component_id = ");
    query.bind(component_id.map(str::to_owned));
    push_open(&mut query, pattern);
    query.push(") ORDER BY last_seen_millis DESC LIMIT ").bind(i64::from(ABOUT_MAX));
    query
}

async fn cases_of<'e>(
    query: Statement,
    executor: impl AnyExecutor<'e>,
) -> Result<Vec<CaseRow>, sqlx::Error> {
    query.query()?.fetch_all(executor).await?.iter().map(case_row).collect()
}

fn push_open(query: &mut Statement, pattern: Option<&PatternId>) {
    let open = State::ALL.iter().filter(|state| !state.is_final());
    query.push(" AND state IN ").bind_list(open.map(|state| state.as_str()));
    if let Some(pattern) = pattern {
        query.push(" AND pattern_id = ").bind(pattern.as_str());
    }
}

impl HubStore {
    /// All that is merged into a case, oldest first.
    pub async fn merged_cases(&self, case_id: CaseId) -> Result<Vec<CaseRow>, StoreError> {
        merged_cases(self.database.readers(), case_id).await.map_err(|error| self.failed(error))
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
        let about = open_about(case.place.as_ref(), case.component_id.as_deref(), None);
        let near = cases_of(about, self.database.readers()).await;
        let mut near = near.map_err(|error| self.failed(error))?;
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
        let mut own = decision.clone();
        own.note = named(case.merged_into, decision);
        let mut changes = vec![self.step(&mut tx, &case, &own).await?];
        sqlx::query("UPDATE cases SET merged_into = NULL, merged_from = NULL WHERE case_id = $1")
            .bind(case_id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(|error| self.failed(error))?;
        if let Some(master) = case.merged_into {
            let master = self.case_for_update(&mut tx, master).await?;
            let mut note = Decision::new(Event::LetGo, &decision.actor, decision.at);
            note.note = named(Some(case_id), decision);
            changes.push(self.step(&mut tx, &master, &note).await?);
            // It may have been the last that saw what the master had lost.
            let top = self.master_of(&mut tx, master.case_id).await?;
            let (gone, actor) = (Event::GoneAtEdge, &decision.actor);
            changes.extend(self.follow(&mut tx, top, gone, actor, decision.at).await?);
        }
        self.commit(tx).await?;
        Ok(changes)
    }

    /// Merges a case that an edge has just opened into the open case of another node that means the
    /// same thing, if there is one: one look-up by index, once a case. The change of the master.
    pub(super) async fn join_known(
        &self,
        tx: &mut Tx,
        picture: &CaseFactData,
        at: WallTime,
    ) -> Result<Option<CaseChange>, StoreError> {
        let failed = |error| self.failed(error);
        let (place, component_id) = (picture.place.as_ref(), picture.component_id.as_deref());
        let about = open_about(place, component_id, Some(&picture.pattern.id));
        let near = cases_of(about, &mut **tx).await.map_err(failed)?;
        let mut candidates = Vec::new();
        for case in near.iter().filter(|case| case.case_id != picture.case_id) {
            let alone = candidate(case, &[]);
            if alone.is_none_or(|alone| apart_in_space(picture, &alone).is_none()) {
                continue;
            }
            let merged = merged_cases(&mut **tx, case.case_id).await.map_err(failed)?;
            candidates.extend(candidate(case, &merged));
        }
        let Some(master) = known_as(picture, &candidates) else { return Ok(None) };
        let merged = async {
            let master = self.case_for_update(tx, master).await?;
            let case = self.case_for_update(tx, picture.case_id).await?;
            let decision = Decision::new(Event::Merge, SAME_PLACE, at);
            self.merge_in(tx, &case, &master, &decision).await
        };
        match merged.await {
            Ok(changes) => Ok(changes.into_iter().next_back()),
            Err(DecideError::Store(error)) => Err(error),
            // A case just opened and one that is not done with: the table has these rows.
            Err(error) => {
                Err(StoreError::Failed { place: self.place.to_string(), reason: error.to_string() })
            }
        }
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
        let merged = merged_cases(&mut **tx, master.case_id).await;
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

pub(super) fn candidate(case: &CaseRow, merged: &[CaseRow]) -> Option<Candidate> {
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
