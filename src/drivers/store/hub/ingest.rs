//! Facts of edges into the register, many in one transaction: kept, admitted, folded, and their
//! cases moved on.
//!
//! A commit waits for the disk and a query for the database, and that is most of what a fact costs.
//! So facts that came together share both: a round of them is read, kept and counted by one query
//! each, and what is left for each case alone is what changes in it.
//!
//! Invariant: a round holds at most one fact of a case, so that no step of a case is passed over.

use super::{
    CaseChange, HubStore, Tx,
    evidence::link_evidence,
    pictures::pictures,
    records::{case_row, json, parsed, to_json},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
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
    payload: String,
    admission: Admission,
    stream: Stream,
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
        let mut streams = self.streams(tx, round).await?;
        let mut outcomes: Vec<Option<Ingested>> = Vec::with_capacity(round.len());
        let mut new = Vec::new();
        for (index, told) in round.iter().enumerate() {
            let key = (told.fact.case_id, told.writer.clone());
            let mut stream = streams.remove(&key).unwrap_or_default();
            outcomes.push(match stream.admit(told.fact.revision) {
                Err(refusal) => Some(Ingested::Refused(refusal)),
                Ok(Admission::Duplicate) => {
                    Some(self.duplicate(tx, told, stream.upto_revision()).await?)
                }
                Ok(admission) => {
                    let payload = to_json("payload", told.fact).map_err(failed)?;
                    new.push(New { index, told: *told, payload, admission, stream });
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
        let applied = || new.iter().filter(|new| matches!(new.admission, Admission::Apply(_)));
        let cases: Vec<CaseId> = applied().map(|new| new.told.fact.case_id).collect();
        let mut pictures = pictures(&mut **tx, &cases).await.map_err(failed)?;
        let mut known = self.known_cases(tx, &cases).await?;
        for new in new {
            let Told { writer, fact } = new.told;
            let Admission::Apply(revisions) = &new.admission else {
                outcomes[new.index] = Some(Ingested::Kept { upto: new.stream.upto_revision() });
                continue;
            };
            let masked = fact.privacy.masked;
            link_evidence(tx, fact.case_id, &fact.evidence, masked, None).await.map_err(failed)?;
            if revisions.end() > revisions.start() {
                for follower in self.followers(tx, &new.told, *revisions.end()).await? {
                    let masked = follower.privacy.masked;
                    link_evidence(tx, fact.case_id, &follower.evidence, masked, None)
                        .await
                        .map_err(failed)?;
                }
            }
            let pictures = pictures.remove(&fact.case_id).unwrap_or_default();
            let before = known.remove(&fact.case_id);
            let told = self.project(tx, fact.case_id, writer, &pictures, before, at).await?;
            outcomes[new.index] = Some(Ingested::Applied {
                upto: *revisions.end(),
                change: told.change,
                others: told.others,
                opened: told.opened,
            });
        }
        Ok(())
    }

    /// How far each stream of the round has got; one that is not there has not begun.
    async fn streams(
        &self,
        tx: &mut Tx,
        round: &[Told<'_>],
    ) -> Result<HashMap<(CaseId, NodeId), Stream>, StoreError> {
        let read = async {
            let mut query = Statement::new(
                "SELECT s.case_id, s.writer, s.applied_upto, f.revision FROM fact_streams s \
                 LEFT JOIN facts f ON f.case_id = s.case_id AND f.writer = s.writer \
                   AND f.revision > s.applied_upto \
                 WHERE s.case_id IN ",
            );
            query.bind_list(round.iter().map(|told| told.fact.case_id.to_string()));
            let mut found: HashMap<(CaseId, NodeId), (u32, Vec<u32>)> = HashMap::new();
            for row in query.query()?.fetch_all(&mut **tx).await? {
                let key = (parsed(&row, "case_id")?, parsed(&row, "writer")?);
                // Revisions were u32 when they were written.
                let upto = row.try_get::<i64, _>("applied_upto")? as u32;
                let kept: Option<i64> = row.try_get("revision")?;
                let stream = found.entry(key).or_insert((upto, Vec::new()));
                stream.1.extend(kept.map(|revision| revision as u32));
            }
            let streams = found.into_iter();
            Ok(streams.map(|(key, (upto, kept))| (key, Stream::restore(upto, kept))).collect())
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
        let payload = to_json("payload", told.fact).map_err(|error| self.failed(error))?;
        Ok(Ingested::Duplicate { upto, differs: held.as_ref() != Some(&payload) })
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

    async fn known_cases(
        &self,
        tx: &mut Tx,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, super::CaseRow>, StoreError> {
        let read = async {
            let mut query = Statement::new("SELECT * FROM cases WHERE case_id IN ");
            query.bind_list(cases.iter().map(CaseId::to_string));
            let rows = query.query()?.fetch_all(&mut **tx).await?;
            let cases = rows.iter().map(case_row);
            cases
                .map(|case| case.map(|case| (case.case_id, case)))
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.failed(error))
    }

    /// Facts held, applied or not; for tests.
    pub async fn fact_count(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM facts");
        count.fetch_one(self.database.readers()).await.map_err(|error| self.failed(error))
    }
}

/// Neighbours stay together; a case that comes again begins the next round.
fn rounds<'t, 'f>(mut facts: &'t [Told<'f>]) -> Vec<&'t [Told<'f>]> {
    let mut rounds = Vec::new();
    while !facts.is_empty() {
        let mut cases = HashSet::new();
        let fresh = |told: &Told<'_>| cases.insert(told.fact.case_id);
        let length = facts.iter().take(ROUND_FACTS_MAX).map(fresh).take_while(|new| *new).count();
        let (round, rest) = facts.split_at(length);
        rounds.push(round);
        facts = rest;
    }
    rounds
}

/// The facts themselves, and how far their streams have got with them.
async fn keep(tx: &mut Tx, new: &[New<'_>], at: WallTime) -> Result<(), sqlx::Error> {
    let mut facts = Statement::new(
        "INSERT INTO facts (case_id, writer, revision, kind, payload, received_at_millis) VALUES ",
    );
    let mut streams = Statement::new(
        "INSERT INTO fact_streams (case_id, writer, applied_upto, first_at_millis) VALUES ",
    );
    for (number, New { told, payload, stream, .. }) in new.iter().enumerate() {
        let (between, case_id) = (if number > 0 { ", (" } else { "(" }, told.fact.case_id);
        facts.push(between).bind(case_id.to_string());
        facts.push(", ").bind(told.writer.as_str());
        facts.push(", ").bind(i64::from(told.fact.revision));
        facts.push(", ").bind(kind_name(told.fact.kind));
        facts.push(", ").bind(payload.as_str());
        facts.push(", ").bind(at.unix_millis()).push(")");
        streams.push(between).bind(case_id.to_string());
        streams.push(", ").bind(told.writer.as_str());
        streams.push(", ").bind(i64::from(stream.applied_upto()));
        streams.push(", ").bind(at.unix_millis()).push(")");
    }
    streams
        .push(" ON CONFLICT (case_id, writer) DO UPDATE SET applied_upto = excluded.applied_upto");
    facts.query()?.execute(&mut **tx).await?;
    streams.query()?.execute(&mut **tx).await?;
    Ok(())
}

fn kind_name(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Opened => "opened",
        FactKind::Seen => "seen",
        FactKind::Gone => "gone",
        FactKind::Verdict => "verdict",
    }
}
