//! Pictures of a moment, masked: a clean one, and one that shows what was seen.
//!
//! Enters: a frame, the regions to mask, what to draw. Leaves: two JPEGs of the same size.
//! Masking comes first, so nothing drawn or encoded afterwards knows the pixels beneath.

use super::{
    colour::YuvToRgb,
    fault, one_thread, picture_file,
    plane::{Plane, Shrinker},
};
use crate::domain::{
    detection::Detection,
    frame::Frame,
    pixel::{PixelBox, PixelPolygon, PixelSize},
    seams::PixelFault,
};
use opencv::{
    core::{CV_8UC3, Mat, MatTraitManual, Point, Rect, Scalar, Size, Vector},
    imgproc::{self, FILLED, FONT_HERSHEY_SIMPLEX, INTER_AREA, INTER_NEAREST, LINE_8, LINE_AA},
    prelude::*,
};

const JPEG_QUALITY: u8 = 88;
const WIDTH_PX_MAX: u32 = 1920;
/// A masked region keeps at most about this many cells along its short side: no face, no characters.
const MASK_CELLS: f32 = 4.0;
const MASK_CELL_PX_MIN: f32 = 8.0;
const LABEL_CHARS_MAX: usize = 80;

// Red, green, blue.
const SUBJECT: [f64; 3] = [230.0, 60.0, 40.0];
const OTHER: [f64; 3] = [220.0, 220.0, 220.0];
const ZONE: [f64; 3] = [40.0, 190.0, 200.0];
const DARK: [f64; 3] = [20.0, 20.0, 20.0];

/// What is drawn into the annotated picture; boxes and polygon in source pixels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Annotations<'a> {
    pub subject: Option<PixelBox>,
    pub others: &'a [Detection],
    pub zone: Option<&'a PixelPolygon>,
    /// Such as `roadside_stall 0.71`; the font has ASCII only, the rest shows as `?`.
    pub label: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub clean_jpeg: Vec<u8>,
    pub annotated_jpeg: Vec<u8>,
    pub size: PixelSize,
}

/// Both pictures, at most 1920 px wide. `masks` in source pixels.
pub fn take(
    frame: &Frame,
    masks: &[PixelBox],
    annotations: &Annotations<'_>,
) -> Result<Snapshot, PixelFault> {
    let (mut picture, size, scale) = masked(frame, masks)?;
    let scaled = |bbox: &PixelBox| bbox.scaled(scale, scale).clamped(size);
    let clean_jpeg = jpeg(&picture, size)?;
    annotate(&mut picture, annotations, scale, scaled).map_err(fault)?;
    Ok(Snapshot { clean_jpeg, annotated_jpeg: jpeg(&picture, size)?, size })
}

/// The clean picture alone, with its size.
pub fn clean(frame: &Frame, masks: &[PixelBox]) -> Result<(Vec<u8>, PixelSize), PixelFault> {
    let (picture, size, _) = masked(frame, masks)?;
    Ok((jpeg(&picture, size)?, size))
}

fn masked(frame: &Frame, masks: &[PixelBox]) -> Result<(Mat, PixelSize, f32), PixelFault> {
    one_thread();
    let (mut picture, size, scale) = picture(frame)?;
    for region in masks {
        let region = region.scaled(scale, scale).clamped(size);
        pixelate(&mut picture, &region).map_err(fault)?;
    }
    Ok((picture, size, scale))
}

/// The frame as red, green, blue; its size; picture px a source px.
fn picture(frame: &Frame) -> Result<(Mat, PixelSize, f32), PixelFault> {
    let planes = frame.image.planes();
    let [y, u, v] = Plane::all(&planes)?;
    let source = y.size();
    let size = if source.width_px > WIDTH_PX_MAX {
        let height =
            f64::from(source.height_px) * f64::from(WIDTH_PX_MAX) / f64::from(source.width_px);
        PixelSize { width_px: WIDTH_PX_MAX, height_px: (height.round() as u32).max(1) }
    } else {
        source
    };
    let mut shrinkers = [Shrinker::default(), Shrinker::default(), Shrinker::default()];
    let [for_y, for_u, for_v] = &mut shrinkers;
    let (y, u, v) = (for_y.shrink(&y, size)?, for_u.shrink(&u, size)?, for_v.shrink(&v, size)?);
    let yuv_to_rgb = YuvToRgb::new(planes.matrix, planes.full_range);
    let mut rgb = Vec::with_capacity(3 * y.len());
    for ((y, u), v) in y.iter().zip(u).zip(v) {
        rgb.extend(yuv_to_rgb.rgb(*y, *u, *v).map(|value| (value + 0.5) as u8));
    }
    let (width, height) = (size.width_px as i32, size.height_px as i32);
    let filled = || -> opencv::Result<Mat> {
        let mut picture =
            Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::default())?;
        picture.data_bytes_mut()?.copy_from_slice(&rgb);
        Ok(picture)
    };
    let scale = size.width_px as f32 / source.width_px as f32;
    Ok((filled().map_err(fault)?, size, scale))
}

