//! What reviews teach the next detector: pictures with boxes that people confirmed, and pictures in
//! which they found nothing.
//!
//! Enters: the register's cases as [`ReviewedCase`]s, in the order of their decisions. Leaves: chosen
//! pictures with labels and a side each ([`Chosen`]), and of every other case why it is left out.
//!
//! Rules
//! - A case that a person confirmed labels its thing. The rest of its picture is unlabelled, and the
//!   files say so ([`coco`]).
//! - A case rejected because nothing was there (`reason_codes::NOTHING_THERE`) makes its picture a
//!   negative, unless another case names the same picture. Every other rejection teaches nothing: a
//!   duplicate or a permitted stall is a stall all the same.
//! - Only the clean, masked picture of the moment of confirmation: the drawn one would teach a network
//!   to find drawings. A picture that any case calls private or unmasked never leaves.
//! - A thing without a name (`static_object`) teaches nothing: nobody said what it is.
//!
//! Boxes are in pixels of the picture, inside it. Each case is counted once: labelled, negative or
//! left out.

pub mod coco;
pub mod jpeg;
pub mod split;
mod write;

pub use write::{categories, coco_file, yolo_label, yolo_yaml};

use super::{
    case::reason_codes::{NOTHING_THERE, PRIVACY},
    detection::ModelRef,
    grid::GridCell,
    ids::{CameraId, CaseId, ClassName, NodeId},
    pixel::{PixelBox, PixelSize},
    scene_change::ChangeKind,
    wire::SubjectData,
};
use crate::base::time::WallTime;
use split::{Side, Sides};
use std::collections::{BTreeMap, BTreeSet};

/// A thing shorter or narrower than this teaches nothing.
const BOX_SIDE_PX_MIN: f32 = 4.0;

/// What people said of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    Confirmed,
    Rejected { reason: String },
    Open,
}

/// Whether a picture may leave, as far as the register knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    WholeAndMasked,
    /// A case says that heads or plates may be seen in it.
    Unmasked,
    /// It was never uploaded, or not to its end.
    Missing,
}

/// The clean picture of the moment of confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub sha256: String,
    pub size: PixelSize,
    pub captured_at: WallTime,
    pub held: Held,
}

/// One case as the register has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewedCase {
    pub case_id: CaseId,
    pub review: Review,
    /// When it was decided; the opening of an open case.
    pub at: WallTime,
    pub node: NodeId,
    pub camera: CameraId,
    pub cell: Option<GridCell>,
    pub model: ModelRef,
    /// Absent from edges older than this field.
    pub subject: Option<SubjectData>,
    pub picture: Option<Picture>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub class: ClassName,
    pub bbox: PixelBox,
}

/// One picture of the data set.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenPicture {
    pub picture: Picture,
    pub side: Side,
    pub camera: CameraId,
    pub cell: Option<GridCell>,
    /// Empty for a negative.
    pub labels: Vec<Label>,
    /// Looked for and not there.
    pub absent: BTreeSet<ClassName>,
    pub cases: Vec<CaseId>,
}

/// What is exported, and why the rest is not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chosen {
    /// In the order of the first decision about each.
    pub pictures: Vec<ChosenPicture>,
    /// Cases by reason.
    pub left_out: BTreeMap<String, u64>,
    /// All cases that were looked at.
    pub cases: u64,
    /// Which models opened the chosen cases.
    pub models: BTreeMap<(String, String), u64>,
}

/// `val_permille` of the places are kept for judging.
pub fn choose(mut cases: Vec<ReviewedCase>, val_permille: u16) -> Chosen {
    cases.sort_by_key(|case| (case.at, case.case_id));
    let named = Named::by(&cases);
    let mut sides = Sides::new(val_permille);
    let mut chosen = Chosen { cases: cases.len() as u64, ..Chosen::default() };
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        match lesson(&case, &named, &mut sides) {
            Err(reason) => *chosen.left_out.entry(reason).or_default() += 1,
            Ok(lesson) => chosen.add(case, lesson, &mut places),
        }
    }
    chosen
}

