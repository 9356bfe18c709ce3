//! The survey over a frame: where each point was marked, and how far the fit puts it from there.

use super::{
    choose::Model,
    survey::{Row, SurveyFile},
};
use crate::{
    domain::{ground::GroundView, pixel::PixelPoint},
    drivers::vision::overlay::{Colour, Mark},
};

/// Residuals are drawn this many times as long as they are.
const RESIDUAL_SCALE: f64 = 10.0;

/// `ground` are the rows that a homography was fitted to.
pub fn survey_marks(
    survey: &SurveyFile,
    ground: &[&Row],
    model: &Model,
    view: &GroundView,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (index, row) in survey.rows.iter().enumerate() {
        let at = row.point.image;
        let residual = match model {
            Model::Camera(solved) => {
                let residual = solved.fit.residuals_px[index];
                Some((residual.x, residual.y))
            }
            Model::Homography { .. } => view
                .image_from_ground(row.geo)
                .filter(|_| ground.iter().any(|fitted| fitted.line == row.line))
                .map(|expected| (at.x - expected.x, at.y - expected.y)),
        };
        if let Some((dx, dy)) = residual {
            let to = PixelPoint { x: at.x - RESIDUAL_SCALE * dx, y: at.y - RESIDUAL_SCALE * dy };
            let points = vec![at, to];
            marks.push(Mark::Line { points, closed: false, colour: Colour::RESIDUAL, width_px: 2 });
        }
        marks.push(Mark::Cross { at, colour: Colour::POINT });
        let text = format!("line {}", row.line);
        let beside = PixelPoint { x: at.x + 8.0, y: at.y - 8.0 };
        marks.push(Mark::Text { at: beside, text, colour: Colour::POINT });
    }
    marks
}
