//! `--frame` and `--draw`: a calibrated view as a picture of hulls, occluders, and the borders of grid cells.

use super::BadInput;
use crate::{
    domain::{
        coverage::grid_lines,
        grid::{GridError, Level},
        ground::GroundView,
    },
    drivers::vision::overlay::{self, Colour, Mark},
};
use std::path::PathBuf;

/// Cells of about 7 m: what a camera's places are coded in.
const LEVEL: Level = Level::Seven;

#[derive(Debug, clap::Args)]
pub struct ViewPicture {
    /// A picture of this camera to draw on
    #[arg(long, requires = "draw")]
    frame: Option<PathBuf>,
    /// PNG to write: what was measured, and the hull, occluders and grid on the ground
    #[arg(long)]
    draw: Option<PathBuf>,
}

impl ViewPicture {
    /// Writes the picture if one is asked for, with further marks over it.
    pub fn draw(
        &self,
        view: &GroundView,
        further: impl FnOnce() -> Vec<Mark>,
    ) -> Result<(), BadInput> {
        let Some(out) = &self.draw else { return Ok(()) };
        let mut marks = marks(view).map_err(|error| BadInput(error.to_string()))?;
        marks.extend(further());
        overlay::draw(self.frame.as_deref(), view.frame, &marks, out)
            .map_err(|fault| BadInput(fault.to_string()))
    }
}

fn marks(view: &GroundView) -> Result<Vec<Mark>, GridError> {
    let border = |points| Mark::Line { points, closed: false, colour: Colour::GRID, width_px: 1 };
    let mut marks: Vec<Mark> = grid_lines(view, LEVEL)?.into_iter().map(border).collect();
    let outlines = view.planes().iter().map(|plane| (&plane.hull, Colour::HULL));
    let occluders = view.occluders().iter().map(|occluder| (occluder, Colour::OCCLUDER));
    marks.extend(outlines.chain(occluders).map(|(polygon, colour)| Mark::Line {
        points: polygon.corners().to_vec(),
        closed: true,
        colour,
        width_px: 2,
    }));
    Ok(marks)
}
