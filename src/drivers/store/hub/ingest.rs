//! Facts of edges into the register, many in one transaction: kept, admitted, folded, and their
//! cases moved on.
//!
//! A commit waits for the disk and a query for the database, and that is most of what a fact costs.
//! So facts that came together share both: whatever number of them a round has, they are read, kept,
//! folded and moved on by the same few statements.
//!
//! Invariants
//! - A round holds at most one fact of a case, so that no step of a case is passed over.
//! - What is left is what the facts leave one by one in the order in which they came.

use super::{
    CaseChange, HubStore, Tx,
    evidence::link_all,
    facts::Projected,
    merges::cells_about,
    pictures::pictures,
    records::{json, parsed},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::same_place::search_cell,
        grid::GridCell,
        ids::{CaseId, NodeId},
        inbox::{Admission, Refusal, Stream},
        wire::{CaseFactData, FactKind},
    },
    drivers::store::StoreError,
};
use sqlx::Row;
use std::collections::{HashMap, HashSet};

/// Bounds the parameters of a query: SQLite takes 32,766.
const ROUND_FACTS_MAX: usize = 256;

/// A fact and who says it. The caller has checked that it is well formed and came over the writer's
/// own topic.
#[derive(Debug, Clone, Copy)]
pub struct Told<'f> {
    pub writer: &'f NodeId,
    pub fact: &'f CaseFactData,
    /// It as JSON, which is what is kept.
    pub text: &'f str,
}

/// What became of a fact. `upto` is what may now be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ingested {
    Applied {
        upto: u32,
        change: CaseChange,
        /// Of cases that are merged with it.
        others: Vec<CaseChange>,
        opened: bool,
    },
    /// Kept behind a gap.
    Kept {
        upto: Option<u32>,
    },
    /// Held already. `differs`: the repeat says something else; the first one stands.
    Duplicate {
        upto: Option<u32>,
        differs: bool,
    },
    Refused(Refusal),
}

/// A fact of a round that is new.
struct New<'f> {
    /// Its place in the round.
    index: usize,
    told: Told<'f>,
    admission: Admission,
    stream: Stream,
    /// Nobody else has said anything of the case.
    alone: bool,
}

