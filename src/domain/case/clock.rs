//! How long each stage of a case has taken, and how long it may.
//!
//! ```text
//! PENDING_REVIEW, MANUAL         review      FILED                  dispatch
//! DISPATCHED, HANDLING, REWORK   disposal    DISPOSED, POSTCHECKING postcheck     all that is not done  total
//!
//! start --running--> stop            pause (挂账) keeps what is left of the limit, resume goes on with it
//!          |  extend: the limit once more, twice at most; a pause moves the deadline, an extension too
//!          '--deadline passed--> overdue: a flag that stays, and an event; the state never changes by it
//! ```
//!
//! Enters: the clocks of a case that run, the states before and after a transition, and the rules of the
//! city. Leaves: the clocks as they are then. A clock without a limit measures only. A deadline that cannot
//! be named, because the calendar lacks the year, says why instead.

use super::{
    lifecycle::State,
    limits::{Allowance, ClockRules},
    named::named,
};
use crate::{base::time::WallTime, domain::wire::Priority};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often a limit may be given once more.
pub const EXTENSIONS_MAX: u32 = 2;

named! {
    /// A stage that is timed.
    ClockKind {
        Review = "review",
        Dispatch = "dispatch",
        Disposal = "disposal",
        Postcheck = "postcheck",
        Total = "total",
    }
}

impl State {
    /// The clocks that a case has while it stands here.
    pub fn clocks(self) -> &'static [ClockKind] {
        use ClockKind::{Dispatch, Disposal, Postcheck, Review, Total};
        match self {
            Self::PendingReview | Self::Manual => &[Review, Total],
            Self::Prechecking => &[Total],
            Self::Filed => &[Dispatch, Total],
            Self::Dispatched | Self::Handling | Self::Suspended | Self::Rework => {
                &[Disposal, Total]
            }
            Self::Disposed | Self::Postchecking => &[Postcheck, Total],
            Self::Closed | Self::Rejected | Self::Vanished | Self::Merged => &[],
        }
    }
}

/// One run of a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub kind: ClockKind,
    pub started_at: WallTime,
    /// None: it measures only.
    pub allowance: Option<Allowance>,
    pub extensions: u32,
    /// Since when `left` is being spent: the start, or the last resumption.
    pub counted_from: WallTime,
    /// Of the allowance, at `counted_from`.
    pub left: Duration,
    pub paused_since: Option<WallTime>,
    /// Of all pauses that are over.
    pub paused: Duration,
    /// None while it is paused, without an allowance, or where the calendar does not reach.
    pub deadline: Option<WallTime>,
    /// Why there is none though there is an allowance.
    pub no_deadline: Option<String>,
    /// When it ran out.
    pub overdue_at: Option<WallTime>,
    pub stopped_at: Option<WallTime>,
}

/// What a clock is of.
#[derive(Debug, Clone, Copy)]
pub struct Timed<'c> {
    pub code: &'c str,
    pub priority: Priority,
}

impl Clock {
    pub fn start(kind: ClockKind, timed: Timed<'_>, at: WallTime, rules: &ClockRules) -> Self {
        let allowance = rules.allowance(kind, timed.code, timed.priority);
        let mut clock = Self {
            kind,
            started_at: at,
            allowance,
            extensions: 0,
            counted_from: at,
            left: allowance.map_or(Duration::ZERO, |allowance| allowance.amount),
            paused_since: None,
            paused: Duration::ZERO,
            deadline: None,
            no_deadline: None,
            overdue_at: None,
            stopped_at: None,
        };
        clock.set_deadline(rules);
        clock
    }

    pub fn pause(&mut self, at: WallTime, rules: &ClockRules) {
        if self.paused_since.is_some() {
            return;
        }
        let pace = self.allowance.map(|allowance| allowance.pace);
        // Time of a year without a calendar has no length that could be taken off.
        let spent = pace.and_then(|pace| rules.between(pace, self.counted_from, at).ok());
        self.left = self.left.saturating_sub(spent.unwrap_or_default());
        self.paused_since = Some(at);
        self.set_deadline(rules);
    }

    pub fn resume(&mut self, at: WallTime, rules: &ClockRules) {
        let Some(since) = self.paused_since.take() else { return };
        self.paused += at.since(since);
        self.counted_from = at;
        self.set_deadline(rules);
    }

    pub fn may_extend(&self) -> bool {
        self.allowance.is_some() && self.extensions < EXTENSIONS_MAX
    }

    /// Gives the original limit once more, counted from where the deadline was.
    pub fn extend(&mut self, at: WallTime, rules: &ClockRules) {
        let Some(allowance) = self.allowance.filter(|_| self.may_extend()) else { return };
        self.extensions += 1;
        self.left += allowance.amount;
        self.set_deadline(rules);
        if self.deadline.is_some_and(|deadline| deadline > at) {
            self.overdue_at = None;
        }
    }

    pub fn stop(&mut self, at: WallTime) {
        if let Some(since) = self.paused_since.take() {
            self.paused += at.since(since);
        }
        if let Some(deadline) = self.deadline.filter(|deadline| *deadline < at) {
            self.overdue_at.get_or_insert(deadline);
        }
        self.stopped_at = Some(at);
    }

    /// It has run out and nobody has been told yet.
    pub fn runs_out(&self, now: WallTime) -> bool {
        self.is_watched() && self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Whether it may still run out.
    pub fn is_watched(&self) -> bool {
        self.stopped_at.is_none() && self.overdue_at.is_none() && self.deadline.is_some()
    }

    /// Names the deadline by the rules as they are now: a calendar may have got another year.
    pub fn set_deadline(&mut self, rules: &ClockRules) {
        (self.deadline, self.no_deadline) = (None, None);
        let Some(allowance) = self.allowance.filter(|_| self.paused_since.is_none()) else {
            return;
        };
        match rules.after(allowance.pace, self.counted_from, self.left) {
            Ok(deadline) => self.deadline = Some(deadline),
            Err(why) => self.no_deadline = Some(why.to_string()),
        }
    }
}

/// The clocks of a case after it has gone from one state to another: stopped, started, paused, resumed.
pub fn follow(
    clocks: &mut Vec<Clock>,
    from: Option<State>,
    to: State,
    timed: Timed<'_>,
    at: WallTime,
    rules: &ClockRules,
) {
    if from == Some(to) {
        return;
    }
    // A crew that must come again has a limit of its own, whichever clock ran before.
    let anew = |kind: ClockKind| to == State::Rework && kind == ClockKind::Disposal;
    for clock in clocks.iter_mut().filter(|clock| clock.stopped_at.is_none()) {
        if !to.clocks().contains(&clock.kind) || anew(clock.kind) {
            clock.stop(at);
        } else if to == State::Suspended {
            clock.pause(at, rules);
        } else if from == Some(State::Suspended) {
            clock.resume(at, rules);
        }
    }
    for kind in to.clocks() {
        let running = |clock: &Clock| clock.kind == *kind && clock.stopped_at.is_none();
        if !clocks.iter().any(running) {
            clocks.push(Clock::start(*kind, timed, at, rules));
        }
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
