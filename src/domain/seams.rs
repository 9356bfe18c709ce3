//! Every I/O trait of the product. Each has at least two implementations: the real one and a script.

use super::{
    case::CaseFact,
    detection::{Detection, ModelRef},
    footage::{Fetched, FootageError, Span},
    frame::Frame,
    ids::CameraId,
    letterbox::{Letterbox, TensorSpec},
};
use std::path::Path;

/// Frames of one camera or file, oldest first.
pub trait FrameSource: Send {
    /// Blocks until a frame, the end, or a fault. After `Ok(None)` it stays ended.
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError>;
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{uri}: cannot be opened: {reason}")]
    Open { uri: String, reason: String },
    #[error("{uri}: {reason}")]
    Stream { uri: String, reason: String },
    #[error("{uri}: no frame for {silent_secs:.1} s")]
    Silent { uri: String, silent_secs: f64 },
}

/// Recorded video of cameras: this node's own ring, or a recorder that somebody else runs.
pub trait FootageSource: Send + Sync {
    /// Footage of an interval as files in the folder `into`, none encoded again. An interval without
    /// footage is an answer, with its holes.
    fn fetch(&self, camera: &CameraId, span: Span, into: &Path) -> Result<Fetched, FootageError>;
}

/// Boxes in source pixels, after suppression, at or above each class's threshold.
pub trait Detector: Send {
    fn model(&self) -> &ModelRef;
    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError>;
}

#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    #[error("model {model}: inference failed: {reason}")]
    Inference { model: String, reason: String },
    #[error("model {model}: frame of {width_px}x{height_px} px cannot be read: {reason}")]
    Frame { model: String, width_px: u32, height_px: u32, reason: String },
}

/// Fits a frame into a network's input. Keeps its buffers between frames.
pub trait TensorMaker: Send {
    /// `tensor` has exactly `spec.len()` values; all of them are written.
    fn fill(
        &mut self,
        frame: &Frame,
        spec: &TensorSpec,
        tensor: &mut [f32],
    ) -> Result<Letterbox, PixelFault>;
}

/// Pixels that cannot be read or processed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PixelFault {
    pub reason: String,
}

/// Takes case facts and keeps them: once `commit` returns `Ok`, they survive a power cut.
pub trait CaseSink: Send {
    fn commit(&mut self, facts: &[CaseFact]) -> Result<(), SinkError>;
}

#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    #[error("case facts could not be stored: {reason}")]
    Store { reason: String },
}
