//! From shapes to cells: row by row at one level, or from coarse rows to fine ones.
//!
//! The second way looks at finer rows only where a shape's edge runs, and so spells out the
//! rim of an area but not its inside:
//!
//! ```text
//!   row of level L:   filled columns    are kept as cells of L
//!                     covered, not full are looked at in the rows of L+1, and so on
//!   back in L:        columns covered in every finer row are kept as cells of L after all
//! ```
//! A cell is written once its parent is known not to be whole, so the result is what
//! compacting all cells of the finest level would give.

use alloc::vec::Vec;

use super::super::level::Level;
use super::super::{CELLS_MAX, GridCell, GridError};
use super::capsule::Capsule;
use super::plane::Band;
use super::shapes::{Line, Polygon, Rect, RowCover};
use super::spans::{Span, Spans};

/// Shapes that are covered together.
#[derive(Debug, Clone, Default)]
pub(super) struct Shapes {
    pub lines: Vec<Line>,
    pub rects: Vec<Rect>,
    pub polygons: Vec<Polygon>,
    pub capsules: Vec<Capsule>,
}

/// Columns of a row that are covered, and of these some that need no finer look.
struct Row {
    covered: Spans,
    filled: Spans,
}

impl Shapes {
    /// South and north end of each shape, of polygons each edge.
    fn extents(&self) -> impl Iterator<Item = (i64, i64)> {
        let edges = self.lines.iter().map(|line| line.edge());
        let edges = edges.chain(self.polygons.iter().flat_map(|polygon| polygon.0.iter().copied()));
        let extents = edges.map(|edge| (edge.low.y, edge.high.y));
        let extents = extents.chain(self.rects.iter().map(|rect| (rect.low.y, rect.high.y)));
        extents.chain(self.capsules.iter().map(|capsule| (capsule.bottom(), capsule.top())))
    }

    /// The rows of a level that may hold something.
    fn rows(&self, level: Level) -> core::ops::Range<i64> {
        let extents = self.extents().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let half = level.row().half_rows;
        let row = |y: i64| Band::owner_row(level, y).clamp(-half, half - 1);
        match extents {
            Some((bottom, top)) => row(bottom)..row(top) + 1,
            None => 0..0,
        }
    }

    /// What a row of cells needs of these.
    fn narrowed(&self, band: Band) -> Self {
        let polygons = self.polygons.iter().map(|polygon| polygon.narrowed(band));
        Self {
            lines: kept(&self.lines, |line| line.edge().meets(band)),
            rects: kept(&self.rects, |rect| rect.meets(band)),
            polygons: polygons.filter(|polygon| !polygon.0.is_empty()).collect(),
            capsules: kept(&self.capsules, |capsule| capsule.meets(band)),
        }
    }

    fn is_empty(&self) -> bool {
        let Self { lines, rects, polygons, capsules } = self;
        lines.is_empty() && rects.is_empty() && polygons.is_empty() && capsules.is_empty()
    }

    fn row(&self, band: Band) -> Row {
        let mut row = RowCover::default();
        self.lines.iter().for_each(|line| line.add_to(band, &mut row));
        self.rects.iter().for_each(|rect| rect.add_to(band, &mut row));
        self.polygons.iter().for_each(|polygon| polygon.add_to(band, &mut row));
        self.capsules.iter().for_each(|capsule| capsule.add_to(band, &mut row));
        let half = band.level.row().half_columns;
        Row { covered: Spans::around(row.covered, half), filled: Spans::around(row.filled, half) }
    }
}

fn kept<T: Copy>(all: &[T], keep: impl Fn(T) -> bool) -> Vec<T> {
    all.iter().copied().filter(|&one| keep(one)).collect()
}

/// The rows of the level below that make up a row.
fn finer_rows(row: i64, finer: Level) -> core::ops::Range<i64> {
    let split = i64::from(finer.row().split_lat);
    row * split..(row + 1) * split
}

/// All cells of a level, row by row from south to north and each row from west to east.
pub(super) fn cells(shapes: &Shapes, level: Level) -> Result<Vec<GridCell>, GridError> {
    // One shape alone with too many rows: known before any of them is looked at.
    let rows = |(bottom, top)| Band::owner_row(level, top) - Band::owner_row(level, bottom);
    check_count(shapes.extents().map(rows).max().unwrap_or(0).unsigned_abs(), level)?;
    let mut sweep = Sweep { target: level, spans: Vec::new(), cells: 0, bare_rows: 0 };
    for row in shapes.rows(Level::One) {
        let band = Band::new(Level::One, row);
        sweep.enter(band, &shapes.narrowed(band))?;
    }
    let mut cells = Vec::with_capacity(sweep.cells as usize);
    for (row, span) in sweep.spans {
        push_cells(level, row, span, &mut cells);
    }
    Ok(cells)
}

