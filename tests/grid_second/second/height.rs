//! Height layers by Briggs' method: the logarithm digit by digit from repeated square roots.
//!
//! A height is `t` degrees of growth: `1 + H/r0 = (1 + pi/180)^t`, and the finest layers are
//! 1/7372800 of a degree. With the table `(1 + pi/180)^(2^j)`, j = 7 .. -60, the binary digits of
//! `t` fall out by division. All numbers are fixed point with 120 binary places.

use std::ops::Range;

use super::coordinate::DEGREE;

const PLACES: u32 = 120;
const ONE: u128 = 1 << PLACES;
/// Binary digits of `t` after the point.
const FINE: u32 = 60;
const RADIUS_METRES: i64 = 6_378_137;
/// Degrees of growth on each side of the ellipsoid.
const SIDE: i64 = 256;
/// Finest layers on each side.
pub const GRID: i64 = SIDE * DEGREE as i64;

/// High part of a product of two fixed-point numbers.
fn times(a: u128, b: u128) -> u128 {
    let low = |x: u128| x & u128::from(u64::MAX);
    let (a1, a0, b1, b0) = (a >> 64, low(a), b >> 64, low(b));
    let middle = a1 * b0 + ((a0 * b0) >> 64);
    let crossed = low(middle) + a0 * b1;
    let high = a1 * b1 + (middle >> 64) + (crossed >> 64);
    let rest = (low(crossed) << 64) | low(a0 * b0);
    high << (128 - PLACES) | rest >> PLACES
}

/// `numerator / denominator` by long division; the quotient must be below 256.
fn ratio(numerator: u128, denominator: u128) -> u128 {
    let mut quotient = numerator / denominator;
    let mut rest = numerator % denominator;
    for _ in 0..PLACES {
        rest <<= 1;
        quotient = quotient << 1 | u128::from(rest >= denominator);
        if rest >= denominator {
            rest -= denominator;
        }
    }
    quotient
}

/// Square root of a number from 1 to 4, bit by bit.
fn root(square: u128) -> u128 {
    let mut found = 0;
    for place in (0..=PLACES).rev() {
        let tried = found | 1 << place;
        if times(tried, tried) <= square {
            found = tried;
        }
    }
    found
}

/// The table of powers, and the reciprocal of each.
pub struct Briggs(Vec<(u128, u128)>);

impl Default for Briggs {
    fn default() -> Self {
        // pi / 180, thirty-eight decimal places.
        let degree = ratio(1_745_329_251_994_329_576_923_690_768_488_612_713, 10_u128.pow(38));
        let base = ONE + degree;
        let mut powers = vec![base];
        for _ in 0..FINE {
            powers.push(root(powers[powers.len() - 1]));
        }
        powers.reverse();
        // 2^0 is there; 2^1 to 2^7 by squaring.
        for _ in 0..7 {
            let last = powers[powers.len() - 1];
            powers.push(times(last, last));
        }
        powers.reverse();
        Self(powers.into_iter().map(|power| (power, reciprocal(power))).collect())
    }
}

/// `1 / x` for x >= 1: divided as halves that fit, then refined once.
fn reciprocal(x: u128) -> u128 {
    let first = ratio(1 << 63, x >> (PLACES - 63));
    // first * (2 - x * first)
    times(first, 2 * ONE - times(x, first))
}

/// Where a height lies among the finest layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub layer: i64,
    /// So near to this other one that the rounding of a binary number may choose either.
    pub or: Option<i64>,
}

impl Briggs {
    /// The finest layer of a height, if the grid reaches there.
    pub fn layer(&self, height_metres: f64) -> Option<Found> {
        if !(-6.4e6..5.3e8).contains(&height_metres) {
            return None;
        }
        let growth = self.growth(height_metres)?;
        let finest = growth * DEGREE as u128;
        let (whole, rest) = (finest >> FINE, finest & ((1 << FINE) - 1));
        let thick_metres = 0.0149 * (1.0 + height_metres / RADIUS_METRES as f64);
        let doubt = 1e-6 + 1e-15 * height_metres.abs() / thick_metres;
        let doubt = (doubt * 2_f64.powi(FINE as i32)) as u128;
        let below = height_metres < 0.0;
        let layer = i64::try_from(whole).ok()? - if below { GRID } else { 0 };
        let mut or = None;
        if rest < doubt {
            or = Some(layer - 1);
        } else if (1 << FINE) - rest < doubt {
            or = Some(layer + 1);
        }
        // The ellipsoid itself is no matter of rounding.
        let found = match (below, layer, or) {
            (false, 0, Some(-1)) => Found { layer, or: None },
            (true, -1, Some(0)) => Found { layer, or: None },
            (true, 0, _) => Found { layer: -1, or: None },
            _ => Found { layer, or },
        };
        (-GRID..GRID).contains(&found.layer).then_some(found)
    }

