//! `gridwarden calibrate`: a homography from surveyed control points.

use super::{BadInput, Ended, bad_line};
use crate::domain::{
    geo::{GeoPoint, LocalFrame},
    ground::{ControlPoint, fit_homography},
    pixel::PixelPoint,
};
use anyhow::Context;
use std::{fmt::Write as _, path::PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden calibrate --points survey.csv --width 1920 --height 1080 --surveyed-on 2026-11-21 --out calibration/site_cam.toml"
)]
pub struct CalibrateArgs {
    /// CSV with the header u,v,lon,lat,height_metres
    #[arg(long)]
    points: PathBuf,
    /// The calibration file to write
    #[arg(long)]
    out: PathBuf,
    /// Frame size that the pixels refer to
    #[arg(long, default_value_t = 1920)]
    width: u32,
    #[arg(long, default_value_t = 1080)]
    height: u32,
    /// Day of the survey, for the file
    #[arg(long, default_value = "2026-01-01")]
    surveyed_on: String,
    /// A larger error is refused, metres
    #[arg(long, default_value_t = 1.0)]
    rms_max_metres: f64,
}

#[derive(serde::Deserialize)]
struct Row {
    u: f64,
    v: f64,
    lon: f64,
    lat: f64,
    height_metres: f64,
}

pub fn run(args: &CalibrateArgs) -> anyhow::Result<Ended> {
    let rows = read(args)?;
    let n = rows.len().max(1) as f64;
    let mean = |value: fn(&Row) -> f64| rows.iter().map(value).sum::<f64>() / n;
    let origin = GeoPoint { lon_deg: mean(|r| r.lon), lat_deg: mean(|r| r.lat) };
    let height_metres = mean(|r| r.height_metres);
    let frame = LocalFrame::about(origin);
    let points: Vec<ControlPoint> = rows
        .iter()
        .map(|r| ControlPoint {
            image: PixelPoint { x: r.u, y: r.v },
            ground: frame.local_from_geo(GeoPoint { lon_deg: r.lon, lat_deg: r.lat }),
        })
        .collect();
    let refuse = |reason: String| BadInput(format!("{}: {reason}", args.points.display()));
    let fit = fit_homography(&points).map_err(|error| refuse(error.to_string()))?;
    let left_out = leave_one_out(&points);
    for (row, residual) in rows.iter().zip(&fit.residuals_metres) {
        println!("{},{},{residual:.3}", row.u, row.v);
    }
    let left_out_text =
        left_out.map_or("not measurable with 4 points".to_owned(), |m| format!("{m:.3} m"));
    println!("rms {:.3} m, leave-one-out {left_out_text}", fit.rms_error_metres);
    let honest = left_out.unwrap_or(fit.rms_error_metres).max(fit.rms_error_metres);
    if honest > args.rms_max_metres {
        let limit = args.rms_max_metres;
        return Err(refuse(format!(
            "the fit is off by {honest:.2} m; at most {limit} m is allowed: check the points with the largest residuals"
        ))
        .into());
    }
    std::fs::write(
        &args.out,
        file_text(args, &points, &fit.ground_from_image, origin, height_metres, honest),
    )
    .with_context(|| format!("{} cannot be written", args.out.display()))?;
    Ok(Ended::Done)
}

fn read(args: &CalibrateArgs) -> anyhow::Result<Vec<Row>> {
    let path = &args.points;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|error| BadInput(format!("{}: {error}", path.display())))?;
    let mut rows = Vec::new();
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let line = index + 2;
        let row = row.map_err(|error| {
            bad_line(path, line, format!("{error}; expected u,v,lon,lat,height_metres"))
        })?;
        let sound =
            [row.u, row.v, row.lon, row.lat, row.height_metres].iter().all(|v| v.is_finite());
        if !sound || row.lon.abs() > 180.0 || row.lat.abs() >= 88.0 {
            return Err(bad_line(path, line, "lon -180 to 180, lat -88 to 88, all numbers finite"));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// How far each point is from where the others put it, root mean square; none with four points.
fn leave_one_out(points: &[ControlPoint]) -> Option<f64> {
    if points.len() < 5 {
        return None;
    }
    let mut squares = 0.0;
    for (index, point) in points.iter().enumerate() {
        let mut rest = points.to_vec();
        rest.remove(index);
        let h = fit_homography(&rest).ok()?.ground_from_image;
        let row = |r: usize| h[r][0] * point.image.x + h[r][1] * point.image.y + h[r][2];
        let (east, north) = (row(0) / row(2), row(1) / row(2));
        squares +=
            (east - point.ground.east_metres).powi(2) + (north - point.ground.north_metres).powi(2);
    }
    Some((squares / points.len() as f64).sqrt())
}

fn file_text(
    args: &CalibrateArgs,
    points: &[ControlPoint],
    matrix: &[[f64; 3]; 3],
    origin: GeoPoint,
    height_metres: f64,
    rms: f64,
) -> String {
    let hull = convex_hull(points.iter().map(|p| (p.image.x, p.image.y)).collect());
    let mut text = String::new();
    let _ = writeln!(text, "datum = \"CGCS2000\"\nsurveyed_on = \"{}\"\n", args.surveyed_on);
    let _ = writeln!(
        text,
        "[frame]\nwidth_px = {}\nheight_px = {}\n\n[homography]",
        args.width, args.height
    );
    let rows: Vec<String> =
        matrix.iter().map(|r| format!("  [{:e}, {:e}, {:e}]", r[0], r[1], r[2])).collect();
    let _ = writeln!(text, "ground_from_image = [\n{},\n]", rows.join(",\n"));
    let _ = writeln!(
        text,
        "origin = {{ lon_deg = {}, lat_deg = {}, height_metres = {height_metres} }}",
        origin.lon_deg, origin.lat_deg
    );
    let corners: Vec<String> = hull.iter().map(|(x, y)| format!("[{x}, {y}]")).collect();
    let _ = writeln!(text, "rms_error_metres = {rms:.4}\nhull_px = [{}]", corners.join(", "));
    text
}

/// Monotone chain.
fn convex_hull(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let turn = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
        (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
    };
    let chain = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut hull: Vec<(f64, f64)> = Vec::new();
        for point in points {
            while hull.len() >= 2 && turn(hull[hull.len() - 2], hull[hull.len() - 1], point) <= 0.0
            {
                hull.pop();
            }
            hull.push(point);
        }
        hull.pop();
        hull
    };
    let mut hull = chain(&mut points.iter().copied());
    hull.extend(chain(&mut points.iter().rev().copied()));
    hull
}
