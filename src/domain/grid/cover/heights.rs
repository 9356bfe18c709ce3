//! A region and a range of heights as boxes.
//!
//! ```text
//!   boxes of level L = cells of the region x layers of the range
//!   whole at level L = cells whole at L    x layers of L wholly in the range
//! ```
//! A box is one of the fewest if it is whole and its parent is not, which a product makes
//! simple: either its layer lies in no whole layer of the parent's level, or its cell is one
//! of the fewest cells itself.

use alloc::vec::Vec;
use core::ops::Range;

use super::super::height::layer_numbers_between;
use super::super::height_layer::HeightLayer;
use super::super::height_scheme::HeightScheme;
use super::super::{CELLS_MAX, GridCell, GridCell3, GridError, GridSet, Level};
use super::Region;

/// Heights from one to another in ellipsoidal metres, and how their layers are written.
/// Layers that the range only touches do not count; a range without extent lies in the one
/// layer that holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeightSpan {
    pub from_metres: f64,
    pub to_metres: f64,
    pub scheme: HeightScheme,
}

impl Region {
    /// Every box of a level that shares space with the region between the heights.
    pub fn boxes(&self, level: Level, heights: HeightSpan) -> Result<Vec<GridCell3>, GridError> {
        let layers = layers_at(level, &heights.numbers(level)?, heights.scheme)?;
        let cells = self.cells(level)?;
        let mut boxes = Vec::new();
        push_product(&cells, &layers, &mut boxes, level)?;
        Ok(boxes)
    }

    /// The space of [`Self::boxes`] as the fewest boxes of this level and coarser ones.
    pub fn compacted_boxes(
        &self,
        level: Level,
        heights: HeightSpan,
    ) -> Result<GridSet<GridCell3>, GridError> {
        let numbers = heights.numbers(level)?;
        let fewest = self.compacted(level)?;
        let mut boxes = Vec::new();
        // What the whole layers of the level before take up, in finest layers.
        let mut coarser = numbers.start..numbers.start;
        for &level in level.chain() {
            let layers = |numbers| layers_at(level, &numbers, heights.scheme);
            let mut new = layers(numbers.start..coarser.start)?;
            new.extend(layers(coarser.end..numbers.end)?);
            let own: Vec<_> =
                fewest.cells().iter().copied().filter(|cell| cell.level() == level).collect();
            if !own.is_empty() {
                push_product(&own, &layers(coarser.clone())?, &mut boxes, level)?;
            }
            if !new.is_empty() {
                let wide = fewest.cells().iter().filter(|cell| cell.level() <= level);
                let count = wide.clone().map(|cell| cell.descendant_count(level)).sum();
                check_count(count, new.len(), level)?;
                let mut cells = Vec::new();
                for cell in wide {
                    cells.extend(cell.descendants(level)?);
                }
                push_product(&cells, &new, &mut boxes, level)?;
            }
            for layer in &new {
                let Range { start, end } = layer.layer_numbers();
                let empty = coarser.is_empty();
                coarser.start = if empty { start } else { coarser.start.min(start) };
                coarser.end = if empty { end } else { coarser.end.max(end) };
            }
        }
        boxes.sort_by_cached_key(|cube| cube.key());
        Ok(GridSet::from_compacted(boxes))
    }
}

impl HeightSpan {
    /// The finest layers of all layers of a level that the range shares height with.
    fn numbers(&self, level: Level) -> Result<Range<i64>, GridError> {
        let numbers = layer_numbers_between(self.from_metres, self.to_metres)?;
        let around = |n, metres| {
            HeightLayer::from_number(n, level, self.scheme)
                .map(HeightLayer::layer_numbers)
                .ok_or(GridError::Height(metres))
        };
        let lowest = around(numbers.start, self.from_metres)?;
        let highest = around(numbers.end - 1, self.to_metres)?;
        Ok(lowest.start..highest.end)
    }
}

/// The layers of a level that lie wholly within a range of finest layers, from below.
fn layers_at(
    level: Level,
    numbers: &Range<i64>,
    scheme: HeightScheme,
) -> Result<Vec<HeightLayer>, GridError> {
    let finest_each = i64::from(scheme.packing.units()[level.index()]);
    if (numbers.end - numbers.start) / finest_each > CELLS_MAX as i64 {
        return Err(too_many(level));
    }
    let mut layers = Vec::new();
    let mut next = HeightLayer::from_number(numbers.start, level, scheme);
    while let Some(layer) = next {
        let Range { start, end } = layer.layer_numbers();
        if end > numbers.end {
            break;
        }
        if start >= numbers.start {
            layers.push(layer);
        }
        next = layer.up();
    }
    Ok(layers)
}

