//! How layer numbers become digits: the packing and the sign convention.
//!
//! Two things of the standard are read differently by different platforms, so both are
//! chosen by a [`HeightScheme`] that must be stored beside the code:
//!
//! ```text
//!   n --sign convention--> magnitude k --packing--> word --mixed radix--> ten digits
//!   n = -1:  mirror k = 0, floorabs k = 1, twos k = range - 1
//! ```
//!
//! All packings agree from 0 up to 1839.585 m; all conventions agree above ground.

use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use super::GridError;
use super::height::LAYERS;
use super::level::UNITS_PER_DEG;

/// How a layer number becomes digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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
    #[inline]
    pub(super) fn units(self) -> &'static [u32; 10] {
        match self {
            Self::Radix15 => &RADIX_UNITS,
            Self::Linear32 | Self::Geosot64 => &SLICE_UNITS,
        }
    }

    /// The digit of each level.
    #[inline]
    pub(super) fn digits(self, word: u32) -> [u32; 10] {
        match self {
            Self::Radix15 => digits_of(word, &RADIX_UNITS),
            Self::Linear32 | Self::Geosot64 => digits_of(word, &SLICE_UNITS),
        }
    }

    #[inline]
    pub(super) fn word_of(self, magnitude: u32) -> u32 {
        match self {
            Self::Radix15 | Self::Linear32 => magnitude,
            Self::Geosot64 => sexagesimal_word(magnitude),
        }
    }

    /// How many magnitudes have a word below `word`.
    pub(super) fn magnitudes_below(self, word: u32) -> u32 {
        match self {
            Self::Radix15 | Self::Linear32 => word,
            Self::Geosot64 => sexagesimal_rank(word),
        }
    }
}

/// Each quotient is taken from the whole, so that no division waits for another.
#[inline(always)]
fn digits_of(word: u32, units: &[u32; 10]) -> [u32; 10] {
    let mut digits = [0; 10];
    let (mut count, mut above) = (0, 1);
    for (digit, &own) in digits.iter_mut().zip(units) {
        let finer = word / own;
        *digit = finer - count * (above / own);
        (count, above) = (finer, own);
    }
    digits
}

/// Units of 1/2048" as degrees, minutes, seconds and parts in 8, 6, 6 and 11 bits.
pub(super) fn sexagesimal_word(units: u32) -> u32 {
    let (seconds, parts) = (units / 2048, units % 2048);
    let (minutes, degrees) = (seconds / 60, seconds / 3600);
    degrees << 23 | (minutes % 60) << 17 | (seconds % 60) << 11 | parts
}

/// How many numbers of units have a word below `word`; words with 60 or more minutes or
/// seconds stand for none.
pub(super) fn sexagesimal_rank(word: u32) -> u32 {
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

impl HeightScheme {
    /// What is added to a layer number below the ellipsoid in two's complement.
    fn modulus(self) -> i64 {
        if self.packing == HeightPacking::Linear32 { 1 << 31 } else { LAYERS }
    }

    /// The magnitude of a finest layer; none if the convention cannot write it.
    #[inline]
    pub(super) fn magnitude(self, n: i64) -> Option<u32> {
        let magnitude = match (n < 0, self.sign) {
            (false, _) => n,
            (true, HeightSign::Mirror) => !n,
            (true, HeightSign::FloorAbs) => -n,
            (true, HeightSign::Twos) => n + self.modulus(),
        };
        self.magnitudes(n < 0).contains(&magnitude).then_some(magnitude as u32)
    }

    /// Magnitudes that stand for a layer above or below.
    fn magnitudes(self, below: bool) -> Range<i64> {
        match (below, self.sign) {
            (false, _) | (true, HeightSign::Mirror) => 0..LAYERS,
            (true, HeightSign::FloorAbs) => 1..LAYERS,
            (true, HeightSign::Twos) => self.modulus() - LAYERS..self.modulus(),
        }
    }

    /// The finest layers, by number, whose words lie in `words`.
    pub(super) fn numbers(self, below: bool, words: Range<u32>) -> Range<i64> {
        let allowed = self.magnitudes(below);
        let rank = |word| i64::from(self.packing.magnitudes_below(word));
        let start = rank(words.start).max(allowed.start);
        let end = rank(words.end).min(allowed.end);
        match (below, self.sign) {
            (false, _) => start..end,
            (true, HeightSign::Mirror) => -end..-start,
            (true, HeightSign::FloorAbs) => 1 - end..1 - start,
            (true, HeightSign::Twos) => start - self.modulus()..end - self.modulus(),
        }
    }
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
