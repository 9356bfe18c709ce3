//! Picture geometry. Pixel coordinates; the centre of the top-left pixel is (0, 0).

use geo::Validation;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PixelSize {
    pub width_px: u32,
    pub height_px: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelPoint {
    pub x: f64,
    pub y: f64,
}

/// A side is where it was within this share of the box's width or height.
const SIDE_SHARE_MAX: f32 = 0.1;

/// Left, top, right, bottom edges; `x2 >= x1`, `y2 >= y1` by construction in [`PixelBox::new`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelBox {
    pub x1: f32,
    pub y1: f32,
    pub x2: f32,
    pub y2: f32,
}

impl PixelBox {
    /// Sorts the edges; a non-finite edge becomes zero.
    pub fn new(x1: f32, y1: f32, x2: f32, y2: f32) -> Self {
        let finite = |v: f32| if v.is_finite() { v } else { 0.0 };
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(finite);
        Self { x1: x1.min(x2), y1: y1.min(y2), x2: x1.max(x2), y2: y1.max(y2) }
    }

    pub fn whole(size: PixelSize) -> Self {
        Self { x1: 0.0, y1: 0.0, x2: size.width_px as f32, y2: size.height_px as f32 }
    }

    pub fn width(&self) -> f32 {
        self.x2 - self.x1
    }
    pub fn height(&self) -> f32 {
        self.y2 - self.y1
    }
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }
    pub fn centre(&self) -> PixelPoint {
        PixelPoint { x: f64::from(self.x1 + self.x2) / 2.0, y: f64::from(self.y1 + self.y2) / 2.0 }
    }
    /// Where an upright thing meets the ground: middle of the bottom edge.
    pub fn foot(&self) -> PixelPoint {
        PixelPoint { x: f64::from(self.x1 + self.x2) / 2.0, y: f64::from(self.y2) }
    }

    pub fn contains(&self, point: PixelPoint) -> bool {
        let (x, y) = (point.x as f32, point.y as f32);
        (self.x1..=self.x2).contains(&x) && (self.y1..=self.y2).contains(&y)
    }

    pub fn intersection(&self, other: &Self) -> f32 {
        let width = self.x2.min(other.x2) - self.x1.max(other.x1);
        let height = self.y2.min(other.y2) - self.y1.max(other.y1);
        width.max(0.0) * height.max(0.0)
    }

    /// Intersection over union, 0 for empty boxes.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Whether a thing that stood at `place` still does: by the overlap, or by three of its sides. What passes
    /// before a thing, or is taken together with it, moves one side; what moves, moves two.
    pub fn is_at(&self, place: &Self, iou_min: f32) -> bool {
        let (across, down) = (SIDE_SHARE_MAX * place.width(), SIDE_SHARE_MAX * place.height());
        let kept = [
            (place.x1 - self.x1).abs() <= across,
            (place.x2 - self.x2).abs() <= across,
            (place.y1 - self.y1).abs() <= down,
            (place.y2 - self.y2).abs() <= down,
        ];
        place.iou(self) >= iou_min || kept.iter().filter(|kept| **kept).count() >= 3
    }

    /// Inside the picture; may become empty.
    pub fn clamped(&self, size: PixelSize) -> Self {
        let (width, height) = (size.width_px as f32, size.height_px as f32);
        Self {
            x1: self.x1.clamp(0.0, width),
            y1: self.y1.clamp(0.0, height),
            x2: self.x2.clamp(0.0, width),
            y2: self.y2.clamp(0.0, height),
        }
    }

    /// Each edge moved by a share of its distance to the other box's.
    pub fn moved_towards(&self, other: &Self, share: f32) -> Self {
        let moved = |from: f32, to: f32| from + share * (to - from);
        Self {
            x1: moved(self.x1, other.x1),
            y1: moved(self.y1, other.y1),
            x2: moved(self.x2, other.x2),
            y2: moved(self.y2, other.y2),
        }
    }

    pub fn scaled(&self, x: f32, y: f32) -> Self {
        Self { x1: self.x1 * x, y1: self.y1 * y, x2: self.x2 * x, y2: self.y2 * y }
    }

    pub fn moved(&self, x: f32, y: f32) -> Self {
        Self { x1: self.x1 + x, y1: self.y1 + y, x2: self.x2 + x, y2: self.y2 + y }
    }

    /// Each edge moved out.
    pub fn grown(&self, margin: f32) -> Self {
        let Self { x1, y1, x2, y2 } = *self;
        Self::new(x1 - margin, y1 - margin, x2 + margin, y2 + margin)
    }

    /// The longer side.
    pub fn extent(&self) -> f32 {
        self.width().max(self.height())
    }
}

/// A simple polygon, at least three corners.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelPolygon(Vec<PixelPoint>);

