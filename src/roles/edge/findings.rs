//! Frames to findings: on each frame, could the camera see, and did the event's condition hold?
//!
//! Enters: a [`Target`] (pattern, zones, and where the thing stood if anybody knows) and frames in
//! order: those of the filing first, whose [`Study`] becomes what the target knows. Leaves: a [`Looked`]
//! a frame, and [`Footage`] for the judge. A frame that the model cannot
//! take is left out, a source that breaks off ends there: fewer frames can only make a verdict less
//! certain. Shared by the edge's verification and `gridwarden verify`.

use super::sight::{Glance, Sight};
use crate::{
    base::time::WallTime,
    domain::{
        detection::Detection,
        frame::Frame,
        health::View,
        seams::FrameSource,
        verdict::{
            judge::{Footage, FrameFinding},
            known::Light,
            target::{Likeness, Measured},
        },
        wire::CameraCondition,
    },
};
use std::time::Duration;

pub use crate::domain::verdict::{
    known::Study,
    target::{Memory, Target},
};

/// How long the last frame of a footage stands for.
pub const FRAME_SPAN: Duration = Duration::from_millis(200);

/// One frame that was looked at.
pub struct Looked {
    pub finding: FrameFinding,
    pub frame: Frame,
    pub for_masking: Vec<Detection>,
    /// What speaks for the event, in reference pixels.
    pub members: Vec<Detection>,
    /// All that was found, however unsure, in reference pixels.
    pub all: Vec<Detection>,
    pub light: Option<Light>,
}

impl Looked {
    pub fn could_see(&self) -> bool {
        self.finding.condition == CameraCondition::Ok
    }

    /// For what the footage before teaches.
    pub fn teach(&self, study: &mut Study) {
        if self.could_see() {
            study.add(&self.all, self.light);
        }
    }
}

/// Looks at every frame of one footage. Whether it must show the view of the footage before is for
/// [`Sight::restart`] and [`Sight::another_footage`] to say.
pub fn look_at<'a>(
    sight: &'a mut Sight,
    source: &'a mut dyn FrameSource,
    target: &'a Target<'a>,
) -> impl Iterator<Item = Looked> + 'a {
    let tiling = target.scene.tiling();
    std::iter::from_fn(move || {
        loop {
            let frame = match source.next_frame() {
                Ok(frame) => frame?,
                Err(error) => {
                    tracing::warn!(%error, "footage of a verification breaks off");
                    return None;
                }
            };
            match sight.look(&frame, &tiling) {
                Ok(glance) => {
                    let likeness = likeness(sight, &frame, &glance, target);
                    return Some(looked(frame, glance, likeness, target));
                }
                Err(error) => tracing::warn!(%error, "a frame of a verification is left out"),
            }
        }
    })
}

/// How like the footage before; that footage itself is remembered.
pub fn likeness(
    sight: &mut Sight,
    frame: &Frame,
    glance: &Glance,
    target: &Target<'_>,
) -> Option<Likeness> {
    if glance.condition != CameraCondition::Ok {
        return None;
    }
    match target.memory {
        Memory::None => None,
        Memory::Learning => {
            sight.remember(frame);
            None
        }
        Memory::Known(_) => {
            let size = target.scene.reference_size;
            let (width, height) = (1.0 / size.width_px as f32, 1.0 / size.height_px as f32);
            let places = target.places().into_iter().map(|place| place.scaled(width, height));
            sight.likeness(frame, &places.collect::<Vec<_>>())
        }
    }
}

/// One frame, weighed.
pub fn looked(
    frame: Frame,
    glance: Glance,
    likeness: Option<Likeness>,
    target: &Target<'_>,
) -> Looked {
    let (sx, sy) = target.scene.reference_from_stream(frame.stamp.size);
    let view = glance.picture.and_then(|picture| picture.view).filter(View::is_usable);
    // Boxes are moved back to where the footage before had them.
    let moved = likeness.map(|likeness| likeness.shift).or(view.map(|view| view.shift));
    let width = target.scene.reference_size.width_px as f32;
    let shift = moved.unwrap_or_default().map(|share| share * width);
    let view_share = view.map(|view| view.kept_share());
    let light = glance
        .picture
        .map(|picture| Light { mean: picture.luma_mean, deviation: picture.luma_deviation });
    let found = glance.found;
    // Low scores come from the masking list, which reaches below the model's own thresholds: the
    // clearing threshold lies under the filing one.
    let low = if found.for_masking.is_empty() { &found.detections } else { &found.for_masking };
    let all: Vec<Detection> = low
        .iter()
        .map(|d| Detection { bbox: d.bbox.scaled(sx, sy).moved(-shift[0], -shift[1]), ..d.clone() })
        .collect();
    let weighed = target.weigh(&Measured { detections: &all, light, likeness });
    let finding = FrameFinding {
        at: frame.stamp.captured_at,
        condition: glance.condition,
        showing: weighed.showing,
        hindrance: weighed.hindrance,
        cover: weighed.cover,
        view_share,
    };
    let members = weighed.members;
    Looked { finding, frame, for_masking: found.for_masking, members, all, light }
}

/// An interval in equal parts.
pub fn split(from: WallTime, to: WallTime, parts: u32) -> Vec<(WallTime, WallTime)> {
    let whole = to.since(from);
    let parts = parts.max(1);
    (0..parts).map(|i| (from.plus(whole * i / parts), from.plus(whole * (i + 1) / parts))).collect()
}

/// Frames of one clip, which begins at `from`, as one footage; none if there is no frame.
pub fn one_footage(from: WallTime, frames: Vec<FrameFinding>) -> Option<Footage> {
    let to = frames.last()?.at.plus(FRAME_SPAN);
    Some(Footage { from, to, frames })
}

/// One footage as several looks of the same length.
pub fn in_looks(footage: &Footage, parts: u32) -> Vec<Footage> {
    let between =
        |from, to| footage.frames.iter().filter(move |f| (from..to).contains(&f.at)).copied();
    split(footage.from, footage.to, parts)
        .into_iter()
        .map(|(from, to)| Footage { from, to, frames: between(from, to).collect() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::target::Showing;

    fn footage(millis: impl Iterator<Item = i64>) -> Footage {
        let frame = |at| FrameFinding {
            at: WallTime::from_unix_millis(at),
            condition: CameraCondition::Ok,
            showing: if at % 2 == 0 { Showing::Surely } else { Showing::Nothing },
            hindrance: None,
            cover: None,
            view_share: None,
        };
        one_footage(WallTime::from_unix_millis(1_000), millis.map(frame).collect()).unwrap()
    }

    #[test]
    fn looks_share_the_frames_without_losing_or_repeating_one() {
        for parts in 1..=5 {
            let whole = footage((1_000..12_345).step_by(201));
            let looks = in_looks(&whole, parts);
            assert_eq!(looks.len(), parts as usize);
            let together: Vec<_> = looks.iter().flat_map(|look| look.frames.clone()).collect();
            assert_eq!(together, whole.frames, "{parts} parts");
            assert!(
                looks
                    .iter()
                    .all(|look| look.frames.iter().all(|f| (look.from..look.to).contains(&f.at)))
            );
            assert_eq!((looks[0].from, looks[looks.len() - 1].to), (whole.from, whole.to));
        }
    }

    #[test]
    fn one_frame_is_one_look_and_none_is_no_footage() {
        let looks = in_looks(&footage(std::iter::once(1_000)), 2);
        assert_eq!(looks.iter().map(|look| look.frames.len()).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(one_footage(WallTime::from_unix_millis(0), Vec::new()), None);
    }
}
