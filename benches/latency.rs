//! How old a case is when it is on MQTT, and when it is on the review page.
//!
//! `cargo bench --bench latency`, about 100 s; `-- SECONDS` for another length. `-- no-recording` leaves
//! recording and clips out.
//!
//! Two RTSP streams (768x576, 10 frames a second, each analysed) go through the program `gridwarden
//! edge`, a real Mosquitto and a real hub. Each picture is divided into 24 zones that report whoever
//! is in them, so that there are cases enough to speak of a 95th percentile: far more a minute than a
//! street has. Pictures and clips are made, masked and uploaded for each.
//!
//! ```text
//! frame arrives (captured_at = confirmed_at of the case it confirms)
//!   -> decoded, waits, network, rules, pictures, SQLite -> MQTT message seen by a subscriber  <= 500 ms
//!   -> hub's commit -> server-sent event -> GET case -> GET thumbnail                         <= 3 s
//! ```
//! `captured_at` is the wall time of the compressed frame's arrival, taken once a connection and carried
//! on by the stream's own time. What the page adds is drawing. All ends read the same machine's clock.

mod support;

use anyhow::Context;
use gridwarden::{
    base::{clock::Clock, time::WallTime},
    domain::wire::{CaseFactData, CloudEvent, FactKind},
    drivers::mqtt::LinkEvent,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use support::{
    clips,
    figures::{Spread, finish},
    line::{BenchCamera, Line, Page},
};

const PUBLISH_BUDGET_MILLIS: f64 = 500.0;
const VISIBLE_BUDGET_MILLIS: f64 = 3_000.0;
const FRAMES_PER_SEC: f64 = 10.0;
const LASTS_SECS: u64 = 90;
/// After the last counted case: its picture may still be on its way.
const SETTLE: Duration = Duration::from_secs(10);
const COLUMNS: u32 = 6;
const ROWS: u32 = 4;

/// Milliseconds from a case's confirmation; none until it has happened.
#[derive(Debug, Default, Clone, Copy)]
struct Ages {
    published: Option<f64>,
    announced: Option<f64>,
    case_read: Option<f64>,
    picture_read: Option<f64>,
}

#[derive(Clone, Default)]
struct Cases(Arc<Mutex<BTreeMap<String, Ages>>>);

impl Cases {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Ages>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a moment of a case, the first time only.
    fn note(&self, case_id: &str, moment: fn(&mut Ages) -> &mut Option<f64>, millis: f64) {
        moment(self.lock().entry(case_id.to_owned()).or_default()).get_or_insert(millis);
    }

    fn spread(&self, moment: fn(&Ages) -> Option<f64>) -> Spread {
        Spread::of(self.lock().values().filter_map(moment))
    }
}

fn main() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn measure() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let records = !arguments.iter().any(|argument| argument == "no-recording");
    let lasts = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(LASTS_SECS);
    let clip = clips::pets()?;
    let camera = |mount| BenchCamera {
        mount,
        clip: clip.clone(),
        pipeline: pipeline(mount, records),
        analysed_fps: FRAMES_PER_SEC,
    };
    let mut line = Line::start(&[camera("east"), camera("west")]).await?;
    let cases = Cases::default();
    let (_observer, mut events) = line.observe("case/+")?;
    let (clock, page) = (Arc::clone(&line.clock), line.page.clone());
    let watching = tokio::spawn(watch_page(page, cases.clone(), Arc::clone(&clock)));

    let begun = clock.monotonic();
    let lasts = Duration::from_secs(lasts);
    while clock.monotonic().since(begun) < lasts {
        let Ok(event) = tokio::time::timeout(Duration::from_millis(500), events.recv()).await
        else {
            line.check_edge()?;
            continue;
        };
        if let LinkEvent::Message { payload, ack, .. } = event.context("the link ended")? {
            let seen_at = clock.wall();
            ack.ack();
            let event: CloudEvent<CaseFactData> = serde_json::from_slice(&payload)?;
            if event.data.kind == FactKind::Opened {
                let millis = millis_since(event.data.confirmed_at, seen_at);
                cases.note(&event.data.case_id.to_string(), |ages| &mut ages.published, millis);
            }
        }
    }
    // Only what was published by now counts; later cases have had no time to appear.
    let counted: Vec<String> = {
        let seen = cases.lock();
        let published = seen.iter().filter(|(_, ages)| ages.published.is_some());
        published.map(|(case_id, _)| case_id.clone()).collect()
    };
    tokio::time::sleep(SETTLE).await;
    watching.abort();
    line.stop().await?;
    cases.lock().retain(|case_id, _| counted.contains(case_id));

    let published = cases.spread(|ages| ages.published);
    let announced = cases.spread(|ages| ages.announced);
    let read = cases.spread(|ages| ages.case_read);
    let pictured = cases.spread(|ages| ages.picture_read);
    println!("{} cases of two streams, milliseconds from the frame's arrival", published.count());
    println!("{:>34} {:>6} {:>6} {:>6} {:>6}", "", "cases", "p50", "p95", "max");
    for (name, spread) in [
        ("seen on MQTT (budget p95 500)", &published),
        ("announced to the page", &announced),
        ("case answered (budget p95 3000)", &read),
        ("thumbnail answered (the same)", &pictured),
    ] {
        let [p50, p95, max] = [0.5, 0.95, 1.0].map(|share| spread.at(share));
        println!("{name:>34} {:>6} {p50:>6.0} {p95:>6.0} {max:>6.0}", spread.count());
    }
    finish(json!({
        "bench": "latency", "unit": "ms from the frame's arrival", "streams": 2,
        "frames_per_sec": FRAMES_PER_SEC, "size": "768x576", "recording": records,
        "published": published.json(), "published_p95_budget": PUBLISH_BUDGET_MILLIS,
        "announced": announced.json(), "case_read": read.json(), "picture_read": pictured.json(),
        "visible_p95_budget": VISIBLE_BUDGET_MILLIS,
    }))
}