/// Appends every cell with every layer, unless that were too many.
fn push_product(
    cells: &[GridCell],
    layers: &[HeightLayer],
    boxes: &mut Vec<GridCell3>,
    level: Level,
) -> Result<(), GridError> {
    let room = CELLS_MAX - boxes.len();
    if cells.len().saturating_mul(layers.len()) > room {
        return Err(too_many(level));
    }
    let over = |cell| layers.iter().filter_map(move |&layer| GridCell3::new(cell, layer));
    boxes.extend(cells.iter().flat_map(|&cell| over(cell)));
    Ok(())
}

fn check_count(cells: u64, layers: usize, level: Level) -> Result<(), GridError> {
    let fits = cells.saturating_mul(layers as u64) <= CELLS_MAX as u64;
    if fits { Ok(()) } else { Err(too_many(level)) }
}

fn too_many(level: Level) -> GridError {
    GridError::TooManyCells { level, cells_max: CELLS_MAX }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::{
        HeightPacking, HeightSign, LonLat, layer_floor_metres, layer_number,
    };
    use super::*;

    fn scheme() -> impl Strategy<Value = HeightScheme> {
        use {HeightPacking::*, HeightSign::*};
        let packing = prop::sample::select(vec![Radix15, Linear32, Geosot64]);
        let sign = prop::sample::select(vec![Mirror, FloorAbs, Twos]);
        (packing, sign).prop_map(|(packing, sign)| HeightScheme { packing, sign })
    }

    fn disc(metres: f64) -> Region {
        let point = LonLat { lon_deg: 114.34, lat_deg: 22.69 };
        Region::point(point).unwrap().buffered(metres).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_fewest_boxes_are_the_compacted_boxes(
            metres in 1.0..90.0f64,
            from_metres in prop_oneof![-40.0..10.0, -130.0..-60.0, 1800.0..1860.0],
            tall_metres in prop_oneof![Just(0.0), 0.0..20.0, 60.0..200.0],
            level in prop::sample::select(&Level::ALL[4..7]),
            scheme in scheme(),
        ) {
            let region = disc(metres);
            let to_metres = from_metres + tall_metres;
            let heights = HeightSpan { from_metres, to_metres, scheme };
            let boxes = region.boxes(level, heights).unwrap();
            for cube in &boxes {
                let layer = cube.layer();
                prop_assert!(layer.lower_metres() <= to_metres && from_metres < layer.upper_metres());
            }
            let cells = region.cells(level).unwrap().len();
            let lowest = HeightLayer::from_height(from_metres, level, scheme).unwrap();
            let mut layers = 1;
            let mut layer = lowest;
            while layer.upper_metres() < to_metres {
                layer = layer.up().unwrap();
                layers += 1;
            }
            prop_assert_eq!(boxes.len(), cells * layers);
            let fewest = region.compacted_boxes(level, heights).unwrap();
            prop_assert_eq!(fewest, boxes.into_iter().collect::<GridSet<GridCell3>>());
        }
    }

    #[test]
    fn a_box_is_covered_by_itself() {
        let cube = GridCell3::from_point(114.34, 22.69, 42.0, Level::Six).unwrap();
        let region = Region::bbox(cube.cell().bounds()).unwrap();
        let heights = HeightSpan {
            from_metres: cube.layer().lower_metres(),
            to_metres: cube.layer().upper_metres(),
            scheme: cube.scheme(),
        };
        assert_eq!(region.boxes(Level::Six, heights), Ok(vec![cube]));
        for level in [Level::Six, Level::Eight, Level::Ten] {
            assert_eq!(region.compacted_boxes(level, heights).unwrap().cells(), [cube]);
        }
        assert_eq!(region.boxes(Level::Seven, heights).unwrap().len(), 512);
    }

    #[test]
    fn what_has_no_boxes_is_refused() {
        let scheme = HeightScheme::default();
        let boxes = |from_metres, to_metres, level| {
            disc(50.0).boxes(level, HeightSpan { from_metres, to_metres, scheme })
        };
        assert!(matches!(boxes(1.0, 0.0, Level::Five), Err(GridError::HeightSpan { .. })));
        assert!(matches!(boxes(f64::NAN, 0.0, Level::Five), Err(GridError::Height(_))));
        assert!(matches!(boxes(0.0, 1e12, Level::Five), Err(GridError::Height(_))));
        for (to, level) in [(5e8, Level::Ten), (600.0, Level::Eight)] {
            let refused = boxes(0.0, to, level);
            assert!(matches!(refused, Err(GridError::TooManyCells { .. })), "{to}");
            let heights = HeightSpan { from_metres: 0.0, to_metres: to, scheme };
            let few = disc(50.0).compacted_boxes(level, heights);
            assert_eq!(few.is_ok(), level == Level::Eight, "{to}");
        }
        assert_eq!(layer_number(layer_floor_metres(7)), Ok(7));
    }
}
