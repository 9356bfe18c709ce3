//! Zones of one view, in the pixels of the frames that arrive.

use super::{
    exception::Exception,
    ids::{CameraId, ZoneId},
    pixel::{PixelBox, PixelPoint, PixelPolygon, PixelSize},
    tiles::{TileShape, Tiling},
};
use serde::{Deserialize, Serialize};

/// A named polygon. Drawn in the pipeline's reference size, scaled to the stream's.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    pub id: ZoneId,
    pub polygon: PixelPolygon,
    /// Looked at in parts as well, for small things.
    pub tiles: Option<TileShape>,
    /// The one thing that belongs here; then the zone is its slot.
    pub asset: Option<Asset>,
    /// The zone is a line that things cross; then its polygon is the whole frame.
    pub line: Option<Line>,
    /// Words for whoever decides about what is found here, such as `school`.
    pub tags: Vec<String>,
}

/// A line across the picture, in reference pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub from: PixelPoint,
    pub to: PixelPoint,
}

impl Line {
    /// How far a point lies to the right of whoever walks from `from` to `to`; negative: to the left.
    pub fn rightwards_px(&self, point: PixelPoint) -> f64 {
        let (dx, dy) = (self.to.x - self.from.x, self.to.y - self.from.y);
        // Rows grow downwards, so the right hand is where the cross product is positive.
        (dx * (point.y - self.from.y) - dy * (point.x - self.from.x)) / dx.hypot(dy)
    }

    /// Whether a way from one side to the other passes between the ends of the line.
    pub fn is_between(&self, one: PixelPoint, other: PixelPoint) -> bool {
        let way = Self { from: one, to: other };
        (way.rightwards_px(self.from) > 0.0) != (way.rightwards_px(self.to) > 0.0)
    }
}

/// A city component (部件) that is known by its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// 智慧码, or the code of the city's component survey.
    pub component_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Zone {
    /// What tiles of this shape cover: the zone, and above it what stands on its far edge, since a
    /// thing is in a zone by its foot.
    pub fn tiled_area(&self, shape: TileShape) -> PixelBox {
        let PixelBox { x1, y1, x2, y2 } = self.polygon.bounds();
        let above = shape.overlap * shape.size.height_px as f32;
        PixelBox::new(x1, y1 - above, x2, y2)
    }
}

/// What does not change between frames of one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub camera: CameraId,
    /// The size that the polygons are drawn in.
    pub reference_size: PixelSize,
    pub zones: Vec<Zone>,
    /// What is permitted where, and when.
    pub exceptions: Vec<Exception>,
}

impl Scene {
    /// Factors from stream pixels to reference pixels, in which all rules work.
    pub fn reference_from_stream(&self, stream: PixelSize) -> (f32, f32) {
        (
            self.reference_size.width_px as f32 / stream.width_px.max(1) as f32,
            self.reference_size.height_px as f32 / stream.height_px.max(1) as f32,
        )
    }

    /// The parts of each frame that are looked at besides the whole.
    pub fn tiling(&self) -> Tiling {
        let areas = self.zones.iter().filter_map(|zone| {
            let shape = zone.tiles?;
            Some((zone.tiled_area(shape), shape))
        });
        Tiling::over(self.reference_size, areas)
    }

    pub fn zone(&self, id: &ZoneId) -> Option<&Zone> {
        self.zones.iter().find(|zone| &zone.id == id)
    }
}
