//! A video file as an endless series of compressed access units, for the RTSP camera server.
//!
//! Enters: a file. Leaves: unit `n` of the endless series with its two times, in nanoseconds since
//! the series began. Invariants: decode times never step back, no unit is shown before its decode
//! time, and the last frame of a round is followed by the first of the next after one frame's time.

use super::chain;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;

/// A file larger than this is no demo clip.
const UNITS_MAX: usize = 50_000;

pub struct LoopedVideo {
    pub caps: gst::Caps,
    units: Vec<Unit>,
    length_nanos: u64,
}

struct Unit {
    buffer: gst::Buffer,
    decode_nanos: u64,
    show_nanos: u64,
    is_key: bool,
}

impl LoopedVideo {
    pub fn load(path: &Path) -> Result<Self, String> {
        let (pipeline, sink) = build(path)?;
        let loaded = match pipeline.set_state(gst::State::Playing) {
            Ok(_) => collect(&pipeline, &sink),
            Err(_) => Err("it cannot be opened".to_owned()),
        };
        let stopped = pipeline.set_state(gst::State::Null);
        let (caps, units) = loaded?;
        stopped.map_err(|error| error.to_string())?;
        Self::from_units(caps, units)
    }

    /// `(buffer, decode time, show time)` as the file has them, in decoding order.
    fn from_units(caps: gst::Caps, units: Vec<(gst::Buffer, u64, u64)>) -> Result<Self, String> {
        let count = units.len() as u64;
        let shown = || units.iter().map(|unit| unit.2);
        let (Some(first), Some(last)) = (shown().min(), shown().max()) else {
            return Err("there is no H.264 or H.265 video in it".to_owned());
        };
        if count < 2 || last == first {
            return Err("one picture makes no stream".to_owned());
        }
        let first_decode = units.iter().map(|unit| unit.1).min().unwrap_or_default();
        // Reordered streams show every frame later than it is decoded, by the same delay.
        let delay = units
            .iter()
            .map(|&(_, decode, show)| (decode - first_decode).saturating_sub(show - first))
            .max()
            .unwrap_or_default();
        let units = units
            .into_iter()
            .map(|(buffer, decode, show)| Unit {
                is_key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
                buffer,
                decode_nanos: decode - first_decode,
                show_nanos: show - first + delay,
            })
            .collect::<Vec<_>>();
        if !units[0].is_key {
            return Err("it does not begin with a key frame".to_owned());
        }
        Ok(Self { caps, units, length_nanos: (last - first) + (last - first) / (count - 1) })
    }

    pub fn buffer(&self, n: u64) -> &gst::Buffer {
        &self.unit(n).0.buffer
    }

    pub fn decode_nanos(&self, n: u64) -> u64 {
        let (unit, round_begins) = self.unit(n);
        round_begins + unit.decode_nanos
    }

    pub fn show_nanos(&self, n: u64) -> u64 {
        let (unit, round_begins) = self.unit(n);
        round_begins + unit.show_nanos
    }

    /// The key frame that unit `n` depends on.
    pub fn key_before(&self, n: u64) -> u64 {
        let within = (n % self.units.len() as u64) as usize;
        let back = self.units[..=within].iter().rev().position(|unit| unit.is_key);
        n - back.unwrap_or(within) as u64
    }

    fn unit(&self, n: u64) -> (&Unit, u64) {
        let count = self.units.len() as u64;
        (&self.units[(n % count) as usize], (n / count) * self.length_nanos)
    }
}

