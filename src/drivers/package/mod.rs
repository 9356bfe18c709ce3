//! Packages on disk, read for checking: a folder or a zip. Nothing is unpacked or written.
//!
//! Leaves: [`Found`], with what had to be refused as faults of it. Sizes are bounded before anything
//! is read; texts are held whole, pictures pass through a buffer.

mod folder;
mod zip;

pub use folder::read_folder;
pub use zip::read_zip;

use crate::{
    base::hex::hex,
    domain::package::{
        KEY, MANIFEST, SIGNATURE, SUMS, TEXT_BYTES_MAX,
        check::{Fault, FaultKind, Found, FoundFile},
    },
};
use sha2::{Digest, Sha256};
use std::io::{self, Read};

const BUFFER_BYTES: usize = 256 * 1024;

/// Reads one file to its end: its digest, its CRC-32 and, where asked for, its bytes.
fn read_file(
    found: &mut Found,
    name: &str,
    bytes: u64,
    mut from: impl Read,
) -> io::Result<Option<u32>> {
    let is_text = matches!(name, MANIFEST | KEY | SUMS | SIGNATURE);
    if is_text && bytes > TEXT_BYTES_MAX {
        let reason = format!("it has {bytes} bytes; allowed: {TEXT_BYTES_MAX}");
        found.faults.push(Fault::new(name, FaultKind::Unreadable, reason));
        return Ok(None);
    }
    let (mut sha256, mut crc32, mut read_bytes) = (Sha256::new(), crc32fast::Hasher::new(), 0);
    let mut text = Vec::new();
    let mut buffer =
        vec![0; BUFFER_BYTES.min(usize::try_from(bytes).unwrap_or(BUFFER_BYTES).max(1))];
    let mut from = from.by_ref().take(bytes);
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        sha256.update(&buffer[..read]);
        crc32.update(&buffer[..read]);
        read_bytes += read as u64;
        if is_text {
            text.extend(&buffer[..read]);
        }
    }
    let file = FoundFile { bytes: read_bytes, sha256: hex(&sha256.finalize()) };
    match name {
        SUMS => found.sums = Some(text),
        SIGNATURE => found.signature = Some(text),
        _ => {
            match name {
                MANIFEST => found.manifest = Some(text),
                KEY => found.key = Some(text),
                _ => {}
            }
            found.files.insert(name.to_owned(), file);
        }
    }
    Ok(Some(crc32.finalize()))
}
