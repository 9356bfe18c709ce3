//! `manifest.json`: everything that is held of a case, in the order in which it came.
//!
//! Facts and results of looks stand there as they came over MQTT (`docs/mqtt.md`).

use super::FORMAT;
use crate::{
    base::time::{ClockQuality, WallTime},
    domain::{
        case::{audit::ChainedEntry, day_root::Inclusion},
        detection::ModelRef,
        ids::{CaseId, DistrictId, NodeId},
        verdict::{Verdict, measured::Measured},
        wire::{
            CameraData, CaseFactData, EventData, PatternData, PhotographAdvice, PlaceData,
            Priority, VerifyRequestData,
        },
    },
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    pub format: u32,
    pub made_by: String,
    pub district: DistrictId,
    pub case_id: CaseId,
    /// Of the key that signs; the key itself is in the package.
    pub key_sha256: String,
    /// The case itself, then what is merged into it.
    pub cases: Vec<CaseRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseRecord {
    pub case: CaseData,
    pub basis: Basis,
    pub facts: Vec<FactRecord>,
    pub history: Vec<ChainedEntry>,
    /// Of the last entry of the history.
    pub chain_head: String,
    /// The days whose roots cover the history, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DayRecord>,
    pub looks: Vec<LookRecord>,
    pub evidence: Vec<EvidenceRecord>,
}

/// The root of a day over all histories, and the way to it from this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRecord {
    pub day: String,
    pub root: String,
    pub inclusion: Inclusion,
}

/// The case as it stands: the fold of its facts and decisions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseData {
    pub case_id: CaseId,
    pub version: i64,
    pub state: String,
    pub stage: String,
    pub event: EventData,
    pub pattern: Option<PatternData>,
    pub camera: Option<CameraData>,
    pub zone: Option<String>,
    pub place: Option<PlaceData>,
    pub first_seen_at: WallTime,
    pub confirmed_at: WallTime,
    pub last_seen_at: WallTime,
    pub gone_at: Option<WallTime>,
    pub disposed_at: Option<WallTime>,
    pub received_at: WallTime,
    pub dwell_secs: f64,
    pub count: i64,
    pub score: f64,
    pub source: String,
    pub external_no: Option<String>,
    pub priority: Priority,
    pub suspected: bool,
    pub component_id: Option<String>,
    pub merged_into: Option<CaseId>,
    pub rework_count: i64,
}

/// By what it was found and judged: all models and rules that its facts and looks name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Basis {
    pub models: Vec<ModelRef>,
    pub patterns: Vec<PatternData>,
    /// How far the times of its facts can be trusted.
    pub clocks: Vec<ClockQuality>,
    /// Of the camera as its card says now.
    pub calibration_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactRecord {
    pub writer: NodeId,
    pub received_at: WallTime,
    pub data: CaseFactData,
}

/// One look asked of an edge, and its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LookRecord {
    pub node: NodeId,
    pub round: i64,
    pub try_number: i64,
    pub requested_at: WallTime,
    pub request: VerifyRequestData,
    /// By the hub's clock; `measured.answered_at` is the edge's.
    pub answered_at: Option<WallTime>,
    pub verdict: Option<Verdict>,
    /// Its frames are a file of their own, the evidence of role `frames`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// Advice about the crew's photographs, which are not in the package.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photographs: Vec<PhotographAdvice>,
}

/// Of the table of a look's frames.
pub const FRAMES_ROLE: &str = "frames";

/// A file that the case names. Either it is in the package, or `left_out` says why not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceRecord {
    pub role: String,
    pub sha256: String,
    pub media_type: String,
    pub width_px: u32,
    pub height_px: u32,
    pub captured_at: WallTime,
    /// The look that it belongs to.
    pub request_id: Option<String>,
    pub file: Option<String>,
    pub left_out: Option<LeftOut>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Heads or plates may be seen in it.
    NotMasked,
    /// It has not arrived whole.
    NotHeld,
    /// What the hub holds of it has another digest.
    Damaged,
}

impl Manifest {
    /// `cases`: the case itself first.
    pub fn new(
        district: DistrictId,
        case_id: CaseId,
        key_sha256: String,
        cases: Vec<CaseRecord>,
    ) -> Self {
        let made_by = format!("gridwarden {}", env!("CARGO_PKG_VERSION"));
        Self { format: FORMAT, made_by, district, case_id, key_sha256, cases }
    }
}

impl Basis {
    pub fn of(facts: &[FactRecord], looks: &[LookRecord], calibration_id: Option<String>) -> Self {
        let mut basis =
            Self { models: Vec::new(), patterns: Vec::new(), clocks: Vec::new(), calibration_id };
        for FactRecord { data, .. } in facts {
            note(&mut basis.models, &data.model);
            note(&mut basis.patterns, &data.pattern);
            note(&mut basis.clocks, &data.clock);
        }
        for verdict in looks.iter().filter_map(|look| look.verdict.as_ref()) {
            note(&mut basis.models, &verdict.model);
            note(&mut basis.patterns, &verdict.pattern);
        }
        basis
    }
}

fn note<T: PartialEq + Clone>(seen: &mut Vec<T>, one: &T) {
    if !seen.contains(one) {
        seen.push(one.clone());
    }
}
