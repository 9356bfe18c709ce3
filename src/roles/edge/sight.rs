//! One pair of eyes: could the camera see, and what does the model find. For work outside the pool:
//! replay, verification, tools.

use super::watch::HealthWatch;
use crate::{
    domain::{
        frame::Frame,
        health::{Settings, View},
        seams::DetectError,
        tiles::Tiling,
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
        vision::tensor::PlaneTensorMaker,
    },
};
use std::path::Path;

/// What one frame showed.
pub struct Glance {
    pub condition: CameraCondition,
    /// How much of the view that was learnt it shows, 0 to 1; none where there is nothing to compare.
    pub view_share: Option<f32>,
    /// Empty on a blind frame: the model is not asked.
    pub found: Found,
}

pub struct Sight {
    detector: OnnxDetector,
    watch: HealthWatch,
}

impl Sight {
    pub fn open(manifest: &Path, providers: &ProviderOptions) -> Result<Self, LoadError> {
        Self::of(&NetworkFile::open(ModelManifest::open(manifest)?)?, providers)
    }

    pub fn of(network: &NetworkFile, providers: &ProviderOptions) -> Result<Self, LoadError> {
        let detector = OnnxDetector::load(network, providers, Box::new(PlaneTensorMaker::new()))?;
        Ok(Self { detector, watch: HealthWatch::new(Settings::default()) })
    }

    pub fn detector(&self) -> &OnnxDetector {
        &self.detector
    }

    /// Frames of one footage must come in order; call [`restart`](Self::restart) or
    /// [`another_footage`](Self::another_footage) before another.
    /// `tiling` is the scene's: what was found in tiles must be looked for in tiles.
    pub fn look(&mut self, frame: &Frame, tiling: &Tiling) -> Result<Glance, DetectError> {
        let watched = self.watch.look(frame);
        let condition = watched.condition;
        let answer = match condition.shows_things() {
            true => self.detector.detect_tiled(&[(frame.clone(), tiling)]).pop(),
            false => None,
        };
        let view = watched.picture.and_then(|picture| picture.view);
        let view_share = view.filter(View::is_usable).map(|view| view.kept_share());
        Ok(Glance { condition, view_share, found: answer.transpose()?.unwrap_or_default() })
    }

    /// Forget everything: the next frame begins a footage of which nothing is known.
    pub fn restart(&mut self) {
        self.watch = HealthWatch::new(Settings::default());
    }

    /// The next frame begins a footage that must show the view of those before.
    pub fn another_footage(&mut self) {
        self.watch.another_footage();
    }
}
