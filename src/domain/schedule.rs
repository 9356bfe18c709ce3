//! When a pattern is looked for: weekdays, hours, seasons, by the clocks of China (UTC+8, no summer time).
//!
//! Outside its schedule a condition is neither there nor gone, as with a blind camera: at four in the
//! morning an empty pavement says nothing about the stalls of the night market.

use super::calendar::Calendar;
use crate::base::time::{LocalTime, WallTime};
use std::{fmt, str::FromStr, sync::Arc};

pub const CHINA_OFFSET_SECS: i32 = 8 * 3600;
const MINUTES_A_DAY: u16 = 24 * 60;

/// Empty lists mean "always".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// Monday is 0.
    pub weekdays: Vec<u8>,
    pub hours: Vec<Hours>,
    pub seasons: Vec<Season>,
    pub days: Days,
    /// Which days are off; weekends where none is given.
    pub calendar: Option<Arc<Calendar>>,
}

/// Holidays and made-up working days, by the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Days {
    #[default]
    All,
    Workdays,
    Off,
}

impl Schedule {
    pub fn is_open(&self, at: WallTime) -> bool {
        // Most patterns have none, and every rule asks on every frame.
        let lists = [self.weekdays.len(), self.hours.len(), self.seasons.len()];
        if lists == [0; 3] && self.days == Days::All {
            return true;
        }
        let local = at.local(CHINA_OFFSET_SECS);
        let today = self.opens_on(&local);
        if self.hours.is_empty() {
            return today;
        }
        // The hours after midnight belong to the evening before.
        let yesterday = || {
            let day = std::time::Duration::from_secs(24 * 3600);
            self.opens_on(&at.minus(day).local(CHINA_OFFSET_SECS))
        };
        self.hours.iter().any(|hours| {
            let minute = local.minute_of_day;
            match hours.from_minute < hours.to_minute {
                true => today && (hours.from_minute..hours.to_minute).contains(&minute),
                false => {
                    (today && minute >= hours.from_minute)
                        || (minute < hours.to_minute && yesterday())
                }
            }
        })
    }

    fn opens_on(&self, day: &LocalTime) -> bool {
        let weekday = self.weekdays.is_empty() || self.weekdays.contains(&day.weekday);
        let season = self.seasons.is_empty()
            || self.seasons.iter().any(|season| season.contains((day.date.month, day.date.day)));
        weekday && season && self.is_of_days(day)
    }

    fn is_of_days(&self, day: &LocalTime) -> bool {
        let off = || match &self.calendar {
            Some(calendar) => calendar.is_off(day),
            None => Calendar::default().is_off(day),
        };
        match self.days {
            Days::All => true,
            Days::Workdays => !off(),
            Days::Off => off(),
        }
    }
}

/// `18:00-02:00`: from a minute of the day to before another, over midnight where the second is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from_minute: u16,
    to_minute: u16,
}

/// `06-01..09-30`: first and last day of the year, over New Year where the second is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    from: (u8, u8),
    to: (u8, u8),
}

