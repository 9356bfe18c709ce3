//! The hub's side of the broker: events in, acknowledgements and decisions out.
//!
//! ```text
//! broker -> LinkEvent -> ingest (commit) -> ack to the edge, then to the broker
//! register.outbound rows -> published -> settled for a while on one connection -> deleted
//! ```
//!
//! The broker's acknowledgement of a publish is not seen here, so a decision's row stays until its
//! connection has stood long enough after it to have noticed a dead broker; a lost connection or a
//! crash publishes it again. Its message id is the same, so a consumer may drop the repeat.

use super::{
    ingest::{Ingest, Outgoing},
    register::Register,
};
use crate::{
    base::{shutdown::Shutdown, time::Monotonic},
    domain::wire::Topic,
    drivers::{
        mqtt::{LinkEvent, Publisher},
        store::StoreError,
    },
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Longer than a dead broker goes unnoticed (twice the keep-alive of 10 s).
const SETTLED_AFTER: Duration = Duration::from_secs(30);
const OUTBOUND_ROWS_MAX: u32 = 256;
const STORE_RETRY: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Takes messages until shutdown or the end of the link.
pub async fn take_messages(
    ingest: Ingest,
    publisher: Publisher,
    mut events: mpsc::Receiver<LinkEvent>,
    register: Arc<Register>,
    connections: tokio::sync::watch::Sender<u64>,
    shutdown: Shutdown,
) {
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = shutdown.begun() => return,
        };
        match event {
            None => return,
            Some(LinkEvent::Connected) => {
                tracing::info!("broker connected");
                connections.send_modify(|count| *count += 1);
                register.outbound.notify_one();
            }
            Some(LinkEvent::Disconnected { reason }) => {
                tracing::warn!(%reason, "broker lost");
                connections.send_modify(|count| *count += 1);
            }
            Some(LinkEvent::Message { topic, payload, ack }) => {
                let Some(reply) = patiently(&ingest, &topic, &payload, &shutdown).await else {
                    return;
                };
                if let Some((topic, payload)) = reply {
                    publish(&publisher, &topic, payload);
                }
                ack.ack();
            }
        }
    }
}

/// A full disk is waited out: what is not acknowledged waits at the broker and at the edge.
async fn patiently(
    ingest: &Ingest,
    topic: &str,
    payload: &[u8],
    shutdown: &Shutdown,
) -> Option<Option<Outgoing>> {
    loop {
        match ingest.message(topic, payload).await {
            Ok(reply) => return Some(reply),
            Err(error) => {
                metrics::counter!("gridwarden_hub_store_failures_total").increment(1);
                tracing::error!(%error, "a message waits for the register");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(STORE_RETRY) => {}
            () = shutdown.begun() => return None,
        }
    }
}

pub fn publish(publisher: &Publisher, topic: &Topic, payload: Vec<u8>) -> bool {
    match publisher.try_publish(topic, payload) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%topic, %error, "not published; it is sent again when asked or due");
            false
        }
    }
}

/// Publishes what waits in the register until shutdown.
pub async fn send_outbound(
    register: Arc<Register>,
    publisher: Publisher,
    mut connections: tokio::sync::watch::Receiver<u64>,
    shutdown: Shutdown,
) {
    let mut sent: HashMap<String, Monotonic> = HashMap::new();
    loop {
        tokio::select! {
            () = register.outbound.notified() => {}
            changed = connections.changed() => {
                if changed.is_err() {
                    return;
                }
                sent.clear();
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.begun() => return,
        }
        if !publisher.is_connected() {
            continue;
        }
        if let Err(error) = send_rows(&register, &publisher, &mut sent).await {
            tracing::error!(%error, "decisions wait for the register");
        }
    }
}

async fn send_rows(
    register: &Register,
    publisher: &Publisher,
    sent: &mut HashMap<String, Monotonic>,
) -> Result<(), StoreError> {
    let now = register.clock.monotonic();
    for row in register.store.outbound(OUTBOUND_ROWS_MAX).await? {
        match sent.get(&row.message_id) {
            Some(at) if now.since(*at) >= SETTLED_AFTER => {
                register.store.delete_outbound(&row.message_id).await?;
                sent.remove(&row.message_id);
            }
            Some(_) => {}
            None => match row.topic.parse::<Topic>() {
                Ok(topic) => {
                    if !publish(publisher, &topic, row.payload.into_bytes()) {
                        return Ok(());
                    }
                    sent.insert(row.message_id, now);
                }
                Err(error) => {
                    tracing::error!(%error, "a decision has no topic and is dropped");
                    register.store.delete_outbound(&row.message_id).await?;
                }
            },
        }
    }
    Ok(())
}
