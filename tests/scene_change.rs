//! What the scene itself shows, on whole clips and through the whole analysis: things that are left are
//! cases, light, weather, walkers and what a detector knows are none.
//!
//! Zone: the whole picture, stricter than any pipeline; times are shortened to those of the clips.
#![cfg(feature = "edge")]

use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        analyser::Analyser,
        case::CaseFact,
        detection::{Detection, ModelRef},
        frame::{Frame, Image, OwnedImage, Planes},
        health::Settings,
        ids::DerivedIds,
        pixel::{PixelBox, PixelPolygon},
        scene::{Scene, Zone},
        seams::FrameSource,
        taxonomy::Pattern,
        wire::FactKind,
    },
    drivers::camera::{FilePart, FileSource, FileSourceConfig},
    roles::{
        config::pattern::Catalogue,
        edge::{changes::SceneWatch, watch::HealthWatch},
    },
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const FPS: f64 = 5.0;
/// What a detector that knows people and vehicles would find.
const PEOPLE_AND_VEHICLES: [&str; 8] =
    ["person", "umbrella", "car", "bus", "truck", "motorcycle", "bicycle", "tricycle"];
/// Every pattern that a change of the scene can make.
const PATTERNS: [&str; 5] = ["left_object", "road_spill", "ponding", "burning", "dust"];

fn clip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/scenes/clips")
        .join(name)
        .with_extension("mp4")
}

