use super::*;
use crate::domain::{
    camera::{CameraModel, Covariance, Lens, Pose},
    geo::{EastNorth, GeoPoint, LocalFrame},
    grid::GridCell,
    ground::{CameraCalibration, HomographyCalibration, PlaneCalibration},
    pixel::{PixelPoint, PixelPolygon, PixelSize},
};

const ORIGIN: GeoPoint = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };

fn pixels(corners: &[(f64, f64)]) -> Vec<PixelPoint> {
    corners.iter().map(|&(x, y)| PixelPoint { x, y }).collect()
}

/// Straight down, 50 px a metre, north up, the origin in the middle: 38.4 m by 21.6 m of ground.
fn overhead() -> GroundView {
    GroundView::from_homography(HomographyCalibration {
        frame: PixelSize { width_px: 1920, height_px: 1080 },
        ground_from_image: [[0.02, 0.0, -19.2], [0.0, -0.02, 10.8], [0.0, 0.0, 1.0]],
        origin: ORIGIN,
        height_metres: 42.0,
        rms_error_metres: 0.05,
        hull_px: pixels(&[(0.0, 0.0), (1920.0, 0.0), (1920.0, 1080.0), (0.0, 1080.0)]),
    })
    .unwrap()
}

fn area_metres(cells: &[SeenCell]) -> f64 {
    let of = |seen: &SeenCell| {
        let size = seen.cell.level().cell_size_metres(ORIGIN.lat_deg);
        seen.share * size.east_west_metres * size.north_south_metres
    };
    cells.iter().map(of).sum()
}

#[test]
fn a_view_from_above_sees_its_area_at_every_level() {
    let view = overhead();
    for level in [Level::Five, Level::Six, Level::Seven, Level::Eight] {
        let seen = footprint(&view, Detail::Level(level)).unwrap().cells;
        let area = area_metres(&seen);
        assert!((area / (38.4 * 21.6) - 1.0).abs() < 0.02, "level {level}: {area}");
        for cell in &seen {
            assert!(cell.share > 0.0 && cell.share <= 1.0);
            assert!((cell.px_per_metre - 50.0).abs() < 0.1, "{cell:?}");
            assert!((cell.height_metres - 42.0).abs() < 1e-9);
        }
    }
}

#[test]
fn near_cells_are_finer_where_the_error_allows_it() {
    let finest = footprint(&overhead(), Detail::AsErrorAllows).unwrap().cells;
    assert!(finest.iter().all(|seen| seen.cell.level() == Level::Eight));
    assert!((area_metres(&finest) / (38.4 * 21.6) - 1.0).abs() < 0.02);
    // The same view, surveyed worse: level 7 is all that it may claim.
    let worse = GroundView::from_homography(HomographyCalibration {
        frame: PixelSize { width_px: 1920, height_px: 1080 },
        ground_from_image: [[0.02, 0.0, -19.2], [0.0, -0.02, 10.8], [0.0, 0.0, 1.0]],
        origin: ORIGIN,
        height_metres: 42.0,
        rms_error_metres: 0.5,
        hull_px: pixels(&[(0.0, 0.0), (1920.0, 0.0), (1920.0, 1080.0), (0.0, 1080.0)]),
    })
    .unwrap();
    let coarse = footprint(&worse, Detail::AsErrorAllows).unwrap().cells;
    assert!(coarse.iter().all(|seen| seen.cell.level() == Level::Seven), "{coarse:?}");
}

#[test]
fn the_error_grows_with_distance_in_a_slanted_view() {
    // Rows far up the picture lie far away: w falls towards the top.
    let view = GroundView::from_homography(HomographyCalibration {
        frame: PixelSize { width_px: 1000, height_px: 1000 },
        ground_from_image: [[0.02, 0.0, -10.0], [0.0, 0.0, 10.0], [0.0, 0.001, 0.0]],
        origin: ORIGIN,
        height_metres: 42.0,
        rms_error_metres: 0.05,
        hull_px: pixels(&[(0.0, 200.0), (1000.0, 200.0), (1000.0, 1000.0), (0.0, 1000.0)]),
    })
    .unwrap();
    let seen = footprint(&view, Detail::Level(Level::Seven)).unwrap().cells;
    let by_north = |cell: &&SeenCell| (cell.cell.centre().lat_deg * 1e9) as i64;
    let (near, far) =
        (seen.iter().min_by_key(by_north).unwrap(), seen.iter().max_by_key(by_north).unwrap());
    assert!(far.error_metres > 2.0 * near.error_metres, "{near:?} {far:?}");
    assert!(far.px_per_metre < near.px_per_metre);
}

