//! One street, several cameras, one node: truth in metres, what each camera's detector says of it, and the
//! node's facts as a store would hold them.

use gridwarden::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        analyser::Analyser,
        case::{CaseFact, CaseState, node_book::NodeBook},
        detection::{Detection, ModelRef},
        frame::FrameStamp,
        geo::{EastNorth, GeoPoint, LocalFrame},
        ground::{GroundView, HomographyCalibration},
        ids::{CameraId, DerivedIds},
        pixel::{PixelBox, PixelPoint, PixelPolygon, PixelSize},
        scene::{Scene, Zone},
        taxonomy::Pattern,
        wire::{CameraCondition, FactKind},
    },
    roles::config::pattern::Catalogue,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const SIZE: PixelSize = PixelSize { width_px: 1280, height_px: 720 };
const ORIGIN: GeoPoint = GeoPoint { lon_deg: 114.34, lat_deg: 22.69 };
const START: i64 = 1_767_225_600_000;
/// Frames a second.
pub const FPS: f64 = 2.0;
pub const DWELL: f64 = 60.0;
pub const CLEAR: f64 = 180.0;
const RECALL: f64 = 0.85;
const JITTER: f32 = 0.02;

/// A stall: where it stands, and from when to when.
#[derive(Debug, Clone, Copy)]
pub struct Stall {
    pub east: f64,
    pub north: f64,
    pub from: f64,
    pub to: f64,
}

/// How one camera looks at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Look {
    Clear,
    /// A bus stands before everything.
    Hidden,
    /// Something without a name does: the picture is sound and shows no stall.
    Deceived,
    Blind,
    /// No frames at all.
    Down,
}

pub struct Street {
    pub stalls: Vec<Stall>,
    pub facts: Vec<CaseFact>,
    cameras: Vec<Camera>,
    book: NodeBook,
    random: ChaCha8Rng,
    run: u8,
}

struct Camera {
    id: CameraId,
    view: Option<GroundView>,
    /// Where it sees things, calibrated or not.
    eye: GroundView,
    begun: f64,
    analyser: Analyser,
}

pub fn second(at: WallTime) -> f64 {
    (at.unix_millis() - START) as f64 / 1000.0
}

impl Street {
    /// Cameras `a` and `b` look at each other across the street; `c` stands beside `a`, without calibration.
    pub fn new(seed: u64, cameras: &str, stalls: Vec<Stall>) -> Self {
        let camera = |name: char| {
            let id: CameraId = name.to_string().parse().unwrap();
            let eye = eye(name);
            let view = (name != 'c').then(|| eye.clone());
            let analyser = analyser(&id, view.clone(), 1);
            Camera { id, view, eye, begun: 0.0, analyser }
        };
        Self {
            stalls,
            facts: Vec::new(),
            cameras: cameras.chars().map(camera).collect(),
            book: NodeBook::default(),
            random: ChaCha8Rng::seed_from_u64(seed),
            run: 1,
        }
    }

    /// From one second to another; `look` says how each camera looks then.
    pub fn play(&mut self, secs: std::ops::Range<f64>, look: impl Fn(&str, f64) -> Look) {
        for frame in (secs.start * FPS) as u32..(secs.end * FPS) as u32 {
            let at = f64::from(frame) / FPS;
            for index in 0..self.cameras.len() {
                let look = look(self.cameras[index].id.as_str(), at);
                if look != Look::Down {
                    self.frame(index, at, look);
                }
            }
        }
    }

    fn frame(&mut self, index: usize, at: f64, look: Look) {
        let condition = match look {
            Look::Blind => CameraCondition::Covered,
            _ => CameraCondition::Ok,
        };
        let detections = self.seen(index, at, look);
        let camera = &mut self.cameras[index];
        for own_id in self.book.take_over(&camera.id) {
            camera.analyser.forget(own_id);
        }
        let captured_at = WallTime::from_unix_millis(START + (at * 1000.0) as i64);
        let stamp = FrameStamp {
            pts: MediaTime::from_secs_f64(at - camera.begun),
            captured_at,
            clock: ClockQuality::Assigned,
            size: SIZE,
        };
        for fact in camera.analyser.step(&stamp, condition, &detections).facts {
            self.facts.extend(self.book.admit(fact));
        }
        self.facts.extend(self.book.tick(captured_at));
    }

    fn seen(&mut self, index: usize, at: f64, look: Look) -> Vec<Detection> {
        let detection = |class: &str, bbox: PixelBox| Detection {
            class: class.parse().unwrap(),
            score: 0.8,
            bbox: bbox.clamped(SIZE),
        };
        if look == Look::Hidden {
            // It stands still as well: a walker's track would be a new one every time.
            return vec![detection("bus", PixelBox::whole(SIZE))];
        }
        if matches!(look, Look::Deceived | Look::Blind) {
            return Vec::new();
        }
        let mut seen = Vec::new();
        for stall in self.stalls.iter().filter(|stall| (stall.from..stall.to).contains(&at)) {
            if !self.random.random_bool(RECALL) {
                continue;
            }
            let bbox = self.cameras[index].bbox(stall);
            let mut moved = |length: f32| self.random.random_range(-JITTER..JITTER) * length;
            let (width, height) = (bbox.width(), bbox.height());
            seen.push(detection(
                "stall",
                PixelBox::new(
                    bbox.x1 + moved(width),
                    bbox.y1 + moved(height),
                    bbox.x2 + moved(width),
                    bbox.y2 + moved(height),
                ),
            ));
        }
        seen
    }

