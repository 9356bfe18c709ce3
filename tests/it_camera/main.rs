//! Cameras against real GStreamer: files, a real RTSP server, recordings and clips.
#![cfg(all(feature = "edge", feature = "demo"))]

mod files;
mod live;
mod recording;
mod support;
