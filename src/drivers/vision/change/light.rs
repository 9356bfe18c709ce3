//! How much brighter or darker the view is than its reference, in every part of it.
//!
//! Clouds, dusk, lamps, a camera's gain: all of them change a whole part by one factor, while a thing
//! changes its own place only. The factor of a block is the median of its pixels' ratios; that of a part
//! is the median over the blocks around, so that no thing smaller than half of the part can pass for light.

use super::{reference::Reference, small::Small};

/// Side of a block.
const BLOCK_PX: usize = 8;
/// Blocks to each side that a part is made of.
const PART_BLOCKS: usize = 4;
/// Luma of black, and what keeps ratios of dark pixels from running away.
const BLACK: f32 = 16.0;
const DARK: f32 = 8.0;
/// Beyond this factor nothing can be compared any more.
const GAIN_MAX: f32 = 8.0;

/// Chroma this far from grey says how saturated colours are, if there is so much of it.
const COLOURED_MIN: f32 = 12.0;
const COLOURED_SHARE_MIN: f32 = 0.04;
const SATURATION_MAX: f32 = 2.0;
const GREY: f32 = 128.0;

/// Luma without its black level, never zero.
pub fn lit(luma: f32) -> f32 {
    (luma - BLACK).max(0.0) + DARK
}

/// The luma that [`lit`] makes this of.
pub fn luma(lit: f32) -> f32 {
    lit - DARK + BLACK
}

/// Light now against light in the reference.
pub struct Light {
    columns: usize,
    rows: usize,
    gains: Vec<f32>,
    /// Of each column of pixels.
    across: Vec<(usize, usize, f32)>,
    pub colour: Colour,
}

/// Colour now against the reference, the same everywhere: another white, or none at all at night.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    saturation: f32,
    u: f32,
    v: f32,
}

impl Light {
    pub fn of(now: &Small, reference: &Reference, usable: &[bool]) -> Self {
        let (columns, rows) = (now.width.div_ceil(BLOCK_PX), now.height.div_ceil(BLOCK_PX));
        let mut ratios = Vec::with_capacity(BLOCK_PX * BLOCK_PX);
        let blocks: Vec<Option<f32>> = (0..rows * columns)
            .map(|block| {
                ratios.clear();
                let (left, top) = (block % columns * BLOCK_PX, block / columns * BLOCK_PX);
                for row in (top..(top + BLOCK_PX).min(now.height)).step_by(2) {
                    for at in (left..(left + BLOCK_PX).min(now.width))
                        .step_by(2)
                        .map(|x| row * now.width + x)
                    {
                        if usable[at] {
                            ratios.push(lit(now.y[at].into()) / lit(reference.y[at]));
                        }
                    }
                }
                (ratios.len() >= BLOCK_PX).then(|| median(&mut ratios))
            })
            .collect();
        let mut all: Vec<f32> = blocks.iter().flatten().copied().collect();
        let everywhere = if all.is_empty() { 1.0 } else { median(&mut all) };
        let mut around = Vec::new();
        let gains = (0..rows * columns)
            .map(|block| {
                let (column, row) = (block % columns, block / columns);
                around.clear();
                for row in row.saturating_sub(PART_BLOCKS)..(row + PART_BLOCKS + 1).min(rows) {
                    let part =
                        column.saturating_sub(PART_BLOCKS)..(column + PART_BLOCKS + 1).min(columns);
                    around.extend(part.filter_map(|at| blocks[row * columns + at]));
                }
                let gain = if around.is_empty() { everywhere } else { median(&mut around) };
                gain.clamp(1.0 / GAIN_MAX, GAIN_MAX)
            })
            .collect();
        let colour = Colour::of(now, reference, usable);
        let across = (0..now.width).map(|x| place(x, columns)).collect();
        Self { columns, rows, gains, across, colour }
    }

    /// Factors of one row of pixels, between the middles of the blocks.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let (top, bottom, down) = place(row, self.rows);
        let (above, below) =
            (&self.gains[top * self.columns..], &self.gains[bottom * self.columns..]);
        let blocks: Vec<f32> = (0..self.columns)
            .map(|column| above[column] + down * (below[column] - above[column]))
            .collect();
        for (x, out) in out.iter_mut().enumerate() {
            let (left, right, across) = self.across[x];
            *out = blocks[left] + across * (blocks[right] - blocks[left]);
        }
    }
}

impl Colour {
    fn of(now: &Small, reference: &Reference, usable: &[bool]) -> Self {
        let samples = || (0..now.u.len()).step_by(3).filter(|&at| usable[now.luma_of(at)]);
        let pair = |at: usize| {
            let now = [f32::from(now.u[at]) - GREY, f32::from(now.v[at]) - GREY];
            (now, [reference.u[at] - GREY, reference.v[at] - GREY])
        };
        let mut ratios: Vec<f32> = samples()
            .map(pair)
            .filter(|(_, then)| then[0].hypot(then[1]) >= COLOURED_MIN)
            .map(|(now, then)| {
                (now[0] * then[0] + now[1] * then[1]) / (then[0] * then[0] + then[1] * then[1])
            })
            .collect();
        let enough = COLOURED_SHARE_MIN * samples().count() as f32;
        let saturation = match !ratios.is_empty() && ratios.len() as f32 >= enough {
            true => median(&mut ratios).clamp(0.0, SATURATION_MAX),
            false => 1.0,
        };
        let shift = |plane: usize| {
            let off = |at: usize| {
                let (now, then) = pair(at);
                now[plane] - saturation * then[plane]
            };
            let mut shifts: Vec<f32> = samples().map(off).collect();
            if shifts.is_empty() { 0.0 } else { median(&mut shifts) }
        };
        Self { saturation, u: shift(0), v: shift(1) }
    }

    /// What this chroma of the reference must look like now.
    pub fn expected(&self, u: f32, v: f32) -> (f32, f32) {
        let now = |then: f32, shift: f32| GREY + self.saturation * (then - GREY) + shift;
        (now(u, self.u), now(v, self.v))
    }
}

/// The two blocks between whose middles a pixel lies, and how far it is on the way.
fn place(at: usize, count: usize) -> (usize, usize, f32) {
    let at = ((at as f32 + 0.5) / BLOCK_PX as f32 - 0.5).clamp(0.0, count as f32 - 1.0);
    let low = (at as usize).min(count - 1);
    (low, (low + 1).min(count - 1), at - low as f32)
}

pub fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}
