//! `models/<name>.toml`: what a network file is, what it takes and what it says.
//!
//! Enters: the manifest's text. Leaves: a checked [`ModelManifest`], or every fault with its line.
//! The lines of the keys that the network itself can contradict are kept, so that a mismatch found
//! at load names the line too (`session.rs`).

use crate::{
    base::toml_reader::{self, Fault, Faults, Table},
    domain::{
        detection::ModelRef,
        ids::ClassName,
        letterbox::{ChannelOrder, TensorSpec},
        pixel::PixelSize,
    },
};
use std::path::{Path, PathBuf};

/// Boxes of one class that overlap more than this are one thing.
const NMS_IOU_DEFAULT: f32 = 0.6;
/// A manifest is a page of text; anything longer is some other file.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, Clone, PartialEq)]
pub struct ModelManifest {
    pub id: String,
    /// Lower-case hex, 64 digits.
    pub sha256: String,
    pub licence: String,
    /// The network file, beside the manifest unless it says otherwise.
    pub file: PathBuf,
    pub input: TensorSpec,
    pub head: Head,
    /// In the network's order.
    pub classes: Vec<ModelClass>,
    pub nms_iou: f32,
    lines: Lines,
    path: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ModelClass {
    pub name: ClassName,
    /// Boxes below are no detections.
    pub score_min: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Rows of cx, cy, w, h, objectness, classes; undecoded boxes are offsets within a grid.
    Yolox { decoded: bool },
    /// Columns of cx, cy, w, h, classes; always decoded.
    Yolov8,
}

/// Keys that a network file can contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    File,
    Sha256,
    Width,
    Height,
    Layout,
    HeadKind,
    Classes,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Lines {
    file: usize,
    sha256: usize,
    width: usize,
    height: usize,
    layout: usize,
    head_kind: usize,
    classes: usize,
}

impl ModelManifest {
    /// Read and check a manifest; the network file is not opened.
    pub fn open(path: &Path) -> Result<Self, Faults> {
        let shown = path.display().to_string();
        let unreadable = |reason: String| Faults::new(vec![Fault::syntax(&shown, 1, &reason)]);
        let long = std::fs::metadata(path).is_ok_and(|file| file.len() > MANIFEST_BYTES_MAX);
        if long {
            return Err(unreadable(format!("is no manifest: over {MANIFEST_BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
        Self::parse(&shown, path.parent().unwrap_or(Path::new("")), &text)
    }

    /// `path` is used in messages, `folder` is what `file` is relative to.
    pub fn parse(path: &str, folder: &Path, text: &str) -> Result<Self, Faults> {
        toml_reader::read(path, text, |root| read(root, path, folder))
    }

    pub fn model_ref(&self) -> ModelRef {
        ModelRef { id: self.id.clone(), sha256: self.sha256.clone() }
    }

    /// The manifest's own path, as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// One fault of what the manifest says against what the network file has.
    pub(super) fn contradiction(&self, key: Key, model_has: &str) -> Fault {
        let lines = &self.lines;
        let PixelSize { width_px, height_px } = self.input.size;
        let (line, key_path, value) = match key {
            Key::File => (lines.file, "file", format!("{:?}", self.file.display().to_string())),
            Key::Sha256 => (lines.sha256, "sha256", format!("\"{}\"", self.sha256)),
            Key::Width => (lines.width, "input.width_px", width_px.to_string()),
            Key::Height => (lines.height, "input.height_px", height_px.to_string()),
            Key::Layout => (lines.layout, "input.layout", "\"nchw\"".into()),
            Key::HeadKind => (lines.head_kind, "head.kind", self.head.to_string()),
            Key::Classes => (lines.classes, "class", format!("{} classes", self.classes.len())),
        };
        Fault {
            file: self.path.clone(),
            line,
            key_path: key_path.into(),
            value: Some(value),
            allowed: model_has.into(),
        }
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yolox { decoded } => write!(f, "\"yolox\" (decoded = {decoded})"),
            Self::Yolov8 => f.write_str("\"yolov8\""),
        }
    }
}

fn read(mut root: Table<'_>, path: &str, folder: &Path) -> Option<ModelManifest> {
    let mut lines = Lines {
        file: root.line_of("file"),
        sha256: root.line_of("sha256"),
        classes: root.line_of("class"),
        ..Lines::default()
    };
    let id = root.value::<String>("id").not_empty().required();
    let file = root.value::<String>("file").not_empty().required();
    let sha256 = (root.value::<String>("sha256"))
        .check("64 hexadecimal digits", |text| {
            let hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if hex { Ok(text.to_ascii_lowercase()) } else { Err(String::new()) }
        })
        .required();
    let licence = root.value::<String>("licence").not_empty().required();
    let nms_iou = root.value("nms_iou").in_range(0.1..=1.0).or(NMS_IOU_DEFAULT);
    let input = root.required_table("input").and_then(|table| read_input(table, &mut lines));
    let head = root.required_table("head").and_then(|table| read_head(table, &mut lines));
    let classes = read_classes(&mut root);
    Some(ModelManifest {
        id: id?,
        sha256: sha256?,
        licence: licence?,
        file: folder.join(file?),
        input: input?,
        head: head?,
        classes: classes?,
        nms_iou,
        lines,
        path: path.to_owned(),
    })
}

fn read_input(mut table: Table<'_>, lines: &mut Lines) -> Option<TensorSpec> {
    lines.width = table.line_of("width_px");
    lines.height = table.line_of("height_px");
    lines.layout = table.line_of("layout");
    // 32 is the coarsest grid of both heads.
    let mut side = |key| {
        (table.value::<u32>(key))
            .check("a multiple of 32 from 32 to 4096", |side| {
                if (32..=4096).contains(&side) && side.is_multiple_of(32) {
                    Ok(side)
                } else {
                    Err(String::new())
                }
            })
            .required()
    };
    let (width_px, height_px) = (side("width_px"), side("height_px"));
    table.value::<String>("layout").one_of(&[("nchw", ())]).required();
    let channel_order = (table.value::<String>("channel_order"))
        .one_of(&[("bgr", ChannelOrder::Bgr), ("rgb", ChannelOrder::Rgb)])
        .required();
    let scale =
        (table.value::<f32>("scale"))
            .check("a number that is not 0", |scale| {
                if scale == 0.0 { Err(String::new()) } else { Ok(scale) }
            })
            .or(1.0);
    let mean = table.value::<[f32; 3]>("mean").or([0.0; 3]);
    let std = (table.value::<[f32; 3]>("std"))
        .check("a list of exactly 3 numbers above 0", |std| {
            if std.iter().all(|&std| std > 0.0) { Ok(std) } else { Err(String::new()) }
        })
        .or([1.0; 3]);
    let letterbox_value = table.value("letterbox_value").in_range(0.0..=255.0).or(114.0);
    Some(TensorSpec {
        size: PixelSize { width_px: width_px?, height_px: height_px? },
        channel_order: channel_order?,
        scale,
        mean,
        std,
        letterbox_value,
    })
}

fn read_head(mut table: Table<'_>, lines: &mut Lines) -> Option<Head> {
    lines.head_kind = table.line_of("kind");
    let decoded = table.value::<bool>("decoded").optional();
    let kind = (table.value::<String>("kind"))
        .check("one of \"yolox\", \"yolov8\"", |kind| match kind.as_str() {
            "yolox" => Ok(Head::Yolox { decoded: decoded.unwrap_or(false) }),
            "yolov8" => Ok(Head::Yolov8),
            "detr" => Err("detr heads cannot be run yet; export as yolox or yolov8".to_owned()),
            _ => Err(String::new()),
        })
        .required();
    match kind {
        Some(Head::Yolox { .. }) if decoded.is_none() => {
            table.value::<bool>("decoded").required();
        }
        Some(Head::Yolov8) if decoded == Some(false) => {
            table.fault("decoded", "a yolov8 head is exported decoded: true, or left out");
        }
        _ => {}
    }
    kind
}

fn read_classes(root: &mut Table<'_>) -> Option<Vec<ModelClass>> {
    let tables = root.tables("class");
    if tables.is_empty() {
        root.fault("class", "at least one [[class]] is required, in the network's order");
    }
    let mut seen: Vec<ClassName> = Vec::new();
    let classes: Vec<_> = (tables.into_iter())
        .map(|mut table| {
            let name = table.value::<String>("name").parsed::<ClassName>().required();
            let score_min = table.value("score_min").in_range(0.0..=1.0).required();
            if let Some(name) = &name {
                if seen.contains(name) {
                    table.fault("name", "this class is listed above already");
                }
                seen.push(name.clone());
            }
            Some(ModelClass { name: name?, score_min: score_min? })
        })
        .collect();
    classes.into_iter().collect()
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