#[test]
fn ground_behind_an_occluder_is_not_seen_and_ground_beside_it_is() {
    // A wall over the left quarter of the picture: 9.6 m of ground.
    let wall =
        PixelPolygon::new(pixels(&[(0.0, 0.0), (480.0, 0.0), (480.0, 1080.0), (0.0, 1080.0)]));
    let open = footprint(&overhead(), Detail::Level(Level::Eight)).unwrap().cells;
    let walled = overhead().with_occluders(vec![wall.unwrap()]);
    let seen = footprint(&walled, Detail::Level(Level::Eight)).unwrap().cells;
    let area = area_metres(&seen);
    assert!((area / (28.8 * 21.6) - 1.0).abs() < 0.02, "{area}");
    let frame = LocalFrame::about(ORIGIN);
    let share_at = |cells: &[SeenCell], east_metres: f64| {
        let at = frame.geo_from_local(EastNorth { east_metres, north_metres: 0.0 });
        let cell = GridCell::from_lonlat(at.lon_deg, at.lat_deg, Level::Eight).unwrap();
        cells.iter().find(|seen| seen.cell == cell).map(|seen| seen.share)
    };
    assert_eq!((share_at(&open, -15.0), share_at(&seen, -15.0)), (Some(1.0), None));
    assert_eq!(share_at(&seen, -8.0), Some(1.0));
}

#[test]
fn a_card_states_the_parts_that_are_seen() {
    let view = overhead();
    let CardCoverage { cells, codes, outline, left_out } = card_coverage(&view).unwrap();
    assert_eq!((outline.len(), left_out), (4, 0));
    assert!(codes.iter().all(|code| {
        cells
            .iter()
            .any(|cell| cell.code_3d.parse::<GridCell3>().unwrap().cell() == code.parse().unwrap())
    }));
    let sampled = footprint::sampled(&view, CARD_LEVEL).unwrap();
    assert_eq!(cells.len(), sampled.len());
    let whole = cells.iter().filter(|cell| cell.parts.is_none()).count();
    assert!(whole >= 4 && whole < cells.len(), "{whole} of {}", cells.len());
    for stated in &cells {
        let cell = stated.code_3d.parse::<GridCell3>().unwrap().cell();
        let parts: Parts = stated.parts.as_ref().map_or(Parts::ALL, |text| text.parse().unwrap());
        // Each part is a level-8 cell, and stands where its bit says.
        for child in cell.children().unwrap() {
            let centre = child.centre();
            let bit = Parts::at(cell, centre);
            let local = LocalFrame::about(ORIGIN)
                .local_from_geo(GeoPoint { lon_deg: centre.lon_deg, lat_deg: centre.lat_deg });
            let inside = local.east_metres.abs() < 19.2 && local.north_metres.abs() < 10.8;
            assert_eq!(!parts.and(bit).is_none(), inside, "{} {local:?}", child.code());
        }
    }
}

#[test]
fn parts_are_read_back_and_other_texts_are_refused() {
    for parts in [Parts::NONE, Parts::ALL, Parts(0x8000_0000_0000_0001)] {
        assert_eq!(parts.to_string().parse(), Ok(parts));
    }
    for text in ["", "ff", "+fffffffffffffff", "gggggggggggggggg", "00000000000000000"] {
        assert!(text.parse::<Parts>().is_err(), "{text}");
    }
}

