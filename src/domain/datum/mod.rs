//! What the numbers of a coordinate are counted from, and how to bring them to CGCS2000.
//!
//! In: positions with a label, and texts that people type or paste. Out: CGCS2000 [`GeoPoint`]s, or a
//! fault that says what is wrong (no label, swapped axes, degrees and minutes). Invariant: no
//! position enters the product without its datum having been named.
//!
//! ```text
//!  CGCS2000 = WGS 84 (to decimetres)   --gcj::from_cgcs2000-->  GCJ-02  --gcj::bd_from_gcj-->  BD-09
//!                                      <--to_cgcs2000--         <--gcj_from_bd--
//! ```
//! `docs/datum.md` says how good each step is.

mod degrees;
mod gcj;
mod shift;

pub use degrees::{Axis, BadDegrees, parse_degrees};
pub use gcj::{bd_from_gcj, gcj_from_bd, inside_china_box};
pub use shift::{Mistaken, Shift, gcj_shift_suspected};

use super::geo::GeoPoint;
use std::{fmt, str::FromStr};

/// A coordinate system that maps and devices in China hand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Datum {
    /// The national system, and the product's own.
    Cgcs2000,
    /// What GNSS receivers give; the same to decimetres.
    Wgs84,
    /// The shifted coordinates of public maps in China (AutoNavi, Tencent, Google's Chinese map).
    Gcj02,
    /// Baidu's, shifted once more.
    Bd09,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("datum {given:?} is not allowed: {}", Datum::ALLOWED)]
pub struct BadDatum {
    pub given: String,
}

impl Datum {
    pub const ALL: [Self; 4] = [Self::Cgcs2000, Self::Wgs84, Self::Gcj02, Self::Bd09];
    /// Words for messages.
    pub const ALLOWED: &str = "CGCS2000, WGS84, GCJ02 or BD09";

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgcs2000 => "CGCS2000",
            Self::Wgs84 => "WGS84",
            Self::Gcj02 => "GCJ02",
            Self::Bd09 => "BD09",
        }
    }

    /// The CGCS2000 position of a point in this datum.
    pub fn to_cgcs2000(self, point: GeoPoint) -> GeoPoint {
        match self {
            Self::Cgcs2000 | Self::Wgs84 => point,
            Self::Gcj02 => gcj::to_cgcs2000(point),
            Self::Bd09 => gcj::to_cgcs2000(gcj_from_bd(point)),
        }
    }

    /// The numbers that this datum has for a CGCS2000 position.
    pub fn from_cgcs2000(self, point: GeoPoint) -> GeoPoint {
        match self {
            Self::Cgcs2000 | Self::Wgs84 => point,
            Self::Gcj02 => gcj::from_cgcs2000(point),
            Self::Bd09 => bd_from_gcj(gcj::from_cgcs2000(point)),
        }
    }

    /// What the conversion to CGCS2000 may be wrong by. For the shifted systems this is an allowance:
    /// their official algorithm is not published, so nobody outside can state a tested figure.
    pub const fn allowance_metres(self) -> f64 {
        match self {
            Self::Cgcs2000 => 0.0,
            Self::Wgs84 => 0.5,
            Self::Gcj02 | Self::Bd09 => 2.0,
        }
    }
}

impl FromStr for Datum {
    type Err = BadDatum;

    /// Names as people write them: any case, with or without hyphen, underscore or blank.
    fn from_str(text: &str) -> Result<Self, BadDatum> {
        let plain: String = text
            .chars()
            .filter(|letter| !matches!(letter, '-' | '_' | ' '))
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        let named = Self::ALL.into_iter().find(|datum| datum.name() == plain);
        named.ok_or_else(|| BadDatum { given: text.chars().take(40).collect() })
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BadPosition {
    #[error("longitude {0} is not allowed: -180 to 180 degrees")]
    Longitude(f64),
    #[error("latitude {0} is not allowed: -90 to 90 degrees")]
    Latitude(f64),
    #[error(
        "longitude {lon_deg} and latitude {lat_deg} are swapped: {lat_deg} can only be the longitude"
    )]
    Swapped { lon_deg: f64, lat_deg: f64 },
    #[error(
        "longitude {lon_deg} and latitude {lat_deg} look swapped: only the other way round do they \
         lie in or near China"
    )]
    LooksSwapped { lon_deg: f64, lat_deg: f64 },
}

