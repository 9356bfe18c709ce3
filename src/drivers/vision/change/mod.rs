//! What has changed in a view and stays changed: left things, spills, ponds, smoke.
//!
//! Enters: frames of one camera in order, what the detector knows in them, the places of open cases.
//! Leaves: [`SceneChange`]s in stream pixels, the latest again until the next sample. A picture of at most
//! 256 by 256 px is looked at twice a second of media time; everything that is kept is planes of that size,
//! [`BYTES_MAX`] in all. A first picture of any shape begins a new background, and what is there then
//! belongs to it, but for the things of open cases: those are told until the view changes where they stand.
//!
//! ```text
//! frame -> Small -> Model { recent -> light -> reference -> blobs -> things; plumes } -> SceneChange
//! ```
//!
//! Light does not make a thing: ratios to the reference are divided by those of the surroundings, and a
//! blob whose surface is the same, only brighter or darker, is learnt. See `judge`.

mod blob;
mod judge;
mod light;
mod model;
mod plume;
mod recent;
mod reference;
mod small;
mod things;

#[cfg(test)]
mod tests;

use self::{
    judge::Kind,
    model::{Given, Model},
    small::{Patch, Small},
    things::Assumed,
};
use super::{
    one_thread,
    plane::{Plane, Shrinker},
};
use crate::{
    base::time::MediaTime,
    domain::{
        frame::Frame,
        pixel::{PixelBox, PixelSize},
        scene_change::{ChangeKind, SceneChange, Watch},
        seams::PixelFault,
    },
};
use std::time::Duration;

const SIDE_PX_MAX: u32 = 256;
/// Time between two samples, and the most that one sample may stand for.
const SAMPLE_EVERY: Duration = Duration::from_millis(500);
const SAMPLE_SPAN_MAX: Duration = Duration::from_secs(2);
/// Frames come a little early or late.
const TREMBLE: Duration = Duration::from_millis(20);
/// Memory of one view: seven samples of luma and chroma, and a dozen planes of numbers.
pub const BYTES_MAX: usize = (SIDE_PX_MAX * SIDE_PX_MAX) as usize * 68;
/// A known thing's box is cut close, and it throws a shadow: as much of its longer side is added around.
const KNOWN_MARGIN_SHARE: f32 = 0.2;
/// Known boxes between two samples beyond this are not looked at.
const KNOWN_MAX: usize = 2_048;
/// A thing within a plume is the plume.
const VEILED_SHARE: f32 = 0.3;
/// Scores: what just differs, and what differs by this many times as much.
const SCORE_LEAST: f32 = 0.5;
const SCORE_MOST: f32 = 0.95;
const SCORE_FULL: f32 = 6.0;

/// What the rest of the node knows of a frame.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Boxes of what the detector has a name for, in stream pixels: no change is looked for there.
    pub things: &'a [PixelBox],
    /// Open cases of changes, in stream pixels: what stands there is not learnt.
    pub held: &'a [(ChangeKind, PixelBox)],
}

/// The background of one view.
pub struct ChangeMeter {
    watch: Watch,
    shrinker: [Shrinker; 3],
    view: Option<View>,
}

struct View {
    stream: PixelSize,
    small: Small,
    model: Model,
    sampled_at: Option<MediaTime>,
    /// What was known in any frame since the last sample.
    known: Vec<Patch>,
    changes: Vec<SceneChange>,
}

impl ChangeMeter {
    pub fn new(watch: Watch) -> Self {
        one_thread();
        Self { watch, shrinker: std::array::from_fn(|_| Shrinker::default()), view: None }
    }

    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The changes in this frame. Not to be called on a frame on which the camera could not see.
    pub fn look(&mut self, frame: &Frame, known: &Known<'_>) -> Result<&[SceneChange], PixelFault> {
        let stream = frame.stamp.size;
        if self.view.as_ref().is_none_or(|view| view.stream != stream) {
            self.view = Some(View::new(stream, self.watch.wants_plumes(), known.held));
        }
        let Self { watch, shrinker, view: Some(view) } = self else { return Ok(&[]) };
        let pts = frame.stamp.pts;
        view.know(known.things);
        let since = view.sampled_at.map(|last| pts.since(last));
        if since.is_some_and(|since| since + TREMBLE < SAMPLE_EVERY) {
            return Ok(&view.changes);
        }
        let secs = since.unwrap_or(SAMPLE_EVERY).min(SAMPLE_SPAN_MAX);
        view.sampled_at = Some(pts);
        view.sample(frame, shrinker)?;
        view.step(pts, known.held, watch.keep, secs);
        Ok(&view.changes)
    }
}

impl View {
    fn new(stream: PixelSize, plumes: bool, held: &[(ChangeKind, PixelBox)]) -> Self {
        let size = small_size(stream);
        let (width, height) = (size.width_px as usize, size.height_px as usize);
        let mut view = Self {
            stream,
            small: Small::new(width, height),
            model: Model::new(width, height, plumes),
            sampled_at: None,
            known: Vec::new(),
            changes: Vec::new(),
        };
        let assumed = held
            .iter()
            .filter_map(|(kind, bbox)| Some(Assumed::new(view.patch(bbox, 0.0)?, kind_of(*kind)?)));
        view.model.things.assumed = assumed.collect();
        view
    }

