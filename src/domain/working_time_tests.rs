use super::*;
use crate::base::time::LocalDate;
use proptest::prelude::*;

fn hours(spans: &[&str]) -> DutyHours {
    let spans: Vec<Hours> = spans.iter().map(|span| span.parse().unwrap()).collect();
    DutyHours::new(&spans).unwrap()
}

/// 2026 with its National Day week: 1 to 7 October off, Sunday 20 September and Saturday 10 October worked.
fn city() -> WorkingTime {
    let date = |text: String| text.parse::<LocalDate>().unwrap();
    let calendar = Calendar {
        years: [2026].into(),
        off: (1..=7).map(|day| date(format!("2026-10-0{day}"))).collect(),
        worked: ["2026-09-20", "2026-10-10"].map(|day| date(day.to_owned())).into(),
    };
    WorkingTime::five_days(calendar, hours(&["08:00-12:00", "14:00-18:00"]))
}

fn at(text: &str) -> WallTime {
    format!("{}:00+08:00", text.replace(' ', "T")).parse().unwrap()
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn lunch_night_weekend_holiday_and_made_up_days_count_as_the_city_works() {
    for (what, from, hours, until) in [
        // 2026-11-20 is a Friday.
        ("in the morning", "2026-11-20 09:00", 2, "2026-11-20 11:00"),
        ("across lunch", "2026-11-20 11:00", 2, "2026-11-20 15:00"),
        ("to lunch, not past it", "2026-11-20 11:00", 1, "2026-11-20 12:00"),
        ("from lunch", "2026-11-20 12:30", 1, "2026-11-20 15:00"),
        ("across a night", "2026-11-19 17:00", 2, "2026-11-20 09:00"),
        ("to the close of duty", "2026-11-19 16:00", 2, "2026-11-19 18:00"),
        ("from the night", "2026-11-19 23:00", 4, "2026-11-20 12:00"),
        ("across a weekend", "2026-11-20 17:00", 2, "2026-11-23 09:00"),
        ("across the holiday", "2026-09-30 17:00", 2, "2026-10-08 09:00"),
        ("into a Saturday that is worked", "2026-10-09 17:00", 2, "2026-10-10 09:00"),
        ("over the Sunday after it", "2026-10-10 17:00", 2, "2026-10-12 09:00"),
        ("two working days over a weekend", "2026-11-20 10:00", 16, "2026-11-24 10:00"),
    ] {
        let until = at(until);
        assert_eq!(city().after(at(from), HOUR * hours), Ok(until), "{what}");
        assert_eq!(city().between(at(from), until), Ok(HOUR * hours), "{what}");
    }
    assert_eq!(city().days(2), HOUR * 16);
}

#[test]
fn a_weekday_may_have_hours_of_its_own() {
    let mut city = city();
    city.weekly[4] = hours(&["08:00-12:00"]);
    city.weekly[5] = hours(&["09:00-10:00"]);
    assert_eq!(city.after(at("2026-11-20 11:00"), HOUR * 3), Ok(at("2026-11-23 09:00")));
    // A holiday is off and a made-up day is worked, whatever its weekday has.
    assert_eq!(city.between(at("2026-10-02 00:00"), at("2026-10-04 00:00")), Ok(Duration::ZERO));
    assert_eq!(city.between(at("2026-10-10 00:00"), at("2026-10-11 00:00")), Ok(HOUR * 8));
}

#[test]
fn a_year_without_a_calendar_is_told_and_not_guessed() {
    let unknown = Err(NoCalendar { year: 2027 });
    assert_eq!(city().after(at("2026-12-31 17:00"), HOUR), Ok(at("2026-12-31 18:00")));
    assert_eq!(city().after(at("2026-12-31 17:00"), HOUR * 2), unknown);
    assert_eq!(city().between(at("2026-12-31 17:00"), at("2027-01-04 09:00")).map(drop), {
        Err(NoCalendar { year: 2027 })
    });
    let before = city().after(at("2025-12-31 17:00"), HOUR).unwrap_err();
    assert!(before.to_string().contains("2025"), "{before}");
    // Nobody is ever on duty: the search ends with the calendar.
    let idle = WorkingTime::five_days(city().calendar, DutyHours::default());
    assert_eq!(idle.after(at("2026-03-01 00:00"), HOUR), unknown);
}

#[test]
fn duty_over_midnight_or_out_of_order_is_refused() {
    for spans in [
        vec!["22:00-02:00"],
        vec!["14:00-18:00", "08:00-12:00"],
        vec!["08:00-13:00", "12:00-18:00"],
    ] {
        let spans: Vec<Hours> = spans.iter().map(|span| span.parse().unwrap()).collect();
        assert_eq!(DutyHours::new(&spans), Err(BadDuty));
    }
}

/// Any moment of February to November 2026, to the millisecond.
fn moment() -> impl Strategy<Value = WallTime> {
    (at("2026-02-01 00:00").unix_millis()..at("2026-11-30 00:00").unix_millis())
        .prop_map(WallTime::from_unix_millis)
}

fn amount() -> impl Strategy<Value = Duration> {
    (0u64..60 * 3_600_000).prop_map(Duration::from_millis)
}

proptest! {
    #[test]
    fn working_time_adds_up_wherever_it_is_cut(mut cuts in prop::collection::vec(moment(), 3)) {
        cuts.sort();
        let between = |a: usize, b: usize| city().between(cuts[a], cuts[b]).unwrap();
        prop_assert_eq!(between(0, 2), between(0, 1) + between(1, 2));
        prop_assert_eq!(city().between(cuts[2], cuts[0]).unwrap(), Duration::ZERO);
    }

    #[test]
    fn a_deadline_is_the_first_moment_at_which_the_amount_has_passed(from in moment(), amount in amount()) {
        let until = city().after(from, amount).unwrap();
        prop_assert_eq!(city().between(from, until).unwrap(), amount);
        if amount > Duration::ZERO {
            let before = until.minus(Duration::from_millis(1));
            prop_assert!(city().between(from, before).unwrap() < amount);
        }
    }

    #[test]
    fn two_amounts_one_after_the_other_are_their_sum(from in moment(), a in amount(), b in amount()) {
        let step = city().after(city().after(from, a).unwrap(), b).unwrap();
        prop_assert_eq!(step, city().after(from, a + b).unwrap());
    }
}
