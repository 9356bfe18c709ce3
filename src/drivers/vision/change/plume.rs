//! Smoke and dust: something half transparent, grey and soft that does not stand still and stays.
//!
//! In blocks of the picture: what stands behind a veil is the same surface with less contrast, drawn towards
//! the veil's own grey. A shadow draws it towards black, a lamp raises its contrast, a thing hides it. A part
//! that is veiled for most of the time and never twice the same is a plume. Black smoke is not told from a
//! shadow, and haze over half of the view not from weather: neither is reported.

use super::{
    reference::{Difference, Reference},
    small::{Patch, Small},
};

const BLOCK_PX: usize = 8;
/// Change of a block's mean, stirring between samples, and noise's part in both.
const VEIL_MIN: f32 = 5.0;
const STIR_MIN: f32 = 1.0;
const STIR_NOISE: f32 = 0.7;
/// A shadow's edge wanders one way, a veil wavers: change in one direction, as a share of all change.
const DRIFT_MAX: f32 = 0.5;
/// A block has a texture from this deviation on.
const TEXTURE_MIN: f32 = 4.0;
/// What is left of the contrast behind a veil, and how alike the surface must be.
const CONTRAST_LEFT: std::ops::RangeInclusive<f32> = 0.1..=0.92;
const ALIKE_MIN: f32 = 0.5;
/// Luma of the veil itself: darker is a shadow.
const GREY_MIN: f32 = 60.0;
/// Gradients that a veil over a flat surface may add, and colour that it may add.
/// Over a dark flat surface a lamp looks the same.
const DAY_MIN: f32 = 60.0;
const SOFT_MAX: f32 = 4.0;
const COLOUR_MAX: f32 = 10.0;
const COLOUR_MORE_MAX: f32 = 3.0;
/// A block is veiled if it was for most of this time.
const MEMORY_SECS: f32 = 4.0;
const VEILED_MIN: f32 = 0.5;
/// Blocks of a plume, and the share of the view that is weather.
const BLOCKS_MIN: usize = 5;
const WEATHER_SHARE: f32 = 0.5;
/// Of smoke: height as a share of the width, or how far its top has risen.
const COLUMN_SHARE: f32 = 0.8;
const RISEN_PX: usize = 16;
/// A plume without a veiled block is forgotten after so long.
const LOST_SECS: f32 = 3.0;

pub struct Plumes {
    columns: usize,
    rows: usize,
    previous: Vec<u8>,
    /// How much of the time each block is veiled.
    veiled: Vec<f32>,
    /// Mean change of a block between samples, with its sign and without.
    drift: Vec<f32>,
    stir: Vec<f32>,
    list: Vec<Plume>,
}

#[derive(Debug, Clone)]
pub struct Plume {
    pub patch: Patch,
    pub age_secs: f32,
    /// It rises, or stands as a column: smoke. Else dust.
    pub rises: bool,
    lost_secs: f32,
    /// The lowest top that it has had.
    top: usize,
}

/// Means of a block: luma, its square, and the product of both lumas.
struct Moments {
    now: f32,
    then: f32,
    now_square: f32,
    then_square: f32,
    product: f32,
}

impl Moments {
    fn is_veiled(&self, soft: bool) -> bool {
        let Self { now, then, now_square, then_square, product } = *self;
        let then_variance = (then_square - then * then).max(0.0);
        let now_variance = (now_square - now * now).max(0.0);
        if then_variance.sqrt() < TEXTURE_MIN {
            let brighter = soft && then > DAY_MIN && now > then;
            return brighter;
        }
        let shared = product - now * then;
        let contrast = shared / then_variance;
        let alike = shared / (now_variance * then_variance).sqrt().max(f32::EPSILON);
        CONTRAST_LEFT.contains(&contrast)
            && alike >= ALIKE_MIN
            && (now - contrast * then) / (1.0 - contrast) >= GREY_MIN
    }
}

impl Plumes {
    pub fn new(width: usize, height: usize) -> Self {
        let (columns, rows) = (width / BLOCK_PX, height / BLOCK_PX);
        Self {
            columns,
            rows,
            previous: Vec::new(),
            veiled: vec![0.0; columns * rows],
            drift: vec![0.0; columns * rows],
            stir: vec![0.0; columns * rows],
            list: Vec::new(),
        }
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.columns * self.rows * (BLOCK_PX * BLOCK_PX + 8)
    }

    pub fn list(&self) -> &[Plume] {
        &self.list
    }

    /// Marks the pixels of plumes in `mask`: they are not learnt.
    pub fn step(
        &mut self,
        sample: &Small,
        reference: &Reference,
        difference: &Difference,
        hidden: &[bool],
        secs: f32,
        mask: &mut [bool],
    ) {
        if self.previous.len() == sample.y.len() {
            let share = (secs / MEMORY_SECS).min(1.0);
            for block in 0..self.veiled.len() {
                let (veiled, change, stir) =
                    self.look(block, sample, reference, difference, hidden);
                self.drift[block] += share * (change - self.drift[block]);
                self.stir[block] += share * (stir - self.stir[block]);
                let wavers = self.drift[block].abs() <= DRIFT_MAX * self.stir[block];
                let veiled = f32::from(u8::from(veiled && wavers));
                self.veiled[block] += share * (veiled - self.veiled[block]);
            }
        }
        self.previous.clear();
        self.previous.extend_from_slice(&sample.y);
        let found = self.find();
        for plume in &mut self.list {
            plume.lost_secs += secs;
            plume.age_secs += secs;
        }
        for patch in found {
            self.see(patch);
            patch.pixels(sample.width).for_each(|at| mask[at] = true);
        }
        self.list.retain(|plume| plume.lost_secs <= LOST_SECS);
    }

