//! One pair of eyes: could the camera see, and what does the model find. For work outside the pool:
//! replay, verification, tools.

use super::watch::HealthWatch;
use crate::{
    domain::{
        frame::Frame,
        health::{Picture, Settings},
        pixel::PixelBox,
        seams::DetectError,
        tiles::Tiling,
        verdict::target::Likeness,
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
        vision::{likeness::LikenessMeter, tensor::PlaneTensorMaker},
    },
};
use std::path::Path;

/// What one frame showed.
pub struct Glance {
    pub condition: CameraCondition,
    /// None where it could not be measured.
    pub picture: Option<Picture>,
    /// Empty on a blind frame: the model is not asked.
    pub found: Found,
}

pub struct Sight {
    detector: OnnxDetector,
    watch: HealthWatch,
    likeness: LikenessMeter,
}

impl Sight {
    pub fn open(manifest: &Path, providers: &ProviderOptions) -> Result<Self, LoadError> {
        Self::of(&NetworkFile::open(ModelManifest::open(manifest)?)?, providers)
    }

    pub fn of(network: &NetworkFile, providers: &ProviderOptions) -> Result<Self, LoadError> {
        let detector = OnnxDetector::load(network, providers, Box::new(PlaneTensorMaker::new()))?;
        let watch = HealthWatch::new(Settings::default());
        Ok(Self { detector, watch, likeness: LikenessMeter::default() })
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
        let found = answer.transpose()?.unwrap_or_default();
        Ok(Glance { condition, picture: watched.picture, found })
    }

    /// Remember how the view looks with the thing in it.
    pub fn remember(&mut self, frame: &Frame) {
        if let Err(fault) = self.likeness.learn(frame) {
            tracing::warn!(%fault, "a frame is not remembered");
        }
    }

    /// How like what is remembered the frame is, at places given in fractions of it.
    pub fn likeness(&mut self, frame: &Frame, places: &[PixelBox]) -> Option<Likeness> {
        self.likeness
            .compare(frame, places)
            .map_err(|fault| tracing::warn!(%fault, "a frame is not compared"))
            .ok()
            .flatten()
    }

    /// Forget everything: the next frame begins a footage of which nothing is known.
    pub fn restart(&mut self) {
        self.watch = HealthWatch::new(Settings::default());
        self.likeness = LikenessMeter::default();
    }

    /// The next frame begins a footage that must show the view of those before.
    pub fn another_footage(&mut self) {
        self.watch.another_footage();
    }
}
