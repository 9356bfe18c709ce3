//! Parts of a view in which nothing is looked at and nothing shown: windows, a school's yard.
//!
//! Blanked in the frame itself, right behind the decoder, so that no detector, picture, clip or verdict
//! knows what was there. The recording on the edge's disk keeps the camera's own bytes, unless
//! `recording.blank_privacy` says otherwise (`drivers/camera/blanker.rs`); whatever is decoded from it goes
//! through here again.

use super::{
    frame::{Frame, OwnedImage, Planes, PlanesMut},
    pixel::{PixelPolygon, PixelSize},
    seams::{FrameSource, SourceError},
};
use std::sync::Arc;

/// Luma and chroma of a blanked place, in any matrix and range.
const BLACK: [u8; 3] = [16, 128, 128];

#[derive(Debug, Clone, PartialEq)]
pub struct PrivacyMask {
    zones: Vec<PixelPolygon>,
    /// The size that the zones are drawn in.
    drawn: PixelSize,
}

impl PrivacyMask {
    pub fn new(zones: Vec<PixelPolygon>, drawn: PixelSize) -> Self {
        Self { zones, drawn }
    }

    /// In the size that they are drawn in.
    pub fn zones(&self) -> &[PixelPolygon] {
        &self.zones
    }

    /// The frame with the zones blanked; the same frame where there are none.
    pub fn over(&self, frame: Frame) -> Frame {
        if self.zones.is_empty() {
            return frame;
        }
        match self.blanked(&frame.image.planes()) {
            Some(image) => Frame { stamp: frame.stamp, image: Arc::new(image) },
            // Planes of impossible sizes: nothing of them may be shown.
            None => Frame {
                stamp: frame.stamp,
                image: Arc::new(OwnedImage::uniform(frame.stamp.size, BLACK[0])),
            },
        }
    }

    fn blanked(&self, planes: &Planes<'_>) -> Option<OwnedImage> {
        let (width, height) = (planes.size.width_px as usize, planes.size.height_px as usize);
        let half = |side: usize| side.div_ceil(2);
        let tight = |plane: &[u8], stride: usize, width: usize, height: usize| {
            let rows = plane.chunks(stride.max(1)).take(height);
            rows.filter_map(|row| row.get(..width)).collect::<Vec<_>>().concat()
        };
        let mut y = tight(planes.y, planes.y_stride_bytes, width, height);
        let chroma = |plane| tight(plane, planes.uv_stride_bytes, half(width), half(height));
        let (mut u, mut v) = (chroma(planes.u), chroma(planes.v));
        let Planes { size, matrix, full_range, .. } = *planes;
        self.blank(&mut PlanesMut {
            size,
            y: &mut y,
            y_stride_bytes: width,
            u: &mut u,
            v: &mut v,
            uv_stride_bytes: half(width),
            matrix,
            full_range,
        })?;
        OwnedImage::new(size, [y, u, v], matrix, full_range)
    }

    /// The zones black in place; `None` where the planes are shorter than their size says: nothing of
    /// them may be shown.
    pub fn blank(&self, planes: &mut PlanesMut<'_>) -> Option<()> {
        let (width, height) = (planes.size.width_px as usize, planes.size.height_px as usize);
        let scale = |drawn: u32, frame: usize| frame as f64 / f64::from(drawn.max(1));
        let scales = (scale(self.drawn.width_px, width), scale(self.drawn.height_px, height));
        for zone in &self.zones {
            let zone = zone.scaled(scales.0, scales.1);
            for row in 0..height {
                let (luma, chroma) =
                    (row * planes.y_stride_bytes, row / 2 * planes.uv_stride_bytes);
                for (left, right) in spans(&zone, row, width) {
                    planes.y.get_mut(luma + left..luma + right)?.fill(BLACK[0]);
                    let columns = chroma + left / 2..chroma + right.div_ceil(2);
                    planes.u.get_mut(columns.clone())?.fill(BLACK[1]);
                    planes.v.get_mut(columns)?.fill(BLACK[2]);
                }
            }
        }
        Some(())
    }
}

