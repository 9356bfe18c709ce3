//! `gridwarden verify-package`: does an evidence package hold? Needs no hub and no network.
//!
//! Enters: a folder or a zip, and the public keys that are trusted. Leaves: what was checked, and each
//! fault with its file and reason. Exit code 0 only if there is no fault; the package is never
//! unpacked or changed.

use super::{BadInput, Ended};
use crate::{
    domain::package::{
        KEY, SIGNATURE, SUMS,
        check::{FaultKind, Found, Report, Signed, check},
    },
    drivers::{
        package::{read_folder, read_zip},
        signature::PublicKey,
    },
};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden verify-package --key package-key.pub.pem 019b76da-a800-7000-8000-000000000001.zip\nExit code 0: everything holds; 1: something does not; 2: the path or a key cannot be read."
)]
pub struct VerifyPackageArgs {
    /// Public key (PEM) of a hub that is trusted; may repeat. Without it the package is checked
    /// against the key that it brings along, which proves only that it is whole
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The package: a folder or a zip
    path: PathBuf,
}

pub fn run(args: &VerifyPackageArgs, mut out: impl Write) -> anyhow::Result<Ended> {
    let mut keys = Vec::new();
    for path in &args.keys {
        keys.push(read_key(path)?);
    }
    let report = verify_package(&args.path, &keys)?;
    if args.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        tell(&report, &mut out)?;
    }
    if report.key_known.is_none() && report.key_sha256.is_some() {
        tracing::warn!("no --key given: whoever altered the package could have signed it anew");
    }
    Ok(if report.holds { Ended::Done } else { Ended::Failed })
}

/// `keys`: the ones that are trusted; none: whichever key the package brings along.
pub fn verify_package(path: &Path, keys: &[PublicKey]) -> Result<Report, BadInput> {
    let unreadable = |error: io::Error| BadInput(format!("{}: {error}", path.display()));
    let kind = fs::metadata(path).map_err(unreadable)?;
    let found = if kind.is_dir() { read_folder(path) } else { File::open(path).and_then(read_zip) };
    let found = found.map_err(unreadable)?;
    Ok(judge(&found, keys))
}

/// What a reader found, its signature and all else.
pub fn judge(found: &Found, keys: &[PublicKey]) -> Report {
    check(found, &signed(found, keys))
}

fn read_key(path: &Path) -> anyhow::Result<PublicKey> {
    let bad = |reason: String| BadInput(format!("--key {}: {reason}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let expected = "expected: a public key as the hub shows it";
    Ok(PublicKey::from_pem(&text).map_err(|error| bad(format!("{error}; {expected}")))?)
}

fn signed(found: &Found, keys: &[PublicKey]) -> Signed {
    let no = |reason: String| Signed::No { reason };
    let Some(pem) = &found.key else { return no(format!("there is no {KEY} to check it with")) };
    let key = match PublicKey::from_pem(&String::from_utf8_lossy(pem)) {
        Ok(key) => key,
        Err(bad) => return no(format!("{KEY}: {bad}")),
    };
    let (Some(sums), Some(signature)) = (&found.sums, &found.signature) else {
        return no(format!("{SUMS} or {SIGNATURE} is not there"));
    };
    if !key.has_signed(sums, signature) {
        return no(format!("it is no signature of this {SUMS} by {KEY}"));
    }
    let known = (!keys.is_empty()).then(|| keys.contains(&key));
    Signed::By { key_sha256: key.fingerprint(), known }
}

fn tell(report: &Report, out: &mut impl Write) -> io::Result<()> {
    if let (Some(case_id), Some(made_by)) = (report.case_id, &report.made_by) {
        writeln!(out, "package of case {case_id}, made by {}", printable(made_by))?;
    }
    let holds = |kinds: &[FaultKind]| {
        let broken = report.faults.iter().any(|fault| kinds.contains(&fault.kind));
        if broken { "FAULT" } else { "ok" }
    };
    use FaultKind::{Altered, Chain, Extra, Manifest, Missing, Signature, UnknownKey, Unreadable};
    let files = holds(&[Missing, Extra, Altered, Unreadable]);
    writeln!(
        out,
        "{files:<6}{} files, {} bytes: all there, none more, digests",
        report.files, report.bytes
    )?;
    let key = report.key_sha256.as_deref().unwrap_or("none");
    writeln!(out, "{:<6}signed by key {key}", holds(&[Signature]))?;
    match report.key_known {
        Some(_) => writeln!(out, "{:<6}that key is one of those given", holds(&[UnknownKey]))?,
        None => writeln!(out, "{:<6}that key was compared with none: give --key", "-")?,
    }
    writeln!(out, "{:<6}manifest and files agree", holds(&[Manifest]))?;
    for chain in &report.chains {
        let (case_id, entries, head) = (chain.case_id, chain.entries, &chain.head);
        writeln!(out, "ok    history of {case_id}: {entries} entries, head {head}")?;
    }
    if holds(&[Chain]) != "ok" || report.chains.is_empty() {
        writeln!(out, "FAULT history")?;
    }
    for fault in &report.faults {
        let file = if fault.file.is_empty() { "the package" } else { &fault.file };
        writeln!(out, "  {}: {}", printable(file), printable(&fault.reason))?;
    }
    writeln!(out, "{}", if report.holds { "HOLDS" } else { "DOES NOT HOLD" })
}

/// Names of a hostile package must not move the cursor of whoever reads the report.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
