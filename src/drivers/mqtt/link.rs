//! The task that owns the connection. One rumqttc event loop for each connection: a used one may
//! still hold stale events and a blocked packet id.
//!
//! ```text
//! drained? -> connect -> Connected -> poll, forward, feed ... -> Disconnected -> pause -> drained?
//!                                        `-- disconnect sent (stop) -> end
//! ```

use super::{LinkEvent, LinkFault, RECEIVED_UNACKED_MAX, config::Checked, publisher::Shared};
use crate::{
    base::{clock::Clock, time::Monotonic},
    domain::wire::{PAYLOAD_BYTES_MAX, Presence},
};
use rumqttc::{
    Outgoing,
    v5::{
        AsyncClient, Event, EventLoop, Incoming, Request,
        mqttbytes::{
            QoS,
            v5::{Filter, LastWill, Publish, SubAck, Subscribe, SubscribeReasonCode},
        },
    },
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    watch,
};

/// Every unacknowledged message, one `Connected`, one `Disconnected`, and as much again for QoS 0.
pub(super) const EVENTS_MAX: usize = 2 * RECEIVED_UNACKED_MAX as usize + 2;
/// Free places that QoS 0 must leave to the others.
const EVENTS_KEPT_FREE: usize = RECEIVED_UNACKED_MAX as usize + 2;
/// Requests between publishers and the poll loop.
const REQUESTS_MAX: usize = 256;

const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// After a refusal that only a person can cure.
const PAUSE_REFUSED: Duration = Duration::from_secs(5);
/// A connection that lived this long was a good one: the next pause is the first again.
const GOOD_AFTER: Duration = Duration::from_secs(10);

pub(super) fn start(
    checked: Checked,
    clock: Arc<dyn Clock>,
    events: mpsc::Sender<LinkEvent>,
) -> super::Publisher {
    let shared = Arc::new(Shared::new(checked.status.clone()));
    let (ended_sender, ended) = watch::channel(false);
    let link = Link { checked, clock, events, shared: Arc::clone(&shared) };
    let task = tokio::spawn(async move {
        link.run().await;
        ended_sender.send_replace(true);
    });
    super::Publisher::new(shared, ended, task.abort_handle())
}

struct Link {
    checked: Checked,
    clock: Arc<dyn Clock>,
    events: mpsc::Sender<LinkEvent>,
    shared: Arc<Shared>,
}

/// How a connection ended.
enum End {
    Stopped,
    Fault { reason: LinkFault, connected_at: Option<Monotonic> },
}

