//! Which days are off: weekends, but for the days that a city's calendar names.
//!
//! In China the State Council moves days: a holiday's bridge is made up for by work on a weekend (调休). A
//! calendar lists both, year by year; of a year that it does not have only Saturday and Sunday are known to
//! be off. Who must not guess asks [`Calendar::covers`].

use crate::base::time::{LocalDate, LocalTime};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    /// Of which all days are known.
    pub years: BTreeSet<i16>,
    /// Off, whatever day of the week.
    pub off: BTreeSet<LocalDate>,
    /// Worked, though on a weekend.
    pub worked: BTreeSet<LocalDate>,
}

impl Calendar {
    pub fn is_off(&self, day: &LocalTime) -> bool {
        let weekend = day.weekday >= 5;
        self.off.contains(&day.date) || (weekend && !self.worked.contains(&day.date))
    }

    pub fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::WallTime;

    #[test]
    fn a_calendar_moves_days_and_says_nothing_of_others() {
        let date = |text: &str| text.parse::<LocalDate>().unwrap();
        let calendar = Calendar {
            years: [2026].into(),
            off: [date("2026-10-01"), date("2026-10-02")].into(),
            worked: [date("2026-10-10")].into(),
        };
        // 1 October 2026 is a Thursday.
        for (day, off) in [
            ("2026-10-01", true),
            ("2026-10-02", true),
            ("2026-10-03", true),
            ("2026-10-09", false),
            ("2026-10-10", false),
            ("2026-10-11", true),
        ] {
            let at: WallTime = format!("{day}T12:00:00+08:00").parse().unwrap();
            assert_eq!(calendar.is_off(&at.local(8 * 3600)), off, "{day}");
        }
        assert!(calendar.covers(2026) && !calendar.covers(2027));
    }
}
