//! A network file, checked against its manifest before the first frame.
//!
//! Order of checks: digest of the bytes that are then loaded; number, type and shape of inputs and
//! outputs as the graph declares them; the shape of a real answer to a grey picture, since graphs
//! may leave shapes open. What contradicts the manifest is reported with the manifest's line.

use super::{
    LoadError,
    heads::{self, RawBox},
    manifest::{Key, ModelManifest},
    provider::{self, Fallback, InputShape, Provider, ProviderOptions, ProviderReport},
    runtime,
};
use crate::{
    base::{hex::hex, toml_reader::Faults},
    domain::letterbox::TensorSpec,
};
use ort::{
    environment::Environment,
    session::{Session, builder::SessionBuilder},
    value::{Outlet, TensorElementType, TensorRef},
};
use sha2::{Digest, Sha256};

/// A model is some MB; a file beyond this is not one.
const NETWORK_BYTES_MAX: u64 = 1 << 30;

/// The bytes of a network file whose digest was checked; sessions are made from these.
pub struct NetworkFile {
    manifest: ModelManifest,
    bytes: Vec<u8>,
}

impl NetworkFile {
    pub fn open(manifest: ModelManifest) -> Result<Self, LoadError> {
        let fault = |key, has: &str| {
            LoadError::Manifest(Faults::new(vec![manifest.contradiction(key, has)]))
        };
        let unreadable =
            |error: std::io::Error| fault(Key::File, &format!("cannot be read: {error}"));
        let length = std::fs::metadata(&manifest.file).map_err(unreadable)?.len();
        if length > NETWORK_BYTES_MAX {
            return Err(fault(Key::File, &format!("is no network: {length} bytes")));
        }
        let bytes = std::fs::read(&manifest.file).map_err(unreadable)?;
        let digest = hex(&Sha256::digest(&bytes));
        if digest != manifest.sha256 {
            return Err(fault(Key::Sha256, &format!("the file's digest is \"{digest}\"")));
        }
        Ok(Self { manifest, bytes })
    }

    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same network, reporting every class from a low score on.
    pub fn reporting_from(&self, score_min: f32) -> Self {
        let mut manifest = self.manifest.clone();
        manifest.classes.iter_mut().for_each(|class| class.score_min = score_min);
        Self { manifest, bytes: self.bytes.clone() }
    }
}

/// A network that is loaded and known to fit its manifest.
#[derive(Debug)]
pub struct Network {
    session: Session,
    input: String,
    manifest: ModelManifest,
    report: ProviderReport,
    batch_max: usize,
}

impl Network {
    /// Load on the first provider of the list that works.
    pub fn load(file: &NetworkFile, options: &ProviderOptions) -> Result<Self, LoadError> {
        let environment = runtime::environment()?;
        let manifest = &file.manifest;
        let failed =
            |reason| LoadError::Network { file: manifest.file.display().to_string(), reason };
        // The CPU session comes first: what it refuses is the file's fault and not a provider's.
        let plain = plain_builder(&environment)
            .and_then(|mut builder| {
                builder.commit_from_memory(&file.bytes).map_err(|error| error.to_string())
            })
            .map_err(failed)?;
        let input = declared(manifest, plain.inputs(), plain.outputs())?;
        let batch_max = if input.batches { options.batch_max.max(1) } else { 1 };
        let size = manifest.input.size;
        let shape = InputShape {
            name: &input.name,
            height_px: size.height_px,
            width_px: size.width_px,
            batch_max,
        };

        let mut plain = Some(plain);
        let mut fallbacks = Vec::new();
        for &provider in &options.order {
            let session = match plain.take_if(|_| provider == Provider::Cpu) {
                Some(session) => Ok(session),
                None => plain_builder(&environment).and_then(|builder| {
                    provider::open(provider, builder, &file.bytes, &shape, options)
                }),
            };
            let tried = session.and_then(|session| {
                let report = ProviderReport {
                    requested: options.order.clone(),
                    used: provider,
                    fallbacks: fallbacks.clone(),
                };
                let (input, manifest) = (input.name.clone(), manifest.clone());
                let mut network = Self { session, input, manifest, report, batch_max };
                network.answer_to_grey().map(|rows| (network, rows))
            });
            match tried {
                Ok((network, answer)) => {
                    answered(manifest, &answer)?;
                    tracing::info!(model = %manifest.id, %provider, "network loaded");
                    return Ok(network);
                }
                Err(reason) => {
                    tracing::warn!(model = %manifest.id, %provider, %reason, "provider not used");
                    fallbacks.push(Fallback { provider, reason });
                }
            }
        }
        Err(LoadError::NoProvider { file: manifest.file.display().to_string(), fallbacks })
    }

    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }

    pub fn report(&self) -> &ProviderReport {
        &self.report
    }

    /// Pictures that one run takes at most; 1 where the graph fixes its batch.
    pub fn batch_max(&self) -> usize {
        self.batch_max
    }

    /// Boxes of each picture in input pixels, above its class's entry in `score_min`.
    pub(super) fn infer(
        &mut self,
        tensors: &[f32],
        score_min: &[f32],
    ) -> Result<Vec<Vec<RawBox>>, String> {
        let (head, size) = (self.manifest.head, self.manifest.input.size);
        let classes = self.manifest.classes.len();
        self.run(tensors, |shape, values| {
            let batch = shape.first().copied().unwrap_or(0).max(1) as usize;
            let one = values.len() / batch;
            (values.chunks_exact(one.max(1)))
                .map(|values| heads::boxes(head, values, classes, size, score_min))
                .collect()
        })
    }

    fn answer_to_grey(&mut self) -> Result<Vec<i64>, String> {
        let TensorSpec { letterbox_value, .. } = self.manifest.input;
        let grey = vec![letterbox_value; self.manifest.input.len()];
        self.run(&grey, |shape, _| shape.to_vec())
    }

    fn run<T>(
        &mut self,
        tensors: &[f32],
        read: impl FnOnce(&[i64], &[f32]) -> T,
    ) -> Result<T, String> {
        let size = self.manifest.input.size;
        let batch = tensors.len() / self.manifest.input.len();
        let shape = [batch, 3, size.height_px as usize, size.width_px as usize];
        let text = |error: ort::Error| error.to_string();
        let tensor = TensorRef::from_array_view((shape, tensors)).map_err(text)?;
        let outputs =
            self.session.run(ort::inputs![self.input.as_str() => tensor]).map_err(text)?;
        let (shape, values) = outputs[0].try_extract_tensor::<f32>().map_err(text)?;
        Ok(read(shape, values))
    }
}

