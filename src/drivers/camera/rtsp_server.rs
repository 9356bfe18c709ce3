//! A small RTSP camera server for the demo and for tests: files served as if they were live cameras.
//!
//! Enters: H.264 or H.265 files. Leaves: an endless RTSP stream of each, not encoded again. Every
//! stream has one timeline that starts with the server and loops without a jump in its timestamps;
//! whoever connects joins it where it is now.
//!
//! ```text
//! file -> access units in memory -> feeder thread, paced --> appsrc -> payloader of client 1
//!                                                        \-> appsrc -> payloader of client 2
//! ```
//! A client joining between key frames first gets the frames since the last one, squeezed into
//! milliseconds, so that its first picture is there at once and is the present one.
//!
//! # Failure
//! A file that cannot be served is told by `start`. A client that does not read loses frames, alone.

use super::{Address, FilePart};
use gstreamer as gst;
use gstreamer::{glib, prelude::*};
use gstreamer_app as gst_app;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