impl PixelPolygon {
    /// `None` with fewer than three corners, a non-finite corner or no area.
    pub fn new(corners: Vec<PixelPoint>) -> Option<Self> {
        let polygon = Self(corners);
        let sound = polygon.0.len() >= 3
            && polygon.0.iter().all(|p| p.x.is_finite() && p.y.is_finite())
            && polygon.doubled_area().abs() > f64::EPSILON;
        sound.then_some(polygon)
    }

    pub fn whole(size: PixelSize) -> Self {
        let (x, y) = (f64::from(size.width_px), f64::from(size.height_px));
        Self([(0.0, 0.0), (x, 0.0), (x, y), (0.0, y)].map(|(x, y)| PixelPoint { x, y }).to_vec())
    }

    /// Corners on the border of the frame, or within its last pixel, moved out by a pixel: a thing that
    /// the border cuts off has its foot exactly on the border, and still stands in a zone drawn so far.
    pub fn out_to_border(&self, size: PixelSize) -> Self {
        let out = |at: f64, length: u32| {
            let last = f64::from(length) - 1.0;
            if at <= 0.0 {
                at - 1.0
            } else if at >= last {
                at.max(last + 1.0) + 1.0
            } else {
                at
            }
        };
        let moved =
            |p: &PixelPoint| PixelPoint { x: out(p.x, size.width_px), y: out(p.y, size.height_px) };
        Self(self.0.iter().map(moved).collect())
    }

    /// Whether two of its sides meet elsewhere than at a corner that they share.
    pub fn crosses_itself(&self) -> bool {
        let ring = self.0.iter().map(|corner| (corner.x, corner.y)).collect();
        !geo::Polygon::new(ring, vec![]).is_valid()
    }

    /// The box around it.
    pub fn bounds(&self) -> PixelBox {
        let least = |of: fn(&PixelPoint) -> f64| self.0.iter().map(of).fold(f64::MAX, f64::min);
        let most = |of: fn(&PixelPoint) -> f64| self.0.iter().map(of).fold(f64::MIN, f64::max);
        PixelBox::new(
            least(|corner| corner.x) as f32,
            least(|corner| corner.y) as f32,
            most(|corner| corner.x) as f32,
            most(|corner| corner.y) as f32,
        )
    }

    pub fn corners(&self) -> &[PixelPoint] {
        &self.0
    }

    pub fn scaled(&self, x: f64, y: f64) -> Self {
        Self(self.0.iter().map(|p| PixelPoint { x: p.x * x, y: p.y * y }).collect())
    }

    /// Even-odd rule; a point on the left or top edge is inside.
    pub fn contains(&self, point: PixelPoint) -> bool {
        let mut inside = false;
        let mut previous = self.0[self.0.len() - 1];
        for &corner in &self.0 {
            if (corner.y > point.y) != (previous.y > point.y) {
                let x = (previous.x - corner.x) * (point.y - corner.y) / (previous.y - corner.y)
                    + corner.x;
                inside ^= point.x < x;
            }
            previous = corner;
        }
        inside
    }

    fn doubled_area(&self) -> f64 {
        let next = self.0.iter().cycle().skip(1);
        self.0.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn polygon_needs_area() {
        let line = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)].map(|(x, y)| PixelPoint { x, y });
        assert!(PixelPolygon::new(line.to_vec()).is_none());
    }

    #[test]
    fn foot_is_on_the_bottom_edge() {
        let foot = PixelBox::new(10.0, 20.0, 30.0, 80.0).foot();
        assert_eq!((foot.x, foot.y), (20.0, 80.0));
    }

    proptest! {
        #[test]
        fn iou_is_symmetric_and_bounded(a in any::<[i16; 4]>(), b in any::<[i16; 4]>()) {
            let as_box = |v: [i16; 4]| PixelBox::new(v[0].into(), v[1].into(), v[2].into(), v[3].into());
            let (a, b) = (as_box(a), as_box(b));
            prop_assert_eq!(a.iou(&b), b.iou(&a));
            prop_assert!((0.0..=1.0).contains(&a.iou(&b)));
        }

        #[test]
        fn a_zone_drawn_to_the_last_pixel_holds_what_the_border_cuts_off(x in 0.0f32..640.0, drawn_to in 639.0f64..=640.0) {
            let size = PixelSize { width_px: 640, height_px: 360 };
            let corners = [(0.0, 0.0), (drawn_to, 0.0), (drawn_to, drawn_to - 280.0), (0.0, drawn_to - 280.0)];
            let drawn = PixelPolygon::new(corners.map(|(x, y)| PixelPoint { x, y }).to_vec()).unwrap();
            let cut_off = PixelBox::new(x, 300.0, x, 360.0);
            prop_assert!(!drawn.contains(cut_off.foot()));
            prop_assert!(drawn.out_to_border(size).contains(cut_off.foot()));
        }

        #[test]
        fn whole_frame_contains_every_pixel(x in 0u32..640, y in 0u32..360) {
            let whole = PixelPolygon::whole(PixelSize { width_px: 640, height_px: 360 });
            let inside = whole.contains(PixelPoint { x: x.into(), y: y.into() });
            prop_assert!(inside);
        }
    }
}
