//! What was kept of a camera's view, and why the rest was not.
//!
//! Enters: stretches that recordings cover, holes that a recorder told, what retention deleted, and the
//! time now. Leaves: every second that was asked for and is not there, with its reason. Footage that is
//! missing without a reason looks like footage that somebody removed.

use crate::base::time::{ClockQuality, WallTime};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

/// Footage becomes readable this long after it was taken.
pub const FOOTAGE_DELAY: Duration = Duration::from_secs(5);

/// A shorter break is how cameras are, and no hole.
pub const HOLE_MIN: Duration = Duration::from_secs(1);

/// From the first moment to before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub from: WallTime,
    pub to: WallTime,
}

impl Span {
    pub fn new(from: WallTime, to: WallTime) -> Self {
        Self { from, to }
    }

    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    pub fn length(self) -> Duration {
        self.to.since(self.from)
    }

    pub fn meets(self, other: Self) -> bool {
        !self.within(other).is_empty()
    }

    /// The part of it that lies in another.
    pub fn within(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// What is left of it without others, in order of time.
    pub fn without(self, others: &[Self]) -> Vec<Self> {
        let mut others: Vec<_> = others.iter().filter(|other| self.meets(**other)).collect();
        others.sort();
        let mut left = Vec::new();
        let mut from = self.from;
        for other in others {
            left.push(Self { from, to: other.from });
            from = from.max(other.to);
        }
        left.push(Self { from, to: self.to });
        left.retain(|part| !part.is_empty());
        left
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

/// Why there is no footage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleReason {
    /// The camera or the way to it was down.
    StreamLost,
    /// The recorder did not run.
    Stopped,
    DiskFull,
    DiskReadOnly,
    /// Any other refusal of the disk.
    DiskFailed,
    /// The disk took the frames more slowly than they came.
    DiskSlow,
    /// The wall time went on by more than time passed.
    ClockJump,
    /// Recorded, and damaged since.
    Damaged,
    /// Older than what is kept.
    BeforeRetention,
    /// It has not happened yet.
    Future,
    /// Nothing of this camera has ever been recorded here.
    NeverRecorded,
    /// The source does not say.
    Unknown,
}

impl HoleReason {
    pub const ALL: [Self; 12] = [
        Self::StreamLost,
        Self::Stopped,
        Self::DiskFull,
        Self::DiskReadOnly,
        Self::DiskFailed,
        Self::DiskSlow,
        Self::ClockJump,
        Self::Damaged,
        Self::BeforeRetention,
        Self::Future,
        Self::NeverRecorded,
        Self::Unknown,
    ];

    /// As on the wire and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::StreamLost => "stream_lost",
            Self::Stopped => "stopped",
            Self::DiskFull => "disk_full",
            Self::DiskReadOnly => "disk_read_only",
            Self::DiskFailed => "disk_failed",
            Self::DiskSlow => "disk_slow",
            Self::ClockJump => "clock_jump",
            Self::Damaged => "damaged",
            Self::BeforeRetention => "before_retention",
            Self::Future => "future",
            Self::NeverRecorded => "never_recorded",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for HoleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no reason for a hole in a recording")]
pub struct BadReason(pub String);

impl FromStr for HoleReason {
    type Err = BadReason;
    fn from_str(text: &str) -> Result<Self, BadReason> {
        let known = Self::ALL.into_iter().find(|reason| reason.name() == text);
        known.ok_or_else(|| BadReason(text.chars().take(40).collect()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    pub from: WallTime,
    pub to: WallTime,
    pub reason: HoleReason,
}

impl Hole {
    pub fn span(&self) -> Span {
        Span::new(self.from, self.to)
    }
}

impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.span(), self.reason)
    }
}

/// What is known of a camera's recording besides its footage.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Holes that were told, oldest first; where two meet, the first holds.
    pub told: &'a [Hole],
    /// Since when everything that was recorded is still there; `None`: nothing ever was.
    pub kept_from: Option<WallTime>,
    pub now: WallTime,
}

/// What of `asked` no stretch of `covered` holds, with the reasons.
pub fn holes(asked: Span, covered: &[Span], known: &Known<'_>) -> Vec<Hole> {
    let mut missing = asked.without(covered);
    missing.retain(|part| part.length() >= HOLE_MIN || part.from >= known.now);
    let mut holes: Vec<Hole> = Vec::new();
    for part in missing {
        let mut edges = vec![part.from, part.to, known.now];
        edges.extend(known.kept_from);
        edges.extend(known.told.iter().flat_map(|hole| [hole.from, hole.to]));
        edges.retain(|edge| (part.from..=part.to).contains(edge));
        edges.sort();
        edges.dedup();
        for pair in edges.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let reason = reason(Span::new(from, to), known);
            match holes.last_mut() {
                Some(last) if last.to == from && last.reason == reason => last.to = to,
                _ => holes.push(Hole { from, to, reason }),
            }
        }
    }
    holes
}

/// Of a stretch that no edge divides.
fn reason(part: Span, known: &Known<'_>) -> HoleReason {
    if part.from >= known.now {
        return HoleReason::Future;
    }
    if let Some(told) = known.told.iter().find(|hole| hole.span().meets(part)) {
        return told.reason;
    }
    match known.kept_from {
        None => HoleReason::NeverRecorded,
        Some(kept_from) if part.to <= kept_from => HoleReason::BeforeRetention,
        Some(_) => HoleReason::Unknown,
    }
}

/// A file of video without a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FootagePart {
    pub path: PathBuf,
    /// Its first frame, a key frame: at or before the interval's begin where the recording allows.
    pub starts_at: WallTime,
    pub ends_at: WallTime,
}

