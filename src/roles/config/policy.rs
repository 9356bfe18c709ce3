//! `hub.toml [clocks]`, `[[checklist]]` and `[review]`: what a city decides about its cases.

use super::{
    beside,
    calendar::{load_working_time, read_working_time},
    limits::{load_limits, read_limits},
};
use crate::{
    base::toml_reader::{Faults, Table},
    domain::case::{
        limits::ClockRules,
        policy::{CasePolicy, ChecklistItem},
    },
};
use std::{path::Path, time::Duration};

const ITEM_CHARS_MAX: usize = 40;
/// How long a decision may be taken back, and at the most: so long platforms and edges wait for it.
const UNDO_SECS: u64 = 30;
const UNDO_SECS_MAX: u64 = 600;

/// Faults of the files that it names are put into `nested`.
pub fn policy(root: &mut Table<'_>, path: &Path, nested: &mut Vec<Faults>) -> Option<CasePolicy> {
    let mut clocks = ClockRules::default();
    if let Some(mut table) = root.table("clocks") {
        let mut named = |key: &str| {
            let written = table.value::<String>(key).not_empty().optional();
            written.map(|written| beside(path, &written))
        };
        let (calendar, limits) = (named("calendar"), named("limits"));
        match calendar.map(|file| load_working_time(&file)) {
            Some(Ok(working)) => clocks.working = Some(working),
            Some(Err(faults)) => nested.push(faults),
            None => {}
        }
        match limits.map(|file| load_limits(&file)) {
            Some(Ok(read)) => clocks.limits = read,
            Some(Err(faults)) => nested.push(faults),
            None => {}
        }
    }
    let items: Vec<_> = root.tables("checklist").into_iter().map(item).collect();
    let checklist = items.into_iter().collect::<Option<Vec<_>>>()?;
    for (index, item) in checklist.iter().enumerate() {
        if checklist[..index].iter().any(|other| other.id == item.id) {
            root.fault("checklist", format!("{} stands there twice", item.id));
            return None;
        }
    }
    let undo_within = match root.table("review") {
        Some(mut table) => {
            table.value::<u64>("undo_secs").in_range(0..=UNDO_SECS_MAX).or(UNDO_SECS)
        }
        None => UNDO_SECS,
    };
    Some(CasePolicy { clocks, checklist, undo_within: Duration::from_secs(undo_within) })
}

fn item(mut table: Table<'_>) -> Option<ChecklistItem> {
    let id = table
        .value::<String>("id")
        .check(format!("a word of a-z, 0-9 and _, at most {ITEM_CHARS_MAX}"), |id| {
            let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let fits = (1..=ITEM_CHARS_MAX).contains(&id.len()) && id.chars().all(sound);
            if fits { Ok(id) } else { Err(String::new()) }
        })
        .required();
    let name_zh = table.value::<String>("name_zh").not_empty().required();
    let name_en = table.value::<String>("name_en").not_empty().optional();
    let required = table.value::<bool>("required").or(true);
    let name_zh = name_zh?;
    Some(ChecklistItem { id: id?, name_en: name_en.unwrap_or(name_zh.clone()), name_zh, required })
}

/// The calendar and the limits that the repository ships, for the demo: no city's own.
pub fn shipped() -> Result<CasePolicy, Faults> {
    let (calendar, limits) =
        ("pipelines/calendars/pingshan.toml", "pipelines/limits/yuncheng_2026.toml");
    let working =
        read_working_time(calendar, include_str!("../../../pipelines/calendars/pingshan.toml"))?;
    let limits = read_limits(limits, include_str!("../../../pipelines/limits/yuncheng_2026.toml"))?;
    let clocks = ClockRules { limits, working: Some(working) };
    Ok(CasePolicy { clocks, checklist: Vec::new(), undo_within: Duration::from_secs(UNDO_SECS) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::toml_reader::read;

    fn read_as(text: &str) -> (Result<CasePolicy, String>, Vec<Faults>) {
        let mut nested = Vec::new();
        let file = Path::new("packaging/hub.toml");
        let policy = read("hub.toml", text, |mut root| super::policy(&mut root, file, &mut nested));
        (policy.map_err(|faults| faults.to_string()), nested)
    }

    #[test]
    fn the_shipped_files_are_what_hub_toml_names() {
        let (policy, nested) = read_as(
            "[clocks]\ncalendar = '../pipelines/calendars/pingshan.toml'\n\
             limits = '../pipelines/limits/yuncheng_2026.toml'",
        );
        assert!(nested.is_empty(), "{nested:?}");
        assert_eq!(policy.unwrap(), shipped().unwrap());
        let plain = CasePolicy { undo_within: Duration::from_secs(30), ..CasePolicy::default() };
        assert_eq!(read_as("").0.unwrap(), plain);
    }

    #[test]
    fn items_are_required_unless_they_say_otherwise_and_stand_once() {
        let (policy, _) = read_as(
            "[[checklist]]\nid = 'cleaned'\nname_zh = '已清理'\n\
             [[checklist]]\nid = 'told'\nname_zh = '已告知'\nrequired = false",
        );
        let required: Vec<bool> =
            policy.unwrap().checklist.iter().map(|item| item.required).collect();
        assert_eq!(required, [true, false]);
        let item = "[[checklist]]\nid = 'told'\nname_zh = '已告知'\n";
        let twice = read_as(&item.repeat(2)).0.unwrap_err();
        assert!(twice.contains("told stands there twice"), "{twice}");
        let bad = read_as("[[checklist]]\nid = 'Told it'\nname_zh = 'x'").0.unwrap_err();
        assert!(bad.contains("checklist[0].id"), "{bad}");
    }

    #[test]
    fn a_decision_may_be_taken_back_for_as_long_as_the_file_says() {
        let within = |text| read_as(text).0.map(|policy| policy.undo_within.as_secs());
        assert_eq!(within("[review]\nundo_secs = 0"), Ok(0));
        assert_eq!(within("[review]\nundo_secs = 600"), Ok(600));
        let bad = within("[review]\nundo_secs = 601").unwrap_err();
        assert!(bad.contains("review.undo_secs"), "{bad}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let (_, nested) = read_as("[clocks]\ncalendar = 'nowhere.toml'\nlimits = 'neither.toml'");
        assert!(nested[0].to_string().contains("nowhere.toml"));
        assert!(nested[1].to_string().contains("neither.toml"));
    }
}
