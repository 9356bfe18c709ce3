//! How a picture becomes a network's input, and how boxes come back. Pure geometry.
//!
//! The picture is fitted into the *top left* of the input without changing its shape; the rest is
//! padding. Boxes count edges: the left edge of the first pixel is 0, the right edge of the last is
//! the width, in the source as in the input.

use super::pixel::{PixelBox, PixelSize};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelOrder {
    Bgr,
    Rgb,
}

/// The tensor a network takes: planar (3, height, width), `(pixel * scale - mean) / std` a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorSpec {
    pub size: PixelSize,
    pub channel_order: ChannelOrder,
    pub scale: f32,
    /// In channel order, like `std`.
    pub mean: [f32; 3],
    pub std: [f32; 3],
    /// Pixel value of the padding, 0 to 255.
    pub letterbox_value: f32,
}

impl TensorSpec {
    /// Values in one picture's tensor.
    pub fn len(&self) -> usize {
        3 * self.size.width_px as usize * self.size.height_px as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gain and offset of a channel: `value = pixel * gain + offset`.
    pub fn gain_offset(&self, channel: usize) -> (f32, f32) {
        (self.scale / self.std[channel], -self.mean[channel] / self.std[channel])
    }
}

/// One picture fitted into one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letterbox {
    pub source: PixelSize,
    /// The part of the input that the picture fills.
    pub fitted: PixelSize,
}

impl Letterbox {
    pub fn fit(source: PixelSize, input: PixelSize) -> Self {
        let scale = f64::min(
            f64::from(input.width_px) / f64::from(source.width_px.max(1)),
            f64::from(input.height_px) / f64::from(source.height_px.max(1)),
        );
        let side = |source: u32, input: u32| {
            ((f64::from(source) * scale).round() as u32).clamp(1, input.max(1))
        };
        let fitted = PixelSize {
            width_px: side(source.width_px, input.width_px),
            height_px: side(source.height_px, input.height_px),
        };
        Self { source, fitted }
    }

    /// A box of the input, in source pixels and inside the source; may become empty.
    pub fn to_source(&self, bbox: &PixelBox) -> PixelBox {
        let ratio = |source: u32, fitted: u32| source as f32 / fitted as f32;
        bbox.scaled(
            ratio(self.source.width_px, self.fitted.width_px),
            ratio(self.source.height_px, self.fitted.height_px),
        )
        .clamped(self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INPUT: PixelSize = PixelSize { width_px: 640, height_px: 384 };

    #[test]
    fn wide_and_tall_pictures_fill_one_side() {
        let fitted = |width_px, height_px| {
            let fitted = Letterbox::fit(PixelSize { width_px, height_px }, INPUT).fitted;
            (fitted.width_px, fitted.height_px)
        };
        assert_eq!(fitted(1920, 1080), (640, 360));
        assert_eq!(fitted(768, 576), (512, 384));
        assert_eq!(fitted(1, 4000), (1, 384));
    }

    proptest! {
        #[test]
        fn the_whole_picture_comes_back_whole(width_px in 1u32..5000, height_px in 1u32..5000) {
            let source = PixelSize { width_px, height_px };
            let letterbox = Letterbox::fit(source, INPUT);
            let (width, height) = (letterbox.fitted.width_px as f32, letterbox.fitted.height_px as f32);
            let back = letterbox.to_source(&PixelBox::new(0.0, 0.0, width, height));
            prop_assert!((back.x2 - width_px as f32).abs() < 0.01);
            prop_assert!((back.y2 - height_px as f32).abs() < 0.01);
            let beyond = letterbox.to_source(&PixelBox::new(-5.0, -5.0, 1e4, 1e4));
            prop_assert_eq!(beyond, PixelBox::new(0.0, 0.0, width_px as f32, height_px as f32));
        }
    }
}
