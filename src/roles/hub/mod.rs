//! The hub: takes the facts of edges, keeps the register, serves the review page.
//!
//! ```text
//! broker --> link --> ingest --> register <--> http <--> review page, platform, uploads of edges
//!   ^                               |
//!   +--- acks, decisions, looks ----+---- verify (each second, and when something is due)
//! ```
//!
//! Enters: a checked [`HubConfig`]. Leaves: a [`HubReport`] when shut down. Each part may be killed
//! at any moment: what matters is in the register before it is acknowledged or announced.

pub mod accounts;
pub mod checks;
mod clocks;
mod daemon;
pub mod deliver;
pub mod feed;
pub mod dataset;
mod dry_run;
pub mod first_start;
mod footage;
pub mod http;
pub mod ingest;
pub mod link;
#[cfg(test)]
mod merge_tests;
pub mod package;
#[cfg(test)]
mod package_tests;
pub mod password;
pub mod register;
#[cfg(test)]
mod samples;
pub mod sight;
mod stills;
pub mod text;
pub mod verify;
pub mod view_library;

pub use daemon::run_daemon;

use crate::{
    base::{clock::Clock, secret::Secret, shutdown::Shutdown},
    domain::{
        case::{lifecycle::State, notice::Listener, policy::CasePolicy},
        ids::DistrictId,
        people::{Area, Roles},
        wire::{EventData, PatternData, Priority},
    },
    drivers::{
        evidence::{bucket::BucketSettings, files::EvidenceFiles},
        mqtt::{self, Credentials, MqttConfig},
        oidc::OidcConfig,
        pki::MutualTls,
        store::hub::{Colleague, HubStore, Place},
        webhook::Webhook,
    },
};
use anyhow::Context;
use deliver::{Destination, HookConfig, deliver_loop};
use ingest::Ingest;
use register::Register;
use std::{
    fs::DirBuilder,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use verify::{LookTimes, Verify};
use view_library::{Library, ViewLibraryConfig};

/// Largest evidence file taken.
pub const EVIDENCE_BYTES_MAX: u64 = 512 * 1024 * 1024;

const VERIFY_EVERY: Duration = Duration::from_secs(1);
const FOOTAGE_EVERY: Duration = Duration::from_secs(5);
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A person of `hub.toml` who may sign in. `password_hash` is an argon2 PHC string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub password_hash: Secret,
    pub unit: Option<String>,
    pub roles: Roles,
    pub area: Area,
}

impl User {
    fn colleague(&self) -> Colleague {
        let Self { name, roles, area, .. } = self;
        Colleague { name: name.clone(), roles: roles.clone(), area: area.clone() }
    }
}

/// An identity provider, and what its word is worth here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSignIn {
    pub provider: OidcConfig,
    /// Names of its claims; dots go into objects.
    pub roles_claim: String,
    pub name_claim: String,
    pub unit_claim: Option<String>,
    /// What each text of the roles' claim is worth.
    pub roles: Vec<(String, Roles)>,
}

/// Where edges come in by their certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgesListener {
    pub listen: SocketAddr,
    pub tls: MutualTls,
}

/// An event of the catalogue that a complaint may name by code or pattern id.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownEvent {
    pub event: EventData,
    pub pattern: PatternData,
    pub priority: Priority,
}

/// A street of the district (街道), as the grid has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Street {
    pub name: String,
    pub area: Area,
}

/// What the map is drawn on; without it, on the bare grid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MapConfig {
    pub pmtiles: Option<PathBuf>,
    /// Whose map it is, as its licence wants it told.
    pub attribution: Option<String>,
}

/// How to reach the broker; topics and session are the hub's own matter.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// `mqtt://host[:1883]` or `mqtts://host[:8883]`
    pub url: String,
    pub client_id: String,
    pub credentials: Option<Credentials>,
    pub ca: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

