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
fn a_turned_camera_is_taken_as_it_is_only_where_the_file_says_so() {
    assert_eq!(read_as(SMALLEST).unwrap().health.relearn_after, None);
    let with = |secs| {
        read_as(&SMALLEST.replace("[frame]", &format!("[health]\nrelearn_secs = {secs}\n[frame]")))
    };
    let relearn_after = with(86_400).unwrap().health.relearn_after;
    assert_eq!(relearn_after, Some(std::time::Duration::from_secs(86_400)));
    let refused = with(60).unwrap_err();
    assert!(refused.contains("health.relearn_secs = 60") && refused.contains("300"), "{refused}");
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
    let crossing =
        SMALLEST.replace("[1920, 0], [1920, 1080], [0, 1080]", "[1920, 1080], [1920, 0], [0, 900]");
    assert!(read_as(&crossing).unwrap_err().contains("its sides cross"));
    let outside = SMALLEST.replace("[1920, 1080], [0, 1080]", "[1920, 1180], [0, 1080]");
    let message = read_as(&outside).unwrap_err();
    assert!(message.contains("[1920, 1180] lies outside the picture of 1920 by 1080"), "{message}");
    let password = SMALLEST.replace("rtsp://10", "rtsp://admin:secret@10");
    let message = read_as(&password).unwrap_err();
    assert!(message.contains("password_file"), "{message}");
}

#[test]
fn a_surveyed_zone_is_converted_from_its_datum_and_swapped_corners_are_named() {
    use crate::domain::{datum::Datum, geo::GeoPoint};
    let dir = tempfile::tempdir().unwrap();
    // 0.1 m a pixel, north up, about the origin at the middle of the frame.
    let calibration = "datum = 'CGCS2000'\nsurveyed_on = '2026-11-21'\n\
        frame = { width_px = 1920, height_px = 1080 }\n[homography]\n\
        ground_from_image = [[0.1, 0, -96], [0, -0.1, 54], [0, 0, 1]]\n\
        origin = { lon_deg = 114.34, lat_deg = 22.69, height_metres = 42.0 }\n\
        rms_error_metres = 0.1\nhull_px = [[0, 0], [1919, 0], [1919, 1079], [0, 1079]]\n";
    fs::write(dir.path().join("c.toml"), calibration).unwrap();
    let zone_of = |corners: &[[f64; 2]], label: &str| {
        let drawn = "polygon_px = [[0, 0], [1920, 0], [1920, 1080], [0, 1080]]\n";
        let surveyed = format!("polygon_lonlat = {corners:?}\n{label}");
        let text = SMALLEST
            .replace("\"pingshan-014\"\n", "\"pingshan-014\"\ncalibration = \"c.toml\"\n")
            .replace(drawn, &surveyed);
        let path = dir.path().join("p.toml");
        fs::write(&path, text).unwrap();
        load_pipeline(&path, &Catalogue::built_in().unwrap())
            .map(|pipeline| pipeline.scene.zones[0].polygon.clone())
            .map_err(|faults| faults.to_string())
    };
    let corners = [[114.3398, 22.6898], [114.3402, 22.6898], [114.34, 22.6903]];
    let plain = zone_of(&corners, "").unwrap();
    let shown = corners.map(|[lon_deg, lat_deg]| {
        let shown = Datum::Gcj02.from_cgcs2000(GeoPoint { lon_deg, lat_deg });
        [shown.lon_deg, shown.lat_deg]
    });
    let converted = zone_of(&shown, "datum = \"GCJ02\"\n").unwrap();
    for (a, b) in plain.corners().iter().zip(converted.corners()) {
        assert!((a.x - b.x).hypot(a.y - b.y) < 0.01, "{a:?} {b:?}");
    }
    let swapped = zone_of(&corners.map(|[lon, lat]| [lat, lon]), "").unwrap_err();
    assert!(swapped.contains("polygon_lonlat") && swapped.contains("swapped"), "{swapped}");
    let unknown = zone_of(&corners, "datum = \"XIAN80\"\n").unwrap_err();
    assert!(unknown.contains("\"BD09\""), "{unknown}");
}

