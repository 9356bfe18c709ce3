//! A pattern to be tried: one `[[pattern]]` and, where they are to be others than now, `[frame]`, `[[zone]]` and
//! `[[privacy]]`, held to the rules of a pipeline.

use super::{
    areas::Ground,
    calibration::frame_size,
    pattern::Catalogue,
    pipeline::{camera_pattern, privacy, zones},
    zone_kinds::lines_fit,
};
use crate::{
    base::toml_reader::{Faults, read},
    domain::{
        ids::ZoneId,
        pixel::{PixelPolygon, PixelSize},
        scene::Zone,
        schedule::Days,
        taxonomy::Pattern,
    },
};
use std::sync::Arc;

/// What messages call the text.
const NAME: &str = "draft.toml";

/// What is tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub pattern: Arc<Pattern>,
    /// That the pattern watches; all of them where the text names none.
    pub watched: Vec<ZoneId>,
    /// `None`: as they are.
    pub drawing: Option<Drawing>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub size: PixelSize,
    pub zones: Vec<Zone>,
    pub privacy: Vec<PixelPolygon>,
}

/// `known`: the camera's own zones, for a text without any.
pub fn read_draft(text: &str, catalogue: &Catalogue, known: &[Zone]) -> Result<Draft, Faults> {
    read(NAME, text, |mut root| {
        let drawn = root.keys().iter().any(|key| key == "frame" || key == "zone");
        let (mut size, mut drawn_zones, mut blank) = (None, None, None);
        if drawn {
            size = root.required_table("frame").and_then(frame_size);
            let ground = Ground { path: None, drawn: size, view: None };
            drawn_zones = zones(root.tables("zone"), &ground);
            blank = privacy(root.tables("privacy"), size);
        }
        let zones = if drawn { drawn_zones.as_deref().unwrap_or_default() } else { known };
        let names: Vec<ZoneId> = zones.iter().map(|zone| zone.id.clone()).collect();
        let mut tables = root.tables("pattern");
        if tables.len() != 1 {
            root.fault("pattern", "one [[pattern]]: the one to be tried");
            return None;
        }
        let watched = camera_pattern(tables.remove(0), catalogue, &names)?;
        lines_fit(&mut root, std::slice::from_ref(&watched), Some(zones));
        let (pattern, watched) = watched;
        if pattern.schedule.days != Days::All {
            root.fault("pattern", "schedule.days = \"all\": a trial knows no calendar");
        }
        let drawing = match drawn {
            true => Some(Drawing { size: size?, zones: drawn_zones?, privacy: blank? }),
            false => None,
        };
        Some(Draft { pattern, watched, drawing })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONES: &str = "[frame]\nwidth_px = 640\nheight_px = 360\n[[zone]]\nid = \"kerb\"\n\
                         polygon_px = [[0, 0], [640, 0], [640, 200]]\n";

    fn known() -> Vec<Zone> {
        let drawn = format!("{ZONES}[[pattern]]\nid = \"illegal_parking\"\n");
        let draft = read_draft(&drawn, &Catalogue::built_in().unwrap(), &[]).unwrap();
        draft.drawing.unwrap().zones
    }

    fn draft(text: &str) -> Result<Draft, String> {
        let catalogue = Catalogue::built_in().unwrap();
        read_draft(text, &catalogue, &known()).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_pattern_is_tried_on_the_zones_there_are_or_on_others() {
        let own = draft("[[pattern]]\nid = \"illegal_parking\"\ndwell_secs = 30\n").unwrap();
        assert_eq!((own.watched[0].as_str(), own.drawing), ("kerb", None));
        assert_eq!(own.pattern.dwell.as_secs(), 30);
        let other = ZONES.replace("kerb", "lane");
        let drawn = format!("{other}[[pattern]]\nid = \"illegal_parking\"\nzones = [\"lane\"]\n");
        let drawn = draft(&drawn).unwrap();
        assert_eq!(drawn.watched[0].as_str(), "lane");
        assert_eq!(drawn.drawing.unwrap().zones.len(), 1);
    }

    #[test]
    fn what_could_not_be_a_pipeline_is_no_draft() {
        for (text, named) in [
            (ZONES.to_owned(), "one [[pattern]]"),
            ("[[pattern]]\nid = \"flying_carpets\"\n".to_owned(), "pattern[0].id"),
            ("[[pattern]]\nid = \"illegal_parking\"\nzones = [\"lane\"]\n".to_owned(), "kerb"),
            ("[[pattern]]\nid = \"illegal_parking\"\nwings = 2\n".to_owned(), "wings"),
            ("[[pattern]]\nid = \"illegal_parking\"\n[source]\nuri = \"x\"\n".to_owned(), "source"),
            (
                format!("{ZONES}[[pattern]]\nid = \"loitering\"\n[[pattern]]\nid = \"crowd\"\n"),
                "one",
            ),
        ] {
            let told = draft(&text).unwrap_err();
            assert!(told.contains(named), "{text}: {told}");
        }
    }
}
