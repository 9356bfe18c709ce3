//! The looks that follow a crew's feedback: is a clearance confirmed, may the hub look again, and when.
//!
//! ```text
//! feedback -settle-> look -> CLEARED -again_after-> look -> CLEARED: confirmed
//!                      |-> UNDETERMINABLE -retry_after-> look ...          (tries_max within span_max)
//!                      '-> it was another time of day -> the same time tomorrow (daypart_tries_max)
//! ```
//! A sitting is a run of looks at one time of day; each has tries and time of its own.

use crate::base::time::WallTime;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// When to look after a crew's feedback, how long, and how often again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookTimes {
    /// From the feedback to the first look: rubbish may come back, a vendor may return.
    pub settle: Duration,
    pub look: Duration,
    /// From a look that found nothing to the one that confirms it. Zero: none is needed.
    pub again_after: Duration,
    /// From an undeterminable look to the next.
    pub retry_after: Duration,
    pub tries_max: u32,
    /// A sitting that has taken longer goes to a person.
    pub span_max: Duration,
    /// How many looks may fall outside the time of day in which absence means anything; each is
    /// followed by one at the time of day of the filing.
    pub daypart_tries_max: u32,
    /// An edge must answer within this after the end of the look.
    pub answer_within: Duration,
    pub resend_after: Duration,
}

impl Default for LookTimes {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(600),
            look: Duration::from_secs(180),
            again_after: Duration::from_secs(600),
            retry_after: Duration::from_secs(300),
            tries_max: 3,
            span_max: Duration::from_secs(1_800),
            daypart_tries_max: 7,
            answer_within: Duration::from_secs(120),
            resend_after: Duration::from_secs(20),
        }
    }
}

/// One look of a round, answered or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastLook {
    pub from: WallTime,
    pub to: WallTime,
    /// When it could first be asked for.
    pub began_at: WallTime,
    pub ended_at: WallTime,
    pub said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing there, and the hub believes it.
    Cleared,
    /// Outside the hours, or the part of the day, in which absence means anything.
    OutsideDaypart,
    Nothing,
}

impl LookTimes {
    /// Whether the last look, which found nothing, has another before it that found nothing either.
    pub fn is_confirmed(&self, looks: &[PastLook]) -> bool {
        let Some((last, earlier)) = looks.split_last() else { return false };
        let agrees = |look: &PastLook| {
            look.said == Said::Cleared && last.from >= look.to.plus(self.again_after)
        };
        last.said == Said::Cleared && (self.again_after.is_zero() || earlier.iter().any(agrees))
    }

    /// Whether a look may follow these; the last one has just ended.
    pub fn may_look_again(&self, looks: &[PastLook]) -> bool {
        let outside = looks.iter().filter(|look| look.said == Said::OutsideDaypart).count();
        match looks.last() {
            None => true,
            Some(last) if last.said == Said::OutsideDaypart => {
                outside < self.daypart_tries_max as usize
            }
            Some(last) => {
                let sitting = sitting(looks);
                // The look that confirms another is no new try.
                let tries = sitting.iter().filter(|look| look.said == Said::Nothing).count();
                let began = sitting.first().map_or(last.began_at, |first| first.began_at);
                tries < self.tries_max as usize && last.ended_at.since(began) < self.span_max
            }
        }
    }

    /// From when the next look may show the place.
    pub fn next_from(&self, looks: &[PastLook], filed_at: WallTime) -> Option<WallTime> {
        let last = looks.last()?;
        Some(match last.said {
            Said::Cleared => last.to.plus(self.again_after),
            Said::Nothing => last.ended_at.plus(self.retry_after).minus(self.look),
            Said::OutsideDaypart => {
                let days = last.ended_at.since(filed_at).as_secs() / DAY.as_secs() + 1;
                filed_at.plus(DAY * days as u32)
            }
        })
    }
}

