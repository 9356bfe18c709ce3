//! Heights in metres and the finest layers, counted from the ellipsoid upwards.
//!
//! In: geodetic (ellipsoidal) height in metres, up positive. Out: a layer number, and back
//! the lower face of a layer. Layers grow with height, by one part in 60 a degree:
//! `n = floor(K ln(1 + H/r0) / ln(1 + pi/180))`; below the ellipsoid `n` is negative.
//! 256 degrees of layers lie above and as many below; other heights are refused.

use super::GridError;
use super::level::{EARTH_RADIUS_METRES, UNITS_PER_DEG};

/// Finest layers above the ellipsoid, and as many below: 256 degrees.
pub(super) const LAYERS: i64 = 256 * UNITS_PER_DEG as i64;

/// ln(1 + theta0), theta0 one degree in radians.
const LOG_GROWTH: f64 = 0.017_302_733_123_681_042;
const LAYERS_PER_LOG: f64 = UNITS_PER_DEG as f64 / LOG_GROWTH;

/// An estimated layer number this far from a face needs no second look; its rounding is a
/// thousand times smaller.
const FACE_MARGIN: f64 = 1e-3;

/// Up to this part of the Earth's radius (6.2 km) four terms of the logarithm's series leave
/// out less than a ten-millionth of a layer.
const SERIES_MAX: f64 = 1.0 / 1024.0;

/// Lower face of finest layer `n`, metres above the ellipsoid.
pub fn layer_floor_metres(n: i64) -> f64 {
    EARTH_RADIUS_METRES * libm::expm1(n as f64 * LOG_GROWTH / f64::from(UNITS_PER_DEG))
}

/// Finest layer that holds a height.
#[inline]
pub fn layer_number(height_metres: f64) -> Result<i64, GridError> {
    let refused = || GridError::Height(height_metres);
    if !height_metres.is_finite() || height_metres <= -EARTH_RADIUS_METRES {
        return Err(refused());
    }
    let part = height_metres / EARTH_RADIUS_METRES;
    let log = if part.abs() <= SERIES_MAX {
        part - part * part * (1.0 / 2.0 - part * (1.0 / 3.0 - part * (1.0 / 4.0)))
    } else {
        libm::log1p(part)
    };
    let estimate = LAYERS_PER_LOG * log;
    if estimate.abs() > LAYERS as f64 + 2.0 {
        return Err(refused());
    }
    let towards_zero = estimate as i64;
    let mut n = if (towards_zero as f64) > estimate { towards_zero - 1 } else { towards_zero };
    let within = estimate - n as f64;
    if within < FACE_MARGIN {
        n -= i64::from(height_metres < layer_floor_metres(n));
    } else if within > 1.0 - FACE_MARGIN {
        n += i64::from(height_metres >= layer_floor_metres(n + 1));
    }
    if (-LAYERS..LAYERS).contains(&n) { Ok(n) } else { Err(refused()) }
}

/// The finest layers that share height with `from..to` metres; where the two are equal,
/// the one that holds them.
pub(super) fn layer_numbers_between(
    from_metres: f64,
    to_metres: f64,
) -> Result<core::ops::Range<i64>, GridError> {
    let (first, last) = (layer_number(from_metres)?, layer_number(to_metres)?);
    if from_metres > to_metres {
        return Err(GridError::HeightSpan { from_metres, to_metres });
    }
    // A layer whose lower face is the upper end is only touched.
    let touched = last > first && layer_floor_metres(last) >= to_metres;
    Ok(first..if touched { last } else { last + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_one_degree() {
        assert_eq!(LOG_GROWTH, libm::log1p(1.0_f64.to_radians()));
    }

    #[test]
    fn the_series_is_as_good_as_the_logarithm() {
        for nth in -1000..=1000 {
            let part = f64::from(nth) / 1000.0 * SERIES_MAX;
            let n = LAYERS_PER_LOG * libm::log1p(part);
            let height = part * EARTH_RADIUS_METRES;
            if (n - libm::rint(n)).abs() > 1e-6 {
                assert_eq!(layer_number(height), Ok(libm::floor(n) as i64), "{height}");
            }
        }
    }

    #[test]
    fn spans_of_height_take_the_layers_that_they_share_height_with() {
        let face = layer_floor_metres;
        for (from, to, layers) in [
            (0.0, 0.0, 0..1),
            (0.0, face(1), 0..1),
            (face(-1), face(1), -1..1),
            (face(5), face(5), 5..6),
            ((face(5) + face(6)) / 2.0, (face(7) + face(8)) / 2.0, 5..8),
        ] {
            assert_eq!(layer_numbers_between(from, to), Ok(layers), "{from} to {to}");
        }
        assert!(matches!(layer_numbers_between(1.0, 0.0), Err(GridError::HeightSpan { .. })));
        assert!(matches!(layer_numbers_between(f64::NAN, 0.0), Err(GridError::Height(_))));
    }
}
