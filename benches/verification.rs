//! Verification beside live cameras: how long a look takes, and what it takes from them.
//!
//! `cargo bench --bench verification` (once `make bench` has set up), about 5 minutes; `-- SECONDS FPS` for
//! other phases and frames analysed a second. On a machine that others use, `nice -n -10` before it.
//!
//! Two RTSP streams (768x576, 10 frames a second, each analysed and recorded) go through the program
//! `gridwarden edge` with a real Mosquitto. This process asks as a hub does: postchecks of cases that the
//! edge opened, with two looks of 30 s that are recorded already.
//!
//! ```text
//! budget: request -> result <= 5 s at p95; live analysis loses < 2 % of its frames while 20 wait
//!
//! one look at a time  footage of the filing 5 s = 13 frames, two bursts of 7.2 s = 36 frames, at 2.5 a second;
//!                     decoded from the key frame before, 10 a second:  about 220 pictures at 2 to 7 ms
//!                     49 frames x (network 42 + tensor, health, likeness 5 ms) = 2.3 s
//!                     => 3 to 4 s of one core
//!                     (42 ms with AVX2, 11 ms where there is AVX-512)
//! live                2 streams x 10 frames x (42 + 5 to 16 ms) = 1.0 to 1.2 of the two cores
//! ```
//! Three phases: nothing asked, one look at a time, and 20 that wait all the time. Lost are frames that
//! were to be analysed and were not, by the edge's own counters: a newer one came before a network was free.
//! Latency is on this machine's clock, from publishing the request to receiving the result.

mod support;

use anyhow::Context;
use gridwarden::{
    base::{
        clock::Clock,
        time::{Monotonic, WallTime},
    },
    domain::{
        ids::{IdSource, RandomIds},
        wire::{
            CaseFactData, CloudEvent, FactKind, Leaf, NodeAddress, StatsData, Topic, VerifyKind,
            VerifyRequestData, VerifyResultData,
        },
    },
    drivers::mqtt::{LinkEvent, Publisher},
};
use serde_json::json;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use support::{
    clips,
    figures::{Spread, finish, round},
    line::{BenchCamera, Line},
    process,
};
use tokio::sync::mpsc::Receiver;
use uuid::Uuid;

const LATENCY_BUDGET_SECS: f64 = 5.0;
const LOST_BUDGET: f64 = 0.02;
const FRAMES_PER_SEC: f64 = 10.0;
const PHASE_SECS: u64 = 60;
const WAITING: usize = 20;
/// From a case's confirmation to the looks, and their length together.
const AFTER: Duration = Duration::from_secs(2);
const LOOKS: Duration = Duration::from_secs(60);
/// Footage is readable so long after it was taken, with a margin.
const READABLE: Duration = Duration::from_secs(8);

fn main() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(measure())
}

/// A hub that only asks.
struct Asking {
    clock: Arc<dyn Clock>,
    publisher: Publisher,
    events: Receiver<LinkEvent>,
    node: NodeAddress,
    /// Cases whose looks are recorded, or will be; used again in turn.
    cases: VecDeque<CaseFactData>,
    asked: BTreeMap<Uuid, Monotonic>,
    counted: Counted,
    results: Vec<(Duration, VerifyResultData)>,
}

/// The edge's counters as it last told them, and when.
#[derive(Clone, Copy, Default)]
struct Counted {
    tellings: u32,
    decoded: u64,
    analysed: u64,
}

async fn measure() -> anyhow::Result<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let phase = Duration::from_secs(numbers.next().unwrap_or(PHASE_SECS));
    let frames_per_sec = numbers.next().map_or(FRAMES_PER_SEC, |number| number as f64);
    let clip = clips::pets()?;
    let camera = |mount| BenchCamera {
        mount,
        clip: clip.clone(),
        pipeline: pipeline(mount),
        analysed_fps: frames_per_sec,
    };
    let mut line = Line::start(&[camera("east"), camera("west")]).await?;
    let (publisher, events) = line.observe("#")?;
    let mut asking = Asking {
        clock: Arc::clone(&line.clock),
        publisher,
        events,
        node: Line::edge_address()?,
        cases: VecDeque::new(),
        asked: BTreeMap::new(),
        counted: Counted::default(),
        results: Vec::new(),
    };
    println!("waiting for cases with footage behind them");
    while !asking.has_footage() {
        asking.hear(Duration::from_millis(500)).await?;
        line.check_edge()?;
    }
    let pid = line.edge_pid();
    let mut phases = Vec::new();
    for (name, waiting) in [("nothing asked", 0), ("one at a time", 1), ("20 waiting", WAITING)] {
        let before = asking.next_telling().await?;
        let (cpu, began) = (process::cpu_time(&pid)?, asking.clock.monotonic());
        asking.results.clear();
        // Counters are told once a minute: whole minutes are compared.
        while asking.clock.monotonic().since(began) < phase {
            while asking.asked.len() < waiting {
                asking.ask()?;
            }
            asking.hear(Duration::from_millis(50)).await?;
            line.check_edge()?;
        }
        let after = asking.next_telling().await?;
        let lasted = asking.clock.monotonic().since(began).as_secs_f64();
        let cores = (process::cpu_time(&pid)? - cpu).as_secs_f64() / lasted;
        let decoded = (after.decoded - before.decoded).max(1) as f64;
        let wanted = decoded * frames_per_sec / FRAMES_PER_SEC;
        let lost = 1.0 - (after.analysed - before.analysed) as f64 / wanted;
        let latencies = Spread::of(asking.results.iter().map(|(took, _)| took.as_secs_f64()));
        let answers = asking.results.len();
        println!(
            "{name:>16}: {wanted:.0} frames to be analysed, {:.2} % lost; {cores:.2} cores; {answers} answers in {lasted:.0} s, \
             p50 {:.2} s, p95 {:.2} s, verdicts {}",
            100.0 * lost,
            latencies.at(0.5),
            latencies.at(0.95),
            asking.verdicts(),
        );
        phases.push(json!({
            "phase": name, "waiting": waiting, "frames": wanted, "lost_share": round(lost),
            "cores": round(cores), "answers": answers, "secs": round(lasted),
            "latency_secs": latencies.json(),
        }));
    }
    line.stop().await?;
    finish(json!({
        "bench": "verification", "streams": 2, "frames_per_sec": frames_per_sec, "size": "768x576",
        "latency_budget_secs": LATENCY_BUDGET_SECS, "lost_budget": LOST_BUDGET, "phases": phases,
    }))
}

