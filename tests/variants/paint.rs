//! What is done to frames: cut-outs laid over them, darkness, rain, a bump, a turn.

use crate::canvas::Canvas;
use gridwarden::domain::pixel::PixelBox;

/// Numbers that look random and repeat (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least `from`, below `to`.
    pub fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// A rectangle out of a frame.
#[derive(Clone)]
pub struct Cut {
    width: usize,
    height: usize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Cut {
    pub fn of(canvas: &Canvas, place: &PixelBox) -> Self {
        let even = |value: f32, max: usize| (value.max(0.0) as usize / 2 * 2).min(max);
        let (x1, y1) = (even(place.x1, canvas.width), even(place.y1, canvas.height));
        let (x2, y2) = (even(place.x2 + 1.0, canvas.width), even(place.y2 + 1.0, canvas.height));
        let rows = |plane: &[u8], step: usize| -> Vec<u8> {
            let width = canvas.width / step;
            (y1 / step..y2 / step)
                .flat_map(|row| plane[row * width + x1 / step..row * width + x2 / step].to_vec())
                .collect()
        };
        Self {
            width: x2 - x1,
            height: y2 - y1,
            y: rows(&canvas.y, 1),
            u: rows(&canvas.u, 2),
            v: rows(&canvas.v, 2),
        }
    }

    /// Lays it over the box, stretched to it.
    pub fn lay(&self, canvas: &mut Canvas, over: &PixelBox) {
        let planes =
            [(&mut canvas.y, &self.y, 1), (&mut canvas.u, &self.u, 2), (&mut canvas.v, &self.v, 2)];
        let (width, height) = (canvas.width, canvas.height);
        for (to, from, step) in planes {
            let (wide, high) = ((self.width / step) as f32, (self.height / step) as f32);
            let (x1, y1) = (over.x1 / step as f32, over.y1 / step as f32);
            let (w, h) = (over.width() / step as f32, over.height() / step as f32);
            for y in y1.max(0.0) as usize..((y1 + h).max(0.0) as usize).min(height / step) {
                for x in x1.max(0.0) as usize..((x1 + w).max(0.0) as usize).min(width / step) {
                    let column = ((x as f32 - x1) / w * wide).clamp(0.0, wide - 1.0) as usize;
                    let row = ((y as f32 - y1) / h * high).clamp(0.0, high - 1.0) as usize;
                    to[y * (width / step) + x] = from[row * (self.width / step) + column];
                }
            }
        }
    }

    pub fn aspect(&self) -> f32 {
        self.width as f32 / self.height.max(1) as f32
    }
}

pub fn noise(canvas: &mut Canvas, dice: &mut Dice, levels: f32) {
    for few in canvas.y.chunks_mut(8) {
        for (luma, throw) in few.iter_mut().zip(dice.next().to_le_bytes()) {
            let change = (f32::from(throw) / 127.5 - 1.0) * levels;
            *luma = (f32::from(*luma) + change) as u8;
        }
    }
}

/// `gain` of the light is left.
pub fn night(canvas: &mut Canvas, gain: f32) {
    for luma in &mut canvas.y {
        *luma = (16.0 + (f32::from(*luma) - 16.0) * gain).clamp(0.0, 255.0) as u8;
    }
    for chroma in canvas.u.iter_mut().chain(&mut canvas.v) {
        *chroma = (128.0 + (f32::from(*chroma) - 128.0) * gain.sqrt()) as u8;
    }
}

/// Streaks, and less contrast.
pub fn rain(canvas: &mut Canvas, dice: &mut Dice, streaks: usize) {
    for luma in &mut canvas.y {
        *luma = (112.0 + (f32::from(*luma) - 112.0) * 0.85) as u8;
    }
    let (width, height) = (canvas.width, canvas.height);
    for _ in 0..streaks {
        let (x, y) = (dice.below(width), dice.below(height));
        for step in 0..8 + dice.below(14) {
            let (x, y) = (x + step / 5, y + step);
            if x < width && y < height {
                let luma = &mut canvas.y[y * width + x];
                *luma = luma.saturating_add(45);
            }
        }
    }
}

/// The camera points elsewhere: what was at (x, y) is at (x + right, y + down).
pub fn shifted(canvas: &mut Canvas, right: i32, down: i32) {
    for (plane, step) in [(&mut canvas.y, 1), (&mut canvas.u, 2), (&mut canvas.v, 2)] {
        let (width, height) = ((canvas.width / step) as i32, (canvas.height / step) as i32);
        let before = plane.clone();
        let columns: Vec<i32> =
            (0..width).map(|x| (x - right / step as i32).clamp(0, width - 1)).collect();
        for (y, row) in plane.chunks_mut(width as usize).enumerate() {
            let from = (y as i32 - down / step as i32).clamp(0, height - 1) * width;
            for (sample, column) in row.iter_mut().zip(&columns) {
                *sample = before[(from + column) as usize];
            }
        }
    }
}
