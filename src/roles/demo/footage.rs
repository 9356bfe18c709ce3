//! The sample clips and where they come from.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// Pipeline files and the mount points of their cameras.
pub const PIPELINES: [(&str, &str); 2] =
    [("demo_pets.toml", "pets"), ("demo_street.toml", "street")];

const CLIPS: [(&str, &str, &str); 2] = [
    ("pets", ".build/footage/vtest.mp4", "`make demo` fetches it from Debian's opencv-doc"),
    ("street", "tests/scenes/street.mp4", "it is part of the repository"),
];

/// The checkout: the working directory, or the folder that the program was built in.
pub fn repository_root() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    [here, built]
        .into_iter()
        .find(|root| root.join("pipelines/demo_street.toml").is_file())
        .context("pipelines/demo_street.toml was not found: run the demo in the repository")
}

/// Mount point and file of each camera.
pub fn streams(root: &Path) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    CLIPS
        .iter()
        .map(|(mount, file, cure)| {
            let path = root.join(file);
            anyhow::ensure!(path.is_file(), "{} is missing: {cure}", path.display());
            Ok((*mount, path))
        })
        .collect()
}
