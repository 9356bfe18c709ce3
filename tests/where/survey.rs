//! What a surveyor would hand in for a camera of [`crate::lens`], with noise if wanted.

use crate::{
    chance::Chance,
    earth::{Metres, Place, STREET},
    lens::{Camera, HEIGHT, WIDTH},
};
use std::fmt::Write as _;

/// A row of the control point file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub pixel: [f64; 2],
    pub at: Place,
    pub plane: Option<&'static str>,
}

pub const PIXEL_NOISE_PX: f64 = 1.0;
pub const SURVEY_NOISE_METRES: f64 = 0.03;

/// A street camera as they hang: on a pole 5 to 8 m high, 15 to 40 degrees down, 50 to 90 across.
pub fn street_camera(chance: &mut Chance) -> Camera {
    let height = chance.between(5.0, 8.0);
    let across = chance.between(50.0, 90.0);
    let pitch = chance.between(15.0, 40.0);
    let bearing = chance.between(0.0, 360.0);
    let roll = chance.between(-2.0, 2.0);
    // Wide lenses bend more.
    let k1 = -0.25 * ((across - 40.0) / 50.0) * chance.between(0.3, 1.0);
    Camera::on_pole(height, across, pitch, bearing, roll, [k1, -k1 * chance.between(0.1, 0.4)])
}

/// True control points: `on_ground` of them on the road, the rest on poles and walls, spread over the
/// picture as far as 30 m.
pub fn control_points(
    camera: &Camera,
    on_ground: usize,
    raised: usize,
    chance: &mut Chance,
) -> Vec<Metres> {
    let mut points: Vec<Metres> = Vec::new();
    let reach = |v: f64| {
        let at = camera.ground([camera.centre[0], v], 0.0);
        at.map_or(30.0, |[east, north, _]| east.hypot(north).min(30.0))
    };
    let (nearest, farthest) = (reach(HEIGHT - 30.0), reach(30.0));
    let halfway = (nearest * farthest).sqrt();
    let spread = |count: usize, high: [f64; 2], points: &mut Vec<Metres>, chance: &mut Chance| {
        for index in 0..count {
            let strip = WIDTH / count as f64;
            // Near and far by turns, each in its own strip of the picture.
            for attempt in 0.. {
                assert!(attempt < 20_000, "no place for a control point: {camera:?}");
                let u = strip * (index as f64 + chance.between(0.05, 0.95));
                let v = chance.between(0.02, 0.98) * HEIGHT;
                let up = if high[1] > 0.0 { chance.between(high[0], high[1]) } else { 0.0 };
                let Some(at) = camera.ground([u, v], up) else { continue };
                let far = at[0].hypot(at[1]);
                let wanted = if index % 2 == 0 { 0.0..halfway } else { halfway..farthest };
                let apart = |other: &Metres| (other[0] - at[0]).hypot(other[1] - at[1]) > 1.0;
                if wanted.contains(&far)
                    && points.iter().all(apart)
                    && camera.seen(at, 5.0).is_some()
                {
                    points.push(at);
                    break;
                }
            }
        }
    };
    spread(on_ground, [0.0, 0.0], &mut points, chance);
    spread(raised, [1.5, 4.0], &mut points, chance);
    points
}

/// Rows as measured: pixels and places with noise of these standard deviations.
pub fn measured(
    camera: &Camera,
    points: &[Metres],
    pixel_px: f64,
    metres: f64,
    chance: &mut Chance,
) -> Vec<Row> {
    let rows = points.iter().map(|at| {
        let [u, v] = camera.pixel(*at).expect("control points are in view");
        let off = at.map(|axis| axis + chance.normal(metres));
        let pixel = [u + chance.normal(pixel_px), v + chance.normal(pixel_px)];
        Row { pixel, at: STREET.at(off), plane: None }
    });
    rows.collect()
}

/// The file, as exact as a good survey's: a hundredth of a pixel, 0.1 mm.
pub fn csv(rows: &[Row]) -> String {
    let planes = rows.iter().any(|row| row.plane.is_some());
    let mut text = format!("u,v,lon,lat,height_metres{}\n", if planes { ",plane" } else { "" });
    for Row { pixel: [u, v], at: Place { lon, lat, height }, plane } in rows {
        let _ = write!(text, "{u:.2},{v:.2},{lon:.9},{lat:.9},{height:.4}");
        let _ = match (planes, plane) {
            (true, name) => writeln!(text, ",{}", name.unwrap_or_default()),
            (false, _) => writeln!(text),
        };
    }
    text
}
