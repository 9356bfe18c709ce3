//! The control points of a survey, read from CSV and brought to metres.
//!
//! In: `u,v,lon,lat,height_metres`, and where a survey has them `plane` (which ground the point lies on) and
//! any further columns, which are left alone. Out: points east, north and up about their middle. Every bad
//! row is named by its line; rows that repeat another are refused.

use crate::{
    domain::{
        camera::SurveyPoint,
        datum::{Axis, Datum, checked_position, parse_degrees},
        geo::{EastNorth, GeoPoint, LocalFrame},
        geoid::HeightDatum,
        pixel::{PixelPoint, PixelSize},
    },
    roles::tools::{BadInput, bad_line},
};
use nalgebra::Vector3;
use std::path::Path;

/// Points that differ in height by less lie on one ground, metres: a kerb is higher than survey noise.
const ONE_GROUND_METRES: f64 = 0.3;
/// Heights on land, ellipsoidal metres.
const HEIGHT_METRES: std::ops::RangeInclusive<f64> = -500.0..=9_000.0;

/// One row.
pub struct Row {
    pub line: usize,
    pub point: SurveyPoint,
    pub geo: GeoPoint,
    /// Ellipsoidal.
    pub height_metres: f64,
    pub plane: Option<String>,
}

pub struct SurveyFile {
    pub rows: Vec<Row>,
    pub origin: GeoPoint,
    pub origin_height_metres: f64,
}

#[derive(serde::Deserialize)]
struct Columns {
    u: String,
    v: String,
    lon: String,
    lat: String,
    height_metres: String,
    plane: Option<String>,
}

pub fn read(
    path: &Path,
    frame: PixelSize,
    datum: Datum,
    heights: HeightDatum,
) -> anyhow::Result<SurveyFile> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_path(path)
        .map_err(|error| BadInput(format!("{}: {error}", path.display())))?;
    let headers =
        reader.headers().map_err(|error| BadInput(format!("{}: {error}", path.display())))?;
    if let Some(missing) = ["u", "v", "lon", "lat", "height_metres"]
        .iter()
        .find(|name| !headers.iter().any(|h| h == **name))
    {
        return Err(bad_line(
            path,
            1,
            format!("the column {missing:?} is missing; expected u,v,lon,lat,height_metres"),
        ));
    }
    let headers = headers.clone();
    let mut marked = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, |position| position.line() as usize);
            bad_line(path, line, &error)
        })?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let columns: Columns =
            record.deserialize(Some(&headers)).map_err(|error| bad_line(path, line, &error))?;
        let (geo, height_metres) =
            ground(&columns, datum, heights).map_err(|reason| bad_line(path, line, reason))?;
        let (u, v) = (number("u", &columns.u), number("v", &columns.v));
        let image = u.and_then(|u| pixel(u, v?, frame));
        let image = image.map_err(|reason| bad_line(path, line, reason))?;
        let plane = columns.plane.filter(|name| !name.is_empty());
        marked.push(Marked { line, image, geo, height_metres, plane });
    }
    SurveyFile::of(marked).map_err(|repeat| bad_line(path, repeat.line, repeat.reason))
}

/// A control point whose numbers have been checked.
pub struct Marked {
    pub line: usize,
    pub image: PixelPoint,
    pub geo: GeoPoint,
    /// Ellipsoidal.
    pub height_metres: f64,
    pub plane: Option<String>,
}

/// A row that says what another has said.
pub struct Repeat {
    pub line: usize,
    pub reason: String,
}

impl SurveyFile {
    /// Points east, north and up about their middle.
    pub fn of(marked: Vec<Marked>) -> Result<Self, Repeat> {
        for (at, row) in marked.iter().enumerate() {
            let same = marked[..at].iter().find(|other| {
                other.image == row.image
                    || (other.geo, other.height_metres) == (row.geo, row.height_metres)
            });
            if let Some(other) = same {
                let pixel = other.image == row.image;
                let what = if pixel { "pixel u,v" } else { "place lon,lat,height_metres" };
                let reason = format!(
                    "repeats the {what} of line {}: each control point is given once",
                    other.line
                );
                return Err(Repeat { line: row.line, reason });
            }
        }
        // The middle one, not the mean: a wrong digit must not move the others' frame across the country.
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        let origin = GeoPoint {
            lon_deg: middle(marked.iter().map(|row| row.geo.lon_deg).collect()),
            lat_deg: middle(marked.iter().map(|row| row.geo.lat_deg).collect()),
        };
        let origin_height_metres = middle(marked.iter().map(|row| row.height_metres).collect());
        let local = LocalFrame::about(origin);
        let rows = marked
            .into_iter()
            .map(|Marked { line, image, geo, height_metres, plane }| {
                let EastNorth { east_metres, north_metres } = local.local_from_geo(geo);
                let up = height_metres - origin_height_metres;
                let world = Vector3::new(east_metres, north_metres, up);
                Row { line, point: SurveyPoint { image, world }, geo, height_metres, plane }
            })
            .collect();
        Ok(Self { rows, origin, origin_height_metres })
    }
}

