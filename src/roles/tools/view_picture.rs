//! `--frame` and `--draw`: a calibrated view as a picture of hulls, occluders, and the borders of grid cells.

use super::BadInput;
use crate::{
    domain::{
        coverage::{Detail, footprint},
        geo::GeoPoint,
        grid::{GridCell, GridError, Level},
        ground::{GroundView, Plane},
        pixel::PixelPoint,
    },
    drivers::vision::overlay::{self, Colour, Mark},
};
use std::path::PathBuf;

/// Cells of about 7 m: what a camera's places are coded in.
const LEVEL: Level = Level::Seven;
/// A border is followed in so many steps, for lenses bend it.
const STEPS: u32 = 8;

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
    let mut marks = Vec::new();
    for seen in footprint(view, Detail::Level(LEVEL))?.cells {
        marks.extend(cell_border(view, &view.planes()[seen.plane], seen.cell));
    }
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

/// The parts of a cell's border that lie in the plane's hull.
fn cell_border(view: &GroundView, plane: &Plane, cell: GridCell) -> Vec<Mark> {
    let b = cell.bounds();
    let corners = [
        (b.west_deg, b.south_deg),
        (b.east_deg, b.south_deg),
        (b.east_deg, b.north_deg),
        (b.west_deg, b.north_deg),
    ];
    let mut lines = Vec::new();
    for (from, to) in corners.into_iter().zip(corners.into_iter().cycle().skip(1)) {
        let mut line: Vec<PixelPoint> = Vec::new();
        for step in 0..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let point = GeoPoint {
                lon_deg: from.0 + share * (to.0 - from.0),
                lat_deg: from.1 + share * (to.1 - from.1),
            };
            match view.image_on_plane(plane, point) {
                Some(pixel) if plane.hull.contains(pixel) => line.push(pixel),
                _ => lines.push(std::mem::take(&mut line)),
            }
        }
        lines.push(line);
    }
    lines
        .into_iter()
        .filter(|line| line.len() >= 2)
        .map(|points| Mark::Line { points, closed: false, colour: Colour::GRID, width_px: 1 })
        .collect()
}
