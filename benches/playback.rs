//! Footage for people: how long a clip that is here takes to its first byte, and one that is not to be made.
//!
//! `cargo bench --bench playback`, about 2 minutes.
//!
//! ```text
//! budget: first byte of playback <= 200 ms
//! ```
//! The first byte is that of `GET /evidence/{sha256}` with a range, as a player asks, over loopback: session,
//! register, log of views and disk are in it. What is made is 30 s of the rendered street at 640x360 and 5 fps,
//! and the same stretched to 1080p and 25 fps: the model on five frames a second, masks, encoder, thumbnails.

mod support;

use anyhow::Context;
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        secret::Secret,
        shutdown::Shutdown,
        time::{ClockQuality, WallTime},
    },
    domain::{footage::Span, tiles::Tiling},
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        detector::{
            faces::{FaceFinder, FaceNetwork},
            manifest::ModelManifest,
            onnx::OnnxDetector,
            provider::ProviderOptions,
            session::NetworkFile,
        },
        evidence::files::Digest256,
        store::hub::Place,
        vision::{filmstrip::Filmstrip, tensor::PlaneTensorMaker},
    },
    roles::{
        edge::{
            masking::{MASK_FPS, find_masks, regions},
            playback::write_masked,
        },
        hub::{self, BrokerConfig, HubConfig, verify::LookTimes},
    },
};
use gstreamer::{self as gst, prelude::*};
use reqwest::{Client, header};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use support::figures::{Spread, finish, round};

const CLIP_BYTES: usize = 12 << 20;
const ASKED: u32 = 200;
const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const CLIP: Duration = Duration::from_secs(30);
const CASE: &str = "019b76da-a800-7000-8000-000000000001";

fn main() -> anyhow::Result<()> {
    gridwarden::drivers::mqtt::install_crypto_provider();
    let first_byte = tokio::runtime::Runtime::new()?.block_on(first_byte())?;
    let made = make()?;
    finish(json!({ "bench": "playback", "first_byte": first_byte, "made": made }))
}

async fn first_byte() -> anyhow::Result<Value> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (clock, shutdown) = (SystemClock::new(), Shutdown::new());
    let running =
        hub::start(config(folder.path())?, Arc::new(clock.clone()), shutdown.clone()).await?;
    let base = format!("http://{}", running.address);
    let client =
        Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let signed_in = client.get(format!("{base}/signin?ticket=bench")).send().await?;
    let cookie = signed_in.headers().get(header::SET_COOKIE).context("no cookie")?.to_str()?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let clip: Vec<u8> = (0..CLIP_BYTES).map(|at| ((at * 31) >> 5) as u8).collect();
    let digest = Digest256::of(&clip);
    for (nth, chunk) in clip.chunks(4 << 20).enumerate() {
        let sent = client
            .patch(format!("{base}/api/v1/evidence/{digest}"))
            .bearer_auth("token")
            .header("Upload-Offset", nth * (4 << 20))
            .header("Upload-Length", clip.len())
            .body(chunk.to_vec());
        sent.send().await?.error_for_status()?;
    }
    let topic = format!("gridwarden/v1/440310/edge-1/case/{CASE}");
    let fact = serde_json::to_vec(&fact(&digest))?;
    running.ingest.message(&topic, &fact).await?.context("the case is not taken")?;
    let mut millis = Vec::new();
    for nth in 0..ASKED {
        let from = u64::from(nth) * 50_000;
        let begins = clock.monotonic();
        let mut answer = client
            .get(format!("{base}/api/v1/evidence/{digest}?case={CASE}"))
            .header(header::COOKIE, &cookie)
            .header(header::RANGE, format!("bytes={from}-"))
            .send()
            .await?
            .error_for_status()?;
        answer.chunk().await?.context("nothing came")?;
        millis.push(clock.monotonic().since(begins).as_secs_f64() * 1e3);
    }
    shutdown.begin();
    running.wait().await?;
    let spread = Spread::of(millis);
    println!(
        "first byte of a clip of 12 MB: {:.1} ms, at most {:.1}",
        spread.at(0.5),
        spread.at(1.0)
    );
    Ok(spread.json())
}

fn config(dir: &Path) -> anyhow::Result<HubConfig> {
    Ok(HubConfig {
        district: "440310".parse()?,
        listen: "127.0.0.1:0".parse()?,
        database: Place::File(dir.join("hub.db")),
        evidence_dir: dir.join("evidence"),
        bucket: None,
        package_key_file: dir.join("package-key.pem"),
        // Nobody listens there.
        mqtt: BrokerConfig {
            url: "mqtt://127.0.0.1:9".to_owned(),
            client_id: "hub-bench".to_owned(),
            credentials: None,
            ca: None,
            cert: None,
            key: None,
        },
        edges: None,
        oidc: None,
        users: Vec::new(),
        node_token: Some(Secret::new("token")),
        platform_token: None,
        demo_ticket: Some(Secret::new("bench")),
        events: Vec::new(),
        looks: LookTimes::default(),
        policy: Default::default(),
        hooks: Vec::new(),
        view_libraries: Vec::new(),
        streets: Vec::new(),
        map: Default::default(),
        https_in_front: false,
    })
}

