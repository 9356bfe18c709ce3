//! What must hold of a package: nothing missing, nothing more, every digest, the signature, every
//! chain, and what the manifest says of its own files.
//!
//! Enters: what a reader found. Leaves: a [`Report`]; it holds exactly if it has no fault.

use super::{
    FILES, FOOTAGE, FORMAT, KEY, MANIFEST, PAGE, SIGNATURE, SUMS,
    manifest::DayRecord,
    sums::{self, Sums},
};
use crate::domain::{
    case::audit::{self, ChainedEntry, GENESIS},
    ids::CaseId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a reader found: digests of all files, and the texts whole.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// By name, without the list and its signature.
    pub files: BTreeMap<String, FoundFile>,
    pub manifest: Option<Vec<u8>>,
    pub key: Option<Vec<u8>>,
    pub sums: Option<Vec<u8>>,
    pub signature: Option<Vec<u8>>,
    /// What the reader itself had to refuse.
    pub faults: Vec<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    pub bytes: u64,
    pub sha256: String,
}

/// What the signature turned out to be; cryptography is the caller's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// By the key of the package. `known`: whether it is one that the checker was given; `None` if it
    /// was given none.
    By { key_sha256: String, known: Option<bool> },
    /// By no key, or by another one than that of the package.
    No { reason: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    Missing,
    Extra,
    Altered,
    Signature,
    UnknownKey,
    Chain,
    Manifest,
    Unreadable,
}

/// One thing that does not hold. `file` is empty where it is the package itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub file: String,
    pub kind: FaultKind,
    pub reason: String,
}

impl Fault {
    pub fn new(file: impl Into<String>, kind: FaultKind, reason: impl Into<String>) -> Self {
        Self { file: file.into(), kind, reason: reason.into() }
    }
}

/// The chain of one case of the package, whole and unbroken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    pub case_id: CaseId,
    pub entries: usize,
    pub head: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub holds: bool,
    pub case_id: Option<CaseId>,
    pub made_by: Option<String>,
    pub files: usize,
    pub bytes: u64,
    /// Of the key that signed, if it did.
    pub key_sha256: Option<String>,
    /// Absent where no key was given to compare with.
    pub key_known: Option<bool>,
    pub chains: Vec<ChainReport>,
    pub faults: Vec<Fault>,
}

/// As much of the manifest as is checked; later versions may add to the rest.
#[derive(Deserialize)]
struct Outline {
    format: u32,
    made_by: String,
    case_id: CaseId,
    key_sha256: String,
    cases: Vec<CaseOutline>,
}

#[derive(Deserialize)]
struct CaseOutline {
    case: CaseVersion,
    history: Vec<ChainedEntry>,
    chain_head: String,
    #[serde(default)]
    days: Vec<DayRecord>,
    evidence: Vec<EvidenceOutline>,
}

#[derive(Deserialize)]
struct CaseVersion {
    case_id: CaseId,
    version: i64,
}

#[derive(Deserialize)]
struct EvidenceOutline {
    sha256: String,
    file: Option<String>,
}

pub fn check(found: &Found, signed: &Signed) -> Report {
    let mut report = Report {
        holds: false,
        case_id: None,
        made_by: None,
        files: found.files.len(),
        bytes: found.files.values().map(|file| file.bytes).sum(),
        key_sha256: None,
        key_known: None,
        chains: Vec::new(),
        faults: found.faults.clone(),
    };
    match &found.sums {
        None => report.faults.push(missing(SUMS)),
        Some(bytes) => match sums::parse(bytes) {
            Ok(sums) => compare(found, &sums, &mut report.faults),
            Err(bad) => report.faults.push(Fault::new(SUMS, FaultKind::Altered, bad.to_string())),
        },
    }
    if found.signature.is_none() {
        report.faults.push(missing(SIGNATURE));
    }
    match signed {
        Signed::By { key_sha256, known } => {
            if *known == Some(false) {
                let reason = format!("signed by key {key_sha256}, which is none of those given");
                report.faults.push(Fault::new(KEY, FaultKind::UnknownKey, reason));
            }
            (report.key_sha256, report.key_known) = (Some(key_sha256.clone()), *known);
        }
        Signed::No { reason } => {
            report.faults.push(Fault::new(SIGNATURE, FaultKind::Signature, reason));
        }
    }
    // Of an altered manifest nothing counts; a missing one has been said.
    let altered = report.faults.iter().any(|fault| fault.file == MANIFEST);
    let manifest = found.manifest.as_deref().filter(|_| !altered);
    match manifest.map(serde_json::from_slice::<Outline>) {
        None => {}
        Some(Ok(outline)) => check_manifest(found, &outline, &mut report),
        Some(Err(error)) => report.faults.push(Fault::new(
            MANIFEST,
            FaultKind::Manifest,
            format!("it is no manifest of format {FORMAT}: {error}"),
        )),
    }
    report.holds = report.faults.is_empty();
    report
}

