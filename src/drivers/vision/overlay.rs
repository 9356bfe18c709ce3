//! Lines and marks drawn over a picture, for people who check a calibration.

use super::{fault, one_thread};
use crate::domain::{
    pixel::{PixelPoint, PixelSize},
    seams::PixelFault,
};
use opencv::{
    core::{CV_8UC3, Mat, Point, Scalar, Vector},
    imgcodecs, imgproc,
    prelude::*,
};
use std::path::Path;

/// Blue, green, red.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    pub const GRID: Self = Self([200, 200, 80]);
    pub const HULL: Self = Self([60, 220, 60]);
    pub const POINT: Self = Self([40, 200, 255]);
    pub const RESIDUAL: Self = Self([40, 40, 255]);
    pub const OCCLUDER: Self = Self([220, 60, 200]);
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
    let (width, height) = (size.width_px as i32, size.height_px as i32);
    let mut canvas = match below {
        Some(path) => imgcodecs::imread(path, imgcodecs::IMREAD_COLOR).map_err(fault)?,
        None => Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(48.0))
            .map_err(fault)?,
    };
    if canvas.empty() {
        let name = below.unwrap_or(out).display();
        return Err(PixelFault { reason: format!("{name} is no picture that can be decoded") });
    }
    if (canvas.cols(), canvas.rows()) != (width, height) {
        return Err(PixelFault {
            reason: format!(
                "the picture is {} by {}; the calibration's frame is {width} by {height}",
                canvas.cols(),
                canvas.rows()
            ),
        });
    }
    for mark in marks {
        mark.onto(&mut canvas).map_err(fault)?;
    }
    let written = imgcodecs::imwrite(out, &canvas, &Vector::new()).map_err(fault)?;
    if !written {
        return Err(PixelFault { reason: format!("{} cannot be written", out.display()) });
    }
    Ok(())
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

fn scalar(Colour([blue, green, red]): Colour) -> Scalar {
    Scalar::new(blue.into(), green.into(), red.into(), 0.0)
}
