//! On pictures made here: a road with a texture, and what is laid, cast and blown onto it.

use super::*;
use crate::{
    base::time::{ClockQuality, WallTime},
    domain::{
        frame::{ColourMatrix, FrameStamp, OwnedImage},
        ids::ClassName,
        scene_change::ChangeKind::*,
    },
};
use proptest::prelude::*;
use std::sync::Arc;

/// Scenes are drawn in 320 by 180; fewer pixels and frames say as much, in a fraction of the time.
const SMALL: f32 = 0.5;
const LARGE: f32 = 0.75;
const EVERY_SECS: f64 = 0.5;

/// Luma and both chroma, each as seen.
type Pixel = [f32; 3];

/// A number from 0 to 1 that belongs to a place and a salt.
fn chance(x: i32, y: i32, salt: i32) -> f32 {
    let mut state = (x.wrapping_mul(374_761_393) ^ y.wrapping_mul(668_265_263))
        .wrapping_add(salt.wrapping_mul(974_711)) as u32;
    state = (state ^ (state >> 13)).wrapping_mul(1_274_126_177);
    ((state ^ (state >> 16)) & 0xffff) as f32 / 65_535.0
}

/// Smooth noise: [`chance`] between the corners of a lattice.
fn cloud(x: f32, y: f32, salt: i32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (across, down) = (smooth(x - left), smooth(y - top));
    let at = |dx: i32, dy: i32| chance(left as i32 + dx, top as i32 + dy, salt);
    let (above, below) =
        (at(0, 0) + across * (at(1, 0) - at(0, 0)), at(0, 1) + across * (at(1, 1) - at(0, 1)));
    above + down * (below - above)
}

/// Asphalt with coarse stones, joints and a kerb: a texture of some pixels' size.
fn road(x: f32, y: f32) -> Pixel {
    let stones = 24.0 * (cloud(x / 5.0, y / 5.0, 1) - 0.5);
    let joint =
        if (x as i32).rem_euclid(64) < 3 || (y as i32).rem_euclid(48) < 3 { -28.0 } else { 0.0 };
    let kerb = if (60.0..66.0).contains(&y) { 60.0 } else { 0.0 };
    [104.0 + stones + joint + kerb, 126.0, 130.0]
}

/// A crate with boards.
fn crate_of(x: f32, y: f32) -> Pixel {
    let boards = if (y as i32).rem_euclid(8) < 2 { 60.0 } else { 150.0 };
    [boards + 30.0 * chance(x as i32 / 4, y as i32 / 4, 9), 104.0, 148.0]
}

/// Shows a scene to a meter, second by second, and keeps what it told.
struct Show {
    meter: ChangeMeter,
    known: Vec<PixelBox>,
    held: Vec<(ChangeKind, PixelBox)>,
    /// Pixels of the picture a pixel of the scene.
    scale: f32,
    frame: u32,
    told: Vec<(f64, Vec<SceneChange>)>,
}

impl Show {
    fn for_kinds(kinds: &[ChangeKind]) -> Self {
        let classes: Vec<ClassName> =
            kinds.iter().map(|kind| kind.class_name().parse().unwrap()).collect();
        Self {
            meter: ChangeMeter::new(Watch::for_classes(&classes, Duration::from_secs(3600))),
            known: Vec::new(),
            held: Vec::new(),
            scale: SMALL,
            frame: 0,
            told: Vec::new(),
        }
    }

    fn new() -> Self {
        Self::for_kinds(&ChangeKind::ALL)
    }

    /// Where soft edges and blocks matter.
    fn large() -> Self {
        Self { scale: LARGE, ..Self::new() }
    }

    fn size(&self) -> PixelSize {
        let side = |px: f32| (px * self.scale / 2.0).round() as u32 * 2;
        PixelSize { width_px: side(320.0), height_px: side(180.0) }
    }

    fn now(&self) -> f64 {
        f64::from(self.frame) * EVERY_SECS
    }

    /// Frames until `until_secs`, each pixel as `scene` says at that moment, with a sensor's noise.
    fn until(mut self, until_secs: f64, scene: impl Fn(f32, f32, f32) -> Pixel) -> Self {
        while self.now() < until_secs {
            let pts = self.now();
            let frame = self.picture(pts as f32, &scene);
            let seen = |bbox: &PixelBox| bbox.scaled(self.scale, self.scale);
            let things: Vec<PixelBox> = self.known.iter().map(seen).collect();
            let held: Vec<_> = self.held.iter().map(|(kind, bbox)| (*kind, seen(bbox))).collect();
            let known = Known { things: &things, held: &held };
            let changes = self.meter.look(&frame, &known).unwrap().to_vec();
            self.told.push((pts, changes));
            self.frame += 1;
        }
        self
    }

