//! Does a place look as it did in the footage before? Independent of what any detector finds.
//!
//! Enters: the frames of the footage before, then frames after with the places of things. Leaves: the
//! correlation of luma gradients with their mean picture, at the places and in a ring about them. Light
//! and contrast do not change it, and a bump is found by phase correlation. A thing that is gone leaves another picture in its place; what stands
//! before a place hides its surroundings, too. Luma at 640 px wide at most; two such pictures are kept.

use super::{
    fault, one_thread,
    plane::{Plane, Shrinker},
};
use crate::domain::{
    frame::Frame, pixel::PixelBox, pixel::PixelSize, seams::PixelFault, verdict::target::Likeness,
};
use opencv::{
    core::{self, CV_32F, Mat, MatTraitConstManual},
    imgproc,
};

const WIDTH_PX_MAX: u32 = 640;
/// Of the width: what has moved further is another view.
const SHIFT_MAX: f32 = 0.03;
/// Of a place's longer side.
const RING_SHARE: f32 = 0.5;
/// A place shorter than this, in px, is too small to be recognised.
const SIDE_PX_MIN: usize = 6;
/// Mean squared gradient below which there is nothing to recognise.
const STRUCTURE_MIN: f32 = 6.0;

#[derive(Default)]
pub struct LikenessMeter {
    shrinker: Shrinker,
    size: Option<PixelSize>,
    /// Of the frames before.
    mean: Vec<f32>,
    frames: u32,
    before: Option<Gradients>,
}

struct Gradients {
    x: Vec<f32>,
    y: Vec<f32>,
}

/// Sums over some px.
#[derive(Default, Clone, Copy)]
struct Match {
    both: f32,
    before: f32,
    after: f32,
    px: usize,
}

impl LikenessMeter {
    pub fn learn(&mut self, frame: &Frame) -> Result<(), PixelFault> {
        one_thread();
        let plane = Plane::luma(&frame.image.planes())?;
        let size = small(plane.size());
        let samples = self.shrinker.shrink(&plane, size)?;
        if self.size.replace(size) != Some(size) {
            (self.mean, self.frames) = (vec![0.0; samples.len()], 0);
        }
        self.frames += 1;
        let share = 1.0 / self.frames as f32;
        for (mean, luma) in self.mean.iter_mut().zip(samples) {
            *mean += (f32::from(*luma) - *mean) * share;
        }
        self.before = None;
        Ok(())
    }

    /// Places are in fractions of the frame before. None where nothing is remembered, or nothing of the
    /// places can be recognised.
    pub fn compare(
        &mut self,
        frame: &Frame,
        places: &[PixelBox],
    ) -> Result<Option<Likeness>, PixelFault> {
        let plane = Plane::luma(&frame.image.planes())?;
        let size = small(plane.size());
        if places.is_empty() || self.size != Some(size) {
            return Ok(None);
        }
        let samples: Vec<f32> =
            self.shrinker.shrink(&plane, size)?.iter().map(|luma| f32::from(*luma)).collect();
        let after = Gradients::of(&samples, size)?;
        let before = match &mut self.before {
            Some(before) => before,
            none => none.insert(Gradients::of(&self.mean, size)?),
        };
        let by_px = before.shift(&after, size)?;
        let (width, height) = (size.width_px as f32, size.height_px as f32);
        let shift = by_px.map(|px| px as f32 / width);
        let mut likeness: Option<Likeness> = None;
        for place in places {
            let inner = place.scaled(width, height);
            let outer = inner.grown(RING_SHARE * inner.extent());
            let inside = before.matches(&after, size, by_px, &inner);
            let all = before.matches(&after, size, by_px, &outer);
            let Some(here) = inside.correlation() else { continue };
            let around = all.less(inside).correlation();
            likeness = Some(match likeness {
                None => Likeness { shift, places: here, around },
                Some(so_far) => Likeness {
                    shift,
                    places: so_far.places.max(here),
                    around: [so_far.around, around].into_iter().flatten().reduce(f32::min),
                },
            });
        }
        Ok(likeness)
    }
}