#[test]
fn a_zone_may_be_tiled_and_the_tiles_of_a_camera_are_bounded() {
    let with = |tiles: &str| {
        SMALLEST.replace("id = \"pavement\"", &format!("id = \"pavement\"\ntiles = {tiles}"))
    };
    let tiled = read_as(&with("{ width_px = 640, height_px = 384 }")).unwrap();
    assert_eq!(tiled.scene.tiling().len(), 4 * 4);
    assert_eq!(tiled.scene.zones[0].tiles.map(|shape| shape.overlap), Some(TILE_OVERLAP_DEFAULT));
    assert!(read_as(SMALLEST).unwrap().scene.tiling().is_empty(), "off unless asked for");
    for (tiles, told) in [
        (
            "{ width_px = 320, height_px = 192 }",
            "at most 16 tiles a camera, each an inference a frame",
        ),
        ("{ width_px = 32, height_px = 192 }", "tiles.width_px = 32: expected: 64 to 4096"),
        ("{ width_px = 320 }", "tiles.height_px is missing"),
        (
            "{ width_px = 320, height_px = 192, overlap = 0.9 }",
            "tiles.overlap = 0.9: expected: 0 to 0.5",
        ),
        ("320", "a table is expected"),
    ] {
        let message = read_as(&with(tiles)).unwrap_err();
        assert!(
            message.contains("zone[0].") && message.contains(told),
            "{told} is not in\n{message}"
        );
    }
}

/// A pipeline of the shipped, calibrated demo street, with more lines.
fn street(more: &str) -> Result<Pipeline, String> {
    let shipped = fs::read_to_string("pipelines/demo_street.toml").unwrap();
    let here = std::env::current_dir().unwrap();
    let text = shipped.replace("\"../", &format!("\"{}/", here.display()));
    read_as(&format!("{text}\n{more}"))
}

#[test]
fn a_slot_carries_its_component_and_is_a_part_of_the_picture() {
    let slot = "[[zone]]\nid = 'slot'\npolygon_px = [[1, 1], [50, 1], [50, 50]]\n\
        component_id = '4403100102-17'\nowner = '街道环卫所'";
    let read = street(slot).unwrap();
    let asset = read.scene.zones[2].asset.as_ref().unwrap();
    assert_eq!(
        (asset.component_id.as_str(), asset.owner.as_deref()),
        ("4403100102-17", Some("街道环卫所"))
    );
    let twice = format!("{slot}\n{}", slot.replace("'slot'", "'other'"));
    for (text, part) in [
        (twice.as_str(), "component_id = '4403100102-17'"),
        ("[[zone]]\nid = 'slot'\ncomponent_id = 'a'", "a slot is drawn"),
        (
            "[[zone]]\nid = 'slot'\ncomponent_id = 'a b'\npolygon_px = [[1, 1], [50, 1], [50, 50]]",
            "'a b'",
        ),
        (
            "[[zone]]\nid = 'slot'\nowner = 'x'\npolygon_px = [[1, 1], [50, 1], [50, 50]]",
            "belongs to a component_id",
        ),
    ] {
        let faults = street(text).unwrap_err();
        assert!(faults.contains(part), "{part} in\n{faults}");
    }
}

#[test]
fn an_exception_names_its_area_its_days_and_why() {
    let permit = "[[exception]]\npatterns = ['roadside_stall']\nzone = 'stall_pavement'\n\
        valid_from = '2026-11-01'\nvalid_until = '2026-11-30'\nnote = '夜市'\n\
        schedule = { weekdays = ['fri', 'sat'], hours = ['18:00-02:00'] }";
    let read = street(permit).unwrap();
    let exception = &read.scene.exceptions[0];
    assert_eq!(exception.area, read.scene.zones[0].polygon);
    assert_eq!(exception.valid_until.to_string(), "2026-11-30");
    assert!(exception.is_of(&"roadside_stall".parse().unwrap()));
    for (from, to, part) in [
        ("'2026-11-30'", "'2026-10-30'", "no earlier than valid_from"),
        ("'2026-11-01'", "'2026-11-31'", "valid_from = '2026-11-31': expected: a date such as"),
        ("zone = 'stall_pavement'\n", "", "an exception holds in one area"),
        ("stall_pavement", "nowhere", "zone = 'nowhere': expected: a zone of this file"),
        ("['roadside_stall']", "['crowd']", "patterns of this file: roadside_stall"),
        ("note = '夜市'\n", "", "note"),
        ("['fri', 'sat']", "[]", "schedule.weekdays"),
        ("weekdays = ['fri', 'sat']", "days = 'off'", "since an exception has schedule.days"),
        ("'2026-11-30'\n", "'2026-11-30'\npolygon_px = [[0, 0], [9, 0], [9, 9]]\n", "one area"),
    ] {
        let text = permit.replace(from, to);
        assert_ne!(text, permit, "{from}");
        let faults = street(&text).unwrap_err();
        assert!(faults.contains(part), "{part} in\n{faults}");
    }
}

