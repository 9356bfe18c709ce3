//! Reads the link to the broker and hands each message to whom it concerns.

use super::{
    decisions::Decisions,
    dry_run::Desk,
    publish::{PublishInput, read_ack},
    requests::Requests,
    stills::Stills,
};
use crate::{
    domain::wire::{
        CloudEvent, DecisionData, DryRunRequestData, EDGE_HEARS, FootageRequestData, Leaf,
        NodeAddress, TOPIC_ROOT, Topic, VerifyRequestData,
    },
    drivers::mqtt::LinkEvent,
};
use std::sync::mpsc::{SyncSender, TrySendError};
use tokio::sync::mpsc;

/// Topics that an edge listens to.
pub fn subscriptions(address: &NodeAddress) -> Vec<String> {
    let prefix = format!("{TOPIC_ROOT}/{}/{}", address.district, address.node);
    EDGE_HEARS.iter().map(|leaf| format!("{prefix}/{leaf}")).collect()
}

/// Runs until the link ends.
pub async fn run(
    address: NodeAddress,
    mut events: mpsc::Receiver<LinkEvent>,
    publish: mpsc::Sender<PublishInput>,
    requests: Requests,
    (footage, stills, dry_runs): (SyncSender<FootageRequestData>, Stills, Desk),
    decisions: Decisions,
) {
    while let Some(event) = events.recv().await {
        match event {
            LinkEvent::Connected => {
                tracing::info!("connected to the broker");
                let _ = publish.send(PublishInput::LinkUp).await;
            }
            LinkEvent::Disconnected { reason } => {
                tracing::warn!(%reason, "not connected to the broker");
                let _ = publish.send(PublishInput::LinkDown).await;
            }
            LinkEvent::Message { topic, payload, ack } => {
                match read(&topic, &payload, &address) {
                    Ok(Incoming::Ack(data)) => {
                        let _ = publish.send(PublishInput::Ack { ack: data, token: ack }).await;
                        continue;
                    }
                    Ok(Incoming::Verify(request)) => {
                        if !requests.take(request).await {
                            continue;
                        }
                    }
                    Ok(Incoming::Footage(request)) if request.still => {
                        let id = request.request_id;
                        if !stills.ask(request) {
                            tracing::warn!(request = %id, "too many stills are asked for: this one is left out");
                        }
                    }
                    Ok(Incoming::Footage(request)) => {
                        if let Err(TrySendError::Full(request)) = footage.try_send(request) {
                            tracing::warn!(request = %request.request_id, "too much footage is asked for: this one is left out");
                        }
                    }
                    Ok(Incoming::DryRun(request)) => {
                        let id = request.request_id;
                        if !dry_runs.leave(request) {
                            tracing::warn!(request = %id, "too many dry runs wait: this one is left out until the hub asks again");
                        }
                    }
                    Ok(Incoming::Decision(decision)) => {
                        if !decisions.take(&decision).await {
                            continue;
                        }
                    }
                    Err(reason) => tracing::warn!(topic, reason, "a message is ignored"),
                }
                ack.ack();
            }
        }
    }
}

enum Incoming {
    Ack(crate::domain::wire::AckData),
    Verify(VerifyRequestData),
    Footage(FootageRequestData),
    DryRun(DryRunRequestData),
    Decision(DecisionData),
}

fn read(topic: &str, payload: &[u8], own: &NodeAddress) -> Result<Incoming, String> {
    let topic: Topic =
        topic.parse().map_err(|error: crate::domain::wire::BadTopic| error.to_string())?;
    if topic.address != *own {
        return Err("it is for another node".to_owned());
    }
    match topic.leaf {
        Leaf::Ack(_) => {
            read_ack(&topic, payload, own).map(Incoming::Ack).map_err(|error| error.to_string())
        }
        Leaf::VerifyRequest => {
            let event: CloudEvent<VerifyRequestData> =
                serde_json::from_slice(payload).map_err(|error| error.to_string())?;
            Ok(Incoming::Verify(event.data))
        }
        Leaf::FootageRequest => {
            let event: CloudEvent<FootageRequestData> =
                serde_json::from_slice(payload).map_err(|error| error.to_string())?;
            Ok(Incoming::Footage(event.data))
        }
        Leaf::DryRunRequest => {
            let event: CloudEvent<DryRunRequestData> =
                serde_json::from_slice(payload).map_err(|error| error.to_string())?;
            Ok(Incoming::DryRun(event.data))
        }
        Leaf::Decision(_) => {
            let event: CloudEvent<DecisionData> =
                serde_json::from_slice(payload).map_err(|error| error.to_string())?;
            Ok(Incoming::Decision(event.data))
        }
        _ => Err("an edge does not read this topic".to_owned()),
    }
}
