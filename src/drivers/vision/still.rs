//! A picture file as a frame, for `detect` and for photographs.
//!
//! Turned upright as its EXIF data says. Chroma is halved as in a video frame, so the network sees a
//! photograph as it would see a camera. Time zero; the caller knows when it was taken, or nobody.

use super::{
    colour::yuv_of_rgb,
    picture_file::{self, FORMATS},
};
use crate::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        frame::{ColourMatrix, Frame, FrameStamp, OwnedImage},
        pixel::PixelSize,
        seams::PixelFault,
    },
};
use std::{fs, path::Path, sync::Arc};

/// Larger files are not photographs; refused before they are read.
const FILE_BYTES_MAX: u64 = 200 << 20;

#[derive(Debug, thiserror::Error)]
pub enum StillError {
    #[error("{file}: cannot be read: {reason}")]
    Unreadable { file: String, reason: String },
    #[error("{file}: is no picture that can be decoded ({FORMATS} can): {reason}")]
    NoPicture { file: String, reason: String },
}

pub fn load_image(path: &Path) -> Result<Frame, StillError> {
    let file = || path.display().to_string();
    let unreadable = |reason: String| StillError::Unreadable { file: file(), reason };
    let length = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if length > FILE_BYTES_MAX {
        return Err(unreadable(format!("{length} bytes, at most {FILE_BYTES_MAX} are allowed")));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    decode(&bytes, WallTime::from_unix_millis(0))
        .map_err(|fault| StillError::NoPicture { file: file(), reason: fault.reason })
}

/// A picture that came by network: one of more pixels is refused before it is decoded.
pub fn frame_of(bytes: &[u8], pixels_max: u64, captured_at: WallTime) -> Result<Frame, PixelFault> {
    let (width, height) = picture_file::dimensions(bytes)?;
    if u64::from(width) * u64::from(height) > pixels_max {
        let reason = format!("{width}x{height} px, at most {pixels_max} in all are allowed");
        return Err(PixelFault { reason });
    }
    decode(bytes, captured_at)
}

fn decode(bytes: &[u8], captured_at: WallTime) -> Result<Frame, PixelFault> {
    let rgb = picture_file::decode(bytes)?;
    let size = PixelSize { width_px: rgb.width(), height_px: rgb.height() };
    let image = OwnedImage::new(size, planes(&rgb, size), ColourMatrix::Bt601, true)
        .ok_or_else(|| PixelFault { reason: "the picture has no pixels".into() })?;
    let (pts, clock) = (MediaTime::ZERO, ClockQuality::Assigned);
    Ok(Frame { stamp: FrameStamp { pts, captured_at, clock, size }, image: Arc::new(image) })
}

/// Luma of each pixel, chroma of each 2x2 pixels (fewer at an odd edge). `rgb` is tightly packed.
fn planes(rgb: &[u8], size: PixelSize) -> [Vec<u8>; 3] {
    let (width, height) = (size.width_px as usize, size.height_px as usize);
    let pixel = |x: usize, y: usize| {
        let at = 3 * (y * width + x);
        [rgb[at], rgb[at + 1], rgb[at + 2]].map(f32::from)
    };
    let rounded = |value: f32| (value + 0.5) as u8;
    let luma = (0..width * height)
        .map(|index| rounded(yuv_of_rgb(pixel(index % width, index / width))[0]))
        .collect();
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let (mut u, mut v) = (Vec::with_capacity(half_width * half_height), Vec::new());
    for index in 0..half_width * half_height {
        let (x, y) = (2 * (index % half_width), 2 * (index / half_width));
        let (x2, y2) = ((x + 1).min(width - 1), (y + 1).min(height - 1));
        let four = [pixel(x, y), pixel(x2, y), pixel(x, y2), pixel(x2, y2)];
        let mean =
            [0, 1, 2].map(|channel| four.iter().map(|pixel| pixel[channel]).sum::<f32>() / 4.0);
        let [_, mean_u, mean_v] = yuv_of_rgb(mean);
        u.push(rounded(mean_u));
        v.push(rounded(mean_v));
    }
    [luma, u, v]
}
