//! The evidence package of a case, made from the register and the files on disk.
//!
//! Enters: a case id and the hub's key. Leaves: a [`Package`], whose length is known before its first
//! byte, as a stream of zip bytes or as a folder. Pictures pass through a buffer, twice: once to check
//! them against their digests, once to send them.
//!
//! Failure: a broken chain is never signed; a picture that cannot be given is named with the reason.

use crate::{
    domain::{
        case::audit::{self, BrokenChain},
        ids::{CaseId, DistrictId},
        package::{
            KEY, MANIFEST, PAGE, SIGNATURE, SUMS, TOTAL_BYTES_MAX, file_name,
            manifest::{
                Basis, CaseData, CaseRecord, DayRecord, EvidenceRecord, FRAMES_ROLE, FactRecord,
                LeftOut, LookRecord, Manifest,
            },
            page,
            sums::{self, Sums},
            zip::{self, ZipEntry},
        },
        verdict::measured::Measured,
        wire::CameraData,
    },
    drivers::{
        evidence::files::{Digest256, EvidenceFiles, FilesError},
        signature::SigningKey,
        store::{
            StoreError,
            hub::{Access, AccessKind, CaseFile, CaseRow, NamedFile, SealedDay},
        },
    },
    roles::hub::register::Register,
};
use axum::body::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    io,
};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

pub mod footage;

const READ_BYTES: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("there is no case {0}")]
    NotFound(CaseId),
    #[error("the history of case {case_id} is not as it was written: {broken}; it is not signed")]
    Chain { case_id: CaseId, broken: BrokenChain },
    #[error("the files of case {case_id} have {bytes} bytes; allowed: {TOTAL_BYTES_MAX}")]
    TooLarge { case_id: CaseId, bytes: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("the manifest of case {case_id} cannot be written: {reason}")]
    Manifest { case_id: CaseId, reason: serde_json::Error },
}

/// A package that is known to its last byte.
pub struct Package {
    pub case_id: CaseId,
    /// By name.
    members: BTreeMap<String, Member>,
    /// Evidence files in it, each with a case that names it.
    shown: BTreeMap<Digest256, CaseId>,
}

struct Member {
    bytes: u32,
    crc32: u32,
    sha256: Digest256,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Text(Bytes),
    /// Held by the evidence store.
    Evidence(Digest256),
}

/// An evidence file, read once to its end.
#[derive(Clone, Copy)]
struct Examined {
    bytes: u64,
    crc32: u32,
}

/// Reads everything, checks it, and signs.
pub async fn assemble(
    register: &Register,
    district: &DistrictId,
    key: &SigningKey,
    case_id: CaseId,
) -> Result<Package, PackageError> {
    let held = register.store.case_files(case_id).await?;
    if held.is_empty() {
        return Err(PackageError::NotFound(case_id));
    }
    let mut packing = Packing::default();
    let mut records = Vec::new();
    for file in held {
        records.push(packing.record(&register.files, file).await?);
    }
    let bytes = packing.examined.values().flatten().map(|one| one.bytes).sum();
    // The texts beside the pictures stay far below the margin of this bound.
    if bytes > TOTAL_BYTES_MAX {
        return Err(PackageError::TooLarge { case_id, bytes });
    }
    let fingerprint = key.public().fingerprint();
    let manifest = Manifest::new(district.clone(), case_id, fingerprint, records);
    let mut members = packing.members();
    let mut json = serde_json::to_vec_pretty(&manifest)
        .map_err(|reason| PackageError::Manifest { case_id, reason })?;
    json.push(b'\n');
    for (name, text) in [(MANIFEST, json), (PAGE, page::render(&manifest).into_bytes())] {
        members.insert(name.to_owned(), Member::text(text));
    }
    Ok(sealed(case_id, members, packing.shown, key))
}

/// Adds the key, the list of digests and its signature.
fn sealed(
    case_id: CaseId,
    mut members: BTreeMap<String, Member>,
    shown: BTreeMap<Digest256, CaseId>,
    key: &SigningKey,
) -> Package {
    members.insert(KEY.to_owned(), Member::text(key.public().to_pem().into_bytes()));
    let list: Sums =
        (members.iter()).map(|(name, member)| (name.clone(), member.sha256.to_string())).collect();
    let list = sums::write(&list).into_bytes();
    members.insert(SIGNATURE.to_owned(), Member::text(key.sign(&list).to_vec()));
    members.insert(SUMS.to_owned(), Member::text(list));
    Package { case_id, members, shown }
}

#[derive(Default)]
struct Packing {
    /// `None`: not to be given, since its bytes are not those of its name.
    examined: BTreeMap<Digest256, Option<Examined>>,
    names: BTreeMap<String, Digest256>,
    shown: BTreeMap<Digest256, CaseId>,
    /// Made here, by name.
    tables: BTreeMap<String, Vec<u8>>,
}

