//! Frames as network input: planes shrunk, then converted, then normalised. No full-size RGB.
//!
//! Chroma is taken to lie in the middle of its 2x2 luma samples; streams that put it at the left edge
//! are off by a quarter of a pixel, far below what a network sees.

use super::{
    colour::YuvToRgb,
    one_thread,
    plane::{Plane, Shrinker},
};
use crate::domain::{
    frame::{Frame, Planes},
    letterbox::{ChannelOrder, Letterbox, TensorSpec},
    seams::{PixelFault, TensorMaker},
};

/// Makes tensors for one stream at a time; keeps its buffers.
#[derive(Default)]
pub struct PlaneTensorMaker {
    shrinkers: [Shrinker; 3],
}

impl PlaneTensorMaker {
    pub fn new() -> Self {
        one_thread();
        Self::default()
    }

    pub fn fill_from(
        &mut self,
        planes: &Planes<'_>,
        spec: &TensorSpec,
        tensor: &mut [f32],
    ) -> Result<Letterbox, PixelFault> {
        if tensor.len() != spec.len() || spec.is_empty() {
            let reason =
                format!("a tensor of {} values is given, {} needed", tensor.len(), spec.len());
            return Err(PixelFault { reason });
        }
        let [y, u, v] = Plane::all(planes)?;
        let letterbox = Letterbox::fit(y.size(), spec.size);
        let [y_shrinker, u_shrinker, v_shrinker] = &mut self.shrinkers;
        let small = [
            y_shrinker.shrink(&y, letterbox.fitted)?,
            u_shrinker.shrink(&u, letterbox.fitted)?,
            v_shrinker.shrink(&v, letterbox.fitted)?,
        ];
        let yuv_to_rgb = YuvToRgb::new(planes.matrix, planes.full_range);
        convert(small, yuv_to_rgb, letterbox, spec, tensor);
        Ok(letterbox)
    }
}

impl TensorMaker for PlaneTensorMaker {
    fn fill(
        &mut self,
        frame: &Frame,
        spec: &TensorSpec,
        tensor: &mut [f32],
    ) -> Result<Letterbox, PixelFault> {
        self.fill_from(&frame.image.planes(), spec, tensor)
    }
}

/// `small` holds luma and chroma of the fitted size, tightly packed.
fn convert(
    small: [&[u8]; 3],
    yuv_to_rgb: YuvToRgb,
    letterbox: Letterbox,
    spec: &TensorSpec,
    tensor: &mut [f32],
) {
    let width = spec.size.width_px as usize;
    let (fitted_width, fitted_rows) =
        (letterbox.fitted.width_px as usize, letterbox.fitted.height_px as usize);
    let gains = [0, 1, 2].map(|channel| spec.gain_offset(channel));
    let padding = gains.map(|(gain, offset)| spec.letterbox_value * gain + offset);

    let (first, rest) = tensor.split_at_mut(spec.len() / 3);
    let (second, third) = rest.split_at_mut(spec.len() / 3);
    let rows = first
        .chunks_exact_mut(width)
        .zip(second.chunks_exact_mut(width))
        .zip(third.chunks_exact_mut(width));
    for (index, ((first, second), third)) in rows.enumerate() {
        let mut out = [first, second, third];
        let used = if index < fitted_rows { fitted_width } else { 0 };
        for (out, padding) in out.iter_mut().zip(padding) {
            out[used..].fill(padding);
        }
        if used == 0 {
            continue;
        }
        let [y, u, v] = small.map(|plane| &plane[index * used..][..used]);
        let out = out.map(|row| &mut row[..used]);
        match spec.channel_order {
            ChannelOrder::Rgb => convert_row(y, u, v, out, yuv_to_rgb, gains),
            ChannelOrder::Bgr => {
                let [blue, green, red] = out;
                let [for_blue, for_green, for_red] = gains;
                let gains = [for_red, for_green, for_blue];
                convert_row(y, u, v, [red, green, blue], yuv_to_rgb, gains);
            }
        }
    }
}

/// All slices have the same length; written so that the compiler uses vector instructions.
fn convert_row(
    y: &[u8],
    u: &[u8],
    v: &[u8],
    [red, green, blue]: [&mut [f32]; 3],
    yuv_to_rgb: YuvToRgb,
    [for_red, for_green, for_blue]: [(f32, f32); 3],
) {
    let samples = y.iter().zip(u).zip(v);
    let values = red.iter_mut().zip(green).zip(blue);
    for (((y, u), v), ((red, green), blue)) in samples.zip(values) {
        let [r, g, b] = yuv_to_rgb.rgb(*y, *u, *v);
        *red = r * for_red.0 + for_red.1;
        *green = g * for_green.0 + for_green.1;
        *blue = b * for_blue.0 + for_blue.1;
    }
}

#[cfg(test)]
#[path = "tensor_tests.rs"]
mod tests;