fn missing(name: &str) -> Fault {
    Fault::new(name, FaultKind::Missing, "it is not there")
}

fn compare(found: &Found, sums: &Sums, faults: &mut Vec<Fault>) {
    let only_footage = sums.contains_key(FOOTAGE) && !sums.contains_key(MANIFEST);
    let needed: &[&str] = if only_footage { &[FOOTAGE, KEY] } else { &[MANIFEST, PAGE, KEY] };
    for &name in needed {
        if !sums.contains_key(name) {
            faults.push(Fault::new(name, FaultKind::Missing, format!("{SUMS} does not name it")));
        }
    }
    for (name, sha256) in sums {
        match found.files.get(name) {
            None => faults.push(missing(name)),
            Some(file) if file.sha256 != *sha256 => {
                let reason = format!("its digest is {}, and {SUMS} says {sha256}", file.sha256);
                faults.push(Fault::new(name, FaultKind::Altered, reason));
            }
            Some(_) => {}
        }
    }
    for name in found.files.keys().filter(|name| !sums.contains_key(*name)) {
        faults.push(Fault::new(name, FaultKind::Extra, format!("{SUMS} does not name it")));
    }
}

/// The history up to an entry is the one that the day's root was made of.
fn under_its_root(case: &CaseOutline, day: &DayRecord) -> Result<(), &'static str> {
    let chain = &day.inclusion.chain;
    let covered = case.history.iter().filter(|chained| chained.entry.number <= chain.number);
    let head = covered.fold(GENESIS.to_owned(), |head, one| audit::link(&head, &one.entry));
    if chain.case_id != case.case.case_id || head != chain.head {
        return Err("the root is of another history");
    }
    if day.inclusion.root().as_ref() != Some(&day.root) {
        return Err("the way does not lead to the root");
    }
    Ok(())
}

fn check_manifest(found: &Found, outline: &Outline, report: &mut Report) {
    report.case_id = Some(outline.case_id);
    report.made_by = Some(outline.made_by.clone());
    let mut say = |kind, reason: String| report.faults.push(Fault::new(MANIFEST, kind, reason));
    if outline.format != FORMAT {
        let reason = format!("format = {}; allowed: {FORMAT}", outline.format);
        say(FaultKind::Manifest, reason);
    }
    if report.key_sha256.as_ref().is_some_and(|signer| *signer != outline.key_sha256) {
        let reason = format!("key_sha256 = {}, and another key signed", outline.key_sha256);
        say(FaultKind::Signature, reason);
    }
    if outline.cases.first().map(|first| first.case.case_id) != Some(outline.case_id) {
        say(FaultKind::Manifest, "cases[0] is not the case of the package".to_owned());
    }
    let mut named = BTreeSet::new();
    for case in &outline.cases {
        let case_id = case.case.case_id;
        match audit::check(case_id, case.case.version, &case.history) {
            Ok(head) if head == case.chain_head => {
                let entries = case.history.len();
                report.chains.push(ChainReport { case_id, entries, head });
            }
            Ok(_) => say(FaultKind::Chain, format!("case {case_id}: chain_head is another")),
            Err(broken) => say(FaultKind::Chain, format!("case {case_id}: {broken}")),
        }
        for day in &case.days {
            if let Err(reason) = under_its_root(case, day) {
                say(FaultKind::Chain, format!("case {case_id}: day {}: {reason}", day.day));
            }
        }
        for picture in case.evidence.iter() {
            let Some(name) = &picture.file else { continue };
            named.insert(name);
            match found.files.get(name) {
                Some(file) if file.sha256 == picture.sha256 => {}
                Some(_) => say(
                    FaultKind::Manifest,
                    format!("{name} is not the file {} that it stands for", picture.sha256),
                ),
                None => say(FaultKind::Manifest, format!("{name} is named and not there")),
            }
        }
    }
    for name in found.files.keys().filter(|name| name.starts_with(FILES)) {
        if !named.contains(name) {
            say(FaultKind::Manifest, format!("{name} belongs to no evidence of the case"));
        }
    }
}
