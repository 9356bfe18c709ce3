//! Height layers: the third dimension of the grid.
//!
//! In: geodetic (ellipsoidal) height in metres, up positive. Out: a layer with its lower
//! and upper face and its code digits.
//!
//! The finest layers are numbered from the ellipsoid upwards, and grow with height:
//! `n = floor(K ln(1 + H/r0) / ln(1 + pi/180))`. Below, `n` is negative. Two things of the
//! standard are read differently by different platforms, so both are chosen by a
//! [`HeightScheme`] that must be stored beside the code:
//!
//! ```text
//!   n --sign convention--> magnitude k --packing--> word --mixed radix--> ten digits
//!   n = -1:  mirror k = 0, floorabs k = 1, twos k = range - 1
//! ```
//!
//! All packings agree from 0 up to 1839.585 m; all conventions agree above ground.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::GridError;
use super::code::{HeightCode, InlineText};
use super::decode::digit_below;
use super::error::CodeFault;
use super::level::{EARTH_RADIUS_METRES, Level, UNITS_PER_DEG};

/// Finest layers above the ellipsoid, and as many below: 256 degrees.
pub(super) const LAYERS: i64 = 256 * UNITS_PER_DEG as i64;

/// How a layer number becomes digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HeightPacking {
    /// Degrees, minutes and seconds as in clause 6 of the standard: digits 0-E.
    #[default]
    Radix15,
    /// Annex C.14 to the letter: slices of a 32-bit number, digits 0-F.
    Linear32,
    /// Slices of the GeoSOT word: 60 of 64 minutes and seconds used.
    Geosot64,
}

/// How layers below the ellipsoid are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HeightSign {
    /// The first layer below mirrors the first above.
    #[default]
    Mirror,
    /// The magnitude of the layer number.
    FloorAbs,
    /// Complement to the whole range.
    Twos,
}

/// Packing and sign convention together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct HeightScheme {
    pub packing: HeightPacking,
    pub sign: HeightSign,
}

/// Word units of one layer, level 1 to 10.
const RADIX_UNITS: [u32; 10] =
    [29_491_200, 3_686_400, 1_843_200, 122_880, 8_192, 4_096, 512, 64, 8, 1];
const SLICE_UNITS: [u32; 10] =
    [1 << 25, 1 << 22, 1 << 21, 1 << 17, 1 << 13, 1 << 12, 1 << 9, 1 << 6, 1 << 3, 1];

impl HeightPacking {
    fn units(self) -> &'static [u32; 10] {
        match self {
            Self::Radix15 => &RADIX_UNITS,
            Self::Linear32 | Self::Geosot64 => &SLICE_UNITS,
        }
    }

    fn word_of(self, magnitude: u32) -> u32 {
        match self {
            Self::Radix15 | Self::Linear32 => magnitude,
            Self::Geosot64 => sexagesimal_word(magnitude),
        }
    }

    /// How many magnitudes have a word below `word`.
    fn magnitudes_below(self, word: u32) -> u32 {
        match self {
            Self::Radix15 | Self::Linear32 => word,
            Self::Geosot64 => sexagesimal_rank(word),
        }
    }
}

/// Units of 1/2048" as degrees, minutes, seconds and parts in 8, 6, 6 and 11 bits.
pub(super) fn sexagesimal_word(units: u32) -> u32 {
    let (seconds, parts) = (units / 2048, units % 2048);
    let (minutes, degrees) = (seconds / 60, seconds / 3600);
    degrees << 23 | (minutes % 60) << 17 | (seconds % 60) << 11 | parts
}

/// How many numbers of units have a word below `word`; words with 60 or more minutes or
/// seconds stand for none.
fn sexagesimal_rank(word: u32) -> u32 {
    let (degrees, minutes, seconds) = (word >> 23, word >> 17 & 63, word >> 11 & 63);
    let minutes_rank = if minutes >= 60 {
        60 * 60 * 2048
    } else if seconds >= 60 {
        (minutes + 1) * 60 * 2048
    } else {
        (minutes * 60 + seconds) * 2048 + (word & 2047)
    };
    degrees * UNITS_PER_DEG + minutes_rank
}

