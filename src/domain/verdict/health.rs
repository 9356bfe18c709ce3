//! Could the camera see? Frame statistics in, a condition out.
//!
//! Drivers measure [`FrameHealth`] on the luma plane; this file decides what the numbers mean.

use crate::domain::wire::CameraCondition;
use serde::{Deserialize, Serialize};

/// Measured on one frame's luma plane, scaled to about 160 px wide.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FrameHealth {
    /// Mean luma, 0 to 255.
    pub luma_mean: f32,
    /// Standard deviation of luma: a covered or black lens is flat.
    pub luma_deviation: f32,
    /// Variance of the Laplacian: falls when the picture loses its edges.
    pub sharpness: f32,
    /// Mean absolute difference to the frame before; none for the first. Sensor noise keeps it above zero.
    pub change: Option<f32>,
}

/// Limits below which a picture counts as blind. Set for 8-bit luma at about 160 px wide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthLimits {
    pub black_luma_mean_max: f32,
    pub covered_deviation_max: f32,
    pub blurred_sharpness_max: f32,
    pub frozen_change_max: f32,
}

impl Default for HealthLimits {
    fn default() -> Self {
        Self {
            black_luma_mean_max: 20.0,
            covered_deviation_max: 8.0,
            blurred_sharpness_max: 12.0,
            // A repeated picture that an encoder has been over again changes by 0.000 to 0.005 from frame
            // to frame; sensor noise of a still scene gave 0.1 and more.
            frozen_change_max: 0.01,
        }
    }
}

impl HealthLimits {
    /// What one frame alone shows. Freezing needs a run of frames and is judged by the caller's count.
    pub fn judge(&self, health: &FrameHealth) -> CameraCondition {
        if health.luma_mean <= self.black_luma_mean_max
            && health.luma_deviation <= self.covered_deviation_max
        {
            CameraCondition::Black
        } else if health.luma_deviation <= self.covered_deviation_max {
            CameraCondition::Covered
        } else if health.sharpness <= self.blurred_sharpness_max {
            CameraCondition::Blurred
        } else if health.change.is_some_and(|change| change <= self.frozen_change_max) {
            CameraCondition::Frozen
        } else {
            CameraCondition::Ok
        }
    }
}

/// Counts over all frames of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HealthSummary {
    pub frames: u32,
    pub valid: u32,
    pub black: u32,
    pub covered: u32,
    pub blurred: u32,
    pub frozen: u32,
}

impl HealthSummary {
    pub fn add(&mut self, condition: CameraCondition) {
        self.frames += 1;
        match condition {
            CameraCondition::Ok => self.valid += 1,
            CameraCondition::Black | CameraCondition::Offline => self.black += 1,
            CameraCondition::Covered | CameraCondition::Moved => self.covered += 1,
            CameraCondition::Blurred => self.blurred += 1,
            CameraCondition::Frozen => self.frozen += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: FrameHealth =
        FrameHealth { luma_mean: 110.0, luma_deviation: 45.0, sharpness: 300.0, change: Some(1.2) };

    #[test]
    fn each_blindness_is_told_apart_from_a_good_picture() {
        let limits = HealthLimits::default();
        assert_eq!(limits.judge(&GOOD), CameraCondition::Ok);
        let black = FrameHealth { luma_mean: 8.0, luma_deviation: 2.0, ..GOOD };
        assert_eq!(limits.judge(&black), CameraCondition::Black);
        assert_eq!(
            limits.judge(&FrameHealth { luma_deviation: 3.0, ..GOOD }),
            CameraCondition::Covered
        );
        assert_eq!(limits.judge(&FrameHealth { sharpness: 4.0, ..GOOD }), CameraCondition::Blurred);
        assert_eq!(
            limits.judge(&FrameHealth { change: Some(0.0), ..GOOD }),
            CameraCondition::Frozen
        );
    }

    #[test]
    fn a_dark_street_with_lamps_is_not_black() {
        let night = FrameHealth { luma_mean: 15.0, luma_deviation: 30.0, ..GOOD };
        assert_eq!(HealthLimits::default().judge(&night), CameraCondition::Ok);
    }
}
