//! Time as a working day counts it: only hours of duty, by a city's calendar and the clocks of China (UTC+8).
//!
//! ```text
//! Fri 17:00 --1 h--> 18:00 | night, Saturday, Sunday: nothing counts | Mon 08:00 --1 h--> 09:00
//! ```
//!
//! Enters: moments and amounts of working time. Leaves: the working time between two moments, and the
//! moment at which an amount is spent. Invariants: working time is additive; an amount is spent at the
//! first moment at which so much has passed, so a limit that ends with the day ends at the close of duty,
//! not the next morning. A span that touches a year which the calendar does not have is an error: its
//! holidays are not known, and a deadline is nothing to guess.

use super::{
    calendar::Calendar,
    schedule::{CHINA_OFFSET_SECS, Hours},
};
use crate::base::time::{LocalTime, WallTime};
use std::time::Duration;

const DAY_MILLIS: i64 = 24 * 3_600_000;
const MINUTE_MILLIS: i64 = 60_000;

/// Spans of duty on one day: each ends on that day, and they follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DutyHours(Vec<(u16, u16)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("spans of one day, each after the one before, none over midnight")]
pub struct BadDuty;

impl DutyHours {
    pub fn new(spans: &[Hours]) -> Result<Self, BadDuty> {
        let minutes: Vec<(u16, u16)> = spans.iter().map(|span| span.minutes()).collect();
        let forwards = minutes.iter().all(|(from, to)| from < to);
        let apart = minutes.windows(2).all(|two| two[0].1 <= two[1].0);
        if forwards && apart { Ok(Self(minutes)) } else { Err(BadDuty) }
    }

    fn total(&self) -> Duration {
        let minutes: u64 = self.0.iter().map(|(from, to)| u64::from(to - from)).sum();
        Duration::from_secs(60 * minutes)
    }
}

/// The duty hours of a city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingTime {
    pub calendar: Calendar,
    /// Of days that make up for a holiday; their sum is what a working day counts for.
    pub workday: DutyHours,
    /// Monday first. A day that the calendar names goes by the calendar.
    pub weekly: [DutyHours; 7],
}

/// What is asked about lies in a year whose holidays are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the calendar has no days of {year}: add them after the State Council's notice")]
pub struct NoCalendar {
    pub year: i16,
}

impl WorkingTime {
    /// The usual week: duty on five days, none on Saturday and Sunday.
    pub fn five_days(calendar: Calendar, workday: DutyHours) -> Self {
        let mut weekly = std::array::from_fn(|_| workday.clone());
        weekly[5..].fill(DutyHours::default());
        Self { calendar, workday, weekly }
    }

    /// So many working days, in hours of duty.
    pub fn days(&self, days: u32) -> Duration {
        self.workday.total() * days
    }

    /// Working time from one moment to a later one; zero if it is not later.
    pub fn between(&self, from: WallTime, to: WallTime) -> Result<Duration, NoCalendar> {
        let mut millis = 0;
        for day in day_of(from)..=day_of(to) {
            for (start, end) in self.spans(day)? {
                let (start, end) = (start.max(from.unix_millis()), end.min(to.unix_millis()));
                millis += (end - start).max(0);
            }
        }
        Ok(Duration::from_millis(millis.unsigned_abs()))
    }

    /// The first moment at which so much working time has passed since `from`.
    pub fn after(&self, from: WallTime, amount: Duration) -> Result<WallTime, NoCalendar> {
        let mut left = i64::try_from(amount.as_millis()).unwrap_or(i64::MAX);
        if left == 0 {
            return Ok(from);
        }
        let mut day = day_of(from);
        // Ends at the latest with the calendar's last year.
        loop {
            for (start, end) in self.spans(day)? {
                let start = start.max(from.unix_millis());
                let held = (end - start).max(0);
                if left <= held {
                    return Ok(WallTime::from_unix_millis(start + left));
                }
                left -= held;
            }
            day += 1;
        }
    }

    /// Spans of duty of a day, in milliseconds since the epoch.
    fn spans(&self, day: i64) -> Result<impl Iterator<Item = (i64, i64)> + '_, NoCalendar> {
        let midnight = day * DAY_MILLIS - i64::from(CHINA_OFFSET_SECS) * 1_000;
        let local = WallTime::from_unix_millis(midnight).local(CHINA_OFFSET_SECS);
        if !self.calendar.covers(local.date.year) {
            return Err(NoCalendar { year: local.date.year });
        }
        let minute = move |minute: u16| midnight + i64::from(minute) * MINUTE_MILLIS;
        Ok(self.duty(&local).iter().map(move |(from, to)| (minute(*from), minute(*to))))
    }

    fn duty(&self, day: &LocalTime) -> &[(u16, u16)] {
        if self.calendar.off.contains(&day.date) {
            return &[];
        }
        if self.calendar.worked.contains(&day.date) {
            return &self.workday.0;
        }
        &self.weekly[usize::from(day.weekday) % 7].0
    }
}

/// The local day of a moment, counted from 1 January 1970.
fn day_of(at: WallTime) -> i64 {
    (at.unix_millis() + i64::from(CHINA_OFFSET_SECS) * 1_000).div_euclid(DAY_MILLIS)
}

#[cfg(test)]
#[path = "working_time_tests.rs"]
mod tests;
