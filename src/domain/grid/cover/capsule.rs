//! A straight piece and all that lies within some metres of it.
//!
//! ```text
//!      .---------------.        an ellipse about each end (a circle in metres),
//!     (  *-----------*  )       and the parallelogram between their sides
//!      '---------------'
//! ```
//! Metres become degrees at the latitude where a degree is shortest within reach, so
//! nothing within the distance is ever left out; what is added beyond it is less than a
//! thousandth of the distance up to 1 km and 60 degrees of latitude. Long pieces are cut
//! for this, see [`Capsule::along`].
//!
//! Ends and sides are rounded to a step (4 nm) once; the rest is whole numbers. The extent
//! of an ellipse is rounded outwards where it says what is covered and inwards where it
//! says what is filled, so that coarse and fine levels never contradict each other.

use alloc::format;
use alloc::vec::Vec;

use super::super::GridError;
use super::super::level::Radii;
use super::plane::{Band, Corner, Edge, Ratio, STEPS_PER_DEG};
use super::shapes::RowCover;
use super::spans::Span;

/// Farthest that a buffer may reach.
const METRES_MAX: f64 = 100_000.0;

/// Latitude that one capsule spans at most, unless the buffer is wider.
const PIECE_DEG: f64 = 0.01;

#[derive(Debug, Clone, Copy)]
pub(super) struct Capsule {
    ends: [Corner; 2],
    /// Half axes of the ellipses, along longitude and latitude.
    semi_x: i64,
    semi_y: i64,
    /// The edges of the parallelogram; none about a point.
    sides: Option<[Edge; 4]>,
}

/// Whether a buffer of this width can be made.
pub(super) fn check_buffer(metres: f64) -> Result<(), GridError> {
    if (0.0..=METRES_MAX).contains(&metres) { Ok(()) } else { Err(GridError::Buffer(metres)) }
}

impl Capsule {
    /// The buffer of a piece, as capsules that each span little latitude.
    pub(super) fn along(edge: Edge, metres: f64) -> Result<Vec<Self>, GridError> {
        // A degree of latitude is shortest at the equator.
        let reach_deg = (metres / Radii::at(0.0).meridian_metres).to_degrees();
        let piece_steps = (PIECE_DEG.max(reach_deg) * STEPS_PER_DEG) as i64;
        let Edge { low, high } = edge;
        let pieces = (high.y - low.y) / piece_steps + 1;
        let at = |nth: i64| {
            let part = |from: i64, to: i64| {
                let whole = i128::from(to - from) * i128::from(nth);
                from + whole.div_euclid(pieces.into()) as i64
            };
            Corner { x: part(low.x, high.x), y: part(low.y, high.y) }
        };
        (0..pieces).map(|nth| Self::new([at(nth), at(nth + 1)], metres, reach_deg)).collect()
    }

    fn new(ends: [Corner; 2], metres: f64, reach_deg: f64) -> Result<Self, GridError> {
        let [start, end] = ends;
        let (low, high) = (start.lat_deg().min(end.lat_deg()), start.lat_deg().max(end.lat_deg()));
        // Away from the equator meridian radii grow and parallels shrink.
        let nearest = (low - reach_deg).max(-high - reach_deg).max(0.0);
        let farthest = (high + reach_deg).max(reach_deg - low);
        if farthest > 88.0 {
            return Err(GridError::PolarUnsupported(format!(
                "a buffer of {metres} metres about latitude {}",
                start.lat_deg()
            )));
        }
        let semi_axis =
            |radius: f64| libm::ceil(metres / radius.to_radians() * STEPS_PER_DEG) as i64;
        let semi_x = semi_axis(Radii::at(farthest).parallel_metres);
        let semi_y = semi_axis(Radii::at(nearest).meridian_metres);
        Ok(Self { ends, semi_x, semi_y, sides: sides(start, end, semi_x as f64, semi_y as f64) })
    }

    pub(super) fn meets(self, band: Band) -> bool {
        let [start, end] = self.ends;
        start.y.min(end.y) - self.semi_y < band.top
            && start.y.max(end.y) + self.semi_y > band.bottom
    }

