//! What a survey is told about itself: each point's residual and what the others make of it.

use super::{
    choose::{Model, rms},
    survey::{Row, SurveyFile},
};
use crate::domain::{
    ground::GroundView,
    pixel::{PixelPoint, PixelSize},
};
use serde_json::json;

/// Residuals beyond this many times the stated noise are no noise.
const NOISE_FACTOR_MAX: f64 = 8.0;

/// Below this plausibility people are told.
const PLAUSIBILITY_MIN: f64 = 0.001;

pub struct PointReport {
    pub line: usize,
    pub image: PixelPoint,
    pub residual_px: Option<f64>,
    pub residual_metres: Option<f64>,
    pub left_out_px: Option<f64>,
    pub left_out_metres: Option<f64>,
}

pub struct Report {
    pub model: &'static str,
    /// How many times larger the residuals are than the stated noise; a camera's only.
    noise_factor: Option<f64>,
    /// Probability that the stated noise explains the residuals; a camera's only.
    plausibility: Option<f64>,
    /// Those that had a part in the fit.
    pub points: Vec<PointReport>,
    /// Further lines, by name.
    pub facts: Vec<(&'static str, f64)>,
}

impl Report {
    pub fn new(survey: &SurveyFile, ground: &[&Row], model: &Model, frame: PixelSize) -> Self {
        match model {
            Model::Camera(solved) => {
                let fit = &solved.fit;
                let points = survey.rows.iter().zip(&fit.residuals_px).zip(&solved.left_out);
                let plausibility = fit.plausibility();
                Self {
                    model: "camera",
                    noise_factor: Some((fit.chi_square / fit.degrees_of_freedom).sqrt()),
                    plausibility: Some(plausibility),
                    points: points
                        .map(|((row, residual), left)| PointReport {
                            line: row.line,
                            image: row.point.image,
                            residual_px: Some(residual.norm()),
                            residual_metres: None,
                            left_out_px: left.map(|left| left.error_px),
                            left_out_metres: left.and_then(|left| left.error_metres),
                        })
                        .collect(),
                    facts: vec![
                        ("rms_px", fit.rms_px()),
                        ("plausibility", plausibility),
                        ("field_of_view_deg", fit.model.field_of_view_deg(frame.width_px)),
                        ("k1", fit.model.lens.distortion[0]),
                        ("k2", fit.model.lens.distortion[1]),
                    ],
                }
            }
            Model::Homography { fit, left_out_metres } => {
                let points = ground.iter().zip(&fit.residuals_metres).zip(left_out_metres);
                Self {
                    model: "homography",
                    noise_factor: None,
                    plausibility: None,
                    points: points
                        .map(|((row, residual), left)| PointReport {
                            line: row.line,
                            image: row.point.image,
                            residual_px: None,
                            residual_metres: Some(*residual),
                            left_out_px: None,
                            left_out_metres: *left,
                        })
                        .collect(),
                    facts: vec![("rms_metres", fit.rms_error_metres)],
                }
            }
        }
    }

    /// Over the points whose pixel meets the level they lie on; none with too few points to leave one out.
    pub fn left_out_rms_metres(&self) -> Option<f64> {
        rms(self.points.iter().map(|point| point.left_out_metres).filter(Option::is_some))
    }

    pub fn left_out_median_metres(&self) -> Option<f64> {
        median(self.points.iter().filter_map(|point| point.left_out_metres).collect())
    }

    /// What to look at before the fit is used.
    pub fn doubt(&self) -> Option<String> {
        let factor = self.noise_factor?;
        (self.plausibility? < PLAUSIBILITY_MIN).then(|| {
            format!(
                "the points fit {factor:.1} times worse than their stated noise, which chance hardly does: \
                 a digit may be wrong, or the noise larger (--pixel-noise-px, --survey-noise-metres); the \
                 stated errors have grown with it"
            )
        })
    }

    /// Why the fit must not be used.
    pub fn bad_fit(&self, error_max_metres: f64) -> Option<String> {
        let error = match self.noise_factor {
            Some(factor) if factor > NOISE_FACTOR_MAX => {
                return Some(format!(
                    "the points fit {factor:.0} times worse than their stated noise; at most \
                     {NOISE_FACTOR_MAX} times is allowed: check the points with the largest errors above, or \
                     state their noise (--pixel-noise-px, --survey-noise-metres)"
                ));
            }
            Some(_) => self.left_out_median_metres(),
            None => self.left_out_rms_metres(),
        };
        error.filter(|error| *error > error_max_metres).map(|error| {
            format!(
                "the fit is off by {error:.2} m; at most {error_max_metres} m is allowed \
                 (--error-max-metres): check the points with the largest errors above"
            )
        })
    }

    pub fn print(
        &self,
        as_json: bool,
        view: &GroundView,
        warnings: &[String],
    ) -> anyhow::Result<()> {
        let left_out = self.left_out_rms_metres();
        let camera = view.camera_position();
        if as_json {
            let points: Vec<_> = self
                .points
                .iter()
                .map(|p| {
                    json!({
                        "line": p.line, "u": p.image.x, "v": p.image.y,
                        "residual_px": p.residual_px, "residual_metres": p.residual_metres,
                        "left_out_px": p.left_out_px, "left_out_metres": p.left_out_metres,
                    })
                })
                .collect();
            let facts: serde_json::Map<String, serde_json::Value> =
                self.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let report = json!({
                "model": self.model, "points": points, "facts": facts,
                "leave_one_out_rms_metres": left_out,
                "leave_one_out_median_metres": self.left_out_median_metres(),
                "camera": camera.map(|(at, height)| json!({
                    "lon_deg": at.lon_deg, "lat_deg": at.lat_deg, "height_metres": height,
                })),
                "warnings": warnings,
            });
            println!("{}", serde_json::to_string(&report)?);
        } else {
            let number = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.3}"));
            println!(
                "{:>5} {:>8} {:>8} {:>12} {:>16} {:>15}",
                "line", "u", "v", "residual", "left out px", "left out m"
            );
            for p in &self.points {
                let residual = match (p.residual_px, p.residual_metres) {
                    (Some(px), _) => format!("{px:.2} px"),
                    (_, metres) => format!("{} m", number(metres)),
                };
                println!(
                    "{:>5} {:>8.1} {:>8.1} {residual:>12} {:>16} {:>15}",
                    p.line,
                    p.image.x,
                    p.image.y,
                    number(p.left_out_px),
                    number(p.left_out_metres)
                );
            }
            for (name, value) in &self.facts {
                println!("{name} {value:.3}");
            }
            if let Some((at, height)) = camera {
                println!(
                    "camera at {:.7},{:.7}, {height:.2} m above the ellipsoid",
                    at.lon_deg, at.lat_deg
                );
            }
            let text = match (self.left_out_median_metres(), left_out) {
                (Some(median), Some(rms)) => {
                    format!("median {median:.3} m, root mean square {rms:.3} m")
                }
                _ => "not measurable with 4 points".to_owned(),
            };
            println!("{}: leave-one-out error {text}", self.model);
            warnings.iter().for_each(|warning| println!("warning: {warning}"));
        }
        Ok(())
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
