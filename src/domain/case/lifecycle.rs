//! The life of a case at the hub: one transition table, nothing else changes a state.
//!
//! ```text
//! edge opens --> PENDING_REVIEW --confirm--> FILED --feedback--> DISPOSED --> POSTCHECKING --CLEARED--> CLOSED
//!                  |      |                   ^  |                               |  |  ^
//!                  |      +--reject--> REJECTED  |                       PRESENT |  |  | feedback
//!                  +--gone--> VANISHED           |                               v  |  |
//! complaint --> PRECHECKING --PRESENT--> FILED   +------feedback----------- REWORK <+--+
//!                  +--otherwise--> MANUAL <--UNDETERMINABLE, tries spent---------+
//!                                    +--a person--> FILED | REJECTED | CLOSED | REWORK
//! PENDING_REVIEW | MANUAL | FILED | REWORK --merge--> MERGED --unmerge--> where it was
//! ```
//!
//! Enters: the state, an [`Event`] and the [`Known`] facts that guards ask for. Leaves: a
//! [`Transition`], or a [`Refused`] that names state and event. Invariants, proved by the tests: a
//! case reaches CLOSED only by a CLEARED verdict with both pictures, while no case merged into it is
//! still seen, or by a person who is not the one that said it was done (four eyes); none vanishes while another camera still sees it; no verdict rejects a
//! citizen's complaint; an unmerged case stands where it stood; each (state, event) pair is listed or
//! refused.
//!
//! A merged case is done with: its master, the case it is merged into, goes on for both. Nothing is
//! merged while a look is running or a crew's word waits for one, since its outcome would meet nobody.

use super::reason_codes;
use crate::domain::verdict::Outcome;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+
        }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| UnknownName {
                    value: text.chars().take(40).collect(),
                    allowed: Self::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" "),
                })
            }
        }
    };
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not one of: {allowed}")]
pub struct UnknownName {
    pub value: String,
    pub allowed: String,
}

named! {
    /// Where a case stands.
    State {
        PendingReview = "PENDING_REVIEW",
        Prechecking = "PRECHECKING",
        Filed = "FILED",
        Disposed = "DISPOSED",
        Postchecking = "POSTCHECKING",
        Manual = "MANUAL",
        Rework = "REWORK",
        Closed = "CLOSED",
        Rejected = "REJECTED",
        Vanished = "VANISHED",
        Merged = "MERGED",
    }
}

named! {
    /// The seven steps of the closed loop (信息收集 ... 综合评价).
    Stage {
        Collection = "collection",
        Filing = "filing",
        Dispatch = "dispatch",
        Handling = "handling",
        Feedback = "feedback",
        Verification = "verification",
        Evaluation = "evaluation",
    }
}

named! {
    /// Which side of filing a case is on; tells the two meanings of MANUAL apart.
    Phase {
        BeforeFiling = "before_filing",
        AfterFiling = "after_filing",
    }
}

impl State {
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::PendingReview => "待复核",
            Self::Prechecking => "视频核查中",
            Self::Filed => "已立案",
            Self::Disposed => "已反馈待核实",
            Self::Postchecking => "视频核实中",
            Self::Manual => "无法判定·转人工",
            Self::Rework => "返工",
            Self::Closed => "已结案",
            Self::Rejected => "不予立案",
            Self::Vanished => "自行消除",
            Self::Merged => "并案",
        }
    }

    pub fn stage(self, phase: Phase) -> Stage {
        match (self, phase) {
            (Self::PendingReview | Self::Prechecking | Self::Rejected | Self::Vanished, _) => {
                Stage::Collection
            }
            (Self::Manual | Self::Merged, Phase::BeforeFiling) => Stage::Collection,
            (Self::Filed, _) | (Self::Merged, Phase::AfterFiling) => Stage::Filing,
            (Self::Rework, _) => Stage::Handling,
            (Self::Disposed, _) => Stage::Feedback,
            (Self::Postchecking | Self::Closed, _) => Stage::Verification,
            (Self::Manual, Phase::AfterFiling) => Stage::Verification,
        }
    }

    /// Nothing more is expected of anyone.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Rejected | Self::Vanished | Self::Merged)
    }
}

