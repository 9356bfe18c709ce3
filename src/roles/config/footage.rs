//! `[footage]` of `edge.toml`: how long and how much a node keeps of what its cameras record.
//!
//! Every key has a default; the table may be left out. Limits that cannot hold the law's minimum are
//! warnings, not faults: a box with a small disk is better than none.

use super::pipeline::Pipeline;
use crate::base::toml_reader::Table;
use std::time::Duration;

const DAY_SECS: u64 = 24 * 3_600;
const FREE_BYTES_MIN: u64 = 2_000_000_000;
/// What a street camera sends, for sizing: 1080p H.265, or H.264 of a calm street.
const CAMERA_BITS_PER_SEC: u64 = 4_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FootageSettings {
    /// Of cameras that say nothing else.
    pub keep: Duration,
    /// The law's.
    pub keep_min: Duration,
    /// Of all cameras together; none: as much as the disk takes.
    pub bytes_max: Option<u64>,
    /// What the file system keeps free; none: [`FREE_BYTES_MIN`], or a twentieth of a small disk.
    pub free_bytes_min: Option<u64>,
    /// How long a case holds the footage around its confirmation.
    pub hold: Duration,
}

impl Default for FootageSettings {
    fn default() -> Self {
        let days = |days| Duration::from_secs(days * DAY_SECS);
        Self {
            keep: days(30),
            keep_min: days(30),
            bytes_max: None,
            free_bytes_min: None,
            hold: days(90),
        }
    }
}

impl FootageSettings {
    /// Of a disk of so many bytes.
    pub fn free_bytes_min(&self, disk_bytes: u64) -> u64 {
        self.free_bytes_min.unwrap_or(FREE_BYTES_MIN.min(disk_bytes / 20))
    }
}

pub fn footage(mut table: Table<'_>) -> FootageSettings {
    let default = FootageSettings::default();
    let mut days = |key: &str, min: u64, default: Duration| {
        let days = table.value(key).in_range(min..=3_650).or(default.as_secs() / DAY_SECS);
        Duration::from_secs(days * DAY_SECS)
    };
    let (keep, keep_min) =
        (days("keep_days", 1, default.keep), days("keep_days_min", 0, default.keep_min));
    let hold = days("hold_days", 0, default.hold);
    let bytes_max = table.value("bytes_max").in_range(1_000_000..=u64::MAX >> 1).optional();
    let free_bytes_min = table.value("free_bytes_min").in_range(0..=u64::MAX >> 1).optional();
    FootageSettings { keep, keep_min, bytes_max, free_bytes_min, hold }
}

/// What stands between these settings and the law's minimum. `disk_bytes`: of the file system, if known.
pub fn warnings(
    settings: &FootageSettings,
    pipelines: &[Pipeline],
    disk_bytes: Option<u64>,
) -> Vec<String> {
    let days_min = settings.keep_min.as_secs() / DAY_SECS;
    let mut told = Vec::new();
    if settings.keep < settings.keep_min {
        let days = settings.keep.as_secs() / DAY_SECS;
        told.push(format!("footage.keep_days = {days}: less than keep_days_min = {days_min}"));
    }
    let mut recording = 0;
    for pipeline in pipelines {
        let Some(own) = pipeline.recording else { continue };
        recording += 1;
        let file = pipeline.path.display();
        if let Some(keep) = own.keep.filter(|keep| *keep < settings.keep_min) {
            let secs = keep.as_secs();
            told.push(format!(
                "{file}: recording.keep_secs = {secs}: less than keep_days_min = {days_min}"
            ));
        }
        if let Some(bytes) = own.bytes_max.filter(|bytes| holds_days(*bytes, 1) < days_min) {
            told.push(format!(
                "{file}: recording.bytes_max = {bytes}: {}",
                arithmetic(bytes, 1, days_min)
            ));
        }
    }
    let room = disk_bytes.map(|bytes| bytes.saturating_sub(settings.free_bytes_min(bytes)));
    let limits = [("footage.bytes_max", settings.bytes_max), ("the disk's room", room)];
    for (limit, bytes) in limits {
        if let Some(bytes) = bytes.filter(|bytes| holds_days(*bytes, recording) < days_min) {
            told.push(format!("{limit} = {bytes}: {}", arithmetic(bytes, recording, days_min)));
        }
    }
    told
}

/// Whole days of so many cameras; no camera needs nothing.
fn holds_days(bytes: u64, cameras: u64) -> u64 {
    let a_day = CAMERA_BITS_PER_SEC / 8 * DAY_SECS * cameras;
    bytes.checked_div(a_day).unwrap_or(u64::MAX)
}

fn arithmetic(bytes: u64, cameras: u64, days_min: u64) -> String {
    let days = bytes as f64 / (CAMERA_BITS_PER_SEC / 8 * DAY_SECS * cameras) as f64;
    let megabits = CAMERA_BITS_PER_SEC / 1_000_000;
    format!(
        "{days:.1} days of {cameras} recorded cameras at {megabits} Mbit/s, less than keep_days_min = {days_min}"
    )
}
