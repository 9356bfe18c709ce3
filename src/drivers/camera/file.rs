//! Recorded video, frame by frame, as fast as the reader asks.
//!
//! Enters: files with the wall time of their first frame. Leaves: every frame that decimation keeps,
//! in order, none dropped; the same files give the same frames and times on every run (one decoder
//! thread, software only). Several files (segments of a recording) are one stream: `pts` counts from
//! the first frame of the first file, the time between files is a gap in it.
//!
//! # Failure
//! A file that gives no frame at all is `SourceError::Open`; one that breaks off later ends there,
//! and the next file follows.

use super::{
    Address, chain, connection::refuse, decimate::Decimator, image::GstImage, reason::Complaint,
};
use crate::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        frame::{Frame, FrameStamp},
        seams::{FrameSource, SourceError},
    },
};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

/// A decoder that gives nothing for so many waits of [`WAIT`] is taken as stuck.
const WAITS_MAX: u32 = 600;
const WAIT: gst::ClockTime = gst::ClockTime::from_mseconds(50);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePart {
    pub path: PathBuf,
    /// Wall time of its first frame.
    pub starts_at: WallTime,
}

#[derive(Debug, Clone)]
pub struct FileSourceConfig {
    /// In order of time.
    pub parts: Vec<FilePart>,
    /// Zero keeps every frame.
    pub analysed_fps: f64,
    /// Only frames captured from the first time to before the second.
    pub between: Option<(WallTime, WallTime)>,
    pub clock: ClockQuality,
}

pub struct FileSource {
    parts: VecDeque<FilePart>,
    between: Option<(WallTime, WallTime)>,
    clock: ClockQuality,
    decimator: Decimator,
    /// Where media time zero lies: a file's beginning and the time into it.
    origin: Option<(WallTime, Duration)>,
    last_pts: Option<MediaTime>,
    open: Option<OpenFile>,
    decoded: u64,
}

impl FileSource {
    /// Opens the first file as far as its first frame, so that a bad path is told here.
    pub fn open(config: FileSourceConfig) -> Result<Self, SourceError> {
        let mut source = Self {
            parts: config.parts.into(),
            between: config.between,
            clock: config.clock,
            decimator: Decimator::new(config.analysed_fps),
            origin: None,
            last_pts: None,
            open: None,
            decoded: 0,
        };
        if let Some(first) = source.parts.pop_front() {
            source.open = Some(OpenFile::open(first)?);
        }
        Ok(source)
    }

    /// Frames that came out of the decoder so far, analysed or not.
    pub fn decoded(&self) -> u64 {
        self.decoded
    }

    fn stamped(
        &mut self,
        (span, starts_at, image): (Duration, WallTime, GstImage),
    ) -> Option<Frame> {
        let captured_at = starts_at.plus(span);
        if self.between.is_some_and(|(from, _)| captured_at < from) {
            return None;
        }
        let (origin, skipped) = *self.origin.get_or_insert((starts_at, span));
        // Nanoseconds within a file, milliseconds between files.
        let file_begins = MediaTime::ZERO.plus(starts_at.since(origin));
        let pts = file_begins.plus(span).minus(skipped);
        let in_order = self.last_pts.is_none_or(|last| pts > last);
        if !in_order || !self.decimator.keeps(pts) {
            return None;
        }
        self.last_pts = Some(pts);
        let stamp = FrameStamp { pts, captured_at, clock: self.clock, size: image.size() };
        Some(Frame { stamp, image: Arc::new(image) })
    }
}

impl FrameSource for FileSource {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        loop {
            let Some(open) = &mut self.open else {
                match self.parts.pop_front() {
                    None => return Ok(None),
                    Some(part) => match OpenFile::open(part) {
                        Ok(open) => self.open = Some(open),
                        // One bad segment is a gap in the recording, not its end.
                        Err(error) => tracing::warn!(%error, "a recorded segment is left out"),
                    },
                }
                continue;
            };
            match open.next()? {
                None => self.open = None,
                Some(decoded) => {
                    self.decoded += 1;
                    let past_end =
                        self.between.is_some_and(|(_, to)| decoded.1.plus(decoded.0) >= to);
                    if past_end {
                        self.open = None;
                        self.parts.clear();
                    } else if let Some(frame) = self.stamped(decoded) {
                        return Ok(Some(frame));
                    }
                }
            }
        }
    }
}

/// One file being decoded.
struct OpenFile {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    address: Address,
    starts_at: WallTime,
    /// Running time of the first frame, and that frame until it is asked for.
    first: Option<gst::ClockTime>,
    waiting: Option<gst::Sample>,
}

