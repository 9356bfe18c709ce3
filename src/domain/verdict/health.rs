//! Of the frames that were looked at, how many could see, and what was wrong with the others.

use super::hindrance::is_zero;
use crate::domain::wire::CameraCondition;
use serde::{Deserialize, Serialize};

/// Counts over all frames of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HealthSummary {
    pub frames: u32,
    pub valid: u32,
    pub black: u32,
    pub covered: u32,
    pub blurred: u32,
    pub frozen: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moved: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overexposed: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rain_on_lens: u32,
}

impl HealthSummary {
    pub fn add(&mut self, condition: CameraCondition) {
        self.frames += 1;
        match condition {
            CameraCondition::Ok => self.valid += 1,
            CameraCondition::Black | CameraCondition::Offline => self.black += 1,
            CameraCondition::Covered => self.covered += 1,
            CameraCondition::Moved => self.moved += 1,
            CameraCondition::Overexposed => self.overexposed += 1,
            CameraCondition::RainOnLens => self.rain_on_lens += 1,
            CameraCondition::Blurred => self.blurred += 1,
            CameraCondition::Frozen => self.frozen += 1,
        }
    }
}
