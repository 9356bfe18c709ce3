//! Faces to hide, beside what the detector of things finds: CenterFace, a network for faces alone.
//!
//! Enters: frames, shrunk to [`SIDE_PX`]. Leaves: boxes in source pixels. Nothing else of a face is computed
//! that would tell whose it is: the network's landmarks are cut out of its graph before it is loaded
//! (`graph.rs`). On the CPU, one thread a session.

/// The network's answer as boxes.
mod decode;
/// Any size, and only boxes.
mod graph;

use super::{LoadError, heads::RawBox, runtime, session::plain_builder};
use crate::{
    base::hex::hex,
    domain::{
        frame::Frame,
        letterbox::{ChannelOrder, TensorSpec},
        pixel::{PixelBox, PixelSize},
        seams::{DetectError, TensorMaker},
    },
};
use decode::STRIDE_PX;
use ort::{session::Session, value::TensorRef};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The longer side that a frame is shrunk to. A face of 20 px in 1080p is then one of 10 px, about the
/// smallest that the network finds.
const SIDE_PX: u32 = 960;
/// The network halves its picture five times.
const SIDES_OF: u32 = 32;
const NETWORK_BYTES_MAX: u64 = 64 << 20;
const CURE: &str =
    "allowed: CenterFace as ONNX, which `make face-model` fetches to .build/face/centerface.onnx";

/// A network file that is known to find faces; sessions are made from it.
pub struct FaceNetwork {
    file: String,
    bytes: Vec<u8>,
    sha256: String,
}

impl FaceNetwork {
    /// Loads it once, so that a file which is no such network is told at the start.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let file = path.display().to_string();
        let failed = |reason: String| LoadError::Network {
            file: file.clone(),
            reason: format!("{reason}; {CURE}"),
        };
        let unreadable = |error: std::io::Error| failed(format!("cannot be read: {error}"));
        let length = std::fs::metadata(path).map_err(unreadable)?.len();
        if length > NETWORK_BYTES_MAX {
            return Err(failed(format!("is no face network: {length} bytes")));
        }
        let given = std::fs::read(path).map_err(unreadable)?;
        let sha256 = hex(&Sha256::digest(&given));
        let bytes = graph::opened(&given).ok_or_else(|| failed("is no ONNX file".into()))?;
        let network = Self { file: file.clone(), bytes, sha256 };
        let mut session = network.session()?;
        let size = PixelSize { width_px: 2 * SIDES_OF, height_px: SIDES_OF };
        let black = vec![0.0; spec(size).len()];
        answer(&mut session, &black, size, |_| ()).map_err(failed)?;
        Ok(network)
    }

    /// Of the file as it lies there.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    pub fn finder(&self, tensor_maker: Box<dyn TensorMaker>) -> Result<FaceFinder, LoadError> {
        let session = self.session()?;
        Ok(FaceFinder { session, tensor_maker, tensor: Vec::new() })
    }

    fn session(&self) -> Result<Session, LoadError> {
        let environment = runtime::environment()?;
        // Planned once for one size, memory for all of an answer's parts would be held: 70 MB more.
        plain_builder(&environment)
            .and_then(|builder| {
                builder.with_memory_pattern(false).map_err(|error| error.to_string())
            })
            .and_then(|mut builder| {
                builder.commit_from_memory(&self.bytes).map_err(|error| error.to_string())
            })
            .map_err(|reason| {
                let reason = format!("{reason}; {CURE}");
                LoadError::Network { file: self.file.clone(), reason }
            })
    }
}

pub struct FaceFinder {
    session: Session,
    tensor_maker: Box<dyn TensorMaker>,
    tensor: Vec<f32>,
}

