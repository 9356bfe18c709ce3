//! Frames to findings: on each frame, could the camera see, and did the event's condition hold?
//!
//! Enters: a [`Target`] (pattern, zones, and where the thing stood if anybody knows) and frames in
//! order. Leaves: a [`Looked`] a frame, and [`Footage`] for the judge. A frame that the model cannot
//! take is left out, a source that breaks off ends there: fewer frames can only make a verdict less
//! certain. Shared by the edge's verification and `gridwarden verify`.

use super::sight::Sight;
use crate::{
    base::time::WallTime,
    domain::{
        detection::Detection,
        frame::Frame,
        grid::GridCell,
        ground::GroundView,
        pixel::PixelBox,
        rule::frame_check,
        scene::{Scene, Zone},
        seams::FrameSource,
        taxonomy::Pattern,
        verdict::judge::{Footage, FrameFinding},
        wire::CameraCondition,
    },
};
use std::time::Duration;

/// Analysed frames a second: enough for the frames that a verdict needs, cheap enough for live work.
pub const VERIFY_FPS: f64 = 5.0;
/// How long the last frame of a footage stands for.
const FRAME_SPAN: Duration = Duration::from_millis(200);

/// What is looked for, and where.
pub struct Target<'a> {
    pub pattern: &'a Pattern,
    pub scene: &'a Scene,
    pub zones: Vec<&'a Zone>,
    /// Where the case's thing stood, in reference pixels.
    pub place: Option<PixelBox>,
    pub cell: Option<(&'a GroundView, GridCell)>,
}

/// One frame that was looked at.
pub struct Looked {
    pub finding: FrameFinding,
    pub frame: Frame,
    pub for_masking: Vec<Detection>,
    /// What speaks for the event, in reference pixels.
    pub members: Vec<Detection>,
}

impl Looked {
    pub fn could_see(&self) -> bool {
        self.finding.condition == CameraCondition::Ok
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
                    let members =
                        target.members(&glance.found.detections, &glance.found.for_masking, &frame);
                    let finding = FrameFinding {
                        at: frame.stamp.captured_at,
                        condition: glance.condition,
                        holds: target.holds(&members),
                        view_share: glance.view_share,
                    };
                    return Some(Looked {
                        finding,
                        frame,
                        for_masking: glance.found.for_masking,
                        members,
                    });
                }
                Err(error) => tracing::warn!(%error, "a frame of a verification is left out"),
            }
        }
    })
}

impl Target<'_> {
    /// Detections (reference pixels) that speak for the event, at the clearing threshold.
    ///
    /// Low scores come from the masking list, which reaches below the model's own thresholds: the
    /// clearing threshold lies under the filing one.
    fn members(
        &self,
        detections: &[Detection],
        low: &[Detection],
        frame: &Frame,
    ) -> Vec<Detection> {
        let (sx, sy) = self.scene.reference_from_stream(frame.stamp.size);
        let all: Vec<Detection> = if low.is_empty() { detections } else { low }
            .iter()
            .map(|d| Detection { bbox: d.bbox.scaled(sx, sy), ..d.clone() })
            .collect();
        let factor = self.pattern.closure.score_factor;
        let mut members: Vec<Detection> = Vec::new();
        for zone in &self.zones {
            for found in frame_check::members(self.pattern, zone, &all, factor) {
                if !members.contains(found) {
                    members.push(found.clone());
                }
            }
        }
        members
    }

    fn holds(&self, members: &[Detection]) -> bool {
        let factor = self.pattern.closure.score_factor;
        let held = self
            .zones
            .iter()
            .any(|zone| frame_check::holds(self.pattern, zone, members, self.place, factor));
        held && self
            .cell
            .is_none_or(|(view, cell)| members.iter().any(|d| self.near_cell(d, view, cell)))
    }

    /// In the cell or one of its neighbours: a foot point is only known to some metres.
    fn near_cell(&self, found: &Detection, view: &GroundView, cell: GridCell) -> bool {
        let size = self.scene.reference_size;
        let (sx, sy) = (
            view.frame.width_px as f32 / size.width_px as f32,
            view.frame.height_px as f32 / size.height_px as f32,
        );
        let Ok(at) = view.locate(found.bbox.scaled(sx, sy).foot()) else { return false };
        let inside = |cell: GridCell| cell.contains_point(at.point.lon_deg, at.point.lat_deg);
        inside(cell) || cell.neighbours8().any(inside)
    }
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

    fn footage(millis: impl Iterator<Item = i64>) -> Footage {
        let frame = |at| FrameFinding {
            at: WallTime::from_unix_millis(at),
            condition: CameraCondition::Ok,
            holds: at % 2 == 0,
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
