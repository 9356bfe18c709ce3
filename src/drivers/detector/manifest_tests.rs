use super::*;

const SOUND: &str = r#"
id = "street-nano"
file = "street-nano.onnx"
sha256 = "00000000000000000000000000000000000000000000000000000000000000Ff"
licence = "Apache-2.0"
[input]
width_px = 640
height_px = 384
layout = "nchw"
channel_order = "bgr"
[head]
kind = "yolox"
decoded = true
[[class]]
name = "person"
score_min = 0.35
[[class]]
name = "bin"
score_min = 0.4
"#;

fn parse(text: &str) -> Result<ModelManifest, Faults> {
    ModelManifest::parse("models/m.toml", Path::new("models"), text)
}

fn refused(text: &str) -> String {
    parse(text).expect_err("must be refused").to_string()
}

#[test]
fn a_sound_manifest_is_read_with_its_defaults() {
    let manifest = parse(SOUND).unwrap();
    assert_eq!(manifest.file, Path::new("models/street-nano.onnx"));
    assert!(manifest.sha256.ends_with("0ff"), "digests are compared in lower case");
    assert_eq!(manifest.head, Head::Yolox { decoded: true });
    assert_eq!((manifest.input.scale, manifest.input.letterbox_value), (1.0, 114.0));
    assert_eq!(manifest.nms_iou, NMS_IOU_DEFAULT);
    assert_eq!(manifest.classes[1].name.as_str(), "bin");
}

#[test]
fn all_faults_are_named_at_once() {
    let text = SOUND
        .replace("width_px = 640", "width_px = 650")
        .replace("\"bgr\"", "\"grb\"")
        .replace("score_min = 0.4", "score_min = 1.4\nscore_mni = 0.4")
        .replace("licence", "license");
    let said = refused(&text);
    let expected = [
        "models/m.toml:1: licence is missing: required, a text that is not empty",
        "models/m.toml:5: license = \"Apache-2.0\": unknown key; did you mean `licence`?",
        "models/m.toml:7: input.width_px = 650: expected: a multiple of 32 from 32 to 4096",
        "models/m.toml:10: input.channel_order = \"grb\": expected: one of \"bgr\", \"rgb\"",
        "models/m.toml:19: class[1].score_min = 1.4: expected: 0 to 1",
        "models/m.toml:20: class[1].score_mni = 0.4: unknown key; did you mean `score_min`?",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn heads_that_cannot_be_run_are_refused() {
    let detr = refused(&SOUND.replace("\"yolox\"", "\"detr\""));
    assert!(detr.contains("m.toml:12: head.kind = \"detr\": detr heads cannot be run"), "{detr}");
    let yolov8 = SOUND.replace("\"yolox\"", "\"yolov8\"").replace("= true", "= false");
    assert!(refused(&yolov8).contains("m.toml:13: head.decoded = false: a yolov8 head"));
    let silent = refused(&SOUND.replace("decoded = true", ""));
    assert!(silent.contains("head.decoded is missing"), "{silent}");
}

#[test]
fn classes_are_required_and_distinct() {
    let twice = refused(&SOUND.replace("\"bin\"", "\"person\""));
    assert!(twice.contains("m.toml:18: class[1].name = \"person\": this class is listed above"));
    let none = SOUND.split("[[class]]").next().unwrap();
    assert!(refused(none).contains("class is missing: at least one [[class]]"));
}

#[test]
fn an_absent_manifest_is_named() {
    let said = ModelManifest::open(Path::new("no/such/model.toml")).unwrap_err().to_string();
    assert!(said.starts_with("no/such/model.toml:1: cannot be read: "), "{said}");
}
