//! Pinhole and Brown-Conrady distortion: directions in the camera's frame to raw pixels, and back.
//!
//! `x`, `y` are the direction's slopes (x/z, y/z) without distortion. A distortion polynomial turns around at
//! some radius; beyond it one pixel would stand for two directions, so nothing is projected there.

use crate::domain::pixel::PixelPoint;

/// Focal lengths and principal point in px; distortion in OpenCV's order k1, k2, p1, p2, k3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lens {
    pub fx: f64,
    pub fy: f64,
    pub cx: f64,
    pub cy: f64,
    pub distortion: [f64; 5],
}

/// Squared slope beyond which no lens of this kind is trusted: 75 degrees off the axis.
const RADIUS_SQUARED_MAX: f64 = 14.0;
const NEWTON_STEPS_MAX: usize = 20;

impl Lens {
    /// The raw pixel of a direction; `None` where the distortion has turned around.
    pub fn pixel(&self, x: f64, y: f64) -> Option<PixelPoint> {
        let ((x, y), _) = self.bend(x, y)?;
        Some(PixelPoint { x: self.fx * x + self.cx, y: self.fy * y + self.cy })
    }

    /// The direction of a raw pixel, by Newton's method from the undistorted guess.
    pub fn direction(&self, pixel: PixelPoint) -> Option<(f64, f64)> {
        let (wanted_x, wanted_y) = ((pixel.x - self.cx) / self.fx, (pixel.y - self.cy) / self.fy);
        let (mut x, mut y) = (wanted_x, wanted_y);
        // Barrel distortion draws far pixels inwards, so the guess may lie beyond the turning point.
        while self.bend(x, y).is_none() {
            (x, y) = (x * 0.7, y * 0.7);
            if x.hypot(y) < 1e-6 {
                return None;
            }
        }
        for _ in 0..NEWTON_STEPS_MAX {
            let ((at_x, at_y), [[xx, xy], [yx, yy]]) = self.bend(x, y)?;
            let (miss_x, miss_y) = (wanted_x - at_x, wanted_y - at_y);
            if miss_x.abs().max(miss_y.abs()) < 1e-12 {
                return Some((x, y));
            }
            let determinant = xx * yy - xy * yx;
            let (step_x, step_y) = (
                (yy * miss_x - xy * miss_y) / determinant,
                (xx * miss_y - yx * miss_x) / determinant,
            );
            // A step that leaves the domain is shortened until it does not.
            let mut share = 1.0;
            while self.bend(x + share * step_x, y + share * step_y).is_none() {
                share *= 0.5;
                if share < 1e-6 {
                    return None;
                }
            }
            (x, y) = (x + share * step_x, y + share * step_y);
        }
        let ((at_x, at_y), _) = self.bend(x, y)?;
        ((wanted_x - at_x).hypot(wanted_y - at_y) < 1e-9).then_some((x, y))
    }

    /// Distorted slopes and their derivatives by `x` and `y`.
    #[expect(clippy::type_complexity, reason = "a point and its Jacobian, read once")]
    fn bend(&self, x: f64, y: f64) -> Option<((f64, f64), [[f64; 2]; 2])> {
        let [k1, k2, p1, p2, k3] = self.distortion;
        let r2 = x * x + y * y;
        let turning = 1.0 + r2 * (3.0 * k1 + r2 * (5.0 * k2 + r2 * 7.0 * k3));
        if !(r2 < RADIUS_SQUARED_MAX && turning > 0.02 && self.rises_up_to(r2)) {
            return None;
        }
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        let slope = 2.0 * (k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3));
        let bent = (
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        );
        let mixed = x * y * slope + 2.0 * p1 * x + 2.0 * p2 * y;
        let by = [
            [radial + x * x * slope + 2.0 * p1 * y + 6.0 * p2 * x, mixed],
            [mixed, radial + y * y * slope + 6.0 * p1 * y + 2.0 * p2 * x],
        ];
        Some((bent, by))
    }

    /// Whether the distorted radius grows all the way to `r2`: past a turning point it may rise again.
    fn rises_up_to(&self, r2: f64) -> bool {
        let [k1, k2, _, _, k3] = self.distortion;
        if k1 >= 0.0 && k2 >= 0.0 && k3 >= 0.0 {
            return true;
        }
        (1..8).all(|eighth| {
            let r2 = r2 * f64::from(eighth) / 8.0;
            1.0 + r2 * (3.0 * k1 + r2 * (5.0 * k2 + r2 * 7.0 * k3)) > 0.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lens(distortion: [f64; 5]) -> Lens {
        Lens { fx: 1200.0, fy: 1190.0, cx: 960.0, cy: 540.0, distortion }
    }

    #[test]
    fn known_distortion_by_hand() {
        // r2 = 0.25, radial = 1 - 0.2 * 0.25 + 0.04 * 0.0625 = 0.9525.
        let pixel = lens([-0.2, 0.04, 0.0, 0.0, 0.0]).pixel(0.3, 0.4).unwrap();
        assert!((pixel.x - (960.0 + 1200.0 * 0.3 * 0.9525)).abs() < 1e-9);
        assert!((pixel.y - (540.0 + 1190.0 * 0.4 * 0.9525)).abs() < 1e-9);
    }

    #[test]
    fn no_pixel_beyond_the_turning_point() {
        // 1 + 3 k1 r2 = 0 at r2 = 1.11.
        let lens = lens([-0.3, 0.0, 0.0, 0.0, 0.0]);
        assert!(lens.pixel(1.0, 0.0).is_some());
        assert!(lens.pixel(1.06, 0.0).is_none());
        assert!(lens.pixel(3.0, 0.0).is_none());
        // No direction maps so far out.
        assert_eq!(lens.direction(PixelPoint { x: 960.0 + 1200.0 * 0.9, y: 540.0 }), None);
    }

    proptest! {
        #[test]
        fn direction_undoes_pixel(
            x in -0.9f64..0.9, y in -0.6f64..0.6, k1 in -0.25f64..0.2, k2 in -0.02f64..0.08,
            p1 in -0.003f64..0.003, p2 in -0.003f64..0.003,
        ) {
            let lens = lens([k1, k2, p1, p2, 0.0]);
            if let Some(pixel) = lens.pixel(x, y) {
                let (back_x, back_y) = lens.direction(pixel).unwrap();
                prop_assert!((back_x - x).hypot(back_y - y) < 1e-8, "{back_x} {back_y}");
            }
        }
    }
}
