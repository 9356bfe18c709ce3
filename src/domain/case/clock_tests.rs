use super::*;
use crate::domain::{
    calendar::Calendar,
    case::limits::{EventLimits, Limit, Pace},
    schedule::Hours,
    working_time::{DutyHours, WorkingTime},
};
use proptest::prelude::*;

/// 2026 without holidays, duty from 8 to 12 and 14 to 18; waste has 4 working hours, a stall 2 urgent ones.
fn rules() -> ClockRules {
    let hours: Vec<Hours> =
        ["08:00-12:00", "14:00-18:00"].iter().map(|span| span.parse().unwrap()).collect();
    let calendar = Calendar { years: [2026].into(), ..Calendar::default() };
    let mut rules = ClockRules {
        working: Some(WorkingTime::five_days(calendar, DutyHours::new(&hours).unwrap())),
        ..ClockRules::default()
    };
    let limit = |disposal| EventLimits { disposal: Some(disposal), ..EventLimits::default() };
    rules.limits.by_code = [
        ("waste".to_owned(), limit(Limit::WorkingHours(4))),
        ("stall".to_owned(), limit(Limit::UrgentHours(2))),
    ]
    .into_iter()
    .collect();
    rules
}

const WASTE: Timed<'_> = Timed { code: "waste", priority: Priority::Normal };
const STALL: Timed<'_> = Timed { code: "stall", priority: Priority::Normal };

/// Of Monday 16 to Sunday 22 November 2026.
fn at(day_and_time: &str) -> WallTime {
    format!("2026-11-{}:00+08:00", day_and_time.replace(' ', "T")).parse().unwrap()
}

fn disposal(timed: Timed<'_>, from: &str) -> Clock {
    Clock::start(ClockKind::Disposal, timed, at(from), &rules())
}

#[test]
fn a_working_limit_stands_still_outside_duty_and_an_urgent_one_does_not() {
    assert_eq!(disposal(WASTE, "20 17:00").deadline, Some(at("23 11:00")));
    assert_eq!(disposal(STALL, "20 17:00").deadline, Some(at("20 19:00")));
}

#[test]
fn a_pause_keeps_what_is_left_and_its_length_is_recorded() {
    let mut clock = disposal(WASTE, "16 08:00");
    clock.pause(at("16 09:00"), &rules());
    assert_eq!((clock.deadline, clock.left.as_secs()), (None, 3 * 3_600));
    assert!(!clock.runs_out(at("20 09:00")), "what is paused does not run out");
    clock.resume(at("18 17:00"), &rules());
    assert_eq!(clock.deadline, Some(at("19 10:00")));
    assert_eq!(clock.paused.as_secs(), (2 * 24 + 8) * 3_600);
}

#[test]
fn an_extension_gives_the_limit_once_more_twice_at_most_and_lifts_the_flag() {
    let mut clock = disposal(STALL, "16 08:00");
    assert!(!clock.runs_out(at("16 09:59")) && clock.runs_out(at("16 10:00")));
    clock.overdue_at = clock.deadline;
    assert!(!clock.runs_out(at("16 11:00")), "told once");
    clock.extend(at("16 11:00"), &rules());
    assert_eq!((clock.deadline, clock.overdue_at), (Some(at("16 12:00")), None));
    clock.extend(at("16 11:00"), &rules());
    assert!(!clock.may_extend());
    clock.extend(at("16 11:00"), &rules());
    assert_eq!((clock.deadline, clock.extensions), (Some(at("16 14:00")), 2));
    let unmapped = disposal(Timed { code: "x", ..STALL }, "16 08:00");
    assert!(
        !unmapped.may_extend() && unmapped.deadline.is_none() && unmapped.no_deadline.is_none()
    );
}

#[test]
fn a_late_extension_leaves_the_flag_where_the_deadline_is_past_still() {
    let mut clock = disposal(STALL, "16 08:00");
    clock.overdue_at = clock.deadline;
    clock.extend(at("16 12:30"), &rules());
    assert!(clock.overdue_at.is_some());
}

#[test]
fn a_clock_that_stops_late_is_overdue_even_if_nobody_watched_it() {
    let mut clock = disposal(STALL, "16 08:00");
    clock.stop(at("16 10:30"));
    assert_eq!(clock.overdue_at, Some(at("16 10:00")));
    let mut clock = disposal(STALL, "16 08:00");
    clock.stop(at("16 10:00"));
    assert_eq!((clock.overdue_at, clock.is_watched()), (None, false));
}

