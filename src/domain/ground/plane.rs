//! A plane of ground: road, pavement, bridge deck.

use super::PlaneCalibration;
use crate::domain::{geo::EastNorth, pixel::PixelPolygon};

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
}

impl Plane {
    pub(super) fn new(given: PlaneCalibration, hull: PixelPolygon) -> Self {
        let PlaneCalibration { id, height_metres, slope_east, slope_north, hull_px: _ } = given;
        Self { id, hull, height_metres, slope_east, slope_north }
    }

    /// Ellipsoidal height at a place.
    pub fn height_at(&self, local: EastNorth) -> f64 {
        self.height_metres
            + self.slope_east * local.east_metres
            + self.slope_north * local.north_metres
    }
}
