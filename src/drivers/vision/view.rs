//! One frame against what the view looked like before.
//!
//! ```text
//! luma 320 px wide -> halved -> gradients -> tiles of 10x10 -> correlation with the reference's gradients
//!         \-> Laplacian -> fine detail a tile                  (at the shift that fits best)
//! ```
//! Gradients are compared by normalised correlation in each tile, which neither brightness nor contrast
//! changes; softness is fine detail beside coarse structure, which a shift of some px does not change.
//! The shift comes from phase correlation, and is looked for only where the view is not found.

use super::fault;
use crate::domain::{
    health::{Blobs, View},
    pixel::PixelSize,
    seams::PixelFault,
};
use opencv::{
    core::{self, CV_32F, Mat, MatTraitConstManual, Size},
    imgproc,
};
use std::time::Duration;

/// Of a tile, in px of the halved picture.
const TILE_PX: usize = 10;
/// Mean squared gradient from which a tile has structure; noise of a night gave 1.
const STRUCTURE_MIN: f32 = 6.0;
/// Share of looks in which a tile's structure must have been found, and how fast that follows.
const TRUST_MIN: f32 = 0.5;
const TRUST_SHARE_MIN: f32 = 0.03;
/// Correlation below which a tile does not show its structure.
const FOUND_MIN: f32 = 0.4;
/// ... and below which, with a tenth of the energy, there is nothing else either.
const FLAT_CORRELATION_MAX: f32 = 0.6;
const FLAT_ENERGY_MAX: f32 = 0.1;
/// Share of lost tiles from which another shift is looked for, and what it must gain.
const SEARCH_LOST_MIN: f32 = 0.3;
const SEARCH_GAIN_MIN: f32 = 0.05;
/// Below this phase correlation has found nothing.
const PEAK_MIN: f64 = 0.05;
/// Keeps the detail of a tile without structure from being a quotient of noise.
const COARSE_FLOOR: f32 = 0.5;
/// A drop stays; a passing lorry has gone after this long.
const BLOB_MEMORY_SECS: f32 = 8.0;
const BLOB_LOST_MAX: f32 = 0.5;
const BLOB_SOFTNESS_MAX: f32 = 0.5;
const BLOB_DETAIL_MAX: f32 = 0.3;

/// What is kept of one frame.
pub(super) struct Sketch {
    width: usize,
    height: usize,
    luma: Vec<f32>,
    gradient: Gradient,
    /// Mean squared Laplacian of the larger picture, and mean squared gradient, a tile.
    fine: Vec<f32>,
    coarse: Vec<f32>,
}

struct Gradient {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Sketch {
    /// `samples` are an even number of px wide and high.
    pub fn of(samples: &[u8], size: PixelSize) -> Self {
        let (width, height) = (size.width_px as usize / 2, size.height_px as usize / 2);
        let luma = halved(samples, width, height);
        let gradient = Gradient::of(&luma, width, height);
        let fine = fine_detail(samples, width, height);
        let mut sketch = Self { width, height, luma, gradient, fine, coarse: Vec::new() };
        sketch.coarse = sketch.energy();
        sketch
    }

    fn tiles(&self) -> Tiles {
        Tiles::of(self.width, self.height)
    }

    fn energy(&self) -> Vec<f32> {
        let Gradient { x, y } = &self.gradient;
        self.tiles().means(self.width, |at| x[at] * x[at] + y[at] * y[at])
    }

