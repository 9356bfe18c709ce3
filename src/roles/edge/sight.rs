//! One pair of eyes: could the camera see, and what does the model find. For work outside the pool:
//! replay, verification, tools.

use crate::{
    domain::{
        frame::Frame, seams::DetectError, tiles::Tiling, verdict::judge::FrameJudge,
        wire::CameraCondition,
    },
    drivers::{
        detector::{
            LoadError,
            manifest::ModelManifest,
            onnx::{Found, OnnxDetector},
            provider::ProviderOptions,
            session::NetworkFile,
        },
        vision::{health::HealthMeter, tensor::PlaneTensorMaker},
    },
};
use std::path::Path;

/// What one frame showed.
pub struct Glance {
    pub condition: CameraCondition,
    /// Empty on a blind frame: the model is not asked.
    pub found: Found,
}

pub struct Sight {
    detector: OnnxDetector,
    meter: HealthMeter,
    judge: FrameJudge,
}

impl Sight {
    pub fn open(manifest: &Path, providers: &ProviderOptions) -> Result<Self, LoadError> {
        Self::of(&NetworkFile::open(ModelManifest::open(manifest)?)?, providers)
    }

    pub fn of(network: &NetworkFile, providers: &ProviderOptions) -> Result<Self, LoadError> {
        let detector = OnnxDetector::load(network, providers, Box::new(PlaneTensorMaker::new()))?;
        Ok(Self { detector, meter: HealthMeter::new(), judge: FrameJudge::default() })
    }

    pub fn detector(&self) -> &OnnxDetector {
        &self.detector
    }

    /// Frames of one footage must come in order; call [`restart`](Self::restart) before another.
    /// `tiling` is the scene's: what was found in tiles must be looked for in tiles.
    pub fn look(&mut self, frame: &Frame, tiling: &Tiling) -> Result<Glance, DetectError> {
        let condition = condition_of(&mut self.meter, &mut self.judge, frame);
        let answer = match condition {
            CameraCondition::Ok => self.detector.detect_tiled(&[(frame.clone(), tiling)]).pop(),
            _ => None,
        };
        Ok(Glance { condition, found: answer.transpose()?.unwrap_or_default() })
    }

    /// Forget the last frame: the next one begins another footage.
    pub fn restart(&mut self) {
        self.meter = HealthMeter::new();
        self.judge = FrameJudge::default();
    }
}

/// A frame whose pixels cannot be measured counts as covered: nothing can be said of it.
pub fn condition_of(
    meter: &mut HealthMeter,
    judge: &mut FrameJudge,
    frame: &Frame,
) -> CameraCondition {
    match meter.measure(frame) {
        Ok(health) => judge.condition(&health),
        Err(fault) => {
            tracing::warn!(%fault, "a frame could not be measured");
            CameraCondition::Covered
        }
    }
}
