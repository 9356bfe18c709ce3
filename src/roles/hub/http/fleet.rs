//! The fleet: nodes as they describe themselves, with their cameras.

use super::problem::Answer;
use super::{AppState, auth::Person, cameras::sees_into};
use crate::{
    base::time::WallTime,
    domain::wire::{CameraCondition, Presence, StatsData},
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct FleetCamera {
    pub id: String,
    /// Absent: the node has not told it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub condition: Option<CameraCondition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub since: Option<WallTime>,
}

#[derive(Serialize, ToSchema)]
pub struct NodeView {
    pub node: String,
    /// `online`, `offline` or `stopping`
    #[schema(value_type = String)]
    pub state: Presence,
    pub version: String,
    pub boot_id: String,
    /// Its last status or figures.
    #[schema(value_type = String)]
    pub heard_at: WallTime,
    pub cameras: Vec<FleetCamera>,
    /// Its last figures, each minute: `outbox_depth` facts and `uploads_pending` files wait for the hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub stats: Option<StatsData>,
}

#[derive(Serialize, ToSchema)]
pub struct Fleet {
    pub items: Vec<NodeView>,
}

/// Nodes, by name. Of whoever has an area, those with a camera that sees into it, and those cameras alone.
#[utoipa::path(get, path = "/api/v1/fleet", responses((status = 200, body = Fleet)))]
pub async fn list(State(state): State<AppState>, person: Person) -> Answer<Json<Fleet>> {
    let store = &state.register.store;
    let cameras = store.cameras().await?;
    let mut items = Vec::new();
    for node in store.nodes().await? {
        let own = cameras.iter().filter(|camera| camera.node == node.node);
        let seen: Vec<FleetCamera> = own
            .filter(|camera| sees_into(&person.area, camera))
            .map(|camera| FleetCamera {
                id: camera.camera.to_string(),
                condition: camera.health.as_ref().map(|health| health.condition),
                since: camera.health.as_ref().map(|health| health.since),
            })
            .collect();
        if seen.is_empty() && !person.area.is_everywhere() {
            continue;
        }
        items.push(NodeView {
            node: node.node.to_string(),
            state: node.status.state,
            version: node.status.version,
            boot_id: node.status.boot_id.to_string(),
            heard_at: node.heard_at,
            cameras: seen,
            stats: node.stats,
        });
    }
    Ok(Json(Fleet { items }))
}
