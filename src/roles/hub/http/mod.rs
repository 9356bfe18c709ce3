//! The hub's HTTP server: `docs/http.md` is its contract.
//!
//! Everything from a client is bounded before it is read: connections, address, headers, bodies,
//! uploads, streams. Every answer carries the same security headers.

pub mod access;
mod access_log;
mod acts;
mod assigned;
mod attempts;
mod audit;
mod auth;
mod calibrations;
mod cameras;
mod cases;
mod complaints;
mod console;
mod dataset;
mod deliveries;
mod dry_runs;
mod evidence;
mod fleet;
mod footage;
mod limits;
mod listener;
mod map;
mod merges;
mod mutual;
mod oidc;
mod openapi;
mod ops;
mod package;
mod photographs;
pub mod problem;
mod progress;
mod ranges;
mod scenes;
mod session;
mod sheets;
mod shifts;
mod sightings;
mod statistics;
mod stills;
mod stream;
mod streets;
mod users;
mod view;

use super::{HubConfig, accounts::Accounts, register::Register};
use crate::{base::shutdown::Shutdown, domain::people::Act, drivers::signature::SigningKey};
use access::{Access, Routes};
use anyhow::Context;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    middleware,
    routing::{MethodRouter, delete, get, head, patch, post},
};
use mutual::{Mutual, Peer};
use rustls::ServerConfig;
use std::sync::Arc;
use tokio::{net::TcpListener, sync::Semaphore};

/// What every handler shares.
#[derive(Clone)]
pub struct AppState {
    register: Arc<Register>,
    config: Arc<HubConfig>,
    accounts: Arc<Accounts>,
    attempts: Arc<attempts::Attempts>,
    oidc: Option<Arc<oidc::Oidc>>,
    uploads: Arc<evidence::Uploads>,
    streams: Arc<Semaphore>,
    datasets: Arc<Semaphore>,
    packages: Arc<Semaphore>,
    /// Work for a processor alone.
    calculations: Arc<Semaphore>,
    /// Signs packages.
    signer: Arc<SigningKey>,
    shutdown: Shutdown,
}

pub struct Server {
    state: AppState,
    mutual: Option<Arc<ServerConfig>>,
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
        let mutual = config.edges.as_ref().map(|edges| edges.tls.server_config()).transpose()?;
        let oidc = config.oidc.clone().map(oidc::Oidc::new).transpose()?.map(Arc::new);
        // Before the first count, or it would be lost.
        let _ = ops::recorder();
        let demo = config.demo_ticket.is_some();
        let accounts = Accounts::new(register.store.clone(), config.users.clone(), demo);
        let state = AppState {
            register,
            accounts: Arc::new(accounts),
            attempts: Arc::default(),
            oidc,
            uploads: Arc::default(),
            streams: Arc::new(Semaphore::new(stream::STREAMS_MAX)),
            datasets: Arc::new(Semaphore::new(1)),
            packages: Arc::new(Semaphore::new(package::PACKAGES_MAX)),
            calculations: Arc::new(Semaphore::new(1)),
            signer: Arc::new(signer),
            shutdown,
            config: Arc::new(config),
        };
        Ok(Self { state, mutual })
    }

    /// Every route, with who may call it.
    pub fn table(&self) -> Vec<(Method, String, Access)> {
        routes(self.state.clone()).table
    }

    /// People and the platform; edges with their token.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let shutdown = self.state.shutdown.clone();
        let router = finish(routes(self.state.clone()).into_router().fallback(console::serve));
        let service = router.with_state(self.state.clone());
        let service = service.into_make_service_with_connect_info::<Peer>();
        let served = axum::serve(listener::Bounded::new(listener), service)
            .with_graceful_shutdown(async move { shutdown.begun().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "http server ended");
        }
    }

    /// Edges, by their certificates.
    pub async fn serve_edges(self: Arc<Self>, listener: TcpListener) {
        let Some(tls) = self.mutual.clone() else { return };
        let (shutdown, district) =
            (self.state.shutdown.clone(), self.state.config.district.clone());
        let listener = listener::Bounded::new(listener);
        let mutual = match Mutual::new(listener, tls, district, shutdown.clone()) {
            Ok(mutual) => mutual,
            Err(error) => {
                tracing::error!(%error, "the edges' listener ended");
                return;
            }
        };
        let routes = routes_of_edges(Routes::new(self.state.clone())).into_router();
        let service = finish(routes).with_state(self.state.clone());
        let service = service.into_make_service_with_connect_info::<Peer>();
        let served = axum::serve(mutual, service)
            .with_graceful_shutdown(async move { shutdown.begun().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the edges' listener ended");
        }
    }
}

