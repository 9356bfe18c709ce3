//! From a survey to a calibration that may be used, or why not: the same for the command and for the hub's page.

use super::{
    choose::{Model, Noise, Wanted, choose},
    file::{PlaneText, Written},
    report::Report,
    survey::{Ground, Surface, SurveyFile},
};
use crate::domain::{
    datum::gcj_shift_suspected,
    geo::GeoPoint,
    geoid::HeightDatum,
    ground::{BadCalibration, GroundView},
    pixel::PixelSize,
};

/// What is wished of a fit, besides its points.
#[derive(Debug, Clone)]
pub struct Wishes {
    pub frame: PixelSize,
    pub model: Wanted,
    pub noise: Noise,
    pub error_max_metres: f64,
    /// Of the ground, in `heights`; from the points if left out.
    pub ground_height_metres: Option<f64>,
    pub heights: HeightDatum,
    /// A tilted plane instead of a level one.
    pub terrain: bool,
    /// Where the camera is said to stand, CGCS2000.
    pub camera_position: Option<GeoPoint>,
    pub surveyed_on: String,
}

/// What stands against a fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "hub", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnfitKind {
    TooFewPoints,
    /// The points lie on one line, in the picture or in the world.
    OneLine,
    /// Two points say the same pixel or the same place.
    Repeated,
    /// One point disagrees with all the others.
    Outlier,
    NoFit,
    /// There is a fit, and it is off by too much.
    BadFit,
    /// What is wished cannot be had of these points, or of this program.
    Setting,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct Unfit {
    pub kind: UnfitKind,
    /// Of the survey.
    pub line: Option<usize>,
    pub reason: String,
}

impl Unfit {
    pub fn of(error: &BadCalibration, reason: String) -> Self {
        let kind = match error {
            BadCalibration::TooFewPoints { .. } => UnfitKind::TooFewPoints,
            BadCalibration::Collinear => UnfitKind::OneLine,
            _ => UnfitKind::NoFit,
        };
        Self { kind, line: None, reason }
    }

    fn setting(reason: String) -> Self {
        Self { kind: UnfitKind::Setting, line: None, reason }
    }
}

/// A fit, which may be a bad one.
pub struct Fitted {
    pub model: Model,
    pub view: GroundView,
    pub report: Report,
    pub warnings: Vec<String>,
    written: Written,
    error_max_metres: f64,
}

impl Fitted {
    /// Why it must not be used.
    pub fn bad_fit(&self) -> Option<Unfit> {
        let reason = self.report.bad_fit(self.error_max_metres)?;
        Some(Unfit { kind: UnfitKind::BadFit, line: None, reason })
    }

    /// The calibration file.
    pub fn text(&self) -> String {
        self.written.text()
    }
}

pub fn fit(survey: &SurveyFile, wishes: &Wishes) -> Result<Fitted, Unfit> {
    let grounds = survey.grounds();
    let first = grounds.first().map(|ground| ground.rows.as_slice()).unwrap_or_default();
    let model = choose(survey, first, wishes.frame, &wishes.noise, wishes.model)?;
    let report = Report::new(survey, first, &model, wishes.frame);
    let stated = wishes.camera_position;
    let written = Written::new(
        survey,
        &model,
        planes(wishes, survey, &grounds)?,
        wishes.frame,
        wishes.surveyed_on.clone(),
        stated,
    );
    let view = written.view().map_err(|error| Unfit::of(&error, error.to_string()))?;
    let mut warnings = Vec::new();
    let places: Vec<GeoPoint> = survey.rows.iter().map(|row| row.geo).collect();
    if let Some(shift) = stated.and_then(|at| gcj_shift_suspected(at, &places)) {
        warnings.push(shift.to_string());
    }
    warnings.extend(report.doubt());
    let error_max_metres = wishes.error_max_metres;
    Ok(Fitted { model, view, report, warnings, written, error_max_metres })
}

fn planes(
    wishes: &Wishes,
    survey: &SurveyFile,
    grounds: &[Ground<'_>],
) -> Result<Vec<PlaneText>, Unfit> {
    let stated_ground = wishes
        .ground_height_metres
        .map(|height| wishes.heights.ellipsoidal_metres(height, survey.origin))
        .transpose()
        .map_err(|error| Unfit::setting(format!("--ground-height-metres: {error}")))?;
    grounds
        .iter()
        .map(|ground| {
            let surface = match stated_ground {
                Some(height) => Surface { values: [height, 0.0, 0.0], by_heights: Vec::new() },
                None if !wishes.terrain => ground.level(),
                None => ground.terrain().ok_or_else(|| {
                    Unfit::setting(format!(
                        "--terrain: the points of {:?} do not span a plane (three or more, not on one line)",
                        ground.id
                    ))
                })?,
            };
            Ok(PlaneText::new(survey, ground, surface))
        })
        .collect()
}
