//! Calibrated view: image pixel to ground position, with an honest error, refused outside its hull.
//!
//! Enters: a [`HomographyCalibration`] (one level plane) or a [`CameraCalibration`] (a whole camera and the
//! planes it looks at). Leaves: [`Located`] points with a 95 % error ellipse, made of what the survey does not
//! know (covariance of the camera, or residual of the homography) and what the pixel does not tell (noise of
//! a pointed pixel, jitter of a box's bottom edge). A pixel covers more ground far away, so the error grows.
//!
//! ```text
//!   pixel -- which plane's hull holds it? --> ray or homography --> east, north, height --> lon, lat
//!                    | none                        | no meeting
//!                    v OutsideHull                 v AboveHorizon
//! ```
//! Planes are asked in their order, so a bridge deck is listed before the road under it.

mod ellipse;
mod homography;
mod plane;
mod surveyed;

pub use ellipse::ErrorEllipse;
pub use homography::{HomographyFit, fit_homography};
pub use plane::{Plane, SurfaceDoubt};

use super::{
    camera::{CameraModel, Covariance},
    geo::{EastNorth, GeoPoint, LocalFrame},
    pixel::{PixelBox, PixelPoint, PixelPolygon, PixelSize},
};
use homography::Homography;
use nalgebra::Matrix2;
use surveyed::SurveyedCamera;

/// Noise of a pixel that somebody pointed at, one standard deviation an axis.
pub const POINTED_NOISE_PX: f64 = 1.0;
/// How far a detector's bottom edge is from the true foot, as a share of the box's height, one standard
/// deviation: measured on people of PETS 2009, docs/calibration.md.
pub const FOOT_JITTER_OF_HEIGHT: f64 = 0.04;

/// A pixel that tells a place no better than this is outside a hull that nobody drew.
pub const HULL_ERROR_METRES_MAX: f64 = 5.0;
const HULL_STEPS: u32 = 16;

/// A known correspondence on a level plane.
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
    /// Radius of the circle that holds the true place with 95 % probability.
    pub error_metres: f64,
    pub ellipse: ErrorEllipse,
    /// Which of [`GroundView::planes`] it lies on.
    pub plane: usize,
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
    #[error("no plane: a camera needs the ground it looks at")]
    NoPlane,
    #[error("hull_px has no area: give at least 3 corners that are not on one line")]
    BadHull { plane: usize },
    #[error(
        "hull corner ({x:.1}, {y:.1}) px lies at or above the horizon: keep the hull on the ground"
    )]
    HullAboveHorizon { plane: usize, x: f64, y: f64 },
}

/// What a calibration file says of a homography, checked by [`GroundView::from_homography`].
#[derive(Debug, Clone, PartialEq)]
pub struct HomographyCalibration {
    pub frame: PixelSize,
    pub ground_from_image: [[f64; 3]; 3],
    pub origin: GeoPoint,
    pub height_metres: f64,
    /// Root mean square distance of control points.
    pub rms_error_metres: f64,
    pub hull_px: Vec<PixelPoint>,
}

/// What a calibration file says of a whole camera, checked by [`GroundView::from_camera`].
#[derive(Debug, Clone, PartialEq)]
pub struct CameraCalibration {
    pub frame: PixelSize,
    /// Position and planes in metres about `origin`; up from the ellipsoid at `origin_height_metres`.
    pub model: CameraModel,
    pub covariance: Covariance,
    /// Error on the ground that the covariance leaves out, such as an uneven road; root mean square.
    pub rms_error_metres: f64,
    pub origin: GeoPoint,
    pub origin_height_metres: f64,
    pub planes: Vec<PlaneCalibration>,
}

/// One plane of ground and the part of the picture that shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaneCalibration {
    pub id: String,
    /// Ellipsoidal height under (or over) the origin, and its rise to the east and north.
    pub height_metres: f64,
    pub slope_east: f64,
    pub slope_north: f64,
    pub doubt: SurfaceDoubt,
    /// Left out: as far as the error allows, [`HULL_ERROR_METRES_MAX`].
    pub hull_px: Option<Vec<PixelPoint>>,
}

/// A camera's view of the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct GroundView {
    pub frame: PixelSize,
    pub origin: GeoPoint,
    local: LocalFrame,
    optics: Optics,
    planes: Vec<Plane>,
    occluders: Vec<PixelPolygon>,
}

#[derive(Debug, Clone, PartialEq)]
enum Optics {
    Homography { map: Homography, rms_error_metres: f64 },
    Camera { camera: Box<SurveyedCamera>, rms_error_metres: f64 },
}

