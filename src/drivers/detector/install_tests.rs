use super::*;
use serde_json::json;

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

fn manifest(id: &str, network: &[u8], score_min: f64) -> String {
    format!(
        "# by hand\nid = \"{id}\"\nfile = \"{id}.onnx\"   # beside it\nsha256 = \"{}\"\nlicence = \"own\"\n\
         [input]\nwidth_px = 64\nheight_px = 64\nlayout = \"nchw\"\nchannel_order = \"bgr\"\n\
         [head]\nkind = \"yolox\"\ndecoded = true\n[[class]]\nname = \"bin\"\nscore_min = {score_min}\n",
        hex(&Sha256::digest(network))
    )
}

/// A manifest with its network in a folder; what the network holds does not matter here.
fn model(folder: &Path, id: &str, network: &[u8], score_min: f64) -> PathBuf {
    fs::write(folder.join(format!("{id}.onnx")), network).unwrap();
    let path = folder.join(format!("{id}.toml"));
    fs::write(&path, manifest(id, network, score_min)).unwrap();
    path
}

struct Site {
    /// Removed at the end.
    _models: tempfile::TempDir,
    elsewhere: tempfile::TempDir,
    current: PathBuf,
}

impl Site {
    fn new() -> Self {
        let (models, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let current = model(models.path(), "street", b"old network", 0.5);
        Self { _models: models, elsewhere, current }
    }

    fn trained(&self, id: &str, network: &[u8]) -> Installed {
        Installed::open(&model(self.elsewhere.path(), id, network, 0.5)).unwrap()
    }

    fn promotion(&self, new: &Installed) -> Switch {
        promotion(&self.current, new, (AT, "li"), json!({"mean_ap50": 0.9})).unwrap()
    }

    /// What whoever opens the current manifest now gets.
    fn runs(&self) -> Vec<u8> {
        Installed::open(&self.current).unwrap().file.bytes().to_vec()
    }

    fn rollback(&self) -> Result<(), SwitchError> {
        rollback(&self.current, (AT, "wang")).and_then(Switch::run)
    }
}

#[test]
fn a_model_is_promoted_and_put_back() {
    let site = Site::new();
    site.promotion(&site.trained("new", b"new network")).run().unwrap();
    assert_eq!(site.runs(), b"new network");
    let text = fs::read_to_string(&site.current).unwrap();
    assert!(text.starts_with("# by hand\nid = \"new\"\nfile = \"street."), "{text}");
    assert!(text.contains(".onnx\"   # beside it\n"), "{text}");
    site.promotion(&site.trained("newer", b"newer network")).run().unwrap();
    assert_eq!(site.runs(), b"newer network");
    site.rollback().unwrap();
    assert_eq!(site.runs(), b"new network");
    site.rollback().unwrap();
    assert_eq!(site.runs(), b"old network");
    assert!(matches!(site.rollback(), Err(SwitchError::NothingBefore { .. })));

    let told = history(&site.current).unwrap();
    let acts: Vec<(Act, &str, &str)> =
        told.iter().map(|e| (e.act, e.from.model.id.as_str(), e.to.model.id.as_str())).collect();
    let expected = [
        (Act::Promote, "street", "new"),
        (Act::Promote, "new", "newer"),
        (Act::Rollback, "newer", "new"),
        (Act::Rollback, "new", "street"),
    ];
    assert_eq!(acts, expected);
    assert_eq!(
        (told[0].by.as_str(), told[0].at, &told[0].figures),
        ("li", AT, &Some(json!({"mean_ap50": 0.9})))
    );
}

#[test]
fn a_switch_that_is_cut_anywhere_leaves_the_old_model_or_the_new_one() {
    let count = {
        let site = Site::new();
        site.promotion(&site.trained("new", b"new network")).steps.len()
    };
    for cut in 0..=count {
        let site = Site::new();
        let mut switch = site.promotion(&site.trained("new", b"new network"));
        // What a crash within the step would leave: half a file under another name.
        if let Some(Step::Place { path, bytes }) = switch.steps.get(cut) {
            let name = format!(".{}.partial", path.file_name().unwrap().display());
            fs::write(path.with_file_name(name), &bytes[..bytes.len() / 2]).unwrap();
        }
        switch.steps.truncate(cut);
        switch.run().unwrap();
        let expected: &[u8] = if cut == count { b"new network" } else { b"old network" };
        assert_eq!(site.runs(), expected, "cut after {cut} steps");
        // And it can be done again from there, and undone.
        let again =
            promotion(&site.current, &site.trained("new", b"new network"), (AT, "li"), json!({}));
        match again {
            Err(SwitchError::Current { .. }) if cut == count => {}
            again => again.unwrap().run().unwrap(),
        }
        assert_eq!(site.runs(), b"new network");
        site.rollback().unwrap();
        assert_eq!(site.runs(), b"old network");
    }
}

#[test]
fn a_step_that_cannot_be_done_ends_the_switch_and_names_the_file() {
    let site = Site::new();
    let new = site.trained("new", b"new network");
    fs::create_dir(new.network_at(&site.current)).unwrap();
    let error = site.promotion(&new).run().unwrap_err().to_string();
    assert!(error.contains("street.") && error.contains(".onnx: "), "{error}");
    assert_eq!(site.runs(), b"old network");
    assert!(history(&site.current).unwrap().is_empty());
}

#[test]
fn new_thresholds_alone_are_a_new_version() {
    let site = Site::new();
    let new =
        Installed::open(&model(site.elsewhere.path(), "street", b"old network", 0.4)).unwrap();
    let switch = site.promotion(&new);
    assert_ne!(switch.from.version, switch.to.version);
    switch.run().unwrap();
    assert_eq!(Installed::open(&site.current).unwrap().manifest().classes[0].score_min, 0.4);
    site.rollback().unwrap();
    assert_eq!(Installed::open(&site.current).unwrap().manifest().classes[0].score_min, 0.5);
}

#[test]
fn a_damaged_new_network_can_be_left_and_a_damaged_old_one_is_not_gone_back_to() {
    let site = Site::new();
    let old = Installed::open(&site.current).unwrap().network_at(&site.current);
    let new = site.trained("new", b"new network");
    let damaged = new.network_at(&site.current);
    site.promotion(&new).run().unwrap();
    fs::write(&damaged, b"bit rot").unwrap();
    fs::write(&old, b"bit rot").unwrap();
    let error = site.rollback().unwrap_err().to_string();
    assert!(error.contains("sha256") && error.contains("the file's digest is"), "{error}");
    fs::write(&old, b"old network").unwrap();
    site.rollback().unwrap();
    assert_eq!(site.runs(), b"old network");
}

#[test]
fn two_switches_at_once_are_one_too_many() {
    let site = Site::new();
    let (one, other) = (site.trained("one", b"one"), site.trained("other", b"other"));
    let first = site.promotion(&one);
    let second = promotion(&site.current, &other, (AT, "wang"), json!({}));
    assert!(matches!(second, Err(SwitchError::Busy { .. })));
    first.run().unwrap();
    site.promotion(&other).run().unwrap();
}

#[test]
fn half_a_last_line_of_the_history_is_forgiven_and_any_other_is_named() {
    let site = Site::new();
    site.promotion(&site.trained("new", b"new network")).run().unwrap();
    let path = history_path(&site.current);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{}", &text[..40])).unwrap();
    assert_eq!(history(&site.current).unwrap().len(), 1);
    fs::write(&path, format!("{}\n{text}", &text[..40])).unwrap();
    let error = history(&site.current).unwrap_err().to_string();
    assert!(error.contains("street.history.jsonl:1: "), "{error}");
}
