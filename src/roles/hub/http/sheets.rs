//! Cases and feedback as CSV, for desks that are not connected: taken along on a stick, brought back.
//!
//! UTF-8 with a byte-order mark, as spreadsheets want it; a cell that a spreadsheet would compute is
//! written with an apostrophe before it.

use super::{
    AppState,
    auth::Reporter,
    cases::{Feedback, Wanted, take_feedback},
    problem::{Answer, Pairs, Problem},
};
use crate::{
    domain::wire::Priority,
    drivers::store::hub::{CaseRow, Cursor},
};
use axum::{
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

/// Of one file; whoever has more asks by state or event.
const ROWS_MAX: usize = 20_000;
const PAGE: u32 = 1_000;
/// Of feedback that comes back: some thousand lines.
pub const SHEET_BYTES_MAX: usize = 1024 * 1024;
const MARK: &str = "\u{feff}";

const COLUMNS: [&str; 20] = [
    "case_id",
    "external_no",
    "source",
    "event_code",
    "event_zh",
    "state",
    "state_zh",
    "stage_zh",
    "priority",
    "unit",
    "deadline",
    "overdue",
    "lon_deg",
    "lat_deg",
    "cell",
    "camera",
    "first_seen_at",
    "last_seen_at",
    "rework_count",
    "return_count",
];

/// Cases with the filters of the list, in its order.
#[utoipa::path(get, path = "/api/v1/cases.csv", params(
    ("state" = Option<Vec<String>>, Query), ("camera" = Option<String>, Query),
    ("event" = Option<String>, Query), ("source" = Option<String>, Query),
    ("cell" = Option<String>, Query), ("street" = Option<String>, Query)),
    responses((status = 200, content_type = "text/csv"), (status = 422, body = Problem)))]
pub async fn cases(
    State(state): State<AppState>,
    reporter: Reporter,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    let wanted = Wanted::read(pairs, reporter.area, reporter.name, &state.config.streets)?;
    let mut sheet = csv::Writer::from_writer(MARK.as_bytes().to_vec());
    sheet.write_record(COLUMNS).map_err(|error| Problem::internal(&error))?;
    let (mut cursor, mut rows) = (wanted.cursor, 0);
    loop {
        let page = wanted.page(&state, cursor, PAGE).await?;
        for case in &page {
            sheet.write_record(row(case)).map_err(|error| Problem::internal(&error))?;
        }
        (cursor, rows) = (page.last().map(Cursor::after), rows + page.len());
        if page.len() < PAGE as usize || rows >= ROWS_MAX {
            break;
        }
    }
    let bytes = sheet.into_inner().map_err(|error| Problem::internal(&error.into_error()))?;
    Ok(download(bytes, "cases.csv"))
}

fn row(case: &CaseRow) -> [String; COLUMNS.len()] {
    let place = case.place.as_ref();
    let degrees = |of: fn(&crate::domain::wire::PlaceData) -> f64| {
        place.map(|place| format!("{:.7}", of(place))).unwrap_or_default()
    };
    let priority = match case.priority {
        Priority::Urgent => "urgent",
        Priority::Normal => "normal",
        Priority::Low => "low",
    };
    let texts = [
        case.case_id.to_string(),
        case.external_no.clone().unwrap_or_default(),
        case.source.clone(),
        case.event.code.clone(),
        case.event.name_zh.clone(),
        case.state.as_str().to_owned(),
        case.state.name_zh().to_owned(),
        case.stage().name_zh().to_owned(),
        priority.to_owned(),
        case.unit.clone().unwrap_or_default(),
        case.deadline.map(|at| at.to_string()).unwrap_or_default(),
        u8::from(case.overdue).to_string(),
        degrees(|place| place.lon_deg),
        degrees(|place| place.lat_deg),
        place.map(|place| place.code_2d.clone()).unwrap_or_default(),
        case.camera.as_ref().map(|camera| camera.id.to_string()).unwrap_or_default(),
        case.first_seen_at.to_string(),
        case.last_seen_at.to_string(),
        case.rework_count.to_string(),
        case.return_count.to_string(),
    ];
    texts.map(inert)
}

