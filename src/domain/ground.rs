//! Calibrated view: image pixel to ground position, with an honest error, refused outside its hull.
//!
//! Enters: control points or a homography (image px -> east, north metres about an origin). Leaves:
//! [`Located`] points whose `error_metres` grows with distance, because a pixel covers more ground there.
//! The error is one standard deviation: survey residual and foot-point noise, added in squares.

use super::{
    geo::{EastNorth, GeoPoint, LocalFrame},
    pixel::{PixelPoint, PixelPolygon, PixelSize},
};
use nalgebra::{DMatrix, Matrix3, Vector3};

/// How far a detector's foot point is from the true one, px, in the calibration's frame size.
const FOOT_NOISE_PX: f64 = 3.0;

/// A known correspondence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlPoint {
    pub image: PixelPoint,
    pub ground: EastNorth,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Located {
    pub point: GeoPoint,
    pub local: EastNorth,
    pub height_metres: f64,
    pub error_metres: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("outside the calibrated hull")]
    OutsideHull,
    #[error("at or above the horizon")]
    AboveHorizon,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadCalibration {
    #[error("{given} control points; at least 4 are needed")]
    TooFewPoints { given: usize },
    #[error(
        "the control points lie on one line (or coincide): spread them over the ground that the camera sees"
    )]
    Collinear,
    #[error("the homography cannot be inverted (determinant {determinant:e})")]
    Singular { determinant: f64 },
    #[error("hull_px has no area: give at least 3 corners that are not on one line")]
    BadHull,
    #[error(
        "hull corner ({x:.1}, {y:.1}) px lies at or above the horizon: keep the hull on the ground"
    )]
    HullAboveHorizon { x: f64, y: f64 },
}

/// A camera's view of one ground plane.
#[derive(Debug, Clone, PartialEq)]
pub struct GroundView {
    pub frame: PixelSize,
    ground_from_image: Matrix3<f64>,
    image_from_ground: Matrix3<f64>,
    pub origin: GeoPoint,
    pub height_metres: f64,
    local: LocalFrame,
    hull: PixelPolygon,
    pub rms_error_metres: f64,
}

/// What a calibration file says, checked by [`GroundView::new`].
#[derive(Debug, Clone, PartialEq)]
pub struct HomographyCalibration {
    pub frame: PixelSize,
    pub ground_from_image: [[f64; 3]; 3],
    pub origin: GeoPoint,
    pub height_metres: f64,
    pub rms_error_metres: f64,
    pub hull_px: Vec<PixelPoint>,
}

impl GroundView {
    pub fn new(calibration: HomographyCalibration) -> Result<Self, BadCalibration> {
        let rows = calibration.ground_from_image;
        let matrix = Matrix3::from_fn(|row, column| rows[row][column]);
        let scale = matrix.norm();
        let determinant = matrix.determinant() / scale.powi(3).max(f64::MIN_POSITIVE);
        let singular = BadCalibration::Singular { determinant };
        // Mixed units make the normalised determinant small by nature; only the hopeless is refused.
        if !determinant.is_finite() || determinant.abs() < 1e-18 {
            return Err(singular);
        }
        let image_from_ground = matrix.try_inverse().ok_or(singular)?;
        let hull = PixelPolygon::new(calibration.hull_px).ok_or(BadCalibration::BadHull)?;
        // The sign of w is fixed so that it is positive on the ground in view.
        let (w, _) =
            hull.corners().iter().fold((0.0, 0), |(sum, n), p| (sum + depth(&matrix, *p), n + 1));
        let sign = if w < 0.0 { -1.0 } else { 1.0 };
        let ground_from_image = matrix * sign;
        if let Some(corner) = hull.corners().iter().find(|p| depth(&ground_from_image, **p) <= 1e-9)
        {
            return Err(BadCalibration::HullAboveHorizon { x: corner.x, y: corner.y });
        }
        Ok(Self {
            frame: calibration.frame,
            ground_from_image,
            image_from_ground,
            origin: calibration.origin,
            height_metres: calibration.height_metres,
            local: LocalFrame::about(calibration.origin),
            hull,
            rms_error_metres: calibration.rms_error_metres,
        })
    }

    pub fn hull(&self) -> &PixelPolygon {
        &self.hull
    }

    /// Where a pixel of the calibration's frame lies on the ground.
    pub fn locate(&self, point: PixelPoint) -> Result<Located, Refusal> {
        if !self.hull.contains(point) {
            return Err(Refusal::OutsideHull);
        }
        self.project(point).ok_or(Refusal::AboveHorizon)
    }

    /// Hull corners on the ground, for footprints and maps.
    pub fn hull_on_ground(&self) -> Vec<GeoPoint> {
        self.hull
            .corners()
            .iter()
            .filter_map(|corner| self.project(*corner))
            .map(|at| at.point)
            .collect()
    }

    /// Where a place on the ground appears, whether or not it is inside the frame.
    pub fn image_from_geo(&self, point: GeoPoint) -> Option<PixelPoint> {
        let local = self.local.local_from_geo(point);
        let image =
            self.image_from_ground * Vector3::new(local.east_metres, local.north_metres, 1.0);
        (image.z.abs() > f64::EPSILON)
            .then(|| PixelPoint { x: image.x / image.z, y: image.y / image.z })
    }

