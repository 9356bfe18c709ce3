//! Is a message from the network well formed? Bounds on every text and number before it is stored.
//!
//! Types are checked by serde and ids by their constructors; here is the rest. A refusal names the
//! field and what is allowed.

use crate::domain::{
    coverage::CARD_CELLS_MAX,
    wire::{
        CameraCardData, CaseFactData, DRY_CASES_MAX, DryRunResultData, EventData, EvidenceData,
        FootageResultData, PlaceData, SceneData,
    },
};

pub const EVIDENCE_OF_A_FACT_MAX: usize = 32;
pub const FOOTPRINT_CELLS_MAX: usize = 20_000;
pub const PATTERNS_OF_A_CAMERA_MAX: usize = 128;
pub const CAMERAS_OF_A_NODE_MAX: i64 = 1_000;
const CORNERS_MAX: usize = 1_000;
const HOLES_MAX: usize = 1_000;
const ZONES_MAX: usize = 200;
const TAGS_MAX: usize = 100;
const CODE_CHARS_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 200;
const URL_CHARS_MAX: usize = 500;
const NOTE_CHARS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}: {allowed}")]
pub struct Malformed {
    pub field: &'static str,
    pub value: String,
    pub allowed: String,
}

fn text(field: &'static str, value: &str, chars_max: usize) -> Result<(), Malformed> {
    let sound = value.chars().nth(chars_max).is_none() && !value.chars().any(char::is_control);
    sound.then_some(()).ok_or_else(|| Malformed {
        field,
        value: format!("{:?}", value.chars().take(40).collect::<String>()),
        allowed: format!("at most {chars_max} characters, no control characters"),
    })
}

fn within(field: &'static str, value: f64, min: f64, max: f64) -> Result<(), Malformed> {
    (value.is_finite() && (min..=max).contains(&value)).then_some(()).ok_or_else(|| Malformed {
        field,
        value: value.to_string(),
        allowed: format!("{min} to {max}"),
    })
}

fn at_most(field: &'static str, count: usize, max: usize) -> Result<(), Malformed> {
    (count <= max).then_some(()).ok_or_else(|| Malformed {
        field,
        value: format!("a list of {count}"),
        allowed: format!("at most {max} entries"),
    })
}

fn event(event: &EventData) -> Result<(), Malformed> {
    text("event.std", &event.std, CODE_CHARS_MAX)?;
    text("event.version", &event.version, CODE_CHARS_MAX)?;
    text("event.code", &event.code, CODE_CHARS_MAX)?;
    text("event.name_zh", &event.name_zh, NAME_CHARS_MAX)?;
    text("event.name_en", &event.name_en, NAME_CHARS_MAX)
}

fn place(place: &PlaceData) -> Result<(), Malformed> {
    text("place.code_2d", &place.code_2d, CODE_CHARS_MAX)?;
    text("place.code_3d", place.code_3d.as_deref().unwrap_or_default(), CODE_CHARS_MAX)?;
    text("place.datum", &place.datum, CODE_CHARS_MAX)?;
    within("place.lon_deg", place.lon_deg, -180.0, 180.0)?;
    within("place.lat_deg", place.lat_deg, -90.0, 90.0)?;
    within("place.height_metres", place.height_metres.unwrap_or(0.0), -12_000.0, 100_000.0)?;
    within("place.error_metres", place.error_metres, 0.0, 1e6)
}

pub fn evidence(files: &[EvidenceData]) -> Result<(), Malformed> {
    at_most("evidence", files.len(), EVIDENCE_OF_A_FACT_MAX)?;
    for file in files {
        text("evidence.role", &file.role, CODE_CHARS_MAX)?;
        text("evidence.url", &file.url, URL_CHARS_MAX)?;
        text("evidence.media_type", &file.media_type, CODE_CHARS_MAX)?;
        if file.sha256.parse::<crate::drivers::evidence::files::Digest256>().is_err() {
            return Err(Malformed {
                field: "evidence.sha256",
                value: format!("{:?}", file.sha256.chars().take(70).collect::<String>()),
                allowed: "64 lower-case hexadecimal digits".to_owned(),
            });
        }
    }
    Ok(())
}

pub fn fact(fact: &CaseFactData) -> Result<(), Malformed> {
    event(&fact.event)?;
    text("pattern.version", &fact.pattern.version, CODE_CHARS_MAX)?;
    if let Some(found) = &fact.place {
        place(found)?;
    }
    text("camera.gb28181_id", fact.camera.gb28181_id.as_deref().unwrap_or_default(), 40)?;
    text("component_id", fact.component_id.as_deref().unwrap_or_default(), CODE_CHARS_MAX)?;
    text("dispatch_hint", fact.dispatch_hint.as_deref().unwrap_or_default(), CODE_CHARS_MAX)?;
    text("source", &fact.source, CODE_CHARS_MAX)?;
    text("model.id", &fact.model.id, NAME_CHARS_MAX)?;
    text("model.sha256", &fact.model.sha256, 64)?;
    within("dwell_secs", fact.dwell_secs, 0.0, 1e9)?;
    within("score", f64::from(fact.score), 0.0, 1.0)?;
    evidence(&fact.evidence)
}