impl Asking {
    fn has_footage(&self) -> bool {
        let now = self.clock.wall();
        let recorded = |case: &&CaseFactData| now >= looks_end(case).plus(READABLE);
        self.cases.iter().filter(recorded).count() >= 3
    }

    /// About the case that was asked about longest ago.
    fn ask(&mut self) -> anyhow::Result<()> {
        let now = self.clock.wall();
        let recorded = |case: &CaseFactData| now >= looks_end(case).plus(READABLE);
        let index = self.cases.iter().position(recorded).context("no case with footage")?;
        let case = self.cases.remove(index).context("it was there")?;
        let request = VerifyRequestData {
            request_id: RandomIds.next_uuid(now),
            kind: VerifyKind::Postcheck,
            camera: case.camera.id.clone(),
            cell: None,
            pattern: case.pattern.id.clone(),
            zone: case.zone.clone(),
            from: case.confirmed_at.plus(AFTER),
            to: looks_end(&case),
            not_before: Some(case.confirmed_at.plus(AFTER)),
            deadline: now.plus(Duration::from_secs(600)),
            case_id: Some(case.case_id),
            priority: Some(case.priority),
            photographs: Vec::new(),
        };
        let id = RandomIds.next_uuid(now).to_string();
        let subject = request.request_id.to_string();
        let event = CloudEvent::new(&self.node, "verify.request", id, now, subject, &request);
        let topic = Topic::new(&self.node, Leaf::VerifyRequest);
        self.publisher.try_publish(&topic, serde_json::to_vec(&event)?)?;
        self.asked.insert(request.request_id, self.clock.monotonic());
        self.cases.push_back(case);
        Ok(())
    }

    /// What the edge tells within this time.
    async fn hear(&mut self, wait: Duration) -> anyhow::Result<()> {
        let Ok(event) = tokio::time::timeout(wait, self.events.recv()).await else { return Ok(()) };
        let LinkEvent::Message { topic, payload, ack } = event.context("the link ended")? else {
            return Ok(());
        };
        ack.ack();
        match topic.parse::<Topic>()?.leaf {
            Leaf::Case(_) => {
                let event: CloudEvent<CaseFactData> = serde_json::from_slice(&payload)?;
                if event.data.kind == FactKind::Opened {
                    self.cases.push_back(event.data);
                    if self.cases.len() > 64 {
                        self.cases.pop_front();
                    }
                }
            }
            Leaf::Stats => {
                let event: CloudEvent<StatsData> = serde_json::from_slice(&payload)?;
                self.counted = Counted {
                    tellings: self.counted.tellings + 1,
                    decoded: event.data.frames_decoded,
                    analysed: event.data.frames_analysed,
                };
            }
            Leaf::VerifyResult => {
                let event: CloudEvent<VerifyResultData> = serde_json::from_slice(&payload)?;
                if let Some(asked) = self.asked.remove(&event.data.request_id) {
                    let took = self.clock.monotonic().since(asked);
                    self.results.push((took, event.data));
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn next_telling(&mut self) -> anyhow::Result<Counted> {
        let heard = self.counted.tellings;
        while self.counted.tellings == heard {
            self.hear(Duration::from_millis(500)).await?;
        }
        Ok(self.counted)
    }

    fn verdicts(&self) -> String {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (_, result) in &self.results {
            let frames = result.verdict.health.frames;
            let name = format!("{:?} of {frames} frames", result.verdict.verdict);
            *counts.entry(name).or_default() += 1;
        }
        format!("{counts:?}")
    }
}

fn looks_end(case: &CaseFactData) -> WallTime {
    case.confirmed_at.plus(AFTER + LOOKS)
}

/// A camera that reports a crowd of two, so that there are cases to ask about.
fn pipeline(camera: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    format!(
        "[camera]\nid = \"{camera}\"\n[frame]\nwidth_px = 768\nheight_px = 576\n\
         [model]\nmanifest = \"{root}/models/street-nano.toml\"\n\
         [[zone]]\nid = \"left\"\npolygon_px = [[0, 0], [384, 0], [384, 576], [0, 576]]\n\
         [[zone]]\nid = \"right\"\npolygon_px = [[384, 0], [768, 0], [768, 576], [384, 576]]\n\
         [[pattern]]\nid = \"crowd\"\ncount_min = 2\ndwell_secs = 1\ngap_secs_max = 0.5\n\
         clear_secs = 2\n[recording]\nkeep_secs = 1200\nbytes_max = 400_000_000\n"
    )
}
