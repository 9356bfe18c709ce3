//! A ground plane seen through a homography: the calibration for a few control points on one level.

use super::{BadCalibration, ControlPoint};
use crate::domain::{geo::EastNorth, pixel::PixelPoint};
use nalgebra::{DMatrix, Matrix2, Matrix3, Vector3};

/// Image px (homogeneous) to east, north metres, with `w` positive on the ground in view.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Homography {
    ground_from_image: Matrix3<f64>,
    image_from_ground: Matrix3<f64>,
}

impl Homography {
    /// `inside` are pixels that lie on the ground; they decide the sign.
    pub fn new(rows: [[f64; 3]; 3], inside: &[PixelPoint]) -> Result<Self, BadCalibration> {
        let matrix = Matrix3::from_fn(|row, column| rows[row][column]);
        let determinant = matrix.determinant() / matrix.norm().powi(3).max(f64::MIN_POSITIVE);
        let singular = BadCalibration::Singular { determinant };
        // Mixed units make the normalised determinant small by nature; only the hopeless is refused.
        if !determinant.is_finite() || determinant.abs() < 1e-18 {
            return Err(singular);
        }
        let image_from_ground = matrix.try_inverse().ok_or(singular)?;
        let depths: f64 = inside.iter().map(|p| depth(&matrix, *p)).sum();
        let ground_from_image = if depths < 0.0 { -matrix } else { matrix };
        Ok(Self { ground_from_image, image_from_ground })
    }

    /// `None` at or above the horizon.
    pub fn ground(&self, pixel: PixelPoint) -> Option<EastNorth> {
        let at = self.ground_from_image * Vector3::new(pixel.x, pixel.y, 1.0);
        (at.z > 1e-9).then(|| EastNorth { east_metres: at.x / at.z, north_metres: at.y / at.z })
    }

    pub fn image(&self, ground: EastNorth) -> Option<PixelPoint> {
        let at =
            self.image_from_ground * Vector3::new(ground.east_metres, ground.north_metres, 1.0);
        (at.z.abs() > f64::EPSILON).then(|| PixelPoint { x: at.x / at.z, y: at.y / at.z })
    }

    /// d(east, north) / d(x, y) at a pixel on the ground.
    pub fn ground_by_pixel(&self, pixel: PixelPoint) -> Option<Matrix2<f64>> {
        let h = &self.ground_from_image;
        let (at, w) = (self.ground(pixel)?, depth(h, pixel));
        let by =
            |row: usize, value: f64, column: usize| (h[(row, column)] - value * h[(2, column)]) / w;
        Some(Matrix2::new(
            by(0, at.east_metres, 0),
            by(0, at.east_metres, 1),
            by(1, at.north_metres, 0),
            by(1, at.north_metres, 1),
        ))
    }
}

fn depth(matrix: &Matrix3<f64>, pixel: PixelPoint) -> f64 {
    (matrix * Vector3::new(pixel.x, pixel.y, 1.0)).z
}

/// A homography fitted to control points, and what it leaves over.
#[derive(Debug, Clone, PartialEq)]
pub struct HomographyFit {
    pub ground_from_image: [[f64; 3]; 3],
    pub rms_error_metres: f64,
    pub residuals_metres: Vec<f64>,
}

impl HomographyFit {
    /// Where the fit puts a pixel; not finite on the horizon.
    pub fn ground(&self, pixel: PixelPoint) -> EastNorth {
        let row = |r: usize| {
            let [x, y, w] = self.ground_from_image[r];
            x * pixel.x + y * pixel.y + w
        };
        EastNorth { east_metres: row(0) / row(2), north_metres: row(1) / row(2) }
    }
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
    let ground_from_image = [0, 1, 2].map(|r| [0, 1, 2].map(|c| matrix[(r, c)]));
    let mut fit =
        HomographyFit { ground_from_image, rms_error_metres: 0.0, residuals_metres: Vec::new() };
    fit.residuals_metres =
        points.iter().map(|p| fit.ground(p.image).distance_metres(&p.ground)).collect();
    let squares: f64 = fit.residuals_metres.iter().map(|r| r * r).sum();
    fit.rms_error_metres = (squares / points.len() as f64).sqrt();
    Ok(fit)
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