/// Footage of an interval, oldest first, and what is missing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub parts: Vec<FootagePart>,
    pub holes: Vec<Hole>,
    /// Whose the times are.
    pub clock: ClockQuality,
}

/// The reason that explains most of what is missing.
pub fn main_reason(holes: &[Hole]) -> Option<HoleReason> {
    let total = |reason| {
        let of = holes.iter().filter(move |hole| hole.reason == reason);
        of.map(|hole| hole.span().length()).sum::<Duration>()
    };
    HoleReason::ALL.into_iter().filter(|it| !total(*it).is_zero()).max_by_key(|it| total(*it))
}

/// A source of footage that did not answer, or not as it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FootageError {
    #[error("{from} to {to}: an interval ends after it begins")]
    Backwards { from: WallTime, to: WallTime },
    #[error("{source_name} is not reached: {reason}")]
    Unreachable { source_name: String, reason: String },
    #[error("{source_name} refuses: {reason}")]
    Refused { source_name: String, reason: String },
    #[error("{source_name} sent what cannot be used: {reason}")]
    Unusable { source_name: String, reason: String },
    #[error("{}: {reason}", path.display())]
    Disk { path: PathBuf, reason: String },
}

impl FootageError {
    pub fn disk(path: &Path, error: impl fmt::Display) -> Self {
        Self::Disk { path: path.to_owned(), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: i64) -> WallTime {
        WallTime::from_unix_millis(secs * 1_000)
    }

    fn span(from: i64, to: i64) -> Span {
        Span::new(at(from), at(to))
    }

    fn hole(from: i64, to: i64, reason: HoleReason) -> Hole {
        Hole { from: at(from), to: at(to), reason }
    }

    fn known(told: &[Hole]) -> Known<'_> {
        Known { told, kept_from: Some(at(0)), now: at(1_000) }
    }

    #[test]
    fn what_no_segment_covers_is_a_hole() {
        let covered = [span(8, 12), span(12, 15), span(20, 24)];
        let unknown = HoleReason::Unknown;
        assert_eq!(holes(span(10, 22), &covered, &known(&[])), [hole(15, 20, unknown)]);
        assert_eq!(
            holes(span(0, 30), &covered, &known(&[])),
            [hole(0, 8, unknown), hole(15, 20, unknown), hole(24, 30, unknown)]
        );
        let nearly = [Span::new(at(0), WallTime::from_unix_millis(4_001)), span(5, 9)];
        assert_eq!(holes(span(0, 9), &nearly, &known(&[])), []);
    }

    #[test]
    fn each_hole_says_why() {
        use HoleReason::*;
        let told = [hole(30, 40, StreamLost), hole(60, 70, DiskFull)];
        let known = Known { told: &told, kept_from: Some(at(20)), now: at(100) };
        let covered = [span(20, 30), span(45, 60), span(70, 99)];
        assert_eq!(
            holes(span(0, 110), &covered, &known),
            [
                hole(0, 20, BeforeRetention),
                hole(30, 40, StreamLost),
                hole(40, 45, Unknown),
                hole(60, 70, DiskFull),
                hole(99, 100, Unknown),
                hole(100, 110, Future),
            ]
        );
        let nothing = Known { told: &[], kept_from: None, now: at(100) };
        assert_eq!(holes(span(10, 20), &[], &nothing), [hole(10, 20, NeverRecorded)]);
        assert_eq!(holes(span(200, 220), &[], &nothing), [hole(200, 220, Future)]);
    }

    #[test]
    fn the_main_reason_is_that_of_most_seconds() {
        use HoleReason::*;
        let holes = [hole(0, 10, StreamLost), hole(10, 14, DiskFull), hole(20, 27, DiskFull)];
        assert_eq!(main_reason(&holes), Some(DiskFull));
        assert_eq!(main_reason(&[]), None);
    }

    #[test]
    fn reasons_have_names() {
        for reason in HoleReason::ALL {
            assert_eq!(reason.name().parse::<HoleReason>().unwrap(), reason);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
        assert!("tired".parse::<HoleReason>().unwrap_err().to_string().contains("tired"));
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        prop::collection::vec(
            (0..200i64, 0..40i64).prop_map(|(from, len)| span(from, from + len)),
            0..8,
        )
    }

    proptest! {
        /// Covered or missing, and never both.
        #[test]
        fn every_second_is_covered_or_explained(covered in spans(), gaps in spans(), kept in 0..200i64, now in 0..220i64) {
            let told: Vec<_> = gaps.iter().map(|gap| Hole { from: gap.from, to: gap.to, reason: HoleReason::Stopped }).collect();
            let known = Known { told: &told, kept_from: Some(at(kept)), now: at(now) };
            let asked = span(5, 190);
            let found = holes(asked, &covered, &known);
            for second in 5..190 {
                let moment = span(second, second + 1);
                let is_covered = covered.iter().any(|it| it.meets(moment));
                let missing: Vec<_> = found.iter().filter(|hole| hole.span().meets(moment)).collect();
                prop_assert_eq!(missing.len(), usize::from(!is_covered), "{}: {:?}", second, found);
                if let [hole] = missing[..] {
                    prop_assert_eq!(hole.reason == HoleReason::Future, second >= now);
                }
            }
        }
    }
}
