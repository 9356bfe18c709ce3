//! The cells of an area: every cell that shares some ground with it, no other.
//!
//! In: a box, a `geo` polygon or a GeoJSON area, in degrees; a level. Out: the cells, row
//! by row from south to north and each row from west to east.
//!
//! Exact, without sampling: corners are rounded once to 1/65536 of a unit (under a
//! micrometre), all else is integer. Touching an edge from outside does not count, so the
//! cover of a cell's own bounds is that cell. A row of cells is worked out at a time:
//! ```text
//!   touched: columns whose open inside an edge of the polygon runs through
//!   inside:  columns between an odd and an even crossing of the row's middle line
//! ```
//! A cell that no edge runs through is wholly in or out, which its middle line tells.
//! Rings follow the even-odd rule, so holes need no orientation. Edges are straight in
//! degrees. Polygons do not wrap around the 180th meridian and end at 88 degrees.
//! At most [`CELLS_MAX`] cells; more is an error, not a full memory.

use geo::{LineString, MultiPolygon};

use super::cell::{check_lat, check_lon};
use super::level::UNITS_PER_DEG;
use super::neighbours::{half_columns, half_rows};
use super::{CellBounds, GeoJson, GridCell, GridError, Level};

/// Most cells that a cover or an uncompacted set may have.
pub const CELLS_MAX: usize = 4_000_000;

/// Fixed-point steps in one unit of 1/2048".
const STEPS_PER_UNIT: i64 = 1 << 16;

/// A corner in steps east of the prime meridian and north of the equator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Corner {
    x: i64,
    y: i64,
}

/// Columns `from..to` of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    row: i64,
    from: i64,
    to: i64,
}

/// The cells of a box with west <= east and south <= north. A box without width or height
/// counts as lying in the cell that owns its points.
pub fn cover_bbox(bbox: CellBounds, level: Level) -> Result<Vec<GridCell>, GridError> {
    let south_west = corner(bbox.west_deg, bbox.south_deg)?;
    let north_east = corner(bbox.east_deg, bbox.north_deg)?;
    if south_west.x > north_east.x || south_west.y > north_east.y {
        return Err(GridError::Bbox(format!(
            "box {},{},{},{}",
            bbox.west_deg, bbox.south_deg, bbox.east_deg, bbox.north_deg
        )));
    }
    let (width, height) = cell_steps(level);
    let range = |low: i64, high: i64, size: i64, half: i64| {
        let from = low.div_euclid(size).min(half - 1);
        from..ceil_div(high, size).max(from + 1)
    };
    let columns = range(south_west.x, north_east.x, width, half_columns(level));
    let rows = range(south_west.y, north_east.y, height, half_rows(level));
    if (rows.end - rows.start).saturating_mul(columns.end - columns.start) > CELLS_MAX as i64 {
        return Err(too_many(level));
    }
    let spans = rows.map(|row| Span { row, from: columns.start, to: columns.end });
    Ok(cells_of(level, spans.collect()))
}

/// The cells of one or more polygons.
pub fn cover_area(area: &MultiPolygon<f64>, level: Level) -> Result<Vec<GridCell>, GridError> {
    let ring = |line: &LineString<f64>| {
        line.coords().map(|point| corner(point.x, point.y)).collect::<Result<Vec<_>, _>>()
    };
    let mut cover = Cover::new(level);
    for polygon in area {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        cover.add(&rings.map(ring).collect::<Result<Vec<_>, _>>()?)?;
    }
    cover.finish()
}

/// The cells of a GeoJSON area.
pub fn cover_geojson(area: &GeoJson, level: Level) -> Result<Vec<GridCell>, GridError> {
    let mut cover = Cover::new(level);
    for polygon in area.polygons()? {
        let ring = |points: &Vec<super::LonLat>| {
            points.iter().map(|point| corner(point.lon_deg, point.lat_deg)).collect()
        };
        cover.add(&polygon.iter().map(ring).collect::<Result<Vec<_>, _>>()?)?;
    }
    cover.finish()
}

/// An edge with `low.y <= high.y`.
#[derive(Debug, Clone, Copy)]
struct Edge {
    low: Corner,
    high: Corner,
}

/// A whole number over a positive one.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Edge {
    /// Where a non-horizontal edge meets height `y`, in cell widths.
    fn column_at(self, y: i64, width: i64) -> Ratio {
        let rise = i128::from(self.high.y - self.low.y);
        let run = i128::from(self.high.x - self.low.x);
        Ratio {
            numerator: i128::from(self.low.x) * rise + i128::from(y - self.low.y) * run,
            denominator: rise * i128::from(width),
        }
    }

    /// Columns of the row between `bottom` and `top` whose inside this edge runs through.
    fn touched(self, bottom: i64, top: i64, width: i64) -> (i64, i64) {
        let (from, to) = if self.low.y == self.high.y {
            if self.low.y == bottom {
                return (0, 0);
            }
            let whole = |x: i64| Ratio { numerator: x.into(), denominator: width.into() };
            (whole(self.low.x), whole(self.high.x))
        } else {
            let (enters, leaves) = (self.low.y.max(bottom), self.high.y.min(top));
            if enters >= leaves {
                return (0, 0);
            }
            (self.column_at(enters, width), self.column_at(leaves, width))
        };
        let (west, east) = if from.numerator <= to.numerator { (from, to) } else { (to, from) };
        (west.floor(), east.ceil())
    }
}