impl Stage {
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Collection => "信息收集",
            Self::Filing => "案卷建立",
            Self::Dispatch => "任务派遣",
            Self::Handling => "任务处理",
            Self::Feedback => "处理反馈",
            Self::Verification => "核实结案",
            Self::Evaluation => "综合评价",
        }
    }
}

named! {
    /// An event without what it carries: the column of the table.
    EventKind {
        OpenedByEdge = "opened",
        GoneAtEdge = "gone",
        SeenAgain = "seen_again",
        ComplaintReceived = "complaint",
        VerdictPrecheck = "precheck_verdict",
        Confirm = "confirm",
        Reject = "reject",
        Feedback = "feedback",
        PostcheckStarted = "postcheck_started",
        VerdictPostcheck = "postcheck_verdict",
        Close = "close",
        Rework = "rework",
        Merge = "merge",
        Unmerge = "unmerge",
        TookIn = "took_in",
        LetGo = "let_go",
    }
}

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    OpenedByEdge,
    GoneAtEdge,
    /// An edge sees again what it had called gone.
    SeenAgain,
    ComplaintReceived,
    VerdictPrecheck(Outcome),
    Confirm,
    Reject {
        reason: String,
    },
    Feedback,
    PostcheckStarted,
    VerdictPostcheck(Outcome),
    Close {
        reason: String,
    },
    Rework {
        reason: String,
    },
    /// It is one thing with another case, which goes on for both.
    Merge,
    Unmerge,
    /// Another case was merged into this one.
    TookIn,
    /// A case that was merged into this one stands on its own again.
    LetGo,
}

impl Event {
    pub fn kind(&self) -> EventKind {
        match self {
            Self::OpenedByEdge => EventKind::OpenedByEdge,
            Self::GoneAtEdge => EventKind::GoneAtEdge,
            Self::SeenAgain => EventKind::SeenAgain,
            Self::ComplaintReceived => EventKind::ComplaintReceived,
            Self::VerdictPrecheck(_) => EventKind::VerdictPrecheck,
            Self::Confirm => EventKind::Confirm,
            Self::Reject { .. } => EventKind::Reject,
            Self::Feedback => EventKind::Feedback,
            Self::PostcheckStarted => EventKind::PostcheckStarted,
            Self::VerdictPostcheck(_) => EventKind::VerdictPostcheck,
            Self::Close { .. } => EventKind::Close,
            Self::Rework { .. } => EventKind::Rework,
            Self::Merge => EventKind::Merge,
            Self::Unmerge => EventKind::Unmerge,
            Self::TookIn => EventKind::TookIn,
            Self::LetGo => EventKind::LetGo,
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::VerdictPrecheck(outcome) | Self::VerdictPostcheck(outcome) => Some(*outcome),
            _ => None,
        }
    }

    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Reject { reason } | Self::Close { reason } | Self::Rework { reason } => {
                Some(reason)
            }
            _ => None,
        }
    }
}

/// Who may cause an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Edge,
    Platform,
    Person,
    /// The hub by itself, on a verdict or a deadline.
    Hub,
    HubOrPerson,
}

/// What the guards ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub phase: Phase,
    /// A picture from before and one from after the disposal are held, whole and checked.
    pub before_and_after: bool,
    /// Neither the tries nor the time of this postcheck are spent.
    pub tries_left: bool,
    /// A case that is merged into this one is not gone at its own edge.
    pub seen_elsewhere: bool,
    /// Where a merged case stood before.
    pub merged_from: Option<State>,
    /// Whoever decides said that it was done.
    pub handled_it: bool,
}

