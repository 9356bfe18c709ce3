//! What a city's platform is told of a case, and when it is told again.
//!
//! Enters: a transition and the case after it. Leaves: a [`Notice`], the `data` of a webhook's message.
//! Nothing that no person has filed leaves the hub, except of complaints, which came from there.
//! Pictures are not in it: whoever may see them asks the hub, which writes that down.

use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{EventKind, Phase, Stage, State, Transition},
        ids::CaseId,
        wire::{EventData, PlaceData, Priority},
    },
};
use serde::Serialize;
use std::time::Duration;

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    pub case_id: CaseId,
    /// Of this case, growing: a step that arrives late is seen by it. Equal to the ETag of the case.
    pub version: i64,
    /// What was done: `confirm`, `dispatch`, `feedback`, `close`, `overdue` ...
    pub act: EventKind,
    pub from: Option<State>,
    pub to: State,
    pub state_zh: &'static str,
    pub stage: Stage,
    pub stage_zh: &'static str,
    pub at: WallTime,
    pub reason: Option<String>,
    pub note: Option<String>,
    /// The platform's own number, of a complaint.
    pub external_no: Option<String>,
    pub source: String,
    pub event: EventData,
    pub place: Option<PlaceData>,
    pub priority: Priority,
    pub unit: Option<String>,
    pub deadline: Option<WallTime>,
    pub overdue: bool,
    pub rework_count: i64,
    pub return_count: i64,
    pub merged_into: Option<CaseId>,
}

/// Whether the platform hears of a step. `complaint`: the case came from there.
pub fn is_told(transition: &Transition, complaint: bool) -> bool {
    let changes = transition.changes_state() || transition.on == EventKind::Overdue;
    let filed = |state: State| state.stage(transition.phase) > Stage::Collection;
    let was_filed = transition.from.is_some_and(filed) || transition.phase == Phase::AfterFiling;
    changes && (complaint || was_filed || filed(transition.to))
}

const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// How long a platform may be away before a message to it is laid aside for a person.
pub const TRIED_FOR: Duration = Duration::from_secs(3 * 24 * 3_600);

/// When to try again after `tries` that failed; `None`: no more.
pub fn next_try(created_at: WallTime, tries: u32, now: WallTime) -> Option<WallTime> {
    let doubled =
        FIRST_PAUSE.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX));
    let next = now.plus(doubled.min(LONGEST_PAUSE));
    (next <= created_at.plus(TRIED_FOR)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

    #[test]
    fn pauses_double_to_an_hour_and_end_after_three_days() {
        let pause = |tries| next_try(AT, tries, AT).map(|next| next.since(AT).as_secs());
        let pauses: Vec<_> = (1..=10).filter_map(pause).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
        assert_eq!(pause(200), Some(3_600));
        let last = AT.plus(TRIED_FOR).minus(LONGEST_PAUSE);
        assert!(next_try(AT, 90, last).is_some());
        assert_eq!(next_try(AT, 90, last.plus(Duration::from_millis(1))), None);
    }
}
