//! The shifts of Chinese public maps: GCJ-02, and BD-09 on top of it.
//!
//! The official algorithm is not published. The formula here is the one that public converters
//! share: polynomials and sines of the position relative to 105 E, 35 N give a shift in metres, which
//! the radii of the Krasovsky ellipsoid turn into degrees. The inverse is solved, not approximated: a
//! shift changes by at most some 0.3 % of the way moved, so each step of the iteration leaves a
//! three-hundredth of the error, and the loop ends where nothing changes any more.

use crate::domain::geo::GeoPoint;
use std::f64::consts::PI;

/// Krasovsky 1940, as the formula takes it: semi-major axis and squared eccentricity.
const SEMI_MAJOR_METRES: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
/// A degree of BD-09's ripple is this many radians.
const BD_RIPPLE: f64 = PI * 3000.0 / 180.0;
const BD_EAST_DEG: f64 = 0.0065;
const BD_NORTH_DEG: f64 = 0.006;
/// 1e-12 degrees are a tenth of a micrometre.
const SETTLED_DEG: f64 = 1e-12;
/// Four do for GCJ-02 and seven for BD-09; the bound keeps a NaN from looping.
const STEPS_MAX: usize = 20;

/// The rectangle in which the formula shifts. It holds China, and much of its neighbours.
pub fn inside_china_box(point: GeoPoint) -> bool {
    (72.004..=137.8347).contains(&point.lon_deg) && (0.8293..=55.8271).contains(&point.lat_deg)
}

pub(super) fn from_cgcs2000(point: GeoPoint) -> GeoPoint {
    if inside_china_box(point) { shifted(point) } else { point }
}

pub(super) fn to_cgcs2000(gcj: GeoPoint) -> GeoPoint {
    if inside_china_box(gcj) { solved(gcj, shifted) } else { gcj }
}

/// BD-09 of a GCJ-02 position: a ripple in polar coordinates about 0 E, 0 N, then a constant.
pub fn bd_from_gcj(gcj: GeoPoint) -> GeoPoint {
    let GeoPoint { lon_deg: x, lat_deg: y } = gcj;
    let radius = x.hypot(y) + 2e-5 * (y * BD_RIPPLE).sin();
    let angle = y.atan2(x) + 3e-6 * (x * BD_RIPPLE).cos();
    GeoPoint {
        lon_deg: radius * angle.cos() + BD_EAST_DEG,
        lat_deg: radius * angle.sin() + BD_NORTH_DEG,
    }
}

/// GCJ-02 of a BD-09 position.
pub fn gcj_from_bd(bd: GeoPoint) -> GeoPoint {
    solved(bd, bd_from_gcj)
}

/// The point that `forward` takes to `image`, for a `forward` that is nearly a plain move.
fn solved(image: GeoPoint, forward: impl Fn(GeoPoint) -> GeoPoint) -> GeoPoint {
    let mut point = image;
    for _ in 0..STEPS_MAX {
        let reached = forward(point);
        let (east, north) = (image.lon_deg - reached.lon_deg, image.lat_deg - reached.lat_deg);
        point.lon_deg += east;
        point.lat_deg += north;
        if east.abs().max(north.abs()) < SETTLED_DEG {
            break;
        }
    }
    point
}

fn shifted(point: GeoPoint) -> GeoPoint {
    let (x, y) = (point.lon_deg - 105.0, point.lat_deg - 35.0);
    let wave = |amplitude: f64, turns: f64| amplitude * (turns * PI).sin();
    let fast = wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x);
    let north_waves =
        fast + wave(20.0, y) + wave(40.0, y / 3.0) + wave(160.0, y / 12.0) + wave(320.0, y / 30.0);
    let east_waves =
        fast + wave(20.0, x) + wave(40.0, x / 3.0) + wave(150.0, x / 12.0) + wave(300.0, x / 30.0);
    let root = x.abs().sqrt();
    let north_metres =
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north_waves / 1.5;
    let east_metres =
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east_waves / 1.5;
    let (sin, cos) = point.lat_deg.to_radians().sin_cos();
    let w_squared = 1.0 - ECCENTRICITY_SQUARED * sin * sin;
    let normal = SEMI_MAJOR_METRES / w_squared.sqrt();
    let meridian = normal * (1.0 - ECCENTRICITY_SQUARED) / w_squared;
    GeoPoint {
        lon_deg: point.lon_deg + (east_metres / (normal * cos)).to_degrees(),
        lat_deg: point.lat_deg + (north_metres / meridian).to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lon_deg: f64, lat_deg: f64) -> GeoPoint {
        GeoPoint { lon_deg, lat_deg }
    }

    #[track_caller]
    fn near(found: GeoPoint, lon_deg: f64, lat_deg: f64, metres: f64) {
        let off = found.distance_metres(&point(lon_deg, lat_deg));
        assert!(off <= metres, "{found:?} is {off} m from {lon_deg}, {lat_deg}");
    }

    #[test]
    fn gcj_meets_the_values_that_public_converters_publish() {
        // github wandergis/coordtransform and the crate coordtransform_rs: the same ellipsoid.
        near(
            from_cgcs2000(point(116.404, 39.915)),
            116.410_244_499_169_38,
            39.916_404_281_501_64,
            1e-6,
        );
        // github googollee/eviltransform takes 6 378 137 m for the axis: 1 cm is its difference.
        for (lon, lat, gcj_lon, gcj_lat) in [
            (121.527_210_6, 31.177_427_6, 121.531_541_859_215, 31.175_303_983_645_97),
            (113.912_316, 22.543_847, 113.917_176_480_836_3, 22.540_796_131_694_766),
            (116.377_817, 39.911_954, 116.384_047_224_556_57, 39.913_345_455_360_69),
        ] {
            near(from_cgcs2000(point(lon, lat)), gcj_lon, gcj_lat, 0.02);
            near(to_cgcs2000(point(gcj_lon, gcj_lat)), lon, lat, 0.02);
        }
    }

    #[test]
    fn bd_meets_the_values_that_public_converters_publish() {
        // The crate coordtransform-rs. Its inverse is the usual one without iteration.
        near(
            bd_from_gcj(point(116.404, 39.915)),
            116.410_369_493_710_29,
            39.921_336_993_510_21,
            1e-6,
        );
        near(
            gcj_from_bd(point(116.404, 39.915)),
            116.397_627_291_193_15,
            39.908_656_739_576_31,
            1.0,
        );
    }

    #[test]
    fn the_shift_at_shenzhen_is_six_hundred_metres_to_the_south_east() {
        let here = point(114.34, 22.69);
        let there = from_cgcs2000(here);
        assert!((550.0..650.0).contains(&here.distance_metres(&there)), "{there:?}");
        assert!(there.lon_deg > here.lon_deg && there.lat_deg < here.lat_deg);
    }

    #[test]
    fn what_is_no_number_ends() {
        assert!(gcj_from_bd(point(f64::NAN, 22.0)).lon_deg.is_nan());
    }
}
