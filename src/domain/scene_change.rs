//! What a view shows that no detector has a name for: changes of the scene itself.
//!
//! A driver that knows the background of a view tells [`SceneChange`]s. They enter the analyser as
//! detections of classes that no model may claim otherwise, so that tracks, rules and cases are the same
//! for a thing without a name as for one with a name. A model that has one of the other classes (`spill`,
//! `ponding`, `smoke`, `dust`) is believed instead: then the driver's own guess is left out.

use super::{detection::Detection, ids::ClassName, pixel::PixelBox, taxonomy::Pattern};
use crate::base::time::MediaTime;
use std::{sync::Arc, time::Duration};

/// What a change looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// A thing that was not there and stays.
    Object,
    /// The same, flat on the ground.
    Spill,
    /// Ground that has lost its texture, as water does to it.
    Ponding,
    /// A soft grey veil that rises and stays.
    Smoke,
    /// The same, low and wide.
    Dust,
}

/// One change, as of the latest look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SceneChange {
    pub kind: ChangeKind,
    /// In stream pixels.
    pub bbox: PixelBox,
    /// 0 to 1: how far it stands out.
    pub score: f32,
    pub since: MediaTime,
}

/// Twice the dwell and this, and a thing that nobody made a case of is part of the view.
const KEPT_MORE: Duration = Duration::from_secs(600);

impl ChangeKind {
    pub const ALL: [Self; 5] = [Self::Object, Self::Spill, Self::Ponding, Self::Smoke, Self::Dust];

    /// The class under which it is detected; `static_object` is no model's to claim.
    pub fn class_name(self) -> &'static str {
        match self {
            Self::Object => "static_object",
            Self::Spill => "spill",
            Self::Ponding => "ponding",
            Self::Smoke => "smoke",
            Self::Dust => "dust",
        }
    }

    pub fn of_class(class: &ClassName) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.class_name() == class.as_str())
    }
}

/// What to look for in one view.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    kinds: Vec<(ChangeKind, ClassName)>,
    /// How long a thing without a case stays apart from the background.
    pub keep: Duration,
}

impl Watch {
    /// `None` where no pattern needs it: then it costs nothing.
    pub fn of<'a>(
        patterns: impl IntoIterator<Item = &'a Arc<Pattern>>,
        model_has: impl Fn(&ClassName) -> bool,
    ) -> Option<Self> {
        let mut watch = Self { kinds: Vec::new(), keep: Duration::ZERO };
        for pattern in patterns {
            for class in pattern.classes.iter().filter(|class| !model_has(class)) {
                let Some(kind) = ChangeKind::of_class(class) else { continue };
                watch.keep = watch.keep.max(2 * pattern.dwell + KEPT_MORE);
                if !watch.wants(kind) {
                    watch.kinds.push((kind, class.clone()));
                }
            }
        }
        (!watch.kinds.is_empty()).then_some(watch)
    }

    /// For these classes, as far as a scene can show them.
    pub fn for_classes(classes: &[ClassName], keep: Duration) -> Self {
        let kinds =
            classes.iter().filter_map(|class| Some((ChangeKind::of_class(class)?, class.clone())));
        Self { kinds: kinds.collect(), keep }
    }

    pub fn wants(&self, kind: ChangeKind) -> bool {
        self.kinds.iter().any(|(wanted, _)| *wanted == kind)
    }

    pub fn wants_plumes(&self) -> bool {
        self.wants(ChangeKind::Smoke) || self.wants(ChangeKind::Dust)
    }

    /// Those changes that are looked for, as a detector would tell them.
    pub fn detections<'a>(
        &'a self,
        changes: &'a [SceneChange],
    ) -> impl Iterator<Item = Detection> + 'a {
        changes.iter().filter_map(|change| {
            let (_, class) = self.kinds.iter().find(|(kind, _)| *kind == change.kind)?;
            Some(Detection { class: class.clone(), score: change.score, bbox: change.bbox })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{samples, taxonomy::Closure};

    fn pattern(classes: &[&str], dwell_secs: u64) -> Arc<Pattern> {
        Arc::new(Pattern {
            suspected: true,
            classes: classes.iter().map(|class| class.parse().unwrap()).collect(),
            dwell: Duration::from_secs(dwell_secs),
            clear: Duration::from_secs(20),
            closure: Closure { by_video: false, ..Closure::default() },
            ..samples::pattern("test")
        })
    }

    #[test]
    fn nothing_is_watched_for_where_no_pattern_needs_it() {
        let patterns = [pattern(&["stall", "person"], 60), pattern(&["smoke", "fire"], 10)];
        assert_eq!(Watch::of(&patterns[..1], |_| false), None);
        assert_eq!(Watch::of(&patterns, |class| class.as_str() == "smoke"), None);
        let watch = Watch::of(&patterns, |_| false).unwrap();
        assert!(watch.wants_plumes() && !watch.wants(ChangeKind::Object));
    }

    #[test]
    fn a_thing_is_kept_for_longer_than_the_longest_dwell() {
        let patterns =
            [pattern(&["static_object"], 60), pattern(&["goods", "static_object"], 1800)];
        assert_eq!(Watch::of(&patterns, |_| false).unwrap().keep.as_secs(), 4200);
    }

    #[test]
    fn only_what_is_looked_for_is_told() {
        let watch = Watch::of(&[pattern(&["spill", "static_object"], 60)], |_| false).unwrap();
        let bbox = PixelBox::new(1.0, 2.0, 30.0, 40.0);
        let changes = ChangeKind::ALL.map(|kind| SceneChange {
            kind,
            bbox,
            score: 0.8,
            since: MediaTime::ZERO,
        });
        let told: Vec<String> =
            watch.detections(&changes).map(|d| d.class.as_str().to_owned()).collect();
        assert_eq!(told, ["static_object", "spill"]);
    }
}
