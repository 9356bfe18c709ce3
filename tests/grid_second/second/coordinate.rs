//! A longitude or latitude as an exact fraction of grid units (1/2048 of an arc second).
//!
//! Decimal text and binary floating point numbers are both taken at their exact value. Then one
//! rule of the grid applies: what lies within a millionth of a unit of a grid line lies on it.

/// Units in a degree.
pub const DEGREE: i128 = 3600 * 2048;
const SNAP_PARTS: i128 = 1_000_000;

#[derive(Debug, Clone, Copy)]
pub struct Coordinate {
    /// Below zero; minus zero is not.
    pub negative: bool,
    /// Distance from zero is `units / parts`.
    pub units: i128,
    pub parts: i128,
    /// The same fraction before it was snapped to a line.
    exact: (i128, i128),
    /// So near the limit of the snapping rule that rounding may put another program on the
    /// other side of it.
    pub doubtful: bool,
}

impl Coordinate {
    /// From digits like `-114.0305`, at most twelve after the point.
    pub fn of_text(text: &str) -> Option<Self> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        if whole.is_empty() || whole.len() > 3 || fraction.len() > 12 {
            return None;
        }
        let mut digits = 0;
        for letter in whole.chars().chain(fraction.chars()) {
            digits = digits * 10 + i128::from(letter.to_digit(10)?);
        }
        let parts = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        Some(Self::on_grid(negative, digits * DEGREE, parts))
    }

    /// The exact value of a binary number between -400 and 400.
    pub fn of_number(degrees: f64) -> Option<Self> {
        if !(-400.0..=400.0).contains(&degrees) {
            return None;
        }
        let bits = degrees.to_bits();
        let exponent = i32::try_from((bits >> 52) & 0x7ff).ok()?;
        let fraction = i128::from(bits & ((1 << 52) - 1));
        // value = mantissa / 2^shift
        let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        let shift = 1075 - exponent.max(1);
        let negative = degrees < 0.0;
        if shift > 95 {
            // Below 2^-43 degrees, which is less than a millionth of a unit.
            return Some(Self { negative, units: 0, parts: 1, exact: (0, 1), doubtful: false });
        }
        Some(Self::on_grid(negative, mantissa * DEGREE, 1 << shift))
    }

    /// From a signed number of half units.
    pub fn of_halves(halves: i64) -> Self {
        Self::on_grid(halves < 0, i128::from(halves).abs(), 2)
    }

    fn on_grid(negative: bool, units: i128, parts: i128) -> Self {
        let past = units % parts;
        let away = past.min(parts - past);
        let doubtful = 10 * SNAP_PARTS * away > 7 * parts && 10 * SNAP_PARTS * away < 13 * parts;
        if away * SNAP_PARTS > parts {
            return Self { negative, units, parts, exact: (units, parts), doubtful };
        }
        let nearest = (units + parts / 2) / parts;
        Self { negative, units: nearest, parts: 1, exact: (units, parts), doubtful }
    }

    /// Whether the distance from zero is at least that many units.
    pub fn reaches(&self, units: i128) -> bool {
        self.units >= units * self.parts
    }

    /// Whether the distance from zero is more than that many degrees, be it ever so little: the
    /// globe has no longitude beyond 180, and nothing snaps back to it.
    pub fn beyond(&self, degrees: i128) -> bool {
        self.exact.0 > degrees * DEGREE * self.exact.1
    }
}

#[test]
fn text_and_number_mean_the_same() {
    for text in ["0", "114.34", "-114.34", "22.69", "-0.5", "179.999999999", "0.000000001"] {
        let exact = Coordinate::of_text(text).unwrap();
        let binary = Coordinate::of_number(text.parse().unwrap()).unwrap();
        assert_eq!(exact.negative, binary.negative, "{text}");
        let nearest = |c: &Coordinate| c.units as f64 / c.parts as f64;
        assert!((nearest(&exact) - nearest(&binary)).abs() < 1e-6, "{text}");
    }
    assert!(Coordinate::of_text("12a").is_none());
    assert!(Coordinate::of_number(f64::NAN).is_none());
    let on_the_line = Coordinate::of_text("114.34").unwrap();
    assert_eq!((on_the_line.units, on_the_line.parts), (11_434 * DEGREE / 100, 1));
}
