//! The event catalogue: one file an event, built into the program, overridable by a directory.
//!
//! A pipeline may override any field for one camera; the same reader then takes the catalogue's
//! value where the key is left out.

use super::load;
use crate::{
    base::toml_reader::{Fault, Faults, Table, read},
    domain::{
        ids::{ClassName, PatternId},
        taxonomy::{Closure, Pattern, Subjects},
        wire::{EventData, Priority},
    },
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

const BUILT_IN: [(&str, &str); 6] = [
    ("bin_overflowing.toml", include_str!("../../../pipelines/patterns/bin_overflowing.toml")),
    ("crowd.toml", include_str!("../../../pipelines/patterns/crowd.toml")),
    ("exposed_waste.toml", include_str!("../../../pipelines/patterns/exposed_waste.toml")),
    ("illegal_parking.toml", include_str!("../../../pipelines/patterns/illegal_parking.toml")),
    ("loitering.toml", include_str!("../../../pipelines/patterns/loitering.toml")),
    ("roadside_stall.toml", include_str!("../../../pipelines/patterns/roadside_stall.toml")),
];

/// All patterns by id, and the texts they came from (for digests).
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    patterns: BTreeMap<PatternId, Arc<Pattern>>,
    pub texts: Vec<String>,
}

impl Catalogue {
    pub fn built_in() -> Result<Self, Faults> {
        let files =
            BUILT_IN.map(|(name, text)| (format!("pipelines/patterns/{name}"), text.to_owned()));
        Self::from_texts(files.to_vec())
    }

    /// Every `*.toml` of a directory, in name order.
    pub fn from_dir(dir: &Path) -> Result<Self, Faults> {
        let fault = |reason: String| {
            Faults::new(vec![Fault::syntax(&dir.display().to_string(), 1, &reason)])
        };
        let entries =
            std::fs::read_dir(dir).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let mut paths: Vec<_> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        paths.sort();
        if paths.is_empty() {
            return Err(fault("holds no *.toml pattern".to_owned()));
        }
        let texts =
            paths.iter().map(|path| Ok((path.display().to_string(), super::read_text(path)?)));
        Self::from_texts(texts.collect::<Result<_, Faults>>()?)
    }

    fn from_texts(files: Vec<(String, String)>) -> Result<Self, Faults> {
        let mut catalogue = Self::default();
        let mut faults: Option<Faults> = None;
        for (name, text) in files {
            match read(&name, &text, |table| pattern(table, None)) {
                Ok(pattern) => {
                    catalogue.patterns.insert(pattern.id.clone(), Arc::new(pattern));
                }
                Err(found) => match &mut faults {
                    Some(all) => all.extend(found),
                    None => faults = Some(found),
                },
            }
            catalogue.texts.push(text);
        }
        faults.map_or(Ok(catalogue), Err)
    }

    pub fn get(&self, id: &PatternId) -> Option<&Arc<Pattern>> {
        self.patterns.get(id)
    }

