//! Reviewed cases as a folder that a training reads: pictures, labels, and a manifest that says what
//! is there and what was left out.
//!
//! ```text
//! <out>/images/train|val/<sha256>.jpg     masked, clean, named by their digest
//! <out>/coco/train.json, val.json         boxes in pixels; negatives have none
//! <out>/labels/train|val/<sha256>.txt     the same for YOLO, with data.yaml
//! <out>/manifest.json                     counts, reasons, models, dates
//! ```
//!
//! The same register gives the same bytes. Each picture is written to the access log before its
//! first byte leaves. It is checked against its digest and its declared size; one that fails is left
//! out and counted. The folder appears whole, by a rename at the end, or not at all.

use super::{EVIDENCE_BYTES_MAX, register::Register};
use crate::{
    domain::{
        dataset::{
            Chosen, ChosenPicture, categories, choose, coco_file, jpeg::jpeg_size, split::Side,
            yolo_label, yolo_yaml,
        },
        ids::{ClassName, DistrictId},
    },
    drivers::{
        evidence::files::{Digest256, EvidenceFiles},
        store::hub::{Access, AccessKind},
    },
    roles::tools::BadInput,
};
use anyhow::Context;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};
use tokio::io::AsyncReadExt;

/// What is exported, and on whose account.
#[derive(Debug, Clone)]
pub struct Order {
    /// Must not be there yet, or be empty.
    pub out: PathBuf,
    pub coco: bool,
    pub yolo: bool,
    /// Of the places, how many are kept for judging.
    pub val_permille: u16,
    /// For the access log.
    pub by: String,
    pub why: String,
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    pub format: u32,
    pub made_by: String,
    pub district: DistrictId,
    pub val_permille: u16,
    /// Cases that were looked at.
    pub cases: u64,
    /// Cases that teach nothing, by reason.
    pub left_out: BTreeMap<String, u64>,
    pub sides: BTreeMap<Side, SideCounts>,
    pub models: Vec<ModelCount>,
    /// Of the oldest and of the newest picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured: Option<[String; 2]>,
    pub classes: Vec<ClassName>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SideCounts {
    pub pictures: u64,
    /// Of these: nothing there.
    pub negatives: u64,
    pub boxes: BTreeMap<ClassName, u64>,
}

/// Which model had opened how many of the cases: its own findings are all that it can be taught by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelCount {
    pub id: String,
    pub sha256: String,
    pub cases: u64,
}

/// `told(done, of)` after each picture.
pub async fn export(
    register: &Register,
    district: &DistrictId,
    order: &Order,
    mut told: impl FnMut(u64, u64),
) -> anyhow::Result<Manifest> {
    let mut chosen = choose(register.store.reviewed_cases().await?, order.val_permille);
    log(register, &chosen, order).await?;
    let scratch = scratch(&order.out)?;
    for side in Side::ALL {
        for folder in folders(order) {
            fs::create_dir_all(scratch.join(folder).join(side.as_str()))
                .with_context(|| format!("{} cannot be made", scratch.display()))?;
        }
    }
    let pictures = chosen.pictures.clone();
    for (index, entry) in pictures.iter().enumerate() {
        match checked(&register.files, entry).await {
            Ok(bytes) => put(&scratch.join(picture_name(entry)), &bytes)?,
            Err(reason) => {
                let sha256 = &entry.picture.sha256;
                tracing::warn!(%sha256, %reason, "a picture is left out");
                chosen.leave_out(sha256, "picture_damaged");
            }
        }
        told(index as u64 + 1, pictures.len() as u64);
    }
    let manifest = manifest(&chosen, district, order);
    write_labels(&scratch, &chosen, order, &manifest.classes)?;
    put(&scratch.join("manifest.json"), &pretty(&manifest)?)?;
    if order.out.exists() {
        // Empty, as was checked; only then does this succeed.
        fs::remove_dir(&order.out)
            .with_context(|| format!("{} is not empty", order.out.display()))?;
    }
    fs::rename(&scratch, &order.out)
        .with_context(|| format!("{} cannot be made", order.out.display()))?;
    Ok(manifest)
}

fn folders(order: &Order) -> impl Iterator<Item = &'static str> {
    let labels = order.yolo.then_some("labels");
    std::iter::once("images").chain(labels)
}

