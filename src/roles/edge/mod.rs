//! The edge daemon: cameras in, cases out, questions answered from footage.
//!
//! ```text
//! cameras -> pool -> analysts -> commit queue -> SQLite -> publish loop -> MQTT -> hub
//!                        \-> pictures, clips -> upload loop -> HTTP -> hub
//! verify/request -> SQLite -> verifier (own model session, recorded footage) -> verify/result
//! footage/request -> playback (own model session, low priority) -> clip for people, footage/result
//!               \-> stills (the next analysed frame) -> picture for people, footage/result
//! dryrun/request -> dry runs (own model session, low priority) -> cases that would have been, dryrun/result
//! ```
//! Starts: store, link, pool, cameras. Stops in the reverse order: cameras first, then what is still
//! in the queues is stored, then `stopping` is published. One camera's fault never stops another.

mod book;
pub mod camera;
pub mod changes;
pub mod clip;
pub mod counters;
mod decisions;
mod dry_run;
pub mod evidence;
pub mod findings;
mod footage;
mod link;
mod looking;
pub mod masking;
pub mod memory;
pub mod photographs;
pub mod playback;
pub mod publish;
mod recorders;
mod report;
mod requests;
pub mod sight;
mod stills;
mod upkeep;
pub mod uploads;
mod verify;
mod waiting;
pub mod watch;

use crate::{
    base::{
        clock::{Clock, SystemClock},
        secret::Secret,
        shutdown::Shutdown,
        toml_reader::Faults,
    },
    domain::{
        analyser::Analyser,
        ids::{IdSource, RandomIds},
        verify_queue::WAITING_MAX,
        wire::{CloudEvent, Leaf, NodeAddress, StatusData, Topic},
    },
    drivers::{
        camera::{Address, CameraSource, CameraSourceConfig, Transport},
        detector::{
            load_on_cpu,
            manifest::ModelManifest,
            pool::{DetectorPool, PoolOptions},
            provider::ProviderOptions,
            session::NetworkFile,
        },
        evidence::upload::{UploadTls, Uploader},
        footage::clip::in_background,
        mqtt::{Credentials, MqttConfig, connect},
        store::{commit_queue::CommitQueue, edge::EdgeStore},
        vision::tensor::PlaneTensorMaker,
    },
    roles::{
        config::{
            edge::EdgeConfig, edge::load_edge, mqtt::MqttSettings, pattern::Catalogue, pipeline,
            pipeline::Pipeline,
        },
        signals::stop_or_reload,
        tools::Ended,
    },
};
use anyhow::Context;
use book::Book;
use camera::{Analyst, Message, Shared, feed, hand_over};
use changes::SceneWatch;
use clip::Clips;
use counters::EdgeCounters;
use decisions::Decisions;
use dry_run::{Desk, DryRuns};
use evidence::EvidenceFolder;
use footage::{Archive, Recording};
use looking::Looker;
use masking::Faces;
use playback::Playback;
use report::{CameraReporter, Teller};
use requests::Requests;
use std::{
    collections::BTreeMap,
    fs::DirBuilder,
    num::NonZeroUsize,
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::{Arc, mpsc::SyncSender},
    thread::JoinHandle,
};
use stills::{StillMaker, Stills};
use tokio::sync::mpsc;
use upkeep::{Upkeep, detector_data};
use uuid::Uuid;
use verify::Verifier;
use waiting::Waiting;
use watch::HealthWatch;

/// How long the broker keeps a node's messages while it is away: a week.
const SESSION_EXPIRY_SECS: u32 = 7 * 24 * 3600;

/// `gridwarden edge --config FILE`.
pub fn run_daemon(path: &Path) -> anyhow::Result<Ended> {
    memory::give_pictures_back();
    let catalogue = Catalogue::built_in()?;
    let mut config = load_edge(path, &catalogue)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    loop {
        let shutdown = Shutdown::new();
        let path = path.to_owned();
        let load = move || fresh(&path);
        let signals = runtime.spawn(stop_or_reload(shutdown.clone(), load));
        let ended = runtime.block_on(run(config, clock.clone(), shutdown.clone(), Arc::default()));
        shutdown.begin();
        ended?;
        match runtime.block_on(signals)? {
            None => return Ok(Ended::Done),
            Some(fresh) => config = fresh,
        }
    }
}

