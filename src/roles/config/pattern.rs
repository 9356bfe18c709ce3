//! The event catalogue: one file an event, built into the program, overridable by a directory.

use super::{load, pattern_reader::pattern};
use crate::{
    base::toml_reader::{Fault, Faults, read},
    domain::{ids::PatternId, taxonomy::Pattern},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};

macro_rules! built_in {
    ($($id:literal)*) => {
        [$((
            concat!($id, ".toml"),
            include_str!(concat!("../../../pipelines/patterns/", $id, ".toml")),
        )),*]
    };
}

/// In the order of the catalogue: traffic, trade, waste, things, works, water and weather, people.
const BUILT_IN: &[(&str, &str)] = &built_in!(
    "illegal_parking" "bicycle_parking" "shared_bike_pile" "fire_lane_blocked"
    "tactile_path_blocked" "abandoned_vehicle" "roaming_vendor" "roadside_stall"
    "out_of_shop_trading" "outdoor_dining" "illegal_umbrella" "open_air_barbecue"
    "bin_overflowing" "bin_fault" "exposed_waste" "bagged_waste" "rubble_heap" "piled_goods"
    "discarded_furniture" "hung_laundry" "banner" "pavement_signboard" "works_on_road"
    "uncovered_truck" "road_spill" "ponding" "ice_snow" "burning" "dust" "floating_waste"
    "water_activity" "manhole_fault" "road_damage" "animals" "crowd" "green_space_litter"
    "green_damage" "loitering" "left_object"
);

/// All patterns by id, and the texts they came from (for digests).
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    patterns: BTreeMap<PatternId, Arc<Pattern>>,
    pub texts: Vec<String>,
}

