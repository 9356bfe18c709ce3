//! One pattern out of its table: a file of the catalogue, or what a pipeline overrides for one camera.
//!
//! With a base, a key that is left out keeps the base's value. Times that contradict each other are a
//! fault where one table writes both; an override that shortens one shortens what depends on it.

use crate::{
    base::toml_reader::Table,
    domain::{
        ids::ClassName,
        schedule::{Days, Hours, Schedule, Season},
        taxonomy::{Closure, Direction, Pattern, PersonConstraint, Subjects, event_name},
        wire::{EventData, Priority},
    },
};
use std::{collections::BTreeSet, str::FromStr, time::Duration};

/// A pattern from its table; with `base`, keys that are left out keep the base's value.
pub fn pattern(mut table: Table<'_>, base: Option<&Pattern>) -> Option<Pattern> {
    let id = match base {
        Some(base) => {
            let _ = table.value::<String>("id").optional();
            Some(base.id.clone())
        }
        None => table.value::<String>("id").parsed().required(),
    };
    let version = text(&mut table, "version", base.map(|b| &b.version));
    let description_zh = text(&mut table, "description_zh", base.map(|b| &b.description_zh));
    let description_en = text(&mut table, "description_en", base.map(|b| &b.description_en));
    let priority = table
        .value::<String>("priority")
        .one_of(&[
            ("urgent", Priority::Urgent),
            ("normal", Priority::Normal),
            ("low", Priority::Low),
        ])
        .or(base.map_or(Priority::Normal, |b| b.priority));
    let suspected = table.value("suspected").or(base.is_some_and(|b| b.suspected));
    let families = families(&mut table, base);
    let classes = classes(&mut table, base);
    let score_min =
        table.value("score_min").in_range(0.01..=1.0).or(base.map_or(0.4, |b| b.score_min));
    let subjects = subjects(&mut table, base);
    let secs = |table: &mut Table<'_>, key: &str, range, base: Option<Duration>| {
        let field = table.value::<f64>(key).in_range(range);
        let secs = match base {
            Some(base) => Some(field.or(base.as_secs_f64())),
            None => field.required(),
        };
        secs.map(Duration::from_secs_f64)
    };
    let dwell = secs(&mut table, "dwell_secs", 1.0..=2_592_000.0, base.map(|b| b.dwell));
    let gap_max = secs(&mut table, "gap_secs_max", 0.0..=3_600.0, base.map(|b| b.gap_max));
    let unseen = table.value::<f64>("unseen_secs_max").in_range(0.0..=604_800.0);
    let unseen_max =
        Duration::from_secs_f64(unseen.or(base.map_or(0.0, |b| b.unseen_max.as_secs_f64())));
    let clear = secs(&mut table, "clear_secs", 1.0..=604_800.0, base.map(|b| b.clear));
    contradictions(&mut table, [gap_max, clear, Some(unseen_max)]);
    let person = table
        .value::<String>("person")
        .one_of(&[
            ("any", PersonConstraint::Any),
            ("absent", PersonConstraint::Absent),
            ("present", PersonConstraint::Present),
        ])
        .or(base.map_or(PersonConstraint::Any, |b| b.person));
    let schedule = match table.table("schedule") {
        Some(table) => schedule(table),
        None => base.map_or_else(Schedule::default, |b| b.schedule.clone()),
    };
    let hit_ratio_min =
        table.value("hit_ratio_min").in_range(0.0..=1.0).or(base.map_or(0.5, |b| b.hit_ratio_min));
    let event = match (table.table("event"), base) {
        (Some(table), _) => event(table),
        (None, Some(base)) => Some(base.event.clone()),
        (None, None) => {
            table.fault(
                "event",
                "a table [event] with std, version, code, name_zh, name_en is required",
            );
            None
        }
    };
    let closure_base = base.map_or_else(Closure::default, |b| b.closure.clone());
    let closure_base = Closure { by_video: closure_base.by_video && !suspected, ..closure_base };
    let closure = match table.table("closure") {
        Some(table) => closure(table, closure_base, suspected),
        None => closure_base,
    };
    if closure.by_video && matches!(subjects, Some(Subjects::Line { .. })) {
        table.fault("closure", "closure.by_video = false: a crossing is over once it has happened");
    }
    Some(Pattern {
        id: id?,
        version: version?,
        event: event?,
        priority,
        suspected,
        families,
        classes: classes?,
        score_min,
        subjects: subjects?,
        person,
        schedule,
        dwell: dwell?,
        gap_max: gap_max?.min(clear?),
        unseen_max: unseen_max.min(clear?),
        hit_ratio_min,
        clear: clear?,
        closure,
        description_zh: description_zh?,
        description_en: description_en?,
    })
}

