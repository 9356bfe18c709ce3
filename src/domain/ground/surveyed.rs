//! Ground seen through a whole camera: rays met with planes, and the survey's covariance carried along.

use super::Plane;
use crate::domain::{
    camera::{CameraModel, Covariance, PARAMETERS, STEPS, along},
    geo::EastNorth,
    pixel::PixelPoint,
};
use nalgebra::{Matrix2, RowVector3, SMatrix, Vector2, Vector3};

/// Farther than this along the ray, a pixel no longer tells a place.
const REACH_METRES_MAX: f64 = 5_000.0;
/// Step of the derivative by the pixel, px.
const PIXEL_STEP: f64 = 1e-3;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct SurveyedCamera {
    pub model: CameraModel,
    pub covariance: Covariance,
    /// Ellipsoidal height of the local frame's zero.
    pub origin_height_metres: f64,
}

impl SurveyedCamera {
    pub fn image(&self, local: EastNorth, height_metres: f64) -> Option<PixelPoint> {
        let up = height_metres - self.origin_height_metres;
        self.model.pixel(&Vector3::new(local.east_metres, local.north_metres, up))
    }

    pub fn meet(&self, plane: &Plane, pixel: PixelPoint) -> Option<EastNorth> {
        self.meet_with(&self.model, plane, pixel)
    }

    fn meet_with(
        &self,
        model: &CameraModel,
        plane: &Plane,
        pixel: PixelPoint,
    ) -> Option<EastNorth> {
        let ray = model.ray(pixel)?;
        let from = model.pose.position;
        let local = |at: &Vector3<f64>| EastNorth { east_metres: at.x, north_metres: at.y };
        // Height of the camera over the plane, and how fast the ray comes down to it.
        let over = self.origin_height_metres + from.z - plane.height_at(local(&from));
        let sinks = plane.slope_east * ray.x + plane.slope_north * ray.y - ray.z;
        let along = over / sinks;
        let near = along > 0.0 && along * ray.norm() < REACH_METRES_MAX;
        near.then(|| local(&(from + ray * along)))
    }

    /// Covariance of east and north, square metres.
    pub fn ground_covariance(
        &self,
        plane: &Plane,
        pixel: PixelPoint,
        noise_px: f64,
    ) -> Option<Matrix2<f64>> {
        let slope = |ahead: EastNorth, behind: EastNorth, step: f64| {
            [
                (ahead.east_metres - behind.east_metres) / (2.0 * step),
                (ahead.north_metres - behind.north_metres) / (2.0 * step),
            ]
        };
        let mut by_camera = SMatrix::<f64, 2, PARAMETERS>::zeros();
        for (k, step) in STEPS.into_iter().enumerate() {
            let with = |step: f64| self.meet_with(&self.model.moved(&along(k, step)), plane, pixel);
            by_camera.set_column(k, &slope(with(step)?, with(-step)?, step).into());
        }
        let mut by_pixel = Matrix2::zeros();
        for (axis, (dx, dy)) in [(PIXEL_STEP, 0.0), (0.0, PIXEL_STEP)].into_iter().enumerate() {
            let at = |sign: f64| {
                self.meet(plane, PixelPoint { x: pixel.x + sign * dx, y: pixel.y + sign * dy })
            };
            by_pixel.set_column(axis, &slope(at(1.0)?, at(-1.0)?, PIXEL_STEP).into());
        }
        // A higher ground is met earlier: against the horizontal part of the ray, for each metre it comes down.
        let ray = self.model.ray(pixel)?;
        let at = self.meet(plane, pixel)?;
        let sinks = plane.slope_east * ray.x + plane.slope_north * ray.y - ray.z;
        let by_height = Vector2::new(-ray.x / sinks, -ray.y / sinks);
        let by_surface = by_height * RowVector3::new(1.0, at.east_metres, at.north_metres);
        let shared = by_camera * plane.doubt.with_camera.transpose() * by_surface.transpose();
        Some(
            by_camera * self.covariance * by_camera.transpose()
                + by_surface * plane.doubt.covariance * by_surface.transpose()
                + shared
                + shared.transpose()
                + by_pixel * by_pixel.transpose() * noise_px.powi(2),
        )
    }
}
