//! The calibration file that a survey gives: the values once, as a view and as text.

use super::{
    choose::Model,
    survey::{Ground, Row, Surface, SurveyFile},
};
use crate::domain::{
    camera::{CameraFit, CameraModel, PARAMETER_NAMES, Pose},
    geo::{EastNorth, GeoPoint, LocalFrame},
    ground::{
        BadCalibration, CameraCalibration, GroundView, HomographyCalibration, PlaneCalibration,
        SurfaceDoubt,
    },
    pixel::{PixelPoint, PixelSize},
};
use geo::{ConvexHull, MultiPoint};
use nalgebra::{SMatrix, Vector3};
use std::fmt::Write as _;

/// A ground, and the part of the picture where its points lie.
pub struct PlaneText {
    id: String,
    surface: Surface,
    /// The survey's rows that lie on it.
    rows: Vec<usize>,
    points_hull: Vec<PixelPoint>,
}

impl PlaneText {
    pub fn new(survey: &SurveyFile, ground: &Ground<'_>, surface: Surface) -> Self {
        let pixels = ground.rows.iter().map(|row| row.point.image);
        let lines: Vec<usize> = ground.rows.iter().map(|row| row.line).collect();
        let on_it = |(index, row): (usize, &Row)| lines.contains(&row.line).then_some(index);
        let rows = survey.rows.iter().enumerate().filter_map(on_it).collect();
        Self { id: ground.id.clone(), surface, rows, points_hull: convex_hull(pixels) }
    }

    /// What is not known of the surface at a place east and north of the survey's origin, and how that goes
    /// with the camera.
    fn doubt(&self, fit: &CameraFit, east: f64, north: f64) -> SurfaceDoubt {
        let mut doubt = SurfaceDoubt::none();
        for (by, row) in self.surface.by_heights.iter().zip(&self.rows) {
            let by = Vector3::new(by[0] + east * by[1] + north * by[2], by[1], by[2]);
            doubt.covariance += by * by.transpose() * fit.height_variance;
            doubt.with_camera += by * fit.with_heights[*row].transpose();
        }
        doubt
    }
}

enum Calibration {
    Homography(HomographyCalibration),
    Camera(Box<CameraCalibration>),
}

pub struct Written {
    calibration: Calibration,
    surveyed_on: String,
    stated_camera: Option<GeoPoint>,
}

impl Written {
    pub fn new(
        survey: &SurveyFile,
        model: &Model,
        planes: Vec<PlaneText>,
        frame: PixelSize,
        surveyed_on: String,
        stated_camera: Option<GeoPoint>,
    ) -> Self {
        let calibration = match model {
            Model::Camera(solved) => {
                Calibration::Camera(Box::new(camera(survey, &solved.fit, planes, frame)))
            }
            Model::Homography { fit, left_out_metres } => {
                let plane = &planes[0];
                let left_out = super::choose::rms(left_out_metres.iter().copied());
                Calibration::Homography(HomographyCalibration {
                    frame,
                    ground_from_image: fit.ground_from_image,
                    origin: survey.origin,
                    height_metres: plane.surface.values[0],
                    rms_error_metres: left_out.unwrap_or(0.0).max(fit.rms_error_metres),
                    hull_px: plane.points_hull.clone(),
                })
            }
        };
        Self { calibration, surveyed_on, stated_camera }
    }

    pub fn view(&self) -> Result<GroundView, BadCalibration> {
        match &self.calibration {
            Calibration::Homography(homography) => GroundView::from_homography(homography.clone()),
            Calibration::Camera(camera) => GroundView::from_camera((**camera).clone()),
        }
    }

    pub fn text(&self) -> String {
        let mut text = format!("datum = \"CGCS2000\"\nsurveyed_on = \"{}\"\n", self.surveyed_on);
        let (frame, height) = match &self.calibration {
            Calibration::Homography(it) => (it.frame, it.height_metres),
            Calibration::Camera(it) => (it.frame, it.origin_height_metres),
        };
        if let Some(GeoPoint { lon_deg, lat_deg }) = self.stated_camera {
            let _ = writeln!(
                text,
                "camera_position = {{ lon_deg = {lon_deg}, lat_deg = {lat_deg}, height_metres = {height:.3} }}"
            );
        }
        let PixelSize { width_px, height_px } = frame;
        let _ = writeln!(text, "\n[frame]\nwidth_px = {width_px}\nheight_px = {height_px}\n");
        match &self.calibration {
            Calibration::Homography(homography) => homography_text(&mut text, homography),
            Calibration::Camera(camera) => camera_text(&mut text, camera),
        }
        text
    }
}

