//! The videos that the benches run on. Real footage of a fixed camera, never test patterns: the
//! decoder's and the network's work depends on what is in the picture.

use anyhow::Context;
use gstreamer::{self as gst, prelude::*};
use std::path::{Path, PathBuf};

/// `vtest.avi` of OpenCV's samples (PETS 2009, view 1): 768x576, 10 frames a second, 80 s.
pub fn pets() -> anyhow::Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".build/footage/vtest.mp4");
    anyhow::ensure!(path.is_file(), "{} is missing: run `make bench`", path.display());
    Ok(path)
}

/// The same, stretched to 1920x1080 and encoded again as an IP camera would (H.264, no B frames, a key
/// frame every 2 s). Made once, kept in cargo's folder for temporary files.
pub fn pets_1080p() -> anyhow::Result<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pets_1080p.mp4");
    if path.is_file() {
        return Ok(path);
    }
    gst::init()?;
    let part = path.with_extension("part");
    println!("making {} (once)", path.display());
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! decodebin ! videoconvert ! videoscale method=lanczos ! \
         video/x-raw,format=I420,width=1920,height=1080,pixel-aspect-ratio=1/1 ! \
         x264enc speed-preset=veryfast bitrate=6000 key-int-max=20 bframes=0 ! \
         video/x-h264,profile=main ! h264parse ! mp4mux ! filesink location={}",
        pets()?.display(),
        part.display()
    ))?;
    pipeline.set_state(gst::State::Playing)?;
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let bus = pipeline.bus().context("a pipeline without a bus")?;
    let ended = bus.timed_pop_filtered(gst::ClockTime::from_seconds(600), &kinds);
    pipeline.set_state(gst::State::Null)?;
    let made = ended.is_some_and(|message| message.type_() == gst::MessageType::Eos);
    anyhow::ensure!(made, "{} could not be made", path.display());
    std::fs::rename(part, &path)?;
    Ok(path)
}
