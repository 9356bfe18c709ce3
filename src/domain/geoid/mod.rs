//! Heights above the ellipsoid from heights above the sea, never silently.
//!
//! In: a height, a place, and the datum that the height is given in. Out: ellipsoidal metres, which
//! is what the grid's layers count. The EGM96 undulation comes from a committed cut of the 15-minute
//! grid (`README.md`), interpolated by cubic convolution along both axes: within 2 cm of NGA's own
//! spline at its test point, where a bilinear look-up is off by 4 cm. The model itself is good to
//! half a metre in flat country and worse in high mountains; `docs/datum.md` says what that means.
//!
//! Outside 70-140 E, 0-56 N there is no answer but an error, whose cure is a constant undulation.

use super::geo::GeoPoint;
use std::{fmt, ops::RangeInclusive, str::FromStr};

/// Where [`HeightDatum::Egm96`] has values.
pub const LON_DEG: RangeInclusive<f64> = 70.0..=140.0;
pub const LAT_DEG: RangeInclusive<f64> = 0.0..=56.0;
/// The geoid lies between -107 m and +86 m; anything beyond is a mistake.
const UNDULATION_METRES: RangeInclusive<f64> = -110.0..=90.0;

/// Little-endian centimetres, row by row from the south-west.
static NODES: &[u8; 2 * ROWS * COLUMNS] = include_bytes!("egm96_asia.bin");
const ROWS: usize = 227;
const COLUMNS: usize = 283;
const SOUTH_DEG: f64 = -0.25;
const WEST_DEG: f64 = 69.75;
const NODES_PER_DEG: f64 = 4.0;

/// What a height is measured from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HeightDatum {
    /// The CGCS2000 ellipsoid: what GNSS and the grid use.
    Ellipsoidal,
    /// Sea level as the EGM96 geoid has it.
    Egm96,
    /// Sea level, or a local datum, that lies this many metres above the ellipsoid.
    Constant(f64),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeoidError {
    #[error(
        "{lon_deg}, {lat_deg} lies outside the EGM96 grid (70 to 140 E, 0 to 56 N): state the local \
         undulation as const:<metres>"
    )]
    Outside { lon_deg: f64, lat_deg: f64 },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "height datum {0:?} is not allowed: ellipsoidal, egm96, or const:<N> with N from -110 to 90 \
     metres that the geoid lies above the ellipsoid"
)]
pub struct BadHeightDatum(String);

impl HeightDatum {
    /// Metres above the ellipsoid of a height in this datum.
    pub fn ellipsoidal_metres(self, height_metres: f64, at: GeoPoint) -> Result<f64, GeoidError> {
        Ok(height_metres + self.undulation_metres(at)?)
    }

    /// How far this datum's zero lies above the ellipsoid.
    pub fn undulation_metres(self, at: GeoPoint) -> Result<f64, GeoidError> {
        match self {
            Self::Ellipsoidal => Ok(0.0),
            Self::Egm96 => egm96_metres(at),
            Self::Constant(metres) => Ok(metres),
        }
    }
}

impl FromStr for HeightDatum {
    type Err = BadHeightDatum;

    fn from_str(text: &str) -> Result<Self, BadHeightDatum> {
        let refused = || BadHeightDatum(text.chars().take(40).collect());
        match text {
            "ellipsoidal" => Ok(Self::Ellipsoidal),
            "egm96" => Ok(Self::Egm96),
            _ => {
                let metres = text.strip_prefix("const:").ok_or_else(refused)?;
                let metres: f64 = metres.parse().map_err(|_| refused())?;
                let allowed = UNDULATION_METRES.contains(&metres);
                allowed.then_some(Self::Constant(metres)).ok_or_else(refused)
            }
        }
    }
}

impl fmt::Display for HeightDatum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ellipsoidal => f.write_str("ellipsoidal"),
            Self::Egm96 => f.write_str("egm96"),
            Self::Constant(metres) => write!(f, "const:{metres}"),
        }
    }
}

fn egm96_metres(at: GeoPoint) -> Result<f64, GeoidError> {
    let GeoPoint { lon_deg, lat_deg } = at;
    if !LON_DEG.contains(&lon_deg) || !LAT_DEG.contains(&lat_deg) {
        return Err(GeoidError::Outside { lon_deg, lat_deg });
    }
    let (column, x) = node_before((lon_deg - WEST_DEG) * NODES_PER_DEG, COLUMNS);
    let (row, y) = node_before((lat_deg - SOUTH_DEG) * NODES_PER_DEG, ROWS);
    let along = |row: usize| cubic([0, 1, 2, 3].map(|k| node_metres(row, column - 1 + k)), x);
    Ok(cubic([0, 1, 2, 3].map(|k| along(row - 1 + k)), y))
}