    /// Variance of the Laplacian.
    pub fn sharpness(&self) -> f32 {
        let (width, luma) = (self.width, &self.luma);
        let (mut squares, mut count) = (0.0f32, 0u32);
        for y in 1..self.height.saturating_sub(1) {
            for at in y * width + 1..(y + 1) * width - 1 {
                let laplacian = luma[at - 1] + luma[at + 1] + luma[at - width] + luma[at + width]
                    - 4.0 * luma[at];
                squares += laplacian * laplacian;
                count += 1;
            }
        }
        squares / count.max(1) as f32
    }
}

/// Each sample the mean of 2x2, rounded as a picture is.
fn halved(samples: &[u8], width: usize, height: usize) -> Vec<f32> {
    let mut luma = Vec::with_capacity(width * height);
    for rows in samples.chunks_exact(4 * width).take(height) {
        let (upper, lower) = rows.split_at(2 * width);
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        luma.extend(pairs.map(|(a, b)| {
            let sum: u16 = a.iter().chain(b).map(|luma| u16::from(*luma)).sum();
            f32::from((sum + 2) / 4)
        }));
    }
    luma
}

/// Mean squared Laplacian of the whole picture, a tile of the halved one.
fn fine_detail(samples: &[u8], half_width: usize, half_height: usize) -> Vec<f32> {
    let (width, height) = (2 * half_width, 2 * half_height);
    let tiles = Tiles::of(half_width, half_height);
    let mut sums = vec![0.0f32; tiles.len()];
    let side = 2 * TILE_PX;
    for y in 1..height.saturating_sub(1).min(tiles.down * side) {
        let row = |y: usize| &samples[y * width..(y + 1) * width];
        let (above, here, below) = (row(y - 1), row(y), row(y + 1));
        let sums = &mut sums[y / side * tiles.across..][..tiles.across];
        for (tile, sum) in sums.iter_mut().enumerate() {
            let columns = (tile * side).max(1)..((tile + 1) * side).min(width - 1);
            let squares: i32 = columns
                .map(|x| {
                    let around = i32::from(here[x - 1])
                        + i32::from(here[x + 1])
                        + i32::from(above[x])
                        + i32::from(below[x]);
                    let laplacian = around - 4 * i32::from(here[x]);
                    laplacian * laplacian
                })
                .sum();
            *sum += squares as f32;
        }
    }
    sums.iter_mut().for_each(|sum| *sum /= (side * side) as f32);
    sums
}

impl Gradient {
    /// Sobel's, in grey levels a px; the border has none.
    fn of(luma: &[f32], width: usize, height: usize) -> Self {
        let (mut x, mut y) = (vec![0.0; luma.len()], vec![0.0; luma.len()]);
        for row in 1..height.saturating_sub(1) {
            for at in row * width + 1..(row + 1) * width - 1 {
                let (above, below) = (at - width, at + width);
                let (nw, n, ne) = (luma[above - 1], luma[above], luma[above + 1]);
                let (sw, s, se) = (luma[below - 1], luma[below], luma[below + 1]);
                x[at] = (ne + 2.0 * luma[at + 1] + se - nw - 2.0 * luma[at - 1] - sw) / 8.0;
                y[at] = (sw + 2.0 * s + se - nw - 2.0 * n - ne) / 8.0;
            }
        }
        Self { x, y }
    }
}

/// Whole tiles of the halved picture; what is left at the right and bottom belongs to none.
#[derive(Clone, Copy)]
struct Tiles {
    across: usize,
    down: usize,
}

impl Tiles {
    fn of(width: usize, height: usize) -> Self {
        Self { across: width / TILE_PX, down: height / TILE_PX }
    }

    fn len(self) -> usize {
        self.across * self.down
    }

    fn means(self, width: usize, of: impl Fn(usize) -> f32) -> Vec<f32> {
        let mut means = vec![0.0f32; self.len()];
        for (tile, mean) in means.iter_mut().enumerate() {
            let (left, top) = (tile % self.across * TILE_PX, tile / self.across * TILE_PX);
            for y in top..top + TILE_PX {
                *mean += (y * width + left..y * width + left + TILE_PX).map(&of).sum::<f32>();
            }
            *mean /= (TILE_PX * TILE_PX) as f32;
        }
        means
    }

