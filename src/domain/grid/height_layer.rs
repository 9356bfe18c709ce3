//! Height layers: the third dimension of the grid.
//!
//! A layer of a level is a run of finest layers ([`layer_number`]) under one
//! [`HeightScheme`]; its code is the height part of a 3D code. Invariant: a layer holds at
//! least one finest layer, so its lower face lies below its upper one.

use core::ops::Range;

use super::GridError;
use super::code::{HeightCode, InlineText, glyphs, packed};
use super::decode::digit_below;
use super::error::CodeFault;
use super::height::{layer_floor_metres, layer_number};
use super::height_scheme::HeightScheme;
use super::level::Level;

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
    #[inline]
    pub fn from_height(
        height_metres: f64,
        level: Level,
        scheme: HeightScheme,
    ) -> Result<Self, GridError> {
        Self::from_number(layer_number(height_metres)?, level, scheme)
            .ok_or(GridError::Height(height_metres))
    }

    /// The layer of `level` that holds finest layer `n`; none beyond the range.
    #[inline]
    pub fn from_number(n: i64, level: Level, scheme: HeightScheme) -> Option<Self> {
        let word = scheme.packing.word_of(scheme.magnitude(n)?);
        let units = scheme.packing.units()[level.index()];
        Some(Self { level, scheme, below: n < 0, word: word - word % units })
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
        self.numbers_of(self.word)
    }

    /// Lower face, metres above the ellipsoid.
    pub fn lower_metres(self) -> f64 {
        layer_floor_metres(self.layer_numbers().start)
    }

    /// Upper face, which is the lower face of the next layer.
    pub fn upper_metres(self) -> f64 {
        layer_floor_metres(self.layer_numbers().end)
    }

    /// The layer of the same level on top of this one; none at the end of the range.
    pub fn up(self) -> Option<Self> {
        Self::from_number(self.layer_numbers().end, self.level, self.scheme)
    }

    /// The layer of the same level under this one; none at the end of the range.
    pub fn down(self) -> Option<Self> {
        Self::from_number(self.layer_numbers().start - 1, self.level, self.scheme)
    }

    /// The next coarser layer around this one; none above level 1.
    pub fn parent(self) -> Option<Self> {
        self.ancestor(self.level.coarser()?)
    }

    /// The layer of `level` that contains this one (itself at its own level); none if
    /// `level` is finer.
    pub fn ancestor(self, level: Level) -> Option<Self> {
        let units = self.scheme.packing.units()[level.index()];
        (level <= self.level).then_some(Self { level, word: self.word - self.word % units, ..self })
    }

    /// Whether `other` is this layer or lies in it; the code of this one is then a prefix
    /// of the other's. Layers of different schemes do not contain each other.
    pub fn contains(self, other: Self) -> bool {
        other.ancestor(self.level) == Some(self)
    }

    /// The layers of `level` in this one, in the order of their codes; nothing if `level`
    /// is coarser.
    pub(super) fn descendants(self, level: Level) -> impl Iterator<Item = Self> + Clone + use<> {
        let units = self.scheme.packing.units();
        let words = if level < self.level { 0..0 } else { self.words_of(self.word) };
        let layer = move |word| Self { level, word, ..self };
        // Some packings leave words without a layer.
        words
            .step_by(units[level.index()] as usize)
            .map(layer)
            .filter(|layer| !layer.layer_numbers().is_empty())
    }

    /// Whether no child of the same parent comes after this one in code order.
    pub(super) fn is_last_child(self) -> bool {
        let Some(parent) = self.parent() else { return false };
        let end = parent.words_of(parent.word).end;
        let after = self.words_of(self.word).end..end;
        self.scheme.numbers(self.below, after).is_empty()
    }

    fn words_of(self, word: u32) -> Range<u32> {
        word..word + self.scheme.packing.units()[self.level.index()]
    }

    fn numbers_of(self, word: u32) -> Range<i64> {
        self.scheme.numbers(self.below, self.words_of(word))
    }

    /// The digit of each level, level 1's from 0 to 63; those below the layer's own are 0.
    #[inline]
    pub(super) fn digits(self) -> [u32; 10] {
        self.scheme.packing.digits(self.word)
    }

    /// The digits of levels 7 to 10, three bits each.
    #[inline]
    pub(super) fn fine_digits(self) -> u32 {
        self.word & 0xFFF
    }

    /// The code digit 0 or 1 that says above or below.
    pub(super) fn sign_digit(self) -> u32 {
        u32::from(self.below)
    }

    /// The height part of a 3D code.
    pub fn code(self) -> HeightCode {
        let [top, rest @ ..] = self.digits();
        let [a, b, c, d, e, f, g, h, i] = rest;
        let words =
            [[self.sign_digit(), top / 10, top % 10, a, b, c, d, e], [f, g, h, i, 0, 0, 0, 0]];
        HeightCode(InlineText::new(words.map(|word| glyphs(packed(word))), self.level.index() + 3))
    }

    /// Reads a height part, strictly.
    pub fn parse(text: &str, scheme: HeightScheme) -> Result<Self, GridError> {
        parse(text.as_bytes(), scheme).map_err(|fault| GridError::code(text, fault))
    }

    /// The layer of a sign and of digits as [`Self::digits`] gives them; none if there is
    /// no such layer.
    pub(super) fn from_digits(
        level: Level,
        scheme: HeightScheme,
        below: bool,
        digits: &[u32],
    ) -> Option<Self> {
        let units = scheme.packing.units();
        let mut word = 0;
        for (index, (&digit, &own)) in digits.iter().zip(units).enumerate() {
            let limit = if index == 0 { 64 } else { units[index - 1] / own };
            if digit >= limit {
                return None;
            }
            word += digit * own;
        }
        let layer = Self { level, scheme, below, word };
        (!layer.layer_numbers().is_empty()).then_some(layer)
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
    let mut digits = [0; 10];
    digits[0] = digit_below(bytes[1], 7, 2)? * 10 + digit_below(bytes[2], 10, 3)?;
    for (index, &byte) in bytes.iter().enumerate().skip(3) {
        let limit = units[index - 3] / units[index - 2];
        digits[index - 2] = digit_below(byte, limit, index as u8 + 1)?;
    }
    HeightLayer::from_digits(level, scheme, below, &digits).ok_or(CodeFault::HeightRange)
}

#[cfg(test)]
#[path = "height_tests.rs"]
mod tests;
