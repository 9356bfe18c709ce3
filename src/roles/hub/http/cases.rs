//! The queue, one case, and what people decide.

use super::{
    AppState,
    acts::unit,
    auth::{Person, Reporter},
    problem::{Answer, Body, Pairs, Problem, Segment},
    progress::Viewer,
    view::{self, CaseDetail, CasePage},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{Event, State as CaseState},
        grid::{GridCell, GridError},
        ids::CaseId,
        people::{Act as MayAct, Area},
    },
    drivers::{
        evidence::files::Digest256,
        store::hub::{CaseFilter, CaseRow, Cursor, Decision},
    },
    roles::hub::{Street, accounts::NAME_CHARS_MAX, checks, text::without_contacts},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 200;
const SOURCE_BYTES_MAX: usize = 40;
pub const PHOTOS_MAX: usize = 20;
/// Clocks of crews and hub may differ by this much.
const CLOCK_SLACK: Duration = Duration::from_secs(60);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    pub unit: String,
    #[schema(value_type = String)]
    pub disposed_at: WallTime,
    pub note: Option<String>,
    /// SHA-256 of photographs handed in before.
    #[serde(default)]
    pub photos: Vec<String>,
}

/// Which cases, and how many.
pub struct Wanted {
    pub filter: CaseFilter,
    pub limit: u32,
    pub cursor: Option<Cursor>,
    /// The places that are asked for have no ground in common.
    pub nowhere: bool,
}

impl Wanted {
    /// In the area of whoever asks, or to be looked at by them.
    pub fn read(
        pairs: Vec<(String, String)>,
        area: Area,
        viewer: String,
        streets: &[Street],
    ) -> Answer<Self> {
        let viewer = Some(viewer);
        let mut filter = CaseFilter { area, viewer, ..CaseFilter::default() };
        let (mut limit, mut cursor, mut nowhere) = (PAGE_DEFAULT, None, false);
        for (name, value) in pairs {
            let bad = |allowed: String| Problem::invalid(&name, &value, allowed);
            match name.as_str() {
                "state" => {
                    let wanted = value.parse::<CaseState>().map_err(|error| bad(error.allowed))?;
                    if !filter.states.contains(&wanted) {
                        filter.states.push(wanted);
                    }
                }
                "camera" => {
                    let id = value.parse().map_err(|error| bad(format!("{error}")))?;
                    filter.camera = Some(id);
                }
                "event" if value.len() <= 40 => filter.event_code = Some(value),
                "event" => return Err(bad("an event code of at most 40 bytes".to_owned())),
                "source" if value.len() <= SOURCE_BYTES_MAX => filter.source = Some(value),
                "source" => {
                    return Err(bad(format!("a source of at most {SOURCE_BYTES_MAX} bytes")));
                }
                "cell" | "street" => {
                    let wanted = match name.as_str() {
                        "cell" => cell(&value).map_err(bad)?,
                        _ => street(&value, streets).map_err(bad)?,
                    };
                    match filter.within.common(&wanted) {
                        Some(common) => filter.within = common,
                        None => nowhere = true,
                    }
                }
                "assignee" if value.chars().count() <= NAME_CHARS_MAX => {
                    filter.assignee = Some(value);
                }
                "assignee" => return Err(bad(format!("a name of at most {NAME_CHARS_MAX} signs"))),
                "limit" => {
                    let sound = value.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                    limit = sound.ok_or_else(|| bad(format!("1 to {PAGE_MAX}")))?;
                }
                "cursor" => {
                    let found: Cursor =
                        value.parse().map_err(|error: <Cursor as std::str::FromStr>::Err| {
                            bad(error.to_string())
                        })?;
                    cursor = Some(found);
                }
                _ => {
                    let allowed = "state camera event source cell street assignee limit cursor";
                    return Err(bad(allowed.to_owned()));
                }
            }
        }
        Ok(Self { filter, limit, cursor, nowhere })
    }

    /// The cases after `cursor`.
    pub async fn page(
        &self,
        state: &AppState,
        cursor: Option<Cursor>,
        limit: u32,
    ) -> Answer<Vec<CaseRow>> {
        match self.nowhere {
            true => Ok(Vec::new()),
            false => Ok(state.register.store.cases(&self.filter, cursor, limit).await?),
        }
    }
}

/// A cell of any level.
fn cell(code: &str) -> Result<Area, String> {
    let cell: GridCell = code.parse().map_err(|error: GridError| error.to_string())?;
    Area::of_codes([cell.code().as_str()]).map_err(|error| error.to_string())
}

fn street(name: &str, streets: &[Street]) -> Result<Area, String> {
    let known = streets.iter().find(|street| street.name == name);
    known.map(|street| street.area.clone()).ok_or_else(|| match streets.is_empty() {
        true => "nothing: this hub has no streets".to_owned(),
        false => {
            let names: Vec<&str> = streets.iter().map(|street| street.name.as_str()).collect();
            names.join(" ")
        }
    })
}

/// Cases, urgent first, then those that are due first.
#[utoipa::path(get, path = "/api/v1/cases", params(
    ("state" = Option<Vec<String>>, Query), ("camera" = Option<String>, Query),
    ("event" = Option<String>, Query), ("source" = Option<String>, Query),
    ("cell" = Option<String>, Query), ("street" = Option<String>, Query),
    ("assignee" = Option<String>, Query),
    ("limit" = Option<u32>, Query),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = CasePage), (status = 422, body = Problem)))]
