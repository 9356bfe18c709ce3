//! YOLOX: one row a candidate, `cx cy w h objectness class...`; score = objectness * class.
//!
//! Undecoded rows hold offsets within the candidate's grid cell and the logarithm of the size, both
//! in strides; the rows run through the grids of strides 8, 16 and 32, each row by row.

use super::{RawBox, STRIDES_PX};
use crate::domain::pixel::PixelSize;

/// `grid` is the input's size where the boxes are undecoded.
pub fn boxes(
    values: &[f32],
    classes: usize,
    grid: Option<PixelSize>,
    score_min: &[f32],
) -> Vec<RawBox> {
    let lowest = score_min.iter().copied().fold(f32::INFINITY, f32::min);
    let mut cells = grid.map(cells);
    let mut found = Vec::new();
    for row in values.chunks_exact(5 + classes) {
        let cell = cells.as_mut().map(Iterator::next);
        let objectness = row[4];
        // Class values are at most 1: most candidates end here.
        if objectness < lowest {
            continue;
        }
        let placed = match cell {
            None => [row[0], row[1], row[2], row[3]],
            Some(Some((column, line, stride))) => [
                (row[0] + column) * stride,
                (row[1] + line) * stride,
                row[2].exp() * stride,
                row[3].exp() * stride,
            ],
            Some(None) => break,
        };
        for (class, (value, min)) in row[5..].iter().zip(score_min).enumerate() {
            let score = objectness * value;
            if score >= *min {
                found.extend(RawBox::centred(class, score, placed));
            }
        }
    }
    found
}

/// Column, line and stride of each candidate.
fn cells(input: PixelSize) -> impl Iterator<Item = (f32, f32, f32)> {
    STRIDES_PX.into_iter().flat_map(move |stride| {
        let (columns, lines) = (input.width_px / stride, input.height_px / stride);
        (0..lines).flat_map(move |line| {
            (0..columns).map(move |column| (column as f32, line as f32, stride as f32))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pixel::PixelBox;

    const INPUT: PixelSize = PixelSize { width_px: 64, height_px: 32 };

    /// 32 + 8 + 2 candidates of two classes, all silent.
    fn silent() -> Vec<[f32; 7]> {
        vec![[0.0; 7]; 42]
    }

    #[test]
    fn decoded_rows_are_taken_as_they_are_with_a_threshold_a_class() {
        let mut rows = silent();
        rows[3] = [20.0, 10.0, 8.0, 4.0, 0.8, 0.5, 0.9];
        let found = boxes(&rows.concat(), 2, None, &[0.5, 0.5]);
        let bbox = PixelBox::new(16.0, 8.0, 24.0, 12.0);
        assert_eq!(found, [RawBox { class: 1, score: 0.8 * 0.9, bbox }]);
        assert_eq!(boxes(&rows.concat(), 2, None, &[0.3, 0.5]).len(), 2);
    }

    #[test]
    fn undecoded_rows_are_placed_in_their_cell() {
        let mut rows = silent();
        // Stride 8: line 2, column 5; stride 16: line 1, column 3; stride 32: column 1.
        rows[2 * 8 + 5] = [0.5, 0.25, 0.0, 2f32.ln(), 1.0, 1.0, 0.0];
        rows[32 + 4 + 3] = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        rows[32 + 8 + 1] = [0.5, 0.5, 0.0, 0.0, 1.0, 1.0, 0.0];
        let found = boxes(&rows.concat(), 2, Some(INPUT), &[0.5, 0.5]);
        let expected = [
            PixelBox::new(40.0, 10.0, 48.0, 26.0),
            PixelBox::new(40.0, 8.0, 56.0, 24.0),
            PixelBox::new(32.0, 0.0, 64.0, 32.0),
        ];
        assert_eq!(found.len(), 3);
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.bbox.iou(&expected) > 0.999, "{found:?}");
        }
    }

    #[test]
    fn absurd_numbers_give_no_box() {
        let mut rows = silent();
        rows[0] = [0.0, 0.0, 1e9, 0.0, 1.0, 1.0, 0.0];
        rows[1] = [f32::NAN, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        rows[2] = [0.0, 0.0, 0.0, 0.0, f32::NAN, 1.0, 0.0];
        assert_eq!(boxes(&rows.concat(), 2, Some(INPUT), &[0.5, 0.5]), []);
    }
}