/// No larger than needed, and never enlarged.
fn small(size: PixelSize) -> PixelSize {
    let width_px = size.width_px.min(WIDTH_PX_MAX);
    let height = f64::from(size.height_px) * f64::from(width_px) / f64::from(size.width_px.max(1));
    PixelSize { width_px, height_px: (height.round() as u32).max(1) }
}

impl Gradients {
    /// Sobel's on a picture softened a little: noise has no place in it.
    fn of(luma: &[f32], size: PixelSize) -> Result<Self, PixelFault> {
        let run = || {
            let source =
                Mat::new_rows_cols_with_data(size.height_px as i32, size.width_px as i32, luma)?;
            let mut soft = Mat::default();
            let side = core::Size::new(5, 5);
            imgproc::gaussian_blur_def(&source, &mut soft, side, 1.2)?;
            let along = |dx, dy| -> opencv::Result<Vec<f32>> {
                let mut out = Mat::default();
                imgproc::sobel(
                    &soft,
                    &mut out,
                    CV_32F,
                    dx,
                    dy,
                    3,
                    0.125,
                    0.0,
                    core::BORDER_REPLICATE,
                )?;
                Ok(out.data_typed::<f32>()?.to_vec())
            };
            Ok(Self { x: along(1, 0)?, y: along(0, 1)? })
        };
        run().map_err(fault)
    }

    /// How far the other picture has moved: by phase correlation, where more of this one is found there
    /// than where it was.
    fn shift(&self, after: &Self, size: PixelSize) -> Result<[i32; 2], PixelFault> {
        let strength = |of: &Self| -> Vec<f32> {
            of.x.iter().zip(&of.y).map(|(x, y)| (x * x + y * y).sqrt()).collect()
        };
        let (rows, columns) = (size.height_px as i32, size.width_px as i32);
        let (then, here) = (strength(self), strength(after));
        let run = || {
            let then = Mat::new_rows_cols_with_data(rows, columns, &then)?;
            let here = Mat::new_rows_cols_with_data(rows, columns, &here)?;
            imgproc::phase_correlate(&then, &here, &core::no_array(), None)
        };
        let moved = run().map_err(fault)?;
        let moved = [moved.x.round() as i32, moved.y.round() as i32];
        let bound = (SHIFT_MAX * columns as f32) as i32;
        let whole = PixelBox::whole(size);
        let found = |shift| self.matches(after, size, shift, &whole).correlation().unwrap_or(0.0);
        let better = moved.iter().all(|px| px.abs() <= bound)
            && moved != [0, 0]
            && found(moved) > found([0, 0]);
        Ok(if better { moved } else { [0, 0] })
    }

    /// Within a box of this picture, and where the shift puts it in the other.
    fn matches(&self, after: &Self, size: PixelSize, [dx, dy]: [i32; 2], of: &PixelBox) -> Match {
        let (width, height) = (size.width_px as i32, size.height_px as i32);
        let span = |from: f32, to: f32, shift: i32, length: i32| {
            let (from, to) = (from.round() as i32, to.round() as i32);
            from.max(0).max(-shift)..to.min(length).min(length - shift)
        };
        let mut sums = Match::default();
        for y in span(of.y1, of.y2, dy, height) {
            for x in span(of.x1, of.x2, dx, width) {
                let from = (y * width + x) as usize;
                let to = ((y + dy) * width + x + dx) as usize;
                sums.both += self.x[from] * after.x[to] + self.y[from] * after.y[to];
                sums.before += self.x[from] * self.x[from] + self.y[from] * self.y[from];
                sums.after += after.x[to] * after.x[to] + after.y[to] * after.y[to];
                sums.px += 1;
            }
        }
        sums
    }
}

impl Match {
    fn less(self, part: Self) -> Self {
        Self {
            both: self.both - part.both,
            before: self.before - part.before,
            after: self.after - part.after,
            px: self.px - part.px,
        }
    }

    fn correlation(self) -> Option<f32> {
        let known = self.px >= SIDE_PX_MIN * SIDE_PX_MIN
            && self.before / self.px.max(1) as f32 >= STRUCTURE_MIN;
        known.then(|| self.both / (self.before * self.after).sqrt().max(f32::EPSILON))
    }
}
