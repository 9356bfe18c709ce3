//! Code texts of a fixed size: made without allocation, copied like numbers.
//!
//! Invariant: the first `len` bytes are ASCII and name a cell or layer, because only the
//! encoders build these types. 2D and 3D codes are different types since some lengths
//! (7, 12, 18, 20) occur in both and the text alone does not tell them apart.

use std::fmt;
use std::str::FromStr;

use super::{GridCell, GridError};

/// ASCII text of at most `N` bytes held in place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct InlineText<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> InlineText<N> {
    pub(super) const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    /// Appends one ASCII byte; the encoders never exceed the longest code.
    pub(super) fn push(&mut self, byte: u8) {
        debug_assert!(byte.is_ascii());
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }

    /// Appends a digit 0-F.
    pub(super) fn push_digit(&mut self, digit: u32) {
        self.push(b"0123456789ABCDEF"[(digit & 0xF) as usize]);
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
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