    fn project(&self, point: PixelPoint) -> Option<Located> {
        let h = &self.ground_from_image;
        let ground = h * Vector3::new(point.x, point.y, 1.0);
        if ground.z <= 1e-9 {
            return None;
        }
        let local =
            EastNorth { east_metres: ground.x / ground.z, north_metres: ground.y / ground.z };
        // Rows of d(east, north)/d(x, y): how many metres one pixel covers here.
        let per_px = |row: usize, value: f64, column: usize| {
            (h[(row, column)] - value * h[(2, column)]) / ground.z
        };
        let spread = [0, 1]
            .map(|column| {
                let east = per_px(0, local.east_metres, column);
                east * east + per_px(1, local.north_metres, column).powi(2)
            })
            .iter()
            .sum::<f64>();
        Some(Located {
            point: self.local.geo_from_local(local),
            local,
            height_metres: self.height_metres,
            error_metres: (self.rms_error_metres.powi(2) + spread * FOOT_NOISE_PX.powi(2)).sqrt(),
        })
    }
}

fn depth(matrix: &Matrix3<f64>, point: PixelPoint) -> f64 {
    (matrix * Vector3::new(point.x, point.y, 1.0)).z
}

/// A homography fitted to control points, and what it leaves over.
#[derive(Debug, Clone, PartialEq)]
pub struct HomographyFit {
    pub ground_from_image: [[f64; 3]; 3],
    pub rms_error_metres: f64,
    pub residuals_metres: Vec<f64>,
}

/// Direct linear transform on normalised points (Hartley), least squares by SVD.
pub fn fit_homography(points: &[ControlPoint]) -> Result<HomographyFit, BadCalibration> {
    if points.len() < 4 {
        return Err(BadCalibration::TooFewPoints { given: points.len() });
    }
    let image: Vec<(f64, f64)> = points.iter().map(|p| (p.image.x, p.image.y)).collect();
    let ground: Vec<(f64, f64)> =
        points.iter().map(|p| (p.ground.east_metres, p.ground.north_metres)).collect();
    let (image_norm, image_flat) = normalisation(&image);
    let (ground_norm, ground_flat) = normalisation(&ground);
    if image_flat || ground_flat {
        return Err(BadCalibration::Collinear);
    }
    let mut design = DMatrix::zeros((2 * points.len()).max(9), 9);
    for (i, (from, to)) in image.iter().zip(&ground).enumerate() {
        let p = image_norm * Vector3::new(from.0, from.1, 1.0);
        let q = ground_norm * Vector3::new(to.0, to.1, 1.0);
        for k in 0..3 {
            design[(2 * i, k)] = p[k];
            design[(2 * i, 6 + k)] = -q.x * p[k];
            design[(2 * i + 1, 3 + k)] = p[k];
            design[(2 * i + 1, 6 + k)] = -q.y * p[k];
        }
    }
    let svd = design.svd(false, true);
    let v_t = svd.v_t.ok_or(BadCalibration::Collinear)?;
    let mut order: Vec<usize> = (0..9).collect();
    order.sort_by(|a, b| svd.singular_values[*a].total_cmp(&svd.singular_values[*b]));
    // Two vanishing singular values: three or more points on a line leave the mapping open.
    if svd.singular_values[order[1]] < 1e-6 * svd.singular_values[order[8]] {
        return Err(BadCalibration::Collinear);
    }
    let row = v_t.row(order[0]);
    let normalised = Matrix3::from_fn(|r, c| row[3 * r + c]);
    let back = ground_norm.try_inverse().ok_or(BadCalibration::Collinear)?;
    let mut matrix = back * normalised * image_norm;
    if matrix[(2, 2)].abs() > f64::EPSILON {
        matrix /= matrix[(2, 2)];
    }
    let residuals_metres: Vec<f64> = points
        .iter()
        .map(|p| {
            let at = matrix * Vector3::new(p.image.x, p.image.y, 1.0);
            EastNorth { east_metres: at.x / at.z, north_metres: at.y / at.z }
                .distance_metres(&p.ground)
        })
        .collect();
    let rms = (residuals_metres.iter().map(|r| r * r).sum::<f64>() / residuals_metres.len() as f64)
        .sqrt();
    Ok(HomographyFit {
        ground_from_image: [0, 1, 2].map(|r| [0, 1, 2].map(|c| matrix[(r, c)])),
        rms_error_metres: rms,
        residuals_metres,
    })
}

/// Moves points to mean zero and mean distance sqrt(2); also says whether they lie on one line.
fn normalisation(points: &[(f64, f64)]) -> (Matrix3<f64>, bool) {
    let n = points.len() as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / n, sum.1 + p.1 / n));
    let (mut xx, mut xy, mut yy, mut mean_distance) = (0.0, 0.0, 0.0, 0.0);
    for (x, y) in points.iter().map(|p| (p.0 - mx, p.1 - my)) {
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        mean_distance += x.hypot(y) / n;
    }
    let half = (xx + yy) / 2.0;
    let root = ((xx - yy) / 2.0).hypot(xy);
    let flat = half <= 0.0 || (half - root).max(0.0).sqrt() < 1e-3 * (half + root).sqrt();
    let scale = std::f64::consts::SQRT_2 / mean_distance.max(f64::MIN_POSITIVE);
    (Matrix3::new(scale, 0.0, -scale * mx, 0.0, scale, -scale * my, 0.0, 0.0, 1.0), flat)
}

#[cfg(test)]
#[path = "ground_tests.rs"]
mod tests;
