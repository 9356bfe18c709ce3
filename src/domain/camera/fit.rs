//! Least squares of a camera against its control points, by Levenberg and Marquardt.
//!
//! Every residual is divided by what noise explains: clicking noise of the pixel and survey noise of the
//! point, both seen in the picture. What few points cannot tell (principal point, distortion) is held by a
//! weak prior, so that the same fit serves six points and sixty, and the covariance says what is known.
//! Own code because a pose is no vector: each step turns the rotation, which no solver on nalgebra's present
//! version knows how to do.

use super::{
    Covariance, PARAMETERS,
    chi_square::tail_probability,
    model::{CameraModel, STEPS, along},
};
use crate::domain::pixel::{PixelPoint, PixelSize};
use nalgebra::{Matrix2, Matrix2x3, SMatrix, SVector, Vector2, Vector3};

/// One control point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurveyPoint {
    pub image: PixelPoint,
    /// East, north, up metres about the survey's origin.
    pub world: Vector3<f64>,
}

/// Control points of one view, and how well they were taken (one standard deviation an axis).
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    pub frame: PixelSize,
    pub points: Vec<SurveyPoint>,
    pub pixel_noise_px: f64,
    pub survey_noise_metres: f64,
}

/// A fitted camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraFit {
    pub model: CameraModel,
    pub covariance: Covariance,
    /// Measured minus projected, px, in the points' order.
    pub residuals_px: Vec<Vector2<f64>>,
    /// Sum of squared normalised residuals, priors left out.
    pub chi_square: f64,
    pub degrees_of_freedom: f64,
    /// Covariance of the parameters with the surveyed height of each point, whose own variance is
    /// `height_variance`: a ground levelled by the same points errs together with the camera.
    pub with_heights: Vec<SVector<f64, PARAMETERS>>,
    pub height_variance: f64,
}

impl CameraFit {
    pub fn rms_px(&self) -> f64 {
        let squares: f64 = self.residuals_px.iter().map(Vector2::norm_squared).sum();
        (squares / self.residuals_px.len().max(1) as f64).sqrt()
    }

    /// Probability that the stated noise explains the residuals.
    pub fn plausibility(&self) -> f64 {
        tail_probability(self.chi_square, self.degrees_of_freedom)
    }
}

/// Standard deviations of the priors: focal length and its aspect as logarithms, principal point as a share of
/// the frame's width from its centre, distortion k1 and k2 from none.
const FOCAL_PRIOR: f64 = 0.7;
const ASPECT_PRIOR: f64 = 0.005;
const CENTRE_PRIOR: f64 = 0.007;
const K1_PRIOR: f64 = 0.15;
const K2_PRIOR: f64 = 0.05;
/// Focal length that the prior is about, as a share of the width: 62 degrees of view.
const FOCAL_TYPICAL: f64 = 0.83;

const STEPS_MAX: usize = 60;
/// The noise of a point depends on the camera, so weights are taken anew this often.
const REWEIGHTINGS: usize = 3;
/// Below this plausibility the stated noise is not believed, and the covariance grows to what was seen.
const PLAUSIBILITY_MIN: f64 = 0.01;

type Parameters = SVector<f64, PARAMETERS>;

/// The camera that fits best, searched from `start`; `None` if the start does not see every point or the
/// points leave the camera open.
pub fn fit_camera(survey: &Survey, start: CameraModel) -> Option<CameraFit> {
    let mut model = start;
    for _ in 0..REWEIGHTINGS {
        let problem = Problem::new(survey, &model)?;
        model = problem.minimise(model)?;
    }
    let problem = Problem::new(survey, &model)?;
    let normal = problem.normal_equations(&model)?;
    let chi_square = problem.cost(&model)? - problem.prior_cost(&model);
    let mut covariance = normal.full.cholesky()?.inverse();
    // How many parameters the points, not the priors, decide.
    let decided = (normal.points * covariance).trace();
    let degrees_of_freedom = (2.0 * survey.points.len() as f64 - decided).max(1.0);
    let mut height_variance = survey.survey_noise_metres.powi(2);
    if tail_probability(chi_square, degrees_of_freedom) < PLAUSIBILITY_MIN {
        covariance *= chi_square / degrees_of_freedom;
        height_variance *= chi_square / degrees_of_freedom;
    }
    let with_heights = problem.with_heights(&model, &covariance)?;
    let residuals_px =
        survey.points.iter().map(|point| residual(&model, point)).collect::<Option<Vec<_>>>()?;
    Some(CameraFit {
        model,
        covariance,
        residuals_px,
        chi_square,
        degrees_of_freedom,
        with_heights,
        height_variance,
    })
}

fn residual(model: &CameraModel, point: &SurveyPoint) -> Option<Vector2<f64>> {
    let at = model.pixel(&point.world)?;
    Some(Vector2::new(point.image.x - at.x, point.image.y - at.y))
}

/// The survey with the weights of its points fixed.
struct Problem<'a> {
    survey: &'a Survey,
    /// Inverse square roots of the points' noise, px to standard deviations.
    whiten: Vec<Matrix2<f64>>,
}

struct Normal {
    points: Covariance,
    full: Covariance,
    gradient: Parameters,
}