/// The fitted camera in a frame about its own position, which is how the file says it.
fn camera(
    survey: &SurveyFile,
    fit: &CameraFit,
    planes: Vec<PlaneText>,
    frame: PixelSize,
) -> CameraCalibration {
    let at = fit.model.pose.position;
    let local = EastNorth { east_metres: at.x, north_metres: at.y };
    let last = planes.len() - 1;
    let planes = planes
        .into_iter()
        .enumerate()
        .map(|(index, plane)| {
            let [height, slope_east, slope_north] = plane.surface.values;
            PlaneCalibration {
                doubt: plane.doubt(fit, at.x, at.y),
                id: plane.id,
                height_metres: height + slope_east * at.x + slope_north * at.y,
                slope_east,
                slope_north,
                // Planes above another are known where their points are; the last goes as far as it can.
                hull_px: (index != last).then_some(plane.points_hull),
            }
        })
        .collect();
    CameraCalibration {
        frame,
        model: CameraModel {
            lens: fit.model.lens,
            pose: Pose { rotation: fit.model.pose.rotation, position: Vector3::zeros() },
        },
        covariance: fit.covariance,
        rms_error_metres: 0.0,
        origin: LocalFrame::about(survey.origin).geo_from_local(local),
        origin_height_metres: survey.origin_height_metres + at.z,
        planes,
    }
}

fn homography_text(text: &mut String, homography: &HomographyCalibration) {
    let rows = homography.ground_from_image;
    let rows: Vec<String> =
        rows.iter().map(|r| format!("  [{:e}, {:e}, {:e}]", r[0], r[1], r[2])).collect();
    let GeoPoint { lon_deg, lat_deg } = homography.origin;
    let HomographyCalibration { height_metres, rms_error_metres, .. } = homography;
    let _ = writeln!(text, "[homography]\nground_from_image = [\n{},\n]", rows.join(",\n"));
    let _ = writeln!(
        text,
        "origin = {{ lon_deg = {lon_deg}, lat_deg = {lat_deg}, height_metres = {height_metres:.3} }}"
    );
    let _ = writeln!(text, "rms_error_metres = {rms_error_metres:.4}");
    let _ = writeln!(text, "hull_px = {}", corners(&homography.hull_px));
}

fn camera_text(text: &mut String, camera: &CameraCalibration) {
    let CameraModel { lens, pose } = camera.model;
    let _ = writeln!(text, "[camera]\nfx = {:?}\nfy = {:?}", lens.fx, lens.fy);
    let _ = writeln!(text, "cx = {:?}\ncy = {:?}", lens.cx, lens.cy);
    let _ = writeln!(text, "distortion = {:?}   # k1 k2 p1 p2 k3", lens.distortion);
    let row = |r: usize| {
        let m = pose.rotation.matrix();
        format!("  [{:?}, {:?}, {:?}]", m[(r, 0)], m[(r, 1)], m[(r, 2)])
    };
    let _ = writeln!(text, "# east, north, up to right, down, forward");
    let _ = writeln!(text, "rotation = [\n{},\n{},\n{},\n]", row(0), row(1), row(2));
    let GeoPoint { lon_deg, lat_deg } = camera.origin;
    let _ = writeln!(
        text,
        "position = {{ lon_deg = {lon_deg:.9}, lat_deg = {lat_deg:.9}, height_metres = {:.4} }}",
        camera.origin_height_metres
    );
    let _ = writeln!(text, "# of {}", PARAMETER_NAMES.join(", "));
    let _ = writeln!(text, "covariance = [");
    matrix(text, &camera.covariance);
    let _ = writeln!(text, "]");
    for plane in &camera.planes {
        let PlaneCalibration { id, height_metres, slope_east, slope_north, doubt, hull_px } = plane;
        let _ =
            writeln!(text, "\n[[camera.planes]]\nid = {id:?}\nheight_metres = {height_metres:.4}");
        if (*slope_east, *slope_north) != (0.0, 0.0) {
            let _ = writeln!(text, "slope_east = {slope_east:.6}\nslope_north = {slope_north:.6}");
        }
        if *doubt != SurfaceDoubt::none() {
            let _ =
                writeln!(text, "# of height_metres, slope_east, slope_north; and with the camera");
            let _ = writeln!(text, "covariance = [");
            matrix(text, &doubt.covariance);
            let _ = writeln!(text, "]\nwith_camera = [");
            matrix(text, &doubt.with_camera);
            let _ = writeln!(text, "]");
        }
        if let Some(hull) = hull_px {
            let _ = writeln!(text, "hull_px = {}", corners(hull));
        }
    }
}

fn matrix<const ROWS: usize, const COLUMNS: usize>(
    text: &mut String,
    matrix: &SMatrix<f64, ROWS, COLUMNS>,
) {
    for row in matrix.row_iter() {
        let numbers: Vec<String> = row.iter().map(|value| format!("{value:.9e}")).collect();
        let _ = writeln!(text, "  [{}],", numbers.join(", "));
    }
}

fn corners(hull: &[PixelPoint]) -> String {
    let corners: Vec<String> = hull.iter().map(|p| format!("[{}, {}]", p.x, p.y)).collect();
    format!("[{}]", corners.join(", "))
}

fn convex_hull(points: impl Iterator<Item = PixelPoint>) -> Vec<PixelPoint> {
    let points: MultiPoint<f64> = points.map(|point| (point.x, point.y)).collect();
    let hull = points.convex_hull();
    // The closing corner repeats the first.
    let corners = hull.exterior().coords().skip(1);
    corners.map(|corner| PixelPoint { x: corner.x, y: corner.y }).collect()
}