impl Packing {
    async fn record(
        &mut self,
        files: &EvidenceFiles,
        held: CaseFile,
    ) -> Result<CaseRecord, PackageError> {
        let case_id = held.case.case_id;
        let chain_head = audit::check(case_id, held.case.version, &held.chain)
            .map_err(|broken| PackageError::Chain { case_id, broken })?;
        let facts: Vec<FactRecord> = (held.facts.into_iter())
            .map(|fact| FactRecord {
                writer: fact.writer,
                received_at: fact.received_at,
                data: fact.data,
            })
            .collect();
        let mut evidence = Vec::new();
        for named in held.evidence {
            evidence.push(self.evidence(files, case_id, named).await?);
        }
        let mut looks = Vec::new();
        for look in held.looks {
            let (verdict, measured, photographs) = match look.result {
                Some(result) => (Some(result.verdict), result.measured, result.photographs),
                None => (None, None, Vec::new()),
            };
            let measured = measured.map(|measured| {
                evidence.push(self.table(look.request.request_id, &measured));
                Measured { frames: Vec::new(), ..*measured }
            });
            looks.push(LookRecord {
                node: look.node,
                round: look.round,
                try_number: look.try_number,
                requested_at: look.requested_at,
                request: look.request,
                answered_at: look.result_at,
                verdict,
                measured,
                photographs,
            });
        }
        Ok(CaseRecord {
            case: case_data(held.case),
            basis: Basis::of(&facts, &looks, held.calibration_id),
            facts,
            history: held.chain,
            chain_head,
            days: held.days.into_iter().map(day_record).collect(),
            looks,
            evidence,
        })
    }

    async fn evidence(
        &mut self,
        files: &EvidenceFiles,
        case_id: CaseId,
        named: NamedFile,
    ) -> Result<EvidenceRecord, PackageError> {
        let file = named.evidence;
        let placed = match file.sha256.parse::<Digest256>() {
            _ if !named.masked => Err(LeftOut::NotMasked),
            Ok(digest) if named.complete => self.examine(files, &digest).await?.map(|()| digest),
            _ => Err(LeftOut::NotHeld),
        };
        let (name, left_out) = match placed {
            Ok(digest) => {
                let name = file_name(digest.as_str(), &file.media_type);
                self.shown.entry(digest.clone()).or_insert(case_id);
                self.names.insert(name.clone(), digest);
                (Some(name), None)
            }
            Err(left_out) => (None, Some(left_out)),
        };
        Ok(EvidenceRecord {
            role: file.role,
            sha256: file.sha256,
            media_type: file.media_type,
            width_px: file.width_px,
            height_px: file.height_px,
            captured_at: file.captured_at,
            request_id: named.request_id,
            file: name,
            left_out,
        })
    }

    /// What a look measured, frame by frame.
    fn table(&mut self, request_id: Uuid, measured: &Measured) -> EvidenceRecord {
        let csv = measured.csv().into_bytes();
        let (sha256, media_type) = (Digest256::of(&csv).to_string(), "text/csv");
        let name = file_name(&sha256, media_type);
        self.tables.insert(name.clone(), csv);
        EvidenceRecord {
            role: FRAMES_ROLE.to_owned(),
            sha256,
            media_type: media_type.to_owned(),
            width_px: measured.frame_px[0],
            height_px: measured.frame_px[1],
            captured_at: measured.answered_at,
            request_id: Some(request_id.to_string()),
            file: Some(name),
            left_out: None,
        }
    }

    /// Is it what its name says?
    async fn examine(
        &mut self,
        files: &EvidenceFiles,
        digest: &Digest256,
    ) -> Result<Result<(), LeftOut>, PackageError> {
        let examined = match self.examined.entry(digest.clone()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(examine(files, digest).await?),
        };
        Ok(examined.map(|_| ()).ok_or(LeftOut::Damaged))
    }

    fn members(&self) -> BTreeMap<String, Member> {
        let member = |(name, digest): (&String, &Digest256)| {
            let examined = self.examined.get(digest).copied().flatten()?;
            let member = Member {
                bytes: u32::try_from(examined.bytes).unwrap_or(u32::MAX),
                crc32: examined.crc32,
                sha256: digest.clone(),
                content: Content::Evidence(digest.clone()),
            };
            Some((name.clone(), member))
        };
        let tables =
            self.tables.iter().map(|(name, csv)| (name.clone(), Member::text(csv.clone())));
        self.names.iter().filter_map(member).chain(tables).collect()
    }
}

