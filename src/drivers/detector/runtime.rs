//! Finds `libonnxruntime.so` and makes the process's one environment from it.
//!
//! Looked for, in order: `ORT_DYLIB_PATH`; `.build/onnxruntime/` below the working directory, where
//! `make` puts it; beside the executable; in `../lib` of it. A library that is found but cannot be
//! loaded is an error, not a reason to look further: the next one may be another version.

use super::LoadError;
use ort::environment::Environment;
use std::{
    env,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

const LIBRARY: &str = "libonnxruntime.so";

/// ONNX Runtime allows one environment a process, for as long as the process lives.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// The environment, loaded on the first call.
pub fn environment() -> Result<Environment, LoadError> {
    let mut kept = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*kept {
        return Ok(environment.clone());
    }
    let places = places();
    let path = find(&places).map_err(|reason| LoadError::Runtime { reason })?;
    let failed =
        |reason: String| LoadError::Runtime { reason: format!("{}: {reason}", path.display()) };
    let builder = ort::init_from(&path).map_err(|error| failed(error.to_string()))?;
    let environment = (builder.with_name("gridwarden").with_telemetry(false).build())
        .map_err(|error| failed(error.to_string()))?;
    tracing::info!(library = %path.display(), "ONNX Runtime loaded");
    *kept = Some(environment.clone());
    Ok(environment)
}

/// Every place worth looking at; the first alone where the operator named one.
fn places() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("ORT_DYLIB_PATH").filter(|named| !named.is_empty()) {
        return vec![named.into()];
    }
    let mut places = Vec::new();
    if let Ok(folder) = env::current_dir() {
        places.push(folder.join(".build/onnxruntime").join(LIBRARY));
    }
    if let Some(folder) = env::current_exe().ok().as_deref().and_then(Path::parent) {
        places.push(folder.join(LIBRARY));
        places.push(folder.join("../lib").join(LIBRARY));
    }
    places
}

fn find(places: &[PathBuf]) -> Result<PathBuf, String> {
    places.iter().find(|place| place.is_file()).cloned().ok_or_else(|| {
        let looked: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
        format!("no such file: {}", looked.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_library_that_exists_is_taken_and_all_places_are_named_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("a").join(LIBRARY);
        let present = folder.path().join(LIBRARY);
        std::fs::write(&present, b"").unwrap();
        assert_eq!(find(&[absent.clone(), present.clone()]), Ok(present));
        let reason = find(std::slice::from_ref(&absent)).unwrap_err();
        assert!(reason.contains(&absent.display().to_string()), "{reason}");
    }
}
