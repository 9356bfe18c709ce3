//! The upload loop: moves evidence files to the hub and deletes them here once it holds them.
//!
//! Enters: rows of the store's upload table. Leaves: nothing but the deletion of a file and then of
//! its row, after the hub said that it holds the whole file. A crash between the two leaves a row
//! without a file; the hub is asked first, says that it is complete, and the row goes. A few files at a time; one that fails rests, longer each
//! time, while the others go on.
//!
//! Failure: what trying again can cure is tried for ever. A file that is gone or spoiled on disk is
//! logged and given up: no later attempt could bring it back.

use crate::{
    base::{clock::Clock, shutdown::Shutdown, time::Monotonic},
    drivers::{
        evidence::upload::{UploadError, Uploader},
        store::{
            StoreError,
            edge::{EdgeStore, UploadRow},
        },
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;

const UPLOADS_AT_ONCE_MAX: usize = 2;
/// Rows looked at: the oldest first, those at rest among them.
const ROWS_MAX: usize = 256;
const REST_FIRST: Duration = Duration::from_secs(1);
const REST_LONGEST: Duration = Duration::from_secs(60);

/// A file that failed waits until then.
#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Monotonic,
    length: Duration,
}

/// Runs until shutdown; a file under way is cut and resumed after the next start.
pub async fn run(store: EdgeStore, uploader: Uploader, clock: Arc<dyn Clock>, shutdown: Shutdown) {
    let mut running: JoinSet<(UploadRow, Result<(), UploadError>)> = JoinSet::new();
    let mut under_way: BTreeSet<String> = BTreeSet::new();
    let mut resting: HashMap<String, Rest> = HashMap::new();
    let (mut faulty, mut waits) = (false, false);
    loop {
        let listed = store.uploads(ROWS_MAX).await;
        report(&listed, &mut faulty);
        let rows = listed.unwrap_or_default();
        let now = clock.monotonic();
        for row in &rows {
            let rests = resting.get(&row.sha256).is_some_and(|rest| rest.until > now);
            if running.len() < UPLOADS_AT_ONCE_MAX && !rests && !under_way.contains(&row.sha256) {
                under_way.insert(row.sha256.clone());
                let (uploader, row) = (uploader.clone(), row.clone());
                running.spawn(async move {
                    let sent = uploader.upload(&row.sha256, &row.path, &row.media_type).await;
                    (row, sent)
                });
            }
        }
        // Rests that have ended are under way, or wait for a place that `join_next` announces.
        let rests = resting.values().filter(|rest| rest.until > now);
        let next_rest = rests.map(|rest| rest.until.since(now)).min();
        let pause = if faulty { Some(REST_FIRST) } else { next_rest };
        tokio::select! {
            () = shutdown.begun() => return,
            () = store.uploads_added() => {}
            () = sleep_or_never(pause), if running.len() < UPLOADS_AT_ONCE_MAX => {}
            Some(joined) = running.join_next() => {
                // A task that panicked leaves its name under way: that file waits for a restart.
                let Ok((row, sent)) = joined else { continue };
                under_way.remove(&row.sha256);
                tell(&sent, &mut waits);
                settle(&store, &mut resting, &row, sent, clock.monotonic()).await;
            }
        }
    }
}

async fn settle(
    store: &EdgeStore,
    resting: &mut HashMap<String, Rest>,
    row: &UploadRow,
    sent: Result<(), UploadError>,
    now: Monotonic,
) {
    let done = match sent {
        Ok(()) => true,
        Err(error) if error.is_final() => {
            metrics::counter!("gridwarden_edge_evidence_lost").increment(1);
            true
        }
        Err(_) => false,
    };
    let deleted = match done {
        true => {
            delete_file(row).await;
            store.delete_upload(&row.sha256).await
        }
        false => Ok(()),
    };
    if let Err(error) = &deleted {
        tracing::error!(%error, "an uploaded file stays listed");
    }
    if done && deleted.is_ok() {
        resting.remove(&row.sha256);
    } else {
        let length =
            resting.get(&row.sha256).map_or(REST_FIRST, |rest| (rest.length * 2).min(REST_LONGEST));
        resting.insert(row.sha256.clone(), Rest { until: now.plus(length), length });
    }
}

/// The first of a row of failures, and their end; every file that is given up.
fn tell(sent: &Result<(), UploadError>, waits: &mut bool) {
    match sent {
        Ok(()) if *waits => tracing::info!("evidence is uploaded again"),
        Ok(()) => {}
        Err(error) if error.is_final() => tracing::error!(%error, "evidence is given up"),
        Err(error) if *waits => tracing::debug!(%error, "evidence still waits"),
        Err(error) => tracing::warn!(%error, "evidence waits; trying goes on"),
    }
    *waits = match sent {
        Err(error) => *waits || !error.is_final(),
        Ok(()) => false,
    };
}

/// What cannot be deleted now is swept at the next start.
async fn delete_file(row: &UploadRow) {
    match tokio::fs::remove_file(&row.path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(path = %row.path.display(), %error, "an uploaded file stays on this disk");
        }
        _ => {}
    }
}

fn report(listed: &Result<Vec<UploadRow>, StoreError>, faulty: &mut bool) {
    if let Err(error) = listed
        && !*faulty
    {
        tracing::error!(%error, "the upload list cannot be read");
    }
    *faulty = listed.is_err();
}

async fn sleep_or_never(pause: Option<Duration>) {
    match pause {
        // Never spin, whatever is due.
        Some(pause) => tokio::time::sleep(pause.max(Duration::from_millis(20))).await,
        None => std::future::pending().await,
    }
}
