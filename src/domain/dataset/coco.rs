//! COCO annotation files: what is written for training, and what is read to judge a model.
//!
//! Two fields of LVIS say what a picture's labels leave open. `neg_category_ids`: looked for and not
//! there. `not_exhaustive_category_ids`: labelled, but there may be more. A picture with either field
//! says nothing of all other classes. A picture with neither is labelled completely.
//!
//! Boxes are left, top, width, height in pixels of the picture. A file from outside is believed only
//! after [`CocoFile::faults`] is empty.

use crate::domain::{
    average_precision::{Labelled, Truth},
    ids::ClassName,
    pixel::PixelBox,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rounding of whoever labelled may reach this far beyond the border.
const BEYOND_PX_MAX: f64 = 1.0;
/// A file with more faults than this is another file.
const FAULTS_MAX: usize = 50;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CocoFile {
    #[serde(default)]
    pub info: BTreeMap<String, String>,
    pub images: Vec<CocoImage>,
    #[serde(default)]
    pub annotations: Vec<CocoAnnotation>,
    pub categories: Vec<CocoCategory>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CocoImage {
    pub id: u64,
    /// Relative to the folder of pictures.
    pub file_name: String,
    pub width: u32,
    pub height: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coco_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_captured: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neg_category_ids: Option<Vec<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_exhaustive_category_ids: Option<Vec<u64>>,
    /// Where it comes from, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gridwarden: Option<Origin>,
}

/// The cases that a picture was taken for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    pub camera: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    pub cases: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CocoAnnotation {
    pub id: u64,
    pub image_id: u64,
    pub category_id: u64,
    pub bbox: [f64; 4],
    #[serde(default)]
    pub area: f64,
    #[serde(default)]
    pub iscrowd: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CocoCategory {
    pub id: u64,
    pub name: String,
}

impl CocoFile {
    /// What is wrong, each with its field, value and what is allowed; empty for a sound file.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.category_faults(&mut faults);
        let images = self.image_faults(&mut faults);
        let known: BTreeSet<u64> = self.categories.iter().map(|category| category.id).collect();
        let mut ids = BTreeSet::new();
        for (index, label) in self.annotations.iter().enumerate() {
            let mut fault = |field: &str, value: String, allowed: &str| {
                faults.push(format!("annotations[{index}].{field} = {value}: {allowed}"));
            };
            if !ids.insert(label.id) {
                fault("id", label.id.to_string(), "each annotation needs an id of its own");
            }
            if !known.contains(&label.category_id) {
                fault("category_id", label.category_id.to_string(), "an id of categories");
            }
            let Some((width, height)) = images.get(&label.image_id).copied() else {
                fault("image_id", label.image_id.to_string(), "an id of images");
                continue;
            };
            let [x, y, w, h] = label.bbox;
            let inside = x >= -BEYOND_PX_MAX
                && y >= -BEYOND_PX_MAX
                && x + w <= f64::from(width) + BEYOND_PX_MAX
                && y + h <= f64::from(height) + BEYOND_PX_MAX;
            if !label.bbox.iter().all(|edge| edge.is_finite()) || w <= 0.0 || h <= 0.0 || !inside {
                let allowed = format!(
                    "left, top, width, height above 0, inside the picture of {width}x{height} px"
                );
                fault("bbox", format!("{:?}", label.bbox), &allowed);
            }
        }
        let more = faults.len().saturating_sub(FAULTS_MAX);
        faults.truncate(FAULTS_MAX);
        if more > 0 {
            faults.push(format!("and {more} more"));
        }
        faults
    }

    fn category_faults(&self, faults: &mut Vec<String>) {
        if self.categories.is_empty() {
            faults.push("categories is empty: at least one class is required".to_owned());
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (index, category) in self.categories.iter().enumerate() {
            let at = format!("categories[{index}]");
            if !ids.insert(category.id) {
                let allowed = "each class needs an id of its own";
                faults.push(format!("{at}.id = {}: {allowed}", category.id));
            }
            match category.name.parse::<ClassName>() {
                Ok(name) if !names.insert(name.clone()) => {
                    faults.push(format!("{at}.name = {:?}: two classes of one name", category.name))
                }
                Ok(_) => {}
                Err(error) => faults.push(format!("{at}.name: {error}")),
            }
        }
    }

    /// The sizes by id.
    fn image_faults(&self, faults: &mut Vec<String>) -> BTreeMap<u64, (u32, u32)> {
        if self.images.is_empty() {
            faults.push("images is empty: at least one picture is required".to_owned());
        }
        let (mut sizes, mut names) = (BTreeMap::new(), BTreeSet::new());
        for (index, image) in self.images.iter().enumerate() {
            let mut fault = |field: &str, value: String, allowed: &str| {
                faults.push(format!("images[{index}].{field} = {value}: {allowed}"));
            };
            if sizes.insert(image.id, (image.width, image.height)).is_some() {
                fault("id", image.id.to_string(), "each picture needs an id of its own");
            }
            if !is_inside_a_folder(&image.file_name) {
                let allowed = "a file of the folder of pictures, by a relative path without `..`";
                fault("file_name", format!("{:?}", image.file_name), allowed);
            } else if !names.insert(&image.file_name) {
                fault(
                    "file_name",
                    format!("{:?}", image.file_name),
                    "this picture is listed twice",
                );
            }
            if image.width == 0 || image.height == 0 {
                let size = format!("{}x{}", image.width, image.height);
                fault("width, height", size, "pixels above 0");
            }
        }
        sizes
    }

    /// The labels of each picture, in the order of `images`. Only of a file without faults.
    pub fn labelled(&self) -> Vec<Labelled> {
        let names: BTreeMap<u64, ClassName> = (self.categories.iter())
            .filter_map(|category| Some((category.id, category.name.parse().ok()?)))
            .collect();
        let mut truths: BTreeMap<u64, Vec<Truth>> = BTreeMap::new();
        for label in &self.annotations {
            let Some(class) = names.get(&label.category_id) else { continue };
            let [x, y, w, h] = label.bbox;
            let bbox = PixelBox::new(x as f32, y as f32, (x + w) as f32, (y + h) as f32);
            let truth = Truth { class: class.clone(), bbox, crowd: label.iscrowd != 0 };
            truths.entry(label.image_id).or_default().push(truth);
        }
        let listed = |ids: &Option<Vec<u64>>| -> BTreeSet<ClassName> {
            ids.iter().flatten().filter_map(|id| names.get(id).cloned()).collect()
        };
        (self.images.iter())
            .map(|image| {
                let truths = truths.remove(&image.id).unwrap_or_default();
                let open = image.not_exhaustive_category_ids.is_some();
                let complete = (open || image.neg_category_ids.is_some()).then(|| {
                    let unfinished = listed(&image.not_exhaustive_category_ids);
                    let present = truths.iter().map(|truth| truth.class.clone());
                    let finished = present.filter(|class| !unfinished.contains(class));
                    finished.chain(listed(&image.neg_category_ids)).collect()
                });
                Labelled { truths, complete }
            })
            .collect()
    }
}

fn is_inside_a_folder(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('/')
        && !name.contains(['\\', '\0'])
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> CocoFile {
        serde_json::from_str(text).unwrap()
    }

    const SOUND: &str = r#"{
        "info": {}, "licenses": [],
        "images": [{"id": 1, "file_name": "a/1.jpg", "width": 100, "height": 50},
                   {"id": 2, "file_name": "a/2.jpg", "width": 100, "height": 50, "neg_category_ids": [8]},
                   {"id": 3, "file_name": "a/3.jpg", "width": 100, "height": 50,
                    "neg_category_ids": [], "not_exhaustive_category_ids": [7]}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [90, 40, 10.5, 10], "segmentation": []},
                        {"id": 2, "image_id": 3, "category_id": 7, "bbox": [0, 0, 10, 10], "iscrowd": 1},
                        {"id": 3, "image_id": 3, "category_id": 8, "bbox": [0, 0, 10, 10]}],
        "categories": [{"id": 7, "name": "bin", "supercategory": "street"}, {"id": 8, "name": "stall"}]
    }"#;

    #[test]
    fn labels_say_what_they_leave_open() {
        let sound = file(SOUND);
        assert_eq!(sound.faults(), Vec::<String>::new());
        let [whole, negative, open] = <[Labelled; 3]>::try_from(sound.labelled()).unwrap();
        let classes = |names: &[&str]| -> Option<BTreeSet<ClassName>> {
            Some(names.iter().map(|name| name.parse().unwrap()).collect())
        };
        assert_eq!((whole.truths.len(), whole.complete), (1, None));
        assert_eq!((negative.truths.len(), negative.complete), (0, classes(&["stall"])));
        assert_eq!((open.truths.len(), open.complete), (2, classes(&["stall"])));
        assert!(open.truths[0].crowd && !open.truths[1].crowd);
    }

    #[test]
    fn each_fault_is_told_with_its_field_and_value() {
        let spoiled = [
            (
                "[90, 40, 10.5, 10]",
                "[90, 40, 12, 10]",
                "annotations[0].bbox = [90.0, 40.0, 12.0, 10.0]",
            ),
            ("[90, 40, 10.5, 10]", "[90, 40, 0, 10]", "inside the picture of 100x50 px"),
            ("\"image_id\": 1", "\"image_id\": 9", "annotations[0].image_id = 9: an id of images"),
            ("\"category_id\": 7", "\"category_id\": 9", "annotations[0].category_id = 9"),
            ("\"id\": 2, \"image_id\"", "\"id\": 1, \"image_id\"", "annotations[1].id = 1"),
            (
                "\"name\": \"stall\"",
                "\"name\": \"bin\"",
                "categories[1].name = \"bin\": two classes of one name",
            ),
            ("\"name\": \"stall\"", "\"name\": \"\"", "categories[1].name: \"\" is no class name"),
            ("{\"id\": 8, \"name\"", "{\"id\": 7, \"name\"", "categories[1].id = 7"),
            ("a/2.jpg", "../2.jpg", "images[1].file_name = \"../2.jpg\": a file of the folder"),
            ("a/2.jpg", "/2.jpg", "relative path"),
            (
                "a/2.jpg",
                "a/1.jpg",
                "images[1].file_name = \"a/1.jpg\": this picture is listed twice",
            ),
            ("\"id\": 2, \"file_name\"", "\"id\": 1, \"file_name\"", "images[1].id = 1"),
            ("\"width\": 100", "\"width\": 0", "images[0].width, height = 0x50"),
        ];
        for (from, to, told) in spoiled {
            assert!(SOUND.contains(from), "{from}");
            let faults = file(&SOUND.replacen(from, to, 1)).faults().join("\n");
            assert!(faults.contains(told), "{told} is not in\n{faults}");
        }
        let empty = file(r#"{"images": [], "categories": []}"#).faults().join("\n");
        assert!(
            empty.contains("categories is empty") && empty.contains("images is empty"),
            "{empty}"
        );
    }
}
