//! Event codes and pattern definitions: what is an event, for whom, and when is it over.
//!
//! Patterns are data (`pipelines/patterns/<event>.toml`); this is their checked form.

use super::{
    ids::{ClassName, PatternId},
    schedule::Schedule,
    wire::{EventData, PatternData, Priority},
};
use std::time::Duration;

/// Whether each thing counts for itself, their number, how much they cover, a crossing, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Subjects {
    /// Each thing that stays in the zone is one case.
    Each { stationary: bool },
    /// At least so many things in the zone are one case.
    Count { count_min: u32, stationary: bool },
    /// None of the things that belong into the zone is there: one case.
    Absence,
    /// Things cover at least such a share of the zone, together.
    Area { share_min: f32 },
    /// Something crosses the zone's line.
    Line { direction: Direction },
}

/// As seen by whoever walks from the first point of a line to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Rightwards,
    Leftwards,
    Either,
}

/// What a person beside the thing means before a case is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonConstraint {
    Any,
    /// While somebody handles the thing, time does not count.
    Absent,
    /// Time counts only while somebody is with it.
    Present,
}

/// When absence may be believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Closure {
    /// False: video can never show that this event is over.
    pub by_video: bool,
    pub valid_frames_min: u32,
    pub looks_min: u32,
    /// Share of the filing threshold that a detection must reach to count as "still there".
    pub score_factor: f32,
    /// What must be seen in the place, one of these: a bin, before one that is not seen to overflow is emptied.
    pub needs: Vec<ClassName>,
    /// What must not lie about the place: rubbish beside a bin.
    pub bars: Vec<ClassName>,
    /// How far from the time of day at which it was filed absence means anything: a stall of the evening
    /// is not gone for not being there in the morning. None: at any time.
    pub daypart: Option<Duration>,
}

impl Default for Closure {
    fn default() -> Self {
        Self {
            by_video: true,
            valid_frames_min: 30,
            looks_min: 2,
            score_factor: 0.7,
            needs: Vec::new(),
            bars: Vec::new(),
            daypart: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    pub id: PatternId,
    pub version: String,
    pub event: EventData,
    pub priority: Priority,
    /// What is found is a suspicion (疑似): a person decides what it is and when it is over.
    pub suspected: bool,
    /// What the event is often taken for: patterns that share a word here propose a merge of their cases.
    pub families: Vec<String>,
    pub classes: Vec<ClassName>,
    pub score_min: f32,
    pub subjects: Subjects,
    pub person: PersonConstraint,
    pub schedule: Schedule,
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

/// Code tables by standard and version: a new edition is more rows, never other ones.
const EVENT_CODES: &str = include_str!("event_codes.tsv");

/// The name of a code in its table; `None` where the table has no such code. Local codes have no table.
pub fn event_name(std: &str, version: &str, code: &str) -> Option<&'static str> {
    let rows = EVENT_CODES.lines().skip(1).map(|row| row.split('\t').collect::<Vec<_>>());
    rows.filter(|row| row[..3] == [std, version, code]).find_map(|row| row.get(4).copied())
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

#[cfg(test)]
mod tests {
    use super::event_name;

    #[test]
    fn codes_have_names_in_their_edition_only() {
        assert_eq!(event_name("GB/T 47678.5", "2026", "09006"), Some("占道经营"));
        assert_eq!(event_name("GB/T 47678.5", "2013", "09006"), None);
        assert_eq!(event_name("GB/T 47678.5", "2026", "99999"), None);
    }
}
