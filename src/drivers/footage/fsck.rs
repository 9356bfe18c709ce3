//! Is a ring what its names say, and puts right what is not.
//!
//! Enters: a ring's folder, in use or not. Leaves: every file that is damaged, unfinished, misplaced or
//! strange, by name, with what of it can be read. Repair cuts a segment after its last whole frame, gives it
//! the name that is then true, and writes the lost rest down as a hole. Nothing that can be read is deleted;
//! a segment that somebody is writing is left alone.

use super::{
    name::{Entry, HOLDS, Hold, SegmentName, day_of, gap_name, is_day},
    ring::{SEGMENT_SPAN_MAX, names},
    scan,
    segment::{self, Adopted},
};
use crate::{
    base::time::WallTime,
    domain::{
        footage::{HOLE_MIN, Hole, HoleReason, Span},
        ids::CameraId,
    },
};
use serde::Serialize;
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Shorter or longer than it was when it was finished.
    Torn,
    /// Its writer is gone.
    Unfinished,
    /// Right in length, and not readable to its end: only a deep check sees it.
    Corrupt,
    /// In the folder of another day.
    Misplaced,
    /// It begins after now.
    Future,
    /// No file of the ring.
    Strange,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub path: PathBuf,
    pub problem: Problem,
    /// What of it can be read.
    pub readable: Option<(WallTime, WallTime)>,
    pub readable_bytes: u64,
    pub file_bytes: u64,
    pub repaired: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub cameras: u32,
    pub segments: u64,
    pub bytes: u64,
    pub holes: u64,
    pub holds: u64,
    /// Segments that somebody is writing.
    pub being_written: u32,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.repaired)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Check {
    pub now: WallTime,
    pub repair: bool,
    /// Read every segment's structure, not only its length.
    pub deep: bool,
}

/// Looks at every file of a ring.
pub fn check(dir: &Path, options: Check) -> io::Result<Report> {
    let mut report = Report::default();
    fs::metadata(dir)?;
    for name in sorted(dir)? {
        let path = dir.join(&name);
        if name.parse::<CameraId>().is_ok() && path.is_dir() {
            report.cameras += 1;
            camera(&path, options, &mut report)?;
        } else if !name.starts_with('.') {
            strange(path, &mut report);
        }
    }
    Ok(report)
}

fn sorted(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = names(dir)?;
    names.sort();
    Ok(names)
}

fn camera(dir: &Path, options: Check, report: &mut Report) -> io::Result<()> {
    for name in sorted(dir)? {
        let path = dir.join(&name);
        if name == HOLDS {
            for hold in sorted(&path)? {
                match Hold::parse(&hold) {
                    Some(_) => report.holds += 1,
                    None => strange(path.join(hold), report),
                }
            }
        } else if is_day(&name) && path.is_dir() {
            day(&path, &name, options, report)?;
        } else {
            strange(path, report);
        }
    }
    Ok(())
}

fn day(dir: &Path, day: &str, options: Check, report: &mut Report) -> io::Result<()> {
    for name in sorted(dir)? {
        let path = dir.join(&name);
        match Entry::parse(&name) {
            None => strange(path, report),
            Some(Entry::Gap { .. }) => report.holes += 1,
            Some(Entry::Segment(name)) => match segment(&path, name, day, options, report) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                looked => looked?,
            },
        }
    }
    Ok(())
}

fn strange(path: PathBuf, report: &mut Report) {
    let file_bytes = fs::metadata(&path).map_or(0, |facts| facts.len());
    report.findings.push(Finding {
        path,
        problem: Problem::Strange,
        readable: None,
        readable_bytes: 0,
        file_bytes,
        repaired: false,
    });
}

fn segment(
    path: &Path,
    name: SegmentName,
    day: &str,
    options: Check,
    report: &mut Report,
) -> io::Result<()> {
    let file = File::open(path)?;
    let file_bytes = file.metadata()?.len();
    let problem = match name.closed {
        None => match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                report.being_written += 1;
                return Ok(());
            }
            _ => Some(Problem::Unfinished),
        },
        Some((_, bytes)) if bytes != file_bytes => Some(Problem::Torn),
        Some(_) if options.deep && !scan::scan(&file)?.is_whole() => Some(Problem::Corrupt),
        Some(_) if day_of(name.starts_at) != day => Some(Problem::Misplaced),
        Some(_) if name.starts_at > options.now.plus(SEGMENT_SPAN_MAX) => Some(Problem::Future),
        Some(_) => None,
    };
    let Some(problem) = problem else {
        report.segments += 1;
        report.bytes += file_bytes;
        return Ok(());
    };
    let scan = scan::scan(&file)?;
    // The lock that was tried must not look like a writer's.
    drop(file);
    let span = Span::new(name.starts_at, name.starts_at.plus(scan.length()));
    let readable = (!scan.units.is_empty()).then_some((span.from, span.to));
    let repaired = options.repair && repair(path, name, problem)?;
    if readable.is_some() {
        report.segments += 1;
        report.bytes += scan.whole_bytes;
    }
    report.findings.push(Finding {
        path: path.to_owned(),
        problem,
        readable,
        readable_bytes: scan.whole_bytes,
        file_bytes,
        repaired,
    });
    Ok(())
}

fn repair(path: &Path, name: SegmentName, problem: Problem) -> io::Result<bool> {
    match problem {
        Problem::Torn | Problem::Unfinished | Problem::Corrupt => {}
        Problem::Misplaced => {
            let home = path.with_file_name("").join("..").join(day_of(name.starts_at));
            fs::create_dir_all(&home)?;
            let file_name = path.file_name().unwrap_or_default();
            fs::rename(path, home.join(file_name))?;
            segment::sync_dir(&home)?;
            return Ok(true);
        }
        Problem::Future | Problem::Strange => return Ok(false),
    }
    let whole =
        Span::new(name.starts_at, name.closed.map_or(name.starts_at, |(ends_at, _)| ends_at));
    let left = match segment::adopt(path, &name)? {
        Adopted::Busy => return Ok(false),
        Adopted::Nothing => whole.from,
        Adopted::Closed { span, .. } => span.to,
    };
    let lost = Hole { from: left, to: whole.to, reason: HoleReason::Damaged };
    if whole.to.since(left) >= HOLE_MIN {
        // In the folder of its segment, with which it goes.
        File::create(path.with_file_name(gap_name(&lost)))?;
    }
    Ok(true)
}
