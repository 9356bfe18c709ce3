//! Codes in the plane: found by walking, one character group after another.
//!
//! A cell is an interval on each axis, from the end near to zero to the end far from it, cut again
//! and again into equal parts that are counted outwards. A point on a cut belongs to the outer
//! part; beyond the last part (at 180 degrees) to the last.

use super::coordinate::{Coordinate, DEGREE};

pub const LEVELS: usize = 10;
/// Length of a code of each level.
pub const LENGTHS: [usize; LEVELS] = [4, 6, 7, 9, 11, 12, 14, 16, 18, 20];
const COLUMNS: [&str; 60] = [
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32",
    "33", "34", "35", "36", "37", "38", "39", "40", "41", "42", "43", "44", "45", "46", "47", "48",
    "49", "50", "51", "52", "53", "54", "55", "56", "57", "58", "59", "60",
];
const ROWS: &str = "ABCDEFGHIJKLMNOPQRSTUV";

/// How the parts of one level are written.
enum Marks {
    /// One character for the longitude, then one for the latitude.
    Pair(&'static str, &'static str),
    /// One character for both: a line for each latitude part.
    Table(&'static [&'static str]),
}

const MARKS: [Marks; LEVELS - 1] = [
    Marks::Pair("0123456789AB", "01234567"),
    Marks::Table(&["01", "23", "45"]),
    Marks::Pair("0123456789ABCDE", "0123456789"),
    Marks::Pair("0123456789ABCDE", "0123456789ABCDE"),
    Marks::Table(&["01", "23"]),
    Marks::Pair("01234567", "01234567"),
    Marks::Pair("01234567", "01234567"),
    Marks::Pair("01234567", "01234567"),
    Marks::Pair("01234567", "01234567"),
];

impl Marks {
    fn parts(&self) -> (i128, i128) {
        match self {
            Self::Pair(lon, lat) => (lon.len() as i128, lat.len() as i128),
            Self::Table(lines) => (lines[0].len() as i128, lines.len() as i128),
        }
    }

    fn write(&self, lon: usize, lat: usize, text: &mut String) {
        match self {
            Self::Pair(lons, lats) => {
                text.push_str(&lons[lon..=lon]);
                text.push_str(&lats[lat..=lat]);
            }
            Self::Table(lines) => text.push_str(&lines[lat][lon..=lon]),
        }
    }

    fn read(&self, text: &str) -> Option<(usize, usize)> {
        match self {
            Self::Pair(lons, lats) => Some((lons.find(&text[..1])?, lats.find(&text[1..])?)),
            Self::Table(lines) => {
                lines.iter().enumerate().find_map(|(lat, line)| Some((line.find(text)?, lat)))
            }
        }
    }
}

/// Part of an axis outwards from zero, in units, without the sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    pub near: i128,
    pub width: i128,
}

impl Reach {
    fn part(self, index: usize, parts: i128) -> Self {
        let width = self.width / parts;
        Self { near: self.near + index as i128 * width, width }
    }

    /// The last part that the coordinate reaches.
    fn walk(self, to: &Coordinate, parts: i128) -> usize {
        let mut index = 0;
        while index + 1 < parts as usize && to.reaches(self.part(index + 1, parts).near) {
            index += 1;
        }
        index
    }
}

const EAST_TO_WEST: Reach = Reach { near: 0, width: 180 * DEGREE };
const EQUATOR_TO_CAP: Reach = Reach { near: 0, width: 88 * DEGREE };

/// A cell: its text, its quarter and its edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub west: bool,
    pub south: bool,
    pub lon: Reach,
    pub lat: Reach,
}

impl Cell {
    /// Edges west, south, east, north as signed units.
    pub fn edges(&self) -> [i128; 4] {
        let signed = |reach: Reach, minus: bool| {
            let (near, far) = (reach.near, reach.near + reach.width);
            if minus { (-far, -near) } else { (near, far) }
        };
        let ((west, east), (south, north)) =
            (signed(self.lon, self.west), signed(self.lat, self.south));
        [west, south, east, north]
    }

    pub fn level(&self) -> usize {
        LENGTHS.iter().position(|length| *length == self.text.len()).map_or(0, |at| at + 1)
    }
}

