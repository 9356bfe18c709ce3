//! The life of a case at the hub: one transition table, nothing else changes a state.
//!
//! ```text
//! edge opens --> PENDING_REVIEW --confirm--> FILED --dispatch--> DISPATCHED --accept--> HANDLING <--> SUSPENDED
//!                  |      |                   ^ ^ '-- return ------'                     |
//!                  |      +--reject--> REJECTED | |                                feedback (also of FILED,
//!                  +--gone--> VANISHED          | |                                 DISPATCHED and REWORK)
//! complaint --> PRECHECKING --PRESENT-----------+ |                                      v
//!                  +--otherwise--> MANUAL         |      CLOSED <--CLEARED-- POSTCHECKING <-- DISPOSED
//!                                    |            |        |                   |      |
//!                                    |            |      reopen             PRESENT   UNDETERMINABLE, tries spent
//!                                    |            |        v                   v      v
//!                                    |            |      REWORK <--------------+    MANUAL
//!                                    +--a person--+--> FILED | REJECTED | CLOSED | REWORK
//! PENDING_REVIEW | MANUAL | FILED | DISPATCHED | HANDLING | REWORK --merge--> MERGED --unmerge--> where it was
//! FILED | REJECTED | CLOSED | REWORK --undo, by who decided so just now--> where it was
//! ```
//!
//! Enters: the state, an [`Event`] and the [`Known`] facts that guards ask for. Leaves: a
//! [`Transition`], or a [`Refused`] that names state and event. Invariants, proved by the tests: a
//! case reaches CLOSED only with its checklist done, by a CLEARED verdict with both pictures, while no case
//! merged into it is still seen, or by a person who is not the one that said it was done (four eyes); none
//! vanishes while another camera still sees it; no verdict rejects a citizen's complaint; an unmerged case
//! stands where it stood; a clock that runs out moves nothing; each (state, event) pair is listed or refused.
//!
//! A merged case is done with: its master, the case it is merged into, goes on for both. Nothing is
//! merged while a look is running or a crew's word waits for one, since its outcome would meet nobody.

mod event;
mod state;
mod table;

pub use event::{Event, EventKind, Known, NoUndo, Who};
pub use state::{Phase, Stage, State};
pub use table::TABLE;

use super::reason_codes;
use crate::domain::verdict::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    Always,
    OutcomeIs(Outcome),
    /// CLEARED, with a picture from before and after, its checklist done, and nobody else sees it still.
    ClearedWithPictures,
    UndeterminableTriesLeft,
    /// The reason is one of the codes for this decision and phase.
    ReasonGiven,
    /// The same, with the checklist done, and whoever decides is not who said that it was done: four eyes.
    ReasonGivenByAnother,
    /// Whoever is to look did not handle it: four eyes.
    ToAnother,
    /// A reason, and it has never been suspended.
    FirstSuspension,
    /// A reason, and the limit may be given once more.
    ExtensionLeft,
    /// It was closed a short while ago.
    LatelyClosed,
    /// No case merged into this one is still seen.
    SeenNowhereElse,
    /// Before the merge it stood in this state.
    MergedFrom(State),
    /// Whoever takes the last decision back made it a moment ago, in this state.
    DecidedIn(State),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// State changes, nothing else.
    None,
    /// The state stays; only the history grows.
    Note,
    StartPrecheck,
    StartPostcheck,
    /// Look again later.
    RetryPostcheck,
    CountRework,
}

/// One row: from a state (none: the case does not exist yet), on an event, if the guard holds.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub from: Option<State>,
    pub on: EventKind,
    pub who: Who,
    pub guard: Guard,
    pub to: State,
    pub effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    pub from: Option<State>,
    pub to: State,
    pub on: EventKind,
    pub effect: Effect,
    pub phase: Phase,
}

impl Transition {
    pub fn changes_state(&self) -> bool {
        self.from != Some(self.to)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("{event} is not possible while the case is {state}", state = state_name(*state))]
    Illegal { state: Option<State>, event: EventKind },
    #[error("{event} of a case that is {state} needs a reason out of: {}", allowed.join(" "))]
    Reason { state: State, event: EventKind, given: String, allowed: Vec<&'static str> },
    #[error("{event} is for another: whoever said that it was done does not look whether it is")]
    FourEyes { event: EventKind },
    #[error("the closure checklist is not done: tick its required items first")]
    Checklist,
    #[error("the case has been suspended before: once is all")]
    SuspendedBefore,
    #[error(
        "the case has no disposal limit that may be extended, or it has been extended as often as it may"
    )]
    NoExtension,
    #[error("the case was closed too long ago to be reopened: what is seen there is a new case")]
    ClosedForGood,
    #[error("nothing to take back: {0}")]
    NoUndo(NoUndo),
}

