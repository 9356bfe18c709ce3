//! How good a detector is on labelled pictures: AP50 as COCO defines it, and precision and recall at
//! the detector's own thresholds; and whether one detector may take another's place.
//!
//! Enters: for each picture its labels and what was detected from a low score on. Leaves: a [`Score`].
//! AP50: detections of a class over all pictures, best first, the best 100 a picture; each takes the
//! free label that it overlaps most, at IoU 0.5 or more, else it is false; precision, made falling, is
//! averaged at the recalls 0, 0.01 ... 1. What lies on a crowd label is neither right nor false, and
//! where a picture's labels leave a class open ([`Labelled::complete`]), nothing of it is false.

use super::{detection::Detection, ids::ClassName, pixel::PixelBox};
use std::collections::{BTreeMap, BTreeSet};

/// Overlap from which a detection has found a label.
const IOU_MIN: f32 = 0.5;
/// Detections of a class that count in one picture.
const DETECTIONS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    pub class: ClassName,
    pub bbox: PixelBox,
    /// Many things in one box: may be found or not.
    pub crowd: bool,
}

/// What people know of one picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labelled {
    pub truths: Vec<Truth>,
    /// The classes of which every thing is labelled; `None`: all.
    pub complete: Option<BTreeSet<ClassName>>,
}

#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ClassScore {
    /// Labels, without crowds.
    pub labels: u64,
    pub ap50: f64,
    /// Detections at or above the class's threshold that are right, and that are false.
    pub right: u64,
    pub wrong: u64,
}

impl ClassScore {
    pub fn recall(&self) -> f64 {
        self.right as f64 / self.labels.max(1) as f64
    }

    /// `None` where nothing was detected.
    pub fn precision(&self) -> Option<f64> {
        let all = self.right + self.wrong;
        (all > 0).then(|| self.right as f64 / all as f64)
    }
}

/// Of each class that has labels.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Score {
    pub classes: BTreeMap<ClassName, ClassScore>,
}

impl Score {
    /// Over the classes that have labels; 0 for none.
    pub fn mean_ap50(&self) -> f64 {
        let sum: f64 = self.classes.values().map(|class| class.ap50).sum();
        sum / self.classes.len().max(1) as f64
    }
}

/// `score_min` is each class's threshold; a class without one is never at it.
pub fn score(
    pictures: &[(Labelled, Vec<Detection>)],
    score_min: &BTreeMap<ClassName, f32>,
) -> Score {
    let mut labels: BTreeMap<ClassName, u64> = BTreeMap::new();
    for truth in pictures.iter().flat_map(|(labelled, _)| &labelled.truths) {
        *labels.entry(truth.class.clone()).or_default() += u64::from(!truth.crowd);
    }
    let judged = labels.into_iter().filter(|(_, labels)| *labels > 0).map(|(class, labels)| {
        let mut judged: Vec<(f32, bool)> = (pictures.iter())
            .flat_map(|(labelled, found)| judge(&class, labelled, found))
            .collect();
        judged.sort_by(|a, b| b.0.total_cmp(&a.0));
        let min = score_min.get(&class).copied().unwrap_or(f32::INFINITY);
        let at = |right| judged.iter().filter(|j| j.0 >= min && j.1 == right).count() as u64;
        let (right, wrong) = (at(true), at(false));
        (class, ClassScore { labels, ap50: average_precision(&judged, labels), right, wrong })
    });
    Score { classes: judged.collect() }
}

