//! Conditions over tracks and time. One [`ZoneRule`] is one pattern in one zone of one camera.
//!
//! Enters: the tracks seen in a frame and whether the camera could see. Leaves: [`RuleEvent`]s.
//! The identity of a static thing is its *place*, not its track id: when a tracker loses a stall and
//! finds it again under another id, it is still the same [`Stay`]. A stay whose place is covered by a
//! passing vehicle or person is neither there nor gone.
//!
//! A zone that is the slot of a known asset has one stay a pattern, `slot.rs`. What an exception permits
//! is never a candidate; a case that is open when one begins to hold goes on.
//!
//! Adding a family: give [`Subjects`] a variant and add a file beside `each.rs` and `count.rs`.

mod absence;
pub mod area;
pub mod candidate;
mod count;
mod each;
pub mod frame_check;
mod line;
mod people;
mod slot;
mod standing;
mod timer;

use super::{
    exception::Exception,
    ids::{ClassName, TrackId},
    observation::{Observation, RuleEvent, StayId},
    pixel::PixelBox,
    scene::Zone,
    taxonomy::{Pattern, Subjects},
    track::Track,
};
use crate::base::time::{MediaTime, WallTime};
use area::Lattice;
use line::Sides;
use people::People;
use standing::Standing;
use std::{sync::Arc, time::Duration};
use timer::{Change, DwellTimer, Evidence};

pub(super) use each::OCCLUDERS;
pub(super) use people::is_with;

/// One frame as rules see it. Boxes are in reference pixels.
#[derive(Debug, Clone, Copy)]
pub struct RuleFrame<'a> {
    pub pts: MediaTime,
    /// When it was taken: schedules are by the clock.
    pub at: WallTime,
    /// False while the camera is blind.
    pub valid: bool,
    /// Whether what is not seen is not there: not while drops hide a part of the picture.
    pub clear: bool,
    pub tracks: &'a [Track],
}

/// Candidates beyond this are not begun: a flood of boxes must not eat the memory.
const STAYS_MAX: usize = 256;
/// A track must have stood this long before it counts as stationary.
const STILL_MIN: Duration = Duration::from_secs(2);
/// Sightings that a mean box stands for.
const MEAN_SIGHTINGS_MAX: u32 = 25;

#[derive(Debug)]
pub struct ZoneRule {
    pattern: Arc<Pattern>,
    zone: Zone,
    /// Of this pattern, valid or not.
    exceptions: Vec<Arc<Exception>>,
    /// Of the area family.
    lattice: Option<Lattice>,
    /// Of the line family.
    sides: Sides,
    people: People,
    /// Of the count family.
    standing: Standing,
    stays: Vec<Stay>,
    next_stay: u64,
}

/// One thing, or one group, that is staying.
#[derive(Debug)]
struct Stay {
    id: StayId,
    track: Option<TrackId>,
    class: ClassName,
    bbox: PixelBox,
    /// Over its latest sightings, without their jitter.
    mean_box: PixelBox,
    sightings: u32,
    members: Vec<PixelBox>,
    count: u32,
    score: f32,
    timer: DwellTimer,
}

/// What a frame showed of a stay.
struct Sighting {
    track: Option<TrackId>,
    class: ClassName,
    bbox: PixelBox,
    members: Vec<PixelBox>,
    score: f32,
    since: MediaTime,
}

impl ZoneRule {
    pub fn new(pattern: Arc<Pattern>, zone: Zone) -> Self {
        let area = matches!(pattern.subjects, Subjects::Area { .. });
        Self {
            lattice: area.then(|| Lattice::of(&zone.polygon)),
            sides: Sides::default(),
            people: People::default(),
            standing: Standing::default(),
            pattern,
            zone,
            exceptions: Vec::new(),
            stays: Vec::new(),
            next_stay: 1,
        }
    }

    pub fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Take up a stay that was confirmed before a restart; `None` for a second one of a rule that has one.
    pub fn restore(&mut self, class: ClassName, bbox: PixelBox, now: MediaTime) -> Option<StayId> {
        if self.is_whole() && !self.stays.is_empty() {
            return None;
        }
        let timer = DwellTimer::restored(now, self.pattern.dwell);
        let members = vec![bbox];
        let sighting = Sighting { track: None, class, bbox, members, score: 0.0, since: now };
        Some(self.add_stay(sighting, timer))
    }

    /// Whether the rule looks at its zone as a whole, and so has one stay at most.
    fn is_whole(&self) -> bool {
        self.zone.asset.is_some() || !matches!(self.pattern.subjects, Subjects::Each { .. })
    }

    pub fn with_exceptions(self, exceptions: Vec<Arc<Exception>>) -> Self {
        Self { exceptions, ..self }
    }

    pub fn forget(&mut self, stay: StayId) {
        self.stays.retain(|known| known.id != stay);
    }

