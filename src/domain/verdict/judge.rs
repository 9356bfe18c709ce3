//! From looks to a verdict. Every doubt is UNDETERMINABLE: the worst error is closing what is there.

use super::{
    Hindrance, Hindrances, Look, Outcome, PositiveControl, Reason, Verdict,
    health::HealthSummary,
    target::{Cover, Showing},
};
use crate::{
    base::time::WallTime,
    domain::{
        detection::ModelRef,
        schedule::CHINA_OFFSET_SECS,
        taxonomy::{Closure, Pattern},
        wire::{CameraCondition, PatternData, VerifyKind},
    },
};
use std::time::Duration;

/// Share of valid frames that must show the thing for PRESENT.
const PRESENT_SHARE_MIN: f64 = 0.5;
/// ... and in the footage of the filing: found on a third of its frames, a thing is missed on fifteen in a
/// row once in a thousand times.
const CONTROL_SHARE_MIN: f64 = 0.35;
/// Of the frames that show it, the share that must show it as clearly as it must be to be filed.
const SURE_SHARE_MIN: f64 = 0.2;
/// Share of frames with one fault or hindrance that names it as the reason.
const FAULT_SHARE_MIN: f64 = 0.3;
/// A detector that misses a lorry, or a bin, on some frames sees it within this.
const LINGER: Duration = Duration::from_secs(1);
/// What is seen at one spot again and again within this of a frame stood there on it, seen or not.
const STANDS_FOR: Duration = Duration::from_secs(5);
const STANDS_WEIGHT: u32 = 3;
const SPOT_IOU_MIN: f32 = 0.5;
const MINUTES_A_DAY: u16 = 24 * 60;

/// One frame that was looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameFinding {
    pub at: WallTime,
    pub condition: CameraCondition,
    pub showing: Showing,
    /// Why its absence may not be believed.
    pub hindrance: Option<Hindrance>,
    pub cover: Option<Cover>,
    /// How much of the view before it shows, 0 to 1; none where there is nothing to compare.
    pub view_share: Option<f32>,
}

/// Frames of one interval, in time order.
#[derive(Debug, Clone, PartialEq)]
pub struct Footage {
    pub from: WallTime,
    pub to: WallTime,
    pub frames: Vec<FrameFinding>,
}

impl Footage {
    /// Frames that say by themselves that it is there, or that it is not.
    pub fn telling(&self) -> usize {
        let tells = |frame: &&FrameFinding| {
            let is_said = frame.showing != Showing::Nothing || frame.hindrance.is_none();
            frame.condition == CameraCondition::Ok
                && is_said
                && frame.hindrance != Some(Hindrance::BeingHandled)
        };
        self.frames.iter().filter(tells).count()
    }
}

/// What is judged.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub kind: VerifyKind,
    pub pattern: &'a Pattern,
    pub model: ModelRef,
    /// What it was filed by, where that is known.
    pub filed_by: Option<(ModelRef, PatternData)>,
    /// Footage of the interval in question.
    pub after: &'a [Footage],
    /// Footage of the time when the thing was filed: today's model must still find it there.
    pub before: Option<&'a Footage>,
}

pub fn judge(question: &Question<'_>) -> Verdict {
    let after = Seen::of(question.after, |at| may_be_absent(question, at));
    let positive_control =
        question.before.map_or(PositiveControl { ran: false, found: false }, |before| {
            let before = Seen::of(&[of_control(before)], |_| true);
            PositiveControl { ran: before.could_see(), found: before.shows_in(CONTROL_SHARE_MIN) }
        });
    let (verdict, reasons) = decide(question, &after, positive_control);
    Verdict {
        verdict,
        reasons,
        advisory: false,
        looks: after.looks,
        positive_control,
        health: after.health,
        hindrances: after.hindrances,
        fov_match: question.before.and_then(|_| fov_match(question.after)),
        model: question.model.clone(),
        pattern: question.pattern.data(),
        unrecorded: Vec::new(),
    }
}

/// What the looks showed together.
#[derive(Default)]
struct Seen {
    looks: Vec<Look>,
    health: HealthSummary,
    hindrances: Hindrances,
    valid: u32,
    found: u32,
    /// Of those found, how many as clearly as to be filed.
    sure: u32,
}

impl Seen {
    fn of(footages: &[Footage], may_be_absent: impl Fn(WallTime) -> bool) -> Self {
        let mut seen = Self::default();
        for footage in footages {
            let look = seen.look(footage, &may_be_absent);
            seen.valid += look.valid_frames;
            seen.found += look.found;
            seen.looks.push(look);
        }
        seen
    }

