//! Topics: `gridwarden/v1/<district>/<node>/<leaf>`, written and read.

use super::NodeAddress;
use crate::domain::ids::{CameraId, CaseId};

pub const TOPIC_ROOT: &str = "gridwarden/v1";

/// The leaf of a topic, below `gridwarden/v1/<district>/<node>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    Status,
    CameraCard(CameraId),
    CameraHealth(CameraId),
    Case(CaseId),
    Ack(CaseId),
    VerifyRequest,
    VerifyResult,
    FootageRequest,
    FootageResult,
    DryRunRequest,
    DryRunResult,
    Decision(CaseId),
    Stats,
}

/// A full topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub address: NodeAddress,
    pub leaf: Leaf,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{topic:?} is no gridwarden topic: {reason}")]
pub struct BadTopic {
    pub topic: String,
    pub reason: String,
}

impl Topic {
    pub fn new(address: &NodeAddress, leaf: Leaf) -> Self {
        Self { address: address.clone(), leaf }
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{TOPIC_ROOT}/{}/{}/", self.address.district, self.address.node)?;
        match &self.leaf {
            Leaf::Status => f.write_str("status"),
            Leaf::CameraCard(camera) => write!(f, "camera/{camera}/card"),
            Leaf::CameraHealth(camera) => write!(f, "camera/{camera}/health"),
            Leaf::Case(case) => write!(f, "case/{case}"),
            Leaf::Ack(case) => write!(f, "ack/{case}"),
            Leaf::VerifyRequest => f.write_str("verify/request"),
            Leaf::VerifyResult => f.write_str("verify/result"),
            Leaf::FootageRequest => f.write_str("footage/request"),
            Leaf::FootageResult => f.write_str("footage/result"),
            Leaf::DryRunRequest => f.write_str("dryrun/request"),
            Leaf::DryRunResult => f.write_str("dryrun/result"),
            Leaf::Decision(case) => write!(f, "decision/{case}"),
            Leaf::Stats => f.write_str("stats"),
        }
    }
}

impl std::str::FromStr for Topic {
    type Err = BadTopic;

    fn from_str(text: &str) -> Result<Self, BadTopic> {
        let bad = |reason: String| BadTopic { topic: text.chars().take(200).collect(), reason };
        let rest = text
            .strip_prefix(TOPIC_ROOT)
            .and_then(|rest| rest.strip_prefix('/'))
            .ok_or_else(|| bad(format!("it does not begin with {TOPIC_ROOT}/")))?;
        let parts: Vec<&str> = rest.split('/').collect();
        let [district, node, leaf @ ..] = parts.as_slice() else {
            return Err(bad("district and node are missing".to_owned()));
        };
        let address = NodeAddress {
            district: district.parse().map_err(|e| bad(format!("{e}")))?,
            node: node.parse().map_err(|e| bad(format!("{e}")))?,
        };
        let case = |id: &str| id.parse::<CaseId>().map_err(|e| bad(e.to_string()));
        let camera = |id: &str| id.parse::<CameraId>().map_err(|e| bad(e.to_string()));
        let leaf = match leaf {
            ["status"] => Leaf::Status,
            ["stats"] => Leaf::Stats,
            ["camera", id, "card"] => Leaf::CameraCard(camera(id)?),
            ["camera", id, "health"] => Leaf::CameraHealth(camera(id)?),
            ["case", id] => Leaf::Case(case(id)?),
            ["ack", id] => Leaf::Ack(case(id)?),
            ["decision", id] => Leaf::Decision(case(id)?),
            ["verify", "request"] => Leaf::VerifyRequest,
            ["verify", "result"] => Leaf::VerifyResult,
            ["footage", "request"] => Leaf::FootageRequest,
            ["footage", "result"] => Leaf::FootageResult,
            ["dryrun", "request"] => Leaf::DryRunRequest,
            ["dryrun", "result"] => Leaf::DryRunResult,
            other => return Err(bad(format!("unknown leaf {:?}", other.join("/")))),
        };
        Ok(Self { address, leaf })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn address() -> NodeAddress {
        NodeAddress { district: "440310".parse().unwrap(), node: "edge-1".parse().unwrap() }
    }

    #[test]
    fn every_topic_round_trips() {
        let camera: CameraId = "pingshan-014".parse().unwrap();
        let case = CaseId(Uuid::from_u128(7));
        for leaf in [
            Leaf::Status,
            Leaf::CameraCard(camera.clone()),
            Leaf::CameraHealth(camera),
            Leaf::Case(case),
            Leaf::Ack(case),
            Leaf::VerifyRequest,
            Leaf::VerifyResult,
            Leaf::FootageRequest,
            Leaf::FootageResult,
            Leaf::DryRunRequest,
            Leaf::DryRunResult,
            Leaf::Decision(case),
            Leaf::Stats,
        ] {
            let topic = Topic::new(&address(), leaf);
            assert_eq!(topic.to_string().parse::<Topic>().unwrap(), topic);
        }
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused_without_panic(text in ".{0,200}") {
            let _ = text.parse::<Topic>();
        }
    }
}