/// Checked settings of a hub.
#[derive(Debug, Clone)]
pub struct HubConfig {
    pub district: DistrictId,
    pub listen: SocketAddr,
    pub database: Place,
    /// Uploads under way, and whole files where there is no bucket.
    pub evidence_dir: PathBuf,
    pub bucket: Option<BucketSettings>,
    /// Signs evidence packages; made by the first start.
    pub package_key_file: PathBuf,
    pub mqtt: BrokerConfig,
    pub users: Vec<User>,
    /// Where edges come in by their certificates; without it, only with the token.
    pub edges: Option<EdgesListener>,
    /// People may sign in through it as well.
    pub oidc: Option<OidcSignIn>,
    /// Edges upload evidence with it; without it only by certificate.
    pub node_token: Option<Secret>,
    /// The platform hands in complaints and feedback with it; without it only signed-in people do.
    pub platform_token: Option<Secret>,
    /// Demo only: whoever has it is signed in as `demo`.
    pub demo_ticket: Option<Secret>,
    pub events: Vec<KnownEvent>,
    pub looks: LookTimes,
    /// Limits, hours of duty, what must be true before a case is closed.
    pub policy: Arc<CasePolicy>,
    /// Platforms that are told of every step.
    pub hooks: Vec<HookConfig>,
    /// Platforms that get scenes with pictures.
    pub view_libraries: Vec<ViewLibraryConfig>,
    pub streets: Vec<Street>,
    pub map: MapConfig,
    /// The page is reached over https, so the cookie travels only there.
    pub https_in_front: bool,
}

impl HubConfig {
    fn listeners(&self) -> Vec<Listener> {
        let hooks = self.hooks.iter().map(HookConfig::listener);
        hooks.chain(self.view_libraries.iter().map(ViewLibraryConfig::listener)).collect()
    }
}

/// What a hub did while it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubReport {
    pub address: SocketAddr,
    /// Cases in each state at the end.
    pub cases: Vec<(String, i64)>,
}

/// A hub that has its database and its port and serves.
pub struct Running {
    pub address: SocketAddr,
    /// Where edges come in by their certificates.
    pub edges_address: Option<SocketAddr>,
    pub http: Arc<http::Server>,
    pub register: Arc<Register>,
    pub ingest: Ingest,
    publisher: mqtt::Publisher,
    tasks: JoinSet<()>,
    shutdown: Shutdown,
}

/// Opens everything, then serves in background tasks until `shutdown`.
pub async fn start(
    config: HubConfig,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
) -> anyhow::Result<Running> {
    if let Some(dir) = config.database.file().and_then(Path::parent) {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(|| {
            format!(
                "store.url: {} cannot be made; name a place that this user may write to",
                dir.display()
            )
        })?;
    }
    let signer = first_start::package_key(&config.package_key_file)?;
    let store = HubStore::open(config.database.clone(), config.district.clone()).await?;
    let store = store
        .with_policy(Arc::clone(&config.policy))
        .with_listeners(config.listeners())
        .with_colleagues(config.users.iter().map(User::colleague));
    let files = EvidenceFiles::open(&config.evidence_dir, config.bucket.as_ref()).await?;
    let register = Arc::new(Register::over(store, files, Arc::clone(&clock)).await?);
    let ingest = Ingest::new(Arc::clone(&register), config.district.clone());
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("http.listen: {} cannot be bound", config.listen))?;
    let address = listener.local_addr()?;
    let edges = match &config.edges {
        Some(EdgesListener { listen, .. }) => Some(
            TcpListener::bind(listen)
                .await
                .with_context(|| format!("http.edges.listen: {listen} cannot be bound"))?,
        ),
        None => None,
    };
    let edges_address = edges.as_ref().map(TcpListener::local_addr).transpose()?;
    let (publisher, events) = mqtt::connect(
        MqttConfig {
            url: config.mqtt.url.clone(),
            client_id: config.mqtt.client_id.clone(),
            credentials: config.mqtt.credentials.clone(),
            ca: config.mqtt.ca.clone(),
            cert: config.mqtt.cert.clone(),
            key: config.mqtt.key.clone(),
            status: None,
            subscriptions: ingest.subscriptions(),
            session_expiry_secs: SESSION_EXPIRY_SECS,
        },
        clock,
    )?;
    let mut tasks = JoinSet::new();
    let (connections, connections_seen) = watch::channel(0);
    let (read, unread) = link::read_ahead();
    tasks.spawn(link::read_messages(
        ingest.clone(),
        events,
        read,
        Arc::clone(&register),
        connections,
        shutdown.clone(),
    ));
    let taking = link::take_messages(ingest.clone(), publisher.clone(), unread, shutdown.clone());
    tasks.spawn(taking);
    tasks.spawn(link::send_outbound(
        Arc::clone(&register),
        publisher.clone(),
        connections_seen,
        shutdown.clone(),
    ));
    tasks.spawn(verify_loop(
        Verify::new(Arc::clone(&register), config.district.clone(), config.looks),
        Arc::clone(&register),
        publisher.clone(),
        shutdown.clone(),
    ));
    tasks.spawn(footage_loop(
        Arc::clone(&register),
        config.district.clone(),
        publisher.clone(),
        shutdown.clone(),
    ));
    tasks.spawn(stills::sweep_loop(Arc::clone(&register), shutdown.clone()));
    tasks.spawn(clocks::clock_loop(Arc::clone(&register), shutdown.clone()));
    tasks.spawn(feed::feed_loop(Arc::clone(&register), shutdown.clone()));
    let mut deliver = |name: &str, destination| {
        let register = Arc::clone(&register);
        tasks.spawn(deliver_loop(name.to_owned(), destination, register, shutdown.clone()));
    };
    for hook in &config.hooks {
        let webhook = Webhook::new(&hook.url, &hook.secret)?;
        deliver(&hook.name, Destination::Webhook(Box::new(webhook)));
    }
    let mut libraries = Vec::new();
    for library in &config.view_libraries {
        let library = Arc::new(Library::new(library.clone())?);
        deliver(library.name(), Destination::ViewLibrary(Arc::clone(&library)));
        libraries.push(library);
    }
    for library in libraries {
        let register = Arc::clone(&register);
        tasks.spawn(view_library::stay_registered(library, register, shutdown.clone()));
    }
    let http = http::Server::new(config, Arc::clone(&register), signer, shutdown.clone())?;
    let http = Arc::new(http);
    if let Some(edges) = edges {
        tasks.spawn(Arc::clone(&http).serve_edges(edges));
    }
    tasks.spawn(Arc::clone(&http).serve(listener));
    tracing::info!(%address, "hub serves");
    Ok(Running { address, edges_address, http, register, ingest, publisher, tasks, shutdown })
}