    pub(super) fn bottom(self) -> i64 {
        self.ends[0].y.min(self.ends[1].y) - self.semi_y
    }

    pub(super) fn top(self) -> i64 {
        self.ends[0].y.max(self.ends[1].y) + self.semi_y
    }

    pub(super) fn add_to(self, band: Band, row: &mut RowCover) {
        if let Some(covered) = self.covered(band) {
            row.covered.push(covered);
        }
        // It is convex: what its edges have inside on both sides of a row is inside.
        if let (Some(low), Some(high)) = (self.chord(band.bottom), self.chord(band.top)) {
            let (from, to) = (low.0.max(high.0), low.1.min(high.1));
            let filled = Span {
                from: Ratio::whole(from, band.width).ceil(),
                to: Ratio::whole(to, band.width).floor(),
            };
            if filled.from < filled.to {
                row.filled.push(filled);
            }
        }
    }

    /// Columns that the open capsule shares ground with.
    fn covered(self, band: Band) -> Option<Span> {
        let about = self.ends.into_iter().filter_map(|end| {
            let nearest = end.y.clamp(band.bottom, band.top);
            let half = self.half_width((nearest - end.y).abs(), Rounding::Outwards)?;
            let column = |x| Ratio::whole(x, band.width);
            Some(Span { from: column(end.x - half).floor(), to: column(end.x + half).ceil() })
        });
        let along = self.sides.into_iter().flatten().filter_map(|side| {
            let (west, east) = side.within(band)?;
            Some(Span { from: west.floor(), to: east.ceil() })
        });
        about.chain(along).reduce(|a, b| Span { from: a.from.min(b.from), to: a.to.max(b.to) })
    }

    /// West and east end of the capsule at height `y`, in steps.
    fn chord(self, y: i64) -> Option<(i64, i64)> {
        let about = self.ends.into_iter().filter_map(|end| {
            let half = self.half_width((y - end.y).abs(), Rounding::Inwards)?;
            Some((end.x - half, end.x + half))
        });
        let along = self.sides.into_iter().flatten().filter_map(|side| {
            let crosses = !side.is_flat() && (side.low.y..=side.high.y).contains(&y);
            crosses.then(|| (side.x_at(y, 1).ceil(), side.x_at(y, 1).floor()))
        });
        about.chain(along).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Half the width of an end's ellipse, so far from its middle; none beyond it.
    fn half_width(self, away: i64, rounding: Rounding) -> Option<i64> {
        let steps = |steps: i64| u128::from(steps.unsigned_abs());
        let (semi_x, semi_y) = (steps(self.semi_x), steps(self.semi_y));
        let left = (semi_y * semi_y).checked_sub(steps(away).pow(2)).filter(|&left| left > 0)?;
        let root = left.isqrt();
        Some(match rounding {
            Rounding::Inwards => semi_x * root / semi_y,
            Rounding::Outwards => {
                let root = root + u128::from(root * root < left);
                (semi_x * root).div_ceil(semi_y)
            }
        } as i64)
    }
}

#[derive(Debug, Clone, Copy)]
enum Rounding {
    Outwards,
    Inwards,
}

/// The parallelogram along a piece that touches the ellipses about both ends.
fn sides(start: Corner, end: Corner, semi_x: f64, semi_y: f64) -> Option<[Edge; 4]> {
    // In half axes the ellipses are unit circles, and the sides lie at right angles.
    let (x, y) = ((end.x - start.x) as f64 / semi_x, (end.y - start.y) as f64 / semi_y);
    let length = libm::sqrt(x * x + y * y);
    if length <= 0.0 {
        return None;
    }
    let out_x = libm::rint(-y / length * semi_x) as i64;
    let out_y = libm::rint(x / length * semi_y) as i64;
    let left = |corner: Corner| Corner { x: corner.x + out_x, y: corner.y + out_y };
    let right = |corner: Corner| Corner { x: corner.x - out_x, y: corner.y - out_y };
    let corners = [left(start), left(end), right(end), right(start)];
    let [a, b, c, d] = corners;
    Some([(a, b), (b, c), (c, d), (d, a)].map(|(from, to)| Edge::new(from, to)))
}