fn truth(name: &str) -> Value {
    let text = fs::read_to_string(clip(name).with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Boxes of these classes in one frame of the truth.
fn known(truth: &Value, frame: usize, classes: &[&str]) -> Vec<Detection> {
    let Some(objects) = truth["frames"][frame]["objects"].as_array() else { return Vec::new() };
    let seen = objects.iter().filter_map(|object| {
        let class = object["class"].as_str().filter(|class| classes.contains(class))?;
        let edges: Vec<f32> = object["visible"]
            .as_array()?
            .iter()
            .map(|edge| edge.as_f64().unwrap() as f32)
            .collect();
        let bbox = PixelBox::new(edges[0], edges[1], edges[2], edges[3]);
        Some(Detection { class: class.parse().unwrap(), score: 0.9, bbox })
    });
    seen.collect()
}

fn patterns(dwell_secs: u64, clear_secs: u64) -> Vec<Arc<Pattern>> {
    let catalogue = Catalogue::built_in().unwrap();
    let short = |id: &&str| {
        let pattern = catalogue.get(&id.parse().unwrap()).unwrap();
        let (dwell, clear) = (Duration::from_secs(dwell_secs), Duration::from_secs(clear_secs));
        Arc::new(Pattern { dwell, clear, gap_max: clear, ..Pattern::clone(pattern) })
    };
    PATTERNS.iter().map(short).collect()
}

/// The facts of a video. `known` tells what a detector finds in a frame, `change` what becomes of it.
fn facts(
    video: &Path,
    patterns: &[Arc<Pattern>],
    known: impl Fn(usize) -> Vec<Detection>,
    change: impl Fn(Frame) -> Frame,
) -> Vec<CaseFact> {
    let parts = vec![FilePart { path: video.to_owned(), starts_at: WallTime::from_unix_millis(0) }];
    let config =
        FileSourceConfig { parts, analysed_fps: FPS, between: None, clock: ClockQuality::Assigned };
    let mut source = FileSource::open(config).unwrap();
    let mut running: Option<(Analyser, SceneWatch)> = None;
    let mut eyes = HealthWatch::new(Settings::default());
    let mut facts = Vec::new();
    let mut number = 0;
    while let Some(frame) = source.next_frame().unwrap().map(&change) {
        let size = frame.stamp.size;
        let (analyser, watch) = running.get_or_insert_with(|| {
            let zone = Zone {
                id: "frame".parse().unwrap(),
                polygon: PixelPolygon::whole(size).out_to_border(size),
                tiles: None,
                asset: None,
                line: None,
                tags: Vec::new(),
            };
            let scene = Scene {
                camera: "cam".parse().unwrap(),
                reference_size: size,
                zones: vec![zone],
                exceptions: Vec::new(),
            };
            let model = ModelRef { id: "none".into(), sha256: "0".into() };
            let of_zone: Vec<_> =
                patterns.iter().map(|p| (p.clone(), vec!["frame".parse().unwrap()])).collect();
            let ids = Box::new(DerivedIds::new([1; 32]));
            let watch = SceneWatch::of(patterns, |_| false).unwrap();
            (Analyser::new(scene, None, model, &of_zone, 1, ids), watch)
        });
        let condition = eyes.look(&frame).condition;
        let mut detections = known(number);
        let seen = watch.look(&frame, condition, &detections, analyser);
        detections.extend(seen);
        facts.extend(analyser.step(&frame.stamp, condition, &detections).facts);
        number += 1;
    }
    assert!(number > 50, "{video:?}: {number} frames");
    facts
}

/// `(pattern, second, box)` of each case's opening.
fn opened(facts: &[CaseFact]) -> Vec<(String, f64, PixelBox)> {
    let opened = facts.iter().filter(|fact| fact.kind == FactKind::Opened);
    opened
        .map(|fact| {
            let bbox = fact.state.subject.bbox().scaled(640.0, 360.0);
            (fact.state.pattern.id.to_string(), fact.at.unix_millis() as f64 / 1000.0, bbox)
        })
        .collect()
}

/// No case on any of these clips, where people and vehicles are known.
fn nothing_on(names: &[&str]) {
    let patterns = patterns(10, 5);
    for name in names {
        let truth = truth(name);
        let boxes = |frame| known(&truth, frame, &PEOPLE_AND_VEHICLES);
        let facts = facts(&clip(name), &patterns, boxes, |frame| frame);
        assert_eq!(opened(&facts), [], "{name}");
    }
}

#[test]
fn quiet_streets_make_no_case() {
    nothing_on(&["quiet_day", "quiet_night"]);
}

#[test]
fn rain_and_who_stands_in_it_make_no_case() {
    nothing_on(&["umbrella_rain"]);
}

#[test]
fn vehicles_that_stop_and_crowds_make_no_case() {
    nothing_on(&["courier_day", "unloading_day", "parking_day", "crowd_day"]);
}

#[test]
fn faults_of_the_camera_make_no_case() {
    nothing_on(&["fault_covered", "fault_moved", "fault_black", "fault_frozen"]);
}

/// Rubbish is dumped at 8 s and collected at 40.2 s. No detector.
#[test]
fn what_is_dumped_is_one_case_in_time_and_gone_when_it_is_collected() {
    let truth = truth("garbage_day");
    let facts = facts(&clip("garbage_day"), &patterns(20, 3), |_| Vec::new(), |frame| frame);
    let cases: Vec<_> =
        opened(&facts).into_iter().filter(|(pattern, ..)| pattern == "left_object").collect();
    let [(_, at, bbox)] = &cases[..] else { panic!("{cases:?}") };
    assert!((28.0..=33.0).contains(at), "left at 8 s, a case after 20 s: {at}");
    let pile = &known(&truth, (at * FPS) as usize, &["garbage_pile"])[0].bbox;
    assert!(bbox.iou(pile) > 0.4, "{bbox:?} {pile:?}");
    let of_case = |fact: &&CaseFact| fact.state.pattern.id.as_str() == "left_object";
    let gone = facts.iter().filter(of_case).find(|fact| fact.kind == FactKind::Gone).unwrap();
    assert!((40_200..50_000).contains(&gone.at.unix_millis()), "{:?}", gone.at);
    assert!(facts.iter().all(|fact| fact.state.suspected), "a person decides what it is");
}

/// The stall stands from 12.8 s to 45.6 s. Its people and its canopy are known, it is not. With its vendor
/// beside it nobody has left it; what lies in the way is another matter.
#[test]
fn a_stall_without_a_name_is_in_the_way_and_is_not_left() {
    let truth = truth("stall_day");
    let boxes = |frame| known(&truth, frame, &PEOPLE_AND_VEHICLES);
    let facts = facts(&clip("stall_day"), &patterns(20, 5), boxes, |frame| frame);
    let cases = opened(&facts);
    let stall = &known(&truth, 200, &["stall"])[0].bbox;
    let [(pattern, at, bbox)] = &cases[..] else { panic!("{cases:?}") };
    assert_eq!(pattern, "road_spill");
    assert!((32.0..12.8 + 20.0 + 5.0).contains(at) && bbox.intersection(stall) > 0.0, "{cases:?}");
}

/// Brighter or darker by a factor that changes over time, as a cloud or the camera's gain do it.
fn lit(frame: Frame, gain: impl Fn(f64) -> f32) -> Frame {
    let gain = gain(frame.stamp.pts.as_secs_f64());
    let [mut luma, u, v] = owned(&frame.image.planes());
    for sample in &mut luma {
        *sample = (16.0 + gain * (f32::from(*sample) - 16.0)).clamp(0.0, 255.0) as u8;
    }
    with_planes(frame, [luma, u, v])
}

fn owned(planes: &Planes<'_>) -> [Vec<u8>; 3] {
    let (width, height) = (planes.size.width_px as usize, planes.size.height_px as usize);
    let rows = |data: &[u8], stride: usize, width: usize, height: usize| -> Vec<u8> {
        (0..height).flat_map(|row| data[row * stride..][..width].to_vec()).collect()
    };
    let chroma = |data| rows(data, planes.uv_stride_bytes, width.div_ceil(2), height.div_ceil(2));
    [rows(planes.y, planes.y_stride_bytes, width, height), chroma(planes.u), chroma(planes.v)]
}

fn with_planes(frame: Frame, planes: [Vec<u8>; 3]) -> Frame {
    let was = frame.image.planes();
    let image = OwnedImage::new(was.size, planes, was.matrix, was.full_range).unwrap();
    Frame { image: Arc::new(image), ..frame }
}

#[test]
fn light_that_flips_or_fades_makes_no_case_and_hides_none() {
    type Gain = fn(f64) -> f32;
    const LIGHTS_OUT: &str = "darker at once";
    let lights: [(&str, Gain); 3] = [
        (LIGHTS_OUT, |at| if at < 15.0 { 1.0 } else { 0.55 }),
        ("brighter at once", |at| if at < 15.0 { 0.8 } else { 1.4 }),
        ("darker by half in 40 s", |at| 1.0 - 0.5 * (at / 40.0).min(1.0) as f32),
    ];
    for (name, gain) in lights {
        let clips = [("garbage_day", 1), ("quiet_day", 0)];
        // The quiet one once: it is in the other one's first seconds, too.
        for (clip_name, expected) in clips.into_iter().take(if name == LIGHTS_OUT { 2 } else { 1 })
        {
            let truth = truth(clip_name);
            let boxes = |frame| known(&truth, frame, &PEOPLE_AND_VEHICLES);
            let facts = facts(&clip(clip_name), &patterns(20, 5), boxes, |frame| lit(frame, gain));
            let cases = opened(&facts);
            let left = cases.iter().filter(|(id, ..)| id == "left_object").count();
            assert_eq!(left, expected, "{clip_name}, {name}: {cases:?}");
        }
    }
}

/// Footage in which nothing is left. No detector; half of the catalogue's dwell time.
#[test]
fn real_streets_make_no_case() {
    let vtest = gridwarden_cache().map(|dir| dir.join("vtest.mp4"));
    for (video, dwell_secs) in [(Some(shared_road()), 15), (vtest, 30)] {
        let Some(video) = video.filter(|video| video.is_file()) else {
            eprintln!("skipped: there is no bgslib_video03_road.avi or no vtest.mp4 here");
            continue;
        };
        let facts = facts(&video, &patterns(dwell_secs, 5), |_| Vec::new(), |frame| frame);
        assert_eq!(opened(&facts), [], "{video:?}");
    }
}

fn shared_road() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/videos/bgslib_video03_road.avi")
}

/// Where `make` puts footage of distributions' packages.
fn gridwarden_cache() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(".build/footage");
    dir.is_dir().then_some(dir)
}