/// What a reload would start with. The model is loaded as well: one that was promoted since and
/// cannot be used must not end a daemon that runs.
fn fresh(path: &Path) -> Result<EdgeConfig, Faults> {
    let config = load_edge(path, &Catalogue::built_in()?)?;
    // All pipelines of an edge name one model.
    if let Some(pipeline) = config.pipelines.first() {
        load_on_cpu(&pipeline.manifest).map_err(|error| error.into_faults(&pipeline.manifest))?;
    }
    Faces::open(config.faces.as_ref())?;
    Ok(config)
}

/// Runs one edge until shutdown.
pub async fn run(
    config: EdgeConfig,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    counters: Arc<EdgeCounters>,
) -> anyhow::Result<()> {
    // Footage is not masked: it is for this user alone.
    DirBuilder::new().recursive(true).mode(0o700).create(&config.data_dir).with_context(|| {
        format!(
            "data.dir: {} cannot be made; name a place that this user may write to",
            config.data_dir.display()
        )
    })?;
    let store = EdgeStore::open(
        &config.data_dir.join("edge.sqlite"),
        config.address.clone(),
        clock.clone(),
    )
    .await?;
    let run_number = store.next_run().await?;
    let boot_id = RandomIds.next_uuid(clock.wall());

    let (publisher, events) =
        connect(mqtt_config(&config.mqtt, &config.address, boot_id, clock.clone()), clock.clone())?;
    let (commits, committing) = CommitQueue::start(store.clone());
    let evidence = EvidenceFolder::open(config.data_dir.join("evidence"), &config.evidence_url)
        .with_context(|| {
            format!("{}: the evidence folder cannot be made", config.data_dir.display())
        })?;
    evidence.sweep(&store.upload_names().await?).with_context(|| {
        format!("{}: old evidence cannot be deleted", config.data_dir.display())
    })?;
    let faces = Faces::open(config.faces.as_ref())?;
    let (stills, still_works) = Stills::channel();
    let shared = Shared {
        clock: clock.clone(),
        shutdown: shutdown.clone(),
        commits,
        evidence,
        counters: counters.clone(),
        book: Book::restore(store.open_cases().await?),
        waiting: Waiting::default(),
        faces: faces.clone(),
        stills: stills.clone(),
    };
    let teller = Teller {
        publisher: publisher.clone(),
        address: config.address.clone(),
        clock: clock.clone(),
    };
    let archive = Archive::open(&config, &clock, &counters)
        .with_context(|| format!("{}: the footage cannot be opened", config.data_dir.display()))?;

    let providers = provider_options(&config)?;
    let (pool, network) = {
        let manifest = &config.pipelines[0].manifest;
        let network = NetworkFile::open(ModelManifest::open(manifest)?)?;
        let options = PoolOptions {
            providers: providers.clone(),
            workers: NonZeroUsize::new(config.detector_threads.into()),
            cameras: NonZeroUsize::new(config.pipelines.len()),
        };
        let pool = DetectorPool::start(
            &network,
            &options,
            || Box::new(PlaneTensorMaker::new()),
            clock.clone(),
        )?;
        (pool, network)
    };
    let detector = detector_data(&pool);
    let report = pool.report();
    tracing::info!(model = %pool.model().id, provider = %report.used, "model loaded");
    for fallback in &report.fallbacks {
        tracing::warn!(provider = %fallback.provider, reason = fallback.reason, "provider not used");
    }

    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    let mut analysts = BTreeMap::new();
    for pipeline in &config.pipelines {
        let before = Before {
            cases: shared.book.own_cases(&pipeline.camera),
            mutes: store.mutes(&pipeline.camera).await?,
            candidates: store.candidates(&pipeline.camera).await?,
        };
        let started = start_camera(pipeline, &shared, &teller, &pool, &archive, before, run_number);
        match started {
            Ok((analyst, handles)) => {
                analysts.insert(pipeline.camera.clone(), analyst);
                threads.extend(handles);
            }
            Err(error) => {
                tracing::error!(camera = %pipeline.camera, error = format!("{error:#}"), "camera not started; the others go on")
            }
        }
    }

    let tls =
        UploadTls { ca: config.evidence_ca.clone(), identity: config.evidence_identity.clone() };
    let uploader = Uploader::new(&config.evidence_url, config.node_token.clone(), &tls)?;
    let (request_sender, requests) = std::sync::mpsc::sync_channel(WAITING_MAX);
    let looker = Looker {
        shared: shared.clone(),
        store: store.clone(),
        footage: archive.reader.clone(),
        pipelines: config.pipelines.iter().map(|p| (p.camera.clone(), p.clone())).collect(),
        sight: sight::Sight::of(&network, &providers)?,
        spare: pool.spare(),
        hub: uploader.clone(),
        runtime: tokio::runtime::Handle::current(),
    };
    let verifier = Verifier {
        store: store.clone(),
        teller: teller.clone(),
        looker,
        runtime: tokio::runtime::Handle::current(),
    };
    threads.push(
        std::thread::Builder::new()
            .name("verifier".to_owned())
            .spawn(move || verifier.run(&requests))?,
    );

    let (footage_sender, footage_requests) = std::sync::mpsc::sync_channel(playback::REQUESTS_MAX);
    let playback = Playback {
        shared: shared.clone(),
        store: store.clone(),
        teller: teller.clone(),
        footage: archive.reader.clone(),
        pipelines: config.pipelines.iter().map(|p| (p.camera.clone(), p.clone())).collect(),
        providers: providers.clone(),
        runtime: tokio::runtime::Handle::current(),
    };
    threads.push(in_background("playback", move || playback.run(&footage_requests))?);

    let masks = config
        .pipelines
        .iter()
        .map(|pipeline| (pipeline.camera.clone(), faces.masks_name(pipeline, &detector.model)));
    let still_maker = StillMaker {
        shared: shared.clone(),
        store: store.clone(),
        teller: teller.clone(),
        masks: masks.collect(),
        runtime: tokio::runtime::Handle::current(),
    };
    threads.push(in_background("stills", move || still_maker.run(&still_works))?);

    let desk = Desk::default();
    let dry_runs = DryRuns {
        desk: desk.clone(),
        shared: shared.clone(),
        store: store.clone(),
        teller: teller.clone(),
        footage: archive.reader.clone(),
        pipelines: config.pipelines.iter().map(|p| (p.camera.clone(), p.clone())).collect(),
        catalogue: Catalogue::built_in()?,
        providers: providers.clone(),
        spare: pool.spare(),
        runtime: tokio::runtime::Handle::current(),
    };
    threads.push(in_background("dry-run", move || dry_runs.run())?);

    let decisions = Decisions { store: store.clone(), analysts };
    let (publish_sender, publish_inputs) = mpsc::channel(publish::PUBLISH_INPUTS_MAX);
    let linking = tokio::spawn(link::run(
        config.address.clone(),
        events,
        publish_sender,
        Requests { store: store.clone(), verifier: request_sender },
        (footage_sender, stills, desk),
        decisions,
    ));
    let stop_publishing = Shutdown::new();
    let publishing = tokio::spawn(publish::run(
        store.clone(),
        publisher.clone(),
        clock.clone(),
        publish_inputs,
        stop_publishing.clone(),
    ));
    let uploading =
        tokio::spawn(uploads::run(store.clone(), uploader, clock.clone(), shutdown.clone()));
    let upkeep = Upkeep {
        config: &config,
        teller,
        footage: archive.reader.footage.clone(),
        store: &store,
        boot_id,
        counters,
        detector,
        faces,
    };
    upkeep.run(&shutdown, &shared.waiting).await;

    // Cameras first: the source threads end with the shutdown, then their analysts.
    drop(pool);
    tokio::task::spawn_blocking(move || {
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a camera thread had panicked");
            }
        }
    })
    .await?;
    shared.waiting.store(&store).await;
    drop(shared);
    committing.await?;
    stop_publishing.begin();
    publishing.await?;
    publisher.stop().await;
    uploading.await?;
    linking.abort();
    store.close().await;
    Ok(())
}

