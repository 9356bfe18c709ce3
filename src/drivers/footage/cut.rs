//! Footage of an interval out of the ring, without encoding anything again.
//!
//! - [`Ring`]: the node's own ring as a [`FootageSource`]. Parts are byte ranges of segments behind the
//!   segment's header: Matroska of the streamable kind stays Matroska when whole clusters are taken.
//! - [`write_mp4`]: one MP4 with its index in front, as browsers play it.
//!
//! Both begin at the key frame at or before the interval, and say where that is.

use super::{
    file_writer::FileWriter,
    ring::{Footage, Segment},
    scan::{Header, Scan, Unit, scan_until},
};
use crate::{
    base::{
        clock::Clock,
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{Fetched, FootageError, FootagePart, Span},
        ids::CameraId,
        seams::FootageSource,
    },
};
use gstreamer as gst;
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
    time::Duration,
};

/// The ring of this node.
pub struct Ring {
    pub footage: Footage,
    pub clock: Arc<dyn Clock>,
}

impl FootageSource for Ring {
    fn fetch(&self, camera: &CameraId, span: Span, into: &Path) -> Result<Fetched, FootageError> {
        if span.is_empty() {
            return Err(FootageError::Backwards { from: span.from, to: span.to });
        }
        let disk = |error: io::Error| FootageError::disk(&self.footage.camera_dir(camera), error);
        let segments = self.footage.segments(camera, span).map_err(disk)?;
        let holes = self.footage.holes(camera, span, &segments, self.clock.wall()).map_err(disk)?;
        let mut parts = Vec::new();
        for segment in &segments {
            let path = into.join(format!("{}.mkv", parts.len()));
            match cut(segment, &path) {
                Ok(part) => parts.extend(part),
                // Deleted since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound && into.is_dir() => {}
                Err(error) => return Err(FootageError::disk(&path, error)),
            }
        }
        Ok(Fetched { parts, holes, clock: ClockQuality::Arrival })
    }
}

/// The clusters of a segment that hold its part that counts.
fn cut(segment: &Segment, path: &Path) -> io::Result<Option<FootagePart>> {
    let mut file = File::open(&segment.path)?;
    let scan = scan_until(&file, needed(segment))?;
    let Some((first, last)) = wanted(&scan, segment) else { return Ok(None) };
    let first_of_cluster = scan.units.iter().find(|unit| unit.cluster == first.cluster);
    let begins = first_of_cluster.unwrap_or(&first).time;
    let mut out = File::create(path)?;
    io::copy(&mut (&file).take(scan.header_bytes), &mut out)?;
    file.seek(SeekFrom::Start(first.cluster))?;
    io::copy(&mut file.take(last.ends - first.cluster), &mut out)?;
    Ok(Some(FootagePart {
        path: path.to_owned(),
        starts_at: segment.span.from.plus(begins),
        ends_at: segment.counts.to,
    }))
}

/// How far into the file.
fn needed(segment: &Segment) -> Duration {
    segment.counts.to.since(segment.span.from)
}

fn wanted(scan: &Scan, segment: &Segment) -> Option<(Unit, Unit)> {
    let begin = segment.span.from;
    let range =
        scan.units_between(segment.counts.from.since(begin), segment.counts.to.since(begin));
    let units = scan.units.get(range)?;
    Some((*units.first()?, *units.last()?))
}

/// What a file made by [`write_mp4`] holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Mp4Summary {
    /// Its first frame, a key frame.
    pub starts_at: WallTime,
    pub ends_at: WallTime,
    pub frames: u32,
    pub bytes: u64,
    /// Segments left out since their codec or size is not that of the first.
    pub other_format: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum Mp4Error {
    #[error("there is no frame in this footage")]
    NoFrames,
    #[error("{codec} does not go into an MP4 without encoding it again")]
    Codec { codec: String },
    #[error("{}: {reason}", path.display())]
    Write { path: std::path::PathBuf, reason: String },
}

