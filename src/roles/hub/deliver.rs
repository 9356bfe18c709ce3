//! Messages to the city's platforms: sent when due, again when they failed, laid aside in the end.
//!
//! A platform that is away costs others nothing: each has a task and a pace of its own. What a message is over there,
//! its [`Destination`] knows.

use super::{
    register::Register,
    view_library::{self, Library},
};
use crate::{
    base::{secret::Secret, shutdown::Shutdown},
    domain::case::notice::{Hears, Listener, next_try},
    drivers::{
        store::{StoreError, hub::Delivery},
        webhook::Webhook,
    },
};
use futures_util::{StreamExt, stream};
use reqwest::Url;
use std::{sync::Arc, time::Duration};

/// A platform that is told of every step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookConfig {
    pub name: String,
    pub url: Url,
    pub secret: Secret,
}

impl HookConfig {
    pub fn listener(&self) -> Listener {
        Listener { name: self.name.clone(), hears: Hears::Steps }
    }
}

/// Where messages go, and as what.
pub enum Destination {
    /// The message as it was written, signed.
    Webhook(Box<Webhook>),
    /// A scene with the case's pictures.
    ViewLibrary(Arc<Library>),
}

impl Destination {
    /// Messages under way at once.
    fn at_a_time(&self) -> usize {
        match self {
            Self::Webhook(_) => 8,
            // Each is as large as its pictures.
            Self::ViewLibrary(_) => 2,
        }
    }

    async fn send(&self, delivery: &Delivery, register: &Register) -> anyhow::Result<()> {
        match self {
            Self::Webhook(webhook) => {
                let Delivery { message_id, payload, .. } = delivery;
                Ok(webhook.send(message_id, payload, register.now()).await?)
            }
            Self::ViewLibrary(library) => view_library::push(library, delivery, register).await,
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
const DUE_MAX: u32 = 64;
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Until shutdown.
pub async fn deliver_loop(
    hook: String,
    destination: Destination,
    register: Arc<Register>,
    shutdown: Shutdown,
) {
    let mut changes = register.listen();
    let mut swept_at = None;
    loop {
        let now = register.clock.monotonic();
        if swept_at.is_none_or(|at| now.since(at) >= SWEEP_EVERY) {
            swept_at = Some(now);
            if let Err(error) = register.store.drop_delivered(register.now().minus(KEPT_FOR)).await
            {
                tracing::error!(%error, "old deliveries stay");
            }
        }
        match deliver(&hook, &destination, &register).await {
            // More may be due: those that waited for one of these.
            Ok(sent) if sent > 0 && !shutdown.has_begun() => continue,
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "deliveries wait for the register"),
        }
        tokio::select! {
            // Lagging behind is a change as well.
            _ = changes.recv() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.begun() => return,
        }
    }
}

/// Sends what is due; how many arrived.
async fn deliver(
    hook: &str,
    destination: &Destination,
    register: &Register,
) -> Result<usize, StoreError> {
    let due = register.store.deliveries_due(hook, register.now(), DUE_MAX).await?;
    let mut sent = stream::iter(due)
        .map(|delivery| one(delivery, destination, register))
        .buffer_unordered(destination.at_a_time());
    let mut arrived = 0;
    while let Some(sent) = sent.next().await {
        arrived += usize::from(sent?);
    }
    Ok(arrived)
}

async fn one(
    delivery: Delivery,
    destination: &Destination,
    register: &Register,
) -> Result<bool, StoreError> {
    let sent = destination.send(&delivery, register).await;
    let (now, hook) = (register.now(), delivery.hook.clone());
    let outcome = match &sent {
        Ok(()) => {
            register.store.delivered(&delivery, now).await?;
            "delivered"
        }
        Err(error) => {
            let again = next_try(delivery.created_at, delivery.tries + 1, now);
            let (message, said) = (&delivery.message_id, format!("{error:#}"));
            register.store.not_delivered(&delivery, &said, again, now).await?;
            match again {
                Some(again) => tracing::warn!(message, %again, error = said, "not delivered"),
                None => {
                    tracing::error!(
                        message,
                        error = said,
                        "a message is laid aside as a dead letter"
                    )
                }
            }
            if again.is_some() { "failed" } else { "dead" }
        }
    };
    metrics::counter!("gridwarden_hub_deliveries_total", "hook" => hook, "outcome" => outcome)
        .increment(1);
    Ok(sent.is_ok())
}
