//! Against a slow, straightforward reference in `f64` on random pictures.

use super::*;
use crate::domain::{
    frame::{ColourMatrix, Image, OwnedImage},
    pixel::PixelSize,
};
use proptest::prelude::*;

/// A plane of `f64` samples.
#[derive(Clone)]
struct Samples {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

impl Samples {
    fn of(plane: &Plane<'_>) -> Self {
        Self {
            width: plane.size().width_px as usize,
            height: plane.size().height_px as usize,
            values: plane.rows().flatten().map(|&sample| f64::from(sample)).collect(),
        }
    }

    /// Edge samples repeat.
    fn at(&self, x: i64, y: i64) -> f64 {
        let x = x.clamp(0, self.width as i64 - 1) as usize;
        let y = y.clamp(0, self.height as i64 - 1) as usize;
        self.values[y * self.width + x]
    }

    fn map(width: usize, height: usize, at: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..width * height).map(|i| at(i % width, i / width)).collect();
        Self { width, height, values }
    }

    fn halved(&self) -> Self {
        Self::map(self.width / 2, self.height / 2, |x, y| {
            let (x, y) = (2 * x as i64, 2 * y as i64);
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| self.at(x + dx, y + dy));
            four.iter().sum::<f64>() / 4.0
        })
    }

    fn bilinear(&self, width: usize, height: usize) -> Self {
        let place = |out: usize, from: usize, to: usize| {
            let place = (out as f64 + 0.5) * from as f64 / to as f64 - 0.5;
            (place.floor() as i64, place - place.floor())
        };
        Self::map(width, height, |x, y| {
            let (x, fx) = place(x, self.width, width);
            let (y, fy) = place(y, self.height, height);
            let line = |y| self.at(x, y) * (1.0 - fx) + self.at(x + 1, y) * fx;
            line(y) * (1.0 - fy) + line(y + 1) * fy
        })
    }

    /// The mean of the source area that each sample covers.
    fn by_area(&self, width: usize, height: usize) -> Self {
        let weights = |out: usize, from: usize, to: usize| -> Vec<(i64, f64)> {
            let ratio = from as f64 / to as f64;
            let (low, high) = (out as f64 * ratio, (out + 1) as f64 * ratio);
            (low.floor() as i64..high.ceil() as i64)
                .map(|i| (i, ((i + 1) as f64).min(high) - (i as f64).max(low)))
                .collect()
        };
        Self::map(width, height, |x, y| {
            let (mut sum, mut total) = (0.0, 0.0);
            for (sy, wy) in weights(y, self.height, height) {
                for (sx, wx) in weights(x, self.width, width) {
                    sum += self.at(sx, sy) * wx * wy;
                    total += wx * wy;
                }
            }
            sum / total
        })
    }

    fn shrunk(&self, to: PixelSize) -> Self {
        let (width, height) = (to.width_px as usize, to.height_px as usize);
        let far = |from: &Self| from.width > 2 * width || from.height > 2 * height;
        let mut from = self.clone();
        while far(&from) && from.width.is_multiple_of(2) && from.height.is_multiple_of(2) {
            from = from.halved();
        }
        if far(&from) { from.by_area(width, height) } else { from.bilinear(width, height) }
    }
}

fn reference(planes: &Planes<'_>, spec: &TensorSpec) -> Vec<f64> {
    let fitted = Letterbox::fit(planes.size, spec.size).fitted;
    let [y, u, v] = Plane::all(planes).unwrap().map(|plane| Samples::of(&plane).shrunk(fitted));
    let (kr, kb) = match planes.matrix {
        ColourMatrix::Bt601 => (0.299, 0.114),
        ColourMatrix::Bt709 => (0.2126, 0.0722),
    };
    let mut tensor = Vec::new();
    for channel in 0..3 {
        for line in 0..spec.size.height_px {
            for column in 0..spec.size.width_px {
                let pixel = if line < fitted.height_px && column < fitted.width_px {
                    let (column, line) = (i64::from(column), i64::from(line));
                    let (y, u, v) = (y.at(column, line), u.at(column, line), v.at(column, line));
                    let (y, cb, cr) = if planes.full_range {
                        (y, (u - 128.0) / 255.0, (v - 128.0) / 255.0)
                    } else {
                        ((y - 16.0) / 219.0 * 255.0, (u - 128.0) / 224.0, (v - 128.0) / 224.0)
                    };
                    let red = y + 255.0 * 2.0 * (1.0 - kr) * cr;
                    let blue = y + 255.0 * 2.0 * (1.0 - kb) * cb;
                    let green = (y - kr * red - kb * blue) / (1.0 - kr - kb);
                    let rgb = [red, green, blue].map(|value| value.clamp(0.0, 255.0));
                    match spec.channel_order {
                        ChannelOrder::Rgb => rgb[channel],
                        ChannelOrder::Bgr => rgb[2 - channel],
                    }
                } else {
                    f64::from(spec.letterbox_value)
                };
                let (mean, std) = (f64::from(spec.mean[channel]), f64::from(spec.std[channel]));
                tensor.push((pixel * f64::from(spec.scale) - mean) / std);
            }
        }
    }
    tensor
}

