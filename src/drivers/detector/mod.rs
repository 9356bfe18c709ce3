//! ONNX Runtime behind the [`Detector`](crate::domain::seams::Detector) seam.
//!
//! ```text
//! models/<name>.toml -> ModelManifest -+
//! libonnxruntime.so  -> runtime ------ Network (session.rs) -> heads -> suppress -> source pixels
//! Frame -> TensorMaker (roles bring it) -+        one a thread, or one with batches: DetectorPool
//! ```

/// Faces to hide, by a network of their own.
pub mod faces;
/// Raw network output to boxes, and one box a thing.
pub mod heads;
/// Which model a manifest's path stands for, and how that changes.
pub mod install;
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

use crate::base::toml_reader::{Fault, Faults};
use manifest::ModelManifest;
use provider::{Fallback, Provider, ProviderOptions};
use session::{Network, NetworkFile};
use std::path::Path;

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

impl LoadError {
    /// As faults of the manifest, where someone asked whether it is sound.
    pub fn into_faults(self, manifest: &Path) -> Faults {
        match self {
            Self::Manifest(faults) => faults,
            other => {
                let file = manifest.display().to_string();
                Faults::new(vec![Fault::syntax(&file, 1, &other.to_string())])
            }
        }
    }
}

/// Manifest, digest and network, on the CPU, where every network can run: can it be loaded?
pub fn load_on_cpu(manifest: &Path) -> Result<Network, LoadError> {
    let file = NetworkFile::open(ModelManifest::open(manifest)?)?;
    let options = ProviderOptions { order: vec![Provider::Cpu], ..ProviderOptions::default() };
    Network::load(&file, &options)
}
