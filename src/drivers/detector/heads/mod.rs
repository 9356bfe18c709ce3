//! Raw network output to boxes in input pixels. Pure functions of one picture's values.
//!
//! A candidate may speak for several classes; each class keeps its own best boxes ([`suppress`]).
//! Boxes with a non-finite edge or score are dropped: a network may say anything.

pub mod yolov8;
pub mod yolox;

use super::manifest::{Head, Key, ModelManifest};
use crate::domain::pixel::{PixelBox, PixelSize};

/// Strides of the three grids that both heads look at the picture with, in input pixels.
pub const STRIDES_PX: [u32; 3] = [8, 16, 32];
/// Best candidates that are compared with each other; a street has fewer things than this.
const CANDIDATES_MAX: usize = 500;

/// One class's box in input pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawBox {
    /// Index into the manifest's classes.
    pub class: usize,
    pub score: f32,
    pub bbox: PixelBox,
}

impl RawBox {
    /// From centre and size; none where the network gave no usable number.
    pub(super) fn centred(class: usize, score: f32, [cx, cy, w, h]: [f32; 4]) -> Option<Self> {
        let edges = [cx - w / 2.0, cy - h / 2.0, cx + w / 2.0, cy + h / 2.0];
        let sound = score.is_finite() && w > 0.0 && h > 0.0 && edges.iter().all(|e| e.is_finite());
        let [x1, y1, x2, y2] = edges;
        sound.then(|| Self { class, score, bbox: PixelBox::new(x1, y1, x2, y2) })
    }
}

/// Cells of all three grids.
pub fn candidates(input: PixelSize) -> usize {
    STRIDES_PX
        .iter()
        .map(|stride| (input.width_px / stride) as usize * (input.height_px / stride) as usize)
        .sum()
}

/// Boxes at or above each class's `score_min`, unsuppressed. Values that do not fill the head's
/// shape give no boxes; the shape was checked when the network was loaded.
pub(super) fn boxes(
    head: Head,
    values: &[f32],
    classes: usize,
    input: PixelSize,
    score_min: &[f32],
) -> Vec<RawBox> {
    match head {
        Head::Yolox { decoded } => {
            let grid = (!decoded).then_some(input);
            yolox::boxes(values, classes, grid, score_min)
        }
        Head::Yolov8 => yolov8::boxes(values, classes, score_min),
    }
}

/// What an output of `(batch, rows, columns)` contradicts, if anything; -1 is a size left open.
pub(super) fn mismatch(manifest: &ModelManifest, rows: i64, columns: i64) -> Option<(Key, String)> {
    let expected = candidates(manifest.input.size) as i64;
    let (found, width, fixed) = match manifest.head {
        Head::Yolox { .. } => (rows, columns, 5),
        Head::Yolov8 => (columns, rows, 4),
    };
    if found != -1 && found != expected {
        let has = format!(
            "the network's output has {rows} x {columns} values; this head at this size has \
             {expected} candidates"
        );
        return Some((Key::HeadKind, has));
    }
    if width != -1 && width <= fixed {
        let has = format!(
            "the network's output has {rows} x {columns} values; this head has more than {fixed} a \
             candidate"
        );
        return Some((Key::HeadKind, has));
    }
    let classes = manifest.classes.len() as i64;
    (width != -1 && width != fixed + classes)
        .then(|| (Key::Classes, format!("the network has {} classes", width - fixed)))
}

/// Of boxes of one class that overlap by more than `iou_max` only the best stays; best first.
pub fn suppress(mut boxes: Vec<RawBox>, iou_max: f32) -> Vec<RawBox> {
    boxes.sort_by(|a, b| b.score.total_cmp(&a.score));
    boxes.truncate(CANDIDATES_MAX);
    let mut kept: Vec<RawBox> = Vec::new();
    for raw in boxes {
        let doubled =
            kept.iter().any(|best| best.class == raw.class && best.bbox.iou(&raw.bbox) > iou_max);
        if !doubled {
            kept.push(raw);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raw(class: usize, score: f32, x1: f32) -> RawBox {
        RawBox { class, score, bbox: PixelBox::new(x1, 0.0, x1 + 10.0, 10.0) }
    }

    #[test]
    fn only_the_best_of_one_class_stays() {
        let kept = suppress(vec![raw(0, 0.5, 1.0), raw(0, 0.9, 0.0), raw(1, 0.4, 0.0)], 0.6);
        assert_eq!(kept, [raw(0, 0.9, 0.0), raw(1, 0.4, 0.0)]);
    }

    #[test]
    fn the_grids_of_known_sizes() {
        assert_eq!(candidates(PixelSize { width_px: 416, height_px: 416 }), 3549);
        assert_eq!(candidates(PixelSize { width_px: 640, height_px: 384 }), 5040);
    }

    proptest! {
        #[test]
        fn nothing_that_stays_overlaps_and_nothing_lonely_goes(
            given in prop::collection::vec((0usize..2, 0.0f32..1.0, 0.0f32..60.0), 0..40)
        ) {
            let given: Vec<_> = given.into_iter().map(|(c, s, x)| raw(c, s, x)).collect();
            let kept = suppress(given.clone(), 0.6);
            for (i, a) in kept.iter().enumerate() {
                for b in &kept[i + 1..] {
                    prop_assert!(a.score >= b.score);
                    prop_assert!(a.class != b.class || a.bbox.iou(&b.bbox) <= 0.6);
                }
            }
            for raw in given {
                let covered = kept.iter().any(|k| {
                    k.class == raw.class && k.score >= raw.score && (*k == raw || k.bbox.iou(&raw.bbox) > 0.6)
                });
                prop_assert!(covered);
            }
        }
    }
}
