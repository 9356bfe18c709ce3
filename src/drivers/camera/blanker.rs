//! Privacy zones black in the recording itself, where policy wants no pixel of them on any disk.
//!
//! ```text
//! camera's tap --never waits--> bounded queue --> thread: decode -> blank -> H.264 --> recorder's tap
//! ```
//! Everything else of the product records what the camera sent. This costs a decoder and an encoder at the
//! camera's full rate (docs/footage.md has the figures) and a generation of quality, so it is chosen camera
//! by camera. It fails closed: a frame that cannot be blanked is not recorded, and is a hole like any other.

use super::{RecordTap, chain};
use crate::{
    base::{priority::give_way, time::WallTime},
    domain::{
        frame::{ColourMatrix, PlanesMut},
        pixel::PixelSize,
        privacy::PrivacyMask,
    },
};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// About ten seconds at 25 fps, as at the recorder.
const QUEUE_UNITS_MAX: usize = 256;
/// Below live analysis.
const NICE: u8 = 5;
/// One frame in so many begins a segment or a cut; the camera's own key frames are not kept.
const KEY_FRAME_EVERY: u32 = 50;
/// Frames come in the order of decoding, and are shown a little earlier or later. Beyond, the clock was set.
const REORDERED_MAX: Duration = Duration::from_secs(2);
const LAST_FRAMES_WITHIN: gst::ClockTime = gst::ClockTime::from_seconds(5);

enum Order {
    Blank(gst::Sample, WallTime),
    Stop,
}

/// Dropping it waits for what is on its way.
pub struct Blanker {
    orders: SyncSender<Order>,
    tap: RecordTap,
    thread: Option<JoinHandle<()>>,
}

impl Blanker {
    /// What `record` gets has `mask` over it. `on_fault` is called on the blanker's thread, once each time
    /// that recording stops for a reason.
    pub fn start(
        mask: PrivacyMask,
        record: RecordTap,
        on_fault: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Self> {
        gst::init().map_err(io::Error::other)?;
        let (orders, received) = sync_channel(QUEUE_UNITS_MAX);
        let overrun = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            mask,
            record,
            on_fault: Box::new(on_fault),
            overrun: Arc::clone(&overrun),
            coder: None,
            faulty: false,
        };
        let thread = std::thread::Builder::new()
            .name("blanker".to_owned())
            .spawn(move || worker.run(&received))?;
        let sender = orders.clone();
        let tap: RecordTap = Arc::new(move |sample, at| {
            if sender.try_send(Order::Blank(sample, at)).is_err() {
                overrun.store(true, Ordering::Relaxed);
            }
        });
        Ok(Self { orders, tap, thread: Some(thread) })
    }

    /// To be called with every access unit; never waits.
    pub fn tap(&self) -> RecordTap {
        Arc::clone(&self.tap)
    }
}

impl Drop for Blanker {
    fn drop(&mut self) {
        // Waits for room behind frames that are still to be blanked; fails if the thread is gone.
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic there has already been printed.
            let _ = thread.join();
        }
    }
}

struct Worker {
    mask: PrivacyMask,
    record: RecordTap,
    on_fault: Box<dyn Fn(&str) + Send>,
    /// Frames found no place in the queue.
    overrun: Arc<AtomicBool>,
    coder: Option<Coder>,
    faulty: bool,
}

impl Worker {
    fn run(mut self, received: &Receiver<Order>) {
        while let Ok(Order::Blank(sample, at)) = received.recv() {
            if self.overrun.swap(false, Ordering::Relaxed) {
                self.fail("frames come faster than they are blanked");
            }
            if let Err(reason) = self.blank(&sample, at) {
                self.fail(&reason);
            }
        }
    }

    /// From here on nothing is recorded until a key frame begins anew.
    fn fail(&mut self, reason: &str) {
        self.coder = None;
        if !self.faulty {
            (self.on_fault)(reason);
        }
        self.faulty = true;
    }

    fn blank(&mut self, sample: &gst::Sample, at: WallTime) -> Result<(), String> {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else {
            return Ok(());
        };
        drop(self.coder.take_if(|coder| coder.caps != caps || coder.is_behind(at)));
        if let Some(coder) = &mut self.coder {
            return coder.push(buffer, at);
        }
        if buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
            return Ok(());
        }
        let coder = Coder::start(caps, &self.mask, &self.record, at)?;
        self.faulty = false;
        self.coder.insert(coder).push(buffer, at)
    }
}

/// One decoder and one encoder, for one format, until something breaks.
struct Coder {
    caps: gst::Caps,
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    begins: WallTime,
    newest: WallTime,
}

