//! Places on earth. CGCS2000 degrees; heights are ellipsoidal metres.

use serde::{Deserialize, Serialize};

/// Longitude and latitude in CGCS2000 degrees. Never a bare pair of floats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GeoPoint {
    pub lon_deg: f64,
    pub lat_deg: f64,
}

/// East and north metres about an origin, on the tangent plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EastNorth {
    pub east_metres: f64,
    pub north_metres: f64,
}

impl EastNorth {
    pub fn distance_metres(&self, other: &Self) -> f64 {
        (self.east_metres - other.east_metres).hypot(self.north_metres - other.north_metres)
    }
}

/// Tangent plane at an origin; good to centimetres within a few kilometres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalFrame {
    origin: GeoPoint,
    metres_per_deg_lon: f64,
    metres_per_deg_lat: f64,
}

/// CGCS2000: semi-major axis in metres and flattening (GB 22021-2008).
const SEMI_MAJOR_METRES: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;

impl LocalFrame {
    pub fn about(origin: GeoPoint) -> Self {
        let e2 = FLATTENING * (2.0 - FLATTENING);
        let (sin, cos) = origin.lat_deg.to_radians().sin_cos();
        let w2 = 1.0 - e2 * sin * sin;
        let meridian_radius = SEMI_MAJOR_METRES * (1.0 - e2) / w2.powf(1.5);
        let normal_radius = SEMI_MAJOR_METRES / w2.sqrt();
        Self {
            origin,
            metres_per_deg_lon: (normal_radius * cos).to_radians(),
            metres_per_deg_lat: meridian_radius.to_radians(),
        }
    }

    pub fn geo_from_local(&self, local: EastNorth) -> GeoPoint {
        GeoPoint {
            lon_deg: self.origin.lon_deg + local.east_metres / self.metres_per_deg_lon,
            lat_deg: self.origin.lat_deg + local.north_metres / self.metres_per_deg_lat,
        }
    }

    pub fn local_from_geo(&self, point: GeoPoint) -> EastNorth {
        EastNorth {
            east_metres: (point.lon_deg - self.origin.lon_deg) * self.metres_per_deg_lon,
            north_metres: (point.lat_deg - self.origin.lat_deg) * self.metres_per_deg_lat,
        }
    }
}

impl GeoPoint {
    pub fn distance_metres(&self, other: &Self) -> f64 {
        let local = LocalFrame::about(*self).local_from_geo(*other);
        local.east_metres.hypot(local.north_metres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_degree_at_pingshan_has_its_known_length() {
        // GB/T 39409 level-7 cell (1/4") at 22.7 N: 7.135 m by 7.690 m (beidou spec, section 7).
        let frame = LocalFrame::about(GeoPoint { lon_deg: 114.0, lat_deg: 22.7 });
        assert!((frame.metres_per_deg_lon / 14_400.0 - 7.135).abs() < 1e-3);
        assert!((frame.metres_per_deg_lat / 14_400.0 - 7.690).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn local_and_geo_are_inverse(lat in -80.0f64..80.0, east in -2e3f64..2e3, north in -2e3f64..2e3) {
            let frame = LocalFrame::about(GeoPoint { lon_deg: 114.3, lat_deg: lat });
            let local = EastNorth { east_metres: east, north_metres: north };
            let back = frame.local_from_geo(frame.geo_from_local(local));
            prop_assert!(back.distance_metres(&local) < 1e-6);
        }
    }
}
