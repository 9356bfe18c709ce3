//! Camera or homography: whichever the points support, with what each leaves over.

use super::{
    fit::{Unfit, UnfitKind},
    survey::{Row, SurveyFile},
};
use crate::domain::{
    camera::{POINTS_MIN, Refused, Solved, Survey, find_suspect, solve},
    geo::EastNorth,
    ground::{BadCalibration, ControlPoint, HomographyFit, fit_homography},
    pixel::PixelSize,
};
#[cfg(feature = "edge")]
use crate::drivers::vision::pose::pose;
use nalgebra::Vector3;

/// Whether to fit a whole camera or only a plane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Wanted {
    /// A camera from five points on, unless all lie on one plane that foretells them far better; else a homography
    #[default]
    Auto,
    /// Lens, pose and covariance; at least five points
    Camera,
    /// One level plane; at least four points
    Homography,
}

/// What the points support.
pub enum Model {
    Camera(Box<Solved>),
    Homography { fit: HomographyFit, left_out_metres: Vec<Option<f64>> },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    pub pixel_px: f64,
    pub survey_metres: f64,
}

pub fn choose(
    file: &SurveyFile,
    ground: &[&Row],
    frame: PixelSize,
    noise: &Noise,
    wanted: Wanted,
) -> Result<Model, Unfit> {
    if file.rows.len() < 4 {
        let few = BadCalibration::TooFewPoints { given: file.rows.len() };
        return Err(Unfit::of(&few, few.to_string()));
    }
    refuse_a_line(file)?;
    let camera = || {
        let survey = Survey {
            frame,
            points: file.rows.iter().map(|row| row.point).collect(),
            pixel_noise_px: noise.pixel_px,
            survey_noise_metres: noise.survey_metres,
        };
        solve_camera(&survey)
    };
    match wanted {
        Wanted::Camera if !cfg!(feature = "edge") => {
            let reason = "this program was built without the feature edge, which solves cameras";
            Err(Unfit { kind: UnfitKind::Setting, line: None, reason: reason.to_owned() })
        }
        Wanted::Camera => camera()
            .map(|solved| Model::Camera(Box::new(solved)))
            .map_err(|refused| told(file, &refused)),
        Wanted::Homography => homography(ground),
        Wanted::Auto if file.rows.len() < POINTS_MIN => homography(ground),
        Wanted::Auto => match (camera(), homography(ground)) {
            (Ok(solved), Ok(flat)) if better_flat(file, &solved, &flat) => Ok(flat),
            (Ok(solved), _) => Ok(Model::Camera(Box::new(solved))),
            // A plane has a say in its own points only.
            (Err(Refused::Outlier(suspect)), flat) => {
                let line = file.rows[suspect.index].line;
                let on_it = ground.iter().any(|row| row.line == line);
                let flat = flat.ok().filter(|flat| on_it && flat_enough(flat));
                flat.ok_or_else(|| told(file, &Refused::Outlier(suspect)))
            }
            (Err(_), flat) => flat,
        },
    }
}

#[cfg(feature = "edge")]
fn solve_camera(survey: &Survey) -> Result<Solved, Refused> {
    solve(survey, &pose)
}

/// Without OpenCV nothing guesses a pose.
#[cfg(not(feature = "edge"))]
fn solve_camera(survey: &Survey) -> Result<Solved, Refused> {
    solve(survey, &|_, _| None)
}

/// A homography is preferred only where all points lie on its plane and it foretells them far better: it knows
/// neither the lens nor how its error grows.
fn better_flat(file: &SurveyFile, solved: &Solved, flat: &Model) -> bool {
    let Model::Homography { left_out_metres, .. } = flat else { return false };
    let all_on_it = left_out_metres.len() == file.rows.len();
    let camera = rms(solved.left_out.iter().map(|left| left.and_then(|left| left.error_metres)));
    let plane = rms(left_out_metres.iter().copied());
    all_on_it && matches!((camera, plane), (Some(camera), Some(plane)) if 2.0 * plane < camera)
}

fn flat_enough(flat: &Model) -> bool {
    const METRES: f64 = 0.5;
    let Model::Homography { left_out_metres, .. } = flat else { return false };
    rms(left_out_metres.iter().copied()).is_some_and(|error| error < METRES)
}