/// The node before a position and how far behind it, such that one node lies before and two after.
fn node_before(position: f64, count: usize) -> (usize, f64) {
    let before = (position as usize).clamp(1, count - 3);
    (before, position - before as f64)
}

fn node_metres(row: usize, column: usize) -> f64 {
    let at = 2 * (row * COLUMNS + column);
    f64::from(i16::from_le_bytes([NODES[at], NODES[at + 1]])) / 100.0
}

/// Cubic convolution (Keys, a = -1/2) between the second and the third of four values.
fn cubic([a, b, c, d]: [f64; 4], t: f64) -> f64 {
    let slope = (c - a) / 2.0;
    let square = a - 2.5 * b + 2.0 * c - 0.5 * d;
    let cube = 1.5 * (b - c) + (d - a) / 2.0;
    b + t * (slope + t * (square + t * cube))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn egm96(lat_deg: f64, lon_deg: f64) -> Result<f64, GeoidError> {
        HeightDatum::Egm96.undulation_metres(GeoPoint { lon_deg, lat_deg })
    }

    #[test]
    fn published_undulations_are_met() {
        // Latitude, longitude, metres, allowed difference.
        for (lat_deg, lon_deg, published, allowed) in [
            // NGA's README.TXT of the EGM96 files: the one of its six points inside the area.
            (46.874_319, 102.448_729, -43.575, 0.02),
            // GeographicLib's GeoidEval with EGM96 (as Orekit's GeoidTest quotes it).
            (0.0, 75.0, -100.316_8, 0.01),
            (0.0, 130.0, 76.605_3, 0.01),
            (28.0, 92.0, -30.405_6, 0.01),
            // The grid specification's figures for Shenzhen, to the centimetre of a bilinear look-up.
            (22.69, 114.34, -2.15, 0.02),
            (22.54, 114.05, -2.99, 0.02),
        ] {
            let found = egm96(lat_deg, lon_deg).unwrap();
            assert!((found - published).abs() <= allowed, "{lat_deg} {lon_deg}: {found}");
        }
    }

    #[test]
    fn the_deepest_geoid_on_earth_lies_south_of_sri_lanka() {
        // EGM96's minimum of -106.99 m lies inside the area, at 4.75 N 78.75 E.
        let nodes = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)));
        let (row, column) =
            nodes.min_by(|a, b| node_metres(a.0, a.1).total_cmp(&node_metres(b.0, b.1))).unwrap();
        assert_eq!((node_metres(row, column), row, column), (-106.99, 20, 36));
        assert!((egm96(4.75, 78.75).unwrap() + 106.99).abs() < 1e-9);
    }

    #[test]
    fn corners_have_values_and_beyond_them_the_cure_is_named() {
        for (lat, lon) in [(0.0, 70.0), (0.0, 140.0), (56.0, 70.0), (56.0, 140.0)] {
            assert!(egm96(lat, lon).is_ok(), "{lat} {lon}");
        }
        for (lat, lon) in
            [(-0.01, 100.0), (56.01, 100.0), (30.0, 69.99), (30.0, 140.01), (f64::NAN, 100.0)]
        {
            let message = egm96(lat, lon).unwrap_err().to_string();
            assert!(message.contains("const:<metres>"), "{message}");
        }
        let london = GeoPoint { lon_deg: -0.1, lat_deg: 51.5 };
        assert_eq!(HeightDatum::Constant(46.0).ellipsoidal_metres(10.0, london), Ok(56.0));
    }

    #[test]
    fn names_are_read_and_others_are_refused() {
        for (text, datum) in [
            ("ellipsoidal", HeightDatum::Ellipsoidal),
            ("egm96", HeightDatum::Egm96),
            ("const:-2.15", HeightDatum::Constant(-2.15)),
            ("const:12", HeightDatum::Constant(12.0)),
        ] {
            assert_eq!(text.parse(), Ok(datum));
            assert_eq!(datum.to_string(), text);
        }
        for text in
            ["", "EGM96", "egm2008", "const:", "const:x", "const:NaN", "const:-110.1", "const:90.5"]
        {
            let message = text.parse::<HeightDatum>().unwrap_err().to_string();
            assert!(message.contains("const:<N>"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn the_surface_has_no_steps(lat in 0.0f64..55.999, lon in 70.0f64..139.999) {
            // The steepest geoid of the area falls by well under 1 m in a kilometre.
            let here = egm96(lat, lon).unwrap();
            for (dlat, dlon) in [(0.001, 0.0), (0.0, 0.001)] {
                let there = egm96(lat + dlat, lon + dlon).unwrap();
                prop_assert!((here - there).abs() < 0.1, "{here} {there}");
            }
        }
    }
}
