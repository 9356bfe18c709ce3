//! A pattern tried on a camera's recorded footage: asked for, looked up, cancelled.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Body, Problem},
    stills::{CameraPictureView, camera_of, picture_of},
};
use crate::{
    base::time::WallTime,
    domain::{
        footage::Hole,
        pixel::{PixelPoint, PixelPolygon},
        scene::{Line, Zone},
        wire::{DryCaseData, SceneData},
    },
    drivers::store::hub::{Access, AccessKind, DryRunRow},
    roles::{
        config::{draft::read_draft, pattern::Catalogue},
        hub::dry_run::{self, AskError},
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRunWanted {
    /// Of the catalogue.
    pub pattern: String,
    /// Fields of the pattern, and `zones`, as in a pipeline's `[[pattern]]`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub overrides: Map<String, Value>,
    /// `[frame]`, `[[zone]]` and `[[privacy]]` of a pipeline; left out: as the camera has them.
    pub zones: Option<String>,
    /// Left out: an hour before `to`.
    #[schema(value_type = Option<String>)]
    pub from: Option<WallTime>,
    /// Left out: now.
    #[schema(value_type = Option<String>)]
    pub to: Option<WallTime>,
}

#[derive(Serialize, ToSchema)]
pub struct DryRunView {
    pub request_id: String,
    pub camera: String,
    pub node: String,
    #[schema(value_type = String)]
    pub from: WallTime,
    #[schema(value_type = String)]
    pub to: WallTime,
    #[schema(value_type = String)]
    pub asked_at: WallTime,
    #[schema(value_type = String)]
    pub deadline: WallTime,
    /// `asked`, `queued`, `running`; at last `done`, `refused`, `cancelled`, `out_of_time` or `no_answer`.
    pub state: String,
    /// Of the interval, 0 to 1.
    pub share: f64,
    /// Frames that were looked at.
    pub frames: u64,
    /// `unknown_camera`, `interval`, `draft`, `nothing_recorded` or `source_failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub holes: Vec<Hole>,
    /// Cases that would have been opened.
    pub cases: Vec<DryCaseView>,
    /// How many more.
    pub further_cases: u32,
}

#[derive(Serialize, ToSchema)]
pub struct DryCaseView {
    pub zone: String,
    #[schema(value_type = String)]
    pub first_seen_at: WallTime,
    #[schema(value_type = String)]
    pub confirmed_at: WallTime,
    #[schema(value_type = String)]
    pub last_seen_at: WallTime,
    pub dwell_secs: f64,
    pub count: u32,
    pub score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<CameraPictureView>,
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let said = error.to_string();
        match error {
            AskError::Interval { to, .. } | AskError::Future { to, .. } => {
                Self::invalid("to", to.to_string(), said)
            }
            AskError::TooLong(bytes) => Self::invalid("zones", bytes.to_string(), said),
            AskError::NodeAway(_) => Self::new(StatusCode::CONFLICT, "node-away", said),
            AskError::TooMany(_) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-dry-runs", said)
            }
            AskError::Store(error) => error.into(),
        }
    }
}

fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

async fn view(state: &AppState, row: DryRunRow) -> Answer<DryRunView> {
    let over = row.is_over(state.register.now());
    let DryRunRow { node, request, asked_at, result, .. } = row;
    let told = result.as_ref().map(|result| result.state);
    let stands = match told {
        Some(last) if last.is_final() => name(last),
        // The edge would have said so.
        _ if over => "no_answer".to_owned(),
        Some(last) => name(last),
        None => "asked".to_owned(),
    };
    let mut cases = Vec::new();
    for case in result.iter().flat_map(|result| &result.cases) {
        cases.push(of_case(state, case).await?);
    }
    let (share, frames, further_cases) = result
        .as_ref()
        .map_or((0.0, 0, 0), |result| (result.share, result.frames, result.further_cases));
    Ok(DryRunView {
        request_id: request.request_id.to_string(),
        camera: request.camera.to_string(),
        node: node.to_string(),
        from: request.from,
        to: request.to,
        asked_at,
        deadline: request.deadline,
        state: stands,
        share,
        frames,
        refusal: result.as_ref().and_then(|result| result.refusal).map(name),
        detail: result.as_ref().and_then(|result| result.detail.clone()),
        holes: result.map(|result| result.holes).unwrap_or_default(),
        cases,
        further_cases,
    })
}

async fn of_case(state: &AppState, case: &DryCaseData) -> Answer<DryCaseView> {
    let picture = match &case.picture {
        Some(named) => Some(picture_of(state, named).await?),
        None => None,
    };
    Ok(DryCaseView {
        zone: case.zone.to_string(),
        first_seen_at: case.first_seen_at,
        confirmed_at: case.confirmed_at,
        last_seen_at: case.last_seen_at,
        dwell_secs: case.dwell_secs,
        count: case.count,
        score: case.score,
        picture,
    })
}

/// The text that the edge reads: as a pipeline would have it.
fn draft(wanted: &DryRunWanted) -> Answer<String> {
    let mut text = wanted.zones.clone().unwrap_or_default();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let id = toml_edit::Value::from(wanted.pattern.as_str());
    // Writing to a String cannot fail.
    let _ = write!(text, "[[pattern]]\nid = {id}\n");
    for (key, value) in &wanted.overrides {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if key.is_empty() || key == "id" || !key.bytes().all(plain) {
            return Err(Problem::invalid("overrides", key.as_str(), "fields of a [[pattern]]"));
        }
        let value = toml_of(value).ok_or_else(|| {
            Problem::invalid("overrides", key.as_str(), "a value that is not null")
        })?;
        let _ = writeln!(text, "{key} = {value}");
    }
    Ok(text)
}

