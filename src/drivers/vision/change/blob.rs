//! Connected pixels that differ from the reference, and what they look like.

use super::{
    light::{lit, luma},
    reference::{Difference, Reference},
    small::{Patch, Small},
};

/// Differences that begin a blob, and that belong to one.
const SCORE_SEED: f32 = 1.0;
const SCORE_REST: f32 = 0.5;
/// Of a pixel and its eight neighbours, so many must differ.
const NEIGHBOURS_MIN: u32 = 5;
const SEEDS_MIN: usize = 12;
const BLOBS_MAX: usize = 64;
/// What is around a blob reaches so far.
const AROUND_PX: usize = 4;

/// One blob. Pixels are indices of the small picture.
pub struct Blob {
    pub patch: Patch,
    pub pixels: Vec<usize>,
    pub looks: Looks,
}

/// What is measured of a blob, for telling things from light and from what is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Looks {
    /// Mean of the logarithm of the ratio to the reference, and its deviation.
    pub ratio: f32,
    pub ratio_spread: f32,
    /// Mean shift of chroma.
    pub chroma: f32,
    /// Correlation with the reference inside: 1, the same surface in another light.
    pub likeness: f32,
    /// Mean gradients along the border and inside, now and in the reference.
    pub border_now: f32,
    pub border_then: f32,
    pub inside_now: f32,
    pub inside_then: f32,
    /// Difference of mean luma between inside and around, now and in the reference; gradients around, then.
    pub step_now: f32,
    pub step_then: f32,
    pub around_then: f32,
    /// How much its pixels stir, in units of noise.
    pub stir: f32,
    /// Mean score.
    pub score: f32,
}

/// Buffers that are kept between samples.
pub struct Finder {
    differs: Vec<bool>,
    mask: Vec<bool>,
    label: Vec<u16>,
    stack: Vec<usize>,
}

impl Finder {
    pub fn new(width: usize, height: usize) -> Self {
        let pixels = width * height;
        Self {
            differs: vec![false; pixels],
            mask: vec![false; pixels],
            label: vec![0; pixels],
            stack: Vec::new(),
        }
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.differs.len() + self.mask.len() + 2 * self.label.len()
    }

    /// The blobs of a difference, largest patch of picture first come, at most [`BLOBS_MAX`].
    pub fn find(&mut self, score: &[f32], width: usize, height: usize) -> Vec<(Patch, Vec<usize>)> {
        let Self { differs, mask, label, stack } = self;
        for (differs, score) in differs.iter_mut().zip(score) {
            *differs = *score >= SCORE_REST;
        }
        majority(differs, width, height, NEIGHBOURS_MIN, mask);
        // Close gaps of a pixel.
        differs.copy_from_slice(mask);
        majority(differs, width, height, 3, mask);
        label.fill(0);
        let mut found = Vec::new();
        for start in 0..mask.len() {
            if !mask[start] || label[start] != 0 {
                continue;
            }
            if found.len() == BLOBS_MAX {
                break;
            }
            let mut pixels = Vec::new();
            let mut patch = Patch { x1: width, y1: height, x2: 0, y2: 0 };
            label[start] = 1;
            stack.push(start);
            while let Some(at) = stack.pop() {
                pixels.push(at);
                let (x, y) = (at % width, at / width);
                patch.x1 = patch.x1.min(x);
                patch.y1 = patch.y1.min(y);
                patch.x2 = patch.x2.max(x + 1);
                patch.y2 = patch.y2.max(y + 1);
                for y in y.saturating_sub(1)..(y + 2).min(height) {
                    for x in x.saturating_sub(1)..(x + 2).min(width) {
                        let next = y * width + x;
                        if mask[next] && label[next] == 0 {
                            label[next] = 1;
                            stack.push(next);
                        }
                    }
                }
            }
            let seeds = pixels.iter().filter(|&&at| score[at] >= SCORE_SEED).count();
            if seeds >= SEEDS_MIN {
                pixels.sort_unstable();
                found.push((patch, pixels));
            }
        }
        found
    }
}

/// Pixels of which at least `least` of the nine around are set.
fn majority(set: &[bool], width: usize, height: usize, least: u32, into: &mut [bool]) {
    let mut across = vec![0u8; width * height];
    for row in 0..height {
        let line = &set[row * width..][..width];
        for x in 0..width {
            let left = x > 0 && line[x - 1];
            let right = x + 1 < width && line[x + 1];
            across[row * width + x] = u8::from(left) + u8::from(line[x]) + u8::from(right);
        }
    }
    for row in 0..height {
        for x in 0..width {
            let at = row * width + x;
            let above = if row > 0 { across[at - width] } else { 0 };
            let below = if row + 1 < height { across[at + width] } else { 0 };
            into[at] = u32::from(above + across[at] + below) >= least;
        }
    }
}

