//! Zones of one view, in the pixels of the frames that arrive.

use super::{
    ids::{CameraId, ZoneId},
    pixel::{PixelPolygon, PixelSize},
};

/// A named polygon. Drawn in the pipeline's reference size, scaled to the stream's.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    pub id: ZoneId,
    pub polygon: PixelPolygon,
}

/// What does not change between frames of one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub camera: CameraId,
    /// The size that the polygons are drawn in.
    pub reference_size: PixelSize,
    pub zones: Vec<Zone>,
}

impl Scene {
    /// Factors from stream pixels to reference pixels, in which all rules work.
    pub fn reference_from_stream(&self, stream: PixelSize) -> (f32, f32) {
        (
            self.reference_size.width_px as f32 / stream.width_px.max(1) as f32,
            self.reference_size.height_px as f32 / stream.height_px.max(1) as f32,
        )
    }

    pub fn zone(&self, id: &ZoneId) -> Option<&Zone> {
        self.zones.iter().find(|zone| &zone.id == id)
    }
}
