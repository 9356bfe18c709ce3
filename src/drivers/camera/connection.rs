//! One connection to one camera: a pipeline from first packet to its end, never repaired, only replaced.
//!
//! Enters: an address. Leaves: frames in the source's queue, compressed samples at the recorder's
//! tap, and on the pipeline's bus two application messages: [`FIRST_FRAME`] and [`REFUSED`].
//! Streaming threads add and link elements but never change the pipeline's state; the supervisor does.
//!
//! ```text
//! rtspsrc -> depay ---------\
//! filesrc/urisourcebin -> parsebin -> chain.rs -> frames
//! ```

use super::{Shared, Transport, address::Address, chain, image::GstImage};
use crate::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::frame::{Frame, FrameStamp, Image},
};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub const FIRST_FRAME: &str = "gridwarden-first-frame";
pub const REFUSED: &str = "gridwarden-refused";

/// Before rtspsrc gives up on a camera that accepts and says nothing.
const ANSWER_WAIT_MICROS: u64 = 5_000_000;

/// Ties the pipeline's running time to the source's two times, once a connection.
struct Anchor {
    running: gst::ClockTime,
    media: MediaTime,
    wall: WallTime,
}

impl Anchor {
    /// The first frame waits while the chain behind it is built, and later ones do not: `now`, the
    /// pipeline's own time, tells how long. Otherwise all would be dated into the future.
    fn at_first_frame(
        running: gst::ClockTime,
        now: Option<gst::ClockTime>,
        media: MediaTime,
        wall: WallTime,
    ) -> Self {
        let waited = now.map_or(0, |now| now.saturating_sub(running).nseconds());
        Self { running, media, wall: wall.minus(Duration::from_nanos(waited)) }
    }

    fn times(&self, running: gst::ClockTime) -> (MediaTime, WallTime) {
        match running.checked_sub(self.running) {
            Some(ahead) => {
                let span = Duration::from_nanos(ahead.nseconds());
                (self.media.plus(span), self.wall.plus(span))
            }
            // Frames that are shown before the one that arrived first.
            None => {
                let span = Duration::from_nanos((self.running - running).nseconds());
                (self.media.minus(span), self.wall.minus(span))
            }
        }
    }
}

/// What the streaming threads of one connection share with the supervisor.
pub struct Connection {
    shared: Arc<Shared>,
    /// Hardware decoders that failed on this camera before.
    avoided: Vec<String>,
    anchor: OnceLock<Anchor>,
    video: OnceLock<()>,
    codec: OnceLock<String>,
    decoder: OnceLock<String>,
    /// Monotonic nanoseconds of the last decoded frame; zero before the first.
    last_frame_nanos: AtomicU64,
}

impl Connection {
    /// Builds the pipeline, not yet started.
    pub fn open(
        shared: &Arc<Shared>,
        avoided: &[String],
    ) -> Result<(gst::Pipeline, Arc<Self>), String> {
        let connection = Arc::new(Self {
            shared: Arc::clone(shared),
            avoided: avoided.to_vec(),
            anchor: OnceLock::new(),
            video: OnceLock::new(),
            codec: OnceLock::new(),
            decoder: OnceLock::new(),
            last_frame_nanos: AtomicU64::new(0),
        });
        let pipeline = gst::Pipeline::new();
        match &shared.address {
            Address::Rtsp(uri) => connection.add_rtsp(&pipeline, uri, shared.config.transport)?,
            Address::Http(uri) => {
                let source = chain::make("urisourcebin")?;
                source.set_property("uri", uri);
                connection.add_container(&pipeline, &source)?;
            }
            Address::File(path) => {
                let source = chain::make("filesrc")?;
                source.set_property("location", path);
                connection.add_container(&pipeline, &source)?;
            }
        }
        Ok((pipeline, connection))
    }

    pub fn decoder(&self) -> String {
        self.decoder.get().cloned().unwrap_or_default()
    }

    pub fn codec(&self) -> String {
        self.codec.get().cloned().unwrap_or_default()
    }

    /// Time since the last decoded frame; `None` before the first.
    pub fn silent_for(&self) -> Option<Duration> {
        let last = self.last_frame_nanos.load(Ordering::Relaxed);
        let now = self.shared.clock.monotonic().as_nanos();
        (last > 0).then(|| Duration::from_nanos(now.saturating_sub(last)))
    }