/// What a camera's analyser takes up from before the restart.
struct Before {
    cases: Vec<crate::domain::case::CaseState>,
    mutes: Vec<crate::domain::case::mute::Mute>,
    candidates: Vec<crate::domain::rule::candidate::Candidate>,
}

fn start_camera(
    pipeline: &Pipeline,
    shared: &Shared,
    teller: &Teller,
    pool: &DetectorPool,
    archive: &Archive,
    before: Before,
    run_number: u32,
) -> anyhow::Result<(SyncSender<Message>, Vec<JoinHandle<()>>)> {
    let camera = pipeline.camera.clone();
    let (sender, messages) = camera::channel();
    let recording = pipeline.recording.map(|own| archive.record(pipeline, own));
    let recording = recording.transpose().context("the recorder does not start")?;

    let ground = pipeline.calibration.as_ref().map(|c| c.view.clone());
    let mut analyser = Analyser::new(
        pipeline.scene.clone(),
        ground,
        pool.model().clone(),
        &pipeline.patterns,
        run_number,
        Box::new(RandomIds),
    );
    for orphan in analyser.restore(before.cases) {
        tracing::warn!(case = %orphan.case_id, pattern = %orphan.pattern.id, zone = %orphan.zone, "an open case's pattern or zone is no longer configured: a person must end it");
    }
    analyser.resume(before.candidates);
    before.mutes.into_iter().for_each(|mute| analyser.mute(mute));
    let classes = ModelManifest::open(&pipeline.manifest)?.classes;
    let changes = SceneWatch::of(pipeline.patterns.iter().map(|(pattern, _)| pattern), |class| {
        classes.iter().any(|known| &known.name == class)
    });
    let to_analyst = sender.clone();
    let analyst = Analyst {
        shared: shared.clone(),
        analyser,
        reporter: CameraReporter::new(teller.clone(), camera.clone()),
        clips: Clips::new(
            camera.clone(),
            pipeline.privacy.clone(),
            recording.is_some().then(|| archive.reader.clone()),
            shared.clone(),
            sender.clone(),
        ),
        changes,
        watch: HealthWatch::new(pipeline.health),
        left_at: None,
    };
    let analysing = analyst.spawn(messages)?;

    let (results, counters) = (sender.clone(), shared.counters.clone());
    let slot = pool.attach_tiled(pipeline.scene.tiling(), move |analysed| {
        hand_over(&results, Message::Analysed(Box::new(analysed)), &counters)
    });
    let config = CameraSourceConfig {
        address: address(&pipeline.source)?,
        transport: match pipeline.source.transport {
            pipeline::Transport::Auto => Transport::Auto,
            pipeline::Transport::Tcp => Transport::Tcp,
            pipeline::Transport::Udp => Transport::Udp,
        },
        analysed_fps: pipeline.source.analysed_fps,
        queue_frames_max: 2,
        silent_after: pipeline.source.silent_after,
        record: recording.as_ref().map(Recording::tap),
    };
    let counters = shared.counters.clone();
    let source =
        CameraSource::open(config, shared.clock.clone(), shared.shutdown.clone(), move |event| {
            // Blocking here would hold up the camera's supervisor for at most one analysed frame.
            let _ = sender.send(Message::Source(event));
        })?;
    let privacy = pipeline.privacy.clone();
    let feeding =
        std::thread::Builder::new().name(format!("feeder-{camera}")).spawn(move || {
            feed(source, &privacy, slot, counters);
            drop(recording);
        })?;
    Ok((to_analyst, vec![feeding, analysing]))
}

