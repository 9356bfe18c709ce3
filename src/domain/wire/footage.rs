//! Footage for people: asked for by the hub, cut and masked by an edge.

use crate::{
    base::time::{ClockQuality, WallTime},
    domain::{
        footage::{Hole, Span},
        ids::{CameraId, CaseId},
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

use super::{EvidenceData, RecordingSpan};

/// Every second of it is looked at for heads and plates, and encoded again.
pub const PLAYBACK_MAX: Duration = Duration::from_secs(120);

/// `footage/request`, hub to edge. Sent again until its result arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FootageRequestData {
    pub request_id: Uuid,
    pub camera: CameraId,
    pub from: WallTime,
    pub to: WallTime,
    pub deadline: WallTime,
    /// The footage is held for it. A still is for no case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// One frame of now, as a picture; `from` and `to` are when it was asked for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub still: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl FootageRequestData {
    pub fn span(&self) -> Span {
        Span::new(self.from, self.to)
    }
}

/// Why there is nothing to play. What is missing of a clip that there is stands in its holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FootageRefusal {
    /// This node has no such camera.
    UnknownCamera,
    /// The interval is empty, or longer than is played.
    Interval,
    /// There is no footage of the interval; the holes say why.
    NothingRecorded,
    /// Whoever keeps the footage did not give it.
    SourceFailed,
    /// There is footage, and no clip could be made of it.
    NotMade,
    /// The camera gave no frame in time.
    NoFrame,
    /// The camera's picture shows nothing: `detail` names its condition.
    Blind,
}

/// `footage/result`, edge to hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FootageResultData {
    pub request_id: Uuid,
    /// What hid heads and plates; as on the camera's card.
    pub masks: String,
    /// How far the times of the clip are to be trusted.
    pub clock: ClockQuality,
    /// First to last frame of the clip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<RecordingSpan>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<FootageRefusal>,
    /// Words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(default)]
    pub holes: Vec<Hole>,
    /// `playback`, and its `filmstrip`; or a `still`.
    #[serde(default)]
    pub evidence: Vec<EvidenceData>,
}