struct Sweep {
    target: Level,
    /// Of one row after the other.
    spans: Vec<(i64, Span)>,
    cells: u64,
    /// Rows that shapes touch without covering a cell: a polygon without width along a line of the grid
    /// may run through millions of them.
    bare_rows: u64,
}

impl Sweep {
    fn enter(&mut self, band: Band, shapes: &Shapes) -> Result<(), GridError> {
        if shapes.is_empty() {
            return Ok(());
        }
        let finer = band.level.finer().filter(|_| band.level < self.target);
        let Some(finer) = finer else {
            let covered = shapes.row(band).covered;
            if covered.is_empty() {
                self.bare_rows += 1;
                return check_count(self.bare_rows, self.target);
            }
            self.cells += covered.columns();
            self.spans.extend(covered.as_slice().iter().map(|&span| (band.row, span)));
            return check_count(self.cells, self.target);
        };
        for row in finer_rows(band.row, finer) {
            let band = Band::new(finer, row);
            self.enter(band, &shapes.narrowed(band))?;
        }
        Ok(())
    }
}

/// The fewest cells, of any level up to `level`, that make up the cover of that level.
pub(super) fn fewest_cells(shapes: &Shapes, level: Level) -> Result<Vec<GridCell>, GridError> {
    let mut descent = Descent { target: level, cells: Vec::new(), rim_rows: 0 };
    let half = Level::One.row().half_columns;
    let everywhere = Spans::around([Span { from: -half, to: half }].into(), half);
    for row in shapes.rows(Level::One) {
        let band = Band::new(Level::One, row);
        let whole = descent.enter(band, &shapes.narrowed(band), &everywhere)?;
        descent.keep(band, &whole)?;
    }
    let mut cells = descent.cells;
    cells.sort_by_cached_key(|cell| cell.key());
    Ok(cells)
}

struct Descent {
    target: Level,
    cells: Vec<GridCell>,
    /// Rows of the finest level looked at: each has a rim, so an area with too many of them
    /// has too many cells, even if they should come to fit into coarse ones.
    rim_rows: u64,
}

impl Descent {
    /// Works out a row within the columns that are asked for, keeps what is finer than the
    /// row, and returns the columns that are wholly covered.
    fn enter(&mut self, band: Band, shapes: &Shapes, asked: &Spans) -> Result<Spans, GridError> {
        if shapes.is_empty() {
            return Ok(Spans::default());
        }
        let Row { covered, filled } = shapes.row(band);
        let covered = covered.intersection(asked);
        if band.level == self.target {
            self.rim_rows += 1;
            check_count(self.rim_rows, self.target)?;
            return Ok(covered);
        }
        let filled = filled.intersection(asked);
        let rim = covered.difference(&filled);
        let Some(finer) = band.level.finer().filter(|_| !rim.is_empty()) else {
            return Ok(filled);
        };
        let asked = rim.finer(finer.row().split_lon);
        let mut rows = Vec::new();
        for row in finer_rows(band.row, finer) {
            let band = Band::new(finer, row);
            rows.push((band, self.enter(band, &shapes.narrowed(band), &asked)?));
        }
        let in_every_row = rows.iter().fold(asked, |whole, (_, spans)| whole.intersection(spans));
        let completed = in_every_row.coarser(finer.row().split_lon);
        let inside = completed.finer(finer.row().split_lon);
        for (band, spans) in &rows {
            self.keep(*band, &spans.difference(&inside))?;
        }
        Ok(filled.union(&completed))
    }

    fn keep(&mut self, band: Band, spans: &Spans) -> Result<(), GridError> {
        check_count(self.cells.len() as u64 + spans.columns(), self.target)?;
        for &span in spans.as_slice() {
            push_cells(band.level, band.row, span, &mut self.cells);
        }
        Ok(())
    }
}

fn check_count(cells: u64, level: Level) -> Result<(), GridError> {
    let cells_max = CELLS_MAX;
    if cells > cells_max as u64 {
        return Err(GridError::TooManyCells { level, cells_max });
    }
    Ok(())
}

fn push_cells(level: Level, row: i64, span: Span, cells: &mut Vec<GridCell>) {
    let columns = span.from..span.to;
    cells.extend(columns.filter_map(|column| GridCell::from_signed(level, column, row)));
}
