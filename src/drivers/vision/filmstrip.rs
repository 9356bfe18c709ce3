//! Thumbnails of a clip side by side in one JPEG, evenly spread over its time.
//!
//! Enters: pictures as they go into the clip, heads and plates already hidden. Leaves: one row of
//! thumbnails; a moment without a picture stays dark.

use super::{
    colour::YuvToRgb,
    one_thread, picture_file,
    plane::{Plane, Shrinker},
};
use crate::{
    base::time::WallTime,
    domain::{footage::Span, frame::Planes, pixel::PixelSize, seams::PixelFault},
};

const THUMBS: usize = 10;
const THUMB_WIDTH_PX: u32 = 160;
const JPEG_QUALITY: u8 = 80;
const DARK: u8 = 24;

pub struct Filmstrip {
    span: Span,
    /// Of one thumbnail; known with the first picture.
    size: Option<PixelSize>,
    /// Red, green, blue.
    thumbs: [Option<Vec<u8>>; THUMBS],
    shrinkers: [Shrinker; 3],
}

impl Filmstrip {
    pub fn over(span: Span) -> Self {
        one_thread();
        Self { span, size: None, thumbs: Default::default(), shrinkers: Default::default() }
    }

    /// Takes the picture if it is the first of its part of the time.
    pub fn show(&mut self, at: WallTime, planes: &Planes<'_>) -> Result<(), PixelFault> {
        let millis = self.span.length().as_millis().max(1);
        let nth = at.since(self.span.from).as_millis() * THUMBS as u128 / millis;
        let Some(empty @ None) = self.thumbs.get_mut(nth as usize) else { return Ok(()) };
        let PixelSize { width_px, height_px } = planes.size;
        let height = u64::from(height_px) * u64::from(THUMB_WIDTH_PX) / u64::from(width_px.max(1));
        let like = PixelSize { width_px: THUMB_WIDTH_PX, height_px: (height as u32).max(1) };
        let size = *self.size.get_or_insert(like);
        let [y, u, v] = Plane::all(planes)?;
        let [for_y, for_u, for_v] = &mut self.shrinkers;
        let (y, u, v) = (for_y.shrink(&y, size)?, for_u.shrink(&u, size)?, for_v.shrink(&v, size)?);
        let yuv_to_rgb = YuvToRgb::new(planes.matrix, planes.full_range);
        let mut rgb = Vec::with_capacity(3 * y.len());
        for ((y, u), v) in y.iter().zip(u).zip(v) {
            rgb.extend(yuv_to_rgb.rgb(*y, *u, *v).map(|value| (value + 0.5) as u8));
        }
        *empty = Some(rgb);
        Ok(())
    }

    /// `None` if there was no picture.
    pub fn jpeg(&self) -> Result<Option<(Vec<u8>, PixelSize)>, PixelFault> {
        let Some(thumb) = self.size else { return Ok(None) };
        let row_bytes = 3 * thumb.width_px as usize;
        let mut sheet = Vec::with_capacity(THUMBS * row_bytes * thumb.height_px as usize);
        for row in 0..thumb.height_px as usize {
            for picture in &self.thumbs {
                match picture {
                    Some(rgb) => sheet.extend_from_slice(&rgb[row * row_bytes..][..row_bytes]),
                    None => sheet.resize(sheet.len() + row_bytes, DARK),
                }
            }
        }
        let size = PixelSize { width_px: THUMBS as u32 * thumb.width_px, ..thumb };
        Ok(Some((picture_file::jpeg(&sheet, size, JPEG_QUALITY)?, size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::frame::{Image, OwnedImage};

    #[test]
    fn each_part_of_the_time_shows_its_first_picture_and_a_hole_is_dark() {
        let at = WallTime::from_unix_millis;
        let mut strip = Filmstrip::over(Span::new(at(0), at(10_000)));
        assert_eq!(strip.jpeg().unwrap(), None);
        let picture = |luma| OwnedImage::uniform(PixelSize { width_px: 640, height_px: 360 }, luma);
        for (millis, luma) in [(0, 60), (900, 235), (5_500, 200), (9_999, 120), (10_000, 235)] {
            strip.show(at(millis), &picture(luma).planes()).unwrap();
        }
        let (jpeg, size) = strip.jpeg().unwrap().unwrap();
        assert_eq!(size, PixelSize { width_px: 1_600, height_px: 90 });
        let sheet = picture_file::decode(&jpeg).unwrap();
        let seen: Vec<u8> = (0..10).map(|nth| sheet.get_pixel(80 + 160 * nth, 45).0[1]).collect();
        let is_dark = |nth: usize| seen[nth] < 35;
        assert!((1..5).chain(6..9).all(is_dark), "{seen:?}");
        assert!(seen[0] > 40 && seen[0] < 70 && seen[5] > 200 && seen[9] > 110, "{seen:?}");
    }
}
