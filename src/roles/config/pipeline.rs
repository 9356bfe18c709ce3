//! `pipelines/<site>_<camera>.toml`: one camera's source, model, zones and rules.

use super::{
    areas::{Ground, SHAPE, corners, in_picture, polygon},
    beside,
    calendar::load_calendar,
    calibration::{Calibration, frame_size, load_calibration},
    exceptions::exceptions,
    load,
    mqtt::secret_file,
    pattern::Catalogue,
    pattern_reader::pattern,
    recorder::{RecorderSettings, recorder},
    zone_kinds::{asset, line, lines_fit, tags},
};
use crate::{
    base::{
        secret::Secret,
        toml_reader::{Faults, Table},
    },
    domain::{
        calendar::Calendar,
        health,
        ids::{CameraId, ZoneId},
        pixel::{PixelPolygon, PixelSize},
        privacy::PrivacyMask,
        scene::{Scene, Zone},
        schedule::{Days, Schedule},
        taxonomy::Pattern,
        tiles::{TILE_OVERLAP_DEFAULT, TILES_MAX, TileShape, Tiling},
    },
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How RTP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Auto,
    Tcp,
    Udp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SourceSettings {
    /// As written, but a file path is made relative to the pipeline file.
    pub uri: String,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub transport: Transport,
    pub analysed_fps: f64,
    pub silent_after: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordingSettings {
    /// None: as long as the node keeps footage.
    pub keep: Option<Duration>,
    /// Of this camera alone, besides the node's limits.
    pub bytes_max: Option<u64>,
    /// The privacy zones are black in the recording itself, which is encoded again for it.
    pub blank_privacy: bool,
}

#[derive(Debug, Clone)]
pub struct Pipeline {
    pub path: PathBuf,
    pub camera: CameraId,
    pub note_zh: Option<String>,
    pub note_en: Option<String>,
    pub calibration: Option<Calibration>,
    pub source: SourceSettings,
    /// Absent: nothing is recorded, and nothing can be verified later.
    pub recording: Option<RecordingSettings>,
    /// Who else keeps what this camera saw.
    pub recorder: Option<RecorderSettings>,
    pub health: health::Settings,
    /// Not opened here: `replay --detections` needs no model.
    pub manifest: PathBuf,
    /// Where the file names it, for messages.
    pub manifest_line: usize,
    pub scene: Scene,
    pub privacy: PrivacyMask,
    pub patterns: Vec<(Arc<Pattern>, Vec<ZoneId>)>,
    pub calendar: Option<Arc<Calendar>>,
    /// What the answer depends on besides the pixels: for ids that repeat.
    pub text: String,
}

impl Pipeline {
    pub fn pattern(
        &self,
        id: &crate::domain::ids::PatternId,
    ) -> Option<&(Arc<Pattern>, Vec<ZoneId>)> {
        self.patterns.iter().find(|(pattern, _)| &pattern.id == id)
    }
}

pub fn load_pipeline(path: &Path, catalogue: &Catalogue) -> Result<Pipeline, Faults> {
    let mut nested: Option<Faults> = None;
    let text = super::read_text(path)?;
    let built = load(path, |table| pipeline(table, path, &text, catalogue, &mut nested));
    match (built, nested) {
        (Ok(built), None) => Ok(built),
        (Ok(_), Some(nested)) => Err(nested),
        (Err(faults), None) => Err(faults),
        (Err(mut faults), Some(nested)) => {
            faults.extend(nested);
            Err(faults)
        }
    }
}

fn pipeline(
    mut root: Table<'_>,
    path: &Path,
    text: &str,
    catalogue: &Catalogue,
    nested: &mut Option<Faults>,
) -> Option<Pipeline> {
    let mut camera_table = root.required_table("camera");
    let camera = camera_table.as_mut().and_then(|t| t.value::<String>("id").parsed().required());
    let note = |table: &mut Option<Table<'_>>, key: &str| {
        table.as_mut().and_then(|t| t.value::<String>(key).not_empty().optional())
    };
    let (note_zh, note_en) =
        (note(&mut camera_table, "note_zh"), note(&mut camera_table, "note_en"));
    let calibration = camera_table
        .as_mut()
        .and_then(|t| t.value::<String>("calibration").not_empty().optional())
        .and_then(|written| {
            load_calibration(&beside(path, &written)).map_err(|faults| add(nested, faults)).ok()
        });
    drop(camera_table);

    let source = root.required_table("source").and_then(|table| source(table, path));
    let recording = root.table("recording").map(recording);
    let recorder = root.table("footage").map(|table| recorder(table, path));
    let health = root.table("health").map(health_settings).unwrap_or_default();
    let size = root.required_table("frame").and_then(frame_size);
    let manifest = root.required_table("model").and_then(|mut table| {
        let line = table.line_of("manifest");
        let written = table.value::<String>("manifest").not_empty().required()?;
        Some((beside(path, &written), line))
    });
    let view = calibration.as_ref().map(|c| &c.view);
    let ground = Ground { path: Some(path), drawn: size, view };
    let zones = zones(root.tables("zone"), &ground);
    let privacy = privacy(root.tables("privacy"), size);
    if recording.is_some_and(|recording| recording.blank_privacy)
        && privacy.as_ref().is_some_and(Vec::is_empty)
    {
        let nothing = "recording.blank_privacy has nothing to blank: draw a [[privacy]] zone";
        root.fault("recording", nothing.to_owned());
    }
    let known: Vec<ZoneId> = zones.iter().flatten().map(|zone| zone.id.clone()).collect();
    let pattern_tables = root.tables("pattern");
    if pattern_tables.is_empty() {
        root.fault(
            "pattern",
            format!("at least one [[pattern]] is required; known: {}", catalogue.ids().join(", ")),
        );
    }
    let patterns: Vec<_> =
        pattern_tables.into_iter().map(|table| camera_pattern(table, catalogue, &known)).collect();

    let mut patterns: Option<Vec<Watched>> = patterns.into_iter().collect();
    let of: Vec<_> = patterns.iter().flatten().map(|(pattern, _)| pattern.id.clone()).collect();
    lines_fit(&mut root, patterns.as_deref().unwrap_or_default(), zones.as_deref());
    let mut exceptions =
        exceptions(root.tables("exception"), zones.as_deref().unwrap_or_default(), &ground, &of);
    let calendar = root.table("calendar").and_then(|mut table| {
        let written = table.value::<String>("file").not_empty().required()?;
        let read = load_calendar(&beside(path, &written));
        read.map(Arc::new).map_err(|faults| add(nested, faults)).ok()
    });
    for (pattern, _) in patterns.iter_mut().flatten() {
        let id = pattern.id.to_string();
        tell_days(&mut Arc::make_mut(pattern).schedule, &id, calendar.as_ref(), &mut root);
    }
    for exception in exceptions.iter_mut().flatten() {
        tell_days(&mut exception.schedule, "an exception", calendar.as_ref(), &mut root);
    }

    let camera: CameraId = camera?;
    let (manifest, manifest_line) = manifest?;
    Some(Pipeline {
        path: path.to_owned(),
        note_zh,
        note_en,
        calibration,
        source: source?,
        recording,
        recorder: recorder.map_or(Some(None), |read| read.map(Some))?,
        health,
        manifest,
        manifest_line,
        privacy: PrivacyMask::new(privacy?, size?),
        scene: Scene {
            camera: camera.clone(),
            reference_size: size?,
            zones: zones?,
            exceptions: exceptions?,
        },
        camera,
        patterns: patterns?,
        calendar,
        text: text.to_owned(),
    })
}

fn add(nested: &mut Option<Faults>, faults: Faults) {
    match nested {
        Some(known) => known.extend(faults),
        None => *nested = Some(faults),
    }
}

type Watched = (Arc<Pattern>, Vec<ZoneId>);

/// A schedule that asks which days are off is told by the calendar, which it then needs.
fn tell_days(
    schedule: &mut Schedule,
    of: &str,
    calendar: Option<&Arc<Calendar>>,
    root: &mut Table<'_>,
) {
    if calendar.is_none() && schedule.days != Days::All {
        root.fault(
            "calendar",
            format!("a table [calendar] with file, since {of} has schedule.days"),
        );
    }
    schedule.calendar = calendar.cloned();
}

fn source(mut table: Table<'_>, path: &Path) -> Option<SourceSettings> {
    let uri = table
        .value::<String>("uri")
        .check("rtsp://, http://, https:// or a file path", |uri| {
            if uri.trim().is_empty() {
                return Err(String::new());
            }
            match uri.split_once("://") {
                Some(("rtsp" | "rtsps" | "http" | "https", rest)) if !rest.is_empty() => {
                    // Anywhere: a password may hold a '/'.
                    if rest.contains('@') {
                        return Err("a password must not stand in the address; use username and password_file".into());
                    }
                    Ok(uri)
                }
                Some(_) => Err(String::new()),
                None => Ok(beside(path, &uri).display().to_string()),
            }
        })
        .required();
    let transport = table
        .value::<String>("transport")
        .one_of(&[("auto", Transport::Auto), ("tcp", Transport::Tcp), ("udp", Transport::Udp)])
        .or(Transport::Tcp);
    let username = table.value::<String>("username").not_empty().optional();
    let password = secret_file(&mut table, "password_file", path);
    let analysed_fps = table.value("analysed_fps").in_range(0.1..=60.0).or(5.0);
    let silent_secs = table.value("silent_secs_max").in_range(1.0..=600.0).or(10.0);
    Some(SourceSettings {
        uri: uri?,
        username,
        password,
        transport,
        analysed_fps,
        silent_after: Duration::from_secs_f64(silent_secs),
    })
}

fn recording(mut table: Table<'_>) -> RecordingSettings {
    let keep_secs = table.value("keep_secs").in_range(30..=315_360_000u64).optional();
    let bytes_max =
        table.value("bytes_max").in_range(1_000_000..=1_000_000_000_000_000u64).optional();
    let blank_privacy = table.value("blank_privacy").or(false);
    RecordingSettings { keep: keep_secs.map(Duration::from_secs), bytes_max, blank_privacy }
}

/// A turned camera's new view is taken for right after `relearn_secs`; never if left out.
fn health_settings(mut table: Table<'_>) -> health::Settings {
    let secs = table.value("relearn_secs").in_range(300..=31_536_000u64).optional();
    let relearn_after = secs.map(Duration::from_secs);
    health::Settings { relearn_after }
}

/// Zones as drawn; none given means the whole frame under the name `frame`.
pub(super) fn zones(tables: Vec<Table<'_>>, ground: &Ground<'_>) -> Option<Vec<Zone>> {
    let size = ground.drawn;
    let whole = size.map(PixelPolygon::whole);
    if tables.is_empty() {
        return Some(vec![Zone {
            id: "frame".parse().ok()?,
            polygon: whole?.out_to_border(size?),
            tiles: None,
            asset: None,
            line: None,
            tags: Vec::new(),
        }]);
    }
    let mut seen: Vec<ZoneId> = Vec::new();
    let mut components = BTreeSet::new();
    let mut zones = Vec::new();
    let mut tiles_so_far = 0;
    for mut table in tables {
        let id = table.value::<String>("id").parsed::<ZoneId>().required();
        if let Some(id) = &id {
            if seen.contains(id) {
                table.fault("id", "each zone needs a name of its own");
            }
            seen.push(id.clone());
        }
        let part = polygon(&mut table, ground);
        let line = line(&mut table, size);
        if line.is_some()
            && (part.is_some() || table.keys().iter().any(|key| key == "component_id"))
        {
            table.fault("line_px", "a zone is a line, or a polygon and perhaps a slot");
        }
        let asset = asset(&mut table, part.is_some(), &mut components);
        let tags = tags(&mut table);
        let tiles = table.table("tiles").map(tile_shape);
        let polygon = part.or_else(|| whole.clone());
        let zone = id.zip(polygon).zip(size).map(|((id, polygon), size)| Zone {
            id,
            polygon: polygon.out_to_border(size),
            tiles: tiles.flatten(),
            asset,
            line,
            tags,
        });
        if let (Some(zone), Some(size)) = (&zone, size) {
            tiles_so_far += tile_count(zone, size);
            if zone.tiles.is_some() && tiles_so_far > TILES_MAX {
                let allowed = format!(
                    "at most {TILES_MAX} tiles a camera, each an inference a frame; with this zone \
                     it has {tiles_so_far}: larger tiles, less overlap or a smaller zone"
                );
                table.fault("tiles", allowed);
            }
        }
        zones.push(zone);
    }
    zones.into_iter().collect()
}

/// `[[privacy]]`: polygons in which nothing is looked at.
pub(super) fn privacy(
    tables: Vec<Table<'_>>,
    size: Option<PixelSize>,
) -> Option<Vec<PixelPolygon>> {
    let polygon = |mut table: Table<'_>| {
        let corners = table.value::<Vec<[f64; 2]>>("polygon_px").check(SHAPE, corners);
        let polygon = corners.check("", |polygon| in_picture(polygon, size)).required();
        polygon.zip(size).map(|(polygon, size)| polygon.out_to_border(size))
    };
    tables.into_iter().map(polygon).collect()
}

