//! The proof of the verdicts: what is still there is never closed, and what is gone is.
//!
//! Looks are composed from the rendered streets, run through the shipped detector and the whole path of a
//! verdict, with the places, thresholds and looks that a case would have; times are compressed to those of
//! the demonstration's pipeline. Each variant is judged twice: as found, and with 30 % of all detections
//! dropped, of the footage before and after, whatever they show.
//!
//! `cargo test --test variants` takes every sixteenth; `VARIANTS=all` all (with `--config
//! profile.dev.package.gridwarden.opt-level=1` in a third of the time), `VARIANTS=bin_day` those of one
//! clip; `VARIANTS_SHOW=1` tells each.
#![cfg(feature = "edge")]

#[path = "../support/canvas.rs"]
mod canvas;
mod kinds;
mod paint;
mod places;
mod street;
mod tally;

use gridwarden::{
    base::time::WallTime,
    domain::{
        frame::Frame,
        ids::ClassName,
        pixel::{PixelBox, PixelPolygon, PixelSize},
        scene::{Scene, Zone},
        taxonomy::{Closure, Pattern},
        verdict::{
            Verdict,
            judge::{Footage, Question, judge},
            target::Likeness,
        },
        wire::VerifyKind,
    },
    drivers::detector::provider::{Provider, ProviderOptions},
    roles::{
        config::pattern::Catalogue,
        edge::{
            findings::{Memory, Study, Target, likeness, looked, one_footage},
            sight::{Glance, Sight},
        },
    },
};
use kinds::{KINDS, Kind};
use paint::Dice;
use places::{PLACES, Place};
use street::Props;
use tally::Tally;

const VARIANTS: usize = 432;
const MISSES: f32 = 0.3;
/// 10 in the morning where the street is said to be.
const FILED_AT: &str = "2026-03-02T02:00:00Z";
const LOOKED_AT: &str = "2026-03-02T03:00:00Z";

/// One frame that the detector has looked at.
struct Glanced {
    frame: Frame,
    glance: Glance,
    likeness: Option<Likeness>,
}

struct Bench {
    sight: Sight,
    props: Props,
    catalogue: Catalogue,
}

/// The same frames with other eyes.
#[derive(Clone, Copy, PartialEq)]
enum Eyes {
    AsTheyAre,
    /// A seed.
    Missing(u64),
}

fn zone_about(place: &PixelBox, about: f32) -> Zone {
    let size = PixelSize { width_px: 640, height_px: 360 };
    let PixelBox { x1, y1, x2, y2 } = place.grown(about * place.extent()).clamped(size);
    let corner = |(x, y): (f32, f32)| gridwarden::domain::pixel::PixelPoint {
        x: f64::from(x),
        y: f64::from(y),
    };
    let corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)].map(corner).to_vec();
    let polygon = PixelPolygon::new(corners).unwrap().out_to_border(size);
    Zone {
        id: "place".parse().unwrap(),
        polygon,
        tiles: None,
        asset: None,
        line: None,
        tags: Vec::new(),
    }
}

impl Bench {
    fn pattern(&self, place: &Place) -> Pattern {
        let shipped = self.catalogue.get(&place.pattern.parse().unwrap()).unwrap();
        let closure = Closure { valid_frames_min: 15, ..shipped.closure.clone() };
        Pattern { closure, ..Pattern::clone(shipped) }
    }

    fn glances(&mut self, frames: Vec<Frame>, target: &Target<'_>) -> Vec<Glanced> {
        let tiling = target.scene.tiling();
        let glanced = |frame: Frame| {
            let glance = self.sight.look(&frame, &tiling).unwrap();
            let likeness = likeness(&mut self.sight, &frame, &glance, target);
            Glanced { frame, glance, likeness }
        };
        frames.into_iter().map(glanced).collect()
    }
}

/// One look as these eyes saw it; what it taught.
fn footage(glanced: &[Glanced], eyes: Eyes, target: &Target<'_>) -> (Option<Footage>, Study) {
    let mut study = Study::default();
    let findings = glanced.iter().enumerate().map(|(number, one)| {
        let mut found = one.glance.found.clone();
        if let Eyes::Missing(seed) = eyes {
            let mut dice = Dice::new(seed * 10_007 + number as u64);
            let all = &found.for_masking;
            let kept: Vec<_> =
                all.iter().filter(|_| dice.between(0.0, 1.0) >= MISSES).cloned().collect();
            found.detections.retain(|found| kept.contains(found));
            found.for_masking = kept;
        }
        let Glance { condition, picture, .. } = one.glance;
        let glance = Glance { condition, picture, found };
        let looked = looked(one.frame.clone(), glance, one.likeness, target);
        looked.teach(&mut study);
        looked.finding
    });
    let findings: Vec<_> = findings.collect();
    let from = glanced.first().map(|one| one.frame.stamp.captured_at);
    (from.and_then(|from| one_footage(from, findings)), study)
}

