//! OpenCV and picture files: everything that touches pixels and is not video or inference.
//!
//! Enters: frames as 4:2:0 planes ([`Planes`](crate::domain::frame::Planes)). Leaves: tensors, frame
//! statistics, pictures, poses. OpenCV's own threads are switched off: cameras are the parallelism here.

/// What has changed in a view and stays changed.
pub mod change;
/// YUV to RGB and back, by declared matrix and range.
mod colour;
/// Thumbnails of a clip in one picture.
pub mod filmstrip;
/// Could the camera see: numbers for `domain::health`.
pub mod health;
/// Whether a place looks as it did.
pub mod likeness;
/// What must not be recognisable in a picture that leaves the camera.
pub mod mask;
/// Lines and marks over a picture.
pub mod overlay;
/// Picture files in and out.
pub mod picture_file;
/// One 8-bit plane, borrowed and shrunk.
mod plane;
/// Where a camera stands, roughly.
pub mod pose;
/// Pictures of a moment, masked; and pictures from files.
pub mod snapshot;
/// A picture file as a frame.
pub mod still;
/// Frames as network input.
pub mod tensor;
/// One frame against what the view looked like before.
mod view;

use crate::domain::seams::PixelFault;
use std::sync::Once;

/// Must run before the first OpenCV call of a thread that does real work.
fn one_thread() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        if let Err(error) = opencv::core::set_num_threads(1) {
            tracing::warn!(%error, "OpenCV keeps its own threads");
        }
    });
}

fn fault(error: opencv::Error) -> PixelFault {
    PixelFault { reason: format!("OpenCV: {}", error.message.trim()) }
}
