//! The survey over a frame: where each point was marked, where the fit puts it, and the grid on the ground.

use super::{choose::Model, survey::SurveyFile};
use crate::{
    domain::{ground::GroundView, pixel::PixelPoint},
    drivers::vision::overlay::{Colour, Mark, draw as draw_marks},
    roles::tools::{BadInput, view_marks::view_marks},
};
use std::path::Path;

/// Residuals are drawn this many times as long as they are.
const RESIDUAL_SCALE: f64 = 10.0;

pub fn draw(
    survey: &SurveyFile,
    model: &Model,
    view: &GroundView,
    frame: Option<&Path>,
    out: &Path,
) -> anyhow::Result<()> {
    let mut marks = view_marks(view);
    for (index, row) in survey.rows.iter().enumerate() {
        let at = row.point.image;
        let residual = match model {
            Model::Camera(solved) => {
                let residual = solved.fit.residuals_px[index];
                Some((residual.x, residual.y))
            }
            Model::Homography { .. } => view
                .image_from_ground(row.geo)
                .filter(|_| row.height_metres - view.planes()[0].height_metres < 0.3)
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
    draw_marks(frame, view.frame, &marks, out).map_err(|fault| BadInput(fault.to_string()))?;
    Ok(())
}
