//! Which model a manifest's path stands for: switched by one rename, and kept so that it can be put
//! back.
//!
//! ```text
//! models/street-nano.toml                  the current manifest: pipelines name it
//! models/street-nano.<network>.onnx        a network, named by the first digits of its digest
//! models/street-nano.<version>.toml        each manifest that was or became current; names its network
//! models/street-nano.history.jsonl         one line a switch: who, when, from, to, the figures
//! ```
//!
//! A version is the first digits of the digest of a manifest's own text, so new thresholds are a new
//! version too. Invariants: a network under its digest's name is never changed, and no manifest is in
//! its place before its network is; each file is whole on disk before its rename. The rename of the
//! current manifest is the last step, so a crash before it leaves the old model, one after it the new
//! one, and never a mix. The history is written before that step: what is current is told by the
//! manifest alone.
//!
//! Failure: a step that cannot be done ends the switch; what lies beside the current manifest by then
//! is in nobody's way.

use super::{LoadError, manifest::ModelManifest, session::NetworkFile};
use crate::{
    base::{hex::hex, time::WallTime, toml_reader::Faults},
    domain::detection::ModelRef,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

const VERSION_DIGITS: usize = 12;

#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{path}: {reason}")]
    Disk { path: PathBuf, reason: io::Error },
    #[error("{path}: another switch of a model in this folder is under way")]
    Busy { path: PathBuf },
    #[error("{path}:{line}: is no line of a history: {reason}")]
    History { path: PathBuf, line: usize, reason: String },
    #[error("{path}: this very model is current already, with these thresholds")]
    Current { path: PathBuf },
    #[error("{path}: there is nothing to put back: no model was promoted over another here")]
    NothingBefore { path: PathBuf },
}

impl From<Faults> for SwitchError {
    fn from(faults: Faults) -> Self {
        Self::Load(faults.into())
    }
}

/// One manifest with its checked network.
pub struct Installed {
    pub file: NetworkFile,
    text: String,
}

/// A version as the history names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRef {
    pub version: String,
    #[serde(flatten)]
    pub model: ModelRef,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Promote,
    Rollback,
}

/// One line of the history: a switch that was begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub act: Act,
    pub at: WallTime,
    pub by: String,
    pub from: VersionRef,
    pub to: VersionRef,
    /// What the switch was decided by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<serde_json::Value>,
}

impl Installed {
    /// Reads manifest and network; the digest is checked.
    pub fn open(path: &Path) -> Result<Self, SwitchError> {
        let file = NetworkFile::open(ModelManifest::open(path)?)?;
        Ok(Self { text: read(path)?, file })
    }

    pub fn manifest(&self) -> &ModelManifest {
        self.file.manifest()
    }

    /// As it stands, or would stand, at `current`.
    pub fn version_at(&self, current: &Path) -> VersionRef {
        let digest = hex(&Sha256::digest(self.text_at(current)));
        let version = digest[..VERSION_DIGITS].to_owned();
        VersionRef { version, model: self.manifest().model_ref() }
    }

    /// The manifest's text, naming the network by its digest.
    fn text_at(&self, current: &Path) -> String {
        let network = self.network_at(current);
        let name = network.file_name().unwrap_or_default().to_string_lossy();
        // It was read as TOML before; were it none, the text would stay and be refused when opened.
        let Ok(mut document) = self.text.parse::<toml_edit::DocumentMut>() else {
            return self.text.clone();
        };
        if let Some(value) = document.get_mut("file").and_then(toml_edit::Item::as_value_mut) {
            let decor = value.decor().clone();
            *value = toml_edit::Value::from(name.as_ref());
            *value.decor_mut() = decor;
        }
        document.to_string()
    }

    fn network_at(&self, current: &Path) -> PathBuf {
        let digits = &self.manifest().sha256[..VERSION_DIGITS];
        beside(current, &format!(".{digits}.onnx"))
    }

    /// Network first, then the manifest that names it.
    fn kept(&self, current: &Path) -> [Step; 2] {
        let VersionRef { version, .. } = self.version_at(current);
        [
            Step::Place { path: self.network_at(current), bytes: self.file.bytes().to_vec() },
            Step::Place {
                path: beside(current, &format!(".{version}.toml")),
                bytes: self.text_at(current).into_bytes(),
            },
        ]
    }
}

/// Something done to the disk, whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Place { path: PathBuf, bytes: Vec<u8> },
    Append { path: PathBuf, line: String },
}

impl Step {
    fn take(&self) -> Result<(), SwitchError> {
        match self {
            Self::Place { path, bytes } => place(path, bytes).map_err(|reason| disk(path, reason)),
            Self::Append { path, line } => {
                let written = || -> io::Result<()> {
                    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
                    file.write_all(line.as_bytes())?;
                    file.sync_all()
                };
                written().map_err(|reason| disk(path, reason))
            }
        }
    }
}

fn disk(path: &Path, reason: io::Error) -> SwitchError {
    SwitchError::Disk { path: path.to_owned(), reason }
}

fn read(path: &Path) -> Result<String, SwitchError> {
    fs::read_to_string(path).map_err(|reason| disk(path, reason))
}

