//! The publish loop: moves rows from the outbox to the broker and deletes what the hub holds.
//!
//! ```text
//! commit --wakes--> read rows -> Outbox (decides) -> Publisher
//! hub's ack ------> Outbox -> rows to delete -> database
//! ```
//!
//! Enters: committed rows (through the store's signal), link changes and acknowledgements (through
//! [`PublishInput`], from whoever reads the link). Sleeps until one of these or the next resend.
//!
//! Failure: a database that refuses is logged once and tried again; nothing is deleted that the hub
//! does not hold, so the worst case is a row sent twice.

use crate::{
    base::{clock::Clock, shutdown::Shutdown},
    domain::{
        outbox::{Outbox, OutboxLimits, OutboxSeq},
        wire::{AckData, CloudEvent, Leaf, NodeAddress, Topic},
    },
    drivers::{
        mqtt::{AckToken, PublishError, Publisher},
        store::{StoreError, edge::EdgeStore},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Acknowledgements and link changes that may wait; as many as the broker may send, and some.
pub const PUBLISH_INPUTS_MAX: usize = 128;

/// Between attempts at a database or a queue that refuses.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Never spin, whatever is due.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// Resends in a row after which the silence of the hub is worth a warning.
const SILENT_ATTEMPTS: u32 = 6;

#[derive(Debug)]
pub enum PublishInput {
    LinkUp,
    LinkDown,
    /// The hub holds this; the token is acknowledged once the rows are deleted.
    Ack {
        ack: AckData,
        token: AckToken,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum BadAck {
    #[error("topic {topic} is no acknowledgement for this node")]
    Topic { topic: String },
    #[error("topic {topic}: {reason}")]
    Payload { topic: String, reason: String },
}

/// Reads a message on `ack/<case_id>` of this node.
pub fn read_ack(topic: &Topic, payload: &[u8], own: &NodeAddress) -> Result<AckData, BadAck> {
    let Leaf::Ack(case_id) = topic.leaf else {
        return Err(BadAck::Topic { topic: topic.to_string() });
    };
    if topic.address != *own {
        return Err(BadAck::Topic { topic: topic.to_string() });
    }
    let bad = |reason: String| BadAck::Payload { topic: topic.to_string(), reason };
    let event: CloudEvent<AckData> =
        serde_json::from_slice(payload).map_err(|error| bad(error.to_string()))?;
    if event.data.case_id != case_id {
        return Err(bad(format!("it acknowledges another case, {}", event.data.case_id)));
    }
    Ok(event.data)
}

/// Runs until shutdown, or until nobody can send inputs any more.
pub async fn run(
    store: EdgeStore,
    publisher: Publisher,
    clock: Arc<dyn Clock>,
    mut inputs: mpsc::Receiver<PublishInput>,
    shutdown: Shutdown,
) {
    let mut publishing = Publishing {
        outbox: Outbox::new(OutboxLimits::default()),
        store: store.clone(),
        publisher,
        clock,
        undeleted: Vec::new(),
        started: false,
        faulty: false,
        silent: false,
    };
    let mut received = Vec::new();
    loop {
        let pause = publishing.step().await;
        tokio::select! {
            () = shutdown.begun() => return,
            count = inputs.recv_many(&mut received, PUBLISH_INPUTS_MAX) => {
                if count == 0 {
                    return;
                }
                publishing.take(&mut received).await;
            }
            cameras = store.stored_cameras() => {
                cameras.iter().for_each(|camera| publishing.outbox.note_stored(camera));
            }
            () = sleep_or_never(pause) => {}
        }
    }
}

async fn sleep_or_never(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

struct Publishing {
    outbox: Outbox,
    store: EdgeStore,
    publisher: Publisher,
    clock: Arc<dyn Clock>,
    /// Rows that the hub holds and the database would not delete yet.
    undeleted: Vec<OutboxSeq>,
    started: bool,
    faulty: bool,
    silent: bool,
}

impl Publishing {
    /// Reads and sends what is due; returns how long to sleep, `None` for as long as it takes.
    async fn step(&mut self) -> Option<Duration> {
        let stored = self.read().await;
        let stored = self.note(stored);
        let sent = self.send();
        let now = self.clock.monotonic();
        let due = self.outbox.next_due(now).map(|due| due.since(now).max(PAUSE_MIN));
        if stored && sent { due } else { Some(due.map_or(RETRY_AFTER, |due| due.min(RETRY_AFTER))) }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        if !self.started {
            let cameras = self.store.outbox_cameras().await?;
            cameras.iter().for_each(|camera| self.outbox.note_stored(camera));
            self.started = true;
        }
        if !self.undeleted.is_empty() {
            self.store.delete_outbox_rows(&self.undeleted).await?;
            self.undeleted.clear();
        }
        while let Some(want) = self.outbox.wants() {
            let rows = self.store.outbox_rows(&want).await?;
            self.outbox.load(&want, rows);
        }
        Ok(())
    }

    /// False when the queue to the broker would take no more.
    fn send(&mut self) -> bool {
        let now = self.clock.monotonic();
        while let Some(row) = self.outbox.next_to_send(now) {
            match self.publisher.try_publish(&row.topic, row.payload.clone()) {
                Ok(()) => {}
                // The row counts as sent and is due again later, or with the next connection.
                Err(PublishError::Busy | PublishError::LinkDown | PublishError::Stopped) => {
                    return false;
                }
                Err(error @ PublishError::TooLarge { .. }) => {
                    tracing::error!(%error, camera = %row.camera, "the camera's facts wait behind this one");
                }
            }
        }
        let silent = self.outbox.oldest_attempts() >= SILENT_ATTEMPTS;
        if silent && !self.silent {
            tracing::warn!(
                "the hub does not acknowledge case facts; check that it runs and its log"
            );
        }
        self.silent = silent;
        true
    }

    async fn take(&mut self, received: &mut Vec<PublishInput>) {
        let mut tokens = Vec::new();
        for input in received.drain(..) {
            match input {
                PublishInput::LinkUp => self.outbox.link_up(),
                PublishInput::LinkDown => self.outbox.link_down(),
                PublishInput::Ack { ack, token } => {
                    self.undeleted.extend(self.outbox.acked(&ack));
                    tokens.push(token);
                }
            }
        }
        if !self.undeleted.is_empty() {
            let deleted = self.store.delete_outbox_rows(&self.undeleted).await;
            if self.note(deleted) {
                self.undeleted.clear();
            }
        }
        // Even when the deletion failed: it is tried again, and after a restart the hub repeats its
        // acknowledgement. Holding the tokens back would close the broker's window.
        tokens.into_iter().for_each(AckToken::ack);
    }

    /// Logs the first failure and the recovery; true when all is well.
    fn note(&mut self, result: Result<(), StoreError>) -> bool {
        match &result {
            Err(error) if !self.faulty => tracing::error!(%error, "the outbox cannot be used"),
            Ok(()) if self.faulty => tracing::info!("the outbox can be used again"),
            _ => {}
        }
        self.faulty = result.is_err();
        result.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::time::WallTime, domain::ids::CaseId};
    use uuid::Uuid;

    fn address(node: &str) -> NodeAddress {
        NodeAddress { district: "440310".parse().unwrap(), node: node.parse().unwrap() }
    }

    fn case(number: u128) -> CaseId {
        CaseId(Uuid::from_u128(number))
    }

    fn payload(case_id: CaseId) -> Vec<u8> {
        let at = WallTime::from_unix_millis(0);
        let ack = AckData { case_id, upto_revision: 2 };
        let subject = case_id.to_string();
        let event = CloudEvent::new(&address("edge-1"), "ack", "1".to_owned(), at, subject, ack);
        serde_json::to_vec(&event).unwrap()
    }

    #[test]
    fn only_an_acknowledgement_for_this_node_and_its_own_case_counts() {
        let own = address("edge-1");
        let read = |node: &str, leaf, payload: &[u8]| {
            read_ack(&Topic::new(&address(node), leaf), payload, &own)
        };
        let sound = read("edge-1", Leaf::Ack(case(1)), &payload(case(1))).unwrap();
        assert_eq!(sound, AckData { case_id: case(1), upto_revision: 2 });
        assert!(read("edge-2", Leaf::Ack(case(1)), &payload(case(1))).is_err());
        assert!(read("edge-1", Leaf::Ack(case(1)), &payload(case(2))).is_err());
        assert!(read("edge-1", Leaf::Case(case(1)), &payload(case(1))).is_err());
        let error = read("edge-1", Leaf::Ack(case(1)), b"{").unwrap_err();
        assert!(error.to_string().contains("/ack/"), "{error}");
    }
}
