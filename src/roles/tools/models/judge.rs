//! A model on a frozen set: labelled pictures that no training has seen, through the product's own
//! detector, letterbox and suppression.
//!
//! Failure: a file or picture that is not what it should be is bad input, all of them named; nothing
//! is judged on part of a set.

use crate::{
    domain::{
        average_precision::{Labelled, Score, score},
        dataset::coco::CocoFile,
        detection::Detection,
        ids::ClassName,
    },
    drivers::detector::{provider::Provider, session::NetworkFile},
    roles::tools::{
        BadInput,
        detect::{self, Job},
    },
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Detections below it move no AP50 that anyone could measure, and cost time.
const SCORE_MIN: f32 = 0.01;
const FILE_BYTES_MAX: u64 = 1 << 30;
/// Pictures named in one message.
const NAMED_MAX: usize = 10;

/// Labels and where their pictures lie.
pub struct FrozenSet {
    pub sha256: String,
    file: CocoFile,
    images: Vec<PathBuf>,
}

impl FrozenSet {
    pub fn open(path: &Path, folder: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let unreadable =
            |error: std::io::Error| BadInput(format!("{shown}: cannot be read: {error}"));
        let length = std::fs::metadata(path).map_err(unreadable)?.len();
        if length > FILE_BYTES_MAX {
            return Err(BadInput(format!("{shown}: is no list of labels: {length} bytes")).into());
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let file: CocoFile = serde_json::from_slice(&bytes)
            .map_err(|error| BadInput(format!("{shown}:{}: {error}", error.line())))?;
        let faults: Vec<String> =
            file.faults().iter().map(|fault| format!("{shown}: {fault}")).collect();
        if !faults.is_empty() {
            return Err(BadInput(faults.join("\n")).into());
        }
        let images: Vec<PathBuf> =
            file.images.iter().map(|image| folder.join(&image.file_name)).collect();
        let absent = images.iter().filter(|image| !image.is_file());
        all_named(absent.map(|image| format!("{}: is not there", image.display())).collect())?;
        let sha256 = crate::base::hex::hex(&Sha256::digest(&bytes));
        Ok(Self { sha256, file, images })
    }

    pub fn pictures(&self) -> usize {
        self.images.len()
    }

    /// The model on every picture; its thresholds are the manifest's.
    pub fn judge(&self, file: &NetworkFile, providers: &[Provider]) -> anyhow::Result<Score> {
        let thresholds: BTreeMap<ClassName, f32> = (file.manifest().classes.iter())
            .map(|class| (class.name.clone(), class.score_min))
            .collect();
        let file = file.reporting_from(SCORE_MIN);
        let job = Job { file, providers, images: &self.images, tiles: None };
        let first = job.load().map_err(detect::refused)?;
        let (mut seen, mut faults) = (Vec::<(Labelled, Vec<Detection>)>::new(), Vec::new());
        let labelled = self.file.labelled().into_iter().zip(&self.file.images);
        for ((labelled, image), answer) in labelled.zip(job.analyse(first)?) {
            match answer {
                Ok(one)
                    if (one.size.width_px, one.size.height_px) == (image.width, image.height) =>
                {
                    seen.push((labelled, one.detections));
                }
                Ok(one) => faults.push(format!(
                    "{}: is {}x{} px; its labels are for {}x{} px",
                    image.file_name,
                    one.size.width_px,
                    one.size.height_px,
                    image.width,
                    image.height
                )),
                Err(fault) => faults.push(fault),
            }
        }
        all_named(faults)?;
        Ok(score(&seen, &thresholds))
    }
}

fn all_named(mut faults: Vec<String>) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let more = faults.len().saturating_sub(NAMED_MAX);
    faults.truncate(NAMED_MAX);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    Err(BadInput(faults.join("\n")).into())
}
