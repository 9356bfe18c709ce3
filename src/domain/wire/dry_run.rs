//! A pattern tried on recorded footage: asked for by the hub, run by an edge, no case opened.

use super::{EvidenceData, SubjectData};
use crate::{
    base::time::WallTime,
    domain::{
        footage::{Hole, Span},
        ids::{CameraId, ZoneId},
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Footage that one dry run looks at.
pub const DRY_RUN_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Cases told with their pictures; further ones are counted.
pub const DRY_CASES_MAX: usize = 20;
/// Of the text that says what to try.
pub const DRAFT_BYTES_MAX: usize = 64 * 1024;

/// `dryrun/request`, hub to edge. Sent again until its result is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRunRequestData {
    pub request_id: Uuid,
    pub camera: CameraId,
    /// One `[[pattern]]` of a pipeline and, where they are to be others than now, `[frame]`, `[[zone]]` and
    /// `[[privacy]]`.
    pub draft: String,
    pub from: WallTime,
    pub to: WallTime,
    pub deadline: WallTime,
    /// It is not wanted any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl DryRunRequestData {
    pub fn span(&self) -> Span {
        Span::new(self.from, self.to)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DryRunState {
    /// Others are before it.
    Queued,
    Running,
    Done,
    Refused,
    Cancelled,
    /// The deadline passed before the footage was through; what was found until then is told.
    OutOfTime,
}

impl DryRunState {
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DryRunRefusal {
    UnknownCamera,
    /// The interval is empty, or longer than is looked at.
    Interval,
    /// The draft is no pattern with zones of this camera.
    Draft,
    /// There is no footage of any of the interval; the holes say why.
    NothingRecorded,
    /// Whoever keeps the footage did not give it, or it could not be read.
    SourceFailed,
}

/// `dryrun/result`, edge to hub: how far it is, and at last what it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryRunResultData {
    pub request_id: Uuid,
    pub state: DryRunState,
    /// Of the interval, 0 to 1.
    pub share: f64,
    /// Frames that were looked at.
    pub frames: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<DryRunRefusal>,
    /// Words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<Hole>,
    /// Cases that would have been opened; at most [`DRY_CASES_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<DryCaseData>,
    /// Those beyond.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub further_cases: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryCaseData {
    pub zone: ZoneId,
    pub first_seen_at: WallTime,
    pub confirmed_at: WallTime,
    pub last_seen_at: WallTime,
    pub dwell_secs: f64,
    pub count: u32,
    pub score: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectData>,
    /// Masked, of the moment at which the case would have been confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<EvidenceData>,
}