fn state_name(state: Option<State>) -> &'static str {
    state.map_or("not there yet", State::as_str)
}

/// The one way from a state to the next.
pub fn next(from: Option<State>, event: &Event, known: &Known) -> Result<Transition, Refused> {
    let on = event.kind();
    let rows = || TABLE.iter().filter(|row| row.from == from && row.on == on);
    if let Some(row) = rows().find(|row| holds(row, event, known)) {
        let phase = match row.to {
            State::PendingReview | State::Prechecking => Phase::BeforeFiling,
            State::Filed
            | State::Dispatched
            | State::Handling
            | State::Suspended
            | State::Disposed
            | State::Postchecking
            | State::Rework
            | State::Closed => Phase::AfterFiling,
            State::Manual | State::Rejected | State::Vanished | State::Merged => known.phase,
        };
        return Ok(Transition { from, to: row.to, on, effect: row.effect, phase });
    }
    let (Some(state), Some(row)) = (from, rows().next()) else {
        return Err(Refused::Illegal { state: from, event: on });
    };
    Err(why_not(state, row, event, known))
}

/// Of a row that is there and does not hold.
fn why_not(state: State, row: &Row, event: &Event, known: &Known) -> Refused {
    let on = row.on;
    let asks = matches!(
        row.guard,
        Guard::ReasonGiven
            | Guard::ReasonGivenByAnother
            | Guard::FirstSuspension
            | Guard::ExtensionLeft
    );
    if asks && !has_reason(row, event, known) {
        return Refused::Reason {
            state,
            event: on,
            given: event.reason().unwrap_or_default().chars().take(80).collect(),
            allowed: reason_codes::allowed(on, known.phase).to_vec(),
        };
    }
    match row.guard {
        Guard::ReasonGivenByAnother if known.handled_it => Refused::FourEyes { event: on },
        Guard::ToAnother => Refused::FourEyes { event: on },
        Guard::ReasonGivenByAnother => Refused::Checklist,
        Guard::FirstSuspension => Refused::SuspendedBefore,
        Guard::ExtensionLeft => Refused::NoExtension,
        Guard::LatelyClosed => Refused::ClosedForGood,
        Guard::DecidedIn(_) => Refused::NoUndo(known.undo.err().unwrap_or(NoUndo::NotYours)),
        _ => Refused::Illegal { state: Some(state), event: on },
    }
}

fn holds(row: &Row, event: &Event, known: &Known) -> bool {
    match row.guard {
        Guard::Always => true,
        Guard::OutcomeIs(outcome) => event.outcome() == Some(outcome),
        Guard::ClearedWithPictures => {
            event.outcome() == Some(Outcome::Cleared)
                && known.before_and_after
                && !known.seen_elsewhere
                && known.checklist_done
        }
        Guard::UndeterminableTriesLeft => {
            event.outcome() == Some(Outcome::Undeterminable) && known.tries_left
        }
        Guard::ReasonGiven => has_reason(row, event, known),
        Guard::ReasonGivenByAnother => {
            has_reason(row, event, known) && !known.handled_it && known.checklist_done
        }
        Guard::ToAnother => !known.handled_it,
        Guard::FirstSuspension => has_reason(row, event, known) && !known.suspended_before,
        Guard::ExtensionLeft => has_reason(row, event, known) && known.extension_left,
        Guard::LatelyClosed => known.may_reopen,
        Guard::SeenNowhereElse => !known.seen_elsewhere,
        Guard::MergedFrom(state) => known.merged_from == Some(state),
        Guard::DecidedIn(state) => known.undo == Ok(state),
    }
}

fn has_reason(row: &Row, event: &Event, known: &Known) -> bool {
    let allowed = reason_codes::allowed(row.on, known.phase);
    event.reason().is_some_and(|reason| allowed.contains(&reason))
}

/// What a person may do now, with the reasons to choose from. Who may take a decision back does not follow
/// from the state.
pub fn actions(state: State, phase: Phase) -> Vec<(EventKind, &'static [&'static str])> {
    let mut kinds: Vec<EventKind> = Vec::new();
    for row in TABLE.iter().filter(|row| row.from == Some(state)) {
        let persons =
            matches!(row.who, Who::Person | Who::PlatformOrPerson | Who::HubOrPerson | Who::Anyone);
        if persons && row.on != EventKind::Undo && !kinds.contains(&row.on) {
            kinds.push(row.on);
        }
    }
    kinds.into_iter().map(|on| (on, reason_codes::allowed(on, phase))).collect()
}

#[cfg(test)]
mod tests;