fn number(name: &str, text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| value.is_finite())
        .ok_or_else(|| format!("{name} {text:?} is no number such as 42.5"))
}

/// A marked pixel of the frame.
pub fn pixel(u: f64, v: f64, frame: PixelSize) -> Result<PixelPoint, String> {
    // A point on the border may be marked a little outside.
    let slack = 0.01 * f64::from(frame.width_px);
    let inside = (-slack..=f64::from(frame.width_px) + slack).contains(&u)
        && (-slack..=f64::from(frame.height_px) + slack).contains(&v);
    if inside {
        return Ok(PixelPoint { x: u, y: v });
    }
    let PixelSize { width_px, height_px } = frame;
    Err(format!(
        "u,v {u},{v} lies outside the frame of {width_px} by {height_px}: state its size with --width and \
         --height"
    ))
}

fn ground(
    columns: &Columns,
    datum: Datum,
    heights: HeightDatum,
) -> Result<(GeoPoint, f64), String> {
    let lon = parse_degrees(&columns.lon, Axis::Longitude).map_err(|error| error.to_string())?;
    let lat = parse_degrees(&columns.lat, Axis::Latitude).map_err(|error| error.to_string())?;
    place(lon, lat, number("height_metres", &columns.height_metres)?, (datum, heights))
}

/// A place as CGCS2000, with its ellipsoidal height.
pub fn place(
    lon: f64,
    lat: f64,
    given: f64,
    (datum, heights): (Datum, HeightDatum),
) -> Result<(GeoPoint, f64), String> {
    if lat.abs() >= 88.0 {
        return Err(format!("latitude {lat} is not allowed: -88 to 88, the grid ends there"));
    }
    let geo = datum.to_cgcs2000(checked_position(lon, lat).map_err(|error| error.to_string())?);
    let height = heights.ellipsoidal_metres(given, geo).map_err(|error| error.to_string())?;
    if !HEIGHT_METRES.contains(&height) {
        return Err(format!(
            "height_metres {given} is not allowed: {} to {} above the ellipsoid",
            HEIGHT_METRES.start(),
            HEIGHT_METRES.end()
        ));
    }
    Ok((geo, height))
}

/// Points of one ground and its name.
pub struct Ground<'a> {
    pub id: String,
    pub rows: Vec<&'a Row>,
}

impl SurveyFile {
    /// The grounds of the survey, in the order of their names' first rows: as the `plane` column says, else the
    /// lowest points, all within a kerb's height.
    pub fn grounds(&self) -> Vec<Ground<'_>> {
        let mut grounds: Vec<Ground<'_>> = Vec::new();
        for row in &self.rows {
            let Some(id) = &row.plane else { continue };
            match grounds.iter_mut().find(|ground| ground.id == *id) {
                Some(ground) => ground.rows.push(row),
                None => grounds.push(Ground { id: id.clone(), rows: vec![row] }),
            }
        }
        if grounds.is_empty() {
            let lowest =
                self.rows.iter().map(|row| row.height_metres).fold(f64::INFINITY, f64::min);
            let low = |row: &&Row| row.height_metres <= lowest + ONE_GROUND_METRES;
            let rows = self.rows.iter().filter(low).collect();
            grounds.push(Ground { id: "ground".to_owned(), rows });
        }
        grounds
    }
}

/// A ground's surface, and how it follows the heights of its points.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Ellipsoidal height at the survey's origin, rise to east and north.
    pub values: [f64; 3],
    /// Of `values` by the height of each of the ground's rows; empty for a stated height.
    pub by_heights: Vec<[f64; 3]>,
}

impl Ground<'_> {
    pub fn level(&self) -> Surface {
        let n = self.rows.len() as f64;
        let mean = self.rows.iter().map(|row| row.height_metres).sum::<f64>() / n;
        Surface { values: [mean, 0.0, 0.0], by_heights: vec![[1.0 / n, 0.0, 0.0]; self.rows.len()] }
    }

    /// A tilted plane by least squares; `None` where the points do not span one.
    pub fn terrain(&self) -> Option<Surface> {
        if self.rows.len() < 3 {
            return None;
        }
        let design = nalgebra::DMatrix::from_fn(self.rows.len(), 3, |row, column| {
            let world = self.rows[row].point.world;
            [1.0, world.x, world.y][column]
        });
        let heights =
            nalgebra::DVector::from_fn(self.rows.len(), |row, _| self.rows[row].height_metres);
        let svd = design.svd(true, true);
        if svd.singular_values.min() < 1e-3 * svd.singular_values.max() {
            return None;
        }
        let inverse = svd.pseudo_inverse(1e-9).ok()?;
        let plane = &inverse * heights;
        let by_heights = inverse.column_iter().map(|column| [column[0], column[1], column[2]]);
        Some(Surface { values: [plane[0], plane[1], plane[2]], by_heights: by_heights.collect() })
    }
}
