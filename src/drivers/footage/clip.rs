//! A short MP4 for the review page: H.264, index in front, heads and plates hidden.
//!
//! Enters: frames of any source, and a painter that hides and marks before anything is encoded.
//! Leaves: a file that appears under its name only when complete. Times within the clip are the
//! frames' own; it is as long as they are.
//!
//! Encoding a second of video costs as much as analysing many, so it runs at low priority, and a wider
//! picture than a page shows is shrunk: half the time and the encoder's memory at 1080p. The snapshots keep
//! every pixel.

use super::file_writer::FileWriter;
use crate::{
    base::{priority::give_way, time::WallTime},
    domain::{
        frame::{ColourMatrix, Frame, FrameStamp, Planes, PlanesMut},
        pixel::PixelSize,
        seams::{FrameSource, SourceError},
    },
};
use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use std::{
    fs, io,
    path::{Path, PathBuf},
    thread::JoinHandle,
    time::Duration,
};

/// For a clip of a single frame.
const FRAME_DURATION: Duration = Duration::from_millis(100);
/// As wide as a clip is shown.
const WIDTH_PX_MAX: u32 = 1280;

#[derive(Debug, Clone, PartialEq)]
pub struct ClipSummary {
    pub frames: u32,
    pub from: WallTime,
    /// End of the last frame.
    pub to: WallTime,
    pub size: PixelSize,
    pub bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    #[error("the footage gives no frame for a clip")]
    NoFrames,
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("clip {}: {reason}", path.display())]
    Encode { path: PathBuf, reason: String },
}

/// Encodes every frame of `source`, each painted first. Blocks until the file is complete.
/// Frames of another size than the first are left out.
pub fn write_clip(
    source: &mut dyn FrameSource,
    paint: &mut dyn FnMut(&FrameStamp, &mut PlanesMut<'_>),
    path: &Path,
) -> Result<ClipSummary, ClipError> {
    let cannot = |reason: String| ClipError::Encode { path: path.to_owned(), reason };
    gst::init().map_err(|error| cannot(error.to_string()))?;
    let first = source.next_frame()?.ok_or(ClipError::NoFrames)?;
    let unfinished = path.with_extension("part.mp4");
    let encoder = Encoder::start(&first, &unfinished).map_err(cannot)?;
    let begins = first.stamp;
    let (mut frames, mut frame, mut lasts) = (0, first, FRAME_DURATION);
    loop {
        let next = next_of_size(source, begins.size)?;
        if let Some(next) = &next {
            lasts = next.stamp.pts.since(frame.stamp.pts);
        }
        encoder.push(&frame, begins, lasts, paint).map_err(cannot)?;
        frames += 1;
        match next {
            Some(next) => frame = next,
            None => break,
        }
    }
    encoder.writer.finish().map_err(cannot)?;
    let complete = || -> io::Result<u64> {
        fs::rename(&unfinished, path)?;
        Ok(fs::metadata(path)?.len())
    };
    Ok(ClipSummary {
        frames,
        from: begins.captured_at,
        to: frame.stamp.captured_at.plus(lasts),
        size: shown(begins.size),
        bytes: complete().map_err(|error| cannot(error.to_string()))?,
    })
}

/// Runs the work of clips on a thread of its own, at low priority.
pub fn in_background(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        give_way(10);
        work();
    })
}

fn next_of_size(
    source: &mut dyn FrameSource,
    size: PixelSize,
) -> Result<Option<Frame>, SourceError> {
    loop {
        match source.next_frame()? {
            Some(frame) if frame.stamp.size != size => continue,
            next => return Ok(next),
        }
    }
}

/// 4:2:0 H.264 has even sides; an odd last row or column is cut off.
fn even(size: PixelSize) -> PixelSize {
    PixelSize { width_px: (size.width_px & !1).max(2), height_px: (size.height_px & !1).max(2) }
}

/// The clip's size for frames of a size.
fn shown(size: PixelSize) -> PixelSize {
    let PixelSize { width_px, height_px } = size;
    if width_px <= WIDTH_PX_MAX {
        return even(size);
    }
    let height_px = u64::from(height_px) * u64::from(WIDTH_PX_MAX) / u64::from(width_px);
    even(PixelSize { width_px: WIDTH_PX_MAX, height_px: height_px as u32 })
}

struct Encoder {
    writer: FileWriter,
    info: gst_video::VideoInfo,
}

