//! `pipelines/calendars/<city>.toml`: which days are off, which weekend days are worked (调休), and the hours
//! of duty.

use super::load;
use crate::{
    base::{
        time::LocalDate,
        toml_reader::{Faults, Table, read},
    },
    domain::{
        calendar::Calendar,
        schedule::Hours,
        working_time::{BadDuty, DutyHours, WorkingTime},
    },
};
use std::{collections::BTreeSet, path::Path};

/// Longer than any holiday; a wrong year would otherwise turn off a decade.
const DAYS_MAX: usize = 31;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The days alone.
pub fn load_calendar(path: &Path) -> Result<Calendar, Faults> {
    load(path, |root| from_table(root).map(|(calendar, _)| calendar))
}

/// Days and hours of duty, which must be there.
pub fn load_working_time(path: &Path) -> Result<WorkingTime, Faults> {
    load(path, working_time)
}

/// The same of a text; `file` is its name in messages.
pub fn read_working_time(file: &str, text: &str) -> Result<WorkingTime, Faults> {
    read(file, text, working_time)
}

fn working_time(mut root: Table<'_>) -> Option<WorkingTime> {
    if !root.keys().iter().any(|key| key == "duty") {
        root.fault("duty", "required: workday = [\"08:00-12:00\", \"14:00-18:00\"]");
    }
    from_table(root)?.1
}

fn from_table(mut root: Table<'_>) -> Option<(Calendar, Option<WorkingTime>)> {
    let years = root.value::<Vec<u16>>("years").check("years such as [2026]", |years| {
        let year =
            |year: &u16| i16::try_from(*year).ok().filter(|year| (2000..2200).contains(year));
        years.iter().map(year).collect::<Option<BTreeSet<_>>>().ok_or_else(String::new)
    });
    let years = years.required();
    let duty = root.table("duty").map(duty);
    // All are read before one of them counts: each is to tell its faults.
    let mut of = |key| root.tables(key).into_iter().map(days).collect::<Vec<_>>();
    let (off, worked) = (of("day_off"), of("workday"));
    let off = off.into_iter().collect::<Option<Vec<_>>>();
    let worked = worked.into_iter().collect::<Option<Vec<_>>>();
    let all = |spans: Vec<Vec<LocalDate>>| spans.into_iter().flatten().collect();
    let (years, off, worked): (_, BTreeSet<_>, BTreeSet<_>) = (years?, all(off?), all(worked?));
    if let Some(both) = off.intersection(&worked).next() {
        root.fault("workday", format!("{both} is written both as off and as worked"));
        return None;
    }
    if let Some(other) = off.iter().chain(&worked).find(|day| !years.contains(&day.year)) {
        root.fault("years", format!("{other} is a day of a year that is not among them"));
        return None;
    }
    let calendar = Calendar { years, off, worked };
    let Some(duty) = duty else { return Some((calendar, None)) };
    let (workday, weekly) = duty?;
    let mut working = WorkingTime::five_days(calendar.clone(), workday);
    for (day, hours) in working.weekly.iter_mut().zip(weekly) {
        *day = hours.unwrap_or_else(|| day.clone());
    }
    Some((calendar, Some(working)))
}

/// Hours of a working day, and of the weekdays that have their own.
type Duty = (DutyHours, Vec<Option<DutyHours>>);

fn duty(mut table: Table<'_>) -> Option<Duty> {
    let mut hours = |key: &str| {
        table.value::<Vec<String>>(key).check(
            "such as [\"08:00-12:00\", \"14:00-18:00\"]",
            |spans| {
                let spans = spans.iter().map(|span| span.parse::<Hours>());
                let spans =
                    spans.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
                DutyHours::new(&spans).map_err(|error: BadDuty| format!("expected: {error}"))
            },
        )
    };
    let weekly = WEEKDAYS.map(|day| hours(day).optional());
    Some((hours("workday").required()?, weekly.into()))
}