    fn picture(&self, at: f32, scene: &impl Fn(f32, f32, f32) -> Pixel) -> Frame {
        let size = self.size();
        let (width, height) = (size.width_px as usize, size.height_px as usize);
        let mut planes = [vec![0; width * height], Vec::new(), Vec::new()];
        for row in 0..height {
            for x in 0..width {
                let [y, u, v] = scene(x as f32 / self.scale, row as f32 / self.scale, at);
                let noise = 4.0 * (chance(x as i32, row as i32, self.frame as i32 + 100) - 0.5);
                planes[0][row * width + x] = (y + noise).round().clamp(0.0, 255.0) as u8;
                if x % 2 == 0 && row % 2 == 0 {
                    planes[1].push(u.clamp(0.0, 255.0) as u8);
                    planes[2].push(v.clamp(0.0, 255.0) as u8);
                }
            }
        }
        let image = OwnedImage::new(size, planes, ColourMatrix::Bt709, false).unwrap();
        let stamp = FrameStamp {
            pts: MediaTime::from_secs_f64(f64::from(at)),
            captured_at: WallTime::from_unix_millis(0),
            clock: ClockQuality::Assigned,
            size,
        };
        Frame { stamp, image: Arc::new(image) }
    }

    /// Seconds of the first and the last frame in which this kind was told, and the last box.
    /// The box is in the scene's pixels.
    fn span(&self, kind: ChangeKind) -> Option<(f64, f64, PixelBox)> {
        let of_kind = |changes: &[SceneChange]| changes.iter().find(|c| c.kind == kind).copied();
        let mut seen = self.told.iter().filter_map(|(at, all)| Some((*at, of_kind(all)?)));
        let first = seen.next()?;
        let last = seen.next_back().unwrap_or(first);
        Some((first.0, last.0, last.1.bbox.scaled(1.0 / self.scale, 1.0 / self.scale)))
    }

    /// Longest time for which one of these kinds was told.
    fn longest_secs(&self, kinds: &[ChangeKind]) -> f64 {
        kinds.iter().filter_map(|kind| self.span(*kind)).map(|(a, b, _)| b - a).fold(0.0, f64::max)
    }
}

const THINGS: [ChangeKind; 3] = [Object, Spill, Ponding];
const CRATE: PixelBox = PixelBox { x1: 140.0, y1: 90.0, x2: 180.0, y2: 122.0 };

fn with_crate(x: f32, y: f32) -> Pixel {
    let inside = (CRATE.x1..CRATE.x2).contains(&x) && (CRATE.y1..CRATE.y2).contains(&y);
    if inside { crate_of(x, y) } else { road(x, y) }
}

fn lit_by([y, u, v]: Pixel, gain: f32) -> Pixel {
    [16.0 + gain * (y - 16.0), u, v]
}

#[test]
fn a_crate_that_is_left_is_told_until_it_is_taken() {
    let show = Show::new()
        .until(10.0, |x, y, _| road(x, y))
        .until(60.0, |x, y, _| with_crate(x, y))
        .until(80.0, |x, y, _| road(x, y));
    let (first, last, bbox) = show.span(Object).expect("a crate");
    assert!((10.0..14.5).contains(&first) && (58.0..70.0).contains(&last), "{first} {last}");
    assert!(bbox.iou(&CRATE) > 0.6, "{bbox:?}");
    assert_eq!(show.span(Smoke).or(show.span(Dust)), None);
}

#[test]
fn what_is_there_from_the_start_is_background_and_is_not_told_when_it_goes() {
    let show =
        Show::new().until(20.0, |x, y, _| with_crate(x, y)).until(60.0, |x, y, _| road(x, y));
    assert!(show.longest_secs(&THINGS) < 5.0, "{:?}", show.span(Object));
}

