//! The rows. Those of one (state, event) are tried in order; the first whose guard holds fires.

use super::{Effect, EventKind, Guard, Row, State, Who};

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

const fn check(state: State, on: EventKind) -> Row {
    row(state, on, Who::Person, Guard::Always, state, Effect::Note)
}

/// Where somebody is to go and look: what no video can decide, and what a dispatcher wants to know more of.
const fn assign(state: State) -> Row {
    row(state, EventKind::Assign, Who::HubOrPerson, Guard::ToAnother, state, Effect::Note)
}

/// 改类: which event it is; what it is to be dealt with as.
const fn reclassify(state: State) -> Row {
    row(state, EventKind::Reclassify, Who::Person, Guard::Always, state, Effect::Note)
}

/// 撤销 of a decision by which the case came from one state to the other.
const fn undo(now: State, before: State) -> Row {
    row(now, EventKind::Undo, Who::Person, Guard::DecidedIn(before), before, Effect::None)
}

/// Of one that left the state as it was.
const fn undo_note(state: State) -> Row {
    row(state, EventKind::Undo, Who::Person, Guard::DecidedIn(state), state, Effect::Note)
}

const fn overdue(state: State) -> Row {
    row(state, EventKind::Overdue, Who::Hub, Guard::Always, state, Effect::Note)
}

/// The life-cycle. Rows of one (state, event) are tried in order; the first whose guard holds fires.
#[rustfmt::skip]
pub const TABLE: &[Row] = {
    use crate::domain::verdict::Outcome::*;
    use {Effect as Do, EventKind as On, Guard as If, State::*, Who::*};
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

        row(Filed, On::Dispatch, PlatformOrPerson, If::Always, Dispatched, Do::None),
        row(Dispatched, On::Return, PlatformOrPerson, If::ReasonGiven, Filed, Do::None),
        row(Dispatched, On::Accept, PlatformOrPerson, If::Always, Handling, Do::None),
        row(Rework, On::Accept, PlatformOrPerson, If::Always, Handling, Do::None),
        row(Handling, On::Suspend, PlatformOrPerson, If::FirstSuspension, Suspended, Do::None),
        row(Suspended, On::Resume, Anyone, If::Always, Handling, Do::None),
        row(Dispatched, On::Extend, PlatformOrPerson, If::ExtensionLeft, Dispatched, Do::Note),
        row(Handling, On::Extend, PlatformOrPerson, If::ExtensionLeft, Handling, Do::Note),
        row(Rework, On::Extend, PlatformOrPerson, If::ExtensionLeft, Rework, Do::Note),

        // Where no platform dispatches, a crew reports on what is filed.
        row(Filed, On::Feedback, Platform, If::Always, Disposed, Do::StartPostcheck),
        row(Dispatched, On::Feedback, Platform, If::Always, Disposed, Do::StartPostcheck),
        row(Handling, On::Feedback, Platform, If::Always, Disposed, Do::StartPostcheck),
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

        row(Closed, On::ReopenProposed, Hub, If::LatelyClosed, Closed, Do::Note),
        row(Closed, On::Reopen, Person, If::LatelyClosed, Rework, Do::CountRework),

        assign(PendingReview),
        assign(Manual),
        reclassify(PendingReview),
        reclassify(Manual),

        undo(Filed, PendingReview),
        undo(Filed, Manual),
        undo(Rejected, PendingReview),
        undo(Rejected, Manual),
        undo(Closed, Manual),
        undo(Rework, Manual),
        undo_note(PendingReview),
        undo_note(Manual),

        check(Filed, On::Check),
        check(Dispatched, On::Check),
        check(Handling, On::Check),
        check(Disposed, On::Check),
        check(Postchecking, On::Check),
        check(Manual, On::Check),
        check(Rework, On::Check),
        check(Filed, On::Uncheck),
        check(Dispatched, On::Uncheck),
        check(Handling, On::Uncheck),
        check(Disposed, On::Uncheck),
        check(Postchecking, On::Uncheck),
        check(Manual, On::Uncheck),
        check(Rework, On::Uncheck),

        // A flag, never a change of state. What is suspended has no clock that runs.
        overdue(PendingReview),
        overdue(Prechecking),
        overdue(Filed),
        overdue(Dispatched),
        overdue(Handling),
        overdue(Disposed),
        overdue(Postchecking),
        overdue(Manual),
        overdue(Rework),

        merge(PendingReview),
        merge(Manual),
        merge(Filed),
        merge(Dispatched),
        merge(Handling),
        merge(Rework),
        unmerge(PendingReview),
        unmerge(Manual),
        unmerge(Filed),
        unmerge(Dispatched),
        unmerge(Handling),
        unmerge(Rework),

        // What a master may be: any case that is not done with.
        master(PendingReview, On::TookIn),
        master(Prechecking, On::TookIn),
        master(Filed, On::TookIn),
        master(Dispatched, On::TookIn),
        master(Handling, On::TookIn),
        master(Suspended, On::TookIn),
        master(Disposed, On::TookIn),
        master(Postchecking, On::TookIn),
        master(Manual, On::TookIn),
        master(Rework, On::TookIn),
        // A case may be let go whatever became of its master.
        master(PendingReview, On::LetGo),
        master(Prechecking, On::LetGo),
        master(Filed, On::LetGo),
        master(Dispatched, On::LetGo),
        master(Handling, On::LetGo),
        master(Suspended, On::LetGo),
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
        note(Dispatched, On::GoneAtEdge),
        note(Handling, On::GoneAtEdge),
        note(Suspended, On::GoneAtEdge),
        note(Disposed, On::GoneAtEdge),
        note(Postchecking, On::GoneAtEdge),
        note(Manual, On::GoneAtEdge),
        note(Rework, On::GoneAtEdge),
        note(Closed, On::GoneAtEdge),
        note(Rejected, On::GoneAtEdge),
        note(Merged, On::GoneAtEdge),
        note(Filed, On::SeenAgain),
        note(Dispatched, On::SeenAgain),
        note(Handling, On::SeenAgain),
        note(Suspended, On::SeenAgain),
        note(Disposed, On::SeenAgain),
        note(Postchecking, On::SeenAgain),
        note(Manual, On::SeenAgain),
        note(Rework, On::SeenAgain),
        note(Closed, On::SeenAgain),
        note(Rejected, On::SeenAgain),
        note(Merged, On::SeenAgain),
    ]
};
