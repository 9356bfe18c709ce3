//! The caps poleward of 88 degrees, as far as the standard is unambiguous: level 1 (one
//! cell a cap, `000`) and level 2 (sixteen parts, two digits 0-3).
//!
//! Finer levels answer [`GridError::PolarUnsupported`](super::GridError): the standard
//! leaves their digit order open.
//!
//! ```text
//!   band        0..60E  60..120E  120E..180  180..120W  120..60W  60W..0
//!   89.5 - 90     00 (one cap all round)
//!   89   - 89.5   01 ...... 01      02 ........ 02       03 ...... 03
//!   88.5 - 89     12       13       22         23        33       32
//!   88   - 88.5   10       11       20         21        31       30
//! ```
//! A part's number is its two digits read in base 4.

use super::level::{CAP_LAT_UNITS, UNITS_PER_DEG};

pub(super) const PARTS: u8 = 16;

/// Extent of a part: west and east edge in degrees, and the band (0 = 88 to 88.5).
/// The part across the 180th meridian ends at 240 degrees, so west < east holds.
#[rustfmt::skip]
const EXTENTS: [(i16, i16, u8); PARTS as usize] = [
    (-180, 180, 3), (0, 120, 2), (120, 240, 2), (-120, 0, 2),
    (0, 60, 0), (60, 120, 0), (0, 60, 1), (60, 120, 1),
    (120, 180, 0), (-180, -120, 0), (120, 180, 1), (-180, -120, 1),
    (-60, 0, 0), (-120, -60, 0), (-60, 0, 1), (-120, -60, 1),
];

/// The part that holds a point, given the magnitudes of its longitude and latitude.
pub(super) fn part_at(west: bool, lon_units: u32, lat_units: u32) -> u8 {
    let band = lat_units.saturating_sub(CAP_LAT_UNITS) / (UNITS_PER_DEG / 2);
    let third = lon_units / (60 * UNITS_PER_DEG);
    match (band, third) {
        (0 | 1, _) => {
            let lowest = match (west, third) {
                (false, 0) => 0o4,
                (false, 1) => 0o5,
                (false, _) => 0o10,
                (true, 0) => 0o14,
                (true, 1) => 0o15,
                (true, _) => 0o11,
            };
            lowest + 2 * band as u8
        }
        (2, 0 | 1) => 1 + 2 * u8::from(west),
        (2, _) => 2,
        _ => 0,
    }
}

/// West and east edge in degrees, near and far latitude edge as magnitudes in degrees.
pub(super) fn part_extent(part: u8) -> (f64, f64, f64, f64) {
    let (west, east, band) = EXTENTS[usize::from(part % PARTS)];
    let near = 88.0 + 0.5 * f64::from(band);
    (f64::from(west), f64::from(east), near, near + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_holds_its_own_middle() {
        for part in 0..PARTS {
            let (west, east, near, far) = part_extent(part);
            let mid = (west + east) / 2.0 + 0.25;
            let lon = if mid > 180.0 { mid - 360.0 } else { mid };
            let units = |deg: f64| (deg * f64::from(UNITS_PER_DEG)) as u32;
            assert_eq!(part_at(lon < 0.0, units(lon.abs()), units((near + far) / 2.0)), part);
        }
    }

    #[test]
    fn parts_tile_the_cap() {
        let area: f64 =
            (0..PARTS).map(part_extent).map(|(w, e, near, far)| (e - w) * (far - near)).sum();
        assert_eq!(area, 360.0 * 2.0);
    }
}
