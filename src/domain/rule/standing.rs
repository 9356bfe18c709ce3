//! Where somebody of a group stands, whoever the tracker takes him for: people who pass before one who
//! stands take his track along, and he gets another one.

use super::STILL_MIN;
use crate::{
    base::time::MediaTime,
    domain::{pixel::PixelBox, track::Track},
};
use std::time::Duration;

/// Overlap with a place at which a box is there.
const THERE_IOU_MIN: f32 = 0.6;
/// A place where nobody is seen for longer is given up: a passer-by is past by then, and the next one in a
/// file is not there yet.
const UNSEEN_MAX: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Place {
    bbox: PixelBox,
    since: MediaTime,
    last: MediaTime,
    missed: u32,
}

/// Places of one rule; as many as there were tracks in a second.
#[derive(Debug, Default)]
pub(super) struct Standing {
    places: Vec<Place>,
}

impl Standing {
    /// Those of the tracks that stand, each with the time since when somebody has stood there.
    pub fn step<'a>(
        &mut self,
        pts: MediaTime,
        tracks: Vec<&'a Track>,
    ) -> Vec<(&'a Track, MediaTime)> {
        // However few frames are analysed, one that misses him gives up nobody.
        self.places.retain(|place| place.missed < 2 || pts.since(place.last) <= UNSEEN_MAX);
        self.places.iter_mut().for_each(|place| place.missed += 1);
        let mut standing = Vec::new();
        for track in tracks {
            let free = self.places.iter_mut().filter(|place| place.missed > 0);
            let near = free.filter(|place| track.bbox.is_at(&place.bbox, THERE_IOU_MIN));
            let overlap = |place: &Place| place.bbox.iou(&track.bbox);
            let since = match near.max_by(|a, b| overlap(a).total_cmp(&overlap(b))) {
                Some(place) => {
                    (place.last, place.missed) = (pts, 0);
                    place.since
                }
                None => {
                    let (bbox, since) = (track.bbox, track.still_since);
                    self.places.push(Place { bbox, since, last: pts, missed: 0 });
                    since
                }
            };
            if pts.since(since) >= STILL_MIN {
                standing.push((track, since));
            }
        }
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::standing, *};

    /// Frames at five a second: how many stood in the last one.
    fn stood(secs: f64, seen: impl Fn(f64) -> Vec<Track>) -> usize {
        let mut places = Standing::default();
        let mut last = 0;
        for frame in 0..(secs * 5.0) as u32 {
            let at = f64::from(frame) / 5.0;
            let tracks = seen(at);
            let step = places.step(MediaTime::from_secs_f64(at), tracks.iter().collect());
            last = step.len();
        }
        last
    }

    #[test]
    fn who_stands_stands_whoever_takes_his_track_along_and_a_file_of_walkers_does_not() {
        // Every second he gets another track, which has stood since then.
        let renamed = |at: f64| vec![standing(at as u64, "person", 100.0, at.floor(), at)];
        assert_eq!(stood(4.0, renamed), 1);
        // A person each 1.4 s, 60 px wide, at 100 px a second.
        let file = |at: f64| {
            let ahead = |n: u32| 100.0 + 100.0 * (at - 1.4 * f64::from(n));
            (0..6).map(|n| standing(n.into(), "person", ahead(n) as f32, at, at)).collect()
        };
        assert_eq!(stood(6.0, file), 0);
    }
}
