//! `pipelines/<city>_holidays.toml`: which days are off, and which weekend days are worked (调休).

use super::load;
use crate::{
    base::{
        time::LocalDate,
        toml_reader::{Faults, Table},
    },
    domain::calendar::Calendar,
};
use std::{collections::BTreeSet, path::Path};

/// Longer than any holiday; a wrong year would otherwise turn off a decade.
const DAYS_MAX: usize = 31;

pub fn load_calendar(path: &Path) -> Result<Calendar, Faults> {
    load(path, |mut root| {
        // All are read before one of them counts: each is to tell its faults.
        let mut of = |key| root.tables(key).into_iter().map(days).collect::<Vec<_>>();
        let (off, worked) = (of("day_off"), of("workday"));
        let off = off.into_iter().collect::<Option<Vec<_>>>();
        let worked = worked.into_iter().collect::<Option<Vec<_>>>();
        let all = |spans: Vec<Vec<LocalDate>>| spans.into_iter().flatten().collect();
        let (off, worked): (BTreeSet<_>, BTreeSet<_>) = (all(off?), all(worked?));
        if let Some(both) = off.intersection(&worked).next() {
            root.fault("workday", format!("{both} is written both as off and as worked"));
            return None;
        }
        Some(Calendar { off, worked })
    })
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

    fn read(text: &str) -> Result<Calendar, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holidays.toml");
        std::fs::write(&path, text).unwrap();
        load_calendar(&path).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_example_moves_ten_days_of_october() {
        let calendar = load_calendar(Path::new("pipelines/example_holidays.toml")).unwrap();
        let day = |text: &str| text.parse::<LocalDate>().unwrap();
        assert!(
            calendar.off.contains(&day("2026-10-07")) && !calendar.off.contains(&day("2026-10-08"))
        );
        assert!(calendar.worked.contains(&day("2026-10-10")));
        assert_eq!((calendar.off.len(), calendar.worked.len()), (33, 6));
    }

    #[test]
    fn spans_that_go_back_or_for_ever_and_days_of_both_kinds_are_refused() {
        let faults = read(
            "[[day_off]]\nfrom = '2026-10-07'\nto = '2026-10-01'\n[[day_off]]\nfrom = '2026-01-01'\n\
             to = '2036-01-01'\n[[workday]]\nfrom = '2026-02-30'\n[[workday]]\nfrom = '2026-01-04'\nuntil = 1",
        )
        .unwrap_err();
        for part in [":3: day_off[0].to", ":6: day_off[1].to", ":8: workday[0].from", "until = 1"] {
            assert!(faults.contains(part), "{part} in\n{faults}");
        }
        assert_eq!(faults.lines().count(), 4, "{faults}");
        let both = "[[day_off]]\nfrom = '2026-10-07'\n[[workday]]\nfrom = '2026-10-07'";
        assert!(read(both).unwrap_err().contains("2026-10-07 is written both"));
    }
}
