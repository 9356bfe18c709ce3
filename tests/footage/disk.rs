//! Real disks that are full, read-only or stuck.

use crate::support::{Encoding, START, Site, SmallDisk, camera, roomy, secs, until};
use gridwarden::{
    base::clock::{Clock, SystemClock},
    domain::{
        footage::{HoleReason, Span},
        ids::CaseId,
    },
    drivers::footage::{
        Hold, RecorderEvent,
        keeper::{DeletedFor, KeeperEvent, Limits},
        space::free_bytes,
    },
};
use std::{fs, time::Duration};
use uuid::Uuid;

const MIB: u64 = 1 << 20;

fn failed_for(site: &Site, wanted: HoleReason) -> usize {
    site.told(|event| matches!(event, RecorderEvent::Failed { reason, .. } if *reason == wanted))
}

/// About 25 kB a second.
fn heavy() -> Encoding {
    Encoding { size: (320, 240), kbits: 200, pattern: "snow", ..Encoding::default() }
}

#[test]
fn a_disk_filled_to_the_brim_loses_its_oldest_footage_and_goes_on() {
    let Some(disk) = SmallDisk::in_memory(4 * MIB) else { return };
    let stream = heavy().stream();
    let limits = Limits { free_bytes_min: MIB, ..roomy() };
    let mut site = Site::new(&disk.at, limits, secs(5.0));
    // Ten minutes of footage, some fifteen megabytes, through a disk of four.
    for round in 0..60 {
        site.feed(&stream, round * 50..(round + 1) * 50);
        until("the recorder to follow", || {
            let newest = site.segments().last().map(|segment| segment.span.to);
            newest.is_some_and(|newest| site.clock.wall().since(newest) < secs(6.0))
        });
    }
    site.stop();
    until("room", || free_bytes(&disk.at).unwrap() >= MIB);
    let told = site.kept.lock().unwrap();
    let deleted = told.iter().filter_map(|event| match event {
        KeeperEvent::Deleted { span, reason: DeletedFor::Disk, .. } => Some(span.from),
        _ => None,
    });
    let deleted: Vec<_> = deleted.collect();
    assert!(deleted.len() > 50 && deleted.is_sorted(), "oldest first, each told: {deleted:?}");
    let segments = site.segments();
    let kept = Span::new(segments[0].span.from, site.clock.wall());
    assert!(*deleted.last().unwrap() < kept.from);
    assert_eq!(site.holes(kept), [], "nothing was lost at the other end");
    let before = site.holes(Span::new(START, kept.from));
    assert_eq!(before.len(), 1);
    assert_eq!(before[0].reason, HoleReason::BeforeRetention);
    assert_eq!(failed_for(&site, HoleReason::DiskFull), 0);
}

#[test]
fn a_disk_that_others_fill_is_a_hole_until_there_is_room() {
    let Some(disk) = SmallDisk::in_memory(2 * MIB) else { return };
    let stream = heavy().stream();
    let mut site = Site::new(&disk.at, roomy(), secs(5.0));
    site.feed(&stream, 0..50);
    until("footage", || site.segments().last().is_some_and(|it| it.span.length() >= secs(4.0)));
    disk.fill();
    let mut nth = 50;
    let mut fed = |site: &Site, secs: u64| {
        site.feed(&stream, nth..nth + secs * 5);
        nth += secs * 5;
    };
    fed(&site, 10);
    until("the failure", || failed_for(&site, HoleReason::DiskFull) == 1);
    fed(&site, 20);
    assert_eq!(failed_for(&site, HoleReason::DiskFull), 1, "told once");
    fs::remove_file(disk.ballast()).unwrap();
    until("the recovery", || {
        fed(&site, 2);
        std::thread::sleep(Duration::from_millis(20));
        site.told(|event| *event == RecorderEvent::Resumed) == 1
    });
    site.stop();
    let holes = site.holes(Span::new(START, site.clock.wall()));
    assert_eq!(holes.len(), 1, "{holes:?}");
    assert_eq!(holes[0].reason, HoleReason::DiskFull);
    assert!(site.segments().iter().all(|it| !it.is_open() && !it.is_torn));
}

