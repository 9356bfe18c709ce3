//! Raw TOML to checked configuration. Every fault of every file is reported at once, with file,
//! line, key path, value and what is allowed; unknown keys are refused. Reading changes nothing.
//!
//! | file | becomes |
//! |---|---|
//! | `pipelines/<site>_<camera>.toml` | [`pipeline::Pipeline`] |
//! | `pipelines/patterns/<event>.toml` | [`crate::domain::taxonomy::Pattern`] |
//! | `calibration/<site>_<camera>.toml` | [`calibration::Calibration`] |
//! | `pipelines/calendars/<city>.toml` | [`crate::domain::calendar::Calendar`] |
//! | `pipelines/limits/<city>.toml` | [`crate::domain::case::limits::Limits`] |
//! | `edge.toml` | [`edge::EdgeConfig`] |

mod areas;
pub mod calendar;
pub mod calibration;
pub mod draft;
pub mod drawing;
pub mod edge;
mod exceptions;
pub mod footage;
mod geojson;
#[cfg(feature = "hub")]
pub mod hub;
pub mod limits;
#[cfg(feature = "hub")]
mod map;
pub mod masks;
pub mod mqtt;
#[cfg(feature = "hub")]
mod oidc;
pub mod pattern;
mod pattern_reader;
pub mod pipeline;
pub mod policy;
pub mod recorder;
#[cfg(feature = "hub")]
mod streets;
#[cfg(feature = "hub")]
mod view_libraries;
#[cfg(feature = "hub")]
mod webhooks;
mod zone_kinds;

use crate::base::toml_reader::{Fault, Faults, Table, read};
use std::path::{Path, PathBuf};

/// Configuration larger than this is not what it says it is.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads one file and builds a value from its root table.
pub fn load<T>(path: &Path, build: impl FnOnce(Table<'_>) -> Option<T>) -> Result<T, Faults> {
    read(&path.display().to_string(), &read_text(path)?, build)
}

pub fn read_text(path: &Path) -> Result<String, Faults> {
    let fault =
        |reason: String| Faults::new(vec![Fault::syntax(&path.display().to_string(), 1, &reason)]);
    let size =
        std::fs::metadata(path).map_err(|error| fault(format!("cannot be read: {error}")))?.len();
    if size > FILE_BYTES_MAX {
        return Err(fault(format!("is {size} bytes long; at most {FILE_BYTES_MAX} are read")));
    }
    std::fs::read_to_string(path).map_err(|error| fault(format!("cannot be read: {error}")))
}

/// A path written in a file is relative to that file.
pub fn beside(file: &Path, written: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).join(written)
}
