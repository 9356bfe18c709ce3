//! Reads a segment's structure: where its frames lie, and how much of it is whole.
//!
//! Enters: a file of [`muxer`](super::muxer), at any moment of its writing, cut off or damaged. Leaves:
//! the header's facts and every whole frame before the first byte that makes no sense. Only headers
//! are read, one small read a frame: a minute at 25 fps costs 1,500 of them, about a millisecond.

use std::{fs::File, io, os::unix::fs::FileExt, time::Duration};

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TIME_SCALE: u32 = 0x2A_D7B1;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK: u32 = 0xAE;
const CODEC: u32 = 0x86;
const CODEC_PRIVATE: u32 = 0x63A2;
const VIDEO: u32 = 0xE0;
const WIDTH: u32 = 0xB0;
const HEIGHT: u32 = 0xBA;
const CLUSTER: u32 = 0x1F43_B675;
const CLUSTER_TIME: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const REFERENCE: u32 = 0xFB;
/// Elements between the frames that say nothing new: void, checksum, position, previous size, seek
/// head, tags, cues.
const PASSED_OVER: [u32; 7] = [0xEC, 0xBF, 0xA7, 0xAB, 0x114D_9B74, 0x1254_C367, 0x1C53_BB6B];

/// Longer headers than a camera's are damage.
const HEADER_BYTES_MAX: u64 = 1 << 20;
const BLOCK_HEADER_BYTES: u64 = 4;
const FRAME_DURATION: Duration = Duration::from_millis(40);

/// What the frames are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// Matroska's name of the codec, for example `V_MPEG4/ISO/AVC`.
    pub codec: String,
    pub codec_private: Vec<u8>,
    pub width_px: u32,
    pub height_px: u32,
}

/// One access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Since the file's first frame.
    pub time: Duration,
    pub is_key: bool,
    /// The frame's bytes.
    pub begins: u64,
    pub ends: u64,
    /// Where its cluster begins.
    pub cluster: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Scan {
    pub header: Header,
    /// In the order of writing.
    pub units: Vec<Unit>,
    /// Where the first cluster begins.
    pub header_bytes: u64,
    /// End of the last whole frame.
    pub whole_bytes: u64,
    pub file_bytes: u64,
}

impl Scan {
    pub fn is_whole(&self) -> bool {
        self.whole_bytes == self.file_bytes && !self.units.is_empty()
    }

    /// End of the last frame, which lasts as long as the one before it.
    pub fn length(&self) -> Duration {
        let mut times: Vec<_> = self.units.iter().map(|unit| unit.time).collect();
        times.sort();
        match times[..] {
            [] => Duration::ZERO,
            [only] => only + FRAME_DURATION,
            [.., before, last] => last + (last - before),
        }
    }

    /// Indices of the units for an interval: from the key frame at or before `from` to before `to`.
    pub fn units_between(&self, from: Duration, to: Duration) -> std::ops::Range<usize> {
        let first_after = self.units.iter().position(|unit| unit.time > from);
        let until = first_after.unwrap_or(self.units.len());
        let begins = self.units[..until].iter().rposition(|unit| unit.is_key);
        let begins = begins.or_else(|| self.units.iter().position(|unit| unit.is_key)).unwrap_or(0);
        let last = self.units.iter().rposition(|unit| unit.time < to);
        begins..last.map_or(begins, |last| last + 1).max(begins)
    }
}

/// The structure of a segment. Damage ends the scan; only a file that cannot be read is an error.
pub fn scan(file: &File) -> io::Result<Scan> {
    scan_until(file, Duration::MAX)
}

/// The same as far as frames before a time need it: to the first key frame that is not before it.
pub fn scan_until(file: &File, until: Duration) -> io::Result<Scan> {
    let file_bytes = file.metadata()?.len();
    let mut reader = Reader { file, file_bytes, until, scan: Scan::default() };
    reader.scan.file_bytes = file_bytes;
    reader.run()?;
    Ok(reader.scan)
}

struct Reader<'a> {
    file: &'a File,
    file_bytes: u64,
    until: Duration,
    scan: Scan,
}

/// An element's head: what it is and where its content lies. No end: it goes on for as long as it does.
#[derive(Clone, Copy)]
struct Element {
    id: u32,
    content: u64,
    ends: Option<u64>,
}