fn tile_count(zone: &Zone, size: PixelSize) -> usize {
    let area = zone.tiles.map(|shape| (zone.tiled_area(shape), shape));
    Tiling::over(size, area).len()
}

fn tile_shape(mut table: Table<'_>) -> Option<TileShape> {
    let width_px = table.value("width_px").in_range(64..=4096).required();
    let height_px = table.value("height_px").in_range(64..=4096).required();
    let overlap = table.value("overlap").in_range(0.0..=0.5).or(TILE_OVERLAP_DEFAULT);
    Some(TileShape { size: PixelSize { width_px: width_px?, height_px: height_px? }, overlap })
}

pub(super) fn camera_pattern(
    mut table: Table<'_>,
    catalogue: &Catalogue,
    known: &[ZoneId],
) -> Option<(Arc<Pattern>, Vec<ZoneId>)> {
    let base = table
        .value::<String>("id")
        .check(format!("one of {}", catalogue.ids().join(", ")), |id| {
            id.parse().ok().and_then(|id| catalogue.get(&id)).cloned().ok_or_else(String::new)
        })
        .required();
    let listed: Vec<&str> = known.iter().map(ZoneId::as_str).collect();
    let zones = table
        .value::<Vec<String>>("zones")
        .check(format!("zones of this file: {}", listed.join(", ")), |names| {
            let zones: Option<Vec<ZoneId>> = names
                .iter()
                .map(|name| known.iter().find(|zone| zone.as_str() == name).cloned())
                .collect();
            zones.filter(|zones| !zones.is_empty()).ok_or_else(String::new)
        })
        .or(known.to_vec());
    match base {
        Some(base) => pattern(table, Some(&base)).map(|pattern| (Arc::new(pattern), zones)),
        None => {
            // The pattern is unknown, so its keys cannot be checked either.
            table.skip_rest();
            None
        }
    }
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
