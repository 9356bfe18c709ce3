//! From control points to a camera that may be trusted: several starts, leave-one-out, and the point that
//! does not belong.
//!
//! The first guess of a pose comes from outside (`PoseFinder`, OpenCV's solver) at a few focal lengths;
//! [`fit_camera`] decides. A point is named as the suspect when leaving it out, and no other, makes the rest
//! agree: that is how one mistyped digit looks.

use super::{
    fit::{CameraFit, Survey, SurveyPoint, fit_camera},
    lens::Lens,
    model::{CameraModel, Pose},
};
use crate::domain::pixel::PixelPoint;
use nalgebra::Vector3;

/// Points below which a whole camera is not asked for.
pub const POINTS_MIN: usize = 5;

/// A pose of a pinhole lens for the points, however rough.
pub type PoseFinder<'a> = &'a dyn Fn(&[SurveyPoint], &Lens) -> Option<Pose>;

/// A camera, and how well each point is foretold by the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    pub fit: CameraFit,
    /// None where the others' camera does not see the point at all.
    pub left_out: Vec<Option<LeftOut>>,
}

/// One point as the camera of all other points sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftOut {
    pub error_px: f64,
    /// On the level plane through the point; none if its pixel looks above the horizon.
    pub error_metres: Option<f64>,
    /// Where the others expect it in the picture.
    pub expected: PixelPoint,
}

/// A point that the others contradict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspect {
    pub index: usize,
    pub left_out: Option<LeftOut>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("{given} control points; a camera needs at least {POINTS_MIN}")]
    TooFewPoints { given: usize },
    #[error("no camera sees all of these points where they were marked")]
    NoCamera,
    #[error("point {} disagrees with all the others", .0.index + 1)]
    Outlier(Suspect),
}

/// The camera of a survey.
pub fn solve(survey: &Survey, find_pose: PoseFinder<'_>) -> Result<Solved, Refused> {
    let given = survey.points.len();
    if given < POINTS_MIN {
        return Err(Refused::TooFewPoints { given });
    }
    let whole = best_fit(survey, find_pose);
    let without: Vec<(Survey, Option<CameraFit>)> = (0..given)
        .map(|index| {
            let mut rest = survey.clone();
            rest.points.remove(index);
            let near = whole.as_ref().and_then(|fit| fit_camera(&rest, fit.model));
            // A wrong point drags the whole fit away, so the rest is also searched afresh.
            let fit = match near {
                Some(fit) if fit.plausibility() > SUSPICIOUS => Some(fit),
                near => better(near, best_fit(&rest, find_pose)),
            };
            (rest, fit)
        })
        .collect();
    let left_out = |index: usize| {
        without[index].1.as_ref().and_then(|fit| foretold(&fit.model, &survey.points[index]))
    };
    let whole_cost = whole.as_ref().map_or(f64::INFINITY, |fit| fit.chi_square);
    let doubtful = whole.as_ref().is_none_or(|fit| fit.plausibility() < SUSPICIOUS);
    if doubtful {
        let costs: Vec<f64> = without
            .iter()
            .map(|(_, fit)| fit.as_ref().map_or(f64::INFINITY, |fit| fit.chi_square))
            .collect();
        if let Some(index) = find_suspect(whole_cost, &costs) {
            return Err(Refused::Outlier(Suspect { index, left_out: left_out(index) }));
        }
    }
    let fit = whole.ok_or(Refused::NoCamera)?;
    Ok(Solved { fit, left_out: (0..given).map(left_out).collect() })
}

/// Plausibility of a fit below which one looks for a wrong point.
const SUSPICIOUS: f64 = 1e-3;
/// How many times smaller the cost must become, against all points and against leaving out any other.
const CLEARLY: f64 = 4.0;

/// The one entry without which the cost falls clearly below `whole` and below every other's; `without[i]` is
/// the cost with entry `i` left out.
pub fn find_suspect(whole: f64, without: &[f64]) -> Option<usize> {
    let (index, least) = without.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let next = without
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index)
        .map(|(_, cost)| *cost)
        .fold(f64::INFINITY, f64::min);
    (least.is_finite() && whole > CLEARLY * least && next > CLEARLY * least).then_some(index)
}

fn better(one: Option<CameraFit>, other: Option<CameraFit>) -> Option<CameraFit> {
    [one, other].into_iter().flatten().min_by(|a, b| a.chi_square.total_cmp(&b.chi_square))
}

/// Horizontal fields of view that the search starts from, degrees.
const STARTS_DEG: [f64; 6] = [22.0, 34.0, 48.0, 64.0, 82.0, 100.0];
/// How many of the starts are refined.
const REFINED: usize = 3;

fn best_fit(survey: &Survey, find_pose: PoseFinder<'_>) -> Option<CameraFit> {
    let (width, height) = (f64::from(survey.frame.width_px), f64::from(survey.frame.height_px));
    let mut starts: Vec<(f64, CameraModel)> = STARTS_DEG
        .iter()
        .filter_map(|degrees| {
            let focal = width / 2.0 / (degrees / 2.0).to_radians().tan();
            let (cx, cy) = ((width - 1.0) / 2.0, (height - 1.0) / 2.0);
            let lens = Lens { fx: focal, fy: focal, cx, cy, distortion: [0.0; 5] };
            let model = CameraModel { lens, pose: find_pose(&survey.points, &lens)? };
            let miss = survey.points.iter().try_fold(0.0, |sum, point| {
                let at = model.pixel(&point.world)?;
                Some(sum + (at.x - point.image.x).powi(2) + (at.y - point.image.y).powi(2))
            })?;
            Some((miss, model))
        })
        .collect();
    starts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let fits = starts.into_iter().take(REFINED).map(|(_, model)| fit_camera(survey, model));
    fits.fold(None, better)
}

fn foretold(model: &CameraModel, point: &SurveyPoint) -> Option<LeftOut> {
    let expected = model.pixel(&point.world)?;
    let error_px = (expected.x - point.image.x).hypot(expected.y - point.image.y);
    let error_metres = model.ray(point.image).and_then(|ray| {
        let position = model.pose.position;
        let reach = (point.world.z - position.z) / ray.z;
        let off: Vector3<f64> = position + ray * reach - point.world;
        (reach > 0.0 && reach.is_finite()).then(|| off.xy().norm())
    });
    Some(LeftOut { error_px, error_metres, expected })
}
