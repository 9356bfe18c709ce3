//! The district's streets (街道), by which cases are asked for.

use super::{AppState, auth::Person};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct StreetView {
    pub name: String,
    /// BeiDou codes of the cells that it consists of.
    pub cells: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct StreetList {
    pub items: Vec<StreetView>,
}

/// Those that reach into the area of whoever asks, as the hub's file has them.
#[utoipa::path(get, path = "/api/v1/streets", responses((status = 200, body = StreetList)))]
pub async fn list(State(state): State<AppState>, person: Person) -> Json<StreetList> {
    let streets = state.config.streets.iter();
    let within = streets.filter(|street| street.area.common(&person.area).is_some());
    let items =
        within.map(|street| StreetView { name: street.name.clone(), cells: street.area.codes() });
    Json(StreetList { items: items.collect() })
}
