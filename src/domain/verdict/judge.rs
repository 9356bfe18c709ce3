//! From looks to a verdict. Every doubt is UNDETERMINABLE: the worst error is closing what is there.

use super::{Look, Outcome, PositiveControl, Reason, Verdict, health::HealthSummary};
use crate::{
    base::time::WallTime,
    domain::{
        detection::ModelRef,
        taxonomy::{Closure, Pattern},
        wire::{CameraCondition, VerifyKind},
    },
};

/// Share of valid frames that must show the thing for PRESENT.
const PRESENT_SHARE_MIN: f64 = 0.5;
/// Share of frames with one fault that names it as the reason.
const FAULT_SHARE_MIN: f64 = 0.3;

/// One frame that was looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameFinding {
    pub at: WallTime,
    pub condition: CameraCondition,
    /// The condition held at the clearing threshold.
    pub holds: bool,
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

/// What is judged.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub kind: VerifyKind,
    pub pattern: &'a Pattern,
    pub model: ModelRef,
    /// Footage of the interval in question.
    pub after: &'a [Footage],
    /// Footage of the time when the thing was filed: today's model must still find it there.
    pub before: Option<&'a Footage>,
}

pub fn judge(question: &Question<'_>) -> Verdict {
    let mut health = HealthSummary::default();
    let mut looks = Vec::new();
    for footage in question.after {
        looks.push(look(footage, &mut health));
    }
    let positive_control = match question.before {
        None => PositiveControl { ran: false, found: false },
        Some(before) => {
            let look = look(before, &mut HealthSummary::default());
            PositiveControl {
                ran: look.valid_frames > 0,
                found: share(look.found, look.valid_frames) >= PRESENT_SHARE_MIN,
            }
        }
    };
    let (verdict, reasons) = decide(question, &looks, &health, positive_control);
    Verdict {
        verdict,
        reasons,
        advisory: false,
        looks,
        positive_control,
        health,
        fov_match: question.before.and_then(|_| fov_match(question.after)),
        model: question.model.clone(),
        pattern: question.pattern.data(),
        unrecorded: Vec::new(),
    }
}

fn look(footage: &Footage, health: &mut HealthSummary) -> Look {
    let mut look =
        Look { from: footage.from, to: footage.to, frames: 0, valid_frames: 0, found: 0 };
    for frame in &footage.frames {
        health.add(frame.condition);
        look.frames += 1;
        if frame.condition == CameraCondition::Ok {
            look.valid_frames += 1;
            look.found += u32::from(frame.holds);
        }
    }
    look
}

fn decide(
    question: &Question<'_>,
    looks: &[Look],
    health: &HealthSummary,
    control: PositiveControl,
) -> (Outcome, Vec<Reason>) {
    let closure: &Closure = &question.pattern.closure;
    let (valid, found) =
        looks.iter().fold((0, 0), |sum, look| (sum.0 + look.valid_frames, sum.1 + look.found));
    if health.frames == 0 {
        return (Outcome::Undeterminable, vec![Reason::NoRecording]);
    }
    // Some frames of a frozen camera pass as seen: the first ones, and each key frame.
    let is_frozen = share(health.frozen, health.frames) >= FAULT_SHARE_MIN;
    if valid < closure.valid_frames_min || is_frozen {
        let mut reasons = faults(health);
        if valid < closure.valid_frames_min {
            reasons.push(Reason::TooFewValidFrames);
        }
        return (Outcome::Undeterminable, reasons);
    }
    if share(found, valid) >= PRESENT_SHARE_MIN {
        return (Outcome::Present, vec![Reason::Found]);
    }
    if found > 0 {
        return (Outcome::Undeterminable, vec![Reason::FoundInFewFrames]);
    }
    // From here on: seen, and not found.
    if !closure.by_video {
        return (Outcome::Undeterminable, vec![Reason::NotDecidableByVideo]);
    }
    // Each look must have had its share of valid frames: two looks of which one was blind are one look.
    let per_look = closure.valid_frames_min.div_ceil(closure.looks_min.max(1) * 2);
    let sound_looks = looks.iter().filter(|look| look.valid_frames >= per_look.max(1)).count();
    if sound_looks < closure.looks_min as usize {
        let mut reasons = faults(health);
        reasons.push(Reason::TooFewValidFrames);
        return (Outcome::Undeterminable, reasons);
    }
    match (question.kind, control) {
        // A precheck only informs a person, so it has no before picture to try the model on.
        (VerifyKind::Precheck, PositiveControl { ran: false, .. }) => {
            (Outcome::Cleared, vec![Reason::NotFound])
        }
        (_, PositiveControl { ran: false, .. }) => {
            (Outcome::Undeterminable, vec![Reason::PositiveControlMissing])
        }
        (_, PositiveControl { found: false, .. }) => {
            (Outcome::Undeterminable, vec![Reason::PositiveControlFailed])
        }
        _ => (Outcome::Cleared, vec![Reason::NotFound]),
    }
}

/// The faults that most frames had.
fn faults(health: &HealthSummary) -> Vec<Reason> {
    [
        (health.black, Reason::Black),
        (health.covered, Reason::Covered),
        (health.blurred, Reason::Blurred),
        (health.frozen, Reason::Frozen),
        (health.moved, Reason::Moved),
        (health.overexposed, Reason::Overexposed),
        (health.rain_on_lens, Reason::RainOnLens),
    ]
    .into_iter()
    .filter(|(count, _)| share(*count, health.frames) >= FAULT_SHARE_MIN)
    .map(|(_, reason)| reason)
    .collect()
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
