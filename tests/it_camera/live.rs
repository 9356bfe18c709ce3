//! Live cameras against the RTSP server: outages, recovery, and time.

use crate::support::{Video, Watched, run, until};
use gridwarden::drivers::camera::{Transport, rtsp_server::RtspServer};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
};

struct Site {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Site {
    fn new(video: Video) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = video.write(&folder.path().join("street.mp4"));
        Self { _folder: folder, file }
    }

    fn serve(&self, port: u16) -> RtspServer {
        RtspServer::start(&[("street", self.file.clone())], port).unwrap()
    }
}

fn uri(port: u16) -> String {
    format!("rtsp://127.0.0.1:{port}/street")
}

#[test]
fn frames_come_over_tcp_and_over_udp() {
    let site = Site::new(Video::default());
    let server = site.serve(0);
    for transport in [Transport::Tcp, Transport::Udp, Transport::Auto] {
        let camera = Watched::with(&uri(server.port()), 5.0, transport, None);
        let frames = camera.frames(4);
        assert_eq!(frames[0].image.planes().size.width_px, 320);
        until("the connected event", || camera.connections() == 1);
        let events = format!("{:?}", camera.events.lock().unwrap());
        assert!(events.contains("h264") && events.contains("decoder: \""), "{events}");
    }
}

#[test]
fn a_looped_file_is_one_stream_without_jumps() {
    // Two seconds a round, reordered frames included: three rounds are 150 frames.
    let site = Site::new(Video { b_frames: 2, ..Video::default() });
    let server = site.serve(0);
    let camera = Watched::open(&uri(server.port()));
    let frames = camera.frames(175);
    let gaps: Vec<_> = frames
        .windows(2)
        .map(|pair| pair[1].stamp.pts.as_nanos() as i64 - pair[0].stamp.pts.as_nanos() as i64)
        .collect();
    assert!(gaps.iter().all(|&gap| gap > 0), "time never steps back: {gaps:?}");
    // The first frames are the squeezed ones of joining.
    assert!(gaps[25..].iter().all(|&gap| gap <= 80_000_000), "at most two frames: {gaps:?}");
    let (first, last) = (frames[25].stamp, frames[174].stamp);
    let media = last.pts.since(first.pts).as_secs_f64();
    assert!((media - 149.0 / 25.0).abs() < 0.1, "{media}");
    let wall = last.captured_at.since(first.captured_at).as_secs_f64();
    assert!((wall - media).abs() < 0.005, "wall time follows media time within a connection");
}

#[test]
fn a_wrong_address_is_told_and_tried_again_while_another_camera_runs() {
    let site = Site::new(Video::default());
    let server = site.serve(0);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let wrong = Watched::open(&format!("rtsp://admin:hunter2@127.0.0.1:{closed}/main"));
    let no_path = Watched::open(&format!("rtsp://127.0.0.1:{}/nothing", server.port()));
    let good = Watched::open(&uri(server.port()));
    until("three attempts", || wrong.losses().len() >= 3 && no_path.losses().len() >= 2);
    let told = &wrong.losses()[0];
    assert!(told.contains("connection refused: is the camera at 127.0.0.1"), "{told}");
    assert!(!told.contains("hunter2") && !told.contains("admin"), "{told}");
    let told = &no_path.losses()[0];
    assert!(told.contains("404"), "{told}");
    good.frames(20);
    assert!(good.losses().is_empty());
}

#[test]
fn a_server_that_dies_and_returns_gives_frames_again() {
    let site = Site::new(Video::default());
    let server = site.serve(0);
    let port = server.port();
    let camera = Watched::open(&uri(port));
    let before = camera.frames(5).pop().unwrap().stamp;
    drop(server);
    until("the loss", || !camera.losses().is_empty());
    let _server = site.serve(port);
    until("the second connection", || camera.connections() == 2);
    // Whatever was queued from the first connection, then frames of the second.
    let queued = usize::try_from(camera.camera.stats().offered).unwrap() - 5;
    let frames = camera.frames(queued + 10);
    assert!(frames[0].stamp.pts > before.pts);
    for pair in frames.windows(2) {
        assert!(pair[1].stamp.pts > pair[0].stamp.pts, "media time never steps back");
        assert!(pair[1].stamp.captured_at >= pair[0].stamp.captured_at);
    }
}

#[test]
fn a_frozen_camera_is_silent_and_then_recovers() {
    let site = Site::new(Video::default());
    let server = site.serve(0);
    let camera = Watched::open(&uri(server.port()));
    camera.frames(5);
    server.freeze(true);
    until("the silence", || camera.losses().iter().any(|told| told.contains("no frame for")));
    server.freeze(false);
    until("the recovery", || camera.connections() >= 2);
}

