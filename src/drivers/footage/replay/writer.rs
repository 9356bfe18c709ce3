//! Access units with wall times into files, a new one where the footage breaks off.

use crate::{
    base::time::WallTime,
    domain::footage::{FootageError, FootagePart, HOLE_MIN},
    drivers::footage::muxer::Muxer,
};
use gstreamer as gst;
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

pub struct Writer<'a> {
    into: &'a Path,
    parts: Vec<FootagePart>,
    open: Option<OpenPart>,
    pub bytes: u64,
}

struct OpenPart {
    path: PathBuf,
    file: File,
    muxer: Muxer,
    caps: gst::Caps,
    starts_at: WallTime,
    first_pts: gst::ClockTime,
    last_at: WallTime,
    ends_at: WallTime,
}

impl<'a> Writer<'a> {
    pub fn new(into: &'a Path) -> Self {
        Self { into, parts: Vec::new(), open: None, bytes: 0 }
    }

    pub fn write(&mut self, sample: &gst::Sample, at: WallTime) -> Result<(), FootageError> {
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return Ok(()) };
        let Some(pts) = buffer.pts() else { return Ok(()) };
        let is_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let goes_on = self.open.as_ref().is_some_and(|open| {
            open.caps.as_ref() == caps && at.since(open.last_at) < HOLE_MIN && at >= open.starts_at
        });
        if !goes_on {
            self.finish_part();
            if !is_key {
                // Nothing before a key frame can be shown.
                return Ok(());
            }
            let path = self.into.join(format!("{}.mkv", self.parts.len()));
            let disk = |error: &dyn std::fmt::Display| FootageError::disk(&path, error);
            let file = File::create(&path).map_err(|error| disk(&error))?;
            let muxer = Muxer::start(caps).map_err(|error| disk(&error))?;
            self.open = Some(OpenPart {
                path: path.clone(),
                file,
                muxer,
                caps: caps.to_owned(),
                starts_at: at,
                first_pts: pts,
                last_at: at,
                ends_at: at,
            });
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let mut shifted = buffer.copy();
        let timed = shifted.make_mut();
        timed.set_pts(pts.saturating_sub(open.first_pts));
        timed.set_dts(gst::ClockTime::NONE);
        let mut bytes = Vec::new();
        let disk = |error: &dyn std::fmt::Display| FootageError::disk(&open.path, error);
        open.muxer.push(shifted, &mut bytes).map_err(|error| disk(&error))?;
        open.file.write_all(&bytes).map_err(|error| disk(&error))?;
        self.bytes += bytes.len() as u64;
        // A frame lasts as long as the one before it did.
        open.ends_at = open.ends_at.max(at.plus(at.since(open.last_at)));
        open.last_at = at;
        Ok(())
    }

    pub fn finish(mut self) -> Vec<FootagePart> {
        self.finish_part();
        self.parts
    }

    fn finish_part(&mut self) {
        let Some(OpenPart { path, starts_at, ends_at, .. }) = self.open.take() else { return };
        self.parts.push(FootagePart { path, starts_at, ends_at });
    }
}
