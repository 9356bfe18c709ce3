//! How fast facts of edges go into the register: messages as the broker hands them over, made, parsed,
//! checked, committed and answered. `cargo bench --bench ingest`, a minute into SQLite;
//! `GRIDWARDEN_BENCH_SECS=300` for the five minutes of the target. PostgreSQL is measured where
//! `PG_DURABLE=1 tests/postgres.sh cargo bench --bench ingest` runs it.
//!
//! Budget (two cores, all of it on them): 3,000 facts a second into PostgreSQL are 667 us of CPU a
//! fact, the server's share included; 5,000 into SQLite are 400 us.
//!
//! The mix: a case is opened with a picture and a clip, seen three times, and gone; then its spot opens
//! another. 256 spots over a city of 20 km, each in a moment of its own: so a batch of 256, as many as the
//! hub takes in together, has of each kind some. The next case of a spot stands 30 m off, so
//! that nothing is merged and each has had neighbours.

use anyhow::Context;
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        secret::Secret,
    },
    domain::{geo::GeoPoint, place::place_at},
    drivers::{
        evidence::files::EvidenceFiles,
        store::hub::{HubStore, Place},
    },
    roles::hub::{
        ingest::{Incoming, Ingest},
        link::TOGETHER_MAX,
        register::Register,
    },
};
use std::{env, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use uuid::Uuid;

const DISTRICT: &str = "440310";
const NODES: u64 = 40;
const KINDS: [&str; 5] = ["opened", "seen", "seen", "seen", "gone"];
const SPOTS: u64 = 256;
const BATCH: u64 = TOGETHER_MAX as u64;
const AT: &str = "2026-01-01T00:00:00.000Z";
const MODEL: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The `number`th fact of a stream that never ends.
fn message(run: u64, number: u64) -> (String, Vec<u8>) {
    let (spot, round) = (number % SPOTS, number / SPOTS);
    // The first case of a spot is cut short, so that the spots fall out of step.
    let first = 5 - spot % 5;
    let (turn, revision) = match round.checked_sub(first) {
        None => (0, round),
        Some(later) => (1 + later / 5, later % 5),
    };
    let case = turn * SPOTS + spot;
    let (case_id, node) = (Uuid::from_u64_pair(run, case + 1), format!("edge-{}", spot % NODES));
    let east = (spot % 16) as f64 * 0.0125 + (turn % 40) as f64 * 3e-4;
    let north = (spot / 16) as f64 * 0.0125 + (turn / 40 % 40) as f64 * 3e-4;
    let at_place = GeoPoint { lon_deg: 114.2 + east, lat_deg: 22.5 + north };
    let kind = KINDS[revision as usize];
    let file = |role: &str, media_type: &str| {
        format!(
            r#"{{"role":"{role}","url":"/api/v1/evidence/{case:064x}","sha256":"{case:064x}","media_type":"{media_type}","width_px":1920,"height_px":1080,"captured_at":"{AT}"}}"#
        )
    };
    let evidence = match kind {
        "opened" => [file("snapshot", "image/jpeg"), file("clip", "video/mp4")].join(","),
        _ => String::new(),
    };
    let gone = if kind == "gone" { format!(r#""{AT}""#) } else { "null".to_owned() };
    let place = place_at(at_place, 42.0, 2.0);
    let place = serde_json::to_string(&place).expect("a place has finite numbers");
    let revision = revision + 1;
    // By hand: what the hub is asked is to be had for little.
    let text = format!(
        r#"{{"specversion":"1.0","id":"{case_id}:{node}:{revision}","source":"/gridwarden/{DISTRICT}/{node}","type":"cn.gridwarden.case.fact","time":"{AT}","subject":"{case_id}","datacontenttype":"application/json","data":{{"case_id":"{case_id}","revision":{revision},"kind":"{kind}","event":{{"std":"GB/T 47678.5","version":"2026","code":"06042","name_zh":"垃圾站（箱）满溢","name_en":"overflowing bin","local":false}},"pattern":{{"id":"bin_overflowing","version":"3"}},"place":{place},"camera":{{"id":"gate","node":"{node}"}},"zone":"pavement","first_seen_at":"{AT}","confirmed_at":"{AT}","last_seen_at":"{AT}","gone_at":{gone},"dwell_secs":5.0,"count":1,"score":0.8,"model":{{"id":"street-nano","sha256":"{MODEL}"}},"clock":"arrival","evidence":[{evidence}],"source":"video","priority":"normal","privacy":{{"masked":true}}}}}}"#
    );
    (format!("gridwarden/v1/{DISTRICT}/{node}/case/{case_id}"), text.into_bytes())
}

/// Facts a second for so long, and the longest that a batch took. They are made and read by another task,
/// as the hub reads from its broker while it takes in what came before.
async fn pump(
    ingest: &Ingest,
    run: u64,
    first: u64,
    lasting: Duration,
) -> anyhow::Result<(u64, f64, Duration)> {
    let (read, mut unread) = mpsc::channel(1);
    let reading = ingest.clone();
    let reader = tokio::spawn(async move {
        for batch in 0.. {
            let from = first + batch * BATCH;
            let messages = (from..from + BATCH).map(|number| message(run, number));
            let messages = messages.map(|(topic, text)| reading.read(topic, text)).collect();
            if read.send(messages).await.is_err() {
                break;
            }
        }
    });
    let clock = SystemClock::new();
    let (mut facts, mut longest, began) = (0, Duration::ZERO, clock.monotonic());
    while clock.monotonic().since(began) < lasting {
        let batch: Vec<Incoming> = unread.recv().await.context("the reader ended")?;
        let taken = clock.monotonic();
        let acked = ingest.take_in(&batch).await?.into_iter().flatten().count();
        longest = longest.max(clock.monotonic().since(taken));
        anyhow::ensure!(acked == batch.len(), "{acked} of {} acknowledged", batch.len());
        facts += acked as u64;
    }
    let spent = clock.monotonic().since(began);
    drop(unread);
    reader.await?;
    Ok((facts, facts as f64 / spent.as_secs_f64(), longest))
}

async fn measure(name: &str, place: Place, lasting: Duration) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let store = HubStore::open(place, DISTRICT.parse()?).await?;
    let files = EvidenceFiles::open(&folder.path().join("evidence"), None).await?;
    let register = Register::over(store, files, Arc::new(SystemClock::new())).await?;
    let ingest = Ingest::new(Arc::new(register), DISTRICT.parse()?);
    let run = Uuid::now_v7().as_u64_pair().0;
    let (facts, speed, longest) = pump(&ingest, run, 0, lasting).await?;
    println!(
        "{name}: {facts} facts, {speed:.0} a second for {} s; the longest batch of {BATCH} took {} ms",
        lasting.as_secs(),
        longest.as_millis()
    );
    let (facts, speed, _) = pump(&ingest, run, 0, lasting.min(Duration::from_secs(5))).await?;
    println!("{name}: {facts} of them once more, {speed:.0} a second");
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let secs = env::var("GRIDWARDEN_BENCH_SECS").map_or(Ok(60), |secs| secs.parse())?;
    let lasting = Duration::from_secs(secs);
    let runtime = tokio::runtime::Runtime::new()?;
    let measured = async {
        match env::var("GRIDWARDEN_TEST_POSTGRES") {
            Ok(server) => {
                let url = format!("{server}/postgres");
                let place = Place::Postgres { url, password: None::<Secret> };
                measure("PostgreSQL", place, lasting).await
            }
            Err(_) => {
                let dir = env::var("GRIDWARDEN_BENCH_DIR").unwrap_or_else(|_| ".".to_owned());
                let folder = tempfile::tempdir_in(dir)?;
                measure("SQLite", Place::File(folder.path().join("hub.db")), lasting).await
            }
        }
    };
    runtime.block_on(measured).context("ingest")
}
