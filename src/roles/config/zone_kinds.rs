//! Zones that are more than a part of the picture: the slot of an asset, a line that things cross.

use crate::{
    base::toml_reader::Table,
    domain::{
        ids::ZoneId,
        pixel::{PixelPoint, PixelSize},
        scene::{Asset, Line, Zone},
        taxonomy::{Pattern, Subjects},
    },
};
use std::{collections::BTreeSet, sync::Arc};

/// `line_px`: two points in the picture.
pub fn line(table: &mut Table<'_>, size: Option<PixelSize>) -> Option<Line> {
    const ENDS: &str = "two different points in the picture, [[x, y], [x, y]]";
    let field = table.value::<Vec<[f64; 2]>>("line_px").check(ENDS, |ends| {
        let [from, to] = ends[..] else { return Err(String::new()) };
        let Some(size) = size else { return Err(String::new()) };
        let inside = |[x, y]: [f64; 2]| {
            (0.0..=f64::from(size.width_px)).contains(&x)
                && (0.0..=f64::from(size.height_px)).contains(&y)
        };
        let point = |[x, y]: [f64; 2]| PixelPoint { x, y };
        let sound = from != to && inside(from) && inside(to);
        sound.then(|| Line { from: point(from), to: point(to) }).ok_or_else(String::new)
    });
    field.optional()
}

/// Patterns of the line family watch lines, all others watch polygons.
pub fn lines_fit(
    root: &mut Table<'_>,
    patterns: &[(Arc<Pattern>, Vec<ZoneId>)],
    zones: Option<&[Zone]>,
) {
    for (pattern, watched) in patterns {
        let is_line = matches!(pattern.subjects, Subjects::Line { .. });
        let of = |id: &ZoneId| zones.into_iter().flatten().find(|zone| &zone.id == id);
        for zone in watched.iter().filter_map(of).filter(|zone| zone.line.is_some() != is_line) {
            let (id, zone) = (&pattern.id, &zone.id);
            let allowed = match is_line {
                true => format!("{id} needs zones with line_px, and {zone} has none"),
                false => format!("zones of {id} without the line {zone}: name its zones"),
            };
            root.fault("pattern", allowed);
        }
    }
}

/// `tags`: words for people and for whoever is handed the case.
pub fn tags(table: &mut Table<'_>) -> Vec<String> {
    const TAGS_MAX: usize = 16;
    const CHARS_MAX: usize = 40;
    let sound = |tag: &String| {
        let plain = tag.trim() == tag && !tag.chars().any(char::is_control);
        plain && (1..=CHARS_MAX).contains(&tag.chars().count())
    };
    let allowed = format!("at most {TAGS_MAX} different words of 1 to {CHARS_MAX} characters");
    let field = table.value::<Vec<String>>("tags").check(allowed, |tags| {
        let different: BTreeSet<&String> = tags.iter().collect();
        let fits = tags.len() <= TAGS_MAX && different.len() == tags.len();
        (fits && tags.iter().all(sound)).then_some(tags).ok_or_else(String::new)
    });
    field.or(Vec::new())
}

/// `component_id` and `owner`: the zone is the slot of a known asset, and its only one.
pub fn asset(table: &mut Table<'_>, is_part: bool, known: &mut BTreeSet<String>) -> Option<Asset> {
    const CODE: &str = "1 to 64 letters, digits, '-', '_' and '.', of one zone only";
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let component_id = table
        .value::<String>("component_id")
        .check(CODE, |code| {
            let sound = (1..=64).contains(&code.len()) && code.bytes().all(letter);
            (sound && known.insert(code.clone())).then_some(code).ok_or_else(String::new)
        })
        .optional();
    let owner = table
        .value::<String>("owner")
        .check("1 to 100 characters", |name| {
            let sound = !name.trim().is_empty() && name.chars().count() <= 100;
            sound.then_some(name).ok_or_else(String::new)
        })
        .optional();
    match (component_id, owner) {
        (Some(_), _) if !is_part => {
            table.fault(
                "component_id",
                "a slot is drawn: give polygon_px, polygon_lonlat or geojson",
            );
            None
        }
        (Some(component_id), owner) => Some(Asset { component_id, owner }),
        (None, Some(_)) if !table.keys().iter().any(|key| key == "component_id") => {
            table.fault("owner", "owner belongs to a component_id");
            None
        }
        (None, _) => None,
    }
}