impl Coder {
    fn start(
        caps: gst::Caps,
        mask: &PrivacyMask,
        record: &RecordTap,
        begins: WallTime,
    ) -> Result<Self, String> {
        let source = gst_app::AppSrc::builder()
            .caps(&caps)
            .format(gst::Format::Time)
            .block(true)
            .max_buffers(8)
            .max_bytes(0)
            .build();
        let decoder = chain::choose_decoder(&caps, chain::Hardware::PreferredExcept(&[]))?;
        let pictures = filter(&chain::i420_caps())?;
        blank_at(&chain::source_pad(&pictures)?, mask.clone());
        let encoder = chain::make("x264enc")?;
        for (name, value) in
            [("speed-preset", "superfast"), ("tune", "zerolatency"), ("pass", "qual")]
        {
            encoder.set_property_from_str(name, value);
        }
        encoder.set_property("quantizer", 23u32);
        encoder.set_property("key-int-max", KEY_FRAME_EVERY);
        encoder.set_property("bframes", 0u32);
        encoder.set_property("threads", 1u32);
        let parser = chain::make("h264parse")?;
        // Parameter sets before every key frame: a segment cut anywhere can be decoded.
        parser.set_property("config-interval", -1i32);
        let (_, storable) = chain::parser_for(&gst::Caps::new_empty_simple("video/x-h264"))
            .ok_or("H.264 cannot be stored")?;
        let sink = gst_app::AppSink::builder().sync(false).async_(false).build();
        deliver(&sink, Arc::clone(record), begins);
        let elements = [
            source.clone().upcast(),
            decoder,
            chain::make("videoconvert")?,
            pictures,
            encoder,
            parser,
            filter(&storable)?,
            sink.upcast(),
        ];
        let pipeline = gst::Pipeline::new();
        let built = || -> Result<(), gst::glib::BoolError> {
            pipeline.add_many(&elements)?;
            gst::Element::link_many(&elements)
        };
        built().map_err(|error| error.to_string())?;
        pipeline.set_state(gst::State::Playing).map_err(|error| error.to_string())?;
        Ok(Self { caps, pipeline, source, begins, newest: begins })
    }

    fn is_behind(&self, at: WallTime) -> bool {
        self.newest.since(at) > REORDERED_MAX
    }

    fn push(&mut self, mut buffer: gst::Buffer, at: WallTime) -> Result<(), String> {
        if let Some(bus) = self.pipeline.bus()
            && let Some(message) = bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(error.error().to_string());
        }
        if at < self.begins {
            // Shown before the key frame that it came after: it cannot be decoded.
            return Ok(());
        }
        self.newest = self.newest.max(at);
        let timed = buffer.make_mut();
        let pts = at.since(self.begins).as_nanos() as u64;
        timed.set_pts(gst::ClockTime::from_nseconds(pts));
        timed.set_dts(gst::ClockTime::NONE);
        self.source.push_buffer(buffer).map(drop).map_err(|error| error.to_string())
    }
}

impl Drop for Coder {
    /// Lets the last frames through.
    fn drop(&mut self) {
        if self.source.end_of_stream().is_ok()
            && let Some(bus) = self.pipeline.bus()
        {
            let ends = [gst::MessageType::Eos, gst::MessageType::Error];
            let _ = bus.timed_pop_filtered(LAST_FRAMES_WITHIN, &ends);
        }
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn filter(caps: &gst::Caps) -> Result<gst::Element, String> {
    let filter = chain::make("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

/// A picture that cannot be blanked goes no further.
fn blank_at(pad: &gst::Pad, mask: PrivacyMask) {
    let lowered = OnceLock::new();
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        // Decoder and encoder work on this thread, one frame after the other.
        lowered.get_or_init(|| give_way(NICE));
        let format =
            pad.current_caps().and_then(|caps| gst_video::VideoInfo::from_caps(&caps).ok());
        let (Some(format), Some(buffer)) = (format, info.buffer_mut()) else {
            return gst::PadProbeReturn::Drop;
        };
        match blanked(buffer.make_mut(), &format, &mask) {
            true => gst::PadProbeReturn::Ok,
            false => gst::PadProbeReturn::Drop,
        }
    });
}

fn blanked(buffer: &mut gst::BufferRef, format: &gst_video::VideoInfo, mask: &PrivacyMask) -> bool {
    let Ok(mut picture) = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, format) else {
        return false;
    };
    let strides = [0, 1].map(|plane| picture.plane_stride()[plane] as usize);
    let [y, u, v, _] = picture.planes_data_mut();
    mask.blank(&mut PlanesMut {
        size: PixelSize { width_px: format.width(), height_px: format.height() },
        y,
        y_stride_bytes: strides[0],
        u,
        v,
        uv_stride_bytes: strides[1],
        // Black is black in each.
        matrix: ColourMatrix::Bt709,
        full_range: false,
    })
    .is_some()
}

/// Encoded frames to the recorder, with the wall time that each came with.
fn deliver(sink: &gst_app::AppSink, record: RecordTap, begins: WallTime) {
    let new_sample = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        if let Some(running) = chain::sample_running_time(&sample) {
            let at = begins.plus(Duration::from_nanos(running.nseconds()));
            record(sample, at);
        }
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(new_sample).build());
}
