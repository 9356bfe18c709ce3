//! The part of every pipeline from compressed video to analysed frames.
//!
//! ```text
//! pad -> parse -> [pace] -> tap -> queue (leaky when live) -> decoder -> decimate -> I420 -> appsink
//!                            \-> recorder: compressed samples with their wall time
//! ```
//! Decimation sits right behind the decoder, so a dropped frame costs nothing more. `videoconvert`
//! passes I420 through untouched; it works only for decoders that give something else. The appsink
//! answers the allocation query, so that a decoder may hand out padded buffers without copying.

use super::{decimate::Decimator, reason::is_hardware};
use crate::base::time::MediaTime;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::sync::{Mutex, PoisonError};

/// Compressed frames that may wait for a live decoder; more are dropped, oldest first.
const UNDECODED_FRAMES_MAX: u32 = 50;

pub fn make(factory: &'static str) -> Result<gst::Element, String> {
    gst::ElementFactory::make(factory).build().map_err(|_| {
        format!("GStreamer has no element {factory}: install the gstreamer1.0-plugins packages")
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hardware<'a> {
    /// Before software, but for the decoders named here, which failed before.
    PreferredExcept(&'a [String]),
    /// The same pixels on every machine.
    Never,
}

/// A decoder for `caps`, the highest rank first.
pub fn choose_decoder(caps: &gst::CapsRef, hardware: Hardware) -> Result<gst::Element, String> {
    let kinds = gst::ElementFactoryType::DECODER
        | gst::ElementFactoryType::MEDIA_VIDEO
        | gst::ElementFactoryType::MEDIA_IMAGE;
    let mut candidates: Vec<_> =
        gst::ElementFactory::factories_with_type(kinds, gst::Rank::MARGINAL)
            .into_iter()
            .filter(|factory| factory.can_sink_any_caps(caps))
            .filter(|factory| match hardware {
                Hardware::Never => !is_hardware(factory),
                Hardware::PreferredExcept(failed) => !failed.iter().any(|it| *it == factory.name()),
            })
            .collect();
    candidates.sort_by_key(|factory| (!is_hardware(factory), std::cmp::Reverse(factory.rank())));
    for factory in &candidates {
        let Ok(decoder) = factory.create().build() else { continue };
        // A driver may be installed without its device: opening it tells.
        if is_hardware(factory) && decoder.set_state(gst::State::Ready).is_err() {
            let _ = decoder.set_state(gst::State::Null);
            continue;
        }
        restrain(&decoder);
        return Ok(decoder);
    }
    let name = caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
    Err(format!("no decoder for {name}: install gstreamer1.0-libav"))
}

/// One thread a decoder: two cost more CPU for the same frames. Damaged pictures are no evidence.
fn restrain(decoder: &gst::Element) {
    if decoder.has_property_with_type("max-threads", i32::static_type()) {
        decoder.set_property("max-threads", 1i32);
    }
    if decoder.has_property_with_type("output-corrupt", bool::static_type()) {
        decoder.set_property("output-corrupt", false);
    }
}

/// Parser and the caps behind it that recorders can store; `None` for codecs passed as they are.
pub fn parser_for(caps: &gst::CapsRef) -> Option<(&'static str, gst::Caps)> {
    match caps.structure(0)?.name().as_str() {
        "video/x-h264" => Some(("h264parse", storable("video/x-h264", "avc"))),
        "video/x-h265" => Some(("h265parse", storable("video/x-h265", "hvc1"))),
        _ => None,
    }
}

fn storable(media: &str, stream_format: &str) -> gst::Caps {
    gst::Caps::builder(media).field("stream-format", stream_format).field("alignment", "au").build()
}

pub fn i420_caps() -> gst::Caps {
    gst_video::VideoCapsBuilder::new().format(gst_video::VideoFormat::I420).build()
}

/// Live: what cannot be decoded in time is dropped before the decoder, oldest first.
pub fn decode_queue() -> Result<gst::Element, String> {
    let queue = make("queue")?;
    queue.set_property("max-size-buffers", UNDECODED_FRAMES_MAX);
    queue.set_property("max-size-bytes", 0u32);
    queue.set_property("max-size-time", 0u64);
    queue.set_property_from_str("leaky", "downstream");
    Ok(queue)
}

/// An appsink for I420 that lets decoders keep their padding. A live one drops what nobody takes,
/// and does not hold the pipeline back until its first frame: a pacer would then wait for ever.
pub fn frame_sink(frames_max: u32, live: bool) -> gst_app::AppSink {
    let sink = gst_app::AppSink::builder()
        .caps(&i420_caps())
        .max_buffers(frames_max)
        .drop(live)
        .async_(!live)
        .sync(false)
        .build();
    if let Some(pad) = sink.static_pad("sink") {
        pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
            match info.query_mut().map(gst::QueryRef::view_mut) {
                Some(gst::QueryViewMut::Allocation(query)) => {
                    query.add_allocation_meta::<gst_video::VideoMeta>(None);
                    gst::PadProbeReturn::Handled
                }
                _ => gst::PadProbeReturn::Ok,
            }
        });
    }
    sink
}

/// Drops decoded frames beyond `fps`; `seen` is called for every decoded one.
pub fn decimate(pad: &gst::Pad, fps: f64, seen: impl Fn() + Send + Sync + 'static) {
    let decimator = Mutex::new(Decimator::new(fps));
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        seen();
        let pts = info.buffer().and_then(|buffer| running_time(pad, buffer));
        let Some(pts) = pts else { return gst::PadProbeReturn::Drop };
        let mut decimator = decimator.lock().unwrap_or_else(PoisonError::into_inner);
        if decimator.keeps(MediaTime::from_nanos(pts.nseconds())) {
            gst::PadProbeReturn::Ok
        } else {
            gst::PadProbeReturn::Drop
        }
    });
}

