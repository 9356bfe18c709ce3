//! Cameras, and which of them see a cell.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Pairs, Problem, Segment},
    view::{self, CameraList, SeeingCamera, SeeingCameras},
};
use crate::{
    domain::{
        coverage::{HeightSpan, Spot},
        geo::GeoPoint,
        geoid::HeightDatum,
        grid::{GridCell, GridCell3, GridError, LonLat},
        people::Area,
    },
    drivers::store::hub::CameraRow,
    roles::hub::sight::blind_reason,
};
use axum::{Json, extract::State};

/// All cameras that edges have announced and that see into the area of whoever asks.
#[utoipa::path(get, path = "/api/v1/cameras", responses((status = 200, body = CameraList)))]
pub async fn list(State(state): State<AppState>, person: Person) -> Answer<Json<CameraList>> {
    let cameras = state.register.store.cameras().await?;
    let within = cameras.iter().filter(|camera| sees_into(&person.area, camera));
    Ok(Json(CameraList { items: within.map(view::camera).collect() }))
}

/// One that nobody has calibrated sees nowhere.
pub fn sees_into(area: &Area, camera: &CameraRow) -> bool {
    let footprint = camera.card.iter().flat_map(|card| &card.footprint);
    let mut cells = footprint.filter_map(|code| code.parse::<GridCell>().ok());
    area.is_everywhere() || cells.any(|cell| area.touches(cell))
}

/// Cameras that see a cell, best first; a camera that cannot see now comes last, with the reason.
#[utoipa::path(get, path = "/api/v1/grid/{code}/cameras", params(("code" = String, Path),
        ("3d" = Option<bool>, Query), ("height_metres" = Option<f64>, Query),
        ("height_datum" = Option<String>, Query)),
    responses((status = 200, body = SeeingCameras), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn of_cell(
    State(state): State<AppState>,
    person: Person,
    Segment(code): Segment<String>,
    Pairs(pairs): Pairs,
) -> Answer<Json<SeeingCameras>> {
    let spot = spot(&code, pairs)?;
    if !person.area.touches(spot.cell) {
        return Err(Problem::not_found("cell"));
    }
    let index = state.register.sight.read();
    let items = index
        .cameras_of(&spot, None)
        .into_iter()
        .map(|seeing| SeeingCamera {
            camera: seeing.camera.to_string(),
            node: seeing.node.to_string(),
            share: seeing.share,
            can_see: seeing.blind.is_none(),
            reason: seeing.blind.map(blind_reason),
            error_metres: seeing.error_metres,
            px_per_metre: seeing.px_per_metre,
            height_metres: seeing.height_metres,
        })
        .collect();
    Ok(Json(SeeingCameras { items }))
}

/// A 2D code, at a height if one is given, or a 3D code, which cannot be told from its length.
fn spot(code: &str, pairs: Vec<(String, String)>) -> Answer<Spot> {
    let (mut solid, mut height, mut datum) = (false, None, None);
    for (name, value) in pairs {
        let bad = |allowed: &str| Problem::invalid(&name, &value, allowed);
        match name.as_str() {
            "3d" => solid = value.parse().map_err(|_| bad("true or false"))?,
            "height_metres" => {
                let metres = value.parse().ok().filter(|m| (-12_000.0..=100_000.0).contains(m));
                height = Some(metres.ok_or_else(|| bad("-12000 to 100000 metres"))?);
            }
            "height_datum" => {
                let named = value.parse::<HeightDatum>();
                datum = Some(named.map_err(|error| bad(&error.to_string()))?);
            }
            _ => return Err(bad("3d height_metres height_datum")),
        }
    }
    let refused = |error: GridError| Problem::invalid("code", code, error.to_string());
    if solid {
        return Ok(code.parse::<GridCell3>().map_err(refused)?.into());
    }
    let cell: GridCell = code.parse().map_err(refused)?;
    let Some(height) = height else { return Ok(cell.into()) };
    let Some(datum) = datum else {
        let allowed = "ellipsoidal, egm96 or const:<N>, with height_metres";
        return Err(Problem::invalid("height_datum", "", allowed));
    };
    let LonLat { lon_deg, lat_deg } = cell.centre();
    let metres = datum.ellipsoidal_metres(height, GeoPoint { lon_deg, lat_deg });
    let metres = metres
        .map_err(|error| Problem::invalid("height_datum", datum.to_string(), error.to_string()))?;
    Ok(Spot { cell, heights: Some(HeightSpan::around(metres)) })
}
