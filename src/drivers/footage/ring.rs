//! Reading a ring: which segments hold an interval, and what is missing of it.
//!
//! Enters: a folder of names. Leaves: segments with what of them counts, holes with their reasons.
//! Nothing is kept in memory: an interval costs the listing of its days, about 1,500 names a camera
//! each, however long the ring is.

use super::{
    name::{Entry, HOLDS, Hold, SegmentName, day_of, is_day},
    scan,
};
use crate::{
    base::time::WallTime,
    domain::{
        footage::{Hole, HoleReason, Known, Span, holes},
        ids::CameraId,
    },
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// No segment is longer, so an interval's footage begins at most so long before it.
pub const SEGMENT_SPAN_MAX: Duration = Duration::from_secs(3_600);

/// How often a folder is listed again when it changed under the reader.
const LISTINGS_MAX: u32 = 3;

/// A segment, or the part of one that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub path: PathBuf,
    pub name: SegmentName,
    /// All that is in the file.
    pub span: Span,
    /// The part that no later take covers.
    pub counts: Span,
    pub bytes: u64,
    /// Shorter than it was when it was finished.
    pub is_torn: bool,
}

impl Segment {
    pub fn is_open(&self) -> bool {
        self.name.closed.is_none()
    }
}

/// Reads what recorders wrote.
#[derive(Debug, Clone)]
pub struct Footage {
    dir: PathBuf,
}

impl Footage {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn camera_dir(&self, camera: &CameraId) -> PathBuf {
        self.dir.join(camera.as_str())
    }

    /// Cameras with a folder here, by name.
    pub fn cameras(&self) -> io::Result<Vec<CameraId>> {
        let mut cameras: Vec<CameraId> =
            names(&self.dir)?.iter().filter_map(|name| name.parse().ok()).collect();
        cameras.retain(|camera| self.camera_dir(camera).is_dir());
        cameras.sort();
        Ok(cameras)
    }

    /// What counts of each segment with frames in the interval, oldest first. Lengths and ends are
    /// those of the files, not only of their names.
    pub fn segments(&self, camera: &CameraId, asked: Span) -> io::Result<Vec<Segment>> {
        let dir = self.camera_dir(camera);
        let (mut found, mut is_stale) = self.look_through(&dir, asked)?;
        for _ in 0..LISTINGS_MAX {
            if !is_stale {
                break;
            }
            (found, is_stale) = self.look_through(&dir, asked)?;
        }
        Ok(counting(found, asked))
    }

    /// True: a segment was finished between the listing and the look at it, and has another name now.
    fn look_through(&self, dir: &Path, asked: Span) -> io::Result<(Vec<Segment>, bool)> {
        let (mut found, mut is_stale) = (Vec::new(), false);
        let earliest = asked.from.minus(SEGMENT_SPAN_MAX);
        let days_asked = day_of(earliest)..=day_of(asked.to);
        // Names begin with their time, so that most need not be read.
        let (earliest, latest) = (earliest.to_string(), asked.to.to_string());
        let may_meet = |name: &str| name >= earliest.as_str() && name < latest.as_str();
        for day in days(dir)?.into_iter().filter(|day| days_asked.contains(day)) {
            for (path, entry) in entries_if(&dir.join(day), may_meet)? {
                let Entry::Segment(name) = entry else { continue };
                let may_meet = name.starts_at < asked.to
                    && name.closed.is_none_or(|(ends_at, _)| ends_at > asked.from);
                if !may_meet {
                    continue;
                }
                match look(path, name)? {
                    Look::Gone => is_stale |= name.closed.is_none(),
                    Look::Empty => {}
                    Look::There(segment) if segment.span.meets(asked) => found.push(segment),
                    Look::There(_) => {}
                }
            }
        }
        Ok((found, is_stale))
    }

    /// What of an interval is not there, and why.
    pub fn holes(
        &self,
        camera: &CameraId,
        asked: Span,
        segments: &[Segment],
        now: WallTime,
    ) -> io::Result<Vec<Hole>> {
        let mut told = self.told_holes(camera, asked, now)?;
        told.extend(segments.iter().filter(|segment| segment.is_torn).filter_map(|segment| {
            let (to, _) = segment.name.closed?;
            Some(Hole { from: segment.span.to, to, reason: HoleReason::Damaged })
        }));
        let kept_from = self.kept_from(camera)?;
        let covered: Vec<Span> = segments.iter().map(|segment| segment.counts).collect();
        Ok(holes(asked, &covered, &Known { told: &told, kept_from, now }))
    }

    /// Holes that recorders and repairs wrote down; one that lasts reaches to now.
    fn told_holes(&self, camera: &CameraId, asked: Span, now: WallTime) -> io::Result<Vec<Hole>> {
        let dir = self.camera_dir(camera);
        let mut told = Vec::new();
        let (first, last) = (day_of(asked.from), day_of(asked.to));
        for day in days(&dir)?.into_iter().rev().filter(|day| *day <= last) {
            for (_, entry) in entries_if(&dir.join(&day), |name| name.ends_with(".gap"))? {
                if let Entry::Gap { from, to, reason } = entry {
                    told.push(Hole { from, to: to.unwrap_or(now), reason });
                }
            }
            if day < first {
                // A hole that began earlier has ended there.
                break;
            }
        }
        told.retain(|hole| hole.span().meets(asked));
        told.sort_by_key(|hole| hole.from);
        Ok(told)
    }

