//! What the view has looked like of late: the median of the latest samples, pixel by pixel.
//!
//! Whatever passes is in fewer than half of the samples and does not show: walkers, cars, rain, headlights.
//! A pixel that is hidden keeps what was seen there last; one that was never seen is unknown.

use super::{
    light::{lit, luma, median},
    small::Small,
};

/// Samples that the median is of.
pub const SAMPLES: usize = 7;

/// Brightening that is none.
const STEADY: f32 = 0.01;

pub struct Recent {
    ring: Vec<Small>,
    next: usize,
    /// Samples that showed the pixel, up to [`SAMPLES`].
    seen: Vec<u8>,
    median: Small,
}

impl Recent {
    pub fn new(width: usize, height: usize) -> Self {
        let empty = Small::new(width, height);
        Self {
            ring: vec![empty.clone(); SAMPLES],
            next: 0,
            seen: vec![0; width * height],
            median: empty,
        }
    }

    pub fn median(&self) -> &Small {
        &self.median
    }

    /// Whether the median says anything of this pixel.
    pub fn knows(&self, at: usize) -> bool {
        usize::from(self.seen[at]) == SAMPLES
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        let ring: usize = self.ring.iter().map(Small::bytes).sum();
        ring + self.seen.len() + self.median.bytes()
    }

    /// By which factor a sample is brighter than the median; 1 within what noise makes.
    pub fn brightening(&self, sample: &Small, hidden: &[bool]) -> f32 {
        let ratio = |at: usize| lit(sample.y[at].into()) / lit(self.median.y[at].into());
        let usable = |at: &usize| !hidden[*at] && self.knows(*at);
        let mut ratios: Vec<f32> = (0..hidden.len()).step_by(7).filter(usable).map(ratio).collect();
        if ratios.is_empty() {
            return 1.0;
        }
        let middle = median(&mut ratios);
        if (middle - 1.0).abs() < STEADY { 1.0 } else { middle }
    }

    /// `hidden`: pixels in front of which a known thing stands; they brighten as the rest does.
    /// `brightening` comes from [`brightening`](Self::brightening).
    pub fn push(&mut self, sample: &Small, hidden: &[bool], brightening: f32) {
        let Self { ring, next, seen, median } = self;
        let slot = *next;
        *next = (slot + 1) % SAMPLES;
        for (at, &hidden) in hidden.iter().enumerate() {
            if hidden {
                let relit = luma(lit(median.y[at].into()) * brightening);
                ring[slot].y[at] = relit.round().clamp(0.0, 255.0) as u8;
                continue;
            }
            if seen[at] == 0 {
                ring.iter_mut().for_each(|old| old.y[at] = sample.y[at]);
            }
            ring[slot].y[at] = sample.y[at];
            seen[at] = (seen[at] + 1).min(SAMPLES as u8);
        }
        for at in 0..sample.u.len() {
            let luma = sample.luma_of(at);
            if hidden[luma] {
                (ring[slot].u[at], ring[slot].v[at]) = (median.u[at], median.v[at]);
                continue;
            }
            if seen[luma] == 1 {
                ring.iter_mut()
                    .for_each(|old| (old.u[at], old.v[at]) = (sample.u[at], sample.v[at]));
            }
            (ring[slot].u[at], ring[slot].v[at]) = (sample.u[at], sample.v[at]);
        }
        median_of(ring, |small| &small.y, &mut median.y);
        median_of(ring, |small| &small.u, &mut median.u);
        median_of(ring, |small| &small.v, &mut median.v);
    }
}

/// Exchanges that bring the median of seven to the middle.
#[rustfmt::skip]
const EXCHANGES: [(usize, usize); 13] = [
    (0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6), (2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4),
];

/// Pixels that are sorted side by side, which compilers turn into vector instructions.
const LANES: usize = 32;

fn median_of(ring: &[Small], plane: impl Fn(&Small) -> &Vec<u8>, out: &mut [u8]) {
    let planes: [&[u8]; SAMPLES] = std::array::from_fn(|index| plane(&ring[index]).as_slice());
    let mut lanes = [[0u8; LANES]; SAMPLES];
    for (chunk, out) in out.chunks_mut(LANES).enumerate() {
        for (lane, plane) in lanes.iter_mut().zip(planes) {
            lane[..out.len()].copy_from_slice(&plane[chunk * LANES..][..out.len()]);
        }
        for (low, high) in EXCHANGES {
            let (a, b) = (lanes[low], lanes[high]);
            for lane in 0..LANES {
                lanes[low][lane] = a[lane].min(b[lane]);
                lanes[high][lane] = a[lane].max(b[lane]);
            }
        }
        out.copy_from_slice(&lanes[SAMPLES / 2][..out.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_median_is_the_middle_one(values in any::<[[u8; 40]; SAMPLES]>()) {
            let ring = values.map(|y| Small { y: y.to_vec(), ..Small::new(8, 5) });
            let mut median = vec![0; 40];
            median_of(&ring, |small| &small.y, &mut median);
            for at in 0..40 {
                let mut sorted = values.map(|plane| plane[at]);
                sorted.sort_unstable();
                prop_assert_eq!(median[at], sorted[SAMPLES / 2]);
            }
        }
    }

    #[test]
    fn what_passes_does_not_show_and_what_is_hidden_keeps() {
        let mut recent = Recent::new(4, 4);
        let of = |luma: u8| Small { y: vec![luma; 16], ..Small::new(4, 4) };
        let (free, hidden) = ([false; 16], [true; 16]);
        for luma in [90, 90, 200, 90, 200, 90, 200] {
            recent.push(&of(luma), &free, 1.0);
        }
        assert!(recent.knows(0) && recent.median().y[0] == 90);
        for _ in 0..20 {
            recent.push(&of(200), &hidden, 1.0);
        }
        assert_eq!(recent.median().y[0], 90);
    }
}
