//! The order of deletion, on files whose names claim lengths; and on a real small disk.

use super::{
    super::keeper::{CameraLimits, Keeper},
    *,
};
use crate::{
    base::clock::SimClock,
    domain::{footage::Span, ids::CaseId},
    drivers::footage::{Footage, name::SegmentName},
};
use std::sync::Mutex;
use uuid::Uuid;

const HOUR: i64 = 3_600;

fn at(secs: i64) -> WallTime {
    WallTime::from_unix_millis(1_767_225_600_000 + secs * 1_000)
}

fn id(name: &str) -> CameraId {
    name.parse().unwrap()
}

type Told = Arc<Mutex<Vec<KeeperEvent>>>;

struct Site {
    folder: tempfile::TempDir,
    clock: SimClock,
    limits: Limits,
}

impl Site {
    fn new() -> Self {
        let limits = Limits {
            cameras: BTreeMap::new(),
            keep: DAY * 30,
            keep_min: Duration::ZERO,
            bytes_max: None,
            free_bytes_min: 0,
        };
        Self { folder: tempfile::tempdir().unwrap(), clock: SimClock::starting_at(at(0)), limits }
    }

    /// A segment of a minute and of so many bytes, by its name.
    fn segment(&self, camera: &str, from: i64, bytes: u64) -> PathBuf {
        let closed = Some((at(from + 60), bytes));
        let name = SegmentName { starts_at: at(from), closed, take: 0 };
        let day = self.folder.path().join(camera).join(day_of(at(from)));
        fs::create_dir_all(&day).unwrap();
        let path = day.join(name.to_string());
        fs::write(&path, b"").unwrap();
        path
    }

    fn hold(&self, camera: &str, from: i64, until: i64) {
        let hold = Hold {
            span: Span::new(at(from + 1), at(from + 2)),
            until: at(until),
            case: CaseId(Uuid::nil()),
        };
        Footage::new(self.folder.path()).hold(&id(camera), &hold).unwrap();
    }

    fn house(&self) -> (House, Told) {
        let told = Told::default();
        let kept = Arc::clone(&told);
        let mut house = House::new(
            self.folder.path().to_owned(),
            self.limits.clone(),
            Arc::new(self.clock.clone()),
            Box::new(move |event| kept.lock().unwrap().push(event)),
        );
        house.count();
        (house, told)
    }

    /// One sweep at a time; what was deleted, in order.
    fn deleted(&self, now: i64) -> Vec<(String, i64, DeletedFor)> {
        self.clock.step_wall(at(now));
        let (mut house, told) = self.house();
        house.doubted_until = None;
        house.sweep();
        deletions(&told)
    }
}

fn deletions(told: &Told) -> Vec<(String, i64, DeletedFor)> {
    let told = told.lock().unwrap();
    let deleted = told.iter().filter_map(|event| match event {
        KeeperEvent::Deleted { camera, span, reason, .. } => {
            let secs = (span.from.unix_millis() - at(0).unix_millis()) / 1_000;
            Some((camera.to_string(), secs, *reason))
        }
        _ => None,
    });
    deleted.collect()
}

fn told_of(camera: &str, secs: i64, reason: DeletedFor) -> (String, i64, DeletedFor) {
    (camera.to_owned(), secs, reason)
}

#[test]
fn what_is_too_old_goes_and_what_is_not_stays() {
    let mut site = Site::new();
    let own = CameraLimits { keep: DAY, bytes_max: None };
    site.limits.cameras.insert(id("b"), own);
    for hour in [0, 1, 2] {
        site.segment("a", hour * HOUR, 1);
        site.segment("b", hour * HOUR, 1);
    }
    // Their ends are exactly as old as is allowed, or a second more.
    assert_eq!(site.deleted(24 * HOUR + 60), []);
    assert_eq!(site.deleted(25 * HOUR + 60), [told_of("b", 0, DeletedFor::Age)]);
    let month = 30 * 24 * HOUR + 61;
    let all = [
        told_of("a", 0, DeletedFor::Age),
        told_of("b", HOUR, DeletedFor::Age),
        told_of("b", 2 * HOUR, DeletedFor::Age),
    ];
    assert_eq!(site.deleted(month), all);
    assert!(!site.folder.path().join("b").join("2026-01-01").exists(), "its empty day is gone");
    assert!(site.folder.path().join("a").join("2026-01-01").exists());
}

#[test]
fn the_oldest_of_all_cameras_goes_first() {
    let mut site = Site::new();
    for (camera, hour, bytes) in
        [("a", 0, 100), ("a", 2, 100), ("b", 1, 500), ("b", 3, 500), ("c", 30, 50)]
    {
        site.segment(camera, hour * HOUR, bytes);
    }
    site.limits.bytes_max = Some(1_250);
    assert_eq!(site.deleted(40 * HOUR), []);
    site.limits.bytes_max = Some(1_100);
    assert_eq!(
        site.deleted(40 * HOUR),
        [told_of("a", 0, DeletedFor::Bytes), told_of("b", HOUR, DeletedFor::Bytes)]
    );
    // 650 are left. A camera's own limit spares the others.
    let own = CameraLimits { keep: DAY * 30, bytes_max: Some(499) };
    site.limits.cameras.insert(id("b"), own);
    assert_eq!(site.deleted(40 * HOUR), [told_of("b", 3 * HOUR, DeletedFor::CameraBytes)]);
}