#[test]
fn light_is_no_thing() {
    // By halves at once, slowly, half of the view only, a band that wanders, and a patch of sun.
    let flip = |at: f32| if at < 15.0 { 1.0 } else { 0.55 };
    let ramp = |at: f32| 1.0 - 0.5 * ((at - 10.0) / 40.0).clamp(0.0, 1.0);
    let edge = |distance: f32| (distance / 12.0).clamp(0.0, 1.0);
    type Gain = Box<dyn Fn(f32, f32, f32) -> f32>;
    let lights: [(&str, Gain); 5] = [
        ("flip", Box::new(move |_, _, at| flip(at))),
        ("ramp", Box::new(move |_, _, at| ramp(at))),
        ("half", Box::new(move |x, _, at| if x > 160.0 { flip(at) } else { 1.0 })),
        (
            "wandering shadow",
            Box::new(move |x, _, at| 1.0 - 0.4 * edge(40.0 - (x - 40.0 - 2.0 * at).abs())),
        ),
        (
            "patch of sun",
            Box::new(move |x, y, at| {
                let inside = edge(30.0 - (x - 200.0).abs()).min(edge(24.0 - (y - 120.0).abs()));
                if at < 15.0 { 1.0 } else { 1.0 + 0.5 * inside }
            }),
        ),
    ];
    for (name, gain) in lights {
        let show = Show::large().until(45.0, |x, y, at| lit_by(road(x, y), gain(x, y, at)));
        assert!(show.longest_secs(&THINGS) < 10.0, "{name}: {:?}", show.span(Object));
        assert_eq!(show.longest_secs(&[Smoke, Dust]), 0.0, "{name}");
    }
}

#[test]
fn a_switch_to_black_and_white_is_no_thing() {
    let signs = |x: f32, y: f32| match (x as i32 / 40, y as i32 / 40) {
        (1, 0) => [90.0, 100.0, 190.0],
        (3, 0) => [110.0, 170.0, 110.0],
        (6, 2) => [80.0, 96.0, 120.0],
        _ => road(x, y),
    };
    let show = Show::new().until(15.0, |x, y, _| signs(x, y)).until(60.0, |x, y, _| {
        let [luma, ..] = lit_by(signs(x, y), 0.7);
        [luma, 128.0, 128.0]
    });
    assert!(show.longest_secs(&THINGS) < 10.0, "{:?}", show.span(Object));
}

#[test]
fn a_crate_outlasts_a_change_of_light_and_is_seen_to_be_gone_in_it() {
    let light = |at: f32| if at < 40.0 { 1.0 } else { 0.6 };
    let show = Show::new()
        .until(10.0, |x, y, at| lit_by(road(x, y), light(at)))
        .until(80.0, |x, y, at| lit_by(with_crate(x, y), light(at)))
        .until(100.0, |x, y, at| lit_by(road(x, y), light(at)));
    let (first, last, _) = show.span(Object).expect("a crate");
    assert!(first < 14.5 && (78.0..90.0).contains(&last), "{first} {last}");
    let missed = show.told.iter().filter(|(at, all)| (20.0..80.0).contains(at) && all.is_empty());
    assert!(missed.count() < 20, "told nearly all of the time");
}

#[test]
fn what_the_detector_knows_is_no_change() {
    let mut show = Show::new().until(10.0, |x, y, _| road(x, y));
    show.known = vec![CRATE];
    let show = show.until(70.0, |x, y, _| with_crate(x, y));
    assert_eq!(show.longest_secs(&THINGS), 0.0);
}

#[test]
fn a_thing_without_a_case_becomes_background_and_one_with_a_case_never_does() {
    for is_held in [false, true] {
        let mut show = Show::new();
        let classes = ["static_object".parse().unwrap()];
        show.meter = ChangeMeter::new(Watch::for_classes(&classes, Duration::from_secs(30)));
        let mut show = show.until(10.0, |x, y, _| road(x, y));
        if is_held {
            show.held = vec![(Object, CRATE)];
        }
        let show = show.until(100.0, |x, y, _| with_crate(x, y));
        let (_, last, _) = show.span(Object).expect("a crate");
        assert_eq!(last > 90.0, is_held, "{last}");
    }
}

#[test]
fn a_case_from_before_a_restart_is_told_until_the_view_changes_there() {
    let mut show = Show::new();
    show.held = vec![(Object, CRATE)];
    let show = show.until(30.0, |x, y, _| with_crate(x, y)).until(60.0, |x, y, _| road(x, y));
    let (first, last, bbox) = show.span(Object).expect("the crate of the case");
    assert!(first < 1.0 && (29.0..40.0).contains(&last), "{first} {last}");
    assert!(bbox.iou(&CRATE) > 0.6, "{bbox:?}");
}

#[test]
fn walkers_make_no_thing() {
    let show = Show::new().until(60.0, |x, y, at| {
        // One crosses every ten seconds, at 30 px a second.
        let walker = (at % 10.0) * 30.0;
        let inside = (walker..walker + 14.0).contains(&x) && (80.0..120.0).contains(&y);
        if inside { [50.0, 120.0, 140.0] } else { road(x, y) }
    });
    assert_eq!(show.longest_secs(&ChangeKind::ALL), 0.0);
}

