//! A calibration tried out: points in, residuals, the grid over the picture and the file out. Nothing is kept.
//!
//! The same fit as `gridwarden calibrate` (`roles/tools/calibrate`), so that what the page shows while points
//! move is what the file says. What stands against a fit is part of the answer: with three points there is
//! none yet, and that is no fault of the call.

use super::problem::{Answer, Body, Problem};
use crate::{
    base::time::WallTime,
    domain::{
        coverage::{Detail, footprint, grid_lines},
        datum::Datum,
        geo::GeoPoint,
        geoid::HeightDatum,
        grid::{GridCell, GridCell3, GridError, Level},
        ground::GroundView,
        pixel::{PixelPoint, PixelSize},
    },
    roles::tools::calibrate::{
        choose::{Noise, Wanted},
        fit::{Fitted, Unfit, UnfitKind, Wishes, fit},
        survey::{Marked, SurveyFile, pixel, place},
    },
};
use axum::{Json, extract::State};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Write as _, str::FromStr};
use utoipa::ToSchema;

/// Each is left out once.
const POINTS_MAX: usize = 100;
const PLANE_CHARS_MAX: usize = 40;
/// Cells of level 7 of which those of level 8 are still drawn.
const FINE_CELLS_MAX: usize = 120;
/// The header's line comes before the points'.
const FIRST_LINE: usize = 2;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyWanted {
    /// Size of the picture that the pixels refer to.
    pub width_px: u32,
    pub height_px: u32,
    pub points: Vec<MarkedPoint>,
    /// What `lon` and `lat` are in: `CGCS2000` (if left out), `WGS84`, `GCJ02`, `BD09`.
    pub datum: Option<String>,
    /// What heights are in: `ellipsoidal` (if left out), `egm96`, `const:<N>`.
    pub height_datum: Option<String>,
    /// `auto` (if left out), `camera`, `homography`.
    pub model: Option<String>,
    pub ground_height_metres: Option<f64>,
    #[serde(default)]
    pub terrain: bool,
    /// Where the camera is said to stand, in `datum`.
    pub camera_lon: Option<f64>,
    pub camera_lat: Option<f64>,
    pub pixel_noise_px: Option<f64>,
    pub survey_noise_metres: Option<f64>,
    pub error_max_metres: Option<f64>,
    /// Such as `2026-11-21`; today if left out.
    pub surveyed_on: Option<String>,
    /// Of the cells that are drawn over the picture: 5 to 8; 7 if left out.
    pub grid_level: Option<u8>,
}

/// A place by `lon` and `lat`, or by a BeiDou code, whose middle it then is; a 3D code tells the height as well.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkedPoint {
    pub u: f64,
    pub v: f64,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub code: Option<String>,
    pub code_3d: Option<String>,
    pub height_metres: Option<f64>,
    pub plane: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SolvedView {
    /// Why there is no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalView>,
    /// `camera` or `homography`; absent where there is no fit at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Of each point, in their order.
    pub points: Vec<SolvedPoint>,
    /// `rms_px`, `rms_metres`, `plausibility`, `field_of_view_deg`, `k1`, `k2`, as far as the model has them.
    #[schema(value_type = Object)]
    pub facts: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out_rms_metres: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out_median_metres: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraAt>,
    pub warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid: Option<GridView>,
    /// The parts of the picture in which places are told, plane by plane.
    pub hulls_px: Vec<Vec<[f64; 2]>>,
    /// `calibration/<site>_<camera>.toml`; absent where the fit must not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toml: Option<String>,
    /// The points as `gridwarden calibrate --points` reads them.
    pub points_csv: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalView {
    pub kind: UnfitKind,
    /// Which of the points, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<usize>,
    pub reason: String,
}

/// What the fit makes of one point. All is absent of a point that had no part in it.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SolvedPoint {
    /// Where the fit puts its place in the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_px: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual_px: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual_metres: Option<f64>,
    /// How well all the others foretell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out_px: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out_metres: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CameraAt {
    pub lon_deg: f64,
    pub lat_deg: f64,
    pub height_metres: f64,
}

