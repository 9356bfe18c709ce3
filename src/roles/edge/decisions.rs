//! What the hub decided, as far as it changes what an edge tells.

use super::camera::Message;
use crate::{
    domain::{case::mute::Mute, ids::CameraId, wire::DecisionData},
    drivers::store::edge::EdgeStore,
};
use std::{collections::BTreeMap, sync::mpsc::SyncSender};

pub struct Decisions {
    pub store: EdgeStore,
    /// Of the cameras that run.
    pub analysts: BTreeMap<CameraId, SyncSender<Message>>,
}

impl Decisions {
    /// False: it could not be stored and must come again.
    pub async fn take(&self, decision: &DecisionData) -> bool {
        tracing::info!(case = %decision.case_id, decision = ?decision.decision, "the hub decided");
        match self.store.mute_after(decision).await {
            Ok(mutes) => {
                mutes.into_iter().for_each(|mute| self.quiet(mute));
                true
            }
            Err(error) => {
                tracing::error!(%error, "a decision could not be stored");
                false
            }
        }
    }

    fn quiet(&self, mute: Mute) {
        tracing::info!(
            camera = %mute.camera, pattern = %mute.pattern, zone = %mute.zone, until = %mute.until,
            "a false alarm: its spot is quiet"
        );
        if let Some(analyst) = self.analysts.get(&mute.camera) {
            // Full or gone: the store gives it back at the next start.
            if analyst.try_send(Message::Mute(Box::new(mute))).is_err() {
                tracing::warn!("the camera is behind: the spot is quiet from the next start");
            }
        }
    }
}
