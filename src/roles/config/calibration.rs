//! `calibration/<site>_<camera>.toml`: how pixels of one view lie on the ground.

use super::load;
use crate::{
    base::toml_reader::{Faults, Table},
    domain::{
        geo::GeoPoint,
        ground::{GroundView, HomographyCalibration},
        pixel::{PixelPoint, PixelSize},
    },
};
use std::path::Path;

/// A checked calibration file.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The file's name without its ending.
    pub id: String,
    pub view: GroundView,
    /// Where the camera stands, if the file says so; for maps.
    pub camera: Option<(GeoPoint, f64)>,
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
    let camera = root.table("camera_position").and_then(position);
    let mut table = root.required_table("homography")?;
    let ground_from_image = table.value::<[[f64; 3]; 3]>("ground_from_image").required();
    let origin = table.required_table("origin").and_then(position);
    let rms = table.value("rms_error_metres").in_range(0.0..=100.0).required();
    let hull = table.value::<Vec<[f64; 2]>>("hull_px").required();
    let (origin, height_metres) = origin?;
    let calibration = HomographyCalibration {
        frame: frame?,
        ground_from_image: ground_from_image?,
        origin,
        height_metres,
        rms_error_metres: rms?,
        hull_px: hull?.into_iter().map(|[x, y]| PixelPoint { x, y }).collect(),
    };
    match GroundView::new(calibration) {
        Ok(view) => Some(Calibration { id, view, camera }),
        Err(error) => {
            let key = match &error {
                crate::domain::ground::BadCalibration::Singular { .. } => "ground_from_image",
                _ => "hull_px",
            };
            table.fault(key, error.to_string());
            None
        }
    }
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
mod tests {
    use super::*;
    use crate::base::toml_reader::read;

    const GOOD: &str = "datum = 'CGCS2000'\nsurveyed_on = '2026-11-21'\n\
        frame = { width_px = 640, height_px = 360 }\n[homography]\n\
        ground_from_image = [[0.1, 0, -32], [0, -0.1, 36], [0, 0, 1]]\n\
        origin = { lon_deg = 114.34, lat_deg = 22.69, height_metres = 42.0 }\n\
        rms_error_metres = 0.1\nhull_px = [[0, 0], [639, 0], [639, 359], [0, 359]]\n";

    fn read_as(text: &str) -> Result<Calibration, String> {
        read("c.toml", text, |table| calibration(table, "c".into()))
            .map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_sound_file_locates_a_pixel() {
        let calibration = read_as(GOOD).unwrap();
        let at = calibration.view.locate(PixelPoint { x: 320.0, y: 358.0 }).unwrap();
        assert!(at.local.east_metres.abs() < 1e-9);
    }

    #[test]
    fn spoiled_files_name_the_key() {
        let collinear =
            GOOD.replace("[[0, 0], [639, 0], [639, 359], [0, 359]]", "[[0, 0], [1, 1], [2, 2]]");
        assert!(read_as(&collinear).unwrap_err().contains("homography.hull_px"));
        let singular =
            GOOD.replace("[[0.1, 0, -32], [0, -0.1, 36], [0, 0, 1]]", "[[1,2,3],[2,4,6],[0,0,1]]");
        assert!(read_as(&singular).unwrap_err().contains("homography.ground_from_image"));
        let datum = GOOD.replace("CGCS2000", "GCJ-02");
        assert!(read_as(&datum).unwrap_err().contains("one of \"CGCS2000\", \"WGS84\""));
    }
}
