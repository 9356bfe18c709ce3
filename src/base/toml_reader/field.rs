//! One value on its way from text to a checked type.

use super::Source;
use std::{fmt::Display, ops::RangeInclusive, str::FromStr};
use toml_edit::{Item, Value};

/// A type that one TOML value can be read as.
pub trait FromToml: Sized {
    /// Completes "expected: ...".
    fn expected() -> String;
    /// `Err` carries the path below the value, such as `[2]`.
    fn from_toml(value: &Value) -> Result<Self, String>;
}

impl FromToml for String {
    fn expected() -> String {
        "a text".into()
    }
    fn from_toml(value: &Value) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(String::new)
    }
}

impl FromToml for bool {
    fn expected() -> String {
        "true or false".into()
    }
    fn from_toml(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(String::new)
    }
}

/// Finite; an integer is taken as well.
impl FromToml for f64 {
    fn expected() -> String {
        "a finite number".into()
    }
    fn from_toml(value: &Value) -> Result<Self, String> {
        let number = value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64));
        number.filter(|number| number.is_finite()).ok_or_else(String::new)
    }
}

impl FromToml for f32 {
    fn expected() -> String {
        f64::expected()
    }
    fn from_toml(value: &Value) -> Result<Self, String> {
        let number = f64::from_toml(value)? as f32;
        if number.is_finite() { Ok(number) } else { Err(String::new()) }
    }
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl FromToml for $int {
            fn expected() -> String {
                format!("a whole number {} to {}", <$int>::MIN, <$int>::MAX)
            }
            fn from_toml(value: &Value) -> Result<Self, String> {
                let integer = value.as_integer().and_then(|integer| integer.try_into().ok());
                integer.ok_or_else(String::new)
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, i32, i64);

impl<T: FromToml> FromToml for Vec<T> {
    fn expected() -> String {
        format!("a list, each entry {}", T::expected())
    }
    fn from_toml(value: &Value) -> Result<Self, String> {
        let array = value.as_array().ok_or_else(String::new)?;
        (array.iter().enumerate())
            .map(|(index, value)| T::from_toml(value).map_err(|below| format!("[{index}]{below}")))
            .collect()
    }
}

impl<T: FromToml, const N: usize> FromToml for [T; N] {
    fn expected() -> String {
        format!("a list of exactly {N}, each entry {}", T::expected())
    }
    fn from_toml(value: &Value) -> Result<Self, String> {
        Vec::from_toml(value)?.try_into().map_err(|_| String::new())
    }
}

enum State<T> {
    Missing,
    /// Already reported.
    Faulty,
    Read {
        value: T,
        shown: String,
    },
}

/// A value that is missing, faulty (and reported), or read. Ends in `required`, `optional` or `or`.
#[must_use]
pub struct Field<'d, T> {
    source: &'d Source<'d>,
    key_path: String,
    line: usize,
    state: State<T>,
    allowed: String,
}

impl<'d, T> Field<'d, T> {
    pub(super) fn missing(source: &'d Source<'d>, key_path: String, line: usize) -> Self
    where
        T: FromToml,
    {
        Self { source, key_path, line, state: State::Missing, allowed: T::expected() }
    }

    pub(super) fn read(
        source: &'d Source<'d>,
        key_path: String,
        line: usize,
        item: &'d Item,
    ) -> Self
    where
        T: FromToml,
    {
        let (allowed, shown) = (T::expected(), source.shown(item));
        let read = item.as_value().map_or_else(|| Err(String::new()), T::from_toml);
        let state = match read {
            Ok(value) => State::Read { value, shown },
            Err(below) => {
                let key_path = format!("{key_path}{below}");
                source.add(line, &key_path, Some(shown), format!("expected: {allowed}"));
                State::Faulty
            }
        };
        Self { source, key_path, line, state, allowed }
    }

    /// Narrow the value. `allowed` completes "expected: ..."; `narrow` may refuse with a reason of its own.
    pub fn check<U>(
        self,
        allowed: impl Into<String>,
        narrow: impl FnOnce(T) -> Result<U, String>,
    ) -> Field<'d, U> {
        let Self { source, key_path, line, state, .. } = self;
        let allowed = allowed.into();
        let state = match state {
            State::Missing => State::Missing,
            State::Faulty => State::Faulty,
            State::Read { value, shown } => match narrow(value) {
                Ok(value) => State::Read { value, shown },
                Err(reason) => {
                    let reason = Some(reason).filter(|reason| !reason.is_empty());
                    let said = reason.unwrap_or_else(|| format!("expected: {allowed}"));
                    source.add(line, &key_path, Some(shown), said);
                    State::Faulty
                }
            },
        };
        Field { source, key_path, line, state, allowed }
    }

    /// A fault outside the range. The ends are written as a person would type them.
    pub fn in_range(self, range: RangeInclusive<T>) -> Self
    where
        T: PartialOrd + Display,
    {
        let allowed = format!("{} to {}", range.start(), range.end());
        self.check(allowed, |value| if range.contains(&value) { Ok(value) } else { Err("".into()) })
    }

    /// The value, or nothing where it is missing or faulty.
    pub fn optional(self) -> Option<T> {
        match self.state {
            State::Read { value, .. } => Some(value),
            State::Missing | State::Faulty => None,
        }
    }

    /// Missing is a fault.
    pub fn required(self) -> Option<T> {
        if matches!(self.state, State::Missing) {
            let allowed = format!("required, {}", self.allowed);
            self.source.add(self.line, &self.key_path, None, allowed);
        }
        self.optional()
    }

    pub fn or(self, default: T) -> T {
        self.optional().unwrap_or(default)
    }
}

impl<'d> Field<'d, String> {
    /// One of a few words.
    pub fn one_of<U: Clone>(self, words: &[(&str, U)]) -> Field<'d, U> {
        let listed: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.check(format!("one of {}", listed.join(", ")), |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| value.clone()).ok_or_else(String::new)
        })
    }

    /// A text that a type's own parser accepts; its error is the reason.
    pub fn parsed<U: FromStr<Err: Display>>(self) -> Field<'d, U> {
        self.check("a text", |text| text.parse().map_err(|error: U::Err| error.to_string()))
    }

    pub fn not_empty(self) -> Self {
        self.check("a text that is not empty", |text| {
            if text.trim().is_empty() { Err(String::new()) } else { Ok(text) }
        })
    }
}