    fn add_rtsp(
        self: &Arc<Self>,
        pipeline: &gst::Pipeline,
        uri: &str,
        transport: Transport,
    ) -> Result<(), String> {
        let source = chain::make("rtspsrc")?;
        source.set_property("location", uri);
        source.set_property("latency", 200u32);
        source.set_property("tcp-timeout", ANSWER_WAIT_MICROS);
        source.set_property("timeout", ANSWER_WAIT_MICROS);
        source.set_property("user-agent", concat!("gridwarden/", env!("CARGO_PKG_VERSION")));
        source.set_property_from_str(
            "protocols",
            match transport {
                Transport::Tcp => "tcp",
                Transport::Udp => "udp",
                Transport::Auto => "tcp+udp",
            },
        );
        // Sound and metadata are declined before they cost bandwidth.
        source.connect("select-stream", false, |values| {
            let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
            let media = caps.as_ref().and_then(|caps| caps.structure(0)?.get::<&str>("media").ok());
            Some((media == Some("video")).to_value())
        });
        let weak = pipeline.downgrade();
        let connection = Arc::clone(self);
        source.connect_pad_added(move |_, pad| {
            let Some(pipeline) = weak.upgrade() else { return };
            let caps = chain::caps_of(pad);
            let encoding = caps.structure(0).and_then(|s| s.get::<String>("encoding-name").ok());
            let (depay, media) = match encoding.as_deref() {
                Some("H264") => ("rtph264depay", "video/x-h264"),
                Some("H265") => ("rtph265depay", "video/x-h265"),
                other => {
                    let other = other.unwrap_or("an unknown codec");
                    return refuse(
                        &pipeline,
                        &format!("the camera sends {other}: set it to H.264 or H.265"),
                    );
                }
            };
            if connection.video.set(()).is_err() {
                return;
            }
            let attached = chain::make(depay).and_then(|depay| {
                // Nothing before the first key frame can be decoded or recorded. The H.265 one
                // cannot be told so; its decoder drops what it cannot decode.
                if depay.has_property_with_type("wait-for-keyframe", bool::static_type()) {
                    depay.set_property("wait-for-keyframe", true);
                }
                let caps = gst::Caps::new_empty_simple(media);
                // From the far end: data may come as soon as the camera's pad is linked.
                pipeline.add(&depay).map_err(|error| error.to_string())?;
                connection.attach(&pipeline, &chain::source_pad(&depay)?, &caps)?;
                chain::enter(pad, &depay)
            });
            if let Err(reason) = attached {
                refuse(&pipeline, &reason);
            }
        });
        let weak = pipeline.downgrade();
        let connection = Arc::clone(self);
        source.connect_no_more_pads(move |_| {
            if let (None, Some(pipeline)) = (connection.video.get(), weak.upgrade()) {
                refuse(&pipeline, "the camera offers no video stream: choose another path");
            }
        });
        pipeline.add(&source).map_err(|error| error.to_string())
    }

    /// Files and HTTP: whatever container it is, `parsebin` takes it apart.
    fn add_container(
        self: &Arc<Self>,
        pipeline: &gst::Pipeline,
        source: &gst::Element,
    ) -> Result<(), String> {
        let parse = chain::make("parsebin")?;
        pipeline.add_many([source, &parse]).map_err(|error| error.to_string())?;
        if source.static_pad("src").is_some() {
            source.link(&parse).map_err(|error| error.to_string())?;
        } else {
            let parse = parse.downgrade();
            source.connect_pad_added(move |_, pad| {
                let sink = parse.upgrade().and_then(|parse| parse.static_pad("sink"));
                if let Some(sink) = sink.filter(|sink| !sink.is_linked()) {
                    // A pad that does not link makes the source stop with an error of its own.
                    let _ = pad.link(&sink);
                }
            });
        }
        let weak = pipeline.downgrade();
        let connection = Arc::clone(self);
        parse.connect_pad_added(move |_, pad| {
            let Some(pipeline) = weak.upgrade() else { return };
            let caps = chain::caps_of(pad);
            let attached = if chain::is_video(&caps) && connection.video.set(()).is_ok() {
                connection.attach(&pipeline, pad, &caps)
            } else {
                chain::discard(&pipeline, pad)
            };
            if let Err(reason) = attached {
                refuse(&pipeline, &reason);
            }
        });
        Ok(())
    }