    /// Tiles that touch, also at a corner: how many groups, and how many tiles the largest has.
    fn groups(self, of: &[bool]) -> (u32, usize) {
        let mut open = of.to_vec();
        let (mut groups, mut largest) = (0, 0);
        let mut waiting = Vec::new();
        for first in 0..open.len() {
            if !std::mem::take(&mut open[first]) {
                continue;
            }
            waiting.push(first);
            let mut size = 0;
            while let Some(tile) = waiting.pop() {
                size += 1;
                let (x, y) = (tile % self.across, tile / self.across);
                for y in y.saturating_sub(1)..(y + 2).min(self.down) {
                    for x in x.saturating_sub(1)..(x + 2).min(self.across) {
                        let next = y * self.across + x;
                        if std::mem::take(&mut open[next]) {
                            waiting.push(next);
                        }
                    }
                }
            }
            groups += 1;
            largest = largest.max(size);
        }
        (groups, largest)
    }
}

/// What the view looked like.
pub(super) struct Reference {
    /// Means over time; the gradients are those of the mean luma.
    mean: Sketch,
    /// Fine detail beside coarse structure, a tile.
    softness: Vec<f32>,
    /// Share of looks in which a tile's structure was found: what passed by once is not the view.
    trust: Vec<f32>,
    coloured_share: f32,
    /// Where the view was found last, in px of the halved picture.
    shift: (i32, i32),
    /// Logarithms of softness and detail beside the reference's, over the last seconds.
    lately: Option<Vec<(f32, f32)>>,
    /// Weights of phase correlation, made when it is first needed.
    window: Vec<f32>,
}

/// How well the view is found at one shift.
struct Found {
    tiles: usize,
    lost: usize,
    flat: usize,
}

struct Likeness {
    correlation: f32,
    /// Of the frame's structure beside the reference's.
    energy: f32,
}

impl Found {
    fn lost_share(&self) -> f32 {
        self.lost as f32 / self.tiles.max(1) as f32
    }
}

impl Reference {
    pub fn new(sketch: &Sketch, coloured_share: f32) -> Self {
        let Sketch { width, height, .. } = *sketch;
        let luma = sketch.luma.clone();
        let gradient = Gradient::of(&luma, width, height);
        let (fine, coarse) = (sketch.fine.clone(), sketch.coarse.clone());
        let softness = fine.iter().zip(&coarse).map(|(fine, coarse)| softness(*fine, *coarse));
        Self {
            softness: softness.collect(),
            trust: coarse.iter().map(|energy| f32::from(*energy >= STRUCTURE_MIN)).collect(),
            mean: Sketch { width, height, luma, gradient, fine, coarse },
            coloured_share,
            shift: (0, 0),
            lately: None,
            window: Vec::new(),
        }
    }

    pub fn another_footage(&mut self) {
        self.lately = None;
    }

    /// `since` the last frame that was compared.
    pub fn compare(&mut self, now: &Sketch, since: Duration) -> Result<View, PixelFault> {
        let tiles = self.mean.coarse.iter().zip(&self.trust);
        let structured: Vec<bool> =
            tiles.map(|(energy, trust)| *energy >= STRUCTURE_MIN && *trust >= TRUST_MIN).collect();
        let found = self.find(now, &structured)?;
        let softness = self.softness_now(now, &structured);
        // Where the view is not found, softness says nothing of drops.
        let since = if found.lost_share() < BLOB_LOST_MAX { since } else { Duration::ZERO };
        let blobs = self.blobs(now, &structured, since.as_secs_f32());
        let width = now.width as f32;
        let all = structured.len().max(1);
        Ok(View {
            structured_share: structured.iter().filter(|tile| **tile).count() as f32 / all as f32,
            lost_share: found.lost_share(),
            flat_share: found.flat as f32 / found.tiles.max(1) as f32,
            softness,
            blobs,
            shift: [self.shift.0 as f32 / width, self.shift.1 as f32 / width],
            coloured_share: self.coloured_share,
        })
    }

    /// At the last shift, at none, or at what phase correlation says: where most of it is found.
    fn find(&mut self, now: &Sketch, structured: &[bool]) -> Result<Found, PixelFault> {
        let mut best = self.found(now, structured, self.shift);
        if best.lost_share() < SEARCH_LOST_MIN {
            return Ok(best);
        }
        let shifts = [Some((0, 0)), self.phase_shift(now).map_err(fault)?];
        for shift in shifts.into_iter().flatten() {
            let found = self.found(now, structured, shift);
            if found.lost_share() < best.lost_share() - SEARCH_GAIN_MIN {
                (best, self.shift) = (found, shift);
            }
        }
        Ok(best)
    }

