//! Files and lines of codes as areas: `compact`, `uncompact` and `set`.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use super::args::{SetArgs, SetOperation};
use super::kind::Coded;
use super::lines::for_each_line;
use super::{Stop, write_codes};
use crate::domain::grid::{GridError, GridSet, HeightScheme, Level, compact, uncompact};

pub(super) fn compacted<C: Coded>(
    scheme: HeightScheme,
    stdin: impl BufRead,
    out: &mut impl Write,
) -> Result<(), Stop> {
    write_codes(compact(read_codes::<C>(stdin, scheme, "")?), out)
}

pub(super) fn uncompacted<C: Coded>(
    level: Level,
    scheme: HeightScheme,
    stdin: impl BufRead,
    out: &mut impl Write,
) -> Result<(), Stop> {
    write_codes(uncompact(read_codes::<C>(stdin, scheme, "")?, level)?, out)
}

pub(super) fn set<C: Coded>(
    args: &SetArgs,
    stdin: impl BufRead,
    out: &mut impl Write,
) -> Result<(), Stop> {
    let scheme = args.kind.scheme.into();
    let from_stdin = |path: &Path| path.as_os_str() == "-";
    let (first, second): (GridSet<C>, GridSet<C>) =
        match (from_stdin(&args.first), from_stdin(&args.second)) {
            (true, true) => {
                return Err(Stop::BadInput("- is not allowed twice: stdin is read once".into()));
            }
            (true, false) => (read_set(stdin, scheme, "stdin ")?, open_set(&args.second, scheme)?),
            (false, true) => (open_set(&args.first, scheme)?, read_set(stdin, scheme, "stdin ")?),
            (false, false) => (open_set(&args.first, scheme)?, open_set(&args.second, scheme)?),
        };
    let area = match args.operation {
        SetOperation::Union => first.union(&second),
        SetOperation::Intersection => first.intersection(&second),
        SetOperation::Difference => first.difference(&second),
        SetOperation::Contains => return Ok(writeln!(out, "{}", first.contains_set(&second))?),
        SetOperation::Intersects => return Ok(writeln!(out, "{}", first.intersects_set(&second))?),
    };
    write_codes(area, out)
}

fn open_set<C: Coded>(path: &Path, scheme: HeightScheme) -> Result<GridSet<C>, Stop> {
    let file =
        File::open(path).map_err(|fault| Stop::BadInput(format!("{}: {fault}", path.display())))?;
    read_set(BufReader::new(file), scheme, &format!("{} ", path.display()))
}

fn read_set<C: Coded>(
    input: impl BufRead,
    scheme: HeightScheme,
    source: &str,
) -> Result<GridSet<C>, Stop> {
    Ok(read_codes(input, scheme, source)?.into_iter().collect())
}

/// Codes one a line; empty lines do not count. `source` is named before a bad line.
fn read_codes<C: Coded>(
    input: impl BufRead,
    scheme: HeightScheme,
    source: &str,
) -> Result<Vec<C>, Stop> {
    let mut cells = Vec::new();
    for_each_line(input, |line| {
        let named =
            |fault: String| Stop::BadInput(format!("{source}line {}: {fault}", line.number));
        let text = line.text().map_err(named)?.trim();
        if !text.is_empty() {
            cells.push(C::read(text, scheme).map_err(|fault: GridError| named(fault.to_string()))?);
        }
        Ok(())
    })?;
    Ok(cells)
}
