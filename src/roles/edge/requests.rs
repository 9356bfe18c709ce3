//! Looks that the hub asks for, on their way to the verifier: written down first, so that a restart goes
//! on with them.

use crate::{
    domain::{verify_queue::WAITING_MAX, wire::VerifyRequestData},
    drivers::store::{edge::EdgeStore, edge_verifications::Asked},
};
use std::sync::mpsc::SyncSender;

pub struct Requests {
    pub store: EdgeStore,
    pub verifier: SyncSender<VerifyRequestData>,
}

impl Requests {
    /// False: it could not be stored and must come again.
    pub async fn take(&self, request: VerifyRequestData) -> bool {
        let id = request.request_id;
        match self.store.put_verify_request(&request, WAITING_MAX).await {
            // A repeat, too: if the verifier had no ear for the first one. If it has none now, the hub asks
            // again.
            Ok(Asked::New | Asked::Waiting | Asked::Answered) => {
                drop(self.verifier.try_send(request));
            }
            Ok(Asked::NoRoom) => {
                tracing::warn!(request = %id, "too many verifications wait: this one is left out until the hub asks again");
            }
            Err(error) => {
                tracing::error!(request = %id, %error, "a verification could not be stored");
                return false;
            }
        }
        true
    }
}