#[test]
fn what_a_case_holds_outlives_age_and_bytes_until_its_date() {
    let mut site = Site::new();
    site.limits.bytes_max = Some(10);
    for hour in [0, 1] {
        site.segment("a", hour * HOUR, 100);
    }
    site.hold("a", 0, 60 * 24 * HOUR);
    let (mut house, told) = site.house();
    site.clock.advance(DAY * 31);
    house.last_sweep = None;
    house.sweep();
    house.sweep();
    assert_eq!(deletions(&told), [told_of("a", HOUR, DeletedFor::Age)]);
    let stuck = KeeperEvent::OnlyHeldLeft { bytes: 100 };
    let times = told.lock().unwrap().iter().filter(|event| **event == stuck).count();
    assert_eq!(times, 1, "told once while it lasts");
    site.clock.advance(DAY * 30);
    house.sweep();
    assert_eq!(deletions(&told).last(), Some(&told_of("a", 0, DeletedFor::Age)));
    let camera = site.folder.path().join("a");
    assert_eq!(holds(&camera).unwrap(), [], "a hold that has run out is gone");
}

#[test]
fn a_full_disk_takes_held_footage_last_and_says_so() {
    let mut site = Site::new();
    for (camera, hour) in [("a", 0), ("b", 1), ("a", 2)] {
        site.segment(camera, hour * HOUR, 100);
    }
    site.hold("a", 0, 60 * 24 * HOUR);
    // More than any disk has: everything must go, and it does not help.
    site.limits.free_bytes_min = u64::MAX >> 1;
    let (mut house, told) = site.house();
    house.sweep();
    assert_eq!(
        deletions(&told),
        [
            told_of("b", HOUR, DeletedFor::Disk),
            told_of("a", 2 * HOUR, DeletedFor::Disk),
            told_of("a", 0, DeletedFor::DiskThoughHeld)
        ]
    );
    let told = told.lock().unwrap();
    assert!(told.iter().any(|event| matches!(event, KeeperEvent::NothingToDelete { .. })));
}

#[test]
fn room_that_others_take_at_once_costs_no_held_footage_while_there_is_other() {
    let site = Site::new();
    for hour in 0..3 {
        site.segment("a", hour * HOUR, 100);
    }
    site.hold("a", 0, 60 * 24 * HOUR);
    let (mut house, told) = site.house();
    house.read_holds(at(3 * HOUR));
    // One deletion makes room, and by the next look somebody has filled it.
    let asked = std::cell::Cell::new(0);
    let too_full = |_: &House| {
        asked.set(asked.get() + 1);
        asked.get() != 2
    };
    assert!(house.empty_disk(&too_full));
    assert_eq!(deletions(&told), [told_of("a", HOUR, DeletedFor::Disk)]);
}

#[test]
fn a_segment_being_written_is_never_deleted() {
    let mut site = Site::new();
    let day = site.folder.path().join("a").join("2026-01-01");
    fs::create_dir_all(&day).unwrap();
    let open = day.join(SegmentName { starts_at: at(0), closed: None, take: 0 }.to_string());
    fs::write(&open, b"frames").unwrap();
    site.limits.free_bytes_min = u64::MAX >> 1;
    assert_eq!(site.deleted(90 * 24 * HOUR), []);
    assert!(open.exists());
}

#[test]
fn a_clock_that_jumps_forward_does_not_empty_the_ring() {
    let site = Site::new();
    site.segment("a", 0, 100);
    let (mut house, told) = site.house();
    house.sweep();
    site.clock.advance(Duration::from_secs(10));
    site.clock.step_wall(at(400 * 24 * HOUR));
    house.sweep();
    assert_eq!(deletions(&told), []);
    assert!(told.lock().unwrap().contains(&KeeperEvent::ClockDoubted));
    // It is still what the clock says a day later: then it is true.
    site.clock.advance(DAY);
    house.last_sweep = None;
    house.sweep();
    assert_eq!(deletions(&told), [told_of("a", 0, DeletedFor::Age)]);
}

#[test]
fn a_start_long_after_the_last_footage_waits_before_it_deletes() {
    let site = Site::new();
    site.segment("a", 0, 100);
    site.clock.step_wall(at(40 * 24 * HOUR));
    let (mut house, told) = site.house();
    house.sweep();
    assert_eq!(deletions(&told), []);
}

#[test]
fn less_room_than_the_laws_minimum_is_told_once_a_day() {
    let mut site = Site::new();
    site.limits.keep_min = DAY * 30;
    site.limits.bytes_max = Some(150);
    site.clock.step_wall(at(20 * HOUR));
    for hour in [0, 1, 2] {
        site.segment("a", hour * HOUR, 100);
    }
    let (mut house, told) = site.house();
    house.sweep();
    let kept = Duration::from_secs(20 * 3_600 - 60);
    let short = KeeperEvent::TooLittleRoom { kept, keep_min: DAY * 30 };
    let told = told.lock().unwrap();
    let times = told.iter().filter(|it| matches!(it, KeeperEvent::TooLittleRoom { .. })).count();
    assert!(told.contains(&short) && times == 1, "{told:?}");
}

#[test]
fn what_recorders_finish_is_counted() {
    let mut site = Site::new();
    site.limits.bytes_max = Some(150);
    let told = Told::default();
    let kept = Arc::clone(&told);
    let keeper = Keeper::start(
        site.folder.path().to_owned(),
        site.limits.clone(),
        Arc::new(site.clock.clone()),
        move |event| kept.lock().unwrap().push(event),
    )
    .unwrap();
    for hour in [0, 1] {
        site.segment("a", hour * HOUR, 100);
        keeper.notes().closed(&id("a"), at(hour * HOUR), 100);
    }
    keeper.notes().short_of_space();
    // It sweeps after the notes that wait, and stops after its last sweep.
    let mut waited = 0;
    while deletions(&told).is_empty() && waited < 3_000 {
        std::thread::sleep(Duration::from_millis(10));
        waited += 1;
    }
    drop(keeper);
    assert_eq!(deletions(&told), [told_of("a", 0, DeletedFor::Bytes)]);
}
