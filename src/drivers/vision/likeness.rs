//! Does a place look as it did in the footage before? Independent of what any detector finds.
//!
//! Enters: the frames of the footage before, then frames after with the places of things. Leaves: the
//! correlation of luma gradients with their mean picture, at the places, in a ring about them, and of the
//! thing's own picture with what lies a step aside. Light and contrast do not change it, and a bump is
//! found by phase correlation. A thing that is gone leaves another picture in its place; what stands
//! before a place hides its surroundings, too; what was pushed aside is found again there. Luma at 640 px
//! wide at most; two such pictures are kept.

use super::{
    fault, one_thread,
    plane::{Plane, Shrinker},
};
use crate::domain::{
    frame::Frame, pixel::PixelBox, pixel::PixelSize, seams::PixelFault, verdict::target::Likeness,
};
use opencv::{
    core::{self, CV_32F, Mat, MatTraitConstManual, Vec2f},
    imgproc,
};
use std::ops::Range;

const WIDTH_PX_MAX: u32 = 640;
/// Of the width: what has moved further is another view.
const SHIFT_MAX: f32 = 0.03;
/// Of a place's longer side.
const RING_SHARE: f32 = 0.5;
/// A place shorter than this, in px, is too small to be recognised.
const SIDE_PX_MIN: usize = 6;
/// Mean squared gradient below which there is nothing to recognise.
const STRUCTURE_MIN: f32 = 6.0;
/// How far aside a thing is looked for, by its place's longer side: some 3 m for a heap. A smaller thing
/// than this, in px, is found anywhere.
const ASIDE_SHARE: f32 = 3.0;
const ASIDE_SIDE_PX_MIN: usize = 12;
const ASIDE_HERE_MAX: f32 = 0.6;
/// Longer side, in px, that is enough to recognise a thing by: what a search costs grows with the square.
const ASIDE_SIDE_PX: f32 = 40.0;
/// What matched there before by more than this part of now is no news: railings, bins in a row.
const ASIDE_BEFORE_MAX: f32 = 0.6;
/// Of the thing's gradients, squared: with less there is no such thing there.
const ASIDE_STRENGTH_MIN: f32 = 0.25;
/// Nearer than this share of the place in both directions, it is the place itself.
const ASIDE_OWN_SHARE: f32 = 0.35;

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
            // What stands where it stood was not pushed aside.
            let aside = match here < ASIDE_HERE_MAX {
                true => before.aside(&after, size, by_px, &inner)?,
                false => 0.0,
            };
            likeness = Some(match likeness {
                None => Likeness { shift, places: here, around, aside },
                Some(so_far) => Likeness {
                    shift,
                    places: so_far.places.max(here),
                    around: [so_far.around, around].into_iter().flatten().reduce(f32::min),
                    aside: so_far.aside.max(aside),
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

    /// How far the other picture has moved: by phase correlation at half the size, a quarter of the work,
    /// and where about there most of this one is found, if more than where it was.
    fn shift(&self, after: &Self, size: PixelSize) -> Result<[i32; 2], PixelFault> {
        let (rows, columns) = (size.height_px as i32 / 2, size.width_px as i32 / 2);
        let (then, here) = (self.strength_halved(size), after.strength_halved(size));
        let run = || {
            let then = Mat::new_rows_cols_with_data(rows, columns, &then)?;
            let here = Mat::new_rows_cols_with_data(rows, columns, &here)?;
            imgproc::phase_correlate(&then, &here, &core::no_array(), None)
        };
        let moved = run().map_err(fault)?;
        let moved = [moved.x, moved.y].map(|halves| (2.0 * halves).round() as i32);
        let bound = (SHIFT_MAX * size.width_px as f32) as i32;
        if moved == [0, 0] || moved.iter().any(|px| px.abs() > bound) {
            return Ok([0, 0]);
        }
        let whole = PixelBox::whole(size);
        let found = |shift| self.matches(after, size, shift, &whole).correlation().unwrap_or(0.0);
        let about = |px: i32| px - 1..=px + 1;
        let near = about(moved[1]).flat_map(|y| about(moved[0]).map(move |x| [x, y]));
        let best = near.map(|shift| (shift, found(shift))).max_by(|a, b| a.1.total_cmp(&b.1));
        Ok(best.filter(|best| best.1 > found([0, 0])).map_or([0, 0], |best| best.0))
    }

    /// Of the gradients, at half the size.
    fn strength_halved(&self, size: PixelSize) -> Vec<f32> {
        let (width, halves) = (size.width_px as usize, size.width_px as usize / 2);
        let strength = |at: usize| (self.x[at].powi(2) + self.y[at].powi(2)).sqrt();
        let rows = (0..size.height_px as usize / 2).map(|row| 2 * row * width);
        let of_four = |row: usize, column: usize| {
            let at = row + 2 * column;
            strength(at) + strength(at + 1) + strength(at + width) + strength(at + width + 1)
        };
        rows.flat_map(|row| (0..halves).map(move |column| of_four(row, column))).collect()
    }

    /// How well what stood in a box of this picture is found a step aside in the other, where it was not
    /// in this one; 0 where it is not to be recognised.
    fn aside(
        &self,
        after: &Self,
        size: PixelSize,
        shift: [i32; 2],
        of: &PixelBox,
    ) -> Result<f32, PixelFault> {
        let thing = spans(of, [0, 0], size);
        let wide = spans(&of.grown(ASIDE_SHARE * of.extent()), shift, size);
        let is_inside = |part: &Range<i32>, whole: &Range<i32>| {
            part.start >= whole.start && part.end <= whole.end && part.len() >= ASIDE_SIDE_PX_MIN
        };
        let is_known = thing.iter().zip(&wide).all(|(part, whole)| is_inside(part, whole))
            && self.matches(self, size, [0, 0], of).correlation().is_some();
        if !is_known {
            return Ok(0.0);
        }
        // A large thing is recognised by less than all its px.
        let step = ((of.extent() / ASIDE_SIDE_PX).round() as usize).max(1);
        let cut = |from: &Self, of: &[Range<i32>; 2], shift| Cut::of(from, size, of, shift, step);
        let (there, then, now) =
            (cut(self, &thing, [0, 0]), cut(self, &wide, [0, 0]), cut(after, &wide, shift));
        let found = (there.find_in(&then).map_err(fault)?, there.find_in(&now).map_err(fault)?);
        let across = now.width - there.width + 1;
        // Where the thing itself was, in steps from the corner of the wide cut.
        let own = [0, 1].map(|axis| (thing[axis].start - wide[axis].start) as f32 / step as f32);
        let is_own = |at: [usize; 2]| {
            let sides = [there.width, there.height];
            (0..2).all(|axis| {
                (at[axis] as f32 - own[axis]).abs() <= ASIDE_OWN_SHARE * sides[axis] as f32
            })
        };
        let strength = there.strength([0, 0], &there);
        let mut best = 0.0;
        for (at, (before, after)) in found.0.iter().zip(&found.1).enumerate() {
            let at = [at % across, at / across];
            let is_news = *after > best && !is_own(at) && *before <= ASIDE_BEFORE_MAX * *after;
            // The faintest texture may correlate with anything.
            if is_news && now.strength(at, &there) >= ASIDE_STRENGTH_MIN * strength {
                best = *after;
            }
        }
        Ok(best)
    }

    /// Within a box of this picture, and where the shift puts it in the other.
    fn matches(&self, after: &Self, size: PixelSize, [dx, dy]: [i32; 2], of: &PixelBox) -> Match {
        let width = size.width_px as i32;
        let [columns, rows] = spans(of, [dx, dy], size);
        let mut sums = Match::default();
        for y in rows {
            for x in columns.clone() {
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

/// A part of a picture's gradients, thinned out.
struct Cut {
    width: usize,
    height: usize,
    px: Vec<Vec2f>,
}

impl Cut {
    /// Means of `step` by `step` px, where the shift puts them.
    fn of(
        from: &Gradients,
        size: PixelSize,
        [columns, rows]: &[Range<i32>; 2],
        [dx, dy]: [i32; 2],
        step: usize,
    ) -> Self {
        let (width, height) = (columns.len() / step, rows.len() / step);
        let part = 1.0 / (step * step) as f32;
        let mut px = vec![Vec2f::default(); width * height];
        for y in 0..height * step {
            let row = (rows.start + y as i32 + dy) * size.width_px as i32 + columns.start + dx;
            for x in 0..width * step {
                let at = row as usize + x;
                let into = &mut px[y / step * width + x / step];
                into[0] += part * from.x[at];
                into[1] += part * from.y[at];
            }
        }
        Self { width, height, px }
    }

    fn mat(&self) -> opencv::Result<impl core::ToInputArray + '_> {
        Mat::new_rows_cols_with_data(self.height as i32, self.width as i32, &self.px)
    }

    /// How well this is found at each place of a wider cut.
    fn find_in(&self, wide: &Self) -> opencv::Result<Vec<f32>> {
        let mut out = Mat::default();
        let method = imgproc::TM_CCORR_NORMED;
        imgproc::match_template_def(&wide.mat()?, &self.mat()?, &mut out, method)?;
        Ok(out.data_typed::<f32>()?.to_vec())
    }

    /// Squared gradients of a part as large as another cut.
    fn strength(&self, [x, y]: [usize; 2], part: &Self) -> f32 {
        let row = |y: usize| &self.px[y * self.width + x..][..part.width];
        let rows = (y..y + part.height).flat_map(row);
        rows.map(|gradient| gradient[0].powi(2) + gradient[1].powi(2)).sum()
    }
}

/// Columns and rows of a box that lie in the picture, and still do where the shift puts them.
fn spans(of: &PixelBox, shift: [i32; 2], size: PixelSize) -> [Range<i32>; 2] {
    let span = |from: f32, to: f32, shift: i32, length: u32| {
        let (from, to, length) = (from.round() as i32, to.round() as i32, length as i32);
        from.max(0).max(-shift)..to.min(length).min(length - shift)
    };
    [span(of.x1, of.x2, shift[0], size.width_px), span(of.y1, of.y2, shift[1], size.height_px)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::grey_frame;

    const SIZE: PixelSize = PixelSize { width_px: 320, height_px: 180 };
    const PLACE: PixelBox = PixelBox { x1: 140.0, y1: 80.0, x2: 180.0, y2: 104.0 };

    /// Something as a heap looks: blotches of its own, the same for the same number.
    fn blotch(number: u32, x: usize, y: usize) -> u8 {
        let mut seed = (x / 4) as u32 + 256 * (y / 4) as u32 + 65_536 * number;
        for factor in [0x7feb_352d, 0x846c_a68b] {
            seed = (seed ^ (seed >> 16)).wrapping_mul(factor);
        }
        (seed >> 25) as u8 + 60
    }

    /// Ground, with things whose pictures are their numbers.
    fn street(things: &[(u32, PixelBox)]) -> Frame {
        grey_frame(SIZE, |x, y| {
            let at = |of: &PixelBox| {
                let (x, y) = (x as f32, y as f32);
                x >= of.x1 && x < of.x2 && y >= of.y1 && y < of.y2
            };
            match things.iter().find(|(_, place)| at(place)) {
                Some((number, of)) => blotch(*number, x - of.x1 as usize, y - of.y1 as usize),
                None => 100 + blotch(0, x, y) / 32,
            }
        })
    }

    fn aside(before: &[(u32, PixelBox)], after: &[(u32, PixelBox)]) -> f32 {
        let mut meter = LikenessMeter::default();
        meter.learn(&street(before)).unwrap();
        let place = PLACE.scaled(1.0 / SIZE.width_px as f32, 1.0 / SIZE.height_px as f32);
        meter.compare(&street(after), &[place]).unwrap().unwrap().aside
    }

    #[test]
    fn what_was_pushed_aside_is_found_by_its_picture() {
        let before = [(1, PLACE)];
        assert!(aside(&before, &[(1, PLACE.moved(70.0, 8.0))]) > 0.9);
        assert!(aside(&before, &[(1, PLACE.moved(-90.0, 0.0))]) > 0.9);
        assert!(aside(&before, &[]) < 0.4, "gone");
        assert!(aside(&before, &before) < 0.4, "where it was");
        assert!(aside(&before, &[(2, PLACE.moved(70.0, 8.0))]) < 0.5, "another thing");
    }

    #[test]
    fn what_stood_beside_it_before_is_no_news() {
        let twin = (1, PLACE.moved(70.0, 0.0));
        assert!(aside(&[(1, PLACE), twin], &[twin]) < 0.4);
    }
}
