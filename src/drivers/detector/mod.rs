//! ONNX Runtime behind the [`Detector`](crate::domain::seams::Detector) seam.
//!
//! ```text
//! models/<name>.toml -> ModelManifest -+
//! libonnxruntime.so  -> runtime ------ Network (session.rs) -> heads -> suppress -> source pixels
//! Frame -> TensorMaker (roles bring it) -+        one a thread, or one with batches: DetectorPool
//! ```

/// Raw network output to boxes, and one box a thing.
pub mod heads;
/// What a network file is, takes and says.
pub mod manifest;
/// One network with its tensors: the seam's real implementation.
pub mod onnx;
/// Many cameras, few networks.
pub mod pool;
/// Where a network runs, and why not elsewhere.
pub mod provider;
/// Finding and loading `libonnxruntime.so`.
pub mod runtime;
/// A network file, checked against its manifest.
pub mod session;

use crate::base::toml_reader::Faults;
use provider::Fallback;

/// Why a detector could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The manifest is faulty, or the network file is not what it says.
    #[error("{0}")]
    Manifest(#[from] Faults),
    #[error(
        "libonnxruntime.so cannot be used: {reason}; `make demo` or `make test` installs it in \
         .build/onnxruntime, or name another one in ORT_DYLIB_PATH"
    )]
    Runtime { reason: String },
    #[error("{file}: {reason}")]
    Network { file: String, reason: String },
    #[error("{file}: none of the configured providers works: {}", Fallback::listed(.fallbacks))]
    NoProvider { file: String, fallbacks: Vec<Fallback> },
}