fn fact(digest: &Digest256) -> Value {
    json!({
        "specversion": "1.0", "id": "1", "source": "/gridwarden/440310/edge-1",
        "type": "cn.gridwarden.case.opened", "time": START, "subject": CASE,
        "datacontenttype": "application/json",
        "data": {
            "case_id": CASE, "revision": 1, "kind": "opened",
            "event": {"std": "GB/T 47678.5", "version": "2026", "code": "06042",
                      "name_zh": "垃圾站（箱）满溢", "name_en": "overflowing bin", "local": false},
            "pattern": {"id": "bin_overflowing", "version": "3"},
            "camera": {"id": "gate", "node": "edge-1"}, "zone": "pavement",
            "first_seen_at": START, "confirmed_at": START, "last_seen_at": START,
            "dwell_secs": 5.0, "count": 1, "score": 0.8,
            "model": {"id": "m", "sha256": "00"}, "clock": "arrival",
            "evidence": [{"role": "playback", "url": "/x", "sha256": digest.as_str(), "media_type": "video/mp4",
                          "width_px": 1280, "height_px": 720, "captured_at": START}],
            "source": "video", "priority": "normal", "privacy": {"masked": true},
        },
    })
}

fn make() -> anyhow::Result<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let street = root.join("tests/scenes/street.mp4");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let large = stretched(&street, folder.path())?;
    let network = NetworkFile::open(ModelManifest::open(&root.join("models/street-nano.toml"))?)?;
    let (clock, mut report) = (SystemClock::new(), serde_json::Map::new());
    for (name, clip) in [("640x360 at 5 fps", &street), ("1920x1080 at 25 fps", &large)] {
        let span = Span::new(START, START.plus(CLIP));
        let frames = |fps| {
            FileSource::open(FileSourceConfig {
                parts: vec![FilePart { path: clip.clone(), starts_at: START }],
                analysed_fps: fps,
                between: Some((span.from, span.to)),
                clock: ClockQuality::Assigned,
            })
        };
        let begins = clock.monotonic();
        let maker = Box::new(PlaneTensorMaker::new());
        let mut detector = OnnxDetector::load(&network, &ProviderOptions::default(), maker)?;
        let (tiling, mut faces) = (Tiling::none(), finder()?);
        let masks = find_masks(&mut frames(MASK_FPS)?, &mut |frame| {
            regions(frame, &mut detector, &tiling, faces.as_mut())
        })?;
        let looked = clock.monotonic().since(begins).as_secs_f64();
        let mut strip = Filmstrip::over(span);
        let out = folder.path().join("clip.mp4");
        let made = write_masked(&mut frames(0.0)?, &masks, &mut strip, &out)?;
        strip.jpeg()?.context("no thumbnails")?;
        let whole = clock.monotonic().since(begins).as_secs_f64();
        println!(
            "30 s of {name}: {} frames masked in {whole:.1} s, {looked:.1} of it the model",
            made.frames
        );
        report.insert(
            name.to_owned(),
            json!({ "secs": round(whole), "model_secs": round(looked), "bytes": made.bytes }),
        );
    }
    Ok(Value::Object(report))
}

/// With `GRIDWARDEN_FACES=FILE` faces are looked for as well.
fn finder() -> anyhow::Result<Option<FaceFinder>> {
    let Some(file) = std::env::var_os("GRIDWARDEN_FACES") else { return Ok(None) };
    let network = FaceNetwork::open(Path::new(&file))?;
    Ok(Some(network.finder(Box::new(PlaneTensorMaker::new()))?))
}

/// As a camera would send it.
fn stretched(clip: &Path, into: &Path) -> anyhow::Result<PathBuf> {
    gst::init()?;
    let path = into.join("large.mp4");
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! decodebin ! videoscale ! videorate ! video/x-raw,width=1920,height=1080,framerate=25/1 ! \
         x264enc speed-preset=ultrafast key-int-max=50 bitrate=4000 ! mp4mux ! filesink location={}",
        clip.display(),
        path.display()
    ))?;
    pipeline.set_state(gst::State::Playing)?;
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let ended = pipeline.bus().and_then(|bus| bus.timed_pop_filtered(gst::ClockTime::NONE, &kinds));
    pipeline.set_state(gst::State::Null)?;
    anyhow::ensure!(ended.is_some_and(|it| it.type_() == gst::MessageType::Eos), "not stretched");
    Ok(path)
}
