//! What the view looks like with nothing in it that was not there before.
//!
//! It learns slowly where the view agrees with it. Where something stands in front it follows the light
//! of the surroundings, so that it can still be compared when the thing is gone hours later.

use super::{
    light::{Light, lit, luma},
    small::Small,
};

/// Time in which a difference that is no change is learnt.
const LEARN_SECS: f32 = 60.0;
/// Differences of single samples from the median that a calm pixel has.
const NOISE_FIRST: f32 = 2.0;
const NOISE_STEP: f32 = 0.1;
const NOISE_MAX: f32 = 25.0;
/// What luma and chroma may differ by and be the same: a constant, a share of the luma, and noise.
const LUMA_SLACK: f32 = 6.0;
const LUMA_SLACK_SHARE: f32 = 0.04;
const NOISE_FACTOR: f32 = 2.0;
const CHROMA_SLACK: f32 = 2.0;
const CHROMA_UNIT: f32 = 6.0;

pub struct Reference {
    pub width: usize,
    pub height: usize,
    pub y: Vec<f32>,
    pub u: Vec<f32>,
    pub v: Vec<f32>,
    /// Pixels that have been seen long enough to say something of them.
    pub known: Vec<bool>,
    pub noise: Vec<f32>,
}

/// How much the view differs from its reference.
pub struct Difference {
    /// The reference in the light of now.
    pub expected: Vec<f32>,
    /// In units of what is a change: 1 is one.
    pub score: Vec<f32>,
    /// Shift of chroma at each chroma sample.
    pub chroma: Vec<f32>,
}

impl Reference {
    pub fn new(width: usize, height: usize) -> Self {
        let (pixels, chroma) = (width * height, width / 2 * (height / 2));
        Self {
            width,
            height,
            y: vec![0.0; pixels],
            u: vec![128.0; chroma],
            v: vec![128.0; chroma],
            known: vec![false; pixels],
            noise: vec![NOISE_FIRST; pixels],
        }
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        4 * (self.y.len() + self.u.len() + self.v.len() + self.noise.len()) + self.known.len()
    }

    /// What is seen here now belongs to the view.
    pub fn take(&mut self, now: &Small, at: usize) {
        let chroma = now.chroma_of(at);
        self.y[at] = now.y[at].into();
        (self.u[chroma], self.v[chroma]) = (now.u[chroma].into(), now.v[chroma].into());
        self.known[at] = true;
    }

    /// Follow what is seen where `free`, and the light elsewhere.
    pub fn learn(&mut self, now: &Small, light: &Light, free: &[bool], secs: f32) {
        let share = (secs / LEARN_SECS).min(1.0);
        let mut gains = vec![0.0; self.width];
        for row in 0..self.height {
            light.row(row, &mut gains);
            for (x, gain) in gains.iter().enumerate() {
                let at = row * self.width + x;
                let target = match free[at] {
                    true => now.y[at].into(),
                    false => luma(lit(self.y[at]) * gain),
                };
                self.y[at] += share * (target - self.y[at]);
            }
        }
        for at in 0..self.u.len() {
            let (u, v) = match free[now.luma_of(at)] {
                true => (now.u[at].into(), now.v[at].into()),
                false => light.colour.expected(self.u[at], self.v[at]),
            };
            self.u[at] += share * (u - self.u[at]);
            self.v[at] += share * (v - self.v[at]);
        }
    }

    /// How restless each pixel is: the running median of what single samples differ by.
    pub fn watch_noise(&mut self, now: &Small, sample: &Small, brightening: f32, free: &[bool]) {
        for (at, noise) in self.noise.iter_mut().enumerate().filter(|(at, _)| free[*at]) {
            let steady = luma(lit(now.y[at].into()) * brightening);
            let off = (f32::from(sample.y[at]) - steady).abs();
            let step = if off > *noise { NOISE_STEP } else { -NOISE_STEP };
            *noise = (*noise + step).clamp(0.0, NOISE_MAX);
        }
    }

    /// A pixel is compared with the brightest and the darkest of its neighbourhood, so that edges may
    /// tremble by a pixel.
    pub fn difference(&self, now: &Small, light: &Light, into: &mut Difference) {
        let Difference { expected, score, chroma } = into;
        let (width, height) = (self.width, self.height);
        let mut gains = vec![0.0; width];
        for (at, chroma) in chroma.iter_mut().enumerate() {
            let (u, v) = light.colour.expected(self.u[at], self.v[at]);
            let off = |now: u8, then: f32| ((f32::from(now) - then).abs() - CHROMA_SLACK).max(0.0);
            *chroma = off(now.u[at], u) + off(now.v[at], v);
        }
        for row in 0..height {
            light.row(row, &mut gains);
            for (x, gain) in gains.iter().enumerate() {
                let at = row * width + x;
                expected[at] = luma(lit(self.y[at]) * gain);
            }
        }
        let mut lows = vec![0.0; width * height];
        let mut highs = vec![0.0; width * height];
        for row in 0..height {
            let line = &expected[row * width..][..width];
            let (low, high) =
                (&mut lows[row * width..][..width], &mut highs[row * width..][..width]);
            for x in 0..width {
                let (left, right) = (line[x.saturating_sub(1)], line[(x + 1).min(width - 1)]);
                low[x] = line[x].min(left).min(right);
                high[x] = line[x].max(left).max(right);
            }
        }
        for row in 0..height {
            let [above, here, below] =
                [row.saturating_sub(1), row, (row + 1).min(height - 1)].map(|row| row * width);
            for x in 0..width {
                let at = here + x;
                let low = lows[above + x].min(lows[at]).min(lows[below + x]);
                let high = highs[above + x].max(highs[at]).max(highs[below + x]);
                let seen = f32::from(now.y[at]);
                let off = (seen - high).max(low - seen).max(0.0);
                let slack =
                    LUMA_SLACK + LUMA_SLACK_SHARE * expected[at] + NOISE_FACTOR * self.noise[at];
                let all = off / slack + chroma[now.chroma_of(at)] / CHROMA_UNIT;
                score[at] = if self.known[at] { all } else { 0.0 };
            }
        }
    }
}

impl Difference {
    /// With what [`Reference::difference`] needs for a moment.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        4 * (3 * self.expected.len() + self.score.len() + self.chroma.len())
    }

    pub fn new(width: usize, height: usize) -> Self {
        Self {
            expected: vec![0.0; width * height],
            score: vec![0.0; width * height],
            chroma: vec![0.0; width / 2 * (height / 2)],
        }
    }
}
