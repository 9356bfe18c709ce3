//! What may happen to a case.

use super::state::State;
use crate::{
    base::time::WallTime,
    domain::{
        case::{clock::ClockKind, named::named},
        people::AssignedWhy,
        verdict::Outcome,
        wire::EventData,
    },
};

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
        Dispatch = "dispatch",
        Return = "return",
        Accept = "accept",
        Suspend = "suspend",
        Resume = "resume",
        Extend = "extend",
        Feedback = "feedback",
        PostcheckStarted = "postcheck_started",
        VerdictPostcheck = "postcheck_verdict",
        Assign = "assign",
        Check = "check",
        Uncheck = "uncheck",
        Close = "close",
        Rework = "rework",
        ReopenProposed = "reopen_proposed",
        Reopen = "reopen",
        Overdue = "overdue",
        Merge = "merge",
        Unmerge = "unmerge",
        TookIn = "took_in",
        LetGo = "let_go",
        Reclassify = "reclassify",
        Undo = "undo",
    }
}

impl EventKind {
    /// Whether whoever decided so may take it back (撤销) while nothing has followed.
    pub fn may_be_undone(self) -> bool {
        self.waits_to_be_told() || self == Self::Merge
    }

    /// Of these nobody outside of the hub hears before the time for taking back is over. A merge is told at
    /// once: it is taken back by an unmerge, which is told as well.
    pub fn waits_to_be_told(self) -> bool {
        matches!(
            self,
            Self::Confirm
                | Self::Reject
                | Self::Close
                | Self::Rework
                | Self::Reclassify
                | Self::Assign
        )
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
    /// A unit is told to deal with it.
    Dispatch {
        unit: String,
    },
    /// The unit says that it is not its duty.
    Return {
        reason: String,
    },
    Accept,
    /// 挂账: it waits for something that the unit cannot hasten; its clocks stand still.
    Suspend {
        reason: String,
        until: WallTime,
    },
    Resume,
    /// The unit gets its limit once more.
    Extend {
        reason: String,
    },
    Feedback,
    PostcheckStarted,
    VerdictPostcheck(Outcome),
    /// One of the grid's staff is to look at it on site.
    Assign {
        to: String,
        why: AssignedWhy,
        /// From the place to that person's area, where it lies outside.
        metres: Option<i64>,
    },
    /// An item of the closure checklist is done, or is not.
    Check {
        item: String,
    },
    Uncheck {
        item: String,
    },
    Close {
        reason: String,
    },
    Rework {
        reason: String,
    },
    /// What was closed a short while ago is seen again.
    ReopenProposed {
        seen_at: WallTime,
    },
    Reopen,
    /// A clock has run out. A flag: the state stays.
    Overdue(ClockKind),
    /// It is one thing with another case, which goes on for both.
    Merge,
    Unmerge,
    /// Another case was merged into this one.
    TookIn,
    /// A case that was merged into this one stands on its own again.
    LetGo,
    /// 改类: a person says that it is another event.
    Reclassify {
        to: Box<EventData>,
    },
    /// Whoever made the last decision takes it back.
    Undo,
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
            Self::Dispatch { .. } => EventKind::Dispatch,
            Self::Return { .. } => EventKind::Return,
            Self::Accept => EventKind::Accept,
            Self::Suspend { .. } => EventKind::Suspend,
            Self::Resume => EventKind::Resume,
            Self::Extend { .. } => EventKind::Extend,
            Self::Feedback => EventKind::Feedback,
            Self::PostcheckStarted => EventKind::PostcheckStarted,
            Self::VerdictPostcheck(_) => EventKind::VerdictPostcheck,
            Self::Assign { .. } => EventKind::Assign,
            Self::Check { .. } => EventKind::Check,
            Self::Uncheck { .. } => EventKind::Uncheck,
            Self::Close { .. } => EventKind::Close,
            Self::Rework { .. } => EventKind::Rework,
            Self::ReopenProposed { .. } => EventKind::ReopenProposed,
            Self::Reopen => EventKind::Reopen,
            Self::Overdue(_) => EventKind::Overdue,
            Self::Merge => EventKind::Merge,
            Self::Unmerge => EventKind::Unmerge,
            Self::TookIn => EventKind::TookIn,
            Self::LetGo => EventKind::LetGo,
            Self::Reclassify { .. } => EventKind::Reclassify,
            Self::Undo => EventKind::Undo,
        }
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::VerdictPrecheck(outcome) | Self::VerdictPostcheck(outcome) => Some(*outcome),
            _ => None,
        }
    }

    /// What the history keeps as the reason: a reason code, why it is with whom, the clock that ran out, the
    /// item that is done, the code of what it is.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Reject { reason }
            | Self::Return { reason }
            | Self::Suspend { reason, .. }
            | Self::Extend { reason }
            | Self::Close { reason }
            | Self::Rework { reason } => Some(reason),
            Self::Check { item } | Self::Uncheck { item } => Some(item),
            Self::Assign { why, .. } => Some(why.as_str()),
            Self::Overdue(clock) => Some(clock.as_str()),
            Self::Reclassify { to } => Some(&to.code),
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
    /// A signed-in person, or the city's platform for its units and dispatchers.
    PlatformOrPerson,
    /// The hub by itself, on a verdict or a deadline.
    Hub,
    HubOrPerson,
    Anyone,
}

/// What the guards ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub phase: super::Phase,
    /// A picture from before and one from after the disposal are held, whole and checked.
    pub before_and_after: bool,
    /// Neither the tries nor the time of this postcheck are spent.
    pub tries_left: bool,
    /// A case that is merged into this one is not gone at its own edge.
    pub seen_elsewhere: bool,
    /// Where a merged case stood before.
    pub merged_from: Option<State>,
    /// Whoever decides said that it was done; of an assignment: whoever is to look took it on or said so.
    pub handled_it: bool,
    /// Every required item of the closure checklist is done.
    pub checklist_done: bool,
    /// It has been suspended before: once is all.
    pub suspended_before: bool,
    /// Its disposal has a limit that may be given once more.
    pub extension_left: bool,
    /// It was closed so lately that what is seen there again means that it is not done.
    pub may_reopen: bool,
    /// Of an undo: where the case stood before the decision that is taken back.
    pub undo: Result<State, NoUndo>,
}

/// Why there is nothing that could be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoUndo {
    #[error("the last thing that happened to the case is no decision of yours")]
    NotYours,
    #[error("it was decided too long ago to be taken back")]
    TooLate,
}

impl Known {
    /// Of a case that is not there yet.
    pub const NOTHING: Self = Self {
        phase: super::Phase::BeforeFiling,
        before_and_after: false,
        tries_left: false,
        seen_elsewhere: false,
        merged_from: None,
        handled_it: false,
        checklist_done: true,
        suspended_before: false,
        extension_left: false,
        may_reopen: false,
        undo: Err(NoUndo::NotYours),
    };
}