fn text(table: &mut Table<'_>, key: &str, base: Option<&String>) -> Option<String> {
    let field = table.value::<String>(key).not_empty();
    match base {
        Some(base) => Some(field.or(base.clone())),
        None => field.required(),
    }
}

/// Words that patterns share which are often taken for one another.
fn families(table: &mut Table<'_>, base: Option<&Pattern>) -> Vec<String> {
    const ALLOWED: &str = "different words of small letters, digits and '_', such as [\"waste\"]";
    let word = |text: &String| {
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        (1..=32).contains(&text.len()) && text.bytes().all(letter)
    };
    let field = table.value::<Vec<String>>("families").check(ALLOWED, |words| {
        let different = words.iter().collect::<BTreeSet<_>>().len() == words.len();
        (different && words.iter().all(word)).then_some(words).ok_or_else(String::new)
    });
    field.or(base.map_or_else(Vec::new, |b| b.families.clone()))
}

fn classes(table: &mut Table<'_>, base: Option<&Pattern>) -> Option<Vec<ClassName>> {
    let field = table.value::<Vec<String>>("classes").check("at least one class name", |names| {
        if names.is_empty() {
            return Err(String::new());
        }
        class_names(&names)
    });
    match base {
        Some(base) => Some(field.or(base.classes.clone())),
        None => field.required(),
    }
}

fn class_names(names: &[String]) -> Result<Vec<ClassName>, String> {
    names.iter().map(|name| name.parse().map_err(|error| format!("{error}"))).collect()
}

/// Times that one table writes and that cannot both be meant.
fn contradictions(table: &mut Table<'_>, times: [Option<Duration>; 3]) {
    let [Some(gap_max), Some(clear), Some(unseen_max)] = times else { return };
    let keys = table.keys();
    let writes = |pair: [&str; 2]| pair.iter().all(|key| keys.iter().any(|written| written == key));
    if gap_max > clear && writes(["gap_secs_max", "clear_secs"]) {
        table.fault(
            "clear_secs",
            "no shorter than gap_secs_max, or a gap ends what it should bridge",
        );
    }
    if unseen_max > clear && writes(["unseen_secs_max", "clear_secs"]) {
        table.fault("unseen_secs_max", "no longer than clear_secs: by then the thing is gone");
    }
}

fn subjects(table: &mut Table<'_>, base: Option<&Pattern>) -> Option<Subjects> {
    let base = base.map(|b| b.subjects);
    let kind = base.map(|base| match base {
        Subjects::Each { .. } => "each",
        Subjects::Count { .. } => "count",
        Subjects::Absence => "absence",
        Subjects::Area { .. } => "area",
        Subjects::Line { .. } => "line",
    });
    let field = table.value::<String>("subjects").one_of(&[
        ("each", "each"),
        ("count", "count"),
        ("absence", "absence"),
        ("area", "area"),
        ("line", "line"),
    ]);
    let kind = match kind {
        Some(kind) => Some(field.or(kind)),
        None => field.required(),
    }?;
    if kind != "count" {
        table.refuse("count_min", "count_min belongs to subjects = \"count\"");
    }
    if kind != "area" {
        table.refuse("area_share_min", "area_share_min belongs to subjects = \"area\"");
    }
    if kind != "line" {
        table.refuse("direction", "direction belongs to subjects = \"line\"");
    }
    if matches!(kind, "absence" | "area" | "line") {
        table.refuse("stationary", "stationary belongs to subjects = \"each\" or \"count\"");
    }
    match kind {
        "absence" => return Some(Subjects::Absence),
        "area" => {
            let field = table.value("area_share_min").in_range(0.001..=1.0);
            let share_min = match base {
                Some(Subjects::Area { share_min }) => Some(field.or(share_min)),
                _ => field.required(),
            };
            return Some(Subjects::Area { share_min: share_min? });
        }
        "line" => {
            let field = table.value::<String>("direction").one_of(&[
                ("rightwards", Direction::Rightwards),
                ("leftwards", Direction::Leftwards),
                ("either", Direction::Either),
            ]);
            let direction = match base {
                Some(Subjects::Line { direction }) => Some(field.or(direction)),
                _ => field.required(),
            };
            return Some(Subjects::Line { direction: direction? });
        }
        _ => {}
    }
    let stands = match base {
        Some(Subjects::Each { stationary } | Subjects::Count { stationary, .. }) => stationary,
        _ => false,
    };
    let stationary = table.value("stationary").or(stands);
    if kind == "each" {
        return Some(Subjects::Each { stationary });
    }
    let field = table.value("count_min").in_range(1..=1_000);
    let count_min = match base {
        Some(Subjects::Count { count_min, .. }) => Some(field.or(count_min)),
        _ => field.required(),
    };
    Some(Subjects::Count { count_min: count_min?, stationary })
}