/// Borders of cells in the picture.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridView {
    /// Coarser than asked for where there would be too many cells.
    pub level: u8,
    pub lines_px: Vec<Vec<[f64; 2]>>,
}

/// Fits a calibration to points and tells how good it is. Keeps nothing.
#[utoipa::path(post, path = "/api/v1/calibrations/solve", request_body = SurveyWanted,
    responses((status = 200, description = "the fit, or why there is none", body = SolvedView),
    (status = 422, body = Problem)))]
pub async fn solve(
    State(state): State<super::AppState>,
    Body(wanted): Body<SurveyWanted>,
) -> Answer<Json<SolvedView>> {
    let checked = Checked::of(&wanted, state.register.now())?;
    let _permit = state.calculations.acquire().await;
    let solved = tokio::task::spawn_blocking(move || solved(checked)).await;
    Ok(Json(solved.map_err(|error| Problem::internal(&error))?))
}

/// What is asked, with every number in its bounds.
struct Checked {
    wishes: Wishes,
    marked: Vec<Marked>,
    csv: String,
    level: Level,
}

impl Checked {
    fn of(wanted: &SurveyWanted, now: WallTime) -> Answer<Self> {
        let datum: Datum = named("datum", wanted.datum.as_deref(), Datum::Cgcs2000)?;
        let heights = wanted.height_datum.as_deref();
        let heights: HeightDatum = named("height_datum", heights, HeightDatum::Ellipsoidal)?;
        for (name, value) in [("width_px", wanted.width_px), ("height_px", wanted.height_px)] {
            if !(16..=16_384).contains(&value) {
                return Err(Problem::invalid(name, value.to_string(), "16 to 16384"));
            }
        }
        let frame = PixelSize { width_px: wanted.width_px, height_px: wanted.height_px };
        let model = match wanted.model.as_deref() {
            None => Wanted::Auto,
            Some(text) => Wanted::from_str(text, false)
                .map_err(|_| Problem::invalid("model", text, "auto camera homography"))?,
        };
        let within = |name, value: Option<f64>, or: f64, (min, max): (f64, f64)| match value {
            None => Ok(or),
            Some(value) if (min..=max).contains(&value) => Ok(value),
            Some(value) => {
                Err(Problem::invalid(name, value.to_string(), format!("{min} to {max}")))
            }
        };
        let noise = (1e-4, 100.0);
        let noise = Noise {
            pixel_px: within("pixel_noise_px", wanted.pixel_noise_px, 1.0, noise)?,
            survey_metres: within("survey_noise_metres", wanted.survey_noise_metres, 0.03, noise)?,
        };
        let error_max = wanted.error_max_metres;
        let error_max_metres = within("error_max_metres", error_max, 1.0, (0.01, 100.0))?;
        let camera_position = match (wanted.camera_lon, wanted.camera_lat) {
            (Some(lon), Some(lat)) => {
                let at = crate::domain::datum::checked_position(lon, lat);
                let at = at.map_err(|error| {
                    Problem::invalid("camera_lon", format!("{lon},{lat}"), error.to_string())
                })?;
                Some(datum.to_cgcs2000(at))
            }
            (None, None) => None,
            _ => return Err(Problem::invalid("camera_lon", "", "both camera_lon and camera_lat")),
        };
        let surveyed_on = match &wanted.surveyed_on {
            None => now.to_string().chars().take(10).collect(),
            Some(text) => {
                text.parse::<jiff::civil::Date>().map(|day| day.to_string()).map_err(|_| {
                    Problem::invalid("surveyed_on", text.as_str(), "a day such as 2026-11-21")
                })?
            }
        };
        let level = wanted.grid_level.unwrap_or(7);
        let level = Level::try_from(level).ok().filter(|_| (5..=8).contains(&level));
        let level = level.ok_or_else(|| {
            Problem::invalid("grid_level", wanted.grid_level.unwrap_or(7).to_string(), "5 to 8")
        })?;
        let (marked, csv) = points(&wanted.points, frame, (datum, heights))?;
        let wishes = Wishes {
            frame,
            model,
            noise,
            error_max_metres,
            ground_height_metres: wanted.ground_height_metres,
            heights,
            terrain: wanted.terrain,
            camera_position,
            surveyed_on,
        };
        Ok(Self { wishes, marked, csv, level })
    }
}