impl HubStore {
    /// All of them or none; one outcome each, in order.
    pub async fn ingest(
        &self,
        facts: &[Told<'_>],
        at: WallTime,
    ) -> Result<Vec<Ingested>, StoreError> {
        let mut tx = self.begin().await?;
        let mut outcomes = Vec::with_capacity(facts.len());
        for round in rounds(facts) {
            outcomes.extend(self.ingest_round(&mut tx, round, at).await?);
        }
        self.commit(tx).await?;
        Ok(outcomes)
    }

    async fn ingest_round(
        &self,
        tx: &mut Tx,
        round: &[Told<'_>],
        at: WallTime,
    ) -> Result<Vec<Ingested>, StoreError> {
        let failed = |error| self.failed(error);
        let mut cases = self.streams(tx, round).await?;
        let mut outcomes: Vec<Option<Ingested>> = Vec::with_capacity(round.len());
        let mut new = Vec::new();
        for (index, told) in round.iter().enumerate() {
            let mut writers = cases.remove(&told.fact.case_id).unwrap_or_default();
            let mut stream = writers.remove(told.writer).unwrap_or_default();
            outcomes.push(match stream.admit(told.fact.revision) {
                Err(refusal) => Some(Ingested::Refused(refusal)),
                Ok(Admission::Duplicate) => {
                    Some(self.duplicate(tx, told, stream.upto_revision()).await?)
                }
                Ok(admission) => {
                    let alone = writers.is_empty();
                    new.push(New { index, told: *told, admission, stream, alone });
                    None
                }
            });
        }
        if !new.is_empty() {
            keep(tx, &new, at).await.map_err(failed)?;
            self.apply(tx, &new, &mut outcomes, at).await?;
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    /// Links, folds and moves on what may be applied; the rest is kept behind its gap.
    async fn apply(
        &self,
        tx: &mut Tx,
        new: &[New<'_>],
        outcomes: &mut [Option<Ingested>],
        at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let (mut applied, mut followers) = (Vec::new(), Vec::new());
        let mut others = Vec::new();
        for new in new {
            let Admission::Apply(revisions) = &new.admission else {
                outcomes[new.index] = Some(Ingested::Kept { upto: new.stream.upto_revision() });
                continue;
            };
            let fills_a_gap = revisions.end() > revisions.start();
            if fills_a_gap {
                followers.extend(self.followers(tx, &new.told, *revisions.end()).await?);
            }
            if fills_a_gap || !new.alone {
                others.push(new.told.fact.case_id);
            }
            applied.push((new, *revisions.end()));
        }
        let facts = applied.iter().map(|(new, _)| new.told.fact).chain(&followers);
        let named: Vec<_> = facts
            .flat_map(|fact| {
                fact.evidence.iter().map(|file| (fact.case_id, file, fact.privacy.masked))
            })
            .collect();
        link_all(tx, &named, None).await.map_err(failed)?;
        // What one writer says alone is known; the rest is read.
        let mut pictures = match others.is_empty() {
            true => HashMap::new(),
            false => pictures(tx, &others).await.map_err(failed)?,
        };
        let told = applied.iter().map(|(new, _)| {
            let said = pictures.remove(&new.told.fact.case_id);
            (new.told, said.unwrap_or_else(|| vec![new.told.fact.clone()]))
        });
        let told: Vec<_> = told.collect();
        let followed = self.project(tx, &told, at).await?;
        for ((new, upto), Projected { change, others, opened }) in applied.into_iter().zip(followed)
        {
            outcomes[new.index] = Some(Ingested::Applied { upto, change, others, opened });
        }
        Ok(())
    }

    /// How far the streams of the round's cases have got, each with its writer's others; one that is not
    /// there has not begun.
    async fn streams(
        &self,
        tx: &mut Tx,
        round: &[Told<'_>],
    ) -> Result<HashMap<CaseId, HashMap<NodeId, Stream>>, StoreError> {
        let read = async {
            // One that keeps nothing behind a gap holds no more than it has applied.
            let mut query = Statement::new(
                "SELECT case_id, writer, applied_upto, (SELECT MAX(f.revision) FROM facts f \
                   WHERE f.case_id = s.case_id AND f.writer = s.writer) AS held_upto \
                 FROM fact_streams s WHERE case_id IN ",
            );
            query.bind_list(round.iter().map(|told| told.fact.case_id.to_string()));
            let (mut found, mut waiting) = (Vec::new(), Vec::new());
            for row in query.fetch_all(tx).await? {
                let key: (CaseId, NodeId) = (parsed(&row, "case_id")?, parsed(&row, "writer")?);
                let upto: i64 = row.try_get("applied_upto")?;
                let held: Option<i64> = row.try_get("held_upto")?;
                waiting.extend(held.filter(|held| *held > upto).map(|_| key.0));
                found.push((key, upto));
            }
            let mut kept = kept(tx, &waiting).await?;
            let mut cases: HashMap<CaseId, HashMap<NodeId, Stream>> = HashMap::new();
            for (key, upto) in found {
                let mut kept = kept.remove(&key).unwrap_or_default();
                kept.retain(|revision| i64::from(*revision) > upto);
                // Revisions were u32 when they were written.
                let stream = Stream::restore(upto as u32, kept);
                cases.entry(key.0).or_default().insert(key.1, stream);
            }
            Ok(cases)
        };
        read.await.map_err(|error| self.failed(error))
    }

    async fn duplicate(
        &self,
        tx: &mut Tx,
        told: &Told<'_>,
        upto: Option<u32>,
    ) -> Result<Ingested, StoreError> {
        let held: Option<String> = sqlx::query_scalar(
            "SELECT payload FROM facts WHERE case_id = $1 AND writer = $2 AND revision = $3",
        )
        .bind(told.fact.case_id.to_string())
        .bind(told.writer.as_str())
        .bind(i64::from(told.fact.revision))
        .fetch_optional(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(Ingested::Duplicate { upto, differs: held.as_deref() != Some(told.text) })
    }

    /// What was kept behind the gap that this fact fills, in order.
    async fn followers(
        &self,
        tx: &mut Tx,
        told: &Told<'_>,
        last: u32,
    ) -> Result<Vec<CaseFactData>, StoreError> {
        let read = async {
            let rows = sqlx::query(
                "SELECT payload FROM facts WHERE case_id = $1 AND writer = $2 \
                   AND revision > $3 AND revision <= $4 ORDER BY revision",
            )
            .bind(told.fact.case_id.to_string())
            .bind(told.writer.as_str())
            .bind(i64::from(told.fact.revision))
            .bind(i64::from(last))
            .fetch_all(&mut **tx)
            .await?;
            rows.iter().map(|row| json(row, "payload")).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// Facts held, applied or not; for tests.
    pub async fn fact_count(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM facts");
        count.fetch_one(self.database.readers()).await.map_err(|error| self.failed(error))
    }
}

/// Neighbours stay together. A round ends before a case that comes again, and before what is said of a
/// place after a case was opened there: a round takes in what cases are opened last.
fn rounds<'t, 'f>(mut facts: &'t [Told<'f>]) -> Vec<&'t [Told<'f>]> {
    let mut rounds = Vec::new();
    while !facts.is_empty() {
        let mut round = Round::default();
        let some = facts.iter().take(ROUND_FACTS_MAX);
        let (round, rest) = facts.split_at(some.take_while(|told| round.takes(told.fact)).count());
        rounds.push(round);
        facts = rest;
    }
    rounds
}

#[derive(Default)]
struct Round<'f> {
    cases: HashSet<CaseId>,
    /// What the cases that it opens are looked up by.
    opened_about: HashSet<GridCell>,
    opened_at: HashSet<&'f str>,
}

impl<'f> Round<'f> {
    /// Always the first.
    fn takes(&mut self, fact: &'f CaseFactData) -> bool {
        if !self.cases.insert(fact.case_id) {
            return false;
        }
        let (place, asset) = (fact.place.as_ref(), fact.component_id.as_deref());
        let may_open = fact.revision == 1;
        if !may_open || fact.kind != FactKind::Opened {
            let cell = place.and_then(search_cell);
            let about = cell.is_some_and(|cell| self.opened_about.contains(&cell));
            if about || asset.is_some_and(|asset| self.opened_at.contains(asset)) {
                return false;
            }
        }
        if may_open {
            self.opened_about.extend(cells_about(place));
            self.opened_at.extend(asset);
        }
        true
    }
}

/// The revisions that are held of some cases, by writer.
async fn kept(
    tx: &mut Tx,
    cases: &[CaseId],
) -> Result<HashMap<(CaseId, NodeId), Vec<u32>>, sqlx::Error> {
    let mut kept: HashMap<(CaseId, NodeId), Vec<u32>> = HashMap::new();
    if cases.is_empty() {
        return Ok(kept);
    }
    let mut query = Statement::new("SELECT case_id, writer, revision FROM facts WHERE case_id IN ");
    query.bind_list(cases.iter().map(CaseId::to_string));
    for row in query.fetch_all(tx).await? {
        let key = (parsed(&row, "case_id")?, parsed(&row, "writer")?);
        kept.entry(key).or_default().push(row.try_get::<i64, _>("revision")? as u32);
    }
    Ok(kept)
}

/// The facts themselves, and how far their streams have got with them.
async fn keep(tx: &mut Tx, new: &[New<'_>], at: WallTime) -> Result<(), sqlx::Error> {
    let mut facts = Statement::new(
        "INSERT INTO facts (case_id, writer, revision, kind, payload, received_at_millis) ",
    );
    let mut streams = Statement::new(
        "INSERT INTO fact_streams (case_id, writer, applied_upto, first_at_millis) ",
    );
    facts.bind_rows(new, |row, New { told, .. }| {
        row.add(told.fact.case_id.to_string()).add(told.writer.as_str());
        row.add(i64::from(told.fact.revision)).add(kind_name(told.fact.kind));
        row.add(told.text).add(at.unix_millis());
    });
    streams.bind_rows(new, |row, New { told, stream, .. }| {
        row.add(told.fact.case_id.to_string()).add(told.writer.as_str());
        row.add(i64::from(stream.applied_upto())).add(at.unix_millis());
    });
    streams
        .push(" ON CONFLICT (case_id, writer) DO UPDATE SET applied_upto = excluded.applied_upto");
    facts.execute(tx).await?;
    streams.execute(tx).await.map(drop)
}

fn kind_name(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Opened => "opened",
        FactKind::Seen => "seen",
        FactKind::Gone => "gone",
        FactKind::Verdict => "verdict",
    }
}
