//! `[[view_library]]` of `hub.toml`: view libraries (视图库) that get cases as scenes.

use super::{
    mqtt::required_secret_file,
    pattern::Catalogue,
    webhooks::{name, url},
};
use crate::{
    base::{
        challenge::Login,
        toml_reader::{Field, Table},
    },
    domain::view_library::DeviceCode,
    drivers::view_library::ViewLibrarySettings,
    roles::hub::view_library::ViewLibraryConfig,
};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// Libraries forget who says nothing for five minutes.
const KEEPALIVE_SECS: std::ops::RangeInclusive<u64> = 10..=240;
const KEEPALIVE_SECS_DEFAULT: u64 = 60;
const EVENT_SORTS: std::ops::RangeInclusive<u32> = 1..=99_999;
const DEVICE: &str = "20 digits, as the library lists it";

/// `taken`: names of other platforms.
pub fn view_libraries(
    root: &mut Table<'_>,
    file: &Path,
    catalogue: &Catalogue,
    taken: &[String],
) -> Option<Vec<ViewLibraryConfig>> {
    let mut libraries: Vec<ViewLibraryConfig> = Vec::new();
    let mut sound = true;
    for mut table in root.tables("view_library") {
        match view_library(&mut table, file, catalogue) {
            Some(library) => {
                let mut names = taken.iter().chain(libraries.iter().map(|library| &library.name));
                if names.any(|name| *name == library.name) {
                    let said = "another platform has it; what was sent is kept by the name";
                    table.fault("name", said);
                    sound = false;
                }
                libraries.push(library);
            }
            None => sound = false,
        }
    }
    sound.then_some(libraries)
}

fn view_library(
    table: &mut Table<'_>,
    file: &Path,
    catalogue: &Catalogue,
) -> Option<ViewLibraryConfig> {
    let (name, url) = (name(table), url(table));
    let device_id = device(table, "device_id").required();
    // It stands between quotes in a header.
    let username = table
        .value::<String>("username")
        .check("a name without \" and \\", |name| {
            let sound = !name.is_empty() && !name.contains(['"', '\\']) && name.is_ascii();
            if sound { Ok(name) } else { Err(String::new()) }
        })
        .required();
    let password = required_secret_file(table, "password_file", file);
    let keepalive =
        table.value("keepalive_secs").in_range(KEEPALIVE_SECS).or(KEEPALIVE_SECS_DEFAULT);
    let event_sorts =
        table.required_table("event_sorts").and_then(|events| event_sorts(events, catalogue));
    if event_sorts.as_ref().is_some_and(BTreeMap::is_empty) {
        table.fault("event_sorts", "at least one event, or nothing is ever sent");
        return None;
    }
    let devices = table.table("devices").map_or_else(|| Some(BTreeMap::new()), devices);
    Some(ViewLibraryConfig {
        name: name?,
        link: ViewLibrarySettings {
            url: url?,
            device_id: device_id?,
            login: Login { username: username?, password: password? },
            keepalive: Duration::from_secs(keepalive),
        },
        event_sorts: event_sorts?,
        devices: devices?,
    })
}

fn device<'d>(table: &mut Table<'d>, key: &str) -> Field<'d, DeviceCode> {
    let code = |text: String| text.parse().map_err(|_| String::new());
    table.value::<String>(key).check(DEVICE, code)
}

/// By the code of the event.
fn event_sorts(mut table: Table<'_>, catalogue: &Catalogue) -> Option<BTreeMap<String, u32>> {
    let mut sorts = BTreeMap::new();
    let keys = table.keys();
    let count = keys.len();
    for code in keys {
        if !catalogue.iter().any(|pattern| pattern.event.code == code) {
            table.fault(&code, "the code of an event of the catalogue (docs/events.md)");
            continue;
        }
        let sort = table.value::<u32>(&code).in_range(EVENT_SORTS).required();
        sorts.extend(sort.map(|sort| (code, sort)));
    }
    (sorts.len() == count).then_some(sorts)
}

