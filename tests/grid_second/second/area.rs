//! Covers and compaction the slow way.
//!
//! Corners are whole numbers of half units, so every test is exact. A cell belongs to a cover if an
//! edge of the polygon runs through its open inside, or if none does and its middle is inside; to the
//! cover of a line if the line has a point that belongs to the cell, which owns two of its four sides.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    coordinate::{Coordinate, DEGREE},
    plane,
};

/// Corner, east then north, in half units.
pub type Corner = (i128, i128);

/// The codes of one level that share ground with a polygon under the even-odd rule.
pub fn cover(rings: &[Vec<Corner>], level: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let corners = || rings.iter().flatten();
    let (Some(south), Some(north), Some(west), Some(east)) = (
        corners().map(|c| c.1).min(),
        corners().map(|c| c.1).max(),
        corners().map(|c| c.0).min(),
        corners().map(|c| c.0).max(),
    ) else {
        return found;
    };
    // Rows and columns of cells with a margin of one all round.
    for [bottom, top] in bands(south, north, 88, level, false) {
        for [left, right] in bands(west, east, 180, level, true) {
            if shares_ground(rings, [left, bottom, right, top]) {
                found.extend(code_of([left, right], [bottom, top], level));
            }
        }
    }
    found
}

/// The code of the cell between edges in half units.
fn code_of(east_west: [i128; 2], south_north: [i128; 2], level: usize) -> Option<String> {
    let middle =
        |[low, high]: [i128; 2]| i64::try_from((low + high) / 2).ok().map(Coordinate::of_halves);
    let (lon, lat) = (middle(east_west)?, middle(south_north)?);
    Some(plane::encode(&lon, &lat, level)?.text)
}

/// Edges of the cells along an axis between two places, in half units.
fn bands(low: i128, high: i128, end_deg: i128, level: usize, lon: bool) -> Vec<[i128; 2]> {
    let corner = Coordinate::of_halves(0);
    let Some(first) = plane::encode(&corner, &corner, level) else { return Vec::new() };
    let width = 2 * if lon { first.lon.width } else { first.lat.width };
    let end = 2 * end_deg * DEGREE;
    let mut edge = -end;
    let mut bands = Vec::new();
    // To the first cell in one leap, then cell by cell.
    edge += ((low + end) / width - 1).max(0) * width;
    while edge < end && edge <= high {
        bands.push([edge, edge + width]);
        edge += width;
    }
    bands
}

/// The codes of one level that own points of a line.
pub fn line_cover(points: &[Corner], level: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let ends = points.windows(2).map(|ends| (ends[0], ends[1]));
    let alone = (points.len() == 1).then(|| (points[0], points[0]));
    for (from, to) in ends.chain(alone) {
        for [bottom, top] in bands(from.1.min(to.1), from.1.max(to.1), 88, level, false) {
            for [left, right] in bands(from.0.min(to.0), from.0.max(to.0), 180, level, true) {
                let east_west = Times::within(from.0, to.0, [left, right], 180);
                let both = east_west.and(Times::within(from.1, to.1, [bottom, top], 88));
                if both.is_empty() {
                    continue;
                }
                found.extend(code_of([left, right], [bottom, top], level));
            }
        }
    }
    found
}

/// When a moving point, from 0 at its start to 1 at its end, is somewhere: a first and a last time as
/// fractions, and whether each counts.
#[derive(Debug, Clone, Copy)]
struct Times {
    first: (i128, i128),
    first_counts: bool,
    last: (i128, i128),
    last_counts: bool,
}

impl Times {
    const ALWAYS: Self =
        Self { first: (0, 1), first_counts: true, last: (1, 1), last_counts: true };
    const NEVER: Self = Self { last: (-1, 1), ..Self::ALWAYS };

