//! `gridwarden calibrate`: a camera, or a homography, from surveyed control points.
//!
//! In: a CSV of pixels and places. Out: a calibration file, a report of how far each point is from where the
//! others put it, and, over a frame of the camera, a picture of both. A bad fit writes nothing.

pub mod choose;
mod file;
pub mod fit;
#[cfg(feature = "edge")]
mod picture;
pub mod report;
pub mod survey;

use self::{
    choose::{Noise, Wanted},
    fit::{Unfit, UnfitKind, Wishes, fit},
};
#[cfg(feature = "edge")]
use super::view_picture::ViewPicture;
use super::{BadInput, Ended};
use crate::{
    base::clock::{Clock, SystemClock},
    domain::{
        datum::{Datum, checked_position},
        geo::GeoPoint,
        geoid::HeightDatum,
        pixel::PixelSize,
    },
};
use anyhow::Context;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gridwarden calibrate --points survey.csv --out calibration/site_cam.toml
  gridwarden calibrate --points survey.csv --height-datum egm96 --frame street.png --draw check.png --out site_cam.toml

The CSV has the header u,v,lon,lat,height_metres: raw pixels (the centre of the top-left pixel is 0,0), decimal
degrees, heights above the ellipsoid unless --height-datum says otherwise. Five or more points, some above the
ground, give a whole camera; four on the ground give a plane. A column `plane` names the ground that a point
lies on (deck, road), highest first, and is empty for points on none; without it the lowest points, within
0.3 m, are the ground, so a slope needs the column.")]
pub struct CalibrateArgs {
    /// CSV with the header u,v,lon,lat,height_metres
    #[arg(long)]
    points: PathBuf,
    /// The calibration file to write
    #[arg(long)]
    out: PathBuf,
    /// Frame size that the pixels refer to
    #[arg(long, default_value_t = 1920, value_parser = clap::value_parser!(u32).range(16..=16_384))]
    width: u32,
    #[arg(long, default_value_t = 1080, value_parser = clap::value_parser!(u32).range(16..=16_384))]
    height: u32,
    /// Day of the survey, for the file; today if left out
    #[arg(long)]
    surveyed_on: Option<jiff::civil::Date>,
    /// What lon and lat are in: CGCS2000, WGS84, GCJ02 or BD09
    #[arg(long, default_value = "CGCS2000")]
    datum: Datum,
    /// What heights are in: ellipsoidal, egm96, or const:<N> (the geoid lies N metres above the ellipsoid)
    #[arg(long, default_value = "ellipsoidal")]
    height_datum: HeightDatum,
    /// What to fit
    #[arg(long, value_enum, default_value_t = Wanted::Auto)]
    model: Wanted,
    /// Height of the ground, in the same datum; from the points if left out
    #[arg(long, allow_hyphen_values = true)]
    ground_height_metres: Option<f64>,
    /// Fit a tilted plane to the ground points instead of a level one; name them in the column `plane`
    #[arg(long, conflicts_with = "ground_height_metres")]
    terrain: bool,
    /// Where the camera is said to stand, LON,LAT: compared with the survey
    #[arg(long, allow_hyphen_values = true, value_parser = lon_lat)]
    camera_position: Option<GeoPoint>,
    /// How exactly the pixels were marked, standard deviation
    #[arg(long, default_value_t = 1.0)]
    pixel_noise_px: f64,
    /// How exactly the points were surveyed, standard deviation
    #[arg(long, default_value_t = 0.03)]
    survey_noise_metres: f64,
    /// A larger leave-one-out error is refused, metres: the root mean square for a homography, the median for a
    /// camera, whose farthest points are foretold badly by the others and no worse for it
    #[arg(long, default_value_t = 1.0)]
    error_max_metres: f64,
    /// Points, residuals (ten times as long), hull, occluders and grid
    #[cfg(feature = "edge")]
    #[command(flatten)]
    picture: ViewPicture,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &CalibrateArgs) -> anyhow::Result<Ended> {
    for (name, value) in [
        ("--pixel-noise-px", args.pixel_noise_px),
        ("--survey-noise-metres", args.survey_noise_metres),
    ] {
        if !(1e-4..=100.0).contains(&value) {
            return Err(BadInput(format!("{name} {value}: 0.0001 to 100 is allowed")).into());
        }
    }
    let frame = PixelSize { width_px: args.width, height_px: args.height };
    let survey = survey::read(&args.points, frame, args.datum, args.height_datum)?;
    let wishes = Wishes {
        frame,
        model: args.model,
        noise: Noise { pixel_px: args.pixel_noise_px, survey_metres: args.survey_noise_metres },
        error_max_metres: args.error_max_metres,
        ground_height_metres: args.ground_height_metres,
        heights: args.height_datum,
        terrain: args.terrain,
        camera_position: args.camera_position.map(|at| args.datum.to_cgcs2000(at)),
        surveyed_on: surveyed_on(args),
    };
    let refuse = |unfit: Unfit| match unfit.kind {
        // It names the option.
        UnfitKind::Setting => BadInput(unfit.reason),
        _ => BadInput(format!("{}: {unfit}", args.points.display())),
    };
    let fitted = fit(&survey, &wishes).map_err(refuse)?;
    fitted.report.print(args.json, &fitted.view, &fitted.warnings)?;
    #[cfg(feature = "edge")]
    {
        let grounds = survey.grounds();
        let first = grounds.first().map(|ground| ground.rows.as_slice()).unwrap_or_default();
        let marks = || picture::survey_marks(&survey, first, &fitted.model, &fitted.view);
        args.picture.draw(&fitted.view, marks)?;
    }
    if let Some(unfit) = fitted.bad_fit() {
        return Err(refuse(unfit).into());
    }
    std::fs::write(&args.out, fitted.text())
        .with_context(|| format!("{} cannot be written", args.out.display()))?;
    Ok(Ended::Done)
}

fn surveyed_on(args: &CalibrateArgs) -> String {
    match args.surveyed_on {
        Some(day) => day.to_string(),
        None => SystemClock::new().wall().to_string().chars().take(10).collect(),
    }
}

fn lon_lat(text: &str) -> Result<GeoPoint, String> {
    let two = text.split_once(',').and_then(|(lon, lat)| {
        Some((lon.trim().parse::<f64>().ok()?, lat.trim().parse::<f64>().ok()?))
    });
    let (lon, lat) = two.ok_or("two numbers LON,LAT are expected")?;
    checked_position(lon, lat).map_err(|error| error.to_string())
}
