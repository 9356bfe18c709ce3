//! Messages to the city's platforms: sent when due, again when they failed, laid aside in the end.
//!
//! A platform that is away costs others nothing: each has a task and a pace of its own.

use super::register::Register;
use crate::{
    base::{secret::Secret, shutdown::Shutdown},
    domain::case::notice::next_try,
    drivers::{
        store::{StoreError, hub::Delivery},
        webhook::Webhook,
    },
};
use futures_util::{StreamExt, stream};
use reqwest::Url;
use std::{sync::Arc, time::Duration};

/// A platform that is told of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookConfig {
    pub name: String,
    pub url: Url,
    pub secret: Secret,
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
const AT_A_TIME: usize = 8;
const DUE_MAX: u32 = 64;
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Until shutdown.
pub async fn deliver_loop(
    hook: String,
    webhook: Webhook,
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
        match deliver(&hook, &webhook, &register).await {
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
async fn deliver(hook: &str, webhook: &Webhook, register: &Register) -> Result<usize, StoreError> {
    let due = register.store.deliveries_due(hook, register.now(), DUE_MAX).await?;
    let mut sent = stream::iter(due)
        .map(|delivery| one(delivery, webhook, register))
        .buffer_unordered(AT_A_TIME);
    let mut arrived = 0;
    while let Some(sent) = sent.next().await {
        arrived += usize::from(sent?);
    }
    Ok(arrived)
}

async fn one(
    delivery: Delivery,
    webhook: &Webhook,
    register: &Register,
) -> Result<bool, StoreError> {
    let sent = webhook.send(&delivery.message_id, &delivery.payload, register.now()).await;
    let (now, hook) = (register.now(), delivery.hook.clone());
    let outcome = match &sent {
        Ok(()) => {
            register.store.delivered(&delivery, now).await?;
            "delivered"
        }
        Err(error) => {
            let again = next_try(delivery.created_at, delivery.tries + 1, now);
            let (message, said) = (&delivery.message_id, error.to_string());
            register.store.not_delivered(&delivery, &said, again, now).await?;
            match again {
                Some(again) => tracing::warn!(message, %again, %error, "not delivered"),
                None => {
                    tracing::error!(message, %error, "a message is laid aside as a dead letter")
                }
            }
            if again.is_some() { "failed" } else { "dead" }
        }
    };
    metrics::counter!("gridwarden_hub_deliveries_total", "hook" => hook, "outcome" => outcome)
        .increment(1);
    Ok(sent.is_ok())
}