#[test]
fn where_no_pattern_needs_it_there_is_nothing() {
    let catalogue = Catalogue::built_in().unwrap();
    let stalls = [catalogue.get(&"roadside_stall".parse().unwrap()).unwrap().clone()];
    assert!(SceneWatch::of(&stalls, |_| false).is_none());
    let burning = [catalogue.get(&"burning".parse().unwrap()).unwrap().clone()];
    assert!(SceneWatch::of(&burning, |class| class.as_str() == "smoke").is_none());
    assert!(SceneWatch::of(&burning, |_| false).is_some());
}

/// The analysis is a function of its frames.
#[test]
fn the_same_video_gives_the_same_facts() {
    let run = || facts(&clip("fault_dropped"), &patterns(5, 5), |_| Vec::new(), |frame| frame);
    assert_eq!(run(), run());
}

/// Frames that lack pixels are left out, and nothing else happens.
#[test]
fn a_broken_frame_is_no_change() {
    struct Broken;
    impl Image for Broken {
        fn planes(&self) -> Planes<'_> {
            Planes {
                size: gridwarden::domain::pixel::PixelSize { width_px: 640, height_px: 360 },
                y: &[],
                y_stride_bytes: 0,
                u: &[],
                v: &[],
                uv_stride_bytes: 0,
                matrix: gridwarden::domain::frame::ColourMatrix::Bt709,
                full_range: false,
            }
        }
    }
    let every_tenth = |frame: Frame| {
        let spoiled = (frame.stamp.pts.as_secs_f64() * FPS).round() as u32 % 10 == 5;
        if spoiled { Frame { image: Arc::new(Broken), ..frame } } else { frame }
    };
    let facts = facts(&clip("fault_dropped"), &patterns(5, 5), |_| Vec::new(), every_tenth);
    assert_eq!(opened(&facts), []);
}

