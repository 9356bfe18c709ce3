//! PRESENT, CLEARED or UNDETERMINABLE, with reasons. "Not seen" is not "gone".
//!
//! Enters: looks (frames of one interval, each with its health and what was found). Leaves: a
//! [`Verdict`]. The worst error is closing what is still there, so every doubt is UNDETERMINABLE.

pub mod health;
pub mod judge;

use super::{detection::ModelRef, footage::Hole, wire::PatternData};
use crate::base::time::WallTime;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Outcome {
    Present,
    /// In a precheck: absent.
    Cleared,
    Undeterminable,
}

/// Why a verdict is what it is. Words for staff live with the review page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Found in enough valid frames.
    Found,
    /// Not found in any valid frame, at a threshold below the filing one.
    NotFound,
    /// Found in some frames, too few to call it present.
    FoundInFewFrames,
    NoCameraCoversCell,
    CameraOffline,
    NoRecording,
    TooFewValidFrames,
    Black,
    Blurred,
    Covered,
    Frozen,
    Moved,
    Overexposed,
    RainOnLens,
    /// Today's model does not find it in the before footage either.
    PositiveControlFailed,
    /// There is no before footage to try the model on.
    PositiveControlMissing,
    ModelMissing,
    UnknownPattern,
    UnknownZone,
    /// Absence of this event cannot be seen by video.
    NotDecidableByVideo,
    DeadlinePassed,
    /// Two photographs are advice, never proof.
    PhotographsOnly,
}

/// One interval that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub from: WallTime,
    pub to: WallTime,
    pub frames: u32,
    pub valid_frames: u32,
    /// Valid frames in which the condition held at the clearing threshold.
    pub found: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositiveControl {
    pub ran: bool,
    pub found: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub verdict: Outcome,
    pub reasons: Vec<Reason>,
    pub advisory: bool,
    pub looks: Vec<Look>,
    pub positive_control: PositiveControl,
    pub health: health::HealthSummary,
    /// How much of the view before the frames after show, 0 to 1, median; absent if not measured.
    pub fov_match: Option<f64>,
    pub model: ModelRef,
    pub pattern: PatternData,
    /// What of the intervals no footage shows, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrecorded: Vec<Hole>,
}
