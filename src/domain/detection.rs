//! What a detector says about one frame.

use super::{ids::ClassName, pixel::PixelBox};

/// One box of one class, in source pixels. `score` is 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    pub class: ClassName,
    pub score: f32,
    pub bbox: PixelBox,
}

/// Which model made the detections; carried by every case.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ModelRef {
    pub id: String,
    pub sha256: String,
}