/// Root mean square; none if any is unknown.
pub fn rms(errors: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut squares, mut n) = (0.0, 0.0);
    for error in errors {
        squares += error?.powi(2);
        n += 1.0;
    }
    (n > 0.0).then(|| f64::sqrt(squares / n))
}

fn told(file: &SurveyFile, refused: &Refused) -> Unfit {
    let Refused::Outlier(suspect) = refused else {
        let kind = match refused {
            Refused::TooFewPoints { .. } => UnfitKind::TooFewPoints,
            _ => UnfitKind::NoFit,
        };
        let reason = format!("{refused}: check u,v against lon,lat of every row");
        return Unfit { kind, line: None, reason };
    };
    let expected = suspect.left_out.map(|left| {
        format!("the other points expect it at u,v {:.0},{:.0}", left.expected.x, left.expected.y)
    });
    outlier(&file.rows[suspect.index], expected)
}

fn outlier(row: &Row, expected: Option<String>) -> Unfit {
    let expected = expected.map(|text| format!(" ({text})")).unwrap_or_default();
    let reason = format!(
        "line {}: the control point at u,v {},{} disagrees with all the others, which agree without it\
         {expected}: check each digit of its u, v, lon, lat and height_metres",
        row.line, row.point.image.x, row.point.image.y
    );
    Unfit { kind: UnfitKind::Outlier, line: Some(row.line), reason }
}

fn homography(ground: &[&Row]) -> Result<Model, Unfit> {
    let points: Vec<ControlPoint> = ground
        .iter()
        .map(|row| ControlPoint {
            image: row.point.image,
            ground: EastNorth { east_metres: row.point.world.x, north_metres: row.point.world.y },
        })
        .collect();
    let fit = fit_homography(&points)
        .map_err(|error| Unfit::of(&error, format!("on the ground: {error}")))?;
    let without: Vec<Option<HomographyFit>> = (0..points.len())
        .map(|index| {
            let mut rest = points.clone();
            rest.remove(index);
            fit_homography(&rest).ok()
        })
        .collect();
    // With five points, leaving out any one lets the other four agree: none can be named.
    if points.len() >= 6 && fit.rms_error_metres > 0.1 {
        let squares = |fit: &HomographyFit| fit.residuals_metres.iter().map(|r| r * r).sum();
        let costs: Vec<f64> =
            without.iter().map(|fit| fit.as_ref().map_or(f64::INFINITY, squares)).collect();
        if let Some(index) = find_suspect(squares(&fit), &costs) {
            return Err(outlier(ground[index], None));
        }
    }
    let left_out_metres = points
        .iter()
        .zip(&without)
        .map(|(point, fit)| Some(fit.as_ref()?.ground(point.image).distance_metres(&point.ground)))
        .collect();
    Ok(Model::Homography { fit, left_out_metres })
}

/// Points on one line, in the picture or in the world, leave every model open. One far away through a wrong digit
/// makes any others look like a line; then the rest must be one too.
fn refuse_a_line(file: &SurveyFile) -> Result<(), Unfit> {
    let image: Vec<Vector3<f64>> = file
        .rows
        .iter()
        .map(|row| Vector3::new(row.point.image.x, row.point.image.y, 0.0))
        .collect();
    let world: Vec<Vector3<f64>> = file.rows.iter().map(|row| row.point.world).collect();
    let open = |points: &[Vector3<f64>]| {
        on_a_line(points)
            && (0..points.len()).all(|index| {
                let mut rest = points.to_vec();
                rest.remove(index);
                on_a_line(&rest)
            })
    };
    if open(&image) || open(&world) {
        let line = BadCalibration::Collinear;
        return Err(Unfit::of(&line, line.to_string()));
    }
    Ok(())
}

fn on_a_line(points: &[Vector3<f64>]) -> bool {
    let n = points.len() as f64;
    let middle = points.iter().sum::<Vector3<f64>>() / n;
    let spread = points.iter().fold(nalgebra::Matrix3::zeros(), |sum, point| {
        sum + (point - middle) * (point - middle).transpose() / n
    });
    let mut extents = spread.symmetric_eigenvalues().map(|square| square.max(0.0).sqrt());
    extents.as_mut_slice().sort_by(f64::total_cmp);
    extents[1] < 0.01 * extents[2] || extents[2] == 0.0
}
