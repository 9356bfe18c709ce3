//! Small things: parts of a frame that go through the network by themselves, and so larger.
//!
//! ```text
//! zone -> tiles (reference pixels) -> cuts of one frame (stream pixels) -> boxes of each cut
//!                                          whole frame's boxes + theirs -> merge -> one box a thing
//! ```
//!
//! Enters: zones with a [`TileShape`], then the boxes of whole frame and cuts. Leaves: [`Cut`]s, and
//! merged boxes in pixels of the frame. Invariants: tiles lie inside the frame, overlap by at least the
//! share asked for, and together cover the zone's bounding box; a box maps back to where it was seen; a
//! box that a tile's edge cuts off gives way to one that shows the thing whole. Each tile costs one
//! inference a frame, so their number is bounded by [`TILES_MAX`].

use super::{
    detection::Detection,
    frame::{Frame, Image, Planes},
    pixel::{PixelBox, PixelSize},
};
use std::sync::Arc;

/// Of one camera, in all its zones.
pub const TILES_MAX: usize = 16;
/// Two small things side by side, or one of them and its shadow, fit into it.
pub const TILE_OVERLAP_DEFAULT: f32 = 0.2;
/// Boxes of two views that overlap more than this are one thing.
const SAME_IOU: f32 = 0.5;
/// Of a cut-off box, the share that lies in a whole one which shows the same thing.
const SAME_SHARE: f32 = 0.5;
/// Networks stop a little short of an edge: share of the tile's side, and at least so many pixels.
const EDGE_SHARE: f32 = 0.01;
const EDGE_PX_MIN: f32 = 2.0;

/// How a zone is cut up. Pixels of the frame that the zone is drawn in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileShape {
    pub size: PixelSize,
    /// Share of a tile that its neighbour sees too, 0 to 0.5.
    pub overlap: f32,
}

/// The tiles of one view.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiling {
    reference: PixelSize,
    tiles: Vec<PixelBox>,
}

impl Tiling {
    /// Whole frames only.
    pub fn none() -> Self {
        Self { reference: PixelSize { width_px: 1, height_px: 1 }, tiles: Vec::new() }
    }

    /// Tiles over areas of a frame; one that lies over two areas is there once.
    pub fn over(
        reference: PixelSize,
        areas: impl IntoIterator<Item = (PixelBox, TileShape)>,
    ) -> Self {
        let mut tiles: Vec<PixelBox> = Vec::new();
        for (area, shape) in areas {
            for tile in cover(&area, shape, reference) {
                if !tiles.contains(&tile) {
                    tiles.push(tile);
                }
            }
        }
        Self { reference, tiles }
    }

    /// Inferences that a frame costs besides its own.
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// The tiles in a stream of another size.
    pub fn cuts(&self, stream: PixelSize) -> Vec<Cut> {
        let x = stream.width_px as f32 / self.reference.width_px as f32;
        let y = stream.height_px as f32 / self.reference.height_px as f32;
        self.tiles.iter().filter_map(|tile| Cut::around(&tile.scaled(x, y), stream)).collect()
    }
}

/// Tiles of one shape over one area, row by row. Of a smaller area one tile around its middle.
fn cover(area: &PixelBox, shape: TileShape, frame: PixelSize) -> Vec<PixelBox> {
    let area = area.clamped(frame);
    let columns = spans(area.x1, area.x2, shape.size.width_px, shape.overlap, frame.width_px);
    let rows = spans(area.y1, area.y2, shape.size.height_px, shape.overlap, frame.height_px);
    let mut tiles = Vec::with_capacity(columns.len() * rows.len());
    for &(y1, y2) in &rows {
        tiles.extend(columns.iter().map(|&(x1, x2)| PixelBox::new(x1, y1, x2, y2)));
    }
    tiles
}

/// Equal spans of one length over `from..to`, evenly apart.
fn spans(from: f32, to: f32, side_px: u32, overlap: f32, limit_px: u32) -> Vec<(f32, f32)> {
    let limit = limit_px as f32;
    let side = (side_px as f32).min(limit);
    let extent = to - from;
    if extent <= side {
        let start = ((from + to - side) / 2.0).clamp(0.0, limit - side);
        return vec![(start, start + side)];
    }
    let shared = side * overlap;
    // A hair less, or rounding would ask for one more tile than fits exactly.
    let count = ((extent - shared) / (side - shared) - 1e-3).ceil().max(2.0) as usize;
    let step = (extent - side) / (count - 1) as f32;
    (0..count).map(|index| from + step * index as f32).map(|start| (start, start + side)).collect()
}

/// A part of one frame, in whole pixels; left and top are even, as chroma wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    left_px: u32,
    top_px: u32,
    size: PixelSize,
    frame: PixelSize,
}

