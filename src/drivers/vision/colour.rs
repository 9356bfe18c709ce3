//! YUV to RGB and back, by the matrix and range that the stream declares.
//!
//! `RGB = M * (Y - offset, U - 128, V - 128)`, all 0 to 255.

use crate::domain::frame::ColourMatrix;

/// Gains of one conversion to RGB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YuvToRgb {
    pub y_gain: f32,
    pub y_offset: f32,
    pub red_v: f32,
    pub green_u: f32,
    pub green_v: f32,
    pub blue_u: f32,
}

/// Shares of red and blue in luma.
fn luma_shares(matrix: ColourMatrix) -> (f32, f32) {
    match matrix {
        ColourMatrix::Bt601 => (0.299, 0.114),
        ColourMatrix::Bt709 => (0.2126, 0.0722),
    }
}

impl YuvToRgb {
    pub fn new(matrix: ColourMatrix, full_range: bool) -> Self {
        let (red, blue) = luma_shares(matrix);
        let green = 1.0 - red - blue;
        let (y_gain, y_offset, c_gain) =
            if full_range { (1.0, 0.0, 1.0) } else { (255.0 / 219.0, 16.0, 255.0 / 224.0) };
        let (red_v, blue_u) = (2.0 * (1.0 - red) * c_gain, 2.0 * (1.0 - blue) * c_gain);
        Self {
            y_gain,
            y_offset,
            red_v,
            green_u: -blue_u * blue / green,
            green_v: -red_v * red / green,
            blue_u,
        }
    }

    /// Red, green, blue, each 0 to 255.
    #[inline(always)]
    pub fn rgb(&self, y: u8, u: u8, v: u8) -> [f32; 3] {
        let y = (f32::from(y) - self.y_offset) * self.y_gain;
        let (u, v) = (f32::from(u) - 128.0, f32::from(v) - 128.0);
        [
            (y + self.red_v * v).clamp(0.0, 255.0),
            (y + self.green_u * u + self.green_v * v).clamp(0.0, 255.0),
            (y + self.blue_u * u).clamp(0.0, 255.0),
        ]
    }
}

/// Full-range BT.601, as JPEG files have it.
pub fn yuv_of_rgb([red, green, blue]: [f32; 3]) -> [f32; 3] {
    let (kr, kb) = luma_shares(ColourMatrix::Bt601);
    let y = kr * red + (1.0 - kr - kb) * green + kb * blue;
    [y, 128.0 + (blue - y) / (2.0 * (1.0 - kb)), 128.0 + (red - y) / (2.0 * (1.0 - kr))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_colours() {
        let near = |found: [f32; 3], expected: [f32; 3]| {
            let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1.6);
            assert!(close, "{found:?} {expected:?}");
        };
        let limited = YuvToRgb::new(ColourMatrix::Bt601, false);
        near(limited.rgb(235, 128, 128), [255.0; 3]);
        near(limited.rgb(16, 128, 128), [0.0; 3]);
        near(limited.rgb(81, 90, 240), [255.0, 0.0, 0.0]);
        let hd = YuvToRgb::new(ColourMatrix::Bt709, false);
        near(hd.rgb(63, 102, 240), [255.0, 0.0, 0.0]);
        near(YuvToRgb::new(ColourMatrix::Bt601, true).rgb(76, 85, 255), [254.0, 0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn there_and_back(rgb in any::<[u8; 3]>()) {
            let [y, u, v] = yuv_of_rgb(rgb.map(f32::from)).map(|value| value.round() as u8);
            let back = YuvToRgb::new(ColourMatrix::Bt601, true).rgb(y, u, v);
            for (given, back) in rgb.iter().zip(back) {
                prop_assert!((f32::from(*given) - back).abs() < 2.5, "{rgb:?} {back:?}");
            }
        }
    }
}
