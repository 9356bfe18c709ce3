//! The names of a ring's files, which are its index.
//!
//! ```text
//! <camera>/2026-01-01/2026-01-01T08:00:00.000Z.part.mkv                                 being written
//! <camera>/2026-01-01/2026-01-01T08:00:00.000Z_2026-01-01T08:01:00.400Z_30123456.mkv    from, to, bytes
//! <camera>/2026-01-01/2026-01-01T09:12:00.000Z_2026-01-01T09:14:10.000Z_stream_lost.gap a hole, and why
//! <camera>/2026-01-01/2026-01-01T10:00:00.000Z_disk_full.gap                            one that lasts
//! <camera>/holds/<from>_<to>_<until>_<case>.hold                                        evidence
//! ```
//! Segments written after the camera's wall time went back carry a take number, `_t1` before the suffix.
//! Gaps and holds are empty files. A name is changed by one `rename`, so it is there whole or not at
//! all; a segment whose length is not the one in its name has been damaged since.

use crate::{
    base::time::WallTime,
    domain::{
        footage::{Hole, HoleReason, Span},
        ids::CaseId,
    },
};
use std::path::{Path, PathBuf};

pub const HOLDS: &str = "holds";

/// A segment's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentName {
    pub starts_at: WallTime,
    /// End of the last frame, and length of the file; none while it is written.
    pub closed: Option<(WallTime, u64)>,
    /// How often the camera's wall time had gone back before.
    pub take: u32,
}

/// A file of a day's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Segment(SegmentName),
    Gap { from: WallTime, to: Option<WallTime>, reason: HoleReason },
}

impl Entry {
    /// `None` for files that are no business of the ring.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(stem) = name.strip_suffix(".part.mkv") {
            let (stem, take) = take_of(stem)?;
            let starts_at = stem.parse().ok()?;
            return Some(Self::Segment(SegmentName { starts_at, closed: None, take }));
        }
        if let Some(stem) = name.strip_suffix(".mkv") {
            let (stem, take) = take_of(stem)?;
            let (from, rest) = stem.split_once('_')?;
            let (to, bytes) = rest.split_once('_')?;
            let closed = Some((to.parse().ok()?, bytes.parse().ok()?));
            return Some(Self::Segment(SegmentName {
                starts_at: from.parse().ok()?,
                closed,
                take,
            }));
        }
        let (from, rest) = name.strip_suffix(".gap")?.split_once('_')?;
        let from = from.parse().ok()?;
        Some(match rest.split_once('_').map(|(to, reason)| (to.parse::<WallTime>(), reason)) {
            Some((Ok(to), reason)) => {
                Self::Gap { from, to: Some(to), reason: reason.parse().ok()? }
            }
            _ => Self::Gap { from, to: None, reason: rest.parse().ok()? },
        })
    }
}

/// A finished segment's length, without reading its times: for whoever adds up a whole ring.
pub fn bytes_of(name: &str) -> Option<u64> {
    let (_, rest) = name.strip_suffix(".mkv")?.split_once('_')?;
    rest.split('_').nth(1)?.parse().ok()
}

fn take_of(stem: &str) -> Option<(&str, u32)> {
    match stem.rsplit_once("_t") {
        None => Some((stem, 0)),
        Some((stem, take)) => Some((stem, take.parse().ok().filter(|take| *take > 0)?)),
    }
}

impl std::fmt::Display for SegmentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.starts_at.fmt(f)?;
        if let Some((ends_at, bytes)) = self.closed {
            write!(f, "_{ends_at}_{bytes}")?;
        }
        if self.take > 0 {
            write!(f, "_t{}", self.take)?;
        }
        f.write_str(if self.closed.is_some() { ".mkv" } else { ".part.mkv" })
    }
}

/// The folder of everything that begins on a moment's day, by UTC.
pub fn day_of(at: WallTime) -> String {
    at.to_string().chars().take("2026-01-01".len()).collect()
}

pub fn is_day(name: &str) -> bool {
    name.len() == "2026-01-01".len() && name.parse::<crate::base::time::LocalDate>().is_ok()
}

pub fn gap_name(hole: &Hole) -> String {
    format!("{}_{}_{}.gap", hole.from, hole.to, hole.reason)
}

pub fn lasting_gap_name(from: WallTime, reason: HoleReason) -> String {
    format!("{from}_{reason}.gap")
}

/// An interval that a case needs, until a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    pub span: Span,
    pub until: WallTime,
    pub case: CaseId,
}

impl Hold {
    pub fn parse(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.strip_suffix(".hold")?.split('_').collect();
        let [from, to, until, case] = parts[..] else { return None };
        Some(Self {
            span: Span::new(from.parse().ok()?, to.parse().ok()?),
            until: until.parse().ok()?,
            case: case.parse().ok()?,
        })
    }

    pub fn path(&self, camera_dir: &Path) -> PathBuf {
        let Self { span, until, case } = self;
        camera_dir.join(HOLDS).join(format!("{}_{}_{until}_{case}.hold", span.from, span.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> WallTime {
        WallTime::from_unix_millis(1_767_225_600_000 + millis)
    }

    #[test]
    fn other_files_are_not_taken_for_the_rings() {
        let time = "2026-01-01T08:00:00.000Z";
        for name in [
            "notes.txt".to_owned(),
            "a_b_1.mkv".to_owned(),
            format!("{time}.mkv"),
            format!("{time}_{time}.mkv"),
            format!("{time}_{time}_x.mkv"),
            format!("{time}_{time}_1_t0.mkv"),
            format!("{time}_tired.gap"),
            format!("{time}_{time}_tired.gap"),
            ".gap".to_owned(),
        ] {
            assert_eq!(Entry::parse(&name), None, "{name}");
        }
        assert!(is_day("2026-02-28") && !is_day("2026-02-30") && !is_day("holds"));
        assert_eq!(day_of(at(86_399_999)), "2026-01-01");
    }

    proptest! {
        #[test]
        fn names_tell_what_they_were_made_of(
            start in 0..10_000_000_000i64, length in 0..4_000_000i64, bytes: u64, take in 0..9u32,
            closed: bool, reason in prop::sample::select(HoleReason::ALL.to_vec()),
        ) {
            let (from, to) = (at(start), at(start + length));
            let name = SegmentName { starts_at: from, closed: closed.then_some((to, bytes)), take };
            prop_assert_eq!(Entry::parse(&name.to_string()), Some(Entry::Segment(name)));
            prop_assert_eq!(bytes_of(&name.to_string()), name.closed.map(|(_, bytes)| bytes));
            let gap = gap_name(&Hole { from, to, reason });
            prop_assert_eq!(Entry::parse(&gap), Some(Entry::Gap { from, to: Some(to), reason }));
            let lasting = lasting_gap_name(from, reason);
            prop_assert_eq!(Entry::parse(&lasting), Some(Entry::Gap { from, to: None, reason }));
        }

        #[test]
        fn any_name_is_read_or_passed_over(name in ".{0,80}") {
            let _ = (Entry::parse(&name), Hold::parse(&name), is_day(&name));
        }
    }
}
