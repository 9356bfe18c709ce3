//! `models`: the tiny detector of tests/golden takes its own place, in better and worse forms.

use crate::support::{Ended, file, has_onnxruntime, root, run};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

struct Site {
    folder: tempfile::TempDir,
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tiny network with a word of documentation in it: the same answers from another file.
fn network(note: &str) -> Vec<u8> {
    let mut bytes = fs::read(root().join("tests/golden/tiny_yolox.onnx")).unwrap();
    // Field 6 of ModelProto, a text.
    bytes.extend([0x32, note.len() as u8]);
    bytes.extend(note.bytes());
    bytes
}

impl Site {
    /// `models/street.toml`, whose two classes are swapped: it calls every bin a person.
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        site.model("models/street.toml", "old", |text| {
            text.replace("\"person\"", "\"?\"")
                .replace("\"bin\"", "\"person\"")
                .replace("\"?\"", "\"bin\"")
        });
        site.frozen();
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn model(&self, name: &str, note: &str, change: impl Fn(&str) -> String) -> String {
        let text = fs::read_to_string(root().join("tests/golden/tiny_yolox.toml")).unwrap();
        let tiny = digest(&fs::read(root().join("tests/golden/tiny_yolox.onnx")).unwrap());
        let bytes = network(note);
        let onnx = Path::new(name).with_extension("onnx");
        let text = text
            .replace(&tiny, &digest(&bytes))
            .replace("tiny_yolox.onnx", onnx.file_name().unwrap().to_str().unwrap())
            .replace("id = \"tiny-yolox\"", &format!("id = \"{note}\""));
        let path = file(self.folder.path(), name, &change(&text));
        fs::write(self.path(onnx.to_str().unwrap()), bytes).unwrap();
        path
    }

