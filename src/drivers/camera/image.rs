//! Decoded pictures as [`Image`]: the decoder's own buffer, mapped and held by reference count.
//!
//! Invariant: 8-bit I420, guaranteed by the caps in front of every appsink here. Nothing is copied;
//! while a frame lives, its buffer stays out of the decoder's pool.

use crate::domain::{
    frame::{ColourMatrix, Image, Planes},
    pixel::PixelSize,
};
use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

pub struct GstImage {
    frame: gst_video::VideoFrame<gst_video::video_frame::Readable>,
    matrix: ColourMatrix,
}

impl GstImage {
    pub fn new(sample: &gst::Sample) -> Result<Self, String> {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps()) else {
            return Err("a decoded frame came without pixels or format".to_owned());
        };
        let info = gst_video::VideoInfo::from_caps(caps).map_err(|error| error.to_string())?;
        if info.format() != gst_video::VideoFormat::I420 {
            return Err(format!("a decoded frame is {} instead of I420", info.format()));
        }
        // Cameras that declare nothing follow the usual habit: small pictures 601, others 709.
        let matrix = match info.colorimetry().matrix() {
            gst_video::VideoColorMatrix::Bt601 | gst_video::VideoColorMatrix::Fcc => {
                ColourMatrix::Bt601
            }
            gst_video::VideoColorMatrix::Unknown if info.height() < 720 => ColourMatrix::Bt601,
            _ => ColourMatrix::Bt709,
        };
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info)
            .map_err(|_| "a decoded frame cannot be mapped".to_owned())?;
        let [y, u, v] = [0, 1, 2].map(|plane| frame.plane_stride()[plane]);
        if y < 0 || u < 0 || u != v {
            return Err(format!("a decoded frame has odd strides {y}, {u}, {v}"));
        }
        Ok(Self { frame, matrix })
    }

    pub fn size(&self) -> PixelSize {
        PixelSize { width_px: self.frame.width(), height_px: self.frame.height() }
    }
}

impl Image for GstImage {
    fn planes(&self) -> Planes<'_> {
        let [y, u, v, _] = self.frame.planes_data();
        let stride = self.frame.plane_stride();
        Planes {
            size: self.size(),
            y,
            y_stride_bytes: stride[0] as usize,
            u,
            v,
            uv_stride_bytes: stride[1] as usize,
            matrix: self.matrix,
            full_range: self.frame.info().colorimetry().range()
                == gst_video::VideoColorRange::Range0_255,
        }
    }
}
