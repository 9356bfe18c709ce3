//! `pipelines/limits/<city>.toml`: how much time each stage and each event has.

use super::load;
use crate::{
    base::toml_reader::{Faults, Table, read},
    domain::case::limits::{EventLimits, Limit, Limits, PriorityClass},
};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// A year, the longest that a case may wait.
const HOURS_MAX: u32 = 366 * 24;

pub fn load_limits(path: &Path) -> Result<Limits, Faults> {
    load(path, limits)
}

/// The same of a text; `file` is its name in messages.
pub fn read_limits(file: &str, text: &str) -> Result<Limits, Faults> {
    read(file, text, limits)
}

fn limits(mut root: Table<'_>) -> Option<Limits> {
    let mut limits = Limits::default();
    if let Some(mut stages) = root.table("stages") {
        let mut minutes = |key: &str, default: Duration| {
            let field = stages.value::<u64>(key).in_range(1..=60 * u64::from(HOURS_MAX));
            Duration::from_secs(60 * field.or(default.as_secs() / 60))
        };
        limits.review = minutes("review_minutes", limits.review);
        limits.review_urgent = minutes("review_urgent_minutes", limits.review_urgent);
        limits.dispatch = minutes("dispatch_minutes", limits.dispatch);
        limits.postcheck = minutes("postcheck_minutes", limits.postcheck);
        limits.reopen_within = reopen(&mut stages).unwrap_or(limits.reopen_within);
    }
    if let Some(mut classes) = root.table("classes") {
        for (key, class) in ["urgent", "normal", "low"].iter().zip(&mut limits.classes) {
            *class = classes.value::<String>(key).parsed().or(*class);
        }
    }
    let rows: Vec<_> = root.tables("limit").into_iter().map(row).collect();
    let mut by_code = BTreeMap::new();
    for (code, row) in rows.into_iter().collect::<Option<Vec<_>>>()? {
        if by_code.insert(code.clone(), row).is_some() {
            root.fault("limit", format!("{code} has two rows"));
            return None;
        }
    }
    limits.by_code = by_code;
    Some(limits)
}

fn row(mut table: Table<'_>) -> Option<(String, EventLimits)> {
    let code = table.value::<String>("code").not_empty().required();
    // For people.
    let _ = table.value::<String>("name").not_empty().optional();
    let mut number = |key: &str| table.value::<u32>(key).in_range(1..=HOURS_MAX).optional();
    let given = [
        number("working_hours").map(Limit::WorkingHours),
        number("working_days").map(Limit::WorkingDays),
        number("urgent_hours").map(Limit::UrgentHours),
    ];
    let mut given = given.into_iter().flatten();
    let (disposal, second) = (given.next(), given.next());
    if second.is_some() {
        table.fault("urgent_hours", "give one of working_hours, working_days and urgent_hours");
    }
    let reopen_within = reopen(&mut table);
    let class = table.value::<String>("class").parsed::<PriorityClass>().optional();
    Some((code?, EventLimits { disposal, reopen_within, class }))
}

fn reopen(table: &mut Table<'_>) -> Option<Duration> {
    let hours = table.value::<u64>("reopen_hours").in_range(0..=720).optional();
    hours.map(|hours| Duration::from_secs(3_600 * hours))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::config::pattern::Catalogue;

    #[test]
    fn the_shipped_table_says_what_yuncheng_says_and_what_it_does_not_know() {
        let limits = load_limits(Path::new("pipelines/limits/yuncheng_2026.toml")).unwrap();
        let of = |code: &str| limits.by_code.get(code).and_then(|limits| limits.disposal);
        assert_eq!(of("06010"), Some(Limit::WorkingHours(4)));
        assert_eq!(of("06011"), Some(Limit::WorkingDays(5)));
        assert_eq!(of("09006"), Some(Limit::UrgentHours(2)));
        let vendor = limits.by_code.get("09001").and_then(|limits| limits.reopen_within);
        assert_eq!(vendor, Some(Duration::from_secs(24 * 3_600)));
        let mut unmapped: Vec<String> = Catalogue::built_in()
            .unwrap()
            .iter()
            .map(|pattern| pattern.event.code.clone())
            .filter(|code| !limits.by_code.contains_key(code))
            .collect();
        unmapped.sort();
        unmapped.dedup();
        // The source names no limit of these, or none that is certain.
        let without = [
            "01001", "03005", "06013", "06017", "06024", "06034", "06038", "09002", "09009",
            "09019", "L0035", "L0037", "L0038",
        ];
        assert_eq!(unmapped, without);
    }

    #[test]
    fn two_limits_two_rows_and_no_class_are_refused() {
        let faults = |text: &str| read("limits.toml", text, limits).unwrap_err().to_string();
        let two = faults("[[limit]]\ncode = 'a'\nworking_hours = 1\nurgent_hours = 2");
        assert!(two.contains("limit[0].urgent_hours"), "{two}");
        let rows = faults("[[limit]]\ncode = 'a'\n[[limit]]\ncode = 'a'");
        assert!(rows.contains("a has two rows"), "{rows}");
        let class = faults("[classes]\nurgent = 'D'");
        assert!(class.contains("A B C"), "{class}");
        let zero = faults("[[limit]]\ncode = 'a'\nworking_hours = 0");
        assert!(zero.contains("working_hours"), "{zero}");
    }
}