/// `models/street-nano.toml` and `.x` give `models/street-nano.x`.
fn beside(current: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(current.file_stem().unwrap_or_default());
    name.push(ending);
    current.with_file_name(name)
}

/// Whole on disk before it has its name, and the name on disk before the next step.
fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(path);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".partial");
    let partial = folder.join(name);
    let mut file = File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    File::open(folder)?.sync_all()
}

/// A switch that is worked out and not begun; holds the model's lock.
#[derive(Debug)]
pub struct Switch {
    pub from: VersionRef,
    pub to: VersionRef,
    steps: Vec<Step>,
    _lock: File,
}

impl Switch {
    pub fn run(self) -> Result<(), SwitchError> {
        self.steps.iter().try_for_each(Step::take)
    }

    fn new(
        (act, at, by): (Act, WallTime, &str),
        (current, to): (&Installed, &Installed),
        path: &Path,
        figures: Option<serde_json::Value>,
    ) -> Result<Self, SwitchError> {
        let lock = lock(path)?;
        let (from, target) = (current.version_at(path), to.version_at(path));
        if from == target {
            return Err(SwitchError::Current { path: path.to_owned() });
        }
        let entry =
            Entry { act, at, by: by.to_owned(), from: from.clone(), to: target.clone(), figures };
        let line = serde_json::to_string(&entry).map_err(|error| disk(path, error.into()))? + "\n";
        let mut steps = Vec::new();
        steps.extend(current.kept(path));
        steps.extend(to.kept(path));
        steps.push(Step::Append { path: history_path(path), line });
        steps.push(Step::Place { path: path.to_owned(), bytes: to.text_at(path).into_bytes() });
        Ok(Self { from, to: target, steps, _lock: lock })
    }
}

/// Puts `new` in the place of the manifest at `current`. Whether it may is the caller's decision.
pub fn promotion(
    current: &Path,
    new: &Installed,
    (at, by): (WallTime, &str),
    figures: serde_json::Value,
) -> Result<Switch, SwitchError> {
    let old = Installed::open(current)?;
    Switch::new((Act::Promote, at, by), (&old, new), current, Some(figures))
}

/// Puts back what the current model was promoted over.
pub fn rollback(current: &Path, (at, by): (WallTime, &str)) -> Result<Switch, SwitchError> {
    // The current network may be the damaged one: its manifest is enough to know what it replaced.
    let manifest = ModelManifest::open(current)?;
    let version = version_of(current, &manifest)?;
    let before = (history(current)?.into_iter().rev())
        .find(|entry| entry.act == Act::Promote && entry.to.version == version.version)
        .ok_or_else(|| SwitchError::NothingBefore { path: current.to_owned() })?
        .from;
    let kept = beside(current, &format!(".{}.toml", before.version));
    let previous = Installed::open(&kept)?;
    let lock = lock(current)?;
    let entry = Entry {
        act: Act::Rollback,
        at,
        by: by.to_owned(),
        from: version.clone(),
        to: before.clone(),
        figures: None,
    };
    let line = serde_json::to_string(&entry).map_err(|error| disk(current, error.into()))? + "\n";
    let steps = vec![
        Step::Append { path: history_path(current), line },
        Step::Place { path: current.to_owned(), bytes: previous.text.clone().into_bytes() },
    ];
    Ok(Switch { from: version, to: before, steps, _lock: lock })
}

/// `street-nano.0123456789ab.toml` is a version of `street-nano.toml` that was kept.
pub fn is_kept_version(path: &Path) -> bool {
    let ending = path.file_stem().and_then(|stem| Path::new(stem).extension());
    ending.and_then(|ending| ending.to_str()).is_some_and(|digits| {
        digits.len() == VERSION_DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// The version of a manifest whose network may be gone: as it was written by a switch, or by hand.
pub fn version_of(current: &Path, manifest: &ModelManifest) -> Result<VersionRef, SwitchError> {
    let digest = hex(&Sha256::digest(read(current)?));
    Ok(VersionRef { version: digest[..VERSION_DIGITS].to_owned(), model: manifest.model_ref() })
}

fn history_path(current: &Path) -> PathBuf {
    beside(current, ".history.jsonl")
}

/// Oldest first; none for a model that was never switched.
pub fn history(current: &Path) -> Result<Vec<Entry>, SwitchError> {
    let path = history_path(current);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(|reason| disk(&path, reason))?,
    };
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(entry) => entries.push(entry),
            // A crash while it was written: the switch itself had not begun.
            Err(_) if index + 1 == text.lines().count() && !text.ends_with('\n') => {}
            Err(error) => {
                let (line, reason) = (index + 1, error.to_string());
                return Err(SwitchError::History { path, line, reason });
            }
        }
    }
    Ok(entries)
}

/// The folder's, held until it is dropped or the process ends; leaves no file behind.
fn lock(current: &Path) -> Result<File, SwitchError> {
    let path = folder(current);
    let opened = File::open(path).map_err(|reason| disk(path, reason))?;
    match opened.try_lock() {
        Ok(()) => Ok(opened),
        Err(TryLockError::WouldBlock) => Err(SwitchError::Busy { path: path.to_owned() }),
        Err(TryLockError::Error(reason)) => Err(disk(path, reason)),
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
