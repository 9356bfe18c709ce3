//! The drawn part of a pipeline by itself: `[frame]`, `[[zone]]`, `[[privacy]]`. What a zone editor writes is
//! held to the rules of the whole file.

use super::{
    areas::Ground,
    calibration::frame_size,
    pipeline::{privacy, zones},
};
use crate::base::toml_reader::{Faults, read};

/// What messages call the text.
const NAME: &str = "zones.toml";

/// How many zones and privacy zones the text draws.
pub fn check_drawing(text: &str) -> Result<(usize, usize), Faults> {
    read(NAME, text, |mut root| {
        let size = root.required_table("frame").and_then(frame_size);
        let ground = Ground { path: None, drawn: size, view: None };
        let zones = zones(root.tables("zone"), &ground);
        let privacy = privacy(root.tables("privacy"), size);
        size?;
        Some((zones?.len(), privacy?.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[frame]
width_px = 640
height_px = 360

[[zone]]
id = "pavement"
polygon_px = [[0, 0], [640, 0], [640, 200], [0, 200]]
tags = ["学校", "fire lane"]

[[zone]]
id = "bin-1"
component_id = "440310-0042"
polygon_px = [[10, 210], [60, 210], [60, 300]]

[[privacy]]
polygon_px = [[500, 210], [600, 210], [600, 300]]
"#;

    fn told(text: &str) -> String {
        check_drawing(text).unwrap_err().to_string()
    }

    #[test]
    fn a_drawing_alone_is_held_to_the_rules_of_a_pipeline() {
        assert_eq!(check_drawing(GOOD), Ok((2, 1)));
        for (good, bad, named) in [
            ("[640, 0], [640, 200]", "[640, 200], [640, 0]", "zone[0].polygon_px"),
            ("[60, 300]]", "[61, 210]]", "zone[1].polygon_px"),
            ("[60, 300]]", "[60, 900]]", "outside the picture"),
            ("bin-1", "pavement", "a name of its own"),
            ("440310-0042", "a b", "component_id"),
            ("\"fire lane\"", "\"学校\"", "different words"),
            ("\"fire lane\"", "\" \"", "different words"),
            ("[600, 300]]", "[500, 300], [600, 300]]", "privacy[0].polygon_px"),
            ("[[privacy]]", "[source]", "source"),
            ("width_px = 640", "width_px = 0", "frame.width_px"),
        ] {
            assert!(GOOD.contains(good), "{good}");
            let text = told(&GOOD.replacen(good, bad, 1));
            assert!(text.contains(named), "{good} -> {bad}: {text}");
        }
    }

    #[test]
    fn a_text_from_elsewhere_names_no_file_and_no_ground() {
        for (key, named) in [
            ("geojson = \"/etc/hostname\"", "the camera's own pipeline"),
            ("polygon_lonlat = [[114.0, 22.0], [114.1, 22.0], [114.1, 22.1]]", "calibrated"),
        ] {
            let text = told(&format!("{GOOD}[[zone]]\nid = \"x\"\n{key}\n"));
            assert!(text.contains(named), "{key}: {text}");
            assert!(!text.contains("cannot be read"), "{text}");
        }
    }
}