    pub fn step(&mut self, frame: &RuleFrame<'_>) -> Vec<RuleEvent> {
        let valid = frame.valid && self.pattern.schedule.is_open(frame.at);
        let frame = &RuleFrame { valid, ..*frame };
        match self.pattern.subjects {
            Subjects::Each { .. } if self.zone.asset.is_some() => self.step_slot(frame),
            Subjects::Each { stationary } => self.step_each(frame, stationary),
            Subjects::Count { count_min, stationary } => {
                self.step_count(frame, count_min, stationary)
            }
            Subjects::Absence => self.step_absence(frame),
            Subjects::Area { share_min } => self.step_area(frame, share_min),
            Subjects::Line { direction } => self.step_line(frame, direction),
        }
    }

    /// Tracks of the pattern's classes whose foot is in the zone; with `stationary`, those that stand.
    fn candidates<'a>(&self, frame: &RuleFrame<'a>, stationary: bool) -> Vec<&'a Track> {
        let stands = |t: &&Track| !stationary || frame.pts.since(t.still_since) >= STILL_MIN;
        let belongs = |t: &&Track| {
            self.pattern.admits(&t.class, t.score) && self.zone.polygon.contains(t.bbox.foot())
        };
        frame.tracks.iter().filter(belongs).filter(stands).collect()
    }

    /// Whether what stands there is permitted at the moment.
    fn is_permitted(&self, thing: &PixelBox, at: WallTime) -> bool {
        let foot = thing.foot();
        self.exceptions.iter().any(|exception| exception.permits(foot, at))
    }

    /// The one stay of a rule that looks at its zone as a whole: begun, carried on or ended.
    fn step_whole(&mut self, frame: &RuleFrame<'_>, sighting: Option<Sighting>) -> Vec<RuleEvent> {
        let Some(stay) = self.stays.first_mut() else {
            if let Some(sighting) = sighting {
                let timer = DwellTimer::started(sighting.since, frame.pts);
                self.add_stay(sighting, timer);
            }
            return Vec::new();
        };
        let absent = if frame.valid && frame.clear { Evidence::Absent } else { Evidence::Blind };
        let (event, keep) = Self::advance(stay, frame.pts, sighting, absent, &self.pattern);
        if !keep {
            self.stays.clear();
        }
        event.into_iter().collect()
    }

    fn add_stay(&mut self, sighting: Sighting, timer: DwellTimer) -> StayId {
        let id = StayId(self.next_stay);
        self.next_stay += 1;
        self.stays.push(Stay {
            id,
            track: sighting.track,
            class: sighting.class,
            bbox: sighting.bbox,
            mean_box: sighting.bbox,
            sightings: 1,
            count: sighting.members.len() as u32,
            members: sighting.members,
            score: sighting.score,
            timer,
        });
        id
    }

    /// Begin a candidate, unless there are too many.
    fn begin(&mut self, pts: MediaTime, sighting: Sighting) {
        if self.stays.len() < STAYS_MAX {
            let timer = DwellTimer::started(sighting.since, pts);
            self.add_stay(sighting, timer);
        }
    }

    /// Advance one stay; says what to report and whether to keep it.
    fn advance(
        stay: &mut Stay,
        pts: MediaTime,
        sighting: Option<Sighting>,
        absent: Evidence,
        pattern: &Pattern,
    ) -> (Option<RuleEvent>, bool) {
        let seen = sighting.is_some();
        if let Some(sighting) = sighting {
            stay.show(sighting);
        }
        let evidence = if seen { Evidence::Holds } else { absent };
        match stay.timer.step(pts, evidence, pattern) {
            Some(Change::Confirmed) => (Some(RuleEvent::Confirmed(stay.observation())), true),
            Some(Change::Ended) => (Some(RuleEvent::Ended(stay.observation())), false),
            Some(Change::Dropped) => (None, false),
            None if seen && stay.timer.is_confirmed() => {
                (Some(RuleEvent::Holds(stay.observation())), true)
            }
            None => (None, true),
        }
    }
}

impl Stay {
    fn show(&mut self, sighting: Sighting) {
        self.track = sighting.track;
        self.class = sighting.class;
        self.bbox = sighting.bbox;
        self.sightings = (self.sightings + 1).min(MEAN_SIGHTINGS_MAX);
        self.mean_box = self.mean_box.moved_towards(&sighting.bbox, 1.0 / self.sightings as f32);
        self.count = self.count.max(sighting.members.len() as u32);
        self.members = sighting.members;
        self.score = self.score.max(sighting.score);
    }

    fn observation(&self) -> Observation {
        Observation {
            stay: self.id,
            class: self.class.clone(),
            bbox: self.bbox,
            members: self.members.clone(),
            first_seen: self.timer.first_held,
            last_seen: self.timer.last_held,
            dwell_secs: self.timer.held().as_secs_f64(),
            count: self.count,
            score: self.score,
        }
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
