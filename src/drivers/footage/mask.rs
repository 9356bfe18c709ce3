//! Making heads and plates unrecognisable, in place, on 8-bit 4:2:0 pictures.
//!
//! Pure. A box is widened to even pixels (chroma is half size), cut into blocks of at least a
//! quarter of its longer side, and every block becomes one colour, its mean. Invariant: no pixel
//! outside the widened box changes, none inside keeps more than its block's mean.

use crate::domain::{
    frame::PlanesMut,
    pixel::{PixelBox, PixelSize},
};

/// Blocks are never smaller, however small the box: a distant head is a few pixels of detail.
const BLOCK_PX_MIN: usize = 8;

/// Whole pixels: left and top even, right and bottom even or the picture's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

/// `None` if the box lies outside the picture or is empty.
fn widened(area: &PixelBox, size: PixelSize) -> Option<Area> {
    let area = area.clamped(size);
    let (width, height) = (size.width_px as usize, size.height_px as usize);
    let widened = Area {
        left: area.x1 as usize / 2 * 2,
        top: area.y1 as usize / 2 * 2,
        right: (area.x2.ceil() as usize).next_multiple_of(2).min(width),
        bottom: (area.y2.ceil() as usize).next_multiple_of(2).min(height),
    };
    let inside = area.width() > 0.0 && area.height() > 0.0;
    (inside && widened.left < widened.right && widened.top < widened.bottom).then_some(widened)
}

pub fn pixelate(planes: &mut PlanesMut<'_>, area: &PixelBox) {
    let Some(area) = widened(area, planes.size) else { return };
    let longer_side = (area.right - area.left).max(area.bottom - area.top);
    let block = longer_side.div_ceil(4).max(BLOCK_PX_MIN).next_multiple_of(2);
    let chroma = Area {
        left: area.left / 2,
        top: area.top / 2,
        right: area.right.div_ceil(2),
        bottom: area.bottom.div_ceil(2),
    };
    flatten(planes.y, planes.y_stride_bytes, area, block);
    flatten(planes.u, planes.uv_stride_bytes, chroma, block / 2);
    flatten(planes.v, planes.uv_stride_bytes, chroma, block / 2);
}

fn flatten(plane: &mut [u8], stride: usize, area: Area, block: usize) {
    for top in (area.top..area.bottom).step_by(block) {
        let rows = top..(top + block).min(area.bottom);
        for left in (area.left..area.right).step_by(block) {
            let columns = left..(left + block).min(area.right);
            let row_of = |row: usize| row * stride + columns.start..row * stride + columns.end;
            let sum: u64 =
                rows.clone().flat_map(|row| &plane[row_of(row)]).map(|&it| u64::from(it)).sum();
            let mean = (sum / (rows.len() * columns.len()) as u64) as u8;
            for row in rows.clone() {
                plane[row_of(row)].fill(mean);
            }
        }
    }
}

/// A thin frame around a box, two pixels inside its edge, in the colour `[y, u, v]`.
pub fn outline(planes: &mut PlanesMut<'_>, area: &PixelBox, colour: [u8; 3]) {
    let Some(area) = widened(area, planes.size) else { return };
    let (y_stride, uv_stride) = (planes.y_stride_bytes, planes.uv_stride_bytes);
    let mut fill = |left: usize, top: usize, right: usize, bottom: usize| {
        for row in top..bottom {
            planes.y[row * y_stride + left..row * y_stride + right].fill(colour[0]);
        }
        for row in top / 2..bottom.div_ceil(2) {
            let columns = row * uv_stride + left / 2..row * uv_stride + right.div_ceil(2);
            planes.u[columns.clone()].fill(colour[1]);
            planes.v[columns].fill(colour[2]);
        }
    };
    let Area { left, top, right, bottom } = area;
    fill(left, top, right, (top + 2).min(bottom));
    fill(left, bottom.saturating_sub(2).max(top), right, bottom);
    fill(left, top, (left + 2).min(right), bottom);
    fill(right.saturating_sub(2).max(left), top, right, bottom);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::frame::ColourMatrix;
    use proptest::prelude::*;
    use std::collections::HashSet;

    struct Picture {
        size: PixelSize,
        planes: [Vec<u8>; 3],
    }

    /// Rows are padded by three bytes, which must stay as they are too.
    const PADDING: usize = 3;

    impl Picture {
        fn noisy(width_px: u32, height_px: u32) -> Self {
            let mut state = 7u32;
            let mut noise = |len: usize| -> Vec<u8> {
                let mut next = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                };
                (0..len).map(|_| next()).collect()
            };
            let (width, height) = (width_px as usize, height_px as usize);
            let chroma = (width.div_ceil(2) + PADDING) * height.div_ceil(2);
            let planes = [noise((width + PADDING) * height), noise(chroma), noise(chroma)];
            Self { size: PixelSize { width_px, height_px }, planes }
        }

        fn mutable(&mut self) -> PlanesMut<'_> {
            let [y, u, v] = &mut self.planes;
            let width = self.size.width_px as usize;
            PlanesMut {
                size: self.size,
                y,
                y_stride_bytes: width + PADDING,
                u,
                v,
                uv_stride_bytes: width.div_ceil(2) + PADDING,
                matrix: ColourMatrix::Bt709,
                full_range: false,
            }
        }
    }

    proptest! {
        #[test]
        fn inside_is_one_value_a_block_and_outside_is_untouched(
            (width, height) in (1u32..90, 1u32..90),
            corners in prop::array::uniform4(-20.0f32..110.0),
        ) {
            let before = Picture::noisy(width, height);
            let mut after = Picture::noisy(width, height);
            let [x1, y1, x2, y2] = corners;
            let area = PixelBox::new(x1, y1, x2, y2);
            pixelate(&mut after.mutable(), &area);
            let Some(hidden) = widened(&area, before.size) else {
                prop_assert_eq!(&before.planes, &after.planes);
                return Ok(());
            };
            let side = (hidden.right - hidden.left).max(hidden.bottom - hidden.top);
            for plane in 0..3 {
                let shrink = if plane == 0 { 1 } else { 2 };
                let stride = (width as usize).div_ceil(shrink) + PADDING;
                let mut values = std::collections::HashMap::<_, HashSet<u8>>::new();
                let block = side.div_ceil(4).max(BLOCK_PX_MIN).next_multiple_of(2) / shrink;
                prop_assert!(block * shrink * 4 >= side, "no more than four blocks a side");
                for (at, (old, new)) in before.planes[plane].iter().zip(&after.planes[plane]).enumerate() {
                    let (x, y) = (at % stride, at / stride);
                    let (left, top) = (hidden.left / shrink, hidden.top / shrink);
                    let inside = (left..hidden.right.div_ceil(shrink)).contains(&x)
                        && (top..hidden.bottom.div_ceil(shrink)).contains(&y);
                    if inside {
                        values.entry(((x - left) / block, (y - top) / block)).or_default().insert(*new);
                    } else {
                        prop_assert_eq!(old, new);
                    }
                }
                prop_assert!(values.values().all(|seen| seen.len() == 1));
                prop_assert!(values.len() <= 16);
            }
        }

        #[test]
        fn an_outline_stays_inside_any_picture(
            (width, height) in (1u32..40, 1u32..40),
            corners in prop::array::uniform4(-20.0f32..60.0),
        ) {
            let [x1, y1, x2, y2] = corners;
            outline(&mut Picture::noisy(width, height).mutable(), &PixelBox::new(x1, y1, x2, y2), [235, 128, 128]);
        }
    }
}
