//! For those who run the hub: is it alive, can it work, what has it counted.

use super::{
    AppState,
    problem::{Answer, Problem},
};
use crate::domain::case::lifecycle::State as CaseState;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// One recorder a process: edge and hub of a demo share it.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// `None` where something else records the process's metrics.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "alive")))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The register can be written.
#[utoipa::path(get, path = "/readyz", responses((status = 200, description = "ready"),
    (status = 503, body = Problem)))]
pub async fn readyz(State(state): State<AppState>) -> Answer<&'static str> {
    state.register.store.probe().await.map_err(|error| {
        tracing::error!(%error, "not ready");
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not-ready",
            "the register cannot be written; the log says why",
        )
    })?;
    Ok("ready\n")
}

/// Counters in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "text")))]
pub async fn metrics(State(state): State<AppState>) -> Answer<Response> {
    // Of years of closed cases only the counters of changes tell: counting them would take a second.
    let open: Vec<CaseState> =
        CaseState::ALL.iter().copied().filter(|state| !state.is_final()).collect();
    let counts = state.register.store.state_counts(&open).await?;
    for state in open {
        let count = counts.get(state.as_str()).copied().unwrap_or(0);
        metrics::gauge!("gridwarden_hub_cases", "state" => state.as_str()).set(count as f64);
    }
    let text = recorder().map(PrometheusHandle::render).unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