    /// Everything behind the pad that carries compressed video.
    fn attach(
        self: &Arc<Self>,
        pipeline: &gst::Pipeline,
        pad: &gst::Pad,
        caps: &gst::Caps,
    ) -> Result<(), String> {
        let mut elements = Vec::new();
        let mut compressed = caps.clone();
        if let Some((parser, storable)) = chain::parser_for(caps) {
            let parser = chain::make(parser)?;
            // Parameter sets before every key frame: a segment cut anywhere can be decoded.
            parser.set_property("config-interval", -1i32);
            let filter = chain::make("capsfilter")?;
            filter.set_property("caps", &storable);
            elements.extend([parser, filter]);
            compressed = storable;
        }
        // A camera paces itself; anything else is played at its own speed.
        let pace = chain::make("identity")?;
        pace.set_property("sync", !matches!(self.shared.address, Address::Rtsp(_)));
        let decoder =
            chain::choose_decoder(&compressed, chain::Hardware::PreferredExcept(&self.avoided))?;
        if let Some(factory) = decoder.factory() {
            let _ = self.decoder.set(factory.name().to_string());
        }
        if let Some(structure) = compressed.structure(0) {
            let _ = self.codec.set(structure.name().trim_start_matches("video/x-").to_owned());
        }
        self.tap(&chain::source_pad(&pace)?);
        elements.extend([pace, chain::decode_queue()?]);
        let sink = chain::frame_sink(2, true);
        self.deliver(&sink, pipeline);

        let seen = Arc::clone(self);
        let decoded = chain::source_pad(&decoder)?;
        chain::decimate(&decoded, self.shared.config.analysed_fps, move || {
            seen.shared.decoded.fetch_add(1, Ordering::Relaxed);
            let now = seen.shared.clock.monotonic().as_nanos().max(1);
            seen.last_frame_nanos.store(now, Ordering::Relaxed);
        });
        elements.extend([decoder, chain::make("videoconvert")?, sink.upcast()]);
        chain::add_and_link(pipeline, pad, &elements.iter().collect::<Vec<_>>())
    }

    /// Anchors the connection's time at its first compressed frame and feeds the recorder.
    fn tap(self: &Arc<Self>, pad: &gst::Pad) {
        let connection = Arc::clone(self);
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let Some(buffer) = info.buffer() else { return gst::PadProbeReturn::Ok };
            let Some(running) = chain::running_time(pad, buffer) else {
                return gst::PadProbeReturn::Ok;
            };
            let now = pad.parent_element().and_then(|element| element.current_running_time());
            let (_, captured_at) = connection.times(running, now);
            if let (Some(tap), Some(caps)) = (&connection.shared.config.record, pad.current_caps())
            {
                tap(gst::Sample::builder().buffer(buffer).caps(&caps).build(), captured_at);
            }
            gst::PadProbeReturn::Ok
        });
    }

    fn deliver(self: &Arc<Self>, sink: &gst_app::AppSink, pipeline: &gst::Pipeline) {
        let connection = Arc::clone(self);
        let weak = pipeline.downgrade();
        let announced = OnceLock::new();
        let new_sample = move |sink: &gst_app::AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let Some(running) = chain::sample_running_time(&sample) else {
                return Ok(gst::FlowSuccess::Ok);
            };
            let image = GstImage::new(&sample).map_err(|reason| {
                if let Some(pipeline) = weak.upgrade() {
                    refuse(&pipeline, &reason);
                }
                gst::FlowError::Error
            })?;
            let (pts, captured_at) = connection.times(running, sink.current_running_time());
            let size = image.planes().size;
            if let (true, Some(pipeline)) = (announced.set(()).is_ok(), weak.upgrade()) {
                let first = gst::Structure::builder(FIRST_FRAME)
                    .field("width", size.width_px)
                    .field("height", size.height_px)
                    .build();
                post(&pipeline, first);
            }
            connection.shared.push(Frame {
                stamp: FrameStamp { pts, captured_at, clock: ClockQuality::Arrival, size },
                image: Arc::new(image),
            });
            Ok(gst::FlowSuccess::Ok)
        };
        sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(new_sample).build());
    }

    /// Both times of a frame shown at `running`, when the pipeline's own time is `now`.
    fn times(&self, running: gst::ClockTime, now: Option<gst::ClockTime>) -> (MediaTime, WallTime) {
        let anchor = self.anchor.get_or_init(|| {
            let (media, wall) = (self.shared.media_now(), self.shared.clock.wall());
            Anchor::at_first_frame(running, now, media, wall)
        });
        anchor.times(running)
    }
}

/// Tells whoever reads the bus that this stream cannot be used, and why.
pub fn refuse(pipeline: &gst::Pipeline, reason: &str) {
    post(pipeline, gst::Structure::builder(REFUSED).field("reason", reason).build());
}

fn post(pipeline: &gst::Pipeline, structure: gst::Structure) {
    // Fails only while the bus is flushing, when nobody listens any more.
    let _ = pipeline.post_message(gst::message::Application::new(structure));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_dated_by_their_arrival_however_long_the_first_one_waited() {
        let at = gst::ClockTime::from_mseconds;
        let (media, wall) = (MediaTime::ZERO, WallTime::from_unix_millis(1_000_300));
        let anchor = Anchor::at_first_frame(at(50), Some(at(350)), media, wall);
        let captured = |running| anchor.times(at(running)).1.unix_millis();
        assert_eq!([captured(50), captured(150), captured(30)], [1_000_000, 1_000_100, 999_980]);
        assert_eq!(anchor.times(at(150)).0.as_nanos(), 100_000_000);
        // A clock that is not known, or not ahead, changes nothing.
        for now in [None, Some(at(20))] {
            assert_eq!(Anchor::at_first_frame(at(50), now, media, wall).wall, wall);
        }
    }
}
