//! Dry runs: a pattern and zones tried by an edge on its own recording, before they go live.
//!
//! ```text
//! person -> ask -> row -> dryrun/request (again until the result is final) -> dryrun/result* -> page
//!                   \-> cancel: sent at once
//! ```
//! All of it is in the register, so a restart of either side goes on where it was, or begins anew.

use super::{ingest::Outgoing, register::Register};
use crate::{
    base::time::WallTime,
    domain::{
        footage::HOLE_MIN,
        ids::{DistrictId, NodeId},
        wire::{
            CloudEvent, DRAFT_BYTES_MAX, DRY_RUN_MAX, DryRunRequestData, Leaf, NodeAddress,
            Presence, Topic,
        },
    },
    drivers::store::{
        StoreError,
        hub::{CameraRow, DRY_RUNS_OPEN_MAX, DryRunRow, HUB_NAME},
    },
};
use std::{sync::Arc, time::Duration};

/// The edge tells how far it is more often than this.
pub const RESEND_AFTER: Duration = Duration::from_secs(30);
const WORK_MAX: u32 = 64;
/// Live cameras go first, however long that takes: half the length again for each second of footage.
const ANSWER_WITHIN: Duration = Duration::from_secs(10 * 60);
/// What is looked at where no interval is named.
pub const LENGTH_DEFAULT: Duration = Duration::from_secs(3_600);

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("{from} to {to}: an interval ends after it begins, at most {} s later", DRY_RUN_MAX.as_secs())]
    Interval { from: WallTime, to: WallTime },
    #[error("{to} has not happened yet; it is {now}")]
    Future { to: WallTime, now: WallTime },
    #[error("the draft has {0} bytes; at most {DRAFT_BYTES_MAX} are allowed")]
    TooLong(usize),
    #[error("node {0}, which keeps the footage, is not connected")]
    NodeAway(NodeId),
    #[error("{DRY_RUNS_OPEN_MAX} dry runs wait for node {0}; wait for one to end, or cancel it")]
    TooMany(NodeId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// `draft` has been checked.
pub async fn ask(
    register: &Register,
    camera: &CameraRow,
    draft: String,
    (from, to): (Option<WallTime>, Option<WallTime>),
    who: &str,
) -> Result<DryRunRow, AskError> {
    let now = register.now();
    let to = to.unwrap_or(now);
    let from = from.unwrap_or_else(|| to.minus(LENGTH_DEFAULT));
    if to.since(from) < HOLE_MIN || to.since(from) > DRY_RUN_MAX {
        return Err(AskError::Interval { from, to });
    }
    if to > now {
        return Err(AskError::Future { to, now });
    }
    if draft.len() > DRAFT_BYTES_MAX {
        return Err(AskError::TooLong(draft.len()));
    }
    let online = camera.status.as_ref().is_some_and(|status| status.state == Presence::Online);
    if !online {
        return Err(AskError::NodeAway(camera.node.clone()));
    }
    let request = DryRunRequestData {
        request_id: register.new_id(),
        camera: camera.camera.clone(),
        draft,
        from,
        to,
        deadline: now.plus(ANSWER_WITHIN + to.since(from).mul_f64(1.5)),
        cancel: false,
    };
    if !register.store.ask_dry_run(&camera.node, &request, who, now).await? {
        return Err(AskError::TooMany(camera.node.clone()));
    }
    register.asked.notify_one();
    Ok(DryRunRow {
        node: camera.node.clone(),
        who: who.to_owned(),
        request,
        asked_at: now,
        result: None,
        result_at: None,
    })
}

/// Requests that are due, to be published.
pub async fn due(
    register: &Arc<Register>,
    district: &DistrictId,
) -> Result<Vec<Outgoing>, StoreError> {
    let now = register.now();
    let mut outgoing = Vec::new();
    for row in register.store.dry_runs_due(now, WORK_MAX).await? {
        let request_id = row.request.request_id;
        register.store.send_dry_run_again(request_id, now.plus(RESEND_AFTER)).await?;
        let event: CloudEvent<&DryRunRequestData> = register.store.cloud_event(
            "dryrun.request",
            format!("{request_id}:{HUB_NAME}:{}", now.unix_millis()),
            now,
            request_id.to_string(),
            &row.request,
        );
        let address = NodeAddress { district: district.clone(), node: row.node };
        match serde_json::to_vec(&event) {
            Ok(payload) => outgoing.push((Topic { address, leaf: Leaf::DryRunRequest }, payload)),
            Err(error) => tracing::error!(%request_id, %error, "request cannot be written"),
        }
    }
    Ok(outgoing)
}

#[cfg(test)]
#[path = "dry_run_tests.rs"]
mod tests;