#[test]
fn days_off_need_a_calendar() {
    let asks = SMALLEST.replace("dwell_secs = 60", "dwell_secs = 60\nschedule = { days = 'off' }");
    let faults = read_as(&asks).unwrap_err();
    assert!(faults.contains("calendar") && faults.contains("roadside_stall"), "{faults}");
    let here = std::env::current_dir().unwrap();
    let file = format!("[calendar]\nfile = '{}/pipelines/calendars/pingshan.toml'", here.display());
    let read = read_as(&format!("{asks}\n{file}")).unwrap();
    let schedule = &read.patterns[0].0.schedule;
    let at = |day: &str| format!("2026-10-{day}T12:00:00+08:00").parse().unwrap();
    assert!(schedule.is_open(at("07")) && !schedule.is_open(at("08")));
    let missing = asks + "\n[calendar]\nfile = 'nowhere.toml'";
    assert!(read_as(&missing).unwrap_err().contains("nowhere.toml"));
}

#[test]
fn a_zone_may_come_from_a_map_if_the_calibration_reaches_it() {
    let view = street("").unwrap().calibration.unwrap().view;
    let corner = |x, y| {
        let at = view.locate(crate::domain::pixel::PixelPoint { x, y }).unwrap().point;
        format!("[{}, {}]", at.lon_deg, at.lat_deg)
    };
    let hull = view.planes()[0].hull.bounds();
    let (x, y) = (f64::from(hull.x1 + hull.x2) / 2.0, f64::from(hull.y1 + hull.y2) / 2.0);
    let corners = [corner(x, y), corner(x + 20.0, y), corner(x + 20.0, y + 20.0)];
    let dir = tempfile::tempdir().unwrap();
    let map = dir.path().join("zones.geojson");
    let feature = |name: &str, ring: &str| {
        format!(
            "{{\"type\": \"Feature\", \"properties\": {{\"name\": \"{name}\"}}, \"geometry\": \
             {{\"type\": \"Polygon\", \"coordinates\": [[{ring}]]}}}}"
        )
    };
    let near = feature("near", &format!("{}, {}", corners.join(", "), corners[0]));
    let far = feature("far", "[114.0, 22.0], [114.1, 22.0], [114.1, 22.1], [114.0, 22.0]");
    let text = format!("{{\"type\": \"FeatureCollection\", \"features\": [{near}, {far}]}}");
    fs::write(&map, text).unwrap();
    let zone = |feature: &str| {
        format!("[[zone]]\nid = 'map'\ngeojson = '{}'\nfeature = '{feature}'", map.display())
    };
    let read = street(&zone("near")).unwrap();
    let bounds = read.scene.zones[2].polygon.bounds();
    let scale = 640.0 / view.frame.width_px as f32;
    assert!((bounds.width() - 20.0 * scale).abs() < 0.1, "{bounds:?}");
    for (text, part) in [
        (zone("far"), "outside the part of the ground that is calibrated"),
        (zone("other"), "no feature of that id or name"),
        (zone("near").replace("feature", "datum"), "datum"),
        (format!("[[zone]]\nid = 'map'\ngeojson = '{}'", map.display()), "the file has 2 of them"),
        (
            format!("{}\npolygon_px = [[1, 1], [50, 1], [50, 50]]", zone("near")),
            "one of polygon_px",
        ),
    ] {
        let faults = street(&text).unwrap_err();
        assert!(faults.contains(part), "{part} in\n{faults}");
    }
    let uncalibrated = format!("{SMALLEST}\n{}", zone("near"));
    assert!(read_as(&uncalibrated).unwrap_err().contains("needs a calibrated camera"));
}

