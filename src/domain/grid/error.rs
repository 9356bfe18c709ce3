//! What can be wrong with a position, a level, a code, a key or an area.
//!
//! Each variant carries the value it refuses and says what is allowed, so that a
//! message can be shown as it is.

use super::Level;

/// Longest piece of a refused text that is repeated in a message.
const SHOWN_CHARS_MAX: usize = 48;

/// Why the grid refuses an input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    #[error("longitude {0} is not allowed: a number from -180 to 180 degrees")]
    Longitude(f64),
    #[error("latitude {0} is not allowed: a number from -90 to 90 degrees")]
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
    #[error("key {0} names no cell")]
    Key(u64),
    #[error("{0} is not supported poleward of 88 degrees: only 2D codes of levels 1 and 2 are")]
    PolarUnsupported(String),
    #[error("{code} has level {level}: there is no {wanted}")]
    NoSuchLevel { code: String, level: Level, wanted: &'static str },
    #[error("{0} is not allowed: west <= east and south <= north")]
    Bbox(String),
    #[error("area is not allowed: {0}")]
    Area(String),
    #[error("more than {cells_max} cells of level {level}: take a coarser level or a smaller area")]
    TooManyCells { level: Level, cells_max: usize },
    #[error("{target} cannot be told from {reference}: {reason}")]
    Reference { target: String, reference: String, reason: &'static str },
    #[error("{what} {value:?} is not allowed: one of {allowed}")]
    Name { what: &'static str, value: String, allowed: &'static str },
}

impl GridError {
    pub(super) fn code(code: &str, fault: CodeFault) -> Self {
        let mut shown: String = code.chars().take(SHOWN_CHARS_MAX).collect();
        if shown.len() < code.len() {
            shown.push_str("...");
        }
        match fault {
            CodeFault::PolarLevel => Self::PolarUnsupported(format!("code {shown}")),
            fault => Self::Code { code: shown, fault },
        }
    }
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
    #[error("a reference code is CODE-MN with M and N from 0-7 or A-G, and MN again per level")]
    Offset,
}
