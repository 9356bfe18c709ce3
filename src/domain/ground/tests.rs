use super::*;
use proptest::prelude::*;

/// PETS 2009 view 001: image px to ground metres (research data, fitted to the Tsai model).
const PETS: [[f64; 3]; 3] = [
    [0.05163570615282437, -0.5830874060854668, 84.66520816429772],
    [-0.1344757843692256, -0.38586396579198323, 115.43727784626184],
    [0.0008835898215104879, 0.018933145945202352, 1.0],
];

fn px(x: f64, y: f64) -> PixelPoint {
    PixelPoint { x, y }
}

fn calibration() -> HomographyCalibration {
    HomographyCalibration {
        frame: PixelSize { width_px: 768, height_px: 576 },
        ground_from_image: PETS,
        origin: GeoPoint { lon_deg: 114.3425, lat_deg: 22.6915 },
        height_metres: 40.0,
        rms_error_metres: 0.05,
        hull_px: vec![px(0.0, 150.0), px(767.0, 150.0), px(767.0, 575.0), px(0.0, 575.0)],
    }
}

fn through(matrix: [[f64; 3]; 3], p: PixelPoint) -> EastNorth {
    let row = |r: usize| matrix[r][0] * p.x + matrix[r][1] * p.y + matrix[r][2];
    EastNorth { east_metres: row(0) / row(2), north_metres: row(1) / row(2) }
}

#[test]
fn far_ground_is_less_certain_than_near_ground() {
    let view = GroundView::from_homography(calibration()).unwrap();
    let near = view.locate(px(384.0, 550.0)).unwrap();
    let far = view.locate(px(384.0, 170.0)).unwrap();
    assert!(far.error_metres > 2.0 * near.error_metres, "{far:?} {near:?}");
}

#[test]
fn a_pixel_outside_the_hull_is_refused() {
    let view = GroundView::from_homography(calibration()).unwrap();
    assert_eq!(view.locate(px(384.0, 20.0)), Err(Refusal::OutsideHull));
}

#[test]
fn collinear_control_points_are_refused() {
    let line: Vec<ControlPoint> = (0..6)
        .map(|i| {
            let image = px(100.0 + 10.0 * f64::from(i), 200.0 + 20.0 * f64::from(i));
            ControlPoint { image, ground: through(PETS, image) }
        })
        .collect();
    assert_eq!(fit_homography(&line), Err(BadCalibration::Collinear));
    assert_eq!(fit_homography(&line[..3]), Err(BadCalibration::TooFewPoints { given: 3 }));
    let mut three_on_a_line = line[..3].to_vec();
    let off = px(500.0, 300.0);
    three_on_a_line.push(ControlPoint { image: off, ground: through(PETS, off) });
    assert_eq!(fit_homography(&three_on_a_line), Err(BadCalibration::Collinear));
}

#[test]
fn a_flat_hull_and_a_singular_matrix_are_refused() {
    let flat =
        HomographyCalibration { hull_px: vec![px(0.0, 200.0), px(9.0, 200.0)], ..calibration() };
    assert_eq!(
        GroundView::from_homography(flat).unwrap_err(),
        BadCalibration::BadHull { plane: 0 }
    );
    let singular = HomographyCalibration { ground_from_image: [[1.0; 3]; 3], ..calibration() };
    assert!(matches!(GroundView::from_homography(singular), Err(BadCalibration::Singular { .. })));
}

proptest! {
    #[test]
    fn a_fit_recovers_the_mapping_that_made_its_points(
        corners in prop::collection::vec((0.0f64..768.0, 200.0f64..576.0), 8..20)
    ) {
        let points: Vec<ControlPoint> = corners
            .iter()
            .map(|&(x, y)| ControlPoint { image: px(x, y), ground: through(PETS, px(x, y)) })
            .collect();
        if let Ok(fit) = fit_homography(&points) {
            prop_assert!(fit.rms_error_metres < 1e-3, "{}", fit.rms_error_metres);
        }
    }

    #[test]
    fn ground_and_image_are_inverse(x in 1.0f64..766.0, y in 151.0f64..574.0) {
        let view = GroundView::from_homography(calibration()).unwrap();
        let back = view.image_from_ground(view.locate(px(x, y)).unwrap().point).unwrap();
        prop_assert!((back.x - x).abs() < 1e-3 && (back.y - y).abs() < 1e-3, "{back:?}");
    }
}