/// Whole pixels that the box touches; none where it is empty.
fn touched(bbox: &PixelBox) -> Option<Rect> {
    let (x, y) = (bbox.x1.floor() as i32, bbox.y1.floor() as i32);
    let (right, bottom) = (bbox.x2.ceil() as i32, bbox.y2.ceil() as i32);
    (right > x && bottom > y).then(|| Rect::new(x, y, right - x, bottom - y))
}

fn pixelate(picture: &mut Mat, region: &PixelBox) -> opencv::Result<()> {
    let Some(rect) = touched(region) else { return Ok(()) };
    let cell = (rect.width.min(rect.height) as f32 / MASK_CELLS).max(MASK_CELL_PX_MIN);
    let cells = |side: i32| ((side as f32 / cell).round() as i32).max(1);
    let mut coarse = Mat::default();
    let mut region = Mat::roi_mut(picture, rect)?;
    let few = Size::new(cells(rect.width), cells(rect.height));
    imgproc::resize(&region, &mut coarse, few, 0.0, 0.0, INTER_AREA)?;
    imgproc::resize(
        &coarse,
        &mut region,
        Size::new(rect.width, rect.height),
        0.0,
        0.0,
        INTER_NEAREST,
    )
}

fn colour([red, green, blue]: [f64; 3]) -> Scalar {
    Scalar::new(red, green, blue, 0.0)
}

fn annotate(
    picture: &mut Mat,
    annotations: &Annotations<'_>,
    scale: f32,
    scaled: impl Fn(&PixelBox) -> PixelBox,
) -> opencv::Result<()> {
    // Readable on a phone at any size of picture.
    let unit = (picture.cols() as f64 / 640.0).clamp(0.6, 3.0);
    let (thin, thick) = (unit.round().max(1.0) as i32, (2.0 * unit).round().max(2.0) as i32);
    if let Some(zone) = annotations.zone {
        let zone = zone.scaled(f64::from(scale), f64::from(scale));
        let corners: Vector<Point> = (zone.corners().iter())
            .map(|corner| Point::new(corner.x.round() as i32, corner.y.round() as i32))
            .collect();
        imgproc::polylines(picture, &corners, true, colour(ZONE), thin, LINE_AA, 0)?;
    }
    for other in annotations.others {
        if let Some(rect) = touched(&scaled(&other.bbox)) {
            imgproc::rectangle(picture, rect, colour(OTHER), thin, LINE_8, 0)?;
        }
    }
    let Some(rect) = annotations.subject.as_ref().and_then(|subject| touched(&scaled(subject)))
    else {
        return label(picture, annotations.label, Point::new(0, 0), unit);
    };
    imgproc::rectangle(picture, rect, colour(SUBJECT), thick, LINE_8, 0)?;
    label(picture, annotations.label, Point::new(rect.x, rect.y), unit)
}

/// Text on a dark ground that ends above `at`, pushed into the picture.
fn label(picture: &mut Mat, text: &str, at: Point, unit: f64) -> opencv::Result<()> {
    let ascii = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let text: String = text.chars().take(LABEL_CHARS_MAX).map(ascii).collect();
    if text.is_empty() {
        return Ok(());
    }
    let (size, weight) = (0.55 * unit, unit.round().max(1.0) as i32);
    let mut below = 0;
    let extent = imgproc::get_text_size(&text, FONT_HERSHEY_SIMPLEX, size, weight, &mut below)?;
    let height = extent.height + 2 * below;
    let x = at.x.min(picture.cols() - extent.width - below).max(0);
    let y = (at.y - height).max(0);
    let ground = Rect::new(x, y, extent.width + below, height);
    imgproc::rectangle(picture, ground, colour(DARK), FILLED, LINE_8, 0)?;
    let origin = Point::new(x + below / 2, y + extent.height + below / 2);
    let face = FONT_HERSHEY_SIMPLEX;
    imgproc::put_text(picture, &text, origin, face, size, colour(OTHER), weight, LINE_AA, false)
}

fn jpeg(picture: &Mat, size: PixelSize) -> Result<Vec<u8>, PixelFault> {
    picture_file::jpeg(picture.data_bytes().map_err(fault)?, size, JPEG_QUALITY)
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
