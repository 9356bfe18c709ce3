//! Which facts the hub may apply now, and what it may acknowledge. Pure.
//!
//! The key of a fact is `(case_id, writer, revision)`; revisions of one writer are contiguous from
//! 1. Enters: how far one stream (one case of one writer) has got and the revision that arrived.
//! Leaves: the revisions to apply in order, or to keep, and the revision to acknowledge.
//!
//! ```text
//! arrives: next one -> Apply it and every kept one that now follows
//!          ahead    -> Keep it in the database until the gap is filled
//!          behind   -> Duplicate: change nothing, acknowledge again (the first one may be lost)
//! ```
//!
//! The caller loads a [`Stream`], admits, stores what is said and the stream's new state in **one**
//! transaction, and sends the acknowledgement after the commit, never before.
//!
//! Failure: revision 0 and a revision too far ahead are refused; neither changes the stream.

use std::{collections::BTreeSet, ops::RangeInclusive};

/// A stream keeps this many facts behind a gap; an edge sends one at a time, so a gap is a rarity.
pub const KEPT_REVISIONS_MAX: usize = 256;

/// How far one case of one writer has got. What the database holds, no more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stream {
    /// Every revision up to this one is applied; 0 before the first.
    applied_upto: u32,
    /// Revisions held behind a gap, all above `applied_upto + 1`.
    kept: BTreeSet<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Apply these in order: the one that arrived, then kept ones, which stop being kept.
    Apply(RangeInclusive<u32>),
    /// Keep it durably; it is applied once the gap is filled.
    Keep,
    /// It is held already.
    Duplicate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("revision 0: revisions begin at 1")]
    Zero,
    #[error(
        "revision {revision} is too far ahead of {applied_upto}: {KEPT_REVISIONS_MAX} are kept at most"
    )]
    TooFarAhead { revision: u32, applied_upto: u32 },
}

impl Stream {
    /// As stored. Kept revisions that are applied already are dropped.
    pub fn restore(applied_upto: u32, kept: impl IntoIterator<Item = u32>) -> Self {
        let kept = kept.into_iter().filter(|revision| *revision > applied_upto).collect();
        Self { applied_upto, kept }
    }

    pub fn applied_upto(&self) -> u32 {
        self.applied_upto
    }

    pub fn kept(&self) -> &BTreeSet<u32> {
        &self.kept
    }

    /// What to acknowledge after the commit; `None` before the first revision is applied.
    pub fn upto_revision(&self) -> Option<u32> {
        (self.applied_upto > 0).then_some(self.applied_upto)
    }

    pub fn admit(&mut self, revision: u32) -> Result<Admission, Refusal> {
        let Some(next) = self.applied_upto.checked_add(1) else {
            return Ok(Admission::Duplicate);
        };
        if revision == 0 {
            return Err(Refusal::Zero);
        }
        if revision < next || self.kept.contains(&revision) {
            return Ok(Admission::Duplicate);
        }
        if revision > next {
            if self.kept.len() >= KEPT_REVISIONS_MAX {
                let applied_upto = self.applied_upto;
                return Err(Refusal::TooFarAhead { revision, applied_upto });
            }
            self.kept.insert(revision);
            return Ok(Admission::Keep);
        }
        self.applied_upto = next;
        while let Some(follower) = self.applied_upto.checked_add(1)
            && self.kept.remove(&follower)
        {
            self.applied_upto = follower;
        }
        Ok(Admission::Apply(next..=self.applied_upto))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_gap_holds_back_what_follows_until_it_is_filled() {
        let mut stream = Stream::default();
        assert_eq!(stream.admit(2), Ok(Admission::Keep));
        assert_eq!(stream.admit(3), Ok(Admission::Keep));
        assert_eq!(stream.upto_revision(), None);
        assert_eq!(stream.admit(2), Ok(Admission::Duplicate));
        assert_eq!(stream.admit(1), Ok(Admission::Apply(1..=3)));
        assert_eq!(stream.upto_revision(), Some(3));
        assert!(stream.kept().is_empty());
    }

    #[test]
    fn a_repeat_changes_nothing_and_is_acknowledged_again() {
        let mut stream = Stream::restore(4, []);
        assert_eq!(stream.admit(2), Ok(Admission::Duplicate));
        assert_eq!(stream.upto_revision(), Some(4));
    }

    #[test]
    fn what_cannot_be_kept_is_refused_and_changes_nothing() {
        let kept = 3..3 + KEPT_REVISIONS_MAX as u32;
        let mut stream = Stream::restore(1, kept);
        let before = stream.clone();
        assert_eq!(stream.admit(0), Err(Refusal::Zero));
        let far = stream.admit(900);
        assert_eq!(far, Err(Refusal::TooFarAhead { revision: 900, applied_upto: 1 }));
        assert_eq!(stream, before);
        assert_eq!(stream.admit(2), Ok(Admission::Apply(2..=258)));
    }

    #[test]
    fn the_last_revision_does_not_overflow() {
        let mut stream = Stream::restore(u32::MAX - 1, []);
        assert_eq!(stream.admit(u32::MAX), Ok(Admission::Apply(u32::MAX..=u32::MAX)));
        assert_eq!(stream.admit(u32::MAX), Ok(Admission::Duplicate));
    }

    proptest! {
        /// Any order, with repeats and a restart at any step, applies 1..=n once each and in order.
        #[test]
        fn every_revision_is_applied_once_and_in_order(
            arrivals in prop::collection::vec(1u32..20, 0..200),
            restart_at in 0usize..200,
        ) {
            let mut stream = Stream::default();
            let mut applied = Vec::new();
            for (index, revision) in arrivals.iter().copied().chain(1..20).enumerate() {
                if index == restart_at {
                    stream = Stream::restore(stream.applied_upto(), stream.kept().iter().copied());
                }
                if let Admission::Apply(range) = stream.admit(revision).unwrap() {
                    applied.extend(range);
                }
                prop_assert_eq!(stream.upto_revision().unwrap_or(0) as usize, applied.len());
            }
            prop_assert_eq!(applied, (1..20).collect::<Vec<_>>());
        }
    }
}
