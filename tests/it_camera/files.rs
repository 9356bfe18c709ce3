//! Recorded files: every frame, in order, the same on every run.

use crate::support::{Video, digest, run};
use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        frame::FrameStamp,
        seams::{FrameSource, SourceError},
    },
    drivers::camera::{FilePart, FileSource, FileSourceConfig},
};
use std::path::{Path, PathBuf};

const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

fn config(path: &Path, fps: f64) -> FileSourceConfig {
    FileSourceConfig {
        parts: vec![FilePart { path: path.to_owned(), starts_at: START }],
        analysed_fps: fps,
        between: None,
        clock: ClockQuality::Assigned,
    }
}

fn read(config: FileSourceConfig) -> Vec<(FrameStamp, u64)> {
    let mut source = FileSource::open(config).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        frames.push((frame.stamp, digest(&frame.image.planes())));
    }
    assert!(source.next_frame().unwrap().is_none(), "an ended source stays ended");
    frames
}

fn video(folder: &tempfile::TempDir) -> PathBuf {
    Video { b_frames: 2, ..Video::default() }.write(&folder.path().join("a.mp4"))
}

#[test]
fn every_frame_comes_once_in_order_and_the_same_on_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = video(&folder);
    let frames = read(config(&path, 0.0));
    assert_eq!(frames.len(), 50);
    for (nth, (stamp, _)) in frames.iter().enumerate() {
        assert_eq!(stamp.pts.as_nanos(), nth as u64 * 40_000_000);
        assert_eq!(stamp.captured_at.unix_millis(), START.unix_millis() + nth as i64 * 40);
        assert_eq!((stamp.size.width_px, stamp.size.height_px), (320, 240));
        assert_eq!(stamp.clock, ClockQuality::Assigned);
    }
    assert!(frames.windows(2).all(|pair| pair[0].1 != pair[1].1), "the ball moves");
    assert_eq!(read(config(&path, 0.0)), frames);
}

#[test]
fn decimation_goes_by_media_time() {
    let folder = tempfile::tempdir().unwrap();
    let frames = read(config(&video(&folder), 5.0));
    let millis: Vec<_> = frames.iter().map(|(stamp, _)| stamp.pts.as_nanos() / 1_000_000).collect();
    assert_eq!(frames.len(), 10, "{millis:?}");
    assert_eq!(millis[..4], [0, 200, 400, 600]);
}

#[test]
fn what_is_no_video_is_refused_with_a_cure() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.mp4");
    std::fs::write(&text, "these are notes, not a film\n".repeat(100)).unwrap();
    let missing = folder.path().join("missing.mp4");
    let sound = folder.path().join("sound.mp4");
    run(&format!(
        "audiotestsrc num-buffers=50 ! avenc_aac ! mp4mux ! filesink location={}",
        sound.display()
    ));
    let cases =
        [(&text, "not a video file"), (&missing, "no such file"), (&sound, "no video stream")];
    for (path, cure) in cases {
        match FileSource::open(config(path, 0.0)).err() {
            Some(SourceError::Open { uri, reason }) => {
                assert!(uri.ends_with(".mp4") && reason.contains(cure), "{uri}: {reason}");
            }
            other => panic!("{path:?}: {other:?}"),
        }
    }
}

#[test]
fn a_corrupt_tail_ends_the_file_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Video::default().write(&folder.path().join("a.mkv"));
    let bytes = std::fs::read(&whole).unwrap();
    let cut = folder.path().join("cut.mkv");
    std::fs::write(&cut, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let frames = read(config(&cut, 0.0));
    assert!((10..50).contains(&frames.len()), "{}", frames.len());
    assert_eq!(frames, read(config(&whole, 0.0))[..frames.len()]);
}

#[test]
fn several_files_are_one_stream_with_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let path = video(&folder);
    let mut parts = config(&path, 0.0);
    // Two seconds each; the second begins one second after the first has ended.
    parts.parts.push(FilePart {
        path: path.clone(),
        starts_at: WallTime::from_unix_millis(START.unix_millis() + 3_000),
    });
    let whole = read(parts.clone());
    assert_eq!(whole.len(), 100);
    assert_eq!(whole[50].0.pts.as_secs_f64(), 3.0);
    assert_eq!(whole[50].1, whole[0].1);

    let at = |millis| WallTime::from_unix_millis(START.unix_millis() + millis);
    parts.between = Some((at(1_000), at(4_000)));
    let part = read(parts);
    assert_eq!(part.len(), 25 + 25);
    assert_eq!(part[0].0.captured_at, at(1_000));
    assert_eq!(part[0].0.pts.as_nanos(), 0, "media time begins with the first frame given");
    assert_eq!(part[25].0.pts.as_secs_f64(), 2.0);
}