/// Water over a part of the road: a mirror of the sky, in which the stones are lost.
fn ponded(x: f32, y: f32) -> Pixel {
    let depth = 1.15 - ((x - 190.0) / 44.0).powi(2) - ((y - 125.0) / 20.0).powi(2);
    let wet = (depth / 0.3).clamp(0.0, 1.0) * 0.85;
    let [below, u, v] = road(x, y);
    [below + wet * (70.0 + 0.3 * (y - 125.0) - below), u, v]
}

#[test]
fn standing_water_is_ponding_and_wet_ground_is_not() {
    let show = Show::new().until(10.0, |x, y, _| road(x, y)).until(50.0, |x, y, _| ponded(x, y));
    let (first, last, _) = show.span(Ponding).expect("a pond");
    assert!(first < 18.0 && last > 49.0, "{first} {last}");
    // Rain darkens the same part, and its texture stays.
    let wet = |x: f32, y: f32| {
        let inside = ((x - 190.0) / 44.0).powi(2) + ((y - 125.0) / 20.0).powi(2) < 1.0;
        lit_by(road(x, y), if inside { 0.65 } else { 1.0 })
    };
    let show = Show::new().until(10.0, |x, y, _| road(x, y)).until(50.0, |x, y, _| wet(x, y));
    assert!(show.longest_secs(&THINGS) < 5.0, "{:?}", show.span(Ponding));
}

#[test]
fn mud_on_the_lane_is_told_and_a_shadow_of_its_shape_is_not() {
    let inside = |x: f32, y: f32| ((x - 120.0) / 22.0).powi(2) + ((y - 110.0) / 12.0).powi(2) < 1.0;
    let mud = |x: f32, y: f32| if inside(x, y) { [84.0, 108.0, 148.0] } else { road(x, y) };
    let show = Show::new().until(10.0, |x, y, _| road(x, y)).until(50.0, |x, y, _| mud(x, y));
    let told = [Spill, Object].iter().filter_map(|kind| show.span(*kind));
    assert!(told.into_iter().any(|(first, last, _)| first < 16.0 && last > 49.0));
    let shadow = |x: f32, y: f32| lit_by(road(x, y), if inside(x, y) { 0.6 } else { 1.0 });
    let show = Show::new().until(10.0, |x, y, _| road(x, y)).until(50.0, |x, y, _| shadow(x, y));
    assert!(show.longest_secs(&THINGS) < 5.0, "{:?}", show.span(Object));
}

/// A plume from a place on the ground: `height` and `spread` px, this dense at most.
fn plume(x: f32, y: f32, at: f32, height: f32, spread: f32, dense: f32) -> Pixel {
    let up = 130.0 - y;
    if !(0.0..height).contains(&up) {
        return road(x, y);
    }
    let off = (x - 160.0) / (spread + 0.2 * up);
    let billows =
        0.6 * cloud(x / 12.0, y / 12.0 + 1.5 * at, 5) + 0.4 * cloud(x / 5.0, y / 5.0 + 4.0 * at, 6);
    let veil = (dense * (-off * off).exp() * (1.0 - up / height).sqrt() * (0.5 + billows)).min(1.0);
    let [below, u, v] = road(x, y);
    [below + veil * (190.0 - below), u + veil * (128.0 - u), v + veil * (128.0 - v)]
}

#[test]
fn smoke_rises_dust_spreads_and_both_end() {
    let scenes = [(Smoke, 100.0, 10.0), (Dust, 26.0, 60.0)];
    for (kind, height, spread) in scenes {
        let show = Show::large()
            .until(10.0, |x, y, _| road(x, y))
            .until(40.0, |x, y, at| plume(x, y, at, height, spread, 0.7))
            .until(60.0, |x, y, _| road(x, y));
        let (first, last, _) = show.span(kind).unwrap_or_else(|| panic!("no {kind:?}"));
        assert!(first < 20.0 && (35.0..55.0).contains(&last), "{kind:?}: {first} {last}");
        assert!(show.longest_secs(&THINGS) < 10.0, "{kind:?} is no thing: {:?}", show.span(Object));
    }
}