impl GroundView {
    pub fn from_homography(calibration: HomographyCalibration) -> Result<Self, BadCalibration> {
        let map = Homography::new(calibration.ground_from_image, &calibration.hull_px)?;
        let level = PlaneCalibration {
            id: "ground".to_owned(),
            height_metres: calibration.height_metres,
            slope_east: 0.0,
            slope_north: 0.0,
            doubt: SurfaceDoubt::none(),
            hull_px: Some(calibration.hull_px),
        };
        let rms_error_metres = calibration.rms_error_metres;
        let optics = Optics::Homography { map, rms_error_metres };
        Self::new(calibration.frame, calibration.origin, optics, vec![level])
    }

    pub fn from_camera(calibration: CameraCalibration) -> Result<Self, BadCalibration> {
        let CameraCalibration {
            frame,
            model,
            covariance,
            rms_error_metres,
            origin,
            origin_height_metres,
            planes,
        } = calibration;
        let camera = SurveyedCamera { model, covariance, origin_height_metres };
        let optics = Optics::Camera { camera: Box::new(camera), rms_error_metres };
        Self::new(frame, origin, optics, planes)
    }

    fn new(
        frame: PixelSize,
        origin: GeoPoint,
        optics: Optics,
        planes: Vec<PlaneCalibration>,
    ) -> Result<Self, BadCalibration> {
        let local = LocalFrame::about(origin);
        let occluders = Vec::new();
        let mut view = Self { frame, origin, local, optics, planes: Vec::new(), occluders };
        if planes.is_empty() {
            return Err(BadCalibration::NoPlane);
        }
        for (plane, given) in planes.into_iter().enumerate() {
            let hull = given.hull_px.clone().unwrap_or_else(|| view.reach(&given));
            let hull = PixelPolygon::new(hull).ok_or(BadCalibration::BadHull { plane })?;
            view.planes.push(Plane::new(given, hull));
        }
        for (plane, ground) in view.planes.iter().enumerate() {
            if let Some(corner) =
                ground.hull.corners().iter().find(|corner| view.meet(ground, **corner).is_none())
            {
                return Err(BadCalibration::HullAboveHorizon { plane, x: corner.x, y: corner.y });
            }
        }
        Ok(view)
    }

    /// Parts of the picture where something stands between camera and ground.
    pub fn with_occluders(self, occluders: Vec<PixelPolygon>) -> Self {
        Self { occluders, ..self }
    }

    pub fn planes(&self) -> &[Plane] {
        &self.planes
    }

    pub fn occluders(&self) -> &[PixelPolygon] {
        &self.occluders
    }

    /// Where the camera stands, if the calibration knows it, with its ellipsoidal height.
    pub fn camera_position(&self) -> Option<(GeoPoint, f64)> {
        match &self.optics {
            Optics::Homography { .. } => None,
            Optics::Camera { camera, .. } => {
                let at = camera.model.pose.position;
                let local = EastNorth { east_metres: at.x, north_metres: at.y };
                Some((self.local.geo_from_local(local), camera.origin_height_metres + at.z))
            }
        }
    }

    /// Where a pointed pixel of the calibration's frame lies on the ground.
    pub fn locate(&self, point: PixelPoint) -> Result<Located, Refusal> {
        self.locate_with_noise(point, POINTED_NOISE_PX)
    }

    /// Where a detected thing stands: the middle of its box's bottom edge, which a detector does not draw
    /// exactly.
    pub fn locate_foot(&self, thing: &PixelBox) -> Result<Located, Refusal> {
        let jitter = FOOT_JITTER_OF_HEIGHT * f64::from(thing.height());
        self.locate_with_noise(thing.foot(), POINTED_NOISE_PX.hypot(jitter))
    }

    /// Noise: one standard deviation an axis, px.
    pub fn locate_with_noise(&self, point: PixelPoint, noise_px: f64) -> Result<Located, Refusal> {
        let plane = self
            .planes
            .iter()
            .position(|plane| plane.hull.contains(point))
            .ok_or(Refusal::OutsideHull)?;
        self.locate_on(plane, point, noise_px).ok_or(Refusal::AboveHorizon)
    }

    /// Where a pixel meets one of the planes, in its hull or not; `None` at or above its horizon.
    pub fn locate_on(&self, plane: usize, point: PixelPoint, noise_px: f64) -> Option<Located> {
        self.locate_in(self.planes.get(plane)?, plane, point, noise_px)
    }