impl Link {
    async fn run(mut self) {
        let mut pause = PAUSE_FIRST;
        loop {
            let drained = tokio::select! {
                permits = self.events.reserve_many(EVENTS_MAX) => permits.is_ok(),
                () = self.shared.stop.notified() => false,
            };
            if !drained {
                return;
            }
            let End::Fault { reason, connected_at } = self.one_connection().await else { return };
            let lived = connected_at.map_or(Duration::ZERO, |at| self.clock.monotonic().since(at));
            if lived >= GOOD_AFTER {
                pause = PAUSE_FIRST;
            }
            if reason.needs_a_person() {
                pause = pause.max(PAUSE_REFUSED);
            }
            if self.events.try_send(LinkEvent::Disconnected { reason }).is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))) => {}
                () = self.shared.stop.notified() => return,
            }
            pause = (pause * 2).min(PAUSE_LONGEST);
        }
    }

    async fn one_connection(&mut self) -> End {
        if let Some((topic, payload)) = self.shared.status(Presence::Offline) {
            let will = LastWill::new(topic, payload, QoS::AtLeastOnce, true, None);
            self.checked.options.set_last_will(will);
        }
        let (client, mut eventloop) = AsyncClient::new(self.checked.options.clone(), REQUESTS_MAX);
        let mut client = Some(client);
        let mut connected_at = None;
        let reason = loop {
            let polled = if connected_at.is_some() {
                // Never cancelled: a poll that is dropped half-way may lose what it was writing.
                eventloop.poll().await
            } else {
                tokio::select! {
                    polled = eventloop.poll() => polled,
                    () = self.shared.stop.notified() => return End::Stopped,
                }
            };
            match polled {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                    connected_at = Some(self.clock.monotonic());
                    self.subscribe(&mut eventloop);
                    if let Some(client) = client.take() {
                        self.shared.connected(client);
                    }
                    if self.checked.subscriptions.is_empty() && !self.announce() {
                        return End::Stopped;
                    }
                }
                Ok(Event::Incoming(Incoming::Publish(publish))) => match self.forward(publish) {
                    Ok(()) => {}
                    Err(Some(fault)) => break fault,
                    Err(None) => return End::Stopped,
                },
                Ok(Event::Incoming(Incoming::SubAck(suback))) => {
                    if let Some(fault) = self.refused_subscription(&suback) {
                        break fault;
                    }
                    if !self.announce() {
                        return End::Stopped;
                    }
                }
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return End::Stopped,
                Ok(_) => {}
                Err(error) => {
                    let (url, client_id) = (&self.checked.url, self.checked.options.client_id());
                    break LinkFault::sort(error, url, &client_id);
                }
            }
            self.shared.feed();
        };
        self.shared.lost(unsent(&mut eventloop, &reason));
        End::Fault { reason, connected_at }
    }

    /// Ahead of everything else, so that an answer cannot overtake its subscription.
    fn subscribe(&self, eventloop: &mut EventLoop) {
        if !self.checked.subscriptions.is_empty() {
            let filters = self.checked.subscriptions.iter();
            let filters = filters.map(|filter| Filter::new(filter, QoS::AtLeastOnce));
            eventloop.pending.push_back(Request::Subscribe(Subscribe::new_many(filters, None)));
        }
    }

    /// False when nobody listens any more.
    fn announce(&self) -> bool {
        self.events.try_send(LinkEvent::Connected).is_ok()
    }

    fn refused_subscription(&self, suback: &SubAck) -> Option<LinkFault> {
        let answers = self.checked.subscriptions.iter().zip(&suback.return_codes);
        answers
            .filter(|(_, code)| !matches!(code, SubscribeReasonCode::Success(_)))
            .map(|(filter, code)| LinkFault::SubscriptionRefused {
                url: self.checked.url.clone(),
                filter: filter.clone(),
                reason: format!("{code:?}"),
            })
            .next()
    }

    /// `Err(None)`: nobody listens any more.
    fn forward(&self, publish: Publish) -> Result<(), Option<LinkFault>> {
        let ack = self.shared.token(&publish);
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        if publish.payload.len() > PAYLOAD_BYTES_MAX {
            let bytes = publish.payload.len();
            tracing::warn!(topic, bytes, "message is over the size limit and was dropped unread");
            ack.ack();
            return Ok(());
        }
        if publish.qos == QoS::AtMostOnce && self.events.capacity() <= EVENTS_KEPT_FREE {
            metrics::counter!("gridwarden_mqtt_qos0_dropped").increment(1);
            return Ok(());
        }
        let payload = publish.payload.to_vec();
        match self.events.try_send(LinkEvent::Message { topic, payload, ack }) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                Err(Some(LinkFault::Overrun { url: self.checked.url.clone() }))
            }
            Err(TrySendError::Closed(_)) => Err(None),
        }
    }
}

/// What the connection took and the broker did not acknowledge. A message that the broker finds too
/// large is left out: it would end every following connection.
fn unsent(eventloop: &mut EventLoop, fault: &LinkFault) -> Vec<Publish> {
    eventloop.clean();
    let collided = eventloop.state.collision.take();
    let pending = eventloop.pending.drain(..).filter_map(|request| match request {
        Request::Publish(publish) => Some(publish),
        _ => None,
    });
    let bytes_max = match fault {
        LinkFault::TooLargeForBroker { bytes_max, .. } => *bytes_max as usize,
        _ => usize::MAX,
    };
    // The fixed header, packet id and property length come on top of topic and payload.
    let fits = |publish: &Publish| publish.topic.len() + publish.payload.len() + 16 <= bytes_max;
    collided.into_iter().chain(pending).filter(fits).collect()
}
