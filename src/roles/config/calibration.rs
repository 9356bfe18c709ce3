//! `calibration/<site>_<camera>.toml`: how pixels of one view lie on the ground.
//!
//! One of `[homography]` (one level plane) or `[camera]` (a whole camera and the planes it looks at).
//! `[[occluder]]` polygons stand between the camera and the ground.

use super::load;
use crate::{
    base::toml_reader::{Faults, Table},
    domain::{
        camera::{CameraModel, Covariance, Lens, PARAMETERS, Pose},
        datum::{Shift, gcj_shift_suspected},
        geo::GeoPoint,
        ground::{
            BadCalibration, CameraCalibration, GroundView, HomographyCalibration, PlaneCalibration,
            SurfaceDoubt,
        },
        pixel::{PixelPoint, PixelPolygon, PixelSize},
    },
};
use nalgebra::{Matrix3, SMatrix};
use std::path::Path;

/// A checked calibration file.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The file's name without its ending.
    pub id: String,
    pub view: GroundView,
    /// Where the camera stands, if the file says so; for maps.
    stated_camera: Option<(GeoPoint, f64)>,
}

impl Calibration {
    /// A map's shifted coordinates taken for true ones, in the stated position or in the points.
    pub fn suspected_shift(&self) -> Option<Shift> {
        let (stated, _) = self.stated_camera?;
        let ground: Vec<GeoPoint> =
            self.view.planes().iter().flat_map(|plane| self.view.plane_outline(plane)).collect();
        gcj_shift_suspected(stated, &ground)
    }

    /// Where the camera stands, with its ellipsoidal height; a homography that does not say puts it at its
    /// origin.
    pub fn camera_position(&self) -> (GeoPoint, f64) {
        self.stated_camera
            .or_else(|| self.view.camera_position())
            .unwrap_or((self.view.origin, self.view.planes()[0].height_metres))
    }
}

pub fn load_calibration(path: &Path) -> Result<Calibration, Faults> {
    let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    load(path, |table| calibration(table, id))
}

fn calibration(mut root: Table<'_>, id: String) -> Option<Calibration> {
    let _ = root.value::<String>("datum").one_of(&[("CGCS2000", ()), ("WGS84", ())]).required();
    let _ = root
        .value::<String>("surveyed_on")
        .check("a date such as 2026-11-21", |text| {
            text.parse::<jiff::civil::Date>().map(|_| ()).map_err(|_| String::new())
        })
        .required();
    let frame = root.required_table("frame").and_then(frame_size);
    let stated_camera = root.table("camera_position").and_then(position);
    let occluders: Vec<Option<PixelPolygon>> =
        root.tables("occluder").into_iter().map(occluder).collect();
    let view = match (root.table("homography"), root.table("camera")) {
        (Some(table), None) => homography(table, frame),
        (None, Some(table)) => camera(table, frame),
        (Some(_), Some(_)) => {
            root.fault("camera", "give [homography] or [camera], not both");
            None
        }
        (None, None) => {
            root.fault("homography", "one of [homography] or [camera] is missing");
            None
        }
    };
    let occluders = occluders.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Calibration { id, view: view?.with_occluders(occluders), stated_camera })
}

fn homography(mut table: Table<'_>, frame: Option<PixelSize>) -> Option<GroundView> {
    let ground_from_image = table.value::<[[f64; 3]; 3]>("ground_from_image").required();
    let origin = table.required_table("origin").and_then(position);
    let rms = table.value("rms_error_metres").in_range(0.0..=100.0).required();
    let hull = table.value::<Vec<[f64; 2]>>("hull_px").required();
    let (origin, height_metres) = origin?;
    let built = GroundView::from_homography(HomographyCalibration {
        frame: frame?,
        ground_from_image: ground_from_image?,
        origin,
        height_metres,
        rms_error_metres: rms?,
        hull_px: pixels(hull?),
    });
    built
        .map_err(|error| {
            let singular = matches!(error, BadCalibration::Singular { .. });
            table.fault(if singular { "ground_from_image" } else { "hull_px" }, error.to_string());
        })
        .ok()
}