    fn found(&self, now: &Sketch, structured: &[bool], shift: (i32, i32)) -> Found {
        let mut found = Found { tiles: 0, lost: 0, flat: 0 };
        for (tile, _) in structured.iter().enumerate().filter(|(_, structured)| **structured) {
            let Some(likeness) = self.likeness(now, tile, shift) else { continue };
            let Likeness { correlation, energy } = likeness;
            found.tiles += 1;
            found.lost += usize::from(correlation < FOUND_MIN);
            let flat = correlation < FLAT_CORRELATION_MAX && energy < FLAT_ENERGY_MAX;
            found.flat += usize::from(flat);
        }
        found
    }

    /// One tile of the reference in the frame, where a shift puts it; none if that is outside.
    fn likeness(&self, now: &Sketch, tile: usize, (dx, dy): (i32, i32)) -> Option<Likeness> {
        let (width, height) = (now.width as i32, now.height as i32);
        let across = now.tiles().across;
        let (left, top) = (tile % across * TILE_PX, tile / across * TILE_PX);
        let columns = inside(left as i32, dx, width);
        let rows = inside(top as i32, dy, height);
        if 2 * columns.len() < TILE_PX || 2 * rows.len() < TILE_PX {
            return None;
        }
        let (mut both, mut before, mut after) = (0.0f32, 0.0f32, 0.0f32);
        for y in rows {
            let from = (y * width + columns.start) as usize;
            let to = ((y + dy) * width + columns.start + dx) as usize;
            let (then, here) = (&self.mean.gradient, &now.gradient);
            for step in 0..columns.len() {
                let (a, b) = (from + step, to + step);
                both += then.x[a] * here.x[b] + then.y[a] * here.y[b];
                before += then.x[a] * then.x[a] + then.y[a] * then.y[a];
                after += here.x[b] * here.x[b] + here.y[b] * here.y[b];
            }
        }
        let correlation = both / (before * after).sqrt().max(f32::EPSILON);
        Some(Likeness { correlation, energy: after / before.max(f32::EPSILON) })
    }

    fn phase_shift(&mut self, now: &Sketch) -> opencv::Result<Option<(i32, i32)>> {
        let (rows, columns) = (now.height as i32, now.width as i32);
        if self.window.is_empty() {
            let mut window = Mat::default();
            imgproc::create_hanning_window(&mut window, Size::new(columns, rows), CV_32F)?;
            self.window = window.data_typed()?.to_vec();
        }
        // Given the window, OpenCV multiplies its input in place.
        let windowed = |luma: &[f32]| -> Vec<f32> {
            luma.iter().zip(&self.window).map(|(luma, weight)| luma * weight).collect()
        };
        let (then, here) = (windowed(&self.mean.luma), windowed(&now.luma));
        let then = Mat::new_rows_cols_with_data(rows, columns, &then)?;
        let here = Mat::new_rows_cols_with_data(rows, columns, &here)?;
        let mut peak = 0.0;
        let none = core::no_array();
        let at = imgproc::phase_correlate(&then, &here, &none, Some(&mut peak))?;
        let shift = (at.x.round() as i32, at.y.round() as i32);
        Ok((peak >= PEAK_MIN).then_some(shift))
    }

    fn softness_now(&self, now: &Sketch, structured: &[bool]) -> f32 {
        let tiles = self.here(now).zip(structured).filter(|(_, structured)| **structured);
        let mut all: Vec<f32> = tiles.map(|((soft, _), _)| soft).collect();
        if all.is_empty() {
            return 1.0;
        }
        let middle = all.len() / 2;
        *all.select_nth_unstable_by(middle, f32::total_cmp).1
    }

    /// Softness and detail of each tile beside the reference's, at the shift.
    fn here<'a>(&'a self, now: &'a Sketch) -> impl Iterator<Item = (f32, f32)> + 'a {
        let tiles = now.tiles();
        let whole = |px: i32| (px as f32 / TILE_PX as f32).round() as i32;
        let (dx, dy) = (whole(self.shift.0), whole(self.shift.1));
        (0..tiles.len()).map(move |tile| {
            let (x, y) = ((tile % tiles.across) as i32 + dx, (tile / tiles.across) as i32 + dy);
            let x = x.clamp(0, tiles.across as i32 - 1) as usize;
            let y = y.clamp(0, tiles.down as i32 - 1) as usize;
            let at = y * tiles.across + x;
            let soft = softness(now.fine[at], now.coarse[at]) / self.softness[tile].max(1e-3);
            (soft, now.fine[at] / self.mean.fine[tile].max(1e-3))
        })
    }