/// Lower face of finest layer `n`, metres above the ellipsoid.
pub fn layer_floor_metres(n: i64) -> f64 {
    EARTH_RADIUS_METRES * (n as f64 * log_growth() / f64::from(UNITS_PER_DEG)).exp_m1()
}

/// Finest layer that holds a height.
pub fn layer_number(height_metres: f64) -> Result<i64, GridError> {
    let refused = || GridError::Height(height_metres);
    if !height_metres.is_finite() || height_metres <= -EARTH_RADIUS_METRES {
        return Err(refused());
    }
    let estimate =
        f64::from(UNITS_PER_DEG) * (height_metres / EARTH_RADIUS_METRES).ln_1p() / log_growth();
    if estimate.abs() > LAYERS as f64 + 2.0 {
        return Err(refused());
    }
    // Rounding may land one layer off; the faces decide.
    let mut n = estimate.floor() as i64;
    if height_metres < layer_floor_metres(n) {
        n -= 1;
    } else if height_metres >= layer_floor_metres(n + 1) {
        n += 1;
    }
    if (-LAYERS..LAYERS).contains(&n) { Ok(n) } else { Err(refused()) }
}

/// ln(1 + theta0), theta0 one degree in radians.
fn log_growth() -> f64 {
    1.0_f64.to_radians().ln_1p()
}

impl HeightScheme {
    /// What is added to a layer number below the ellipsoid in two's complement.
    fn modulus(self) -> i64 {
        if self.packing == HeightPacking::Linear32 { 1 << 31 } else { LAYERS }
    }

    fn magnitude(self, n: i64) -> i64 {
        match (n < 0, self.sign) {
            (false, _) => n,
            (true, HeightSign::Mirror) => -n - 1,
            (true, HeightSign::FloorAbs) => -n,
            (true, HeightSign::Twos) => n + self.modulus(),
        }
    }

    /// Magnitudes that stand for a layer above or below.
    fn magnitudes(self, below: bool) -> Range<i64> {
        match (below, self.sign) {
            (false, _) | (true, HeightSign::Mirror) => 0..LAYERS,
            (true, HeightSign::FloorAbs) => 1..LAYERS,
            (true, HeightSign::Twos) => self.modulus() - LAYERS..self.modulus(),
        }
    }
}

/// A layer of one level: a range of finest layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeightLayer {
    level: Level,
    scheme: HeightScheme,
    below: bool,
    /// Word of the layer's first magnitude, a multiple of the level's word units.
    word: u32,
}

impl HeightLayer {
    /// The layer of `level` that holds a geodetic height.
    pub fn from_height(
        height_metres: f64,
        level: Level,
        scheme: HeightScheme,
    ) -> Result<Self, GridError> {
        let n = layer_number(height_metres)?;
        let magnitude = scheme.magnitude(n);
        if !scheme.magnitudes(n < 0).contains(&magnitude) {
            return Err(GridError::Height(height_metres));
        }
        let word = scheme.packing.word_of(magnitude as u32);
        let units = scheme.packing.units()[level.index()];
        Ok(Self { level, scheme, below: n < 0, word: word - word % units })
    }

    pub fn level(self) -> Level {
        self.level
    }

    pub fn scheme(self) -> HeightScheme {
        self.scheme
    }

    /// Whether the layer lies below the ellipsoid.
    pub fn is_below(self) -> bool {
        self.below
    }

    /// The finest layers in this one, by number.
    pub fn layer_numbers(self) -> Range<i64> {
        let packing = self.scheme.packing;
        let end_word = self.word + packing.units()[self.level.index()];
        let allowed = self.scheme.magnitudes(self.below);
        let start = i64::from(packing.magnitudes_below(self.word)).max(allowed.start);
        let end = i64::from(packing.magnitudes_below(end_word)).min(allowed.end);
        match (self.below, self.scheme.sign) {
            (false, _) => start..end,
            (true, HeightSign::Mirror) => -end..-start,
            (true, HeightSign::FloorAbs) => 1 - end..1 - start,
            (true, HeightSign::Twos) => start - self.scheme.modulus()..end - self.scheme.modulus(),
        }
    }