    fn locate_in(
        &self,
        ground: &Plane,
        plane: usize,
        point: PixelPoint,
        noise_px: f64,
    ) -> Option<Located> {
        let local = self.meet(ground, point)?;
        let (covariance, rms_error_metres) = match &self.optics {
            Optics::Homography { map, rms_error_metres } => {
                let by_pixel = map.ground_by_pixel(point)?;
                (by_pixel * by_pixel.transpose() * noise_px.powi(2), rms_error_metres)
            }
            Optics::Camera { camera, rms_error_metres } => {
                (camera.ground_covariance(ground, point, noise_px)?, rms_error_metres)
            }
        };
        let rest = Matrix2::identity() * (rms_error_metres.powi(2) / 2.0);
        let ellipse = ErrorEllipse::from_covariance(&(covariance + rest));
        Some(Located {
            point: self.local.geo_from_local(local),
            local,
            height_metres: ground.height_at(local),
            error_metres: ellipse.radius_metres,
            ellipse,
            plane,
        })
    }

    /// The outline of a plane's hull on the ground; edges of a bent lens's picture are followed in steps.
    pub fn plane_outline(&self, plane: &Plane) -> Vec<GeoPoint> {
        let steps = match self.optics {
            Optics::Homography { .. } => 1,
            Optics::Camera { .. } => 8,
        };
        let corners = plane.hull.corners();
        let edges = corners.iter().zip(corners.iter().cycle().skip(1));
        edges
            .flat_map(|(from, to)| {
                (0..steps).map(move |step| {
                    let share = f64::from(step) / f64::from(steps);
                    PixelPoint {
                        x: from.x + share * (to.x - from.x),
                        y: from.y + share * (to.y - from.y),
                    }
                })
            })
            .filter_map(|pixel| self.meet(plane, pixel))
            .map(|local| self.local.geo_from_local(local))
            .collect()
    }

    /// Where a place at an ellipsoidal height appears, whether or not it is inside the frame. A homography
    /// knows its own plane only and takes every height for that.
    pub fn image_from_geo(&self, point: GeoPoint, height_metres: f64) -> Option<PixelPoint> {
        let local = self.local.local_from_geo(point);
        match &self.optics {
            Optics::Homography { map, .. } => map.image(local),
            Optics::Camera { camera, .. } => camera.image(local, height_metres),
        }
    }

    /// Where a place on the ground appears: on the first plane whose hull shows it there, else on the last.
    pub fn image_from_ground(&self, point: GeoPoint) -> Option<PixelPoint> {
        let shown = self.planes.iter().find_map(|plane| {
            self.image_on_plane(plane, point).filter(|p| plane.hull.contains(*p))
        });
        shown.or_else(|| self.image_on_plane(self.planes.last()?, point))
    }

    /// Where a place of one of the planes appears, in its hull or not.
    pub fn image_on_plane(&self, plane: &Plane, point: GeoPoint) -> Option<PixelPoint> {
        self.image_from_geo(point, plane.height_at(self.local.local_from_geo(point)))
    }

    /// The part of the frame in which a plane may be located: column by column, from the lowest pixel that the
    /// lens is known for up to where the error grows too large.
    fn reach(&self, given: &PlaneCalibration) -> Vec<PixelPoint> {
        let (right, bottom) =
            (f64::from(self.frame.width_px) - 1.0, f64::from(self.frame.height_px) - 1.0);
        // The hull is what is sought; until then the whole frame stands for it.
        let plane = Plane::new(given.clone(), PixelPolygon::whole(self.frame));
        let near = |x: f64, y: f64| {
            self.locate_in(&plane, 0, PixelPoint { x, y }, POINTED_NOISE_PX)
                .is_some_and(|at| at.error_metres <= HULL_ERROR_METRES_MAX)
        };
        // Where it stops being near, between a pixel that is and one that may be.
        let last_near = |x: f64, mut good: f64, mut bad: f64| {
            if near(x, bad) {
                return bad;
            }
            while (bad - good).abs() > 0.5 {
                let middle = (good + bad) / 2.0;
                if near(x, middle) { good = middle } else { bad = middle }
            }
            good
        };
        let (mut tops, mut bottoms) = (Vec::new(), Vec::new());
        for column in 0..=HULL_STEPS {
            let share = |step: u32| f64::from(step) / f64::from(HULL_STEPS);
            let x = right * share(column);
            let heights = (0..=HULL_STEPS).rev().map(|step| bottom * share(step));
            let Some(y) = heights.into_iter().find(|y| near(x, *y)) else { continue };
            tops.push(PixelPoint { x, y: last_near(x, y, 0.0) });
            bottoms.push(PixelPoint { x, y: last_near(x, y, bottom) });
        }
        tops.extend(bottoms.into_iter().rev());
        tops
    }

    fn meet(&self, plane: &Plane, point: PixelPoint) -> Option<EastNorth> {
        match &self.optics {
            Optics::Homography { map, .. } => map.ground(point),
            Optics::Camera { camera, .. } => camera.meet(plane, point),
        }
    }
}

#[cfg(test)]
mod tests;
