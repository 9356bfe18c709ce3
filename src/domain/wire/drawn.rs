//! A view's zones as a camera's card states them: what the zone editor begins with.

use crate::domain::{
    ids::ZoneId,
    pixel::{PixelPoint, PixelPolygon, PixelSize},
    privacy::PrivacyMask,
    scene::{Line, Scene, Zone},
};
use serde::{Deserialize, Serialize};

/// `scene` of a card. Zones drawn on the ground are stated in the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneData {
    /// The size that all pixels are of.
    pub frame: FrameData,
    pub zones: Vec<ZoneData>,
    /// Parts in which nothing is looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub privacy: Vec<OutlineData>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameData {
    pub width_px: u32,
    pub height_px: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ZoneData {
    pub id: ZoneId,
    /// Of a line: the whole frame.
    pub polygon_px: Vec<[f64; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_px: Option<[[f64; 2]; 2]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The zone is the slot of this component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiles: Option<TilesData>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlineData {
    pub polygon_px: Vec<[f64; 2]>,
}

/// The zone is looked at in parts of this size as well.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TilesData {
    pub width_px: u32,
    pub height_px: u32,
    pub overlap: f32,
}

impl SceneData {
    pub fn of(scene: &Scene, privacy: &PrivacyMask) -> Self {
        let size = scene.reference_size;
        let PixelSize { width_px, height_px } = size;
        let zones = scene.zones.iter().map(|zone| ZoneData::of(zone, size));
        let outline = |polygon| OutlineData { polygon_px: outline(polygon, size) };
        Self {
            frame: FrameData { width_px, height_px },
            zones: zones.collect(),
            privacy: privacy.zones().iter().map(outline).collect(),
        }
    }
}

impl ZoneData {
    fn of(zone: &Zone, size: PixelSize) -> Self {
        let corner = |at: PixelPoint| [at.x, at.y];
        Self {
            id: zone.id.clone(),
            polygon_px: outline(&zone.polygon, size),
            line_px: zone.line.map(|Line { from, to }| [corner(from), corner(to)]),
            tags: zone.tags.clone(),
            component_id: zone.asset.as_ref().map(|asset| asset.component_id.clone()),
            owner: zone.asset.as_ref().and_then(|asset| asset.owner.clone()),
            tiles: zone.tiles.map(|shape| TilesData {
                width_px: shape.size.width_px,
                height_px: shape.size.height_px,
                overlap: shape.overlap,
            }),
        }
    }
}

/// Corners that were moved out over the border are on it again.
fn outline(polygon: &PixelPolygon, size: PixelSize) -> Vec<[f64; 2]> {
    let on = |at: f64, length: u32| (at.clamp(0.0, f64::from(length)) * 10.0).round() / 10.0;
    let corner = |at: &PixelPoint| [on(at.x, size.width_px), on(at.y, size.height_px)];
    polygon.corners().iter().map(corner).collect()
}
