//! Could the camera see: numbers for [`domain::health`](crate::domain::health).
//!
//! Enters: frames of one camera, in order, and what to learn from each. Leaves: a [`Picture`] of each. Luma
//! is shrunk to 320 px wide and half of that; the last such picture and the reference are kept, 0.6 MB.
//! A change of the frame's shape begins anew: `change` and `view` are none then.
//!
//! Costs about 0.5 ms of CPU a 1080p frame (docs/performance.md), 0.2 ms more where the view is not found
//! where it was and phase correlation looks for it.

use super::{
    one_thread,
    plane::{Plane, Shrinker},
    view::{Reference, Sketch},
};
use crate::{
    base::time::MediaTime,
    domain::{
        frame::Frame,
        health::{Learn, Picture},
        pixel::PixelSize,
        seams::PixelFault,
    },
};

const WIDTH_PX: u32 = 320;
/// Keeps a picture of a few px width and great height from becoming large.
const HEIGHT_PX_MAX: u32 = 1280;
/// Luma of white in video range; a full range has it a little below its end.
const WHITE_LUMA: u8 = 235;
/// Distance from grey at which a chroma sample has a colour.
const COLOUR_MIN: u8 = 6;
/// Chroma samples that are looked at, a side.
const CHROMA_SAMPLES: usize = 64;

#[derive(Default)]
pub struct HealthMeter {
    shrinker: Shrinker,
    size: Option<PixelSize>,
    previous: Option<(MediaTime, Sketch)>,
    samples: Vec<u8>,
    reference: Option<Reference>,
    coloured_share: f32,
}

impl HealthMeter {
    pub fn new() -> Self {
        one_thread();
        Self::default()
    }

    /// The next frame is of another footage of the same view.
    pub fn another_footage(&mut self) {
        self.previous = None;
        if let Some(reference) = &mut self.reference {
            reference.another_footage();
        }
    }

    pub fn measure(&mut self, frame: &Frame) -> Result<Picture, PixelFault> {
        let [luma, u, v] = Plane::all(&frame.image.planes())?;
        if self.size.replace(luma.size()) != Some(luma.size()) {
            (self.previous, self.reference) = (None, None);
        }
        let size = small(luma.size());
        let samples = self.shrinker.shrink(&luma, size)?;
        let sketch = Sketch::of(samples, size);
        let (luma_mean, luma_deviation) = mean_deviation(samples);
        let white = samples.iter().filter(|luma| **luma >= WHITE_LUMA).count();
        self.coloured_share = coloured_share(&u, &v);
        let pts = frame.stamp.pts;
        let before = self.previous.take();
        let since = before.as_ref().map(|(at, _)| pts.since(*at));
        let view = self
            .reference
            .as_mut()
            .map(|reference| reference.compare(&sketch, since.unwrap_or_default()))
            .transpose()?;
        let picture = Picture {
            luma_mean,
            luma_deviation,
            white_share: white as f32 / samples.len() as f32,
            coloured_share: self.coloured_share,
            sharpness: sketch.sharpness(),
            change: before.map(|_| change(samples, &self.samples)),
            view,
        };
        self.samples.clear();
        self.samples.extend_from_slice(samples);
        self.previous = Some((pts, sketch));
        Ok(picture)
    }

    /// What the frame that was measured last is to the reference.
    pub fn learn(&mut self, learn: Learn) {
        let Some((_, sketch)) = &self.previous else { return };
        match (learn, &mut self.reference) {
            (Learn::Nothing, _) => {}
            (Learn::Anew, reference) => {
                *reference = Some(Reference::new(sketch, self.coloured_share));
            }
            (Learn::Blend(share), Some(reference)) => {
                reference.blend(sketch, share);
                reference.blend_detail(sketch, self.coloured_share, share);
            }
            (Learn::Light(share), Some(reference)) => reference.blend(sketch, share),
            (Learn::Blend(_) | Learn::Light(_), None) => {}
        }
    }
}

fn small(size: PixelSize) -> PixelSize {
    let height = f64::from(size.height_px) * f64::from(WIDTH_PX) / f64::from(size.width_px.max(1));
    // Even, so that it halves.
    let height_px = (2 * (height / 2.0).round() as u32).clamp(2, HEIGHT_PX_MAX);
    PixelSize { width_px: WIDTH_PX, height_px }
}

fn mean_deviation(samples: &[u8]) -> (f32, f32) {
    let (sum, squares) = samples.iter().fold((0u64, 0u64), |(sum, squares), luma| {
        let luma = u64::from(*luma);
        (sum + luma, squares + luma * luma)
    });
    let count = samples.len().max(1) as f64;
    let mean = sum as f64 / count;
    (mean as f32, (squares as f64 / count - mean * mean).max(0.0).sqrt() as f32)
}

/// Mean absolute difference.
fn change(now: &[u8], before: &[u8]) -> f32 {
    let sum: u64 = now.iter().zip(before).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f32 / now.len().max(1) as f32
}

/// Share of chroma samples, on a grid, that are not grey.
fn coloured_share(u: &Plane<'_>, v: &Plane<'_>) -> f32 {
    let (mut coloured, mut all) = (0u32, 0u32);
    for (u, v) in u.grid(CHROMA_SAMPLES).zip(v.grid(CHROMA_SAMPLES)) {
        all += 1;
        coloured += u32::from(u.abs_diff(128).max(v.abs_diff(128)) > COLOUR_MIN);
    }
    coloured as f32 / all.max(1) as f32
}