    /// The node stops and starts again after so many seconds, with what its store holds.
    pub fn restart(&mut self, at: f64) {
        self.run += 1;
        self.book = NodeBook::restore(self.open_cases());
        for camera in &mut self.cameras {
            camera.begun = at;
            camera.analyser = analyser(&camera.id, camera.view.clone(), self.run);
            let lost = camera.analyser.restore(self.book.own_cases(&camera.id));
            assert!(lost.is_empty(), "{lost:?}");
        }
    }

    /// The last state of each case that has not ended, as a store would give it back.
    fn open_cases(&self) -> Vec<CaseState> {
        let last: BTreeMap<_, _> = self.facts.iter().map(|f| (f.state.case_id, f)).collect();
        let open = last.into_values().filter(|fact| fact.state.is_open());
        open.map(|fact| {
            let text = serde_json::to_string(&fact.state).unwrap();
            serde_json::from_str(&text).unwrap()
        })
        .collect()
    }

    /// Each case with its facts, oldest first; revisions are contiguous from 1, it opens and ends once.
    pub fn cases(&self) -> Vec<Vec<&CaseFact>> {
        let mut cases: BTreeMap<_, Vec<&CaseFact>> = BTreeMap::new();
        for fact in &self.facts {
            cases.entry(fact.state.case_id).or_default().push(fact);
        }
        for facts in cases.values() {
            let revisions: Vec<u32> = facts.iter().map(|fact| fact.state.revision).collect();
            assert_eq!(revisions, (1..=facts.len() as u32).collect::<Vec<_>>());
            assert_eq!(facts[0].kind, FactKind::Opened);
            let ends = facts.iter().filter(|fact| fact.kind == FactKind::Gone).count();
            assert!(ends <= 1 && facts[1..].iter().all(|fact| fact.kind != FactKind::Opened));
            assert!(ends == 0 || facts[facts.len() - 1].kind == FactKind::Gone);
            assert!(facts.iter().all(|fact| fact.state.camera == facts[0].state.camera));
        }
        cases.into_values().collect()
    }
}

impl Camera {
    /// Half a metre of the stall lies before its middle, from wherever one looks.
    fn bbox(&self, stall: &Stall) -> PixelBox {
        let pixel = |north: f64| {
            let local = EastNorth { east_metres: stall.east, north_metres: north };
            self.eye.image_from_ground(LocalFrame::about(ORIGIN).geo_from_local(local)).unwrap()
        };
        let (one, other) = (pixel(stall.north - 0.5), pixel(stall.north + 0.5));
        let foot = if one.y > other.y { one } else { other };
        let (x, y) = (foot.x as f32, foot.y as f32);
        PixelBox::new(x - 50.0, y - 90.0, x + 50.0, y)
    }
}

/// `a` and `c` look north, `b` south, over the same 14 m of street.
fn eye(name: char) -> GroundView {
    let ground_from_image = match name {
        'b' => [[-0.025, 0.0, 16.0], [0.0, 0.025, -2.0], [0.0, 0.0, 1.0]],
        _ => [[0.02, 0.0, -12.8], [0.0, -0.02, 14.4], [0.0, 0.0, 1.0]],
    };
    let corner = |x, y| PixelPoint { x, y };
    GroundView::from_homography(HomographyCalibration {
        frame: SIZE,
        ground_from_image,
        origin: ORIGIN,
        height_metres: 42.0,
        rms_error_metres: 0.3,
        hull_px: vec![
            corner(0.0, 0.0),
            corner(1280.0, 0.0),
            corner(1280.0, 720.0),
            corner(0.0, 720.0),
        ],
    })
    .unwrap()
}

fn analyser(camera: &CameraId, view: Option<GroundView>, run: u8) -> Analyser {
    let polygon = PixelPolygon::whole(SIZE).out_to_border(SIZE);
    let zone = Zone {
        id: "pavement".parse().unwrap(),
        polygon,
        tiles: None,
        asset: None,
        line: None,
        tags: Vec::new(),
    };
    let scene = Scene {
        camera: camera.clone(),
        reference_size: SIZE,
        zones: vec![zone],
        exceptions: Vec::new(),
    };
    let model = ModelRef { id: "script".into(), sha256: "0".into() };
    let seed = [camera.as_str().as_bytes()[0] ^ (run << 4); 32];
    let patterns = [(pattern(), vec!["pavement".parse().unwrap()])];
    Analyser::new(scene, view, model, &patterns, run.into(), Box::new(DerivedIds::new(seed)))
}

fn pattern() -> Arc<Pattern> {
    let catalogue = Catalogue::built_in().unwrap();
    let shipped = catalogue.get(&"roadside_stall".parse().unwrap()).unwrap();
    Arc::new(Pattern {
        dwell: Duration::from_secs_f64(DWELL),
        clear: Duration::from_secs_f64(CLEAR),
        unseen_max: Duration::from_secs_f64(CLEAR),
        ..shipped.as_ref().clone()
    })
}