    fn look(&mut self, footage: &Footage, may_be_absent: impl Fn(WallTime) -> bool) -> Look {
        let Footage { from, to, ref frames } = *footage;
        let mut look = Look { from, to, frames: 0, valid_frames: 0, found: 0, hindered: 0 };
        for frame in frames {
            self.health.add(frame.condition);
            look.frames += 1;
            if frame.condition != CameraCondition::Ok {
                continue;
            }
            match (frame.showing, hindrance(frames, frame, &may_be_absent)) {
                // What is being cleared is neither there nor gone.
                (_, Some(hindrance @ Hindrance::BeingHandled))
                | (Showing::Nothing, Some(hindrance)) => {
                    look.hindered += 1;
                    self.hindrances.add(hindrance);
                }
                (Showing::Nothing, None) => look.valid_frames += 1,
                (showing, _) => {
                    look.valid_frames += 1;
                    look.found += 1;
                    self.sure += u32::from(showing == Showing::Surely);
                }
            }
        }
        look
    }

    fn could_see(&self) -> bool {
        self.health.valid > 0
    }

    fn shows_in(&self, share_min: f64) -> bool {
        self.found > 0
            && share(self.found, self.valid) >= share_min
            && share(self.sure, self.found) >= SURE_SHARE_MIN
    }

    /// The faults and hindrances that many frames had.
    fn doubts(&self) -> Vec<Reason> {
        faults(&self.health)
            .into_iter()
            .chain(self.hindrances.counts())
            .filter(|(count, _)| share(*count, self.health.frames) >= FAULT_SHARE_MIN)
            .map(|(_, reason)| reason)
            .collect()
    }
}

/// What hides the thing excuses a frame on which the model did not find it; nothing else does.
fn of_control(before: &Footage) -> Footage {
    let excused = |hindrance: &Hindrance| *hindrance == Hindrance::ZoneOccluded;
    let frames = before.frames.iter();
    let frames = frames.map(|f| FrameFinding { hindrance: f.hindrance.filter(excused), ..*f });
    Footage { frames: frames.collect(), ..*before }
}

/// What hinders a frame, by itself and by those about it.
fn hindrance(
    frames: &[FrameFinding],
    frame: &FrameFinding,
    may_be_absent: impl Fn(WallTime) -> bool,
) -> Option<Hindrance> {
    if frame.showing != Showing::Nothing {
        return frame.hindrance;
    }
    let close = |other: &&FrameFinding| {
        other.condition == CameraCondition::Ok
            && frame.at.since(other.at).max(other.at.since(frame.at)) <= LINGER
    };
    let about = || frames.iter().filter(close);
    let own = frame.hindrance.filter(|hindrance| {
        // A bin that is seen now and missed the next moment has not left.
        let seen =
            |other: &FrameFinding| other.showing == Showing::Nothing && other.hindrance.is_none();
        *hindrance != Hindrance::BinMissing || !about().any(seen)
    });
    own.or_else(|| about().filter_map(|other| other.hindrance).find(|it| it.lingers()))
        .or_else(|| stands(frames, frame.at))
        .or_else(|| (!may_be_absent(frame.at)).then_some(Hindrance::OutsideSchedule))
}

/// What covers the place at about this moment, before and after it, always at one spot: seen clearly twice,
/// or faintly three times.
fn stands(frames: &[FrameFinding], at: WallTime) -> Option<Hindrance> {
    let near = || {
        frames.iter().filter(|other| {
            other.condition == CameraCondition::Ok
                && other.at.since(at).max(at.since(other.at)) <= STANDS_FOR
        })
    };
    let stands = |cover: &Cover| {
        let again = || {
            let covers = near().filter_map(|other| Some((other.at, other.cover?)));
            covers.filter(|(_, other)| other.bbox.iou(&cover.bbox) >= SPOT_IOU_MIN)
        };
        let weight: u32 = again().map(|(_, cover)| if cover.is_sure { 2 } else { 1 }).sum();
        weight >= STANDS_WEIGHT
            && again().any(|(then, _)| then <= at)
            && again().any(|(then, _)| then >= at)
    };
    let cover = near().filter_map(|other| other.cover).find(stands)?;
    Some(if cover.passes { Hindrance::ZoneOccluded } else { Hindrance::OtherThingThere })
}

/// Whether the pattern's hours, and the day-part of the filing, let absence mean anything.
fn may_be_absent(question: &Question<'_>, at: WallTime) -> bool {
    let minute = |at: WallTime| at.local(CHINA_OFFSET_SECS).minute_of_day;
    let is_of_daypart = |daypart: Duration, filed: WallTime| {
        let apart = minute(at).abs_diff(minute(filed));
        u64::from(apart.min(MINUTES_A_DAY - apart)) * 60 <= daypart.as_secs()
    };
    let daypart = question.pattern.closure.daypart.zip(question.before);
    question.pattern.schedule.is_open(at)
        && daypart.is_none_or(|(daypart, before)| is_of_daypart(daypart, before.from))
}

