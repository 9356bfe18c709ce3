//! `gridwarden locate` and `gridwarden footprint`: where on earth a pixel, or a whole view, lies.

use super::{BadInput, Ended};
use crate::{
    domain::{
        coverage::{Detail, SeenCell, footprint},
        grid::{GridCell3, HeightScheme, Level},
        ground::{ErrorEllipse, GroundView, Located, POINTED_NOISE_PX},
        pixel::PixelPoint,
        place::place_at,
        wire::PlaceData,
    },
    roles::config::calibration::load_calibration,
};
use serde_json::json;
use std::{
    io::{BufRead, Write},
    path::PathBuf,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  echo 384,420 | gridwarden locate --calibration calibration/demo_pets.toml\n  gridwarden locate --calibration calibration/demo_pets.toml --json <pixels.csv"
)]
pub struct LocateArgs {
    /// Calibration of the view
    #[arg(long)]
    calibration: PathBuf,
    /// How exactly the pixels are known, standard deviation an axis
    #[arg(long, default_value_t = POINTED_NOISE_PX)]
    noise_px: f64,
    /// A JSON object a line, with the 95 % error ellipse and the 3D code
    #[arg(long)]
    json: bool,
}

/// stdin `u,v` a line; stdout `lon,lat,height_metres,error_metres,code` or `refused,<reason>`. The error is the
/// radius that holds the true place with 95 % probability.
pub fn locate(
    args: &LocateArgs,
    input: impl BufRead,
    mut output: impl Write,
) -> anyhow::Result<Ended> {
    let view = load_calibration(&args.calibration)?.view;
    if !(0.0..=1000.0).contains(&args.noise_px) {
        return Err(BadInput(format!("--noise-px {}: 0 to 1000 is allowed", args.noise_px)).into());
    }
    for (index, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let point = line.split_once(',').and_then(|(u, v)| {
            let (x, y) = (u.trim().parse().ok()?, v.trim().parse().ok()?);
            let point = PixelPoint { x, y };
            (point.x.is_finite() && point.y.is_finite()).then_some(point)
        });
        let point = point.ok_or_else(|| {
            BadInput(format!(
                "stdin:{}: {:?}: two pixel coordinates u,v are expected",
                index + 1,
                line
            ))
        })?;
        let found = view
            .locate_with_noise(point, args.noise_px)
            .map_err(|refusal| refusal.to_string())
            .and_then(|at| {
                let place = place_at(at.point, at.height_metres, at.error_metres);
                Ok((at, place.ok_or("the grid has no code here")?))
            });
        match found {
            Err(reason) if args.json => writeln!(output, "{}", json!({ "refused": reason }))?,
            Err(reason) => writeln!(output, "refused,{reason}")?,
            Ok((at, place)) if args.json => {
                writeln!(output, "{}", located_json(&view, &at, &place))?
            }
            Ok((at, place)) => writeln!(
                output,
                "{:.8},{:.8},{:.2},{:.2},{}",
                at.point.lon_deg,
                at.point.lat_deg,
                at.height_metres,
                at.error_metres,
                place.code_2d
            )?,
        }
    }
    Ok(Ended::Done)
}

fn located_json(view: &GroundView, at: &Located, place: &PlaceData) -> serde_json::Value {
    let ErrorEllipse { semi_major_metres, semi_minor_metres, bearing_deg, .. } = at.ellipse;
    json!({
        "lon_deg": at.point.lon_deg,
        "lat_deg": at.point.lat_deg,
        "height_metres": at.height_metres,
        "error_metres": at.error_metres,
        "ellipse_95": {
            "semi_major_metres": semi_major_metres,
            "semi_minor_metres": semi_minor_metres,
            "bearing_deg": bearing_deg,
        },
        "plane": view.planes()[at.plane].id,
        "code_2d": place.code_2d,
        "code_3d": place.code_3d,
        "level": place.level,
    })
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden footprint --calibration calibration/demo_pets.toml --level 7 > cells.geojson"
)]
pub struct FootprintArgs {
    /// Calibration of the view
    #[arg(long)]
    calibration: PathBuf,
    /// Grid level, 1 to 10; left out: 7 (about 7 m), and 8 near the camera where the error allows it
    #[arg(long)]
    level: Option<u8>,
    #[cfg(feature = "edge")]
    #[command(flatten)]
    picture: super::view_picture::ViewPicture,
}

/// The cells that the camera sees, as a GeoJSON FeatureCollection.
pub fn footprint_geojson(args: &FootprintArgs, mut output: impl Write) -> anyhow::Result<Ended> {
    let view = load_calibration(&args.calibration)?.view;
    let detail = match args.level {
        None => Detail::AsErrorAllows,
        Some(number) => Level::try_from(number)
            .map(Detail::Level)
            .map_err(|error| BadInput(format!("--level {number}: {error}")))?,
    };
    let seen = footprint(&view, detail).map_err(|error| BadInput(error.to_string()))?;
    let features: Vec<serde_json::Value> =
        seen.cells.iter().map(|cell| feature(&view, cell)).collect();
    #[cfg(feature = "edge")]
    args.picture.draw(&view, Vec::new)?;
    let collection = json!({ "type": "FeatureCollection", "features": features });
    serde_json::to_writer(&mut output, &collection)?;
    writeln!(output)?;
    Ok(Ended::Done)
}

/// One cell on one plane; where two planes lie over one another there are two of them.
fn feature(view: &GroundView, seen: &SeenCell) -> serde_json::Value {
    let round = |value: f64, digits: i32| (value * 10f64.powi(digits)).round() / 10f64.powi(digits);
    let SeenCell { cell, plane, height_metres, error_metres, px_per_metre, share } = *seen;
    let solid = GridCell3::at_height(cell, height_metres, HeightScheme::default()).ok();
    let b = cell.bounds();
    let ring = [
        [b.west_deg, b.south_deg],
        [b.east_deg, b.south_deg],
        [b.east_deg, b.north_deg],
        [b.west_deg, b.north_deg],
        [b.west_deg, b.south_deg],
    ];
    json!({
        "type": "Feature",
        "properties": {
            "code": cell.code().to_string(),
            "code_3d": solid.map(|solid| solid.code().to_string()),
            "level": cell.level().number(),
            "plane": view.planes().get(plane).map(|plane| plane.id.as_str()),
            "height_metres": round(height_metres, 2),
            "error_metres": round(error_metres, 2),
            "px_per_metre": round(px_per_metre, 1),
            "share": round(share, 4),
        },
        "geometry": { "type": "Polygon", "coordinates": [ring] },
    })
}
