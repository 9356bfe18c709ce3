//! What must not be recognisable in a picture that leaves the camera: heads and number plates.
//!
//! Regions follow from boxes alone, generously: a head may be cut off by its box, a plate may hang
//! anywhere low on a vehicle. Detections below the event thresholds belong in here too
//! (`Found::for_masking`). What the detector misses altogether is masked only where a face network finds the
//! face.

use crate::domain::{detection::Detection, pixel::PixelBox};

/// A head with hair and a raised chin, of an upright person's height; sitting persons need more.
const HEAD_SHARE: f32 = 0.35;
/// And of the shoulders' width: of whoever is cut off by the picture's edge only the head shows.
const HEAD_WIDTH_SHARE: f32 = 0.7;
/// Boxes cut heads off: as much of the box is added above and at the sides.
const HEAD_MARGIN_SHARE: f32 = 0.1;
/// A face is framed from forehead to chin; ears and hair tell too.
const FACE_MARGIN_SHARE: f32 = 0.2;
const PLATE_SHARE: f32 = 0.6;
const VEHICLES: [&str; 5] = ["car", "bus", "truck", "motorcycle", "tricycle"];

/// Regions to make unrecognisable, in the pixels of the boxes; may reach beyond the picture.
pub fn mask_regions(detections: &[Detection]) -> Vec<PixelBox> {
    detections.iter().filter_map(region).collect()
}

/// The region of a face, by its own box.
pub fn face_region(face: &PixelBox) -> PixelBox {
    let PixelBox { x1, y1, x2, y2 } = *face;
    let (side, above) = (FACE_MARGIN_SHARE * face.width(), FACE_MARGIN_SHARE * face.height());
    PixelBox::new(x1 - side, y1 - above, x2 + side, y2 + above)
}

fn region(detection: &Detection) -> Option<PixelBox> {
    let PixelBox { x1, y1, x2, y2 } = detection.bbox;
    let (width, height) = (detection.bbox.width(), detection.bbox.height());
    match detection.class.as_str() {
        "person" => {
            let (side, above) = (HEAD_MARGIN_SHARE * width, HEAD_MARGIN_SHARE * height);
            let below = (HEAD_SHARE * height).max(HEAD_WIDTH_SHARE * width);
            Some(PixelBox::new(x1 - side, y1 - above, x2 + side, y1 + below))
        }
        class if VEHICLES.contains(&class) => {
            Some(PixelBox::new(x1, y2 - PLATE_SHARE * height, x2, y2))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions_of(class: &str) -> Vec<PixelBox> {
        let bbox = PixelBox::new(100.0, 50.0, 140.0, 150.0);
        mask_regions(&[Detection { class: class.parse().unwrap(), score: 0.1, bbox }])
    }

    #[test]
    fn heads_and_plates_are_covered_and_nothing_else() {
        assert_eq!(regions_of("person"), [PixelBox::new(96.0, 40.0, 144.0, 85.0)]);
        // Cut off at the shoulders.
        let bust = PixelBox::new(100.0, 50.0, 140.0, 80.0);
        let bust = Detection { class: "person".parse().unwrap(), score: 0.1, bbox: bust };
        assert_eq!(mask_regions(&[bust]), [PixelBox::new(96.0, 47.0, 144.0, 78.0)]);
        for vehicle in VEHICLES {
            assert_eq!(regions_of(vehicle), [PixelBox::new(100.0, 90.0, 140.0, 150.0)]);
        }
        assert_eq!(regions_of("bin_overflowing"), []);
    }

    #[test]
    fn a_face_is_covered_with_its_hair() {
        let face = PixelBox::new(100.0, 50.0, 120.0, 80.0);
        assert_eq!(face_region(&face), PixelBox::new(96.0, 44.0, 124.0, 86.0));
    }
}