    /// Pictures of coloured quarters with the boxes that the right classes give.
    fn frozen(&self) {
        let text =
            fs::read_to_string(root().join("tests/golden/tiny_yolox.expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let (mut images, mut annotations) = (Vec::new(), Vec::new());
        fs::create_dir_all(self.path("pictures")).unwrap();
        for (id, picture) in expected["pictures"].as_array().unwrap().iter().enumerate() {
            let quarters: Vec<Vec<u8>> =
                serde_json::from_value(picture["quarters_bgr"].clone()).unwrap();
            let rgb = |x: u32, y: u32| {
                let bgr = &quarters[(y / 32 * 2 + x / 32) as usize];
                image::Rgb([bgr[2], bgr[1], bgr[0]])
            };
            let name = format!("{id}.png");
            let path = self.path("pictures").join(&name);
            image::RgbImage::from_fn(64, 64, rgb).save(path).unwrap();
            images.push(json!({"id": id, "file_name": name, "width": 64, "height": 64}));
            for found in picture["detections"].as_array().unwrap() {
                let edges: [f64; 4] = serde_json::from_value(found["box_xyxy_px"].clone()).unwrap();
                let [x1, y1, x2, y2] = edges.map(|edge: f64| edge.clamp(0.0, 64.0));
                let category = if found["class_name"] == "bin" { 2 } else { 1 };
                annotations
                    .push(json!({"id": annotations.len(), "image_id": id, "category_id": category,
                                        "bbox": [x1, y1, x2 - x1, y2 - y1]}));
            }
        }
        let categories = json!([{"id": 1, "name": "person"}, {"id": 2, "name": "bin"}]);
        let set = json!({"images": images, "annotations": annotations, "categories": categories});
        file(self.folder.path(), "frozen.json", &set.to_string());
    }

    fn promote(&self, new: &str, more: &[&str]) -> Ended {
        let (over, frozen, images) =
            (self.path("models/street.toml"), self.path("frozen.json"), self.path("pictures"));
        let fixed = [
            "models",
            "promote",
            new,
            "--over",
            over.to_str().unwrap(),
            "--frozen",
            frozen.to_str().unwrap(),
            "--images",
            images.to_str().unwrap(),
            "--by",
            "li",
        ];
        run(fixed.iter().chain(more))
    }

    /// What an edge would load now.
    fn id(&self) -> String {
        let folder = self.path("models");
        let ended = run(["models", "list", folder.to_str().unwrap(), "--json"]);
        assert_eq!(ended.code, 0, "{}", ended.shown());
        let listed: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(listed.as_array().unwrap().len(), 1, "kept versions are no models: {listed}");
        let current = self.path("models/street.toml");
        let checked = run(["models", "check", current.to_str().unwrap()]);
        assert_eq!(checked.code, 0, "{}", checked.shown());
        listed[0]["id"].as_str().unwrap().to_owned()
    }

    fn rollback(&self) -> Ended {
        let current = self.path("models/street.toml");
        run(["models", "rollback", current.to_str().unwrap(), "--by", "wang"])
    }
}

#[test]
fn a_better_model_takes_the_place_of_a_worse_one_and_can_be_put_back() {
    if !has_onnxruntime("models promote") {
        return;
    }
    let site = Site::new();
    let better = site.model("trained/better.toml", "better", str::to_owned);
    let judged = site.promote(&better, &["--dry-run", "--json"]);
    assert_eq!(judged.code, 0, "{}", judged.shown());
    let report: Value = serde_json::from_str(&judged.stdout).unwrap();
    let mean: [f64; 2] = serde_json::from_value(report["figures"]["mean_ap50"].clone()).unwrap();
    assert!(mean[0] < 0.2 && mean[1] > 0.999, "{report}");
    assert_eq!((&report["promoted"], site.id()), (&json!(false), "old".to_owned()));

    let ended = site.promote(&better, &[]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("1.000") && ended.stdout.contains("SIGHUP"), "{}", ended.stdout);
    assert_eq!(site.id(), "better");
    let history = fs::read_to_string(site.path("models/street.history.jsonl")).unwrap();
    let entry: Value = serde_json::from_str(history.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&entry["act"], &entry["by"], &entry["to"]["id"]),
        (&json!("promote"), &json!("li"), &json!("better"))
    );
    assert_eq!(entry["figures"]["mean_ap50"], report["figures"]["mean_ap50"]);

    let again = site.promote(&better, &[]);
    assert_eq!(again.code, 2, "{}", again.shown());
    assert!(again.stderr.contains("is current already"), "{}", again.stderr);
    // Every version that was kept loads too.
    let checked = run(["check", site.path("models").to_str().unwrap()]);
    assert_eq!(checked.code, 0, "{}", checked.shown());

    assert_eq!(site.rollback().code, 0);
    assert_eq!(site.id(), "old");
    let nothing = site.rollback();
    assert_eq!(nothing.code, 2, "{}", nothing.shown());
    assert!(nothing.stderr.contains("nothing to put back"), "{}", nothing.stderr);
}

#[test]
fn a_model_that_is_worse_or_knows_less_is_refused_with_the_table() {
    if !has_onnxruntime("models promote") {
        return;
    }
    let site = Site::new();
    let good = site.model("trained/good.toml", "good", str::to_owned);
    assert_eq!(site.promote(&good, &[]).code, 0);
    let swapped = site.model("trained/swapped.toml", "swapped", |text| {
        text.replace("\"person\"", "\"?\"")
            .replace("\"bin\"", "\"person\"")
            .replace("\"?\"", "\"bin\"")
    });
    let other =
        site.model("trained/other.toml", "other", |text| text.replace("\"bin\"", "\"stall\""));
    for (new, told) in [
        (&swapped, "refused: mean AP50 falls from 1.000 to"),
        (&swapped, "refused: AP50 of person falls from 1.000 to"),
        (&other, "refused: AP50 of bin falls from 1.000 to 0.000; at most 0.02 may be lost"),
    ] {
        let ended = site.promote(new, &[]);
        assert_eq!(ended.code, 1, "{}", ended.shown());
        assert!(ended.stdout.contains(told), "{told} is not in\n{}", ended.stdout);
        assert_eq!(site.id(), "good");
    }
    // A set without bins does not let a model without bins pass.
    let set = fs::read_to_string(site.path("frozen.json")).unwrap();
    let mut set: Value = serde_json::from_str(&set).unwrap();
    let labels = set["annotations"].as_array().unwrap().clone();
    set["annotations"] = labels.into_iter().filter(|label| label["category_id"] == 1).collect();
    file(site.folder.path(), "frozen.json", &set.to_string());
    let ended = site.promote(&other, &[]);
    assert_eq!(ended.code, 1, "{}", ended.shown());
    assert!(ended.stdout.contains("has no bin, and the set does not judge it"), "{}", ended.stdout);
}

#[test]
fn a_set_or_model_that_cannot_be_used_is_named_and_changes_nothing() {
    if !has_onnxruntime("models promote") {
        return;
    }
    let site = Site::new();
    let good = site.model("trained/good.toml", "good", str::to_owned);
    let sound = fs::read_to_string(site.path("frozen.json")).unwrap();
    for (from, to, told) in [
        ("\"width\":64", "\"width\":65", "0.png: is 64x64 px; its labels are for 65x64 px"),
        ("0.png", "absent.png", "absent.png: is not there"),
        ("\"name\":\"bin\"", "\"name\":\"person\"", "two classes of one name"),
        ("\"annotations\":[", "\"annotations\":[7, ", "frozen.json:1: "),
        ("\"height\":64,\"id\":0", "\"height\":\"?\",\"id\":0", "frozen.json:1: "),
    ] {
        assert!(sound.contains(from), "{from} is not in {sound}");
        file(site.folder.path(), "frozen.json", &sound.replacen(from, to, 1));
        let ended = site.promote(&good, &[]);
        assert_eq!(ended.code, 2, "{told}: {}", ended.shown());
        assert!(ended.stderr.contains(told), "{told} is not in\n{}", ended.stderr);
    }
    file(site.folder.path(), "frozen.json", &sound);
    fs::write(site.path("pictures/1.png"), "no picture").unwrap();
    let ended = site.promote(&good, &[]);
    assert!(ended.code == 2 && ended.stderr.contains("1.png"), "{}", ended.shown());
    site.frozen();
    fs::write(site.path("trained/good.onnx"), "bit rot").unwrap();
    let ended = site.promote(&good, &[]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(ended.stderr.contains("good.toml:4: sha256"), "{}", ended.stderr);
    assert_eq!(site.id(), "old");
}
