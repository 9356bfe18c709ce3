//! Rows of the register as values, and how they are read.

use super::undo::MayUndo;
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{Phase, Stage, State},
        ids::{CameraId, CaseId, NodeId, ZoneId},
        people::Assigned,
        wire::{EventData, EvidenceData, PatternData, PlaceData, Priority},
    },
};
use serde::de::DeserializeOwned;
use sqlx::{AnyExecutor, Row, any::AnyRow};
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraRef {
    pub id: CameraId,
    pub node: NodeId,
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseRow {
    pub case_id: CaseId,
    pub version: i64,
    pub state: State,
    pub phase: Phase,
    pub source: String,
    pub external_no: Option<String>,
    pub event: EventData,
    /// Absent for a complaint that names no event decidable by video.
    pub pattern: Option<PatternData>,
    /// Absent for a complaint until a camera has been found.
    pub camera: Option<CameraRef>,
    pub zone: Option<ZoneId>,
    pub place: Option<PlaceData>,
    pub first_seen_at: WallTime,
    pub confirmed_at: WallTime,
    pub last_seen_at: WallTime,
    pub gone_at: Option<WallTime>,
    pub dwell_secs: f64,
    pub count: i64,
    pub score: f64,
    pub priority: Priority,
    pub received_at: WallTime,
    pub disposed_at: Option<WallTime>,
    pub round: i64,
    pub rework_count: i64,
    /// Who deals with it; none before it is dispatched, or after it was returned.
    pub unit: Option<String>,
    /// The first that it was given to, whoever it was passed on to.
    pub first_handler: Option<String>,
    /// How often a unit said that it was not its duty.
    pub return_count: i64,
    pub suspensions: i64,
    pub suspended_until: Option<WallTime>,
    pub closed_at: Option<WallTime>,
    /// It is closed, and its place shows the thing again.
    pub reopen_proposed: bool,
    /// The closed case that this one may show to be not done.
    pub reopens: Option<CaseId>,
    /// The last case of its kind that was closed there.
    pub recurrence_of: Option<CaseId>,
    /// Cases of its kind within 50 m in the 30 days before it came, itself among them, and on how many days.
    pub cases_30d: i64,
    pub days_30d: i64,
    /// The next deadline of its clocks.
    pub deadline: Option<WallTime>,
    /// One of its clocks has run out.
    pub overdue: bool,
    /// With whom of the grid's staff it is, since when.
    pub assigned: Option<Assigned>,
    pub assigned_at: Option<WallTime>,
    /// Why no video could decide, while it is with people.
    pub manual_reason: Option<String>,
    /// Who may take its last step back.
    pub undo: Option<MayUndo>,
    /// A suspicion (疑似): a person decides what it is.
    pub suspected: bool,
    /// Of a case that an edge opened in the slot of an asset.
    pub component_id: Option<String>,
    /// The case that goes on for this one, while it is MERGED.
    pub merged_into: Option<CaseId>,
    /// Where it stood before it was merged.
    pub merged_from: Option<State>,
    /// A complete, masked picture to show in a list; filled by queries for people.
    pub thumbnail: Option<String>,
}

impl CaseRow {
    pub fn stage(&self) -> Stage {
        self.state.stage(self.phase)
    }

    pub fn is_with(&self, name: &str) -> bool {
        self.assigned.as_ref().and_then(|assigned| assigned.to.as_deref()) == Some(name)
    }
}

/// One file of one case. `available`: it is held whole, its digest is right and it is masked.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceRow {
    pub evidence: EvidenceData,
    pub request_id: Option<String>,
    pub available: bool,
}

pub(super) fn urgency(priority: Priority) -> i64 {
    match priority {
        Priority::Urgent => 0,
        Priority::Normal => 1,
        Priority::Low => 2,
    }
}

fn decode_error(column: &str, error: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.to_string().into() }
}

pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(
    row: &AnyRow,
    column: &str,
) -> Result<T, sqlx::Error> {
    row.try_get::<String, _>(column)?.parse().map_err(|error| decode_error(column, error))
}

pub(super) fn parsed_option<T: FromStr<Err: std::fmt::Display>>(
    row: &AnyRow,
    column: &str,
) -> Result<Option<T>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|error| decode_error(column, error))).transpose()
}

pub(super) fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error> {
    from_json(column, &row.try_get::<String, _>(column)?)
}

pub(super) fn json_option<T: DeserializeOwned>(
    row: &AnyRow,
    column: &str,
) -> Result<Option<T>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| from_json(column, &text)).transpose()
}

pub(super) fn from_json<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| decode_error(column, error))
}

pub(super) fn to_json<T: serde::Serialize>(column: &str, value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| decode_error(column, error))
}