/// Presentation time of a buffer since the pipeline began.
pub fn running_time(pad: &gst::Pad, buffer: &gst::BufferRef) -> Option<gst::ClockTime> {
    let event = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = event.segment().downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(buffer.pts().or(buffer.dts())?)
}

/// The same for a sample that an appsink handed out.
pub fn sample_running_time(sample: &gst::Sample) -> Option<gst::ClockTime> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(sample.buffer()?.pts()?)
}

pub fn source_pad(element: &gst::Element) -> Result<gst::Pad, String> {
    element.static_pad("src").ok_or_else(|| format!("{} has no source pad", element.name()))
}

/// Caps of a new pad, fixed or not.
pub fn caps_of(pad: &gst::Pad) -> gst::Caps {
    pad.current_caps().unwrap_or_else(|| pad.query_caps(None))
}

pub fn is_video(caps: &gst::CapsRef) -> bool {
    let name = caps.structure(0).map_or("", |structure| structure.name().as_str());
    name.starts_with("video/") || name.starts_with("image/")
}

/// Adds the elements, chains them behind `pad` and lets them follow the pipeline's state.
pub fn add_and_link(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    elements: &[&gst::Element],
) -> Result<(), String> {
    pipeline.add_many(elements.iter().copied()).map_err(|error| error.to_string())?;
    gst::Element::link_many(elements.iter().copied()).map_err(|error| error.to_string())?;
    let (first, rest) = elements.split_first().ok_or("nothing to link to")?;
    for element in rest.iter().rev() {
        element.sync_state_with_parent().map_err(|error| error.to_string())?;
    }
    enter(pad, first)
}

/// Starts the first element of a chain that is otherwise ready, and links `pad` to it.
pub fn enter(pad: &gst::Pad, first: &gst::Element) -> Result<(), String> {
    first.sync_state_with_parent().map_err(|error| error.to_string())?;
    let entry = first.static_pad("sink").ok_or("the first element has no sink pad")?;
    pad.link(&entry).map(drop).map_err(|error| format!("video cannot be linked: {error}"))
}

/// Swallows a stream that nobody wants, since an unlinked pad may stop the demuxer.
pub fn discard(pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), String> {
    let sink = make("fakesink")?;
    sink.set_property("sync", false);
    sink.set_property("async", false);
    add_and_link(pipeline, pad, &[&sink])
}
