use super::*;
use crate::domain::samples::frame_of_planes;
use proptest::prelude::*;

const FRAME: PixelSize = PixelSize { width_px: 1920, height_px: 1080 };

fn shape(width_px: u32, height_px: u32, overlap: f32) -> TileShape {
    TileShape { size: PixelSize { width_px, height_px }, overlap }
}

fn tiling(area: [f32; 4], shape: TileShape) -> Tiling {
    let [x1, y1, x2, y2] = area;
    Tiling::over(FRAME, [(PixelBox::new(x1, y1, x2, y2), shape)])
}

fn found(class: &str, score: f32, [x1, y1, x2, y2]: [f32; 4]) -> Detection {
    Detection { class: class.parse().unwrap(), score, bbox: PixelBox::new(x1, y1, x2, y2) }
}

/// The two halves of the frame's width, 20 % shared, on the full height.
fn halves() -> [Cut; 2] {
    let cuts = tiling([0.0, 0.0, 1920.0, 1080.0], shape(1070, 1080, 0.2)).cuts(FRAME);
    cuts.try_into().unwrap()
}

#[test]
fn an_area_of_two_tiles_and_a_half_needs_three() {
    let tiles = tiling([100.0, 500.0, 900.0, 600.0], shape(320, 192, 0.0)).tiles;
    let lefts: Vec<f32> = tiles.iter().map(|tile| tile.x1).collect();
    assert_eq!(lefts, [100.0, 340.0, 580.0]);
    assert!(tiles.iter().all(|tile| (tile.y1, tile.y2) == (454.0, 646.0)), "around the middle");
    assert_eq!(tiling([0.0, 0.0, 640.0, 192.0], shape(320, 192, 0.0)).len(), 2, "exactly two");
    assert_eq!(
        tiling([5.0, 5.0, 9.0, 9.0], shape(320, 192, 0.2)).tiles[0],
        PixelBox::new(0.0, 0.0, 320.0, 192.0)
    );
}

#[test]
fn one_tile_over_two_zones_is_looked_at_once() {
    let area = PixelBox::new(0.0, 0.0, 100.0, 100.0);
    let small = shape(320, 192, 0.2);
    assert_eq!(Tiling::over(FRAME, [(area, small), (area, small)]).len(), 1);
    assert!(Tiling::none().cuts(FRAME).is_empty());
}

#[test]
fn a_thing_that_a_tile_cuts_off_is_told_by_whoever_sees_it_whole() {
    let [left, right] = halves();
    let border = right.left_px as f32;
    // Over the right tile's left edge; whole in the left tile.
    let bus = [border - 100.0, 100.0, border + 150.0, 300.0];
    let in_left = found("bus", 0.6, bus);
    let in_right = found("bus", 0.9, [0.0, 100.0, 150.0, 300.0]);
    let merged = merge(vec![], &[(left, vec![in_left.clone()]), (right, vec![in_right.clone()])]);
    assert_eq!(merged, [in_left], "though the cut-off one scored higher");
    // Nobody sees it whole: what is there stays.
    let merged = merge(vec![], &[(left, vec![]), (right, vec![in_right.clone()])]);
    assert_eq!(merged, [found("bus", 0.9, [border, 100.0, border + 150.0, 300.0])]);
    // Another class is another thing.
    let merged = merge(vec![found("car", 0.6, bus)], &[(left, vec![]), (right, vec![in_right])]);
    assert_eq!(merged.len(), 2);
}

#[test]
fn of_two_views_of_one_thing_the_surer_stays_and_neighbours_are_not_eaten() {
    let [left, _] = halves();
    let (vague, sure) =
        (found("bin", 0.3, [50.0, 50.0, 74.0, 80.0]), found("bin", 0.8, [51.0, 50.0, 75.0, 82.0]));
    let beside = found("bin", 0.5, [80.0, 50.0, 104.0, 80.0]);
    let merged = merge(vec![vague], &[(left, vec![sure.clone(), beside.clone()])]);
    assert_eq!(merged, [sure, beside]);
    // Two boxes of one view overlap because the network's suppression let them.
    let (one, other) = (
        found("person", 0.8, [0.0, 0.0, 10.0, 20.0]),
        found("person", 0.7, [2.0, 0.0, 12.0, 20.0]),
    );
    assert_eq!(merge(vec![one, other], &[]).len(), 2);
}

#[test]
fn the_frames_own_border_cuts_nothing_off() {
    let [left, _] = halves();
    let at_border = found("bin", 0.5, [0.0, 0.0, 30.0, 40.0]);
    assert!(!left.cuts_off(&at_border.bbox));
    assert!(left.cuts_off(&PixelBox::new(1000.0, 0.0, left.size.width_px as f32 - 1.0, 40.0)));
}

/// Luma tells column and row apart.
fn numbered(size: PixelSize) -> Frame {
    let luma =
        (0..size.height_px).flat_map(|y| (0..size.width_px).map(move |x| (x * 7 + y * 31) as u8));
    let half = (size.width_px.div_ceil(2) * size.height_px.div_ceil(2)) as usize;
    frame_of_planes(size, [luma.collect(), (0..half).map(|i| i as u8).collect(), vec![9; half]])
}

