//! A surveyed camera: where it stands, how it looks, how its lens bends, and how well all that is known.
//!
//! Enters: control points (pixel and east, north, up metres about an origin). Leaves: a [`CameraModel`] with
//! the covariance of its parameters, which `domain::ground` turns into places with an error ellipse.
//! Axes: world is east, north, up; the camera's x points right, y down, z along the view. Pixels are raw
//! (distorted); the centre of the top-left pixel is (0, 0). Pure functions; failure is `None` or a
//! [`Refused`] that names the point.

mod chi_square;
mod fit;
mod lens;
mod model;
mod solve;

pub use chi_square::tail_probability;
pub use fit::{CameraFit, Survey, SurveyPoint, fit_camera};
pub use lens::Lens;
pub use model::{CameraModel, Covariance, PARAMETER_NAMES, PARAMETERS, Pose};
pub(crate) use model::{STEPS, along};
pub use solve::{LeftOut, POINTS_MIN, PoseFinder, Refused, Solved, Suspect, find_suspect, solve};

#[cfg(test)]
mod tests;