impl Encoder {
    fn start(first: &Frame, path: &Path) -> Result<Self, String> {
        let planes = first.image.planes();
        let size = even(planes.size);
        if planes.size.width_px < 2 || planes.size.height_px < 2 {
            return Err("the picture is too small".to_owned());
        }
        let (range, standard) = (planes.full_range, planes.matrix);
        let info = gst_video::VideoInfo::builder(
            gst_video::VideoFormat::I420,
            size.width_px,
            size.height_px,
        )
        .fps(gst::Fraction::new(0, 1))
        .colorimetry(&colorimetry(standard, range))
        .build()
        .map_err(|error| error.to_string())?;
        let caps = info.to_caps().map_err(|error| error.to_string())?;
        // A frame that the encoder looks ahead at costs it 12 MB at 1080p: one is enough.
        // No h264parse: of a stream without a fixed rate it loses the durations, and the last frame.
        let PixelSize { width_px, height_px } = shown(planes.size);
        let elements = format!(
            "appsrc name=frames format=time block=true max-buffers=1 max-bytes=0 max-time=0 \
             ! videoscale n-threads=1 ! video/x-raw,width={width_px},height={height_px} \
             ! x264enc speed-preset=veryfast pass=qual quantizer=22 rc-lookahead=1 sync-lookahead=0 \
             key-int-max=50 bframes=0 threads=1 ! video/x-h264,profile=main \
             ! mp4mux faststart=true ! filesink name=file sync=false",
        );
        let writer = FileWriter::new(&elements, "gstreamer1.0-plugins-ugly", &caps, path)?;
        if let Some(bus) = writer.bus() {
            // Told on the streaming thread itself, as it begins.
            bus.set_sync_handler(|_, message| {
                if let gst::MessageView::StreamStatus(status) = message.view()
                    && status.get().0 == gst::StreamStatusType::Enter
                {
                    give_way(10);
                }
                gst::BusSyncReply::Pass
            });
        }
        writer.play()?;
        Ok(Self { writer, info })
    }

    fn push(
        &self,
        frame: &Frame,
        begins: FrameStamp,
        lasts: Duration,
        paint: &mut dyn FnMut(&FrameStamp, &mut PlanesMut<'_>),
    ) -> Result<(), String> {
        let mut buffer =
            gst::Buffer::with_size(self.info.size()).map_err(|error| error.to_string())?;
        let timed = buffer.make_mut();
        let pts = frame.stamp.pts.since(begins.pts).as_nanos() as u64;
        timed.set_pts(gst::ClockTime::from_nseconds(pts));
        timed.set_duration(gst::ClockTime::from_nseconds(lasts.as_nanos() as u64));
        let mut picture = gst_video::VideoFrame::from_buffer_writable(buffer, &self.info)
            .map_err(|_| "a picture cannot be mapped".to_owned())?;
        let strides = [0, 1].map(|plane| picture.plane_stride()[plane] as usize);
        let [y, u, v, _] = picture.planes_data_mut();
        let size = PixelSize { width_px: self.info.width(), height_px: self.info.height() };
        let given = frame.image.planes();
        let mut planes = PlanesMut {
            size,
            y,
            y_stride_bytes: strides[0],
            u,
            v,
            uv_stride_bytes: strides[1],
            matrix: given.matrix,
            full_range: given.full_range,
        };
        copy(&given, &mut planes);
        paint(&frame.stamp, &mut planes);
        self.writer.push(picture.into_buffer())
    }
}

fn colorimetry(matrix: ColourMatrix, full_range: bool) -> gst_video::VideoColorimetry {
    let range = if full_range {
        gst_video::VideoColorRange::Range0_255
    } else {
        gst_video::VideoColorRange::Range16_235
    };
    let (matrix, primaries) = match matrix {
        ColourMatrix::Bt601 => {
            (gst_video::VideoColorMatrix::Bt601, gst_video::VideoColorPrimaries::Smpte170m)
        }
        ColourMatrix::Bt709 => {
            (gst_video::VideoColorMatrix::Bt709, gst_video::VideoColorPrimaries::Bt709)
        }
    };
    gst_video::VideoColorimetry::new(
        range,
        matrix,
        gst_video::VideoTransferFunction::Bt709,
        primaries,
    )
}

/// The part of `from` that fits `to`.
fn copy(from: &Planes<'_>, to: &mut PlanesMut<'_>) {
    let (width, height) = (to.size.width_px as usize, to.size.height_px as usize);
    rows(from.y, from.y_stride_bytes, to.y, to.y_stride_bytes, width, height);
    rows(from.u, from.uv_stride_bytes, to.u, to.uv_stride_bytes, width / 2, height / 2);
    rows(from.v, from.uv_stride_bytes, to.v, to.uv_stride_bytes, width / 2, height / 2);
}

fn rows(
    from: &[u8],
    from_stride: usize,
    to: &mut [u8],
    to_stride: usize,
    width: usize,
    height: usize,
) {
    for (from, to) in from.chunks(from_stride).zip(to.chunks_mut(to_stride)).take(height) {
        to[..width].copy_from_slice(&from[..width]);
    }
}
