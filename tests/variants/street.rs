//! The footage of a variant: frames of the clip, painted.

use crate::{
    canvas::{Canvas, owned},
    kinds::{Kind, Matter},
    paint::{Cut, Dice, night, noise, rain, shifted},
    places::{Clip, FPS, PLACES, Place},
};
use gridwarden::{
    base::time::{MediaTime, WallTime},
    domain::{
        frame::{Frame, FrameStamp},
        pixel::PixelBox,
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// Frames of a look; two looks of them hold the valid frames that the demonstration asks for, and some.
const LOOK_FRAMES: usize = 14;
/// Frames of the clip for one that is looked at, as at the edge.
const STRIDE: usize = 2;
const FRAME_MILLIS: i64 = (1000.0 / FPS) as i64;

/// What is painted on a frame, by its number in the looks.
type Painting<'a> = Box<dyn Fn(&mut Canvas, usize, &mut Dice) + 'a>;

/// The clips, and what is cut out of them.
pub struct Props {
    pub clips: BTreeMap<&'static str, Clip>,
    vans: Vec<Cut>,
    people: Vec<Cut>,
    tricycle: Cut,
    rubbish: Cut,
}

fn canvas(frame: &Frame) -> Canvas {
    let mut copy = None;
    owned(frame, |canvas| {
        copy = Some(Canvas {
            width: canvas.width,
            height: canvas.height,
            y: canvas.y.clone(),
            u: canvas.u.clone(),
            v: canvas.v.clone(),
        });
    });
    copy.expect("owned() paints")
}

impl Props {
    pub fn gather() -> Self {
        let names = PLACES.iter().map(|place| place.clip).chain(["crowd_day"]);
        let clips: BTreeMap<&str, Clip> = names.map(|name| (name, Clip::open(name))).collect();
        let cut = |clip: &str, thing: &str, secs: f64| {
            let clip = &clips[clip];
            let place = clip.seen(thing, secs).unwrap_or_else(|| panic!("{thing} at {secs}"));
            Cut::of(&canvas(&clip.frames[(secs * FPS) as usize]), &place)
        };
        Self {
            vans: vec![
                cut("parking_day", "offender", 25.0),
                cut("garbage_day", "car_blue", 20.0),
                cut("bin_day", "bus", 20.0),
            ],
            people: vec![
                cut("stall_day", "customer_a", 20.0),
                cut("stall_day", "vendor", 55.0),
                cut("garbage_day", "walker_plum", 20.0),
                cut("garbage_day", "walker_yellow", 20.0),
            ],
            tricycle: cut("stall_day", "trike", 55.0),
            rubbish: cut("garbage_day", "dumped", 30.0),
            clips,
        }
    }

    /// Where the thing stood when it was filed.
    pub fn stood(&self, place: &Place) -> PixelBox {
        self.clips[place.clip].seen(place.thing, place.filed.0).expect("it is in the truth")
    }

    pub fn filed(&self, place: &Place, from: WallTime) -> Vec<Frame> {
        let frames = self.clips[place.clip].between(place.filed).iter().step_by(STRIDE);
        frames.enumerate().map(|(number, frame)| at(frame, STRIDE * number, from, |_| {})).collect()
    }

    /// The looks of a variant.
    pub fn looks(&self, place: &Place, kind: Kind, seed: u64, from: WallTime) -> Vec<Vec<Frame>> {
        let mut dice = Dice::new(seed);
        let original = kind.there
            && !matches!(kind.matter, Matter::Moved | Matter::MovedOnto | Matter::Replaced);
        let window = if original { place.still } else { place.gone };
        let all = self.clips[place.clip].between(window);
        let count = if kind.matter == Matter::TooShort { 2 } else { LOOK_FRAMES };
        let begin = dice.below(all.len());
        let paint = self.painting(place, kind, &mut dice);
        (0..2)
            .map(|look| {
                (0..count)
                    .map(|number| {
                        let index = look * count + number;
                        let still = kind.matter == Matter::Frozen;
                        let shown = if still { begin } else { begin + STRIDE * index };
                        at(&all[shown % all.len()], STRIDE * index, from, |canvas| {
                            paint(canvas, index, &mut Dice::new(seed * 1000 + index as u64));
                            if !still {
                                noise(canvas, &mut Dice::new(seed * 7919 + index as u64), 1.5);
                            }
                        })
                    })
                    .collect()
            })
            .collect()
    }

    /// What is painted on each frame, by its number.
    fn painting<'a>(&'a self, place: &'a Place, kind: Kind, dice: &mut Dice) -> Painting<'a> {
        let stood = self.stood(place);
        let foot_at = |cut: &Cut, x: f32, foot: f32, height: f32| {
            let half = height * cut.aspect() / 2.0;
            PixelBox::new(x - half, foot - height, x + half, foot)
        };
        let middle = (stood.x1 + stood.x2) / 2.0;
        match kind.matter {
            Matter::Plain | Matter::Frozen | Matter::TooShort => Box::new(|_, _, _| {}),
            Matter::Moved | Matter::MovedOnto => {
                let clip = &self.clips[place.clip];
                let frame = &clip.frames[(place.filed.0 * FPS) as usize];
                let thing = Cut::of(&canvas(frame), &stood);
                let side = if dice.below(2) == 0 { -2.0 } else { 2.0 };
                let to = |metres: f32| self.inside(stood.moved(metres * place.px_per_metre, 0.0));
                // Onto free ground: a rectangle of pavement over half a bin is no picture of anything.
                let anywhere = kind.matter == Matter::MovedOnto;
                let is_free = |to: &PixelBox| anywhere || clip.overlapping(to, place.gone.0) <= 0.2;
                let away = Some(to(side)).filter(is_free).unwrap_or_else(|| to(-side));
                Box::new(move |canvas, _, _| thing.lay(canvas, &away))
            }
            Matter::Replaced => {
                let others: Vec<&Place> = PLACES
                    .iter()
                    .filter(|other| other.pattern == place.pattern && other.clip != place.clip)
                    .collect();
                let cut = match others.get(dice.below(others.len())) {
                    Some(other) => {
                        let clip = &self.clips[other.clip];
                        let frame = &clip.frames[(other.filed.0 * FPS) as usize];
                        Cut::of(&canvas(frame), &self.stood(other))
                    }
                    None => self.vans[1].clone(),
                };
                let height = stood.height() * dice.between(0.9, 1.2);
                let over = foot_at(&cut, middle, stood.y2, height);
                Box::new(move |canvas, _, _| cut.lay(canvas, &over))
            }
            Matter::OtherThing => {
                let cut = match place.pattern {
                    "roadside_stall" if dice.below(2) == 0 => &self.rubbish,
                    "bin_overflowing" => &self.rubbish,
                    _ => &self.tricycle,
                };
                let width = stood.width() * dice.between(0.7, 1.0);
                let over = foot_at(cut, middle, stood.y2 + 2.0, width / cut.aspect());
                Box::new(move |canvas, _, _| cut.lay(canvas, &over))
            }
            Matter::VanPasses | Matter::VanStands => {
                let van = &self.vans[dice.below(self.vans.len())];
                let width = (1.7 * stood.width()).max(1.4 * stood.height() * van.aspect());
                let over =
                    foot_at(van, middle, stood.y2 + 0.35 * stood.height(), width / van.aspect());
                let passes = kind.matter == Matter::VanPasses;
                Box::new(move |canvas, number, _| {
                    let along =
                        if passes { (number as f32 - 2.0) * 0.9 * over.width() } else { 0.0 };
                    van.lay(canvas, &over.moved(along, 0.0));
                })
            }
            Matter::Night => {
                let gain = dice.between(0.1, 0.3);
                Box::new(move |canvas, _, dice| {
                    night(canvas, gain);
                    noise(canvas, dice, 5.0);
                })
            }
            Matter::Rain => {
                let streaks = 200 + dice.below(500);
                Box::new(move |canvas, _, dice| rain(canvas, dice, streaks))
            }
            Matter::Bumped => {
                let right = [-8, -6, -4, 4, 6, 8][dice.below(6)];
                let down = [-4, 0, 4][dice.below(3)];
                Box::new(move |canvas, _, _| shifted(canvas, right, down))
            }
            Matter::Turned => {
                let far = 60 + 10 * dice.below(8) as i32;
                let right = if dice.below(2) == 0 { far } else { -far };
                Box::new(move |canvas, _, _| shifted(canvas, right, 0))
            }
            Matter::Black => Box::new(|canvas, _, dice| {
                canvas.y.fill(16);
                canvas.u.fill(128);
                canvas.v.fill(128);
                noise(canvas, dice, 2.0);
            }),
            Matter::BinMissing => {
                // The pavement beside it.
                let clip = &self.clips[place.clip];
                let side = if dice.below(2) == 0 { 1.3 } else { 1.6 };
                let beside = self.inside(stood.grown(4.0).moved(0.0, side * stood.height()));
                let frame = &clip.frames[(place.gone.0 * FPS) as usize];
                let ground = Cut::of(&canvas(frame), &beside);
                let over = stood.grown(4.0);
                Box::new(move |canvas, _, _| ground.lay(canvas, &over))
            }
            Matter::Crowd => {
                let people: Vec<(&Cut, PixelBox)> = (0..6)
                    .map(|person| {
                        let cut = &self.people[dice.below(self.people.len())];
                        let x = stood.x1
                            + stood.width() * (person as f32 + 0.5) / 6.0
                            + dice.between(-4.0, 4.0);
                        let foot = stood.y2 + dice.between(8.0, 30.0);
                        (cut, foot_at(cut, x, foot, stood.height().max(60.0) * 1.3))
                    })
                    .collect();
                Box::new(move |canvas, _, _| {
                    for (cut, over) in &people {
                        cut.lay(canvas, over);
                    }
                })
            }
        }
    }

    /// Moved into the picture.
    fn inside(&self, place: PixelBox) -> PixelBox {
        let (right, down) = ((638.0 - place.x2).min(0.0), (358.0 - place.y2).min(0.0));
        place.moved(right.max(-place.x1), down.max(-place.y1))
    }
}

/// A painted frame of the time line.
fn at(frame: &Frame, number: usize, from: WallTime, paint: impl FnOnce(&mut Canvas)) -> Frame {
    let millis = FRAME_MILLIS * number as i64;
    let stamp = FrameStamp {
        pts: MediaTime::from_nanos(millis as u64 * 1_000_000),
        captured_at: WallTime::from_unix_millis(from.unix_millis() + millis),
        ..frame.stamp
    };
    Frame { stamp, image: Arc::new(owned(frame, paint)) }
}
