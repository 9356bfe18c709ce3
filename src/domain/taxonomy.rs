//! Event codes and pattern definitions: what is an event, for whom, and when is it over.
//!
//! Patterns are data (`pipelines/patterns/<event>.toml`); this is their checked form.

use super::{
    ids::{ClassName, PatternId},
    wire::{EventData, PatternData, Priority},
};
use std::time::Duration;

/// Whether each thing counts for itself or only their number matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subjects {
    /// Each thing that stays in the zone is one case.
    Each { stationary: bool },
    /// At least so many things in the zone are one case.
    Count { count_min: u32 },
}

/// When absence may be believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closure {
    /// False: video can never show that this event is over.
    pub by_video: bool,
    pub valid_frames_min: u32,
    pub looks_min: u32,
    /// Share of the filing threshold that a detection must reach to count as "still there".
    pub score_factor: f32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    pub id: PatternId,
    pub version: String,
    pub event: EventData,
    pub priority: Priority,
    pub classes: Vec<ClassName>,
    pub score_min: f32,
    pub subjects: Subjects,
    /// How long the condition must hold, in media time.
    pub dwell: Duration,
    /// How long the condition may be interrupted without starting again.
    pub gap_max: Duration,
    /// How long a thing that stands still may be out of sight and, found again exactly where it stood,
    /// have stood there all the time. Nothing beyond `gap_max` where it is shorter.
    pub unseen_max: Duration,
    /// Share of analysed frames within the dwell that must show it.
    pub hit_ratio_min: f32,
    /// How long it must be absent, in valid frames, to be gone.
    pub clear: Duration,
    pub closure: Closure,
    pub description_zh: String,
    pub description_en: String,
}

impl Pattern {
    pub fn data(&self) -> PatternData {
        PatternData { id: self.id.clone(), version: self.version.clone() }
    }

    /// Whether a detection of this class and score can belong to the event.
    pub fn admits(&self, class: &ClassName, score: f32) -> bool {
        score >= self.score_min && self.classes.contains(class)
    }
}
