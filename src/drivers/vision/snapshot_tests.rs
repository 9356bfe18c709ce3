use super::{super::mask::mask_regions, *};
use crate::domain::{
    dataset::jpeg::jpeg_size,
    frame::{ColourMatrix, OwnedImage},
    pixel::PixelPoint,
    samples::grey_frame,
};
use std::sync::Arc;

/// A frame of fine vertical stripes: anything recognisable would be at least as coarse.
fn striped(width_px: u32, height_px: u32) -> Frame {
    let size = PixelSize { width_px, height_px };
    grey_frame(size, |x, _| if x % 4 < 2 { 60 } else { 200 })
}

fn person(bbox: PixelBox) -> Detection {
    Detection { class: "person".parse().unwrap(), score: 0.12, bbox }
}

fn masked(frame: &Frame, seen: &[Detection], annotations: &Annotations<'_>) -> Snapshot {
    take(frame, &mask_regions(seen), annotations).unwrap()
}

fn grey(jpeg: &[u8]) -> (Vec<u8>, i32) {
    let grey = image::load_from_memory(jpeg).unwrap().into_luma8();
    let columns = grey.width() as i32;
    (grey.into_raw(), columns)
}

/// Mean difference of neighbours in a row: how much detail is left.
fn detail(pixels: &[u8], columns: i32, [x1, y1, x2, y2]: [usize; 4]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for y in y1..y2 {
        for x in x1..x2 - 1 {
            let at = y * columns as usize + x;
            sum += f64::from(pixels[at].abs_diff(pixels[at + 1]));
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn a_head_is_unrecognisable_in_both_pictures_and_the_rest_is_kept() {
    let frame = striped(640, 480);
    let seen = [person(PixelBox::new(200.0, 100.0, 280.0, 300.0))];
    let subject = Some(PixelBox::new(400.0, 300.0, 500.0, 400.0));
    let annotations = Annotations { subject, label: "crowd 0.71", ..Annotations::default() };
    let snapshot = masked(&frame, &seen, &annotations);
    for jpeg in [&snapshot.clean_jpeg, &snapshot.annotated_jpeg] {
        let (pixels, columns) = grey(jpeg);
        assert!(detail(&pixels, columns, [200, 90, 280, 160]) < 8.0, "the head keeps detail");
        assert!(detail(&pixels, columns, [20, 200, 180, 470]) > 40.0, "the street lost detail");
    }
    assert_ne!(snapshot.clean_jpeg, snapshot.annotated_jpeg);
    // As whoever exports it for training reads it.
    assert_eq!(jpeg_size(&snapshot.clean_jpeg), Some(snapshot.size));
}

#[test]
fn boxes_and_zones_beyond_the_picture_do_no_harm() {
    let frame = striped(161, 121);
    let beyond = PixelBox::new(-500.0, -500.0, 9000.0, 20.0);
    let outside = PixelBox::new(5000.0, 5000.0, 6000.0, 6000.0);
    let corners = [(-900.0, -900.0), (5e6, 10.0), (100.0, 5e6)].map(|(x, y)| PixelPoint { x, y });
    let zone = PixelPolygon::new(corners.to_vec()).unwrap();
    let seen = [person(beyond), person(outside)];
    let annotations = Annotations {
        subject: Some(outside),
        others: &seen,
        zone: Some(&zone),
        label: "圆 roadside_stall 0.71 and a great deal more text than fits",
    };
    let snapshot = masked(&frame, &seen, &annotations);
    assert_eq!((snapshot.size.width_px, snapshot.size.height_px), (161, 121));
}

#[test]
fn wide_frames_are_shrunk_and_boxes_with_them() {
    let frame = striped(3840, 400);
    let seen = [person(PixelBox::new(2000.0, 100.0, 2400.0, 380.0))];
    let snapshot = masked(&frame, &seen, &Annotations::default());
    assert_eq!((snapshot.size.width_px, snapshot.size.height_px), (1920, 200));
    let (_, columns) = grey(&snapshot.clean_jpeg);
    assert_eq!(columns, 1920);
}

#[test]
fn colours_survive() {
    let size = PixelSize { width_px: 64, height_px: 64 };
    // Red in BT.709, limited range.
    let planes = [vec![63; 64 * 64], vec![102; 32 * 32], vec![240; 32 * 32]];
    let image = OwnedImage::new(size, planes, ColourMatrix::Bt709, false).unwrap();
    let frame = Frame { image: Arc::new(image), ..striped(64, 64) };
    let snapshot = take(&frame, &[], &Annotations::default()).unwrap();
    let decoded = picture_file::decode(&snapshot.clean_jpeg).unwrap();
    let middle = decoded.get_pixel(32, 32).0;
    assert!(middle[0] > 243 && middle[1] < 12 && middle[2] < 12, "{middle:?}");
}
