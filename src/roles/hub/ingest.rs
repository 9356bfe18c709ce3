//! Messages of edges into the register. The network is hostile: what is not well formed is counted
//! and dropped, and never acknowledged.
//!
//! Enters: topic and payload as they came. Leaves, after the commit: the acknowledgement of a case
//! fact. A node writes only under its own topics: node and case of the topic must be those of the
//! payload. Failure of the store is the caller's to wait out; nothing has changed then.

use super::{
    checks::{self, Malformed},
    register::Register,
};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CaseId, NodeId},
        wire::{
            AckData, CameraCardData, CameraHealthData, CaseFactData, CloudEvent, DryRunResultData,
            EDGE_SAYS, FootageResultData, Leaf, NodeAddress, PAYLOAD_BYTES_MAX, Presence,
            StatsData, StatusData, Topic, VerifyResultData,
        },
    },
    drivers::store::{
        StoreError,
        hub::{HUB_NAME, Ingested, Told},
    },
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A message to publish.
pub type Outgoing = (Topic, Vec<u8>);

/// Why a message was dropped. `reason` is the label of the counter.
#[derive(Debug, thiserror::Error)]
enum Dropped {
    #[error("{bytes} bytes; {PAYLOAD_BYTES_MAX} are allowed")]
    TooLarge { bytes: usize },
    #[error(transparent)]
    Topic(#[from] crate::domain::wire::BadTopic),
    #[error("this hub serves another district or this topic is its own")]
    NotOurs,
    #[error("no such JSON: {0}")]
    Json(serde_json::Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the payload is of {named}, the topic of {topic}")]
    Foreign { named: String, topic: String },
    #[error(transparent)]
    Revision(#[from] crate::domain::inbox::Refusal),
    #[error("node {0} announces too many cameras")]
    TooManyCameras(NodeId),
    #[error("nothing was asked under this id, or it has been answered")]
    NotAsked,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Dropped {
    fn label(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Topic(_) => "topic",
            Self::NotOurs => "not_ours",
            Self::Json(_) => "json",
            Self::Malformed(_) => "malformed",
            Self::Foreign { .. } => "foreign",
            Self::Revision(_) => "revision",
            Self::TooManyCameras(_) => "too_many_cameras",
            Self::NotAsked => "not_asked",
            Self::Store(_) => "store",
        }
    }
}

/// A message that was read and checked, and waits for the register.
pub struct Incoming {
    topic: String,
    payload: Vec<u8>,
    /// `None`: dropped.
    sorted: Option<Sorted>,
}

/// A message whose topic is one of ours.
enum Sorted {
    Fact { address: NodeAddress, fact: Box<CaseFactData>, text: String },
    Other(NodeAddress, Leaf),
}

/// A fact of a batch, with its place there.
struct Gathered<'m> {
    index: usize,
    address: &'m NodeAddress,
    fact: &'m CaseFactData,
    text: &'m str,
}

#[derive(Clone)]
pub struct Ingest {
    register: Arc<Register>,
    district: crate::domain::ids::DistrictId,
}

impl Ingest {
    pub fn new(register: Arc<Register>, district: crate::domain::ids::DistrictId) -> Self {
        Self { register, district }
    }

    /// Topic filters of everything that edges of this district say.
    pub fn subscriptions(&self) -> Vec<String> {
        let root = format!("{}/{}", crate::domain::wire::TOPIC_ROOT, self.district);
        // Counters of edges are for whoever watches the broker.
        let heard = EDGE_SAYS.iter().filter(|leaf| **leaf != "stats");
        heard.map(|leaf| format!("{root}/+/{leaf}")).collect()
    }

    /// Reads and checks a message; what is not well formed is counted and dropped here. Needs no register,
    /// so that the next messages are read while it works.
    pub fn read(&self, topic: String, payload: Vec<u8>) -> Incoming {
        let sorted = match self.sort(&topic, &payload) {
            Ok(sorted) => Some(sorted),
            Err(dropped) => {
                drop_message(&topic, &dropped);
                None
            }
        };
        Incoming { topic, payload, sorted }
    }

    /// One message; see [`Ingest::take_in`].
    pub async fn message(
        &self,
        topic: &str,
        payload: &[u8],
    ) -> Result<Option<Outgoing>, StoreError> {
        let incoming = self.read(topic.to_owned(), payload.to_vec());
        Ok(self.take_in(&[incoming]).await?.pop().flatten())
    }

    /// An answer to each, where it has one. `Err`: the store failed; give them all again later, what
    /// had its effect is a repeat then. A message that is dropped has no answer. Facts of cases that
    /// stand side by side share a transaction.
    pub async fn take_in(
        &self,
        messages: &[Incoming],
    ) -> Result<Vec<Option<Outgoing>>, StoreError> {
        let mut replies = Vec::with_capacity(messages.len());
        let mut facts = Vec::new();
        for Incoming { topic, payload, sorted } in messages {
            let index = replies.len();
            let reply = match sorted {
                Some(Sorted::Fact { address, fact, text }) => {
                    facts.push(Gathered { index, address, fact, text });
                    None
                }
                Some(Sorted::Other(address, leaf)) => {
                    self.facts(&mut facts, &mut replies).await?;
                    or_dropped(topic, self.take(address, leaf, payload).await)?
                }
                None => None,
            };
            replies.push(reply);
        }
        self.facts(&mut facts, &mut replies).await?;
        Ok(replies)
    }

    fn sort(&self, topic: &str, payload: &[u8]) -> Result<Sorted, Dropped> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Dropped::TooLarge { bytes: payload.len() });
        }
        let Topic { address, leaf } = topic.parse()?;
        if address.district != self.district {
            return Err(Dropped::NotOurs);
        }
        let Leaf::Case(case_id) = leaf else { return Ok(Sorted::Other(address, leaf)) };
        let fact: CaseFactData = parse(payload)?;
        same(&fact.case_id.to_string(), &case_id.to_string())?;
        same(fact.camera.node.as_str(), address.node.as_str())?;
        checks::fact(&fact)?;
        let text = serde_json::to_string(&fact).map_err(Dropped::Json)?;
        Ok(Sorted::Fact { address, fact: Box::new(fact), text })
    }

    async fn take(
        &self,
        address: &NodeAddress,
        leaf: &Leaf,
        payload: &[u8],
    ) -> Result<Option<Outgoing>, Dropped> {
        let register = &self.register;
        match leaf {
            Leaf::Status => {
                let status: StatusData = parse(payload)?;
                register.store.put_status(&address.node, &status, register.now()).await?;
                register.sight.status(&address.node, &status);
                if status.state == Presence::Online {
                    register.store.send_again_to(&address.node).await?;
                    register.outbound.notify_one();
                }
                for camera in register.store.cameras().await? {
                    if camera.node == address.node {
                        register.announce_camera(&camera.camera);
                    }
                }
                Ok(None)
            }
            Leaf::CameraCard(camera) => {
                let card: CameraCardData = parse(payload)?;
                same(card.camera.as_str(), camera.as_str())?;
                checks::card(&card)?;
                self.room_for_camera(&address.node).await?;
                register.store.put_card(&address.node, &card).await?;
                register.sight.card(&address.node, &card);
                register.announce_camera(camera);
                // A complaint may have waited for a camera that sees its place.
                register.due.notify_one();
                Ok(None)
            }
            Leaf::CameraHealth(camera) => {
                let health: CameraHealthData = parse(payload)?;
                same(health.camera.as_str(), camera.as_str())?;
                checks::note("detail", health.detail.as_deref().unwrap_or_default())?;
                self.room_for_camera(&address.node).await?;
                register.store.put_health(&address.node, &health).await?;
                register.sight.health(&address.node, &health);
                register.announce_camera(camera);
                Ok(None)
            }
            Leaf::VerifyResult => {
                let result: VerifyResultData = parse(payload)?;
                checks::evidence(&result.evidence)?;
                let at = register.now();
                if !register.store.keep_result(&address.node, &result, at).await? {
                    return Err(Dropped::NotAsked);
                }
                register.due.notify_one();
                Ok(None)
            }
            Leaf::FootageResult => {
                let result: FootageResultData = parse(payload)?;
                checks::footage(&result)?;
                let kept = register.store.keep_footage(&address.node, &result, register.now());
                let cases = kept.await?.ok_or(Dropped::NotAsked)?;
                register.announce_evidence(cases).await?;
                Ok(None)
            }
            Leaf::DryRunResult => {
                let result: DryRunResultData = parse(payload)?;
                checks::dry_run(&result)?;
                let at = register.now();
                let again = at.plus(super::dry_run::RESEND_AFTER);
                if !register.store.keep_dry_run(&address.node, &result, at, again).await? {
                    return Err(Dropped::NotAsked);
                }
                Ok(None)
            }
            Leaf::Stats => {
                let stats: StatsData = parse(payload)?;
                register.store.put_stats(&address.node, &stats, register.now()).await?;
                Ok(None)
            }
            // Facts are taken in together, by `facts`.
            Leaf::Case(_) => Ok(None),
            Leaf::Ack(_)
            | Leaf::Decision(_)
            | Leaf::VerifyRequest
            | Leaf::FootageRequest
            | Leaf::DryRunRequest => Err(Dropped::NotOurs),
        }
    }

    async fn room_for_camera(&self, node: &NodeId) -> Result<(), Dropped> {
        let held = self.register.store.camera_count(node).await?;
        if held > checks::CAMERAS_OF_A_NODE_MAX {
            return Err(Dropped::TooManyCameras(node.clone()));
        }
        Ok(())
    }

    /// Takes in what has gathered, and puts each acknowledgement in its place.
    async fn facts(
        &self,
        gathered: &mut Vec<Gathered<'_>>,
        replies: &mut [Option<Outgoing>],
    ) -> Result<(), StoreError> {
        if gathered.is_empty() {
            return Ok(());
        }
        let at = self.register.now();
        let told: Vec<Told<'_>> = gathered
            .iter()
            .map(|Gathered { address, fact, text, .. }| Told { writer: &address.node, fact, text })
            .collect();
        let outcomes = self.register.store.ingest(&told, at).await?;
        for (Gathered { index, address, fact, .. }, outcome) in gathered.drain(..).zip(outcomes) {
            let case_id = fact.case_id;
            let topic = Topic::new(address, Leaf::Case(case_id));
            let said = self.outcome(address, fact, outcome);
            let Some(upto_revision) = or_dropped(&topic.to_string(), said)? else { continue };
            let ack = self.acknowledgement(case_id, upto_revision, at);
            let ack = or_dropped(&topic.to_string(), ack.map(Some))?;
            replies[index] = ack.map(|ack| (Topic { leaf: Leaf::Ack(case_id), ..topic }, ack));
        }
        Ok(())
    }

    /// Tells what has changed; what may be acknowledged.
    fn outcome(
        &self,
        address: &NodeAddress,
        fact: &CaseFactData,
        outcome: Ingested,
    ) -> Result<Option<u32>, Dropped> {
        let (outcome, upto) = match outcome {
            Ingested::Applied { upto, change, others, opened } => {
                self.register.announce(&change);
                others.iter().for_each(|other| self.register.announce(other));
                (if opened { "opened" } else { "applied" }, Some(upto))
            }
            Ingested::Kept { upto } => ("kept", upto),
            Ingested::Duplicate { upto, differs } => {
                if differs {
                    let (node, case_id, revision) = (&address.node, fact.case_id, fact.revision);
                    tracing::warn!(%case_id, %node, revision, "a repeat differs; the first stands");
                }
                (if differs { "conflict" } else { "duplicate" }, upto)
            }
            Ingested::Refused(refusal) => return Err(refusal.into()),
        };
        metrics::counter!("gridwarden_hub_facts_total", "outcome" => outcome).increment(1);
        Ok(upto)
    }

    fn acknowledgement(
        &self,
        case_id: CaseId,
        upto_revision: u32,
        at: WallTime,
    ) -> Result<Vec<u8>, Dropped> {
        let id = format!("{case_id}:{HUB_NAME}:ack:{}", self.register.new_id());
        let data = AckData { case_id, upto_revision };
        let event = self.register.store.cloud_event("case.ack", id, at, case_id.to_string(), data);
        serde_json::to_vec(&event).map_err(Dropped::Json)
    }
}