/// By `<node>/<camera>`.
fn devices(mut table: Table<'_>) -> Option<BTreeMap<String, DeviceCode>> {
    let mut devices = BTreeMap::new();
    let keys = table.keys();
    let count = keys.len();
    for camera in keys {
        if camera.split('/').filter(|part| !part.is_empty()).count() != 2 {
            table.fault(&camera, "a node and its camera, such as \"edge-1/gate\"");
            continue;
        }
        let code = device(&mut table, &camera).required();
        devices.extend(code.map(|code| (camera, code)));
    }
    (devices.len() == count).then_some(devices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::config::hub::load_hub;

    fn hub(library: &str) -> Result<Vec<ViewLibraryConfig>, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("password"), "secret\n").unwrap();
        let path = dir.path().join("hub.toml");
        let text = format!(
            "district = \"440310\"\n[mqtt]\nurl = \"mqtt://127.0.0.1:1883\"\n\
             [store]\nurl = \"sqlite://hub.db\"\n[evidence]\nurl = \"file://evidence\"\n\
             [http]\nlisten = \"127.0.0.1:0\"\n[auth]\nnode_token_file = \"token\"\n\
             [[webhook]]\nname = \"desk\"\nurl = \"http://desk.example\"\nsecret_file = \"password\"\n\
             {library}"
        );
        std::fs::write(&path, text).unwrap();
        let plan = load_hub(&path).map_err(|faults| faults.to_string())?;
        Ok(plan.config.view_libraries)
    }

    const SOUND: &str = "[[view_library]]\nname = \"library\"\nurl = \"http://10.0.0.9:8088\"\n\
        device_id = \"44031000005030000001\"\nusername = \"gridwarden\"\n\
        password_file = \"password\"\n";
    const EVENTS: &str = "[view_library.event_sorts]\n06042 = 680\n";

    #[test]
    fn a_library_has_who_speaks_where_and_what_it_calls_an_event() {
        let devices = "[view_library.devices]\n\"edge-1/gate\" = \"44031000001320000001\"\n";
        let read = hub(&format!("{SOUND}{EVENTS}{devices}")).unwrap();
        let [library] = &read[..] else { panic!("{read:?}") };
        assert_eq!(library.event_sorts, BTreeMap::from([("06042".to_owned(), 680)]));
        assert_eq!(library.devices["edge-1/gate"].to_string(), "44031000001320000001");
        assert_eq!(library.link.keepalive, Duration::from_secs(60));
        assert!(!format!("{library:?}").contains("secret"));
    }

    #[test]
    fn a_fault_names_the_key_the_value_and_what_is_allowed() {
        let swapped = |from: &str, to: &str| format!("{SOUND}{EVENTS}").replace(from, to);
        for (text, parts) in [
            (SOUND.to_owned(), vec!["event_sorts", "required"]),
            (swapped("06042 = 680\n", ""), vec!["event_sorts", "at least one"]),
            (swapped("44031000005030000001", "4403"), vec!["device_id", "4403", "20 digits"]),
            (swapped("= 680", "= 0"), vec!["event_sorts", "06042", "99999"]),
            (swapped("06042 =", "99999 ="), vec!["99999", "the catalogue"]),
            (swapped("http://10", "ftp://10"), vec!["url", "ftp", "http://"]),
            (swapped("\"library\"", "\"desk\""), vec!["name", "desk", "another platform"]),
            (swapped("username = \"gridwarden\"", "username = 'a\"b'"), vec!["username"]),
            (
                format!("{SOUND}keepalive_secs = 900\n{EVENTS}"),
                vec!["keepalive_secs", "900", "240"],
            ),
            (format!("{SOUND}token = 1\n{EVENTS}"), vec!["token"]),
            (
                format!("{SOUND}{EVENTS}[view_library.devices]\ngate = \"44031000001320000001\"\n"),
                vec!["devices", "gate", "edge-1/gate"],
            ),
        ] {
            let said = hub(&text).unwrap_err();
            assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        }
    }
}