/// A camera whose every zone reports a person after a second, and is clear again after two.
fn pipeline(camera: &str, records: bool) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut text = format!(
        "[camera]\nid = \"{camera}\"\ncalibration = \"{root}/calibration/demo_pets.toml\"\n\
         [frame]\nwidth_px = 768\nheight_px = 576\n\
         [model]\nmanifest = \"{root}/models/street-nano.toml\"\n\
         [[pattern]]\nid = \"crowd\"\ncount_min = 1\ndwell_secs = 1\ngap_secs_max = 0.5\n\
         clear_secs = 2\n"
    );
    if records {
        text.push_str("[recording]\nkeep_secs = 600\nbytes_max = 100_000_000\n");
    }
    let (width, height) = (768 / COLUMNS, 576 / ROWS);
    for (column, row) in (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (column, row))) {
        let (left, top) = (column * width, row * height);
        let (right, bottom) = (left + width, top + height);
        let _ = write!(
            text,
            "[[zone]]\nid = \"z{column}{row}\"\n\
             polygon_px = [[{left}, {top}], [{right}, {top}], [{right}, {bottom}], [{left}, {bottom}]]\n"
        );
    }
    text
}

/// Listens as the page does, and asks for each case that is told and for its picture.
async fn watch_page(page: Page, cases: Cases, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let mut stream = page.get("/stream").await?.error_for_status()?;
    let mut text = String::new();
    while let Some(chunk) = stream.chunk().await? {
        text.push_str(&String::from_utf8_lossy(&chunk));
        while let Some(end) = text.find("\n\n") {
            let told_at = clock.wall();
            let event: String = text.drain(..end + 2).collect();
            if !event.lines().any(|line| line == "event: case") {
                continue;
            }
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            let data: Value = serde_json::from_str(data.context("an event without data")?)?;
            let case_id = data["case_id"].as_str().context("no case_id")?.to_owned();
            let (page, cases, clock) = (page.clone(), cases.clone(), Arc::clone(&clock));
            tokio::spawn(async move {
                if let Err(error) = read_case(&page, &cases, &*clock, &case_id, told_at).await {
                    eprintln!("{case_id}: {error:#}");
                }
            });
        }
    }
    anyhow::bail!("the hub ended the stream")
}

async fn read_case(
    page: &Page,
    cases: &Cases,
    clock: &dyn Clock,
    case_id: &str,
    told_at: WallTime,
) -> anyhow::Result<()> {
    let answer = page.get(&format!("/cases/{case_id}")).await?.error_for_status()?;
    let case: Value = answer.json().await?;
    let read_at = clock.wall();
    let confirmed_at: WallTime = case["confirmed_at"].as_str().context("no time")?.parse()?;
    cases.note(case_id, |ages| &mut ages.announced, millis_since(confirmed_at, told_at));
    cases.note(case_id, |ages| &mut ages.case_read, millis_since(confirmed_at, read_at));
    // Named before it is there: the hub tells the case again once it holds the file.
    let Some(picture) = case["thumbnail"].as_str() else { return Ok(()) };
    let answer = page.get(&format!("/evidence/{picture}?case={case_id}")).await?;
    if answer.status().is_success() && !answer.bytes().await?.is_empty() {
        let millis = millis_since(confirmed_at, clock.wall());
        cases.note(case_id, |ages| &mut ages.picture_read, millis);
    }
    Ok(())
}

fn millis_since(earlier: WallTime, later: WallTime) -> f64 {
    (later.unix_millis() - earlier.unix_millis()) as f64
}