impl Reader<'_> {
    /// `Ok` also where the file makes no sense: what was found until then counts.
    fn run(&mut self) -> io::Result<()> {
        let Some(Element { id: EBML, ends: Some(ends), .. }) = self.element(0)? else {
            return Ok(());
        };
        let Some(Element { id: SEGMENT, content, .. }) = self.element(ends)? else { return Ok(()) };
        let (mut at, mut scale_nanos) = (content, 1_000_000);
        let mut cluster: Option<(u64, Option<u64>)> = None;
        while let Some(element) = self.element(at)? {
            match (element.id, element.ends) {
                (CLUSTER, _) => {
                    if self.scan.header_bytes == 0 {
                        self.scan.header_bytes = at;
                    }
                    cluster = Some((at, None));
                    at = element.content;
                    continue;
                }
                (_, None) => break,
                (_, Some(ends)) if ends > self.file_bytes => break,
                (INFO, Some(ends)) => {
                    let content = self.bytes(element.content, ends)?;
                    scale_nanos = child(&content, TIME_SCALE).map_or(scale_nanos, number);
                }
                (TRACKS, Some(ends)) => {
                    self.scan.header = header(&self.bytes(element.content, ends)?)
                }
                (CLUSTER_TIME, Some(ends)) => {
                    let time = number(&self.bytes(element.content, ends)?);
                    cluster = cluster.map(|(begins, _)| (begins, Some(time)));
                }
                (SIMPLE_BLOCK, Some(ends)) => {
                    if !self.unit((element.content, ends), cluster, scale_nanos, None)? {
                        break;
                    }
                }
                (BLOCK_GROUP, Some(ends)) => {
                    if !self.group((element.content, ends), cluster, scale_nanos)? {
                        break;
                    }
                }
                (id, _) if PASSED_OVER.contains(&id) => {}
                _ => break,
            }
            if self.scan.units.last().is_some_and(|unit| unit.is_key && unit.time >= self.until) {
                break;
            }
            at = element.ends.unwrap_or(element.content);
        }
        Ok(())
    }

    /// False where the block is damaged.
    fn unit(
        &mut self,
        (content, ends): (u64, u64),
        cluster: Option<(u64, Option<u64>)>,
        scale_nanos: u64,
        is_key: Option<bool>,
    ) -> io::Result<bool> {
        let Some((cluster, Some(cluster_time))) = cluster else { return Ok(false) };
        if ends.saturating_sub(content) <= BLOCK_HEADER_BYTES {
            return Ok(false);
        }
        // One track, so its number is one byte; then the time within the cluster, and flags.
        let mut head = [0; BLOCK_HEADER_BYTES as usize];
        self.file.read_exact_at(&mut head, content)?;
        let [_, high, low, flags] = head;
        let time = cluster_time.saturating_add_signed(i64::from(i16::from_be_bytes([high, low])));
        self.scan.units.push(Unit {
            time: Duration::from_nanos(time.saturating_mul(scale_nanos)),
            is_key: is_key.unwrap_or(flags & 0x80 != 0),
            begins: content + BLOCK_HEADER_BYTES,
            ends,
            cluster,
        });
        self.scan.whole_bytes = ends;
        Ok(true)
    }

    fn group(
        &mut self,
        (content, ends): (u64, u64),
        cluster: Option<(u64, Option<u64>)>,
        scale_nanos: u64,
    ) -> io::Result<bool> {
        let (mut at, mut block, mut refers) = (content, None, false);
        while at < ends {
            let Some(Element { id, content, ends: Some(part_ends) }) = self.element(at)? else {
                return Ok(false);
            };
            if part_ends > ends {
                return Ok(false);
            }
            match id {
                BLOCK => block = Some((content, part_ends)),
                REFERENCE => refers = true,
                _ => {}
            }
            at = part_ends;
        }
        let Some(block) = block else { return Ok(false) };
        let sound = self.unit(block, cluster, scale_nanos, Some(!refers))?;
        if sound {
            self.scan.whole_bytes = ends;
        }
        Ok(sound)
    }

    /// `None` at the end of the file, or where no element can be.
    fn element(&self, at: u64) -> io::Result<Option<Element>> {
        let mut head = [0; 12];
        let there = self.file_bytes.saturating_sub(at).min(head.len() as u64) as usize;
        let head = &mut head[..there];
        self.file.read_exact_at(head, at)?;
        Ok(parse(head).map(|(id, length, head_bytes)| {
            let content = at + head_bytes as u64;
            Element { id, content, ends: length.map(|length| content.saturating_add(length)) }
        }))
    }

    fn bytes(&self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; to.saturating_sub(from).min(HEADER_BYTES_MAX) as usize];
        self.file.read_exact_at(&mut bytes, from)?;
        Ok(bytes)
    }
}

/// Id, length (none: unknown) and how long the two are.
fn parse(bytes: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let id_bytes = bytes.first()?.leading_zeros() as usize + 1;
    if id_bytes > 4 || bytes.len() <= id_bytes {
        return None;
    }
    let id = bytes[..id_bytes].iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let rest = &bytes[id_bytes..];
    let length_bytes = rest[0].leading_zeros() as usize + 1;
    if length_bytes > 8 || rest.len() < length_bytes {
        return None;
    }
    let all = rest[..length_bytes].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let mask = (1 << (7 * length_bytes)) - 1;
    let length = all & mask;
    Some((id, (length != mask).then_some(length), id_bytes + length_bytes))
}

/// The first child of a kind, within an element's content.
fn child(mut content: &[u8], wanted: u32) -> Option<&[u8]> {
    while let Some((id, Some(length), head_bytes)) = parse(content) {
        let rest = content.get(head_bytes..)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= rest.len())?;
        if id == wanted {
            return Some(&rest[..length]);
        }
        content = &rest[length..];
    }
    None
}

fn number(bytes: impl AsRef<[u8]>) -> u64 {
    bytes.as_ref().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// Padded with zeros, where it is.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

fn header(tracks: &[u8]) -> Header {
    let track = child(tracks, TRACK).unwrap_or_default();
    let video = child(track, VIDEO).unwrap_or_default();
    let pixels = |id| child(video, id).map_or(0, |bytes| number(bytes) as u32);
    Header {
        codec: text(child(track, CODEC).unwrap_or_default()),
        codec_private: child(track, CODEC_PRIVATE).unwrap_or_default().to_vec(),
        width_px: pixels(WIDTH),
        height_px: pixels(HEIGHT),
    }
}
