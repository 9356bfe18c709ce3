//! What an applied fact changes: its case is opened or widened, and moved on by what follows.

use super::{
    CaseChange, DecideError, Decision, HubStore, Tx,
    records::{self, CaseRow, to_json},
    recurrence::Opened,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            clock::Timed,
            fold::fold,
            lifecycle::{self, Event, Known, State},
            same_place::search_cell,
        },
        ids::{CaseId, NodeId},
        wire::CaseFactData,
    },
    drivers::store::StoreError,
};

/// What follows from the facts of one case.
pub(super) struct Projected {
    pub change: CaseChange,
    pub others: Vec<CaseChange>,
    pub opened: bool,
}

impl HubStore {
    /// Folds every writer's newest applied picture into the case and raises what follows from it.
    pub(super) async fn project(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        writer: &NodeId,
        pictures: &[CaseFactData],
        before: Option<CaseRow>,
        at: WallTime,
    ) -> Result<Projected, StoreError> {
        let failed = |error| self.failed(error);
        let folded = fold(pictures).ok_or_else(|| StoreError::Content {
            place: self.place.to_string(),
            table: "fact_streams",
            row: case_id.to_string(),
            reason: "no applied fact".to_owned(),
        })?;
        let actor = format!("edge:{writer}");
        let opened = before.is_none();
        let was_gone = before.as_ref().is_some_and(|case| case.gone_at.is_some());
        let mut others = Vec::new();
        match &before {
            None => {
                self.open_case(tx, &folded, &actor, at).await?;
                let joined = self.join_known(tx, &folded, at).await?;
                if joined.is_none() {
                    let new = Opened {
                        case_id,
                        event_code: &folded.event.code,
                        pattern: Some(&folded.pattern.id),
                        place: folded.place.as_ref(),
                        first_seen_at: folded.first_seen_at,
                        picture: Some(&folded),
                    };
                    others.extend(self.recall(tx, &new, at).await?);
                }
                others.extend(joined);
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
        let is_gone = match &before {
            Some(case) if case.external_no.is_some() => was_gone,
            _ => folded.gone_at.is_some(),
        };
        let event = match (was_gone, is_gone) {
            (false, true) => Some(Event::GoneAtEdge),
            (true, false) => Some(Event::SeenAgain),
            _ => None,
        };
        let effect = lifecycle::Effect::None;
        if let (Some(CaseRow { version, state, .. }), None) = (&before, &event) {
            // Most facts: seen once more, and nothing follows.
            let change = CaseChange { case_id, version: *version, state: *state, effect };
            return Ok(Projected { change, others, opened });
        }
        let case =
            self.case_in(tx, case_id).await?.ok_or_else(|| failed(sqlx::Error::RowNotFound))?;
        let mut change = CaseChange { case_id, version: case.version, state: case.state, effect };
        if let Some(event) = event {
            match self.step(tx, &case, &Decision::new(event.clone(), &actor, at)).await {
                Ok(stepped) => change = stepped,
                Err(DecideError::Store(error)) => return Err(error),
                // What an edge saw is kept as a fact even where it moves nothing.
                Err(refused) => tracing::warn!(%case_id, %refused, "fact kept, no transition"),
            }
            let seen_again = was_gone && case.gone_at.is_none();
            if seen_again && case.state == State::Closed {
                let seen_at = case.last_seen_at;
                let proposed = self.propose_reopening(tx, case_id, seen_at, None, at).await?;
                change = proposed.unwrap_or(change);
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
        let timed = Timed { code: &picture.event.code, priority: picture.priority };
        self.move_clocks(tx, picture.case_id, timed, &transition, &event, at).await?;
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
}

/// What a case is looked up by when another node sees something near.
fn cell_of(picture: &CaseFactData) -> Option<String> {
    picture.place.as_ref().and_then(search_cell).map(|cell| cell.code().to_string())
}