    fn sample(&mut self, frame: &Frame, shrinker: &mut [Shrinker; 3]) -> Result<(), PixelFault> {
        let planes = Plane::all(&frame.image.planes())?;
        let Small { width, height, y, u, v } = &mut self.small;
        let luma = PixelSize { width_px: *width as u32, height_px: *height as u32 };
        let chroma = PixelSize { width_px: luma.width_px / 2, height_px: luma.height_px / 2 };
        for (index, (plane, to)) in planes.iter().zip([y, u, v]).enumerate() {
            let size = if index == 0 { luma } else { chroma };
            to.copy_from_slice(shrinker[index].shrink(plane, size)?);
        }
        Ok(())
    }

    fn know(&mut self, things: &[PixelBox]) {
        for bbox in things.iter().take(KNOWN_MAX.saturating_sub(self.known.len())) {
            self.known.extend(self.patch(bbox, KNOWN_MARGIN_SHARE));
        }
    }

    fn step(
        &mut self,
        pts: MediaTime,
        held: &[(ChangeKind, PixelBox)],
        keep: Duration,
        secs: Duration,
    ) {
        let held: Vec<Patch> = held.iter().filter_map(|(_, bbox)| self.patch(bbox, 0.0)).collect();
        let given = Given { known: &self.known, held: &held, keep_secs: keep.as_secs_f32() };
        self.model.step(&self.small, &given, secs.as_secs_f32());
        self.known.clear();
        self.changes.clear();
        let ago = |secs: f32| pts.minus(Duration::from_secs_f32(secs));
        let plumes = self.model.plumes.as_ref().map_or(&[][..], |plumes| plumes.list());
        for plume in plumes {
            let kind = if plume.rises { ChangeKind::Smoke } else { ChangeKind::Dust };
            let (bbox, since) = (self.bbox(&plume.patch), ago(plume.age_secs));
            self.changes.push(SceneChange { kind, bbox, score: SCORE_LEAST, since });
        }
        for thing in self.model.things.present() {
            let veiled = |patch: &Patch| {
                patch.shared(&thing.patch) as f32 > VEILED_SHARE * thing.patch.area() as f32
            };
            if plumes.iter().any(|plume| veiled(&plume.patch)) {
                continue;
            }
            let above = ((thing.score - 1.0) / (SCORE_FULL - 1.0)).clamp(0.0, 1.0);
            self.changes.push(SceneChange {
                kind: change_of(thing.kind()),
                bbox: self.bbox(&thing.patch),
                score: SCORE_LEAST + above * (SCORE_MOST - SCORE_LEAST),
                since: ago(thing.age_secs),
            });
        }
        for assumed in &self.model.things.assumed {
            self.changes.push(SceneChange {
                kind: change_of(assumed.kind),
                bbox: self.bbox(&assumed.patch),
                score: SCORE_LEAST,
                since: MediaTime::ZERO,
            });
        }
    }

    /// Small pixels that a box touches; none if it lies outside the picture.
    fn patch(&self, bbox: &PixelBox, margin_share: f32) -> Option<Patch> {
        let margin = margin_share * bbox.width().max(bbox.height());
        let (sx, sy) = (
            self.small.width as f32 / self.stream.width_px as f32,
            self.small.height as f32 / self.stream.height_px as f32,
        );
        let low = |at: f32, scale: f32| ((at - margin) * scale).floor().max(0.0) as usize;
        let high = |at: f32, scale: f32, side: usize| {
            (((at + margin) * scale).ceil().max(0.0) as usize).min(side)
        };
        let patch = Patch {
            x1: low(bbox.x1, sx),
            y1: low(bbox.y1, sy),
            x2: high(bbox.x2, sx, self.small.width),
            y2: high(bbox.y2, sy, self.small.height),
        };
        (patch.x1 < patch.x2 && patch.y1 < patch.y2).then_some(patch)
    }

    fn bbox(&self, patch: &Patch) -> PixelBox {
        let (sx, sy) = (
            self.stream.width_px as f32 / self.small.width as f32,
            self.stream.height_px as f32 / self.small.height as f32,
        );
        let [x1, y1, x2, y2] = [patch.x1, patch.y1, patch.x2, patch.y2].map(|edge| edge as f32);
        PixelBox::new(x1 * sx, y1 * sy, x2 * sx, y2 * sy)
    }
}

/// The longer side is [`SIDE_PX_MAX`], or the stream's own if it is shorter; both are even.
fn small_size(stream: PixelSize) -> PixelSize {
    let longer = stream.width_px.max(stream.height_px).max(1);
    let scale = f64::from(SIDE_PX_MAX.min(longer)) / f64::from(longer);
    let side = |px: u32| ((f64::from(px) * scale / 2.0).round() as u32 * 2).max(16);
    PixelSize { width_px: side(stream.width_px), height_px: side(stream.height_px) }
}

fn change_of(kind: Kind) -> ChangeKind {
    match kind {
        Kind::Object => ChangeKind::Object,
        Kind::Spill => ChangeKind::Spill,
        Kind::Ponding => ChangeKind::Ponding,
    }
}

fn kind_of(change: ChangeKind) -> Option<Kind> {
    match change {
        ChangeKind::Object => Some(Kind::Object),
        ChangeKind::Spill => Some(Kind::Spill),
        ChangeKind::Ponding => Some(Kind::Ponding),
        ChangeKind::Smoke | ChangeKind::Dust => None,
    }
}