#[test]
fn a_lamp_a_shadow_and_a_flag_are_no_smoke() {
    let near = |x: f32, y: f32| ((x - 160.0) / 24.0).powi(2) + ((y - 90.0) / 40.0).powi(2) < 1.0;
    type Scene = Box<dyn Fn(f32, f32, f32) -> Pixel>;
    let scenes: [(&str, Scene); 4] = [
        (
            "a lamp that flickers",
            Box::new(move |x, y, at| {
                let gain = 1.2 + 0.3 * (3.0 * at).sin();
                lit_by(road(x, y), if near(x, y) && at > 10.0 { gain } else { 1.0 })
            }),
        ),
        (
            "a tree's shadow in the wind",
            Box::new(move |x, y, at| {
                lit_by(
                    road(x, y),
                    if near(x + 6.0 * (2.0 * at).sin(), y) && at > 10.0 { 0.6 } else { 1.0 },
                )
            }),
        ),
        (
            "a flag",
            Box::new(move |x, y, at| {
                let fold = (0.3 * x + 4.0 * at).sin();
                if near(x, y) && at > 10.0 {
                    [120.0 + 50.0 * fold, 110.0, 170.0]
                } else {
                    road(x, y)
                }
            }),
        ),
        (
            "rain",
            Box::new(|x, y, at| {
                let [luma, u, v] = road(x, y);
                let drop = chance(x as i32, (y as i32 - (at * 300.0) as i32) / 6, 3) > 0.985;
                [luma + if drop { 40.0 } else { 0.0 }, u, v]
            }),
        ),
    ];
    for (name, scene) in scenes {
        let show = Show::large().until(35.0, scene);
        assert_eq!(show.longest_secs(&[Smoke, Dust]), 0.0, "{name}");
    }
}

#[test]
fn the_same_frames_tell_the_same_changes() {
    let run = || {
        Show::new().until(10.0, |x, y, _| road(x, y)).until(25.0, |x, y, _| with_crate(x, y)).told
    };
    assert_eq!(run(), run());
}

#[test]
fn another_picture_size_begins_anew_and_broken_planes_are_refused() {
    let mut show = Show::new().until(10.0, |x, y, _| road(x, y));
    show = show.until(25.0, |x, y, _| with_crate(x, y));
    assert!(show.span(Object).is_some());
    let known = Known { things: &[], held: &[] };
    let other = PixelSize { width_px: 640, height_px: 480 };
    let mut frame = show.picture(30.0, &|x, y, _| road(x, y));
    frame.stamp.size = other;
    frame.image = Arc::new(OwnedImage::uniform(other, 90));
    assert_eq!(show.meter.look(&frame, &known).unwrap(), []);
    struct Broken;
    use crate::domain::frame::Image;
    impl Image for Broken {
        fn planes(&self) -> crate::domain::frame::Planes<'_> {
            crate::domain::frame::Planes {
                size: PixelSize { width_px: 320, height_px: 180 },
                y: &[],
                y_stride_bytes: 0,
                u: &[],
                v: &[],
                uv_stride_bytes: 0,
                matrix: ColourMatrix::Bt709,
                full_range: false,
            }
        }
    }
    let broken = Frame {
        image: Arc::new(Broken),
        stamp: FrameStamp { size: Broken.planes().size, ..frame.stamp },
    };
    show.meter.look(&broken, &known).expect_err("planes without a byte");
}

#[test]
fn memory_is_what_is_stated() {
    let side = SIDE_PX_MAX as usize;
    let view = View::new(PixelSize { width_px: 4096, height_px: 4096 }, true, &[]);
    assert_eq!((view.small.width, view.small.height), (side, side));
    let held = view.model.bytes() + view.small.bytes();
    assert!(held <= BYTES_MAX, "{held} of {BYTES_MAX} bytes");
    assert!(held > BYTES_MAX / 2, "the stated bound is no guess: {held}");
}

proptest! {
    #[test]
    fn small_pictures_are_even_bounded_and_boxes_come_back(
        width_px in 1u32..8_000, height_px in 1u32..8_000,
        a in 0.0f32..1.0, b in 0.0f32..1.0, c in 0.0f32..1.0, d in 0.0f32..1.0,
    ) {
        let stream = PixelSize { width_px, height_px };
        let small = small_size(stream);
        prop_assert!(small.width_px.is_multiple_of(2) && small.height_px.is_multiple_of(2));
        prop_assert!((16..=SIDE_PX_MAX).contains(&small.width_px) && (16..=SIDE_PX_MAX).contains(&small.height_px));
        let view = View::new(stream, false, &[]);
        let (w, h) = (width_px as f32, height_px as f32);
        let bbox = PixelBox::new(a * w, b * h, c * w, d * h);
        if let Some(patch) = view.patch(&bbox, 0.0) {
            prop_assert!(patch.x2 <= view.small.width && patch.y2 <= view.small.height);
            let back = view.bbox(&patch);
            let one = (w / view.small.width as f32, h / view.small.height as f32);
            prop_assert!(back.x1 <= bbox.x1 + 0.1 && bbox.x1 - back.x1 <= one.0 + 0.1);
            prop_assert!(back.y2 >= bbox.y2 - 0.1 && back.y2 - bbox.y2 <= one.1 + 0.1);
        }
    }
}