fn toml_of(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => {
            let items = items.iter().map(toml_of).collect::<Option<Vec<_>>>()?;
            items.into_iter().collect::<toml_edit::Array>().into()
        }
        Value::Object(fields) => {
            let mut table = toml_edit::InlineTable::new();
            for (key, value) in fields {
                table.insert(key, toml_of(value)?);
            }
            table.into()
        }
    })
}

/// The camera's own zones, as far as a pattern asks for them.
fn zones_of(scene: &SceneData) -> Vec<Zone> {
    let point = |[x, y]: [f64; 2]| PixelPoint { x, y };
    let zones = scene.zones.iter().filter_map(|zone| {
        Some(Zone {
            id: zone.id.clone(),
            polygon: PixelPolygon::new(zone.polygon_px.iter().copied().map(point).collect())?,
            tiles: None,
            asset: None,
            line: zone.line_px.map(|[from, to]| Line { from: point(from), to: point(to) }),
            tags: Vec::new(),
        })
    });
    zones.collect()
}

/// Tries a pattern on footage of the last hour, or of another interval. No case is opened.
#[utoipa::path(post, path = "/api/v1/cameras/{node}/{camera}/dry-run",
    params(("node" = String, Path), ("camera" = String, Path)), request_body = DryRunWanted,
    responses((status = 202, description = "asked; look it up until it is over", body = DryRunView),
    (status = 404, body = Problem), (status = 409, description = "its node is away", body = Problem),
    (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn ask(
    State(state): State<AppState>,
    person: Person,
    Path(of): Path<(String, String)>,
    Body(wanted): Body<DryRunWanted>,
) -> Answer<Response> {
    let camera = camera_of(&state, &person, &of).await?;
    let text = draft(&wanted)?;
    let catalogue = Catalogue::built_in().map_err(|faults| Problem::internal(&faults))?;
    let scene = camera.card.as_ref().and_then(|card| card.scene.as_ref());
    // Of a card without its scene the edge alone knows the zones.
    if scene.is_some() || wanted.zones.is_some() {
        let known = scene.map(zones_of).unwrap_or_default();
        read_draft(&text, &catalogue, &known).map_err(|faults| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "draft", faults.to_string())
        })?;
    }
    let register = &state.register;
    let interval = (wanted.from, wanted.to);
    let row = dry_run::ask(register, &camera, text, interval, &person.name).await?;
    let entry = Access {
        detail: format!(
            "{}/{} {} {} dry run of {}",
            camera.node, camera.camera, row.request.from, row.request.to, wanted.pattern
        ),
        ..register.access(AccessKind::FootageRequest, &person.name, person.unit.as_deref())
    };
    register.store.log_access(&entry).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&state, row).await?)).into_response())
}

async fn found(
    state: &AppState,
    person: &Person,
    (node, camera, request_id): (String, String, Uuid),
) -> Answer<DryRunRow> {
    let camera = camera_of(state, person, &(node, camera)).await?;
    let row = state.register.store.dry_run(&camera.node, &camera.camera, request_id).await?;
    row.ok_or_else(|| Problem::not_found("dry run"))
}

/// How far a dry run is, and what it found.
#[utoipa::path(get, path = "/api/v1/cameras/{node}/{camera}/dry-runs/{request_id}",
    params(("node" = String, Path), ("camera" = String, Path), ("request_id" = String, Path)),
    responses((status = 200, body = DryRunView), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    person: Person,
    Path(of): Path<(String, String, Uuid)>,
) -> Answer<Json<DryRunView>> {
    let row = found(&state, &person, of).await?;
    Ok(Json(view(&state, row).await?))
}

/// Cancels a dry run. One that is over stays as it ended.
#[utoipa::path(delete, path = "/api/v1/cameras/{node}/{camera}/dry-runs/{request_id}",
    params(("node" = String, Path), ("camera" = String, Path), ("request_id" = String, Path)),
    responses((status = 202, body = DryRunView), (status = 404, body = Problem)))]
pub async fn cancel(
    State(state): State<AppState>,
    person: Person,
    Path(of): Path<(String, String, Uuid)>,
) -> Answer<Response> {
    let row = found(&state, &person, of).await?;
    let register = &state.register;
    if !row.is_over(register.now()) {
        register.store.cancel_dry_run(&row.request, register.now()).await?;
        register.asked.notify_one();
    }
    Ok((StatusCode::ACCEPTED, Json(view(&state, row).await?)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wanted(body: Value) -> DryRunWanted {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn overrides_become_the_lines_of_a_pattern() {
        let text = draft(&wanted(json!({
            "pattern": "illegal_parking",
            "overrides": {"dwell_secs": 30, "zones": ["kerb"], "score_min": 0.4},
            "zones": "[frame]\nwidth_px = 640\nheight_px = 360",
        })));
        let text = text.unwrap();
        for line in ["height_px = 360\n[[pattern]]", "dwell_secs = 30\n", "score_min = 0.4\n"] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        assert!(text.contains("zones = [\"kerb\"]"), "{text}");
    }

    #[test]
    fn what_would_be_another_text_is_refused() {
        for overrides in [
            json!({"a b": 1}),
            json!({"x]\n[source": 1}),
            json!({"id": "crowd"}),
            json!({"dwell_secs": null}),
        ] {
            let body = json!({"pattern": "crowd", "overrides": overrides});
            assert!(draft(&wanted(body.clone())).is_err(), "{body}");
        }
        let quoted = draft(&wanted(json!({"pattern": "crowd\"\n[source]"}))).unwrap();
        assert_eq!(quoted.matches("[source]").count(), 1);
        assert!(toml_edit::Document::parse(quoted.as_str()).unwrap().get("source").is_none());
    }
}