/// Smooth waves with a little noise: what cameras see, and what shows a shift or a swapped channel.
fn picture(size: PixelSize, seed: u64, matrix: ColourMatrix, full_range: bool) -> OwnedImage {
    let plane = |width: u32, height: u32, salt: u64| -> Vec<u8> {
        let mut state = seed ^ salt;
        let phase = (seed % 628) as f32 / 100.0 + salt as f32;
        (0..width * height)
            .map(|i| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let (x, y) =
                    ((i % width) as f32 / width as f32, (i / width) as f32 / height as f32);
                let wave = 128.0 + 70.0 * (9.0 * x + phase).sin() + 40.0 * (7.0 * y + phase).cos();
                wave as u8 / 8 * 8 + (state >> 60) as u8 / 2
            })
            .collect()
    };
    let PixelSize { width_px, height_px } = size;
    let (half_width, half_height) = (width_px.div_ceil(2), height_px.div_ceil(2));
    let planes = [
        plane(width_px, height_px, 1),
        plane(half_width, half_height, 2),
        plane(half_width, half_height, 3),
    ];
    OwnedImage::new(size, planes, matrix, full_range).unwrap()
}

fn spec(channel_order: ChannelOrder) -> TensorSpec {
    TensorSpec {
        size: PixelSize { width_px: 96, height_px: 64 },
        channel_order,
        scale: 0.5,
        mean: [10.0, 20.0, 30.0],
        std: [0.5, 1.0, 2.0],
        letterbox_value: 114.0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// OpenCV rounds to whole samples after each step: two samples of luma and of chroma at most.
    #[test]
    fn the_tensor_is_the_reference_within_rounding(
        width_px in 1u32..420, height_px in 1u32..420, seed in any::<u64>(),
        hd in any::<bool>(), full_range in any::<bool>(), rgb in any::<bool>(),
    ) {
        let matrix = if hd { ColourMatrix::Bt709 } else { ColourMatrix::Bt601 };
        let image = picture(PixelSize { width_px, height_px }, seed, matrix, full_range);
        let spec = spec(if rgb { ChannelOrder::Rgb } else { ChannelOrder::Bgr });
        let mut tensor = vec![f32::NAN; spec.len()];
        let letterbox = PlaneTensorMaker::new().fill_from(&image.planes(), &spec, &mut tensor).unwrap();
        prop_assert_eq!(letterbox, Letterbox::fit(PixelSize { width_px, height_px }, spec.size));
        let reference = reference(&image.planes(), &spec);
        for (i, (found, expected)) in tensor.iter().zip(&reference).enumerate() {
            let channel = i / (spec.len() / 3);
            let error_px = (f64::from(*found) - expected).abs() * f64::from(spec.std[channel] / spec.scale);
            prop_assert!(error_px < 6.5, "value {i}: {found} {expected}, {error_px} levels");
        }
    }
}

#[test]
fn strides_do_not_change_the_tensor() {
    let size = PixelSize { width_px: 101, height_px: 67 };
    let tight = picture(size, 5, ColourMatrix::Bt601, false);
    let planes = tight.planes();
    // The last row has no padding behind it, as some decoders hand it out.
    let pad = |data: &[u8], width: usize, stride: usize| {
        let mut padded: Vec<u8> = data
            .chunks(width)
            .flat_map(|row| row.iter().copied().chain(vec![7; stride - width]))
            .collect();
        padded.truncate(padded.len() - (stride - width));
        padded
    };
    let (y, u, v) = (pad(planes.y, 101, 128), pad(planes.u, 51, 64), pad(planes.v, 51, 64));
    let padded = Planes { y: &y, u: &u, v: &v, y_stride_bytes: 128, uv_stride_bytes: 64, ..planes };
    let spec = spec(ChannelOrder::Bgr);
    let mut maker = PlaneTensorMaker::new();
    let [mut a, mut b] = [vec![0.0; spec.len()], vec![1.0; spec.len()]];
    maker.fill_from(&planes, &spec, &mut a).unwrap();
    maker.fill_from(&padded, &spec, &mut b).unwrap();
    assert_eq!(a, b);
}

#[test]
fn broken_planes_are_refused() {
    let image = picture(PixelSize { width_px: 64, height_px: 48 }, 1, ColourMatrix::Bt709, false);
    let spec = spec(ChannelOrder::Bgr);
    let mut tensor = vec![0.0; spec.len()];
    let mut maker = PlaneTensorMaker::new();
    let sound = image.planes();
    let size = PixelSize { width_px: 0, height_px: 48 };
    let huge = PixelSize { width_px: u32::MAX, height_px: u32::MAX };
    for broken in [
        Planes { y: &sound.y[..100], ..sound },
        Planes { v: &[], ..sound },
        Planes { y_stride_bytes: 10, ..sound },
        Planes { y_stride_bytes: usize::MAX, ..sound },
        Planes { size, ..sound },
        Planes { size: huge, ..sound },
    ] {
        maker.fill_from(&broken, &spec, &mut tensor).expect_err("must be refused");
    }
    maker.fill_from(&sound, &spec, &mut tensor[1..]).expect_err("tensor of the wrong length");
    maker.fill_from(&sound, &spec, &mut tensor).unwrap();
}
