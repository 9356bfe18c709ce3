//! Segment files: their names, their list, and the pipeline that writes one.

use crate::base::time::WallTime;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

const OPEN_SUFFIX: &str = ".part.mkv";
const CLOSED_SUFFIX: &str = ".mkv";

/// What a slow disk may hold up in memory before the recorder waits for it.
const UNWRITTEN_BYTES_MAX: u64 = 4 << 20;
const FINISH_WITHIN: gst::ClockTime = gst::ClockTime::from_seconds(5);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub path: PathBuf,
    /// First frame.
    pub starts_at: WallTime,
    /// End of the last frame; while `open`, when the file was last written to.
    pub ends_at: WallTime,
    pub bytes: u64,
    pub open: bool,
}

/// Segments of one camera's folder, oldest first; other files are passed over.
/// A folder that is not there holds none.
pub fn list(dir: &Path) -> io::Result<Vec<Segment>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(parsed) = name.to_str().and_then(parse_name) else { continue };
        // Deleted or renamed by the recorder since the folder was read.
        let Ok(facts) = entry.metadata() else { continue };
        let written_at = facts.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let written_at = written_at
            .map_or(parsed.0, |at| WallTime::from_unix_millis(at.as_millis() as i64))
            .max(parsed.0);
        segments.push(Segment {
            path: entry.path(),
            starts_at: parsed.0,
            ends_at: parsed.1.unwrap_or(written_at),
            bytes: facts.len(),
            open: parsed.1.is_none(),
        });
    }
    segments.sort_by_key(|segment| segment.starts_at);
    Ok(segments)
}

fn parse_name(name: &str) -> Option<(WallTime, Option<WallTime>)> {
    if let Some(start) = name.strip_suffix(OPEN_SUFFIX) {
        return Some((start.parse().ok()?, None));
    }
    let (start, end) = name.strip_suffix(CLOSED_SUFFIX)?.split_once('_')?;
    Some((start.parse().ok()?, Some(end.parse().ok()?)))
}

/// Gives an open segment its final name. One that exists already is replaced.
pub fn close(dir: &Path, starts_at: WallTime, ends_at: WallTime) -> io::Result<()> {
    let closed = dir.join(format!("{starts_at}_{ends_at}{CLOSED_SUFFIX}"));
    fs::rename(open_path(dir, starts_at), closed)
}

fn open_path(dir: &Path, starts_at: WallTime) -> PathBuf {
    dir.join(format!("{starts_at}{OPEN_SUFFIX}"))
}

/// A segment being written.
pub struct SegmentWriter {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
}

impl SegmentWriter {
    pub fn open(dir: &Path, starts_at: WallTime, caps: &gst::CapsRef) -> Result<Self, String> {
        let make = |factory: &str| {
            gst::ElementFactory::make(factory).build().map_err(|_| {
                format!("GStreamer has no element {factory}: install gstreamer1.0-plugins-good")
            })
        };
        let source = gst_app::AppSrc::builder()
            .caps(&caps.to_owned())
            .format(gst::Format::Time)
            .block(true)
            .max_bytes(UNWRITTEN_BYTES_MAX)
            .build();
        let muxer = make("matroskamux")?;
        let sink = make("filesink")?;
        sink.set_property("location", open_path(dir, starts_at));
        // What was recorded is in the file at once, so that a crash loses little.
        sink.set_property_from_str("buffer-mode", "unbuffered");
        sink.set_property("sync", false);
        sink.set_property("async", false);
        let pipeline = gst::Pipeline::new();
        let elements = [source.upcast_ref(), &muxer, &sink];
        pipeline.add_many(elements).map_err(|error| error.to_string())?;
        gst::Element::link_many(elements).map_err(|error| error.to_string())?;
        let writer = Self { pipeline, source };
        match writer.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(writer),
            Err(_) => Err(writer.complaint("the segment cannot be opened")),
        }
    }

    /// Waits while the disk is behind.
    pub fn push(&self, buffer: gst::Buffer) -> Result<(), String> {
        let errors = [gst::MessageType::Error];
        if let Some(message) = self.pipeline.bus().and_then(|bus| bus.pop_filtered(&errors)) {
            return Err(words(&message).unwrap_or_default());
        }
        self.source.push_buffer(buffer).map(drop).map_err(|_| self.complaint("writing failed"))
    }

    /// Writes the index and closes the file.
    pub fn finish(self) -> Result<(), String> {
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        if self.source.end_of_stream().is_err() {
            return Err(self.complaint("the segment cannot be finished"));
        }
        match self.pipeline.bus().and_then(|bus| bus.timed_pop_filtered(FINISH_WITHIN, &kinds)) {
            None => Err("the disk does not answer".to_owned()),
            Some(message) => words(&message).map_or(Ok(()), Err),
        }
    }

    fn complaint(&self, otherwise: &str) -> String {
        let errors = [gst::MessageType::Error];
        let message = self.pipeline.bus().and_then(|bus| bus.pop_filtered(&errors));
        message.and_then(|it| words(&it)).unwrap_or_else(|| otherwise.to_owned())
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::error!("a segment's pipeline does not stop");
        }
    }
}

fn words(message: &gst::Message) -> Option<String> {
    let gst::MessageView::Error(error) = message.view() else { return None };
    let cause = error.error();
    Some(match cause.kind::<gst::ResourceError>() {
        Some(gst::ResourceError::NoSpaceLeft) => {
            "the disk is full: free some space or lower footage_bytes_max".to_owned()
        }
        Some(gst::ResourceError::OpenWrite) => {
            format!("{}: check the folder's permissions", cause.message().trim_end_matches('.'))
        }
        _ => cause.message().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_index() {
        let dir = tempfile::tempdir().unwrap();
        let at = |secs: i64| WallTime::from_unix_millis(1_767_225_600_000 + secs * 1_000);
        for secs in [6, 0, 3] {
            fs::write(open_path(dir.path(), at(secs)), b"x").unwrap();
        }
        close(dir.path(), at(0), at(3)).unwrap();
        close(dir.path(), at(3), at(6)).unwrap();
        fs::write(dir.path().join("notes.txt"), b"").unwrap();
        fs::write(dir.path().join("a_b.mkv"), b"").unwrap();
        let segments = list(dir.path()).unwrap();
        let starts: Vec<_> = segments.iter().map(|segment| segment.starts_at).collect();
        assert_eq!(starts, [at(0), at(3), at(6)]);
        assert_eq!((segments[0].ends_at, segments[0].open), (at(3), false));
        assert!(segments[2].open && segments[2].ends_at > at(6));
        assert_eq!(list(&dir.path().join("nowhere")).unwrap(), []);
    }
}
