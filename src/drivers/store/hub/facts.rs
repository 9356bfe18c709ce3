//! One fact of an edge, one transaction: kept, admitted, folded, and the case moved on.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    evidence::link_evidence,
    pictures::pictures,
    records::{self, from_json, to_json},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            fold::fold,
            lifecycle::{self, Event, Known},
            same_place::search_cell,
        },
        ids::{CaseId, NodeId},
        inbox::{Admission, Refusal, Stream},
        wire::{CaseFactData, FactKind},
    },
    drivers::store::StoreError,
};
use sqlx::Row;

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

/// What follows from the facts of one case.
struct Projected {
    change: CaseChange,
    others: Vec<CaseChange>,
    opened: bool,
}

impl HubStore {
    /// The caller has checked that `fact` is well formed and came over `writer`'s own topic.
    pub async fn ingest(
        &self,
        writer: &NodeId,
        fact: &CaseFactData,
        at: WallTime,
    ) -> Result<Ingested, StoreError> {
        let failed = |error| self.failed(error);
        let payload = to_json("payload", fact).map_err(failed)?;
        let mut tx = self.begin().await?;
        let mut stream = self.stream(&mut tx, fact.case_id, writer).await?;
        let admission = match stream.admit(fact.revision) {
            Ok(admission) => admission,
            Err(refusal) => return Ok(Ingested::Refused(refusal)),
        };
        let upto = stream.upto_revision();
        if admission == Admission::Duplicate {
            let held: Option<String> = sqlx::query_scalar(
                "SELECT payload FROM facts WHERE case_id = $1 AND writer = $2 AND revision = $3",
            )
            .bind(fact.case_id.to_string())
            .bind(writer.as_str())
            .bind(i64::from(fact.revision))
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed)?;
            return Ok(Ingested::Duplicate { upto, differs: held.as_ref() != Some(&payload) });
        }
        sqlx::query(
            "INSERT INTO facts (case_id, writer, revision, kind, payload, received_at_millis) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(fact.case_id.to_string())
        .bind(writer.as_str())
        .bind(i64::from(fact.revision))
        .bind(kind_name(fact.kind))
        .bind(&payload)
        .bind(at.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        sqlx::query(
            "INSERT INTO fact_streams (case_id, writer, applied_upto, first_at_millis) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (case_id, writer) DO UPDATE SET applied_upto = excluded.applied_upto",
        )
        .bind(fact.case_id.to_string())
        .bind(writer.as_str())
        .bind(i64::from(stream.applied_upto()))
        .bind(at.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let outcome = match admission {
            Admission::Apply(revisions) => {
                let (first, last) = (*revisions.start(), *revisions.end());
                for applied in self.applied(&mut tx, fact.case_id, writer, i64::from(first)).await?
                {
                    link_evidence(
                        &mut tx,
                        fact.case_id,
                        &applied.evidence,
                        applied.privacy.masked,
                        None,
                    )
                    .await
                    .map_err(failed)?;
                }
                let told = self.project(&mut tx, fact.case_id, writer, at).await?;
                let Projected { change, others, opened } = told;
                Ingested::Applied { upto: last, change, others, opened }
            }
            Admission::Keep | Admission::Duplicate => Ingested::Kept { upto },
        };
        self.commit(tx).await?;
        Ok(outcome)
    }

    async fn stream(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        writer: &NodeId,
    ) -> Result<Stream, StoreError> {
        let failed = |error| self.failed(error);
        let upto: Option<i64> = sqlx::query_scalar(
            "SELECT applied_upto FROM fact_streams WHERE case_id = $1 AND writer = $2",
        )
        .bind(case_id.to_string())
        .bind(writer.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed)?;
        let upto = upto.unwrap_or(0);
        let kept: Vec<i64> = sqlx::query_scalar(
            "SELECT revision FROM facts WHERE case_id = $1 AND writer = $2 AND revision > $3",
        )
        .bind(case_id.to_string())
        .bind(writer.as_str())
        .bind(upto)
        .fetch_all(&mut **tx)
        .await
        .map_err(failed)?;
        // Revisions were u32 when they were written.
        Ok(Stream::restore(upto as u32, kept.into_iter().map(|revision| revision as u32)))
    }

    /// Facts of one writer from `first` to the end of what is applied, in order.
    async fn applied(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        writer: &NodeId,
        first: i64,
    ) -> Result<Vec<CaseFactData>, StoreError> {
        let payloads: Vec<String> = sqlx::query_scalar(
            "SELECT f.payload FROM facts f \
             JOIN fact_streams s ON s.case_id = f.case_id AND s.writer = f.writer \
             WHERE f.case_id = $1 AND f.writer = $2 AND f.revision >= $3 \
               AND f.revision <= s.applied_upto ORDER BY f.revision",
        )
        .bind(case_id.to_string())
        .bind(writer.as_str())
        .bind(first)
        .fetch_all(&mut **tx)
        .await
        .map_err(|error| self.failed(error))?;
        payloads
            .iter()
            .map(|payload| from_json("payload", payload).map_err(|error| self.failed(error)))
            .collect()
    }

    /// Folds every writer's newest applied picture into the case and raises what follows from it.
    async fn project(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        writer: &NodeId,
        at: WallTime,
    ) -> Result<Projected, StoreError> {
        let failed = |error| self.failed(error);
        let pictures = pictures(tx, case_id).await.map_err(failed)?;
        let folded = fold(&pictures).ok_or_else(|| StoreError::Content {
            place: self.place.to_string(),
            table: "fact_streams",
            row: case_id.to_string(),
            reason: "no applied fact".to_owned(),
        })?;
        let actor = format!("edge:{writer}");
        let before = self.case_in(tx, case_id).await?;
        let opened = before.is_none();
        let was_gone = before.as_ref().is_some_and(|case| case.gone_at.is_some());
        let mut others = Vec::new();
        match &before {
            None => {
                self.open_case(tx, &folded, &actor, at).await?;
                others.extend(self.join_known(tx, &folded, at).await?);
            }
            // The hub opened it on a complaint: an edge adds what it saw, and changes nothing else.
            Some(case) if case.external_no.is_some() => {
                sqlx::query("UPDATE cases SET last_seen_millis = $1 WHERE case_id = $2")
                    .bind(case.last_seen_at.max(folded.last_seen_at).unix_millis())
                    .bind(case_id.to_string())
                    .execute(&mut **tx)
                    .await
                    .map_err(failed)?;
            }
            Some(_) => self.widen_case(tx, &folded).await?,
        }
        let case =
            self.case_in(tx, case_id).await?.ok_or_else(|| failed(sqlx::Error::RowNotFound))?;
        let event = match (was_gone, case.gone_at.is_some()) {
            (false, true) => Some(Event::GoneAtEdge),
            (true, false) => Some(Event::SeenAgain),
            _ => None,
        };
        let effect = lifecycle::Effect::None;
        let mut change = CaseChange { case_id, version: case.version, state: case.state, effect };
        if let Some(event) = event {
            match self.step(tx, &case, &Decision::new(event.clone(), &actor, at)).await {
                Ok(stepped) => change = stepped,
                Err(DecideError::Store(error)) => return Err(error),
                // What an edge saw is kept as a fact even where it moves nothing.
                Err(refused) => tracing::warn!(%case_id, %refused, "fact kept, no transition"),
            }
            if case.merged_into.is_some() {
                let master = self.master_of(tx, case_id).await?;
                others.extend(self.follow(tx, master, event, &actor, at).await?);
            }
        }
        Ok(Projected { change, others, opened })
    }

    async fn open_case(
        &self,
        tx: &mut Tx,
        picture: &CaseFactData,
        actor: &str,
        at: WallTime,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let event = Event::OpenedByEdge;
        let transition = lifecycle::next(None, &event, &Known::NOTHING).map_err(|refused| {
            // The table has this row; the tests prove it.
            StoreError::Failed { place: self.place.to_string(), reason: refused.to_string() }
        })?;
        sqlx::query(
            "INSERT INTO cases (case_id, version, state, phase, source, event_code, event, \
             pattern_id, pattern_version, camera_id, node, zone, place, first_seen_millis, \
             confirmed_millis, last_seen_millis, gone_millis, dwell_secs, count, score, urgency, \
             received_at_millis, cell, component_id, suspected, round, rework_count) \
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
             $17, $18, $19, $20, $21, $22, $23, $24, 0, 0)",
        )
        .bind(picture.case_id.to_string())
        .bind(transition.to.as_str())
        .bind(transition.phase.as_str())
        .bind(&picture.source)
        .bind(&picture.event.code)
        .bind(to_json("event", &picture.event).map_err(failed)?)
        .bind(picture.pattern.id.as_str())
        .bind(&picture.pattern.version)
        .bind(picture.camera.id.as_str())
        .bind(picture.camera.node.as_str())
        .bind(picture.zone.as_ref().map(|zone| zone.as_str()))
        .bind(
            picture
                .place
                .as_ref()
                .map(|place| to_json("place", place))
                .transpose()
                .map_err(failed)?,
        )
        .bind(picture.first_seen_at.unix_millis())
        .bind(picture.confirmed_at.unix_millis())
        .bind(picture.last_seen_at.unix_millis())
        .bind(picture.gone_at.map(WallTime::unix_millis))
        .bind(picture.dwell_secs)
        .bind(i64::from(picture.count))
        .bind(f64::from(picture.score))
        .bind(records::urgency(picture.priority))
        .bind(at.unix_millis())
        .bind(cell_of(picture))
        .bind(picture.component_id.as_deref())
        .bind(i64::from(picture.suspected))
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        let decision = Decision::new(event, actor, at);
        self.record(tx, picture.case_id, 1, &transition, &decision).await
    }

    async fn widen_case(&self, tx: &mut Tx, picture: &CaseFactData) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        sqlx::query(
            "UPDATE cases SET place = $1, first_seen_millis = $2, confirmed_millis = $3, \
             last_seen_millis = $4, gone_millis = $5, dwell_secs = $6, count = $7, score = $8, \
             urgency = $9, cell = $10, component_id = $11, suspected = $12 WHERE case_id = $13",
        )
        .bind(
            picture
                .place
                .as_ref()
                .map(|place| to_json("place", place))
                .transpose()
                .map_err(failed)?,
        )
        .bind(picture.first_seen_at.unix_millis())
        .bind(picture.confirmed_at.unix_millis())
        .bind(picture.last_seen_at.unix_millis())
        .bind(picture.gone_at.map(WallTime::unix_millis))
        .bind(picture.dwell_secs)
        .bind(i64::from(picture.count))
        .bind(f64::from(picture.score))
        .bind(records::urgency(picture.priority))
        .bind(cell_of(picture))
        .bind(picture.component_id.as_deref())
        .bind(i64::from(picture.suspected))
        .bind(picture.case_id.to_string())
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// Facts held, applied or not; for tests.
    pub async fn fact_count(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM facts")
            .fetch_one(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        row.try_get(0).map_err(|error| self.failed(error))
    }
}

/// What a case is looked up by when another node sees something near.
fn cell_of(picture: &CaseFactData) -> Option<String> {
    picture.place.as_ref().and_then(search_cell).map(|cell| cell.code().to_string())
}

fn kind_name(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Opened => "opened",
        FactKind::Seen => "seen",
        FactKind::Gone => "gone",
        FactKind::Verdict => "verdict",
    }
}
