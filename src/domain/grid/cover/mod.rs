//! The cells of an area: every cell that shares some ground with it, no other.
//!
//! In: points, lines, boxes, polygons or GeoJSON in degrees, a buffer in metres, a level,
//! for boxes of the third dimension a range of heights. Out: the cells, row by row from
//! south to north and each row from west to east; or the fewest cells of mixed levels that
//! make up the same area, sorted by key, worked out without spelling out the inside.
//!
//! Exact, without sampling: corners are rounded once to 1/2^22 of a unit (4 nm), all else
//! is whole numbers. Of areas, touching a cell from outside does not count, so the cover of
//! a cell's own bounds is that cell; points and lines have no inside and are covered by the
//! cells that their points belong to. Rings follow the even-odd rule, so holes need no
//! orientation. Edges are straight in degrees. Boxes and buffers may cross the 180th
//! meridian; polygons and lines are cut there, as RFC 7946 has it, and an edge over more
//! than 180 degrees is refused as one that was not. All ends at 88 degrees.
//! At most [`CELLS_MAX`] cells; more is an error, not a full memory.

use alloc::format;
use alloc::vec::Vec;

use super::cell::{CellBounds, LonLat};
use super::{GeoJson, GridCell, GridError, GridSet, Level};

mod capsule;
mod heights;
mod plane;
mod shapes;
mod spans;
mod walk;

use self::capsule::{Capsule, check_buffer};
pub use self::heights::HeightSpan;
use self::plane::{Corner, Edge, X_MAX};
use self::shapes::{Line, Polygon, Rect};
use self::walk::Shapes;

/// Most cells that a cover or an uncompacted set may have.
pub const CELLS_MAX: usize = 4_000_000;

/// Most pieces that a buffer may have: one an edge, and more where an edge spans much
/// latitude.
const PIECES_MAX: usize = 1_000_000;

/// The cells of a box; one whose west edge lies east of its east edge crosses the 180th
/// meridian.
pub fn cover_bbox(bbox: CellBounds, level: Level) -> Result<Vec<GridCell>, GridError> {
    Region::bbox(bbox)?.cells(level)
}

/// The cells of a GeoJSON object.
pub fn cover_geojson(object: &GeoJson, level: Level) -> Result<Vec<GridCell>, GridError> {
    object.region()?.cells(level)
}

/// Part of the Earth's surface: points, lines and areas together, in degrees.
///
/// ```
/// use gridwarden::domain::grid::{Level, LonLat, Region};
/// let street = [(114.340, 22.690), (114.345, 22.692)]
///     .map(|(lon_deg, lat_deg)| LonLat { lon_deg, lat_deg });
/// let kerb_to_kerb = Region::line(&street)?.buffered(6.0)?;
/// let cells = kerb_to_kerb.cells(Level::Eight)?;
/// let few = kerb_to_kerb.compacted(Level::Eight)?;
/// assert!(few.cells().len() < cells.len());
/// assert!(cells.iter().all(|cell| few.contains(*cell)));
/// # Ok::<(), gridwarden::domain::grid::GridError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Region {
    shapes: Shapes,
}

impl Region {
    pub fn point(point: LonLat) -> Result<Self, GridError> {
        Self::line(&[point])
    }

    /// A line from point to point.
    pub fn line(points: &[LonLat]) -> Result<Self, GridError> {
        let corners = corners(points)?;
        let Some(&first) = corners.first() else {
            return Err(GridError::Area("a line has no points".into()));
        };
        let lines = match corners.len() {
            1 => [Line::new(first, first)].into(),
            _ => corners.windows(2).map(|ends| Line::new(ends[0], ends[1])).collect(),
        };
        Ok(Self { shapes: Shapes { lines, ..Shapes::default() } })
    }

    /// A polygon of rings; the last point of a ring is joined to the first.
    pub fn polygon(rings: &[Vec<LonLat>]) -> Result<Self, GridError> {
        let mut edges = Vec::new();
        for ring in rings {
            let corners = corners(ring)?;
            let closing = [corners.last(), corners.first()].into_iter().flatten().copied();
            let closing: Vec<Corner> = closing.collect();
            check_not_around(&closing)?;
            let pairs = corners.windows(2).chain(closing.windows(2));
            edges.extend(pairs.filter(|ends| ends[0] != ends[1]).map(|e| Edge::new(e[0], e[1])));
        }
        if edges.is_empty() {
            return Err(GridError::Area("a polygon has no extent".into()));
        }
        let polygons = [Polygon(edges)].into();
        Ok(Self { shapes: Shapes { polygons, ..Shapes::default() } })
    }