/// What is laid over real pictures from the tenth second on, to be found or not.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Over {
    /// A crate with boards, with a side in shade.
    Crate,
    /// Gravel: as bright as the ground, of another grain.
    Gravel,
    Mud,
    Pond,
    /// Wet ground, and a shadow: the ground, darker.
    Wet,
    Smoke,
    Dust,
}

impl Over {
    /// Patterns one of which must open a case.
    fn expected(self) -> &'static [&'static str] {
        match self {
            Self::Wet => &[],
            Self::Crate => &["left_object", "road_spill"],
            Self::Gravel | Self::Mud => &["road_spill", "left_object"],
            Self::Pond => &["ponding"],
            Self::Smoke => &["burning"],
            Self::Dust => &["dust", "burning"],
        }
    }

    /// Luma and chroma over what is there, for a pixel `(x, y)` about the middle of the foot, in hundredths
    /// of the picture's width; `None`: untouched.
    fn pixel(self, x: f32, y: f32, at: f32, [luma, u, v]: [f32; 3]) -> Option<[f32; 3]> {
        let mix = |veil: f32, to: [f32; 3]| {
            let mixed = |below: f32, above: f32| below + veil * (above - below);
            [mixed(luma, to[0]), mixed(u, to[1]), mixed(v, to[2])]
        };
        let oval = |rx: f32, ry: f32| (x / rx).powi(2) + (y / ry).powi(2);
        match self {
            Self::Crate if x.abs() < 4.0 && (-6.0..0.0).contains(&y) => {
                let board = if y.rem_euclid(1.5) < 0.4 { 70.0 } else { 140.0 };
                Some([board - if x > 1.5 { 45.0 } else { 0.0 }, 108.0, 142.0])
            }
            Self::Gravel if oval(7.0, 3.0) < 1.0 => {
                Some([luma + 90.0 * (noise(2.0 * x, 3.0 * y, 1) - 0.5), u, v])
            }
            Self::Mud if oval(7.0, 3.0) < 1.0 => Some([0.2 * luma + 60.0, 112.0, 144.0]),
            Self::Pond => {
                let depth = ((1.15 - oval(12.0, 5.0)) / 0.3).clamp(0.0, 1.0);
                Some(mix(0.85 * depth, [80.0 + y, u, v]))
            }
            Self::Wet if oval(8.0, 4.0) < 1.0 => Some([16.0 + 0.65 * (luma - 16.0), u, v]),
            Self::Smoke | Self::Dust => {
                let (height, spread) = if self == Self::Smoke { (28.0, 2.5) } else { (9.0, 16.0) };
                let up = -y;
                if !(0.0..height).contains(&up) {
                    return None;
                }
                let off = x / (spread + 0.2 * up);
                // A metre a second, where a person is an eighth of the width tall.
                let billows = 0.6 * noise(x / 4.0, y / 4.0 + 1.7 * at, 2)
                    + 0.4 * noise(x / 1.5, y / 1.5 + 4.6 * at, 3);
                let veil = 0.6 * (-off * off).exp() * (1.0 - up / height).sqrt() * (0.5 + billows);
                Some(mix(veil.min(1.0), [200.0, 128.0, 128.0]))
            }
            _ => None,
        }
    }
}

