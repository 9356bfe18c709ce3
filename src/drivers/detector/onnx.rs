//! One network with its tensors: the [`Detector`] seam's real implementation.
//!
//! Enters: frames. Leaves: for each frame the detections at their classes' thresholds, and all boxes
//! above a low floor for masking, so that what is hidden does not depend on what is reported.

use super::{
    LoadError,
    heads::{self, RawBox},
    manifest::ModelManifest,
    provider::{ProviderOptions, ProviderReport},
    session::{Network, NetworkFile},
};
use crate::domain::{
    detection::{Detection, ModelRef},
    frame::Frame,
    letterbox::Letterbox,
    seams::{DetectError, Detector, TensorMaker},
    tiles::{self, Cut, Tiling},
};

/// A head that is probably there is hidden, however unsure the network is.
const MASKING_SCORE_MIN: f32 = 0.1;

/// What one frame holds. Boxes in source pixels, inside the frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// At or above each class's threshold.
    pub detections: Vec<Detection>,
    /// Every box above the masking floor; holds the detections too.
    pub for_masking: Vec<Detection>,
}

impl Found {
    /// With what parts of the frame show.
    fn with(self, parts: Vec<(Cut, Self)>) -> Self {
        if parts.is_empty() {
            return self;
        }
        let of = |list: fn(&Self) -> &Vec<Detection>| -> Vec<(Cut, Vec<Detection>)> {
            parts.iter().map(|(cut, found)| (*cut, list(found).clone())).collect()
        };
        let detections = tiles::merge(self.detections, &of(|found| &found.detections));
        let mut for_masking = tiles::merge(self.for_masking, &of(|found| &found.for_masking));
        // A vague box that shows more of a thing may have pushed a sure one out.
        let missing = detections.iter().filter(|found| !for_masking.contains(found));
        let missing: Vec<Detection> = missing.cloned().collect();
        for_masking.extend(missing);
        Self { detections, for_masking }
    }
}

pub struct OnnxDetector {
    network: Network,
    model: ModelRef,
    tensor_maker: Box<dyn TensorMaker>,
    tensors: Vec<f32>,
    floors: Vec<f32>,
}

impl OnnxDetector {
    pub fn load(
        file: &NetworkFile,
        options: &ProviderOptions,
        tensor_maker: Box<dyn TensorMaker>,
    ) -> Result<Self, LoadError> {
        let network = Network::load(file, options)?;
        let manifest = network.manifest();
        let floors =
            (manifest.classes.iter()).map(|class| class.score_min.min(MASKING_SCORE_MIN)).collect();
        Ok(Self { model: manifest.model_ref(), network, tensor_maker, tensors: vec![], floors })
    }

    pub fn manifest(&self) -> &ModelManifest {
        self.network.manifest()
    }

    pub fn report(&self) -> &ProviderReport {
        self.network.report()
    }

    /// Frames that one call of [`detect_batch`](Self::detect_batch) runs at once.
    pub fn batch_max(&self) -> usize {
        self.network.batch_max()
    }

    /// Pictures worth running at once: on a CPU a batch costs more than its pictures one by one, in
    /// time and in memory.
    pub fn pictures_at_once(&self) -> usize {
        if self.report().used.wants_batches() { self.batch_max() } else { 1 }
    }

    pub fn detect_all(&mut self, frame: &Frame) -> Result<Found, DetectError> {
        let mut found = self.detect_batch(std::slice::from_ref(frame));
        found.pop().unwrap_or_else(|| Err(self.failed("no answer".into())))
    }

    /// One answer a frame, in order. A frame that cannot be read fails alone.
    pub fn detect_batch(&mut self, frames: &[Frame]) -> Vec<Result<Found, DetectError>> {
        let batch = self.batch_max();
        frames.chunks(batch).flat_map(|frames| self.detect_chunk(frames)).collect()
    }

    /// One answer a frame, in order: what the whole frame shows and what its tiles show, as one.
    pub fn detect_tiled(&mut self, frames: &[(Frame, &Tiling)]) -> Vec<Result<Found, DetectError>> {
        let (mut pictures, mut cuts) = (Vec::with_capacity(frames.len()), Vec::new());
        for (frame, tiling) in frames {
            let of_frame = tiling.cuts(frame.stamp.size);
            pictures.push(frame.clone());
            pictures.extend(of_frame.iter().map(|cut| cut.of(frame)));
            cuts.push(of_frame);
        }
        let batch = self.pictures_at_once();
        let mut answers = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(batch) {
            answers.extend(self.detect_chunk(pictures));
        }
        let mut answers = answers.into_iter();
        (cuts.into_iter())
            .map(|cuts| {
                let mut own = answers.by_ref().take(1 + cuts.len()).collect::<Vec<_>>().into_iter();
                let whole = own.next().unwrap_or_else(|| Err(self.failed("no answer".into())))?;
                let parts = own.zip(cuts).map(|(found, cut)| Ok((cut, found?)));
                Ok(whole.with(parts.collect::<Result<_, DetectError>>()?))
            })
            .collect()
    }

    fn detect_chunk(&mut self, frames: &[Frame]) -> Vec<Result<Found, DetectError>> {
        let length = self.manifest().input.len();
        self.tensors.resize(frames.len() * length, 0.0);
        let mut filled = 0;
        let letterboxes: Vec<Result<Letterbox, DetectError>> = (frames.iter())
            .map(|frame| {
                let tensor = &mut self.tensors[filled * length..][..length];
                let spec = &self.network.manifest().input;
                let letterbox = self.tensor_maker.fill(frame, spec, tensor);
                filled += usize::from(letterbox.is_ok());
                letterbox.map_err(|fault| DetectError::Frame {
                    model: self.model.id.clone(),
                    width_px: frame.stamp.size.width_px,
                    height_px: frame.stamp.size.height_px,
                    reason: fault.reason,
                })
            })
            .collect();
        let answers = match filled {
            0 => Ok(vec![]),
            _ => self.network.infer(&self.tensors[..filled * length], &self.floors),
        };
        let mut answers = answers.map(Vec::into_iter);
        (letterboxes.into_iter())
            .map(|letterbox| {
                let letterbox = letterbox?;
                match &mut answers {
                    Ok(answers) => {
                        let boxes =
                            answers.next().ok_or_else(|| self.failed("too few answers".into()))?;
                        Ok(self.found(boxes, &letterbox))
                    }
                    Err(reason) => Err(self.failed(reason.clone())),
                }
            })
            .collect()
    }

    fn found(&self, boxes: Vec<RawBox>, letterbox: &Letterbox) -> Found {
        let manifest = self.manifest();
        let mut found = Found::default();
        for raw in heads::suppress(boxes, manifest.nms_iou) {
            let bbox = letterbox.to_source(&raw.bbox);
            if bbox.area() <= 0.0 {
                continue;
            }
            let class = &manifest.classes[raw.class];
            let detection =
                Detection { class: class.name.clone(), score: raw.score.min(1.0), bbox };
            if raw.score >= class.score_min {
                found.detections.push(detection.clone());
            }
            found.for_masking.push(detection);
        }
        found
    }

    fn failed(&self, reason: String) -> DetectError {
        DetectError::Inference { model: self.model.id.clone(), reason }
    }
}

impl Detector for OnnxDetector {
    fn model(&self) -> &ModelRef {
        &self.model
    }

    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        self.detect_all(frame).map(|found| found.detections)
    }
}