    fn blobs(&mut self, now: &Sketch, structured: &[bool], secs: f32) -> Blobs {
        let here: Vec<(f32, f32)> = self
            .here(now)
            .map(|(soft, detail)| (soft.max(1e-3).ln(), detail.max(1e-3).ln()))
            .collect();
        // What it was before the first frame is not known: as sharp as ever.
        let lately = self.lately.get_or_insert_with(|| vec![(0.0, 0.0); here.len()]);
        let share = (secs / BLOB_MEMORY_SECS).min(1.0);
        for (mean, now) in lately.iter_mut().zip(&here) {
            mean.0 += (now.0 - mean.0) * share;
            mean.1 += (now.1 - mean.1) * share;
        }
        let blob = |((soft, detail), structured): (&(f32, f32), &bool)| {
            *structured && *soft <= BLOB_SOFTNESS_MAX.ln() && *detail <= BLOB_DETAIL_MAX.ln()
        };
        let soft: Vec<bool> = lately.iter().zip(structured).map(blob).collect();
        let count = soft.iter().filter(|soft| **soft).count();
        let (groups, largest) = now.tiles().groups(&soft);
        let known = structured.iter().filter(|tile| **tile).count().max(1);
        Blobs {
            share: count as f32 / known as f32,
            groups,
            largest_share: largest as f32 / count.max(1) as f32,
        }
    }

    /// Light and coarse structure, moved back to where the reference has them.
    pub fn blend(&mut self, now: &Sketch, share: f32) {
        self.trust(now, share);
        let (width, height) = (now.width as i32, now.height as i32);
        let (dx, dy) = self.shift;
        for y in inside_all(dy, height) {
            for x in inside_all(dx, width) {
                let mean = &mut self.mean.luma[(y * width + x) as usize];
                *mean += (now.luma[((y + dy) * width + x + dx) as usize] - *mean) * share;
            }
        }
        self.mean.gradient = Gradient::of(&self.mean.luma, now.width, now.height);
        self.mean.coarse = self.mean.energy();
    }

    fn trust(&mut self, now: &Sketch, share: f32) {
        for tile in 0..self.trust.len() {
            let known = self.mean.coarse[tile] >= STRUCTURE_MIN;
            let likeness = self.likeness(now, tile, self.shift).filter(|_| known);
            let found = likeness.is_some_and(|it| it.correlation >= FOUND_MIN);
            let trust = &mut self.trust[tile];
            *trust = match known {
                true => *trust + (f32::from(found) - *trust) * share.max(TRUST_SHARE_MIN),
                false => 0.0,
            };
        }
    }

    pub fn blend_detail(&mut self, now: &Sketch, coloured_share: f32, share: f32) {
        self.coloured_share += (coloured_share - self.coloured_share) * share;
        let tiles = now.fine.iter().zip(&now.coarse);
        let means = self.softness.iter_mut().zip(&mut self.mean.fine);
        for ((soft, detail), (fine, coarse)) in means.zip(tiles) {
            *soft += (softness(*fine, *coarse) - *soft) * share;
            *detail += (fine - *detail) * share;
        }
    }
}

fn softness(fine: f32, coarse: f32) -> f32 {
    fine / (coarse + COARSE_FLOOR)
}

/// The part of a tile's side from `from` on that stays in the picture when it is moved.
fn inside(from: i32, shift: i32, length: i32) -> std::ops::Range<i32> {
    let to = (from + TILE_PX as i32).min(length - shift);
    from.max(-shift)..to.max(from.max(-shift))
}

fn inside_all(shift: i32, length: i32) -> std::ops::Range<i32> {
    (-shift).max(0)..length.min(length - shift)
}
