//! The hub's HTTP server: `docs/http.md` is its contract.
//!
//! Everything from a client is bounded before it is read: connections, address, headers, bodies,
//! uploads, streams. Every answer carries the same security headers.

mod acts;
mod audit;
mod auth;
mod cameras;
mod cases;
mod complaints;
mod console;
mod dataset;
mod deliveries;
mod evidence;
mod footage;
mod limits;
mod listener;
mod merges;
mod openapi;
mod ops;
mod package;
mod photographs;
pub mod problem;
mod progress;
mod session;
mod sheets;
mod sightings;
mod stream;
mod view;

use super::{HubConfig, register::Register};
use crate::{base::shutdown::Shutdown, drivers::signature::SigningKey};
use anyhow::Context;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use std::sync::Arc;
use tokio::{net::TcpListener, sync::Semaphore};

/// What every handler shares.
#[derive(Clone)]
pub struct AppState {
    register: Arc<Register>,
    config: Arc<HubConfig>,
    guard: Arc<session::Guard>,
    uploads: Arc<evidence::Uploads>,
    streams: Arc<Semaphore>,
    datasets: Arc<Semaphore>,
    packages: Arc<Semaphore>,
    /// Signs packages.
    signer: Arc<SigningKey>,
    shutdown: Shutdown,
}

pub struct Server {
    router: Router,
    shutdown: Shutdown,
}

impl Server {
    pub fn new(
        config: HubConfig,
        register: Arc<Register>,
        signer: SigningKey,
        shutdown: Shutdown,
    ) -> anyhow::Result<Self> {
        for user in &config.users {
            argon2::password_hash::phc::PasswordHash::new(user.password_hash.reveal())
                .map_err(|error| anyhow::anyhow!("{error}"))
                .with_context(|| {
                    format!("auth: password hash of {:?} is no PHC string", user.name)
                })?;
        }
        // Before the first count, or it would be lost.
        let _ = ops::recorder();
        let state = AppState {
            register,
            config: Arc::new(config),
            guard: Arc::default(),
            uploads: Arc::default(),
            streams: Arc::new(Semaphore::new(stream::STREAMS_MAX)),
            datasets: Arc::new(Semaphore::new(1)),
            packages: Arc::new(Semaphore::new(package::PACKAGES_MAX)),
            signer: Arc::new(signer),
            shutdown: shutdown.clone(),
        };
        Ok(Self { router: routes(state), shutdown })
    }

    pub async fn serve(self, listener: TcpListener) {
        let shutdown = self.shutdown.clone();
        let served = axum::serve(listener::Bounded::new(listener), self.router)
            .with_graceful_shutdown(async move { shutdown.begun().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "http server ended");
        }
    }
}

fn routes(state: AppState) -> Router {
    let api = Router::new()
        .route("/session", post(session::sign_in).get(session::who).delete(session::sign_out))
        .route("/cases", get(cases::list))
        .route("/cases.csv", get(sheets::cases))
        .route("/cases/{id}", get(cases::one))
        .route("/cases/{id}/act", post(acts::act))
        .route("/cases/{id}/handling", post(acts::handling))
        .route("/cases/{id}/days", get(audit::of_case))
        .route("/audit/days", get(audit::days))
        .route("/cases/{id}/near", get(merges::near))
        .route("/cases/{id}/package", get(package::download))
        .route("/cases/{id}/footage", post(footage::request))
        .route("/cases/{id}/footage/{request_id}/export", get(footage::take_along))
        .route("/cases/{id}/feedback", post(cases::feedback))
        .route("/cases/{id}/photographs", post(photographs::receive))
        .route("/photographs/{sha256}", get(photographs::lend))
        .route("/complaints", post(complaints::receive))
        .route("/cameras", get(cameras::list))
        .route("/grid/{code}/cameras", get(cameras::of_cell))
        .route(
            "/evidence/{sha256}",
            get(evidence::show).head(evidence::held).patch(evidence::append),
        )
        .route("/dataset", get(dataset::coco))
        .route(
            "/feedback.csv",
            post(sheets::feedback).layer(DefaultBodyLimit::max(sheets::SHEET_BYTES_MAX)),
        )
        .route("/deliveries/dead", get(deliveries::dead))
        .route("/deliveries/{hook}/{message_id}/retry", post(deliveries::retry))
        .route("/package-key", get(package::key))
        .route("/stream", get(stream::listen));
    Router::new()
        .nest("/api/v1", api)
        .route("/api/openapi.json", get(openapi::document))
        .route("/signin", get(session::by_ticket))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .fallback(console::serve)
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(middleware::from_fn(limits::bound))
        .layer(middleware::from_fn(limits::secure))
        .with_state(state)
}