impl Chosen {
    fn add(&mut self, case: ReviewedCase, lesson: Lesson, places: &mut BTreeMap<String, usize>) {
        let ModelRef { id, sha256 } = case.model;
        *self.models.entry((id, sha256)).or_default() += 1;
        let Lesson { side, picture, labels, absent } = lesson;
        let index = *places.entry(picture.sha256.clone()).or_insert(self.pictures.len());
        if index == self.pictures.len() {
            self.pictures.push(ChosenPicture {
                picture,
                side,
                camera: case.camera,
                cell: case.cell,
                labels: Vec::new(),
                absent: BTreeSet::new(),
                cases: Vec::new(),
            });
        }
        let entry = &mut self.pictures[index];
        for label in labels {
            if !entry.labels.contains(&label) {
                entry.labels.push(label);
            }
        }
        entry.absent.extend(absent);
        entry.cases.push(case.case_id);
    }

    /// Takes out a picture whose bytes are not what the register says.
    pub fn leave_out(&mut self, sha256: &str, reason: &str) {
        let before = std::mem::take(&mut self.pictures);
        for entry in before {
            if entry.picture.sha256 == sha256 {
                *self.left_out.entry(reason.to_owned()).or_default() += entry.cases.len() as u64;
            } else {
                self.pictures.push(entry);
            }
        }
    }
}

/// Which pictures more than one case names, and how.
struct Named {
    private: BTreeSet<String>,
    /// Named by a case that does not say "nothing there".
    shows_something: BTreeSet<String>,
}

impl Named {
    fn by(cases: &[ReviewedCase]) -> Self {
        let mut named = Self { private: BTreeSet::new(), shows_something: BTreeSet::new() };
        for case in cases {
            let Some(picture) = &case.picture else { continue };
            match &case.review {
                Review::Rejected { reason } if NOTHING_THERE.contains(&reason.as_str()) => continue,
                Review::Rejected { reason } if reason == PRIVACY => {
                    named.private.insert(picture.sha256.clone());
                }
                _ => {}
            }
            named.shows_something.insert(picture.sha256.clone());
        }
        named
    }
}

struct Lesson {
    side: Side,
    picture: Picture,
    labels: Vec<Label>,
    absent: Option<ClassName>,
}

/// What one case teaches, or why nothing.
fn lesson(case: &ReviewedCase, named: &Named, sides: &mut Sides) -> Result<Lesson, String> {
    let confirmed = match &case.review {
        Review::Confirmed => true,
        Review::Rejected { reason } if NOTHING_THERE.contains(&reason.as_str()) => false,
        Review::Rejected { reason } => return Err(format!("rejected_{reason}")),
        Review::Open => return Err("not_reviewed".to_owned()),
    };
    // Before anything that may change later, such as an upload that is still to come.
    let side = sides.assign(&case.node, &case.camera, case.cell);
    let left_out = |reason: &str| Err(reason.to_owned());
    let Some(picture) = &case.picture else { return left_out("no_picture") };
    if named.private.contains(&picture.sha256) {
        return left_out("picture_private");
    }
    match picture.held {
        Held::WholeAndMasked => {}
        Held::Unmasked => return left_out("picture_unmasked"),
        Held::Missing => return left_out("picture_not_held"),
    }
    let Some(subject) = &case.subject else { return left_out("no_box") };
    if ChangeKind::of_class(&subject.class) == Some(ChangeKind::Object) {
        return left_out("no_class");
    }
    let Ok(side) = side else { return left_out("between_places") };
    let mut lesson = Lesson { side, picture: picture.clone(), labels: Vec::new(), absent: None };
    if !confirmed {
        if named.shows_something.contains(&picture.sha256) {
            return left_out("other_case_in_picture");
        }
        lesson.absent = Some(subject.class.clone());
        return Ok(lesson);
    }
    for &[x1, y1, x2, y2] in &subject.boxes_fraction {
        let (width, height) = (picture.size.width_px as f32, picture.size.height_px as f32);
        let bbox = PixelBox::new(x1, y1, x2, y2).scaled(width, height).clamped(picture.size);
        if bbox.width() < BOX_SIDE_PX_MIN || bbox.height() < BOX_SIDE_PX_MIN {
            return left_out("box_too_small");
        }
        lesson.labels.push(Label { class: subject.class.clone(), bbox });
    }
    if lesson.labels.is_empty() {
        return left_out("no_box");
    }
    Ok(lesson)
}

#[cfg(test)]
#[path = "dataset_tests.rs"]
mod tests;