/// `None` if its bytes are not those of its name.
async fn examine(
    files: &EvidenceFiles,
    digest: &Digest256,
) -> Result<Option<Examined>, PackageError> {
    let mut file = files.read(digest, 0).await?;
    let mut crc32 = crc32fast::Hasher::new();
    let mut hashing = Digest256::hashing();
    let (mut bytes, mut buffer) = (0, vec![0; READ_BYTES]);
    loop {
        let read = file.read(&mut buffer).await.map_err(|error| {
            tracing::error!(%digest, %error, "an evidence file cannot be read");
            error
        });
        let Ok(read) = read else { return Ok(None) };
        if read == 0 {
            break;
        }
        crc32.update(&buffer[..read]);
        hashing.update(&buffer[..read]);
        bytes += read as u64;
    }
    if hashing.finish() != *digest {
        tracing::error!(%digest, "an evidence file has other bytes than its name says");
        return Ok(None);
    }
    Ok(Some(Examined { bytes, crc32: crc32.finalize() }))
}

impl Member {
    fn text(text: Vec<u8>) -> Self {
        Self {
            bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
            crc32: crc32fast::hash(&text),
            sha256: Digest256::of(&text),
            content: Content::Text(text.into()),
        }
    }
}

impl Package {
    fn entries(&self) -> Vec<ZipEntry> {
        let entry = |(name, member): (&String, &Member)| ZipEntry {
            name: name.clone(),
            bytes: member.bytes,
            crc32: member.crc32,
        };
        self.members.iter().map(entry).collect()
    }

    /// Of the zip.
    pub fn zip_bytes(&self) -> u64 {
        zip::total(&self.entries())
    }

    /// What is to be written to the access log before the first byte leaves.
    pub fn accesses(
        &self,
        register: &Register,
        who: &str,
        unit: Option<&str>,
        why: &str,
    ) -> Vec<Access> {
        let entry = |(digest, case_id): (&Digest256, &CaseId)| Access {
            case_id: Some(*case_id),
            sha256: Some(digest.to_string()),
            why: why.to_owned(),
            detail: "package".to_owned(),
            ..register.access(AccessKind::Export, who, unit)
        };
        self.shown.iter().map(entry).collect()
    }

    /// The contents of each file, by name.
    pub fn into_files(
        self,
        files: EvidenceFiles,
    ) -> impl Iterator<Item = (String, impl Stream<Item = io::Result<Bytes>>)> {
        self.members
            .into_iter()
            .map(move |(name, member)| (name, content(files.clone(), member.content)))
    }

    /// The zip, [`Self::zip_bytes`] long.
    pub fn into_zip(self, files: EvidenceFiles) -> impl Stream<Item = io::Result<Bytes>> {
        let entries = self.entries();
        let trailer = Bytes::from(zip::trailer(&entries));
        let headers = entries.into_iter().map(|entry| Bytes::from(zip::header(&entry)));
        let parts = headers.zip(self.members.into_values()).map(move |(header, member)| {
            Ok::<_, io::Error>(stream::StreamExt::chain(
                once(header),
                content(files.clone(), member.content),
            ))
        });
        stream::StreamExt::chain(stream::iter(parts).try_flatten(), once(trailer))
    }
}

fn once(bytes: Bytes) -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter([Ok(bytes)])
}

fn content(files: EvidenceFiles, content: Content) -> impl Stream<Item = io::Result<Bytes>> {
    let opened = async move {
        Ok::<_, io::Error>(match content {
            Content::Text(text) => (Some(text), None),
            Content::Evidence(digest) => {
                let file = files.read(&digest, 0).await.map_err(io::Error::other)?;
                (None, Some(file))
            }
        })
    };
    stream::TryStreamExt::try_flatten(stream::once(opened).map_ok(|(text, file)| {
        stream::StreamExt::chain(
            stream::iter(text.map(Ok)),
            stream::try_unfold(file, |file| async move {
                let Some(mut file) = file else { return Ok(None) };
                let mut chunk = vec![0; READ_BYTES];
                let read = file.read(&mut chunk).await?;
                chunk.truncate(read);
                Ok((read > 0).then(|| (Bytes::from(chunk), Some(file))))
            }),
        )
    }))
}

fn day_record(day: SealedDay) -> DayRecord {
    let SealedDay { root, inclusion } = day;
    DayRecord { day: root.day.to_string(), root: root.root, inclusion }
}

fn case_data(case: CaseRow) -> CaseData {
    CaseData {
        case_id: case.case_id,
        version: case.version,
        state: case.state.to_string(),
        stage: case.stage().to_string(),
        event: case.event,
        pattern: case.pattern,
        camera: case.camera.map(|camera| CameraData {
            id: camera.id,
            node: camera.node,
            gb28181_id: None,
        }),
        zone: case.zone.map(|zone| zone.to_string()),
        place: case.place,
        first_seen_at: case.first_seen_at,
        confirmed_at: case.confirmed_at,
        last_seen_at: case.last_seen_at,
        gone_at: case.gone_at,
        disposed_at: case.disposed_at,
        received_at: case.received_at,
        dwell_secs: case.dwell_secs,
        count: case.count,
        score: case.score,
        source: case.source,
        external_no: case.external_no,
        priority: case.priority,
        suspected: case.suspected,
        component_id: case.component_id,
        merged_into: case.merged_into,
        rework_count: case.rework_count,
    }
}