/// `from` to `to`, or `from` alone. `name` is for people.
fn days(mut table: Table<'_>) -> Option<Vec<LocalDate>> {
    let _ = table.value::<String>("name").not_empty().optional();
    let from = date(&mut table, "from").required();
    let until = table
        .value::<String>("to")
        .check(format!("a date from `from` on, {DAYS_MAX} days at most"), |text| {
            let until: LocalDate = text.parse().map_err(|error| format!("{error}"))?;
            match from.map(|from| span(from, until)) {
                Some(days) if days.is_empty() || days.len() > DAYS_MAX => Err(String::new()),
                _ => Ok(until),
            }
        })
        .optional();
    let from = from?;
    Some(span(from, until.unwrap_or(from)))
}

fn span(from: LocalDate, until: LocalDate) -> Vec<LocalDate> {
    let days = std::iter::successors(Some(from), |day| day.next());
    days.take(DAYS_MAX + 1).take_while(|day| *day <= until).collect()
}

/// A field that is a date such as `"2026-10-01"`.
pub fn date<'d>(
    table: &mut Table<'d>,
    key: &str,
) -> crate::base::toml_reader::Field<'d, LocalDate> {
    table.value::<String>(key).check("a date such as \"2026-10-01\"", |text| {
        text.parse().map_err(|_: crate::base::time::BadTime| String::new())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_days(text: &str) -> Result<Calendar, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holidays.toml");
        std::fs::write(&path, text).unwrap();
        load_calendar(&path).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_shipped_calendar_has_the_days_of_2026_and_a_day_of_eight_hours() {
        let path = Path::new("pipelines/calendars/pingshan.toml");
        let calendar = load_calendar(path).unwrap();
        let day = |text: &str| text.parse::<LocalDate>().unwrap();
        assert!(
            calendar.off.contains(&day("2026-10-07")) && !calendar.off.contains(&day("2026-10-08"))
        );
        assert!(calendar.worked.contains(&day("2026-10-10")));
        assert_eq!((calendar.off.len(), calendar.worked.len()), (33, 6));
        assert!(calendar.covers(2026) && !calendar.covers(2027));
        assert_eq!(load_working_time(path).unwrap().days(1).as_secs(), 8 * 3_600);
    }

    #[test]
    fn spans_that_go_back_or_for_ever_and_days_of_both_kinds_are_refused() {
        let faults = read_days(
            "years = [2026]\n[[day_off]]\nfrom = '2026-10-07'\nto = '2026-10-01'\n[[day_off]]\nfrom = '2026-01-01'\n\
             to = '2036-01-01'\n[[workday]]\nfrom = '2026-02-30'\n[[workday]]\nfrom = '2026-01-04'\nuntil = 1",
        )
        .unwrap_err();
        for part in [":4: day_off[0].to", ":7: day_off[1].to", ":9: workday[0].from", "until = 1"] {
            assert!(faults.contains(part), "{part} in\n{faults}");
        }
        assert_eq!(faults.lines().count(), 4, "{faults}");
        let both =
            "years = [2026]\n[[day_off]]\nfrom = '2026-10-07'\n[[workday]]\nfrom = '2026-10-07'";
        assert!(read_days(both).unwrap_err().contains("2026-10-07 is written both"));
    }
    #[test]
    fn a_day_of_a_year_that_is_not_named_and_duty_over_midnight_are_refused() {
        let other = read_days("years = [2026]\n[[day_off]]\nfrom = '2027-01-01'").unwrap_err();
        assert!(other.contains("years") && other.contains("2027-01-01"), "{other}");
        assert!(read_days("[[day_off]]\nfrom = '2026-01-01'").unwrap_err().contains("years"));
        let night = "years = [2026]\n[duty]\nworkday = ['08:00-12:00']\nfri = ['22:00-02:00']";
        assert!(read_days(night).unwrap_err().contains("duty.fri"));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("days.toml");
        std::fs::write(&path, "years = [2026]\n").unwrap();
        assert!(load_working_time(&path).unwrap_err().to_string().contains("duty"));
    }
}