    /// Whether a block is veiled, and how it has changed: with the sign, and without.
    fn look(
        &self,
        block: usize,
        sample: &Small,
        reference: &Reference,
        difference: &Difference,
        hidden: &[bool],
    ) -> (bool, f32, f32) {
        let (left, top) = (block % self.columns * BLOCK_PX, block / self.columns * BLOCK_PX);
        let patch = Patch { x1: left, y1: top, x2: left + BLOCK_PX, y2: top + BLOCK_PX };
        let mut sums = [0.0f32; 5];
        let (mut drift, mut stir, mut noise) = (0.0f32, 0.0f32, 0.0f32);
        let mut edges = [0.0f32; 2];
        for at in patch.pixels(sample.width) {
            if hidden[at] || !reference.known[at] {
                return (false, 0.0, 0.0);
            }
            let (now, then) = (f32::from(sample.y[at]), difference.expected[at]);
            for (sum, value) in sums.iter_mut().zip([now, then, now * now, then * then, now * then])
            {
                *sum += value;
            }
            let change = f32::from(sample.y[at]) - f32::from(self.previous[at]);
            (drift, stir) = (drift + change, stir + change.abs());
            noise += reference.noise[at];
            if at % BLOCK_PX != 0 {
                edges[0] += (now - f32::from(sample.y[at - 1])).abs();
                edges[1] += (then - difference.expected[at - 1]).abs();
            }
        }
        let count = (BLOCK_PX * BLOCK_PX) as f32;
        let [now, then, now_square, then_square, product] = sums.map(|sum| sum / count);
        let (drift, stir, noise) = (drift / count, stir / count, noise / count);
        let [edges_now, edges_then] = edges.map(|sum| sum / count);
        if (now - then).abs() < VEIL_MIN + noise
            || stir.max(self.stir[block]) < STIR_MIN + STIR_NOISE * noise
        {
            return (false, drift, stir);
        }
        let moments = Moments { now, then, now_square, then_square, product };
        let veiled = moments.is_veiled(edges_now <= edges_then + SOFT_MAX);
        (veiled && !self.is_coloured(patch, sample, reference), drift, stir)
    }

    fn is_coloured(&self, patch: Patch, sample: &Small, reference: &Reference) -> bool {
        let (mut now, mut then) = (0.0f32, 0.0f32);
        let half = Patch { x1: patch.x1 / 2, y1: patch.y1 / 2, x2: patch.x2 / 2, y2: patch.y2 / 2 };
        for at in half.pixels(sample.chroma_width()) {
            now += f32::from(sample.u[at].abs_diff(128)) + f32::from(sample.v[at].abs_diff(128));
            then += (reference.u[at] - 128.0).abs() + (reference.v[at] - 128.0).abs();
        }
        let count = half.area() as f32;
        now / count > (then / count).max(COLOUR_MAX) + COLOUR_MORE_MAX
    }

    /// Groups of veiled blocks that are large enough and no weather.
    fn find(&self) -> Vec<Patch> {
        let mut left: Vec<bool> = self.veiled.iter().map(|veiled| *veiled >= VEILED_MIN).collect();
        let all = left.iter().filter(|veiled| **veiled).count();
        if all as f32 > WEATHER_SHARE * left.len() as f32 {
            return Vec::new();
        }
        let mut found = Vec::new();
        for start in 0..left.len() {
            if !std::mem::take(&mut left[start]) {
                continue;
            }
            let (mut blocks, mut next) = (vec![start], 0);
            while next < blocks.len() {
                let (column, row) = (blocks[next] % self.columns, blocks[next] / self.columns);
                for row in row.saturating_sub(1)..(row + 2).min(self.rows) {
                    for column in column.saturating_sub(1)..(column + 2).min(self.columns) {
                        let block = row * self.columns + column;
                        if std::mem::take(&mut left[block]) {
                            blocks.push(block);
                        }
                    }
                }
                next += 1;
            }
            if blocks.len() >= BLOCKS_MIN {
                let patches = blocks.iter().map(|block| self.patch(*block));
                found.extend(patches.reduce(|a, b| a.with(&b)));
            }
        }
        found
    }

    fn patch(&self, block: usize) -> Patch {
        let (x1, y1) = (block % self.columns * BLOCK_PX, block / self.columns * BLOCK_PX);
        Patch { x1, y1, x2: x1 + BLOCK_PX, y2: y1 + BLOCK_PX }
    }

    fn see(&mut self, patch: Patch) {
        let known = self.list.iter_mut().find(|plume| plume.patch.shared(&patch) > 0);
        let column = (patch.y2 - patch.y1) as f32 >= COLUMN_SHARE * (patch.x2 - patch.x1) as f32;
        match known {
            Some(plume) => {
                plume.lost_secs = 0.0;
                plume.patch = patch;
                plume.top = plume.top.max(patch.y1);
                plume.rises |= column || plume.top - patch.y1 >= RISEN_PX;
            }
            None => self.list.push(Plume {
                patch,
                age_secs: 0.0,
                rises: column,
                lost_secs: 0.0,
                top: patch.y1,
            }),
        }
    }
}
