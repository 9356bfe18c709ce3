//! MQTT 5 through rumqttc: one connection that keeps itself up, with bounded queues both ways.
//!
//! Enters: messages to publish, acknowledgements of received ones. Leaves: [`LinkEvent`]s.
//!
//! ```text
//!             +---------- Publisher <- try_publish, stop
//!             v                                          acknowledged after the consumer's commit
//!   retained, requeue -> rumqttc (one event loop a connection) -> events -> consumer -> AckToken
//!             ^                     | lost
//!             `---- unsent ---------'   back off, connect anew
//! ```
//!
//! # What each message relies on
//! rumqttc drops what is in its queues when the broker has forgotten the session, so nothing relies
//! on it ([`reliance`] is the one table):
//!
//! | leaf | kept by | after a lost connection |
//! |---|---|---|
//! | `case` | the sender's outbox, until the hub's own `ack` | dropped here; the outbox sends it again |
//! | `status`, `card`, `health`, `stats` | [`Publisher`]: the newest of each topic | published again on every connection |
//! | `ack`, `decision`, `verify/*` | a bounded requeue in memory | published again; after a crash the other side asks again |
//!
//! # Why the event queue cannot overflow
//! A message is acknowledged to the broker only through its [`AckToken`], and the client announces
//! a Receive Maximum of [`RECEIVED_UNACKED_MAX`]: the broker never has more unacknowledged messages
//! on their way. The queue holds as many, plus one `Connected` and one `Disconnected`; the next
//! connection waits until it is drained. So the poll loop neither waits for a consumer, nor drops
//! what was sent at QoS 1. A broker that breaks its promise is disconnected and redelivers; a QoS 0
//! message that finds the queue full is dropped and counted.
//!
//! Failure: every lost or refused connection leaves as [`LinkEvent::Disconnected`] with a
//! [`LinkFault`] that names the broker and the cure; trying goes on for ever, from 0.25 s to 30 s
//! apart, with jitter. Dropping the last [`Publisher`] cuts the connection without a goodbye, so
//! the broker publishes the last will.

mod config;
mod fault;
mod link;
mod publisher;

pub use config::{Credentials, MqttConfig, MqttConfigError, install_crypto_provider};
pub use fault::LinkFault;
pub use publisher::{AckToken, PublishError, Publisher, Reliance, reliance};

use crate::base::clock::Clock;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Messages that the broker may have on their way to us without an acknowledgement.
pub const RECEIVED_UNACKED_MAX: u16 = 512;

#[derive(Debug)]
pub enum LinkEvent {
    /// The broker accepted us and all subscriptions; messages it kept for us may come before this.
    Connected,
    /// The connection ended, or an attempt at one failed; the next attempt follows by itself.
    Disconnected { reason: LinkFault },
    /// Acknowledge it once its effect is durable; an unacknowledged one comes again.
    Message { topic: String, payload: Vec<u8>, ack: AckToken },
}

/// Starts the connection on the current runtime. The channel ends after [`Publisher::stop`].
///
/// # Errors
/// Only what can be known beforehand: a bad address, certificate files that cannot be read.
pub fn connect(
    config: MqttConfig,
    clock: Arc<dyn Clock>,
) -> Result<(Publisher, mpsc::Receiver<LinkEvent>), MqttConfigError> {
    let checked = config.check()?;
    let (sender, receiver) = mpsc::channel(link::EVENTS_MAX);
    Ok((link::start(checked, clock, sender), receiver))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
