//! Lens and pose together, and the twelve numbers that a survey estimates.

use super::lens::Lens;
use crate::domain::pixel::PixelPoint;
use nalgebra::{Matrix3, Rotation3, SMatrix, Vector3};

/// Where the camera stands and how it is turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// World (east, north, up) to camera (right, down, forward).
    pub rotation: Rotation3<f64>,
    /// East, north, up metres about the origin.
    pub position: Vector3<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraModel {
    pub lens: Lens,
    pub pose: Pose,
}

/// How many numbers of a camera are estimated.
pub const PARAMETERS: usize = 12;
/// Their order in [`CameraModel::moved`] and in every covariance; rotations are about the camera's axes.
pub const PARAMETER_NAMES: [&str; PARAMETERS] = [
    "turn_x_rad",
    "turn_y_rad",
    "turn_z_rad",
    "east_metres",
    "north_metres",
    "up_metres",
    "log_focal",
    "log_aspect",
    "cx_px",
    "cy_px",
    "k1",
    "k2",
];

pub type Covariance = SMatrix<f64, PARAMETERS, PARAMETERS>;

impl Pose {
    /// `None` if the rows are no rotation; small rounding is taken out.
    pub fn new(rotation: [[f64; 3]; 3], position: [f64; 3]) -> Option<Self> {
        let rows = Matrix3::from_fn(|row, column| rotation[row][column]);
        let off = (rows * rows.transpose() - Matrix3::identity()).abs().max();
        if off.is_nan() || off > 1e-3 || rows.determinant() < 0.0 {
            return None;
        }
        let svd = rows.svd(true, true);
        let nearest = svd.u? * svd.v_t?;
        Some(Self {
            rotation: Rotation3::from_matrix_unchecked(nearest),
            position: Vector3::from(position),
        })
    }
}

impl CameraModel {
    /// The raw pixel of a world point; `None` behind the camera or past the lens's reach.
    pub fn pixel(&self, world: &Vector3<f64>) -> Option<PixelPoint> {
        let seen = self.pose.rotation * (world - self.pose.position);
        if seen.z <= 1e-6 {
            return None;
        }
        self.lens.pixel(seen.x / seen.z, seen.y / seen.z)
    }

    /// The world direction that a raw pixel looks along, of any length.
    pub fn ray(&self, pixel: PixelPoint) -> Option<Vector3<f64>> {
        let (x, y) = self.lens.direction(pixel)?;
        Some(self.pose.rotation.inverse() * Vector3::new(x, y, 1.0))
    }

    /// The camera with its parameters changed by so much, in the order of [`PARAMETER_NAMES`].
    pub fn moved(&self, by: &[f64; PARAMETERS]) -> Self {
        let [tx, ty, tz, east, north, up, focal, aspect, cx, cy, k1, k2] = *by;
        let [old_k1, old_k2, p1, p2, k3] = self.lens.distortion;
        Self {
            pose: Pose {
                rotation: Rotation3::new(Vector3::new(tx, ty, tz)) * self.pose.rotation,
                position: self.pose.position + Vector3::new(east, north, up),
            },
            lens: Lens {
                fx: self.lens.fx * focal.exp(),
                fy: self.lens.fy * (focal + aspect).exp(),
                cx: self.lens.cx + cx,
                cy: self.lens.cy + cy,
                distortion: [old_k1 + k1, old_k2 + k2, p1, p2, k3],
            },
        }
    }

    /// Horizontal field of view of a frame of this width, degrees, without distortion.
    pub fn field_of_view_deg(&self, width_px: u32) -> f64 {
        2.0 * (f64::from(width_px) / 2.0 / self.lens.fx).atan().to_degrees()
    }
}

/// Steps at which derivatives by each parameter are taken: far below what any survey can tell, far above
/// rounding.
pub(crate) const STEPS: [f64; PARAMETERS] =
    [1e-6, 1e-6, 1e-6, 1e-5, 1e-5, 1e-5, 1e-6, 1e-6, 1e-3, 1e-3, 1e-6, 1e-6];

/// A step along one parameter.
pub(crate) fn along(parameter: usize, step: f64) -> [f64; PARAMETERS] {
    let mut by = [0.0; PARAMETERS];
    by[parameter] = step;
    by
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_looks_north_sees_east_to_the_right_and_up_above() {
        // Camera x = east, y = down, z = north.
        let pose = Pose::new([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]], [0.0, 0.0, 6.0])
            .unwrap();
        let lens = Lens { fx: 1000.0, fy: 1000.0, cx: 960.0, cy: 540.0, distortion: [0.0; 5] };
        let camera = CameraModel { lens, pose };
        let at = camera.pixel(&Vector3::new(1.0, 10.0, 5.0)).unwrap();
        assert!((at.x - 1060.0).abs() < 1e-9 && (at.y - 640.0).abs() < 1e-9, "{at:?}");
        assert_eq!(camera.pixel(&Vector3::new(0.0, -10.0, 6.0)), None);
        let ray = camera.ray(at).unwrap();
        assert!((ray / ray.y * 10.0 - Vector3::new(1.0, 10.0, -1.0)).norm() < 1e-9);
    }

    #[test]
    fn what_is_no_rotation_is_refused() {
        let scaled = [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]];
        let mirrored = [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        for rows in [scaled, mirrored, [[f64::NAN; 3]; 3]] {
            assert_eq!(Pose::new(rows, [0.0; 3]), None);
        }
    }
}
