//! Cases that edges open: many at a time, as if one after the other.
//!
//! What lies around all of them is read once. One that was opened a moment before, and is not written yet,
//! is among what lies around the next.

use super::{
    CaseChange, Decision, HubStore, Tx,
    case_rows::insert_cases,
    facts::{Projected, Seen},
    merges::{cases_of, cells_about, open_about},
    records::{CameraRef, CaseRow},
    recurrence::Pasts,
    steps::{Background, Step},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            lifecycle::{self, Effect, Event, Known, State, Transition},
            same_place::search_cell,
        },
        grid::GridCell,
        wire::CaseFactData,
    },
    drivers::store::StoreError,
};
use std::collections::{BTreeSet, HashMap};

/// Open cases, by the cell of their place and by their asset.
#[derive(Default)]
struct Near {
    cases: Vec<CaseRow>,
    by_cell: HashMap<GridCell, Vec<usize>>,
    by_asset: HashMap<String, Vec<usize>>,
}

impl Near {
    fn add(&mut self, case: CaseRow) {
        let number = self.cases.len();
        if let Some(cell) = case.place.as_ref().and_then(search_cell) {
            self.by_cell.entry(cell).or_default().push(number);
        }
        if let Some(asset) = &case.component_id {
            self.by_asset.entry(asset.clone()).or_default().push(number);
        }
        self.cases.push(case);
    }

    fn of(&self, picture: &CaseFactData) -> impl Iterator<Item = &CaseRow> {
        let cells = cells_about(picture.place.as_ref()).into_iter();
        let by_cell = cells.filter_map(|cell| self.by_cell.get(&cell));
        let asset = picture.component_id.as_ref();
        let by_asset = asset.and_then(|asset| self.by_asset.get(asset));
        let numbers: BTreeSet<usize> = by_cell.chain(by_asset).flatten().copied().collect();
        numbers.into_iter().map(|number| &self.cases[number])
    }
}

impl HubStore {
    /// Opens cases, each of them known to those after it.
    pub(super) async fn open_cases(
        &self,
        tx: &mut Tx,
        new: &[(usize, &Seen<'_>)],
        projected: &mut [Option<Projected>],
        at: WallTime,
    ) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        let failed = |error| self.failed(error);
        let transition = lifecycle::next(None, &Event::OpenedByEdge, &Known::NOTHING);
        // The table has this row; the tests prove it.
        let transition = transition.map_err(|refused| StoreError::Failed {
            place: self.place.to_string(),
            reason: refused.to_string(),
        })?;
        let folded = || new.iter().map(|(_, seen)| &seen.folded);
        let cells = folded().flat_map(|picture| cells_about(picture.place.as_ref()));
        let assets = folded().filter_map(|picture| picture.component_id.clone());
        let near = cases_of(open_about(cells, assets), tx).await.map_err(failed)?;
        let mut around = Near::default();
        near.into_iter().for_each(|case| around.add(case));
        let places: Vec<_> = folded()
            .filter_map(|new| Some((new.place.as_ref()?, new.event.code.as_str())))
            .collect();
        let mut pasts = Pasts::of(tx, &places, at).await.map_err(failed)?;
        let decisions: Vec<Decision> = new
            .iter()
            .map(|(_, seen)| Decision::new(Event::OpenedByEdge, seen.actor.as_str(), at))
            .collect();
        let mut unwritten = Vec::new();
        for ((index, seen), decision) in new.iter().zip(&decisions) {
            let picture = &seen.folded;
            let mut case = opened(picture, &transition, at);
            let master = self.known_elsewhere(tx, picture, around.of(picture)).await?;
            let closed = match master {
                None => self.recall(&mut case, Some(picture), &pasts),
                Some(_) => None,
            };
            let step = self.stepped(&case, &Background::default(), transition, decision);
            (case.deadline, case.overdue) = (step.clocks.deadline, step.clocks.overdue);
            let (mut change, mut others) = (step.change(), Vec::new());
            change.effect = Effect::None;
            unwritten.push((case.clone(), step));
            if let Some(closed) = closed {
                let why = Some(case.case_id.to_string());
                let seen_at = picture.first_seen_at;
                others.extend(self.propose_reopening(tx, closed, seen_at, why, at).await?);
            }
            if let Some(master) = master {
                self.write_opened(tx, std::mem::take(&mut unwritten)).await?;
                let merged = self.join(tx, case.case_id, master, at).await?;
                others.extend(merged.last().cloned());
                change.version += 1;
                change.state = State::Merged;
                case.state = State::Merged;
            }
            if picture.gone_at.is_some() {
                // Gone before the hub heard of it: a gap has just been filled.
                self.write_opened(tx, std::mem::take(&mut unwritten)).await?;
                let gone = self.gone_at_once(tx, seen, at).await?;
                change = gone.change;
                others.extend(gone.others);
                case.state = change.state;
            }
            if !case.state.is_final() {
                around.add(case.clone());
            }
            if case.state != State::Merged {
                pasts.add(&case);
            }
            projected[*index] = Some(Projected { change, others, opened: true });
        }
        self.write_opened(tx, unwritten).await
    }

    async fn write_opened(
        &self,
        tx: &mut Tx,
        opened: Vec<(CaseRow, Step<'_>)>,
    ) -> Result<(), StoreError> {
        let (cases, steps): (Vec<CaseRow>, Vec<Step<'_>>) = opened.into_iter().unzip();
        let cases: Vec<&CaseRow> = cases.iter().collect();
        insert_cases(tx, &cases).await.map_err(|error| self.failed(error))?;
        self.write(tx, &steps).await
    }

    /// A case that was opened just now and is gone already.
    async fn gone_at_once(
        &self,
        tx: &mut Tx,
        seen: &Seen<'_>,
        at: WallTime,
    ) -> Result<Projected, StoreError> {
        let case_id = seen.folded.case_id;
        let case = self.case_in(tx, case_id).await?;
        let case = case.ok_or_else(|| self.failed(sqlx::Error::RowNotFound))?;
        let gone = Decision::new(Event::GoneAtEdge, seen.actor.as_str(), at);
        let mut changes = self.step_all(tx, &[(&case, &gone)]).await?;
        let change = changes.remove(&case_id).unwrap_or_else(|| CaseChange::none(&case));
        let others = self.tell_master(tx, &case, &gone).await?.into_iter().collect();
        Ok(Projected { change, others, opened: true })
    }
}

/// A case as the edge that opens it sees it.
fn opened(picture: &CaseFactData, transition: &Transition, at: WallTime) -> CaseRow {
    let event = picture.event.clone();
    let mut case = CaseRow {
        source: picture.source.clone(),
        pattern: Some(picture.pattern.clone()),
        camera: Some(CameraRef {
            id: picture.camera.id.clone(),
            node: picture.camera.node.clone(),
        }),
        zone: picture.zone.clone(),
        ..CaseRow::new(picture.case_id, transition, event, picture.first_seen_at, at)
    };
    case.widen(picture);
    case
}
