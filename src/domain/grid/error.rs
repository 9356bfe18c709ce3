//! What can be wrong with a position, a level, a code, a key or an area.
//!
//! Each variant carries the value it refuses and says what is allowed, so that a
//! message can be shown as it is.

use alloc::format;
use alloc::string::String;

use super::Level;

/// Longest piece of a refused text that is repeated in a message.
const SHOWN_CHARS_MAX: usize = 48;

/// Why the grid refuses an input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    #[error("longitude {0} is not allowed: a number from -180 to 180 degrees")]
    Longitude(f64),
    #[error("latitude {0} is not allowed: a number from -90 to 90 degrees (longitude comes first)")]
    Latitude(f64),
    #[error(
        "height {0} metres is not allowed: a number from -6302106.7 up to below 528680171.1 \
         (ellipsoidal)"
    )]
    Height(f64),
    #[error("level {0} is not allowed: a whole number from 1 to 10")]
    Level(String),
    #[error("code {code:?} is not allowed: {fault}")]
    Code { code: String, fault: CodeFault },
    #[error("heights from {from_metres} to {to_metres} metres are not allowed: from <= to")]
    HeightSpan { from_metres: f64, to_metres: f64 },
    #[error("key {0} names no cell")]
    Key(u64),
    #[error("key {0} names no box of this packing and sign convention")]
    Key3(u128),
    #[error(
        "{0} is not supported poleward of 88 degrees: 2D codes of levels 1 and 2 are allowed there"
    )]
    PolarUnsupported(String),
    #[error("{code} has level {level}: there is no {wanted}")]
    NoSuchLevel { code: String, level: Level, wanted: &'static str },
    #[error("code {code} has level {level}, not {stated} as stated")]
    LevelMismatch { code: String, level: Level, stated: Level },
    #[error("{0} is not allowed: south <= north")]
    Bbox(String),
    #[error("buffer {0} metres is not allowed: a number from 0 to 100000")]
    Buffer(f64),
    #[error("area is not allowed: {0}")]
    Area(String),
    #[error("more than {cells_max} cells of level {level}: take a coarser level or a smaller area")]
    TooManyCells { level: Level, cells_max: usize },
    #[error("{target} cannot be told from {reference}: {reason}")]
    Reference { target: String, reference: String, reason: &'static str },
    #[error("GeoSOT {value} is not allowed: {reason}")]
    Geosot { value: String, reason: &'static str },
    #[error("place {name:?} is not allowed: {reason}")]
    Place { name: String, reason: &'static str },
    #[error("{what} {value:?} is not allowed: one of {allowed}")]
    Name { what: &'static str, value: String, allowed: &'static str },
}

impl GridError {
    pub(super) fn code(code: &str, fault: CodeFault) -> Self {
        let shown = shown(code);
        match fault {
            CodeFault::PolarLevel => Self::PolarUnsupported(format!("code {shown}")),
            fault => Self::Code { code: shown, fault },
        }
    }
}

/// The start of a refused text, as far as a message repeats it.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}

/// What is wrong with the text of a code. Positions count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    #[error("{0} bytes long; a 2D code has 4, 6, 7, 9, 11, 12, 14, 16, 18 or 20 characters")]
    Length2d(usize),
    #[error("{0} bytes long; a 3D code has 7, 10, 12, 15, 18, 20, 23, 26, 29 or 32 characters")]
    Length3d(usize),
    #[error("{0} bytes long; a height code has 3 to 12 characters")]
    LengthHeight(usize),
    #[error("the first character is N or S")]
    Hemisphere,
    #[error("characters 2-3 are a column from 01 to 60")]
    Column,
    #[error("the row letter is A to V")]
    Row,
    #[error("position {position}: a digit from 0 to {max}")]
    Digit { position: u8, max: char },
    #[error("the height sign is 0 (above) or 1 (below)")]
    HeightSign,
    #[error("the height digits name no layer of this packing and sign convention")]
    HeightRange,
    #[error("polar codes of level 3 and finer are not supported: the standard leaves them open")]
    PolarLevel,
    #[error(
        "a reference code is CODE-MN, CODE of level 5 or finer, M and N from 0-7 or A-G, and \
         then MN again for each finer level"
    )]
    Offset,
    #[error("a short code is PLACE-MN, with a hyphen between name and offset")]
    ShortCode,
}
