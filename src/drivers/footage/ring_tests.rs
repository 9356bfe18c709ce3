//! Rings of empty files: names are all there is to read, and lengths that no file has.

use super::*;
use crate::{
    base::time::WallTime,
    domain::ids::CaseId,
    drivers::footage::name::{gap_name, lasting_gap_name},
};
use uuid::Uuid;

fn at(secs: i64) -> WallTime {
    WallTime::from_unix_millis(1_767_225_600_000 + secs * 1_000)
}

fn span(from: i64, to: i64) -> Span {
    Span::new(at(from), at(to))
}

struct Site {
    _folder: tempfile::TempDir,
    footage: Footage,
    camera: CameraId,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let footage = Footage::new(folder.path());
        Self { _folder: folder, footage, camera: "street".parse().unwrap() }
    }

    fn file(&self, from: WallTime, name: &str) {
        let day = self.footage.camera_dir(&self.camera).join(day_of(from));
        fs::create_dir_all(&day).unwrap();
        File::create(day.join(name)).unwrap();
    }

    fn segment(&self, from: i64, to: i64, take: u32) {
        let name = SegmentName { starts_at: at(from), closed: Some((at(to), 0)), take };
        self.file(at(from), &name.to_string());
    }

    fn gap(&self, from: i64, to: i64, reason: HoleReason) {
        let hole = Hole { from: at(from), to: at(to), reason };
        self.file(at(from), &gap_name(&hole));
    }

    fn counts(&self, asked: Span) -> Vec<(Span, u32)> {
        let segments = self.footage.segments(&self.camera, asked).unwrap();
        segments.into_iter().map(|segment| (segment.counts, segment.name.take)).collect()
    }

    fn holes(&self, asked: Span, now: i64) -> Vec<Hole> {
        let segments = self.footage.segments(&self.camera, asked).unwrap();
        self.footage.holes(&self.camera, asked, &segments, at(now)).unwrap()
    }
}

const MIDNIGHT: i64 = 86_400;

#[test]
fn an_interval_gets_what_meets_it_over_midnight_too() {
    let site = Site::new();
    for from in (MIDNIGHT - 180..MIDNIGHT + 180).step_by(60) {
        site.segment(from, from + 60, 0);
    }
    site.file(at(0), "notes.txt");
    let asked = span(MIDNIGHT - 30, MIDNIGHT + 90);
    let expected = [
        (span(MIDNIGHT - 30, MIDNIGHT), 0),
        (span(MIDNIGHT, MIDNIGHT + 60), 0),
        (span(MIDNIGHT + 60, MIDNIGHT + 90), 0),
    ];
    assert_eq!(site.counts(asked), expected);
    // The folder of the day before is looked into for what reaches over.
    assert_eq!(site.counts(span(MIDNIGHT - 1, MIDNIGHT)), [(span(MIDNIGHT - 1, MIDNIGHT), 0)]);
    assert_eq!(site.counts(span(MIDNIGHT + 180, MIDNIGHT + 200)), []);
    let all = site.footage.recording_span(&site.camera).unwrap();
    assert_eq!(all, Some(span(MIDNIGHT - 180, MIDNIGHT + 180)));
    let other: CameraId = "other".parse().unwrap();
    assert_eq!(site.footage.recording_span(&other).unwrap(), None);
    assert_eq!(site.footage.cameras().unwrap(), std::slice::from_ref(&site.camera));
}

#[test]
fn after_the_clock_went_back_the_later_take_counts() {
    let site = Site::new();
    site.segment(0, 60, 0);
    site.segment(60, 120, 0);
    site.segment(30, 50, 1);
    site.segment(50, 70, 1);
    let expected = [(span(0, 30), 0), (span(30, 50), 1), (span(50, 70), 1), (span(70, 120), 0)];
    assert_eq!(site.counts(span(0, 200)), expected);
}

#[test]
fn holes_name_their_reasons() {
    use HoleReason::*;
    let site = Site::new();
    let other = Hole { from: at(0), to: at(10), reason: NeverRecorded };
    assert_eq!(site.holes(span(0, 10), 500), [other]);
    site.segment(100, 160, 0);
    site.segment(200, 260, 0);
    site.gap(160, 200, StreamLost);
    site.file(at(260), &lasting_gap_name(at(260), DiskFull));
    let hole = |from, to, reason| Hole { from: at(from), to: at(to), reason };
    assert_eq!(
        site.holes(span(0, 600), 500),
        [
            hole(0, 100, BeforeRetention),
            hole(160, 200, StreamLost),
            hole(260, 500, DiskFull),
            hole(500, 600, Future)
        ]
    );
    // It began the day before.
    assert_eq!(
        site.holes(span(MIDNIGHT + 5, MIDNIGHT + 9), 2 * MIDNIGHT),
        [hole(MIDNIGHT + 5, MIDNIGHT + 9, DiskFull)]
    );
}

#[test]
fn held_footage_is_an_island_and_not_where_the_ring_begins() {
    let site = Site::new();
    site.segment(0, 60, 0);
    site.segment(600, 660, 0);
    let hold = Hold { span: span(10, 20), until: at(9_000), case: CaseId(Uuid::nil()) };
    let unknown = site.holes(span(60, 600), 700);
    assert_eq!(unknown[0].reason, HoleReason::Unknown);
    site.footage.hold(&site.camera, &hold).unwrap();
    site.footage.hold(&site.camera, &hold).unwrap();
    assert_eq!(site.footage.holds(&site.camera).unwrap(), [hold]);
    assert_eq!(site.holes(span(60, 600), 700)[0].reason, HoleReason::BeforeRetention);
}
