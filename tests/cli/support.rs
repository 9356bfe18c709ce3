//! Runs the built program and looks at what came of it.

#[path = "../support/ended.rs"]
mod ended;

pub use ended::Ended;

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program in the repository's folder, as the examples are written.
pub fn gridwarden() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwarden"));
    command.current_dir(root()).env("RUST_LOG", "warn").stdin(Stdio::null());
    if let Some(library) = onnxruntime() {
        command.env("ORT_DYLIB_PATH", library);
    }
    command
}

pub fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ended {
    gridwarden().args(args).output().unwrap().into()
}

/// Arguments of one line, without quoting.
pub fn line(args: &str) -> Ended {
    run(args.split_whitespace())
}

pub fn with_input(args: &str, input: &str) -> Ended {
    with_input_in(root(), args, input)
}

pub fn with_input_in(folder: &Path, args: &str, input: &str) -> Ended {
    let mut command = gridwarden();
    command.current_dir(folder).args(args.split_whitespace());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Inputs here are shorter than a pipe.
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// A file in a folder, with its path as text.
pub fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The inference library, where `make` or the environment put it.
pub fn onnxruntime() -> Option<PathBuf> {
    let named = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    [named, Some(root().join(".build/onnxruntime/libonnxruntime.so"))]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
}

/// Says so where a test cannot run here.
#[cfg(feature = "edge")]
pub fn has_onnxruntime(test: &str) -> bool {
    let found = onnxruntime().is_some();
    if !found {
        eprintln!(
            "skipped: {test}: no libonnxruntime.so; `make test` fetches it, or set ORT_DYLIB_PATH"
        );
    }
    found
}
