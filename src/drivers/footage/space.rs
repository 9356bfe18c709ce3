//! How much room a file system has.

use std::{io, path::Path};

/// Bytes that this user may still write.
pub fn free_bytes(dir: &Path) -> io::Result<u64> {
    let facts = rustix::fs::statvfs(dir)?;
    Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
}

/// Bytes in all, used or not.
pub fn total_bytes(dir: &Path) -> io::Result<u64> {
    let facts = rustix::fs::statvfs(dir)?;
    Ok(facts.f_blocks.saturating_mul(facts.f_frsize))
}