    pub fn ids(&self) -> Vec<&str> {
        self.patterns.keys().map(PatternId::as_str).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Pattern>> {
        self.patterns.values()
    }
}

/// One pattern file, for `check`.
pub fn load_pattern(path: &Path) -> Result<Pattern, Faults> {
    load(path, |table| pattern(table, None))
}

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
    let closure_base = base.map_or(
        Closure { by_video: true, valid_frames_min: 30, looks_min: 2, score_factor: 0.7 },
        |b| b.closure,
    );
    let closure = table.table("closure").map_or(closure_base, |table| closure(table, closure_base));
    Some(Pattern {
        id: id?,
        version: version?,
        event: event?,
        priority,
        classes: classes?,
        score_min,
        subjects: subjects?,
        dwell: dwell?,
        gap_max: gap_max?,
        unseen_max,
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

fn classes(table: &mut Table<'_>, base: Option<&Pattern>) -> Option<Vec<ClassName>> {
    let field = table.value::<Vec<String>>("classes").check("at least one class name", |names| {
        if names.is_empty() {
            return Err(String::new());
        }
        names
            .iter()
            .map(|name| name.parse().map_err(|error| format!("{error}")))
            .collect::<Result<Vec<_>, _>>()
    });
    match base {
        Some(base) => Some(field.or(base.classes.clone())),
        None => field.required(),
    }
}

fn subjects(table: &mut Table<'_>, base: Option<&Pattern>) -> Option<Subjects> {
    let base = base.map(|b| b.subjects);
    let kind = match base {
        Some(Subjects::Each { .. }) => Some("each"),
        Some(Subjects::Count { .. }) => Some("count"),
        None => None,
    };
    let field = table.value::<String>("subjects").one_of(&[("each", "each"), ("count", "count")]);
    let kind = match kind {
        Some(kind) => Some(field.or(kind)),
        None => field.required(),
    };
    match kind? {
        "each" => {
            table.refuse("count_min", "count_min belongs to subjects = \"count\"");
            let default = matches!(base, Some(Subjects::Each { stationary: true }));
            Some(Subjects::Each { stationary: table.value("stationary").or(default) })
        }
        _ => {
            table.refuse("stationary", "stationary belongs to subjects = \"each\"");
            let field = table.value("count_min").in_range(1..=1_000);
            let count_min = match base {
                Some(Subjects::Count { count_min }) => Some(field.or(count_min)),
                _ => field.required(),
            };
            Some(Subjects::Count { count_min: count_min? })
        }
    }
}

fn event(mut table: Table<'_>) -> Option<EventData> {
    let std = table.value::<String>("std").not_empty().required();
    let version = table.value::<String>("version").not_empty().required();
    let code = table.value::<String>("code").not_empty().required();
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

fn closure(mut table: Table<'_>, base: Closure) -> Closure {
    Closure {
        by_video: table.value("by_video").or(base.by_video),
        valid_frames_min: table
            .value("valid_frames_min")
            .in_range(1..=10_000)
            .or(base.valid_frames_min),
        looks_min: table.value("looks_min").in_range(1..=10).or(base.looks_min),
        score_factor: table.value("score_factor").in_range(0.1..=1.0).or(base.score_factor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_sound_and_named_by_file() {
        let catalogue = Catalogue::built_in().unwrap();
        assert_eq!(
            catalogue.ids(),
            [
                "bin_overflowing",
                "crowd",
                "exposed_waste",
                "illegal_parking",
                "loitering",
                "roadside_stall"
            ]
        );
        for (file, _) in BUILT_IN {
            let id = file.trim_end_matches(".toml").parse().unwrap();
            assert!(catalogue.get(&id).is_some(), "{file}");
        }
    }

    #[test]
    fn an_override_keeps_what_it_does_not_name() {
        let catalogue = Catalogue::built_in().unwrap();
        let base = catalogue.get(&"crowd".parse().unwrap()).unwrap();
        let text = "id = 'crowd'\ndwell_secs = 5\ncount_min = 4\n[closure]\nlooks_min = 1";
        let changed = read("x", text, |table| pattern(table, Some(base))).unwrap();
        assert_eq!(changed.dwell.as_secs(), 5);
        assert_eq!(changed.subjects, Subjects::Count { count_min: 4 });
        assert_eq!(changed.closure.looks_min, 1);
        assert_eq!((changed.clear, &changed.event), (base.clear, &base.event));
    }

    #[test]
    fn faults_name_key_value_and_what_is_allowed() {
        let text = "id = 'a/b'\nversion = '1'\ndescription_zh='x'\ndescription_en='x'\nclasses = []\n\
            subjects = 'each'\ncount_min = 3\ndwell_secs = -1\ngap_secs_max = 1\nclear_secs = 5";
        let faults = read("p.toml", text, |table| pattern(table, None)).unwrap_err().to_string();
        for part in [
            "p.toml:1: id = 'a/b'",
            "classes = []",
            "count_min = 3: count_min belongs",
            "dwell_secs = -1",
            "event",
        ] {
            assert!(faults.contains(part), "{part} in\n{faults}");
        }
    }
}
