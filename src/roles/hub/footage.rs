//! Footage for people: asked of the edge that keeps it, shown once it is here.
//!
//! ```text
//! person -> ask -> row -> footage/request (again until answered) -> footage/result -> files -> page
//!            \-> the same was asked before: its clip
//! ```
//! All of it is in the register, so a restart goes on where it was. What an edge cannot give is an
//! answer with its reason; an edge that says nothing until the deadline has not answered.

use super::{ingest::Outgoing, register::Register};
use crate::{
    base::time::WallTime,
    domain::{
        footage::HOLE_MIN,
        ids::{CameraId, CaseId, DistrictId, NodeId},
        wire::{FootageRequestData, Leaf, NodeAddress, PLAYBACK_MAX, Presence, Topic},
    },
    drivers::store::{
        StoreError,
        hub::{CaseRow, FOOTAGE_OPEN_MAX, FootageAsked, FootageRow, HUB_NAME, NewFootage},
    },
};
use std::{sync::Arc, time::Duration};

const RESEND_AFTER: Duration = Duration::from_secs(20);
/// For an interval of no length; the model and the encoder need time besides for each second of it.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
const SECONDS_A_SECOND: u32 = 6;
/// Requests sent in one step.
const WORK_MAX: u32 = 64;

/// What a person wants to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Left out: the case's own.
    pub camera: Option<(NodeId, CameraId)>,
    pub from: WallTime,
    pub to: WallTime,
}

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("{from} to {to}: an interval ends after it begins, at most {} s later", PLAYBACK_MAX.as_secs())]
    Interval { from: WallTime, to: WallTime },
    #[error("{to} has not happened yet; it is {now}")]
    Future { to: WallTime, now: WallTime },
    #[error("no camera has seen this case")]
    NoCamera,
    #[error("{node}/{camera} has not seen this case; allowed: {allowed}")]
    OtherCamera { node: NodeId, camera: CameraId, allowed: String },
    #[error("node {0}, which keeps the footage, is not connected")]
    NodeAway(NodeId),
    #[error("{FOOTAGE_OPEN_MAX} requests wait for node {0}; ask again when one is answered")]
    TooMany(NodeId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Asks for footage of a case, or finds what was asked before.
pub async fn ask(
    register: &Register,
    case: &CaseRow,
    wanted: &Wanted,
    who: &str,
) -> Result<FootageRow, AskError> {
    let now = register.now();
    let Wanted { from, to, .. } = *wanted;
    if to.since(from) < HOLE_MIN || to.since(from) > PLAYBACK_MAX {
        return Err(AskError::Interval { from, to });
    }
    if to > now {
        return Err(AskError::Future { to, now });
    }
    let (node, camera) = camera_of(register, case, wanted.camera.as_ref()).await?;
    let cameras = register.store.cameras().await?;
    let known = cameras.iter().find(|row| row.node == node && row.camera == camera);
    let card = known.and_then(|row| row.card.as_ref());
    let new = NewFootage {
        masks: card.and_then(|card| card.masks.clone()).unwrap_or_default(),
        who: who.to_owned(),
        request: FootageRequestData {
            request_id: register.new_id(),
            camera,
            from,
            to,
            deadline: now.plus(ANSWER_WITHIN + SECONDS_A_SECOND * to.since(from)),
            case_id: Some(case.case_id),
            still: false,
        },
        node,
    };
    // Of a node that is away, what is here already can still be shown.
    let online = known
        .and_then(|row| row.status.as_ref())
        .is_some_and(|status| status.state == Presence::Online);
    match register.store.ask_footage(&new, online, now).await? {
        FootageAsked::Known(row) => Ok(row),
        FootageAsked::New(row) => {
            register.asked.notify_one();
            Ok(row)
        }
        FootageAsked::NodeAway => Err(AskError::NodeAway(new.node)),
        FootageAsked::TooMany => Err(AskError::TooMany(new.node)),
    }
}

/// Footage is shown for a case, so only of cameras that have to do with it: its own, its witnesses, and
/// those that were asked to verify it.
async fn camera_of(
    register: &Register,
    case: &CaseRow,
    wanted: Option<&(NodeId, CameraId)>,
) -> Result<(NodeId, CameraId), AskError> {
    let mut seen: Vec<(NodeId, CameraId)> = Vec::new();
    seen.extend(case.camera.as_ref().map(|own| (own.node.clone(), own.id.clone())));
    if let Some(picture) = register.store.picture(case.case_id).await? {
        let node = picture.camera.node;
        seen.extend(picture.witnesses.into_iter().map(|one| (node.clone(), one.camera)));
    }
    let looks = register.store.verifications(case.case_id).await?;
    seen.extend(looks.into_iter().map(|look| (look.node, look.request.camera)));
    match wanted {
        None => seen.into_iter().next().ok_or(AskError::NoCamera),
        Some(camera) if seen.contains(camera) => Ok(camera.clone()),
        Some((node, camera)) => {
            seen.sort();
            seen.dedup();
            let allowed: Vec<_> =
                seen.iter().map(|(node, camera)| format!("{node}/{camera}")).collect();
            let allowed = allowed.join(" ");
            Err(AskError::OtherCamera { node: node.clone(), camera: camera.clone(), allowed })
        }
    }
}

/// Requests that are due, to be published.
pub async fn due(
    register: &Arc<Register>,
    district: &DistrictId,
) -> Result<Vec<Outgoing>, StoreError> {
    let now = register.now();
    let mut outgoing = Vec::new();
    for row in register.store.footage_due(now, WORK_MAX).await? {
        let request_id = row.request.request_id;
        register.store.send_footage_again(request_id, now.plus(RESEND_AFTER)).await?;
        let event = register.store.cloud_event(
            "footage.request",
            format!("{request_id}:{HUB_NAME}:{}", now.unix_millis()),
            now,
            request_id.to_string(),
            &row.request,
        );
        let address = NodeAddress { district: district.clone(), node: row.node };
        match serde_json::to_vec(&event) {
            Ok(payload) => {
                outgoing.push((Topic { address, leaf: Leaf::FootageRequest }, payload));
            }
            Err(error) => tracing::error!(%request_id, %error, "request cannot be written"),
        }
    }
    Ok(outgoing)
}

/// One request of a case.
pub async fn of_case(
    register: &Register,
    case_id: CaseId,
    request_id: uuid::Uuid,
) -> Result<Option<FootageRow>, StoreError> {
    let rows = register.store.footage_of(case_id).await?;
    Ok(rows.into_iter().find(|row| row.request.request_id == request_id))
}

#[cfg(test)]
#[path = "footage_tests.rs"]
mod tests;
