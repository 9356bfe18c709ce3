//! The simulated street: truth, and what a detector says of it frame by frame.

use gridwarden::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        analyser::Analyser,
        case::{CaseFact, CaseState},
        detection::{Detection, ModelRef},
        frame::FrameStamp,
        ids::DerivedIds,
        pixel::{PixelBox, PixelPolygon, PixelSize},
        scene::{Scene, Zone},
        taxonomy::Pattern,
        wire::{CameraCondition, FactKind},
    },
    roles::config::pattern::Catalogue,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub const SIZE: PixelSize = PixelSize { width_px: 1280, height_px: 720 };
pub const SECS: f64 = 1800.0;
const FPS: f64 = 5.0;
const STALLS: usize = 5;
const START: i64 = 1_767_225_600_000;
/// Edges move by this share of the box from frame to frame.
const JITTER: f32 = 0.02;
/// Frames with a box where nothing is.
const FALSE_BOXES: f64 = 0.02;
const FLIP_SECS: f64 = 20.0;
const BUMP_PX: f32 = 8.0;
/// The node is away for so long.
const RESTART_SECS: f64 = 60.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trouble {
    None,
    LightFlip,
    Bump,
    Restart,
}

#[derive(Debug, Clone)]
pub struct Scenario {
    recall: f64,
    hidden_a_minute: f64,
    hidden_secs: std::ops::Range<f64>,
    trouble: Trouble,
    pub pattern: Arc<Pattern>,
}

impl Scenario {
    /// Recall 0.85, hidden for 3 to 40 s every two and a half minutes.
    pub fn a() -> Self {
        Self {
            recall: 0.85,
            hidden_a_minute: 0.4,
            hidden_secs: 3.0..40.0,
            trouble: Trouble::None,
            pattern: Arc::new(Pattern {
                dwell: Duration::from_secs(60),
                clear: Duration::from_secs(180),
                ..shipped()
            }),
        }
    }

    /// Recall 0.7, hidden for 5 to 90 s every minute; such moments overlap, up to some minutes.
    pub fn c() -> Self {
        let pattern = Pattern { dwell: Duration::from_secs(60), ..shipped() };
        Self {
            recall: 0.7,
            hidden_a_minute: 1.0,
            hidden_secs: 5.0..90.0,
            pattern: Arc::new(pattern),
            ..Self::a()
        }
    }

    /// The catalogue's times instead of a minute to confirm and three to clear.
    pub fn with_shipped_times(self) -> Self {
        Self { pattern: Arc::new(shipped()), ..self }
    }

    /// Until a place that was left is known to be clear. A restart begins that anew.
    pub fn clear_secs(&self) -> f64 {
        let clear = self.pattern.clear.as_secs_f64();
        if self.trouble == Trouble::Restart { 2.0 * clear + RESTART_SECS } else { clear }
    }

    pub fn with(self, trouble: Trouble) -> Self {
        Self { trouble, ..self }
    }
}

fn shipped() -> Pattern {
    let catalogue = Catalogue::built_in().unwrap();
    catalogue.get(&"roadside_stall".parse().unwrap()).unwrap().as_ref().clone()
}

/// One stall from set-up to packing up.
#[derive(Debug, Clone)]
pub struct Stand {
    pub place: usize,
    pub bbox: PixelBox,
    pub from: f64,
    pub to: f64,
    hidden: Vec<(f64, f64)>,
}

impl Stand {
    fn shows(&self, at: f64) -> bool {
        (self.from..self.to).contains(&at)
            && !self.hidden.iter().any(|(from, to)| (*from..*to).contains(&at))
    }
}

struct Walker {
    from: f64,
    x: f32,
    foot: f32,
    speed: f32,
}

pub fn second(at: WallTime) -> f64 {
    (at.unix_millis() - START) as f64 / 1000.0
}

pub fn run(seed: u64, scenario: &Scenario) -> (Vec<Stand>, Vec<CaseFact>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let stands = stands(&mut random, scenario);
    let walkers: Vec<Walker> = (0..180)
        .map(|_| Walker {
            from: random.random_range(0.0..SECS),
            x: if random.random_bool(0.5) { -40.0 } else { 1280.0 },
            foot: random.random_range(300.0..700.0),
            speed: random.random_range(50.0..120.0),
        })
        .collect();
    let trouble_at = random.random_range(300.0..1200.0);
    let mut analyser = analyser(scenario, 1);
    let (mut begun, mut run_number, mut facts) = (0.0, 1, Vec::new());
    for frame in 0..(SECS * FPS) as u32 {
        let at = f64::from(frame) / FPS;
        let in_trouble = |secs: f64| (trouble_at..trouble_at + secs).contains(&at);
        let mut detections = seen(&mut random, at, &stands, &walkers, scenario);
        match scenario.trouble {
            Trouble::LightFlip if in_trouble(FLIP_SECS) => detections.clear(),
            Trouble::Bump if at >= trouble_at => detections.iter_mut().for_each(bump),
            Trouble::Restart if in_trouble(RESTART_SECS) => continue,
            Trouble::Restart if run_number == 1 && at >= trouble_at => {
                (analyser, begun, run_number) = (self::analyser(scenario, 2), at, 2);
                let lost = analyser.restore(open_cases(&facts));
                assert!(lost.is_empty(), "{lost:?}");
            }
            _ => {}
        }
        let stamp = FrameStamp {
            pts: MediaTime::from_secs_f64(at - begun),
            captured_at: WallTime::from_unix_millis(START + (at * 1000.0) as i64),
            clock: ClockQuality::Assigned,
            size: SIZE,
        };
        facts.extend(analyser.step(&stamp, CameraCondition::Ok, &detections).facts);
    }
    (stands, facts)
}

