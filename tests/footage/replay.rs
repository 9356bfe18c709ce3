//! Footage from a recorder: GStreamer's RTSP server in ONVIF mode, which keeps a recording of a known
//! moment, honours `Require: onvif-replay`, `Range: clock=` and `Rate-Control: no`, and puts each frame's wall
//! time into its RTP header.

use crate::support::{Encoding, START, camera, secs};
use gridwarden::{
    base::{
        clock::SystemClock,
        secret::Secret,
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{FootageError, Hole, HoleReason, Span},
        seams::{FootageSource, FrameSource},
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig, rtsp_server::RtspServer},
        footage::replay::{Replay, ReplayConfig},
    },
};
use gstreamer::{self as gst, glib, prelude::*};
use gstreamer_rtsp_server::{self as rtsp, prelude::*};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

/// From 1900 to 1970.
const NTP_TO_UNIX_SECS: u64 = 2_208_988_800;

fn ntp(at: WallTime) -> gst::ClockTime {
    gst::ClockTime::from_seconds(NTP_TO_UNIX_SECS)
        + gst::ClockTime::from_mseconds(at.unix_millis() as u64)
}

/// Where the server takes its pipelines from. Its payloader is a bin of two, which no launch line can name.
mod shelf {
    use super::*;
    use gstreamer_rtsp_server::subclass::prelude::*;
    use std::sync::OnceLock;

    #[derive(Default)]
    pub struct Inner {
        pub recording: OnceLock<Recording>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Inner {
        const NAME: &'static str = "RecorderShelf";
        type Type = Shelf;
        type ParentType = rtsp::RTSPOnvifMediaFactory;
    }

    impl ObjectImpl for Inner {}
    impl RTSPOnvifMediaFactoryImpl for Inner {}

    impl RTSPMediaFactoryImpl for Inner {
        fn create_element(&self, _: &rtsp::gst_rtsp::RTSPUrl) -> Option<gst::Element> {
            let Recording { path, codec } = self.recording.get().unwrap();
            let from = path.display();
            let file = format!("filesrc location={from} ! qtdemux ! {codec}parse name=parse");
            let bin = gst::parse::bin_from_description(&file, false).unwrap();
            let pay = payloader(codec);
            bin.add(&pay).unwrap();
            bin.by_name("parse").unwrap().link(&pay).unwrap();
            // What stands in the recording is asked for by the time that it was recorded at.
            let pad = pay.static_pad("sink").unwrap();
            pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, |_, info| {
                if let Some(gst::PadProbeData::Event(event)) = &info.data
                    && let Some(moved) = in_file(event)
                {
                    info.data = Some(gst::PadProbeData::Event(moved));
                }
                gst::PadProbeReturn::Ok
            });
            Some(bin.upcast())
        }
    }

    fn payloader(codec: &str) -> gst::Element {
        let pay = gst::parse::bin_from_description(
            &format!(
                "rtp{codec}pay timestamp-offset=0 pt=96 ! rtponviftimestamp ntp-offset={} set-t-bit=true ! queue",
                ntp(START).nseconds()
            ),
            true,
        );
        let pay = pay.unwrap();
        pay.set_property("name", "pay0");
        pay.upcast()
    }

    fn in_file(event: &gst::Event) -> Option<gst::Event> {
        let gst::EventView::Seek(seek) = event.view() else { return None };
        let (rate, flags, start_type, start, stop_type, stop) = seek.get();
        let moved = |at: gst::GenericFormattedValue| match at {
            gst::GenericFormattedValue::Time(at) => at.map(|at| at.saturating_sub(ntp(START))),
            _ => None,
        };
        let (start, stop) = (moved(start)?, moved(stop));
        Some(gst::event::Seek::new(rate, flags, start_type, start, stop_type, stop))
    }

    glib::wrapper! {
        pub struct Shelf(ObjectSubclass<Inner>)
            @extends rtsp::RTSPOnvifMediaFactory, rtsp::RTSPMediaFactory;
    }

    impl Shelf {
        pub fn holding(recording: &Recording) -> Self {
            let shelf: Self = glib::Object::new();
            assert!(shelf.imp().recording.set(recording.clone()).is_ok());
            shelf
        }
    }
}

/// A recorder with one recording, which begins at [`START`].
struct Recorder {
    port: i32,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    fn start(recording: &Recording, user: Option<(&str, &str)>) -> Self {
        gst::init().unwrap();
        let server = rtsp::RTSPOnvifServer::new();
        server.set_address("127.0.0.1");
        server.set_service("0");
        let factory = shelf::Shelf::holding(recording);
        factory.set_replay_support(true);
        factory.set_media_gtype(rtsp::RTSPOnvifMedia::static_type());
        if let Some((name, password)) = user {
            let auth = rtsp::RTSPAuth::new();
            let token = rtsp::RTSPToken::builder().field("media.factory.role", "viewer").build();
            auth.add_basic(&rtsp::RTSPAuth::make_basic(name, password), &token);
            server.set_auth(Some(&auth));
            let role = gst::Structure::builder("viewer")
                .field("media.factory.access", true)
                .field("media.factory.construct", true)
                .build();
            factory.add_role_from_structure(&role);
        }
        server.mount_points().unwrap().add_factory("/replay", factory);
        let context = glib::MainContext::new();
        server.attach(Some(&context)).unwrap();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let (port, serving) = (server.bound_port(), main_loop.clone());
        let thread = std::thread::spawn(move || {
            serving.context().with_thread_default(|| serving.run()).unwrap();
            drop(server);
        });
        Self { port, main_loop, thread: Some(thread) }
    }

