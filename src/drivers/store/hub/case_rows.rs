//! How cases as they stand are written: opened, and widened by what edges see.

use super::{
    Tx,
    records::{CaseRow, to_json, urgency},
    statement::Statement,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::{lifecycle::Transition, same_place::search_cell},
        ids::CaseId,
        wire::{CaseFactData, EventData, Priority},
    },
};

impl CaseRow {
    /// One that comes to the hub `at` this time and was first seen then.
    pub(super) fn new(
        case_id: CaseId,
        transition: &Transition,
        event: EventData,
        seen_at: WallTime,
        at: WallTime,
    ) -> Self {
        Self {
            case_id,
            version: 1,
            state: transition.to,
            phase: transition.phase,
            source: String::new(),
            external_no: None,
            event,
            pattern: None,
            camera: None,
            zone: None,
            place: None,
            first_seen_at: seen_at,
            confirmed_at: seen_at,
            last_seen_at: seen_at,
            gone_at: None,
            dwell_secs: 0.0,
            count: 0,
            score: 0.0,
            priority: Priority::Normal,
            received_at: at,
            disposed_at: None,
            round: 0,
            rework_count: 0,
            unit: None,
            first_handler: None,
            return_count: 0,
            suspensions: 0,
            suspended_until: None,
            closed_at: None,
            reopen_proposed: false,
            reopens: None,
            recurrence_of: None,
            cases_30d: 1,
            days_30d: 1,
            deadline: None,
            overdue: false,
            assigned: None,
            assigned_at: None,
            manual_reason: None,
            undo: None,
            suspected: false,
            component_id: None,
            merged_into: None,
            merged_from: None,
            thumbnail: None,
        }
    }

    /// What its edges say of it now; whether that moves it to another place in the register.
    pub(super) fn widen(&mut self, picture: &CaseFactData) -> bool {
        self.first_seen_at = picture.first_seen_at;
        self.confirmed_at = picture.confirmed_at;
        self.last_seen_at = picture.last_seen_at;
        self.gone_at = picture.gone_at;
        self.dwell_secs = picture.dwell_secs;
        self.count = i64::from(picture.count);
        self.score = f64::from(picture.score);
        self.suspected = picture.suspected;
        let moves = self.place != picture.place
            || self.priority != picture.priority
            || self.component_id != picture.component_id;
        if moves {
            self.place = picture.place.clone();
            self.priority = picture.priority;
            self.component_id = picture.component_id.clone();
        }
        moves
    }

    /// The cell that it is counted in, whoever opened it.
    fn spot(&self) -> Option<String> {
        Some(search_cell(self.place.as_ref()?)?.code().to_string())
    }

    /// The cell by which it is looked up when another node sees something near: only of one that an edge
    /// opened.
    fn cell(&self) -> Option<String> {
        self.external_no.is_none().then(|| self.spot())?
    }

    fn place_json(&self) -> Result<Option<String>, sqlx::Error> {
        self.place.as_ref().map(|place| to_json("place", place)).transpose()
    }
}

pub(super) async fn insert_cases(tx: &mut Tx, cases: &[&CaseRow]) -> Result<(), sqlx::Error> {
    if cases.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(cases.len());
    for case in cases {
        rows.push((*case, to_json("event", &case.event)?, case.place_json()?));
    }
    let mut query = Statement::new(
        "INSERT INTO cases (case_id, version, state, phase, source, external_no, event_code, event, \
         pattern_id, pattern_version, camera_id, node, zone, place, first_seen_millis, \
         confirmed_millis, last_seen_millis, gone_millis, dwell_secs, count, score, urgency, \
         received_at_millis, cell, spot, component_id, suspected, reopens, recurrence_of, cases_30d, \
         days_30d, deadline_millis, overdue, round, rework_count) ",
    );
    query.bind_rows(rows, |row, (case, event, place)| {
        let (pattern, camera) = (case.pattern.as_ref(), case.camera.as_ref());
        row.add(case.case_id.to_string()).add(case.version);
        row.add(case.state.as_str()).add(case.phase.as_str());
        row.add(case.source.as_str()).add(case.external_no.as_deref());
        row.add(case.event.code.as_str()).add(event);
        row.add(pattern.map(|pattern| pattern.id.as_str()));
        row.add(pattern.map(|pattern| pattern.version.as_str()));
        row.add(camera.map(|camera| camera.id.as_str()));
        row.add(camera.map(|camera| camera.node.as_str()));
        row.add(case.zone.as_ref().map(|zone| zone.as_str())).add(place);
        row.add(case.first_seen_at.unix_millis()).add(case.confirmed_at.unix_millis());
        row.add(case.last_seen_at.unix_millis()).add(case.gone_at.map(WallTime::unix_millis));
        row.add(case.dwell_secs).add(case.count).add(case.score).add(urgency(case.priority));
        row.add(case.received_at.unix_millis()).add(case.cell()).add(case.spot());
        row.add(case.component_id.as_deref()).add(i64::from(case.suspected));
        row.add(case.reopens.map(|case_id| case_id.to_string()));
        row.add(case.recurrence_of.map(|case_id| case_id.to_string()));
        row.add(case.cases_30d).add(case.days_30d);
        row.add(case.deadline.map(WallTime::unix_millis)).add(i64::from(case.overdue));
        row.add(case.round).add(case.rework_count);
    });
    query.execute(tx).await.map(drop)
}

/// What [`CaseRow::widen`] changes each time.
pub(super) async fn widen_cases(tx: &mut Tx, cases: &[&CaseRow]) -> Result<(), sqlx::Error> {
    if cases.is_empty() {
        return Ok(());
    }
    let mut query = Statement::new(
        "UPDATE cases SET first_seen_millis = v.column2, confirmed_millis = v.column3, \
         last_seen_millis = v.column4, gone_millis = v.column5, dwell_secs = v.column6, \
         count = v.column7, score = v.column8, suspected = v.column9 FROM (",
    );
    query.bind_rows(cases, |row, case| {
        row.add(case.case_id.to_string());
        row.add(case.first_seen_at.unix_millis()).add(case.confirmed_at.unix_millis());
        row.add(case.last_seen_at.unix_millis()).add(case.gone_at.map(WallTime::unix_millis));
        row.add(case.dwell_secs).add(case.count).add(case.score);
        row.add(i64::from(case.suspected));
    });
    query.push(") AS v WHERE cases.case_id = v.column1");
    query.execute(tx).await.map(drop)
}

/// What [`CaseRow::widen`] changes now and then. By itself, since indexes are kept over it and SQLite
/// writes anew every entry that a statement names, changed or not.
pub(super) async fn move_cases(tx: &mut Tx, cases: &[&CaseRow]) -> Result<(), sqlx::Error> {
    for case in cases {
        sqlx::query(
            "UPDATE cases SET place = $1, spot = $2, urgency = $3, cell = $4, component_id = $5 \
             WHERE case_id = $6",
        )
        .bind(case.place_json()?)
        .bind(case.spot())
        .bind(urgency(case.priority))
        .bind(case.cell())
        .bind(case.component_id.as_deref())
        .bind(case.case_id.to_string())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