/// The last state of each case that has not ended, as a store would give it back.
fn open_cases(facts: &[CaseFact]) -> Vec<CaseState> {
    let last: BTreeMap<_, _> = facts.iter().map(|fact| (fact.state.case_id, fact)).collect();
    let open = last.into_values().filter(|fact| fact.kind != FactKind::Gone);
    open.map(|fact| fact.state.clone()).collect()
}

fn analyser(scenario: &Scenario, run: u32) -> Analyser {
    let polygon = PixelPolygon::whole(SIZE);
    let zone = Zone {
        id: "pavement".parse().unwrap(),
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
    let patterns = [(scenario.pattern.clone(), vec!["pavement".parse().unwrap()])];
    Analyser::new(scene, None, model, &patterns, run, Box::new(DerivedIds::new([run as u8; 32])))
}

/// Five places; at each a stall for 8 to 22 minutes, and where time is left after the place has been
/// clear for long enough, it comes back for 8 to 10.
fn stands(random: &mut ChaCha8Rng, scenario: &Scenario) -> Vec<Stand> {
    let away = scenario.clear_secs() + 30.0;
    let mut stands = Vec::new();
    for place in 0..STALLS {
        let (width, height) = (random.random_range(90.0..150.0), random.random_range(80.0..130.0));
        let x = 60.0 + 240.0 * place as f32 + random.random_range(0.0..60.0);
        let foot = random.random_range(320.0..640.0);
        let bbox = PixelBox::new(x, foot - height, x + width, foot);
        let mut from = random.random_range(5.0..200.0);
        let mut to = from + random.random_range(480.0..1320.0);
        while to <= SECS {
            let hidden = hidden(random, from, to, scenario);
            stands.push(Stand { place, bbox, from, to, hidden });
            from = to + away + random.random_range(0.0..60.0);
            to = from + random.random_range(480.0..600.0);
        }
    }
    stands
}

/// Moments begin at random, whether or not another one lasts.
fn hidden(random: &mut ChaCha8Rng, from: f64, to: f64, scenario: &Scenario) -> Vec<(f64, f64)> {
    let count = (0..((to - from) / 60.0 * 20.0) as u32)
        .filter(|_| random.random_bool(scenario.hidden_a_minute / 20.0))
        .count();
    (0..count)
        .map(|_| {
            let begins = random.random_range(from..to);
            (begins, begins + random.random_range(scenario.hidden_secs.clone()))
        })
        .collect()
}

fn seen(
    random: &mut ChaCha8Rng,
    at: f64,
    stands: &[Stand],
    walkers: &[Walker],
    scenario: &Scenario,
) -> Vec<Detection> {
    let mut boxes: Vec<(&str, PixelBox)> = Vec::new();
    for stand in stands.iter().filter(|stand| stand.shows(at)) {
        if random.random_bool(scenario.recall) {
            boxes.push(("stall", stand.bbox));
        }
    }
    for walker in walkers {
        let gone = (at - walker.from) as f32 * walker.speed;
        if (0.0..1360.0).contains(&gone) && random.random_bool(scenario.recall) {
            let x = if walker.x < 0.0 { walker.x + gone } else { walker.x - gone };
            boxes.push(("person", PixelBox::new(x, walker.foot - 95.0, x + 35.0, walker.foot)));
        }
    }
    if random.random_bool(FALSE_BOXES) {
        let (x, y) = (random.random_range(0.0..1150.0), random.random_range(100.0..580.0));
        boxes.push(("stall", PixelBox::new(x, y, x + 120.0, y + 110.0)));
    }
    let detection = |(class, bbox): (&str, PixelBox)| {
        let mut jitter = |side: f32| {
            // The sum of three is near enough a normal distribution.
            let sum: f32 = (0..3).map(|_| random.random_range(-1.0..1.0f32)).sum();
            sum * JITTER * side
        };
        let (width, height) = (bbox.width(), bbox.height());
        let PixelBox { x1, y1, x2, y2 } = bbox;
        let bbox = PixelBox::new(
            x1 + jitter(width),
            y1 + jitter(height),
            x2 + jitter(width),
            y2 + jitter(height),
        );
        let score = random.random_range(0.45..0.95);
        Detection { class: class.parse().unwrap(), score, bbox: bbox.clamped(SIZE) }
    };
    boxes.into_iter().map(detection).collect()
}

fn bump(detection: &mut Detection) {
    let PixelBox { x1, y1, x2, y2 } = detection.bbox;
    detection.bbox = PixelBox::new(x1 + BUMP_PX, y1 + BUMP_PX, x2 + BUMP_PX, y2 + BUMP_PX);
}