impl OpenFile {
    fn open(part: FilePart) -> Result<Self, SourceError> {
        let address = Address::File(part.path);
        let cannot = |reason: String| SourceError::Open { uri: address.to_string(), reason };
        let (pipeline, sink) = build(&address).map_err(cannot)?;
        let mut file = Self {
            pipeline,
            sink,
            address: address.clone(),
            starts_at: part.starts_at,
            first: None,
            waiting: None,
        };
        let started = file.pipeline.set_state(gst::State::Playing);
        let first = match started {
            Ok(_) => file.pull(),
            Err(_) => Err(file.complaint().unwrap_or_else(|| "it does not start".to_owned())),
        };
        file.waiting = first.map_err(cannot)?;
        match &file.waiting {
            Some(_) => Ok(file),
            None => Err(cannot("there is no picture in it: not a video file?".to_owned())),
        }
    }

    /// The next frame with its time since the file's first.
    fn next(&mut self) -> Result<Option<(Duration, WallTime, GstImage)>, SourceError> {
        loop {
            let pulled = match self.waiting.take() {
                Some(sample) => Ok(Some(sample)),
                None => self.pull(),
            };
            let sample = match pulled {
                Ok(Some(sample)) => sample,
                Ok(None) => return Ok(None),
                Err(reason) => {
                    tracing::warn!(file = %self.address, reason, "the video breaks off, ending there");
                    return Ok(None);
                }
            };
            let Some(running) = chain::sample_running_time(&sample) else { continue };
            let first = *self.first.get_or_insert(running);
            let span = Duration::from_nanos(running.saturating_sub(first).nseconds());
            let image = GstImage::new(&sample)
                .map_err(|reason| SourceError::Stream { uri: self.address.to_string(), reason })?;
            return Ok(Some((span, self.starts_at, image)));
        }
    }

    fn pull(&self) -> Result<Option<gst::Sample>, String> {
        for _ in 0..WAITS_MAX {
            if let Some(sample) = self.sink.try_pull_sample(WAIT) {
                return Ok(Some(sample));
            }
            if let Some(reason) = self.complaint() {
                return Err(reason);
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
        }
        Err("the decoder is stuck".to_owned())
    }

    fn complaint(&self) -> Option<String> {
        let kinds = [gst::MessageType::Error, gst::MessageType::Application];
        let message = self.pipeline.bus()?.pop_filtered(&kinds)?;
        match message.view() {
            gst::MessageView::Error(error) => {
                Some(Complaint::from_message(error).in_words(&self.address))
            }
            gst::MessageView::Application(told) => {
                told.structure().and_then(|it| it.get::<String>("reason").ok())
            }
            _ => None,
        }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::error!(file = %self.address, "the pipeline does not stop");
        }
    }
}

fn build(address: &Address) -> Result<(gst::Pipeline, gst_app::AppSink), String> {
    gst::init().map_err(|error| format!("GStreamer does not start: {error}"))?;
    let Address::File(path) = address else { return Err("it is no file".to_owned()) };
    let pipeline = gst::Pipeline::new();
    let source = chain::make("filesrc")?;
    source.set_property("location", path);
    let parse = chain::make("parsebin")?;
    let sink = chain::frame_sink(4, false);
    pipeline.add_many([&source, &parse, sink.upcast_ref()]).map_err(|error| error.to_string())?;
    source.link(&parse).map_err(|error| error.to_string())?;

    let (weak, target) = (pipeline.downgrade(), sink.downgrade());
    parse.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Some(sink)) = (weak.upgrade(), target.upgrade()) else { return };
        let caps = chain::caps_of(pad);
        let taken = sink.static_pad("sink").is_some_and(|pad| pad.is_linked());
        let attached = if chain::is_video(&caps) && !taken {
            attach(&pipeline, pad, &caps, &sink)
        } else {
            chain::discard(&pipeline, pad)
        };
        if let Err(reason) = attached {
            refuse(&pipeline, &reason);
        }
    });
    let (weak, target) = (pipeline.downgrade(), sink.downgrade());
    // parsebin never says "no more pads", but it says when all is read.
    parse.connect("drained", false, move |_| {
        let (pipeline, sink) = (weak.upgrade()?, target.upgrade()?);
        if !sink.static_pad("sink")?.is_linked() {
            refuse(&pipeline, "there is no video stream in it");
        }
        None
    });
    Ok((pipeline, sink))
}

fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    caps: &gst::Caps,
    sink: &gst_app::AppSink,
) -> Result<(), String> {
    let decoder = chain::choose_decoder(caps, chain::Hardware::Never)?;
    let convert = chain::make("videoconvert")?;
    // Linked before the chain takes data, since the sink is in the pipeline already.
    pipeline.add(&convert).map_err(|error| error.to_string())?;
    convert.link(sink).map_err(|error| error.to_string())?;
    convert.sync_state_with_parent().map_err(|error| error.to_string())?;
    pipeline.add(&decoder).map_err(|error| error.to_string())?;
    decoder.link(&convert).map_err(|error| error.to_string())?;
    chain::enter(pad, &decoder)
}