    fn source(&self, user: Option<(&str, &str)>) -> Replay {
        let config = ReplayConfig {
            uri: format!("rtsp://127.0.0.1:{}/replay", self.port),
            username: user.map(|(name, _)| name.to_owned()),
            password: user.map(|(_, password)| Secret::new(password)),
        };
        Replay::new(config, Arc::new(SystemClock::new()))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let main_loop = self.main_loop.clone();
        self.main_loop.context().invoke(move || main_loop.quit());
        let _ = self.thread.take().unwrap().join();
    }
}

/// A file on the recorder's disk.
#[derive(Clone)]
pub struct Recording {
    path: PathBuf,
    /// As GStreamer's elements are named.
    codec: &'static str,
}

/// A minute of 5 frames a second, a key frame each second.
fn recording(dir: &Path) -> Recording {
    recording_in("h264", "x264enc speed-preset=ultrafast bframes=0 bitrate=60", dir)
}

fn recording_in(codec: &'static str, encoder: &str, dir: &Path) -> Recording {
    gst::init().unwrap();
    let path = dir.join(format!("recording.{codec}.mp4"));
    let Encoding { fps, .. } = Encoding::default();
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers={} pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate={fps}/1 ! \
         {encoder} key-int-max={fps} ! {codec}parse ! mp4mux ! filesink location={}",
        60 * fps,
        path.display(),
    ))
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let ended =
        pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted);
    assert_eq!(ended.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
    Recording { path, codec }
}

fn at(seconds: f64) -> WallTime {
    START.plus(secs(seconds))
}

#[test]
fn an_interval_comes_with_the_recorders_own_times() {
    an_interval_comes_whole(recording);
}

#[test]
fn so_does_one_in_h265() {
    an_interval_comes_whole(|folder| {
        recording_in("h265", "x265enc speed-preset=ultrafast option-string=bframes=0", folder)
    });
}

fn an_interval_comes_whole(recording: impl Fn(&Path) -> Recording) {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(&recording(folder.path()), None);
    let span = Span::new(at(20.0), at(30.0));
    let fetched = recorder.source(None).fetch(&camera(), span, folder.path()).unwrap();
    assert_eq!((fetched.parts.len(), &fetched.holes[..]), (1, &[][..]), "{fetched:?}");
    assert_eq!(fetched.clock, ClockQuality::Sender);
    let part = &fetched.parts[0];
    assert!(part.starts_at >= at(19.0) && part.starts_at <= at(20.0), "{part:?}");
    let mut frames = FileSource::open(FileSourceConfig {
        parts: vec![FilePart { path: part.path.clone(), starts_at: part.starts_at }],
        analysed_fps: 0.0,
        between: Some((span.from, span.to)),
        clock: fetched.clock,
    })
    .unwrap();
    let times: Vec<WallTime> = std::iter::from_fn(|| frames.next_frame().unwrap())
        .map(|frame| frame.stamp.captured_at)
        .collect();
    let expected: Vec<WallTime> = (0..50).map(|nth| at(20.0 + f64::from(nth) / 5.0)).collect();
    assert_eq!(times, expected);
}

#[test]
fn what_the_recorder_does_not_have_is_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(&recording(folder.path()), None);
    let span = Span::new(at(50.0), at(80.0));
    let fetched = recorder.source(None).fetch(&camera(), span, folder.path()).unwrap();
    assert_eq!(fetched.parts.len(), 1);
    let [Hole { from, to, reason: HoleReason::Unknown }] = fetched.holes[..] else {
        panic!("{:?}", fetched.holes)
    };
    assert!(from >= at(59.5) && from <= at(60.5) && to == span.to, "{from} {to}");
}

#[test]
fn refusals_are_told_in_the_recorders_words() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (("li", "right"), ("li", "wrong"));
    let recorder = Recorder::start(&recording(folder.path()), Some(good));
    let span = Span::new(at(20.0), at(22.0));
    let fetch = |source: Replay| source.fetch(&camera(), span, folder.path());
    assert_eq!(fetch(recorder.source(Some(good))).unwrap().parts.len(), 1);
    for wrong in [None, Some(bad)] {
        let error = fetch(recorder.source(wrong)).unwrap_err();
        assert!(
            matches!(&error, FootageError::Refused { reason, .. } if reason.contains("401")),
            "{error}"
        );
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    let other = |uri: String| {
        let config =
            ReplayConfig { uri, username: Some("li".into()), password: Some(Secret::new("right")) };
        fetch(Replay::new(config, Arc::new(SystemClock::new()))).unwrap_err()
    };
    let absent = other(format!("rtsp://127.0.0.1:{}/other", recorder.port));
    assert!(
        matches!(&absent, FootageError::Refused { reason, .. } if reason.contains("404")),
        "{absent}"
    );
    let port = recorder.port;
    drop(recorder);
    let down = other(format!("rtsp://127.0.0.1:{port}/replay"));
    assert!(matches!(&down, FootageError::Unreachable { .. }), "{down}");
}

#[test]
fn a_camera_that_replays_nothing_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = RtspServer::start(&[("live", recording(folder.path()).path)], 0).unwrap();
    let uri = format!("rtsp://127.0.0.1:{}/live", server.port());
    let config = ReplayConfig { uri, username: None, password: None };
    let source = Replay::new(config, Arc::new(SystemClock::new()));
    let span = Span::new(at(20.0), at(22.0));
    let error = source.fetch(&camera(), span, folder.path()).unwrap_err();
    // GStreamer's plain server knows no onvif-replay at all.
    assert!(error.to_string().contains("551"), "{error}");
}