/// All variants of one place.
fn run(bench: &mut Bench, place: &Place, variants: &[(usize, Kind)], tallies: &mut [Tally; 2]) {
    let pattern = bench.pattern(place);
    let stood = bench.props.stood(place);
    let zone = zone_about(&stood, place.zone_about);
    let scene = Scene {
        camera: "street".parse().unwrap(),
        reference_size: PixelSize { width_px: 640, height_px: 360 },
        zones: vec![zone],
        exceptions: Vec::new(),
    };
    // As the edge asks for a case, and as `gridwarden verify` asks for a zone.
    let target = |place: Option<PixelBox>| Target {
        pattern: &pattern,
        scene: &scene,
        zones: scene.zones.iter().collect(),
        place,
        cell: None,
        ground: None,
        memory: Memory::Learning,
    };
    let model = bench.sight.detector().manifest().model_ref();
    bench.sight.restart();
    let filed = bench.props.filed(place, FILED_AT.parse().unwrap());
    let before = bench.glances(filed, &target(Some(stood)));
    for (number, kind) in variants {
        let from: WallTime = LOOKED_AT.parse().unwrap();
        let asked = |eyes| {
            let mut target = target((number % 3 > 0).then_some(stood));
            let (footage, study) = footage(&before, eyes, &target);
            target.memory = Memory::Known(study.known(&target));
            (target, footage)
        };
        let seed = *number as u64;
        let asked = [Eyes::AsTheyAre, Eyes::Missing(seed + 1)].map(|eyes| (eyes, asked(eyes)));
        let looks: Vec<Vec<Glanced>> = bench
            .props
            .looks(place, *kind, seed, from)
            .into_iter()
            .map(|frames| {
                bench.sight.another_footage();
                bench.glances(frames, &asked[0].1.0)
            })
            .collect();
        for ((eyes, (target, before)), tally) in asked.iter().zip(tallies.iter_mut()) {
            let after: Vec<Footage> =
                looks.iter().filter_map(|look| footage(look, *eyes, target).0).collect();
            let verdict: Verdict = judge(&Question {
                kind: VerifyKind::Postcheck,
                pattern: &pattern,
                model: model.clone(),
                filed_by: None,
                after: &after,
                before: before.as_ref(),
            });
            let likeness: Vec<_> = looks.iter().flatten().filter_map(|one| one.likeness).collect();
            tally.add(*number, place, *kind, &verdict, &likeness);
        }
    }
}

fn has_onnxruntime() -> bool {
    let library = std::env::var_os("ORT_DYLIB_PATH").map_or_else(
        || canvas::root().join(".build/onnxruntime/libonnxruntime.so"),
        std::path::PathBuf::from,
    );
    if !library.exists() {
        println!("skipped: {} is missing; `make test` sets it up", library.display());
    }
    library.exists()
}

#[test]
fn what_is_there_is_never_closed_and_what_is_gone_is() {
    if !has_onnxruntime() {
        return;
    }
    let asked = std::env::var("VARIANTS").ok();
    let is_asked = |place: &Place| match asked.as_deref() {
        None | Some("all") => true,
        Some(clip) => clip == place.clip,
    };
    let (step, decided_min) = if asked.is_some() { (1, 0.95) } else { (16, 0.8) };
    let providers = ProviderOptions { order: vec![Provider::Cpu], ..ProviderOptions::default() };
    let manifest = canvas::root().join("models/street-nano.toml");
    let mut bench = Bench {
        sight: Sight::open(&manifest, &providers).unwrap(),
        props: Props::gather(),
        catalogue: Catalogue::built_in().unwrap(),
    };
    let classes: Vec<&ClassName> =
        bench.sight.detector().manifest().classes.iter().map(|class| &class.name).collect();
    assert!(classes.iter().any(|class| class.as_str() == "stall"), "{classes:?}");
    let mut tallies = [Tally::new("as found"), Tally::new("30 % of detections dropped")];
    for (index, place) in PLACES.iter().enumerate().filter(|(_, place)| is_asked(place)) {
        let variants: Vec<(usize, Kind)> = (0..VARIANTS)
            .filter(|number| number % PLACES.len() == index)
            .filter(|number| (number / PLACES.len() + index).is_multiple_of(step))
            .map(|number| (number, KINDS[number / PLACES.len() % KINDS.len()]))
            .filter(|(_, kind)| kind.is_possible(place.pattern))
            .collect();
        run(&mut bench, place, &variants, &mut tallies);
    }
    for tally in &tallies {
        tally.print();
    }
    for tally in &tallies {
        tally.check(decided_min);
    }
}
