//! Stills: one masked frame of now, asked of the edge that has the camera.
//!
//! They travel as footage of no length (`footage.rs` sends them) and are no case's. What was shown is kept for
//! a day, so that a person may go on with a picture over a reload, and is then deleted, file and row.

use super::{footage::AskError, register::Register};
use crate::{
    base::shutdown::Shutdown,
    domain::wire::{FootageRequestData, Presence},
    drivers::store::hub::{CameraRow, FootageAsked, FootageRow, NewFootage},
};
use std::{sync::Arc, time::Duration};

/// The camera's next analysed frame, faces searched, the file uploaded.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// Deleted in one sweep.
const DELETED_MAX: u32 = 1_000;

pub async fn ask(
    register: &Register,
    camera: &CameraRow,
    who: &str,
) -> Result<FootageRow, AskError> {
    let now = register.now();
    let card = camera.card.as_ref();
    let new = NewFootage {
        node: camera.node.clone(),
        masks: card.and_then(|card| card.masks.clone()).unwrap_or_default(),
        who: who.to_owned(),
        request: FootageRequestData {
            request_id: register.new_id(),
            camera: camera.camera.clone(),
            from: now,
            to: now,
            deadline: now.plus(ANSWER_WITHIN),
            case_id: None,
            still: true,
        },
    };
    let online = camera.status.as_ref().is_some_and(|status| status.state == Presence::Online);
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

/// Forgets what is old, until shutdown.
pub async fn sweep_loop(register: Arc<Register>, shutdown: Shutdown) {
    loop {
        if let Err(error) = sweep(&register).await {
            tracing::error!(error = format!("{error:#}"), "old pictures of cameras stay");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = shutdown.begun() => return,
        }
    }
}

async fn sweep(register: &Register) -> anyhow::Result<()> {
    let before = register.now().minus(KEPT_FOR);
    register.store.drop_stills(before).await?;
    register.store.drop_dry_runs(before).await?;
    for sha256 in register.store.old_pictures(before, DELETED_MAX).await? {
        // The same bytes may have become a case's meanwhile.
        let named = register.store.is_named(&sha256).await?;
        if !named {
            register.files.remove(&sha256.parse()?).await?;
        }
        register.store.forget_picture(&sha256, !named).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "stills_tests.rs"]
mod tests;
