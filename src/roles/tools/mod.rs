//! Command-line tools. Results go to stdout, logs to stderr; exit 0 done, 1 failed, 2 bad input.

#[cfg(feature = "hub")]
pub mod audit;
pub mod calibrate;
pub mod check;
#[cfg(feature = "hub")]
pub mod dataset;
#[cfg(feature = "edge")]
pub mod detect;
#[cfg(feature = "edge")]
pub mod footage;
pub mod grid;
pub mod locate;
#[cfg(feature = "edge")]
pub mod models;
#[cfg(feature = "hub")]
pub mod package;
#[cfg(feature = "hub")]
pub mod password;
#[cfg(feature = "hub")]
pub mod pki;
pub mod replay;
pub mod track;
#[cfg(feature = "hub")]
pub mod user;
#[cfg(feature = "edge")]
pub mod verify;
pub mod verify_package;
#[cfg(feature = "edge")]
mod view_picture;

#[cfg(feature = "hub")]
use std::path::Path;
use std::process::ExitCode;

/// Bad usage or bad input, named with the value and what is allowed: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// How a tool ended when nothing stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Done,
    /// It ran to its end and the answer is "no": some lines or files were bad.
    Failed,
}

/// Refuses what a started hub would have made and is not there. A database elsewhere is `None`: opening
/// it says whether it is there.
#[cfg(feature = "hub")]
fn written_by_hub(config: &Path, made: &[(&str, Option<&Path>)]) -> Result<(), BadInput> {
    for (key, path) in made {
        if let Some(path) = path.filter(|path| !path.exists()) {
            let (file, path) = (config.display(), path.display());
            let allowed = "expected: what a hub has written; start it once";
            return Err(BadInput(format!("{file}: {key} = {path}: is not there; {allowed}")));
        }
    }
    Ok(())
}

/// The exit code of a command, after its error has been shown on stderr.
pub fn exit_code(result: anyhow::Result<Ended>) -> ExitCode {
    match result {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Failed) => ExitCode::from(1),
        // A reader that has seen enough, such as `head`.
        Err(error) if error.chain().any(closed_pipe) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gridwarden: {}", told_once(&error));
            let bad_input = error.chain().any(|cause| {
                cause.is::<BadInput>() || cause.is::<crate::base::toml_reader::Faults>()
            });
            ExitCode::from(if bad_input { 2 } else { 1 })
        }
    }
}

fn closed_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    let plain = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let kind = plain.or_else(|| cause.downcast_ref::<serde_json::Error>()?.io_error_kind());
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

/// The causes in a row; one that its outer error quotes already is not told again.
fn told_once(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| match cause.to_string() {
        text if told.is_empty() => text,
        text if told.ends_with(&text) => told,
        text => format!("{told}: {text}"),
    })
}

/// Refuses with a message of the form `file:line: ...`.
pub fn bad_line(
    file: &std::path::Path,
    line: usize,
    message: impl std::fmt::Display,
) -> anyhow::Error {
    BadInput(format!("{}:{line}: {message}", file.display())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Quotes(#[from] BadInput);

    #[test]
    fn a_quoted_cause_is_told_once_and_still_seen() {
        let error = anyhow::Error::from(Quotes(BadInput("a.toml:3: no".to_owned())));
        let error = error.context("the edge does not start");
        assert_eq!(told_once(&error), "the edge does not start: a.toml:3: no");
        assert_eq!(format!("{:?}", exit_code(Err(error))), format!("{:?}", ExitCode::from(2)));
    }
}
