//! Three kinds of time that must not be mixed.
//!
//! - [`MediaTime`]: position in a stream; measures dwell. Nanoseconds since the stream run began.
//! - [`Monotonic`]: time since process start; measures timeouts. Nanoseconds.
//! - [`WallTime`]: for people and the wire. Milliseconds since the Unix epoch, UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr, time::Duration};

macro_rules! nanos_time {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(u64);

        impl $name {
            pub const ZERO: Self = Self(0);
            pub const fn from_nanos(nanos: u64) -> Self {
                Self(nanos)
            }
            pub const fn as_nanos(self) -> u64 {
                self.0
            }
            /// Seconds; negative and non-finite values become zero.
            pub fn from_secs_f64(secs: f64) -> Self {
                Self((secs.max(0.0) * 1e9) as u64)
            }
            pub fn as_secs_f64(self) -> f64 {
                self.0 as f64 / 1e9
            }
            /// Time from `earlier` to `self`, zero if `earlier` is later.
            pub fn since(self, earlier: Self) -> Duration {
                Duration::from_nanos(self.0.saturating_sub(earlier.0))
            }
            pub fn plus(self, span: Duration) -> Self {
                Self(self.0.saturating_add(span.as_nanos() as u64))
            }
            pub fn minus(self, span: Duration) -> Self {
                Self(self.0.saturating_sub(span.as_nanos() as u64))
            }
        }
    };
}

nanos_time! {
    /// Position in a stream, nanoseconds since its run began.
    MediaTime
}
nanos_time! {
    /// Time that never steps back, nanoseconds since an arbitrary start.
    Monotonic
}

/// UTC wall time in milliseconds since the Unix epoch. Text form: RFC 3339 with milliseconds and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(i64);

impl WallTime {
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }
    pub const fn unix_millis(self) -> i64 {
        self.0
    }
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_millis() as i64))
    }
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_millis() as i64))
    }
    /// Time from `earlier` to `self`, zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0) as u64)
    }
}

/// A day of the calendar. Text form: `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDate {
    pub year: i16,
    pub month: u8,
    pub day: u8,
}

impl LocalDate {
    fn of(date: jiff::civil::Date) -> Self {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        Self { year: date.year(), month, day }
    }

    /// `None` after the end of the calendar.
    pub fn next(self) -> Option<Self> {
        let date = jiff::civil::Date::new(self.year, self.month as i8, self.day as i8);
        date.and_then(|date| date.tomorrow()).ok().map(Self::of)
    }
}

impl FromStr for LocalDate {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        text.parse().map(Self::of).map_err(|error: jiff::Error| BadTime {
            value: text.chars().take(64).collect(),
            reason: error.to_string(),
        })
    }
}

impl fmt::Display for LocalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A moment as the clocks on a wall show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    pub date: LocalDate,
    /// Monday is 0.
    pub weekday: u8,
    pub minute_of_day: u16,
}

impl WallTime {
    /// By clocks that are `offset_secs` ahead of UTC; times beyond the calendar are taken as its end.
    pub fn local(self, offset_secs: i32) -> LocalTime {
        let offset = jiff::tz::Offset::from_seconds(offset_secs).unwrap_or(jiff::tz::Offset::UTC);
        let stamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        let local = offset.to_datetime(stamp);
        LocalTime {
            date: LocalDate::of(local.date()),
            weekday: local.weekday().to_monday_zero_offset().unsigned_abs(),
            minute_of_day: u16::from(local.hour().unsigned_abs()) * 60
                + u16::from(local.minute().unsigned_abs()),
        }
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is no RFC 3339 time ({reason}); write 2026-01-31T08:00:00.000Z")]
pub struct BadTime {
    pub value: String,
    pub reason: String,
}

impl FromStr for WallTime {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        text.parse::<jiff::Timestamp>().map(|stamp| Self(stamp.as_millisecond())).map_err(|error| {
            BadTime { value: text.chars().take(64).collect(), reason: error.to_string() }
        })
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How far a camera's wall time can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockQuality {
    /// The stream carries sender reports (RTCP) against a disciplined clock.
    Sender,
    /// Anchored to this node's clock at the first frame of the run.
    Arrival,
    /// Given by whoever replays a file.
    Assigned,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_round_trips_with_milliseconds() {
        let text = "2026-01-01T00:00:00.250Z";
        let time: WallTime = text.parse().unwrap();
        assert_eq!(time.to_string(), text);
        assert_eq!(time.plus(Duration::from_millis(750)).to_string(), "2026-01-01T00:00:01.000Z");
    }

    #[test]
    fn bad_wall_time_names_the_value() {
        let error = "yesterday".parse::<WallTime>().unwrap_err();
        assert!(error.to_string().contains("yesterday"));
    }

    #[test]
    fn media_time_never_goes_negative() {
        assert_eq!(
            MediaTime::from_secs_f64(1.0).since(MediaTime::from_secs_f64(2.0)),
            Duration::ZERO
        );
    }
}
