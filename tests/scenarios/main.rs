//! Every pattern of the catalogue: a scenario that must fire, and one that nearly does.
//!
//! `<event>/fires.toml` and `<event>/nearly.toml` script what a perfect detector would say; tracker, rules
//! and case book are the product's own, times are the catalogue's. A scenario that fires must open its
//! cases within 5 s after the dwell time of the first thing, and tell as many of them gone as it says.

use gridwarden::{
    base::{
        time::{ClockQuality, MediaTime, WallTime},
        toml_reader::{Table, read},
    },
    domain::{
        analyser::Analyser,
        case::CaseFact,
        detection::{Detection, ModelRef},
        frame::FrameStamp,
        ids::{ClassName, DerivedIds},
        pixel::{PixelBox, PixelPoint, PixelPolygon, PixelSize},
        scene::{Scene, Zone},
        taxonomy::{Pattern, Subjects},
        wire::{CameraCondition, FactKind},
    },
    roles::config::pattern::Catalogue,
};
use std::{fs, path::Path, sync::Arc};

const SIZE: PixelSize = PixelSize { width_px: 1280, height_px: 720 };
const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const LATE_SECS: f64 = 5.0;

/// Something that a detector sees from one second to another, `count` times, each `step` further.
struct Thing {
    class: ClassName,
    at: [f32; 4],
    from: f64,
    to: f64,
    moves_px_a_sec: [f32; 2],
    count: u32,
    step_px: [f32; 2],
}

struct Scenario {
    says: String,
    secs: f64,
    every_secs: f64,
    cases: usize,
    gone: usize,
    zone: Option<[f64; 4]>,
    things: Vec<Thing>,
}

impl Scenario {
    fn load(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        read(&path.display().to_string(), &text, scenario).unwrap()
    }

    fn detections(&self, at: f64) -> Vec<Detection> {
        let there = self.things.iter().filter(|thing| (thing.from..thing.to).contains(&at));
        there.flat_map(|thing| (0..thing.count).map(|index| thing.detection(index, at))).collect()
    }

    fn run(&self, pattern: &Arc<Pattern>) -> Vec<CaseFact> {
        let corner = |x, y| PixelPoint { x, y };
        let polygon = self.zone.map_or(PixelPolygon::whole(SIZE), |[x1, y1, x2, y2]| {
            let corners = [corner(x1, y1), corner(x2, y1), corner(x2, y2), corner(x1, y2)];
            PixelPolygon::new(corners.to_vec()).unwrap()
        });
        let zone = Zone {
            id: "zone".parse().unwrap(),
            polygon,
            tiles: None,
            asset: None,
            line: None,
            tags: Vec::new(),
        };
        let scene = Scene {
            camera: "cam".parse().unwrap(),
            reference_size: SIZE,
            zones: vec![zone],
            exceptions: Vec::new(),
        };
        let model = ModelRef { id: "script".into(), sha256: "0".into() };
        let patterns = [(pattern.clone(), vec!["zone".parse().unwrap()])];
        let ids = Box::new(DerivedIds::new([1; 32]));
        let mut analyser = Analyser::new(scene, None, model, &patterns, 1, ids);
        let frames = (self.secs / self.every_secs) as u32;
        let step = |frame| {
            let at = f64::from(frame) * self.every_secs;
            let pts = MediaTime::from_secs_f64(at);
            let captured_at = START.plus(pts.since(MediaTime::ZERO));
            let stamp = FrameStamp { pts, captured_at, clock: ClockQuality::Assigned, size: SIZE };
            analyser.step(&stamp, CameraCondition::Ok, &self.detections(at)).facts
        };
        (0..frames).flat_map(step).collect()
    }
}

impl Thing {
    fn detection(&self, index: u32, at: f64) -> Detection {
        let ([x, y, width, height], since) = (self.at, (at - self.from) as f32);
        let x = x + index as f32 * self.step_px[0] + since * self.moves_px_a_sec[0];
        let y = y + index as f32 * self.step_px[1] + since * self.moves_px_a_sec[1];
        let bbox = PixelBox::new(x, y, x + width, y + height).clamped(SIZE);
        Detection { class: self.class.clone(), score: 0.8, bbox }
    }
}

fn scenario(mut table: Table<'_>) -> Option<Scenario> {
    let things = table.tables("thing").into_iter().map(thing).collect::<Option<_>>();
    Some(Scenario {
        says: table.value("says").required()?,
        secs: table.value("secs").required()?,
        every_secs: table.value("every_secs").or(1.0),
        cases: table.value::<u32>("cases").required()? as usize,
        gone: table.value::<u32>("gone").required()? as usize,
        zone: table.value("zone").optional(),
        things: things?,
    })
}

fn thing(mut table: Table<'_>) -> Option<Thing> {
    Some(Thing {
        class: table.value::<String>("class").parsed().required()?,
        at: table.value("at").required()?,
        from: table.value("from").required()?,
        to: table.value("to").required()?,
        moves_px_a_sec: table.value("moves").or([0.0; 2]),
        count: table.value("count").or(1),
        step_px: table.value("step").or([0.0; 2]),
    })
}

/// What went wrong, for all patterns at once.
fn faults(name: &str, judge: impl Fn(&Pattern, &Scenario, &[CaseFact]) -> Result<(), String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut faults = Vec::new();
    for pattern in Catalogue::built_in().unwrap().iter() {
        let scenario = Scenario::load(&root.join(pattern.id.as_str()).join(name));
        let facts = scenario.run(pattern);
        let of = |kind| facts.iter().filter(|fact| fact.kind == kind).count();
        let (cases, gone) = (of(FactKind::Opened), of(FactKind::Gone));
        let told = if (cases, gone) == (scenario.cases, scenario.gone) {
            judge(pattern, &scenario, &facts)
        } else {
            Err(format!(
                "{cases} cases, {gone} gone; expected {}, {}",
                scenario.cases, scenario.gone
            ))
        };
        if let Err(fault) = told {
            faults.push(format!("{}: {}: {fault}", pattern.id, scenario.says));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_pattern_fires_on_its_event_in_time() {
    faults("fires.toml", |pattern, scenario, facts| {
        // What is missing is missing from the moment it is taken.
        let begins = match pattern.subjects {
            Subjects::Absence => scenario.things[0].to,
            _ => scenario.things[0].from,
        };
        let due = begins + pattern.dwell.as_secs_f64() + LATE_SECS;
        let opened = facts.iter().find(|fact| fact.kind == FactKind::Opened);
        let Some(opened) = opened else { return Err("no case".to_owned()) };
        let confirmed = opened.state.confirmed_at.since(START).as_secs_f64();
        if confirmed > due {
            return Err(format!("confirmed at {confirmed} s, due {due} s"));
        }
        Ok(())
    });
}

#[test]
fn no_pattern_fires_on_what_nearly_is_its_event() {
    faults("nearly.toml", |_, scenario, _| {
        if scenario.cases == 0 { Ok(()) } else { Err("a near miss has no cases".to_owned()) }
    });
}
