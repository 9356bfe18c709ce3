//! Points, lines, boxes and polygons, a row of cells at a time.
//!
//! For each row a shape tells two sets of columns: those it *covers*, and of these some
//! that it *fills*, where nothing finer need be looked at. Which cells are covered is exact
//! and the same at every level: the parent of a covered cell is covered.
//!
//! ```text
//!   areas   cover what they share ground with; touching from outside does not count
//!   lines   and points cover the cells that their points belong to when encoded
//! ```

use alloc::vec::Vec;

use super::plane::{Band, Corner, Edge, Ratio, X_MAX, Y_MAX, owner};
use super::spans::Span;

/// The columns of a row that shapes cover, and fill; in any order.
#[derive(Debug, Default)]
pub(super) struct RowCover {
    pub covered: Vec<Span>,
    pub filled: Vec<Span>,
}

/// A line or, with both ends the same, a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line(Edge);

impl Line {
    pub(super) fn new(start: Corner, end: Corner) -> Self {
        // The 180th meridian belongs to the cells before it, and so does the cap's edge here.
        let within = |corner: Corner| Corner {
            x: corner.x.clamp(1 - X_MAX, X_MAX - 1),
            y: corner.y.clamp(1 - Y_MAX, Y_MAX - 1),
        };
        Self(Edge::new(within(start), within(end)))
    }

    pub(super) fn edge(self) -> Edge {
        self.0
    }

    pub(super) fn add_to(self, band: Band, row: &mut RowCover) {
        if let Some((from, last)) = self.columns(band) {
            row.covered.push(Span { from, to: last + 1 });
        }
    }

    /// First and last column of the cells that own the line's points in a row.
    fn columns(self, band: Band) -> Option<(i64, i64)> {
        let Self(edge) = self;
        let owns = |y: i64| Band::owner_row(band.level, y) == band.row;
        if edge.is_flat() {
            let column = |x: i64| owner(Ratio::whole(x, band.width));
            let (west, east) = (edge.low.x.min(edge.high.x), edge.low.x.max(edge.high.x));
            return owns(edge.low.y).then(|| (column(west), column(east)));
        }
        let (enters, leaves) = (edge.low.y.max(band.bottom), edge.high.y.min(band.top));
        if enters > leaves {
            return None;
        }
        let end = |y: i64| (edge.x_at(y, band.width), owns(y));
        let (start, stop) = (end(enters), end(leaves));
        if enters == leaves {
            let (x, owned) = start;
            return owned.then(|| (owner(x), owner(x)));
        }
        let (west, east) = if stop.0.is_below(start.0) { (stop, start) } else { (start, stop) };
        if !west.0.is_below(east.0) {
            // It runs due north: every point has the same column.
            return Some((owner(west.0), owner(west.0)));
        }
        // An end that belongs to another row is left out, the points just before it are not.
        let from = if west.1 { owner(west.0) } else { west.0.floor() };
        let last = if east.1 { owner(east.0) } else { east.0.ceil() - 1 };
        Some((from, last))
    }
}

/// A box that has width and height; its east edge may lie beyond the 180th meridian.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rect {
    pub low: Corner,
    pub high: Corner,
}

impl Rect {
    pub(super) fn meets(self, band: Band) -> bool {
        self.low.y < band.top && band.bottom < self.high.y
    }

    pub(super) fn add_to(self, band: Band, row: &mut RowCover) {
        if !self.meets(band) {
            return;
        }
        let (west, east) =
            (Ratio::whole(self.low.x, band.width), Ratio::whole(self.high.x, band.width));
        row.covered.push(Span { from: west.floor(), to: east.ceil() });
        if self.low.y <= band.bottom && band.top <= self.high.y {
            row.filled.push(Span { from: west.ceil(), to: east.floor() });
        }
    }

    pub(super) fn outline(self) -> [Edge; 4] {
        let (Self { low, high }, turn) = (self, |x, y| Corner { x, y });
        let (south_east, north_west) = (turn(high.x, low.y), turn(low.x, high.y));
        [(low, south_east), (south_east, high), (high, north_west), (north_west, low)]
            .map(|(start, end)| Edge::new(start, end))
    }
}

/// The edges of one polygon, rings in any order and direction, by the even-odd rule.
#[derive(Debug, Clone)]
pub(super) struct Polygon(pub Vec<Edge>);

impl Polygon {
    /// The edges that a row of cells needs.
    pub(super) fn narrowed(&self, band: Band) -> Self {
        Self(self.0.iter().copied().filter(|edge| edge.meets(band)).collect())
    }

    /// ```text
    ///   touched: columns whose open inside an edge runs through
    ///   inside:  columns between an odd and an even crossing of the row's middle line
    /// ```
    /// A cell that no edge runs through is wholly in or out, which its middle line tells.
    pub(super) fn add_to(&self, band: Band, row: &mut RowCover) {
        let Self(edges) = self;
        let middle = band.bottom + (band.top - band.bottom) / 2;
        let (mut touched, mut crossings) = (Vec::new(), Vec::new());
        for edge in edges {
            if let Some((west, east)) = edge.within(band) {
                let span = Span { from: west.floor(), to: east.ceil() };
                if span.from < span.to {
                    touched.push(span);
                }
            }
            if edge.low.y <= middle && middle < edge.high.y {
                crossings.push(edge.x_at(middle, band.width).floor());
            }
        }
        touched.sort_unstable();
        crossings.sort_unstable();
        row.covered.extend(&touched);
        for pair in crossings.chunks_exact(2) {
            let mut inside = Span { from: pair[0], to: pair[1] };
            if inside.from == inside.to {
                continue;
            }
            row.covered.push(inside);
            for edge in touched.iter().filter(|edge| edge.from < inside.to) {
                if inside.from < edge.from {
                    row.filled.push(Span { from: inside.from, to: edge.from });
                }
                inside.from = inside.from.max(edge.to);
            }
            if inside.from < inside.to {
                row.filled.push(inside);
            }
        }
    }
}