impl Ratio {
    fn floor(self) -> i64 {
        self.numerator.div_euclid(self.denominator) as i64
    }

    fn ceil(self) -> i64 {
        -((-self.numerator).div_euclid(self.denominator)) as i64
    }
}

struct Cover {
    level: Level,
    spans: Vec<Span>,
    cells: i64,
}

impl Cover {
    fn new(level: Level) -> Self {
        Self { level, spans: Vec::new(), cells: 0 }
    }

    /// Adds one polygon, its rings in any order.
    fn add(&mut self, rings: &[Vec<Corner>]) -> Result<(), GridError> {
        let (width, height) = cell_steps(self.level);
        let mut edges: Vec<Edge> = rings.iter().flat_map(|ring| ring_edges(ring)).collect();
        edges.sort_unstable_by_key(|edge| edge.low.y);
        let (Some(lowest), Some(highest)) =
            (edges.first().map(|edge| edge.low.y), edges.iter().map(|edge| edge.high.y).max())
        else {
            return Err(GridError::Area("a polygon has no extent".into()));
        };
        let mut waiting = edges.into_iter().peekable();
        let mut active: Vec<Edge> = Vec::new();
        for row in lowest.div_euclid(height)..ceil_div(highest, height) {
            let (bottom, top) = (row * height, (row + 1) * height);
            active.retain(|edge| edge.high.y > bottom);
            while let Some(edge) = waiting.next_if(|edge| edge.low.y < top) {
                active.push(edge);
            }
            let first = self.spans.len();
            self.push_row(row, &active, (bottom, top, width));
            self.merge_from(first);
            self.cells += self.spans[first..].iter().map(|span| span.to - span.from).sum::<i64>();
            if self.cells > CELLS_MAX as i64 {
                return Err(too_many(self.level));
            }
        }
        Ok(())
    }

    fn push_row(&mut self, row: i64, edges: &[Edge], (bottom, top, width): (i64, i64, i64)) {
        let middle = bottom + (top - bottom) / 2;
        let mut crossings = Vec::new();
        for edge in edges {
            let (from, to) = edge.touched(bottom, top, width);
            if from < to {
                self.spans.push(Span { row, from, to });
            }
            if edge.low.y <= middle && middle < edge.high.y {
                crossings.push(edge.column_at(middle, width).floor());
            }
        }
        crossings.sort_unstable();
        for pair in crossings.chunks_exact(2) {
            if pair[0] < pair[1] {
                self.spans.push(Span { row, from: pair[0], to: pair[1] });
            }
        }
    }

    /// Sorts and joins the spans from index `first` on.
    fn merge_from(&mut self, first: usize) {
        self.spans[first..].sort_unstable();
        let mut kept = first;
        for at in first..self.spans.len() {
            let span = self.spans[at];
            if kept > first && self.spans[kept - 1].row == span.row {
                let last = &mut self.spans[kept - 1];
                if span.from <= last.to {
                    last.to = last.to.max(span.to);
                    continue;
                }
            }
            self.spans[kept] = span;
            kept += 1;
        }
        self.spans.truncate(kept);
    }

    fn finish(mut self) -> Result<Vec<GridCell>, GridError> {
        self.merge_from(0);
        Ok(cells_of(self.level, self.spans))
    }
}

fn ring_edges(ring: &[Corner]) -> impl Iterator<Item = Edge> + '_ {
    let ends = ring.iter().cycle().skip(1);
    ring.iter().zip(ends).filter(|(start, end)| start != end).map(|(&start, &end)| {
        let (low, high) = if start.y <= end.y { (start, end) } else { (end, start) };
        Edge { low, high }
    })
}

fn cells_of(level: Level, spans: Vec<Span>) -> Vec<GridCell> {
    let cells = |span: Span| {
        (span.from..span.to)
            .filter_map(move |column| GridCell::from_signed(level, column, span.row))
    };
    spans.into_iter().flat_map(cells).collect()
}

/// Width and height of a cell in steps.
fn cell_steps(level: Level) -> (i64, i64) {
    let row = level.row();
    (i64::from(row.lon_units) * STEPS_PER_UNIT, i64::from(row.lat_units) * STEPS_PER_UNIT)
}

fn corner(lon_deg: f64, lat_deg: f64) -> Result<Corner, GridError> {
    check_lon(lon_deg)?;
    check_lat(lat_deg)?;
    if lat_deg.abs() > 88.0 {
        return Err(GridError::PolarUnsupported(format!("an area up to latitude {lat_deg}")));
    }
    let steps =
        |degrees: f64| (degrees * f64::from(UNITS_PER_DEG) * STEPS_PER_UNIT as f64).round() as i64;
    Ok(Corner { x: steps(lon_deg), y: steps(lat_deg) })
}

fn ceil_div(value: i64, by: i64) -> i64 {
    -(-value).div_euclid(by)
}

fn too_many(level: Level) -> GridError {
    GridError::TooManyCells { level, cells_max: CELLS_MAX }
}

#[cfg(test)]
#[path = "cover_tests.rs"]
mod tests;