impl Known {
    /// Of a case that is not there yet.
    pub const NOTHING: Self = Self {
        phase: Phase::BeforeFiling,
        before_and_after: false,
        tries_left: false,
        seen_elsewhere: false,
        merged_from: None,
        handled_it: false,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    Always,
    OutcomeIs(Outcome),
    /// CLEARED, with a picture from before and after, and nobody else sees it still.
    ClearedWithPictures,
    UndeterminableTriesLeft,
    /// The reason is one of the codes for this decision and phase.
    ReasonGiven,
    /// The same, and whoever decides is not who said that it was done: four eyes.
    ReasonGivenByAnother,
    /// No case merged into this one is still seen.
    SeenNowhereElse,
    /// Before the merge it stood in this state.
    MergedFrom(State),
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

const fn row(from: State, on: EventKind, who: Who, guard: Guard, to: State, effect: Effect) -> Row {
    Row { from: Some(from), on, who, guard, to, effect }
}

const fn note(state: State, on: EventKind) -> Row {
    row(state, on, Who::Edge, Guard::Always, state, Effect::Note)
}

const fn merge(state: State) -> Row {
    row(state, EventKind::Merge, Who::HubOrPerson, Guard::Always, State::Merged, Effect::None)
}

const fn unmerge(to: State) -> Row {
    let was = Guard::MergedFrom(to);
    row(State::Merged, EventKind::Unmerge, Who::Person, was, to, Effect::None)
}

/// Of the master, whoever merged or unmerged the other case.
const fn master(state: State, on: EventKind) -> Row {
    row(state, on, Who::Hub, Guard::Always, state, Effect::Note)
}

/// The life-cycle. Rows of one (state, event) are tried in order; the first whose guard holds fires.
#[rustfmt::skip]
pub const TABLE: &[Row] = {
    use {Effect as Do, EventKind as On, Guard as If, Outcome::*, State::*, Who::*};
    &[
        Row { from: None, on: On::OpenedByEdge, who: Edge, guard: If::Always, to: PendingReview, effect: Do::None },
        Row { from: None, on: On::ComplaintReceived, who: Platform, guard: If::Always, to: Prechecking, effect: Do::StartPrecheck },

        row(PendingReview, On::Confirm, Person, If::Always, Filed, Do::None),
        row(PendingReview, On::Reject, Person, If::ReasonGiven, Rejected, Do::None),
        row(PendingReview, On::GoneAtEdge, Edge, If::SeenNowhereElse, Vanished, Do::None),
        note(PendingReview, On::GoneAtEdge),
        note(PendingReview, On::SeenAgain),
        row(Vanished, On::SeenAgain, Edge, If::Always, PendingReview, Do::None),

        // Absence is no proof that a citizen was wrong: it may be out of view or just cleared.
        row(Prechecking, On::VerdictPrecheck, Hub, If::OutcomeIs(Present), Filed, Do::None),
        row(Prechecking, On::VerdictPrecheck, Hub, If::OutcomeIs(Cleared), Manual, Do::None),
        row(Prechecking, On::VerdictPrecheck, Hub, If::OutcomeIs(Undeterminable), Manual, Do::None),

        row(Filed, On::Feedback, Platform, If::Always, Disposed, Do::StartPostcheck),
        row(Rework, On::Feedback, Platform, If::Always, Disposed, Do::StartPostcheck),
        row(Disposed, On::PostcheckStarted, Hub, If::Always, Postchecking, Do::None),

        row(Postchecking, On::VerdictPostcheck, Hub, If::ClearedWithPictures, Closed, Do::None),
        row(Postchecking, On::VerdictPostcheck, Hub, If::OutcomeIs(Cleared), Manual, Do::None),
        row(Postchecking, On::VerdictPostcheck, Hub, If::OutcomeIs(Present), Rework, Do::CountRework),
        row(Postchecking, On::VerdictPostcheck, Hub, If::UndeterminableTriesLeft, Postchecking, Do::RetryPostcheck),
        row(Postchecking, On::VerdictPostcheck, Hub, If::OutcomeIs(Undeterminable), Manual, Do::None),

        row(Manual, On::Confirm, Person, If::Always, Filed, Do::None),
        row(Manual, On::Reject, Person, If::ReasonGiven, Rejected, Do::None),
        row(Manual, On::Close, Person, If::ReasonGivenByAnother, Closed, Do::None),
        row(Manual, On::Rework, Person, If::ReasonGiven, Rework, Do::CountRework),

        merge(PendingReview),
        merge(Manual),
        merge(Filed),
        merge(Rework),
        unmerge(PendingReview),
        unmerge(Manual),
        unmerge(Filed),
        unmerge(Rework),

        // What a master may be: any case that is not done with.
        master(PendingReview, On::TookIn),
        master(Prechecking, On::TookIn),
        master(Filed, On::TookIn),
        master(Disposed, On::TookIn),
        master(Postchecking, On::TookIn),
        master(Manual, On::TookIn),
        master(Rework, On::TookIn),
        // A case may be let go whatever became of its master.
        master(PendingReview, On::LetGo),
        master(Prechecking, On::LetGo),
        master(Filed, On::LetGo),
        master(Disposed, On::LetGo),
        master(Postchecking, On::LetGo),
        master(Manual, On::LetGo),
        master(Rework, On::LetGo),
        master(Closed, On::LetGo),
        master(Rejected, On::LetGo),
        master(Vanished, On::LetGo),
        master(Merged, On::LetGo),

        // What an edge saw is kept whatever the state; after review it is a hint for people, no more.
        note(Filed, On::GoneAtEdge),
        note(Disposed, On::GoneAtEdge),
        note(Postchecking, On::GoneAtEdge),
        note(Manual, On::GoneAtEdge),
        note(Rework, On::GoneAtEdge),
        note(Closed, On::GoneAtEdge),
        note(Rejected, On::GoneAtEdge),
        note(Merged, On::GoneAtEdge),
        note(Filed, On::SeenAgain),
        note(Disposed, On::SeenAgain),
        note(Postchecking, On::SeenAgain),
        note(Manual, On::SeenAgain),
        note(Rework, On::SeenAgain),
        note(Closed, On::SeenAgain),
        note(Rejected, On::SeenAgain),
        note(Merged, On::SeenAgain),
    ]
};

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
    #[error("{event} is for another: whoever said that it was done does not {event} the case")]
    FourEyes { event: EventKind },
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
            | State::Disposed
            | State::Postchecking
            | State::Rework
            | State::Closed => Phase::AfterFiling,
            State::Manual | State::Rejected | State::Vanished | State::Merged => known.phase,
        };
        return Ok(Transition { from, to: row.to, on, effect: row.effect, phase });
    }
    match (from, rows().next()) {
        (Some(_), Some(row))
            if row.guard == Guard::ReasonGivenByAnother && has_reason(row, event, known) =>
        {
            Err(Refused::FourEyes { event: on })
        }
        (
            Some(state),
            Some(Row { guard: Guard::ReasonGiven | Guard::ReasonGivenByAnother, .. }),
        ) => Err(Refused::Reason {
            state,
            event: on,
            given: event.reason().unwrap_or_default().chars().take(80).collect(),
            allowed: reason_codes::allowed(on, known.phase).to_vec(),
        }),
        _ => Err(Refused::Illegal { state: from, event: on }),
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
        }
        Guard::UndeterminableTriesLeft => {
            event.outcome() == Some(Outcome::Undeterminable) && known.tries_left
        }
        Guard::ReasonGiven => has_reason(row, event, known),
        Guard::ReasonGivenByAnother => has_reason(row, event, known) && !known.handled_it,
        Guard::SeenNowhereElse => !known.seen_elsewhere,
        Guard::MergedFrom(state) => known.merged_from == Some(state),
    }
}

fn has_reason(row: &Row, event: &Event, known: &Known) -> bool {
    let allowed = reason_codes::allowed(row.on, known.phase);
    event.reason().is_some_and(|reason| allowed.contains(&reason))
}

/// What a person may do now, with the reasons to choose from.
pub fn actions(state: State, phase: Phase) -> Vec<(EventKind, &'static [&'static str])> {
    let mut kinds: Vec<EventKind> = Vec::new();
    for row in TABLE.iter().filter(|row| row.from == Some(state)) {
        let persons = matches!(row.who, Who::Person | Who::HubOrPerson);
        if persons && !kinds.contains(&row.on) {
            kinds.push(row.on);
        }
    }
    kinds.into_iter().map(|on| (on, reason_codes::allowed(on, phase))).collect()
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