impl Cut {
    fn around(tile: &PixelBox, frame: PixelSize) -> Option<Self> {
        let tile = tile.clamped(frame);
        let (left_px, top_px) = (tile.x1 as u32 & !1, tile.y1 as u32 & !1);
        let (right_px, bottom_px) = (tile.x2.ceil() as u32, tile.y2.ceil() as u32);
        let size = PixelSize {
            width_px: right_px.min(frame.width_px).checked_sub(left_px)?,
            height_px: bottom_px.min(frame.height_px).checked_sub(top_px)?,
        };
        (size.width_px > 0 && size.height_px > 0).then_some(Self { left_px, top_px, size, frame })
    }

    /// This part as a frame of its own; shares the pixels.
    pub fn of(self, frame: &Frame) -> Frame {
        let mut stamp = frame.stamp;
        stamp.size = self.size;
        Frame { stamp, image: Arc::new(Part { whole: Arc::clone(&frame.image), cut: self }) }
    }

    fn to_frame(self, bbox: &PixelBox) -> PixelBox {
        let (x, y) = (self.left_px as f32, self.top_px as f32);
        PixelBox { x1: bbox.x1 + x, y1: bbox.y1 + y, x2: bbox.x2 + x, y2: bbox.y2 + y }
            .clamped(self.frame)
    }

    /// Does the box, in the part's pixels, end where the part does and the frame goes on?
    fn cuts_off(self, bbox: &PixelBox) -> bool {
        let (width, height) = (self.size.width_px as f32, self.size.height_px as f32);
        let near = |side: f32| (side * EDGE_SHARE).max(EDGE_PX_MIN);
        let goes_on_right = self.left_px + self.size.width_px < self.frame.width_px;
        let goes_on_below = self.top_px + self.size.height_px < self.frame.height_px;
        self.left_px > 0 && bbox.x1 <= near(width)
            || self.top_px > 0 && bbox.y1 <= near(height)
            || goes_on_right && bbox.x2 >= width - near(width)
            || goes_on_below && bbox.y2 >= height - near(height)
    }
}

struct Part {
    whole: Arc<dyn Image>,
    cut: Cut,
}

impl Image for Part {
    fn planes(&self) -> Planes<'_> {
        let whole = self.whole.planes();
        let (left, top) = (self.cut.left_px as usize, self.cut.top_px as usize);
        // A plane too short for its size gives no samples, which whoever reads them refuses.
        let y = whole.y.get(top * whole.y_stride_bytes + left..).unwrap_or_default();
        let chroma = top / 2 * whole.uv_stride_bytes + left / 2;
        let of = |plane: &'_ [u8]| -> usize { chroma.min(plane.len()) };
        Planes {
            size: self.cut.size,
            y,
            u: &whole.u[of(whole.u)..],
            v: &whole.v[of(whole.v)..],
            ..whole
        }
    }
}

struct View {
    found: Detection,
    /// 0: the whole frame.
    view: usize,
    whole: bool,
}

/// Boxes of the whole frame and of its cuts as one list, best first, in pixels of the frame.
pub fn merge(whole_frame: Vec<Detection>, cuts: &[(Cut, Vec<Detection>)]) -> Vec<Detection> {
    let mut views: Vec<View> =
        whole_frame.into_iter().map(|found| View { found, view: 0, whole: true }).collect();
    for (index, (cut, detections)) in cuts.iter().enumerate() {
        views.extend(detections.iter().map(|found| View {
            whole: !cut.cuts_off(&found.bbox),
            found: Detection { bbox: cut.to_frame(&found.bbox), ..found.clone() },
            view: index + 1,
        }));
    }
    // Whole ones first: what they show, no cut-off one needs to.
    views.sort_by(|a, b| {
        b.whole.cmp(&a.whole).then_with(|| b.found.score.total_cmp(&a.found.score))
    });
    let mut kept: Vec<View> = Vec::with_capacity(views.len());
    for one in views {
        let shown = kept.iter().any(|other| {
            let (own, others) = (&one.found.bbox, &other.found.bbox);
            let share = own.intersection(others) / own.area().max(f32::MIN_POSITIVE);
            // Within one view the network's own suppression has decided.
            other.view != one.view
                && other.found.class == one.found.class
                && (own.iou(others) > SAME_IOU || !one.whole && other.whole && share > SAME_SHARE)
        });
        if !shown {
            kept.push(one);
        }
    }
    let mut merged: Vec<Detection> = kept.into_iter().map(|view| view.found).collect();
    merged.sort_by(|a, b| b.score.total_cmp(&a.score));
    merged
}

#[cfg(test)]
#[path = "tiles_tests.rs"]
mod tests;
