//! What was seen in the pictures of a case, and by which camera.

use super::PlaceData;
use crate::{
    base::time::WallTime,
    domain::ids::{CameraId, ClassName, ZoneId},
};
use serde::{Deserialize, Serialize};

/// One camera of several that have seen the thing of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WitnessData {
    pub camera: CameraId,
    pub zone: ZoneId,
    /// In this camera's picture.
    pub subject: SubjectData,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceData>,
    pub first_seen_at: WallTime,
    pub last_seen_at: WallTime,
    /// Since when this camera calls it gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<WallTime>,
}

impl WitnessData {
    pub(super) fn of(witness: &crate::domain::case::witness::Witness) -> Self {
        Self {
            camera: witness.camera.clone(),
            zone: witness.zone.clone(),
            subject: SubjectData::of(&witness.subject),
            place: witness.place.clone(),
            first_seen_at: witness.first_seen_at,
            last_seen_at: witness.last_seen_at,
            gone_at: witness.gone_at,
        }
    }
}

/// A thing in the picture, or each of several that make the case together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubjectData {
    pub class: ClassName,
    /// Left, top, right, bottom as fractions of the picture.
    pub boxes_fraction: Vec<[f32; 4]>,
}

impl SubjectData {
    pub fn of(subject: &crate::domain::case::Subject) -> Self {
        let boxes = match &subject.members_fraction[..] {
            [] => std::slice::from_ref(&subject.box_fraction),
            members => members,
        };
        // A tenth of a pixel of the largest cameras; more digits only make messages longer.
        let rounded = |fraction: f32| (fraction * 1e5).round() / 1e5;
        Self {
            class: subject.class.clone(),
            boxes_fraction: boxes.iter().map(|edges| edges.map(rounded)).collect(),
        }
    }
}
