//! What is kept of a node's footage: counted by day and camera, and deleted in order.
//!
//! One thread's own. Totals come from names; the files are looked at when something is to go.

use super::{
    keeper::{DeletedFor, KeeperEvent, Limits, Note},
    name::{Entry, Hold, bytes_of, day_of},
    ring::{days, entries, holds, names},
    space::free_bytes,
};
use crate::{
    base::{
        clock::Clock,
        time::{Monotonic, WallTime},
    },
    domain::{footage::Span, ids::CameraId},
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// How long a clock that jumped is doubted.
const DOUBT: Duration = Duration::from_secs(24 * 3_600);
const CLOCK_STEP_MIN: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What a day of a camera holds.
#[derive(Debug, Clone, Copy, Default)]
struct DayTotal {
    bytes: u64,
    /// Nothing in it is too old before.
    due: Option<WallTime>,
}

#[derive(Debug, Clone)]
struct Candidate {
    camera: CameraId,
    path: PathBuf,
    span: Span,
    bytes: u64,
    held_until: Option<WallTime>,
}

pub(super) struct House {
    dir: PathBuf,
    limits: Limits,
    clock: Arc<dyn Clock>,
    on_event: Box<dyn FnMut(KeeperEvent) + Send>,
    /// By day first: the order of deletion.
    days: BTreeMap<(String, CameraId), DayTotal>,
    holds: BTreeMap<CameraId, Vec<Hold>>,
    last_sweep: Option<(Monotonic, WallTime)>,
    doubted_until: Option<Monotonic>,
    told_room: Option<Monotonic>,
    /// So that what lasts is told once.
    told_stuck: bool,
}

impl House {
    pub fn new(
        dir: PathBuf,
        limits: Limits,
        clock: Arc<dyn Clock>,
        on_event: Box<dyn FnMut(KeeperEvent) + Send>,
    ) -> Self {
        let (days, holds) = (BTreeMap::new(), BTreeMap::new());
        Self {
            dir,
            limits,
            clock,
            on_event,
            days,
            holds,
            last_sweep: None,
            doubted_until: None,
            told_room: None,
            told_stuck: false,
        }
    }

    pub fn run(&mut self, notes: &Receiver<Note>) {
        loop {
            self.sweep();
            let mut next = notes.recv_timeout(SWEEP_EVERY);
            loop {
                match next {
                    Ok(Note::Closed { camera, starts_at, bytes }) => {
                        self.days.entry((day_of(starts_at), camera)).or_default().bytes += bytes;
                    }
                    Ok(Note::ShortOfSpace) | Err(RecvTimeoutError::Timeout) => {}
                    Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                }
                match notes.try_recv() {
                    Ok(note) => next = Ok(note),
                    Err(_) => break,
                }
            }
        }
    }

    /// Every name of every camera, once.
    pub fn count(&mut self) {
        let cameras = names(&self.dir).unwrap_or_default();
        let mut newest = String::new();
        for camera in cameras.into_iter().filter_map(|name| name.parse::<CameraId>().ok()) {
            let dir = self.dir.join(camera.as_str());
            for day in days(&dir).unwrap_or_default() {
                let mut bytes = 0;
                for name in names(&dir.join(&day)).unwrap_or_default() {
                    let Some(length) = bytes_of(&name) else { continue };
                    bytes += length;
                    // Names begin with their time.
                    newest = newest.max(name);
                }
                self.days.insert((day, camera.clone()), DayTotal { bytes, due: None });
            }
        }
        let newest = match Entry::parse(&newest) {
            Some(Entry::Segment(name)) => name.closed.map(|(ends_at, _)| ends_at),
            _ => None,
        };
        if newest.is_some_and(|newest| self.clock.wall().since(newest) > DAY) {
            self.doubt();
        }
    }

    fn doubt(&mut self) {
        self.doubted_until = Some(self.clock.monotonic().plus(DOUBT));
        (self.on_event)(KeeperEvent::ClockDoubted);
    }

    fn sweep(&mut self) {
        let (monotonic, now) = (self.clock.monotonic(), self.clock.wall());
        if let Some((before, wall)) = self.last_sweep.replace((monotonic, now))
            && now.since(wall) > monotonic.since(before) + CLOCK_STEP_MIN
        {
            self.doubt();
        }
        self.read_holds(now);
        if self.doubted_until.is_none_or(|until| monotonic >= until) {
            self.doubted_until = None;
            self.delete_old(now);
        }
        let limits: Vec<_> =
            self.limits.cameras.iter().map(|(c, l)| (c.clone(), l.bytes_max)).collect();
        for (camera, bytes_max) in limits {
            let Some(bytes_max) = bytes_max else { continue };
            let reason = DeletedFor::CameraBytes;
            self.delete_oldest(Some(&camera), reason, &|house| {
                house.bytes(Some(&camera)) > bytes_max
            });
        }
        self.make_room();
        self.remove_empty_days(now);
    }

    fn make_room(&mut self) {
        let mut stuck = None;
        if let Some(bytes_max) = self.limits.bytes_max {
            let too_many = |house: &Self| house.bytes(None) > bytes_max;
            self.delete_oldest(None, DeletedFor::Bytes, &too_many);
            if too_many(self) && self.days.values().any(|day| day.bytes > 0) {
                stuck = Some(KeeperEvent::OnlyHeldLeft { bytes: self.bytes(None) });
            }
        }
        let free = |house: &Self| free_bytes(&house.dir).unwrap_or(u64::MAX);
        let free_min = self.limits.free_bytes_min;
        if !self.empty_disk(&|house| free(house) < free_min) {
            stuck = Some(KeeperEvent::NothingToDelete { free_bytes: free(self) });
        }
        if let (Some(stuck), false) = (&stuck, self.told_stuck) {
            (self.on_event)(stuck.clone());
        }
        self.told_stuck = stuck.is_some();
    }

    /// Whether the disk is no longer `too_full`. What a case holds goes only when nothing else is
    /// left: that others have taken the room meanwhile is no reason yet.
    fn empty_disk(&mut self, too_full: &dyn Fn(&Self) -> bool) -> bool {
        self.delete_oldest(None, DeletedFor::Disk, too_full)
            || self.delete_oldest(None, DeletedFor::DiskThoughHeld, too_full)
    }

    fn bytes(&self, of: Option<&CameraId>) -> u64 {
        let days = self.days.iter().filter(|((_, camera), _)| of.is_none_or(|of| of == camera));
        days.map(|(_, day)| day.bytes).sum()
    }

    fn keep(&self, camera: &CameraId) -> Duration {
        self.limits.cameras.get(camera).map_or(self.limits.keep, |limits| limits.keep)
    }

    /// Holds that have run out go, and their footage is like any other.
    fn read_holds(&mut self, now: WallTime) {
        self.holds.clear();
        let cameras: Vec<_> = self.days.keys().map(|(_, camera)| camera.clone()).collect();
        for camera in cameras {
            if self.holds.contains_key(&camera) {
                continue;
            }
            let dir = self.dir.join(camera.as_str());
            let mut held = holds(&dir).unwrap_or_default();
            held.retain(|hold| {
                if hold.until > now {
                    return true;
                }
                let path = hold.path(&dir);
                if let Err(error) = fs::remove_file(&path) {
                    tracing::warn!(path = %path.display(), %error, "a hold that has run out stays");
                }
                false
            });
            self.holds.insert(camera, held);
        }
    }

    fn delete_old(&mut self, now: WallTime) {
        let due = self.days.iter().filter(|((day, camera), total)| {
            let cutoff = now.minus(self.keep(camera));
            *day <= day_of(cutoff) && total.due.is_none_or(|due| due <= now)
        });
        let due: Vec<_> = due.map(|(key, _)| key.clone()).collect();
        for key in due {
            let keep = self.keep(&key.1);
            let mut next: Option<WallTime> = None;
            for candidate in self.candidates(&key) {
                let until = candidate
                    .span
                    .to
                    .plus(keep)
                    .max(candidate.held_until.unwrap_or(candidate.span.to));
                if until < now {
                    self.delete(&key, &candidate, DeletedFor::Age, now);
                } else {
                    next = Some(next.map_or(until, |next| next.min(until)));
                }
            }
            if let Some(total) = self.days.get_mut(&key) {
                total.due = next;
            }
        }
    }

    /// Oldest first, as long as `too_much`; held ones for [`DeletedFor::DiskThoughHeld`], else the
    /// others. Whether that was enough.
    fn delete_oldest(
        &mut self,
        of: Option<&CameraId>,
        reason: DeletedFor,
        too_much: &dyn Fn(&Self) -> bool,
    ) -> bool {
        if !too_much(self) {
            return true;
        }
        let now = self.clock.wall();
        let keys = self.days.keys().filter(|(_, camera)| of.is_none_or(|of| of == camera));
        let keys: Vec<_> = keys.cloned().collect();
        for same_day in keys.chunk_by(|one, other| one.0 == other.0) {
            let mut candidates: Vec<_> =
                same_day.iter().flat_map(|key| self.candidates(key)).collect();
            candidates.sort_by_key(|candidate| candidate.span);
            for candidate in candidates {
                if candidate.held_until.is_some() != (reason == DeletedFor::DiskThoughHeld) {
                    continue;
                }
                self.delete(
                    &(same_day[0].0.clone(), candidate.camera.clone()),
                    &candidate,
                    reason,
                    now,
                );
                if !too_much(self) {
                    return true;
                }
            }
        }
        false
    }

    /// Finished segments of a day.
    fn candidates(&self, (day, camera): &(String, CameraId)) -> Vec<Candidate> {
        let held = self.holds.get(camera).map_or(&[][..], Vec::as_slice);
        let listed = entries(&self.dir.join(camera.as_str()).join(day)).unwrap_or_default();
        let finished = listed.into_iter().filter_map(|(path, entry)| {
            let Entry::Segment(name) = entry else { return None };
            let (ends_at, bytes) = name.closed?;
            let span = Span::new(name.starts_at, ends_at);
            let held_until =
                held.iter().filter(|hold| hold.span.meets(span)).map(|hold| hold.until).max();
            Some(Candidate { camera: camera.clone(), path, span, bytes, held_until })
        });
        finished.collect()
    }

    fn delete(
        &mut self,
        key: &(String, CameraId),
        of: &Candidate,
        reason: DeletedFor,
        now: WallTime,
    ) {
        if let Err(error) = fs::remove_file(&of.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            let reason = error.to_string();
            (self.on_event)(KeeperEvent::Failed { path: of.path.clone(), reason });
            return;
        }
        if let Some(total) = self.days.get_mut(key) {
            total.bytes = total.bytes.saturating_sub(of.bytes);
        }
        let Candidate { camera, span, bytes, .. } = of.clone();
        (self.on_event)(KeeperEvent::Deleted { camera, span, bytes, reason });
        let kept = now.since(of.span.to);
        let keep_min = self.limits.keep_min;
        let is_early = reason != DeletedFor::Age && kept < keep_min;
        let monotonic = self.clock.monotonic();
        if is_early && self.told_room.is_none_or(|told| monotonic.since(told) >= DAY) {
            self.told_room = Some(monotonic);
            (self.on_event)(KeeperEvent::TooLittleRoom { kept, keep_min });
        }
    }

    /// Days before a camera's oldest footage tell nothing any more.
    fn remove_empty_days(&mut self, now: WallTime) {
        let recent = day_of(now.minus(DAY));
        let mut reached: BTreeMap<CameraId, bool> = BTreeMap::new();
        let mut empty = Vec::new();
        for ((day, camera), total) in &self.days {
            let is_reached = reached.entry(camera.clone()).or_default();
            *is_reached |= total.bytes > 0 || *day >= recent;
            if !*is_reached {
                empty.push((day.clone(), camera.clone()));
            }
        }
        for key in empty {
            let dir = self.dir.join(key.1.as_str()).join(&key.0);
            if remove_gaps(&dir) {
                self.days.remove(&key);
            }
        }
    }
}

/// True once the folder is gone. Other files than gaps keep it.
fn remove_gaps(day_dir: &Path) -> bool {
    for (path, entry) in entries(day_dir).unwrap_or_default() {
        if matches!(entry, Entry::Gap { .. }) {
            // What stays is met again by the next sweep.
            let _ = fs::remove_file(path);
        }
    }
    match fs::remove_dir(day_dir) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
#[path = "house_tests.rs"]
mod tests;