    /// Since when everything that was recorded is still there: the first segment that no case holds. Where
    /// none is left, the newest hole: it began where footage had ended.
    fn kept_from(&self, camera: &CameraId) -> io::Result<Option<WallTime>> {
        let dir = self.camera_dir(camera);
        let holds = holds(&dir)?;
        let (mut first, mut hole) = (None, None);
        for day in days(&dir)? {
            let mut names = names(&dir.join(day))?;
            names.sort();
            for name in names {
                let name = match Entry::parse(&name) {
                    Some(Entry::Segment(name)) => name,
                    Some(Entry::Gap { from, .. }) => {
                        hole = hole.max(Some(from));
                        continue;
                    }
                    None => continue,
                };
                let ends_at = name.closed.map_or(name.starts_at, |(ends_at, _)| ends_at);
                let span = Span::new(name.starts_at, ends_at);
                first = first.or(Some(span.from));
                if !holds.iter().any(|hold| hold.span.meets(span)) {
                    return Ok(Some(span.from));
                }
            }
        }
        Ok(first.or(hole))
    }

    /// First to last recorded moment; `None` without a recording. There may be gaps within.
    pub fn recording_span(&self, camera: &CameraId) -> io::Result<Option<Span>> {
        let dir = self.camera_dir(camera);
        let days = days(&dir)?;
        let of =
            |day: &String| spans(&dir.join(day)).map(|spans| (!spans.is_empty()).then_some(spans));
        let first = days.iter().find_map(|day| of(day).transpose()).transpose()?;
        let last = days.iter().rev().find_map(|day| of(day).transpose()).transpose()?;
        let from = first.and_then(|spans| spans.first().map(|span| span.from));
        let to = last.and_then(|spans| spans.iter().map(|span| span.to).max());
        Ok(from.zip(to).map(|(from, to)| Span::new(from, to)))
    }

    /// Keeps an interval until a date, whatever retention says. Told twice, it is held once.
    pub fn hold(&self, camera: &CameraId, hold: &Hold) -> io::Result<()> {
        let path = hold.path(&self.camera_dir(camera));
        let dir = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        File::create(&path)?.sync_all()?;
        super::segment::sync_dir(dir)
    }

    pub fn holds(&self, camera: &CameraId) -> io::Result<Vec<Hold>> {
        holds(&self.camera_dir(camera))
    }
}

/// Days of a camera's folder, oldest first.
pub fn days(camera_dir: &Path) -> io::Result<Vec<String>> {
    let mut days = names(camera_dir)?;
    days.retain(|name| is_day(name));
    days.sort();
    Ok(days)
}

/// A day's files that belong to the ring, in no order.
pub fn entries(day_dir: &Path) -> io::Result<Vec<(PathBuf, Entry)>> {
    entries_if(day_dir, |_| true)
}

/// The same of names that are wanted: reading a name's times costs more than listing it.
pub fn entries_if(
    day_dir: &Path,
    wanted: impl Fn(&str) -> bool,
) -> io::Result<Vec<(PathBuf, Entry)>> {
    let known = names(day_dir)?.into_iter().filter(|name| wanted(name)).filter_map(|name| {
        let entry = Entry::parse(&name)?;
        Some((day_dir.join(name), entry))
    });
    Ok(known.collect())
}

pub fn holds(camera_dir: &Path) -> io::Result<Vec<Hold>> {
    let names = names(&camera_dir.join(HOLDS))?;
    Ok(names.iter().filter_map(|name| Hold::parse(name)).collect())
}

/// Names in a folder; one that is not there holds none.
pub fn names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

/// Spans of a day's segments by their names, by begin; one being written is read for its end.
fn spans(day_dir: &Path) -> io::Result<Vec<Span>> {
    let mut spans = Vec::new();
    for (path, entry) in entries(day_dir)? {
        let Entry::Segment(name) = entry else { continue };
        match name.closed {
            Some((ends_at, _)) => spans.push(Span::new(name.starts_at, ends_at)),
            None => {
                if let Look::There(segment) = look(path, name)? {
                    spans.push(segment.span);
                }
            }
        }
    }
    spans.sort();
    Ok(spans)
}

enum Look {
    There(Segment),
    /// Not a frame in it yet.
    Empty,
    /// Closed under its other name meanwhile, or deleted.
    Gone,
}

/// A segment as its file is.
fn look(path: PathBuf, name: SegmentName) -> io::Result<Look> {
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Look::Gone),
        opened => opened?,
    };
    let there = file.metadata()?.len();
    let (ends_at, bytes, is_torn) = match name.closed {
        Some((ends_at, bytes)) if there >= bytes => (ends_at, bytes, false),
        closed => {
            let scan = scan::scan(&file)?;
            (name.starts_at.plus(scan.length()), scan.whole_bytes, closed.is_some())
        }
    };
    let span = Span::new(name.starts_at, ends_at);
    if span.is_empty() {
        return Ok(Look::Empty);
    }
    Ok(Look::There(Segment { path, name, span, counts: span, bytes, is_torn }))
}

/// Where takes overlap the later one counts: the clock was put right between them.
fn counting(mut segments: Vec<Segment>, asked: Span) -> Vec<Segment> {
    segments.sort_by_key(|segment| (std::cmp::Reverse(segment.name.take), segment.span));
    let (mut covered, mut parts) = (Vec::new(), Vec::new());
    for segment in segments {
        for counts in segment.span.within(asked).without(&covered) {
            parts.push(Segment { counts, ..segment.clone() });
        }
        covered.push(segment.span);
    }
    parts.sort_by_key(|part| part.counts);
    parts
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
