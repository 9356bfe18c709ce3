//! A plane of ground: road, pavement, bridge deck.

use super::PlaneCalibration;
use crate::domain::{camera::PARAMETERS, geo::EastNorth, pixel::PixelPolygon};
use nalgebra::{Matrix3, SMatrix};

#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    pub id: String,
    /// The part of the picture that shows it.
    pub hull: PixelPolygon,
    /// Ellipsoidal height at the calibration's origin.
    pub height_metres: f64,
    /// Rise in metres a metre eastwards and northwards.
    pub slope_east: f64,
    pub slope_north: f64,
    pub(super) doubt: SurfaceDoubt,
}

/// What a survey does not know of a plane: height at the origin, slope east, slope north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurfaceDoubt {
    pub covariance: Matrix3<f64>,
    /// With the parameters of the camera, which the same points gave.
    pub with_camera: SMatrix<f64, 3, PARAMETERS>,
}

impl SurfaceDoubt {
    /// A plane that is known.
    pub fn none() -> Self {
        Self { covariance: Matrix3::zeros(), with_camera: SMatrix::zeros() }
    }
}

impl Plane {
    pub(super) fn new(given: PlaneCalibration, hull: PixelPolygon) -> Self {
        let PlaneCalibration { id, height_metres, slope_east, slope_north, doubt, hull_px: _ } =
            given;
        Self { id, hull, height_metres, slope_east, slope_north, doubt }
    }

    /// Ellipsoidal height at a place.
    pub fn height_at(&self, local: EastNorth) -> f64 {
        self.height_metres
            + self.slope_east * local.east_metres
            + self.slope_north * local.north_metres
    }
}