/// One MP4 out of segments in order of time. A hole stays a hole: the frame before it is shown on.
/// The file appears under its name when it is complete.
pub fn write_mp4(segments: &[Segment], path: &Path) -> Result<Mp4Summary, Mp4Error> {
    let cannot = |reason: String| Mp4Error::Write { path: path.to_owned(), reason };
    let mut opened = Vec::new();
    let mut other_format = 0;
    for segment in segments {
        let read = |error: io::Error| cannot(format!("{}: {error}", segment.path.display()));
        let file = File::open(&segment.path).map_err(read)?;
        let scan = scan_until(&file, needed(segment)).map_err(read)?;
        let Some((first, last)) = wanted(&scan, segment) else { continue };
        let format = opened
            .first()
            .map(|(_, scan, ..): &(File, Scan, &Segment, Unit, Unit)| scan.header.clone());
        if format.is_some_and(|format| format != scan.header) {
            other_format += 1;
            continue;
        }
        opened.push((file, scan, segment, first, last));
    }
    let Some((_, scan, segment, first, _)) = opened.first() else { return Err(Mp4Error::NoFrames) };
    let starts_at = segment.span.from.plus(first.time);
    let mut frames = Vec::new();
    for (nth, (_, scan, segment, first, last)) in opened.iter().enumerate() {
        // Segments are milliseconds apart from each other, and frames from their segment.
        let offset = segment.span.from.since(starts_at);
        let early = starts_at.since(segment.span.from);
        let units =
            scan.units.iter().filter(|unit| (first.begins..=last.begins).contains(&unit.begins));
        frames.extend(units.map(|unit| (nth, *unit, (offset + unit.time).saturating_sub(early))));
    }
    let times: Vec<Duration> = frames.iter().map(|(_, _, shown)| *shown).collect();
    let timed = decode_times(&times);
    let unfinished = path.with_extension("part.mp4");
    let muxer = Mp4Muxer::start(&scan.header, &unfinished)?;
    for ((nth, unit, _), time) in frames.iter().zip(&timed) {
        let mut bytes = vec![0; (unit.ends - unit.begins) as usize];
        opened[*nth]
            .0
            .read_exact_at(&mut bytes, unit.begins)
            .map_err(|error| cannot(error.to_string()))?;
        muxer.push(bytes, unit.is_key, time).map_err(cannot)?;
    }
    muxer.0.finish().map_err(cannot)?;
    let complete = || -> io::Result<u64> {
        fs::rename(&unfinished, path)?;
        Ok(fs::metadata(path)?.len())
    };
    let shown = timed.iter().map(|time| time.shown_at - timed[0].shown_at + time.lasts).max();
    Ok(Mp4Summary {
        starts_at,
        ends_at: starts_at.plus(shown.unwrap_or_default()),
        frames: frames.len() as u32,
        bytes: complete().map_err(|error| cannot(error.to_string()))?,
        other_format,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FrameTime {
    decoded_at: Duration,
    shown_at: Duration,
    lasts: Duration,
}

/// Matroska knows when a frame is shown, MP4 wants to know when it is decoded as well: the same times in
/// order, early enough that no frame is shown before it is decoded.
fn decode_times(shown: &[Duration]) -> Vec<FrameTime> {
    const LAST: Duration = Duration::from_millis(40);
    let mut sorted = shown.to_vec();
    sorted.sort();
    let late = sorted.iter().zip(shown).map(|(nth, shown)| nth.saturating_sub(*shown)).max();
    let late = late.unwrap_or_default();
    let lasts = |nth: usize| match (sorted.get(nth + 1), nth.checked_sub(1)) {
        (Some(next), _) => *next - sorted[nth],
        (None, Some(before)) => sorted[nth] - sorted[before],
        (None, None) => LAST,
    };
    let times = shown.iter().enumerate().map(|(nth, shown)| FrameTime {
        decoded_at: sorted[nth],
        shown_at: *shown + late,
        lasts: lasts(nth),
    });
    times.collect()
}

struct Mp4Muxer(FileWriter);

impl Mp4Muxer {
    fn start(header: &Header, path: &Path) -> Result<Self, Mp4Error> {
        let cannot = |reason: String| Mp4Error::Write { path: path.to_owned(), reason };
        gst::init().map_err(|error| cannot(error.to_string()))?;
        let (media, format) = match header.codec.as_str() {
            "V_MPEG4/ISO/AVC" => ("video/x-h264", "avc"),
            "V_MPEGH/ISO/HEVC" => ("video/x-h265", "hvc1"),
            other => return Err(Mp4Error::Codec { codec: other.to_owned() }),
        };
        let caps = gst::Caps::builder(media)
            .field("stream-format", format)
            .field("alignment", "au")
            .field("width", header.width_px as i32)
            .field("height", header.height_px as i32)
            .field("codec_data", gst::Buffer::from_slice(header.codec_private.clone()))
            .build();
        let elements = "appsrc name=frames format=time block=true max-bytes=4194304 ! mux.video_0 \
             mp4mux name=mux faststart=true ! filesink name=file sync=false";
        let writer = FileWriter::new(elements, "gstreamer1.0-plugins-good", &caps, path);
        let writer = writer.map_err(cannot)?;
        writer.play().map_err(cannot)?;
        Ok(Self(writer))
    }

    fn push(&self, bytes: Vec<u8>, is_key: bool, time: &FrameTime) -> Result<(), String> {
        let clock = |span: Duration| gst::ClockTime::from_nseconds(span.as_nanos() as u64);
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let timed = buffer.make_mut();
        timed.set_pts(clock(time.shown_at));
        timed.set_dts(clock(time.decoded_at));
        timed.set_duration(clock(time.lasts));
        if !is_key {
            timed.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        self.0.push(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_decoded_in_order_and_never_after_they_are_shown() {
        let millis =
            |list: &[u64]| list.iter().map(|it| Duration::from_millis(*it)).collect::<Vec<_>>();
        // I P B B P, as it comes.
        let timed = decode_times(&millis(&[0, 120, 40, 80, 160]));
        let decoded: Vec<_> = timed.iter().map(|time| time.decoded_at).collect();
        assert_eq!(decoded, millis(&[0, 40, 80, 120, 160]));
        assert!(timed.iter().all(|time| time.shown_at >= time.decoded_at));
        let lasts: Vec<_> = timed.iter().map(|time| time.lasts).collect();
        assert_eq!(lasts, millis(&[40; 5]));
        let plain = decode_times(&millis(&[0, 50, 100]));
        assert!(plain.iter().all(|time| time.shown_at == time.decoded_at));
        assert_eq!(decode_times(&millis(&[7]))[0].lasts, Duration::from_millis(40));
    }
}