/// Somebody else takes every byte that is set free, for ten minutes.
#[test]
fn on_a_disk_that_stays_full_all_goes_in_order_and_is_counted_and_frames_are_taken_on() {
    let Some(disk) = SmallDisk::in_memory(4 * MIB) else { return };
    let stream = heavy().stream();
    let limits = Limits { free_bytes_min: MIB / 4, ..roomy() };
    let mut site = Site::new(&disk.at, limits, secs(5.0));
    site.feed(&stream, 0..300);
    until("a minute of footage", || site.segments().len() >= 11);
    let before: Vec<Span> =
        site.segments().iter().filter(|it| !it.is_open()).map(|it| it.span).collect();
    let held = before[2];
    let hold = Hold {
        span: Span::new(held.from.plus(secs(1.0)), held.from.plus(secs(2.0))),
        until: site.clock.wall().plus(secs(86_400.0)),
        case: CaseId(Uuid::nil()),
    };
    site.footage().hold(&camera(), &hold).unwrap();
    let told = |site: &Site| -> Vec<(Span, DeletedFor)> {
        let deleted = |event: &KeeperEvent| match event {
            KeeperEvent::Deleted { span, reason, .. } => Some((*span, *reason)),
            _ => None,
        };
        site.kept.lock().unwrap().iter().filter_map(deleted).collect()
    };
    for round in 6..66 {
        disk.fill();
        // Never waits: the camera's own thread hands frames over.
        site.feed(&stream, round * 50..(round + 1) * 50);
    }
    let mut nth = 66 * 50;
    until("nothing to be left", || {
        disk.fill();
        // A recorder that fails asks for room.
        site.feed(&stream, nth..nth + 50);
        nth += 50;
        let stuck = |event: &KeeperEvent| matches!(event, KeeperEvent::NothingToDelete { .. });
        site.kept.lock().unwrap().iter().any(stuck)
    });
    let deleted = told(&site);
    let of_before = deleted.iter().filter(|(span, _)| before.contains(span));
    let mut expected: Vec<_> = before.iter().map(|span| (*span, DeletedFor::Disk)).collect();
    expected.remove(2);
    expected.push((held, DeletedFor::DiskThoughHeld));
    assert_eq!(
        of_before.copied().collect::<Vec<_>>(),
        expected,
        "oldest first, what a case holds last"
    );
    assert!(failed_for(&site, HoleReason::DiskFull) >= 1, "told");
    assert!(site.segments().iter().all(|it| !before.contains(&it.span)));
    assert_eq!(site.holes(held)[0].reason, HoleReason::BeforeRetention, "it was there once");

    fs::remove_file(disk.ballast()).unwrap();
    until("the recovery", || {
        site.feed(&stream, nth..nth + 10);
        nth += 10;
        std::thread::sleep(Duration::from_millis(20));
        let newest = site.segments().last().map(|segment| segment.span.to);
        newest.is_some_and(|newest| site.clock.wall().since(newest) < secs(4.0))
    });
    site.stop();
    let holes = site.holes(Span::new(START, site.clock.wall()));
    assert_eq!(holes[0].reason, HoleReason::BeforeRetention, "{holes:?}");
    // Now and then a moment was recorded, and went as well. Frames come here faster than a disk takes them.
    let known = [HoleReason::DiskFull, HoleReason::DiskSlow, HoleReason::BeforeRetention];
    assert!(holes.len() > 1 && holes.iter().all(|hole| known.contains(&hole.reason)), "{holes:?}");
}

#[test]
fn a_disk_that_turns_read_only_is_a_hole_until_it_does_not() {
    let Some(disk) = SmallDisk::in_memory(4 * MIB) else { return };
    let stream = Encoding::default().stream();
    let mut site = Site::new(&disk.at, roomy(), secs(5.0));
    site.feed(&stream, 0..50);
    // With a file open for writing the kernel refuses.
    site.pause();
    assert!(disk.remount("ro"));
    site.feed(&stream, 50..100);
    until("the failure", || failed_for(&site, HoleReason::DiskReadOnly) == 1);
    assert!(disk.remount("rw"));
    let mut nth = 100;
    until("the recovery", || {
        site.feed(&stream, nth..nth + 10);
        nth += 10;
        std::thread::sleep(Duration::from_millis(20));
        site.told(|event| *event == RecorderEvent::Resumed) == 1
    });
    site.stop();
    let holes = site.holes(Span::new(START, site.clock.wall()));
    assert_eq!(holes.len(), 1, "{holes:?}");
    // The silence came first.
    assert_eq!(holes[0].reason, HoleReason::StreamLost);
}

#[test]
fn a_stuck_disk_never_holds_up_the_stream() {
    let Some(disk) = SmallDisk::ext4(32 * MIB) else { return };
    let stream = Encoding::default().stream();
    let mut site = Site::new(&disk.at, roomy(), secs(5.0));
    site.feed(&stream, 0..50);
    until("footage", || site.segments().last().is_some_and(|it| it.span.length() >= secs(4.0)));
    if !disk.freeze(true) {
        println!("skipped: this disk cannot be frozen");
        return;
    }
    let clock = SystemClock::new();
    let begins = clock.monotonic();
    // More than the queue takes.
    site.feed(&stream, 50..550);
    let passed = clock.monotonic().since(begins);
    assert!(disk.freeze(false));
    assert!(passed < secs(5.0), "the stream waited {passed:?} for the disk");
    let mut nth = 550;
    until("the recovery", || {
        site.feed(&stream, nth..nth + 5);
        nth += 5;
        std::thread::sleep(Duration::from_millis(20));
        site.told(|event| matches!(event, RecorderEvent::Hole(_))) >= 1
    });
    site.stop();
    let holes = site.holes(Span::new(START, site.clock.wall()));
    assert_eq!(holes.len(), 1, "{holes:?}");
    assert_eq!(holes[0].reason, HoleReason::DiskSlow);
}
