//! Cases that the hub opens: one for each complaint number of a source, however often it is sent.

use super::{
    CaseChange, DecideError, Decision, HubStore, case_rows::insert_cases, records::CaseRow,
    recurrence::Pasts, steps::Background,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{self, Event, Known},
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
        let (event, reported) = (complaint.event.clone(), complaint.reported_at);
        let mut case = CaseRow {
            source: complaint.source.clone(),
            external_no: Some(complaint.external_no.clone()),
            pattern: complaint.pattern.clone(),
            place: complaint.place.clone(),
            priority: complaint.priority,
            ..CaseRow::new(complaint.case_id, &transition, event, reported, at)
        };
        let code = case.event.code.as_str();
        let place: Vec<_> = case.place.iter().map(|place| (place, code)).collect();
        let pasts = Pasts::of(&mut tx, &place, at).await.map_err(failed)?;
        let closed = self.recall(&mut case, None, &pasts);
        let mut decision = Decision::new(Event::ComplaintReceived, actor, at);
        decision.note = note;
        let step = self.stepped(&case, &Background::default(), transition, &decision);
        (case.deadline, case.overdue) = (step.clocks.deadline, step.clocks.overdue);
        insert_cases(&mut tx, &[&case]).await.map_err(failed)?;
        self.write(&mut tx, std::slice::from_ref(&step)).await?;
        if let Some(closed) = closed {
            let why = Some(case.case_id.to_string());
            self.propose_reopening(&mut tx, closed, reported, why, at).await?;
        }
        self.commit(tx).await?;
        let change = step.change();
        Ok((complaint.case_id, Some(change)))
    }
}
