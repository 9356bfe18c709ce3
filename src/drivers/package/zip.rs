//! A package as a zip, read where it lies.

use super::read_file;
use crate::domain::package::{
    check::{Fault, FaultKind, Found},
    zip::{self, BadZip, END_BYTES, ZipEntry},
};
use std::io::{self, Read, Seek, SeekFrom};

/// Fails only where the disk does. An archive of another form is refused before its contents are read.
pub fn read_zip(mut from: impl Read + Seek) -> io::Result<Found> {
    let mut found = Found::default();
    let refuse = |bad: BadZip| Fault::new("", FaultKind::Unreadable, bad.to_string());
    let total = from.seek(SeekFrom::End(0))?;
    let entries = match directory(&mut from, total)? {
        Ok(entries) => entries,
        Err(bad) => {
            found.faults.push(refuse(bad));
            return Ok(found);
        }
    };
    from.rewind()?;
    for entry in &entries {
        let expected = zip::header(entry);
        let mut header = vec![0; expected.len()];
        from.read_exact(&mut header)?;
        if header != expected {
            let name = entry.name.clone();
            found.faults.push(Fault::new(
                &name,
                FaultKind::Altered,
                BadZip::Header { name: name.clone() }.to_string(),
            ));
        }
        let start = from.stream_position()?;
        let crc32 = read_file(&mut found, &entry.name, u64::from(entry.bytes), &mut from)?;
        if crc32.is_some_and(|crc32| crc32 != entry.crc32) {
            let name = entry.name.clone();
            found.faults.push(Fault::new(
                &name,
                FaultKind::Altered,
                BadZip::Crc32 { name: name.clone() }.to_string(),
            ));
        }
        from.seek(SeekFrom::Start(start + u64::from(entry.bytes)))?;
    }
    Ok(found)
}

fn directory(
    from: &mut (impl Read + Seek),
    total: u64,
) -> io::Result<Result<Vec<ZipEntry>, BadZip>> {
    let mut last = [0; END_BYTES as usize];
    if total < END_BYTES {
        return Ok(Err(BadZip::Size { bytes: total }));
    }
    from.seek(SeekFrom::Start(total - END_BYTES))?;
    from.read_exact(&mut last)?;
    let end = match zip::read_end(&last, total) {
        Ok(end) => end,
        Err(bad) => return Ok(Err(bad)),
    };
    from.seek(SeekFrom::Start(end.directory_at))?;
    // Bounded by what `read_end` allows.
    let mut trailer = Vec::new();
    from.take(end.directory_bytes + END_BYTES).read_to_end(&mut trailer)?;
    Ok(zip::read_trailer(&trailer, end))
}