/// Score and rightness of each detection of one class in one picture; those that do not count are
/// left out.
fn judge(class: &ClassName, labelled: &Labelled, found: &[Detection]) -> Vec<(f32, bool)> {
    let mut found: Vec<&Detection> = found.iter().filter(|one| &one.class == class).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(DETECTIONS_MAX);
    let of_class = || labelled.truths.iter().filter(|truth| &truth.class == class);
    let mut free: Vec<&PixelBox> =
        of_class().filter(|truth| !truth.crowd).map(|truth| &truth.bbox).collect();
    let complete = labelled.complete.as_ref().is_none_or(|complete| complete.contains(class));
    let mut judged = Vec::new();
    for one in found {
        let overlaps = free.iter().enumerate().map(|(index, bbox)| (index, bbox.iou(&one.bbox)));
        let best = overlaps.filter(|(_, iou)| *iou >= IOU_MIN).max_by(|a, b| a.1.total_cmp(&b.1));
        let on_crowd = || {
            let share = |crowd: &PixelBox| crowd.intersection(&one.bbox) / one.bbox.area();
            of_class().any(|truth| truth.crowd && share(&truth.bbox) >= IOU_MIN)
        };
        match best {
            Some((index, _)) => {
                free.swap_remove(index);
                judged.push((one.score, true));
            }
            None if !complete || on_crowd() => {}
            None => judged.push((one.score, false)),
        }
    }
    judged
}

/// `judged` best first.
fn average_precision(judged: &[(f32, bool)], labels: u64) -> f64 {
    let mut right = 0u64;
    let mut curve: Vec<(f64, f64)> = (judged.iter().enumerate())
        .map(|(index, (_, is_right))| {
            right += u64::from(*is_right);
            (right as f64 / labels as f64, right as f64 / (index + 1) as f64)
        })
        .collect();
    let mut best = 0.0f64;
    for (_, precision) in curve.iter_mut().rev() {
        best = best.max(*precision);
        *precision = best;
    }
    let at = |recall: f64| curve.iter().find(|point| point.0 >= recall).map_or(0.0, |p| p.1);
    (0..=100).map(|step| at(f64::from(step) / 100.0)).sum::<f64>() / 101.0
}

