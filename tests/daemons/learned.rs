//! From a camera to a labelled picture: edge, hub, a reviewer's click, `dataset export`.

use crate::daemons::{Site, ready, root, street, until};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn gridwarden(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwarden"));
    let done = command.args(args).current_dir(root()).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    done
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Someone who has signed in to the hub.
pub struct Reviewer {
    client: reqwest::Client,
    api: String,
    cookie: String,
    csrf_token: String,
}

impl Reviewer {
    pub async fn sign_in(site: &Site, password: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let api = format!("http://{}/api/v1", site.hub_address);
        let body = json!({"name": "duty", "password": password});
        let session = client.post(format!("{api}/session")).json(&body).send().await.unwrap();
        let cookie = session.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let session: Value = session.json().await.unwrap();
        let csrf_token = session["csrf_token"].as_str().unwrap().to_owned();
        Self { client, api, cookie, csrf_token }
    }

    /// As the page calls.
    pub fn call(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let call = self.client.request(method, format!("{}{path}", self.api));
        call.header("Cookie", &self.cookie).header("X-CSRF-Token", &self.csrf_token)
    }

    /// Confirms what waits for review.
    async fn confirm_all(&self) {
        let list = self.call(reqwest::Method::GET, "/cases?state=PENDING_REVIEW");
        let list = list.send().await.unwrap();
        let list: Value = list.json().await.unwrap();
        for case in list["items"].as_array().unwrap() {
            let act = self
                .call(
                    reqwest::Method::POST,
                    &format!("/cases/{}/act", case["case_id"].as_str().unwrap()),
                )
                .header("If-Match", format!("\"{}\"", case["version"]))
                .json(&json!({"action": "confirm"}));
            // Whoever walked on meanwhile is gone by himself, and nothing is left to confirm.
            let status = act.send().await.unwrap().status().as_u16();
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
    let secret = site.path("gridwarden-hub/duty-password");
    until("the hub has made a password", || secret.exists());
    hub.until_logged(&["hub serves"]);
    let password = fs::read_to_string(secret).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reviewer = runtime.block_on(Reviewer::sign_in(&site, password.trim()));
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
