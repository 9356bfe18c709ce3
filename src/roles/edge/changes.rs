//! Changes of the scene beside what the model finds, for cameras whose patterns need them.
//!
//! A camera without such a pattern has no [`SceneWatch`], and nothing of this runs.

use crate::{
    domain::{
        analyser::Analyser,
        detection::Detection,
        frame::Frame,
        ids::ClassName,
        pixel::PixelBox,
        scene_change::{ChangeKind, Watch},
        taxonomy::Pattern,
        wire::CameraCondition,
    },
    drivers::vision::change::{ChangeMeter, Known},
};
use std::sync::Arc;

pub struct SceneWatch {
    meter: ChangeMeter,
}

impl SceneWatch {
    /// `None` where no pattern needs a class that only a change of the scene can have.
    pub fn of<'a>(
        patterns: impl IntoIterator<Item = &'a Arc<Pattern>>,
        model_has: impl Fn(&ClassName) -> bool,
    ) -> Option<Self> {
        Watch::of(patterns, model_has).map(|watch| Self { meter: ChangeMeter::new(watch) })
    }

    /// What the scene shows in this frame, beside `detections`; nothing while the camera cannot see.
    pub fn look(
        &mut self,
        frame: &Frame,
        condition: CameraCondition,
        detections: &[Detection],
        analyser: &Analyser,
    ) -> Vec<Detection> {
        if !condition.proves_absence() {
            return Vec::new();
        }
        let (sx, sy) = analyser.scene().reference_from_stream(frame.stamp.size);
        let things: Vec<PixelBox> = detections.iter().map(|found| found.bbox).collect();
        let held: Vec<(ChangeKind, PixelBox)> = analyser
            .open_subjects()
            .filter_map(|(class, bbox)| {
                Some((ChangeKind::of_class(class)?, bbox.scaled(1.0 / sx, 1.0 / sy)))
            })
            .collect();
        let known = Known { things: &things, held: &held };
        match self.meter.look(frame, &known) {
            Ok(changes) => {
                let changes = changes.to_vec();
                self.meter.watch().detections(&changes).collect()
            }
            Err(fault) => {
                tracing::warn!(%fault, "a frame's scene was not looked at");
                Vec::new()
            }
        }
    }
}
