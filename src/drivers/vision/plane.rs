//! One 8-bit plane, borrowed from a frame and shrunk into buffers that are kept.

use super::fault;
use crate::domain::{frame::Planes, pixel::PixelSize, seams::PixelFault};
use opencv::{
    boxed_ref::BoxedRef,
    core::{Mat, MatTraitConst, MatTraitConstManual, Rect, Size},
    imgproc,
};
use std::borrow::Cow;

/// Larger sides come from broken metadata, not from cameras.
const SIDE_PX_MAX: u32 = 16_384;

/// Borrowed samples; row `n` begins at `n * stride_bytes`.
#[derive(Clone, Copy)]
pub struct Plane<'a> {
    data: &'a [u8],
    stride_bytes: usize,
    size: PixelSize,
}

impl<'a> Plane<'a> {
    fn new(
        name: &str,
        data: &'a [u8],
        stride_bytes: usize,
        size: PixelSize,
    ) -> Result<Self, PixelFault> {
        let PixelSize { width_px, height_px } = size;
        let bad = |reason: String| Err(PixelFault { reason });
        if !(1..=SIDE_PX_MAX).contains(&width_px) || !(1..=SIDE_PX_MAX).contains(&height_px) {
            return bad(format!("{name} plane of {width_px}x{height_px} samples"));
        }
        let (width, rows) = (width_px as usize, height_px as usize);
        // A stride that no decoder pads to would overflow OpenCV's int.
        if stride_bytes < width || stride_bytes > 16 * SIDE_PX_MAX as usize {
            return bad(format!(
                "{name} plane of {width_px} px has a stride of {stride_bytes} bytes"
            ));
        }
        let needed = stride_bytes * (rows - 1) + width;
        if data.len() < needed {
            return bad(format!("{name} plane has {} of {needed} bytes", data.len()));
        }
        Ok(Self { data, stride_bytes, size })
    }

    /// Luma and the two chroma planes, lengths and strides checked.
    pub fn all(planes: &Planes<'a>) -> Result<[Self; 3], PixelFault> {
        let PixelSize { width_px, height_px } = planes.size;
        let half = PixelSize { width_px: width_px.div_ceil(2), height_px: height_px.div_ceil(2) };
        Ok([
            Self::luma(planes)?,
            Self::new("U", planes.u, planes.uv_stride_bytes, half)?,
            Self::new("V", planes.v, planes.uv_stride_bytes, half)?,
        ])
    }

    pub fn luma(planes: &Planes<'a>) -> Result<Self, PixelFault> {
        Self::new("Y", planes.y, planes.y_stride_bytes, planes.size)
    }

    pub fn size(&self) -> PixelSize {
        self.size
    }

    /// Samples at up to `side` by `side` places, evenly spread.
    pub fn grid(&self, side: usize) -> impl Iterator<Item = u8> + 'a {
        let Self { data, stride_bytes, size } = *self;
        let step = |length: u32| (length as usize).div_ceil(side).max(1);
        let (across, down) = (step(size.width_px), step(size.height_px));
        (0..size.height_px as usize).step_by(down).flat_map(move |y| {
            let row = &data[y * stride_bytes..][..size.width_px as usize];
            row.iter().step_by(across).copied()
        })
    }

    #[cfg(test)]
    pub fn rows(&self) -> impl Iterator<Item = &'a [u8]> {
        let width = self.size.width_px as usize;
        self.data
            .chunks(self.stride_bytes)
            .take(self.size.height_px as usize)
            .map(move |row| &row[..width])
    }

    /// The samples as a matrix; copied only where the last row's padding is missing.
    fn with_mat<T>(
        &self,
        work: impl FnOnce(&BoxedRef<'_, Mat>) -> opencv::Result<T>,
    ) -> Result<T, PixelFault> {
        let (rows, stride) = (self.size.height_px as usize, self.stride_bytes);
        let samples = match self.data.get(..rows * stride) {
            Some(samples) => Cow::Borrowed(samples),
            None => {
                let mut samples = self.data.to_vec();
                samples.resize(rows * stride, 0);
                Cow::Owned(samples)
            }
        };
        let run = || {
            let padded = Mat::new_rows_cols_with_data(rows as i32, stride as i32, &samples)?;
            let visible = Rect::new(0, 0, self.size.width_px as i32, rows as i32);
            work(&Mat::roi(&padded, visible)?)
        };
        run().map_err(fault)
    }
}

/// Shrinks planes of one stream; keeps its buffers.
///
/// While a side is more than twice too long and both are even, the plane is halved by averaging 2x2
/// samples, which OpenCV does with vector instructions; the last step is bilinear (by area where the
/// plane is odd and still more than twice too large). That avoids most aliasing at a quarter of the
/// cost of averaging by area.
#[derive(Default)]
pub struct Shrinker {
    halves: Vec<Mat>,
    result: Mat,
}

impl Shrinker {
    /// The samples of `plane` at size `to`, tightly packed.
    pub fn shrink(&mut self, plane: &Plane<'_>, to: PixelSize) -> Result<&[u8], PixelFault> {
        let Self { halves, result } = self;
        plane.with_mat(|source| shrink(source, to, halves, result))?;
        result.data_bytes().map_err(fault)
    }
}

fn shrink(
    source: &BoxedRef<'_, Mat>,
    to: PixelSize,
    halves: &mut Vec<Mat>,
    result: &mut Mat,
) -> opencv::Result<()> {
    let target = Size::new(to.width_px as i32, to.height_px as i32);
    let far = |size: Size| size.width > 2 * target.width || size.height > 2 * target.height;
    let mut size = source.size()?;
    let mut steps = 0;
    while far(size) && size.width % 2 == 0 && size.height % 2 == 0 {
        size = Size::new(size.width / 2, size.height / 2);
        if halves.len() == steps {
            halves.push(Mat::default());
        }
        let (done, rest) = halves.split_at_mut(steps);
        resize(done.last(), source, &mut rest[0], size, imgproc::INTER_AREA)?;
        steps += 1;
    }
    let how = if far(size) { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
    resize(halves[..steps].last(), source, result, target, how)
}

/// From the last half, or from the source where there is none.
fn resize(
    half: Option<&Mat>,
    source: &BoxedRef<'_, Mat>,
    to: &mut Mat,
    size: Size,
    how: i32,
) -> opencv::Result<()> {
    match half {
        Some(half) => imgproc::resize(half, to, size, 0.0, 0.0, how),
        None => imgproc::resize(source, to, size, 0.0, 0.0, how),
    }
}
