//! Code texts of a fixed size: made without allocation, copied like numbers.
//!
//! Invariant: the first `len` bytes are ASCII and name a cell or layer, because only the
//! encoders build these types. 2D and 3D codes are different types since some lengths
//! (7, 12, 18, 20) occur in both and the text alone does not tell them apart.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::{GridCell, GridError};

/// ASCII text of at most `N` bytes held in place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct InlineText<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

/// Eight digits, one a byte.
#[inline]
pub(super) fn packed(digits: [u32; 8]) -> u64 {
    digits.iter().rev().fold(0, |word, &digit| word << 8 | u64::from(digit))
}

/// Eight packed digits as eight characters: 0-9, then A for 10 and so on to V for 31.
#[inline]
pub(super) fn glyphs(packed: u64) -> u64 {
    // A byte of 10 or more, and no other, reaches its top bit with 118 added.
    let letters = (packed + u64::from_ne_bytes([118; 8])) >> 7 & u64::from_ne_bytes([1; 8]);
    packed + u64::from_ne_bytes([b'0'; 8]) + letters * u64::from(b'A' - b'0' - 10)
}

/// For each length of a text, the bytes that words of eight have of it.
static KEPT: [[u64; 4]; 33] = {
    let mut kept = [[0; 4]; 33];
    let mut at = 0;
    while at < 33 * 32 {
        let (chars, byte) = (at / 32, at % 32);
        if byte < chars {
            kept[chars][byte / 8] |= 0xFF << (byte % 8 * 8);
        }
        at += 1;
    }
    kept
};

impl<const N: usize> InlineText<N> {
    /// The first `chars` characters of some words of eight.
    #[inline]
    pub(super) fn new<const W: usize>(words: [u64; W], chars: usize) -> Self {
        let mut bytes = [0; N];
        let kept = &KEPT[chars.min(N)];
        for ((piece, word), kept) in bytes.chunks_mut(8).zip(words).zip(kept) {
            piece.copy_from_slice(&(word & kept).to_le_bytes()[..piece.len()]);
        }
        Self { bytes, len: chars.min(N) as u8 }
    }

    #[inline]
    pub(super) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

macro_rules! code_text {
    ($(#[$doc:meta])* $name:ident, $chars:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(super) InlineText<$chars>);

        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.as_str().to_owned()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

code_text! {
    /// Text of a 2D code, at most 20 characters. Parsing one checks it fully.
    GridCode, 20
}

code_text! {
    /// Text of a 3D code, at most 32 characters. Its height digits have a meaning only
    /// together with a [`HeightScheme`](super::HeightScheme), so it is parsed through
    /// [`GridCell3::parse`](super::GridCell3::parse).
    GridCode3, 32
}

code_text! {
    /// Text of the height part alone, at most 12 characters.
    HeightCode, 12
}

impl FromStr for GridCode {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Self, GridError> {
        text.parse::<GridCell>().map(|cell| cell.code())
    }
}

impl TryFrom<String> for GridCode {
    type Error = GridError;

    fn try_from(text: String) -> Result<Self, GridError> {
        text.parse()
    }
}

impl<'de> serde::Deserialize<'de> for GridCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
