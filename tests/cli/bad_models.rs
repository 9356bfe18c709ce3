//! Networks that are not what their manifest says: told by `check`, `models check` and `detect`, each
//! with file, line, key, value and what is allowed. The networks are written here, byte by byte.

use crate::support::{file, has_onnxruntime, root, run};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

const F32: u64 = 1;
const F16: u64 = 10;

/// A field of a protocol buffer with bytes in it.
fn field(number: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    [varint(number << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Name, element type and sides of an input or output; 0 is a side left open.
type Tensor<'a> = (&'a str, u64, &'a [u64]);

fn value_info((name, element, sides): &Tensor<'_>) -> Vec<u8> {
    let dim = |side: &u64| match side {
        0 => field(1, field(2, "n")),
        side => field(1, number(1, *side)),
    };
    let shape: Vec<u8> = sides.iter().flat_map(dim).collect();
    let tensor = [number(1, *element), field(2, shape)].concat();
    [field(1, name), field(2, field(1, tensor))].concat()
}

/// A network that takes the inputs, looks at none of them, and answers zeros.
fn network(inputs: &[Tensor<'_>], outputs: &[Tensor<'_>]) -> Vec<u8> {
    let mut graph = field(2, "zeros");
    for (name, element, sides) in outputs {
        let zeros = format!("{name}_zeros");
        let node = [field(1, &zeros), field(2, name), field(4, "Identity")].concat();
        graph.extend(field(1, node));
        let sides: Vec<u64> = sides.iter().map(|side| (*side).max(1)).collect();
        let width = if *element == F16 { 2 } else { 4 };
        let bytes = vec![0u8; sides.iter().product::<u64>() as usize * width];
        let mut constant: Vec<u8> = sides.iter().flat_map(|side| number(1, *side)).collect();
        constant.extend([number(2, *element), field(8, &zeros), field(9, bytes)].concat());
        graph.extend(field(5, constant));
    }
    inputs.iter().for_each(|input| graph.extend(field(11, value_info(input))));
    outputs.iter().for_each(|output| graph.extend(field(12, value_info(output))));
    [number(1, 8), field(7, graph), field(8, number(2, 17))].concat()
}

const IMAGES: Tensor<'static> = ("images", F32, &[1, 3, 64, 64]);
const ROWS: Tensor<'static> = ("output", F32, &[1, 84, 7]);

/// The manifest of tests/golden with two classes, for a network of ours.
fn model(folder: &Path, network: &[u8]) -> String {
    fs::write(folder.join("m.onnx"), network).unwrap();
    let digest: String = Sha256::digest(network).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = fs::read_to_string(root().join("tests/golden/tiny_yolox.toml")).unwrap();
    let text: Vec<String> = (text.lines())
        .map(|line| match line.split(' ').next() {
            Some("file") => "file = \"m.onnx\"".to_owned(),
            Some("sha256") => format!("sha256 = \"{digest}\""),
            _ => line.to_owned(),
        })
        .collect();
    file(folder, "m.toml", &text.join("\n"))
}

/// What `check` and `models check` say of it; both must agree.
fn told(manifest: &str) -> String {
    let (check, models) = (run(["check", manifest]), run(["models", "check", manifest]));
    assert_eq!((check.code, models.code), (2, 2), "{}\n{}", check.shown(), models.shown());
    for line in models.stdout.lines() {
        assert!(
            check.stdout.lines().any(|other| other == line),
            "{line} is not in\n{}",
            check.stdout
        );
        assert!(line.starts_with(&format!("{manifest}:")), "{line}");
    }
    models.stdout
}

#[test]
fn a_network_of_ours_is_one_that_loads() {
    if !has_onnxruntime("models check") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let manifest = model(folder.path(), &network(&[IMAGES], &[ROWS]));
    let ended = run(["models", "check", &manifest]);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("sound: person bin (one picture a run)"), "{}", ended.stdout);
    assert_eq!(run(["check", &manifest]).code, 0);
}

#[test]
fn a_network_that_contradicts_its_manifest_is_told_with_the_line() {
    if !has_onnxruntime("models check") {
        return;
    }
    let mask = ("mask", F32, &[1, 64][..]);
    let boxes = ("boxes", F32, &[1, 84, 4][..]);
    let spoiled: [(&[Tensor<'_>], &[Tensor<'_>], &str); 11] = [
        (
            &[IMAGES],
            &[("output", F32, &[1, 84, 20])],
            ":18: class = 2 classes: the network has 15 classes",
        ),
        (
            &[IMAGES],
            &[("output", F32, &[1, 84, 0])],
            "the network's output has 84 x 1 values; this head has more than 5 a candidate",
        ),
        (
            &[IMAGES],
            &[("output", F32, &[1, 5040, 7])],
            ":16: head.kind = \"yolox\" (decoded = true): the network's output has 5040 x 7 values; this head at this size has 84 candidates",
        ),
        (
            &[IMAGES],
            &[("output", F32, &[84, 7])],
            ":16: head.kind = \"yolox\" (decoded = true): the network's output is",
        ),
        (
            &[IMAGES],
            &[ROWS, boxes],
            ":16: head.kind = \"yolox\" (decoded = true): the network has 2 outputs; this head has 1",
        ),
        (
            &[IMAGES, mask],
            &[ROWS],
            ":9: input.layout = \"nchw\": the network has 2 inputs (images, mask); exactly 1 is allowed",
        ),
        (
            &[("images", F32, &[1, 64, 64, 3])],
            &[ROWS],
            ":9: input.layout = \"nchw\": the network's input `images` is",
        ),
        (&[("images", F32, &[4, 3, 64, 64])], &[ROWS], "(1 or n, 3, height, width) is allowed"),
        (&[("images", F16, &[1, 3, 64, 64])], &[ROWS], "4 dimensions of f32 are allowed"),
        (
            &[("images", F32, &[1, 3, 64, 128])],
            &[ROWS],
            ":7: input.width_px = 64: the network's input has 128",
        ),
        (
            &[("images", F32, &[1, 3, 32, 64])],
            &[ROWS],
            ":8: input.height_px = 64: the network's input has 32",
        ),
    ];
    for (inputs, outputs, said) in spoiled {
        let folder = tempfile::tempdir().unwrap();
        let manifest = model(folder.path(), &network(inputs, outputs));
        let told = told(&manifest);
        assert!(told.contains(said), "{said} is not in\n{told}");
    }
}

#[test]
fn a_manifest_that_no_network_can_satisfy_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = model(folder.path(), &network(&[IMAGES], &[ROWS]));
    let sound = fs::read_to_string(&path).unwrap();
    let without_classes = sound.split("[[class]]").next().unwrap().to_owned();
    let half = &fs::read(folder.path().join("m.onnx")).unwrap()[..100];
    fs::write(folder.path().join("half.onnx"), half).unwrap();
    for (text, said) in [
        (
            sound.replace("\"yolox\"", "\"ssd\""),
            "head.kind = \"ssd\": expected: one of \"yolox\", \"yolov8\"",
        ),
        (
            sound.replace("\"yolox\"", "\"detr\""),
            "head.kind = \"detr\": detr heads cannot be run yet",
        ),
        (
            sound.replace("\"bin\"", "\"person\""),
            "class[1].name = \"person\": this class is listed above already",
        ),
        (sound.replace("\"bin\"", "\"\""), "class[1].name = \"\": \"\" is no class name"),
        (without_classes, "class is missing: at least one [[class]] is required"),
        (sound.replace("m.onnx", "absent.onnx"), "absent.onnx\": cannot be read:"),
        (sound.replace("m.onnx", "half.onnx"), "sha256 = \""),
        (
            sound.replace("\"nchw\"", "\"nhwc\""),
            "input.layout = \"nhwc\": expected: one of \"nchw\"",
        ),
    ] {
        let path = file(folder.path(), "m.toml", &text);
        let told = told(&path);
        assert!(told.contains(said), "{said} is not in\n{told}");
    }
}

#[test]
fn a_network_cut_short_under_its_own_digest_is_named() {
    if !has_onnxruntime("models check") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let whole = network(&[IMAGES], &[ROWS]);
    for (bytes, what) in [(&whole[..whole.len() / 2], "half"), (&b"no network"[..], "text")] {
        let manifest = model(folder.path(), bytes);
        let ended = run(["models", "check", &manifest]);
        assert_eq!(ended.code, 2, "{what}: {}", ended.shown());
        assert!(ended.stdout.contains("m.onnx: "), "{what}: {}", ended.stdout);
        let ended = run(["check", &manifest]);
        assert!(ended.code == 2 && ended.stdout.contains("m.onnx: "), "{what}: {}", ended.shown());
    }
}

#[test]
fn a_pipeline_is_checked_with_its_network() {
    if !has_onnxruntime("check") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let manifest = model(folder.path(), &network(&[IMAGES], &[("output", F32, &[1, 84, 20])]));
    let text = format!(
        "[camera]\nid = \"cam\"\n[source]\nuri = \"rtsp://10.0.0.14/main\"\n[frame]\nwidth_px = 640\n\
         height_px = 360\n[model]\nmanifest = \"{manifest}\"\n[[pattern]]\nid = \"crowd\"\n"
    );
    let pipeline = file(folder.path(), "cam.toml", &text);
    let ended = run(["check", &pipeline]);
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(
        ended.stdout.contains("m.toml:18: class = 2 classes: the network has 15"),
        "{}",
        ended.stdout
    );
}
