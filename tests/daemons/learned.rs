//! From a camera to a labelled picture: edge, hub, a reviewer's click, `dataset export`.

use crate::{
    daemons::{Site, gridwarden, ready, street, until},
    person::Person,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

impl Person {
    /// Confirms what waits for review.
    async fn confirm_all(&self) {
        let list = self.get("/cases?state=PENDING_REVIEW").await;
        for case in list["items"].as_array().unwrap() {
            // Whoever walked on meanwhile is gone by himself, and nothing is left to confirm.
            let status = self.act(case, json!({"action": "confirm"})).await.as_u16();
            assert!(matches!(status, 200 | 409 | 412), "{status}");
        }
    }
}

fn iou(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let side = |at: usize| ((a[at] + a[at + 2]).min(b[at] + b[at + 2]) - a[at].max(b[at])).max(0.0);
    let shared = side(0) * side(1);
    shared / (a[2] * a[3] + b[2] * b[3] - shared)
}

#[test]
fn what_a_reviewer_confirms_becomes_a_picture_labelled_where_the_thing_is() {
    if !ready() {
        return;
    }
    gridwarden::drivers::mqtt::install_crypto_provider();
    let site = Site::new("allow_anonymous true");
    site.write_camera("street", &street().display().to_string(), 1, "");
    site.write_edge(&["street"]);
    let (hub, mut edge) = (site.hub(), site.edge());
    hub.until_logged(&["hub serves"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reviewer = runtime.block_on(Person::sign_in(&site, "duty"));
    let held = "SELECT count(*) FROM history JOIN case_evidence USING (case_id) \
                JOIN evidence USING (sha256) \
                WHERE kind = 'confirm' AND role = 'snapshot' AND complete = 1";
    until("a confirmed case whose picture the hub holds", || {
        runtime.block_on(reviewer.confirm_all());
        site.hub_database().count(held) > 0
    });
    edge.kill();

    let (config, out) = (site.path("hub.toml"), site.path("reviewed"));
    let (config, folder) = (config.to_str().unwrap(), out.to_str().unwrap());
    gridwarden(&["dataset", "export", "--config", config, "--out", folder, "--by", "duty"]);
    let side = ["train", "val"].into_iter().find(|side| {
        let coco = json_file(&out.join(format!("coco/{side}.json")));
        !coco["images"].as_array().unwrap().is_empty()
    });
    let coco = json_file(&out.join(format!("coco/{}.json", side.expect("one picture"))));
    let (image, label) = (&coco["images"][0], &coco["annotations"][0]);
    assert_eq!((&image["width"], &image["height"]), (&json!(640), &json!(360)));
    let category = coco["categories"].as_array().unwrap().iter();
    let class = category.into_iter().find(|one| one["id"] == label["category_id"]).unwrap();

    // The shipped model finds the thing where the label is, though its head is masked now.
    let (picture, found) =
        (out.join(image["file_name"].as_str().unwrap()), site.path("found.json"));
    let (picture, found) = (picture.to_str().unwrap(), found.to_str().unwrap());
    let model = "models/street-nano.toml";
    gridwarden(&["detect", "--model", model, "--score-min", "0.05", picture, "--out", found]);
    let labelled: [f64; 4] = serde_json::from_value(label["bbox"].clone()).unwrap();
    let boxes = json_file(Path::new(found));
    let best = (boxes.as_array().unwrap().iter())
        .filter(|one| one["category_name"] == class["name"])
        .map(|one| iou(&labelled, &serde_json::from_value(one["bbox"].clone()).unwrap()))
        .fold(0.0, f64::max);
    assert!(best > 0.5, "the label {label} is not where {class} is found: {boxes}");
}
