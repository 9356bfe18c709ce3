//! Memory and CPU time of the program `gridwarden edge` with one 1080p stream, everything on.
//!
//! `cargo bench --bench resident`, about 70 s; `-- no-recording` leaves recording and clips out, `-- small`
//! takes 768x576 instead. A process of its own takes one RTSP stream (1920x1080,
//! 10 frames a second, each analysed), records it, judges it with the demo's rules, publishes to a real
//! Mosquitto, and uploads pictures and clips to a hub that runs in the bench's own process.
//!
//! ```text
//! budget: resident memory (VmRSS) <= 300 MB; VmHWM is the most there ever was: while a clip is cut
//! ```
//! CPU time is read when the edge publishes its counters, so that it belongs to exactly those frames.
//! It holds what `edge_node` leaves out: RTSP, recording, threads handing over, pictures, clips, SQLite,
//! MQTT and uploads.

mod support;

use anyhow::Context;
use gridwarden::{
    domain::wire::{CloudEvent, StatsData},
    drivers::mqtt::LinkEvent,
};
use serde_json::json;
use std::time::Duration;
use support::{
    clips,
    figures::{Spread, finish, round},
    line::{self, BenchCamera, Line},
    process,
};

const BUDGET_MB: f64 = 300.0;
const FRAMES_PER_SEC: f64 = 10.0;
/// Statistics come at the start and each 60 s.
const LASTS: Duration = Duration::from_secs(66);
const LOOK_EVERY: Duration = Duration::from_millis(500);

fn main() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn measure() -> anyhow::Result<()> {
    let told = |word: &str| std::env::args().any(|argument| argument == word);
    let mut pipeline = line::demo_pipeline("demo_pets.toml")?;
    if told("no-recording") {
        pipeline = line::without_table(&pipeline, "[recording]")?;
    }
    let small = told("small");
    let camera = BenchCamera {
        mount: "pets",
        clip: if small { clips::pets()? } else { clips::pets_1080p()? },
        pipeline,
        analysed_fps: FRAMES_PER_SEC,
    };
    let mut line = Line::start(&[camera]).await?;
    let (_observer, mut events) = line.observe("stats")?;
    let pid = line.edge_pid();
    let begun = line.clock.monotonic();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let (mut resident, mut stats) = (Vec::new(), Vec::new());
    while line.clock.monotonic().since(begun) < LASTS {
        tokio::select! {
            _ = look.tick() => {
                line.check_edge()?;
                resident.push(megabytes(&pid, "VmRSS")?);
            }
            event = events.recv() => {
                let Some(LinkEvent::Message { payload, ack, .. }) = event else { continue };
                ack.ack();
                let event: CloudEvent<StatsData> = serde_json::from_slice(&payload)?;
                stats.push((event.data, process::cpu_time(&pid)?));
            }
        }
    }
    let peak = megabytes(&pid, "VmHWM")?;
    let resident = Spread::of(resident);
    let (first, last) = stats.first().zip(stats.last()).context("the edge told no statistics")?;
    let analysed = last.0.frames_analysed - first.0.frames_analysed;
    anyhow::ensure!(analysed > 0, "the edge analysed nothing between two statistics");
    let spent = (last.1 - first.1).as_secs_f64() * 1000.0 / analysed as f64;
    let cases = last.0.cases_opened;
    line.stop().await?;

    let middle = resident.at(0.5);
    let verdict = |megabytes| if megabytes <= BUDGET_MB { "within" } else { "OVER" };
    println!(
        "resident memory: {middle:.0} MB (median, {}), {peak:.0} MB at most ({} {BUDGET_MB} MB)",
        verdict(middle),
        verdict(peak)
    );
    println!("CPU: {spent:.2} ms an analysed frame, {analysed} frames, {cases} cases");
    finish(json!({
        "bench": "resident", "stream": if small { "768x576" } else { "1920x1080" }, "recording": !told("no-recording"),
        "frames_per_sec": FRAMES_PER_SEC,
        "resident_mb": resident.json(), "peak_mb": round(peak), "budget_mb": BUDGET_MB,
        "frames_analysed": analysed, "frames_dropped": last.0.frames_dropped, "cases": cases,
        "cpu_millis_per_analysed_frame": round(spent),
    }))
}

/// Millions of bytes.
fn megabytes(pid: &str, name: &str) -> anyhow::Result<f64> {
    Ok(process::memory_bytes(pid, name)? as f64 / 1e6)
}
