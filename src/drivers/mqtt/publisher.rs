//! The handle of everyone who publishes, and the acknowledgement of what arrived.
//!
//! All of it is under one lock together with the connection's state, so that a message is either
//! handed to the live connection, kept for the next one, or refused; never in between.

use super::config::StatusMessage;
use crate::domain::wire::{Leaf, PAYLOAD_BYTES_MAX, Presence, Topic};
use rumqttc::v5::{
    AsyncClient,
    mqttbytes::{QoS, v5::Publish},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

/// Messages kept in memory for the next connection.
const REQUEUE_MESSAGES_MAX: usize = 1024;
/// Goodbye and disconnect must be through by then.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Who keeps a message until it has done its work. See the module header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reliance {
    /// The sender has it on disk and sends it again; refused while there is no connection.
    Outbox,
    /// The newest of its topic is published on every connection.
    Retained,
    /// Kept in memory for the next connection.
    Requeue,
}

pub fn reliance(leaf: &Leaf) -> Reliance {
    match leaf {
        Leaf::Case(_) => Reliance::Outbox,
        Leaf::Status | Leaf::CameraCard(_) | Leaf::CameraHealth(_) | Leaf::Stats => {
            Reliance::Retained
        }
        Leaf::Ack(_)
        | Leaf::Decision(_)
        | Leaf::VerifyRequest
        | Leaf::VerifyResult
        | Leaf::FootageRequest
        | Leaf::FootageResult
        | Leaf::DryRunRequest
        | Leaf::DryRunResult => Reliance::Requeue,
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("{topic}: message of {bytes} bytes; {PAYLOAD_BYTES_MAX} are allowed")]
    TooLarge { topic: String, bytes: usize },
    #[error("there is no connection to the broker")]
    LinkDown,
    #[error("the queue to the broker is full")]
    Busy,
    #[error("the connection was stopped")]
    Stopped,
}

/// What the publishers, the acknowledgements and the poll loop share.
pub(super) struct Shared {
    state: Mutex<State>,
    status: Option<StatusMessage>,
    pub(super) stop: Notify,
}

#[derive(Default)]
struct State {
    /// The live connection; `None` while there is none.
    client: Option<AsyncClient>,
    /// Counts connections, so that an acknowledgement meets only its own.
    connection: u64,
    retained: BTreeMap<String, Vec<u8>>,
    retained_unsent: BTreeSet<String>,
    requeue: VecDeque<(String, Vec<u8>)>,
    /// Acknowledgements that found the queue full.
    acks_unsent: VecDeque<Publish>,
    stopping: bool,
}

impl Shared {
    pub(super) fn new(status: Option<StatusMessage>) -> Self {
        Self { state: Mutex::default(), status, stop: Notify::new() }
    }

    /// The status message for this state of the node, if the configuration has one.
    pub(super) fn status(&self, presence: Presence) -> Option<(String, Vec<u8>)> {
        self.status.as_ref().map(|(topic, message)| (topic.clone(), message(presence)))
    }

    /// The broker accepted us: `online` and all other retained messages are due.
    pub(super) fn connected(&self, client: AsyncClient) {
        let mut state = self.lock();
        state.client = Some(client);
        state.connection += 1;
        state.retained_unsent = state.retained.keys().cloned().collect();
        if let Some((topic, payload)) = self.status(Presence::Online) {
            state.retain(topic, payload);
        }
        if state.stopping {
            self.say_goodbye(&mut state);
        } else {
            state.feed();
        }
    }

    fn say_goodbye(&self, state: &mut State) {
        let Some(client) = state.client.clone() else { return };
        if let Some((topic, payload)) = self.status(Presence::Stopping) {
            // A full queue loses the goodbye; the will then says `offline`, which is true as well.
            let _ = client.try_publish(topic, QoS::AtLeastOnce, true, payload);
        }
        let _ = client.try_disconnect();
    }

    /// The connection is gone; `unsent` is what it still had, oldest first.
    pub(super) fn lost(&self, unsent: Vec<Publish>) {
        let mut state = self.lock();
        state.client = None;
        state.acks_unsent.clear();
        let kept: Vec<_> = unsent.into_iter().filter_map(keepable).collect();
        for message in kept.into_iter().rev() {
            state.requeue.push_front(message);
        }
        // The newest are dropped: whoever sent them asks again, and the old ones have waited.
        state.requeue.truncate(REQUEUE_MESSAGES_MAX);
    }

    /// Moves what waits into the connection, as far as it has room. Called between polls.
    pub(super) fn feed(&self) {
        self.lock().feed();
    }