impl<'a> Problem<'a> {
    fn new(survey: &'a Survey, model: &CameraModel) -> Option<Self> {
        let pixel = Matrix2::identity() * survey.pixel_noise_px.powi(2);
        let whiten = survey
            .points
            .iter()
            .map(|point| {
                let by_world = pixel_by_world(model, &point.world)?;
                let noise =
                    pixel + by_world * by_world.transpose() * survey.survey_noise_metres.powi(2);
                noise.cholesky()?.l().try_inverse()
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self { survey, whiten })
    }

    fn minimise(&self, start: CameraModel) -> Option<CameraModel> {
        let mut model = start;
        let mut cost = self.cost(&model)?;
        let mut damping = 1e-3;
        for _ in 0..STEPS_MAX {
            let normal = self.normal_equations(&model)?;
            let mut damped = normal.full;
            for k in 0..PARAMETERS {
                damped[(k, k)] *= 1.0 + damping;
            }
            let step = damped.cholesky()?.solve(&normal.gradient);
            let next = model.moved(&step.into());
            match self.cost(&next) {
                Some(lower) if lower < cost => {
                    let gained = cost - lower;
                    (model, cost) = (next, lower);
                    damping = (damping * 0.2).max(1e-12);
                    if gained < 1e-9 * (1.0 + cost) {
                        break;
                    }
                }
                _ if damping > 1e9 => break,
                _ => damping *= 8.0,
            }
        }
        Some(model)
    }

    fn cost(&self, model: &CameraModel) -> Option<f64> {
        let mut sum = self.prior_cost(model);
        for (point, whiten) in self.survey.points.iter().zip(&self.whiten) {
            sum += (whiten * residual(model, point)?).norm_squared();
        }
        sum.is_finite().then_some(sum)
    }

    fn prior_cost(&self, model: &CameraModel) -> f64 {
        self.priors(model).iter().map(|(_, off, sigma)| (off / sigma).powi(2)).sum()
    }

    /// Parameter, how far it is from its prior, and the prior's standard deviation.
    fn priors(&self, model: &CameraModel) -> [(usize, f64, f64); 6] {
        let (width, height) =
            (f64::from(self.survey.frame.width_px), f64::from(self.survey.frame.height_px));
        let lens = &model.lens;
        [
            (6, (lens.fx / (FOCAL_TYPICAL * width)).ln(), FOCAL_PRIOR),
            (7, (lens.fy / lens.fx).ln(), ASPECT_PRIOR),
            (8, lens.cx - (width - 1.0) / 2.0, CENTRE_PRIOR * width),
            (9, lens.cy - (height - 1.0) / 2.0, CENTRE_PRIOR * width),
            (10, lens.distortion[0], K1_PRIOR),
            (11, lens.distortion[1], K2_PRIOR),
        ]
    }

    fn normal_equations(&self, model: &CameraModel) -> Option<Normal> {
        let mut points = Covariance::zeros();
        let mut gradient = Parameters::zeros();
        for (point, whiten) in self.survey.points.iter().zip(&self.whiten) {
            let off = whiten * residual(model, point)?;
            let by = whiten * pixel_by_camera(model, &point.world)?;
            points += by.transpose() * by;
            gradient += by.transpose() * off;
        }
        let mut full = points;
        for (k, off, sigma) in self.priors(model) {
            full[(k, k)] += sigma.powi(-2);
            gradient[k] -= off * sigma.powi(-2);
        }
        Some(Normal { points, full, gradient })
    }

    /// See [`CameraFit::with_heights`]. A point surveyed too high is projected too high, and the camera
    /// follows it by its share in the solution. `covariance` may be scaled; so is the answer.
    fn with_heights(
        &self,
        model: &CameraModel,
        covariance: &Covariance,
    ) -> Option<Vec<SVector<f64, PARAMETERS>>> {
        let weighed = self.survey.points.iter().zip(&self.whiten);
        weighed
            .map(|(point, whiten)| {
                let by = whiten * pixel_by_camera(model, &point.world)?;
                let by_height = whiten * pixel_by_world(model, &point.world)?.column(2);
                let noise = self.survey.survey_noise_metres.powi(2);
                Some(covariance * by.transpose() * -by_height * noise)
            })
            .collect()
    }
}

/// How the pixel of a world point moves with the camera's parameters.
fn pixel_by_camera(
    model: &CameraModel,
    world: &Vector3<f64>,
) -> Option<SMatrix<f64, 2, PARAMETERS>> {
    let mut by = SMatrix::<f64, 2, PARAMETERS>::zeros();
    for (k, step) in STEPS.into_iter().enumerate() {
        let ahead = model.moved(&along(k, step)).pixel(world)?;
        let behind = model.moved(&along(k, -step)).pixel(world)?;
        by.set_column(k, &(Vector2::new(ahead.x - behind.x, ahead.y - behind.y) / (2.0 * step)));
    }
    Some(by)
}

/// How the pixel of a world point moves with the point.
pub(super) fn pixel_by_world(model: &CameraModel, world: &Vector3<f64>) -> Option<Matrix2x3<f64>> {
    const STEP_METRES: f64 = 1e-4;
    let mut by = Matrix2x3::zeros();
    for axis in 0..3 {
        let mut step = Vector3::zeros();
        step[axis] = STEP_METRES;
        let (ahead, behind) = (model.pixel(&(world + step))?, model.pixel(&(world - step))?);
        by[(0, axis)] = (ahead.x - behind.x) / (2.0 * STEP_METRES);
        by[(1, axis)] = (ahead.y - behind.y) / (2.0 * STEP_METRES);
    }
    Some(by)
}