/// 8 m over the road, looking north and 30 degrees down.
fn slanted(planes: Vec<PlaneCalibration>) -> GroundView {
    let (sin, cos) = 30f64.to_radians().sin_cos();
    let rotation = [[1.0, 0.0, 0.0], [0.0, -sin, -cos], [0.0, cos, -sin]];
    GroundView::from_camera(CameraCalibration {
        frame: PixelSize { width_px: 1920, height_px: 1080 },
        model: CameraModel {
            lens: Lens { fx: 1400.0, fy: 1400.0, cx: 959.5, cy: 539.5, distortion: [0.0; 5] },
            pose: Pose::new(rotation, [0.0, 0.0, 50.0]).unwrap(),
        },
        covariance: Covariance::zeros(),
        rms_error_metres: 0.05,
        origin: ORIGIN,
        origin_height_metres: 0.0,
        planes,
    })
    .unwrap()
}

fn plane(id: &str, height_metres: f64, hull_px: Option<Vec<PixelPoint>>) -> PlaneCalibration {
    PlaneCalibration {
        id: id.to_owned(),
        height_metres,
        slope_east: 0.0,
        slope_north: 0.0,
        doubt: crate::domain::ground::SurfaceDoubt::none(),
        hull_px,
    }
}

#[test]
fn a_bridge_deck_hides_the_road_behind_it_and_both_have_their_height() {
    // The deck spans the picture's upper middle; below it the road is in the open.
    let deck = pixels(&[(0.0, 300.0), (1919.0, 300.0), (1919.0, 500.0), (0.0, 500.0)]);
    let view = slanted(vec![plane("deck", 47.0, Some(deck)), plane("road", 42.0, None)]);
    let open = slanted(vec![plane("road", 42.0, None)]);
    let cells = footprint(&view, Detail::Level(Level::Eight)).unwrap().cells;
    let road_alone = footprint(&open, Detail::Level(Level::Eight)).unwrap().cells;
    let (decks, roads): (Vec<_>, Vec<_>) = cells.iter().copied().partition(|seen| seen.plane == 0);
    assert!(decks.iter().all(|seen| seen.height_metres == 47.0) && !decks.is_empty());
    assert!(roads.iter().all(|seen| seen.height_metres == 42.0));
    let hidden: Vec<_> = road_alone
        .iter()
        .filter(|seen| !roads.iter().any(|other| other.cell == seen.cell))
        .collect();
    assert!(!hidden.is_empty());
    for seen in hidden {
        // Its middle appears where the deck does.
        let at = seen.cell.centre();
        let point = GeoPoint { lon_deg: at.lon_deg, lat_deg: at.lat_deg };
        let pixel = view.image_from_geo(point, 42.0).unwrap();
        assert!((299.0..=501.0).contains(&pixel.y), "{pixel:?}");
    }
    // The deck lies nearer to the camera than the road that the same pixels would show.
    let middle = |cells: &[SeenCell]| {
        cells.iter().map(|seen| seen.cell.centre().lat_deg).sum::<f64>() / cells.len() as f64
    };
    assert!(middle(&decks) < middle(&road_alone));
}

#[test]
fn sharpness_is_that_of_the_lens_at_its_distance() {
    let view = slanted(vec![plane("road", 42.0, None)]);
    let cells = footprint(&view, Detail::Level(Level::Eight)).unwrap().cells;
    for seen in &cells {
        let at = seen.cell.centre();
        let point = GeoPoint { lon_deg: at.lon_deg, lat_deg: at.lat_deg };
        let way = LocalFrame::about(ORIGIN).local_from_geo(point);
        // Depth along the optical axis: 8 m down at 30 degrees, north at 60.
        let depth = 8.0 * 0.5 + way.north_metres * 3f64.sqrt() / 2.0;
        let expected = 1400.0 / depth;
        if seen.share == 1.0 && way.east_metres.abs() < 2.0 {
            assert!((seen.px_per_metre / expected - 1.0).abs() < 0.02, "{seen:?} {expected}");
        }
    }
    // The error rule of level 8 holds near the camera only: both levels occur.
    let mixed = footprint(&view, Detail::AsErrorAllows).unwrap().cells;
    let near = |level| mixed.iter().filter(move |seen| seen.cell.level() == level);
    let error = |level| near(level).map(|seen| seen.error_metres).fold(0.0, f64::max);
    assert!(near(Level::Eight).count() > 0 && near(Level::Seven).count() > 0);
    assert!(error(Level::Eight) < error(Level::Seven));
}
