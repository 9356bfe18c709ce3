//! One real thing, one case.
//!
//! The edge's view of a case is [`CaseState`]; each change of it leaves as a [`CaseFact`] with the
//! next revision. Revisions of one case are contiguous from 1. The hub folds the facts.

/// One case for what cameras of several nodes see.
pub mod across_nodes;
/// Its history as a chain of hashes.
pub mod audit;
/// May a CLEARED verdict close the case?
pub mod clearance;
/// How long each stage has taken, and how long it may.
pub mod clock;
/// One hash a day over all histories.
pub mod day_root;
/// One picture of a case out of its writers' pictures.
pub mod fold;
/// The one transition table of a case at the hub.
pub mod lifecycle;
/// How much time a city gives each stage.
pub mod limits;
/// A spot that stays quiet after a false alarm.
pub mod mute;
/// Enums with names of their own.
pub mod named;
/// One case for what several cameras of a node see.
pub mod node_book;
/// What a city's platform is told.
pub mod notice;
/// What a city decides about its cases.
pub mod policy;
/// Why a person decided so.
pub mod reason_codes;
/// Has this place had it before?
pub mod recurrence;
/// The looks that follow a crew's feedback.
pub mod rounds;
/// Whether two cameras see one thing.
pub mod same_place;
/// What each of several cameras says of one case.
pub mod witness;

use super::{
    detection::ModelRef,
    ids::{CameraId, CaseId, ClassName, ZoneId},
    pixel::PixelBox,
    scene::Asset,
    wire::{EventData, EvidenceData, FactKind, PatternData, PlaceData, Priority},
};
use crate::base::time::{ClockQuality, WallTime};
use serde::{Deserialize, Serialize};

/// What makes the thing the same thing tomorrow: its class and where it stands, in one camera's view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    pub class: ClassName,
    /// Left, top, right, bottom as fractions of the frame, so that a change of resolution keeps it.
    pub box_fraction: [f32; 4],
    /// For a group, each member's box; empty for one thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members_fraction: Vec<[f32; 4]>,
}

impl Subject {
    pub fn bbox(&self) -> PixelBox {
        let [x1, y1, x2, y2] = self.box_fraction;
        PixelBox::new(x1, y1, x2, y2)
    }
}

/// The edge's whole current picture of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseState {
    pub case_id: CaseId,
    pub revision: u32,
    pub camera: CameraId,
    pub pattern: PatternData,
    /// What the event is often taken for; shared by the patterns concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<String>,
    pub event: EventData,
    pub priority: Priority,
    /// A suspicion (疑似): a person decides what it is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspected: bool,
    pub zone: ZoneId,
    /// Of a zone that is the slot of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Asset>,
    pub subject: Subject,
    pub place: Option<PlaceData>,
    pub first_seen_at: WallTime,
    pub confirmed_at: WallTime,
    pub last_seen_at: WallTime,
    pub gone_at: Option<WallTime>,
    pub dwell_secs: f64,
    pub count: u32,
    pub score: f32,
    pub model: ModelRef,
    pub clock: ClockQuality,
    pub evidence: Vec<EvidenceData>,
    /// What each camera says, once several have seen it; empty for a case of one camera.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<witness::Witness>,
    /// Open cases that may mean the same thing under another name, for a person to decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub possibly_same_as: Vec<CaseId>,
}

/// For fields that are written where they are true.
pub(super) fn is_false(value: &bool) -> bool {
    !value
}

impl CaseState {
    pub fn is_open(&self) -> bool {
        self.gone_at.is_none()
    }
}

/// One append-only statement: at this revision the edge's picture of the case was this.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFact {
    pub kind: FactKind,
    pub at: WallTime,
    pub state: CaseState,
}
