//! The one form of a zip that is written and read here: entries stored, ordered by name, one after
//! the other, no times, no extra fields, no comment, no 64-bit extension.
//!
//! ```text
//! [header name content] ... [directory row name] ... [end]
//! ```
//!
//! Any other form is refused, though other programs may read it: only so does every byte count. Names,
//! sizes and checksums stand twice and must agree, contents have their digests, and the rest is fixed.
//! Stored entries cannot be bombs. Sizes in bytes.

use super::{BadName, ENTRIES_MAX, NAME_BYTES_MAX, TOTAL_BYTES_MAX, check_name};

const HEADER_MAGIC: u32 = 0x0403_4b50;
const ROW_MAGIC: u32 = 0x0201_4b50;
const END_MAGIC: u32 = 0x0605_4b50;
pub const HEADER_BYTES: u64 = 30;
const ROW_BYTES: usize = 46;
pub const END_BYTES: u64 = 22;
/// 2.0: what readers need for stored files.
const VERSION: u16 = 20;
/// 1980-01-01, the first day that the format knows.
const DATE: u16 = 0x21;
/// Where in a row of the directory the fields stand that are looked at for their own sake.
const ROW_FLAGS: usize = 8;
const ROW_METHOD: usize = 10;
const ROW_CRC: usize = 16;
const ROW_SIZE: usize = 24;
const ROW_NAME_LENGTH: usize = 28;
const ROW_EXTRA_LENGTHS: usize = 30;

/// One entry, in the order of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipEntry {
    pub name: String,
    pub bytes: u32,
    pub crc32: u32,
}

/// Why an archive is none of this form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadZip {
    #[error("it has {bytes} bytes; allowed: {END_BYTES} to {TOTAL_BYTES_MAX}")]
    Size { bytes: u64 },
    #[error("it does not end with a zip's end record: it was cut off, or is no zip of this form")]
    NoEnd,
    #[error("it says that it has {entries} entries; allowed: 1 to {ENTRIES_MAX}")]
    Entries { entries: usize },
    #[error("its directory is cut off or longer than its entries")]
    Directory,
    #[error("entry {name:?} is compressed or encrypted; entries of a package are stored")]
    NotStored { name: String },
    #[error("entry {name:?}: {reason}")]
    Name { name: String, reason: BadName },
    #[error("entry {name:?} is there twice")]
    Twice { name: String },
    #[error("entry {name:?} is out of order")]
    Order { name: String },
    #[error("its entries and its directory do not fill it")]
    Gaps,
    #[error("entry {name:?}: its header differs from the directory")]
    Header { name: String },
    #[error("entry {name:?}: its content has another CRC-32 than the directory says")]
    Crc32 { name: String },
}

/// What the end record says, once it has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub entries: usize,
    pub directory_at: u64,
    pub directory_bytes: u64,
}

fn put16(to: &mut Vec<u8>, value: u16) {
    to.extend(value.to_le_bytes());
}

fn put32(to: &mut Vec<u8>, value: u32) {
    to.extend(value.to_le_bytes());
}

/// What header and row share.
fn put_common(to: &mut Vec<u8>, entry: &ZipEntry) {
    put16(to, VERSION);
    put16(to, 0); // flags
    put16(to, 0); // stored
    put16(to, 0); // midnight
    put16(to, DATE);
    put32(to, entry.crc32);
    put32(to, entry.bytes);
    put32(to, entry.bytes);
    // Names are checked against a bound far below this.
    put16(to, u16::try_from(entry.name.len()).unwrap_or(u16::MAX));
    put16(to, 0); // extra fields
}

/// What stands before the content of an entry.
pub fn header(entry: &ZipEntry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES as usize + entry.name.len());
    put32(&mut bytes, HEADER_MAGIC);
    put_common(&mut bytes, entry);
    bytes.extend(entry.name.as_bytes());
    bytes
}

