//! What a city's platform is told of a case, and when it is told again.
//!
//! Enters: a transition and the case after it. Leaves: whether a [`Listener`] hears of it, and a [`Notice`], the `data`
//! of a webhook's message. Nothing that no person has filed leaves the hub, except of complaints, which came from there.
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
use std::{collections::BTreeSet, time::Duration};

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

/// A platform that is told of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// What was sent is kept by it.
    pub name: String,
    pub hears: Hears,
}

/// Of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hears {
    /// Of every step since the filing; of a complaint, which came from there, of every step.
    Steps,
    /// Of each filing and each closure of what a camera has seen, for events with these codes.
    Filings(BTreeSet<String>),
}

/// What a listener is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard<'a> {
    pub event_code: &'a str,
    /// The platform has told the hub of it, not the other way round.
    pub complaint: bool,
    /// A camera has seen it.
    pub seen: bool,
}

impl Listener {
    pub fn is_told(&self, transition: &Transition, of: Heard<'_>) -> bool {
        match &self.hears {
            Hears::Steps => is_step(transition, of.complaint),
            Hears::Filings(codes) => {
                of.seen
                    && codes.contains(of.event_code)
                    && (is_filing(transition) || is_closure(transition))
            }
        }
    }
}

fn is_step(transition: &Transition, complaint: bool) -> bool {
    if transition.on == EventKind::Undo {
        // Nobody was told of what is taken back.
        return false;
    }
    let changes = transition.changes_state() || transition.on == EventKind::Overdue;
    let filed = |state: State| state.stage(transition.phase) > Stage::Collection;
    let was_filed = transition.from.is_some_and(filed) || transition.phase == Phase::AfterFiling;
    changes && (complaint || was_filed || filed(transition.to))
}

/// 立案. A unit that sends a case back files nothing, nor does who takes a merger apart.
fn is_filing(transition: &Transition) -> bool {
    transition.to == State::Filed
        && matches!(transition.on, EventKind::Confirm | EventKind::VerdictPrecheck)
}

/// 结案
fn is_closure(transition: &Transition) -> bool {
    transition.to == State::Closed && transition.changes_state()
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
    use crate::domain::case::lifecycle::Effect;

    fn step(from: State, on: EventKind, to: State) -> Transition {
        Transition { from: Some(from), to, on, effect: Effect::None, phase: Phase::AfterFiling }
    }

    #[test]
    fn who_hears_of_filings_hears_of_mapped_events_that_a_camera_saw_filed_or_closed() {
        let listener = Listener {
            name: "library".to_owned(),
            hears: Hears::Filings(BTreeSet::from(["06042".to_owned()])),
        };
        let bin = Heard { event_code: "06042", complaint: false, seen: true };
        let filed = step(State::PendingReview, EventKind::Confirm, State::Filed);
        let told = |transition: &Transition| listener.is_told(transition, bin);
        assert!(told(&filed));
        assert!(told(&step(State::Prechecking, EventKind::VerdictPrecheck, State::Filed)));
        assert!(told(&step(State::Postchecking, EventKind::VerdictPostcheck, State::Closed)));
        for other in [
            step(State::Dispatched, EventKind::Return, State::Filed),
            step(State::Merged, EventKind::Unmerge, State::Filed),
            step(State::Filed, EventKind::Overdue, State::Filed),
            step(State::Filed, EventKind::Dispatch, State::Dispatched),
            step(State::Closed, EventKind::Check, State::Closed),
        ] {
            assert!(!told(&other), "{other:?}");
        }
        for unheard in [Heard { event_code: "06010", ..bin }, Heard { seen: false, ..bin }] {
            assert!(!listener.is_told(&filed, unheard), "{unheard:?}");
        }
        let desk = Listener { name: "desk".to_owned(), hears: Hears::Steps };
        let undone = step(State::Filed, EventKind::Undo, State::PendingReview);
        assert!(!desk.is_told(&undone, Heard { complaint: true, ..bin }));
        assert!(desk.is_told(&filed, Heard { event_code: "06010", ..bin }));
    }

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
