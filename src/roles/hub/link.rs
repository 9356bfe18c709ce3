//! The hub's side of the broker: events in, acknowledgements and decisions out.
//!
//! ```text
//! broker -> LinkEvent -> read -> taken in (commit) -> ack to the edge, then to the broker
//! register.outbound rows -> published -> kept for a day, sent again where they may be missing
//! ```
//!
//! The broker's acknowledgement of a publish is not seen here, and a broker may forget a subscriber.
//! So decisions are sent again after a lost connection of the hub, after a crash, and whenever their
//! node connects anew. Their message id stays, so a consumer may drop the repeat.

use super::{
    ingest::{Incoming, Ingest, Outgoing},
    register::Register,
};
use crate::{
    base::{shutdown::Shutdown, time::Monotonic},
    domain::wire::Topic,
    drivers::{
        mqtt::{AckToken, LinkEvent, Publisher, RECEIVED_UNACKED_MAX},
        store::StoreError,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};

/// Longer than a dead broker goes unnoticed (twice the keep-alive of 10 s).
const DOUBTED_FOR: Duration = Duration::from_secs(60);
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
const OUTBOUND_ROWS_MAX: u32 = 256;
/// Messages that share a transaction: half of what a broker sends ahead of their acknowledgement, so that
/// the other half is read in the meantime.
pub const TOGETHER_MAX: usize = RECEIVED_UNACKED_MAX as usize / 2;
const STORE_RETRY: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A message with its acknowledgement to the broker.
type Received = (Incoming, AckToken);

/// Messages that are read while those before them are taken in.
pub fn read_ahead() -> (mpsc::Sender<Vec<Received>>, mpsc::Receiver<Vec<Received>>) {
    mpsc::channel(1)
}

/// Reads messages until shutdown or the end of the link.
pub async fn read_messages(
    ingest: Ingest,
    mut events: mpsc::Receiver<LinkEvent>,
    read: mpsc::Sender<Vec<Received>>,
    register: Arc<Register>,
    connections: watch::Sender<u64>,
    shutdown: Shutdown,
) {
    let mut events_held = Vec::with_capacity(TOGETHER_MAX);
    loop {
        let received = tokio::select! {
            received = events.recv_many(&mut events_held, TOGETHER_MAX) => received,
            () = shutdown.begun() => return,
        };
        if received == 0 {
            return;
        }
        let mut messages = Vec::new();
        for event in events_held.drain(..) {
            match event {
                LinkEvent::Connected => {
                    tracing::info!("broker connected");
                    connections.send_modify(|count| *count += 1);
                    register.outbound.notify_one();
                }
                LinkEvent::Disconnected { reason } => {
                    tracing::warn!(%reason, "broker lost");
                    connections.send_modify(|count| *count += 1);
                }
                LinkEvent::Message { topic, payload, ack } => {
                    messages.push((ingest.read(topic, payload), ack));
                }
            }
        }
        if !messages.is_empty() && read.send(messages).await.is_err() {
            return;
        }
    }
}

/// Takes in what was read until shutdown, or until no more comes.
pub async fn take_messages(
    ingest: Ingest,
    publisher: Publisher,
    mut read: mpsc::Receiver<Vec<Received>>,
    shutdown: Shutdown,
) {
    loop {
        let received = tokio::select! {
            received = read.recv() => received,
            () = shutdown.begun() => return,
        };
        let Some(received) = received else { return };
        let (messages, acks): (Vec<Incoming>, Vec<AckToken>) = received.into_iter().unzip();
        let Some(replies) = patiently(&ingest, &messages, &shutdown).await else { return };
        for (topic, payload) in replies.into_iter().flatten() {
            publish(&publisher, &topic, payload);
        }
        acks.into_iter().for_each(AckToken::ack);
    }
}

/// A full disk is waited out: what is not acknowledged waits at the broker and at the edge.
async fn patiently(
    ingest: &Ingest,
    messages: &[Incoming],
    shutdown: &Shutdown,
) -> Option<Vec<Option<Outgoing>>> {
    loop {
        match ingest.take_in(messages).await {
            Ok(replies) => return Some(replies),
            Err(error) => {
                metrics::counter!("gridwarden_hub_store_failures_total").increment(1);
                tracing::error!(%error, waiting = messages.len(), "messages wait for the register");
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
    mut connections: watch::Receiver<u64>,
    shutdown: Shutdown,
) {
    // The process before this one may have died with messages under way.
    let mut doubted = true;
    let mut swept_at = None::<Monotonic>;
    loop {
        let now = register.clock.monotonic();
        if swept_at.is_none_or(|at| now.since(at) >= SWEEP_EVERY) {
            swept_at = Some(now);
            if let Err(error) = register.store.drop_sent(register.now().minus(KEPT_FOR)).await {
                tracing::error!(%error, "old decisions stay");
            }
        }
        let sent = send_rows(&register, &publisher, &mut doubted).await;
        if let Err(error) = sent {
            tracing::error!(%error, "decisions wait for the register");
        }
        tokio::select! {
            () = register.outbound.notified() => {}
            changed = connections.changed() => {
                if changed.is_err() {
                    return;
                }
                doubted = true;
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.begun() => return,
        }
    }
}

async fn send_rows(
    register: &Register,
    publisher: &Publisher,
    doubted: &mut bool,
) -> Result<(), StoreError> {
    let (store, now) = (&register.store, register.now());
    if !publisher.is_connected() {
        return Ok(());
    }
    if *doubted {
        store.send_again_since(now.minus(DOUBTED_FOR)).await?;
        *doubted = false;
    }
    for row in store.outbound(now, OUTBOUND_ROWS_MAX).await? {
        match row.topic.parse::<Topic>() {
            Ok(topic) if !publish(publisher, &topic, row.payload.into_bytes()) => return Ok(()),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "a decision has no topic and is not sent"),
        }
        store.mark_sent(&row.message_id, now).await?;
    }
    Ok(())
}
