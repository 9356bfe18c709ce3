//! First guess of where a camera stands, by OpenCV's perspective-n-point solver.

use super::{fault, one_thread};
use crate::domain::{
    camera::{Lens, Pose, SurveyPoint},
    seams::PixelFault,
};
use opencv::{
    calib3d,
    core::{Mat, Point2d, Point3d, Vector},
    prelude::*,
};

/// The pose that a pinhole lens must have had to see the points (SQPnP: any arrangement, plane or not).
/// `None` where the solver finds none; distortion is left out.
pub fn pose(points: &[SurveyPoint], lens: &Lens) -> Option<Pose> {
    try_pose(points, lens)
        .inspect_err(|error| tracing::debug!(%error, "no pose at this focal length"))
        .ok()
        .flatten()
}

fn try_pose(points: &[SurveyPoint], lens: &Lens) -> Result<Option<Pose>, PixelFault> {
    one_thread();
    let world: Vector<Point3d> =
        points.iter().map(|p| Point3d::new(p.world.x, p.world.y, p.world.z)).collect();
    let image: Vector<Point2d> =
        points.iter().map(|p| Point2d::new(p.image.x, p.image.y)).collect();
    let matrix =
        Mat::from_slice_2d(&[[lens.fx, 0.0, lens.cx], [0.0, lens.fy, lens.cy], [0.0, 0.0, 1.0]])
            .map_err(fault)?;
    let (mut turn, mut shift) = (Mat::default(), Mat::default());
    let found = calib3d::solve_pnp(
        &world,
        &image,
        &matrix,
        &Mat::default(),
        &mut turn,
        &mut shift,
        false,
        calib3d::SOLVEPNP_SQPNP,
    )
    .map_err(fault)?;
    if !found {
        return Ok(None);
    }
    let mut rotation = Mat::default();
    calib3d::rodrigues_def(&turn, &mut rotation).map_err(fault)?;
    let mut rows = [[0.0; 3]; 3];
    for (at, row) in rows.iter_mut().enumerate() {
        row.copy_from_slice(rotation.at_row::<f64>(at as i32).map_err(fault)?);
    }
    let shift: Vec<f64> = shift.data_typed::<f64>().map_err(fault)?.to_vec();
    // The solver says camera = R world + t; the camera stands at -R' t.
    let position =
        [0, 1, 2].map(|column| -(0..3).map(|row| rows[row][column] * shift[row]).sum::<f64>());
    Ok(Pose::new(rows, position))
}