/// One thread a session: as many sessions as cores beat one session of many threads.
pub(super) fn plain_builder(environment: &Environment) -> Result<SessionBuilder, String> {
    let builder = Session::builder(environment).map_err(|error| error.to_string())?;
    let builder = builder.with_intra_threads(1).map_err(|error| error.to_string())?;
    builder.with_inter_threads(1).map_err(|error| error.to_string())
}

struct DeclaredInput {
    name: String,
    batches: bool,
}

/// What the graph says of itself against the manifest; -1 is a size that the graph leaves open.
fn declared(
    manifest: &ModelManifest,
    inputs: &[Outlet],
    outputs: &[Outlet],
) -> Result<DeclaredInput, LoadError> {
    let mut faults = Vec::new();
    let mut fault = |key, has: String| faults.push(manifest.contradiction(key, &has));
    let [input] = inputs else {
        let names: Vec<_> = inputs.iter().map(Outlet::name).collect();
        let has = format!("the network has {} inputs ({})", inputs.len(), names.join(", "));
        fault(Key::Layout, format!("{has}; exactly 1 is allowed"));
        return Err(Faults::new(faults).into());
    };
    let mut batches = false;
    let described = || format!("the network's input `{}` is {}", input.name(), input.dtype());
    match input.dtype().tensor_shape().map(|shape| &shape[..]) {
        Some(&[batch, channels, height, width])
            if input.dtype().tensor_type() == Some(TensorElementType::Float32) =>
        {
            batches = batch == -1;
            if !matches!(batch, -1 | 1) || !matches!(channels, -1 | 3) {
                fault(
                    Key::Layout,
                    format!("{}; (1 or n, 3, height, width) is allowed", described()),
                );
            }
            for (key, asked, has) in [
                (Key::Width, manifest.input.size.width_px, width),
                (Key::Height, manifest.input.size.height_px, height),
            ] {
                if has != -1 && has != i64::from(asked) {
                    fault(key, format!("the network's input has {has}"));
                }
            }
        }
        _ => fault(Key::Layout, format!("{}; 4 dimensions of f32 are allowed", described())),
    }
    if outputs.len() != 1 {
        let has = format!("the network has {} outputs; this head has 1", outputs.len());
        fault(Key::HeadKind, has);
    } else if let Some(&[_, rows, columns]) = outputs[0].dtype().tensor_shape().map(|s| &s[..]) {
        if let Some((key, has)) = heads::mismatch(manifest, rows, columns) {
            fault(key, has);
        }
    } else {
        let has =
            format!("the network's output is {}; 3 dimensions are needed", outputs[0].dtype());
        fault(Key::HeadKind, has);
    }
    if !faults.is_empty() {
        return Err(Faults::new(faults).into());
    }
    Ok(DeclaredInput { name: input.name().to_owned(), batches })
}

/// The shape of a real answer against the manifest.
fn answered(manifest: &ModelManifest, shape: &[i64]) -> Result<(), LoadError> {
    let fault = match *shape {
        [1, rows, columns] => heads::mismatch(manifest, rows, columns),
        _ => Some((Key::HeadKind, format!("the network answers with shape {shape:?}"))),
    };
    match fault {
        Some((key, has)) => Err(Faults::new(vec![manifest.contradiction(key, &has)]).into()),
        None => Ok(()),
    }
}