/// A spreadsheet takes these first characters for a formula.
fn inert(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell
    }
}

/// Feedback of crews, a line each: `case_id,unit,disposed_at[,note]`. Each line is taken or refused by
/// itself; the answer says which and why.
#[utoipa::path(post, path = "/api/v1/feedback.csv", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, content_type = "text/csv"), (status = 422, body = Problem)))]
pub async fn feedback(
    State(state): State<AppState>,
    reporter: Reporter,
    body: Bytes,
) -> Answer<Response> {
    let text = std::str::from_utf8(&body).map_err(|error| {
        let place = format!("byte {}", error.valid_up_to());
        Problem::invalid("body", place, "UTF-8: save the sheet as \"CSV UTF-8\"")
    })?;
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let mut lines = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> = match lines.headers() {
        Ok(header) => header.iter().map(str::to_owned).collect(),
        Err(error) => return Err(Problem::invalid("body", error.to_string(), "CSV with a header")),
    };
    if !matches!(
        &header.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ["case_id", "unit", "disposed_at"] | ["case_id", "unit", "disposed_at", "note"]
    ) {
        let allowed = "case_id,unit,disposed_at or case_id,unit,disposed_at,note";
        return Err(Problem::invalid("header", header.join(","), allowed));
    }
    let mut answers = csv::Writer::from_writer(MARK.as_bytes().to_vec());
    let written = |error| Problem::internal(&error);
    answers.write_record(["line", "case_id", "taken", "reason"]).map_err(written)?;
    for record in lines.records() {
        let (line, case, refused) = match record {
            Ok(record) => {
                let line = record.position().map_or(0, |position| position.line());
                let case = record.get(0).unwrap_or_default().to_owned();
                let taken = one(&state, &reporter, &record).await;
                (line, case, taken.err().map(|problem| problem.detail))
            }
            Err(error) => {
                let line = error.position().map_or(0, |position| position.line());
                (line, String::new(), Some(error.to_string()))
            }
        };
        let taken = u8::from(refused.is_none()).to_string();
        let reason = refused.unwrap_or_default();
        answers
            .write_record([line.to_string(), inert(case), taken, inert(reason)])
            .map_err(written)?;
    }
    let bytes = answers.into_inner().map_err(|error| Problem::internal(&error.into_error()))?;
    Ok(download(bytes, "feedback-taken.csv"))
}

async fn one(state: &AppState, reporter: &Reporter, record: &csv::StringRecord) -> Answer<()> {
    let cell = |at: usize| record.get(at).unwrap_or_default();
    let case_id =
        cell(0).parse().map_err(|_| Problem::invalid("case_id", cell(0), "the id of a case"))?;
    let disposed_at = cell(2).parse().map_err(|_| {
        Problem::invalid("disposed_at", cell(2), "a time such as 2026-11-27T15:04:05+08:00")
    })?;
    let given = Feedback {
        unit: cell(1).to_owned(),
        disposed_at,
        note: Some(cell(3).to_owned()),
        photos: Vec::new(),
    };
    take_feedback(state, reporter, case_id, given).await
}

/// A header and lines, of whatever is no case.
pub fn sheet(lines: Vec<Vec<String>>, name: &'static str) -> Answer<Response> {
    let mut sheet = csv::Writer::from_writer(MARK.as_bytes().to_vec());
    for line in lines {
        let cells = line.into_iter().map(inert);
        sheet.write_record(cells).map_err(|error| Problem::internal(&error))?;
    }
    let bytes = sheet.into_inner().map_err(|error| Problem::internal(&error.into_error()))?;
    Ok(download(bytes, name))
}

fn download(bytes: Vec<u8>, name: &'static str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn what_a_spreadsheet_would_compute_is_text_and_numbers_stay_numbers() {
        assert_eq!(inert("=cmd|' /C calc'!A0".to_owned()), "'=cmd|' /C calc'!A0");
        assert_eq!(inert("@市政所".to_owned()), "'@市政所");
        for same in ["-12.5", "环卫所", "", "2026-01-01T00:00:00Z"] {
            assert_eq!(inert(same.to_owned()), same);
        }
    }
}
