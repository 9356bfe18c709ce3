//! RTP packets in, access units out: GStreamer's depayloaders and parsers.

use super::sdp::Video;
use crate::base::time::WallTime;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

/// For what is still being parsed when the last packet is in.
const REST_WITHIN: gst::ClockTime = gst::ClockTime::from_seconds(5);

/// Stopped when dropped.
pub struct Units {
    pipeline: gst::Pipeline,
    packets: gst_app::AppSrc,
    units: gst_app::AppSink,
}

impl Units {
    pub fn of(video: &Video) -> Result<Self, String> {
        gst::init().map_err(|error| error.to_string())?;
        let chain = match video.encoding.as_str() {
            "H264" => "rtph264depay ! h264parse ! video/x-h264,stream-format=avc,alignment=au",
            "H265" => "rtph265depay ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au",
            other => return Err(format!("it sends {other}; allowed: H264 H265")),
        };
        let elements = format!(
            "appsrc name=packets format=time max-bytes=0 ! {chain} ! appsink name=units sync=false"
        );
        let pipeline = gst::parse::launch(&elements)
            .map_err(|error| format!("{error}: install gstreamer1.0-plugins-good and -bad"))?
            .downcast::<gst::Pipeline>()
            .map_err(|_| "no pipeline")?;
        let packets = pipeline.by_name("packets").and_then(|it| it.downcast().ok());
        let units = pipeline.by_name("units").and_then(|it| it.downcast().ok());
        let (packets, units): (gst_app::AppSrc, gst_app::AppSink) =
            packets.zip(units).ok_or("no way through the pipeline")?;
        packets.set_caps(Some(&video.caps()));
        pipeline.set_state(gst::State::Playing).map_err(|error| error.to_string())?;
        Ok(Self { pipeline, packets, units })
    }

    pub fn push(&self, packet: Vec<u8>, at: WallTime) -> Result<(), String> {
        let mut buffer = gst::Buffer::from_mut_slice(packet);
        let millis = u64::try_from(at.unix_millis()).unwrap_or(0);
        buffer.make_mut().set_pts(gst::ClockTime::from_mseconds(millis));
        self.packets.push_buffer(buffer).map(drop).map_err(|_| {
            let errors = [gst::MessageType::Error];
            let message = self.pipeline.bus().and_then(|bus| bus.pop_filtered(&errors));
            let said = message.as_ref().and_then(|message| match message.view() {
                gst::MessageView::Error(error) => Some(error.error().message().to_owned()),
                _ => None,
            });
            said.unwrap_or_else(|| "its video cannot be read".to_owned())
        })
    }

    /// What is ready now.
    pub fn next(&self) -> Option<(gst::Sample, WallTime)> {
        self.timed(self.units.try_pull_sample(gst::ClockTime::ZERO)?)
    }

    /// All that is left, once nothing more comes.
    pub fn rest(&self) -> impl Iterator<Item = (gst::Sample, WallTime)> {
        // A pipeline that has failed gives nothing any more.
        let _ = self.packets.end_of_stream();
        std::iter::from_fn(|| self.timed(self.units.try_pull_sample(REST_WITHIN)?))
    }

    fn timed(&self, sample: gst::Sample) -> Option<(gst::Sample, WallTime)> {
        let millis = sample.buffer()?.pts()?.mseconds();
        Some((sample, WallTime::from_unix_millis(i64::try_from(millis).ok()?)))
    }
}

impl Drop for Units {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::error!("the pipeline of a replay does not stop");
        }
    }
}