#[test]
fn clients_that_are_dropped_come_back_at_once() {
    let site = Site::new(Video::default());
    let server = site.serve(0);
    let camera = Watched::open(&uri(server.port()));
    camera.frames(5);
    server.drop_clients();
    until("the second connection", || camera.connections() == 2);
}

#[test]
fn a_file_as_camera_plays_at_its_own_speed_and_begins_again() {
    let site = Site::new(Video::default());
    let camera = Watched::open(site.file.to_str().unwrap());
    let frames = camera.frames(110);
    assert!(frames.windows(2).all(|pair| pair[0].stamp.pts < pair[1].stamp.pts));
    assert!(camera.losses().is_empty());
    assert!(camera.connections() >= 2);
}

#[test]
fn a_reader_that_sleeps_finds_the_newest_frames_and_a_count_of_the_others() {
    let site = Site::new(Video::default());
    let server = site.serve(0);
    let camera = Watched::narrow(&uri(server.port()), 2);
    until("frames to be dropped", || camera.camera.stats().dropped >= 20);
    let stats = camera.camera.stats();
    let newest = camera.frames(1)[0].stamp.pts;
    assert!(stats.offered >= stats.dropped + 2);
    // At 25 fps, twenty dropped frames are 0.8 s of stream, less what joining squeezed.
    assert!(newest.as_nanos() > 0);
}

#[test]
fn two_clients_see_the_same_moment_of_the_round() {
    let site = Site::new(Video { frames: 100, key_every: 100, ..Video::default() });
    let server = site.serve(0);
    let first = Watched::open(&uri(server.port()));
    first.frames(40);
    let second = Watched::open(&uri(server.port()));
    // The second joins in the middle of a group of pictures and still catches up at once.
    let wanted = crate::support::digest(&second.frames(60)[59].image.planes());
    let mut seen = false;
    until("the same picture at the first client", || {
        seen |= first
            .frames(1)
            .iter()
            .any(|frame| crate::support::digest(&frame.image.planes()) == wanted);
        seen
    });
}

#[test]
fn a_file_that_cannot_be_served_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.mp4");
    std::fs::write(&path, "notes").unwrap();
    let error = RtspServer::start(&[("x", path)], 0).err().unwrap().to_string();
    assert!(error.contains("notes.mp4: cannot be served"), "{error}");
}

/// Answers every request on every connection with `answer`, for as long as the test runs.
fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + Clone + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut request = String::new();
                for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                    let Ok(line) = line else { return };
                    request.push_str(&line);
                    request.push('\n');
                    if line.is_empty() && (&stream).write_all(&answer(&request)).is_err() {
                        return;
                    }
                    if line.is_empty() {
                        request.clear();
                    }
                }
            });
        }
    });
    port
}

#[test]
fn a_refused_password_is_told_as_such() {
    let port = answering(|request| {
        let number = request.lines().find_map(|line| line.strip_prefix("CSeq: ")).unwrap_or("1");
        format!(
            "RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\nWWW-Authenticate: Basic realm=\"camera\"\r\n\r\n"
        )
        .into_bytes()
    });
    let camera = Watched::open(&format!("rtsp://admin:hunter2@127.0.0.1:{port}/main"));
    until("the loss", || !camera.losses().is_empty());
    let told = &camera.losses()[0];
    assert!(told.contains("401") && told.contains("password"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn video_comes_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let body = std::fs::read(Video::default().write(&folder.path().join("street.mkv"))).unwrap();
    let port = answering(move |_| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: video/x-matroska\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), &body].concat()
    });
    let camera = Watched::open(&format!("http://127.0.0.1:{port}/street.mkv"));
    let frames = camera.frames(40);
    assert!(frames.windows(2).all(|pair| pair[0].stamp.pts < pair[1].stamp.pts));
}

#[test]
fn what_is_no_video_over_http_is_told() {
    let port = answering(|_| {
        let body = "<html>no camera here</html>".repeat(50);
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    });
    let camera = Watched::open(&format!("http://127.0.0.1:{port}/index.html"));
    until("the loss", || !camera.losses().is_empty());
    let told = &camera.losses()[0];
    assert!(told.contains("no video"), "{told}");
}

#[test]
fn h265_is_served_and_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("street.mp4");
    run(&format!(
        "videotestsrc num-buffers=50 pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! \
         x265enc speed-preset=ultrafast key-int-max=25 ! h265parse ! mp4mux ! filesink location={}",
        file.display()
    ));
    let server = RtspServer::start(&[("street", file)], 0).unwrap();
    let camera = Watched::open(&uri(server.port()));
    camera.frames(60);
    until("the connected event", || camera.connections() == 1);
    let events = format!("{:?}", camera.events.lock().unwrap());
    assert!(events.contains("h265"), "{events}");
}
