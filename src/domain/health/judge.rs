//! What one frame alone shows.
//!
//! Limits were chosen between what clean footage gave (eighteen rendered clips and six real ones, day to
//! night, traffic filling half the view) and what the same footage gave with a fault; docs/health.md has
//! the figures.

use super::{Picture, View};
use crate::domain::wire::CameraCondition;
use std::time::Duration;

const FLAT_DEVIATION_MAX: f32 = 8.0;
const BLACK_MEAN_MAX: f32 = 20.0;
/// A sky may be white to more than half the picture while the street is well exposed: then the street's
/// structure is there.
const WHITE_SHARE_MIN: f32 = 0.5;
const WHITE_HIDES_MIN: f32 = 0.35;
const WHITE_ALONE_MIN: f32 = 0.75;
const WHITE_FLAT_MEAN_MIN: f32 = 200.0;
/// A reference with less structure than this says nothing of the view.
pub(super) const STRUCTURED_MIN: f32 = 0.15;
const HIDDEN_SHARE_MIN: f32 = 0.5;
/// The same street by night had lost 0.39 of its day's structure, a bus before the lens hides 0.5 for a
/// moment, another view has lost 0.94 and more.
const LOST_SHARE_MIN: f32 = 0.7;
/// Of the picture's width: a bump of 8 px at 640 is tolerated.
pub(super) const SHIFT_MAX: f32 = 0.02;
/// A blur of 1.2 px at 640 px wide.
const SOFTNESS_MAX: f32 = 0.3;
/// At any reference: nothing can be recognised any more.
const SHARPNESS_MIN: f32 = 12.0;
/// Eight drops gave 0.04 to 0.08, traffic 0.01.
const BLOB_SHARE_MIN: f32 = 0.04;
const BLOB_GROUPS_MIN: u32 = 3;
/// Another light makes tiles look soft, too, and loses as many.
const BLOB_LOST_MAX: f32 = 0.25;
/// More in one place is a thing, not drops.
const BLOB_LARGEST_MAX: f32 = 0.6;

/// The fault that a frame shows; `frozen` is the caller's, since it takes a run of frames.
pub fn shown(picture: &Picture, frozen: bool) -> Option<CameraCondition> {
    let flat = picture.luma_deviation <= FLAT_DEVIATION_MAX;
    let view = picture.view.filter(View::is_usable);
    if flat && picture.luma_mean <= BLACK_MEAN_MAX {
        return Some(CameraCondition::Black);
    }
    if is_overexposed(picture, view.as_ref(), flat) {
        return Some(CameraCondition::Overexposed);
    }
    if view.map_or(flat, |view| view.flat_share >= HIDDEN_SHARE_MIN) {
        return Some(CameraCondition::Covered);
    }
    if let Some(view) = view {
        if view.lost_share >= LOST_SHARE_MIN {
            // What covers a lens touches it, and is out of focus.
            let before_lens = view.softness <= SOFTNESS_MAX;
            return Some(match before_lens {
                true => CameraCondition::Covered,
                false => CameraCondition::Moved,
            });
        }
        if view.shift_share() > SHIFT_MAX {
            return Some(CameraCondition::Moved);
        }
    }
    let soft = view.is_some_and(|view| view.softness <= SOFTNESS_MAX);
    if soft || picture.sharpness <= SHARPNESS_MIN {
        return Some(CameraCondition::Blurred);
    }
    if frozen {
        return Some(CameraCondition::Frozen);
    }
    view.filter(has_drops).map(|_| CameraCondition::RainOnLens)
}

fn is_overexposed(picture: &Picture, view: Option<&View>, flat: bool) -> bool {
    let hidden = |view: &View| view.lost_share.max(view.flat_share) >= WHITE_HIDES_MIN;
    picture.white_share >= WHITE_ALONE_MIN
        || picture.white_share >= WHITE_SHARE_MIN && view.is_some_and(hidden)
        || flat && picture.luma_mean >= WHITE_FLAT_MEAN_MIN
}

fn has_drops(view: &View) -> bool {
    let blobs = view.blobs;
    view.lost_share <= BLOB_LOST_MAX
        && blobs.share >= BLOB_SHARE_MIN
        && blobs.groups >= BLOB_GROUPS_MIN
        && blobs.largest_share <= BLOB_LARGEST_MAX
}

/// Mean absolute change between frames up to which a picture repeats itself. A repeated picture that an
/// encoder has been over again changes by 0.000 to 0.01 at 320 px wide, sensor noise of a still scene by 0.03 and more.
const FROZEN_CHANGE_MAX: f32 = 0.01;
/// A 10 fps camera served at 12 fps repeats single frames, an encoder skips still parts for 0.8 s between
/// its references; a frozen camera repeats itself for good.
const FROZEN_MIN: Duration = Duration::from_secs(2);
const STILL_MAX: Duration = Duration::from_secs(3);
/// A frozen picture that is encoded again changes at each key frame, but not twice in a row. A camera of
/// one frame a second, repeated to five, must not rise.
const STILL_FALL: u32 = 4;

/// For how long the picture has repeated itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stillness {
    span: Duration,
}

impl Stillness {
    pub fn step(&mut self, span: Duration, picture: &Picture) {
        self.span = match picture.change {
            None => Duration::ZERO,
            Some(change) if change <= FROZEN_CHANGE_MAX => (self.span + span).min(STILL_MAX),
            Some(_) => self.span.saturating_sub(span * STILL_FALL),
        };
    }

    pub fn is_frozen(&self) -> bool {
        self.span >= FROZEN_MIN
    }
}

/// Whether a camera has gone from colour to infrared, or back. A grey day has a few coloured things left.
pub(super) fn switches_light(picture: &Picture) -> bool {
    let Some(view) = picture.view else { return false };
    let (now, before) = (picture.coloured_share, view.coloured_share);
    const COLOURED_MIN: f32 = 0.01;
    const GREY_MAX: f32 = 0.001;
    before >= COLOURED_MIN && now <= GREY_MAX || before <= GREY_MAX && now >= COLOURED_MIN
}
