//! The cells that one calibrated view sees, with error, sharpness and share of each.
//!
//! In: a [`GroundView`] and how fine the cells shall be. Out: one [`SeenCell`] for each cell of each
//! plane of which some part is seen; a road under a deck gives its own. Error and sharpness are taken
//! at the middle of what is seen of the cell, in its whole middle where all of it is.

use super::{CARD_LEVEL, parts::Parts};
use crate::domain::{
    geo::{EastNorth, GeoPoint, LocalFrame},
    grid::{GridCell, GridError, Level, LonLat, Region},
    ground::{FOOT_JITTER_OF_HEIGHT, GroundView, POINTED_NOISE_PX},
    pixel::PixelPoint,
};
use std::collections::{BTreeMap, BTreeSet};

/// The thing whose place the stated error is about: a bin, a stall, a person stands this high. How far
/// its box's bottom edge jitters follows from how large it appears.
pub const TARGET_HEIGHT_METRES: f64 = 1.5;
/// Half the way over which pixels a metre are counted.
const STEP_METRES: f64 = 0.25;

/// How fine the cells shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All of one level.
    Level(Level),
    /// Level 7, and level 8 near the camera where the error allows it.
    AsErrorAllows,
}

/// What a view sees of one cell on one of its planes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenCell {
    pub cell: GridCell,
    /// Index into [`GroundView::planes`].
    pub plane: usize,
    /// Ellipsoidal height of the plane there.
    pub height_metres: f64,
    /// 95 % radius of the place of a thing of [`TARGET_HEIGHT_METRES`] there.
    pub error_metres: f64,
    /// Pixels that a metre across the line of sight spans.
    pub px_per_metre: f64,
    /// Share of the cell that is seen, over 0 to 1.
    pub share: f64,
}

/// The ground of one view.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    pub cells: Vec<SeenCell>,
    /// The hull of each plane on the ground.
    pub outlines: Vec<Vec<GeoPoint>>,
}

/// The cells that a view sees. Fails where a hull is too large for the level.
pub fn footprint(view: &GroundView, detail: Detail) -> Result<Footprint, GridError> {
    let cells = match detail {
        Detail::Level(level) if level < CARD_LEVEL => coarsened(&sampled(view, CARD_LEVEL)?, level),
        Detail::Level(level) => sampled(view, level)?.into_iter().map(|(seen, _)| seen).collect(),
        Detail::AsErrorAllows => as_error_allows(view)?,
    };
    let outlines = view.planes().iter().map(|plane| view.plane_outline(plane)).collect();
    Ok(Footprint { cells, outlines })
}

fn as_error_allows(view: &GroundView) -> Result<Vec<SeenCell>, GridError> {
    let eye = Eye::of(view);
    let mut cells = Vec::new();
    for (seen, _) in sampled(view, CARD_LEVEL)? {
        let allowed = Level::for_accuracy(seen.error_metres, seen.cell.centre().lat_deg);
        if allowed > CARD_LEVEL {
            let near = seen.cell.children()?.filter_map(|cell| eye.look_at(seen.plane, cell));
            cells.extend(near.map(|(seen, _)| seen));
        } else {
            cells.push(seen);
        }
    }
    Ok(cells)
}

/// Each seen cell of a level with its seen parts; plane by plane, in the order of their keys.
pub(super) fn sampled(
    view: &GroundView,
    level: Level,
) -> Result<Vec<(SeenCell, Parts)>, GridError> {
    let eye = Eye::of(view);
    let mut all = Vec::new();
    for (index, plane) in view.planes().iter().enumerate() {
        let outline = view.plane_outline(plane);
        let ring =
            outline.iter().map(|p| LonLat { lon_deg: p.lon_deg, lat_deg: p.lat_deg }).collect();
        let inside = Region::polygon(&[ring])?.cells(level)?;
        // A bent lens's outline is a chain of chords; what bulges out between them is next to a cell.
        let rim = inside.iter().flat_map(|cell| cell.neighbours8()).collect::<Vec<_>>();
        let candidates: BTreeSet<GridCell> = inside.into_iter().chain(rim).collect();
        all.extend(candidates.into_iter().filter_map(|cell| eye.look_at(index, cell)));
    }
    Ok(all)
}

/// A view with the local frame of its origin.
struct Eye<'a> {
    view: &'a GroundView,
    local: LocalFrame,
}

impl<'a> Eye<'a> {
    fn of(view: &'a GroundView) -> Self {
        Self { view, local: LocalFrame::about(view.origin) }
    }