fn named<T: FromStr<Err: std::fmt::Display>>(field: &str, text: Option<&str>, or: T) -> Answer<T> {
    let Some(text) = text else { return Ok(or) };
    text.parse().map_err(|error: T::Err| Problem::invalid(field, text, error.to_string()))
}

/// The points as the fit takes them, and as a file says them.
fn points(
    given: &[MarkedPoint],
    frame: PixelSize,
    datums: (Datum, HeightDatum),
) -> Answer<(Vec<Marked>, String)> {
    if given.len() > POINTS_MAX {
        let count = format!("a list of {}", given.len());
        return Err(Problem::invalid("points", count, format!("at most {POINTS_MAX}")));
    }
    let planes = given.iter().any(|point| point.plane.is_some());
    let mut csv = String::from("u,v,lon,lat,height_metres");
    csv += if planes { ",plane\n" } else { "\n" };
    let mut marked = Vec::new();
    for (index, point) in given.iter().enumerate() {
        let fault = |field: &str, value: String, allowed: String| {
            Problem::invalid(&format!("points[{index}].{field}"), value, allowed)
        };
        let (lon, lat, height) = stated(point, datums, &fault)?;
        let image = pixel(point.u, point.v, frame)
            .map_err(|reason| fault("u", format!("{},{}", point.u, point.v), reason))?;
        let (geo, height_metres) = place(lon, lat, height, datums)
            .map_err(|reason| fault("lon", format!("{lon},{lat},{height}"), reason))?;
        let plane = point.plane.clone().filter(|name| !name.is_empty());
        let word = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
        if let Some(name) = &plane
            && (name.chars().count() > PLANE_CHARS_MAX || !name.chars().all(word))
        {
            let allowed = format!("at most {PLANE_CHARS_MAX} letters, digits, '-' and '_'");
            return Err(fault("plane", name.clone(), allowed));
        }
        // Writing to a String cannot fail.
        let _ = write!(csv, "{},{},{lon},{lat},{height}", point.u, point.v);
        if planes {
            let _ = write!(csv, ",{}", plane.as_deref().unwrap_or_default());
        }
        csv.push('\n');
        marked.push(Marked { line: FIRST_LINE + index, image, geo, height_metres, plane });
    }
    Ok((marked, csv))
}

/// Longitude, latitude and height as they are given, of a code its middle.
fn stated(
    point: &MarkedPoint,
    (datum, heights): (Datum, HeightDatum),
    fault: &dyn Fn(&str, String, String) -> Problem,
) -> Answer<(f64, f64, f64)> {
    let (cell, of_code) = match (point.lon, point.lat, &point.code, &point.code_3d) {
        (Some(lon), Some(lat), None, None) => {
            let missing = || fault("height_metres", String::new(), "metres".to_owned());
            return Ok((lon, lat, point.height_metres.ok_or_else(missing)?));
        }
        (None, None, Some(code), None) => {
            let bad = |error: GridError| fault("code", code.clone(), error.to_string());
            (code.parse::<GridCell>().map_err(bad)?, None)
        }
        (None, None, None, Some(code)) => {
            let bad = |error: GridError| fault("code_3d", code.clone(), error.to_string());
            let solid = code.parse::<GridCell3>().map_err(bad)?;
            let layer = solid.layer();
            (solid.cell(), Some((layer.lower_metres() + layer.upper_metres()) / 2.0))
        }
        _ => {
            let allowed = "one of: lon and lat; code; code_3d";
            return Err(fault("lon", String::new(), allowed.to_owned()));
        }
    };
    if datum != Datum::Cgcs2000 {
        let allowed = "CGCS2000 where a point is given by its code".to_owned();
        return Err(Problem::invalid("datum", datum.to_string(), allowed));
    }
    let of_code = of_code.filter(|_| heights == HeightDatum::Ellipsoidal);
    let height = point.height_metres.or(of_code).ok_or_else(|| {
        let allowed = "metres, or code_3d with ellipsoidal heights".to_owned();
        fault("height_metres", String::new(), allowed)
    })?;
    let at = cell.centre();
    Ok((at.lon_deg, at.lat_deg, height))
}

