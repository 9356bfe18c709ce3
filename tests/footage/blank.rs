//! Privacy zones black in the recording itself, and nothing else lost by it.

use crate::support::{Encoding, START, Site, Stream, all, roomy, secs, until};
use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        footage::{Hole, Span},
        frame::Frame,
        pixel::{PixelPoint, PixelPolygon, PixelSize},
        privacy::PrivacyMask,
        seams::FrameSource,
    },
    drivers::camera::{Blanker, FilePart, FileSource, FileSourceConfig},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const SIZE: PixelSize = PixelSize { width_px: 160, height_px: 120 };

/// The left half.
fn mask() -> PrivacyMask {
    let corners = [(0.0, 0.0), (79.0, 0.0), (79.0, 119.0), (0.0, 119.0)];
    let zone = PixelPolygon::new(corners.map(|(x, y)| PixelPoint { x, y }).to_vec()).unwrap();
    PrivacyMask::new(vec![zone.out_to_border(SIZE)], SIZE)
}

/// Bright everywhere, and never the same.
fn bright() -> Encoding {
    Encoding { pattern: "snow", kbits: 400, ..Encoding::default() }
}

struct Blanked {
    site: Site,
    blanker: Option<Blanker>,
    faults: Arc<Mutex<Vec<String>>>,
}

impl Blanked {
    fn start(folder: &tempfile::TempDir) -> Self {
        let site = Site::new(folder.path(), roomy(), secs(5.0));
        let faults = Arc::<Mutex<Vec<String>>>::default();
        let told = Arc::clone(&faults);
        let blanker = Blanker::start(mask(), site.recorder.as_ref().unwrap().tap(), move |fault| {
            told.lock().unwrap().push(fault.to_owned());
        });
        Self { site, blanker: Some(blanker.unwrap()), faults }
    }

    fn feed(&self, stream: &Stream, units: std::ops::Range<u64>) {
        let tap = self.blanker.as_ref().unwrap().tap();
        for nth in units {
            let (sample, shown) = stream.unit(nth);
            tap(sample, START.plus(shown));
            self.site.clock.advance(Duration::from_secs(1) / stream.fps);
        }
    }

    fn stop(&mut self) {
        self.blanker = None;
        self.site.stop();
    }

    fn frames(&self) -> Vec<Frame> {
        let parts = all(&self.site.dir).into_iter();
        let parts = parts.map(|it| FilePart { path: it.path, starts_at: it.span.from }).collect();
        let config = FileSourceConfig {
            parts,
            analysed_fps: 0.0,
            between: None,
            clock: ClockQuality::Arrival,
        };
        let mut source = FileSource::open(config).unwrap();
        std::iter::from_fn(|| source.next_frame().unwrap()).collect()
    }
}

/// Mean luma of columns.
fn luma(frame: &Frame, columns: std::ops::Range<usize>) -> f64 {
    let planes = frame.image.planes();
    let rows = planes.y.chunks(planes.y_stride_bytes).take(SIZE.height_px as usize);
    let pixels: Vec<f64> =
        rows.flat_map(|row| row[columns.clone()].iter().map(|&luma| f64::from(luma))).collect();
    pixels.iter().sum::<f64>() / pixels.len() as f64
}

#[test]
fn zones_are_black_on_the_disk_and_every_frame_is_there_at_its_time() {
    for b_frames in [0, 2] {
        let folder = tempfile::tempdir().unwrap();
        let mut blanked = Blanked::start(&folder);
        blanked.feed(&Encoding { b_frames, ..bright() }.stream(), 0..100);
        blanked.stop();
        let frames = blanked.frames();
        assert_eq!(frames.len(), 100, "{b_frames} B-frames");
        for (nth, frame) in frames.iter().enumerate() {
            assert_eq!(frame.stamp.size, SIZE);
            let expected = START.plus(Duration::from_millis(200) * nth as u32);
            let apart = frame.stamp.captured_at.unix_millis() - expected.unix_millis();
            assert!(apart.abs() <= 2, "frame {nth} is {apart} ms away");
            // The encoder's blocks reach a little over the edge.
            let (left, right) = (luma(frame, 0..72), luma(frame, 88..160));
            assert!(left < 18.0 && right > 90.0, "frame {nth}: {left} {right}");
        }
        assert_eq!(*blanked.faults.lock().unwrap(), [""; 0]);
        let whole = Span::new(START, START.plus(secs(20.0)));
        assert_eq!(blanked.site.holes(whole), Vec::<Hole>::new());
    }
}

#[test]
fn a_stream_that_changes_goes_on_and_a_clock_that_is_set_back_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut blanked = Blanked::start(&folder);
    let (first, other) = (bright().stream(), Encoding { fps: 10, ..bright() }.stream());
    blanked.feed(&first, 0..40);
    let tap = blanked.blanker.as_ref().unwrap().tap();
    let give = |stream: &Stream, units: std::ops::Range<u64>, from: WallTime| {
        for nth in units {
            let (sample, shown) = stream.unit(nth);
            tap(sample, from.plus(shown));
            blanked.site.clock.advance(Duration::from_secs(1) / stream.fps);
        }
    };
    give(&other, 0..40, START.plus(secs(8.0)));
    give(&other, 0..40, START.minus(secs(60.0)));
    drop(tap);
    blanked.stop();
    let frames = blanked.frames();
    assert_eq!(frames.len(), 120);
    assert!(frames.iter().all(|frame| luma(frame, 0..72) < 18.0));
    assert_eq!(*blanked.faults.lock().unwrap(), [""; 0]);
}

#[test]
fn what_cannot_be_decoded_is_not_recorded_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut blanked = Blanked::start(&folder);
    let stream = bright().stream();
    let tap = blanked.blanker.as_ref().unwrap().tap();
    let unknown = gstreamer::Caps::new_empty_simple("video/x-nobody-knows");
    for nth in 0..10 {
        let (sample, shown) = stream.unit(nth);
        let buffer = sample.buffer_owned().unwrap();
        let sample = gstreamer::Sample::builder().buffer(&buffer).caps(&unknown);
        tap(sample.build(), START.plus(shown));
    }
    until("the fault", || !blanked.faults.lock().unwrap().is_empty());
    // It begins in the middle of a group, and is back with the next key frame: five units a second.
    blanked.feed(&stream, 12..20);
    blanked.stop();
    let faults = blanked.faults.lock().unwrap();
    assert!(faults.len() == 1 && faults[0].contains("no decoder"), "{faults:?}");
    let footage = all(&blanked.site.dir);
    assert_eq!(footage.len(), 1);
    assert_eq!(footage[0].span.from, START.plus(secs(3.0)), "from the key frame on");
}
