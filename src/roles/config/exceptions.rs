//! `[[exception]]` of a pipeline: a permitted stall, a permit to park.

use super::{
    areas::{Ground, polygon},
    calendar::date,
    pattern_reader::schedule,
};
use crate::{
    base::toml_reader::Table,
    domain::{
        exception::Exception,
        ids::{PatternId, ZoneId},
        scene::Zone,
        schedule::Schedule,
    },
};

/// `patterns` are those of the pipeline.
pub fn exceptions(
    tables: Vec<Table<'_>>,
    zones: &[Zone],
    ground: &Ground<'_>,
    patterns: &[PatternId],
) -> Option<Vec<Exception>> {
    let read = |table| exception(table, zones, ground, patterns);
    // All are read before one of them counts: each is to tell its faults.
    tables.into_iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn exception(
    mut table: Table<'_>,
    zones: &[Zone],
    ground: &Ground<'_>,
    patterns: &[PatternId],
) -> Option<Exception> {
    let listed: Vec<&str> = patterns.iter().map(PatternId::as_str).collect();
    let of = table
        .value::<Vec<String>>("patterns")
        .check(format!("patterns of this file: {}", listed.join(", ")), |names| {
            let known = |name: &String| patterns.iter().find(|id| id.as_str() == name).cloned();
            let found: Option<Vec<PatternId>> = names.iter().map(known).collect();
            found.filter(|ids| !ids.is_empty()).ok_or_else(String::new)
        })
        .or(Vec::new());
    let names: Vec<&str> = zones.iter().map(|zone| zone.id.as_str()).collect();
    let zone = table
        .value::<String>("zone")
        .check(format!("a zone of this file: {}", names.join(", ")), |name| {
            let wanted: ZoneId = name.parse().map_err(|error| format!("{error}"))?;
            let zone = zones.iter().find(|zone| zone.id == wanted);
            zone.map(|zone| zone.polygon.clone()).ok_or_else(String::new)
        })
        .optional();
    let written = ["zone", "polygon_px", "polygon_lonlat", "geojson"];
    let keys = table.keys();
    if written.iter().filter(|key| keys.iter().any(|known| known == *key)).count() != 1 {
        table.fault(
            "zone",
            "an exception holds in one area: zone, polygon_px, polygon_lonlat or geojson",
        );
    }
    let drawn = polygon(&mut table, ground).zip(ground.drawn);
    let area = drawn.map(|(polygon, size)| polygon.out_to_border(size)).or(zone);
    let valid_from = date(&mut table, "valid_from").required();
    let valid_until = date(&mut table, "valid_until").required();
    if valid_from.zip(valid_until).is_some_and(|(from, until)| until < from) {
        table.fault("valid_until", "no earlier than valid_from");
    }
    let note = table.value::<String>("note").not_empty().required();
    let schedule = table.table("schedule").map_or_else(Schedule::default, schedule);
    Some(Exception {
        patterns: of,
        area: area?,
        valid_from: valid_from?,
        valid_until: valid_until?,
        schedule,
        note: note?,
    })
}
