//! Places that programs get wrong: on grid lines, just beside them, at the seams of the globe, and
//! everywhere else. Each is given as a number, as the product takes it, and exactly.

use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::second::coordinate::{Coordinate, DEGREE};

/// A coordinate both ways.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub degrees: f64,
    pub exact: Coordinate,
}

#[derive(Debug, Clone, Copy)]
pub struct Probe {
    pub lon: Axis,
    pub lat: Axis,
}

impl Probe {
    /// Anywhere, the caps and places off the globe included.
    pub fn draw(random: &mut ChaCha8Rng) -> Self {
        Self { lon: Axis::draw(random, 180.0), lat: Axis::draw(random, 90.0) }
    }

    /// Whether rounding in another program may rightly give another cell.
    pub fn doubtful(&self) -> bool {
        self.lon.exact.doubtful || self.lat.exact.doubtful
    }
}

/// Sides of the cells of levels 1 to 10 in units, longitude and latitude mixed.
const SIDES: [i64; 12] =
    [44_236_800, 29_491_200, 3_686_400, 1_843_200, 1_228_800, 122_880, 8_192, 4_096, 512, 64, 8, 1];
const SEAMS: [f64; 15] =
    [0.0, -0.0, 88.0, 88.5, 89.0, 89.5, 90.0, 60.0, 120.0, 180.0, 6.0, 4.0, 1e-300, 5e-324, 1e-12];
/// Distances from a line, in units: below, about and above what snaps to it.
const BESIDE: [f64; 9] = [0.0, 1e-9, 2e-7, 1e-6, 3e-6, 1e-4, 0.25, 0.5, 0.999_99];

impl Axis {
    fn draw(random: &mut ChaCha8Rng, end_deg: f64) -> Self {
        match random.random_range(0..10) {
            0..4 => Self::decimal(random, end_deg as i64),
            4..9 => Self::number(Self::beside_a_line(random, end_deg)),
            _ => {
                let seam = *SEAMS.choose(random).unwrap_or(&0.0);
                let signed = if random.random() { seam } else { -seam };
                Self::number(match random.random_range(0..4) {
                    0 => signed.next_up(),
                    1 => signed.next_down(),
                    _ => signed,
                })
            }
        }
    }

    /// One to nine decimals, as people and files write coordinates.
    fn decimal(random: &mut ChaCha8Rng, end: i64) -> Self {
        let places = random.random_range(1..=9_usize);
        let parts = 10_i64.pow(places as u32);
        let digits = random.random_range(-end * parts..=end * parts);
        let sign = if digits < 0 { "-" } else { "" };
        let (whole, fraction) = (digits.abs() / parts, digits.abs() % parts);
        let text = format!("{sign}{whole}.{fraction:0places$}");
        Self {
            degrees: text.parse().expect("digits and a point are a number"),
            exact: Coordinate::of_text(&text).expect("nine places are few enough"),
        }
    }

    fn beside_a_line(random: &mut ChaCha8Rng, end_deg: f64) -> f64 {
        let side = *SIDES.choose(random).unwrap_or(&1);
        let lines = (end_deg * DEGREE as f64) as i64 / side;
        let line = random.random_range(-lines..=lines) * side;
        let away = BESIDE.choose(random).unwrap_or(&0.0) * f64::from(random.random_range(-1..=1));
        let degrees = (line as f64 + away) / DEGREE as f64;
        match random.random_range(0..6) {
            0 => degrees.next_up(),
            1 => degrees.next_down(),
            _ => degrees,
        }
    }

    fn number(degrees: f64) -> Self {
        let exact = Coordinate::of_number(degrees).expect("probes lie near the globe");
        Self { degrees, exact }
    }
}

/// Heights: about the faces of layers of every level, about the ground, at both ends.
pub fn height(random: &mut ChaCha8Rng) -> f64 {
    const MARKS: [f64; 12] = [
        0.0,
        -0.0,
        5e-324,
        1_839.585_274_981_496_7,
        27_649.3,
        -2.15,
        -30.0,
        -6_302_106.722_6,
        -6_302_106.73,
        528_680_171.125_2,
        528_680_171.2,
        519_501_834.158_236_4,
    ];
    let sign = |random: &mut ChaCha8Rng| if random.random() { 1.0 } else { -1.0 };
    match random.random_range(0..8) {
        0 => MARKS.choose(random).unwrap_or(&0.0) * sign(random),
        1 => f64::from(random.random_range(-30_000..100_000)) / 1000.0,
        2 => random.random_range(-12_000.0..60_000.0),
        3 => random.random_range(-6.4e6..5.3e8),
        4 => sign(random) * 10_f64.powf(random.random_range(-9.0..8.7)),
        _ => {
            // A face by the closed formula, good to a few last bits, and a step off it.
            let side = *SIDES.choose(random).unwrap_or(&1);
            let most = 256 * DEGREE as i64 / side;
            let near = if random.random() { most.min(2_000) } else { most };
            let layer = random.random_range(-near..=near) * side;
            let degrees = layer as f64 / DEGREE as f64;
            let face = 6_378_137.0 * (degrees * (1_f64.to_radians()).ln_1p()).exp_m1();
            let off = BESIDE.choose(random).unwrap_or(&0.0) * 0.015 * sign(random);
            face + off
        }
    }
}