impl Season {
    fn contains(&self, day: (u8, u8)) -> bool {
        match self.from <= self.to {
            true => (self.from..=self.to).contains(&day),
            false => day >= self.from || day <= self.to,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?}: write {example}")]
pub struct BadSpan {
    pub value: String,
    pub example: &'static str,
}

impl Hours {
    /// First minute of the day and the one after the last; the second is smaller over midnight.
    pub fn minutes(self) -> (u16, u16) {
        (self.from_minute, self.to_minute)
    }
}

impl FromStr for Hours {
    type Err = BadSpan;
    /// `08:00-20:00`; `24:00` is the end of the day. A span of no length never opens and is refused.
    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let minute = |part: &str| {
            let (hour, minute) = part.split_once(':')?;
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            let minutes = 60 * hour + minute;
            (minute < 60 && minutes <= MINUTES_A_DAY).then_some(minutes)
        };
        let read = || {
            let (from, to) = text.split_once('-')?;
            let (from_minute, to_minute) = (minute(from)?, minute(to)?);
            (from_minute != to_minute && from_minute < MINUTES_A_DAY)
                .then_some(Self { from_minute, to_minute })
        };
        let example = "HH:MM-HH:MM, such as 18:00-02:00, two different times";
        read().ok_or_else(|| BadSpan { value: text.chars().take(64).collect(), example })
    }
}

impl FromStr for Season {
    type Err = BadSpan;
    fn from_str(text: &str) -> Result<Self, BadSpan> {
        const DAYS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let day = |part: &str| {
            let (month, day) = part.split_once('-')?;
            let (month, day): (u8, u8) = (month.parse().ok()?, day.parse().ok()?);
            let days = *DAYS.get(usize::from(month).checked_sub(1)?)?;
            (1..=days).contains(&day).then_some((month, day))
        };
        let read = || {
            let (from, to) = text.split_once("..")?;
            Some(Self { from: day(from)?, to: day(to)? })
        };
        let example = "MM-DD..MM-DD, such as 06-01..09-30";
        read().ok_or_else(|| BadSpan { value: text.chars().take(64).collect(), example })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |minutes: u16| (minutes / 60, minutes % 60);
        let ((a, b), (c, d)) = (part(self.from_minute), part(self.to_minute));
        write!(f, "{a:02}:{b:02}-{c:02}:{d:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> WallTime {
        format!("{text}:00+08:00").parse().unwrap()
    }

    #[test]
    fn an_empty_schedule_is_always_open() {
        assert!(Schedule::default().is_open(at("2026-01-01T00:00")));
    }

    #[test]
    fn hours_end_before_their_last_minute() {
        let schedule =
            Schedule { hours: vec!["08:00-20:00".parse().unwrap()], ..Schedule::default() };
        for (time, open) in [("07:59", false), ("08:00", true), ("19:59", true), ("20:00", false)] {
            assert_eq!(schedule.is_open(at(&format!("2026-11-22T{time}"))), open, "{time}");
        }
    }

    #[test]
    fn the_night_belongs_to_the_evening_before() {
        // 2026-11-20 is a Friday.
        let schedule = Schedule {
            weekdays: vec![4],
            hours: vec!["18:00-02:00".parse().unwrap()],
            ..Schedule::default()
        };
        for (time, open) in [
            ("2026-11-20T01:00", false),
            ("2026-11-20T18:00", true),
            ("2026-11-21T01:59", true),
            ("2026-11-21T02:00", false),
            ("2026-11-21T19:00", false),
        ] {
            assert_eq!(schedule.is_open(at(time)), open, "{time}");
        }
    }

    #[test]
    fn days_off_are_those_of_the_calendar() {
        let date = |text: &str| text.parse().unwrap();
        let calendar = Arc::new(Calendar {
            years: [2026].into(),
            off: [date("2026-10-01")].into(),
            worked: [date("2026-10-10")].into(),
        });
        let of = |days, calendar| Schedule { days, calendar, ..Schedule::default() };
        let workdays = of(Days::Workdays, Some(calendar.clone()));
        let off = of(Days::Off, Some(calendar));
        for (day, works) in [("01", false), ("05", true), ("10", true), ("11", false)] {
            let at = at(&format!("2026-10-{day}T12:00"));
            assert_eq!((workdays.is_open(at), off.is_open(at)), (works, !works), "{day}");
        }
        assert!(of(Days::Workdays, None).is_open(at("2026-10-01T12:00")), "only weekends known");
    }

    #[test]
    fn a_season_may_run_over_new_year() {
        let schedule =
            Schedule { seasons: vec!["12-01..02-28".parse().unwrap()], ..Schedule::default() };
        for (day, open) in [("11-30", false), ("12-01", true), ("02-28", true), ("03-01", false)] {
            assert_eq!(schedule.is_open(at(&format!("2026-{day}T12:00"))), open, "{day}");
        }
    }

    #[test]
    fn what_never_opens_or_is_no_time_is_refused() {
        for text in
            ["", "8-20", "08:00", "08:60-09:00", "24:00-08:00", "08:00-25:00", "08:00-08:00"]
        {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
        for text in ["", "6-1", "06-31..07-01", "13-01..01-01", "00-01..01-01"] {
            assert!(text.parse::<Season>().is_err(), "{text}");
        }
        assert_eq!("00:00-24:00".parse::<Hours>().unwrap().to_string(), "00:00-24:00");
    }
}
