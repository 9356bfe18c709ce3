//! Lines and marks drawn over a picture, for people who check a calibration.

use super::{fault, one_thread, picture_file};
use crate::domain::{
    pixel::{PixelPoint, PixelSize},
    seams::PixelFault,
};
use opencv::{
    core::{CV_8UC3, Mat, Point, Scalar, Vector},
    imgproc,
    prelude::*,
};
use std::{fs, path::Path};

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    pub const GRID: Self = Self([80, 200, 200]);
    pub const HULL: Self = Self([60, 220, 60]);
    pub const POINT: Self = Self([255, 200, 40]);
    pub const RESIDUAL: Self = Self([255, 40, 40]);
    pub const OCCLUDER: Self = Self([200, 60, 220]);
}

/// One thing to draw.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    Line { points: Vec<PixelPoint>, closed: bool, colour: Colour, width_px: i32 },
    Cross { at: PixelPoint, colour: Colour },
    Text { at: PixelPoint, text: String, colour: Colour },
}

/// Draws over the picture `below`, or over grey of the size where there is none, and writes a PNG (or what the
/// ending of `out` says).
pub fn draw(
    below: Option<&Path>,
    size: PixelSize,
    marks: &[Mark],
    out: &Path,
) -> Result<(), PixelFault> {
    one_thread();
    let filled = || {
        let (width, height) = (size.width_px as i32, size.height_px as i32);
        Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(48.0))
    };
    let mut canvas = filled().map_err(fault)?;
    if let Some(path) = below {
        let named = |reason: String| PixelFault { reason: format!("{}: {reason}", path.display()) };
        let bytes = fs::read(path).map_err(|error| named(error.to_string()))?;
        let picture = picture_file::decode(&bytes).map_err(|fault| named(fault.reason))?;
        let PixelSize { width_px, height_px } = size;
        if (picture.width(), picture.height()) != (width_px, height_px) {
            return Err(named(format!(
                "the picture is {} by {}; the calibration's frame is {width_px} by {height_px}",
                picture.width(),
                picture.height()
            )));
        }
        canvas.data_bytes_mut().map_err(fault)?.copy_from_slice(&picture);
    }
    for mark in marks {
        mark.onto(&mut canvas).map_err(fault)?;
    }
    picture_file::write(out, canvas.data_bytes().map_err(fault)?, size)
}

impl Mark {
    fn onto(&self, canvas: &mut Mat) -> opencv::Result<()> {
        match self {
            Self::Line { points, closed, colour, width_px } => {
                let points: Vector<Point> = points.iter().map(|p| point(*p)).collect();
                imgproc::polylines(
                    canvas,
                    &points,
                    *closed,
                    scalar(*colour),
                    *width_px,
                    imgproc::LINE_AA,
                    0,
                )
            }
            Self::Cross { at, colour } => imgproc::draw_marker(
                canvas,
                point(*at),
                scalar(*colour),
                imgproc::MARKER_CROSS,
                14,
                2,
                imgproc::LINE_AA,
            ),
            Self::Text { at, text, colour } => imgproc::put_text(
                canvas,
                text,
                point(*at),
                imgproc::FONT_HERSHEY_SIMPLEX,
                0.5,
                scalar(*colour),
                1,
                imgproc::LINE_AA,
                false,
            ),
        }
    }
}

/// Far outside the picture OpenCV's drawing overflows.
fn point(at: PixelPoint) -> Point {
    let clamped = |v: f64| v.clamp(-20_000.0, 20_000.0).round() as i32;
    Point::new(clamped(at.x), clamped(at.y))
}

fn scalar(Colour([red, green, blue]): Colour) -> Scalar {
    Scalar::new(red.into(), green.into(), blue.into(), 0.0)
}