    /// The token for a message that arrived on the present connection.
    pub(super) fn token(self: &Arc<Self>, publish: &Publish) -> AckToken {
        AckToken {
            shared: Arc::clone(self),
            connection: self.lock().connection,
            qos: publish.qos,
            packet_id: publish.pkid,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn feed(&mut self) {
        let Some(client) = self.client.clone() else { return };
        while let Some(publish) = self.acks_unsent.front() {
            if client.try_ack(publish).is_err() {
                return;
            }
            self.acks_unsent.pop_front();
        }
        while let Some(topic) = self.retained_unsent.pop_first() {
            let payload = self.retained.get(&topic).cloned().unwrap_or_default();
            if client.try_publish(&topic, QoS::AtLeastOnce, true, payload).is_err() {
                self.retained_unsent.insert(topic);
                return;
            }
        }
        while let Some((topic, payload)) = self.requeue.front() {
            if client.try_publish(topic, QoS::AtLeastOnce, false, payload.clone()).is_err() {
                return;
            }
            self.requeue.pop_front();
        }
    }

    fn retain(&mut self, topic: String, payload: Vec<u8>) {
        self.retained.insert(topic.clone(), payload);
        self.retained_unsent.insert(topic);
    }
}

/// Whether a message that a lost connection still had must be sent on the next one.
fn keepable(publish: Publish) -> Option<(String, Vec<u8>)> {
    let topic = String::from_utf8(publish.topic.to_vec()).ok()?;
    let kept_elsewhere = publish.retain
        || topic.parse::<Topic>().is_ok_and(|t| reliance(&t.leaf) != Reliance::Requeue);
    (!kept_elsewhere).then(|| (topic, publish.payload.to_vec()))
}

/// Clones publish over the same connection; dropping the last one cuts it.
#[derive(Clone)]
pub struct Publisher {
    shared: Arc<Shared>,
    ended: watch::Receiver<bool>,
    _cut: Arc<CutOnDrop>,
}

struct CutOnDrop(AbortHandle);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Publisher {
    pub(super) fn new(
        shared: Arc<Shared>,
        ended: watch::Receiver<bool>,
        task: AbortHandle,
    ) -> Self {
        Self { shared, ended, _cut: Arc::new(CutOnDrop(task)) }
    }

    /// Hands the message over without waiting. `Ok` means what [`reliance`] of its leaf says.
    pub fn try_publish(&self, topic: &Topic, payload: Vec<u8>) -> Result<(), PublishError> {
        let text = topic.to_string();
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(PublishError::TooLarge { topic: text, bytes: payload.len() });
        }
        let mut state = self.shared.lock();
        if state.stopping {
            return Err(PublishError::Stopped);
        }
        match reliance(&topic.leaf) {
            Reliance::Outbox => {
                let client = state.client.as_ref().ok_or(PublishError::LinkDown)?;
                let sent = client.try_publish(text, QoS::AtLeastOnce, false, payload);
                sent.map_err(|_| PublishError::Busy)
            }
            Reliance::Retained => {
                state.retain(text, payload);
                state.feed();
                Ok(())
            }
            Reliance::Requeue if state.requeue.len() >= REQUEUE_MESSAGES_MAX => {
                Err(PublishError::Busy)
            }
            Reliance::Requeue => {
                state.requeue.push_back((text, payload));
                state.feed();
                Ok(())
            }
        }
    }

    pub fn is_connected(&self) -> bool {
        self.shared.lock().client.is_some()
    }

    /// Publishes `stopping`, disconnects in order and ends the connection, within seconds.
    pub async fn stop(&self) {
        {
            let mut state = self.shared.lock();
            state.stopping = true;
            self.shared.say_goodbye(&mut state);
        }
        self.shared.stop.notify_one();
        let mut ended = self.ended.clone();
        // An error means that the task is gone, which is what is waited for.
        let _ = tokio::time::timeout(STOP_TIMEOUT, ended.wait_for(|ended| *ended)).await;
        self._cut.0.abort();
    }
}

/// The right to acknowledge one received message. Dropped unused, the message comes again with the
/// next connection.
pub struct AckToken {
    shared: Arc<Shared>,
    connection: u64,
    qos: QoS,
    packet_id: u16,
}

impl AckToken {
    /// Tells the broker that the effect of the message is durable. On a later connection than the
    /// message's own this does nothing: the broker sends the message again.
    pub fn ack(self) {
        let mut state = self.shared.lock();
        if state.connection == self.connection && state.client.is_some() {
            let (qos, pkid) = (self.qos, self.packet_id);
            state.acks_unsent.push_back(Publish { qos, pkid, ..Publish::default() });
            state.feed();
        }
    }
}

impl std::fmt::Debug for AckToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AckToken({})", self.packet_id)
    }
}