/// What bounds every call.
fn finish(router: Router<AppState>) -> Router<AppState> {
    router
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(middleware::from_fn(limits::bound))
        .layer(middleware::from_fn(limits::secure))
}

const SEE: Access = Access::May(&[Act::SeeCases]);
const SEE_PICTURES: Access = Access::May(&[Act::SeePictures]);
const DRY_RUN: &str = "/cameras/{node}/{camera}/dry-runs/{request_id}";
/// The handler tells them apart.
const DECIDE: Access = Access::May(&[Act::Review, Act::Merge, Act::Dispatch, Act::Feedback]);
const LOOK_NOW: Access = Access::May(&[Act::AskFootage]);
const HANDLE: Access = Access::Report(&[Act::Dispatch, Act::Feedback]);
/// Who works in shifts.
const WORK: Access = Access::May(&[Act::Review, Act::Dispatch]);
const EXPORT: Access = Access::May(&[Act::Export]);
const FEEDBACK: Access = Access::Report(&[Act::Feedback]);
const RESEND: Access = Access::May(&[Act::Resend]);
const KEEP_ACCOUNTS: Access = Access::May(&[Act::ManageUsers]);

/// Every route, with who may call it. `{id}` is always a case.
fn routes(state: AppState) -> Routes {
    use Access::{Anyone, May, Report, SignedIn};
    let open: [(&'static str, MethodRouter<AppState>); 6] = [
        ("/api/openapi.json", get(openapi::document)),
        ("/api/v1/package-key", get(package::key)),
        ("/signin", get(session::by_ticket)),
        ("/healthz", get(ops::healthz)),
        ("/readyz", get(ops::readyz)),
        ("/metrics", get(ops::metrics)),
    ];
    let mut routes = routes_of_edges(Routes::new(state));
    routes = routes.on(Method::GET, "/tiles/{name}", SEE, get(map::tiles));
    for (path, handler) in open {
        routes = routes.on(Method::GET, path, Anyone, handler);
    }
    let rows: Vec<(Method, &'static str, Access, MethodRouter<AppState>)> = vec![
        (Method::POST, "/session", Anyone, post(session::sign_in)),
        (Method::GET, "/session", SignedIn, get(session::who)),
        (Method::DELETE, "/session", SignedIn, delete(session::sign_out)),
        (Method::POST, "/session/password", SignedIn, post(session::change_password)),
        (Method::GET, "/session/ways", Anyone, get(oidc::ways)),
        (Method::GET, "/session/oidc", Anyone, get(oidc::begin)),
        (Method::GET, "/session/oidc/callback", Anyone, get(oidc::callback)),
        (Method::GET, "/cases", SEE, get(cases::list)),
        (Method::GET, "/cases.csv", Report(&[Act::SeeCases]), get(sheets::cases)),
        (Method::GET, "/cases/{id}", SEE, get(cases::one)),
        (Method::POST, "/cases/{id}/act", DECIDE, post(acts::act)),
        (Method::POST, "/cases/{id}/handling", HANDLE, post(acts::handling)),
        (Method::GET, "/cases/{id}/days", SEE, get(audit::of_case)),
        (Method::GET, "/audit/days", SEE, get(audit::days)),
        (Method::GET, "/cases/{id}/staff", May(&[Act::Dispatch]), get(assigned::staff)),
        (Method::GET, "/cases/{id}/near", May(&[Act::Merge]), get(merges::near)),
        (Method::GET, "/cases/{id}/package", EXPORT, get(package::download)),
        (Method::POST, "/cases/{id}/footage", May(&[Act::AskFootage]), post(footage::request)),
        (Method::GET, "/cases/{id}/footage/{request_id}/export", EXPORT, get(footage::take_along)),
        (Method::POST, "/cases/{id}/feedback", FEEDBACK, post(cases::feedback)),
        (Method::POST, "/cases/{id}/photographs", FEEDBACK, post(photographs::receive)),
        (
            Method::POST,
            "/feedback.csv",
            FEEDBACK,
            post(sheets::feedback).layer(DefaultBodyLimit::max(sheets::SHEET_BYTES_MAX)),
        ),
        (Method::GET, "/deliveries/dead", RESEND, get(deliveries::dead)),
        (Method::POST, "/deliveries/{hook}/{message_id}/retry", RESEND, post(deliveries::retry)),
        (Method::POST, "/complaints", Report(&[Act::HandInComplaint]), post(complaints::receive)),
        (Method::GET, "/cameras", SEE, get(cameras::list)),
        (Method::POST, "/cameras/{node}/{camera}/still", LOOK_NOW, post(stills::ask)),
        (Method::GET, "/cameras/{node}/{camera}/stills/{request_id}", LOOK_NOW, get(stills::one)),
        (Method::GET, "/cameras/{node}/{camera}/pictures/{sha256}", LOOK_NOW, get(stills::picture)),
        (Method::POST, "/cameras/{node}/{camera}/dry-run", LOOK_NOW, post(dry_runs::ask)),
        (Method::GET, DRY_RUN, LOOK_NOW, get(dry_runs::one)),
        (Method::DELETE, DRY_RUN, LOOK_NOW, delete(dry_runs::cancel)),
        (Method::POST, "/calibrations/solve", SEE, post(calibrations::solve)),
        (Method::POST, "/scenes/check", SEE, post(scenes::check)),
        (Method::GET, "/grid/{code}/cameras", SEE, get(cameras::of_cell)),
        (Method::GET, "/streets", SEE, get(streets::list)),
        (Method::GET, "/map", SEE, get(map::map)),
        (Method::GET, "/map/cells", SEE, get(map::cells)),
        (Method::GET, "/map/hotspots", SEE, get(map::hotspots)),
        (Method::GET, "/statistics", SEE, get(statistics::figures)),
        (Method::GET, "/statistics.csv", SEE, get(statistics::figures_csv)),
        (Method::GET, "/digest", SEE, get(statistics::digest)),
        (Method::GET, "/shifts/now", WORK, get(shifts::now)),
        (Method::POST, "/shifts/handover", WORK, post(shifts::hand_over)),
        (Method::POST, "/shifts/{shift_id}/read", WORK, post(shifts::read)),
        (Method::GET, "/fleet", May(&[Act::SeeCases, Act::ManageUsers]), get(fleet::list)),
        (Method::GET, "/evidence/{sha256}", SEE_PICTURES, get(evidence::show)),
        (Method::GET, "/dataset", May(&[Act::ExportDataset]), get(dataset::coco)),
        (Method::GET, "/stream", SEE, get(stream::listen)),
        (Method::GET, "/users", KEEP_ACCOUNTS, get(users::list)),
        (Method::POST, "/users", KEEP_ACCOUNTS, post(users::add)),
        (Method::PATCH, "/users/{name}", KEEP_ACCOUNTS, patch(users::change)),
        (Method::GET, "/audit", May(&[Act::ReadAudit]), get(access_log::list)),
    ];
    rows.into_iter().fold(routes, |routes, (method, path, access, handler)| {
        routes.on_api(method, path, access, handler)
    })
}

/// What edges call.
fn routes_of_edges(routes: Routes) -> Routes {
    routes
        .on_api(Method::HEAD, "/evidence/{sha256}", Access::Edge, head(evidence::held))
        .on_api(Method::PATCH, "/evidence/{sha256}", Access::Edge, patch(evidence::append))
        .on_api(Method::GET, "/photographs/{sha256}", Access::Edge, get(photographs::lend))
}