/// A position of a city in China: in range and the right way round.
pub fn checked_position(lon_deg: f64, lat_deg: f64) -> Result<GeoPoint, BadPosition> {
    if lat_deg.abs() > 90.0 && lat_deg.abs() <= 180.0 && lon_deg.abs() <= 90.0 {
        return Err(BadPosition::Swapped { lon_deg, lat_deg });
    }
    if !(-180.0..=180.0).contains(&lon_deg) {
        return Err(BadPosition::Longitude(lon_deg));
    }
    if !(-90.0..=90.0).contains(&lat_deg) {
        return Err(BadPosition::Latitude(lat_deg));
    }
    if looks_swapped(lon_deg, lat_deg) {
        return Err(BadPosition::LooksSwapped { lon_deg, lat_deg });
    }
    Ok(GeoPoint { lon_deg, lat_deg })
}

/// Whether the pair lies in China's box only the other way round. A tool for the whole world should
/// warn and not refuse: there is real ground (Svalbard) among such pairs.
pub fn looks_swapped(lon_deg: f64, lat_deg: f64) -> bool {
    let point = GeoPoint { lon_deg, lat_deg };
    let turned = GeoPoint { lon_deg: lat_deg, lat_deg: lon_deg };
    !inside_china_box(point) && inside_china_box(turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(lon_deg: f64, lat_deg: f64) -> GeoPoint {
        GeoPoint { lon_deg, lat_deg }
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        for (text, datum) in [
            ("CGCS2000", Datum::Cgcs2000),
            ("cgcs 2000", Datum::Cgcs2000),
            ("WGS-84", Datum::Wgs84),
            ("GCJ-02", Datum::Gcj02),
            ("gcj02", Datum::Gcj02),
            ("BD_09", Datum::Bd09),
        ] {
            assert_eq!(text.parse(), Ok(datum), "{text}");
        }
        for text in ["", "GCJ", "GCJ2", "Xian 1980", "BD09MC"] {
            let message = text.parse::<Datum>().unwrap_err().to_string();
            assert!(message.contains("CGCS2000, WGS84, GCJ02 or BD09"), "{message}");
        }
    }

    #[test]
    fn swapped_axes_are_named() {
        assert_eq!(checked_position(114.34, 22.69), Ok(point(114.34, 22.69)));
        assert!(matches!(checked_position(22.69, 114.34), Err(BadPosition::Swapped { .. })));
        // Urumqi: both numbers are below 90.
        assert_eq!(checked_position(87.6, 43.8), Ok(point(87.6, 43.8)));
        assert!(matches!(checked_position(43.8, 87.6), Err(BadPosition::LooksSwapped { .. })));
        assert!(matches!(checked_position(514.34, 22.69), Err(BadPosition::Longitude(_))));
        assert!(matches!(checked_position(114.0, 95.0), Err(BadPosition::Latitude(_))));
        assert!(matches!(checked_position(f64::NAN, 22.0), Err(BadPosition::Longitude(_))));
        // Elsewhere nothing is suspected.
        assert_eq!(checked_position(-0.12, 51.5), Ok(point(-0.12, 51.5)));
    }

    proptest! {
        #[test]
        fn every_datum_round_trips_to_a_hundredth_of_a_millimetre(
            lon in 72.1f64..137.7, lat in 0.9f64..55.7, which in 0usize..4,
        ) {
            let datum = Datum::ALL[which];
            let given = point(lon, lat);
            let there = datum.from_cgcs2000(given);
            prop_assert!(datum.to_cgcs2000(there).distance_metres(&given) < 1e-5);
            prop_assert!(datum.from_cgcs2000(datum.to_cgcs2000(given)).distance_metres(&given) < 1e-5);
        }

        #[test]
        fn outside_the_box_gcj_changes_nothing(lon in -180.0f64..72.0, lat in -90.0f64..90.0) {
            let given = point(lon, lat);
            prop_assert_eq!(Datum::Gcj02.from_cgcs2000(given), given);
            prop_assert_eq!(Datum::Gcj02.to_cgcs2000(given), given);
        }
    }
}