impl FaceFinder {
    /// Faces of one frame in its pixels, as the network frames them: forehead to chin.
    pub fn find(&mut self, frame: &Frame) -> Result<Vec<PixelBox>, DetectError> {
        let size = input_of(frame.stamp.size);
        let spec = spec(size);
        self.tensor.resize(spec.len(), 0.0);
        let letterbox =
            self.tensor_maker.fill(frame, &spec, &mut self.tensor).map_err(|fault| {
                DetectError::Frame {
                    model: MODEL.into(),
                    width_px: frame.stamp.size.width_px,
                    height_px: frame.stamp.size.height_px,
                    reason: fault.reason,
                }
            })?;
        let columns = (size.width_px / STRIDE_PX) as usize;
        let found = answer(&mut self.session, &self.tensor, size, |[heat, scale, offset]| {
            decode::faces(heat, scale, offset, columns)
        });
        let found =
            found.map_err(|reason| DetectError::Inference { model: MODEL.into(), reason })?;
        let source = |raw: &RawBox| letterbox.to_source(&raw.bbox);
        Ok(found.iter().map(source).filter(|bbox| bbox.area() > 0.0).collect())
    }
}

/// For messages.
const MODEL: &str = "faces";

/// The input that a frame is fitted into: never larger than the frame but for its padding.
fn input_of(source: PixelSize) -> PixelSize {
    let longer = source.width_px.max(source.height_px).max(1);
    let scale = (f64::from(SIDE_PX) / f64::from(longer)).min(1.0);
    let side =
        |side: u32| ((f64::from(side) * scale).round() as u32).max(1).next_multiple_of(SIDES_OF);
    PixelSize { width_px: side(source.width_px), height_px: side(source.height_px) }
}

/// Red, green, blue from 0 to 255.
fn spec(size: PixelSize) -> TensorSpec {
    TensorSpec {
        size,
        channel_order: ChannelOrder::Rgb,
        scale: 1.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        letterbox_value: 0.0,
    }
}

/// Heat, scale and offset, of the shapes that this picture must give.
fn answer<T>(
    session: &mut Session,
    tensor: &[f32],
    size: PixelSize,
    read: impl FnOnce([&[f32]; 3]) -> T,
) -> Result<T, String> {
    let text = |error: ort::Error| error.to_string();
    if session.outputs().len() != 3 {
        let has = session.outputs().len();
        return Err(format!("the network has {has} outputs, a face network has 3 or more"));
    }
    let (width, height) = (size.width_px as usize, size.height_px as usize);
    let input = TensorRef::from_array_view(([1, 3, height, width], tensor)).map_err(text)?;
    let outputs = session.run(ort::inputs![input]).map_err(text)?;
    let mut planes = [&[][..]; 3];
    for (nth, (plane, channels)) in planes.iter_mut().zip([1, 2, 2]).enumerate() {
        let (shape, values) = outputs[nth].try_extract_tensor::<f32>().map_err(text)?;
        let [rows, columns] = [height, width].map(|side| i64::from(side as u32 / STRIDE_PX));
        if **shape != [1, channels, rows, columns] {
            return Err(format!(
                "output {nth} of the network has shape {shape:?}, that of a face network has \
                 {channels} planes of {rows} x {columns}"
            ));
        }
        *plane = values;
    }
    Ok(read(planes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_shrunk_to_the_working_size_and_never_stretched() {
        let input = |width_px, height_px| {
            let PixelSize { width_px, height_px } = input_of(PixelSize { width_px, height_px });
            (width_px, height_px)
        };
        assert_eq!(input(1920, 1080), (960, 544));
        assert_eq!(input(1080, 1920), (544, 960));
        assert_eq!(input(640, 360), (640, 384));
        assert_eq!(input(1, 4000), (32, 960));
        assert_eq!(input(0, 0), (32, 32));
    }

    #[test]
    fn a_file_that_finds_no_faces_is_refused_with_its_name_the_reason_and_the_cure() {
        let refused = |path: &Path| match FaceNetwork::open(path) {
            Ok(_) => panic!("{} is taken", path.display()),
            Err(error) => error.to_string(),
        };
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.onnx");
        std::fs::write(&text, "version https://git-lfs").unwrap();
        let said = [(folder.path().join("none.onnx"), "cannot be read"), (text, "is no ONNX file")];
        for (path, reason) in said {
            let told = refused(&path);
            for part in [&path.display().to_string(), reason, "make face-model"] {
                assert!(told.contains(part), "{part:?} is missing in {told}");
            }
        }
    }
}
