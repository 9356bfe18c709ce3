//! How far off a position may be, as people and the grid use it.

use nalgebra::Matrix2;

/// The ellipse that holds the true position with 95 % probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorEllipse {
    pub semi_major_metres: f64,
    pub semi_minor_metres: f64,
    /// Direction of the long axis, clockwise from north, 0 to 180.
    pub bearing_deg: f64,
    /// Radius of the circle that holds the true position with 95 % probability.
    pub radius_metres: f64,
}

/// 95 % points: of chi-square with two degrees of freedom, and of the normal distribution, one tail.
const CHI_SQUARE_95: f64 = 5.991_464_5;
const NORMAL_95: f64 = 1.644_853_6;

impl ErrorEllipse {
    /// From the covariance of east and north, square metres.
    pub fn from_covariance(covariance: &Matrix2<f64>) -> Self {
        let (east, north, both) = (
            covariance[(0, 0)],
            covariance[(1, 1)],
            (covariance[(0, 1)] + covariance[(1, 0)]) / 2.0,
        );
        let (half, root) = ((east + north) / 2.0, ((east - north) / 2.0).hypot(both));
        let (large, small) = (half + root, (half - root).max(0.0));
        // Angle from east, counter-clockwise, of the long axis.
        let angle = 0.5 * (2.0 * both).atan2(east - north);
        Self {
            semi_major_metres: (CHI_SQUARE_95 * large).sqrt(),
            semi_minor_metres: (CHI_SQUARE_95 * small).sqrt(),
            bearing_deg: (90.0 - angle.to_degrees()).rem_euclid(180.0),
            radius_metres: radius_95(large, small),
        }
    }

    /// Whether an offset from the stated position lies inside.
    pub fn holds(&self, east_metres: f64, north_metres: f64) -> bool {
        let (sin, cos) = self.bearing_deg.to_radians().sin_cos();
        let (along, across) =
            (east_metres * sin + north_metres * cos, east_metres * cos - north_metres * sin);
        (along / self.semi_major_metres).powi(2) + (across / self.semi_minor_metres).powi(2) <= 1.0
    }
}

/// The sum of two squared normals of these variances is taken as a scaled chi-square of the same mean and
/// variance, and its 95 % point by Wilson and Hilferty: within 1.5 % of the exact radius.
fn radius_95(large: f64, small: f64) -> f64 {
    let mean = large + small;
    if mean <= 0.0 {
        return 0.0;
    }
    let spread = 2.0 * (large * large + small * small) / (9.0 * mean * mean);
    (mean * (1.0 - spread + NORMAL_95 * spread.sqrt()).powi(3)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_and_bearing_of_a_known_spread() {
        // Long axis to the north-east.
        let ellipse = ErrorEllipse::from_covariance(&Matrix2::new(2.5, 1.5, 1.5, 2.5));
        assert!((ellipse.semi_major_metres - 2.0 * CHI_SQUARE_95.sqrt()).abs() < 1e-9);
        assert!((ellipse.semi_minor_metres - CHI_SQUARE_95.sqrt()).abs() < 1e-9);
        assert!((ellipse.bearing_deg - 45.0).abs() < 1e-9);
        assert!(ellipse.holds(3.4, 3.4) && !ellipse.holds(3.6, 3.6));
        assert!(ellipse.holds(1.7, -1.7) && !ellipse.holds(1.8, -1.8));
    }

    #[test]
    fn the_circle_has_its_known_radius_at_both_ends() {
        // Exact: 2.4477 sigma for a round spread, 1.9600 for a line.
        assert!((radius_95(1.0, 1.0) / 2.4477 - 1.0).abs() < 0.015);
        assert!((radius_95(1.0, 0.0) / 1.9600 - 1.0).abs() < 0.015);
        assert_eq!(radius_95(0.0, 0.0), 0.0);
    }
}