#[test]
fn a_deadline_beyond_the_calendar_says_so_until_the_calendar_has_the_year() {
    let from: WallTime = "2026-12-31T17:00:00+08:00".parse().unwrap();
    let mut clock = Clock::start(ClockKind::Disposal, WASTE, from, &rules());
    assert_eq!(clock.deadline, None);
    assert_eq!(clock.no_deadline.as_deref(), Some("no_calendar_2027"));
    let mut more = rules();
    more.working.as_mut().unwrap().calendar.years.insert(2027);
    clock.set_deadline(&more);
    assert!(clock.deadline.is_some() && clock.no_deadline.is_none());
    let none = ClockRules { working: None, ..rules() };
    clock.set_deadline(&none);
    assert_eq!(clock.no_deadline.as_deref(), Some("no_calendar"));
}

#[test]
fn each_stage_has_its_clock_and_rework_a_new_limit() {
    let mut clocks = Vec::new();
    let mut state = None;
    let mut go = |to: State, time: &str| {
        follow(&mut clocks, state, to, STALL, at(time), &rules());
        state = Some(to);
        let running = clocks.iter().filter(|clock| clock.stopped_at.is_none());
        running.map(|clock| clock.kind.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(go(State::PendingReview, "16 08:00"), "review total");
    assert_eq!(go(State::Filed, "16 08:05"), "total dispatch");
    assert_eq!(go(State::Dispatched, "16 08:10"), "total disposal");
    assert_eq!(go(State::Filed, "16 08:20"), "total dispatch");
    assert_eq!(go(State::Dispatched, "16 08:30"), "total disposal");
    assert_eq!(go(State::Handling, "16 08:40"), "total disposal");
    assert_eq!(go(State::Suspended, "16 09:00"), "total disposal");
    assert_eq!(go(State::Handling, "17 09:00"), "total disposal");
    assert_eq!(go(State::Disposed, "17 09:30"), "total postcheck");
    assert_eq!(go(State::Postchecking, "17 09:31"), "total postcheck");
    assert_eq!(go(State::Rework, "17 10:00"), "total disposal");
    assert_eq!(go(State::Handling, "17 10:10"), "total disposal");
    assert_eq!(go(State::Disposed, "17 10:20"), "total postcheck");
    assert_eq!(go(State::Closed, "17 10:30"), "");
    let spans: Vec<_> = clocks
        .iter()
        .filter(|clock| clock.kind == ClockKind::Disposal)
        .map(|clock| (clock.started_at, clock.stopped_at.unwrap(), clock.paused.as_secs()))
        .collect();
    assert_eq!(
        spans,
        [
            (at("16 08:10"), at("16 08:20"), 0),
            (at("16 08:30"), at("17 09:30"), 24 * 3_600),
            (at("17 10:00"), at("17 10:20"), 0)
        ]
    );
    assert!(clocks.iter().all(|clock| clock.overdue_at.is_none()));
}

proptest! {
    /// However often it is paused, what is spent and what is left are the limit.
    #[test]
    fn pauses_neither_give_nor_take_time(
        minutes in prop::collection::vec(1u64..900, 2..12), urgent in any::<bool>()
    ) {
        let timed = if urgent { STALL } else { WASTE };
        let mut clock = disposal(timed, "02 07:00");
        let pace = if urgent { Pace::Continuous } else { Pace::Working };
        let (mut now, mut spent) = (clock.started_at, Duration::ZERO);
        for (step, minutes) in minutes.iter().enumerate() {
            let next = now.plus(Duration::from_secs(60 * minutes));
            if step % 2 == 0 {
                spent += rules().between(pace, now, next).unwrap();
                clock.pause(next, &rules());
            } else {
                clock.resume(next, &rules());
            }
            now = next;
        }
        clock.resume(now, &rules());
        let limit = clock.allowance.unwrap().amount;
        prop_assert_eq!(clock.left, limit.saturating_sub(spent));
        if spent < limit {
            let rest = rules().between(pace, now, clock.deadline.unwrap()).unwrap();
            prop_assert_eq!(spent + rest, limit);
        }
    }
}