/// Smooth noise from 0 to 1 over a lattice.
fn noise(x: f32, y: f32, salt: i32) -> f32 {
    let corner = |dx: i32, dy: i32| {
        let (x, y) = (x.floor() as i32 + dx, y.floor() as i32 + dy);
        let mut state = (x.wrapping_mul(374_761_393) ^ y.wrapping_mul(668_265_263))
            .wrapping_add(salt.wrapping_mul(974_711)) as u32;
        state = (state ^ (state >> 13)).wrapping_mul(1_274_126_177);
        ((state ^ (state >> 16)) & 0xffff) as f32 / 65_535.0
    };
    let (across, down) = (x - x.floor(), y - y.floor());
    let above = corner(0, 0) + across * (corner(1, 0) - corner(0, 0));
    let below = corner(0, 1) + across * (corner(1, 1) - corner(0, 1));
    above + down * (below - above)
}

fn overlaid(frame: Frame, over: Over, foot: (f32, f32)) -> Frame {
    const BEGINS_SECS: f64 = 10.0;
    let at = frame.stamp.pts.as_secs_f64();
    if at < BEGINS_SECS {
        return frame;
    }
    let planes = frame.image.planes();
    let (width, height) = (planes.size.width_px as usize, planes.size.height_px as usize);
    let [mut luma, mut u, mut v] = owned(&planes);
    let unit = width as f32 / 100.0;
    let span = |from: f32, to: f32, side: usize| {
        (from * unit).max(0.0) as usize..((to * unit).max(0.0) as usize).min(side)
    };
    for row in span(foot.1 - 30.0, foot.1 + 8.0, height) {
        for column in span(foot.0 - 24.0, foot.0 + 24.0, width) {
            let (full, half) = (row * width + column, row / 2 * width.div_ceil(2) + column / 2);
            let below = [luma[full], u[half], v[half]].map(f32::from);
            let (x, y) = (column as f32 / unit - foot.0, row as f32 / unit - foot.1);
            let Some(seen) = over.pixel(x, y, at as f32, below) else { continue };
            let seen = seen.map(|sample| sample.clamp(0.0, 255.0) as u8);
            luma[full] = seen[0];
            // The last of the four pixels over a chroma sample gives it.
            if row % 2 == 1 && column % 2 == 1 {
                (u[half], v[half]) = (seen[1], seen[2]);
            }
        }
    }
    with_planes(frame, [luma, u, v])
}

/// Runs over each background at each place: how many found what lay there, and other cases.
fn rates(over: Over, backgrounds: &[PathBuf], places: &[(f32, f32)]) -> (usize, usize, usize) {
    let patterns = patterns(10, 5);
    let (mut found, mut other, mut runs) = (0, 0, 0);
    for video in backgrounds {
        let truth = fs::read_to_string(video.with_extension("json")).ok();
        let truth: Value = truth.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
        for &foot in places {
            let boxes = |frame| known(&truth, frame, &PEOPLE_AND_VEHICLES);
            let seen = facts(video, &patterns, boxes, |frame| overlaid(frame, over, foot));
            let wanted = |id: &str| over.expected().contains(&id);
            let (as_wanted, others): (Vec<_>, Vec<_>) =
                opened(&seen).into_iter().partition(|(id, ..)| wanted(id));
            found += usize::from(!as_wanted.is_empty());
            other += others.len();
            runs += 1;
        }
    }
    (found, other, runs)
}

#[test]
fn a_crate_on_the_street_is_found_and_wet_ground_is_not() {
    let (street, place) = ([clip("quiet_day")], [(60.0, 40.0)]);
    assert_eq!(rates(Over::Crate, &street, &place), (1, 0, 1));
    assert_eq!(rates(Over::Wet, &street, &place), (0, 0, 1));
}

/// Smoke is looked for here; with `GRIDWARDEN_SCENE_RATES=1` and `--nocapture` the table of docs/events.md.
#[test]
fn smoke_over_the_street_is_found() {
    let places = [(60.0, 40.0), (72.0, 46.0)];
    if std::env::var_os("GRIDWARDEN_SCENE_RATES").is_none() {
        assert_eq!(rates(Over::Smoke, &[clip("umbrella_rain")], &places[1..]).0, 1);
        return;
    }
    let mut backgrounds = ["quiet_day", "quiet_night", "umbrella_rain"].map(clip).to_vec();
    backgrounds.extend(shared_road().is_file().then(shared_road));
    let every =
        [Over::Smoke, Over::Dust, Over::Pond, Over::Crate, Over::Gravel, Over::Mud, Over::Wet];
    for over in every {
        let (found, other, runs) = rates(over, &backgrounds, &places);
        println!("{over:?}: found in {found} of {runs} runs; {other} cases of other kinds");
    }
}