    /// A box. West greater than east means across the 180th meridian. One without width or
    /// height is a line or a point.
    pub fn bbox(bbox: CellBounds) -> Result<Self, GridError> {
        let CellBounds { west_deg, south_deg, east_deg, north_deg } = bbox;
        let low = Corner::of(LonLat { lon_deg: west_deg, lat_deg: south_deg })?;
        let mut high = Corner::of(LonLat { lon_deg: east_deg, lat_deg: north_deg })?;
        if low.y > high.y {
            let value = format!("box {west_deg},{south_deg},{east_deg},{north_deg}");
            return Err(GridError::Bbox(value));
        }
        let mut shapes = Shapes::default();
        let around = low.x > high.x;
        if around {
            high.x += 2 * X_MAX;
        }
        if low.x != high.x && low.y != high.y {
            shapes.rects.push(Rect { low, high });
        } else if around {
            let seam = |x| Corner { x, y: low.y };
            shapes.lines.push(Line::new(low, seam(X_MAX)));
            shapes.lines.push(Line::new(seam(-X_MAX), Corner { x: high.x - 2 * X_MAX, ..high }));
        } else {
            shapes.lines.push(Line::new(low, high));
        }
        Ok(Self { shapes })
    }

    /// Both regions together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.shapes.lines.extend(other.shapes.lines);
        self.shapes.rects.extend(other.shapes.rects);
        self.shapes.polygons.extend(other.shapes.polygons);
        self.shapes.capsules.extend(other.shapes.capsules);
        self
    }

    /// The region and all within so many metres of it, up to 100 km. Nothing within the
    /// distance is left out; up to 1 km and 60 degrees of latitude less than a thousandth
    /// of it is added.
    pub fn buffered(mut self, metres: f64) -> Result<Self, GridError> {
        check_buffer(metres)?;
        if metres == 0.0 {
            return Ok(self);
        }
        let Shapes { lines, rects, polygons, .. } = &self.shapes;
        let outlines = lines.iter().map(|line| line.edge());
        let outlines = outlines.chain(rects.iter().flat_map(|rect| rect.outline()));
        let outlines =
            outlines.chain(polygons.iter().flat_map(|polygon| polygon.0.iter().copied()));
        let mut capsules = Vec::new();
        for edge in outlines {
            capsules.extend(Capsule::along(edge, metres)?);
            if capsules.len() > PIECES_MAX {
                return Err(GridError::Area(format!(
                    "a buffer of {metres} metres about it has more than {PIECES_MAX} pieces"
                )));
            }
        }
        self.shapes.capsules.extend(capsules);
        Ok(self)
    }

    /// Every cell of a level that shares ground with the region.
    pub fn cells(&self, level: Level) -> Result<Vec<GridCell>, GridError> {
        walk::cells(&self.shapes, level)
    }

    /// The area of [`Self::cells`] as the fewest cells of this level and coarser ones.
    pub fn compacted(&self, level: Level) -> Result<GridSet<GridCell>, GridError> {
        Ok(GridSet::from_compacted(walk::fewest_cells(&self.shapes, level)?))
    }
}

fn corners(points: &[LonLat]) -> Result<Vec<Corner>, GridError> {
    let corners = points.iter().map(|&point| Corner::of(point)).collect::<Result<Vec<_>, _>>()?;
    check_not_around(&corners)?;
    Ok(corners)
}

/// Refuses an edge over more than half the globe: it was meant the other way round.
fn check_not_around(corners: &[Corner]) -> Result<(), GridError> {
    let around = corners.windows(2).find(|ends| (ends[0].x - ends[1].x).abs() > X_MAX);
    around.map_or(Ok(()), |ends| {
        Err(GridError::Area(format!(
            "an edge from longitude {} to {} runs over more than 180 degrees; an area or line \
             across the 180th meridian is cut in two there (RFC 7946, 3.1.9)",
            ends[0].lon_deg(),
            ends[1].lon_deg()
        )))
    })
}

#[cfg(test)]
mod case_tests;
#[cfg(test)]
mod tests;
