//! Complaints of citizens, handed in by the platform: one case for each number of a source.

use super::{
    AppState,
    auth::Reporter,
    cases,
    problem::{Answer, Body, Problem},
    view::CaseDetail,
};
use crate::{
    base::time::WallTime,
    domain::{
        grid::{GridCell, GridCell3, Level},
        ids::CaseId,
        wire::{EventData, PlaceData, Priority},
    },
    drivers::store::hub::NewComplaint,
    roles::hub::{KnownEvent, checks},
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

const NUMBER_CHARS_MAX: usize = 64;
const CLOCK_SLACK: Duration = Duration::from_secs(60);
/// A place given as a point is good to about a cell of this level (8 m).
const POINT_LEVEL: Level = Level::Seven;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    pub external_no: String,
    pub source: String,
    /// Event code or pattern id; or `text`.
    pub event: Option<String>,
    pub text: Option<String>,
    pub place: ComplaintPlace,
    #[schema(value_type = String)]
    pub reported_at: WallTime,
    pub note: Option<String>,
}

/// A BeiDou 2D code, or a point, or a city component.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplaintPlace {
    pub code: Option<String>,
    pub lon_deg: Option<f64>,
    pub lat_deg: Option<f64>,
    pub height_metres: Option<f64>,
    /// `CGCS2000` or `WGS84`
    pub datum: Option<String>,
    pub component_id: Option<String>,
}

/// A complaint in. The same number of the same source again gives the same case.
#[utoipa::path(post, path = "/api/v1/complaints", request_body = Complaint, responses(
    (status = 201, body = CaseDetail), (status = 200, body = CaseDetail),
    (status = 422, body = Problem)))]
pub async fn receive(
    State(state): State<AppState>,
    reporter: Reporter,
    Body(complaint): Body<Complaint>,
) -> Answer<Response> {
    let now = state.register.now();
    let external_no = identifier("external_no", &complaint.external_no)?;
    let source = identifier("source", &complaint.source)?;
    if complaint.reported_at > now.plus(CLOCK_SLACK) {
        let allowed = format!("not after {now} (now)");
        return Err(Problem::invalid("reported_at", complaint.reported_at.to_string(), allowed));
    }
    let place = place(&complaint.place)?;
    let text = cases::note(complaint.text)?;
    let known = match (&complaint.event, &text) {
        (Some(event), _) => {
            checks::note("event", event)?;
            find(&state.config.events, event)
        }
        (None, Some(_)) => None,
        (None, None) => {
            return Err(Problem::invalid("event", "", "an event code or pattern id, or text"));
        }
    };
    let event =
        known.map_or_else(|| undecided(complaint.event.as_deref()), |known| known.event.clone());
    let note = match (text, cases::note(complaint.note)?) {
        (Some(text), Some(note)) => Some(format!("{text} / {note}")),
        (text, note) => text.or(note),
    };
    let new = NewComplaint {
        case_id: CaseId(state.register.new_id()),
        external_no,
        source,
        event,
        pattern: known.map(|known| known.pattern.clone()),
        priority: known.map_or(Priority::Normal, |known| known.priority),
        place,
        reported_at: complaint.reported_at,
    };
    let (case_id, change) =
        state.register.store.open_complaint(&new, &reporter.name, note, now).await?;
    let status = match &change {
        Some(change) => {
            state.register.announce(change);
            StatusCode::CREATED
        }
        None => StatusCode::OK,
    };
    cases::answer(&state, status, case_id).await
}

fn find<'a>(events: &'a [KnownEvent], name: &str) -> Option<&'a KnownEvent> {
    events.iter().find(|known| known.pattern.id.as_str() == name || known.event.code == name)
}

/// The event of a complaint that no pattern decides; a person will.
fn undecided(code: Option<&str>) -> EventData {
    EventData {
        std: "local".to_owned(),
        version: String::new(),
        code: code.unwrap_or("unclassified").chars().take(40).collect(),
        name_zh: "待人工分拨".to_owned(),
        name_en: "to be assigned by a person".to_owned(),
        local: true,
    }
}

fn identifier(field: &str, value: &str) -> Answer<String> {
    let count = value.chars().count();
    if count == 0 || count > NUMBER_CHARS_MAX || value.chars().any(char::is_control) {
        let allowed = format!("1 to {NUMBER_CHARS_MAX} characters");
        return Err(Problem::invalid(field, value, allowed));
    }
    Ok(value.to_owned())
}

/// `None` for a component: where components stand is not known here, so a person finds it.
fn place(given: &ComplaintPlace) -> Answer<Option<PlaceData>> {
    let height_metres = given.height_metres.unwrap_or(0.0);
    if !(-12_000.0..=100_000.0).contains(&height_metres) {
        let allowed = "-12000 to 100000 metres";
        return Err(Problem::invalid("place.height_metres", height_metres.to_string(), allowed));
    }
    let cell: GridCell = match (&given.code, given.lon_deg, given.lat_deg, &given.component_id) {
        (Some(code), None, None, None) => code.parse().map_err(|error| {
            Problem::invalid("place.code", code, format!("a BeiDou 2D code ({error})"))
        })?,
        (None, Some(lon_deg), Some(lat_deg), None) => {
            let datum = given.datum.as_deref().unwrap_or("CGCS2000");
            if !matches!(datum, "CGCS2000" | "WGS84") {
                return Err(Problem::invalid("place.datum", datum, "CGCS2000 or WGS84"));
            }
            GridCell::from_lonlat(lon_deg, lat_deg, POINT_LEVEL).map_err(|error| {
                Problem::invalid("place", format!("{lon_deg},{lat_deg}"), error.to_string())
            })?
        }
        (None, None, None, Some(component)) => {
            identifier("place.component_id", component)?;
            return Ok(None);
        }
        _ => {
            let allowed = "either code, or lon_deg and lat_deg, or component_id";
            return Err(Problem::invalid("place", "", allowed));
        }
    };
    let (centre, size) = (cell.centre(), cell.level().cell_size_metres(cell.centre().lat_deg));
    let (lon_deg, lat_deg) =
        (given.lon_deg.unwrap_or(centre.lon_deg), given.lat_deg.unwrap_or(centre.lat_deg));
    let code_3d = GridCell3::from_point(lon_deg, lat_deg, height_metres, cell.level())
        .map_err(|error| Problem::invalid("place", cell.code().to_string(), error.to_string()))?
        .code()
        .to_string();
    Ok(Some(PlaceData {
        code_2d: cell.code().to_string(),
        code_3d,
        level: cell.level().number(),
        lon_deg,
        lat_deg,
        height_metres,
        error_metres: size.east_west_metres.hypot(size.north_south_metres) / 2.0,
        datum: "CGCS2000".to_owned(),
    }))
}