/// Counts and tells what is dropped; a failure of the store is the caller's.
fn or_dropped<T>(topic: &str, taken: Result<Option<T>, Dropped>) -> Result<Option<T>, StoreError> {
    match taken {
        Ok(reply) => Ok(reply),
        Err(Dropped::Store(error)) => Err(error),
        Err(dropped) => {
            drop_message(topic, &dropped);
            Ok(None)
        }
    }
}

fn drop_message(topic: &str, dropped: &Dropped) {
    let reason = dropped.label();
    metrics::counter!("gridwarden_hub_messages_dropped_total", "reason" => reason).increment(1);
    let topic: String = topic.chars().take(200).collect();
    tracing::warn!(topic, %dropped, "message dropped");
}

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Dropped> {
    let event: CloudEvent<T> = serde_json::from_slice(payload).map_err(Dropped::Json)?;
    if event.specversion != "1.0" {
        return Err(Malformed {
            field: "specversion",
            value: format!("{:?}", event.specversion.chars().take(20).collect::<String>()),
            allowed: "\"1.0\"".to_owned(),
        }
        .into());
    }
    Ok(event.data)
}

fn same(named: &str, topic: &str) -> Result<(), Dropped> {
    if named == topic {
        return Ok(());
    }
    Err(Dropped::Foreign { named: named.to_owned(), topic: topic.to_owned() })
}

#[cfg(test)]
#[path = "ingest_tests.rs"]
mod tests;