    fn look_at(&self, plane: usize, cell: GridCell) -> Option<(SeenCell, Parts)> {
        let mut parts = Parts::NONE;
        let mut middle = EastNorth { east_metres: 0.0, north_metres: 0.0 };
        for (bit, at) in Parts::middles(cell) {
            let point = GeoPoint { lon_deg: at.lon_deg, lat_deg: at.lat_deg };
            let local = self.local.local_from_geo(point);
            if self.shows(plane, local) {
                parts = parts.or(bit);
                middle.east_metres += local.east_metres;
                middle.north_metres += local.north_metres;
            }
        }
        if parts.is_none() {
            return None;
        }
        middle.east_metres /= f64::from(parts.count());
        middle.north_metres /= f64::from(parts.count());
        let px_per_metre = self.px_per_metre(plane, middle)?;
        let jitter_px = FOOT_JITTER_OF_HEIGHT * TARGET_HEIGHT_METRES * px_per_metre;
        let pixel = self.pixel(plane, middle)?;
        let located = self.view.locate_on(plane, pixel, POINTED_NOISE_PX.hypot(jitter_px))?;
        let share = f64::from(parts.count()) / f64::from(Parts::ALL.count());
        let seen = SeenCell {
            cell,
            plane,
            height_metres: located.height_metres,
            error_metres: located.error_metres,
            px_per_metre,
            share,
        };
        Some((seen, parts))
    }

    fn pixel(&self, plane: usize, local: EastNorth) -> Option<PixelPoint> {
        let ground = self.view.planes().get(plane)?;
        self.view.image_from_geo(self.local.geo_from_local(local), ground.height_at(local))
    }

    /// Whether the picture shows this spot of the plane: no plane before it, no occluder.
    fn shows(&self, plane: usize, local: EastNorth) -> bool {
        self.pixel(plane, local).is_some_and(|pixel| {
            let first = self.view.planes().iter().position(|ground| ground.hull.contains(pixel));
            first == Some(plane)
                && !self.view.occluders().iter().any(|occluder| occluder.contains(pixel))
        })
    }

    /// The longer half-axis of the ellipse that a circle of a metre on the ground appears as.
    fn px_per_metre(&self, plane: usize, at: EastNorth) -> Option<f64> {
        let along = |east: f64, north: f64| {
            let moved = |sign: f64| {
                self.pixel(
                    plane,
                    EastNorth {
                        east_metres: at.east_metres + sign * east,
                        north_metres: at.north_metres + sign * north,
                    },
                )
            };
            let (ahead, behind) = (moved(STEP_METRES)?, moved(-STEP_METRES)?);
            let way = 2.0 * STEP_METRES;
            Some(((ahead.x - behind.x) / way, (ahead.y - behind.y) / way))
        };
        let (ex, ey) = along(1.0, 0.0)?;
        let (nx, ny) = along(0.0, 1.0)?;
        let (east, north, both) = (ex * ex + ey * ey, nx * nx + ny * ny, ex * nx + ey * ny);
        let half = (east + north) / 2.0;
        Some((half + ((east - north) / 2.0).hypot(both)).sqrt())
    }
}

/// Cells of a coarser level from sampled ones: their seen ground and what is seen there on average.
fn coarsened(fine: &[(SeenCell, Parts)], level: Level) -> Vec<SeenCell> {
    let mut sums: BTreeMap<(GridCell, usize), (SeenCell, f64)> = BTreeMap::new();
    for (seen, _) in fine {
        let Some(cell) = seen.cell.ancestor(level) else { continue };
        let nothing = SeenCell {
            cell,
            plane: seen.plane,
            height_metres: 0.0,
            error_metres: 0.0,
            px_per_metre: 0.0,
            share: 0.0,
        };
        let (sum, weight) = sums.entry((cell, seen.plane)).or_insert((nothing, 0.0));
        sum.height_metres += seen.share * seen.height_metres;
        sum.error_metres += seen.share * seen.error_metres;
        sum.px_per_metre += seen.share * seen.px_per_metre;
        *weight += seen.share;
    }
    sums.into_values()
        .map(|(sum, weight)| SeenCell {
            height_metres: sum.height_metres / weight,
            error_metres: sum.error_metres / weight,
            px_per_metre: sum.px_per_metre / weight,
            share: weight / fine_cells(level),
            ..sum
        })
        .collect()
}

/// Level-7 cells in a cell of a coarser level.
pub(super) fn fine_cells(level: Level) -> f64 {
    let (coarse, fine) = (level.cell_size_metres(0.0), CARD_LEVEL.cell_size_metres(0.0));
    let ratio = |coarse: f64, fine: f64| (coarse / fine).round();
    ratio(coarse.east_west_metres, fine.east_west_metres)
        * ratio(coarse.north_south_metres, fine.north_south_metres)
}
