//! `gridwarden grid ...`: the BeiDou grid at the command line.
//!
//! In: arguments and, for some commands, lines on stdin. Out: codes one a line, or a table
//! (`--json` for programs). Nothing here reads the clock, the network or the environment;
//! `cover` reads the one file it is given.
//!
//! Failure: input that can be refused ends the command with [`Outcome::BadInput`] and a
//! message naming place, value and what is allowed. `encode --csv` goes on after a bad line,
//! writes `error,<reason>` in its place and ends with [`Outcome::Failed`]. A reader that
//! closes the pipe early is no failure.

use std::fmt;
use std::io::{self, BufRead, BufWriter, Write};

use serde_json::{Map, Value, json};

mod args;
mod lines;

pub use self::args::GridArgs;
use self::args::{
    CoverArgs, DecodeArgs, EncodeArgs, GridCommand, NeighboursArgs, RelativeArgs, number,
};
use self::lines::for_each_line;
use crate::domain::grid::{
    Direction, GeoJson, GridCell, GridCell3, GridCode, GridCode3, GridError, HeightScheme, Level,
    compact, cover_geojson, refer, resolve, uncompact,
};

/// How a command ended, when nothing was wrong with the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Part of the work failed; stdout says which.
    Failed,
    /// Nothing could be done with the input; the message is for stderr.
    BadInput(String),
}

impl Outcome {
    /// The exit code: 0, 1 or 2.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::BadInput(_) => 2,
        }
    }
}

/// Why a command stopped before its end.
enum Stop {
    BadInput(String),
    Io(io::Error),
}

impl From<GridError> for Stop {
    fn from(error: GridError) -> Self {
        Self::BadInput(error.to_string())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Runs one `grid` command.
pub fn run(args: GridArgs, stdin: impl BufRead, stdout: impl Write) -> anyhow::Result<Outcome> {
    let mut out = BufWriter::new(stdout);
    let result = run_command(args.command, stdin, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(outcome) => Ok(outcome),
        Err(Stop::BadInput(message)) => Ok(Outcome::BadInput(message)),
        Err(Stop::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Done),
        Err(Stop::Io(error)) => Err(error.into()),
    }
}

fn run_command(
    command: GridCommand,
    stdin: impl BufRead,
    out: &mut impl Write,
) -> Result<Outcome, Stop> {
    match command {
        GridCommand::Encode(args) => return encode(args, stdin, out),
        GridCommand::Decode(args) => decode(args, out)?,
        GridCommand::Neighbours(args) => neighbours(args, out)?,
        GridCommand::Parent(RelativeArgs { code, level }) => {
            let wanted = level.or(code.level().coarser());
            let parent = wanted.and_then(|level| code.ancestor(level));
            let parent = parent.ok_or_else(|| GridError::NoSuchLevel {
                code: code.code().into(),
                level: code.level(),
                wanted: if wanted.is_some() { "parent at a finer level" } else { "parent" },
            })?;
            writeln!(out, "{parent}")?;
        }
        GridCommand::Children(RelativeArgs { code, level: Some(level) }) => {
            write_codes(code.descendants(level)?, out)?;
        }
        GridCommand::Children(RelativeArgs { code, level: None }) => {
            write_codes(code.children()?, out)?;
        }
        GridCommand::Cover(args) => cover(args, out)?,
        GridCommand::Compact => write_codes(compact(read_codes(stdin)?), out)?,
        GridCommand::Uncompact { level } => {
            write_codes(uncompact(read_codes(stdin)?, level)?, out)?;
        }
        GridCommand::Refer { from, code } => writeln!(out, "{}", refer(code, from)?)?,
        GridCommand::Resolve { code } => writeln!(out, "{}", resolve(&code)?)?,
    }
    Ok(Outcome::Done)
}

/// A code of either kind.
enum AnyCode {
    Flat(GridCode),
    Tall(GridCode3),
}

impl fmt::Display for AnyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat(code) => code.fmt(f),
            Self::Tall(code) => code.fmt(f),
        }
    }
}

fn encode_point(
    (lon_deg, lat_deg): (f64, f64),
    level: Level,
    height_metres: Option<f64>,
    scheme: HeightScheme,
) -> Result<AnyCode, GridError> {
    let cell = GridCell::from_lonlat(lon_deg, lat_deg, level)?;
    Ok(match height_metres {
        None => AnyCode::Flat(cell.code()),
        Some(height) => AnyCode::Tall(GridCell3::at_height(cell, height, scheme)?.code()),
    })
}

fn encode(args: EncodeArgs, stdin: impl BufRead, out: &mut impl Write) -> Result<Outcome, Stop> {
    let scheme = args.scheme.into();
    if let (Some(lon), Some(lat)) = (args.lon, args.lat) {
        writeln!(out, "{}", encode_point((lon, lat), args.level, args.height, scheme)?)?;
        return Ok(Outcome::Done);
    }
    let mut outcome = Outcome::Done;
    for_each_line(stdin, |line| {
        match line.text().and_then(|text| encode_csv_line(text, scheme)) {
            Ok(code) => writeln!(out, "{code}")?,
            Err(reason) => {
                outcome = Outcome::Failed;
                // The reason stays one field of one line.
                writeln!(out, "error,{}", reason.replace(',', ";").replace(['\r', '\n'], " "))?;
            }
        }
        // Who feeds us line by line gets each answer before the next question.
        if line.more_at_hand { Ok(()) } else { Ok(out.flush()?) }
    })?;
    Ok(outcome)
}

