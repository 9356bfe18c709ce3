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

use super::looped::LoopedVideo;
use crate::base::{
    clock::{Clock, SystemClock},
    time::Monotonic,
};
use gstreamer as gst;
use gstreamer::{glib, prelude::*};
use gstreamer_app as gst_app;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("{}: cannot be served: {reason}", file.display())]
    File { file: PathBuf, reason: String },
    #[error("RTSP server on port {port}: {reason}")]
    Start { port: u16, reason: String },
}

/// Stops when dropped: clients are disconnected and the port is free again.
pub struct RtspServer {
    port: u16,
    server: rtsp::RTSPServer,
    main_loop: glib::MainLoop,
    control: Arc<Control>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Control {
    stopped: AtomicBool,
    frozen: AtomicBool,
}

impl RtspServer {
    /// Serves each `(mount path, file)` on `127.0.0.1`; port 0 takes a free one. Connect by
    /// `rtsp://127.0.0.1:<port>/<mount path>`.
    pub fn start(streams: &[(&str, PathBuf)], port: u16) -> Result<Self, ServerError> {
        let cannot = |reason: String| ServerError::Start { port, reason };
        gst::init().map_err(|error| cannot(error.to_string()))?;
        let videos = streams
            .iter()
            .map(|(_, file)| {
                LoopedVideo::load(file)
                    .map_err(|reason| ServerError::File { file: file.clone(), reason })
            })
            .collect::<Result<Vec<_>, _>>()?;

        let server = rtsp::RTSPServer::new();
        server.set_address("127.0.0.1");
        server.set_service(&port.to_string());
        let mounts = server.mount_points().ok_or_else(|| cannot("no mount points".to_owned()))?;
        let control = Arc::new(Control::default());
        let mut threads = Vec::new();
        for ((mount, _), video) in streams.iter().zip(videos) {
            let stream = Arc::new(Stream { video, clients: Mutex::new(Vec::new()) });
            mounts.add_factory(&format!("/{}", mount.trim_start_matches('/')), stream.factory());
            let control = Arc::clone(&control);
            let feeder = std::thread::Builder::new()
                .name("rtsp-feeder".to_owned())
                .spawn(move || stream.feed(&control))
                .map_err(|error| cannot(error.to_string()))?;
            threads.push(feeder);
        }

        let context = glib::MainContext::new();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let mut started = Self { port, server, main_loop, control, threads };
        started.server.attach(Some(&context)).map_err(|_| {
            cannot("it cannot be bound: is another program listening there?".to_owned())
        })?;
        started.port = u16::try_from(started.server.bound_port()).unwrap_or(port);
        let main_loop = started.main_loop.clone();
        let serving = std::thread::Builder::new().name("rtsp-server".to_owned()).spawn(move || {
            // Fails only if the context is taken, and it is new.
            let _ = main_loop.context().with_thread_default(|| main_loop.run());
        });
        started.threads.push(serving.map_err(|error| cannot(error.to_string()))?);
        Ok(started)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// As a camera that hangs: clients stay connected and get nothing.
    pub fn freeze(&self, frozen: bool) {
        self.control.frozen.store(frozen, Ordering::Relaxed);
    }

    /// As a network that drops every connection; new ones are welcome.
    pub fn drop_clients(&self) {
        self.server.client_filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
    }
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        self.control.stopped.store(true, Ordering::Relaxed);
        self.drop_clients();
        // A loop that has not begun to run would miss a plain quit.
        let main_loop = self.main_loop.clone();
        self.main_loop.context().invoke(move || main_loop.quit());
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // A panic there has already been printed.
            let _ = thread.join();
        }
    }
}

/// One mount path.
struct Stream {
    video: LoopedVideo,
    clients: Mutex<Vec<Client>>,
}

/// One client's pipeline. `base` ties the stream's time to that pipeline's running time.
struct Client {
    source: gst_app::AppSrc,
    base: Option<Base>,
    /// It has a key frame and everything since.
    joined: bool,
}

#[derive(Clone, Copy)]
struct Base {
    stream_nanos: u64,
    running_nanos: u64,
}

