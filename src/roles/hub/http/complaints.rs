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
        datum::{Datum, checked_position},
        geo::GeoPoint,
        geoid::{BadHeightDatum, HeightDatum},
        grid::{GridCell, GridCell3, HeightScheme, Level, LonLat},
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

/// A BeiDou code, or a point and its datum, or a city component.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplaintPlace {
    pub code: Option<String>,
    pub code_3d: Option<String>,
    pub lon_deg: Option<f64>,
    pub lat_deg: Option<f64>,
    /// Needed with `lon_deg` and `lat_deg`: `CGCS2000`, `WGS84`, `GCJ02` or `BD09`.
    pub datum: Option<String>,
    pub height_metres: Option<f64>,
    /// Needed with `height_metres`: `ellipsoidal`, `egm96` or `const:<N>`.
    pub height_datum: Option<String>,
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
    let found = place(&complaint.place)?;
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
    // Where it belongs cannot be told without a place, and outside of the area others take it in.
    let within = found.as_ref().map(|found| &found.place);
    if !reporter.area.holds_place(within) {
        let code = within.map_or("", |place| &*place.code_2d);
        return Err(Problem::invalid("place", code, format!("within {}", reporter.area)));
    }
    let (place, given) = found.map_or((None, None), |found| (Some(found.place), found.given));
    // The coordinates as they came, which the place no longer shows, are kept in the history.
    let said: Vec<String> =
        [text, cases::note(complaint.note)?, given].into_iter().flatten().collect();
    let note = (!said.is_empty()).then(|| said.join(" / "));
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
    // The number may be that of one that lies elsewhere.
    let case = cases::found(&state, case_id).await?;
    if !reporter.area.holds_place(case.place.as_ref()) {
        return Err(Problem::not_found("case"));
    }
    cases::answer(&state, status, case_id, &reporter.name).await
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

/// Where a complaint is, and what was given if that had to be converted.
struct Found {
    place: PlaceData,
    given: Option<String>,
}

/// `None` for a component: where components stand is not known here, so a person finds it.
fn place(given: &ComplaintPlace) -> Answer<Option<Found>> {
    let named = (&given.code, &given.code_3d, given.lon_deg, given.lat_deg, &given.component_id);
    match named {
        (Some(code), None, None, None, None) => {
            let cell: GridCell = code.parse().map_err(|error| {
                Problem::invalid("place.code", code, format!("a BeiDou 2D code ({error})"))
            })?;
            let LonLat { lon_deg, lat_deg } = cell.centre();
            let height = height(given, GeoPoint { lon_deg, lat_deg })?;
            Ok(Some(Found {
                place: place_in(cell, GeoPoint { lon_deg, lat_deg }, height)?,
                given: None,
            }))
        }
        (None, Some(code), None, None, None) => {
            let solid: GridCell3 = code.parse().map_err(|error| {
                Problem::invalid("place.code_3d", code, format!("a BeiDou 3D code ({error})"))
            })?;
            if given.height_metres.is_some() {
                let allowed = "no height beside code_3d, which has one";
                return Err(Problem::invalid("place.height_metres", "", allowed));
            }
            let LonLat { lon_deg, lat_deg } = solid.cell().centre();
            let mut place = place_in(solid.cell(), GeoPoint { lon_deg, lat_deg }, None)?;
            place.code_3d = Some(solid.code().to_string());
            Ok(Some(Found { place, given: None }))
        }
        (None, None, Some(lon_deg), Some(lat_deg), None) => {
            let name = given.datum.as_deref().unwrap_or_default();
            let datum: Datum = name.parse().map_err(|_| {
                let allowed = format!("{}: coordinates without it are refused", Datum::ALLOWED);
                Problem::invalid("place.datum", name, allowed)
            })?;
            let value = || format!("{lon_deg},{lat_deg}");
            let position = checked_position(lon_deg, lat_deg)
                .map_err(|error| Problem::invalid("place", value(), error.to_string()))?;
            let point = datum.to_cgcs2000(position);
            let cell = GridCell::from_lonlat(point.lon_deg, point.lat_deg, POINT_LEVEL)
                .map_err(|error| Problem::invalid("place", value(), error.to_string()))?;
            let mut place = place_in(cell, point, height(given, point)?)?;
            place.error_metres = place.error_metres.hypot(datum.allowance_metres());
            let converted = point != position;
            let given = converted.then(|| format!("place given as {datum} {}", value()));
            Ok(Some(Found { place, given }))
        }
        (None, None, None, None, Some(component)) => {
            identifier("place.component_id", component)?;
            Ok(None)
        }
        _ => {
            let allowed =
                "either code, or code_3d, or lon_deg and lat_deg and datum, or component_id";
            Err(Problem::invalid("place", "", allowed))
        }
    }
}

/// Ellipsoidal metres; a height without its datum is refused like a position without one.
fn height(given: &ComplaintPlace, at: GeoPoint) -> Answer<Option<f64>> {
    let Some(metres) = given.height_metres else { return Ok(None) };
    if !(-12_000.0..=100_000.0).contains(&metres) {
        let allowed = "-12000 to 100000 metres";
        return Err(Problem::invalid("place.height_metres", metres.to_string(), allowed));
    }
    let name = given.height_datum.as_deref().unwrap_or_default();
    let refused = |allowed: String| Problem::invalid("place.height_datum", name, allowed);
    let datum: HeightDatum =
        name.parse().map_err(|error: BadHeightDatum| refused(error.to_string()))?;
    let metres =
        datum.ellipsoidal_metres(metres, at).map_err(|error| refused(error.to_string()))?;
    Ok(Some(metres))
}

fn place_in(cell: GridCell, point: GeoPoint, height_metres: Option<f64>) -> Answer<PlaceData> {
    let size = cell.level().cell_size_metres(point.lat_deg);
    let code_3d = height_metres
        .map(|metres| GridCell3::at_height(cell, metres, HeightScheme::default()))
        .transpose()
        .map_err(|error| Problem::invalid("place", cell.code().to_string(), error.to_string()))?
        .map(|solid| solid.code().to_string());
    Ok(PlaceData {
        code_2d: cell.code().to_string(),
        code_3d,
        level: cell.level().number(),
        lon_deg: point.lon_deg,
        lat_deg: point.lat_deg,
        height_metres,
        error_metres: size.east_west_metres.hypot(size.north_south_metres) / 2.0,
        datum: Datum::Cgcs2000.to_string(),
    })
}
