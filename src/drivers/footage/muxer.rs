//! Access units in, the bytes of a Matroska file out.
//!
//! The file is of the streamable kind: nothing in it is written twice and nothing follows the last
//! frame, so whatever was written so far can be read. GStreamer's muxer is driven by hand, without a
//! pipeline: no thread of its own, and the bytes of a frame are there when `push` returns.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

pub struct Muxer {
    element: gst::Element,
    bus: gst::Bus,
    entry: gst::Pad,
    exit: gst::Pad,
    written: Arc<Mutex<Vec<gst::Buffer>>>,
}

impl Muxer {
    pub fn start(caps: &gst::CapsRef) -> Result<Self, String> {
        let element = gst::ElementFactory::make("matroskamux")
            .property("streamable", true)
            .property("writing-app", "gridwarden")
            .build()
            .map_err(|_| "GStreamer has no matroskamux: install gstreamer1.0-plugins-good")?;
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let written = Arc::<Mutex<Vec<gst::Buffer>>>::default();
        let taken = Arc::clone(&written);
        let exit = gst::Pad::builder(gst::PadDirection::Sink)
            .chain_function(move |_, _, buffer| {
                taken.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
                Ok(gst::FlowSuccess::Ok)
            })
            .event_function(|_, _, _| true)
            .build();
        let entry = gst::Pad::builder(gst::PadDirection::Src).build();
        let muxer = Self { element, bus, entry, exit, written };
        muxer.connect(caps).map_err(|reason| muxer.complaint().unwrap_or(reason))?;
        Ok(muxer)
    }

    fn connect(&self, caps: &gst::CapsRef) -> Result<(), String> {
        let no = |what: &str| format!("the muxer {what}");
        let front =
            self.element.request_pad_simple("video_%u").ok_or_else(|| no("takes no video"))?;
        let back = self.element.static_pad("src").ok_or_else(|| no("gives nothing"))?;
        back.link(&self.exit).map_err(|error| error.to_string())?;
        self.entry.link(&front).map_err(|error| error.to_string())?;
        self.exit.set_active(true).map_err(|error| error.to_string())?;
        self.entry.set_active(true).map_err(|error| error.to_string())?;
        self.element.set_state(gst::State::Playing).map_err(|_| no("does not start"))?;
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let taken = self.entry.push_event(gst::event::StreamStart::new("footage"))
            && self.entry.push_event(gst::event::Caps::new(&caps.to_owned()))
            && self.entry.push_event(gst::event::Segment::new(&segment));
        if taken { Ok(()) } else { Err(no(&format!("does not take {caps}"))) }
    }

    /// Appends to `bytes` what the unit adds to the file.
    pub fn push(&self, unit: gst::Buffer, bytes: &mut Vec<u8>) -> Result<(), String> {
        if let Err(error) = self.entry.push(unit) {
            return Err(self.complaint().unwrap_or_else(|| format!("the muxer failed: {error}")));
        }
        for buffer in self.written.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let map = buffer.map_readable().map_err(|error| error.to_string())?;
            bytes.extend_from_slice(&map);
        }
        Ok(())
    }

    fn complaint(&self) -> Option<String> {
        let message = self.bus.pop_filtered(&[gst::MessageType::Error])?;
        let gst::MessageView::Error(error) = message.view() else { return None };
        Some(error.error().message().to_owned())
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        let stopped = [self.entry.set_active(false), self.exit.set_active(false)];
        if self.element.set_state(gst::State::Null).is_err() || stopped.iter().any(Result::is_err) {
            tracing::error!("a segment's muxer does not stop");
        }
    }
}