impl Stream {
    fn factory(self: &Arc<Self>) -> rtsp::RTSPMediaFactory {
        let is_h265 = self.video.caps.structure(0).is_some_and(|s| s.name() == "video/x-h265");
        let payloader = if is_h265 { "rtph265pay" } else { "rtph264pay" };
        let factory = rtsp::RTSPMediaFactory::new();
        factory.set_launch(&format!(
            "( appsrc name=feed is-live=true format=time ! {payloader} name=pay0 pt=96 config-interval=-1 )"
        ));
        let stream = Arc::clone(self);
        factory.connect_media_configure(move |_, media| {
            let bin = media.element().downcast::<gst::Bin>().ok();
            let source = bin.and_then(|bin| bin.by_name("feed"));
            let Some(source) = source.and_then(|it| it.downcast::<gst_app::AppSrc>().ok()) else {
                return;
            };
            source.set_caps(Some(&stream.video.caps));
            source.set_max_time(gst::ClockTime::from_seconds(5));
            source.set_leaky_type(gst_app::AppLeakyType::Downstream);
            let (gone, left) = (Arc::clone(&stream), source.clone());
            media.connect_unprepared(move |_| {
                gone.lock().retain(|client| client.source != left);
            });
            stream.lock().push(Client { source, base: None, joined: false });
        });
        factory
    }

    /// Hands out every unit when it is due, until the server stops.
    fn feed(&self, control: &Control) {
        let clock = SystemClock::new();
        let start = clock.monotonic();
        for n in 0.. {
            let due = start.plus(Duration::from_nanos(self.video.decode_nanos(n)));
            if !wait_until(&clock, due, control) {
                break;
            }
            let frozen = control.frozen.load(Ordering::Relaxed);
            self.lock().retain_mut(|client| {
                client.joined &= !frozen;
                frozen || client.give(&self.video, n)
            });
        }
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait_until(clock: &SystemClock, due: Monotonic, control: &Control) -> bool {
    loop {
        let left = due.since(clock.monotonic());
        if control.stopped.load(Ordering::Relaxed) || left.is_zero() {
            return !control.stopped.load(Ordering::Relaxed);
        }
        std::thread::park_timeout(left);
    }
}

impl Client {
    /// False once the client is gone.
    fn give(&mut self, video: &LoopedVideo, n: u64) -> bool {
        // No running time yet: the client is still being set up.
        let Some(running) = self.source.current_running_time() else { return true };
        let base = *self.base.get_or_insert(Base {
            stream_nanos: video.decode_nanos(n),
            running_nanos: running.nseconds(),
        });
        if !self.joined {
            self.joined = true;
            let catch_up: Vec<u64> = (video.key_before(n)..n).collect();
            let shown = squeezed(video, &catch_up, n);
            for (unit, show_nanos) in catch_up.into_iter().zip(shown) {
                if !self.push(video.buffer(unit), base, show_nanos) {
                    return false;
                }
            }
        }
        self.push(video.buffer(n), base, video.show_nanos(n))
    }

    fn push(&self, buffer: &gst::Buffer, base: Base, show_nanos: u64) -> bool {
        let running = (base.running_nanos + show_nanos).saturating_sub(base.stream_nanos);
        // A shallow copy: the bytes are shared by all clients and all rounds.
        let mut buffer = buffer.copy();
        let timed = buffer.make_mut();
        timed.set_pts(gst::ClockTime::from_nseconds(running));
        timed.set_dts(gst::ClockTime::NONE);
        self.source.push_buffer(buffer).is_ok()
    }
}

/// Show times for units that a client missed: in their order, a millisecond apart, ending just
/// before the first frame that is shown from unit `n` on.
fn squeezed(video: &LoopedVideo, missed: &[u64], n: u64) -> Vec<u64> {
    const REORDERED_MAX: u64 = 16;
    let floor = (n..n + REORDERED_MAX).map(|n| video.show_nanos(n)).min().unwrap_or_default();
    let early = |show: &u64| *show < floor;
    let shown: Vec<u64> = missed.iter().map(|&n| video.show_nanos(n)).collect();
    shown
        .iter()
        .map(|&show| {
            if !early(&show) {
                return show;
            }
            let behind = shown.iter().filter(|other| **other >= show && early(other)).count();
            floor.saturating_sub(behind as u64 * 1_000_000)
        })
        .collect()
}