pub async fn list(
    State(state): State<AppState>,
    person: Person,
    Pairs(pairs): Pairs,
) -> Answer<Json<CasePage>> {
    let wanted = Wanted::read(pairs, person.area, person.name, &state.config.streets)?;
    let limit = wanted.limit;
    let mut cases = wanted.page(&state, wanted.cursor, limit + 1).await?;
    let more = cases.len() > limit as usize;
    cases.truncate(limit as usize);
    let next_cursor = cases.last().filter(|_| more).map(|last| Cursor::after(last).to_string());
    Ok(Json(CasePage { items: cases.iter().map(view::summary).collect(), next_cursor }))
}

/// One case with its evidence, history and verifications; `actions` are those that whoever asks may take.
#[utoipa::path(get, path = "/api/v1/cases/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = CaseDetail, headers(("ETag" = String))), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    person: Person,
    Segment(case_id): Segment<CaseId>,
) -> Answer<Response> {
    let case = found(&state, case_id).await?;
    let viewer = Viewer { name: &person.name, events: &state.config.events };
    let mut detail = view::detail(&state.register, &case, viewer).await?;
    // Whoever decided may take it back.
    let may = |action: &str| MayAct::of_decision(action).is_none_or(|act| person.roles.may(act));
    detail.progress.actions.retain(|offered| may(&offered.action));
    Ok(tagged(StatusCode::OK, detail, case.version))
}

/// The case as it stands now, with its ETag, for whoever has just done something with it.
pub async fn answer(
    state: &AppState,
    status: StatusCode,
    case_id: CaseId,
    name: &str,
) -> Answer<Response> {
    let case = found(state, case_id).await?;
    let viewer = Viewer { name, events: &state.config.events };
    let detail = view::detail(&state.register, &case, viewer).await?;
    Ok(tagged(status, detail, case.version))
}

fn tagged(status: StatusCode, detail: CaseDetail, version: i64) -> Response {
    let mut response = (status, Json(detail)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

pub async fn found(state: &AppState, case_id: CaseId) -> Answer<CaseRow> {
    state.register.store.case(case_id).await?.ok_or_else(|| Problem::not_found("case"))
}

/// The version that the caller had on screen.
pub fn if_match(headers: &HeaderMap) -> Answer<i64> {
    let given = headers.get(header::IF_MATCH).ok_or_else(|| {
        Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match",
            "send If-Match with the ETag of the case as it was shown",
        )
    })?;
    let text = given.to_str().unwrap_or_default().trim();
    text.trim_matches('"')
        .parse()
        .map_err(|_| Problem::invalid("If-Match", text, "the ETag of the case, for example \"3\""))
}

/// The crew says that it is done.
#[utoipa::path(post, path = "/api/v1/cases/{id}/feedback", params(("id" = String, Path)),
    request_body = Feedback, responses((status = 200, body = CaseDetail),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn feedback(
    State(state): State<AppState>,
    reporter: Reporter,
    Segment(case_id): Segment<CaseId>,
    Body(feedback): Body<Feedback>,
) -> Answer<Response> {
    take_feedback(&state, &reporter, case_id, feedback).await?;
    answer(&state, StatusCode::OK, case_id, &reporter.name).await
}

pub async fn take_feedback(
    state: &AppState,
    reporter: &Reporter,
    case_id: CaseId,
    feedback: Feedback,
) -> Answer<()> {
    let now = state.register.now();
    let case = found(state, case_id).await?;
    // A sheet names cases that no guard has seen.
    if !reporter.area.holds_place(case.place.as_ref()) && !case.is_with(&reporter.name) {
        return Err(Problem::not_found("case"));
    }
    let (at, latest) = (feedback.disposed_at, now.plus(CLOCK_SLACK));
    if at < case.confirmed_at || at > latest {
        let allowed = format!("from {} (the case) to {latest} (now)", case.confirmed_at);
        return Err(Problem::invalid("disposed_at", at.to_string(), allowed));
    }
    let unit = unit(&feedback.unit)?;
    if feedback.photos.len() > PHOTOS_MAX {
        let count = feedback.photos.len().to_string();
        return Err(Problem::invalid("photos", count, format!("at most {PHOTOS_MAX}")));
    }
    for photo in &feedback.photos {
        photo
            .parse::<Digest256>()
            .map_err(|error| Problem::invalid("photos", photo, error.to_string()))?;
    }
    let mut decision = Decision::new(Event::Feedback, &reporter.name, now);
    decision.note = Some(match note(feedback.note)? {
        Some(note) => format!("{unit}: {note}"),
        None => unit.clone(),
    });
    let store = &state.register.store;
    let change = store.feedback(case_id, &unit, at, &feedback.photos, &decision).await?;
    state.register.announce(&change);
    Ok(())
}

/// Bounded, without contact data; blank is none.
pub fn note(given: Option<String>) -> Answer<Option<String>> {
    let given = given.unwrap_or_default().replace(['\r', '\n', '\t'], " ");
    checks::note("note", &given)?;
    let kept = without_contacts(given.trim());
    Ok((!kept.is_empty()).then_some(kept))
}
