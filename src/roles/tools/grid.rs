//! `gridwarden grid ...`: the BeiDou grid at the command line.
//!
//! In: arguments and, for some commands, lines on stdin. Out: codes one a line, or a table
//! (`--json` for programs). Nothing here reads the clock, the network or the environment;
//! only files that are named are read.
//!
//! Failure: input that can be refused ends the command with [`Outcome::BadInput`] and a
//! message naming place, value and what is allowed. `encode --csv` goes on after a bad line,
//! writes `error,<reason>` in its place and ends with [`Outcome::Failed`]. A reader that
//! closes the pipe early is no failure.

use std::fmt;
use std::io::{self, BufRead, BufWriter, Write};

use serde_json::{Map, Value, json};

mod args;
mod exchange;
mod kind;
mod lines;
mod sets;

pub use self::args::GridArgs;
use self::args::{
    CoverArgs, DecodeArgs, EncodeArgs, GridCommand, NeighboursArgs, RelativeArgs, number,
};
use self::kind::{Coded, above, below};
use self::lines::for_each_line;
use crate::domain::grid::{
    GeoJson, GridCell, GridCell3, GridCode, GridCode3, GridError, HeightScheme, HeightSpan, Level,
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
    /// The function for cells or for boxes.
    macro_rules! by_kind {
        ($kind:expr, $run:ident($($argument:expr),*)) => {
            if $kind.three_d { $run::<GridCell3>($($argument),*)? } else { $run::<GridCell>($($argument),*)? }
        };
    }
    use self::sets::{compacted, set, uncompacted};
    match command {
        GridCommand::Encode(args) => return encode(args, stdin, out),
        GridCommand::Decode(args) => decode(args, out)?,
        GridCommand::Neighbours(args) => by_kind!(args.kind, neighbours(&args, out)),
        GridCommand::Parent(args) => by_kind!(args.kind, parent(&args, out)),
        GridCommand::Children(args) => by_kind!(args.kind, children(&args, out)),
        GridCommand::Cover(args) => cover(args, out)?,
        GridCommand::Compact(kind) => by_kind!(kind, compacted(kind.scheme.into(), stdin, out)),
        GridCommand::Uncompact { level, kind } => {
            by_kind!(kind, uncompacted(level, kind.scheme.into(), stdin, out));
        }
        GridCommand::Set(args) => by_kind!(args.kind, set(&args, stdin, out)),
        GridCommand::Refer(args) => exchange::referred(&args, out)?,
        GridCommand::Resolve { gazetteer, code } => {
            exchange::resolved(&code, gazetteer.as_deref(), out)?;
        }
        GridCommand::Geosot(args) => exchange::geosot(&args, out)?,
        GridCommand::FromKey { kind, key } => {
            by_kind!(kind, from_key(key, kind.scheme.into(), out));
        }
        GridCommand::Level { lat, error_metres } => {
            // Refuses a latitude off the globe.
            GridCell::from_lonlat(0.0, lat, Level::One)?;
            if error_metres.is_nan() || error_metres < 0.0 {
                return Err(Stop::BadInput(format!(
                    "error {error_metres} metres is not allowed: a number of 0 or more"
                )));
            }
            writeln!(out, "{}", Level::for_accuracy(error_metres, lat))?;
        }
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
    let cube = match args.kind.three_d {
        true => Some(GridCell3::parse(&args.code, args.kind.scheme.into())?),
        false => None,
    };
    let cell = match cube {
        Some(cube) => cube.cell(),
        None => args.code.parse()?,
    };
    if let Some(level) = args.level.filter(|level| *level != cell.level()) {
        return Err(GridError::LevelMismatch {
            code: args.code,
            level: cell.level(),
            stated: level,
        }
        .into());
    }
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
    if let Some(cube) = cube {
        let layer = cube.layer();
        rows.push(("code_2d", json!(cell)));
        rows.push(("lower_metres", json!(layer.lower_metres())));
        rows.push(("upper_metres", json!(layer.upper_metres())));
        rows.push(("height_packing", json!(layer.scheme().packing.to_string())));
        rows.push(("height_sign", json!(layer.scheme().sign.to_string())));
        // More digits than a JSON number can be trusted with.
        rows.push(("key_3d", json!(cube.key().to_string())));
    }
    write_table(rows, args.json, out)
}

/// Rows as a table, or as one object.
fn write_table(
    rows: Vec<(&'static str, Value)>,
    as_json: bool,
    out: &mut impl Write,
) -> Result<(), Stop> {
    if as_json {
        let object: Map<String, Value> =
            rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        writeln!(out, "{}", Value::Object(object))?;
        return Ok(());
    }
    for (name, value) in rows {
        match value.as_str() {
            Some(text) => writeln!(out, "{name:<20}{text}")?,
            None => writeln!(out, "{name:<20}{value}")?,
        }
    }
    Ok(())
}

fn neighbours<C: Coded>(args: &NeighboursArgs, out: &mut impl Write) -> Result<(), Stop> {
    let around = C::read(&args.code, args.kind.scheme.into())?.around(args.edges)?;
    if args.json {
        let object =
            |(way, code): (String, C)| json!({ "direction": way, "code": code.to_string() });
        let objects = around.into_iter().map(object);
        writeln!(out, "{}", Value::Array(objects.collect()))?;
        return Ok(());
    }
    write_codes(around.into_iter().map(|(_, code)| code), out)
}

fn parent<C: Coded>(args: &RelativeArgs, out: &mut impl Write) -> Result<(), Stop> {
    let code = C::read(&args.code, args.kind.scheme.into())?;
    Ok(writeln!(out, "{}", above(code, args.level)?)?)
}

fn children<C: Coded>(args: &RelativeArgs, out: &mut impl Write) -> Result<(), Stop> {
    write_codes(below(C::read(&args.code, args.kind.scheme.into())?, args.level)?, out)
}

fn from_key<C: Coded>(key: u128, scheme: HeightScheme, out: &mut impl Write) -> Result<(), Stop> {
    Ok(writeln!(out, "{}", C::of_key(key, scheme)?)?)
}

fn cover(args: CoverArgs, out: &mut impl Write) -> Result<(), Stop> {
    let named = |fault: String| Stop::BadInput(format!("{}: {fault}", args.file.display()));
    let refused = |fault: GridError| named(fault.to_string());
    let text = std::fs::read_to_string(&args.file).map_err(|fault| named(fault.to_string()))?;
    let object: GeoJson = serde_json::from_str(&text).map_err(|fault| {
        named(format!(
            "{fault}; a GeoJSON geometry such as Polygon, or Features of them, is allowed"
        ))
    })?;
    let mut region = object.region().map_err(refused)?;
    if let Some(metres) = args.buffer {
        region = region.buffered(metres).map_err(refused)?;
    }
    if let (Some(from_metres), Some(to_metres)) = (args.height_from, args.height_to) {
        let heights = HeightSpan { from_metres, to_metres, scheme: args.scheme.into() };
        return if args.compact {
            write_codes(region.compacted_boxes(args.level, heights).map_err(refused)?, out)
        } else {
            write_codes(region.boxes(args.level, heights).map_err(refused)?, out)
        };
    }
    if args.compact {
        write_codes(region.compacted(args.level).map_err(refused)?, out)
    } else {
        write_codes(region.cells(args.level).map_err(refused)?, out)
    }
}

fn write_codes<C: Coded>(
    codes: impl IntoIterator<Item = C>,
    out: &mut impl Write,
) -> Result<(), Stop> {
    for code in codes {
        writeln!(out, "{code}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