/// What a blob is looked at in.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub now: &'a Small,
    pub sample: &'a Small,
    pub reference: &'a Reference,
    pub difference: &'a Difference,
    /// Of the sample against `now`.
    pub brightening: f32,
    pub hidden: &'a [bool],
}

/// What the view looks like where the blob is. `mask` is scratch, all false.
pub fn looks(pixels: &[usize], patch: Patch, view: &View<'_>, mask: &mut [bool]) -> Looks {
    let View { now, sample, reference, difference, brightening, hidden } = *view;
    let (width, height) = (now.width, now.height);
    for &at in pixels {
        mask[at] = true;
    }
    let expected = &difference.expected;
    let seen = |at: usize| f32::from(now.y[at]);
    let then = |at: usize| expected[at];
    let around = patch.grown(AROUND_PX, width, height);
    let mut looks = Looks::default();
    let (mut border, mut inside, mut ring) = (0.0f32, 0.0f32, 0.0f32);
    let (mut ring_now, mut ring_then) = (0.0f32, 0.0f32);
    let mut sums = [0.0f32; 5];
    let mut ratios = [0.0f32; 2];
    for at in around.pixels(width) {
        let (x, y) = (at % width, at / width);
        let depth = depth(mask, x, y, width, height);
        if depth == Depth::Outside {
            continue;
        }
        let gradient = |value: &dyn Fn(usize) -> f32| {
            let (left, right) = (at - usize::from(x > 0), at + usize::from(x + 1 < width));
            let above = if y > 0 { at - width } else { at };
            let below = if y + 1 < height { at + width } else { at };
            (value(right) - value(left)).abs().max((value(below) - value(above)).abs())
        };
        let (now_edge, then_edge) = (gradient(&seen), gradient(&then));
        if depth == Depth::Around {
            ring += 1.0;
            looks.around_then += then_edge;
            ring_now += seen(at);
            ring_then += then(at);
            continue;
        }
        if depth == Depth::Border {
            border += 1.0;
            looks.border_now += now_edge;
            looks.border_then += then_edge;
            continue;
        }
        inside += 1.0;
        looks.inside_now += now_edge;
        looks.inside_then += then_edge;
        let ratio = (lit(seen(at)) / lit(then(at))).ln();
        ratios[0] += ratio;
        ratios[1] += ratio * ratio;
        let (a, b) = (seen(at), then(at));
        for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
            *sum += value;
        }
        if hidden[at] {
            continue;
        }
        let steady = luma(lit(seen(at)) * brightening);
        looks.stir += (f32::from(sample.y[at]) - steady).abs() / (2.0 + 2.0 * reference.noise[at]);
    }
    for &at in pixels {
        mask[at] = false;
        looks.chroma += difference.chroma[now.chroma_of(at)];
        looks.score += difference.score[at];
    }
    let count = pixels.len() as f32;
    looks.chroma /= count;
    looks.score /= count;
    let (border, n, ring) = (border.max(1.0), inside.max(1.0), ring.max(1.0));
    looks.around_then /= ring;
    looks.border_now /= border;
    looks.border_then /= border;
    looks.inside_now /= n;
    looks.inside_then /= n;
    looks.stir /= n;
    looks.ratio = ratios[0] / n;
    looks.ratio_spread = (ratios[1] / n - looks.ratio * looks.ratio).max(0.0).sqrt();
    let [a, b, aa, bb, ab] = sums.map(|sum| sum / n);
    looks.step_now = (a - ring_now / ring).abs();
    looks.step_then = (b - ring_then / ring).abs();
    // A surface without a texture is like any other: the constant is what noise leaves.
    const QUIET: f32 = 4.0;
    looks.likeness = (ab - a * b + QUIET)
        / (((aa - a * a).max(0.0) + QUIET) * ((bb - b * b).max(0.0) + QUIET)).sqrt();
    looks
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Outside,
    /// A little further out.
    Around,
    /// Within a pixel of the outline.
    Border,
    /// Two pixels and more within it: a soft edge ends before.
    Inside,
}

fn depth(mask: &[bool], x: usize, y: usize, width: usize, height: usize) -> Depth {
    let around = |by: usize| {
        let rows = y.saturating_sub(by)..(y + by + 1).min(height);
        rows.flat_map(move |row| {
            (x.saturating_sub(by)..(x + by + 1).min(width)).map(move |x| row * width + x)
        })
    };
    match () {
        () if around(2).all(|at| mask[at]) => Depth::Inside,
        () if around(1).any(|at| mask[at]) => Depth::Border,
        () if around(AROUND_PX).any(|at| mask[at]) => Depth::Around,
        () => Depth::Outside,
    }
}
