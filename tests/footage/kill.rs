//! A recording process killed at random moments: every ring opens, says the truth, and has all that was
//! synced; the check names the rest.

use crate::support::{Encoding, START, Site, all, camera, from_env, roomy, secs};
use gridwarden::{
    base::{
        clock::{Clock, SystemClock},
        time::WallTime,
    },
    domain::footage::Span,
    drivers::footage::{
        Footage, RecorderEvent,
        fsck::{Check, Problem, check},
    },
};
use rand::{RngExt, SeedableRng};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Duration,
};

const DIR: &str = "GRIDWARDEN_RECORD_DIR";
const FROM: &str = "GRIDWARDEN_RECORD_FROM_MILLIS";
const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// The process that is killed: this same test, told by its environment to record. Forty times as fast as
/// a camera, so that a kill meets every state.
#[test]
fn records_until_it_is_killed() {
    let (Ok(dir), Ok(from)) = (std::env::var(DIR), std::env::var(FROM)) else { return };
    let stream = Encoding { fps: 25, seconds: 2, ..Encoding::default() }.stream();
    let site = Site::new(dir.as_ref(), roomy(), secs(2.0));
    site.clock.step_wall(WallTime::from_unix_millis(from.parse().unwrap()));
    println!("\nfrom {}", site.clock.wall().unix_millis());
    let mut told = 0;
    for nth in 0.. {
        site.feed(&stream, nth..nth + 1);
        std::thread::sleep(Duration::from_millis(1));
        let events = site.events.lock().unwrap();
        for event in &events[told..] {
            if let RecorderEvent::Synced(to) = event {
                println!("synced {}", to.unix_millis());
                std::io::stdout().flush().unwrap();
            }
        }
        told = events.len();
    }
}

/// What one run recorded for certain: from its first frame to its last sync.
fn killed_run(dir: &std::path::Path, from: WallTime, after: Duration) -> Option<Span> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::records_until_it_is_killed", "--exact", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(FROM, from.unix_millis().to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("from ")), "the recording process does not start");
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    let synced = lines.filter_map(|line| line.strip_prefix("synced ")?.parse().ok());
    let to = synced.last().map(WallTime::from_unix_millis)?;
    Some(Span::new(from, to))
}

#[test]
fn what_was_synced_outlives_every_kill() {
    let rounds = from_env("GRIDWARDEN_KILLS", 6);
    let folder = tempfile::tempdir().unwrap();
    let footage = Footage::new(folder.path());
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let clock = SystemClock::new();
    let mut certain = Vec::new();
    let (mut unfinished, mut opened_within) = (0, Duration::ZERO);
    let mut from = START;
    for round in 0..rounds {
        let after = Duration::from_micros(random.random_range(0..400_000));
        certain.extend(killed_run(folder.path(), from, after));
        let begins = clock.monotonic();
        let segments = all(folder.path());
        let ends = segments.last().map_or(from, |last| last.span.to);
        let recorded = footage.recording_span(&camera()).unwrap();
        opened_within = opened_within.max(clock.monotonic().since(begins));
        assert!(recorded.is_none_or(|span| span.to == ends), "round {round}");
        // The index is true: lengths as named, every frame whole, nothing of what was synced missing.
        assert!(segments.iter().all(|segment| !segment.is_torn), "round {round}");
        // All of it now and then, the newest each time.
        let again = if round % 25 == 0 || round + 1 == rounds {
            0
        } else {
            certain.len().saturating_sub(3)
        };
        for span in &certain[again..] {
            let of = footage.segments(&camera(), *span).unwrap();
            let missing = footage.holes(&camera(), *span, &of, ends).unwrap();
            assert_eq!(missing, [], "round {round}: {span}");
        }
        let (now, repair) = (ends, round % 2 == 0);
        let report = check(folder.path(), Check { now, repair, deep: true }).unwrap();
        assert!(report.findings.len() <= 1, "round {round}: {:?}", report.findings);
        assert!(report.findings.iter().all(|it| it.problem == Problem::Unfinished));
        assert_eq!(report.is_sound(), repair || report.findings.is_empty(), "round {round}");
        unfinished += report.findings.len();
        // Odd rounds leave the rest to the next start.
        from = ends.plus(secs(10.0));
    }
    assert!(opened_within < OPENS_WITHIN, "{opened_within:?}");
    assert!(!certain.is_empty() && unfinished > 0, "the kills met nothing worth killing");
    println!(
        "{rounds} kills: {} runs with synced footage, all of it there; {unfinished} unfinished segments named; \
         {} segments opened in {opened_within:?} at most",
        certain.len(),
        all(folder.path()).len()
    );
}
