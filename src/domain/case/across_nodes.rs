//! Whether a case that one node opens is the thing of an open case of another node.
//!
//! Enters: the new case's picture and the open cases near it. Leaves: the one it is merged into, the
//! nearest of several. The rules are those of [`super::node_book`] within a node: the same pattern, one
//! asset or [`one_place`], seen within [`SILENT_AFTER`] of each other, and no node says it twice: a node
//! whose own open case is that thing already tells two things apart.

use super::{node_book::SILENT_AFTER, same_place::one_place};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CaseId, NodeId, PatternId},
        wire::{CaseFactData, PlaceData},
    },
};

/// An open case that a new one may be merged into.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub case_id: CaseId,
    pub pattern: PatternId,
    pub place: Option<PlaceData>,
    pub component_id: Option<String>,
    /// Of it and of all that is merged into it.
    pub first_seen_at: WallTime,
    pub last_seen_at: WallTime,
    /// Whose view of the thing it has: its own node, and those of merged cases that are not gone.
    pub nodes: Vec<NodeId>,
}

/// The case that means the same thing, if any.
pub fn known_as(new: &CaseFactData, candidates: &[Candidate]) -> Option<CaseId> {
    let near = candidates.iter().filter_map(|known| Some((apart(new, known)?, known.case_id)));
    near.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, case_id)| case_id)
}

/// Metres between them; `None`: they are two.
fn apart(new: &CaseFactData, known: &Candidate) -> Option<f64> {
    let together = new.first_seen_at <= known.last_seen_at.plus(SILENT_AFTER)
        && known.first_seen_at <= new.last_seen_at.plus(SILENT_AFTER);
    let twice = known.nodes.contains(&new.camera.node);
    let thing = Thing {
        pattern: &known.pattern,
        place: known.place.as_ref(),
        component_id: known.component_id.as_deref(),
    };
    (together && !twice).then(|| apart_in_space(new, &thing))?
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thing<'t> {
    pub pattern: &'t PatternId,
    pub place: Option<&'t PlaceData>,
    pub component_id: Option<&'t str>,
}

/// The same, whenever and by whomever they were seen.
pub fn apart_in_space(new: &CaseFactData, known: &Thing<'_>) -> Option<f64> {
    if *known.pattern != new.pattern.id {
        return None;
    }
    if let (Some(one), Some(other)) = (known.component_id, &new.component_id) {
        return (one == other).then_some(0.0);
    }
    // A group's members are a box each.
    let group = new.subject.as_ref().is_some_and(|subject| subject.boxes_fraction.len() > 1);
    one_place(known.place?, new.place.as_ref()?, group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        geo::{EastNorth, GeoPoint, LocalFrame},
        place::place_at,
        samples,
        wire::{PatternData, SubjectData},
    };
    use std::time::Duration;

    const AT: WallTime = WallTime::from_unix_millis(1_000_000_000);

    fn place(east_metres: f64) -> Option<PlaceData> {
        let frame = LocalFrame::about(GeoPoint { lon_deg: 114.34, lat_deg: 22.69 });
        let point = frame.geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
        place_at(point, 42.0, 1.0)
    }

    fn candidate(number: u128, east_metres: f64) -> Candidate {
        Candidate {
            case_id: CaseId(uuid::Uuid::from_u128(number)),
            pattern: "roadside_stall".parse().unwrap(),
            place: place(east_metres),
            component_id: None,
            first_seen_at: AT,
            last_seen_at: AT,
            nodes: vec!["edge-1".parse().unwrap()],
        }
    }

    fn new() -> CaseFactData {
        CaseFactData {
            case_id: CaseId(uuid::Uuid::from_u128(99)),
            pattern: PatternData { id: "roadside_stall".parse().unwrap(), version: "1".to_owned() },
            place: place(0.0),
            ..samples::case_fact("edge-2", AT)
        }
    }

    #[test]
    fn the_nearest_of_the_same_pattern_is_it_and_six_metres_are_two() {
        let (near, nearer) = (candidate(1, 2.0), candidate(2, 1.0));
        assert_eq!(known_as(&new(), &[near, nearer.clone()]), Some(nearer.case_id));
        assert_eq!(known_as(&new(), &[candidate(1, 6.0)]), None);
        let other = Candidate { pattern: "crowd".parse().unwrap(), ..nearer.clone() };
        assert_eq!(known_as(&new(), &[other]), None);
        let unplaced = CaseFactData { place: None, ..new() };
        assert_eq!(known_as(&unplaced, &[nearer]), None);
    }

    #[test]
    fn a_node_that_sees_it_already_tells_two_things_apart() {
        let nodes = ["edge-1", "edge-2"].map(|node| node.parse().unwrap()).into();
        assert_eq!(known_as(&new(), &[Candidate { nodes, ..candidate(1, 1.0) }]), None);
    }

    #[test]
    fn they_are_seen_within_ten_minutes_of_each_other_whichever_came_first() {
        let later = |secs| AT.plus(Duration::from_secs(secs));
        let at = |from, to| CaseFactData { first_seen_at: from, last_seen_at: to, ..new() };
        let known = [candidate(1, 1.0)];
        assert!(known_as(&at(later(600), later(700)), &known).is_some());
        assert_eq!(known_as(&at(later(601), later(700)), &known), None);
        // What a node says late: it was there and gone before the other began.
        let after = Candidate {
            first_seen_at: later(1_000),
            last_seen_at: later(1_000),
            ..candidate(1, 1.0)
        };
        assert!(known_as(&at(AT, later(400)), std::slice::from_ref(&after)).is_some());
        assert_eq!(known_as(&at(AT, later(399)), &[after]), None);
    }

    #[test]
    fn one_asset_is_one_thing_wherever_it_is_placed_and_two_are_two() {
        let bin = |name: &str| Some(name.to_owned());
        let fact = CaseFactData { component_id: bin("bin-7"), ..new() };
        let far = Candidate { component_id: bin("bin-7"), place: None, ..candidate(1, 0.0) };
        assert_eq!(known_as(&fact, std::slice::from_ref(&far)), Some(far.case_id));
        let other = Candidate { component_id: bin("bin-8"), ..candidate(2, 0.0) };
        assert_eq!(known_as(&fact, &[other]), None);
        // An asset and a thing that no zone knows: by their places.
        assert!(known_as(&fact, &[candidate(3, 1.0)]).is_some());
    }

    #[test]
    fn a_crowd_reaches_further_than_a_thing() {
        let crowd = SubjectData {
            class: "person".parse().unwrap(),
            boxes_fraction: vec![[0.1, 0.1, 0.2, 0.2], [0.3, 0.1, 0.4, 0.2]],
        };
        let wide = Candidate { place: place_of_error(8.0), ..candidate(1, 0.0) };
        let mut fact = CaseFactData { place: place_of_error(0.0), ..new() };
        assert_eq!(known_as(&fact, std::slice::from_ref(&wide)), None);
        fact.subject = Some(crowd);
        assert!(known_as(&fact, &[wide]).is_some());
    }

    /// So many metres east, known to six metres.
    fn place_of_error(east_metres: f64) -> Option<PlaceData> {
        place(east_metres).map(|place| PlaceData { error_metres: 6.0, ..place })
    }
}
