//! One reader for coordinate texts: decimal degrees, and words for everything else.
//!
//! In: what a person typed or pasted. Out: degrees in range, or a fault that repeats the text and,
//! where it is degrees and minutes, says the decimal number to write. No format is guessed: taking
//! 114.2030 for 114 degrees 20 minutes 30 seconds would move a case by 14 km without a word.

use std::fmt;

/// Longest piece of a refused text that is repeated.
const SHOWN_CHARS_MAX: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Longitude,
    Latitude,
}

impl Axis {
    const fn max_deg(self) -> f64 {
        match self {
            Self::Longitude => 180.0,
            Self::Latitude => 90.0,
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Longitude => "114.340000",
            Self::Latitude => "22.690000",
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Longitude => "longitude",
            Self::Latitude => "latitude",
        })
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadDegrees {
    #[error("{axis} {given:?} is no number: write decimal degrees such as {}", .axis.example())]
    NotANumber { axis: Axis, given: String },
    #[error(
        "{axis} {given:?} is written with degree signs, minutes or letters: write decimal degrees, \
         here {decimal}"
    )]
    Sexagesimal { axis: Axis, given: String, decimal: String },
    #[error(
        "{axis} {given:?} is a {other} by its letter: longitude and latitude are swapped; written in \
         decimal degrees that {other} is {decimal}"
    )]
    OtherAxis { axis: Axis, other: Axis, given: String, decimal: String },
    #[error(
        "{axis} {given:?} is not allowed: -{max} to {max} degrees{hint}", max = .axis.max_deg()
    )]
    OutOfRange { axis: Axis, given: String, hint: &'static str },
}

/// Decimal degrees: an optional sign, digits, and at most one point.
pub fn parse_degrees(text: &str, axis: Axis) -> Result<f64, BadDegrees> {
    let text = text.trim();
    let given = || text.chars().take(SHOWN_CHARS_MAX).collect::<String>();
    if let Some(degrees) = plain_decimal(text) {
        if degrees.abs() <= axis.max_deg() {
            return Ok(degrees);
        }
        let hint = match axis {
            Axis::Latitude if degrees.abs() <= 180.0 => {
                "; it can be a longitude: longitude and latitude may be swapped"
            }
            _ => "",
        };
        return Err(BadDegrees::OutOfRange { axis, given: given(), hint });
    }
    let Some(read) = sexagesimal(text) else {
        return Err(BadDegrees::NotANumber { axis, given: given() });
    };
    let decimal = format!("{:.8}", read.degrees);
    match read.axis {
        Some(other) if other != axis => {
            Err(BadDegrees::OtherAxis { axis, other, given: given(), decimal })
        }
        _ if read.degrees.abs() > axis.max_deg() => {
            Err(BadDegrees::OutOfRange { axis, given: given(), hint: "" })
        }
        _ => Err(BadDegrees::Sexagesimal { axis, given: given(), decimal }),
    }
}

fn plain_decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let sound = !whole.is_empty() && all_digits(whole) && all_digits(fraction);
    sound.then(|| text.parse().ok()).flatten()
}

struct Read {
    degrees: f64,
    /// What a letter N, S, E or W says.
    axis: Option<Axis>,
}

/// What a text with degree signs, minutes, seconds or letters means, if it can be told: one to three
/// numbers, the later ones below 60, only the last with a fraction.
fn sexagesimal(text: &str) -> Option<Read> {
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let mut axis = None;
    let mut away = 1.0;
    for letter in text.chars().filter(|letter| letter.is_alphabetic()) {
        let (told, sign) = match letter {
            'N' | 'n' | '北' => (Axis::Latitude, 1.0),
            'S' | 's' | '南' => (Axis::Latitude, -1.0),
            'E' | 'e' | '东' => (Axis::Longitude, 1.0),
            'W' | 'w' | '西' => (Axis::Longitude, -1.0),
            '度' | '分' | '秒' | '经' | '纬' | 'º' => continue,
            _ => return None,
        };
        // A letter in the middle is an exponent or nonsense.
        if ![first, last].contains(&letter) || axis.replace(told).is_some() {
            return None;
        }
        away = sign;
    }
    let numbers = numbers(text)?;
    let below_sixty = numbers.iter().skip(1).all(|part| *part < 60.0);
    let whole_before = numbers.iter().rev().skip(1).all(|part| part.fract() == 0.0);
    if !below_sixty || !whole_before {
        return None;
    }
    let magnitude = numbers.iter().rev().fold(0.0, |finer, part| part + finer / 60.0);
    Some(Read { degrees: if negative { -magnitude } else { away * magnitude }, axis })
}

