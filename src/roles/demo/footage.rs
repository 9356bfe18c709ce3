//! The sample clips and where they come from.

use crate::{
    base::time::{ClockQuality, WallTime},
    domain::seams::FrameSource,
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        vision::snapshot::{Annotations, take},
    },
};
use anyhow::Context;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

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

/// What a crew's telephone would show of the street, so many seconds into its clip: a JPEG.
pub fn photograph(root: &Path, at: f64) -> anyhow::Result<Vec<u8>> {
    let starts_at = WallTime::from_unix_millis(0);
    let from = starts_at.plus(Duration::from_secs_f64(at));
    let (_, street, _) = CLIPS[1];
    let mut clip = FileSource::open(FileSourceConfig {
        parts: vec![FilePart { path: root.join(street), starts_at }],
        analysed_fps: 0.0,
        between: Some((from, from.plus(Duration::from_secs(1)))),
        clock: ClockQuality::Assigned,
    })?;
    let frame = clip.next_frame()?.with_context(|| format!("{street}: nothing at {at} s"))?;
    let taken = take(&frame, &[], &Annotations::default());
    Ok(taken.map_err(|fault| anyhow::anyhow!("{street}: {}", fault.reason))?.clean_jpeg)
}
