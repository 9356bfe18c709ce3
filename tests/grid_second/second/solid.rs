//! Boxes: a code in the plane and a height code, cut into pieces and laid alternately.

use super::{height, plane};

/// Length of a 3D code of each level.
pub const LENGTHS: [usize; 10] = [7, 10, 12, 15, 18, 20, 23, 26, 29, 32];

/// Lays the pieces of both codes of one level alternately.
pub fn join(plane: &str, height: &str) -> Option<String> {
    let level = level_of(plane, height)?;
    let mut text = format!("{}{}", &plane[..1], &height[..1]);
    let (mut flat, mut high) = (1, 1);
    for at in 0..level {
        text.push_str(&plane[flat..plane::LENGTHS[at]]);
        text.push_str(&height[high..height::LENGTHS[at]]);
        (flat, high) = (plane::LENGTHS[at], height::LENGTHS[at]);
    }
    Some(text)
}

/// The two codes in a text of the right length; neither is looked at.
pub fn split(text: &str) -> Option<(String, String)> {
    let level = LENGTHS.iter().position(|length| *length == text.len())? + 1;
    if !text.is_ascii() {
        return None;
    }
    let (mut flat, mut high) = (text[..1].to_owned(), text[1..2].to_owned());
    let mut rest = &text[2..];
    for at in 0..level {
        let (piece, left) = rest.split_at(plane::LENGTHS[at] - flat.len());
        flat.push_str(piece);
        let (piece, left) = left.split_at(height::LENGTHS[at] - high.len());
        high.push_str(piece);
        rest = left;
    }
    Some((flat, high))
}

fn level_of(plane: &str, height: &str) -> Option<usize> {
    let at = plane::LENGTHS.iter().position(|length| *length == plane.len())?;
    (height::LENGTHS[at] == height.len()).then_some(at + 1)
}