/// The looks since the last one that met another time of day.
fn sitting(looks: &[PastLook]) -> &[PastLook] {
    let outside = looks.iter().rposition(|look| look.said == Said::OutsideDaypart);
    &looks[outside.map_or(0, |last| last + 1)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: LookTimes = LookTimes {
        settle: Duration::from_secs(10),
        look: Duration::from_secs(20),
        again_after: Duration::from_secs(60),
        retry_after: Duration::from_secs(30),
        tries_max: 3,
        span_max: Duration::from_secs(600),
        daypart_tries_max: 2,
        answer_within: Duration::from_secs(60),
        resend_after: Duration::from_secs(15),
    };

    fn secs(secs: i64) -> WallTime {
        WallTime::from_unix_millis(secs * 1_000)
    }

    /// A look of 20 s that is answered 5 s after its end.
    fn look(from: i64, said: Said) -> PastLook {
        let to = from + 20;
        PastLook {
            from: secs(from),
            to: secs(to),
            began_at: secs(to),
            ended_at: secs(to + 5),
            said,
        }
    }

    #[test]
    fn a_clearance_counts_when_another_look_after_the_delay_agrees() {
        let cleared = |from| look(from, Said::Cleared);
        assert!(!TIMES.is_confirmed(&[cleared(0)]));
        assert!(!TIMES.is_confirmed(&[cleared(0), cleared(79)]), "too soon");
        assert!(TIMES.is_confirmed(&[cleared(0), cleared(80)]));
        assert!(TIMES.is_confirmed(&[cleared(0), look(80, Said::Nothing), cleared(120)]));
        assert!(!TIMES.is_confirmed(&[cleared(0), look(80, Said::Nothing)]));
        assert!(!TIMES.is_confirmed(&[look(0, Said::Nothing), cleared(80)]));
        let once = LookTimes { again_after: Duration::ZERO, ..TIMES };
        assert!(once.is_confirmed(&[cleared(0)]));
        assert_eq!(TIMES.next_from(&[cleared(0)], secs(0)), Some(secs(80)));
    }

    #[test]
    fn tries_and_time_of_a_sitting_end() {
        let nothing = |from| look(from, Said::Nothing);
        assert!(TIMES.may_look_again(&[nothing(0), nothing(60)]));
        assert!(!TIMES.may_look_again(&[nothing(0), nothing(60), nothing(120)]));
        assert!(!TIMES.may_look_again(&[nothing(0), nothing(600)]), "too long");
        assert!(TIMES.may_look_again(&[nothing(0), nothing(60), look(120, Said::Cleared)]));
        assert_eq!(TIMES.next_from(&[nothing(0)], secs(0)), Some(secs(25 + 30 - 20)));
    }

    #[test]
    fn a_missed_daypart_is_waited_for_and_begins_another_sitting() {
        const DAY: i64 = 24 * 3_600;
        let filed = secs(1_000);
        let outside = |from| look(from, Said::OutsideDaypart);
        let nothing = |from| look(from, Said::Nothing);
        assert_eq!(TIMES.next_from(&[outside(20_000)], filed), Some(secs(DAY + 1_000)));
        assert_eq!(TIMES.next_from(&[outside(DAY + 900)], filed), Some(secs(DAY + 1_000)));
        assert_eq!(TIMES.next_from(&[outside(DAY + 1_000)], filed), Some(secs(2 * DAY + 1_000)));
        // What went before it counts no more.
        let looks = [nothing(19_000), nothing(19_060), outside(20_000)];
        assert!(TIMES.may_look_again(&looks));
        let looks = [&looks[..], &[nothing(DAY + 1_000), nothing(DAY + 1_060)]].concat();
        assert!(TIMES.may_look_again(&looks));
        assert!(!TIMES.may_look_again(&[&looks[..], &[nothing(DAY + 1_120)]].concat()));
        assert!(!TIMES.may_look_again(&[outside(0), outside(DAY)]), "bounded");
    }
}
