//! Other ways to write a cell: reference-grid and short codes, GeoSOT.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{GeosotArgs, ReferArgs, number};
use super::{Stop, write_table};
use crate::domain::grid::{
    GeosotCell, GeosotCell3, GeosotLevel, GridCell, GridCell3, GridError, HeightScheme, refer,
    refer_to_place, resolve, resolve_place,
};

pub(super) fn referred(args: &ReferArgs, out: &mut impl Write) -> Result<(), Stop> {
    let told = match (args.from, &args.place, &args.gazetteer) {
        (Some(from), ..) => refer(args.code, from)?,
        (None, Some(place), Some(file)) => {
            let places = read_places(file)?;
            refer_to_place(args.code, place, |name| places.get(name).copied())?
        }
        _ => return Err(Stop::BadInput("--from, or --place with --gazetteer, is missing".into())),
    };
    Ok(writeln!(out, "{told}")?)
}

pub(super) fn resolved(
    code: &str,
    gazetteer: Option<&Path>,
    out: &mut impl Write,
) -> Result<(), Stop> {
    let cell = match gazetteer {
        None => resolve(code)?,
        Some(file) => {
            let places = read_places(file)?;
            resolve_place(code, |name| places.get(name).copied())?
        }
    };
    Ok(writeln!(out, "{cell}")?)
}

/// Lines `name,code`; a first line of these very words is a header.
fn read_places(file: &Path) -> Result<HashMap<String, GridCell>, Stop> {
    let named = |line: u64, fault: String| {
        Stop::BadInput(format!("{} line {line}: {fault}", file.display()))
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|fault| Stop::BadInput(format!("{}: {fault}", file.display())))?;
    let mut places = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|fault| {
            named(fault.position().map_or(0, csv::Position::line), fault.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let (Some(name), Some(code), None) = (record.get(0), record.get(1), record.get(2)) else {
            return Err(named(line, "a line is name,code".into()));
        };
        if line == 1 && (name, code) == ("name", "code") {
            continue;
        }
        let cell = code.parse().map_err(|fault: GridError| named(line, fault.to_string()))?;
        if places.insert(name.to_owned(), cell).is_some() {
            return Err(named(line, format!("place {name:?} is there twice")));
        }
    }
    Ok(places)
}

/// A GeoSOT cell with or without height, and its counterpart here.
enum Found {
    Flat(GeosotCell, Option<GridCell>),
    Tall(GeosotCell3, Option<GridCell3>),
}

pub(super) fn geosot(args: &GeosotArgs, out: &mut impl Write) -> Result<(), Stop> {
    let scheme: HeightScheme = args.kind.scheme.into();
    let rows = match found(args, scheme)? {
        Found::Flat(cell, same) => rows(
            same.map(|same| json!(same)),
            (cell.code(), cell.level()),
            ("geosot_number", json!(cell.number().to_string())),
        ),
        Found::Tall(cube, same) => rows(
            same.map(|same| json!(same)),
            (cube.code(), cube.level()),
            ("geosot_height_word", json!(cube.height_word())),
        ),
    };
    write_table(rows, args.json, out)
}

fn rows(
    code: Option<Value>,
    (geosot, level): (String, GeosotLevel),
    last: (&'static str, Value),
) -> Vec<(&'static str, Value)> {
    let code = code.map(|code| ("code", code));
    let rest = [("geosot", json!(geosot)), ("geosot_level", json!(level.number())), last];
    code.into_iter().chain(rest).collect()
}

fn found(args: &GeosotArgs, scheme: HeightScheme) -> Result<Found, Stop> {
    let value = args.value.as_str();
    if let (Some(lat), Some(level)) = (args.lat, args.level) {
        let lon = number(value).map_err(|fault| Stop::BadInput(format!("longitude {fault}")))?;
        return Ok(match args.height {
            None => flat(GeosotCell::from_lonlat(lon, lat, level)?),
            Some(height) => {
                let cube = GeosotCell3::from_point(lon, lat, height, level)?;
                Found::Tall(cube, cube.to_grid(scheme).ok())
            }
        });
    }
    if value.starts_with(['N', 'S']) {
        return Ok(if args.kind.three_d {
            let cube = GridCell3::parse(value, scheme)?;
            Found::Tall(cube.try_into()?, Some(cube))
        } else {
            let cell: GridCell = value.parse()?;
            Found::Flat(cell.try_into()?, Some(cell))
        });
    }
    if value.starts_with("GZ") {
        let cube: GeosotCell3 = value.parse()?;
        return Ok(Found::Tall(cube, Some(cube.to_grid(scheme)?)));
    }
    if value.starts_with('G') {
        let cell: GeosotCell = value.parse()?;
        return Ok(Found::Flat(cell, Some(cell.try_into()?)));
    }
    match (value.parse::<u64>(), args.level) {
        (Ok(number), Some(level)) => Ok(flat(GeosotCell::from_number(number, level)?)),
        (Ok(_), None) => Err(Stop::BadInput(format!(
            "number {value} does not tell its level: --level from 0 to 32 is missing"
        ))),
        (Err(_), _) => {
            let shown: String = value.chars().take(48).collect();
            Err(Stop::BadInput(format!(
                "value {shown:?} is not allowed: a code (N or S), a GeoSOT text (G or GZ), a GeoSOT \
                 number below 2^64, or longitude and latitude"
            )))
        }
    }
}

fn flat(cell: GeosotCell) -> Found {
    Found::Flat(cell, cell.try_into().ok())
}