/// What stands behind the contents: the directory and the end record.
pub fn trailer(entries: &[ZipEntry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0_u64;
    for entry in entries {
        put32(&mut bytes, ROW_MAGIC);
        put16(&mut bytes, VERSION);
        put_common(&mut bytes, entry);
        put16(&mut bytes, 0); // comment
        put16(&mut bytes, 0); // disk
        put16(&mut bytes, 0); // attributes of its content
        put32(&mut bytes, 0); // attributes of its file
        put32(&mut bytes, u32::try_from(at).unwrap_or(u32::MAX));
        bytes.extend(entry.name.as_bytes());
        at += length(entry);
    }
    let end = End { entries: entries.len(), directory_at: at, directory_bytes: bytes.len() as u64 };
    bytes.extend(end_record(end));
    bytes
}

/// Of one entry with its header.
pub fn length(entry: &ZipEntry) -> u64 {
    HEADER_BYTES + entry.name.len() as u64 + u64::from(entry.bytes)
}

/// Of the whole archive.
pub fn total(entries: &[ZipEntry]) -> u64 {
    let rows: usize = entries.iter().map(|entry| ROW_BYTES + entry.name.len()).sum();
    entries.iter().map(length).sum::<u64>() + rows as u64 + END_BYTES
}

fn end_record(end: End) -> Vec<u8> {
    let entries = u16::try_from(end.entries).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(END_BYTES as usize);
    put32(&mut bytes, END_MAGIC);
    put16(&mut bytes, 0); // this disk
    put16(&mut bytes, 0); // the disk of the directory
    put16(&mut bytes, entries);
    put16(&mut bytes, entries);
    put32(&mut bytes, u32::try_from(end.directory_bytes).unwrap_or(u32::MAX));
    put32(&mut bytes, u32::try_from(end.directory_at).unwrap_or(u32::MAX));
    put16(&mut bytes, 0); // comment
    bytes
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Reads the last [`END_BYTES`] of an archive of `total` bytes.
pub fn read_end(last: &[u8], total: u64) -> Result<End, BadZip> {
    if !(END_BYTES..=TOTAL_BYTES_MAX).contains(&total) {
        return Err(BadZip::Size { bytes: total });
    }
    let read = || {
        Some(End {
            entries: usize::from(u16_at(last, 10)?),
            directory_bytes: u64::from(u32_at(last, 12)?),
            directory_at: u64::from(u32_at(last, 16)?),
        })
    };
    let end = read().filter(|end| last == end_record(*end)).ok_or(BadZip::NoEnd)?;
    if !(1..=ENTRIES_MAX).contains(&end.entries) {
        return Err(BadZip::Entries { entries: end.entries });
    }
    if end.directory_at + end.directory_bytes + END_BYTES != total {
        return Err(BadZip::Gaps);
    }
    let widest = end.entries * (ROW_BYTES + NAME_BYTES_MAX);
    if end.directory_bytes > widest as u64 {
        return Err(BadZip::Directory);
    }
    Ok(end)
}

/// Reads the directory and the end record behind it.
pub fn read_trailer(bytes: &[u8], end: End) -> Result<Vec<ZipEntry>, BadZip> {
    let mut entries: Vec<ZipEntry> = Vec::new();
    let mut at = 0;
    for _ in 0..end.entries {
        let row = bytes.get(at..at + ROW_BYTES).ok_or(BadZip::Directory)?;
        let short = |field| u16_at(row, field).ok_or(BadZip::Directory);
        let long = |field| u32_at(row, field).ok_or(BadZip::Directory);
        let name_bytes = usize::from(short(ROW_NAME_LENGTH)?);
        let name = bytes.get(at + ROW_BYTES..at + ROW_BYTES + name_bytes);
        let name = String::from_utf8_lossy(name.ok_or(BadZip::Directory)?).into_owned();
        check_name(&name).map_err(|reason| BadZip::Name { name: shown(&name), reason })?;
        if short(ROW_FLAGS)? != 0 || short(ROW_METHOD)? != 0 {
            return Err(BadZip::NotStored { name });
        }
        if long(ROW_EXTRA_LENGTHS)? != 0 {
            return Err(BadZip::Directory);
        }
        match entries.last() {
            Some(last) if last.name == name => return Err(BadZip::Twice { name }),
            Some(last) if last.name > name => return Err(BadZip::Order { name }),
            _ => {}
        }
        let (crc32, bytes) = (long(ROW_CRC)?, long(ROW_SIZE)?);
        entries.push(ZipEntry { name, bytes, crc32 });
        at += ROW_BYTES + name_bytes;
    }
    if entries.iter().map(length).sum::<u64>() != end.directory_at {
        return Err(BadZip::Gaps);
    }
    if trailer(&entries) != bytes {
        return Err(BadZip::Directory);
    }
    Ok(entries)
}

fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> Vec<ZipEntry> {
        ["a.txt", "b.txt"]
            .map(|name| ZipEntry { name: name.to_owned(), bytes: 3, crc32: 7 })
            .to_vec()
    }

    fn read(entries: &[ZipEntry]) -> Result<Vec<ZipEntry>, BadZip> {
        let trailer = trailer(entries);
        let last = &trailer[trailer.len() - END_BYTES as usize..];
        read_trailer(&trailer, read_end(last, total(entries))?)
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&entries()), Ok(entries()));
        let header = header(&entries()[0]);
        assert_eq!(header.len() as u64 + 3, length(&entries()[0]));
        assert!(header.starts_with(b"PK\x03\x04") && header.ends_with(b"a.txt"));
    }

    #[test]
    fn names_that_lead_out_repeat_or_are_out_of_order_are_refused() {
        let named = |names: [&str; 2]| {
            names.map(|name| ZipEntry { name: name.to_owned(), bytes: 0, crc32: 0 })
        };
        let bad = read(&named(["../../etc/passwd", "a"]));
        assert!(matches!(bad, Err(BadZip::Name { reason: BadName::LeadsOut, .. })), "{bad:?}");
        assert_eq!(read(&named(["a", "a"])), Err(BadZip::Twice { name: "a".to_owned() }));
        assert_eq!(read(&named(["b", "a"])), Err(BadZip::Order { name: "a".to_owned() }));
    }

    #[test]
    fn an_entry_cannot_claim_more_than_is_there() {
        let mut huge = entries();
        huge[1].bytes = u32::MAX;
        let trailer = trailer(&huge);
        let last = &trailer[trailer.len() - END_BYTES as usize..];
        assert_eq!(read_end(last, total(&entries())), Err(BadZip::Gaps));
        assert_eq!(
            read_end(last, TOTAL_BYTES_MAX + 1),
            Err(BadZip::Size { bytes: TOTAL_BYTES_MAX + 1 })
        );
        let none = end_record(End { entries: 0, directory_at: 0, directory_bytes: 0 });
        assert_eq!(read_end(&none, END_BYTES), Err(BadZip::Entries { entries: 0 }));
    }

    #[test]
    fn every_bit_of_the_trailer_counts() {
        let whole = trailer(&entries());
        let total = total(&entries());
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                let last = &flipped[flipped.len() - END_BYTES as usize..];
                let read = read_end(last, total).and_then(|end| read_trailer(&flipped, end));
                // Names, sizes and checksums are held against the headers and the contents.
                assert_ne!(read, Ok(entries()), "byte {at} bit {bit}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_panic(
            rows in prop::collection::vec(any::<u8>(), 0..200),
            entries in 0_usize..6,
        ) {
            let end = End { entries, directory_at: 0, directory_bytes: rows.len() as u64 };
            let total = rows.len() as u64 + END_BYTES;
            let bytes = [&rows[..], &end_record(end)].concat();
            if let Ok(end) = read_end(&bytes[rows.len()..], total) {
                let _ = read_trailer(&bytes, end);
            }
            let _ = read_end(&rows, total);
        }
    }
}
