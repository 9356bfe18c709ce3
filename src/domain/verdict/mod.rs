//! PRESENT, CLEARED or UNDETERMINABLE, with reasons. "Not seen" is not "gone".
//!
//! ```text
//! footage of the filing -> known.rs (where, in what light, what else stood about)
//!                              |
//! look -> bursts.rs (which parts of it are watched) -> frames
//! frame of a look -> target.rs (does it show; what hinders its absence) -> judge.rs -> Verdict
//! ```
//! The worst error is closing what is still there, so every doubt is UNDETERMINABLE.

pub mod bursts;
pub mod health;
pub mod hindrance;
pub mod judge;
pub mod known;
pub mod measured;
pub mod target;

use super::{detection::ModelRef, footage::Hole, wire::PatternData};
use crate::base::time::WallTime;
pub use hindrance::{Hindrance, Hindrances};
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
    /// Found in many frames, but hardly ever as clearly as it must show to be filed.
    FoundFaintly,
    /// Something is before the place.
    ZoneOccluded,
    /// Another thing lies or stands in the place, or what must not be there is.
    OtherThingThere,
    /// Somebody is at work there.
    BeingHandled,
    /// What belongs there and must be seen, such as the bin, is not.
    BinMissing,
    /// The place looks as it did with the thing in it, though the model does not find it.
    PlaceUnchanged,
    /// What stood there is seen a step aside, though the model does not find it.
    MovedAside,
    /// Darker than the model was shown to see in.
    LowLight,
    /// Out of the hours in which absence means anything.
    OutsideSchedule,
    /// Another model than that of the filing, and it was not shown to find the thing.
    ModelChanged,
    /// Another version of the rule, and it was not shown to find the thing.
    RuleChanged,
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
    /// Photographs are advice, never proof.
    PhotographsOnly,
    /// A crew's photograph could not be had, or is no picture.
    PhotographUnusable,
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
    /// Frames on which the camera could see, and nothing was found, but that may not be believed.
    #[serde(default, skip_serializing_if = "hindrance::is_zero")]
    pub hindered: u32,
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
    /// What kept absence from being believed, in how many frames.
    #[serde(default, skip_serializing_if = "Hindrances::is_empty")]
    pub hindrances: Hindrances,
    /// How much of the view before the frames after show, 0 to 1, median; absent if not measured.
    pub fov_match: Option<f64>,
    pub model: ModelRef,
    pub pattern: PatternData,
    /// What of the intervals no footage shows, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrecorded: Vec<Hole>,
}