/// A hub may be away over a long weekend; its edges keep their facts longer than that anyway.
const SESSION_EXPIRY_SECS: u32 = 4 * 24 * 3_600;

impl Running {
    /// Waits for shutdown, then for the tasks.
    pub async fn wait(mut self) -> anyhow::Result<HubReport> {
        self.shutdown.begun().await;
        let ended = tokio::time::timeout(STOP_TIMEOUT, async {
            while self.tasks.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::warn!("some requests were cut");
            self.tasks.shutdown().await;
        }
        self.publisher.stop().await;
        let cases = self.register.store.state_counts(State::ALL).await?.into_iter().collect();
        self.register.store.close().await;
        Ok(HubReport { address: self.address, cases })
    }
}

/// Serves until shutdown.
pub async fn run(
    config: HubConfig,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
) -> anyhow::Result<HubReport> {
    start(config, clock, shutdown).await?.wait().await
}

async fn verify_loop(
    verify: Verify,
    register: Arc<Register>,
    publisher: mqtt::Publisher,
    shutdown: Shutdown,
) {
    loop {
        match verify.step().await {
            Ok(outgoing) => {
                for (topic, payload) in outgoing {
                    link::publish(&publisher, &topic, payload);
                }
            }
            Err(error) => tracing::error!(%error, "verification waits for the register"),
        }
        tokio::select! {
            () = register.due.notified() => {}
            () = tokio::time::sleep(VERIFY_EVERY) => {}
            () = shutdown.begun() => return,
        }
    }
}

async fn footage_loop(
    register: Arc<Register>,
    district: DistrictId,
    publisher: mqtt::Publisher,
    shutdown: Shutdown,
) {
    loop {
        let asked =
            [footage::due(&register, &district).await, dry_run::due(&register, &district).await];
        for due in asked {
            match due {
                Ok(outgoing) => outgoing.into_iter().for_each(|(topic, payload)| {
                    link::publish(&publisher, &topic, payload);
                }),
                Err(error) => tracing::error!(%error, "footage waits for the register"),
            }
        }
        tokio::select! {
            () = register.asked.notified() => {}
            () = tokio::time::sleep(FOOTAGE_EVERY) => {}
            () = shutdown.begun() => return,
        }
    }
}