#[test]
fn lines_are_watched_by_patterns_of_the_line_family_only() {
    let line = "[[zone]]\nid = 'gate'\nline_px = [[10, 10], [10, 300]]";
    let crossing = "[[pattern]]\nid = 'water_activity'\nzones = ['gate']\nsubjects = 'line'\n\
        direction = 'rightwards'\nclosure = { by_video = false }";
    let read = street(&format!("{line}\n{crossing}")).unwrap();
    assert!(read.scene.zones[2].line.is_some());
    for (text, part) in [
        (
            format!("{line}\n{}", crossing.replace("gate", "bins")),
            "water_activity needs zones with line_px",
        ),
        (format!("{line}\n[[pattern]]\nid = 'crowd'\nzones = ['gate']"), "without the line gate"),
        (line.replace("[10, 300]", "[10, 10]"), "two different points"),
        (line.replace("[10, 300]", "[10, 3000]"), "two different points"),
        (
            format!("{line}\npolygon_px = [[1, 1], [50, 1], [50, 50]]"),
            "a zone is a line, or a polygon",
        ),
        (format!("{line}\n{}", crossing.replace("false", "true")), "a crossing is over"),
        (format!("{line}\n{}", crossing.replace("direction = 'rightwards'\n", "")), "direction"),
        (format!("{line}\n{}", crossing.replace("rightwards", "up")), "direction = 'up'"),
        (format!("{line}\n{}", crossing.replace("'line'", "'area'")), "area_share_min"),
    ] {
        let faults = street(&text).unwrap_err();
        assert!(faults.contains(part), "{part} in\n{faults}");
    }
}

#[test]
fn another_recorder_is_named_whole_or_refused_by_key() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    fs::write(&secret, "pass\n").unwrap();
    let secret = format!("password_file = \"{}\"\n", secret.display());
    let with = |table: &str| read_as(&format!("{SMALLEST}[footage]\n{table}"));
    assert_eq!(read_as(SMALLEST).unwrap().recorder, None);
    let replay = with("source = \"rtsp_replay\"\nuri = \"rtsp://nvr/Streaming/tracks/101\"\n");
    assert!(matches!(replay.unwrap().recorder, Some(RecorderSettings::RtspReplay(_))));
    let files = format!(
        "source = \"http_files\"\nuri = \"https://nas/list.csv\"\nusername = \"li\"\n{secret}"
    );
    let Some(RecorderSettings::HttpFiles(server)) = with(&files).unwrap().recorder else {
        panic!()
    };
    assert_eq!(server.password, Some(Secret::new("pass")));
    let gateway = format!(
        "source = \"gb28181\"\nuri = \"http://wvp:18080\"\nusername = \"li\"\n{secret}\
         device = \"34020000001110000001\"\nchannel = \"34020000001320000001\"\n"
    );
    assert!(matches!(with(&gateway).unwrap().recorder, Some(RecorderSettings::Gb28181 { .. })));
    for (table, part) in [
        ("uri = \"rtsp://nvr/a\"".to_owned(), "footage.source"),
        ("source = \"vhs\"\nuri = \"rtsp://nvr/a\"".to_owned(), "rtsp_replay"),
        ("source = \"rtsp_replay\"".to_owned(), "footage.uri"),
        ("source = \"rtsp_replay\"\nuri = \"http://nvr/a\"".to_owned(), "rtsp://host"),
        ("source = \"http_files\"\nuri = \"https://li:pass@nas/\"".to_owned(), "password_file"),
        (gateway.replace("34020000001320000001", "132"), "footage.channel"),
        (gateway.replace("username = \"li\"\n", ""), "footage.username"),
        (files.replace("username", "user"), "footage.user"),
    ] {
        let faults = with(&table).unwrap_err();
        assert!(faults.contains(part), "{part} in\n{faults}");
        assert!(!faults.contains("li:pass"), "{faults}");
    }
}

#[test]
fn a_recording_is_blanked_only_where_there_is_a_zone_to_blank() {
    let zone = "[[privacy]]\npolygon_px = [[0, 0], [99, 0], [99, 99]]\n";
    let with = |recording: &str, zone: &str| read_as(&format!("{SMALLEST}{zone}{recording}"));
    let blanks = |pipeline: Pipeline| pipeline.recording.unwrap().blank_privacy;
    assert!(!blanks(with("[recording]\n", zone).unwrap()));
    assert!(blanks(with("[recording]\nblank_privacy = true\n", zone).unwrap()));
    let refused = with("[recording]\nblank_privacy = true\n", "").unwrap_err();
    assert!(refused.contains("recording.blank_privacy") && refused.contains("[[privacy]]"));
}
