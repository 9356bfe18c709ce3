//! How much time each stage of a case has, by whom it concerns: data of a city, never a constant.
//!
//! Enters: event code, priority, stage. Leaves: an [`Allowance`], or nothing where the city's table has
//! none: such a clock measures and never runs out. 紧急 runs round the clock; everything else counts hours
//! of duty ([`WorkingTime`]).

use super::{clock::ClockKind, named::named};
use crate::{
    base::time::WallTime,
    domain::{
        wire::Priority,
        working_time::{NoCalendar, WorkingTime},
    },
};
use std::{collections::BTreeMap, time::Duration};

named! {
    /// How time is counted.
    Pace {
        /// Hours of duty.
        Working = "working",
        /// Round the clock.
        Continuous = "continuous",
    }
}

named! {
    /// Importance and urgency in one letter (A/B/C 类).
    PriorityClass { A = "A", B = "B", C = "C" }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Allowance {
    pub pace: Pace,
    pub amount: Duration,
}

/// A limit as a city writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    WorkingHours(u32),
    WorkingDays(u32),
    /// 紧急工作时
    UrgentHours(u32),
}

/// What the city says of one event code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventLimits {
    pub disposal: Option<Limit>,
    /// How long after its closing a thing that is seen again is the same case; none: the table's default.
    pub reopen_within: Option<Duration>,
    pub class: Option<PriorityClass>,
}

/// A city's table.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    pub review: Duration,
    pub review_urgent: Duration,
    pub dispatch: Duration,
    pub postcheck: Duration,
    pub reopen_within: Duration,
    /// Of urgent, normal and low events that have no class of their own.
    pub classes: [PriorityClass; 3],
    pub by_code: BTreeMap<String, EventLimits>,
}

impl Default for Limits {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            review: minutes(15),
            review_urgent: minutes(3),
            dispatch: minutes(15),
            postcheck: minutes(60),
            reopen_within: minutes(120),
            classes: [PriorityClass::A, PriorityClass::B, PriorityClass::C],
            by_code: BTreeMap::new(),
        }
    }
}

/// Why a deadline cannot be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDeadline {
    #[error("no_calendar")]
    NoDutyHours,
    #[error("no_calendar_{}", .0.year)]
    Year(NoCalendar),
}

/// A city's limits on a city's working time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClockRules {
    pub limits: Limits,
    /// None: only what runs round the clock has deadlines.
    pub working: Option<WorkingTime>,
}

impl ClockRules {
    pub fn allowance(&self, clock: ClockKind, code: &str, priority: Priority) -> Option<Allowance> {
        let urgent = priority == Priority::Urgent;
        let pace = if urgent { Pace::Continuous } else { Pace::Working };
        let amount = match clock {
            ClockKind::Review if urgent => self.limits.review_urgent,
            ClockKind::Review => self.limits.review,
            ClockKind::Dispatch => self.limits.dispatch,
            ClockKind::Disposal => return self.disposal(code),
            // The hub's own doing: it knows no hours of duty.
            ClockKind::Postcheck => {
                return Some(Allowance { pace: Pace::Continuous, amount: self.limits.postcheck });
            }
            ClockKind::Total => return None,
        };
        Some(Allowance { pace, amount })
    }

    fn disposal(&self, code: &str) -> Option<Allowance> {
        let hours = |hours: u32| Duration::from_secs(3_600 * u64::from(hours));
        Some(match self.limits.by_code.get(code)?.disposal? {
            Limit::WorkingHours(count) => Allowance { pace: Pace::Working, amount: hours(count) },
            Limit::UrgentHours(count) => Allowance { pace: Pace::Continuous, amount: hours(count) },
            // A day is as long as duty is; without hours of duty no working limit has a deadline anyway.
            Limit::WorkingDays(count) => Allowance {
                pace: Pace::Working,
                amount: self.working.as_ref().map_or(hours(8 * count), |time| time.days(count)),
            },
        })
    }

    pub fn reopen_within(&self, code: &str) -> Duration {
        let own = self.limits.by_code.get(code).and_then(|limits| limits.reopen_within);
        own.unwrap_or(self.limits.reopen_within)
    }

    pub fn class(&self, code: &str, priority: Priority) -> PriorityClass {
        let [urgent, normal, low] = self.limits.classes;
        let own = self.limits.by_code.get(code).and_then(|limits| limits.class);
        own.unwrap_or(match priority {
            Priority::Urgent => urgent,
            Priority::Normal => normal,
            Priority::Low => low,
        })
    }

    pub(super) fn after(
        &self,
        pace: Pace,
        from: WallTime,
        amount: Duration,
    ) -> Result<WallTime, NoDeadline> {
        match pace {
            Pace::Continuous => Ok(from.plus(amount)),
            Pace::Working => self.working()?.after(from, amount).map_err(NoDeadline::Year),
        }
    }

    pub(super) fn between(
        &self,
        pace: Pace,
        from: WallTime,
        to: WallTime,
    ) -> Result<Duration, NoDeadline> {
        match pace {
            Pace::Continuous => Ok(to.since(from)),
            Pace::Working => self.working()?.between(from, to).map_err(NoDeadline::Year),
        }
    }

    fn working(&self) -> Result<&WorkingTime, NoDeadline> {
        self.working.as_ref().ok_or(NoDeadline::NoDutyHours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_runs_round_the_clock_and_an_unmapped_code_has_no_limit() {
        let mut rules = ClockRules::default();
        let stall = EventLimits {
            disposal: Some(Limit::UrgentHours(2)),
            reopen_within: Some(Duration::from_secs(86_400)),
            class: Some(PriorityClass::A),
        };
        let waste = EventLimits { disposal: Some(Limit::WorkingDays(5)), ..EventLimits::default() };
        rules.limits.by_code =
            [("09001".to_owned(), stall), ("06011".to_owned(), waste)].into_iter().collect();
        let of = |kind, code, priority| rules.allowance(kind, code, priority);
        let review = of(ClockKind::Review, "x", Priority::Urgent).unwrap();
        assert_eq!((review.pace, review.amount.as_secs()), (Pace::Continuous, 180));
        let review = of(ClockKind::Review, "x", Priority::Low).unwrap();
        assert_eq!((review.pace, review.amount.as_secs()), (Pace::Working, 900));
        let disposal = of(ClockKind::Disposal, "09001", Priority::Normal).unwrap();
        assert_eq!((disposal.pace, disposal.amount.as_secs()), (Pace::Continuous, 7_200));
        let disposal = of(ClockKind::Disposal, "06011", Priority::Normal).unwrap();
        assert_eq!((disposal.pace, disposal.amount.as_secs()), (Pace::Working, 5 * 8 * 3_600));
        assert_eq!(of(ClockKind::Disposal, "L0037", Priority::Urgent), None);
        assert_eq!(of(ClockKind::Total, "09001", Priority::Urgent), None);
        assert_eq!(rules.class("09001", Priority::Low), PriorityClass::A);
        assert_eq!(rules.class("06011", Priority::Low), PriorityClass::C);
        assert_eq!(rules.reopen_within("09001").as_secs(), 86_400);
        assert_eq!(rules.reopen_within("06011").as_secs(), 7_200);
    }
}