fn solved(checked: Checked) -> SolvedView {
    let Checked { wishes, marked, csv, level } = checked;
    let mut answer = SolvedView {
        refusal: None,
        model: None,
        points: marked.iter().map(|_| SolvedPoint::default()).collect(),
        facts: BTreeMap::new(),
        left_out_rms_metres: None,
        left_out_median_metres: None,
        camera: None,
        warnings: Vec::new(),
        grid: None,
        hulls_px: Vec::new(),
        toml: None,
        points_csv: csv,
    };
    let fitted = SurveyFile::of(marked)
        .map_err(|repeat| Unfit {
            kind: UnfitKind::Repeated,
            line: Some(repeat.line),
            reason: repeat.reason,
        })
        .and_then(|survey| Ok((fit(&survey, &wishes)?, survey)));
    match fitted {
        Ok((fitted, survey)) => fill(&mut answer, &fitted, &survey, level),
        Err(unfit) => answer.refusal = Some(refusal(unfit)),
    }
    answer
}

fn refusal(unfit: Unfit) -> RefusalView {
    let point = unfit.line.and_then(|line| line.checked_sub(FIRST_LINE));
    RefusalView { kind: unfit.kind, point, reason: unfit.reason }
}

fn fill(answer: &mut SolvedView, fitted: &Fitted, survey: &SurveyFile, level: Level) {
    let (report, view) = (&fitted.report, &fitted.view);
    answer.model = Some(report.model.to_owned());
    for told in &report.points {
        let index = told.line - FIRST_LINE;
        let row = &survey.rows[index];
        answer.points[index] = SolvedPoint {
            expected_px: view.image_from_geo(row.geo, row.height_metres).map(corner),
            residual_px: told.residual_px,
            residual_metres: told.residual_metres,
            left_out_px: told.left_out_px,
            left_out_metres: told.left_out_metres,
        };
    }
    answer.facts = report.facts.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    answer.left_out_rms_metres = report.left_out_rms_metres();
    answer.left_out_median_metres = report.left_out_median_metres();
    answer.camera = view.camera_position().map(|(at, height_metres)| {
        let GeoPoint { lon_deg, lat_deg } = at;
        CameraAt { lon_deg, lat_deg, height_metres }
    });
    answer.warnings.clone_from(&fitted.warnings);
    answer.grid = grid(view, level);
    let outline = |polygon: &[PixelPoint]| polygon.iter().copied().map(corner).collect();
    answer.hulls_px = view.planes().iter().map(|plane| outline(plane.hull.corners())).collect();
    match fitted.bad_fit() {
        Some(unfit) => answer.refusal = Some(refusal(unfit)),
        None => answer.toml = Some(fitted.text()),
    }
}

/// None where the hull is too large for any level.
fn grid(view: &GroundView, wanted: Level) -> Option<GridView> {
    let few = || {
        let seen = footprint(view, Detail::Level(Level::Seven));
        seen.is_ok_and(|seen| seen.cells.len() <= FINE_CELLS_MAX)
    };
    let level = if wanted == Level::Eight && !few() { Level::Seven } else { wanted };
    let lines = grid_lines(view, level).ok()?;
    let lines_px = lines.into_iter().map(|line| line.into_iter().map(corner).collect()).collect();
    Some(GridView { level: level.into(), lines_px })
}

/// Tenths of a pixel are finer than anybody sees.
fn corner(at: PixelPoint) -> [f64; 2] {
    [at.x, at.y].map(|value| (value * 10.0).round() / 10.0)
}

#[cfg(test)]
#[path = "calibrations_tests.rs"]
mod tests;
