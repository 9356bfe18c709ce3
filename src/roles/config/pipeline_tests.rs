use super::*;
use std::fs;

const SMALLEST: &str = r#"
[camera]
id = "pingshan-014"
[source]
uri = "rtsp://10.0.0.14/main"
analysed_fps = 5.0
[frame]
width_px = 1920
height_px = 1080
[model]
manifest = "../models/street-nano.toml"
[[zone]]
id = "pavement"
polygon_px = [[0, 0], [1920, 0], [1920, 1080], [0, 1080]]
[[pattern]]
id = "roadside_stall"
zones = ["pavement"]
dwell_secs = 60
"#;

fn read_as(text: &str) -> Result<Pipeline, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.toml");
    fs::write(&path, text).unwrap();
    load_pipeline(&path, &Catalogue::built_in().unwrap()).map_err(|faults| faults.to_string())
}

#[test]
fn the_smallest_pipeline_of_the_contract_is_read() {
    let pipeline = read_as(SMALLEST).unwrap();
    assert_eq!(pipeline.camera.as_str(), "pingshan-014");
    let (pattern, zones) = &pipeline.patterns[0];
    assert_eq!((pattern.dwell.as_secs(), zones[0].as_str()), (60, "pavement"));
    assert!(pipeline.manifest.ends_with("../models/street-nano.toml"));
}

#[test]
fn without_zones_the_whole_frame_is_watched() {
    let text = SMALLEST.replace(
        "[[zone]]\nid = \"pavement\"\npolygon_px = [[0, 0], [1920, 0], [1920, 1080], [0, 1080]]\n",
        "",
    );
    let text = text.replace("zones = [\"pavement\"]\n", "");
    assert_eq!(read_as(&text).unwrap().scene.zones[0].id.as_str(), "frame");
}

#[test]
fn all_faults_come_at_once_with_line_and_cure() {
    let text = SMALLEST
        .replace("pingshan-014", "a b")
        .replace("rtsp://", "rtmp://")
        .replace("1080\n[model]", "0\n[model]")
        .replace("roadside_stall", "roadside_stal")
        .replace("analysed_fps", "analyzed_fps");
    let message = read_as(&text).unwrap_err();
    for part in [
        "camera.id",
        "source.uri",
        "frame.height_px",
        "pattern[0].id",
        "did you mean `analysed_fps`",
    ] {
        assert!(message.contains(part), "{part} in\n{message}");
    }
}

#[test]
fn an_unknown_zone_a_flat_zone_and_a_password_in_the_address_are_refused() {
    let message =
        read_as(&SMALLEST.replace("zones = [\"pavement\"]", "zones = [\"road\"]")).unwrap_err();
    assert!(message.contains("zones of this file: pavement"), "{message}");
    let flat = SMALLEST.replace("[1920, 0], [1920, 1080], [0, 1080]", "[1, 1], [2, 2]");
    assert!(read_as(&flat).unwrap_err().contains("zone[0].polygon_px"));
    let password = SMALLEST.replace("rtsp://10", "rtsp://admin:secret@10");
    let message = read_as(&password).unwrap_err();
    assert!(message.contains("password_file"), "{message}");
}