    /// In the cells between two lines: the one nearer to zero counts, the farther one does not, but for
    /// the end of the grid.
    fn within(from: i128, to: i128, [low, high]: [i128; 2], end_deg: i128) -> Self {
        let end = 2 * end_deg * DEGREE;
        // What is west or south of zero is mirrored; zero itself is neither.
        let (low_counts, high_counts) =
            if low >= 0 { (true, high == end) } else { (low == -end, high < 0) };
        let way = to - from;
        if way == 0 {
            let inside = (low < from || low_counts && low == from)
                && (from < high || high_counts && high == from);
            return if inside { Self::ALWAYS } else { Self::NEVER };
        }
        let time = |line: i128| ((line - from) * way.signum(), way.abs());
        let line = if way > 0 {
            [(time(low), low_counts), (time(high), high_counts)]
        } else {
            [(time(high), high_counts), (time(low), low_counts)]
        };
        let [(first, first_counts), (last, last_counts)] = line;
        Self { first, first_counts, last, last_counts }.and(Self::ALWAYS)
    }

    fn and(self, other: Self) -> Self {
        let below = |a: (i128, i128), b: (i128, i128)| a.0 * b.1 < b.0 * a.1;
        let (mut times, same) = (self, |a, b| !below(a, b) && !below(b, a));
        if below(self.first, other.first) {
            (times.first, times.first_counts) = (other.first, other.first_counts);
        } else if same(self.first, other.first) {
            times.first_counts &= other.first_counts;
        }
        if below(other.last, self.last) {
            (times.last, times.last_counts) = (other.last, other.last_counts);
        } else if same(self.last, other.last) {
            times.last_counts &= other.last_counts;
        }
        times
    }

    fn is_empty(self) -> bool {
        let (first, last) = (self.first.0 * self.last.1, self.last.0 * self.first.1);
        first > last || first == last && !(self.first_counts && self.last_counts)
    }
}

fn edges(ring: &[Corner]) -> impl Iterator<Item = (Corner, Corner)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

fn shares_ground(rings: &[Vec<Corner>], [west, south, east, north]: [i128; 4]) -> bool {
    let mut inside = false;
    // Twice the coordinates, so that the middle is whole.
    let (middle_x, middle_y) = (west + east, south + north);
    for (from, to) in rings.iter().flat_map(|ring| edges(ring)) {
        if runs_through(from, to, [west, south, east, north]) {
            return true;
        }
        let ((x1, y1), (x2, y2)) = ((2 * from.0, 2 * from.1), (2 * to.0, 2 * to.1));
        if (y1 > middle_y) != (y2 > middle_y) {
            // The side of the edge on which the middle lies, for an edge that goes up.
            let side = (x2 - x1) * (middle_y - y1) - (y2 - y1) * (middle_x - x1);
            inside ^= (side > 0) == (y2 > y1);
        }
    }
    inside
}

/// Whether a segment meets the open rectangle: no axis and not its own normal separates the two.
fn runs_through(from: Corner, to: Corner, [west, south, east, north]: [i128; 4]) -> bool {
    if from == to {
        return false;
    }
    let apart = |low: i128, high: i128, a: i128, b: i128| a.max(b) <= low || a.min(b) >= high;
    if apart(west, east, from.0, to.0) || apart(south, north, from.1, to.1) {
        return false;
    }
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let sides = [(west, south), (east, south), (east, north), (west, north)]
        .map(|(x, y)| dx * (y - from.1) - dy * (x - from.0));
    sides.iter().any(|side| *side > 0) && sides.iter().any(|side| *side < 0)
}

/// The fewest codes with the same area: complete sets of brothers give way to their parent.
pub fn compact(codes: &BTreeSet<String>) -> BTreeSet<String> {
    let mut left = codes.clone();
    // A code whose beginning is there as well adds nothing.
    left.retain(|code| {
        !plane::LENGTHS.iter().any(|cut| *cut < code.len() && codes.contains(&code[..*cut]))
    });
    for level in (1..plane::LEVELS).rev() {
        let mut brothers: BTreeMap<String, i128> = BTreeMap::new();
        for code in left.iter().filter(|code| code.len() == plane::LENGTHS[level]) {
            *brothers.entry(code[..plane::LENGTHS[level - 1]].to_owned()).or_default() += 1;
        }
        for (parent, _) in brothers.iter().filter(|(_, count)| **count == plane::children(level)) {
            left.retain(|code| !code.starts_with(parent));
            left.insert(parent.clone());
        }
    }
    left
}
