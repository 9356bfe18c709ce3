//! The whole line on one machine: broker, cameras, edge and hub, on sample footage.
//!
//! ```text
//! clips -> RTSP camera server -> edge -> Mosquitto -> hub -> review page
//!                                              script: a reviewer, a crew and a citizen, over HTTP
//! ```
//! Everything is the product's own code and real servers; only the people are scripted, and only for
//! the bin and one complaint. The rest waits on the page for you.

mod broker;
mod footage;
mod people;

use crate::{
    base::{
        clock::{Clock, SystemClock},
        hex::hex,
        secret::{Secret, SecretSource},
        shutdown::Shutdown,
    },
    drivers::{camera::rtsp_server::RtspServer, store::hub::Place},
    roles::{
        config::{
            edge::EdgeConfig, footage::FootageSettings, hub::known_events, mqtt::MqttSettings,
            pattern::Catalogue, pipeline::load_pipeline, policy::shipped,
        },
        edge::{self, counters::EdgeCounters},
        hub::{self, BrokerConfig, HubConfig, verify::LookTimes},
        tools::Ended,
    },
};
use anyhow::Context;
use broker::Broker;
use people::{Report, Script};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gridwarden demo\n  gridwarden demo --headless --for-secs 90 --summary summary.json"
)]
pub struct DemoArgs {
    /// Stop after so many seconds; without it the demo runs until Ctrl-C
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(5..=86_400))]
    for_secs: Option<u64>,
    /// Print no banner for people
    #[arg(long)]
    headless: bool,
    /// Write what happened as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Port of the review page; a free one if it is taken
    #[arg(long, default_value_t = 8600)]
    port: u16,
}

const DISTRICT: &str = "440310";
const NODE: &str = "demo-edge";

pub fn run(args: DemoArgs) -> anyhow::Result<Ended> {
    edge::memory::give_pictures_back();
    let runtime = tokio::runtime::Runtime::new()?;
    let work = WorkFolder::make()?;
    let report = runtime.block_on(play(&args, &work.path))?;
    if let Some(path) = &args.summary {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    println!("{}", serde_json::to_string(&report)?);
    let failed = report.lost > 0;
    Ok(if failed { Ended::Failed } else { Ended::Done })
}

async fn play(args: &DemoArgs, work: &Path) -> anyhow::Result<Report> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let shutdown = Shutdown::new();
    let root = footage::repository_root()?;
    let broker = Broker::start(&work.join("mosquitto"))?;
    let cameras = RtspServer::start(&footage::streams(&root)?, 0)?;
    say(&format!("broker on {}, cameras on rtsp://127.0.0.1:{}", broker.url(), cameras.port()));

    let ticket = random_text();
    let (token, platform) = (Secret::new(random_text()), Secret::new(random_text()));
    let listen = free_address(args.port)?;
    let hub_config = HubConfig {
        district: DISTRICT.parse()?,
        listen,
        database: Place::File(work.join("hub.sqlite")),
        evidence_dir: work.join("hub-evidence"),
        bucket: None,
        package_key_file: work.join("package-key.pem"),
        mqtt: BrokerConfig {
            url: broker.url(),
            client_id: "gridwarden-hub".to_owned(),
            credentials: None,
            ca: None,
            cert: None,
            key: None,
        },
        edges: None,
        oidc: None,
        users: Vec::new(),
        node_token: Some(token.clone()),
        platform_token: Some(platform.clone()),
        demo_ticket: Some(Secret::new(ticket.clone())),
        events: known_events(&Catalogue::built_in()?),
        looks: LookTimes {
            settle: Duration::from_secs(1),
            look: Duration::from_secs(6),
            again_after: Duration::ZERO,
            retry_after: Duration::from_secs(2),
            tries_max: 3,
            span_max: Duration::from_secs(120),
            daypart_tries_max: 1,
            answer_within: Duration::from_secs(60),
            resend_after: Duration::from_secs(10),
        },
        policy: Arc::new(shipped()?),
        hooks: Vec::new(),
        view_libraries: Vec::new(),
        streets: Vec::new(),
        map: Default::default(),
        https_in_front: false,
    };
    let hub = hub::start(hub_config, clock.clone(), shutdown.clone()).await?;
    let base = format!("http://{}", hub.address);

    let counters: Arc<EdgeCounters> = Arc::default();
    let edge_config = edge_config(&root, work, &broker, &cameras, &base, token)?;
    let edge =
        tokio::spawn(edge::run(edge_config, clock.clone(), shutdown.clone(), counters.clone()));

    let page = format!("{base}/signin?ticket={ticket}");
    if !args.headless {
        say(&format!("review page: {page}"));
        say("dwell times are shortened for the demo; stop with Ctrl-C");
    }
    let mut script = Script::sign_in(&base, &ticket, platform, &root, clock.clone()).await?;
    let begun = clock.monotonic();
    let end = args.for_secs.map(Duration::from_secs);
    let mut edge = Box::pin(edge);
    loop {
        let elapsed = clock.monotonic().since(begun);
        if end.is_some_and(|end| elapsed >= end) {
            break;
        }
        script.act(elapsed).await;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(250)) => {}
            _ = tokio::signal::ctrl_c() => break,
            ended = &mut edge => {
                shutdown.begin();
                ended??;
                anyhow::bail!("the edge stopped by itself");
            }
        }
    }
    if !args.headless && end.is_some() {
        say(&format!("review page was {page}"));
    }
    // What the edge opened must be at the hub: give the last facts a moment.
    let report = script.settle(&counters).await;
    shutdown.begin();
    edge.await??;
    hub.wait().await?;
    drop(cameras);
    drop(broker);
    report
}

fn edge_config(
    root: &Path,
    work: &Path,
    broker: &Broker,
    cameras: &RtspServer,
    hub: &str,
    token: Secret,
) -> anyhow::Result<EdgeConfig> {
    let catalogue = Catalogue::built_in()?;
    let mut pipelines = Vec::new();
    for (name, mount) in footage::PIPELINES {
        let mut pipeline = load_pipeline(&root.join("pipelines").join(name), &catalogue)?;
        pipeline.source.uri = format!("rtsp://127.0.0.1:{}/{mount}", cameras.port());
        pipelines.push(pipeline);
    }
    Ok(EdgeConfig {
        address: crate::domain::wire::NodeAddress {
            district: DISTRICT.parse()?,
            node: NODE.parse()?,
        },
        mqtt: MqttSettings {
            url: broker.url(),
            username: None,
            password: None,
            ca: None,
            cert: None,
            key: None,
        },
        data_dir: work.join("edge"),
        footage: FootageSettings::default(),
        evidence_url: hub.to_owned(),
        node_token: Some(SecretSource::Given(token)),
        evidence_ca: None,
        evidence_identity: None,
        providers: vec!["cpu".to_owned()],
        detector_threads: 0,
        pipelines,
        faces: None,
    })
}

fn say(line: &str) {
    println!("demo: {line}");
}

fn random_text() -> String {
    hex(&rand::random::<[u8; 16]>())
}

/// The wished port on loopback, or any free one.
fn free_address(wished: u16) -> anyhow::Result<SocketAddr> {
    let at = |port| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr())
    };
    at(wished).or_else(|_| at(0)).context("no free port on loopback")
}

/// A folder that goes when the demo ends.
struct WorkFolder {
    path: PathBuf,
}

impl WorkFolder {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("gridwarden-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .with_context(|| format!("{}: cannot be made", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the demo's folder stays behind");
        }
    }
}
