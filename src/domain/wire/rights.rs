//! Who may say and hear what at the broker, as topic filters and as Mosquitto's access list.
//!
//! An edge speaks and hears below its own prefix alone; the hub hears all edges of its district and
//! speaks to each of them. The user name of a connection is the name in its certificate, so `%u` is
//! the node. What is named nowhere here, the broker refuses.

use super::TOPIC_ROOT;
use crate::domain::ids::DistrictId;
use std::fmt::Write as _;

/// What an edge writes, below `gridwarden/v1/<district>/<node>/`.
pub const EDGE_SAYS: [&str; 8] = [
    "status",
    "camera/+/card",
    "camera/+/health",
    "case/+",
    "verify/result",
    "footage/result",
    "dryrun/result",
    "stats",
];
/// What an edge reads there, and a hub writes.
pub const EDGE_HEARS: [&str; 5] =
    ["ack/+", "verify/request", "footage/request", "dryrun/request", "decision/+"];

/// Lines of a Mosquitto `acl_file`; `hubs` are the names in the hubs' certificates.
pub fn mosquitto_acl(district: &DistrictId, hubs: &[String]) -> String {
    let mut text = format!(
        "# Who may write and read what in district {district}, by the name in the certificate.\n\
         # Written by `gridwarden pki acl`, which writes it anew: changes made here are lost.\n\n\
         # Each edge, below its own prefix.\n"
    );
    // Writing to a String cannot fail.
    for (access, leaves) in [("write", &EDGE_SAYS[..]), ("read", &EDGE_HEARS)] {
        for leaf in leaves {
            let _ = writeln!(text, "pattern {access} {TOPIC_ROOT}/{district}/%u/{leaf}");
        }
    }
    for hub in hubs {
        let _ = writeln!(text, "\nuser {hub}");
        for (access, leaves) in [("read", &EDGE_SAYS[..]), ("write", &EDGE_HEARS)] {
            for leaf in leaves {
                let _ = writeln!(text, "topic {access} {TOPIC_ROOT}/{district}/+/{leaf}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::wire::{Leaf, NodeAddress, Topic};

    /// Does a filter of MQTT (without `#`) name this topic?
    fn names(filter: &str, topic: &str) -> bool {
        let (filter, topic): (Vec<_>, Vec<_>) =
            (filter.split('/').collect(), topic.split('/').collect());
        filter.len() == topic.len() && filter.iter().zip(topic).all(|(f, t)| *f == "+" || *f == t)
    }

    #[test]
    fn every_leaf_is_said_by_one_side_and_heard_by_the_other() {
        let camera = "cam-1".parse::<crate::domain::ids::CameraId>().unwrap();
        let case = crate::domain::ids::CaseId(uuid::Uuid::nil());
        let address =
            NodeAddress { district: "440310".parse().unwrap(), node: "edge-1".parse().unwrap() };
        let leaves = [
            (Leaf::Status, true),
            (Leaf::CameraCard(camera.clone()), true),
            (Leaf::CameraHealth(camera), true),
            (Leaf::Case(case), true),
            (Leaf::VerifyResult, true),
            (Leaf::FootageResult, true),
            (Leaf::DryRunResult, true),
            (Leaf::Stats, true),
            (Leaf::Ack(case), false),
            (Leaf::VerifyRequest, false),
            (Leaf::FootageRequest, false),
            (Leaf::DryRunRequest, false),
            (Leaf::Decision(case), false),
        ];
        for (leaf, by_edge) in leaves {
            let topic = Topic::new(&address, leaf).to_string();
            let leaf = topic.strip_prefix("gridwarden/v1/440310/edge-1/").unwrap();
            assert_eq!(EDGE_SAYS.iter().any(|filter| names(filter, leaf)), by_edge, "{leaf}");
            assert_eq!(EDGE_HEARS.iter().any(|filter| names(filter, leaf)), !by_edge, "{leaf}");
        }
    }

    #[test]
    fn the_access_list_has_patterns_for_edges_and_lines_for_each_hub() {
        let acl = mosquitto_acl(&"440310".parse().unwrap(), &["hub".into(), "hub-2".into()]);
        for line in [
            "pattern write gridwarden/v1/440310/%u/case/+",
            "pattern read gridwarden/v1/440310/%u/ack/+",
            "user hub\ntopic read gridwarden/v1/440310/+/status",
            "user hub-2\n",
            "topic write gridwarden/v1/440310/+/decision/+",
        ] {
            assert!(acl.contains(line), "{line:?} is missing in\n{acl}");
        }
        assert!(!acl.contains("pattern write gridwarden/v1/440310/%u/ack"), "{acl}");
    }
}