proptest! {
    #[test]
    fn tiles_cover_the_area_within_the_frame_and_overlap_as_asked(
        x in 0.0f32..1900.0, y in 0.0f32..1000.0, width in 1.0f32..1920.0, height in 1.0f32..1080.0,
        side in 64u32..2000, overlap in 0.0f32..0.5,
    ) {
        let area = PixelBox::new(x, y, x + width, y + height).clamped(FRAME);
        let tiles = cover(&area, shape(side, side, overlap), FRAME);
        let whole = PixelBox::new(0.0, 0.0, 1920.0, 1080.0);
        for tile in &tiles {
            prop_assert!((tile.intersection(&whole) - tile.area()).abs() < 1.0, "{tile:?}");
        }
        // Every point of a mesh over the area lies in a tile.
        for step_x in 0..=8 {
            for step_y in 0..=8 {
                let px = area.x1 + area.width() * step_x as f32 / 8.0;
                let py = area.y1 + area.height() * step_y as f32 / 8.0;
                prop_assert!(tiles.iter().any(|t| {
                    t.x1 - 0.01 <= px && px <= t.x2 + 0.01 && t.y1 - 0.01 <= py && py <= t.y2 + 0.01
                }), "({px}, {py}) of {area:?} is in no tile");
            }
        }
        let lefts: Vec<f32> = tiles.iter().filter(|tile| tile.y1 == tiles[0].y1).map(|tile| tile.x1).collect();
        let shared = tiles[0].width() * overlap;
        for pair in lefts.windows(2) {
            prop_assert!(pair[0] + tiles[0].width() - pair[1] >= shared * 0.98 - 0.5, "{lefts:?}");
        }
    }

    #[test]
    fn a_box_comes_back_to_where_it_was_seen(
        x in 0.0f32..0.8, y in 0.0f32..0.8, w in 0.05f32..0.2, h in 0.05f32..0.2,
        stream_width in 320u32..4000, stream_height in 240u32..2200, side in 100u32..900,
    ) {
        let stream = PixelSize { width_px: stream_width, height_px: stream_height };
        let thing = PixelBox::new(x, y, x + w, y + h).scaled(stream_width as f32, stream_height as f32);
        let whole = PixelBox::new(0.0, 0.0, 1920.0, 1080.0);
        let tiling = Tiling::over(FRAME, [(whole, shape(side, side, 0.2))]);
        for cut in tiling.cuts(stream) {
            prop_assert_eq!((cut.left_px % 2, cut.top_px % 2), (0, 0));
            prop_assert!(cut.left_px + cut.size.width_px <= stream_width);
            prop_assert!(cut.top_px + cut.size.height_px <= stream_height);
            let (left, top) = (cut.left_px as f32, cut.top_px as f32);
            let seen = PixelBox::new(thing.x1 - left, thing.y1 - top, thing.x2 - left, thing.y2 - top).clamped(cut.size);
            let back = cut.to_frame(&seen);
            prop_assert!((back.intersection(&thing) - seen.area()).abs() <= 0.01 * seen.area() + 0.5);
            if !cut.cuts_off(&seen) && seen.area() > 0.0 {
                prop_assert!(back.iou(&thing) > 0.99, "{back:?} {thing:?}");
            }
        }
    }

    #[test]
    fn a_part_shows_the_pixels_of_its_place(
        width_px in 20u32..90, height_px in 20u32..90, x in 0.0f32..0.7, y in 0.0f32..0.7,
    ) {
        let size = PixelSize { width_px, height_px };
        let (w, h) = (width_px as f32, height_px as f32);
        let cut = Cut::around(&PixelBox::new(x * w, y * h, x * w + 0.3 * w, y * h + 0.3 * h), size).unwrap();
        let frame = numbered(size);
        let part = cut.of(&frame);
        let (whole, seen) = (frame.image.planes(), part.image.planes());
        prop_assert_eq!(part.stamp.size, cut.size);
        for row in 0..cut.size.height_px as usize {
            for column in 0..cut.size.width_px as usize {
                let there = (cut.top_px as usize + row) * whole.y_stride_bytes + cut.left_px as usize + column;
                prop_assert_eq!(seen.y[row * seen.y_stride_bytes + column], whole.y[there]);
                let half = (row / 2) * seen.uv_stride_bytes + column / 2;
                let there = (cut.top_px as usize / 2 + row / 2) * whole.uv_stride_bytes + cut.left_px as usize / 2 + column / 2;
                prop_assert_eq!(seen.u[half], whole.u[there]);
            }
        }
    }

    #[test]
    fn merging_invents_nothing_and_leaves_the_best_of_each_place(
        given in prop::collection::vec((0.05f32..1.0, 0.0f32..1000.0, 10.0f32..200.0, any::<bool>()), 0..30)
    ) {
        let [left, right] = halves();
        let (mut frame, mut in_right) = (Vec::new(), Vec::new());
        for (score, at, side, in_frame) in given {
            let one = found("bin", score, [at, 20.0, at + side, 20.0 + side]);
            if in_frame { frame.push(one) } else { in_right.push(one) }
        }
        let count = frame.len() + in_right.len();
        let merged = merge(frame.clone(), &[(left, vec![]), (right, in_right)]);
        prop_assert!(merged.len() <= count);
        prop_assert!(merged.windows(2).all(|pair| pair[0].score >= pair[1].score));
        if let Some(best) = frame.iter().map(|one| one.score).reduce(f32::max) {
            prop_assert!(merged.iter().any(|one| one.score >= best));
        }
    }
}