fn decide(
    question: &Question<'_>,
    after: &Seen,
    control: PositiveControl,
) -> (Outcome, Vec<Reason>) {
    let closure: &Closure = &question.pattern.closure;
    let unclear = |reasons| (Outcome::Undeterminable, reasons);
    let health = &after.health;
    if health.frames == 0 {
        return unclear(vec![Reason::NoRecording]);
    }
    // Some frames of a frozen camera pass as seen: the first ones, and each key frame.
    let is_frozen = share(health.frozen, health.frames) >= FAULT_SHARE_MIN;
    let too_few = || {
        let mut reasons = after.doubts();
        reasons.push(Reason::TooFewValidFrames);
        unclear(reasons)
    };
    // A place that looks as it did with the thing in it speaks for what was found there on other frames.
    let speaking = after.valid + after.hindrances.place_unchanged;
    if is_frozen && speaking >= closure.valid_frames_min {
        return unclear(after.doubts());
    }
    if after.shows_in(PRESENT_SHARE_MIN) && speaking >= closure.valid_frames_min {
        return (Outcome::Present, vec![Reason::Found]);
    }
    if after.valid < closure.valid_frames_min {
        return too_few();
    }
    if share(after.found, after.valid) >= PRESENT_SHARE_MIN {
        return unclear(vec![Reason::FoundFaintly]);
    }
    if after.found > 0 {
        return unclear(vec![Reason::FoundInFewFrames]);
    }
    // From here on: seen, and not found.
    if !closure.by_video {
        return unclear(vec![Reason::NotDecidableByVideo]);
    }
    // Each look must have had its share of valid frames: two looks of which one was blind are one look.
    let per_look = closure.valid_frames_min.div_ceil(closure.looks_min.max(1) * 2).max(1);
    let sound = after.looks.iter().filter(|look| look.valid_frames >= per_look).count();
    if sound < closure.looks_min as usize {
        return too_few();
    }
    match (question.kind, control) {
        (_, PositiveControl { ran: true, found: true })
        // A precheck only informs a person, so it has no before picture to try the model on.
        | (VerifyKind::Precheck, PositiveControl { ran: false, .. }) => {
            (Outcome::Cleared, vec![Reason::NotFound])
        }
        (_, PositiveControl { ran, .. }) => {
            let control =
                if ran { Reason::PositiveControlFailed } else { Reason::PositiveControlMissing };
            unclear([control].into_iter().chain(changes(question)).collect())
        }
    }
}

/// What has changed since it was filed; of no account once the control has found it.
fn changes(question: &Question<'_>) -> impl Iterator<Item = Reason> {
    let filed_by = question.filed_by.as_ref();
    let model = filed_by.is_some_and(|(model, _)| *model != question.model);
    let rule = filed_by.is_some_and(|(_, pattern)| *pattern != question.pattern.data());
    [(model, Reason::ModelChanged), (rule, Reason::RuleChanged)]
        .into_iter()
        .filter_map(|(changed, reason)| changed.then_some(reason))
}

fn faults(health: &HealthSummary) -> [(u32, Reason); 7] {
    [
        (health.black, Reason::Black),
        (health.covered, Reason::Covered),
        (health.blurred, Reason::Blurred),
        (health.frozen, Reason::Frozen),
        (health.moved, Reason::Moved),
        (health.overexposed, Reason::Overexposed),
        (health.rain_on_lens, Reason::RainOnLens),
    ]
}

fn fov_match(after: &[Footage]) -> Option<f64> {
    let frames = after.iter().flat_map(|footage| &footage.frames);
    let mut shares: Vec<f32> = frames.filter_map(|frame| frame.view_share).collect();
    shares.sort_by(f32::total_cmp);
    let middle = shares.get(shares.len() / 2)?;
    Some((f64::from(*middle) * 100.0).round() / 100.0)
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

impl Verdict {
    /// A verdict reached without looking: there is nothing to look at, or nothing to look with.
    pub fn undeterminable(
        pattern: super::super::wire::PatternData,
        model: ModelRef,
        reason: Reason,
    ) -> Self {
        Self {
            verdict: Outcome::Undeterminable,
            reasons: vec![reason],
            advisory: false,
            looks: Vec::new(),
            positive_control: PositiveControl { ran: false, found: false },
            health: HealthSummary::default(),
            hindrances: Hindrances::default(),
            fov_match: None,
            model,
            pattern,
            unrecorded: Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
