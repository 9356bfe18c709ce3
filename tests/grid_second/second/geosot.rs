//! GeoSOT codes as strings of bits.

use super::{coordinate::Coordinate, height::sexagesimal};

/// Sign, degrees, minutes, seconds and 1/2048 of a second: 32 bits as text.
fn word(negative: bool, units: i128) -> Option<String> {
    let sign = if negative { '1' } else { '0' };
    Some(format!("{sign}{}", sexagesimal(i64::try_from(units).ok()?)))
}

fn whole(coordinate: &Coordinate) -> i128 {
    coordinate.units / coordinate.parts
}

/// `G` and a digit a level, or with a finest height layer `GZ` and a digit a level.
pub fn encode(
    lon: &Coordinate,
    lat: &Coordinate,
    layer: Option<i64>,
    level: usize,
) -> Option<String> {
    let mut words = vec![word(lat.negative, whole(lat))?, word(lon.negative, whole(lon))?];
    if let Some(layer) = layer {
        let below = layer < 0;
        words.push(word(below, i128::from(if below { -1 - layer } else { layer }))?);
    }
    let mut text = String::from(if layer.is_some() { "GZ" } else { "G" });
    for bit in 0..level {
        let digit = words.iter().fold(0, |sum, word| 2 * sum + u32::from(&word[bit..=bit] == "1"));
        text.push_str(&digit.to_string());
    }
    Some(text)
}