/// Why a detector may not take another's place; empty: it may. `lost` are classes that the old one
/// has and the new one has not.
pub fn objections(old: &Score, new: &Score, lost: &[ClassName], loss_max: f64) -> Vec<String> {
    let mut objections = Vec::new();
    if old.classes.is_empty() {
        objections.push("the frozen set has no labels: it proves nothing".to_owned());
    }
    let (before, after) = (old.mean_ap50(), new.mean_ap50());
    if after < before {
        objections.push(format!("mean AP50 falls from {before:.3} to {after:.3}"));
    }
    for (class, was) in &old.classes {
        let is = new.classes.get(class).map_or(0.0, |class| class.ap50);
        if is < was.ap50 - loss_max {
            objections.push(format!(
                "AP50 of {class} falls from {:.3} to {is:.3}; at most {loss_max} may be lost",
                was.ap50
            ));
        }
    }
    for class in lost.iter().filter(|class| !old.classes.contains_key(*class)) {
        objections.push(format!("the new model has no {class}, and the set does not judge it"));
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn class(name: &str) -> ClassName {
        name.parse().unwrap()
    }

    fn at(x: f32) -> PixelBox {
        PixelBox::new(x, 0.0, x + 10.0, 10.0)
    }

    fn truth(x: f32) -> Truth {
        Truth { class: class("bin"), bbox: at(x), crowd: false }
    }

    fn found(score: f32, x: f32) -> Detection {
        Detection { class: class("bin"), score, bbox: at(x) }
    }

    fn scored(pictures: &[(Labelled, Vec<Detection>)]) -> Option<ClassScore> {
        score(pictures, &[(class("bin"), 0.75)].into()).classes.get(&class("bin")).copied()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    /// Three labels in two pictures; best first: right, false, right. Precision made falling is 1 up to
    /// recall 1/3 (34 of the 101 recalls), 2/3 up to recall 2/3 (33 of them), 0 beyond.
    #[test]
    fn an_example_worked_by_hand() {
        let one = Labelled { truths: vec![truth(0.0), truth(50.0)], complete: None };
        let other = Labelled { truths: vec![truth(0.0)], complete: None };
        let pictures = [
            (one, vec![found(0.9, 1.0), found(0.8, 20.0)]),
            (other, vec![found(0.7, 2.0), found(0.6, 2.5)]),
        ];
        let score = scored(&pictures).unwrap();
        close(score.ap50, (34.0 + 33.0 * 2.0 / 3.0) / 101.0);
        assert_eq!((score.labels, score.right, score.wrong), (3, 1, 1));
        close(score.recall(), 1.0 / 3.0);
        assert_eq!(score.precision(), Some(0.5));
    }

    #[test]
    fn half_an_overlap_counts_and_less_does_not() {
        let whole = Labelled { truths: vec![truth(0.0)], complete: None };
        let narrow = |width: f32| Detection {
            bbox: PixelBox::new(0.0, 0.0, width, 10.0),
            ..found(0.9, 0.0)
        };
        close(scored(&[(whole.clone(), vec![narrow(5.0)])]).unwrap().ap50, 1.0);
        close(scored(&[(whole, vec![narrow(4.9)])]).unwrap().ap50, 0.0);
    }

    #[test]
    fn crowds_and_open_classes_make_nothing_false() {
        let crowd =
            Truth { crowd: true, bbox: PixelBox::new(100.0, 0.0, 200.0, 10.0), ..truth(0.0) };
        let detections = vec![found(0.95, 120.0), found(0.9, 0.0)];
        let crowded = Labelled { truths: vec![truth(0.0), crowd.clone()], complete: None };
        close(scored(&[(crowded, detections.clone())]).unwrap().ap50, 1.0);
        let open = Labelled { truths: vec![truth(0.0)], complete: Some(BTreeSet::new()) };
        close(scored(&[(open, detections.clone())]).unwrap().ap50, 1.0);
        let closed = Labelled { truths: vec![truth(0.0)], complete: Some([class("bin")].into()) };
        close(scored(&[(closed, detections)]).unwrap().ap50, 0.5);
        // A class of which there are only crowds is not judged.
        assert_eq!(scored(&[(Labelled { truths: vec![crowd], complete: None }, vec![])]), None);
    }

    #[test]
    fn a_worse_detector_is_told_from_a_better_one() {
        let score = |figures: &[(&str, f64)]| Score {
            classes: (figures.iter())
                .map(|(name, ap50)| {
                    (class(name), ClassScore { labels: 9, ap50: *ap50, right: 0, wrong: 0 })
                })
                .collect(),
        };
        let old = score(&[("bin", 0.8), ("stall", 0.5)]);
        let against =
            |new: &Score, lost: &[ClassName]| objections(&old, new, lost, 0.02).join("; ");
        assert_eq!(against(&old, &[]), "");
        assert_eq!(against(&score(&[("bin", 0.785), ("stall", 0.6)]), &[]), "");
        let said = against(&score(&[("bin", 0.77), ("stall", 0.9)]), &[]);
        assert_eq!(said, "AP50 of bin falls from 0.800 to 0.770; at most 0.02 may be lost");
        let said = against(&score(&[("bin", 0.79), ("stall", 0.49)]), &[]);
        assert_eq!(said, "mean AP50 falls from 0.650 to 0.640");
        let said = against(&old, &[class("dog"), class("bin")]);
        assert_eq!(said, "the new model has no dog, and the set does not judge it");
        let nothing = Score::default();
        assert!(objections(&nothing, &nothing, &[], 0.02)[0].contains("no labels"));
    }

    proptest! {
        #[test]
        fn ap_is_a_share_and_finding_more_never_lowers_it(
            judged in prop::collection::vec((0.0f32..1.0, any::<bool>()), 0..30), missed in 0u64..5
        ) {
            let mut judged = judged;
            judged.sort_by(|a, b| b.0.total_cmp(&a.0));
            let labels = judged.iter().filter(|one| one.1).count() as u64 + missed + 1;
            let before = average_precision(&judged, labels);
            prop_assert!((0.0..=1.0).contains(&before));
            judged.push((0.0, true));
            prop_assert!(average_precision(&judged, labels) >= before);
        }
    }
}
