//! Footage that a person takes along: the masked clip with what is known of it, sealed like a package.
//!
//! ```text
//! clip.mp4  filmstrip.jpg   as the hub holds them
//! footage.json              camera, interval, clock quality, holes, masking, digests
//! key.pem SHA256SUMS SHA256SUMS.sig   as in an evidence package
//! ```

use super::{Content, Examined, Member, Package, PackageError, examine, sealed};
use crate::{
    base::time::{ClockQuality, WallTime},
    domain::{
        footage::Hole,
        ids::{CameraId, CaseId, DistrictId, NodeId},
        package::FOOTAGE,
        wire::{EvidenceData, RecordingSpan},
    },
    drivers::{evidence::files::Digest256, signature::SigningKey, store::hub::FootageRow},
    roles::hub::register::Register,
};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Of [`FOOTAGE`]; a later one may mean other things by the same names.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct FootageData<'a> {
    format: u32,
    made_by: String,
    district: &'a DistrictId,
    case_id: CaseId,
    request_id: Uuid,
    node: &'a NodeId,
    camera: &'a CameraId,
    asked: RecordingSpan,
    /// First to last frame.
    shown: RecordingSpan,
    clock: ClockQuality,
    masks: &'a str,
    holes: &'a [Hole],
    answered_at: Option<WallTime>,
    files: Vec<FileData<'a>>,
}

#[derive(Serialize)]
struct FileData<'a> {
    name: &'a str,
    sha256: &'a str,
    bytes: u64,
    media_type: &'a str,
    width_px: u32,
    height_px: u32,
    captured_at: WallTime,
}

/// `None`: there is no clip, or it is not held yet.
pub async fn export(
    register: &Register,
    district: &DistrictId,
    key: &SigningKey,
    case_id: CaseId,
    row: &FootageRow,
) -> Result<Option<Package>, PackageError> {
    let Some(result) = &row.result else { return Ok(None) };
    let Some(shown) = result.shown else { return Ok(None) };
    let (mut members, mut viewed, mut files) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for file in &result.evidence {
        let Some(name) = name(file) else { continue };
        let Ok(digest) = file.sha256.parse::<Digest256>() else { return Ok(None) };
        let known = register.store.known_file(digest.as_str(), Some(case_id)).await?;
        if !known.is_some_and(|known| known.masked) {
            return Ok(None);
        }
        let Some(Examined { bytes, crc32 }) = examine(&register.files, &digest).await? else {
            return Ok(None);
        };
        files.push(FileData {
            name,
            sha256: &file.sha256,
            bytes,
            media_type: &file.media_type,
            width_px: file.width_px,
            height_px: file.height_px,
            captured_at: file.captured_at,
        });
        let member = Member {
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            crc32,
            sha256: digest.clone(),
            content: Content::Evidence(digest.clone()),
        };
        members.insert(name.to_owned(), member);
        viewed.insert(digest, case_id);
    }
    let data = FootageData {
        format: FORMAT,
        made_by: format!("gridwarden {}", env!("CARGO_PKG_VERSION")),
        district,
        case_id,
        request_id: row.request.request_id,
        node: &row.node,
        camera: &row.request.camera,
        asked: RecordingSpan { from: row.request.from, to: row.request.to },
        shown,
        clock: result.clock,
        masks: &result.masks,
        holes: &result.holes,
        answered_at: row.result_at,
        files,
    };
    let mut json = serde_json::to_vec_pretty(&data)
        .map_err(|reason| PackageError::Manifest { case_id, reason })?;
    json.push(b'\n');
    members.insert(FOOTAGE.to_owned(), Member::text(json));
    Ok(Some(sealed(case_id, members, viewed, key)))
}

fn name(file: &EvidenceData) -> Option<&'static str> {
    match file.role.as_str() {
        "playback" => Some("clip.mp4"),
        "filmstrip" => Some("filmstrip.jpg"),
        _ => None,
    }
}
