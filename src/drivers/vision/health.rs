//! Could the camera see: numbers for [`domain::verdict::health`](crate::domain::verdict::health).
//!
//! Enters: frames of one camera, in order. Leaves: [`FrameHealth`] of each, measured on luma shrunk
//! to 160 px wide. The shrunk luma of the last frame is kept, nothing else. A change of the frame's
//! shape begins anew: `change` is none then.

use super::{
    fault, one_thread,
    plane::{Plane, Shrinker},
};
use crate::domain::{
    frame::Frame, pixel::PixelSize, seams::PixelFault, verdict::health::FrameHealth,
};
use opencv::{
    core::{self, BORDER_DEFAULT, CV_32F, Mat, MatTraitConst},
    imgproc,
};

const WIDTH_PX: u32 = 160;
/// Keeps a picture of a few px width and great height from becoming large.
const HEIGHT_PX_MAX: u32 = 640;

#[derive(Default)]
pub struct HealthMeter {
    shrinker: Shrinker,
    previous: Vec<u8>,
    edges: Mat,
}

impl HealthMeter {
    pub fn new() -> Self {
        one_thread();
        Self::default()
    }

    pub fn measure(&mut self, frame: &Frame) -> Result<FrameHealth, PixelFault> {
        let luma = Plane::luma(&frame.image.planes())?;
        let size = small(luma.size());
        let samples = self.shrinker.shrink(&luma, size)?;
        let health = measure(samples, size, &self.previous, &mut self.edges).map_err(fault)?;
        self.previous.clear();
        self.previous.extend_from_slice(samples);
        Ok(health)
    }
}

fn small(size: PixelSize) -> PixelSize {
    let height = f64::from(size.height_px) * f64::from(WIDTH_PX) / f64::from(size.width_px.max(1));
    PixelSize { width_px: WIDTH_PX, height_px: (height.round() as u32).clamp(1, HEIGHT_PX_MAX) }
}

fn measure(
    samples: &[u8],
    size: PixelSize,
    previous: &[u8],
    edges: &mut Mat,
) -> opencv::Result<FrameHealth> {
    let luma = Mat::new_rows_cols_with_data(size.height_px as i32, size.width_px as i32, samples)?;
    let spread = |of: &dyn Fn(&mut Mat, &mut Mat) -> opencv::Result<()>| {
        let (mut mean, mut deviation) = (Mat::default(), Mat::default());
        of(&mut mean, &mut deviation)?;
        Ok::<_, opencv::Error>((*mean.at::<f64>(0)?, *deviation.at::<f64>(0)?))
    };
    let (mean, deviation) =
        spread(&|mean, deviation| core::mean_std_dev_def(&luma, mean, deviation))?;
    imgproc::laplacian(&luma, edges, CV_32F, 1, 1.0, 0.0, BORDER_DEFAULT)?;
    let (_, edge_deviation) =
        spread(&|mean, deviation| core::mean_std_dev_def(edges, mean, deviation))?;
    let change = (previous.len() == samples.len()).then(|| {
        let total: u64 = samples.iter().zip(previous).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        total as f32 / samples.len() as f32
    });
    Ok(FrameHealth {
        luma_mean: mean as f32,
        luma_deviation: deviation as f32,
        sharpness: (edge_deviation * edge_deviation) as f32,
        change,
    })
}
