//! Chosen pictures as COCO and YOLO text. Pure: the same choice gives the same bytes.

use super::{
    Chosen, ChosenPicture,
    coco::{CocoAnnotation, CocoCategory, CocoFile, CocoImage, Origin},
    split::Side,
};
use crate::domain::ids::ClassName;
use std::{collections::BTreeMap, fmt::Write};

/// The class names of detectors that the interface fixes, first and in this order, so that an id means
/// the same in every export. COCO ids are the places here from 1, YOLO ids from 0.
const CLASSES: &[&str] = &[
    "person",
    "bicycle",
    "motorcycle",
    "car",
    "bus",
    "truck",
    "tricycle",
    "umbrella",
    "chair",
    "dining_table",
    "dog",
    "bin",
    "bin_overflowing",
    "garbage_pile",
    "stall",
];

/// The fixed names, then further ones by name.
pub fn categories(chosen: &Chosen) -> Vec<ClassName> {
    let mut names: Vec<ClassName> = CLASSES.iter().filter_map(|name| name.parse().ok()).collect();
    let labelled = chosen.pictures.iter().flat_map(|p| p.labels.iter().map(|label| &label.class));
    let absent = chosen.pictures.iter().flat_map(|picture| &picture.absent);
    let mut further: Vec<ClassName> =
        labelled.chain(absent).filter(|name| !names.contains(name)).cloned().collect();
    further.sort();
    further.dedup();
    names.extend(further);
    names
}

fn rounded(value: f32, digits: f64) -> f64 {
    (f64::from(value) * digits).round() / digits
}

/// One side. `name` says where a picture lies, `url` where it can be had.
pub fn coco_file(
    chosen: &Chosen,
    side: Side,
    categories: &[ClassName],
    name: impl Fn(&ChosenPicture) -> String,
    url: impl Fn(&ChosenPicture) -> Option<String>,
) -> CocoFile {
    let id_of = |class: &ClassName| {
        categories.iter().position(|known| known == class).map_or(0, |index| index as u64 + 1)
    };
    let info = [
        (
            "description",
            "masked pictures of reviewed cases; only what a person confirmed is labelled",
        ),
        ("split", side.as_str()),
    ];
    let mut file = CocoFile {
        info: info.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        categories: (categories.iter())
            .map(|class| CocoCategory { id: id_of(class), name: class.to_string() })
            .collect(),
        ..CocoFile::default()
    };
    for entry in chosen.pictures.iter().filter(|entry| entry.side == side) {
        let image_id = file.images.len() as u64 + 1;
        let mut labelled: Vec<u64> = entry.labels.iter().map(|label| id_of(&label.class)).collect();
        labelled.sort_unstable();
        labelled.dedup();
        file.images.push(CocoImage {
            id: image_id,
            file_name: name(entry),
            width: entry.picture.size.width_px,
            height: entry.picture.size.height_px,
            coco_url: url(entry),
            date_captured: Some(entry.picture.captured_at.to_string()),
            neg_category_ids: Some(entry.absent.iter().map(id_of).collect()),
            not_exhaustive_category_ids: Some(labelled),
            gridwarden: Some(Origin {
                camera: entry.camera.to_string(),
                cell: entry.cell.map(|cell| cell.to_string()),
                cases: entry.cases.iter().map(ToString::to_string).collect(),
            }),
        });
        for label in &entry.labels {
            let bbox = &label.bbox;
            let bbox = [bbox.x1, bbox.y1, bbox.width(), bbox.height()].map(|v| rounded(v, 100.0));
            file.annotations.push(CocoAnnotation {
                id: file.annotations.len() as u64 + 1,
                image_id,
                category_id: id_of(&label.class),
                area: (bbox[2] * bbox[3] * 100.0).round() / 100.0,
                bbox,
                iscrowd: 0,
            });
        }
    }
    file
}

/// One line a box: class, centre and size as fractions of the picture. Empty for a negative.
pub fn yolo_label(entry: &ChosenPicture, categories: &[ClassName]) -> String {
    let (width, height) = (entry.picture.size.width_px as f32, entry.picture.size.height_px as f32);
    let ids: BTreeMap<&ClassName, usize> =
        categories.iter().enumerate().map(|(index, class)| (class, index)).collect();
    let mut text = String::new();
    for label in &entry.labels {
        let Some(id) = ids.get(&label.class) else { continue };
        let at = label.bbox.scaled(1.0 / width, 1.0 / height);
        let centre = at.centre();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{id} {:.6} {:.6} {:.6} {:.6}",
            centre.x,
            centre.y,
            at.width(),
            at.height()
        );
    }
    text
}

/// `data.yaml` as YOLO trainers read it, for pictures under `images/<side>`.
pub fn yolo_yaml(categories: &[ClassName]) -> String {
    let mut text = "path: .\ntrain: images/train\nval: images/val\nnames:\n".to_owned();
    for (index, class) in categories.iter().enumerate() {
        let _ = writeln!(text, "  {index}: {class}");
    }
    text
}