impl Catalogue {
    pub fn built_in() -> Result<Self, Faults> {
        let files = BUILT_IN
            .iter()
            .map(|(name, text)| (format!("pipelines/patterns/{name}"), (*text).to_owned()));
        Self::from_texts(files.collect())
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
            let read = read(&name, &text, |mut table| {
                let id = table.value::<String>("id").optional();
                if id.is_some_and(|id| catalogue.patterns.keys().any(|it| it.as_str() == id)) {
                    table.fault("id", "expected: an id that no other file of the catalogue has");
                    table.skip_rest();
                    return None;
                }
                pattern(table, None)
            });
            match read {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::taxonomy::{PersonConstraint, Subjects, event_name};

    #[test]
    fn the_built_in_catalogue_is_sound_and_named_by_file() {
        let catalogue = Catalogue::built_in().unwrap();
        assert_eq!(catalogue.ids().len(), 39);
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
        assert_eq!(changed.subjects, Subjects::Count { count_min: 4, stationary: false });
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

    #[test]
    fn what_is_suspected_is_closed_by_a_person() {
        let catalogue = Catalogue::built_in().unwrap();
        let suspected: Vec<&str> = catalogue
            .iter()
            .filter(|pattern| pattern.suspected)
            .map(|pattern| {
                assert!(!pattern.closure.by_video, "{}", pattern.id);
                pattern.id.as_str()
            })
            .collect();
        assert_eq!(suspected, ["burning", "dust", "left_object", "ponding", "road_spill"]);
        let base = catalogue.get(&"dust".parse().unwrap()).unwrap();
        let over = |text: &str| read("p", text, |table| pattern(table, Some(base)));
        let faults = over("id = 'dust'\n[closure]\nby_video = true").unwrap_err().to_string();
        assert!(faults.contains("p:3: closure.by_video = true: expected: false while"), "{faults}");
        let sure = over("id = 'dust'\nsuspected = false\n[closure]\nby_video = true").unwrap();
        assert!(!sure.suspected && sure.closure.by_video);
        let stall = catalogue.get(&"roadside_stall".parse().unwrap()).unwrap();
        let text = "id = 'roadside_stall'\nsuspected = true";
        let suspected = read("p", text, |table| pattern(table, Some(stall))).unwrap();
        assert!(suspected.suspected && !suspected.closure.by_video, "no video closes a suspicion");
    }

    #[test]
    fn names_are_those_of_the_code_table() {
        for pattern in Catalogue::built_in().unwrap().iter() {
            let event = &pattern.event;
            let name = event_name(&event.std, &event.version, &event.code);
            assert!(
                event.local || name == Some(event.name_zh.as_str()),
                "{}: {name:?}",
                pattern.id
            );
        }
    }

    #[test]
    fn times_that_contradict_each_other_and_schedules_that_never_open_are_told_at_once() {
        let catalogue = Catalogue::built_in().unwrap();
        let base = catalogue.get(&"roadside_stall".parse().unwrap()).unwrap();
        let text = "id = 'roadside_stall'\ndwell_secs = 10\ngap_secs_max = 20\nclear_secs = 15\n\
            unseen_secs_max = 30\nperson = 'nobody'\n[schedule]\nweekdays = []\n\
            hours = ['08:00-08:00']\nseasons = ['06-31..07-01']\n[event]\nstd = 'GB/T 47678.5'\n\
            version = '2026'\ncode = '99999'\nname_zh = 'x'\nname_en = 'x'";
        let faults = read("p", text, |table| pattern(table, Some(base))).unwrap_err().to_string();
        for part in [
            "p:4: clear_secs = 15: no shorter",
            "p:5: unseen_secs_max = 30: no longer than clear_secs",
            "p:6: person = 'nobody'",
            "p:8: schedule.weekdays = []",
            "p:9: schedule.hours",
            "p:10: schedule.seasons",
            "p:14: event.code = '99999'",
        ] {
            assert!(faults.contains(part), "{part} in\n{faults}");
        }
    }

    #[test]
    fn an_override_that_shortens_a_time_shortens_what_depends_on_it() {
        let catalogue = Catalogue::built_in().unwrap();
        let base = catalogue.get(&"roadside_stall".parse().unwrap()).unwrap();
        let text = "id = 'roadside_stall'\ndwell_secs = 8\nclear_secs = 20\nperson = 'present'\n\
            [schedule]\nhours = ['18:00-02:00']";
        let changed = read("p", text, |table| pattern(table, Some(base))).unwrap();
        assert_eq!((changed.gap_max.as_secs(), changed.unseen_max.as_secs()), (20, 20));
        assert_eq!(changed.person, PersonConstraint::Present);
        assert_eq!(changed.schedule.hours[0].to_string(), "18:00-02:00");
    }

    #[test]
    fn two_patterns_of_one_id_are_refused() {
        let file = |name: &str| (name.to_owned(), BUILT_IN[0].1.to_owned());
        let faults = Catalogue::from_texts(vec![file("a"), file("b")]).unwrap_err().to_string();
        assert!(faults.contains("b:2: id = ") && faults.contains("no other file"), "{faults}");
        assert_eq!(faults.lines().count(), 1, "told once, and nothing else of the file: {faults}");
    }

    /// A row of docs/events.md; `cargo test events_page -- --nocapture` prints those that are missing.
    fn row(pattern: &Pattern) -> String {
        let secs = |span: std::time::Duration| match span.as_secs() {
            days if days % 86_400 == 0 => format!("{} d", days / 86_400),
            hours if hours % 3_600 == 0 => format!("{} h", hours / 3_600),
            minutes if minutes % 60 == 0 => format!("{} min", minutes / 60),
            secs => format!("{secs} s"),
        };
        let classes: Vec<&str> = pattern.classes.iter().map(|class| class.as_str()).collect();
        let closed = if pattern.closure.by_video { secs(pattern.clear) } else { "a person".into() };
        format!(
            "| `{}` | {} | {} | {} | {} | {} |",
            pattern.id,
            pattern.description_zh,
            pattern.event.code,
            classes.join(" "),
            secs(pattern.dwell),
            closed
        )
    }

    #[test]
    fn the_events_page_tells_the_catalogue() {
        let page = std::fs::read_to_string("docs/events.md").unwrap_or_default();
        let catalogue = Catalogue::built_in().unwrap();
        let missing: Vec<String> = catalogue
            .iter()
            .map(|pattern| row(pattern))
            .filter(|row| !page.contains(row))
            .collect();
        assert!(missing.is_empty(), "docs/events.md lacks\n{}", missing.join("\n"));
    }
}