fn unsigned(text: &str) -> Option<f64> {
    text.starts_with(|first: char| first.is_ascii_digit()).then(|| plain_decimal(text)).flatten()
}

/// One to three numbers between signs, blanks and letters. A second point separates, as in 114.20.30.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let is_separator = |letter: char| {
        letter.is_whitespace() || letter.is_alphabetic() || "°˚'′’\"″”:".contains(letter)
    };
    let mut numbers = Vec::new();
    for piece in text.split(is_separator).filter(|piece| !piece.is_empty()) {
        if piece.matches('.').count() > 1 {
            for part in piece.splitn(3, '.') {
                numbers.push(unsigned(part)?);
            }
        } else {
            numbers.push(unsigned(piece)?);
        }
    }
    (1..=3).contains(&numbers.len()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimal_degrees_are_taken() {
        for (text, axis, degrees) in [
            ("114.34", Axis::Longitude, 114.34),
            (" -0.5 ", Axis::Longitude, -0.5),
            ("+22.69", Axis::Latitude, 22.69),
            ("180", Axis::Longitude, 180.0),
            ("114.2030", Axis::Longitude, 114.203),
        ] {
            assert_eq!(parse_degrees(text, axis), Ok(degrees), "{text}");
        }
    }

    #[test]
    fn degrees_and_minutes_are_refused_with_the_decimal_to_write() {
        for (text, decimal) in [
            ("114°20.5'", "114.34166667"),
            ("114°20′30″", "114.34166667"),
            ("114 20 30", "114.34166667"),
            ("114.20.30", "114.34166667"),
            ("114.20.30.5", "114.34180556"),
            ("114:20:30", "114.34166667"),
            ("114°20'30\"E", "114.34166667"),
            ("E114°20'30\"", "114.34166667"),
            ("东经114度20分30秒", "114.34166667"),
            ("114.34E", "114.34000000"),
            ("114.34°", "114.34000000"),
            ("0 30 0 W", "-0.50000000"),
            ("-0°30'", "-0.50000000"),
        ] {
            match parse_degrees(text, Axis::Longitude) {
                Err(error @ BadDegrees::Sexagesimal { .. }) => {
                    assert!(error.to_string().contains(decimal), "{error}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn swapped_axes_and_numbers_out_of_range_are_named() {
        let swapped = parse_degrees("22.69N", Axis::Longitude).unwrap_err().to_string();
        assert!(swapped.contains("swapped") && swapped.contains("22.69000000"), "{swapped}");
        let beyond = parse_degrees("114.34", Axis::Latitude).unwrap_err().to_string();
        assert!(beyond.contains("-90 to 90") && beyond.contains("swapped"), "{beyond}");
        let nowhere = parse_degrees("514.34", Axis::Longitude).unwrap_err().to_string();
        assert!(!nowhere.contains("swapped"), "{nowhere}");
    }

    #[test]
    fn what_nobody_can_tell_is_no_number() {
        for text in [
            "",
            ".",
            "-",
            "abc",
            "114,34",
            "114,34.5,1,1",
            "1e2",
            "NaN",
            "inf",
            "0x10",
            "114 75",
            "114 20.5 30",
            "114E20N",
            "--5",
            "114.34 CGCS",
        ] {
            assert!(
                matches!(parse_degrees(text, Axis::Longitude), Err(BadDegrees::NotANumber { .. })),
                "{text}: {:?}",
                parse_degrees(text, Axis::Longitude)
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            let _ = parse_degrees(&text, Axis::Latitude);
        }

        #[test]
        fn printed_degrees_read_back(degrees in -90.0f64..90.0) {
            prop_assert_eq!(parse_degrees(&degrees.to_string(), Axis::Latitude), Ok(degrees));
        }
    }
}
