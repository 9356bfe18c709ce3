//! Cases that the hub opens: one for each complaint number of a source, however often it is sent.

use super::{
    CaseChange, DecideError, Decision, HubStore,
    records::{to_json, urgency},
    recurrence::Opened,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{
            clock::Timed,
            lifecycle::{self, Event, Known},
        },
        ids::CaseId,
        wire::{EventData, PatternData, PlaceData, Priority},
    },
};

#[derive(Debug, Clone, PartialEq)]
pub struct NewComplaint {
    /// Used if this complaint is new.
    pub case_id: CaseId,
    pub external_no: String,
    pub source: String,
    pub event: EventData,
    /// Absent where the event is none that video can decide.
    pub pattern: Option<PatternData>,
    pub priority: Priority,
    pub place: Option<PlaceData>,
    pub reported_at: WallTime,
}

impl HubStore {
    /// The case, and whether it is new. A repeat changes nothing.
    pub async fn open_complaint(
        &self,
        complaint: &NewComplaint,
        actor: &str,
        note: Option<String>,
        at: WallTime,
    ) -> Result<(CaseId, Option<CaseChange>), DecideError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let held: Option<String> =
            sqlx::query_scalar("SELECT case_id FROM cases WHERE source = $1 AND external_no = $2")
                .bind(&complaint.source)
                .bind(&complaint.external_no)
                .fetch_optional(&mut *tx)
                .await
                .map_err(failed)?;
        if let Some(held) = held {
            let case_id = held.parse().map_err(|error: crate::domain::ids::BadId| {
                failed(sqlx::Error::ColumnDecode {
                    index: "case_id".to_owned(),
                    source: error.to_string().into(),
                })
            })?;
            return Ok((case_id, None));
        }
        let transition = lifecycle::next(None, &Event::ComplaintReceived, &Known::NOTHING)?;
        let reported = complaint.reported_at.unix_millis();
        sqlx::query(
            "INSERT INTO cases (case_id, version, state, phase, source, external_no, event_code, \
             event, pattern_id, pattern_version, place, first_seen_millis, confirmed_millis, \
             last_seen_millis, dwell_secs, count, score, urgency, received_at_millis, round, \
             rework_count) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11, 0, \
             0, 0, $12, $13, 0, 0)",
        )
        .bind(complaint.case_id.to_string())
        .bind(transition.to.as_str())
        .bind(transition.phase.as_str())
        .bind(&complaint.source)
        .bind(&complaint.external_no)
        .bind(&complaint.event.code)
        .bind(to_json("event", &complaint.event).map_err(failed)?)
        .bind(complaint.pattern.as_ref().map(|pattern| pattern.id.as_str()))
        .bind(complaint.pattern.as_ref().map(|pattern| pattern.version.as_str()))
        .bind(
            complaint
                .place
                .as_ref()
                .map(|place| to_json("place", place))
                .transpose()
                .map_err(failed)?,
        )
        .bind(reported)
        .bind(urgency(complaint.priority))
        .bind(at.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let timed = Timed { code: &complaint.event.code, priority: complaint.priority };
        let event = Event::ComplaintReceived;
        self.move_clocks(&mut tx, complaint.case_id, timed, &transition, &event, at).await?;
        let mut decision = Decision::new(event, actor, at);
        decision.note = note;
        self.record(&mut tx, complaint.case_id, 1, &transition, &decision).await?;
        let new = Opened {
            case_id: complaint.case_id,
            event_code: &complaint.event.code,
            pattern: complaint.pattern.as_ref().map(|pattern| &pattern.id),
            place: complaint.place.as_ref(),
            first_seen_at: complaint.reported_at,
            picture: None,
        };
        self.recall(&mut tx, &new, at).await?;
        self.commit(tx).await?;
        let change = CaseChange {
            case_id: complaint.case_id,
            version: 1,
            state: transition.to,
            effect: transition.effect,
        };
        Ok((complaint.case_id, Some(change)))
    }
}