fn encode_csv_line(line: &str, scheme: HeightScheme) -> Result<AnyCode, String> {
    let mut fields = line.split(',').map(str::trim);
    let mut field = |name: &str| {
        fields
            .next()
            .filter(|field| !field.is_empty())
            .ok_or_else(|| format!("no {name}: a line is lon,lat,level[,height_metres]"))
    };
    let named = |name: &str, text: &str| number(text).map_err(|fault| format!("{name} {fault}"));
    let lon_deg = named("lon", field("lon")?)?;
    let lat_deg = named("lat", field("lat")?)?;
    let level: Level = field("level")?.parse().map_err(|fault: GridError| fault.to_string())?;
    let height = match fields.next() {
        None | Some("") => None,
        Some(text) => Some(named("height_metres", text)?),
    };
    if fields.next().is_some() {
        return Err("more than 4 fields: a line is lon,lat,level[,height_metres]".into());
    }
    encode_point((lon_deg, lat_deg), level, height, scheme).map_err(|fault| fault.to_string())
}

fn decode(args: DecodeArgs, out: &mut impl Write) -> Result<(), Stop> {
    let (cell, layer) = if args.three_d {
        let cube = GridCell3::parse(&args.code, args.scheme.into())?;
        (cube.cell(), Some(cube.layer()))
    } else {
        (args.code.parse()?, None)
    };
    let (bounds, centre, corner) = (cell.bounds(), cell.centre(), cell.locating_corner());
    let size = cell.level().cell_size_metres(centre.lat_deg);
    let mut rows = vec![
        ("code", json!(args.code)),
        ("level", json!(cell.level())),
        ("west_deg", json!(bounds.west_deg)),
        ("south_deg", json!(bounds.south_deg)),
        ("east_deg", json!(bounds.east_deg)),
        ("north_deg", json!(bounds.north_deg)),
        ("centre_lon_deg", json!(centre.lon_deg)),
        ("centre_lat_deg", json!(centre.lat_deg)),
        ("corner_lon_deg", json!(corner.lon_deg)),
        ("corner_lat_deg", json!(corner.lat_deg)),
        ("key", json!(cell.key())),
    ];
    if !cell.is_polar() {
        rows.push(("east_west_metres", json!(size.east_west_metres)));
        rows.push(("north_south_metres", json!(size.north_south_metres)));
    }
    if let Some(layer) = layer {
        rows.push(("code_2d", json!(cell)));
        rows.push(("lower_metres", json!(layer.lower_metres())));
        rows.push(("upper_metres", json!(layer.upper_metres())));
        rows.push(("height_packing", json!(layer.scheme().packing.to_string())));
        rows.push(("height_sign", json!(layer.scheme().sign.to_string())));
    }
    if args.json {
        let object: Map<String, Value> =
            rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        writeln!(out, "{}", Value::Object(object))?;
    } else {
        for (name, value) in rows {
            match value.as_str() {
                Some(text) => writeln!(out, "{name:<20}{text}")?,
                None => writeln!(out, "{name:<20}{value}")?,
            }
        }
    }
    Ok(())
}

fn neighbours(args: NeighboursArgs, out: &mut impl Write) -> Result<(), Stop> {
    if args.code.is_polar() {
        return Err(GridError::PolarUnsupported("a neighbour".into()).into());
    }
    let directions: &[Direction] = if args.edges { &Direction::EDGES } else { &Direction::ALL };
    let beside = directions.iter().filter_map(|&way| Some((way.name(), args.code.neighbour(way)?)));
    if args.json {
        let objects = beside.map(|(way, cell)| json!({ "direction": way, "code": cell }));
        writeln!(out, "{}", Value::Array(objects.collect()))?;
        return Ok(());
    }
    write_codes(beside.map(|(_, cell)| cell), out)
}

fn cover(args: CoverArgs, out: &mut impl Write) -> Result<(), Stop> {
    let named = |fault: String| Stop::BadInput(format!("{}: {fault}", args.file.display()));
    let text = std::fs::read_to_string(&args.file).map_err(|fault| named(fault.to_string()))?;
    let area: GeoJson = serde_json::from_str(&text).map_err(|fault| {
        named(format!("{fault}; a GeoJSON Polygon, MultiPolygon or Feature of one is allowed"))
    })?;
    let cells = cover_geojson(&area, args.level).map_err(|fault| named(fault.to_string()))?;
    if args.compact { write_codes(compact(cells), out) } else { write_codes(cells, out) }
}

fn write_codes(
    cells: impl IntoIterator<Item = GridCell>,
    out: &mut impl Write,
) -> Result<(), Stop> {
    for cell in cells {
        writeln!(out, "{}", cell.code())?;
    }
    Ok(())
}

/// Codes one a line; empty lines do not count.
fn read_codes(stdin: impl BufRead) -> Result<Vec<GridCell>, Stop> {
    let mut cells = Vec::new();
    for_each_line(stdin, |line| {
        let named = |fault: String| Stop::BadInput(format!("line {}: {fault}", line.number));
        let text = line.text().map_err(named)?.trim();
        if !text.is_empty() {
            cells.push(text.parse().map_err(|fault: GridError| named(fault.to_string()))?);
        }
        Ok(())
    })?;
    Ok(cells)
}

#[cfg(test)]
mod tests;
