//! No case ends while its thing stands behind a fault of the camera.
//!
//! Detections are the clip's truth, but for the time of a fault that hides them: a detector finds nothing
//! there. What comes out is compared with the same run without health, in which the case must end: the
//! test would notice if the clip were too short.

use crate::support::{Camera, clip, frames, truth};
use gridwarden::{
    domain::{
        analyser::Analyser,
        case::CaseFact,
        detection::{Detection, ModelRef},
        ids::DerivedIds,
        pixel::{PixelBox, PixelPolygon, PixelSize},
        scene::{Scene, Zone},
        taxonomy::Pattern,
        wire::{CameraCondition, FactKind},
    },
    roles::config::pattern::Catalogue,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

const SIZE: PixelSize = PixelSize { width_px: 640, height_px: 360 };

fn analyser() -> Analyser {
    let zone = |_| "frame".parse().unwrap();
    let polygon = PixelPolygon::whole(SIZE).out_to_border(SIZE);
    let zones = vec![Zone {
        id: zone(()),
        polygon,
        tiles: None,
        asset: None,
        line: None,
        tags: Vec::new(),
    }];
    let scene = Scene {
        camera: "cam".parse().unwrap(),
        reference_size: SIZE,
        zones,
        exceptions: Vec::new(),
    };
    let catalogue = Catalogue::built_in().unwrap();
    let patterns: Vec<_> = ["bin_overflowing", "exposed_waste"]
        .iter()
        .map(|id| {
            let pattern = catalogue.get(&id.parse().unwrap()).unwrap();
            let [dwell, gap_max, clear] = [3, 2, 3].map(Duration::from_secs);
            let unseen_max = Duration::ZERO;
            let pattern = Pattern { dwell, gap_max, unseen_max, clear, ..Pattern::clone(pattern) };
            (Arc::new(pattern), vec![zone(())])
        })
        .collect();
    let model = ModelRef { id: "truth".into(), sha256: String::new() };
    Analyser::new(scene, None, model, &patterns, 1, Box::new(DerivedIds::new([7; 32])))
}

/// What a detector that never errs finds in a frame; nothing while the fault hides it all.
fn found(record: &Value) -> Vec<Detection> {
    let faults = record["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
    let hides = faults.iter().any(|fault| fault != "moved" && fault != "clock");
    let objects = record["objects"].as_array().unwrap().iter().filter(|_| !hides);
    objects
        .filter_map(|object| {
            let edges: Vec<f32> = object["visible"]
                .as_array()?
                .iter()
                .map(|edge| edge.as_f64().unwrap() as f32)
                .collect();
            let [x1, y1, x2, y2] = <[f32; 4]>::try_from(edges).unwrap();
            let class = object["class"].as_str().unwrap().parse().unwrap();
            Some(Detection { class, score: 0.9, bbox: PixelBox::new(x1, y1, x2, y2) })
        })
        .collect()
}

fn facts(name: &str, with_health: bool) -> Vec<(FactKind, String)> {
    let truth = truth(name);
    let records = truth["frames"].as_array().unwrap();
    let (mut analyser, mut camera) = (analyser(), Camera::new(5.0));
    let mut facts: Vec<CaseFact> = Vec::new();
    for frame in frames(&clip(name), 0.0, 60) {
        let secs = frame.stamp.pts.as_secs_f64();
        let record = records.iter().min_by(|a, b| {
            let away = |record: &Value| (record["t_secs"].as_f64().unwrap() - secs).abs();
            away(a).total_cmp(&away(b))
        });
        let detections = found(record.unwrap());
        let condition = match with_health {
            true => camera.watch.look(&frame).condition,
            false => CameraCondition::Ok,
        };
        facts.extend(analyser.step(&frame.stamp, condition, &detections).facts);
    }
    facts.iter().map(|fact| (fact.kind, fact.state.pattern.id.to_string())).collect()
}

#[test]
fn no_case_ends_behind_a_fault() {
    for name in ["fault_covered", "fault_moved", "fault_blurred"] {
        let seen = facts(name, true);
        let of = |kind| seen.iter().filter(|(of, _)| *of == kind).count();
        assert_eq!((of(FactKind::Opened), of(FactKind::Gone)), (2, 0), "{name}: {seen:?}");
        let blindly = facts(name, false);
        assert!(blindly.iter().any(|(kind, _)| *kind == FactKind::Gone), "{name}: {blindly:?}");
    }
}

#[test]
fn a_gap_and_a_jumping_clock_end_and_open_nothing() {
    for name in ["fault_dropped", "fault_clock", "fault_frozen", "fault_black"] {
        assert_eq!(facts(name, true), [], "{name}: nothing happens in it");
    }
}
