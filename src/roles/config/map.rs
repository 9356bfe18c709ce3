//! `[map]` of `hub.toml`: what the map is drawn on. The hub serves it itself: no request of the page leaves for
//! another host.

use super::beside;
use crate::{base::toml_reader::Table, roles::hub::MapConfig};
use std::{fs::File, io::Read, path::Path};

/// How a file of version 3 begins.
const MAGIC: &[u8; 8] = b"PMTiles\x03";
const ATTRIBUTION_CHARS_MAX: usize = 200;

pub fn map(mut table: Table<'_>, file: &Path) -> Option<MapConfig> {
    let mut sound = true;
    let pmtiles = table.value::<String>("pmtiles").check(
        "a readable PMTiles file of version 3, named *.pmtiles",
        |written| {
            let path = beside(file, &written);
            let mut begins = [0; MAGIC.len()];
            let read = File::open(&path).and_then(|mut file| file.read_exact(&mut begins));
            match read {
                Err(error) => Err(format!("{}: {error}", path.display())),
                Ok(()) if begins != *MAGIC => Err("it begins otherwise".to_owned()),
                Ok(()) if path.extension().is_none_or(|end| end != "pmtiles") => Err(String::new()),
                Ok(()) => Ok(path),
            }
        },
    );
    let pmtiles = pmtiles.optional();
    let attribution = table
        .value::<String>("attribution")
        .check(format!("at most {ATTRIBUTION_CHARS_MAX} signs"), |text| {
            let fits = text.chars().count() <= ATTRIBUTION_CHARS_MAX;
            if fits { Ok(text) } else { Err(String::new()) }
        })
        .optional();
    if attribution.is_some() && pmtiles.is_none() {
        table.fault("attribution", "of no map: name the file as pmtiles");
        sound = false;
    }
    sound.then_some(MapConfig { pmtiles, attribution })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::toml_reader::read;

    fn read_as(dir: &Path, text: &str) -> Result<MapConfig, String> {
        let file = dir.join("hub.toml");
        let built = read("hub.toml", text, |mut root| map(root.table("map")?, &file));
        built.map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_map_is_a_file_beside_this_one_that_is_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("city.pmtiles"), b"PMTiles\x03 and so on").unwrap();
        std::fs::write(dir.path().join("old.pmtiles"), b"PMTiles\x02 and so on").unwrap();
        std::fs::write(dir.path().join("city.bin"), b"PMTiles\x03 and so on").unwrap();
        let map = read_as(dir.path(), "[map]\npmtiles = 'city.pmtiles'\nattribution = '© 测绘院'");
        let map = map.unwrap();
        assert_eq!(map.pmtiles, Some(dir.path().join("city.pmtiles")));
        assert_eq!(map.attribution.as_deref(), Some("© 测绘院"));
        for (text, told) in [
            ("pmtiles = 'none.pmtiles'", "none.pmtiles"),
            ("pmtiles = 'old.pmtiles'", "it begins otherwise"),
            ("pmtiles = 'city.bin'", "*.pmtiles"),
            ("attribution = 'x'", "of no map"),
        ] {
            let error = read_as(dir.path(), &format!("[map]\n{text}")).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