/// The cell of a level between 1 and 10 around a point outside the caps.
pub fn encode(lon: &Coordinate, lat: &Coordinate, level: usize) -> Option<Cell> {
    if lon.beyond(180) || lat.reaches(88 * DEGREE) || !(1..=LEVELS).contains(&level) {
        return None;
    }
    let (west, south) = (lon.negative, lat.negative);
    let (column, row) = (EAST_TO_WEST.walk(lon, 30), EQUATOR_TO_CAP.walk(lat, 22));
    let mut text = String::from(if south { "S" } else { "N" });
    text.push_str(COLUMNS[if west { 29 - column } else { 30 + column }]);
    text.push_str(&ROWS[row..=row]);
    let mut cell = Cell {
        text,
        west,
        south,
        lon: EAST_TO_WEST.part(column, 30),
        lat: EQUATOR_TO_CAP.part(row, 22),
    };
    for marks in &MARKS[..level - 1] {
        let (lons, lats) = marks.parts();
        let (x, y) = (cell.lon.walk(lon, lons), cell.lat.walk(lat, lats));
        marks.write(x, y, &mut cell.text);
        (cell.lon, cell.lat) = (cell.lon.part(x, lons), cell.lat.part(y, lats));
    }
    Some(cell)
}

/// The cell that a text names, if it names one outside the caps.
pub fn decode(text: &str) -> Option<Cell> {
    let level = LENGTHS.iter().position(|length| *length == text.len())? + 1;
    if !text.is_ascii() {
        return None;
    }
    let south = match &text[..1] {
        "N" => false,
        "S" => true,
        _ => return None,
    };
    let column = COLUMNS.iter().position(|column| *column == &text[1..3])?;
    let row = ROWS.find(&text[3..4])?;
    let west = column < 30;
    let column = if west { 29 - column } else { column - 30 };
    let mut cell = Cell {
        text: text.to_owned(),
        west,
        south,
        lon: EAST_TO_WEST.part(column, 30),
        lat: EQUATOR_TO_CAP.part(row, 22),
    };
    for (marks, ends) in MARKS[..level - 1].iter().zip(LENGTHS.windows(2)) {
        let (lons, lats) = marks.parts();
        let (x, y) = marks.read(&text[ends[0]..ends[1]])?;
        (cell.lon, cell.lat) = (cell.lon.part(x, lons), cell.lat.part(y, lats));
    }
    Some(cell)
}

/// The cell one or more cells away: the middle moves so many cells and is encoded again.
pub fn moved(cell: &Cell, east: i64, north: i64) -> Option<Cell> {
    let [west, south, east_edge, north_edge] = cell.edges();
    let halves = |low: i128, high: i128, steps: i64| {
        i64::try_from(low + high + 2 * (high - low) * i128::from(steps)).ok()
    };
    let round = i64::try_from(2 * 360 * DEGREE).ok()?;
    let lon = (halves(west, east_edge, east)? + round / 2).rem_euclid(round) - round / 2;
    let lat = halves(south, north_edge, north)?;
    encode(&Coordinate::of_halves(lon), &Coordinate::of_halves(lat), cell.level())
}

/// How many parts a cell of a level below 10 falls into.
pub fn children(level: usize) -> i128 {
    let (lons, lats) = MARKS[level - 1].parts();
    lons * lats
}

/// Parts of the caps: code, then west and east edge in degrees, of each half degree from 88 on.
const CAP: [&[(&str, i32, i32)]; 4] = [
    &[
        ("10", 0, 60),
        ("11", 60, 120),
        ("20", 120, 180),
        ("21", -180, -120),
        ("31", -120, -60),
        ("30", -60, 0),
    ],
    &[
        ("12", 0, 60),
        ("13", 60, 120),
        ("22", 120, 180),
        ("23", -180, -120),
        ("33", -120, -60),
        ("32", -60, 0),
    ],
    &[("01", 0, 120), ("02", 120, 180), ("02", -180, -120), ("03", -120, 0)],
    &[("00", 0, 180), ("00", -180, 0)],
];

/// The code of level 1 or 2 of a point in a cap.
pub fn encode_cap(lon: &Coordinate, lat: &Coordinate, level: usize) -> Option<String> {
    if lon.beyond(180) || lat.beyond(90) || !lat.reaches(88 * DEGREE) {
        return None;
    }
    let cap = if lat.negative { "S000" } else { "N000" };
    match level {
        1 => Some(cap.to_owned()),
        2 => {
            let half_degrees =
                (1..4).rev().find(|half| lat.reaches(88 * DEGREE + *half as i128 * DEGREE / 2));
            let band = CAP[half_degrees.unwrap_or(0)];
            // Outwards from the prime meridian, the last part that is reached.
            let part = band
                .iter()
                .filter(|(_, west, _)| (*west < 0) == lon.negative)
                .map(|(code, west, east)| (code, west.abs().min(east.abs())))
                .filter(|(_, near)| lon.reaches(i128::from(*near) * DEGREE))
                .max_by_key(|(_, near)| *near)?;
            Some(format!("{cap}{}", part.0))
        }
        _ => None,
    }
}
