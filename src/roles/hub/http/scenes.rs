//! A drawn scene, held to the rules of a pipeline. Nothing is kept.

use super::problem::{Answer, Body, Problem};
use crate::{base::toml_reader::Fault, roles::config::drawing::check_drawing};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneWanted {
    /// `[frame]`, `[[zone]]` and `[[privacy]]` of a pipeline.
    pub toml: String,
}

#[derive(Serialize, ToSchema)]
pub struct SceneChecked {
    /// All that is wrong; empty: the text may be put into the pipeline.
    pub faults: Vec<FaultView>,
}

#[derive(Serialize, ToSchema)]
pub struct FaultView {
    pub line: usize,
    /// Such as `zone[1].polygon_px`; empty where the text as a whole is wrong.
    pub key_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    pub allowed: String,
}

impl From<&Fault> for FaultView {
    fn from(fault: &Fault) -> Self {
        let Fault { line, key_path, value, allowed, .. } = fault.clone();
        Self { line, key_path, value, allowed }
    }
}

/// Checks zones as `gridwarden check` does.
#[utoipa::path(post, path = "/api/v1/scenes/check", request_body = SceneWanted,
    responses((status = 200, body = SceneChecked), (status = 422, body = Problem)))]
pub async fn check(Body(wanted): Body<SceneWanted>) -> Answer<Json<SceneChecked>> {
    let faults = match check_drawing(&wanted.toml) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.list().iter().map(FaultView::from).collect(),
    };
    Ok(Json(SceneChecked { faults }))
}