/// Columns of one row that the zone touches, rather one too many than one too few.
fn spans(zone: &PixelPolygon, row: usize, width: usize) -> Vec<(usize, usize)> {
    let corners = zone.corners();
    let at = |y: f64| {
        let sides = corners.iter().zip(corners.iter().cycle().skip(1));
        let mut crossings: Vec<f64> = sides
            .filter(|(a, b)| (a.y <= y) != (b.y <= y))
            .map(|(a, b)| a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
            .collect();
        crossings.sort_by(f64::total_cmp);
        crossings
    };
    // The row's upper edge, middle and lower edge.
    let lines = [-0.5, 0.0, 0.5].map(|part| at(row as f64 + part));
    let pairs = lines.iter().flat_map(|crossings| crossings.chunks_exact(2));
    let touched = pairs.map(|pair| {
        let column = |x: f64| x.clamp(0.0, width as f64) as usize;
        (column((pair[0] - 0.5).floor()), column((pair[1] + 0.5).ceil() + 1.0))
    });
    touched.filter(|(left, right)| left < right).collect()
}

/// Frames of a source with the mask over them.
pub struct Masked<S> {
    pub source: S,
    pub mask: PrivacyMask,
}

impl<S: FrameSource> FrameSource for Masked<S> {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        Ok(self.source.next_frame()?.map(|frame| self.mask.over(frame)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::{ClockQuality, MediaTime, WallTime},
        domain::{frame::FrameStamp, pixel::PixelPoint},
    };
    use proptest::prelude::*;

    fn frame(size: PixelSize) -> Frame {
        let stamp = FrameStamp {
            pts: MediaTime::ZERO,
            captured_at: WallTime::from_unix_millis(0),
            clock: ClockQuality::Assigned,
            size,
        };
        Frame { stamp, image: Arc::new(OwnedImage::uniform(size, 200)) }
    }

    fn polygon(corners: &[(f64, f64)]) -> PixelPolygon {
        PixelPolygon::new(corners.iter().map(|&(x, y)| PixelPoint { x, y }).collect()).unwrap()
    }

    #[test]
    fn without_zones_the_frame_is_not_copied() {
        let size = PixelSize { width_px: 8, height_px: 8 };
        let given = frame(size);
        let masked = PrivacyMask::new(vec![], size).over(given.clone());
        assert!(Arc::ptr_eq(&given.image, &masked.image));
    }

    proptest! {
        /// Drawn at another size than the frame's, odd sizes included.
        #[test]
        fn every_pixel_inside_is_blank_and_none_far_outside(
            corners in prop::collection::vec((0.0..200.0f64, 0.0..100.0f64), 3),
            width_px in 41u32..90, height_px in 21u32..50,
        ) {
            let drawn = PixelSize { width_px: 200, height_px: 100 };
            let points = corners.iter().map(|&(x, y)| PixelPoint { x, y }).collect();
            let Some(zone) = PixelPolygon::new(points) else { return Ok(()) };
            let size = PixelSize { width_px, height_px };
            let masked = PrivacyMask::new(vec![zone.clone()], drawn).over(frame(size));
            let planes = masked.image.planes();
            let scales = (f64::from(width_px) / 200.0, f64::from(height_px) / 100.0);
            let zone = zone.scaled(scales.0, scales.1);
            let reach = zone.bounds();
            for row in 0..height_px {
                for column in 0..width_px {
                    let at = PixelPoint { x: column.into(), y: row.into() };
                    let luma = planes.y[(row * width_px + column) as usize];
                    if zone.contains(at) {
                        prop_assert_eq!(luma, BLACK[0], "{:?}", at);
                    }
                    let (x, y) = (column as f32, row as f32);
                    let far = x < reach.x1 - 3.0 || x > reach.x2 + 3.0
                        || y < reach.y1 - 1.5 || y > reach.y2 + 1.5;
                    if far {
                        prop_assert_eq!(luma, 200, "{:?}", at);
                    }
                }
            }
        }
    }

    #[test]
    fn colour_is_blanked_too() {
        let size = PixelSize { width_px: 9, height_px: 9 };
        let zone = polygon(&[(-1.0, -1.0), (10.0, -1.0), (10.0, 10.0), (-1.0, 10.0)]);
        let planes = [vec![77; 81], vec![50; 25], vec![60; 25]];
        let image = OwnedImage::new(size, planes, crate::domain::frame::ColourMatrix::Bt709, false);
        let coloured = Frame { image: Arc::new(image.unwrap()), ..frame(size) };
        let masked = PrivacyMask::new(vec![zone], size).over(coloured);
        let planes = masked.image.planes();
        for (plane, black) in [planes.y, planes.u, planes.v].into_iter().zip(BLACK) {
            assert!(plane.iter().all(|&it| it == black));
        }
    }
}
