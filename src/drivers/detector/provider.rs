//! Where a network runs: execution providers in configured order, each fallback with its reason.
//!
//! ONNX Runtime by itself falls back to the CPU without a word; here every provider is asked for
//! alone and must say no, and what is really used is reported ([`ProviderReport`]).

use ort::{
    ep::{self, ExecutionProvider, ExecutionProviderDispatch},
    session::{Session, builder::SessionBuilder},
};
use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf, str::FromStr};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    TensorRt,
    Cuda,
    OpenVino,
    Cpu,
}

impl Provider {
    /// The order in which a machine with everything is best used.
    pub const ALL: [Self; 4] = [Self::TensorRt, Self::Cuda, Self::OpenVino, Self::Cpu];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::TensorRt => "tensorrt",
            Self::Cuda => "cuda",
            Self::OpenVino => "openvino",
            Self::Cpu => "cpu",
        }
    }

    /// Whether one session with batches serves it better than many sessions of one thread.
    pub fn wants_batches(self) -> bool {
        matches!(self, Self::TensorRt | Self::Cuda)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is no provider: tensorrt, cuda, openvino and cpu are allowed")]
pub struct BadProvider {
    pub value: String,
}

impl FromStr for Provider {
    type Err = BadProvider;
    fn from_str(value: &str) -> Result<Self, BadProvider> {
        (Self::ALL.into_iter().find(|provider| provider.as_str() == value))
            .ok_or_else(|| BadProvider { value: value.chars().take(40).collect() })
    }
}

/// What was asked for, what runs, and why the rest does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderReport {
    pub requested: Vec<Provider>,
    pub used: Provider,
    pub fallbacks: Vec<Fallback>,
}

/// A provider that was tried and could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fallback {
    pub provider: Provider,
    pub reason: String,
}

impl Fallback {
    pub(super) fn listed(fallbacks: &[Self]) -> String {
        let listed: Vec<_> =
            fallbacks.iter().map(|fall| format!("{}: {}", fall.provider, fall.reason)).collect();
        if listed.is_empty() { "the list is empty".into() } else { listed.join("; ") }
    }
}

/// How to run networks on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOptions {
    pub order: Vec<Provider>,
    /// TensorRT builds an engine for minutes; kept here it is built once. None: built at every start.
    pub engine_cache: Option<PathBuf>,
    /// Pictures in one run, at most, where the provider wants batches.
    pub batch_max: usize,
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self { order: Provider::ALL.to_vec(), engine_cache: None, batch_max: 8 }
    }
}

/// The input that an engine is built for: its name and `channels x height x width`.
pub(super) struct InputShape<'a> {
    pub name: &'a str,
    pub height_px: u32,
    pub width_px: u32,
    pub batch_max: usize,
}

/// A session on one provider, or the reason why not.
pub(super) fn open(
    provider: Provider,
    builder: SessionBuilder,
    network: &[u8],
    input: &InputShape<'_>,
    options: &ProviderOptions,
) -> Result<Session, String> {
    let available = match provider {
        Provider::TensorRt => ep::TensorRT::is_available(),
        Provider::Cuda => ep::CUDA::is_available(),
        Provider::OpenVino => ep::OpenVINO::is_available(),
        Provider::Cpu => Ok(true),
    };
    if !available.map_err(|error| error.to_string())? {
        return Err("this libonnxruntime.so was built without it".into());
    }
    let wanted: Vec<ExecutionProviderDispatch> = match provider {
        // CUDA second: it takes the nodes that TensorRT leaves.
        Provider::TensorRt => vec![tensorrt(input, options).build(), ep::CUDA::default().build()],
        Provider::Cuda => vec![ep::CUDA::default().build()],
        Provider::OpenVino => vec![ep::OpenVINO::default().with_num_threads(1).build()],
        Provider::Cpu => vec![],
    };
    let wanted: Vec<_> =
        wanted.into_iter().map(ExecutionProviderDispatch::error_on_failure).collect();
    let mut builder =
        builder.with_execution_providers(wanted).map_err(|error| error.to_string())?;
    builder.commit_from_memory(network).map_err(|error| error.to_string())
}

fn tensorrt(input: &InputShape<'_>, options: &ProviderOptions) -> ep::TensorRT {
    let InputShape { name, height_px, width_px, batch_max } = input;
    let shape = |batch: usize| format!("{name}:{batch}x3x{height_px}x{width_px}");
    // One engine for every batch size; without a profile each new size would build another.
    let provider = ep::TensorRT::default()
        .with_profile_min_shapes(shape(1))
        .with_profile_opt_shapes(shape(*batch_max))
        .with_profile_max_shapes(shape(*batch_max));
    match &options.engine_cache {
        Some(folder) => {
            provider.with_engine_cache(true).with_engine_cache_path(folder.display().to_string())
        }
        None => provider,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for provider in Provider::ALL {
            assert_eq!(provider.to_string().parse(), Ok(provider));
            let json = serde_json::to_string(&provider).unwrap();
            assert_eq!(json, format!("\"{provider}\""));
        }
        let said = "gpu".parse::<Provider>().unwrap_err().to_string();
        assert!(said.contains("tensorrt, cuda, openvino and cpu"), "{said}");
    }
}
