//! What has stood for long and is no case yet, as it is kept over a restart.
//!
//! A vehicle must stand for a week before it is abandoned, and no node runs that long. Times are by the
//! wall clock: media time begins anew with every run. While the node was away the thing counts as out of
//! sight: found again within what the pattern allows it has stood there all the time, and after more than
//! `gap_max` it must be found exactly where it stood.

use super::{MediaTime, Sighting, Stay, ZoneRule, timer::DwellTimer};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{ClassName, PatternId, ZoneId},
        pixel::{PixelBox, PixelSize},
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A candidate that has held for less is quickly found again.
const KEPT_FROM: Duration = Duration::from_secs(300);
/// Overlap with a thing that is known already, such as a case opened since: the same thing.
const KNOWN_IOU_MIN: f32 = 0.3;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub pattern: PatternId,
    pub zone: ZoneId,
    pub class: ClassName,
    /// Where it stood on average, as fractions of the frame.
    pub box_fraction: [f32; 4],
    pub first_held_at: WallTime,
    pub last_held_at: WallTime,
    pub held_millis: u64,
    pub seen_millis: u64,
    pub hits: u32,
    pub frames: u32,
    pub count: u32,
    pub score: f32,
}

/// A moment by both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub pts: MediaTime,
    pub at: WallTime,
}

impl Now {
    fn wall(&self, earlier: MediaTime) -> WallTime {
        self.at.minus(self.pts.since(earlier))
    }

    fn media(&self, earlier: WallTime) -> MediaTime {
        self.pts.minus(self.at.since(earlier))
    }
}

impl ZoneRule {
    /// Candidates worth keeping; boxes are in pixels of `drawn`.
    pub fn candidates_kept(
        &self,
        now: Now,
        drawn: PixelSize,
    ) -> impl Iterator<Item = Candidate> + '_ {
        let long = |stay: &&Stay| !stay.timer.is_confirmed() && stay.timer.held() >= KEPT_FROM;
        self.stays.iter().filter(long).map(move |stay| self.kept(stay, now, drawn))
    }

    fn kept(&self, stay: &Stay, now: Now, drawn: PixelSize) -> Candidate {
        let (width, height) = (drawn.width_px as f32, drawn.height_px as f32);
        let PixelBox { x1, y1, x2, y2 } = stay.mean_box.scaled(1.0 / width, 1.0 / height);
        let timer = &stay.timer;
        Candidate {
            pattern: self.pattern.id.clone(),
            zone: self.zone.id.clone(),
            class: stay.class.clone(),
            box_fraction: [x1, y1, x2, y2],
            first_held_at: now.wall(timer.first_held),
            last_held_at: now.wall(timer.last_held),
            held_millis: timer.held().as_millis() as u64,
            seen_millis: timer.seen().as_millis() as u64,
            hits: timer.hits(),
            frames: timer.frames(),
            count: stay.count,
            score: stay.score,
        }
    }

    /// Goes on with a candidate of this rule; false where it was away for too long, or is known already.
    pub fn resume(&mut self, kept: &Candidate, now: Now, drawn: PixelSize) -> bool {
        let away = now.at.since(kept.last_held_at);
        let [x1, y1, x2, y2] = kept.box_fraction;
        let (width, height) = (drawn.width_px as f32, drawn.height_px as f32);
        let bbox = PixelBox::new(x1, y1, x2, y2).scaled(width, height);
        let known = self.stays.iter().any(|stay| stay.bbox.iou(&bbox) >= KNOWN_IOU_MIN)
            || (self.is_whole() && !self.stays.is_empty());
        if known || away > self.pattern.gap_max.max(self.pattern.unseen_max) {
            return false;
        }
        let timer = DwellTimer::resumed(
            (now.media(kept.first_held_at), now.media(kept.last_held_at)),
            Duration::from_millis(kept.held_millis),
            Duration::from_millis(kept.seen_millis),
            (kept.hits, kept.frames),
            away,
        );
        let sighting = Sighting {
            track: None,
            class: kept.class.clone(),
            bbox,
            members: vec![bbox],
            score: kept.score,
            since: now.media(kept.first_held_at),
        };
        self.add_stay(sighting, timer);
        true
    }
}