fn build(path: &Path) -> Result<(gst::Pipeline, gst_app::AppSink), String> {
    let pipeline = gst::Pipeline::new();
    let source = chain::make("filesrc")?;
    source.set_property("location", path);
    let parse = chain::make("parsebin")?;
    let sink = gst_app::AppSink::builder().sync(false).build();
    pipeline.add_many([&source, &parse, sink.upcast_ref()]).map_err(|error| error.to_string())?;
    source.link(&parse).map_err(|error| error.to_string())?;
    let (weak, target) = (pipeline.downgrade(), sink.downgrade());
    parse.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Some(sink)) = (weak.upgrade(), target.upgrade()) else { return };
        let caps = chain::caps_of(pad);
        // Sound and other codecs stay unlinked; without any video the file yields no unit.
        let Some((parser, storable)) = chain::parser_for(&caps) else { return };
        if sink.static_pad("sink").is_none_or(|pad| pad.is_linked()) {
            return;
        }
        let linked = chain::make(parser).and_then(|parser| {
            pipeline.add(&parser).map_err(|error| error.to_string())?;
            sink.set_caps(Some(&storable));
            parser.link(&sink).map_err(|error| error.to_string())?;
            parser.sync_state_with_parent().map_err(|error| error.to_string())?;
            let entry = parser.static_pad("sink").ok_or("a parser without a sink pad")?;
            pad.link(&entry).map(drop).map_err(|error| error.to_string())
        });
        if let Err(reason) = linked {
            tracing::error!(reason, "video for the camera server cannot be linked");
        }
    });
    Ok((pipeline, sink))
}

type Collected = (gst::Caps, Vec<(gst::Buffer, u64, u64)>);

fn collect(pipeline: &gst::Pipeline, sink: &gst_app::AppSink) -> Result<Collected, String> {
    let mut caps = gst::Caps::new_empty();
    let mut units: Vec<(gst::Buffer, u64, u64)> = Vec::new();
    let errors = [gst::MessageType::Error];
    while !sink.is_eos() {
        if let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_mseconds(50)) {
            let (Some(buffer), Some(found)) = (sample.buffer_owned(), sample.caps()) else {
                continue;
            };
            let show = chain::sample_running_time(&sample)
                .ok_or("its frames have no timestamps: put it in an MP4 file")?;
            let pts = buffer.pts().unwrap_or_default();
            // Decode time on the same axis; never before the unit ahead of it.
            let behind = buffer.dts().map_or(0, |dts| pts.saturating_sub(dts).nseconds());
            // Shifted by an hour, since a decode time may lie before the segment's beginning.
            let show = show.nseconds() + gst::ClockTime::from_seconds(3600).nseconds();
            let decode = (show - behind.min(show)).max(units.last().map_or(0, |last| last.1));
            caps = found.to_owned();
            units.push((buffer, decode, show));
            if units.len() > UNITS_MAX {
                return Err(format!("it has more than {UNITS_MAX} frames"));
            }
        } else if let Some(message) = pipeline.bus().and_then(|bus| bus.pop_filtered(&errors)) {
            let gst::MessageView::Error(error) = message.view() else { continue };
            return Err(error.error().message().to_owned());
        }
    }
    Ok((caps, units))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I P B B P B B at 10 fps: decode order, with show times as an encoder writes them.
    fn reordered() -> LoopedVideo {
        gst::init().unwrap();
        let shown = [2u64, 5, 3, 4, 8, 6, 7];
        let units = shown.iter().enumerate().map(|(i, &show)| {
            let mut buffer = gst::Buffer::new();
            if i > 0 {
                buffer.make_mut().set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            (buffer, i as u64 * 100_000_000, show * 100_000_000)
        });
        LoopedVideo::from_units(gst::Caps::new_empty(), units.collect()).unwrap()
    }

    #[test]
    fn rounds_follow_each_other_without_a_jump() {
        let video = reordered();
        let mut shown: Vec<_> = (0..21).map(|n| video.show_nanos(n)).collect();
        shown.sort_unstable();
        assert!(shown.windows(2).all(|pair| pair[1] - pair[0] == 100_000_000), "{shown:?}");
        for n in 0..20 {
            assert_eq!(video.decode_nanos(n + 1) - video.decode_nanos(n), 100_000_000);
            assert!(video.show_nanos(n) >= video.decode_nanos(n));
        }
        assert_eq!(video.key_before(0), 0);
        assert_eq!(video.key_before(13), 7);
    }

    #[test]
    fn one_picture_is_refused() {
        gst::init().unwrap();
        let one = vec![(gst::Buffer::new(), 0, 0)];
        assert!(LoopedVideo::from_units(gst::Caps::new_empty(), one).is_err());
        assert!(LoopedVideo::from_units(gst::Caps::new_empty(), Vec::new()).is_err());
    }
}