fn address(source: &pipeline::SourceSettings) -> anyhow::Result<Address> {
    let uri = match (source.uri.split_once("://"), &source.username, &source.password) {
        (Some((scheme, rest)), Some(user), Some(password)) => {
            format!("{scheme}://{user}:{}@{rest}", password.reveal())
        }
        (Some((scheme, rest)), Some(user), None) => format!("{scheme}://{user}@{rest}"),
        _ => source.uri.clone(),
    };
    Ok(Address::parse(&uri)?)
}

fn provider_options(config: &EdgeConfig) -> anyhow::Result<ProviderOptions> {
    let order = config.providers.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
    Ok(ProviderOptions {
        order,
        engine_cache: Some(config.data_dir.join("engines")),
        ..ProviderOptions::default()
    })
}

fn mqtt_config(
    settings: &MqttSettings,
    address: &NodeAddress,
    boot_id: Uuid,
    clock: Arc<dyn Clock>,
) -> MqttConfig {
    let topic = Topic::new(address, Leaf::Status);
    let (own, subject) = (address.clone(), address.node.to_string());
    let status = move |state| {
        let now = clock.wall();
        let data = StatusData { state, version: env!("CARGO_PKG_VERSION").to_owned(), boot_id };
        let id = RandomIds.next_uuid(now).to_string();
        let event = CloudEvent::new(&own, "status", id, now, subject.clone(), data);
        serde_json::to_vec(&event).unwrap_or_default()
    };
    let credentials = settings.username.clone().map(|user| Credentials {
        user,
        password: settings.password.clone().unwrap_or_else(|| Secret::new("")),
    });
    MqttConfig {
        url: settings.url.clone(),
        client_id: format!("gridwarden-{}-{}", address.district, address.node),
        credentials,
        ca: settings.ca.clone(),
        cert: settings.cert.clone(),
        key: settings.key.clone(),
        status: Some((topic.to_string(), Arc::new(status))),
        subscriptions: link::subscriptions(address),
        session_expiry_secs: SESSION_EXPIRY_SECS,
    }
}
