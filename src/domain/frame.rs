//! One picture of one camera, and what is known about it without looking at objects.

use super::pixel::PixelSize;
use crate::base::time::{ClockQuality, MediaTime, WallTime};
use std::sync::Arc;

/// When a frame was taken and how large it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameStamp {
    /// Since the stream run began; measures dwell.
    pub pts: MediaTime,
    pub captured_at: WallTime,
    pub clock: ClockQuality,
    pub size: PixelSize,
}

/// Colour matrix of the YUV samples, as the stream declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourMatrix {
    Bt601,
    Bt709,
}

/// Borrowed planes of an 8-bit 4:2:0 picture. Strides in bytes; chroma is half size, rounded up.
#[derive(Debug, Clone, Copy)]
pub struct Planes<'a> {
    pub size: PixelSize,
    pub y: &'a [u8],
    pub y_stride_bytes: usize,
    pub u: &'a [u8],
    pub v: &'a [u8],
    pub uv_stride_bytes: usize,
    pub matrix: ColourMatrix,
    /// Luma 0-255 instead of 16-235.
    pub full_range: bool,
}

/// As [`Planes`], to be written to.
pub struct PlanesMut<'a> {
    pub size: PixelSize,
    pub y: &'a mut [u8],
    pub y_stride_bytes: usize,
    pub u: &'a mut [u8],
    pub v: &'a mut [u8],
    pub uv_stride_bytes: usize,
    pub matrix: ColourMatrix,
    pub full_range: bool,
}

impl PlanesMut<'_> {
    pub fn as_they_are(&self) -> Planes<'_> {
        Planes {
            size: self.size,
            y: self.y,
            y_stride_bytes: self.y_stride_bytes,
            u: self.u,
            v: self.v,
            uv_stride_bytes: self.uv_stride_bytes,
            matrix: self.matrix,
            full_range: self.full_range,
        }
    }
}

/// Pixels held elsewhere (a decoder's buffer, a file); mapping them must be cheap and must not copy.
pub trait Image: Send + Sync {
    fn planes(&self) -> Planes<'_>;
}

/// A frame with its pixels. Clones share the pixels.
#[derive(Clone)]
pub struct Frame {
    pub stamp: FrameStamp,
    pub image: Arc<dyn Image>,
}

/// Pixels in owned vectors, tightly packed I420. For tests, still pictures and synthetic frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedImage {
    size: PixelSize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
    matrix: ColourMatrix,
    full_range: bool,
}

impl OwnedImage {
    /// `None` unless the planes have exactly the lengths that the size asks for.
    pub fn new(
        size: PixelSize,
        [y, u, v]: [Vec<u8>; 3],
        matrix: ColourMatrix,
        full_range: bool,
    ) -> Option<Self> {
        let luma = size.width_px as usize * size.height_px as usize;
        let chroma = size.width_px.div_ceil(2) as usize * size.height_px.div_ceil(2) as usize;
        let sound = luma > 0 && y.len() == luma && u.len() == chroma && v.len() == chroma;
        sound.then_some(Self { size, y, u, v, matrix, full_range })
    }

    pub fn uniform(size: PixelSize, luma: u8) -> Self {
        let chroma = size.width_px.div_ceil(2) as usize * size.height_px.div_ceil(2) as usize;
        Self {
            size,
            y: vec![luma; size.width_px as usize * size.height_px as usize],
            u: vec![128; chroma],
            v: vec![128; chroma],
            matrix: ColourMatrix::Bt709,
            full_range: false,
        }
    }
}

impl Image for OwnedImage {
    fn planes(&self) -> Planes<'_> {
        Planes {
            size: self.size,
            y: &self.y,
            y_stride_bytes: self.size.width_px as usize,
            u: &self.u,
            v: &self.v,
            uv_stride_bytes: self.size.width_px.div_ceil(2) as usize,
            matrix: self.matrix,
            full_range: self.full_range,
        }
    }
}