pub fn footage(result: &FootageResultData) -> Result<(), Malformed> {
    text("masks", &result.masks, NAME_CHARS_MAX)?;
    text("detail", result.detail.as_deref().unwrap_or_default(), NOTE_CHARS_MAX)?;
    at_most("holes", result.holes.len(), HOLES_MAX)?;
    evidence(&result.evidence)
}

pub fn dry_run(result: &DryRunResultData) -> Result<(), Malformed> {
    text("detail", result.detail.as_deref().unwrap_or_default(), NOTE_CHARS_MAX)?;
    at_most("holes", result.holes.len(), HOLES_MAX)?;
    at_most("cases", result.cases.len(), DRY_CASES_MAX)?;
    within("share", result.share, 0.0, 1.0)?;
    for case in &result.cases {
        within("cases.dwell_secs", case.dwell_secs, 0.0, 1e9)?;
        within("cases.score", f64::from(case.score), 0.0, 1.0)?;
        evidence(case.picture.as_slice())?;
    }
    Ok(())
}

fn scene(scene: &SceneData) -> Result<(), Malformed> {
    at_most("scene.zones", scene.zones.len(), ZONES_MAX)?;
    at_most("scene.privacy", scene.privacy.len(), ZONES_MAX)?;
    let polygons = scene.zones.iter().map(|zone| &zone.polygon_px);
    for polygon in polygons.chain(scene.privacy.iter().map(|outline| &outline.polygon_px)) {
        at_most("scene.polygon_px", polygon.len(), CORNERS_MAX)?;
        for at in polygon.iter().flatten() {
            within("scene.polygon_px", *at, -1e6, 1e6)?;
        }
    }
    for zone in &scene.zones {
        at_most("scene.zones.tags", zone.tags.len(), TAGS_MAX)?;
        for word in zone.tags.iter().chain(&zone.component_id).chain(&zone.owner) {
            text("scene.zones", word, NAME_CHARS_MAX)?;
        }
        for at in zone.line_px.iter().flatten().flatten() {
            within("scene.zones.line_px", *at, -1e6, 1e6)?;
        }
    }
    Ok(())
}

pub fn card(card: &CameraCardData) -> Result<(), Malformed> {
    at_most("footprint", card.footprint.len(), FOOTPRINT_CELLS_MAX)?;
    at_most("patterns", card.patterns.len(), PATTERNS_OF_A_CAMERA_MAX)?;
    for code in &card.footprint {
        text("footprint", code, CODE_CHARS_MAX)?;
    }
    at_most("cells", card.cells.len(), CARD_CELLS_MAX)?;
    for cell in &card.cells {
        text("cells.code_3d", &cell.code_3d, CODE_CHARS_MAX)?;
        text("cells.parts", cell.parts.as_deref().unwrap_or_default(), CODE_CHARS_MAX)?;
        within("cells.height_metres", cell.height_metres, -12_000.0, 100_000.0)?;
        within("cells.error_metres", cell.error_metres, 0.0, 1e6)?;
        within("cells.px_per_metre", cell.px_per_metre, 0.0, 1e6)?;
    }
    if let Some(drawn) = &card.scene {
        scene(drawn)?;
    }
    for pattern in &card.patterns {
        text("patterns.version", &pattern.version, CODE_CHARS_MAX)?;
        text("patterns.name_zh", &pattern.name_zh, NAME_CHARS_MAX)?;
        text("patterns.name_en", &pattern.name_en, NAME_CHARS_MAX)?;
        within("patterns.dwell_secs", pattern.dwell_secs, 0.0, 1e9)?;
    }
    if let Some(place) = &card.place {
        within("place.lon_deg", place.lon_deg, -180.0, 180.0)?;
        within("place.lat_deg", place.lat_deg, -90.0, 90.0)?;
        within("place.height_metres", place.height_metres, -12_000.0, 100_000.0)?;
        text("place.datum", &place.datum, CODE_CHARS_MAX)?;
        at_most("place.footprint_lonlat", place.footprint_lonlat.len(), CORNERS_MAX)?;
        for [lon, lat] in &place.footprint_lonlat {
            within("place.footprint_lonlat", *lon, -180.0, 180.0)?;
            within("place.footprint_lonlat", *lat, -90.0, 90.0)?;
        }
    }
    text("masks", card.masks.as_deref().unwrap_or_default(), NAME_CHARS_MAX)?;
    text("calibration_id", card.calibration_id.as_deref().unwrap_or_default(), NAME_CHARS_MAX)?;
    text("note_zh", card.note_zh.as_deref().unwrap_or_default(), NOTE_CHARS_MAX)?;
    text("note_en", card.note_en.as_deref().unwrap_or_default(), NOTE_CHARS_MAX)
}

pub fn note(field: &'static str, value: &str) -> Result<(), Malformed> {
    text(field, value, NOTE_CHARS_MAX)
}
