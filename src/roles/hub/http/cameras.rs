//! Cameras, and which of them see a cell.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Problem, Segment},
    view::{self, CameraList, SeeingCamera, SeeingCameras},
};
use crate::{domain::grid::GridCell, roles::hub::sight};
use axum::{Json, extract::State};

/// All cameras that edges have announced.
#[utoipa::path(get, path = "/api/v1/cameras", responses((status = 200, body = CameraList)))]
pub async fn list(State(state): State<AppState>, _: Person) -> Answer<Json<CameraList>> {
    let cameras = state.register.store.cameras().await?;
    Ok(Json(CameraList { items: cameras.iter().map(view::camera).collect() }))
}

/// Cameras that see a cell, best first.
#[utoipa::path(get, path = "/api/v1/grid/{code}/cameras", params(("code" = String, Path)),
    responses((status = 200, body = SeeingCameras), (status = 422, body = Problem)))]
pub async fn of_cell(
    State(state): State<AppState>,
    _: Person,
    Segment(cell): Segment<GridCell>,
) -> Answer<Json<SeeingCameras>> {
    let cameras = state.register.store.cameras().await?;
    let items = sight::cameras_of(&cameras, cell)
        .into_iter()
        .map(|(row, share)| SeeingCamera {
            camera: row.camera.to_string(),
            node: row.node.to_string(),
            share,
            can_see: sight::can_see(row),
        })
        .collect();
    Ok(Json(SeeingCameras { items }))
}