    /// Degrees of growth above the ellipsoid, or above 256 degrees below it; 60 binary places.
    fn growth(&self, height_metres: f64) -> Option<u128> {
        // Metres as a whole number of 2^-64; what is finer is far below every doubt.
        let scaled = (height_metres.abs() * 2_f64.powi(64)) as u128;
        let radius = (RADIUS_METRES as u128) << 64;
        let (total, below) = if height_metres < 0.0 {
            (radius.checked_sub(scaled)?, true)
        } else {
            (radius + scaled, false)
        };
        // r0 * 2^64 has 87 bits, the sum at most 94: the long division has room.
        let mut left = ratio(total, radius);
        // (1 + pi/180)^256 as the square of the largest power in the table.
        let side = times(self.0[0].0, self.0[0].0);
        if below {
            left = times(left, side);
        }
        // Beyond an end by less than the number can tell counts as the end.
        let slack = |end: u128| end >> 43;
        if below && left < ONE {
            left += (left >= ONE - slack(ONE)).then_some(ONE - left)?;
        } else if !below && left >= side {
            left -= (left <= side + slack(side)).then_some(left - side + 1)?;
        }
        let mut digits = 0;
        for (power, inverse) in &self.0 {
            digits <<= 1;
            if left >= *power {
                digits |= 1;
                left = times(left, *inverse);
            }
        }
        Some(digits)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Radix15,
    Linear32,
    Geosot64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Mirror,
    FloorAbs,
    Twos,
}

pub const PACKINGS: [Packing; 3] = [Packing::Radix15, Packing::Linear32, Packing::Geosot64];
pub const SIGNS: [Sign; 3] = [Sign::Mirror, Sign::FloorAbs, Sign::Twos];

/// Length of a height code of each level.
pub const LENGTHS: [usize; 10] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
/// Thickness of the layers of each level, in finest layers.
const THICK: [i64; 10] = [29_491_200, 3_686_400, 1_843_200, 122_880, 8_192, 4_096, 512, 64, 8, 1];

/// The twelve characters of a finest layer. None where the convention has no digits for it.
pub fn write(layer: i64, packing: Packing, sign: Sign) -> Option<String> {
    let above = layer >= 0;
    let side = side(packing);
    let magnitude = match sign {
        _ if above => layer,
        Sign::Mirror => -1 - layer,
        Sign::FloorAbs => -layer,
        Sign::Twos => side + layer,
    };
    // The very lowest layer has no magnitude below 256 degrees under this convention.
    if sign == Sign::FloorAbs && magnitude == GRID {
        return None;
    }
    let first = if above { "0" } else { "1" };
    Some(format!("{first}{}", digits(magnitude, packing)))
}

/// Magnitudes that a packing has room for.
fn side(packing: Packing) -> i64 {
    match packing {
        Packing::Linear32 => 1 << 31,
        Packing::Radix15 | Packing::Geosot64 => GRID,
    }
}

fn digits(magnitude: i64, packing: Packing) -> String {
    match packing {
        Packing::Radix15 => by_thickness(magnitude),
        Packing::Linear32 => by_bits(&format!("{magnitude:031b}")),
        Packing::Geosot64 => by_bits(&sexagesimal(magnitude)),
    }
}

/// Takes layers away, the thickest first, and counts.
fn by_thickness(magnitude: i64) -> String {
    let mut left = magnitude;
    let mut text = String::new();
    for (level, thick) in THICK.iter().enumerate() {
        let mut count = 0_u32;
        while left >= *thick {
            left -= thick;
            count += 1;
        }
        if level == 0 {
            text.push_str(&format!("{count:02}"));
        } else {
            text.push_str(&format!("{count:X}"));
        }
    }
    text
}

/// Cuts 31 bits into 6 1 3 | 4 4 1 | 3 3 3 3 in the order of the standard's annex.
fn by_bits(bits: &str) -> String {
    let mut text = String::new();
    let mut rest = bits;
    for (at, width) in [6, 3, 1, 4, 4, 1, 3, 3, 3, 3].into_iter().enumerate() {
        let (taken, left) = rest.split_at(width);
        rest = left;
        let value = taken.chars().fold(0, |sum, bit| 2 * sum + u32::from(bit == '1'));
        if at == 0 {
            text.push_str(&format!("{value:02}"));
        } else {
            text.push_str(&format!("{value:X}"));
        }
    }
    text
}

/// Degrees, minutes, seconds and 1/2048 of a second as 8, 6, 6 and 11 bits.
pub fn sexagesimal(layers: i64) -> String {
    let seconds = layers / 2048;
    let (minutes, degrees) = (seconds / 60, seconds / 3600);
    format!("{:08b}{:06b}{:06b}{:011b}", degrees, minutes % 60, seconds % 60, layers % 2048)
}

/// The finest layers whose code begins with a text: found by bisection, as the digits of every
/// packing grow with the magnitude. None where no layer has such a code.
pub fn read(text: &str, packing: Packing, sign: Sign) -> Option<Range<i64>> {
    if !LENGTHS.contains(&text.len()) || !text.is_ascii() {
        return None;
    }
    let above = match &text[..1] {
        "0" => true,
        "1" => false,
        _ => return None,
    };
    let side = side(packing);
    let first_at_least = |wanted: &dyn Fn(&str) -> bool| {
        let (mut low, mut high) = (0, side);
        while low < high {
            let middle = i64::midpoint(low, high);
            if wanted(&digits(middle, packing)) { high = middle } else { low = middle + 1 }
        }
        low
    };
    let body = &text[1..];
    let from = first_at_least(&|digits| &digits[..body.len()] >= body);
    let upto = first_at_least(&|digits| &digits[..body.len()] > body);
    let layers = match sign {
        _ if above => from..upto,
        Sign::Mirror => -upto..-from,
        Sign::FloorAbs => 1 - upto..1 - from,
        Sign::Twos => from - side..upto - side,
    };
    let lowest = if sign == Sign::FloorAbs { 1 - GRID } else { -GRID };
    let (lowest, highest) = if above { (0, GRID) } else { (lowest, 0) };
    let layers = layers.start.max(lowest)..layers.end.min(highest);
    (!layers.is_empty()).then_some(layers)
}

#[test]
fn fixed_point_keeps_its_places() {
    assert_eq!(times(3 * ONE, ONE / 2), 3 * ONE / 2);
    assert_eq!(root(4 * ONE - 1) >> 60, (2 * ONE - 1) >> 60);
    assert_eq!(ratio(10, 4), 5 * ONE / 2);
    let third = ratio(1, 3);
    assert!(ONE / 3 - third <= 1);
    for x in [ONE, ONE + 1, ONE + ONE / 57, 83 * ONE + 12_345] {
        assert!(ONE - times(x, reciprocal(x)) < 1 << 8, "{x}");
    }
}

#[test]
fn the_ends_of_the_range_are_those_of_the_annex() {
    let briggs = Briggs::default();
    let layer = |metres| briggs.layer(metres).map(|found| found.layer);
    let side = GRID;
    assert_eq!(layer(-6_302_106.722_5), Some(-side));
    assert_eq!(layer(528_680_171.12), Some(side - 1));
    assert_eq!(layer(519_501_834.159), Some(255 * DEGREE as i64));
    assert_eq!(layer(519_501_834.1), Some(255 * DEGREE as i64 - 1));
    assert_eq!((layer(0.0), layer(-0.0), layer(-1e-300)), (Some(0), Some(0), Some(-1)));
    assert_eq!((layer(0.014), layer(0.0150), layer(-0.0149)), (Some(0), Some(1), Some(-1)));
}