pub(super) fn time(row: &AnyRow, column: &str) -> Result<WallTime, sqlx::Error> {
    Ok(WallTime::from_unix_millis(row.try_get(column)?))
}

pub(super) fn time_option(row: &AnyRow, column: &str) -> Result<Option<WallTime>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(WallTime::from_unix_millis))
}

fn pixels(row: &AnyRow, column: &str) -> Result<u32, sqlx::Error> {
    let pixels: i64 = row.try_get(column)?;
    pixels.try_into().map_err(|error| decode_error(column, error))
}

/// Of a row of `case_evidence`.
pub(super) fn evidence_data(row: &AnyRow) -> Result<EvidenceData, sqlx::Error> {
    Ok(EvidenceData {
        role: row.try_get("role")?,
        url: row.try_get("url")?,
        sha256: row.try_get("sha256")?,
        media_type: row.try_get("media_type")?,
        width_px: pixels(row, "width_px")?,
        height_px: pixels(row, "height_px")?,
        captured_at: time(row, "captured_at_millis")?,
    })
}

/// The case as it stands, if there is one.
pub(super) async fn case_by_id<'e>(
    executor: impl AnyExecutor<'e>,
    case_id: CaseId,
) -> Result<Option<CaseRow>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM cases WHERE case_id = $1")
        .bind(case_id.to_string())
        .fetch_optional(executor)
        .await?;
    row.map(|row| case_row(&row)).transpose()
}

pub(super) fn case_row(row: &AnyRow) -> Result<CaseRow, sqlx::Error> {
    let pattern = parsed_option(row, "pattern_id")?
        .zip(row.try_get::<Option<String>, _>("pattern_version")?)
        .map(|(id, version)| PatternData { id, version });
    let camera = parsed_option(row, "camera_id")?
        .zip(parsed_option(row, "node")?)
        .map(|(id, node)| CameraRef { id, node });
    let assigned = match parsed_option(row, "assigned_why")? {
        Some(why) => {
            let (to, metres) = (row.try_get("assignee")?, row.try_get("assigned_metres")?);
            Some(Assigned { to, why, metres })
        }
        None => None,
    };
    Ok(CaseRow {
        case_id: parsed(row, "case_id")?,
        version: row.try_get("version")?,
        state: parsed(row, "state")?,
        phase: parsed(row, "phase")?,
        source: row.try_get("source")?,
        external_no: row.try_get("external_no")?,
        event: json(row, "event")?,
        pattern,
        camera,
        zone: parsed_option(row, "zone")?,
        place: json_option(row, "place")?,
        first_seen_at: time(row, "first_seen_millis")?,
        confirmed_at: time(row, "confirmed_millis")?,
        last_seen_at: time(row, "last_seen_millis")?,
        gone_at: time_option(row, "gone_millis")?,
        dwell_secs: row.try_get("dwell_secs")?,
        count: row.try_get("count")?,
        score: row.try_get("score")?,
        priority: match row.try_get::<i64, _>("urgency")? {
            0 => Priority::Urgent,
            1 => Priority::Normal,
            _ => Priority::Low,
        },
        received_at: time(row, "received_at_millis")?,
        disposed_at: time_option(row, "disposed_at_millis")?,
        round: row.try_get("round")?,
        rework_count: row.try_get("rework_count")?,
        unit: row.try_get("unit")?,
        first_handler: row.try_get("first_handler")?,
        return_count: row.try_get("return_count")?,
        suspensions: row.try_get("suspensions")?,
        suspended_until: time_option(row, "suspended_until_millis")?,
        closed_at: time_option(row, "closed_at_millis")?,
        reopen_proposed: row.try_get::<i64, _>("reopen_proposed")? == 1,
        reopens: parsed_option(row, "reopens")?,
        recurrence_of: parsed_option(row, "recurrence_of")?,
        cases_30d: row.try_get("cases_30d")?,
        days_30d: row.try_get("days_30d")?,
        deadline: time_option(row, "deadline_millis")?,
        overdue: row.try_get::<i64, _>("overdue")? == 1,
        assigned,
        assigned_at: time_option(row, "assigned_at_millis")?,
        manual_reason: row.try_get("manual_reason")?,
        undo: row
            .try_get::<Option<String>, _>("undo_by")?
            .zip(time_option(row, "undo_until_millis")?)
            .map(|(by, until)| MayUndo { by, until }),
        suspected: row.try_get::<i64, _>("suspected")? == 1,
        component_id: row.try_get("component_id")?,
        merged_into: parsed_option(row, "merged_into")?,
        merged_from: parsed_option(row, "merged_from")?,
        // Only the queries for people select it.
        thumbnail: row.try_get("thumbnail").unwrap_or_default(),
    })
}