/// A folder beside the one asked for, empty; what an export that was cut off had left is removed.
fn scratch(out: &Path) -> anyhow::Result<PathBuf> {
    let taken = fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if taken || out.is_file() {
        let there = format!("--out {}: is there already; name a new folder", out.display());
        return Err(BadInput(there).into());
    }
    let name = out.file_name().with_context(|| format!("{}: name a folder", out.display()))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".partial");
    let scratch = out.with_file_name(hidden);
    match fs::remove_dir_all(&scratch) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", scratch.display()))
        }
        _ => Ok(scratch),
    }
}

fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

fn pretty(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn picture_name(entry: &ChosenPicture) -> String {
    format!("images/{}/{}.jpg", entry.side.as_str(), entry.picture.sha256)
}

/// Masked footage leaves the hub: who, why, and for which case.
async fn log(register: &Register, chosen: &Chosen, order: &Order) -> anyhow::Result<()> {
    let entries: Vec<Access> = (chosen.pictures.iter())
        .map(|entry| Access {
            case_id: entry.cases.first().copied(),
            sha256: Some(entry.picture.sha256.clone()),
            why: order.why.clone(),
            detail: "whole".to_owned(),
            ..register.access(AccessKind::Export, &order.by, None)
        })
        .collect();
    register.store.log_accesses(&entries).await?;
    tracing::info!(
        pictures = entries.len(),
        by = order.by,
        why = order.why,
        "pictures leave the hub"
    );
    Ok(())
}

/// The file's bytes: exactly those that the register names, and a picture of the size that it says.
async fn checked(files: &EvidenceFiles, entry: &ChosenPicture) -> Result<Vec<u8>, String> {
    let digest: Digest256 =
        entry.picture.sha256.parse().map_err(|error| format!("its name: {error}"))?;
    let file = files.read(&digest, 0).await.map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(EVIDENCE_BYTES_MAX).read_to_end(&mut bytes).await;
    read.map_err(|error| error.to_string())?;
    let actual = Digest256::of(&bytes);
    if actual != digest {
        return Err(format!("its bytes have digest {actual}"));
    }
    match jpeg_size(&bytes) {
        Some(size) if size == entry.picture.size => Ok(bytes),
        Some(size) => Err(format!(
            "it is {}x{} px and not {}x{}",
            size.width_px,
            size.height_px,
            entry.picture.size.width_px,
            entry.picture.size.height_px
        )),
        None => Err("it is no JPEG picture".to_owned()),
    }
}

fn write_labels(
    scratch: &Path,
    chosen: &Chosen,
    order: &Order,
    classes: &[ClassName],
) -> anyhow::Result<()> {
    for side in Side::ALL.into_iter().filter(|_| order.coco) {
        let file = coco_file(chosen, side, classes, picture_name, |_| None);
        put(&scratch.join(format!("coco/{}.json", side.as_str())), &pretty(&file)?)?;
    }
    if order.yolo {
        for entry in &chosen.pictures {
            let name = format!("labels/{}/{}.txt", entry.side.as_str(), entry.picture.sha256);
            put(&scratch.join(name), yolo_label(entry, classes).as_bytes())?;
        }
        put(&scratch.join("data.yaml"), yolo_yaml(classes).as_bytes())?;
    }
    Ok(())
}

fn manifest(chosen: &Chosen, district: &DistrictId, order: &Order) -> Manifest {
    let mut sides: BTreeMap<Side, SideCounts> =
        Side::ALL.map(|side| (side, SideCounts::default())).into();
    for entry in &chosen.pictures {
        let counts = sides.entry(entry.side).or_default();
        counts.pictures += 1;
        counts.negatives += u64::from(entry.labels.is_empty());
        for label in &entry.labels {
            *counts.boxes.entry(label.class.clone()).or_default() += 1;
        }
    }
    let times = || chosen.pictures.iter().map(|entry| entry.picture.captured_at);
    let captured = times().min().zip(times().max());
    let models = chosen.models.iter();
    Manifest {
        format: 1,
        made_by: format!("gridwarden {}", env!("CARGO_PKG_VERSION")),
        district: district.clone(),
        val_permille: order.val_permille,
        cases: chosen.cases,
        left_out: chosen.left_out.clone(),
        sides,
        models: models
            .map(|((id, sha256), cases)| ModelCount {
                id: id.clone(),
                sha256: sha256.clone(),
                cases: *cases,
            })
            .collect(),
        captured: captured.map(|(from, to)| [from.to_string(), to.to_string()]),
        classes: categories(chosen),
    }
}
