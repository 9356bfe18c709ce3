//! Was a map's shifted coordinate taken for a true one? A camera and the control points that it sees
//! lie within a street's width of each other; where they lie apart by just the local map shift, in
//! its direction or against it, one of the two was copied from a public map.
//!
//! ```text
//!   camera pasted from a map:   camera = true place + shift   ->  camera - points ~  shift
//!   points pasted from a map:   points = true place + shift   ->  camera - points ~ -shift
//! ```

use super::{Datum, inside_china_box};
use crate::domain::geo::{EastNorth, GeoPoint, LocalFrame};
use std::fmt;

/// A camera's true distance from the middle of its points may blur the comparison by this much.
const BLUR_METRES: f64 = 150.0;
/// And by no more than this part of the shift, so that a near camera is never suspected.
const BLUR_SHARE: f64 = 0.4;
/// A smaller shift cannot be told from an ordinary distance of a camera from its points.
const SHIFT_METRES_MIN: f64 = 250.0;

/// Which of the two carries the map's coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistaken {
    Camera,
    Points,
}

/// A suspicion, with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The map system whose shift fits.
    pub datum: Datum,
    pub mistaken: Mistaken,
    /// From the middle of the points to the camera.
    pub apart_metres: f64,
    /// Length of the map's shift here.
    pub shift_metres: f64,
    /// What is left between the two.
    pub unexplained_metres: f64,
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { datum, apart_metres, shift_metres, unexplained_metres, .. } = self;
        let which = match self.mistaken {
            Mistaken::Camera => "the camera's position was",
            Mistaken::Points => "the control points were",
        };
        write!(
            f,
            "the camera is stated {apart_metres:.0} m from its control points, which is the {datum} map \
             shift here ({shift_metres:.0} m) to within {unexplained_metres:.0} m: probably {which} copied \
             from a {datum} map and must be converted to CGCS2000"
        )
    }
}

/// The map shift that explains why a camera is stated so far from its control points; `None` where
/// they lie as near as they should, where something else is wrong, and outside China.
pub fn gcj_shift_suspected(camera: GeoPoint, points: &[GeoPoint]) -> Option<Shift> {
    if points.is_empty() {
        return None;
    }
    let mean =
        |value: fn(&GeoPoint) -> f64| points.iter().map(value).sum::<f64>() / points.len() as f64;
    let centre = GeoPoint { lon_deg: mean(|p| p.lon_deg), lat_deg: mean(|p| p.lat_deg) };
    if !inside_china_box(centre) {
        return None;
    }
    let frame = LocalFrame::about(centre);
    let apart = frame.local_from_geo(camera);
    let candidates = [Datum::Gcj02, Datum::Bd09].into_iter().flat_map(|datum| {
        // A point's true place is `to_cgcs2000` of what was pasted; the shift varies by centimetres
        // over such distances, so it may be taken at the centre in both cases.
        let shift = frame.local_from_geo(datum.from_cgcs2000(centre));
        let against =
            EastNorth { east_metres: -shift.east_metres, north_metres: -shift.north_metres };
        [(datum, Mistaken::Camera, shift), (datum, Mistaken::Points, against)]
    });
    candidates
        .map(|(datum, mistaken, shift)| Shift {
            datum,
            mistaken,
            apart_metres: apart.east_metres.hypot(apart.north_metres),
            shift_metres: shift.east_metres.hypot(shift.north_metres),
            unexplained_metres: apart.distance_metres(&shift),
        })
        .filter(|found| {
            found.shift_metres >= SHIFT_METRES_MIN
                && found.unexplained_metres <= (BLUR_SHARE * found.shift_metres).min(BLUR_METRES)
        })
        .min_by(|a, b| a.unexplained_metres.total_cmp(&b.unexplained_metres))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CITIES: [(f64, f64); 5] =
        [(114.34, 22.69), (116.4, 39.9), (121.5, 31.2), (104.07, 30.67), (87.6, 43.8)];

    fn street(centre: GeoPoint) -> Vec<GeoPoint> {
        let frame = LocalFrame::about(centre);
        [(-12.0, 20.0), (9.0, 25.0), (14.0, 48.0), (-11.0, 55.0)]
            .map(|(east_metres, north_metres)| {
                frame.geo_from_local(EastNorth { east_metres, north_metres })
            })
            .to_vec()
    }

    #[test]
    fn a_pasted_camera_and_pasted_points_are_told_apart() {
        for (lon_deg, lat_deg) in CITIES {
            let camera = GeoPoint { lon_deg, lat_deg };
            let points = street(camera);
            assert_eq!(gcj_shift_suspected(camera, &points), None);
            for datum in [Datum::Gcj02, Datum::Bd09] {
                let pasted = gcj_shift_suspected(datum.from_cgcs2000(camera), &points).unwrap();
                assert_eq!((pasted.datum, pasted.mistaken), (datum, Mistaken::Camera));
                let moved: Vec<_> = points.iter().map(|p| datum.from_cgcs2000(*p)).collect();
                let pasted = gcj_shift_suspected(camera, &moved).unwrap();
                assert_eq!((pasted.datum, pasted.mistaken), (datum, Mistaken::Points));
                assert!(pasted.to_string().contains(datum.name()), "{pasted}");
                // Both from the same map: nothing to see from here.
                assert_eq!(gcj_shift_suspected(datum.from_cgcs2000(camera), &moved), None);
            }
        }
    }

    #[test]
    fn another_mistake_of_the_same_length_is_not_the_shift() {
        let centre = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };
        let frame = LocalFrame::about(centre);
        let shift = frame.local_from_geo(Datum::Gcj02.from_cgcs2000(centre));
        // The same length at a right angle.
        let aside = EastNorth { east_metres: -shift.north_metres, north_metres: shift.east_metres };
        assert_eq!(gcj_shift_suspected(frame.geo_from_local(aside), &[centre]), None);
        assert_eq!(gcj_shift_suspected(centre, &[]), None);
        let paris = GeoPoint { lon_deg: 2.35, lat_deg: 48.85 };
        let off = GeoPoint { lon_deg: 2.356, lat_deg: 48.847 };
        assert_eq!(gcj_shift_suspected(off, &[paris]), None);
    }

    proptest! {
        #[test]
        fn a_camera_in_reach_of_its_points_is_never_suspected(
            lon in 73.0f64..135.0, lat in 3.0f64..54.0,
            bearing in 0.0f64..std::f64::consts::TAU, distance in 0.0f64..150.0,
        ) {
            let centre = GeoPoint { lon_deg: lon, lat_deg: lat };
            let camera = LocalFrame::about(centre).geo_from_local(EastNorth {
                east_metres: distance * bearing.sin(),
                north_metres: distance * bearing.cos(),
            });
            prop_assert_eq!(gcj_shift_suspected(camera, &[centre]), None);
        }

        #[test]
        fn a_pasted_camera_within_a_hundred_metres_is_always_found(
            lon in 113.7f64..114.7, lat in 22.4f64..22.9,
            bearing in 0.0f64..std::f64::consts::TAU, distance in 0.0f64..100.0,
        ) {
            let centre = GeoPoint { lon_deg: lon, lat_deg: lat };
            let camera = LocalFrame::about(centre).geo_from_local(EastNorth {
                east_metres: distance * bearing.sin(),
                north_metres: distance * bearing.cos(),
            });
            let found = gcj_shift_suspected(Datum::Gcj02.from_cgcs2000(camera), &[centre]).unwrap();
            prop_assert_eq!((found.datum, found.mistaken), (Datum::Gcj02, Mistaken::Camera));
        }
    }
}