    /// Lower face, metres above the ellipsoid.
    pub fn lower_metres(self) -> f64 {
        layer_floor_metres(self.layer_numbers().start)
    }

    /// Upper face, which is the lower face of the next layer.
    pub fn upper_metres(self) -> f64 {
        layer_floor_metres(self.layer_numbers().end)
    }

    /// The next coarser layer around this one; none above level 1.
    pub fn parent(self) -> Option<Self> {
        let level = self.level.coarser()?;
        let units = self.scheme.packing.units()[level.index()];
        Some(Self { level, word: self.word - self.word % units, ..self })
    }

    pub(super) fn sign_char(self) -> u8 {
        if self.below { b'1' } else { b'0' }
    }

    /// Digit of each level from 1 to the layer's own; level 1's is 0 to 63.
    pub(super) fn digits(self) -> impl Iterator<Item = u32> {
        let mut rest = self.word;
        self.scheme.packing.units()[..=self.level.index()].iter().map(move |units| {
            let digit = rest / units;
            rest %= units;
            digit
        })
    }

    /// The height part of a 3D code.
    pub fn code(self) -> HeightCode {
        let mut text = InlineText::EMPTY;
        text.push(self.sign_char());
        for (level, digit) in Level::ALL.into_iter().zip(self.digits()) {
            push_height_digit(&mut text, level, digit);
        }
        HeightCode(text)
    }

    /// Reads a height part, strictly.
    pub fn parse(text: &str, scheme: HeightScheme) -> Result<Self, GridError> {
        parse(text.as_bytes(), scheme).map_err(|fault| GridError::code(text, fault))
    }
}

pub(super) fn push_height_digit<const N: usize>(
    text: &mut InlineText<N>,
    level: Level,
    digit: u32,
) {
    if level == Level::One {
        text.push_digit(digit / 10);
        text.push_digit(digit % 10);
    } else {
        text.push_digit(digit);
    }
}

pub(super) fn parse(bytes: &[u8], scheme: HeightScheme) -> Result<HeightLayer, CodeFault> {
    let level = bytes
        .len()
        .checked_sub(3)
        .and_then(|index| Level::ALL.get(index).copied())
        .ok_or(CodeFault::LengthHeight(bytes.len()))?;
    let below = match bytes[0] {
        b'0' => false,
        b'1' => true,
        _ => return Err(CodeFault::HeightSign),
    };
    let units = scheme.packing.units();
    let top = digit_below(bytes[1], 7, 2)? * 10 + digit_below(bytes[2], 10, 3)?;
    if top > 63 {
        return Err(CodeFault::HeightRange);
    }
    let mut word = top * units[0];
    for (index, &byte) in bytes.iter().enumerate().skip(3) {
        let (above, own) = (units[index - 3], units[index - 2]);
        word += digit_below(byte, above / own, index as u8 + 1)? * own;
    }
    let layer = HeightLayer { level, scheme, below, word };
    if layer.layer_numbers().is_empty() { Err(CodeFault::HeightRange) } else { Ok(layer) }
}

macro_rules! named {
    ($type:ty, $what:literal, $allowed:literal, $($variant:path => $name:literal),+) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $($variant => $name),+ })
            }
        }

        impl FromStr for $type {
            type Err = GridError;

            fn from_str(text: &str) -> Result<Self, GridError> {
                match text {
                    $($name => Ok($variant),)+
                    _ => Err(GridError::Name {
                        what: $what,
                        value: text.chars().take(32).collect(),
                        allowed: $allowed,
                    }),
                }
            }
        }
    };
}

named!(HeightPacking, "height packing", "radix15, linear32, geosot64",
    HeightPacking::Radix15 => "radix15",
    HeightPacking::Linear32 => "linear32",
    HeightPacking::Geosot64 => "geosot64");
named!(HeightSign, "height sign convention", "mirror, floorabs, twos",
    HeightSign::Mirror => "mirror",
    HeightSign::FloorAbs => "floorabs",
    HeightSign::Twos => "twos");

#[cfg(test)]
#[path = "height_tests.rs"]
mod tests;