fn camera(mut table: Table<'_>, frame: Option<PixelSize>) -> Option<GroundView> {
    let focal = 10.0..=1e6;
    let fx = table.value("fx").in_range(focal.clone()).required();
    let fy = table.value("fy").in_range(focal).required();
    let cx = table.value("cx").in_range(-1e5..=1e5).required();
    let cy = table.value("cy").in_range(-1e5..=1e5).required();
    let distortion = table
        .value::<Vec<f64>>("distortion")
        .check("at most five numbers k1, k2, p1, p2, k3 between -10 and 10", |given| {
            let mut all = [0.0; 5];
            let sound = given.len() <= 5 && given.iter().all(|k| k.abs() <= 10.0);
            all.iter_mut().zip(&given).for_each(|(to, from)| *to = *from);
            if sound { Ok(all) } else { Err(String::new()) }
        })
        .or([0.0; 5]);
    let rotation = table
        .value::<[[f64; 3]; 3]>("rotation")
        .check("a rotation from east, north, up to right, down, forward, by rows", |rows| {
            Pose::new(rows, [0.0; 3]).ok_or_else(String::new)
        })
        .required();
    let origin = table.required_table("position").and_then(position);
    let covariance = table
        .value::<[[f64; PARAMETERS]; PARAMETERS]>("covariance")
        .check("a symmetric matrix with no negative variance", |rows| {
            let matrix = Covariance::from_fn(|row, column| rows[row][column]);
            let skew = (matrix - matrix.transpose()).abs().max();
            let least = matrix.symmetric_eigenvalues().min();
            let sound = skew <= 1e-6 * matrix.abs().max() && least >= -1e-9 * matrix.abs().max();
            if sound { Ok(matrix) } else { Err(String::new()) }
        })
        .or(Covariance::zeros());
    let rms_error_metres = table.value("rms_error_metres").in_range(0.0..=100.0).or(0.0);
    let planes: Vec<Option<PlaneCalibration>> =
        table.tables("planes").into_iter().map(plane).collect();
    if planes.is_empty() {
        table.fault(
            "planes",
            "at least one plane of ground: { id = \"road\", height_metres = ... }",
        );
    }
    let planes = planes.into_iter().collect::<Option<Vec<_>>>()?;
    let (origin, origin_height_metres) = origin?;
    let built = GroundView::from_camera(CameraCalibration {
        frame: frame?,
        model: CameraModel {
            lens: Lens { fx: fx?, fy: fy?, cx: cx?, cy: cy?, distortion },
            pose: rotation?,
        },
        covariance,
        rms_error_metres,
        origin,
        origin_height_metres,
        planes,
    });
    built
        .map_err(|error| {
            table.fault("planes", error.to_string());
        })
        .ok()
}

fn plane(mut table: Table<'_>) -> Option<PlaneCalibration> {
    let id = table.value::<String>("id").not_empty().required();
    let height_metres = table.value("height_metres").in_range(-500.0..=9_000.0).required();
    let slope_east = table.value("slope_east").in_range(-0.5..=0.5).or(0.0);
    let slope_north = table.value("slope_north").in_range(-0.5..=0.5).or(0.0);
    let hull_px = table.value::<Vec<[f64; 2]>>("hull_px").optional().map(pixels);
    let finite = "finite numbers";
    let covariance = table
        .value::<[[f64; 3]; 3]>("covariance")
        .check(finite, |rows| {
            let matrix = Matrix3::from_fn(|row, column| rows[row][column]);
            if matrix.iter().all(|v| v.is_finite()) { Ok(matrix) } else { Err(String::new()) }
        })
        .or(Matrix3::zeros());
    let with_camera = table
        .value::<[[f64; PARAMETERS]; 3]>("with_camera")
        .check(finite, |rows| {
            let matrix = SMatrix::<f64, 3, PARAMETERS>::from_fn(|row, column| rows[row][column]);
            if matrix.iter().all(|v| v.is_finite()) { Ok(matrix) } else { Err(String::new()) }
        })
        .or(SMatrix::zeros());
    let doubt = SurfaceDoubt { covariance, with_camera };
    Some(PlaneCalibration {
        id: id?,
        height_metres: height_metres?,
        slope_east,
        slope_north,
        doubt,
        hull_px,
    })
}

fn occluder(mut table: Table<'_>) -> Option<PixelPolygon> {
    table
        .value::<Vec<[f64; 2]>>("polygon_px")
        .check("at least three corners that are not on one line", |corners| {
            PixelPolygon::new(pixels(corners)).ok_or_else(String::new)
        })
        .required()
}

fn pixels(corners: Vec<[f64; 2]>) -> Vec<PixelPoint> {
    corners.into_iter().map(|[x, y]| PixelPoint { x, y }).collect()
}

pub fn frame_size(mut table: Table<'_>) -> Option<PixelSize> {
    let width_px = table.value("width_px").in_range(16..=16_384).required();
    let height_px = table.value("height_px").in_range(16..=16_384).required();
    Some(PixelSize { width_px: width_px?, height_px: height_px? })
}

fn position(mut table: Table<'_>) -> Option<(GeoPoint, f64)> {
    let lon_deg = table.value("lon_deg").in_range(-180.0..=180.0).required();
    let lat_deg = table.value("lat_deg").in_range(-88.0..=88.0).required();
    let height = table.value("height_metres").in_range(-500.0..=9_000.0).required();
    Some((GeoPoint { lon_deg: lon_deg?, lat_deg: lat_deg? }, height?))
}

#[cfg(test)]
#[path = "calibration_tests.rs"]
mod tests;
