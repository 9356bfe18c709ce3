//! The whole line, real in every part: RTSP cameras, the program `gridwarden edge` as a process of its
//! own, Mosquitto, and a hub.
//!
//! ```text
//! this process: RTSP server, hub, observers     children: mosquitto, gridwarden edge
//! ```
//! So the edge's CPU time and memory are its own, and both ends of a latency are read from one clock.

use super::mosquitto::Mosquitto;
use anyhow::Context;
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        secret::Secret,
        shutdown::Shutdown,
    },
    domain::wire::NodeAddress,
    drivers::{
        camera::rtsp_server::RtspServer,
        mqtt::{self, LinkEvent, MqttConfig, Publisher},
        store::hub::Place,
    },
    roles::{
        config::{hub::known_events, pattern::Catalogue},
        hub::{self, BrokerConfig, HubConfig, Running, verify::LookTimes},
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::mpsc;

const DISTRICT: &str = "440310";
const NODE: &str = "bench-edge";
const TOKEN: &str = "token-of-the-bench";
const TICKET: &str = "ticket-of-the-bench";

/// One camera: where its stream is mounted, what it shows, and the pipeline that watches it.
pub struct BenchCamera {
    pub mount: &'static str,
    pub clip: PathBuf,
    /// The pipeline file without `[source]`.
    pub pipeline: String,
    pub analysed_fps: f64,
}

/// Fields end in this order: the edge before what it talks to.
pub struct Line {
    edge: Edge,
    pub clock: Arc<dyn Clock>,
    pub page: Page,
    hub: Running,
    shutdown: Shutdown,
    _cameras: RtspServer,
    broker: Mosquitto,
    _folder: TempDir,
}

/// Killed when dropped.
struct Edge(Child);

impl Drop for Edge {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing left to do then.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Line {
    /// The edge comes last; its first case is seconds away, so observers may follow.
    pub async fn start(cameras: &[BenchCamera]) -> anyhow::Result<Self> {
        mqtt::install_crypto_provider();
        let folder = TempDir::new()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let shutdown = Shutdown::new();
        let broker = Mosquitto::start("allow_anonymous true");
        let streams: Vec<_> = cameras.iter().map(|c| (c.mount, c.clip.clone())).collect();
        let rtsp = RtspServer::start(&streams, 0)?;
        let hub = hub::start(
            hub_config(folder.path(), broker.url())?,
            Arc::clone(&clock),
            shutdown.clone(),
        )
        .await?;
        let page = Page::sign_in(&format!("http://{}", hub.address)).await?;
        let config = write_edge_config(folder.path(), cameras, &rtsp, &broker, &hub)?;
        let edge = Command::new(env!("CARGO_BIN_EXE_gridwarden"))
            .args(["edge", "--config"])
            .arg(config)
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .spawn()
            .context("the edge does not start")?;
        Ok(Self {
            edge: Edge(edge),
            clock,
            page,
            hub,
            shutdown,
            _cameras: rtsp,
            broker,
            _folder: folder,
        })
    }

    pub fn edge_address() -> anyhow::Result<NodeAddress> {
        Ok(NodeAddress { district: DISTRICT.parse()?, node: NODE.parse()? })
    }

    pub fn edge_pid(&self) -> String {
        self.edge.0.id().to_string()
    }

    /// Fails if the edge has ended by itself.
    pub fn check_edge(&mut self) -> anyhow::Result<()> {
        match self.edge.0.try_wait()? {
            None => Ok(()),
            Some(status) => anyhow::bail!("the edge ended with {status}"),
        }
    }

    /// Sees what the edge publishes on a leaf, as any other subscriber would, until the publisher is
    /// dropped.
    pub fn observe(&self, leaf: &str) -> anyhow::Result<(Publisher, mpsc::Receiver<LinkEvent>)> {
        let config = MqttConfig {
            url: self.broker.url(),
            client_id: "bench-observer".to_owned(),
            credentials: None,
            ca: None,
            cert: None,
            key: None,
            status: None,
            subscriptions: vec![format!("gridwarden/v1/{DISTRICT}/{NODE}/{leaf}")],
            session_expiry_secs: 60,
        };
        Ok(mqtt::connect(config, Arc::clone(&self.clock))?)
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        drop(self.edge);
        self.shutdown.begin();
        self.hub.wait().await?;
        Ok(())
    }
}

/// A pipeline of the demo without its `[source]`, as it may stand in any folder.
pub fn demo_pipeline(name: &str) -> anyhow::Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("pipelines").join(name);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let text = without_table(&text, "[source]")?;
    Ok(text.replace("\"../", &format!("\"{}/", folder.display())))
}

/// A pipeline without one of its tables, which is not the last.
pub fn without_table(text: &str, head: &str) -> anyhow::Result<String> {
    let (before, rest) = text.split_once(head).with_context(|| format!("no {head} in it"))?;
    let (_, after) = rest.split_once("\n[").with_context(|| format!("nothing behind {head}"))?;
    Ok(format!("{before}[{after}"))
}

fn hub_config(folder: &Path, broker: String) -> anyhow::Result<HubConfig> {
    Ok(HubConfig {
        district: DISTRICT.parse()?,
        listen: "127.0.0.1:0".parse()?,
        database: Place::File(folder.join("hub.sqlite")),
        evidence_dir: folder.join("hub-evidence"),
        bucket: None,
        package_key_file: folder.join("package-key.pem"),
        mqtt: BrokerConfig {
            url: broker,
            client_id: "bench-hub".to_owned(),
            credentials: None,
            ca: None,
            cert: None,
            key: None,
        },
        edges: None,
        oidc: None,
        users: Vec::new(),
        node_token: Some(Secret::new(TOKEN)),
        platform_token: None,
        demo_ticket: Some(Secret::new(TICKET)),
        events: known_events(&Catalogue::built_in()?),
        looks: LookTimes::default(),
        policy: Default::default(),
        hooks: Vec::new(),
        view_libraries: Vec::new(),
        streets: Vec::new(),
        map: Default::default(),
        https_in_front: false,
    })
}

fn write_edge_config(
    folder: &Path,
    cameras: &[BenchCamera],
    rtsp: &RtspServer,
    broker: &Mosquitto,
    hub: &Running,
) -> anyhow::Result<PathBuf> {
    let mut names = Vec::new();
    for BenchCamera { mount, pipeline, analysed_fps, .. } in cameras {
        let uri = format!("rtsp://127.0.0.1:{}/{mount}", rtsp.port());
        let source = format!("\n[source]\nuri = \"{uri}\"\nanalysed_fps = {analysed_fps:?}\n");
        let name = format!("{mount}.toml");
        fs::write(folder.join(&name), format!("{pipeline}{source}"))?;
        names.push(name);
    }
    fs::write(folder.join("token"), TOKEN)?;
    let path = folder.join("edge.toml");
    fs::write(
        &path,
        format!(
            "pipelines = {names:?}\n[node]\nid = \"{NODE}\"\ndistrict = \"{DISTRICT}\"\n\
             [mqtt]\nurl = \"{}\"\n[data]\ndir = \"edge\"\n\
             [evidence]\nurl = \"http://{}\"\ntoken_file = \"token\"\n",
            broker.url(),
            hub.address,
        ),
    )?;
    Ok(path)
}

/// What a browser does for the review page: signs in, listens, asks.
#[derive(Clone)]
pub struct Page {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Page {
    async fn sign_in(base: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .build()?;
        let answer = client.get(format!("{base}/signin?ticket={TICKET}")).send().await?;
        let cookie = answer
            .headers()
            .get(reqwest::header::SET_COOKIE)
            .and_then(|value| value.to_str().ok()?.split(';').next())
            .context("the hub gave no session")?;
        Ok(Self { cookie: cookie.to_owned(), client, base: base.to_owned() })
    }

    /// `path` begins behind `/api/v1`.
    pub async fn get(&self, path: &str) -> anyhow::Result<reqwest::Response> {
        let request = self.client.get(format!("{}/api/v1{path}", self.base));
        Ok(request.header(reqwest::header::COOKIE, &self.cookie).send().await?)
    }
}
