//! YOLOv8: one column a candidate, `cx cy w h class...` as rows; the class value is the score.

use super::RawBox;

pub fn boxes(values: &[f32], classes: usize, score_min: &[f32]) -> Vec<RawBox> {
    let candidates = values.len() / (4 + classes);
    let row = |index: usize| &values[index * candidates..(index + 1) * candidates];
    let mut found = Vec::new();
    // Class by class: a class's values lie side by side.
    for (class, min) in score_min.iter().enumerate().take(classes) {
        for (index, &score) in row(4 + class).iter().enumerate() {
            if score >= *min {
                let placed = [row(0)[index], row(1)[index], row(2)[index], row(3)[index]];
                found.extend(RawBox::centred(class, score, placed));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pixel::PixelBox;

    #[test]
    fn columns_are_candidates() {
        let values = [
            [20.0, 50.0, 0.0],
            [10.0, 50.0, 0.0],
            [8.0, 10.0, f32::INFINITY],
            [4.0, 10.0, 1.0],
            [0.7, 0.2, 0.9],
            [0.1, 0.6, 0.0],
        ]
        .concat();
        let found = boxes(&values, 2, &[0.5, 0.5]);
        let expected = [
            RawBox { class: 0, score: 0.7, bbox: PixelBox::new(16.0, 8.0, 24.0, 12.0) },
            RawBox { class: 1, score: 0.6, bbox: PixelBox::new(45.0, 45.0, 55.0, 55.0) },
        ];
        assert_eq!(found, expected);
    }
}