/// A list that is left out means "always"; an empty one never opens.
pub fn schedule(mut table: Table<'_>) -> Schedule {
    const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    fn list<T>(
        table: &mut Table<'_>,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let field = table.value::<Vec<String>>(key).check(allowed, |texts| {
            let read: Option<Vec<T>> = texts.iter().map(|text| read(text)).collect();
            read.filter(|list| !list.is_empty()).ok_or_else(String::new)
        });
        field.optional().unwrap_or_default()
    }
    let days = table
        .value::<String>("days")
        .one_of(&[("all", Days::All), ("workdays", Days::Workdays), ("off", Days::Off)])
        .or(Days::All);
    Schedule {
        days,
        calendar: None,
        weekdays: list(
            &mut table,
            "weekdays",
            "at least one of mon tue wed thu fri sat sun",
            |text| WEEKDAYS.iter().position(|day| *day == text).map(|day| day as u8),
        ),
        hours: list(&mut table, "hours", "at least one span such as \"18:00-02:00\"", |text| {
            Hours::from_str(text).ok()
        }),
        seasons: list(
            &mut table,
            "seasons",
            "at least one span such as \"06-01..09-30\"",
            |text| Season::from_str(text).ok(),
        ),
    }
}

fn event(mut table: Table<'_>) -> Option<EventData> {
    let std = table.value::<String>("std").not_empty().required();
    let version = table.value::<String>("version").not_empty().required();
    let known = (std.clone(), version.clone());
    let code = table
        .value::<String>("code")
        .not_empty()
        .check("a code of the table of that standard (docs/events.md)", |code| match &known {
            (Some(std), Some(version))
                if std != "local" && event_name(std, version, &code).is_none() =>
            {
                Err(String::new())
            }
            _ => Ok(code),
        })
        .required();
    let name_zh = table.value::<String>("name_zh").not_empty().required();
    let name_en = table.value::<String>("name_en").not_empty().required();
    let local = table.value("local").or(false);
    Some(EventData {
        std: std?,
        version: version?,
        code: code?,
        name_zh: name_zh?,
        name_en: name_en?,
        local,
    })
}

fn closure(mut table: Table<'_>, base: Closure, suspected: bool) -> Closure {
    let by_video = table.value("by_video").check("false while suspected = true", |by_video| {
        // What is only suspected cannot be shown to be over either.
        if by_video && suspected { Err(String::new()) } else { Ok(by_video) }
    });
    let list = |table: &mut Table<'_>, key: &str, base: Vec<ClassName>| {
        let field = table.value::<Vec<String>>(key);
        field.check("class names", |names| class_names(&names)).or(base)
    };
    let hours = table.value::<f64>("daypart_hours").in_range(0.5..=12.0).optional();
    Closure {
        by_video: by_video.or(base.by_video),
        valid_frames_min: table
            .value("valid_frames_min")
            .in_range(1..=10_000)
            .or(base.valid_frames_min),
        looks_min: table.value("looks_min").in_range(1..=10).or(base.looks_min),
        score_factor: table.value("score_factor").in_range(0.1..=1.0).or(base.score_factor),
        needs: list(&mut table, "needs", base.needs),
        bars: list(&mut table, "bars", base.bars),
        daypart: hours.map(|hours| Duration::from_secs_f64(3_600.0 * hours)).or(base.daypart),
    }
}
