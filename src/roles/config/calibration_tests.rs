use super::*;
use crate::base::toml_reader::read;

const GOOD: &str = "datum = 'CGCS2000'\nsurveyed_on = '2026-11-21'\n\
    frame = { width_px = 640, height_px = 360 }\n[homography]\n\
    ground_from_image = [[0.1, 0, -32], [0, -0.1, 36], [0, 0, 1]]\n\
    origin = { lon_deg = 114.34, lat_deg = 22.69, height_metres = 42.0 }\n\
    rms_error_metres = 0.1\nhull_px = [[0, 0], [639, 0], [639, 359], [0, 359]]\n";

fn read_as(text: &str) -> Result<Calibration, String> {
    read("c.toml", text, |table| calibration(table, "c".into()))
        .map_err(|faults| faults.to_string())
}

#[test]
fn a_sound_file_locates_a_pixel() {
    let calibration = read_as(GOOD).unwrap();
    let at = calibration.view.locate(PixelPoint { x: 320.0, y: 358.0 }).unwrap();
    assert!(at.local.east_metres.abs() < 1e-9);
}

#[test]
fn spoiled_files_name_the_key() {
    let collinear =
        GOOD.replace("[[0, 0], [639, 0], [639, 359], [0, 359]]", "[[0, 0], [1, 1], [2, 2]]");
    assert!(read_as(&collinear).unwrap_err().contains("homography.hull_px"));
    let singular =
        GOOD.replace("[[0.1, 0, -32], [0, -0.1, 36], [0, 0, 1]]", "[[1,2,3],[2,4,6],[0,0,1]]");
    assert!(read_as(&singular).unwrap_err().contains("homography.ground_from_image"));
    let datum = GOOD.replace("CGCS2000", "GCJ-02");
    assert!(read_as(&datum).unwrap_err().contains("one of \"CGCS2000\", \"WGS84\""));
}

/// A camera 6 m up that looks north and 45 degrees down.
const CAMERA: &str = "datum = 'CGCS2000'\nsurveyed_on = '2026-11-21'\n\
    frame = { width_px = 1920, height_px = 1080 }\n[camera]\nfx = 1400\nfy = 1400\ncx = 959.5\ncy = 539.5\n\
    distortion = [-0.1]\nrotation = [[1, 0, 0], [0, -0.70710678, -0.70710678], [0, 0.70710678, -0.70710678]]\n\
    position = { lon_deg = 114.34, lat_deg = 22.69, height_metres = 48.0 }\n\
    planes = [{ id = 'road', height_metres = 42.0 }]\n";

#[test]
fn a_camera_without_a_hull_locates_as_far_as_its_error_allows() {
    let calibration = read_as(CAMERA).unwrap();
    let at = calibration.view.locate(PixelPoint { x: 959.5, y: 539.5 }).unwrap();
    assert!((at.local.north_metres - 6.0).abs() < 1e-3, "{at:?}");
    assert!((at.height_metres - 42.0).abs() < 1e-9);
    assert_eq!(calibration.camera_position().1, 48.0);
}

#[test]
fn an_upper_plane_comes_before_the_one_under_it() {
    let deck = "planes = [{ id = 'deck', height_metres = 45.0, hull_px = [[800, 500], [1100, 500], [1100, 600], [800, 600]] }, \
                { id = 'road', height_metres = 42.0 }]\n";
    let text = CAMERA.replace("planes = [{ id = 'road', height_metres = 42.0 }]\n", deck);
    let view = read_as(&text).unwrap().view;
    let on_deck = view.locate(PixelPoint { x: 959.5, y: 539.5 }).unwrap();
    let on_road = view.locate(PixelPoint { x: 959.5, y: 700.0 }).unwrap();
    assert_eq!((on_deck.plane, on_deck.height_metres), (0, 45.0));
    assert_eq!((on_road.plane, on_road.height_metres), (1, 42.0));
}

#[test]
fn spoiled_cameras_name_the_key() {
    for (from, to, key) in [
        ("[1, 0, 0], [0, -0.7", "[2, 0, 0], [0, -0.7", "camera.rotation"),
        ("fx = 1400", "fx = 0", "camera.fx"),
        ("[-0.1]", "[99]", "camera.distortion"),
        (
            "id = 'road', height",
            "id = 'road', hull_px = [[0, -900], [9, -900], [9, -800]], height",
            "camera.planes",
        ),
        ("planes = [{ id = 'road', height_metres = 42.0 }]", "", "camera.planes"),
        ("height_metres = 42.0 }]", "height_metres = 99999 }]", "height_metres"),
    ] {
        let message = read_as(&CAMERA.replace(from, to)).unwrap_err();
        assert!(message.contains(key), "{key}: {message}");
    }
    let both = format!("{CAMERA}[homography]\n");
    assert!(read_as(&both).unwrap_err().contains("not both"));
}
